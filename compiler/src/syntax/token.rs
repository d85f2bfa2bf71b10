//! Tokens, operators and kinds of literals.
//!
//! Tokens are grouped as the parser's error messages need them: most operators are one token, [`Token::Operator`], told
//! apart by an [`Operator`]. `*` and `<-` have tokens of their own because they also begin types.

use std::fmt;

/// A kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Token {
    EndOfFile,
    /// An identifier that is no keyword.
    Name,
    /// A number, rune or string.
    Literal,
    /// A binary or unary operator other than `*` and `<-`.
    Operator,
    /// `op=`.
    AssignOperator,
    /// `++` or `--`.
    IncrementOperator,
    Assign,
    Define,
    Arrow,
    Star,
    LeftParen,
    LeftBracket,
    LeftBrace,
    RightParen,
    RightBracket,
    RightBrace,
    Comma,
    Semicolon,
    Colon,
    Dot,
    Dots,
    Break,
    Case,
    Chan,
    Const,
    Continue,
    Default,
    Defer,
    Else,
    Fallthrough,
    For,
    Func,
    Go,
    Goto,
    If,
    Import,
    Interface,
    Map,
    Package,
    Range,
    Return,
    Select,
    Struct,
    Switch,
    Type,
    Var,
}

impl Token {
    /// Its spelling, or a word for its kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Token::EndOfFile => "EOF",
            Token::Name => "name",
            Token::Literal => "literal",
            Token::Operator => "op",
            Token::AssignOperator => "op=",
            Token::IncrementOperator => "opop",
            Token::Assign => "=",
            Token::Define => ":=",
            Token::Arrow => "<-",
            Token::Star => "*",
            Token::LeftParen => "(",
            Token::LeftBracket => "[",
            Token::LeftBrace => "{",
            Token::RightParen => ")",
            Token::RightBracket => "]",
            Token::RightBrace => "}",
            Token::Comma => ",",
            Token::Semicolon => ";",
            Token::Colon => ":",
            Token::Dot => ".",
            Token::Dots => "...",
            Token::Break => "break",
            Token::Case => "case",
            Token::Chan => "chan",
            Token::Const => "const",
            Token::Continue => "continue",
            Token::Default => "default",
            Token::Defer => "defer",
            Token::Else => "else",
            Token::Fallthrough => "fallthrough",
            Token::For => "for",
            Token::Func => "func",
            Token::Go => "go",
            Token::Goto => "goto",
            Token::If => "if",
            Token::Import => "import",
            Token::Interface => "interface",
            Token::Map => "map",
            Token::Package => "package",
            Token::Range => "range",
            Token::Return => "return",
            Token::Select => "select",
            Token::Struct => "struct",
            Token::Switch => "switch",
            Token::Type => "type",
            Token::Var => "var",
        }
    }

    /// Whether it is a keyword.
    pub fn is_keyword(self) -> bool {
        self as u8 >= Token::Break as u8
    }

    /// The keyword of that spelling.
    pub fn keyword(text: &[u8]) -> Option<Token> {
        Some(match text {
            b"break" => Token::Break,
            b"case" => Token::Case,
            b"chan" => Token::Chan,
            b"const" => Token::Const,
            b"continue" => Token::Continue,
            b"default" => Token::Default,
            b"defer" => Token::Defer,
            b"else" => Token::Else,
            b"fallthrough" => Token::Fallthrough,
            b"for" => Token::For,
            b"func" => Token::Func,
            b"go" => Token::Go,
            b"goto" => Token::Goto,
            b"if" => Token::If,
            b"import" => Token::Import,
            b"interface" => Token::Interface,
            b"map" => Token::Map,
            b"package" => Token::Package,
            b"range" => Token::Range,
            b"return" => Token::Return,
            b"select" => Token::Select,
            b"struct" => Token::Struct,
            b"switch" => Token::Switch,
            b"type" => Token::Type,
            b"var" => Token::Var,
            _ => return None,
        })
    }
}

/// A set of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenSet(u64);

impl TokenSet {
    /// The set of these tokens.
    pub const fn of(tokens: &[Token]) -> TokenSet {
        let mut bits = 0;
        let mut index = 0;
        while index < tokens.len() {
            bits |= 1 << tokens[index] as u8;
            index += 1;
        }
        TokenSet(bits)
    }

    /// Both sets together.
    pub const fn and(self, other: TokenSet) -> TokenSet {
        TokenSet(self.0 | other.0)
    }

    /// Whether the token is in it.
    pub const fn contains(self, token: Token) -> bool {
        self.0 >> token as u8 & 1 != 0
    }
}

/// An operator, unary or binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Operator {
    /// `!x`.
    Not,
    /// `<-x`.
    Receive,
    /// `~T`.
    Tilde,
    OrOr,
    AndAnd,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// `x + y`, and `+x`.
    Add,
    /// `x - y`, and `-x`.
    Sub,
    Or,
    /// `x ^ y`, and `^x`.
    Xor,
    /// `x * y`; as a unary operator `*x`, which is a dereference or a pointer type.
    Mul,
    Div,
    Rem,
    /// `x & y`, and `&x`.
    And,
    AndNot,
    ShiftLeft,
    ShiftRight,
}

impl Operator {
    /// Its spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::Not => "!",
            Operator::Receive => "<-",
            Operator::Tilde => "~",
            Operator::OrOr => "||",
            Operator::AndAnd => "&&",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Or => "|",
            Operator::Xor => "^",
            Operator::Mul => "*",
            Operator::Div => "/",
            Operator::Rem => "%",
            Operator::And => "&",
            Operator::AndNot => "&^",
            Operator::ShiftLeft => "<<",
            Operator::ShiftRight => ">>",
        }
    }

    /// Precedence as a binary operator, 1 (`||`) to 5 (`*`); 0 if it is none.
    pub fn precedence(self) -> u8 {
        match self {
            Operator::Not | Operator::Receive | Operator::Tilde => 0,
            Operator::OrOr => 1,
            Operator::AndAnd => 2,
            Operator::Equal | Operator::NotEqual | Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => 3,
            Operator::Add | Operator::Sub | Operator::Or | Operator::Xor => 4,
            Operator::Mul | Operator::Div | Operator::Rem | Operator::And | Operator::AndNot | Operator::ShiftLeft | Operator::ShiftRight => 5,
        }
    }

    /// Whether it compares: `== != < <= > >=`.
    pub fn is_comparison(self) -> bool {
        self.precedence() == 3
    }

    /// Whether it shifts: `<< >>`.
    pub fn is_shift(self) -> bool {
        matches!(self, Operator::ShiftLeft | Operator::ShiftRight)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of basic literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LiteralKind {
    Int,
    Float,
    /// With the suffix `i`.
    Imaginary,
    Rune,
    String,
}
