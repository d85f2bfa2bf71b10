//! Save helpers: functions that write a frame to the unwind buffer, one for each combination of types.

use crate::wasm::asm::{Asm, I32_LOAD, I32_STORE, store_of};
use crate::wasm::object::{Code, Global, SymbolId};
use std::fmt::Write;
use warren_abi::frame::TRAILER_BYTES;
use warren_abi::machine;
use wasm_encoder::{Instruction as I, ValType};

/// What a save helper takes: live values, site, linear frame and caller's stack pointer if there is one. The dummy results are the
/// function's own business: a helper for each combination with those would be twice as many.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    pub live: Vec<ValType>,
    pub linear: bool,
    /// A runtime entry that notes why the goroutine freezes, called first. Were it called by the function itself, the live values of a loop
    /// would live across a call, and an engine would keep them in memory.
    pub note: Option<&'static str>,
}

fn letter(ty: ValType) -> char {
    match ty {
        ValType::I64 => 'l',
        ValType::F32 => 'f',
        ValType::F64 => 'd',
        _ => 'i',
    }
}

/// Runs of equal types: `i3l1`.
fn runs(types: &[ValType]) -> String {
    let mut text = String::new();
    for chunk in types.chunk_by(|a, b| a == b) {
        let _ = write!(text, "{}{}", letter(chunk[0]), chunk.len());
    }
    text
}

impl Shape {
    /// Name of the helper.
    #[must_use]
    pub fn name(&self) -> String {
        format!("go:save.{}{}.{}", runs(&self.live), if self.linear { "s" } else { "" }, self.note.unwrap_or(""))
    }

    /// Parameters of the helper.
    #[must_use]
    pub fn params(&self) -> Vec<ValType> {
        let mut params = self.live.clone();
        params.extend(self.tail());
        params
    }

    /// The parameters behind the live values: the site, and of a function with a linear frame its address and the caller's stack pointer.
    #[must_use]
    pub fn tail(&self) -> Vec<ValType> {
        vec![ValType::I32; if self.linear { 3 } else { 1 }]
    }

    /// The helper's code.
    #[must_use]
    pub fn code(&self, reserve: SymbolId, note: Option<SymbolId>) -> Code {
        let slots = (self.live.len() + usize::from(self.linear)) as u32;
        let site = self.live.len() as u32;
        let at = self.params().len() as u32;
        let mut asm = Asm::new(&[ValType::I32]);
        if let Some(note) = note {
            asm.call(note);
        }
        asm.i32_const((slots * 8 + TRAILER_BYTES).cast_signed());
        asm.call(reserve);
        asm.set(at);
        for (slot, &ty) in (0..).zip(&self.live) {
            asm.get(at);
            asm.get(slot);
            store_slot(&mut asm, ty, slot * 8);
        }
        if self.linear {
            for (param, offset) in [(site + 1, 0), (site + 2, 4)] {
                asm.get(at);
                asm.get(param);
                asm.memory(I32_STORE, (slots - 1) * 8 + offset);
            }
        }
        asm.get(at);
        asm.get(site);
        store_slot(&mut asm, ValType::I32, slots * 8);
        asm.finish()
    }
}

/// Stores a value of this type in a slot. What is shorter than the slot is extended by zeros.
fn store_slot(asm: &mut Asm, ty: ValType, offset: u32) {
    let mut stored = ty;
    if ty == ValType::I32 {
        asm.op(&I::I64ExtendI32U);
        stored = ValType::I64;
    }
    asm.memory(store_of(stored), offset);
}

/// Code of the function that starts to freeze: makes room for a frame of so many bytes in the unwind buffer and gives its address.
#[must_use]
pub fn reserve_code(unwind_grow: SymbolId) -> Code {
    let (bytes, at) = (0, 1);
    let mut asm = Asm::new(&[ValType::I32]);
    asm.i32_const(1);
    asm.global_set(Global::State);
    asm.global_get(Global::Unwind);
    asm.get(bytes);
    asm.op(&I::I32Sub);
    asm.op(&I::LocalTee(at));
    asm.global_get(Global::Machine);
    asm.memory(I32_LOAD, machine::UNWIND_LIMIT);
    asm.op(&I::I32LtU);
    asm.if_empty();
    asm.global_get(Global::Unwind);
    asm.get(bytes);
    asm.call(unwind_grow);
    asm.get(bytes);
    asm.op(&I::I32Sub);
    asm.set(at);
    asm.end();
    asm.op(&I::LocalGet(at));
    asm.global_set(Global::Unwind);
    asm.op(&I::LocalGet(at));
    asm.finish()
}

/// Code of a function that calls `panic` with its first parameters and then saves the frame of the check that failed.
#[must_use]
pub fn fail_code(panic: SymbolId, args: &[ValType], shape: &Shape, save: SymbolId) -> Code {
    let mut asm = Asm::new(&[]);
    let count = args.len() as u32;
    for arg in 0..count {
        asm.get(arg);
    }
    asm.call(panic);
    for (param, _) in (count..).zip(shape.tail()) {
        asm.get(param);
    }
    asm.call(save);
    asm.finish()
}

/// Name of the function that stores results of these types in the result area.
#[must_use]
pub fn results_name(results: &[ValType]) -> String {
    format!("go:results.{}", runs(results))
}

/// Its code.
#[must_use]
pub fn results_code(results: &[ValType]) -> Code {
    let mut asm = Asm::new(&[]);
    for (index, &ty) in (0..).zip(results) {
        asm.global_get(Global::Machine);
        asm.get(index);
        asm.memory(store_of(ty), machine::RESULTS + 8 * index);
    }
    asm.finish()
}

/// Code of the resume function of a function that has a single copy: enters it with the frame, with parameters that it does not look at. If it
/// freezes again, its results are as meaningless as the result area is.
#[must_use]
pub fn thaw_code(function: SymbolId, params: &[ValType], give_results: Option<SymbolId>) -> Code {
    let mut asm = Asm::new(&[]);
    asm.get(0);
    asm.global_set(Global::Frame);
    for &param in params {
        super::inst::zero(&mut asm, param);
    }
    asm.call(function);
    if let Some(give) = give_results {
        asm.call(give);
    }
    asm.finish()
}
