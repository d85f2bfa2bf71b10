//! Modules that were built before.
//!
//! What a build depends on shows only while it runs: the compiler asks for files and for names in directories, and the disk keeps a record. So there
//! are two steps. A *recipe* is found by a SHA-256 of all that was asked of the command (flags, environment, the compiler itself); it lists what the
//! compiler looked at then, with a hash of each. If all of these are still the same, the recipe's module is the answer.
//!
//! Both lie below the cache directory: `recipes/KEY` and `outputs/HASH.wasm`, the latter by the hash of its bytes. Files are written beside their
//! place and renamed, so parallel builds see all of one or nothing; one that is damaged or missing only costs a build.
//!
//! CACHE-1: a build is kept only if everything that it looked at went through [`Disk`](crate::files::Disk).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::files::{self, Seen};

/// Bytes of modules that are kept; the ones used longest ago go first.
const OUTPUT_BYTES: u64 = 1 << 30;
/// Recipes that are kept.
const RECIPES: usize = 2000;

/// The builds kept in a directory.
pub struct Cache {
    directory: PathBuf,
    key: String,
}

impl Cache {
    /// The place for the result of what `request` describes.
    pub fn new(directory: &Path, request: &str) -> Cache {
        Cache { directory: directory.to_path_buf(), key: hash(format!("{}\n{request}", identity()).as_bytes()) }
    }

    fn recipe(&self) -> PathBuf {
        self.directory.join("recipes").join(&self.key)
    }

    fn output(&self, hash: &str) -> PathBuf {
        self.directory.join("outputs").join(format!("{hash}.wasm"))
    }

    /// The module, if nothing has changed since it was built.
    pub fn find(&self) -> Option<Vec<u8>> {
        let recipe = std::fs::read_to_string(self.recipe()).ok()?;
        let mut lines = recipe.split_terminator('\0');
        let output = lines.next()?;
        for line in lines {
            let (kind, rest) = line.split_once(' ')?;
            let (expected, path) = rest.split_once(' ')?;
            let seen = match kind {
                "file" => Seen::File(path.to_string()),
                "files" => Seen::Files(path.to_string()),
                "directories" => Seen::Directories(path.to_string()),
                _ => return None,
            };
            if state(&seen) != expected {
                return None;
            }
        }
        let path = self.output(output);
        let wasm = std::fs::read(&path).ok().filter(|wasm| hash(wasm) == output)?;
        // What is used stays.
        let now = std::time::SystemTime::now();
        let _ = std::fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(now));
        Some(wasm)
    }

    /// Keeps a module. A cache that cannot be written is no error.
    pub fn keep(&self, seen: &BTreeMap<Seen, String>, wasm: &[u8]) {
        let output = hash(wasm);
        let mut recipe = format!("{output}\0");
        for (seen, state) in seen {
            let (kind, path) = match seen {
                Seen::File(path) => ("file", path),
                Seen::Files(path) => ("files", path),
                Seen::Directories(path) => ("directories", path),
            };
            let _ = write!(recipe, "{kind} {state} {path}\0");
        }
        if write(&self.output(&output), wasm).and_then(|()| write(&self.recipe(), recipe.as_bytes())).is_ok() {
            remove_oldest(&self.directory.join("outputs"), OUTPUT_BYTES, usize::MAX);
            remove_oldest(&self.directory.join("recipes"), u64::MAX, RECIPES);
        }
    }
}

/// What can differ between two compilers of one version: its own file.
fn identity() -> String {
    let data = std::env::current_exe().and_then(std::fs::metadata);
    let file = data.and_then(|data| Ok(format!("{} {:?}", data.len(), data.modified()?))).unwrap_or_default();
    format!("{} {file}", crate::environment::version())
}

/// What is the same as long as nothing changes.
pub fn state(seen: &Seen) -> String {
    match seen {
        Seen::File(path) => state_of_file(std::fs::read(path).ok().as_deref()),
        Seen::Files(path) => state_of_names(files::list(path).as_deref()),
        Seen::Directories(path) => state_of_names(Some(&files::directories(path))),
    }
}

pub fn state_of_file(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "-".to_string(), hash)
}

pub fn state_of_names(names: Option<&[String]>) -> String {
    names.map_or_else(|| "-".to_string(), |names| hash(names.join("\0").as_bytes()))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let draft = path.with_extension(format!("{}-{:?}.draft", std::process::id(), std::thread::current().id()));
    std::fs::write(&draft, bytes)?;
    std::fs::rename(&draft, path)
}

/// Removes the files of a directory that were changed longest ago until the rest fits.
fn remove_oldest(directory: &Path, limit_bytes: u64, limit_files: usize) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let data = |entry: std::fs::DirEntry| {
        let data = entry.metadata().ok()?;
        Some((data.modified().ok()?, data.len(), entry.path()))
    };
    let mut list: Vec<_> = entries.flatten().filter_map(data).collect();
    list.sort_by(|one, two| two.cmp(one));
    let mut bytes = 0;
    for (index, (_, length, path)) in list.iter().enumerate() {
        bytes += length;
        if bytes > limit_bytes || index >= limit_files {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, Seen, remove_oldest, state};
    use std::collections::BTreeMap;

    #[test]
    fn a_build_is_found_until_an_input_changes() {
        let directory = std::env::temp_dir().join(format!("warren-cache-test-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let input = directory.join("x.go");
        std::fs::write(&input, "package x").unwrap();
        let inputs = directory.join("inputs");
        std::fs::create_dir_all(&inputs).unwrap();
        let seen = [Seen::File(input.display().to_string()), Seen::Files(inputs.display().to_string()), Seen::File("/nosuch".into())];
        let seen: BTreeMap<Seen, String> = seen.into_iter().map(|seen| (seen.clone(), state(&seen))).collect();
        let cache = Cache::new(&directory, "request");
        assert_eq!(cache.find(), None);
        cache.keep(&seen, b"module");
        assert_eq!(cache.find().as_deref(), Some(&b"module"[..]));
        assert_eq!(Cache::new(&directory, "other").find(), None);
        std::fs::write(inputs.join("y.go"), "").unwrap();
        assert_eq!(cache.find(), None);
        std::fs::remove_file(inputs.join("y.go")).unwrap();
        assert!(cache.find().is_some());
        std::fs::write(&input, "package y").unwrap();
        assert_eq!(cache.find(), None);
        remove_oldest(&directory.join("outputs"), 3, 10);
        assert_eq!(std::fs::read_dir(directory.join("outputs")).unwrap().count(), 0);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
