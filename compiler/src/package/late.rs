//! What directives ask for and a package does not have: errors that come after the type checker's.

use crate::diagnostic::Diagnostic;
use crate::syntax::Symbol;
use crate::syntax::ast::{Decl, File, FuncDecl, PragmaFlags};
use crate::types::check::Version;
use std::collections::HashSet;

/// Errors of the directives in the files of a package and, if it is `complete` as packages without assembly are, functions that lack a body.
/// `go_version` is the language version of the package, if one was chosen.
pub fn late_errors(files: &[File], complete: bool, go_version: Option<&str>) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let declared = functions_and_variables(files);
    let mut linked: HashSet<Symbol> = HashSet::new();
    for file in files {
        let is_unsafe = |decl: &Decl| match decl {
            Decl::Import(import) => import.path.as_ref().is_some_and(|path| matches!(&*path.text, "\"unsafe\"" | "`unsafe`")),
            _ => false,
        };
        let imports_unsafe = file.decls.iter().any(is_unsafe);
        for linkname in &file.linknames {
            let directive = if linkname.standard { "//go:linknamestd" } else { "//go:linkname" };
            let remote = linkname.remote.map_or("", Symbol::as_str);
            let message = if !imports_unsafe {
                format!("{directive} only allowed in Go files that import \"unsafe\"")
            } else if remote.contains('[') && remote.contains(']') {
                format!("{directive} reference of an instantiation is not allowed")
            } else if !declared.contains(&linkname.local) {
                format!("{directive} must refer to declared function or variable")
            } else if !linked.insert(linkname.local) {
                format!("duplicate {directive} for {}", linkname.local)
            } else {
                continue;
            };
            errors.push(Diagnostic::new(linkname.pos, message));
        }
    }
    for decl in files.iter().flat_map(|file| &file.decls) {
        if let Decl::Func(func) = decl
            && let Some(message) = body_error(func, &linked, complete)
        {
            errors.push(Diagnostic::new(decl.pos(), message));
        }
    }
    let old = go_version.filter(|text| Version::parse(text).is_some_and(|version| !version.allows(Version::GO1_16)));
    if let Some(version) = old {
        for decl in files.iter().flat_map(|file| &file.decls) {
            if let Decl::Var(decl) = decl
                && let Some(embed) = decl.pragmas.embeds.first()
            {
                let message = format!("go:embed requires go1.16 or later (-lang was set to {version}; check go.mod)");
                errors.push(Diagnostic::new(embed.pos, message));
            }
        }
    }
    errors
}

fn functions_and_variables(files: &[File]) -> HashSet<Symbol> {
    let mut names = HashSet::new();
    for decl in files.iter().flat_map(|file| &file.decls) {
        match decl {
            Decl::Func(func) if func.receiver.is_none() => drop(names.insert(func.name.name)),
            Decl::Var(var) => names.extend(var.names.iter().map(|name| name.name)),
            _ => {}
        }
    }
    names
}

/// What is wrong with a function's having or not having a body.
fn body_error(func: &FuncDecl, linked: &HashSet<Symbol>, complete: bool) -> Option<&'static str> {
    if func.body.is_none() {
        let is_elsewhere = func.receiver.is_none() && linked.contains(&func.name.name);
        return (complete && !is_elsewhere && func.pragmas.wasm_import.is_none()).then_some("missing function body");
    }
    if func.pragmas.flags.has(PragmaFlags::NOESCAPE) {
        return Some("can only use //go:noescape with external func implementations");
    }
    if func.pragmas.wasm_import.is_some() {
        return Some("can only use //go:wasmimport with external func implementations");
    }
    let flags = func.pragmas.flags;
    let keeps_alive = flags.has(PragmaFlags::UINTPTR_KEEP_ALIVE) && !flags.has(PragmaFlags::UINTPTR_ESCAPES.with(PragmaFlags::UINTPTR_KEEP_ALIVE));
    (keeps_alive && !flags.has(PragmaFlags::NOSPLIT)).then_some("go:uintptrkeepalive requires go:nosplit")
}
