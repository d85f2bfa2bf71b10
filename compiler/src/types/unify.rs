//! Unification: finding the type arguments that make two types match.

use super::{ChanDir, InterfaceId, Lookup, TypeId, TypeKind, Types};

/// How strictly types must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnifyMode {
    /// At the top level the types match if one is assignable to the other.
    pub assign: bool,
    /// Types must be identical; a defined type does not match its underlying type.
    pub exact: bool,
}

impl UnifyMode {
    pub const INEXACT: UnifyMode = UnifyMode { assign: false, exact: false };
    pub const ASSIGN: UnifyMode = UnifyMode { assign: true, exact: false };
    pub const EXACT: UnifyMode = UnifyMode { assign: false, exact: true };
}

const DEPTH_LIMIT: u32 = 50;

pub(crate) struct Unifier {
    /// For each type parameter the index of its cell. Parameters that were found to be equal share one.
    handles: Vec<(TypeId, usize)>,
    cells: Vec<Option<TypeId>>,
    depth: u32,
    /// Interfaces match types that have their methods.
    interface_inference: bool,
}

type Pairs = Vec<(InterfaceId, InterfaceId)>;

impl Unifier {
    pub fn new(parameters: &[TypeId], arguments: &[Option<TypeId>], interface_inference: bool) -> Unifier {
        Unifier {
            handles: parameters.iter().enumerate().map(|(index, parameter)| (*parameter, index)).collect(),
            cells: (0..parameters.len()).map(|index| arguments.get(index).copied().flatten()).collect(),
            depth: 0,
            interface_inference,
        }
    }

    pub fn at(&self, parameter: TypeId) -> Option<TypeId> {
        self.handle(parameter).and_then(|handle| self.cells[handle])
    }

    pub fn set(&mut self, parameter: TypeId, typ: TypeId) {
        if let Some(handle) = self.handle(parameter) {
            self.cells[handle] = Some(typ);
        }
    }

    pub fn unknowns(&self) -> usize {
        self.handles.iter().filter(|(_, handle)| self.cells[*handle].is_none()).count()
    }

    pub fn inferred(&self, parameters: &[TypeId]) -> Vec<Option<TypeId>> {
        parameters.iter().map(|parameter| self.at(*parameter)).collect()
    }

    fn handle(&self, parameter: TypeId) -> Option<usize> {
        self.handles.iter().find(|(other, _)| *other == parameter).map(|(_, handle)| *handle)
    }

    fn bound(&self, types: &Types, typ: TypeId) -> Option<TypeId> {
        let typ = types.unalias(typ);
        self.handle(typ).map(|_| typ)
    }

    /// Makes two parameters one; false if both have types.
    fn join(&mut self, x: TypeId, y: TypeId) -> bool {
        let (Some(a), Some(b)) = (self.handle(x), self.handle(y)) else { return false };
        if a == b {
            return true;
        }
        let (from, to) = match (self.cells[a], self.cells[b]) {
            (Some(_), Some(_)) => return false,
            (Some(_), None) => (b, a),
            _ => (a, b),
        };
        for (_, handle) in &mut self.handles {
            if *handle == from {
                *handle = to;
            }
        }
        true
    }

    pub fn unify(&mut self, types: &mut Types, x: TypeId, y: TypeId, mode: UnifyMode) -> bool {
        self.nify(types, x, y, mode, &mut Vec::new())
    }

    fn nify(&mut self, types: &mut Types, x: TypeId, y: TypeId, mode: UnifyMode, pairs: &mut Pairs) -> bool {
        self.depth += 1;
        let result = self.depth <= DEPTH_LIMIT && self.nify_inner(types, x, y, mode, pairs);
        self.depth -= 1;
        result
    }

    fn nify_inner(&mut self, types: &mut Types, x: TypeId, y: TypeId, mode: UnifyMode, pairs: &mut Pairs) -> bool {
        let (mut x, mut y) = (x, y);
        if types.unalias(x) == types.unalias(y) {
            return true;
        }
        // A defined type stands on the right, a bound parameter on the left.
        if types.as_named(x).is_some() || self.bound(types, y).is_some() {
            std::mem::swap(&mut x, &mut y);
        }
        if !mode.exact && types.as_named(y).is_some() && types.is_type_literal(x) && !(self.interface_inference && types.is_interface(x)) {
            y = types.underlying(y);
            if types.unalias(x) == y {
                return true;
            }
        }
        match (self.bound(types, x), self.bound(types, y)) {
            (Some(px), Some(py)) => {
                if self.join(px, py) {
                    return true;
                }
                return match (self.at(px), self.at(py)) {
                    (Some(x), Some(y)) => self.nify(types, x, y, mode, pairs),
                    _ => false,
                };
            }
            (Some(parameter), None) => {
                let Some(known) = self.at(parameter) else {
                    self.set(parameter, y);
                    return true;
                };
                if !self.nify(types, known, y, mode, pairs) {
                    return false;
                }
                return self.refine(types, parameter, known, y, mode);
            }
            _ => {}
        }
        if self.interface_inference && !mode.exact {
            let xi = interface_of(types, x);
            let yi = interface_of(types, y);
            if let (Some(xi), Some(yi)) = (xi, yi) {
                return self.interfaces_inexact(types, xi, yi, pairs);
            }
            let (interface, other) = if yi.is_some() { (yi, x) } else { (xi, y) };
            if let Some(interface) = interface {
                return self.methods_of(types, interface, other, pairs);
            }
        }
        if types.is_type_parameter(y) {
            std::mem::swap(&mut x, &mut y);
        }
        let original = y;
        let x = types.unalias(x);
        let y = types.unalias(y);
        let inner = if mode.assign { UnifyMode { assign: true, exact: true } } else { mode };
        match (types.kind(x), types.kind(y)) {
            (TypeKind::Basic(a), TypeKind::Basic(b)) => a == b,
            (TypeKind::Array(n, a), TypeKind::Array(m, b)) => (n < 0 || m < 0 || n == m) && self.nify(types, a, b, inner, pairs),
            (TypeKind::Slice(a), TypeKind::Slice(b)) | (TypeKind::Pointer(a), TypeKind::Pointer(b)) => self.nify(types, a, b, inner, pairs),
            (TypeKind::Struct(a), TypeKind::Struct(b)) => {
                let (a, b) = (types.structure(a).clone(), types.structure(b).clone());
                a.fields.len() == b.fields.len()
                    && (0..a.fields.len()).all(|i| {
                        let (f, g) = (types.object(a.fields[i]), types.object(b.fields[i]));
                        f.is_embedded() == g.is_embedded() && a.tag(i) == b.tag(i) && types.same_id(a.fields[i], g.package, g.name, false) && {
                            let (f, g) = (types.type_of(a.fields[i]), types.type_of(b.fields[i]));
                            self.nify(types, f, g, inner, pairs)
                        }
                    })
            }
            (TypeKind::Tuple(a), TypeKind::Tuple(b)) => {
                let (a, b) = (types.tuple(a).clone(), types.tuple(b).clone());
                self.lists(types, &a, &b, mode, pairs)
            }
            (TypeKind::Signature(a), TypeKind::Signature(b)) => {
                let (a, b) = (types.signature(a).clone(), types.signature(b).clone());
                a.variadic == b.variadic
                    && self.lists(types, &a.params, &b.params, inner, pairs)
                    && self.lists(types, &a.results, &b.results, inner, pairs)
            }
            (TypeKind::Interface(a), TypeKind::Interface(b)) => {
                let (s, t) = (types.type_set(a), types.type_set(b));
                if s.comparable != t.comparable || s.methods.len() != t.methods.len() || !types.terms_equal(&s.terms, &t.terms) {
                    return false;
                }
                if pairs.contains(&(a, b)) || pairs.contains(&(b, a)) {
                    return true;
                }
                pairs.push((a, b));
                let same = s.methods.iter().zip(t.methods.iter()).all(|(f, g)| {
                    types.method_key(*f) == types.method_key(*g) && {
                        let (f, g) = (types.type_of(*f), types.type_of(*g));
                        self.nify(types, f, g, UnifyMode::EXACT, pairs)
                    }
                });
                pairs.pop();
                same
            }
            (TypeKind::Map(k, v), TypeKind::Map(l, w)) => self.nify(types, k, l, inner, pairs) && self.nify(types, v, w, inner, pairs),
            (TypeKind::Chan(c, a), TypeKind::Chan(d, b)) => (!mode.exact || c == d) && self.nify(types, a, b, inner, pairs),
            (TypeKind::Named(a), TypeKind::Named(b)) => {
                let (s, t) = (types.type_arguments(a), types.type_arguments(b));
                s.len() == t.len() && s.iter().zip(t.iter()).all(|(s, t)| self.nify(types, *s, *t, mode, pairs)) && types.identical_origin(a, b)
            }
            (TypeKind::TypeParameter(_), _) => match types.common_underlying(x) {
                // The parameter is not one of ours: what all its types have in common must match.
                Some(core) => self.nify(types, core, original, UnifyMode::ASSIGN, pairs),
                None => false,
            },
            _ => false,
        }
    }

    fn lists(&mut self, types: &mut Types, a: &[super::ObjectId], b: &[super::ObjectId], mode: UnifyMode, pairs: &mut Pairs) -> bool {
        a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| {
                let (a, b) = (types.type_of(*a), types.type_of(*b));
                self.nify(types, a, b, mode, pairs)
            })
    }

    /// A parameter's type matched another one: keep the better of both.
    fn refine(&mut self, types: &mut Types, parameter: TypeId, x: TypeId, y: TypeId, mode: UnifyMode) -> bool {
        let (xi, yi) = (interface_of(types, x), interface_of(types, y));
        let (x_named, y_named) = (types.as_named(x).is_some(), types.as_named(y).is_some());
        match (xi, yi) {
            (Some(xi), Some(yi)) => {
                if x_named && y_named {
                    return types.identical(x, y);
                }
                if types.type_set(xi).methods.len() != types.type_set(yi).methods.len() {
                    return false;
                }
            }
            (None, None) => {}
            _ => return false,
        }
        if !mode.exact && !x_named {
            let directed = matches!(types.under(y), TypeKind::Chan(dir, _) if dir != ChanDir::Both);
            if y_named || directed {
                self.set(parameter, y);
            }
        }
        true
    }

    /// Interfaces match if one has all methods of the other.
    fn interfaces_inexact(&mut self, types: &mut Types, a: InterfaceId, b: InterfaceId, pairs: &mut Pairs) -> bool {
        let (s, t) = (types.type_set(a), types.type_set(b));
        if s.comparable != t.comparable || !types.terms_equal(&s.terms, &t.terms) {
            return false;
        }
        if pairs.contains(&(a, b)) || pairs.contains(&(b, a)) {
            return true;
        }
        let (few, many) = if s.methods.len() > t.methods.len() { (t, s) } else { (s, t) };
        few.methods.iter().all(|f| {
            let key = types.method_key(*f);
            let Some(g) = many.methods.iter().find(|g| types.method_key(**g) == key) else { return false };
            let (f, g) = (types.type_of(*f), types.type_of(*g));
            self.nify(types, f, g, UnifyMode::EXACT, pairs)
        })
    }

    /// A type matches an interface if it has its methods.
    fn methods_of(&mut self, types: &mut Types, interface: InterfaceId, typ: TypeId, pairs: &mut Pairs) -> bool {
        let methods = types.type_set(interface).methods.clone();
        methods.iter().all(|method| {
            let wanted = types.object(*method);
            let (package, name) = (wanted.package, wanted.name);
            let Lookup::Found { object, .. } = types.lookup_field_or_method(typ, false, package, name) else { return false };
            if types.object(object).function().is_none() {
                return false;
            }
            if types.object(object).typ.is_none() {
                types.undeclared.push(object);
                return true;
            }
            let (x, y) = (types.type_of(*method), types.type_of(object));
            types.type_params_of(y).is_empty() && self.nify(types, x, y, UnifyMode::EXACT, pairs)
        })
    }
}

fn interface_of(types: &mut Types, typ: TypeId) -> Option<InterfaceId> {
    if types.is_type_parameter(typ) { None } else { types.as_interface(typ) }
}
