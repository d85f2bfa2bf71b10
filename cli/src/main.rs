//! The `warren` command: the only place that reads flags, environment and working directory.
//!
//! Exit codes: 1 if the program could not be built or started, 2 for wrong usage; a program that ran passes its own.

mod arguments;
mod build;
mod cache;
mod console;
mod environment;
mod files;
mod grants;
mod list;
mod modules;
mod packages;
mod progress;
mod report;
mod run;
mod test;
mod test_events;
mod test_flags;

use std::ffi::OsString;
use std::process::ExitCode;

use arguments::Arguments;

const HELP: &str = "\
Warren compiles Go programs to WebAssembly and runs them.

usage:
  warren run [flags] FILE.go...|PACKAGE|FILE.wasm [arguments]
  warren build [flags] [-o FILE] [-target=native|wasip1] [packages]
  warren test [flags] [packages] [flags of the test program]
  warren list [-f TEMPLATE] [-json] [-deps] [packages]
  warren version
  warren env [NAME...]
  warren help

A package is a directory (./x), an import path, files named one by one, or a pattern (./..., std).

flags:
  -C DIR               change to a directory first
  -o FILE              where build writes the module (default: NAME.wasm)
  -target=native       threads, for Warren's own host (default)
  -target=wasip1       one thread, for any WASI host
  -tags TAG,...        more build tags
  -ldflags FLAGS       -X importpath.name=value, -s (no function names), -w
  -trimpath            no places of this machine in the module
  -mod MODE            where the go command finds modules: mod, vendor, readonly
  -v                   name the packages that are compiled; test: show all results
  -x                   print what is done
  -p N                 test: packages at once
  -O0                  no optimisation
  -preempt-zeal        freeze goroutines at nearly every loop and call, to test that
  -verify              check the intermediate code after every pass
  -codes               build, run: name the kind of each error, as in Go's internal/types/errors
  -dump=PASS[:FUNC]    print the intermediate code after a pass
  -timing              print how long each pass takes
  -code=fast|quick     run, test: machine code that runs fast (default) or is made quickly (default of tests without -bench)
  -dir HOST[::GUEST]   run: give the program this directory instead of all files
  -listen HOST:PORT    run: give the program a listening socket, file 4 (3 and one for each directory), as net.FileListener takes it
  -env NAME=VALUE      run: set a variable of the program
  -no-cache, -a        use no result of earlier builds and keep none

test has go test's flags besides: -run, -skip, -list, -short, -count, -bench, -benchmem, -benchtime, -cpu, -parallel, -shuffle, -failfast,
-timeout, -json, -c, the profiles, and -args.

environment:
  GOROOT               Go distribution whose standard library is compiled
  GOEXPERIMENT         experiments of the toolchain, as for go build; fieldtrack is one that can be chosen
  GOMAXPROCS           threads that run Go code at once (default: all processors)
  WARREN_CACHE         folder for compiled code (default: ~/.cache/warren)
";

/// Why the command failed.
pub enum Failure {
    /// Wrong usage.
    Usage(String),
    /// A flag that there is not; the text says all.
    Undefined(String),
    /// What the user asked for cannot be done; an empty text was printed already.
    Error(String),
}

impl<T: std::fmt::Display> From<T> for Failure {
    fn from(error: T) -> Failure {
        Failure::Error(error.to_string())
    }
}

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match command(&args) {
        Ok(code) => code,
        Err(Failure::Usage(text)) => {
            console::err(format_args!("warren: {text}\nRun 'warren help' for usage.\n"));
            ExitCode::from(2)
        }
        Err(Failure::Undefined(text)) => {
            console::err(format_args!("{text}\nRun 'warren help' for details.\n"));
            ExitCode::from(2)
        }
        Err(Failure::Error(text)) => {
            if !text.is_empty() {
                console::err(format_args!("warren: {text}\n"));
            }
            ExitCode::from(1)
        }
    }
}

fn command(args: &[OsString]) -> Result<ExitCode, Failure> {
    let Some((name, rest)) = args.split_first() else {
        console::err(format_args!("{HELP}"));
        return Ok(ExitCode::from(2));
    };
    match name.to_str().unwrap_or_default() {
        "run" => run::run(&Arguments::parse(rest, arguments::Command::Run)?),
        "build" => build::build(&Arguments::parse(rest, arguments::Command::Build)?),
        "test" => test::test(&Arguments::parse(rest, arguments::Command::Test)?),
        "list" => list::list(&Arguments::parse(rest, arguments::Command::List)?),
        "version" if !rest.is_empty() => Err(Failure::Usage("version takes no arguments".to_string())),
        "version" => {
            console::out(format_args!("{}\n", environment::version()));
            Ok(ExitCode::SUCCESS)
        }
        "env" => {
            environment::print(rest)?;
            Ok(ExitCode::SUCCESS)
        }
        "help" | "-h" | "-help" | "--help" => {
            console::out(format_args!("{HELP}"));
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(Failure::Usage(format!("unknown command {name:?}"))),
    }
}
