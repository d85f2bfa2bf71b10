//! Whole programs, on both targets.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::recipe::Program;
use super::{Case, Setting, case_name, go_files};
use crate::command::{self, Ended, head};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Native,
    Wasip1,
}

const WORDS: &[&str] = &["exit", "procs", "zeal", "O0", "preempt", "target", "timeout", "env", "args"];

/// A case for each program and target.
pub fn cases(directory: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for path in go_files(directory) {
        let targets = std::fs::read_to_string(&path).unwrap_or_default();
        let first = targets.lines().next().unwrap_or_default().to_string();
        for (target, name) in [(Target::Native, "native"), (Target::Wasip1, "wasip1")] {
            let other = if target == Target::Native { "target=wasip1" } else { "target=native" };
            if first.split_whitespace().any(|word| word == other) {
                continue;
            }
            let path = path.clone();
            let name = format!("{} ({name})", case_name(&path));
            cases.push(Case { name, body: Box::new(move |setting| check(&path, target, setting)) });
        }
    }
    cases
}

fn check(path: &Path, target: Target, setting: &Setting) -> Result<(), String> {
    let program = Program::read(path, "run", WORDS)?;
    let exit: i32 = program.number("exit", 0)?;
    let ended = execute(path, &program, target, setting)?;
    // The native run is the one that is written down; the other has to agree.
    if setting.bless && target == Target::Native {
        return bless(path, &program, exit, &ended);
    }
    if ended.code != Some(exit) {
        return Err(format!("exit code {:?}, expected {exit}\n{}{}", ended.code, ended.stdout, head(&ended.stderr)));
    }
    compare("STDOUT", &program, exit, &ended.stdout)?;
    compare("STDERR", &program, exit, &ended.stderr)
}

fn execute(path: &Path, program: &Program, target: Target, setting: &Setting) -> Result<Ended, String> {
    let limit = Duration::from_secs(program.number("timeout", 30)?);
    let mut variables = Vec::new();
    if let Some(processors) = program.value("procs") {
        variables.push(format!("GOMAXPROCS={processors}"));
    }
    if program.has("zeal") {
        variables.push("GODEBUG=gczeal=1".to_string());
    }
    variables.extend(program.value("env").map(str::to_string));
    let mut flags = Vec::new();
    flags.extend(program.has("O0").then_some("-O0"));
    flags.extend(program.has("preempt").then_some("-preempt-zeal"));
    let args: Vec<&str> = program.value("args").map(|args| args.split(',').collect()).unwrap_or_default();
    let mut command;
    match target {
        Target::Native => {
            command = Command::new(&setting.warren);
            command.args(["run", "-no-cache"]).args(&flags).arg(path).args(args);
            command.env_remove("GOMAXPROCS").env_remove("GODEBUG");
            command.envs(variables.iter().filter_map(|variable| variable.split_once('=')));
        }
        Target::Wasip1 => {
            let wasmtime = setting.wasmtime.as_ref().ok_or("no wasmtime: run the tests with `cargo xtask test`")?;
            let module = module_path(path, setting);
            let mut build = Command::new(&setting.warren);
            build.arg("build").args(&flags).args(["-target=wasip1", "-o"]).arg(&module).arg(path);
            let built = command::run(&mut build, limit)?;
            if built.code != Some(0) {
                return Ok(built);
            }
            command = Command::new(wasmtime);
            command.args(["run", "-C", "cache=n", "--dir=/"]);
            for variable in &variables {
                command.args(["--env", variable]);
            }
            command.arg(module).args(args);
        }
    }
    command::run(&mut command, limit)
}

fn module_path(path: &Path, setting: &Setting) -> PathBuf {
    setting.scratch.join(path.file_name().unwrap_or_default()).with_extension("wasm")
}

/// All lines for a program that ends well, otherwise lines in this order.
fn compare(mark: &str, program: &Program, exit: i32, output: &str) -> Result<(), String> {
    let expected = program.expected(mark);
    let mut lines = output.lines().map(str::trim_end);
    if exit == 0 {
        let lines: Vec<&str> = lines.collect();
        if lines != expected {
            return Err(format!("{mark} differs; expected\n{}\ngot\n{}", expected.join("\n"), head(output)));
        }
        return Ok(());
    }
    for line in &expected {
        if !lines.any(|found| found == line) {
            return Err(format!("{mark} lacks, or has in another order, the line\n{line}\nin\n{}", head(output)));
        }
    }
    Ok(())
}

fn bless(path: &Path, program: &Program, exit: i32, ended: &Ended) -> Result<(), String> {
    if ended.code != Some(exit) {
        return Err(format!("exit code {:?}, expected {exit}: not blessed\n{}", ended.code, head(&ended.stderr)));
    }
    let mut text = program.text.clone();
    for (mark, output) in [("STDOUT", &ended.stdout), ("STDERR", &ended.stderr)] {
        // A traceback is not written down: its lines are chosen by hand.
        if exit == 0 || compare(mark, program, exit, output).is_err() {
            let lines: Vec<&str> = output.lines().map(str::trim_end).take_while(|line| exit == 0 || !line.starts_with("goroutine ")).collect();
            text = Program::with_expected(&text, mark, &lines);
        }
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
