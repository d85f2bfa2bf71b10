//! Conversions, explicit ones and those of untyped operands.

use crate::constant::Value;
use crate::diagnostic::Code;
use crate::syntax::ast::{Expr, ExprKind};
use crate::types::predicates::BasicInfo;
use crate::types::{Basic, Mode, TypeId, TypeKind};

use super::constant::{Misfit, represent};
use super::operand::{Operand, prepend};
use super::{Checker, Version, expr_string};

impl<'a> Checker<'a> {
    /// The type, and for constants the value, that an operand has where `target` is expected.
    pub(super) fn implicit_type(&mut self, x: &Operand<'a>, target: TypeId) -> Result<(TypeId, Option<Value>), Misfit> {
        if !x.is_valid() || self.types.is_typed(x.typ) || !self.types.is_valid(target) {
            return Ok((x.typ, None));
        }
        if self.types.is_untyped(target) {
            return self.types.max_untyped(x.typ, target).map(|typ| (typ, None)).ok_or(Misfit::Other);
        }
        if x.is_nil() {
            return if self.types.has_nil(target) { Ok((target, None)) } else { Err(Misfit::Other) };
        }
        match self.types.under(target) {
            TypeKind::Basic(basic) => {
                if x.is_constant() {
                    let value = self.representation(x, basic)?;
                    return Ok((target, Some(value)));
                }
                let fits = match x.typ {
                    TypeId::UNTYPED_BOOL => basic.has(BasicInfo::BOOLEAN),
                    TypeId::UNTYPED_INT | TypeId::UNTYPED_RUNE | TypeId::UNTYPED_FLOAT | TypeId::UNTYPED_COMPLEX => basic.has(BasicInfo::NUMERIC),
                    TypeId::UNTYPED_STRING => basic.has(BasicInfo::STRING),
                    _ => false,
                };
                if fits { Ok((target, None)) } else { Err(Misfit::Other) }
            }
            TypeKind::Interface(interface) => {
                if self.types.is_type_parameter(target) {
                    let fits = match self.types.alternatives(target) {
                        None => false,
                        Some(list) => list.into_iter().all(|(_, underlying)| self.implicit_type(x, underlying).is_ok()),
                    };
                    return if fits { Ok((target, None)) } else { Err(Misfit::Other) };
                }
                // The value gets its default type as dynamic type.
                if self.types.type_set(interface).is_all() { Ok((self.types.default_type(x.typ), None)) } else { Err(Misfit::Other) }
            }
            _ => Err(Misfit::Other),
        }
    }

    /// Gives an untyped operand the type that its use asks for.
    pub(super) fn convert_untyped(&mut self, x: &mut Operand<'a>, target: TypeId) {
        match self.implicit_type(x, target) {
            Err(misfit) => {
                let t = if self.types.is_type_parameter(target) { target } else { self.types.underlying(target) };
                self.conversion_error(misfit, x, t);
                x.invalidate();
            }
            Ok((typ, value)) => self.set_implicit(x, typ, value),
        }
    }

    pub(super) fn set_implicit(&mut self, x: &mut Operand<'a>, typ: TypeId, value: Option<Value>) {
        if let Some(value) = value {
            if let Some(expr) = x.expr()
                && let Some(untyped) = self.untyped.get_mut(&expr.id)
            {
                untyped.value = Some(value.clone());
            }
            x.value = value;
        }
        if typ != x.typ {
            x.typ = typ;
            if let Some(expr) = x.expr() {
                self.update_type(expr, typ, false);
            }
        }
    }

    /// Carries the type of an untyped expression down into its operands, and records it if it is final.
    pub(super) fn update_type(&mut self, expr: &'a Expr, typ: TypeId, is_final: bool) {
        let Some(old) = self.untyped.get(&expr.id) else { return };
        let is_constant = old.value.is_some();
        match &expr.kind {
            ExprKind::Paren(inner) => self.update_type(inner, typ, is_final),
            // The operands of constants are never materialized.
            ExprKind::Unary(unary) if !is_constant => self.update_type(&unary.x, typ, is_final),
            ExprKind::Binary(binary) if !is_constant => {
                if binary.op.is_comparison() {
                    // The operands have their final types.
                } else if binary.op.is_shift() {
                    self.update_type(&binary.x, typ, is_final);
                } else {
                    self.update_type(&binary.x, typ, is_final);
                    self.update_type(&binary.y, typ, is_final);
                }
            }
            _ => {}
        }
        if !is_final && self.types.is_untyped(typ) {
            if let Some(old) = self.untyped.get_mut(&expr.id) {
                old.typ = typ;
            }
            return;
        }
        let Some(old) = self.untyped.remove(&expr.id) else { return };
        if old.is_shift_operand && !self.types.all_basic(typ, BasicInfo::INTEGER) {
            let message = format!("invalid operation: shifted operand {} (type {}) must be integer", expr_string(expr), self.ts(typ));
            self.error(Code::InvalidShiftOperand, expr.start(), message);
            return;
        }
        let mut value = old.value;
        if let Some(constant) = &value {
            let mut c = Operand { mode: old.mode, typ: old.typ, value: constant.clone(), ..Operand::invalid() };
            c.set_expr(expr);
            self.convert_untyped(&mut c, typ);
            if !c.is_valid() {
                return;
            }
            value = Some(c.value);
        }
        self.record_type(expr.id, old.mode, typ, value.as_ref());
    }

    /// The conversion `T(x)`.
    pub(super) fn conversion(&mut self, x: &mut Operand<'a>, target: TypeId) {
        let constant_argument = x.is_constant();
        let mut cause = String::new();
        let ok;
        if constant_argument && self.types.is_constant_type(target) {
            match self.constant_conversion(x, target) {
                Some(value) => {
                    x.value = value;
                    ok = true;
                }
                None => {
                    // Messages show the integer that it would be.
                    let integer = x.value.to_int();
                    if self.types.is_integer(target) && !integer.is_unknown() {
                        x.value = integer;
                    }
                    if self.types.is_integer(x.typ) && self.types.is_integer(target) {
                        let message = format!("constant {} overflows {}", x.value.display(), self.ts(target));
                        self.error(Code::InvalidConversion, x.pos(), message);
                        x.invalidate();
                        return;
                    }
                    ok = false;
                }
            }
        } else if constant_argument && self.types.is_type_parameter(target) {
            ok = self.constant_to_parameter(x, target, &mut cause);
            x.mode = Mode::Value;
        } else {
            ok = self.convertible(x, target, &mut cause);
            if ok {
                x.mode = Mode::Value;
            }
        }
        if !ok {
            let mut message = format!("cannot convert {} to type {}", self.os(x), self.ts(target));
            if !cause.is_empty() {
                message.push_str(&format!(": {cause}"));
            }
            self.error(Code::InvalidConversion, x.pos(), message);
            x.invalidate();
            return;
        }
        if self.types.is_untyped(x.typ) {
            let mut last = target;
            if x.typ == TypeId::UNTYPED_NIL {
                // nil keeps the target type.
            } else if self.types.is_interface_value(target) || constant_argument && !self.types.is_constant_type(target) {
                last = self.types.default_type(x.typ);
            } else if x.is_constant() && self.types.is_integer(x.typ) && self.types.all_basic(target, BasicInfo::STRING) {
                last = x.typ;
            }
            if let Some(expr) = x.expr() {
                self.update_type(expr, last, true);
            }
        }
        x.typ = target;
    }

    fn constant_conversion(&mut self, x: &Operand<'a>, target: TypeId) -> Option<Value> {
        let basic = self.types.basic(target)?;
        if let Some(value) = represent(&x.value, basic) {
            return Some(value);
        }
        if self.types.is_integer(x.typ) && basic.has(BasicInfo::STRING) {
            let code = x.value.as_u64().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
            return Some(Value::from_text(&code.unwrap_or(char::REPLACEMENT_CHARACTER).to_string()));
        }
        None
    }

    fn constant_to_parameter(&mut self, x: &Operand<'a>, target: TypeId, cause: &mut String) -> bool {
        let Some(list) = self.types.alternatives(target) else {
            *cause = format!("{} does not contain specific types", self.ts(target));
            return false;
        };
        for (_, underlying) in list {
            if self.types.is_string(x.typ) && self.types.is_bytes_or_runes(underlying) {
                continue;
            }
            if self.constant_conversion(x, underlying).is_none() {
                *cause = if self.types.is_integer(x.typ) && self.types.is_integer(underlying) {
                    format!("constant {} overflows {} (in {})", x.value.display(), self.ts(underlying), self.ts(target))
                } else {
                    format!("cannot convert {} to type {} (in {})", self.os(x), self.ts(underlying), self.ts(target))
                };
                return false;
            }
        }
        true
    }

    pub(super) fn convertible(&mut self, x: &Operand<'a>, target: TypeId, cause: &mut String) -> bool {
        if self.assignable(x, target, cause) {
            return true;
        }
        let original = target;
        let v = self.types.unalias(x.typ);
        let t = self.types.unalias(target);
        let v_parameter = self.types.as_type_parameter(v);
        let t_parameter = self.types.as_type_parameter(t);
        let vu = self.types.underlying(v);
        let tu = self.types.underlying(t);
        if v_parameter.is_none() && t_parameter.is_none() && self.types.identical_ignoring_tags(vu, tu) {
            return true;
        }
        if let (TypeKind::Pointer(a), TypeKind::Pointer(b)) = (self.types.kind(v), self.types.kind(t))
            && !self.types.is_type_parameter(a)
            && !self.types.is_type_parameter(b)
        {
            let (a, b) = (self.types.underlying(a), self.types.underlying(b));
            if self.types.identical_ignoring_tags(a, b) {
                return true;
            }
        }
        let is = |checker: &mut Checker<'a>, typ, info| checker.types.is_basic(typ, info);
        if is(self, vu, BasicInfo::INTEGER_OR_FLOAT) && is(self, tu, BasicInfo::INTEGER_OR_FLOAT) {
            return true;
        }
        if is(self, vu, BasicInfo::COMPLEX) && is(self, tu, BasicInfo::COMPLEX) {
            return true;
        }
        if (is(self, vu, BasicInfo::INTEGER) || self.types.is_bytes_or_runes(vu)) && is(self, tu, BasicInfo::STRING) {
            return true;
        }
        if is(self, vu, BasicInfo::STRING) && self.types.is_bytes_or_runes(tu) {
            return true;
        }
        let pointer_like = |checker: &mut Checker<'a>, typ| checker.types.is_pointer(typ) || checker.types.is_uintptr(typ);
        if pointer_like(self, vu) && self.types.is_unsafe_pointer(tu) {
            return true;
        }
        if self.types.basic(vu) == Some(Basic::UnsafePointer) && pointer_like(self, tu) {
            return true;
        }
        if let TypeKind::Slice(elem) = self.types.kind(vu) {
            let (array, version, what) = match self.types.kind(tu) {
                TypeKind::Pointer(base) => (self.types.underlying(base), Version::GO1_17, "array pointer"),
                _ => (tu, Version::GO1_20, "array"),
            };
            if let TypeKind::Array(_, array_elem) = self.types.kind(array)
                && self.types.identical(elem, array_elem)
            {
                if self.allows(version) {
                    return true;
                }
                *cause = format!("conversion of slice to {what} requires {version} or later");
                return false;
            }
        }
        let v_terms = v_parameter.map(|parameter| self.types.parameter_set(parameter));
        let t_terms = t_parameter.map(|parameter| self.types.parameter_set(parameter));
        match (v_terms, t_terms) {
            (None, None) => false,
            (Some(v_set), Some(t_set)) => {
                for from in v_set.specific() {
                    let y = Operand { typ: from.typ, ..x.clone() };
                    for to in t_set.specific() {
                        if !self.convertible(&y, to.typ, cause) {
                            let line =
                                format!("cannot convert {} (in {}) to type {} (in {})", self.ts(from.typ), self.ts(v), self.ts(to.typ), self.ts(t));
                            prepend(cause, line);
                            return false;
                        }
                    }
                }
                v_set.has_terms() && t_set.has_terms()
            }
            (Some(v_set), None) => {
                for from in v_set.specific() {
                    let y = Operand { typ: from.typ, ..x.clone() };
                    if !self.convertible(&y, t, cause) {
                        let line = format!("cannot convert {} (in {}) to type {}", self.ts(from.typ), self.ts(v), self.ts(original));
                        prepend(cause, line);
                        return false;
                    }
                }
                v_set.has_terms()
            }
            (None, Some(t_set)) => {
                for to in t_set.specific() {
                    if !self.convertible(x, to.typ, cause) {
                        let line = format!("cannot convert {} to type {} (in {})", self.ts(x.typ), self.ts(to.typ), self.ts(t));
                        prepend(cause, line);
                        return false;
                    }
                }
                t_set.has_terms()
            }
        }
    }
}
