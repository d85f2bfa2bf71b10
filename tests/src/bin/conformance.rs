//! `conformance SUITE GOROOT`: runs one of the suites that are part of Go's distribution and prints its figures.

use std::path::Path;
use std::process::ExitCode;

use warren_tests::conformance::{parse, types};

/// Failures printed in full.
const SHOWN: usize = 200;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["check", goroot, files @ ..] = words.as_slice() {
        for file in files {
            println!("# {file}");
            types::describe(Path::new(goroot), Path::new(file)).iter().for_each(|line| println!("{line}"));
        }
        return ExitCode::SUCCESS;
    }
    let outcome = match words.as_slice() {
        ["parse", goroot] => parse::run(Path::new(goroot)),
        ["types", goroot] => types::run(Path::new(goroot)),
        ["errorcheck", goroot, tests] => types::run_errorcheck(Path::new(goroot), Path::new(tests)),
        _ => {
            eprintln!("usage: conformance parse|types GOROOT, errorcheck GOROOT TESTS, check GOROOT FILES");
            return ExitCode::from(2);
        }
    };
    for failure in outcome.failures.iter().take(SHOWN) {
        println!("FAIL {}", failure.trim_end());
    }
    if outcome.failures.len() > SHOWN {
        println!("and {} more", outcome.failures.len() - SHOWN);
    }
    for figure in &outcome.figures {
        println!("{figure}");
    }
    println!("{} passed, {} failed", outcome.passed, outcome.failures.len());
    if outcome.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
