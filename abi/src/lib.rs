//! The contract between compiler, runtime and hosts: layouts, entry points, imports and codes.
//!
//! Everything two of these parts must agree on is a table or a constant here, written once. The crate holds no code that runs in a
//! program and depends on nothing, so that the runtime (no_std, wasm32) and the compiler share it.
#![no_std]

pub mod entry;
pub mod exit;
pub mod frame;
pub mod import;
pub mod machine;
pub mod module_info;
pub mod packed;
pub mod typedesc;

/// Version of the contract. A host refuses modules that carry another one in their [`ABI_SECTION`].
pub const ABI_VERSION: u32 = 3;

/// Name of the custom section that marks a Warren module: little-endian `u32` [`ABI_VERSION`], then a byte that is 1 for the threaded build.
pub const ABI_SECTION: &str = "warren.abi";
