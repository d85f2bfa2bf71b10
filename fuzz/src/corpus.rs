//! Programs to start from: Go's test folder and the type checkers' test data. Our own tests are not among them: they change, and with them
//! what a seed means.

use std::path::Path;

use crate::Session;

/// Longer programs take too long to compile again and again.
const LONGEST_BYTES: u64 = 24 << 10;

/// Programs, in an order that depends on their names only.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    pub programs: Vec<String>,
}

impl Corpus {
    /// Reads all of them.
    ///
    /// # Errors
    /// There are none.
    pub fn read(session: &Session) -> Result<Corpus, String> {
        let mut corpus = Corpus::default();
        corpus.add(&session.go_tests);
        corpus.add(&session.goroot.join("src/internal/types/testdata"));
        corpus.add(&session.goroot.join("src/cmd/compile/internal/syntax/testdata"));
        if corpus.programs.is_empty() { Err("no programs to start from".to_string()) } else { Ok(corpus) }
    }

    fn add(&mut self, folder: &Path) {
        let mut entries: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                self.add(&path);
            } else if path.extension().is_some_and(|extension| extension == "go")
                && std::fs::metadata(&path).is_ok_and(|data| data.len() <= LONGEST_BYTES)
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                self.programs.push(text);
            }
        }
    }
}
