//! Files, declarations and parameter lists.

use super::pragma::Place;
use super::{DECLARATION_STARTS, Parser, describe, field};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Pos};
use crate::syntax::ast::{
    BinaryExpr, ConstDecl, Decl, Expr, ExprKind, Field, File, FuncDecl, FuncType, GroupId, Ident, ImportDecl, IndexExpr, LiteralKind, TypeDecl,
    UnaryExpr, VarDecl,
};
use crate::syntax::symbol::Symbol;
use crate::syntax::token::{Operator, Token};

/// What a declaration is part of: the group in parentheses and its place in it.
#[derive(Clone, Copy)]
pub(super) struct Group {
    id: Option<GroupId>,
    index: u32,
}

/// A parameter as it is read, before names and types are told apart.
struct Parameter {
    pos: Pos,
    name: Option<Ident>,
    ty: Option<Expr>,
}

impl Parser<'_> {
    /// A whole file, from before its first token. None without a proper package clause.
    pub(super) fn file(&mut self, id: FileId) -> Option<File> {
        self.next();
        let pos = self.pos();
        let node = self.ids.fresh();
        let go_version = self.go_version.take();
        self.top = false;
        if !self.got(Token::Package) {
            self.syntax_error("package statement must be first");
            return None;
        }
        self.take_pragmas(Place::File);
        let has_name = self.at(Token::Name);
        let package = self.name();
        if has_name && (!self.at(Token::Semicolon) || self.stray().is_some()) {
            self.end_header();
        }
        self.want(Token::Semicolon);
        if self.syntax_errors > 0 {
            return None;
        }

        let mut decls = Vec::new();
        let mut previous = Token::Import;
        let mut in_header = true;
        while !self.at(Token::EndOfFile) {
            if in_header && !self.at(Token::Import) {
                in_header = false;
                self.end_header();
            }
            if self.at(Token::Import) && previous != Token::Import {
                self.syntax_error("imports must appear before other declarations");
            }
            previous = self.token();
            match self.token() {
                Token::Import | Token::Const | Token::Type | Token::Var => self.group(&mut decls),
                Token::Func => {
                    self.next();
                    let decl = self.func_decl();
                    decls.push(Decl::Func(Box::new(decl)));
                }
                _ => {
                    let headless = matches!(decls.last(), Some(Decl::Func(func)) if func.body.is_none());
                    if self.at(Token::LeftBrace) && headless {
                        self.syntax_error("unexpected semicolon or newline before {");
                    } else {
                        self.syntax_error("non-declaration statement outside function body");
                    }
                    self.advance(DECLARATION_STARTS);
                    continue;
                }
            }
            // Before the semicolon: the comments behind it may hold directives for the next declaration.
            self.clear_pragmas();
            if !self.at(Token::EndOfFile) && !self.got(Token::Semicolon) {
                if in_header {
                    in_header = false;
                    self.end_header();
                }
                self.syntax_error("after top level declaration");
                self.advance(DECLARATION_STARTS);
            }
        }
        self.clear_pragmas();
        let linknames = std::mem::take(&mut self.linknames);
        Some(File { id, node, pos, package, decls, end: self.pos(), go_version, linknames })
    }

    /// Where a stray character stands in front of the current token.
    fn stray(&self) -> Option<Pos> {
        let from = self.source.base.advanced(self.previous_end);
        let is_stray = |error: &&Diagnostic| error.pos >= from && error.message.starts_with("invalid character");
        self.errors.iter().find(is_stray).map(|error| error.pos)
    }

    /// The header ends before the current token, or before a stray character in front of it.
    fn end_header(&mut self) {
        self.header_end = self.stray().unwrap_or(self.pos());
    }

    /// The declarations of one keyword, which is the current token: one, or several in parentheses.
    pub(super) fn group(&mut self, decls: &mut Vec<Decl>) {
        let keyword = self.token();
        self.next();
        if !self.at(Token::LeftParen) {
            let decl = self.spec(keyword, Group { id: None, index: 0 });
            decls.push(decl);
            return;
        }
        let id = Some(self.ids.fresh());
        let mut index = 0;
        self.clear_pragmas();
        self.next();
        self.list("grouped declaration", Token::Semicolon, Token::RightParen, |parser| {
            let decl = parser.spec(keyword, Group { id, index });
            decls.push(decl);
            index += 1;
            false
        });
    }

    fn spec(&mut self, keyword: Token, group: Group) -> Decl {
        match keyword {
            Token::Import => Decl::Import(Box::new(self.import_decl(group))),
            Token::Const => Decl::Const(Box::new(self.const_decl(group))),
            Token::Type => Decl::Type(Box::new(self.type_decl(group))),
            _ => Decl::Var(Box::new(self.var_decl(group))),
        }
    }

    fn import_decl(&mut self, group: Group) -> ImportDecl {
        let (id, pos) = (self.ids.fresh(), self.pos());
        self.take_pragmas(Place::Other);
        let name = match self.token() {
            Token::Name => Some(self.name()),
            Token::Dot => {
                let name = self.ident(pos, Symbol::new("."));
                self.next();
                Some(name)
            }
            _ => None,
        };
        let mut path = self.literal();
        match &mut path {
            None => {
                self.syntax_error("missing import path");
                self.advance(&[Token::Semicolon, Token::RightParen]);
            }
            Some(path) => {
                if !path.bad && path.kind != LiteralKind::String {
                    self.syntax_error_at(path.pos, "import path must be a string");
                    path.bad = true;
                }
                if matches!(&*path.text, "\"embed\"" | "`embed`") {
                    self.embed_imported = true;
                }
            }
        }
        ImportDecl { id, pos, group: group.id, name, path }
    }

    fn const_decl(&mut self, group: Group) -> ConstDecl {
        let (id, pos) = (self.ids.fresh(), self.pos());
        self.take_pragmas(Place::Other);
        let first = self.name();
        let names = self.name_list(first);
        let mut ty = None;
        let mut values = Vec::new();
        if !matches!(self.token(), Token::EndOfFile | Token::Semicolon | Token::RightParen) {
            ty = self.type_or_none();
            if self.got_assign() {
                values = self.expr_list();
            }
        }
        ConstDecl { id, pos, group: group.id, iota: group.index, names, ty, values }
    }

    fn var_decl(&mut self, group: Group) -> VarDecl {
        let (id, pos) = (self.ids.fresh(), self.pos());
        let pending = self.take_pragmas(Place::Var);
        let first = self.name();
        let names = self.name_list(first);
        let mut ty = None;
        let mut values = Vec::new();
        if self.got_assign() {
            values = self.expr_list();
        } else {
            ty = Some(self.ty());
            if self.got_assign() {
                values = self.expr_list();
            }
        }
        let decl = VarDecl { id, pos, group: group.id, names, ty, values, pragmas: pending };
        self.check_embed(&decl);
        decl
    }

    fn type_decl(&mut self, group: Group) -> TypeDecl {
        let (id, pos) = (self.ids.fresh(), self.pos());
        let pragmas = self.take_pragmas(Place::Other);
        let name = self.name();
        let mut type_params = Vec::new();
        let mut alias = false;
        let ty;
        if self.at(Token::LeftBracket) {
            let bracket = self.pos();
            self.next();
            match self.token() {
                Token::Name => {
                    // An array length or the first type parameter. No constant expression has an index, so a name followed
                    // by `[` begins a type parameter; everything else is read as an expression and looked at again.
                    let first = self.name();
                    let mut x = Expr::from(first);
                    if !self.at(Token::LeftBracket) {
                        self.bracket_depth += 1;
                        let operand = self.primary_expr_from(x);
                        x = self.binary_expr_from(operand, 0);
                        self.bracket_depth -= 1;
                    }
                    match split_type_param(x, self.at(Token::Comma)) {
                        Split::Param(param, bound) if bound.is_some() || !self.at(Token::RightBracket) => {
                            type_params = self.param_list(Some(param), bound, Token::RightBracket, true);
                            alias = self.got_assign();
                            ty = self.type_or_none();
                        }
                        Split::Param(param, _) => ty = Some(self.array_type(bracket, Some(param.into()))),
                        Split::Length(len) => ty = Some(self.array_type(bracket, Some(len))),
                    }
                }
                Token::RightBracket => {
                    self.next();
                    ty = Some(self.slice_type(bracket));
                }
                _ => ty = Some(self.array_type(bracket, None)),
            }
        } else {
            alias = self.got_assign();
            ty = self.type_or_none();
        }
        let ty = ty.unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("in type declaration");
            self.advance(&[Token::Semicolon, Token::RightParen]);
            bad
        });
        TypeDecl { id, pos, group: group.id, name, type_params, alias, ty, pragmas }
    }

    /// A function or method, behind `func`.
    fn func_decl(&mut self) -> FuncDecl {
        let (id, pos) = (self.ids.fresh(), self.pos());
        let pragmas = self.take_pragmas(Place::Func);
        let mut receiver = None;
        let mut has_receiver = false;
        if self.got(Token::LeftParen) {
            has_receiver = true;
            let mut receivers = self.param_list(None, None, Token::RightParen, false);
            let count: usize = receivers.iter().map(Field::count).sum();
            match count {
                0 => self.error("method has no receiver"),
                1 => {}
                _ => self.error("method has multiple receivers"),
            }
            if !receivers.is_empty() {
                let mut first = receivers.swap_remove(0);
                first.names.truncate(1);
                receiver = Some(first);
            }
        }
        let (name, type_params, ty);
        if self.at(Token::Name) {
            name = self.name();
            (type_params, ty) = self.func_type("");
        } else {
            let here = self.pos();
            name = self.ident(here, self.blank);
            type_params = Vec::new();
            ty = FuncType { id: self.ids.fresh(), pos: here, params: Vec::new(), results: Vec::new() };
            self.syntax_error(if has_receiver { "expected name" } else { "expected name or (" });
            self.advance(&[Token::LeftBrace, Token::Semicolon]);
        }
        let body = self.at(Token::LeftBrace).then(|| self.func_body());
        FuncDecl { id, pos, receiver, name, type_params, ty, body, pragmas }
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Parameters

    /// Parameters, results or type parameters behind their opening bracket, up to and with `close`. In a type parameter list
    /// (`named_only`) all must have names, otherwise all or none. `name` and `ty` are what was read of the first one.
    pub(super) fn param_list(&mut self, name: Option<Ident>, ty: Option<Expr>, close: Token, named_only: bool) -> Vec<Field> {
        let mut fields = self.param_list_with_dots(name, ty, close, named_only);
        self.check_dots(&mut fields, "invalid use of ...", |_, _| true);
        fields
    }

    /// Parameters of a function, of which the last may be variadic.
    pub(super) fn variadic_param_list(&mut self) -> Vec<Field> {
        let mut fields = self.param_list_with_dots(None, None, Token::RightParen, false);
        let count = fields.len();
        self.check_dots(&mut fields, "can only use ... with final parameter", |index, field| index + 1 < count || field.names.len() > 1);
        fields
    }

    /// Makes `T` of each `...T` that `is_wrong` says so of, and reports the first.
    fn check_dots(&mut self, fields: &mut [Field], message: &str, is_wrong: impl Fn(usize, &Field) -> bool) {
        let mut is_first = true;
        for (index, field) in fields.iter_mut().enumerate() {
            if !matches!(field.ty.kind, ExprKind::DotsType(_)) || !is_wrong(index, field) {
                continue;
            }
            if std::mem::take(&mut is_first) {
                self.error_at(field.ty.pos, message);
            }
            if let ExprKind::DotsType(elem) = std::mem::replace(&mut field.ty.kind, ExprKind::Bad) {
                field.ty = *elem;
            }
        }
    }

    fn param_list_with_dots(&mut self, mut name: Option<Ident>, mut ty: Option<Expr>, close: Token, named_only: bool) -> Vec<Field> {
        if let (Some(first), true, true) = (name, ty.is_some(), self.at(close)) {
            self.next();
            return ty.map(|ty| field(first.pos, Some(first), ty)).into_iter().collect();
        }
        let mut list: Vec<Parameter> = Vec::new();
        let end = self.list("parameter list", Token::Comma, close, |parser| {
            let parameter = match (name.take(), ty.take()) {
                (Some(name), Some(ty)) => Some(Parameter { pos: name.pos, name: Some(name), ty: Some(ty) }),
                (name, _) => parser.parameter(name, close),
            };
            list.extend(parameter);
            false
        });
        let named = list.iter().filter(|parameter| parameter.name.is_some() && parameter.ty.is_some()).count();
        let typed = list.iter().filter(|parameter| parameter.ty.is_some()).count();
        if named == 0 && !named_only {
            // What looked like names are types.
            for parameter in &mut list {
                if let Some(name) = parameter.name.take() {
                    parameter.ty = Some(name.into());
                }
            }
        } else if named != list.len() {
            self.complete_params(&mut list, named == typed, named_only, end);
        }
        group_params(list)
    }

    /// Gives names and types to those that lack one where all must have both, and complains if that cannot be done right.
    fn complete_params(&mut self, list: &mut [Parameter], names_lack_types: bool, named_only: bool, end: Pos) {
        let count = list.len();
        let mut error = None;
        let mut typed_follows = false;
        for parameter in list.iter_mut().rev() {
            if let Some(ty) = &parameter.ty {
                typed_follows = true;
                if parameter.name.is_none() {
                    let start = ty.start();
                    error = Some(start);
                    parameter.name = Some(self.ident(start, self.blank));
                }
            } else if !typed_follows {
                let pos = parameter.name.map_or(parameter.pos, |name| name.pos);
                error = Some(pos);
                parameter.ty = Some(self.node(pos, ExprKind::Bad));
            }
        }
        let Some(pos) = error else { return };
        if names_lack_types {
            self.syntax_error_at(end, if named_only { "missing type constraint" } else { "missing parameter type" });
        } else if !named_only {
            self.syntax_error_at(pos, "missing parameter name");
        } else if count == 1 {
            self.syntax_error_at(pos, "missing type parameter name or invalid array length");
        } else {
            self.syntax_error_at(pos, "missing type parameter name");
        }
    }

    /// One parameter: a name, a type, or both. Type sets (`~T | U`) are understood if `follow` is `]`.
    fn parameter(&mut self, name: Option<Ident>, follow: Token) -> Option<Parameter> {
        let type_sets = follow == Token::RightBracket;
        let mut pos = self.pos();
        if let Some(name) = name {
            pos = name.pos;
        } else if type_sets && self.at_operator(Operator::Tilde) {
            let ty = self.constraint_elem(None);
            return Some(Parameter { pos, name: None, ty: Some(ty) });
        }
        let union_follows = |parser: &Self| type_sets && parser.at_operator(Operator::Or);

        let mut param_name = None;
        if self.at(Token::Name) || name.is_some() {
            let name = match name {
                Some(name) => name,
                None => self.name(),
            };
            if self.at(Token::LeftBracket) {
                // name "[" n "]" E, or name "[" T1, T2 "]"
                let mut ty = self.array_or_type_args(name);
                let name = (!matches!(ty.kind, ExprKind::Index(_))).then_some(name);
                if union_follows(self) {
                    ty = self.constraint_elem(Some(ty));
                }
                return Some(Parameter { pos, name, ty: Some(ty) });
            }
            if self.at(Token::Dot) {
                let mut ty = self.qualified_name(Some(name));
                if union_follows(self) {
                    ty = self.constraint_elem(Some(ty));
                }
                return Some(Parameter { pos, name: None, ty: Some(ty) });
            }
            if union_follows(self) {
                let ty = self.constraint_elem(Some(name.into()));
                return Some(Parameter { pos, name: None, ty: Some(ty) });
            }
            param_name = Some(name);
        }

        if self.at(Token::Dots) {
            let dots = self.pos();
            self.next();
            let ty = match self.type_or_none() {
                Some(elem) => self.node(dots, ExprKind::DotsType(Box::new(elem))),
                None => {
                    let bad = self.bad_expr();
                    self.syntax_error("... is missing type");
                    bad
                }
            };
            return Some(Parameter { pos, name: param_name, ty: Some(ty) });
        }
        if type_sets && self.at_operator(Operator::Tilde) {
            let ty = self.constraint_elem(None);
            return Some(Parameter { pos, name: param_name, ty: Some(ty) });
        }
        let mut ty = self.type_or_none();
        if ty.is_some() && union_follows(self) {
            ty = Some(self.constraint_elem(ty));
        }
        if param_name.is_some() || ty.is_some() {
            return Some(Parameter { pos, name: param_name, ty });
        }
        self.syntax_error(&format!("expected {}", describe(follow)));
        self.advance(&[Token::Comma, follow]);
        None
    }
}

/// Joins names with the type that follows them into one field.
fn group_params(list: Vec<Parameter>) -> Vec<Field> {
    let mut fields = Vec::with_capacity(list.len());
    let mut waiting: Vec<Ident> = Vec::new();
    for parameter in list {
        let Some(ty) = parameter.ty else {
            waiting.extend(parameter.name);
            continue;
        };
        let pos = waiting.first().map_or(parameter.pos, |name| name.pos);
        let mut names = std::mem::take(&mut waiting);
        names.extend(parameter.name);
        fields.push(Field { pos, names, ty, tag: None });
    }
    fields
}

/// What the expression behind `type T[` turns out to be.
enum Split {
    /// A type parameter's name and what could be read of its constraint.
    Param(Ident, Option<Expr>),
    /// An array length.
    Length(Expr),
}

/// Splits `x` into a name and a type if it can be read so: `P *E` comes as a product, `P (E)` as a call, `P *E | F` as a
/// disjunction. It is done if the type can be nothing but a type, or if `force` is set.
fn split_type_param(x: Expr, force: bool) -> Split {
    if let Some(name) = x.as_ident() {
        return Split::Param(name, None);
    }
    let Expr { id, pos, kind } = x;
    match kind {
        ExprKind::Binary(binary) if binary.op == Operator::Mul => match binary.x.as_ident() {
            Some(name) if force || is_type_elem(&binary.y) => {
                let unary = UnaryExpr { op: Operator::Mul, x: binary.y };
                Split::Param(name, Some(Expr { id, pos, kind: ExprKind::Unary(Box::new(unary)) }))
            }
            _ => Split::Length(Expr { id, pos, kind: ExprKind::Binary(binary) }),
        },
        ExprKind::Binary(binary) if binary.op == Operator::Or && binary.x.as_name().is_none() => {
            let BinaryExpr { op, x, y } = *binary;
            let force = force || is_type_elem(&y);
            let node = |x| Expr { id, pos, kind: ExprKind::Binary(Box::new(BinaryExpr { op, x, y })) };
            match split_type_param(x, force) {
                Split::Param(name, Some(left)) => Split::Param(name, Some(node(left))),
                Split::Param(name, None) => Split::Length(node(name.into())),
                Split::Length(x) => Split::Length(node(x)),
            }
        }
        ExprKind::Call(mut call) => match (call.fun.as_ident(), &call.args[..]) {
            (Some(name), [arg]) if !call.has_dots && (force || is_type_elem(arg)) => Split::Param(name, call.args.pop().map(Expr::into_unparen)),
            _ => Split::Length(Expr { id, pos, kind: ExprKind::Call(call) }),
        },
        kind => Split::Length(Expr { id, pos, kind }),
    }
}

/// Whether an expression can be nothing but a type.
pub(in crate::syntax) fn is_type_elem(x: &Expr) -> bool {
    match &x.kind {
        ExprKind::ArrayType(_)
        | ExprKind::StructType(_)
        | ExprKind::FuncType(_)
        | ExprKind::InterfaceType(_)
        | ExprKind::SliceType(_)
        | ExprKind::MapType(_)
        | ExprKind::ChanType(_) => true,
        ExprKind::Unary(unary) => is_type_elem(&unary.x) || unary.op == Operator::Tilde,
        ExprKind::Binary(binary) => is_type_elem(&binary.x) || is_type_elem(&binary.y),
        ExprKind::Paren(inner) => is_type_elem(inner),
        _ => false,
    }
}

/// `base[args]`.
pub(super) fn index_expr(base: Expr, indices: Vec<Expr>) -> ExprKind {
    ExprKind::Index(Box::new(IndexExpr { x: base, indices }))
}
