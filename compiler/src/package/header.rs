//! Errors in a file's header.
//!
//! The go command reads package clauses and imports before it starts a compiler, with another parser. What that one complains about
//! ends the build in its own words, which this module puts the compiler's into.

use crate::diagnostic::{Diagnostic, Problem, problem};
use crate::source::{Pos, SourceFile, SourceMap};
use crate::syntax::lexer::Lexer;
use crate::syntax::token::Token;

/// Whether an error is about a directive in a comment, which the go command does not look at.
pub(super) fn is_about_directive(error: &Diagnostic) -> bool {
    let message = &error.message;
    let lexical = ["invalid character", "invalid NUL", "invalid UTF-8", "invalid BOM", "newline in", "string not", "comment not"];
    !error.is_syntax() && !lexical.iter().any(|start| message.starts_with(start))
}

/// The error as the go command words it.
pub(super) fn reword(sources: &SourceMap, error: &Diagnostic) -> Problem {
    let message = error.message.strip_prefix("syntax error: ").unwrap_or(&error.message);
    let Some(file) = sources.file_of(error.pos) else { return problem(sources, None, error) };
    let file = sources.file(file);
    let found = || found_at(file, error.pos);
    let mut pos = error.pos;
    let message = if message == "package statement must be first" {
        format!("expected 'package', found {}", found())
    } else if message.ends_with(", expected name") {
        format!("expected 'IDENT', found {}", found())
    } else if message.contains("in grouped declaration; possibly missing") {
        format!("expected ';', found {}", found())
    } else if let Some(rest) = message.strip_prefix("invalid character") {
        format!("illegal character{rest}")
    } else if message == "newline in string" || message == "string not terminated" {
        pos = literal_start(file, pos);
        "string literal not terminated".to_string()
    } else {
        message.to_string()
    };
    // That parser puts the end of a file behind its last newline, but still on that line.
    if pos == file.end() && file.text.last() == Some(&b'\n') {
        let before = problem(sources, None, &Diagnostic::new(Pos(pos.0 - 1), message));
        return Problem { column: before.column + 1, ..before };
    }
    problem(sources, None, &Diagnostic::new(pos, message))
}

/// A lexer that has just read the last token that begins at or before a position.
fn lexer_at(file: &SourceFile, pos: Pos) -> Lexer<'_> {
    let mut lexer = Lexer::new(&file.text, file.base);
    loop {
        lexer.next();
        if lexer.pos() >= pos || lexer.token == Token::EndOfFile {
            return lexer;
        }
    }
}

/// The token at a position, in the words of that parser.
fn found_at(file: &SourceFile, pos: Pos) -> String {
    let lexer = lexer_at(file, pos);
    match lexer.token {
        Token::EndOfFile => "'EOF'".to_string(),
        Token::Semicolon if lexer.semicolon != "semicolon" => "newline".to_string(),
        Token::Name | Token::Literal => String::from_utf8_lossy(lexer.spelling()).into_owned(),
        _ => format!("'{}'", String::from_utf8_lossy(lexer.spelling())),
    }
}

/// The start of the string literal that an error at its end is about.
fn literal_start(file: &SourceFile, pos: Pos) -> Pos {
    let mut lexer = Lexer::new(&file.text, file.base);
    loop {
        lexer.next();
        if lexer.token == Token::EndOfFile || lexer.pos() > pos {
            return pos;
        }
        if lexer.token == Token::Literal && lexer.bad && lexer.pos().advanced(lexer.spelling().len()) >= pos {
            return lexer.pos();
        }
    }
}
