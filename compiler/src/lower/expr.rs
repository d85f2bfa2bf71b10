//! Expressions: names, selectors, indices, dereferences, and places (what can be assigned to or addressed).

use std::rc::Rc;

use crate::constant;
use crate::ir::{BoundsKind, CmpOp, ConvOp, Mem, Type, Value, Variable};
use crate::syntax::ast::{Expr, ExprKind, Operator, SelectorExpr, SliceExpr};
use crate::types::{Basic, Mode, ObjectId, ObjectKind, SelectionKind, TypeId, TypeKind};

use super::func::{Flat, FnCx, Storage, Val};

/// Memory, variables, or a value that parts can be taken from.
#[derive(Clone, Debug)]
pub struct Place {
    pub ty: TypeId,
    pub kind: PlaceKind,
}

#[derive(Clone, Debug)]
pub enum PlaceKind {
    /// `_`.
    Blank,
    /// SSA variables, one for each scalar.
    Ssa(Rc<[Variable]>),
    /// Memory whose address was checked.
    Mem { addr: Value, offset: u32 },
    /// A flat value that is no variable.
    Flat(Flat),
    /// An element of a map, to be assigned to.
    MapElement { map_type: TypeId, map: Value, key: Val },
}

impl<'a> FnCx<'_, 'a> {
    /// The value of an expression.
    pub fn expr(&mut self, e: &'a Expr) -> Val {
        let tv = self.lw.info().type_and_value(e.id);
        if let Some(value) = self.lw.info().constant(e.id) {
            let value = value.clone();
            let ty = self.resolve(tv.typ);
            return self.constant(&value, ty);
        }
        if tv.mode == Mode::Nil {
            let ty = self.resolve(tv.typ);
            return self.zero(ty);
        }
        match &e.kind {
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Name(_) => self.name_value(e),
            ExprKind::Selector(selector) => self.selector_value(e, selector),
            ExprKind::Index(index) => match tv.mode {
                Mode::MapIndex => self.map_index(e, index),
                _ if self.lw.is_function_name(&index.x) => match &index.x.unparen().kind {
                    // A method with its type arguments, as a value.
                    ExprKind::Selector(selector) if self.lw.info().selections.contains_key(&index.x.unparen().id) => {
                        self.selector_value(index.x.unparen(), selector)
                    }
                    _ => self.function_value(e),
                },
                _ => {
                    let ty = self.type_of(&index.x);
                    match self.under(ty) {
                        TypeKind::Map(..) => self.map_index(e, index),
                        TypeKind::Basic(_) => self.string_index(e, &index.x, &index.indices[0]),
                        _ => {
                            let place = self.place(e);
                            self.load_place(&place)
                        }
                    }
                }
            },
            ExprKind::Unary(unary) if unary.op == Operator::Mul => {
                let place = self.place(e);
                self.load_place(&place)
            }
            ExprKind::Unary(unary) => self.unary(e, unary),
            ExprKind::Binary(binary) => self.binary(e, binary),
            ExprKind::Call(call) => {
                let vals = self.call(e, call, &[]);
                match vals.first() {
                    Some(val) => *val,
                    None => Val::flat(&[]),
                }
            }
            ExprKind::Composite(literal) => self.composite_value(e, literal),
            ExprKind::Func(literal) => self.func_literal(e, literal),
            ExprKind::Slice(slice) => self.slice_expr(e, slice),
            ExprKind::Assert(assert) => self.type_assert(e, assert, false).0,
            _ => panic!("lower: {} is not an expression with a value", self.lw.describe(e.pos)),
        }
    }

    /// The only scalar of an expression.
    pub fn scalar(&mut self, e: &'a Expr) -> Value {
        self.expr(e).single()
    }

    /// The value of an expression, converted to the type of what it is assigned to.
    pub fn expr_as(&mut self, e: &'a Expr, to: TypeId) -> Val {
        if self.lw.info().type_and_value(e.id).mode == Mode::Nil {
            return self.zero(to);
        }
        let from = self.typed(e);
        let from_interface = self.lw.is_interface(from);
        if !from_interface && self.lw.is_interface(to) {
            return self.expr_to_interface(e, from, to);
        }
        let val = self.expr(e);
        self.assign_convert(val, from, to)
    }

    /// The type of an expression; of an untyped one the default type.
    pub fn typed(&mut self, e: &'a Expr) -> TypeId {
        let ty = self.type_of(e);
        self.lw.types().default_type(ty)
    }

    /// Evaluates an expression into memory that nothing else refers to yet.
    pub fn expr_into(&mut self, e: &'a Expr, to: TypeId, addr: Value, offset: u32) {
        let inner = e.unparen();
        let ty = self.type_of(inner);
        if ty == to && self.info(to).flat.is_none() {
            match &inner.kind {
                ExprKind::Composite(literal) => {
                    let at = self.b.ptr_add(addr, offset as i32);
                    if self.static_value(inner).is_none() {
                        self.composite_into(inner, literal, ty, at, false);
                        return;
                    }
                }
                ExprKind::Call(call) if self.is_plain_call(call) => {
                    let at = self.b.ptr_add(addr, offset as i32);
                    let vals = self.call(inner, call, &[Some(at)]);
                    if let Val::Mem { addr: got, .. } = vals[0]
                        && got != at
                    {
                        self.store(to, at, 0, vals[0]);
                    }
                    return;
                }
                _ => {}
            }
        }
        let val = self.expr_as(e, to);
        self.store(to, addr, offset, val);
    }

    /// A constant of a type.
    pub fn constant(&mut self, value: &constant::Value, ty: TypeId) -> Val {
        let kind = match self.under(ty) {
            TypeKind::Basic(kind) => kind,
            // A constant of a type that is an interface in this instance.
            TypeKind::Interface(_) => {
                let from = match value.kind() {
                    constant::Kind::Bool => TypeId::BOOL,
                    constant::Kind::String => TypeId::STRING,
                    constant::Kind::Float => TypeId::FLOAT64,
                    constant::Kind::Complex => TypeId::COMPLEX128,
                    _ => TypeId::INT,
                };
                let val = self.constant(value, from);
                return self.assign_convert(val, from, ty);
            }
            _ => Basic::Uintptr,
        };
        match kind {
            Basic::Bool | Basic::UntypedBool => Val::one(self.i32(i64::from(value.as_bool()))),
            Basic::String | Basic::UntypedString => {
                let bytes = value.as_text().map(|text| text.bytes().to_vec()).unwrap_or_default();
                self.string_constant(&bytes)
            }
            Basic::Float32 => Val::one(self.b.f32const(value.to_f32())),
            Basic::Float64 | Basic::UntypedFloat => Val::one(self.b.f64const(value.to_f64())),
            Basic::Complex64 => {
                let (re, im) = (value.real().to_f32(), value.imag().to_f32());
                Val::flat(&[self.b.f32const(re), self.b.f32const(im)])
            }
            Basic::Complex128 | Basic::UntypedComplex => {
                let (re, im) = (value.real().to_f64(), value.imag().to_f64());
                Val::flat(&[self.b.f64const(re), self.b.f64const(im)])
            }
            Basic::UnsafePointer | Basic::UntypedNil => Val::one(self.b.nil()),
            kind => {
                let bits = value.to_int().low_bits() as i64;
                let (wasm, n) = match kind {
                    Basic::Int8 => (Type::I32, i64::from(bits as i8)),
                    Basic::Int16 => (Type::I32, i64::from(bits as i16)),
                    Basic::Int32 | Basic::UntypedRune => (Type::I32, i64::from(bits as i32)),
                    Basic::Uint8 => (Type::I32, i64::from(bits as u8)),
                    Basic::Uint16 => (Type::I32, i64::from(bits as u16)),
                    Basic::Uint32 => (Type::I32, i64::from(bits as i32)),
                    _ => (Type::I64, bits),
                };
                Val::one(self.b.iconst(wasm, n))
            }
        }
    }

    pub fn string_constant(&mut self, bytes: &[u8]) -> Val {
        let len = self.int(bytes.len() as i64);
        let ptr = if bytes.is_empty() {
            self.b.nil()
        } else {
            let data = self.lw.bytes_data(bytes);
            self.b.global_addr(data, 0)
        };
        Val::flat(&[ptr, len])
    }

    fn name_value(&mut self, e: &'a Expr) -> Val {
        let Some(object) = self.lw.info().object_of(e.id) else {
            panic!("lower: {}: unresolved name", self.lw.describe(e.pos));
        };
        match self.lw.types().object(object).kind {
            ObjectKind::Variable(_) => {
                let place = self.variable(object);
                self.load_place(&place)
            }
            ObjectKind::Function(_) => self.function_value(e),
            ObjectKind::Nil => {
                let ty = self.type_of(e);
                self.zero(ty)
            }
            _ => panic!("lower: {}: a name without a value", self.lw.describe(e.pos)),
        }
    }

    fn selector_value(&mut self, e: &'a Expr, selector: &'a SelectorExpr) -> Val {
        let Some(selection) = self.lw.info().selections.get(&e.id).cloned() else {
            let object = self.lw.info().use_of(selector.sel.id);
            if let Some(object) = object
                && let ObjectKind::Variable(_) = self.lw.types().object(object).kind
            {
                let place = self.variable(object);
                return self.load_place(&place);
            }
            return self.function_value(e);
        };
        match selection.kind {
            SelectionKind::Field => {
                let place = self.place(e);
                self.load_place(&place)
            }
            SelectionKind::MethodValue => self.method_value(e, selector, &selection),
            SelectionKind::MethodExpr => self.method_expr(e, selector, &selection),
        }
    }

    fn string_index(&mut self, e: &'a Expr, x: &'a Expr, index: &'a Expr) -> Val {
        let string = self.expr(x).scalars();
        let (index, unsigned) = self.index_value(index);
        self.at(e.pos);
        self.bounds(BoundsKind::Index, unsigned, index, string[1]);
        let addr = self.b.ptr_index(string[0], index, 1);
        Val::one(self.b.load(Mem::I8U, addr, 0))
    }

    /// An index as an i64, and whether its type is unsigned.
    pub fn index_value(&mut self, e: &'a Expr) -> (Value, bool) {
        let ty = self.typed(e);
        let unsigned = self.lw.types().is_unsigned(ty);
        let value = self.scalar(e);
        (self.widen(value, !unsigned), unsigned)
    }

    pub fn bounds(&mut self, kind: BoundsKind, unsigned: bool, index: Value, len: Value) {
        if let (Some(i), Some(n)) = (self.b.func.as_const(index), self.b.func.as_const(len)) {
            let (i, n) = (i as u64, n as u64);
            if i < n || i == n && !kind.is_strict() {
                return;
            }
        }
        self.lw.require(kind.panic_function(unsigned));
        self.b.bounds_check(kind, unsigned, index, len);
    }

    pub fn nil_check(&mut self, p: Value) {
        if matches!(self.b.func.def_op(p), Some(crate::ir::Op::SlotAddr(_) | crate::ir::Op::GlobalAddr(..) | crate::ir::Op::New { .. })) {
            return;
        }
        self.lw.require(crate::ir::inst::PANIC_NIL);
        self.b.nil_check(p);
    }

    // Places.

    /// The place of a variable.
    pub fn variable(&mut self, object: ObjectId) -> Place {
        if let Some(storage) = self.vars.get(&object).cloned() {
            let ty = self.object_type(object);
            let kind = match storage {
                Storage::Ssa(vars) => PlaceKind::Ssa(vars),
                other => PlaceKind::Mem { addr: self.storage_addr(&other), offset: 0 },
            };
            return Place { ty, kind };
        }
        let ty = self.lw.object_type(object);
        let symbol = self.lw.global(object);
        let addr = self.b.global_addr(symbol, 0);
        Place { ty, kind: PlaceKind::Mem { addr, offset: 0 } }
    }

    /// The place that an expression denotes. An expression that is no variable gives its value.
    pub fn place(&mut self, e: &'a Expr) -> Place {
        let e = e.unparen();
        match &e.kind {
            ExprKind::Name(name) if name.is_blank() => Place { ty: TypeId::INVALID, kind: PlaceKind::Blank },
            ExprKind::Name(_) => {
                if let Some(object) = self.lw.info().object_of(e.id)
                    && matches!(self.lw.types().object(object).kind, ObjectKind::Variable(_))
                {
                    return self.variable(object);
                }
                self.value_place(e)
            }
            ExprKind::Selector(selector) => {
                let Some(selection) = self.lw.info().selections.get(&e.id).cloned() else {
                    let object = self.lw.info().use_of(selector.sel.id);
                    return match object {
                        Some(object) if matches!(self.lw.types().object(object).kind, ObjectKind::Variable(_)) => self.variable(object),
                        _ => self.value_place(e),
                    };
                };
                if selection.kind != SelectionKind::Field {
                    return self.value_place(e);
                }
                let base = self.place(&selector.x);
                self.at(e.pos);
                self.field_path(base, &selection.path)
            }
            ExprKind::Index(index) => {
                let ty = self.type_of(&index.x);
                match self.under(ty) {
                    TypeKind::Map(..) | TypeKind::Basic(_) | TypeKind::Signature(_) => self.value_place(e),
                    _ => self.element_place(e, &index.x, &index.indices[0]),
                }
            }
            ExprKind::Unary(unary) if unary.op == Operator::Mul => {
                let pointer = self.scalar(&unary.x);
                let ty = self.type_of(e);
                self.at(e.pos);
                self.nil_check(pointer);
                Place { ty, kind: PlaceKind::Mem { addr: pointer, offset: 0 } }
            }
            _ => self.value_place(e),
        }
    }

    fn value_place(&mut self, e: &'a Expr) -> Place {
        let ty = self.type_of(e);
        let val = self.expr(e);
        self.val_place(ty, val)
    }

    pub fn val_place(&mut self, ty: TypeId, val: Val) -> Place {
        let kind = match val {
            Val::Flat(flat) => PlaceKind::Flat(flat),
            Val::Mem { addr, .. } => PlaceKind::Mem { addr, offset: 0 },
        };
        Place { ty, kind }
    }

    /// Follows field indices, through pointers where there are any.
    pub fn field_path(&mut self, base: Place, path: &[u32]) -> Place {
        let mut place = base;
        for index in path {
            place = self.field(place, *index as usize);
        }
        place
    }

    /// The memory that a pointer points to, after a nil check; other places stay as they are.
    pub fn follow(&mut self, place: Place) -> Place {
        let TypeKind::Pointer(elem) = self.under(place.ty) else { return place };
        let elem = self.resolve(elem);
        let pointer = self.load_place(&place).single();
        self.nil_check(pointer);
        Place { ty: elem, kind: PlaceKind::Mem { addr: pointer, offset: 0 } }
    }

    pub fn field(&mut self, place: Place, index: usize) -> Place {
        let place = self.follow(place);
        let fields = self.lw.field_types(place.ty);
        let ty = fields[index];
        let kind = match place.kind {
            PlaceKind::Mem { addr, offset } => {
                let at = self.lw.offsets(place.ty)[index];
                PlaceKind::Mem { addr, offset: offset + at as u32 }
            }
            kind => {
                let mut start = 0;
                for field in &fields[..index] {
                    start += self.flat_count(*field);
                }
                let count = self.flat_count(ty);
                part_of(kind, start, count)
            }
        };
        Place { ty, kind }
    }

    pub fn flat_count(&mut self, ty: TypeId) -> usize {
        self.info(ty).flat.as_ref().map_or(0, |parts| parts.len())
    }

    /// `x[i]` of a slice, an array or a pointer to one.
    fn element_place(&mut self, e: &'a Expr, x: &'a Expr, index: &'a Expr) -> Place {
        let ty = self.type_of(x);
        match self.under(ty) {
            TypeKind::Slice(elem) => {
                let elem = self.resolve(elem);
                let slice = self.expr(x).scalars();
                let (index, unsigned) = self.index_value(index);
                self.at(e.pos);
                self.bounds(BoundsKind::Index, unsigned, index, slice[1]);
                self.element_at(elem, slice[0], 0, index)
            }
            TypeKind::Pointer(array) => {
                let array = self.resolve(array);
                let pointer = self.scalar(x);
                let (index, unsigned) = self.index_value(index);
                self.at(e.pos);
                self.nil_check(pointer);
                let place = Place { ty: array, kind: PlaceKind::Mem { addr: pointer, offset: 0 } };
                self.array_element(place, index, unsigned)
            }
            _ => {
                let base = self.place(x);
                let (index, unsigned) = self.index_value(index);
                self.at(e.pos);
                self.array_element(base, index, unsigned)
            }
        }
    }

    pub fn array_element(&mut self, place: Place, index: Value, unsigned: bool) -> Place {
        let TypeKind::Array(len, elem) = self.under(place.ty) else { panic!("lower: index of a type that is no array") };
        let elem = self.resolve(elem);
        let count = self.int(len);
        self.bounds(BoundsKind::Index, unsigned, index, count);
        match place.kind {
            PlaceKind::Mem { addr, offset } => self.element_at(elem, addr, offset, index),
            // The check has failed; what comes behind it still needs a place of the right form.
            _ if len == 0 => {
                let base = self.lw.zero_base();
                Place { ty: elem, kind: PlaceKind::Mem { addr: self.b.global_addr(base, 0), offset: 0 } }
            }
            // A flat array has at most one element that holds anything.
            kind => Place { ty: elem, kind },
        }
    }

    pub fn element_at(&mut self, elem: TypeId, base: Value, offset: u32, index: Value) -> Place {
        let size = self.info(elem).size;
        if let Some(n) = self.b.func.as_const(index) {
            let at = (n as u64).wrapping_mul(size).wrapping_add(u64::from(offset));
            if at < 1 << 30 {
                return Place { ty: elem, kind: PlaceKind::Mem { addr: base, offset: at as u32 } };
            }
        }
        let addr = self.b.ptr_index(base, index, size as u32);
        Place { ty: elem, kind: PlaceKind::Mem { addr, offset } }
    }

    pub fn load_place(&mut self, place: &Place) -> Val {
        match &place.kind {
            PlaceKind::Ssa(vars) => {
                let values: Vec<Value> = vars.iter().map(|var| self.b.use_var(*var)).collect();
                Val::flat(&values)
            }
            PlaceKind::Mem { addr, offset } => self.load(place.ty, *addr, *offset),
            PlaceKind::Flat(flat) => Val::Flat(*flat),
            PlaceKind::Blank => Val::flat(&[]),
            PlaceKind::MapElement { map_type, map, key } => {
                let (map_type, map, key) = (*map_type, *map, *key);
                self.map_lookup(map_type, map, key).0
            }
        }
    }

    /// Assigns a value of the place's type.
    pub fn store_place(&mut self, place: &Place, val: Val) {
        match &place.kind {
            PlaceKind::Blank => {}
            PlaceKind::Ssa(vars) => {
                let values = val.scalars();
                for (var, value) in vars.iter().zip(values.iter()) {
                    self.b.def_var(*var, *value);
                }
            }
            PlaceKind::Mem { addr, offset } => self.store(place.ty, *addr, *offset, val),
            PlaceKind::Flat(_) => panic!("lower: assignment to a value"),
            PlaceKind::MapElement { map_type, map, key } => {
                let (map_type, map, key) = (*map_type, *map, *key);
                let addr = self.map_assign(map_type, map, key);
                self.store(place.ty, addr, 0, val);
            }
        }
    }

    /// The address of a place in memory; a value is stored in a temporary.
    pub fn place_addr(&mut self, place: &Place) -> Value {
        match &place.kind {
            PlaceKind::Mem { addr, offset } => self.b.ptr_add(*addr, *offset as i32),
            _ => {
                let val = self.load_place(place);
                self.address_of_value(place.ty, val)
            }
        }
    }

    /// `&x`.
    pub fn address_of(&mut self, x: &'a Expr) -> Value {
        let x = x.unparen();
        if let ExprKind::Composite(literal) = &x.kind {
            let ty = self.type_of(x);
            let addr = self.new_object(ty);
            self.composite_into(x, literal, ty, addr, true);
            return addr;
        }
        let place = self.place(x);
        match place.kind {
            PlaceKind::Mem { addr, offset } => {
                if offset != 0 {
                    self.nil_check(addr);
                }
                self.b.ptr_add(addr, offset as i32)
            }
            // Only zero-size parts of flat variables whose address is never looked at end up here.
            _ => {
                let val = self.load_place(&place);
                let addr = self.new_object(place.ty);
                self.store(place.ty, addr, 0, val);
                addr
            }
        }
    }

    /// `x[i:j:k]`.
    fn slice_expr(&mut self, e: &'a Expr, slice: &'a SliceExpr) -> Val {
        let ty = self.type_of(&slice.x);
        let index = |cx: &mut Self, i: usize| slice.indices[i].as_ref().map(|index| cx.index_value(index));
        let (base, len, cap, elem, is_array, is_string);
        match self.under(ty) {
            TypeKind::Basic(_) => {
                let s = self.expr(&slice.x).scalars();
                (base, len, cap, elem, is_array, is_string) = (s[0], s[1], s[1], TypeId::UINT8, false, true);
            }
            TypeKind::Slice(e) => {
                let s = self.expr(&slice.x).scalars();
                (base, len, cap, elem, is_array, is_string) = (s[0], s[1], s[2], self.resolve(e), false, false);
            }
            kind => {
                // A pointer to an array, or an array variable.
                let (pointer, array) = match kind {
                    TypeKind::Pointer(array) => {
                        let pointer = self.scalar(&slice.x);
                        self.at(e.pos);
                        self.nil_check(pointer);
                        (pointer, self.resolve(array))
                    }
                    _ => (self.address_of(&slice.x), ty),
                };
                let TypeKind::Array(n, e) = self.under(array) else { panic!("lower: slice of a type that is no array") };
                let n = self.int(n);
                (base, len, cap, elem, is_array, is_string) = (pointer, n, n, self.resolve(e), true, false);
            }
        }
        let low = index(self, 0);
        let high = index(self, 1);
        let max = index(self, 2);
        self.at(e.pos);
        let zero = self.int(0);
        let (i, i_unsigned) = low.unwrap_or((zero, false));
        let (new_len, new_cap);
        if let Some((k, k_unsigned)) = max {
            let (j, j_unsigned) = high.unwrap_or((len, false));
            self.bounds(if is_array { BoundsKind::Slice3Alen } else { BoundsKind::Slice3Acap }, k_unsigned, k, cap);
            self.bounds(BoundsKind::Slice3B, j_unsigned, j, k);
            self.bounds(BoundsKind::Slice3C, i_unsigned, i, j);
            new_len = self.sub(j, i);
            new_cap = self.sub(k, i);
        } else {
            let j = match high {
                Some((j, unsigned)) => {
                    let kind = if is_array || is_string { BoundsKind::SliceAlen } else { BoundsKind::SliceAcap };
                    self.bounds(kind, unsigned, j, cap);
                    j
                }
                None => len,
            };
            if low.is_some() {
                self.bounds(BoundsKind::SliceB, i_unsigned, i, j);
            }
            new_len = self.sub(j, i);
            new_cap = if is_string { new_len } else { self.sub(cap, i) };
        }
        // A slice of no capacity must not point behind its array, into another object.
        let ptr = if low.is_none() || self.b.func.as_const(i) == Some(0) {
            base
        } else {
            let size = self.info(elem).size as u32;
            let moved = self.b.ptr_index(base, i, size);
            let none = self.b.cmp(CmpOp::Eq, new_cap, zero);
            self.b.select(none, base, moved)
        };
        if is_string { Val::flat(&[ptr, new_len]) } else { Val::flat(&[ptr, new_len, new_cap]) }
    }

    fn sub(&mut self, a: Value, b: Value) -> Value {
        if self.b.func.as_const(b) == Some(0) {
            return a;
        }
        self.b.bin(crate::ir::BinOp::Sub, a, b)
    }

    /// A Go bool from an i64 comparison result and the like is an i32 already; this narrows a wide integer to a smaller type.
    pub fn narrow(&mut self, value: Value, kind: Basic) -> Value {
        let value = match (self.b.func.ty(value), kind) {
            (Type::I64, Basic::Int8 | Basic::Uint8 | Basic::Int16 | Basic::Uint16 | Basic::Int32 | Basic::Uint32) => self.b.conv(ConvOp::Wrap, value),
            _ => value,
        };
        match kind {
            Basic::Int8 => self.b.conv(ConvOp::Ext8S, value),
            Basic::Uint8 => self.b.conv(ConvOp::Ext8U, value),
            Basic::Int16 => self.b.conv(ConvOp::Ext16S, value),
            Basic::Uint16 => self.b.conv(ConvOp::Ext16U, value),
            _ => value,
        }
    }
}

/// Some of the scalars of a place that is not in memory.
fn part_of(kind: PlaceKind, start: usize, count: usize) -> PlaceKind {
    match kind {
        PlaceKind::Ssa(vars) => PlaceKind::Ssa(vars[start..start + count].into()),
        PlaceKind::Flat(flat) => PlaceKind::Flat(Flat::of(&flat[start..start + count])),
        kind => kind,
    }
}
