//! Small objects without pointers that are made one after the other are made together.
//!
//! Variables that escape together are often small: a counter, a flag. Those of one block share an object of up to 16 bytes, the size that the
//! heap keeps for tiny objects: it puts tiny objects of different origin into one already, so that living as long as one's neighbours is
//! nothing new to the program, nor are finalizers of parts of such an object.
//!
//! This runs when all functions are done: before, an object that turns out not to escape would be tied to one that does.

use crate::ir::hash::FastMap;
use crate::ir::{Function, Inst, Op, Type, Value};

/// Size of the heap's blocks for tiny objects.
const MAX_BYTES: u32 = 16;

/// A small object: what makes it, its size, the largest alignment it may need.
#[derive(Clone, Copy)]
struct Small {
    inst: Inst,
    bytes: u32,
    align: u32,
}

/// Joins what can be joined. Says whether there was any.
pub fn run(func: &mut Function) -> bool {
    let mut replaced: FastMap<Value, Value> = FastMap::default();
    for block in func.blocks() {
        let groups = groups(func, block);
        if groups.is_empty() {
            continue;
        }
        let insts = std::mem::take(&mut func.block_mut(block).insts);
        let mut out = Vec::with_capacity(insts.len() + groups.len());
        for inst in insts {
            match groups.iter().find(|group| group.iter().any(|small| small.inst == inst)) {
                None => out.push(inst),
                Some(group) if group[0].inst == inst => make(func, group, &mut out, &mut replaced),
                Some(_) => {}
            }
        }
        func.block_mut(block).insts = out;
    }
    if replaced.is_empty() {
        return false;
    }
    func.map_uses(|v| replaced.get(&v).copied().unwrap_or(v));
    true
}

/// Objects of a block that are made together, in the order of the block.
fn groups(func: &Function, block: crate::ir::Block) -> Vec<Vec<Small>> {
    let mut groups = Vec::new();
    let mut open: Vec<Small> = Vec::new();
    for inst in &func.block(block).insts {
        let Op::New { bytes, noscan: true, .. } = func.op(*inst) else { continue };
        if !func.args(*inst).is_empty() || bytes == 0 || bytes >= MAX_BYTES {
            continue;
        }
        if open.iter().map(|small| small.bytes).sum::<u32>() + bytes > MAX_BYTES {
            groups.push(std::mem::take(&mut open));
        }
        // A size is a multiple of the alignment, which is not known here.
        let align = (1 << bytes.trailing_zeros()).min(8);
        open.push(Small { inst: *inst, bytes, align });
    }
    groups.push(open);
    groups.retain(|group| group.len() > 1);
    groups
}

/// Makes one object in place of those of a group.
fn make(func: &mut Function, group: &[Small], out: &mut Vec<Inst>, replaced: &mut FastMap<Value, Value>) {
    let first = group[0].inst;
    let (loc, Op::New { ty, .. }) = (func.loc(first), func.op(first)) else { return };
    // The most aligned first leaves no gaps.
    let mut parts = group.to_vec();
    parts.sort_by_key(|small| std::cmp::Reverse(small.align));
    let bytes = parts.iter().map(|small| small.bytes).sum::<u32>().next_multiple_of(parts[0].align);
    let object = func.make_inst(Op::New { bytes, ty, noscan: true }, &[], &[Type::Ptr], loc);
    out.push(object);
    let base = func.result(object);
    let mut offset = 0;
    for small in parts {
        let mut address = base;
        if offset > 0 {
            let inst = func.make_inst(Op::PtrAdd(offset), &[base], &[Type::Ptr], func.loc(small.inst));
            out.push(inst);
            address = func.result(inst);
        }
        replaced.insert(func.result(small.inst), address);
        offset += small.bytes.cast_signed();
    }
}
