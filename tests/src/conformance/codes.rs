//! The code of each error of the type checker, against Go's own checker.
//!
//! Go's checker (`cmd/compile/internal/types2`) knows the code of each error but the go command does not print it, so a small program beside
//! the lists, `codes.go`, is built into GOROOT's tree by an overlay and asked. Both check the examples in `internal/types/errors/codes.go`, the type checkers' test data and the
//! errorcheck files of Go's test folder. Where both report the same words on a line, they must mean the same code; and each example must
//! give an error of the code that it explains. `codes.expect` lists examples that do not, each with the reason.

use super::Outcome;
use super::errorcheck::all_files;
use super::expect::Expectations;
use super::messages::examples;
use super::types::{Checked, FOLDERS, check_files, go_files};
use crate::command;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use warren_compiler::diagnostic::Code;

/// Building Go's checker takes long only once.
const LIMIT: Duration = Duration::from_secs(600);

/// An error: its line, and its words up to the first line's end.
type Place = (u32, String);

/// Runs the suite. `cache` is a folder to work in, `tests` Go's test folder.
pub fn run(goroot: &Path, cache: &Path, tests: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    if let Err(problem) = compare(goroot, cache, tests, &mut outcome) {
        outcome.failures.push(problem);
    }
    outcome
}

fn compare(goroot: &Path, cache: &Path, tests: &Path, outcome: &mut Outcome) -> Result<(), String> {
    let known = Expectations::read("codes");
    let folder = cache.join("examples");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let codes = goroot.join("src/internal/types/errors/codes.go");
    let text = std::fs::read_to_string(&codes).map_err(|error| format!("{}: {error}", codes.display()))?;
    let mut explained: BTreeMap<PathBuf, (String, String)> = BTreeMap::new();
    for program in examples(&text) {
        let path = folder.join(format!("{}.go", program.name.replace('/', "_")));
        std::fs::write(&path, program.text).map_err(|error| format!("{}: {error}", path.display()))?;
        let code = program.name.split('/').next().unwrap_or_default().to_string();
        explained.insert(path, (program.name, code));
    }
    let mut files: Vec<PathBuf> = explained.keys().cloned().collect();
    for (folder, _) in FOLDERS {
        files.extend(go_files(&goroot.join("src/internal/types/testdata").join(folder)));
    }
    let is_errorcheck = |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|text| text.starts_with("// errorcheck"));
    files.extend(all_files(tests).into_iter().filter(is_errorcheck));
    let native = ask(goroot, cache, &files)?;
    let (mut agreed, mut seen) = (0, BTreeSet::new());
    for path in &files {
        let Some(Checked { library, found, .. }) = check_files(goroot, std::slice::from_ref(path)) else { continue };
        for one in &found {
            let place = (library.sources.absolute(one.pos).line, first_line(&one.message));
            let Some(wanted) = native.get(path).and_then(|errors| errors.get(&place)) else { continue };
            let code = one.code.map(Code::name).unwrap_or_default();
            if wanted.contains(code) {
                agreed += 1;
                seen.insert(code);
            } else {
                outcome.failures.push(format!("{}:{}: {}: {code:?}, but Go says {wanted:?}", path.display(), place.0, place.1));
            }
        }
        if let Some((name, code)) = explained.get(path) {
            let codes: BTreeSet<&str> = found.iter().filter_map(|one| one.code).map(Code::name).collect();
            let problem = (!codes.contains(code.as_str())).then(|| format!("{name}: the example gives {codes:?}"));
            known.judge(name, problem, outcome);
        }
    }
    known.finish(outcome);
    outcome.figures.push(format!(
        "codes: of {} examples {} give an error of their code, {} are known not to; {agreed} errors of {} codes have the code that Go gives them, in {} files",
        explained.len(),
        outcome.passed,
        outcome.known,
        seen.len(),
        files.len()
    ));
    Ok(())
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_string()
}

/// The errors that Go's checker finds in each file, with their codes.
fn ask(goroot: &Path, cache: &Path, files: &[PathBuf]) -> Result<BTreeMap<PathBuf, BTreeMap<Place, BTreeSet<String>>>, String> {
    let overlay = cache.join("overlay.json");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/codes.go");
    let place = goroot.join("src/cmd/compile/warren_codes/main.go");
    let text = format!("{{\"Replace\": {{{:?}: {source:?}}}}}", place.display().to_string());
    std::fs::write(&overlay, text).map_err(|error| format!("{}: {error}", overlay.display()))?;
    let program = cache.join("checker");
    let mut build = Command::new(goroot.join("bin/go"));
    build
        .args(["build", "-mod=mod", "-overlay"])
        .arg(&overlay)
        .arg("-o")
        .arg(&program)
        .arg("./compile/warren_codes")
        .current_dir(goroot.join("src/cmd"));
    let built = command::run(build.env("GOROOT", goroot).env("GOTOOLCHAIN", "local").env("GOFLAGS", ""), LIMIT)?;
    if built.code != Some(0) {
        return Err(format!("Go's checker does not build: {}", built.stderr));
    }
    let list = cache.join("files");
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    std::fs::write(&list, names.join("\n")).map_err(|error| format!("{}: {error}", list.display()))?;
    let output = cache.join("errors");
    let ended = command::run(Command::new(&program).arg(&list).arg(&output).env("GOROOT", goroot), LIMIT)?;
    if ended.code != Some(0) {
        return Err(format!("Go's checker fails: {}", ended.stderr));
    }
    let text = std::fs::read_to_string(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    let mut errors: BTreeMap<PathBuf, BTreeMap<Place, BTreeSet<String>>> = BTreeMap::new();
    for row in text.lines() {
        let mut fields = row.splitn(4, '\t');
        let (Some(file), Some(line), Some(code), Some(message)) = (fields.next(), fields.next(), fields.next(), fields.next()) else { continue };
        let line = line.parse().map_err(|error| format!("{row}: {error}"))?;
        errors.entry(file.into()).or_default().entry((line, message.to_string())).or_default().insert(code.to_string());
    }
    Ok(errors)
}
