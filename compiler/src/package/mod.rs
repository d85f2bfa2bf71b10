//! Packages: which files belong to one, which packages a program consists of, and in what order they are compiled.
//!
//! [`load`] starts from the main package and the packages that compiled code itself refers to, follows the imports, and parses
//! every file it selects. A package comes from one of three places: the main module (or files named one by one), GOROOT (with its
//! own vendored packages under `vendor/`), or the [`Overlay`], whose packages replace GOROOT's as a whole or file by file.
//!
//! The result lists packages in the order in which Go initialises them, which is also an order in which they can be checked:
//! imported packages first, and among those that are ready the one with the smallest path. The packages that `runtime` needs come
//! before all others.
//!
//! # Errors
//! What the go command finds wrong before it starts a compiler (missing packages, cycles, a bad import clause) ends loading: such
//! problems have no heading. Errors inside a package are left in [`Package::errors`]; the package is not checked if one of
//! them is a syntax error, nor are those that import it.

mod build_info;
mod context;
mod embed;
mod example;
mod header;
mod late;
mod load;
mod order;
mod overlay;
mod resolve;
mod roots;
mod settings;
mod test_main;
#[cfg(test)]
mod tests;

pub use build_info::build_info;
pub use context::Context;
pub use late::late_errors;
pub use load::{load, load_with};
pub use overlay::Overlay;
pub use settings::default_settings;

use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use crate::syntax::Symbol;
use crate::syntax::ast::{Decl, File, NodeId, NodeIds};
use std::collections::{BTreeMap, HashMap};

/// Path of the package made of files that are named one by one.
pub const NAMED_FILES: &str = "command-line-arguments";

/// An index into [`Program::packages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);

impl PackageId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All packages of a program, parsed.
#[derive(Debug)]
pub struct Program {
    /// Every file that was read.
    pub sources: SourceMap,
    /// Numbers of all their nodes.
    pub ids: NodeIds,
    /// In order of initialisation; what a package imports stands before it.
    pub packages: Vec<Package>,
    /// The main package.
    pub main: PackageId,
}

impl Program {
    /// The package of that id.
    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.index()]
    }

    /// The package of that import path.
    pub fn find(&self, path: &str) -> Option<PackageId> {
        self.packages.iter().position(|package| package.path == path).map(|index| PackageId(index as u32))
    }
}

/// A package.
#[derive(Debug)]
pub struct Package {
    /// Its import path, or [`NAMED_FILES`].
    pub path: String,
    /// What its diagnostics are headed with: its path, and the test program that it is built for.
    pub heading: String,
    /// The name of its package clauses.
    pub name: Symbol,
    /// Whether a package `main` is a program; not if its own tests import it.
    pub is_program: bool,
    /// Where its files lie.
    pub directory: String,
    /// The same without the places of this machine.
    pub trimmed: String,
    /// Whether it is of GOROOT or the overlay.
    pub standard: bool,
    /// The `go` line of its module (`go1.21`); none: the newest.
    pub go_version: Option<String>,
    /// Its files, parsed. One that is beyond parsing is missing here.
    pub files: Vec<File>,
    /// What the paths in its import declarations mean; `unsafe` is not among them.
    pub imports: BTreeMap<String, PackageId>,
    /// The files that variables want embedded, by the node of the declaration: names and contents, in order.
    pub embeds: HashMap<NodeId, BTreeMap<String, Vec<u8>>>,
    /// Errors found by the parser.
    pub errors: Vec<Diagnostic>,
    /// Errors to report only if the package passes the checker.
    pub late_errors: Vec<Diagnostic>,
}

impl Package {
    /// The prefix of its symbols: its path, or `main`.
    pub fn link_path(&self) -> &str {
        if self.name == "main" && self.is_program { "main" } else { &self.path }
    }

    /// Whether it has a function `main`.
    pub fn declares_main(&self) -> bool {
        let is_main = |decl: &Decl| matches!(decl, Decl::Func(func) if func.receiver.is_none() && func.name.name == "main");
        self.files.iter().flat_map(|file| &file.decls).any(is_main)
    }

    /// Whether it has syntax errors, so that checking it makes no sense.
    pub fn has_syntax_errors(&self) -> bool {
        self.errors.iter().any(Diagnostic::is_syntax)
    }
}
