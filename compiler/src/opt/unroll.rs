//! Unrolling of innermost loops that run a constant number of rounds, and splitting of such loops where a condition on their counter turns.
//!
//! *Unrolling* puts several rounds behind each other when their number divides that of all rounds, so that all tests of the counter but one in so
//! many go, and with them the polls. Variables that move on by one place a round (the state of most hashes) are back in their place after
//! some rounds, and need not be moved at all.
//!
//! *Splitting* makes two loops of one whose body asks `i < k`: one for the rounds in which that holds, one for the others.
//!
//! Both look at loops whose header decides by `i < n` whether to go on, and where the counter begins with a constant and grows by 1.

use super::copy::{Copies, redirect};
use crate::ir::{BinOp, Block, Cfg, CmpOp, Dominators, Edge, Function, Loops, Op, Terminator, Type, Value};

/// Instructions that an unrolled loop may have.
const MAX_UNROLLED: usize = 640;
/// Instructions of a loop that is split.
const MAX_SPLIT: usize = 160;
/// Loops of more rounds gain less than what the code costs.
const MAX_ROUNDS: i64 = 256;

/// Runs over a function. Says whether anything changed.
pub fn run(func: &mut Function) -> bool {
    let mut changed = false;
    // Each change makes the analyses anew; only few loops are of the kind.
    for _ in 0..16 {
        let Some(step) = find(func) else { break };
        changed = true;
        match step {
            Step::Split { counted, branch, at, inside_holds } => split(func, &counted, branch, at, inside_holds),
            Step::Unroll { counted, times } => unroll(func, &counted, times),
        }
    }
    changed
}

/// A loop with a constant number of rounds. The header's `then` edge stays in it.
struct Counted {
    header: Block,
    blocks: Vec<Block>,
    /// Place of the counter among the header's parameters.
    counter: usize,
    first: i64,
    end: i64,
}

enum Step {
    /// In front of round `at`, `branch` begins to go the other way; before, its condition holds (or fails, if not `inside_holds`).
    Split {
        counted: Counted,
        branch: Block,
        at: i64,
        inside_holds: bool,
    },
    Unroll {
        counted: Counted,
        times: usize,
    },
}

fn find(func: &Function) -> Option<Step> {
    let has_candidate = func.blocks().any(|block| counter_test(func, block).is_some());
    if !has_candidate {
        return None;
    }
    let cfg = Cfg::new(func);
    let dom = Dominators::new(func, &cfg);
    let loops = Loops::new(func, &cfg, &dom);
    if loops.irreducible {
        return None;
    }
    for (index, l) in loops.loops.iter().enumerate() {
        if loops.loops.iter().any(|other| other.parent == Some(index as u32)) || func.roots().any(|root| root == l.header) {
            continue;
        }
        let Some(counted) = counted(func, &cfg, l.header, &l.blocks) else { continue };
        let insts: usize = counted.blocks.iter().map(|block| func.block(*block).insts.iter().filter(|i| !func.op(**i).is_free()).count()).sum();
        if insts <= MAX_SPLIT
            && let Some((branch, at, inside_holds)) = turning_point(func, &counted)
        {
            return Some(Step::Split { counted, branch, at, inside_holds });
        }
        let rounds = counted.end - counted.first;
        let times = [8, 4].into_iter().find(|times| rounds > *times && rounds % times == 0 && insts * (*times as usize) <= MAX_UNROLLED);
        if let Some(times) = times {
            return Some(Step::Unroll { counted, times: times as usize });
        }
    }
    None
}

/// The parameter of a block that it compares with a constant to decide where to go, and the constant.
fn counter_test(func: &Function, block: Block) -> Option<(Value, i64)> {
    let Terminator::Branch { cond, .. } = func.block(block).term else { return None };
    let inst = func.def_inst(cond)?;
    let Op::Cmp(CmpOp::LtS, Type::I64) = func.op(inst) else { return None };
    let args = func.args(inst);
    let end = func.as_const(args[1])?;
    func.block(block).params.contains(&args[0]).then_some((args[0], end))
}

fn counted(func: &Function, cfg: &Cfg, header: Block, blocks: &[Block]) -> Option<Counted> {
    let (counter, end) = counter_test(func, header)?;
    let Terminator::Branch { then, other, .. } = func.block(header).term else { return None };
    if !blocks.contains(&then.block) || blocks.contains(&other.block) {
        return None;
    }
    let place = func.block(header).params.iter().position(|param| *param == counter)?;
    let mut first = None;
    for pred in cfg.preds(header) {
        for edge in func.block(*pred).term.edges().filter(|edge| edge.block == header) {
            let arg = func.list(edge.args)[place];
            if blocks.contains(pred) {
                let inst = func.def_inst(arg)?;
                let args = func.args(inst);
                let steps = func.op(inst) == Op::Bin(BinOp::Add, Type::I64) && args[0] == counter && func.as_const(args[1]) == Some(1);
                if !steps {
                    return None;
                }
            } else {
                let n = func.as_const(arg)?;
                if *first.get_or_insert(n) != n {
                    return None;
                }
            }
        }
    }
    let first = first?;
    let rounds = end.checked_sub(first)?;
    let pure = |block: Block| func.block(block).insts.iter().all(|inst| func.op(*inst).is_pure());
    let plain = |block: Block| {
        func.block(block).insts.iter().all(|inst| {
            let op = func.op(*inst);
            let effects = op.effects();
            !op.is_call() && !effects.safepoint && !matches!(op, Op::RecoverFlag | Op::ForwardDefer)
        })
    };
    // Only the header leaves the loop, ways to a panic apart.
    let leaves = |block: Block| block != header && func.block(block).term.edges().any(|edge| !blocks.contains(&edge.block));
    if !(1..=MAX_ROUNDS).contains(&rounds) || !pure(header) || !blocks.iter().all(|block| plain(*block) && !leaves(*block)) {
        return None;
    }
    Some(Counted { header, blocks: blocks.to_vec(), counter: place, first, end })
}

/// A block of the body that asks whether the counter is below a constant within its range.
fn turning_point(func: &Function, counted: &Counted) -> Option<(Block, i64, bool)> {
    let counter = func.block(counted.header).params[counted.counter];
    counted.blocks.iter().filter(|block| **block != counted.header).find_map(|block| {
        let Terminator::Branch { cond, .. } = func.block(*block).term else { return None };
        let inst = func.def_inst(cond)?;
        let args = func.args(inst);
        let at = func.as_const(*args.get(1)?)?;
        let (at, holds) = match func.op(inst) {
            Op::Cmp(CmpOp::LtS, Type::I64) => (at, true),
            Op::Cmp(CmpOp::LeS, Type::I64) => (at.checked_add(1)?, true),
            Op::Cmp(CmpOp::GeS, Type::I64) => (at, false),
            Op::Cmp(CmpOp::GtS, Type::I64) => (at.checked_add(1)?, false),
            _ => return None,
        };
        (args[0] == counter && counted.first < at && at < counted.end).then_some((*block, at, holds))
    })
}

/// Puts `times` rounds into a loop.
fn unroll(func: &mut Function, counted: &Counted, times: usize) {
    let copies: Vec<Copies> = (1..times).map(|_| Copies::of(func, &counted.blocks)).collect();
    // Each copy, and the loop itself, goes on with the header of the next; the last goes back to the loop.
    let mut headers = Vec::new();
    for copy in &copies {
        let header = copy.blocks[&counted.header];
        if let Terminator::Branch { then, .. } = func.block(header).term {
            func.block_mut(header).term = Terminator::Jump(then);
        }
        headers.push(header);
    }
    headers.push(counted.header);
    redirect(func, &counted.blocks, counted.header, headers[0]);
    for (copy, pair) in copies.iter().zip(headers.windows(2)) {
        let blocks: Vec<Block> = counted.blocks.iter().map(|block| copy.blocks[block]).collect();
        redirect(func, &blocks, pair[0], pair[1]);
    }
}

/// Puts a loop for the rounds before `at` in front of a loop. What stands behind the loop uses values of the second one only.
fn split(func: &mut Function, counted: &Counted, branch: Block, at: i64, inside_holds: bool) {
    let outside: Vec<Block> = func.blocks().filter(|block| !counted.blocks.contains(block)).collect();
    let copy = Copies::of(func, &counted.blocks);
    let header = copy.blocks[&counted.header];
    redirect(func, &outside, counted.header, header);
    // The first loop ends before round `at` and goes on with the second one, whose counter begins there.
    let Terminator::Branch { cond, then, .. } = func.block(header).term else { unreachable!("the header decides") };
    let loc = func.block(header).term_loc;
    let test = func.def_inst(cond).expect("the header compares");
    let counter = func.args(test)[0];
    let end = func.push_inst(header, Op::Const(Type::I64, at), &[], &[Type::I64], loc);
    let end = func.result(end);
    let test = func.push_inst(header, Op::Cmp(CmpOp::LtS, Type::I64), &[counter, end], &[Type::I32], loc);
    let cond = func.result(test);
    let mut args = func.block(header).params.clone();
    args[counted.counter] = end;
    let args = func.add_list(&args);
    func.block_mut(header).term = Terminator::Branch { cond, then, other: Edge { block: counted.header, args } };
    // The condition is decided in both.
    for (block, holds) in [(copy.blocks[&branch], inside_holds), (branch, !inside_holds)] {
        if let Terminator::Branch { then, other, .. } = func.block(block).term {
            func.block_mut(block).term = Terminator::Jump(if holds { then } else { other });
        }
    }
}
