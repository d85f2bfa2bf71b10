//! Package level: which names are declared, and in which order they are.

use crate::constant::{Value, quote};
use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::Symbol;
use crate::syntax::ast::{ConstDecl, Decl, Expr, ExprKind, File, FuncDecl, Ident, ImportDecl, Operator, PragmaFlags, VarDecl};
use crate::types::{Function, ObjectId, ObjectKind, PackageId, ScopeId, TypeId, VariableKind, is_exported};

use super::{Checker, DeclId, Declaration, Version, expr_string};

/// A method whose receiver's type is not known yet.
struct PendingMethod {
    object: ObjectId,
    pointer: bool,
    receiver: Symbol,
}

impl<'a> Checker<'a> {
    /// Keeps the files that belong to the package and notes their language versions.
    pub(super) fn initialize_files(&mut self, files: &[&'a File], name: Symbol) -> Vec<&'a File> {
        let mut kept = Vec::new();
        let mut package_name = name;
        for (index, file) in files.iter().enumerate() {
            let ident = file.package;
            if index == 0 && ident.name.is_blank() {
                self.error(Code::BlankPkgName, ident.pos, "invalid package name _");
            }
            if package_name.as_str().is_empty() || package_name.is_blank() {
                package_name = ident.name;
            }
            if ident.name != package_name {
                self.error(Code::MismatchedPkgName, file.pos, format!("package {}; expected package {package_name}", ident.name));
                continue;
            }
            kept.push(*file);
        }
        let package_version = Version::parse(&self.state.config.go_version);
        if let (Some(version), Some(file)) = (package_version, files.first())
            && version > Version::CURRENT
        {
            let message = format!("package requires newer Go version {version} (application built with {})", Version::CURRENT);
            self.error(Code::TooNew, file.pos, message);
        }
        for file in &kept {
            let mut version = package_version.unwrap_or(Version::ANY);
            if let Some(own) = file.go_version.as_deref().and_then(Version::parse) {
                version = own.max(Version::GO1_21);
                if own > Version::CURRENT {
                    self.error(Code::TooNew, file.package.pos, format!("file requires newer Go version {own}"));
                }
            }
            self.file_versions.insert(file.id, version);
        }
        kept
    }

    fn add_declaration(&mut self, object: ObjectId, declaration: DeclId) {
        self.decl_of.insert(object, declaration);
        self.state.objects.push(object);
        self.types.object_mut(object).order = self.state.objects.len() as u32;
    }

    fn new_declaration(&mut self, scope: ScopeId) -> DeclId {
        self.declarations.push(Declaration {
            package: self.package,
            scope,
            version: self.env.version,
            lhs: Vec::new(),
            typ: None,
            init: None,
            inherited: false,
            type_decl: None,
            func_decl: None,
            deps: Vec::new(),
            deps_seen: Default::default(),
        });
        DeclId(self.declarations.len() as u32 - 1)
    }

    fn decl_mut(&mut self, id: DeclId) -> &mut Declaration<'a> {
        &mut self.declarations[id.0 as usize]
    }

    fn declare_package_object(&mut self, ident: Ident, object: ObjectId, declaration: DeclId) {
        if ident.name == "init" {
            self.error(Code::InvalidInitDecl, ident.pos, "cannot declare init - must be func");
            return;
        }
        if ident.name == "main" && self.types.package(self.package).name == "main" {
            self.error(Code::InvalidMainDecl, ident.pos, "cannot declare main - must be func");
            return;
        }
        let scope = self.types.package(self.package).scope;
        self.declare(scope, Some(ident.id), object);
        self.add_declaration(object, declaration);
    }

    pub(super) fn collect_objects(&mut self, files: &[&'a File], import: &mut dyn FnMut(&str) -> Result<PackageId, String>) {
        let package_scope = self.types.package(self.package).scope;
        let mut methods = Vec::new();
        let mut file_scopes = Vec::new();
        for file in files {
            self.env.version = self.file_versions[&file.id];
            let file_scope = self.types.new_scope(Some(package_scope));
            file_scopes.push(file_scope);
            self.env.scope = file_scope;
            let mut last: Option<&'a ConstDecl> = None;
            for decl in &file.decls {
                match decl {
                    Decl::Import(decl) => self.collect_import(decl, file_scope, import),
                    Decl::Const(decl) => {
                        if decl.iota == 0 {
                            last = None;
                        }
                        self.collect_constants(decl, &mut last, file_scope);
                    }
                    Decl::Var(decl) => self.collect_variables(decl, file_scope),
                    Decl::Type(decl) => {
                        let name = decl.name;
                        let object = self.types.new_object(ObjectKind::TypeName, name.pos, Some(self.package), name.name, None);
                        let declaration = self.new_declaration(file_scope);
                        self.decl_mut(declaration).type_decl = Some(decl);
                        self.declare_package_object(name, object, declaration);
                    }
                    Decl::Func(decl) => self.collect_function(decl, file_scope, &mut methods),
                }
            }
        }
        self.file_scope_conflicts(&file_scopes, package_scope);
        for method in methods {
            if let Some((pointer, base)) = self.resolve_base_type_name(method.pointer, method.receiver) {
                if let ObjectKind::Function(function) = &mut self.types.object_mut(method.object).kind {
                    function.pointer_receiver = pointer;
                }
                self.methods.entry(base).or_default().push(method.object);
            }
        }
    }

    fn file_scope_conflicts(&mut self, file_scopes: &[ScopeId], package_scope: ScopeId) {
        for scope in file_scopes {
            for (name, object) in self.types.scope(*scope).elements().to_vec() {
                let Some(other) = self.types.scope(package_scope).lookup(name) else { continue };
                let pos = self.types.object(other).pos;
                let first = match &self.types.object(object).kind {
                    ObjectKind::PackageName { imported } => {
                        let package = self.types.package(*imported);
                        format!("{name} already declared through import of package {} ({})", package.name, quote(package.path.as_str().as_bytes()))
                    }
                    _ => {
                        let package = self.types.object(object).package;
                        let text = package.map_or(String::new(), |package| {
                            let package = self.types.package(package);
                            format!("package {} ({})", package.name, quote(package.path.as_str().as_bytes()))
                        });
                        format!("{name} already declared through dot-import of {text}")
                    }
                };
                let mut lines = vec![(pos, first)];
                self.add_other(&mut lines, object);
                self.error_lines(Code::DuplicateDecl, lines);
            }
        }
    }

    fn collect_import(&mut self, decl: &'a ImportDecl, file_scope: ScopeId, import: &mut dyn FnMut(&str) -> Result<PackageId, String>) {
        let Some(literal) = decl.path.as_ref().filter(|path| !path.bad) else { return };
        let path = match Value::from_string_literal(&literal.text).and_then(|value| value.as_text().map(|text| text.bytes())) {
            Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            None => {
                self.error(Code::BadImportPath, literal.pos, "invalid import path (invalid syntax)");
                return;
            }
        };
        if path.is_empty() {
            self.error(Code::BadImportPath, literal.pos, "invalid import path (empty string)");
            return;
        }
        let illegal = |c: &char| c.is_control() || c.is_whitespace() || "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{fffd}".contains(*c);
        if let Some(bad) = path.chars().find(illegal) {
            let shown = if bad.is_control() { String::new() } else { format!(" '{bad}'") };
            self.error(Code::BadImportPath, literal.pos, format!("invalid import path (invalid character U+{:04X}{shown})", bad as u32));
            return;
        }
        let imported = self.import_package(literal.pos, &path, import);
        let mut name = self.types.package(imported).name;
        if let Some(local) = decl.name {
            name = local.name;
            if path == "C" {
                self.error(Code::ImportCRenamed, local.pos, "cannot rename import \"C\"");
                return;
            }
        }
        if name == "init" {
            self.error(Code::InvalidInitDecl, decl.pos, "cannot import package as init - init must be a func");
            return;
        }
        let package = self.package;
        if !self.types.package(package).imports.contains(&imported) {
            self.types.packages[package.0 as usize].imports.push(imported);
        }
        let kind = ObjectKind::PackageName { imported };
        let object = self.types.new_object(kind, decl.pos, Some(package), name, Some(TypeId::INVALID));
        match decl.name {
            Some(local) => self.info.set_definition(local.id, object),
            None => {
                self.info.implicits.insert(decl.id, object);
            }
        }
        if self.types.package(imported).fake {
            self.state.used_imports.insert(object);
        }
        self.state.imports.push(object);
        if name == "." {
            let scope = self.types.package(imported).scope;
            for (name, element) in self.types.scope(scope).elements().to_vec() {
                if !is_exported(name) {
                    continue;
                }
                if let Some(other) = self.types.scope(file_scope).lookup(name) {
                    let pos = decl.name.map_or(decl.pos, |name| name.pos);
                    let mut lines = vec![(pos, format!("{name} redeclared in this block"))];
                    self.add_other(&mut lines, other);
                    self.error_lines(Code::DuplicateDecl, lines);
                } else {
                    self.types.scopes[file_scope.0 as usize].insert(name, element);
                    self.state.dot_imports.insert((file_scope, name), object);
                }
            }
        } else {
            self.declare(file_scope, None, object);
        }
    }

    fn import_package(&mut self, pos: Pos, path: &str, import: &mut dyn FnMut(&str) -> Result<PackageId, String>) -> PackageId {
        if path == "unsafe" {
            return self.types.unsafe_package;
        }
        if path == "C" && self.state.config.fake_import_c {
            if let Some(package) = self.fake_c {
                return package;
            }
            let package = self.types.new_package("C", "C");
            self.types.packages[package.0 as usize].fake = true;
            self.fake_c = Some(package);
            return package;
        }
        match import(path) {
            Ok(package) => package,
            Err(problem) => {
                self.error(Code::BrokenImport, pos, format!("could not import {path} ({problem})"));
                let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
                let package = self.types.new_package(path, name);
                self.types.packages[package.0 as usize].fake = true;
                package
            }
        }
    }

    fn collect_constants(&mut self, decl: &'a ConstDecl, last: &mut Option<&'a ConstDecl>, file_scope: ScopeId) {
        let inherited = decl.ty.is_none() && decl.values.is_empty() && last.is_some();
        if decl.ty.is_some() || !decl.values.is_empty() {
            *last = Some(decl);
        }
        let values: &'a [Expr] = last.map_or(&[], |last| &last.values);
        for (index, name) in decl.names.iter().enumerate() {
            let kind = ObjectKind::Constant { value: Value::Int(i64::from(decl.iota)) };
            let object = self.types.new_object(kind, name.pos, Some(self.package), name.name, None);
            let declaration = self.new_declaration(file_scope);
            let data = self.decl_mut(declaration);
            data.typ = last.and_then(|last| last.ty.as_ref());
            data.init = values.get(index);
            data.inherited = inherited;
            self.declare_package_object(*name, object, declaration);
        }
        self.check_arity(decl.pos, &decl.names, values, true, inherited);
    }

    fn collect_variables(&mut self, decl: &'a VarDecl, file_scope: ScopeId) {
        let shared = (decl.values.len() <= 1).then(|| {
            let declaration = self.new_declaration(file_scope);
            let data = self.decl_mut(declaration);
            data.typ = decl.ty.as_ref();
            data.init = decl.values.first();
            declaration
        });
        let mut lhs = Vec::new();
        for (index, name) in decl.names.iter().enumerate() {
            let object = self.types.new_variable(VariableKind::Package, name.pos, Some(self.package), name.name, None);
            lhs.push(object);
            let declaration = shared.unwrap_or_else(|| {
                let declaration = self.new_declaration(file_scope);
                let data = self.decl_mut(declaration);
                data.typ = decl.ty.as_ref();
                data.init = decl.values.get(index);
                declaration
            });
            self.declare_package_object(*name, object, declaration);
        }
        if let Some(declaration) = shared {
            self.decl_mut(declaration).lhs = lhs;
        }
        if decl.ty.is_none() || !decl.values.is_empty() {
            self.check_arity(decl.pos, &decl.names, &decl.values, false, false);
        }
    }

    pub(super) fn check_arity(&mut self, pos: Pos, names: &[Ident], values: &[Expr], constant: bool, inherited: bool) {
        let (l, r) = (names.len(), values.len());
        if l < r {
            let extra = &values[l];
            if inherited {
                let message = format!("extra init expr at {}", self.position(extra.pos));
                self.error(Code::WrongAssignCount, pos, message);
            } else {
                self.error(Code::WrongAssignCount, extra.start(), format!("extra init expr {}", expr_string(extra)));
            }
        } else if l > r && (constant || r != 1) {
            self.error(Code::WrongAssignCount, names[r].pos, format!("missing init expr for {}", names[r].name));
        }
    }

    fn collect_function(&mut self, decl: &'a FuncDecl, file_scope: ScopeId, methods: &mut Vec<PendingMethod>) {
        let name = decl.name;
        let no_interface = self.state.config.nointerface && decl.pragmas.flags.has(PragmaFlags::NOINTERFACE);
        let function = Function { pointer_receiver: false, is_abstract: false, no_interface, decl: decl.id };
        let object = self.types.new_object(ObjectKind::Function(function), name.pos, Some(self.package), name.name, None);
        self.functions.insert(object, decl);
        let first_parameter = decl.type_params.first();
        match &decl.receiver {
            None => {
                let is_main = name.name == "main" && self.types.package(self.package).name == "main";
                if name.name == "init" || is_main {
                    let code = if is_main { Code::InvalidMainDecl } else { Code::InvalidInitDecl };
                    if let Some(parameter) = first_parameter {
                        self.soft_error(code, parameter.pos, format!("func {} must have no type parameters", name.name));
                    }
                    if !decl.ty.params.is_empty() || !decl.ty.results.is_empty() {
                        let message = format!("func {} must have no arguments and no return values", name.name);
                        self.soft_error(code, name.pos, message);
                    }
                } else if let Some(parameter) = first_parameter {
                    self.require(parameter.pos, Version::GO1_18, |_| "type parameter".to_string());
                }
                if name.name == "init" {
                    self.info.set_definition(name.id, object);
                    if decl.body.is_none() {
                        self.soft_error(Code::MissingInitBody, name.pos, "func init must have a body");
                    }
                } else {
                    let scope = self.types.package(self.package).scope;
                    self.declare(scope, Some(name.id), object);
                }
            }
            Some(receiver) => {
                let (pointer, base) = unpack_receiver(&receiver.ty);
                if let Some(base) = base.as_name()
                    && !name.name.is_blank()
                {
                    methods.push(PendingMethod { object, pointer, receiver: base });
                }
                if let Some(parameter) = first_parameter {
                    self.require(parameter.pos, Version::GO1_27, |_| "generic method".to_string());
                }
                self.info.set_definition(name.id, object);
            }
        }
        let declaration = self.new_declaration(file_scope);
        self.decl_mut(declaration).func_decl = Some(decl);
        self.add_declaration(object, declaration);
    }

    /// The type name that a receiver's base type name stands for, through aliases.
    fn resolve_base_type_name(&mut self, pointer: bool, name: Symbol) -> Option<(bool, ObjectId)> {
        let mut pointer = pointer;
        let mut name = name;
        let mut seen = Vec::new();
        loop {
            let scope = self.types.package(self.package).scope;
            let object = self.types.scope(scope).lookup(name)?;
            if !self.types.object(object).is_type_name() || seen.contains(&object) {
                return None;
            }
            let decl = self.declarations[self.decl_of.get(&object)?.0 as usize].type_decl?;
            if !decl.alias {
                return Some((pointer, object));
            }
            if !decl.type_params.is_empty() {
                return None;
            }
            seen.push(object);
            let mut typ = decl.ty.unparen();
            if let Some(base) = pointer_base(typ) {
                if pointer {
                    return None;
                }
                pointer = true;
                typ = base.unparen();
            }
            name = typ.as_name()?;
        }
    }

    /// Declares everything: types first, then aliases, then functions and what has values.
    pub(super) fn package_objects(&mut self) {
        let objects = self.state.objects.clone();
        let mut aliases = Vec::new();
        let mut others = Vec::new();
        for object in objects {
            match &self.types.object(object).kind {
                ObjectKind::TypeName => {
                    if self.types.object(object).typ.is_some() {
                        self.collect_methods(object);
                    }
                    let decl = self.decl_of[&object];
                    if self.declarations[decl.0 as usize].type_decl.is_some_and(|decl| decl.alias) {
                        aliases.push(object);
                    } else {
                        self.declare_object(object);
                    }
                }
                _ => others.push(object),
            }
        }
        for object in aliases.into_iter().chain(others) {
            self.declare_object(object);
        }
        self.methods.clear();
    }

    pub(super) fn unused_imports(&mut self) {
        for object in self.state.imports.clone() {
            if self.state.used_imports.contains(&object) {
                continue;
            }
            let data = self.types.object(object);
            let (name, pos) = (data.name, data.pos);
            let ObjectKind::PackageName { imported } = data.kind else { continue };
            if name.is_blank() {
                continue;
            }
            let path = self.types.package(imported).path.as_str();
            let last = path.rsplit('/').next().unwrap_or(path);
            let quoted = quote(path.as_bytes());
            let message = if name == "." || name == last || name.as_str().is_empty() {
                format!("{quoted} imported and not used")
            } else {
                format!("{quoted} imported as {name} and not used")
            };
            self.soft_error(Code::UnusedImport, pos, message);
        }
    }
}

/// The operand of `*x`.
pub(super) fn pointer_base(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Unary(unary) if unary.op == Operator::Mul => Some(&unary.x),
        _ => None,
    }
}

/// Whether a receiver is a pointer, and the expression of its base type without type parameters.
pub(super) fn unpack_receiver(typ: &Expr) -> (bool, &Expr) {
    let mut base = typ.unparen();
    let mut pointer = false;
    if let Some(inner) = pointer_base(base) {
        pointer = true;
        base = inner.unparen();
    }
    if let ExprKind::Index(index) = &base.kind {
        base = &index.x;
    }
    (pointer, base)
}

/// The type parameters of a receiver's base type.
pub(super) fn receiver_parameters(typ: &Expr) -> Option<&[Expr]> {
    let mut base = typ.unparen();
    if let Some(inner) = pointer_base(base) {
        base = inner.unparen();
    }
    match &base.kind {
        ExprKind::Index(index) => Some(&index.indices),
        _ => None,
    }
}
