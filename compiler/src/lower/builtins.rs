//! Calls of built-in functions.

use crate::ir::{BinOp, CmpOp, Mem, Type, UnOp, Value};
use crate::syntax::ast::{CallExpr, Expr, ExprKind};
use crate::types::{Basic, BuiltinId, Mode, TypeId, TypeKind};

use super::expr::{Place, PlaceKind};
use super::func::{FnCx, Val};

impl<'a> FnCx<'_, 'a> {
    pub fn builtin(&mut self, e: &'a Expr, call: &'a CallExpr, builtin: BuiltinId) -> Vec<Val> {
        let args = &call.args;
        if args.len() == 1
            && !matches!(builtin, BuiltinId::Print | BuiltinId::Println)
            && let ty = self.type_of(&args[0])
            && matches!(self.under(ty), TypeKind::Tuple(_))
        {
            return self.spread_builtin(e, &args[0], builtin);
        }
        let val = match builtin {
            BuiltinId::Append => self.append(e, call),
            BuiltinId::Len | BuiltinId::Cap => Val::one(self.length(&args[0], builtin == BuiltinId::Cap)),
            BuiltinId::Copy => self.copy(e, call),
            BuiltinId::Make => self.make(e, call),
            BuiltinId::New => self.new_builtin(e, &args[0]),
            BuiltinId::Delete => {
                let map_type = self.type_of(&args[0]);
                let TypeKind::Map(key, _) = self.under(map_type) else { panic!("lower: delete from a type that is no map") };
                let key = self.resolve(key);
                let map = self.scalar(&args[0]);
                let k = self.glance(&args[1], key);
                self.at(e.pos);
                self.map_delete(map_type, map, k);
                return Vec::new();
            }
            BuiltinId::Clear => {
                self.clear(e, &args[0]);
                return Vec::new();
            }
            BuiltinId::Close => {
                let c = self.scalar(&args[0]);
                self.at(e.pos);
                self.runtime("closechan", &[c]);
                return Vec::new();
            }
            BuiltinId::Panic => {
                let value = self.expr_as(&args[0], TypeId::EMPTY_INTERFACE).scalars();
                self.at(e.pos);
                self.runtime("gopanic", &value);
                return Vec::new();
            }
            BuiltinId::Recover => return vec![self.recover(e)],
            BuiltinId::Print | BuiltinId::Println => {
                let vals = self.print_operands(args);
                self.at(e.pos);
                self.print(&vals, builtin == BuiltinId::Println);
                return Vec::new();
            }
            BuiltinId::Complex => {
                let ty = self.type_of(e);
                let part = if self.basic(ty) == Basic::Complex64 { TypeId::FLOAT32 } else { TypeId::FLOAT64 };
                let re = self.expr_as_float(&args[0], part);
                let im = self.expr_as_float(&args[1], part);
                Val::flat(&[re, im])
            }
            BuiltinId::Real => Val::one(self.expr(&args[0]).scalars()[0]),
            BuiltinId::Imag => Val::one(self.expr(&args[0]).scalars()[1]),
            BuiltinId::Min | BuiltinId::Max => self.min_max(e, args, builtin == BuiltinId::Max),
            BuiltinId::UnsafeAdd => {
                let p = self.scalar(&args[0]);
                let (n, _) = self.index_value(&args[1]);
                Val::one(self.b.ptr_index(p, n, 1))
            }
            BuiltinId::UnsafeSlice => {
                let p = self.scalar(&args[0]);
                let (n, _) = self.index_value(&args[1]);
                self.slice_at(e, p, n)
            }
            BuiltinId::UnsafeSliceData => Val::one(self.expr(&args[0]).scalars()[0]),
            BuiltinId::UnsafeString => {
                let p = self.scalar(&args[0]);
                let (n, _) = self.index_value(&args[1]);
                self.string_at(e, p, n)
            }
            BuiltinId::UnsafeStringData => Val::one(self.expr(&args[0]).scalars()[0]),
            // Of types whose size depends on type arguments; otherwise these are constants.
            BuiltinId::Sizeof | BuiltinId::Alignof => {
                let ty = self.typed(&args[0]);
                let info = self.info(ty);
                Val::one(self.int(if builtin == BuiltinId::Sizeof { info.size } else { info.align } as i64))
            }
            BuiltinId::Offsetof => self.offset_of(&args[0]),
            BuiltinId::Assert | BuiltinId::Trace => panic!("lower: {}: test built-in", self.lw.describe(e.pos)),
        };
        vec![val]
    }

    /// A built-in function of the results of a call.
    fn spread_builtin(&mut self, e: &'a Expr, arg: &'a Expr, builtin: BuiltinId) -> Vec<Val> {
        let vals = self.multi_value(arg);
        self.at(e.pos);
        let (first, ty) = vals[0];
        match (builtin, self.under(ty)) {
            (BuiltinId::Append, TypeKind::Slice(elem)) => {
                let elem = self.resolve(elem);
                let rest = vals[1..].iter().map(|(val, from)| self.assign_convert(*val, *from, elem)).collect();
                vec![self.append_values(elem, &first.scalars(), rest)]
            }
            (BuiltinId::Copy, TypeKind::Slice(elem)) => {
                let elem = self.resolve(elem);
                vec![Val::one(self.copy_slices(elem, first, vals[1].0))]
            }
            (BuiltinId::Delete, TypeKind::Map(key, _)) => {
                let key = self.resolve(key);
                let k = self.assign_convert(vals[1].0, vals[1].1, key);
                self.map_delete(ty, first.single(), k);
                Vec::new()
            }
            (BuiltinId::Complex, _) => vec![Val::flat(&[first.single(), vals[1].0.single()])],
            (BuiltinId::Min | BuiltinId::Max, _) => {
                let ty = self.type_of(e);
                vec![self.best_of(ty, &vals.iter().map(|(val, _)| *val).collect::<Vec<_>>(), builtin == BuiltinId::Max)]
            }
            _ => {
                let (n, from) = vals[1];
                let unsigned = self.lw.types().is_unsigned(from);
                let n = self.widen(n.single(), !unsigned);
                vec![match builtin {
                    BuiltinId::UnsafeAdd => Val::one(self.b.ptr_index(first.single(), n, 1)),
                    BuiltinId::UnsafeSlice => self.slice_at(e, first.single(), n),
                    BuiltinId::UnsafeString => self.string_at(e, first.single(), n),
                    _ => panic!("lower: {}: built-in of a call's results", self.lw.describe(e.pos)),
                }]
            }
        }
    }

    /// `unsafe.String(p, n)`.
    fn string_at(&mut self, e: &'a Expr, p: Value, n: Value) -> Val {
        self.at(e.pos);
        let zero = self.int(0);
        let room = self.room_behind(p);
        let bad = self.b.cmp(CmpOp::GtU, n, room);
        self.fail_if(bad, "panicunsafestringlen");
        let some = self.b.cmp(CmpOp::GtS, n, zero);
        let none = self.is_nil(p);
        let bad = self.b.bin(BinOp::And, some, none);
        self.fail_if(bad, "panicunsafestringnilptr");
        Val::flat(&[p, n])
    }

    fn expr_as_float(&mut self, e: &'a Expr, ty: TypeId) -> Value {
        if let Some(value) = self.lw.info().constant(e.id) {
            let value = value.clone();
            return self.constant(&value, ty).single();
        }
        self.scalar(e)
    }

    fn offset_of(&mut self, e: &'a Expr) -> Val {
        let e = e.unparen();
        let ExprKind::Selector(selector) = &e.kind else { panic!("lower: Offsetof of no field") };
        let Some(selection) = self.lw.info().selections.get(&e.id).cloned() else { panic!("lower: Offsetof of no field") };
        let mut ty = self.type_of(&selector.x);
        let mut offset = 0;
        for index in selection.path.iter() {
            if let TypeKind::Pointer(elem) = self.under(ty) {
                ty = self.resolve(elem);
                offset = 0;
            }
            offset += self.lw.offsets(ty)[*index as usize];
            ty = self.lw.field_types(ty)[*index as usize];
        }
        Val::one(self.int(offset as i64))
    }

    /// Calls a function that does not return if the condition holds.
    pub fn fail_if(&mut self, cond: Value, name: &'static str) {
        if self.b.func.as_const(cond) == Some(0) {
            return;
        }
        let (bad, good) = (self.block(), self.block());
        self.b.branch(cond, bad, good);
        self.enter(bad);
        self.runtime(name, &[]);
        self.enter(good);
    }

    /// `len(x)` or `cap(x)`.
    pub fn length(&mut self, x: &'a Expr, cap: bool) -> Value {
        let ty = self.typed(x);
        match self.under(ty) {
            TypeKind::Basic(_) => self.expr(x).scalars()[1],
            TypeKind::Slice(_) => self.expr(x).scalars()[if cap { 2 } else { 1 }],
            TypeKind::Map(..) => {
                let map = self.scalar(x);
                self.header_word(map, 0)
            }
            TypeKind::Chan(..) => {
                let chan = self.scalar(x);
                self.header_word(chan, if cap { 8 } else { 0 })
            }
            TypeKind::Array(n, _) => {
                self.expr(x);
                self.int(n)
            }
            TypeKind::Pointer(array) => {
                self.expr(x);
                match self.under(array) {
                    TypeKind::Array(n, _) => self.int(n),
                    _ => panic!("lower: len of a pointer to no array"),
                }
            }
            _ => panic!("lower: {}: len", self.lw.describe(x.pos)),
        }
    }

    /// A u64 at an offset of an object, 0 for nil.
    fn header_word(&mut self, p: Value, offset: u32) -> Value {
        let var = self.b.declare_var(Type::I64);
        let zero = self.int(0);
        self.b.def_var(var, zero);
        let some = self.is_not_nil(p);
        let (load, done) = (self.block(), self.block());
        self.b.branch(some, load, done);
        self.enter(load);
        let n = self.b.load(Mem::I64, p, offset);
        self.b.def_var(var, n);
        self.jump(done);
        self.enter(done);
        self.b.use_var(var)
    }

    // Slices.

    fn append(&mut self, e: &'a Expr, call: &'a CallExpr) -> Val {
        let ty = self.type_of(e);
        let TypeKind::Slice(elem) = self.under(ty) else { panic!("lower: append to a type that is no slice") };
        let elem = self.resolve(elem);
        let old = self.expr_as(&call.args[0], ty).scalars();
        let rest = &call.args[1..];
        if rest.is_empty() {
            return Val::Flat(old);
        }
        if call.has_dots {
            if self.lw.info().type_and_value(rest[0].id).mode == Mode::Nil {
                return Val::Flat(old);
            }
            if let Some(count) = self.made_length(&rest[0], elem) {
                return self.append_zeros(e, &old, count, elem);
            }
            // A string or a slice: address and length.
            let other = self.string_of_bytes(&rest[0]).unwrap_or(&rest[0]);
            let other = self.expr(other).scalars();
            self.at(e.pos);
            let (ptr, len, cap) = self.grow(&old, other[1], elem, false);
            let size = self.info(elem).size;
            if size > 0 {
                let at = self.b.ptr_index(ptr, old[1], size as u32);
                self.move_elements(at, other[0], other[1], size);
            }
            return Val::flat(&[ptr, len, cap]);
        }
        let mut vals = Vec::with_capacity(rest.len());
        for arg in rest {
            let val = self.expr_as(arg, elem);
            // Growing may not disturb it, but later arguments may.
            let val = if rest.len() > 1 { self.own(elem, val) } else { val };
            vals.push(val);
        }
        self.at(e.pos);
        self.append_values(elem, &old, vals)
    }

    fn append_values(&mut self, elem: TypeId, old: &[Value], vals: Vec<Val>) -> Val {
        let num = self.int(vals.len() as i64);
        let (ptr, len, cap) = self.grow(old, num, elem, false);
        let size = self.info(elem).size as u32;
        if size > 0 {
            let at = self.b.ptr_index(ptr, old[1], size);
            for (i, val) in vals.into_iter().enumerate() {
                self.store(elem, at, i as u32 * size, val);
            }
        }
        Val::flat(&[ptr, len, cap])
    }

    /// `n`, if the expression is `make([]T, n)` of these elements.
    fn made_length(&mut self, e: &'a Expr, elem: TypeId) -> Option<&'a Expr> {
        let ExprKind::Call(call) = &e.unparen().kind else { return None };
        if self.builtin_of(&call.fun) != Some(BuiltinId::Make) || call.args.len() != 2 {
            return None;
        }
        let ty = self.type_of(e);
        let TypeKind::Slice(made) = self.under(ty) else { return None };
        (self.resolve(made) == elem).then(|| &call.args[1])
    }

    /// `append(s, make([]T, count)...)`, without the slice between.
    fn append_zeros(&mut self, e: &'a Expr, old: &[Value], count: &'a Expr, elem: TypeId) -> Val {
        let (count, _) = self.index_value(count);
        self.at(e.pos);
        let zero = self.int(0);
        let negative = self.b.cmp(CmpOp::LtS, count, zero);
        self.fail_if(negative, "panicmakeslicelen");
        let (ptr, len, cap) = self.grow(old, count, elem, true);
        Val::flat(&[ptr, len, cap])
    }

    /// Makes room for `num` more elements: address, new length, capacity. The new elements are what the memory holds already, or zero.
    fn grow(&mut self, old: &[Value], num: Value, elem: TypeId, zeroed: bool) -> (Value, Value, Value) {
        let len = self.b.bin(BinOp::Add, old[1], num);
        let (ptr_var, cap_var) = (self.b.declare_var(Type::Ptr), self.b.declare_var(Type::I64));
        self.b.def_var(ptr_var, old[0]);
        self.b.def_var(cap_var, old[2]);
        let over = self.b.cmp(CmpOp::GtU, len, old[2]);
        let size = self.info(elem).size;
        let (grow, fits, done) = (self.block(), self.block(), self.block());
        self.b.branch(over, grow, fits);
        self.enter(fits);
        if zeroed && size > 0 {
            let at = self.b.ptr_index(old[0], old[1], size as u32);
            let bytes = self.byte_count(num, size);
            self.b.emit(crate::ir::Op::MemClear, &[at, bytes], &[]);
        }
        self.jump(done);
        self.enter(grow);
        let shape = self.lw.shape_descriptor(elem);
        let shape = self.b.global_addr(shape, 0);
        let grown = self.runtime("growslice", &[old[0], len, old[2], num, shape]);
        self.b.def_var(ptr_var, grown[0]);
        self.b.def_var(cap_var, grown[2]);
        self.jump(done);
        self.enter(done);
        (self.b.use_var(ptr_var), len, self.b.use_var(cap_var))
    }

    /// Moves `count` (i64) elements of a size; the areas may overlap.
    pub fn move_elements(&mut self, to: Value, from: Value, count: Value, size: u64) {
        let bytes = self.byte_count(count, size);
        self.b.emit(crate::ir::Op::MemMove, &[to, from, bytes], &[]);
    }

    pub fn byte_count(&mut self, count: Value, size: u64) -> Value {
        let count = self.coerce(count, Type::I32);
        if size == 1 {
            return count;
        }
        let size = self.i32(size as i64);
        self.b.bin(BinOp::Mul, count, size)
    }

    fn copy(&mut self, e: &'a Expr, call: &'a CallExpr) -> Val {
        let ty = self.typed(&call.args[0]);
        let TypeKind::Slice(elem) = self.under(ty) else { panic!("lower: copy to a type that is no slice") };
        let elem = self.resolve(elem);
        let to = self.expr(&call.args[0]).scalars();
        let from = self.expr(&call.args[1]).scalars();
        self.at(e.pos);
        Val::one(self.copy_slices(elem, Val::Flat(to), Val::Flat(from)))
    }

    /// Copies what fits; the number of elements.
    pub fn copy_slices(&mut self, elem: TypeId, to: Val, from: Val) -> Value {
        let (to, from) = (to.scalars(), from.scalars());
        let less = self.b.cmp(CmpOp::LtS, from[1], to[1]);
        let count = self.b.select(less, from[1], to[1]);
        let size = self.info(elem).size;
        if size > 0 {
            self.move_elements(to[0], from[0], count, size);
        }
        count
    }

    fn clear(&mut self, e: &'a Expr, x: &'a Expr) {
        let ty = self.typed(x);
        let val = self.expr(x);
        self.at(e.pos);
        self.clear_value(ty, val);
    }

    pub fn clear_value(&mut self, ty: TypeId, val: Val) {
        match self.under(ty) {
            TypeKind::Map(..) => {
                let map = val.single();
                let desc = self.lw.map_descriptor(ty);
                let desc = self.b.global_addr(desc, 0);
                self.runtime("mapclear", &[desc, map]);
            }
            TypeKind::Slice(elem) => {
                let elem = self.resolve(elem);
                let slice = val.scalars();
                let size = self.info(elem).size;
                if size > 0 {
                    let bytes = self.byte_count(slice[1], size);
                    self.b.emit(crate::ir::Op::MemClear, &[slice[0], bytes], &[]);
                }
            }
            _ => panic!("lower: clear of a type that is no map or slice"),
        }
    }

    fn make(&mut self, e: &'a Expr, call: &'a CallExpr) -> Val {
        let ty = self.type_of(e);
        match self.under(ty) {
            TypeKind::Slice(elem) => {
                let elem = self.resolve(elem);
                let (len, len_unsigned) = self.index_value(&call.args[1]);
                let cap = call.args.get(2).map(|cap| self.index_value(cap).0);
                self.at(e.pos);
                let _ = len_unsigned;
                let size = self.info(elem).size;
                // A constant, small slice may end up on the stack.
                let most = cap.unwrap_or(len);
                if let (Some(n), Some(m)) = (self.b.func.as_const(len), self.b.func.as_const(most))
                    && (0..=m).contains(&n)
                    && (m as u64).saturating_mul(size) <= 1 << 16
                {
                    let array = self.lw.types().array_of(m, elem);
                    let array = self.lw.canonical(array);
                    let ptr = self.new_object(array);
                    return Val::flat(&[ptr, len, most]);
                }
                let shape = self.lw.shape_descriptor(elem);
                let shape = self.b.global_addr(shape, 0);
                let ptr = self.runtime1("makeslice", &[shape, len, most]);
                Val::flat(&[ptr, len, most])
            }
            TypeKind::Map(..) => {
                let hint = call.args.get(1).map(|hint| self.index_value(hint).0);
                self.at(e.pos);
                Val::one(self.make_map(ty, hint))
            }
            TypeKind::Chan(..) => {
                let size = match call.args.get(1) {
                    Some(size) => self.index_value(size).0,
                    None => self.int(0),
                };
                self.at(e.pos);
                let desc = self.lw.type_descriptor(ty);
                let desc = self.b.global_addr(desc, 0);
                Val::one(self.runtime1("makechan", &[desc, size]))
            }
            _ => panic!("lower: {}: make", self.lw.describe(e.pos)),
        }
    }

    /// `new(T)`, or `new(x)` with a value.
    fn new_builtin(&mut self, e: &'a Expr, arg: &'a Expr) -> Val {
        let ty = self.type_of(e);
        let TypeKind::Pointer(elem) = self.under(ty) else { panic!("lower: new of no pointer") };
        let elem = self.resolve(elem);
        if self.lw.info().type_and_value(arg.id).mode == Mode::Type {
            return Val::one(self.new_object(elem));
        }
        let val = self.expr_as(arg, elem);
        let addr = self.new_object(elem);
        self.store(elem, addr, 0, val);
        Val::one(addr)
    }

    /// `unsafe.Slice(p, n)`.
    fn slice_at(&mut self, e: &'a Expr, p: Value, n: Value) -> Val {
        let ty = self.type_of(e);
        let TypeKind::Slice(elem) = self.under(ty) else { panic!("lower: unsafe.Slice of no slice") };
        let elem = self.resolve(elem);
        self.at(e.pos);
        let size = self.info(elem).size;
        let zero = self.int(0);
        let bad = if size == 0 {
            self.b.cmp(CmpOp::LtS, n, zero)
        } else {
            // The elements must end within the address space; a negative length is a huge one.
            let room = self.room_behind(p);
            let most = if size == 1 {
                room
            } else {
                let size = self.int(size as i64);
                self.b.bin(BinOp::DivU, room, size)
            };
            self.b.cmp(CmpOp::GtU, n, most)
        };
        self.fail_if(bad, "panicunsafeslicelen");
        let some = self.b.cmp(CmpOp::Ne, n, zero);
        let none = self.is_nil(p);
        let bad = self.b.bin(BinOp::And, some, none);
        self.fail_if(bad, "panicunsafeslicenilptr");
        Val::flat(&[p, n, n])
    }

    /// Bytes from an address to the end of the address space.
    fn room_behind(&mut self, p: Value) -> Value {
        let end = self.int(1 << 32);
        let p = self.widen(p, false);
        self.b.bin(BinOp::Sub, end, p)
    }

    // min and max.

    fn min_max(&mut self, e: &'a Expr, args: &'a [Expr], max: bool) -> Val {
        let ty = self.type_of(e);
        let vals: Vec<Val> = args.iter().map(|arg| self.expr_as(arg, ty)).collect();
        self.best_of(ty, &vals, max)
    }

    fn best_of(&mut self, ty: TypeId, vals: &[Val], max: bool) -> Val {
        let kind = self.basic(ty);
        let mut best = vals[0];
        for val in &vals[1..] {
            best = self.better(kind, best, *val, max);
        }
        best
    }

    fn better(&mut self, kind: Basic, a: Val, b: Val, max: bool) -> Val {
        let (x, y) = (a.scalars(), b.scalars());
        match kind {
            Basic::Float32 | Basic::Float64 | Basic::UntypedFloat => Val::one(self.b.bin(if max { BinOp::FMax } else { BinOp::FMin }, x[0], y[0])),
            Basic::String | Basic::UntypedString => {
                let order = self.runtime1("cmpstring", &[y[0], y[1], x[0], x[1]]);
                let zero = self.int(0);
                let take = self.b.cmp(if max { CmpOp::GtS } else { CmpOp::LtS }, order, zero);
                let ptr = self.b.select(take, y[0], x[0]);
                let len = self.b.select(take, y[1], x[1]);
                Val::flat(&[ptr, len])
            }
            kind => {
                let op = match (max, super::arith::is_signed(kind)) {
                    (true, true) => CmpOp::GtS,
                    (true, false) => CmpOp::GtU,
                    (false, true) => CmpOp::LtS,
                    (false, false) => CmpOp::LtU,
                };
                let take = self.b.cmp(op, y[0], x[0]);
                Val::one(self.b.select(take, y[0], x[0]))
            }
        }
    }

    // print.

    /// Operands of print; a single call may give several.
    fn print_operands(&mut self, args: &'a [Expr]) -> Vec<(TypeId, Val)> {
        if args.len() == 1 {
            let ty = self.type_of(&args[0]);
            if let (TypeKind::Tuple(_), ExprKind::Call(_)) = (self.under(ty), &args[0].unparen().kind) {
                return self.multi_value(&args[0]).into_iter().map(|(val, ty)| (ty, val)).collect();
            }
        }
        let mut list = Vec::with_capacity(args.len());
        for arg in args {
            let ty = self.typed(arg);
            let ty = if self.lw.info().type_and_value(arg.id).mode == Mode::Nil { TypeId::EMPTY_INTERFACE } else { ty };
            let val = self.expr_as(arg, ty);
            list.push((ty, val));
        }
        list
    }

    pub fn print(&mut self, vals: &[(TypeId, Val)], line: bool) {
        self.runtime("printlock", &[]);
        for (i, (ty, val)) in vals.iter().enumerate() {
            if line && i > 0 {
                self.runtime("printsp", &[]);
            }
            self.print_value(*ty, *val);
        }
        if line {
            self.runtime("printnl", &[]);
        }
        self.runtime("printunlock", &[]);
    }

    fn print_value(&mut self, ty: TypeId, val: Val) {
        let values = val.scalars();
        match self.under(ty) {
            TypeKind::Basic(kind) => match kind {
                Basic::Bool | Basic::UntypedBool => self.runtime("printbool", &values),
                Basic::Float64 | Basic::UntypedFloat => self.runtime("printfloat64", &values),
                Basic::Float32 => self.runtime("printfloat32", &values),
                Basic::Complex128 | Basic::UntypedComplex => self.runtime("printcomplex128", &values),
                Basic::Complex64 => self.runtime("printcomplex64", &values),
                Basic::String | Basic::UntypedString => self.runtime("printstring", &values),
                Basic::UnsafePointer | Basic::UntypedNil => self.runtime("printpointer", &values),
                kind => {
                    let signed = super::arith::is_signed(kind);
                    let wide = self.widen(values[0], signed);
                    let name = if signed {
                        "printint"
                    } else if self.lw.is_hex_type(ty) {
                        "printhex"
                    } else {
                        "printuint"
                    };
                    self.runtime(name, &[wide])
                }
            },
            TypeKind::Slice(_) => self.runtime("printslice", &values),
            TypeKind::Interface(_) => self.runtime("printeface", &values),
            _ => self.runtime("printpointer", &values[..1]),
        };
    }

    // recover.

    /// `recover()`: only a call by the deferring machinery itself counts.
    pub fn recover(&mut self, e: &'a Expr) -> Val {
        self.at(e.pos);
        let flag = self.own_recover_flag();
        let value = self.runtime("gorecover", &[flag]);
        Val::flat(&value)
    }

    /// Whether this function was called by the deferring machinery.
    pub fn own_recover_flag(&mut self) -> Value {
        match self.recover_flag {
            Some(var) => self.b.use_var(var),
            None => self.i32(0),
        }
    }

    /// Counts bits and the like on integers, for intrinsics.
    pub fn unary_op(&mut self, op: UnOp, x: Value) -> Value {
        self.b.un(op, x)
    }

    /// The place of a parameter or result kept in memory.
    pub fn memory(&self, ty: TypeId, addr: Value, offset: u32) -> Place {
        Place { ty, kind: PlaceKind::Mem { addr, offset } }
    }
}
