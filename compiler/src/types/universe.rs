//! What every program starts with: predeclared types, constants and functions, and package unsafe.

use std::sync::Arc;

use crate::constant::Value;
use crate::source::Pos;
use crate::syntax::Symbol;

use super::hash::FastMap;
use super::{Basic, Function, Interface, ObjectKind, Package, PackageId, ScopeId, Signature, TypeId, TypeKind, TypeSet, Types, VariableKind};

/// What a call of a built-in function is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExprKindOf {
    Conversion,
    Expression,
    Statement,
}

macro_rules! builtins {
    ($($id:ident $name:literal $count:literal $variadic:literal $kind:ident;)*) => {
        /// A built-in function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum BuiltinId { $($id),* }

        impl BuiltinId {
            const ALL: &[BuiltinId] = &[$(BuiltinId::$id),*];

            pub fn name(self) -> &'static str {
                match self { $(BuiltinId::$id => $name),* }
            }

            /// The least number of arguments.
            pub(crate) fn argument_count(self) -> usize {
                match self { $(BuiltinId::$id => $count),* }
            }

            pub(crate) fn is_variadic(self) -> bool {
                match self { $(BuiltinId::$id => $variadic),* }
            }

            pub(crate) fn kind(self) -> ExprKindOf {
                match self { $(BuiltinId::$id => ExprKindOf::$kind),* }
            }
        }
    };
}

builtins! {
    Append "append" 1 true Expression;
    Cap "cap" 1 false Expression;
    Clear "clear" 1 false Statement;
    Close "close" 1 false Statement;
    Complex "complex" 2 false Expression;
    Copy "copy" 2 false Statement;
    Delete "delete" 2 false Statement;
    Imag "imag" 1 false Expression;
    Len "len" 1 false Expression;
    Make "make" 1 true Expression;
    Max "max" 1 true Expression;
    Min "min" 1 true Expression;
    New "new" 1 false Expression;
    Panic "panic" 1 false Statement;
    Print "print" 0 true Statement;
    Println "println" 0 true Statement;
    Real "real" 1 false Expression;
    Recover "recover" 0 false Statement;
    UnsafeAdd "Add" 2 false Expression;
    Alignof "Alignof" 1 false Expression;
    Offsetof "Offsetof" 1 false Expression;
    Sizeof "Sizeof" 1 false Expression;
    UnsafeSlice "Slice" 2 false Expression;
    UnsafeSliceData "SliceData" 1 false Expression;
    UnsafeString "String" 2 false Expression;
    UnsafeStringData "StringData" 1 false Expression;
    Assert "assert" 1 false Statement;
    Trace "trace" 0 true Expression;
}

const BASICS: [(Basic, &str); 26] = [
    (Basic::Invalid, "invalid type"),
    (Basic::Bool, "bool"),
    (Basic::Int, "int"),
    (Basic::Int8, "int8"),
    (Basic::Int16, "int16"),
    (Basic::Int32, "int32"),
    (Basic::Int64, "int64"),
    (Basic::Uint, "uint"),
    (Basic::Uint8, "uint8"),
    (Basic::Uint16, "uint16"),
    (Basic::Uint32, "uint32"),
    (Basic::Uint64, "uint64"),
    (Basic::Uintptr, "uintptr"),
    (Basic::Float32, "float32"),
    (Basic::Float64, "float64"),
    (Basic::Complex64, "complex64"),
    (Basic::Complex128, "complex128"),
    (Basic::String, "string"),
    (Basic::UnsafePointer, "Pointer"),
    (Basic::UntypedBool, "untyped bool"),
    (Basic::UntypedInt, "untyped int"),
    (Basic::UntypedRune, "untyped rune"),
    (Basic::UntypedFloat, "untyped float"),
    (Basic::UntypedComplex, "untyped complex"),
    (Basic::UntypedString, "untyped string"),
    (Basic::UntypedNil, "untyped nil"),
];

impl Basic {
    pub fn name(self) -> &'static str {
        BASICS[self as usize].1
    }
}

impl Types {
    /// An arena that holds what is predeclared.
    pub fn new() -> Types {
        let mut types = Types {
            kinds: Vec::new(),
            interned: FastMap::default(),
            canonical: Vec::new(),
            canonical_keys: FastMap::default(),
            structs: Vec::new(),
            signatures: Vec::new(),
            tuples: Vec::new(),
            interfaces: Vec::new(),
            unions: Vec::new(),
            nameds: Vec::new(),
            aliases: Vec::new(),
            type_parameters: Vec::new(),
            objects: Vec::new(),
            scopes: Vec::new(),
            packages: Vec::new(),
            instances: FastMap::default(),
            universe: ScopeId(0),
            unsafe_package: PackageId(0),
            problems: Vec::new(),
            undeclared: Vec::new(),
            declared_at: FastMap::default(),
            relative_to: None,
            copied_parameters: Vec::new(),
            implicit_parameters: FastMap::default(),
            depth: 0,
        };
        types.universe = types.new_scope(None);
        let unsafe_scope = types.new_scope(Some(types.universe));
        types.packages.push(Package {
            path: Symbol::new("unsafe"),
            name: Symbol::new("unsafe"),
            scope: unsafe_scope,
            imports: Vec::new(),
            fake: false,
        });
        types.declare_types(unsafe_scope);
        let constants = [
            ("true", TypeId::UNTYPED_BOOL, Value::Bool(true)),
            ("false", TypeId::UNTYPED_BOOL, Value::Bool(false)),
            ("iota", TypeId::UNTYPED_INT, Value::Int(0)),
        ];
        for (name, typ, value) in constants {
            types.predeclare(types.universe, ObjectKind::Constant { value }, name, typ);
        }
        types.predeclare(types.universe, ObjectKind::Nil, "nil", TypeId::UNTYPED_NIL);
        for id in BuiltinId::ALL {
            let in_unsafe = id.name().starts_with(|c: char| c.is_ascii_uppercase());
            if !matches!(id, BuiltinId::Assert | BuiltinId::Trace) {
                let scope = if in_unsafe { unsafe_scope } else { types.universe };
                types.predeclare(scope, ObjectKind::Builtin(*id), id.name(), TypeId::INVALID);
            }
        }
        types
    }

    /// Declares `assert` and `trace`, which the suites of Go's type checkers use.
    pub fn declare_test_functions(&mut self) {
        for id in [BuiltinId::Assert, BuiltinId::Trace] {
            self.predeclare(self.universe, ObjectKind::Builtin(id), id.name(), TypeId::INVALID);
        }
    }

    fn predeclare(&mut self, scope: ScopeId, kind: ObjectKind, name: &str, typ: TypeId) {
        let package = if scope == self.universe { None } else { Some(self.unsafe_package) };
        let object = self.new_object(kind, Pos::NONE, package, Symbol::new(name), Some(typ));
        self.insert(scope, object);
    }

    fn declare_types(&mut self, unsafe_scope: ScopeId) {
        for (basic, name) in BASICS {
            let id = self.push(TypeKind::Basic(basic));
            let scope = if basic == Basic::UnsafePointer { unsafe_scope } else { self.universe };
            if !name.contains(' ') {
                self.predeclare(scope, ObjectKind::TypeName, name, id);
            }
        }
        let byte = self.push(TypeKind::Basic(Basic::Uint8));
        self.predeclare(self.universe, ObjectKind::TypeName, "byte", byte);
        let rune = self.push(TypeKind::Basic(Basic::Int32));
        self.predeclare(self.universe, ObjectKind::TypeName, "rune", rune);

        let empty = self.new_interface(Interface { complete: true, ..Interface::default() });
        debug_assert_eq!(empty, TypeId::EMPTY_INTERFACE);

        let any = self.new_object(ObjectKind::TypeName, Pos::NONE, None, Symbol::new("any"), None);
        let (_, alias) = self.new_alias(any);
        self.aliases[alias.0 as usize].rhs = Some(empty);
        self.insert(self.universe, any);

        let error = self.new_object(ObjectKind::TypeName, Pos::NONE, None, Symbol::new("error"), None);
        let (error_type, named) = self.new_named(error);
        self.insert(self.universe, error);

        let comparable = self.new_object(ObjectKind::TypeName, Pos::NONE, None, Symbol::new("comparable"), None);
        let (_, comparable_named) = self.new_named(comparable);
        self.insert(self.universe, comparable);

        let tuple = self.new_tuple(Arc::new([]));
        debug_assert_eq!(tuple, TypeId::EMPTY_TUPLE);

        let receiver = self.new_parameter(VariableKind::Receiver, error_type);
        let result = self.new_parameter(VariableKind::Result, TypeId::STRING);
        let signature = self.new_signature(Signature { receiver: Some(receiver), results: Arc::new([result]), ..Signature::default() });
        let function = Function { pointer_receiver: false, is_abstract: true, no_interface: false, decl: crate::syntax::ast::NodeId::NONE };
        let method = self.new_object(ObjectKind::Function(function), Pos::NONE, None, Symbol::new("Error"), Some(signature));
        let interface = self.new_interface(Interface { methods: Arc::new([method]), complete: true, ..Interface::default() });
        self.nameds[named.0 as usize].rhs = Some(interface);

        let set = TypeSet { methods: Arc::new([]), terms: None, comparable: true };
        let interface = self.new_interface(Interface { complete: true, type_set: Some(Arc::new(set)), ..Interface::default() });
        self.nameds[comparable_named.0 as usize].rhs = Some(interface);
    }
}
