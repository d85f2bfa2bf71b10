//! What is wrong with the source, in Go's words.
//!
//! A pass that finds an error makes a [`Diagnostic`] and carries on. [`Report`] gathers those of one package and applies the
//! habits of Go's compiler: one syntax error a line, no message twice on a line, an end after ten errors, order by position.
//! What remains are [`Problem`]s, which [`render`] turns into the lines that `go build` prints.

mod code;
mod render;
mod report;

pub use code::Code;
pub use render::{render, shorten};
pub use report::{Report, problem};

use crate::source::Pos;

/// An error of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind, if it has one.
    pub code: Option<Code>,
    /// Where; unknown for an error of the package as a whole.
    pub pos: Pos,
    /// Go's words. Further lines begin with a tab.
    pub message: String,
}

/// One error of the source, with its position resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// What kind of error it is, if Go's type checker has a code for such errors.
    pub code: Option<Code>,
    /// Import path of the package whose compilation fails: go prints it as a `# path` heading. `None` for errors of loading
    /// (a missing package, an unreadable file), which have no heading.
    pub package: Option<String>,
    /// Path as the provider knows it; empty if the error belongs to no file.
    pub path: String,
    /// From 1; 0 if unknown.
    pub line: u32,
    /// Byte column from 1; 0 if unknown.
    pub column: u32,
    /// The message without position, as go words it. Further lines start with a tab.
    pub message: String,
}

impl Diagnostic {
    /// An error at a position.
    pub fn new(pos: Pos, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code: None, pos, message: message.into() }
    }

    /// The same of a kind.
    pub fn of_kind(self, code: Code) -> Diagnostic {
        Diagnostic { code: Some(code), ..self }
    }

    /// Whether it is a syntax error: after one, a package is not checked.
    pub fn is_syntax(&self) -> bool {
        self.message.starts_with("syntax error")
    }
}
