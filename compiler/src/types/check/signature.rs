//! Function types, receivers and parameters.

use std::sync::Arc;

use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::Symbol;
use crate::syntax::ast::{Expr, ExprKind, Field, FuncType, Ident};
use crate::types::{Basic, Mode, ObjectId, Signature, Substitution, TypeId, TypeKind, VariableKind};

use super::resolve::{pointer_base, receiver_parameters, unpack_receiver};
use super::{Checker, Version};

struct Params {
    names: Vec<Option<Ident>>,
    variables: Vec<ObjectId>,
    variadic: bool,
}

impl<'a> Checker<'a> {
    /// A function type with its scope, in which type parameters, receiver, parameters and results are declared.
    pub(super) fn function_type(&mut self, receiver: Option<&'a Field>, type_params: &'a [Field], ty: &'a FuncType) -> TypeId {
        let typ = self.types.new_signature(Signature::default());
        self.fill_function_type(typ, receiver, type_params, ty);
        typ
    }

    /// As `function_type`, for a type that others may see already.
    pub(super) fn fill_function_type(&mut self, typ: TypeId, receiver: Option<&'a Field>, type_params: &'a [Field], ty: &'a FuncType) {
        let TypeKind::Signature(id) = self.types.kind(typ) else { return };
        let outer_params = self.env.type_params.clone();
        self.open_scope();
        let scope = self.env.scope;
        let mut signature = Signature { scope: Some(scope), ..Signature::default() };
        let mut receiver_name = None;
        if let Some(field) = receiver {
            let (object, params) = self.collect_receiver(field);
            signature.receiver = Some(object);
            signature.receiver_type_params = params;
            receiver_name = field.names.first().copied();
        }
        if !type_params.is_empty() {
            signature.type_params = self.declare_type_params(type_params);
            self.types.signatures[id.0 as usize].type_params = signature.type_params.clone();
            self.bind_type_params(&signature.type_params, type_params);
        }
        let params = self.collect_params(VariableKind::Parameter, &ty.params);
        let results = self.collect_params(VariableKind::Result, &ty.results);
        if let (Some(object), Some(name)) = (signature.receiver, receiver_name)
            && !name.name.as_str().is_empty()
        {
            self.declare(scope, Some(name.id), object);
        }
        for list in [&params, &results] {
            for (name, object) in list.names.iter().zip(&list.variables) {
                if let Some(name) = name {
                    self.declare(scope, Some(name.id), *object);
                }
            }
        }
        signature.params = params.variables.into();
        signature.results = results.variables.into();
        signature.variadic = params.variadic;
        self.close_scope();
        self.env.type_params = outer_params;
        self.types.signatures[id.0 as usize] = signature;
    }

    fn collect_receiver(&mut self, field: &'a Field) -> (ObjectId, Arc<[TypeId]>) {
        let (pointer, base) = unpack_receiver(&field.ty);
        let base: &'a Expr = base;
        let mut receiver_type = TypeId::INVALID;
        let mut params: Arc<[TypeId]> = Arc::new([]);
        match receiver_parameters(&field.ty) {
            None => {
                receiver_type = self.variable_type(&field.ty);
                // Methods cannot be declared for an alias that stands for an instance.
                let mut at = self.unpointer(receiver_type);
                while let TypeKind::Alias(alias) = self.types.kind(at) {
                    let Some(rhs) = self.types.alias(alias).rhs else { break };
                    let target = self.unpointer(rhs);
                    if !self.types.type_params_of(target).is_empty() {
                        let message = format!("cannot define new methods on instantiated type {}", self.ts(target));
                        self.error(Code::InvalidRecv, base.start(), message);
                        receiver_type = TypeId::INVALID;
                        break;
                    }
                    at = target;
                }
            }
            Some(names) => {
                let mut cause = String::new();
                let generic = self.generic_type(base, &mut cause);
                let mut base_type = None;
                if self.types.is_valid(generic) {
                    match self.types.kind(generic) {
                        TypeKind::Named(named) => base_type = Some(named),
                        TypeKind::Alias(_) => {
                            let message = format!("cannot define new methods on generic alias type {}", self.ts(generic));
                            self.error(Code::InvalidRecv, base.start(), message);
                        }
                        _ => {}
                    }
                } else if !cause.is_empty() {
                    self.error(Code::InvalidRecv, base.start(), cause);
                }
                let mut own = Vec::new();
                for name in names {
                    let ident = match name.as_ident() {
                        Some(ident) => ident,
                        None => {
                            if !matches!(name.kind, ExprKind::Bad) {
                                let message = format!("receiver type parameter {} must be an identifier", super::expr_string(name));
                                self.error(Code::BadDecl, name.start(), message);
                            }
                            Ident { id: name.id, pos: name.pos, name: Symbol::new("_") }
                        }
                    };
                    let parameter = self.declare_type_param(ident);
                    own.push(parameter);
                    if let TypeKind::TypeParameter(id) = self.types.kind(parameter) {
                        let object = self.types.type_parameter(id).object;
                        self.info.set_use(ident.id, object);
                    }
                    self.record_type(ident.id, Mode::Type, parameter, None);
                }
                params = own.clone().into();
                if let Some(named) = base_type {
                    let declared = self.types.named(named).type_params.clone();
                    if declared.len() == own.len() {
                        let rename = Substitution::new(&declared, &own);
                        for (mine, theirs) in own.iter().zip(declared.iter()) {
                            self.instance_graph.same(*mine, *theirs);
                            let bound = self.types.bound_of(*theirs);
                            let bound = self.types.substitute(bound, &rename);
                            self.types.set_bound(*mine, bound);
                        }
                    } else {
                        let got = super::assign::measure(own.len(), "type parameter");
                        let message = format!("receiver declares {got}, but receiver base type declares {}", declared.len());
                        self.error(Code::BadRecv, base.start(), message);
                    }
                    self.require(base.start(), Version::GO1_18, |_| "type instantiation".to_string());
                    receiver_type = self.types.instantiate_named(named, params.clone());
                    self.record_instance(base, params.clone(), receiver_type);
                    if pointer && self.types.is_valid(receiver_type) {
                        receiver_type = self.types.pointer_to(receiver_type);
                    }
                    self.record_receiver_types(&field.ty, receiver_type);
                }
            }
        }
        let (pos, name) = match field.names.first() {
            Some(name) => (name.pos, name.name),
            None => (field.pos, Symbol::new("")),
        };
        let object = self.types.new_variable(VariableKind::Receiver, pos, Some(self.package), name, Some(receiver_type));
        let base_pos = base.start();
        self.later(move |checker| checker.validate_receiver(base_pos, object));
        (object, params)
    }

    fn unpointer(&self, typ: TypeId) -> TypeId {
        let mut typ = typ;
        while let TypeKind::Pointer(base) = self.types.kind(typ) {
            typ = base;
        }
        typ
    }

    fn record_receiver_types(&mut self, expr: &'a Expr, typ: TypeId) {
        let (mut expr, mut typ) = (expr, typ);
        loop {
            self.record_type(expr.id, Mode::Type, typ, None);
            if let ExprKind::Paren(inner) = &expr.kind {
                expr = inner;
            } else if let Some(inner) = pointer_base(expr)
                && let TypeKind::Pointer(base) = self.types.kind(typ)
            {
                expr = inner;
                typ = base;
            } else {
                return;
            }
        }
    }

    fn collect_params(&mut self, kind: VariableKind, fields: &'a [Field]) -> Params {
        let mut params = Params { names: Vec::new(), variables: Vec::new(), variadic: false };
        let mut reported = false;
        for (index, field) in fields.iter().enumerate() {
            let mut ty = &field.ty;
            if let ExprKind::DotsType(elem) = &field.ty.kind {
                ty = elem;
                let last = index + 1 == fields.len() && field.names.len() <= 1;
                if kind == VariableKind::Parameter && last {
                    params.variadic = true;
                } else if !std::mem::replace(&mut reported, true) {
                    let is_parameter = kind == VariableKind::Parameter;
                    let message = if is_parameter { "can only use ... with final parameter" } else { "invalid use of ..." };
                    self.error(Code::InvalidSyntaxTree, field.ty.start(), message);
                }
            }
            let typ = self.variable_type(ty);
            for name in &field.names {
                let object = self.types.new_variable(kind, name.pos, Some(self.package), name.name, Some(typ));
                params.names.push(Some(*name));
                params.variables.push(object);
            }
            if field.names.is_empty() {
                let object = self.types.new_variable(kind, field.pos, Some(self.package), Symbol::new(""), Some(typ));
                params.names.push(None);
                params.variables.push(object);
            }
        }
        if params.variadic
            && let Some(last) = params.variables.last().copied()
        {
            let elem = self.types.type_of(last);
            let slice = self.types.slice_of(elem);
            self.types.object_mut(last).typ = Some(slice);
            if let Some(field) = fields.last() {
                self.record_type(field.ty.id, Mode::Type, slice, None);
            }
        }
        params
    }

    fn validate_receiver(&mut self, pos: Pos, receiver: ObjectId) {
        let declared = self.types.type_of(receiver);
        let (base, _) = self.types.deref(declared);
        let typ = self.types.unalias(base);
        if typ == TypeId::INVALID {
            return;
        }
        match self.types.kind(typ) {
            TypeKind::Named(named) => {
                let object = self.types.named(named).object;
                if self.types.object(object).package != Some(self.package) {
                    let message = format!("cannot define new methods on non-local type {}", self.ts(base));
                    self.error(Code::InvalidRecv, pos, message);
                    return;
                }
                let cause = match self.types.under(typ) {
                    TypeKind::Basic(Basic::UnsafePointer) => "unsafe.Pointer",
                    TypeKind::Pointer(_) | TypeKind::Interface(_) => "pointer or interface type",
                    _ => return,
                };
                let message = format!("invalid receiver type {} ({cause})", self.ts(base));
                self.error(Code::InvalidRecv, pos, message);
            }
            TypeKind::Basic(_) => {
                let message = format!("cannot define new methods on non-local type {}", self.ts(base));
                self.error(Code::InvalidRecv, pos, message);
            }
            _ => {
                let message = format!("invalid receiver type {}", self.ts(declared));
                self.error(Code::InvalidRecv, pos, message);
            }
        }
    }
}
