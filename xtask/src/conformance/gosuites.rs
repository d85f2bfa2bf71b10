//! The suites of Go's own compiler that stand by themselves: operations on all types, constants, and loops over functions with every way out.
//!
//! The files are copied from GOROOT into packages of a scratch module, without those that drive the toolchain, and run by `warren test -v`. A test counts as
//! passed if its line says so. `tests/conformance/gosuites.expect` lists those that are known to fail, with reasons.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Totals, known};
use crate::cache::{self, entries, read};
use crate::process::run_limited;
use crate::{Outcome, setup};

/// A folder of GOROOT with tests.
struct Suite {
    name: &'static str,
    /// Below `src/cmd/compile/internal`.
    folder: &'static str,
    /// What a left-out file would declare.
    extra: &'static str,
}

const SUITES: &[Suite] = &[
    Suite { name: "testdata", folder: "test/testdata", extra: "" },
    Suite { name: "test", folder: "test", extra: "var sink any\n" },
    Suite { name: "rangefunc", folder: "rangefunc", extra: "" },
];

const LIMIT: Duration = Duration::from_secs(600);

/// `cargo xtask conformance gosuites [FILTER]`.
pub fn gosuites(words: &[&str]) -> Outcome<u8> {
    let tools = setup::tools()?;
    if let Some(word) = words.iter().find(|word| SUITES.iter().all(|suite| suite.name != **word)) {
        return Err(format!("gosuites: no suite {word}: {}", SUITES.iter().map(|suite| suite.name).collect::<Vec<_>>().join(", ")));
    }
    let known = known::read("gosuites")?;
    let mut declarations = BTreeMap::new();
    let scratch = std::env::temp_dir().join(format!("warren-gosuites-{}", std::process::id()));
    let mut totals = Totals::default();
    for suite in SUITES.iter().filter(|suite| words.is_empty() || words.contains(&suite.name)) {
        let package = lay_out(suite, &tools.goroot, &scratch)?;
        let mut command = Command::new(&tools.warren);
        command.args(["test", "-v", "."]).current_dir(&package).env("GOROOT", &tools.goroot).env("GOMAXPROCS", "2");
        let ended = run_limited(&mut command, LIMIT)?;
        let text = String::from_utf8_lossy(&ended.output);
        let results = results(&text);
        let (mut passed, mut expected) = (0, 0);
        let names = declared(&package)?;
        for name in &names {
            let reason = known.get(&(suite.name.to_string(), name.clone()));
            match (results.get(name), reason) {
                (Some(true), None) => passed += 1,
                (Some(true), Some(_)) => {
                    totals.failed += 1;
                    println!("UNEXPECTED PASS {}/{name}: take it out of gosuites.expect", suite.name);
                }
                (_, Some(_)) => expected += 1,
                (result, None) => {
                    totals.failed += 1;
                    println!("{} {}/{name}", if result.is_some() { "FAIL" } else { "NOT RUN" }, suite.name);
                }
            }
        }
        if results.is_empty() {
            println!("{}", text.lines().take(30).collect::<Vec<_>>().join("\n"));
        }
        declarations.insert(suite.name, names);
        totals.passed += passed;
        println!("{}: {passed} passed, {expected} known to fail", suite.name);
    }
    let _ = std::fs::remove_dir_all(&scratch);
    // Of suites that were not run only the names are known.
    totals.failed += known::stale("gosuites", &known, |suite, test| match declarations.get(suite) {
        Some(names) => names.iter().any(|name| name == test),
        None => SUITES.iter().any(|known| known.name == suite),
    });
    println!("gosuites: {} passed, {} failed", totals.passed, totals.failed);
    Ok(u8::from(totals.failed > 0))
}

/// Copies a suite into a module of its own.
fn lay_out(suite: &Suite, goroot: &Path, scratch: &Path) -> Outcome<PathBuf> {
    let package = scratch.join(suite.name);
    cache::make(&package)?;
    cache::write(&package.join("go.mod"), format!("module suite/{}\n\ngo 1.27\n", suite.name))?;
    let folder = goroot.join("src/cmd/compile/internal").join(suite.folder);
    let mut clause = String::new();
    for path in entries(&folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if !name.ends_with("_test.go") || drives_the_toolchain(&text) {
            continue;
        }
        if let Some(line) = text.lines().find(|line| line.starts_with("package ")) {
            clause = line.trim_end_matches("_test").to_string();
        }
        cache::write(&package.join(&name), text)?;
    }
    if !suite.extra.is_empty() {
        cache::write(&package.join("extra_test.go"), format!("{clause}\n\n{}", suite.extra))?;
    }
    Ok(package)
}

/// Whether a file imports what only the distribution itself may, or starts processes.
fn drives_the_toolchain(text: &str) -> bool {
    text.lines().take_while(|line| !line.starts_with("func ")).any(|line| {
        let import = line.trim().trim_start_matches("import ").split('"').nth(1).unwrap_or_default();
        import.starts_with("cmd/") || import.starts_with("internal/") || import == "os/exec"
    })
}

/// The tests that the package's files declare.
fn declared(package: &Path) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for path in entries(package) {
        for line in read(&path)?.lines() {
            let Some(rest) = line.strip_prefix("func Test") else { continue };
            if let Some((name, _)) = rest.split_once('(').filter(|(_, rest)| rest.contains("*testing.T)")) {
                names.push(format!("Test{name}"));
            }
        }
    }
    Ok(names)
}

/// Tests by what their lines say.
fn results(text: &str) -> BTreeMap<String, bool> {
    let mut results = BTreeMap::new();
    for line in text.lines() {
        for (mark, passed) in [("--- PASS: ", true), ("--- FAIL: ", false), ("--- SKIP: ", true)] {
            if let Some(name) = line.strip_prefix(mark).and_then(|rest| rest.split(' ').next()) {
                results.insert(name.to_string(), passed);
            }
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use super::{drives_the_toolchain, results};

    #[test]
    fn reads() {
        let found = results("=== RUN   TestA\n--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.01s)\n    --- FAIL: TestB/x (0.00s)\n");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("TestA".to_string(), true), ("TestB".to_string(), false)]);
        assert!(drives_the_toolchain("package a\nimport (\n\t\"os/exec\"\n)\n"));
        assert!(!drives_the_toolchain("package a\nimport \"testing\"\nfunc f() { _ = \"cmd/x\" }\n"));
    }
}
