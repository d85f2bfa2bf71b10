//! Type sets: the types that an interface stands for.
//!
//! A type set is described by methods that its types have, by a list of terms, one of which its types match, and by whether
//! they must be strictly comparable. No list of terms means any type.

use std::sync::Arc;

use crate::source::Pos;
use crate::syntax::Symbol;

use super::hash::FastMap;
use super::object::is_exported;
use super::{InterfaceId, ObjectId, PackageId, Problem, TypeId, TypeKind, TypeParameterId, Types, UnionId};

/// `T` or `~T`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    pub tilde: bool,
    pub typ: TypeId,
}

#[derive(Clone, Debug)]
pub struct TypeSet {
    /// All methods, embedded ones too, sorted.
    pub methods: Arc<[ObjectId]>,
    /// `None`: any type. Empty: no type at all.
    pub terms: Option<Arc<[Term]>>,
    /// Only strictly comparable types; set only if there are no terms.
    pub comparable: bool,
}

/// More terms than this are an error, as in Go.
pub(crate) const MAX_TERMS: usize = 100;

impl TypeSet {
    pub(crate) fn top() -> TypeSet {
        TypeSet { methods: Arc::new([]), terms: None, comparable: false }
    }

    pub fn is_empty(&self) -> bool {
        self.terms.as_ref().is_some_and(|terms| terms.is_empty())
    }

    /// Every type is in it.
    pub fn is_all(&self) -> bool {
        self.is_method_set() && self.methods.is_empty()
    }

    /// It is described by methods alone.
    pub fn is_method_set(&self) -> bool {
        !self.comparable && self.terms.is_none()
    }

    pub fn has_terms(&self) -> bool {
        self.terms.as_ref().is_some_and(|terms| !terms.is_empty())
    }

    /// The terms; empty if there are none or no type matches.
    pub fn specific(&self) -> &[Term] {
        self.terms.as_deref().unwrap_or(&[])
    }
}

type Terms = Option<Vec<Term>>;

impl Types {
    pub fn type_set(&mut self, id: InterfaceId) -> Arc<TypeSet> {
        let interface = &self.interfaces[id.0 as usize];
        if let Some(set) = &interface.type_set {
            return set.clone();
        }
        if !interface.complete {
            return Arc::new(TypeSet::top());
        }
        // An interface that embeds itself finds this.
        self.interfaces[id.0 as usize].type_set = Some(Arc::new(TypeSet::top()));
        let set = Arc::new(self.compute_type_set(id));
        self.interfaces[id.0 as usize].type_set = Some(set.clone());
        set
    }

    fn compute_type_set(&mut self, id: InterfaceId) -> TypeSet {
        let interface = self.interface(id).clone();
        let mut methods: Vec<ObjectId> = Vec::new();
        let mut seen: FastMap<(Symbol, Option<PackageId>), (ObjectId, Pos)> = FastMap::default();
        for method in interface.methods.iter() {
            let pos = self.object(*method).pos;
            let key = self.method_key(*method);
            match seen.get(&key) {
                None => {
                    seen.insert(key, (*method, pos));
                    methods.push(*method);
                }
                Some((_, other)) => self.problems.push(Problem::DuplicateMethod { pos, method: *method, other: *other }),
            }
        }
        let mut terms: Terms = None;
        let mut comparable = false;
        for (index, embedded) in interface.embeddeds.iter().enumerate() {
            let pos = interface.embed_positions.get(index).copied().unwrap_or(Pos::NONE);
            let underlying = self.underlying(*embedded);
            let (more, more_comparable): (Terms, bool) = match self.kind(underlying) {
                TypeKind::Interface(inner) => {
                    let set = self.type_set(inner);
                    for method in set.methods.iter() {
                        let key = self.method_key(*method);
                        match seen.get(&key) {
                            None => {
                                seen.insert(key, (*method, pos));
                                methods.push(*method);
                            }
                            Some((other, other_pos)) => {
                                self.problems.push(Problem::SameMethod { pos, method: *method, other: *other, other_pos: *other_pos })
                            }
                        }
                    }
                    (set.terms.as_ref().map(|terms| terms.to_vec()), set.comparable)
                }
                TypeKind::Union(union) => match self.union_terms(union, pos) {
                    Some(terms) => (terms, false),
                    None => continue,
                },
                TypeKind::Basic(super::Basic::Invalid) => continue,
                _ => (Some(vec![Term { tilde: false, typ: *embedded }]), false),
            };
            (terms, comparable) = self.intersect_sets(terms, comparable, more, more_comparable);
        }
        self.sort_methods(&mut methods);
        TypeSet { methods: methods.into(), terms: terms.map(Into::into), comparable }
    }

    /// The terms of a union, `None` if there are too many.
    fn union_terms(&mut self, union: UnionId, pos: Pos) -> Option<Terms> {
        let mut all: Terms = Some(Vec::new());
        for term in self.union(union).clone().iter() {
            let underlying = self.underlying(term.typ);
            let terms: Terms = match self.kind(underlying) {
                TypeKind::Interface(interface) => self.type_set(interface).terms.as_ref().map(|terms| terms.to_vec()),
                TypeKind::Basic(super::Basic::Invalid) => continue,
                _ if term.tilde && !self.identical(term.typ, underlying) => Some(Vec::new()),
                _ => Some(vec![*term]),
            };
            all = match (all, terms) {
                (Some(mut all), Some(terms)) => {
                    all.extend(terms);
                    Some(self.normalize_terms(all))
                }
                _ => None,
            };
            if all.as_ref().is_some_and(|all| all.len() > MAX_TERMS) {
                self.problems.push(Problem::TooManyTerms { pos });
                return None;
            }
        }
        Some(all)
    }

    fn intersect_sets(&mut self, x: Terms, x_comparable: bool, y: Terms, y_comparable: bool) -> (Terms, bool) {
        let terms = match (x, y) {
            (None, other) | (other, None) => other,
            (Some(x), Some(y)) => {
                let mut both = Vec::new();
                for a in &x {
                    for b in &y {
                        if !self.disjoint(*a, *b) {
                            both.push(if !a.tilde || b.tilde { *a } else { *b });
                        }
                    }
                }
                Some(self.normalize_terms(both))
            }
        };
        let comparable = x_comparable || y_comparable;
        match terms {
            Some(terms) if comparable => {
                let kept = terms.into_iter().filter(|term| self.is_comparable(term.typ, false)).collect();
                (Some(kept), false)
            }
            terms => (terms, comparable),
        }
    }

    /// Drops terms that others include.
    fn normalize_terms(&mut self, terms: Vec<Term>) -> Vec<Term> {
        let mut used = vec![false; terms.len()];
        let mut result = Vec::with_capacity(terms.len());
        for i in 0..terms.len() {
            if used[i] {
                continue;
            }
            let mut term = terms[i];
            for j in i + 1..terms.len() {
                if !used[j] && !self.disjoint(term, terms[j]) {
                    used[j] = true;
                    if !term.tilde && terms[j].tilde {
                        term = terms[j];
                    }
                }
            }
            result.push(term);
        }
        result
    }

    pub(crate) fn disjoint(&mut self, x: Term, y: Term) -> bool {
        let a = if y.tilde { self.underlying(x.typ) } else { x.typ };
        let b = if x.tilde { self.underlying(y.typ) } else { y.typ };
        !self.identical(a, b)
    }

    pub(crate) fn term_includes(&mut self, term: Term, typ: TypeId) -> bool {
        let typ = if term.tilde { self.underlying(typ) } else { typ };
        self.identical(term.typ, typ)
    }

    fn term_subset(&mut self, x: Term, y: Term) -> bool {
        !self.disjoint(x, y) && (!x.tilde || y.tilde)
    }

    pub(crate) fn terms_subset(&mut self, x: &Option<Arc<[Term]>>, y: &Option<Arc<[Term]>>) -> bool {
        match (x, y) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(x), Some(y)) => x.iter().all(|a| y.iter().any(|b| self.term_subset(*a, *b))),
        }
    }

    pub(crate) fn terms_equal(&mut self, x: &Option<Arc<[Term]>>, y: &Option<Arc<[Term]>>) -> bool {
        if x.is_none() && y.is_none() {
            return true;
        }
        self.terms_subset(x, y) && self.terms_subset(y, x)
    }

    /// What makes a method's name unique: the name, and the package unless it is exported.
    pub(crate) fn method_key(&self, object: ObjectId) -> (Symbol, Option<PackageId>) {
        let object = self.object(object);
        (object.name, if is_exported(object.name) { None } else { object.package })
    }

    /// Exported methods first, by name, then the others by name and package path.
    pub(crate) fn sort_methods(&self, methods: &mut [ObjectId]) {
        methods.sort_by(|a, b| {
            let (a, b) = (self.object(*a), self.object(*b));
            let path = |object: &super::Object| object.package.map_or("", |package| self.package(package).path.as_str());
            b.is_exported()
                .cmp(&a.is_exported())
                .then_with(|| a.name.as_str().cmp(b.name.as_str()))
                .then_with(|| if a.is_exported() { std::cmp::Ordering::Equal } else { path(a).cmp(path(b)) })
        });
    }

    pub(crate) fn parameter_set(&mut self, parameter: TypeParameterId) -> Arc<TypeSet> {
        let interface = self.parameter_interface(parameter);
        match self.kind(interface) {
            TypeKind::Interface(interface) => self.type_set(interface),
            _ => Arc::new(TypeSet::top()),
        }
    }

    /// The types that a type may stand for, each with its underlying type: the type itself, or of a type parameter the
    /// types of its terms. `None` stands for "no specific types".
    pub(crate) fn alternatives(&mut self, typ: TypeId) -> Option<Vec<(TypeId, TypeId)>> {
        let Some(parameter) = self.as_type_parameter(typ) else {
            let underlying = self.underlying(typ);
            return Some(vec![(typ, underlying)]);
        };
        let set = self.parameter_set(parameter);
        if !set.has_terms() {
            return None;
        }
        Some(set.specific().iter().map(|term| (term.typ, if term.tilde { self.unalias(term.typ) } else { self.underlying(term.typ) })).collect())
    }

    /// Whether the predicate holds of every underlying type that the type may have. It gets `None` if there are no
    /// specific types.
    pub(crate) fn under_is(&mut self, typ: TypeId, mut f: impl FnMut(&mut Types, Option<TypeId>) -> bool) -> bool {
        if self.as_type_parameter(typ).is_none() {
            let underlying = self.underlying(typ);
            return f(self, Some(underlying));
        }
        match self.alternatives(typ) {
            None => f(self, None),
            Some(list) => list.into_iter().all(|(_, underlying)| f(self, Some(underlying))),
        }
    }

    /// The one underlying type that all alternatives share. Channel types may differ in direction.
    pub fn common_underlying(&mut self, typ: TypeId) -> Option<TypeId> {
        if self.as_type_parameter(typ).is_none() {
            return Some(self.underlying(typ));
        }
        self.common_underlying_or(typ, |_, _, _| None).ok()
    }

    /// As `common_underlying`, with the reason if there is none. `condition` may object to an alternative.
    pub(crate) fn common_underlying_or(
        &mut self,
        typ: TypeId,
        mut condition: impl FnMut(&mut Types, TypeId, Option<TypeId>) -> Option<String>,
    ) -> Result<TypeId, String> {
        let Some(list) = self.alternatives(typ) else {
            return Err(condition(self, typ, None).unwrap_or_else(|| "no specific type".to_string()));
        };
        let mut common: Option<(TypeId, TypeId)> = None;
        for (typ, underlying) in list {
            if let Some(problem) = condition(self, typ, Some(underlying)) {
                return Err(problem);
            }
            let Some((common_type, common_underlying)) = common else {
                common = Some((typ, underlying));
                continue;
            };
            if let (TypeKind::Chan(dir, elem), TypeKind::Chan(other_dir, other_elem)) = (self.kind(common_underlying), self.kind(underlying)) {
                if !self.identical(elem, other_elem) {
                    let (a, b) = (self.string(common_type), self.string(typ));
                    return Err(format!("channels {a} and {b} have different element types"));
                }
                if dir == other_dir {
                    continue;
                }
                if dir == super::ChanDir::Both {
                    common = Some((typ, underlying));
                } else if other_dir != super::ChanDir::Both {
                    let (a, b) = (self.string(common_type), self.string(typ));
                    return Err(format!("channels {a} and {b} have conflicting directions"));
                }
                continue;
            }
            if !self.identical(common_underlying, underlying) {
                let (a, b) = (self.string(common_type), self.string(typ));
                return Err(format!("{a} and {b} have different underlying types"));
            }
        }
        common.map(|(_, underlying)| underlying).ok_or_else(|| "no specific type".to_string())
    }
}
