//! The errors of one package on their way to the user.

use super::{Diagnostic, Problem};
use crate::source::{Pos, SourceMap};

/// So many errors are reported of a package, then no more.
const LIMIT: usize = 10;

/// Gathers the errors of a package in the order in which they are found.
#[derive(Debug, Default)]
pub struct Report {
    kept: Vec<Diagnostic>,
    /// File and line of the last syntax error: there is at most one a line.
    last_syntax: Option<(String, u32)>,
    /// File, line and message of the last other error: the same message is not repeated on its line.
    last_other: Option<(String, u32, String)>,
    syntax_errors: usize,
    /// Where the error lies after which no more are taken.
    full_at: Option<Pos>,
}

impl Report {
    /// A report without errors.
    pub fn new() -> Report {
        Report::default()
    }

    /// Takes an error, unless it says nothing new or there are enough.
    pub fn add(&mut self, sources: &SourceMap, diagnostic: Diagnostic) {
        if self.full_at.is_some() {
            return;
        }
        let location = sources.location(diagnostic.pos);
        let (file, line) = (location.file.to_string(), location.line);
        let is_known = diagnostic.pos.is_known();
        if diagnostic.is_syntax() {
            self.syntax_errors += 1;
            let place = Some((file, line));
            if is_known && self.last_syntax == place {
                return;
            }
            self.last_syntax = place;
        } else {
            let place = Some((file, line, diagnostic.message.clone()));
            if is_known && self.last_other == place {
                return;
            }
            self.last_other = place;
        }
        let pos = diagnostic.pos;
        self.kept.push(diagnostic);
        if self.kept.len() >= LIMIT {
            self.full_at = Some(pos);
        }
    }

    /// Takes several.
    pub fn extend(&mut self, sources: &SourceMap, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in diagnostics {
            self.add(sources, diagnostic);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether there are so many that looking for more is pointless.
    pub fn is_full(&self) -> bool {
        self.full_at.is_some()
    }

    /// Whether there are syntax errors, so that the package is not to be checked.
    pub fn has_syntax_errors(&self) -> bool {
        self.syntax_errors > 0
    }

    /// The errors in the order in which Go's compiler prints them: by file, in the order in which the files first had one, and in
    /// a file by position.
    pub fn into_problems(self, sources: &SourceMap, package: &str) -> Vec<Problem> {
        let mut files = Vec::new();
        for diagnostic in &self.kept {
            let file = sources.file_of(diagnostic.pos);
            if !files.contains(&file) {
                files.push(file);
            }
        }
        let mut kept = self.kept;
        kept.sort_by_key(|diagnostic| {
            let file = sources.file_of(diagnostic.pos);
            (files.iter().position(|other| *other == file), diagnostic.pos)
        });
        kept.dedup();
        if let Some(pos) = self.full_at {
            kept.push(Diagnostic::new(pos, "too many errors"));
        }
        kept.iter().map(|diagnostic| problem(sources, Some(package), diagnostic)).collect()
    }
}

/// A diagnostic with its position resolved.
pub fn problem(sources: &SourceMap, package: Option<&str>, diagnostic: &Diagnostic) -> Problem {
    let location = sources.location(diagnostic.pos);
    // Go's compiler has eight bits for columns and does not tell those that do not fit.
    let column = if location.column < 255 { location.column } else { 0 };
    Problem {
        code: diagnostic.code,
        package: package.map(str::to_string),
        path: location.file.to_string(),
        line: location.line,
        column,
        message: diagnostic.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_one_syntax_error_and_packages_ten_errors() {
        let mut sources = SourceMap::new();
        let file = sources.add("x.go", "x\n".repeat(40).into_bytes());
        let base = sources.file(file).base;
        let mut report = Report::new();
        report.add(&sources, Diagnostic::new(base.advanced(4), "syntax error: a"));
        report.add(&sources, Diagnostic::new(base.advanced(5), "syntax error: b"));
        report.add(&sources, Diagnostic::new(base.advanced(2), "c"));
        report.add(&sources, Diagnostic::new(base.advanced(3), "c"));
        report.add(&sources, Diagnostic::new(base.advanced(3), "d"));
        assert!(report.has_syntax_errors());
        for line in 10..30 {
            report.add(&sources, Diagnostic::new(base.advanced(2 * line), "e"));
        }
        let problems = report.into_problems(&sources, "p");
        let lines: Vec<_> = problems.iter().map(|problem| (problem.line, problem.message.as_str())).collect();
        let expected = [(2, "c"), (2, "d"), (3, "syntax error: a"), (11, "e")];
        assert_eq!(lines[..4], expected);
        assert_eq!(lines.len(), 11);
        assert_eq!(lines[10], (17, "too many errors"));
    }
}
