//! Sources that lie in memory: for tests, and for embedders without a disk.

use std::collections::BTreeMap;

use crate::options::FileProvider;

/// Files by their paths. A directory is there if something is in it.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(BTreeMap<String, Vec<u8>>);

impl<P: Into<String>, B: Into<Vec<u8>>> FromIterator<(P, B)> for MemoryFiles {
    fn from_iter<I: IntoIterator<Item = (P, B)>>(files: I) -> MemoryFiles {
        MemoryFiles(files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect())
    }
}

impl FileProvider for MemoryFiles {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.0.get(path).cloned()
    }

    fn list(&self, directory: &str) -> Option<Vec<String>> {
        let prefix = format!("{directory}/");
        let below: Vec<&str> = self.0.keys().filter_map(|path| path.strip_prefix(&prefix)).collect();
        let names = below.iter().filter(|name| !name.contains('/')).map(|name| name.to_string()).collect();
        (!below.is_empty()).then_some(names)
    }
}
