//! Value numbering over the dominator tree, with everything that can be decided on the way: constant folding, algebraic simplification,
//! common subexpressions, checks that dominating facts make superfluous, loads of known contents, and calls through known closures and itabs.
//!
//! One walk visits each block after its dominator. Tables of expressions and facts are scoped by the walk; known contents of memory carry over
//! to a block if nothing on the paths from its dominator overwrites them (a bounded search).

mod calls;
mod conditions;
mod loads;
mod rules;

use super::facts::{Facts, Range};
use super::fold;
use super::memory::{Clobber, Contents, Object, Place, Private, clobber, closure_codes};
use crate::ir::hash::FastMap;
use crate::ir::{Block, Cfg, CmpOp, Dominators, Edge, Function, Inst, Loops, Module, Op, SrcLoc, Symbol, Terminator, Type, Value};

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

    fn evaluate_again(&mut self, op: Op, args: Args) -> Outcome {
        self.simplify(op, args)
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
