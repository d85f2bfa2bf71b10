//! Mutations of Go programs, of tokens and of token trees.
//!
//! A program is cut into tokens, and these into trees: what a pair of brackets holds is a list of items, separated by commas or semicolons. An
//! item of one list can stand in another of its kind: that is how statements, expressions, fields and whole declarations wander, within a
//! program or from another one. Changes of single tokens make what no grammar foresees. One to six changes make a mutant, so that many
//! still get past the parser and some past the checker.

use warren_compiler::source::Pos;
use warren_compiler::syntax::lexer::Lexer;
use warren_compiler::syntax::token::Token;

use crate::random::Random;

/// A stretch of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    start: usize,
    end: usize,
}

/// What a list of items is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListKind {
    /// Declarations, statements, fields of a struct.
    Lines,
    /// Arguments, parameters, elements.
    Values,
}

/// An item of a list.
#[derive(Clone, Copy, Debug)]
struct Item {
    kind: ListKind,
    depth: usize,
    piece: Piece,
}

/// A program that is cut up.
struct Cut<'t> {
    text: &'t str,
    tokens: Vec<(Token, Piece)>,
    items: Vec<Item>,
}

/// Spellings that put a program to the test wherever they land.
const SPELLINGS: &[&str] = &[
    "0",
    "1",
    "-1",
    "1<<63",
    "1<<64",
    "0x7fffffffffffffff",
    "1e1000",
    "1e-400",
    "1i",
    "0.5",
    "'a'",
    "'\\U0010ffff'",
    "\"\"",
    "`x`",
    "nil",
    "true",
    "iota",
    "int",
    "int8",
    "uint64",
    "uintptr",
    "float32",
    "complex128",
    "string",
    "error",
    "any",
    "comparable",
    "[]int",
    "[0]int",
    "[...]int{}",
    "map[string]int",
    "map[any]any",
    "chan int",
    "<-chan int",
    "func()",
    "func(int) int",
    "struct{}",
    "struct{x int}{}",
    "interface{ m() }",
    "interface{ ~int | string }",
    "*int",
    "_",
    "x",
    "T",
    "append",
    "cap",
    "clear",
    "close",
    "complex",
    "copy",
    "delete",
    "imag",
    "len",
    "make",
    "max",
    "min",
    "new",
    "panic",
    "print",
    "real",
    "recover",
    "unsafe.Sizeof",
    "unsafe.String",
    "break",
    "case",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    "&^",
    "+=",
    "<<=",
    "&&",
    "||",
    "<-",
    "++",
    "==",
    "!=",
    "<",
    "<=",
    "=",
    ":=",
    "!",
    "~",
    "...",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ".",
    ":",
    "init",
    "main",
    "[T any]",
    "[T int]",
    "[P interface{ *Q }, Q any]",
    "func() {}()",
    "func() int { return 1 }()",
    "(x)",
    ".(type)",
    ".(int)",
    "[:]",
    "[1:2:3]",
    "range 10",
    "for range func(yield func() bool) {} {}",
    "defer func() { recover() }()",
    "//line x.go:1\n",
    "/**/",
];

/// A mutant of one of the programs.
pub fn mutate(random: &mut Random, programs: &[String]) -> String {
    let mut text = random.pick(programs).clone();
    let changes = match random.below(10) {
        0..5 => 1,
        5..8 => 2,
        8 => 3,
        _ => 6,
    };
    for _ in 0..changes {
        let other = random.pick(programs);
        text = change(random, &text, other);
    }
    text
}

/// One change.
fn change(random: &mut Random, text: &str, other: &str) -> String {
    let cut = Cut::new(text);
    if cut.tokens.is_empty() {
        return other.to_string();
    }
    let other = if random.chance(50) { Cut::new(other) } else { Cut::new(text) };
    match random.below(14) {
        0 => cut.replace(cut.token(random), ""),
        1 => {
            let piece = cut.token(random);
            cut.replace(piece, &format!("{0} {0}", cut.of(piece)))
        }
        2 => cut.swap(cut.token(random), cut.token(random)),
        3 if !other.tokens.is_empty() => cut.replace(cut.token(random), other.of(other.token(random))),
        4 => {
            let spelling = random.pick(SPELLINGS);
            cut.replace(cut.token(random), &format!("{spelling} "))
        }
        5 => {
            let at = cut.token(random).start;
            cut.replace(Piece { start: at, end: at }, &format!(" {} ", random.pick(SPELLINGS)))
        }
        6 => cut.swap_names(random),
        7 | 8 => cut.exchange(random, &other),
        9 => cut.insert(random, &other),
        10 => match cut.item(random, None) {
            Some(item) => cut.replace(item.piece, ""),
            None => text.to_string(),
        },
        11 => match (cut.item(random, Some(ListKind::Values)), other.item(random, Some(ListKind::Values))) {
            // An expression around an expression.
            (Some(inner), Some(outer)) => {
                let shape = random.pick(&[
                    "({})",
                    "{}{x}",
                    "&{}",
                    "*{}",
                    "{}()",
                    "{}[{o}]",
                    "{} + {o}",
                    "func() any { return {} }()",
                    "any({})",
                    "[]any{{}, {o}}",
                    "<-{}",
                ]);
                let (inner, outer_text) = (inner.piece, other.of(outer.piece));
                cut.replace(inner, &shape.replace("{}", cut.of(inner)).replace("{o}", outer_text).replace("{x}", "{}"))
            }
            _ => text.to_string(),
        },
        12 => match cut.item(random, Some(ListKind::Lines)) {
            // A statement inside another one.
            Some(item) if item.depth > 0 => {
                let shape = random.pick(&[
                    "if true {\n{}\n}",
                    "for {\n{}\n}",
                    "for range 3 {\n{}\n}",
                    "func() {\n{}\n}()",
                    "defer func() {\n{}\n}()",
                    "go func() {\n{}\n}()",
                    "switch x := any(1).(type) {\ncase int:\n{}\n_ = x\n}",
                    "select {\ndefault:\n{}\n}",
                    "L:\nfor {\n{}\nbreak L\n}",
                    "for range func(yield func() bool) { yield() } {\n{}\n}",
                    "{\n{}\n}",
                ]);
                cut.replace(item.piece, &shape.replace("{}", cut.of(item.piece)))
            }
            _ => text.to_string(),
        },
        _ => {
            // Bytes, as a damaged file has them.
            let piece = cut.token(random);
            let at = random.between(piece.start, piece.end);
            let at = (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            let bytes = random.pick(&["\0", "\u{feff}", "\"", "`", "'", "\\", "/*", "//", "\n", "é", "0", "_", "#", "@"]);
            cut.replace(Piece { start: at, end: at }, bytes)
        }
    }
}

impl<'t> Cut<'t> {
    fn new(text: &'t str) -> Cut<'t> {
        let mut lexer = Lexer::new(text.as_bytes(), Pos(0));
        let mut tokens = Vec::new();
        let mut end = 0;
        loop {
            lexer.next();
            if lexer.token == Token::EndOfFile {
                break;
            }
            let start = lexer.pos().0 as usize;
            let spelling = lexer.spelling();
            // A semicolon that stands for the end of a line has no text.
            let length = if lexer.token == Token::Semicolon && text.as_bytes().get(start) != Some(&b';') { 0 } else { spelling.len() };
            let piece = Piece { start, end: start + length };
            if piece.start < end || !text.is_char_boundary(piece.start) || !text.is_char_boundary(piece.end.min(text.len())) || piece.end > text.len()
            {
                continue;
            }
            end = piece.end;
            tokens.push((lexer.token, piece));
        }
        let items = items(&tokens);
        Cut { text, tokens, items }
    }

    fn of(&self, piece: Piece) -> &'t str {
        &self.text[piece.start..piece.end]
    }

    fn token(&self, random: &mut Random) -> Piece {
        random.pick(&self.tokens).1
    }

    fn item(&self, random: &mut Random, kind: Option<ListKind>) -> Option<Item> {
        let fitting: Vec<&Item> = self.items.iter().filter(|item| kind.is_none_or(|kind| item.kind == kind)).collect();
        if fitting.is_empty() { None } else { Some(**random.pick(&fitting)) }
    }

    fn replace(&self, piece: Piece, with: &str) -> String {
        format!("{}{with}{}", &self.text[..piece.start], &self.text[piece.end..])
    }

    fn swap(&self, one: Piece, two: Piece) -> String {
        let (first, second) = if one.start <= two.start { (one, two) } else { (two, one) };
        if first.end > second.start {
            return self.text.to_string();
        }
        let (before, between, after) = (&self.text[..first.start], &self.text[first.end..second.start], &self.text[second.end..]);
        format!("{before}{}{between}{}{after}", self.of(second), self.of(first))
    }

    /// Puts a name of the program where another one is.
    fn swap_names(&self, random: &mut Random) -> String {
        let names: Vec<Piece> = self.tokens.iter().filter(|(token, _)| *token == Token::Name).map(|(_, piece)| *piece).collect();
        if names.is_empty() {
            return self.text.to_string();
        }
        let (one, two) = (*random.pick(&names), *random.pick(&names));
        self.replace(one, self.of(two))
    }

    /// Puts an item in the place of another of its kind.
    fn exchange(&self, random: &mut Random, other: &Cut<'_>) -> String {
        let Some(place) = self.item(random, None) else { return self.text.to_string() };
        match other.item(random, Some(place.kind)) {
            Some(item) => self.replace(place.piece, other.of(item.piece)),
            None => self.text.to_string(),
        }
    }

    /// Puts an item before another of its kind.
    fn insert(&self, random: &mut Random, other: &Cut<'_>) -> String {
        let Some(place) = self.item(random, None) else { return self.text.to_string() };
        let Some(item) = other.item(random, Some(place.kind)) else { return self.text.to_string() };
        let separator = if place.kind == ListKind::Lines { "\n" } else { ", " };
        let at = place.piece.start;
        self.replace(Piece { start: at, end: at }, &format!("{}{separator}", other.of(item.piece)))
    }
}

/// The items of all lists.
fn items(tokens: &[(Token, Piece)]) -> Vec<Item> {
    let mut items = Vec::new();
    // Of each open bracket: where the item at hand began, and what ends items there.
    let mut open: Vec<(Option<usize>, ListKind)> = vec![(None, ListKind::Lines)];
    let mut last_end = 0;
    for (token, piece) in tokens {
        let depth = open.len() - 1;
        let Some((start, kind)) = open.last_mut() else { break };
        let closes = matches!(token, Token::RightParen | Token::RightBracket | Token::RightBrace);
        let separates = *token == Token::Comma || *token == Token::Semicolon;
        // A list is one of lines as soon as a semicolon is seen in it.
        if *token == Token::Semicolon {
            *kind = ListKind::Lines;
        }
        if closes || separates && (*kind == ListKind::Values || *token == Token::Semicolon) {
            if let Some(start) = start.take()
                && last_end > start
            {
                items.push(Item { kind: *kind, depth, piece: Piece { start, end: last_end } });
            }
            if closes && open.len() > 1 {
                open.pop();
            }
        } else {
            start.get_or_insert(piece.start);
            match token {
                Token::LeftParen | Token::LeftBracket => open.push((None, ListKind::Values)),
                Token::LeftBrace => open.push((None, ListKind::Values)),
                _ => {}
            }
        }
        last_end = piece.end;
    }
    items
}

#[cfg(test)]
mod tests {
    use super::{Cut, ListKind, mutate};
    use crate::random::Random;

    const PROGRAM: &str = "package p\n\nfunc f(a int, b string) {\n\tprintln(a, len(b))\n\tf(1, \"x\")\n}\n";

    #[test]
    fn lists_are_found() {
        let cut = Cut::new(PROGRAM);
        let of = |kind| cut.items.iter().filter(|item| item.kind == kind).map(|item| cut.of(item.piece)).collect::<Vec<_>>();
        assert_eq!(of(ListKind::Values), ["a int", "b string", "a", "b", "len(b)", "1", "\"x\""]);
        assert_eq!(of(ListKind::Lines).len(), 4);
    }

    #[test]
    fn a_seed_gives_one_mutant() {
        let programs = [PROGRAM.to_string(), "package q\n\nvar x, y = 1, []int{2, 3}\n".to_string()];
        for seed in 0..2000 {
            assert_eq!(mutate(&mut Random::new(seed), &programs), mutate(&mut Random::new(seed), &programs));
        }
    }
}
