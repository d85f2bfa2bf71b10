//! `warren run`: compiles if need be, and runs under the native host.

use std::process::ExitCode;
use std::time::Instant;

use warren_host::{Config, Engine, Module, Outcome, Program};

use crate::arguments::Arguments;
use crate::{Failure, build, console, environment, grants};

/// Exit code of a program that died of a trap, as of a Go program that died of a fatal error.
const TRAP_CODE: i32 = warren_abi::exit::PANIC;

/// `warren run`. Does not return once the program runs: other threads may still be busy when it ends.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let input = &arguments.inputs[0];
    let wasm = if input.ends_with(".wasm") {
        std::fs::read(input).map_err(|error| format!("open {input}: {}", console::reason(&error)))?
    } else {
        build::compile_one(arguments)?
    };
    let start = Instant::now();
    let cache = environment::cache().filter(|_| !arguments.no_cache);
    let engine = Engine::with_code(cache.as_deref(), arguments.code.unwrap_or_default())?;
    let module = Module::load(&engine, &wasm).map_err(|error| format!("{input}: {error}"))?;
    if arguments.timing {
        console::err(format_args!("{:>9.3} ms  machine code\n", start.elapsed().as_secs_f64() * 1e3));
    }
    let mut args = vec![input.into()];
    args.extend(arguments.rest.iter().cloned());
    let config = grants::config(args, &std::env::current_dir()?, &arguments.directories, &arguments.env)?;
    let config = Config { listeners: grants::listeners(&arguments.listeners)?, ..config };
    let program = Program::start(&module, config).map_err(|error| format!("{input}: {error}"))?;
    let code = match program.wait() {
        Outcome::Exit(code) => code,
        Outcome::Trap(text) => {
            console::err(format_args!("fatal error: wasm trap\n{text}\n"));
            TRAP_CODE
        }
    };
    if arguments.timing {
        console::err(format_args!("{:>9.3} ms  with the run\n", start.elapsed().as_secs_f64() * 1e3));
    }
    std::process::exit(code)
}
