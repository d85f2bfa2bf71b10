//! The linker: the prebuilt runtime and the compiled program become one module.
//!
//! Everything is a function, a piece of data or an import with a symbol (see [`crate::wasm::object`]). What the roots reach is kept
//! ([`reach`]); the tables that describe Go functions and call sites are made for what is kept ([`crate::debug`]); data gets addresses
//! ([`layout`]); the module is written ([`emit`]).
//!
//! # Memory
//! ```text
//! 0          free: an access through a nil pointer that no check caught lands here
//! 64 KiB     stack of Rust code on the main thread, downwards from 128 KiB
//! 128 KiB    runtime data, read-only Go data, written Go data, roots | zeroed: roots, data, runtime data
//! behind     the heap
//! ```
//! What lies left of the bar is in data segments. In the threaded build these are passive and `_start`, which runs once, copies them, so
//! that an instance made for another thread touches no memory.

mod emit;
mod layout;
mod reach;
mod runtime;
mod start;

pub use reach::Kept;
pub use runtime::read as read_runtime;

use crate::wasm::object::Unit;

/// How to link.
#[derive(Clone, Debug, Default)]
pub struct LinkOptions {
    /// Shared memory, threads.
    pub threads: bool,
    /// Freeze goroutines at nearly every poll, to test freezing.
    pub preempt_zeal: bool,
    /// Write the section of function names.
    pub names: bool,
    /// Text that `debug.ReadBuildInfo` gives.
    pub build_info: String,
}

impl LinkOptions {
    /// After how many rounds polls freeze, if they count.
    pub(crate) fn poll_rounds(&self) -> Option<i32> {
        let rounds = if self.preempt_zeal { crate::wasm::ZEAL_ROUNDS } else { crate::wasm::POLL_ROUNDS };
        (!self.threads || self.preempt_zeal).then_some(rounds)
    }
}

/// Links runtime and program.
///
/// # Errors
/// One line for each symbol that is missing.
pub fn link_unit(mut unit: Unit, options: &LinkOptions) -> Result<Vec<u8>, Vec<String>> {
    let exports = start::add(&mut unit, options);
    let info = crate::debug::declare(&mut unit);
    let mut kept = reach::reach(&unit, &exports)?;
    crate::debug::build(&mut unit, &mut kept, &info, options);
    let layout = layout::lay_out(&mut unit, &kept, &info);
    Ok(emit::emit(&unit, &kept, &layout, &exports, options))
}

/// Generates code for a program and links it with the prebuilt runtime.
///
/// # Errors
/// The runtime's bytes are no runtime, or a symbol is missing: one line each.
pub fn link(module: &mut crate::ir::Module, runtime: &[u8], options: &LinkOptions) -> Result<Vec<u8>, Vec<String>> {
    let mut unit = crate::wasm::generate(module, options.threads, options.poll_rounds());
    read_runtime(runtime, &mut unit).map_err(|error| vec![error])?;
    link_unit(unit, options)
}
