//! The checker: from syntax to types.
//!
//! # How to use it
//! One [`Checker`] serves a whole compilation. [`Checker::check_package`] declares everything at package level, after the
//! packages it imports were checked; function bodies are checked at once or one by one with [`Checker::check_body`].
//! [`Checker::initialization_order`] wants the bodies that initializers reach and checks these itself.
//!
//! What was found lies in [`Checker::types`] and [`Checker::info`]; what is wrong in [`Checker::diagnostics`].
//!
//! # How it works
//! Package-level objects are declared on demand: an object is white (type unknown), grey (on [`Checker::path`], being
//! declared) or black. Meeting a grey object means a cycle, which is fine if it goes through a type definition.
//!
//! Whatever needs complete types is put off ([`Checker::later`]): bodies, type sets, validity of map keys, constraints of
//! type arguments. What a statement put off is done at its end.
//!
//! Expressions without a type of their own (untyped constants, comparisons, some shifts) are remembered in
//! [`Checker::untyped`] until their use decides; then the decision is carried down into their operands.

mod assign;
mod builtin;
mod call;
mod comparison;
mod constant;
mod convert;
mod decl;
mod expr;
mod expr_string;
mod host_function;
mod index;
mod infer;
mod init_order;
mod instance_cycle;
mod label;
mod literal;
mod operand;
mod range;
mod resolve;
mod returns;
mod shift;
mod signature;
mod stmt;
mod too_large;
mod typexpr;
mod valid_type;
pub mod version;

use std::sync::Arc;

use crate::constant::Value;
use crate::diagnostic::Code;
use crate::source::{FileId, Pos, SourceMap};
use crate::syntax::Symbol;
use crate::syntax::ast::{Expr, File, FuncDecl, NodeId, TypeDecl};

use super::hash::{FastMap, FastSet};
use super::{FunctionId, Info, Initializer, Mode, ObjectId, PackageId, Problem, ScopeId, SignatureId, TypeId, Types};
pub use expr_string::expr_string;
use instance_cycle::InstanceGraph;
use operand::Operand;
pub use version::Version;

/// Something wrong with the source. Further lines of the message begin with a tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind, unless Go's type checker does not look for such errors.
    pub code: Option<Code>,
    pub pos: Pos,
    pub message: String,
    /// Unused variables and the like: the package could be compiled all the same.
    pub soft: bool,
}

impl From<Diagnostic> for crate::diagnostic::Diagnostic {
    fn from(diagnostic: Diagnostic) -> crate::diagnostic::Diagnostic {
        crate::diagnostic::Diagnostic { code: diagnostic.code, pos: diagnostic.pos, message: diagnostic.message }
    }
}

/// How to check a package.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The language version (`go1.27`); empty: the newest.
    pub go_version: String,
    /// Bodies of all functions are checked; otherwise only those asked for.
    pub bodies: bool,
    /// Labels and branches are checked here too. The parser does it already; Go's suites of type checkers want it here.
    pub branches: bool,
    /// `import "C"` gives a package without contents about which nothing is reported.
    pub fake_import_c: bool,
    /// `//go:nointerface` has its meaning.
    pub nointerface: bool,
}

/// Index into the checker's declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct DeclId(u32);

/// How a package-level object is declared.
struct Declaration<'a> {
    package: PackageId,
    scope: ScopeId,
    version: Version,
    /// The variables of `var a, b = f()`.
    lhs: Vec<ObjectId>,
    typ: Option<&'a Expr>,
    init: Option<&'a Expr>,
    /// The initialization expression of a constant is that of a declaration before.
    inherited: bool,
    type_decl: Option<&'a TypeDecl>,
    func_decl: Option<&'a FuncDecl>,
    /// Package-level objects that initialization depends on.
    deps: Vec<ObjectId>,
    deps_seen: FastSet<ObjectId>,
}

/// What is remembered of a package.
#[derive(Default)]
struct PackageState {
    config: Config,
    /// Package-level objects and methods in source order.
    objects: Vec<ObjectId>,
    /// Names of imported packages, in order.
    imports: Vec<ObjectId>,
    used_imports: FastSet<ObjectId>,
    dot_imports: FastMap<(ScopeId, Symbol), ObjectId>,
    failed: bool,
}

/// What surrounds the expression or statement at hand.
#[derive(Clone)]
struct Environment {
    /// The package-level declaration whose dependencies are recorded.
    decl: Option<DeclId>,
    scope: ScopeId,
    version: Version,
    iota: Option<Value>,
    /// Errors are reported here: the place of a constant with an inherited expression.
    error_pos: Option<Pos>,
    in_type_params: bool,
    signature: Option<SignatureId>,
    function: Option<FunctionId>,
    /// Type parameters of the generic functions around.
    type_params: Arc<[TypeId]>,
    /// Calls of `panic` that end a statement list.
    panics: FastSet<NodeId>,
    has_label: bool,
    has_call_or_receive: bool,
    /// Local variables, to find the unused ones.
    locals: Vec<ObjectId>,
}

impl Environment {
    fn new(scope: ScopeId, version: Version) -> Environment {
        Environment {
            decl: None,
            scope,
            version,
            iota: None,
            error_pos: None,
            in_type_params: false,
            signature: None,
            function: None,
            type_params: Arc::new([]),
            panics: FastSet::default(),
            has_label: false,
            has_call_or_receive: false,
            locals: Vec::new(),
        }
    }
}

/// An expression without a final type.
struct Untyped {
    /// It is the left operand of a shift that is not constant: its type must be an integer type.
    is_shift_operand: bool,
    mode: Mode,
    typ: TypeId,
    value: Option<Value>,
}

type Action<'a> = Box<dyn FnOnce(&mut Checker<'a>) + 'a>;

/// See the module's essay.
pub struct Checker<'a> {
    pub types: Types,
    pub info: Info,
    pub diagnostics: Vec<Diagnostic>,
    pub sources: &'a SourceMap,
    /// The syntax of each declared function and method.
    pub functions: FastMap<ObjectId, &'a FuncDecl>,
    /// The language version that holds in each file.
    pub file_versions: FastMap<FileId, Version>,
    declarations: Vec<Declaration<'a>>,
    decl_of: FastMap<ObjectId, DeclId>,
    packages: FastMap<PackageId, PackageState>,
    /// The package at hand.
    package: PackageId,
    state: PackageState,
    /// Methods by the type name of their receiver, until that is declared.
    methods: FastMap<ObjectId, Vec<ObjectId>>,
    bodies_done: FastSet<ObjectId>,
    used_vars: FastSet<ObjectId>,
    untyped: FastMap<NodeId, Untyped>,
    delayed: Vec<Option<(Version, Action<'a>)>>,
    /// Objects that are being declared.
    path: Vec<ObjectId>,
    env: Environment,
    instance_graph: InstanceGraph,
    fake_c: Option<PackageId>,
    /// Whether the size of a defined type depends on type parameters.
    variable_sizes: FastMap<TypeId, bool>,
    /// Where an instance was written first.
    instance_positions: FastMap<TypeId, Pos>,
    /// Types that were found not to contain themselves.
    valid_types: FastSet<TypeId>,
}

impl<'a> Checker<'a> {
    pub fn new(sources: &'a SourceMap) -> Checker<'a> {
        let types = Types::new();
        let env = Environment::new(types.universe, Version::ANY);
        let package = types.unsafe_package;
        Checker {
            types,
            info: Info::default(),
            diagnostics: Vec::new(),
            sources,
            functions: FastMap::default(),
            file_versions: FastMap::default(),
            declarations: Vec::new(),
            decl_of: FastMap::default(),
            packages: FastMap::default(),
            package,
            state: PackageState::default(),
            methods: FastMap::default(),
            bodies_done: FastSet::default(),
            used_vars: FastSet::default(),
            untyped: FastMap::default(),
            delayed: Vec::new(),
            path: Vec::new(),
            env,
            instance_graph: InstanceGraph::default(),
            fake_c: None,
            variable_sizes: FastMap::default(),
            instance_positions: FastMap::default(),
            valid_types: FastSet::default(),
        }
    }

    /// Declares the contents of a package and, if `config` says so, checks all bodies. `import` finds the packages it
    /// imports, which were checked before. Package `unsafe` is known.
    pub fn check_package(
        &mut self,
        path: &str,
        files: &[&'a File],
        config: &Config,
        import: &mut dyn FnMut(&str) -> Result<PackageId, String>,
    ) -> PackageId {
        let name = files.first().map_or(Symbol::new(""), |file| file.package.name);
        let package = self.types.new_package(path, name.as_str());
        self.enter(package);
        self.state.config = config.clone();
        self.instance_graph = InstanceGraph::default();
        let before = self.diagnostics.len();
        let files = self.initialize_files(files, name);
        self.collect_objects(&files, import);
        self.direct_cycles();
        self.package_objects();
        self.process_delayed(0);
        if config.bodies {
            self.initialization_cycles();
            self.unused_imports();
        }
        self.record_untyped();
        if self.diagnostics.len() == before && config.bodies {
            self.find_instance_cycle();
        }
        self.state.failed = self.diagnostics.len() > before;
        self.leave();
        package
    }

    /// Checks the body of a declared function or method, once.
    pub fn check_body(&mut self, function: ObjectId) {
        let function = self.types.origin(function);
        if self.bodies_done.contains(&function) {
            return;
        }
        let Some(package) = self.types.object(function).package else { return };
        self.enter(package);
        self.check_body_here(function);
        self.process_delayed(0);
        self.record_untyped();
        self.leave();
    }

    /// Whether errors were reported about a package.
    pub fn has_errors(&self, package: PackageId) -> bool {
        self.packages.get(&package).is_some_and(|state| state.failed)
    }

    /// The functions (`init` included, in order) and methods that a package declares.
    pub fn package_functions(&self, package: PackageId) -> Vec<ObjectId> {
        let objects = self.packages.get(&package).map_or(&[][..], |state| &state.objects);
        objects.iter().copied().filter(|object| self.types.object(*object).function().is_some()).collect()
    }

    /// The package-level objects and methods in source order.
    pub fn package_objects_of(&self, package: PackageId) -> &[ObjectId] {
        self.packages.get(&package).map_or(&[], |state| &state.objects)
    }

    fn check_body_here(&mut self, function: ObjectId) {
        let Some(decl) = self.decl_of.get(&function).copied() else { return };
        let Some(func) = self.declarations[decl.0 as usize].func_decl else { return };
        let (Some(body), true) = (&func.body, self.bodies_done.insert(function)) else { return };
        let signature = self.types.type_of(function);
        let (scope, version) = {
            let decl = &self.declarations[decl.0 as usize];
            (decl.scope, decl.version)
        };
        let saved = std::mem::replace(&mut self.env, Environment::new(scope, version));
        self.function_body(Some(decl), signature, body, None, func.id, None);
        self.env = saved;
    }

    fn enter(&mut self, package: PackageId) {
        let state = self.packages.remove(&package).unwrap_or_default();
        self.state = state;
        self.package = package;
        self.types.relative_to = Some(package);
        let scope = self.types.package(package).scope;
        self.env = Environment::new(scope, Version::ANY);
    }

    fn leave(&mut self) {
        let state = std::mem::take(&mut self.state);
        self.packages.insert(self.package, state);
        self.types.relative_to = None;
    }

    // Putting off

    fn later(&mut self, action: impl FnOnce(&mut Checker<'a>) + 'a) {
        self.delayed.push(Some((self.env.version, Box::new(action))));
    }

    /// Does what was put off since there were `from` things.
    fn process_delayed(&mut self, from: usize) {
        if self.delayed.len() == from && self.types.problems.is_empty() {
            return;
        }
        let saved = self.env.version;
        let mut at = from;
        loop {
            while at < self.delayed.len() {
                if let Some((version, action)) = self.delayed[at].take() {
                    self.env.version = version;
                    action(self);
                }
                at += 1;
            }
            self.report_problems();
            if at >= self.delayed.len() {
                break;
            }
        }
        self.delayed.truncate(from);
        self.env.version = saved;
    }

    fn report_problems(&mut self) {
        for problem in std::mem::take(&mut self.types.problems) {
            match problem {
                Problem::DuplicateMethod { pos, method, other } => self.duplicate_method(pos, method, other),
                Problem::SameMethod { pos, method, other, other_pos } => {
                    let (x, y) = (self.types.type_of(method), self.types.type_of(other));
                    let too_old = pos.is_known() && !self.allows(Version::GO1_14);
                    if too_old || !self.types.identical(x, y) {
                        self.duplicate_method(pos, method, other_pos);
                    }
                }
                Problem::TooManyTerms { pos } => {
                    self.error(Code::InvalidUnion, pos, "cannot handle more than 100 union terms (implementation limitation)");
                }
            }
        }
    }

    fn duplicate_method(&mut self, pos: Pos, method: ObjectId, other: Pos) {
        let name = self.types.name_of(method);
        let first = format!("duplicate method {name}");
        self.error_lines(Code::DuplicateDecl, vec![(pos, first), (other, format!("other declaration of method {name}"))]);
    }

    /// Asks a question of the types; functions whose signatures it needs are declared first.
    fn settled<R>(&mut self, mut question: impl FnMut(&mut Types) -> R) -> R {
        loop {
            let answer = question(&mut self.types);
            let undeclared = std::mem::take(&mut self.types.undeclared);
            let mut progress = false;
            for function in undeclared {
                if self.types.object(function).typ.is_none() && self.decl_of.contains_key(&function) {
                    self.declare_object(function);
                    progress |= self.types.object(function).typ.is_some();
                }
            }
            if !progress {
                return answer;
            }
        }
    }

    // Errors

    fn error(&mut self, code: Code, pos: Pos, message: impl Into<String>) {
        let message = message.into();
        let first = message.len();
        self.report(Diagnostic { code: Some(code), pos, message, soft: false }, first);
    }

    fn soft_error(&mut self, code: Code, pos: Pos, message: impl Into<String>) {
        let message = message.into();
        let first = message.len();
        self.report(Diagnostic { code: Some(code), pos, message, soft: true }, first);
    }

    /// What a later part of Go's compiler finds, which has no codes.
    fn error_without_code(&mut self, pos: Pos, message: impl Into<String>) {
        let message = message.into();
        let first = message.len();
        self.report(Diagnostic { code: None, pos, message, soft: false }, first);
    }

    /// The first line's position is that of the error.
    fn error_lines(&mut self, code: Code, lines: Vec<(Pos, String)>) {
        let first = lines.first().map_or(0, |(_, line)| line.len());
        let (pos, message) = self.joined(lines);
        self.report(Diagnostic { code: Some(code), pos, message, soft: false }, first);
    }

    fn joined(&self, lines: Vec<(Pos, String)>) -> (Pos, String) {
        let mut at = Pos::NONE;
        let mut message = String::new();
        for (index, (pos, line)) in lines.into_iter().enumerate() {
            if index == 0 {
                at = pos;
            } else {
                message.push_str("\n\t");
                if pos.is_known() {
                    message.push_str(&format!("{}: ", self.position(pos)));
                }
            }
            message.push_str(&line);
        }
        (at, message)
    }

    fn position(&self, pos: Pos) -> String {
        let location = self.sources.location(pos);
        if location.column == 0 {
            format!("{}:{}", location.file, location.line)
        } else {
            format!("{}:{}:{}", location.file, location.line, location.column)
        }
    }

    /// `first` is the length of the error itself, without what refers to other places.
    fn report(&mut self, mut diagnostic: Diagnostic, first: usize) {
        // What follows from an error that was reported is not worth reporting.
        if !self.diagnostics.is_empty() {
            let first = &diagnostic.message[..first];
            let follows = |text| first.find(text).is_some_and(|at| at > 0);
            if follows("invalid operand") || follows("invalid type") {
                return;
            }
        }
        diagnostic.pos = self.env.error_pos.unwrap_or(diagnostic.pos);
        self.diagnostics.push(diagnostic);
    }

    // Recording

    fn record_type(&mut self, node: NodeId, mode: Mode, typ: TypeId, value: Option<&Value>) {
        if mode != Mode::Invalid {
            self.info.set_type(node, mode, typ, value);
        }
    }

    /// Records what was found about an operand's expression, or remembers it if it has no final type.
    fn record(&mut self, x: &Operand<'a>) {
        let Some(expr) = x.expr() else { return };
        let typ = match x.mode {
            Mode::Invalid => return,
            Mode::NoValue => TypeId::EMPTY_TUPLE,
            _ => x.typ,
        };
        let value = (x.mode == Mode::Constant).then(|| x.value.clone());
        if self.types.is_untyped(typ) {
            self.untyped.insert(expr.id, Untyped { is_shift_operand: false, mode: x.mode, typ, value });
        } else {
            self.record_type(expr.id, x.mode, typ, value.as_ref());
        }
    }

    fn record_untyped(&mut self) {
        for (node, untyped) in std::mem::take(&mut self.untyped) {
            self.info.set_type(node, untyped.mode, untyped.typ, untyped.value.as_ref());
        }
    }

    fn record_builtin(&mut self, function: &'a Expr, result: Option<TypeId>, params: &[TypeId]) {
        let params: Vec<TypeId> = params.iter().map(|param| self.types.default_type(*param)).collect();
        let results: Vec<TypeId> = result.into_iter().collect();
        let typ = self.types.func_of(&params, &results, false);
        self.record_builtin_type(function, typ);
    }

    fn record_builtin_type(&mut self, function: &'a Expr, typ: TypeId) {
        let mut at = function;
        loop {
            self.info.set_type(at.id, Mode::Builtin, typ, None);
            match &at.kind {
                crate::syntax::ast::ExprKind::Paren(inner) => at = inner,
                _ => return,
            }
        }
    }

    /// A dependency of the declaration at hand on a package-level object.
    fn add_dependency(&mut self, object: ObjectId) {
        let Some(decl) = self.env.decl else { return };
        let object = self.types.origin(object);
        if self.decl_of.contains_key(&object) {
            let decl = &mut self.declarations[decl.0 as usize];
            if decl.deps_seen.insert(object) {
                decl.deps.push(object);
            }
        }
    }

    // Scopes

    fn open_scope(&mut self) {
        self.env.scope = self.types.new_scope(Some(self.env.scope));
    }

    fn close_scope(&mut self) {
        if let Some(parent) = self.types.scope(self.env.scope).parent {
            self.env.scope = parent;
        }
    }

    fn lookup(&self, name: Symbol) -> Option<ObjectId> {
        self.types.lookup_parent(self.env.scope, name).map(|(_, object)| object)
    }

    fn declare(&mut self, scope: ScopeId, node: Option<NodeId>, object: ObjectId) {
        let name = self.types.object(object).name;
        if !name.is_blank() {
            if let Some(other) = self.types.insert(scope, object) {
                let pos = self.types.object(object).pos;
                let mut lines = vec![(pos, format!("{name} redeclared in this block"))];
                self.add_other(&mut lines, other);
                self.error_lines(Code::DuplicateDecl, lines);
                return;
            }
            if let super::ObjectKind::Variable(variable) = &mut self.types.object_mut(object).kind {
                variable.function = self.env.function;
                if self.env.function.is_some() && variable.kind == super::VariableKind::Local {
                    self.env.locals.push(object);
                }
            }
        }
        if let Some(node) = node {
            self.info.set_definition(node, object);
        }
    }

    fn add_other(&self, lines: &mut Vec<(Pos, String)>, other: ObjectId) {
        let object = self.types.object(other);
        if object.pos.is_known() {
            lines.push((object.pos, format!("other declaration of {}", object.name)));
        }
    }

    fn new_local(&mut self, pos: Pos, name: Symbol, typ: Option<TypeId>) -> ObjectId {
        let object = self.types.new_variable(super::VariableKind::Local, pos, Some(self.package), name, typ);
        if let super::ObjectKind::Variable(variable) = &mut self.types.object_mut(object).kind {
            variable.function = self.env.function;
        }
        object
    }

    fn ts(&self, typ: TypeId) -> String {
        self.types.string(typ)
    }

    fn allows(&self, version: Version) -> bool {
        self.env.version.allows(version)
    }

    /// Reports an error unless the language version allows something.
    fn require(&mut self, pos: Pos, version: Version, what: impl FnOnce(&Checker<'a>) -> String) -> bool {
        if self.allows(version) {
            return true;
        }
        let what = what(self);
        self.error(Code::UnsupportedFeature, pos, format!("{what} requires {version} or later"));
        false
    }

    /// The initializers of a package's variables in the order of execution.
    pub fn initialization_order(&mut self, package: PackageId) -> Vec<Initializer<'a>> {
        self.enter(package);
        let order = self.initializers(true);
        self.record_untyped();
        self.leave();
        order
    }
}
