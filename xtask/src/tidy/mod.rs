//! Rules of the house that no compiler checks, and the two tools that check the others.

mod documents;
mod sources;

use std::path::{Path, PathBuf};

use crate::cache::{self, entries, root};
use crate::process::{cargo, run};
use crate::test::{ENGINE, PLAIN};
use crate::{Outcome, setup};

/// `cargo xtask tidy`.
pub fn tidy() -> Outcome {
    let mut files = Vec::new();
    collect(root(), &mut files);
    let mut faults = Vec::new();
    sources::check(&files, &mut faults)?;
    documents::check(&files, &mut faults)?;
    for fault in &faults {
        println!("{fault}");
    }
    run(cargo()?.args(["fmt", "--all", "--check"]))?;
    // The groups and profiles of the tests: another choice of packages or features would check wasmtime once more.
    let runtime = setup::runtime()?;
    let engine = cache::profile();
    for (packages, flags) in [(PLAIN, &[][..]), (ENGINE, &["--profile", engine.as_str()][..])] {
        let mut clippy = cargo()?;
        clippy.args(["clippy", "--quiet", "--all-targets"]).args(flags);
        for package in packages {
            clippy.args(["--package", package]);
        }
        run(clippy.env("WARREN_RUNTIME_DIR", &runtime))?;
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("{} faults", faults.len())) }
}

/// All files of the clone but those of builds and tools, relative to its root.
fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for path in entries(directory) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                collect(&path, files);
            }
        } else {
            files.push(path.strip_prefix(root()).unwrap_or(&path).to_path_buf());
        }
    }
}
