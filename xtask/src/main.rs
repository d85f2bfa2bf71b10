//! Developer commands: every chore that is not `cargo build`.
//!
//! The commands prepare what they need by themselves ([`setup`]), in a cache outside of the clone, so that a second clone or run is quick.

mod bench;
mod bench_compile;
mod cache;
mod conformance;
mod fuzz;
mod process;
mod run;
mod setup;
mod test;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  setup                     get Go, the runtime builds and everything the tests use
  run FILE.go|DIR [args]    set up, build warren and run a Go program
  warren ARGS...            set up, build warren and call it
  test [FILTER]             all tests; ends with a line `N passed, N failed`
  conformance parse         the parser over GOROOT/src and Go's suite of syntax errors
  conformance types         the type checker over Go's suite and the standard library
  conformance errorcheck    programs of Go's test folder that must not compile
  conformance compile       packages of Go's test folder that must compile, as a whole
  conformance codes         the code of each error of the type checker, against Go's own checker
  conformance messages      what go build prints about wrong programs, byte by byte
  conformance gotest [--target native|wasip1] [--filter TEXT] [-j N] [-O0] [--zeal] [--preempt] [--timeout SECONDS] [--verbose]
                            programs of Go's test folder
  conformance std [--filter PATH,...] [-j N] [--timeout SECONDS] [--verbose]
                            the standard library's own tests
  conformance gosuites [testdata|test|rangefunc]
                            suites of Go's own compiler
  conformance testprog [--target native|wasip1|official] [--verbose] [NAMES...]
                            programs that package runtime's own tests run
  bench [--rounds N] [NAMES...]
                            bench/*.go under native Go, the official port and Warren; scaling, parked, size, start
  bench compile [--rounds N]
                            compile speed: 100,000 generated lines, and the largest file of the suites
  fuzz TARGET [--minutes N] [--seed N] [--count N] [--findings DIR]
                            a target of fuzz/fuzz_targets: mutate, differential
  tidy                      formatting, lints, and rules of the house

WARREN_CACHE names the cache (default ~/.cache/warren), CARGO_TARGET_DIR the build folder (default: in the cache),
WARREN_PROFILE the cargo profile of what links the engine (default release; quick builds faster).
";

/// Why a command failed, in words for the person at the terminal.
pub type Failure = String;
/// Result of a command.
pub type Outcome<T = ()> = Result<T, Failure>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["setup"] => setup::everything().map(|_| 0),
        ["run", rest @ ..] => run::run(rest),
        ["warren", rest @ ..] => run::warren(rest),
        ["test", rest @ ..] => test::test(rest),
        ["conformance", rest @ ..] => conformance::conformance(rest),
        ["bench", "compile", rest @ ..] => bench_compile::compile(rest),
        ["bench", rest @ ..] => bench::bench(rest),
        ["fuzz", rest @ ..] => fuzz::fuzz(rest),
        ["tidy"] => tidy::tidy().map(|()| 0),
        ["usage", out, rest @ ..] => process::report_usage(out, rest),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(0)
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::from(1)
        }
    }
}
