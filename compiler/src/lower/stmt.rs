//! Function bodies and statements.

use std::rc::Rc;

use crate::ir::{Block, Function, Mem, Op, PointerMap, Slot, Type, Value, Variable};
use crate::syntax::ast::{self, BranchKind, Expr, ExprKind, ForStmt, IfStmt, NodeId, Stmt, StmtKind};
use crate::types::hash::{FastMap, FastSet};
use crate::types::{ObjectId, TypeId, TypeKind};

use super::Lowerer;
use super::defer::{DeferMode, Defers};
use super::func::{FnCx, Plan, ResultPlace, Storage, Target, Val};
use super::names::{FunctionRef, Instantiation};
use super::range_func::Exit;

/// How a function returns.
#[derive(Default)]
pub struct Returns {
    pub plan: Option<Rc<Plan>>,
    /// The result variables: named ones, and all of a function with defers.
    pub storages: Vec<Option<Storage>>,
    pub named: Vec<Option<ObjectId>>,
    /// Addresses of mem results.
    pub addresses: Vec<Variable>,
    /// Runs the defers and returns what the result variables hold.
    pub exit: Option<Block>,
    /// Variables that the recover block finds in slots: address of a boxed result, or of a mem result.
    pub saved: Vec<(Variable, Slot)>,
}

impl<'l, 'a> FnCx<'l, 'a> {
    pub fn new(lw: &'l mut Lowerer<'a>, func: Function, name: String, inst: Rc<Instantiation>, loop_vars: bool) -> FnCx<'l, 'a> {
        FnCx {
            lw,
            b: crate::ir::Builder::new(func),
            inst,
            name,
            closures: 0,
            wrappers: 0,
            vars: FastMap::default(),
            targets: FastMap::default(),
            labels: FastMap::default(),
            loop_vars,
            returns: Returns::default(),
            defers: Defers::default(),
            recover_flag: None,
            kept: None,
            fallthrough: None,
            shared: FastSet::default(),
            shared_results: false,
            body_of: None,
            own_labels: FastSet::default(),
        }
    }

    /// For functions that are not made from a body.
    pub fn generated(lw: &'l mut Lowerer<'a>, func: Function, name: String) -> FnCx<'l, 'a> {
        FnCx::new(lw, func, name, Rc::default(), true)
    }

    /// What comes before everything else: the recover flag, and the plan for defers.
    pub fn start(&mut self, body: &'a ast::Block, literal: Option<NodeId>) {
        let _ = literal;
        if self.b.func.attrs.has_recover {
            self.take_recover_flag();
        }
        self.plan_defers(body);
        self.plan_range_functions(body);
    }

    pub fn take_recover_flag(&mut self) {
        let inst = self.b.emit(Op::RecoverFlag, &[], &[Type::I32]);
        let value = self.b.func.result(inst);
        let var = self.b.declare_var(Type::I32);
        self.b.def_var(var, value);
        self.recover_flag = Some(var);
    }

    /// Binds parameters, lowers the body, returns. `declared` is the function's type as declared; its parameters begin at `first`.
    pub fn body(&mut self, declared: TypeId, plan: &Rc<Plan>, first: usize, body: &'a ast::Block) {
        let TypeKind::Signature(id) = self.lw.types().under(declared) else { panic!("lower: a body without a signature") };
        let signature = self.lw.types().signature(id).clone();
        let receiver: Vec<ObjectId> = if plan.params.len() > signature.params.len() { signature.receiver.into_iter().collect() } else { Vec::new() };
        let objects: Vec<ObjectId> = receiver.into_iter().chain(signature.params.iter().copied()).collect();
        let all = self.b.func.params().to_vec();
        let args = &all[first..];
        let mut at = 0;
        for (object, ty) in objects.iter().zip(&plan.params) {
            let info = self.info(*ty);
            let count = info.flat.as_ref().map_or(1, |parts| parts.len());
            let values = &args[at..at + count];
            at += count;
            if self.lw.types().object(*object).name.is_blank() || self.lw.types().name_of(*object).is_empty() {
                continue;
            }
            if info.flat.is_some() {
                self.declare(*object, Some(Val::flat(values)));
            } else if self.is_boxed(*object) {
                self.declare(*object, Some(Val::Mem { addr: values[0], owned: true }));
            } else {
                let var = self.b.declare_var(Type::Ptr);
                self.b.def_var(var, values[0]);
                self.vars.insert(*object, Storage::Memory(var));
            }
        }
        self.bind_results(plan, &signature.results, &args[plan.param_scalars..]);
        self.stmts(&body.stmts);
        self.at(body.rbrace);
        if self.is_live() {
            if plan.results.is_empty() || self.returns.named.iter().any(Option::is_some) {
                self.return_named();
            } else {
                self.b.unreachable();
            }
        }
        self.finish_returns();
    }

    fn bind_results(&mut self, plan: &Rc<Plan>, objects: &[ObjectId], addresses: &[Value]) {
        let deferred = self.defers.mode != DeferMode::None;
        for addr in addresses {
            let var = self.b.declare_var(Type::Ptr);
            self.b.def_var(var, *addr);
            self.returns.addresses.push(var);
            if deferred {
                self.save(var, *addr);
            }
        }
        for (object, ty) in objects.iter().zip(&plan.results) {
            let named = {
                let name = self.lw.types().name_of(*object);
                !name.is_empty() && name != "_"
            };
            let blank = self.lw.types().name_of(*object) == "_";
            let boxed = self.shared_results || named && self.is_boxed(*object);
            let storage = if self.shared_results {
                let addr = self.new_object(*ty);
                let var = self.b.declare_var(Type::Ptr);
                self.b.def_var(var, addr);
                Some(Storage::Memory(var))
            } else if deferred && !boxed {
                let slot = self.slot_for(*ty, true);
                let addr = self.b.slot_addr(slot);
                self.store_zero(*ty, addr, 0);
                Some(Storage::Slot(slot))
            } else if named || blank {
                self.declare(*object, None);
                self.vars.get(object).cloned()
            } else {
                None
            };
            if deferred
                && boxed
                && let Some(Storage::Memory(var)) = &storage
            {
                let addr = self.b.use_var(*var);
                self.save(*var, addr);
            }
            if let Some(storage) = &storage
                && (named || blank)
            {
                self.vars.insert(*object, storage.clone());
            }
            self.returns.storages.push(storage);
            self.returns.named.push((named || blank).then_some(*object));
        }
        if deferred {
            self.returns.exit = Some(self.b.create_block());
        }
        self.returns.plan = Some(plan.clone());
    }

    /// Keeps an address where the recover block finds it.
    fn save(&mut self, var: Variable, addr: Value) {
        let slot = self.raw_slot(8, PointerMap::of([0]), true);
        let at = self.b.slot_addr(slot);
        self.b.store(Mem::Ptr, at, 0, addr);
        self.returns.saved.push((var, slot));
    }

    fn return_named(&mut self) {
        if self.body_of.is_some() {
            self.leave_body(Exit::Return);
            return;
        }
        if let Some(exit) = self.returns.exit {
            self.jump(exit);
            return;
        }
        let plan = self.returns.plan.clone().unwrap_or_else(|| unreachable!());
        let storages = self.returns.storages.clone();
        let vals: Vec<Val> = storages
            .iter()
            .zip(&plan.results)
            .map(|(storage, ty)| match storage {
                Some(storage) => self.held(*ty, storage),
                None => self.zero(*ty),
            })
            .collect();
        self.return_vals(&plan, &vals);
    }

    /// Returns values of the result types.
    fn return_vals(&mut self, plan: &Plan, vals: &[Val]) {
        let mut flat = Vec::new();
        for (i, val) in vals.iter().enumerate() {
            match plan.places[i] {
                ResultPlace::Flat(_) => flat.extend_from_slice(&val.scalars()),
                ResultPlace::Mem(at) => {
                    let addr = self.b.use_var(self.returns.addresses[at]);
                    self.store(plan.results[i], addr, 0, *val);
                }
            }
        }
        self.b.ret(&flat);
    }

    pub fn return_stmt(&mut self, values: &'a [Expr]) {
        let plan = self.returns.plan.clone().unwrap_or_else(|| unreachable!());
        if values.is_empty() {
            self.return_named();
            return;
        }
        let count = plan.results.len();
        let mut vals: Vec<Val> = Vec::with_capacity(count);
        if values.len() == 1 && count > 1 {
            let e = values[0].unparen();
            let ExprKind::Call(call) = &e.kind else { panic!("lower: several results from one expression") };
            let ty = self.type_of(e);
            let types = self.tuple_types(ty);
            let results = self.call(e, call, &[]);
            for (i, val) in results.into_iter().enumerate() {
                vals.push(self.assign_convert(val, types[i], plan.results[i]));
            }
        } else if count == 1
            && self.returns.exit.is_none()
            && self.body_of.is_none()
            && matches!(plan.places[0], ResultPlace::Mem(_))
            && self.info(plan.results[0]).flat.is_none()
        {
            // Straight into the caller's memory, which nobody else sees yet.
            let addr = self.b.use_var(self.returns.addresses[0]);
            self.expr_into(&values[0], plan.results[0], addr, 0);
            self.b.ret(&[]);
            return;
        } else {
            for (i, value) in values.iter().enumerate() {
                let val = self.expr_as(value, plan.results[i]);
                vals.push(if count > 1 { self.own(plan.results[i], val) } else { val });
            }
        }
        if self.returns.exit.is_some() || self.body_of.is_some() {
            for (i, val) in vals.into_iter().enumerate() {
                let storage = self.returns.storages[i].clone().unwrap_or_else(|| unreachable!());
                self.put(plan.results[i], &storage, val);
            }
            self.return_named();
            return;
        }
        self.return_vals(&plan, &vals);
    }

    /// Stores into a variable's storage.
    pub fn put(&mut self, ty: TypeId, storage: &Storage, val: Val) {
        match storage {
            Storage::Ssa(vars) => {
                for (var, value) in vars.iter().zip(val.scalars().iter()) {
                    self.b.def_var(*var, *value);
                }
            }
            other => {
                let addr = self.storage_addr(other);
                self.store(ty, addr, 0, val);
            }
        }
    }

    pub fn tuple_types(&mut self, ty: TypeId) -> Vec<TypeId> {
        match self.under(ty) {
            TypeKind::Tuple(id) => self.lw.types().tuple(id).clone().iter().map(|o| self.object_type(*o)).collect(),
            _ => vec![ty],
        }
    }

    /// The exit block and the recover block of a function with defers.
    fn finish_returns(&mut self) {
        let Some(exit) = self.returns.exit else { return };
        let recover = self.b.create_recover_block();
        self.b.switch_to(recover);
        for (var, slot) in self.returns.saved.clone() {
            let at = self.b.slot_addr(slot);
            let addr = self.b.load(Mem::Ptr, at, 0);
            self.b.def_var(var, addr);
        }
        self.jump(exit);
        self.enter(exit);
        self.run_defers();
        self.returns.exit = None;
        self.return_named();
    }

    // Statements.

    pub fn stmts(&mut self, stmts: &'a [Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    pub fn stmt(&mut self, stmt: &'a Stmt) {
        self.at(stmt.pos);
        match &stmt.kind {
            StmtKind::Empty => {}
            StmtKind::Labeled(labeled) => {
                let block = self.label(stmt.id);
                self.jump(block);
                self.b.switch_to(block);
                self.stmt(&labeled.stmt);
            }
            StmtKind::Block(block) => self.stmts(&block.stmts),
            StmtKind::Expr(e) => self.expr_stmt(e),
            StmtKind::Send(send) => self.send(stmt, send),
            StmtKind::Decl(decls) => {
                for decl in decls {
                    if let ast::Decl::Var(var) = decl {
                        self.var_decl(var);
                    }
                }
            }
            StmtKind::Assign(assign) => self.assign(stmt, assign),
            StmtKind::Branch(branch) => self.branch(branch),
            StmtKind::Go(e) => self.go_stmt(e),
            StmtKind::Defer(e) => self.defer_stmt(e),
            StmtKind::Return(values) => self.return_stmt(values),
            StmtKind::If(stmt) => self.if_stmt(stmt),
            StmtKind::For(for_stmt) => self.for_stmt(stmt, for_stmt),
            StmtKind::Range(range) => self.range_stmt(stmt, range),
            StmtKind::Switch(switch) if switch.guard().is_some() => self.type_switch(stmt, switch),
            StmtKind::Switch(switch) => self.switch_stmt(stmt, switch),
            StmtKind::Select(select) => self.select_stmt(stmt, select),
        }
    }

    fn expr_stmt(&mut self, e: &'a Expr) {
        let inner = e.unparen();
        match &inner.kind {
            ExprKind::Call(call) => {
                self.call(inner, call, &[]);
            }
            ExprKind::Unary(unary) if unary.op == ast::Operator::Receive => {
                self.receive_and_drop(inner, &unary.x);
            }
            _ => {
                self.expr(inner);
            }
        }
    }

    fn label(&mut self, id: NodeId) -> Block {
        if let Some(block) = self.labels.get(&id) {
            return *block;
        }
        let block = self.b.create_block();
        self.labels.insert(id, block);
        block
    }

    pub fn push_target(&mut self, id: NodeId, target: Target) {
        self.targets.insert(id, target);
    }

    fn branch(&mut self, branch: &ast::BranchStmt) {
        let target = match branch.kind {
            BranchKind::Fallthrough => self.fallthrough,
            kind => {
                let Some(target) = branch.target() else { panic!("lower: a branch without a target") };
                return self.branch_to(kind, target);
            }
        };
        match target {
            Some(block) => self.jump(block),
            None => panic!("lower: a branch without a target"),
        }
    }

    /// `break`, `continue` or `goto`, perhaps out of the function made of a loop body.
    pub fn branch_to(&mut self, kind: BranchKind, target: NodeId) {
        let block = match kind {
            BranchKind::Goto if self.body_of.is_some() && !self.own_labels.contains(&target) => None,
            BranchKind::Goto => Some(self.label(target)),
            BranchKind::Break => self.targets.get(&target).map(|t| t.exit),
            _ => self.targets.get(&target).and_then(|t| t.next),
        };
        match block {
            Some(block) => self.jump(block),
            None => self.leave_body(Exit::Branch(kind, target)),
        }
    }

    fn if_stmt(&mut self, stmt: &'a IfStmt) {
        if let Some(init) = &stmt.init {
            self.stmt(init);
        }
        // What a constant condition excludes is not lowered at all, so that it refers to nothing.
        if let Some(constant) = self.lw.info().constant(stmt.cond.id) {
            if constant.as_bool() {
                self.stmts(&stmt.then.stmts);
            } else if let Some(otherwise) = &stmt.otherwise {
                self.stmt(otherwise);
            }
            return;
        }
        let then = self.block();
        let done = self.block();
        let other = if stmt.otherwise.is_some() { self.block() } else { done };
        self.cond(&stmt.cond, then, other);
        self.enter(then);
        self.stmts(&stmt.then.stmts);
        self.jump(done);
        if let Some(otherwise) = &stmt.otherwise {
            self.enter(other);
            self.stmt(otherwise);
            self.jump(done);
        }
        self.enter(done);
    }

    fn for_stmt(&mut self, stmt: &'a Stmt, for_stmt: &'a ForStmt) {
        if let Some(init) = &for_stmt.init {
            self.stmt(init);
        }
        // Variables of the init statement that somebody holds the address of get a fresh copy for each round.
        let mut fresh = Vec::new();
        if self.loop_vars
            && let Some(init) = &for_stmt.init
            && let StmtKind::Assign(assign) = &init.kind
            && assign.op == ast::AssignOp::Define
        {
            for lhs in &assign.lhs {
                if let Some(object) = self.lw.info().definition(lhs.id)
                    && self.is_boxed(object)
                {
                    fresh.push(object);
                }
            }
        }
        let head = self.block();
        let body = self.block();
        let next = self.block();
        let exit = self.block();
        self.jump(head);
        self.b.switch_to(head);
        match &for_stmt.cond {
            Some(cond) => self.cond(cond, body, exit),
            None => self.jump(body),
        }
        self.push_target(stmt.id, Target { exit, next: Some(next) });
        self.enter(body);
        self.stmts(&for_stmt.body.stmts);
        self.jump(next);
        self.enter(next);
        for object in fresh {
            let ty = self.object_type(object);
            if let Some(Storage::Memory(var)) = self.vars.get(&object).cloned() {
                let old = self.b.use_var(var);
                let copy = self.new_object(ty);
                let val = self.load(ty, old, 0);
                self.store(ty, copy, 0, val);
                self.b.def_var(var, copy);
            }
        }
        if let Some(post) = &for_stmt.post {
            self.stmt(post);
        }
        self.jump(head);
        self.b.seal_block(head);
        self.enter(exit);
    }
}

impl<'a> Lowerer<'a> {
    pub(super) fn lower_function(&mut self, function: &FunctionRef) {
        let Some(decl) = self.declaration(function) else { return };
        let Some(body) = &decl.body else { return };
        let before = self.checker.diagnostics.len();
        self.checker.check_body(function.object);
        self.take_diagnostics(before);
        if self.failed {
            return;
        }
        let symbol = self.functions[function];
        let name = self.module.symbols.name(symbol).to_string();
        self.note_reflection(&name);
        let plan = self.function_plan(function);
        let sig = self.module.sigs.intern(&plan.ir_params, &plan.ir_results);
        let mut func = Function::new(symbol, sig, &plan.ir_params);
        func.attrs = self.attrs(function, decl, &name);
        func.loc = self.loc(decl.pos);
        let inst = self.instantiation(function);
        let loop_vars = self.per_iteration_variables(decl.pos);
        let declared = self.types().type_of(function.object);
        let mut cx = FnCx::new(self, func, name, inst, loop_vars);
        cx.start(body, None);
        cx.body(declared, &plan, 0, body);
        let func = cx.b.finish();
        self.add_func(func);
    }

    /// Whether the file's language version makes loop variables anew in each round.
    pub fn per_iteration_variables(&self, pos: crate::source::Pos) -> bool {
        let Some(file) = self.checker.sources.file_of(pos) else { return true };
        self.checker.file_versions.get(&file).is_none_or(|version| version.per_iteration_variables())
    }
}
