//! Go's package runtime for wasm32.
#![no_std]

#[cfg(not(target_arch = "wasm32"))]
extern crate std;

pub mod gc;
pub mod heap;
pub mod mem;
