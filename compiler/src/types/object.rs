//! What names stand for.
//!
//! Objects live in the arena of [`super::Types`] and are named by [`ObjectId`]. An object's type is unknown (`None`) until
//! its declaration is checked. Fields and methods of instantiated types are copies; `origin` leads to the declared one.

use crate::constant::Value;
use crate::source::Pos;
use crate::syntax::Symbol;
use crate::syntax::ast::NodeId;

use super::{BuiltinId, FunctionId, PackageId, ScopeId, TypeId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

/// What role a variable has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableKind {
    Package,
    Local,
    Receiver,
    Parameter,
    Result,
    Field,
}

#[derive(Clone, Debug)]
pub enum ObjectKind {
    PackageName { imported: PackageId },
    Constant { value: Value },
    TypeName,
    Variable(Variable),
    Function(Function),
    Label,
    Builtin(BuiltinId),
    Nil,
}

/// A variable, parameter, result, receiver or field.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    pub kind: VariableKind,
    /// A field without a name of its own.
    pub embedded: bool,
    /// The function whose body or signature declares it; none for package variables and fields.
    pub function: Option<FunctionId>,
    /// Its address is taken: `&x`, `&x.f`, slicing an array, calling a pointer method on it. Set when the body is checked.
    pub address_taken: bool,
    /// It is assigned to, wholly or in part, other than by its declaration. Set when the body is checked.
    pub reassigned: bool,
    /// A function literal inside the declaring function refers to it. Set when the body is checked.
    pub captured: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The receiver is a pointer; known before the signature is checked.
    pub pointer_receiver: bool,
    /// Whether it is the method of an interface.
    pub is_abstract: bool,
    /// `//go:nointerface`.
    pub no_interface: bool,
    /// The declaration, [`NodeId::NONE`] for methods of interfaces and for what is predeclared.
    pub decl: NodeId,
}

#[derive(Clone, Debug)]
pub struct Object {
    pub kind: ObjectKind,
    pub name: Symbol,
    pub package: Option<PackageId>,
    pub typ: Option<TypeId>,
    pub pos: Pos,
    /// The scope that declares it; none for fields, methods and what is not declared yet.
    pub parent: Option<ScopeId>,
    /// The order of package-level objects in the source; 0 for others.
    pub order: u32,
    /// The object this one was copied from on instantiation.
    pub origin: Option<ObjectId>,
}

impl Object {
    pub fn is_exported(&self) -> bool {
        is_exported(self.name)
    }

    pub fn variable(&self) -> Option<&Variable> {
        match &self.kind {
            ObjectKind::Variable(variable) => Some(variable),
            _ => None,
        }
    }

    pub fn function(&self) -> Option<&Function> {
        match &self.kind {
            ObjectKind::Function(function) => Some(function),
            _ => None,
        }
    }

    pub fn is_embedded(&self) -> bool {
        self.variable().is_some_and(|variable| variable.embedded)
    }

    pub fn is_field(&self) -> bool {
        self.variable().is_some_and(|variable| variable.kind == VariableKind::Field)
    }

    pub fn is_type_name(&self) -> bool {
        matches!(self.kind, ObjectKind::TypeName)
    }
}

/// Whether a name begins with an upper-case letter.
pub fn is_exported(name: Symbol) -> bool {
    is_exported_str(name.as_str())
}

pub fn is_exported_str(name: &str) -> bool {
    match name.as_bytes().first() {
        Some(byte) if byte.is_ascii() => byte.is_ascii_uppercase(),
        Some(_) => name.chars().next().is_some_and(char::is_uppercase),
        None => false,
    }
}
