//! Puts the two runtime builds into the command. `WARREN_RUNTIME_DIR` names their folder; without it the command is built all the same
//! (for lints and checks) and says at run time what it lacks.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=WARREN_RUNTIME_DIR");
    let source = std::env::var_os("WARREN_RUNTIME_DIR").map(PathBuf::from);
    let Some(target) = std::env::var_os("OUT_DIR").map(PathBuf::from) else { return };
    for name in ["runtime-threads.wasm", "runtime-single.wasm"] {
        let bytes = match &source {
            Some(folder) => read(&folder.join(name)),
            None => Vec::new(),
        };
        if let Err(error) = std::fs::write(target.join(name), bytes) {
            println!("cargo::error=cannot write {name}: {error}");
        }
    }
}

fn read(path: &Path) -> Vec<u8> {
    println!("cargo::rerun-if-changed={}", path.display());
    match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            println!("cargo::error={}: {error}", path.display());
            Vec::new()
        }
    }
}
