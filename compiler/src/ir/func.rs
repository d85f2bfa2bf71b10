//! A function: blocks of instructions over values, its stack slots, and what it needs of the defer machinery.
//!
//! Instructions, values and argument lists are appended and never freed one by one; a pass that drops an instruction takes it out of its
//! block. [`Function::compact`] gives the memory back and renumbers.

use super::inst::{Edge, Op, Terminator};
use super::value::{Block, InlinedCall, Inst, Sig, Slot, SrcLoc, Symbol, Type, Value, ValueList};

/// What the compiler knows of a function as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attrs {
    /// `//go:noinline`, or lowering's wish.
    pub noinline: bool,
    /// `//go:nosplit`: no poll at entry.
    pub nosplit: bool,
    /// Made by the compiler and left out of tracebacks (method wrappers, thunks).
    pub wrapper: bool,
    /// Contains `recover()`.
    pub has_recover: bool,
    /// Its first parameter is the closure it was called through.
    pub closure: bool,
    /// Never returns.
    pub noreturn: bool,
    /// Seldom called (panic helpers): not worth inlining, and paths to it are cold.
    pub cold: bool,
}

impl Attrs {
    /// Names of the text form with their values.
    pub fn named(self) -> [(&'static str, bool); 7] {
        [
            ("noinline", self.noinline),
            ("nosplit", self.nosplit),
            ("wrapper", self.wrapper),
            ("has_recover", self.has_recover),
            ("closure", self.closure),
            ("noreturn", self.noreturn),
            ("cold", self.cold),
        ]
    }

    /// The attribute of that name.
    pub fn by_name(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "noinline" => &mut self.noinline,
            "nosplit" => &mut self.nosplit,
            "wrapper" => &mut self.wrapper,
            "has_recover" => &mut self.has_recover,
            "closure" => &mut self.closure,
            "noreturn" => &mut self.noreturn,
            "cold" => &mut self.cold,
            _ => return None,
        })
    }
}

/// Memory in the linear frame. Its pointer words are zero when the function starts, for the collector's sake; code does not rely on it and
/// sets a slot before it reads it (a function inlined into a loop finds in its slots what the last round left).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotData {
    pub bytes: u32,
    /// Power of two, at most 16.
    pub align: u32,
    pub pointers: PointerMap,
    /// Belongs to the defer machinery or is read by the recover block: others read and write it across any call, so that it is never
    /// promoted to values and its stores are never dropped.
    pub volatile: bool,
}

/// Which words of 8 bytes hold pointers; bit i of `words[i / 64]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct PointerMap {
    words: Vec<u64>,
}

impl PointerMap {
    /// No pointers.
    pub fn none() -> PointerMap {
        PointerMap::default()
    }

    /// Pointers in these words.
    pub fn of(indices: impl IntoIterator<Item = u32>) -> PointerMap {
        let mut map = PointerMap::default();
        for i in indices {
            map.set(i);
        }
        map
    }

    pub fn set(&mut self, word: u32) {
        let i = word as usize / 64;
        if self.words.len() <= i {
            self.words.resize(i + 1, 0);
        }
        self.words[i] |= 1 << (word % 64);
    }

    pub fn get(&self, word: u32) -> bool {
        self.words.get(word as usize / 64).is_some_and(|w| w >> (word % 64) & 1 == 1)
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|w| *w == 0)
    }

    /// Indices of the pointer words, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.words.len() as u32 * 64).filter(|i| self.get(*i))
    }

    /// This map `count` times, each `period` words after the last.
    pub fn repeat(&self, period: u32, count: u32) -> PointerMap {
        let mut map = PointerMap::default();
        for n in 0..count {
            for word in self.iter() {
                map.set(n * period + word);
            }
        }
        map
    }
}

/// The slots that hold a function's pending defers; see [`Function::defer`]. Either `mask` and `closures` or `list`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DeferInfo {
    /// 8 bytes: bit i is set while closure i is armed.
    pub mask: Option<Slot>,
    /// 8 bytes for each closure.
    pub closures: Option<Slot>,
    pub count: u32,
    /// 8 bytes: head of the list of nodes `{next ptr, closure ptr}`.
    pub list: Option<Slot>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Def {
    Param(Block, u32),
    Result(Inst, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ValueData {
    pub ty: Type,
    pub def: Def,
}

/// An instruction. Its results are consecutive values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstData {
    pub op: Op,
    pub args: ValueList,
    first_result: Value,
    result_count: u32,
    pub loc: SrcLoc,
}

/// A basic block.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BlockData {
    pub params: Vec<Value>,
    pub insts: Vec<Inst>,
    pub term: Terminator,
    pub term_loc: SrcLoc,
}

/// A function. The entry block's parameters are the function's; nothing jumps to the entry block.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: Symbol,
    pub sig: Sig,
    /// Position of the declaration.
    pub loc: SrcLoc,
    pub attrs: Attrs,
    pub slots: Vec<SlotData>,
    pub entry: Block,
    /// A second root of the graph, entered only when a panic was recovered: it runs the remaining defers and returns the named results.
    /// It has no parameters and no predecessors; only the linear frame survives the way here, so that no value of the entry's side reaches it.
    pub recover: Option<Block>,
    /// Pending defers, if the function has any.
    pub defer: Option<DeferInfo>,
    /// The inline tree; see [`SrcLoc::inline`].
    pub inlines: Vec<InlinedCall>,
    pub(super) blocks: Vec<BlockData>,
    pub(super) insts: Vec<InstData>,
    pub(super) values: Vec<ValueData>,
    pub(super) pool: Vec<Value>,
}

impl Function {
    /// A function with an entry block of these parameters, which must be those of `sig`.
    pub fn new(name: Symbol, sig: Sig, params: &[Type]) -> Function {
        let mut func = Function {
            name,
            sig,
            loc: SrcLoc::default(),
            attrs: Attrs::default(),
            slots: Vec::new(),
            entry: Block(0),
            recover: None,
            defer: None,
            inlines: Vec::new(),
            blocks: Vec::new(),
            insts: Vec::new(),
            values: Vec::new(),
            pool: Vec::new(),
        };
        let entry = func.add_block();
        for ty in params {
            func.add_param(entry, *ty);
        }
        func
    }

    // Reading.

    /// All blocks, removed ones included (their terminator is `None`).
    pub fn blocks(&self) -> impl Iterator<Item = Block> + use<> {
        (0..self.blocks.len() as u32).map(Block)
    }

    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    pub fn value_count(&self) -> usize {
        self.values.len()
    }

    pub fn inst_count(&self) -> usize {
        self.insts.len()
    }

    pub fn block(&self, block: Block) -> &BlockData {
        &self.blocks[block.index()]
    }

    pub fn block_mut(&mut self, block: Block) -> &mut BlockData {
        &mut self.blocks[block.index()]
    }

    /// The function's parameters.
    pub fn params(&self) -> &[Value] {
        &self.block(self.entry).params
    }

    pub fn inst(&self, inst: Inst) -> &InstData {
        &self.insts[inst.index()]
    }

    pub fn op(&self, inst: Inst) -> Op {
        self.insts[inst.index()].op
    }

    pub fn loc(&self, inst: Inst) -> SrcLoc {
        self.insts[inst.index()].loc
    }

    /// Operands of an instruction.
    pub fn args(&self, inst: Inst) -> &[Value] {
        self.list(self.insts[inst.index()].args)
    }

    /// Results of an instruction.
    pub fn results(&self, inst: Inst) -> impl ExactSizeIterator<Item = Value> + use<> {
        let data = &self.insts[inst.index()];
        (data.first_result.0..data.first_result.0 + data.result_count).map(Value)
    }

    /// The result of an instruction that has just one.
    pub fn result(&self, inst: Inst) -> Value {
        let data = &self.insts[inst.index()];
        debug_assert_eq!(data.result_count, 1, "{:?} has one result", data.op);
        data.first_result
    }

    /// The values of a list of this function.
    pub fn list(&self, list: ValueList) -> &[Value] {
        &self.pool[list.start as usize..][..list.len as usize]
    }

    pub fn ty(&self, value: Value) -> Type {
        self.values[value.index()].ty
    }

    pub fn def(&self, value: Value) -> Def {
        self.values[value.index()].def
    }

    /// The instruction that defines a value, unless it is a parameter.
    pub fn def_inst(&self, value: Value) -> Option<Inst> {
        match self.def(value) {
            Def::Result(inst, _) => Some(inst),
            Def::Param(..) => None,
        }
    }

    /// The operation that defines a value, unless it is a parameter.
    pub fn def_op(&self, value: Value) -> Option<Op> {
        self.def_inst(value).map(|i| self.op(i))
    }

    /// The value of an integer constant.
    pub fn as_const(&self, value: Value) -> Option<i64> {
        match self.def_op(value) {
            Some(Op::Const(_, n)) => Some(n),
            _ => None,
        }
    }

    /// Entry block and recover block.
    pub fn roots(&self) -> impl Iterator<Item = Block> + use<> {
        std::iter::once(self.entry).chain(self.recover)
    }

    /// Successors of a block, one for each edge.
    pub fn successors(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        self.block(block).term.edges().map(|e| e.block)
    }

    /// Calls `f` with every value that a block's terminator uses.
    pub fn for_each_term_use(&self, block: Block, mut f: impl FnMut(Value)) {
        let term = &self.block(block).term;
        match term {
            Terminator::Branch { cond, .. } => f(*cond),
            Terminator::Switch { value, .. } => f(*value),
            Terminator::Return(list) => self.list(*list).iter().for_each(|v| f(*v)),
            Terminator::None | Terminator::Jump(_) | Terminator::Unreachable => {}
        }
        for edge in term.edges() {
            self.list(edge.args).iter().for_each(|v| f(*v));
        }
    }

    // Writing.

    pub fn add_block(&mut self) -> Block {
        let block = Block::new(self.blocks.len());
        self.blocks.push(BlockData::default());
        block
    }

    pub fn add_param(&mut self, block: Block, ty: Type) -> Value {
        let index = self.blocks[block.index()].params.len() as u32;
        let value = self.add_value(ty, Def::Param(block, index));
        self.blocks[block.index()].params.push(value);
        value
    }

    pub fn add_slot(&mut self, slot: SlotData) -> Slot {
        self.slots.push(slot);
        Slot::new(self.slots.len() - 1)
    }

    pub(crate) fn add_value(&mut self, ty: Type, def: Def) -> Value {
        let value = Value::new(self.values.len());
        self.values.push(ValueData { ty, def });
        value
    }

    pub(crate) fn set_def(&mut self, value: Value, def: Def) {
        self.values[value.index()].def = def;
    }

    pub fn add_list(&mut self, values: &[Value]) -> ValueList {
        if values.is_empty() {
            return ValueList::default();
        }
        let start = self.pool.len() as u32;
        self.pool.extend_from_slice(values);
        ValueList { start, len: values.len() as u32 }
    }

    pub fn edge(&mut self, block: Block, args: &[Value]) -> Edge {
        let args = self.add_list(args);
        Edge { block, args }
    }

    /// Makes an instruction without placing it in a block.
    pub fn make_inst(&mut self, op: Op, args: &[Value], results: &[Type], loc: SrcLoc) -> Inst {
        let args = self.add_list(args);
        let inst = Inst::new(self.insts.len());
        let first_result = Value::new(self.values.len());
        for (i, ty) in results.iter().enumerate() {
            self.add_value(*ty, Def::Result(inst, i as u32));
        }
        self.insts.push(InstData { op, args, first_result, result_count: results.len() as u32, loc });
        inst
    }

    /// Makes an instruction at the end of a block.
    pub fn push_inst(&mut self, block: Block, op: Op, args: &[Value], results: &[Type], loc: SrcLoc) -> Inst {
        let inst = self.make_inst(op, args, results, loc);
        self.blocks[block.index()].insts.push(inst);
        inst
    }

    /// Changes what an instruction does; its results stay, so their number and types must fit.
    pub fn replace_op(&mut self, inst: Inst, op: Op, args: &[Value]) {
        let list = self.insts[inst.index()].args;
        let list = if list.len() >= args.len() {
            let start = list.start as usize;
            self.pool[start..start + args.len()].copy_from_slice(args);
            ValueList { start: list.start, len: args.len() as u32 }
        } else {
            self.add_list(args)
        };
        self.insts[inst.index()].args = list;
        self.insts[inst.index()].op = op;
    }

    pub fn args_mut(&mut self, inst: Inst) -> &mut [Value] {
        self.list_mut(self.insts[inst.index()].args)
    }

    pub fn list_mut(&mut self, list: ValueList) -> &mut [Value] {
        &mut self.pool[list.start as usize..][..list.len as usize]
    }

    pub fn set_loc(&mut self, inst: Inst, loc: SrcLoc) {
        self.insts[inst.index()].loc = loc;
    }

    /// Takes an instruction out of a block for something else to stand there. What follows it moves to a block of its own, which is given,
    /// with the instruction's results as its parameters.
    pub fn cut_out(&mut self, block: Block, index: usize) -> Block {
        let after = self.add_block();
        let data = self.block_mut(block);
        let insts = data.insts.split_off(index + 1);
        let inst = data.insts.pop().expect("bug: cut_out: the block is shorter");
        let term = std::mem::take(&mut data.term);
        let term_loc = data.term_loc;
        let params: Vec<Value> = self.results(inst).collect();
        for (i, param) in params.iter().enumerate() {
            self.set_def(*param, Def::Param(after, i as u32));
        }
        *self.block_mut(after) = BlockData { params, insts, term, term_loc };
        after
    }

    /// Takes a block out of the graph.
    pub fn remove_block(&mut self, block: Block) {
        self.blocks[block.index()] = BlockData::default();
    }

    /// Removes the slots that nothing refers to.
    fn drop_unused_slots(&mut self, cfg: &super::cfg::Cfg) {
        let mut used = vec![false; self.slots.len()];
        if let Some(defer) = self.defer {
            for slot in [defer.mask, defer.closures, defer.list].into_iter().flatten() {
                used[slot.index()] = true;
            }
        }
        for block in &cfg.order {
            for inst in &self.blocks[block.index()].insts {
                if let Op::SlotAddr(slot) = self.op(*inst) {
                    used[slot.index()] = true;
                }
            }
        }
        if used.iter().all(|u| *u) {
            return;
        }
        let mut number = vec![Slot(u32::MAX); used.len()];
        let mut kept = 0;
        for (i, used) in used.iter().enumerate() {
            if *used {
                number[i] = Slot(kept);
                kept += 1;
            }
        }
        let mut old = 0;
        self.slots.retain(|_| {
            old += 1;
            used[old - 1]
        });
        if let Some(defer) = &mut self.defer {
            for slot in [&mut defer.mask, &mut defer.closures, &mut defer.list].into_iter().flatten() {
                *slot = number[slot.index()];
            }
        }
        for inst in &mut self.insts {
            if let Op::SlotAddr(slot) = &mut inst.op {
                *slot = number[slot.index()];
            }
        }
    }

    /// Puts other functions in the place of those that it refers to.
    pub fn map_functions(&mut self, map: impl Fn(Symbol) -> Symbol) {
        for inst in &mut self.insts {
            if let Op::Call { func, .. } | Op::FuncAddr(func) | Op::TableIndex(func) = &mut inst.op {
                *func = map(*func);
            }
        }
    }

    /// Whether the functions differ in their names at most, and those of the functions inlined into them, which `alike` compares. Both are
    /// compact.
    pub fn same_code(&self, other: &Function, alike: impl Fn(Symbol, Symbol) -> bool) -> bool {
        self.sig == other.sig
            && self.insts == other.insts
            && self.blocks == other.blocks
            && self.pool == other.pool
            && self.values == other.values
            && self.slots == other.slots
            && (self.loc, self.attrs, self.entry, self.recover, self.defer) == (other.loc, other.attrs, other.entry, other.recover, other.defer)
            && self.inlines.len() == other.inlines.len()
            && self.inlines.iter().zip(&other.inlines).all(|(a, b)| a.call == b.call && alike(a.func, b.func))
    }

    /// Renumbers blocks (in reverse postorder), instructions, values and slots without gaps and drops everything that is not in a reachable block.
    pub fn compact(&mut self) {
        let cfg = super::cfg::Cfg::new(self);
        self.drop_unused_slots(&cfg);
        let mut new = Function {
            name: self.name,
            sig: self.sig,
            loc: self.loc,
            attrs: self.attrs,
            slots: std::mem::take(&mut self.slots),
            entry: Block(0),
            recover: self.recover.map(|b| Block::new(cfg.position(b))),
            defer: self.defer,
            inlines: std::mem::take(&mut self.inlines),
            blocks: Vec::with_capacity(cfg.order.len()),
            insts: Vec::with_capacity(self.insts.len()),
            values: Vec::with_capacity(self.values.len()),
            pool: Vec::with_capacity(self.pool.len()),
        };
        let mut number = vec![Value(u32::MAX); self.values.len()];
        for block in &cfg.order {
            let id = new.add_block();
            for p in &self.block(*block).params {
                number[p.index()] = new.add_param(id, self.ty(*p));
            }
            for inst in &self.block(*block).insts {
                let data = self.inst(*inst);
                let inst_id = Inst::new(new.insts.len());
                let first_result = Value::new(new.values.len());
                for (i, result) in self.results(*inst).enumerate() {
                    number[result.index()] = new.add_value(self.ty(result), Def::Result(inst_id, i as u32));
                }
                // Operands follow when all values have their numbers.
                new.insts.push(InstData { first_result, ..*data });
                new.blocks[id.index()].insts.push(inst_id);
            }
        }
        let renumber = |pool: &mut Vec<Value>, list: ValueList| -> ValueList {
            let start = pool.len() as u32;
            pool.extend(self.list(list).iter().map(|v| number[v.index()]));
            ValueList { start, len: list.len }
        };
        for inst in &mut new.insts {
            inst.args = renumber(&mut new.pool, inst.args);
        }
        for (i, block) in cfg.order.iter().enumerate() {
            let mut term = self.block(*block).term.clone();
            match &mut term {
                Terminator::Branch { cond, .. } => *cond = number[cond.index()],
                Terminator::Switch { value, .. } => *value = number[value.index()],
                Terminator::Return(list) => *list = renumber(&mut new.pool, *list),
                Terminator::None | Terminator::Jump(_) | Terminator::Unreachable => {}
            }
            term.for_each_edge_mut(|edge| {
                edge.args = renumber(&mut new.pool, edge.args);
                edge.block = Block::new(cfg.position(edge.block));
            });
            new.blocks[i].term = term;
            new.blocks[i].term_loc = self.block(*block).term_loc;
        }
        *self = new;
    }

    /// Replaces every use of a value `v` by `map(v)`, in all blocks.
    pub fn map_uses(&mut self, map: impl Fn(Value) -> Value) {
        let Function { blocks, insts, pool, .. } = self;
        let mut apply = |list: ValueList| {
            for v in &mut pool[list.start as usize..][..list.len as usize] {
                *v = map(*v);
            }
        };
        for block in blocks {
            for inst in &block.insts {
                apply(insts[inst.index()].args);
            }
            match &mut block.term {
                Terminator::Branch { cond, .. } => *cond = map(*cond),
                Terminator::Switch { value, .. } => *value = map(*value),
                Terminator::Return(list) => apply(*list),
                Terminator::None | Terminator::Jump(_) | Terminator::Unreachable => {}
            }
            for edge in block.term.edges() {
                apply(edge.args);
            }
        }
    }
}

impl std::ops::Index<Slot> for Function {
    type Output = SlotData;

    fn index(&self, slot: Slot) -> &SlotData {
        &self.slots[slot.index()]
    }
}
