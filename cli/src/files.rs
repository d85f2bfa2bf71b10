//! The disk, as the compiler sees it, and a record of what it saw.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use warren_compiler::PASSES;
use warren_compiler::options::{FileProvider, Located};

use crate::cache;
use crate::modules::Modules;

/// Files by their absolute paths.
pub struct Disk {
    start: Instant,
    modules: Modules,
    /// With the state of each when the compiler saw it.
    seen: Mutex<BTreeMap<Seen, String>>,
    /// Index into [`PASSES`] of what the compiler is doing.
    stage: AtomicUsize,
}

/// Something that the compiler asked for: the result depends on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    File(String),
    /// Names of the regular files of a directory.
    Files(String),
    /// Names of the directories in a directory.
    Directories(String),
}

impl Disk {
    pub fn new(modules: Modules) -> Disk {
        Disk { start: Instant::now(), modules, seen: Mutex::default(), stage: AtomicUsize::new(0) }
    }

    fn note(&self, seen: Seen, state: impl FnOnce() -> String) {
        if let Ok(mut list) = self.seen.lock() {
            list.entry(seen).or_insert_with(state);
        }
    }

    /// All that was looked at, and its state then.
    pub fn seen(&self) -> BTreeMap<Seen, String> {
        let mut seen = self.seen.lock().map(|list| list.clone()).unwrap_or_default();
        for file in self.modules.inputs() {
            let file = Seen::File(file);
            let state = cache::state(&file);
            seen.entry(file).or_insert(state);
        }
        seen
    }

    /// What the compiler is doing.
    pub fn stage(&self) -> &'static str {
        PASSES.get(self.stage.load(Ordering::Relaxed)).copied().unwrap_or_default()
    }
}

impl FileProvider for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let bytes = std::fs::read(path).ok();
        self.note(Seen::File(path.to_string()), || cache::state_of_file(bytes.as_deref()));
        bytes
    }

    fn list(&self, directory: &str) -> Option<Vec<String>> {
        let names = list(directory);
        self.note(Seen::Files(directory.to_string()), || cache::state_of_names(names.as_deref()));
        names
    }

    fn directories(&self, directory: &str) -> Vec<String> {
        let names = directories(directory);
        self.note(Seen::Directories(directory.to_string()), || cache::state_of_names(Some(&names)));
        names
    }

    fn is_link(&self, path: &str) -> bool {
        Path::new(path).is_symlink()
    }

    fn locate(&self, path: &str) -> Option<Result<Located, String>> {
        self.modules.locate(path)
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn begin(&self, stage: &'static str) {
        let index = PASSES.iter().position(|name| *name == stage).unwrap_or(PASSES.len());
        self.stage.store(index, Ordering::Relaxed);
    }
}

/// Names of the regular files of a directory.
pub fn list(directory: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).ok()?.flatten() {
        // Follows links, as the go command does for files.
        let is_file = match entry.file_type() {
            Ok(kind) if kind.is_symlink() => std::fs::metadata(entry.path()).is_ok_and(|data| data.is_file()),
            Ok(kind) => kind.is_file(),
            Err(_) => false,
        };
        if is_file && let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort();
    Some(names)
}

/// Names of the directories in a directory.
pub fn directories(directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut names: Vec<String> = directories.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// An absolute path without `.` and `..`, links left as they are.
pub fn absolute(path: &str) -> std::io::Result<PathBuf> {
    Ok(clean(&std::path::absolute(path)?))
}

/// A path without `.` and `..`.
pub fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}

/// The module around a directory: its path and its root.
pub fn module_around(directory: &Path) -> Option<(String, PathBuf)> {
    for root in directory.ancestors() {
        if let Ok(text) = std::fs::read_to_string(root.join("go.mod")) {
            let path = text.lines().find_map(|line| {
                let line = line.split("//").next().unwrap_or(line);
                let path = line.trim().strip_prefix("module")?;
                path.starts_with(char::is_whitespace).then(|| path.trim().trim_matches(['"', '`']).to_string())
            })?;
            return Some((path, root.to_path_buf()));
        }
    }
    None
}
