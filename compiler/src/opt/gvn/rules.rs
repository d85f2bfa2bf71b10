//! Rules that simplify operations on numbers and addresses, one function for each kind.

use super::{Args, Gvn, Outcome};
use crate::ir::{BinOp, BoundsKind, CmpOp, ConvOp, Op, Type, UnOp, Value};
use crate::opt::facts::Range;
use crate::opt::fold;

impl Gvn<'_> {
    pub(super) fn in_bounds(&self, kind: BoundsKind, index: Value, len: Value) -> bool {
        self.facts.prove_at_least(self.func, index, 0) && self.facts.prove_le(self.func, index, len, -i64::from(kind.is_strict()))
    }

    pub(super) fn simplify_int(&mut self, op: BinOp, ty: Type, mut args: Args) -> Outcome {
        let commutes = matches!(op, BinOp::Add | BinOp::Mul | BinOp::And | BinOp::Or | BinOp::Xor | BinOp::MulHiU);
        if commutes
            && ((self.func.as_const(args[0]).is_some() && self.func.as_const(args[1]).is_none())
                || (args[0] > args[1] && self.func.as_const(args[1]).is_none()))
        {
            args.swap(0, 1);
        }
        let (a, b) = (args[0], args[1]);
        let (ca, cb) = (self.func.as_const(a), self.func.as_const(b));
        if let (Some(x), Some(y)) = (ca, cb)
            && let Some(n) = fold::bin(op, ty, x, y)
        {
            return Outcome::Is(self.constant(ty, n));
        }
        let bits = if ty == Type::I64 { 64 } else { 32 };
        if a == b {
            match op {
                BinOp::Sub | BinOp::Xor => return Outcome::Is(self.constant(ty, 0)),
                BinOp::And | BinOp::Or => return Outcome::Is(a),
                _ => {}
            }
        }
        if ca == Some(0) && matches!(op, BinOp::Shl | BinOp::ShrS | BinOp::ShrU | BinOp::Rotl | BinOp::Rotr) {
            return Outcome::Is(a);
        }
        // Sums and differences of a common term.
        if op == BinOp::Sub
            && let Some((Op::Bin(BinOp::Add, _), inner)) = self.def(a)
        {
            if inner[0] == b {
                return Outcome::Is(inner[1]);
            }
            if inner[1] == b {
                return Outcome::Is(inner[0]);
            }
        }
        if op == BinOp::Add {
            for (x, y) in [(a, b), (b, a)] {
                if let Some((Op::Bin(BinOp::Sub, _), inner)) = self.def(x)
                    && inner[1] == y
                {
                    return Outcome::Is(inner[0]);
                }
            }
        }
        if op == BinOp::Xor
            && let Some(chosen) = self.choice_of_bits(ty, a, b)
        {
            return chosen;
        }
        let Some(c) = cb else { return Outcome::Keep(Op::Bin(op, ty), args) };
        match (op, c) {
            (BinOp::Add | BinOp::Sub | BinOp::Or | BinOp::Xor | BinOp::Shl | BinOp::ShrS | BinOp::ShrU | BinOp::Rotl | BinOp::Rotr, 0) => {
                return Outcome::Is(a);
            }
            (BinOp::Mul | BinOp::DivS | BinOp::DivU, 1) => return Outcome::Is(a),
            (BinOp::Mul | BinOp::And | BinOp::MulHiU, 0) | (BinOp::RemS | BinOp::RemU, 1) => return Outcome::Is(self.constant(ty, 0)),
            (BinOp::And, -1) => return Outcome::Is(a),
            (BinOp::Or, -1) => return Outcome::Is(b),
            _ => {}
        }
        match op {
            BinOp::Sub => {
                let c = self.constant(ty, c.wrapping_neg());
                return self.evaluate_again(Op::Bin(BinOp::Add, ty), Args::few(&[a, c]));
            }
            BinOp::Mul if c > 0 && (c as u64).is_power_of_two() => {
                let n = self.constant(ty, c.trailing_zeros().into());
                return self.evaluate_again(Op::Bin(BinOp::Shl, ty), Args::few(&[a, n]));
            }
            BinOp::DivU if c > 0 && (c as u64).is_power_of_two() => {
                let n = self.constant(ty, c.trailing_zeros().into());
                return self.evaluate_again(Op::Bin(BinOp::ShrU, ty), Args::few(&[a, n]));
            }
            BinOp::RemU if c > 0 && (c as u64).is_power_of_two() => {
                let n = self.constant(ty, c - 1);
                return self.evaluate_again(Op::Bin(BinOp::And, ty), Args::few(&[a, n]));
            }
            BinOp::DivS | BinOp::RemS if c > 1 && self.facts.prove_at_least(self.func, a, 0) => {
                let op = if op == BinOp::DivS { BinOp::DivU } else { BinOp::RemU };
                return self.evaluate_again(Op::Bin(op, ty), args);
            }
            BinOp::DivS | BinOp::RemS if c > 1 && (c as u64).is_power_of_two() => return self.divide_by_power(op, ty, a, c),
            BinOp::And => {
                // The mask keeps all bits that can be set.
                let range = self.facts.range(self.func, a);
                if range.lo >= 0 && c >= 0 && (c as u64).wrapping_add(1).is_power_of_two() && range.hi <= c {
                    return Outcome::Is(a);
                }
            }
            BinOp::Shl | BinOp::ShrU | BinOp::ShrS if !(0..bits).contains(&c) => {
                let n = self.constant(ty, c & (bits - 1));
                return self.evaluate_again(Op::Bin(op, ty), Args::few(&[a, n]));
            }
            _ => {}
        }
        // (x op c1) op c2
        if let Some((Op::Bin(inner, _), inner_args)) = self.def(a)
            && inner == op
            && let Some(c1) = self.func.as_const(inner_args[1])
        {
            let sum = match op {
                BinOp::Add | BinOp::Mul | BinOp::And | BinOp::Or | BinOp::Xor => fold::bin(op, ty, c1, c),
                BinOp::Shl | BinOp::ShrU if c1 + c < bits => Some(c1 + c),
                BinOp::ShrS => Some((c1 + c).min(bits - 1)),
                _ => None,
            };
            if let Some(n) = sum {
                let n = self.constant(ty, n);
                return self.evaluate_again(Op::Bin(op, ty), Args::few(&[inner_args[0], n]));
            }
        }
        Outcome::Keep(Op::Bin(op, ty), args)
    }

    /// `(m & x) ^ (^m & y)` takes bits of x where m has ones and of y elsewhere: `((x ^ y) & m) ^ y`.
    fn choice_of_bits(&mut self, ty: Type, a: Value, b: Value) -> Option<Outcome> {
        let (Op::Bin(BinOp::And, _), first) = self.def(a)? else { return None };
        let (Op::Bin(BinOp::And, _), second) = self.def(b)? else { return None };
        for (one, other) in [(&first, &second), (&second, &first)] {
            for (not_mask, y) in [(other[0], other[1]), (other[1], other[0])] {
                let Some((Op::Bin(BinOp::Xor, _), inverse)) = self.def(not_mask) else { continue };
                if self.func.as_const(inverse[1]) != Some(-1) || !one.contains(&inverse[0]) {
                    continue;
                }
                let mask = inverse[0];
                let x = if one[0] == mask { one[1] } else { one[0] };
                let both = self.emit(Op::Bin(BinOp::Xor, ty), &[x, y], ty);
                let both = self.emit(Op::Bin(BinOp::And, ty), &[both, mask], ty);
                return Some(self.evaluate_again(Op::Bin(BinOp::Xor, ty), Args::few(&[both, y])));
            }
        }
        None
    }

    /// If `y` is `x` rounded to a multiple of 2^n as division does it: 2^n - 1.
    fn rounded_down(&self, x: Value, y: Value) -> Option<i64> {
        let (Op::Bin(BinOp::And, _), product) = self.def(y)? else { return None };
        let c = self.func.as_const(product[1])?.checked_neg()?;
        let (Op::Bin(BinOp::Add, _), sum) = self.def(product[0])? else { return None };
        let (Op::Bin(BinOp::ShrU, _), bias) = self.def(if sum[0] == x { sum[1] } else { sum[0] })? else { return None };
        let (Op::Bin(BinOp::ShrS, _), sign) = self.def(bias[0])? else { return None };
        let bits = if self.func.ty(x) == Type::I64 { 64 } else { 32 };
        let shifts = self.func.as_const(sign[1]) == Some(bits - 1) && self.func.as_const(bias[1]) == Some(bits - i64::from(c.trailing_zeros()));
        (c > 1 && (c as u64).is_power_of_two() && shifts && sum.contains(&x) && sign[0] == x).then_some(c - 1)
    }

    /// Signed division by 2^n: negative numbers are rounded up by adding 2^n - 1 before the shift. The remainder takes the product away.
    fn divide_by_power(&mut self, op: BinOp, ty: Type, a: Value, c: i64) -> Outcome {
        let bits = if ty == Type::I64 { 64 } else { 32 };
        let n = i64::from(c.trailing_zeros());
        let last = self.constant(ty, bits - 1);
        let sign = self.emit(Op::Bin(BinOp::ShrS, ty), &[a, last], ty);
        let rest = self.constant(ty, bits - n);
        let bias = self.emit(Op::Bin(BinOp::ShrU, ty), &[sign, rest], ty);
        let sum = self.emit(Op::Bin(BinOp::Add, ty), &[a, bias], ty);
        if op == BinOp::DivS {
            let n = self.constant(ty, n);
            return self.evaluate_again(Op::Bin(BinOp::ShrS, ty), Args::few(&[sum, n]));
        }
        let mask = self.constant(ty, -c);
        let product = self.emit(Op::Bin(BinOp::And, ty), &[sum, mask], ty);
        self.evaluate_again(Op::Bin(BinOp::Sub, ty), Args::few(&[a, product]))
    }

    fn float_const(&self, v: Value) -> Option<f64> {
        match self.func.def_op(v) {
            Some(Op::F64Const(bits)) => Some(f64::from_bits(bits)),
            Some(Op::F32Const(bits)) => Some(f32::from_bits(bits).into()),
            _ => None,
        }
    }

    fn emit_float(&mut self, ty: Type, x: f64) -> Value {
        let op = if ty == Type::F64 { Op::F64Const(x.to_bits()) } else { Op::F32Const((x as f32).to_bits()) };
        self.emit(op, &[], ty)
    }

    pub(super) fn simplify_float(&mut self, op: BinOp, ty: Type, args: Args) -> Outcome {
        // Double rounding of f32 arithmetic through f64 is exact for these operations.
        if let (Some(a), Some(b)) = (self.float_const(args[0]), self.float_const(args[1]))
            && let Some(x) = fold::bin_f64(op, a, b)
        {
            return Outcome::Is(self.emit_float(ty, x));
        }
        // x * 1 and x / 1 keep every x, NaNs as well in all that Go can see.
        if matches!(op, BinOp::Mul | BinOp::FDiv) && self.float_const(args[1]) == Some(1.0) {
            return Outcome::Is(args[0]);
        }
        Outcome::Keep(Op::Bin(op, ty), args)
    }

    pub(super) fn simplify_un(&mut self, op: UnOp, ty: Type, args: Args) -> Outcome {
        if let Some(n) = self.func.as_const(args[0])
            && let Some(n) = fold::un(op, ty, n)
        {
            return Outcome::Is(self.constant(ty, n));
        }
        if let Some(x) = self.float_const(args[0])
            && op == UnOp::FNeg
        {
            return Outcome::Is(self.emit_float(ty, -x));
        }
        Outcome::Keep(Op::Un(op, ty), args)
    }

    pub(super) fn simplify_cmp(&mut self, op: CmpOp, ty: Type, args: Args) -> Outcome {
        let (a, b) = (args[0], args[1]);
        if ty.is_float() {
            if let (Some(x), Some(y)) = (self.float_const(a), self.float_const(b)) {
                return Outcome::Is(self.constant(Type::I32, fold::cmp_float(op, x, y).into()));
            }
            return Outcome::Keep(Op::Cmp(op, ty), args);
        }
        let (ca, cb) = (self.func.as_const(a), self.func.as_const(b));
        if let (Some(x), Some(y)) = (ca, cb) {
            return Outcome::Is(self.constant(Type::I32, fold::cmp(op, ty, x, y).into()));
        }
        if let (CmpOp::Eq | CmpOp::Ne, Some(Op::TableIndex(f)), Some(Op::TableIndex(g))) = (op, self.func.def_op(a), self.func.def_op(b)) {
            return Outcome::Is(self.constant(Type::I32, ((f == g) == (op == CmpOp::Eq)).into()));
        }
        // Constants to the right, `<` and `<=` only, equal operands in one order.
        if (ca.is_some() && cb.is_none()) || (matches!(op, CmpOp::Eq | CmpOp::Ne) && cb.is_none() && a > b) {
            return self.evaluate_again(Op::Cmp(op.swap(), ty), Args::few(&[b, a]));
        }
        if let Some(holds) = self.facts.compare(self.func, op, ty, a, b) {
            return Outcome::Is(self.constant(Type::I32, holds.into()));
        }
        if cb == Some(0) && matches!(op, CmpOp::Eq | CmpOp::Ne) {
            match self.def(a) {
                // Conditions compared with 0.
                Some((Op::Cmp(inner, inner_ty), inner_args)) if op == CmpOp::Eq && !inner_ty.is_float() => {
                    return self.evaluate_again(Op::Cmp(inner.negate(), inner_ty), inner_args);
                }
                Some((Op::Cmp(CmpOp::Eq | CmpOp::Ne, inner_ty), inner_args)) if inner_ty.is_float() && op == CmpOp::Eq => {
                    let inner = if matches!(self.def(a), Some((Op::Cmp(CmpOp::Eq, _), _))) { CmpOp::Ne } else { CmpOp::Eq };
                    return self.evaluate_again(Op::Cmp(inner, inner_ty), inner_args);
                }
                Some((Op::Conv(ConvOp::ExtS | ConvOp::ExtU), inner)) => {
                    let zero = self.constant(Type::I32, 0);
                    return self.evaluate_again(Op::Cmp(op, Type::I32), Args::few(&[inner[0], zero]));
                }
                Some((Op::Conv(ConvOp::PtrToInt), inner)) => {
                    let nil = self.constant(Type::Ptr, 0);
                    return self.evaluate_again(Op::Cmp(op, Type::Ptr), Args::few(&[inner[0], nil]));
                }
                // x % 2^n compared with 0 looks at the low bits only.
                Some((Op::Bin(BinOp::Sub, _), inner)) if let Some(mask) = self.rounded_down(inner[0], inner[1]) => {
                    let mask = self.constant(ty, mask);
                    let low = self.emit(Op::Bin(BinOp::And, ty), &[inner[0], mask], ty);
                    return self.evaluate_again(Op::Cmp(op, ty), Args::few(&[low, b]));
                }
                Some((Op::Bin(BinOp::Sub | BinOp::Xor, _), inner)) => {
                    return self.evaluate_again(Op::Cmp(op, ty), inner);
                }
                _ => {}
            }
            if op == CmpOp::Ne && ty == Type::I32 && self.is_bool(a) {
                return Outcome::Is(a);
            }
        }
        // Comparisons of two extended numbers.
        if ty == Type::I64
            && let (Some((Op::Conv(x), p)), Some((Op::Conv(y), q))) = (self.def(a), self.def(b))
            && x == y
        {
            let unsigned = |op: CmpOp| match op {
                CmpOp::LtS => CmpOp::LtU,
                CmpOp::LeS => CmpOp::LeU,
                CmpOp::GtS => CmpOp::GtU,
                CmpOp::GeS => CmpOp::GeU,
                op => op,
            };
            match x {
                ConvOp::ExtS => return self.evaluate_again(Op::Cmp(op, Type::I32), Args::few(&[p[0], q[0]])),
                ConvOp::ExtU => return self.evaluate_again(Op::Cmp(unsigned(op), Type::I32), Args::few(&[p[0], q[0]])),
                ConvOp::PtrToInt => return self.evaluate_again(Op::Cmp(unsigned(op), Type::Ptr), Args::few(&[p[0], q[0]])),
                _ => {}
            }
        }
        Outcome::Keep(Op::Cmp(op, ty), args)
    }

    pub(super) fn simplify_conv(&mut self, op: ConvOp, args: Args) -> Outcome {
        let a = args[0];
        let ty = op.types().1;
        if let Some(n) = self.func.as_const(a)
            && let Some(folded) = fold::conv(op, n)
        {
            return Outcome::Is(self.emit(folded, &[], ty));
        }
        match (op, self.float_const(a)) {
            (ConvOp::Promote, Some(x)) if !x.is_nan() => return Outcome::Is(self.emit_float(ty, x)),
            (ConvOp::Demote, Some(x)) if !x.is_nan() => return Outcome::Is(self.emit_float(ty, x)),
            (ConvOp::F64Bits, Some(x)) => return Outcome::Is(self.constant(ty, x.to_bits() as i64)),
            _ => {}
        }
        if let Some((Op::Conv(inner), inner_args)) = self.def(a) {
            let x = inner_args[0];
            match (op, inner) {
                (ConvOp::Wrap, ConvOp::ExtS | ConvOp::ExtU)
                | (ConvOp::PtrToI32, ConvOp::I32ToPtr)
                | (ConvOp::I32ToPtr, ConvOp::PtrToI32)
                | (ConvOp::IntToPtr, ConvOp::PtrToInt)
                | (ConvOp::F32Bits, ConvOp::F32FromBits)
                | (ConvOp::F64Bits, ConvOp::F64FromBits)
                | (ConvOp::F32FromBits, ConvOp::F32Bits)
                | (ConvOp::F64FromBits, ConvOp::F64Bits) => return Outcome::Is(x),
                (ConvOp::Wrap, ConvOp::PtrToInt) => return self.evaluate_again(Op::Conv(ConvOp::PtrToI32), inner_args),
                (ConvOp::IntToPtr, ConvOp::ExtS | ConvOp::ExtU) => return self.evaluate_again(Op::Conv(ConvOp::I32ToPtr), inner_args),
                (ConvOp::Ext32S64, ConvOp::ExtS) => return Outcome::Is(a),
                (ConvOp::Ext32S64, ConvOp::ExtU) => return self.evaluate_again(Op::Conv(ConvOp::ExtS), inner_args),
                _ => {}
            }
        }
        // Extensions that change nothing.
        let fits = |range: Range, lo: i64, hi: i64| range.lo >= lo && range.hi <= hi;
        let range =
            if matches!(self.func.ty(a), Type::I32 | Type::I64) { self.facts.range(self.func, a) } else { Range { lo: i64::MIN, hi: i64::MAX } };
        let superfluous = match op {
            ConvOp::Ext8S | ConvOp::Ext8S64 => fits(range, -128, 127),
            ConvOp::Ext8U => fits(range, 0, 255),
            ConvOp::Ext16S | ConvOp::Ext16S64 => fits(range, -32768, 32767),
            ConvOp::Ext16U => fits(range, 0, 65535),
            ConvOp::Ext32S64 => fits(range, i32::MIN.into(), i32::MAX.into()),
            _ => false,
        };
        if superfluous {
            return Outcome::Is(a);
        }
        // Of several extensions only the last counts; masks below them that keep its bits do nothing.
        if let Some((Op::Conv(inner @ (ConvOp::Ext8S | ConvOp::Ext8U | ConvOp::Ext16S | ConvOp::Ext16U)), inner_args)) = self.def(a) {
            let narrow = matches!(op, ConvOp::Ext8S | ConvOp::Ext8U);
            let inner_narrow = matches!(inner, ConvOp::Ext8S | ConvOp::Ext8U);
            if matches!(op, ConvOp::Ext8S | ConvOp::Ext8U | ConvOp::Ext16S | ConvOp::Ext16U) && (narrow || !inner_narrow) {
                return self.evaluate_again(Op::Conv(op), inner_args);
            }
        }
        Outcome::Keep(Op::Conv(op), args)
    }

    pub(super) fn simplify_select(&mut self, ty: Type, args: Args) -> Outcome {
        let (cond, a, b) = (args[0], args[1], args[2]);
        if a == b {
            return Outcome::Is(a);
        }
        if let Some(n) = self.constant_of(cond) {
            return Outcome::Is(if n != 0 { a } else { b });
        }
        if ty == Type::I32 && self.func.as_const(a) == Some(1) && self.func.as_const(b) == Some(0) && self.is_bool(cond) {
            return Outcome::Is(cond);
        }
        Outcome::Keep(Op::Select(ty), args)
    }

    pub(super) fn simplify_ptr_add(&mut self, offset: i32, args: Args) -> Outcome {
        if offset == 0 {
            return Outcome::Is(args[0]);
        }
        match self.def(args[0]) {
            Some((Op::PtrAdd(inner), inner_args)) => match inner.checked_add(offset) {
                Some(sum) => self.evaluate_again(Op::PtrAdd(sum), inner_args),
                None => Outcome::Keep(Op::PtrAdd(offset), args),
            },
            Some((Op::GlobalAddr(symbol, inner), _)) => match inner.checked_add(offset) {
                Some(sum) => self.evaluate_again(Op::GlobalAddr(symbol, sum), Args::few(&[])),
                None => Outcome::Keep(Op::PtrAdd(offset), args),
            },
            _ => Outcome::Keep(Op::PtrAdd(offset), args),
        }
    }

    pub(super) fn simplify_ptr_index(&mut self, scale: u32, args: Args) -> Outcome {
        if scale == 0 {
            return Outcome::Is(args[0]);
        }
        if let Some(n) = self.constant_of(args[1])
            && let Some(offset) = n.checked_mul(scale.into()).and_then(|n| i32::try_from(n).ok())
        {
            return self.evaluate_again(Op::PtrAdd(offset), Args::few(&[args[0]]));
        }
        match self.def(args[1]) {
            // A widened index is narrowed again anyway.
            Some((Op::Conv(ConvOp::ExtS | ConvOp::ExtU), inner)) => self.evaluate_again(Op::PtrIndex(scale), Args::few(&[args[0], inner[0]])),
            // (i + c) * scale: the constant part goes into the offset of the access. Only for positive parts, so that the intermediate address
            // stays within the object (IR-5).
            Some((Op::Bin(BinOp::Add, _), inner)) if self.func.as_const(inner[1]).is_some_and(|c| c > 0) => {
                let offset = self.func.as_const(inner[1]).and_then(|n| n.checked_mul(scale.into())).and_then(|n| i32::try_from(n).ok());
                match offset {
                    Some(offset) if self.facts.prove_at_least(self.func, inner[0], 0) => {
                        let p = self.emit(Op::PtrIndex(scale), &[args[0], inner[0]], Type::Ptr);
                        self.evaluate_again(Op::PtrAdd(offset), Args::few(&[p]))
                    }
                    _ => Outcome::Keep(Op::PtrIndex(scale), args),
                }
            }
            _ => Outcome::Keep(Op::PtrIndex(scale), args),
        }
    }
}
