//! Assignments, declarations and sends.
//!
//! An assignment has two phases: the operands of index expressions and pointer indirections on the left and the expressions on the right
//! are evaluated, then the assignments happen from left to right. Checks of the left side (nil, bounds) belong to the second phase.

use crate::ir::{BoundsKind, Value};
use crate::source::Pos;
use crate::syntax::ast::{AssignOp, AssignStmt, Expr, ExprKind, Operator, SendStmt, Stmt, VarDecl};
use crate::types::{ObjectKind, SelectionKind, TypeId, TypeKind};

use super::expr::{Place, PlaceKind};
use super::func::{Flat, FnCx, Storage, Val};

/// The left side of an assignment with its operands evaluated and its checks to come.
enum Lhs {
    Ready(Place),
    Deref { pointer: Value, ty: TypeId, pos: Pos },
    Field { base: Box<Lhs>, index: usize },
    Slice { slice: Flat, elem: TypeId, index: Value, unsigned: bool, pos: Pos },
    Array { base: Box<Lhs>, index: Value, unsigned: bool, pos: Pos },
}

impl<'a> FnCx<'_, 'a> {
    pub fn assign(&mut self, stmt: &'a Stmt, assign: &'a AssignStmt) {
        match assign.op {
            AssignOp::Increment | AssignOp::Decrement => {
                let lhs = &assign.lhs[0];
                let ty = self.type_of(lhs);
                let place = self.lhs_now(lhs);
                let place = self.place_to_update(place);
                let old = self.load_place(&place);
                let one = self.constant(&crate::constant::Value::Int(1), ty);
                self.at(stmt.pos);
                let op = if assign.op == AssignOp::Increment { Operator::Add } else { Operator::Sub };
                let new = self.operate(op, ty, old, one);
                self.store_place(&place, new);
            }
            AssignOp::Operation(op) => {
                let lhs = &assign.lhs[0];
                let ty = self.type_of(lhs);
                let left = self.lhs(lhs);
                if matches!(op, Operator::ShiftLeft | Operator::ShiftRight) {
                    let count = &assign.rhs[0];
                    if self.lw.info().constant(count.id).is_some() {
                        let place = self.check_lhs(left);
                        let old = self.load_place(&place);
                        let new = self.shift_by(lhs, op, ty, old, count);
                        self.store_place(&place, new);
                        return;
                    }
                    let count_type = self.typed(count);
                    let signed = !self.lw.types().is_unsigned(count_type);
                    let count = self.scalar(count);
                    let count = self.widen(count, signed);
                    let place = self.check_lhs(left);
                    let old = self.load_place(&place).single();
                    self.at(stmt.pos);
                    let new = self.shift(op, ty, old, count, signed);
                    self.store_place(&place, new);
                    return;
                }
                let right = self.expr_as(&assign.rhs[0], ty);
                let place = self.check_lhs(left);
                // A division may fail, and then a map has no new element.
                let place = if matches!(op, Operator::Div | Operator::Rem) { place } else { self.place_to_update(place) };
                let old = self.load_place(&place);
                self.at(stmt.pos);
                let new = self.operate(op, ty, old, right);
                self.store_place(&place, new);
            }
            AssignOp::Assign | AssignOp::Define => self.assign_list(stmt, assign),
        }
    }

    /// The place at which a value is read and then written. An element of a map is looked up once, and made if there is none.
    fn place_to_update(&mut self, place: Place) -> Place {
        match place.kind {
            PlaceKind::MapElement { map_type, map, key } => {
                let addr = self.map_assign(map_type, map, key);
                Place { ty: place.ty, kind: PlaceKind::Mem { addr, offset: 0 } }
            }
            _ => place,
        }
    }

    fn assign_list(&mut self, stmt: &'a Stmt, assign: &'a AssignStmt) {
        let define = assign.op == AssignOp::Define;
        let (lhs, rhs) = (&assign.lhs, &assign.rhs);
        if lhs.len() == 1 && rhs.len() == 1 {
            if let Some(object) = self.new_variable(&lhs[0], define) {
                self.declare_with(object, &rhs[0]);
                return;
            }
            self.assign_one(&lhs[0], &rhs[0]);
            return;
        }
        let lefts: Vec<Option<Lhs>> = lhs.iter().map(|e| if self.new_variable(e, define).is_some() { None } else { Some(self.lhs(e)) }).collect();
        let vals: Vec<(Val, TypeId)> = if rhs.len() == 1 {
            self.multi_value(&rhs[0])
        } else {
            rhs.iter()
                .zip(lhs.iter().zip(&lefts))
                .map(|(value, (target, left))| {
                    let ty = match left {
                        Some(left) if !target.is_blank() => self.lhs_type(left),
                        _ => self.new_type(target, value),
                    };
                    let val = self.expr_as(value, ty);
                    (self.own(ty, val), ty)
                })
                .collect()
        };
        self.at(stmt.pos);
        for ((target, left), (val, from)) in lhs.iter().zip(lefts).zip(vals) {
            match left {
                None => {
                    let Some(object) = self.new_variable(target, define) else { continue };
                    let ty = self.object_type(object);
                    let val = self.assign_convert(val, from, ty);
                    self.declare(object, Some(val));
                }
                Some(left) => {
                    let place = self.check_lhs(left);
                    if matches!(place.kind, PlaceKind::Blank) {
                        continue;
                    }
                    let val = self.assign_convert(val, from, place.ty);
                    self.store_place(&place, val);
                }
            }
        }
    }

    /// The variable that `e` declares in `:=`.
    fn new_variable(&mut self, e: &Expr, define: bool) -> Option<crate::types::ObjectId> {
        if !define || e.is_blank() {
            return None;
        }
        self.lw.info().definition(e.id)
    }

    /// The type that a value gets which is assigned to the blank identifier or to a variable that `target` declares.
    fn new_type(&mut self, target: &'a Expr, value: &'a Expr) -> TypeId {
        match self.lw.info().definition(target.id) {
            Some(object) => self.object_type(object),
            None => self.typed(value),
        }
    }

    fn assign_one(&mut self, target: &'a Expr, value: &'a Expr) {
        if target.unparen().is_blank() {
            let ty = self.typed(value);
            self.expr_as(value, ty);
            return;
        }
        let ty = self.type_of(target);
        // s = append(s, ...) and the like need no care; a literal that mentions its target is built aside.
        let left = self.lhs(target);
        let val = self.expr_as(value, ty);
        self.at(target.pos);
        let place = self.check_lhs(left);
        self.store_place(&place, val);
    }

    /// Declares a variable with the value of an expression, which may be evaluated in place.
    pub fn declare_with(&mut self, object: crate::types::ObjectId, value: &'a Expr) {
        let ty = self.object_type(object);
        let info = self.info(ty);
        if info.flat.is_some() {
            let val = self.expr_as(value, ty);
            self.declare(object, Some(val));
            return;
        }
        let boxed = self.is_boxed(object);
        if boxed || info.size > super::MAX_SLOT_BYTES {
            let addr = self.new_object(ty);
            self.expr_into(value, ty, addr, 0);
            let var = self.b.declare_var(crate::ir::Type::Ptr);
            self.b.def_var(var, addr);
            self.vars.insert(object, Storage::Memory(var));
            return;
        }
        let slot = self.slot_for(ty, false);
        let addr = self.b.slot_addr(slot);
        self.expr_into(value, ty, addr, 0);
        self.vars.insert(object, Storage::Slot(slot));
    }

    /// The values of an expression that gives several: a call, or a `v, ok` form. With their types.
    pub fn multi_value(&mut self, e: &'a Expr) -> Vec<(Val, TypeId)> {
        let inner = e.unparen();
        match &inner.kind {
            ExprKind::Call(call) => {
                let ty = self.type_of(inner);
                let types = self.tuple_types(ty);
                let vals = self.call(inner, call, &[]);
                vals.into_iter().zip(types).collect()
            }
            ExprKind::Assert(assert) => {
                let ty = self.type_of(&assert.ty);
                let (val, ok) = self.type_assert(inner, assert, true);
                vec![(val, ty), (Val::one(ok), TypeId::BOOL)]
            }
            ExprKind::Index(index) => {
                let map = self.type_of(&index.x);
                let TypeKind::Map(_, elem) = self.under(map) else { panic!("lower: v, ok of an index that is no map's") };
                let elem = self.resolve(elem);
                let (val, ok) = self.map_index_ok(inner, index);
                let val = self.own(elem, val);
                vec![(val, elem), (Val::one(ok), TypeId::BOOL)]
            }
            ExprKind::Unary(unary) => {
                let chan = self.type_of(&unary.x);
                let TypeKind::Chan(_, elem) = self.under(chan) else { panic!("lower: v, ok of an operation that is no receive") };
                let elem = self.resolve(elem);
                let (val, ok) = self.receive(inner, &unary.x, true);
                vec![(val, elem), (Val::one(ok), TypeId::BOOL)]
            }
            _ => panic!("lower: {}: several values", self.lw.describe(e.pos)),
        }
    }

    /// Left side whose checks may come at once, because nothing is evaluated in between.
    fn lhs_now(&mut self, e: &'a Expr) -> Place {
        let left = self.lhs(e);
        self.check_lhs(left)
    }

    /// Evaluates the operands of a left side.
    fn lhs(&mut self, e: &'a Expr) -> Lhs {
        let e = e.unparen();
        match &e.kind {
            ExprKind::Selector(selector) => {
                let Some(selection) = self.lw.info().selections.get(&e.id).cloned() else { return Lhs::Ready(self.place(e)) };
                if selection.kind != SelectionKind::Field {
                    return Lhs::Ready(self.place(e));
                }
                let mut base = self.lhs_base(&selector.x, e.pos);
                let mut ty = self.lhs_type(&base);
                for index in selection.path.iter() {
                    if let TypeKind::Pointer(elem) = self.under(ty) {
                        let elem = self.resolve(elem);
                        let place = self.check_lhs(base);
                        let pointer = self.load_place(&place).single();
                        base = Lhs::Deref { pointer, ty: elem, pos: e.pos };
                        ty = elem;
                    }
                    ty = self.lw.field_types(ty)[*index as usize];
                    base = Lhs::Field { base: Box::new(base), index: *index as usize };
                }
                base
            }
            ExprKind::Unary(unary) if unary.op == Operator::Mul => {
                let pointer = self.scalar(&unary.x);
                let ty = self.type_of(e);
                Lhs::Deref { pointer, ty, pos: e.pos }
            }
            ExprKind::Index(index) => {
                let ty = self.type_of(&index.x);
                match self.under(ty) {
                    TypeKind::Map(_, elem) => {
                        let elem = self.resolve(elem);
                        let (map, key) = self.map_operands(ty, index);
                        let TypeKind::Map(key_type, _) = self.under(ty) else { unreachable!() };
                        let key_type = self.resolve(key_type);
                        let key = self.own(key_type, key);
                        Lhs::Ready(Place { ty: elem, kind: PlaceKind::MapElement { map_type: ty, map, key } })
                    }
                    TypeKind::Slice(elem) => {
                        let elem = self.resolve(elem);
                        let slice = self.expr(&index.x).scalars();
                        let (i, unsigned) = self.index_value(&index.indices[0]);
                        Lhs::Slice { slice, elem, index: i, unsigned, pos: e.pos }
                    }
                    _ => {
                        let base = self.lhs_base(&index.x, e.pos);
                        let (i, unsigned) = self.index_value(&index.indices[0]);
                        Lhs::Array { base: Box::new(base), index: i, unsigned, pos: e.pos }
                    }
                }
            }
            _ => Lhs::Ready(self.place(e)),
        }
    }

    /// The struct or array that a field or element is taken of: a pointer is not followed yet.
    fn lhs_base(&mut self, x: &'a Expr, pos: Pos) -> Lhs {
        let ty = self.type_of(x);
        if let TypeKind::Pointer(elem) = self.under(ty) {
            let elem = self.resolve(elem);
            let pointer = self.scalar(x);
            return Lhs::Deref { pointer, ty: elem, pos };
        }
        self.lhs(x)
    }

    fn lhs_type(&mut self, lhs: &Lhs) -> TypeId {
        match lhs {
            Lhs::Ready(place) => place.ty,
            Lhs::Deref { ty, .. } => *ty,
            Lhs::Slice { elem, .. } => *elem,
            Lhs::Field { base, index } => {
                let ty = self.lhs_type(base);
                self.lw.field_types(ty)[*index]
            }
            Lhs::Array { base, .. } => {
                let ty = self.lhs_type(base);
                match self.under(ty) {
                    TypeKind::Array(_, elem) => self.resolve(elem),
                    _ => ty,
                }
            }
        }
    }

    /// Makes the checks of a left side.
    fn check_lhs(&mut self, lhs: Lhs) -> Place {
        match lhs {
            Lhs::Ready(place) => place,
            Lhs::Deref { pointer, ty, pos } => {
                self.at(pos);
                self.nil_check(pointer);
                Place { ty, kind: PlaceKind::Mem { addr: pointer, offset: 0 } }
            }
            Lhs::Field { base, index } => {
                let base = self.check_lhs(*base);
                self.field(base, index)
            }
            Lhs::Slice { slice, elem, index, unsigned, pos } => {
                self.at(pos);
                self.bounds(BoundsKind::Index, unsigned, index, slice[1]);
                self.element_at(elem, slice[0], 0, index)
            }
            Lhs::Array { base, index, unsigned, pos } => {
                let base = self.check_lhs(*base);
                self.at(pos);
                self.array_element(base, index, unsigned)
            }
        }
    }

    /// Assigns a value of a type to an expression that was not evaluated yet; for range clauses and select cases.
    pub fn assign_value(&mut self, target: &'a Expr, define: bool, val: Val, from: TypeId) {
        if let Some(object) = self.new_variable(target, define) {
            let ty = self.object_type(object);
            let val = self.assign_convert(val, from, ty);
            self.declare(object, Some(val));
            return;
        }
        if target.unparen().is_blank() {
            return;
        }
        let place = self.lhs_now(target);
        let val = self.assign_convert(val, from, place.ty);
        self.store_place(&place, val);
    }

    /// Assigns key and value of a range clause: like `k, v = ...`, so that the operands of both sides come first.
    pub fn assign_pair(&mut self, range: &'a crate::syntax::ast::RangeStmt, key: Option<(Val, TypeId)>, value: Option<(Val, TypeId)>) {
        if range.define {
            for (index, pair) in [key, value].into_iter().enumerate() {
                if let Some((val, ty)) = pair {
                    self.assign_value(&range.lhs[index], true, val, ty);
                }
            }
            return;
        }
        let mut lefts = Vec::new();
        for (index, pair) in [key, value].into_iter().enumerate() {
            if let Some((val, ty)) = pair {
                lefts.push((self.lhs(&range.lhs[index]), val, ty));
            }
        }
        for (left, val, ty) in lefts {
            let place = self.check_lhs(left);
            if !matches!(place.kind, PlaceKind::Blank) {
                let val = self.assign_convert(val, ty, place.ty);
                self.store_place(&place, val);
            }
        }
    }

    // Declarations.

    pub fn var_decl(&mut self, decl: &'a VarDecl) {
        let objects: Vec<Option<crate::types::ObjectId>> = decl.names.iter().map(|name| self.lw.info().definition(name.id)).collect();
        if decl.values.is_empty() {
            for object in objects.into_iter().flatten() {
                if !self.is_blank_object(object) {
                    self.declare(object, None);
                }
            }
            return;
        }
        if decl.values.len() == 1 && decl.names.len() > 1 {
            let vals = self.multi_value(&decl.values[0]);
            for (object, (val, from)) in objects.into_iter().zip(vals) {
                if let Some(object) = object
                    && !self.is_blank_object(object)
                {
                    let ty = self.object_type(object);
                    let val = self.assign_convert(val, from, ty);
                    self.declare(object, Some(val));
                }
            }
            return;
        }
        if decl.values.len() == 1 {
            match objects[0] {
                Some(object) if !self.is_blank_object(object) => self.declare_with(object, &decl.values[0]),
                _ => {
                    let ty = match objects[0] {
                        Some(object) => self.object_type(object),
                        None => self.typed(&decl.values[0]),
                    };
                    self.expr_as(&decl.values[0], ty);
                }
            }
            return;
        }
        let mut vals = Vec::new();
        for (object, value) in objects.iter().zip(&decl.values) {
            let ty = match object {
                Some(object) => self.object_type(*object),
                None => self.typed(value),
            };
            let val = self.expr_as(value, ty);
            vals.push(self.own(ty, val));
        }
        for (object, val) in objects.into_iter().zip(vals) {
            if let Some(object) = object
                && !self.is_blank_object(object)
            {
                self.declare(object, Some(val));
            }
        }
    }

    fn is_blank_object(&mut self, object: crate::types::ObjectId) -> bool {
        let object = self.lw.types().object(object);
        debug_assert!(matches!(object.kind, ObjectKind::Variable(_)));
        object.name.is_blank()
    }

    // Channels.

    pub fn send(&mut self, stmt: &'a Stmt, send: &'a SendStmt) {
        let chan_type = self.type_of(&send.chan);
        let TypeKind::Chan(_, elem) = self.under(chan_type) else { panic!("lower: send to no channel") };
        let elem = self.resolve(elem);
        let chan = self.scalar(&send.chan);
        let val = self.expr_as(&send.value, elem);
        // While the goroutine waits, others may change the variable.
        let val = self.own(elem, val);
        self.at(stmt.pos);
        let addr = self.address_of_value(elem, val);
        self.runtime("chansend1", &[chan, addr]);
    }

    /// `<-c`; with `comma_ok` the second value is the i32 ok.
    pub fn receive(&mut self, e: &'a Expr, x: &'a Expr, comma_ok: bool) -> (Val, Value) {
        let chan_type = self.type_of(x);
        let TypeKind::Chan(_, elem) = self.under(chan_type) else { panic!("lower: receive from no channel") };
        let elem = self.resolve(elem);
        let chan = self.scalar(x);
        self.at(e.pos);
        let addr = if self.info(elem).size == 0 { self.b.nil() } else { self.zeroed_temp(elem) };
        let ok = if comma_ok {
            self.runtime1("chanrecv2", &[chan, addr])
        } else {
            self.runtime("chanrecv1", &[chan, addr]);
            chan
        };
        let val = match self.load(elem, addr, 0) {
            Val::Mem { addr, .. } => Val::Mem { addr, owned: true },
            val => val,
        };
        (val, ok)
    }

    pub fn receive_and_drop(&mut self, e: &'a Expr, x: &'a Expr) {
        let chan = self.scalar(x);
        self.at(e.pos);
        let nil = self.b.nil();
        self.runtime("chanrecv1", &[chan, nil]);
    }

    /// Stack memory that the runtime writes to later: zero, so that a collection in between finds no stale pointers.
    pub fn zeroed_temp(&mut self, ty: TypeId) -> Value {
        let addr = self.temp(ty);
        if self.info(ty).has_pointers() {
            let bytes = self.info(ty).bytes();
            self.b.mem_zero(addr, bytes);
        }
        addr
    }
}
