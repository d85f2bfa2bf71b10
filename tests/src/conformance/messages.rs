//! What `go build` prints about wrong programs, byte by byte.
//!
//! The programs are the examples in `internal/types/errors/codes.go`, which has one or more for nearly every kind of error, and the errorcheck
//! files of Go's test folder. Each is built as the only file of a package, by the go command and by Warren, and the texts are compared. What
//! the go command printed is kept in the cache by the program's hash. `messages.expect` lists known differences.

use super::Outcome;
use super::errorcheck::all_files;
use super::expect::Expectations;
use crate::disk::{CachedDisk, Overlaid};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use warren_compiler::diagnostic::render;
use warren_compiler::options::{MainPackage, Options, Target};

/// Programs that are built at a time.
const JOBS: usize = 2;
/// Native stack of the compiler.
const STACK_BYTES: usize = 256 << 20;

/// A program that does not compile.
pub(super) struct Wrong {
    pub name: String,
    pub text: String,
}

/// Runs the suite. `tests` is Go's test folder; none: the examples only.
pub fn run(goroot: &Path, cache: &Path, tests: Option<&Path>) -> Outcome {
    let mut outcome = Outcome::default();
    let known = Expectations::read("messages");
    let codes = std::fs::read_to_string(goroot.join("src/internal/types/errors/codes.go")).unwrap_or_default();
    let mut programs = examples(&codes);
    programs.extend(tests.into_iter().flat_map(errorcheck_files));
    if let Err(error) = std::fs::create_dir_all(cache) {
        outcome.failures.push(format!("{}: {error}", cache.display()));
        return outcome;
    }
    std::panic::set_hook(Box::new(|_| {}));
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Result<(), String>>>> = Mutex::new(programs.iter().map(|_| None).collect());
    let disk = CachedDisk::default();
    std::thread::scope(|scope| {
        for _ in 0..JOBS {
            let work = || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(program) = programs.get(index) else { return };
                    let result = compare(goroot, cache, &disk, program);
                    if let Ok(mut results) = results.lock() {
                        results[index] = Some(result);
                    }
                }
            };
            // A thread that cannot be started leaves its work to the other.
            let _ = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        }
    });
    let _ = std::panic::take_hook();
    for (program, result) in programs.iter().zip(results.into_inner().unwrap_or_default()) {
        let result = result.unwrap_or_else(|| Err("was not tried".to_string()));
        known.judge(&program.name, result.err().map(|problem| format!("{}: {problem}", program.name)), &mut outcome);
    }
    known.finish(&mut outcome);
    outcome.figures.push(format!(
        "messages: of {} wrong programs {} give the text that go build prints, {} are known to differ",
        programs.len(),
        outcome.passed,
        outcome.known
    ));
    outcome
}

/// The examples in the comments of the error codes: `Code`, or `Code/2` for the second one.
pub(super) fn examples(codes: &str) -> Vec<Wrong> {
    let mut programs = Vec::new();
    let mut waiting: Vec<String> = Vec::new();
    let mut current: Option<String> = None;
    for line in codes.lines() {
        let line = line.trim_start();
        if let Some(comment) = line.strip_prefix("//") {
            if comment.trim_start().starts_with("Example") && comment.trim_end().ends_with(':') {
                waiting.extend(current.take());
                current = Some(String::new());
            } else if let Some(text) = &mut current {
                text.push_str(comment.strip_prefix("  ").or(comment.strip_prefix(' ')).unwrap_or(comment));
                text.push('\n');
            }
            continue;
        }
        waiting.extend(current.take());
        let name: String = line.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if line.is_empty() || name.is_empty() {
            waiting.clear();
            continue;
        }
        for (index, text) in waiting.drain(..).enumerate() {
            let text = if text.trim_start().starts_with("package") { text } else { format!("package p\n\n{text}") };
            let name = if index == 0 { name.clone() } else { format!("{name}/{}", index + 1) };
            programs.push(Wrong { name, text });
        }
    }
    programs
}

fn errorcheck_files(tests: &Path) -> Vec<Wrong> {
    let mut programs = Vec::new();
    for path in all_files(tests) {
        // Texts that are not UTF-8 are compared elsewhere.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let is_plain = text.lines().next().is_some_and(|line| line.trim_end() == "// errorcheck");
        if is_plain && !text.contains("//line ") && !text.contains("/*line ") {
            programs.push(Wrong { name: path.strip_prefix(tests).unwrap_or(&path).display().to_string(), text });
        }
    }
    programs
}

/// Builds a program with both.
fn compare(goroot: &Path, cache: &Path, disk: &CachedDisk, program: &Wrong) -> Result<(), String> {
    let directory = "/warren-messages".to_string();
    let (printed, folder) = native(goroot, cache, program)?;
    let expected = printed.replace(&folder, &directory);
    let goroot_text = goroot.display().to_string();
    let options = Options {
        goroot: goroot_text.clone(),
        main: MainPackage::Files(vec![format!("{directory}/x.go")]),
        target: Target::Wasip1,
        whole_package: !program.text.lines().any(|line| line.starts_with("package main")),
        ..Options::default()
    };
    let files = Overlaid { above: [(format!("{directory}/x.go"), program.text.as_str())].into_iter().collect(), disk };
    let text = match std::panic::catch_unwind(AssertUnwindSafe(|| warren_compiler::check_only(&options, &files))) {
        Err(_) => return Err("the compiler panics".to_string()),
        Ok(problems) => render(&problems, &directory).replace(&goroot_text, "$GOROOT"),
    };
    if text == expected {
        return Ok(());
    }
    let difference = text.lines().zip(expected.lines()).find(|(one, two)| one != two);
    let (got, wanted) = match difference {
        Some(pair) => pair,
        None => {
            let common = text.lines().count().min(expected.lines().count());
            (text.lines().nth(common).unwrap_or("(nothing)"), expected.lines().nth(common).unwrap_or("(nothing)"))
        }
    };
    Err(format!("go build prints\n       {wanted}\n     and not\n       {got}"))
}

/// What the go command prints, from the cache if it was asked before, and the folder it ran in.
fn native(goroot: &Path, cache: &Path, program: &Wrong) -> Result<(String, String), String> {
    let mut hasher = DefaultHasher::new();
    (goroot, &program.text).hash(&mut hasher);
    let key = format!("{:016x}", hasher.finish());
    let kept = cache.join(&key);
    let folder: PathBuf = cache.join(format!("{key}.dir"));
    if let Ok(text) = std::fs::read_to_string(&kept) {
        return Ok((text, folder.display().to_string()));
    }
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(failed)?;
    std::fs::write(folder.join("x.go"), &program.text).map_err(failed)?;
    let mut build = Command::new(goroot.join("bin/go"));
    build.args(["build", "-o", "/dev/null", "x.go"]).current_dir(&folder).env("GOROOT", goroot);
    build.env("GOOS", "wasip1").env("GOARCH", "wasm").env("GOPROXY", "off").env("GOFLAGS", "").env("GOTOOLCHAIN", "local").env("GO111MODULE", "on");
    let output = build.output().map_err(|error| format!("cannot run go: {error}"))?;
    std::fs::remove_dir_all(&folder).map_err(failed)?;
    let text = String::from_utf8_lossy(&output.stderr).replace(&goroot.display().to_string(), "$GOROOT");
    std::fs::write(&kept, &text).map_err(failed)?;
    Ok((text, folder.display().to_string()))
}
