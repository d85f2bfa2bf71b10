//! Strings: joining them, and conversions from and to bytes that need no copy.
//!
//! A conversion between string and bytes copies. Where the result is only looked at before anything can change the bytes (an operand of a
//! comparison, the key of a lookup, a part of a sum, what a loop ranges over) it is the converted memory itself: a *glance*. The operands
//! evaluated after it must leave memory as it is ([`FnCx::has_effects`]).
//!
//! Everything else is made by functions of package runtime that take the memory for the result as their first argument, here nil, which
//! means the heap; `opt/temporary.rs` gives them memory of the frame if the result does not outlive it.

use crate::ir::Value;
use crate::syntax::ast::{Expr, ExprKind, Operator};
use crate::types::{Basic, Mode, TypeId, TypeKind};

use super::func::{FnCx, Val};

impl<'a> FnCx<'_, 'a> {
    /// Calls a function that makes a string or a slice.
    pub fn made_text(&mut self, name: &'static str, args: &[Value]) -> Vec<Value> {
        let mut all = vec![self.b.nil()];
        all.extend_from_slice(args);
        self.runtime(name, &all)
    }

    /// Whether a type is a slice of bytes.
    pub fn is_bytes(&mut self, ty: TypeId) -> bool {
        match self.under(ty) {
            TypeKind::Slice(elem) => self.is_byte(elem),
            _ => false,
        }
    }

    fn is_string(&mut self, ty: TypeId) -> bool {
        matches!(self.under(ty), TypeKind::Basic(Basic::String | Basic::UntypedString))
    }

    /// The operand of a conversion whose value is not known.
    fn converted(&self, e: &'a Expr) -> Option<&'a Expr> {
        let inner = e.unparen();
        let ExprKind::Call(call) = &inner.kind else { return None };
        let info = self.lw.info();
        let conversion = call.args.len() == 1 && info.type_and_value(call.fun.unparen().id).mode == Mode::Type;
        let known = info.constant(inner.id).is_some() || conversion && info.type_and_value(call.args[0].id).mode == Mode::Nil;
        (conversion && !known).then(|| &call.args[0])
    }

    /// `b`, if the expression is `string(b)` of bytes.
    fn bytes_of_string(&mut self, e: &'a Expr) -> Option<&'a Expr> {
        let x = self.converted(e)?;
        let (to, from) = (self.type_of(e), self.typed(x));
        (self.is_string(to) && self.is_bytes(from)).then_some(x)
    }

    /// The string, if the expression is a conversion of a string to bytes: for who only reads them.
    pub fn string_of_bytes(&mut self, e: &'a Expr) -> Option<&'a Expr> {
        let x = self.converted(e)?;
        let (to, from) = (self.type_of(e), self.typed(x));
        (self.is_bytes(to) && self.is_string(from)).then_some(x)
    }

    /// Evaluates an operand that is looked at before anything is changed, and not kept.
    pub fn glance(&mut self, e: &'a Expr, to: TypeId) -> Val {
        if self.is_string(to)
            && let Some(bytes) = self.bytes_of_string(e)
        {
            let slice = self.expr(bytes).scalars();
            return Val::flat(&slice[..2]);
        }
        self.expr_as(e, to)
    }

    /// `a + b + ...` of strings: one call for the whole chain.
    pub fn concatenation(&mut self, e: &'a Expr) -> Val {
        let mut operands = Vec::new();
        self.flatten_sum(e, &mut operands);
        let ty = self.type_of(e);
        if operands.iter().any(|operand| self.bytes_of_string(operand).is_some()) {
            return self.join("concatcopy", e, &operands, ty);
        }
        if operands.len() > 5 {
            return self.join("concatstrings", e, &operands, ty);
        }
        let vals: Vec<Val> = operands.iter().map(|operand| self.expr_as(operand, ty)).collect();
        self.at(e.pos);
        let args: Vec<Value> = vals.iter().flat_map(|val| val.scalars().to_vec()).collect();
        let name = match vals.len() {
            2 => "concatstring2",
            3 => "concatstring3",
            4 => "concatstring4",
            5 => "concatstring5",
            _ => return vals[0],
        };
        let joined = self.made_text(name, &args);
        Val::flat(&joined)
    }

    /// `[]byte(a + b + ...)`.
    pub fn joined_bytes(&mut self, e: &'a Expr, sum: &'a Expr) -> Option<Val> {
        let ty = self.typed(sum);
        if !self.is_string(ty) {
            return None;
        }
        let mut operands = Vec::new();
        self.flatten_sum(sum, &mut operands);
        (operands.len() > 1).then(|| self.join("concatbytes", e, &operands, ty))
    }

    /// Calls a function that joins a list of strings. If it copies each of them, they may be glances.
    fn join(&mut self, name: &'static str, e: &'a Expr, operands: &[&'a Expr], ty: TypeId) -> Val {
        let copies = name != "concatstrings";
        let mut vals = Vec::with_capacity(operands.len());
        for (i, operand) in operands.iter().enumerate() {
            let quiet = copies && !operands[i + 1..].iter().any(|later| self.has_effects(later));
            vals.push(if quiet { self.glance(operand, ty) } else { self.expr_as(operand, ty) });
        }
        self.at(e.pos);
        let array = self.lw.types().array_of(vals.len() as i64, TypeId::STRING);
        let array = self.lw.canonical(array);
        let list = self.temp(array);
        for (i, val) in vals.iter().enumerate() {
            self.store(TypeId::STRING, list, i as u32 * 16, *val);
        }
        let n = self.int(vals.len() as i64);
        let joined = self.made_text(name, &[list, n, n]);
        Val::flat(&joined)
    }

    fn flatten_sum(&mut self, e: &'a Expr, operands: &mut Vec<&'a Expr>) {
        let inner = e.unparen();
        if self.lw.info().constant(inner.id).is_none()
            && let ExprKind::Binary(binary) = &inner.kind
            && binary.op == Operator::Add
        {
            self.flatten_sum(&binary.x, operands);
            self.flatten_sum(&binary.y, operands);
            return;
        }
        operands.push(e);
    }
}
