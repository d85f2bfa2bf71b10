//! The standard library's own tests.
//!
//! `tests/conformance/std.list` names packages, with the number of test functions and examples that pass under Go's own port to WebAssembly.
//! `warren test -short -v` runs each. `tests/conformance/std.expect` lists test functions that are known to fail, each with a reason; one that passes
//! nevertheless fails the run, so that the list stays true. One whose reason begins with `hangs` or `ends the
//! program` is left out, so that the others can be run. A package whose program does not build or ends early is listed with `*` as its function.
//! `BLESS=1` rewrites the list for the packages that were run, keeping the reasons it has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::known::{self, Known};
use crate::cache::{read, root, variable};
use crate::process::{Ended, run_limited};
use crate::setup::{self, Tools};
use crate::{Outcome, process};

/// How reasons begin of functions that must not be run.
const LEFT_OUT: [&str; 2] = ["hangs", "ends the program"];

fn is_left_out(reason: &str) -> bool {
    LEFT_OUT.iter().any(|start| reason.starts_with(start))
}

/// Stands for the whole package in the list of known failures.
const WHOLE: &str = "*";

struct Package {
    path: String,
    /// Functions that pass with Go's own port.
    official: usize,
}

/// How a package did.
#[derive(Clone, Default)]
struct Outcomes {
    passed: BTreeSet<String>,
    failed: BTreeSet<String>,
    skipped: BTreeSet<String>,
    /// Why the program did not come to its end.
    broken: Option<String>,
    took: Duration,
}

struct Selection {
    filters: Vec<String>,
    jobs: usize,
    limit: Duration,
    verbose: bool,
}

impl Selection {
    fn parse(words: &[&str]) -> Outcome<Selection> {
        let mut selection = Selection { filters: Vec::new(), jobs: 1, limit: Duration::from_secs(600), verbose: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().copied().ok_or_else(|| format!("{word} needs a value"));
            match *word {
                "--filter" => selection.filters.extend(value()?.split(',').map(str::to_string)),
                "-j" => selection.jobs = value()?.parse().map_err(|error| format!("-j: {error}"))?,
                "--timeout" => selection.limit = Duration::from_secs(value()?.parse().map_err(|error| format!("--timeout: {error}"))?),
                "--verbose" => selection.verbose = true,
                _ => return Err(format!("std: unknown word {word}")),
            }
        }
        Ok(selection)
    }

    /// A filter is a whole path, or `path/...`.
    fn wants(&self, path: &str) -> bool {
        let wants = |filter: &String| match filter.strip_suffix("/...") {
            Some(above) => path == above || path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/')),
            None => path == filter,
        };
        self.filters.is_empty() || self.filters.iter().any(wants)
    }
}

/// `cargo xtask conformance std [--filter PATH,...] [-j N] [--timeout SECONDS] [--verbose]`.
pub fn library(words: &[&str]) -> Outcome<u8> {
    let selection = Selection::parse(words)?;
    let tools = setup::tools()?;
    let all = list()?;
    let known = known::read("std")?;
    let stale = known::stale("std", &known, |path, _| all.iter().any(|package| package.path == path));
    let packages: Vec<Package> = all.into_iter().filter(|package| selection.wants(&package.path)).collect();
    if packages.is_empty() {
        return Err("std: no package of the list is selected".to_string());
    }
    let results = run_all(&selection, &tools, &packages, &known);
    if variable("BLESS").is_some() {
        bless(&packages, &results)?;
    }
    Ok(u8::from(report(&packages, &results)? != 0 || stale != 0))
}

fn list() -> Outcome<Vec<Package>> {
    let text = read(&root().join("tests/conformance/std.list"))?;
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        match (columns.first(), columns.get(1).and_then(|count| count.parse().ok())) {
            (Some(path), Some(official)) => Ok(Package { path: path.to_string(), official }),
            _ => Err(format!("std.list: no count in line {line:?}")),
        }
    })
    .collect()
}

fn run_all(selection: &Selection, tools: &Tools, packages: &[Package], known: &Known) -> Vec<Outcomes> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![Outcomes::default(); packages.len()]);
    std::thread::scope(|scope| {
        for _ in 0..selection.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(package) = packages.get(index) else { return };
                    let result = one(selection, tools, package, known);
                    println!("{}", line(package, &result, selection.verbose));
                    if let Ok(mut results) = results.lock() {
                        results[index] = result;
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_default()
}

fn one(selection: &Selection, tools: &Tools, package: &Package, known: &Known) -> Outcomes {
    let mut command = Command::new(&tools.warren);
    // Compiled programs of a hundred packages would push everything else out of the cache.
    command.args(["test", "-no-cache", "-short", "-v", &format!("-timeout={}s", selection.limit.as_secs())]);
    let hanging = known.iter().filter(|((path, _), reason)| *path == package.path && is_left_out(reason)).map(|((_, name), _)| name.as_str());
    let hanging: Vec<&str> = hanging.collect();
    if !hanging.is_empty() {
        command.arg(format!("-skip=^({})$", hanging.join("|")));
    }
    command.arg(&package.path);
    command.env("GOROOT", &tools.goroot).current_dir(&tools.goroot);
    process::without_cargo(&mut command);
    let start = Instant::now();
    let mut outcomes = match run_limited(&mut command, selection.limit + Duration::from_secs(240)) {
        Ok(ended) => parse(&ended),
        Err(error) => Outcomes { broken: Some(error), ..Outcomes::default() },
    };
    if outcomes.passed.is_empty() && outcomes.failed.is_empty() && package.official > 0 {
        outcomes.broken.get_or_insert("none of its tests ran".to_string());
    }
    outcomes.took = start.elapsed();
    outcomes
}

/// Reads the results of test functions; those of subtests are indented.
fn parse(ended: &Ended) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let text = String::from_utf8_lossy(&ended.output);
    let mut verdict = false;
    for line in text.lines() {
        let name = |rest: &str| rest.split(' ').next().unwrap_or(rest).to_string();
        // What a test prints without a line break stands before its result.
        let line = line.find("--- ").filter(|at| !line[..*at].trim().is_empty() || *at == 0).map_or(line, |at| &line[at..]);
        if let Some(rest) = line.strip_prefix("--- PASS: ") {
            outcomes.passed.insert(name(rest));
        } else if let Some(rest) = line.strip_prefix("--- FAIL: ") {
            outcomes.failed.insert(name(rest));
        } else if let Some(rest) = line.strip_prefix("--- SKIP: ") {
            outcomes.skipped.insert(name(rest));
        } else if line == "PASS" || line == "FAIL" || line.starts_with("ok  \t") {
            verdict = true;
        }
    }
    // With a verdict of its own the program came to its end; `FAIL` alone may be the command's.
    let finished = verdict && (ended.code == Some(0) || !outcomes.failed.is_empty()) && !ended.timed_out;
    let trouble = ["panic: ", "fatal error: ", "runtime error: ", "wasm trap", "[build failed]", "[setup failed]", "no such file"];
    let first = text.lines().find(|line| trouble.iter().any(|word| line.contains(word)));
    let aborted =
        first.filter(|line| !line.starts_with(' ')).is_some() && text.lines().any(|line| line.starts_with("goroutine ") || line.contains(" failed]"));
    if !finished || aborted && outcomes.failed.is_empty() {
        let message = text.lines().find(|line| line.contains(".go:") && text.contains("[build failed]")).or(first).or(text.lines().next_back());
        let message = if ended.timed_out { "not finished in time" } else { message.unwrap_or("no output") };
        outcomes.broken = Some(message.trim().chars().take(160).collect::<String>().replace('\t', " "));
    }
    outcomes
}

fn line(package: &Package, result: &Outcomes, verbose: bool) -> String {
    let mut line = format!("{:<28} {:>4} of {:>4} pass", package.path, result.passed.len(), package.official);
    if !result.failed.is_empty() {
        let names: Vec<&str> = result.failed.iter().map(String::as_str).collect();
        let shown = if verbose { names.len() } else { names.len().min(6) };
        let _ = write!(line, ", {} fail: {}", names.len(), names[..shown].join(" "));
    }
    if let Some(why) = &result.broken {
        let _ = write!(line, ", ended early: {why}");
    }
    let _ = write!(line, " ({:.0} s)", result.took.as_secs_f64());
    line
}

/// What went wrong in a package: functions that failed, or the whole.
fn failures(result: &Outcomes) -> Vec<(String, String)> {
    let mut list: Vec<(String, String)> = result.failed.iter().map(|name| (name.clone(), "fails".to_string())).collect();
    if let Some(why) = &result.broken {
        list.push((WHOLE.to_string(), why.clone()));
    }
    list
}

fn bless(packages: &[Package], results: &[Outcomes]) -> Outcome {
    let mut known = known::read("std")?;
    for (package, result) in packages.iter().zip(results) {
        let failures: BTreeMap<String, String> = failures(result).into_iter().collect();
        known.retain(|(path, function), reason| *path != package.path || failures.contains_key(function) || is_left_out(reason));
        for (function, why) in failures {
            known.entry((package.path.clone(), function)).or_insert(why);
        }
    }
    known::write("std", &known)
}

/// Prints what the reader has to know. 1: something is not as expected.
fn report(packages: &[Package], results: &[Outcomes]) -> Outcome<u8> {
    let known = known::read("std")?;
    let (mut wrong, mut whole, mut passed, mut official) = (0, 0, 0, 0);
    let mut took = Duration::ZERO;
    for (package, result) in packages.iter().zip(results) {
        let failures = failures(result);
        whole += usize::from(failures.is_empty());
        passed += result.passed.len().min(package.official);
        official += package.official;
        took += result.took;
        let is_known = |function: &str| known.contains_key(&(package.path.clone(), function.to_string()));
        for (function, why) in &failures {
            if !is_known(function) {
                wrong += 1;
                println!("FAIL {} {function}: {why}", package.path);
            }
        }
        for ((path, function), reason) in &known {
            let passes = if function == WHOLE { result.broken.is_none() } else { result.passed.contains(function) };
            if *path == package.path && passes {
                wrong += 1;
                println!("UNEXPECTED PASS {path} {function}: take it out of std.expect ({reason})");
            }
        }
    }
    wrong += known::stale("std", &known, |path, function| {
        let Some((_, result)) = packages.iter().zip(results).find(|(package, _)| package.path == path) else { return true };
        let ran = [&result.passed, &result.failed, &result.skipped].into_iter().any(|names| names.contains(function));
        // What was not to run, or could not, shows in no result.
        ran || function == WHOLE
            || result.broken.is_some()
            || known.get(&(path.to_string(), function.to_string())).is_some_and(|why| is_left_out(why))
    });
    let percent = 100.0 * passed as f64 / official.max(1) as f64;
    println!(
        "std: {whole} of {} packages pass; {passed} of the {official} test functions that pass with Go's own port ({percent:.1} %); {wrong} not as expected; {:.0} s",
        packages.len(),
        took.as_secs_f64()
    );
    Ok(u8::from(wrong > 0))
}

#[cfg(test)]
mod tests {
    use super::{Selection, parse};
    use crate::process::Ended;

    fn ended(code: i32, text: &str) -> Ended {
        Ended { code: Some(code), timed_out: false, output: text.as_bytes().to_vec() }
    }

    #[test]
    fn results_of_functions() {
        let text = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n    --- PASS: TestA/x (0.00s)\n--- FAIL: TestB (0.01s)\n--- SKIP: TestC (0.00s)\nFAIL\nFAIL\tp\t0.1s\nFAIL\n";
        let outcomes = parse(&ended(1, text));
        assert_eq!((outcomes.passed.len(), outcomes.failed.len(), outcomes.skipped.len(), outcomes.broken), (1, 1, 1, None));
    }

    #[test]
    fn programs_that_end_early() {
        let outcomes = parse(&ended(1, "--- PASS: TestA (0.00s)\nfatal error: bad\n\ngoroutine 1 [running]:\nFAIL\tp\t0.1s\nFAIL\n"));
        assert_eq!((outcomes.passed.len(), outcomes.broken.as_deref()), (1, Some("fatal error: bad")));
        let outcomes = parse(&ended(1, "# p\np.go:1:1: undefined: x\nFAIL\tp [build failed]\nFAIL\n"));
        assert_eq!(outcomes.broken.as_deref(), Some("p.go:1:1: undefined: x"));
    }

    #[test]
    fn filters() {
        let selection = Selection::parse(&["--filter", "fmt,encoding/..."]).unwrap();
        assert!(selection.wants("fmt") && selection.wants("encoding/json") && !selection.wants("encodings") && !selection.wants("go/fmt"));
    }
}
