//! `//go:embed`: the files that patterns name.
//!
//! A pattern is a path below the package's directory with `*`, `?` and `[…]` in its elements. One that names a directory stands for all files below it but
//! hidden ones (names that begin with `.` or `_`); after `all:` for these too. A directory with a `go.mod` of its own is another module's.

use crate::options::FileProvider;
use crate::source::{Pos, SourceMap, Span};
use crate::syntax::ast::EmbedPragma;
use std::collections::BTreeMap;

/// Why a pattern finds nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub pattern: String,
    pub message: String,
}

/// Names below the directory and contents of the files that the patterns name.
pub(super) fn find(files: &dyn FileProvider, directory: &str, patterns: &[String]) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut found = BTreeMap::new();
    for pattern in patterns {
        let mut search = Search { files, directory, found: &mut found };
        search.pattern(pattern).map_err(|message| Failure { pattern: pattern.clone(), message })?;
    }
    Ok(found)
}

/// Where a pattern stands in its directive; the directive itself if it is written with escapes.
pub(super) fn position(sources: &SourceMap, pragma: &EmbedPragma, pattern: &str) -> Pos {
    let end = sources.file_of(pragma.pos).map_or(pragma.pos, |file| sources.file(file).end());
    let text = String::from_utf8_lossy(sources.text(Span { start: pragma.pos, end })).into_owned();
    let line = text.lines().next().unwrap_or_default();
    let words = line.find("go:embed").map_or(0, |at| at + "go:embed".len());
    match line[words..].find(pattern) {
        Some(at) if line[..words + at].ends_with(['"', '`']) => pragma.pos.advanced(words + at - 1),
        Some(at) => pragma.pos.advanced(words + at),
        None => pragma.pos,
    }
}

struct Search<'s> {
    files: &'s dyn FileProvider,
    directory: &'s str,
    found: &'s mut BTreeMap<String, Vec<u8>>,
}

impl Search<'_> {
    fn pattern(&mut self, pattern: &str) -> Result<(), String> {
        let (glob, all) = match pattern.strip_prefix("all:") {
            Some(glob) => (glob, true),
            None => (pattern, false),
        };
        let is_path = !glob.split('/').any(|element| matches!(element, "" | "." | ".."));
        if !is_path || !glob.split('/').all(is_well_formed) {
            return Err("invalid pattern syntax".to_string());
        }
        let mut matches = Vec::new();
        self.glob("", glob, &mut matches);
        let mut count = 0;
        for name in &matches {
            count += self.one(name, all)?;
        }
        if count == 0 {
            return Err("no matching files found".to_string());
        }
        Ok(())
    }

    fn full(&self, name: &str) -> String {
        if name.is_empty() { self.directory.to_string() } else { format!("{}/{name}", self.directory) }
    }

    /// Names below the directory of the files and directories below `base` that match.
    fn glob(&self, base: &str, glob: &str, matches: &mut Vec<String>) {
        let (first, rest) = match glob.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (glob, None),
        };
        let mut names = self.files.directories(&self.full(base));
        if rest.is_none() {
            names.extend(self.files.list(&self.full(base)).unwrap_or_default());
            names.sort();
        }
        for name in names.iter().filter(|name| matches_glob(first, name)) {
            let path = join(base, name);
            match rest {
                Some(rest) => self.glob(&path, rest, matches),
                None => matches.push(path),
            }
        }
    }

    /// Adds the file of that name, or the files of the directory.
    fn one(&mut self, name: &str, all: bool) -> Result<usize, String> {
        let full = self.full(name);
        let is_directory = self.files.read(&full).is_none();
        let what = if is_directory { "directory" } else { "file" };
        let mut path = name;
        while !path.is_empty() {
            if self.files.read(&format!("{}/go.mod", self.full(path))).is_some() {
                return Err(format!("cannot embed {what} {name}: in different module"));
            }
            let element = path.rsplit('/').next().unwrap_or(path);
            if is_bad_name(element) {
                let place = if path == name { "invalid name" } else { "in invalid directory" };
                return Err(format!("cannot embed {what} {name}: {place} {element}"));
            }
            path = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        if !is_directory {
            if self.files.is_link(&full) {
                return Err(format!("cannot embed irregular file {name}"));
            }
            self.add(name);
            return Ok(1);
        }
        let count = self.tree(name, all)?;
        if count == 0 {
            return Err(format!("cannot embed directory {name}: contains no embeddable files"));
        }
        Ok(count)
    }

    fn tree(&mut self, directory: &str, all: bool) -> Result<usize, String> {
        let full = self.full(directory);
        let mut count = 0;
        for name in self.files.list(&full).unwrap_or_default() {
            let path = join(directory, &name);
            let hidden = name.starts_with(['.', '_']);
            if is_bad_name(&name) && !hidden {
                return Err(format!("cannot embed file {path}: invalid name {name}"));
            }
            if is_bad_name(&name) || hidden && !all || self.files.is_link(&self.full(&path)) {
                continue;
            }
            self.add(&path);
            count += 1;
        }
        for name in self.files.directories(&full) {
            let path = join(directory, &name);
            let hidden = name.starts_with(['.', '_']) && !all;
            if hidden || is_bad_name(&name) || self.files.read(&format!("{}/go.mod", self.full(&path))).is_some() {
                continue;
            }
            count += self.tree(&path, all)?;
        }
        Ok(count)
    }

    fn add(&mut self, name: &str) {
        let text = self.files.read(&self.full(name)).unwrap_or_default();
        self.found.insert(name.to_string(), text);
    }
}

fn join(base: &str, name: &str) -> String {
    if base.is_empty() { name.to_string() } else { format!("{base}/{name}") }
}

/// Names that modules do not carry.
fn is_bad_name(name: &str) -> bool {
    let allowed = |ch: char| ch.is_alphanumeric() || "!#$%&()+,-.=@[]^_{}~ ".contains(ch);
    let version_control = [".bzr", ".hg", ".git", ".svn"].contains(&name);
    version_control || name.is_empty() || name.ends_with('.') || !name.chars().all(allowed)
}

/// Whether a pattern's brackets are closed and its escapes complete.
fn is_well_formed(glob: &str) -> bool {
    let chars: Vec<char> = glob.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '\\' if at + 1 == chars.len() => return false,
            '\\' => at += 2,
            '[' => match class(&chars[at..], None) {
                Some((_, length)) => at += length,
                None => return false,
            },
            _ => at += 1,
        }
    }
    true
}

/// Whether a name matches one element of a pattern.
fn matches_glob(glob: &str, name: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let name: Vec<char> = name.chars().collect();
    matches_chars(&glob, &name)
}

fn matches_chars(glob: &[char], name: &[char]) -> bool {
    let Some(first) = glob.first() else { return name.is_empty() };
    match first {
        '*' => (0..=name.len()).any(|skip| matches_chars(&glob[1..], &name[skip..])),
        '?' => !name.is_empty() && matches_chars(&glob[1..], &name[1..]),
        '[' => {
            let Some(ch) = name.first() else { return false };
            class(glob, Some(*ch)).is_some_and(|(hit, length)| hit && matches_chars(&glob[length..], &name[1..]))
        }
        '\\' => glob.get(1).is_some_and(|ch| name.first() == Some(ch)) && matches_chars(&glob[2..], &name[1..]),
        ch => name.first() == Some(ch) && matches_chars(&glob[1..], &name[1..]),
    }
}

/// Whether a class `[a-z]` at the start of a pattern has a character, and its length; none if it is malformed.
fn class(glob: &[char], ch: Option<char>) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = glob.get(at) == Some(&'^');
    at += usize::from(negated);
    let mut hit = false;
    let mut ranges = 0;
    let bound = |at: &mut usize| {
        if matches!(glob.get(*at), Some('-' | ']')) {
            return None;
        }
        *at += usize::from(glob.get(*at) == Some(&'\\'));
        *at += 1;
        glob.get(*at - 1).copied()
    };
    loop {
        if glob.get(at) == Some(&']') && ranges > 0 {
            return Some((hit != negated, at + 1));
        }
        let low = bound(&mut at)?;
        let mut high = low;
        if glob.get(at) == Some(&'-') {
            at += 1;
            high = bound(&mut at)?;
        }
        hit |= ch.is_some_and(|ch| low <= ch && ch <= high);
        ranges += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{is_bad_name, is_well_formed, matches_glob};

    #[test]
    fn patterns_match_as_in_package_path() {
        for (glob, name) in [("*.txt", "a.txt"), ("a?c", "abc"), ("[a-c]x", "bx"), ("[^a]x", "bx"), ("a\\*", "a*"), ("*", "")] {
            assert!(matches_glob(glob, name), "{glob} {name}");
        }
        for (glob, name) in [("*.txt", "a.tx"), ("a?c", "ac"), ("[a-c]x", "dx"), ("[^a]x", "ax")] {
            assert!(!matches_glob(glob, name), "{glob} {name}");
        }
        assert!(!is_well_formed("[a") && !is_well_formed("a\\") && !is_well_formed("[]a]") && is_well_formed("[a-z]"));
    }

    #[test]
    fn names_that_no_module_carries() {
        assert!(is_bad_name(".git") && is_bad_name("a:b") && is_bad_name("a*") && !is_bad_name(".hidden") && !is_bad_name("\u{e9}.txt"));
    }
}
