//! `fuzz TARGET`: builds a target of the fuzz crate and runs it, politely.

use std::process::Command;

use crate::process::cargo;
use crate::{Outcome, cache, setup};

/// `cargo xtask fuzz TARGET [--minutes N] [--seed N] [--count N] [--findings DIR]` and what the target itself takes.
pub fn fuzz(words: &[&str]) -> Outcome<u8> {
    let [target, rest @ ..] = words else { return Err("fuzz: which target? See fuzz/fuzz_targets".to_string()) };
    if !cache::root().join(format!("fuzz/fuzz_targets/{target}.rs")).exists() {
        return Err(format!("fuzz: no target {target} in fuzz/fuzz_targets"));
    }
    let tools = setup::tools()?;
    let mut build = cargo()?;
    build.args(["build", "--quiet", "--profile", &cache::profile(), "--package", "warren-fuzz", "--bin", target]);
    crate::process::run(&mut build)?;
    let mut run = Command::new("nice");
    run.args(["-n", "19"]).arg(cache::built(target)?).args(rest);
    run.env("GOROOT", &tools.goroot)
        .env("WARREN", &tools.warren)
        .env("WARREN_GO_TESTS", setup::go_tests(&tools.goroot)?)
        .env("WARREN_RUNTIME_DIR", setup::runtime()?);
    let status = run.status().map_err(|error| format!("cannot run {target}: {error}"))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
