//! Instruction selection: trees of the locals form to wasm.

use super::asm::{self, Asm, MemoryOp};
use super::copy::Copy;
use super::form::{INLINE_BYTES, SiteKind, val_type};
use super::linear::Linear;
use super::object::{Global, Hole};
use crate::ir::{BinOp, CmpOp, ConvOp, ITAB_FUN_OFFSET, Inst, Mem, Op, RmwOp, Type, UnOp, Value};
use warren_abi::entry::ENTRIES;
use wasm_encoder::{BlockType, Instruction as I, ValType};

fn load_op(mem: Mem) -> MemoryOp {
    match mem {
        Mem::I8S => asm::I32_LOAD8_S,
        Mem::I8U => asm::I32_LOAD8_U,
        Mem::I16S => asm::I32_LOAD16_S,
        Mem::I16U => asm::I32_LOAD16_U,
        Mem::I32 | Mem::Ptr => asm::I32_LOAD,
        Mem::I64 => asm::I64_LOAD,
        Mem::F32 => asm::F32_LOAD,
        Mem::F64 => asm::F64_LOAD,
    }
}

fn store_op(mem: Mem) -> MemoryOp {
    match mem {
        Mem::I8S | Mem::I8U => asm::I32_STORE8,
        Mem::I16S | Mem::I16U => asm::I32_STORE16,
        Mem::I32 | Mem::Ptr => asm::I32_STORE,
        Mem::I64 => asm::I64_STORE,
        Mem::F32 => asm::F32_STORE,
        Mem::F64 => asm::F64_STORE,
    }
}

/// Opcode and alignment of an atomic operation on i32, i64 or a byte, from the opcodes of its three widths.
fn atomic(mem: Mem, i32_op: u8, i64_op: u8, i8_op: u8) -> MemoryOp {
    match mem {
        Mem::I64 => asm::atomic_op(i64_op, 3),
        Mem::I8S | Mem::I8U => asm::atomic_op(i8_op, 0),
        _ => asm::atomic_op(i32_op, 2),
    }
}

fn is_wide(ty: Type) -> bool {
    ty == Type::I64
}

/// The pieces of a block of memory: offset and bytes, each 8, 4, 2 or 1.
fn pieces(bytes: u32) -> Vec<(u32, u32)> {
    let mut list = Vec::new();
    let mut at = 0;
    for size in [8, 4, 2, 1] {
        while bytes - at >= size {
            list.push((at, size));
            at += size;
        }
    }
    list
}

fn piece_load(bytes: u32) -> MemoryOp {
    match bytes {
        8 => asm::I64_LOAD,
        4 => asm::I32_LOAD,
        2 => asm::I32_LOAD16_U,
        _ => asm::I32_LOAD8_U,
    }
}

/// A store at its natural width; memory of Go objects is aligned at least as the smallest piece, so that alignment stays a hint.
fn piece_store(bytes: u32) -> MemoryOp {
    match bytes {
        8 => asm::I64_STORE,
        4 => asm::I32_STORE,
        2 => asm::I32_STORE16,
        _ => asm::I32_STORE8,
    }
}

impl Copy<'_, '_> {
    /// Pushes a value.
    pub(super) fn value(&mut self, value: Value) {
        let func = self.form.func;
        if let Some(inst) = func.def_inst(value) {
            let op = func.op(inst);
            if op.is_free() {
                return self.free_value(op);
            }
            if self.form.folded[inst.index()] {
                return self.tree(inst);
            }
        }
        let local = self.local(value);
        self.asm.get(local);
    }

    fn linear(&self) -> &Linear {
        self.form.linear.as_ref().expect("a function with slots has a linear frame")
    }

    fn free_value(&mut self, op: Op) {
        match op {
            Op::Const(Type::I64, n) => self.asm.i64_const(n),
            Op::Const(_, n) => self.asm.i32_const(n as i32),
            Op::F32Const(bits) => self.asm.op(&I::F32Const(f32::from_bits(bits).into())),
            Op::F64Const(bits) => self.asm.op(&I::F64Const(f64::from_bits(bits).into())),
            Op::GlobalAddr(symbol, offset) => {
                let symbol = self.generator.data_symbol(symbol);
                self.asm.const_hole(Hole::AddressConst(symbol, offset));
            }
            Op::FuncAddr(symbol) => {
                let symbol = self.generator.closure(symbol);
                self.asm.const_hole(Hole::AddressConst(symbol, 0));
            }
            Op::TableIndex(symbol) => self.asm.const_hole(Hole::TableIndex(self.generator.symbol(symbol))),
            Op::SlotAddr(slot) => {
                let linear = self.linear();
                let (frame, offset) = (self.base + linear.frame, linear.offsets[slot.index()]);
                self.asm.get(frame);
                if offset != 0 {
                    self.asm.i32_const(offset.cast_signed());
                    self.asm.op(&I::I32Add);
                }
            }
            _ => unreachable!("{op:?} is not written anew at each use"),
        }
    }

    /// Pushes the base of an address and gives the offset to put into the instruction.
    fn address(&mut self, value: Value, offset: u32) -> u32 {
        let func = self.form.func;
        if let Some(inst) = func.def_inst(value) {
            match func.op(inst) {
                Op::PtrAdd(more) if more >= 0 && self.form.folded[inst.index()] => {
                    if let Some(sum) = offset.checked_add(more.cast_unsigned()) {
                        return self.address(func.args(inst)[0], sum);
                    }
                }
                Op::SlotAddr(slot) => {
                    let linear = self.linear();
                    let (frame, slot_offset) = (self.base + linear.frame, linear.offsets[slot.index()]);
                    self.asm.get(frame);
                    return offset + slot_offset;
                }
                Op::GlobalAddr(symbol, at) => {
                    let symbol = self.generator.data_symbol(symbol);
                    self.asm.const_hole(Hole::AddressConst(symbol, at.wrapping_add_unsigned(offset)));
                    return 0;
                }
                _ => {}
            }
        }
        self.value(value);
        offset
    }

    fn load(&mut self, address: Value, offset: u32, op: MemoryOp) {
        let offset = self.address(address, offset);
        self.asm.memory(op, offset);
    }

    /// Pushes the result of a folded instruction.
    fn tree(&mut self, inst: Inst) {
        let op = self.form.func.op(inst);
        self.pure(inst, op);
    }

    /// Pushes a condition (an i32 that is not zero if it holds) or its negation.
    pub(super) fn condition_of(&mut self, value: Value, negated: bool) {
        let func = self.form.func;
        if negated {
            if let Some(inst) = func.def_inst(value)
                && self.form.folded[inst.index()]
                && let Op::Cmp(op, ty) = func.op(inst)
                && ty.is_int()
            {
                return self.compare(op.negate(), ty, func.args(inst)[0], func.args(inst)[1], true);
            }
            self.value(value);
            self.asm.op(&I::I32Eqz);
            return;
        }
        if let Some(inst) = func.def_inst(value)
            && self.form.folded[inst.index()]
            && let Op::Cmp(op, ty) = func.op(inst)
        {
            return self.compare(op, ty, func.args(inst)[0], func.args(inst)[1], true);
        }
        self.value(value);
    }

    /// `truth`: only whether the result is zero matters.
    fn compare(&mut self, op: CmpOp, ty: Type, a: Value, b: Value, truth: bool) {
        let zero = ty.is_int() && self.form.func.as_const(b) == Some(0);
        if zero && op == CmpOp::Eq {
            self.value(a);
            self.asm.op(if is_wide(ty) { &I::I64Eqz } else { &I::I32Eqz });
            return;
        }
        if zero && op == CmpOp::Ne && truth && !is_wide(ty) {
            return self.value(a);
        }
        self.value(a);
        self.value(b);
        let unsigned = |signed: I<'static>, unsigned: I<'static>| if ty == Type::Ptr { unsigned } else { signed };
        let instruction = match ty {
            Type::I64 => match op {
                CmpOp::Eq => I::I64Eq,
                CmpOp::Ne => I::I64Ne,
                CmpOp::LtS => I::I64LtS,
                CmpOp::LtU => I::I64LtU,
                CmpOp::LeS => I::I64LeS,
                CmpOp::LeU => I::I64LeU,
                CmpOp::GtS => I::I64GtS,
                CmpOp::GtU => I::I64GtU,
                CmpOp::GeS => I::I64GeS,
                CmpOp::GeU => I::I64GeU,
            },
            Type::I32 | Type::Ptr => match op {
                CmpOp::Eq => I::I32Eq,
                CmpOp::Ne => I::I32Ne,
                CmpOp::LtS => unsigned(I::I32LtS, I::I32LtU),
                CmpOp::LtU => I::I32LtU,
                CmpOp::LeS => unsigned(I::I32LeS, I::I32LeU),
                CmpOp::LeU => I::I32LeU,
                CmpOp::GtS => unsigned(I::I32GtS, I::I32GtU),
                CmpOp::GtU => I::I32GtU,
                CmpOp::GeS => unsigned(I::I32GeS, I::I32GeU),
                CmpOp::GeU => I::I32GeU,
            },
            Type::F32 => match op {
                CmpOp::Eq => I::F32Eq,
                CmpOp::Ne => I::F32Ne,
                CmpOp::LtS | CmpOp::LtU => I::F32Lt,
                CmpOp::LeS | CmpOp::LeU => I::F32Le,
                CmpOp::GtS | CmpOp::GtU => I::F32Gt,
                CmpOp::GeS | CmpOp::GeU => I::F32Ge,
            },
            Type::F64 => match op {
                CmpOp::Eq => I::F64Eq,
                CmpOp::Ne => I::F64Ne,
                CmpOp::LtS | CmpOp::LtU => I::F64Lt,
                CmpOp::LeS | CmpOp::LeU => I::F64Le,
                CmpOp::GtS | CmpOp::GtU => I::F64Gt,
                CmpOp::GeS | CmpOp::GeU => I::F64Ge,
            },
        };
        self.asm.op(&instruction);
    }

    fn binary(&mut self, op: BinOp, ty: Type, a: Value, b: Value) {
        if op == BinOp::DivS && self.form.func.as_const(b).is_none_or(|n| n == -1) {
            // wasm traps on MinInt / -1.
            let wide = is_wide(ty);
            self.value(b);
            if wide {
                self.asm.i64_const(-1)
            } else {
                self.asm.i32_const(-1)
            }
            self.asm.op(if wide { &I::I64Eq } else { &I::I32Eq });
            self.asm.op(&I::If(BlockType::Result(super::form::val_type(ty))));
            if wide {
                self.asm.i64_const(0)
            } else {
                self.asm.i32_const(0)
            }
            self.value(a);
            self.asm.op(if wide { &I::I64Sub } else { &I::I32Sub });
            self.asm.op(&I::Else);
            self.value(a);
            self.value(b);
            self.asm.op(if wide { &I::I64DivS } else { &I::I32DivS });
            self.asm.end();
            return;
        }
        self.value(a);
        self.value(b);
        if op == BinOp::MulHiU {
            let helper = self.generator.mul_high();
            return self.asm.call(helper);
        }
        let instruction = match (op, ty) {
            (BinOp::Add, Type::I64) => I::I64Add,
            (BinOp::Sub, Type::I64) => I::I64Sub,
            (BinOp::Mul, Type::I64) => I::I64Mul,
            (BinOp::DivS, Type::I64) => I::I64DivS,
            (BinOp::DivU, Type::I64) => I::I64DivU,
            (BinOp::RemS, Type::I64) => I::I64RemS,
            (BinOp::RemU, Type::I64) => I::I64RemU,
            (BinOp::And, Type::I64) => I::I64And,
            (BinOp::Or, Type::I64) => I::I64Or,
            (BinOp::Xor, Type::I64) => I::I64Xor,
            (BinOp::Shl, Type::I64) => I::I64Shl,
            (BinOp::ShrS, Type::I64) => I::I64ShrS,
            (BinOp::ShrU, Type::I64) => I::I64ShrU,
            (BinOp::Rotl, Type::I64) => I::I64Rotl,
            (BinOp::Rotr, Type::I64) => I::I64Rotr,
            (BinOp::Add, Type::F32) => I::F32Add,
            (BinOp::Sub, Type::F32) => I::F32Sub,
            (BinOp::Mul, Type::F32) => I::F32Mul,
            (BinOp::FDiv, Type::F32) => I::F32Div,
            (BinOp::FMin, Type::F32) => I::F32Min,
            (BinOp::FMax, Type::F32) => I::F32Max,
            (BinOp::FCopysign, Type::F32) => I::F32Copysign,
            (BinOp::Add, Type::F64) => I::F64Add,
            (BinOp::Sub, Type::F64) => I::F64Sub,
            (BinOp::Mul, Type::F64) => I::F64Mul,
            (BinOp::FDiv, Type::F64) => I::F64Div,
            (BinOp::FMin, Type::F64) => I::F64Min,
            (BinOp::FMax, Type::F64) => I::F64Max,
            (BinOp::FCopysign, Type::F64) => I::F64Copysign,
            (BinOp::Add, _) => I::I32Add,
            (BinOp::Sub, _) => I::I32Sub,
            (BinOp::Mul, _) => I::I32Mul,
            (BinOp::DivS, _) => I::I32DivS,
            (BinOp::DivU, _) => I::I32DivU,
            (BinOp::RemS, _) => I::I32RemS,
            (BinOp::RemU, _) => I::I32RemU,
            (BinOp::And, _) => I::I32And,
            (BinOp::Or, _) => I::I32Or,
            (BinOp::Xor, _) => I::I32Xor,
            (BinOp::Shl, _) => I::I32Shl,
            (BinOp::ShrS, _) => I::I32ShrS,
            (BinOp::ShrU, _) => I::I32ShrU,
            (BinOp::Rotl, _) => I::I32Rotl,
            (BinOp::Rotr, _) => I::I32Rotr,
            (op, ty) => panic!("bug: wasm: no instruction for {op:?} of {ty:?}"),
        };
        self.asm.op(&instruction);
    }

    /// Pushes a number with its bytes reversed. Wasm has no operation for that; engines know it again in the form in which LLVM writes it, which
    /// is a tree of the bytes, each masked and shifted to its place, in pairs.
    fn swap_bytes(&mut self, ty: Type, x: Value) {
        let wide = is_wide(ty);
        let bits = if wide { 64 } else { 32 };
        for place in 0..bits / 8 {
            // The byte that goes `place` bytes below the top.
            let (from, to) = (8 * place, bits - 8 - 8 * place);
            self.value(x);
            if from < to {
                if from > 0 {
                    self.number(wide, 0xFF << from);
                    self.asm.op(if wide { &I::I64And } else { &I::I32And });
                }
                self.number(wide, to - from);
                self.asm.op(if wide { &I::I64Shl } else { &I::I32Shl });
            } else {
                self.number(wide, from - to);
                self.asm.op(if wide { &I::I64ShrU } else { &I::I32ShrU });
                if to > 0 {
                    self.number(wide, 0xFF << to);
                    self.asm.op(if wide { &I::I64And } else { &I::I32And });
                }
            }
            // Pairs, and pairs of pairs, are joined when their second half is there.
            for _ in 0..(place + 1_i64).trailing_zeros() {
                self.asm.op(if wide { &I::I64Or } else { &I::I32Or });
            }
        }
    }

    fn number(&mut self, wide: bool, n: i64) {
        if wide {
            self.asm.i64_const(n);
        } else {
            self.asm.i32_const(n as i32);
        }
    }

    fn unary(&mut self, op: UnOp, ty: Type) {
        let instruction = match (op, ty) {
            (UnOp::Clz, Type::I64) => I::I64Clz,
            (UnOp::Ctz, Type::I64) => I::I64Ctz,
            (UnOp::Popcnt, Type::I64) => I::I64Popcnt,
            (UnOp::Clz, _) => I::I32Clz,
            (UnOp::Ctz, _) => I::I32Ctz,
            (UnOp::Popcnt, _) => I::I32Popcnt,
            (UnOp::FNeg, Type::F32) => I::F32Neg,
            (UnOp::FAbs, Type::F32) => I::F32Abs,
            (UnOp::FSqrt, Type::F32) => I::F32Sqrt,
            (UnOp::FCeil, Type::F32) => I::F32Ceil,
            (UnOp::FFloor, Type::F32) => I::F32Floor,
            (UnOp::FTrunc, Type::F32) => I::F32Trunc,
            (UnOp::FNearest, Type::F32) => I::F32Nearest,
            (UnOp::FNeg, _) => I::F64Neg,
            (UnOp::FAbs, _) => I::F64Abs,
            (UnOp::FSqrt, _) => I::F64Sqrt,
            (UnOp::FCeil, _) => I::F64Ceil,
            (UnOp::FFloor, _) => I::F64Floor,
            (UnOp::FTrunc, _) => I::F64Trunc,
            (UnOp::FNearest, _) => I::F64Nearest,
            (UnOp::Bswap, _) => unreachable!("reversed bytes are written as a tree"),
        };
        self.asm.op(&instruction);
    }

    fn convert(&mut self, op: ConvOp) {
        let instruction = match op {
            ConvOp::Wrap | ConvOp::IntToPtr => I::I32WrapI64,
            ConvOp::ExtS => I::I64ExtendI32S,
            ConvOp::ExtU | ConvOp::PtrToInt => I::I64ExtendI32U,
            ConvOp::Ext8S => I::I32Extend8S,
            ConvOp::Ext16S => I::I32Extend16S,
            ConvOp::Ext8U | ConvOp::Ext16U => {
                self.asm.i32_const(if op == ConvOp::Ext8U { 0xFF } else { 0xFFFF });
                I::I32And
            }
            ConvOp::Ext8S64 => I::I64Extend8S,
            ConvOp::Ext16S64 => I::I64Extend16S,
            ConvOp::Ext32S64 => I::I64Extend32S,
            ConvOp::PtrToI32 | ConvOp::I32ToPtr | ConvOp::Hide => return,
            ConvOp::F32ToI32S => I::I32TruncSatF32S,
            ConvOp::F32ToI32U => I::I32TruncSatF32U,
            ConvOp::F64ToI32S => I::I32TruncSatF64S,
            ConvOp::F64ToI32U => I::I32TruncSatF64U,
            ConvOp::F32ToI64S => I::I64TruncSatF32S,
            ConvOp::F32ToI64U => I::I64TruncSatF32U,
            ConvOp::F64ToI64S => I::I64TruncSatF64S,
            ConvOp::F64ToI64U => I::I64TruncSatF64U,
            ConvOp::I32SToF32 => I::F32ConvertI32S,
            ConvOp::I32UToF32 => I::F32ConvertI32U,
            ConvOp::I64SToF32 => I::F32ConvertI64S,
            ConvOp::I64UToF32 => I::F32ConvertI64U,
            ConvOp::I32SToF64 => I::F64ConvertI32S,
            ConvOp::I32UToF64 => I::F64ConvertI32U,
            ConvOp::I64SToF64 => I::F64ConvertI64S,
            ConvOp::I64UToF64 => I::F64ConvertI64U,
            ConvOp::Promote => I::F64PromoteF32,
            ConvOp::Demote => I::F32DemoteF64,
            ConvOp::F32Bits => I::I32ReinterpretF32,
            ConvOp::F64Bits => I::I64ReinterpretF64,
            ConvOp::F32FromBits => I::F32ReinterpretI32,
            ConvOp::F64FromBits => I::F64ReinterpretI64,
        };
        self.asm.op(&instruction);
    }

    /// Pushes the result of an operation that neither writes nor suspends.
    fn pure(&mut self, inst: Inst, op: Op) {
        let func = self.form.func;
        let args = func.args(inst);
        match op {
            Op::Bin(op, ty) => self.binary(op, ty, args[0], args[1]),
            Op::Un(UnOp::Bswap, ty) => self.swap_bytes(ty, args[0]),
            Op::Un(op, ty) => {
                self.value(args[0]);
                self.unary(op, ty);
            }
            Op::Cmp(op, ty) => self.compare(op, ty, args[0], args[1], false),
            Op::Conv(op) => {
                self.value(args[0]);
                self.convert(op);
            }
            Op::Select(_) => {
                self.value(args[1]);
                self.value(args[2]);
                self.condition_of(args[0], false);
                self.asm.op(&I::Select);
            }
            Op::PtrAdd(offset) => {
                self.value(args[0]);
                self.asm.i32_const(offset);
                self.asm.op(&I::I32Add);
            }
            Op::PtrIndex(scale) => {
                self.value(args[0]);
                self.value(args[1]);
                if is_wide(func.ty(args[1])) {
                    self.asm.op(&I::I32WrapI64);
                }
                if scale.is_power_of_two() {
                    if scale > 1 {
                        self.asm.i32_const(scale.trailing_zeros().cast_signed());
                        self.asm.op(&I::I32Shl);
                    }
                } else {
                    self.asm.i32_const(scale.cast_signed());
                    self.asm.op(&I::I32Mul);
                }
                self.asm.op(&I::I32Add);
            }
            Op::Load { mem, offset, .. } => self.load(args[0], offset, load_op(mem)),
            Op::MemEqual { bytes } => self.equal(args[0], args[1], bytes),
            _ => panic!("bug: wasm: {op:?} is no expression"),
        }
    }

    fn equal(&mut self, a: Value, b: Value, bytes: u32) {
        if bytes == 0 {
            return self.asm.i32_const(1);
        }
        if bytes > 16 {
            self.value(a);
            self.value(b);
            self.asm.i32_const(bytes.cast_signed());
            let function = self.generator.runtime("memequal");
            return self.asm.call(function);
        }
        let list = pieces(bytes);
        for (index, &(at, size)) in list.iter().enumerate() {
            self.load(a, at, piece_load(size));
            self.load(b, at, piece_load(size));
            self.asm.op(if size == 8 { &I::I64Eq } else { &I::I32Eq });
            if index > 0 {
                self.asm.op(&I::I32And);
            }
        }
    }

    fn store(&mut self, address: Value, offset: u32, op: MemoryOp, value: Value) {
        let offset = self.address(address, offset);
        self.value(value);
        self.asm.memory(op, offset);
    }

    fn mem_copy(&mut self, to: Value, from: Value, bytes: u32) {
        if bytes > INLINE_BYTES {
            self.value(to);
            self.value(from);
            self.asm.i32_const(bytes.cast_signed());
            return self.asm.op(&I::MemoryCopy { src_mem: 0, dst_mem: 0 });
        }
        // Everything is read before anything is written: the areas may overlap.
        let list = pieces(bytes);
        let mut offsets = Vec::new();
        for &(at, size) in &list {
            offsets.push(self.address(to, at));
            self.load(from, at, piece_load(size));
        }
        for (&(_, size), offset) in list.iter().zip(offsets).rev() {
            self.asm.memory(piece_store(size), offset);
        }
    }

    fn mem_zero(&mut self, to: Value, bytes: u32) {
        if bytes > INLINE_BYTES {
            self.value(to);
            self.asm.i32_const(0);
            self.asm.i32_const(bytes.cast_signed());
            return self.asm.op(&I::MemoryFill(0));
        }
        for (at, size) in pieces(bytes) {
            let offset = self.address(to, at);
            if size == 8 {
                self.asm.i64_const(0)
            } else {
                self.asm.i32_const(0)
            }
            self.asm.memory(piece_store(size), offset);
        }
    }

    /// Pops the results of a root into their locals.
    fn set_results(&mut self, inst: Inst) {
        let results: Vec<Value> = self.form.func.results(inst).collect();
        for &result in results.iter().rev() {
            match self.local_of(result) {
                Some(local) => self.asm.set(local),
                None => self.asm.op(&I::Drop),
            }
        }
    }

    fn call_args(&mut self, args: &[Value]) {
        for &arg in args {
            self.value(arg);
        }
    }

    /// Writes a root.
    pub(super) fn root(&mut self, inst: Inst) {
        let func = self.form.func;
        let op = func.op(inst);
        let args = func.args(inst);
        match op {
            Op::Store { mem, offset } => self.store(args[0], offset, store_op(mem), args[1]),
            Op::MemCopy { bytes } => self.mem_copy(args[0], args[1], bytes),
            Op::MemMove => {
                self.call_args(args);
                let function = self.generator.memory_move();
                self.asm.call(function);
            }
            Op::MemZero { bytes } => self.mem_zero(args[0], bytes),
            Op::MemClear => {
                self.value(args[0]);
                self.asm.i32_const(0);
                self.value(args[1]);
                self.asm.op(&I::MemoryFill(0));
            }
            Op::New { bytes, ty, noscan } => {
                if let [count] = args {
                    self.value(*count);
                    self.asm.op(&I::I32WrapI64);
                    if bytes != 1 {
                        self.asm.i32_const(bytes.cast_signed());
                        self.asm.op(&I::I32Mul);
                    }
                } else {
                    self.asm.i32_const(bytes.cast_signed());
                }
                if noscan {
                    self.asm.i32_const(0);
                } else {
                    let symbol = self.generator.data_symbol(ty);
                    self.asm.const_hole(Hole::AddressConst(symbol, 0));
                }
                self.asm.i32_const(0);
                let function = self.generator.runtime("alloc");
                self.asm.call(function);
                self.finish_call(inst);
            }
            Op::AtomicLoad { mem, offset } => {
                if self.threads() {
                    let offset = self.address(args[0], offset);
                    self.asm.memory(atomic(mem, 0x10, 0x11, 0x12), offset);
                } else {
                    self.load(args[0], offset, load_op(mem));
                }
                self.set_results(inst);
            }
            Op::AtomicStore { mem, offset } => {
                let op = if self.threads() { atomic(mem, 0x17, 0x18, 0x19) } else { store_op(mem) };
                self.store(args[0], offset, op, args[1]);
            }
            Op::AtomicRmw { op, mem, offset } => self.atomic_rmw(inst, op, mem, offset),
            Op::AtomicCas { mem, offset } => self.atomic_cas(inst, mem, offset),
            Op::NilCheck => {
                self.fail_if(inst, &[], |copy| {
                    copy.value(args[0]);
                    copy.asm.op(&I::I32Eqz);
                });
            }
            Op::BoundsCheck { kind, .. } => {
                self.fail_if(inst, args, |copy| {
                    copy.value(args[0]);
                    copy.value(args[1]);
                    copy.asm.op(if kind.is_strict() { &I::I64GeU } else { &I::I64GtU });
                });
            }
            Op::DivCheck => {
                self.fail_if(inst, &[], |copy| {
                    copy.value(args[0]);
                    copy.asm.op(if is_wide(func.ty(args[0])) { &I::I64Eqz } else { &I::I32Eqz });
                });
            }
            Op::ShiftCheck => {
                self.fail_if(inst, &[], |copy| {
                    copy.value(args[0]);
                    if is_wide(func.ty(args[0])) {
                        copy.asm.i64_const(0);
                        copy.asm.op(&I::I64LtS);
                    } else {
                        copy.asm.i32_const(0);
                        copy.asm.op(&I::I32LtS);
                    }
                });
            }
            Op::Call { func: callee, .. } => {
                self.call_args(args);
                self.asm.call(self.generator.symbol(callee));
                self.finish_call(inst);
            }
            Op::CallClosure { sig } => {
                self.call_args(args);
                self.load(args[0], 0, asm::I32_LOAD);
                let ty = self.generator.sig_type(sig);
                self.asm.call_indirect(ty);
                self.finish_call(inst);
            }
            Op::CallInterface { sig, method, .. } => {
                self.call_args(&args[1..]);
                self.load(args[0], ITAB_FUN_OFFSET + 8 * method, asm::I32_LOAD);
                let ty = self.generator.sig_type(sig);
                self.asm.call_indirect(ty);
                self.finish_call(inst);
            }
            Op::CallIndirect { sig } => {
                self.call_args(&args[1..]);
                self.value(args[0]);
                let ty = self.generator.sig_type(sig);
                self.asm.call_indirect(ty);
                self.finish_call(inst);
            }
            Op::CallRt(entry) => {
                self.call_args(args);
                let function = self.generator.runtime(ENTRIES[entry as usize].name);
                self.asm.call(function);
                self.finish_call(inst);
            }
            Op::RecoverFlag => {
                self.asm.global_get(Global::DeferTarget);
                self.asm.const_hole(Hole::TableIndex(self.symbol));
                self.asm.op(&I::I32Eq);
                self.set_results(inst);
                self.asm.i32_const(0);
                self.asm.global_set(Global::DeferTarget);
            }
            Op::ForwardDefer => {
                self.asm.global_get(Global::DeferTarget);
                self.asm.const_hole(Hole::TableIndex(self.symbol));
                self.asm.op(&I::I32Eq);
                self.asm.if_empty();
                self.value(args[0]);
                self.asm.global_set(Global::DeferTarget);
                self.asm.end();
            }
            Op::MarkDeferred => {
                self.value(args[0]);
                self.asm.global_set(Global::DeferTarget);
            }
            Op::Poll => self.poll(inst),
            Op::KeepAlive => {}
            _ => {
                self.pure(inst, op);
                self.set_results(inst);
            }
        }
    }

    /// Takes the results of a call, and freezes if it says so.
    fn finish_call(&mut self, inst: Inst) {
        let Some(&site) = self.form.site_of.get(&inst) else { return self.set_results(inst) };
        let kind = self.form.sites[site as usize].kind;
        match kind {
            SiteKind::Call => {
                self.set_results(inst);
                self.asm.global_get(Global::State);
            }
            SiteKind::Status | SiteKind::Null => {
                if let Some(local) = self.local_of(self.form.func.result(inst)) {
                    self.asm.op(&I::LocalTee(local));
                }
                if kind == SiteKind::Null {
                    self.asm.op(&I::I32Eqz);
                } else {
                    self.asm.i32_const(warren_abi::entry::SUSPENDED);
                    self.asm.op(&I::I32Eq);
                }
            }
            SiteKind::Always | SiteKind::NoReturn => {
                for _ in self.form.func.results(inst) {
                    self.asm.op(&I::Drop);
                }
                return self.save(site);
            }
            SiteKind::Poll | SiteKind::Recover => unreachable!("no call"),
        }
        self.asm.if_empty();
        self.save(site);
        self.asm.end();
    }

    fn atomic_rmw(&mut self, inst: Inst, op: RmwOp, mem: Mem, offset: u32) {
        let args = self.form.func.args(inst);
        if self.threads() {
            let offset = self.address(args[0], offset);
            self.value(args[1]);
            let op = match op {
                RmwOp::Add => atomic(mem, 0x1E, 0x1F, 0x20),
                RmwOp::And => atomic(mem, 0x2C, 0x2D, 0x2E),
                RmwOp::Or => atomic(mem, 0x33, 0x34, 0x35),
                RmwOp::Xor => atomic(mem, 0x3A, 0x3B, 0x3C),
                RmwOp::Exchange => atomic(mem, 0x41, 0x42, 0x43),
            };
            self.asm.memory(op, offset);
            return self.set_results(inst);
        }
        let result = self.local_of(self.form.func.result(inst));
        if let Some(local) = result {
            self.load(args[0], offset, load_op(mem));
            self.asm.set(local);
        }
        let store_offset = self.address(args[0], offset);
        let wide = mem == Mem::I64;
        if op != RmwOp::Exchange {
            match result {
                Some(local) => self.asm.get(local),
                None => self.load(args[0], offset, load_op(mem)),
            }
        }
        self.value(args[1]);
        match (op, wide) {
            (RmwOp::Add, false) => self.asm.op(&I::I32Add),
            (RmwOp::Add, true) => self.asm.op(&I::I64Add),
            (RmwOp::And, false) => self.asm.op(&I::I32And),
            (RmwOp::And, true) => self.asm.op(&I::I64And),
            (RmwOp::Or, false) => self.asm.op(&I::I32Or),
            (RmwOp::Or, true) => self.asm.op(&I::I64Or),
            (RmwOp::Xor, false) => self.asm.op(&I::I32Xor),
            (RmwOp::Xor, true) => self.asm.op(&I::I64Xor),
            (RmwOp::Exchange, _) => {}
        }
        self.asm.memory(store_op(mem), store_offset);
    }

    fn atomic_cas(&mut self, inst: Inst, mem: Mem, offset: u32) {
        let args = self.form.func.args(inst);
        if self.threads() {
            let offset = self.address(args[0], offset);
            self.value(args[1]);
            self.value(args[2]);
            self.asm.memory(atomic(mem, 0x48, 0x49, 0x4A), offset);
            return self.set_results(inst);
        }
        self.load(args[0], offset, load_op(mem));
        if let Some(local) = self.local_of(self.form.func.result(inst)) {
            self.asm.op(&I::LocalTee(local));
        }
        self.value(args[1]);
        self.asm.op(if mem == Mem::I64 { &I::I64Eq } else { &I::I32Eq });
        self.asm.if_empty();
        self.store(args[0], offset, store_op(mem), args[2]);
        self.asm.end();
    }

    /// A jump to the arc of a switch: a table where the cases are dense, comparisons otherwise.
    pub(super) fn switch(&mut self, value: Value, cases: &[i64], depths: &[u32]) {
        let wide = is_wide(self.form.func.ty(value));
        let default = depths[cases.len()];
        let mut sorted: Vec<(i64, u32)> = cases.iter().copied().zip(depths.iter().copied()).collect();
        sorted.sort_unstable();
        if let (Some(&(low, _)), Some(&(high, _))) = (sorted.first(), sorted.last())
            && sorted.len() >= 4
            && high.checked_sub(low).is_some_and(|range| range < 4 * sorted.len() as i64 + 16)
        {
            let mut table = vec![default; (high - low + 1) as usize];
            for &(case, depth) in &sorted {
                table[(case - low) as usize] = depth;
            }
            if wide {
                // An index beyond 32 bits would wrap into the table.
                self.value(value);
                if low != 0 {
                    self.asm.i64_const(low);
                    self.asm.op(&I::I64Sub);
                }
                self.asm.i64_const(high - low);
                self.asm.op(&I::I64GtU);
                self.asm.op(&I::BrIf(default));
                self.value(value);
                self.asm.op(&I::I32WrapI64);
            } else {
                self.value(value);
            }
            if low != 0 {
                self.asm.i32_const(low as i32);
                self.asm.op(&I::I32Sub);
            }
            self.asm.op(&I::BrTable(table.into(), default));
            return;
        }
        self.search(value, &sorted, wide, 0);
        self.asm.op(&I::Br(default));
    }

    /// Compares with sorted cases; falls through if none matches.
    fn search(&mut self, value: Value, cases: &[(i64, u32)], wide: bool, nesting: u32) {
        let constant = |asm: &mut Asm, n: i64| if wide { asm.i64_const(n) } else { asm.i32_const(n as i32) };
        if cases.len() > 6 {
            let (low, high) = cases.split_at(cases.len() / 2);
            self.value(value);
            constant(&mut self.asm, high[0].0);
            self.asm.op(if wide { &I::I64LtS } else { &I::I32LtS });
            self.asm.if_empty();
            self.search(value, low, wide, nesting + 1);
            self.asm.op(&I::Else);
            self.search(value, high, wide, nesting + 1);
            self.asm.end();
            return;
        }
        for &(case, depth) in cases {
            self.value(value);
            constant(&mut self.asm, case);
            self.asm.op(if wide { &I::I64Eq } else { &I::I32Eq });
            self.asm.op(&I::BrIf(depth + nesting));
        }
    }

    /// Stores a result of the function in the result area, from the resume copy.
    pub(super) fn store_result(&mut self, index: u32, value: Value) {
        self.asm.global_get(Global::Machine);
        self.value(value);
        let store = asm::store_of(val_type(self.form.func.ty(value)));
        self.asm.memory(store, warren_abi::machine::RESULTS + 8 * index);
    }
}

/// Zero of a type.
pub fn zero(asm: &mut Asm, ty: ValType) {
    match ty {
        ValType::I64 => asm.i64_const(0),
        ValType::F32 => asm.op(&I::F32Const(0.0.into())),
        ValType::F64 => asm.op(&I::F64Const(0.0.into())),
        _ => asm.i32_const(0),
    }
}
