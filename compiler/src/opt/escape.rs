//! Escape analysis: heap objects that do not outlive their function become slots of its linear frame.
//!
//! For every pointer value it computes where the pointer and what is reachable through it may go: *leak* (anywhere: memory of others, an
//! unknown callee) or *result* (back to the caller). A fixpoint over the uses of each value, one level of indirection apart: flags of the
//! value itself and flags of its contents, as in Go's own analysis with its levels cut to two. What a function does with its parameters is
//! its summary, which its callers use (callees are analysed first, and those that call each other together).
//!
//! An object in a loop becomes a slot only if no pointer to it survives into the next round, for all rounds share the slot. The same holds
//! for buffers of strings and slices that calls make (`temporary`).
//!
//! A pointer converted to an integer is followed through arithmetic to where it becomes a pointer again; in memory, in calls of
//! functions and in results an integer is no pointer, as in Go.
//!
//! # Invariants
//! - ESCAPE-1: memory of the heap never holds the address of a slot: the collector looks for those in frames only. So what is stored in an
//!   object that stays in the heap leaks, even if the object itself does not.

use super::Context;
use super::memory::{Object, closure_codes, object_of};
use super::temporary::Maker;
use crate::ir::hash::{FastMap, FastSet};
use crate::ir::{Cfg, ConvOp, Def, Dominators, FuncId, Function, Inst, Loops, Mem, Module, Op, PointerMap, Slot, SlotData, Symbol, Type, Value};

/// Where a pointer goes; a set of the `FLOW_*` bits.
pub type Flow = u8;
/// The pointer itself leaks.
pub const LEAK: Flow = 1;
/// A pointer read through it leaks.
pub const CONTENT_LEAK: Flow = 2;
/// The pointer becomes (part of) a result.
pub const RESULT: Flow = 4;
/// A pointer read through it becomes a result.
pub const CONTENT_RESULT: Flow = 8;

/// Objects up to this size become slots.
const MAX_OBJECT: u32 = 8192;
/// The frame of a function grows at most to this by way of escape analysis.
const MAX_FRAME: u32 = 65536;

/// More functions that call each other, or more instructions in them, are not looked at together.
const MAX_TOGETHER: usize = 32;
const MAX_TOGETHER_INSTS: usize = 8000;

/// Entries of the runtime that keep no pointer they are given, nor what it leads to.
const HARMLESS_ENTRIES: &[&str] = &[
    "print_string",
    "memequal",
    "memhash",
    "compare",
    "index_byte",
    "index_text",
    "count_byte",
    "sha1_blocks",
    "sha256_blocks",
    "sha512_blocks",
    "env",
    "write",
    "frame_info",
    "func_entry",
    "callers",
    "stack_text",
    "mem_stats",
    "recover",
    "walltime",
];
/// Entries that read what a pointer leads to, but do not keep the pointer itself past the call.
const READING_ENTRIES: &[&str] = &["chan_send", "chan_recv", "chan_try_send", "chan_try_recv"];

/// What the function does with each of its parameters.
pub fn summarize(context: &Context, module: &Module, func: &Function) -> Box<[Flow]> {
    if !func.params().iter().any(|p| func.ty(*p) == Type::Ptr) {
        return func.params().iter().map(|_| 0).collect();
    }
    // What has not become a slot by now never does.
    let flows = Flows::solve(context, module, func, &|_| true);
    func.params().iter().map(|p| flows.of[p.index()]).collect()
}

/// Summaries of functions that call each other, before they are optimised: what holds of all of them if it is assumed of all.
pub fn summarize_together(context: &mut Context, module: &Module, members: &[FuncId]) {
    if members.is_empty() || members.len() > MAX_TOGETHER || members.iter().map(|id| module[*id].inst_count()).sum::<usize>() > MAX_TOGETHER_INSTS {
        return;
    }
    for id in members {
        context.summaries[id.index()] = Some(module[*id].params().iter().map(|_| 0).collect());
    }
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for id in members {
            let summary = summarize(context, module, &module[*id]);
            changed |= context.summaries[id.index()].as_ref() != Some(&summary);
            context.summaries[id.index()] = Some(summary);
        }
    }
}

/// Turns objects into slots. Says whether it did.
pub fn run(context: &Context, module: &Module, func: &mut Function) -> bool {
    let mut news = candidates(context, module, func);
    if news.is_empty() {
        return false;
    }
    let cfg = Cfg::new(func);
    let dom = Dominators::new(func, &cfg);
    let loops = Loops::new(func, &cfg, &dom);
    let frame: u32 = func.slots.iter().map(|s| s.bytes.next_multiple_of(16)).sum();
    let mut surviving: FastMap<Inst, bool> = FastMap::default();
    let chosen = loop {
        let candidates: FastSet<Inst> = news.iter().map(|(inst, _)| *inst).collect();
        let stays = |inst| !candidates.contains(&inst);
        let flows = Flows::solve(context, module, func, &stays);
        let mut frame = frame;
        let mut chosen: Vec<(Inst, u32, PointerMap)> = Vec::new();
        let mut refused = FastSet::default();
        for &(inst, block) in &news {
            let Some(value) = func.results(inst).next() else { continue };
            if flows.of[value.index()] & (LEAK | RESULT) != 0 {
                continue;
            }
            let memory = memory_of(context, module, func.op(inst));
            let cyclic = loops.irreducible || loops.of(block).is_some();
            let mut survives =
                || *surviving.entry(inst).or_insert_with(|| loops.irreducible || survives_round(context, module, func, value, &loops, block));
            match memory {
                Some((bytes, pointers)) if frame + bytes <= MAX_FRAME && !(cyclic && survives()) => {
                    frame += bytes.next_multiple_of(16);
                    chosen.push((inst, bytes, pointers));
                }
                _ => {
                    refused.insert(inst);
                }
            }
        }
        // ESCAPE-1: once more, with what is stored in those leaking. Pointerless ones hold no addresses.
        let holds_pointers = |inst: &Inst| match func.op(*inst) {
            Op::New { noscan, .. } => !noscan,
            op => maker(context, op).is_some_and(|maker| !maker.memory().1.is_empty()),
        };
        if !refused.iter().any(holds_pointers) {
            break chosen;
        }
        news.retain(|(inst, _)| !refused.contains(inst));
    };
    let mut slots: FastMap<Inst, Slot> = FastMap::default();
    for (inst, bytes, pointers) in chosen {
        let align = if bytes >= 16 { 16 } else { 8 };
        slots.insert(inst, func.add_slot(SlotData { bytes, align, pointers, volatile: false }));
    }
    if slots.is_empty() {
        return false;
    }
    for block in cfg.order {
        let insts = std::mem::take(&mut func.block_mut(block).insts);
        let mut out = Vec::with_capacity(insts.len() + 2);
        for inst in insts {
            let Some(slot) = slots.get(&inst) else {
                out.push(inst);
                continue;
            };
            let loc = func.loc(inst);
            match (func.op(inst), maker(context, func.op(inst))) {
                (_, Some(Maker::Boxed(words))) => {
                    let args = func.args(inst).to_vec();
                    let address = func.result(inst);
                    func.replace_op(inst, Op::SlotAddr(*slot), &[]);
                    out.push(inst);
                    for (i, (mem, arg)) in words.iter().zip(args).enumerate() {
                        let op = Op::Store { mem: *mem, offset: i as u32 * 8 };
                        out.push(func.make_inst(op, &[address, arg], &[], loc));
                    }
                }
                (Op::New { bytes, .. }, _) => {
                    let address = func.result(inst);
                    func.replace_op(inst, Op::SlotAddr(*slot), &[]);
                    out.push(inst);
                    out.push(func.make_inst(Op::MemZero { bytes }, &[address], &[], loc));
                }
                _ => {
                    let buffer = func.make_inst(Op::SlotAddr(*slot), &[], &[Type::Ptr], loc);
                    let address = func.result(buffer);
                    func.args_mut(inst)[0] = address;
                    out.push(buffer);
                    out.push(inst);
                }
            }
        }
        func.block_mut(block).insts = out;
    }
    true
}

/// Size and pointers of what an operation makes.
fn memory_of(context: &Context, module: &Module, op: Op) -> Option<(u32, PointerMap)> {
    match op {
        Op::New { bytes, noscan: true, .. } => Some((bytes, PointerMap::none())),
        Op::New { bytes, ty, .. } => {
            let layout = module.layouts.get(&ty).filter(|layout| layout.bytes > 0)?;
            Some((bytes, layout.pointers.repeat(layout.bytes.div_ceil(8), bytes / layout.bytes)))
        }
        op => maker(context, op).map(|maker| maker.memory()),
    }
}

/// Objects of constant size that could be slots, and calls that could get one.
fn candidates(context: &Context, module: &Module, func: &Function) -> Vec<(Inst, crate::ir::Block)> {
    let mut news = Vec::new();
    for block in func.blocks() {
        for inst in &func.block(block).insts {
            let args = func.args(*inst);
            let fits = match func.op(*inst) {
                Op::New { bytes, ty, noscan } => args.is_empty() && bytes > 0 && bytes <= MAX_OBJECT && (noscan || module.layouts.contains_key(&ty)),
                op => match maker(context, op) {
                    Some(Maker::Text { .. }) => func.as_const(args[0]) == Some(0),
                    Some(Maker::Boxed(_)) => true,
                    None => false,
                },
            };
            if fits {
                news.push((*inst, block));
            }
        }
    }
    news
}

/// What an operation calls, if that makes something new.
fn maker(context: &Context, op: Op) -> Option<Maker> {
    match op {
        Op::Call { func, .. } => context.makers.get(&func).copied(),
        _ => None,
    }
}

/// Whether a pointer to an object made in a loop may still be there when the loop comes around.
fn survives_round(context: &Context, module: &Module, func: &Function, object: Value, loops: &Loops, block: crate::ir::Block) -> bool {
    let mut headers = FastSet::default();
    let mut at = loops.of(block);
    while let Some(index) = at {
        headers.insert(loops.loops[index as usize].header);
        at = loops.loops[index as usize].parent;
    }
    // All values that may be (inside) the object, forwards.
    let mut derived: FastSet<Value> = FastSet::default();
    derived.insert(object);
    loop {
        let before = derived.len();
        for b in func.blocks() {
            for inst in &func.block(b).insts {
                let args = func.args(*inst);
                if !args.iter().any(|v| derived.contains(v)) {
                    continue;
                }
                match func.op(*inst) {
                    Op::Conv(ConvOp::Hide) => {}
                    Op::PtrAdd(_) | Op::PtrIndex(_) | Op::Select(_) | Op::Conv(_) | Op::Bin(..) => {
                        derived.insert(func.result(*inst));
                    }
                    // It may be read back from there.
                    Op::Store { .. } | Op::AtomicStore { .. } | Op::AtomicRmw { .. } | Op::AtomicCas { .. }
                        if args[1..].iter().any(|v| derived.contains(v)) =>
                    {
                        return true;
                    }
                    op @ Op::Call { .. } => {
                        if let Some(Maker::Boxed(_)) = maker(context, op) {
                            return true;
                        }
                        let returned =
                            args.iter().enumerate().any(|(i, v)| derived.contains(v) && argument_flow(context, module, func, *inst, i) & RESULT != 0);
                        if returned {
                            derived.extend(func.results(*inst));
                        }
                    }
                    _ => {}
                }
            }
            for edge in func.block(b).term.edges() {
                for (i, v) in func.list(edge.args).iter().enumerate() {
                    if derived.contains(v) {
                        if headers.contains(&edge.block) {
                            return true;
                        }
                        derived.insert(func.block(edge.block).params[i]);
                    }
                }
            }
        }
        if derived.len() == before {
            return false;
        }
    }
}

/// The value that an address was computed from.
fn origin(func: &Function, address: Value) -> Value {
    let mut v = address;
    while let Some(inst) = func.def_inst(v)
        && matches!(func.op(inst), Op::PtrAdd(_) | Op::PtrIndex(_))
    {
        v = func.args(inst)[0];
    }
    v
}

/// What a call does with one of its arguments.
fn argument_flow(context: &Context, module: &Module, func: &Function, call: Inst, index: usize) -> Flow {
    match func.op(call) {
        Op::Call { func: callee, .. } => {
            if let Some(maker) = context.makers.get(&callee) {
                return maker.argument_flow(index);
            }
            if context.system_calls.contains(&callee) {
                return 0;
            }
            let summary = module.func(callee).and_then(|id| context.summaries[id.index()].as_ref());
            summary.map_or(LEAK | CONTENT_LEAK, |s| s[index])
        }
        // The code of a closure reaches what it captured, never the closure as such.
        Op::CallClosure { .. } if index == 0 => CONTENT_LEAK,
        Op::CallInterface { .. } | Op::CallIndirect { .. } if index == 0 => 0,
        Op::CallRt(entry) => {
            let name = warren_abi::entry::ENTRIES[entry as usize].name;
            if HARMLESS_ENTRIES.contains(&name) {
                0
            } else if READING_ENTRIES.contains(&name) && index == 1 {
                CONTENT_LEAK
            } else {
                LEAK | CONTENT_LEAK
            }
        }
        _ => LEAK | CONTENT_LEAK,
    }
}

/// The fixpoint: flows of all values, and of what the slots contain.
struct Flows<'a> {
    of: Vec<Flow>,
    slots: Vec<Flow>,
    /// The slot for closures of pending defers, and what those closures call.
    defers: Option<(Slot, FastMap<Object, Option<Symbol>>)>,
    /// Whether this `Op::New` makes an object in the heap whatever its flow.
    stays: &'a dyn Fn(Inst) -> bool,
    changed: bool,
}

impl<'a> Flows<'a> {
    fn solve(context: &Context, module: &Module, func: &Function, stays: &'a dyn Fn(Inst) -> bool) -> Flows<'a> {
        let closures = func.defer.and_then(|d| d.closures);
        let defers = closures.map(|slot| (slot, closure_codes(func)));
        let mut flows = Flows { of: vec![0; func.value_count()], slots: vec![0; func.slots.len()], defers, stays, changed: true };
        // The runtime looks through the list; the other volatile slots only this function reads.
        if let Some(slot) = func.defer.and_then(|d| d.list) {
            flows.slots[slot.index()] = LEAK | CONTENT_LEAK;
        }
        let cfg = Cfg::new(func);
        while std::mem::take(&mut flows.changed) {
            for block in cfg.order.iter().rev() {
                flows.terminator(func, *block);
                for inst in func.block(*block).insts.iter().rev() {
                    flows.inst(context, module, func, *inst);
                }
            }
        }
        flows
    }

    fn add(&mut self, v: Value, flow: Flow) {
        let old = self.of[v.index()];
        self.of[v.index()] = old | flow;
        self.changed |= old | flow != old;
    }

    fn terminator(&mut self, func: &Function, block: crate::ir::Block) {
        if let crate::ir::Terminator::Return(list) = func.block(block).term {
            for v in func.list(list) {
                if func.ty(*v) == Type::Ptr {
                    self.add(*v, RESULT);
                }
            }
        }
        for edge in func.block(block).term.edges() {
            for (arg, param) in func.list(edge.args).iter().zip(&func.block(edge.block).params) {
                let flow = self.of[param.index()];
                self.add(*arg, flow);
            }
        }
    }

    /// What happens to the closure of a pending defer: it is called while this function's frame is there, and not kept.
    fn deferred(&self, context: &Context, module: &Module, func: &Function, address: Value, closure: Value) -> Option<Flow> {
        let (slot, codes) = self.defers.as_ref()?;
        if func.def_op(origin(func, address)) != Some(Op::SlotAddr(*slot)) {
            return None;
        }
        let code = codes.get(&object_of(func, &|v| v, closure)).copied().flatten();
        let summary = code.and_then(|code| module.func(code)).and_then(|id| context.summaries[id.index()].as_ref());
        Some(summary.map_or(CONTENT_LEAK, |s| s[0] & (LEAK | CONTENT_LEAK)))
    }

    /// What happens to what is stored at an address.
    fn stored_at(&self, func: &Function, address: Value) -> Flow {
        let base = origin(func, address);
        let container = match func.def(base) {
            Def::Result(inst, _) => match func.op(inst) {
                Op::SlotAddr(slot) => self.slots[slot.index()],
                Op::New { .. } if (self.stays)(inst) => return LEAK | CONTENT_LEAK,
                Op::New { .. } => self.of[base.index()],
                _ => return LEAK | CONTENT_LEAK,
            },
            Def::Param(..) => return LEAK | CONTENT_LEAK,
        };
        // A container that goes somewhere takes its contents along.
        if container != 0 { LEAK | CONTENT_LEAK } else { 0 }
    }

    fn inst(&mut self, context: &Context, module: &Module, func: &Function, inst: Inst) {
        let args = func.args(inst);
        let of_result = |flows: &Flows<'_>| func.results(inst).filter(|v| func.ty(*v) == Type::Ptr).fold(0, |f, v| f | flows.of[v.index()]);
        match func.op(inst) {
            Op::SlotAddr(slot) => {
                let old = self.slots[slot.index()];
                let new = old | of_result(self);
                self.slots[slot.index()] = new;
                self.changed |= new != old;
            }
            Op::PtrAdd(_) => self.add(args[0], of_result(self)),
            Op::Conv(ConvOp::Hide) => {}
            Op::PtrIndex(_) | Op::Bin(..) | Op::Conv(_) | Op::Select(_) => {
                let flow = self.of[func.result(inst).index()];
                for v in args {
                    self.add(*v, flow);
                }
            }
            Op::Load { mem: Mem::Ptr, .. } | Op::AtomicLoad { mem: Mem::Ptr, .. } => self.add(args[0], content_of(of_result(self))),
            Op::Store { mem: Mem::Ptr, .. } | Op::AtomicStore { mem: Mem::Ptr, .. } => {
                let flow = match self.deferred(context, module, func, args[0], args[1]) {
                    Some(flow) => flow,
                    None => self.stored_at(func, args[0]),
                };
                self.add(args[1], flow);
            }
            Op::AtomicRmw { mem: Mem::Ptr, .. } | Op::AtomicCas { mem: Mem::Ptr, .. } => {
                let flow = content_of(of_result(self));
                self.add(args[0], flow);
                for v in &args[1..] {
                    self.add(*v, LEAK | CONTENT_LEAK);
                }
            }
            Op::MemCopy { .. } | Op::MemMove => {
                let flow = self.stored_at(func, args[0]);
                self.add(args[1], content_of(flow));
            }
            op if op.is_call() => {
                if let Some(Maker::Boxed(_)) = maker(context, op) {
                    let flow = if of_result(self) != 0 || (self.stays)(inst) { LEAK | CONTENT_LEAK } else { 0 };
                    for v in args {
                        self.add(*v, flow);
                    }
                    return;
                }
                for (i, arg) in args.iter().enumerate() {
                    // The runtime takes some addresses as numbers.
                    if func.ty(*arg) != Type::Ptr && !matches!(op, Op::CallRt(_)) {
                        continue;
                    }
                    let to = argument_flow(context, module, func, inst, i);
                    let results = of_result(self);
                    let mut flow = to & (LEAK | CONTENT_LEAK);
                    if to & RESULT != 0 {
                        flow |= results;
                    }
                    if to & CONTENT_RESULT != 0 {
                        flow |= content_of(results);
                    }
                    self.add(*arg, flow);
                }
            }
            _ => {}
        }
    }
}

/// The flow of a container whose contents have this flow.
fn content_of(flow: Flow) -> Flow {
    let mut content = 0;
    if flow & (LEAK | CONTENT_LEAK) != 0 {
        content |= CONTENT_LEAK;
    }
    if flow & (RESULT | CONTENT_RESULT) != 0 {
        content |= CONTENT_RESULT;
    }
    content
}
