//! Putting type arguments in the place of type parameters.

use std::sync::Arc;

use super::{Interface, ObjectId, Signature, Struct, Term, TypeId, TypeKind, Types};

/// From type parameters to types.
#[derive(Clone, Debug, Default)]
pub struct Substitution {
    pairs: Vec<(TypeId, TypeId)>,
    /// Types declared inside generic functions are replaced by instances of their own. Only what comes after checking
    /// wants that: inside a generic function such a type is one type.
    pub local_types: bool,
}

impl Substitution {
    pub fn new(parameters: &[TypeId], arguments: &[TypeId]) -> Substitution {
        Substitution { pairs: parameters.iter().copied().zip(arguments.iter().copied()).collect(), local_types: false }
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub fn lookup(&self, parameter: TypeId) -> Option<TypeId> {
        self.pairs.iter().find(|(from, _)| *from == parameter).map(|(_, to)| *to)
    }

    pub fn insert(&mut self, parameter: TypeId, argument: TypeId) {
        self.pairs.push((parameter, argument));
    }
}

impl Types {
    pub fn substitute(&mut self, id: TypeId, with: &Substitution) -> TypeId {
        if with.is_empty() {
            return id;
        }
        match self.kind(id) {
            TypeKind::Basic(_) => id,
            TypeKind::TypeParameter(_) => with.lookup(id).unwrap_or(id),
            TypeKind::Pointer(base) => {
                let new = self.substitute(base, with);
                if new == base { id } else { self.pointer_to(new) }
            }
            TypeKind::Slice(elem) => {
                let new = self.substitute(elem, with);
                if new == elem { id } else { self.slice_of(new) }
            }
            TypeKind::Array(length, elem) => {
                let new = self.substitute(elem, with);
                if new == elem { id } else { self.array_of(length, new) }
            }
            TypeKind::Map(key, elem) => {
                let (k, e) = (self.substitute(key, with), self.substitute(elem, with));
                if k == key && e == elem { id } else { self.map_of(k, e) }
            }
            TypeKind::Chan(dir, elem) => {
                let new = self.substitute(elem, with);
                if new == elem { id } else { self.chan_of(dir, new) }
            }
            TypeKind::Struct(structure) => {
                let Struct { fields, tags } = self.structure(structure).clone();
                match self.substitute_objects(&fields, with) {
                    Some(fields) => self.new_struct(fields, tags),
                    None => id,
                }
            }
            TypeKind::Tuple(tuple) => {
                let variables = self.tuple(tuple).clone();
                match self.substitute_objects(&variables, with) {
                    Some(variables) => self.new_tuple(variables),
                    None => id,
                }
            }
            TypeKind::Signature(signature) => {
                let old = self.signature(signature).clone();
                self.substitute_signature(&old, with).map_or(id, |new| self.new_signature(new))
            }
            TypeKind::Union(union) => {
                let terms = self.union(union).clone();
                let new: Arc<[Term]> = terms.iter().map(|term| Term { tilde: term.tilde, typ: self.substitute(term.typ, with) }).collect();
                if new == terms { id } else { self.new_union(new) }
            }
            TypeKind::Interface(interface) => {
                let old = self.interface(interface).clone();
                let methods = self.substitute_objects(&old.methods, with);
                let embeddeds = self.substitute_list(&old.embeddeds, with);
                if methods.is_none() && embeddeds.is_none() {
                    return id;
                }
                self.new_interface(Interface {
                    methods: methods.unwrap_or(old.methods),
                    embeddeds: embeddeds.unwrap_or(old.embeddeds),
                    embed_positions: old.embed_positions,
                    implicit: old.implicit,
                    complete: old.complete,
                    type_set: None,
                })
            }
            TypeKind::Named(named) => {
                let Some((origin, arguments)) = self.named(named).instance.clone() else {
                    return if with.local_types { self.substitute_local(named, with) } else { id };
                };
                if self.instance_parameters(origin).len() != arguments.len() {
                    return TypeId::INVALID;
                }
                match self.substitute_list(&arguments, with) {
                    Some(arguments) => self.instantiate_named(origin, arguments),
                    None => id,
                }
            }
            TypeKind::Alias(alias) => {
                let Some((origin, arguments)) = self.alias(alias).instance.clone() else {
                    return match self.alias(alias).rhs {
                        Some(rhs) if with.local_types => self.substitute(rhs, with),
                        _ => id,
                    };
                };
                match self.substitute_list(&arguments, with) {
                    Some(arguments) => self.instantiate_alias(origin, arguments),
                    None => id,
                }
            }
        }
    }

    /// `None` if nothing changes.
    pub(crate) fn substitute_list(&mut self, list: &[TypeId], with: &Substitution) -> Option<Arc<[TypeId]>> {
        let new: Vec<TypeId> = list.iter().map(|typ| self.substitute(*typ, with)).collect();
        (new != list).then(|| new.into())
    }

    /// Copies of variables or methods with substituted types; `None` if nothing changes.
    pub(crate) fn substitute_objects(&mut self, list: &[ObjectId], with: &Substitution) -> Option<Arc<[ObjectId]>> {
        let mut changed = false;
        let new: Vec<ObjectId> = list
            .iter()
            .map(|object| {
                let old = self.type_of(*object);
                let typ = self.substitute(old, with);
                if typ == old {
                    *object
                } else {
                    changed = true;
                    self.copy_object(*object, typ)
                }
            })
            .collect();
        changed.then(|| new.into())
    }

    pub(crate) fn substitute_signature(&mut self, old: &Signature, with: &Substitution) -> Option<Signature> {
        let mut with = with;
        let mut extended;
        let mut type_params = old.type_params.clone();
        if let Some(first) = type_params.first()
            && with.lookup(*first).is_none()
        {
            // The type arguments of the surrounding type are put in; the function stays generic with parameters of its own.
            let fresh = self.fresh_parameters(&type_params);
            extended = with.clone();
            for (from, to) in type_params.iter().zip(fresh.iter()) {
                extended.insert(*from, *to);
            }
            with = &extended;
            for (from, to) in type_params.clone().iter().zip(fresh.iter()) {
                let bound = self.bound_of(*from);
                let bound = self.substitute(bound, with);
                self.set_bound(*to, bound);
                self.copied_parameters.push((*to, *from));
            }
            type_params = fresh.into();
        }
        let params = self.substitute_objects(&old.params, with);
        let results = self.substitute_objects(&old.results, with);
        if params.is_none() && results.is_none() && type_params == old.type_params {
            return None;
        }
        Some(Signature {
            receiver_type_params: old.receiver_type_params.clone(),
            type_params,
            receiver: old.receiver,
            params: params.unwrap_or_else(|| old.params.clone()),
            results: results.unwrap_or_else(|| old.results.clone()),
            variadic: old.variadic,
            scope: None,
            old_receiver: old.old_receiver,
        })
    }

    /// New type parameters with the names of these and no bounds yet.
    pub(crate) fn fresh_parameters(&mut self, parameters: &[TypeId]) -> Vec<TypeId> {
        parameters
            .iter()
            .map(|parameter| {
                let TypeKind::TypeParameter(parameter) = self.kind(*parameter) else { return *parameter };
                let mut object = self.object(self.type_parameter(parameter).object).clone();
                object.typ = None;
                self.objects.push(object);
                let object = ObjectId(self.objects.len() as u32 - 1);
                self.new_type_parameter(object, TypeId::INVALID)
            })
            .collect()
    }

    pub(crate) fn set_bound(&mut self, parameter: TypeId, bound: TypeId) {
        if let TypeKind::TypeParameter(parameter) = self.kind(parameter) {
            self.type_parameters[parameter.0 as usize].bound = bound;
        }
    }

    /// New names for type parameters, in a type too.
    pub(crate) fn rename_parameters(&mut self, parameters: &[TypeId]) -> (Vec<TypeId>, Substitution) {
        let fresh = self.fresh_parameters(parameters);
        let rename = Substitution::new(parameters, &fresh);
        for (from, to) in parameters.iter().zip(&fresh) {
            let bound = self.bound_of(*from);
            let bound = self.substitute(bound, &rename);
            self.set_bound(*to, bound);
        }
        (fresh, rename)
    }
}
