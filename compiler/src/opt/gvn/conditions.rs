//! What the way into a block tells: conditions that hold behind a branch, and the bounds of loop counters.

use super::Gvn;
use crate::ir::{BinOp, Block, CmpOp, Op, Terminator, Type, Value};
use crate::opt::facts::Range;

impl Gvn<'_> {
    /// Learns the condition under which the walk comes into a block with a single predecessor.
    pub(super) fn enter_edge(&mut self, block: Block) {
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

    pub(super) fn is_bool(&self, v: Value) -> bool {
        let range = self.facts.range(self.func, v);
        self.func.ty(v) == Type::I32 && range.lo >= 0 && range.hi <= 1
    }

    /// Bounds of loop counters: a parameter of a loop header that every round adds a constant of one sign to does not pass its start, if
    /// a comparison in the loop keeps the sum from overflowing.
    pub(super) fn induction(&mut self, header: Block) {
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
}
