//! Functions through which the scheduler enters compiled code, and the resume functions of the fixed sites.

use crate::ir::special::{CALL_FRAME, DEFER_CALL, GO_ENTRY, SET_MACHINE};
use crate::wasm::asm::{Asm, I32_LOAD, I32_STORE};
use crate::wasm::object::{Function, Global, Unit};
use warren_abi::machine;
use wasm_encoder::{Instruction as I, ValType};

/// Adds them to a unit.
pub fn add(unit: &mut Unit) {
    let resume = unit.symbols.function_type(&[ValType::I32], &[]);
    let call_frame = unit.symbols.function_type(&[ValType::I32, ValType::I32], &[ValType::I32]);
    let mut add = |name: &str, ty, asm: Asm| {
        let symbol = unit.symbols.intern(name);
        unit.functions.push(Function { symbol, ty, code: asm.finish(), go: None });
    };

    // Parameters: table index of the resume function, address of the trailer.
    let mut asm = Asm::new(&[]);
    for (field, global) in [(machine::LINEAR_SP, Global::LinearStack), (machine::UNWIND_TOP, Global::Unwind)] {
        asm.global_get(Global::Machine);
        asm.memory(I32_LOAD, field);
        asm.global_set(global);
    }
    asm.i32_const(0);
    asm.global_set(Global::Depth);
    asm.get(1);
    asm.get(0);
    asm.call_indirect(resume);
    asm.global_get(Global::Machine);
    asm.global_get(Global::LinearStack);
    asm.memory(I32_STORE, machine::LINEAR_SP);
    asm.global_get(Global::State);
    asm.if_empty();
    asm.i32_const(0);
    asm.global_set(Global::State);
    asm.global_get(Global::Unwind);
    asm.op(&I::Return);
    asm.end();
    asm.i32_const(0);
    add(CALL_FRAME, call_frame, asm);

    let mut asm = Asm::new(&[]);
    asm.get(0);
    asm.global_set(Global::Machine);
    add(SET_MACHINE, resume, asm);

    // The closure is in the one slot of the frame. If it freezes, it will be thawed without this frame.
    for (name, deferred) in [(GO_ENTRY, false), (DEFER_CALL, true)] {
        let mut asm = Asm::new(&[ValType::I32]);
        let (trailer, index) = (0, 1);
        asm.get(trailer);
        asm.i32_const(8);
        asm.op(&I::I32Sub);
        asm.memory(I32_LOAD, 0);
        asm.op(&I::LocalTee(trailer));
        asm.get(trailer);
        asm.memory(I32_LOAD, 0);
        asm.set(index);
        if deferred {
            asm.op(&I::LocalGet(index));
            asm.global_set(Global::DeferTarget);
        }
        asm.op(&I::LocalGet(index));
        asm.call_indirect(resume);
        add(name, resume, asm);
    }
}
