//! The disk as the compiler sees it in tests: each file is read once, and files in memory may lie above it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use warren_compiler::files::MemoryFiles;
use warren_compiler::options::FileProvider;

/// The disk, with all that was read kept: thousands of small programs use the same packages.
#[derive(Debug, Default)]
pub struct CachedDisk {
    files: Mutex<HashMap<String, Option<Vec<u8>>>>,
    folders: Mutex<HashMap<String, Option<Vec<String>>>>,
}

impl FileProvider for CachedDisk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let mut files = self.files.lock().ok()?;
        files.entry(path.to_string()).or_insert_with(|| std::fs::read(path).ok()).clone()
    }

    fn list(&self, directory: &str) -> Option<Vec<String>> {
        let mut folders = self.folders.lock().ok()?;
        folders.entry(directory.to_string()).or_insert_with(|| names(Path::new(directory))).clone()
    }
}

fn names(directory: &Path) -> Option<Vec<String>> {
    let entries = std::fs::read_dir(directory).ok()?.flatten();
    let mut names: Vec<String> = entries.filter(|entry| entry.path().is_file()).filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Some(names)
}

/// Files in memory above a disk, whose directories of the same names they hide.
#[derive(Debug)]
pub struct Overlaid<'a> {
    pub above: MemoryFiles,
    pub disk: &'a CachedDisk,
}

impl FileProvider for Overlaid<'_> {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.above.read(path).or_else(|| self.disk.read(path))
    }

    fn list(&self, directory: &str) -> Option<Vec<String>> {
        self.above.list(directory).or_else(|| self.disk.list(directory))
    }
}

#[cfg(test)]
mod tests {
    use warren_compiler::options::FileProvider;

    use super::{CachedDisk, Overlaid};

    #[test]
    fn memory_lies_above() {
        let disk = CachedDisk::default();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let above = [("/program/x.go".to_string(), "package x\n"), (format!("{source}/lib.rs"), "above")].into_iter().collect();
        let files = Overlaid { above, disk: &disk };
        assert_eq!(files.read("/program/x.go").as_deref(), Some(&b"package x\n"[..]));
        assert_eq!(files.list("/program"), Some(vec!["x.go".to_string()]));
        assert_eq!(files.read(&format!("{source}/lib.rs")).as_deref(), Some(&b"above"[..]));
        assert_eq!(files.read(&format!("{source}/disk.rs")).as_deref(), Some(&include_bytes!("disk.rs")[..]));
        assert_eq!((files.read("/program/y.go"), files.list("/nowhere")), (None, None));
    }
}
