//! Types.

use super::decl::index_expr;
use super::{Parser, field};
use crate::source::Pos;
use crate::syntax::ast::{
    ArrayType, BinaryExpr, ChanDir, ChanType, Expr, ExprKind, Field, FuncType, Ident, InterfaceType, MapType, SelectorExpr, StructType, UnaryExpr,
};
use crate::syntax::token::{Operator, Token};

impl Parser<'_> {
    /// A type.
    pub(super) fn ty(&mut self) -> Expr {
        self.type_or_none().unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("expected type");
            self.advance(&[Token::Comma, Token::Colon, Token::Semicolon, Token::RightParen, Token::RightBracket, Token::RightBrace]);
            bad
        })
    }

    /// A type, if the current token can begin one.
    pub(super) fn type_or_none(&mut self) -> Option<Expr> {
        if !self.enter() {
            return None;
        }
        let ty = self.type_inside();
        self.leave();
        ty
    }

    fn type_inside(&mut self) -> Option<Expr> {
        let pos = self.pos();
        Some(match self.token() {
            Token::Star => {
                self.next();
                let x = self.ty();
                self.pointer(pos, x)
            }
            Token::Arrow => {
                self.next();
                self.want(Token::Chan);
                self.chan_type(pos, ChanDir::ReceiveOnly)
            }
            Token::Func => {
                self.next();
                let (_, ty) = self.func_type("function type");
                Expr { id: ty.id, pos: ty.pos, kind: ExprKind::FuncType(Box::new(ty)) }
            }
            Token::LeftBracket => {
                self.next();
                if self.got(Token::RightBracket) {
                    return Some(self.slice_type(pos));
                }
                self.array_type(pos, None)
            }
            Token::Chan => {
                self.next();
                let dir = if self.got(Token::Arrow) { ChanDir::SendOnly } else { ChanDir::Both };
                self.chan_type(pos, dir)
            }
            Token::Map => {
                self.next();
                self.want(Token::LeftBracket);
                let key = self.ty();
                self.want(Token::RightBracket);
                let value = self.ty();
                self.node(pos, ExprKind::MapType(Box::new(MapType { key, value })))
            }
            Token::Struct => self.struct_type(),
            Token::Interface => self.interface_type(),
            Token::Name => self.qualified_name(None),
            Token::LeftParen => {
                self.next();
                let ty = self.ty();
                self.want(Token::RightParen);
                ty
            }
            _ => return None,
        })
    }

    fn pointer(&mut self, pos: Pos, x: Expr) -> Expr {
        self.node(pos, ExprKind::Unary(Box::new(UnaryExpr { op: Operator::Mul, x })))
    }

    fn chan_type(&mut self, pos: Pos, dir: ChanDir) -> Expr {
        let elem = self.type_or_none().unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("missing channel element type");
            bad
        });
        self.node(pos, ExprKind::ChanType(Box::new(ChanType { dir, elem })))
    }

    /// `[len]elem` behind its `[`, and behind its length if that is given.
    pub(super) fn array_type(&mut self, pos: Pos, mut len: Option<Expr>) -> Expr {
        if len.is_none() && !self.got(Token::Dots) {
            self.bracket_depth += 1;
            len = Some(self.expr());
            self.bracket_depth -= 1;
        }
        if self.at(Token::Comma) {
            self.syntax_error("unexpected comma; expected ]");
            self.next();
        }
        self.want(Token::RightBracket);
        let elem = self.ty();
        self.node(pos, ExprKind::ArrayType(Box::new(ArrayType { len, elem })))
    }

    /// `[]elem` behind its brackets.
    pub(super) fn slice_type(&mut self, pos: Pos) -> Expr {
        let elem = self.ty();
        self.node(pos, ExprKind::SliceType(Box::new(elem)))
    }

    /// Type parameters and signature of a function; `context` says what it is if it may not have the former.
    pub(super) fn func_type(&mut self, context: &str) -> (Vec<Field>, FuncType) {
        let (id, pos) = (self.ids.fresh(), self.pos());
        let mut type_params = Vec::new();
        if self.got(Token::LeftBracket) {
            if !context.is_empty() {
                self.syntax_error_at(pos, &format!("{context} must have no type parameters"));
            }
            if self.at(Token::RightBracket) {
                self.syntax_error("empty type parameter list");
                self.next();
            } else {
                type_params = self.param_list(None, None, Token::RightBracket, true);
            }
        }
        self.want(Token::LeftParen);
        let params = self.variadic_param_list();
        let results = self.results();
        (type_params, FuncType { id, pos, params, results })
    }

    fn results(&mut self) -> Vec<Field> {
        if self.got(Token::LeftParen) {
            return self.param_list(None, None, Token::RightParen, false);
        }
        let pos = self.pos();
        self.type_or_none().map(|ty| field(pos, None, ty)).into_iter().collect()
    }

    /// `name`, `package.name`, either with type arguments; `name` is what was read already.
    pub(super) fn qualified_name(&mut self, name: Option<Ident>) -> Expr {
        let mut x = Expr::from(match name {
            Some(name) => name,
            None if self.at(Token::Name) => self.name(),
            None => {
                let pos = self.pos();
                let name = self.ident(pos, self.blank);
                self.syntax_error("expected name");
                self.advance(&[Token::Dot, Token::Semicolon, Token::RightBrace]);
                name
            }
        });
        if self.at(Token::Dot) {
            let pos = self.pos();
            self.next();
            let sel = self.name();
            x = self.node(pos, ExprKind::Selector(Box::new(SelectorExpr { x, sel })));
        }
        if self.at(Token::LeftBracket) {
            x = self.type_instance(x);
        }
        x
    }

    fn type_instance(&mut self, base: Expr) -> Expr {
        let pos = self.pos();
        self.want(Token::LeftBracket);
        let indices = if self.at(Token::RightBracket) {
            self.syntax_error("expected type argument list");
            vec![self.bad_expr()]
        } else {
            self.type_list(true).0
        };
        self.want(Token::RightBracket);
        self.node(pos, index_expr(base, indices))
    }

    /// Types separated by commas, and whether there was a comma. Unless `strict`, the first may be an expression.
    pub(super) fn type_list(&mut self, strict: bool) -> (Vec<Expr>, bool) {
        self.bracket_depth += 1;
        let first = if strict { self.ty() } else { self.expr() };
        let mut list = vec![first];
        let mut comma = false;
        while self.got(Token::Comma) {
            comma = true;
            match self.type_or_none() {
                Some(ty) => list.push(ty),
                None => break,
            }
        }
        self.bracket_depth -= 1;
        (list, comma)
    }

    /// What follows a name and begins with `[`: an array or slice type, the type of that name, or type arguments of it.
    pub(super) fn array_or_type_args(&mut self, name: Ident) -> Expr {
        let pos = self.pos();
        self.want(Token::LeftBracket);
        if self.got(Token::RightBracket) {
            return self.slice_type(pos);
        }
        let (mut list, comma) = self.type_list(false);
        self.want(Token::RightBracket);
        if !comma && let Some(elem) = self.type_or_none() {
            return self.node(pos, ExprKind::ArrayType(Box::new(ArrayType { len: list.pop(), elem })));
        }
        self.node(pos, index_expr(name.into(), list))
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Structs

    fn struct_type(&mut self) -> Expr {
        let pos = self.pos();
        self.want(Token::Struct);
        self.want(Token::LeftBrace);
        let mut fields = Vec::new();
        self.list("struct type", Token::Semicolon, Token::RightBrace, |parser| {
            fields.extend(parser.field_decl());
            false
        });
        self.node(pos, ExprKind::StructType(Box::new(StructType { fields })))
    }

    fn field_decl(&mut self) -> Option<Field> {
        let pos = self.pos();
        let (names, ty) = match self.token() {
            Token::Name => {
                let name = self.name();
                if matches!(self.token(), Token::Dot | Token::Literal | Token::Semicolon | Token::RightBrace) {
                    (Vec::new(), self.qualified_name(Some(name)))
                } else {
                    let names = self.name_list(name);
                    if names.len() == 1 && self.at(Token::LeftBracket) {
                        let ty = self.array_or_type_args(name);
                        let embedded = matches!(ty.kind, ExprKind::Index(_));
                        (if embedded { Vec::new() } else { names }, ty)
                    } else {
                        let ty = self.ty();
                        (names, ty)
                    }
                }
            }
            Token::Star => {
                self.next();
                let ty = if self.at(Token::LeftParen) {
                    self.syntax_error("cannot parenthesize embedded type");
                    self.next();
                    let ty = self.qualified_name(None);
                    self.got(Token::RightParen);
                    ty
                } else {
                    self.qualified_name(None)
                };
                (Vec::new(), self.pointer(pos, ty))
            }
            Token::LeftParen => {
                self.syntax_error("cannot parenthesize embedded type");
                self.next();
                let ty = if self.at(Token::Star) {
                    let star = self.pos();
                    self.next();
                    let ty = self.qualified_name(None);
                    self.pointer(star, ty)
                } else {
                    self.qualified_name(None)
                };
                self.got(Token::RightParen);
                (Vec::new(), ty)
            }
            _ => {
                self.syntax_error("expected field name or embedded type");
                self.advance(&[Token::Semicolon, Token::RightBrace]);
                return None;
            }
        };
        let tag = self.literal();
        Some(Field { pos, names, ty, tag })
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Interfaces and constraints

    fn interface_type(&mut self) -> Expr {
        let pos = self.pos();
        self.want(Token::Interface);
        self.want(Token::LeftBrace);
        let mut elements = Vec::new();
        self.list("interface type", Token::Semicolon, Token::RightBrace, |parser| {
            let pos = parser.pos();
            let mut elem = if parser.at(Token::Name) { Some(parser.method_or_embedded()) } else { None };
            if elem.as_ref().is_none_or(|field| field.names.is_empty()) {
                let ty = parser.constraint_elem(elem.map(|field| field.ty));
                elem = Some(field(pos, None, ty));
            }
            elements.extend(elem);
            false
        });
        self.node(pos, ExprKind::InterfaceType(Box::new(InterfaceType { elements })))
    }

    /// A method, or an embedded type that begins with a name.
    fn method_or_embedded(&mut self) -> Field {
        let pos = self.pos();
        let name = self.name();
        match self.token() {
            Token::LeftParen => self.method(pos, name),
            Token::LeftBracket => {
                let bracket = self.pos();
                self.next();
                if self.at(Token::RightBracket) {
                    let closing = self.pos();
                    self.next();
                    if self.at(Token::LeftParen) {
                        self.error_at(closing, "empty type parameter list");
                        return self.method(pos, name);
                    }
                    self.error_at(closing, "empty type argument list");
                    return field(pos, None, name.into());
                }
                // Type arguments look like a parameter list of types only; what it is shows afterwards.
                let list = self.param_list(None, None, Token::RightBracket, false);
                let Some(first) = list.first() else {
                    if self.at(Token::LeftParen) {
                        return self.method(pos, name);
                    }
                    return field(pos, None, name.into());
                };
                if !first.names.is_empty() {
                    let method = self.method(pos, name);
                    self.error_at(bracket, "interface method must have no type parameters");
                    return method;
                }
                let args = list.into_iter().map(|field| field.ty).collect();
                let ty = self.node(bracket, index_expr(name.into(), args));
                field(pos, None, ty)
            }
            _ => {
                let ty = self.qualified_name(Some(name));
                field(pos, None, ty)
            }
        }
    }

    fn method(&mut self, pos: Pos, name: Ident) -> Field {
        let (_, ty) = self.func_type("interface method");
        let ty = Expr { id: ty.id, pos: ty.pos, kind: ExprKind::FuncType(Box::new(ty)) };
        field(pos, Some(name), ty)
    }

    /// `term {| term}`; `first` is what was read of the first term.
    pub(super) fn constraint_elem(&mut self, first: Option<Expr>) -> Expr {
        let mut x = match first {
            Some(first) => first,
            None => self.constraint_term(),
        };
        let mut links = 0;
        while self.at_operator(Operator::Or) {
            let pos = self.pos();
            links += 1;
            if links > super::MAX_CHAIN {
                self.too_deep();
                break;
            }
            self.next();
            let y = self.constraint_term();
            x = self.node(pos, ExprKind::Binary(Box::new(BinaryExpr { op: Operator::Or, x, y })));
        }
        x
    }

    fn constraint_term(&mut self) -> Expr {
        let pos = self.pos();
        if self.at_operator(Operator::Tilde) {
            self.next();
            let x = self.ty();
            return self.node(pos, ExprKind::Unary(Box::new(UnaryExpr { op: Operator::Tilde, x })));
        }
        self.type_or_none().unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("expected ~ term or type");
            self.advance(&[Token::Operator, Token::Semicolon, Token::RightParen, Token::RightBracket, Token::RightBrace]);
            bad
        })
    }
}
