//! The programs of `GOROOT/src/runtime/testdata/testprog`: panics and what is printed of them, deadlocks, Goexit, locked threads, coroutines,
//! finalizers, memory limits. They are one package whose first argument chooses.
//!
//! `tests/conformance/testprog.list` says what each must print, as the tests of package runtime want it; its head explains the words.
//! `tests/conformance/testprog.expect` lists, with target and reason, those that are known to fail; one that passes nevertheless fails the run.
//! `--target official` runs what Go's own port makes of the package, for comparison.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::expectation::{self, Program};
use super::known::{self, Known};
use crate::cache::{self, read, root};
use crate::process::{Ended, run_limited};
use crate::setup::{self, Tools};
use crate::{Outcome, process};

/// The package, below GOROOT.
const FOLDER: &str = "src/runtime/testdata/testprog";

/// Its file that no compiler accepts for wasm: it makes a signal of a number that has no room in one.
const LEFT_OUT: &str = "signal_bogus.go";

/// The longest of them runs for a few seconds.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Native,
    Wasip1,
    /// Go's own port, under the stock engine.
    Official,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Target::Native => "native",
            Target::Wasip1 => "wasip1",
            Target::Official => "official",
        }
    }
}

struct Runner {
    tools: Tools,
    target: Target,
    module: PathBuf,
    /// The stock engine, unless the target is native.
    wasmtime: PathBuf,
}

/// `cargo xtask conformance testprog [--target native|wasip1|official] [--verbose] [FILTER...]`.
pub fn testprog(words: &[&str]) -> Outcome<u8> {
    let (mut target, mut verbose, mut filters) = (Target::Native, false, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--target" => {
                let name = words.next().copied().unwrap_or_default();
                let all = [Target::Native, Target::Wasip1, Target::Official];
                target = all.into_iter().find(|target| target.name() == name).ok_or(format!("testprog: unknown target {name:?}"))?;
            }
            "--verbose" => verbose = true,
            _ if word.starts_with('-') => return Err(format!("testprog: unknown word {word}")),
            _ => filters.push(*word),
        }
    }
    let mut programs = expectation::parse(&read(&root().join("tests/conformance/testprog.list"))?)?;
    let known = known::read("testprog")?;
    let targets = [Target::Native, Target::Wasip1, Target::Official];
    let stale = known::stale("testprog", &known, |head, column| {
        programs.iter().any(|program| program.head == head) && targets.iter().any(|target| target.name() == column)
    });
    programs.retain(|program| filters.is_empty() || filters.iter().any(|filter| program.head.contains(filter)));
    if programs.is_empty() {
        return Err("testprog: no program of the list is selected".to_string());
    }
    let scratch = std::env::temp_dir().join(format!("warren-testprog-{}", std::process::id()));
    cache::make(&scratch)?;
    let wasmtime = if target == Target::Native { PathBuf::new() } else { setup::stock_wasmtime()? };
    let runner = Runner { tools: setup::tools()?, target, module: scratch.join("testprog.wasm"), wasmtime };
    let start = Instant::now();
    let result = runner.build().map(|()| runner.all(&programs, &known, verbose));
    let _ = std::fs::remove_dir_all(&scratch);
    let (passed, failed) = result?;
    let expected = programs.len() - passed - failed;
    let seconds = start.elapsed().as_secs_f64();
    println!("testprog {}: {passed} of {} pass, {expected} known failures, {failed} failures, {seconds:.0} s", target.name(), programs.len());
    Ok(u8::from(failed + stale > 0))
}

impl Runner {
    fn build(&self) -> Outcome {
        let folder = self.tools.goroot.join(FOLDER);
        let mut list = Command::new(&self.tools.warren);
        list.args(["list", "-f", "{{.GoFiles}}", "."]).current_dir(&folder).env("GOROOT", &self.tools.goroot);
        let files = process::run_quietly(&mut list)?;
        let files = files.trim().trim_matches(['[', ']']).split(' ').filter(|file| *file != LEFT_OUT);
        let mut build = match self.target {
            Target::Official => Command::new(self.tools.goroot.join("bin/go")),
            _ => Command::new(&self.tools.warren),
        };
        build.arg("build");
        match self.target {
            Target::Official => build.env("GOOS", "wasip1").env("GOARCH", "wasm").env("GOTOOLCHAIN", "local"),
            _ => build.arg(format!("-target={}", self.target.name())),
        };
        build.arg("-o").arg(&self.module).args(files).current_dir(&folder).env("GOROOT", &self.tools.goroot);
        process::run_quietly(&mut build).map(drop)
    }

    /// How many passed, and how many did what the list of known failures does not say.
    fn all(&self, programs: &[Program], known: &Known, verbose: bool) -> (usize, usize) {
        let (mut passed, mut failed) = (0, 0);
        for program in programs {
            let reason = known.get(&(program.head.clone(), self.target.name().to_string()));
            match (self.judge(program), reason) {
                (Ok(()), None) => passed += 1,
                (Ok(()), Some(reason)) => {
                    failed += 1;
                    println!("UNEXPECTED PASS {}: take it out of testprog.expect ({reason})", program.head);
                }
                (Err(_), Some(_)) if !verbose => {}
                (Err(why), reason) => {
                    failed += usize::from(reason.is_none());
                    println!("{} {}\n{}", if reason.is_some() { "known" } else { "FAIL" }, program.head, indent(&why));
                }
            }
        }
        (passed, failed)
    }

    fn judge(&self, program: &Program) -> Outcome {
        let mut result = Ok(());
        for _ in 0..program.tries {
            let ended = self.run(program)?;
            result = if ended.timed_out {
                Err(format!("not finished after {} s\n{}", LIMIT.as_secs(), String::from_utf8_lossy(&ended.output)))
            } else {
                program.check(ended.code, &String::from_utf8_lossy(&ended.output))
            };
            if result.is_ok() {
                break;
            }
        }
        result
    }

    fn run(&self, program: &Program) -> Outcome<Ended> {
        let mut command;
        let mut variables = program.variables.clone();
        variables.push(("RUNTIME_TEST_SHORT".to_string(), "1".to_string()));
        if self.target == Target::Native {
            command = Command::new(&self.tools.warren);
            process::without_cargo(&mut command);
            command.arg("run").arg(&self.module).envs(variables);
            // Its machine code need not be made again for each program, and goes with the scratch folder.
            command.env("WARREN_CACHE", self.module.with_extension("cache"));
        } else {
            command = Command::new(&self.wasmtime);
            command.args(["run", "--dir=/", "-W", "max-wasm-stack=8388608"]);
            for (name, value) in variables {
                command.arg("--env").arg(format!("{name}={value}"));
            }
            command.arg(&self.module);
        }
        command.arg(&program.name).current_dir(self.module.with_file_name(""));
        run_limited(&mut command, LIMIT)
    }
}

fn indent(text: &str) -> String {
    text.lines().take(14).map(|line| format!("    {}", line.chars().take(200).collect::<String>())).collect::<Vec<_>>().join("\n")
}
