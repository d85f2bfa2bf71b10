//! The function that moves a computed number of bytes.
//!
//! Engines call their C library for `memory.copy`, by a way that takes longer than most moves of Go programs, which append a few words or a
//! short string. So up to [`SHORT_BYTES`] are moved here, by a few loads and as many stores that overlap as the length wants it. All loads come
//! before all stores, so the areas may overlap too. Words of pointers stay whole: with a length that is a multiple of 8, pieces begin at
//! multiples of 8.

use super::Generator;
use super::asm::{self, Asm, MemoryOp};
use super::object::{Code, SymbolId};
use wasm_encoder::{BlockType, Instruction as I, ValType};

/// Longer moves are left to the engine.
const SHORT_BYTES: i32 = 32;

/// The parameters.
const TO: u32 = 0;
const FROM: u32 = 1;
const BYTES: u32 = 2;
/// Locals for what is moved: words of 64 bits, then of 32.
const WIDE: u32 = 3;
const NARROW: u32 = 7;

/// A piece: its distance from the start of the area, or from the end.
#[derive(Clone, Copy)]
enum At {
    Start(u32),
    /// This many bytes before the end.
    End(i32),
}

fn address(asm: &mut Asm, area: u32, at: At) -> u32 {
    asm.op(&I::LocalGet(area));
    match at {
        At::Start(offset) => offset,
        At::End(before) => {
            asm.op(&I::LocalGet(BYTES));
            asm.op(&I::I32Add);
            asm.i32_const(before);
            asm.op(&I::I32Sub);
            0
        }
    }
}

/// Moves pieces of one size and returns.
fn pieces(asm: &mut Asm, load: MemoryOp, store: MemoryOp, first_local: u32, list: &[At]) {
    for (local, at) in (first_local..).zip(list) {
        let offset = address(asm, FROM, *at);
        asm.memory(load, offset);
        asm.op(&I::LocalSet(local));
    }
    for (local, at) in (first_local..).zip(list) {
        let offset = address(asm, TO, *at);
        asm.op(&I::LocalGet(local));
        asm.memory(store, offset);
    }
    asm.op(&I::Return);
}

fn code() -> Code {
    let mut locals = vec![ValType::I64; (NARROW - WIDE) as usize];
    locals.extend([ValType::I32; 2]);
    let mut asm = Asm::new(&locals);
    let at_least = |asm: &mut Asm, bytes: i32| {
        asm.op(&I::LocalGet(BYTES));
        asm.i32_const(bytes);
        asm.op(&I::I32GeU);
        asm.op(&I::If(BlockType::Empty));
    };
    asm.op(&I::LocalGet(BYTES));
    asm.i32_const(SHORT_BYTES);
    asm.op(&I::I32LeU);
    asm.op(&I::If(BlockType::Empty));
    at_least(&mut asm, 8);
    at_least(&mut asm, 17);
    pieces(&mut asm, asm::I64_LOAD, asm::I64_STORE, WIDE, &[At::Start(0), At::Start(8), At::End(16), At::End(8)]);
    asm.end();
    pieces(&mut asm, asm::I64_LOAD, asm::I64_STORE, WIDE, &[At::Start(0), At::End(8)]);
    asm.end();
    at_least(&mut asm, 4);
    pieces(&mut asm, asm::I32_LOAD, asm::I32_STORE, NARROW, &[At::Start(0), At::End(4)]);
    asm.end();
    at_least(&mut asm, 2);
    pieces(&mut asm, asm::I32_LOAD16_U, asm::I32_STORE16, NARROW, &[At::Start(0), At::End(2)]);
    asm.end();
    at_least(&mut asm, 1);
    pieces(&mut asm, asm::I32_LOAD8_U, asm::I32_STORE8, NARROW, &[At::Start(0)]);
    asm.end();
    asm.op(&I::Return);
    asm.end();
    for local in [TO, FROM, BYTES] {
        asm.op(&I::LocalGet(local));
    }
    asm.op(&I::MemoryCopy { src_mem: 0, dst_mem: 0 });
    asm.finish()
}

impl Generator<'_> {
    /// The function: to, from, number of bytes.
    pub(super) fn memory_move(&mut self) -> SymbolId {
        self.helper("go:memmove", &[ValType::I32; 3], &[], code)
    }
}
