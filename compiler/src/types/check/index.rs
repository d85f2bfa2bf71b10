//! Index and slice expressions.

use crate::diagnostic::Code;
use crate::syntax::ast::{Expr, IndexExpr, SliceExpr};
use crate::types::predicates::BasicInfo;
use crate::types::{Mode, TypeId, TypeKind};

use super::operand::Operand;
use super::{Checker, constant::represent};

impl<'a> Checker<'a> {
    /// `x[i]`. The flag says that it is the instantiation of a generic function, which is `x`.
    pub(super) fn index_expr(&mut self, expr: &'a Expr, index: &'a IndexExpr) -> (Operand<'a>, bool) {
        let mut x = self.expr_or_type(&index.x, true);
        match x.mode {
            Mode::Invalid => {
                self.use_exprs(&index.indices);
                return (x, false);
            }
            Mode::Type => {
                let typ = self.variable_type(expr);
                let mode = if self.types.is_valid(typ) { Mode::Type } else { Mode::Invalid };
                return (Operand { mode, typ, ..Operand::invalid() }, false);
            }
            Mode::Value => {
                if let Some(signature) = self.types.as_signature(x.typ)
                    && !self.types.signature(signature).type_params.is_empty()
                {
                    return (x, true);
                }
            }
            _ => {}
        }
        self.require_instantiated(None, &mut x);
        if !x.is_valid() {
            return (x, false);
        }
        if !self.is_complete(x.typ) {
            return (Operand::invalid(), false);
        }
        let underlying = self.types.underlying(x.typ);
        let element = match self.types.kind(underlying) {
            TypeKind::Pointer(base) => Some(base),
            TypeKind::Map(_, elem) => Some(elem),
            _ => None,
        };
        if element.is_some_and(|element| !self.is_complete(element)) {
            return (Operand::invalid(), false);
        }
        let mut length = -1;
        let mut valid = false;
        match self.types.kind(underlying) {
            TypeKind::Basic(basic) if basic.has(BasicInfo::STRING) => {
                valid = true;
                if x.is_constant() {
                    length = x.value.as_text().map_or(-1, |text| text.len() as i64);
                }
                x.mode = Mode::Value;
                x.typ = TypeId::BYTE;
            }
            TypeKind::Array(n, elem) => {
                valid = true;
                length = n;
                if x.mode != Mode::Variable {
                    x.mode = Mode::Value;
                }
                x.typ = elem;
            }
            TypeKind::Pointer(base) => {
                if let TypeKind::Array(n, elem) = self.types.under(base) {
                    valid = true;
                    length = n;
                    x.mode = Mode::Variable;
                    x.typ = elem;
                }
            }
            TypeKind::Slice(elem) => {
                valid = true;
                x.mode = Mode::Variable;
                x.typ = elem;
            }
            TypeKind::Map(key, elem) => return (self.map_index(expr, index, key, elem), false),
            TypeKind::Interface(_) if self.types.is_type_parameter(x.typ) => {
                if let Some((key, elem, common_length, mode)) = self.common_index(&x) {
                    if let Some(key) = key {
                        return (self.map_index(expr, index, key, elem), false);
                    }
                    valid = true;
                    length = common_length;
                    x.mode = mode;
                    x.typ = elem;
                }
            }
            _ => {}
        }
        if !valid {
            let message = format!("cannot index {}", self.os(&x));
            self.error(Code::NonSliceableOperand, expr.pos, message);
            self.use_exprs(&index.indices);
            return (Operand::invalid(), false);
        }
        let Some(at) = self.single_index(index) else { return (Operand::invalid(), false) };
        self.index(at, length);
        (x, false)
    }

    fn map_index(&mut self, expr: &'a Expr, index: &'a IndexExpr, key: TypeId, elem: TypeId) -> Operand<'a> {
        let Some(at) = self.single_index(index) else { return Operand::invalid() };
        let mut k = self.generic_expr(at, None);
        self.assignment(&mut k, Some(key), &"map index".into());
        let mut x = Operand { mode: Mode::MapIndex, typ: elem, ..Operand::invalid() };
        x.set_expr(expr);
        x
    }

    /// Key, element, length and mode of indexing a value of a type parameter's type.
    fn common_index(&mut self, x: &Operand<'a>) -> Option<(Option<TypeId>, TypeId, i64, Mode)> {
        let mut result: Option<(Option<TypeId>, TypeId, i64)> = None;
        let mut mode = Mode::Variable;
        for (_, underlying) in self.types.alternatives(x.typ)? {
            let (key, elem, length) = match self.types.kind(underlying) {
                TypeKind::Basic(basic) if basic.has(BasicInfo::STRING) => {
                    mode = Mode::Value;
                    (None, TypeId::BYTE, -1)
                }
                TypeKind::Array(n, elem) => {
                    if x.mode != Mode::Variable {
                        mode = Mode::Value;
                    }
                    (None, elem, n)
                }
                TypeKind::Pointer(base) => match self.types.under(base) {
                    TypeKind::Array(n, elem) => (None, elem, n),
                    _ => return None,
                },
                TypeKind::Slice(elem) => (None, elem, -1),
                TypeKind::Map(key, elem) => (Some(key), elem, -1),
                _ => return None,
            };
            let Some((first_key, first_elem, first_length)) = &mut result else {
                result = Some((key, elem, length));
                continue;
            };
            let same_key = match (*first_key, key) {
                (None, None) => true,
                (Some(a), Some(b)) => self.types.identical(a, b),
                _ => false,
            };
            if !same_key || !self.types.identical(*first_elem, elem) {
                return None;
            }
            if length >= 0 && length < *first_length {
                *first_length = length;
            }
        }
        result.map(|(key, elem, length)| (key, elem, length, mode))
    }

    pub(super) fn slice_expr(&mut self, expr: &'a Expr, slice: &'a SliceExpr) -> Operand<'a> {
        let mut x = self.expr(None, &slice.x);
        if !x.is_valid() {
            for index in slice.indices.iter().flatten() {
                self.use_expr(index);
            }
            return x;
        }
        let Some(common) = self.common_sliceable(&x) else { return Operand::invalid() };
        if let TypeKind::Pointer(base) = self.types.under(x.typ)
            && !self.is_complete(base)
        {
            return Operand::invalid();
        }
        let mut length = -1;
        let mut valid = false;
        match self.types.kind(common) {
            TypeKind::Basic(basic) if basic.has(BasicInfo::STRING) => {
                if slice.full {
                    let pos = slice.indices[2].as_ref().map_or(expr.start(), Expr::start);
                    self.error(Code::InvalidSliceExpr, pos, "invalid operation: 3-index slice of string");
                    return Operand::invalid();
                }
                valid = true;
                if x.is_constant() {
                    length = x.value.as_text().map_or(-1, |text| text.len() as i64);
                }
                if self.types.is_untyped(x.typ) {
                    x.typ = TypeId::STRING;
                }
            }
            TypeKind::Array(n, elem) => {
                valid = true;
                length = n;
                if x.mode != Mode::Variable {
                    let message = format!("cannot slice unaddressable value {}", self.os(&x));
                    self.error(Code::NonSliceableOperand, x.pos(), message);
                    return Operand::invalid();
                }
                self.note_address(&slice.x);
                x.typ = self.types.slice_of(elem);
            }
            TypeKind::Pointer(base) => {
                if let TypeKind::Array(n, elem) = self.types.under(base) {
                    valid = true;
                    length = n;
                    x.typ = self.types.slice_of(elem);
                }
            }
            TypeKind::Slice(_) => valid = true,
            _ => {}
        }
        if !valid {
            let message = format!("cannot slice {}", self.os(&x));
            self.error(Code::NonSliceableOperand, x.pos(), message);
            return Operand::invalid();
        }
        x.mode = Mode::Value;
        if slice.full && (slice.indices[1].is_none() || slice.indices[2].is_none()) {
            self.error(Code::InvalidSyntaxTree, expr.start(), "invalid syntax tree: 2nd and 3rd index required in 3-index slice");
            return Operand::invalid();
        }
        let mut constants = [-1i64; 3];
        for (at, index) in slice.indices.iter().enumerate() {
            constants[at] = match index {
                Some(index) => self.index(index, if length >= 0 { length + 1 } else { -1 }).1,
                None if at == 0 => 0,
                None => length,
            };
        }
        'outer: for i in 0..2 {
            if constants[i] <= 0 {
                continue;
            }
            for j in i + 1..3 {
                if constants[j] >= 0 && constants[j] < constants[i] {
                    let pos = slice.indices[j].as_ref().map_or(expr.start(), Expr::start);
                    self.error(Code::SwappedSliceIndices, pos, format!("invalid slice indices: {} < {}", constants[j], constants[i]));
                    break 'outer;
                }
            }
        }
        x
    }

    /// The type to slice that all types of the operand have in common.
    fn common_sliceable(&mut self, x: &Operand<'a>) -> Option<TypeId> {
        let Some(list) = self.types.alternatives(x.typ) else {
            let message = format!("cannot slice {}: no specific type in {}", self.os(x), self.ts(x.typ));
            self.error(Code::NonSliceableOperand, x.pos(), message);
            return None;
        };
        let mut has_string = false;
        let mut common: Option<(TypeId, TypeId)> = None;
        for (typ, underlying) in list {
            let mut underlying = underlying;
            if self.types.is_string(underlying) {
                underlying = self.types.slice_of(TypeId::BYTE);
                has_string = true;
            }
            match common {
                None => common = Some((typ, underlying)),
                Some((first, shared)) => {
                    if !self.types.identical(shared, underlying) {
                        let (x_text, a, b) = (self.os(x), self.ts(first), self.ts(typ));
                        let message = format!("cannot slice {x_text}: {a} and {b} have different underlying types");
                        self.error(Code::NonSliceableOperand, x.pos(), message);
                        return None;
                    }
                }
            }
        }
        if has_string {
            return Some(if self.types.is_type_parameter(x.typ) { TypeId::STRING } else { self.types.underlying(x.typ) });
        }
        common.map(|(_, underlying)| underlying)
    }

    fn single_index(&mut self, index: &'a IndexExpr) -> Option<&'a Expr> {
        if let Some(second) = index.indices.get(1) {
            self.error(Code::InvalidIndex, second.start(), "invalid operation: more than one index");
        }
        index.indices.first()
    }

    /// An index that must be less than `limit` unless that is negative. Its type, and its value or -1.
    pub(super) fn index(&mut self, index: &'a Expr, limit: i64) -> (TypeId, i64) {
        let mut x = self.expr(None, index);
        if !self.is_valid_index(&mut x, Code::InvalidIndex, "index", false) {
            return (TypeId::INVALID, -1);
        }
        if !x.is_constant() {
            return (x.typ, -1);
        }
        let Some(value) = x.value.as_i64() else { return (TypeId::INVALID, -1) };
        if limit >= 0 && value >= limit {
            let message = format!("invalid argument: index {} out of bounds [0:{limit}]", x.value.display());
            self.error(Code::InvalidIndex, x.pos(), message);
            return (TypeId::INVALID, -1);
        }
        (x.typ, value)
    }

    pub(super) fn is_valid_index(&mut self, x: &mut Operand<'a>, code: Code, what: &str, allow_negative: bool) -> bool {
        if !x.is_valid() {
            return false;
        }
        self.convert_untyped(x, TypeId::INT);
        if !x.is_valid() {
            return false;
        }
        if !self.types.all_basic(x.typ, BasicInfo::INTEGER) {
            let message = format!("invalid argument: {what} {} must be integer", self.os(x));
            self.error(code, x.pos(), message);
            return false;
        }
        if x.is_constant() {
            if !allow_negative && x.value.sign() < 0 {
                let message = format!("invalid argument: {what} {} must not be negative", self.os(x));
                self.error(code, x.pos(), message);
                return false;
            }
            match represent(&x.value, crate::types::Basic::Int) {
                Some(value) => x.value = value,
                None => {
                    let message = format!("invalid argument: {what} {} overflows int", self.os(x));
                    self.error(code, x.pos(), message);
                    return false;
                }
            }
        }
        true
    }
}
