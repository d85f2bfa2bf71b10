//! Runs Warren modules under wasmtime.
