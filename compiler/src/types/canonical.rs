//! One id for all identical types.
//!
//! Wanted after checking, when types are complete: lowering compares ids and keys tables with them. A canonical type has
//! canonical components, no aliases, no parameter names; the methods of a canonical interface are all of its methods.

use std::sync::Arc;

use crate::constant::Value;
use crate::syntax::Symbol;

use super::{ChanDir, Interface, ObjectId, PackageId, Signature, Term, TypeId, TypeKind, Types, VariableKind};

/// Name, package unless exported, whether embedded, type, tag.
type FieldKey = (Symbol, Option<PackageId>, bool, TypeId, Box<[u8]>);

/// What identity depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Pointer(TypeId),
    Slice(TypeId),
    Array(i64, TypeId),
    Map(TypeId, TypeId),
    Chan(ChanDir, TypeId),
    Struct(Vec<FieldKey>),
    Signature { type_params: Vec<TypeId>, params: Vec<TypeId>, results: Vec<TypeId>, variadic: bool },
    Tuple(Vec<TypeId>),
    Interface { methods: Vec<(Symbol, Option<PackageId>, TypeId)>, terms: Option<Vec<Term>>, comparable: bool },
    Union(Vec<Term>),
    Named(u32, Vec<TypeId>),
}

impl Types {
    /// The id that stands for all types identical to this one. Only for types whose declarations are complete.
    pub fn canonical(&mut self, id: TypeId) -> TypeId {
        if let Some(known) = self.canonical.get(id.0 as usize)
            && *known != TypeId::INVALID
        {
            return *known;
        }
        let canonical = self.find_canonical(id);
        self.set_canonical(id, canonical);
        self.set_canonical(canonical, canonical);
        canonical
    }

    fn set_canonical(&mut self, id: TypeId, canonical: TypeId) {
        if self.canonical.len() < self.kinds.len() {
            self.canonical.resize(self.kinds.len() * 2, TypeId::INVALID);
        }
        self.canonical[id.0 as usize] = canonical;
    }

    fn find_canonical(&mut self, id: TypeId) -> TypeId {
        match self.kind(id) {
            TypeKind::Basic(basic) => TypeId(basic as u32),
            TypeKind::TypeParameter(_) => id,
            TypeKind::Alias(_) => {
                let id = self.unalias(id);
                if matches!(self.kind(id), TypeKind::Alias(_)) { TypeId::INVALID } else { self.canonical(id) }
            }
            TypeKind::Pointer(base) => {
                let base = self.canonical(base);
                self.keyed(Key::Pointer(base), |types| types.pointer_to(base))
            }
            TypeKind::Slice(elem) => {
                let elem = self.canonical(elem);
                self.keyed(Key::Slice(elem), |types| types.slice_of(elem))
            }
            TypeKind::Array(length, elem) => {
                let elem = self.canonical(elem);
                self.keyed(Key::Array(length, elem), |types| types.array_of(length, elem))
            }
            TypeKind::Map(key, elem) => {
                let (key, elem) = (self.canonical(key), self.canonical(elem));
                self.keyed(Key::Map(key, elem), |types| types.map_of(key, elem))
            }
            TypeKind::Chan(dir, elem) => {
                let elem = self.canonical(elem);
                self.keyed(Key::Chan(dir, elem), |types| types.chan_of(dir, elem))
            }
            TypeKind::Struct(structure) => {
                let data = self.structure(structure).clone();
                let mut key = Vec::with_capacity(data.fields.len());
                let mut fields = Vec::with_capacity(data.fields.len());
                for (index, field) in data.fields.iter().enumerate() {
                    let old = self.type_of(*field);
                    let typ = self.canonical(old);
                    let object = self.object(*field);
                    let package = if object.is_exported() { None } else { object.package };
                    key.push((object.name, package, object.is_embedded(), typ, data.tag(index).into()));
                    fields.push(if typ == old { *field } else { self.copy_object(*field, typ) });
                }
                self.keyed(Key::Struct(key), |types| types.new_struct(fields.into(), data.tags))
            }
            TypeKind::Tuple(tuple) => {
                let list = self.tuple(tuple).clone();
                let key: Vec<TypeId> = list.iter().map(|variable| self.canonical(self.type_of(*variable))).collect();
                self.keyed(Key::Tuple(key.clone()), |types| types.tuple_of(&key))
            }
            TypeKind::Signature(signature) => {
                let data = self.signature(signature).clone();
                let params: Vec<TypeId> = data.params.iter().map(|param| self.canonical(self.type_of(*param))).collect();
                let results: Vec<TypeId> = data.results.iter().map(|result| self.canonical(self.type_of(*result))).collect();
                let key = Key::Signature {
                    type_params: data.type_params.to_vec(),
                    params: params.clone(),
                    results: results.clone(),
                    variadic: data.variadic,
                };
                self.keyed(key, |types| {
                    let typ = types.func_of(&params, &results, data.variadic);
                    if let TypeKind::Signature(new) = types.kind(typ) {
                        types.signatures[new.0 as usize].type_params = data.type_params;
                    }
                    typ
                })
            }
            TypeKind::Interface(interface) => {
                let set = self.type_set(interface);
                let mut methods = Vec::with_capacity(set.methods.len());
                let mut objects = Vec::with_capacity(set.methods.len());
                for method in set.methods.iter() {
                    let old = self.type_of(*method);
                    let typ = self.canonical(old);
                    let (name, package) = self.method_key(*method);
                    methods.push((name, package, typ));
                    objects.push(if typ == old { *method } else { self.copy_object(*method, typ) });
                }
                let terms = set.terms.as_ref().map(|terms| self.canonical_terms(terms));
                if methods.is_empty() && terms.is_none() && !set.comparable {
                    return TypeId::EMPTY_INTERFACE;
                }
                let key = Key::Interface { methods, terms: terms.clone(), comparable: set.comparable };
                self.keyed(key, |types| {
                    let objects: Arc<[ObjectId]> = objects.into();
                    let new = super::TypeSet { methods: objects.clone(), terms: terms.map(Into::into), comparable: set.comparable };
                    types.new_interface(Interface { methods: objects, complete: true, type_set: Some(Arc::new(new)), ..Interface::default() })
                })
            }
            TypeKind::Union(union) => {
                let terms = self.union(union).clone();
                let terms = self.canonical_terms(&terms);
                self.keyed(Key::Union(terms.clone()), |types| types.new_union(terms.into()))
            }
            TypeKind::Named(named) => {
                let Some((origin, arguments)) = self.named(named).instance.clone() else { return id };
                let arguments: Vec<TypeId> = arguments.iter().map(|argument| self.canonical(*argument)).collect();
                self.keyed(Key::Named(origin.0, arguments.clone()), |types| {
                    let id = types.instantiate_named(origin, arguments.clone().into());
                    match types.kind(id) {
                        // The instance that exists already may be written with other ids for its arguments.
                        TypeKind::Named(found) if *types.type_arguments(found) == arguments[..] => id,
                        _ => types.push_instance(origin, arguments.into()),
                    }
                })
            }
        }
    }

    fn canonical_terms(&mut self, terms: &[Term]) -> Vec<Term> {
        let mut terms: Vec<Term> = terms.iter().map(|term| Term { tilde: term.tilde, typ: self.canonical(term.typ) }).collect();
        terms.sort_by_key(|term| (term.typ, term.tilde));
        terms
    }

    fn keyed(&mut self, key: Key, make: impl FnOnce(&mut Types) -> TypeId) -> TypeId {
        if let Some(id) = self.canonical_keys.get(&key) {
            return *id;
        }
        let id = make(self);
        self.canonical_keys.insert(key, id);
        id
    }

    // What later passes ask for

    /// Types of a signature's parameters or of a tuple's elements.
    pub fn types_of(&self, list: &[ObjectId]) -> Vec<TypeId> {
        list.iter().map(|object| self.type_of(*object)).collect()
    }

    /// The value of a constant object.
    pub fn constant_value(&self, object: ObjectId) -> Option<&Value> {
        match &self.object(object).kind {
            super::ObjectKind::Constant { value } => Some(value),
            _ => None,
        }
    }

    /// A function type like that of a method, with the receiver as first parameter.
    pub fn method_expression_type(&mut self, receiver: TypeId, signature: &Signature) -> TypeId {
        let first = self.new_parameter(VariableKind::Parameter, receiver);
        let params = std::iter::once(first).chain(signature.params.iter().copied()).collect();
        self.new_signature(Signature {
            type_params: signature.type_params.clone(),
            params,
            results: signature.results.clone(),
            variadic: signature.variadic,
            ..Signature::default()
        })
    }
}
