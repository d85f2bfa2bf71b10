//! Writes one function body: locals, instructions and holes.

use super::object::{Code, CodeReloc, Global, Hole, SymbolId, TypeId};
use wasm_encoder::{BlockType, Encode, Instruction, ValType};

/// A body under construction.
#[derive(Default)]
pub struct Asm {
    code: Code,
    /// Where a `local.set` of this local begins that was the last instruction written.
    last_set: Option<(usize, usize, u32)>,
}

/// Loads and stores whose offset may be a hole: opcode bytes and alignment exponent.
#[derive(Clone, Copy)]
pub struct MemoryOp {
    /// 0xFE prefix for atomics, else 0.
    pub prefix: u8,
    pub opcode: u8,
    pub align: u8,
}

const fn plain(opcode: u8, align: u8) -> MemoryOp {
    MemoryOp { prefix: 0, opcode, align }
}

const fn atomic(opcode: u8, align: u8) -> MemoryOp {
    MemoryOp { prefix: 0xFE, opcode, align }
}

pub const I32_LOAD: MemoryOp = plain(0x28, 2);
pub const I64_LOAD: MemoryOp = plain(0x29, 3);
pub const F32_LOAD: MemoryOp = plain(0x2A, 2);
pub const F64_LOAD: MemoryOp = plain(0x2B, 3);
pub const I32_LOAD8_S: MemoryOp = plain(0x2C, 0);
pub const I32_LOAD8_U: MemoryOp = plain(0x2D, 0);
pub const I32_LOAD16_S: MemoryOp = plain(0x2E, 1);
pub const I32_LOAD16_U: MemoryOp = plain(0x2F, 1);
pub const I32_STORE: MemoryOp = plain(0x36, 2);
pub const I64_STORE: MemoryOp = plain(0x37, 3);
pub const F32_STORE: MemoryOp = plain(0x38, 2);
pub const F64_STORE: MemoryOp = plain(0x39, 3);
pub const I32_STORE8: MemoryOp = plain(0x3A, 0);
pub const I32_STORE16: MemoryOp = plain(0x3B, 1);
pub const I32_ATOMIC_LOAD: MemoryOp = atomic(0x10, 2);

/// The load of a whole value.
#[must_use]
pub fn load_of(ty: ValType) -> MemoryOp {
    match ty {
        ValType::I64 => I64_LOAD,
        ValType::F32 => F32_LOAD,
        ValType::F64 => F64_LOAD,
        _ => I32_LOAD,
    }
}

/// The store of a whole value.
#[must_use]
pub fn store_of(ty: ValType) -> MemoryOp {
    match ty {
        ValType::I64 => I64_STORE,
        ValType::F32 => F32_STORE,
        ValType::F64 => F64_STORE,
        _ => I32_STORE,
    }
}

/// An atomic access by its opcode behind the prefix.
#[must_use]
pub const fn atomic_op(opcode: u8, align: u8) -> MemoryOp {
    atomic(opcode, align)
}

impl Asm {
    /// A body with these locals besides the parameters.
    #[must_use]
    pub fn new(locals: &[ValType]) -> Asm {
        let mut runs: Vec<(u32, ValType)> = Vec::new();
        for &ty in locals {
            match runs.last_mut() {
                Some((count, last)) if *last == ty => *count += 1,
                _ => runs.push((1, ty)),
            }
        }
        let mut asm = Asm::default();
        runs.len().encode(&mut asm.code.bytes);
        for (count, ty) in runs {
            count.encode(&mut asm.code.bytes);
            ty.encode(&mut asm.code.bytes);
        }
        asm
    }

    /// Any instruction without holes.
    pub fn op(&mut self, instruction: &Instruction<'_>) {
        instruction.encode(&mut self.code.bytes);
    }

    fn hole(&mut self, hole: Hole) {
        let offset = u32::try_from(self.code.bytes.len()).expect("a body below 4 GiB");
        self.code.relocs.push(CodeReloc { offset, hole });
    }

    pub fn call(&mut self, function: SymbolId) {
        self.code.bytes.push(0x10);
        self.hole(Hole::Function(function));
    }

    pub fn return_call(&mut self, function: SymbolId) {
        self.call(function);
        self.op(&Instruction::Return);
    }

    pub fn call_indirect(&mut self, ty: TypeId) {
        self.code.bytes.push(0x11);
        self.hole(Hole::Type(ty));
        self.code.bytes.push(0);
    }

    /// `i32.const` of a number the linker knows.
    pub fn const_hole(&mut self, hole: Hole) {
        self.code.bytes.push(0x41);
        self.hole(hole);
    }

    pub fn memory(&mut self, op: MemoryOp, offset: u32) {
        self.memory_head(op);
        offset.encode(&mut self.code.bytes);
    }

    /// A load or store whose offset is the address of data.
    pub fn memory_at(&mut self, op: MemoryOp, symbol: SymbolId, addend: i32) {
        self.memory_head(op);
        self.hole(Hole::Address(symbol, addend));
    }

    fn memory_head(&mut self, op: MemoryOp) {
        if op.prefix != 0 {
            self.code.bytes.push(op.prefix);
        }
        self.code.bytes.push(op.opcode);
        self.code.bytes.push(op.align);
    }

    pub fn i32_const(&mut self, value: i32) {
        self.op(&Instruction::I32Const(value));
    }

    pub fn i64_const(&mut self, value: i64) {
        self.op(&Instruction::I64Const(value));
    }

    /// Pushes a local; right behind a `set` of it, the two become a `tee`.
    pub fn get(&mut self, local: u32) {
        if let Some((start, end, last)) = self.last_set.take()
            && last == local
            && end == self.code.bytes.len()
        {
            self.code.bytes[start] = 0x22;
            return;
        }
        self.op(&Instruction::LocalGet(local));
    }

    pub fn set(&mut self, local: u32) {
        let start = self.code.bytes.len();
        self.op(&Instruction::LocalSet(local));
        self.last_set = Some((start, self.code.bytes.len(), local));
    }

    pub fn tee(&mut self, local: u32) {
        self.op(&Instruction::LocalTee(local));
    }

    pub fn global_get(&mut self, global: Global) {
        self.op(&Instruction::GlobalGet(global.index()));
    }

    pub fn global_set(&mut self, global: Global) {
        self.op(&Instruction::GlobalSet(global.index()));
    }

    pub fn if_empty(&mut self) {
        self.op(&Instruction::If(BlockType::Empty));
    }

    /// Opens a block that gives an i32.
    pub fn block_i32(&mut self) {
        self.op(&Instruction::Block(BlockType::Result(ValType::I32)));
    }

    /// Opens a block of a type.
    pub fn block_of(&mut self, ty: TypeId) {
        self.code.bytes.push(0x02);
        self.hole(Hole::BlockType(ty));
    }

    pub fn end(&mut self) {
        self.op(&Instruction::End);
    }

    /// Bytes so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.code.bytes.len()
    }

    /// The body, which gets its final `end` here.
    #[must_use]
    pub fn finish(mut self) -> Code {
        self.end();
        self.code
    }
}
