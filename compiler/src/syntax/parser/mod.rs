//! The parser: recursive descent over the tokens of one file.
//!
//! Its errors are those of Go's compiler, word for word and place for place, so it takes the same decisions in the same order:
//! what it accepts and complains about later, where it looks for a place to go on (`advance`), which follow-up errors it keeps
//! to itself. It always makes progress and always ends.
//!
//! - `decl`: import, const, type, var, func; parameters.
//! - `ty`: types. `expr`: expressions. `stmt`: statements.
//! - `branch`: after each function, labels and what `break`, `continue`, `goto` and `fallthrough` refer to.
//! - `pragma`: directives in comments.
//!
//! # Nesting
//! Trees are walked recursively by every pass, so their depth is bounded here: [`MAX_NESTING`] levels of brackets, statements
//! and operands inside each other, [`MAX_CHAIN`] links of a chain that leans to the left (`a + b + c`, `f()()()`, `else if`).
//! A file that goes beyond gets one error and is not read further.

mod branch;
mod decl;
mod expr;
mod pragma;
mod stmt;
mod ty;

pub(super) use decl::is_type_elem;

use super::ast::{Expr, ExprKind, Field, File, Ident, LinkName, Literal, NodeIds};
use super::lexer::Lexer;
use super::symbol::{Symbol, SymbolCache};
use super::token::{Operator, Token, TokenSet};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, LineDirective, Pos, SourceFile, SourceMap};

/// How deep constructs may nest.
pub const MAX_NESTING: u32 = 1000;
/// How long a chain that leans to the left may be.
pub const MAX_CHAIN: u32 = 10_000;

/// Whose file it is: some directives are for the standard library only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A package of the user's.
    User,
    /// A package of the standard library or of its overlay.
    Standard,
}

/// What the parser made of a file.
#[derive(Debug)]
pub struct Parsed {
    /// None if the package clause is missing or malformed.
    pub file: Option<File>,
    /// Errors in the order in which they were found.
    pub errors: Vec<Diagnostic>,
    /// Errors that Go's compiler reports only once the package has passed the type checker: misplaced directives.
    pub late_errors: Vec<Diagnostic>,
    /// Where the package clause and the imports end. Errors before are found by the go command, not by its compiler.
    pub header_end: Pos,
}

/// Parses a file of the map. Its `//line` directives are noted in the map.
pub fn parse_file(sources: &SourceMap, file: FileId, ids: &mut NodeIds, origin: Origin) -> Parsed {
    let source = sources.file(file);
    let mut parser = Parser::new(source, ids, origin);
    let result = parser.file(file);
    sources.set_line_directives(file, parser.line_directives);
    Parsed { file: result, errors: parser.errors, late_errors: parser.late_errors, header_end: parser.header_end }
}

/// The state of parsing one file.
struct Parser<'s> {
    lexer: Lexer<'s>,
    ids: &'s mut NodeIds,
    symbols: SymbolCache,
    blank: Symbol,
    source: &'s SourceFile,
    origin: Origin,
    errors: Vec<Diagnostic>,
    late_errors: Vec<Diagnostic>,
    /// How many of the errors are about syntax, not about directives or labels.
    syntax_errors: usize,
    /// Directives that wait for the declaration they belong to.
    pending: Option<Box<pragma::Pending>>,
    line_directives: Vec<LineDirective>,
    linknames: Vec<LinkName>,
    go_version: Option<String>,
    /// Whether the package clause is still to come.
    top: bool,
    /// The offset behind the token before the current one.
    previous_end: usize,
    /// See [`Parsed::header_end`].
    header_end: Pos,
    /// Whether `embed` was imported.
    embed_imported: bool,
    /// Depth of function bodies.
    function_depth: u32,
    /// Depth of brackets, in which `{` begins a composite literal; negative in a statement's header, where it begins a block.
    bracket_depth: i32,
    /// Levels of the recursion, against [`MAX_NESTING`].
    nesting: u32,
}

/// Keywords that begin a statement: places to go on after an error inside a function.
const STATEMENT_STARTS: TokenSet = TokenSet::of(&[
    Token::Break,
    Token::Const,
    Token::Continue,
    Token::Defer,
    Token::Fallthrough,
    Token::For,
    Token::Go,
    Token::Goto,
    Token::If,
    Token::Return,
    Token::Select,
    Token::Switch,
    Token::Type,
    Token::Var,
]);

const DECLARATION_STARTS: &[Token] = &[Token::Import, Token::Const, Token::Type, Token::Var, Token::Func];

impl<'s> Parser<'s> {
    fn new(source: &'s SourceFile, ids: &'s mut NodeIds, origin: Origin) -> Parser<'s> {
        Parser {
            lexer: Lexer::new(&source.text, source.base),
            ids,
            symbols: SymbolCache::default(),
            blank: Symbol::new("_"),
            source,
            origin,
            errors: Vec::new(),
            late_errors: Vec::new(),
            syntax_errors: 0,
            pending: None,
            line_directives: Vec::new(),
            linknames: Vec::new(),
            go_version: None,
            top: true,
            previous_end: 0,
            header_end: source.end().advanced(1),
            embed_imported: false,
            function_depth: 0,
            bracket_depth: 0,
            nesting: 0,
        }
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Tokens

    fn next(&mut self) {
        self.previous_end = self.lexer.end;
        self.lexer.next();
        if !self.lexer.errors.is_empty() {
            self.syntax_errors += self.lexer.errors.len();
            self.errors.append(&mut self.lexer.errors);
        }
        if !self.lexer.directives.is_empty() {
            self.take_directives();
        }
    }

    fn token(&self) -> Token {
        self.lexer.token
    }

    fn at(&self, token: Token) -> bool {
        self.lexer.token == token
    }

    /// Whether the current token is this operator (not `*` or `<-`).
    fn at_operator(&self, operator: Operator) -> bool {
        self.lexer.token == Token::Operator && self.lexer.operator == operator
    }

    fn pos(&self) -> Pos {
        self.lexer.pos()
    }

    fn got(&mut self, token: Token) -> bool {
        let found = self.at(token);
        if found {
            self.next();
        }
        found
    }

    fn want(&mut self, token: Token) {
        if !self.got(token) {
            self.syntax_error(&format!("expected {}", describe(token)));
            self.advance(&[]);
        }
    }

    /// An assignment's `=`; takes `:=` for one, with an error.
    fn got_assign(&mut self) -> bool {
        if self.at(Token::Define) {
            self.syntax_error("expected =");
            self.next();
            return true;
        }
        self.got(Token::Assign)
    }

    /// The spelling of the current token as text.
    fn spelling(&self) -> std::borrow::Cow<'s, str> {
        String::from_utf8_lossy(self.lexer.spelling())
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Errors

    fn error_at(&mut self, pos: Pos, message: impl Into<String>) {
        self.syntax_errors += 1;
        self.errors.push(Diagnostic::new(pos, message));
    }

    fn error(&mut self, message: impl Into<String>) {
        self.error_at(self.pos(), message);
    }

    fn syntax_error(&mut self, message: &str) {
        self.syntax_error_at(self.pos(), message);
    }

    /// Reports a syntax error. What begins with `in`, `at`, `after` or `expected` is put behind "unexpected" and the current
    /// token; anything else stands for itself.
    fn syntax_error_at(&mut self, pos: Pos, message: &str) {
        if self.at(Token::EndOfFile) && self.syntax_errors > 0 {
            return; // it would be a consequence of the first one
        }
        let tail = if message.starts_with("in ") || message.starts_with("at ") || message.starts_with("after ") {
            format!(" {message}")
        } else if message.starts_with("expected ") {
            format!(", {message}")
        } else {
            self.error_at(pos, format!("syntax error: {message}"));
            return;
        };
        let token = match self.token() {
            Token::Name => format!("name {}", self.spelling()),
            Token::Semicolon => self.lexer.semicolon.to_string(),
            Token::Literal => format!("literal {}", self.spelling()),
            Token::Operator => self.lexer.operator.to_string(),
            Token::AssignOperator => format!("{}=", self.lexer.operator),
            Token::IncrementOperator => format!("{0}{0}", self.lexer.operator),
            token => describe(token),
        };
        self.error_at(pos, format!("syntax error: unexpected {token}{tail}"));
    }

    /// Skips tokens up to one of `follow`, or inside a function up to a keyword that begins a statement. With an empty list,
    /// skips one token.
    fn advance(&mut self, follow: &[Token]) {
        let mut stop = TokenSet::of(&[Token::EndOfFile]);
        if !follow.is_empty() {
            if self.function_depth > 0 {
                stop = stop.and(STATEMENT_STARTS);
            }
            stop = stop.and(TokenSet::of(follow));
        }
        while !stop.contains(self.token()) {
            self.next();
            if follow.is_empty() {
                break;
            }
        }
    }

    /// Notes that the recursion goes one level deeper; false, with an error and at the end of the file, if it is too deep.
    /// Every call that returned true is paired with [`Parser::leave`].
    fn enter(&mut self) -> bool {
        if self.nesting >= MAX_NESTING {
            self.too_deep();
            return false;
        }
        self.nesting += 1;
        true
    }

    fn leave(&mut self) {
        self.nesting -= 1;
    }

    fn too_deep(&mut self) {
        if !self.at(Token::EndOfFile) {
            self.error("syntax error: nested too deeply");
            self.lexer.abandon();
        }
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Nodes

    fn node(&mut self, pos: Pos, kind: ExprKind) -> Expr {
        Expr { id: self.ids.fresh(), pos, kind }
    }

    fn bad_expr(&mut self) -> Expr {
        let pos = self.pos();
        self.node(pos, ExprKind::Bad)
    }

    fn ident(&mut self, pos: Pos, name: Symbol) -> Ident {
        Ident { id: self.ids.fresh(), pos, name }
    }

    /// The name at the current token; `_` with an error if there is none.
    fn name(&mut self) -> Ident {
        let pos = self.pos();
        if self.at(Token::Name) {
            let name = match std::str::from_utf8(self.lexer.spelling()) {
                Ok(text) => self.symbols.get(text),
                Err(_) => Symbol::new(&self.spelling()),
            };
            self.next();
            return self.ident(pos, name);
        }
        let name = self.ident(pos, self.blank);
        self.syntax_error("expected name");
        self.advance(&[]);
        name
    }

    /// `first {, name}`.
    fn name_list(&mut self, first: Ident) -> Vec<Ident> {
        let mut names = vec![first];
        while self.got(Token::Comma) {
            names.push(self.name());
        }
        names
    }

    /// The literal at the current token, if there is one.
    fn literal(&mut self) -> Option<Literal> {
        if !self.at(Token::Literal) {
            return None;
        }
        let literal = Literal { id: self.ids.fresh(), pos: self.pos(), kind: self.lexer.kind, bad: self.lexer.bad, text: self.spelling().into() };
        self.next();
        Some(literal)
    }

    /// Elements separated by `separator` up to `close` (or the end of the file); a separator may follow the last. `element`
    /// says when no more may come. The position of the closing token.
    fn list(&mut self, context: &str, separator: Token, close: Token, mut element: impl FnMut(&mut Parser<'s>) -> bool) -> Pos {
        let mut done = false;
        while !self.at(Token::EndOfFile) && !self.at(close) && !done {
            done = element(self);
            if !self.got(separator) && !self.at(close) {
                let (separator, closing) = (describe(separator), describe(close));
                self.syntax_error(&format!("in {context}; possibly missing {separator} or {closing}"));
                self.advance(&[Token::RightParen, Token::RightBracket, Token::RightBrace]);
                if !self.at(close) {
                    return self.pos();
                }
            }
        }
        let pos = self.pos();
        self.want(close);
        pos
    }
}

impl From<Ident> for Expr {
    fn from(ident: Ident) -> Expr {
        Expr { id: ident.id, pos: ident.pos, kind: ExprKind::Name(ident.name) }
    }
}

/// A field with at most one name.
fn field(pos: Pos, name: Option<Ident>, ty: Expr) -> Field {
    Field { pos, names: name.into_iter().collect(), ty, tag: None }
}

/// A token in the words of an error message.
fn describe(token: Token) -> String {
    match token {
        Token::Comma => "comma".to_string(),
        Token::Semicolon => "semicolon or newline".to_string(),
        token if token.is_keyword() => format!("keyword {}", token.as_str()),
        token => token.as_str().to_string(),
    }
}
