//! The compiler: Go source to a wasm module. It reads no disk; sources come from a file provider.
