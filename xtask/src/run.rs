//! `run` and `warren`: the command, built and set up first.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use crate::{Outcome, setup};

/// `cargo xtask run FILE.go|DIR [args]`.
pub fn run(words: &[&str]) -> Outcome<u8> {
    if words.is_empty() {
        return Err("run: which program?".to_string());
    }
    let mut all = vec!["run"];
    all.extend(words);
    warren(&all)
}

/// `cargo xtask warren ARGS...`; passes the exit code on.
pub fn warren(words: &[&str]) -> Outcome<u8> {
    let tools = setup::tools()?;
    let status = Command::new(&tools.warren)
        .args(words)
        .env("GOROOT", &tools.goroot)
        .status()
        .map_err(|error| format!("{}: {error}", tools.warren.display()))?;
    if let Some(signal) = status.signal() {
        return Err(format!("warren was killed by signal {signal}"));
    }
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
