//! Walks over the tree: every node once, parents before children, in the order of the source.
//!
//! A [`Visitor`] says of each node whether to go on below it. What it does not ask about it passes through.

use super::ast::{Block, Decl, Expr, ExprKind, Field, FuncType, Stmt, StmtKind};

/// What a walk calls. Each method says whether to visit what lies below the node.
pub trait Visitor<'a> {
    fn expr(&mut self, _expr: &'a Expr) -> bool {
        true
    }

    fn stmt(&mut self, _stmt: &'a Stmt) -> bool {
        true
    }

    fn decl(&mut self, _decl: &'a Decl) -> bool {
        true
    }

    /// Everything below a statement was visited.
    fn after_stmt(&mut self, _stmt: &'a Stmt) {}
}

pub fn walk_decl<'a>(decl: &'a Decl, visitor: &mut dyn Visitor<'a>) {
    if !visitor.decl(decl) {
        return;
    }
    match decl {
        Decl::Import(_) => {}
        Decl::Const(decl) => {
            walk_exprs(&decl.ty, visitor);
            walk_exprs(&decl.values, visitor);
        }
        Decl::Type(decl) => {
            walk_fields(&decl.type_params, visitor);
            walk_expr(&decl.ty, visitor);
        }
        Decl::Var(decl) => {
            walk_exprs(&decl.ty, visitor);
            walk_exprs(&decl.values, visitor);
        }
        Decl::Func(decl) => {
            walk_fields(&decl.receiver, visitor);
            walk_fields(&decl.type_params, visitor);
            walk_func_type(&decl.ty, visitor);
            if let Some(body) = &decl.body {
                walk_block(body, visitor);
            }
        }
    }
}

fn walk_fields<'a>(fields: impl IntoIterator<Item = &'a Field>, visitor: &mut dyn Visitor<'a>) {
    for field in fields {
        walk_expr(&field.ty, visitor);
    }
}

fn walk_func_type<'a>(ty: &'a FuncType, visitor: &mut dyn Visitor<'a>) {
    walk_fields(&ty.params, visitor);
    walk_fields(&ty.results, visitor);
}

pub fn walk_block<'a>(block: &'a Block, visitor: &mut dyn Visitor<'a>) {
    walk_stmts(&block.stmts, visitor);
}

pub fn walk_stmts<'a>(stmts: impl IntoIterator<Item = &'a Stmt>, visitor: &mut dyn Visitor<'a>) {
    for stmt in stmts {
        walk_stmt(stmt, visitor);
    }
}

pub fn walk_exprs<'a>(exprs: impl IntoIterator<Item = &'a Expr>, visitor: &mut dyn Visitor<'a>) {
    for expr in exprs {
        walk_expr(expr, visitor);
    }
}

pub fn walk_stmt<'a>(stmt: &'a Stmt, visitor: &mut dyn Visitor<'a>) {
    if visitor.stmt(stmt) {
        below_stmt(stmt, visitor);
    }
    visitor.after_stmt(stmt);
}

fn below_stmt<'a>(stmt: &'a Stmt, visitor: &mut dyn Visitor<'a>) {
    match &stmt.kind {
        StmtKind::Empty | StmtKind::Branch(_) => {}
        StmtKind::Labeled(labeled) => walk_stmt(&labeled.stmt, visitor),
        StmtKind::Block(block) => walk_block(block, visitor),
        StmtKind::Expr(expr) | StmtKind::Go(expr) | StmtKind::Defer(expr) => walk_expr(expr, visitor),
        StmtKind::Send(send) => {
            walk_expr(&send.chan, visitor);
            walk_expr(&send.value, visitor);
        }
        StmtKind::Decl(decls) => decls.iter().for_each(|decl| walk_decl(decl, visitor)),
        StmtKind::Assign(assign) => {
            walk_exprs(&assign.lhs, visitor);
            walk_exprs(&assign.rhs, visitor);
        }
        StmtKind::Return(results) => walk_exprs(results, visitor),
        StmtKind::If(stmt) => {
            walk_stmts(&stmt.init, visitor);
            walk_expr(&stmt.cond, visitor);
            walk_block(&stmt.then, visitor);
            walk_stmts(&stmt.otherwise, visitor);
        }
        StmtKind::For(stmt) => {
            walk_stmts(&stmt.init, visitor);
            walk_exprs(&stmt.cond, visitor);
            walk_stmts(&stmt.post, visitor);
            walk_block(&stmt.body, visitor);
        }
        StmtKind::Range(stmt) => {
            walk_exprs(&stmt.lhs, visitor);
            walk_expr(&stmt.x, visitor);
            walk_block(&stmt.body, visitor);
        }
        StmtKind::Switch(stmt) => {
            walk_stmts(&stmt.init, visitor);
            walk_exprs(&stmt.tag, visitor);
            for clause in &stmt.clauses {
                walk_exprs(&clause.exprs, visitor);
                walk_stmts(&clause.stmts, visitor);
            }
        }
        StmtKind::Select(stmt) => {
            for clause in &stmt.clauses {
                walk_stmts(&clause.comm, visitor);
                walk_stmts(&clause.stmts, visitor);
            }
        }
    }
}

pub fn walk_expr<'a>(expr: &'a Expr, visitor: &mut dyn Visitor<'a>) {
    if !visitor.expr(expr) {
        return;
    }
    match &expr.kind {
        ExprKind::Bad | ExprKind::Name(_) | ExprKind::Literal(_) => {}
        ExprKind::Composite(literal) => {
            walk_exprs(&literal.ty, visitor);
            walk_exprs(&literal.elements, visitor);
        }
        ExprKind::KeyValue(pair) => {
            walk_expr(&pair.key, visitor);
            walk_expr(&pair.value, visitor);
        }
        ExprKind::Func(literal) => {
            walk_func_type(&literal.ty, visitor);
            walk_block(&literal.body, visitor);
        }
        ExprKind::Paren(inner) | ExprKind::SliceType(inner) | ExprKind::DotsType(inner) => walk_expr(inner, visitor),
        ExprKind::Selector(selector) => walk_expr(&selector.x, visitor),
        ExprKind::Index(index) => {
            walk_expr(&index.x, visitor);
            walk_exprs(&index.indices, visitor);
        }
        ExprKind::Slice(slice) => {
            walk_expr(&slice.x, visitor);
            walk_exprs(slice.indices.iter().flatten(), visitor);
        }
        ExprKind::Assert(assert) => {
            walk_expr(&assert.x, visitor);
            walk_expr(&assert.ty, visitor);
        }
        ExprKind::TypeSwitchGuard(guard) => walk_expr(&guard.x, visitor),
        ExprKind::Unary(unary) => walk_expr(&unary.x, visitor),
        ExprKind::Binary(binary) => {
            walk_expr(&binary.x, visitor);
            walk_expr(&binary.y, visitor);
        }
        ExprKind::Call(call) => {
            walk_expr(&call.fun, visitor);
            walk_exprs(&call.args, visitor);
        }
        ExprKind::ArrayType(array) => {
            walk_exprs(&array.len, visitor);
            walk_expr(&array.elem, visitor);
        }
        ExprKind::StructType(ty) => walk_fields(&ty.fields, visitor),
        ExprKind::InterfaceType(ty) => walk_fields(&ty.elements, visitor),
        ExprKind::FuncType(ty) => walk_func_type(ty, visitor),
        ExprKind::MapType(map) => {
            walk_expr(&map.key, visitor);
            walk_expr(&map.value, visitor);
        }
        ExprKind::ChanType(chan) => walk_expr(&chan.elem, visitor),
    }
}
