//! Types of generated programs, and how they are written.

use std::rc::Rc;

/// The integer types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Int {
    pub name: &'static str,
    pub bits: u32,
    pub signed: bool,
}

/// Every integer type; the first is `int`.
pub const INTS: &[Int] = &[
    Int { name: "int", bits: 64, signed: true },
    Int { name: "int8", bits: 8, signed: true },
    Int { name: "int16", bits: 16, signed: true },
    Int { name: "int32", bits: 32, signed: true },
    Int { name: "int64", bits: 64, signed: true },
    Int { name: "uint", bits: 64, signed: false },
    Int { name: "uint8", bits: 8, signed: false },
    Int { name: "uint16", bits: 16, signed: false },
    Int { name: "uint32", bits: 32, signed: false },
    Int { name: "uint64", bits: 64, signed: false },
    Int { name: "uintptr", bits: 64, signed: false },
];

/// A type of a generated program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    Bool,
    Int(Int),
    F32,
    F64,
    C128,
    Str,
    Any,
    Slice(Rc<Ty>),
    Array(usize, Rc<Ty>),
    Ptr(Rc<Ty>),
    Map(Rc<Ty>, Rc<Ty>),
    Func(Rc<[Ty]>, Rc<[Ty]>),
    /// The prelude's `Pair[A, B]`.
    Pair(Rc<Ty>, Rc<Ty>),
    /// A declared type: its index among [`super::Generator::defs`].
    Named(usize),
    /// The type parameter `T` of the generic function at hand, an integer.
    Param,
}

pub const INT: Ty = Ty::Int(INTS[0]);
pub const BYTE: Ty = Ty::Int(INTS[6]);
pub const RUNE: Ty = Ty::Int(INTS[3]);

/// What stands behind a declared type.
#[derive(Clone, Debug)]
pub enum Def {
    /// Name, type, whether embedded.
    Struct(Vec<(String, Ty, bool)>),
    /// A type with this underlying basic type.
    Basic(Ty),
    /// An interface with these methods, by index in the pool.
    Interface(Vec<usize>),
}

/// A declared type.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub def: Def,
    /// Methods with a value receiver and with a pointer receiver, by index in the pool, promoted ones included.
    pub on_value: Vec<usize>,
    pub on_pointer: Vec<usize>,
}

pub fn text(ty: &Ty, defs: &[Named]) -> String {
    let list = |items: &[Ty]| items.iter().map(|item| text(item, defs)).collect::<Vec<_>>().join(", ");
    match ty {
        Ty::Bool => "bool".to_string(),
        Ty::Int(int) => int.name.to_string(),
        Ty::F32 => "float32".to_string(),
        Ty::F64 => "float64".to_string(),
        Ty::C128 => "complex128".to_string(),
        Ty::Str => "string".to_string(),
        Ty::Any => "any".to_string(),
        Ty::Slice(element) => format!("[]{}", text(element, defs)),
        Ty::Array(count, element) => format!("[{count}]{}", text(element, defs)),
        Ty::Ptr(element) => format!("*{}", text(element, defs)),
        Ty::Map(key, value) => format!("map[{}]{}", text(key, defs), text(value, defs)),
        Ty::Func(params, results) => match results.len() {
            0 => format!("func({})", list(params)),
            1 => format!("func({}) {}", list(params), list(results)),
            _ => format!("func({}) ({})", list(params), list(results)),
        },
        Ty::Pair(first, second) => format!("Pair[{}, {}]", text(first, defs), text(second, defs)),
        Ty::Named(index) => defs[*index].name.clone(),
        Ty::Param => "T".to_string(),
    }
}

/// The type behind a declared basic type; any other is itself.
pub fn underlying<'a>(ty: &'a Ty, defs: &'a [Named]) -> &'a Ty {
    match ty {
        Ty::Named(index) => match &defs[*index].def {
            Def::Basic(under) => under,
            _ => ty,
        },
        _ => ty,
    }
}

/// Whether values can be compared with `==` without a panic. Pointers are compared with nil only: those to variables of size zero may be equal or not.
pub fn comparable(ty: &Ty, defs: &[Named]) -> bool {
    match ty {
        Ty::Slice(_) | Ty::Map(..) | Ty::Func(..) | Ty::Any | Ty::Ptr(_) => false,
        Ty::Array(_, element) => comparable(element, defs),
        Ty::Pair(first, second) => comparable(first, defs) && comparable(second, defs),
        Ty::Named(index) => match &defs[*index].def {
            Def::Struct(fields) => fields.iter().all(|(_, field, _)| comparable(field, defs)),
            Def::Basic(_) => true,
            Def::Interface(_) => false,
        },
        _ => true,
    }
}

/// Whether a variable of the type can be nil.
pub fn nillable(ty: &Ty, defs: &[Named]) -> bool {
    match ty {
        Ty::Slice(_) | Ty::Map(..) | Ty::Func(..) | Ty::Any | Ty::Ptr(_) => true,
        Ty::Named(index) => matches!(defs[*index].def, Def::Interface(_)),
        _ => false,
    }
}
