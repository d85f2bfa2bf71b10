//! `defer` and `go`.
//!
//! A deferred or started call is a closure without parameters. If the call has operands they are evaluated first and kept in the closure
//! of a wrapper that makes the call.
//!
//! A function whose defer statements each run at most once has a mask of armed defers and a slot for the closure of each; otherwise
//! (defers in loops, or labels that can be jumped back to) a list. On the way out armed defers run last first, each disarmed before its
//! call. When a panic unwinds, the runtime finds mask, slots or list in the frozen frame and does the same; see `warren_abi::frame`.

use crate::ir::{BinOp, CmpOp, DeferInfo, Function, Mem, Op, PointerMap, Reloc, RelocKind, Slot, Symbol, Type, Value, Variable};
use crate::source::Pos;
use crate::syntax::ast::{Block, BranchKind, CallExpr, Expr, ExprKind, Stmt, StmtKind};
use crate::syntax::walk::{Visitor, walk_block};
use crate::types::{BuiltinId, Mode, TypeId, TypeKind};

use super::call::Prepared;
use super::func::{Callee, FnCx, Val};

/// More defers than this in one function go through the list.
const MAX_OPEN: u32 = 32;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeferMode {
    #[default]
    None,
    Open {
        mask: Slot,
        closures: Slot,
    },
    List(Slot),
    /// The list of the function around a loop over a function; the variable holds its address.
    Outer(Variable),
}

/// The defers of a function being lowered.
#[derive(Default)]
pub struct Defers {
    pub mode: DeferMode,
    /// For each open-coded defer met so far the code that its closure runs, if it is known.
    codes: Vec<Option<Symbol>>,
}

/// Counts the defers of a body and finds out whether one may run several times.
#[derive(Default)]
struct Scan {
    count: u32,
    repeated: bool,
    /// Loops around the statement.
    loops: u32,
}

impl<'a> Visitor<'a> for Scan {
    /// Only function literals contain statements, and these have defers of their own.
    fn expr(&mut self, _: &'a Expr) -> bool {
        false
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> bool {
        match &stmt.kind {
            StmtKind::Defer(_) => {
                self.count += 1;
                self.repeated |= self.loops > 0;
            }
            StmtKind::For(_) | StmtKind::Range(_) => self.loops += 1,
            // It may lead back.
            StmtKind::Branch(branch) => self.repeated |= branch.kind == BranchKind::Goto,
            _ => {}
        }
        true
    }

    fn after_stmt(&mut self, stmt: &'a Stmt) {
        if matches!(stmt.kind, StmtKind::For(_) | StmtKind::Range(_)) {
            self.loops -= 1;
        }
    }
}

impl<'a> FnCx<'_, 'a> {
    pub fn plan_defers(&mut self, body: &'a Block) {
        let mut scan = Scan::default();
        walk_block(body, &mut scan);
        if scan.count == 0 {
            return;
        }
        let info = if scan.repeated || scan.count > MAX_OPEN {
            let list = self.raw_slot(8, PointerMap::of([0]), true);
            self.clear_slot(list, Mem::Ptr);
            self.defers.mode = DeferMode::List(list);
            DeferInfo { list: Some(list), ..DeferInfo::default() }
        } else {
            let mask = self.raw_slot(8, PointerMap::none(), true);
            self.clear_slot(mask, Mem::I64);
            let closures = self.raw_slot(8 * scan.count, PointerMap::of(0..scan.count), true);
            self.defers.mode = DeferMode::Open { mask, closures };
            DeferInfo { mask: Some(mask), closures: Some(closures), count: scan.count, list: None }
        };
        self.b.set_defer(info);
    }

    fn clear_slot(&mut self, slot: Slot, mem: Mem) {
        let at = self.b.slot_addr(slot);
        let zero = self.b.zero(mem.ty());
        self.b.store(mem, at, 0, zero);
    }

    pub fn defer_stmt(&mut self, e: &'a Expr) {
        let (closure, code) = self.call_closure(e, "deferwrap");
        match self.defers.mode {
            DeferMode::None => panic!("lower: a defer that was not planned"),
            DeferMode::Open { mask, closures } => {
                let index = self.defers.codes.len() as u32;
                self.defers.codes.push(code);
                let at = self.b.slot_addr(closures);
                self.b.store(Mem::Ptr, at, 8 * index, closure);
                let at = self.b.slot_addr(mask);
                let old = self.b.load(Mem::I64, at, 0);
                let bit = self.int(1 << index);
                let new = self.b.bin(BinOp::Or, old, bit);
                self.b.store(Mem::I64, at, 0, new);
            }
            DeferMode::List(_) | DeferMode::Outer(_) => {
                let shape = self.lw.shape_of(16, 8, 16, PointerMap::of([0, 1]));
                let node = self.b.new_object(16, shape, false);
                let Some(at) = self.defer_list() else { unreachable!("these have one") };
                let head = self.b.load(Mem::Ptr, at, 0);
                self.b.store(Mem::Ptr, node, 0, head);
                self.b.store(Mem::Ptr, node, 8, closure);
                self.b.store(Mem::Ptr, at, 0, node);
            }
        }
    }

    /// The address of the list of defers, if there is one.
    pub fn defer_list(&mut self) -> Option<Value> {
        match self.defers.mode {
            DeferMode::Outer(var) => Some(self.b.use_var(var)),
            DeferMode::List(slot) => Some(self.b.slot_addr(slot)),
            DeferMode::None | DeferMode::Open { .. } => None,
        }
    }

    pub fn go_stmt(&mut self, e: &'a Expr) {
        let (closure, _) = self.call_closure(e, "gowrap");
        self.at(e.pos);
        let at = self.go_site(e.pos);
        self.runtime("newproc", &[closure, at]);
    }

    /// What tracebacks say of a goroutine's origin: `{function id, line}` of the go statement.
    fn go_site(&mut self, pos: Pos) -> Value {
        let line = self.lw.loc(pos).line;
        let function = self.b.func.name;
        let name = format!("go:at.{}.{line}", self.lw.module.symbols.name(function));
        let mut bytes = vec![0; 4];
        bytes.extend(line.to_le_bytes());
        let symbol = self.lw.read_only(&name, 4, bytes);
        let id = self.lw.module.data(symbol).expect("made above");
        self.lw.module.datas[id.index()].relocs = vec![Reloc { offset: 0, kind: RelocKind::FuncId, target: function, addend: 0 }];
        self.b.global_addr(symbol, 0)
    }

    /// Runs the armed defers, last first.
    pub fn run_defers(&mut self) {
        match self.defers.mode {
            DeferMode::None | DeferMode::Outer(_) => {}
            DeferMode::Open { mask, closures } => {
                let codes = self.defers.codes.clone();
                for (i, code) in codes.into_iter().enumerate().rev() {
                    let at = self.b.slot_addr(mask);
                    let armed = self.b.load(Mem::I64, at, 0);
                    let bit = self.int(1 << i);
                    let is = self.b.bin(BinOp::And, armed, bit);
                    let zero = self.int(0);
                    let is = self.b.cmp(CmpOp::Ne, is, zero);
                    let (run, next) = (self.block(), self.block());
                    self.b.branch(is, run, next);
                    self.enter(run);
                    let others = self.int(!(1i64 << i));
                    let rest = self.b.bin(BinOp::And, armed, others);
                    self.b.store(Mem::I64, at, 0, rest);
                    let slots = self.b.slot_addr(closures);
                    let closure = self.b.load(Mem::Ptr, slots, 8 * i as u32);
                    self.call_deferred(closure, code);
                    self.jump(next);
                    self.enter(next);
                }
            }
            DeferMode::List(list) => {
                let (head, run, done) = (self.block(), self.block(), self.block());
                self.jump(head);
                self.b.switch_to(head);
                let at = self.b.slot_addr(list);
                let node = self.b.load(Mem::Ptr, at, 0);
                let some = self.is_not_nil(node);
                self.b.branch(some, run, done);
                self.enter(run);
                let next = self.b.load(Mem::Ptr, node, 0);
                self.b.store(Mem::Ptr, at, 0, next);
                let closure = self.b.load(Mem::Ptr, node, 8);
                self.call_deferred(closure, None);
                self.jump(head);
                self.b.seal_block(head);
                self.enter(done);
            }
        }
    }

    fn call_deferred(&mut self, closure: Value, code: Option<Symbol>) {
        let sig = self.sig_of(&[Type::Ptr], &[]);
        let op = match code {
            Some(func) => Op::Call { func, sig },
            None => Op::CallClosure { sig },
        };
        self.b.call(&self.lw.module.sigs, op, &[closure]);
    }

    /// A closure without parameters and results that makes a call whose operands are evaluated now.
    fn call_closure(&mut self, e: &'a Expr, kind: &str) -> (Value, Option<Symbol>) {
        let e = e.unparen();
        let ExprKind::Call(call) = &e.kind else { panic!("lower: go or defer without a call") };
        let fun = call.fun.unparen();
        if let Some(builtin) = self.builtin_of(fun) {
            return self.builtin_closure(e, call, builtin, kind);
        }
        if self.lw.info().type_and_value(fun.id).mode == Mode::Type {
            // A conversion: nothing is left to do later.
            self.conversion(e, &call.args[0]);
            let code = self.empty_code();
            return (self.b.func_addr(code), Some(code));
        }
        let ty = self.type_of(fun);
        let plain = match self.under(ty) {
            TypeKind::Signature(id) => {
                let signature = self.lw.types().signature(id);
                signature.params.is_empty() && signature.results.is_empty()
            }
            _ => false,
        };
        if plain {
            if let ExprKind::Func(literal) = &fun.kind {
                let (code, closure) = self.make_closure(fun, literal);
                return (closure, Some(code));
            }
            if let Some((object, arguments)) = self.static_function(fun) {
                let code = self.lw.function_thunk(object, arguments);
                return (self.b.func_addr(code), Some(code));
            }
        }
        // A func value may be nil: that shows when it is called.
        if !self.is_known_callee(fun) {
            let closure = self.scalar(fun);
            let plan = self.lw.signature_plan(ty, None);
            let args = self.arguments(call, &plan, 0);
            if kind == "gowrap" {
                if plain {
                    return (closure, None);
                }
                self.at(e.pos);
                self.nil_check(closure);
            }
            let call = Prepared { callee: Callee::Closure(closure), plan, args, may_recover: true, kept: Vec::new() };
            return self.wrap_call(kind, &call, e);
        }
        let prepared = self.prepare_call(e, call);
        self.wrap_call(kind, &prepared, e)
    }

    fn is_known_callee(&mut self, fun: &'a Expr) -> bool {
        if matches!(fun.kind, ExprKind::Func(_)) || self.static_function(fun).is_some() {
            return true;
        }
        matches!(&fun.kind, ExprKind::Selector(_)
            if self.lw.info().selections.get(&fun.id).is_some_and(|s| s.kind == crate::types::SelectionKind::MethodValue))
    }

    fn empty_code(&mut self) -> Symbol {
        let symbol = self.lw.module.symbols.intern("go:nothing");
        if self.lw.begin_generated(symbol) {
            let sig = self.lw.module.sigs.intern(&[Type::Ptr], &[]);
            let mut func = Function::new(symbol, sig, &[Type::Ptr]);
            func.attrs.closure = true;
            func.attrs.wrapper = true;
            let mut cx = FnCx::generated(self.lw, func, "go:nothing".into());
            cx.b.ret(&[]);
            let func = cx.b.finish();
            self.lw.add_func(func);
        }
        symbol
    }

    fn wrapper_name(&mut self, kind: &str) -> String {
        self.wrappers += 1;
        format!("{}.{kind}{}", self.name, self.wrappers)
    }

    /// Keeps callee and arguments in a closure whose code makes the call.
    fn wrap_call(&mut self, kind: &str, call: &Prepared, e: &'a Expr) -> (Value, Option<Symbol>) {
        let Prepared { callee, ref plan, ref args, may_recover: recovers, ref kept } = *call;
        let mut values: Vec<Value> = Vec::new();
        match callee {
            Callee::Func(_) | Callee::Rt(_) => {}
            Callee::WithContext(_, ctx) | Callee::Closure(ctx) => values.push(ctx),
            Callee::Interface { tab, receiver, .. } => values.extend([tab, receiver]),
        }
        let operands = values.len();
        // Mem arguments lie in this function's frame: the closure may live longer.
        let mut at = 0;
        for ty in &plan.params {
            match &self.info(*ty).flat {
                Some(parts) => {
                    values.extend_from_slice(&args[at..at + parts.len()]);
                    at += parts.len();
                }
                None => {
                    let copy = self.new_object(*ty);
                    let bytes = self.info(*ty).bytes();
                    self.b.mem_copy(copy, args[at], bytes);
                    values.push(copy);
                    at += 1;
                }
            }
        }
        let arguments_end = values.len();
        values.extend_from_slice(kept);
        let kinds: Vec<TypeId> = values.iter().map(|v| go_type(self.b.func.ty(*v))).collect();
        let layout = self.lw.closure_layout(&kinds);
        let name = self.wrapper_name(kind);
        let symbol = self.lw.module.symbols.intern(&name);
        let closure = if values.is_empty() {
            self.b.func_addr(symbol)
        } else {
            let closure = self.b.new_object(layout.bytes, layout.shape, layout.noscan);
            let index = self.b.table_index(symbol);
            self.b.store(Mem::I32, closure, 0, index);
            for ((value, kind), offset) in values.iter().zip(&kinds).zip(&layout.offsets) {
                self.store(*kind, closure, *offset, Val::one(*value));
            }
            closure
        };
        if self.lw.begin_generated(symbol) {
            let sig = self.lw.module.sigs.intern(&[Type::Ptr], &[]);
            let mut func = Function::new(symbol, sig, &[Type::Ptr]);
            func.attrs.wrapper = true;
            func.attrs.closure = true;
            func.loc = self.lw.loc(e.pos);
            let mut cx = FnCx::generated(self.lw, func, name);
            cx.b.loc = cx.b.func.loc;
            let ctx = cx.b.func.params()[0];
            let mut loaded = Vec::new();
            for (kind, offset) in kinds.iter().zip(&layout.offsets) {
                loaded.push(cx.load(*kind, ctx, *offset).single());
            }
            let callee = match callee {
                Callee::WithContext(code, _) => Callee::WithContext(code, loaded[0]),
                Callee::Closure(_) => Callee::Closure(loaded[0]),
                Callee::Interface { method, family, .. } => Callee::Interface { tab: loaded[0], receiver: loaded[1], method, family },
                other => other,
            };
            if let Callee::Closure(closure) = callee {
                cx.nil_check(closure);
            }
            if recovers {
                cx.forward_mark(callee);
            }
            cx.emit_call(callee, plan, &loaded[operands..arguments_end], &[]);
            cx.keep_alive(&loaded[arguments_end..]);
            cx.b.ret(&[]);
            let func = cx.b.finish();
            self.lw.add_func(func);
        }
        (closure, Some(symbol))
    }

    /// Passes the deferred mark on to what is called next.
    fn forward_mark(&mut self, callee: Callee) {
        let index = match callee {
            Callee::Func(code) | Callee::WithContext(code, _) => self.b.table_index(code),
            Callee::Closure(closure) => self.b.load(Mem::I32, closure, 0),
            Callee::Interface { tab, method, .. } => self.b.load_invariant(Mem::I32, tab, crate::ir::ITAB_FUN_OFFSET + 8 * method),
            Callee::Rt(_) => return,
        };
        self.b.emit(Op::ForwardDefer, &[index], &[]);
    }

    /// The same for built-in functions.
    fn builtin_closure(&mut self, e: &'a Expr, call: &'a CallExpr, builtin: BuiltinId, kind: &str) -> (Value, Option<Symbol>) {
        let mut types = Vec::new();
        let mut vals = Vec::new();
        for (i, arg) in call.args.iter().enumerate() {
            let mut ty = self.typed(arg);
            if builtin == BuiltinId::Panic || self.lw.info().type_and_value(arg.id).mode == Mode::Nil {
                ty = TypeId::EMPTY_INTERFACE;
            }
            if builtin == BuiltinId::Delete
                && i == 1
                && let TypeKind::Map(key, _) = self.under(types[0])
            {
                ty = self.resolve(key);
            }
            let val = self.expr_as(arg, ty);
            vals.push(self.own(ty, val));
            types.push(ty);
        }
        if builtin == BuiltinId::Recover {
            vals.push(Val::one(self.own_recover_flag()));
            types.push(TypeId::INT32);
        }
        let layout = self.lw.closure_layout(&types);
        let name = self.wrapper_name(kind);
        let symbol = self.lw.module.symbols.intern(&name);
        let closure = if vals.is_empty() {
            self.b.func_addr(symbol)
        } else {
            let closure = self.b.new_object(layout.bytes, layout.shape, layout.noscan);
            let index = self.b.table_index(symbol);
            self.b.store(Mem::I32, closure, 0, index);
            for ((val, ty), offset) in vals.iter().zip(&types).zip(&layout.offsets) {
                self.store(*ty, closure, *offset, *val);
            }
            closure
        };
        if self.lw.begin_generated(symbol) {
            let sig = self.lw.module.sigs.intern(&[Type::Ptr], &[]);
            let mut func = Function::new(symbol, sig, &[Type::Ptr]);
            func.attrs.closure = true;
            func.attrs.wrapper = true;
            func.attrs.has_recover = builtin == BuiltinId::Recover;
            func.loc = self.lw.loc(e.pos);
            let mut cx = FnCx::generated(self.lw, func, name);
            cx.b.loc = cx.b.func.loc;
            if builtin == BuiltinId::Recover {
                cx.take_recover_flag();
            }
            let ctx = cx.b.func.params()[0];
            let vals: Vec<Val> = types.iter().zip(&layout.offsets).map(|(ty, offset)| cx.load(*ty, ctx, *offset)).collect();
            match builtin {
                BuiltinId::Recover => {
                    // Called by a panic it is called by nobody's deferred function; called at its function's end, by that function.
                    let (called_by_panic, zero) = (cx.own_recover_flag(), cx.i32(0));
                    let flag = cx.b.select(called_by_panic, zero, vals[0].single());
                    cx.runtime("gorecover", &[flag]);
                }
                BuiltinId::Panic => {
                    cx.runtime("gopanic", &vals[0].scalars());
                }
                BuiltinId::Print | BuiltinId::Println => {
                    let list: Vec<(TypeId, Val)> = types.iter().copied().zip(vals).collect();
                    cx.print(&list, builtin == BuiltinId::Println);
                }
                BuiltinId::Close => {
                    cx.runtime("closechan", &vals[0].scalars());
                }
                BuiltinId::Delete => cx.map_delete(types[0], vals[0].single(), vals[1]),
                BuiltinId::Copy => {
                    if let TypeKind::Slice(elem) = cx.under(types[0]) {
                        let elem = cx.resolve(elem);
                        cx.copy_slices(elem, vals[0], vals[1]);
                    }
                }
                BuiltinId::Clear => cx.clear_value(types[0], vals[0]),
                _ => {}
            }
            cx.b.ret(&[]);
            let func = cx.b.finish();
            self.lw.add_func(func);
        }
        (closure, Some(symbol))
    }
}

/// A Go type that a scalar is stored as.
fn go_type(ty: Type) -> TypeId {
    match ty {
        Type::I32 => TypeId::INT32,
        Type::I64 => TypeId::INT64,
        Type::F32 => TypeId::FLOAT32,
        Type::F64 => TypeId::FLOAT64,
        Type::Ptr => TypeId::UNSAFE_POINTER,
    }
}
