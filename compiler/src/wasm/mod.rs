//! Code generation: IR to relocatable wasm.

pub mod asm;
pub mod object;

/// Symbol of the static closure object of a function.
#[must_use]
pub fn closure_name(function: &str) -> String {
    format!("{function}·f")
}
