//! Inlining of small functions.
//!
//! Callees come first in the order of optimisation, so what is inlined is already in its final form. The position of every inlined
//! instruction keeps its file and line and gets a node in the caller's inline tree, so that tracebacks show the call.
//!
//! Never inlined: `noinline`, cold and recursive functions; functions with defers, a recover block, or `recover()` (they mean their own frame).

use super::Context;
use crate::ir::{Block, Edge, FuncId, Function, InlinedCall, Inst, Module, Op, Slot, SrcLoc, Terminator, Value};

/// Callees up to this cost are inlined; see [`cost`].
pub const BUDGET: u32 = 40;
/// Callees that are given a function to call may cost this much more: calling it directly pays.
const CLOSURE_BONUS: u32 = 60;
/// In callers of more instructions than this only tiny callees are inlined.
const BIG_CALLER: usize = 4000;
const TINY: u32 = 12;

/// Callees with more memory in their frames keep it to themselves: what is inlined many times would make frames large.
const MAX_SLOT_BYTES: u32 = 1024;

/// What inlining a function costs its caller in code; `None` if it must not be inlined.
pub fn cost(func: &Function) -> Option<u32> {
    let attrs = func.attrs;
    if attrs.noinline || attrs.cold || attrs.has_recover || func.recover.is_some() || func.defer.is_some() || func.slots.iter().any(|s| s.volatile) {
        return None;
    }
    if func.slots.iter().map(|s| s.bytes).sum::<u32>() > MAX_SLOT_BYTES {
        return None;
    }
    let mut cost = 0u32;
    for block in func.blocks() {
        for inst in &func.block(block).insts {
            cost += match func.op(*inst) {
                op if op.is_free() => 0,
                Op::RecoverFlag | Op::ForwardDefer | Op::MarkDeferred => return None,
                Op::Call { .. } | Op::CallRt(_) => 5 + func.args(*inst).len() as u32 / 2,
                Op::CallClosure { .. } | Op::CallInterface { .. } | Op::CallIndirect { .. } => 8,
                Op::New { .. } => 5,
                Op::BoundsCheck { .. } | Op::NilCheck | Op::MemCopy { .. } | Op::MemZero { .. } => 2,
                _ => 1,
            };
        }
        cost += match func.block(block).term {
            Terminator::Branch { .. } => 2,
            Terminator::Switch { ref cases, .. } => 2 + cases.len() as u32,
            // Ways to a panic are out of the way in the caller too.
            Terminator::Unreachable => 0,
            Terminator::Return(_) | Terminator::Jump(_) | Terminator::None => 1,
        };
        if cost > 2 * (BUDGET + CLOSURE_BONUS) {
            return None;
        }
    }
    Some(cost)
}

/// Inlines calls in a function. Says whether it did.
pub fn run(context: &Context, module: &Module, func: &mut Function) -> bool {
    let mut changed = false;
    let mut size: usize = func.blocks().map(|b| func.block(b).insts.len()).sum();
    let mut work: Vec<Block> = func.blocks().collect();
    while let Some(block) = work.pop() {
        let Some((index, callee)) = find_call(context, module, func, block, size) else { continue };
        changed = true;
        size += module[callee].inst_count();
        // What follows the call is looked at next; the inlined body has been through this in its own right.
        work.push(inline(module, func, block, index, callee));
    }
    changed
}

/// The first call in a block that is worth inlining.
fn find_call(context: &Context, module: &Module, func: &Function, block: Block, size: usize) -> Option<(usize, FuncId)> {
    let data = func.block(block);
    // Ways to a panic are not worth the space.
    let cold = matches!(data.term, Terminator::Unreachable);
    data.insts.iter().enumerate().find_map(|(i, inst)| {
        let Op::Call { func: name, .. } = func.op(*inst) else { return None };
        let id = module.func(name)?;
        let cost = context.inline_cost[id.index()]?;
        if name == func.name || module[id].block_count() == 0 {
            return None;
        }
        let gives_function = func.args(*inst).iter().any(|v| matches!(func.def_op(*v), Some(Op::FuncAddr(_) | Op::New { .. } | Op::SlotAddr(_))));
        let budget = if cold || size > BIG_CALLER {
            TINY
        } else if gives_function && context.calls_param[id.index()] {
            BUDGET + CLOSURE_BONUS
        } else {
            BUDGET
        };
        (cost <= budget).then_some((i, id))
    })
}

/// Whether a function calls through one of its parameters.
pub fn calls_param(func: &Function) -> bool {
    func.blocks().any(|block| {
        func.block(block).insts.iter().any(|inst| match func.op(*inst) {
            Op::CallClosure { .. } | Op::CallInterface { .. } => func.params().contains(&func.args(*inst)[0]),
            _ => false,
        })
    })
}

/// Puts a callee's body in place of a call; gives the block of what follows.
fn inline(module: &Module, func: &mut Function, block: Block, index: usize, callee: FuncId) -> Block {
    let body = &module[callee];
    let call = func.block(block).insts[index];
    let call_loc = func.loc(call);

    // The inline tree: one node for this call, then the callee's own nodes.
    func.inlines.push(InlinedCall { func: body.name, call: call_loc });
    let node = func.inlines.len() as u32;
    let place = |loc: SrcLoc| SrcLoc { inline: node + loc.inline, ..loc };
    for inner in &body.inlines {
        func.inlines.push(InlinedCall { func: inner.func, call: place(inner.call) });
    }

    let first_slot = func.slots.len() as u32;
    func.slots.extend(body.slots.iter().cloned());

    let after = func.cut_out(block, index);
    let mut copy = Copy { values: vec![Value(u32::MAX); body.value_count()], blocks: vec![after; body.block_count()] };
    for (param, arg) in body.params().iter().zip(func.args(call).to_vec()) {
        copy.values[param.index()] = arg;
    }
    for b in body.blocks() {
        copy.blocks[b.index()] = if b == body.entry { block } else { func.add_block() };
    }
    for b in body.blocks() {
        if b != body.entry {
            for p in &body.block(b).params {
                copy.values[p.index()] = func.add_param(copy.blocks[b.index()], body.ty(*p));
            }
        }
    }
    // Definitions first, then operands: a use may stand before its definition in the order of blocks.
    let mut made: Vec<(Inst, Inst)> = Vec::with_capacity(body.inst_count());
    for b in body.blocks() {
        for inst in &body.block(b).insts {
            let types: Vec<_> = body.results(*inst).map(|v| body.ty(v)).collect();
            let op = match body.op(*inst) {
                Op::SlotAddr(slot) => Op::SlotAddr(Slot(first_slot + slot.0)),
                // What was constant in the callee's closure may be written anew here: it may be made in a loop.
                Op::Load { mem, offset, .. } if body.attrs.closure && body.args(*inst)[0] == body.params()[0] => {
                    Op::Load { mem, offset, invariant: false }
                }
                op => op,
            };
            let new = func.push_inst(copy.blocks[b.index()], op, &[], &types, place(body.loc(*inst)));
            for (from, to) in body.results(*inst).zip(func.results(new)) {
                copy.values[from.index()] = to;
            }
            made.push((*inst, new));
        }
    }
    for (from, to) in made {
        let args = copy.list(body.args(from));
        func.replace_op(to, func.op(to), &args);
    }
    for b in body.blocks() {
        let term = match &body.block(b).term {
            Terminator::Return(list) => {
                let args = copy.list(body.list(*list));
                Terminator::Jump(func.edge(after, &args))
            }
            Terminator::Jump(edge) => Terminator::Jump(copy.edge(func, body, *edge)),
            Terminator::Branch { cond, then, other } => {
                Terminator::Branch { cond: copy.values[cond.index()], then: copy.edge(func, body, *then), other: copy.edge(func, body, *other) }
            }
            Terminator::Switch { value, cases, default } => Terminator::Switch {
                value: copy.values[value.index()],
                cases: cases.iter().map(|c| crate::ir::Case { value: c.value, edge: copy.edge(func, body, c.edge) }).collect(),
                default: copy.edge(func, body, *default),
            },
            Terminator::Unreachable => Terminator::Unreachable,
            Terminator::None => continue,
        };
        let loc = place(body.block(b).term_loc);
        let data = func.block_mut(copy.blocks[b.index()]);
        data.term = term;
        data.term_loc = loc;
    }
    after
}

/// The caller's names of the callee's values and blocks.
struct Copy {
    values: Vec<Value>,
    blocks: Vec<Block>,
}

impl Copy {
    fn list(&self, values: &[Value]) -> Vec<Value> {
        values.iter().map(|v| self.values[v.index()]).collect()
    }

    fn edge(&self, func: &mut Function, body: &Function, edge: Edge) -> Edge {
        let args = self.list(body.list(edge.args));
        func.edge(self.blocks[edge.block.index()], &args)
    }
}
