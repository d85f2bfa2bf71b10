//! What the checker found out about each node.
//!
//! Findings lie in tables indexed by [`NodeId`]. The ids of expressions, of [`Ident`](crate::syntax::ast::Ident)s and of
//! declarations come from one sequence.

use std::sync::Arc;

use crate::constant::Value;
use crate::syntax::ast::{Expr, NodeId};

use super::hash::FastMap;
use super::{FunctionId, ObjectId, TypeId};

/// How an expression may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    #[default]
    Invalid,
    /// A call of a function without results.
    NoValue,
    Builtin,
    Type,
    Constant,
    /// Addressable.
    Variable,
    /// May be assigned to and used with `v, ok`.
    MapIndex,
    Value,
    Nil,
    /// A value that may be used with `v, ok`.
    CommaOk,
}

/// Type and mode of an expression. An untyped constant has the type that its use gives it, as in Go's `go/types`.
#[derive(Clone, Copy, Debug)]
pub struct TypeAndValue {
    pub mode: Mode,
    pub typ: TypeId,
    /// Index into the constants, plus one.
    value: u32,
}

impl Default for TypeAndValue {
    fn default() -> TypeAndValue {
        TypeAndValue { mode: Mode::Invalid, typ: TypeId::INVALID, value: 0 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionKind {
    Field,
    /// `x.method`
    MethodValue,
    /// `T.method`
    MethodExpr,
}

/// What `x.sel` selects, unless `x` is a package.
#[derive(Clone, Debug)]
pub struct Selection {
    pub kind: SelectionKind,
    /// The type of `x`.
    pub receiver: TypeId,
    /// The field or method.
    pub object: ObjectId,
    /// Field indices through embedded fields; the last one is that of the field, or of the method in its type's methods.
    pub path: Arc<[u32]>,
    /// Whether a pointer is followed on the way, that of `x` included.
    pub indirect: bool,
}

/// A generic function or type with its type arguments.
#[derive(Clone, Debug)]
pub struct Instance {
    pub arguments: Arc<[TypeId]>,
    pub typ: TypeId,
}

/// `lhs = rhs` of package variables, in the order of execution.
#[derive(Clone, Debug)]
pub struct Initializer<'a> {
    pub lhs: Vec<ObjectId>,
    pub rhs: &'a Expr,
}

/// A function declaration or literal whose body was checked.
#[derive(Clone, Debug)]
pub struct FunctionInfo {
    /// The enclosing function of a literal.
    pub parent: Option<FunctionId>,
    /// The literal's expression, or the declaration.
    pub node: NodeId,
    /// Variables of enclosing functions that a literal refers to, also through literals inside it.
    pub captures: Vec<ObjectId>,
    /// It contains a `defer` statement of its own.
    pub has_defer: bool,
    /// It calls `recover`.
    pub has_recover: bool,
}

/// The tables.
#[derive(Debug, Default)]
pub struct Info {
    types: Vec<TypeAndValue>,
    constants: Vec<Value>,
    uses: Vec<u32>,
    defs: Vec<u32>,
    /// By the id of the selector expression.
    pub selections: FastMap<NodeId, Selection>,
    /// By the id of the identifier that names the generic function or type: a name expression, or a selector's `sel`.
    pub instances: FastMap<NodeId, Instance>,
    /// Objects declared without an identifier: by case clause the variable of a type switch, by import declaration the
    /// package name.
    pub implicits: FastMap<NodeId, ObjectId>,
    /// By range statement: the length of an array that is ranged over without evaluating the operand.
    pub constant_ranges: FastMap<NodeId, i64>,
    /// Of keys of struct literals that name promoted fields: the path to the field.
    pub field_paths: FastMap<NodeId, Arc<[u32]>>,
    pub functions: Vec<FunctionInfo>,
    /// By the id of the literal's expression or of the declaration.
    pub function_of: FastMap<NodeId, FunctionId>,
}

impl Info {
    /// What is known about an expression; mode `Invalid` if nothing.
    pub fn type_and_value(&self, node: NodeId) -> TypeAndValue {
        self.types.get(node.index()).copied().unwrap_or_default()
    }

    pub fn type_of(&self, node: NodeId) -> TypeId {
        self.type_and_value(node).typ
    }

    /// The value of a constant expression.
    pub fn constant(&self, node: NodeId) -> Option<&Value> {
        let value = self.type_and_value(node).value;
        (value != 0).then(|| &self.constants[value as usize - 1])
    }

    /// What an identifier refers to.
    pub fn use_of(&self, node: NodeId) -> Option<ObjectId> {
        unpack(&self.uses, node)
    }

    /// What an identifier declares. Of a redeclaration with `:=` the identifier is a use.
    pub fn definition(&self, node: NodeId) -> Option<ObjectId> {
        unpack(&self.defs, node)
    }

    /// What an identifier declares or refers to.
    pub fn object_of(&self, node: NodeId) -> Option<ObjectId> {
        self.definition(node).or_else(|| self.use_of(node))
    }

    pub fn function(&self, id: FunctionId) -> &FunctionInfo {
        &self.functions[id.0 as usize]
    }

    /// The variables of enclosing functions that a function literal refers to.
    pub fn captures(&self, literal: NodeId) -> &[ObjectId] {
        self.function_of.get(&literal).map_or(&[], |id| &self.function(*id).captures)
    }

    pub(crate) fn set_type(&mut self, node: NodeId, mode: Mode, typ: TypeId, value: Option<&Value>) {
        let value = match value {
            Some(value) => {
                self.constants.push(value.clone());
                self.constants.len() as u32
            }
            None => 0,
        };
        *slot(&mut self.types, node) = TypeAndValue { mode, typ, value };
    }

    pub(crate) fn retype(&mut self, node: NodeId, typ: TypeId) {
        slot(&mut self.types, node).typ = typ;
    }

    pub(crate) fn set_use(&mut self, node: NodeId, object: ObjectId) {
        *slot(&mut self.uses, node) = object.0 + 1;
    }

    pub(crate) fn set_definition(&mut self, node: NodeId, object: ObjectId) {
        *slot(&mut self.defs, node) = object.0 + 1;
    }
}

fn unpack(table: &[u32], node: NodeId) -> Option<ObjectId> {
    table.get(node.index()).copied().and_then(|object| object.checked_sub(1)).map(ObjectId)
}

fn slot<T: Clone + Default>(table: &mut Vec<T>, node: NodeId) -> &mut T {
    if table.len() <= node.index() {
        let length = (node.index() + 1).max(table.len() * 2).max(1024);
        table.resize(length, T::default());
    }
    &mut table[node.index()]
}
