//! Interface values: making them, taking them apart, type assertions, type switches.
//!
//! The first word is the type descriptor (empty interface) or the itab (others) and nil in a nil interface; the second is the value itself
//! if its type is pointer-shaped, otherwise the address of memory that nobody writes to any more.

use crate::ir::{Block, CmpOp, Mem, Type, Value};
use crate::syntax::ast::{AssertExpr, CaseClause, Expr, ExprKind, Stmt, SwitchStmt};
use crate::types::{Basic, Mode, TypeId, TypeKind};

use super::func::{FnCx, Storage, Target, Val};

impl<'a> FnCx<'_, 'a> {
    /// Converts a value as an assignment does: to an interface if need be.
    pub fn assign_convert(&mut self, val: Val, from: TypeId, to: TypeId) -> Val {
        if from == to || !self.lw.is_interface(to) {
            return val;
        }
        if self.lw.is_interface(from) {
            return self.interface_to_interface(val, from, to);
        }
        let tab = self.interface_word(from, to);
        let data = self.box_value(val, from);
        Val::flat(&[tab, data])
    }

    /// Evaluates an expression of a concrete type as an interface value.
    pub fn expr_to_interface(&mut self, e: &'a Expr, from: TypeId, to: TypeId) -> Val {
        let info = self.info(from);
        if !info.is_direct()
            && info.size > 0
            && let Some((data, offset)) = self.static_value(e)
        {
            let tab = self.interface_word(from, to);
            let data = self.b.global_addr(data, offset);
            return Val::flat(&[tab, data]);
        }
        if info.flat.is_none() && matches!(e.unparen().kind, ExprKind::Composite(_) | ExprKind::Call(_)) && self.type_of(e) == from {
            let addr = self.new_object(from);
            self.expr_into(e, from, addr, 0);
            let tab = self.interface_word(from, to);
            return Val::flat(&[tab, addr]);
        }
        let val = self.expr(e);
        self.at(e.pos);
        self.assign_convert(val, from, to)
    }

    /// The first word of an interface value: type descriptor or itab.
    pub fn interface_word(&mut self, concrete: TypeId, interface: TypeId) -> Value {
        let symbol = if self.lw.is_empty_interface(interface) { self.lw.interface_type(concrete) } else { self.lw.itab(concrete, interface) };
        self.b.global_addr(symbol, 0)
    }

    /// The second word of an interface value.
    pub fn box_value(&mut self, val: Val, ty: TypeId) -> Value {
        let info = self.info(ty);
        if info.is_direct() {
            return val.single();
        }
        if info.size == 0 {
            let zero = self.lw.zero_base();
            return self.b.global_addr(zero, 0);
        }
        if info.size == 1
            && let Val::Flat(flat) = val
        {
            let table = self.lw.byte_table();
            let table = self.b.global_addr(table, 0);
            let low = self.b.conv(crate::ir::ConvOp::Ext8U, flat[0]);
            return self.b.ptr_index(table, low, 1);
        }
        if let Val::Flat(flat) = val {
            if let Some(known) = self.static_scalars(&flat, &info) {
                return self.b.global_addr(known, 0);
            }
            if let Some(name) = self.boxing_function(ty) {
                return self.runtime1(name, &flat);
            }
        }
        let addr = self.new_object(ty);
        self.store(ty, addr, 0, val);
        addr
    }

    /// The function that puts a value of a type into memory, or finds memory that holds its value for good: small numbers, what is empty.
    fn boxing_function(&mut self, ty: TypeId) -> Option<&'static str> {
        match self.under(ty) {
            TypeKind::Basic(Basic::String) => return Some("convTstring"),
            TypeKind::Slice(_) => return Some("convTslice"),
            _ => {}
        }
        let info = self.info(ty);
        let [part] = &info.flat.as_ref()?[..] else { return None };
        match (part.mem, info.size) {
            (Mem::I16S | Mem::I16U, 2) => Some("convT16"),
            (Mem::I32, 4) => Some("convT32"),
            (Mem::I64, 8) => Some("convT64"),
            _ => None,
        }
    }

    /// The value of a concrete type in an interface's second word.
    pub fn interface_data(&mut self, data: Value, ty: TypeId) -> Val {
        let info = self.info(ty);
        if info.is_direct() {
            return Val::one(data);
        }
        match self.load(ty, data, 0) {
            Val::Mem { addr, .. } => Val::Mem { addr, owned: false },
            flat => flat,
        }
    }

    fn interface_to_interface(&mut self, val: Val, from: TypeId, to: TypeId) -> Val {
        if self.lw.is_empty_interface(to) {
            return self.to_empty_interface(val, from);
        }
        // Even if the types have the same methods: there is one itab for an interface type and a concrete type, so that values with equal
        // itabs and values of equal types are the same. The methods are known to be there, so that only the itab has to be found.
        let words = val.scalars();
        let typ = self.dynamic_type(words[0], from);
        let tab = self.find_itab(to, typ);
        Val::flat(&[tab, words[1]])
    }

    /// Any interface value as an empty interface.
    pub fn to_empty_interface(&mut self, val: Val, from: TypeId) -> Val {
        if self.lw.is_empty_interface(from) {
            return val;
        }
        let words = val.scalars();
        let typ = self.dynamic_type(words[0], from);
        Val::flat(&[typ, words[1]])
    }

    /// The type descriptor from the first word of an interface value; nil for nil.
    pub fn dynamic_type(&mut self, word: Value, interface: TypeId) -> Value {
        if self.lw.is_empty_interface(interface) {
            return word;
        }
        let var = self.b.declare_var(Type::Ptr);
        self.b.def_var(var, word);
        let (load, done) = (self.block(), self.block());
        let some = self.is_not_nil(word);
        self.b.branch(some, load, done);
        self.enter(load);
        let typ = self.b.load_invariant(Mem::Ptr, word, 8);
        self.b.def_var(var, typ);
        self.jump(done);
        self.enter(done);
        self.b.use_var(var)
    }

    /// Whether the first word of an interface value says that it holds this concrete type.
    pub fn has_dynamic_type(&mut self, word: Value, interface: TypeId, ty: TypeId) -> Value {
        let typ = self.dynamic_type(word, interface);
        self.is_type(typ, ty)
    }

    fn is_type(&mut self, typ: Value, ty: TypeId) -> Value {
        let want = self.lw.type_descriptor(ty);
        let want = self.b.global_addr(want, 0);
        self.b.cmp(CmpOp::Eq, typ, want)
    }

    // Type assertions.

    /// `x.(T)`; with `comma_ok` the second value is the i32 ok.
    pub fn type_assert(&mut self, e: &'a Expr, assert: &'a AssertExpr, comma_ok: bool) -> (Val, Value) {
        let from = self.type_of(&assert.x);
        let to = self.type_of(&assert.ty);
        let words = self.expr(&assert.x).scalars();
        self.at(e.pos);
        if self.lw.is_interface(to) {
            return self.assert_interface(words[0], words[1], from, to, comma_ok);
        }
        let typ = self.dynamic_type(words[0], from);
        let is = self.is_type(typ, to);
        if comma_ok {
            let val = self.data_if(is, words[1], to);
            return (val, is);
        }
        let (good, bad) = (self.block(), self.block());
        self.b.branch(is, good, bad);
        self.enter(bad);
        let want = self.lw.type_descriptor(to);
        let want = self.b.global_addr(want, 0);
        let iface = self.lw.interface_descriptor_only(from);
        let iface = self.b.global_addr(iface, 0);
        self.runtime("panicdottypeE", &[typ, want, iface]);
        self.enter(good);
        let val = self.interface_data(words[1], to);
        (val, is)
    }

    /// The value of a concrete type in an interface's data word, or zero if `is` does not hold.
    fn data_if(&mut self, is: Value, data: Value, ty: TypeId) -> Val {
        let info = self.info(ty);
        let (good, bad, done) = (self.block(), self.block(), self.block());
        if let Some(parts) = info.flat.clone() {
            let vars: Vec<_> = parts.iter().map(|p| self.b.declare_var(p.mem.ty())).collect();
            self.b.branch(is, good, bad);
            self.enter(good);
            let val = self.interface_data(data, ty);
            for (var, value) in vars.iter().zip(val.scalars().iter()) {
                self.b.def_var(*var, *value);
            }
            self.jump(done);
            self.enter(bad);
            let zero = self.zero(ty);
            for (var, value) in vars.iter().zip(zero.scalars().iter()) {
                self.b.def_var(*var, *value);
            }
            self.jump(done);
            self.enter(done);
            let values: Vec<Value> = vars.iter().map(|var| self.b.use_var(*var)).collect();
            return Val::flat(&values);
        }
        let addr = self.temp(ty);
        self.b.branch(is, good, bad);
        self.enter(good);
        let val = self.interface_data(data, ty);
        self.store(ty, addr, 0, val);
        self.jump(done);
        self.enter(bad);
        self.b.mem_zero(addr, info.bytes());
        self.jump(done);
        self.enter(done);
        Val::Mem { addr, owned: true }
    }

    /// The itab of a dynamic type for an interface type with methods; nil if the type is nil or lacks a method.
    fn find_itab(&mut self, interface: TypeId, typ: Value) -> Value {
        let inter = self.lw.interface_descriptor(interface);
        let cache = self.lw.itab_cache(inter);
        let (inter, cache) = (self.b.global_addr(inter, 0), self.b.global_addr(cache, 0));
        self.runtime1("cachedItab", &[inter, typ, cache])
    }

    fn assert_interface(&mut self, word: Value, data: Value, from: TypeId, to: TypeId, comma_ok: bool) -> (Val, Value) {
        let typ = self.dynamic_type(word, from);
        let inter = self.lw.interface_descriptor(to);
        let inter = self.b.global_addr(inter, 0);
        if self.lw.is_empty_interface(to) {
            let some = self.is_not_nil(typ);
            if !comma_ok {
                let (good, bad) = (self.block(), self.block());
                self.b.branch(some, good, bad);
                self.enter(bad);
                self.runtime("panicnildottype", &[inter]);
                self.enter(good);
                return (Val::flat(&[typ, data]), some);
            }
            return (Val::flat(&[typ, data]), some);
        }
        let tab = self.find_itab(to, typ);
        if !comma_ok {
            let (good, bad) = (self.block(), self.block());
            let some = self.is_not_nil(tab);
            self.b.branch(some, good, bad);
            self.enter(bad);
            self.runtime("assertE2I", &[inter, typ]);
            self.b.unreachable();
            self.enter(good);
            let one = self.i32(1);
            return (Val::flat(&[tab, data]), one);
        }
        let ok = self.is_not_nil(tab);
        let nil = self.b.nil();
        let data = self.b.select(ok, data, nil);
        (Val::flat(&[tab, data]), ok)
    }

    // Type switches.

    pub fn type_switch(&mut self, stmt: &'a Stmt, switch: &'a SwitchStmt) {
        if let Some(init) = &switch.init {
            self.stmt(init);
        }
        let Some(guard) = switch.guard() else { return };
        let from = self.type_of(&guard.x);
        let words = self.expr(&guard.x).scalars();
        self.at(stmt.pos);
        let typ = self.dynamic_type(words[0], from);
        let exit = self.block();
        self.push_target(stmt.id, Target { exit, next: None });
        let bodies: Vec<Block> = switch.clauses.iter().map(|_| self.block()).collect();
        let mut default = exit;
        // What a clause's variable holds: for a single interface type the itab found by the test.
        let mut tabs: Vec<Option<crate::ir::Variable>> = vec![None; switch.clauses.len()];
        for (i, clause) in switch.clauses.iter().enumerate() {
            if clause.is_default() {
                default = bodies[i];
            }
            for case in &clause.exprs {
                self.at(case.pos);
                let next = self.block();
                if self.lw.info().type_and_value(case.id).mode == Mode::Nil {
                    let none = self.is_nil(typ);
                    self.b.branch(none, bodies[i], next);
                } else {
                    let ty = self.type_of(case);
                    if !self.lw.is_interface(ty) {
                        let is = self.is_type(typ, ty);
                        self.b.branch(is, bodies[i], next);
                    } else if self.lw.is_empty_interface(ty) {
                        let some = self.is_not_nil(typ);
                        self.b.branch(some, bodies[i], next);
                    } else {
                        let tab = self.find_itab(ty, typ);
                        if clause.exprs.len() == 1 {
                            let var = self.b.declare_var(Type::Ptr);
                            self.b.def_var(var, tab);
                            tabs[i] = Some(var);
                        }
                        let some = self.is_not_nil(tab);
                        self.b.branch(some, bodies[i], next);
                    }
                }
                self.enter(next);
            }
        }
        self.jump(default);
        for (i, clause) in switch.clauses.iter().enumerate() {
            self.enter(bodies[i]);
            self.type_clause(clause, from, typ, words[0], words[1], tabs[i]);
            self.jump(exit);
        }
        self.enter(exit);
    }

    fn type_clause(&mut self, clause: &'a CaseClause, from: TypeId, typ: Value, word: Value, data: Value, tab: Option<crate::ir::Variable>) {
        if let Some(object) = self.lw.info().implicits.get(&clause.id).copied() {
            let ty = self.object_type(object);
            let single = clause.exprs.len() == 1 && self.lw.info().type_and_value(clause.exprs[0].id).mode != Mode::Nil;
            let val = if !single {
                Val::flat(&[word, data])
            } else if let Some(tab) = tab {
                let tab = self.b.use_var(tab);
                Val::flat(&[tab, data])
            } else if self.lw.is_interface(ty) {
                Val::flat(&[typ, data])
            } else {
                self.interface_data(data, ty)
            };
            let _ = from;
            // Memory inside an interface never changes, but the variable may: declaring copies it.
            self.declare(object, Some(val));
        }
        self.stmts(&clause.stmts);
    }

    /// A local variable that is no Go variable: its storage, for temporaries that live across blocks.
    pub fn hold(&mut self, ty: TypeId, val: Val) -> Storage {
        if self.info(ty).flat.is_some() {
            return self.declare_ssa(ty, val);
        }
        let slot = self.slot_for(ty, false);
        let addr = self.b.slot_addr(slot);
        self.store(ty, addr, 0, val);
        Storage::Slot(slot)
    }

    /// The value kept by [`FnCx::hold`].
    pub fn held(&mut self, ty: TypeId, storage: &Storage) -> Val {
        match storage {
            Storage::Ssa(vars) => {
                let values: Vec<Value> = vars.iter().map(|var| self.b.use_var(*var)).collect();
                Val::flat(&values)
            }
            other => {
                let addr = self.storage_addr(other);
                self.load(ty, addr, 0)
            }
        }
    }

    /// Whether a type is a pointer to something that `New` allocates, as `abi` has it: used by print.
    pub fn is_pointer_like(&mut self, ty: TypeId) -> bool {
        matches!(
            self.under(ty),
            TypeKind::Pointer(_) | TypeKind::Map(..) | TypeKind::Chan(..) | TypeKind::Signature(_) | TypeKind::Basic(Basic::UnsafePointer)
        )
    }
}
