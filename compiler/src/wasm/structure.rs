//! Structured control flow from a reducible graph ("Beyond Relooper", Norman Ramsey, 2022).
//!
//! A node with several forward edges to it is placed behind a `block` opened at its immediate dominator; a loop header opens a `loop`; all
//! others are placed where the one edge to them is. The walk keeps a stack of its own, so that the depth of the graph does not matter.

use super::asm::Asm;
use super::graph::{Arc, Graph, Shape};
use wasm_encoder::{BlockType, Instruction};

/// What may be branched to, innermost last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    /// A block; behind it lies this node.
    Behind(u32),
    /// A loop with this header.
    Loop(u32),
    /// An `if`.
    If,
}

/// How a node ends.
pub enum Ending {
    /// Does not go on.
    Stop,
    Goto,
    /// On the condition that the emitter pushes: arc 0 if it holds, else arc 1.
    Branch,
    /// The emitter wrote jumps to all arcs' labels.
    Jumps,
}

/// Writes the code of nodes.
pub trait Emitter {
    fn asm(&mut self) -> &mut Asm;
    /// Code of a node without its terminator, inside of so many labels.
    fn node(&mut self, node: u32, labels: u32) -> Ending;
    /// Pushes the condition of a node that ends in [`Ending::Branch`], or its negation.
    fn condition(&mut self, node: u32, negated: bool);
    /// Whether a node ends in [`Ending::Jumps`].
    fn is_table(&self, node: u32) -> bool;
    /// Code on an edge.
    fn moves(&mut self, arc: Arc);
    /// Jumps to the arcs of a node, given the depth of each one's label.
    fn jumps(&mut self, node: u32, depths: &[u32]);
}

enum Step {
    Tree(u32),
    Node(u32),
    Edge(u32, Arc),
    End,
    Else,
}

/// Writes a whole graph.
pub fn write(graph: &Graph, emitter: &mut impl Emitter) {
    let mut forced = vec![false; graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        if emitter.is_table(index as u32) {
            for arc in &node.arcs {
                forced[arc.node as usize] = true;
            }
        }
    }
    let shape = Shape::new(graph, &forced);
    let mut labels: Vec<Label> = Vec::new();
    let mut steps = vec![Step::Tree(0)];
    while let Some(step) = steps.pop() {
        match step {
            Step::End => {
                emitter.asm().end();
                labels.pop();
            }
            Step::Else => emitter.asm().op(&Instruction::Else),
            Step::Tree(node) => {
                if shape.is_header[node as usize] {
                    emitter.asm().op(&Instruction::Loop(BlockType::Empty));
                    labels.push(Label::Loop(node));
                    steps.push(Step::End);
                }
                // The last merge in reverse postorder gets the outermost block.
                let merges = &shape.merges[node as usize];
                for &merge in merges.iter().rev() {
                    emitter.asm().op(&Instruction::Block(BlockType::Empty));
                    labels.push(Label::Behind(merge));
                    steps.push(Step::Tree(merge));
                    steps.push(Step::End);
                }
                steps.push(Step::Node(node));
            }
            Step::Edge(from, arc) => {
                emitter.moves(arc);
                match depth(&shape, &labels, from, arc.node) {
                    Some(depth) if !falls_there(&labels, &steps, depth) => emitter.asm().op(&Instruction::Br(depth)),
                    Some(_) => {}
                    None => steps.push(Step::Tree(arc.node)),
                }
            }
            Step::Node(node) => match emitter.node(node, labels.len() as u32) {
                Ending::Stop => {}
                Ending::Goto => steps.push(Step::Edge(node, graph.nodes[node as usize].arcs[0])),
                Ending::Jumps => {
                    let arcs = &graph.nodes[node as usize].arcs;
                    let depths: Vec<u32> =
                        arcs.iter().map(|arc| depth(&shape, &labels, node, arc.node).expect("targets of a table have labels")).collect();
                    emitter.jumps(node, &depths);
                }
                Ending::Branch => {
                    let arcs = &graph.nodes[node as usize].arcs;
                    let (then, other) = (arcs[0], arcs[1]);
                    let plain = |arc: Arc| arc.edge.is_none() && arc.selector.is_none();
                    let then_depth = depth(&shape, &labels, node, then.node);
                    let other_depth = depth(&shape, &labels, node, other.node);
                    if let (Some(depth), true) = (then_depth, plain(then)) {
                        emitter.condition(node, false);
                        emitter.asm().op(&Instruction::BrIf(depth));
                        steps.push(Step::Edge(node, other));
                    } else if let (Some(depth), true) = (other_depth, plain(other)) {
                        emitter.condition(node, true);
                        emitter.asm().op(&Instruction::BrIf(depth));
                        steps.push(Step::Edge(node, then));
                    } else {
                        // The arm that leaves by a jump needs no `else` behind it.
                        let negated = then_depth.is_none() && other_depth.is_some();
                        let (first, second, jumps) = if negated { (other, then, true) } else { (then, other, then_depth.is_some()) };
                        emitter.condition(node, negated);
                        emitter.asm().if_empty();
                        labels.push(Label::If);
                        if jumps {
                            steps.push(Step::Edge(node, second));
                            steps.push(Step::End);
                        } else {
                            steps.push(Step::End);
                            steps.push(Step::Edge(node, second));
                            steps.push(Step::Else);
                        }
                        steps.push(Step::Edge(node, first));
                    }
                }
            },
        }
    }
}

/// Whether code that goes on leaves so many labels and the block behind which the target lies, as nothing but their ends follows.
fn falls_there(labels: &[Label], steps: &[Step], depth: u32) -> bool {
    let count = depth as usize + 1;
    matches!(labels[labels.len() - count], Label::Behind(_))
        && steps.len() >= count
        && steps[steps.len() - count..].iter().all(|step| matches!(step, Step::End))
}

/// How many labels lie between here and the target's; `None` if the target is placed here.
fn depth(shape: &Shape, labels: &[Label], from: u32, to: u32) -> Option<u32> {
    let wanted = if shape.number[to as usize] <= shape.number[from as usize] {
        Label::Loop(to)
    } else if shape.is_merge[to as usize] {
        Label::Behind(to)
    } else {
        return None;
    };
    let place = labels.iter().rposition(|&label| label == wanted).expect("the label encloses the jump");
    Some((labels.len() - 1 - place) as u32)
}
