//! Value numbering over the dominator tree, with everything that can be decided on the way: constant folding, algebraic simplification,
//! common subexpressions, checks that dominating facts make superfluous, loads of known contents, and calls through known closures and itabs.
//!
//! One walk visits each block after its dominator. Tables of expressions and facts are scoped by the walk; known contents of memory carry over
//! to a block if nothing on the paths from its dominator overwrites them (a bounded search).

use super::facts::{Facts, Range};
use super::fold;
use super::memory::{Clobber, Contents, Object, Place, Private, clobber, closure_codes, object_of};
use super::slots::extension;
use crate::ir::hash::FastMap;
use crate::ir::{
    BinOp, Block, BoundsKind, Cfg, CmpOp, ConvOp, Dominators, Edge, Function, ITAB_FUN_OFFSET, Inst, Loops, Mem, Module, Op, RelocKind, Section,
    SrcLoc, Symbol, Terminator, Type, UnOp, Value,
};

/// Runs over a function. Says whether anything changed.
pub fn run(module: &Module, func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let dom = Dominators::new(func, &cfg);
    let loops = Loops::new(func, &cfg, &dom);
    let private = Private::find(func);
    let count = func.value_count();
    let blocks = func.block_count();
    let mut gvn = Gvn {
        module,
        func,
        cfg: &cfg,
        dom: &dom,
        loops: &loops,
        private,
        alias: (0..count as u32).map(Value).collect(),
        table: FastMap::default(),
        added: Vec::new(),
        facts: Facts::default(),
        contents: Contents::default(),
        ends: vec![None; blocks],
        closures: FastMap::default(),
        out: Vec::new(),
        loc: SrcLoc::default(),
        changed: false,
    };
    gvn.prepare();
    gvn.walk();
    let Gvn { alias, changed, .. } = gvn;
    func.map_uses(|v| find(&alias, v));
    changed
}

fn find(alias: &[Value], value: Value) -> Value {
    let mut v = value;
    while let Some(next) = alias.get(v.index())
        && *next != v
    {
        v = *next;
    }
    v
}

/// An operation on numbered operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    op: Op,
    args: [Value; 3],
}

/// No operand.
const NO_VALUE: Value = Value(u32::MAX);

/// What became of an instruction.
enum Outcome {
    /// Its result is another value; it goes.
    Is(Value),
    /// It does nothing; it goes.
    Nothing,
    /// It stays, as this.
    Keep(Op, Args),
}

/// Operands: a few in place, many on the heap.
#[derive(Clone)]
enum Args {
    Few([Value; 3], u8),
    Many(Vec<Value>),
}

impl Args {
    fn few(values: &[Value]) -> Args {
        Args::of(values, |v| v)
    }

    fn of(values: &[Value], map: impl Fn(Value) -> Value) -> Args {
        if values.len() > 3 {
            return Args::Many(values.iter().map(|v| map(*v)).collect());
        }
        let mut list = [NO_VALUE; 3];
        for (to, from) in list.iter_mut().zip(values) {
            *to = map(*from);
        }
        Args::Few(list, values.len() as u8)
    }
}

impl std::ops::Deref for Args {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        match self {
            Args::Few(list, len) => &list[..*len as usize],
            Args::Many(list) => list,
        }
    }
}

impl std::ops::DerefMut for Args {
    fn deref_mut(&mut self) -> &mut [Value] {
        match self {
            Args::Few(list, len) => &mut list[..*len as usize],
            Args::Many(list) => list,
        }
    }
}

struct Gvn<'a> {
    module: &'a Module,
    func: &'a mut Function,
    cfg: &'a Cfg,
    dom: &'a Dominators,
    loops: &'a Loops,
    private: Private,
    alias: Vec<Value>,
    table: FastMap<Key, Value>,
    /// Keys added to the table, to be taken out again.
    added: Vec<Key>,
    facts: Facts,
    contents: Contents,
    /// Known contents at the end of the blocks on the current path.
    ends: Vec<Option<Contents>>,
    /// Objects made here that are called as closures -> the function in their first word; `None` if several are stored there.
    closures: FastMap<Object, Option<Symbol>>,
    /// The current block's instructions.
    out: Vec<Inst>,
    loc: SrcLoc,
    changed: bool,
}

impl Gvn<'_> {
    fn find(&self, v: Value) -> Value {
        find(&self.alias, v)
    }

    /// Collects what holds in the whole function: closures call what they were made for.
    ///
    /// That a length is not negative (IR-7) holds only behind a bounds check against it: before, it may be a number like any other, one that
    /// becomes a length by slicing or making.
    fn prepare(&mut self) {
        let mut insts = self.cfg.order.iter().flat_map(|block| &self.func.block(*block).insts);
        if insts.any(|inst| matches!(self.func.op(*inst), Op::CallClosure { .. })) {
            self.closures = closure_codes(self.func);
        }
    }

    fn walk(&mut self) {
        enum Step {
            Enter(Block),
            Leave { facts: usize, table: usize, block: Block },
        }
        let mut stack: Vec<Step> = self.dom.tops().iter().rev().map(|b| Step::Enter(*b)).collect();
        while let Some(step) = stack.pop() {
            match step {
                Step::Enter(block) => {
                    stack.push(Step::Leave { facts: self.facts.mark(), table: self.added.len(), block });
                    self.block(block);
                    stack.extend(self.dom.children(block).iter().rev().map(|b| Step::Enter(*b)));
                }
                Step::Leave { facts, table, block } => {
                    self.facts.undo_to(facts);
                    for key in self.added.drain(table..) {
                        self.table.remove(&key);
                    }
                    self.ends[block.index()] = None;
                }
            }
        }
    }

    fn block(&mut self, block: Block) {
        self.enter_edge(block);
        self.contents = self.contents_at(block);
        self.params(block);
        self.induction(block);
        let insts = std::mem::take(&mut self.func.block_mut(block).insts);
        for inst in insts {
            self.inst(inst);
        }
        self.terminator(block);
        self.func.block_mut(block).insts = std::mem::take(&mut self.out);
        let contents = std::mem::take(&mut self.contents);
        self.ends[block.index()] = Some(contents);
    }

    /// Learns the condition under which the walk comes into a block with a single predecessor.
    fn enter_edge(&mut self, block: Block) {
        let [pred] = self.cfg.preds(block) else { return };
        match self.func.block(*pred).term {
            Terminator::Branch { cond, then, other } if then.block != other.block => {
                let cond = self.find(cond);
                self.learn(cond, then.block == block, 4);
            }
            Terminator::Switch { value, ref cases, .. } => {
                let mut hits = cases.iter().filter(|c| c.edge.block == block);
                if let (Some(case), None) = (hits.next(), hits.next())
                    && self.func.block(*pred).term.edges().filter(|e| e.block == block).count() == 1
                {
                    let n = case.value;
                    let value = self.find(value);
                    self.facts.add_range(value, Range { lo: n, hi: n });
                }
            }
            _ => {}
        }
    }

    fn learn(&mut self, cond: Value, holds: bool, depth: u32) {
        if !holds {
            self.facts.add_range(cond, Range { lo: 0, hi: 0 });
        }
        if holds && self.facts.range(self.func, cond).lo == 0 {
            self.facts.add_range(cond, Range { lo: 1, hi: i64::MAX });
        }
        let Some(inst) = self.func.def_inst(cond) else { return };
        let args = self.func.args(inst);
        match self.func.op(inst) {
            Op::Cmp(op, ty) => {
                let (a, b) = (self.find(args[0]), self.find(args[1]));
                if ty.is_float() {
                    return;
                }
                let op = if holds { op } else { op.negate() };
                if ty == Type::Ptr {
                    if op == CmpOp::Ne {
                        for (p, q) in [(a, b), (b, a)] {
                            if self.func.as_const(q) == Some(0) {
                                self.facts.add_not_nil(p);
                            }
                        }
                    }
                    return;
                }
                self.facts.add_comparison(self.func, op, a, b);
                // `x == 0` of a condition.
                if depth > 0 && self.func.as_const(b) == Some(0) && matches!(op, CmpOp::Eq | CmpOp::Ne) {
                    self.learn(a, op == CmpOp::Ne, depth - 1);
                }
            }
            Op::Bin(BinOp::And, Type::I32) if holds && depth > 0 => {
                let (a, b) = (self.find(args[0]), self.find(args[1]));
                if self.is_bool(a) && self.is_bool(b) {
                    self.learn(a, true, depth - 1);
                    self.learn(b, true, depth - 1);
                }
            }
            Op::Bin(BinOp::Or, Type::I32) if !holds && depth > 0 => {
                let (a, b) = (self.find(args[0]), self.find(args[1]));
                self.learn(a, false, depth - 1);
                self.learn(b, false, depth - 1);
            }
            _ => {}
        }
    }

    fn is_bool(&self, v: Value) -> bool {
        let range = self.facts.range(self.func, v);
        self.func.ty(v) == Type::I32 && range.lo >= 0 && range.hi <= 1
    }

    /// Known contents of memory at the start of a block: those at the end of its dominator that nothing in between overwrites.
    fn contents_at(&self, block: Block) -> Contents {
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

    /// A parameter that all edges give the same value is that value.
    fn params(&mut self, block: Block) {
        let params = self.func.block(block).params.clone();
        if params.is_empty() || self.func.roots().any(|r| r == block) {
            return;
        }
        // In unreachable loops a parameter may seem to be made of itself.
        let edges = |pred: &Block| self.func.block(*pred).term.edges().filter(|e| e.block == block).count();
        if self.cfg.preds(block).iter().any(|p| edges(p) == 0) {
            return;
        }
        for (i, param) in params.iter().enumerate() {
            let mut only = None;
            let mut several = false;
            for pred in self.cfg.preds(block) {
                for edge in self.func.block(*pred).term.edges().filter(|e| e.block == block) {
                    let arg = self.find(self.func.list(edge.args)[i]);
                    if arg != *param && only != Some(arg) {
                        several |= only.is_some();
                        only = Some(arg);
                    }
                }
            }
            if let (Some(value), false) = (only, several) {
                // The one value reaches every predecessor, so it dominates the block.
                self.set_alias(*param, value);
            } else if self.func.ty(*param) == Type::Ptr && self.all_not_nil(block, i, *param) {
                self.facts.add_not_nil(*param);
            }
        }
    }

    fn all_not_nil(&self, block: Block, index: usize, param: Value) -> bool {
        self.cfg.preds(block).iter().all(|pred| {
            self.func.block(*pred).term.edges().filter(|e| e.block == block).all(|edge| {
                let arg = self.find(self.func.list(edge.args)[index]);
                arg == param || self.facts.is_not_nil(self.func, arg)
            })
        })
    }

    fn set_alias(&mut self, from: Value, to: Value) {
        debug_assert_ne!(from, to);
        self.alias[from.index()] = to;
        self.changed = true;
    }

    /// Bounds of loop counters: a parameter of a loop header that every round adds a constant of one sign to does not pass its start, if
    /// a comparison in the loop keeps the sum from overflowing.
    fn induction(&mut self, header: Block) {
        let Some(index) = self.loops.of(header) else { return };
        if self.loops.loops[index as usize].header != header {
            return;
        }
        let params = self.func.block(header).params.clone();
        for (i, param) in params.iter().enumerate() {
            let ty = self.func.ty(*param);
            if !matches!(ty, Type::I32 | Type::I64) || self.find(*param) != *param {
                continue;
            }
            let (mut start, mut sign, mut fine) = (None, 0, true);
            for pred in self.cfg.preds(header) {
                let inside = self.loops.contains(index, *pred);
                for edge in self.func.block(*pred).term.edges().filter(|e| e.block == header) {
                    let arg = self.find(self.func.list(edge.args)[i]);
                    if !inside {
                        fine &= start.is_none() || start == Some(arg);
                        start = Some(arg);
                    } else if arg != *param {
                        let step = self.step(arg, *param);
                        fine &= step != 0 && (sign == 0 || sign == step.signum()) && self.guarded(*param, step, header);
                        sign = step.signum();
                    }
                }
            }
            if let (Some(start), true) = (start, fine) {
                let range = self.facts.range(self.func, start);
                if sign > 0 {
                    self.facts.add_difference(self.func, start, *param, 0);
                    self.facts.add_range(*param, Range { lo: range.lo, hi: i64::MAX });
                } else if sign < 0 {
                    self.facts.add_difference(self.func, *param, start, 0);
                    self.facts.add_range(*param, Range { lo: i64::MIN, hi: range.hi });
                }
            }
        }
    }

    /// The constant that a value adds to a loop's parameter, 0 if it does not.
    fn step(&self, value: Value, param: Value) -> i64 {
        let Some(inst) = self.func.def_inst(value) else { return 0 };
        let args = self.func.args(inst);
        let constant = args.get(1).and_then(|c| self.func.as_const(self.find(*c)));
        match (self.func.op(inst), constant) {
            (Op::Bin(BinOp::Add, _), Some(n)) if self.find(args[0]) == param => n,
            (Op::Bin(BinOp::Sub, _), Some(n)) if self.find(args[0]) == param => n.wrapping_neg(),
            _ => 0,
        }
    }

    /// Whether the addition of `step` is only reached when a comparison or check has shown that it does not overflow.
    /// What dominates every latch counts: a sum that overflowed elsewhere does not come back to the header.
    fn guarded(&self, param: Value, step: i64, header: Block) -> bool {
        let Some(index) = self.loops.of(header) else { return false };
        self.loops.loops[index as usize].latches.iter().all(|latch| {
            let mut at = *latch;
            loop {
                if self.block_guards(at, param, step) {
                    return true;
                }
                if at == header {
                    return false;
                }
                match self.dom.idom(at) {
                    Some(up) => {
                        if let [pred] = self.cfg.preds(at)
                            && let Terminator::Branch { cond, then, other } = self.func.block(*pred).term
                            && then.block != other.block
                            && self.condition_guards(self.find(cond), then.block == at, param, step)
                        {
                            return true;
                        }
                        at = up;
                    }
                    None => return false,
                }
            }
        })
    }

    /// A bounds check of the parameter bounds it by a length.
    fn block_guards(&self, block: Block, param: Value, step: i64) -> bool {
        step.unsigned_abs() == 1
            && self.func.block(block).insts.iter().any(|inst| match self.func.op(*inst) {
                Op::BoundsCheck { kind, .. } => kind.is_strict() && self.find(self.func.args(*inst)[0]) == param,
                _ => false,
            })
    }

    fn condition_guards(&self, cond: Value, holds: bool, param: Value, step: i64) -> bool {
        let Some(inst) = self.func.def_inst(cond) else { return false };
        let Op::Cmp(op, ty) = self.func.op(inst) else { return false };
        if ty.is_float() {
            return false;
        }
        let (a, b) = (self.find(self.func.args(inst)[0]), self.find(self.func.args(inst)[1]));
        let op = if holds { op } else { op.negate() };
        let (op, other) = if a == param {
            (op, b)
        } else if b == param {
            (op.swap(), a)
        } else {
            return false;
        };
        let range = self.facts.range(self.func, other);
        let (max, min) = if ty == Type::I64 { (i64::MAX, i64::MIN) } else { (i32::MAX.into(), i32::MIN.into()) };
        match op {
            // param <= hi - 1, or param <= hi.
            CmpOp::LtS => step > 0 && i128::from(range.hi) - 1 + i128::from(step) <= max.into(),
            CmpOp::LeS => step > 0 && i128::from(range.hi) + i128::from(step) <= max.into(),
            CmpOp::GtS => step < 0 && i128::from(range.lo) + 1 + i128::from(step) >= min.into(),
            CmpOp::GeS => step < 0 && i128::from(range.lo) + i128::from(step) >= min.into(),
            _ => false,
        }
    }

    // Instructions.

    fn inst(&mut self, inst: Inst) {
        self.loc = self.func.loc(inst);
        let op = self.func.op(inst);
        let args: Args = Args::of(self.func.args(inst), |v| self.find(v));
        match self.evaluate(op, args) {
            Outcome::Is(value) => {
                let result = self.func.result(inst);
                self.set_alias(result, value);
            }
            Outcome::Nothing => self.changed = true,
            Outcome::Keep(op, args) => {
                if self.func.op(inst) != op || *self.func.args(inst) != *args {
                    self.changed |= self.func.op(inst) != op;
                    self.func.replace_op(inst, op, &args);
                }
                self.keep(inst, op, &args);
            }
        }
    }

    /// Enters an instruction that stays into the tables.
    fn keep(&mut self, inst: Inst, op: Op, args: &[Value]) {
        if numbered(op) {
            let value = self.func.result(inst);
            let key = key(op, args);
            if self.table.insert(key, value).is_none() {
                self.added.push(key);
            }
            self.facts.add_definition(self.func, value);
        } else if is_check(op) && self.table.insert(key(op, args), args[0]).is_none() {
            self.added.push(key(op, args));
        }
        self.out.push(inst);
        self.remember(inst, op, args);
    }

    /// Updates facts and memory behind an instruction.
    fn remember(&mut self, inst: Inst, op: Op, args: &[Value]) {
        match op {
            Op::NilCheck => self.facts.add_not_nil(args[0]),
            Op::BoundsCheck { kind, .. } => {
                self.facts.add_range(args[1], Range { lo: i64::from(kind.is_strict()), hi: i64::MAX });
                self.facts.add_range(args[0], Range { lo: 0, hi: i64::MAX });
                self.facts.add_difference(self.func, args[0], args[1], -i64::from(kind.is_strict()));
            }
            Op::DivCheck => {
                let range = self.facts.range(self.func, args[0]);
                if range.lo == 0 {
                    self.facts.add_range(args[0], Range { lo: 1, hi: i64::MAX });
                }
            }
            Op::ShiftCheck => self.facts.add_range(args[0], Range { lo: 0, hi: i64::MAX }),
            _ => {}
        }
        let alias = std::mem::take(&mut self.alias);
        let resolve = |v: Value| find(&alias, v);
        let effect = clobber(self.func, &resolve, inst);
        self.contents.apply(&effect, &self.private);
        match op {
            Op::Store { mem, .. } => {
                if let Clobber::Place(place) = effect {
                    self.contents.set(place, mem, args[1]);
                }
            }
            Op::Load { mem, offset, invariant: false } => {
                let place = Place::of(self.func, &resolve, args[0], offset, mem.bytes().into());
                self.contents.set(place, mem, self.func.result(inst));
            }
            _ => {}
        }
        self.alias = alias;
    }

    /// A value computed by an operation, simplified and shared where possible.
    fn emit(&mut self, op: Op, args: &[Value], ty: Type) -> Value {
        match self.evaluate(op, Args::few(args)) {
            Outcome::Is(value) => value,
            Outcome::Nothing => unreachable!("operations with results become values"),
            Outcome::Keep(op, args) => {
                let inst = self.func.make_inst(op, &args, &[ty], self.loc);
                for result in self.func.results(inst) {
                    self.alias.push(result);
                }
                let value = self.func.result(inst);
                self.keep(inst, op, &args);
                value
            }
        }
    }

    fn constant(&mut self, ty: Type, n: i64) -> Value {
        self.emit(fold::int_const(ty, n), &[], ty)
    }

    fn evaluate(&mut self, op: Op, args: Args) -> Outcome {
        let (op, args) = match self.simplify(op, args) {
            Outcome::Keep(op, args) => (op, args),
            done => return done,
        };
        if numbered(op)
            && let Some(value) = self.table.get(&key(op, &args))
        {
            return Outcome::Is(*value);
        }
        if is_check(op) && self.table.contains_key(&key(op, &args)) {
            return Outcome::Nothing;
        }
        Outcome::Keep(op, args)
    }

    fn constant_of(&self, v: Value) -> Option<i64> {
        self.func.as_const(v).or_else(|| {
            if !matches!(self.func.ty(v), Type::I32 | Type::I64) {
                return None;
            }
            let range = self.facts.range(self.func, v);
            (range.lo == range.hi).then_some(range.lo)
        })
    }

    fn def(&self, v: Value) -> Option<(Op, Args)> {
        let inst = self.func.def_inst(v)?;
        Some((self.func.op(inst), Args::of(self.func.args(inst), |v| self.find(v))))
    }

    fn simplify(&mut self, op: Op, args: Args) -> Outcome {
        match op {
            Op::Bin(op, ty) if ty.is_int() => self.simplify_int(op, ty, args),
            Op::Bin(op, ty) => self.simplify_float(op, ty, args),
            Op::Un(op, ty) => self.simplify_un(op, ty, args),
            Op::Cmp(op, ty) => self.simplify_cmp(op, ty, args),
            Op::Conv(op) => self.simplify_conv(op, args),
            Op::Select(ty) => self.simplify_select(ty, args),
            Op::PtrAdd(offset) => self.simplify_ptr_add(offset, args),
            Op::PtrIndex(scale) => self.simplify_ptr_index(scale, args),
            Op::Load { mem, offset, invariant } => self.simplify_load(mem, offset, invariant, args),
            Op::Store { mem, offset } => self.simplify_store(mem, offset, args),
            Op::MemCopy { .. } if args[0] == args[1] => Outcome::Nothing,
            Op::MemCopy { bytes: 0 } | Op::MemZero { bytes: 0 } => Outcome::Nothing,
            Op::MemMove => match self.constant_of(args[2]) {
                Some(0) => Outcome::Nothing,
                Some(n) if (1..=64).contains(&n) => Outcome::Keep(Op::MemCopy { bytes: n as u32 }, Args::few(&[args[0], args[1]])),
                _ => Outcome::Keep(op, args),
            },
            Op::MemEqual { bytes } if bytes == 0 || args[0] == args[1] => Outcome::Is(self.constant(Type::I32, 1)),
            Op::New { bytes, ty, noscan } if args.len() == 1 => match self.constant_of(args[0]) {
                Some(n) if n >= 0 && n.saturating_mul(bytes.into()) <= 1 << 20 => {
                    Outcome::Keep(Op::New { bytes: bytes * n as u32, ty, noscan }, Args::few(&[]))
                }
                _ => Outcome::Keep(op, args),
            },
            Op::NilCheck if self.facts.is_not_nil(self.func, args[0]) => Outcome::Nothing,
            Op::BoundsCheck { kind, .. } if self.in_bounds(kind, args[0], args[1]) => Outcome::Nothing,
            Op::DivCheck => {
                let range = self.facts.range(self.func, args[0]);
                if range.lo > 0 || range.hi < 0 { Outcome::Nothing } else { Outcome::Keep(op, args) }
            }
            Op::ShiftCheck if self.facts.prove_at_least(self.func, args[0], 0) => Outcome::Nothing,
            Op::CallClosure { .. } | Op::CallInterface { .. } | Op::CallIndirect { .. } => self.devirtualize(op, args),
            _ => Outcome::Keep(op, args),
        }
    }

    fn in_bounds(&self, kind: BoundsKind, index: Value, len: Value) -> bool {
        self.facts.prove_at_least(self.func, index, 0) && self.facts.prove_le(self.func, index, len, -i64::from(kind.is_strict()))
    }

    fn simplify_int(&mut self, op: BinOp, ty: Type, mut args: Args) -> Outcome {
        let commutes = matches!(op, BinOp::Add | BinOp::Mul | BinOp::And | BinOp::Or | BinOp::Xor | BinOp::MulHiU);
        if commutes
            && ((self.func.as_const(args[0]).is_some() && self.func.as_const(args[1]).is_none())
                || (args[0] > args[1] && self.func.as_const(args[1]).is_none()))
        {
            args.swap(0, 1);
        }
        let (a, b) = (args[0], args[1]);
        let (ca, cb) = (self.func.as_const(a), self.func.as_const(b));
        if let (Some(x), Some(y)) = (ca, cb)
            && let Some(n) = fold::bin(op, ty, x, y)
        {
            return Outcome::Is(self.constant(ty, n));
        }
        let bits = if ty == Type::I64 { 64 } else { 32 };
        if a == b {
            match op {
                BinOp::Sub | BinOp::Xor => return Outcome::Is(self.constant(ty, 0)),
                BinOp::And | BinOp::Or => return Outcome::Is(a),
                _ => {}
            }
        }
        if ca == Some(0) && matches!(op, BinOp::Shl | BinOp::ShrS | BinOp::ShrU | BinOp::Rotl | BinOp::Rotr) {
            return Outcome::Is(a);
        }
        // Sums and differences of a common term.
        if op == BinOp::Sub
            && let Some((Op::Bin(BinOp::Add, _), inner)) = self.def(a)
        {
            if inner[0] == b {
                return Outcome::Is(inner[1]);
            }
            if inner[1] == b {
                return Outcome::Is(inner[0]);
            }
        }
        if op == BinOp::Add {
            for (x, y) in [(a, b), (b, a)] {
                if let Some((Op::Bin(BinOp::Sub, _), inner)) = self.def(x)
                    && inner[1] == y
                {
                    return Outcome::Is(inner[0]);
                }
            }
        }
        let Some(c) = cb else { return Outcome::Keep(Op::Bin(op, ty), args) };
        match (op, c) {
            (BinOp::Add | BinOp::Sub | BinOp::Or | BinOp::Xor | BinOp::Shl | BinOp::ShrS | BinOp::ShrU | BinOp::Rotl | BinOp::Rotr, 0) => {
                return Outcome::Is(a);
            }
            (BinOp::Mul | BinOp::DivS | BinOp::DivU, 1) => return Outcome::Is(a),
            (BinOp::Mul | BinOp::And | BinOp::MulHiU, 0) | (BinOp::RemS | BinOp::RemU, 1) => return Outcome::Is(self.constant(ty, 0)),
            (BinOp::And, -1) => return Outcome::Is(a),
            (BinOp::Or, -1) => return Outcome::Is(b),
            _ => {}
        }
        match op {
            BinOp::Sub => {
                let c = self.constant(ty, c.wrapping_neg());
                return self.evaluate_again(Op::Bin(BinOp::Add, ty), Args::few(&[a, c]));
            }
            BinOp::Mul if c > 0 && (c as u64).is_power_of_two() => {
                let n = self.constant(ty, c.trailing_zeros().into());
                return self.evaluate_again(Op::Bin(BinOp::Shl, ty), Args::few(&[a, n]));
            }
            BinOp::DivU if c > 0 && (c as u64).is_power_of_two() => {
                let n = self.constant(ty, c.trailing_zeros().into());
                return self.evaluate_again(Op::Bin(BinOp::ShrU, ty), Args::few(&[a, n]));
            }
            BinOp::RemU if c > 0 && (c as u64).is_power_of_two() => {
                let n = self.constant(ty, c - 1);
                return self.evaluate_again(Op::Bin(BinOp::And, ty), Args::few(&[a, n]));
            }
            BinOp::DivS | BinOp::RemS if c > 1 && self.facts.prove_at_least(self.func, a, 0) => {
                let op = if op == BinOp::DivS { BinOp::DivU } else { BinOp::RemU };
                return self.evaluate_again(Op::Bin(op, ty), args);
            }
            BinOp::DivS | BinOp::RemS if c > 1 && (c as u64).is_power_of_two() => return self.divide_by_power(op, ty, a, c),
            BinOp::And => {
                // The mask keeps all bits that can be set.
                let range = self.facts.range(self.func, a);
                if range.lo >= 0 && c >= 0 && (c as u64).wrapping_add(1).is_power_of_two() && range.hi <= c {
                    return Outcome::Is(a);
                }
            }
            BinOp::Shl | BinOp::ShrU | BinOp::ShrS if !(0..bits).contains(&c) => {
                let n = self.constant(ty, c & (bits - 1));
                return self.evaluate_again(Op::Bin(op, ty), Args::few(&[a, n]));
            }
            _ => {}
        }
        // (x op c1) op c2
        if let Some((Op::Bin(inner, _), inner_args)) = self.def(a)
            && inner == op
            && let Some(c1) = self.func.as_const(inner_args[1])
        {
            let sum = match op {
                BinOp::Add | BinOp::Mul | BinOp::And | BinOp::Or | BinOp::Xor => fold::bin(op, ty, c1, c),
                BinOp::Shl | BinOp::ShrU if c1 + c < bits => Some(c1 + c),
                BinOp::ShrS => Some((c1 + c).min(bits - 1)),
                _ => None,
            };
            if let Some(n) = sum {
                let n = self.constant(ty, n);
                return self.evaluate_again(Op::Bin(op, ty), Args::few(&[inner_args[0], n]));
            }
        }
        Outcome::Keep(Op::Bin(op, ty), args)
    }

    /// If `y` is `x` rounded to a multiple of 2^n as division does it: 2^n - 1.
    fn rounded_down(&self, x: Value, y: Value) -> Option<i64> {
        let (Op::Bin(BinOp::And, _), product) = self.def(y)? else { return None };
        let c = self.func.as_const(product[1])?.checked_neg()?;
        let (Op::Bin(BinOp::Add, _), sum) = self.def(product[0])? else { return None };
        let (Op::Bin(BinOp::ShrU, _), bias) = self.def(if sum[0] == x { sum[1] } else { sum[0] })? else { return None };
        let (Op::Bin(BinOp::ShrS, _), sign) = self.def(bias[0])? else { return None };
        let bits = if self.func.ty(x) == Type::I64 { 64 } else { 32 };
        let shifts = self.func.as_const(sign[1]) == Some(bits - 1) && self.func.as_const(bias[1]) == Some(bits - i64::from(c.trailing_zeros()));
        (c > 1 && (c as u64).is_power_of_two() && shifts && sum.contains(&x) && sign[0] == x).then_some(c - 1)
    }

    /// Signed division by 2^n: negative numbers are rounded up by adding 2^n - 1 before the shift. The remainder takes the product away.
    fn divide_by_power(&mut self, op: BinOp, ty: Type, a: Value, c: i64) -> Outcome {
        let bits = if ty == Type::I64 { 64 } else { 32 };
        let n = i64::from(c.trailing_zeros());
        let last = self.constant(ty, bits - 1);
        let sign = self.emit(Op::Bin(BinOp::ShrS, ty), &[a, last], ty);
        let rest = self.constant(ty, bits - n);
        let bias = self.emit(Op::Bin(BinOp::ShrU, ty), &[sign, rest], ty);
        let sum = self.emit(Op::Bin(BinOp::Add, ty), &[a, bias], ty);
        if op == BinOp::DivS {
            let n = self.constant(ty, n);
            return self.evaluate_again(Op::Bin(BinOp::ShrS, ty), Args::few(&[sum, n]));
        }
        let mask = self.constant(ty, -c);
        let product = self.emit(Op::Bin(BinOp::And, ty), &[sum, mask], ty);
        self.evaluate_again(Op::Bin(BinOp::Sub, ty), Args::few(&[a, product]))
    }

    fn evaluate_again(&mut self, op: Op, args: Args) -> Outcome {
        self.simplify(op, args)
    }

    fn float_const(&self, v: Value) -> Option<f64> {
        match self.func.def_op(v) {
            Some(Op::F64Const(bits)) => Some(f64::from_bits(bits)),
            Some(Op::F32Const(bits)) => Some(f32::from_bits(bits).into()),
            _ => None,
        }
    }

    fn emit_float(&mut self, ty: Type, x: f64) -> Value {
        let op = if ty == Type::F64 { Op::F64Const(x.to_bits()) } else { Op::F32Const((x as f32).to_bits()) };
        self.emit(op, &[], ty)
    }

    fn simplify_float(&mut self, op: BinOp, ty: Type, args: Args) -> Outcome {
        // Double rounding of f32 arithmetic through f64 is exact for these operations.
        if let (Some(a), Some(b)) = (self.float_const(args[0]), self.float_const(args[1]))
            && let Some(x) = fold::bin_f64(op, a, b)
        {
            return Outcome::Is(self.emit_float(ty, x));
        }
        // x * 1 and x / 1 keep every x, NaNs as well in all that Go can see.
        if matches!(op, BinOp::Mul | BinOp::FDiv) && self.float_const(args[1]) == Some(1.0) {
            return Outcome::Is(args[0]);
        }
        Outcome::Keep(Op::Bin(op, ty), args)
    }

    fn simplify_un(&mut self, op: UnOp, ty: Type, args: Args) -> Outcome {
        if let Some(n) = self.func.as_const(args[0])
            && let Some(n) = fold::un(op, ty, n)
        {
            return Outcome::Is(self.constant(ty, n));
        }
        if let Some(x) = self.float_const(args[0])
            && op == UnOp::FNeg
        {
            return Outcome::Is(self.emit_float(ty, -x));
        }
        Outcome::Keep(Op::Un(op, ty), args)
    }

    fn simplify_cmp(&mut self, op: CmpOp, ty: Type, args: Args) -> Outcome {
        let (a, b) = (args[0], args[1]);
        if ty.is_float() {
            if let (Some(x), Some(y)) = (self.float_const(a), self.float_const(b)) {
                return Outcome::Is(self.constant(Type::I32, fold::cmp_float(op, x, y).into()));
            }
            return Outcome::Keep(Op::Cmp(op, ty), args);
        }
        let (ca, cb) = (self.func.as_const(a), self.func.as_const(b));
        if let (Some(x), Some(y)) = (ca, cb) {
            return Outcome::Is(self.constant(Type::I32, fold::cmp(op, ty, x, y).into()));
        }
        if let (CmpOp::Eq | CmpOp::Ne, Some(Op::TableIndex(f)), Some(Op::TableIndex(g))) = (op, self.func.def_op(a), self.func.def_op(b)) {
            return Outcome::Is(self.constant(Type::I32, ((f == g) == (op == CmpOp::Eq)).into()));
        }
        // Constants to the right, `<` and `<=` only, equal operands in one order.
        if (ca.is_some() && cb.is_none()) || (matches!(op, CmpOp::Eq | CmpOp::Ne) && cb.is_none() && a > b) {
            return self.evaluate_again(Op::Cmp(op.swap(), ty), Args::few(&[b, a]));
        }
        if let Some(holds) = self.facts.compare(self.func, op, ty, a, b) {
            return Outcome::Is(self.constant(Type::I32, holds.into()));
        }
        if cb == Some(0) && matches!(op, CmpOp::Eq | CmpOp::Ne) {
            match self.def(a) {
                // Conditions compared with 0.
                Some((Op::Cmp(inner, inner_ty), inner_args)) if op == CmpOp::Eq && !inner_ty.is_float() => {
                    return self.evaluate_again(Op::Cmp(inner.negate(), inner_ty), inner_args);
                }
                Some((Op::Cmp(CmpOp::Eq | CmpOp::Ne, inner_ty), inner_args)) if inner_ty.is_float() && op == CmpOp::Eq => {
                    let inner = if matches!(self.def(a), Some((Op::Cmp(CmpOp::Eq, _), _))) { CmpOp::Ne } else { CmpOp::Eq };
                    return self.evaluate_again(Op::Cmp(inner, inner_ty), inner_args);
                }
                Some((Op::Conv(ConvOp::ExtS | ConvOp::ExtU), inner)) => {
                    let zero = self.constant(Type::I32, 0);
                    return self.evaluate_again(Op::Cmp(op, Type::I32), Args::few(&[inner[0], zero]));
                }
                Some((Op::Conv(ConvOp::PtrToInt), inner)) => {
                    let nil = self.constant(Type::Ptr, 0);
                    return self.evaluate_again(Op::Cmp(op, Type::Ptr), Args::few(&[inner[0], nil]));
                }
                // x % 2^n compared with 0 looks at the low bits only.
                Some((Op::Bin(BinOp::Sub, _), inner)) if let Some(mask) = self.rounded_down(inner[0], inner[1]) => {
                    let mask = self.constant(ty, mask);
                    let low = self.emit(Op::Bin(BinOp::And, ty), &[inner[0], mask], ty);
                    return self.evaluate_again(Op::Cmp(op, ty), Args::few(&[low, b]));
                }
                Some((Op::Bin(BinOp::Sub | BinOp::Xor, _), inner)) => {
                    return self.evaluate_again(Op::Cmp(op, ty), inner);
                }
                _ => {}
            }
            if op == CmpOp::Ne && ty == Type::I32 && self.is_bool(a) {
                return Outcome::Is(a);
            }
        }
        // Comparisons of two extended numbers.
        if ty == Type::I64
            && let (Some((Op::Conv(x), p)), Some((Op::Conv(y), q))) = (self.def(a), self.def(b))
            && x == y
        {
            let unsigned = |op: CmpOp| match op {
                CmpOp::LtS => CmpOp::LtU,
                CmpOp::LeS => CmpOp::LeU,
                CmpOp::GtS => CmpOp::GtU,
                CmpOp::GeS => CmpOp::GeU,
                op => op,
            };
            match x {
                ConvOp::ExtS => return self.evaluate_again(Op::Cmp(op, Type::I32), Args::few(&[p[0], q[0]])),
                ConvOp::ExtU => return self.evaluate_again(Op::Cmp(unsigned(op), Type::I32), Args::few(&[p[0], q[0]])),
                ConvOp::PtrToInt => return self.evaluate_again(Op::Cmp(unsigned(op), Type::Ptr), Args::few(&[p[0], q[0]])),
                _ => {}
            }
        }
        Outcome::Keep(Op::Cmp(op, ty), args)
    }

    fn simplify_conv(&mut self, op: ConvOp, args: Args) -> Outcome {
        let a = args[0];
        let ty = op.types().1;
        if let Some(n) = self.func.as_const(a)
            && let Some(folded) = fold::conv(op, n)
        {
            return Outcome::Is(self.emit(folded, &[], ty));
        }
        match (op, self.float_const(a)) {
            (ConvOp::Promote, Some(x)) if !x.is_nan() => return Outcome::Is(self.emit_float(ty, x)),
            (ConvOp::Demote, Some(x)) if !x.is_nan() => return Outcome::Is(self.emit_float(ty, x)),
            (ConvOp::F64Bits, Some(x)) => return Outcome::Is(self.constant(ty, x.to_bits() as i64)),
            _ => {}
        }
        if let Some((Op::Conv(inner), inner_args)) = self.def(a) {
            let x = inner_args[0];
            match (op, inner) {
                (ConvOp::Wrap, ConvOp::ExtS | ConvOp::ExtU)
                | (ConvOp::PtrToI32, ConvOp::I32ToPtr)
                | (ConvOp::I32ToPtr, ConvOp::PtrToI32)
                | (ConvOp::IntToPtr, ConvOp::PtrToInt)
                | (ConvOp::F32Bits, ConvOp::F32FromBits)
                | (ConvOp::F64Bits, ConvOp::F64FromBits)
                | (ConvOp::F32FromBits, ConvOp::F32Bits)
                | (ConvOp::F64FromBits, ConvOp::F64Bits) => return Outcome::Is(x),
                (ConvOp::Wrap, ConvOp::PtrToInt) => return self.evaluate_again(Op::Conv(ConvOp::PtrToI32), inner_args),
                (ConvOp::IntToPtr, ConvOp::ExtS | ConvOp::ExtU) => return self.evaluate_again(Op::Conv(ConvOp::I32ToPtr), inner_args),
                (ConvOp::Ext32S64, ConvOp::ExtS) => return Outcome::Is(a),
                (ConvOp::Ext32S64, ConvOp::ExtU) => return self.evaluate_again(Op::Conv(ConvOp::ExtS), inner_args),
                _ => {}
            }
        }
        // Extensions that change nothing.
        let fits = |range: Range, lo: i64, hi: i64| range.lo >= lo && range.hi <= hi;
        let range =
            if matches!(self.func.ty(a), Type::I32 | Type::I64) { self.facts.range(self.func, a) } else { Range { lo: i64::MIN, hi: i64::MAX } };
        let superfluous = match op {
            ConvOp::Ext8S | ConvOp::Ext8S64 => fits(range, -128, 127),
            ConvOp::Ext8U => fits(range, 0, 255),
            ConvOp::Ext16S | ConvOp::Ext16S64 => fits(range, -32768, 32767),
            ConvOp::Ext16U => fits(range, 0, 65535),
            ConvOp::Ext32S64 => fits(range, i32::MIN.into(), i32::MAX.into()),
            _ => false,
        };
        if superfluous {
            return Outcome::Is(a);
        }
        // Of several extensions only the last counts; masks below them that keep its bits do nothing.
        if let Some((Op::Conv(inner @ (ConvOp::Ext8S | ConvOp::Ext8U | ConvOp::Ext16S | ConvOp::Ext16U)), inner_args)) = self.def(a) {
            let narrow = matches!(op, ConvOp::Ext8S | ConvOp::Ext8U);
            let inner_narrow = matches!(inner, ConvOp::Ext8S | ConvOp::Ext8U);
            if matches!(op, ConvOp::Ext8S | ConvOp::Ext8U | ConvOp::Ext16S | ConvOp::Ext16U) && (narrow || !inner_narrow) {
                return self.evaluate_again(Op::Conv(op), inner_args);
            }
        }
        Outcome::Keep(Op::Conv(op), args)
    }

    fn simplify_select(&mut self, ty: Type, args: Args) -> Outcome {
        let (cond, a, b) = (args[0], args[1], args[2]);
        if a == b {
            return Outcome::Is(a);
        }
        if let Some(n) = self.constant_of(cond) {
            return Outcome::Is(if n != 0 { a } else { b });
        }
        if ty == Type::I32 && self.func.as_const(a) == Some(1) && self.func.as_const(b) == Some(0) && self.is_bool(cond) {
            return Outcome::Is(cond);
        }
        Outcome::Keep(Op::Select(ty), args)
    }

    fn simplify_ptr_add(&mut self, offset: i32, args: Args) -> Outcome {
        if offset == 0 {
            return Outcome::Is(args[0]);
        }
        match self.def(args[0]) {
            Some((Op::PtrAdd(inner), inner_args)) => match inner.checked_add(offset) {
                Some(sum) => self.evaluate_again(Op::PtrAdd(sum), inner_args),
                None => Outcome::Keep(Op::PtrAdd(offset), args),
            },
            Some((Op::GlobalAddr(symbol, inner), _)) => match inner.checked_add(offset) {
                Some(sum) => self.evaluate_again(Op::GlobalAddr(symbol, sum), Args::few(&[])),
                None => Outcome::Keep(Op::PtrAdd(offset), args),
            },
            _ => Outcome::Keep(Op::PtrAdd(offset), args),
        }
    }

    fn simplify_ptr_index(&mut self, scale: u32, args: Args) -> Outcome {
        if scale == 0 {
            return Outcome::Is(args[0]);
        }
        if let Some(n) = self.constant_of(args[1])
            && let Some(offset) = n.checked_mul(scale.into()).and_then(|n| i32::try_from(n).ok())
        {
            return self.evaluate_again(Op::PtrAdd(offset), Args::few(&[args[0]]));
        }
        match self.def(args[1]) {
            // A widened index is narrowed again anyway.
            Some((Op::Conv(ConvOp::ExtS | ConvOp::ExtU), inner)) => self.evaluate_again(Op::PtrIndex(scale), Args::few(&[args[0], inner[0]])),
            // (i + c) * scale: the constant part goes into the offset of the access. Only for positive parts, so that the intermediate address
            // stays within the object (IR-5).
            Some((Op::Bin(BinOp::Add, _), inner)) if self.func.as_const(inner[1]).is_some_and(|c| c > 0) => {
                let offset = self.func.as_const(inner[1]).and_then(|n| n.checked_mul(scale.into())).and_then(|n| i32::try_from(n).ok());
                match offset {
                    Some(offset) if self.facts.prove_at_least(self.func, inner[0], 0) => {
                        let p = self.emit(Op::PtrIndex(scale), &[args[0], inner[0]], Type::Ptr);
                        self.evaluate_again(Op::PtrAdd(offset), Args::few(&[p]))
                    }
                    _ => Outcome::Keep(Op::PtrIndex(scale), args),
                }
            }
            _ => Outcome::Keep(Op::PtrIndex(scale), args),
        }
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

    fn simplify_load(&mut self, mem: Mem, offset: u32, invariant: bool, mut args: Args) -> Outcome {
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

    fn simplify_store(&mut self, mem: Mem, offset: u32, mut args: Args) -> Outcome {
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

    // Calls.

    fn devirtualize(&mut self, op: Op, args: Args) -> Outcome {
        let known = match op {
            Op::CallClosure { .. } => self.closure_target(args[0]),
            Op::CallInterface { method, .. } => self.itab_target(args[0], method).map(|f| (f, true)),
            Op::CallIndirect { .. } => match self.def(args[0]) {
                Some((Op::TableIndex(f), _)) => Some((f, true)),
                _ => None,
            },
            _ => None,
        };
        let Some((func, drop_first)) = known else { return Outcome::Keep(op, args) };
        let Some(id) = self.module.func(func) else { return Outcome::Keep(op, args) };
        let sig = self.module[id].sig;
        let passed = if drop_first { Args::few(&args[1..]) } else { args.clone() };
        let types: Vec<Type> = passed.iter().map(|v| self.func.ty(*v)).collect();
        let wanted = op.sig().map(|s| &self.module.sigs[s].results);
        // A program that converts function values by unsafe means may disagree about types; it gets the call it wrote.
        if *types != *self.module.sigs[sig].params || wanted != Some(&self.module.sigs[sig].results) {
            return Outcome::Keep(op, args);
        }
        Outcome::Keep(Op::Call { func, sig }, passed)
    }

    /// The function a closure calls, and whether it does not take the closure as its first argument.
    fn closure_target(&mut self, closure: Value) -> Option<(Symbol, bool)> {
        let takes_closure = |module: &Module, f: Symbol| module.func(f).map(|id| module[id].attrs.closure);
        match self.def(closure) {
            Some((Op::FuncAddr(f), _)) => Some((f, !takes_closure(self.module, f)?)),
            _ => {
                let alias = std::mem::take(&mut self.alias);
                let object = object_of(self.func, &|v| find(&alias, v), closure);
                self.alias = alias;
                let f = (*self.closures.get(&object)?)?;
                takes_closure(self.module, f)?.then_some((f, false))
            }
        }
    }

    /// The method in a known itab.
    fn itab_target(&self, itab: Value, method: u32) -> Option<Symbol> {
        let (Op::GlobalAddr(symbol, base), _) = self.def(itab)? else { return None };
        let data = &self.module[self.module.data(symbol)?];
        let at = u32::try_from(i64::from(base)).ok()? + ITAB_FUN_OFFSET + 8 * method;
        data.relocs.iter().find(|r| r.offset == at && matches!(r.kind, RelocKind::Table | RelocKind::MethodTable)).map(|r| r.target)
    }

    // Terminators.

    fn terminator(&mut self, block: Block) {
        let term = std::mem::take(&mut self.func.block_mut(block).term);
        let term = match term {
            Terminator::Branch { cond, then, other } => {
                let cond = self.find(cond);
                let (cond, then, other) = self.strip_not(cond, then, other);
                match self.constant_of(cond) {
                    Some(n) => {
                        self.changed = true;
                        Terminator::Jump(if n != 0 { then } else { other })
                    }
                    None => Terminator::Branch { cond, then, other },
                }
            }
            Terminator::Switch { value, cases, default } => {
                let value = self.find(value);
                match self.constant_of(value) {
                    Some(n) => {
                        self.changed = true;
                        Terminator::Jump(cases.iter().find(|c| c.value == n).map_or(default, |c| c.edge))
                    }
                    None => Terminator::Switch { value, cases, default },
                }
            }
            term => term,
        };
        self.func.block_mut(block).term = term;
    }

    /// `if x == 0` and `if x != 0` test x itself.
    fn strip_not(&self, cond: Value, then: Edge, other: Edge) -> (Value, Edge, Edge) {
        match self.def(cond) {
            Some((Op::Cmp(CmpOp::Eq, Type::I32), args)) if self.func.as_const(args[1]) == Some(0) => self.strip_not(args[0], other, then),
            Some((Op::Cmp(CmpOp::Ne, Type::I32), args)) if self.func.as_const(args[1]) == Some(0) => self.strip_not(args[0], then, other),
            _ => (cond, then, other),
        }
    }
}

/// Whether the same operation on the same operands gives the same value where the first dominates the second.
fn numbered(op: Op) -> bool {
    op.is_pure() || matches!(op, Op::Load { invariant: true, .. } | Op::Bin(..))
}

fn is_check(op: Op) -> bool {
    matches!(op, Op::BoundsCheck { .. } | Op::DivCheck | Op::ShiftCheck | Op::NilCheck)
}

fn key(op: Op, args: &[Value]) -> Key {
    let mut list = [NO_VALUE; 3];
    list[..args.len()].copy_from_slice(args);
    Key { op, args: list }
}
