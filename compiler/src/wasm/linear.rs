//! The linear frame: where slots lie in it, which of its pointers live at each site, and which slots are objects to the collector.
//!
//! A word of a slot lives where a path leads to something that reads it at an address known here, before it is overwritten so. A variable that
//! is in memory because its address was taken keeps nothing alive after its last use. A word that was dead is written before it lives again,
//! so what the collector sees is never stale.
//!
//! # Objects
//! A slot whose address goes elsewhere (to a callee, into a variable, into another slot) is an *object*: all of it lives up to where its
//! address is taken, and from there on for as long as the collector finds a pointer to it in something alive. It looks for those in frames
//! only: memory of the heap never holds the address of a slot ([`crate::opt::escape`]). A runtime entry may keep what it is given where the
//! collector does not look: while it waits, all that its arguments may point into lives.
//!
//! Volatile slots, which the runtime reads when a panic unwinds, live everywhere. So does what the recover block reads.

use crate::ir::{Block, Function, Inst, Op, Slot, Type, Value};
use std::collections::HashMap;
use warren_abi::frame::MAX_OBJECTS;

/// The linear frame of a function.
pub struct Linear {
    pub offsets: Vec<u32>,
    pub bytes: u32,
    /// Locals that hold its address and the caller's stack pointer.
    pub frame: u32,
    pub caller: u32,
    /// Words that hold pointers, ascending.
    pub pointers: Vec<u32>,
    /// First word of each object and the word behind it.
    pub objects: Vec<(u16, u16)>,
}

impl Linear {
    /// Lays out the slots of a function; none if it has no slots.
    pub fn of(func: &Function, frame: u32) -> Option<Linear> {
        if func.slots.is_empty() {
            return None;
        }
        let mut order: Vec<usize> = (0..func.slots.len()).collect();
        order.sort_by_key(|&slot| std::cmp::Reverse(func.slots[slot].align.max(8)));
        let mut offsets = vec![0; func.slots.len()];
        let mut at = 0u32;
        let mut pointers = Vec::new();
        for slot in order {
            let data = &func.slots[slot];
            at = at.next_multiple_of(data.align.max(8));
            offsets[slot] = at;
            pointers.extend(data.pointers.iter().map(|word| at / 8 + word));
            at += data.bytes;
        }
        pointers.sort_unstable();
        Some(Linear { offsets, bytes: at.next_multiple_of(16), frame, caller: frame + 1, pointers, objects: Vec::new() })
    }
}

/// Frames with more pointers than this are taken to live as a whole.
const MAX_POINTERS: usize = 512;

/// A set of pointer words, by their place in [`Linear::pointers`].
#[derive(Clone, PartialEq, Eq)]
struct Words(Vec<u64>);

impl Words {
    fn new(count: usize) -> Words {
        Words(vec![0; count.div_ceil(64)])
    }

    fn set(&mut self, word: usize, on: bool) {
        let bit = 1 << (word % 64);
        if on {
            self.0[word / 64] |= bit;
        } else {
            self.0[word / 64] &= !bit;
        }
    }

    /// Whether anything was new.
    fn add(&mut self, other: &Words) -> bool {
        let mut grown = false;
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            grown |= *more & !*word != 0;
            *word |= more;
        }
        grown
    }

    fn contains(&self, word: usize) -> bool {
        self.0[word / 64] >> (word % 64) & 1 == 1
    }
}

/// What a pointer may point into.
#[derive(Clone, PartialEq, Eq)]
enum Target {
    Nothing,
    /// This byte of this slot.
    Exact(Slot, i64),
    /// Somewhere in these slots.
    Inside(Vec<Slot>),
}

impl Target {
    fn slots(&self) -> &[Slot] {
        match self {
            Target::Nothing => &[],
            Target::Exact(slot, _) => std::slice::from_ref(slot),
            Target::Inside(slots) => slots,
        }
    }

    fn join(&self, other: &Target) -> Target {
        if self == other || *other == Target::Nothing {
            return self.clone();
        }
        if *self == Target::Nothing {
            return other.clone();
        }
        let mut slots = self.slots().to_vec();
        slots.extend_from_slice(other.slots());
        slots.sort_unstable();
        slots.dedup();
        Target::Inside(slots)
    }

    fn blurred(&self) -> Target {
        if *self == Target::Nothing { Target::Nothing } else { Target::Inside(self.slots().to_vec()) }
    }
}

/// The words of the linear frame that live at some instructions, and the objects.
pub struct LiveWords {
    pub objects: Vec<(u16, u16)>,
    /// By instruction.
    at: HashMap<Inst, Vec<u32>>,
    /// Those that live everywhere.
    always: Vec<u32>,
}

impl LiveWords {
    /// Finds the words that live across the instructions `wanted`, and at them.
    pub fn find(func: &Function, order: &[Block], linear: &Linear, wanted: &dyn Fn(Inst) -> bool) -> LiveWords {
        let count = linear.pointers.len();
        let everything = || LiveWords { objects: Vec::new(), at: HashMap::new(), always: linear.pointers.clone() };
        if count == 0 || count > MAX_POINTERS {
            return everything();
        }
        let mut scan = Scan { func, linear, targets: targets(func, order), shared: vec![false; func.slots.len()] };
        let mut pinned: Vec<bool> = func.slots.iter().map(|slot| slot.volatile).collect();
        let mut shared = scan.shared.clone();
        for &block in order {
            let mut share = |value: Value| scan.exact(value).into_iter().for_each(|slot| shared[slot.index()] = true);
            for &inst in &func.block(block).insts {
                shared_by(func, inst).iter().copied().for_each(&mut share);
            }
            func.block(block).term.edges().for_each(|edge| func.list(edge.args).iter().copied().for_each(&mut share));
            let mut pin = |value: Value| scan.targets[value.index()].slots().iter().for_each(|slot| pinned[slot.index()] = true);
            for &inst in &func.block(block).insts {
                pinned_by(func, inst).iter().copied().for_each(&mut pin);
            }
            if let crate::ir::Terminator::Return(list) = func.block(block).term {
                func.list(list).iter().copied().for_each(&mut pin);
            }
        }
        let mut objects = Vec::new();
        for slot in (0..func.slots.len()).map(Slot::new).filter(|slot| shared[slot.index()]) {
            let (start, end) = scan.extent(slot);
            if pinned[slot.index()] || func[slot].pointers.iter().next().is_none() {
                continue;
            }
            match (u16::try_from(start / 8), u16::try_from((end + 7) / 8)) {
                (Ok(first), Ok(end)) if objects.len() < MAX_OBJECTS as usize => objects.push((first, end)),
                _ => pinned[slot.index()] = true,
            }
        }
        scan.shared = shared;
        let mut always = Words::new(count);
        scan.mark_slots(&mut always, (0..func.slots.len()).map(Slot::new).filter(|slot| pinned[slot.index()]));
        if scan.list(&always).len() == count {
            return everything();
        }
        let (at, always) = scan.solve(order, always, wanted);
        LiveWords { objects, at, always }
    }

    /// Words that live at an instruction; at a place that is none, those that live everywhere.
    pub fn at(&self, inst: Option<Inst>) -> &[u32] {
        inst.and_then(|inst| self.at.get(&inst)).unwrap_or(&self.always)
    }
}

/// Where pointers point: a fixpoint over copies, arithmetic and block parameters.
fn targets(func: &Function, order: &[Block]) -> Vec<Target> {
    let mut targets = vec![Target::Nothing; func.value_count()];
    let mut changed = true;
    while std::mem::take(&mut changed) {
        let mut update = |targets: &mut Vec<Target>, value: Value, target: Target| {
            let joined = targets[value.index()].join(&target);
            if joined != targets[value.index()] {
                targets[value.index()] = joined;
                changed = true;
            }
        };
        for &block in order {
            for &inst in &func.block(block).insts {
                let args = func.args(inst);
                let target = match func.op(inst) {
                    Op::SlotAddr(slot) => Target::Exact(slot, 0),
                    Op::PtrAdd(n) => match &targets[args[0].index()] {
                        Target::Exact(slot, at) => Target::Exact(*slot, at + i64::from(n)),
                        other => other.clone(),
                    },
                    Op::PtrIndex(_) => targets[args[0].index()].blurred(),
                    Op::Select(Type::Ptr) => targets[args[1].index()].join(&targets[args[2].index()]).blurred(),
                    op if op.is_call() => {
                        // The callee may give back what it got.
                        args.iter().fold(Target::Nothing, |all, arg| all.join(&targets[arg.index()].blurred()))
                    }
                    _ => continue,
                };
                if target != Target::Nothing {
                    for result in func.results(inst).filter(|result| func.ty(*result) == Type::Ptr) {
                        update(&mut targets, result, target.clone());
                    }
                }
            }
            for edge in func.block(block).term.edges() {
                for (param, arg) in func.block(edge.block).params.iter().zip(func.list(edge.args)) {
                    let target = targets[arg.index()].blurred();
                    update(&mut targets, *param, target);
                }
            }
        }
    }
    targets
}

/// The operands that pin what they may point into: it becomes an integer, or what becomes of it is not known.
fn pinned_by(func: &Function, inst: Inst) -> &[Value] {
    let args = func.args(inst);
    match func.op(inst) {
        Op::Select(Type::Ptr) | Op::AtomicLoad { .. } | Op::Store { .. } => &[],
        op if op.is_call() => &[],
        op => op.leaks(args),
    }
}

/// The operands whose address is used for more than to read and write there at once.
fn shared_by(func: &Function, inst: Inst) -> &[Value] {
    let args = func.args(inst);
    match func.op(inst) {
        Op::Store { .. } | Op::AtomicStore { .. } | Op::MemMove => &args[1..],
        Op::Load { .. }
        | Op::AtomicLoad { .. }
        | Op::MemZero { .. }
        | Op::MemClear
        | Op::MemCopy { .. }
        | Op::MemEqual { .. }
        | Op::PtrAdd(_)
        | Op::Cmp(..)
        | Op::NilCheck => &[],
        _ => args,
    }
}

struct Scan<'a> {
    func: &'a Function,
    linear: &'a Linear,
    targets: Vec<Target>,
    /// Slots whose address goes elsewhere.
    shared: Vec<bool>,
}

impl Scan<'_> {
    /// Marks the pointer words from byte `first` of the frame up to `end`.
    fn mark_range(&self, words: &mut Words, first: i64, end: i64, on: bool) {
        let from = self.linear.pointers.partition_point(|word| i64::from(*word) * 8 < first);
        for (place, word) in self.linear.pointers.iter().enumerate().skip(from) {
            let at = i64::from(*word) * 8;
            if at >= end {
                break;
            }
            // Only a whole word is overwritten, but any part of it is read.
            if on || at + 4 <= end {
                words.set(place, on);
            }
        }
    }

    fn extent(&self, slot: Slot) -> (i64, i64) {
        let start = i64::from(self.linear.offsets[slot.index()]);
        (start, start + i64::from(self.func[slot].bytes))
    }

    fn mark_slots(&self, words: &mut Words, slots: impl IntoIterator<Item = Slot>) {
        for slot in slots {
            let (start, end) = self.extent(slot);
            self.mark_range(words, start, end, true);
        }
    }

    /// The slot that a value is known to be an address in.
    fn exact(&self, value: Value) -> Option<Slot> {
        match self.targets[value.index()] {
            Target::Exact(slot, _) => Some(slot),
            _ => None,
        }
    }

    /// Marks the pointer words among `bytes` bytes at an address that is known.
    fn mark(&self, words: &mut Words, address: Value, offset: u32, bytes: i64, on: bool) {
        if let Target::Exact(slot, at) = self.targets[address.index()] {
            let (start, end) = self.extent(slot);
            let first = start + at + i64::from(offset);
            let first = if on { first & !7 } else { first };
            self.mark_range(words, first.clamp(start, end), first.saturating_add(bytes).clamp(start, end), on);
        }
    }

    /// The pointer words of a set.
    fn list(&self, words: &Words) -> Vec<u32> {
        self.linear.pointers.iter().enumerate().filter(|(place, _)| words.contains(*place)).map(|(_, word)| *word).collect()
    }

    fn read(&self, words: &mut Words, address: Value, offset: u32, bytes: i64) {
        self.mark(words, address, offset, bytes, true);
    }

    /// All that a pointer may point into.
    fn read_all(&self, words: &mut Words, value: Value) {
        self.mark_slots(words, self.targets[value.index()].slots().iter().copied());
    }

    /// The slot whose address is taken by this value.
    fn expose(&self, words: &mut Words, value: Value) {
        self.mark_slots(words, self.exact(value));
    }

    fn overwrite(&self, words: &mut Words, address: Value, offset: u32, bytes: u32) {
        self.mark(words, address, offset, bytes.into(), false);
    }

    /// From what lives behind an instruction to what lives before it.
    fn step(&self, words: &mut Words, inst: Inst) {
        let args = self.func.args(inst);
        match self.func.op(inst) {
            Op::Load { mem, offset, .. } | Op::AtomicLoad { mem, offset } => self.read(words, args[0], offset, mem.bytes().into()),
            Op::Store { mem, offset } => self.overwrite(words, args[0], offset, mem.bytes()),
            Op::MemZero { bytes } => self.overwrite(words, args[0], 0, bytes),
            Op::MemCopy { bytes } => {
                self.overwrite(words, args[0], 0, bytes);
                self.read(words, args[1], 0, bytes.into());
            }
            Op::MemEqual { bytes } => {
                self.read(words, args[0], 0, bytes.into());
                self.read(words, args[1], 0, bytes.into());
            }
            // The address may be kept in a local, where the collector finds it.
            Op::PtrAdd(_) if self.exact(args[0]).is_some_and(|slot| self.shared[slot.index()]) => self.expose(words, args[0]),
            _ => {}
        }
        shared_by(self.func, inst).iter().for_each(|arg| self.expose(words, *arg));
    }

    /// What lives at the instructions wanted, and what lives everywhere.
    fn solve(&self, order: &[Block], always: Words, wanted: &dyn Fn(Inst) -> bool) -> (HashMap<Inst, Vec<u32>>, Vec<u32>) {
        let func = self.func;
        let count = self.linear.pointers.len();
        let mut starts = vec![Words::new(count); func.block_count()];
        let behind = |starts: &[Words], block: Block| {
            let mut words = Words::new(count);
            for successor in func.successors(block) {
                words.add(&starts[successor.index()]);
            }
            for edge in func.block(block).term.edges() {
                func.list(edge.args).iter().for_each(|arg| self.expose(&mut words, *arg));
            }
            words
        };
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &block in order.iter().rev() {
                let mut words = behind(&starts, block);
                for &inst in func.block(block).insts.iter().rev() {
                    self.step(&mut words, inst);
                }
                changed |= starts[block.index()].add(&words);
            }
        }
        let mut always = always;
        if let Some(block) = func.recover {
            always.add(&starts[block.index()]);
        }
        let mut result = HashMap::new();
        for &block in order {
            let mut words = behind(&starts, block);
            for &inst in func.block(block).insts.iter().rev() {
                let mut at = wanted(inst).then(|| words.clone());
                self.step(&mut words, inst);
                if let Some(at) = &mut at {
                    if let Op::CallRt(_) = func.op(inst) {
                        func.args(inst).iter().for_each(|arg| self.read_all(at, *arg));
                    }
                    at.add(&always);
                    result.insert(inst, self.list(at));
                }
            }
        }
        (result, self.list(&always))
    }
}
