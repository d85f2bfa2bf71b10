//! Packages as they are named on the command line: files, directories, import paths, patterns.

use std::path::{Path, PathBuf};

use warren_compiler::options::{Located, MainPackage, Options};
use warren_compiler::package::{Context, NAMED_FILES};

use crate::arguments::Arguments;
use crate::modules::Modules;
use crate::{Failure, console, environment, files};

/// One package.
#[derive(Clone, Debug)]
pub struct Named {
    pub main: MainPackage,
    pub path: String,
    pub directory: PathBuf,
    /// Found by a pattern, which does not insist on it: a build passes over it when it has only tests.
    pub matched: bool,
}

/// The packages that the words mean; that of the working directory if there are none.
pub fn find(arguments: &Arguments, words: &[String]) -> Result<Vec<Named>, Failure> {
    let goroot = environment::goroot()?;
    let finder = Finder { arguments, goroot, context: context(&arguments.tags) };
    if words.iter().any(|word| word.ends_with(".go")) {
        return Ok(vec![named_files(words)?]);
    }
    let here = [".".to_string()];
    let words = if words.is_empty() { &here } else { words };
    let mut found: Vec<Named> = Vec::new();
    for word in words {
        for named in finder.word(word)? {
            if !found.iter().any(|other| other.path == named.path && other.directory == named.directory) {
                found.push(named);
            }
        }
    }
    Ok(found)
}

fn named_files(words: &[String]) -> Result<Named, Failure> {
    let mut list = Vec::new();
    let mut directory = PathBuf::new();
    for word in words {
        if !word.ends_with(".go") {
            return Err(format!("named files must be .go files: {word}").into());
        }
        let path = files::absolute(word)?;
        if path.is_dir() {
            return Err(format!("{word} is a directory, should be a Go file").into());
        }
        if let Err(error) = std::fs::File::open(&path) {
            return Err(format!("open {word}: {}", console::reason(&error)).into());
        }
        list.push(text(&path)?);
        directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
    }
    Ok(Named { main: MainPackage::Files(list), path: NAMED_FILES.to_string(), directory, matched: false })
}

fn text(path: &Path) -> Result<String, Failure> {
    Ok(path.to_str().ok_or_else(|| format!("{}: the path is not UTF-8", path.display()))?.to_string())
}

struct Finder<'a> {
    arguments: &'a Arguments,
    goroot: PathBuf,
    context: Context,
}

impl Finder<'_> {
    fn word(&self, word: &str) -> Result<Vec<Named>, Failure> {
        let is_local = word == "." || word == ".." || word.starts_with("./") || word.starts_with("../") || word.starts_with('/');
        let source = self.goroot.join("src");
        if let Some(at) = word.find("...") {
            let pattern = if is_local { text(&files::absolute(word)?)? } else { word.to_string() };
            // The longest directory that the pattern fixes.
            let fixed = &word[..word[..at].rfind('/').map_or(0, |slash| slash + 1)];
            let mut found = Vec::new();
            if is_local {
                self.walk(&files::absolute(fixed)?, &mut found)?;
                found.retain(|named: &Named| matches(&pattern, &named.directory.display().to_string()));
            } else {
                match files::module_around(&std::env::current_dir()?).filter(|(path, _)| could_match(&pattern, path)) {
                    Some((_, root)) => self.walk(&root, &mut found)?,
                    None if source.join(fixed).is_dir() => self.walk(&source.join(fixed), &mut found)?,
                    None => {}
                }
                found.retain(|named: &Named| matches(&pattern, &named.path));
            }
            if found.is_empty() {
                console::err(format_args!("warren: warning: {word:?} matched no packages\n"));
            }
            return Ok(found);
        }
        if is_local {
            return Ok(vec![self.directory(&files::absolute(word)?)?]);
        }
        if word == "std" {
            let mut found = Vec::new();
            self.walk(&source, &mut found)?;
            found.retain(|named: &Named| named.path != "cmd" && !named.path.starts_with("cmd/"));
            return Ok(found);
        }
        let here = std::env::current_dir()?;
        let modules = Modules::new(self.arguments, &self.goroot, &here, vec![word.to_string()], true);
        if let Some((path, root)) = &modules.main
            && let Some(below) = word.strip_prefix(path.as_str())
            && (below.is_empty() || below.starts_with('/'))
        {
            return Ok(vec![self.directory(&root.join(below.trim_start_matches('/')))?]);
        }
        let standard = source.join(word);
        if standard.is_dir() {
            return Ok(vec![self.directory(&standard)?]);
        }
        match modules.locate(word) {
            Some(Ok(located)) => {
                let Located { path, directory, .. } = located.clone();
                Ok(vec![Named { main: MainPackage::Located(located), path, directory: directory.into(), matched: false }])
            }
            Some(Err(message)) => Err(message.into()),
            // What people mean who leave out `./`.
            None if Path::new(word).is_dir() && modules.main.is_none() => Ok(vec![self.directory(&files::absolute(word)?)?]),
            None if Path::new(word).is_dir() => {
                Err(format!("package {word} is not in std ({}); a directory begins with ./", standard.display()).into())
            }
            None => Err(format!("package {word} is not in std ({})", standard.display()).into()),
        }
    }

    /// The package in a directory.
    fn directory(&self, directory: &Path) -> Result<Named, Failure> {
        if !directory.is_dir() {
            return Err(format!("stat {}: directory not found", directory.display()).into());
        }
        let path = self.path_of(directory);
        let main = MainPackage::Directory(text(directory)?);
        Ok(Named { main, path, directory: directory.to_path_buf(), matched: false })
    }

    fn path_of(&self, directory: &Path) -> String {
        let below = |root: &Path| directory.strip_prefix(root).ok().map(|path| path.display().to_string());
        if let Some(path) = below(&self.goroot.join("src")) {
            return path;
        }
        match files::module_around(directory) {
            Some((module, root)) => match below(&root) {
                Some(path) if !path.is_empty() => format!("{module}/{path}"),
                _ => module,
            },
            None => NAMED_FILES.to_string(),
        }
    }

    /// All packages at and below a directory that have a file for the target.
    fn walk(&self, directory: &Path, found: &mut Vec<Named>) -> Result<(), Failure> {
        let mut names = Vec::new();
        let mut has_files = false;
        for entry in std::fs::read_dir(directory).map_err(|error| format!("{}: {}", directory.display(), console::reason(&error)))?.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                names.push(name);
            } else {
                has_files = has_files || self.is_for_target(&directory.join(&name), &name);
            }
        }
        // Package builtin is there for its documentation alone.
        if has_files && directory != self.goroot.join("src/builtin") {
            found.push(Named { matched: true, ..self.directory(directory)? });
        }
        names.sort();
        for name in names {
            let hidden = name.starts_with(['.', '_']) || matches!(name.as_str(), "testdata" | "vendor");
            let child = directory.join(&name);
            if !hidden && !child.join("go.mod").is_file() {
                self.walk(&child, found)?;
            }
        }
        Ok(())
    }

    fn is_for_target(&self, path: &Path, name: &str) -> bool {
        (self.context.admits_name(name) || self.context.admits_test_name(name))
            && std::fs::read(path).is_ok_and(|text| self.context.admits_text(&text))
    }
}

/// What build constraints are about, with these tags.
fn context(tags: &[String]) -> Context {
    Context::for_options(&Options { tags: tags.to_vec(), ..Options::default() })
}

/// Whether a directory has tests for the target.
pub fn has_tests(named: &Named, tags: &[String]) -> bool {
    let context = context(tags);
    let is_test = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        context.admits_test_name(name) && std::fs::read(path).is_ok_and(|text| context.admits_text(&text))
    };
    match &named.main {
        MainPackage::Files(list) => list.iter().any(|file| file.ends_with("_test.go")),
        _ => std::fs::read_dir(&named.directory).is_ok_and(|entries| entries.flatten().any(|entry| is_test(&entry.path()))),
    }
}

/// The Go files of a package for the target, without tests.
pub fn go_files(named: &Named, tags: &[String]) -> Vec<PathBuf> {
    if let MainPackage::Files(files) = &named.main {
        return files.iter().filter(|file| !file.ends_with("_test.go")).map(PathBuf::from).collect();
    }
    let context = context(tags);
    let names = files::list(&named.directory.display().to_string()).unwrap_or_default();
    let names = names.into_iter().filter(|name| context.admits_name(name));
    names.map(|name| named.directory.join(name)).filter(|path| std::fs::read(path).is_ok_and(|text| context.admits_text(&text))).collect()
}

/// The name in the package clause of its first file that has one.
pub fn name(named: &Named, tags: &[String]) -> Option<String> {
    go_files(named, tags).iter().find_map(|path| clause(&std::fs::read_to_string(path).ok()?))
}

/// The name in a file's package clause.
fn clause(text: &str) -> Option<String> {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        if rest.starts_with("//") {
            rest = rest.split_once('\n')?.1.trim_start();
        } else if rest.starts_with("/*") {
            rest = rest.split_once("*/")?.1.trim_start();
        } else {
            break;
        }
    }
    let name = rest.strip_prefix("package")?.trim_start();
    Some(name.split(|ch: char| !ch.is_alphanumeric() && ch != '_').next()?.to_string())
}

/// Whether a path matches a pattern in which `...` stands for anything; `/...` at the end also for nothing.
fn matches(pattern: &str, path: &str) -> bool {
    if pattern.strip_suffix("/...") == Some(path) {
        return true;
    }
    let mut parts = pattern.split("...");
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        if index + 1 == parts.len() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// Whether packages below a path can match a pattern.
fn could_match(pattern: &str, path: &str) -> bool {
    let fixed = pattern.split("...").next().unwrap_or_default().trim_end_matches('/');
    path.starts_with(fixed) || fixed.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{clause, could_match, matches};

    #[test]
    fn package_clauses() {
        assert_eq!(clause("// Package x.\n/* package y */\npackage main // c\n").as_deref(), Some("main"));
        assert_eq!(clause("import \"x\""), None);
    }

    #[test]
    fn patterns() {
        assert!(matches("a/...", "a") && matches("a/...", "a/b/c") && matches("a...", "ab/c") && matches("...", "x"));
        assert!(matches("a/.../c", "a/b/c") && !matches("a/.../c", "a/b/d") && !matches("a/...", "ab"));
        assert!(could_match("example.com/m/...", "example.com/m") && could_match("example.com/...", "example.com/m"));
        assert!(could_match("example.com/m/x/...", "example.com/m") && !could_match("encoding/...", "example.com/m"));
    }
}
