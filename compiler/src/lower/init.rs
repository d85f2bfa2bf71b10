//! Initialisation of packages.
//!
//! Packages are initialised in the order in which the loader lists them. Within a package variables go in the order of their dependencies,
//! then the `init` functions run.
//!
//! An initializer without side effects is lowered only if something refers to its variable; if its value is static it becomes data. The
//! others become a function each, called in order by the package's `init`; `go:init` calls these.

use crate::ir::{Data, Function, Section, Symbol};
use crate::source::Pos;
use crate::syntax::ast::{Expr, ExprKind, NodeId, Operator};
use crate::types::hash::FastMap;
use crate::types::{BuiltinId, Mode, ObjectId, ObjectKind, PackageId, TypeKind};

use super::func::FnCx;
use super::{Lowerer, Work};

/// An initializer of package variables.
struct Entry<'a> {
    package: PackageId,
    lhs: Vec<ObjectId>,
    rhs: &'a Expr,
    live: bool,
    /// The function that runs it, if it needs one.
    code: Option<Symbol>,
}

/// What there is to initialise.
#[derive(Default)]
pub struct Initialisation<'a> {
    /// In the order of execution.
    entries: Vec<Entry<'a>>,
    of_variable: FastMap<ObjectId, usize>,
    /// In the order of initialisation, with the `init` functions.
    packages: Vec<(PackageId, Vec<ObjectId>)>,
    /// Numbers of functions that share a name.
    numbers: FastMap<ObjectId, u32>,
    /// Literals in initializers, numbered for each package.
    literals: FastMap<PackageId, u32>,
    current: Option<PackageId>,
    literal_names: FastMap<NodeId, String>,
}

impl Initialisation<'_> {
    pub fn function_number(&self, object: ObjectId) -> u32 {
        self.numbers.get(&object).copied().unwrap_or(0)
    }
}

impl<'a> Lowerer<'a> {
    pub(super) fn prepare_init(&mut self) {
        for i in 0..self.units.len() {
            let package = self.units[i].package;
            let before = self.checker.diagnostics.len();
            let order = self.checker.initialization_order(package);
            self.take_diagnostics(before);
            for initializer in order {
                let index = self.init.entries.len();
                for variable in &initializer.lhs {
                    self.init.of_variable.insert(*variable, index);
                }
                let live = !self.is_pure(initializer.rhs);
                if live {
                    self.queue.push(Work::Initializer(index));
                }
                self.init.entries.push(Entry { package, lhs: initializer.lhs, rhs: initializer.rhs, live, code: None });
            }
            let functions: Vec<ObjectId> = self
                .checker
                .package_functions(package)
                .into_iter()
                .filter(|object| {
                    let ty = self.types_ref().type_of(*object);
                    let method = match self.types_ref().kind(ty) {
                        TypeKind::Signature(id) => self.types_ref().signature(id).receiver.is_some(),
                        _ => false,
                    };
                    self.types_ref().name_of(*object) == "init" && !method
                })
                .collect();
            for (number, object) in functions.iter().enumerate() {
                self.init.numbers.insert(*object, number as u32);
            }
            for object in &functions {
                let function = self.function_ref(*object, Vec::new());
                self.function_symbol(&function);
            }
            self.init.packages.push((package, functions));
        }
        // Entries are lowered in their order, so that literals are numbered as in the source.
        self.queue.reverse();
    }

    /// Whether evaluating an initializer can be left out if nobody wants the value.
    fn is_pure(&self, e: &Expr) -> bool {
        if self.info().constant(e.id).is_some() {
            return true;
        }
        match &e.kind {
            ExprKind::Name(_) | ExprKind::Literal(_) | ExprKind::Func(_) => true,
            ExprKind::Paren(x) => self.is_pure(x),
            ExprKind::Selector(selector) => self.is_pure(&selector.x),
            ExprKind::Composite(literal) => literal.elements.iter().all(|e| self.is_pure(e)),
            ExprKind::KeyValue(pair) => (self.is_pure(&pair.key) || pair.key.as_name().is_some()) && self.is_pure(&pair.value),
            ExprKind::Unary(unary) => !matches!(unary.op, Operator::Receive | Operator::Mul) && self.is_pure(&unary.x),
            ExprKind::Binary(binary) => {
                !matches!(binary.op, Operator::Div | Operator::Rem | Operator::ShiftLeft | Operator::ShiftRight)
                    && self.is_pure(&binary.x)
                    && self.is_pure(&binary.y)
            }
            ExprKind::Call(call) => {
                let fun = call.fun.unparen();
                let pure_args = call.args.iter().all(|arg| self.is_pure(arg));
                if self.info().type_and_value(fun.id).mode == Mode::Type {
                    return pure_args && !matches!(self.info().type_and_value(fun.id).typ, crate::types::TypeId::INVALID);
                }
                let id = match &fun.kind {
                    ExprKind::Name(_) => fun.id,
                    ExprKind::Selector(selector) => selector.sel.id,
                    _ => return false,
                };
                let Some(object) = self.info().use_of(id) else { return false };
                let object = self.types_ref().object(object);
                match object.kind {
                    ObjectKind::Builtin(builtin) => {
                        let args = call.args.iter().all(|a| self.is_pure(a) || self.info().type_and_value(a.id).mode == Mode::Type);
                        args && matches!(
                            builtin,
                            BuiltinId::New
                                | BuiltinId::Make
                                | BuiltinId::Len
                                | BuiltinId::Cap
                                | BuiltinId::Append
                                | BuiltinId::Complex
                                | BuiltinId::Min
                                | BuiltinId::Max
                        )
                    }
                    ObjectKind::Function(_) => {
                        let path = object.package.map_or("", |package| self.types_ref().package(package).path.as_str());
                        pure_args && path == "errors" && object.name == "New"
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Makes the data of a package variable, and sees to its initializer.
    pub(super) fn define_global(&mut self, object: ObjectId, symbol: Symbol) {
        if self.module.data(symbol).is_none() {
            let ty = self.object_type(object);
            let info = self.type_info(ty);
            let pointers = self.pointers(ty);
            self.module.add_data(Data {
                name: symbol,
                section: Section::Bss,
                align: info.variable_align(),
                size: info.bytes(),
                bytes: Vec::new(),
                relocs: Vec::new(),
                pointers,
            });
            self.give(object, symbol, ty);
        }
        if let Some(index) = self.init.of_variable.get(&object).copied()
            && !std::mem::replace(&mut self.init.entries[index].live, true)
        {
            self.queue.push(Work::Initializer(index));
        }
    }

    /// Whether a package variable is declared with a value.
    pub(super) fn has_initializer(&self, object: ObjectId) -> bool {
        self.init.of_variable.contains_key(&object)
    }

    fn package_path(&self, package: PackageId) -> &'static str {
        if package == self.main { "main" } else { self.types_ref().package(package).path.as_str() }
    }

    /// The name of a literal in the initializer at hand.
    pub(super) fn init_closure_name(&mut self, e: &Expr) -> Option<String> {
        let package = self.init.current?;
        if let Some(name) = self.init.literal_names.get(&e.id) {
            return Some(name.clone());
        }
        let count = self.init.literals.entry(package).or_insert(0);
        *count += 1;
        let n = *count;
        let name = format!("{}.init.func{n}", self.package_path(package));
        self.init.literal_names.insert(e.id, name.clone());
        Some(name)
    }

    pub(super) fn lower_initializer(&mut self, index: usize) {
        let entry = &self.init.entries[index];
        let (package, lhs, rhs) = (entry.package, entry.lhs.clone(), entry.rhs);
        self.init.entries[index].live = true;
        if lhs.len() == 1 && !self.types().object(lhs[0]).name.is_blank() {
            let symbol = self.global(lhs[0]);
            if self.is_given(lhs[0]) && self.info().constant(rhs.id).is_some() {
                return;
            }
            let ty = self.object_type(lhs[0]);
            self.init.current = Some(package);
            let done = self.initialize_statically(symbol, rhs, ty);
            self.init.current = None;
            if done {
                return;
            }
        }
        let path = self.package_path(package);
        let first = lhs.first().map_or("_", |object| self.types_ref().name_of(*object));
        let name = format!("{path}.init·{first}.{index}");
        let symbol = self.module.symbols.intern(&name);
        let sig = self.module.sigs.intern(&[], &[]);
        let mut func = Function::new(symbol, sig, &[]);
        func.loc = self.loc(rhs.pos);
        let loop_vars = self.per_iteration_variables(rhs.pos);
        let closures = self.init.literals.get(&package).copied().unwrap_or(0);
        let mut cx = FnCx::new(self, func, format!("{path}.init"), std::rc::Rc::default(), loop_vars);
        cx.closures = closures;
        cx.at(rhs.pos);
        cx.initializer(&lhs, rhs);
        cx.b.ret(&[]);
        let closures = cx.closures;
        let func = cx.b.finish();
        self.init.literals.insert(package, closures);
        self.requested.insert(symbol);
        self.add_func(func);
        self.init.entries[index].code = Some(symbol);
    }

    /// Makes the functions that run the initializers, now that it is known which are needed.
    pub(super) fn finish_init(&mut self) {
        let mut all = Vec::new();
        let records = self.module.symbols.intern("runtime.memoryRecords");
        if self.requested.contains(&records) {
            // The program can ask for the profile of its heap.
            all.push(self.named_symbol("runtime.startMemoryProfile"));
            self.drain();
        }
        if self.find_object("runtime.initMaps").is_some() {
            all.push(self.named_symbol("runtime.initMaps"));
            self.drain();
        }
        for (package, functions) in std::mem::take(&mut self.init.packages) {
            let mut calls: Vec<Symbol> = self.init.entries.iter().filter(|entry| entry.package == package).filter_map(|entry| entry.code).collect();
            for object in functions {
                let function = self.function_ref(object, Vec::new());
                calls.push(self.function_symbol(&function));
            }
            if calls.is_empty() {
                continue;
            }
            let name = format!("{}.init", self.package_path(package));
            all.push(self.sequence(&name, &calls));
        }
        self.sequence("go:init", &all);
    }

    /// A function that calls others in order. Tracebacks leave it out: what it calls bears the name of the package's `init` already.
    fn sequence(&mut self, name: &str, calls: &[Symbol]) -> Symbol {
        let symbol = self.module.symbols.intern(name);
        self.requested.insert(symbol);
        let sig = self.module.sigs.intern(&[], &[]);
        let mut func = Function::new(symbol, sig, &[]);
        func.attrs.wrapper = true;
        let mut cx = FnCx::generated(self, func, name.to_string());
        for call in calls {
            cx.b.call(&cx.lw.module.sigs, crate::ir::Op::Call { func: *call, sig }, &[]);
        }
        cx.b.ret(&[]);
        let func = cx.b.finish();
        self.add_func(func);
        symbol
    }

    /// Reports something without a place.
    pub fn general_problem(&mut self, text: String) {
        self.problem(Pos::NONE, text);
    }
}

impl<'a> FnCx<'_, 'a> {
    fn initializer(&mut self, lhs: &[ObjectId], rhs: &'a Expr) {
        if lhs.len() <= 1 {
            let blank = lhs.first().is_none_or(|object| self.lw.types().object(*object).name.is_blank());
            if blank {
                let ty = match lhs.first() {
                    Some(object) => self.lw.object_type(*object),
                    None => self.typed(rhs),
                };
                if self.type_of(rhs) == crate::types::TypeId::EMPTY_TUPLE {
                    self.expr(rhs);
                } else {
                    self.expr_as(rhs, ty);
                }
                return;
            }
            let place = self.variable(lhs[0]);
            let addr = self.place_addr(&place);
            let val = self.expr_as(rhs, place.ty);
            self.store(place.ty, addr, 0, val);
            return;
        }
        let vals = self.multi_value(rhs);
        for (object, (val, from)) in lhs.iter().zip(vals) {
            if self.lw.types().object(*object).name.is_blank() {
                continue;
            }
            let place = self.variable(*object);
            let val = self.assign_convert(val, from, place.ty);
            self.store_place(&place, val);
        }
    }
}
