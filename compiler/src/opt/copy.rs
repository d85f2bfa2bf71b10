//! Copies of parts of a function within it, for loops that run in several versions.

use crate::ir::hash::FastMap;
use crate::ir::{Block, Function, Terminator, Type, Value};

/// Copies of some blocks: where blocks and values went.
pub struct Copies {
    pub blocks: FastMap<Block, Block>,
    values: FastMap<Value, Value>,
}

impl Copies {
    /// Copies blocks behind all others. Edges among them lead to copies, those out of them where they led.
    pub fn of(func: &mut Function, list: &[Block]) -> Copies {
        let mut copy = Copies { blocks: FastMap::default(), values: FastMap::default() };
        for block in list {
            let target = func.add_block();
            copy.blocks.insert(*block, target);
            for param in func.block(*block).params.clone() {
                let ty = func.ty(param);
                let new = func.add_param(target, ty);
                copy.values.insert(param, new);
            }
        }
        // Results first: a use may stand in a block that is listed before that of the definition.
        let mut made = Vec::new();
        for block in list {
            for inst in func.block(*block).insts.clone() {
                let args = func.args(inst).to_vec();
                let types: Vec<Type> = func.results(inst).map(|v| func.ty(v)).collect();
                let new = func.push_inst(copy.blocks[block], func.op(inst), &args, &types, func.loc(inst));
                for (from, to) in func.results(inst).zip(func.results(new)) {
                    copy.values.insert(from, to);
                }
                made.push(new);
            }
        }
        for inst in made {
            for i in 0..func.args(inst).len() {
                let v = func.args(inst)[i];
                func.args_mut(inst)[i] = copy.value(v);
            }
        }
        for block in list {
            let data = func.block(*block);
            let (mut term, loc) = (data.term.clone(), data.term_loc);
            if let Terminator::Branch { cond: v, .. } | Terminator::Switch { value: v, .. } = &mut term {
                *v = copy.value(*v);
            }
            term.for_each_edge_mut(|edge| {
                let args: Vec<Value> = func.list(edge.args).iter().map(|v| copy.value(*v)).collect();
                edge.args = func.add_list(&args);
                edge.block = copy.blocks.get(&edge.block).copied().unwrap_or(edge.block);
            });
            let into = func.block_mut(copy.blocks[block]);
            into.term = term;
            into.term_loc = loc;
        }
        copy
    }

    fn value(&self, v: Value) -> Value {
        self.values.get(&v).copied().unwrap_or(v)
    }
}

/// Lets the edges of `blocks` to `from` lead to `to`.
pub fn redirect(func: &mut Function, blocks: &[Block], from: Block, to: Block) {
    for block in blocks {
        func.block_mut(*block).term.for_each_edge_mut(|edge| {
            if edge.block == from {
                edge.block = to;
            }
        });
    }
}
