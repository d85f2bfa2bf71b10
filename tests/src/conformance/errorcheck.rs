//! Files of Go's test folder that must not compile: `// errorcheck` in the first line, `// ERROR "pattern"` behind what is wrong.
//!
//! What counts is the lines: every line with such a comment gets an error and no other line does. The words are those of an older Go, which
//! the present one does not say any more. Files that check Go's own back end (by its flags `-m`, `-live`, `-d`, `-l`, `-+`) are left out.
//! `errorcheck.expect` lists files whose lines the present Go does not give either.

use super::Outcome;
use super::expect::Expectations;
use super::types::{Library, Order, go_files, imports};
use crate::pattern::Pattern;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use warren_compiler::package::late_errors;
use warren_compiler::source::{FileId, Pos};
use warren_compiler::syntax::ast::{File, NodeIds};
use warren_compiler::syntax::{Origin, parse_file};
use warren_compiler::types::check::{Checker, Config};

/// Flags of the back end.
const BACK_END: &[&str] = &["-m", "-live", "-d", "-l", "-+"];

/// Runs the suite.
pub fn run(goroot: &Path, tests: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    let known = Expectations::read("errorcheck");
    let (mut left_out, mut tried, mut other_words) = (0, 0, 0);
    for path in all_files(tests) {
        let text = fs::read(&path).unwrap_or_default();
        let lines = String::from_utf8_lossy(&text).into_owned();
        let Some(recipe) = lines.lines().next().and_then(|line| line.strip_prefix("// errorcheck")) else { continue };
        let mut words = recipe.split_whitespace();
        let kind = if recipe.starts_with(' ') || recipe.is_empty() { "" } else { words.next().unwrap_or_default() };
        let flags: Vec<&str> = words.collect();
        if flags.iter().any(|flag| BACK_END.contains(&flag.split('=').next().unwrap_or(flag))) {
            left_out += 1;
            continue;
        }
        let short = path.strip_prefix(tests).unwrap_or(&path).display().to_string();
        let groups = match kind {
            "" | "withauto" => Ok(vec![Group { name: "p".to_string(), files: vec![(short.clone(), text)] }]),
            "dir" | "andrundir" => Ok(packages(&path.with_extension("dir"), tests, flags.contains(&"-s"))),
            "output" => printed(goroot, tests, &short, &flags).map(|text| vec![Group { name: "p".to_string(), files: vec![(short.clone(), text)] }]),
            _ => continue,
        };
        tried += 1;
        let problems = match groups {
            Ok(groups) => {
                let (problems, words) = check(goroot, &groups, &flags);
                other_words += words;
                problems
            }
            Err(reason) => vec![format!("{short}: {reason}")],
        };
        let problem = (!problems.is_empty()).then(|| problems.join("\n     "));
        known.judge(&short, problem, &mut outcome);
    }
    known.finish(&mut outcome);
    outcome
        .figures
        .push(format!("errorcheck: {} of {tried} files hold by line, {} are known not to, {left_out} left out", outcome.passed, outcome.known));
    outcome.figures.push(format!("{other_words} messages are not in the words that the files expect"));
    outcome
}

/// The errors in one file, in order of position: `line:column: message`.
pub fn describe(goroot: &Path, path: &Path) -> Vec<String> {
    let group = Group { name: "p".to_string(), files: vec![(path.display().to_string(), fs::read(path).unwrap_or_default())] };
    let mut found = errors(goroot, &[group], &["-complete"]);
    found.sort_by(|one, two| (&one.file, one.line, one.column).cmp(&(&two.file, two.line, two.column)));
    found.into_iter().map(|error| format!("{}:{}:{}: {}", error.file, error.line, error.column, error.message)).collect()
}

/// Go files of the folders that hold tests, in order.
pub(super) fn all_files(tests: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![tests.to_path_buf()];
    while let Some(directory) = open.pop() {
        files.extend(go_files(&directory));
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        open.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir() && path.extension().is_none()));
    }
    files.sort();
    files
}

/// A package of a test: others import it as `./name`.
pub(super) struct Group {
    pub name: String,
    /// Names below the folder of the tests, and texts.
    pub files: Vec<(String, Vec<u8>)>,
}

/// The packages of a folder in the order in which they are compiled: files with one package name belong together, and the first file
/// names the package for others. With `single` each file is a package.
pub(super) fn packages(folder: &Path, tests: &Path, single: bool) -> Vec<Group> {
    let mut groups: Vec<(String, Group)> = Vec::new();
    for path in go_files(folder) {
        let text = fs::read(&path).unwrap_or_default();
        let clause = package_clause(&String::from_utf8_lossy(&text));
        let short = path.strip_prefix(tests).unwrap_or(&path).display().to_string();
        match groups.iter_mut().find(|(known, _)| !single && *known == clause) {
            Some((_, group)) => group.files.push((short, text)),
            None => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                groups.push((clause, Group { name, files: vec![(short, text)] }));
            }
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn package_clause(text: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix("package ")).unwrap_or_default();
    line.split([' ', ';', '/', '\t']).next().unwrap_or_default().to_string()
}

/// What a program prints: a program to check. It is run by Go, since it is not the one in question.
fn printed(goroot: &Path, tests: &Path, short: &str, flags: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = Command::new(goroot.join("bin/go"));
    command
        .arg("run")
        .arg(format!("./{short}"))
        .args(flags)
        .current_dir(tests)
        .env("GOROOT", goroot)
        .env("GOTOOLCHAIN", "local")
        .env("GO111MODULE", "off");
    let output = command.output().map_err(|error| format!("cannot run go: {error}"))?;
    if output.status.success() { Ok(output.stdout) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// An error with its place.
struct Found {
    file: String,
    line: u32,
    column: u32,
    message: String,
}

/// A package after the parser.
struct Parsed {
    files: Vec<File>,
    /// Errors to report if there are no others.
    late: Vec<(Pos, String)>,
    /// It has syntax errors and is not checked.
    broken: bool,
}

/// Parses and checks packages with what they import.
fn errors(goroot: &Path, groups: &[Group], flags: &[&str]) -> Vec<Found> {
    let go_version = flags.iter().find_map(|flag| flag.strip_prefix("-lang=")).unwrap_or("");
    let complete = flags.contains(&"-complete");
    let origin = if flags.contains(&"-std") { Origin::Standard } else { Origin::User };
    let mut roots = Vec::new();
    for (_, text) in groups.iter().flat_map(|group| &group.files) {
        let mut sources = warren_compiler::source::SourceMap::new();
        let id = sources.add("", text.clone());
        let parsed = parse_file(&sources, id, &mut NodeIds::default(), Origin::User);
        roots.extend(parsed.file.iter().flat_map(|file| imports(file).collect::<Vec<_>>()).filter(|import| goroot.join("src").join(import).is_dir()));
    }
    let mut library = Library::load(goroot, &roots);
    let mut found: Vec<(Pos, String)> = Vec::new();
    let mut parsed: Vec<Parsed> = Vec::new();
    for group in groups {
        let (mut files, mut late, mut broken) = (Vec::new(), Vec::new(), false);
        for (name, text) in &group.files {
            let id: FileId = library.sources.add(name.as_str(), text.clone());
            let one = parse_file(&library.sources, id, &mut library.ids, origin);
            broken |= one.errors.iter().any(|error| error.is_syntax());
            found.extend(one.errors.into_iter().map(|error| (error.pos, error.message)));
            late.extend(one.late_errors.into_iter().map(|error| (error.pos, error.message)));
            files.extend(one.file);
        }
        late.extend(
            late_errors(&files, complete, (!go_version.is_empty()).then_some(go_version)).into_iter().map(|error| (error.pos, error.message)),
        );
        parsed.push(Parsed { files, late, broken });
    }
    let mut order = Order { goroot, checker: Checker::new(&library.sources), parsed: &library, done: HashMap::new(), spent: Duration::ZERO };
    for path in library.packages.keys() {
        order.check(path);
    }
    let mut done = std::mem::take(&mut order.done);
    let checker = &mut order.checker;
    checker.diagnostics.clear();
    for (group, Parsed { files, late, broken }) in groups.iter().zip(&parsed) {
        if *broken {
            continue;
        }
        let config = Config { bodies: true, go_version: go_version.to_string(), ..Config::default() };
        let references: Vec<&File> = files.iter().collect();
        let known = &done;
        let mut import = |path: &str| match path.contains("//") {
            true => Err(format!("non-canonical import path {path:?} (should be {:?})", path.replace("//", "/"))),
            false => known.get(path).copied().ok_or_else(|| "no such package".to_string()),
        };
        let path = if groups.len() == 1 { "p".to_string() } else { format!("test/{}", group.name) };
        let package = checker.check_package(&path, &references, &config, &mut import);
        if checker.diagnostics.is_empty() && late.is_empty() {
            checker.large_types(package, &references);
        }
        if checker.diagnostics.is_empty() && late.is_empty() {
            checker.large_frames(&references);
        }
        if checker.diagnostics.is_empty() {
            found.extend(late.iter().cloned());
        }
        found.extend(checker.diagnostics.drain(..).map(|one| (one.pos, one.message)));
        done.insert(format!("./{}", group.name), package);
    }
    drop(order);
    let place = |(pos, message): (Pos, String)| {
        let location = library.sources.location(pos);
        // A //line directive may name the file without its folder.
        let file = library.sources.absolute(pos).file.to_string();
        Found { file, line: location.line, column: location.column, message }
    };
    found.into_iter().map(place).collect()
}

/// Lines on which errors are missing or too many, and how many messages are not in the announced words.
fn check(goroot: &Path, groups: &[Group], flags: &[&str]) -> (Vec<String>, usize) {
    let mut found = errors(goroot, groups, flags);
    if flags.contains(&"-e=0") {
        found.sort_by_key(|error| error.line);
        found.truncate(10);
    }
    let mut by_line: BTreeMap<(String, u32), Vec<String>> = BTreeMap::new();
    for error in found {
        by_line.entry((error.file, error.line)).or_default().push(error.message);
    }
    let mut problems = Vec::new();
    let mut other_words = 0;
    for (name, text) in groups.iter().flat_map(|group| &group.files) {
        for (line, patterns) in announced_by_line(&String::from_utf8_lossy(text)) {
            let messages = by_line.remove(&(name.clone(), line)).unwrap_or_default();
            if messages.is_empty() {
                problems.push(format!("{name}:{line}: missing: {}", patterns.join(" ")));
                continue;
            }
            let matches = |pattern: &String| Pattern::new(pattern).is_ok_and(|compiled| messages.iter().any(|message| compiled.matches(message)));
            other_words += patterns.iter().filter(|pattern| !matches(pattern)).count();
        }
    }
    for ((name, line), messages) in by_line {
        problems.push(format!("{name}:{line}: unexpected: {messages:?}"));
    }
    (problems, other_words)
}

/// Patterns by line.
fn announced_by_line(text: &str) -> BTreeMap<u32, Vec<String>> {
    let mut expected: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        // So is an annotation put out of use.
        if line.contains("////") {
            continue;
        }
        let Some(at) = line.find("// ERROR ").or_else(|| line.find("// GC_ERROR ")) else { continue };
        let mut rest = &line[at..];
        while let Some(start) = rest.find(['"', '`']) {
            let quote = &rest[start..start + 1];
            let Some(end) = rest[start + 1..].find(quote) else { break };
            let pattern = rest[start + 1..start + 1 + end].replace("\\\\", "\\");
            expected.entry(index as u32 + 1).or_default().push(pattern.replace("LINE", &(index + 1).to_string()));
            rest = &rest[start + end + 2..];
        }
    }
    expected
}
