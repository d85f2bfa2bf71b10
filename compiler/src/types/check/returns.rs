//! Whether a function can reach its end.

use crate::syntax::Symbol;
use crate::syntax::ast::{Block, BranchKind, CaseClause, ExprKind, NodeId, Stmt, StmtKind};
use crate::types::hash::FastSet;

/// Whether a body ends in a terminating statement. `panics` are the calls of the built-in function `panic`.
pub(super) fn is_terminating(body: &Block, panics: &FastSet<NodeId>) -> bool {
    list_terminates(&body.stmts, panics)
}

fn list_terminates(stmts: &[Stmt], panics: &FastSet<NodeId>) -> bool {
    stmts.iter().rev().find(|stmt| !matches!(stmt.kind, StmtKind::Empty)).is_some_and(|stmt| terminates(stmt, None, panics))
}

fn terminates(stmt: &Stmt, label: Option<Symbol>, panics: &FastSet<NodeId>) -> bool {
    match &stmt.kind {
        StmtKind::Labeled(labeled) => terminates(&labeled.stmt, Some(labeled.label.name), panics),
        StmtKind::Expr(expr) => {
            let expr = expr.unparen();
            matches!(expr.kind, ExprKind::Call(_)) && panics.contains(&expr.id)
        }
        StmtKind::Return(_) => true,
        StmtKind::Branch(branch) => matches!(branch.kind, BranchKind::Goto | BranchKind::Fallthrough),
        StmtKind::Block(block) => list_terminates(&block.stmts, panics),
        StmtKind::If(stmt) => {
            stmt.otherwise.as_ref().is_some_and(|otherwise| list_terminates(&stmt.then.stmts, panics) && terminates(otherwise, None, panics))
        }
        StmtKind::Switch(stmt) => {
            stmt.clauses.iter().any(CaseClause::is_default)
                && stmt.clauses.iter().all(|clause| list_terminates(&clause.stmts, panics) && !list_breaks(&clause.stmts, label, true))
        }
        StmtKind::Select(stmt) => {
            stmt.clauses.iter().all(|clause| list_terminates(&clause.stmts, panics) && !list_breaks(&clause.stmts, label, true))
        }
        StmtKind::For(stmt) => stmt.cond.is_none() && !list_breaks(&stmt.body.stmts, label, true),
        StmtKind::Empty | StmtKind::Send(_) | StmtKind::Decl(_) | StmtKind::Assign(_) | StmtKind::Go(_) | StmtKind::Defer(_) | StmtKind::Range(_) => {
            false
        }
    }
}

fn list_breaks(stmts: &[Stmt], label: Option<Symbol>, implicit: bool) -> bool {
    stmts.iter().any(|stmt| breaks(stmt, label, implicit))
}

/// Whether there is a break out of the statement with that label, or with `implicit` one without label.
fn breaks(stmt: &Stmt, label: Option<Symbol>, implicit: bool) -> bool {
    match &stmt.kind {
        StmtKind::Labeled(labeled) => breaks(&labeled.stmt, label, implicit),
        StmtKind::Branch(branch) => {
            branch.kind == BranchKind::Break
                && match branch.label {
                    None => implicit,
                    Some(target) => Some(target.name) == label,
                }
        }
        StmtKind::Block(block) => list_breaks(&block.stmts, label, implicit),
        StmtKind::If(stmt) => {
            list_breaks(&stmt.then.stmts, label, implicit) || stmt.otherwise.as_ref().is_some_and(|otherwise| breaks(otherwise, label, implicit))
        }
        StmtKind::Switch(stmt) => label.is_some() && stmt.clauses.iter().any(|clause| list_breaks(&clause.stmts, label, false)),
        StmtKind::Select(stmt) => label.is_some() && stmt.clauses.iter().any(|clause| list_breaks(&clause.stmts, label, false)),
        StmtKind::For(stmt) => label.is_some() && list_breaks(&stmt.body.stmts, label, false),
        StmtKind::Range(stmt) => label.is_some() && list_breaks(&stmt.body.stmts, label, false),
        _ => false,
    }
}
