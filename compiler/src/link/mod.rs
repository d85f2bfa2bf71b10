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
//! 128 KiB    runtime data, read-only Go data, packed tables, written Go data, roots | zeroed: roots, data, runtime data, unpacked tables
//! behind     the heap
//! ```
//! What lies left of the bar is in data segments. In the threaded build these are passive and `_start`, which runs once, copies them, so
//! that an instance made for another thread touches no memory.

mod emit;
mod layout;
mod pack;
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

/// Greatest size of a function's body, which engines and validators share: beyond it a module is not valid.
const BODY_BYTES: usize = 7_654_321;

/// Why there is no module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkError {
    /// File and line of the function that is to blame, if one is.
    pub place: Option<(String, u32)>,
    pub message: String,
}

impl From<String> for LinkError {
    fn from(message: String) -> LinkError {
        LinkError { place: None, message }
    }
}

/// Links runtime and program.
///
/// # Errors
/// Symbols that are missing, functions that are too large.
pub fn link_unit(mut unit: Unit, options: &LinkOptions) -> Result<Vec<u8>, Vec<LinkError>> {
    let exports = start::add(&mut unit, options);
    let info = crate::debug::declare(&mut unit);
    let mut kept = reach::reach(&unit, &exports).map_err(|lines| lines.into_iter().map(LinkError::from).collect::<Vec<_>>())?;
    crate::debug::build(&mut unit, &mut kept, &info, options);
    let layout = layout::lay_out(&mut unit, &kept, &info);
    emit::emit(&unit, &kept, &layout, &exports, options)
        .map_err(|large| large.into_iter().map(|(index, size)| too_large(&unit, index, size)).collect())
}

/// Says that the body of a function, or of its resume copy, is too large.
fn too_large(unit: &Unit, index: u32, size: usize) -> LinkError {
    let symbol = unit.functions[index as usize].symbol;
    let mut go_functions = unit.functions.iter().filter_map(|function| Some((function.symbol, function.go.as_ref()?)));
    let owner = go_functions.find(|(own, go)| *own == symbol || go.resume == Some(symbol));
    let name = unit.symbols.name(owner.map_or(symbol, |(own, _)| own));
    let place = owner.and_then(|(_, go)| Some((unit.files.get(go.position.file as usize)?.clone(), go.position.line)));
    LinkError { place, message: format!("function {name} is too large: {size} bytes of code, where WebAssembly allows {BODY_BYTES}") }
}

/// Generates code for a program and links it with the prebuilt runtime.
///
/// # Errors
/// The runtime's bytes are no runtime, and what [`link_unit`] says.
pub fn link(module: &mut crate::ir::Module, runtime: &[u8], options: &LinkOptions) -> Result<Vec<u8>, Vec<LinkError>> {
    let mut unit = crate::wasm::generate(module, options.threads, options.poll_rounds());
    read_runtime(runtime, &mut unit).map_err(|error| vec![error.into()])?;
    link_unit(unit, options)
}
