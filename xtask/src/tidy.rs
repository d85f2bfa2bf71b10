//! Rules of the house that no compiler checks, and the two tools that check the others.

use std::path::Path;

use crate::cache::{entries, root};
use crate::process::{cargo, run};
use crate::{Outcome, setup};

/// Lines of a Rust file above which its seam has to be found; tables and tests may run longer.
const LONG_LINES: usize = 1200;

/// `cargo xtask tidy`.
pub fn tidy() -> Outcome {
    let mut faults = Vec::new();
    visit(root(), &mut |path, text| check(path, text, &mut faults))?;
    for fault in &faults {
        println!("{fault}");
    }
    run(cargo()?.args(["fmt", "--all", "--check"]))?;
    let runtime = setup::runtime()?;
    run(cargo()?.args(["clippy", "--quiet", "--release", "--workspace", "--all-targets"]).env("WARREN_RUNTIME_DIR", runtime))?;
    if faults.is_empty() { Ok(()) } else { Err(format!("{} faults", faults.len())) }
}

fn visit(directory: &Path, check: &mut impl FnMut(&Path, &str)) -> Outcome {
    for path in entries(directory) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                visit(&path, check)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            check(&path, &crate::cache::read(&path)?);
        }
    }
    Ok(())
}

fn check(path: &Path, text: &str, faults: &mut Vec<String>) {
    let path = path.strip_prefix(root()).unwrap_or(path).display();
    if !text.starts_with("//!") {
        faults.push(format!("{path}: does not open with an essay (`//!`)"));
    }
    let lines = text.lines().count();
    if lines > LONG_LINES {
        faults.push(format!("{path}: {lines} lines: look for the seam"));
    }
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("unsafe {") || line.contains("= unsafe {") || line.contains("(unsafe {") {
            let before: Vec<&str> = text.lines().take(index).collect();
            let has_reason = before.iter().rev().take(6).any(|line| line.contains("SAFETY"));
            if !has_reason {
                faults.push(format!("{path}:{}: unsafe without a SAFETY line", index + 1));
            }
        }
    }
}
