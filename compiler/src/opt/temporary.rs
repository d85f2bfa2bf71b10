//! Memory of the frame for what functions of package runtime make.
//!
//! A [`Maker`] is a function that lowering calls for a new string, slice or value of an interface. Escape analysis spares the heap where no
//! pointer to the result leaves the frame, under the conditions by which it turns objects into slots:
//!
//! - Functions that make a string or a slice of bytes or runes take a buffer as their first argument; the result lies in it if it fits.
//!   Lowering passes nil, which means the heap; here it becomes a slot.
//! - Functions that box a value for an interface give the address of memory with the value. A slot with stores takes the place of the call.
//!
//! What a maker does with its arguments is known here rather than found in its code: what is copied holds no pointers, and only the
//! concatenations that may return an operand keep one. So a string that is only joined, compared or copied does not escape. What is boxed
//! goes where the box goes.

use super::escape::{CONTENT_RESULT, Flow, RESULT};
use crate::ir::hash::FastMap;
use crate::ir::{Mem, Module, PointerMap, Symbol};

/// A function that makes something in new memory.
#[derive(Clone, Copy, Debug)]
pub enum Maker {
    /// A string or a slice, in a buffer of so many bytes if there is one; what becomes of the arguments behind the buffer.
    Text { buffer_bytes: u32, operands: Flow },
    /// A box with the arguments, stored like this one behind the other.
    Boxed(&'static [Mem]),
}

const fn copies(name: &'static str, buffer_bytes: u32) -> (&'static str, Maker) {
    (name, Maker::Text { buffer_bytes, operands: 0 })
}

const fn returns(name: &'static str, operands: Flow) -> (&'static str, Maker) {
    (name, Maker::Text { buffer_bytes: 32, operands })
}

const fn boxes(name: &'static str, words: &'static [Mem]) -> (&'static str, Maker) {
    (name, Maker::Boxed(words))
}

/// Link names; the buffers are those of `overlay/runtime/string.go`.
const MAKERS: &[(&str, Maker)] = &[
    copies("runtime.slicebytetostring", 32),
    copies("runtime.stringtoslicebyte", 32),
    copies("runtime.slicerunetostring", 32),
    copies("runtime.stringtoslicerune", 128),
    copies("runtime.intstring", 32),
    copies("runtime.concatcopy", 32),
    copies("runtime.concatbytes", 32),
    returns("runtime.concatstring2", RESULT),
    returns("runtime.concatstring3", RESULT),
    returns("runtime.concatstring4", RESULT),
    returns("runtime.concatstring5", RESULT),
    returns("runtime.concatstrings", CONTENT_RESULT),
    boxes("runtime.convT16", &[Mem::I16U]),
    boxes("runtime.convT32", &[Mem::I32]),
    boxes("runtime.convT64", &[Mem::I64]),
    boxes("runtime.convTstring", &[Mem::Ptr, Mem::I64]),
    boxes("runtime.convTslice", &[Mem::Ptr, Mem::I64, Mem::I64]),
];

/// The makers that a module has.
pub fn makers(module: &Module) -> FastMap<Symbol, Maker> {
    MAKERS.iter().filter_map(|(name, maker)| Some((module.symbols.find(name)?, *maker))).collect()
}

impl Maker {
    /// Size and pointers of the memory it needs.
    pub fn memory(&self) -> (u32, PointerMap) {
        match self {
            Maker::Text { buffer_bytes, .. } => (*buffer_bytes, PointerMap::none()),
            Maker::Boxed(words) => (words.len() as u32 * 8, PointerMap::of((0..words.len() as u32).filter(|i| words[*i as usize] == Mem::Ptr))),
        }
    }

    /// What the call does with an argument whose result goes nowhere.
    pub fn argument_flow(&self, index: usize) -> Flow {
        match self {
            Maker::Text { .. } if index == 0 => RESULT,
            Maker::Text { operands, .. } => *operands,
            Maker::Boxed(_) => 0,
        }
    }
}
