//! Suites that need the compiler as a library: they live in the tests crate, which is built and called here.

use crate::process::{cargo, run};
use crate::{Outcome, cache, setup};

/// `cargo xtask conformance parse|types|errorcheck|codes|compile|messages`.
pub fn suite(name: &str) -> Outcome<u8> {
    let goroot = setup::goroot()?;
    let mut command = cargo()?;
    command.args(["run", "--quiet", "--profile", &cache::profile(), "--package", "warren-tests", "--bin", "conformance", "--", name]).arg(&goroot);
    if name == "messages" || name == "codes" {
        command.arg(cache::cache()?.join(name)).arg(setup::go_tests(&goroot)?);
    }
    if name == "errorcheck" || name == "compile" {
        command.arg(setup::go_tests(&goroot)?);
    }
    if name == "compile" {
        command.arg(setup::runtime()?);
    }
    // The suite has printed what is wrong.
    Ok(u8::from(run(&mut command).is_err()))
}
