//! The state of one function while it is lowered, and the small operations that everything else is made of.
//!
//! # Variables
//! A flat variable whose address is not taken is a set of SSA variables. A mem variable lives in a stack slot. A variable whose address is
//! taken, or that a function literal refers to and somebody assigns to, is an object of its own made by `new` at its declaration, so that
//! every execution of the declaration (every round of a loop) makes a fresh one; the optimizer's escape analysis takes back what does not
//! escape. Function literals capture other variables by value.
//!
//! # Values
//! A [`Val`] of a mem type is an address. It is *owned* if nobody writes to that memory before the value is consumed; otherwise it may be
//! the memory of a variable, and who keeps the value across other evaluations must copy it first ([`FnCx::own`]).

use std::rc::Rc;

use crate::ir::{Block, Builder, CmpOp, ConvOp, PointerMap, Sig, SlotData, Symbol, Type, Value, Variable};
use crate::source::Pos;
use crate::syntax::ast::NodeId;
use crate::types::hash::{FastMap, FastSet};
use crate::types::{ObjectId, TypeId, TypeKind};

use super::Lowerer;
use super::layout::{FLAT_MAX, Part, TypeInfo, variable_align};
use super::names::Instantiation;

/// Scalars of a flat value.
#[derive(Clone, Copy, Debug)]
pub struct Flat {
    len: u8,
    values: [Value; FLAT_MAX],
}

impl Flat {
    pub fn of(values: &[Value]) -> Flat {
        let mut flat = Flat { len: values.len() as u8, values: [Value(0); FLAT_MAX] };
        flat.values[..values.len()].copy_from_slice(values);
        flat
    }
}

impl std::ops::Deref for Flat {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.values[..usize::from(self.len)]
    }
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub enum Val {
    Flat(Flat),
    Mem { addr: Value, owned: bool },
}

impl Val {
    pub fn one(value: Value) -> Val {
        Val::Flat(Flat::of(&[value]))
    }

    pub fn flat(values: &[Value]) -> Val {
        Val::Flat(Flat::of(values))
    }

    /// The only scalar.
    pub fn single(&self) -> Value {
        match self {
            Val::Flat(flat) => flat[0],
            Val::Mem { .. } => panic!("lower: a mem value where a scalar is expected"),
        }
    }

    /// All scalars of a flat value.
    pub fn scalars(&self) -> Flat {
        match self {
            Val::Flat(flat) => *flat,
            Val::Mem { .. } => panic!("lower: a mem value where a flat one is expected"),
        }
    }
}

/// Where a variable lives.
#[derive(Clone, Debug)]
pub enum Storage {
    Ssa(Rc<[Variable]>),
    /// In memory at the address that the SSA variable holds.
    Memory(Variable),
    /// In a stack slot; its address is computed at each use.
    Slot(crate::ir::Slot),
}

/// Where a result of a call is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultPlace {
    /// From this position on among the wasm results.
    Flat(usize),
    /// In memory; this position among the result addresses.
    Mem(usize),
}

/// How a Go signature maps to wasm, without a context parameter.
#[derive(Clone, Debug)]
pub struct Plan {
    pub params: Vec<TypeId>,
    pub results: Vec<TypeId>,
    pub places: Vec<ResultPlace>,
    /// Scalars of the parameters, then an address for each mem result.
    pub ir_params: Vec<Type>,
    pub ir_results: Vec<Type>,
    /// Number of scalars of `ir_params` that are parameters.
    pub param_scalars: usize,
    pub mem_results: usize,
}

/// What a call calls.
#[derive(Clone, Copy, Debug)]
pub enum Callee {
    Func(Symbol),
    /// A function literal's code with its closure.
    WithContext(Symbol, Value),
    Closure(Value),
    Interface {
        tab: Value,
        receiver: Value,
        method: u32,
        family: Symbol,
    },
    Rt(u16),
}

/// Where `break` and `continue` of a statement go.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub exit: Block,
    pub next: Option<Block>,
}

/// One function being lowered.
pub struct FnCx<'l, 'a> {
    pub lw: &'l mut Lowerer<'a>,
    pub b: Builder,
    /// Type arguments of the enclosing generic function or type.
    pub inst: Rc<Instantiation>,
    /// Link name, from which those of its function literals are made.
    pub name: String,
    pub closures: u32,
    pub wrappers: u32,
    pub vars: FastMap<ObjectId, Storage>,
    pub targets: FastMap<NodeId, Target>,
    pub labels: FastMap<NodeId, Block>,
    /// Loop variables are fresh in each round (Go 1.22).
    pub loop_vars: bool,
    pub returns: super::stmt::Returns,
    pub defers: super::defer::Defers,
    /// Result of the recover flag operation, in functions that call recover.
    pub recover_flag: Option<Variable>,
    /// Pointers converted to uintptr in the arguments of a call that keeps their targets alive.
    pub kept: Option<Vec<Value>>,
    /// What `fallthrough` jumps to.
    pub fallthrough: Option<Block>,
    /// Variables that the bodies of loops over functions mention, and whether such a body returns.
    pub shared: FastSet<ObjectId>,
    pub shared_results: bool,
    /// This is the function of such a body.
    pub body_of: Option<super::range_func::Body>,
    /// Labels inside that body.
    pub own_labels: FastSet<NodeId>,
}

impl<'l, 'a> FnCx<'l, 'a> {
    // Types.

    /// A type as it is in this instance, canonical.
    pub fn resolve(&mut self, ty: TypeId) -> TypeId {
        self.lw.resolve(ty, &self.inst)
    }

    pub fn type_of(&mut self, e: &crate::syntax::ast::Expr) -> TypeId {
        let ty = self.lw.info().type_of(e.id);
        self.resolve(ty)
    }

    pub fn object_type(&mut self, object: ObjectId) -> TypeId {
        let ty = self.lw.types().type_of(object);
        self.resolve(ty)
    }

    pub fn info(&mut self, ty: TypeId) -> Rc<TypeInfo> {
        self.lw.type_info(ty)
    }

    pub fn under(&mut self, ty: TypeId) -> TypeKind {
        self.lw.types().under(ty)
    }

    pub fn parts(&mut self, ty: TypeId) -> Rc<TypeInfo> {
        self.info(ty)
    }

    // Positions.

    pub fn at(&mut self, pos: Pos) {
        if pos.is_known() {
            self.b.loc = self.lw.loc(pos);
        }
    }

    // Constants and conversions between scalar types.

    pub fn int(&mut self, n: i64) -> Value {
        self.b.iconst(Type::I64, n)
    }

    pub fn i32(&mut self, n: i64) -> Value {
        self.b.iconst(Type::I32, n)
    }

    pub fn ptr_to_int(&mut self, p: Value) -> Value {
        self.b.conv(ConvOp::PtrToInt, p)
    }

    /// An integer value as an i64, extended as its type says.
    pub fn widen(&mut self, value: Value, signed: bool) -> Value {
        match self.b.func.ty(value) {
            Type::I32 => self.b.conv(if signed { ConvOp::ExtS } else { ConvOp::ExtU }, value),
            Type::Ptr => self.b.conv(ConvOp::PtrToInt, value),
            _ => value,
        }
    }

    /// Adapts a scalar to another wasm type where Go code and runtime entries meet.
    pub fn coerce(&mut self, value: Value, to: Type) -> Value {
        let from = self.b.func.ty(value);
        match (from, to) {
            _ if from == to => value,
            (Type::I64, Type::I32) => self.b.conv(ConvOp::Wrap, value),
            (Type::I64, Type::Ptr) => self.b.conv(ConvOp::IntToPtr, value),
            (Type::I32, Type::Ptr) => self.b.conv(ConvOp::I32ToPtr, value),
            (Type::Ptr, Type::I64) => self.b.conv(ConvOp::PtrToInt, value),
            (Type::Ptr, Type::I32) => self.b.conv(ConvOp::PtrToI32, value),
            (Type::I32, Type::I64) => self.b.conv(ConvOp::ExtU, value),
            _ => value,
        }
    }

    pub fn not(&mut self, cond: Value) -> Value {
        let zero = self.i32(0);
        self.b.cmp(CmpOp::Eq, cond, zero)
    }

    pub fn is_nil(&mut self, p: Value) -> Value {
        let nil = self.b.nil();
        self.b.cmp(CmpOp::Eq, p, nil)
    }

    pub fn is_not_nil(&mut self, p: Value) -> Value {
        let nil = self.b.nil();
        self.b.cmp(CmpOp::Ne, p, nil)
    }

    // Memory.

    /// A stack slot for values of a type.
    pub fn slot_for(&mut self, ty: TypeId, volatile: bool) -> crate::ir::Slot {
        let info = self.info(ty);
        let pointers = self.lw.pointers(ty);
        self.raw_slot(info.bytes().max(1), pointers, volatile)
    }

    pub fn raw_slot(&mut self, bytes: u32, pointers: PointerMap, volatile: bool) -> crate::ir::Slot {
        self.b.slot(SlotData { bytes, align: variable_align(bytes), pointers, volatile })
    }

    /// The address of fresh stack memory for a value, with undefined contents. Too large values go to the heap.
    pub fn temp(&mut self, ty: TypeId) -> Value {
        let info = self.info(ty);
        if info.size > super::MAX_SLOT_BYTES {
            return self.new_object(ty);
        }
        let slot = self.slot_for(ty, false);
        self.b.slot_addr(slot)
    }

    /// Zeroed heap memory for one value.
    pub fn new_object(&mut self, ty: TypeId) -> Value {
        let info = self.info(ty);
        if info.size == 0 {
            let zero = self.lw.zero_base();
            return self.b.global_addr(zero, 0);
        }
        let (shape, noscan) = self.lw.shape(ty);
        self.b.new_object(info.bytes(), shape, noscan)
    }

    pub fn load_parts(&mut self, parts: &[Part], addr: Value, offset: u32) -> Val {
        let mut values = [Value(0); FLAT_MAX];
        for (i, part) in parts.iter().enumerate() {
            values[i] = self.b.load(part.mem, addr, offset + part.offset);
        }
        Val::flat(&values[..parts.len()])
    }

    /// The value of a type at an address. For a mem type that is the address itself.
    pub fn load(&mut self, ty: TypeId, addr: Value, offset: u32) -> Val {
        let info = self.info(ty);
        match &info.flat {
            Some(parts) => self.load_parts(parts, addr, offset),
            None => {
                let addr = self.b.ptr_add(addr, offset as i32);
                Val::Mem { addr, owned: false }
            }
        }
    }

    pub fn store(&mut self, ty: TypeId, addr: Value, offset: u32, val: Val) {
        let info = self.info(ty);
        match (&info.flat, val) {
            (Some(parts), Val::Flat(values)) => {
                for (part, value) in parts.iter().zip(values.iter()) {
                    self.b.store(part.mem, addr, offset + part.offset, *value);
                }
            }
            (_, Val::Mem { addr: from, .. }) => {
                let to = self.b.ptr_add(addr, offset as i32);
                self.b.mem_copy(to, from, info.bytes());
            }
            (None, Val::Flat(_)) => panic!("lower: flat value of a mem type"),
        }
    }

    pub fn store_zero(&mut self, ty: TypeId, addr: Value, offset: u32) {
        let info = self.info(ty);
        match &info.flat {
            Some(_) => {
                let zero = self.zero(ty);
                self.store(ty, addr, offset, zero);
            }
            None => {
                let to = self.b.ptr_add(addr, offset as i32);
                self.b.mem_zero(to, info.bytes());
            }
        }
    }

    /// The zero value.
    pub fn zero(&mut self, ty: TypeId) -> Val {
        let info = self.info(ty);
        match &info.flat {
            Some(parts) => {
                let mut values = [Value(0); FLAT_MAX];
                for (i, part) in parts.iter().enumerate() {
                    values[i] = self.b.zero(part.mem.ty());
                }
                Val::flat(&values[..parts.len()])
            }
            None => {
                let addr = self.temp(ty);
                self.b.mem_zero(addr, info.bytes());
                Val::Mem { addr, owned: true }
            }
        }
    }

    /// A value that stays as it is whatever is evaluated next.
    pub fn own(&mut self, ty: TypeId, val: Val) -> Val {
        match val {
            Val::Mem { addr, owned: false } => {
                let copy = self.temp(ty);
                let bytes = self.info(ty).bytes();
                self.b.mem_copy(copy, addr, bytes);
                Val::Mem { addr: copy, owned: true }
            }
            other => other,
        }
    }

    /// An address where the value lies; flat values are stored in a temporary.
    pub fn address_of_value(&mut self, ty: TypeId, val: Val) -> Value {
        match val {
            Val::Mem { addr, .. } => addr,
            Val::Flat(flat) if flat.is_empty() => {
                let zero = self.lw.zero_base();
                self.b.global_addr(zero, 0)
            }
            Val::Flat(_) => {
                let addr = self.temp(ty);
                self.store(ty, addr, 0, val);
                addr
            }
        }
    }

    // Variables.

    pub fn declare_ssa(&mut self, ty: TypeId, val: Val) -> Storage {
        let info = self.info(ty);
        let parts = info.flat.as_ref().expect("a flat type");
        let vars: Rc<[Variable]> = parts.iter().map(|p| self.b.declare_var(p.mem.ty())).collect();
        for (var, value) in vars.iter().zip(val.scalars().iter()) {
            self.b.def_var(*var, *value);
        }
        Storage::Ssa(vars)
    }

    /// Whether the variable needs an object of its own.
    pub fn is_boxed(&mut self, object: ObjectId) -> bool {
        let Some(variable) = self.lw.types().object(object).variable().copied() else { return false };
        let result = variable.kind == crate::types::VariableKind::Result;
        let captured = variable.captured || self.shared.contains(&object);
        variable.address_taken || captured && (variable.reassigned || result)
    }

    /// Declares a local variable with an initial value (zero if `None`).
    pub fn declare(&mut self, object: ObjectId, val: Option<Val>) {
        let ty = self.object_type(object);
        let info = self.info(ty);
        let storage = if self.is_boxed(object) {
            let addr = self.new_object(ty);
            if let Some(val) = val {
                self.store(ty, addr, 0, val);
            }
            let var = self.b.declare_var(Type::Ptr);
            self.b.def_var(var, addr);
            Storage::Memory(var)
        } else if info.flat.is_some() {
            let val = match val {
                Some(val) => val,
                None => self.zero(ty),
            };
            self.declare_ssa(ty, val)
        } else if info.size > super::MAX_SLOT_BYTES {
            let addr = self.new_object(ty);
            if let Some(val) = val {
                self.store(ty, addr, 0, val);
            }
            let var = self.b.declare_var(Type::Ptr);
            self.b.def_var(var, addr);
            Storage::Memory(var)
        } else {
            let slot = self.slot_for(ty, false);
            let addr = self.b.slot_addr(slot);
            match val {
                Some(val) => self.store(ty, addr, 0, val),
                None => self.b.mem_zero(addr, info.bytes()),
            }
            Storage::Slot(slot)
        };
        self.vars.insert(object, storage);
    }

    /// The address of a variable that lives in memory.
    pub fn storage_addr(&mut self, storage: &Storage) -> Value {
        match storage {
            Storage::Memory(var) => self.b.use_var(*var),
            Storage::Slot(slot) => self.b.slot_addr(*slot),
            Storage::Ssa(_) => panic!("lower: address of an SSA variable"),
        }
    }

    // Control flow.

    pub fn block(&mut self) -> Block {
        self.b.create_block()
    }

    /// Continues in a block that gets no more predecessors.
    pub fn enter(&mut self, block: Block) {
        self.b.seal_block(block);
        self.b.switch_to(block);
    }

    /// Whether code emitted now can run.
    pub fn is_live(&self) -> bool {
        self.b.is_open()
    }

    pub fn jump(&mut self, block: Block) {
        self.b.jump(block, &[]);
    }

    // Calls.

    pub fn sig_of(&mut self, params: &[Type], results: &[Type]) -> Sig {
        self.lw.module.sigs.intern(params, results)
    }

    /// Calls a function of the overlay's package runtime.
    pub fn runtime(&mut self, name: &'static str, args: &[Value]) -> Vec<Value> {
        let (func, sig, no_return) = self.lw.runtime_func(name);
        let results = self.b.call(&self.lw.module.sigs, crate::ir::Op::Call { func, sig }, args);
        if no_return {
            self.b.unreachable();
        }
        results
    }

    /// The same for a function with one scalar result.
    pub fn runtime1(&mut self, name: &'static str, args: &[Value]) -> Value {
        self.runtime(name, args)[0]
    }

    /// Emits a call; `args` are the scalars of the parameters, without context and result addresses. `dests` may name memory for mem
    /// results that nothing else refers to.
    pub fn emit_call(&mut self, callee: Callee, plan: &Plan, args: &[Value], dests: &[Option<Value>]) -> Vec<Val> {
        use crate::ir::Op;
        let mut all: Vec<Value> = Vec::with_capacity(plan.ir_params.len() + 2);
        let mut params: Vec<Type> = Vec::with_capacity(plan.ir_params.len() + 1);
        match callee {
            Callee::Func(_) | Callee::Rt(_) => {}
            Callee::WithContext(_, ctx) | Callee::Closure(ctx) => {
                all.push(ctx);
                params.push(Type::Ptr);
            }
            Callee::Interface { tab, receiver, .. } => {
                all.extend([tab, receiver]);
                params.push(Type::Ptr);
            }
        }
        params.extend_from_slice(&plan.ir_params);
        all.extend_from_slice(args);
        let mut memory = Vec::new();
        for (i, place) in plan.places.iter().enumerate() {
            if let ResultPlace::Mem(_) = place {
                let addr = match dests.get(i).copied().flatten() {
                    Some(addr) => addr,
                    None => self.temp(plan.results[i]),
                };
                memory.push(addr);
            }
        }
        all.extend_from_slice(&memory);
        let results = match callee {
            Callee::Rt(index) => {
                let entry = &warren_abi::entry::ENTRIES[usize::from(index)];
                let args: Vec<Value> = all.iter().zip(entry.params).map(|(v, s)| self.coerce(*v, crate::ir::scalar_type(*s))).collect();
                let types: Vec<Type> = entry.results.iter().map(|s| crate::ir::scalar_type(*s)).collect();
                let inst = self.b.emit(Op::CallRt(index), &args, &types);
                let values: Vec<Value> = self.b.func.results(inst).collect();
                if entry.suspend == warren_abi::entry::Suspend::NoReturn {
                    self.b.unreachable();
                }
                values.iter().zip(&plan.ir_results).map(|(v, ty)| self.coerce(*v, *ty)).collect()
            }
            _ => {
                let sig = self.sig_of(&params, &plan.ir_results);
                let op = match callee {
                    Callee::Func(func) | Callee::WithContext(func, _) => Op::Call { func, sig },
                    Callee::Closure(_) => Op::CallClosure { sig },
                    Callee::Interface { method, family, .. } => Op::CallInterface { sig, method, family },
                    Callee::Rt(_) => unreachable!(),
                };
                self.b.call(&self.lw.module.sigs, op, &all)
            }
        };
        let mut vals = Vec::with_capacity(plan.results.len());
        for (i, place) in plan.places.iter().enumerate() {
            vals.push(match place {
                ResultPlace::Flat(start) => {
                    let count = self.info(plan.results[i]).flat.as_ref().map_or(0, |f| f.len());
                    Val::flat(&results[*start..*start + count])
                }
                ResultPlace::Mem(at) => {
                    let ty = plan.results[i];
                    let addr = memory[*at];
                    let info = self.info(ty);
                    match &info.flat {
                        Some(parts) => self.load_parts(parts, addr, 0),
                        None => Val::Mem { addr, owned: true },
                    }
                }
            });
        }
        vals
    }

    /// Appends the scalars by which a parameter is passed. A mem value is copied for the callee, who owns what it gets.
    pub fn push_arg(&mut self, args: &mut Vec<Value>, ty: TypeId, val: Val) {
        match self.own(ty, val) {
            Val::Flat(flat) => args.extend_from_slice(&flat),
            Val::Mem { addr, .. } => args.push(addr),
        }
    }
}
