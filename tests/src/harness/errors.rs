//! Programs that do not compile: messages, positions and exit code as `go build` gives them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::recipe::Program;
use super::{Case, Setting, case_name, go_files};
use crate::command::{self, head};
use crate::pattern::Pattern;

const LIMIT: Duration = Duration::from_secs(30);

/// A case for each program.
pub fn cases(directory: &Path) -> Vec<Case> {
    let case = |path: std::path::PathBuf| Case { name: case_name(&path), body: Box::new(move |setting| check(&path, setting)) };
    go_files(directory).into_iter().map(case).collect()
}

fn check(path: &Path, setting: &Setting) -> Result<(), String> {
    let program = Program::read(path, "errors", &[])?;
    let folder = path.parent().ok_or("no folder")?;
    let file = path.file_name().unwrap_or_default();
    if setting.bless {
        return bless(path, &program, setting);
    }
    let mut build = Command::new(&setting.warren);
    build.args(["build", "-o"]).arg(setting.scratch.join("refused.wasm")).arg(file).current_dir(folder);
    let ended = command::run(&mut build, LIMIT)?;
    if ended.code != Some(1) {
        return Err(format!("exit code {:?}, expected 1\n{}", ended.code, head(&ended.stderr)));
    }
    let expected = program.expected("OUTPUT");
    let text = without_goroot(&ended.stderr, setting);
    let output: Vec<&str> = text.lines().map(str::trim_end).collect();
    if !expected.is_empty() && output != expected {
        return Err(format!("expected\n{}\ngot\n{}", expected.join("\n"), head(&ended.stderr)));
    }
    marked_lines(&program.text, &ended.stderr, &file.to_string_lossy())
}

/// The distribution's own place is not part of a message's meaning.
fn without_goroot(text: &str, setting: &Setting) -> String {
    match &setting.goroot {
        Some(goroot) => text.replace(&goroot.display().to_string(), "$GOROOT"),
        None => text.to_string(),
    }
}

/// Each `// ERROR "a" "b"` needs its errors, and each error its mark, if the file has marks at all.
fn marked_lines(text: &str, output: &str, file: &str) -> Result<(), String> {
    if !text.contains("// ERROR ") {
        return Ok(());
    }
    let mut reported = Vec::new();
    for line in output.lines() {
        let mut parts = line.trim_start_matches("./").splitn(4, ':');
        if parts.next() == Some(file)
            && let (Some(Ok(number)), Some(_), Some(message)) = (parts.next().map(str::parse::<usize>), parts.next(), parts.next())
        {
            reported.push((number, message.trim().to_string()));
        }
    }
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, marks)) = line.split_once("// ERROR ") else { continue };
        for pattern in marks.split('"').skip(1).step_by(2) {
            let pattern = Pattern::new(pattern)?;
            match reported.iter().position(|(number, message)| *number == index + 1 && pattern.matches(message)) {
                Some(found) => {
                    reported.remove(found);
                }
                None => problems.push(format!("line {}: no error matches {line:?}", index + 1)),
            }
        }
    }
    problems.extend(reported.iter().map(|(number, message)| format!("line {number}: unexpected error: {message}")));
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Takes the output of the real thing.
fn bless(path: &Path, program: &Program, setting: &Setting) -> Result<(), String> {
    let goroot = setting.goroot.as_ref().ok_or("GOROOT is not set: the go command is asked for its output")?;
    let mut build = Command::new(goroot.join("bin/go"));
    build.args(["build", "-o"]).arg(setting.scratch.join("refused")).arg(path.file_name().unwrap_or_default());
    build
        .current_dir(path.parent().ok_or("no folder")?)
        .env("GOOS", "wasip1")
        .env("GOARCH", "wasm")
        .env("GOPROXY", "off")
        .env("GOFLAGS", "")
        .env("GOTOOLCHAIN", "local");
    let ended = command::run(&mut build, Duration::from_secs(120))?;
    if ended.code != Some(1) {
        return Err(format!("go build: exit code {:?}\n{}", ended.code, ended.stderr));
    }
    let output = without_goroot(&ended.stderr, setting);
    let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
    let text = Program::with_expected(&program.text, "OUTPUT", &lines);
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
