//! The functions a host calls, written here: they set up memory and the Rust stack and enter the runtime.

use super::LinkOptions;
use super::layout::STACK_TOP;
use crate::wasm::asm::{Asm, I32_LOAD};
use crate::wasm::object::{Function, Global, Hole, SymbolId, Unit};
use wasm_encoder::ValType;

/// Symbol of the function that copies the passive data segments; its body is known when the data is laid out.
pub const INIT: &str = "warren_init";

/// Adds the entry points to `unit` and gives what the module exports.
pub fn add(unit: &mut Unit, options: &LinkOptions) -> Vec<(&'static str, SymbolId)> {
    let nothing = unit.symbols.function_type(&[], &[]);
    let one = unit.symbols.function_type(&[ValType::I32], &[]);
    let mut exports = Vec::new();
    let add = |unit: &mut Unit, name: &'static str, ty, asm: Asm| {
        let symbol = unit.symbols.intern(name);
        unit.functions.push(Function { symbol, ty, code: asm.finish(), go: None });
        symbol
    };

    let mut asm = Asm::new(&[]);
    if options.threads {
        let init = add(unit, INIT, nothing, Asm::new(&[]));
        asm.call(init);
    }
    let info = unit.symbols.intern(crate::ir::special::MODULE_INFO);
    asm.const_hole(Hole::AddressConst(info, 0));
    asm.call(unit.symbols.intern("rt_start"));
    exports.push(("_start", add(unit, "_start", nothing, asm)));

    if options.threads {
        let mut asm = Asm::new(&[]);
        asm.get(0);
        asm.memory(I32_LOAD, 0);
        asm.global_set(Global::StackBase);
        asm.global_get(Global::StackBase);
        asm.global_set(Global::StackPointer);
        asm.get(0);
        asm.call(unit.symbols.intern("rt_thread_start"));
        exports.push(("warren_thread_start", add(unit, "warren_thread_start", one, asm)));
    }

    let mut asm = Asm::new(&[]);
    asm.global_get(Global::StackBase);
    asm.global_set(Global::StackPointer);
    asm.call(unit.symbols.intern("rt_stack_overflow"));
    exports.push(("warren_stack_overflow", add(unit, "warren_stack_overflow", nothing, asm)));
    exports
}

/// What the globals start at.
pub fn initial(global: Global, options: &LinkOptions) -> i32 {
    match global {
        Global::StackPointer | Global::StackBase => STACK_TOP.cast_signed(),
        Global::Budget => options.poll_rounds().unwrap_or(0),
        _ => 0,
    }
}
