//! Loops: rotation, and motion of invariant code out of them.
//!
//! *Rotation* copies a header that decides whether to go on to the place before the loop, so that the loop tests at its end: one branch a
//! round instead of two, and a body that surely runs once it is entered.
//!
//! *Motion* takes pure operations out of loops wherever they stand. What reads memory or checks moves only from the part of the loop that
//! surely runs when the loop is entered: a load behind a condition may rely on it (the type behind an interface), and a check that fails too
//! early would be seen. Loads also need that nothing in the loop writes their memory.
//!
//! Constants and addresses of globals stay: code generation makes them anew at each use.

use super::copy::{Copies, redirect};
use super::memory::{Clobber, Place, Private, clobber};
use crate::ir::hash::FastSet;
use crate::ir::ssa::Ssa;
use crate::ir::{Block, Cfg, Dominators, Edge, Function, Inst, Loops, Op, Terminator, Type, Value};

/// Headers of more instructions are not copied.
const MAX_HEADER: usize = 12;

/// Rotates loops. Says whether anything changed.
pub fn rotate(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let dom = Dominators::new(func, &cfg);
    let loops = Loops::new(func, &cfg, &dom);
    let mut copies: Vec<(Block, Block)> = Vec::new();
    // Loops around the copies made so far.
    let first_copy = func.block_count();
    let mut around: Vec<Option<u32>> = Vec::new();
    for (index, l) in loops.loops.iter().enumerate() {
        let header = l.header;
        let Terminator::Branch { then, other, .. } = func.block(header).term else { continue };
        let inside = |b: Block| match b.index().checked_sub(first_copy) {
            Some(i) => around[i].is_some_and(|of| is_inside(&loops, of, index as u32)),
            None => loops.contains(index as u32, b),
        };
        // One way stays in the loop, the other leaves it; a loop of one block tests at its end already.
        if inside(then.block) == inside(other.block) || l.latches.contains(&header) {
            continue;
        }
        let body = if inside(then.block) { then.block } else { other.block };
        if cfg.preds(body).len() != 1 || func.block(header).insts.len() > MAX_HEADER {
            continue;
        }
        let simple = func.block(header).insts.iter().all(|i| {
            let op = func.op(*i);
            !op.is_call() && !op.effects().writes && !op.effects().safepoint && !matches!(op, Op::RecoverFlag | Op::MarkDeferred)
        });
        if simple {
            copies.push((header, copy_header(func, header, &inside)));
            around.push(l.parent);
        }
    }
    if copies.is_empty() {
        return false;
    }
    repair(func, &copies);
    true
}

/// Copies a header to a new block and lets the edges from outside of the loop go there.
fn copy_header(func: &mut Function, header: Block, inside: &dyn Fn(Block) -> bool) -> Block {
    let copy = Copies::of(func, &[header]).blocks[&header];
    let outside: Vec<Block> = func.blocks().filter(|block| *block != copy && !inside(*block)).collect();
    redirect(func, &outside, header, copy);
    copy
}

/// Values of copied headers have two definitions now: merges them where they are used.
fn repair(func: &mut Function, copies: &[(Block, Block)]) {
    // Value -> its definitions (block, value).
    let mut variables: Vec<(Value, Vec<(Block, Value)>)> = Vec::new();
    let mut variable_of = vec![u32::MAX; func.value_count()];
    for (header, copy) in copies {
        let all = |b: Block| {
            let data = func.block(b);
            let mut list = data.params.clone();
            list.extend(data.insts.iter().flat_map(|i| func.results(*i)));
            list
        };
        for (v, w) in all(*header).into_iter().zip(all(*copy)) {
            // The copy of a header may have been copied along with an inner one; each value keeps its own variable.
            variable_of[v.index()] = variables.len() as u32;
            variables.push((v, vec![(*header, v), (*copy, w)]));
        }
    }
    let mut ssa = Ssa::of(func);
    let base: Vec<u32> = variables.iter().map(|(v, _)| ssa.declare(func.ty(*v))).collect();
    for ((_, defs), variable) in variables.iter().zip(&base) {
        for (block, value) in defs {
            ssa.define(*block, *variable, *value);
        }
    }
    let blocks: Vec<Block> = func.blocks().filter(|b| func.block(*b).term != Terminator::None).collect();
    let mut home = vec![Block(u32::MAX); func.value_count()];
    for (header, copy) in copies {
        for block in [*header, *copy] {
            let data = func.block(block);
            data.params.iter().copied().chain(data.insts.iter().flat_map(|i| func.results(*i))).for_each(|v| home[v.index()] = block);
        }
    }
    for block in blocks {
        let own = |v: Value| home.get(v.index()) == Some(&block);
        let insts = func.block(block).insts.clone();
        for inst in insts {
            for i in 0..func.args(inst).len() {
                let v = func.args(inst)[i];
                if let Some(new) = read(func, &mut ssa, &variable_of, &base, block, v, &own) {
                    func.args_mut(inst)[i] = new;
                }
            }
        }
        let mut term = std::mem::take(&mut func.block_mut(block).term);
        let list_of = |func: &mut Function, ssa: &mut Ssa, list: crate::ir::ValueList| {
            for i in 0..list.len() {
                let v = func.list(list)[i];
                if let Some(new) = read(func, ssa, &variable_of, &base, block, v, &own) {
                    func.list_mut(list)[i] = new;
                }
            }
        };
        match &mut term {
            Terminator::Branch { cond: v, .. } | Terminator::Switch { value: v, .. } => {
                if let Some(new) = read(func, &mut ssa, &variable_of, &base, block, *v, &own) {
                    *v = new;
                }
            }
            Terminator::Return(list) => list_of(func, &mut ssa, *list),
            Terminator::None | Terminator::Jump(_) | Terminator::Unreachable => {}
        }
        for edge in term.edges() {
            list_of(func, &mut ssa, edge.args);
        }
        func.block_mut(block).term = term;
    }
    ssa.settle(func, &[]);
}

fn read(func: &mut Function, ssa: &mut Ssa, variable_of: &[u32], base: &[u32], block: Block, v: Value, own: &dyn Fn(Value) -> bool) -> Option<Value> {
    let variable = *variable_of.get(v.index())?;
    if variable == u32::MAX || own(v) {
        return None;
    }
    Some(ssa.read_entry(func, block, base[variable as usize]))
}

/// Moves invariant code out of loops. Says whether anything changed.
pub fn motion(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let dom = Dominators::new(func, &cfg);
    let loops = Loops::new(func, &cfg, &dom);
    if loops.loops.is_empty() {
        return false;
    }
    let private = Private::find(func);
    // Block of each value's definition.
    let mut home = vec![Block(u32::MAX); func.value_count()];
    for block in &cfg.order {
        for p in &func.block(*block).params {
            home[p.index()] = *block;
        }
        for inst in &func.block(*block).insts {
            for v in func.results(*inst) {
                home[v.index()] = *block;
            }
        }
    }
    let mut changed = false;
    // Blocks made to hold what is moved, by loop; they lie in the loop's parent.
    let mut preheaders: Vec<(Block, u32)> = Vec::new();
    for index in (0..loops.loops.len() as u32).rev() {
        let l = &loops.loops[index as usize];
        if func.roots().any(|r| r == l.header) {
            continue;
        }
        let mut blocks = l.blocks.clone();
        blocks.extend(preheaders.iter().filter(|(_, of)| is_inside(&loops, *of, index)).map(|(b, _)| *b));
        let members: FastSet<Block> = blocks.iter().copied().collect();
        let moved = collect(func, &l.header, &blocks, &members, &private, &home);
        if moved.is_empty() {
            continue;
        }
        changed = true;
        let preheader = preheader(func, l.header, &members);
        if let Some(parent) = l.parent {
            preheaders.push((preheader, parent));
        }
        let set: FastSet<Inst> = moved.iter().copied().collect();
        for block in &blocks {
            func.block_mut(*block).insts.retain(|i| !set.contains(i));
        }
        for inst in &moved {
            for v in func.results(*inst) {
                home[v.index()] = preheader;
            }
        }
        func.block_mut(preheader).insts.extend(moved);
    }
    changed
}

fn is_inside(loops: &Loops, inner: u32, outer: u32) -> bool {
    let mut at = Some(inner);
    while let Some(i) = at {
        if i == outer {
            return true;
        }
        at = loops.loops[i as usize].parent;
    }
    false
}

/// The instructions of a loop that can move before it, in an order that keeps definitions before uses.
fn collect(func: &Function, header: &Block, blocks: &[Block], members: &FastSet<Block>, private: &Private, home: &[Block]) -> Vec<Inst> {
    let identity = |v: Value| v;
    let clobbers: Vec<Clobber> =
        blocks.iter().flat_map(|b| &func.block(*b).insts).map(|i| clobber(func, &identity, *i)).filter(|c| !matches!(c, Clobber::Nothing)).collect();
    // Blocks that run when the loop is entered, and whether something happened before.
    let mut certain: Vec<Block> = vec![*header];
    while let Terminator::Jump(edge) = func.block(certain[certain.len() - 1]).term
        && members.contains(&edge.block)
        && !certain.contains(&edge.block)
    {
        certain.push(edge.block);
    }
    let mut moved: Vec<Inst> = Vec::new();
    let mut taken: FastSet<Inst> = FastSet::default();
    let mut outside: FastSet<Value> = FastSet::default();
    let invariant = |v: Value, outside: &FastSet<Value>| {
        let b = home.get(v.index()).copied().unwrap_or(Block(u32::MAX));
        !members.contains(&b) || outside.contains(&v) || func.def_op(v).is_some_and(Op::is_free)
    };
    // Definitions come before uses in the order of the loop's blocks (outer order of the graph), but for values around the back edge,
    // which are parameters. Two rounds cover blocks listed out of order.
    for _ in 0..2 {
        let before = moved.len();
        let mut quiet = true;
        // Checks that stay in the loop and that a load behind them may rely on: it must not be reached with a bad address. A check of a constant
        // index may stand for any offset, other checks for addresses computed from an index.
        let (mut guards_index, mut guards_offset) = (false, false);
        for block in certain.iter().chain(blocks.iter().filter(|b| !certain.contains(b))) {
            let sure = certain.contains(block);
            for inst in &func.block(*block).insts {
                let op = func.op(*inst);
                let effects = op.effects();
                let done = taken.contains(inst);
                let can = !done
                    && func.args(*inst).iter().all(|v| invariant(*v, &outside))
                    && movable(func, *inst, sure, quiet && sure, &clobbers, private)
                    && !(matches!(op, Op::Load { .. }) && (guards_offset || (guards_index && is_indexed(func, func.args(*inst)[0]))));
                if can {
                    // Constants that it uses in the loop come along.
                    for arg in func.args(*inst) {
                        if let Some(def) = func.def_inst(*arg)
                            && func.op(def).is_free()
                            && members.contains(&home[arg.index()])
                            && outside.insert(*arg)
                        {
                            moved.push(def);
                            taken.insert(def);
                        }
                    }
                    outside.extend(func.results(*inst));
                    moved.push(*inst);
                    taken.insert(*inst);
                } else if !done && (effects.writes || effects.pinned || effects.safepoint) {
                    quiet = false;
                    guards_index |= op.is_call() || matches!(op, Op::BoundsCheck { .. });
                    guards_offset |= matches!(op, Op::BoundsCheck { .. }) && func.as_const(func.args(*inst)[0]).is_some();
                }
            }
        }
        if moved.len() == before {
            break;
        }
    }
    moved
}

/// Whether an address was computed from an index.
fn is_indexed(func: &Function, address: Value) -> bool {
    let mut v = address;
    while let Some(inst) = func.def_inst(v) {
        match func.op(inst) {
            Op::PtrIndex(_) => return true,
            Op::PtrAdd(_) => v = func.args(inst)[0],
            _ => return false,
        }
    }
    false
}

fn movable(func: &Function, inst: Inst, sure: bool, quiet: bool, clobbers: &[Clobber], private: &Private) -> bool {
    let op = func.op(inst);
    match op {
        _ if op.is_free() => false,
        Op::Load { invariant: true, .. } => sure,
        Op::Load { mem, offset, .. } => {
            let place = Place::of(func, &|v| v, func.args(inst)[0], offset, mem.bytes().into());
            sure && clobbers.iter().all(|c| match c {
                Clobber::Nothing => true,
                Clobber::Place(other) => !private.may_alias(&place, other),
                Clobber::Shared => private.contains(place.object),
            })
        }
        Op::NilCheck | Op::BoundsCheck { .. } | Op::DivCheck | Op::ShiftCheck => quiet,
        Op::Bin(..) if !op.is_pure() => func.as_const(func.args(inst)[1]).is_some_and(|n| n != 0),
        _ => op.is_pure(),
    }
}

/// The block before a loop that only leads into it; made if there is none.
fn preheader(func: &mut Function, header: Block, members: &FastSet<Block>) -> Block {
    let outside: Vec<Block> = func.blocks().filter(|b| !members.contains(b) && func.block(*b).term.edges().any(|e| e.block == header)).collect();
    if let [only] = outside[..]
        && matches!(func.block(only).term, Terminator::Jump(_))
    {
        return only;
    }
    let block = func.add_block();
    let types: Vec<Type> = func.block(header).params.iter().map(|p| func.ty(*p)).collect();
    let params: Vec<Value> = types.into_iter().map(|ty| func.add_param(block, ty)).collect();
    let edge = func.edge(header, &params);
    func.block_mut(block).term = Terminator::Jump(edge);
    func.block_mut(block).term_loc = func.block(header).insts.first().map_or(func.block(header).term_loc, |i| func.loc(*i));
    for b in outside {
        func.block_mut(b).term.for_each_edge_mut(|edge: &mut Edge| {
            if edge.block == header {
                edge.block = block;
            }
        });
    }
    block
}
