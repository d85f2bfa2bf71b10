//! Loads of what is known to be there: what was stored or loaded before, and read-only data.

use super::{Args, Gvn, Outcome, find};
use crate::ir::{Block, ConvOp, Mem, Op, RelocKind, Section, Type, Value};
use crate::opt::memory::{Contents, Place, clobber};
use crate::opt::slots::extension;

impl Gvn<'_> {
    /// Known contents of memory at the start of a block: those at the end of its dominator that nothing in between overwrites.
    pub(super) fn contents_at(&self, block: Block) -> Contents {
        let Some(dominator) = self.dom.idom(block) else { return Contents::default() };
        let Some(mut contents) = self.ends[dominator.index()].clone() else { return Contents::default() };
        if contents.is_empty() || self.cfg.preds(block).iter().all(|p| *p == dominator) {
            return contents;
        }
        let mut region: Vec<Block> = Vec::new();
        let mut work: Vec<Block> = self.cfg.preds(block).to_vec();
        let mut budget = 400usize;
        while let Some(at) = work.pop() {
            if at == dominator || region.contains(&at) {
                continue;
            }
            region.push(at);
            let cost = self.func.block(at).insts.len() + 4;
            if cost > budget || region.len() > 40 {
                return Contents::default();
            }
            budget -= cost;
            work.extend(self.cfg.preds(at));
        }
        let resolve = |v: Value| self.find(v);
        for at in region {
            for inst in &self.func.block(at).insts {
                contents.apply(&clobber(self.func, &resolve, *inst), &self.private);
                if contents.is_empty() {
                    return contents;
                }
            }
        }
        contents
    }

    /// Moves a constant that was added to the address into the offset. A negative one stays: the sum of address and offset does not wrap.
    fn fold_offset(&mut self, address: Value, offset: u32) -> (Value, u32) {
        match self.def(address) {
            Some((Op::PtrAdd(n), inner)) => match offset.checked_add_signed(n) {
                Some(sum) if n >= 0 && sum < 1 << 28 => (inner[0], sum),
                _ => (address, offset),
            },
            _ => (address, offset),
        }
    }

    pub(super) fn simplify_load(&mut self, mem: Mem, offset: u32, invariant: bool, mut args: Args) -> Outcome {
        let offset = {
            let (address, offset) = self.fold_offset(args[0], offset);
            args[0] = address;
            offset
        };
        if let Some(value) = self.constant_data(args[0], offset, mem) {
            return Outcome::Is(value);
        }
        // What a closure captured does not change.
        let captured = self.func.attrs.closure && self.func.params().first() == Some(&args[0]);
        let op = Op::Load { mem, offset, invariant: invariant || captured };
        let alias = std::mem::take(&mut self.alias);
        let place = Place::of(self.func, &|v| find(&alias, v), args[0], offset, mem.bytes().into());
        self.alias = alias;
        if let Some(value) = self.contents.get(&place, mem) {
            // What was stored may be wider than what is loaded.
            let value = match extension(mem) {
                Some(conv) => self.emit(Op::Conv(conv), &[value], Type::I32),
                None => value,
            };
            return Outcome::Is(value);
        }
        Outcome::Keep(op, args)
    }

    pub(super) fn simplify_store(&mut self, mem: Mem, offset: u32, mut args: Args) -> Outcome {
        let (address, offset) = self.fold_offset(args[0], offset);
        args[0] = address;
        // Narrow stores take the low bits.
        if let Some((Op::Conv(conv), inner)) = self.def(args[1]) {
            let covers = match conv {
                ConvOp::Ext8S | ConvOp::Ext8U => mem.bytes() == 1,
                ConvOp::Ext16S | ConvOp::Ext16U => mem.bytes() <= 2,
                _ => false,
            };
            if covers {
                args[1] = inner[0];
            }
        }
        let alias = std::mem::take(&mut self.alias);
        let place = Place::of(self.func, &|v| find(&alias, v), args[0], offset, mem.bytes().into());
        self.alias = alias;
        if self.contents.get(&place, mem) == Some(args[1]) {
            return Outcome::Nothing;
        }
        Outcome::Keep(Op::Store { mem, offset }, args)
    }

    /// The value of a load from read-only data.
    fn constant_data(&mut self, address: Value, offset: u32, mem: Mem) -> Option<Value> {
        let (symbol, base) = match self.def(address)? {
            (Op::GlobalAddr(symbol, base), _) => (symbol, base),
            (Op::FuncAddr(func), _) if offset == 0 && mem == Mem::I32 => return Some(self.emit(Op::TableIndex(func), &[], Type::I32)),
            _ => return None,
        };
        let data = &self.module[self.module.data(symbol)?];
        if data.section != Section::ReadOnly {
            return None;
        }
        let at = u32::try_from(i64::from(base) + i64::from(offset)).ok()?;
        let bytes = if mem == Mem::Ptr { 4 } else { mem.bytes() };
        if u64::from(at) + u64::from(bytes) > data.size.into() {
            return None;
        }
        let reloc = data.relocs.iter().find(|r| r.offset < at + bytes && r.offset + 4 > at).copied();
        if let Some(reloc) = reloc {
            let is_code = matches!(reloc.kind, RelocKind::Table | RelocKind::MethodTable);
            if reloc.offset == at && mem == Mem::I32 && is_code && self.module.func(reloc.target).is_some() {
                return Some(self.emit(Op::TableIndex(reloc.target), &[], Type::I32));
            }
            if reloc.offset != at || mem != Mem::Ptr || reloc.kind != RelocKind::Addr {
                return None;
            }
            if self.module.func(reloc.target).is_some() && reloc.addend == 0 {
                return Some(self.emit(Op::FuncAddr(reloc.target), &[], Type::Ptr));
            }
            self.module.data(reloc.target)?;
            return Some(self.emit(Op::GlobalAddr(reloc.target, reloc.addend), &[], Type::Ptr));
        }
        let mut word = [0u8; 8];
        for (i, byte) in word.iter_mut().enumerate().take(bytes as usize) {
            *byte = data.bytes.get(at as usize + i).copied().unwrap_or(0);
        }
        let n = u64::from_le_bytes(word);
        let op = match mem {
            Mem::I8S => Op::Const(Type::I32, i64::from(n as i8)),
            Mem::I8U => Op::Const(Type::I32, i64::from(n as u8)),
            Mem::I16S => Op::Const(Type::I32, i64::from(n as i16)),
            Mem::I16U => Op::Const(Type::I32, i64::from(n as u16)),
            Mem::I32 => Op::Const(Type::I32, i64::from(n as i32)),
            Mem::I64 => Op::Const(Type::I64, n as i64),
            Mem::F32 => Op::F32Const(n as u32),
            Mem::F64 => Op::F64Const(n),
            Mem::Ptr => Op::Const(Type::Ptr, i64::from(n as i32)),
        };
        Some(self.emit(op, &[], mem.ty()))
    }
}
