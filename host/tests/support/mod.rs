//! What the tests of hand-written modules share.

use std::sync::{Arc, Mutex};

use warren_host::{Config, Engine, Error, Module, Outcome, Program, Sink};

/// A module with the section that marks it as Warren's.
pub fn warren_module(wasm: &[u8]) -> Vec<u8> {
    let mut wasm = wasm.to_vec();
    wasm.extend_from_slice(&abi_section(warren_abi::ABI_VERSION));
    wasm
}

pub fn abi_section(version: u32) -> Vec<u8> {
    let name = warren_abi::ABI_SECTION;
    let mut body = vec![u8::try_from(name.len()).unwrap()];
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(&version.to_le_bytes());
    body.push(1);
    let mut section = vec![0, u8::try_from(body.len()).unwrap()];
    section.extend_from_slice(&body);
    section
}

pub fn load(wasm: &[u8]) -> Result<Module, Error> {
    Module::load(&Engine::new(None).unwrap(), wasm)
}

/// Runs a module; its outcome and what it wrote.
pub fn run_with(wasm: &[u8], config: Config) -> (Outcome, String) {
    let output = Arc::new(Mutex::new(Vec::new()));
    let sink = Sink::Buffer(output.clone());
    let config = Config { stdout: sink.clone(), stderr: sink, ..config };
    let program = Program::start(&load(&warren_module(wasm)).unwrap(), config).unwrap();
    let outcome = program.wait();
    drop(program);
    let output = String::from_utf8(output.lock().unwrap().clone()).unwrap();
    (outcome, output)
}
