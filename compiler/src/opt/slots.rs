//! Promotion of stack slots to values (mem2reg and scalar replacement in one).
//!
//! A slot is promoted if its address is only used by loads, stores, zeroing and copies at constant offsets. The accesses divide it into
//! *pieces* that are read and written as a whole; each piece becomes a variable for SSA construction. Copies between two promoted slots move
//! piece by piece, so the division of one carries over to the other; a copy out to other memory needs pieces for every byte it moves.
//!
//! Slots whose accesses overlap in other ways stay, as do volatile ones.

use crate::ir::hash::FastMap;
use crate::ir::ssa::Ssa;
use crate::ir::{Cfg, ConvOp, Function, Inst, Mem, Op, Slot, SrcLoc, Type, Value};

/// More pieces than this in one slot are better left in memory.
const MAX_PIECES: usize = 24;

/// Promotes what can be promoted. Says whether anything changed.
pub fn run(func: &mut Function) -> bool {
    let mut changed = false;
    // With a slot that held another's address gone, the other may follow.
    while promote(func) {
        changed = true;
    }
    changed
}

fn promote(func: &mut Function) -> bool {
    if func.slots.iter().all(|s| s.volatile) {
        return false;
    }
    let cfg = Cfg::new(func);
    let mut scan = Scan {
        addresses: FastMap::default(),
        promoted: func.slots.iter().map(|s| !s.volatile && s.bytes > 0).collect(),
        pieces: vec![Vec::new(); func.slots.len()],
    };
    scan.find_addresses(func, &cfg);
    if !scan.promoted.contains(&true) {
        return false;
    }
    scan.divide(func, &cfg);
    if !scan.addresses.values().any(|(slot, _)| scan.promoted[slot.index()]) {
        return false;
    }
    Rewrite::new(func, &scan).run(&cfg);
    true
}

/// A part of a slot that becomes a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    offset: u32,
    mem: Mem,
}

impl Piece {
    fn end(self) -> u32 {
        self.offset + self.mem.bytes()
    }
}

/// What is known of all slots.
struct Scan {
    /// Values that are a slot's address plus a constant.
    addresses: FastMap<Value, (Slot, u32)>,
    promoted: Vec<bool>,
    /// Disjoint pieces by offset.
    pieces: Vec<Vec<Piece>>,
}

/// What an instruction does to slots.
enum Access {
    None,
    Load(Slot, Piece),
    Store(Slot, Piece),
    Zero(Slot, u32, u32),
    /// Destination and source, if they are slots.
    Copy {
        dst: Option<(Slot, u32)>,
        src: Option<(Slot, u32)>,
        bytes: u32,
    },
    /// Goes with the slot.
    Drop,
    /// Keeps what the slot points to alive.
    Keep(Slot),
    Address,
}

impl Scan {
    fn address(&self, value: Value) -> Option<(Slot, u32)> {
        self.addresses.get(&value).copied().filter(|(slot, _)| self.promoted[slot.index()])
    }

    fn access(&self, func: &Function, inst: Inst) -> Access {
        let args = func.args(inst);
        let first = args.first().and_then(|v| self.address(*v));
        match (func.op(inst), first) {
            (Op::SlotAddr(slot), _) if self.promoted[slot.index()] => Access::Address,
            (Op::PtrAdd(_), Some(_)) => Access::Address,
            (Op::Load { mem, offset, .. }, Some((slot, at))) => Access::Load(slot, Piece { offset: at + offset, mem }),
            (Op::Store { mem, offset }, Some((slot, at))) => Access::Store(slot, Piece { offset: at + offset, mem }),
            (Op::MemZero { bytes }, Some((slot, at))) => Access::Zero(slot, at, bytes),
            (Op::MemCopy { bytes }, dst) => {
                let src = self.address(args[1]);
                if dst.is_none() && src.is_none() { Access::None } else { Access::Copy { dst, src, bytes } }
            }
            (Op::NilCheck, Some(_)) => Access::Drop,
            (Op::KeepAlive, Some((slot, _))) => Access::Keep(slot),
            _ => Access::None,
        }
    }

    /// Finds the address values and drops the slots whose address goes elsewhere.
    fn find_addresses(&mut self, func: &Function, cfg: &Cfg) {
        for block in &cfg.order {
            for inst in &func.block(*block).insts {
                let args = func.args(*inst);
                let op = func.op(*inst);
                match op {
                    Op::SlotAddr(slot) => {
                        self.addresses.insert(func.result(*inst), (slot, 0));
                        continue;
                    }
                    Op::PtrAdd(offset) => {
                        if let Some((slot, at)) = self.addresses.get(&args[0]).copied() {
                            let to = i64::from(at) + i64::from(offset);
                            if (0..=i64::from(func[slot].bytes)).contains(&to) {
                                self.addresses.insert(func.result(*inst), (slot, to as u32));
                            } else {
                                self.promoted[slot.index()] = false;
                            }
                        }
                        continue;
                    }
                    _ => {}
                }
                for (i, arg) in args.iter().enumerate() {
                    let Some((slot, at)) = self.addresses.get(arg).copied() else { continue };
                    let inside = |offset: u32, bytes: u32| u64::from(at) + u64::from(offset) + u64::from(bytes) <= u64::from(func[slot].bytes);
                    let fine = match op {
                        Op::Load { mem, offset, .. } => inside(offset, mem.bytes()),
                        Op::Store { mem, offset } => i == 0 && inside(offset, mem.bytes()),
                        Op::MemZero { bytes } | Op::MemCopy { bytes } => inside(0, bytes),
                        Op::NilCheck | Op::KeepAlive => true,
                        _ => false,
                    };
                    self.promoted[slot.index()] &= fine;
                }
            }
            func.for_each_term_use(*block, |v| {
                if let Some((slot, _)) = self.addresses.get(&v) {
                    self.promoted[slot.index()] = false;
                }
            });
        }
    }

    /// Divides the slots into pieces; drops those that cannot be divided.
    fn divide(&mut self, func: &Function, cfg: &Cfg) {
        // Each round either ends, adds pieces (their number is bounded) or drops a slot.
        loop {
            let mut changed = false;
            for block in &cfg.order {
                for inst in &func.block(*block).insts {
                    match self.access(func, *inst) {
                        Access::Load(slot, piece) | Access::Store(slot, piece) => changed |= self.add_piece(slot, piece),
                        Access::Zero(slot, offset, bytes) => changed |= self.check_range(slot, offset, bytes),
                        Access::Copy { dst, src, bytes } => changed |= self.divide_copy(func, dst, src, bytes),
                        Access::None | Access::Drop | Access::Keep(_) | Access::Address => {}
                    }
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Adds a piece; drops the slot if it overlaps others. Says whether anything changed.
    fn add_piece(&mut self, slot: Slot, piece: Piece) -> bool {
        if !self.promoted[slot.index()] {
            return false;
        }
        let list = &mut self.pieces[slot.index()];
        let at = list.partition_point(|p| p.offset < piece.offset);
        if let Some(old) = list.get(at)
            && old.offset == piece.offset
            && convertible(old.mem, piece.mem)
        {
            return false;
        }
        let clash = (at > 0 && list[at - 1].end() > piece.offset) || list.get(at).is_some_and(|p| p.offset < piece.end());
        if clash || list.len() >= MAX_PIECES {
            self.promoted[slot.index()] = false;
        } else {
            list.insert(at, piece);
        }
        true
    }

    /// Drops the slot if a range cuts a piece.
    fn check_range(&mut self, slot: Slot, offset: u32, bytes: u32) -> bool {
        let end = offset + bytes;
        let cut = |p: &Piece| p.offset < end && p.end() > offset && (p.offset < offset || p.end() > end);
        if self.promoted[slot.index()] && self.pieces[slot.index()].iter().any(cut) {
            self.promoted[slot.index()] = false;
            return true;
        }
        false
    }

    fn within(&self, slot: Slot, offset: u32, bytes: u32) -> Vec<Piece> {
        self.pieces[slot.index()].iter().copied().filter(|p| p.offset >= offset && p.end() <= offset + bytes).collect()
    }

    fn divide_copy(&mut self, func: &Function, dst: Option<(Slot, u32)>, src: Option<(Slot, u32)>, bytes: u32) -> bool {
        let mut changed = false;
        if let Some((slot, offset)) = dst {
            changed |= self.check_range(slot, offset, bytes);
        }
        if let Some((slot, offset)) = src {
            changed |= self.check_range(slot, offset, bytes);
        }
        if changed {
            return true;
        }
        match (dst, src) {
            (Some((d, at_d)), Some((s, at_s))) => {
                if d == s {
                    // A move within one slot: not worth the trouble.
                    self.promoted[d.index()] = false;
                    return true;
                }
                for piece in self.within(d, at_d, bytes) {
                    changed |= self.add_piece(s, Piece { offset: piece.offset - at_d + at_s, ..piece });
                }
                for piece in self.within(s, at_s, bytes) {
                    changed |= self.add_piece(d, Piece { offset: piece.offset - at_s + at_d, ..piece });
                }
            }
            (None, Some((slot, offset))) => {
                // Everything is seen by others: fill the gaps.
                let mut at = offset;
                while at < offset + bytes {
                    if let Some(piece) = self.pieces[slot.index()].iter().find(|p| p.offset <= at && at < p.end()) {
                        at = piece.end();
                        continue;
                    }
                    let next = self.pieces[slot.index()].iter().map(|p| p.offset).find(|o| *o > at).unwrap_or(u32::MAX);
                    let room = next.min(offset + bytes) - at;
                    let mem = match at % 8 {
                        0 if room >= 8 && func[slot].pointers.get(at / 8) => Mem::Ptr,
                        0 if room >= 8 => Mem::I64,
                        0 | 4 if room >= 4 => Mem::I32,
                        0 | 2 | 4 | 6 if room >= 2 => Mem::I16U,
                        _ => Mem::I8U,
                    };
                    changed |= self.add_piece(slot, Piece { offset: at, mem });
                    if !self.promoted[slot.index()] {
                        return true;
                    }
                    at += mem.bytes();
                }
            }
            _ => {}
        }
        changed
    }
}

/// Whether one piece can serve both kinds of access.
fn convertible(a: Mem, b: Mem) -> bool {
    a.bytes() == b.bytes() && (a == Mem::Ptr) == (b == Mem::Ptr)
}

/// Bits of one type seen as another of the same size.
fn bit_cast(from: Type, to: Type) -> Option<ConvOp> {
    match (from, to) {
        (Type::F32, Type::I32) => Some(ConvOp::F32Bits),
        (Type::I32, Type::F32) => Some(ConvOp::F32FromBits),
        (Type::F64, Type::I64) => Some(ConvOp::F64Bits),
        (Type::I64, Type::F64) => Some(ConvOp::F64FromBits),
        _ => None,
    }
}

/// Extension that a load of narrow memory does.
pub fn extension(mem: Mem) -> Option<ConvOp> {
    match mem {
        Mem::I8S => Some(ConvOp::Ext8S),
        Mem::I8U => Some(ConvOp::Ext8U),
        Mem::I16S => Some(ConvOp::Ext16S),
        Mem::I16U => Some(ConvOp::Ext16U),
        _ => None,
    }
}

struct Rewrite<'a> {
    func: &'a mut Function,
    scan: &'a Scan,
    ssa: Ssa,
    variables: FastMap<(Slot, u32), (u32, Mem)>,
    /// Values of variables at the current point of the current block, and whether the block defined them.
    local: FastMap<u32, (Value, bool)>,
    /// Values read at the start of a block, to be resolved at the end.
    entry_reads: Vec<(crate::ir::Block, u32, Value)>,
    rename: Vec<(Value, Value)>,
    out: Vec<Inst>,
}

impl<'a> Rewrite<'a> {
    fn new(func: &'a mut Function, scan: &'a Scan) -> Rewrite<'a> {
        let mut ssa = Ssa::of(func);
        let mut variables = FastMap::default();
        for (slot, pieces) in scan.pieces.iter().enumerate() {
            if scan.promoted[slot] {
                for piece in pieces {
                    variables.insert((Slot::new(slot), piece.offset), (ssa.declare(piece.mem.ty()), piece.mem));
                }
            }
        }
        Rewrite { func, scan, ssa, variables, local: FastMap::default(), entry_reads: Vec::new(), rename: Vec::new(), out: Vec::new() }
    }

    fn run(mut self, cfg: &Cfg) {
        for block in &cfg.order {
            self.local.clear();
            let insts = std::mem::take(&mut self.func.block_mut(*block).insts);
            for inst in insts {
                self.inst(*block, inst);
            }
            self.func.block_mut(*block).insts = std::mem::take(&mut self.out);
            for (variable, (value, defined)) in &self.local {
                if *defined {
                    self.ssa.define(*block, *variable, *value);
                }
            }
        }
        for (block, variable, value) in std::mem::take(&mut self.entry_reads) {
            let source = self.ssa.read_entry(self.func, block, variable);
            self.rename.push((value, source));
        }
        self.ssa.settle(self.func, &self.rename);
    }

    fn read(&mut self, block: crate::ir::Block, slot: Slot, offset: u32) -> Value {
        let (variable, mem) = self.variables[&(slot, offset)];
        if let Some((value, _)) = self.local.get(&variable) {
            return *value;
        }
        let value = self.func.add_value(mem.ty(), crate::ir::Def::Param(block, u32::MAX));
        self.entry_reads.push((block, variable, value));
        self.local.insert(variable, (value, false));
        value
    }

    fn write(&mut self, slot: Slot, offset: u32, value: Value) {
        let (variable, _) = self.variables[&(slot, offset)];
        self.local.insert(variable, (value, true));
    }

    fn emit(&mut self, op: Op, args: &[Value], ty: Type, loc: SrcLoc) -> Value {
        let inst = self.func.make_inst(op, args, &[ty], loc);
        self.out.push(inst);
        self.func.result(inst)
    }

    fn cast(&mut self, value: Value, to: Type, loc: SrcLoc) -> Value {
        match bit_cast(self.func.ty(value), to) {
            Some(op) => self.emit(Op::Conv(op), &[value], to, loc),
            None => value,
        }
    }

    fn inst(&mut self, block: crate::ir::Block, inst: Inst) {
        let loc = self.func.loc(inst);
        match self.scan.access(self.func, inst) {
            Access::None => self.out.push(inst),
            Access::Drop | Access::Address => {}
            Access::Keep(slot) => {
                for piece in self.scan.within(slot, 0, self.func[slot].bytes) {
                    let value = self.read(block, slot, piece.offset);
                    if self.func.ty(value) == Type::Ptr {
                        let keep = self.func.make_inst(Op::KeepAlive, &[value], &[], loc);
                        self.out.push(keep);
                    }
                }
            }
            Access::Load(slot, piece) => {
                let value = self.read(block, slot, piece.offset);
                let result = self.func.result(inst);
                let conv = bit_cast(self.func.ty(value), piece.mem.ty()).or(extension(piece.mem));
                match conv {
                    Some(op) => {
                        self.func.replace_op(inst, Op::Conv(op), &[value]);
                        self.out.push(inst);
                    }
                    None => self.rename.push((result, value)),
                }
            }
            Access::Store(slot, piece) => {
                let value = self.func.args(inst)[1];
                let (_, mem) = self.variables[&(slot, piece.offset)];
                let value = self.cast(value, mem.ty(), loc);
                self.write(slot, piece.offset, value);
            }
            Access::Zero(slot, offset, bytes) => {
                for piece in self.scan.within(slot, offset, bytes) {
                    let ty = piece.mem.ty();
                    let zero = self.emit(Op::zero(ty), &[], ty, loc);
                    self.write(slot, piece.offset, zero);
                }
            }
            Access::Copy { dst, src, bytes } => self.copy(block, inst, dst, src, bytes),
        }
    }

    fn copy(&mut self, block: crate::ir::Block, inst: Inst, dst: Option<(Slot, u32)>, src: Option<(Slot, u32)>, bytes: u32) {
        let loc = self.func.loc(inst);
        let (to, from) = (self.func.args(inst)[0], self.func.args(inst)[1]);
        match (dst, src) {
            (Some((d, at_d)), Some((s, at_s))) => {
                for piece in self.scan.within(s, at_s, bytes) {
                    let value = self.read(block, s, piece.offset);
                    let offset = piece.offset - at_s + at_d;
                    let (_, mem) = self.variables[&(d, offset)];
                    let value = self.cast(value, mem.ty(), loc);
                    self.write(d, offset, value);
                }
            }
            (Some((slot, at)), None) => {
                for piece in self.scan.within(slot, at, bytes) {
                    let op = Op::Load { mem: piece.mem, offset: piece.offset - at, invariant: false };
                    let value = self.emit(op, &[from], piece.mem.ty(), loc);
                    self.write(slot, piece.offset, value);
                }
            }
            (None, Some((slot, at))) => {
                for piece in self.scan.within(slot, at, bytes) {
                    let value = self.read(block, slot, piece.offset);
                    let op = Op::Store { mem: piece.mem, offset: piece.offset - at };
                    let store = self.func.make_inst(op, &[to, value], &[], loc);
                    self.out.push(store);
                }
            }
            (None, None) => self.out.push(inst),
        }
    }
}
