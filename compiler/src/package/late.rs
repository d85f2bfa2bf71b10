//! What directives ask for and a package does not have: errors that come after the type checker's.

use super::Package;
use crate::diagnostic::Diagnostic;
use crate::syntax::Symbol;
use crate::syntax::ast::{Decl, FuncDecl, PragmaFlags};
use std::collections::HashSet;

/// Errors of the directives of a package, and functions that lack a body.
pub(super) fn check(package: &Package) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let declared = functions_and_variables(package);
    let mut linked: HashSet<Symbol> = HashSet::new();
    for file in &package.files {
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
    for decl in package.files.iter().flat_map(|file| &file.decls) {
        if let Decl::Func(func) = decl
            && let Some(message) = body_error(func, &linked)
        {
            errors.push(Diagnostic::new(decl.pos(), message));
        }
    }
    errors
}

fn functions_and_variables(package: &Package) -> HashSet<Symbol> {
    let mut names = HashSet::new();
    for decl in package.files.iter().flat_map(|file| &file.decls) {
        match decl {
            Decl::Func(func) if func.receiver.is_none() => drop(names.insert(func.name.name)),
            Decl::Var(var) => names.extend(var.names.iter().map(|name| name.name)),
            _ => {}
        }
    }
    names
}

/// What is wrong with a function's having or not having a body.
fn body_error(func: &FuncDecl, linked: &HashSet<Symbol>) -> Option<&'static str> {
    if func.body.is_none() {
        let is_elsewhere = func.receiver.is_none() && linked.contains(&func.name.name);
        return (!is_elsewhere && func.pragmas.wasm_import.is_none()).then_some("missing function body");
    }
    if func.pragmas.flags.has(PragmaFlags::NOESCAPE) {
        return Some("can only use //go:noescape with external func implementations");
    }
    func.pragmas.wasm_import.is_some().then_some("can only use //go:wasmimport with external func implementations")
}
