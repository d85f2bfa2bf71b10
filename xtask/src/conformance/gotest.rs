//! Programs of Go's test folder.
//!
//! `tests/conformance/gotest.list` names them, with the kind of each: how Go's own runner (`cmd/internal/testdir`) builds and runs it. A program
//! passes if it exits with 0 and prints, on both streams together, what its `.out` file holds, nothing if there is none.
//! `tests/conformance/gotest.expect` lists those that are known to fail on a target, or in a special mode (`zeal`, `preempt`: some are too slow then, or
//! print figures of the collector), each with its reason; one that passes nevertheless fails the run, so that the list stays true. `BLESS=1` rewrites
//! it, keeping the reasons it has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::known::{self, Known};
use crate::cache::{self, entries, read, root, variable};
use crate::process::{Ended, run_limited};
use crate::setup::{self, Tools};
use crate::{Failure, Outcome};

/// Which of the two builds is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Under Warren's own host with `GOMAXPROCS=2`.
    Native,
    /// A single-thread module in a stock wasmtime.
    Wasip1,
}

impl Target {
    pub fn name(self) -> &'static str {
        match self {
            Target::Native => "native",
            Target::Wasip1 => "wasip1",
        }
    }
}

/// Names of special modes in the list of known failures.
const ZEAL: &str = "zeal";
const PREEMPT: &str = "preempt";

/// How long a program may take, and how long with a collection at every allocation.
const LIMIT: Duration = Duration::from_secs(60);
const ZEAL_LIMIT: Duration = Duration::from_secs(300);

/// What to run, and how.
pub struct Selection {
    pub target: Target,
    /// Only files whose path contains one of these; all, if there are none.
    pub filters: Vec<String>,
    pub jobs: usize,
    /// Collect at every allocation.
    pub zeal: bool,
    /// Without the optimiser.
    pub unoptimised: bool,
    /// Freeze goroutines at nearly every poll.
    pub preempt: bool,
    /// Print each result.
    pub verbose: bool,
    pub limit: Duration,
}

impl Selection {
    /// What rows of the list may say in their second column for a program to be known to fail in this run.
    fn columns(&self) -> impl Iterator<Item = &'static str> {
        [(true, self.target.name()), (self.zeal, ZEAL), (self.preempt, PREEMPT)].into_iter().filter_map(|(applies, name)| applies.then_some(name))
    }

    /// The column for a failure that is not listed yet: the most special.
    fn own_column(&self) -> &'static str {
        self.columns().last().unwrap_or_default()
    }

    fn wants(&self, program: &Program) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| program.path.contains(filter))
    }

    /// Whether there is a program to run.
    pub fn is_empty(&self) -> Outcome<bool> {
        Ok(!list()?.iter().any(|program| self.wants(program)))
    }

    pub fn all(target: Target) -> Selection {
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        Selection { target, filters: Vec::new(), jobs, zeal: false, unoptimised: false, preempt: false, verbose: false, limit: LIMIT }
    }

    pub fn parse(words: &[&str]) -> Outcome<Selection> {
        let mut selection = Selection::all(Target::Native);
        if words.contains(&"--zeal") {
            selection.limit = ZEAL_LIMIT;
        }
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().copied().ok_or_else(|| format!("{word} needs a value"));
            match *word {
                "--target" => {
                    selection.target = match value()? {
                        "native" => Target::Native,
                        "wasip1" => Target::Wasip1,
                        other => return Err(format!("unknown target {other}: native or wasip1")),
                    }
                }
                "--filter" => selection.filters.push(value()?.to_string()),
                "-j" => selection.jobs = value()?.parse().map_err(|error| format!("-j: {error}"))?,
                "--timeout" => selection.limit = Duration::from_secs(value()?.parse().map_err(|error| format!("--timeout: {error}"))?),
                "-O0" => selection.unoptimised = true,
                "--preempt" => selection.preempt = true,
                "--zeal" => selection.zeal = true,
                "--verbose" => selection.verbose = true,
                _ => return Err(format!("gotest: unknown word {word}")),
            }
        }
        Ok(selection)
    }
}

/// Counts of a run. A failure that was expected counts as neither.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    pub passed: usize,
    pub failed: usize,
}

/// One program of the list.
#[derive(Clone)]
struct Program {
    path: String,
    kind: String,
}

/// How one program did.
#[derive(Clone)]
enum Result {
    Pass,
    /// With the first lines of what went wrong.
    Fail(String),
}

/// What all programs of a run share.
struct Runner<'a> {
    selection: &'a Selection,
    tools: Tools,
    tests: PathBuf,
    /// The stock wasmtime, for [`Target::Wasip1`].
    wasmtime: PathBuf,
    scratch: PathBuf,
}

/// Runs the selected programs and prints the figures.
pub fn gotest(selection: &Selection) -> Outcome<Totals> {
    let tools = setup::tools()?;
    let tests = setup::go_tests(&tools.goroot)?;
    let wasmtime = if selection.target == Target::Wasip1 { setup::stock_wasmtime()? } else { PathBuf::new() };
    let scratch = std::env::temp_dir().join(format!("warren-gotest-{}", std::process::id()));
    let runner = Runner { selection, tools, tests, wasmtime, scratch };

    let mut programs = list()?;
    let columns = [Target::Native.name(), Target::Wasip1.name(), ZEAL, PREEMPT];
    let stale = known::stale("gotest", &known::read("gotest")?, |path, column| {
        programs.iter().any(|program| program.path == path) && columns.contains(&column)
    });
    programs.retain(|program| selection.wants(program));
    let start = Instant::now();
    let results = runner.run_all(&programs);
    let _ = std::fs::remove_dir_all(&runner.scratch);
    if variable("BLESS").is_some() {
        bless(selection, &programs, &results)?;
    }
    let mut totals = report(selection, &programs, &results, start.elapsed())?;
    totals.failed += stale;
    Ok(totals)
}

/// The programs, in the order of the list.
fn list() -> Outcome<Vec<Program>> {
    let text = read(&root().join("tests/conformance/gotest.list"))?;
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|line| {
        let mut columns = line.split('\t');
        match (columns.next(), columns.next()) {
            (Some(path), Some(kind)) => Ok(Program { path: path.to_string(), kind: kind.to_string() }),
            _ => Err(format!("gotest.list: no kind in line {line:?}")),
        }
    })
    .collect()
}

fn bless(selection: &Selection, programs: &[Program], results: &[Result]) -> Outcome {
    let mut known = known::read("gotest")?;
    for (program, result) in programs.iter().zip(results) {
        let own = (program.path.clone(), selection.own_column().to_string());
        match result {
            Result::Pass => {
                known.remove(&own);
            }
            Result::Fail(why) => {
                if reason(&known, selection, program).is_none() {
                    known.insert(own, first_line(why));
                }
            }
        }
    }
    known::write("gotest", &known)
}

/// Why a program is known to fail in this run, and the column that says so.
fn reason<'a>(known: &'a Known, selection: &Selection, program: &Program) -> Option<(&'static str, &'a str)> {
    selection.columns().find_map(|column| Some((column, known.get(&(program.path.clone(), column.to_string()))?.as_str())))
}

fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or("no output");
    line.replace('\t', " ").chars().take(160).collect()
}

/// Prints what the reader has to know, and counts.
fn report(selection: &Selection, programs: &[Program], results: &[Result], took: Duration) -> Outcome<Totals> {
    let known = known::read("gotest")?;
    let mut totals = Totals::default();
    let (mut expected, mut outside_passed, mut outside) = (0, 0, 0);
    for (program, result) in programs.iter().zip(results) {
        let reason = reason(&known, selection, program);
        let is_outside = !program.path.starts_with("typeparam/");
        outside += usize::from(is_outside);
        match (result, reason) {
            (Result::Pass, None) => {
                totals.passed += 1;
                outside_passed += usize::from(is_outside);
            }
            // What fails in an ordinary run may pass in a special one.
            (Result::Pass, Some((column, _))) if column != selection.own_column() => totals.passed += 1,
            (Result::Pass, Some((column, reason))) => {
                totals.failed += 1;
                println!("UNEXPECTED PASS {} ({column}): take it out of gotest.expect ({reason})", program.path);
            }
            (Result::Fail(_), Some((column, reason))) => {
                expected += 1;
                if column != selection.target.name() {
                    println!("known failure {} ({column}): {reason}", program.path);
                }
            }
            (Result::Fail(why), None) => {
                totals.failed += 1;
                println!("FAIL {}\n{}", program.path, indent(why));
            }
        }
    }
    print_groups(results);
    println!(
        "gotest {}: {} of {} pass ({outside_passed} of {outside} outside typeparam/), {expected} known failures, {} failures, {:.0} s",
        selection.columns().collect::<Vec<_>>().join(" "),
        totals.passed,
        programs.len(),
        totals.failed,
        took.as_secs_f64(),
    );
    Ok(totals)
}

/// Failures by their first line with numbers and names left out, the most frequent first: what to look at next.
fn print_groups(results: &[Result]) {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for result in results {
        let Result::Fail(why) = result else { continue };
        let line = first_line(why);
        // Behind the position, if there is one.
        let message =
            line.split_once(".go:").map_or(line.as_str(), |(_, rest)| rest.trim_start_matches(|c: char| c.is_ascii_digit() || ": ".contains(c)));
        let shape: String = message.chars().filter(|c| !c.is_ascii_digit()).take(70).collect();
        *groups.entry(shape).or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (shape, count) in groups.iter().take(25) {
        println!("{count:>5}  {shape}");
    }
}

fn indent(text: &str) -> String {
    let lines: Vec<String> = text.lines().take(8).map(|line| format!("    {}", line.chars().take(200).collect::<String>())).collect();
    lines.join("\n")
}

impl Runner<'_> {
    /// Results in the order of the programs.
    fn run_all(&self, programs: &[Program]) -> Vec<Result> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(vec![Result::Pass; programs.len()]);
        std::thread::scope(|scope| {
            for _ in 0..self.selection.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(program) = programs.get(index) else { return };
                        let result = self.one(program, index).unwrap_or_else(Result::Fail);
                        if self.selection.verbose {
                            let word = if matches!(result, Result::Pass) { "pass" } else { "fail" };
                            println!("{word} {}", program.path);
                        }
                        if let Ok(mut results) = results.lock() {
                            results[index] = result;
                        }
                    }
                });
            }
        });
        results.into_inner().unwrap_or_default()
    }

    fn one(&self, program: &Program, index: usize) -> Outcome<Result> {
        let scratch = self.scratch.join(index.to_string());
        cache::make(&scratch)?;
        let source = self.tests.join(&program.path);
        let text = read(&source)?;
        let recipe = Recipe::of(&text, &program.kind);
        let experiment = &recipe.experiment;
        let folder = source.with_extension("dir");
        let ended = match program.kind.as_str() {
            "run" | "runoutput" => {
                let mut words = vec![source.display().to_string()];
                words.extend(recipe.arguments);
                let ended = self.execute(&words, experiment, &scratch)?;
                if program.kind == "run" || ended.code != Some(0) {
                    ended
                } else {
                    // The program prints a program.
                    let printed = scratch.join("printed.go");
                    cache::write(&printed, &ended.output)?;
                    self.execute(&[printed.display().to_string()], experiment, &scratch)?
                }
            }
            "rundir" | "errorcheckandrundir" => {
                let main = lay_out_packages(&folder, &scratch)?;
                self.execute(&[main.display().to_string()], experiment, &scratch)?
            }
            "runindir" | "buildrundir" => {
                let copy = scratch.join("module");
                copy_tree(&folder, &copy)?;
                if !copy.join("go.mod").exists() {
                    let name = folder.file_name().unwrap_or_default().to_string_lossy();
                    cache::write(&copy.join("go.mod"), format!("module {name}\n\ngo 1.27\n"))?;
                }
                self.execute(&[copy.display().to_string()], experiment, &scratch)?
            }
            kind => return Err(format!("unknown kind {kind}")),
        };
        let _ = std::fs::remove_dir_all(&scratch);
        let expected = std::fs::read(source.with_extension("out")).unwrap_or_default();
        Ok(judge(&ended, &expected, self.selection.limit))
    }

    /// Builds and runs: the words are what `warren run` takes, Go files or a directory and then arguments.
    fn execute(&self, words: &[String], experiment: &str, scratch: &Path) -> Outcome<Ended> {
        let debug = if self.selection.zeal { "gczeal=1" } else { "" };
        let mut level = Vec::new();
        level.extend(self.selection.unoptimised.then_some("-O0"));
        level.extend(self.selection.preempt.then_some("-preempt-zeal"));
        let sources = words.iter().take_while(|word| word.ends_with(".go")).count().max(1);
        let (sources, arguments) = words.split_at(sources);
        let mut command;
        match self.selection.target {
            Target::Native => {
                command = Command::new(&self.tools.warren);
                command
                    .args(["run", "-no-cache"])
                    .args(&level)
                    .args(sources)
                    .args(arguments)
                    .env("GOMAXPROCS", "2")
                    .env("GODEBUG", debug)
                    .env("GOEXPERIMENT", experiment);
            }
            Target::Wasip1 => {
                let module = scratch.join("program.wasm");
                let mut build = Command::new(&self.tools.warren);
                build.arg("build").args(&level).args(["-target=wasip1", "-o"]).arg(&module).args(sources);
                build.current_dir(&self.tests).env("GOROOT", &self.tools.goroot).env("GOEXPERIMENT", experiment);
                let ended = run_limited(&mut build, self.selection.limit)?;
                if ended.code != Some(0) {
                    return Ok(ended);
                }
                command = Command::new(&self.wasmtime);
                // The program's memory of the cache would grow with every run.
                command.args(["run", "-C", "cache=n", "--dir=/", "--env"]).arg(format!("GODEBUG={debug}"));
                command.arg("--env").arg(format!("PWD={}", self.tests.display())).arg(module).args(arguments);
            }
        }
        command.current_dir(&self.tests).env("GOROOT", &self.tools.goroot);
        run_limited(&mut command, self.selection.limit)
    }
}

fn judge(ended: &Ended, expected: &[u8], limit: Duration) -> Result {
    let text = String::from_utf8_lossy(&ended.output);
    if ended.timed_out {
        return Result::Fail(format!("not finished after {} s\n{text}", limit.as_secs()));
    }
    match ended.code {
        None => Result::Fail(format!("killed by a signal\n{text}")),
        Some(0) if ended.output == expected => Result::Pass,
        Some(0) => Result::Fail(format!("wrong output: {}", first_difference(&text, &String::from_utf8_lossy(expected)))),
        Some(1) => Result::Fail(format!("{text}\nexit code 1")),
        Some(code) => Result::Fail(format!("exit code {code}: {text}")),
    }
}

fn first_difference(got: &str, expected: &str) -> String {
    let (mut got, mut expected) = (got.lines(), expected.lines());
    for line in 1.. {
        match (got.next(), expected.next()) {
            (None, None) => break,
            (left, right) if left == right => {}
            (left, right) => return format!("line {line}: {:?}, expected {:?}", left.unwrap_or("end"), right.unwrap_or("end")),
        }
    }
    "line ends differ".to_string()
}

/// What the recipe says, the first comment that begins with the kind.
#[derive(Debug, Default, PartialEq)]
struct Recipe {
    /// What stands behind the flags.
    arguments: Vec<String>,
    /// For `GOEXPERIMENT`.
    experiment: String,
}

impl Recipe {
    fn of(source: &str, kind: &str) -> Recipe {
        let line = source.lines().find_map(|line| line.strip_prefix("//")?.trim().strip_prefix(kind));
        let mut words = line.unwrap_or_default().split_whitespace();
        let mut recipe = Recipe::default();
        while let Some(word) = words.next() {
            match word {
                "-goexperiment" => recipe.experiment = words.next().unwrap_or_default().to_string(),
                "-t" => drop(words.next()),
                _ if word.starts_with('-') => {}
                _ => recipe.arguments.push(word.to_string()),
            }
        }
        recipe
    }
}

/// Gives each package of a `.dir` folder a directory of a module `test`, and rewrites `"./name"` imports to it. Returns the main package's.
fn lay_out_packages(folder: &Path, scratch: &Path) -> Outcome<PathBuf> {
    let module = scratch.join("module");
    cache::make(&module)?;
    cache::write(&module.join("go.mod"), "module test\n\ngo 1.27\n")?;
    // Package name to directory: an import names the package's first file.
    let mut packages: Vec<(String, PathBuf)> = Vec::new();
    for file in entries(folder).iter().filter(|path| path.extension().is_some_and(|extension| extension == "go")) {
        let source = std::fs::read_to_string(file).map_err(|error| -> Failure { format!("{}: {error}", file.display()) })?;
        let name = package_name(&source).ok_or_else(|| format!("{}: no package clause", file.display()))?;
        let directory = match packages.iter().find(|(known, _)| *known == name) {
            Some((_, directory)) => directory.clone(),
            None => {
                let directory = if name == "main" { module.clone() } else { module.join(file.file_stem().unwrap_or_default()) };
                cache::make(&directory)?;
                packages.push((name, directory.clone()));
                directory
            }
        };
        let lines: Vec<String> = source.lines().map(rewrite_import).collect();
        // A name that ends in _test.go would be left out of a build.
        let file_name = file.file_name().unwrap_or_default().to_string_lossy().replace("_test.go", "_test_.go");
        cache::write(&directory.join(file_name), lines.join("\n") + "\n")?;
        // Go's runner compiles these packages as one does that has assembly: functions may lack bodies.
        cache::write(&directory.join("elsewhere.s"), "")?;
    }
    Ok(module)
}

fn package_name(source: &str) -> Option<String> {
    let line = source.lines().find_map(|line| line.strip_prefix("package "))?;
    Some(line.split([' ', ';', '/', '\t']).next()?.to_string())
}

/// `import x "./a"` becomes `import x "test/a"`, also within parentheses; other lines stay.
fn rewrite_import(line: &str) -> String {
    let before = line.split('"').next().unwrap_or_default();
    let mut words = before.split_whitespace().filter(|word| !matches!(*word, "import" | "("));
    let is_import =
        line.contains("\"./") && words.clone().count() <= 1 && words.all(|word| word.chars().all(|c| c.is_alphanumeric() || "._".contains(c)));
    if is_import { line.replace("\"./", "\"test/") } else { line.to_string() }
}

fn copy_tree(from: &Path, to: &Path) -> Outcome {
    cache::make(to)?;
    for entry in entries(from) {
        let target = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            copy_tree(&entry, &target)?;
        } else {
            std::fs::copy(&entry, &target).map_err(|error| format!("{}: {error}", entry.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Recipe, package_name, rewrite_import};

    #[test]
    fn imports() {
        assert_eq!(rewrite_import("import \"./a\""), "import \"test/a\"");
        assert_eq!(rewrite_import("\t. \"./a\" // c"), "\t. \"test/a\" // c");
        assert_eq!(rewrite_import("import ( \"./b\""), "import ( \"test/b\"");
        assert_eq!(rewrite_import("\tprintln(\"./b\")"), "\tprintln(\"./b\")");
    }

    #[test]
    fn recipes() {
        let recipe = |arguments: &[&str], experiment: &str| Recipe {
            arguments: arguments.iter().map(|word| word.to_string()).collect(),
            experiment: experiment.to_string(),
        };
        assert_eq!(Recipe::of("// runoutput ./rotate.go\n\npackage main", "runoutput"), recipe(&["./rotate.go"], ""));
        assert_eq!(Recipe::of("// run -goexperiment fieldtrack\n", "run"), recipe(&[], "fieldtrack"));
        assert_eq!(Recipe::of("// run -gcflags=-l x y\n", "run"), recipe(&["x", "y"], ""));
        assert_eq!(package_name("// c\n\npackage main; import \"x\"\n").as_deref(), Some("main"));
    }
}
