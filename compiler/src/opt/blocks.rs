//! Cleans up the control flow graph: joins blocks in a row, skips empty ones, threads jumps through blocks that only test what the edge
//! passes, and drops branches that do not choose.

use crate::ir::hash::FastMap;
use crate::ir::ssa::remove_unreachable;
use crate::ir::{BinOp, Block, Cfg, Edge, Function, Inst, Op, Terminator, Value};

/// Runs over a function. Says whether anything changed.
pub fn run(func: &mut Function) -> bool {
    remove_unreachable(func);
    let mut changed = same_params(func);
    // Each round makes the graph smaller or paths shorter; two do nearly all there is.
    for _ in 0..3 {
        let mut again = skip_empty(func);
        again |= thread_jumps(func);
        again |= same_targets(func);
        remove_unreachable(func);
        again |= join(func);
        changed |= again;
        if !again {
            break;
        }
    }
    changed
}

/// What may be computed although it is not needed, to save a branch.
const MAX_SPECULATED: usize = 2;
/// Values chosen by one branch; more are cheaper to jump around.
const MAX_SELECTED: usize = 2;

/// Makes selections of branches whose ways do next to nothing before they meet. Says whether anything changed.
pub fn select(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let mut changed = false;
    // From the end, so that inner decisions come before outer ones.
    for block in cfg.order.iter().rev() {
        let Terminator::Branch { cond, then, other } = func.block(*block).term else { continue };
        // A way that leads through a block of its own, with little in it.
        let through = |edge: Edge, func: &Function| {
            let data = func.block(edge.block);
            let small = data.insts.len() <= MAX_SPECULATED && data.insts.iter().all(|i| is_cheap(func, *i));
            match data.term {
                Terminator::Jump(next) if small && data.params.is_empty() && cfg.preds(edge.block).len() == 1 && next.block != edge.block => {
                    Some(next)
                }
                _ => None,
            }
        };
        let (a, b) = (through(then, func), through(other, func));
        let (first, second) = match (a, b) {
            _ if then.block == other.block => (then, other),
            (Some(x), Some(y)) if x.block == y.block => (x, y),
            (Some(x), _) if x.block == other.block => (x, other),
            (_, Some(y)) if y.block == then.block => (then, y),
            _ => continue,
        };
        let (x, y) = (func.list(first.args).to_vec(), func.list(second.args).to_vec());
        let differ: Vec<usize> = (0..x.len()).filter(|i| x[*i] != y[*i]).collect();
        if differ.len() > MAX_SELECTED || differ.iter().any(|i| func.ty(x[*i]).is_float()) {
            continue;
        }
        changed = true;
        for (edge, joint) in [(then, first), (other, second)] {
            if edge != joint {
                let insts = std::mem::take(&mut func.block_mut(edge.block).insts);
                func.block_mut(*block).insts.extend(insts);
            }
        }
        let loc = func.block(*block).term_loc;
        let mut args = x.clone();
        for i in differ {
            let ty = func.ty(x[i]);
            let inst = func.push_inst(*block, Op::Select(ty), &[cond, x[i], y[i]], &[ty], loc);
            args[i] = func.result(inst);
        }
        let edge = func.edge(first.block, &args);
        func.block_mut(*block).term = Terminator::Jump(edge);
    }
    if changed {
        remove_unreachable(func);
    }
    changed
}

/// Operations that cost no more than the branch around them, and cannot fail.
fn is_cheap(func: &Function, inst: Inst) -> bool {
    let op = func.op(inst);
    op.is_pure() && !matches!(op, Op::Bin(BinOp::Mul | BinOp::MulHiU, _) | Op::Un(..)) && func.results(inst).all(|v| !func.ty(v).is_float())
}

/// Replaces values by others in one pass over the function, following chains.
fn rename(func: &mut Function, map: &[(Value, Value)]) {
    if map.is_empty() {
        return;
    }
    let mut alias: Vec<Value> = (0..func.value_count() as u32).map(Value).collect();
    for (from, to) in map {
        alias[from.index()] = *to;
    }
    func.map_uses(|v| {
        let mut v = v;
        while alias[v.index()] != v {
            v = alias[v.index()];
        }
        v
    });
}

/// Appends blocks to their only predecessor if that only jumps to them.
fn join(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let mut map = Vec::new();
    // A block that was appended to another lives on there.
    let mut home: Vec<Block> = func.blocks().collect();
    for block in &cfg.order {
        let Terminator::Jump(edge) = func.block(*block).term else { continue };
        // Follow from the block that the current one was appended to.
        let mut at = *block;
        while home[at.index()] != at {
            at = home[at.index()];
        }
        if at != *block {
            continue;
        }
        let mut edge = edge;
        loop {
            let next = edge.block;
            if cfg.preds(next).len() != 1 || func.roots().any(|r| r == next) || next == at {
                break;
            }
            let args = func.list(edge.args).to_vec();
            let data = std::mem::take(func.block_mut(next));
            map.extend(data.params.iter().copied().zip(args));
            home[next.index()] = at;
            let into = func.block_mut(at);
            into.insts.extend(data.insts);
            into.term = data.term;
            into.term_loc = data.term_loc;
            match into.term {
                Terminator::Jump(e) => edge = e,
                _ => break,
            }
        }
    }
    rename(func, &map);
    !map.is_empty() || home.iter().enumerate().any(|(i, b)| b.index() != i)
}

/// How often each value is used outside of a block's own terminator and by whom is not needed: only whether a block's parameters are used
/// anywhere but in its terminator.
fn params_stay_inside(func: &Function, uses: &[u32], block: Block) -> bool {
    let mut inside: Vec<Value> = Vec::new();
    func.for_each_term_use(block, |v| inside.push(v));
    func.block(block).params.iter().all(|p| uses[p.index()] as usize == inside.iter().filter(|v| *v == p).count())
}

fn count_uses(func: &Function) -> Vec<u32> {
    let mut uses = vec![0u32; func.value_count()];
    for block in func.blocks() {
        for inst in &func.block(block).insts {
            for v in func.args(*inst) {
                uses[v.index()] += 1;
            }
        }
        func.for_each_term_use(block, |v| uses[v.index()] += 1);
    }
    uses
}

/// Lets edges to an empty block that only jumps go to its target.
fn skip_empty(func: &mut Function) -> bool {
    let uses = count_uses(func);
    let mut target: Vec<Option<Edge>> = vec![None; func.block_count()];
    for block in func.blocks() {
        let data = func.block(block);
        if let Terminator::Jump(edge) = data.term
            && data.insts.is_empty()
            && edge.block != block
            && !func.roots().any(|r| r == block)
            && params_stay_inside(func, &uses, block)
        {
            target[block.index()] = Some(edge);
        }
    }
    retarget(func, |func, _, edge| {
        let forward = target[edge.block.index()]?;
        Some(substitute(func, *edge, forward))
    })
}

/// Lets edges that pass a constant to a block that only tests it go where the test leads.
fn thread_jumps(func: &mut Function) -> bool {
    let uses = count_uses(func);
    let testing: Vec<bool> = func
        .blocks()
        .map(|block| {
            let data = func.block(block);
            let tests_param = match &data.term {
                Terminator::Branch { cond, .. } => data.params.contains(cond),
                Terminator::Switch { value, .. } => data.params.contains(value),
                _ => false,
            };
            tests_param && data.insts.is_empty() && !func.roots().any(|r| r == block) && params_stay_inside(func, &uses, block)
        })
        .collect();
    retarget(func, |func, _, edge| {
        if !testing[edge.block.index()] {
            return None;
        }
        let data = func.block(edge.block);
        let passed = |v: Value| {
            let index = data.params.iter().position(|p| *p == v)?;
            func.as_const(func.list(edge.args)[index])
        };
        let onward = match &data.term {
            Terminator::Branch { cond, then, other } => {
                if passed(*cond)? != 0 {
                    *then
                } else {
                    *other
                }
            }
            Terminator::Switch { value, cases, default } => {
                let n = passed(*value)?;
                cases.iter().find(|c| c.value == n).map_or(*default, |c| c.edge)
            }
            _ => return None,
        };
        (onward.block != edge.block).then(|| substitute(func, *edge, onward))
    })
}

/// The arguments of `onward` as seen from an edge into its block.
fn substitute(func: &Function, edge: Edge, onward: Edge) -> (Block, Vec<Value>) {
    let params = &func.block(edge.block).params;
    let args = func
        .list(onward.args)
        .iter()
        .map(|v| match params.iter().position(|p| p == v) {
            Some(i) => func.list(edge.args)[i],
            None => *v,
        })
        .collect();
    (onward.block, args)
}

/// Applies a change to every edge.
fn retarget(func: &mut Function, mut change: impl FnMut(&Function, Block, &Edge) -> Option<(Block, Vec<Value>)>) -> bool {
    let mut changed = false;
    for block in func.blocks() {
        if matches!(func.block(block).term, Terminator::None) {
            continue;
        }
        let edges: Vec<Edge> = func.block(block).term.edges().collect();
        let new: Vec<Option<(Block, Vec<Value>)>> = edges.iter().map(|e| change(func, block, e)).collect();
        if new.iter().all(Option::is_none) {
            continue;
        }
        changed = true;
        let mut new = new.into_iter();
        let mut term = std::mem::take(&mut func.block_mut(block).term);
        term.for_each_edge_mut(|edge| {
            if let Some(Some((target, args))) = new.next() {
                *edge = func.edge(target, &args);
            }
        });
        func.block_mut(block).term = term;
    }
    changed
}

/// Merges parameters of a block that get the same arguments on every edge.
fn same_params(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let mut map = Vec::new();
    for block in &cfg.order {
        let params = &func.block(*block).params;
        if params.len() < 2 || func.roots().any(|r| r == *block) {
            continue;
        }
        let mut preds = cfg.preds(*block).to_vec();
        preds.sort_unstable();
        preds.dedup();
        let edges: Vec<&[Value]> =
            preds.iter().flat_map(|p| func.block(*p).term.edges().filter(|e| e.block == *block).map(|e| func.list(e.args))).collect();
        let mut first: FastMap<Vec<Value>, Value> = FastMap::default();
        for (i, param) in params.iter().enumerate() {
            let args: Vec<Value> = edges.iter().map(|list| list[i]).collect();
            match first.get(&args) {
                Some(same) => map.push((*param, *same)),
                None => {
                    first.insert(args, *param);
                }
            }
        }
    }
    rename(func, &map);
    !map.is_empty()
}

/// Makes a jump of a branch or switch whose edges are all the same.
fn same_targets(func: &mut Function) -> bool {
    let mut changed = false;
    for block in func.blocks() {
        let mut edges = func.block(block).term.edges();
        let Some(first) = edges.next() else { continue };
        let same = |e: Edge| e.block == first.block && func.list(e.args) == func.list(first.args);
        if !matches!(func.block(block).term, Terminator::Jump(_)) && edges.all(same) {
            func.block_mut(block).term = Terminator::Jump(first);
            changed = true;
        }
    }
    changed
}
