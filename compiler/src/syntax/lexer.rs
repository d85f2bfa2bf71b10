//! The lexer: bytes to tokens.
//!
//! It holds one token at a time, in its public fields, and is asked for the next one. Semicolons are put in at line ends as the
//! language says. Characters are decoded one ahead; those that may stand nowhere in a source (NUL, broken UTF-8, a byte order
//! mark that is not the first character) are reported and skipped as if they were not there, as Go's compiler does.
//!
//! Comments vanish, except directives (`//go:…`, `//line …`, `/*line …*/`), which wait in [`Lexer::directives`] for the parser.
//!
//! Most files are clean UTF-8, which is found out once at the start ([`Lexer::new`]); in them comments and strings are passed
//! over bytewise.

use super::token::{LiteralKind, Operator, Token};
use super::unicode::{is_digit, is_letter};
use crate::diagnostic::Diagnostic;
use crate::source::Pos;

/// The end of the text, in place of a character.
const END: u32 = u32::MAX;

/// A comment that is a directive: the offsets of its `/` and of its end.
#[derive(Clone, Copy, Debug)]
pub struct Directive {
    pub start: usize,
    pub end: usize,
    /// Whether only white space stands before it on its line.
    pub blank: bool,
}

/// Reads tokens from a text.
#[derive(Debug)]
pub struct Lexer<'s> {
    text: &'s [u8],
    /// Position of the text's first byte.
    base: Pos,
    /// Whether the text has none of the characters that are reported and skipped.
    clean: bool,
    /// Whether a line end means a semicolon now.
    line_end_counts: bool,
    /// The current character, or [`END`].
    ch: u32,
    /// Its offset.
    at: usize,
    /// Its length in bytes.
    width: usize,

    /// The current token.
    pub token: Token,
    /// Its offset.
    pub start: usize,
    /// The offset behind it.
    pub end: usize,
    /// For a literal.
    pub kind: LiteralKind,
    /// For a literal: an error was reported about it.
    pub bad: bool,
    /// For the operator tokens and `*`.
    pub operator: Operator,
    /// The precedence of `operator`; 0 if it cannot be binary.
    pub precedence: u8,
    /// For a semicolon: `semicolon`, `newline` or `EOF`.
    pub semicolon: &'static str,
    /// Errors found since somebody last took them.
    pub errors: Vec<Diagnostic>,
    /// Directives found since somebody last took them.
    pub directives: Vec<Directive>,
    /// All comments, if somebody asked for them with [`Lexer::keep_comments`].
    pub comments: Option<Vec<(usize, usize)>>,
}

impl<'s> Lexer<'s> {
    /// A lexer before the first token of a text whose first byte has that position.
    pub fn new(text: &'s [u8], base: Pos) -> Lexer<'s> {
        let clean = match std::str::from_utf8(text) {
            Ok(string) => !text.contains(&0) && !string.get(1..).is_some_and(|rest| rest.contains('\u{feff}')),
            Err(_) => false,
        };
        let mut lexer = Lexer {
            text,
            base,
            clean,
            line_end_counts: false,
            ch: END,
            at: 0,
            width: 0,
            token: Token::EndOfFile,
            start: 0,
            end: 0,
            kind: LiteralKind::Int,
            bad: false,
            operator: Operator::Not,
            precedence: 0,
            semicolon: "",
            errors: Vec::new(),
            directives: Vec::new(),
            comments: None,
        };
        lexer.read();
        lexer
    }

    /// Collects the extents of all comments in [`Lexer::comments`].
    pub fn keep_comments(&mut self) {
        self.comments = Some(Vec::new());
    }

    /// The spelling of the current token.
    pub fn spelling(&self) -> &'s [u8] {
        &self.text[self.start..self.end]
    }

    /// The position of the current token.
    pub fn pos(&self) -> Pos {
        self.base.advanced(self.start)
    }

    /// Gives up: from now on there is only the end of the file.
    pub fn abandon(&mut self) {
        self.at = self.text.len();
        self.width = 0;
        self.ch = END;
        self.start = self.at;
        self.end = self.at;
        self.line_end_counts = false;
        self.token = Token::EndOfFile;
    }

    fn error_at(&mut self, offset: usize, message: impl Into<String>) {
        self.errors.push(Diagnostic::new(self.base.advanced(offset), message));
    }

    /// Reports at the current character.
    fn error(&mut self, message: impl Into<String>) {
        self.error_at(self.at, message);
    }

    /// Moves to the next character.
    #[inline]
    fn advance(&mut self) {
        self.at += self.width;
        self.read();
    }

    #[inline]
    fn read(&mut self) {
        match self.text.get(self.at) {
            Some(byte @ 1..0x80) => {
                self.ch = *byte as u32;
                self.width = 1;
            }
            _ => self.read_slowly(),
        }
    }

    fn read_slowly(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let Some(first) = rest.first() else {
                self.ch = END;
                self.width = 0;
                return;
            };
            if *first == 0 && self.at == 0 {
                // As the very first character it is a stray one like others.
                (self.ch, self.width) = (0, 1);
                return;
            }
            if *first == 0 {
                self.error("invalid NUL character");
                self.at += 1;
                continue;
            }
            let Some(ch) = decode(rest) else {
                self.error("invalid UTF-8 encoding");
                self.at += 1;
                continue;
            };
            if ch == '\u{feff}' {
                if self.at > 0 {
                    self.error("invalid BOM in the middle of the file");
                }
                self.at += 3;
                continue;
            }
            self.ch = ch as u32;
            self.width = ch.len_utf8();
            return;
        }
    }

    /// Moves to an offset in clean text.
    fn jump(&mut self, offset: usize) {
        self.at = offset;
        self.read();
    }

    fn at(&self, ch: char) -> bool {
        self.ch == ch as u32
    }

    /// Moves over the character if it is the current one.
    fn eat(&mut self, ch: char) -> bool {
        let found = self.at(ch);
        if found {
            self.advance();
        }
        found
    }

    fn at_decimal(&self) -> bool {
        (b'0' as u32..=b'9' as u32).contains(&self.ch)
    }

    /// Reads the next token.
    pub fn next(&mut self) {
        let line_end_counts = std::mem::replace(&mut self.line_end_counts, false);
        loop {
            let skipped_from = self.at;
            while self.at(' ') || self.at('\t') || self.at('\r') || (self.at('\n') && !line_end_counts) {
                self.advance();
            }
            self.start = self.at;
            if self.one(line_end_counts, skipped_from) {
                self.end = self.at;
                return;
            }
        }
    }

    /// Reads one token, or false if it was a comment or a stray character.
    fn one(&mut self, line_end_counts: bool, skipped_from: usize) -> bool {
        let ch = self.ch;
        if ch < 0x80 {
            if is_ident_byte(ch as u8) && !self.at_decimal() {
                self.identifier();
                return true;
            }
        } else if ch != END && self.at_identifier_char(true) {
            self.advance();
            self.identifier();
            return true;
        }
        if ch == END {
            if line_end_counts {
                self.semicolon = "EOF";
                self.token = Token::Semicolon;
            } else {
                self.token = Token::EndOfFile;
            }
            return true;
        }
        match ch as u8 {
            b'\n' => {
                self.advance();
                self.semicolon = "newline";
                self.token = Token::Semicolon;
            }
            b'0'..=b'9' => self.number(false),
            b'"' => self.string(),
            b'`' => self.raw_string(),
            b'\'' => self.rune(),
            b'(' => self.single(Token::LeftParen),
            b'[' => self.single(Token::LeftBracket),
            b'{' => self.single(Token::LeftBrace),
            b',' => self.single(Token::Comma),
            b';' => {
                self.semicolon = "semicolon";
                self.single(Token::Semicolon);
            }
            b')' => self.closing(Token::RightParen),
            b']' => self.closing(Token::RightBracket),
            b'}' => self.closing(Token::RightBrace),
            b':' => {
                self.advance();
                self.token = if self.eat('=') { Token::Define } else { Token::Colon };
            }
            b'.' => {
                self.advance();
                if self.at_decimal() {
                    self.number(true);
                } else {
                    let behind = (self.ch, self.at, self.width);
                    if self.eat('.') && self.eat('.') {
                        self.token = Token::Dots;
                    } else {
                        (self.ch, self.at, self.width) = behind;
                        self.token = Token::Dot;
                    }
                }
            }
            b'+' => self.increment_or_operator('+', Operator::Add),
            b'-' => self.increment_or_operator('-', Operator::Sub),
            b'*' => {
                self.advance();
                self.set_operator(Operator::Mul);
                self.token = if self.eat('=') { Token::AssignOperator } else { Token::Star };
            }
            b'/' => return self.slash(line_end_counts, skipped_from),
            b'%' => {
                self.advance();
                self.operator_or_assign(Operator::Rem);
            }
            b'&' => {
                self.advance();
                if self.eat('&') {
                    self.plain_operator(Operator::AndAnd);
                } else {
                    let operator = if self.eat('^') { Operator::AndNot } else { Operator::And };
                    self.operator_or_assign(operator);
                }
            }
            b'|' => {
                self.advance();
                if self.eat('|') {
                    self.plain_operator(Operator::OrOr);
                } else {
                    self.operator_or_assign(Operator::Or);
                }
            }
            b'^' => {
                self.advance();
                self.operator_or_assign(Operator::Xor);
            }
            b'<' => {
                self.advance();
                if self.eat('=') {
                    self.plain_operator(Operator::LessEqual);
                } else if self.eat('<') {
                    self.operator_or_assign(Operator::ShiftLeft);
                } else if self.eat('-') {
                    self.token = Token::Arrow;
                } else {
                    self.plain_operator(Operator::Less);
                }
            }
            b'>' => {
                self.advance();
                if self.eat('=') {
                    self.plain_operator(Operator::GreaterEqual);
                } else if self.eat('>') {
                    self.operator_or_assign(Operator::ShiftRight);
                } else {
                    self.plain_operator(Operator::Greater);
                }
            }
            b'=' => {
                self.advance();
                if self.eat('=') {
                    self.plain_operator(Operator::Equal);
                } else {
                    self.token = Token::Assign;
                }
            }
            b'!' => {
                self.advance();
                let operator = if self.eat('=') { Operator::NotEqual } else { Operator::Not };
                self.plain_operator(operator);
            }
            b'~' => {
                self.advance();
                self.plain_operator(Operator::Tilde);
            }
            _ => {
                self.error(format!("invalid character {}", describe(ch)));
                self.advance();
                return false;
            }
        }
        true
    }

    fn single(&mut self, token: Token) {
        self.advance();
        self.token = token;
    }

    fn closing(&mut self, token: Token) {
        self.advance();
        self.line_end_counts = true;
        self.token = token;
    }

    fn set_operator(&mut self, operator: Operator) {
        self.operator = operator;
        self.precedence = operator.precedence();
    }

    fn plain_operator(&mut self, operator: Operator) {
        self.set_operator(operator);
        self.token = Token::Operator;
    }

    fn operator_or_assign(&mut self, operator: Operator) {
        self.set_operator(operator);
        self.token = if self.eat('=') { Token::AssignOperator } else { Token::Operator };
    }

    fn increment_or_operator(&mut self, ch: char, operator: Operator) {
        self.advance();
        if self.eat(ch) {
            self.set_operator(operator);
            self.line_end_counts = true;
            self.token = Token::IncrementOperator;
        } else {
            self.operator_or_assign(operator);
        }
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Identifiers and comments

    /// Whether the current character, which is not ASCII or ends an ASCII run, belongs to an identifier; complains if it
    /// belongs to nothing.
    fn at_identifier_char(&mut self, first: bool) -> bool {
        let Some(ch) = char::from_u32(self.ch) else { return false };
        if ch == '_' || is_letter(ch) {
            return true;
        }
        if is_digit(ch) {
            if first {
                self.error(format!("identifier cannot begin with digit {}", describe(self.ch)));
            }
            return true;
        }
        if !ch.is_ascii() {
            self.error(format!("invalid character {} in identifier", describe(self.ch)));
            return true;
        }
        false
    }

    fn identifier(&mut self) {
        if self.clean {
            let rest = &self.text[self.at..];
            let length = rest.iter().position(|byte| !is_ident_byte(*byte)).unwrap_or(rest.len());
            self.jump(self.at + length);
        } else {
            while self.ch < 0x80 && is_ident_byte(self.ch as u8) {
                self.advance();
            }
        }
        if self.ch >= 0x80 && self.ch != END {
            while self.at_identifier_char(false) {
                self.advance();
            }
        }
        match Token::keyword(&self.text[self.start..self.at]) {
            Some(keyword) => {
                self.line_end_counts = matches!(keyword, Token::Break | Token::Continue | Token::Fallthrough | Token::Return);
                self.token = keyword;
            }
            None => {
                self.line_end_counts = true;
                self.token = Token::Name;
            }
        }
    }

    /// A comment (false, or a semicolon if it spans lines) or a division.
    fn slash(&mut self, line_end_counts: bool, skipped_from: usize) -> bool {
        self.advance();
        let blank = || {
            let before = &self.text[skipped_from..self.start];
            before.contains(&b'\n') || skipped_from == 0 || self.text[skipped_from - 1] == b'\n'
        };
        if self.at('/') {
            let blank = blank();
            self.advance();
            let is_directive = self.text[self.at..].starts_with(b"go:") || self.text[self.at..].starts_with(b"line ");
            self.skip_line();
            if is_directive {
                self.directives.push(Directive { start: self.start, end: self.at, blank });
            }
            self.note_comment();
        } else if self.at('*') {
            let blank = blank();
            self.advance();
            let is_directive = self.text[self.at..].starts_with(b"line ");
            let closed = self.skip_comment();
            if is_directive && closed {
                self.directives.push(Directive { start: self.start, end: self.at, blank });
            }
            if closed {
                self.note_comment();
            }
            if line_end_counts && self.text[self.start..self.at].contains(&b'\n') {
                self.semicolon = "newline";
                self.token = Token::Semicolon;
                return true;
            }
        } else {
            self.operator_or_assign(Operator::Div);
            return true;
        }
        false
    }

    fn note_comment(&mut self) {
        let extent = (self.start, self.at);
        if let Some(comments) = &mut self.comments {
            comments.push(extent);
        }
    }

    /// Moves to the line end, which is not part of the comment.
    fn skip_line(&mut self) {
        if self.clean {
            let rest = &self.text[self.at..];
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            self.jump(self.at + length);
            return;
        }
        while self.ch != END && !self.at('\n') {
            self.advance();
        }
    }

    /// Moves behind `*/`; false if there is none.
    fn skip_comment(&mut self) -> bool {
        if self.clean {
            let rest = &self.text[self.at..];
            if let Some(length) = rest.windows(2).position(|pair| pair == b"*/") {
                self.jump(self.at + length + 2);
                return true;
            }
            self.jump(self.text.len());
        }
        while self.ch != END {
            while self.at('*') {
                self.advance();
                if self.eat('/') {
                    return true;
                }
            }
            self.advance();
        }
        self.error_at(self.start, "comment not terminated");
        false
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Literals

    fn literal(&mut self, kind: LiteralKind, ok: bool) {
        self.line_end_counts = true;
        self.token = Token::Literal;
        self.kind = kind;
        self.bad = !ok;
    }

    /// Moves over digits and `_`; says whether there were digits and separators, and notes the first digit that the base
    /// does not have.
    fn digits(&mut self, base: u32, invalid: &mut Option<usize>) -> (bool, bool) {
        let (mut digit, mut separator) = (false, false);
        loop {
            if self.at('_') {
                separator = true;
            } else if base <= 10 && self.at_decimal() {
                if self.ch >= b'0' as u32 + base && invalid.is_none() {
                    *invalid = Some(self.at - self.start);
                }
                digit = true;
            } else if base == 16 && char::from_u32(self.ch).is_some_and(|ch| ch.is_ascii_hexdigit()) {
                digit = true;
            } else {
                return (digit, separator);
            }
            self.advance();
        }
    }

    /// A number; `fraction` if its point was read already.
    fn number(&mut self, mut fraction: bool) {
        let mut ok = true;
        let mut kind = LiteralKind::Int;
        let mut base = 10;
        let mut prefix = 0;
        let (mut digit, mut separator) = (false, false);
        let mut invalid = None;

        if !fraction {
            if self.eat('0') {
                match lower(self.ch) {
                    b'x' => (base, prefix) = (16, b'x'),
                    b'o' => (base, prefix) = (8, b'o'),
                    b'b' => (base, prefix) = (2, b'b'),
                    _ => {
                        (base, prefix) = (8, b'0');
                        digit = true;
                    }
                }
                if prefix != b'0' {
                    self.advance();
                }
            }
            let found = self.digits(base, &mut invalid);
            digit |= found.0;
            separator |= found.1;
            if self.at('.') {
                if prefix == b'o' || prefix == b'b' {
                    self.error(format!("invalid radix point in {} literal", base_name(base)));
                    ok = false;
                }
                self.advance();
                fraction = true;
            }
        }
        if fraction {
            kind = LiteralKind::Float;
            let found = self.digits(base, &mut invalid);
            digit |= found.0;
            separator |= found.1;
        }
        if !digit && ok {
            self.error(format!("{} literal has no digits", base_name(base)));
            ok = false;
        }
        let exponent = lower(self.ch);
        if exponent == b'e' || exponent == b'p' {
            if ok && exponent == b'e' && prefix != 0 && prefix != b'0' {
                self.error(format!("{} exponent requires decimal mantissa", quote_rune(self.ch)));
                ok = false;
            } else if ok && exponent == b'p' && prefix != b'x' {
                self.error(format!("{} exponent requires hexadecimal mantissa", quote_rune(self.ch)));
                ok = false;
            }
            self.advance();
            kind = LiteralKind::Float;
            if self.at('+') || self.at('-') {
                self.advance();
            }
            let found = self.digits(10, &mut Some(0));
            separator |= found.1;
            if !found.0 && ok {
                self.error("exponent has no digits");
                ok = false;
            }
        } else if prefix == b'x' && kind == LiteralKind::Float && ok {
            self.error("hexadecimal mantissa requires a 'p' exponent");
            ok = false;
        }
        if self.eat('i') {
            kind = LiteralKind::Imaginary;
        }
        let end = self.at;
        if let (LiteralKind::Int, Some(index), true) = (kind, invalid, ok) {
            let digit = quote_rune(self.text[self.start + index] as u32);
            self.error_at(self.start + index, format!("invalid digit {digit} in {} literal", base_name(base)));
            ok = false;
        }
        if separator
            && ok
            && let Some(index) = invalid_separator(&self.text[self.start..end])
        {
            self.error_at(self.start + index, "'_' must separate successive digits");
            ok = false;
        }
        self.literal(kind, ok);
    }

    fn rune(&mut self) {
        let mut ok = true;
        self.advance();
        let mut count = 0;
        loop {
            if self.at('\'') {
                if ok && count == 0 {
                    self.error("empty rune literal or unescaped '");
                    ok = false;
                } else if ok && count != 1 {
                    self.error_at(self.start, "more than one character in rune literal");
                    ok = false;
                }
                self.advance();
                break;
            } else if self.at('\\') {
                self.advance();
                ok &= self.escape(b'\'');
            } else if self.at('\n') {
                if ok {
                    self.error("newline in rune literal");
                    ok = false;
                }
                break;
            } else if self.ch == END {
                if ok {
                    self.error_at(self.start, "rune literal not terminated");
                    ok = false;
                }
                break;
            } else {
                self.advance();
            }
            count += 1;
        }
        self.literal(LiteralKind::Rune, ok);
    }

    fn string(&mut self) {
        let mut ok = true;
        self.advance();
        loop {
            if self.clean {
                let rest = &self.text[self.at..];
                let stop = |byte: &u8| matches!(*byte, b'"' | b'\\' | b'\n');
                self.jump(self.at + rest.iter().position(stop).unwrap_or(rest.len()));
            }
            if self.at('"') {
                self.advance();
                break;
            } else if self.at('\\') {
                self.advance();
                ok &= self.escape(b'"');
            } else if self.at('\n') {
                self.error("newline in string");
                ok = false;
                break;
            } else if self.ch == END {
                self.error_at(self.start, "string not terminated");
                ok = false;
                break;
            } else {
                self.advance();
            }
        }
        self.literal(LiteralKind::String, ok);
    }

    fn raw_string(&mut self) {
        let mut ok = true;
        self.advance();
        loop {
            if self.clean {
                let rest = &self.text[self.at..];
                self.jump(self.at + rest.iter().position(|byte| *byte == b'`').unwrap_or(rest.len()));
            }
            if self.eat('`') {
                break;
            }
            if self.ch == END {
                self.error_at(self.start, "string not terminated");
                ok = false;
                break;
            }
            self.advance();
        }
        self.literal(LiteralKind::String, ok);
    }

    /// An escape sequence behind its backslash; false if an error was reported. The end of the text is for the caller to
    /// complain about.
    fn escape(&mut self, quote: u8) -> bool {
        let (digits, base, max) = match self.ch {
            END => return true,
            ch if ch == quote as u32 => {
                self.advance();
                return true;
            }
            ch => match u8::try_from(ch).unwrap_or(0) {
                b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' => {
                    self.advance();
                    return true;
                }
                b'0'..=b'7' => (3, 8, 255),
                b'x' => (2, 16, 255),
                b'u' => (4, 16, char::MAX as u32),
                b'U' => (8, 16, char::MAX as u32),
                _ => {
                    self.error("unknown escape");
                    return false;
                }
            },
        };
        if base == 16 {
            self.advance();
        }
        let mut value: u32 = 0;
        for _ in 0..digits {
            if self.ch == END {
                return true;
            }
            let Some(digit) = char::from_u32(self.ch).and_then(|ch| ch.to_digit(base)) else {
                let message = format!("invalid character {} in {} escape", quote_rune(self.ch), base_name(base));
                self.error(message);
                return false;
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.advance();
        }
        if value > max && base == 8 {
            self.error(format!("octal escape value {value} > 255"));
            return false;
        }
        if value > max || (0xD800..0xE000).contains(&value) {
            self.error(format!("escape is invalid Unicode code point {}", describe(value)));
            return false;
        }
        true
    }
}

/// The first character, if the bytes begin with valid UTF-8.
fn decode(bytes: &[u8]) -> Option<char> {
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or(""),
    };
    valid.chars().next()
}

fn is_ident_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The lower-case letter, if it is an ASCII letter; otherwise something that is no letter.
fn lower(ch: u32) -> u8 {
    u8::try_from(ch).map_or(0, |byte| byte.to_ascii_lowercase())
}

fn base_name(base: u32) -> &'static str {
    match base {
        2 => "binary",
        8 => "octal",
        10 => "decimal",
        _ => "hexadecimal",
    }
}

/// The index of the first `_` that does not stand between digits. A base prefix counts as a digit.
fn invalid_separator(text: &[u8]) -> Option<usize> {
    let mut hexadecimal = false;
    let mut previous = b'.';
    let mut from = 0;
    if let [b'0', letter, ..] = text
        && matches!(letter.to_ascii_lowercase(), b'x' | b'o' | b'b')
    {
        hexadecimal = letter.eq_ignore_ascii_case(&b'x');
        previous = b'0';
        from = 2;
    }
    for (index, byte) in text.iter().enumerate().skip(from) {
        let class = match byte {
            b'_' => b'_',
            byte if byte.is_ascii_digit() || (hexadecimal && byte.is_ascii_hexdigit()) => b'0',
            _ => b'.',
        };
        if class == b'_' && previous != b'0' {
            return Some(index);
        }
        if class == b'.' && previous == b'_' {
            return Some(index - 1);
        }
        previous = class;
    }
    (previous == b'_').then(|| text.len() - 1)
}

/// Go's `%#U`: `U+0040 '@'`.
fn describe(ch: u32) -> String {
    match char::from_u32(ch) {
        Some(ch) if is_printable(ch) => format!("U+{:04X} '{ch}'", ch as u32),
        _ => format!("U+{ch:04X}"),
    }
}

/// Whether Go prints the character as it is.
fn is_printable(ch: char) -> bool {
    // A string escapes what is not printable, and marks only at its beginning.
    matches!(ch, '"' | '\'' | '\\') || format!("a{ch}").escape_debug().count() == 2
}

/// Go's `%q` of a rune.
fn quote_rune(ch: u32) -> String {
    let Some(ch) = char::from_u32(ch) else { return "'\u{fffd}'".to_string() };
    match ch {
        '\'' => r"'\''".to_string(),
        '\\' => r"'\\'".to_string(),
        '\u{7}' => r"'\a'".to_string(),
        '\u{8}' => r"'\b'".to_string(),
        '\u{c}' => r"'\f'".to_string(),
        '\n' => r"'\n'".to_string(),
        '\r' => r"'\r'".to_string(),
        '\t' => r"'\t'".to_string(),
        '\u{b}' => r"'\v'".to_string(),
        ch if is_printable(ch) => format!("'{ch}'"),
        ch if (ch as u32) < 0x80 => format!("'\\x{:02x}'", ch as u32),
        ch if (ch as u32) < 0x10000 => format!("'\\u{:04x}'", ch as u32),
        ch => format!("'\\U{:08x}'", ch as u32),
    }
}
