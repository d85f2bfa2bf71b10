//! Rules for documents: what they name exists. Looked at are links, and words in backquotes that look like a path, a source file, or a
//! command of `cargo xtask`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::cache::{read, root};
use crate::{HELP, Outcome};

pub fn check(files: &[PathBuf], faults: &mut Vec<String>) -> Outcome {
    let tree = Tree::new(files);
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let folder = path.parent().unwrap_or(Path::new(""));
        check_document(&path.display().to_string(), folder, &read(&root().join(path))?, &tree, faults);
    }
    Ok(())
}

/// What there is to name.
struct Tree {
    /// Files and folders, relative to the root.
    paths: HashSet<String>,
    /// Last parts of those.
    names: HashSet<String>,
}

impl Tree {
    fn new(files: &[PathBuf]) -> Tree {
        let all = files.iter().flat_map(|path| path.ancestors());
        let paths: HashSet<String> = all.map(|path| path.display().to_string()).collect();
        let names = paths.iter().filter_map(|path| path.rsplit('/').next()).map(str::to_string).collect();
        Tree { paths, names }
    }

    /// Whether `word` is a path from the root, from `folder`, or from a crate's sources, as documents shorten it.
    fn has(&self, folder: &Path, word: &str) -> bool {
        let word = word.trim_end_matches('/');
        let from = |start: &str| self.paths.contains(&format!("{start}{word}"));
        let near = folder.join(word).display().to_string();
        from("") || self.paths.contains(&clean(&near)) || ["compiler/src/", "runtime/src/", "host/src/", "tests/src/"].into_iter().any(from)
    }

    fn is_top(&self, word: &str) -> bool {
        word.split('/').next().is_some_and(|first| self.paths.contains(first))
    }
}

/// A path without `..`.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        if part == ".." {
            parts.pop();
        } else if part != "." && !part.is_empty() {
            parts.push(part);
        }
    }
    parts.join("/")
}

fn check_document(name: &str, folder: &Path, text: &str, tree: &Tree, faults: &mut Vec<String>) {
    for (index, line) in text.lines().enumerate() {
        let mut fault = |what: &str| faults.push(format!("{name}:{}: {what} does not exist", index + 1));
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !tree.has(folder, target) {
                fault(target);
            }
        }
        for word in line.split('`').skip(1).step_by(2) {
            if let Some(command) = word.strip_prefix("cargo xtask ").and_then(|rest| rest.split_whitespace().next()) {
                let is_command = HELP.lines().any(|line| line.split_whitespace().next() == Some(command));
                if !is_command && command.starts_with(char::is_lowercase) {
                    fault(&format!("the command {command:?}"));
                }
            }
            let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c)) && !word.contains("...");
            let is_source = [".rs", ".toml"].into_iter().any(|ending| word.ends_with(ending)) && !word.starts_with('.');
            let is_elsewhere = word.starts_with('/');
            let names_something = !is_elsewhere && word.contains('/') && tree.is_top(word) || is_source;
            if is_plain && names_something && !tree.has(folder, word) && !(is_source && !word.contains('/') && tree.names.contains(word)) {
                fault(word);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Tree, check_document};

    #[test]
    fn names() {
        let files: Vec<PathBuf> = ["host/src/path.rs", "docs/decisions/files.md", "docs/decisions/other.md"].iter().map(PathBuf::from).collect();
        let tree = Tree::new(&files);
        let faults = |text: &str| {
            let mut faults = Vec::new();
            check_document("x.md", Path::new("docs/decisions"), text, &tree, &mut faults);
            faults.len()
        };
        assert_eq!(
            faults("`host/src/path.rs`, `path.rs`, `host/`, `src/main.go`, `/etc/localtime`, [a](other.md), [b](https://x/y), `cargo xtask tidy`"),
            0
        );
        assert_eq!(faults("`host/src/no.rs`"), 1);
        assert_eq!(faults("`no.rs` and [c](../no.md)"), 2);
        assert_eq!(faults("`cargo xtask polish`"), 1);
    }
}
