//! The disk, as the compiler sees it.

use std::path::{Component, Path, PathBuf};
use std::time::Instant;

use warren_compiler::options::FileProvider;

/// Files by their absolute paths.
pub struct Disk {
    start: Instant,
}

impl Disk {
    pub fn new() -> Disk {
        Disk { start: Instant::now() }
    }
}

impl FileProvider for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(path).ok()
    }

    fn list(&self, directory: &str) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(directory).ok()?.flatten() {
            // Follows links, as the go command does for files.
            if std::fs::metadata(entry.path()).is_ok_and(|data| data.is_file())
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort();
        Some(names)
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// An absolute path without `.` and `..`, links left as they are.
pub fn absolute(path: &str) -> std::io::Result<PathBuf> {
    let mut clean = PathBuf::new();
    for component in std::path::absolute(path)?.components() {
        match component {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    Ok(clean)
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
