//! Where things lie: the clone and the cache.

use std::path::{Path, PathBuf};

use crate::Outcome;

/// The clone's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The cache, made if missing: `WARREN_CACHE`, else the user's cache directory.
pub fn cache() -> Outcome<PathBuf> {
    let directory = if let Some(directory) = variable("WARREN_CACHE") {
        PathBuf::from(directory)
    } else if let Some(directory) = variable("XDG_CACHE_HOME") {
        Path::new(&directory).join("warren")
    } else if let Some(home) = variable("HOME") {
        Path::new(&home).join(".cache/warren")
    } else {
        return Err("neither WARREN_CACHE nor HOME is set: set WARREN_CACHE to a folder for the cache".to_string());
    };
    make(&directory)?;
    directory.canonicalize().map_err(|error| format!("{}: {error}", directory.display()))
}

/// The cargo profile that everything which links the engine is built with: `WARREN_PROFILE`, else `release`.
pub fn profile() -> String {
    variable("WARREN_PROFILE").unwrap_or_else(|| "release".to_string())
}

/// Where cargo puts the binary of this name.
pub fn built(name: &str) -> Outcome<PathBuf> {
    Ok(target()?.join(profile()).join(name))
}

/// The folder of cargo's builds.
pub fn target() -> Outcome<PathBuf> {
    match variable("CARGO_TARGET_DIR") {
        Some(directory) => Ok(root().join(directory)),
        None => Ok(cache()?.join("target")),
    }
}

/// A set and non-empty environment variable.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Makes a directory with its parents.
pub fn make(directory: &Path) -> Outcome {
    std::fs::create_dir_all(directory).map_err(|error| format!("cannot create {}: {error}", directory.display()))
}

/// Reads a text file.
pub fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file.
pub fn write(path: &Path, contents: impl AsRef<[u8]>) -> Outcome {
    std::fs::write(path, contents).map_err(|error| format!("{}: {error}", path.display()))
}

/// Entries of a directory, sorted; none if it does not exist.
pub fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
