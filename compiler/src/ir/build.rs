//! Building a function block by block, with variables turned into SSA values on the way.
//!
//! The method is that of Braun and others ("Simple and Efficient Construction of Static Single Assignment Form", 2013): `def_var` and
//! `use_var` speak of source variables; a block whose predecessors are all known is *sealed*. Where values meet, the builder makes a
//! provisional merge; `finish` drops the merges that turn out to have one source, and makes block parameters and edge arguments of the rest.
//!
//! # Protocol
//! - A block is sealed when no more edges to it will be made; unsealed blocks are sealed by `finish`.
//! - After a terminator, `switch_to` another block before the next instruction. Instructions emitted into a terminated block land in a
//!   fresh unreachable block (code behind `return` and `panic`), which `finish` removes.
//! - A variable that is read before it is defined is zero.

use super::func::{DeferInfo, Def, Function, SlotData};
use super::inst::{BinOp, BoundsKind, Case, CmpOp, ConvOp, Edge, Mem, Op, Terminator, UnOp};
use super::module::Signatures;
use super::value::{Block, Inst, Slot, SrcLoc, Symbol, Type, Value};

/// A source variable of the function being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variable(pub u32);

/// A provisional merge of a variable's values at the start of a block.
struct Merge {
    block: Block,
    value: Value,
    variable: Variable,
    /// One for each incoming edge, in the order of `preds`; empty while the block is not sealed.
    sources: Vec<Value>,
}

#[derive(Default)]
struct BlockState {
    sealed: bool,
    /// Predecessor and number of the edge among its edges.
    preds: Vec<(Block, u32)>,
    /// Merges of this block, indices into `merges`.
    merges: Vec<u32>,
    terminated: bool,
}

/// Builds one function.
pub struct Builder {
    pub func: Function,
    /// Position given to new instructions.
    pub loc: SrcLoc,
    current: Block,
    variables: Vec<Type>,
    states: Vec<BlockState>,
    /// Current definition of a variable at the end of a block.
    defs: std::collections::HashMap<(Block, Variable), Value>,
    merges: Vec<Merge>,
}

impl Builder {
    /// Starts at the (sealed) entry block of a new function.
    pub fn new(func: Function) -> Builder {
        let states = (0..func.block_count()).map(|_| BlockState::default()).collect();
        let mut builder = Builder {
            current: func.entry,
            loc: func.loc,
            func,
            variables: Vec::new(),
            states,
            defs: std::collections::HashMap::new(),
            merges: Vec::new(),
        };
        builder.seal_block(builder.current);
        builder
    }

    // Blocks.

    pub fn create_block(&mut self) -> Block {
        self.states.push(BlockState::default());
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
        debug_assert!(!self.states[block.index()].terminated, "{block} is already finished");
        self.current = block;
    }

    /// Whether the current block still takes instructions.
    pub fn is_open(&self) -> bool {
        !self.states[self.current.index()].terminated
    }

    /// Says that all predecessors of a block are known.
    pub fn seal_block(&mut self, block: Block) {
        if std::mem::replace(&mut self.states[block.index()].sealed, true) {
            return;
        }
        for i in 0..self.states[block.index()].merges.len() {
            let merge = self.states[block.index()].merges[i];
            self.fill_merge(merge);
        }
    }

    // Variables.

    pub fn declare_var(&mut self, ty: Type) -> Variable {
        self.variables.push(ty);
        Variable(self.variables.len() as u32 - 1)
    }

    pub fn var_type(&self, variable: Variable) -> Type {
        self.variables[variable.0 as usize]
    }

    pub fn def_var(&mut self, variable: Variable, value: Value) {
        debug_assert_eq!(self.variables[variable.0 as usize], self.func.ty(value), "type of variable {variable:?}");
        self.make_open();
        self.defs.insert((self.current, variable), value);
    }

    pub fn use_var(&mut self, variable: Variable) -> Value {
        self.make_open();
        self.use_var_at(self.current, variable)
    }

    fn use_var_at(&mut self, block: Block, variable: Variable) -> Value {
        // Walk up chains of single predecessors without recursion, so that long straight programs need no deep stack.
        let mut path = Vec::new();
        let mut at = block;
        let value = loop {
            if let Some(value) = self.defs.get(&(at, variable)) {
                break *value;
            }
            path.push(at);
            let state = &self.states[at.index()];
            if state.sealed && state.preds.len() == 1 {
                at = state.preds[0].0;
                continue;
            }
            let ty = self.variables[variable.0 as usize];
            if state.sealed && state.preds.is_empty() {
                let zero = self.zero_at(at, ty);
                break zero;
            }
            let sealed = state.sealed;
            let value = self.func.add_value(ty, Def::Param(at, u32::MAX));
            let index = self.merges.len() as u32;
            self.merges.push(Merge { block: at, value, variable, sources: Vec::new() });
            self.states[at.index()].merges.push(index);
            self.defs.insert((at, variable), value);
            if sealed {
                self.fill_merge(index);
            }
            break value;
        };
        for block in path {
            self.defs.insert((block, variable), value);
        }
        value
    }

    fn fill_merge(&mut self, index: u32) {
        let Merge { block, variable, .. } = self.merges[index as usize];
        let preds = self.states[block.index()].preds.clone();
        let sources = preds.into_iter().map(|(pred, _)| self.use_var_at(pred, variable)).collect();
        self.merges[index as usize].sources = sources;
    }

    fn zero_at(&mut self, block: Block, ty: Type) -> Value {
        let op = match ty {
            Type::F32 => Op::F32Const(0),
            Type::F64 => Op::F64Const(0),
            _ => Op::Const(ty, 0),
        };
        let inst = self.func.make_inst(op, &[], &[ty], self.func.loc);
        self.func.block_mut(block).insts.insert(0, inst);
        self.func.result(inst)
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
        match ty {
            Type::F32 => self.f32const(0.0),
            Type::F64 => self.f64const(0.0),
            _ => self.iconst(ty, 0),
        }
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
            let target = &mut self.states[edge.block.index()];
            debug_assert!(!target.sealed, "{} is sealed and gets no more edges", edge.block);
            target.preds.push((block, i as u32));
        }
        let loc = self.loc;
        let data = self.func.block_mut(block);
        data.term = term;
        data.term_loc = loc;
        self.states[block.index()].terminated = true;
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
        for i in 0..self.states.len() {
            self.seal_block(Block(i as u32));
        }
        self.settle_merges();
        remove_unreachable(&mut self.func);
        self.func
    }

    /// Drops merges of one value and makes block parameters of the others.
    fn settle_merges(&mut self) {
        let mut alias: Vec<Value> = (0..self.func.value_count() as u32).map(Value).collect();
        // Users of each merge among the merges, to look at again when it goes.
        let mut merge_of = vec![u32::MAX; alias.len()];
        for (i, merge) in self.merges.iter().enumerate() {
            merge_of[merge.value.index()] = i as u32;
        }
        let mut users: Vec<Vec<u32>> = vec![Vec::new(); self.merges.len()];
        for (i, merge) in self.merges.iter().enumerate() {
            for source in &merge.sources {
                let m = merge_of[source.index()];
                if m != u32::MAX {
                    users[m as usize].push(i as u32);
                }
            }
        }
        let mut gone = vec![false; self.merges.len()];
        let mut work: Vec<u32> = (0..self.merges.len() as u32).rev().collect();
        while let Some(i) = work.pop() {
            if gone[i as usize] {
                continue;
            }
            let merge = &self.merges[i as usize];
            let mut only = None;
            let mut several = false;
            for source in &merge.sources {
                let source = resolve(&mut alias, *source);
                if source == merge.value || only == Some(source) {
                    continue;
                }
                several |= only.is_some();
                only = Some(source);
            }
            if several {
                continue;
            }
            if let Some(value) = only {
                gone[i as usize] = true;
                alias[merge.value.index()] = value;
                let list = std::mem::take(&mut users[i as usize]);
                // Those who used this merge now use its source, if that is a merge too.
                let m = merge_of[value.index()];
                if m != u32::MAX {
                    users[m as usize].extend_from_slice(&list);
                }
                work.extend(list);
            }
        }
        for i in 0..self.merges.len() {
            if gone[i] {
                continue;
            }
            let Merge { block, value, ref sources, .. } = self.merges[i];
            if sources.is_empty() || sources.iter().all(|s| resolve(&mut alias, *s) == value) {
                // Unreachable, or a loop nobody enters.
                let zero = self.zero_at(block, self.func.ty(value));
                alias.push(zero);
                alias[value.index()] = zero;
                self.merges[i].sources.clear();
                gone[i] = true;
            }
        }
        // Edge arguments: collect per edge, then append once.
        let mut extra: std::collections::HashMap<(Block, u32), Vec<Value>> = std::collections::HashMap::new();
        for (i, merge) in self.merges.iter().enumerate() {
            if gone[i] {
                continue;
            }
            let index = self.func.block(merge.block).params.len() as u32;
            self.func.block_mut(merge.block).params.push(merge.value);
            self.func.set_def(merge.value, Def::Param(merge.block, index));
            for (source, edge) in merge.sources.iter().zip(&self.states[merge.block.index()].preds) {
                extra.entry(*edge).or_default().push(*source);
            }
        }
        let mut term = Terminator::None;
        for block in self.func.blocks() {
            std::mem::swap(&mut term, &mut self.func.block_mut(block).term);
            let mut number = 0;
            term.for_each_edge_mut(|edge| {
                if let Some(more) = extra.get(&(block, number)) {
                    let mut args = self.func.list(edge.args).to_vec();
                    args.extend_from_slice(more);
                    edge.args = self.func.add_list(&args);
                }
                number += 1;
            });
            std::mem::swap(&mut term, &mut self.func.block_mut(block).term);
        }
        for i in 0..alias.len() {
            let root = resolve(&mut alias, Value(i as u32));
            alias[i] = root;
        }
        self.func.map_uses(|v| alias.get(v.index()).copied().unwrap_or(v));
    }
}

/// Follows aliases to the end, halving the path.
fn resolve(alias: &mut [Value], value: Value) -> Value {
    let mut v = value;
    while alias[v.index()] != v {
        alias[v.index()] = alias[alias[v.index()].index()];
        v = alias[v.index()];
    }
    v
}

/// Removes the blocks that no root reaches.
pub fn remove_unreachable(func: &mut Function) {
    let mut seen = vec![false; func.block_count()];
    let mut work: Vec<Block> = func.roots().collect();
    for block in &work {
        seen[block.index()] = true;
    }
    while let Some(block) = work.pop() {
        for edge in func.block(block).term.edges() {
            if !std::mem::replace(&mut seen[edge.block.index()], true) {
                work.push(edge.block);
            }
        }
    }
    for block in func.blocks() {
        if !seen[block.index()] {
            func.remove_block(block);
        }
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
