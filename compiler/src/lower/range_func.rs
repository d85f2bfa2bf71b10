//! `for ... range f` with a function f.
//!
//! The body becomes a function that f calls with each round's values; it gives false to stop. It shares the variables of the function
//! around it: those that are assigned to live in objects of their own ([`FnCx::plan_range_functions`] finds them), and so do the results if the
//! body returns. A *control record* says what state the loop is in, so that misuse by f is found, and how the body was left:
//! `{state: i64, exit: i64}`, where exit 0 is the end of the loop, and other numbers stand for a `return` or a jump out of an outer
//! statement, made by the code behind the call of f.

use std::rc::Rc;

use crate::ir::{CmpOp, Function, Mem, Op, PointerMap, Type, Value, Variable};
use crate::syntax::ast::{self, BranchKind, Expr, ExprKind, NodeId, RangeStmt, Stmt, StmtKind};
use crate::syntax::walk::{Visitor, walk_block, walk_exprs, walk_stmts};
use crate::types::{ObjectId, TypeId, TypeKind, VariableKind};

use super::defer::DeferMode;
use super::func::{FnCx, Storage, Target, Val};

/// States of a loop (abi.RF_State).
const DONE: i64 = 0;
const READY: i64 = 1;
const RUNNING: i64 = 2;
const EXHAUSTED: i64 = 3;
const MISSING_PANIC: i64 = 4;

/// A way out of a loop body other than to the loop itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Return,
    Branch(BranchKind, NodeId),
}

/// What the function made of a loop body knows of the loop.
pub struct Body {
    control: Variable,
    exits: Vec<Exit>,
}

impl<'a> FnCx<'_, 'a> {
    /// Looks for loops over functions in a body, and notes the variables that their bodies share with it.
    pub fn plan_range_functions(&mut self, body: &'a ast::Block) {
        let mut loops: Vec<&'a RangeStmt> = Vec::new();
        visit(&body.stmts, |node| {
            if let Node::Stmt(stmt) = node
                && let StmtKind::Range(range) = &stmt.kind
            {
                loops.push(range);
            }
            // The loops of a function literal are its own affair.
            !matches!(node, Node::Expr(e) if matches!(e.kind, ExprKind::Func(_)))
        });
        for range in loops {
            let ty = self.typed(&range.x);
            if !matches!(self.under(ty), TypeKind::Signature(_)) {
                continue;
            }
            let mut objects = Vec::new();
            self.names_in(range, &mut objects);
            self.shared.extend(objects);
            visit(&range.body.stmts, |node| {
                if let Node::Stmt(stmt) = node {
                    self.shared_results |= matches!(stmt.kind, StmtKind::Return(_));
                }
                !matches!(node, Node::Expr(e) if matches!(e.kind, ExprKind::Func(_)))
            });
        }
    }

    /// Variables that the body of a loop mentions.
    fn names_in(&self, range: &'a RangeStmt, objects: &mut Vec<ObjectId>) {
        let note = |node: Node<'a>| {
            if let Node::Expr(e) = node
                && matches!(e.kind, ExprKind::Name(_))
                && let Some(object) = self.lw.info().use_of(e.id)
                && let Some(variable) = self.lw.types_ref().object(object).variable()
                && !matches!(variable.kind, VariableKind::Package | VariableKind::Field)
                && !objects.contains(&object)
            {
                objects.push(object);
            }
            true
        };
        let mut visitor = Visit(note);
        walk_block(&range.body, &mut visitor);
        if !range.define {
            walk_exprs(&range.lhs, &mut visitor);
        }
    }

    pub fn range_function(&mut self, stmt: &'a Stmt, range: &'a RangeStmt) {
        let function_type = self.typed(&range.x);
        let TypeKind::Signature(id) = self.under(function_type) else { return };
        let yield_object = self.lw.types().signature(id).params[0];
        let yield_type = self.object_type(yield_object);
        let function = self.scalar(&range.x);
        self.at(range.range);
        // The control record.
        let shape = self.lw.shape_of(16, 8, 0, PointerMap::none());
        let control = self.b.new_object(16, shape, true);
        let ready = self.int(READY);
        self.b.store(Mem::I64, control, 0, ready);
        // The closure of the body: control record, addresses of the results, list of defers, recover flag, variables.
        let mut types = vec![TypeId::UNSAFE_POINTER];
        let mut vals = vec![Val::one(control)];
        let results: Vec<Storage> = if self.shared_results { self.returns.storages.iter().flatten().cloned().collect() } else { Vec::new() };
        for storage in &results {
            types.push(TypeId::UNSAFE_POINTER);
            vals.push(Val::one(self.storage_addr(storage)));
        }
        let list = self.defer_list();
        if let Some(list) = list {
            types.push(TypeId::UNSAFE_POINTER);
            vals.push(Val::one(list));
        }
        if let Some(flag) = self.recover_flag {
            types.push(TypeId::INT32);
            vals.push(Val::one(self.b.use_var(flag)));
        }
        let mut objects = Vec::new();
        self.names_in(range, &mut objects);
        let mut captures: Vec<(ObjectId, bool, TypeId)> = Vec::new();
        for object in objects {
            let Some(storage) = self.vars.get(&object).cloned() else { continue };
            let ty = self.object_type(object);
            let by_reference = self.is_boxed(object);
            captures.push((object, by_reference, ty));
            if by_reference {
                types.push(TypeId::UNSAFE_POINTER);
                vals.push(Val::one(self.storage_addr(&storage)));
            } else {
                types.push(ty);
                vals.push(self.held(ty, &storage));
            }
        }
        let layout = self.lw.closure_layout(&types);
        self.closures += 1;
        let name = format!("{}-range{}", self.name, self.closures);
        let symbol = self.lw.module.symbols.intern(&name);
        let closure = self.b.new_object(layout.bytes, layout.shape, layout.noscan);
        let index = self.b.table_index(symbol);
        self.b.store(Mem::I32, closure, 0, index);
        for ((val, ty), offset) in vals.iter().zip(&types).zip(&layout.offsets) {
            self.store(*ty, closure, *offset, *val);
        }

        // The body.
        let plan = self.lw.signature_plan(yield_type, None);
        let mut params = vec![Type::Ptr];
        params.extend_from_slice(&plan.ir_params);
        let sig = self.lw.module.sigs.intern(&params, &plan.ir_results);
        let mut func = Function::new(symbol, sig, &params);
        func.attrs.closure = true;
        func.loc = self.lw.loc(range.range);
        let (outer_plan, outer_named) = (self.returns.plan.clone(), self.returns.named.clone());
        let (shared, shared_results) = (self.shared.clone(), self.shared_results);
        let has_flag = self.recover_flag.is_some();
        let mut cx = FnCx::new(&mut *self.lw, func, name, self.inst.clone(), self.loop_vars);
        cx.b.loc = cx.b.func.loc;
        cx.shared = shared;
        cx.shared_results = shared_results;
        let args = cx.b.func.params().to_vec();
        let mut offsets = layout.offsets.iter().copied();
        let mut next = || offsets.next().unwrap_or(0);
        let control_var = cx.b.declare_var(Type::Ptr);
        let inner_control = cx.b.load_invariant(Mem::Ptr, args[0], next());
        cx.b.def_var(control_var, inner_control);
        cx.returns.plan = outer_plan;
        cx.returns.named = outer_named;
        for _ in &results {
            let var = cx.b.declare_var(Type::Ptr);
            let addr = cx.b.load_invariant(Mem::Ptr, args[0], next());
            cx.b.def_var(var, addr);
            cx.returns.storages.push(Some(Storage::Memory(var)));
        }
        if list.is_some() {
            let var = cx.b.declare_var(Type::Ptr);
            let addr = cx.b.load_invariant(Mem::Ptr, args[0], next());
            cx.b.def_var(var, addr);
            cx.defers.mode = DeferMode::Outer(var);
        }
        if has_flag {
            let var = cx.b.declare_var(Type::I32);
            let flag = cx.b.load_invariant(Mem::I32, args[0], next());
            cx.b.def_var(var, flag);
            cx.recover_flag = Some(var);
        }
        for (object, by_reference, ty) in captures {
            let offset = next();
            let storage = if by_reference {
                let var = cx.b.declare_var(Type::Ptr);
                let addr = cx.b.load_invariant(Mem::Ptr, args[0], offset);
                cx.b.def_var(var, addr);
                Storage::Memory(var)
            } else {
                match cx.load(ty, args[0], offset) {
                    Val::Mem { addr, .. } => {
                        let var = cx.b.declare_var(Type::Ptr);
                        cx.b.def_var(var, addr);
                        Storage::Memory(var)
                    }
                    val => cx.declare_ssa(ty, val),
                }
            };
            cx.vars.insert(object, storage);
        }
        cx.body_of = Some(Body { control: control_var, exits: Vec::new() });
        let mut labels = Vec::new();
        visit(&range.body.stmts, |node| {
            if let Node::Stmt(stmt) = node
                && matches!(stmt.kind, StmtKind::Labeled(_))
            {
                labels.push(stmt.id);
            }
            true
        });
        cx.own_labels.extend(labels);
        let exits = cx.range_body(stmt, range, &plan, &args[1..]);
        let func = cx.b.finish();
        self.lw.requested.insert(symbol);
        self.lw.add_func(func);

        // The call, and what follows.
        self.nil_check(function);
        let call_sig = self.sig_of(&[Type::Ptr, Type::Ptr], &[]);
        self.b.call(&self.lw.module.sigs, Op::CallClosure { sig: call_sig }, &[function, closure]);
        let state = self.b.load(Mem::I64, control, 0);
        let running = self.int(RUNNING);
        let missing = self.b.cmp(CmpOp::Eq, state, running);
        let (bad, good) = (self.block(), self.block());
        self.b.branch(missing, bad, good);
        self.enter(bad);
        let missing = self.int(MISSING_PANIC);
        self.runtime("panicrangestate", &[missing]);
        self.enter(good);
        let exhausted = self.int(EXHAUSTED);
        self.b.store(Mem::I64, control, 0, exhausted);
        if exits.is_empty() {
            return;
        }
        let exit = self.b.load(Mem::I64, control, 8);
        let done = self.block();
        let blocks: Vec<_> = exits.iter().map(|_| self.block()).collect();
        let cases: Vec<(i64, crate::ir::Block)> = blocks.iter().enumerate().map(|(i, block)| (i as i64 + 1, *block)).collect();
        self.b.switch(exit, &cases, done);
        for (exit, block) in exits.into_iter().zip(blocks) {
            self.enter(block);
            match exit {
                Exit::Return => self.return_stmt(&[]),
                Exit::Branch(kind, target) => self.branch_to(kind, target),
            }
        }
        self.enter(done);
    }

    /// The function of a loop body; the ways out that it takes.
    fn range_body(&mut self, stmt: &'a Stmt, range: &'a RangeStmt, plan: &Rc<super::func::Plan>, args: &[Value]) -> Vec<Exit> {
        let control = self.body_of.as_ref().map(|body| body.control).unwrap_or_else(|| unreachable!());
        let record = self.b.use_var(control);
        let state = self.b.load(Mem::I64, record, 0);
        let ready = self.int(READY);
        let is_ready = self.b.cmp(CmpOp::Eq, state, ready);
        let (good, bad) = (self.block(), self.block());
        self.b.branch(is_ready, good, bad);
        self.enter(bad);
        // A function that recovers from this panic has still to be told at the end.
        let panicking = self.int(RUNNING);
        self.b.store(Mem::I64, record, 0, panicking);
        self.runtime("panicrangestate", &[state]);
        self.enter(good);
        let running = self.int(RUNNING);
        self.b.store(Mem::I64, record, 0, running);
        let (next, exit) = (self.block(), self.block());
        self.push_target(stmt.id, Target { exit, next: Some(next) });
        let mut at = 0;
        let mut pairs: Vec<Option<(Val, TypeId)>> = Vec::new();
        for ty in &plan.params {
            let info = self.info(*ty);
            let count = info.flat.as_ref().map_or(1, |parts| parts.len());
            let val = match &info.flat {
                Some(_) => Val::flat(&args[at..at + count]),
                None => Val::Mem { addr: args[at], owned: true },
            };
            at += count;
            let wanted = range.lhs.get(pairs.len()).is_some_and(|e| !e.is_blank());
            pairs.push(wanted.then_some((val, *ty)));
        }
        let value = pairs.get(1).copied().flatten();
        self.assign_pair(range, pairs.first().copied().flatten(), value);
        self.stmts(&range.body.stmts);
        self.jump(next);
        for (block, state, result) in [(next, READY, 1), (exit, DONE, 0)] {
            self.enter(block);
            let record = self.b.use_var(control);
            let state = self.int(state);
            self.b.store(Mem::I64, record, 0, state);
            let result = self.i32(result);
            self.b.ret(&[result]);
        }
        self.body_of.take().map(|body| body.exits).unwrap_or_default()
    }

    /// Leaves a loop body for something outside the loop.
    pub fn leave_body(&mut self, exit: Exit) {
        let Some(body) = &mut self.body_of else { panic!("lower: a branch without a target") };
        let number = match body.exits.iter().position(|other| *other == exit) {
            Some(at) => at + 1,
            None => {
                body.exits.push(exit);
                body.exits.len()
            }
        };
        let control = body.control;
        let record = self.b.use_var(control);
        let number = self.int(number as i64);
        self.b.store(Mem::I64, record, 8, number);
        let done = self.int(DONE);
        self.b.store(Mem::I64, record, 0, done);
        let stop = self.i32(0);
        self.b.ret(&[stop]);
    }
}

/// A statement or an expression met by a visit.
#[derive(Clone, Copy)]
enum Node<'a> {
    Stmt(&'a Stmt),
    Expr(&'a Expr),
}

struct Visit<F>(F);

impl<'a, F: FnMut(Node<'a>) -> bool> Visitor<'a> for Visit<F> {
    fn expr(&mut self, expr: &'a Expr) -> bool {
        (self.0)(Node::Expr(expr))
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> bool {
        (self.0)(Node::Stmt(stmt))
    }
}

/// Visits statements and what they contain, function literals too, as far as `f` says so.
fn visit<'a>(stmts: &'a [Stmt], f: impl FnMut(Node<'a>) -> bool) {
    walk_stmts(stmts, &mut Visit(f));
}
