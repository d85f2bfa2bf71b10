//! Questions about types: what kind they are, whether two are identical, whether one can be compared.

use std::sync::Arc;

use super::{Basic, InterfaceId, NamedId, ObjectId, PackageId, SignatureId, Substitution, TypeId, TypeKind, Types};

/// A set of properties of basic types.
#[derive(Clone, Copy)]
pub(crate) struct BasicInfo(u32);

impl BasicInfo {
    pub const BOOLEAN: BasicInfo = BasicInfo(1);
    pub const INTEGER: BasicInfo = BasicInfo(2);
    pub const UNSIGNED: BasicInfo = BasicInfo(4);
    pub const FLOAT: BasicInfo = BasicInfo(8);
    pub const COMPLEX: BasicInfo = BasicInfo(16);
    pub const STRING: BasicInfo = BasicInfo(32);
    pub const ORDERED: BasicInfo = BasicInfo(2 + 8 + 32);
    pub const NUMERIC: BasicInfo = BasicInfo(2 + 8 + 16);
    pub const NUMERIC_OR_STRING: BasicInfo = BasicInfo(2 + 8 + 16 + 32);
    pub const INTEGER_OR_FLOAT: BasicInfo = BasicInfo(2 + 8);
    pub const CONSTANT: BasicInfo = BasicInfo(1 + 2 + 8 + 16 + 32);
}

impl Basic {
    fn info(self) -> u32 {
        match self {
            Basic::Invalid | Basic::UnsafePointer => 0,
            Basic::Bool => 1,
            Basic::Int | Basic::Int8 | Basic::Int16 | Basic::Int32 | Basic::Int64 => 2,
            Basic::Uint | Basic::Uint8 | Basic::Uint16 | Basic::Uint32 | Basic::Uint64 | Basic::Uintptr => 2 + 4,
            Basic::Float32 | Basic::Float64 => 8,
            Basic::Complex64 | Basic::Complex128 => 16,
            Basic::String => 32,
            Basic::UntypedBool => 64 + 1,
            Basic::UntypedInt | Basic::UntypedRune => 64 + 2,
            Basic::UntypedFloat => 64 + 8,
            Basic::UntypedComplex => 64 + 16,
            Basic::UntypedString => 64 + 32,
            Basic::UntypedNil => 64,
        }
    }

    pub(crate) fn has(self, info: BasicInfo) -> bool {
        self.info() & info.0 != 0
    }
}

impl Types {
    pub fn is_valid(&self, id: TypeId) -> bool {
        self.unalias(id) != TypeId::INVALID
    }

    /// The basic type underlying this one.
    pub fn basic(&mut self, id: TypeId) -> Option<Basic> {
        match self.under(id) {
            TypeKind::Basic(basic) => Some(basic),
            _ => None,
        }
    }

    pub(crate) fn is_basic(&mut self, id: TypeId, info: BasicInfo) -> bool {
        self.basic(id).is_some_and(|basic| basic.has(info))
    }

    /// As `is_basic`; of a type parameter, whether it holds of all types in its type set.
    pub(crate) fn all_basic(&mut self, id: TypeId, info: BasicInfo) -> bool {
        match self.as_type_parameter(id) {
            Some(parameter) => {
                let set = self.parameter_set(parameter);
                set.has_terms() && set.specific().iter().all(|term| self.is_basic(term.typ, info))
            }
            None => self.is_basic(id, info),
        }
    }

    pub fn is_boolean(&mut self, id: TypeId) -> bool {
        self.is_basic(id, BasicInfo::BOOLEAN)
    }

    pub fn is_integer(&mut self, id: TypeId) -> bool {
        self.is_basic(id, BasicInfo::INTEGER)
    }

    pub fn is_unsigned(&mut self, id: TypeId) -> bool {
        self.is_basic(id, BasicInfo::UNSIGNED)
    }

    pub fn is_float(&mut self, id: TypeId) -> bool {
        self.is_basic(id, BasicInfo::FLOAT)
    }

    pub fn is_complex(&mut self, id: TypeId) -> bool {
        self.is_basic(id, BasicInfo::COMPLEX)
    }

    pub fn is_numeric(&mut self, id: TypeId) -> bool {
        self.is_basic(id, BasicInfo::NUMERIC)
    }

    pub fn is_string(&mut self, id: TypeId) -> bool {
        self.is_basic(id, BasicInfo::STRING)
    }

    pub fn is_constant_type(&mut self, id: TypeId) -> bool {
        self.is_basic(id, BasicInfo::CONSTANT)
    }

    /// Only the predeclared untyped types are; nothing with a name has one of them as its underlying type.
    pub fn is_untyped(&self, id: TypeId) -> bool {
        (TypeId::UNTYPED_BOOL.0..=TypeId::UNTYPED_NIL.0).contains(&id.0)
    }

    pub fn is_typed(&self, id: TypeId) -> bool {
        !self.is_untyped(id)
    }

    /// An interface, or a type parameter.
    pub fn is_interface(&mut self, id: TypeId) -> bool {
        matches!(self.under(id), TypeKind::Interface(_))
    }

    pub fn is_type_parameter(&self, id: TypeId) -> bool {
        self.as_type_parameter(id).is_some()
    }

    /// An interface that is the type of values.
    pub fn is_interface_value(&mut self, id: TypeId) -> bool {
        !self.is_type_parameter(id) && self.is_interface(id)
    }

    pub fn is_pointer(&mut self, id: TypeId) -> bool {
        matches!(self.under(id), TypeKind::Pointer(_))
    }

    pub fn is_unsafe_pointer(&mut self, id: TypeId) -> bool {
        self.basic(id) == Some(Basic::UnsafePointer)
    }

    pub fn is_uintptr(&mut self, id: TypeId) -> bool {
        self.basic(id) == Some(Basic::Uintptr)
    }

    pub(crate) fn is_bytes_or_runes(&mut self, id: TypeId) -> bool {
        match self.under(id) {
            TypeKind::Slice(elem) => matches!(self.basic(elem), Some(Basic::Uint8 | Basic::Int32)),
            _ => false,
        }
    }

    pub(crate) fn has_name(&self, id: TypeId) -> bool {
        matches!(self.unaliased_kind(id), TypeKind::Basic(_) | TypeKind::Named(_) | TypeKind::TypeParameter(_))
    }

    pub(crate) fn is_type_literal(&self, id: TypeId) -> bool {
        !matches!(self.unaliased_kind(id), TypeKind::Named(_) | TypeKind::TypeParameter(_))
    }

    /// A generic type that is not instantiated.
    pub fn is_generic(&self, id: TypeId) -> bool {
        if let TypeKind::Alias(alias) = self.kind(id) {
            let alias = self.alias(alias);
            if !alias.type_params.is_empty() && alias.instance.is_none() {
                return true;
            }
        }
        self.as_named(id).is_some_and(|named| {
            let named = self.named(named);
            named.instance.is_none() && !named.type_params.is_empty()
        })
    }

    /// Whether `nil` is a value of the type.
    pub fn has_nil(&mut self, id: TypeId) -> bool {
        match self.under(id) {
            TypeKind::Basic(basic) => basic == Basic::UnsafePointer,
            TypeKind::Slice(_) | TypeKind::Pointer(_) | TypeKind::Signature(_) | TypeKind::Map(..) | TypeKind::Chan(..) => true,
            TypeKind::Interface(_) => {
                !self.is_type_parameter(id) || self.under_is(id, |types, underlying| underlying.is_some_and(|underlying| types.has_nil(underlying)))
            }
            _ => false,
        }
    }

    /// The type that a variable gets from an untyped value.
    pub fn default_type(&self, id: TypeId) -> TypeId {
        match id {
            TypeId::UNTYPED_BOOL => TypeId::BOOL,
            TypeId::UNTYPED_INT => TypeId::INT,
            TypeId::UNTYPED_RUNE => TypeId::RUNE,
            TypeId::UNTYPED_FLOAT => TypeId::FLOAT64,
            TypeId::UNTYPED_COMPLEX => TypeId::COMPLEX128,
            TypeId::UNTYPED_STRING => TypeId::STRING,
            _ => id,
        }
    }

    /// The larger of two untyped types, if both are numeric or they are the same.
    pub(crate) fn max_untyped(&self, x: TypeId, y: TypeId) -> Option<TypeId> {
        let numeric = |id: TypeId| (TypeId::UNTYPED_INT.0..=TypeId::UNTYPED_COMPLEX.0).contains(&id.0);
        if x == y {
            Some(x)
        } else if numeric(x) && numeric(y) {
            Some(x.max(y))
        } else {
            None
        }
    }

    pub(crate) fn same_package(&self, a: Option<PackageId>, b: Option<PackageId>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => a == b || self.package(a).path == self.package(b).path,
            (a, b) => a == b,
        }
    }

    /// The element type of a pointer, and whether it is one. Defined pointer types are not followed.
    pub fn deref(&self, id: TypeId) -> (TypeId, bool) {
        match self.unaliased_kind(id) {
            TypeKind::Pointer(base) => (base, true),
            _ => (id, false),
        }
    }

    /// Of a pointer to an array the array.
    pub(crate) fn deref_array(&mut self, underlying: TypeId) -> TypeId {
        if let TypeKind::Pointer(base) = self.unaliased_kind(underlying) {
            let array = self.underlying(base);
            if matches!(self.kind(array), TypeKind::Array(..)) {
                return array;
            }
        }
        underlying
    }

    pub(crate) fn deref_struct(&mut self, id: TypeId) -> TypeId {
        if let TypeKind::Pointer(base) = self.under(id)
            && matches!(self.under(base), TypeKind::Struct(_))
        {
            return base;
        }
        id
    }

    pub(crate) fn is_interface_pointer(&mut self, id: TypeId) -> bool {
        match self.under(id) {
            TypeKind::Pointer(base) => self.is_interface(base),
            _ => false,
        }
    }

    /// Whether values can be compared with `==`. With `dynamic`, interfaces are, though the comparison may panic.
    pub fn is_comparable(&mut self, id: TypeId, dynamic: bool) -> bool {
        self.comparable_problem(id, dynamic, &mut Vec::new()).is_none()
    }

    /// Why values cannot be compared; the reason may be empty.
    pub(crate) fn comparable_problem(&mut self, id: TypeId, dynamic: bool, seen: &mut Vec<TypeId>) -> Option<String> {
        if seen.contains(&id) {
            return None;
        }
        seen.push(id);
        match self.under(id) {
            TypeKind::Basic(Basic::UntypedNil) => Some(String::new()),
            TypeKind::Basic(_) | TypeKind::Pointer(_) | TypeKind::Chan(..) => None,
            TypeKind::Struct(structure) => {
                for field in self.structure(structure).fields.clone().iter() {
                    let typ = self.type_of(*field);
                    if self.comparable_problem(typ, dynamic, seen).is_some() {
                        return Some(format!("struct containing {} cannot be compared", self.string(typ)));
                    }
                }
                None
            }
            TypeKind::Array(_, elem) => {
                self.comparable_problem(elem, dynamic, seen)?;
                Some(format!("{} cannot be compared", self.string(id)))
            }
            TypeKind::Interface(interface) => {
                if dynamic && !self.is_type_parameter(id) || self.set_is_comparable(interface, seen) {
                    return None;
                }
                let empty = self.type_set(interface).is_empty();
                Some(if empty { "empty type set" } else { "incomparable types in type set" }.to_string())
            }
            _ => Some(String::new()),
        }
    }

    fn set_is_comparable(&mut self, interface: InterfaceId, seen: &mut Vec<TypeId>) -> bool {
        let set = self.type_set(interface);
        match &set.terms {
            None => set.comparable,
            Some(terms) => !terms.is_empty() && terms.iter().all(|term| self.comparable_problem(term.typ, false, seen).is_none()),
        }
    }

    pub(crate) fn interface_is_comparable(&mut self, interface: InterfaceId) -> bool {
        self.set_is_comparable(interface, &mut Vec::new())
    }

    // Identity

    pub fn identical(&mut self, x: TypeId, y: TypeId) -> bool {
        x == y || Comparer { ignore_tags: false, pairs: Vec::new() }.identical(self, x, y)
    }

    pub fn identical_ignoring_tags(&mut self, x: TypeId, y: TypeId) -> bool {
        x == y || Comparer { ignore_tags: true, pairs: Vec::new() }.identical(self, x, y)
    }

    pub(crate) fn identical_origin(&self, x: NamedId, y: NamedId) -> bool {
        self.named_origin(x) == self.named_origin(y)
    }

    /// Whether a field or method has this name as seen from a package.
    pub(crate) fn same_id(&self, object: ObjectId, package: Option<PackageId>, name: crate::syntax::Symbol, fold: bool) -> bool {
        let object = self.object(object);
        if fold && equal_fold(object.name.as_str(), name.as_str()) {
            return true;
        }
        object.name == name && (object.is_exported() || self.same_package(object.package, package))
    }
}

pub(crate) fn equal_fold(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.eq_ignore_ascii_case(b) || !a.is_ascii() && a.to_lowercase() == b.to_lowercase()
}

struct Comparer {
    ignore_tags: bool,
    /// Interfaces that are being compared: they are identical unless a difference turns up elsewhere.
    pairs: Vec<(InterfaceId, InterfaceId)>,
}

impl Comparer {
    fn identical(&mut self, types: &mut Types, x: TypeId, y: TypeId) -> bool {
        let (x, y) = (types.unalias(x), types.unalias(y));
        if x == y {
            return true;
        }
        match (types.kind(x), types.kind(y)) {
            (TypeKind::Basic(a), TypeKind::Basic(b)) => a == b,
            (TypeKind::Array(n, a), TypeKind::Array(m, b)) => (n < 0 || m < 0 || n == m) && self.identical(types, a, b),
            (TypeKind::Slice(a), TypeKind::Slice(b)) | (TypeKind::Pointer(a), TypeKind::Pointer(b)) => self.identical(types, a, b),
            (TypeKind::Struct(a), TypeKind::Struct(b)) => {
                let (a, b) = (types.structure(a).clone(), types.structure(b).clone());
                if a.fields.len() != b.fields.len() {
                    return false;
                }
                (0..a.fields.len()).all(|i| {
                    let (f, g) = (types.object(a.fields[i]), types.object(b.fields[i]));
                    f.is_embedded() == g.is_embedded()
                        && (self.ignore_tags || a.tag(i) == b.tag(i))
                        && types.same_id(a.fields[i], g.package, g.name, false)
                        && {
                            let (f, g) = (types.type_of(a.fields[i]), types.type_of(b.fields[i]));
                            self.identical(types, f, g)
                        }
                })
            }
            (TypeKind::Tuple(a), TypeKind::Tuple(b)) => {
                let (a, b) = (types.tuple(a).clone(), types.tuple(b).clone());
                self.lists(types, &a, &b, None)
            }
            (TypeKind::Signature(a), TypeKind::Signature(b)) => self.signatures(types, a, b),
            (TypeKind::Union(a), TypeKind::Union(b)) => {
                let a = types.new_interface_of_union(a);
                let b = types.new_interface_of_union(b);
                let (a, b) = (types.type_set(a), types.type_set(b));
                types.terms_equal(&a.terms, &b.terms)
            }
            (TypeKind::Interface(a), TypeKind::Interface(b)) => self.interfaces(types, a, b),
            (TypeKind::Map(k, v), TypeKind::Map(l, w)) => self.identical(types, k, l) && self.identical(types, v, w),
            (TypeKind::Chan(c, a), TypeKind::Chan(d, b)) => c == d && self.identical(types, a, b),
            (TypeKind::Named(a), TypeKind::Named(b)) => {
                if !types.identical_origin(a, b) {
                    return false;
                }
                let (a, b) = (types.type_arguments(a), types.type_arguments(b));
                a.len() == b.len() && !a.is_empty() && a.iter().zip(b.iter()).all(|(a, b)| types.identical(*a, *b))
            }
            _ => false,
        }
    }

    fn lists(&mut self, types: &mut Types, a: &[ObjectId], b: &[ObjectId], rename: Option<&Substitution>) -> bool {
        a.len() == b.len()
            && a.iter().zip(b.iter()).all(|(a, b)| {
                let (a, mut b) = (types.type_of(*a), types.type_of(*b));
                if let Some(rename) = rename {
                    b = types.substitute(b, rename);
                }
                self.identical(types, a, b)
            })
    }

    fn signatures(&mut self, types: &mut Types, a: SignatureId, b: SignatureId) -> bool {
        let (a, b) = (types.signature(a).clone(), types.signature(b).clone());
        if a.type_params.len() != b.type_params.len() || a.variadic != b.variadic {
            return false;
        }
        let rename = if a.type_params.is_empty() {
            None
        } else {
            let rename = Substitution::new(&b.type_params, &a.type_params);
            for (x, y) in a.type_params.iter().zip(b.type_params.iter()) {
                let (x, y) = (types.bound_of(*x), types.bound_of(*y));
                let y = types.substitute(y, &rename);
                if !self.identical(types, x, y) {
                    return false;
                }
            }
            Some(rename)
        };
        self.lists(types, &a.params, &b.params, rename.as_ref()) && self.lists(types, &a.results, &b.results, rename.as_ref())
    }

    fn interfaces(&mut self, types: &mut Types, a: InterfaceId, b: InterfaceId) -> bool {
        let (x, y) = (types.type_set(a), types.type_set(b));
        if x.comparable != y.comparable || x.methods.len() != y.methods.len() || !types.terms_equal(&x.terms, &y.terms) {
            return false;
        }
        if self.pairs.contains(&(a, b)) || self.pairs.contains(&(b, a)) {
            return true;
        }
        self.pairs.push((a, b));
        let same = x.methods.iter().zip(y.methods.iter()).all(|(f, g)| {
            types.method_key(*f) == types.method_key(*g) && {
                let (f, g) = (types.type_of(*f), types.type_of(*g));
                self.identical(types, f, g)
            }
        });
        self.pairs.pop();
        same
    }
}

impl Types {
    fn new_interface_of_union(&mut self, union: super::UnionId) -> InterfaceId {
        let terms = self.union(union).clone();
        let union = self.new_union(terms);
        let interface = super::Interface { embeddeds: Arc::new([union]), complete: true, ..super::Interface::default() };
        self.interfaces.push(interface);
        InterfaceId(self.interfaces.len() as u32 - 1)
    }

    /// The constraint of a type parameter as written.
    pub fn bound_of(&self, parameter: TypeId) -> TypeId {
        match self.kind(parameter) {
            TypeKind::TypeParameter(parameter) => self.type_parameter(parameter).bound,
            _ => TypeId::INVALID,
        }
    }
}
