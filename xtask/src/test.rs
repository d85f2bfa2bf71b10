//! All tests, and one line that sums them up.
//!
//! Crates without wasmtime are tested in the dev profile, with its assertions and overflow checks; what links the host in the release profile
//! (or that of `WARREN_PROFILE`), as the engine's compiler is 14 times slower without optimisation and is built once that way. The runtime's lock-free parts run once more under a model checker.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::conformance::{Selection, Target, Totals, gotest};
use crate::process::cargo;
use crate::{Outcome, cache, setup};

/// Packages that are built without the engine.
pub const PLAIN: &[&str] = &["warren-abi", "warren-compiler", "warren-runtime", "warren-fuzz", "warren-wat", "xtask"];
/// Packages that link the engine, or belong to those that do. Their dependencies have the features that `warren` alone gives them, so that wasmtime is built once.
pub const ENGINE: &[&str] = &["warren-host", "warren", "warren-tests"];

/// `cargo xtask test [FILTER]`.
pub fn test(words: &[&str]) -> Outcome<u8> {
    let filter = match words {
        [] => None,
        [filter] => Some(*filter),
        _ => return Err("test: one filter at most".to_string()),
    };
    let tools = setup::everything()?;
    let runtime = setup::runtime()?;
    let mut totals = Totals::default();
    let engine = cache::profile();
    for (packages, flags) in [(PLAIN, &[][..]), (ENGINE, &["--profile", engine.as_str()][..])] {
        let mut command = cargo()?;
        command.args(["test", "--quiet", "--no-fail-fast"]).args(flags);
        for package in packages {
            command.args(["--package", package]);
        }
        command.args(filter);
        command.env("WARREN_RUNTIME_DIR", &runtime).env("WARREN", &tools.warren).env("GOROOT", &tools.goroot);
        command.env("WARREN_WASMTIME", setup::stock_wasmtime()?);
        add(&mut totals, cargo_test(&mut command)?);
    }
    if filter.is_none() {
        let mut models = cargo()?;
        models.args(["test", "--quiet", "--package", "warren-runtime", "--lib", "--target-dir", "target/model", "thread::model"]);
        add(&mut totals, cargo_test(models.env("RUSTFLAGS", "--cfg loom"))?);
    }
    for target in [Target::Native, Target::Wasip1] {
        let mut selection = Selection::all(target);
        selection.filters = filter.iter().map(ToString::to_string).collect();
        add(&mut totals, gotest(&selection)?);
    }
    println!("{} passed, {} failed", totals.passed, totals.failed);
    Ok(u8::from(totals.failed > 0))
}

fn add(totals: &mut Totals, more: Totals) {
    totals.passed += more.passed;
    totals.failed += more.failed;
}

/// Runs cargo test, lets its output through, and sums its result lines. A run that fails without a failed test counts as one.
fn cargo_test(command: &mut Command) -> Outcome<Totals> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("cannot run cargo: {error}"))?;
    let mut totals = Totals::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(counts) = line.strip_prefix("test result: ") {
                add(&mut totals, Totals { passed: count(counts, " passed"), failed: count(counts, " failed") });
            } else if line.is_empty() || line.starts_with("running ") || is_progress(&line) {
                continue;
            }
            println!("{line}");
        }
    }
    let status = child.wait().map_err(|error| format!("cargo test: {error}"))?;
    if !status.success() && totals.failed == 0 {
        println!("cargo test: {status}");
        totals.failed = 1;
    }
    Ok(totals)
}

/// A line of dots, one for each test.
fn is_progress(line: &str) -> bool {
    let dots = line.split_whitespace().next().unwrap_or_default();
    dots.chars().all(|c| ".Fi".contains(c))
}

/// The number before a word in `ok. 3 passed; 0 failed; ...`.
fn count(text: &str, word: &str) -> usize {
    text.find(word).and_then(|end| text[..end].rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts() {
        let line = "FAILED. 13 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!((count(line, " passed"), count(line, " failed")), (13, 2));
    }
}
