//! `conformance SUITE GOROOT`: runs one of the suites that are part of Go's distribution and prints its figures.

use std::path::Path;
use std::process::ExitCode;

use warren_tests::conformance::{Outcome, codes, compile, errorcheck, messages, parse, types};

/// Failures printed in full.
const SHOWN: usize = 200;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["check", goroot, files @ ..] = words.as_slice() {
        for file in files {
            println!("# {file}");
            errorcheck::describe(Path::new(goroot), Path::new(file)).iter().for_each(|line| println!("{line}"));
        }
        return ExitCode::SUCCESS;
    }
    let outcome = match words.as_slice() {
        ["parse", goroot] => parse::run(Path::new(goroot)),
        ["types", goroot] => types::run(Path::new(goroot)),
        ["compile", goroot, tests, runtime] => on_large_stack(|| compile::run(Path::new(goroot), Path::new(tests), Path::new(runtime))),
        ["codes", goroot, cache, tests] => codes::run(Path::new(goroot), Path::new(cache), Path::new(tests)),
        ["messages", goroot, cache] => messages::run(Path::new(goroot), Path::new(cache), None),
        ["messages", goroot, cache, tests] => messages::run(Path::new(goroot), Path::new(cache), Some(Path::new(tests))),
        ["errorcheck", goroot, tests] => errorcheck::run(Path::new(goroot), Path::new(tests)),
        _ => {
            eprintln!(
                "usage: conformance parse|types GOROOT, errorcheck GOROOT TESTS, compile GOROOT TESTS RUNTIME, codes GOROOT CACHE TESTS, messages GOROOT CACHE [TESTS], check GOROOT FILES"
            );
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

/// Native stack of the compiler: syntax and types may be nested deeply.
const STACK_BYTES: usize = 256 << 20;

fn on_large_stack(body: impl FnOnce() -> Outcome + Send) -> Outcome {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, body);
        let failed = |problem: String| Outcome { failures: vec![problem], ..Outcome::default() };
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => failed("the suite itself panics".to_string()),
            Err(error) => failed(error.to_string()),
        }
    })
}
