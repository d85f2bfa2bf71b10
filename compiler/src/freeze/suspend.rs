//! Which functions may suspend the goroutine that calls them, and which lie on cycles of the call graph.
//!
//! A failing check counts: a panic freezes the goroutine, so every caller has to look. What remains are small leaf functions.

use crate::ir::{Function, Module, Op, Symbol};
use warren_abi::entry::{ENTRIES, Suspend};

/// What is known of the functions of a module, by index.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    pub may_suspend: Vec<bool>,
    /// Poll at entry: the function lies on a cycle of direct calls, or calls through pointers and can come back to itself that way.
    pub poll_entry: Vec<bool>,
}

/// Whether the operation by itself, apart from a direct callee, may suspend.
fn suspends(op: Op) -> bool {
    match op {
        Op::CallClosure { .. } | Op::CallInterface { .. } | Op::CallIndirect { .. } | Op::New { .. } | Op::Poll => true,
        Op::NilCheck | Op::BoundsCheck { .. } | Op::DivCheck | Op::ShiftCheck => true,
        Op::CallRt(entry) => ENTRIES[entry as usize].suspend != Suspend::Never,
        _ => false,
    }
}

fn operations(func: &Function) -> impl Iterator<Item = Op> + '_ {
    func.blocks().flat_map(|block| func.block(block).insts.iter().map(|&inst| func.op(inst)))
}

/// Analyses a module. `polls` says whether a function has a loop that polls.
pub fn analyse(module: &Module, has_loop: &[bool]) -> Calls {
    let count = module.funcs.len();
    let callees: Vec<Vec<Symbol>> = module
        .funcs
        .iter()
        .map(|func| {
            let mut list: Vec<Symbol> = operations(func).filter_map(|op| if let Op::Call { func, .. } = op { Some(func) } else { None }).collect();
            list.sort();
            list.dedup();
            list
        })
        .collect();
    let mut edges: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut callers: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (caller, list) in callees.iter().enumerate() {
        for &symbol in list {
            if let Some(callee) = module.func(symbol) {
                edges[caller].push(callee.0);
                callers[callee.index()].push(caller as u32);
            }
        }
    }
    let indirect: Vec<bool> = module
        .funcs
        .iter()
        .map(|func| operations(func).any(|op| matches!(op, Op::CallClosure { .. } | Op::CallInterface { .. } | Op::CallIndirect { .. })))
        .collect();

    let components = components(&edges);
    let mut size = vec![0u32; count];
    for &component in &components {
        size[component as usize] += 1;
    }
    let on_cycle: Vec<bool> = (0..count).map(|f| size[components[f] as usize] > 1 || edges[f].contains(&(f as u32))).collect();
    let poll_entry: Vec<bool> = (0..count).map(|f| (on_cycle[f] || indirect[f]) && !module.funcs[f].attrs.nosplit).collect();

    let mut may_suspend: Vec<bool> = vec![false; count];
    let mut work: Vec<u32> = Vec::new();
    for (index, func) in module.funcs.iter().enumerate() {
        if has_loop[index] || poll_entry[index] || operations(func).any(suspends) {
            may_suspend[index] = true;
            work.push(index as u32);
        }
    }
    while let Some(callee) = work.pop() {
        for &caller in &callers[callee as usize] {
            if !std::mem::replace(&mut may_suspend[caller as usize], true) {
                work.push(caller);
            }
        }
    }
    Calls { may_suspend, poll_entry }
}

/// Strongly connected components (Tarjan): a component number for each node.
pub fn components(edges: &[Vec<u32>]) -> Vec<u32> {
    const UNSEEN: u32 = u32::MAX;
    let count = edges.len();
    let mut index = vec![UNSEEN; count];
    let mut low = vec![0u32; count];
    let mut on_stack = vec![false; count];
    let mut component = vec![UNSEEN; count];
    let mut stack: Vec<u32> = Vec::new();
    let mut next = 0;
    let mut found = 0;
    // Node and the edge to look at next.
    let mut path: Vec<(u32, usize)> = Vec::new();
    for start in 0..count as u32 {
        if index[start as usize] != UNSEEN {
            continue;
        }
        path.push((start, 0));
        while let Some(&mut (node, ref mut edge)) = path.last_mut() {
            let n = node as usize;
            if *edge == 0 && index[n] == UNSEEN {
                index[n] = next;
                low[n] = next;
                next += 1;
                stack.push(node);
                on_stack[n] = true;
            }
            if let Some(&target) = edges[n].get(*edge) {
                *edge += 1;
                let t = target as usize;
                if index[t] == UNSEEN {
                    path.push((target, 0));
                } else if on_stack[t] {
                    low[n] = low[n].min(index[t]);
                }
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                low[parent as usize] = low[parent as usize].min(low[n]);
            }
            if low[n] == index[n] {
                while let Some(member) = stack.pop() {
                    on_stack[member as usize] = false;
                    component[member as usize] = found;
                    if member == node {
                        break;
                    }
                }
                found += 1;
            }
        }
    }
    component
}
