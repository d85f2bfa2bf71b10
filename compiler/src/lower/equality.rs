//! Equality of values, and the functions for equality and hashing that type descriptors and map types name.
//!
//! A type whose equality is that of its bytes (*regular memory*) is compared in blocks. For others a function per type is generated:
//! `type:.eq.T(p, q)` compares field by field, `type:.hash.T(p, h)` feeds the hashes of the fields into each other. Blank fields and padding
//! do not count.

use crate::ir::{BinOp, Block, CmpOp, Function, Symbol, Type, Value};
use crate::types::{Basic, ObjectId, TypeId, TypeKind};

use super::Lowerer;
use super::func::{FnCx, Val};

/// How values of a type are compared and hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Not comparable.
    None,
    /// As bytes.
    Memory,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    Interface,
    EmptyInterface,
    /// Part by part.
    Special,
}

impl Lowerer<'_> {
    /// How values of a type are compared.
    pub fn algorithm(&mut self, ty: TypeId) -> Algorithm {
        match self.types().under(ty) {
            TypeKind::Basic(kind) => match kind {
                Basic::Float32 => Algorithm::Float32,
                Basic::Float64 => Algorithm::Float64,
                Basic::Complex64 => Algorithm::Complex64,
                Basic::Complex128 => Algorithm::Complex128,
                Basic::String => Algorithm::String,
                _ => Algorithm::Memory,
            },
            TypeKind::Pointer(_) | TypeKind::Chan(..) => Algorithm::Memory,
            TypeKind::Interface(_) => {
                if self.is_empty_interface(ty) {
                    Algorithm::EmptyInterface
                } else {
                    Algorithm::Interface
                }
            }
            TypeKind::Array(len, elem) => {
                let elem = self.canonical(elem);
                match self.algorithm(elem) {
                    Algorithm::None => Algorithm::None,
                    Algorithm::Memory => Algorithm::Memory,
                    _ if len == 0 => Algorithm::Memory,
                    other if len == 1 => other,
                    _ => Algorithm::Special,
                }
            }
            TypeKind::Struct(id) => {
                let fields = self.types().structure(id).fields.clone();
                let kinds = self.field_types(ty);
                if fields.len() == 1 && !self.types().object(fields[0]).name.is_blank() {
                    return self.algorithm(kinds[0]);
                }
                let offsets = self.offsets(ty);
                let size = self.type_info(ty).size;
                let mut result = Algorithm::Memory;
                for (i, field) in fields.iter().enumerate() {
                    match self.algorithm(kinds[i]) {
                        Algorithm::None => return Algorithm::None,
                        Algorithm::Memory => {}
                        _ => result = Algorithm::Special,
                    }
                    let end = offsets[i] + self.type_info(kinds[i]).size;
                    let next = offsets.get(i + 1).copied().unwrap_or(size);
                    if end != next || self.types().object(*field).name.is_blank() {
                        result = Algorithm::Special;
                    }
                }
                result
            }
            _ => Algorithm::None,
        }
    }

    /// The order in which the fields of a struct are compared; blank ones are not. Comparisons that may panic keep their place, between them
    /// the cheap ones go before those that call functions.
    fn comparison_order(&mut self, fields: &[ObjectId], kinds: &[TypeId]) -> Vec<usize> {
        let mut order = Vec::with_capacity(fields.len());
        let mut late = Vec::new();
        for (i, field) in fields.iter().enumerate() {
            if self.types().object(*field).name.is_blank() {
                continue;
            }
            if self.comparison_panics(kinds[i]) {
                order.append(&mut late);
                order.push(i);
            } else if matches!(self.algorithm(kinds[i]), Algorithm::Memory | Algorithm::Float32 | Algorithm::Float64) {
                order.push(i);
            } else {
                late.push(i);
            }
        }
        order.append(&mut late);
        order
    }

    /// Comparing two values of the type panics if they hold interface values of a type without equality.
    fn comparison_panics(&mut self, ty: TypeId) -> bool {
        match self.types().under(ty) {
            TypeKind::Interface(_) => true,
            TypeKind::Array(_, elem) => {
                let elem = self.canonical(elem);
                self.comparison_panics(elem)
            }
            TypeKind::Struct(_) => self.field_types(ty).into_iter().any(|field| self.comparison_panics(field)),
            _ => false,
        }
    }

    /// The closure `func(p, q unsafe.Pointer) bool` of a type descriptor, if its values can be compared.
    pub fn equal_function(&mut self, ty: TypeId) -> Option<Symbol> {
        let size = self.type_info(ty).size;
        let name = match self.algorithm(ty) {
            Algorithm::None => return None,
            Algorithm::Memory => match size {
                0 => "memequal0",
                1 => "memequal8",
                2 => "memequal16",
                4 => "memequal32",
                8 => "memequal64",
                16 => "memequal128",
                _ => return Some(self.sized_function("equal", ty, size)),
            },
            Algorithm::Float32 => "f32equal",
            Algorithm::Float64 => "f64equal",
            Algorithm::Complex64 => "c64equal",
            Algorithm::Complex128 => "c128equal",
            Algorithm::String => "strequal",
            Algorithm::Interface => "interequal",
            Algorithm::EmptyInterface => "nilinterequal",
            Algorithm::Special => return Some(self.sized_function("equal", ty, 0)),
        };
        Some(self.runtime_thunk(name))
    }

    /// The closure `func(p unsafe.Pointer, h uintptr) uintptr` of a map type.
    pub fn hash_function(&mut self, ty: TypeId) -> Symbol {
        let size = self.type_info(ty).size;
        let name = match self.algorithm(ty) {
            Algorithm::Memory => match size {
                0 => "memhash0",
                1 => "memhash8",
                2 => "memhash16",
                4 => "memhash32",
                8 => "memhash64",
                16 => "memhash128",
                _ => return self.sized_function("hash", ty, size),
            },
            Algorithm::Float32 => "f32hash",
            Algorithm::Float64 => "f64hash",
            Algorithm::Complex64 => "c64hash",
            Algorithm::Complex128 => "c128hash",
            Algorithm::String => "strhash",
            Algorithm::Interface => "interhash",
            Algorithm::EmptyInterface => "nilinterhash",
            Algorithm::Special | Algorithm::None => return self.sized_function("hash", ty, 0),
        };
        self.runtime_thunk(name)
    }

    /// A generated function; `size` is not 0 for regular memory, which is shared among types of that size.
    fn sized_function(&mut self, what: &'static str, ty: TypeId, size: u64) -> Symbol {
        let name = if size > 0 {
            format!("type:.{what}.mem{size}")
        } else {
            let name = self.type_name(ty);
            format!("type:.{what}.{name}")
        };
        let symbol = self.module.symbols.intern(&name);
        if self.begin_generated(symbol) {
            let equal = what == "equal";
            // Context, then the pointers; or the pointer and the hash so far.
            let params: &[Type] = if equal { &[Type::Ptr, Type::Ptr, Type::Ptr] } else { &[Type::Ptr, Type::Ptr, Type::I64] };
            let results: &[Type] = if equal { &[Type::I32] } else { &[Type::I64] };
            let sig = self.module.sigs.intern(params, results);
            let mut func = Function::new(symbol, sig, params);
            func.attrs.wrapper = true;
            func.attrs.closure = true;
            let mut cx = FnCx::generated(self, func, name);
            let args = cx.b.func.params().to_vec();
            let result = match (equal, size) {
                (true, 0) => cx.memory_equal(ty, args[1], args[2]),
                (true, size) => cx.bytes_equal(args[1], args[2], size),
                (false, 0) => cx.memory_hash(ty, args[1], args[2]),
                (false, size) => cx.bytes_hash(args[1], args[2], size),
            };
            cx.b.ret(&[result]);
            let func = cx.b.finish();
            self.add_func(func);
        }
        symbol
    }
}

/// A sequence of tests that all must hold.
struct Tests {
    fail: Block,
}

impl<'a> FnCx<'_, 'a> {
    /// Whether two values of a type are equal, as an i32.
    pub fn equal(&mut self, ty: TypeId, x: Val, y: Val) -> Value {
        match self.lw.algorithm(ty) {
            Algorithm::Interface => self.interface_equal(x, y, false),
            Algorithm::EmptyInterface => self.interface_equal(x, y, true),
            Algorithm::String => self.string_equal(x, y),
            _ => match (x, y) {
                (Val::Flat(a), Val::Flat(b)) => {
                    if a.len() == 1 {
                        return self.b.cmp(CmpOp::Eq, a[0], b[0]);
                    }
                    if a.is_empty() {
                        return self.i32(1);
                    }
                    self.all_of(|cx, tests| cx.flat_tests(ty, &a, &b, tests))
                }
                _ => {
                    let p = self.address_of_value(ty, x);
                    let q = self.address_of_value(ty, y);
                    if self.lw.algorithm(ty) == Algorithm::Memory {
                        let size = self.info(ty).size;
                        return self.bytes_equal(p, q, size);
                    }
                    let func = self.lw.equal_function(ty).expect("a comparable type");
                    let sig = self.sig_of(&[Type::Ptr, Type::Ptr, Type::Ptr], &[Type::I32]);
                    let ctx = self.b.nil();
                    self.b.call(&self.lw.module.sigs, crate::ir::Op::Call { func, sig }, &[ctx, p, q])[0]
                }
            },
        }
    }

    /// Runs tests in short circuit; the result is whether all held.
    fn all_of(&mut self, tests: impl FnOnce(&mut Self, &Tests)) -> Value {
        let var = self.b.declare_var(Type::I32);
        let (fail, done) = (self.block(), self.block());
        tests(self, &Tests { fail });
        let one = self.i32(1);
        self.b.def_var(var, one);
        self.jump(done);
        self.enter(fail);
        let zero = self.i32(0);
        self.b.def_var(var, zero);
        self.jump(done);
        self.enter(done);
        self.b.use_var(var)
    }

    fn test(&mut self, tests: &Tests, holds: Value) {
        match self.b.func.as_const(holds) {
            Some(0) => {
                self.jump(tests.fail);
                let next = self.block();
                self.enter(next);
            }
            Some(_) => {}
            None => {
                let next = self.block();
                self.b.branch(holds, next, tests.fail);
                self.enter(next);
            }
        }
    }

    fn flat_tests(&mut self, ty: TypeId, a: &[Value], b: &[Value], tests: &Tests) {
        match self.under(ty) {
            TypeKind::Struct(id) => {
                let fields = self.lw.types().structure(id).fields.clone();
                let kinds = self.lw.field_types(ty);
                let mut starts = vec![0];
                for kind in &kinds {
                    starts.push(starts[starts.len() - 1] + self.flat_count(*kind));
                }
                for i in self.lw.comparison_order(&fields, &kinds) {
                    let range = starts[i]..starts[i + 1];
                    self.flat_tests(kinds[i], &a[range.clone()], &b[range], tests);
                }
            }
            TypeKind::Array(len, elem) => {
                if len == 1 {
                    let elem = self.resolve(elem);
                    self.flat_tests(elem, a, b, tests);
                }
            }
            TypeKind::Basic(Basic::Complex64 | Basic::Complex128) => {
                for i in 0..2 {
                    let same = self.b.cmp(CmpOp::Eq, a[i], b[i]);
                    self.test(tests, same);
                }
            }
            _ => {
                if a.is_empty() {
                    return;
                }
                let same = self.equal(ty, Val::flat(a), Val::flat(b));
                self.test(tests, same);
            }
        }
    }

    fn string_equal(&mut self, x: Val, y: Val) -> Value {
        let (x, y) = (x.scalars(), y.scalars());
        let constant = [(&x, &y), (&y, &x)].into_iter().find_map(|(a, b)| self.b.func.as_const(a[1]).map(|n| (n, *b)));
        if let Some((0, other)) = constant {
            let zero = self.int(0);
            return self.b.cmp(CmpOp::Eq, other[1], zero);
        }
        self.all_of(|cx, tests| {
            let same = cx.b.cmp(CmpOp::Eq, x[1], y[1]);
            cx.test(tests, same);
            let same = match constant {
                Some((n, _)) if n <= 16 => cx.b.mem_equal(x[0], y[0], n as u32),
                _ => cx.runtime1("memequal", &[x[0], y[0], x[1]]),
            };
            cx.test(tests, same);
        })
    }

    /// Two interface values of the same type.
    pub fn interface_equal(&mut self, x: Val, y: Val, empty: bool) -> Value {
        let (x, y) = (x.scalars(), y.scalars());
        self.all_of(|cx, tests| {
            let same = cx.b.cmp(CmpOp::Eq, x[0], y[0]);
            cx.test(tests, same);
            let same = cx.runtime1(if empty { "efaceeq" } else { "ifaceeq" }, &[x[0], x[1], y[1]]);
            cx.test(tests, same);
        })
    }

    /// An interface value and a value of a concrete type.
    pub fn interface_equals_concrete(&mut self, interface: Val, iface_type: TypeId, concrete: Val, ty: TypeId) -> Value {
        let interface = interface.scalars();
        self.all_of(|cx, tests| {
            let same = cx.has_dynamic_type(interface[0], iface_type, ty);
            cx.test(tests, same);
            let held = cx.interface_data(interface[1], ty);
            let same = cx.equal(ty, held, concrete);
            cx.test(tests, same);
        })
    }

    fn bytes_equal(&mut self, p: Value, q: Value, size: u64) -> Value {
        if size <= 64 {
            return self.b.mem_equal(p, q, size as u32);
        }
        let size = self.int(size as i64);
        self.runtime1("memequal", &[p, q, size])
    }

    fn bytes_hash(&mut self, p: Value, h: Value, size: u64) -> Value {
        let size = self.int(size as i64);
        self.runtime1("memhash", &[p, h, size])
    }

    /// Whether the values of a type at two addresses are equal, part by part.
    fn memory_equal(&mut self, ty: TypeId, p: Value, q: Value) -> Value {
        self.all_of(|cx, tests| cx.memory_tests(ty, p, q, 0, tests))
    }

    fn memory_tests(&mut self, ty: TypeId, p: Value, q: Value, offset: u64, tests: &Tests) {
        if self.lw.algorithm(ty) == Algorithm::Memory {
            let size = self.info(ty).size;
            if size > 0 {
                let (p, q) = (self.b.ptr_add(p, offset as i32), self.b.ptr_add(q, offset as i32));
                let same = self.bytes_equal(p, q, size);
                self.test(tests, same);
            }
            return;
        }
        match self.under(ty) {
            TypeKind::Struct(id) => {
                let fields = self.lw.types().structure(id).fields.clone();
                let kinds = self.lw.field_types(ty);
                let offsets = self.lw.offsets(ty);
                for i in self.lw.comparison_order(&fields, &kinds) {
                    self.memory_tests(kinds[i], p, q, offset + offsets[i], tests);
                }
            }
            TypeKind::Array(len, elem) => {
                let elem = self.resolve(elem);
                self.each_element(len, |cx, index| {
                    let size = cx.info(elem).size as u32;
                    let (p, q) = (cx.b.ptr_add(p, offset as i32), cx.b.ptr_add(q, offset as i32));
                    let (p, q) = (cx.b.ptr_index(p, index, size), cx.b.ptr_index(q, index, size));
                    cx.memory_tests(elem, p, q, 0, tests);
                });
            }
            _ => {
                let x = self.load(ty, p, offset as u32);
                let y = self.load(ty, q, offset as u32);
                let same = self.equal(ty, x, y);
                self.test(tests, same);
            }
        }
    }

    /// A loop over the indices of an array.
    fn each_element(&mut self, len: i64, body: impl FnOnce(&mut Self, Value)) {
        let index = self.b.declare_var(Type::I64);
        let zero = self.int(0);
        self.b.def_var(index, zero);
        let (head, inner, done) = (self.block(), self.block(), self.block());
        self.jump(head);
        self.b.switch_to(head);
        let i = self.b.use_var(index);
        let limit = self.int(len);
        let more = self.b.cmp(CmpOp::LtS, i, limit);
        self.b.branch(more, inner, done);
        self.enter(inner);
        body(self, i);
        let one = self.int(1);
        let next = self.b.bin(BinOp::Add, i, one);
        self.b.def_var(index, next);
        self.jump(head);
        self.b.seal_block(head);
        self.enter(done);
    }

    /// The hash of the value of a type at an address.
    fn memory_hash(&mut self, ty: TypeId, p: Value, h: Value) -> Value {
        let size = self.info(ty).size;
        match self.lw.algorithm(ty) {
            Algorithm::Memory => match size {
                0 => h,
                4 => self.runtime1("memhash32", &[p, h]),
                8 => self.runtime1("memhash64", &[p, h]),
                _ => self.bytes_hash(p, h, size),
            },
            Algorithm::Float32 => self.runtime1("f32hash", &[p, h]),
            Algorithm::Float64 => self.runtime1("f64hash", &[p, h]),
            Algorithm::Complex64 => self.runtime1("c64hash", &[p, h]),
            Algorithm::Complex128 => self.runtime1("c128hash", &[p, h]),
            Algorithm::String => self.runtime1("strhash", &[p, h]),
            Algorithm::Interface => self.runtime1("interhash", &[p, h]),
            Algorithm::EmptyInterface => self.runtime1("nilinterhash", &[p, h]),
            Algorithm::None => h,
            Algorithm::Special => match self.under(ty) {
                TypeKind::Struct(id) => {
                    let fields = self.lw.types().structure(id).fields.clone();
                    let kinds = self.lw.field_types(ty);
                    let offsets = self.lw.offsets(ty);
                    let mut h = h;
                    for (i, field) in fields.iter().enumerate() {
                        if !self.lw.types().object(*field).name.is_blank() {
                            let at = self.b.ptr_add(p, offsets[i] as i32);
                            h = self.memory_hash(kinds[i], at, h);
                        }
                    }
                    h
                }
                TypeKind::Array(len, elem) => {
                    let elem = self.resolve(elem);
                    let var = self.b.declare_var(Type::I64);
                    self.b.def_var(var, h);
                    self.each_element(len, |cx, index| {
                        let size = cx.info(elem).size as u32;
                        let at = cx.b.ptr_index(p, index, size);
                        let h = cx.b.use_var(var);
                        let h = cx.memory_hash(elem, at, h);
                        cx.b.def_var(var, h);
                    });
                    self.b.use_var(var)
                }
                _ => h,
            },
        }
    }
}
