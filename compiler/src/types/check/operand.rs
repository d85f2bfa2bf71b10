//! Operands: what is known of an expression while it is checked.

use std::rc::Rc;

use crate::constant::Value;
use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::ast::{Expr, LiteralKind};
use crate::types::{BuiltinId, ChanDir, Mode, TypeId, TypeKind, Types};

use super::{Checker, Version, expr_string};

/// What an operand was written as.
#[derive(Clone)]
pub(super) enum Written<'a> {
    Nothing,
    Expr(&'a Expr),
    /// Stands for a value that has no expression of its own.
    Text(Pos, Rc<str>),
}

#[derive(Clone)]
pub(super) struct Operand<'a> {
    pub mode: Mode,
    pub written: Written<'a>,
    pub typ: TypeId,
    /// Of constants.
    pub value: Value,
    /// Of built-in functions.
    pub builtin: BuiltinId,
}

impl<'a> Operand<'a> {
    pub fn invalid() -> Operand<'a> {
        Operand { mode: Mode::Invalid, written: Written::Nothing, typ: TypeId::INVALID, value: Value::Unknown, builtin: BuiltinId::Append }
    }

    /// A value of a type that was written as that.
    pub fn value(written: Written<'a>, typ: TypeId) -> Operand<'a> {
        Operand { mode: Mode::Value, written, typ, ..Operand::invalid() }
    }

    pub fn is_valid(&self) -> bool {
        self.mode != Mode::Invalid
    }

    pub fn invalidate(&mut self) {
        self.mode = Mode::Invalid;
    }

    pub fn is_constant(&self) -> bool {
        self.mode == Mode::Constant
    }

    pub fn is_nil(&self) -> bool {
        self.mode == Mode::Nil
    }

    pub fn expr(&self) -> Option<&'a Expr> {
        match self.written {
            Written::Expr(expr) => Some(expr),
            _ => None,
        }
    }

    pub fn set_expr(&mut self, expr: &'a Expr) {
        self.written = Written::Expr(expr);
    }

    /// Where errors about it are reported.
    pub fn pos(&self) -> Pos {
        match &self.written {
            Written::Nothing => Pos::NONE,
            Written::Expr(expr) => expr.start(),
            Written::Text(pos, _) => *pos,
        }
    }

    /// As it was written.
    pub fn text(&self) -> String {
        match &self.written {
            Written::Nothing => String::new(),
            Written::Expr(expr) => expr_string(expr),
            Written::Text(_, text) => text.to_string(),
        }
    }

    /// An untyped constant.
    pub fn set_literal(&mut self, kind: LiteralKind, text: &str) {
        let (typ, value) = match kind {
            LiteralKind::Int => (TypeId::UNTYPED_INT, Value::from_int_literal(text)),
            LiteralKind::Float => (TypeId::UNTYPED_FLOAT, Value::from_float_literal(text)),
            LiteralKind::Imaginary => (TypeId::UNTYPED_COMPLEX, Value::from_imaginary_literal(text)),
            LiteralKind::Rune => (TypeId::UNTYPED_RUNE, Value::from_rune_literal(text)),
            LiteralKind::String => (TypeId::UNTYPED_STRING, Value::from_string_literal(text)),
        };
        match value {
            Some(value) if !value.is_unknown() => {
                self.mode = Mode::Constant;
                self.typ = typ;
                self.value = value;
            }
            _ => {
                self.invalidate();
                self.typ = TypeId::INVALID;
            }
        }
    }
}

/// "array", "struct" and so on; empty for basic types.
pub(super) fn composite_kind(types: &mut Types, typ: TypeId) -> &'static str {
    match types.under(typ) {
        TypeKind::Array(..) => "array",
        TypeKind::Slice(_) => "slice",
        TypeKind::Struct(_) => "struct",
        TypeKind::Pointer(_) => "pointer",
        TypeKind::Signature(_) => "func",
        TypeKind::Interface(_) => "interface",
        TypeKind::Map(..) => "map",
        TypeKind::Chan(..) => "chan",
        TypeKind::Tuple(_) => "tuple",
        TypeKind::Union(_) => "union",
        _ => "",
    }
}

impl<'a> Checker<'a> {
    /// An operand as messages describe it: `x (variable of type int)`.
    pub(super) fn os(&mut self, x: &Operand<'a>) -> String {
        if x.mode == Mode::Nil {
            return match x.typ {
                TypeId::INVALID => "nil (with invalid type)".to_string(),
                TypeId::UNTYPED_NIL => "nil".to_string(),
                typ => format!("nil (of type {})", self.ts(typ)),
            };
        }
        let mut text = x.text();
        if matches!(x.written, Written::Nothing) {
            text = match x.mode {
                Mode::Builtin => x.builtin.name().to_string(),
                Mode::Type => self.ts(x.typ),
                Mode::Constant => x.value.display(),
                _ => String::new(),
            };
        }
        let mut out = String::new();
        if !text.is_empty() {
            out.push_str(&text);
            out.push_str(" (");
        }
        let mut has_type = false;
        if !matches!(x.mode, Mode::Invalid | Mode::NoValue | Mode::Builtin | Mode::Type) {
            if self.types.is_untyped(x.typ) {
                out.push_str(&self.ts(x.typ));
                out.push(' ');
            } else {
                has_type = true;
            }
        }
        out.push_str(match x.mode {
            Mode::Invalid => "invalid operand",
            Mode::NoValue => "no value",
            Mode::Builtin => "built-in",
            Mode::Type => "type",
            Mode::Constant => "constant",
            Mode::Variable => "variable",
            Mode::MapIndex => "map index expression",
            Mode::Value => "value",
            Mode::Nil => "nil",
            Mode::CommaOk => "comma, ok expression",
        });
        if x.mode == Mode::Constant {
            let value = x.value.display();
            if value != text {
                out.push(' ');
                out.push_str(&value);
            }
        }
        if has_type {
            out.push_str(&self.type_description(x.typ));
        }
        if !text.is_empty() {
            out.push(')');
        }
        out
    }

    fn type_description(&mut self, typ: TypeId) -> String {
        if !self.types.is_valid(typ) {
            return " with invalid type".to_string();
        }
        let mut description = String::new();
        if self.types.is_generic(typ) {
            description.push_str("generic ");
        }
        let parameter = self.types.as_type_parameter(typ);
        if parameter.is_none() && matches!(self.types.kind(typ), TypeKind::Alias(_) | TypeKind::Named(_)) {
            let kind = composite_kind(&mut self.types, typ);
            if kind.is_empty() {
                description.push_str(self.types.basic(typ).map_or("", crate::types::Basic::name));
            } else {
                description.push_str(kind);
            }
            description.push(' ');
        }
        let mut out = format!(" of {description}type {}", self.ts(typ));
        if let Some(parameter) = parameter {
            let bound = self.types.type_parameter(parameter).bound;
            out.push_str(&format!(" constrained by {}", self.ts(bound)));
            if self.types.parameter_set(parameter).is_empty() {
                out.push_str(" with empty type set");
            }
        }
        out
    }

    /// Whether an operand can be assigned to a variable of a type. The reason, if there is one, is put into `cause`.
    pub(super) fn assignable(&mut self, x: &Operand<'a>, target: TypeId, cause: &mut String) -> bool {
        self.assignability(x, target, cause).is_ok()
    }

    /// Whether an operand can be assigned to a variable of a type: if not, the code of the error.
    pub(super) fn assignability(&mut self, x: &Operand<'a>, target: TypeId, cause: &mut String) -> Result<(), Code> {
        let only_if = |holds: bool| if holds { Ok(()) } else { Err(Code::IncompatibleAssign) };
        if !x.is_valid() || !self.types.is_valid(target) {
            return Ok(());
        }
        let original = target;
        let v = self.types.unalias(x.typ);
        let t = self.types.unalias(target);
        if self.types.identical(v, t) {
            return Ok(());
        }
        let vu = self.types.underlying(v);
        let tu = self.types.underlying(t);
        // Of interfaces that embed each other, which is an error elsewhere, the one asked first has all methods: Go asks that of the value.
        if let (TypeKind::Interface(first), TypeKind::Interface(_)) = (self.types.kind(vu), self.types.kind(tu)) {
            self.types.type_set(first);
        }
        let v_parameter = self.types.as_type_parameter(v);
        let t_parameter = self.types.as_type_parameter(t);
        if self.types.is_untyped(vu) {
            if let Some(parameter) = t_parameter {
                let set = self.types.parameter_set(parameter);
                return only_if(set.has_terms() && set.specific().iter().all(|term| self.implicit_type(x, term.typ).is_ok()));
            }
            return only_if(self.implicit_type(x, t).is_ok());
        }
        if v_parameter.is_none() && t_parameter.is_none() && (!self.types.has_name(v) || !self.types.has_name(t)) && self.types.identical(vu, tu) {
            return Ok(());
        }
        let to_interface = matches!(self.types.kind(tu), TypeKind::Interface(_)) && t_parameter.is_none();
        if to_interface || self.types.is_interface_pointer(tu) {
            if self.implements(v, t, false, cause) {
                return Ok(());
            }
            if v_parameter.is_none() {
                return Err(Code::InvalidIfaceAssign);
            }
            cause.clear();
        }
        if matches!(self.types.kind(vu), TypeKind::Interface(_)) && v_parameter.is_none() {
            let mut ignored = String::new();
            if self.implements(t, v, false, &mut ignored) {
                *cause = "need type assertion".to_string();
                return Err(Code::IncompatibleAssign);
            }
        }
        if let (TypeKind::Chan(ChanDir::Both, a), TypeKind::Chan(_, b)) = (self.types.kind(vu), self.types.kind(tu))
            && self.types.identical(a, b)
        {
            return if self.types.has_name(v) && self.types.has_name(t) { Err(Code::InvalidChanAssign) } else { Ok(()) };
        }
        if v_parameter.is_none() && t_parameter.is_none() {
            return Err(Code::IncompatibleAssign);
        }
        if let Some(parameter) = t_parameter
            && !self.types.has_name(v)
        {
            let set = self.types.parameter_set(parameter);
            for term in set.specific() {
                if let Err(code) = self.assignability(x, term.typ, cause) {
                    let line = format!("cannot assign {} to {} (in {})", self.ts(x.typ), self.ts(term.typ), self.ts(t));
                    prepend(cause, line);
                    return Err(code);
                }
            }
            return only_if(set.has_terms());
        }
        if let Some(parameter) = v_parameter
            && !self.types.has_name(t)
        {
            let set = self.types.parameter_set(parameter);
            for term in set.specific() {
                let y = Operand { typ: term.typ, ..x.clone() };
                if let Err(code) = self.assignability(&y, t, cause) {
                    let line = format!("cannot assign {} (in {}) to {}", self.ts(term.typ), self.ts(v), self.ts(original));
                    prepend(cause, line);
                    return Err(code);
                }
            }
            return only_if(set.has_terms());
        }
        Err(Code::IncompatibleAssign)
    }

    /// Whether a type implements an interface or, with `constraint`, satisfies it.
    pub(super) fn implements(&mut self, v: TypeId, t: TypeId, constraint: bool, cause: &mut String) -> bool {
        let vu = self.types.underlying(v);
        let tu = self.types.underlying(t);
        if vu == TypeId::INVALID || tu == TypeId::INVALID {
            return true;
        }
        if let TypeKind::Pointer(base) = self.types.kind(vu)
            && self.types.underlying(base) == TypeId::INVALID
        {
            return true;
        }
        let verb = if constraint { "satisfy" } else { "implement" };
        let TypeKind::Interface(ti) = self.types.kind(tu) else {
            let detail =
                if self.types.is_interface_pointer(tu) { self.interface_pointer_error(t) } else { format!("{} is not an interface", self.ts(t)) };
            *cause = format!("{} does not {verb} {} ({detail})", self.ts(v), self.ts(t));
            return false;
        };
        let t_set = self.types.type_set(ti);
        if t_set.is_all() {
            return true;
        }
        let v_set = match self.types.kind(vu) {
            TypeKind::Interface(vi) => Some(self.types.type_set(vi)),
            _ => None,
        };
        if v_set.as_ref().is_some_and(|set| set.is_empty()) {
            return true;
        }
        if t_set.is_empty() {
            *cause = format!("cannot {verb} {} (empty type set)", self.ts(t));
            return false;
        }
        if !self.has_all_methods(v, t, true, cause) {
            *cause = format!("{} does not {verb} {} {cause}", self.ts(v), self.ts(t));
            return false;
        }
        if !t_set.has_terms() {
            return self.check_comparability(v, ti, constraint, verb, cause);
        }
        if let Some(v_set) = v_set {
            if !self.types.terms_subset(&v_set.terms, &t_set.terms) {
                *cause = format!("{} does not {verb} {}", self.ts(v), self.ts(t));
                return false;
            }
            return self.check_comparability(v, ti, constraint, verb, cause);
        }
        let mut alternative = None;
        let mut included = false;
        for term in t_set.specific() {
            if self.types.term_includes(*term, v) {
                included = true;
                break;
            }
            let underlying = self.types.underlying(term.typ);
            if alternative.is_none()
                && !term.tilde
                && self.types.identical(term.typ, underlying)
                && self.types.term_includes(crate::types::Term { tilde: true, typ: term.typ }, v)
            {
                alternative = Some(term.typ);
            }
        }
        if !included {
            let detail = if let Some(alternative) = alternative {
                format!("possibly missing ~ for {} in {}", self.ts(alternative), self.ts(t))
            } else if self.mentions(tu, v) {
                let (v, t) = (self.ts(v), self.ts(t));
                format!("{t} mentions {v}, but {v} is not in the type set of {t}")
            } else {
                let terms: Vec<String> =
                    t_set.specific().iter().map(|term| format!("{}{}", if term.tilde { "~" } else { "" }, self.full_string(term.typ))).collect();
                format!("{} missing in {}", self.ts(v), terms.join(" | "))
            };
            *cause = format!("{} does not {verb} {} ({detail})", self.ts(v), self.ts(t));
            return false;
        }
        self.check_comparability(v, ti, constraint, verb, cause)
    }

    /// Term lists are printed without leaving out the package at hand.
    pub(super) fn full_string(&mut self, typ: TypeId) -> String {
        let package = self.types.relative_to.take();
        let text = self.ts(typ);
        self.types.relative_to = package;
        text
    }

    fn check_comparability(&mut self, v: TypeId, interface: crate::types::InterfaceId, constraint: bool, verb: &str, cause: &mut String) -> bool {
        if !self.types.interface_is_comparable(interface) || self.types.is_comparable(v, false) {
            return true;
        }
        if constraint && self.types.is_comparable(v, true) {
            if self.allows(Version::GO1_20) {
                return true;
            }
            *cause = format!("{} to {verb} comparable requires go1.20 or later", self.ts(v));
            return false;
        }
        *cause = format!("{} does not {verb} comparable", self.ts(v));
        false
    }

    fn mentions(&mut self, t: TypeId, typ: TypeId) -> bool {
        match self.types.kind(t) {
            TypeKind::Interface(interface) => {
                let embedded = self.types.interface(interface).embeddeds.clone();
                embedded.iter().any(|embedded| self.mentions(*embedded, typ))
            }
            TypeKind::Union(union) => {
                let terms = self.types.union(union).clone();
                terms.iter().any(|term| self.mentions(term.typ, typ))
            }
            _ => self.types.identical(t, typ),
        }
    }

    pub(super) fn interface_pointer_error(&mut self, typ: TypeId) -> String {
        let parameter = match self.types.under(typ) {
            TypeKind::Pointer(base) => self.types.is_type_parameter(base),
            _ => false,
        };
        let what = if parameter { "type parameter" } else { "interface" };
        format!("type {} is pointer to {what}, not {what}", self.ts(typ))
    }

    /// Whether a type has the methods of an interface; `cause` says in parentheses why not.
    pub(super) fn has_all_methods(&mut self, v: TypeId, t: TypeId, fixed: bool, cause: &mut String) -> bool {
        self.has_equivalent_methods(v, t, fixed, &mut |types, x, y| types.identical(x, y), cause)
    }

    pub(super) fn has_equivalent_methods(
        &mut self,
        v: TypeId,
        t: TypeId,
        fixed: bool,
        equivalent: &mut dyn FnMut(&mut Types, TypeId, TypeId) -> bool,
        cause: &mut String,
    ) -> bool {
        if !self.types.is_valid(v) {
            return true;
        }
        let Some(missing) = self.settled(|types| types.missing_method(v, t, fixed, equivalent)) else { return true };
        if self.has_invalid_embedded(v, &mut Vec::new()) {
            return true;
        }
        *cause = self.missing_method_cause(v, t, missing);
        false
    }

    fn has_invalid_embedded(&mut self, typ: TypeId, seen: &mut Vec<TypeId>) -> bool {
        let typ = self.types.deref_struct(typ);
        let Some(structure) = self.types.as_struct(typ) else { return false };
        if seen.contains(&typ) {
            return false;
        }
        seen.push(typ);
        let fields = self.types.structure(structure).fields.clone();
        fields.iter().any(|field| {
            let typ = self.types.type_of(*field);
            self.types.object(*field).is_embedded() && (!self.types.is_valid(typ) || self.has_invalid_embedded(typ, seen))
        })
    }

    fn missing_method_cause(&mut self, v: TypeId, t: TypeId, missing: crate::types::lookup::Missing) -> String {
        use crate::types::lookup::MissingReason;
        let name = self.types.name_of(missing.method);
        match missing.reason {
            MissingReason::NotFound => {
                if self.types.is_interface_pointer(v) {
                    format!("({})", self.interface_pointer_error(v))
                } else if self.types.is_interface_pointer(t) {
                    format!("({})", self.interface_pointer_error(t))
                } else {
                    format!("(missing method {name})")
                }
            }
            MissingReason::WrongName | MissingReason::WrongSignature => {
                let Some(found) = missing.found else { return format!("(missing method {name})") };
                let mut have = self.types.function_string(found, false);
                let mut want = self.types.function_string(missing.method, false);
                if missing.reason == MissingReason::WrongName {
                    return format!("(missing method {name})\n\t\thave {have}\n\t\twant {want}");
                }
                if have == want {
                    have = self.types.function_string(found, true);
                    want = self.types.function_string(missing.method, true);
                }
                if have == want {
                    return format!("(wrong type for method {name})");
                }
                format!("(wrong type for method {name})\n\t\thave {have}\n\t\twant {want}")
            }
            MissingReason::Unexported => format!("(unexported method {name})"),
            MissingReason::Ambiguous => format!("(ambiguous selector {}.{name})", self.ts(v)),
            MissingReason::NeedsPointer => format!("(method {name} has pointer receiver)"),
            MissingReason::Field => format!("({}.{name} is a field, not a method)", self.ts(v)),
            MissingReason::NoInterface => format!("({name} method is marked 'nointerface')"),
        }
    }
}

/// Puts a line before a cause.
pub(super) fn prepend(cause: &mut String, line: String) {
    *cause = if cause.is_empty() { line } else { format!("{line}\n\t{cause}") };
}
