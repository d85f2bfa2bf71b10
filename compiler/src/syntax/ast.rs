//! The syntax tree.
//!
//! One [`File`] owns the tree of one source file: plain structs, boxes and vectors. Types are expressions, as the grammar
//! cannot always tell them apart (`a[b]`, `(*T)(x)`).
//!
//! # Identity
//! What a later pass may want to say something about carries a [`NodeId`], unique within the compilation and dense, so a
//! pass keeps its findings in vectors or maps beside the tree and the tree stays as parsed. An identifier in an expression
//! is [`ExprKind::Name`] of an [`Expr`] and its id is that of the expression; [`Ident`] is an identifier elsewhere
//! (declared names, labels, selectors).
//!
//! # Positions
//! Every node has one position, the one at which Go's compiler reports errors about it. It is not always the leftmost:
//!
//! | node | position |
//! |---|---|
//! | binary expression | the operator |
//! | call | `(` |
//! | selector, type assertion, `x.(type)` | `.` |
//! | index, slice expression | `[` |
//! | composite literal | `{` (not the type) |
//! | `key: value` | `:` |
//! | assignment, `:=`, `op=`, `++`, send | the operator |
//! | range clause | `range` |
//! | labeled statement | `:` |
//! | expression statement | that of the expression |
//! | declaration | the first name (or import path), not the keyword; a function: what follows `func` |
//! | field | its first name, or its type |
//! | everything else | its first token |
//!
//! [`Expr::start`] and [`Stmt::start`] give the leftmost position, `end` the last one (approximately: see there).
//!
//! # Parentheses
//! [`ExprKind::Paren`] is kept in expressions. In pure type syntax (`var x (T)`), in `go (f())`, and around the operand of
//! `&` they are dropped, because Go's messages print them so; the printer puts back what precedence needs.

use super::symbol::Symbol;
pub use super::token::{LiteralKind, Operator};
use crate::source::{FileId, Pos};
use std::sync::OnceLock;

/// The identity of a node, unique in a compilation. Numbers are dense and start at 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// No node.
    pub const NONE: NodeId = NodeId(0);

    /// As an index into a vector of length [`NodeIds::len`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Hands out node ids; one for a compilation.
#[derive(Debug)]
pub struct NodeIds {
    next: u32,
}

impl Default for NodeIds {
    fn default() -> NodeIds {
        NodeIds { next: 1 }
    }
}

impl NodeIds {
    /// A fresh id.
    pub fn fresh(&mut self) -> NodeId {
        let id = NodeId(self.next);
        self.next += 1;
        id
    }

    /// The length of a vector indexed by all ids handed out so far.
    pub fn len(&self) -> usize {
        self.next as usize
    }

    /// Whether none was handed out.
    pub fn is_empty(&self) -> bool {
        self.next == 1
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Files and declarations

/// A source file.
#[derive(Debug)]
pub struct File {
    /// Where its text is.
    pub id: FileId,
    /// For what belongs to the file as a whole, such as its scope.
    pub node: NodeId,
    /// The position of `package`.
    pub pos: Pos,
    /// The name in the package clause.
    pub package: Ident,
    /// All declarations in order, those in parentheses one by one.
    pub decls: Vec<Decl>,
    /// The position of the end of the file.
    pub end: Pos,
    /// The minimal Go version that a `//go:build` line before the package clause asks for (`go1.21`).
    pub go_version: Option<String>,
    /// The `//go:linkname` directives.
    pub linknames: Vec<LinkName>,
}

/// `//go:linkname local [remote]` or `//go:linknamestd`.
#[derive(Clone, Debug)]
pub struct LinkName {
    /// Behind the `//`.
    pub pos: Pos,
    /// Whether it is `linknamestd`, which only the standard library may use.
    pub standard: bool,
    /// The name in this package.
    pub local: Symbol,
    /// The symbol's name; none: the package path, a dot, the local name, open to others.
    pub remote: Option<Symbol>,
}

/// A declaration.
#[derive(Debug)]
pub enum Decl {
    Import(Box<ImportDecl>),
    Const(Box<ConstDecl>),
    Type(Box<TypeDecl>),
    Var(Box<VarDecl>),
    Func(Box<FuncDecl>),
}

impl Decl {
    /// Its id.
    pub fn id(&self) -> NodeId {
        match self {
            Decl::Import(decl) => decl.id,
            Decl::Const(decl) => decl.id,
            Decl::Type(decl) => decl.id,
            Decl::Var(decl) => decl.id,
            Decl::Func(decl) => decl.id,
        }
    }

    /// Its position: see the table above.
    pub fn pos(&self) -> Pos {
        match self {
            Decl::Import(decl) => decl.pos,
            Decl::Const(decl) => decl.pos,
            Decl::Type(decl) => decl.pos,
            Decl::Var(decl) => decl.pos,
            Decl::Func(decl) => decl.pos,
        }
    }

    /// Where it ends, approximately.
    pub fn end(&self) -> Pos {
        match self {
            Decl::Import(decl) => decl.path.as_ref().map_or(decl.pos, Literal::end),
            Decl::Const(decl) => end_of_spec(&decl.values, &decl.ty, &decl.names, decl.pos),
            Decl::Var(decl) => end_of_spec(&decl.values, &decl.ty, &decl.names, decl.pos),
            Decl::Type(decl) => decl.ty.end(),
            Decl::Func(decl) => decl.body.as_ref().map_or_else(|| decl.ty.end(), |body| body.rbrace),
        }
    }
}

fn end_of_spec(values: &[Expr], ty: &Option<Expr>, names: &[Ident], pos: Pos) -> Pos {
    match (values.last(), ty, names.last()) {
        (Some(value), _, _) => value.end(),
        (None, Some(ty), _) => ty.end(),
        (None, None, Some(name)) => name.end(),
        (None, None, None) => pos,
    }
}

/// Marks the declarations of one parenthesised group, unique in the compilation.
pub type GroupId = NodeId;

/// `import [name|.] "path"`.
#[derive(Debug)]
pub struct ImportDecl {
    pub id: NodeId,
    pub pos: Pos,
    pub group: Option<GroupId>,
    /// The name given here, which may be `.` or `_`.
    pub name: Option<Ident>,
    /// A string literal unless `bad`; none after a syntax error.
    pub path: Option<Literal>,
}

/// One line of a constant declaration.
#[derive(Debug)]
pub struct ConstDecl {
    pub id: NodeId,
    pub pos: Pos,
    pub group: Option<GroupId>,
    /// The value of `iota`: its place in the group.
    pub iota: u32,
    pub names: Vec<Ident>,
    pub ty: Option<Expr>,
    /// Empty (and `ty` none): those of the nearest declaration before in the group are repeated.
    pub values: Vec<Expr>,
}

/// `type Name[TypeParams] [=] Type`.
#[derive(Debug)]
pub struct TypeDecl {
    pub id: NodeId,
    pub pos: Pos,
    pub group: Option<GroupId>,
    pub name: Ident,
    pub type_params: Vec<Field>,
    /// Whether there is a `=`.
    pub alias: bool,
    pub ty: Expr,
    pub pragmas: Pragmas,
}

/// One line of a variable declaration.
#[derive(Debug)]
pub struct VarDecl {
    pub id: NodeId,
    pub pos: Pos,
    pub group: Option<GroupId>,
    pub names: Vec<Ident>,
    pub ty: Option<Expr>,
    pub values: Vec<Expr>,
    /// `//go:embed` among them.
    pub pragmas: Pragmas,
}

/// A function or method.
#[derive(Debug)]
pub struct FuncDecl {
    pub id: NodeId,
    pub pos: Pos,
    /// The receiver: at most one name.
    pub receiver: Option<Field>,
    pub name: Ident,
    pub type_params: Vec<Field>,
    pub ty: FuncType,
    /// None: the body is elsewhere.
    pub body: Option<Block>,
    pub pragmas: Pragmas,
}

/// The compiler directives in front of a declaration.
#[derive(Clone, Debug, Default)]
pub struct Pragmas {
    /// Those that are only a word.
    pub flags: PragmaFlags,
    /// `//go:embed` lines.
    pub embeds: Vec<EmbedPragma>,
    /// `//go:wasmimport module name`.
    pub wasm_import: Option<WasmImport>,
    /// `//go:wasmexport name`.
    pub wasm_export: Option<WasmExport>,
}

/// A set of word directives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PragmaFlags(pub u32);

impl PragmaFlags {
    pub const NOINLINE: PragmaFlags = PragmaFlags(1 << 0);
    pub const NOSPLIT: PragmaFlags = PragmaFlags(1 << 1);
    pub const NOESCAPE: PragmaFlags = PragmaFlags(1 << 2);
    pub const NORACE: PragmaFlags = PragmaFlags(1 << 3);
    pub const NOCHECKPTR: PragmaFlags = PragmaFlags(1 << 4);
    pub const SYSTEMSTACK: PragmaFlags = PragmaFlags(1 << 5);
    pub const NOWRITEBARRIER: PragmaFlags = PragmaFlags(1 << 6);
    pub const NOWRITEBARRIERREC: PragmaFlags = PragmaFlags(1 << 7);
    pub const YESWRITEBARRIERREC: PragmaFlags = PragmaFlags(1 << 8);
    pub const CGO_UNSAFE_ARGS: PragmaFlags = PragmaFlags(1 << 9);
    pub const UINTPTR_KEEP_ALIVE: PragmaFlags = PragmaFlags(1 << 10);
    pub const UINTPTR_ESCAPES: PragmaFlags = PragmaFlags(1 << 11);
    pub const REGISTER_PARAMS: PragmaFlags = PragmaFlags(1 << 12);
    /// The method counts for no interface; for builds with `GOEXPERIMENT=fieldtrack` only.
    pub const NOINTERFACE: PragmaFlags = PragmaFlags(1 << 14);
    /// `//go:build`, which belongs before the package clause.
    pub const GO_BUILD: PragmaFlags = PragmaFlags(1 << 13);

    /// Whether all of `other` are set.
    pub fn has(self, other: PragmaFlags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    #[must_use]
    pub fn with(self, other: PragmaFlags) -> PragmaFlags {
        PragmaFlags(self.0 | other.0)
    }
}

/// One `//go:embed` line.
#[derive(Clone, Debug)]
pub struct EmbedPragma {
    pub pos: Pos,
    pub patterns: Vec<String>,
}

/// `//go:wasmimport module name`.
#[derive(Clone, Debug)]
pub struct WasmImport {
    pub pos: Pos,
    pub module: String,
    pub name: String,
}

/// `//go:wasmexport name`.
#[derive(Clone, Debug)]
pub struct WasmExport {
    pub pos: Pos,
    pub name: String,
}

// ---------------------------------------------------------------------------------------------------------------------
// Expressions and types

/// An identifier that is not an expression: a declared name, a label, what follows a selector's dot.
#[derive(Clone, Copy, Debug)]
pub struct Ident {
    pub id: NodeId,
    pub pos: Pos,
    pub name: Symbol,
}

impl Ident {
    /// The position behind it.
    pub fn end(&self) -> Pos {
        self.pos.advanced(self.name.as_str().len())
    }
}

/// A number, rune or string literal.
#[derive(Debug)]
pub struct Literal {
    pub id: NodeId,
    pub pos: Pos,
    pub kind: LiteralKind,
    /// Whether an error was reported about it; its text may be malformed then.
    pub bad: bool,
    /// As it is spelt, quotes and all.
    pub text: Box<str>,
}

impl Literal {
    /// The position behind it.
    pub fn end(&self) -> Pos {
        self.pos.advanced(self.text.len())
    }
}

/// An expression or a type.
#[derive(Debug)]
pub struct Expr {
    pub id: NodeId,
    pub pos: Pos,
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Debug)]
pub enum ExprKind {
    /// Stands where a syntax error was reported.
    Bad,
    Name(Symbol),
    /// Its `id` and `pos` are those of the expression.
    Literal(Box<Literal>),
    Composite(Box<CompositeLit>),
    /// `key: value`, only as an element of a composite literal.
    KeyValue(Box<KeyValueExpr>),
    Func(Box<FuncLit>),
    Paren(Box<Expr>),
    Selector(Box<SelectorExpr>),
    /// `x[i]`, also an instantiated type or function `x[T1, T2]`.
    Index(Box<IndexExpr>),
    Slice(Box<SliceExpr>),
    /// `x.(T)`.
    Assert(Box<AssertExpr>),
    /// `x.(type)`, meaningful only as the tag of a switch.
    TypeSwitchGuard(Box<TypeSwitchGuard>),
    /// A unary operation; `*x` may be a pointer type, `~T` a constraint term.
    Unary(Box<UnaryExpr>),
    /// A binary operation; `a | b` may be a constraint.
    Binary(Box<BinaryExpr>),
    Call(Box<CallExpr>),
    ArrayType(Box<ArrayType>),
    /// `[]T`, the element type.
    SliceType(Box<Expr>),
    /// `...T`, only as the type of a parameter.
    DotsType(Box<Expr>),
    StructType(Box<StructType>),
    InterfaceType(Box<InterfaceType>),
    /// Its `id` and `pos` are those of the expression.
    FuncType(Box<FuncType>),
    MapType(Box<MapType>),
    ChanType(Box<ChanType>),
}

/// `T{elements}`; without a type as an element of another one.
#[derive(Debug)]
pub struct CompositeLit {
    pub ty: Option<Expr>,
    /// Some of them may be [`ExprKind::KeyValue`].
    pub elements: Vec<Expr>,
    /// How many are.
    pub keys: u32,
    pub rbrace: Pos,
}

/// `key: value`.
#[derive(Debug)]
pub struct KeyValueExpr {
    pub key: Expr,
    pub value: Expr,
}

/// `func(params) results { body }`.
#[derive(Debug)]
pub struct FuncLit {
    pub ty: FuncType,
    pub body: Block,
}

/// `x.sel`.
#[derive(Debug)]
pub struct SelectorExpr {
    pub x: Expr,
    pub sel: Ident,
}

/// `x[indices]`.
#[derive(Debug)]
pub struct IndexExpr {
    pub x: Expr,
    /// At least one; several only for an instantiation.
    pub indices: Vec<Expr>,
}

/// `x[low:high]` or `x[low:high:max]`.
#[derive(Debug)]
pub struct SliceExpr {
    pub x: Expr,
    pub indices: [Option<Expr>; 3],
    /// Whether there are two colons.
    pub full: bool,
}

/// `x.(T)`.
#[derive(Debug)]
pub struct AssertExpr {
    pub x: Expr,
    pub ty: Expr,
}

/// `[name :=] x.(type)`.
#[derive(Debug)]
pub struct TypeSwitchGuard {
    pub name: Option<Ident>,
    pub x: Expr,
}

/// `op x`.
#[derive(Debug)]
pub struct UnaryExpr {
    /// One of `Mul` (`*x`), `Add`, `Sub`, `Not`, `Xor`, `Tilde`, `And` (`&x`), `Receive`.
    pub op: Operator,
    pub x: Expr,
}

/// `x op y`.
#[derive(Debug)]
pub struct BinaryExpr {
    pub op: Operator,
    pub x: Expr,
    pub y: Expr,
}

/// `fun(args)` or `fun(args...)`; also a conversion.
#[derive(Debug)]
pub struct CallExpr {
    pub fun: Expr,
    pub args: Vec<Expr>,
    /// Whether the last argument is followed by `...`.
    pub has_dots: bool,
    /// The position of `)`.
    pub rparen: Pos,
}

/// `[len]elem`.
#[derive(Debug)]
pub struct ArrayType {
    /// None: `[...]elem`.
    pub len: Option<Expr>,
    pub elem: Expr,
}

/// `struct { fields }`.
#[derive(Debug)]
pub struct StructType {
    /// A field without names is embedded.
    pub fields: Vec<Field>,
}

/// `interface { elements }`.
#[derive(Debug)]
pub struct InterfaceType {
    /// A method has one name and a [`ExprKind::FuncType`]; an embedded element has none.
    pub elements: Vec<Field>,
}

/// Parameters, results, struct fields, methods, embedded elements: names that share a type.
#[derive(Debug)]
pub struct Field {
    pub pos: Pos,
    /// Empty: anonymous or embedded. Parameters made up after a syntax error are named `_`.
    pub names: Vec<Ident>,
    pub ty: Expr,
    /// Only in structs.
    pub tag: Option<Literal>,
}

impl Field {
    /// Where it ends, approximately.
    pub fn end(&self) -> Pos {
        self.ty.end()
    }

    /// The number of variables or fields that it declares.
    pub fn count(&self) -> usize {
        self.names.len().max(1)
    }
}

/// `(params) results`.
#[derive(Debug)]
pub struct FuncType {
    pub id: NodeId,
    pub pos: Pos,
    pub params: Vec<Field>,
    pub results: Vec<Field>,
}

impl FuncType {
    /// Where it ends, approximately.
    pub fn end(&self) -> Pos {
        self.results.last().or(self.params.last()).map_or(self.pos, Field::end)
    }
}

/// `map[key]value`.
#[derive(Debug)]
pub struct MapType {
    pub key: Expr,
    pub value: Expr,
}

/// `chan elem`.
#[derive(Debug)]
pub struct ChanType {
    pub dir: ChanDir,
    pub elem: Expr,
}

/// What a channel type allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChanDir {
    Both,
    SendOnly,
    ReceiveOnly,
}

impl Expr {
    /// The name, if it is a plain identifier.
    pub fn as_name(&self) -> Option<Symbol> {
        match self.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// As an identifier with the same id, if it is a plain one.
    pub fn as_ident(&self) -> Option<Ident> {
        self.as_name().map(|name| Ident { id: self.id, pos: self.pos, name })
    }

    /// Whether it is the blank identifier.
    pub fn is_blank(&self) -> bool {
        self.as_name().is_some_and(Symbol::is_blank)
    }

    /// Without the parentheses around it.
    pub fn unparen(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }

    /// Without the parentheses around it.
    #[must_use]
    pub fn into_unparen(mut self) -> Expr {
        while let ExprKind::Paren(inner) = self.kind {
            self = *inner;
        }
        self
    }

    /// The position of its first token, except that of a slice expression is its `[`, as in Go's compiler.
    pub fn start(&self) -> Pos {
        let mut expr = self;
        loop {
            expr = match &expr.kind {
                ExprKind::Composite(literal) => match &literal.ty {
                    Some(ty) => ty,
                    None => return expr.pos,
                },
                ExprKind::KeyValue(pair) => &pair.key,
                ExprKind::Selector(selector) => &selector.x,
                ExprKind::Index(index) => &index.x,
                ExprKind::Assert(assert) => &assert.x,
                ExprKind::TypeSwitchGuard(guard) => match &guard.name {
                    Some(name) => return name.pos,
                    None => &guard.x,
                },
                ExprKind::Binary(binary) => &binary.x,
                ExprKind::Call(call) => &call.fun,
                _ => return expr.pos,
            };
        }
    }

    /// Where it ends: behind a name or literal, at the closing brace of a literal, and otherwise the end of its last
    /// operand, so closing parentheses are not counted. This is what Go's compiler uses for scopes and for errors at the
    /// end of something.
    pub fn end(&self) -> Pos {
        let mut expr = self;
        loop {
            expr = match &expr.kind {
                ExprKind::Bad => return expr.pos,
                ExprKind::Name(name) => return expr.pos.advanced(name.as_str().len()),
                ExprKind::Literal(literal) => return expr.pos.advanced(literal.text.len()),
                ExprKind::Composite(literal) => return literal.rbrace,
                ExprKind::KeyValue(pair) => &pair.value,
                ExprKind::Func(func) => return func.body.rbrace,
                ExprKind::Paren(inner) => inner,
                ExprKind::Selector(selector) => return selector.sel.end(),
                ExprKind::Index(index) => match index.indices.last() {
                    Some(last) => last,
                    None => &index.x,
                },
                ExprKind::Slice(slice) => slice.indices.iter().rev().flatten().next().unwrap_or(&slice.x),
                ExprKind::Assert(assert) => &assert.ty,
                ExprKind::TypeSwitchGuard(guard) => &guard.x,
                ExprKind::Unary(unary) => &unary.x,
                ExprKind::Binary(binary) => &binary.y,
                ExprKind::Call(call) => call.args.last().unwrap_or(&call.fun),
                ExprKind::ArrayType(array) => &array.elem,
                ExprKind::SliceType(elem) | ExprKind::DotsType(elem) => elem,
                ExprKind::StructType(ty) => match ty.fields.last() {
                    Some(last) => &last.ty,
                    None => return expr.pos,
                },
                ExprKind::InterfaceType(ty) => match ty.elements.last() {
                    Some(last) => &last.ty,
                    None => return expr.pos,
                },
                ExprKind::FuncType(ty) => return ty.end(),
                ExprKind::MapType(map) => &map.value,
                ExprKind::ChanType(chan) => &chan.elem,
            };
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Statements

/// `{ stmts }`.
#[derive(Debug)]
pub struct Block {
    pub id: NodeId,
    /// `{`.
    pub pos: Pos,
    pub stmts: Vec<Stmt>,
    /// `}`, where a missing return is reported.
    pub rbrace: Pos,
}

/// A statement.
#[derive(Debug)]
pub struct Stmt {
    pub id: NodeId,
    pub pos: Pos,
    pub kind: StmtKind,
}

/// What a statement is.
#[derive(Debug)]
pub enum StmtKind {
    Empty,
    Labeled(Box<LabeledStmt>),
    /// Its `id` and `pos` are those of the statement.
    Block(Box<Block>),
    Expr(Box<Expr>),
    Send(Box<SendStmt>),
    /// The declarations of one `const`, `type` or `var`.
    Decl(Vec<Decl>),
    Assign(Box<AssignStmt>),
    Branch(Box<BranchStmt>),
    Go(Box<Expr>),
    Defer(Box<Expr>),
    Return(Vec<Expr>),
    If(Box<IfStmt>),
    For(Box<ForStmt>),
    Range(Box<RangeStmt>),
    Switch(Box<SwitchStmt>),
    Select(Box<SelectStmt>),
}

/// `label: stmt`.
#[derive(Debug)]
pub struct LabeledStmt {
    pub label: Ident,
    pub stmt: Stmt,
}

/// `chan <- value`.
#[derive(Debug)]
pub struct SendStmt {
    pub chan: Expr,
    pub value: Expr,
}

/// How an assignment assigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignOp {
    /// `=`.
    Assign,
    /// `:=`.
    Define,
    /// `op=`.
    Operation(Operator),
    /// `++`: no right-hand side.
    Increment,
    /// `--`: no right-hand side.
    Decrement,
}

/// `lhs op rhs`.
#[derive(Debug)]
pub struct AssignStmt {
    pub op: AssignOp,
    pub lhs: Vec<Expr>,
    pub rhs: Vec<Expr>,
}

/// The word of a [`BranchStmt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchKind {
    Break,
    Continue,
    Fallthrough,
    Goto,
}

impl BranchKind {
    /// Its keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            BranchKind::Break => "break",
            BranchKind::Continue => "continue",
            BranchKind::Fallthrough => "fallthrough",
            BranchKind::Goto => "goto",
        }
    }
}

/// `break`, `continue`, `fallthrough`, `goto`.
#[derive(Debug)]
pub struct BranchStmt {
    pub kind: BranchKind,
    pub label: Option<Ident>,
    /// Set by the check of branches at the end of each function.
    pub(super) target: OnceLock<NodeId>,
}

impl BranchStmt {
    /// What it leaves, continues or goes to: the id of a `for`, `range`, `switch` or `select` statement, for `goto` of the
    /// labeled statement. None for `fallthrough`, and when the branch is wrong (an error was reported).
    pub fn target(&self) -> Option<NodeId> {
        self.target.get().copied()
    }
}

/// `if init; cond { then } else ...`.
#[derive(Debug)]
pub struct IfStmt {
    pub init: Option<Stmt>,
    pub cond: Expr,
    pub then: Block,
    /// An `if` or a block.
    pub otherwise: Option<Stmt>,
}

/// `for init; cond; post { body }`.
#[derive(Debug)]
pub struct ForStmt {
    pub init: Option<Stmt>,
    pub cond: Option<Expr>,
    pub post: Option<Stmt>,
    pub body: Block,
}

/// `for lhs := range x { body }`. The statement's position is that of `for`.
#[derive(Debug)]
pub struct RangeStmt {
    /// The position of `range`.
    pub range: Pos,
    /// Empty: `for range x`.
    pub lhs: Vec<Expr>,
    /// Whether it is `:=`.
    pub define: bool,
    pub x: Expr,
    pub body: Block,
}

impl RangeStmt {
    /// Where the clause between `for` and `{` begins.
    pub fn clause_start(&self) -> Pos {
        self.lhs.first().unwrap_or(&self.x).start()
    }
}

/// `switch init; tag { clauses }`, also a type switch.
#[derive(Debug)]
pub struct SwitchStmt {
    pub init: Option<Stmt>,
    pub tag: Option<Expr>,
    pub clauses: Vec<CaseClause>,
    pub rbrace: Pos,
}

impl SwitchStmt {
    /// What stands before its `{`, if it is a type switch.
    pub fn guard(&self) -> Option<&TypeSwitchGuard> {
        match &self.tag {
            Some(Expr { kind: ExprKind::TypeSwitchGuard(guard), .. }) => Some(guard),
            _ => None,
        }
    }
}

/// `case exprs:` or `default:`.
#[derive(Debug)]
pub struct CaseClause {
    pub id: NodeId,
    pub pos: Pos,
    /// Empty: `default`.
    pub exprs: Vec<Expr>,
    pub stmts: Vec<Stmt>,
    pub colon: Pos,
}

impl CaseClause {
    /// Whether it is `default:`.
    pub fn is_default(&self) -> bool {
        self.exprs.is_empty()
    }

    /// Where it ends, approximately.
    pub fn end(&self) -> Pos {
        self.stmts.last().map_or(self.colon, Stmt::end)
    }
}

/// `select { clauses }`.
#[derive(Debug)]
pub struct SelectStmt {
    pub clauses: Vec<CommClause>,
    pub rbrace: Pos,
}

/// `case comm:` or `default:` of a select.
#[derive(Debug)]
pub struct CommClause {
    pub id: NodeId,
    pub pos: Pos,
    /// Any simple statement as far as the parser is concerned. None: `default`.
    pub comm: Option<Stmt>,
    pub stmts: Vec<Stmt>,
    pub colon: Pos,
}

impl CommClause {
    /// Where it ends, approximately.
    pub fn end(&self) -> Pos {
        self.stmts.last().map_or(self.colon, Stmt::end)
    }
}

impl Stmt {
    /// The position of its first token (of a labeled statement, its `:`, as in Go's compiler).
    pub fn start(&self) -> Pos {
        match &self.kind {
            StmtKind::Send(send) => send.chan.start(),
            StmtKind::Assign(assign) => assign.lhs.first().map_or(self.pos, Expr::start),
            _ => self.pos,
        }
    }

    /// Where it ends: at its closing brace or the end of its last part.
    pub fn end(&self) -> Pos {
        match &self.kind {
            StmtKind::Empty => self.pos,
            StmtKind::Labeled(labeled) => labeled.stmt.end(),
            StmtKind::Block(block) => block.rbrace,
            StmtKind::Expr(expr) | StmtKind::Go(expr) | StmtKind::Defer(expr) => expr.end(),
            StmtKind::Send(send) => send.value.end(),
            StmtKind::Decl(decls) => decls.last().map_or(self.pos, Decl::end),
            StmtKind::Assign(assign) => match (assign.rhs.last(), assign.lhs.last()) {
                (Some(last), _) => last.end(),
                (None, Some(last)) => last.end().advanced(2),
                (None, None) => self.pos,
            },
            StmtKind::Branch(branch) => branch.label.as_ref().map_or(self.pos, Ident::end),
            StmtKind::Return(results) => results.last().map_or(self.pos, Expr::end),
            StmtKind::If(stmt) => stmt.otherwise.as_ref().map_or(stmt.then.rbrace, Stmt::end),
            StmtKind::For(stmt) => stmt.body.rbrace,
            StmtKind::Range(stmt) => stmt.body.rbrace,
            StmtKind::Switch(stmt) => stmt.rbrace,
            StmtKind::Select(stmt) => stmt.rbrace,
        }
    }
}
