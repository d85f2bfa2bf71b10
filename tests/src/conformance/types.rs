//! The type checker against GOROOT.
//!
//! Every package of the standard library must check without an error. The files in `internal/types/testdata` must give exactly
//! the errors that their comments announce: `/* ERROR "text" */` and `/* ERRORx "pattern" */` stand behind the token at
//! which the error is reported.

use super::Outcome;
use crate::pattern::Pattern;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use warren_compiler::diagnostic::Diagnostic;
use warren_compiler::package::Context;
use warren_compiler::source::{FileId, SourceMap};
use warren_compiler::syntax::ast::{Decl, File, NodeIds};
use warren_compiler::syntax::lexer::Lexer;
use warren_compiler::syntax::token::Token;
use warren_compiler::syntax::{Origin, parse_file, unquote};
use warren_compiler::types::PackageId;
use warren_compiler::types::check::{Checker, Config};

/// How far from its comment an error may be reported, in columns: as Go's compiler has it for each folder.
pub(super) const FOLDERS: &[(&str, u32)] = &[("check", 50), ("examples", 125), ("fixedbugs", 100), ("spec", 20)];

/// Runs both parts over a GOROOT.
pub fn run(goroot: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    library(goroot, &mut outcome);
    testdata(goroot, &mut outcome);
    outcome
}

/// Parsed packages by import path.
pub(super) struct Library {
    pub sources: SourceMap,
    pub ids: NodeIds,
    pub packages: BTreeMap<String, Vec<File>>,
    pub problems: Vec<String>,
}

impl Library {
    /// Parses packages and what they import.
    pub fn load(goroot: &Path, roots: &[String]) -> Library {
        let mut library = Library { sources: SourceMap::new(), ids: NodeIds::default(), packages: BTreeMap::new(), problems: Vec::new() };
        let context = Context::wasip1();
        let mut open: Vec<String> = roots.to_vec();
        while let Some(path) = open.pop() {
            if path == "unsafe" || path == "C" || library.packages.contains_key(&path) {
                continue;
            }
            let mut files = Vec::new();
            for file in go_files(&goroot.join("src").join(&path)) {
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let Ok(text) = fs::read(&file) else { continue };
                if !context.admits_name(&name) || !context.admits_text(&text) {
                    continue;
                }
                let id = library.sources.add(file.display().to_string(), text);
                let parsed = parse_file(&library.sources, id, &mut library.ids, Origin::Standard);
                for error in &parsed.errors {
                    library.problems.push(format!("{}: {}", library.sources.absolute(error.pos), error.message));
                }
                // Without cgo such files are left out.
                files.extend(parsed.file.filter(|file| imports(file).all(|import| import != "C")));
            }
            for file in &files {
                open.extend(imports(file).map(|import| resolve(goroot, &path, &import)));
            }
            library.packages.insert(path, files);
        }
        library
    }
}

/// The path that an import in a package of the standard library means.
fn resolve(goroot: &Path, from: &str, import: &str) -> String {
    let vendored = format!("vendor/{import}");
    let standard = !import.split('/').next().unwrap_or("").contains('.');
    if standard || from.is_empty() && !goroot.join("src").join(&vendored).is_dir() { import.to_string() } else { vendored }
}

pub(super) fn imports(file: &File) -> impl Iterator<Item = String> + '_ {
    file.decls.iter().filter_map(|decl| match decl {
        Decl::Import(import) => import.path.as_ref().filter(|path| !path.bad).and_then(|path| text_of(&path.text)),
        _ => None,
    })
}

fn text_of(literal: &str) -> Option<String> {
    unquote(literal).and_then(|bytes| String::from_utf8(bytes).ok())
}

pub(super) fn go_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_file() && path.extension().is_some_and(|ext| ext == "go")).collect();
    files.sort();
    files
}

/// Import paths of all packages of the standard library that have files for the target.
fn all_packages(goroot: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(at) = open.pop() {
        let directory = goroot.join("src").join(&at);
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let skip = name == "testdata" || name.starts_with(['_', '.']) || at.as_os_str().is_empty() && name == "cmd";
            if entry.path().is_dir() && !skip {
                open.push(at.join(name));
            }
        }
        let path = at.display().to_string();
        let context = Context::wasip1();
        let admitted = go_files(&directory).iter().any(|file| {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            context.admits_name(&name) && fs::read(file).is_ok_and(|text| context.admits_text(&text))
        });
        if admitted && !path.is_empty() && path != "builtin" {
            paths.push(path);
        }
    }
    paths.sort();
    paths
}

/// Checks packages after those that they import.
pub(super) struct Order<'a, 'l> {
    pub goroot: &'l Path,
    pub checker: Checker<'a>,
    pub parsed: &'a Library,
    pub done: HashMap<String, PackageId>,
    pub spent: Duration,
}

impl<'a> Order<'a, '_> {
    pub fn check(&mut self, path: &str) {
        if self.done.contains_key(path) || path == "unsafe" {
            return;
        }
        let Some(files) = self.parsed.packages.get(path) else { return };
        for file in files {
            for import in imports(file) {
                let import = resolve(self.goroot, path, &import);
                self.check(&import);
            }
        }
        let files: Vec<&'a File> = files.iter().collect();
        let config = Config { bodies: true, ..Config::default() };
        let (goroot, done) = (self.goroot, &self.done);
        let start = Instant::now();
        let package = self.checker.check_package(path, &files, &config, &mut |import| {
            done.get(&resolve(goroot, path, import)).copied().ok_or_else(|| "no such package".to_string())
        });
        self.spent += start.elapsed();
        self.done.insert(path.to_string(), package);
    }
}

fn library(goroot: &Path, outcome: &mut Outcome) {
    for (title, roots) in [("closure of fmt", vec!["fmt".to_string()]), ("standard library", all_packages(goroot))] {
        let library = Library::load(goroot, &roots);
        outcome.failures.extend(library.problems.iter().cloned());
        let mut order = Order { goroot, checker: Checker::new(&library.sources), parsed: &library, done: HashMap::new(), spent: Duration::ZERO };
        let mut clean = 0;
        for path in library.packages.keys() {
            order.check(path);
        }
        for package in order.done.values() {
            clean += usize::from(!order.checker.has_errors(*package));
        }
        for diagnostic in &order.checker.diagnostics {
            let location = library.sources.absolute(diagnostic.pos);
            outcome.failures.push(format!("{location}: {}", diagnostic.message));
        }
        let count = order.done.len();
        outcome.figures.push(format!("{title}: {clean} of {count} packages check without errors, {:?}", order.spent));
        if title != "closure of fmt" {
            outcome.passed += clean;
        }
    }
}

/// An error that a comment announces.
struct Expected {
    file: FileId,
    line: u32,
    column: u32,
    text: String,
    is_pattern: bool,
}

fn testdata(goroot: &Path, outcome: &mut Outcome) {
    let root = goroot.join("src/internal/types/testdata");
    let mut packages: Vec<(u32, Vec<PathBuf>)> = Vec::new();
    for (folder, tolerance) in FOLDERS {
        let mut entries: Vec<PathBuf> = fs::read_dir(root.join(folder)).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for entry in entries {
            if entry.is_dir() {
                packages.push((*tolerance, go_files(&entry)));
            } else if entry.extension().is_some_and(|ext| ext == "go") {
                packages.push((*tolerance, vec![entry]));
            }
        }
    }
    // What the files import is checked once, in one go with each package: few import anything.
    let (mut files_passed, mut files_failed, mut errors) = (0, 0, 0);
    for (tolerance, files) in packages {
        let (expected, problems) = test_package(goroot, &files, tolerance);
        errors += expected;
        if problems.is_empty() {
            files_passed += files.len();
        } else {
            files_failed += files.len();
            outcome.failures.push(problems.join("\n     "));
        }
    }
    outcome.passed += files_passed;
    outcome.figures.push(format!("testdata: {files_passed} of {} files give exactly the {errors} errors expected", files_passed + files_failed));
}

/// The flags in the first line of a file.
fn flag(text: &str, name: &str) -> Option<String> {
    let first = text.lines().next()?.strip_prefix("// -")?;
    let first = format!("-{first}");
    first.split_whitespace().find_map(|word| {
        let word = word.trim_start_matches('-');
        word.strip_prefix(name).map(|rest| rest.trim_start_matches('=').to_string())
    })
}

fn test_package(goroot: &Path, paths: &[PathBuf], tolerance: u32) -> (usize, Vec<String>) {
    let Some(Checked { library, files, found }) = check_files(goroot, paths) else { return (0, Vec::new()) };
    let mut expected = Vec::new();
    for (id, text) in files {
        expected.extend(announced(&library.sources, id, &text));
    }
    (expected.len(), compare(&library.sources, expected, &found, tolerance))
}

/// A package of files that were checked, and what is wrong with it.
pub(super) struct Checked {
    pub library: Library,
    pub files: Vec<(FileId, Vec<u8>)>,
    pub found: Vec<Diagnostic>,
}

/// Checks files as one package, labels too; none if it is not for the target.
pub(super) fn check_files(goroot: &Path, paths: &[PathBuf]) -> Option<Checked> {
    let mut roots = Vec::new();
    for path in paths {
        let mut sources = SourceMap::new();
        let text = fs::read(path).unwrap_or_default();
        let id = sources.add("", text);
        let parsed = parse_file(&sources, id, &mut NodeIds::default(), Origin::User);
        if let Some(file) = &parsed.file {
            roots.extend(imports(file).filter(|import| goroot.join("src").join(import).is_dir()));
        }
    }
    let mut library = Library::load(goroot, &roots);
    let mut files = Vec::new();
    let mut texts = Vec::new();
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut config = Config { bodies: true, branches: true, ..Config::default() };
    for (index, path) in paths.iter().enumerate() {
        let text = fs::read(path).unwrap_or_default();
        let context = Context::wasip1();
        if paths.len() == 1 && !context.admits_text(&text) {
            return None;
        }
        if index == 0 {
            let text = String::from_utf8_lossy(&text);
            config.go_version = flag(&text, "lang").unwrap_or_default();
            config.fake_import_c = flag(&text, "fakeImportC").is_some();
        }
        let name = path.strip_prefix(goroot.join("src/internal/types/testdata")).unwrap_or(path);
        let id = library.sources.add(name.display().to_string(), text.clone());
        texts.push((id, text));
        let parsed = parse_file(&library.sources, id, &mut library.ids, Origin::User);
        // Branches are checked by the type checker here.
        let syntax = parsed.errors.into_iter().filter(|error| error.message.starts_with("syntax error") || !is_branch_error(&error.message));
        found.extend(syntax);
        files.extend(parsed.file);
    }
    let mut order = Order { goroot, checker: Checker::new(&library.sources), parsed: &library, done: HashMap::new(), spent: Duration::ZERO };
    order.checker.types.declare_test_functions();
    for path in library.packages.keys() {
        order.check(path);
    }
    let before = order.checker.diagnostics.len();
    let references: Vec<&File> = files.iter().collect();
    let done = &order.done;
    order.checker.check_package("p", &references, &config, &mut |import| {
        done.get(import).copied().ok_or_else(|| "no required module provides package".to_string())
    });
    found.extend(order.checker.diagnostics.drain(before..).map(Diagnostic::from));
    drop(order);
    Some(Checked { library, files: texts, found })
}

fn is_branch_error(message: &str) -> bool {
    ["label ", "goto ", "break ", "continue ", "invalid break", "invalid continue", "fallthrough", "cannot fallthrough"]
        .iter()
        .any(|start| message.starts_with(start))
}

/// The errors that comments announce, each at the token before the comment.
fn announced(sources: &SourceMap, file: FileId, text: &[u8]) -> Vec<Expected> {
    let base = sources.file(file).base;
    let mut lexer = Lexer::new(text, base);
    lexer.keep_comments();
    let mut expected = Vec::new();
    let mut seen = 0;
    let mut previous = base;
    loop {
        lexer.next();
        let comments = lexer.comments.as_deref().unwrap_or_default();
        for (start, end) in &comments[seen..] {
            let comment = String::from_utf8_lossy(&text[*start..*end]).into_owned();
            let inner = comment.strip_prefix("/*").map(|rest| rest.trim_end_matches("*/")).or(comment.strip_prefix("//"));
            let inner = inner.unwrap_or("").trim();
            let location = sources.absolute(previous);
            let (line, column) = (location.line, location.column);
            for (word, is_pattern) in [("ERRORx ", true), ("ERROR ", false)] {
                if let Some(rest) = inner.strip_prefix(word) {
                    let text = text_of(rest.trim()).unwrap_or_else(|| rest.trim().to_string());
                    expected.push(Expected { file, line, column, text, is_pattern });
                }
            }
        }
        seen = comments.len();
        if lexer.token == Token::EndOfFile {
            return expected;
        }
        // An inserted semicolon is no token to report an error at.
        let automatic = lexer.token == Token::Semicolon && text.get((lexer.pos().0 - base.0) as usize).is_none_or(|c| *c != b';');
        if !automatic {
            previous = lexer.pos();
        }
    }
}

/// What differs between errors announced and found.
fn compare(sources: &SourceMap, expected: Vec<Expected>, found: &[Diagnostic], tolerance: u32) -> Vec<String> {
    let mut expected = expected;
    let mut problems = Vec::new();
    for Diagnostic { pos, message, .. } in found {
        // A line that begins with a tab adds to an error.
        if message.starts_with('\t') {
            continue;
        }
        let location = sources.absolute(*pos);
        let file = sources.file_of(*pos);
        let matches = |one: &Expected| {
            Some(one.file) == file
                && one.line == location.line
                && if one.is_pattern { Pattern::new(&one.text).is_ok_and(|pattern| pattern.matches(message)) } else { message.contains(&one.text) }
        };
        let nearest =
            (0..expected.len()).filter(|index| matches(&expected[*index])).min_by_key(|index| expected[*index].column.abs_diff(location.column));
        match nearest {
            Some(index) => {
                let one = expected.remove(index);
                if one.column.abs_diff(location.column) > tolerance {
                    problems.push(format!("{location}: {message:?} is expected at column {}", one.column));
                }
            }
            None => problems.push(format!("{location}: unexpected: {message}")),
        }
    }
    for one in expected {
        let name = &sources.file(one.file).name;
        problems.push(format!("{name}:{}:{}: missing: {}", one.line, one.column, one.text));
    }
    problems
}
