//! Expressions.

use super::decl::index_expr;
use super::{MAX_CHAIN, Parser};
use crate::source::Pos;
use crate::syntax::ast::{
    AssertExpr, BinaryExpr, Block, CallExpr, ChanDir, CompositeLit, Expr, ExprKind, FuncLit, KeyValueExpr, SelectorExpr, SliceExpr, TypeSwitchGuard,
    UnaryExpr,
};
use crate::syntax::print::short;
use crate::syntax::token::{Operator, Token};

impl Parser<'_> {
    /// `expr {, expr}`.
    pub(super) fn expr_list(&mut self) -> Vec<Expr> {
        let mut list = vec![self.expr()];
        while self.got(Token::Comma) {
            list.push(self.expr());
        }
        list
    }

    pub(super) fn expr(&mut self) -> Expr {
        self.binary_expr(0)
    }

    /// An expression of operators that bind more tightly than `precedence`.
    fn binary_expr(&mut self, precedence: u8) -> Expr {
        let x = self.unary_expr();
        self.binary_expr_from(x, precedence)
    }

    /// The same, behind its first operand.
    pub(super) fn binary_expr_from(&mut self, mut x: Expr, precedence: u8) -> Expr {
        let mut links = 0;
        while matches!(self.token(), Token::Operator | Token::Star) && self.lexer.precedence > precedence {
            let (pos, op, own) = (self.pos(), self.lexer.operator, self.lexer.precedence);
            links += 1;
            if links > MAX_CHAIN {
                self.too_deep();
                break;
            }
            self.next();
            let y = self.binary_expr(own);
            x = self.node(pos, ExprKind::Binary(Box::new(BinaryExpr { op, x, y })));
        }
        x
    }

    fn unary_expr(&mut self) -> Expr {
        if !self.enter() {
            return self.bad_expr();
        }
        let x = self.unary_inside();
        self.leave();
        x
    }

    fn unary_inside(&mut self) -> Expr {
        let pos = self.pos();
        match self.token() {
            Token::Operator | Token::Star => {
                let op = self.lexer.operator;
                match op {
                    Operator::Mul | Operator::Add | Operator::Sub | Operator::Not | Operator::Xor | Operator::Tilde => {
                        self.next();
                        let x = self.unary_expr();
                        return self.node(pos, ExprKind::Unary(Box::new(UnaryExpr { op, x })));
                    }
                    Operator::And => {
                        self.next();
                        let x = self.unary_expr().into_unparen();
                        return self.node(pos, ExprKind::Unary(Box::new(UnaryExpr { op, x })));
                    }
                    _ => {}
                }
            }
            Token::Arrow => {
                self.next();
                // `<-chan int` is a type and `<-chan int(c)` a receive: what it is shows behind the operand.
                let mut x = self.unary_expr();
                if matches!(x.kind, ExprKind::ChanType(_)) {
                    self.give_arrow(&mut x);
                    return x;
                }
                return self.node(pos, ExprKind::Unary(Box::new(UnaryExpr { op: Operator::Receive, x })));
            }
            _ => {}
        }
        self.primary_expr(true)
    }

    /// Gives a channel type the arrow that stood before it: `<-(chan T)` is `(<-chan T)`, and a channel that has the arrow
    /// behind it hands that on to its element: `<-(chan<- T)` is `(<-chan (<-T))`.
    fn give_arrow(&mut self, x: &mut Expr) {
        let mut carried = ChanDir::SendOnly;
        let mut expr = x;
        while carried == ChanDir::SendOnly && matches!(expr.kind, ExprKind::ChanType(_)) {
            let ExprKind::ChanType(chan) = &mut expr.kind else { unreachable!("tested above") };
            carried = chan.dir;
            if carried == ChanDir::ReceiveOnly {
                self.syntax_error("unexpected <-, expected chan");
            }
            chan.dir = ChanDir::ReceiveOnly;
            expr = &mut chan.elem;
        }
        if carried == ChanDir::SendOnly {
            let message = format!("unexpected {}, expected chan", short(expr));
            self.syntax_error(&message);
        }
    }

    /// An operand that is no unary or binary operation, with all that follows it: selectors, indices, calls, literals.
    /// Parentheses around the operand are kept in the tree if `keep_parens`.
    pub(super) fn primary_expr(&mut self, keep_parens: bool) -> Expr {
        let operand = self.operand(keep_parens);
        self.primary_expr_from(operand)
    }

    fn operand(&mut self, keep_parens: bool) -> Expr {
        let pos = self.pos();
        match self.token() {
            Token::Name => self.name().into(),
            Token::Literal => match self.literal() {
                Some(literal) => Expr { id: literal.id, pos: literal.pos, kind: ExprKind::Literal(Box::new(literal)) },
                None => self.bad_expr(),
            },
            Token::LeftParen => {
                self.next();
                self.bracket_depth += 1;
                let x = self.expr();
                self.bracket_depth -= 1;
                self.want(Token::RightParen);
                // A `{` may follow that makes `x` the type of a composite literal, where parentheses are wrong.
                if keep_parens || self.at(Token::LeftBrace) {
                    return self.node(pos, ExprKind::Paren(Box::new(x)));
                }
                x
            }
            Token::Func => {
                self.next();
                let (_, ty) = self.func_type("function type");
                if self.at(Token::LeftBrace) {
                    self.bracket_depth += 1;
                    let body = self.func_body();
                    self.bracket_depth -= 1;
                    return self.node(pos, ExprKind::Func(Box::new(FuncLit { ty, body })));
                }
                Expr { id: ty.id, pos: ty.pos, kind: ExprKind::FuncType(Box::new(ty)) }
            }
            Token::LeftBracket | Token::Chan | Token::Map | Token::Struct | Token::Interface => self.ty(),
            _ => {
                let bad = self.bad_expr();
                self.syntax_error("expected expression");
                self.advance(&[Token::RightParen, Token::RightBracket, Token::RightBrace]);
                bad
            }
        }
    }

    /// The body of a function.
    pub(super) fn func_body(&mut self) -> Block {
        self.function_depth += 1;
        let errors = self.syntax_errors;
        let body = self.block("");
        self.function_depth -= 1;
        // After syntax errors the check would complain about what they hide.
        if errors == self.syntax_errors {
            self.check_branches(&body);
        }
        body
    }

    /// What follows an operand.
    pub(super) fn primary_expr_from(&mut self, mut x: Expr) -> Expr {
        let mut links = 0;
        loop {
            let pos = self.pos();
            links += 1;
            if links > MAX_CHAIN {
                self.too_deep();
                return x;
            }
            match self.token() {
                Token::Dot => {
                    self.next();
                    match self.token() {
                        Token::Name => {
                            let sel = self.name();
                            x = self.node(pos, ExprKind::Selector(Box::new(SelectorExpr { x, sel })));
                        }
                        Token::LeftParen => {
                            self.next();
                            if self.got(Token::Type) {
                                let guard = TypeSwitchGuard { name: None, x };
                                x = self.node(pos, ExprKind::TypeSwitchGuard(Box::new(guard)));
                            } else {
                                let ty = self.ty();
                                x = self.node(pos, ExprKind::Assert(Box::new(AssertExpr { x, ty })));
                            }
                            self.want(Token::RightParen);
                        }
                        _ => {
                            self.syntax_error("expected name or (");
                            self.advance(&[Token::Semicolon, Token::RightParen]);
                        }
                    }
                }
                Token::LeftBracket => x = self.index_or_slice(x, pos),
                Token::LeftParen => {
                    self.next();
                    self.bracket_depth += 1;
                    let mut args = Vec::new();
                    let mut has_dots = false;
                    let rparen = self.list("argument list", Token::Comma, Token::RightParen, |parser| {
                        args.push(parser.expr());
                        has_dots = parser.got(Token::Dots);
                        has_dots
                    });
                    self.bracket_depth -= 1;
                    let call = CallExpr { fun: x, args, has_dots, rparen };
                    x = self.node(pos, ExprKind::Call(Box::new(call)));
                }
                Token::LeftBrace => {
                    let ty = x.unparen();
                    let is_literal = match &ty.kind {
                        ExprKind::Name(_) | ExprKind::Selector(_) => self.bracket_depth >= 0,
                        ExprKind::Index(_) => self.bracket_depth >= 0 && !is_value(ty),
                        ExprKind::ArrayType(_) | ExprKind::SliceType(_) | ExprKind::StructType(_) | ExprKind::MapType(_) => true,
                        _ => false,
                    };
                    if !is_literal {
                        return x;
                    }
                    if matches!(x.kind, ExprKind::Paren(_)) {
                        self.syntax_error("cannot parenthesize type in composite literal");
                    }
                    x = self.composite(Some(x));
                }
                _ => return x,
            }
        }
    }

    /// What follows `x` and begins with `[`.
    fn index_or_slice(&mut self, x: Expr, pos: Pos) -> Expr {
        self.next();
        let mut low = None;
        if !self.at(Token::Colon) {
            let (mut indices, comma) = if self.at(Token::RightBracket) {
                self.syntax_error("expected operand");
                (vec![self.bad_expr()], false)
            } else {
                self.type_list(false)
            };
            if comma || self.at(Token::RightBracket) {
                self.want(Token::RightBracket);
                return self.node(pos, index_expr(x, indices));
            }
            low = indices.pop();
        }
        if !self.got(Token::Colon) {
            self.syntax_error("expected comma, : or ]");
            self.advance(&[Token::Comma, Token::Colon, Token::RightBracket]);
        }
        self.bracket_depth += 1;
        let mut high = None;
        let mut max = None;
        let mut full = false;
        if !self.at(Token::Colon) && !self.at(Token::RightBracket) {
            high = Some(self.expr());
        }
        if self.at(Token::Colon) {
            full = true;
            if high.is_none() {
                self.error("middle index required in 3-index slice");
                high = Some(self.bad_expr());
            }
            self.next();
            if self.at(Token::RightBracket) {
                self.error("final index required in 3-index slice");
                max = Some(self.bad_expr());
            } else {
                max = Some(self.expr());
            }
        }
        self.bracket_depth -= 1;
        self.want(Token::RightBracket);
        self.node(pos, ExprKind::Slice(Box::new(SliceExpr { x, indices: [low, high, max], full })))
    }

    /// `{ elements }` of a composite literal.
    fn composite(&mut self, ty: Option<Expr>) -> Expr {
        let pos = self.pos();
        self.bracket_depth += 1;
        self.want(Token::LeftBrace);
        let mut elements = Vec::new();
        let mut keys = 0;
        let rbrace = self.list("composite literal", Token::Comma, Token::RightBrace, |parser| {
            let mut elem = parser.element();
            if parser.at(Token::Colon) {
                let pos = parser.pos();
                parser.next();
                let value = parser.element();
                elem = parser.node(pos, ExprKind::KeyValue(Box::new(KeyValueExpr { key: elem, value })));
                keys += 1;
            }
            elements.push(elem);
            false
        });
        self.bracket_depth -= 1;
        self.node(pos, ExprKind::Composite(Box::new(CompositeLit { ty, elements, keys, rbrace })))
    }

    fn element(&mut self) -> Expr {
        if !self.at(Token::LeftBrace) {
            return self.expr();
        }
        if !self.enter() {
            return self.bad_expr();
        }
        let x = self.composite(None);
        self.leave();
        x
    }
}

/// Whether an expression can be nothing but a value.
fn is_value(x: &Expr) -> bool {
    match &x.kind {
        ExprKind::Literal(_)
        | ExprKind::Composite(_)
        | ExprKind::Func(_)
        | ExprKind::Slice(_)
        | ExprKind::Assert(_)
        | ExprKind::TypeSwitchGuard(_)
        | ExprKind::Call(_)
        | ExprKind::Binary(_) => true,
        ExprKind::Unary(unary) => unary.op != Operator::Mul,
        ExprKind::Paren(inner) => is_value(inner),
        // Several indices are type arguments.
        ExprKind::Index(index) => is_value(&index.x) || matches!(&index.indices[..], [only] if is_value(only)),
        _ => false,
    }
}
