//! The checker: from syntax to types.
//!
//! # How to use it
//! One [`Checker`] serves a whole compilation. [`Checker::check_package`] declares everything at package level, after the
//! packages it imports were checked; function bodies are checked at once or one by one with [`Checker::check_body`].
//! [`Checker::initialization_order`] wants the bodies that initializers reach and checks these itself.
//!
//! What was found lies in [`Checker::types`] and [`Checker::info`]; what is wrong in [`Checker::diagnostics`].

pub mod version;
use crate::source::{Pos, SourceMap};
use crate::syntax::ast::{File, FuncDecl};

use super::hash::FastMap;
use super::{Info, Initializer, ObjectId, PackageId, Types};

/// Something wrong with the source. Further lines of the message begin with a tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub pos: Pos,
    pub message: String,
    /// Unused variables and the like: the package could be compiled all the same.
    pub soft: bool,
}

/// How to check.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The language version (`go1.27`); empty: the newest.
    pub go_version: String,
    /// Bodies of all functions are checked; otherwise only those asked for.
    pub bodies: bool,
}

/// See the module's essay.
pub struct Checker<'a> {
    pub types: Types,
    pub info: Info,
    pub diagnostics: Vec<Diagnostic>,
    pub sources: &'a SourceMap,
    /// The declaration of each function and method, by object.
    pub functions: FastMap<ObjectId, &'a FuncDecl>,
    pub file_versions: FastMap<crate::source::FileId, version::Version>,
}

impl<'a> Checker<'a> {
    pub fn new(sources: &'a SourceMap) -> Checker<'a> {
        Checker {
            types: Types::new(),
            info: Info::default(),
            diagnostics: Vec::new(),
            sources,
            functions: FastMap::default(), file_versions: FastMap::default(),
        }
    }

    /// Declares the contents of a package. `import` finds the packages it imports, which were checked before.
    pub fn check_package(
        &mut self,
        path: &str,
        files: &[&'a File],
        config: &Config,
        import: &mut dyn FnMut(&str) -> Result<PackageId, String>,
    ) -> PackageId {
        let _ = (path, files, config, import);
        PackageId(0)
    }

    pub fn package_functions(&self, package: PackageId) -> Vec<ObjectId> { let _ = package; Vec::new() }
    /// Checks the body of a declared function or method, once.
    pub fn check_body(&mut self, function: ObjectId) {
        let _ = function;
    }

    /// The initializers of package variables in the order of execution.
    pub fn initialization_order(&mut self, package: PackageId) -> Vec<Initializer<'a>> {
        let _ = package;
        Vec::new()
    }
}
