//! Calls of functions, methods and func values.
//!
//! A call is *prepared* first: callee and arguments are evaluated to scalars. Then it is either emitted, or, for `go` and `defer`, stored in
//! a closure (see `defer`).

use std::rc::Rc;

use crate::ir::{Op, Type, Value};
use crate::syntax::ast::{CallExpr, Expr, ExprKind, SelectorExpr};
use crate::types::{BuiltinId, Mode, ObjectId, ObjectKind, Selection, SelectionKind, TypeId, TypeKind};

use super::expr::{Place, PlaceKind};
use super::func::{Callee, FnCx, Plan, Val};
use super::names::FunctionRef;

/// A call whose operands are evaluated.
pub struct Prepared {
    pub callee: Callee,
    pub plan: Rc<Plan>,
    pub args: Vec<Value>,
    /// The callee may call `recover`, so that a wrapper around it must pass the deferred mark on.
    pub may_recover: bool,
    /// Pointers whose targets live until the call returns.
    pub kept: Vec<Value>,
}

impl<'a> FnCx<'_, 'a> {
    /// The expression called, without parentheses.
    pub fn builtin_of(&self, fun: &Expr) -> Option<BuiltinId> {
        let fun = fun.unparen();
        let id = match &fun.kind {
            ExprKind::Name(_) => fun.id,
            ExprKind::Selector(selector) => selector.sel.id,
            _ => return None,
        };
        let object = self.lw.info().use_of(id)?;
        match self.lw.types_ref().object(object).kind {
            ObjectKind::Builtin(builtin) => Some(builtin),
            _ => None,
        }
    }

    /// Whether a call is one of a function: no conversion, no built-in.
    pub fn is_plain_call(&self, call: &CallExpr) -> bool {
        let fun = call.fun.unparen();
        self.builtin_of(fun).is_none() && self.lw.info().type_and_value(fun.id).mode != Mode::Type
    }

    /// A call expression; all its results.
    pub fn call(&mut self, e: &'a Expr, call: &'a CallExpr, dests: &[Option<Value>]) -> Vec<Val> {
        // What is converted inside of an argument's own call is not the outer call's.
        let outer = if self.is_plain_call(call) { self.kept.take() } else { None };
        let vals = self.call_once(e, call, dests);
        if outer.is_some() {
            self.kept = outer;
        }
        vals
    }

    fn call_once(&mut self, e: &'a Expr, call: &'a CallExpr, dests: &[Option<Value>]) -> Vec<Val> {
        if let Some(builtin) = self.builtin_of(&call.fun) {
            return self.builtin(e, call, builtin);
        }
        let fun = call.fun.unparen();
        if self.lw.info().type_and_value(fun.id).mode == Mode::Type {
            return vec![self.conversion(e, &call.args[0])];
        }
        if let Some(vals) = self.intrinsic(e, call) {
            return vals;
        }
        let prepared = self.prepare_call(e, call);
        self.at(e.pos);
        let results = self.emit_call(prepared.callee, &prepared.plan, &prepared.args, dests);
        self.keep_alive(&prepared.kept);
        results
    }

    pub fn keep_alive(&mut self, pointers: &[Value]) {
        for pointer in pointers {
            self.b.emit(Op::KeepAlive, &[*pointer], &[]);
        }
    }

    /// Arguments of a declared function, and the pointers it keeps alive.
    fn arguments_of(&mut self, function: &FunctionRef, call: &'a CallExpr, plan: &Plan, first: usize) -> (Vec<Value>, Vec<Value>) {
        let keeps = self.lw.keeps_arguments(function);
        let outer = std::mem::replace(&mut self.kept, keeps.then(Vec::new));
        let args = self.arguments(call, plan, first);
        (args, std::mem::replace(&mut self.kept, outer).unwrap_or_default())
    }

    /// Evaluates callee and arguments.
    pub fn prepare_call(&mut self, e: &'a Expr, call: &'a CallExpr) -> Prepared {
        let mut fun = call.fun.unparen();
        // x.M[int](y)
        if let ExprKind::Index(index) = &fun.kind
            && self.lw.is_function_name(&index.x)
        {
            fun = index.x.unparen();
        }
        if let ExprKind::Selector(selector) = &fun.kind
            && let Some(selection) = self.lw.info().selections.get(&fun.id).cloned()
            && selection.kind == SelectionKind::MethodValue
        {
            return self.prepare_method_call(e, call, selector, &selection);
        }
        if let Some((object, arguments)) = self.static_function(fun) {
            let function = self.lw.function_ref(object, arguments);
            let plan = self.lw.function_plan(&function);
            let callee = self.lw.function_callee(&function);
            let may_recover = self.lw.may_recover(&function);
            let (args, kept) = self.arguments_of(&function, call, &plan, 0);
            return Prepared { callee, plan, args, may_recover, kept };
        }
        let ty = self.type_of(fun);
        if !matches!(self.under(ty), TypeKind::Signature(_)) {
            panic!("lower: {}: a call of something that is no function", self.lw.describe(e.pos));
        }
        let plan = self.lw.signature_plan(ty, None);
        if let ExprKind::Func(literal) = &fun.kind {
            let (symbol, closure) = self.make_closure(fun, literal);
            let args = self.arguments(call, &plan, 0);
            let may_recover = true;
            return Prepared { callee: Callee::WithContext(symbol, closure), plan, args, may_recover, kept: Vec::new() };
        }
        let closure = self.scalar(fun);
        let args = self.arguments(call, &plan, 0);
        self.at(e.pos);
        self.nil_check(closure);
        Prepared { callee: Callee::Closure(closure), plan, args, may_recover: true, kept: Vec::new() }
    }

    /// The declared function that an expression names, with its type arguments.
    pub fn static_function(&mut self, fun: &'a Expr) -> Option<(ObjectId, Vec<TypeId>)> {
        let fun = fun.unparen();
        let id = match &fun.kind {
            ExprKind::Name(_) => fun.id,
            ExprKind::Selector(selector) if !self.lw.info().selections.contains_key(&fun.id) => selector.sel.id,
            ExprKind::Index(index) => {
                if !self.lw.is_function_name(&index.x) {
                    return None;
                }
                return self.static_function(&index.x);
            }
            _ => return None,
        };
        let object = self.lw.info().use_of(id)?;
        if !matches!(self.lw.types().object(object).kind, ObjectKind::Function(_)) {
            return None;
        }
        let arguments = match self.lw.info().instances.get(&id).cloned() {
            Some(instance) => instance.arguments.iter().map(|ty| self.resolve(*ty)).collect(),
            None => Vec::new(),
        };
        Some((object, arguments))
    }

    /// Scalars of the arguments for the parameters of `plan` from `first` on (the receiver comes before).
    pub fn arguments(&mut self, call: &'a CallExpr, plan: &Plan, first: usize) -> Vec<Value> {
        let fun = self.type_of(call.fun.unparen());
        let variadic = match self.under(fun) {
            TypeKind::Signature(id) => self.lw.types().signature(id).variadic,
            _ => false,
        };
        let params = &plan.params[first..];
        let mut vals: Vec<(TypeId, Val)> = Vec::with_capacity(params.len());
        // f(g()) with several results.
        if call.args.len() == 1
            && let ExprKind::Call(inner) = &call.args[0].unparen().kind
            && let tuple = self.type_of(&call.args[0])
            && let TypeKind::Tuple(id) = self.under(tuple)
        {
            let types: Vec<TypeId> = self.lw.types().tuple(id).clone().iter().map(|o| self.object_type(*o)).collect();
            let results = self.call(call.args[0].unparen(), inner, &[]);
            let mut extra = Vec::new();
            for (i, (val, from)) in results.into_iter().zip(types).enumerate() {
                if variadic && i + 1 >= params.len() {
                    extra.push((val, from));
                } else {
                    let val = self.assign_convert(val, from, params[i]);
                    vals.push((params[i], val));
                }
            }
            if variadic {
                let last = params[params.len() - 1];
                let val = self.variadic_values(last, extra);
                vals.push((last, val));
            }
        } else {
            let fixed = if variadic && !call.has_dots { params.len() - 1 } else { params.len() };
            for (i, arg) in call.args.iter().take(fixed).enumerate() {
                let later = call.args[i + 1..].iter().any(|other| self.has_effects(other));
                let val = self.expr_as(arg, params[i]);
                let val = if later { self.own(params[i], val) } else { val };
                vals.push((params[i], val));
            }
            if variadic && !call.has_dots {
                let last = params[params.len() - 1];
                let val = self.variadic_slice(last, &call.args[fixed.min(call.args.len())..]);
                vals.push((last, val));
            }
        }
        let mut args = Vec::new();
        for (ty, val) in vals {
            self.push_arg(&mut args, ty, val);
        }
        args
    }

    /// The slice for `...` arguments.
    fn variadic_slice(&mut self, slice: TypeId, args: &'a [Expr]) -> Val {
        if args.is_empty() {
            return self.zero(slice);
        }
        let TypeKind::Slice(elem) = self.under(slice) else { panic!("lower: variadic parameter is no slice") };
        let elem = self.resolve(elem);
        // Constant arguments make an array in read-only data only if nobody could write to it; the callee might, so build one.
        let mut vals = Vec::with_capacity(args.len());
        let size = self.info(elem).size as u32;
        if args.iter().any(|arg| self.has_effects(arg)) {
            for arg in args {
                let val = self.expr_as(arg, elem);
                vals.push(self.own(elem, val));
            }
        }
        let array = self.lw.types().array_of(args.len() as i64, elem);
        let array = self.lw.canonical(array);
        let addr = self.new_object(array);
        for (i, arg) in args.iter().enumerate() {
            match vals.get(i) {
                Some(val) => self.store(elem, addr, i as u32 * size, *val),
                None => self.expr_into(arg, elem, addr, i as u32 * size),
            }
        }
        let n = self.int(args.len() as i64);
        Val::flat(&[addr, n, n])
    }

    fn variadic_values(&mut self, slice: TypeId, vals: Vec<(Val, TypeId)>) -> Val {
        if vals.is_empty() {
            return self.zero(slice);
        }
        let TypeKind::Slice(elem) = self.under(slice) else { panic!("lower: variadic parameter is no slice") };
        let elem = self.resolve(elem);
        let size = self.info(elem).size as u32;
        let array = self.lw.types().array_of(vals.len() as i64, elem);
        let array = self.lw.canonical(array);
        let addr = self.new_object(array);
        let count = vals.len() as i64;
        for (i, (val, from)) in vals.into_iter().enumerate() {
            let val = self.assign_convert(val, from, elem);
            self.store(elem, addr, i as u32 * size, val);
        }
        let n = self.int(count);
        Val::flat(&[addr, n, n])
    }

    // Methods.

    fn prepare_method_call(&mut self, e: &'a Expr, call: &'a CallExpr, selector: &'a SelectorExpr, selection: &Selection) -> Prepared {
        let target = self.method_target(selection, selector);
        let receiver = self.method_receiver(e, selector, &target);
        match target.kind {
            MethodKind::Interface { index, signature } => {
                let plan = self.lw.signature_plan(signature, None);
                let words = receiver.scalars();
                let args = self.arguments(call, &plan, 0);
                self.at(e.pos);
                self.nil_check(words[0]);
                let family = self.lw.call_interface_method(target.interface, index);
                let callee = Callee::Interface { tab: words[0], receiver: words[1], method: index, family };
                Prepared { callee, plan, args, may_recover: true, kept: Vec::new() }
            }
            MethodKind::Concrete(ref function) => {
                let plan = self.lw.function_plan(function);
                let callee = self.lw.function_callee(function);
                let may_recover = self.lw.may_recover(function);
                let receiver_type = plan.params[0];
                let later = call.args.iter().any(|arg| self.has_effects(arg));
                let receiver = if later { self.own(receiver_type, receiver) } else { receiver };
                let (rest, kept) = self.arguments_of(function, call, &plan, 1);
                let mut args = Vec::with_capacity(rest.len() + 1);
                self.push_arg(&mut args, receiver_type, receiver);
                args.extend(rest);
                Prepared { callee, plan, args, may_recover, kept }
            }
        }
    }

    /// What a method selection means in this instance. A generic method has its type arguments with its name.
    pub fn method_target(&mut self, selection: &Selection, selector: &SelectorExpr) -> MethodTarget {
        let receiver = self.resolve(selection.receiver);
        let mut target = self.lw.method_target(receiver, selection);
        if let MethodKind::Concrete(function) = &mut target.kind
            && let Some(instance) = self.lw.info().instances.get(&selector.sel.id).cloned()
        {
            let arguments: Vec<TypeId> = instance.arguments.iter().map(|ty| self.resolve(*ty)).collect();
            function.arguments.extend(arguments);
        }
        target
    }

    /// Evaluates the receiver for a method: both words of an interface, the value, or the address.
    pub fn method_receiver(&mut self, e: &'a Expr, selector: &'a SelectorExpr, target: &MethodTarget) -> Val {
        let base = if target.path.is_empty() { None } else { Some(self.place(&selector.x)) };
        let place = match base {
            Some(place) => {
                self.at(e.pos);
                self.field_path(place, &target.path)
            }
            None => {
                // A pointer method on a variable takes its address, without loading the variable.
                let ty = self.type_of(&selector.x);
                let is_pointer = matches!(self.under(ty), TypeKind::Pointer(_));
                if target.pointer_receiver && !is_pointer {
                    return Val::one(self.address_of(&selector.x));
                }
                if !is_pointer && !target.pointer_receiver {
                    let place = self.place(&selector.x);
                    return self.load_place(&place);
                }
                self.place(&selector.x)
            }
        };
        self.adjust_receiver(place, target)
    }

    /// Takes the address of a place or follows a pointer, as the method wants it.
    pub fn adjust_receiver(&mut self, place: Place, target: &MethodTarget) -> Val {
        if matches!(target.kind, MethodKind::Interface { .. }) {
            return self.load_place(&place);
        }
        let is_pointer = self.is_receiver_pointer(place.ty, target);
        match (target.pointer_receiver, is_pointer) {
            (true, true) | (false, false) => self.load_place(&place),
            (true, false) => match place.kind {
                PlaceKind::Mem { addr, offset } => Val::one(self.b.ptr_add(addr, offset as i32)),
                _ => Val::one(self.place_addr(&place)),
            },
            (false, true) => {
                let place = self.follow(place);
                self.load_place(&place)
            }
        }
    }

    /// Whether the place holds a pointer to the method's receiver type, rather than the receiver type itself (which may be a pointer type).
    fn is_receiver_pointer(&mut self, ty: TypeId, target: &MethodTarget) -> bool {
        let _ = target;
        matches!(self.lw.types().kind(ty), TypeKind::Pointer(_))
    }

    /// Type of the scalars of a list, for signatures.
    pub fn value_types(&self, values: &[Value]) -> Vec<Type> {
        values.iter().map(|v| self.b.func.ty(*v)).collect()
    }
}

/// A method to be called.
#[derive(Clone, Debug)]
pub struct MethodTarget {
    /// Embedded fields on the way to the receiver.
    pub path: Vec<u32>,
    pub kind: MethodKind,
    pub pointer_receiver: bool,
    /// The interface type whose method is called, for interface methods.
    pub interface: TypeId,
}

#[derive(Clone, Debug)]
pub enum MethodKind {
    Concrete(super::names::FunctionRef),
    Interface { index: u32, signature: TypeId },
}
