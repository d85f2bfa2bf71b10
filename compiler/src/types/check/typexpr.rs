//! Identifiers and type expressions.

use std::sync::Arc;

use crate::constant::Value;
use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::ast::{ArrayType, Expr, ExprKind, Ident, InterfaceType, NodeId, Operator, StructType};
use crate::types::hash::FastMap;
use crate::types::type_set::MAX_TERMS;
use crate::types::{
    Basic, Function, Instance, Interface, Mode, ObjectId, ObjectKind, PackageId, Signature, Substitution, Term, TypeId, TypeKind, VariableKind,
};

use super::operand::Operand;
use super::{Checker, Version, expr_string, resolve::pointer_base};

impl<'a> Checker<'a> {
    /// An identifier in an expression, or as a type.
    pub(super) fn identifier(&mut self, expr: &'a Expr, ident: Ident, want_type: bool) -> Operand<'a> {
        let mut x = Operand::invalid();
        x.set_expr(expr);
        let name = ident.name;
        let Some((scope, object)) = self.types.lookup_parent(self.env.scope, name) else {
            if name.is_blank() {
                self.error(Code::InvalidBlank, ident.pos, "cannot use _ as value or type");
            } else if is_valid_name(name.as_str()) {
                self.error(Code::UndeclaredName, ident.pos, format!("undefined: {name}"));
            }
            return x;
        };
        if scope == self.types.universe
            && !self.allows(Version::GO1_18)
            && (name == "any" || name == "comparable")
            && !self.require(ident.pos, Version::GO1_18, |_| format!("predeclared {name}"))
        {
            return x;
        }
        self.info.set_use(ident.id, object);
        let data = self.types.object(object);
        let is_type = data.is_type_name();
        let here = data.package == Some(self.package);
        if want_type && !is_type {
            let message = format!("{name} ({}) is not a type", self.types.object_word(object));
            self.error(Code::NotAType, ident.pos, message);
            self.used_vars.insert(object);
            return x;
        }
        if data.typ.is_none() || is_type && want_type && here && !self.path.is_empty() {
            self.declare_object_if_grey_or_white(object);
        }
        let typ = self.types.type_of(object);
        if let Some(import) = self.state.dot_imports.get(&(scope, name)) {
            self.state.used_imports.insert(*import);
        }
        match &self.types.object(object).kind {
            ObjectKind::PackageName { .. } => {
                self.error(Code::InvalidPkgUse, ident.pos, format!("use of package {name} not in selector"));
                return x;
            }
            ObjectKind::Constant { value } => {
                let value = value.clone();
                self.add_dependency(object);
                if !self.types.is_valid(typ) {
                    return x;
                }
                x.value = value;
                if scope == self.types.universe && name == "iota" {
                    match &self.env.iota {
                        Some(iota) => x.value = iota.clone(),
                        None => {
                            self.error(Code::InvalidIota, ident.pos, "cannot use iota outside constant declaration");
                            return x;
                        }
                    }
                }
                x.mode = Mode::Constant;
            }
            ObjectKind::TypeName => x.mode = Mode::Type,
            ObjectKind::Variable(variable) => {
                let owner = variable.function;
                if here {
                    self.used_vars.insert(object);
                }
                self.add_dependency(object);
                if let Some(owner) = owner {
                    self.note_capture(object, owner);
                }
                if !self.types.is_valid(typ) {
                    return x;
                }
                x.mode = Mode::Variable;
            }
            ObjectKind::Function(_) => {
                self.add_dependency(object);
                x.mode = Mode::Value;
            }
            ObjectKind::Builtin(id) => {
                x.builtin = *id;
                x.mode = Mode::Builtin;
            }
            ObjectKind::Nil => x.mode = Mode::Nil,
            ObjectKind::Label => return x,
        }
        x.typ = typ;
        x
    }

    /// A type name that is being declared is looked at too, so that cycles are found.
    fn declare_object_if_grey_or_white(&mut self, object: ObjectId) {
        if self.types.object(object).typ.is_none() || self.path.contains(&object) {
            self.declare_object(object);
        }
    }

    /// Notes that the function at hand, if it is a literal, uses a variable of one around it.
    fn note_capture(&mut self, object: ObjectId, owner: crate::types::FunctionId) {
        let Some(mut at) = self.env.function else { return };
        if at == owner {
            return;
        }
        while at != owner {
            let function = &mut self.info.functions[at.0 as usize];
            if function.captures.contains(&object) {
                break;
            }
            function.captures.push(object);
            match function.parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if let ObjectKind::Variable(variable) = &mut self.types.object_mut(object).kind {
            variable.captured = true;
        }
    }

    pub(super) fn typ(&mut self, expr: &'a Expr) -> TypeId {
        self.declared_type(expr, None)
    }

    /// The type of a variable: constraints are not allowed.
    pub(super) fn variable_type(&mut self, expr: &'a Expr) -> TypeId {
        let typ = self.declared_type(expr, None);
        self.require_variable_type(expr, typ);
        typ
    }

    pub(super) fn require_variable_type(&mut self, expr: &'a Expr, typ: TypeId) {
        // Only interfaces can be constraints.
        if !matches!(self.types.unaliased_kind(typ), TypeKind::Named(_) | TypeKind::Interface(_) | TypeKind::Basic(Basic::Invalid)) {
            return;
        }
        if typ == TypeId::EMPTY_INTERFACE || typ == TypeId::ANY || typ == TypeId::ERROR {
            return;
        }
        if let TypeKind::Named(named) = self.types.kind(typ)
            && let Some(underlying) = self.types.named(named).underlying
            && !matches!(self.types.kind(underlying), TypeKind::Interface(_))
        {
            return;
        }
        self.later(move |checker| {
            if let TypeKind::Interface(interface) = checker.types.under(typ)
                && !checker.types.is_type_parameter(typ)
            {
                let set = checker.types.type_set(interface);
                if !set.is_method_set() {
                    let why = if set.comparable { "is (or embeds) comparable" } else { "contains type constraints" };
                    let message = format!("cannot use type {} outside a type constraint: interface {why}", checker.ts(typ));
                    checker.soft_error(Code::MisplacedConstraintIface, expr.start(), message);
                }
            }
        });
    }

    /// `name` is the type name being declared with this type, if it is one.
    pub(super) fn declared_type(&mut self, expr: &'a Expr, name: Option<ObjectId>) -> TypeId {
        let mut typ = self.type_inner(expr, name);
        if self.types.is_generic(typ) {
            let message = format!("cannot use generic type {} without instantiation", self.ts(typ));
            self.error(Code::WrongTypeArgCount, expr.start(), message);
            typ = TypeId::INVALID;
        }
        self.record_type(expr.id, Mode::Type, typ, None);
        typ
    }

    /// A generic type that is about to be instantiated.
    pub(super) fn generic_type(&mut self, expr: &'a Expr, cause: &mut String) -> TypeId {
        let mut typ = self.type_inner(expr, None);
        if self.types.is_valid(typ) && !self.types.is_generic(typ) {
            *cause = format!("{} is not a generic type", self.ts(typ));
            typ = TypeId::INVALID;
        }
        self.record_type(expr.id, Mode::Type, typ, None);
        typ
    }

    fn type_inner(&mut self, expr: &'a Expr, name: Option<ObjectId>) -> TypeId {
        match &expr.kind {
            ExprKind::Bad => TypeId::INVALID,
            ExprKind::Name(symbol) => {
                let ident = Ident { id: expr.id, pos: expr.pos, name: *symbol };
                let x = self.identifier(expr, ident, true);
                self.operand_as_type(x)
            }
            ExprKind::Selector(selector) => {
                let x = self.selector(expr, selector, true);
                self.operand_as_type(x)
            }
            ExprKind::Index(index) => {
                self.require(expr.start(), Version::GO1_18, |_| "type instantiation".to_string());
                self.instantiated_type(&index.x, &index.indices)
            }
            ExprKind::Paren(inner) => self.declared_type(inner, name),
            ExprKind::ArrayType(array) => self.array_type(expr, array),
            ExprKind::SliceType(elem) => {
                let elem = self.variable_type(elem);
                self.types.slice_of(elem)
            }
            ExprKind::DotsType(_) => {
                self.error(Code::InvalidSyntaxTree, expr.start(), "invalid syntax tree: invalid use of ...");
                TypeId::INVALID
            }
            ExprKind::StructType(structure) => self.struct_type(structure),
            ExprKind::Unary(unary) if unary.op == Operator::Mul => {
                let base = self.variable_type(&unary.x);
                if self.types.is_valid(base) { self.types.pointer_to(base) } else { TypeId::INVALID }
            }
            ExprKind::FuncType(ty) => self.function_type(None, &[], ty),
            ExprKind::InterfaceType(interface) => self.interface_type(expr, interface, name),
            ExprKind::MapType(map) => {
                let key = self.variable_type(&map.key);
                let elem = self.variable_type(&map.value);
                let key_expr = &map.key;
                if !matches!(self.types.kind(key), TypeKind::Basic(_) | TypeKind::Pointer(_)) {
                    self.later(move |checker| {
                        if !checker.types.is_comparable(key, true) {
                            let why = if checker.types.is_type_parameter(key) { " (missing comparable constraint)" } else { "" };
                            let message = format!("invalid map key type {}{why}", checker.ts(key));
                            checker.error(Code::IncomparableMapKey, key_expr.start(), message);
                        }
                    });
                }
                self.types.map_of(key, elem)
            }
            ExprKind::ChanType(chan) => {
                let elem = self.variable_type(&chan.elem);
                self.types.chan_of(chan.dir, elem)
            }
            _ => {
                self.error(Code::NotAType, expr.start(), format!("{} is not a type", expr_string(expr)));
                self.use_expr(expr);
                TypeId::INVALID
            }
        }
    }

    fn operand_as_type(&mut self, x: Operand<'a>) -> TypeId {
        match x.mode {
            Mode::Type => x.typ,
            Mode::Invalid => TypeId::INVALID,
            Mode::NoValue => {
                let message = format!("{} used as type", self.os(&x));
                self.error(Code::NotAType, x.pos(), message);
                TypeId::INVALID
            }
            _ => {
                let message = format!("{} is not a type", self.os(&x));
                self.error(Code::NotAType, x.pos(), message);
                TypeId::INVALID
            }
        }
    }

    pub(super) fn type_list(&mut self, exprs: &'a [Expr]) -> Option<Vec<TypeId>> {
        let types: Vec<TypeId> = exprs.iter().map(|expr| self.variable_type(expr)).collect();
        types.iter().all(|typ| self.types.is_valid(*typ)).then_some(types)
    }

    fn instantiated_type(&mut self, x: &'a Expr, list: &'a [Expr]) -> TypeId {
        let mut cause = String::new();
        let generic = self.generic_type(x, &mut cause);
        if !cause.is_empty() {
            let text = super::expr_string::list_string(list);
            self.error(Code::NotAGenericType, x.start(), format!("invalid operation: {}{text} ({cause})", expr_string(x)));
        }
        if !self.types.is_valid(generic) {
            return generic;
        }
        let Some(arguments) = self.type_list(list) else { return TypeId::INVALID };
        let arguments: Arc<[TypeId]> = arguments.into();
        let (typ, object) = match self.types.kind(generic) {
            TypeKind::Named(named) => {
                let object = self.types.named(named).object;
                let typ = self.types.instantiate_named(named, arguments.clone());
                self.instance_positions.entry(typ).or_insert(x.pos);
                (typ, object)
            }
            TypeKind::Alias(alias) => {
                let data = self.types.alias(alias);
                let (object, wanted) = (data.object, data.type_params.len());
                if !self.argument_count_fits(x.pos, object, wanted, arguments.len()) {
                    return TypeId::INVALID;
                }
                (self.types.instantiate_alias(alias, arguments.clone()), object)
            }
            _ => return TypeId::INVALID,
        };
        self.later(move |checker| {
            checker.record_instance(x, arguments.clone(), typ);
            let parameters = checker.types.type_params_of(typ);
            if checker.argument_count_fits(x.pos, object, parameters.len(), arguments.len()) {
                checker.verify_arguments(x.pos, &parameters, &arguments, list);
            }
        });
        typ
    }

    fn argument_count_fits(&mut self, pos: Pos, object: ObjectId, want: usize, got: usize) -> bool {
        let word = match got.cmp(&want) {
            std::cmp::Ordering::Less => "not enough",
            std::cmp::Ordering::Greater => "too many",
            std::cmp::Ordering::Equal => return true,
        };
        let name = self.types.name_of(object);
        self.error(Code::WrongTypeArgCount, pos, format!("{word} type arguments for type {name}: have {got}, want {want}"));
        false
    }

    /// Reports type arguments that do not satisfy their constraints.
    pub(super) fn verify_arguments(&mut self, pos: Pos, parameters: &[TypeId], arguments: &[TypeId], exprs: &'a [Expr]) {
        let with = Substitution::new(parameters, arguments);
        for (index, (parameter, argument)) in parameters.iter().zip(arguments).enumerate() {
            self.types.underlying(*parameter);
            let bound = self.types.bound_of(*parameter);
            let bound = self.types.substitute(bound, &with);
            let mut cause = String::new();
            if !self.implements(*argument, bound, true, &mut cause) {
                let pos = exprs.get(index).map_or(pos, Expr::start);
                self.soft_error(Code::InvalidTypeArg, pos, cause);
                return;
            }
        }
        self.note_instance(pos, parameters, arguments, exprs);
    }

    /// Records the type arguments of a generic function or type with the identifier that names it.
    pub(super) fn record_instance(&mut self, expr: &'a Expr, arguments: Arc<[TypeId]>, typ: TypeId) {
        let mut expr = expr;
        loop {
            expr = match &expr.kind {
                ExprKind::Index(index) => &index.x,
                ExprKind::Paren(inner) => inner,
                _ => break,
            };
        }
        let node: NodeId = match &expr.kind {
            ExprKind::Selector(selector) => selector.sel.id,
            _ => expr.id,
        };
        self.info.instances.insert(node, Instance { arguments, typ });
    }

    fn array_type(&mut self, expr: &'a Expr, array: &'a ArrayType) -> TypeId {
        let length = match &array.len {
            Some(length) => self.array_length(length),
            None => {
                self.error(Code::BadDotDotDotSyntax, expr.start(), "invalid use of [...] array (outside a composite literal)");
                -1
            }
        };
        let elem = self.variable_type(&array.elem);
        if length >= 0 { self.types.array_of(length, elem) } else { TypeId::INVALID }
    }

    fn array_length(&mut self, expr: &'a Expr) -> i64 {
        if let Some(name) = expr.as_name() {
            match self.lookup(name) {
                None => {
                    self.error(Code::InvalidArrayLen, expr.pos, format!("undefined array length {name} or missing type constraint"));
                    return -1;
                }
                Some(object) if !matches!(self.types.object(object).kind, ObjectKind::Constant { .. }) => {
                    self.error(Code::InvalidArrayLen, expr.pos, format!("invalid array length {name}"));
                    return -1;
                }
                Some(_) => {}
            }
        }
        let x = self.expr(None, expr);
        if x.mode != Mode::Constant {
            if x.is_valid() {
                let message = format!("array length {} must be constant", self.os(&x));
                self.error(Code::InvalidArrayLen, x.pos(), message);
            }
            return -1;
        }
        let is_integer = self.types.is_integer(x.typ);
        if (self.types.is_untyped(x.typ) || is_integer)
            && let Some(length) = x.value.to_int().as_i64()
            && length >= 0
        {
            return length;
        }
        let x_text = self.os(&x);
        let message = if is_integer { format!("invalid array length {x_text}") } else { format!("array length {x_text} must be integer") };
        self.error(Code::InvalidArrayLen, x.pos(), message);
        -1
    }

    fn struct_type(&mut self, structure: &'a StructType) -> TypeId {
        let mut fields: Vec<ObjectId> = Vec::new();
        let mut tags: Vec<Box<[u8]>> = Vec::new();
        let mut seen: FastMap<_, ObjectId> = FastMap::default();
        let has_tags = structure.fields.iter().any(|field| field.tag.is_some());
        for field in &structure.fields {
            let typ = self.variable_type(&field.ty);
            let tag: Box<[u8]> = match &field.tag {
                Some(tag) if !tag.bad => match Value::from_string_literal(&tag.text) {
                    Some(value) => value.as_text().map(|text| text.bytes()).unwrap_or_default().into(),
                    None => {
                        self.error(Code::InvalidSyntaxTree, tag.pos, format!("invalid syntax tree: incorrect tag syntax: {}", tag.text));
                        Box::default()
                    }
                },
                _ => Box::default(),
            };
            let embedded = field.names.is_empty();
            let names: Vec<Ident> = if embedded {
                match embedded_name(&field.ty) {
                    Some(name) => vec![name],
                    None => {
                        let message = format!("invalid syntax tree: invalid embedded field type {}", expr_string(&field.ty));
                        self.error(Code::InvalidSyntaxTree, field.ty.start(), message);
                        continue;
                    }
                }
            } else {
                field.names.clone()
            };
            for name in names {
                let object = self.types.new_variable(VariableKind::Field, name.pos, Some(self.package), name.name, Some(typ));
                if let ObjectKind::Variable(variable) = &mut self.types.object_mut(object).kind {
                    variable.embedded = embedded;
                }
                if !name.name.is_blank() {
                    let key = self.types.method_key(object);
                    if let Some(other) = seen.get(&key) {
                        let mut lines = vec![(name.pos, format!("{} redeclared", name.name))];
                        self.add_other(&mut lines, *other);
                        self.error_lines(Code::DuplicateDecl, lines);
                        continue;
                    }
                    seen.insert(key, object);
                }
                fields.push(object);
                if has_tags {
                    tags.push(tag.clone());
                }
                self.info.set_definition(name.id, object);
            }
            if embedded {
                let pos = field.ty.start();
                self.later(move |checker| checker.validate_embedded(pos, typ));
            }
        }
        self.types.new_struct(fields.into(), tags.into())
    }

    fn validate_embedded(&mut self, pos: Pos, typ: TypeId) {
        let (base, is_pointer) = self.types.deref(typ);
        match self.types.under(base) {
            TypeKind::Basic(Basic::UnsafePointer) => self.error(Code::InvalidPtrEmbed, pos, "embedded field type cannot be unsafe.Pointer"),
            TypeKind::Pointer(_) => self.error(Code::InvalidPtrEmbed, pos, "embedded field type cannot be a pointer"),
            TypeKind::Interface(_) => {
                if self.types.is_type_parameter(base) {
                    self.error(Code::MisplacedTypeParam, pos, "embedded field type cannot be a (pointer to a) type parameter");
                } else if is_pointer {
                    self.error(Code::InvalidPtrEmbed, pos, "embedded field type cannot be a pointer to an interface");
                }
            }
            _ => {}
        }
    }

    fn interface_type(&mut self, expr: &'a Expr, interface: &'a InterfaceType, name: Option<ObjectId>) -> TypeId {
        let typ = self.types.new_interface(Interface::default());
        let receiver_type = match name.and_then(|name| self.types.object(name).typ) {
            Some(declared) if self.types.as_named(declared).is_some() => declared,
            _ => typ,
        };
        let mut methods = Vec::new();
        let mut embeddeds = Vec::new();
        let mut positions = Vec::new();
        for element in &interface.elements {
            let Some(name) = element.names.first() else {
                embeddeds.push(self.union_type(&element.ty));
                positions.push(element.ty.start());
                continue;
            };
            if name.name.is_blank() {
                self.error(Code::BlankIfaceMethod, name.pos, "methods must have a unique non-blank name");
                continue;
            }
            let method_type = self.typ(&element.ty);
            let TypeKind::Signature(signature) = self.types.kind(method_type) else {
                if self.types.is_valid(method_type) {
                    let message = format!("invalid syntax tree: {} is not a method signature", self.ts(method_type));
                    self.error(Code::InvalidSyntaxTree, element.ty.start(), message);
                }
                continue;
            };
            let receiver =
                self.types.new_variable(VariableKind::Receiver, name.pos, Some(self.package), crate::syntax::Symbol::new(""), Some(receiver_type));
            self.types.signatures[signature.0 as usize].receiver = Some(receiver);
            let function = Function { pointer_receiver: false, is_abstract: true, no_interface: false, decl: NodeId::NONE };
            let package: Option<PackageId> = Some(self.package);
            let object = self.types.new_object(ObjectKind::Function(function), name.pos, package, name.name, Some(method_type));
            self.info.set_definition(name.id, object);
            methods.push(object);
        }
        if let TypeKind::Interface(id) = self.types.kind(typ) {
            self.types.sort_methods(&mut methods);
            let data = &mut self.types.interfaces[id.0 as usize];
            data.methods = methods.into();
            data.embeddeds = embeddeds.into();
            data.embed_positions = positions.into();
            data.complete = true;
        }
        self.later_type_set(typ, expr.start());
        typ
    }

    /// Computes the type set of an interface once everything it mentions is declared.
    pub(super) fn later_type_set(&mut self, typ: TypeId, _pos: Pos) {
        let TypeKind::Interface(id) = self.types.kind(typ) else { return };
        if self.types.interface(id).methods.is_empty() && self.types.interface(id).embeddeds.is_empty() {
            return;
        }
        self.later(move |checker| {
            checker.types.type_set(id);
            let data = checker.types.interface(id).clone();
            if checker.allows(Version::GO1_18) {
                return;
            }
            for (embedded, pos) in data.embeddeds.iter().zip(data.embed_positions.iter()) {
                let (embedded, pos) = (*embedded, *pos);
                match checker.types.under(embedded) {
                    TypeKind::Interface(inner) => {
                        let own = checker.types.as_named(embedded).is_none_or(|named| {
                            let object = checker.types.named(named).object;
                            let package = checker.types.object(object).package;
                            package.is_none() || package == Some(checker.package)
                        });
                        if !own && !checker.types.type_set(inner).is_method_set() {
                            checker.require(pos, Version::GO1_18, |checker| format!("embedding constraint interface {}", checker.ts(embedded)));
                        }
                    }
                    TypeKind::Basic(Basic::Invalid) => {}
                    TypeKind::Union(_) => {
                        checker.require(pos, Version::GO1_18, |checker| format!("embedding interface element {}", checker.ts(embedded)));
                    }
                    _ => {
                        checker.require(pos, Version::GO1_18, |checker| format!("embedding non-interface type {}", checker.ts(embedded)));
                    }
                }
            }
        });
    }

    /// An embedded element: a type, or a union of terms.
    pub(super) fn union_type(&mut self, expr: &'a Expr) -> TypeId {
        let mut exprs = Vec::new();
        let mut operators = Vec::new();
        flatten_union(expr, &mut exprs, &mut operators);
        let mut terms: Vec<Term> = Vec::new();
        let mut union = TypeId::INVALID;
        let mut failed = false;
        for (index, expr) in exprs.iter().enumerate() {
            let term = self.term(expr);
            if exprs.len() == 1 && !term.tilde {
                return term.typ;
            }
            if terms.len() >= MAX_TERMS {
                if !failed {
                    let message = "cannot handle more than 100 union terms (implementation limitation)";
                    self.error(Code::InvalidUnion, expr.start(), message);
                    failed = true;
                }
                union = TypeId::INVALID;
            } else {
                terms.push(term);
                if index + 1 == exprs.len() {
                    union = self.types.new_union(terms.clone().into());
                }
            }
        }
        for operator in operators {
            self.record_type(operator, Mode::Type, union, None);
        }
        if failed || union == TypeId::INVALID {
            return TypeId::INVALID;
        }
        self.later(move |checker| checker.validate_terms(&exprs, &terms));
        union
    }

    fn term(&mut self, expr: &'a Expr) -> Term {
        let (tilde, inner) = match &expr.kind {
            ExprKind::Unary(unary) if unary.op == Operator::Tilde => (true, &unary.x),
            _ => (false, expr),
        };
        let mut typ = self.typ(inner);
        if self.types.is_type_parameter(typ) {
            if tilde {
                let message = format!("type in term {} cannot be a type parameter", expr_string(expr));
                self.error(Code::MisplacedTypeParam, inner.start(), message);
            } else {
                self.error(Code::MisplacedTypeParam, inner.start(), "term cannot be a type parameter");
            }
            typ = TypeId::INVALID;
        }
        let term = Term { tilde, typ };
        if tilde {
            let union = self.types.new_union(Arc::new([term]));
            self.record_type(expr.id, Mode::Type, union, None);
        }
        term
    }

    fn validate_terms(&mut self, exprs: &[&'a Expr], terms: &[Term]) {
        for (index, term) in terms.iter().enumerate() {
            if !self.types.is_valid(term.typ) {
                continue;
            }
            let pos = exprs[index].start();
            let underlying = self.types.underlying(term.typ);
            let is_interface = matches!(self.types.kind(underlying), TypeKind::Interface(_));
            if term.tilde {
                if is_interface {
                    let message = format!("invalid use of ~ ({} is an interface)", self.ts(term.typ));
                    self.error(Code::InvalidUnion, pos, message);
                    continue;
                }
                if !self.types.identical(underlying, term.typ) {
                    let (typ, under) = (self.ts(term.typ), self.ts(underlying));
                    self.error(Code::InvalidUnion, pos, format!("invalid use of ~ (underlying type of {typ} is {under})"));
                    continue;
                }
            }
            if let TypeKind::Interface(interface) = self.types.kind(underlying) {
                let set = self.types.type_set(interface);
                let text = self.full_string(term.typ);
                if !set.methods.is_empty() {
                    self.error(Code::InvalidUnion, pos, format!("cannot use {text} in union ({text} contains methods)"));
                } else if term.typ == TypeId::COMPARABLE {
                    self.error(Code::InvalidUnion, pos, "cannot use comparable in union");
                } else if set.comparable {
                    self.error(Code::InvalidUnion, pos, format!("cannot use {text} in union ({text} embeds comparable)"));
                }
                continue;
            }
            let overlapping = terms[..index]
                .iter()
                .copied()
                .find(|other| self.types.is_valid(other.typ) && !self.types.is_interface(other.typ) && !self.types.disjoint(*other, *term));
            if let Some(other) = overlapping {
                let text = |checker: &mut Checker<'a>, term: &Term| format!("{}{}", if term.tilde { "~" } else { "" }, checker.full_string(term.typ));
                let message = format!("overlapping terms {} and {}", text(self, term), text(self, &other));
                self.soft_error(Code::InvalidUnion, pos, message);
            }
        }
    }

    pub(super) fn signature_of(&self, typ: TypeId) -> Option<Signature> {
        match self.types.kind(typ) {
            TypeKind::Signature(signature) => Some(self.types.signature(signature).clone()),
            _ => None,
        }
    }
}

fn flatten_union<'a>(expr: &'a Expr, exprs: &mut Vec<&'a Expr>, operators: &mut Vec<NodeId>) {
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op == Operator::Or => {
            flatten_union(&binary.x, exprs, operators);
            operators.push(expr.id);
            exprs.push(&binary.y);
        }
        _ => exprs.push(expr),
    }
}

/// The name of an embedded field.
fn embedded_name(expr: &Expr) -> Option<Ident> {
    match &expr.kind {
        ExprKind::Name(name) => Some(Ident { id: expr.id, pos: expr.pos, name: *name }),
        ExprKind::Selector(selector) => Some(selector.sel),
        ExprKind::Index(index) => embedded_name(&index.x),
        ExprKind::Paren(inner) => embedded_name(inner),
        _ => match pointer_base(expr) {
            Some(base) if pointer_base(base).is_none() => embedded_name(base),
            _ => None,
        },
    }
}

pub(super) fn is_valid_name(name: &str) -> bool {
    name.chars().enumerate().all(|(index, c)| c.is_alphabetic() || c == '_' || index > 0 && c.is_numeric())
}
