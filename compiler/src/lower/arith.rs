//! Arithmetic, shifts, comparisons and conditions.

use crate::ir::{BinOp, Block, CmpOp, ConvOp, Type, UnOp, Value};
use crate::syntax::ast::{BinaryExpr, Expr, ExprKind, Operator, UnaryExpr};
use crate::types::{Basic, Mode, TypeId, TypeKind};

use super::func::{FnCx, Val};

/// Whether an integer kind is signed.
pub fn is_signed(kind: Basic) -> bool {
    matches!(kind, Basic::Int | Basic::Int8 | Basic::Int16 | Basic::Int32 | Basic::Int64 | Basic::UntypedInt | Basic::UntypedRune)
}

/// Bits of an integer kind.
pub fn bits(kind: Basic) -> u32 {
    match kind {
        Basic::Int8 | Basic::Uint8 => 8,
        Basic::Int16 | Basic::Uint16 => 16,
        Basic::Int32 | Basic::Uint32 | Basic::UntypedRune => 32,
        _ => 64,
    }
}

fn is_float(kind: Basic) -> bool {
    matches!(kind, Basic::Float32 | Basic::Float64 | Basic::UntypedFloat)
}

fn is_complex(kind: Basic) -> bool {
    matches!(kind, Basic::Complex64 | Basic::Complex128 | Basic::UntypedComplex)
}

impl<'a> FnCx<'_, 'a> {
    pub fn basic(&mut self, ty: TypeId) -> Basic {
        match self.under(ty) {
            TypeKind::Basic(kind) => kind,
            _ => Basic::UnsafePointer,
        }
    }

    pub fn unary(&mut self, e: &'a Expr, unary: &'a UnaryExpr) -> Val {
        match unary.op {
            Operator::And => Val::one(self.address_of(&unary.x)),
            Operator::Receive => self.receive(e, &unary.x, false).0,
            Operator::Not => {
                let x = self.scalar(&unary.x);
                Val::one(self.not(x))
            }
            Operator::Add => self.expr(&unary.x),
            Operator::Sub => {
                let ty = self.type_of(e);
                let kind = self.basic(ty);
                let x = self.expr(&unary.x).scalars();
                if is_complex(kind) {
                    let re = self.b.un(UnOp::FNeg, x[0]);
                    let im = self.b.un(UnOp::FNeg, x[1]);
                    return Val::flat(&[re, im]);
                }
                if is_float(kind) {
                    return Val::one(self.b.un(UnOp::FNeg, x[0]));
                }
                let wasm = self.b.func.ty(x[0]);
                let zero = self.b.iconst(wasm, 0);
                let value = self.b.bin(BinOp::Sub, zero, x[0]);
                Val::one(self.narrow(value, kind))
            }
            Operator::Xor => {
                let ty = self.type_of(e);
                let kind = self.basic(ty);
                let x = self.scalar(&unary.x);
                let wasm = self.b.func.ty(x);
                let ones = self.b.iconst(wasm, -1);
                let value = self.b.bin(BinOp::Xor, x, ones);
                Val::one(self.narrow(value, kind))
            }
            _ => panic!("lower: {}: unary operator", self.lw.describe(e.pos)),
        }
    }

    pub fn binary(&mut self, e: &'a Expr, binary: &'a BinaryExpr) -> Val {
        match binary.op {
            Operator::AndAnd | Operator::OrOr => {
                let var = self.b.declare_var(Type::I32);
                let (yes, no, done) = (self.block(), self.block(), self.block());
                self.cond(e, yes, no);
                for (block, n) in [(yes, 1), (no, 0)] {
                    self.enter(block);
                    let value = self.i32(n);
                    self.b.def_var(var, value);
                    self.jump(done);
                }
                self.enter(done);
                Val::one(self.b.use_var(var))
            }
            Operator::Equal | Operator::NotEqual | Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
                Val::one(self.comparison(e, binary))
            }
            Operator::ShiftLeft | Operator::ShiftRight => {
                let ty = self.type_of(e);
                let x = self.expr_as(&binary.x, ty);
                self.shift_by(e, binary.op, ty, x, &binary.y)
            }
            Operator::Add if self.is_string_typed(e) => self.concatenation(e),
            op => {
                let ty = self.type_of(e);
                let x = self.expr_as(&binary.x, ty);
                let y = self.expr_as(&binary.y, ty);
                self.at(e.pos);
                self.operate(op, ty, x, y)
            }
        }
    }

    fn is_string_typed(&mut self, e: &'a Expr) -> bool {
        let ty = self.type_of(e);
        self.lw.types().is_string(ty)
    }

    /// `x op y` for `op=` too, where both have the type.
    pub fn operate(&mut self, op: Operator, ty: TypeId, x: Val, y: Val) -> Val {
        let kind = self.basic(ty);
        let (x, y) = (x.scalars(), y.scalars());
        if matches!(kind, Basic::String | Basic::UntypedString) {
            let joined = self.made_text("concatstring2", &[x[0], x[1], y[0], y[1]]);
            return Val::flat(&joined);
        }
        if is_complex(kind) {
            return self.complex_operate(op, kind, &x, &y);
        }
        let (x, y) = (x[0], y[0]);
        if is_float(kind) {
            let op = match op {
                Operator::Add => BinOp::Add,
                Operator::Sub => BinOp::Sub,
                Operator::Mul => BinOp::Mul,
                _ => BinOp::FDiv,
            };
            return Val::one(self.b.bin(op, x, y));
        }
        let signed = is_signed(kind);
        let op = match op {
            Operator::Add => BinOp::Add,
            Operator::Sub => BinOp::Sub,
            Operator::Mul => BinOp::Mul,
            Operator::And => BinOp::And,
            Operator::Or => BinOp::Or,
            Operator::Xor => BinOp::Xor,
            Operator::AndNot => {
                let wasm = self.b.func.ty(y);
                let ones = self.b.iconst(wasm, -1);
                let mask = self.b.bin(BinOp::Xor, y, ones);
                return Val::one(self.b.bin(BinOp::And, x, mask));
            }
            Operator::Div | Operator::Rem => {
                if self.b.func.as_const(y).is_none_or(|n| n == 0) {
                    self.lw.require(crate::ir::inst::PANIC_DIVIDE);
                    self.b.emit(crate::ir::Op::DivCheck, &[y], &[]);
                }
                match (op, signed) {
                    (Operator::Div, true) => BinOp::DivS,
                    (Operator::Div, false) => BinOp::DivU,
                    (_, true) => BinOp::RemS,
                    (_, false) => BinOp::RemU,
                }
            }
            _ => panic!("lower: binary operator {op:?}"),
        };
        let value = self.b.bin(op, x, y);
        let closed = matches!(op, BinOp::And | BinOp::Or | BinOp::Xor | BinOp::RemS | BinOp::RemU | BinOp::DivU);
        Val::one(if closed { value } else { self.narrow(value, kind) })
    }

    fn complex_operate(&mut self, op: Operator, kind: Basic, x: &[Value], y: &[Value]) -> Val {
        if kind == Basic::Complex64 && !matches!(op, Operator::Add | Operator::Sub) {
            // Go multiplies and divides with twice the precision and rounds the result.
            let mut promote = |pair: &[Value]| [self.b.conv(ConvOp::Promote, pair[0]), self.b.conv(ConvOp::Promote, pair[1])];
            let (x, y) = (promote(x), promote(y));
            let result = self.complex_operate(op, Basic::Complex128, &x, &y);
            let parts: Vec<Value> = result.scalars().iter().map(|part| self.b.conv(ConvOp::Demote, *part)).collect();
            return Val::flat(&parts);
        }
        match op {
            Operator::Add | Operator::Sub => {
                let op = if op == Operator::Add { BinOp::Add } else { BinOp::Sub };
                let re = self.b.bin(op, x[0], y[0]);
                let im = self.b.bin(op, x[1], y[1]);
                Val::flat(&[re, im])
            }
            Operator::Mul => {
                let (ac, bd) = (self.b.bin(BinOp::Mul, x[0], y[0]), self.b.bin(BinOp::Mul, x[1], y[1]));
                let (ad, bc) = (self.b.bin(BinOp::Mul, x[0], y[1]), self.b.bin(BinOp::Mul, x[1], y[0]));
                let re = self.b.bin(BinOp::Sub, ac, bd);
                let im = self.b.bin(BinOp::Add, ad, bc);
                Val::flat(&[re, im])
            }
            _ => {
                let result = self.runtime("complex128div", &[x[0], x[1], y[0], y[1]]);
                Val::flat(&result)
            }
        }
    }

    /// `x << count` or `x >> count` with `x` of type `ty`.
    pub fn shift_by(&mut self, e: &'a Expr, op: Operator, ty: TypeId, x: Val, count: &'a Expr) -> Val {
        let constant = self.lw.info().constant(count.id).map(|value| value.to_int().as_u64().unwrap_or(u64::MAX));
        if let Some(n) = constant {
            return self.shift_constant(op, ty, x.single(), n);
        }
        let count_type = self.typed(count);
        let signed = !self.lw.types().is_unsigned(count_type);
        let count = self.scalar(count);
        self.at(e.pos);
        let count = self.widen(count, signed);
        self.shift(op, ty, x.single(), count, signed)
    }

    fn shift_constant(&mut self, op: Operator, ty: TypeId, x: Value, n: u64) -> Val {
        let kind = self.basic(ty);
        let wasm = self.b.func.ty(x);
        let width = u64::from(bits(kind));
        let signed = is_signed(kind);
        if n >= width && (op == Operator::ShiftLeft || !signed) {
            return Val::one(self.b.iconst(wasm, 0));
        }
        let n = n.min(width - 1);
        let count = self.b.iconst(wasm, n as i64);
        let value = match (op, signed) {
            (Operator::ShiftLeft, _) => self.b.bin(BinOp::Shl, x, count),
            (_, true) => self.b.bin(BinOp::ShrS, x, count),
            (_, false) => self.b.bin(BinOp::ShrU, x, count),
        };
        Val::one(if op == Operator::ShiftLeft { self.narrow(value, kind) } else { value })
    }

    /// A shift by an i64 count; a negative one panics if the count's type is signed.
    pub fn shift(&mut self, op: Operator, ty: TypeId, x: Value, count: Value, signed_count: bool) -> Val {
        if let Some(n) = self.b.func.as_const(count)
            && (n >= 0 || !signed_count)
        {
            return self.shift_constant(op, ty, x, n as u64);
        }
        let kind = self.basic(ty);
        let wasm = self.b.func.ty(x);
        if signed_count {
            self.lw.require(crate::ir::inst::PANIC_SHIFT);
            self.b.emit(crate::ir::Op::ShiftCheck, &[count], &[]);
        }
        let limit = self.int(i64::from(bits(kind)));
        let fits = self.b.cmp(CmpOp::LtU, count, limit);
        if op == Operator::ShiftRight && is_signed(kind) {
            let most = self.int(i64::from(bits(kind)) - 1);
            let count = self.b.select(fits, count, most);
            let count = self.coerce(count, wasm);
            return Val::one(self.b.bin(BinOp::ShrS, x, count));
        }
        let count = self.coerce(count, wasm);
        let shifted = self.b.bin(if op == Operator::ShiftLeft { BinOp::Shl } else { BinOp::ShrU }, x, count);
        let shifted = if op == Operator::ShiftLeft { self.narrow(shifted, kind) } else { shifted };
        let zero = self.b.iconst(wasm, 0);
        Val::one(self.b.select(fits, shifted, zero))
    }

    // Conditions.

    /// Branches on a boolean expression.
    pub fn cond(&mut self, e: &'a Expr, yes: Block, no: Block) {
        if let Some(constant) = self.lw.info().constant(e.id) {
            let target = if constant.as_bool() { yes } else { no };
            self.jump(target);
            return;
        }
        match &e.kind {
            ExprKind::Paren(inner) => return self.cond(inner, yes, no),
            ExprKind::Unary(unary) if unary.op == Operator::Not => return self.cond(&unary.x, no, yes),
            ExprKind::Binary(binary) if self.decides(binary) => return self.cond(&binary.x, yes, no),
            ExprKind::Binary(binary) if binary.op == Operator::AndAnd => {
                let next = self.block();
                self.cond(&binary.x, next, no);
                self.enter(next);
                return self.cond(&binary.y, yes, no);
            }
            ExprKind::Binary(binary) if binary.op == Operator::OrOr => {
                let next = self.block();
                self.cond(&binary.x, yes, next);
                self.enter(next);
                return self.cond(&binary.y, yes, no);
            }
            _ => {}
        }
        let value = self.scalar(e);
        match self.b.func.as_const(value) {
            Some(0) => self.jump(no),
            Some(_) => self.jump(yes),
            None => self.b.branch(value, yes, no),
        }
    }

    /// Whether the left side of `&&` or `||` is a constant that makes the right one superfluous.
    fn decides(&self, binary: &BinaryExpr) -> bool {
        let Some(left) = self.lw.info().constant(binary.x.id) else { return false };
        match binary.op {
            Operator::AndAnd => !left.as_bool(),
            Operator::OrOr => left.as_bool(),
            _ => false,
        }
    }

    fn is_nil_expr(&self, e: &Expr) -> bool {
        self.lw.info().type_and_value(e.id).mode == Mode::Nil
    }

    fn comparison(&mut self, e: &'a Expr, binary: &'a BinaryExpr) -> Value {
        let (x, y) = (&binary.x, &binary.y);
        if self.is_nil_expr(x) || self.is_nil_expr(y) {
            let operand = if self.is_nil_expr(x) { y } else { x };
            if self.is_nil_expr(operand) {
                return self.i32(i64::from(binary.op == Operator::Equal));
            }
            let val = self.expr(operand);
            // The first word of a slice, interface, map, channel, func or pointer tells.
            let first = val.scalars()[0];
            return if binary.op == Operator::Equal { self.is_nil(first) } else { self.is_not_nil(first) };
        }
        let (tx, ty) = (self.typed(x), self.typed(y));
        let (ix, iy) = (self.lw.is_interface(tx), self.lw.is_interface(ty));
        let equal = if ix != iy {
            // An interface and a concrete value.
            let vx = self.expr(x);
            let vx = self.own(tx, vx);
            let vy = self.expr(y);
            self.at(e.pos);
            let (interface, iface_type, concrete, ty) = if ix { (vx, tx, vy, ty) } else { (vy, ty, vx, tx) };
            self.interface_equals_concrete(interface, iface_type, concrete, ty)
        } else {
            if ix && tx != ty {
                // Two interface types: compare as empty interfaces.
                let vx = self.expr(x);
                let vx = self.to_empty_interface(vx, tx);
                let vy = self.expr(y);
                let vy = self.to_empty_interface(vy, ty);
                self.at(e.pos);
                let equal = self.interface_equal(vx, vy, true);
                return if binary.op == Operator::NotEqual { self.not(equal) } else { equal };
            }
            let target = self.operand_type(x, y);
            let effects = self.has_effects(y);
            let vx = if effects { self.expr_as(x, target) } else { self.glance(x, target) };
            let vx = if effects { self.own(target, vx) } else { vx };
            let vy = self.glance(y, target);
            self.at(e.pos);
            if !matches!(binary.op, Operator::Equal | Operator::NotEqual) {
                return self.ordered(binary.op, target, vx, vy);
            }
            self.equal(target, vx, vy)
        };
        if binary.op == Operator::NotEqual { self.not(equal) } else { equal }
    }

    /// The type in which two operands are compared: that of the one that is no untyped constant.
    fn operand_type(&mut self, x: &'a Expr, y: &'a Expr) -> TypeId {
        let (tx, ty) = (self.type_of(x), self.type_of(y));
        if self.lw.types().is_untyped(tx) && !self.lw.types().is_untyped(ty) {
            return ty;
        }
        if self.lw.info().constant(x.id).is_some() && self.lw.info().constant(y.id).is_none() {
            return ty;
        }
        self.lw.types().default_type(tx)
    }

    fn ordered(&mut self, op: Operator, ty: TypeId, x: Val, y: Val) -> Value {
        let kind = self.basic(ty);
        let (x, y) = (x.scalars(), y.scalars());
        let (x, y, signed) = if matches!(kind, Basic::String | Basic::UntypedString) {
            let order = self.runtime1("cmpstring", &[x[0], x[1], y[0], y[1]]);
            (order, self.int(0), true)
        } else {
            (x[0], y[0], is_signed(kind) || is_float(kind))
        };
        let op = match (op, signed) {
            (Operator::Less, true) => CmpOp::LtS,
            (Operator::Less, false) => CmpOp::LtU,
            (Operator::LessEqual, true) => CmpOp::LeS,
            (Operator::LessEqual, false) => CmpOp::LeU,
            (Operator::Greater, true) => CmpOp::GtS,
            (Operator::Greater, false) => CmpOp::GtU,
            (_, true) => CmpOp::GeS,
            (_, false) => CmpOp::GeU,
        };
        self.b.cmp(op, x, y)
    }

    /// Whether evaluating the expression may change variables or panic half-way: it contains a call or a receive.
    pub fn has_effects(&self, e: &Expr) -> bool {
        if self.lw.info().constant(e.id).is_some() {
            return false;
        }
        match &e.kind {
            // A conversion only copies.
            ExprKind::Call(call) if call.args.len() == 1 && self.lw.info().type_and_value(call.fun.unparen().id).mode == Mode::Type => {
                self.has_effects(&call.args[0])
            }
            ExprKind::Call(_) => true,
            ExprKind::Paren(x) => self.has_effects(x),
            ExprKind::Selector(selector) => self.has_effects(&selector.x),
            ExprKind::Index(index) => self.has_effects(&index.x) || index.indices.iter().any(|i| self.has_effects(i)),
            ExprKind::Slice(slice) => self.has_effects(&slice.x) || slice.indices.iter().flatten().any(|i| self.has_effects(i)),
            ExprKind::Assert(assert) => self.has_effects(&assert.x),
            ExprKind::Unary(unary) => unary.op == Operator::Receive || self.has_effects(&unary.x),
            ExprKind::Binary(binary) => self.has_effects(&binary.x) || self.has_effects(&binary.y),
            ExprKind::KeyValue(pair) => self.has_effects(&pair.key) || self.has_effects(&pair.value),
            ExprKind::Composite(literal) => literal.elements.iter().any(|e| self.has_effects(e)),
            _ => false,
        }
    }
}
