//! One copy of a function: the fast copy, the resume copy, or the single copy that is both.
//!
//! The fast copy has the function's wasm type. The resume copy gets the address of a frame's trailer and gives its results through the
//! result area of the machine; its locals are those of the fast copy, parameters included, behind its own parameter. The single copy has the
//! function's wasm type and finds the trailer in a global that is 0 when it is called.

use super::Generator;
use super::asm::{Asm, I32_ATOMIC_LOAD, I32_LOAD, I64_STORE, load_of};
use super::exits::Exits;
use super::form::{Form, NONE, SiteKind, val_type};
use super::graph::{Arc, Graph, NodeKind};
use super::object::{Code, Global, Hole, SymbolId};
use super::save::Shape;
use super::structure::{self, Emitter, Ending};
use crate::ir::{Inst, Terminator, Value};
use warren_abi::machine;
use wasm_encoder::{Instruction as I, ValType};

/// Which copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Fast,
    Resume,
    Single,
}

/// A copy under construction.
pub struct Copy<'a, 'g> {
    pub(super) generator: &'g mut Generator<'a>,
    pub(super) form: &'g Form<'a>,
    pub(super) graph: &'g Graph,
    pub(super) asm: Asm,
    /// wasm local of the form's local 0.
    pub(super) base: u32,
    pub(super) kind: Kind,
    /// The function itself, as it stands in the table.
    pub(super) symbol: SymbolId,
    /// Local with the address of the trailer of the frame that is thawed, then of its first slot.
    pub(super) trailer: u32,
    pub(super) exits: Exits,
    /// Where edges to select nodes say what they want.
    selector: u32,
    /// Local with the rounds that are left (single-thread build), if the function has loops.
    rounds: u32,
    counts: bool,
    /// Bytes of native stack that the function is taken to use, if it lies on a cycle of the call graph (single-thread build).
    depth: Option<i32>,
    /// Types of the copy's results.
    pub(super) results: Vec<ValType>,
}

/// Rounds of loops after which a goroutine lets others run, in the single-thread build.
pub const POLL_ROUNDS: i32 = 1 << 17;

/// The same where freezing itself is tested: nearly every poll freezes, at a different one of two polls each time.
pub const ZEAL_ROUNDS: i32 = 3;

/// Estimated bytes of native stack beyond which the goroutine goes on with an empty one, in the single-thread build. Engines give 512 KiB
/// and more; functions that lie on no cycle are not counted.
const STACK_BYTES: i32 = 128 << 10;

/// Writes a copy.
pub fn write<'a>(generator: &mut Generator<'a>, form: &Form<'a>, graph: &Graph, symbol: SymbolId, kind: Kind, results: &[ValType]) -> Code {
    // The resume copy has the parameters as locals, behind its own parameter.
    let (base, given) = if kind == Kind::Resume { (1, 0) } else { (0, form.params) };
    let mut locals: Vec<ValType> = form.locals[given as usize..].to_vec();
    let mut add = |wanted: bool| {
        let local = if kind == Kind::Resume { 1 } else { form.params } + locals.len() as u32;
        if wanted {
            locals.push(ValType::I32);
        }
        local
    };
    let selector = add(graph.selects);
    let counts = generator.context.poll_rounds.is_some() && form.sites.iter().any(|site| form.resumes_at_start(site));
    let rounds = add(counts);
    let trailer = if kind == Kind::Resume { 0 } else { add(kind == Kind::Single) };
    let entry_poll = form.sites.iter().any(|site| site.kind == SiteKind::Poll && !form.resumes_at_start(site));
    // The resume copy is entered from the scheduler, where the count starts anew.
    let depth = (!generator.context.threads && entry_poll && kind != Kind::Resume).then(|| 64 + 8 * form.locals.len().cast_signed() as i32);
    let results = if kind == Kind::Resume { Vec::new() } else { results.to_vec() };
    let mut copy = Copy {
        generator,
        form,
        graph,
        asm: Asm::new(&locals),
        base,
        kind,
        symbol,
        trailer,
        exits: Exits::default(),
        selector,
        rounds,
        counts,
        depth,
        results,
    };
    copy.open_exits();
    if counts {
        copy.asm.global_get(Global::Budget);
        copy.asm.set(rounds);
    }
    if kind == Kind::Fast {
        copy.prologue();
    }
    structure::write(graph, &mut copy);
    copy.close_exits();
    copy.asm.finish()
}

impl Copy<'_, '_> {
    pub(super) fn local_of(&self, value: Value) -> Option<u32> {
        let local = self.form.local[value.index()];
        (local != NONE).then(|| self.base + local)
    }

    pub(super) fn local(&self, value: Value) -> u32 {
        self.local_of(value).unwrap_or_else(|| panic!("bug: wasm: {value} has no local"))
    }

    pub(super) fn threads(&self) -> bool {
        self.generator.context.threads
    }

    /// Makes the linear frame.
    fn prologue(&mut self) {
        let Some(linear) = &self.form.linear else { return };
        let (frame, caller, bytes) = (self.base + linear.frame, self.base + linear.caller, linear.bytes.cast_signed());
        let pointers = &linear.pointers;
        let asm = &mut self.asm;
        asm.global_get(Global::LinearStack);
        asm.op(&I::LocalTee(caller));
        asm.i32_const(bytes);
        asm.op(&I::I32Sub);
        asm.set(frame);
        asm.get(caller);
        asm.global_get(Global::Machine);
        asm.memory(I32_LOAD, machine::LINEAR_LIMIT);
        asm.op(&I::I32Sub);
        asm.i32_const(bytes);
        asm.op(&I::I32LtU);
        asm.if_empty();
        asm.i32_const(bytes);
        let grow = self.generator.runtime("linear_grow");
        self.asm.call(grow);
        self.asm.set(frame);
        self.asm.end();
        self.asm.get(frame);
        self.asm.global_set(Global::LinearStack);
        if pointers.len() > 16 {
            let first = pointers[0] * 8;
            let last = pointers[pointers.len() - 1] * 8 + 8;
            self.asm.get(frame);
            if first != 0 {
                self.asm.i32_const(first.cast_signed());
                self.asm.op(&I::I32Add);
            }
            self.asm.i32_const(0);
            self.asm.i32_const((last - first).cast_signed());
            self.asm.op(&I::MemoryFill(0));
        } else {
            for word in pointers {
                self.asm.get(frame);
                self.asm.i64_const(0);
                self.asm.memory(I64_STORE, word * 8);
            }
        }
    }

    /// Leaves the linear frame.
    fn epilogue(&mut self) {
        if self.counts {
            self.asm.op(&I::LocalGet(self.rounds));
            self.asm.global_set(Global::Budget);
        }
        self.change_depth(&I::I32Sub);
        let Some(linear) = &self.form.linear else { return };
        let (frame, caller, bytes) = (self.base + linear.frame, self.base + linear.caller, linear.bytes.cast_signed());
        self.asm.get(caller);
        self.asm.get(frame);
        self.asm.op(&I::I32Sub);
        self.asm.i32_const(bytes);
        self.asm.op(&I::I32Ne);
        self.asm.if_empty();
        self.asm.get(caller);
        let shrink = self.generator.runtime("linear_shrink");
        self.asm.call(shrink);
        self.asm.end();
        self.asm.get(caller);
        self.asm.global_set(Global::LinearStack);
    }

    /// Adds the function's bytes of native stack to those in use, or takes them away.
    fn change_depth(&mut self, operation: &I<'_>) {
        let Some(bytes) = self.depth else { return };
        self.asm.global_get(Global::Depth);
        self.asm.i32_const(bytes);
        self.asm.op(operation);
        self.asm.global_set(Global::Depth);
    }

    /// Pushes what a helper gets of a function with a linear frame.
    pub(super) fn push_linear(&mut self) {
        if let Some(linear) = &self.form.linear {
            let (frame, caller) = (self.base + linear.frame, self.base + linear.caller);
            self.asm.get(frame);
            self.asm.get(caller);
        }
    }

    /// Pushes what every frame of the function holds besides live values, and the site.
    pub(super) fn push_tail(&mut self, site: u32) {
        self.asm.const_hole(Hole::Site(self.symbol, site));
        self.push_linear();
    }

    /// Writes the frame of a site and leaves the function.
    pub(super) fn save(&mut self, site: u32) {
        self.save_noting(site, None);
    }

    /// The same, after a runtime entry that notes why.
    fn save_noting(&mut self, site: u32, note: Option<&'static str>) {
        let form = self.form;
        let live = &form.sites[site as usize].live;
        for &value in live {
            let local = self.local(value);
            self.asm.get(local);
        }
        self.push_tail(site);
        let types = live.iter().map(|&value| val_type(form.func.ty(value))).collect();
        let shape = Shape { live: types, linear: form.linear.is_some(), note };
        let helper = self.generator.save_helper(&shape);
        self.asm.call(helper);
        self.return_nothing();
    }

    /// Leaves a function that freezes, with results that nobody looks at.
    pub(super) fn return_nothing(&mut self) {
        for &result in &self.results {
            super::inst::zero(&mut self.asm, result);
        }
        self.asm.op(&I::Return);
    }

    pub(super) fn poll(&mut self, inst: Inst) {
        let site = self.form.site_of[&inst];
        let Some(poll_rounds) = self.generator.context.poll_rounds else {
            let flag = self.generator.symbol_named("warren_poll");
            self.asm.i32_const(0);
            self.asm.memory_at(I32_ATOMIC_LOAD, flag, 0);
            self.asm.if_empty();
            self.save_noting(site, Some("note_preempted"));
            self.asm.end();
            return;
        };
        // Loops count in a local: a global is memory to the engine. When nothing is left the goroutine freezes whoever else wants to run: a
        // look at the clock would be a call inside the loop, which costs more.
        let in_loop = self.form.resumes_at_start(&self.form.sites[site as usize]);
        let rounds = self.rounds;
        if in_loop {
            self.asm.get(rounds);
        } else {
            self.asm.global_get(Global::Budget);
        }
        self.asm.i32_const(1);
        self.asm.op(&I::I32Sub);
        if in_loop {
            self.asm.op(&I::LocalTee(rounds));
        } else {
            self.asm.global_set(Global::Budget);
            self.asm.global_get(Global::Budget);
        }
        self.asm.op(&I::I32Eqz);
        self.asm.if_empty();
        self.asm.i32_const(poll_rounds);
        self.asm.global_set(Global::Budget);
        self.save_noting(site, Some("note_preempted"));
        self.asm.end();
        if self.depth.is_some() && !in_loop {
            self.change_depth(&I::I32Add);
            self.asm.global_get(Global::Depth);
            self.asm.i32_const(STACK_BYTES);
            self.asm.op(&I::I32GtU);
            self.asm.if_empty();
            self.save_noting(site, Some("note_deep"));
            self.asm.end();
        }
    }

    /// Takes the address of the frame to be thawed.
    fn take_frame(&mut self) {
        self.asm.global_get(Global::Frame);
        self.asm.set(self.trailer);
        self.asm.i32_const(0);
        self.asm.global_set(Global::Frame);
        self.change_depth(&I::I32Add);
    }

    /// Loads what the frame of a site holds.
    fn restore(&mut self, site: u32) {
        let form = self.form;
        let live = &form.sites[site as usize].live;
        let slots = live.len() as u32 + u32::from(form.linear.is_some());
        if slots > 0 {
            self.asm.get(self.trailer);
            self.asm.i32_const((slots * 8).cast_signed());
            self.asm.op(&I::I32Sub);
            self.asm.set(self.trailer);
        }
        for (slot, &value) in (0..).zip(live) {
            self.asm.get(self.trailer);
            self.asm.memory(load_of(val_type(form.func.ty(value))), slot * 8);
            let local = self.local(value);
            self.asm.set(local);
        }
        if let Some(linear) = &form.linear {
            for (local, offset) in [(linear.frame, 0), (linear.caller, 4)] {
                self.asm.get(self.trailer);
                self.asm.memory(I32_LOAD, (slots - 1) * 8 + offset);
                self.asm.set(self.base + local);
            }
        }
        self.take_results(site);
    }

    /// Loads the results of a site's call.
    fn take_results(&mut self, site: u32) {
        let form = self.form;
        let site = &form.sites[site as usize];
        if let Some(inst) = site.inst
            && site.kind != SiteKind::Poll
        {
            for (index, result) in (0..).zip(form.func.results(inst)) {
                if let Some(local) = self.local_of(result) {
                    self.asm.global_get(Global::Machine);
                    self.asm.memory(load_of(val_type(form.func.ty(result))), machine::RESULTS + 8 * index);
                    self.asm.set(local);
                }
            }
        }
    }
}

impl Emitter for Copy<'_, '_> {
    fn asm(&mut self) -> &mut Asm {
        &mut self.asm
    }

    fn node(&mut self, node: u32, labels: u32) -> Ending {
        let kind = self.graph.nodes[node as usize].kind;
        self.enter_node(kind, labels);
        match kind {
            NodeKind::Entry => Ending::Branch,
            NodeKind::Dispatch | NodeKind::Select => Ending::Jumps,
            NodeKind::Moves => Ending::Goto,
            NodeKind::Fresh => {
                self.prologue();
                Ending::Goto
            }
            NodeKind::Thaw => {
                self.take_frame();
                Ending::Goto
            }
            NodeKind::Restore(site) => {
                self.restore(site);
                Ending::Goto
            }
            NodeKind::Code { block, from, to, last } => {
                let form = self.form;
                for &inst in &form.roots[block.index()][from as usize..to as usize] {
                    self.root(inst);
                }
                if !last {
                    return Ending::Goto;
                }
                match &form.func.block(block).term {
                    Terminator::Jump(_) => Ending::Goto,
                    Terminator::Branch { .. } => Ending::Branch,
                    Terminator::Switch { .. } => Ending::Jumps,
                    Terminator::Return(list) => {
                        let values = form.func.list(*list);
                        if self.kind == Kind::Resume {
                            for (index, &value) in (0..).zip(values) {
                                self.store_result(index, value);
                            }
                        } else {
                            for &value in values {
                                self.value(value);
                            }
                        }
                        self.epilogue();
                        self.asm.op(&I::Return);
                        Ending::Stop
                    }
                    Terminator::Unreachable | Terminator::None => {
                        self.asm.op(&I::Unreachable);
                        Ending::Stop
                    }
                }
            }
        }
    }

    fn condition(&mut self, node: u32, negated: bool) {
        let NodeKind::Code { block, .. } = self.graph.nodes[node as usize].kind else {
            self.asm.global_get(Global::Frame);
            if !negated {
                self.asm.op(&I::I32Eqz);
            }
            return;
        };
        let Terminator::Branch { cond, .. } = self.form.func.block(block).term else { unreachable!("the block branches") };
        self.condition_of(cond, negated);
    }

    fn is_table(&self, node: u32) -> bool {
        match self.graph.nodes[node as usize].kind {
            NodeKind::Dispatch | NodeKind::Select => true,
            NodeKind::Code { block, last, .. } => last && matches!(self.form.func.block(block).term, Terminator::Switch { .. }),
            _ => false,
        }
    }

    fn moves(&mut self, arc: Arc) {
        if let Some(edge) = arc.edge {
            let form = self.form;
            let pairs: Vec<(Value, u32)> = form
                .func
                .block(edge.block)
                .params
                .iter()
                .zip(form.func.list(edge.args))
                .filter(|(param, arg)| {
                    let local = form.local[param.index()];
                    local != NONE && local != form.local[arg.index()]
                })
                .map(|(param, &arg)| (arg, self.base + form.local[param.index()]))
                .collect();
            // One by one where no other still reads the local that is written; the rest, cycles, through the stack. Engines keep fewer
            // values alive that way than if all were read first.
            let reads: Vec<Vec<u32>> = pairs
                .iter()
                .map(|&(arg, _)| {
                    let mut list = Vec::new();
                    form.for_each_leaf(&[arg], &mut |leaf| list.push(self.base + form.local[leaf.index()]));
                    list
                })
                .collect();
            let mut pending: Vec<usize> = (0..pairs.len()).collect();
            while let Some(at) = pending.iter().position(|&one| pending.iter().all(|&other| other == one || !reads[other].contains(&pairs[one].1))) {
                let (arg, local) = pairs[pending.remove(at)];
                self.value(arg);
                self.asm.set(local);
            }
            let pairs: Vec<(Value, u32)> = pending.into_iter().map(|index| pairs[index]).collect();
            for &(arg, _) in &pairs {
                self.value(arg);
            }
            for &(_, local) in pairs.iter().rev() {
                self.asm.set(local);
            }
        }
        if let Some(number) = arc.selector {
            self.asm.i32_const(number.cast_signed());
            self.asm.set(self.selector);
        }
    }

    fn jumps(&mut self, node: u32, depths: &[u32]) {
        match self.graph.nodes[node as usize].kind {
            NodeKind::Dispatch => {
                // Arcs are in the order of the sites that can be resumed, which come first.
                self.asm.get(self.trailer);
                self.asm.memory(I32_LOAD, 0);
                self.asm.const_hole(Hole::Site(self.symbol, 0));
                self.asm.op(&I::I32Sub);
                self.table(depths);
            }
            NodeKind::Select => {
                self.asm.op(&I::LocalGet(self.selector));
                self.table(depths);
            }
            NodeKind::Code { block, .. } => {
                let Terminator::Switch { value, cases, .. } = &self.form.func.block(block).term else { unreachable!("a switch") };
                let cases: Vec<i64> = cases.iter().map(|case| case.value).collect();
                self.switch(*value, &cases, depths);
            }
            _ => unreachable!("one way on"),
        }
    }
}

impl Copy<'_, '_> {
    /// Jumps by the number on the stack.
    fn table(&mut self, depths: &[u32]) {
        let last = depths[depths.len() - 1];
        if let [first, second] = *depths {
            self.asm.op(&I::BrIf(second));
            self.asm.op(&I::Br(first));
        } else {
            self.asm.op(&I::BrTable(depths[..depths.len() - 1].into(), last));
        }
    }
}
