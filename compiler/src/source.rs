//! Sources in memory and positions in them.
//!
//! A [`SourceMap`] holds the bytes of every file of a compilation. A [`Pos`] is one offset into all of them laid end to
//! end, so it is 32 bits wide, ordered, and names both file and byte. Lines and columns are computed when somebody asks,
//! which is when a diagnostic is printed or a line table is written.
//!
//! Two readings of a position exist, as in Go: the one in the file as it lies there ([`SourceMap::absolute`]) and the one
//! that `//line` directives ask for ([`SourceMap::location`]). Diagnostics, tracebacks and line tables use the second.
//! The lexer finds the directives, so they are known once the file is parsed.
//!
//! # Invariants
//! - SRC-1: offset 0 belongs to no file; `Pos::NONE` is "unknown".
//! - SRC-2: between two files one offset is left free, so the position just behind a file's last byte is still that file's.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// A file of the compilation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A byte of a file, as an offset into all files of the [`SourceMap`] laid end to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos(pub u32);

impl Pos {
    /// The unknown position.
    pub const NONE: Pos = Pos(0);

    /// Whether this is a position at all.
    pub fn is_known(self) -> bool {
        self.0 != 0
    }

    /// The position `bytes` further on, in the same file.
    pub fn advanced(self, bytes: usize) -> Pos {
        Pos(self.0 + bytes as u32)
    }
}

/// The bytes from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// First byte.
    pub start: Pos,
    /// First byte behind.
    pub end: Pos,
}

/// A position as a reader sees it. `line` and `column` count from 1; `column` counts bytes and is 0 where a `//line`
/// directive gave none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The file's name as it was added, or the one that a `//line` directive gives.
    pub file: &'a str,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1, or 0 if unknown.
    pub column: u32,
}

impl fmt::Display for Location<'_> {
    /// `file:line:column`, without a column that is unknown or so far right that Go's compiler does not tell it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if (1..255).contains(&self.column) {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// What a `//line` or `/*line*/` directive says: from `start` on, positions count from `line:column` of `file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineDirective {
    /// The first byte that it governs.
    pub start: Pos,
    /// The name it gives.
    pub file: Arc<str>,
    /// The line of `start`.
    pub line: u32,
    /// The column of `start`, 0 if it gives none.
    pub column: u32,
}

/// One file's name, bytes and line table.
#[derive(Debug)]
pub struct SourceFile {
    /// The name by which it was added; what diagnostics show.
    pub name: Arc<str>,
    /// Its bytes. Go sources should be UTF-8; the lexer complains where they are not.
    pub text: Arc<[u8]>,
    /// The position of its first byte.
    pub base: Pos,
    /// Offsets of line starts, computed at the first question.
    lines: OnceLock<Vec<u32>>,
    /// Set once by the parser, in ascending order of `start`.
    directives: OnceLock<Vec<LineDirective>>,
}

impl SourceFile {
    /// The position just behind its last byte.
    pub fn end(&self) -> Pos {
        self.base.advanced(self.text.len())
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let starts = self.text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at as u32 + 1);
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// Where a position of this file lies in the eyes of the user, if these are its `//line` directives.
    pub(crate) fn locate<'a>(&'a self, directives: &'a [LineDirective], pos: Pos) -> Location<'a> {
        let (line, column) = self.line_column(pos);
        let index = directives.partition_point(|directive| directive.start <= pos);
        let Some(directive) = index.checked_sub(1).map(|index| &directives[index]) else {
            return Location { file: &self.name, line, column };
        };
        let (start_line, start_column) = self.line_column(directive.start);
        let column = if directive.column == 0 {
            0
        } else if line == start_line {
            directive.column + (column - start_column)
        } else {
            column
        };
        Location { file: &directive.file, line: directive.line + (line - start_line), column }
    }

    fn line_column(&self, pos: Pos) -> (u32, u32) {
        let offset = pos.0 - self.base.0;
        let lines = self.lines();
        let line = lines.partition_point(|start| *start <= offset);
        (line as u32, offset - lines[line - 1] + 1)
    }
}

/// All files of a compilation.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// A map without files.
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file under the name that diagnostics are to show.
    ///
    /// # Panics
    /// When all files together exceed 4 GiB.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<[u8]>>) -> FileId {
        let text = text.into();
        let base = self.files.last().map_or(Pos(1), |file| file.end().advanced(1));
        assert!(u32::try_from(base.0 as usize + text.len() + 1).is_ok(), "more than 4 GiB of source text");
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile { name: name.into(), text, base, lines: OnceLock::new(), directives: OnceLock::new() });
        id
    }

    /// The file of that id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
    }

    /// The file that a position lies in.
    pub fn file_of(&self, pos: Pos) -> Option<FileId> {
        if !pos.is_known() {
            return None;
        }
        let index = self.files.partition_point(|file| file.base <= pos);
        (index > 0 && pos <= self.files[index - 1].end()).then(|| FileId(index as u32 - 1))
    }

    /// The text of a span; empty if it does not lie in one file.
    pub fn text(&self, span: Span) -> &[u8] {
        let Some(file) = self.file_of(span.start) else { return &[] };
        let file = self.file(file);
        let range = (span.start.0 - file.base.0) as usize..span.end.0.saturating_sub(file.base.0) as usize;
        file.text.get(range).unwrap_or(&[])
    }

    /// Where a position lies in the file itself, whatever `//line` directives say.
    pub fn absolute(&self, pos: Pos) -> Location<'_> {
        let Some(file) = self.file_of(pos) else { return Location { file: "", line: 0, column: 0 } };
        let file = self.file(file);
        let (line, column) = file.line_column(pos);
        Location { file: &file.name, line, column }
    }

    /// Where a position lies in the eyes of the user: `//line` directives are obeyed.
    pub fn location(&self, pos: Pos) -> Location<'_> {
        let Some(id) = self.file_of(pos) else { return Location { file: "", line: 0, column: 0 } };
        let file = self.file(id);
        file.locate(file.directives.get().map_or(&[], |list| list), pos)
    }

    /// Notes the `//line` directives of a file, in ascending order. The parser calls it once; later calls change nothing.
    pub fn set_line_directives(&self, id: FileId, directives: Vec<LineDirective>) {
        let _ = self.file(id).directives.set(directives);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_find_their_file_and_line() {
        let mut map = SourceMap::new();
        let a = map.add("a.go", *b"one\ntwo\n");
        let b = map.add("b.go", *b"three");
        assert_eq!(map.file_of(Pos::NONE), None);
        assert_eq!(map.file_of(map.file(a).base), Some(a));
        assert_eq!(map.file_of(map.file(a).end()), Some(a));
        assert_eq!(map.file_of(map.file(b).base), Some(b));
        assert_eq!(map.location(map.file(a).base.advanced(5)), Location { file: "a.go", line: 2, column: 2 });
        assert_eq!(map.location(map.file(a).end()), Location { file: "a.go", line: 3, column: 1 });
        assert_eq!(map.location(map.file(b).base), Location { file: "b.go", line: 1, column: 1 });
    }

    #[test]
    fn line_directives_move_positions() {
        let mut map = SourceMap::new();
        let a = map.add("a.go", *b"0\n//line x.go:10:5\nab\ncd\n");
        let base = map.file(a).base;
        map.set_line_directives(a, vec![LineDirective { start: base.advanced(19), file: "x.go".into(), line: 10, column: 5 }]);
        assert_eq!(map.location(base.advanced(20)), Location { file: "x.go", line: 10, column: 6 });
        assert_eq!(map.location(base.advanced(22)), Location { file: "x.go", line: 11, column: 1 });
        assert_eq!(map.absolute(base.advanced(22)), Location { file: "a.go", line: 4, column: 1 });
        assert_eq!(map.location(base), Location { file: "a.go", line: 1, column: 1 });
    }
}
