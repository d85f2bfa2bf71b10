//! Save helpers: functions that write a frame to the unwind buffer, one for each combination of types.

use crate::wasm::asm::{Asm, F32_STORE, F64_STORE, I32_LOAD, I32_STORE, I64_STORE};
use crate::wasm::object::{Code, Global, SymbolId};
use std::fmt::Write;
use warren_abi::frame::TRAILER_BYTES;
use warren_abi::machine;
use wasm_encoder::{Instruction as I, ValType};

/// What a save helper takes: live values, linear frame and caller's stack pointer if there is one, site. The dummy results are the
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

    /// The parameters behind the live values.
    #[must_use]
    pub fn tail(&self) -> Vec<ValType> {
        vec![ValType::I32; if self.linear { 3 } else { 1 }]
    }

    /// The helper's code.
    #[must_use]
    pub fn code(&self, unwind_grow: SymbolId, note: Option<SymbolId>) -> Code {
        let slots = (self.live.len() + usize::from(self.linear)) as u32;
        let bytes = (slots * 8 + TRAILER_BYTES).cast_signed();
        let params = self.params().len() as u32;
        let at = params;
        let mut asm = Asm::new(&[ValType::I32]);
        if let Some(note) = note {
            asm.call(note);
        }
        asm.i32_const(1);
        asm.global_set(Global::State);
        asm.global_get(Global::Unwind);
        asm.i32_const(bytes);
        asm.op(&I::I32Sub);
        asm.op(&I::LocalTee(at));
        asm.global_get(Global::Machine);
        asm.memory(I32_LOAD, machine::UNWIND_LIMIT);
        asm.op(&I::I32LtU);
        asm.if_empty();
        asm.global_get(Global::Unwind);
        asm.i32_const(bytes);
        asm.call(unwind_grow);
        asm.i32_const(bytes);
        asm.op(&I::I32Sub);
        asm.set(at);
        asm.end();
        asm.op(&I::LocalGet(at));
        asm.global_set(Global::Unwind);
        for (slot, &ty) in (0..).zip(&self.live) {
            asm.op(&I::LocalGet(at));
            asm.op(&I::LocalGet(slot));
            let store = match ty {
                ValType::I64 => I64_STORE,
                ValType::F64 => F64_STORE,
                ValType::F32 => F32_STORE,
                _ => {
                    asm.op(&I::I64ExtendI32U);
                    I64_STORE
                }
            };
            asm.memory(store, slot * 8);
        }
        if self.linear {
            for (param, offset) in [(params - 3, 0), (params - 2, 4)] {
                asm.op(&I::LocalGet(at));
                asm.op(&I::LocalGet(param));
                asm.memory(I32_STORE, (slots - 1) * 8 + offset);
            }
        }
        asm.op(&I::LocalGet(at));
        asm.op(&I::LocalGet(params - 1));
        asm.op(&I::I64ExtendI32U);
        asm.memory(I64_STORE, slots * 8);
        asm.finish()
    }
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
