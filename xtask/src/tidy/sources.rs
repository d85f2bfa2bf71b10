//! Rules for source files: an essay at the head, a bearable length, reasons for `unsafe`, layers that know only what they may.

use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::cache::{read, root};

/// Lines of a Rust file above which its seam has to be found. Tests may run longer.
const LONG_LINES: usize = 800;

/// Files that may be longer, because they are one table or one thought: their names and how long.
const LONG_FILES: &[(&str, usize)] = &[
    // A type for each node of the grammar.
    ("compiler/src/syntax/ast.rs", 1000),
    // One function for each kind of token.
    ("compiler/src/syntax/lexer.rs", 1000),
    // A row for each IR operation.
    ("compiler/src/wasm/inst.rs", 1000),
];

/// Files that may contain `unsafe`.
const UNSAFE_FILES: &[&str] = &["runtime/src/mem/raw.rs", "runtime/src/sys/wasm.rs", "runtime/src/entry.rs", "host/src/raw.rs"];

/// Names of modules that say nothing about what is in them.
const VAGUE_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc", "global", "globals"];

/// Folders, and the modules of their crate that they must not know.
const LAYERS: &[(&str, &[&str])] = &[
    ("compiler/src/opt", &["syntax", "types", "lower", "freeze", "wasm", "link"]),
    ("compiler/src/freeze", &["syntax", "types", "lower", "wasm", "link"]),
    ("compiler/src/wasm", &["syntax", "types", "lower", "link", "debug"]),
    ("compiler/src/ir", &["syntax", "types", "lower", "opt", "freeze", "wasm", "link"]),
    ("compiler/src/syntax", &["types", "lower", "opt", "freeze", "wasm", "link", "ir"]),
    ("compiler/src/types", &["lower", "opt", "freeze", "wasm", "link", "ir"]),
    ("runtime/src/mem", &["heap", "gc", "sched", "wait", "chan", "panic", "entry"]),
    ("runtime/src/heap", &["gc", "sched", "wait", "chan", "panic", "entry"]),
    ("runtime/src/gc", &["sched", "wait", "chan", "panic", "text", "collect", "program", "run", "entry"]),
    // The poll word is an exported static of the entry layer.
    ("runtime/src/sched", &["wait", "chan", "panic", "symbols", "text", "collect", "program", "run"]),
];

pub fn check(files: &[PathBuf], faults: &mut Vec<String>) -> Outcome {
    for path in files {
        let name = path.display().to_string();
        if name.ends_with(".rs") {
            check_rust(&name, &read(&root().join(path))?, faults);
        } else if name.ends_with(".go") && (name.starts_with("compiler/overlay/") || name.starts_with("bench/") || name.starts_with("examples/")) {
            check_go(&name, &read(&root().join(path))?, faults);
        }
    }
    Ok(())
}

fn check_rust(name: &str, text: &str, faults: &mut Vec<String>) {
    if !text.starts_with("//!") {
        faults.push(format!("{name}: does not open with an essay (`//!`)"));
    }
    let lines = text.lines().count();
    let limit = LONG_FILES.iter().find(|(file, _)| *file == name).map_or(LONG_LINES, |&(_, limit)| limit);
    if lines > limit && !is_test(name) {
        faults.push(format!("{name}: {lines} lines: look for the seam"));
    }
    let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
    if VAGUE_NAMES.contains(&stem.as_ref()) {
        faults.push(format!("{name}: the name does not say what is in it"));
    }
    check_unsafe(name, text, faults);
    check_layers(name, text, faults);
}

fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs")
}

fn check_unsafe(name: &str, text: &str, faults: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let is_block = line.trim_start().starts_with("unsafe {") || line.contains("= unsafe {") || line.contains("(unsafe {");
        if !is_block || name == "xtask/src/tidy/sources.rs" {
            continue;
        }
        if !UNSAFE_FILES.contains(&name) {
            faults.push(format!("{name}:{}: unsafe outside of the files it belongs in", index + 1));
        }
        if !lines[index.saturating_sub(6)..index].iter().any(|line| line.contains("SAFETY")) {
            faults.push(format!("{name}:{}: unsafe without a SAFETY line", index + 1));
        }
    }
}

/// A layer names no module that it must not know. Tests may: they look from outside.
fn check_layers(name: &str, text: &str, faults: &mut Vec<String>) {
    let Some((_, forbidden)) = LAYERS.iter().find(|(folder, _)| name.starts_with(&format!("{folder}/"))) else { return };
    if is_test(name) {
        return;
    }
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    for (index, line) in code.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for module in *forbidden {
            if line.split(&format!("crate::{module}")).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')) {
                faults.push(format!("{name}:{}: this layer must not know {module}", index + 1));
            }
        }
    }
}

/// A comment that belongs to no declaration stands among the first lines.
fn check_go(name: &str, text: &str, faults: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().take(30).collect();
    let is_comment = |line: &str| line.starts_with("// ");
    let says = lines.windows(2).any(|pair| is_comment(pair[0]) && (pair[1].is_empty() || pair[1].starts_with("package")));
    if !says {
        faults.push(format!("{name}: does not say at its head what it is"));
    }
}

#[cfg(test)]
mod tests {
    use super::{check_go, check_rust};

    fn faults(name: &str, text: &str) -> usize {
        let mut faults = Vec::new();
        if name.ends_with(".go") {
            check_go(name, text, &mut faults)
        } else {
            check_rust(name, text, &mut faults)
        }
        faults.len()
    }

    #[test]
    fn rules() {
        assert_eq!(faults("abi/src/x.rs", "//! It is x.\n"), 0);
        assert_eq!(faults("abi/src/x.rs", "fn x() {}\n"), 1);
        assert_eq!(faults("abi/src/util.rs", "//! It is x.\n"), 1);
        assert_eq!(faults("abi/src/x.rs", &"//! long\n".repeat(900)), 1);
        assert_eq!(faults("compiler/src/opt/x.rs", "//! x\nuse crate::types::Type;\nuse crate::typeset;\n// crate::syntax\n"), 1);
        assert_eq!(faults("abi/src/x.rs", "//! x\nlet x = unsafe { y };\n"), 2);
        assert_eq!(faults("host/src/raw.rs", "//! x\n// SAFETY: fine\nlet x = unsafe { y };\n"), 0);
        assert_eq!(faults("bench/x.go", "// Numbers of a kind, added.\npackage main\n"), 0);
        assert_eq!(faults("bench/x.go", "package main\n\nfunc main() {}\n"), 1);
    }
}
