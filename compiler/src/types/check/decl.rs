//! Declarations of objects.

use std::sync::Arc;

use crate::constant::Value;
use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::Symbol;
use crate::syntax::ast::{ConstDecl, Decl, Expr, ExprKind, Field, FuncDecl, Ident, Operator, TypeDecl};
use crate::types::hash::FastMap;
use crate::types::{Interface, ObjectId, ObjectKind, Signature, TypeId, TypeKind};

use super::operand::Operand;
use super::{Checker, DeclId, Environment, Version};

impl<'a> Checker<'a> {
    /// Makes sure that the type of an object is known; reports a cycle if it is being declared.
    pub(super) fn declare_object(&mut self, object: ObjectId) {
        if self.path.contains(&object) {
            let valid = self.is_valid_cycle(object);
            match &self.types.object(object).kind {
                ObjectKind::Constant { .. } | ObjectKind::Variable(_) | ObjectKind::TypeName if !valid => {
                    self.types.object_mut(object).typ = Some(TypeId::INVALID)
                }
                _ => {}
            }
            if self.types.object(object).typ.is_none() {
                let typ = match self.types.object(object).kind {
                    ObjectKind::Function(_) => self.types.new_signature(Signature::default()),
                    _ => TypeId::INVALID,
                };
                self.types.object_mut(object).typ = Some(typ);
            }
            return;
        }
        if self.types.object(object).typ.is_some() {
            return;
        }
        let Some(decl) = self.decl_of.get(&object).copied() else {
            self.types.object_mut(object).typ = Some(TypeId::INVALID);
            return;
        };
        self.path.push(object);
        let declaration = &self.declarations[decl.0 as usize];
        let (scope, version) = (declaration.scope, declaration.version);
        let (typ, init, inherited) = (declaration.typ, declaration.init, declaration.inherited);
        let (type_decl, func_decl, lhs) = (declaration.type_decl, declaration.func_decl, declaration.lhs.clone());
        debug_assert!(declaration.package == self.package);
        let saved = std::mem::replace(&mut self.env, Environment::new(scope, version));
        match &self.types.object(object).kind {
            ObjectKind::Constant { .. } => {
                self.env.decl = Some(decl);
                self.declare_constant(object, typ, init, inherited);
            }
            ObjectKind::Variable(_) => {
                self.env.decl = Some(decl);
                self.declare_variable(object, &lhs, typ, init);
            }
            ObjectKind::TypeName => {
                if let Some(type_decl) = type_decl {
                    self.declare_type(object, type_decl);
                    self.collect_methods(object);
                }
            }
            ObjectKind::Function(_) => {
                if let Some(func_decl) = func_decl {
                    self.declare_function(object, func_decl, decl);
                }
            }
            _ => {}
        }
        self.env = saved;
        self.path.pop();
    }

    fn is_valid_cycle(&mut self, object: ObjectId) -> bool {
        let Some(start) = self.path.iter().position(|other| *other == object) else { return true };
        let cycle = self.path[start..].to_vec();
        let mut values = 0;
        let mut definitions = 0;
        for object in &cycle {
            match &self.types.object(*object).kind {
                ObjectKind::Constant { .. } | ObjectKind::Variable(_) => values += 1,
                ObjectKind::TypeName => {
                    let typ = self.types.type_of(*object);
                    // Through a list of type parameters cycles are fine.
                    if self.env.in_type_params && self.types.is_generic(typ) {
                        return true;
                    }
                    if !self.is_alias_name(*object) {
                        definitions += 1;
                    }
                }
                _ => {}
            }
        }
        // Cycles among values are found by the order of initialization.
        if values == cycle.len() || values == 0 && definitions > 0 {
            return true;
        }
        self.cycle_error(&cycle);
        false
    }

    fn is_alias_name(&self, object: ObjectId) -> bool {
        match self.types.object(object).typ {
            Some(typ) => matches!(self.types.kind(typ), TypeKind::Alias(_)),
            None => false,
        }
    }

    /// Reports a cycle, beginning at the object that comes first in the source.
    pub(super) fn cycle_error(&mut self, cycle: &[ObjectId]) {
        let start = (0..cycle.len()).min_by_key(|index| self.types.object(cycle[*index]).pos).unwrap_or(0);
        self.cycle_error_from(cycle, start, None);
    }

    /// `names` are used in the message instead of the objects' names.
    pub(super) fn cycle_error_from(&mut self, cycle: &[ObjectId], start: usize, names: Option<&[TypeId]>) {
        let name = |checker: &Checker<'a>, index: usize| {
            let object = cycle[index];
            if let Some(names) = names
                && let TypeKind::Named(named) = checker.types.kind(names[index])
                && checker.types.named(named).instance.is_some()
            {
                return checker.ts(names[index]);
            }
            let data = checker.types.object(object);
            format!("{}{}", checker.types.package_prefix(data.package), data.name)
        };
        let object = cycle[start];
        let is_type = self.types.object(object).is_type_name();
        if is_type
            && let Some(typ) = self.types.object(object).typ
            && let TypeKind::Alias(alias) = self.types.kind(typ)
        {
            self.types.aliases[alias.0 as usize].rhs = Some(TypeId::INVALID);
        }
        let place = |checker: &Checker<'a>, index: usize| {
            let written = names.and_then(|names| checker.instance_positions.get(&names[index]).copied());
            written.unwrap_or(checker.types.object(cycle[index]).pos)
        };
        let pos = place(self, start);
        if cycle.len() == 1 {
            let what = if is_type { "invalid recursive type" } else { "invalid cycle in declaration" };
            let message = format!("{what}: {} refers to itself", name(self, start));
            self.error(Code::InvalidDeclCycle, pos, message);
            return;
        }
        let first = if is_type {
            format!("invalid recursive type {}", name(self, start))
        } else {
            format!("invalid cycle in declaration of {}", name(self, start))
        };
        let mut lines = vec![(pos, first)];
        for step in 0..cycle.len() {
            let from = (start + step) % cycle.len();
            let to = (start + step + 1) % cycle.len();
            let pos = place(self, from);
            lines.push((pos, format!("{} refers to {}", name(self, from), name(self, to))));
        }
        self.error_lines(Code::InvalidDeclCycle, lines);
    }

    /// Type names that are declared as each other without anything else in between.
    pub(super) fn direct_cycles(&mut self) {
        let mut done: FastMap<ObjectId, bool> = FastMap::default();
        for object in self.state.objects.clone() {
            if !self.types.object(object).is_type_name() {
                continue;
            }
            let mut path: Vec<ObjectId> = Vec::new();
            let mut at = object;
            loop {
                if done.contains_key(&at) {
                    break;
                }
                if let Some(start) = path.iter().position(|other| *other == at) {
                    self.types.object_mut(at).typ = Some(TypeId::INVALID);
                    let cycle = path[start..].to_vec();
                    self.cycle_error(&cycle);
                    break;
                }
                path.push(at);
                let Some(decl) = self.decl_of.get(&at) else { break };
                let Some(decl) = self.declarations[decl.0 as usize].type_decl else { break };
                let Some(name) = decl.ty.as_name() else { break };
                let scope = self.types.package(self.package).scope;
                match self.types.scope(scope).lookup(name) {
                    Some(next) if self.types.object(next).is_type_name() => at = next,
                    _ => break,
                }
            }
            for object in path {
                done.insert(object, true);
            }
        }
    }

    /// Whether a type's declaration is far enough; otherwise reports a cycle.
    pub(super) fn is_complete(&mut self, typ: TypeId) -> bool {
        let mut typ = typ;
        for _ in 0..1000 {
            let (object, rhs) = match self.types.kind(typ) {
                TypeKind::Alias(alias) => {
                    let alias = self.types.alias(alias);
                    (alias.object, alias.rhs)
                }
                TypeKind::Named(named) => {
                    let data = self.types.named(named);
                    // An instance is expanded when that is needed; it is not what is being declared.
                    if data.instance.is_some() {
                        match data.rhs {
                            Some(rhs) => typ = rhs,
                            None => return true,
                        }
                        continue;
                    }
                    (data.object, data.rhs)
                }
                _ => return true,
            };
            if let Some(start) = self.path.iter().position(|other| *other == object) {
                let cycle = self.path[start..].to_vec();
                self.cycle_error(&cycle);
                return false;
            }
            match rhs {
                Some(rhs) => typ = rhs,
                None => return true,
            }
        }
        true
    }

    fn declare_constant(&mut self, object: ObjectId, typ: Option<&'a Expr>, init: Option<&'a Expr>, inherited: bool) {
        let saved = (self.env.iota.take(), self.env.error_pos.take());
        if let ObjectKind::Constant { value } = &mut self.types.object_mut(object).kind {
            self.env.iota = Some(std::mem::replace(value, Value::Unknown));
        }
        self.constant_inner(object, typ, init, inherited);
        (self.env.iota, self.env.error_pos) = saved;
    }

    fn constant_inner(&mut self, object: ObjectId, typ: Option<&'a Expr>, init: Option<&'a Expr>, inherited: bool) {
        if let Some(typ) = typ {
            let t = self.typ(typ);
            if !self.types.is_constant_type(t) {
                if self.types.underlying(t) != TypeId::INVALID {
                    let message = format!("invalid constant type {}", self.ts(t));
                    self.error(Code::InvalidConstType, typ.start(), message);
                }
                self.types.object_mut(object).typ = Some(TypeId::INVALID);
                return;
            }
            self.types.object_mut(object).typ = Some(t);
        }
        let mut x = Operand::invalid();
        if let Some(init) = init {
            if inherited {
                self.env.error_pos = Some(self.types.object(object).pos);
            }
            x = self.expr(None, init);
        }
        self.initialize_constant(object, x);
    }

    fn declare_variable(&mut self, object: ObjectId, lhs: &[ObjectId], typ: Option<&'a Expr>, init: Option<&'a Expr>) {
        if let Some(typ) = typ {
            let t = self.variable_type(typ);
            self.types.object_mut(object).typ = Some(t);
        }
        let Some(init) = init else {
            if typ.is_none() {
                self.types.object_mut(object).typ = Some(TypeId::INVALID);
            }
            return;
        };
        if lhs.len() <= 1 {
            let name = self.types.object(object).name;
            let target = self.types.object(object).typ.and_then(|typ| self.target(typ, || name.to_string()));
            let mut x = self.expr(target.as_ref(), init);
            self.initialize_variable(object, &mut x, "variable declaration");
            return;
        }
        if typ.is_some() {
            let typ = self.types.object(object).typ;
            for other in lhs {
                self.types.object_mut(*other).typ = typ;
            }
        }
        self.initialize_variables(lhs, std::slice::from_ref(init), None);
    }

    /// An interface with more than methods that another package declares.
    fn is_imported_constraint(&mut self, typ: TypeId) -> bool {
        let Some(named) = self.types.as_named(typ) else { return false };
        let package = self.types.object(self.types.named(named).object).package;
        if package.is_none() || package == Some(self.package) {
            return false;
        }
        match self.types.under(typ) {
            TypeKind::Interface(interface) => !self.types.type_set(interface).is_method_set(),
            _ => false,
        }
    }

    pub(super) fn declare_type(&mut self, object: ObjectId, decl: &'a TypeDecl) {
        let mut version_error = false;
        let first_parameter = decl.type_params.first();
        if decl.alias {
            if let Some(parameter) = first_parameter {
                version_error = !self.require(parameter.pos, Version::GO1_23, |_| "generic type alias".to_string());
            }
            if !version_error {
                version_error = !self.require(decl.pos, Version::GO1_9, |_| "type alias".to_string());
            }
        } else if let Some(parameter) = first_parameter {
            version_error = !self.require(parameter.pos, Version::GO1_18, |_| "type parameter".to_string());
        }
        let validity_at = self.delayed.len();
        self.later(|_| {});
        let rhs;
        if decl.alias {
            let (_, alias) = self.types.new_alias(object);
            let scoped = !decl.type_params.is_empty();
            if scoped {
                self.open_scope();
                let parameters = self.declare_type_params(&decl.type_params);
                self.types.aliases[alias.0 as usize].type_params = parameters.clone();
                self.bind_type_params(&parameters, &decl.type_params);
            }
            rhs = self.declared_type(&decl.ty, Some(object));
            self.types.aliases[alias.0 as usize].rhs = Some(rhs);
            if self.types.alias(alias).type_params.contains(&rhs) {
                let message = "cannot use type parameter declared in alias declaration as RHS";
                self.error(Code::MisplacedTypeParam, decl.ty.start(), message);
                self.types.aliases[alias.0 as usize].rhs = Some(TypeId::INVALID);
            }
            if scoped {
                self.close_scope();
            }
        } else {
            let (_, named) = self.types.new_named(object);
            let implicit = self.env.type_params.clone();
            self.types.set_implicit_parameters(named, implicit);
            let scoped = !decl.type_params.is_empty();
            if scoped {
                self.open_scope();
                let parameters = self.declare_type_params(&decl.type_params);
                self.types.nameds[named.0 as usize].type_params = parameters.clone();
                self.bind_type_params(&parameters, &decl.type_params);
            }
            rhs = self.declared_type(&decl.ty, Some(object));
            self.types.nameds[named.0 as usize].rhs = Some(rhs);
            if self.types.is_type_parameter(rhs) {
                self.error(Code::MisplacedTypeParam, decl.ty.start(), "cannot use a type parameter as RHS in type declaration");
                self.types.nameds[named.0 as usize].rhs = Some(TypeId::INVALID);
            }
            if scoped {
                self.close_scope();
            }
        }
        if let Some(Some((_, action))) = self.delayed.get_mut(validity_at) {
            *action = Box::new(move |checker: &mut Checker<'a>| {
                let typ = checker.types.type_of(object);
                if checker.types.as_named(typ).is_some() {
                    checker.check_valid_type(typ);
                }
                if !version_error && checker.is_imported_constraint(rhs) {
                    checker.require(decl.ty.start(), Version::GO1_18, |checker| format!("using type constraint {}", checker.ts(rhs)));
                }
            });
        }
    }

    /// Declares type parameters whose constraints are not known yet.
    pub(super) fn declare_type_params(&mut self, fields: &'a [Field]) -> Arc<[TypeId]> {
        let mut parameters = Vec::new();
        for field in fields {
            for name in &field.names {
                parameters.push(self.declare_type_param(*name));
            }
        }
        parameters.into()
    }

    pub(super) fn declare_type_param(&mut self, name: Ident) -> TypeId {
        let object = self.types.new_object(ObjectKind::TypeName, name.pos, Some(self.package), name.name, None);
        let parameter = self.types.new_type_parameter(object, TypeId::INVALID);
        if self.types.scope(self.types.universe).lookup(name.name).is_some() {
            let place = self.position(name.pos);
            self.types.declared_at.insert(name.pos, place);
        }
        self.declare(self.env.scope, Some(name.id), object);
        parameter
    }

    pub(super) fn bind_type_params(&mut self, parameters: &[TypeId], fields: &'a [Field]) {
        let saved = std::mem::replace(&mut self.env.in_type_params, true);
        let mut at = 0;
        for field in fields {
            let mut bound = self.constraint(&field.ty);
            if self.types.is_type_parameter(bound) {
                self.error(Code::MisplacedTypeParam, field.ty.start(), "cannot use a type parameter as constraint");
                bound = TypeId::INVALID;
            }
            for _ in &field.names {
                self.types.set_bound(parameters[at], bound);
                at += 1;
            }
        }
        self.env.in_type_params = saved;
    }

    fn constraint(&mut self, expr: &'a Expr) -> TypeId {
        let is_term = match &expr.kind {
            ExprKind::Unary(unary) => unary.op == Operator::Tilde,
            ExprKind::Binary(binary) => binary.op == Operator::Or,
            _ => false,
        };
        if !is_term {
            return self.typ(expr);
        }
        // `~T` and `A|B` stand for an interface with that element.
        let union = self.union_type(expr);
        let interface = self.types.new_interface(Interface {
            embeddeds: Arc::new([union]),
            embed_positions: Arc::new([expr.start()]),
            implicit: true,
            complete: true,
            ..Interface::default()
        });
        self.later_type_set(interface, expr.start());
        self.record_type(expr.id, crate::types::Mode::Type, interface, None);
        interface
    }

    /// Adds the methods whose receiver is this type.
    pub(super) fn collect_methods(&mut self, object: ObjectId) {
        let Some(methods) = self.methods.remove(&object) else { return };
        let typ = self.types.type_of(object);
        let base = self.types.as_named(typ);
        let mut seen: FastMap<(Symbol, Option<crate::types::PackageId>), ObjectId> = FastMap::default();
        if let Some(base) = base {
            self.later(move |checker| checker.check_field_uniqueness(typ));
            for method in self.types.named(base).methods.clone().into_iter().flatten() {
                seen.insert(self.types.method_key(method), method);
            }
        }
        for method in methods {
            let key = self.types.method_key(method);
            if let Some(other) = seen.get(&key) {
                let pos = self.types.object(method).pos;
                let at = self.position(self.types.object(*other).pos);
                let message = format!("method {}.{} already declared at {at}", self.types.name_of(object), key.0);
                self.error(Code::DuplicateMethod, pos, message);
                continue;
            }
            seen.insert(key, method);
            if let Some(base) = base {
                self.types.nameds[base.0 as usize].methods.push(Some(method));
            }
        }
    }

    fn check_field_uniqueness(&mut self, typ: TypeId) {
        let Some(named) = self.types.as_named(typ) else { return };
        let Some(structure) = self.types.as_struct(typ) else { return };
        let methods: Vec<ObjectId> = self.types.named(named).methods.iter().flatten().copied().collect();
        let keys: FastMap<_, ObjectId> = methods.iter().map(|method| (self.types.method_key(*method), *method)).collect();
        for field in self.types.structure(structure).fields.clone().iter() {
            let key = self.types.method_key(*field);
            if key.0.is_blank() {
                continue;
            }
            if let Some(method) = keys.get(&key) {
                let pos = self.types.object(*method).pos;
                let mut lines = vec![(pos, format!("field and method with the same name {}", key.0))];
                self.add_other(&mut lines, *field);
                self.error_lines(Code::DuplicateFieldAndMethod, lines);
            }
        }
    }

    fn declare_function(&mut self, object: ObjectId, decl: &'a FuncDecl, _declaration: DeclId) {
        // Who meets the function while its signature is being checked sees an empty one.
        let typ = self.types.new_signature(Signature::default());
        self.types.object_mut(object).typ = Some(typ);
        self.fill_function_type(typ, decl.receiver.as_ref(), &decl.type_params, &decl.ty);
        if !decl.type_params.is_empty() && decl.body.is_none() {
            self.soft_error(Code::BadDecl, decl.pos, "generic function is missing function body");
        }
        if self.state.config.bodies {
            self.later(move |checker| checker.check_body_here(object));
        }
    }

    /// The declarations of a declaration statement.
    pub(super) fn declaration_statement(&mut self, decls: &'a [Decl]) {
        let mut last: Option<&'a ConstDecl> = None;
        for decl in decls {
            match decl {
                Decl::Const(decl) => {
                    let top = self.delayed.len();
                    if decl.iota == 0 {
                        last = None;
                    }
                    let inherited = decl.ty.is_none() && decl.values.is_empty() && last.is_some();
                    if decl.ty.is_some() || !decl.values.is_empty() {
                        last = Some(decl);
                    }
                    let values: &'a [Expr] = last.map_or(&[], |last| &last.values);
                    let typ = last.and_then(|last| last.ty.as_ref());
                    let mut objects = Vec::new();
                    for (index, name) in decl.names.iter().enumerate() {
                        let kind = ObjectKind::Constant { value: Value::Int(i64::from(decl.iota)) };
                        let object = self.types.new_object(kind, name.pos, Some(self.package), name.name, None);
                        objects.push(object);
                        self.declare_constant(object, typ, values.get(index), inherited);
                    }
                    self.check_arity(decl.pos, &decl.names, values, true, inherited);
                    self.process_delayed(top);
                    for (name, object) in decl.names.iter().zip(objects) {
                        self.declare(self.env.scope, Some(name.id), object);
                    }
                }
                Decl::Var(decl) => {
                    let top = self.delayed.len();
                    let objects: Vec<ObjectId> = decl.names.iter().map(|name| self.new_local(name.pos, name.name, None)).collect();
                    for (index, object) in objects.iter().enumerate() {
                        let (lhs, init): (&[ObjectId], _) = if decl.values.len() == decl.names.len() {
                            (&[], Some(&decl.values[index]))
                        } else if decl.values.len() == 1 {
                            (&objects, Some(&decl.values[0]))
                        } else {
                            (&[], decl.values.get(index))
                        };
                        self.declare_variable(*object, lhs, decl.ty.as_ref(), init);
                        if decl.values.len() == 1 {
                            break;
                        }
                    }
                    for object in &objects {
                        self.types.object_mut(*object).typ.get_or_insert(TypeId::INVALID);
                    }
                    if decl.ty.is_none() || !decl.values.is_empty() {
                        self.check_arity(decl.pos, &decl.names, &decl.values, false, false);
                    }
                    self.process_delayed(top);
                    for (name, object) in decl.names.iter().zip(objects) {
                        self.declare(self.env.scope, Some(name.id), object);
                    }
                }
                Decl::Type(decl) => {
                    let name = decl.name;
                    let object = self.types.new_object(ObjectKind::TypeName, name.pos, Some(self.package), name.name, None);
                    self.declare(self.env.scope, Some(name.id), object);
                    self.path.push(object);
                    self.declare_type(object, decl);
                    self.path.pop();
                }
                Decl::Import(_) | Decl::Func(_) => {}
            }
        }
    }

    pub(super) fn pos_of(&self, object: ObjectId) -> Pos {
        self.types.object(object).pos
    }
}
