//! The parser over all of Go's own source, and over Go's suite of syntax errors.

use crate::process::{cargo, run};
use crate::{Outcome, setup};

/// `cargo xtask conformance parse`.
pub fn parse() -> Outcome<u8> {
    let goroot = setup::goroot()?;
    let mut command = cargo()?;
    command.args(["run", "--quiet", "--release", "--package", "warren-tests", "--bin", "conformance", "--", "parse"]).arg(goroot);
    run(&mut command)?;
    Ok(0)
}
