//! Comparisons: `x == y` and the like, and the cases of a switch against its tag.

use crate::constant::{Operator as ConstantOperator, Value};
use crate::diagnostic::Code;
use crate::syntax::ast::Operator;
use crate::types::predicates::BasicInfo;
use crate::types::{Mode, TypeId, TypeKind};

use super::Checker;
use super::constant::constant_operator;
use super::operand::{Operand, composite_kind};

impl<'a> Checker<'a> {
    /// `x op y`. In a switch it is the comparison of a case `x` with the tag `y`.
    pub(super) fn comparison(&mut self, x: &mut Operand<'a>, y: &mut Operand<'a>, op: Operator, in_switch: bool) {
        if !self.types.is_valid(x.typ) || !self.types.is_valid(y.typ) {
            x.invalidate();
            return;
        }
        let op = if in_switch { Operator::Equal } else { op };
        let mut ignored = String::new();
        let mut cause = String::new();
        let mut at_y = false;
        let mismatched = !self.assignable(x, y.typ, &mut ignored) && !self.assignable(y, x.typ, &mut ignored);
        let ok = if mismatched {
            at_y = true;
            cause = format!("mismatched types {} and {}", self.ts(x.typ), self.ts(y.typ));
            false
        } else if matches!(op, Operator::Equal | Operator::NotEqual) {
            if x.is_nil() || y.is_nil() {
                let typ = if x.is_nil() { y.typ } else { x.typ };
                at_y = true;
                self.types.has_nil(typ)
            } else if !self.types.is_comparable(x.typ, true) {
                cause = self.incomparable_cause(x.typ);
                false
            } else if !self.types.is_comparable(y.typ, true) {
                at_y = true;
                cause = self.incomparable_cause(y.typ);
                false
            } else {
                true
            }
        } else if !self.types.all_basic(x.typ, BasicInfo::ORDERED) {
            false
        } else {
            at_y = true;
            self.types.all_basic(y.typ, BasicInfo::ORDERED)
        };
        if ok {
            if x.is_constant() && y.is_constant() {
                let operator = constant_operator(op, false).unwrap_or(ConstantOperator::Equal);
                x.value = Value::Bool(x.value.compare(operator, &y.value));
            } else {
                x.mode = Mode::Value;
                // The operands are never materialized as anything else.
                for operand in [&*x, &*y] {
                    if let Some(expr) = operand.expr() {
                        let typ = self.types.default_type(operand.typ);
                        self.update_type(expr, typ, true);
                    }
                }
            }
            x.typ = TypeId::UNTYPED_BOOL;
            return;
        }
        if cause.is_empty() {
            if self.types.is_type_parameter(x.typ) || self.types.is_type_parameter(y.typ) {
                if !self.types.is_type_parameter(x.typ) {
                    at_y = true;
                }
                let typ = if at_y { y.typ } else { x.typ };
                cause = format!("type parameter {} cannot use operator {op}", self.ts(typ));
            } else {
                let typ = if at_y { y.typ } else { x.typ };
                let kind = composite_kind(&mut self.types, typ);
                let what = if kind.is_empty() { self.ts(typ) } else { kind.to_string() };
                cause = format!("operator {op} not defined on {what}");
            }
        }
        let code = if mismatched { Code::MismatchedTypes } else { Code::UndefinedOp };
        let (a, b) = (x.text(), y.text());
        if in_switch {
            self.error(code, x.pos(), format!("invalid case {a} in switch on {b} ({cause})"));
        } else {
            let pos = if at_y { y.pos() } else { x.pos() };
            self.error(code, pos, format!("invalid operation: {a} {op} {b} ({cause})"));
        }
        x.invalidate();
    }

    fn incomparable_cause(&mut self, typ: TypeId) -> String {
        match self.types.under(typ) {
            TypeKind::Slice(_) | TypeKind::Signature(_) | TypeKind::Map(..) => {
                format!("{} can only be compared to nil", composite_kind(&mut self.types, typ))
            }
            _ => self.types.comparable_problem(typ, true, &mut Vec::new()).unwrap_or_default(),
        }
    }
}
