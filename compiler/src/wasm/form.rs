//! The locals form of a function: which values are wasm locals, which stay on the operand stack, what lives across each call site.
//!
//! # Trees
//! An instruction whose one result is used once, later in the same block, is *folded*: it is emitted where its result is used, as part of
//! the tree of the instruction that uses it, unless something in between conflicts (a write, if it reads memory; a site). What is not
//! folded is a *root*, emitted in its place. Constants and addresses of data and slots are emitted anew at each use.
//!
//! # Sites
//! A site is a root at which the goroutine may freeze. Nothing is folded across one, so that all values that live across it are locals.
//!
//! # Locals
//! Values get locals in reverse postorder, from the locals of their type that no live value occupies (the interference graph of SSA values
//! is chordal, so that this needs no more locals than values live at once). A block parameter and its arguments ask for the same local.

use super::linear::{Linear, LiveWords};
use super::loops::Loops;
use crate::ir::{Block, Def, Function, Inst, Module, Op, Signatures, Terminator, Type, Value};
use std::collections::HashMap;
use warren_abi::entry::{ENTRIES, Suspend};
use wasm_encoder::ValType;

pub const NONE: u32 = u32::MAX;

/// wasm type of an SSA type.
#[must_use]
pub fn val_type(ty: Type) -> ValType {
    match ty {
        Type::I32 | Type::Ptr => ValType::I32,
        Type::I64 => ValType::I64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
    }
}

/// What happens at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteKind {
    /// A call of Go code: `State` says whether it froze.
    Call,
    /// A runtime entry whose result says so.
    Status,
    /// The same, the result is an address.
    Null,
    /// A runtime entry that always freezes.
    Always,
    Poll,
    /// A call or check that does not come back.
    NoReturn,
    /// Where the function goes on after recovering.
    Recover,
}

/// A point at which the function may freeze.
#[derive(Clone, Debug)]
pub struct SiteForm {
    pub block: Block,
    /// Position among the block's roots.
    pub position: u32,
    pub inst: Option<Inst>,
    pub kind: SiteKind,
    /// Values that live across, sorted: pointers, i32, i64, f32, f64.
    pub live: Vec<Value>,
    /// Words of the linear frame that hold pointers alive there.
    pub linear: Vec<u32>,
}

impl SiteForm {
    /// Whether a frame of this site can be thawed.
    pub fn resumes(&self) -> bool {
        self.kind != SiteKind::NoReturn
    }
}

/// A function in locals form.
pub struct Form<'a> {
    pub func: &'a Function,
    /// Reachable blocks.
    pub order: Vec<Block>,
    /// Roots of each block, in order.
    pub roots: Vec<Vec<Inst>>,
    /// By instruction: emitted where it is used.
    pub folded: Vec<bool>,
    /// Local of each value, [`NONE`] if it has none.
    pub local: Vec<u32>,
    /// Types of all locals; parameters come first.
    pub locals: Vec<ValType>,
    pub params: u32,
    /// Sites that can be resumed first, then the others.
    pub sites: Vec<SiteForm>,
    /// Site number of a root or a check.
    pub site_of: HashMap<Inst, u32>,
    /// Linear frame: offsets of slots, its size, and the locals that hold its address and the caller's stack pointer.
    pub linear: Option<Linear>,
    /// The loops of a function that has a single copy.
    pub single: Option<Loops>,
    pub suspends: bool,
}

/// What the form depends on besides the function.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub module: &'a Module,
    pub may_suspend: &'a [bool],
    pub threads: bool,
    /// Polls count rounds and freeze after so many; they ask the runtime if this is not given.
    pub poll_rounds: Option<i32>,
}

impl Context<'_> {
    pub fn sigs(&self) -> &Signatures {
        &self.module.sigs
    }
}

/// Bytes up to which memory operations are unrolled.
pub const INLINE_BYTES: u32 = 64;

/// How the goroutine may freeze at an operation, if it may.
pub fn site_kind(context: &Context<'_>, func: &Function, inst: Inst) -> Option<SiteKind> {
    match func.op(inst) {
        Op::Call { func: callee, .. } => {
            let id = context.module.func(callee)?;
            if !context.may_suspend[id.index()] {
                None
            } else if context.module[id].attrs.noreturn {
                Some(SiteKind::NoReturn)
            } else {
                Some(SiteKind::Call)
            }
        }
        Op::CallClosure { .. } | Op::CallInterface { .. } | Op::CallIndirect { .. } => Some(SiteKind::Call),
        Op::New { .. } => Some(SiteKind::Null),
        Op::CallRt(entry) => match ENTRIES[entry as usize].suspend {
            Suspend::Never => None,
            Suspend::Status => Some(SiteKind::Status),
            Suspend::Null => Some(SiteKind::Null),
            Suspend::Always => Some(SiteKind::Always),
            Suspend::NoReturn => Some(SiteKind::NoReturn),
        },
        Op::Poll => Some(SiteKind::Poll),
        Op::NilCheck | Op::BoundsCheck { .. } | Op::DivCheck | Op::ShiftCheck => Some(SiteKind::NoReturn),
        _ => None,
    }
}

/// How often an operation's code names its operand `index`: twice or more keeps the operand off the stack.
fn uses_of(op: Op, index: usize, func: &Function, args: &[Value], threads: bool) -> u32 {
    use crate::ir::{BinOp, UnOp};
    match op {
        Op::CallClosure { .. } if index == 0 => 2,
        Op::BoundsCheck { .. } | Op::KeepAlive => 2,
        Op::MemCopy { bytes } if bytes <= INLINE_BYTES && bytes > 8 => 2,
        Op::MemCopy { bytes } if bytes <= INLINE_BYTES && !bytes.is_power_of_two() => 2,
        Op::MemZero { bytes } if bytes <= INLINE_BYTES && !(bytes.is_power_of_two() && bytes <= 8) => 2,
        Op::MemEqual { bytes } if bytes <= 16 && !(bytes.is_power_of_two() && bytes <= 8) => 2,
        Op::Un(UnOp::Bswap, _) => 2,
        Op::Bin(BinOp::DivS, _) if func.as_const(args[1]).is_none_or(|n| n == -1) => 2,
        Op::AtomicRmw { .. } | Op::AtomicCas { .. } if !threads => 2,
        _ => 1,
    }
}

/// Whether results must not share a local with an operand that dies here.
fn clobbers(op: Op, threads: bool) -> bool {
    matches!(op, Op::AtomicRmw { .. } | Op::AtomicCas { .. }) && !threads
}

/// Rank of a type among the slots of a frame.
fn slot_class(ty: Type) -> u32 {
    match ty {
        Type::Ptr => 0,
        Type::I32 => 1,
        Type::I64 => 2,
        Type::F32 => 3,
        Type::F64 => 4,
    }
}

const MAX_TREE: u32 = 100;

/// Incoming edges of each block: where from, and the number of the edge there.
type Predecessors = Vec<Vec<(Block, u32)>>;

fn postorder(func: &Function) -> Vec<Block> {
    let mut seen = vec![false; func.block_count()];
    let mut order = Vec::new();
    let mut path: Vec<(Block, Vec<Block>)> = Vec::new();
    // The recover block comes last in reverse postorder: nothing of the entry's side needs it.
    let roots: Vec<Block> = func.recover.into_iter().chain([func.entry]).collect();
    for root in roots {
        if std::mem::replace(&mut seen[root.index()], true) {
            continue;
        }
        path.push((root, func.successors(root).collect()));
        while let Some((block, rest)) = path.last_mut() {
            match rest.pop() {
                Some(next) => {
                    if !std::mem::replace(&mut seen[next.index()], true) {
                        path.push((next, func.successors(next).collect()));
                    }
                }
                None => {
                    order.push(*block);
                    path.pop();
                }
            }
        }
    }
    order
}

/// A set of values with cheap iteration.
struct LiveSet {
    list: Vec<Value>,
    place: Vec<u32>,
}

impl LiveSet {
    fn new(count: usize) -> LiveSet {
        LiveSet { list: Vec::new(), place: vec![NONE; count] }
    }

    fn insert(&mut self, value: Value) -> bool {
        if self.place[value.index()] != NONE {
            return false;
        }
        self.place[value.index()] = self.list.len() as u32;
        self.list.push(value);
        true
    }

    fn remove(&mut self, value: Value) -> bool {
        let place = std::mem::replace(&mut self.place[value.index()], NONE);
        if place == NONE {
            return false;
        }
        self.list.swap_remove(place as usize);
        if let Some(moved) = self.list.get(place as usize) {
            self.place[moved.index()] = place;
        }
        true
    }

    fn clear(&mut self) {
        for value in self.list.drain(..) {
            self.place[value.index()] = NONE;
        }
    }
}

impl<'a> Form<'a> {
    /// Brings a function into locals form.
    pub fn new(context: &Context<'_>, func: &'a Function) -> Form<'a> {
        let mut order = postorder(func);
        order.reverse();
        let mut form = Form {
            func,
            order,
            roots: vec![Vec::new(); func.block_count()],
            folded: vec![false; func.inst_count()],
            local: vec![NONE; func.value_count()],
            locals: Vec::new(),
            params: 0,
            sites: Vec::new(),
            site_of: HashMap::new(),
            linear: None,
            single: None,
            suspends: false,
        };
        form.fold(context);
        form.find_sites(context);
        form.allocate(context);
        form.lay_out_slots();
        form.single = Loops::of_single(&form);
        form
    }

    /// Values whose code stands where `inst` (a root) is emitted and that are locals: the leaves of its tree.
    pub(super) fn for_each_leaf(&self, args: &[Value], f: &mut dyn FnMut(Value)) {
        for &arg in args {
            match self.func.def_inst(arg) {
                Some(inst) if self.func.op(inst).is_free() => {}
                Some(inst) if self.folded[inst.index()] => self.for_each_leaf(self.func.args(inst), f),
                _ => f(arg),
            }
        }
    }

    fn term_args(&self, block: Block) -> Vec<Value> {
        let mut args = Vec::new();
        self.func.for_each_term_use(block, |value| args.push(value));
        args
    }

    fn fold(&mut self, context: &Context<'_>) {
        let func = self.func;
        // What is needed: pinned operations, terminators and what they use.
        let mut uses = vec![0u32; func.value_count()];
        let mut user: Vec<u32> = vec![NONE; func.value_count()];
        let mut needed = vec![false; func.inst_count()];
        let mut work: Vec<Inst> = Vec::new();
        let mut block_of = vec![NONE; func.inst_count()];
        for &block in &self.order {
            for &inst in &func.block(block).insts {
                block_of[inst.index()] = block.0;
                let effects = func.op(inst).effects();
                if effects.pinned || effects.writes {
                    needed[inst.index()] = true;
                    work.push(inst);
                }
            }
        }
        let mut use_value = |value: Value, times: u32, by: u32, work: &mut Vec<Inst>| {
            uses[value.index()] += times;
            user[value.index()] = by;
            if let Some(inst) = func.def_inst(value)
                && !std::mem::replace(&mut needed[inst.index()], true)
            {
                work.push(inst);
            }
        };
        for &block in &self.order {
            let switch = matches!(func.block(block).term, Terminator::Switch { .. });
            let mut first = true;
            func.for_each_term_use(block, |value| {
                let times = if switch && first { 2 } else { 1 };
                first = false;
                use_value(value, times, NONE - 1 - block.0, &mut work);
            });
        }
        while let Some(inst) = work.pop() {
            let op = func.op(inst);
            let args = func.args(inst);
            for (index, &arg) in args.iter().enumerate() {
                use_value(arg, uses_of(op, index, func, args, context.threads), inst.0, &mut work);
            }
        }
        // Folding, backwards through each block.
        let mut position = vec![0u32; func.inst_count()];
        let mut depth = vec![0u32; func.inst_count()];
        for &block in &self.order {
            let insts: Vec<Inst> = func.block(block).insts.iter().copied().filter(|inst| needed[inst.index()] && !func.op(*inst).is_free()).collect();
            let end = insts.len() as u32;
            // The next write and the next site at or behind a position.
            let mut next_write = end + 1;
            let mut next_site = end + 1;
            for (index, &inst) in insts.iter().enumerate().rev() {
                let op = func.op(inst);
                let effects = op.effects();
                position[inst.index()] = index as u32;
                let kind = site_kind(context, func, inst);
                let is_site = kind.is_some_and(|kind| kind != SiteKind::NoReturn);
                let results: Vec<Value> = func.results(inst).collect();
                if let [result] = results[..]
                    && kind.is_none()
                    && !effects.pinned
                    && !effects.writes
                    && !op.is_call()
                    && uses[result.index()] == 1
                {
                    let by = user[result.index()];
                    // Where the tree that uses the result is emitted.
                    let target = if by > NONE - 1 - func.block_count() as u32 {
                        (NONE - 1 - by == block.0).then_some((end, 0))
                    } else if block_of[by as usize] == block.0 {
                        Some((position[by as usize], depth[by as usize] + 1))
                    } else {
                        None
                    };
                    if let Some((at, height)) = target
                        && height < MAX_TREE
                        && next_site >= at
                        && (!effects.reads || next_write >= at)
                    {
                        self.folded[inst.index()] = true;
                        position[inst.index()] = at;
                        depth[inst.index()] = height;
                    }
                }
                if effects.writes {
                    next_write = index as u32;
                }
                if is_site {
                    next_site = index as u32;
                }
            }
            self.roots[block.index()] = insts.into_iter().filter(|inst| !self.folded[inst.index()]).collect();
        }
    }

    fn find_sites(&mut self, context: &Context<'_>) {
        let func = self.func;
        let mut returning = Vec::new();
        let mut others = Vec::new();
        for &block in &self.order {
            for (position, &inst) in self.roots[block.index()].iter().enumerate() {
                if let Some(kind) = site_kind(context, func, inst) {
                    let site = SiteForm { block, position: position as u32, inst: Some(inst), kind, live: Vec::new(), linear: Vec::new() };
                    if site.resumes() { returning.push(site) } else { others.push(site) }
                }
            }
        }
        if let Some(block) = func.recover {
            returning.push(SiteForm { block, position: 0, inst: None, kind: SiteKind::Recover, live: Vec::new(), linear: Vec::new() });
        }
        returning.extend(others);
        self.sites = returning;
        for (number, site) in self.sites.iter().enumerate() {
            if let Some(inst) = site.inst {
                self.site_of.insert(inst, number as u32);
            }
        }
        self.suspends = !self.sites.is_empty();
    }

    /// Numbers of the sites that can be resumed: the first ones.
    pub fn resumable(&self) -> impl Iterator<Item = u32> + use<> {
        0..self.sites.iter().take_while(|site| site.resumes()).count() as u32
    }

    /// Whether the site is a poll at the start of a loop header, which is resumed at the header.
    pub fn resumes_at_start(&self, site: &SiteForm) -> bool {
        site.kind == SiteKind::Poll && site.position == 0 && site.block != self.func.entry
    }

    fn allocate(&mut self, context: &Context<'_>) {
        let func = self.func;
        let (live_in, predecessors) = self.liveness();
        let mut live = LiveSet::new(func.value_count());
        let mut snapshots: Vec<Vec<Value>> = vec![Vec::new(); self.sites.len()];
        let mut assigner = Assigner::new(self, &predecessors);
        for &block in &self.order {
            // Backwards: what lives, what dies where.
            live.clear();
            for successor in func.successors(block) {
                for &value in &live_in[successor.index()] {
                    live.insert(value);
                }
            }
            let roots = &self.roots[block.index()];
            let mut dying: Vec<Vec<Value>> = vec![Vec::new(); roots.len() + 1];
            let mut dead: Vec<Value> = Vec::new();
            let args = self.term_args(block);
            self.for_each_leaf(&args, &mut |value| {
                if live.insert(value) {
                    dying[roots.len()].push(value);
                }
            });
            // A parameter's argument may live on behind the edge under its own name; `dying` only matters inside the block.
            for (position, &inst) in roots.iter().enumerate().rev() {
                for result in func.results(inst) {
                    if !live.remove(result) {
                        dead.push(result);
                    }
                }
                if let Some(&site) = self.site_of.get(&inst)
                    && self.sites[site as usize].resumes()
                {
                    snapshots[site as usize].clone_from(&live.list);
                }
                self.for_each_leaf(func.args(inst), &mut |value| {
                    if live.insert(value) {
                        dying[position].push(value);
                    }
                });
            }
            // Forwards: locals.
            assigner.enter(&live_in[block.index()]);
            let params = &func.block(block).params;
            if block == func.entry {
                for &param in params {
                    assigner.take_new(param, val_type(func.ty(param)));
                }
                assigner.params = assigner.types.len() as u32;
                for &param in params {
                    if !live.list.contains(&param) {
                        assigner.free(param);
                    }
                }
            } else {
                for &param in params {
                    if live.place[param.index()] != NONE {
                        assigner.assign(param, func.ty(param));
                    }
                }
            }
            for (position, &inst) in roots.iter().enumerate() {
                let early = clobbers(func.op(inst), context.threads);
                if !early {
                    for &value in &dying[position] {
                        assigner.free(value);
                    }
                }
                let results: Vec<Value> = func.results(inst).collect();
                for &result in &results {
                    if !dead.contains(&result) {
                        assigner.assign(result, func.ty(result));
                    }
                }
                if early {
                    for &value in &dying[position] {
                        assigner.free(value);
                    }
                }
            }
        }
        let Assigner { local, types, params, .. } = assigner;
        self.local = local;
        self.locals = types;
        self.params = params;
        for (site, mut list) in self.sites.iter_mut().zip(snapshots) {
            list.sort_by_key(|value| (slot_class(func.ty(*value)), value.0));
            site.live = list;
        }
    }

    /// Values that live at the start of each block (its parameters apart), and the predecessors of each block.
    fn liveness(&self) -> (Vec<Vec<Value>>, Predecessors) {
        let func = self.func;
        let mut predecessors: Predecessors = vec![Vec::new(); func.block_count()];
        for &block in &self.order {
            for (number, edge) in func.block(block).term.edges().enumerate() {
                predecessors[edge.block.index()].push((block, number as u32));
            }
        }
        // Blocks in which a value is used before (or without) its definition there.
        let mut used_in: Vec<Vec<Block>> = vec![Vec::new(); func.value_count()];
        let mut def_block = vec![NONE; func.value_count()];
        for &block in &self.order {
            for &param in &func.block(block).params {
                def_block[param.index()] = block.0;
            }
            for &inst in &func.block(block).insts {
                for result in func.results(inst) {
                    def_block[result.index()] = block.0;
                }
            }
        }
        for &block in &self.order {
            let mut note = |value: Value| {
                if def_block[value.index()] != block.0 && used_in[value.index()].last() != Some(&block) {
                    used_in[value.index()].push(block);
                }
            };
            for &inst in &self.roots[block.index()] {
                self.for_each_leaf(func.args(inst), &mut note);
            }
            let args = self.term_args(block);
            self.for_each_leaf(&args, &mut note);
        }
        let mut live_in: Vec<Vec<Value>> = vec![Vec::new(); func.block_count()];
        let mut work: Vec<Block> = Vec::new();
        for (index, blocks) in used_in.iter().enumerate() {
            let value = Value(index as u32);
            work.extend_from_slice(blocks);
            while let Some(block) = work.pop() {
                let list = &mut live_in[block.index()];
                if list.last() == Some(&value) {
                    continue;
                }
                list.push(value);
                for &(pred, _) in &predecessors[block.index()] {
                    if def_block[index] != pred.0 {
                        work.push(pred);
                    }
                }
            }
        }
        (live_in, predecessors)
    }

    fn lay_out_slots(&mut self) {
        let Some(mut linear) = Linear::of(self.func, self.locals.len() as u32) else { return };
        self.locals.extend([ValType::I32; 2]);
        let live = LiveWords::find(self.func, &self.order, &linear, &|inst| self.site_of.contains_key(&inst));
        for site in &mut self.sites {
            site.linear = live.at(site.inst).to_vec();
        }
        linear.objects = live.objects;
        self.linear = Some(linear);
    }
}

/// Gives locals to values.
struct Assigner {
    local: Vec<u32>,
    types: Vec<ValType>,
    params: u32,
    busy: Vec<bool>,
    /// Values that would like to share a local: the parameter for an argument, arguments for a parameter.
    hints: Vec<Vec<Value>>,
}

impl Assigner {
    fn new(form: &Form<'_>, predecessors: &Predecessors) -> Assigner {
        let func = form.func;
        let mut hints: Vec<Vec<Value>> = vec![Vec::new(); func.value_count()];
        for &block in &form.order {
            for &(pred, number) in &predecessors[block.index()] {
                let edge = func.block(pred).term.edges().nth(number as usize).expect("the edge exists");
                for (&param, &arg) in func.block(block).params.iter().zip(func.list(edge.args)) {
                    if !matches!(func.def(arg), Def::Result(inst, _) if func.op(inst).is_free()) {
                        hints[param.index()].push(arg);
                        hints[arg.index()].push(param);
                    }
                }
            }
        }
        Assigner { local: vec![NONE; func.value_count()], types: Vec::new(), params: 0, busy: Vec::new(), hints }
    }

    /// Starts a block in which these values live.
    fn enter(&mut self, live: &[Value]) {
        self.busy.fill(false);
        for value in live {
            let local = self.local[value.index()];
            debug_assert!(local != NONE, "{value} has a local where it lives");
            self.busy[local as usize] = true;
        }
    }

    fn take_new(&mut self, value: Value, ty: ValType) {
        self.local[value.index()] = self.types.len() as u32;
        self.types.push(ty);
        self.busy.push(true);
    }

    fn free(&mut self, value: Value) {
        let local = self.local[value.index()];
        if local != NONE {
            self.busy[local as usize] = false;
        }
    }

    fn assign(&mut self, value: Value, ty: Type) {
        let ty = val_type(ty);
        for hint in &self.hints[value.index()] {
            let local = self.local[hint.index()];
            if local != NONE && self.types[local as usize] == ty && !self.busy[local as usize] {
                self.local[value.index()] = local;
                self.busy[local as usize] = true;
                return;
            }
        }
        if let Some(local) = (0..self.types.len()).find(|&local| self.types[local] == ty && !self.busy[local]) {
            self.local[value.index()] = local as u32;
            self.busy[local] = true;
            return;
        }
        self.take_new(value, ty);
    }
}
