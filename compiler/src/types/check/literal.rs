//! Function literals and composite literals.

use std::sync::Arc;

use crate::constant::{Kind, Value};
use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::ast::{CompositeLit, Expr, ExprKind, FuncLit, KeyValueExpr};
use crate::types::hash::{FastMap, FastSet};
use crate::types::{Lookup, Mode, ObjectId, TypeId, TypeKind};

use super::operand::Operand;
use super::{Checker, Version, expr_string};

/// A constant as a key of a table: numbers of different kinds but equal value are equal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum ConstantKey {
    Bool(bool),
    Int(i64),
    Big(String),
    Float(u64),
    Complex(u64, u64),
    String(Vec<u8>),
}

pub(super) fn constant_key(value: &Value) -> Option<ConstantKey> {
    let integer = value.to_int();
    if let Some(small) = integer.as_i64() {
        return Some(ConstantKey::Int(small));
    }
    match value.kind() {
        Kind::Unknown => None,
        Kind::Bool => Some(ConstantKey::Bool(value.as_bool())),
        Kind::String => value.as_text().map(|text| ConstantKey::String(text.bytes())),
        _ if integer.kind() == Kind::Int => Some(ConstantKey::Big(integer.display())),
        Kind::Complex if value.to_float().is_unknown() => {
            Some(ConstantKey::Complex(value.real().to_f64().to_bits(), value.imag().to_f64().to_bits()))
        }
        _ => Some(ConstantKey::Float(value.to_f64().to_bits())),
    }
}

impl<'a> Checker<'a> {
    pub(super) fn function_literal(&mut self, expr: &'a Expr, func: &'a FuncLit) -> Operand<'a> {
        let typ = self.function_type(None, &[], &func.ty);
        self.record_type(func.ty.id, Mode::Type, typ, None);
        let decl = self.env.decl;
        let iota = self.env.iota.clone();
        let parent = self.env.function;
        let type_params = self.env.type_params.clone();
        self.later(move |checker| {
            let saved = std::mem::replace(&mut checker.env.type_params, type_params);
            checker.function_body(decl, typ, &func.body, iota, expr.id, parent);
            checker.env.type_params = saved;
        });
        Operand { mode: Mode::Value, typ, ..Operand::invalid() }
    }

    pub(super) fn composite_literal(&mut self, expr: &'a Expr, literal: &'a CompositeLit, hint: Option<TypeId>) -> Operand<'a> {
        let mut x = Operand::invalid();
        let mut open_array = None;
        let (mut typ, base, is_element) = match (&literal.ty, hint) {
            (Some(ty), _) => match &ty.kind {
                ExprKind::ArrayType(array) if array.len.is_none() => {
                    let elem = self.variable_type(&array.elem);
                    open_array = Some((ty, elem));
                    let typ = self.types.array_of(-1, elem);
                    (typ, typ, false)
                }
                _ => {
                    let typ = self.typ(ty);
                    (typ, typ, false)
                }
            },
            (None, Some(hint)) => {
                // The address of an element may be left out.
                let base = match self.types.common_underlying(hint) {
                    Some(common) => match self.types.kind(common) {
                        TypeKind::Pointer(base) => base,
                        _ => hint,
                    },
                    None => hint,
                };
                (hint, base, true)
            }
            (None, None) => {
                self.error(Code::UntypedLit, expr.start(), "missing type in composite literal");
                (TypeId::INVALID, TypeId::INVALID, false)
            }
        };
        if !self.is_complete(base) {
            return x;
        }
        let common = self.types.common_underlying(base);
        match common.map(|common| self.types.kind(common)) {
            Some(TypeKind::Struct(_)) => self.struct_literal(literal, base, common.unwrap_or(base)),
            Some(TypeKind::Array(length, elem)) => {
                let count = self.indexed_elements(&literal.elements, elem, length);
                if let Some((ty, elem)) = open_array {
                    typ = self.types.array_of(count, elem);
                    self.record_type(ty.id, Mode::Type, typ, None);
                }
            }
            Some(TypeKind::Slice(elem)) => {
                self.indexed_elements(&literal.elements, elem, -1);
            }
            Some(TypeKind::Map(key, elem)) => self.map_literal(literal, key, elem),
            other => {
                for element in &literal.elements {
                    match &element.kind {
                        ExprKind::KeyValue(pair) => self.use_expr(&pair.value),
                        _ => self.use_expr(element),
                    };
                }
                if common != Some(TypeId::INVALID) {
                    let element = if is_element { " element" } else { "" };
                    let cause = if other.is_none() { " (no common underlying type)" } else { "" };
                    let message = format!("invalid composite literal{element} type {}{cause}", self.ts(typ));
                    self.error(Code::InvalidLit, expr.start(), message);
                    return x;
                }
            }
        }
        x.mode = Mode::Value;
        x.typ = typ;
        x
    }

    fn struct_literal(&mut self, literal: &'a CompositeLit, base: TypeId, structure: TypeId) {
        if literal.elements.is_empty() {
            return;
        }
        if matches!(literal.elements[0].kind, ExprKind::KeyValue(_)) {
            let mut given: Vec<(Vec<u32>, ObjectId)> = Vec::new();
            for element in &literal.elements {
                match &element.kind {
                    ExprKind::KeyValue(pair) => self.keyed_field(element, pair, base, structure, &mut given),
                    _ => self.error(Code::MixedStructLit, element.start(), "mixture of field:value and value elements in struct literal"),
                }
            }
            return;
        }
        let TypeKind::Struct(id) = self.types.kind(structure) else { return };
        let fields: Arc<[ObjectId]> = self.types.structure(id).fields.clone();
        let hidden = |checker: &Checker<'a>, field: ObjectId| {
            let object = checker.types.object(field);
            !object.is_exported() && object.package != Some(checker.package)
        };
        for (index, element) in literal.elements.iter().enumerate() {
            if matches!(element.kind, ExprKind::KeyValue(_)) {
                self.error(Code::MixedStructLit, element.start(), "mixture of field:value and value elements in struct literal");
                continue;
            }
            let mut x = self.generic_expr(element, None);
            let Some(field) = fields.get(index).copied() else {
                let message = format!("too many values in struct literal of type {}", self.ts(base));
                self.error(Code::InvalidStructLit, x.pos(), message);
                break;
            };
            if hidden(self, field) {
                let message =
                    format!("implicit assignment to unexported field {} in struct literal of type {}", self.types.name_of(field), self.ts(base));
                self.error(Code::UnexportedLitField, x.pos(), message);
                continue;
            }
            let typ = self.types.type_of(field);
            self.assignment(&mut x, Some(typ), &"struct literal".into());
        }
        if literal.elements.len() < fields.len() {
            let hint = if fields.iter().any(|field| hidden(self, *field)) { " (type has unexported fields - use key:value pairs)" } else { "" };
            let message = format!("too few values in struct literal of type {}{hint}", self.ts(base));
            self.error(Code::InvalidStructLit, literal.rbrace, message);
        }
    }

    fn keyed_field(&mut self, element: &'a Expr, pair: &'a KeyValueExpr, base: TypeId, structure: TypeId, given: &mut Vec<(Vec<u32>, ObjectId)>) {
        let mut x = self.generic_expr(&pair.value, None);
        let key_text = || expr_string(&pair.key);
        let Some(key) = pair.key.as_ident() else {
            self.error(Code::InvalidLitField, element.start(), format!("invalid field name {} in struct literal", key_text()));
            return;
        };
        let pos: Pos = pair.key.start();
        let (field, path, indirect) = match self.types.lookup(structure, false, Some(self.package), key.name, false) {
            Lookup::Found { object, path, indirect } => (object, path, indirect),
            _ => {
                let similar = self.types.lookup(structure, false, Some(self.package), key.name, true).object();
                let message = self.lookup_error(base, key.name, similar, true);
                self.error(Code::MissingLitField, pos, message);
                return;
            }
        };
        if !self.types.object(field).is_field() {
            self.error(Code::MissingLitField, pos, format!("{} is not a field", key_text()));
            return;
        }
        if path.len() > 1
            && !self.require(pos, Version::GO1_27, |checker| {
                let path = checker.field_path(structure, &path);
                format!("use of promoted field {path} in struct literal of type {}", checker.ts(base))
            })
        {
            return;
        }
        if indirect {
            self.error(Code::InvalidLitField, pos, format!("invalid implicit pointer indirection to reach {}", key_text()));
            return;
        }
        self.info.set_use(key.id, field);
        if path.len() > 1 {
            self.info.field_paths.insert(key.id, path.clone().into());
        }
        let typ = self.types.type_of(field);
        self.assignment(&mut x, Some(typ), &"struct literal".into());
        let overlap = given.iter().find(|(other, _)| path.starts_with(other) || other.starts_with(&path)).cloned();
        let name = self.types.name_of(field);
        if let Some((other_path, other)) = overlap {
            let other_name = self.types.name_of(other);
            let message = if other == field {
                format!("duplicate field name {name} in struct literal")
            } else if other_path.len() < path.len() {
                format!("cannot specify promoted field {name} and enclosing embedded field {other_name}")
            } else {
                format!("cannot specify embedded field {name} and enclosed promoted field {other_name}")
            };
            self.error(Code::DuplicateLitField, element.start(), message);
        } else {
            given.push((path, field));
        }
    }

    fn field_path(&self, structure: TypeId, path: &[u32]) -> String {
        let mut typ = structure;
        let mut names = Vec::new();
        for index in path {
            let TypeKind::Struct(id) = self.types.kind(self.known_underlying(typ)) else { break };
            let field = self.types.structure(id).fields[*index as usize];
            names.push(self.types.name_of(field));
            typ = self.types.type_of(field);
        }
        names.join(".")
    }

    fn known_underlying(&self, typ: TypeId) -> TypeId {
        let typ = self.types.unalias(typ);
        match self.types.kind(typ) {
            TypeKind::Named(named) => self.types.named(named).underlying.unwrap_or(TypeId::INVALID),
            _ => typ,
        }
    }

    fn map_literal(&mut self, literal: &'a CompositeLit, key: TypeId, elem: TypeId) {
        let interface_key = self.types.is_interface_value(key);
        let mut seen: FastMap<ConstantKey, Vec<TypeId>> = FastMap::default();
        for element in &literal.elements {
            let ExprKind::KeyValue(pair) = &element.kind else {
                self.error(Code::MissingLitKey, element.start(), "missing key in map literal");
                continue;
            };
            let mut x = self.generic_expr(&pair.key, Some(key));
            self.assignment(&mut x, Some(key), &"map literal".into());
            if !x.is_valid() {
                continue;
            }
            if x.is_constant()
                && let Some(constant) = constant_key(&x.value)
            {
                let typ = x.typ;
                let types = &mut self.types;
                let entry = seen.entry(constant).or_default();
                let duplicate = if interface_key { entry.iter().any(|other| types.identical(*other, typ)) } else { !entry.is_empty() };
                entry.push(typ);
                if duplicate {
                    let message = format!("duplicate key {} in map literal", x.value.display());
                    self.error(Code::DuplicateLitKey, x.pos(), message);
                    continue;
                }
            }
            let mut x = self.generic_expr(&pair.value, Some(elem));
            self.assignment(&mut x, Some(elem), &"map literal".into());
        }
    }

    /// Elements of an array or slice; the length that they need.
    fn indexed_elements(&mut self, elements: &'a [Expr], typ: TypeId, length: i64) -> i64 {
        let has_keys = elements.iter().any(|element| matches!(element.kind, ExprKind::KeyValue(_)));
        let mut seen: FastSet<i64> = FastSet::default();
        let (mut index, mut max) = (0i64, 0i64);
        for element in elements {
            let mut valid = false;
            let mut value = element;
            if let ExprKind::KeyValue(pair) = &element.kind {
                let (index_type, at) = self.index(&pair.key, length);
                if self.types.is_valid(index_type) {
                    if at >= 0 {
                        index = at;
                        valid = true;
                    } else {
                        let text = expr_string(&pair.key);
                        self.error(Code::InvalidLitIndex, element.start(), format!("index {text} must be integer constant"));
                    }
                }
                value = &pair.value;
            } else if length >= 0 && index >= length {
                self.error(Code::OversizeArrayLit, element.start(), format!("index {index} is out of bounds (>= {length})"));
            } else {
                valid = true;
            }
            if valid && has_keys && !seen.insert(index) {
                self.error(Code::DuplicateLitKey, element.start(), format!("duplicate index {index} in array or slice literal"));
            }
            index = index.saturating_add(1);
            max = max.max(index);
            let mut x = self.generic_expr(value, Some(typ));
            self.assignment(&mut x, Some(typ), &"array or slice literal".into());
        }
        max
    }
}
