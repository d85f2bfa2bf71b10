//! Functions and variables by link name, signatures, and what `//go:linkname` says.
//!
//! A link name is `path.Name`, `path.T.Method`, `path.(*T).Method`; instances carry their type arguments in brackets. A `//go:linkname` for
//! a function with a body gives it another link name; for one without a body it says which function is meant. A function without a body
//! is, in this order: a host function (`//go:wasmimport`), an entry of the runtime (link name `rt.NAME`), the function or variable that has
//! the link name in its own package, or one that another package pushes under it.

use std::rc::Rc;

use crate::ir::{Attrs, Function, Import, Sig, Symbol, Type};
use crate::source::Pos;
use crate::syntax::ast::{Block, Expr, ExprKind, FuncDecl, PragmaFlags, Stmt, StmtKind};
use crate::syntax::walk::{Visitor, walk_block, walk_exprs};
use crate::types::hash::FastMap;
use crate::types::{ObjectId, ObjectKind, Selection, Substitution, TypeId, TypeKind, VariableKind};

use super::call::{MethodKind, MethodTarget};
use super::func::{Callee, FnCx, Plan, ResultPlace};
use super::{Lowerer, Work};

/// Results with more scalars than this in all are returned through memory from the one that exceeds on.
const MAX_RESULT_SCALARS: usize = 16;

/// A declared function or method and its type arguments (for methods those of the receiver's type).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionRef {
    pub object: ObjectId,
    pub arguments: Vec<TypeId>,
}

/// Type arguments as seen inside a generic function.
#[derive(Clone, Debug, Default)]
pub struct Instantiation {
    pub substitution: Substitution,
}

impl Instantiation {
    pub fn is_empty(&self) -> bool {
        self.substitution.is_empty()
    }
}

/// The `//go:linkname` directives of the program.
#[derive(Debug, Default)]
pub struct Linknames {
    /// The link name given to a function or variable.
    remote: FastMap<ObjectId, String>,
    /// Functions with bodies and variables by the link name they are pushed to.
    pushed: std::collections::HashMap<String, ObjectId>,
    /// Variables with a link name given to them, by that name. Which of them defines the variable shows when initializers are known.
    variables: std::collections::HashMap<String, ObjectId>,
}

impl<'a> Lowerer<'a> {
    pub(super) fn collect_linknames(&mut self) {
        for i in 0..self.units.len() {
            let package = self.units[i].package;
            let scope = self.types().package(package).scope;
            for file in self.units[i].files.clone() {
                for directive in &file.linknames {
                    let Some(remote) = directive.remote else { continue };
                    let Some(object) = self.types().scope(scope).lookup(directive.local) else { continue };
                    self.linknames.remote.insert(object, remote.as_str().to_string());
                    let has_body = self.checker.functions.get(&object).is_some_and(|decl| decl.body.is_some());
                    if self.types().object(object).variable().is_some() {
                        self.linknames.variables.insert(remote.as_str().to_string(), object);
                    }
                    if has_body {
                        self.linknames.pushed.insert(remote.as_str().to_string(), object);
                    }
                }
            }
        }
    }

    /// The package-level object that has this link name by its place, or is pushed to it.
    pub fn find_object(&mut self, name: &str) -> Option<ObjectId> {
        if let Some(object) = self.linknames.pushed.get(name) {
            return Some(*object);
        }
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let dot = slash + name[slash..].find('.')?;
        let (path, name) = (&name[..dot], &name[dot + 1..]);
        let package = self.units.iter().map(|unit| unit.package).find(|id| self.types_ref().package(*id).path == path)?;
        let scope = self.types_ref().package(package).scope;
        self.types_ref().scope(scope).lookup(crate::syntax::Symbol::new(name))
    }

    // References.

    pub fn function_ref(&mut self, object: ObjectId, arguments: Vec<TypeId>) -> FunctionRef {
        let object = self.types().origin(object);
        let arguments = arguments.into_iter().map(|ty| self.canonical(ty)).collect();
        FunctionRef { object, arguments }
    }

    pub fn declaration(&self, function: &FunctionRef) -> Option<&'a FuncDecl> {
        self.checker.functions.get(&function.object).copied()
    }

    pub fn instantiation(&mut self, function: &FunctionRef) -> Rc<Instantiation> {
        if function.arguments.is_empty() {
            return Rc::default();
        }
        let ty = self.types().type_of(function.object);
        let TypeKind::Signature(id) = self.types().kind(ty) else { return Rc::default() };
        let signature = self.types().signature(id);
        let mut params: Vec<TypeId> = signature.receiver_type_params.to_vec();
        params.extend_from_slice(&signature.type_params);
        let mut substitution = Substitution::new(&params, &function.arguments);
        substitution.local_types = true;
        Rc::new(Instantiation { substitution })
    }

    /// Whether a function or the type of its receiver has type parameters.
    fn is_generic_function(&mut self, function: ObjectId) -> bool {
        let ty = self.types().type_of(function);
        let TypeKind::Signature(id) = self.types().kind(ty) else { return false };
        let signature = self.types().signature(id);
        !signature.receiver_type_params.is_empty() || !signature.type_params.is_empty()
    }

    /// Whether an expression names a function rather than a value that is indexed.
    pub fn is_function_name(&self, e: &Expr) -> bool {
        let e = e.unparen();
        let id = match &e.kind {
            ExprKind::Name(_) => e.id,
            ExprKind::Selector(selector) => selector.sel.id,
            _ => return false,
        };
        self.info().use_of(id).is_some_and(|object| matches!(self.types_ref().object(object).kind, ObjectKind::Function(_)))
    }

    // Link names.

    /// The link name of a function by its declaration, without regard to `//go:linkname`.
    pub fn default_name(&mut self, function: &FunctionRef) -> String {
        let object = self.types().object(function.object).clone();
        let path = object.package.map_or("", |package| self.types_ref().package(package).path.as_str());
        let path = if object.package == Some(self.main) { "main" } else { path };
        let mut name = object.name.as_str().to_string();
        if name == "init" || name == "_" {
            // Several functions of a package may be called so.
            name = format!("{name}.{}", self.init.function_number(function.object));
        }
        let ty = self.types().type_of(function.object);
        let TypeKind::Signature(id) = self.types().kind(ty) else { return format!("{path}.{name}") };
        let receiver = self.types().signature(id).receiver;
        let Some(receiver) = receiver else {
            if !function.arguments.is_empty() {
                name.push_str(&self.argument_list(&function.arguments));
            }
            return format!("{path}.{name}");
        };
        let receiver = self.types().type_of(receiver);
        let (base, pointer) = self.types().deref(receiver);
        let type_name = match self.types().as_named(base) {
            Some(named) => {
                let object = self.types_ref().named(named).object;
                self.types_ref().name_of(object).to_string()
            }
            None => self.type_name(base),
        };
        let arguments = if function.arguments.is_empty() { String::new() } else { self.argument_list(&function.arguments) };
        if pointer { format!("{path}.(*{type_name}{arguments}).{name}") } else { format!("{path}.{type_name}{arguments}.{name}") }
    }

    fn argument_list(&mut self, arguments: &[TypeId]) -> String {
        let list: Vec<String> = arguments.iter().map(|ty| self.type_name(*ty)).collect();
        format!("[{}]", list.join(","))
    }

    /// A name that no other type has.
    pub fn type_name(&mut self, ty: TypeId) -> String {
        let ty = self.canonical(ty);
        let text = self.types_ref().link_string(ty);
        match self.types_ref().as_named(ty) {
            // Types declared in functions may share a name.
            Some(named) if self.types_ref().is_local_type(self.types_ref().named(named).object) => format!("{text}·{}", ty.0),
            _ => text,
        }
    }

    /// The link name of a function, as `//go:linkname` may have changed it.
    pub fn link_name(&mut self, function: &FunctionRef) -> String {
        if function.arguments.is_empty()
            && let Some(remote) = self.linknames.remote.get(&function.object)
        {
            return remote.clone();
        }
        self.default_name(function)
    }

    /// What a call of a function calls.
    pub fn function_callee(&mut self, function: &FunctionRef) -> Callee {
        let has_body = self.declaration(function).is_some_and(|decl| decl.body.is_some());
        if !has_body {
            let name = self.link_name(function);
            if let Some(entry) = name.strip_prefix("rt.")
                && let Some(index) = crate::ir::rt_index(entry)
            {
                return Callee::Rt(index);
            }
        }
        Callee::Func(self.function_symbol(function))
    }

    /// The symbol of a function, which is lowered if it was not asked for before.
    pub fn function_symbol(&mut self, function: &FunctionRef) -> Symbol {
        if let Some(symbol) = self.functions.get(function) {
            return *symbol;
        }
        let decl = self.declaration(function);
        let name = self.link_name(function);
        let symbol = self.module.symbols.intern(&name);
        self.functions.insert(function.clone(), symbol);
        let Some(decl) = decl else {
            if self.whole {
                self.lower_absent(function, symbol);
                return symbol;
            }
            self.problem(Pos::NONE, format!("relocation target {name} not defined"));
            return symbol;
        };
        if decl.body.is_some() {
            if self.requested.insert(symbol) {
                self.queue.push(Work::Function(function.clone()));
            }
            return symbol;
        }
        if let Some(import) = &decl.pragmas.wasm_import {
            if self.requested.insert(symbol) {
                let plan = self.function_plan(function);
                // Host functions know 32-bit addresses and take no result addresses.
                let sig = self.module.sigs.intern(&plan.ir_params, &plan.ir_results);
                let (module, name) = (import.module.clone(), import.name.clone());
                match super::host::kind(&module, &name) {
                    Some(kind) => self.lower_host_call(symbol, &plan, kind, module, name),
                    None => self.module.imports.push(Import { symbol, module, name, sig }),
                }
            }
            return symbol;
        }
        let own = self.default_name(function);
        for name in [&name, &own] {
            if let Some(target) = self.find_object(name)
                && target != function.object
                && self.checker.functions.get(&target).is_some_and(|decl| decl.body.is_some())
            {
                let target = self.function_ref(target, Vec::new());
                let symbol = self.function_symbol(&target);
                self.functions.insert(function.clone(), symbol);
                return symbol;
            }
        }
        // One that stays undefined is an error only if it is reached: the linker's matter.
        if self.requested.insert(symbol) && !self.lower_bodyless_intrinsic(function, symbol, &name) && self.whole {
            self.lower_absent(function, symbol);
        }
        symbol
    }

    /// Asks for every function and method of the main package. Generic ones have no code of their own.
    pub(super) fn request_package(&mut self) {
        for object in self.checker.package_functions(self.main) {
            let function = self.function_ref(object, Vec::new());
            let is_generic = self.is_generic_function(object);
            let has_body = self.declaration(&function).is_some_and(|decl| decl.body.is_some());
            let name = self.types_ref().name_of(object);
            if has_body && !is_generic && name != "_" {
                self.function_symbol(&function);
            }
        }
    }

    /// A body for a function that another package would define, were this a whole program.
    fn lower_absent(&mut self, function: &FunctionRef, symbol: Symbol) {
        let plan = self.function_plan(function);
        let sig = self.module.sigs.intern(&plan.ir_params, &plan.ir_results);
        let func = Function::new(symbol, sig, &plan.ir_params);
        let mut cx = FnCx::generated(self, func, String::new());
        cx.b.unreachable();
        let func = cx.b.finish();
        self.add_func(func);
    }

    /// Lowers whatever defines a symbol that was made without being asked for; whether that is new.
    pub fn request_symbol(&mut self, symbol: Symbol) -> bool {
        if self.requested.contains(&symbol) {
            return false;
        }
        if let Some(wrapper) = self.wrappers.remove(&symbol) {
            self.requested.insert(symbol);
            self.lower_wrapper(symbol, wrapper);
            return true;
        }
        false
    }

    /// A function of the overlay's package runtime, from the table of these.
    pub fn runtime_func(&mut self, name: &'static str) -> (Symbol, Sig, bool) {
        let row = super::builtin::lookup(name).unwrap_or_else(|| panic!("lower: runtime.{name} is in the table"));
        let (params, results) = row.scalars();
        let params: Vec<Type> = params.into_iter().map(|mem| mem.ty()).collect();
        let results: Vec<Type> = results.into_iter().map(|mem| mem.ty()).collect();
        let sig = self.module.sigs.intern(&params, &results);
        let symbol = self.runtime_symbol(name);
        (symbol, sig, row.no_return)
    }

    fn runtime_symbol(&mut self, name: &str) -> Symbol {
        let full = format!("runtime.{name}");
        self.named_symbol(&full)
    }

    /// The symbol of the function with a link name.
    pub fn named_symbol(&mut self, full: &str) -> Symbol {
        if let Some(symbol) = self.module.symbols.find(full)
            && self.requested.contains(&symbol)
        {
            return symbol;
        }
        match self.find_object(full) {
            Some(object) if self.checker.functions.contains_key(&object) => {
                let function = self.function_ref(object, Vec::new());
                self.function_symbol(&function)
            }
            _ => {
                let symbol = self.module.symbols.intern(full);
                if self.requested.insert(symbol) {
                    self.problem(Pos::NONE, format!("{full} is not defined"));
                }
                symbol
            }
        }
    }

    /// Makes sure that a function which checks call on failure is lowered.
    pub fn require(&mut self, full: &'static str) {
        if self.required.insert(full) {
            let symbol = self.named_symbol(full);
            if let Some(object) = self.find_object(full) {
                debug_assert!(self.functions.values().any(|s| *s == symbol) || self.types_ref().object(object).package.is_some());
            }
        }
    }

    // Signatures.

    /// The plan of a function type, with a receiver first if there is one.
    pub fn signature_plan(&mut self, ty: TypeId, receiver: Option<TypeId>) -> Rc<Plan> {
        let under = self.types().under(ty);
        let TypeKind::Signature(id) = under else { panic!("lower: a call of something that is no function: {under:?}") };
        let signature = self.types().signature(id).clone();
        let mut params: Vec<TypeId> = receiver.into_iter().collect();
        for param in signature.params.iter() {
            params.push(self.object_type(*param));
        }
        let results: Vec<TypeId> = signature.results.iter().map(|result| self.object_type(*result)).collect();
        Rc::new(self.plan(params, results))
    }

    pub fn plan(&mut self, params: Vec<TypeId>, results: Vec<TypeId>) -> Plan {
        let mut ir_params = Vec::new();
        for ty in &params {
            match &self.type_info(*ty).flat {
                Some(parts) => ir_params.extend(parts.iter().map(|p| p.mem.ty())),
                None => ir_params.push(Type::Ptr),
            }
        }
        let param_scalars = ir_params.len();
        let mut ir_results = Vec::new();
        let mut places = Vec::new();
        let mut mem_results = 0;
        let mut full = false;
        for ty in &results {
            let info = self.type_info(*ty);
            match &info.flat {
                Some(parts) if !full && ir_results.len() + parts.len() <= MAX_RESULT_SCALARS => {
                    places.push(ResultPlace::Flat(ir_results.len()));
                    ir_results.extend(parts.iter().map(|p| p.mem.ty()));
                }
                flat => {
                    full |= flat.is_some();
                    places.push(ResultPlace::Mem(mem_results));
                    mem_results += 1;
                    ir_params.push(Type::Ptr);
                }
            }
        }
        Plan { params, results, places, ir_params, ir_results, param_scalars, mem_results }
    }

    pub fn function_plan(&mut self, function: &FunctionRef) -> Rc<Plan> {
        if let Some(plan) = self.plans.get(function) {
            return plan.clone();
        }
        let inst = self.instantiation(function);
        let ty = self.types().type_of(function.object);
        let TypeKind::Signature(id) = self.types().kind(ty) else { panic!("lower: a function without a signature") };
        let signature = self.types().signature(id).clone();
        let types = |lw: &mut Self, list: &[ObjectId]| -> Vec<TypeId> {
            list.iter()
                .map(|object| {
                    let ty = lw.types().type_of(*object);
                    lw.resolve(ty, &inst)
                })
                .collect()
        };
        let receiver: Vec<ObjectId> = signature.receiver.into_iter().collect();
        let mut params = types(self, &receiver);
        params.extend(types(self, &signature.params));
        let results = types(self, &signature.results);
        let plan = Rc::new(self.plan(params, results));
        self.plans.insert(function.clone(), plan.clone());
        plan
    }

    pub fn attrs(&mut self, function: &FunctionRef, decl: &FuncDecl, name: &str) -> Attrs {
        let flags = decl.pragmas.flags;
        let runtime = name.strip_prefix("runtime.").and_then(super::builtin::lookup);
        let _ = function;
        Attrs {
            noinline: flags.has(PragmaFlags::NOINLINE),
            nosplit: flags.has(PragmaFlags::NOSPLIT),
            has_recover: contains_recover(decl.body.as_ref()),
            noreturn: runtime.is_some_and(|row| row.no_return),
            cold: runtime.is_some_and(|row| row.no_return),
            ..Attrs::default()
        }
    }

    /// Whether a function calls recover itself, so that wrappers must pass the deferred mark on.
    pub fn may_recover(&mut self, function: &FunctionRef) -> bool {
        match self.declaration(function) {
            Some(decl) => contains_recover(decl.body.as_ref()),
            None => false,
        }
    }

    /// Whether what arguments converted from pointers to uintptr point to lives until a call returns: `//go:uintptrkeepalive` and
    /// `//go:uintptrescapes`.
    pub fn keeps_arguments(&mut self, function: &FunctionRef) -> bool {
        self.declaration(function).is_some_and(|decl| decl.pragmas.flags.has(PragmaFlags::UINTPTR_KEEP_ALIVE))
    }

    // Methods.

    /// The type found by following embedded fields (and pointers on the way).
    pub fn path_type(&mut self, ty: TypeId, path: &[u32]) -> TypeId {
        let mut ty = self.canonical(ty);
        for index in path {
            if let TypeKind::Pointer(elem) = self.types().under(ty) {
                ty = self.canonical(elem);
            }
            ty = self.field_types(ty)[*index as usize];
        }
        ty
    }

    /// What a method selection on a receiver of this (resolved) type means.
    pub fn method_target(&mut self, receiver: TypeId, selection: &Selection) -> MethodTarget {
        let declared = self.canonical(selection.receiver);
        let (mut object, mut path) = (selection.object, selection.path.to_vec());
        if declared != receiver {
            // In an instance the method is looked up anew: the receiver may have been a type parameter.
            let method = self.types_ref().object(selection.object);
            let (package, name) = (method.package, method.name);
            match self.types().lookup_field_or_method(receiver, true, package, name) {
                crate::types::Lookup::Found { object: found, path: way, .. } => (object, path) = (found, way),
                other => panic!("lower: method {name} not found in an instance: {other:?}"),
            }
        }
        path.pop();
        self.target_of(receiver, object, path)
    }

    /// The same for a method found through embedded fields `path` of the receiver.
    pub fn target_of(&mut self, receiver: TypeId, object: ObjectId, path: Vec<u32>) -> MethodTarget {
        let holder = self.path_type(receiver, &path);
        let function = self.types_ref().object(object).function().copied();
        let is_abstract = function.is_some_and(|f| f.is_abstract);
        if is_abstract || self.is_interface(holder) {
            let methods = self.interface_methods(holder);
            let index = methods
                .iter()
                .position(|m| super::typedesc::same_method(self.types_ref(), *m, object))
                .unwrap_or_else(|| panic!("lower: no such method in the interface"));
            let signature = super::typedesc::method_type(self.types(), methods[index]);
            return MethodTarget { path, kind: MethodKind::Interface { index: index as u32, signature }, pointer_receiver: false, interface: holder };
        }
        let (base, _) = self.types().deref(holder);
        let arguments = match self.types().as_named(base) {
            Some(named) => self.types().type_arguments(named).to_vec(),
            None => Vec::new(),
        };
        let function = self.function_ref(object, arguments);
        let pointer_receiver = self.types().has_pointer_receiver(function.object);
        MethodTarget { path, kind: MethodKind::Concrete(function), pointer_receiver, interface: TypeId::INVALID }
    }

    // Variables.

    /// The data symbol of a package-level variable.
    pub fn global(&mut self, object: ObjectId) -> Symbol {
        if let Some(symbol) = self.globals.get(&object) {
            return *symbol;
        }
        let data = self.types().object(object).clone();
        debug_assert!(matches!(data.variable(), Some(v) if v.kind == VariableKind::Package), "lower: {} is a package variable", data.name);
        let path = data.package.map_or("", |package| self.types_ref().package(package).path.as_str());
        let path = if data.package == Some(self.main) { "main" } else { path };
        let mut name = format!("{path}.{}", data.name);
        // Another package may give this variable its value.
        if !self.has_initializer(object)
            && let Some(pushed) = self.linknames.variables.get(&name).copied()
            && pushed != object
            && self.has_initializer(pushed)
        {
            let symbol = self.global(pushed);
            self.globals.insert(object, symbol);
            return symbol;
        }
        if let Some(remote) = self.linknames.remote.get(&object).cloned() {
            if !self.has_initializer(object)
                && let Some(target) = self.find_object(&remote)
                && target != object
                && matches!(self.types_ref().object(target).kind, ObjectKind::Variable(_))
                && self.linknames.remote.get(&target).is_none_or(|back| *back != name)
            {
                let symbol = self.global(target);
                self.globals.insert(object, symbol);
                return symbol;
            }
            name = remote;
        }
        if data.name.is_blank() {
            name = format!("{name}.{}", object.0);
        }
        let symbol = self.module.symbols.intern(&name);
        self.globals.insert(object, symbol);
        self.define_global(object, symbol);
        symbol
    }
}

/// Whether a body calls `recover`, outside function literals.
pub fn contains_recover(body: Option<&Block>) -> bool {
    let mut visitor = Recovers(false);
    if let Some(body) = body {
        walk_block(body, &mut visitor);
    }
    visitor.0
}

/// Has met a call of `recover`. A deferred one counts: the function calls it when it runs it at its own end.
struct Recovers(bool);

impl<'a> Visitor<'a> for Recovers {
    fn expr(&mut self, expr: &'a Expr) -> bool {
        if let ExprKind::Call(call) = &expr.kind {
            self.0 |= call.args.is_empty() && call.fun.unparen().as_name().is_some_and(|name| name == "recover");
        }
        !self.0 && !matches!(expr.kind, ExprKind::Func(_))
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> bool {
        let StmtKind::Go(e) = &stmt.kind else { return !self.0 };
        // The new goroutine makes the call.
        if let ExprKind::Call(call) = &e.unparen().kind {
            walk_exprs(&call.args, self);
        }
        false
    }
}
