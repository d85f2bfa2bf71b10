//! Fields and methods by name, method sets, and what an interface asks for.

use std::sync::Arc;

use crate::syntax::Symbol;

use super::hash::FastMap;
use super::{ObjectId, ObjectKind, PackageId, TypeId, TypeKind, Types};

/// What a search for a field or method found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    Found {
        object: ObjectId,
        /// Indices through embedded fields to the field, or to the method in its type's list.
        path: Vec<u32>,
        /// Whether a pointer is followed on the way.
        indirect: bool,
    },
    /// Several at the same depth.
    Ambiguous,
    /// There is a method, but it needs a pointer.
    NeedsPointer,
    NotFound,
}

impl Lookup {
    pub fn object(&self) -> Option<ObjectId> {
        match self {
            Lookup::Found { object, .. } => Some(*object),
            _ => None,
        }
    }
}

/// A method of a method set.
#[derive(Clone, Debug)]
pub struct MethodEntry {
    pub method: ObjectId,
    /// Indices of embedded fields on the way; empty if the method is declared for the type itself.
    pub path: Arc<[u32]>,
    /// Whether an embedded pointer is followed on the way (that of the receiver itself does not count).
    pub indirect: bool,
    /// The method's declared receiver is a pointer.
    pub pointer_receiver: bool,
}

struct Embedded {
    typ: TypeId,
    path: Vec<u32>,
    indirect: bool,
    multiples: bool,
}

/// Why a type lacks a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissingReason {
    NotFound,
    WrongName,
    Unexported,
    WrongSignature,
    Ambiguous,
    NeedsPointer,
    Field,
    NoInterface,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Missing {
    pub method: ObjectId,
    pub reason: MissingReason,
    /// The method or field that does not fit.
    pub found: Option<ObjectId>,
}

impl Types {
    /// Looks up a field or method as seen from `package`. `addressable` allows pointer methods of a value.
    pub fn lookup_field_or_method(&mut self, typ: TypeId, addressable: bool, package: Option<PackageId>, name: Symbol) -> Lookup {
        self.lookup(typ, addressable, package, name, false)
    }

    pub(crate) fn lookup(&mut self, typ: TypeId, addressable: bool, package: Option<PackageId>, name: Symbol, fold: bool) -> Lookup {
        // Of a defined pointer type the fields are accessible, the methods are not.
        if self.as_named(typ).is_some() {
            let underlying = self.underlying(typ);
            if matches!(self.kind(underlying), TypeKind::Pointer(_)) {
                let found = self.search(underlying, false, package, name, fold);
                return match &found {
                    Lookup::Found { object, .. } if self.object(*object).function().is_some() => Lookup::NotFound,
                    _ => found,
                };
            }
        }
        self.search(typ, addressable, package, name, fold)
    }

    pub(crate) fn search(&mut self, typ: TypeId, addressable: bool, package: Option<PackageId>, name: Symbol, fold: bool) -> Lookup {
        if name.is_blank() {
            return Lookup::NotFound;
        }
        let (start, is_pointer) = self.deref(typ);
        if is_pointer && self.is_interface(start) {
            return Lookup::NotFound;
        }
        let mut current = vec![Embedded { typ: start, path: Vec::new(), indirect: is_pointer, multiples: false }];
        let mut seen: Vec<TypeId> = Vec::new();
        while !current.is_empty() {
            let mut next: Vec<Embedded> = Vec::new();
            let mut found: Option<(ObjectId, Vec<u32>, bool)> = None;
            for entry in &current {
                if let Some(named) = self.as_named(entry.typ) {
                    let id = self.named(named).id;
                    if seen.contains(&id) || seen.len() < 64 && seen.clone().iter().any(|o| self.identical(*o, id)) {
                        continue;
                    }
                    seen.push(id);
                    if let Some(index) = self.method_index(named, package, name, fold) {
                        if found.is_some() || entry.multiples {
                            return Lookup::Ambiguous;
                        }
                        found = Some((self.method(named, index), extended(&entry.path, index), entry.indirect));
                        continue;
                    }
                }
                match self.under(entry.typ) {
                    TypeKind::Struct(structure) => {
                        let fields = self.structure(structure).fields.clone();
                        for (index, field) in fields.iter().enumerate() {
                            if self.same_id(*field, package, name, fold) {
                                if found.is_some() || entry.multiples {
                                    return Lookup::Ambiguous;
                                }
                                found = Some((*field, extended(&entry.path, index), entry.indirect));
                                continue;
                            }
                            if found.is_none() && self.object(*field).is_embedded() {
                                let (typ, is_pointer) = self.deref(self.type_of(*field));
                                // Only these have fields or methods to promote.
                                if matches!(self.kind(typ), TypeKind::Basic(_)) {
                                    continue;
                                }
                                next.push(Embedded {
                                    typ,
                                    path: extended(&entry.path, index),
                                    indirect: entry.indirect || is_pointer,
                                    multiples: entry.multiples,
                                });
                            }
                        }
                    }
                    TypeKind::Interface(interface) => {
                        let set = self.type_set(interface);
                        if let Some(index) = set.methods.iter().position(|method| self.same_id(*method, package, name, fold)) {
                            if found.is_some() || entry.multiples {
                                return Lookup::Ambiguous;
                            }
                            found = Some((set.methods[index], extended(&entry.path, index), entry.indirect));
                        }
                    }
                    _ => {}
                }
            }
            if let Some((object, path, indirect)) = found {
                if self.object(object).function().is_some() && self.has_pointer_receiver(object) && !indirect && !addressable {
                    return Lookup::NeedsPointer;
                }
                return Lookup::Found { object, path, indirect };
            }
            current = self.consolidate(next);
        }
        Lookup::NotFound
    }

    /// Types that occur several times at one depth are kept once, marked.
    fn consolidate(&mut self, list: Vec<Embedded>) -> Vec<Embedded> {
        if list.len() <= 1 {
            return list;
        }
        let mut result: Vec<Embedded> = Vec::new();
        for entry in list {
            let mut same = None;
            for (index, other) in result.iter().enumerate() {
                if other.typ == entry.typ || self.identical(other.typ, entry.typ) {
                    same = Some(index);
                    break;
                }
            }
            match same {
                Some(index) => result[index].multiples = true,
                None => result.push(entry),
            }
        }
        result
    }

    fn method_index(&self, named: super::NamedId, package: Option<PackageId>, name: Symbol, fold: bool) -> Option<usize> {
        let origin = self.named(self.named_origin(named));
        if origin.methods.is_empty() {
            return None;
        }
        let visible = fold || super::is_exported(name) || self.same_package(self.object(origin.object).package, package);
        if !visible {
            return None;
        }
        origin.methods.iter().position(|method| {
            method.is_some_and(|method| {
                let other = self.object(method).name;
                other == name || fold && super::predicates::equal_fold(other.as_str(), name.as_str())
            })
        })
    }

    /// The methods by which a value of the type implements interfaces, promoted ones too, sorted as in an interface. Of a pointer type these
    /// include methods with pointer receivers. Methods with type parameters of their own, and those that say so (`//go:nointerface`), are none.
    pub fn method_set(&mut self, typ: TypeId) -> Vec<MethodEntry> {
        let mut result: Vec<MethodEntry> = Vec::new();
        let (start, is_pointer) = self.deref(typ);
        if self.as_named(typ).is_some() && self.is_pointer(typ) || is_pointer && self.is_interface(start) {
            return result;
        }
        // By name: the entry, or none if it is ambiguous or hidden by a field.
        let mut names: FastMap<(Symbol, Option<PackageId>), Option<MethodEntry>> = FastMap::default();
        let mut current = vec![Embedded { typ: start, path: Vec::new(), indirect: is_pointer, multiples: false }];
        let mut seen: Vec<TypeId> = Vec::new();
        while !current.is_empty() {
            let mut next = Vec::new();
            let mut level: FastMap<(Symbol, Option<PackageId>), Option<MethodEntry>> = FastMap::default();
            for entry in &current {
                let mut found: Vec<(ObjectId, Option<u32>)> = Vec::new();
                if let Some(named) = self.as_named(entry.typ) {
                    let id = self.named(named).id;
                    if seen.clone().iter().any(|other| self.identical(*other, id)) {
                        continue;
                    }
                    seen.push(id);
                    for index in 0..self.method_count(named) {
                        found.push((self.method(named, index), Some(index as u32)));
                    }
                }
                match self.under(entry.typ) {
                    TypeKind::Struct(structure) => {
                        let fields = self.structure(structure).fields.clone();
                        for (index, field) in fields.iter().enumerate() {
                            found.push((*field, None));
                            if self.object(*field).is_embedded() {
                                let (typ, is_pointer) = self.deref(self.type_of(*field));
                                next.push(Embedded {
                                    typ,
                                    path: extended(&entry.path, index),
                                    indirect: entry.indirect || is_pointer,
                                    multiples: entry.multiples,
                                });
                            }
                        }
                    }
                    TypeKind::Interface(interface) => {
                        let set = self.type_set(interface);
                        found.extend(set.methods.iter().enumerate().map(|(index, method)| (*method, Some(index as u32))));
                    }
                    _ => {}
                }
                for (object, index) in found {
                    let key = self.method_key(object);
                    let method = index.map(|_| MethodEntry {
                        method: object,
                        path: entry.path.clone().into(),
                        indirect: entry.indirect,
                        pointer_receiver: self.has_pointer_receiver(object),
                    });
                    if key.0.is_blank() {
                        continue;
                    }
                    let ambiguous = level.contains_key(&key) || entry.multiples;
                    level.insert(key, if ambiguous { None } else { method });
                }
            }
            for (key, entry) in level {
                names.entry(key).or_insert(entry);
            }
            current = self.consolidate(next);
        }
        for entry in names.into_values().flatten() {
            if (!entry.pointer_receiver || entry.indirect) && self.counts_for_interfaces(entry.method) {
                result.push(entry);
            }
        }
        let mut order: Vec<ObjectId> = result.iter().map(|entry| entry.method).collect();
        self.sort_methods(&mut order);
        let rank: FastMap<ObjectId, usize> = order.into_iter().enumerate().map(|(index, method)| (method, index)).collect();
        result.sort_by_key(|entry| rank[&entry.method]);
        result
    }

    fn counts_for_interfaces(&self, method: ObjectId) -> bool {
        let object = self.object(method);
        let is_generic = object.typ.is_some_and(|typ| match self.kind(typ) {
            TypeKind::Signature(id) => !self.signature(id).type_params.is_empty(),
            _ => false,
        });
        !is_generic && object.function().is_none_or(|function| !function.no_interface)
    }

    /// The first method of interface `target` that `typ` lacks. If `typ` is an interface and not `fixed`, only methods of
    /// the same name and another type count: its values may have more.
    pub(crate) fn missing_method(
        &mut self,
        typ: TypeId,
        target: TypeId,
        fixed: bool,
        equivalent: &mut dyn FnMut(&mut Types, TypeId, TypeId) -> bool,
    ) -> Option<Missing> {
        let TypeKind::Interface(interface) = self.under(target) else { return None };
        let methods = self.type_set(interface).methods.clone();
        if methods.is_empty() {
            return None;
        }
        if let TypeKind::Interface(interface) = self.under(typ) {
            let set = self.type_set(interface);
            for method in methods.iter() {
                let wanted = self.object(*method);
                let (package, name) = (wanted.package, wanted.name);
                match set.methods.iter().copied().find(|found| self.same_id(*found, package, name, false)) {
                    None if !fixed => {}
                    None => return Some(Missing { method: *method, reason: MissingReason::NotFound, found: None }),
                    Some(found) => {
                        let (x, y) = (self.type_of(found), self.type_of(*method));
                        if !equivalent(self, x, y) {
                            return Some(Missing { method: *method, reason: MissingReason::WrongSignature, found: Some(found) });
                        }
                    }
                }
            }
            return None;
        }
        for method in methods.iter() {
            let wanted = self.object(*method);
            let (package, name) = (wanted.package, wanted.name);
            let missing = |reason, found| Some(Missing { method: *method, reason, found });
            match self.search(typ, false, package, name, false) {
                Lookup::Ambiguous => return missing(MissingReason::Ambiguous, None),
                Lookup::NeedsPointer => return missing(MissingReason::NeedsPointer, None),
                Lookup::NotFound => {
                    let similar = self.search(typ, false, package, name, true).object();
                    return match similar {
                        Some(similar) if self.object(similar).function().is_some() => {
                            let same = self.object(similar).name == name;
                            self.need_declaration(similar);
                            missing(if same { MissingReason::Unexported } else { MissingReason::WrongName }, Some(similar))
                        }
                        _ => missing(MissingReason::NotFound, None),
                    };
                }
                Lookup::Found { object, .. } => {
                    let ObjectKind::Function(function) = &self.object(object).kind else {
                        return missing(MissingReason::Field, None);
                    };
                    if function.no_interface {
                        return missing(MissingReason::NoInterface, Some(object));
                    }
                    if self.need_declaration(object) {
                        continue;
                    }
                    let (x, y) = (self.type_of(object), self.type_of(*method));
                    if !equivalent(self, x, y) {
                        return missing(MissingReason::WrongSignature, Some(object));
                    }
                }
            }
        }
        None
    }

    /// Notes that a function's signature is wanted; whether it is unknown.
    fn need_declaration(&mut self, function: ObjectId) -> bool {
        let unknown = self.object(function).typ.is_none();
        if unknown {
            self.undeclared.push(function);
        }
        unknown
    }

    /// Whether every value of type `typ` has the methods of interface `target`.
    pub fn has_all_methods(&mut self, typ: TypeId, target: TypeId) -> bool {
        self.missing_method(typ, target, true, &mut Types::identical).is_none()
    }

    /// Whether `typ` (not an interface) can be the dynamic type of a value of interface type `interface`.
    pub fn assertable(&mut self, interface: TypeId, typ: TypeId) -> bool {
        self.is_interface(typ) || self.missing_method(typ, interface, false, &mut Types::identical).is_none()
    }
}

fn extended(path: &[u32], index: usize) -> Vec<u32> {
    let mut new = Vec::with_capacity(path.len() + 1);
    new.extend_from_slice(path);
    new.push(index as u32);
    new
}
