//! The graph of a copy of a function: blocks, cut at sites in the resume copy, made reducible.
//!
//! The fast copy has a node for each block. The resume copy begins with a dispatch on the number of the site, restores the locals that the
//! frame saved, and goes on behind the site; a block is cut behind each site that is resumed there. Such an entry may lead into the middle
//! of a loop; `goto` may too. A cycle with several entries gets a *select* node: all edges from outside to its entries, and all edges to
//! its first node, go there instead and say by a number in a local where they mean to go; being the only entry left, it becomes the header.
//!
//! The single copy is both: it begins with a look at whether it is called or thawed. Code outside loops is there once. Loops are entered at
//! their headers only, by calls and thawed frames alike, through a *gate* in front of the header, so that a loop is compiled as if nothing
//! could be thawed: a frame of a site inside a loop goes on in a second copy of the loop's code up to where it leaves the loop or comes to the
//! header.

use super::form::Form;
use super::loops::Loops;
use crate::freeze::suspend::components;
use crate::ir::{Block, Edge, Terminator};
use std::collections::{HashMap, HashSet};

/// What a node's code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Goes to the first successor if the copy is called, to the second if it is thawed.
    Entry,
    /// Prologue of a call.
    Fresh,
    /// Takes the frame that the caller left.
    Thaw,
    /// Jumps to the successor whose number is that of the frame's site.
    Dispatch,
    /// Loads the locals of a site.
    Restore(u32),
    /// Roots `from..to` of a block; `last`: and its terminator.
    Code { block: Block, from: u32, to: u32, last: bool },
    /// Nothing but the moves of its edge.
    Moves,
    /// Jumps to the successor whose number is in the selector.
    Select,
}

/// An edge of the graph.
#[derive(Clone, Copy, Debug)]
pub struct Arc {
    pub node: u32,
    /// Block parameters to be set.
    pub edge: Option<Edge>,
    /// What the selector is set to.
    pub selector: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub arcs: Vec<Arc>,
}

/// A graph; node 0 is the entry.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub selects: bool,
}

fn arc(node: u32) -> Arc {
    Arc { node, edge: None, selector: None }
}

impl Graph {
    fn add(&mut self, kind: NodeKind) -> u32 {
        self.nodes.push(Node { kind, arcs: Vec::new() });
        self.nodes.len() as u32 - 1
    }

    /// The graph of the fast copy.
    pub fn fast(form: &Form<'_>) -> Graph {
        let mut builder = Builder::new(form, Vec::new());
        builder.code(form.func.entry, 0, false);
        builder.finish()
    }

    /// The graph of the resume copy.
    pub fn resume(form: &Form<'_>) -> Graph {
        let mut builder = Builder::new(form, cuts(form, |_| true));
        let start = builder.graph.add(NodeKind::Moves);
        builder.dispatch(start);
        builder.finish()
    }

    /// The graph of the single copy of a function with these loops.
    pub fn single(form: &Form<'_>, loops: &Loops) -> Graph {
        let outside = |block: Block| loops.of(block).is_none();
        let mut builder = Builder::new(form, cuts(form, outside));
        builder.again_cuts = cuts(form, |block| !outside(block));
        builder.loops = Some(loops);
        let entry = builder.graph.add(NodeKind::Entry);
        let fresh = builder.graph.add(NodeKind::Fresh);
        let thaw = builder.graph.add(NodeKind::Thaw);
        builder.link(entry, fresh);
        builder.link(entry, thaw);
        let first = builder.enter(form.func.entry, false);
        builder.link(fresh, first);
        builder.dispatch(thaw);
        builder.finish()
    }

    /// Makes every cycle have one entry. `place` is the position of a block in the function's order.
    fn make_reducible(&mut self, place: &[u32]) {
        let rank = |node: &Node| match node.kind {
            NodeKind::Code { block, from, .. } => (place[block.index()], from),
            _ => (u32::MAX, 0),
        };
        let mut work: Vec<Vec<u32>> = vec![(0..self.nodes.len() as u32).collect()];
        while let Some(subset) = work.pop() {
            let mut index_of: HashMap<u32, u32> = HashMap::with_capacity(subset.len());
            for (index, &node) in subset.iter().enumerate() {
                index_of.insert(node, index as u32);
            }
            let edges: Vec<Vec<u32>> = subset
                .iter()
                .map(|&node| self.nodes[node as usize].arcs.iter().filter_map(|arc| index_of.get(&arc.node).copied()).collect())
                .collect();
            let component = components(&edges);
            let mut members: HashMap<u32, Vec<u32>> = HashMap::new();
            for (index, &node) in subset.iter().enumerate() {
                members.entry(component[index]).or_default().push(node);
            }
            let mut groups: Vec<Vec<u32>> = members.into_values().collect();
            groups.retain(|group| group.len() > 1 || self.nodes[group[0] as usize].arcs.iter().any(|arc| arc.node == group[0]));
            groups.sort();
            if groups.is_empty() {
                continue;
            }
            // Which group a node is in, to find edges from outside.
            let mut group_of = vec![u32::MAX; self.nodes.len()];
            for (number, group) in groups.iter().enumerate() {
                for &node in group {
                    group_of[node as usize] = number as u32;
                }
            }
            let mut entered = vec![false; self.nodes.len()];
            entered[0] = true;
            for (index, node) in self.nodes.iter().enumerate() {
                for arc in &node.arcs {
                    let group = group_of[arc.node as usize];
                    if group != u32::MAX && group_of[index] != group {
                        entered[arc.node as usize] = true;
                    }
                }
            }
            for group in groups {
                let entries: Vec<u32> = group.iter().copied().filter(|&node| entered[node as usize]).collect();
                if entries.len() > 1 {
                    let select = self.add(NodeKind::Select);
                    self.selects = true;
                    // The first node in the order of the function is the header that the source has. Inside the cycle only the way back to it
                    // goes through the select node; loops within that begin at another entry stay as they are.
                    let header = group.iter().copied().min_by_key(|&node| rank(&self.nodes[node as usize])).expect("a cycle has nodes");
                    let inside: HashSet<u32> = group.iter().copied().collect();
                    // Frames are read behind the select node: values that only live there would else live, for the engine, all around the cycle.
                    let mut targets = vec![header];
                    let mut restores = HashSet::new();
                    for (index, node) in (0..).zip(&self.nodes) {
                        for arc in node.arcs.iter().filter(|arc| !inside.contains(&index) && inside.contains(&arc.node)) {
                            let restore = matches!(node.kind, NodeKind::Restore(_));
                            if restore {
                                restores.insert(index);
                            }
                            let target = if restore { index } else { arc.node };
                            if !targets.contains(&target) {
                                targets.push(target);
                            }
                        }
                    }
                    let number: HashMap<u32, u32> = (0..).zip(&targets).map(|(number, &node)| (node, number)).collect();
                    for (index, node) in (0..).zip(&mut self.nodes) {
                        let restore = restores.contains(&index);
                        for arc in &mut node.arcs {
                            let redirect = restores.contains(&arc.node)
                                || (!restore && inside.contains(&arc.node) && (arc.node == header || !inside.contains(&index)));
                            if redirect {
                                arc.selector = Some(number[&arc.node]);
                                arc.node = select;
                            }
                        }
                    }
                    self.nodes[select as usize].arcs = targets.iter().map(|&node| arc(node)).collect();
                    work.push(group);
                } else {
                    let header = entries.first().copied();
                    work.push(group.into_iter().filter(|&node| Some(node) != header).collect());
                }
            }
        }
    }
}

/// Positions behind the sites in blocks that are chosen, by block.
fn cuts(form: &Form<'_>, chosen: impl Fn(Block) -> bool) -> Vec<Vec<u32>> {
    let mut cuts: Vec<Vec<u32>> = vec![Vec::new(); form.func.block_count()];
    for site in form.sites.iter().filter(|site| site.resumes() && site.inst.is_some() && !form.resumes_at_start(site) && chosen(site.block)) {
        cuts[site.block.index()].push(site.position + 1);
    }
    for list in &mut cuts {
        list.sort_unstable();
    }
    cuts
}

struct Builder<'a> {
    form: &'a Form<'a>,
    graph: Graph,
    /// Nodes by block, first root, and whether they are the second copy of a loop's code.
    node_of: HashMap<(Block, u32, bool), u32>,
    /// Nodes whose arcs are to be made.
    work: Vec<(u32, bool)>,
    cuts: Vec<Vec<u32>>,
    /// In the single copy: the cuts of second copies of loops, the loops, and the nodes in front of headers.
    again_cuts: Vec<Vec<u32>>,
    loops: Option<&'a Loops>,
    gates: Vec<(Block, u32)>,
}

impl<'a> Builder<'a> {
    fn new(form: &'a Form<'a>, cuts: Vec<Vec<u32>>) -> Builder<'a> {
        Builder {
            form,
            graph: Graph::default(),
            node_of: HashMap::new(),
            work: Vec::new(),
            cuts,
            again_cuts: Vec::new(),
            loops: None,
            gates: Vec::new(),
        }
    }

    fn link(&mut self, from: u32, to: u32) {
        self.graph.nodes[from as usize].arcs.push(arc(to));
    }

    fn code(&mut self, block: Block, from: u32, again: bool) -> u32 {
        if let Some(&node) = self.node_of.get(&(block, from, again)) {
            return node;
        }
        let end = self.form.roots[block.index()].len() as u32;
        let cuts = if again { &self.again_cuts } else { &self.cuts };
        let cut = cuts.get(block.index()).and_then(|cuts| cuts.iter().copied().find(|&cut| cut > from));
        let (to, last) = cut.map_or((end, true), |cut| (cut, false));
        let node = self.graph.add(NodeKind::Code { block, from, to, last });
        self.node_of.insert((block, from, again), node);
        self.work.push((node, again));
        node
    }

    /// Where a jump to a block leads. `loose`: from a frame that is thawed inside a loop, or from the second copy of a loop.
    fn enter(&mut self, block: Block, loose: bool) -> u32 {
        match self.loops.and_then(|loops| Some((loops, loops.of(block)?))) {
            Some((loops, inside)) if loose && loops.header(inside) == Some(block) => self.gate(block),
            inside => self.code(block, 0, loose && inside.is_some()),
        }
    }

    /// The node in front of a loop.
    fn gate(&mut self, header: Block) -> u32 {
        if let Some(&(_, gate)) = self.gates.iter().find(|(block, _)| *block == header) {
            return gate;
        }
        let gate = self.graph.add(NodeKind::Moves);
        let target = self.code(header, 0, false);
        self.link(gate, target);
        self.gates.push((header, gate));
        gate
    }

    /// The node at which a thawed frame of a site goes on.
    fn behind(&mut self, site: u32) -> u32 {
        let form = self.form;
        let site = &form.sites[site as usize];
        if site.inst.is_none() || form.resumes_at_start(site) {
            return self.enter(site.block, true);
        }
        let again = self.loops.is_some_and(|loops| loops.of(site.block).is_some());
        self.code(site.block, site.position + 1, again)
    }

    /// Leads from a node, by the site of the frame, to where it goes on.
    fn dispatch(&mut self, mut from: u32) {
        let sites: Vec<u32> = self.form.resumable().collect();
        // One site needs no choice.
        if sites.len() > 1 {
            let dispatch = self.graph.add(NodeKind::Dispatch);
            self.link(from, dispatch);
            from = dispatch;
        }
        for site in sites {
            let restore = self.graph.add(NodeKind::Restore(site));
            self.link(from, restore);
            let target = self.behind(site);
            self.link(restore, target);
        }
    }

    /// Leads what enters a loop with a gate through it.
    fn close_gates(&mut self) {
        let Some(loops) = self.loops else { return };
        for &(header, gate) in &self.gates {
            let inside = loops.of(header);
            let target = self.node_of[&(header, 0, false)];
            let mut outside = vec![true; self.graph.nodes.len()];
            outside[gate as usize] = false;
            for (&(block, _, again), &node) in &self.node_of {
                if !again && loops.of(block) == inside {
                    outside[node as usize] = false;
                    // The moves of a jump table's arms are inside too.
                    for arc in &self.graph.nodes[node as usize].arcs {
                        if self.graph.nodes[arc.node as usize].kind == NodeKind::Moves && !self.gates.iter().any(|(_, gate)| *gate == arc.node) {
                            outside[arc.node as usize] = false;
                        }
                    }
                }
            }
            for (node, _) in self.graph.nodes.iter_mut().zip(outside).filter(|(_, outside)| *outside) {
                for arc in node.arcs.iter_mut().filter(|arc| arc.node == target) {
                    arc.node = gate;
                }
            }
        }
    }

    /// Whether an edge sets any local.
    fn moves(&self, edge: Edge) -> bool {
        let params = &self.form.func.block(edge.block).params;
        params.iter().zip(self.form.func.list(edge.args)).any(|(param, arg)| {
            let local = self.form.local[param.index()];
            local != super::form::NONE && local != self.form.local[arg.index()]
        })
    }

    fn finish(mut self) -> Graph {
        while let Some((node, again)) = self.work.pop() {
            let NodeKind::Code { block, to, last, .. } = self.graph.nodes[node as usize].kind else { continue };
            if !last {
                let next = self.code(block, to, again);
                self.link(node, next);
                continue;
            }
            let term = &self.form.func.block(block).term;
            let switch = matches!(term, Terminator::Switch { .. });
            for edge in term.edges() {
                let mut target = self.enter(edge.block, again);
                let mut moves = self.moves(edge).then_some(edge);
                if switch && moves.is_some() {
                    // The arms of a jump table carry no code.
                    let between = self.graph.add(NodeKind::Moves);
                    self.graph.nodes[between as usize].arcs.push(Arc { node: target, edge: moves, selector: None });
                    target = between;
                    moves = None;
                }
                self.graph.nodes[node as usize].arcs.push(Arc { node: target, edge: moves, selector: None });
            }
        }
        self.close_gates();
        let mut place = vec![u32::MAX; self.form.func.block_count()];
        for (position, block) in (0..).zip(&self.form.order) {
            place[block.index()] = position;
        }
        self.graph.make_reducible(&place);
        // A jump table cannot set the selector either.
        for node in 0..self.graph.nodes.len() {
            let table = match self.graph.nodes[node].kind {
                NodeKind::Dispatch | NodeKind::Select => true,
                NodeKind::Code { block, last, .. } => last && matches!(self.form.func.block(block).term, Terminator::Switch { .. }),
                _ => false,
            };
            for index in 0..self.graph.nodes[node].arcs.len() {
                let to = self.graph.nodes[node].arcs[index];
                if table && to.selector.is_some() {
                    let between = self.graph.add(NodeKind::Moves);
                    self.graph.nodes[between as usize].arcs.push(to);
                    self.graph.nodes[node].arcs[index] = arc(between);
                }
            }
        }
        self.graph
    }
}

/// Dominators and loops of a reducible graph.
pub struct Shape {
    /// Position of a node in reverse postorder, `u32::MAX` for unreachable ones.
    pub number: Vec<u32>,
    /// Dominator tree: children that are reached by several forward edges, in reverse postorder.
    pub merges: Vec<Vec<u32>>,
    pub is_merge: Vec<bool>,
    pub is_header: Vec<bool>,
}

impl Shape {
    /// Analyses a graph. `forced` nodes get a label of their own although one edge leads there.
    pub fn new(graph: &Graph, forced: &[bool]) -> Shape {
        let count = graph.nodes.len();
        let mut number = vec![u32::MAX; count];
        let mut order: Vec<u32> = Vec::with_capacity(count);
        let mut seen = vec![false; count];
        let mut path: Vec<(u32, usize)> = vec![(0, 0)];
        seen[0] = true;
        while let Some(&mut (node, ref mut next)) = path.last_mut() {
            let arcs = &graph.nodes[node as usize].arcs;
            // The last successor is visited first, so that the first one comes early in reverse postorder.
            if *next < arcs.len() {
                *next += 1;
                let target = arcs[arcs.len() - *next].node;
                if !std::mem::replace(&mut seen[target as usize], true) {
                    path.push((target, 0));
                }
            } else {
                order.push(node);
                path.pop();
            }
        }
        order.reverse();
        for (position, &node) in order.iter().enumerate() {
            number[node as usize] = position as u32;
        }
        let mut predecessors: Vec<Vec<u32>> = vec![Vec::new(); count];
        for &node in &order {
            for arc in &graph.nodes[node as usize].arcs {
                predecessors[arc.node as usize].push(node);
            }
        }
        // Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm".
        let mut idom = vec![u32::MAX; count];
        idom[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for &node in order.iter().skip(1) {
                let mut best = u32::MAX;
                for &pred in &predecessors[node as usize] {
                    if idom[pred as usize] == u32::MAX {
                        continue;
                    }
                    if best == u32::MAX {
                        best = pred;
                        continue;
                    }
                    let (mut a, mut b) = (best, pred);
                    while a != b {
                        while number[a as usize] > number[b as usize] {
                            a = idom[a as usize];
                        }
                        while number[b as usize] > number[a as usize] {
                            b = idom[b as usize];
                        }
                    }
                    best = a;
                }
                if idom[node as usize] != best {
                    idom[node as usize] = best;
                    changed = true;
                }
            }
        }
        let mut shape = Shape { number, merges: vec![Vec::new(); count], is_merge: vec![false; count], is_header: vec![false; count] };
        for &node in &order {
            let n = node as usize;
            let mut forward = 0;
            for &pred in &predecessors[n] {
                if shape.number[pred as usize] < shape.number[n] {
                    forward += 1;
                } else {
                    shape.is_header[n] = true;
                }
            }
            shape.is_merge[n] = forward > 1 || (forced[n] && node != 0);
            if shape.is_merge[n] {
                shape.merges[idom[n] as usize].push(node);
            }
        }
        shape
    }
}
