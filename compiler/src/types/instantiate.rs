//! Instances of generic types and functions.
//!
//! An instance of a defined type is made without looking at the declaration, which may be incomplete; its right-hand side
//! and its methods are computed when somebody asks.

use std::hash::Hasher;
use std::sync::Arc;

use super::hash::FastHasher;
use super::{Alias, AliasId, Interface, Named, NamedId, ObjectId, Signature, Substitution, TypeId, TypeKind, Types, VariableKind};

/// Instances nested deeper than this are given up: a program that needs more would expand without end.
const MAX_DEPTH: u32 = 100;

impl Types {
    pub(crate) fn instantiate_named(&mut self, origin: NamedId, arguments: Arc<[TypeId]>) -> TypeId {
        let hash = self.instance_hash(origin.0, &arguments);
        for candidate in self.instances.get(&hash).cloned().unwrap_or_default() {
            if let TypeKind::Named(named) = self.kind(candidate)
                && let Some((other, others)) = self.named(named).instance.clone()
                && other == origin
                && self.identical_lists(&others, &arguments)
            {
                return candidate;
            }
        }
        let id = self.push_instance(origin, arguments);
        self.instances.entry(hash).or_default().push(id);
        id
    }

    /// A new instance, without looking whether there is one.
    pub(crate) fn push_instance(&mut self, origin: NamedId, arguments: Arc<[TypeId]>) -> TypeId {
        let named = NamedId(self.nameds.len() as u32);
        let id = self.push(TypeKind::Named(named));
        self.nameds.push(Named {
            object: self.named(origin).object,
            instance: Some((origin, arguments)),
            type_params: Arc::new([]),
            rhs: None,
            underlying: None,
            methods: Vec::new(),
            id,
        });
        id
    }

    pub(crate) fn instantiate_alias(&mut self, origin: AliasId, arguments: Arc<[TypeId]>) -> TypeId {
        let Alias { object, type_params, rhs, .. } = self.alias(origin).clone();
        let rhs = if type_params.len() == arguments.len() && self.depth < MAX_DEPTH {
            self.depth += 1;
            let with = Substitution::new(&type_params, &arguments);
            let rhs = rhs.map(|rhs| self.substitute(rhs, &with));
            self.depth -= 1;
            rhs
        } else {
            Some(TypeId::INVALID)
        };
        let alias = AliasId(self.aliases.len() as u32);
        let id = self.push(TypeKind::Alias(alias));
        self.aliases.push(Alias { object, instance: Some((origin, arguments)), type_params, rhs });
        id
    }

    /// The type of a generic function with these type arguments.
    pub fn instantiate_signature(&mut self, signature: &Signature, arguments: &[TypeId]) -> TypeId {
        let with = Substitution::new(&signature.type_params, arguments);
        let mut new = self.substitute_signature(signature, &with).unwrap_or_else(|| signature.clone());
        new.type_params = Arc::new([]);
        self.new_signature(new)
    }

    /// A generic type with type arguments, as many as it has parameters.
    pub fn instantiate(&mut self, generic: TypeId, arguments: &[TypeId]) -> TypeId {
        match self.kind(generic) {
            TypeKind::Named(named) => self.instantiate_named(named, arguments.into()),
            TypeKind::Alias(alias) => self.instantiate_alias(alias, arguments.into()),
            TypeKind::Signature(signature) => {
                let signature = self.signature(signature).clone();
                self.instantiate_signature(&signature, arguments)
            }
            _ => TypeId::INVALID,
        }
    }

    /// The type parameters of a generic type or function type.
    pub fn type_params_of(&self, generic: TypeId) -> Arc<[TypeId]> {
        match self.kind(generic) {
            TypeKind::Named(named) => self.named(self.named_origin(named)).type_params.clone(),
            TypeKind::Alias(alias) => self.alias(alias).type_params.clone(),
            TypeKind::Signature(signature) => self.signature(signature).type_params.clone(),
            _ => Arc::new([]),
        }
    }

    pub(crate) fn identical_lists(&mut self, a: &[TypeId], b: &[TypeId]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.identical(*a, *b))
    }

    fn instance_hash(&self, origin: u32, arguments: &[TypeId]) -> u64 {
        let mut hasher = FastHasher::default();
        hasher.write_u32(origin);
        for argument in arguments {
            self.hash_type(*argument, &mut hasher, 4);
        }
        hasher.finish()
    }

    /// Equal for identical types.
    fn hash_type(&self, id: TypeId, hasher: &mut FastHasher, depth: u32) {
        if depth == 0 {
            return;
        }
        match self.unaliased_kind(id) {
            TypeKind::Basic(basic) => hasher.write_u32(basic as u32),
            TypeKind::Pointer(elem) => {
                hasher.write_u32(100);
                self.hash_type(elem, hasher, depth - 1);
            }
            TypeKind::Slice(elem) => {
                hasher.write_u32(101);
                self.hash_type(elem, hasher, depth - 1);
            }
            TypeKind::Array(_, elem) => {
                hasher.write_u32(102);
                self.hash_type(elem, hasher, depth - 1);
            }
            TypeKind::Map(key, elem) => {
                hasher.write_u32(103);
                self.hash_type(key, hasher, depth - 1);
                self.hash_type(elem, hasher, depth - 1);
            }
            TypeKind::Chan(_, elem) => {
                hasher.write_u32(104);
                self.hash_type(elem, hasher, depth - 1);
            }
            TypeKind::Struct(structure) => {
                hasher.write_u32(105);
                for field in self.structure(structure).fields.iter() {
                    hasher.write_u32(self.object(*field).name.as_str().len() as u32);
                    self.hash_type(self.type_of(*field), hasher, depth - 1);
                }
            }
            TypeKind::Signature(signature) => {
                hasher.write_u32(106);
                let signature = self.signature(signature);
                for parameter in signature.params.iter().chain(signature.results.iter()) {
                    // Type parameters of identical generic signatures differ.
                    if signature.type_params.is_empty() {
                        self.hash_type(self.type_of(*parameter), hasher, depth - 1);
                    }
                }
            }
            TypeKind::Named(named) => {
                hasher.write_u32(200 + self.named_origin(named).0);
                if let Some((_, arguments)) = &self.named(named).instance {
                    for argument in arguments.iter() {
                        self.hash_type(*argument, hasher, depth - 1);
                    }
                }
            }
            TypeKind::TypeParameter(parameter) => hasher.write_u32(0x4000_0000 + parameter.0),
            TypeKind::Tuple(_) | TypeKind::Interface(_) | TypeKind::Union(_) | TypeKind::Alias(_) => hasher.write_u32(107),
        }
    }

    /// The right-hand side of an instance; `None` while that of its origin is unknown.
    pub(crate) fn expand_right_hand_side(&mut self, named: NamedId) -> Option<TypeId> {
        let (origin, arguments) = self.named(named).instance.clone()?;
        let parameters = self.instance_parameters(origin);
        if parameters.len() != arguments.len() || self.depth >= MAX_DEPTH {
            return Some(TypeId::INVALID);
        }
        let rhs = self.named(origin).rhs?;
        self.depth += 1;
        let mut with = Substitution::new(&parameters, &arguments);
        with.local_types = self.named(origin).type_params.len() != parameters.len();
        let expanded = self.substitute(rhs, &with);
        self.depth -= 1;
        // The methods of a generic interface have the instance as their receiver.
        if let TypeKind::Interface(interface) = self.kind(expanded) {
            let old = self.interface(interface).clone();
            if !old.methods.is_empty() {
                let id = self.named(named).id;
                let methods: Arc<[ObjectId]> = old.methods.iter().map(|method| self.with_receiver(*method, id)).collect();
                return Some(self.new_interface(Interface { methods, type_set: None, ..old }));
            }
        }
        Some(expanded)
    }

    fn with_receiver(&mut self, method: ObjectId, receiver: TypeId) -> ObjectId {
        let typ = self.type_of(method);
        let TypeKind::Signature(signature) = self.kind(typ) else { return method };
        let mut signature = self.signature(signature).clone();
        signature.receiver = Some(match signature.receiver {
            Some(old) => self.copy_object(old, receiver),
            None => self.new_parameter(VariableKind::Receiver, receiver),
        });
        let typ = self.new_signature(signature);
        self.copy_object(method, typ)
    }

    /// The number of methods declared for a defined type.
    pub fn method_count(&self, named: NamedId) -> usize {
        self.named(self.named_origin(named)).methods.len()
    }

    /// A declared method by its index. Of an instance it is a copy with the type arguments put in; if the method's
    /// signature is not checked yet, it is the declared method itself.
    pub fn method(&mut self, named: NamedId, index: usize) -> ObjectId {
        let origin = self.named_origin(named);
        let declared = self.named(origin).methods[index].expect("methods of an origin are all present");
        if origin == named {
            return declared;
        }
        let data = &mut self.nameds[named.0 as usize];
        if data.methods.len() <= index {
            data.methods.resize(index + 1, None);
        }
        if let Some(method) = data.methods[index] {
            return method;
        }
        if self.object(declared).typ.is_none() {
            return declared;
        }
        let method = self.expand_method(named, declared);
        self.nameds[named.0 as usize].methods[index] = Some(method);
        method
    }

    fn expand_method(&mut self, named: NamedId, declared: ObjectId) -> ObjectId {
        let typ = self.type_of(declared);
        let TypeKind::Signature(signature) = self.kind(typ) else { return declared };
        let old = self.signature(signature).clone();
        let arguments = self.type_arguments(named);
        let mut new = if old.receiver_type_params.len() == arguments.len() {
            let with = Substitution::new(&old.receiver_type_params, &arguments);
            self.substitute_signature(&old, &with).unwrap_or_else(|| old.clone())
        } else {
            old.clone()
        };
        let id = self.named(named).id;
        let pointer = self.has_pointer_receiver(declared);
        let receiver = if pointer { self.pointer_to(id) } else { id };
        new.receiver = Some(match old.receiver {
            Some(old) => self.copy_object(old, receiver),
            None => self.new_parameter(VariableKind::Receiver, receiver),
        });
        new.receiver_type_params = Arc::new([]);
        let typ = self.new_signature(new);
        self.copy_object(declared, typ)
    }

    /// Whether a method's receiver is a pointer.
    pub fn has_pointer_receiver(&self, method: ObjectId) -> bool {
        if let Some(typ) = self.object(method).typ
            && let TypeKind::Signature(signature) = self.kind(typ)
            && let Some(receiver) = self.signature(signature).receiver
        {
            return self.deref(self.type_of(receiver)).1;
        }
        self.object(method).function().is_some_and(|function| function.pointer_receiver)
    }

    // Types declared inside generic functions

    /// Declares that a local type depends on the type parameters of the functions around it.
    pub(crate) fn set_implicit_parameters(&mut self, named: NamedId, parameters: Arc<[TypeId]>) {
        if !parameters.is_empty() {
            self.implicit_parameters.insert(named, parameters);
        }
    }

    /// The type parameters of the functions around a local type.
    pub fn implicit_parameters_of(&self, named: NamedId) -> Arc<[TypeId]> {
        self.implicit_parameters.get(&named).cloned().unwrap_or_else(|| Arc::from([]))
    }

    /// Explicit and implicit type parameters, where an instance has arguments for all of them.
    pub(crate) fn instance_parameters(&self, origin: NamedId) -> Arc<[TypeId]> {
        let explicit = self.named(origin).type_params.clone();
        match self.implicit_parameters.get(&origin) {
            Some(implicit) => explicit.iter().chain(implicit.iter()).copied().collect(),
            None => explicit,
        }
    }

    /// An instance for a type that is declared inside a generic function and has no type parameters of its own.
    pub(crate) fn substitute_local(&mut self, named: NamedId, with: &Substitution) -> TypeId {
        let id = self.named(named).id;
        let Some(implicit) = self.implicit_parameters.get(&named).cloned() else { return id };
        if !self.named(named).type_params.is_empty() {
            return id;
        }
        match self.substitute_list(&implicit, with) {
            Some(arguments) => self.instantiate_named(named, arguments),
            None => id,
        }
    }
}
