//! Functions that the host defines or calls: `//go:wasmimport` and `//go:wasmexport`.
//!
//! What may cross the border are numbers of 32 and 64 bits, booleans, addresses and strings; a pointer must point to what has the same layout on
//! both sides. Go's compiler says so after a package has passed the type checker. Exports are checked, and then refused: there is no code for
//! them yet.

use crate::syntax::ast::{Decl, File, FuncDecl};

use super::super::{Basic, SignatureId, TypeId, TypeKind};
use super::Checker;

impl<'a> Checker<'a> {
    /// Checks the directives of a package that has no errors.
    pub fn host_functions(&mut self, files: &[&'a File]) {
        let functions: Vec<&FuncDecl> = files
            .iter()
            .flat_map(|file| &file.decls)
            .filter_map(|decl| if let Decl::Func(function) = decl { Some(&**function) } else { None })
            .collect();
        let method = functions.iter().find(|function| function.receiver.is_some() && function.pragmas.wasm_export.is_some());
        if let Some(method) = method {
            self.error_without_code(method.pos, "cannot use //go:wasmexport on a method");
            return;
        }
        for function in functions {
            let pragmas = &function.pragmas;
            let is_import = pragmas.wasm_import.is_some();
            if !is_import && pragmas.wasm_export.is_none() {
                continue;
            }
            let before = self.diagnostics.len();
            if let Some(signature) = self.info.definition(function.name.id).and_then(|object| {
                let typ = self.types.type_of(object);
                self.types.as_signature(typ)
            }) {
                self.host_signature(function, signature, if is_import { "go:wasmimport" } else { "go:wasmexport" });
            }
            if !is_import && self.diagnostics.len() == before {
                self.error_without_code(function.pos, "//go:wasmexport is not supported by this compiler");
            }
        }
    }

    fn host_signature(&mut self, function: &FuncDecl, signature: SignatureId, pragma: &str) {
        let signature = self.types.signature(signature).clone();
        for parameter in signature.params.iter() {
            let typ = self.types.type_of(*parameter);
            let is_string = matches!(self.types.under(typ), TypeKind::Basic(Basic::String));
            if !is_string && !self.is_host_value(typ) {
                let text = self.late_string(typ);
                self.error_without_code(function.pos, format!("{pragma}: unsupported parameter type {text}"));
            }
        }
        if signature.results.len() > 1 {
            self.error_without_code(function.pos, format!("{pragma}: too many return values"));
            return;
        }
        for result in signature.results.iter() {
            let typ = self.types.type_of(*result);
            if !self.is_host_value(typ) {
                let text = self.late_string(typ);
                self.error_without_code(function.pos, format!("{pragma}: unsupported result type {text}"));
            }
        }
    }

    fn is_host_value(&mut self, typ: TypeId) -> bool {
        match self.types.under(typ) {
            TypeKind::Basic(basic) => matches!(
                basic,
                Basic::Int32
                    | Basic::Uint32
                    | Basic::Int64
                    | Basic::Uint64
                    | Basic::Float32
                    | Basic::Float64
                    | Basic::UnsafePointer
                    | Basic::Uintptr
                    | Basic::Bool
            ),
            TypeKind::Pointer(elem) => self.has_host_layout(elem),
            _ => false,
        }
    }

    /// Whether values in memory look alike to both sides. Pointers do not: the host's are smaller.
    fn has_host_layout(&mut self, typ: TypeId) -> bool {
        match self.types.under(typ) {
            TypeKind::Basic(basic) => matches!(
                basic,
                Basic::Int8
                    | Basic::Uint8
                    | Basic::Int16
                    | Basic::Uint16
                    | Basic::Int32
                    | Basic::Uint32
                    | Basic::Int64
                    | Basic::Uint64
                    | Basic::Float32
                    | Basic::Float64
                    | Basic::Bool
            ),
            TypeKind::Array(_, elem) => self.has_host_layout(elem),
            TypeKind::Struct(structure) => {
                let fields = self.types.structure(structure).fields.clone();
                let mut marked = fields.is_empty();
                for field in fields.iter() {
                    let typ = self.types.type_of(*field);
                    if self.is_host_layout_mark(typ) {
                        marked = true;
                    } else if !self.has_host_layout(typ) {
                        return false;
                    }
                }
                marked
            }
            _ => false,
        }
    }

    /// `structs.HostLayout`.
    fn is_host_layout_mark(&mut self, typ: TypeId) -> bool {
        let Some(named) = self.types.as_named(typ) else { return false };
        let object = self.types.object(self.types.named(named).object);
        object.name == "HostLayout" && object.package.is_some_and(|package| self.types.package(package).path == "structs")
    }
}
