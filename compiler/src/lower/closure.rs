//! Function literals, functions as values, method values and method expressions.
//!
//! A func value points to an object whose first word is the table index of code that takes the object as its first parameter. The code of a
//! literal reads its captured variables from there; a declared function gets a thunk that drops it.

use std::rc::Rc;

use crate::ir::{Function, Mem, Op, PointerMap, Symbol, Type, Value};
use crate::syntax::ast::{Expr, ExprKind, FuncLit, SelectorExpr};
use crate::types::{ObjectId, Selection, TypeId, TypeKind};

use super::call::{MethodKind, MethodTarget};
use super::expr::{Place, PlaceKind};
use super::func::{Callee, FnCx, Plan, Storage, Val};
use super::names::Instantiation;
use super::{Lowerer, Work};

/// A captured variable and its place in the closure object.
#[derive(Clone, Copy, Debug)]
pub struct Capture {
    pub object: ObjectId,
    /// The object holds the variable's address, not its value.
    pub by_reference: bool,
    pub ty: TypeId,
    pub offset: u32,
}

/// A function literal whose body is still to be lowered.
pub struct Literal<'a> {
    pub expr: &'a Expr,
    pub symbol: Symbol,
    pub name: String,
    pub inst: Rc<Instantiation>,
    pub captures: Vec<Capture>,
    pub loop_vars: bool,
}

/// The layout of a closure object.
pub struct ClosureLayout {
    pub offsets: Vec<u32>,
    pub shape: Symbol,
    pub bytes: u32,
    pub noscan: bool,
}

impl<'a> Lowerer<'a> {
    /// A closure object with values of these types behind the table index.
    pub fn closure_layout(&mut self, types: &[TypeId]) -> ClosureLayout {
        let mut all = vec![TypeId::UINTPTR];
        all.extend_from_slice(types);
        let (info, offsets) = self.layouts.fields(&mut self.checker.types, &all);
        let mut map = PointerMap::none();
        for (ty, offset) in all.iter().zip(offsets.iter()) {
            self.layouts.mark_pointers(&mut self.checker.types, *ty, *offset, &mut map);
        }
        let noscan = map.is_empty();
        let shape = self.shape_of(info.bytes(), info.align as u32, info.ptr_bytes, map);
        ClosureLayout { offsets: offsets[1..].iter().map(|o| *o as u32).collect(), shape, bytes: info.bytes(), noscan }
    }

    /// Code for a declared function as a value.
    pub fn thunk(&mut self, callee: Callee, name: &str, plan: &Plan, recovers: bool) -> Symbol {
        self.closure_code(format!("{name}·f"), plan, |cx, args| cx.forward(callee, plan, &args[1..], recovers))
    }

    /// A wrapper that is called through a func value: `body` gets its parameters, the closure object first.
    fn closure_code(&mut self, name: String, plan: &Plan, body: impl FnOnce(&mut FnCx<'_, 'a>, &[Value])) -> Symbol {
        let symbol = self.module.symbols.intern(&name);
        if self.begin_generated(symbol) {
            let mut params = vec![Type::Ptr];
            params.extend_from_slice(&plan.ir_params);
            let sig = self.module.sigs.intern(&params, &plan.ir_results);
            let mut func = Function::new(symbol, sig, &params);
            func.attrs.wrapper = true;
            func.attrs.closure = true;
            let mut cx = FnCx::generated(self, func, name);
            let args = cx.b.func.params().to_vec();
            body(&mut cx, &args);
            let func = cx.b.finish();
            self.add_func(func);
        }
        symbol
    }

    /// Code for a function of package runtime as a value.
    pub fn runtime_thunk(&mut self, name: &'static str) -> Symbol {
        let (func, sig, _) = self.runtime_func(name);
        let signature = self.module.sigs[sig].clone();
        let plan = Plan {
            params: Vec::new(),
            results: Vec::new(),
            places: Vec::new(),
            param_scalars: signature.params.len(),
            ir_params: signature.params.to_vec(),
            ir_results: signature.results.to_vec(),
            mem_results: 0,
        };
        self.thunk(Callee::Func(func), &format!("runtime.{name}"), &plan, false)
    }
}

impl<'a> FnCx<'_, 'a> {
    /// Passes all parameters on and returns the results; `args` are the scalars of the plan, result addresses included.
    pub fn forward(&mut self, callee: Callee, plan: &Plan, args: &[Value], recovers: bool) {
        if recovers && let Callee::Func(symbol) = callee {
            let index = self.b.table_index(symbol);
            self.b.emit(Op::ForwardDefer, &[index], &[]);
        }
        let (mut all, mut params) = (Vec::new(), Vec::new());
        match callee {
            Callee::Closure(ctx) | Callee::WithContext(_, ctx) => {
                all.push(ctx);
                params.push(Type::Ptr);
                if recovers && matches!(callee, Callee::Closure(_)) {
                    let index = self.b.load(Mem::I32, ctx, 0);
                    self.b.emit(Op::ForwardDefer, &[index], &[]);
                }
            }
            Callee::Interface { tab, receiver, method, .. } => {
                all.extend([tab, receiver]);
                params.push(Type::Ptr);
                if recovers {
                    let index = self.b.load_invariant(Mem::I32, tab, crate::ir::ITAB_FUN_OFFSET + 8 * method);
                    self.b.emit(Op::ForwardDefer, &[index], &[]);
                }
            }
            _ => {}
        }
        params.extend_from_slice(&plan.ir_params);
        all.extend_from_slice(args);
        let sig = self.sig_of(&params, &plan.ir_results);
        let op = match callee {
            Callee::Func(func) | Callee::WithContext(func, _) => Op::Call { func, sig },
            Callee::Closure(_) => Op::CallClosure { sig },
            Callee::Interface { method, family, .. } => Op::CallInterface { sig, method, family },
            Callee::Rt(_) => {
                let vals = self.emit_call(callee, plan, args, &[]);
                let results: Vec<Value> = vals.iter().flat_map(|val| val.scalars().to_vec()).collect();
                self.b.ret(&results);
                return;
            }
        };
        let results = self.b.call(&self.lw.module.sigs, op, &all);
        self.b.ret(&results);
    }

    /// A func value for a function's code that needs no context.
    fn static_closure(&mut self, code: Symbol) -> Val {
        Val::one(self.b.func_addr(code))
    }

    /// A declared function as a value.
    pub fn function_value(&mut self, e: &'a Expr) -> Val {
        let Some((object, arguments)) = self.static_function(e) else {
            panic!("lower: {}: a function that is not declared", self.lw.describe(e.pos));
        };
        let code = self.lw.function_thunk(object, arguments);
        self.static_closure(code)
    }

    /// Code symbol and closure of a literal.
    pub fn make_closure(&mut self, e: &'a Expr, literal: &'a FuncLit) -> (Symbol, Value) {
        let _ = literal;
        let objects = self.lw.info().captures(e.id).to_vec();
        self.closures += 1;
        let name = closure_name(&self.name, self.closures);
        let symbol = self.lw.module.symbols.intern(&name);
        let mut captures = Vec::new();
        let mut types = Vec::new();
        for object in objects {
            let Some(_) = self.vars.get(&object) else { continue };
            let ty = self.object_type(object);
            let by_reference = self.is_boxed(object);
            captures.push(Capture { object, by_reference, ty, offset: 0 });
            types.push(if by_reference { TypeId::UNSAFE_POINTER } else { ty });
        }
        let closure = if captures.is_empty() {
            self.b.func_addr(symbol)
        } else {
            let layout = self.lw.closure_layout(&types);
            for (capture, offset) in captures.iter_mut().zip(&layout.offsets) {
                capture.offset = *offset;
            }
            let closure = self.b.new_object(layout.bytes, layout.shape, layout.noscan);
            let index = self.b.table_index(symbol);
            self.b.store(Mem::I32, closure, 0, index);
            for capture in &captures {
                let storage = self.vars[&capture.object].clone();
                if capture.by_reference {
                    let addr = self.storage_addr(&storage);
                    self.b.store(Mem::Ptr, closure, capture.offset, addr);
                } else {
                    let val = self.held(capture.ty, &storage);
                    self.store(capture.ty, closure, capture.offset, val);
                }
            }
            closure
        };
        if self.lw.begin_generated(symbol) {
            let literal = Literal { expr: e, symbol, name, inst: self.inst.clone(), captures, loop_vars: self.loop_vars };
            self.lw.queue.push(Work::Literal(Box::new(literal)));
        }
        (symbol, closure)
    }

    pub fn func_literal(&mut self, e: &'a Expr, literal: &'a FuncLit) -> Val {
        Val::one(self.make_closure(e, literal).1)
    }

    /// `x.M` as a value: the receiver is evaluated now.
    pub fn method_value(&mut self, e: &'a Expr, selector: &'a SelectorExpr, selection: &Selection) -> Val {
        let target = self.method_target(selection, selector);
        let receiver = self.method_receiver(e, selector, &target);
        let receiver_type = match &target.kind {
            MethodKind::Interface { index, .. } => {
                let words = receiver.scalars();
                self.at(e.pos);
                self.nil_check(words[0]);
                self.lw.use_interface_method(target.interface, *index);
                target.interface
            }
            MethodKind::Concrete(function) => self.lw.function_plan(function).params[0],
        };
        let code = self.lw.bound_method(&target, receiver_type);
        let layout = self.lw.closure_layout(&[receiver_type]);
        let closure = self.b.new_object(layout.bytes, layout.shape, layout.noscan);
        let index = self.b.table_index(code);
        self.b.store(Mem::I32, closure, 0, index);
        self.store(receiver_type, closure, layout.offsets[0], receiver);
        Val::one(closure)
    }

    /// `T.M` as a value.
    pub fn method_expr(&mut self, e: &'a Expr, selector: &'a SelectorExpr, selection: &Selection) -> Val {
        let receiver = self.resolve(selection.receiver);
        let target = self.method_target(selection, selector);
        let ty = self.type_of(e);
        let code = self.lw.method_expression(receiver, &target, ty);
        self.static_closure(code)
    }

    /// Calls a method with a receiver in a place, the other parameters being passed on; returns the results.
    pub fn forward_method(&mut self, target: &MethodTarget, place: Place, plan: &Plan, args: &[Value]) {
        if let MethodKind::Concrete(function) = &target.kind
            && self.lw.may_recover(function)
            && let Callee::Func(symbol) = self.lw.function_callee(function)
        {
            let index = self.b.table_index(symbol);
            self.b.emit(Op::ForwardDefer, &[index], &[]);
        }
        let place = self.field_path(place, &target.path);
        let receiver = self.adjust_receiver(place, target);
        match &target.kind {
            MethodKind::Interface { index, .. } => {
                let words = receiver.scalars();
                self.nil_check(words[0]);
                let family = self.lw.call_interface_method(target.interface, *index);
                self.forward(Callee::Interface { tab: words[0], receiver: words[1], method: *index, family }, plan, args, true);
            }
            MethodKind::Concrete(function) => {
                let full = self.lw.function_plan(function);
                let callee = self.lw.function_callee(function);
                let mut all = Vec::new();
                self.push_arg(&mut all, full.params[0], receiver);
                all.extend_from_slice(args);
                self.forward(callee, &full, &all, false);
            }
        }
    }
}

/// Name of the `n`th literal of a function: `f.func1`, in it `f.func1.1`.
pub fn closure_name(outer: &str, n: u32) -> String {
    let tail = outer.rsplit('.').next().unwrap_or_default();
    let before = outer.len().checked_sub(tail.len() + 1).map_or("", |at| &outer[..at]);
    let nested = tail.starts_with("func") && tail[4..].bytes().all(|b| b.is_ascii_digit()) && tail.len() > 4
        || tail.bytes().all(|b| b.is_ascii_digit()) && !tail.is_empty() && before.contains(".func");
    if nested { format!("{outer}.{n}") } else { format!("{outer}.func{n}") }
}

impl<'a> Lowerer<'a> {
    /// Code of a declared function as a value.
    pub fn function_thunk(&mut self, object: ObjectId, arguments: Vec<TypeId>) -> Symbol {
        let function = self.function_ref(object, arguments);
        let plan = self.function_plan(&function);
        let recovers = self.may_recover(&function);
        let callee = self.function_callee(&function);
        let name = match callee {
            Callee::Func(symbol) => self.module.symbols.name(symbol).to_string(),
            _ => self.link_name(&function),
        };
        let symbol = self.thunk(callee, &name, &plan, recovers);
        // Func values are asked for the position of their function.
        if let Some(id) = self.module.func(symbol)
            && self.module[id].loc.line == 0
            && let Some(decl) = self.declaration(&function)
        {
            self.module.funcs[id.index()].loc = self.loc(decl.pos);
        }
        symbol
    }

    /// Code of `x.M` with the receiver in the closure.
    fn bound_method(&mut self, target: &MethodTarget, receiver: TypeId) -> Symbol {
        let (plan, name) = match &target.kind {
            MethodKind::Interface { index, signature } => {
                let plan = self.signature_plan(*signature, None);
                let method = self.interface_methods(target.interface)[*index as usize];
                let package = self.package_of_unexported(method).unwrap_or_default();
                (plan, format!("{}-fm·of.{package}", self.wrapper_name(target.interface, true, method)))
            }
            MethodKind::Concrete(function) => {
                let full = self.function_plan(function);
                let plan = self.plan(full.params[1..].to_vec(), full.results.clone());
                (Rc::new(plan), format!("{}-fm", self.link_name(function)))
            }
        };
        self.closure_code(name, &plan, |cx, args| {
            let layout = cx.lw.closure_layout(&[receiver]);
            let place = Place { ty: receiver, kind: PlaceKind::Mem { addr: args[0], offset: layout.offsets[0] } };
            // The receiver is in the form the method wants: no path, and a pointer if it takes one.
            let direct = MethodTarget { path: Vec::new(), ..target.clone() };
            cx.forward_bound(&direct, place, &plan, &args[1..]);
        })
    }

    /// Code of `T.M`, which takes the receiver as its first parameter.
    pub(super) fn method_expression(&mut self, receiver: TypeId, target: &MethodTarget, ty: TypeId) -> Symbol {
        let plan = self.signature_plan(ty, None);
        if let MethodKind::Concrete(function) = &target.kind
            && target.path.is_empty()
            && self.function_plan(function).params[0] == receiver
        {
            return self.function_thunk(function.object, function.arguments.clone());
        }
        let (method, instance) = match &target.kind {
            MethodKind::Concrete(function) => (function.object, self.link_name(function)),
            MethodKind::Interface { index, .. } => {
                let method = self.interface_methods(target.interface)[*index as usize];
                (method, self.package_of_unexported(method).unwrap_or_default())
            }
        };
        let (holder, direct) = match self.types().kind(receiver) {
            TypeKind::Pointer(elem) => (self.canonical(elem), false),
            _ => (receiver, true),
        };
        // Programs see the name up to the middle dot; what follows tells apart instances and methods that are not exported.
        let name = format!("{}·of.{instance}", self.wrapper_name(holder, direct, method));
        self.closure_code(name, &plan, |cx, args| {
            let args = &args[1..];
            let rest = cx.lw.plan(plan.params[1..].to_vec(), plan.results.clone());
            let info = cx.info(receiver);
            let count = info.flat.as_ref().map_or(1, |parts| parts.len());
            let val = match &info.flat {
                Some(_) => Val::flat(&args[..count]),
                None => Val::Mem { addr: args[0], owned: true },
            };
            let place = cx.val_place(receiver, val);
            cx.forward_method(target, place, &rest, &args[count..]);
        })
    }

    pub fn lower_literal(&mut self, literal: Literal<'a>) {
        let Literal { expr, symbol, name, inst, captures, loop_vars } = literal;
        let ExprKind::Func(lit) = &expr.kind else { return };
        let ty = self.info().type_of(expr.id);
        let ty = self.resolve(ty, &inst);
        let plan = self.signature_plan(ty, None);
        let mut params = vec![Type::Ptr];
        params.extend_from_slice(&plan.ir_params);
        let sig = self.module.sigs.intern(&params, &plan.ir_results);
        let mut func = Function::new(symbol, sig, &params);
        func.attrs.closure = true;
        func.attrs.has_recover = super::names::contains_recover(Some(&lit.body));
        func.loc = self.loc(expr.pos);
        let declared = self.checker.info.type_of(expr.id);
        let mut cx = FnCx::new(self, func, name, inst, loop_vars);
        cx.start(&lit.body, Some(expr.id));
        let ctx = cx.b.func.params()[0];
        for capture in captures {
            let storage = if capture.by_reference {
                let var = cx.b.declare_var(Type::Ptr);
                let addr = cx.b.load_invariant(Mem::Ptr, ctx, capture.offset);
                cx.b.def_var(var, addr);
                Storage::Memory(var)
            } else {
                match cx.load(capture.ty, ctx, capture.offset) {
                    Val::Mem { addr, .. } => {
                        let var = cx.b.declare_var(Type::Ptr);
                        cx.b.def_var(var, addr);
                        Storage::Memory(var)
                    }
                    val => cx.declare_ssa(capture.ty, val),
                }
            };
            cx.vars.insert(capture.object, storage);
        }
        cx.body(declared, &plan, 1, &lit.body);
        let func = cx.b.finish();
        self.add_func(func);
    }
}

impl FnCx<'_, '_> {
    /// As [`FnCx::forward_method`], with the receiver stored as the method takes it.
    fn forward_bound(&mut self, target: &MethodTarget, place: Place, plan: &Plan, args: &[Value]) {
        if matches!(target.kind, MethodKind::Interface { .. }) {
            return self.forward_method(target, place, plan, args);
        }
        let MethodKind::Concrete(function) = &target.kind else { return };
        let recovers = self.lw.may_recover(function);
        let full = self.lw.function_plan(function);
        let callee = self.lw.function_callee(function);
        let receiver = self.load_place(&place);
        let mut all = Vec::new();
        self.push_arg(&mut all, full.params[0], receiver);
        all.extend_from_slice(args);
        self.forward(callee, &full, &all, recovers);
    }
}
