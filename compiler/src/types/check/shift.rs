//! Shifts. The left operand of one that is not constant takes the type that the whole expression gets, so an untyped one waits for it.

use crate::constant::Value;
use crate::diagnostic::Code;
use crate::syntax::ast::{Expr, Operator};
use crate::types::predicates::BasicInfo;
use crate::types::{Mode, TypeId};

use super::operand::Operand;
use super::{Checker, Version};

/// The largest shift count of a constant, as Go's compiler has it.
const SHIFT_LIMIT: u64 = 1023 - 1 + 52;

impl<'a> Checker<'a> {
    pub(super) fn shift(&mut self, x: &mut Operand<'a>, y: &mut Operand<'a>, expr: Option<&'a Expr>, op: Operator) {
        let x_value = if x.is_constant() { x.value.to_int() } else { Value::Unknown };
        let integer = self.types.all_basic(x.typ, BasicInfo::INTEGER);
        if !integer && (self.types.is_typed(x.typ) || x_value.is_unknown()) {
            let message = format!("invalid operation: shifted operand {} must be integer", self.os(x));
            self.error(Code::InvalidShiftOperand, x.pos(), message);
            x.invalidate();
            return;
        }
        let mut count = Value::Unknown;
        if y.is_constant() {
            count = y.value.to_int();
            if !count.is_unknown() && count.sign() < 0 {
                let message = format!("invalid operation: negative shift count {}", self.os(y));
                self.error(Code::InvalidShiftCount, y.pos(), message);
                x.invalidate();
                return;
            }
            if self.types.is_untyped(y.typ) {
                // It stays untyped here; what is recorded is uint.
                self.require_uint(y);
                if !y.is_valid() {
                    x.invalidate();
                    return;
                }
            }
        } else if self.types.all_basic(y.typ, BasicInfo::INTEGER) && self.types.is_typed(y.typ) {
            if !self.types.all_basic(y.typ, BasicInfo::UNSIGNED) && !self.allows(Version::GO1_13) {
                let text = self.os(y);
                self.require(y.pos(), Version::GO1_13, |_| format!("invalid operation: signed shift count {text}"));
                x.invalidate();
                return;
            }
        } else if self.types.is_untyped(y.typ) {
            self.convert_untyped(y, TypeId::UINT);
            if !y.is_valid() {
                x.invalidate();
                return;
            }
        } else {
            self.shift_count_error(y);
            x.invalidate();
            return;
        }
        if x.is_constant() {
            if y.is_constant() {
                if x.value.is_unknown() || y.value.is_unknown() {
                    x.value = Value::Unknown;
                    if !self.types.is_integer(x.typ) {
                        x.typ = TypeId::UNTYPED_INT;
                    }
                    return;
                }
                let Some(bits) = count.as_u64().filter(|bits| *bits <= SHIFT_LIMIT) else {
                    let message = format!("invalid operation: invalid shift count {}", self.os(y));
                    self.error(Code::InvalidShiftCount, y.pos(), message);
                    x.invalidate();
                    return;
                };
                if !self.types.is_integer(x.typ) {
                    x.typ = TypeId::UNTYPED_INT;
                }
                x.value = if op == Operator::ShiftLeft { x_value.shift_left(bits) } else { x_value.shift_right(bits) };
                let pos = expr.map_or(x.pos(), |expr| expr.pos);
                if let Some(expr) = expr {
                    x.set_expr(expr);
                }
                self.check_overflow(x, pos);
                return;
            }
            if self.types.is_untyped(x.typ) {
                // The type of the operand is that which the whole expression gets.
                if let Some(expr) = x.expr()
                    && let Some(untyped) = self.untyped.get_mut(&expr.id)
                {
                    untyped.is_shift_operand = true;
                }
                x.mode = Mode::Value;
                return;
            }
        }
        if !integer {
            let message = format!("invalid operation: shifted operand {} must be integer", self.os(x));
            self.error(Code::InvalidShiftOperand, x.pos(), message);
            x.invalidate();
            return;
        }
        x.mode = Mode::Value;
    }

    fn shift_count_error(&mut self, y: &Operand<'a>) {
        let message = format!("invalid operation: shift count {} must be integer", self.os(y));
        self.error(Code::InvalidShiftCount, y.pos(), message);
    }
}
