//! Go's types and the checker.
//!
//! [`Types`] is an arena: types, objects, scopes and packages are named by small numbers, so they are copied freely and the
//! graph may have cycles. It answers questions about types that are declared already. [`check::Checker`] fills it from
//! syntax and leaves its findings about each node in [`Info`].
//!
//! # Identity
//! Several ids may stand for identical types: `byte` and `uint8`, an alias and what it names, two equal struct literals.
//! Messages print what was written, so these are kept apart. [`Types::identical`] compares; [`Types::canonical`] maps all
//! identical types to one id, so that later passes compare ids and key tables with them.
//!
//! # Invariants
//! - TYP-1: a [`TypeId`] never changes its kind. What is filled in later lies behind a `NamedId`, `AliasId`,
//!   `TypeParameterId` or `InterfaceId`.
//! - TYP-2: the underlying type of a type is never a defined type, an alias or a type parameter. Of a type parameter it is
//!   the interface of its constraint.
//! - TYP-3: an instance is made once for an origin and identical type arguments, as far as these were complete.

mod canonical;
pub mod check;
mod format;
pub mod hash;
mod info;
mod instantiate;
mod lookup;
mod object;
mod predicates;
mod scope;
mod sizes;
mod substitute;
#[cfg(test)]
mod tests;
mod type_set;
mod unify;
mod universe;

use std::sync::Arc;

use crate::source::Pos;
use crate::syntax::Symbol;
pub use crate::syntax::ast::ChanDir;

pub use format::Qualifier;
use hash::FastMap;
pub use info::{Info, Initializer, Instance, Mode, Selection, SelectionKind, TypeAndValue};
pub use lookup::{Lookup, MethodEntry};
pub use object::{Function, Object, ObjectId, ObjectKind, Variable, VariableKind, is_exported, is_exported_str};
pub use scope::{Scope, ScopeId};
pub use substitute::Substitution;
pub use type_set::{Term, TypeSet};
pub use universe::BuiltinId;

/// A type. Equality of ids is sufficient for identity, not necessary: see the module's essay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
    )* };
}

ids! {
    StructId,
    SignatureId,
    TupleId,
    InterfaceId,
    UnionId,
    /// A defined type or an instance of one.
    NamedId,
    AliasId,
    TypeParameterId,
    PackageId,
    /// A function declaration or literal whose body has been met.
    FunctionId,
}

/// Basic types. `byte` and `rune` have ids of their own ([`TypeId::BYTE`], [`TypeId::RUNE`]) but these kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Basic {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
    UntypedBool,
    UntypedInt,
    UntypedRune,
    UntypedFloat,
    UntypedComplex,
    UntypedString,
    UntypedNil,
}

impl TypeId {
    pub const INVALID: TypeId = TypeId(Basic::Invalid as u32);
    pub const BOOL: TypeId = TypeId(Basic::Bool as u32);
    pub const INT: TypeId = TypeId(Basic::Int as u32);
    pub const INT8: TypeId = TypeId(Basic::Int8 as u32);
    pub const INT16: TypeId = TypeId(Basic::Int16 as u32);
    pub const INT32: TypeId = TypeId(Basic::Int32 as u32);
    pub const INT64: TypeId = TypeId(Basic::Int64 as u32);
    pub const UINT: TypeId = TypeId(Basic::Uint as u32);
    pub const UINT8: TypeId = TypeId(Basic::Uint8 as u32);
    pub const UINT16: TypeId = TypeId(Basic::Uint16 as u32);
    pub const UINT32: TypeId = TypeId(Basic::Uint32 as u32);
    pub const UINT64: TypeId = TypeId(Basic::Uint64 as u32);
    pub const UINTPTR: TypeId = TypeId(Basic::Uintptr as u32);
    pub const FLOAT32: TypeId = TypeId(Basic::Float32 as u32);
    pub const FLOAT64: TypeId = TypeId(Basic::Float64 as u32);
    pub const COMPLEX64: TypeId = TypeId(Basic::Complex64 as u32);
    pub const COMPLEX128: TypeId = TypeId(Basic::Complex128 as u32);
    pub const STRING: TypeId = TypeId(Basic::String as u32);
    pub const UNSAFE_POINTER: TypeId = TypeId(Basic::UnsafePointer as u32);
    pub const UNTYPED_BOOL: TypeId = TypeId(Basic::UntypedBool as u32);
    pub const UNTYPED_INT: TypeId = TypeId(Basic::UntypedInt as u32);
    pub const UNTYPED_RUNE: TypeId = TypeId(Basic::UntypedRune as u32);
    pub const UNTYPED_FLOAT: TypeId = TypeId(Basic::UntypedFloat as u32);
    pub const UNTYPED_COMPLEX: TypeId = TypeId(Basic::UntypedComplex as u32);
    pub const UNTYPED_STRING: TypeId = TypeId(Basic::UntypedString as u32);
    pub const UNTYPED_NIL: TypeId = TypeId(Basic::UntypedNil as u32);
    /// `uint8`, written `byte`.
    pub const BYTE: TypeId = TypeId(26);
    /// `int32`, written `rune`.
    pub const RUNE: TypeId = TypeId(27);
    /// `interface{}`.
    pub const EMPTY_INTERFACE: TypeId = TypeId(28);
    /// `any`, an alias.
    pub const ANY: TypeId = TypeId(29);
    pub const ERROR: TypeId = TypeId(30);
    pub const COMPARABLE: TypeId = TypeId(31);
    /// The result type of a function without results.
    pub const EMPTY_TUPLE: TypeId = TypeId(32);
}

/// What a type is. Cheap to copy; what is long lies behind an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    Basic(Basic),
    Pointer(TypeId),
    Slice(TypeId),
    /// A length of -1 stands for a length that could not be determined.
    Array(i64, TypeId),
    Map(TypeId, TypeId),
    Chan(ChanDir, TypeId),
    Struct(StructId),
    Signature(SignatureId),
    /// The results of a call that has none or several; also of `v, ok` forms.
    Tuple(TupleId),
    Interface(InterfaceId),
    Named(NamedId),
    Alias(AliasId),
    TypeParameter(TypeParameterId),
    /// Only as an element of an interface.
    Union(UnionId),
}

#[derive(Clone, Debug)]
pub struct Struct {
    /// Variables of kind `Field`.
    pub fields: Arc<[ObjectId]>,
    /// Empty, or one for each field, unquoted.
    pub tags: Arc<[Box<[u8]>]>,
}

impl Struct {
    pub fn tag(&self, index: usize) -> &[u8] {
        self.tags.get(index).map_or(&[], |tag| tag)
    }
}

#[derive(Clone, Debug)]
pub struct Signature {
    /// The receiver's type parameters, of a method of a generic type.
    pub receiver_type_params: Arc<[TypeId]>,
    /// Type parameters.
    pub type_params: Arc<[TypeId]>,
    pub receiver: Option<ObjectId>,
    pub params: Arc<[ObjectId]>,
    pub results: Arc<[ObjectId]>,
    /// The last parameter was written `...T` and has type `[]T`.
    pub variadic: bool,
    /// The scope of the parameters, if it was made from syntax.
    pub scope: Option<ScopeId>,
    /// The receiver of the method that this type was taken from by a method value.
    pub old_receiver: Option<ObjectId>,
}

#[derive(Clone, Debug)]
pub struct Interface {
    /// Explicitly declared ones, sorted as Go sorts methods.
    pub methods: Arc<[ObjectId]>,
    pub embeddeds: Arc<[TypeId]>,
    pub embed_positions: Arc<[Pos]>,
    /// A constraint literal without `interface{}` around it.
    pub implicit: bool,
    /// False while its declaration is being checked.
    pub complete: bool,
    pub(crate) type_set: Option<Arc<TypeSet>>,
}

/// A defined type, or an instance of a generic one.
#[derive(Clone, Debug)]
pub struct Named {
    /// The type name; for an instance that of the origin.
    pub object: ObjectId,
    /// The generic type and the type arguments.
    pub instance: Option<(NamedId, Arc<[TypeId]>)>,
    /// Type parameters of a generic type; empty for instances.
    pub type_params: Arc<[TypeId]>,
    /// The declared right-hand side, as soon as it is known.
    pub(crate) rhs: Option<TypeId>,
    pub(crate) underlying: Option<TypeId>,
    /// Declared methods in source order; of an instance, what was asked for so far.
    pub(crate) methods: Vec<Option<ObjectId>>,
    /// This type's id.
    pub id: TypeId,
}

#[derive(Clone, Debug)]
pub struct Alias {
    pub object: ObjectId,
    pub instance: Option<(AliasId, Arc<[TypeId]>)>,
    pub type_params: Arc<[TypeId]>,
    pub(crate) rhs: Option<TypeId>,
}

#[derive(Clone, Debug)]
pub struct TypeParameter {
    pub object: ObjectId,
    /// The constraint as written; not necessarily an interface.
    pub bound: TypeId,
    /// The constraint as an interface.
    pub(crate) interface: Option<(TypeId, TypeId)>,
}

#[derive(Clone, Debug)]
pub struct Package {
    pub path: Symbol,
    pub name: Symbol,
    pub scope: ScopeId,
    pub imports: Vec<PackageId>,
    /// Stands for a package that could not be imported: errors about its contents are not reported.
    pub fake: bool,
}

/// A problem with a type that was found while answering a question; the checker reports it.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    DuplicateMethod {
        pos: Pos,
        method: ObjectId,
        other: Pos,
    },
    /// Wrong unless both methods have identical types.
    SameMethod {
        pos: Pos,
        method: ObjectId,
        other: ObjectId,
        other_pos: Pos,
    },
    TooManyTerms {
        pos: Pos,
    },
}

/// The arena: see the module's essay.
#[derive(Debug)]
pub struct Types {
    kinds: Vec<TypeKind>,
    interned: FastMap<TypeKind, TypeId>,
    canonical: Vec<TypeId>,
    canonical_keys: FastMap<canonical::Key, TypeId>,
    pub(crate) structs: Vec<Struct>,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) tuples: Vec<Arc<[ObjectId]>>,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) unions: Vec<Arc<[Term]>>,
    pub(crate) nameds: Vec<Named>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) type_parameters: Vec<TypeParameter>,
    pub(crate) objects: Vec<Object>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) packages: Vec<Package>,
    instances: FastMap<u64, Vec<TypeId>>,
    pub universe: ScopeId,
    pub unsafe_package: PackageId,
    pub(crate) problems: Vec<Problem>,
    /// Functions whose signature was needed but is not checked yet. The checker declares them and asks again.
    pub(crate) undeclared: Vec<ObjectId>,
    /// Where type parameters with the name of something predeclared are declared, as messages say it.
    pub(crate) declared_at: FastMap<Pos, String>,
    /// The package for which messages are written.
    pub(crate) relative_to: Option<PackageId>,
    /// For each fresh copy of a type parameter the one it was copied from.
    pub(crate) copied_parameters: Vec<(TypeId, TypeId)>,
    /// The type parameters of the functions around a local type.
    implicit_parameters: FastMap<NamedId, Arc<[TypeId]>>,
    depth: u32,
}

impl Types {
    pub fn kind(&self, id: TypeId) -> TypeKind {
        self.kinds[id.0 as usize]
    }

    pub fn object(&self, id: ObjectId) -> &Object {
        &self.objects[id.0 as usize]
    }

    pub fn object_mut(&mut self, id: ObjectId) -> &mut Object {
        &mut self.objects[id.0 as usize]
    }

    /// The type of an object; invalid if it is not known.
    pub fn type_of(&self, id: ObjectId) -> TypeId {
        self.object(id).typ.unwrap_or(TypeId::INVALID)
    }

    pub fn name_of(&self, id: ObjectId) -> &'static str {
        self.object(id).name.as_str()
    }

    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.0 as usize]
    }

    pub fn packages(&self) -> impl Iterator<Item = (PackageId, &Package)> {
        self.packages.iter().enumerate().map(|(index, package)| (PackageId(index as u32), package))
    }

    pub fn structure(&self, id: StructId) -> &Struct {
        &self.structs[id.0 as usize]
    }

    pub fn signature(&self, id: SignatureId) -> &Signature {
        &self.signatures[id.0 as usize]
    }

    pub fn tuple(&self, id: TupleId) -> &Arc<[ObjectId]> {
        &self.tuples[id.0 as usize]
    }

    pub fn interface(&self, id: InterfaceId) -> &Interface {
        &self.interfaces[id.0 as usize]
    }

    pub fn union(&self, id: UnionId) -> &Arc<[Term]> {
        &self.unions[id.0 as usize]
    }

    pub fn named(&self, id: NamedId) -> &Named {
        &self.nameds[id.0 as usize]
    }

    pub fn alias(&self, id: AliasId) -> &Alias {
        &self.aliases[id.0 as usize]
    }

    pub fn type_parameter(&self, id: TypeParameterId) -> &TypeParameter {
        &self.type_parameters[id.0 as usize]
    }

    /// The declared object that an instance's field or method was copied from, or the object itself.
    pub fn origin(&self, id: ObjectId) -> ObjectId {
        self.object(id).origin.unwrap_or(id)
    }

    // Constructors

    pub(crate) fn push(&mut self, kind: TypeKind) -> TypeId {
        self.kinds.push(kind);
        TypeId(self.kinds.len() as u32 - 1)
    }

    fn intern(&mut self, kind: TypeKind) -> TypeId {
        if let Some(id) = self.interned.get(&kind) {
            return *id;
        }
        let id = self.push(kind);
        self.interned.insert(kind, id);
        id
    }

    pub fn pointer_to(&mut self, base: TypeId) -> TypeId {
        self.intern(TypeKind::Pointer(base))
    }

    pub fn slice_of(&mut self, elem: TypeId) -> TypeId {
        self.intern(TypeKind::Slice(elem))
    }

    pub fn array_of(&mut self, length: i64, elem: TypeId) -> TypeId {
        self.intern(TypeKind::Array(length, elem))
    }

    pub fn map_of(&mut self, key: TypeId, elem: TypeId) -> TypeId {
        self.intern(TypeKind::Map(key, elem))
    }

    pub fn chan_of(&mut self, dir: ChanDir, elem: TypeId) -> TypeId {
        self.intern(TypeKind::Chan(dir, elem))
    }

    pub fn new_struct(&mut self, fields: Arc<[ObjectId]>, tags: Arc<[Box<[u8]>]>) -> TypeId {
        self.structs.push(Struct { fields, tags });
        self.push(TypeKind::Struct(StructId(self.structs.len() as u32 - 1)))
    }

    pub fn new_signature(&mut self, signature: Signature) -> TypeId {
        self.signatures.push(signature);
        self.push(TypeKind::Signature(SignatureId(self.signatures.len() as u32 - 1)))
    }

    /// A function type with anonymous parameters.
    pub fn func_of(&mut self, params: &[TypeId], results: &[TypeId], variadic: bool) -> TypeId {
        let params = params.iter().map(|typ| self.new_parameter(VariableKind::Parameter, *typ)).collect();
        let results = results.iter().map(|typ| self.new_parameter(VariableKind::Result, *typ)).collect();
        self.new_signature(Signature { params, results, variadic, ..Signature::default() })
    }

    /// An anonymous parameter or result.
    pub fn new_parameter(&mut self, kind: VariableKind, typ: TypeId) -> ObjectId {
        self.new_variable(kind, Pos::NONE, None, Symbol::new(""), Some(typ))
    }

    pub fn new_tuple(&mut self, variables: Arc<[ObjectId]>) -> TypeId {
        if variables.is_empty() && self.kinds.len() > TypeId::EMPTY_TUPLE.0 as usize {
            return TypeId::EMPTY_TUPLE;
        }
        self.tuples.push(variables);
        self.push(TypeKind::Tuple(TupleId(self.tuples.len() as u32 - 1)))
    }

    pub fn tuple_of(&mut self, types: &[TypeId]) -> TypeId {
        let variables = types.iter().map(|typ| self.new_parameter(VariableKind::Local, *typ)).collect();
        self.new_tuple(variables)
    }

    pub fn new_interface(&mut self, interface: Interface) -> TypeId {
        self.interfaces.push(interface);
        self.push(TypeKind::Interface(InterfaceId(self.interfaces.len() as u32 - 1)))
    }

    pub fn new_union(&mut self, terms: Arc<[Term]>) -> TypeId {
        self.unions.push(terms);
        self.push(TypeKind::Union(UnionId(self.unions.len() as u32 - 1)))
    }

    /// A defined type whose right-hand side is not known yet. The object gets it as its type if it has none.
    pub(crate) fn new_named(&mut self, object: ObjectId) -> (TypeId, NamedId) {
        let named = NamedId(self.nameds.len() as u32);
        let id = self.push(TypeKind::Named(named));
        self.nameds.push(Named { object, instance: None, type_params: Arc::new([]), rhs: None, underlying: None, methods: Vec::new(), id });
        self.object_mut(object).typ.get_or_insert(id);
        (id, named)
    }

    pub(crate) fn new_alias(&mut self, object: ObjectId) -> (TypeId, AliasId) {
        let alias = AliasId(self.aliases.len() as u32);
        let id = self.push(TypeKind::Alias(alias));
        self.aliases.push(Alias { object, instance: None, type_params: Arc::new([]), rhs: None });
        self.object_mut(object).typ.get_or_insert(id);
        (id, alias)
    }

    pub(crate) fn new_type_parameter(&mut self, object: ObjectId, bound: TypeId) -> TypeId {
        let parameter = TypeParameterId(self.type_parameters.len() as u32);
        let id = self.push(TypeKind::TypeParameter(parameter));
        self.type_parameters.push(TypeParameter { object, bound, interface: None });
        self.object_mut(object).typ.get_or_insert(id);
        id
    }

    pub fn new_object(&mut self, kind: ObjectKind, pos: Pos, package: Option<PackageId>, name: Symbol, typ: Option<TypeId>) -> ObjectId {
        self.objects.push(Object { kind, name, package, typ, pos, parent: None, order: 0, origin: None });
        ObjectId(self.objects.len() as u32 - 1)
    }

    pub fn new_variable(&mut self, kind: VariableKind, pos: Pos, package: Option<PackageId>, name: Symbol, typ: Option<TypeId>) -> ObjectId {
        let variable = Variable { kind, embedded: false, function: None, address_taken: false, reassigned: false, captured: false };
        self.new_object(ObjectKind::Variable(variable), pos, package, name, typ)
    }

    pub fn new_package(&mut self, path: &str, name: &str) -> PackageId {
        let scope = self.new_scope(Some(self.universe));
        self.packages.push(Package { path: Symbol::new(path), name: Symbol::new(name), scope, imports: Vec::new(), fake: false });
        PackageId(self.packages.len() as u32 - 1)
    }

    /// A copy of an object with another type, which remembers its origin.
    pub(crate) fn copy_object(&mut self, id: ObjectId, typ: TypeId) -> ObjectId {
        let mut copy = self.object(id).clone();
        copy.origin = Some(self.origin(id));
        copy.typ = Some(typ);
        self.objects.push(copy);
        ObjectId(self.objects.len() as u32 - 1)
    }

    // Names behind types

    /// Without aliases around it; an alias whose declaration is being checked stays.
    pub fn unalias(&self, id: TypeId) -> TypeId {
        let mut id = id;
        while let TypeKind::Alias(alias) = self.kind(id) {
            match self.alias(alias).rhs {
                Some(rhs) => id = rhs,
                None => break,
            }
        }
        id
    }

    /// The kind behind aliases.
    pub fn unaliased_kind(&self, id: TypeId) -> TypeKind {
        self.kind(self.unalias(id))
    }

    pub fn as_named(&self, id: TypeId) -> Option<NamedId> {
        match self.unaliased_kind(id) {
            TypeKind::Named(named) => Some(named),
            _ => None,
        }
    }

    pub fn as_type_parameter(&self, id: TypeId) -> Option<TypeParameterId> {
        match self.unaliased_kind(id) {
            TypeKind::TypeParameter(parameter) => Some(parameter),
            _ => None,
        }
    }

    /// The generic type that this one is an instance of, or the type itself.
    pub fn named_origin(&self, id: NamedId) -> NamedId {
        self.named(id).instance.as_ref().map_or(id, |(origin, _)| *origin)
    }

    pub fn type_arguments(&self, id: NamedId) -> Arc<[TypeId]> {
        self.named(id).instance.as_ref().map_or_else(|| Arc::from([]), |(_, arguments)| arguments.clone())
    }

    /// The underlying type (TYP-2); invalid while the declaration is being checked.
    pub fn underlying(&mut self, id: TypeId) -> TypeId {
        match self.kind(id) {
            TypeKind::Named(named) => match self.nameds[named.0 as usize].underlying {
                Some(underlying) => underlying,
                None => self.resolve_underlying(named),
            },
            TypeKind::Alias(_) => {
                let id = self.unalias(id);
                if matches!(self.kind(id), TypeKind::Alias(_)) { TypeId::INVALID } else { self.underlying(id) }
            }
            TypeKind::TypeParameter(parameter) => self.parameter_interface(parameter),
            _ => id,
        }
    }

    /// The kind of the underlying type.
    pub fn under(&mut self, id: TypeId) -> TypeKind {
        let underlying = self.underlying(id);
        self.kind(underlying)
    }

    fn resolve_underlying(&mut self, named: NamedId) -> TypeId {
        let mut path = vec![named];
        let mut at = named;
        let underlying = loop {
            let Some(rhs) = self.right_hand_side(at) else { return TypeId::INVALID };
            let rhs = self.unalias(rhs);
            match self.kind(rhs) {
                TypeKind::Alias(_) => return TypeId::INVALID,
                TypeKind::Named(next) => {
                    if let Some(underlying) = self.named(next).underlying {
                        break underlying;
                    }
                    if path.contains(&next) {
                        break TypeId::INVALID;
                    }
                    path.push(next);
                    at = next;
                }
                TypeKind::TypeParameter(_) => break TypeId::INVALID,
                _ => break rhs,
            }
        };
        for named in path {
            self.nameds[named.0 as usize].underlying = Some(underlying);
        }
        underlying
    }

    /// What stands on the right in the declaration of a type, with type arguments put in.
    pub fn right_hand_side(&mut self, named: NamedId) -> Option<TypeId> {
        if let Some(rhs) = self.named(named).rhs {
            return Some(rhs);
        }
        self.named(named).instance.as_ref()?;
        let rhs = self.expand_right_hand_side(named)?;
        self.nameds[named.0 as usize].rhs = Some(rhs);
        Some(rhs)
    }

    /// The constraint of a type parameter as an interface.
    pub(crate) fn parameter_interface(&mut self, parameter: TypeParameterId) -> TypeId {
        let bound = self.type_parameter(parameter).bound;
        if let Some((of, interface)) = self.type_parameter(parameter).interface
            && of == bound
        {
            return interface;
        }
        if self.as_type_parameter(bound).is_some() {
            return TypeId::EMPTY_INTERFACE;
        }
        let underlying = self.underlying(bound);
        let (bound, interface) = match self.kind(underlying) {
            TypeKind::Basic(Basic::Invalid) => return TypeId::EMPTY_INTERFACE,
            TypeKind::Interface(_) => (bound, underlying),
            _ => {
                // A type that is no interface stands for the interface of that type alone.
                let interface =
                    self.new_interface(Interface { embeddeds: Arc::new([bound]), implicit: true, complete: true, ..Interface::default() });
                (interface, interface)
            }
        };
        let data = &mut self.type_parameters[parameter.0 as usize];
        data.bound = bound;
        data.interface = Some((bound, interface));
        interface
    }

    /// The interface behind a type that is one, or a type parameter.
    pub fn as_interface(&mut self, id: TypeId) -> Option<InterfaceId> {
        match self.under(id) {
            TypeKind::Interface(interface) => Some(interface),
            _ => None,
        }
    }

    pub fn as_signature(&mut self, id: TypeId) -> Option<SignatureId> {
        match self.under(id) {
            TypeKind::Signature(signature) => Some(signature),
            _ => None,
        }
    }

    pub fn as_struct(&mut self, id: TypeId) -> Option<StructId> {
        match self.under(id) {
            TypeKind::Struct(structure) => Some(structure),
            _ => None,
        }
    }
}

impl Default for Signature {
    fn default() -> Signature {
        Signature {
            receiver_type_params: Arc::new([]),
            type_params: Arc::new([]),
            receiver: None,
            params: Arc::new([]),
            results: Arc::new([]),
            variadic: false,
            scope: None,
            old_receiver: None,
        }
    }
}

impl Default for Interface {
    fn default() -> Interface {
        Interface { methods: Arc::new([]), embeddeds: Arc::new([]), embed_positions: Arc::new([]), implicit: false, complete: false, type_set: None }
    }
}

impl Default for Types {
    fn default() -> Types {
        Types::new()
    }
}
