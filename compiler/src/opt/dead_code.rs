//! Removes instructions whose results nobody needs, block parameters nobody reads, and objects that are only written.

use crate::ir::hash::FastSet;
use crate::ir::{Block, Cfg, Def, Function, Inst, Op, Value};

/// Runs over a function. Says whether anything changed.
pub fn run(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let write_only = WriteOnly::find(func, &cfg);
    let mut live = Live { values: vec![false; func.value_count()], work: Vec::new() };
    for block in &cfg.order {
        for inst in &func.block(*block).insts {
            if func.op(*inst).effects().pinned && !write_only.is_dead(func, *inst) {
                func.args(*inst).iter().for_each(|v| live.mark(*v));
            }
        }
        let term = &func.block(*block).term;
        match term {
            crate::ir::Terminator::Branch { cond, .. } => live.mark(*cond),
            crate::ir::Terminator::Switch { value, .. } => live.mark(*value),
            crate::ir::Terminator::Return(list) => func.list(*list).iter().for_each(|v| live.mark(*v)),
            _ => {}
        }
    }
    func.params().iter().for_each(|v| live.mark(*v));
    while let Some(value) = live.work.pop() {
        match func.def(value) {
            Def::Result(inst, _) => func.args(inst).iter().for_each(|v| live.mark(*v)),
            Def::Param(block, index) => {
                for pred in cfg.preds(block) {
                    for edge in func.block(*pred).term.edges().filter(|e| e.block == block) {
                        live.mark(func.list(edge.args)[index as usize]);
                    }
                }
            }
        }
    }
    sweep(func, &cfg, &live, &write_only)
}

struct Live {
    values: Vec<bool>,
    work: Vec<Value>,
}

impl Live {
    fn mark(&mut self, v: Value) {
        if !std::mem::replace(&mut self.values[v.index()], true) {
            self.work.push(v);
        }
    }
}

fn sweep(func: &mut Function, cfg: &Cfg, live: &Live, write_only: &WriteOnly) -> bool {
    let mut changed = false;
    for block in &cfg.order {
        let mut insts = std::mem::take(&mut func.block_mut(*block).insts);
        let before = insts.len();
        insts.retain(|inst| {
            let pinned = func.op(*inst).effects().pinned;
            if pinned { !write_only.is_dead(func, *inst) } else { func.results(*inst).any(|v| live.values[v.index()]) }
        });
        changed |= insts.len() != before;
        func.block_mut(*block).insts = insts;
    }
    for block in &cfg.order {
        let params = func.block(*block).params.clone();
        if params.iter().all(|p| live.values[p.index()]) {
            continue;
        }
        changed = true;
        let keep: Vec<bool> = params.iter().map(|p| live.values[p.index()]).collect();
        drop_params(func, cfg, *block, &keep);
    }
    changed
}

/// Removes the parameters of a block that are not kept, and the arguments on its edges.
pub fn drop_params(func: &mut Function, cfg: &Cfg, block: Block, keep: &[bool]) {
    let kept: Vec<Value> = func.block(block).params.iter().zip(keep).filter(|(_, k)| **k).map(|(p, _)| *p).collect();
    for (i, p) in kept.iter().enumerate() {
        func.set_def(*p, Def::Param(block, i as u32));
    }
    func.block_mut(block).params = kept;
    let mut preds = cfg.preds(block).to_vec();
    preds.dedup();
    preds.sort_unstable();
    preds.dedup();
    for pred in preds {
        let mut term = std::mem::take(&mut func.block_mut(pred).term);
        term.for_each_edge_mut(|edge| {
            if edge.block == block {
                let args: Vec<Value> = func.list(edge.args).iter().zip(keep).filter(|(_, k)| **k).map(|(v, _)| *v).collect();
                edge.args = func.add_list(&args);
            }
        });
        func.block_mut(pred).term = term;
    }
}

/// Slots and new objects that nothing reads: their addresses are only used to write into them.
struct WriteOnly {
    addresses: FastSet<Value>,
}

impl WriteOnly {
    fn find(func: &Function, cfg: &Cfg) -> WriteOnly {
        // Address value -> its origin (the value of the SlotAddr or New).
        let mut origin = crate::ir::hash::FastMap::<Value, u32>::default();
        let mut slot_origin = vec![u32::MAX; func.slots.len()];
        let mut used: Vec<bool> = Vec::new();
        for block in &cfg.order {
            for inst in &func.block(*block).insts {
                let args = func.args(*inst);
                match func.op(*inst) {
                    Op::SlotAddr(slot) => {
                        let id = &mut slot_origin[slot.index()];
                        if *id == u32::MAX {
                            *id = used.len() as u32;
                            used.push(func[slot].volatile);
                        }
                        origin.insert(func.result(*inst), *id);
                        continue;
                    }
                    Op::New { .. } => {
                        origin.insert(func.result(*inst), used.len() as u32);
                        used.push(false);
                        continue;
                    }
                    Op::PtrAdd(_) | Op::PtrIndex(_) => {
                        if let Some(id) = origin.get(&args[0]).copied() {
                            origin.insert(func.result(*inst), id);
                        }
                        continue;
                    }
                    _ => {}
                }
                for (i, arg) in args.iter().enumerate() {
                    let Some(id) = origin.get(arg).copied() else { continue };
                    let only_written = match func.op(*inst) {
                        Op::Store { .. } | Op::MemCopy { .. } | Op::MemMove => i == 0,
                        Op::MemZero { .. } | Op::MemClear | Op::NilCheck => true,
                        _ => false,
                    };
                    used[id as usize] |= !only_written;
                }
            }
            func.for_each_term_use(*block, |v| {
                if let Some(id) = origin.get(&v) {
                    used[*id as usize] = true;
                }
            });
        }
        WriteOnly { addresses: origin.into_iter().filter(|(_, id)| !used[*id as usize]).map(|(v, _)| v).collect() }
    }

    /// Whether an instruction only writes into such an object.
    fn is_dead(&self, func: &Function, inst: Inst) -> bool {
        match func.op(inst) {
            Op::Store { .. } | Op::MemCopy { .. } | Op::MemMove | Op::MemZero { .. } | Op::MemClear | Op::NilCheck => {
                self.addresses.contains(&func.args(inst)[0])
            }
            _ => false,
        }
    }
}
