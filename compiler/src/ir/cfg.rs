//! Analyses of the control flow graph: order, predecessors, dominators, loops.
//!
//! Each is computed from a [`Function`] as it stands and knows nothing of later changes. A function with a recover block has two roots;
//! they hang under a virtual root that is no block, so that a block reachable from both is dominated by neither ([`Dominators::idom`] is `None`).

use super::func::Function;
use super::value::Block;

const NONE: u32 = u32::MAX;

/// Reverse postorder and predecessors of the reachable blocks.
pub struct Cfg {
    /// Reachable blocks in reverse postorder: the entry first, predecessors before successors but for back edges.
    pub order: Vec<Block>,
    /// Position in `order`; `u32::MAX` if unreachable.
    position: Vec<u32>,
    pred_start: Vec<u32>,
    pred_list: Vec<Block>,
}

impl Cfg {
    pub fn new(func: &Function) -> Cfg {
        let count = func.block_count();
        let mut position = vec![NONE; count];
        let mut postorder: Vec<Block> = Vec::with_capacity(count);
        let mut visited = vec![false; count];
        // The recover block is walked first so that the entry comes first in reverse.
        let mut roots: Vec<Block> = func.roots().collect();
        roots.reverse();
        let mut stack: Vec<(Block, Vec<Block>)> = Vec::new();
        for root in roots {
            if std::mem::replace(&mut visited[root.index()], true) {
                continue;
            }
            stack.push((root, func.successors(root).collect()));
            while let Some((block, rest)) = stack.last_mut() {
                // The last successor is walked first, so that the first one comes first in the order.
                match rest.pop() {
                    Some(next) => {
                        if !std::mem::replace(&mut visited[next.index()], true) {
                            stack.push((next, func.successors(next).collect()));
                        }
                    }
                    None => {
                        postorder.push(*block);
                        stack.pop();
                    }
                }
            }
        }
        postorder.reverse();
        for (i, block) in postorder.iter().enumerate() {
            position[block.index()] = i as u32;
        }
        let mut pred_start = vec![0u32; count + 1];
        for block in &postorder {
            for next in func.successors(*block) {
                pred_start[next.index() + 1] += 1;
            }
        }
        for i in 0..count {
            pred_start[i + 1] += pred_start[i];
        }
        let mut fill = pred_start.clone();
        let mut pred_list = vec![Block(0); pred_start[count] as usize];
        for block in &postorder {
            for next in func.successors(*block) {
                pred_list[fill[next.index()] as usize] = *block;
                fill[next.index()] += 1;
            }
        }
        Cfg { order: postorder, position, pred_start, pred_list }
    }

    pub fn is_reachable(&self, block: Block) -> bool {
        self.position[block.index()] != NONE
    }

    /// Position of a reachable block in `order`.
    pub fn position(&self, block: Block) -> usize {
        self.position[block.index()] as usize
    }

    /// Reachable predecessors, one for each edge.
    pub fn preds(&self, block: Block) -> &[Block] {
        &self.pred_list[self.pred_start[block.index()] as usize..self.pred_start[block.index() + 1] as usize]
    }
}

/// The dominator tree (Cooper, Harvey and Kennedy's algorithm).
pub struct Dominators {
    idom: Vec<Option<Block>>,
    children: Vec<Vec<Block>>,
    /// Roots of the forest under the virtual root, in the order of the graph.
    tops: Vec<Block>,
    /// Numbers of a walk of the tree: `a` dominates `b` if `enter[a] <= enter[b] && leave[b] <= leave[a]`.
    enter: Vec<u32>,
    leave: Vec<u32>,
}

impl Dominators {
    pub fn new(func: &Function, cfg: &Cfg) -> Dominators {
        let count = func.block_count();
        let n = cfg.order.len();
        // Position 0 is the virtual root, position i + 1 is order[i].
        let mut idom = vec![NONE; n + 1];
        idom[0] = 0;
        let is_root = |b: Block| func.roots().any(|r| r == b);
        let mut changed = true;
        while changed {
            changed = false;
            for (i, block) in cfg.order.iter().enumerate() {
                let mut new = if is_root(*block) { 0 } else { NONE };
                for pred in cfg.preds(*block) {
                    let p = cfg.position(*pred) as u32 + 1;
                    if idom[p as usize] == NONE {
                        continue;
                    }
                    new = if new == NONE { p } else { intersect(&idom, p, new) };
                }
                if idom[i + 1] != new {
                    idom[i + 1] = new;
                    changed = true;
                }
            }
        }
        let mut tree = Dominators {
            idom: vec![None; count],
            children: vec![Vec::new(); count],
            tops: Vec::new(),
            enter: vec![NONE; count],
            leave: vec![0; count],
        };
        for (i, block) in cfg.order.iter().enumerate() {
            match idom[i + 1] {
                0 => tree.tops.push(*block),
                p => {
                    let parent = cfg.order[p as usize - 1];
                    tree.idom[block.index()] = Some(parent);
                    tree.children[parent.index()].push(*block);
                }
            }
        }
        let mut clock = 0;
        let mut stack: Vec<(Block, usize)> = Vec::new();
        for top in &tree.tops {
            stack.push((*top, 0));
            while let Some((block, next)) = stack.last_mut() {
                let block = *block;
                if *next == 0 {
                    tree.enter[block.index()] = clock;
                    clock += 1;
                }
                if let Some(child) = tree.children[block.index()].get(*next) {
                    *next += 1;
                    stack.push((*child, 0));
                    continue;
                }
                tree.leave[block.index()] = clock;
                clock += 1;
                stack.pop();
            }
        }
        tree
    }

    /// Immediate dominator; `None` for roots and for blocks that only the virtual root dominates.
    pub fn idom(&self, block: Block) -> Option<Block> {
        self.idom[block.index()]
    }

    /// Blocks immediately dominated by a block, in the order of the graph.
    pub fn children(&self, block: Block) -> &[Block] {
        &self.children[block.index()]
    }

    /// Blocks without a dominator but themselves, in the order of the graph.
    pub fn tops(&self) -> &[Block] {
        &self.tops
    }

    /// Whether every path from a root to `b` goes through `a` (true for `a == b`).
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        self.enter[a.index()] != NONE
            && self.enter[b.index()] != NONE
            && self.enter[a.index()] <= self.enter[b.index()]
            && self.leave[b.index()] <= self.leave[a.index()]
    }

    /// All reachable blocks, each before those it dominates.
    pub fn preorder(&self) -> Vec<Block> {
        let mut order = Vec::with_capacity(self.enter.len());
        let mut stack: Vec<Block> = self.tops.iter().rev().copied().collect();
        while let Some(block) = stack.pop() {
            order.push(block);
            stack.extend(self.children(block).iter().rev());
        }
        order
    }
}

fn intersect(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = idom[a as usize];
        }
        while b > a {
            b = idom[b as usize];
        }
    }
    a
}

/// A natural loop.
pub struct Loop {
    pub header: Block,
    /// Index of the enclosing loop.
    pub parent: Option<u32>,
    /// 1 for an outermost loop.
    pub depth: u32,
    /// All blocks, those of inner loops included; the header comes first.
    pub blocks: Vec<Block>,
    /// Sources of the back edges.
    pub latches: Vec<Block>,
}

/// The loop forest. Cycles without a header that dominates them (made by goto) are not loops here; [`Loops::irreducible`] tells.
pub struct Loops {
    /// Outer loops before inner ones.
    pub loops: Vec<Loop>,
    innermost: Vec<u32>,
    /// Some cycle is not a natural loop.
    pub irreducible: bool,
}

impl Loops {
    pub fn new(func: &Function, cfg: &Cfg, dom: &Dominators) -> Loops {
        let mut result = Loops { loops: Vec::new(), innermost: vec![NONE; func.block_count()], irreducible: false };
        // Headers in the order of the graph: outer before inner.
        let mut header_of = vec![NONE; func.block_count()];
        for block in &cfg.order {
            for pred in cfg.preds(*block) {
                if cfg.position(*pred) < cfg.position(*block) {
                    continue;
                }
                if !dom.dominates(*block, *pred) {
                    result.irreducible = true;
                    continue;
                }
                if header_of[block.index()] == NONE {
                    header_of[block.index()] = result.loops.len() as u32;
                    result.loops.push(Loop { header: *block, parent: None, depth: 0, blocks: vec![*block], latches: Vec::new() });
                }
                result.loops[header_of[block.index()] as usize].latches.push(*pred);
            }
        }
        // Inner loops first: walk backwards from the latches; a block already in an inner loop stands for that whole loop.
        for index in (0..result.loops.len() as u32).rev() {
            let header = result.loops[index as usize].header;
            let mut work = result.loops[index as usize].latches.clone();
            while let Some(block) = work.pop() {
                if block == header && result.innermost[header.index()] == NONE {
                    result.innermost[header.index()] = index;
                    continue;
                }
                let mut inner = result.innermost[block.index()];
                if inner == NONE {
                    result.innermost[block.index()] = index;
                    if block != header {
                        work.extend(cfg.preds(block));
                    }
                    continue;
                }
                // Outermost loop known so far around the block.
                while let Some(parent) = result.loops[inner as usize].parent {
                    inner = parent;
                }
                if inner == index {
                    continue;
                }
                result.loops[inner as usize].parent = Some(index);
                work.extend(cfg.preds(result.loops[inner as usize].header));
            }
            if result.innermost[header.index()] == NONE {
                result.innermost[header.index()] = index;
            }
        }
        for i in 0..result.loops.len() {
            result.loops[i].depth = match result.loops[i].parent {
                Some(parent) => result.loops[parent as usize].depth + 1,
                None => 1,
            };
        }
        for block in &cfg.order {
            let mut at = result.innermost[block.index()];
            while at != NONE {
                if result.loops[at as usize].header != *block {
                    result.loops[at as usize].blocks.push(*block);
                }
                at = result.loops[at as usize].parent.unwrap_or(NONE);
            }
        }
        result
    }

    /// The innermost loop around a block.
    pub fn of(&self, block: Block) -> Option<u32> {
        let index = self.innermost[block.index()];
        (index != NONE).then_some(index)
    }

    /// How many loops surround a block.
    pub fn depth(&self, block: Block) -> u32 {
        self.of(block).map_or(0, |i| self.loops[i as usize].depth)
    }

    /// Whether a loop contains a block.
    pub fn contains(&self, index: u32, block: Block) -> bool {
        let mut at = self.of(block);
        while let Some(i) = at {
            if i == index {
                return true;
            }
            at = self.loops[i as usize].parent;
        }
        false
    }
}
