//! Calls of built-in functions.

use crate::constant::{Operator as ConstantOperator, Value};
use crate::diagnostic::Code;
use crate::syntax::ast::{CallExpr, Expr, ExprKind};
use crate::types::predicates::BasicInfo;
use crate::types::{Basic, BuiltinId, ChanDir, Lookup, Mode, Selection, SelectionKind, Signature, Term, TypeId, TypeKind, VariableKind};

use super::assign::Context;
use super::operand::Operand;
use super::{Checker, Version, expr_string};

impl<'a> Checker<'a> {
    /// Checks a call of a built-in function; false if it is wrong.
    pub(super) fn builtin_call(&mut self, x: &mut Operand<'a>, expr: &'a Expr, call: &'a CallExpr, id: BuiltinId) -> bool {
        let name = id.name();
        if call.has_dots && id != BuiltinId::Append {
            self.error(Code::InvalidDotDotDot, expr.start(), format!("invalid operation: invalid use of ... with built-in {name}"));
            self.use_exprs(&call.args);
            return false;
        }
        // Whether `len(x)` is constant depends on calls and receives in x alone.
        let saved = self.env.has_call_or_receive;
        let is_length = matches!(id, BuiltinId::Len | BuiltinId::Cap);
        if is_length {
            self.env.has_call_or_receive = false;
        }
        let ok = self.builtin_inner(x, expr, call, id);
        if is_length {
            self.env.has_call_or_receive = saved;
        }
        ok
    }

    fn builtin_inner(&mut self, x: &mut Operand<'a>, expr: &'a Expr, call: &'a CallExpr, id: BuiltinId) -> bool {
        let name = id.name();
        let mut args: Vec<Operand<'a>> = Vec::new();
        let count = match id {
            BuiltinId::Make | BuiltinId::New | BuiltinId::Offsetof | BuiltinId::Trace => call.args.len(),
            _ => {
                args = self.expr_list(&call.args);
                if args.iter().any(|arg| !arg.is_valid()) {
                    return false;
                }
                if let Some(first) = args.first() {
                    *x = first.clone();
                }
                args.len()
            }
        };
        let wanted = id.argument_count();
        let word = if count < wanted {
            "not enough"
        } else if !id.is_variadic() && count > wanted {
            "too many"
        } else {
            ""
        };
        if !word.is_empty() {
            let text = expr_string(expr);
            let message = format!("invalid operation: {word} arguments for {text} (expected {wanted}, found {count})");
            self.error(Code::WrongArgCount, expr.start(), message);
            return false;
        }
        match id {
            BuiltinId::Append => return self.append(x, expr, call, &mut args),
            BuiltinId::Len | BuiltinId::Cap => return self.length(x, call, id),
            BuiltinId::Clear => {
                self.require(call.fun.start(), Version::GO1_21, |_| "clear".to_string());
                let ok = self.types.under_is(x.typ, |types, underlying| {
                    underlying.is_some_and(|underlying| matches!(types.kind(underlying), TypeKind::Map(..) | TypeKind::Slice(_)))
                });
                if !ok {
                    let text = self.os(x);
                    let message = format!("invalid argument: cannot clear {text}: argument must be (or constrained by) map or slice");
                    self.error(Code::InvalidClear, x.pos(), message);
                    return false;
                }
                x.mode = Mode::NoValue;
                self.record_builtin(&call.fun, None, &[x.typ]);
            }
            BuiltinId::Close => return self.close(x, call),
            BuiltinId::Complex => {
                let mut y = args[1].clone();
                return self.complex(x, &mut y, expr, call);
            }
            BuiltinId::Copy => return self.copy(x, &args[1], call),
            BuiltinId::Delete => return self.delete(x, &args[1], call),
            BuiltinId::Imag | BuiltinId::Real => return self.real_or_imag(x, call, id),
            BuiltinId::Make => return self.make(x, expr, call),
            BuiltinId::Max | BuiltinId::Min => return self.min_or_max(x, call, id, &mut args),
            BuiltinId::New => return self.new_call(x, call),
            BuiltinId::Panic => {
                let has_results = self.env.signature.is_some_and(|signature| !self.types.signature(signature).results.is_empty());
                if has_results {
                    self.env.panics.insert(expr.id);
                }
                self.assignment(x, Some(TypeId::EMPTY_INTERFACE), &"argument to panic".into());
                if !x.is_valid() {
                    return false;
                }
                x.mode = Mode::NoValue;
                self.record_builtin(&call.fun, None, &[TypeId::EMPTY_INTERFACE]);
            }
            BuiltinId::Print | BuiltinId::Println => {
                let mut params = Vec::new();
                for arg in &mut args {
                    self.assignment(arg, None, &Context::ArgumentToBuiltin(name));
                    if !arg.is_valid() {
                        return false;
                    }
                    params.push(arg.typ);
                }
                x.mode = Mode::NoValue;
                self.record_builtin(&call.fun, None, &params);
            }
            BuiltinId::Recover => {
                if let Some(function) = self.env.function {
                    self.info.functions[function.0 as usize].has_recover = true;
                }
                x.mode = Mode::Value;
                x.typ = TypeId::EMPTY_INTERFACE;
                self.record_builtin(&call.fun, Some(x.typ), &[]);
            }
            BuiltinId::UnsafeAdd => {
                self.require(call.fun.start(), Version::GO1_17, |_| "unsafe.Add".to_string());
                self.assignment(x, Some(TypeId::UNSAFE_POINTER), &"argument to unsafe.Add".into());
                if !x.is_valid() || !self.is_valid_index(&mut args[1], Code::InvalidUnsafeAdd, "length", true) {
                    return false;
                }
                x.mode = Mode::Value;
                x.typ = TypeId::UNSAFE_POINTER;
                self.record_builtin(&call.fun, Some(x.typ), &[x.typ, args[1].typ]);
            }
            BuiltinId::Alignof | BuiltinId::Sizeof => {
                let words = if id == BuiltinId::Sizeof { "argument to unsafe.Sizeof" } else { "argument to unsafe.Alignof" };
                self.assignment(x, None, &words.into());
                if !x.is_valid() {
                    return false;
                }
                if self.has_variable_size(x.typ, &mut Vec::new()) {
                    x.mode = Mode::Value;
                    self.record_builtin(&call.fun, Some(TypeId::UINTPTR), &[x.typ]);
                } else {
                    let value = if id == BuiltinId::Sizeof { self.types.size_of(x.typ) } else { self.types.align_of(x.typ) };
                    if value < 0 {
                        let message = format!("{} is too large", self.os(x));
                        self.error(Code::TypeTooLarge, x.pos(), message);
                        return false;
                    }
                    x.mode = Mode::Constant;
                    x.value = Value::Int(value);
                }
                x.typ = TypeId::UINTPTR;
            }
            BuiltinId::Offsetof => return self.offset(x, call),
            BuiltinId::UnsafeSlice => {
                self.require(call.fun.start(), Version::GO1_17, |_| "unsafe.Slice".to_string());
                let common = self.types.common_underlying(x.typ);
                let Some(TypeKind::Pointer(base)) = common.map(|common| self.types.kind(common)) else {
                    let message = format!("invalid argument: {} is not a pointer", self.os(x));
                    self.error(Code::InvalidUnsafeSlice, x.pos(), message);
                    return false;
                };
                if !self.is_valid_index(&mut args[1], Code::InvalidUnsafeSlice, "length", false) {
                    return false;
                }
                let pointer = common.unwrap_or(x.typ);
                x.mode = Mode::Value;
                x.typ = self.types.slice_of(base);
                self.record_builtin(&call.fun, Some(x.typ), &[pointer, args[1].typ]);
            }
            BuiltinId::UnsafeSliceData => {
                self.require(call.fun.start(), Version::GO1_20, |_| "unsafe.SliceData".to_string());
                let common = self.types.common_underlying(x.typ);
                let Some(TypeKind::Slice(elem)) = common.map(|common| self.types.kind(common)) else {
                    let message = format!("invalid argument: {} is not a slice", self.os(x));
                    self.error(Code::InvalidUnsafeSliceData, x.pos(), message);
                    return false;
                };
                x.mode = Mode::Value;
                x.typ = self.types.pointer_to(elem);
                self.record_builtin(&call.fun, Some(x.typ), &[common.unwrap_or(elem)]);
            }
            BuiltinId::UnsafeString => {
                self.require(call.fun.start(), Version::GO1_20, |_| "unsafe.String".to_string());
                let pointer = self.types.pointer_to(TypeId::BYTE);
                self.assignment(x, Some(pointer), &"argument to unsafe.String".into());
                if !x.is_valid() || !self.is_valid_index(&mut args[1], Code::InvalidUnsafeString, "length", false) {
                    return false;
                }
                x.mode = Mode::Value;
                x.typ = TypeId::STRING;
                self.record_builtin(&call.fun, Some(x.typ), &[pointer, args[1].typ]);
            }
            BuiltinId::UnsafeStringData => {
                self.require(call.fun.start(), Version::GO1_20, |_| "unsafe.StringData".to_string());
                self.assignment(x, Some(TypeId::STRING), &"argument to unsafe.StringData".into());
                if !x.is_valid() {
                    return false;
                }
                x.mode = Mode::Value;
                x.typ = self.types.pointer_to(TypeId::BYTE);
                self.record_builtin(&call.fun, Some(x.typ), &[TypeId::STRING]);
            }
            BuiltinId::Assert => {
                if !x.is_constant() || !self.types.is_boolean(x.typ) {
                    let message = format!("invalid argument: {} is not a boolean constant", self.os(x));
                    self.error(Code::Test, x.pos(), message);
                    return false;
                }
                if !x.value.as_bool() {
                    self.error(Code::Test, expr.start(), format!("{} failed", expr_string(expr)));
                }
            }
            BuiltinId::Trace => {
                if call.args.is_empty() {
                    x.mode = Mode::NoValue;
                    return true;
                }
                for (index, arg) in call.args.iter().enumerate() {
                    let (y, _) = self.raw_expr(None, arg, None, false);
                    if index == 0 {
                        *x = y;
                    }
                }
                return x.is_valid();
            }
        }
        true
    }

    /// The element type of a slice operand, or what is wrong.
    fn slice_element(&mut self, x: &Operand<'a>) -> Result<TypeId, String> {
        let wrong = |checker: &mut Self| {
            if x.is_nil() {
                "argument must be a slice; have untyped nil".to_string()
            } else {
                format!("argument must be a slice; have {}", checker.os(x))
            }
        };
        let Some(list) = self.types.alternatives(x.typ) else { return Err(wrong(self)) };
        let mut elem: Option<TypeId> = None;
        for (_, underlying) in list {
            let TypeKind::Slice(next) = self.types.kind(underlying) else { return Err(wrong(self)) };
            match elem {
                None => elem = Some(next),
                Some(elem) if !self.types.identical(elem, next) => {
                    let (a, b, text) = (self.ts(elem), self.ts(next), self.os(x));
                    return Err(format!("mismatched slice element types {a} and {b} in {text}"));
                }
                Some(_) => {}
            }
        }
        elem.ok_or_else(|| "argument must be a slice".to_string())
    }

    /// Whether all types of an operand are byte slices or strings; whether one is a string.
    fn bytes_or_strings(&mut self, y: &Operand<'a>) -> Option<bool> {
        let mut has_string = false;
        for (_, underlying) in self.types.alternatives(y.typ)? {
            if !self.is_byte_slice_or_string(underlying) {
                return None;
            }
            has_string |= self.types.is_string(underlying);
        }
        Some(has_string)
    }

    fn append(&mut self, x: &mut Operand<'a>, expr: &'a Expr, call: &'a CallExpr, args: &mut [Operand<'a>]) -> bool {
        let elem = match self.slice_element(x) {
            Ok(elem) => elem,
            Err(cause) => {
                self.error(Code::InvalidAppend, x.pos(), format!("invalid append: {cause}"));
                return false;
            }
        };
        let bytes = self.types.slice_of(TypeId::BYTE);
        let mut last = None;
        if args.len() == 2 && call.has_dots && self.assignable(x, bytes, &mut String::new()) && self.bytes_or_strings(&args[1]) == Some(true) {
            let y = &args[1];
            last = Some(self.types.default_type(y.typ));
            if self.types.is_untyped(y.typ)
                && let Some(written) = y.expr()
            {
                self.update_type(written, TypeId::STRING, true);
            }
        }
        let special = last.is_some();
        let last = last.unwrap_or_else(|| self.types.slice_of(elem));
        let first = self.types.new_parameter(VariableKind::Parameter, x.typ);
        let second = self.types.new_parameter(VariableKind::Parameter, last);
        let result = self.types.new_parameter(VariableKind::Result, x.typ);
        let signature = Signature { params: [first, second].into(), results: [result].into(), variadic: true, ..Signature::default() };
        let typ = self.types.new_signature(signature.clone());
        if !special {
            self.arguments(expr, call, typ, &signature, Vec::new(), &[], args, Vec::new());
        }
        self.record_builtin_type(&call.fun, typ);
        x.mode = Mode::Value;
        true
    }

    fn length(&mut self, x: &mut Operand<'a>, call: &'a CallExpr, id: BuiltinId) -> bool {
        let is_len = id == BuiltinId::Len;
        let countable = move |types: &mut crate::types::Types, underlying: TypeId| {
            let underlying = types.deref_array(underlying);
            match types.kind(underlying) {
                TypeKind::Basic(basic) => is_len && basic.has(BasicInfo::STRING),
                TypeKind::Array(..) | TypeKind::Slice(_) | TypeKind::Chan(..) => true,
                TypeKind::Map(..) => is_len,
                _ => false,
            }
        };
        let underlying = self.types.underlying(x.typ);
        let mut mode = Mode::Invalid;
        let mut value = Value::Unknown;
        if self.types.is_type_parameter(x.typ) {
            let ok = self.types.under_is(x.typ, |types, underlying| underlying.is_some_and(|underlying| countable(types, underlying)));
            if ok {
                mode = Mode::Value;
            }
        } else if countable(&mut self.types, underlying) {
            mode = Mode::Value;
            let counted = self.types.deref_array(underlying);
            match self.types.kind(counted) {
                TypeKind::Basic(_) if x.is_constant() => {
                    mode = Mode::Constant;
                    value = Value::Int(x.value.as_text().map_or(0, |text| text.len() as i64));
                }
                TypeKind::Array(length, _) if !self.env.has_call_or_receive => {
                    mode = Mode::Constant;
                    value = if length >= 0 { Value::Int(length) } else { Value::Unknown };
                }
                _ => {}
            }
        }
        if mode == Mode::Invalid {
            if underlying != TypeId::INVALID {
                let message = format!("invalid argument: {} for built-in {}", self.os(x), id.name());
                self.error(if id == BuiltinId::Len { Code::InvalidLen } else { Code::InvalidCap }, x.pos(), message);
            }
            return false;
        }
        if mode != Mode::Constant {
            self.record_builtin(&call.fun, Some(TypeId::INT), &[x.typ]);
        }
        x.mode = mode;
        x.typ = TypeId::INT;
        x.value = value;
        true
    }

    fn close(&mut self, x: &mut Operand<'a>, call: &'a CallExpr) -> bool {
        let list = self.types.alternatives(x.typ);
        for underlying in list.map_or(vec![None], |list| list.into_iter().map(|(_, underlying)| Some(underlying)).collect()) {
            let what = match underlying.map(|underlying| self.types.kind(underlying)) {
                Some(TypeKind::Chan(ChanDir::ReceiveOnly, _)) => "receive-only channel",
                Some(TypeKind::Chan(..)) => continue,
                _ => "non-channel",
            };
            let message = format!("invalid operation: cannot close {what} {}", self.os(x));
            self.error(Code::InvalidClose, x.pos(), message);
            return false;
        }
        x.mode = Mode::NoValue;
        self.record_builtin(&call.fun, None, &[x.typ]);
        true
    }

    fn complex(&mut self, x: &mut Operand<'a>, y: &mut Operand<'a>, expr: &'a Expr, call: &'a CallExpr) -> bool {
        match (self.types.is_untyped(x.typ), self.types.is_untyped(y.typ)) {
            (false, false) => {}
            (true, false) => self.convert_untyped(x, y.typ),
            (false, true) => self.convert_untyped(y, x.typ),
            (true, true) => {
                if x.is_constant() && y.is_constant() {
                    for operand in [&mut *x, &mut *y] {
                        if self.types.is_numeric(operand.typ) && operand.value.imag().sign() == 0 {
                            operand.typ = TypeId::UNTYPED_FLOAT;
                        }
                    }
                } else {
                    self.convert_untyped(x, TypeId::FLOAT64);
                    self.convert_untyped(y, TypeId::FLOAT64);
                }
            }
        }
        if !x.is_valid() || !y.is_valid() {
            return false;
        }
        if !self.types.identical(x.typ, y.typ) {
            let (text, a, b) = (expr_string(expr), self.ts(x.typ), self.ts(y.typ));
            self.error(Code::InvalidComplex, x.pos(), format!("invalid operation: {text} (mismatched types {a} and {b})"));
            return false;
        }
        let convert = |basic| match basic {
            Basic::Float32 => Some(TypeId::COMPLEX64),
            Basic::Float64 => Some(TypeId::COMPLEX128),
            Basic::UntypedFloat => Some(TypeId::UNTYPED_COMPLEX),
            _ => None,
        };
        let Some(result) = self.apply(convert, x, BuiltinId::Complex) else {
            let message = format!("invalid argument: arguments have type {}, expected floating-point", self.ts(x.typ));
            self.error(Code::InvalidComplex, x.pos(), message);
            return false;
        };
        if x.is_constant() && y.is_constant() {
            x.value = Value::complex(x.value.to_float(), y.value.to_float());
        } else {
            x.mode = Mode::Value;
            self.record_builtin(&call.fun, Some(result), &[x.typ, x.typ]);
        }
        x.typ = result;
        true
    }

    /// Applies a function on basic types to a type, or to all types of a type parameter.
    fn apply(&mut self, f: impl Fn(Basic) -> Option<TypeId>, x: &Operand<'a>, id: BuiltinId) -> Option<TypeId> {
        let Some(parameter) = self.types.as_type_parameter(x.typ) else {
            return self.types.basic(x.typ).and_then(f);
        };
        let set = self.types.parameter_set(parameter);
        if !set.has_terms() {
            return None;
        }
        let mut terms = Vec::new();
        for term in set.specific() {
            let typ = self.types.basic(term.typ).and_then(&f)?;
            terms.push(Term { tilde: term.tilde, typ });
        }
        let text = self.os(x);
        let message = format!("{text} not supported as argument to built-in {} for go1.18 (see go.dev/issue/50937)", id.name());
        self.soft_error(complex_code(id), x.pos(), message);
        let union = self.types.new_union(terms.into());
        let bound =
            self.types.new_interface(crate::types::Interface { embeddeds: [union].into(), complete: true, ..crate::types::Interface::default() });
        let fresh = self.types.fresh_parameters(&[self.types.unalias(x.typ)]);
        self.types.set_bound(fresh[0], bound);
        Some(fresh[0])
    }

    fn copy(&mut self, x: &mut Operand<'a>, y: &Operand<'a>, call: &'a CallExpr) -> bool {
        let to = match self.slice_element(x) {
            Ok(elem) => elem,
            Err(cause) => {
                self.error(Code::InvalidCopy, x.pos(), format!("invalid copy: {cause}"));
                return false;
            }
        };
        let bytes = self.types.slice_of(TypeId::BYTE);
        let special = self.assignable(x, bytes, &mut String::new()) && self.bytes_or_strings(y).is_some();
        if !special {
            let from = match self.slice_element(y) {
                Ok(elem) => elem,
                Err(cause) => {
                    if !self.types.all_basic(y.typ, BasicInfo::STRING) {
                        self.error(Code::InvalidCopy, y.pos(), format!("invalid copy: {cause}"));
                        return false;
                    }
                    TypeId::BYTE
                }
            };
            if !self.types.identical(to, from) {
                let (a, b, s, t) = (self.os(x), self.os(y), self.ts(to), self.ts(from));
                let message = format!("invalid copy: arguments {a} and {b} have different element types {s} and {t}");
                self.error(Code::InvalidCopy, x.pos(), message);
                return false;
            }
        }
        if self.types.is_untyped(y.typ)
            && let Some(written) = y.expr()
        {
            self.update_type(written, TypeId::STRING, true);
        }
        self.record_builtin(&call.fun, Some(TypeId::INT), &[x.typ, y.typ]);
        x.mode = Mode::Value;
        x.typ = TypeId::INT;
        true
    }

    fn delete(&mut self, x: &mut Operand<'a>, key_operand: &Operand<'a>, call: &'a CallExpr) -> bool {
        let map = x.typ;
        let mut key: Option<TypeId> = None;
        let list = self.types.alternatives(map);
        for underlying in list.map_or(vec![None], |list| list.into_iter().map(|(_, underlying)| Some(underlying)).collect()) {
            let Some(TypeKind::Map(next, _)) = underlying.map(|underlying| self.types.kind(underlying)) else {
                let message = format!("invalid argument: {} is not a map", self.os(x));
                self.error(Code::InvalidDelete, x.pos(), message);
                return false;
            };
            if key.is_some_and(|key| !self.types.identical(next, key)) {
                let message = format!("invalid argument: maps of {} must have identical key types", self.os(x));
                self.error(Code::InvalidDelete, x.pos(), message);
                return false;
            }
            key = Some(next);
        }
        let Some(key) = key else { return false };
        *x = key_operand.clone();
        self.assignment(x, Some(key), &"argument to delete".into());
        if !x.is_valid() {
            return false;
        }
        x.mode = Mode::NoValue;
        self.record_builtin(&call.fun, None, &[map, key]);
        true
    }

    fn real_or_imag(&mut self, x: &mut Operand<'a>, call: &'a CallExpr, id: BuiltinId) -> bool {
        if self.types.is_untyped(x.typ) {
            if x.is_constant() {
                if self.types.is_numeric(x.typ) {
                    x.typ = TypeId::UNTYPED_COMPLEX;
                }
            } else {
                self.convert_untyped(x, TypeId::COMPLEX128);
                if !x.is_valid() {
                    return false;
                }
            }
        }
        let convert = |basic| match basic {
            Basic::Complex64 => Some(TypeId::FLOAT32),
            Basic::Complex128 => Some(TypeId::FLOAT64),
            Basic::UntypedComplex => Some(TypeId::UNTYPED_FLOAT),
            _ => None,
        };
        let Some(result) = self.apply(convert, x, id) else {
            let message = format!("invalid argument: argument has type {}, expected complex type", self.ts(x.typ));
            self.error(complex_code(id), x.pos(), message);
            return false;
        };
        if x.is_constant() {
            x.value = if id == BuiltinId::Real { x.value.real() } else { x.value.imag() };
        } else {
            x.mode = Mode::Value;
            self.record_builtin(&call.fun, Some(result), &[x.typ]);
        }
        x.typ = result;
        true
    }

    fn make(&mut self, x: &mut Operand<'a>, expr: &'a Expr, call: &'a CallExpr) -> bool {
        let first = &call.args[0];
        let typ = self.variable_type(first);
        if !self.types.is_valid(typ) {
            return false;
        }
        let common = self.types.common_underlying_or(typ, |types, _, underlying| {
            let Some(underlying) = underlying else { return Some("no specific type".to_string()) };
            match types.kind(underlying) {
                TypeKind::Slice(_) | TypeKind::Map(..) | TypeKind::Chan(..) => None,
                _ => Some("type must be slice, map, or channel".to_string()),
            }
        });
        let common = match common {
            Ok(common) => common,
            Err(cause) => {
                let text = expr_string(first);
                self.error(Code::InvalidMake, first.start(), format!("invalid argument: cannot make {text}: {cause}"));
                return false;
            }
        };
        let least = if matches!(self.types.kind(common), TypeKind::Slice(_)) { 2 } else { 1 };
        let count = call.args.len();
        if count < least || least + 1 < count {
            let text = expr_string(expr);
            let message = format!("invalid operation: {text} expects {least} or {} arguments; found {count}", least + 1);
            self.error(Code::WrongArgCount, expr.start(), message);
            return false;
        }
        let mut params = vec![typ];
        let mut sizes = Vec::new();
        for arg in &call.args[1..] {
            let (index_type, size) = self.index(arg, -1);
            params.push(index_type);
            if size >= 0 {
                sizes.push(size);
            }
        }
        if let [length, capacity] = sizes[..]
            && length > capacity
        {
            self.error(Code::SwappedMakeArgs, call.args[1].start(), "invalid argument: length and capacity swapped");
        }
        x.mode = Mode::Value;
        x.typ = typ;
        self.record_builtin(&call.fun, Some(typ), &params);
        true
    }

    fn min_or_max(&mut self, x: &mut Operand<'a>, call: &'a CallExpr, id: BuiltinId, args: &mut [Operand<'a>]) -> bool {
        let name = id.name();
        self.require(call.fun.start(), Version::GO1_21, |_| format!("built-in {name}"));
        let operator = if id == BuiltinId::Max { ConstantOperator::Greater } else { ConstantOperator::Less };
        for (index, arg) in args.iter_mut().enumerate() {
            if !arg.is_valid() {
                return false;
            }
            if !self.types.all_basic(arg.typ, BasicInfo::ORDERED) {
                let message = format!("invalid argument: {} cannot be ordered", self.os(arg));
                self.error(Code::InvalidMinMaxOperand, arg.pos(), message);
                return false;
            }
            if index == 0 {
                continue;
            }
            self.match_types(x, arg);
            if !x.is_valid() {
                return false;
            }
            if !self.types.identical(x.typ, arg.typ) {
                let (a, b) = (self.ts(x.typ), self.ts(arg.typ));
                let text = arg.text();
                let message = format!("invalid argument: mismatched types {a} (previous argument) and {b} (type of {text})");
                self.error(Code::MismatchedTypes, arg.pos(), message);
                return false;
            }
            if x.is_constant() && arg.is_constant() {
                if arg.value.compare(operator, &x.value) {
                    *x = arg.clone();
                }
            } else {
                x.mode = Mode::Value;
            }
        }
        if !x.is_constant() {
            x.mode = Mode::Value;
            // A value must have a type; a constant may stay untyped.
            self.assignment(x, Some(TypeId::EMPTY_INTERFACE), &Context::ArgumentToBuiltin(name));
            if !x.is_valid() {
                return false;
            }
        }
        for arg in args.iter() {
            if let Some(written) = arg.expr() {
                self.update_type(written, x.typ, true);
            }
        }
        if !x.is_constant() {
            let params = vec![x.typ; args.len()];
            self.record_builtin(&call.fun, Some(x.typ), &params);
        }
        true
    }

    fn new_call(&mut self, x: &mut Operand<'a>, call: &'a CallExpr) -> bool {
        let arg = &call.args[0];
        *x = self.expr_or_type(arg, false);
        self.exclude(x, false, true);
        match x.mode {
            Mode::Invalid => return false,
            Mode::Type => self.require_variable_type(arg, x.typ),
            _ => {
                if self.types.is_untyped(x.typ) {
                    self.assignment(x, None, &"argument to new".into());
                    if !x.is_valid() {
                        return false;
                    }
                }
                self.require(call.fun.start(), Version::GO1_26, |_| format!("new({})", expr_string(arg)));
            }
        }
        let typ = x.typ;
        x.mode = Mode::Value;
        x.typ = self.types.pointer_to(typ);
        self.record_builtin(&call.fun, Some(x.typ), &[typ]);
        true
    }

    fn offset(&mut self, x: &mut Operand<'a>, call: &'a CallExpr) -> bool {
        let arg = &call.args[0];
        let selected = arg.unparen();
        let ExprKind::Selector(selector) = &selected.kind else {
            self.error(Code::BadOffsetofSyntax, arg.start(), format!("invalid argument: {} is not a selector expression", expr_string(arg)));
            self.use_expr(arg);
            return false;
        };
        *x = self.expr(None, &selector.x);
        if !x.is_valid() {
            return false;
        }
        let base = self.types.deref_struct(x.typ);
        let name = selector.sel.name;
        let (object, path, indirect) = match self.types.lookup(base, false, Some(self.package), name, false) {
            Lookup::Found { object, path, indirect } => (object, path, indirect),
            Lookup::NeedsPointer | Lookup::Ambiguous | Lookup::NotFound => {
                let message = format!("invalid argument: {} has no single field {name}", self.ts(base));
                self.error(Code::MissingFieldOrMethod, x.pos(), message);
                return false;
            }
        };
        if !self.types.object(object).is_field() {
            self.error(Code::InvalidOffsetof, arg.start(), format!("invalid argument: {} is a method value", expr_string(arg)));
            return false;
        }
        if indirect {
            let message = format!("invalid argument: field {name} is embedded via a pointer in {}", self.ts(base));
            self.error(Code::InvalidOffsetof, x.pos(), message);
            return false;
        }
        self.info.set_use(selector.sel.id, object);
        let typ = self.types.type_of(object);
        let selection = Selection { kind: SelectionKind::Field, receiver: base, object, path: path.clone().into(), indirect: false };
        self.info.selections.insert(selected.id, selection);
        self.record_type(selected.id, Mode::Variable, typ, None);
        if self.has_variable_size(base, &mut Vec::new()) {
            x.mode = Mode::Value;
            self.record_builtin(&call.fun, Some(TypeId::UINTPTR), &[typ]);
        } else {
            let offset = self.types.offset_of(base, &path);
            if offset < 0 {
                let message = format!("{} is too large", self.os(x));
                self.error(Code::TypeTooLarge, x.pos(), message);
                return false;
            }
            x.mode = Mode::Constant;
            x.value = Value::Int(offset);
        }
        x.typ = TypeId::UINTPTR;
        true
    }

    /// Whether the size of a type depends on type parameters.
    pub(super) fn has_variable_size(&mut self, typ: TypeId, active: &mut Vec<TypeId>) -> bool {
        let typ = self.types.unalias(typ);
        match self.types.kind(typ) {
            TypeKind::Named(named) => {
                let object = self.types.named(named).object;
                let declaring = self.types.named(named).instance.is_none() && self.path.contains(&object);
                if declaring {
                    if let Some(start) = self.path.iter().position(|other| *other == object) {
                        let cycle = self.path[start..].to_vec();
                        self.cycle_error(&cycle);
                    }
                    return true;
                }
                if let Some(start) = active.iter().position(|other| *other == typ) {
                    let names = active[start..].to_vec();
                    let cycle: Vec<_> =
                        names.iter().filter_map(|typ| self.types.as_named(*typ)).map(|named| self.types.named(named).object).collect();
                    self.cycle_error_from(&cycle, 0, Some(&names));
                    return true;
                }
                if let Some(known) = self.variable_sizes.get(&typ) {
                    return *known;
                }
                active.push(typ);
                let rhs = self.types.right_hand_side(named).unwrap_or(TypeId::INVALID);
                let result = self.has_variable_size(rhs, active);
                active.pop();
                self.variable_sizes.insert(typ, result);
                result
            }
            TypeKind::Array(_, elem) => self.has_variable_size(elem, active),
            TypeKind::Struct(structure) => {
                let fields = self.types.structure(structure).fields.clone();
                fields.iter().any(|field| {
                    let typ = self.types.type_of(*field);
                    self.has_variable_size(typ, active)
                })
            }
            TypeKind::TypeParameter(_) => true,
            _ => false,
        }
    }
}

/// The code of a wrong argument of a built-in function about complex numbers.
fn complex_code(id: BuiltinId) -> Code {
    match id {
        BuiltinId::Real => Code::InvalidReal,
        BuiltinId::Imag => Code::InvalidImag,
        _ => Code::InvalidComplex,
    }
}
