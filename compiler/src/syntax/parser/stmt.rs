//! Statements.

use super::{MAX_CHAIN, Parser};
use crate::source::Pos;
use crate::syntax::ast::{
    AssignOp, AssignStmt, Block, BranchKind, BranchStmt, CaseClause, CommClause, Expr, ExprKind, ForStmt, Ident, IfStmt, LabeledStmt, RangeStmt,
    SelectStmt, SendStmt, Stmt, StmtKind, SwitchStmt,
};
use crate::syntax::print::{short, short_stmt};
use crate::syntax::token::{Operator, Token};
use std::sync::OnceLock;

/// `lhs := range x` in the header of a `for`.
struct RangeClause {
    range: Pos,
    lhs: Vec<Expr>,
    define: bool,
    x: Expr,
}

/// A simple statement, or a range clause where one may stand.
enum Simple {
    Stmt(Stmt),
    Range(RangeClause),
}

/// What stands between a statement's keyword and its `{`.
#[derive(Default)]
struct Header {
    init: Option<Stmt>,
    range: Option<RangeClause>,
    cond: Option<Expr>,
    post: Option<Stmt>,
}

/// Where a simple statement stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Plain,
    For,
    Switch,
}

impl Parser<'_> {
    fn stmt_node(&mut self, pos: Pos, kind: StmtKind) -> Stmt {
        Stmt { id: self.ids.fresh(), pos, kind }
    }

    /// `{ statements }`. `context` names what it follows; empty if the current token is known to be `{`.
    pub(super) fn block(&mut self, context: &str) -> Block {
        let (id, pos) = (self.ids.fresh(), self.pos());
        if !self.got(Token::LeftBrace) {
            self.syntax_error(&format!("expected {{ after {context}"));
            self.advance(&[Token::Name, Token::RightBrace]);
            let rbrace = self.pos();
            if self.got(Token::RightBrace) {
                return Block { id, pos, stmts: Vec::new(), rbrace };
            }
        }
        let stmts = self.stmt_list();
        let rbrace = self.pos();
        self.want(Token::RightBrace);
        Block { id, pos, stmts, rbrace }
    }

    fn block_stmt(&mut self, context: &str) -> Stmt {
        let block = self.block(context);
        Stmt { id: block.id, pos: block.pos, kind: StmtKind::Block(Box::new(block)) }
    }

    fn stmt_list(&mut self) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        while !matches!(self.token(), Token::EndOfFile | Token::RightBrace | Token::Case | Token::Default) {
            let stmt = self.stmt_or_none();
            self.clear_pragmas();
            let Some(stmt) = stmt else { break };
            stmts.push(stmt);
            if !self.got(Token::Semicolon) && !self.at(Token::RightBrace) {
                self.syntax_error("at end of statement");
                self.advance(&[Token::Semicolon, Token::RightBrace, Token::Case, Token::Default]);
                self.got(Token::Semicolon);
            }
        }
        stmts
    }

    /// A statement, if the current token can begin one.
    fn stmt_or_none(&mut self) -> Option<Stmt> {
        if !self.enter() {
            return None;
        }
        let stmt = self.stmt_inside();
        self.leave();
        stmt
    }

    fn stmt_inside(&mut self) -> Option<Stmt> {
        let pos = self.pos();
        if self.at(Token::Name) {
            self.clear_pragmas();
            let lhs = self.expr_list();
            if self.at(Token::Colon)
                && let [only] = &lhs[..]
                && let Some(label) = only.as_ident()
            {
                return self.labeled_stmt(label);
            }
            return Some(self.plain_stmt(Some(lhs)));
        }
        if matches!(self.token(), Token::Var | Token::Const | Token::Type) {
            let mut decls = Vec::new();
            self.group(&mut decls);
            return Some(self.stmt_node(pos, StmtKind::Decl(decls)));
        }
        self.clear_pragmas();
        Some(match self.token() {
            Token::LeftBrace => self.block_stmt(""),
            Token::Operator | Token::Star => match self.lexer.operator {
                Operator::Add | Operator::Sub | Operator::Mul | Operator::And | Operator::Xor | Operator::Not => self.plain_stmt(None),
                _ => return None,
            },
            Token::Literal
            | Token::Func
            | Token::LeftParen
            | Token::LeftBracket
            | Token::Struct
            | Token::Map
            | Token::Chan
            | Token::Interface
            | Token::Arrow => self.plain_stmt(None),
            Token::For => self.for_stmt(),
            Token::Switch => self.switch_stmt(),
            Token::Select => self.select_stmt(),
            Token::If => self.if_stmt(),
            Token::Fallthrough => {
                self.next();
                self.branch(pos, BranchKind::Fallthrough, None)
            }
            Token::Break | Token::Continue => {
                let kind = if self.at(Token::Break) { BranchKind::Break } else { BranchKind::Continue };
                self.next();
                let label = self.at(Token::Name).then(|| self.name());
                self.branch(pos, kind, label)
            }
            Token::Goto => {
                self.next();
                let label = self.name();
                self.branch(pos, BranchKind::Goto, Some(label))
            }
            Token::Go | Token::Defer => self.call_stmt(),
            Token::Return => {
                self.next();
                let at_end = self.at(Token::Semicolon) || self.at(Token::RightBrace);
                let results = if at_end { Vec::new() } else { self.expr_list() };
                self.stmt_node(pos, StmtKind::Return(results))
            }
            Token::Semicolon => self.stmt_node(pos, StmtKind::Empty),
            _ => return None,
        })
    }

    fn branch(&mut self, pos: Pos, kind: BranchKind, label: Option<Ident>) -> Stmt {
        let branch = BranchStmt { kind, label, target: OnceLock::new() };
        self.stmt_node(pos, StmtKind::Branch(Box::new(branch)))
    }

    fn labeled_stmt(&mut self, label: Ident) -> Option<Stmt> {
        let (id, pos) = (self.ids.fresh(), self.pos());
        self.want(Token::Colon);
        let stmt = if self.at(Token::RightBrace) {
            // Semicolons may be left out before `}`, so what stands here is an empty statement.
            let here = self.pos();
            Some(self.stmt_node(here, StmtKind::Empty))
        } else {
            self.stmt_or_none()
        };
        match stmt {
            Some(stmt) => Some(Stmt { id, pos, kind: StmtKind::Labeled(Box::new(LabeledStmt { label, stmt })) }),
            None => {
                self.syntax_error_at(pos, "missing statement after label");
                None
            }
        }
    }

    fn call_stmt(&mut self) -> Stmt {
        let (pos, is_go) = (self.pos(), self.at(Token::Go));
        self.next();
        let x = self.primary_expr(self.at(Token::LeftParen));
        if matches!(x.kind, ExprKind::Paren(_)) {
            let word = if is_go { "go" } else { "defer" };
            self.error_at(x.pos, format!("expression in {word} must not be parenthesized"));
        }
        let call = Box::new(x.into_unparen());
        self.stmt_node(pos, if is_go { StmtKind::Go(call) } else { StmtKind::Defer(call) })
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Simple statements

    fn plain_stmt(&mut self, lhs: Option<Vec<Expr>>) -> Stmt {
        match self.simple_stmt(lhs, Context::Plain) {
            Simple::Stmt(stmt) => stmt,
            Simple::Range(clause) => self.stmt_node(clause.range, StmtKind::Empty),
        }
    }

    /// A simple statement; its left-hand side may have been read already.
    fn simple_stmt(&mut self, lhs: Option<Vec<Expr>>, context: Context) -> Simple {
        if context == Context::For && self.at(Token::Range) {
            return self.range_clause(Vec::new(), false);
        }
        let mut lhs = match lhs {
            Some(lhs) => lhs,
            None => self.expr_list(),
        };
        let pos = self.pos();
        let is_assignment = self.at(Token::Assign) || self.at(Token::Define);
        if lhs.len() == 1 && !is_assignment {
            let (op, rhs) = match self.token() {
                Token::AssignOperator => {
                    let op = self.lexer.operator;
                    self.next();
                    (AssignOp::Operation(op), vec![self.expr()])
                }
                Token::IncrementOperator => {
                    let increment = self.lexer.operator == Operator::Add;
                    self.next();
                    (if increment { AssignOp::Increment } else { AssignOp::Decrement }, Vec::new())
                }
                Token::Arrow => {
                    self.next();
                    let chan = lhs.remove(0);
                    let value = self.expr();
                    return Simple::Stmt(self.stmt_node(pos, StmtKind::Send(Box::new(SendStmt { chan, value }))));
                }
                _ => return Simple::Stmt(self.expr_stmt(lhs.remove(0))),
            };
            return Simple::Stmt(self.assign(pos, op, lhs, rhs));
        }
        if !is_assignment {
            self.syntax_error("expected := or = or comma");
            self.advance(&[Token::Semicolon, Token::RightBrace]);
            return Simple::Stmt(self.expr_stmt(lhs.remove(0)));
        }
        let define = self.at(Token::Define);
        self.next();
        if context == Context::For && self.at(Token::Range) {
            return self.range_clause(lhs, define);
        }
        let mut rhs = self.expr_list();
        if context == Context::Switch
            && define
            && let [name] = &lhs[..]
            && let Some(name) = name.as_ident()
            && let [Expr { kind: ExprKind::TypeSwitchGuard(guard), .. }] = &mut rhs[..]
        {
            guard.name = Some(name);
            return Simple::Stmt(self.expr_stmt(rhs.remove(0)));
        }
        Simple::Stmt(self.assign(pos, if define { AssignOp::Define } else { AssignOp::Assign }, lhs, rhs))
    }

    fn expr_stmt(&mut self, x: Expr) -> Stmt {
        self.stmt_node(x.pos, StmtKind::Expr(Box::new(x)))
    }

    fn assign(&mut self, pos: Pos, op: AssignOp, lhs: Vec<Expr>, rhs: Vec<Expr>) -> Stmt {
        self.stmt_node(pos, StmtKind::Assign(Box::new(AssignStmt { op, lhs, rhs })))
    }

    fn range_clause(&mut self, lhs: Vec<Expr>, define: bool) -> Simple {
        let range = self.pos();
        self.next();
        let x = self.expr();
        Simple::Range(RangeClause { range, lhs, define, x })
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Compound statements

    /// The keyword, which is the current token, and what follows it up to the `{`.
    fn header(&mut self, keyword: Token) -> Header {
        let mut header = Header::default();
        self.next();
        if self.at(Token::LeftBrace) {
            if keyword == Token::If {
                self.syntax_error("missing condition in if statement");
                header.cond = Some(self.bad_expr());
            }
            return header;
        }
        let outer = std::mem::replace(&mut self.bracket_depth, -1);
        self.header_inside(keyword, &mut header);
        self.bracket_depth = outer;
        header
    }

    fn header_inside(&mut self, keyword: Token, header: &mut Header) {
        let context = match keyword {
            Token::For => Context::For,
            Token::Switch => Context::Switch,
            _ => Context::Plain,
        };
        if !self.at(Token::Semicolon) {
            if self.got(Token::Var) {
                self.syntax_error(&format!("var declaration not allowed in {} initializer", keyword.as_str()));
            }
            match self.simple_stmt(None, context) {
                Simple::Stmt(stmt) => header.init = Some(stmt),
                Simple::Range(clause) => {
                    header.range = Some(clause);
                    return;
                }
            }
        }
        let mut semicolon = None;
        let mut cond = None;
        if self.at(Token::LeftBrace) {
            cond = header.init.take();
        } else {
            if self.at(Token::Semicolon) {
                semicolon = Some((self.pos(), self.lexer.semicolon));
                self.next();
            } else {
                // A `{` is what is most likely missing.
                self.want(Token::LeftBrace);
                if !self.at(Token::LeftBrace) {
                    self.advance(&[Token::LeftBrace, Token::RightBrace]);
                }
            }
            if keyword == Token::For {
                if self.at(Token::Semicolon) {
                    self.next();
                } else if self.at(Token::LeftBrace) {
                    self.syntax_error("expected for loop condition");
                    self.finish_header(keyword, None, semicolon, header);
                    return;
                } else {
                    cond = Some(self.plain_stmt(None));
                    self.want(Token::Semicolon);
                }
                if !self.at(Token::LeftBrace) {
                    let post = self.plain_stmt(None);
                    if matches!(&post.kind, StmtKind::Assign(assign) if assign.op == AssignOp::Define) {
                        self.syntax_error_at(post.pos, "cannot declare in post statement of for loop");
                    }
                    header.post = Some(post);
                }
            } else if !self.at(Token::LeftBrace) {
                cond = match self.simple_stmt(None, context) {
                    Simple::Stmt(stmt) => Some(stmt),
                    Simple::Range(_) => None,
                };
            }
        }
        self.finish_header(keyword, cond, semicolon, header);
    }

    /// Makes an expression of the statement that stands where the condition or tag should.
    fn finish_header(&mut self, keyword: Token, cond: Option<Stmt>, semicolon: Option<(Pos, &'static str)>, header: &mut Header) {
        match cond {
            None => {
                if keyword == Token::If
                    && let Some((pos, spelling)) = semicolon
                {
                    if spelling == "semicolon" {
                        self.syntax_error_at(pos, "missing condition in if statement");
                    } else {
                        self.syntax_error_at(pos, &format!("unexpected {spelling}, expected {{ after if clause"));
                    }
                    header.cond = Some(self.node(pos, ExprKind::Bad));
                }
            }
            Some(Stmt { kind: StmtKind::Expr(x), .. }) => header.cond = Some(*x),
            Some(stmt) => {
                // `=` written for `==` is the usual case; brackets make it stand out.
                let text = match &stmt.kind {
                    StmtKind::Assign(assign) if assign.op == AssignOp::Assign => {
                        format!("assignment {} = {}", emphasize(&assign.lhs), emphasize(&assign.rhs))
                    }
                    _ => short_stmt(&stmt),
                };
                self.syntax_error_at(stmt.pos, &format!("cannot use {text} as value"));
            }
        }
    }

    fn for_stmt(&mut self) -> Stmt {
        let (id, pos) = (self.ids.fresh(), self.pos());
        let header = self.header(Token::For);
        let body = self.block("for clause");
        let kind = match header.range {
            Some(RangeClause { range, lhs, define, x }) => StmtKind::Range(Box::new(RangeStmt { range, lhs, define, x, body })),
            None => StmtKind::For(Box::new(ForStmt { init: header.init, cond: header.cond, post: header.post, body })),
        };
        Stmt { id, pos, kind }
    }

    /// An `if` with all its `else if`. Read in a loop, so that a long chain costs no stack, and put together from its end.
    fn if_stmt(&mut self) -> Stmt {
        let mut links = Vec::new();
        let mut otherwise = None;
        loop {
            let (id, pos) = (self.ids.fresh(), self.pos());
            let header = self.header(Token::If);
            let cond = match header.cond {
                Some(cond) => cond,
                None => self.node(pos, ExprKind::Bad),
            };
            let then = self.block("if clause");
            links.push((id, pos, header.init, cond, then));
            if !self.got(Token::Else) {
                break;
            }
            match self.token() {
                Token::If if links.len() < MAX_CHAIN as usize => continue,
                Token::If => self.too_deep(),
                Token::LeftBrace => otherwise = Some(self.block_stmt("")),
                _ => {
                    self.syntax_error("else must be followed by if or statement block");
                    self.advance(&[Token::Name, Token::RightBrace]);
                }
            }
            break;
        }
        let mut last = otherwise;
        while let Some((id, pos, init, cond, then)) = links.pop() {
            let stmt = IfStmt { init, cond, then, otherwise: last };
            let stmt = Stmt { id, pos, kind: StmtKind::If(Box::new(stmt)) };
            if links.is_empty() {
                return stmt;
            }
            last = Some(stmt);
        }
        unreachable!("there is at least one link")
    }

    fn switch_stmt(&mut self) -> Stmt {
        let (id, pos) = (self.ids.fresh(), self.pos());
        let header = self.header(Token::Switch);
        if !self.got(Token::LeftBrace) {
            self.syntax_error("missing { after switch clause");
            self.advance(&[Token::Case, Token::Default, Token::RightBrace]);
        }
        let mut clauses = Vec::new();
        while !self.at(Token::EndOfFile) && !self.at(Token::RightBrace) {
            let (id, pos) = (self.ids.fresh(), self.pos());
            let mut exprs = Vec::new();
            match self.token() {
                Token::Case => {
                    self.next();
                    exprs = self.expr_list();
                }
                Token::Default => self.next(),
                _ => self.stray_clause(),
            }
            let colon = self.pos();
            self.want(Token::Colon);
            let stmts = self.stmt_list();
            clauses.push(CaseClause { id, pos, exprs, stmts, colon });
        }
        let rbrace = self.pos();
        self.want(Token::RightBrace);
        let stmt = SwitchStmt { init: header.init, tag: header.cond, clauses, rbrace };
        Stmt { id, pos, kind: StmtKind::Switch(Box::new(stmt)) }
    }

    fn select_stmt(&mut self) -> Stmt {
        let (id, pos) = (self.ids.fresh(), self.pos());
        self.next();
        if !self.got(Token::LeftBrace) {
            self.syntax_error("missing { after select clause");
            self.advance(&[Token::Case, Token::Default, Token::RightBrace]);
        }
        let mut clauses = Vec::new();
        while !self.at(Token::EndOfFile) && !self.at(Token::RightBrace) {
            let (id, pos) = (self.ids.fresh(), self.pos());
            let mut comm = None;
            match self.token() {
                Token::Case => {
                    self.next();
                    comm = Some(self.plain_stmt(None));
                }
                Token::Default => self.next(),
                _ => self.stray_clause(),
            }
            let colon = self.pos();
            self.want(Token::Colon);
            let stmts = self.stmt_list();
            clauses.push(CommClause { id, pos, comm, stmts, colon });
        }
        let rbrace = self.pos();
        self.want(Token::RightBrace);
        Stmt { id, pos, kind: StmtKind::Select(Box::new(SelectStmt { clauses, rbrace })) }
    }

    fn stray_clause(&mut self) {
        self.syntax_error("expected case or default or }");
        self.advance(&[Token::Colon, Token::Case, Token::Default, Token::RightBrace]);
    }
}

/// An operand of `=` as a message shows it: a binary operation in brackets.
fn emphasize(list: &[Expr]) -> String {
    match list {
        [only] if matches!(only.kind, ExprKind::Binary(_)) => format!("({})", short(only)),
        list => list.iter().map(short).collect::<Vec<_>>().join(", "),
    }
}
