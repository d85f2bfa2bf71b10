//! Who calls whom, and which functions are on cycles.
//!
//! Edges are direct calls. Calls through closures, itabs and table indices have unknown callees; a function that makes one says so.

use super::inst::Op;
use super::module::Module;
use super::value::{FuncId, Symbol};

/// Direct calls between the functions of a module, with its strongly connected components.
pub struct CallGraph {
    /// Distinct direct callees that the module defines.
    pub callees: Vec<Vec<FuncId>>,
    /// The function makes calls whose callee is not known.
    pub calls_unknown: Vec<bool>,
    /// Components, callees before callers.
    pub components: Vec<Vec<FuncId>>,
    /// Index into `components`.
    pub component_of: Vec<u32>,
}

impl CallGraph {
    /// Edges are direct calls.
    pub fn new(module: &Module) -> CallGraph {
        CallGraph::of(module, false)
    }

    /// Edges are direct calls, mentions of a function's address (closures it makes) and what calls of interface methods may reach if that is
    /// little: the order for optimisation.
    pub fn with_references(module: &Module) -> CallGraph {
        CallGraph::of(module, true)
    }

    fn of(module: &Module, references: bool) -> CallGraph {
        let count = module.funcs.len();
        let mut callees = Vec::with_capacity(count);
        let mut calls_unknown = vec![false; count];
        let mut last_caller = vec![u32::MAX; count];
        for (i, func) in module.funcs.iter().enumerate() {
            let mut list = Vec::new();
            for block in func.blocks() {
                for inst in &func.block(block).insts {
                    let op = func.op(*inst);
                    let mut add = |callee: Symbol| {
                        if let Some(id) = module.func(callee)
                            && std::mem::replace(&mut last_caller[id.index()], i as u32) != i as u32
                        {
                            list.push(id);
                        }
                    };
                    match op {
                        Op::FuncAddr(_) | Op::TableIndex(_) if !references => {}
                        Op::Call { func: callee, .. } | Op::FuncAddr(callee) | Op::TableIndex(callee) => {
                            add(callee);
                        }
                        Op::CallInterface { family, .. } => {
                            calls_unknown[i] = true;
                            if references {
                                module.families.get(&family).into_iter().flatten().for_each(|f| add(*f));
                            }
                        }
                        Op::CallClosure { .. } | Op::CallIndirect { .. } => calls_unknown[i] = true,
                        _ => {}
                    }
                }
            }
            callees.push(list);
        }
        let (components, component_of) = components(&callees);
        CallGraph { callees, calls_unknown, components, component_of }
    }

    /// Whether a function can reach itself by direct calls.
    pub fn is_recursive(&self, func: FuncId) -> bool {
        self.components[self.component_of[func.index()] as usize].len() > 1 || self.callees[func.index()].contains(&func)
    }
}

/// Tarjan's algorithm without recursion; components come out callees first.
fn components(edges: &[Vec<FuncId>]) -> (Vec<Vec<FuncId>>, Vec<u32>) {
    const NEW: u32 = u32::MAX;
    let count = edges.len();
    let (mut index, mut low) = (vec![NEW; count], vec![0u32; count]);
    let mut component_of = vec![NEW; count];
    let mut result: Vec<Vec<FuncId>> = Vec::new();
    let (mut stack, mut path): (Vec<u32>, Vec<(u32, usize)>) = (Vec::new(), Vec::new());
    let mut clock = 0;
    for start in 0..count as u32 {
        if index[start as usize] != NEW {
            continue;
        }
        path.push((start, 0));
        while let Some((at, next)) = path.last_mut() {
            let (at, n) = (*at, *next);
            if n == 0 {
                index[at as usize] = clock;
                low[at as usize] = clock;
                clock += 1;
                stack.push(at);
            }
            if let Some(callee) = edges[at as usize].get(n) {
                *next += 1;
                let callee = callee.0;
                if index[callee as usize] == NEW {
                    path.push((callee, 0));
                } else if component_of[callee as usize] == NEW {
                    low[at as usize] = low[at as usize].min(index[callee as usize]);
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[*parent as usize] = low[*parent as usize].min(low[at as usize]);
            }
            if low[at as usize] == index[at as usize] {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    component_of[member as usize] = result.len() as u32;
                    component.push(FuncId(member));
                    if member == at {
                        break;
                    }
                }
                result.push(component);
            }
        }
    }
    (result, component_of)
}
