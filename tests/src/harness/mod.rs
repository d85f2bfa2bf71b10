//! The harness of the test programs.
//!
//! A program's first line is its recipe: the kind of test, then words `key=value`.
//!
//! - `// run [exit=N] [procs=N] [zeal] [preempt] [O0] [target=native|wasip1|both] [timeout=SECONDS]`, in `tests/run`: compiles and runs the program on each target.
//!   `// STDERR: line` and `// STDOUT: line`, anywhere in the file, are what it prints. With `exit=0`, the default, all of it; otherwise lines that occur in this
//!   order, as tracebacks differ. `procs` sets GOMAXPROCS, `zeal` collects at every allocation, `preempt`
//!   freezes goroutines at nearly every poll, `O0` builds without optimisation.
//! - `// errors`, in `tests/errors`: the program does not compile. Each line with `// ERROR "pattern"` gets exactly the errors that match its patterns.
//!   `// OUTPUT: line` gives all that is printed, as `go build` prints it.
//!
//! `BLESS=1` rewrites `STDERR`, `STDOUT` and `OUTPUT` lines with what comes out; `OUTPUT` lines are taken from the `go` command of GOROOT itself.
//!
//! The `warren` command is taken from the variable WARREN, a stock wasmtime from WARREN_WASMTIME: `cargo xtask test` sets both.

mod errors;
mod hosts;
mod recipe;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a test does; its error says what is wrong.
type Body = Box<dyn Fn(&Setting) -> Result<(), String> + Send + Sync>;

/// A named test.
struct Case {
    name: String,
    body: Body,
}

/// What tests are run with.
struct Setting {
    warren: PathBuf,
    wasmtime: Option<PathBuf>,
    goroot: Option<PathBuf>,
    /// Rewrite expectations.
    bless: bool,
    scratch: PathBuf,
}

/// Collects the tests, runs them in parallel and prints as Rust's own harness does.
pub fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let setting = match setting() {
        Ok(setting) => setting,
        Err(failure) => {
            println!("{failure}\ntest result: FAILED. 0 passed; 1 failed");
            return ExitCode::FAILURE;
        }
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = run::cases(&root.join("run"));
    cases.extend(errors::cases(&root.join("errors")));
    cases.extend(hosts::cases());
    cases.retain(|case| words.is_empty() || words.iter().any(|word| case.name.contains(word.as_str())));

    println!("\nrunning {} tests", cases.len());
    let failures = run_all(&cases, &setting);
    let _ = std::fs::remove_dir_all(&setting.scratch);
    for (name, failure) in &failures {
        println!("---- {name}\n{failure}\n");
    }
    let word = if failures.is_empty() { "ok" } else { "FAILED" };
    println!("test result: {word}. {} passed; {} failed", cases.len() - failures.len(), failures.len());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn setting() -> Result<Setting, String> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let warren = variable("WARREN").ok_or("no warren command: run the tests with `cargo xtask test`, which sets WARREN")?;
    let scratch = std::env::temp_dir().join(format!("warren-tests-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let bless = variable("BLESS").is_some();
    Ok(Setting { warren, wasmtime: variable("WARREN_WASMTIME"), goroot: variable("GOROOT"), bless, scratch })
}

fn run_all(cases: &[Case], setting: &Setting) -> Vec<(String, String)> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(failure) = (case.body)(setting)
                        && let Ok(mut failures) = failures.lock()
                    {
                        failures.push((case.name.clone(), failure));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap_or_default();
    failures.sort();
    failures
}

/// The Go files of a directory, sorted.
fn go_files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ext| ext == "go")).collect();
    files.sort();
    files
}

/// `run/name.go`.
fn case_name(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    format!("{}/{}", folder.display(), path.file_name().unwrap_or_default().display())
}
