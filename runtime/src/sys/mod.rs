//! The host: clocks, randomness, output, threads, and the calls into compiled code.
//!
//! Everything that is not a function of the linear memory enters here. `wasm` forwards to imports and to the function table; `native`
//! simulates a host so that the layers above run under native tests: its clock only moves when told, its output is a buffer, and
//! compiled code is a Rust function that the test installs.

#[cfg(target_arch = "wasm32")]
mod wasm;
#[cfg(target_arch = "wasm32")]
pub use wasm::*;

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
pub use native::*;
