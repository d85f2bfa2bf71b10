//! `for ... range`.

use crate::ir::{BinOp, Block, CmpOp, Mem, PointerMap, Type, Value};
use crate::syntax::ast::{Expr, RangeStmt, Stmt};
use crate::types::{Basic, TypeId, TypeKind};

use super::expr::{Place, PlaceKind};
use super::func::{FnCx, Target, Val};

/// Size of maps.Iter and its pointer words (GOROOT/src/internal/runtime/maps/table.go).
const ITERATOR_BYTES: u32 = 96;
const ITERATOR_POINTERS: [u32; 6] = [0, 1, 2, 3, 9, 10];

impl<'a> FnCx<'_, 'a> {
    pub fn range_stmt(&mut self, stmt: &'a Stmt, range: &'a RangeStmt) {
        let ty = self.typed(&range.x);
        match self.under(ty) {
            TypeKind::Basic(Basic::String | Basic::UntypedString) => self.range_string(stmt, range),
            TypeKind::Basic(_) => self.range_integer(stmt, range, ty),
            TypeKind::Slice(elem) => {
                let elem = self.resolve(elem);
                // The bytes of a string need no copy: they never change.
                let bytes = self.string_of_bytes(&range.x).unwrap_or(&range.x);
                let slice = self.expr(bytes).scalars();
                self.range_elements(stmt, range, elem, slice[0], slice[1]);
            }
            TypeKind::Array(len, elem) => {
                let elem = self.resolve(elem);
                let n = self.int(len);
                // The array is copied only if its elements are looked at.
                let wants_value = range.lhs.get(1).is_some_and(|e| !e.is_blank());
                if wants_value {
                    let val = self.expr(&range.x);
                    let val = self.own(ty, val);
                    let addr = self.address_of_value(ty, val);
                    self.range_elements(stmt, range, elem, addr, n);
                } else {
                    if self.has_effects(&range.x) {
                        self.expr(&range.x);
                    }
                    let nil = self.b.nil();
                    self.range_elements(stmt, range, elem, nil, n);
                }
            }
            TypeKind::Pointer(array) => {
                let TypeKind::Array(len, elem) = self.under(array) else { panic!("lower: range over a pointer to no array") };
                let elem = self.resolve(elem);
                let pointer = self.scalar(&range.x);
                let n = self.int(len);
                if range.lhs.get(1).is_some_and(|e| !e.is_blank()) && len > 0 {
                    self.nil_check(pointer);
                }
                self.range_elements(stmt, range, elem, pointer, n);
            }
            TypeKind::Map(key, elem) => {
                let (key, elem) = (self.resolve(key), self.resolve(elem));
                self.range_map(stmt, range, ty, key, elem);
            }
            TypeKind::Chan(_, elem) => {
                let elem = self.resolve(elem);
                self.range_chan(stmt, range, elem);
            }
            TypeKind::Signature(_) => self.range_function(stmt, range),
            kind => panic!("lower: {}: range over {kind:?}", self.lw.describe(range.range)),
        }
    }

    fn lhs_at(&self, range: &'a RangeStmt, index: usize) -> Option<&'a Expr> {
        range.lhs.get(index).filter(|e| !e.is_blank())
    }

    /// Blocks of a loop: head, body, what continue goes to, exit.
    fn loop_blocks(&mut self, stmt: &'a Stmt) -> (Block, Block, Block, Block) {
        let (head, body, next, exit) = (self.block(), self.block(), self.block(), self.block());
        self.push_target(stmt.id, Target { exit, next: Some(next) });
        (head, body, next, exit)
    }

    /// A loop that counts an i64 from 0 to `limit`.
    fn counted(&mut self, stmt: &'a Stmt, range: &'a RangeStmt, limit: Value, each: impl FnOnce(&mut Self, Value)) {
        let index = self.b.declare_var(Type::I64);
        let zero = self.int(0);
        self.b.def_var(index, zero);
        let (head, body, next, exit) = self.loop_blocks(stmt);
        self.jump(head);
        self.b.switch_to(head);
        let i = self.b.use_var(index);
        let more = self.b.cmp(CmpOp::LtS, i, limit);
        self.b.branch(more, body, exit);
        self.enter(body);
        each(self, i);
        self.stmts(&range.body.stmts);
        self.jump(next);
        self.enter(next);
        self.at(stmt.pos);
        let i = self.b.use_var(index);
        let one = self.int(1);
        let i = self.b.bin(BinOp::Add, i, one);
        self.b.def_var(index, i);
        self.jump(head);
        self.b.seal_block(head);
        self.enter(exit);
    }

    fn range_elements(&mut self, stmt: &'a Stmt, range: &'a RangeStmt, elem: TypeId, base: Value, len: Value) {
        let (key, value) = (self.lhs_at(range, 0), self.lhs_at(range, 1));
        self.counted(stmt, range, len, |cx, i| {
            let val = value.map(|_| {
                let place = cx.element_at(elem, base, 0, i);
                let val = cx.load_place(&place);
                cx.own_if_assigned(elem, val, range.define)
            });
            cx.assign_pair(range, key.map(|_| (Val::one(i), TypeId::INT)), val.map(|val| (val, elem)));
        });
    }

    fn own_if_assigned(&mut self, ty: TypeId, val: Val, define: bool) -> Val {
        if define { val } else { self.own(ty, val) }
    }

    fn range_integer(&mut self, stmt: &'a Stmt, range: &'a RangeStmt, ty: TypeId) {
        let key = self.lhs_at(range, 0);
        // An untyped constant has the type of the variable it is assigned to.
        let ty = match key {
            Some(key) if self.lw.info().constant(range.x.id).is_some() => {
                let object = self.lw.info().definition(key.id);
                match object {
                    Some(object) => self.object_type(object),
                    None => self.type_of(key),
                }
            }
            _ => ty,
        };
        let limit = match self.lw.info().constant(range.x.id).cloned() {
            Some(value) => self.constant(&value, ty).single(),
            None => self.scalar(&range.x),
        };
        let wasm = self.b.func.ty(limit);
        let kind = self.basic(ty);
        let index = self.b.declare_var(wasm);
        let zero = self.b.iconst(wasm, 0);
        self.b.def_var(index, zero);
        let (head, body, next, exit) = self.loop_blocks(stmt);
        self.jump(head);
        self.b.switch_to(head);
        let i = self.b.use_var(index);
        let op = if super::arith::is_signed(kind) { CmpOp::LtS } else { CmpOp::LtU };
        let more = self.b.cmp(op, i, limit);
        self.b.branch(more, body, exit);
        self.enter(body);
        if let Some(key) = key {
            self.assign_value(key, range.define, Val::one(i), ty);
        }
        self.stmts(&range.body.stmts);
        self.jump(next);
        self.enter(next);
        self.at(stmt.pos);
        let i = self.b.use_var(index);
        let one = self.b.iconst(wasm, 1);
        let i = self.b.bin(BinOp::Add, i, one);
        let i = self.narrow(i, kind);
        self.b.def_var(index, i);
        self.jump(head);
        self.b.seal_block(head);
        self.enter(exit);
    }

    fn range_string(&mut self, stmt: &'a Stmt, range: &'a RangeStmt) {
        let string = self.expr(&range.x).scalars();
        let (key, value) = (self.lhs_at(range, 0), self.lhs_at(range, 1));
        let (index, after) = (self.b.declare_var(Type::I64), self.b.declare_var(Type::I64));
        let rune_var = self.b.declare_var(Type::I32);
        let zero = self.int(0);
        self.b.def_var(index, zero);
        let (head, body, next, exit) = self.loop_blocks(stmt);
        self.jump(head);
        self.b.switch_to(head);
        let i = self.b.use_var(index);
        let more = self.b.cmp(CmpOp::LtS, i, string[1]);
        let decode = self.block();
        self.b.branch(more, decode, exit);
        self.enter(decode);
        let at = self.b.ptr_index(string[0], i, 1);
        let byte = self.b.load(Mem::I8U, at, 0);
        self.b.def_var(rune_var, byte);
        let one = self.int(1);
        let following = self.b.bin(BinOp::Add, i, one);
        self.b.def_var(after, following);
        let self_rune = self.i32(0x80);
        let ascii = self.b.cmp(CmpOp::LtU, byte, self_rune);
        let wide = self.block();
        self.b.branch(ascii, body, wide);
        self.enter(wide);
        let decoded = self.runtime("decoderune", &[string[0], string[1], i]);
        self.b.def_var(rune_var, decoded[0]);
        self.b.def_var(after, decoded[1]);
        self.jump(body);
        self.enter(body);
        let rune = self.b.use_var(rune_var);
        self.assign_pair(range, key.map(|_| (Val::one(i), TypeId::INT)), value.map(|_| (Val::one(rune), TypeId::INT32)));
        self.stmts(&range.body.stmts);
        self.jump(next);
        self.enter(next);
        let i = self.b.use_var(after);
        self.b.def_var(index, i);
        self.jump(head);
        self.b.seal_block(head);
        self.enter(exit);
    }

    fn range_map(&mut self, stmt: &'a Stmt, range: &'a RangeStmt, ty: TypeId, key: TypeId, elem: TypeId) {
        let map = self.scalar(&range.x);
        let slot = self.raw_slot(ITERATOR_BYTES, PointerMap::of(ITERATOR_POINTERS), false);
        let iterator = self.b.slot_addr(slot);
        self.b.mem_zero(iterator, ITERATOR_BYTES);
        let desc = self.lw.map_descriptor(ty);
        let desc = self.b.global_addr(desc, 0);
        self.runtime("mapIterStart", &[desc, map, iterator]);
        let (key_lhs, value_lhs) = (self.lhs_at(range, 0), self.lhs_at(range, 1));
        let (head, body, next, exit) = self.loop_blocks(stmt);
        self.jump(head);
        self.b.switch_to(head);
        let iterator = self.b.slot_addr(slot);
        let (key_addr, elem_addr) = self.iterator_words(iterator);
        let more = self.is_not_nil(key_addr);
        self.b.branch(more, body, exit);
        self.enter(body);
        let k = key_lhs.map(|_| {
            let val = self.load(key, key_addr, 0);
            self.own_if_assigned(key, val, range.define)
        });
        let v = value_lhs.map(|_| {
            let val = self.load(elem, elem_addr, 0);
            self.own_if_assigned(elem, val, range.define)
        });
        self.assign_pair(range, k.map(|k| (k, key)), v.map(|v| (v, elem)));
        self.stmts(&range.body.stmts);
        self.jump(next);
        self.enter(next);
        self.at(stmt.pos);
        let iterator = self.b.slot_addr(slot);
        self.runtime("mapIterNext", &[iterator]);
        self.jump(head);
        self.b.seal_block(head);
        self.enter(exit);
    }

    fn range_chan(&mut self, stmt: &'a Stmt, range: &'a RangeStmt, elem: TypeId) {
        let chan = self.scalar(&range.x);
        let key = self.lhs_at(range, 0);
        let (head, body, next, exit) = self.loop_blocks(stmt);
        self.jump(next);
        self.b.switch_to(next);
        self.at(stmt.pos);
        let addr = if self.info(elem).size == 0 { self.b.nil() } else { self.zeroed_temp(elem) };
        let ok = self.runtime1("chanrecv2", &[chan, addr]);
        self.b.branch(ok, body, exit);
        self.enter(body);
        if let Some(key) = key {
            let val = self.load(elem, addr, 0);
            self.assign_value(key, range.define, val, elem);
        }
        self.stmts(&range.body.stmts);
        self.jump(head);
        self.enter(head);
        self.jump(next);
        self.b.seal_block(next);
        self.enter(exit);
    }

    /// A place at an address, for elements.
    pub fn place_at(&self, ty: TypeId, addr: Value) -> Place {
        Place { ty, kind: PlaceKind::Mem { addr, offset: 0 } }
    }
}
