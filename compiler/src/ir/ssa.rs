//! Variables turned into SSA values, for the builder and for the promotion of slots.
//!
//! The method is that of Braun and others ("Simple and Efficient Construction of Static Single Assignment Form", 2013): reading a variable
//! walks up to its definition; where several edges meet, it makes a provisional *merge*, which has one source for each edge. `settle` drops
//! the merges that turn out to have one source and makes block parameters and edge arguments of the rest.

use super::func::{Def, Function};
use super::hash::FastMap;
use super::inst::{Op, Terminator};
use super::value::{Block, Type, Value};

/// A provisional merge of a variable's values at the start of a block.
struct Merge {
    block: Block,
    value: Value,
    variable: u32,
    /// One for each incoming edge, in the order of `preds`; empty while the block is not sealed.
    sources: Vec<Value>,
}

/// What is known of a block.
#[derive(Default)]
struct BlockState {
    sealed: bool,
    /// Predecessor and number of the edge among its edges.
    preds: Vec<(Block, u32)>,
    /// Merges made before the block was sealed, indices into `merges`.
    open_merges: Vec<u32>,
}

/// The variables of a function under construction.
#[derive(Default)]
pub struct Ssa {
    types: Vec<Type>,
    states: Vec<BlockState>,
    /// Definition of a variable at the end of a block, as far as known.
    defs: FastMap<(Block, u32), Value>,
    /// Values at the start of blocks that define the variable themselves.
    entries: FastMap<(Block, u32), Value>,
    merges: Vec<Merge>,
    /// Merges of sealed blocks whose sources are still to be read.
    work: Vec<u32>,
}

impl Ssa {
    /// For a complete function: all blocks are sealed.
    pub fn of(func: &Function) -> Ssa {
        let mut ssa = Ssa::default();
        for block in func.blocks() {
            ssa.state(block).sealed = true;
            for (i, edge) in func.block(block).term.edges().enumerate() {
                ssa.state(edge.block).preds.push((block, i as u32));
            }
        }
        ssa
    }

    fn state(&mut self, block: Block) -> &mut BlockState {
        if self.states.len() <= block.index() {
            self.states.resize_with(block.index() + 1, BlockState::default);
        }
        &mut self.states[block.index()]
    }

    pub fn declare(&mut self, ty: Type) -> u32 {
        self.types.push(ty);
        self.types.len() as u32 - 1
    }

    pub fn ty(&self, variable: u32) -> Type {
        self.types[variable as usize]
    }

    pub fn add_edge(&mut self, from: Block, number: u32, to: Block) {
        let state = self.state(to);
        debug_assert!(!state.sealed, "{to} is sealed and gets no more edges");
        state.preds.push((from, number));
    }

    pub fn seal(&mut self, func: &mut Function, block: Block) {
        let state = self.state(block);
        if std::mem::replace(&mut state.sealed, true) {
            return;
        }
        let open = std::mem::take(&mut state.open_merges);
        self.work.extend(open);
        self.fill(func);
    }

    /// Defines a variable from here on, as seen at the end of the block.
    pub fn define(&mut self, block: Block, variable: u32, value: Value) {
        self.defs.insert((block, variable), value);
    }

    /// The value of a variable at the current end of a block.
    pub fn read(&mut self, func: &mut Function, block: Block, variable: u32) -> Value {
        let value = self.find(func, block, variable);
        self.fill(func);
        value
    }

    /// The value of a variable at the start of a block. All definitions at the ends of blocks must be known.
    pub fn read_entry(&mut self, func: &mut Function, block: Block, variable: u32) -> Value {
        if !self.defs.contains_key(&(block, variable)) {
            return self.read(func, block, variable);
        }
        if let Some(value) = self.entries.get(&(block, variable)) {
            return *value;
        }
        let ty = self.types[variable as usize];
        let value = match self.state(block).preds[..] {
            [] => zero_at(func, block, ty),
            [(pred, _)] => self.read(func, pred, variable),
            _ => {
                let value = func.add_value(ty, Def::Param(block, u32::MAX));
                self.work.push(self.merges.len() as u32);
                self.merges.push(Merge { block, value, variable, sources: Vec::new() });
                self.entries.insert((block, variable), value);
                self.fill(func);
                value
            }
        };
        self.entries.insert((block, variable), value);
        value
    }

    /// Reads the sources of waiting merges; which may make more merges, but no recursion.
    fn fill(&mut self, func: &mut Function) {
        while let Some(index) = self.work.pop() {
            let Merge { block, variable, .. } = self.merges[index as usize];
            let preds = self.state(block).preds.clone();
            let sources = preds.into_iter().map(|(pred, _)| self.find(func, pred, variable)).collect();
            self.merges[index as usize].sources = sources;
        }
    }

    fn find(&mut self, func: &mut Function, block: Block, variable: u32) -> Value {
        let mut path = Vec::new();
        let mut at = block;
        let value = loop {
            if let Some(value) = self.defs.get(&(at, variable)) {
                break *value;
            }
            path.push(at);
            let ty = self.types[variable as usize];
            let state = self.state(at);
            if state.sealed && state.preds.is_empty() {
                break zero_at(func, at, ty);
            }
            if state.sealed && state.preds.len() == 1 && state.preds[0].0 != at && path.len() <= func.block_count() {
                at = state.preds[0].0;
                continue;
            }
            let sealed = state.sealed;
            let value = func.add_value(ty, Def::Param(at, u32::MAX));
            let index = self.merges.len() as u32;
            self.merges.push(Merge { block: at, value, variable, sources: Vec::new() });
            if sealed {
                self.work.push(index);
            } else {
                self.state(at).open_merges.push(index);
            }
            break value;
        };
        for block in path {
            self.defs.insert((block, variable), value);
        }
        value
    }

    /// Drops merges of one value, makes block parameters of the others, and renames uses in the whole function. `rename` has a value's
    /// replacement where the caller replaced some (replacements may chain and may be merges).
    pub fn settle(mut self, func: &mut Function, rename: &[(Value, Value)]) {
        debug_assert!(self.work.is_empty());
        let mut alias: Vec<Value> = (0..func.value_count() as u32).map(Value).collect();
        for (from, to) in rename {
            alias[from.index()] = *to;
        }
        // Users of each merge among the merges, to look at again when it goes.
        let mut merge_of = vec![u32::MAX; alias.len()];
        for (i, merge) in self.merges.iter().enumerate() {
            merge_of[merge.value.index()] = i as u32;
        }
        let mut users: Vec<Vec<u32>> = vec![Vec::new(); self.merges.len()];
        for i in 0..self.merges.len() {
            for source in &self.merges[i].sources {
                let m = merge_of[resolve(&mut alias, *source).index()];
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
        for (merge, gone) in self.merges.iter().zip(&mut gone) {
            let Merge { block, value, ref sources, .. } = *merge;
            // In an unreachable cycle.
            if !*gone && sources.iter().all(|s| resolve(&mut alias, *s) == value) {
                let zero = zero_at(func, block, func.ty(value));
                alias.resize(func.value_count(), zero);
                alias[zero.index()] = zero;
                alias[value.index()] = zero;
                *gone = true;
            }
        }
        self.make_params(func, &gone);
        for i in 0..alias.len() {
            let root = resolve(&mut alias, Value(i as u32));
            alias[i] = root;
        }
        func.map_uses(|v| alias.get(v.index()).copied().unwrap_or(v));
    }

    fn make_params(&mut self, func: &mut Function, gone: &[bool]) {
        // Arguments to append, collected for each edge.
        let mut extra: FastMap<(Block, u32), Vec<Value>> = FastMap::default();
        for (merge, gone) in self.merges.iter().zip(gone) {
            if *gone {
                continue;
            }
            let index = func.block(merge.block).params.len() as u32;
            func.block_mut(merge.block).params.push(merge.value);
            func.set_def(merge.value, Def::Param(merge.block, index));
            for (source, edge) in merge.sources.iter().zip(&self.states[merge.block.index()].preds) {
                extra.entry(*edge).or_default().push(*source);
            }
        }
        if extra.is_empty() {
            return;
        }
        for block in func.blocks() {
            let mut term = std::mem::take(&mut func.block_mut(block).term);
            let mut number = 0;
            term.for_each_edge_mut(|edge| {
                if let Some(more) = extra.get(&(block, number)) {
                    let mut args = func.list(edge.args).to_vec();
                    args.extend_from_slice(more);
                    edge.args = func.add_list(&args);
                }
                number += 1;
            });
            func.block_mut(block).term = term;
        }
    }
}

/// Puts a zero of a type at the start of a block.
fn zero_at(func: &mut Function, block: Block, ty: Type) -> Value {
    let inst = func.make_inst(Op::zero(ty), &[], &[ty], func.loc);
    func.block_mut(block).insts.insert(0, inst);
    func.result(inst)
}

/// Follows aliases to the end, halving the path.
pub fn resolve(alias: &mut [Value], value: Value) -> Value {
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
        if !seen[block.index()] && func.block(block).term != Terminator::None {
            func.remove_block(block);
        }
    }
}
