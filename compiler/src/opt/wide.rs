//! Numbers that are read or written byte by byte become one access.
//!
//! Portable code reads a number as `b[0] | b[1]<<8 | ...` and writes it as `b[0] = byte(v)`, `b[1] = byte(v >> 8)`, in either order of the
//! bytes. The pass finds such sums and runs of stores within a block. A wide load stands where the last of the narrow ones stood, behind the
//! checks of all of them, if nothing writes in between; a wide store stands where the last narrow one stood, if nothing in between can see
//! or stop them. Wasm has little-endian memory and accesses of any alignment.

use crate::ir::hash::{FastMap, FastSet};
use crate::ir::{BinOp, Block, ConvOp, Function, Inst, Mem, Op, SrcLoc, Type, UnOp, Value};

/// Runs over a function. Says whether anything changed.
pub fn run(func: &mut Function) -> bool {
    let mut changed = false;
    let blocks: Vec<Block> = func.blocks().collect();
    let mut alias: FastMap<Value, Value> = FastMap::default();
    for block in blocks {
        let (mut narrow_loads, mut narrow_stores) = (0, 0);
        for inst in &func.block(block).insts {
            match func.op(*inst) {
                Op::Load { mem: Mem::I8U | Mem::I16U | Mem::I32, .. } => narrow_loads += 1,
                Op::Store { mem: Mem::I8S | Mem::I8U, .. } => narrow_stores += 1,
                _ => {}
            }
        }
        if narrow_loads > 1 {
            loads(func, block, &mut alias);
        }
        if narrow_stores > 1 {
            changed |= stores(func, block);
        }
    }
    if !alias.is_empty() {
        func.map_uses(|v| alias.get(&v).copied().unwrap_or(v));
        changed = true;
    }
    changed
}

/// A narrow load that is part of a sum.
struct Part {
    base: Value,
    offset: u32,
    bytes: u32,
    /// Where its lowest bit is in the sum.
    shift: u32,
    position: usize,
}

/// The terms of a sum, as they are found.
struct Sum<'f> {
    func: &'f Function,
    /// Loads of the block: where they stand.
    positions: &'f FastMap<Inst, usize>,
    parts: Vec<Part>,
    /// Sums within the sum.
    inner: Vec<Inst>,
}

impl Sum<'_> {
    /// Adds the terms of `value`, shifted to the left by `shift`; bits from `limit` on are lost. `None` if it is no sum of loads.
    fn add(&mut self, value: Value, shift: u32, limit: u32) -> Option<()> {
        let inst = self.func.def_inst(value)?;
        let args = self.func.args(inst);
        match self.func.op(inst) {
            Op::Bin(BinOp::Or, _) => {
                if self.inner.len() == 8 {
                    return None;
                }
                self.inner.push(inst);
                self.add(args[0], shift, limit)?;
                self.add(args[1], shift, limit)
            }
            Op::Bin(BinOp::Shl, _) => {
                let count = u32::try_from(self.func.as_const(args[1])?).ok()?;
                if count >= 64 {
                    return None;
                }
                self.add(args[0], shift + count, limit)
            }
            Op::Conv(ConvOp::ExtU) => self.add(args[0], shift, limit.min(shift + 32)),
            Op::Conv(ConvOp::Ext16U) => self.add(args[0], shift, limit.min(shift + 16)),
            Op::Load { mem: mem @ (Mem::I8U | Mem::I16U | Mem::I32), offset, invariant: false } => {
                let position = *self.positions.get(&inst)?;
                let bytes = mem.bytes();
                if shift + 8 * bytes > limit {
                    return None;
                }
                self.parts.push(Part { base: args[0], offset, bytes, shift, position });
                Some(())
            }
            _ => None,
        }
    }
}

fn loads(func: &mut Function, block: Block, alias: &mut FastMap<Value, Value>) {
    let mut positions: FastMap<Inst, usize> = FastMap::default();
    // How many writes stand before each instruction.
    let mut writes = Vec::new();
    let mut count = 0;
    let insts = func.block(block).insts.clone();
    for (position, inst) in insts.iter().enumerate() {
        writes.push(count);
        match func.op(*inst) {
            Op::Load { mem: Mem::I8U | Mem::I16U | Mem::I32, invariant: false, .. } => {
                positions.insert(*inst, position);
            }
            op => count += u32::from(op.effects().writes),
        }
    }
    let mut done: FastSet<Inst> = FastSet::default();
    let mut added: Vec<(usize, Vec<Inst>)> = Vec::new();
    for inst in insts.iter().rev() {
        let Op::Bin(BinOp::Or, ty) = func.op(*inst) else { continue };
        if done.contains(inst) {
            continue;
        }
        let bits = if ty == Type::I64 { 64 } else { 32 };
        let mut sum = Sum { func, positions: &positions, parts: Vec::new(), inner: Vec::new() };
        let root = func.result(*inst);
        if sum.add(root, 0, bits).is_none() {
            continue;
        }
        let Sum { mut parts, inner, .. } = sum;
        parts.sort_by_key(|part| part.offset);
        let Some((mem, swapped)) = whole(&parts) else { continue };
        let first = parts.iter().map(|part| part.position).min().unwrap_or_default();
        let last = parts.iter().map(|part| part.position).max().unwrap_or_default();
        if writes[first] != writes[last] {
            continue;
        }
        done.extend(inner);
        let loc = func.loc(insts[last]);
        let mut list = Vec::new();
        let load = Op::Load { mem, offset: parts[0].offset, invariant: false };
        let mut value = emit(func, &mut list, load, &[parts[0].base], mem.ty(), loc);
        if swapped {
            value = emit(func, &mut list, Op::Un(UnOp::Bswap, mem.ty()), &[value], mem.ty(), loc);
        }
        if mem.ty() != ty {
            value = emit(func, &mut list, Op::Conv(ConvOp::ExtU), &[value], ty, loc);
        }
        alias.insert(root, value);
        added.push((last, list));
    }
    if added.is_empty() {
        return;
    }
    added.sort_by_key(|(position, _)| *position);
    let mut added = added.into_iter().peekable();
    let mut list = Vec::with_capacity(insts.len());
    for (position, inst) in insts.into_iter().enumerate() {
        list.push(inst);
        while let Some((_, more)) = added.next_if(|(at, _)| *at == position) {
            list.extend(more);
        }
    }
    func.block_mut(block).insts = list;
}

fn emit(func: &mut Function, list: &mut Vec<Inst>, op: Op, args: &[Value], ty: Type, loc: SrcLoc) -> Value {
    let inst = func.make_inst(op, args, &[ty], loc);
    list.push(inst);
    func.result(inst)
}

/// The access that reads all parts (sorted by offset), and whether its bytes must be reversed.
fn whole(parts: &[Part]) -> Option<(Mem, bool)> {
    let first = parts.first()?;
    let bytes: u32 = parts.iter().map(|part| part.bytes).sum();
    let mem = match bytes {
        2 => Mem::I16U,
        4 => Mem::I32,
        8 => Mem::I64,
        _ => return None,
    };
    let mut at = 0;
    let (mut little, mut big) = (parts.len() > 1, parts.len() == bytes as usize && bytes > 2);
    for part in parts {
        if part.base != first.base || part.offset - first.offset != at {
            return None;
        }
        little &= part.shift == 8 * at;
        big &= part.shift == 8 * (bytes - 1 - at);
        at += part.bytes;
    }
    (little || big).then_some((mem, big))
}

/// A store of a byte of a number.
struct Byte {
    position: usize,
    base: Value,
    offset: u32,
    number: Value,
    shift: u32,
}

/// The number of which a value's low byte is a byte, and the position of its lowest bit there.
fn byte_of(func: &Function, mut value: Value) -> (Value, u32) {
    let mut shift = 0;
    while let Some(inst) = func.def_inst(value) {
        let args = func.args(inst);
        match func.op(inst) {
            Op::Conv(ConvOp::Wrap | ConvOp::Ext8U | ConvOp::Ext8S) if shift == 0 => value = args[0],
            Op::Bin(BinOp::ShrU | BinOp::ShrS, ty) if shift == 0 => {
                let bits = if ty == Type::I64 { 64 } else { 32 };
                match func.as_const(args[1]) {
                    Some(n) if n > 0 && n % 8 == 0 && n + 8 <= bits => {
                        shift = n as u32;
                        value = args[0];
                    }
                    _ => break,
                }
            }
            _ => break,
        }
    }
    (value, shift)
}

fn stores(func: &mut Function, block: Block) -> bool {
    let insts = &func.block(block).insts;
    let mut runs: Vec<Vec<Byte>> = Vec::new();
    let mut run: Vec<Byte> = Vec::new();
    for (position, inst) in insts.iter().enumerate() {
        let op = func.op(*inst);
        if let Op::Store { mem: Mem::I8S | Mem::I8U, offset } = op {
            let args = func.args(*inst);
            let (number, shift) = byte_of(func, args[1]);
            if run.first().is_some_and(|first| first.base != args[0] || first.number != number) {
                runs.push(std::mem::take(&mut run));
            }
            run.push(Byte { position, base: args[0], offset, number, shift });
        } else {
            let effects = op.effects();
            if effects.reads || effects.writes || effects.safepoint || effects.pinned {
                runs.push(std::mem::take(&mut run));
            }
        }
    }
    runs.push(run);
    let mut gone: FastMap<usize, Vec<Inst>> = FastMap::default();
    for mut run in runs {
        let Some((mem, swapped)) = whole_store(func, &mut run) else { continue };
        let last = run.iter().map(|byte| byte.position).max().unwrap_or_default();
        let loc = func.loc(func.block(block).insts[last]);
        let mut list = Vec::new();
        let mut value = run[0].number;
        if func.ty(value) == Type::I64 && mem.ty() == Type::I32 {
            value = emit(func, &mut list, Op::Conv(ConvOp::Wrap), &[value], Type::I32, loc);
        }
        if swapped {
            value = emit(func, &mut list, Op::Un(UnOp::Bswap, mem.ty()), &[value], mem.ty(), loc);
        }
        let store = func.make_inst(Op::Store { mem, offset: run[0].offset }, &[run[0].base, value], &[], loc);
        list.push(store);
        for byte in &run {
            gone.insert(byte.position, Vec::new());
        }
        gone.insert(last, list);
    }
    if gone.is_empty() {
        return false;
    }
    let insts = std::mem::take(&mut func.block_mut(block).insts);
    let mut list = Vec::with_capacity(insts.len());
    for (position, inst) in insts.into_iter().enumerate() {
        match gone.remove(&position) {
            Some(instead) => list.extend(instead),
            None => list.push(inst),
        }
    }
    func.block_mut(block).insts = list;
    true
}

/// The store that writes all bytes of a run, and whether they must be reversed. Sorts them by offset.
fn whole_store(func: &Function, run: &mut [Byte]) -> Option<(Mem, bool)> {
    run.sort_by_key(|byte| byte.offset);
    let first = run.first()?;
    let bits = match func.ty(first.number) {
        Type::I64 => 64,
        Type::I32 => 32,
        _ => return None,
    };
    let mem = match run.len() {
        2 => Mem::I16U,
        4 => Mem::I32,
        8 if bits == 64 => Mem::I64,
        _ => return None,
    };
    let count = run.len() as u32;
    let (mut little, mut big) = (true, count > 2);
    for (at, byte) in (0..).zip(run.iter()) {
        if byte.offset - first.offset != at {
            return None;
        }
        little &= byte.shift == 8 * at;
        big &= byte.shift == 8 * (count - 1 - at);
    }
    (little || big).then_some((mem, big))
}
