//! Labels and the branches to them.
//!
//! The parser reports the same mistakes in the words of Go's compiler; this check has the words of Go's type checkers, for
//! their suites.

use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::Symbol;
use crate::syntax::ast::{Block, BranchKind, BranchStmt, Decl, Ident, LabeledStmt, Stmt, StmtKind};

use super::Checker;

/// A block with the labels that were met in it so far.
struct LabelBlock<'a> {
    /// The labeled statement that the block is the body of.
    statement: Option<&'a LabeledStmt>,
    labels: Vec<Symbol>,
}

struct Label {
    ident: Ident,
    used: bool,
}

type Jump<'a> = (&'a BranchStmt, Ident);

struct Labels<'a> {
    all: Vec<Label>,
    blocks: Vec<LabelBlock<'a>>,
}

impl<'a> Checker<'a> {
    pub(super) fn check_labels(&mut self, body: &'a Block) {
        let mut labels = Labels { all: Vec::new(), blocks: Vec::new() };
        let jumps = self.block_branches(&mut labels, None, &body.stmts);
        for (_, ident) in jumps {
            let name = ident.name;
            match labels.all.iter_mut().find(|label| label.ident.name == name) {
                Some(label) => {
                    label.used = true;
                    self.error(Code::JumpIntoBlock, ident.pos, format!("goto {name} jumps into block"));
                }
                None => self.error(Code::UndeclaredLabel, ident.pos, format!("label {name} not declared")),
            }
        }
        for label in labels.all {
            if !label.used {
                self.soft_error(Code::UnusedLabel, label.ident.pos, format!("label {} declared and not used", label.ident.name));
            }
        }
    }

    /// The jumps forward out of a list of statements.
    fn block_branches(&mut self, labels: &mut Labels<'a>, statement: Option<&'a LabeledStmt>, stmts: &'a [Stmt]) -> Vec<Jump<'a>> {
        labels.blocks.push(LabelBlock { statement, labels: Vec::new() });
        let mut walk = Walk { forward: Vec::new(), bad: Vec::new(), declared_at: Pos::NONE };
        for stmt in stmts {
            self.stmt_branches(labels, &mut walk, None, stmt);
        }
        labels.blocks.pop();
        walk.forward
    }

    fn stmt_branches(&mut self, labels: &mut Labels<'a>, walk: &mut Walk<'a>, statement: Option<&'a LabeledStmt>, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Decl(decls) => {
                for decl in decls {
                    if let Decl::Var(decl) = decl {
                        walk.declare(decl.pos);
                    }
                }
            }
            StmtKind::Assign(assign) if assign.op == crate::syntax::ast::AssignOp::Define => walk.declare(stmt.pos),
            StmtKind::Labeled(labeled) => {
                let mut statement = statement;
                let ident = labeled.label;
                let name = ident.name;
                if !name.is_blank() {
                    if let Some(other) = labels.all.iter().find(|label| label.ident.name == name) {
                        let other = other.ident.pos;
                        self.error_lines(
                            Code::DuplicateLabel,
                            vec![(ident.pos, format!("label {name} already declared")), (other, format!("other declaration of {name}"))],
                        );
                    } else {
                        labels.all.push(Label { ident, used: false });
                        if let Some(block) = labels.blocks.last_mut() {
                            block.labels.push(name);
                        }
                    }
                    let (here, rest): (Vec<Jump<'a>>, Vec<Jump<'a>>) = walk.forward.drain(..).partition(|(_, target)| target.name == name);
                    walk.forward = rest;
                    for (_, target) in here {
                        labels.mark(name);
                        if walk.declared_at.is_known() && walk.bad.contains(&target.pos) {
                            let line = self.sources.location(walk.declared_at).line;
                            let message = format!("goto {name} jumps over variable declaration at line {line}");
                            self.soft_error(Code::JumpOverDecl, target.pos, message);
                        }
                    }
                    statement = Some(labeled);
                }
                self.stmt_branches(labels, walk, statement, &labeled.stmt);
            }
            StmtKind::Branch(branch) => {
                let Some(ident) = branch.label else { return };
                let name = ident.name;
                let enclosing = labels
                    .blocks
                    .iter()
                    .rev()
                    .filter_map(|block| block.statement)
                    .find(|statement| statement.label.name == name)
                    .map(|statement| &statement.stmt.kind);
                match branch.kind {
                    BranchKind::Break => {
                        if !matches!(enclosing, Some(StmtKind::Switch(_) | StmtKind::Select(_) | StmtKind::For(_) | StmtKind::Range(_))) {
                            self.error(Code::MisplacedLabel, ident.pos, format!("invalid break label {name}"));
                            return;
                        }
                    }
                    BranchKind::Continue => {
                        if !matches!(enclosing, Some(StmtKind::For(_) | StmtKind::Range(_))) {
                            self.error(Code::MisplacedLabel, ident.pos, format!("invalid continue label {name}"));
                            return;
                        }
                    }
                    BranchKind::Goto => {
                        if !labels.blocks.iter().any(|block| block.labels.contains(&name)) {
                            walk.forward.push((branch, ident));
                            return;
                        }
                    }
                    BranchKind::Fallthrough => return,
                }
                labels.mark(name);
            }
            StmtKind::Block(block) => {
                let jumps = self.block_branches(labels, statement, &block.stmts);
                walk.forward.extend(jumps);
            }
            StmtKind::If(stmt) => {
                let jumps = self.block_branches(labels, statement, &stmt.then.stmts);
                walk.forward.extend(jumps);
                if let Some(otherwise) = &stmt.otherwise {
                    self.stmt_branches(labels, walk, statement, otherwise);
                }
            }
            StmtKind::Switch(switch) => {
                labels.blocks.push(LabelBlock { statement, labels: Vec::new() });
                for clause in &switch.clauses {
                    let jumps = self.block_branches(labels, None, &clause.stmts);
                    walk.forward.extend(jumps);
                }
                labels.blocks.pop();
            }
            StmtKind::Select(select) => {
                labels.blocks.push(LabelBlock { statement, labels: Vec::new() });
                for clause in &select.clauses {
                    let jumps = self.block_branches(labels, None, &clause.stmts);
                    walk.forward.extend(jumps);
                }
                labels.blocks.pop();
            }
            StmtKind::For(stmt) => {
                let jumps = self.block_branches(labels, statement, &stmt.body.stmts);
                walk.forward.extend(jumps);
            }
            StmtKind::Range(stmt) => {
                let jumps = self.block_branches(labels, statement, &stmt.body.stmts);
                walk.forward.extend(jumps);
            }
            _ => {}
        }
    }
}

impl Labels<'_> {
    fn mark(&mut self, name: Symbol) {
        if let Some(label) = self.all.iter_mut().find(|label| label.ident.name == name) {
            label.used = true;
        }
    }
}

struct Walk<'a> {
    forward: Vec<Jump<'a>>,
    /// Positions of the labels of jumps that came before the last variable declaration.
    bad: Vec<Pos>,
    declared_at: Pos,
}

impl Walk<'_> {
    fn declare(&mut self, pos: Pos) {
        self.declared_at = pos;
        self.bad = self.forward.iter().map(|(_, target)| target.pos).collect();
    }
}
