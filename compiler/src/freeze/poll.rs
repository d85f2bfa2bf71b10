//! Where a goroutine looks whether it is asked to freeze: at loop headers, and at the entry of functions on cycles of the call graph.
//!
//! A header's poll is its first operation, so that thawing means to enter the loop at its header again: a loop with no other site stays
//! reducible in the resume copy.

use crate::ir::{Block, Function, Op};

/// Blocks that are the target of a retreating edge of a depth-first walk: every cycle has one.
pub fn loop_headers(func: &Function) -> Vec<Block> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; func.block_count()];
    let mut header = vec![false; func.block_count()];
    for root in func.roots() {
        let mut path: Vec<(Block, Vec<Block>)> = Vec::new();
        if state[root.index()] == State::New {
            state[root.index()] = State::Open;
            path.push((root, func.successors(root).collect()));
        }
        while let Some((block, rest)) = path.last_mut() {
            match rest.pop() {
                Some(next) => match state[next.index()] {
                    State::New => {
                        state[next.index()] = State::Open;
                        path.push((next, func.successors(next).collect()));
                    }
                    State::Open => header[next.index()] = true,
                    State::Done => {}
                },
                None => {
                    state[block.index()] = State::Done;
                    path.pop();
                }
            }
        }
    }
    func.blocks().filter(|block| header[block.index()]).collect()
}

fn insert(func: &mut Function, block: Block, at: usize) {
    let loc = func.block(block).insts.get(at).map_or(func.block(block).term_loc, |&inst| func.loc(inst));
    let loc = if loc.line == 0 { func.loc } else { loc };
    let poll = func.make_inst(Op::Poll, &[], &[], loc);
    func.block_mut(block).insts.insert(at, poll);
}

/// Puts polls into a function.
pub fn insert_polls(func: &mut Function, headers: &[Block], at_entry: bool) {
    for &block in headers {
        insert(func, block, 0);
    }
    if at_entry {
        let entry = func.entry;
        let forwards = func.block(entry).insts.iter().any(|&inst| func.op(inst) == Op::ForwardDefer);
        if !forwards {
            // The recover flag is read before anything that can suspend.
            let at = func.block(entry).insts.iter().position(|&inst| func.op(inst) == Op::RecoverFlag).map_or(0, |i| i + 1);
            insert(func, entry, at);
        }
    }
}
