//! `warren-plain CACHE FILE.wasm [args]`: runs a WASI preview 1 command of any compiler in the engine, and with the settings, that Warren
//! programs get. Benchmarks compare with it; compiled code is kept in CACHE.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use warren_host::{Config, Engine, GivenDirectory, Input, Module, Outcome, Program, Sink};

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [cache, file, ..] = args.as_slice() else {
        eprintln!("usage: warren-plain CACHE FILE.wasm [args]");
        return ExitCode::from(2);
    };
    match run(cache, file, &args[1..]) {
        Ok(Outcome::Exit(code)) => std::process::exit(code),
        Ok(Outcome::Trap(text)) => {
            eprintln!("{text}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("warren-plain: {}: {error}", file.display());
            ExitCode::from(1)
        }
    }
}

fn run(cache: &OsStr, file: &OsStr, args: &[OsString]) -> Result<Outcome, Box<dyn std::error::Error>> {
    let engine = Engine::new(Some(Path::new(cache)))?;
    let module = Module::load_plain(&engine, &std::fs::read(file)?)?;
    let config = Config {
        args: args.to_vec(),
        env: std::env::vars_os().map(|(name, value)| [name, value].join(OsStr::new("="))).collect(),
        directories: vec![GivenDirectory { host_path: "/".into(), guest_path: "/".to_string() }],
        stdin: Input::Inherit,
        stdout: Sink::Stdout,
        stderr: Sink::Stderr,
        ..Config::default()
    };
    Ok(Program::start(&module, config)?.wait())
}
