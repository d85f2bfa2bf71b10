//! Labels, and what `break`, `continue`, `goto` and `fallthrough` refer to.
//!
//! Done for each function once it is parsed; function literals inside it have been done by then and are not entered. The
//! targets found are written into the branch statements.

use super::Parser;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Pos;
use crate::syntax::ast::{AssignOp, Block, BranchKind, BranchStmt, Decl, ExprKind, Ident, NodeId, Stmt, StmtKind, SwitchStmt};
use crate::syntax::print::short;
use crate::syntax::symbol::Symbol;
use std::collections::HashMap;

impl Parser<'_> {
    /// Checks the branches of a function body and sets their targets.
    pub(super) fn check_branches(&mut self, body: &Block) {
        let mut check = Check { blocks: Vec::new(), labels: Vec::new(), by_name: HashMap::new(), errors: Vec::new() };
        let open = check.block(None, Targets::default(), None, body.pos, &body.stmts);
        for goto in open {
            let name = goto.label.name;
            match check.by_name.get(&name) {
                Some(index) => {
                    let label = &mut check.labels[*index];
                    label.used = true;
                    let start = check.blocks[label.block].start;
                    check.errors.push((goto.label.pos, Words::IntoBlock(name, start)));
                }
                None => check.error(Code::UndeclaredLabel, goto.label.pos, format!("label {name} not defined")),
            }
        }
        for label in &check.labels {
            if !label.used {
                let message = format!("label {} defined and not used", label.ident.name);
                check.errors.push((label.ident.pos, Words::Plain(Code::UnusedLabel, message)));
            }
        }
        for (pos, words) in check.errors {
            let at = |pos| self.source.locate(&self.line_directives, pos);
            let (code, message) = match words {
                Words::Plain(code, message) => (code, message),
                Words::IntoBlock(name, start) => (Code::JumpIntoBlock, format!("goto {name} jumps into block starting at {}", at(start))),
                Words::OverDeclaration(name, variable, pos) => {
                    (Code::JumpOverDecl, format!("goto {name} jumps over declaration of {variable} at {}", at(pos)))
                }
                Words::Redeclared(name, pos) => (Code::DuplicateLabel, format!("label {name} already defined at {}", at(pos))),
            };
            self.errors.push(Diagnostic::new(pos, message).of_kind(code));
        }
    }
}

/// An error, some with a position in the message.
enum Words {
    Plain(Code, String),
    IntoBlock(Symbol, Pos),
    OverDeclaration(Symbol, String, Pos),
    Redeclared(Symbol, Pos),
}

/// An index into [`Check::blocks`].
type BlockIndex = usize;

struct BlockInfo {
    parent: Option<BlockIndex>,
    start: Pos,
    /// The labeled statement that the block belongs to.
    label: Option<NodeId>,
}

struct Label<'a> {
    ident: Ident,
    /// The labeled statement.
    id: NodeId,
    /// What is labeled.
    stmt: &'a Stmt,
    /// The block that declares it.
    block: BlockIndex,
    used: bool,
}

/// A `goto` whose label has not been seen yet.
#[derive(Clone, Copy)]
struct Goto<'a> {
    label: Ident,
    branch: &'a BranchStmt,
    id: NodeId,
}

/// The statements around a place that branches may refer to.
#[derive(Clone, Copy, Default)]
struct Targets<'a> {
    /// The innermost `for`, `switch` or `select`.
    breaks: Option<NodeId>,
    /// The innermost `for`.
    continues: Option<NodeId>,
    /// The innermost of those that `break` leaves, if it is a switch.
    switch: Option<&'a SwitchStmt>,
    /// The clause of that switch whose statement list this is.
    clause: Option<usize>,
}

struct Check<'a> {
    blocks: Vec<BlockInfo>,
    labels: Vec<Label<'a>>,
    by_name: HashMap<Symbol, usize>,
    errors: Vec<(Pos, Words)>,
}

/// A variable declared in a block, and the gotos that were open by then: they must not reach a label behind it.
struct Declared<'a> {
    pos: Pos,
    name: String,
    open: Vec<Goto<'a>>,
}

impl<'a> Check<'a> {
    fn error(&mut self, code: Code, pos: Pos, message: String) {
        self.errors.push((pos, Words::Plain(code, message)));
    }

    /// The blocks from one outwards.
    fn outwards(&self, from: BlockIndex) -> impl Iterator<Item = BlockIndex> + '_ {
        std::iter::successors(Some(from), |block| self.blocks[*block].parent)
    }

    fn find(&mut self, name: Symbol) -> Option<&Label<'a>> {
        let index = *self.by_name.get(&name)?;
        self.labels[index].used = true;
        Some(&self.labels[index])
    }

    /// The statement labeled so, if it is one around `block`. `Ok(None)`: the label is elsewhere. `Err`: there is none yet.
    fn enclosing(&mut self, block: BlockIndex, name: Symbol) -> Result<Option<&'a Stmt>, ()> {
        let label = self.find(name).ok_or(())?;
        let (id, stmt) = (label.id, label.stmt);
        let encloses = self.outwards(block).any(|block| self.blocks[block].label == Some(id));
        Ok(encloses.then_some(stmt))
    }

    /// A statement list; the gotos in it whose labels it does not have. `label` is the labeled statement it belongs to.
    fn block(&mut self, parent: Option<BlockIndex>, targets: Targets<'a>, label: Option<NodeId>, start: Pos, stmts: &'a [Stmt]) -> Vec<Goto<'a>> {
        let block = self.blocks.len();
        self.blocks.push(BlockInfo { parent, start, label });
        let mut open: Vec<Goto<'a>> = Vec::new();
        let mut declared: Option<Declared<'a>> = None;

        // A `fallthrough` is the last statement even if empty ones follow.
        let count = stmts.iter().rposition(|stmt| !matches!(stmt.kind, StmtKind::Empty)).map_or(0, |last| last + 1);
        for (index, stmt) in stmts[..count].iter().enumerate() {
            let mut label = None;
            let mut stmt = stmt;
            while let StmtKind::Labeled(labeled) = &stmt.kind {
                let name = labeled.label.name;
                if !name.is_blank() {
                    let index = self.declare(block, stmt.id, labeled.label, &labeled.stmt);
                    open.retain(|goto| {
                        if goto.label.name != name {
                            return true;
                        }
                        let _ = goto.branch.target.set(stmt.id);
                        self.labels[index].used = true;
                        if let Some(declared) = &declared
                            && declared.open.iter().any(|bad| bad.id == goto.id)
                        {
                            let words = Words::OverDeclaration(name, declared.name.clone(), declared.pos);
                            self.errors.push((goto.label.pos, words));
                        }
                        false
                    });
                    label = Some(stmt.id);
                }
                stmt = &labeled.stmt;
            }
            let inner = Targets { clause: None, ..targets };
            match &stmt.kind {
                StmtKind::Decl(decls) => {
                    let first = decls.iter().find_map(|decl| match decl {
                        Decl::Var(var) => Some(var),
                        _ => None,
                    });
                    if let Some(var) = first {
                        let name = var.names.first().map(|name| name.name.to_string()).unwrap_or_default();
                        declared = Some(Declared { pos: var.pos, name, open: open.clone() });
                    }
                }
                StmtKind::Assign(assign) if assign.op == AssignOp::Define => {
                    let name = assign.lhs.iter().map(short).collect::<Vec<_>>().join(", ");
                    declared = Some(Declared { pos: stmt.pos, name, open: open.clone() });
                }
                StmtKind::Branch(branch) => {
                    let is_last = index + 1 == count;
                    open.extend(self.branch(block, targets, is_last, stmt, branch));
                }
                StmtKind::Block(body) => {
                    open.extend(self.block(Some(block), inner, label, stmt.pos, &body.stmts));
                }
                StmtKind::If(_) => {
                    let mut link = stmt;
                    let mut parent = block;
                    // The `else` of each link is a block of its own, as if it stood in braces.
                    while let StmtKind::If(body) = &link.kind {
                        open.extend(self.block(Some(parent), inner, label, body.then.pos, &body.then.stmts));
                        let Some(otherwise) = &body.otherwise else { break };
                        self.blocks.push(BlockInfo { parent: Some(parent), start: otherwise.pos, label });
                        parent = self.blocks.len() - 1;
                        label = None;
                        if let StmtKind::Block(last) = &otherwise.kind {
                            open.extend(self.block(Some(parent), inner, label, otherwise.pos, &last.stmts));
                        }
                        link = otherwise;
                    }
                }
                StmtKind::For(body) => {
                    let inner = Targets { breaks: Some(stmt.id), continues: Some(stmt.id), switch: None, clause: None };
                    open.extend(self.block(Some(block), inner, label, body.body.pos, &body.body.stmts));
                }
                StmtKind::Range(body) => {
                    let inner = Targets { breaks: Some(stmt.id), continues: Some(stmt.id), switch: None, clause: None };
                    open.extend(self.block(Some(block), inner, label, body.body.pos, &body.body.stmts));
                }
                StmtKind::Switch(body) => {
                    for (clause, case) in body.clauses.iter().enumerate() {
                        let inner = Targets { breaks: Some(stmt.id), continues: targets.continues, switch: Some(body), clause: Some(clause) };
                        open.extend(self.block(Some(block), inner, label, case.pos, &case.stmts));
                    }
                }
                StmtKind::Select(body) => {
                    for case in &body.clauses {
                        let inner = Targets { breaks: Some(stmt.id), continues: targets.continues, switch: None, clause: None };
                        open.extend(self.block(Some(block), inner, label, case.pos, &case.stmts));
                    }
                }
                _ => {}
            }
        }
        open
    }

    /// Declares a label, or complains and answers the one of that name.
    fn declare(&mut self, block: BlockIndex, id: NodeId, ident: Ident, stmt: &'a Stmt) -> usize {
        if let Some(index) = self.by_name.get(&ident.name) {
            let other = self.labels[*index].ident.pos;
            self.errors.push((ident.pos, Words::Redeclared(ident.name, other)));
            return *index;
        }
        self.labels.push(Label { ident, id, stmt, block, used: false });
        let index = self.labels.len() - 1;
        self.by_name.insert(ident.name, index);
        index
    }

    /// A branch statement; itself, if it is a goto whose label may follow.
    fn branch(&mut self, block: BlockIndex, targets: Targets<'a>, is_last: bool, stmt: &'a Stmt, branch: &'a BranchStmt) -> Option<Goto<'a>> {
        let Some(label) = branch.label else {
            let target = match branch.kind {
                BranchKind::Break => targets.breaks,
                BranchKind::Continue => targets.continues,
                BranchKind::Fallthrough => {
                    if let Some(message) = misplaced_fallthrough(targets, is_last) {
                        self.error(Code::MisplacedFallthrough, stmt.pos, message.to_string());
                    }
                    return None;
                }
                BranchKind::Goto => return None,
            };
            match (target, branch.kind) {
                (Some(target), _) => {
                    let _ = branch.target.set(target);
                }
                (None, BranchKind::Break) => {
                    self.error(Code::MisplacedBreak, stmt.pos, "break is not in a loop, switch, or select".to_string());
                }
                (None, _) => self.error(Code::MisplacedContinue, stmt.pos, "continue is not in a loop".to_string()),
            }
            return None;
        };
        let name = label.name;
        if branch.kind == BranchKind::Goto {
            if let Some(found) = self.find(name) {
                let (declared_in, id) = (found.block, found.id);
                if self.outwards(block).any(|block| block == declared_in) {
                    let _ = branch.target.set(id);
                    return None;
                }
            }
            return Some(Goto { label, branch, id: stmt.id });
        }
        let word = branch.kind.as_str();
        match self.enclosing(block, name) {
            Err(()) => self.error(Code::UndeclaredLabel, label.pos, format!("{word} label not defined: {name}")),
            Ok(target) => {
                let target = target.filter(|target| match target.kind {
                    StmtKind::For(_) | StmtKind::Range(_) => true,
                    StmtKind::Switch(_) | StmtKind::Select(_) => branch.kind == BranchKind::Break,
                    _ => false,
                });
                match target {
                    Some(target) => {
                        let _ = branch.target.set(target.id);
                    }
                    None => self.error(Code::MisplacedLabel, label.pos, format!("invalid {word} label {name}")),
                }
            }
        }
        None
    }
}

/// Why a `fallthrough` may not stand where it does.
fn misplaced_fallthrough(targets: Targets<'_>, is_last: bool) -> Option<&'static str> {
    let out_of_place = "fallthrough statement out of place";
    let Some(switch) = targets.switch else { return Some(out_of_place) };
    if matches!(&switch.tag, Some(tag) if matches!(tag.kind, ExprKind::TypeSwitchGuard(_))) {
        return Some("cannot fallthrough in type switch");
    }
    match targets.clause {
        Some(clause) if is_last => (clause + 1 == switch.clauses.len()).then_some("cannot fallthrough final case in switch"),
        _ => Some(out_of_place),
    }
}
