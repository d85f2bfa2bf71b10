//! Calls, selectors and instantiations of functions.

use std::sync::Arc;

use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::Symbol;
use crate::syntax::ast::{CallExpr, Expr, ExprKind, IndexExpr, SelectorExpr};
use crate::types::universe::ExprKindOf;
use crate::types::{Lookup, Mode, ObjectId, ObjectKind, Selection, SelectionKind, Signature, TypeId, TypeKind, VariableKind, is_exported_str};

use super::assign::{Context, Target};
use super::operand::{Operand, Written};
use super::{Checker, Version, expr_string};

impl<'a> Checker<'a> {
    /// Instantiates a generic function with explicit type arguments, or such as a target asks for. If some are missing and
    /// `infer` is not set, those given are returned.
    pub(super) fn instantiate_function(
        &mut self,
        target: Option<&Target>,
        pos: Pos,
        x: &mut Operand<'a>,
        instance: Option<(&'a Expr, &'a IndexExpr)>,
        infer: bool,
    ) -> Option<Vec<TypeId>> {
        let error_pos = match instance {
            Some((expr, _)) => {
                x.set_expr(expr);
                expr.pos
            }
            None => pos,
        };
        let version_ok = self.require(error_pos, Version::GO1_18, |_| "function instantiation".to_string());
        let exprs: &'a [Expr] = instance.map_or(&[], |(_, index)| &index.indices);
        let mut arguments: Vec<TypeId> = Vec::new();
        if instance.is_some() {
            match self.type_list(exprs) {
                Some(list) => arguments = list,
                None => {
                    x.invalidate();
                    return None;
                }
            }
        }
        let Some(signature) = self.signature_of(x.typ) else {
            x.invalidate();
            return None;
        };
        let (got, want) = (arguments.len(), signature.type_params.len());
        if got > want {
            self.error(Code::WrongTypeArgCount, exprs[got - 1].start(), format!("got {got} type arguments but want {want}"));
            x.invalidate();
            return None;
        }
        if got < want {
            if !infer {
                return Some(arguments);
            }
            let mut params = Vec::new();
            let mut args = Vec::new();
            let mut reverse = false;
            if let Some(target) = target {
                if version_ok && !self.allows(Version::GO1_21) {
                    let partially = if instance.is_some() { "partially" } else { "implicitly" };
                    self.require(error_pos, Version::GO1_21, |_| format!("{partially} instantiated function in assignment"));
                }
                // The function's own type is matched with the target's.
                let own = self.types.new_signature(Signature {
                    params: signature.params.clone(),
                    results: signature.results.clone(),
                    variadic: signature.variadic,
                    ..Signature::default()
                });
                params.push(own);
                let written = Written::Text(x.pos(), target.description.as_str().into());
                args.push(Operand::value(written, target.signature));
                reverse = true;
            }
            let (fresh, rename) = self.types.rename_parameters(&signature.type_params);
            let params: Vec<TypeId> = params.iter().map(|param| self.types.substitute(*param, &rename)).collect();
            let given: Vec<Option<TypeId>> = arguments.iter().copied().map(Some).collect();
            let mut problem = None;
            match self.infer(pos, &fresh, &given, &params, &args, reverse, &mut problem) {
                Some(list) => arguments = list,
                None => {
                    if let Some((pos, message)) = problem {
                        self.error(Code::CannotInferTypeArgs, pos, message);
                    }
                    x.invalidate();
                    return None;
                }
            }
        }
        let written = x.expr();
        x.typ = self.instantiate_signature(x.written_pos(), written, x.typ, &signature, arguments, exprs);
        x.mode = Mode::Value;
        None
    }

    /// The type of a function with all its type arguments. Constraints are verified later.
    pub(super) fn instantiate_signature(
        &mut self,
        pos: Pos,
        expr: Option<&'a Expr>,
        generic: TypeId,
        signature: &Signature,
        arguments: Vec<TypeId>,
        exprs: &'a [Expr],
    ) -> TypeId {
        let _ = generic;
        let instance = self.types.instantiate_signature(signature, &arguments);
        let arguments: Arc<[TypeId]> = arguments.into();
        if let Some(expr) = expr {
            self.record_instance(expr, arguments.clone(), instance);
        }
        let parameters = signature.type_params.clone();
        self.later(move |checker| checker.verify_arguments(pos, &parameters, &arguments, exprs));
        instance
    }

    pub(super) fn call_expr(&mut self, expr: &'a Expr, call: &'a CallExpr) -> (Operand<'a>, ExprKindOf) {
        let mut instance = None;
        let mut x;
        if let ExprKind::Index(index) = &call.fun.kind {
            let (operand, is_function) = self.index_expr(&call.fun, index);
            x = operand;
            if is_function {
                instance = Some(&**index);
            }
            x.set_expr(&call.fun);
            self.record(&x);
        } else {
            x = self.expr_or_type(&call.fun, true);
        }
        match x.mode {
            Mode::Invalid => {
                self.use_exprs(&call.args);
                x.set_expr(expr);
                return (x, ExprKindOf::Statement);
            }
            Mode::Type => {
                self.require_instantiated(None, &mut x);
                if x.is_valid() {
                    x = self.conversion_call(expr, call, x.typ);
                }
                x.set_expr(expr);
                return (x, ExprKindOf::Conversion);
            }
            Mode::Builtin => {
                let id = x.builtin;
                if !self.builtin_call(&mut x, expr, call, id) {
                    x.invalidate();
                }
                x.set_expr(expr);
                if x.is_valid() && !x.is_constant() {
                    self.env.has_call_or_receive = true;
                }
                return (x, id.kind());
            }
            _ => {}
        }
        let x = self.function_call(expr, call, x, instance);
        (x, ExprKindOf::Statement)
    }

    fn conversion_call(&mut self, expr: &'a Expr, call: &'a CallExpr, typ: TypeId) -> Operand<'a> {
        if !self.is_complete(typ) {
            return Operand::invalid();
        }
        match &call.args[..] {
            [] => {
                let message = format!("missing argument in conversion to {}", self.ts(typ));
                self.error(Code::WrongArgCount, expr.start(), message);
                Operand::invalid()
            }
            [argument] => {
                let target = self.target(typ, || "conversion".to_string());
                let mut x = self.expr(target.as_ref(), argument);
                if !x.is_valid() {
                    return x;
                }
                if let TypeKind::Interface(interface) = self.types.under(typ)
                    && !self.types.is_type_parameter(typ)
                    && !self.types.type_set(interface).is_method_set()
                {
                    let message =
                        format!("cannot use interface {} in conversion (contains specific type constraints or is comparable)", self.ts(typ));
                    self.error(Code::MisplacedConstraintIface, expr.start(), message);
                    x.invalidate();
                    return x;
                }
                if call.has_dots {
                    let message = format!("invalid use of ... in conversion to {}", self.ts(typ));
                    self.error(Code::BadDotDotDotSyntax, argument.start(), message);
                    x.invalidate();
                    return x;
                }
                self.conversion(&mut x, typ);
                x
            }
            arguments => {
                self.use_exprs(arguments);
                let message = format!("too many arguments in conversion to {}", self.ts(typ));
                self.error(Code::WrongArgCount, arguments[arguments.len() - 1].start(), message);
                Operand::invalid()
            }
        }
    }

    fn function_call(&mut self, expr: &'a Expr, call: &'a CallExpr, x: Operand<'a>, instance: Option<&'a IndexExpr>) -> Operand<'a> {
        let mut x = x;
        let fail = |mut x: Operand<'a>| {
            x.invalidate();
            x.set_expr(expr);
            x
        };
        let common = self.types.common_underlying_or(x.typ, |types, typ, underlying| {
            let underlying = underlying?;
            match types.kind(underlying) {
                TypeKind::Signature(_) => None,
                _ => Some(format!("{} is not a function", types.string(typ))),
            }
        });
        let signature_type = match common {
            Ok(typ) => typ,
            Err(cause) => {
                let message = format!("invalid operation: cannot call {}: {cause}", self.os(&x));
                self.error(Code::InvalidCall, x.pos(), message);
                self.use_exprs(&call.args);
                return fail(x);
            }
        };
        let Some(mut signature) = self.signature_of(signature_type) else { return fail(x) };
        let mut signature_type = signature_type;
        let was_generic = !signature.type_params.is_empty();
        let mut exprs: &'a [Expr] = &[];
        let mut given: Vec<TypeId> = Vec::new();
        if let Some(index) = instance {
            exprs = &index.indices;
            let Some(list) = self.type_list(exprs) else {
                self.use_exprs(&call.args);
                return fail(x);
            };
            let (got, want) = (list.len(), signature.type_params.len());
            if got > want {
                self.error(Code::WrongTypeArgCount, exprs[want].start(), format!("got {got} type arguments but want {want}"));
                self.use_exprs(&call.args);
                return fail(x);
            }
            given = list;
            if got == want && want > 0 {
                self.require(call.fun.pos, Version::GO1_18, |_| "function instantiation".to_string());
                let list = std::mem::take(&mut given);
                signature_type = self.instantiate_signature(call.fun.pos, Some(&call.fun), signature_type, &signature, list, exprs);
                exprs = &[];
                if let Some(new) = self.signature_of(signature_type) {
                    signature = new;
                }
            }
        }
        let (mut args, partial) = self.generic_expr_list(&call.args);
        let result = self.arguments(expr, call, signature_type, &signature, given, exprs, &mut args, partial);
        if let Some(new) = self.signature_of(result) {
            signature = new;
        }
        if was_generic && signature.type_params.is_empty() {
            self.record_type(call.fun.id, Mode::Value, result, None);
        }
        match &signature.results[..] {
            [] => x.mode = Mode::NoValue,
            [result] => {
                x.mode = Mode::Value;
                x.typ = self.types.type_of(*result);
                if !self.is_complete(x.typ) {
                    return fail(x);
                }
            }
            results => {
                x.mode = Mode::Value;
                x.typ = self.types.new_tuple(results.into());
            }
        }
        x.set_expr(expr);
        self.env.has_call_or_receive = true;
        // The call failed to infer type arguments: its result is useless.
        if x.mode == Mode::Value && !signature.type_params.is_empty() && self.types.is_parameterized(&signature.type_params, x.typ) {
            x.invalidate();
        }
        x
    }

    /// Arguments, which may be generic functions; the second list has the type arguments of partly instantiated ones.
    fn generic_expr_list(&mut self, exprs: &'a [Expr]) -> (Vec<Operand<'a>>, Vec<Vec<TypeId>>) {
        let infer = exprs.is_empty() || !self.allows(Version::GO1_21);
        let mut operands = Vec::with_capacity(exprs.len());
        let mut partial = vec![Vec::new(); exprs.len()];
        for (at, expr) in exprs.iter().enumerate() {
            if let ExprKind::Index(index) = &expr.kind {
                let (mut x, is_function) = self.index_expr(expr, index);
                if is_function {
                    match self.instantiate_function(None, x.written_pos(), &mut x, Some((expr, index)), infer) {
                        Some(list) => {
                            partial[at] = list;
                            x.set_expr(expr);
                        }
                        None => {
                            x.set_expr(expr);
                            self.record(&x);
                        }
                    }
                } else {
                    x.set_expr(expr);
                    self.record(&x);
                    self.exclude(&mut x, true, true);
                }
                operands.push(x);
                continue;
            }
            if exprs.len() > 1 {
                operands.push(self.generic_expr(expr, None));
                continue;
            }
            let (mut x, _) = self.raw_expr(None, expr, None, true);
            self.exclude(&mut x, true, true);
            if x.is_valid()
                && let TypeKind::Tuple(tuple) = self.types.kind(x.typ)
            {
                let results = self.types.tuple(tuple).clone();
                for result in results.iter() {
                    operands.push(Operand::value(Written::Expr(expr), self.types.type_of(*result)));
                }
                // The operands have no expressions of their own whose types could change.
                for operand in &mut operands {
                    operand.written = Written::Text(expr.start(), expr_string(expr).into());
                }
            } else {
                operands.push(x);
            }
        }
        (operands, partial)
    }

    /// Checks arguments against parameters; infers type arguments if the function is generic. The function's type, with
    /// type arguments put in.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn arguments(
        &mut self,
        expr: &'a Expr,
        call: &'a CallExpr,
        signature_type: TypeId,
        signature: &Signature,
        given: Vec<TypeId>,
        exprs: &'a [Expr],
        args: &mut [Operand<'a>],
        partial: Vec<Vec<TypeId>>,
    ) -> TypeId {
        let mut result = signature_type;
        let count = args.len();
        let mut params: Vec<TypeId> = self.types.types_of(&signature.params);
        let mut wanted = params.len();
        let mut adjusted = false;
        if signature.variadic {
            if call.has_dots {
                if call.args.len() == 1 && count > 1 {
                    let text = expr_string(&call.args[0]);
                    self.error(Code::InvalidDotDotDot, expr.start(), format!("cannot use ... with {count}-valued {text}"));
                    return result;
                }
            } else if count + 1 >= wanted {
                let last = params.pop().unwrap_or(TypeId::INVALID);
                let elem = match self.types.kind(last) {
                    TypeKind::Slice(elem) => elem,
                    _ => TypeId::INVALID,
                };
                while params.len() < count {
                    params.push(elem);
                }
                adjusted = true;
                wanted = count;
            } else {
                wanted -= 1;
            }
        } else if call.has_dots {
            let text = expr_string(&call.fun);
            self.error(Code::NonVariadicDotDotDot, expr.start(), format!("cannot use ... in call to non-variadic {text}"));
            return result;
        }
        if count != wanted {
            let (at, word) = if count > wanted {
                (args[wanted].pos(), "too many")
            } else if count > 0 {
                (args[count - 1].pos(), "not enough")
            } else {
                (expr.start(), "not enough")
            };
            let have: Vec<TypeId> = args.iter().map(|arg| arg.typ).collect();
            let want = self.types.types_of(&signature.params);
            let have = self.types_summary(&have, false, call.has_dots);
            let want = self.types_summary(&want, signature.variadic, false);
            let text = expr_string(&call.fun);
            self.error_lines(
                Code::WrongArgCount,
                vec![(at, format!("{word} arguments in call to {text}")), (Pos::NONE, format!("have {have}")), (Pos::NONE, format!("want {want}"))],
            );
            return result;
        }
        let own = signature.type_params.len();
        let mut type_params: Vec<TypeId> = Vec::new();
        let mut type_args: Vec<Option<TypeId>> = Vec::new();
        if own > 0 {
            if !self.allows(Version::GO1_18) {
                match &call.fun.kind {
                    ExprKind::Index(_) => self.require(call.fun.start(), Version::GO1_18, |_| "function instantiation".to_string()),
                    _ => self.require(expr.start(), Version::GO1_18, |_| "implicit function instantiation".to_string()),
                };
            }
            let (fresh, rename) = self.types.rename_parameters(&signature.type_params);
            for param in &mut params {
                *param = self.types.substitute(*param, &rename);
            }
            type_params = fresh;
            type_args = given.into_iter().map(Some).collect();
            type_args.resize(type_params.len(), None);
        }
        // Arguments that are generic functions have type parameters of their own to be inferred.
        let mut generic_args = Vec::new();
        for (index, arg) in args.iter_mut().enumerate() {
            if !arg.is_valid() {
                continue;
            }
            let Some(mut arg_signature) = self.signature_of(arg.typ) else { continue };
            if arg_signature.type_params.is_empty() {
                continue;
            }
            let original = arg.typ;
            let (fresh, rename) = self.types.rename_parameters(&arg_signature.type_params);
            let renamed = self.types.substitute_signature(&arg_signature, &rename);
            if let Some(renamed) = renamed {
                arg_signature = renamed;
            }
            arg_signature.type_params = fresh.clone().into();
            arg.typ = self.types.new_signature(arg_signature);
            type_params.extend(fresh);
            if let Some(list) = partial.get(index) {
                type_args.extend(list.iter().copied().map(Some));
            }
            type_args.resize(type_params.len(), None);
            generic_args.push((index, original));
        }
        if let Some((first, _)) = generic_args.first() {
            let pos = args[*first].pos();
            self.require(pos, Version::GO1_21, |_| "implicitly instantiated function as argument".to_string());
        }
        if !type_params.is_empty() {
            let mut problem = None;
            let inferred = self.infer(expr.pos, &type_params, &type_args, &params, args, false, &mut problem);
            let Some(inferred) = inferred else {
                if let Some((pos, message)) = problem {
                    let text = expr_string(&call.fun);
                    self.error(Code::CannotInferTypeArgs, pos, format!("in call to {text}, {message}"));
                }
                return result;
            };
            if own > 0 {
                result = self.instantiate_signature(expr.pos, Some(&call.fun), signature_type, signature, inferred[..own].to_vec(), exprs);
                if adjusted {
                    let with = crate::types::Substitution::new(&type_params[..own], &inferred[..own]);
                    for param in &mut params {
                        *param = self.types.substitute(*param, &with);
                    }
                } else if let Some(new) = self.signature_of(result) {
                    params = self.types.types_of(&new.params);
                }
            }
            let mut at = own;
            for (index, original) in generic_args {
                let Some(arg_signature) = self.signature_of(args[index].typ) else { continue };
                let end = at + arg_signature.type_params.len();
                let written = args[index].expr();
                let typ = self.instantiate_signature(expr.pos, written, original, &arg_signature, inferred[at..end].to_vec(), &[]);
                args[index].typ = typ;
                let operand = args[index].clone();
                self.record(&operand);
                at = end;
            }
        }
        let context = Context::ArgumentTo(&call.fun);
        for (arg, param) in args.iter_mut().zip(params) {
            self.assignment(arg, Some(param), &context);
        }
        result
    }

    pub(super) fn selector(&mut self, expr: &'a Expr, selector: &'a SelectorExpr, want_type: bool) -> Operand<'a> {
        let name = selector.sel.name;
        if let Some(ident) = selector.x.as_ident()
            && let Some(object) = self.lookup(ident.name)
            && let ObjectKind::PackageName { imported } = self.types.object(object).kind
        {
            self.info.set_use(ident.id, object);
            self.state.used_imports.insert(object);
            return self.qualified_identifier(expr, selector, imported);
        }
        let mut x = self.expr_or_type(&selector.x, false);
        match x.mode {
            Mode::Builtin => {
                let message = format!("invalid use of {} in selector expression", self.os(&x));
                self.error(Code::UncalledBuiltin, expr.pos, message);
                return Operand::invalid();
            }
            Mode::Invalid => return Operand::invalid(),
            _ => {}
        }
        if !self.is_complete(x.typ) {
            return Operand::invalid();
        }
        if want_type {
            self.error(Code::NotAType, selector.sel.pos, format!("{} is not a type", expr_string(expr)));
            return Operand::invalid();
        }
        if let TypeKind::Pointer(base) = self.types.under(x.typ)
            && !self.is_complete(base)
        {
            return Operand::invalid();
        }
        let addressable = x.mode == Mode::Variable;
        let mut found = self.types.lookup(x.typ, addressable, Some(self.package), name, false);
        if let Lookup::Found { object, .. } = found
            && self.types.object(object).typ.is_none()
        {
            self.declare_object(object);
            found = self.types.lookup(x.typ, addressable, Some(self.package), name, false);
        }
        let (object, path, indirect) = match found {
            Lookup::Found { object, path, indirect } => (object, path, indirect),
            missing => {
                self.selector_error(selector, &x, missing);
                return Operand::invalid();
            }
        };
        let receiver = x.typ;
        let kind = if self.types.object(object).is_field() {
            if x.mode == Mode::Type {
                let message = format!("operand for field selector {name} must be value of type {}", self.ts(x.typ));
                self.error(Code::MissingFieldOrMethod, selector.x.start(), message);
                return Operand::invalid();
            }
            x.mode = if addressable || indirect { Mode::Variable } else { Mode::Value };
            x.typ = self.types.type_of(object);
            SelectionKind::Field
        } else {
            self.add_dependency(object);
            let Some(signature) = self.signature_of(self.types.type_of(object)) else { return Operand::invalid() };
            let kind = if x.mode == Mode::Type {
                x.typ = self.method_expression(&signature, x.typ);
                SelectionKind::MethodExpr
            } else {
                // A pointer method of a variable takes its address.
                if addressable && !self.types.is_pointer(x.typ) && !indirect && self.types.has_pointer_receiver(object) {
                    self.note_address(&selector.x);
                }
                x.typ = self.types.new_signature(Signature {
                    old_receiver: signature.receiver,
                    receiver: None,
                    receiver_type_params: Arc::new([]),
                    ..signature
                });
                SelectionKind::MethodValue
            };
            x.mode = Mode::Value;
            kind
        };
        self.info.set_use(selector.sel.id, object);
        self.info.selections.insert(expr.id, Selection { kind, receiver, object, path: path.into(), indirect });
        x.set_expr(expr);
        x
    }

    fn method_expression(&mut self, signature: &Signature, receiver: TypeId) -> TypeId {
        let named = signature.params.first().is_some_and(|param| !self.types.name_of(*param).is_empty());
        let name = match signature.receiver {
            Some(object) if named => {
                let name = self.types.object(object).name;
                if name.as_str().is_empty() { Symbol::new("_") } else { name }
            }
            _ => Symbol::new(""),
        };
        let first = self.types.new_variable(VariableKind::Parameter, Pos::NONE, Some(self.package), name, Some(receiver));
        let params = std::iter::once(first).chain(signature.params.iter().copied()).collect();
        self.types.new_signature(Signature {
            type_params: signature.type_params.clone(),
            params,
            results: signature.results.clone(),
            variadic: signature.variadic,
            ..Signature::default()
        })
    }

    fn qualified_identifier(&mut self, expr: &'a Expr, selector: &'a SelectorExpr, imported: crate::types::PackageId) -> Operand<'a> {
        let name = selector.sel.name;
        let package = self.types.package(imported);
        let (scope, fake, package_name) = (package.scope, package.fake, package.name);
        let Some(object) = self.types.scope(scope).lookup(name) else {
            if !fake && super::typexpr::is_valid_name(name.as_str()) {
                let mut similar: Vec<&str> = self
                    .types
                    .scope(scope)
                    .elements()
                    .iter()
                    .map(|(other, _)| other.as_str())
                    .filter(|other| is_exported_str(other) && crate::types::predicates::equal_fold(other, name.as_str()))
                    .collect();
                similar.sort_unstable();
                let mut message = format!("undefined: {}", expr_string(expr));
                if let Some(similar) = similar.first() {
                    message.push_str(&format!(" (but have {similar})"));
                }
                self.error(Code::UndeclaredImportedName, selector.sel.pos, message);
            }
            return Operand::invalid();
        };
        if !is_exported_str(name.as_str()) {
            self.error(Code::UnexportedName, selector.sel.pos, format!("name {name} not exported by package {package_name}"));
        }
        self.info.set_use(selector.sel.id, object);
        let mut x = Operand { typ: self.types.type_of(object), ..Operand::invalid() };
        match &self.types.object(object).kind {
            ObjectKind::Constant { value } => {
                x.mode = Mode::Constant;
                x.value = value.clone();
            }
            ObjectKind::TypeName => x.mode = Mode::Type,
            ObjectKind::Variable(_) => x.mode = Mode::Variable,
            ObjectKind::Function(_) => x.mode = Mode::Value,
            ObjectKind::Builtin(id) => {
                x.mode = Mode::Builtin;
                x.builtin = *id;
            }
            _ => {}
        }
        if !self.types.is_valid(x.typ) && x.mode != Mode::Builtin && x.mode != Mode::Type {
            x.invalidate();
        }
        x.set_expr(expr);
        x
    }

    fn selector_error(&mut self, selector: &'a SelectorExpr, x: &Operand<'a>, missing: Lookup) {
        let name = selector.sel.name;
        let pos = selector.sel.pos;
        if self.types.underlying(x.typ) == TypeId::INVALID {
            return;
        }
        match missing {
            Lookup::Ambiguous => self.error(Code::AmbiguousSelector, pos, format!("ambiguous selector {}.{name}", x.text())),
            Lookup::NeedsPointer => {
                let t = self.ts(x.typ);
                let message = if x.mode == Mode::Type {
                    format!("invalid method expression {t}.{name} (needs pointer receiver (*{t}).{name})")
                } else {
                    format!("cannot call pointer method {name} on {t}")
                };
                self.error(Code::InvalidMethodExpr, pos, message);
            }
            _ => {
                let why = if self.types.is_interface_pointer(x.typ) {
                    self.interface_pointer_error(x.typ)
                } else {
                    let addressable = x.mode == Mode::Variable;
                    let similar = self.types.lookup(x.typ, addressable, Some(self.package), name, true).object();
                    self.lookup_error(x.typ, name, similar, false)
                };
                self.error(Code::MissingFieldOrMethod, pos, format!("{}.{name} undefined ({why})", x.text()));
            }
        }
    }

    /// Why a field or method was not found; `similar` has the same name but for case.
    pub(super) fn lookup_error(&mut self, typ: TypeId, name: Symbol, similar: Option<ObjectId>, literal: bool) -> String {
        enum What {
            Missing,
            Misspelled,
            Unexported,
            Inaccessible,
        }
        let sel = name.as_str();
        let tail = |text: &str| text.chars().skip(1).collect::<String>();
        let mut what = What::Missing;
        let mut other = "";
        let mut kind = "object";
        if let Some(similar) = similar {
            let object = self.types.object(similar);
            other = object.name.as_str();
            kind = if object.function().is_some() { "method" } else { "field" };
            if object.package == Some(self.package) {
                what = What::Misspelled;
            } else if is_exported_str(sel) {
                if is_exported_str(other) {
                    what = What::Misspelled;
                } else if tail(sel) == tail(other) {
                    what = What::Unexported;
                }
            } else if is_exported_str(other) {
                if tail(sel) == tail(other) {
                    what = What::Misspelled;
                }
            } else if sel == other {
                what = What::Inaccessible;
            }
        }
        let t = self.ts(typ);
        if literal {
            return match what {
                What::Missing => format!("unknown field {sel} in struct literal of type {t}"),
                What::Misspelled => format!("unknown field {sel} in struct literal of type {t}, but does have {other}"),
                What::Unexported => {
                    format!("unknown field {sel} in struct literal of type {t}, but does have unexported {other}")
                }
                What::Inaccessible => format!("cannot refer to unexported field {other} in struct literal of type {t}"),
            };
        }
        match what {
            What::Missing => format!("type {t} has no field or method {sel}"),
            What::Misspelled => format!("type {t} has no field or method {sel}, but does have {kind} {other}"),
            What::Unexported => format!("type {t} has no field or method {sel}, but does have unexported {kind} {other}"),
            What::Inaccessible => format!("cannot refer to unexported {kind} {other}"),
        }
    }
}
