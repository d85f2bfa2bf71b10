//! Constant arithmetic, as wasm does it.

use crate::ir::{BinOp, CmpOp, ConvOp, Op, Type, UnOp};

/// The constant of an integer type with these low bits.
pub fn int_const(ty: Type, n: i64) -> Op {
    Op::Const(ty, if ty == Type::I64 { n } else { i64::from(n as i32) })
}

/// The result of integer arithmetic; `None` where wasm would trap.
pub fn bin(op: BinOp, ty: Type, a: i64, b: i64) -> Option<i64> {
    if ty == Type::I64 {
        let (ua, ub) = (a as u64, b as u64);
        let shift = (b & 63) as u32;
        Some(match op {
            BinOp::Add => a.wrapping_add(b),
            BinOp::Sub => a.wrapping_sub(b),
            BinOp::Mul => a.wrapping_mul(b),
            BinOp::DivS if b != 0 => a.wrapping_div(b),
            BinOp::DivU if b != 0 => (ua / ub) as i64,
            BinOp::RemS if b != 0 => a.wrapping_rem(b),
            BinOp::RemU if b != 0 => (ua % ub) as i64,
            BinOp::And => a & b,
            BinOp::Or => a | b,
            BinOp::Xor => a ^ b,
            BinOp::Shl => a << shift,
            BinOp::ShrS => a >> shift,
            BinOp::ShrU => (ua >> shift) as i64,
            BinOp::Rotl => a.rotate_left(shift),
            BinOp::Rotr => a.rotate_right(shift),
            BinOp::MulHiU => ((u128::from(ua) * u128::from(ub)) >> 64) as i64,
            _ => return None,
        })
    } else {
        let (a, b) = (a as i32, b as i32);
        let (ua, ub) = (a as u32, b as u32);
        let shift = (b & 31) as u32;
        Some(i64::from(match op {
            BinOp::Add => a.wrapping_add(b),
            BinOp::Sub => a.wrapping_sub(b),
            BinOp::Mul => a.wrapping_mul(b),
            BinOp::DivS if b != 0 => a.wrapping_div(b),
            BinOp::DivU if b != 0 => (ua / ub) as i32,
            BinOp::RemS if b != 0 => a.wrapping_rem(b),
            BinOp::RemU if b != 0 => (ua % ub) as i32,
            BinOp::And => a & b,
            BinOp::Or => a | b,
            BinOp::Xor => a ^ b,
            BinOp::Shl => a << shift,
            BinOp::ShrS => a >> shift,
            BinOp::ShrU => (ua >> shift) as i32,
            BinOp::Rotl => a.rotate_left(shift),
            BinOp::Rotr => a.rotate_right(shift),
            _ => return None,
        }))
    }
}

pub fn un(op: UnOp, ty: Type, a: i64) -> Option<i64> {
    let n = match (op, ty) {
        (UnOp::Clz, Type::I64) => a.leading_zeros(),
        (UnOp::Ctz, Type::I64) => a.trailing_zeros(),
        (UnOp::Popcnt, Type::I64) => a.count_ones(),
        (UnOp::Clz, _) => (a as i32).leading_zeros(),
        (UnOp::Ctz, _) => (a as i32).trailing_zeros(),
        (UnOp::Popcnt, _) => (a as i32).count_ones(),
        (UnOp::Bswap, Type::I64) => return Some(a.swap_bytes()),
        (UnOp::Bswap, _) => return Some((a as i32).swap_bytes().into()),
        _ => return None,
    };
    Some(n.into())
}

pub fn cmp(op: CmpOp, ty: Type, a: i64, b: i64) -> bool {
    // Constants are kept sign-extended, which keeps the order of unsigned 32-bit numbers among 64-bit ones.
    let (ua, ub) = if ty == Type::I64 { (a as u64, b as u64) } else { (u64::from(a as u32), u64::from(b as u32)) };
    match op {
        CmpOp::Eq => a == b,
        CmpOp::Ne => a != b,
        CmpOp::LtS => a < b,
        CmpOp::LtU => ua < ub,
        CmpOp::LeS => a <= b,
        CmpOp::LeU => ua <= ub,
        CmpOp::GtS => a > b,
        CmpOp::GtU => ua > ub,
        CmpOp::GeS => a >= b,
        CmpOp::GeU => ua >= ub,
    }
}

pub fn cmp_float(op: CmpOp, a: f64, b: f64) -> bool {
    match op {
        CmpOp::Eq => a == b,
        CmpOp::Ne => a != b,
        CmpOp::LtS | CmpOp::LtU => a < b,
        CmpOp::LeS | CmpOp::LeU => a <= b,
        CmpOp::GtS | CmpOp::GtU => a > b,
        CmpOp::GeS | CmpOp::GeU => a >= b,
    }
}

/// Arithmetic whose result is exact or rounded once, so that it is the same everywhere. NaN results are left to the machine.
pub fn bin_f64(op: BinOp, a: f64, b: f64) -> Option<f64> {
    let x = match op {
        BinOp::Add => a + b,
        BinOp::Sub => a - b,
        BinOp::Mul => a * b,
        BinOp::FDiv => a / b,
        _ => return None,
    };
    (!x.is_nan()).then_some(x)
}

/// Conversion of an integer constant (or the bits of a float one, for conversions from floats `None`).
pub fn conv(op: ConvOp, a: i64) -> Option<Op> {
    let int32 = |n: i32| Op::Const(Type::I32, n.into());
    Some(match op {
        ConvOp::Wrap => int32(a as i32),
        ConvOp::ExtS => Op::Const(Type::I64, a),
        ConvOp::ExtU => Op::Const(Type::I64, i64::from(a as u32)),
        ConvOp::Ext8S => int32(i32::from(a as i8)),
        ConvOp::Ext8U => int32(i32::from(a as u8)),
        ConvOp::Ext16S => int32(i32::from(a as i16)),
        ConvOp::Ext16U => int32(i32::from(a as u16)),
        ConvOp::Ext8S64 => Op::Const(Type::I64, i64::from(a as i8)),
        ConvOp::Ext16S64 => Op::Const(Type::I64, i64::from(a as i16)),
        ConvOp::Ext32S64 => Op::Const(Type::I64, i64::from(a as i32)),
        ConvOp::PtrToInt => Op::Const(Type::I64, i64::from(a as u32)),
        ConvOp::IntToPtr | ConvOp::I32ToPtr => Op::Const(Type::Ptr, i64::from(a as i32)),
        ConvOp::PtrToI32 => int32(a as i32),
        ConvOp::I32SToF32 => Op::F32Const((a as i32 as f32).to_bits()),
        ConvOp::I32UToF32 => Op::F32Const((a as u32 as f32).to_bits()),
        ConvOp::I64SToF32 => Op::F32Const((a as f32).to_bits()),
        ConvOp::I64UToF32 => Op::F32Const((a as u64 as f32).to_bits()),
        ConvOp::I32SToF64 => Op::F64Const(f64::from(a as i32).to_bits()),
        ConvOp::I32UToF64 => Op::F64Const(f64::from(a as u32).to_bits()),
        ConvOp::I64SToF64 => Op::F64Const((a as f64).to_bits()),
        ConvOp::I64UToF64 => Op::F64Const((a as u64 as f64).to_bits()),
        ConvOp::F32FromBits => Op::F32Const(a as u32),
        ConvOp::F64FromBits => Op::F64Const(a as u64),
        _ => return None,
    })
}
