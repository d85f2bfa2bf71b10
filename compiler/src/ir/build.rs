//! Building a function block by block, with variables turned into SSA values on the way.
//!
//! `def_var` and `use_var` speak of source variables; see [`ssa`](super::ssa).
//!
//! # Protocol
//! - A block is sealed when no more edges to it will be made; unsealed blocks are sealed by `finish`.
//! - After a terminator, `switch_to` another block before the next instruction. Instructions emitted into a terminated block land in a
//!   fresh unreachable block (code behind `return` and `panic`), which `finish` removes.
//! - A variable that is read before it is defined is zero.

use super::func::{DeferInfo, Function, SlotData};
use super::inst::{BinOp, BoundsKind, Case, CmpOp, ConvOp, Edge, Mem, Op, Terminator, UnOp};
use super::module::Signatures;
use super::ssa::{Ssa, remove_unreachable};
use super::value::{Block, Inst, Slot, SrcLoc, Symbol, Type, Value};

/// A source variable of the function being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variable(pub u32);

/// Builds one function.
pub struct Builder {
    pub func: Function,
    /// Position given to new instructions.
    pub loc: SrcLoc,
    current: Block,
    ssa: Ssa,
    terminated: Vec<bool>,
}

impl Builder {
    /// Starts at the (sealed) entry block of a new function.
    pub fn new(func: Function) -> Builder {
        let terminated = vec![false; func.block_count()];
        let mut builder = Builder { current: func.entry, loc: func.loc, func, ssa: Ssa::default(), terminated };
        builder.seal_block(builder.current);
        builder
    }

    // Blocks.

    pub fn create_block(&mut self) -> Block {
        self.terminated.push(false);
        self.func.add_block()
    }

    /// Makes the recover block; see [`Function::recover`].
    pub fn create_recover_block(&mut self) -> Block {
        let block = self.create_block();
        self.func.recover = Some(block);
        self.seal_block(block);
        block
    }

    /// Adds a parameter to a block. All must be added before the first jump to it.
    pub fn append_param(&mut self, block: Block, ty: Type) -> Value {
        self.func.add_param(block, ty)
    }

    pub fn current(&self) -> Block {
        self.current
    }

    pub fn switch_to(&mut self, block: Block) {
        debug_assert!(!self.terminated[block.index()], "{block} is already finished");
        self.current = block;
    }

    /// Whether the current block still takes instructions.
    pub fn is_open(&self) -> bool {
        !self.terminated[self.current.index()]
    }

    /// Says that all predecessors of a block are known.
    pub fn seal_block(&mut self, block: Block) {
        self.ssa.seal(&mut self.func, block);
    }

    // Variables.

    pub fn declare_var(&mut self, ty: Type) -> Variable {
        Variable(self.ssa.declare(ty))
    }

    pub fn var_type(&self, variable: Variable) -> Type {
        self.ssa.ty(variable.0)
    }

    pub fn def_var(&mut self, variable: Variable, value: Value) {
        debug_assert_eq!(self.ssa.ty(variable.0), self.func.ty(value), "type of variable {variable:?}");
        self.make_open();
        self.ssa.define(self.current, variable.0, value);
    }

    pub fn use_var(&mut self, variable: Variable) -> Value {
        self.make_open();
        self.ssa.read(&mut self.func, self.current, variable.0)
    }

    // Instructions.

    fn make_open(&mut self) {
        if !self.is_open() {
            let block = self.create_block();
            self.seal_block(block);
            self.current = block;
        }
    }

    /// Emits any operation; the helpers below know the result types.
    pub fn emit(&mut self, op: Op, args: &[Value], results: &[Type]) -> Inst {
        self.make_open();
        self.func.push_inst(self.current, op, args, results, self.loc)
    }

    fn emit1(&mut self, op: Op, args: &[Value], ty: Type) -> Value {
        let inst = self.emit(op, args, &[ty]);
        self.func.result(inst)
    }

    pub fn iconst(&mut self, ty: Type, n: i64) -> Value {
        let n = if ty == Type::I64 { n } else { i64::from(n as i32) };
        self.emit1(Op::Const(ty, n), &[], ty)
    }

    pub fn nil(&mut self) -> Value {
        self.iconst(Type::Ptr, 0)
    }

    pub fn f32const(&mut self, x: f32) -> Value {
        self.emit1(Op::F32Const(x.to_bits()), &[], Type::F32)
    }

    pub fn f64const(&mut self, x: f64) -> Value {
        self.emit1(Op::F64Const(x.to_bits()), &[], Type::F64)
    }

    /// Zero of any type.
    pub fn zero(&mut self, ty: Type) -> Value {
        self.emit1(Op::zero(ty), &[], ty)
    }

    pub fn global_addr(&mut self, symbol: Symbol, offset: i32) -> Value {
        self.emit1(Op::GlobalAddr(symbol, offset), &[], Type::Ptr)
    }

    pub fn func_addr(&mut self, symbol: Symbol) -> Value {
        self.emit1(Op::FuncAddr(symbol), &[], Type::Ptr)
    }

    pub fn table_index(&mut self, symbol: Symbol) -> Value {
        self.emit1(Op::TableIndex(symbol), &[], Type::I32)
    }

    pub fn slot(&mut self, slot: SlotData) -> Slot {
        self.func.add_slot(slot)
    }

    pub fn slot_addr(&mut self, slot: Slot) -> Value {
        self.emit1(Op::SlotAddr(slot), &[], Type::Ptr)
    }

    pub fn bin(&mut self, op: BinOp, a: Value, b: Value) -> Value {
        let ty = self.func.ty(a);
        self.emit1(Op::Bin(op, ty), &[a, b], ty)
    }

    pub fn un(&mut self, op: UnOp, a: Value) -> Value {
        let ty = self.func.ty(a);
        self.emit1(Op::Un(op, ty), &[a], ty)
    }

    pub fn cmp(&mut self, op: CmpOp, a: Value, b: Value) -> Value {
        let ty = self.func.ty(a);
        self.emit1(Op::Cmp(op, ty), &[a, b], Type::I32)
    }

    pub fn conv(&mut self, op: ConvOp, a: Value) -> Value {
        self.emit1(Op::Conv(op), &[a], op.types().1)
    }

    pub fn select(&mut self, cond: Value, then: Value, other: Value) -> Value {
        let ty = self.func.ty(then);
        self.emit1(Op::Select(ty), &[cond, then, other], ty)
    }

    /// `p + offset`; `p` itself for 0.
    pub fn ptr_add(&mut self, p: Value, offset: i32) -> Value {
        if offset == 0 { p } else { self.emit1(Op::PtrAdd(offset), &[p], Type::Ptr) }
    }

    /// `p + index * scale`.
    pub fn ptr_index(&mut self, p: Value, index: Value, scale: u32) -> Value {
        self.emit1(Op::PtrIndex(scale), &[p, index], Type::Ptr)
    }

    pub fn load(&mut self, mem: Mem, p: Value, offset: u32) -> Value {
        self.emit1(Op::Load { mem, offset, invariant: false }, &[p], mem.ty())
    }

    /// A load of memory that never changes.
    pub fn load_invariant(&mut self, mem: Mem, p: Value, offset: u32) -> Value {
        self.emit1(Op::Load { mem, offset, invariant: true }, &[p], mem.ty())
    }

    pub fn store(&mut self, mem: Mem, p: Value, offset: u32, value: Value) {
        self.emit(Op::Store { mem, offset }, &[p, value], &[]);
    }

    pub fn mem_copy(&mut self, dst: Value, src: Value, bytes: u32) {
        if bytes > 0 {
            self.emit(Op::MemCopy { bytes }, &[dst, src], &[]);
        }
    }

    pub fn mem_zero(&mut self, dst: Value, bytes: u32) {
        if bytes > 0 {
            self.emit(Op::MemZero { bytes }, &[dst], &[]);
        }
    }

    pub fn mem_equal(&mut self, a: Value, b: Value, bytes: u32) -> Value {
        self.emit1(Op::MemEqual { bytes }, &[a, b], Type::I32)
    }

    /// Zeroed heap memory for one object of a type.
    pub fn new_object(&mut self, bytes: u32, ty: Symbol, noscan: bool) -> Value {
        self.emit1(Op::New { bytes, ty, noscan }, &[], Type::Ptr)
    }

    /// Zeroed heap memory for `count` (i64) objects of a type.
    pub fn new_array(&mut self, count: Value, bytes: u32, ty: Symbol, noscan: bool) -> Value {
        self.emit1(Op::New { bytes, ty, noscan }, &[count], Type::Ptr)
    }

    pub fn nil_check(&mut self, p: Value) {
        self.emit(Op::NilCheck, &[p], &[]);
    }

    pub fn bounds_check(&mut self, kind: BoundsKind, unsigned: bool, index: Value, len: Value) {
        self.emit(Op::BoundsCheck { kind, unsigned }, &[index, len], &[]);
    }

    /// Emits a call of any kind but to the runtime and gives its results.
    pub fn call(&mut self, sigs: &Signatures, op: Op, args: &[Value]) -> Vec<Value> {
        let sig = op.sig().expect("a call with a signature");
        let inst = self.emit(op, args, &sigs[sig].results);
        self.func.results(inst).collect()
    }

    /// Emits a call of a runtime entry by name and gives its result, if it has one.
    pub fn call_rt(&mut self, name: &str, args: &[Value]) -> Option<Value> {
        let index = rt_index(name).unwrap_or_else(|| panic!("runtime entry {name} exists"));
        let results: Vec<Type> = warren_abi::entry::ENTRIES[index as usize].results.iter().map(|s| scalar_type(*s)).collect();
        let inst = self.emit(Op::CallRt(index), args, &results);
        self.func.results(inst).next()
    }

    // Terminators.

    fn terminate(&mut self, term: Terminator) {
        self.make_open();
        let block = self.current;
        for (i, edge) in term.edges().enumerate() {
            self.ssa.add_edge(block, i as u32, edge.block);
        }
        let loc = self.loc;
        let data = self.func.block_mut(block);
        data.term = term;
        data.term_loc = loc;
        self.terminated[block.index()] = true;
    }

    fn edge(&mut self, block: Block, args: &[Value]) -> Edge {
        self.func.edge(block, args)
    }

    pub fn jump(&mut self, block: Block, args: &[Value]) {
        let edge = self.edge(block, args);
        self.terminate(Terminator::Jump(edge));
    }

    pub fn branch(&mut self, cond: Value, then: Block, other: Block) {
        self.branch_args(cond, (then, &[]), (other, &[]));
    }

    pub fn branch_args(&mut self, cond: Value, then: (Block, &[Value]), other: (Block, &[Value])) {
        let then = self.edge(then.0, then.1);
        let other = self.edge(other.0, other.1);
        self.terminate(Terminator::Branch { cond, then, other });
    }

    pub fn switch(&mut self, value: Value, cases: &[(i64, Block)], default: Block) {
        let cases = cases.iter().map(|(value, block)| Case { value: *value, edge: self.func.edge(*block, &[]) }).collect();
        let default = self.edge(default, &[]);
        self.terminate(Terminator::Switch { value, cases, default });
    }

    pub fn ret(&mut self, values: &[Value]) {
        let list = self.func.add_list(values);
        self.terminate(Terminator::Return(list));
    }

    /// Ends the block behind a call that does not return.
    pub fn unreachable(&mut self) {
        self.terminate(Terminator::Unreachable);
    }

    pub fn set_defer(&mut self, defer: DeferInfo) {
        self.func.defer = Some(defer);
    }

    // The end.

    /// Seals what is open, settles the merges, removes unreachable blocks.
    pub fn finish(mut self) -> Function {
        for i in 0..self.terminated.len() {
            self.seal_block(Block(i as u32));
        }
        self.ssa.settle(&mut self.func, &[]);
        remove_unreachable(&mut self.func);
        self.func
    }
}

/// Index of a runtime entry in the contract's table.
pub fn rt_index(name: &str) -> Option<u16> {
    warren_abi::entry::ENTRIES.iter().position(|e| e.name == name).map(|i| i as u16)
}

/// SSA type of a scalar of the contract.
pub fn scalar_type(scalar: warren_abi::entry::Scalar) -> Type {
    use warren_abi::entry::Scalar;
    match scalar {
        Scalar::I32 => Type::I32,
        Scalar::I64 => Type::I64,
        Scalar::F32 => Type::F32,
        Scalar::F64 => Type::F64,
        Scalar::P => Type::Ptr,
    }
}
