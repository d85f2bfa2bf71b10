//! What is known of integers and pointers at the current point of a walk over the dominator tree.
//!
//! Facts come from branch conditions, passed checks and definitions; they hold for the subtree in which they were found and are undone when
//! the walk leaves it. Integers have a *range* (as signed numbers of their width) and *differences*: `a <= b + c`, over true integers, so
//! that a proof is a chain of differences, as in "ABCD: Eliminating Array Bounds Checks on Demand" (Bodik, Gupta, Sarkar, 2000).

use crate::ir::hash::{FastMap, FastSet};
use crate::ir::{BinOp, CmpOp, ConvOp, Function, Op, Type, UnOp, Value};

/// Inclusive bounds of a signed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub lo: i64,
    pub hi: i64,
}

impl Range {
    fn full(ty: Type) -> Range {
        match ty {
            Type::I64 => Range { lo: i64::MIN, hi: i64::MAX },
            // Addresses are compared as unsigned.
            Type::Ptr => Range { lo: 0, hi: u32::MAX.into() },
            _ => Range { lo: i32::MIN.into(), hi: i32::MAX.into() },
        }
    }

    fn meet(self, other: Range) -> Range {
        Range { lo: self.lo.max(other.lo), hi: self.hi.min(other.hi) }
    }

    fn join(self, other: Range) -> Range {
        Range { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The range of exact results, or everything if they do not fit the type.
    fn of_exact(lo: i128, hi: i128, ty: Type) -> Range {
        let full = Range::full(ty);
        if lo >= full.lo.into() && hi <= full.hi.into() { Range { lo: lo as i64, hi: hi as i64 } } else { full }
    }
}

/// How deep definitions and chains of differences are followed.
const DEPTH: u32 = 5;

enum Undo {
    Range(Value, Option<Range>),
    Upper(Value),
    Lower(Value),
    NotNil(Value),
}

/// The facts of the current scope.
#[derive(Default)]
pub struct Facts {
    ranges: FastMap<Value, Range>,
    /// `v <= w + c`
    upper: FastMap<Value, Vec<(Value, i64)>>,
    /// `v >= w + c`
    lower: FastMap<Value, Vec<(Value, i64)>>,
    not_nil: FastSet<Value>,
    undo: Vec<Undo>,
}

impl Facts {
    /// A mark to go back to.
    pub fn mark(&self) -> usize {
        self.undo.len()
    }

    /// Forgets what was learnt since a mark.
    pub fn undo_to(&mut self, mark: usize) {
        for undo in self.undo.drain(mark..).rev() {
            match undo {
                Undo::Range(v, Some(old)) => {
                    self.ranges.insert(v, old);
                }
                Undo::Range(v, None) => {
                    self.ranges.remove(&v);
                }
                Undo::Upper(v) => {
                    self.upper.get_mut(&v).map(Vec::pop);
                }
                Undo::Lower(v) => {
                    self.lower.get_mut(&v).map(Vec::pop);
                }
                Undo::NotNil(v) => {
                    self.not_nil.remove(&v);
                }
            }
        }
    }

    pub fn add_not_nil(&mut self, v: Value) {
        if self.not_nil.insert(v) {
            self.undo.push(Undo::NotNil(v));
        }
    }

    /// Whether a pointer is known not to be nil.
    pub fn is_not_nil(&self, func: &Function, v: Value) -> bool {
        let mut v = v;
        loop {
            if self.not_nil.contains(&v) {
                return true;
            }
            let Some(inst) = func.def_inst(v) else {
                return func.attrs.closure && func.params().first() == Some(&v);
            };
            match func.op(inst) {
                Op::SlotAddr(_) | Op::GlobalAddr(..) | Op::FuncAddr(_) | Op::New { .. } => return true,
                Op::Const(_, n) => return n != 0,
                // Fields and elements of what is not nil; the offset of a field is below the size of the first page.
                Op::PtrAdd(offset) if (0..4096).contains(&offset) => v = func.args(inst)[0],
                _ => return false,
            }
        }
    }

    pub fn add_range(&mut self, v: Value, range: Range) {
        let old = self.ranges.get(&v).copied();
        let new = old.map_or(range, |r| r.meet(range));
        if old != Some(new) {
            self.ranges.insert(v, new);
            self.undo.push(Undo::Range(v, old));
        }
    }

    /// Learns `v <= w + c`.
    pub fn add_difference(&mut self, func: &Function, v: Value, w: Value, c: i64) {
        if v == w {
            return;
        }
        match (func.as_const(v), func.as_const(w)) {
            (None, Some(n)) => {
                if let Some(hi) = n.checked_add(c) {
                    self.add_range(v, Range { lo: i64::MIN, hi });
                }
            }
            (Some(n), None) => {
                if let Some(lo) = n.checked_sub(c) {
                    self.add_range(w, Range { lo, hi: i64::MAX });
                }
            }
            (None, None) => {
                self.upper.entry(v).or_default().push((w, c));
                self.undo.push(Undo::Upper(v));
                if let Some(c) = c.checked_neg() {
                    self.lower.entry(w).or_default().push((v, c));
                    self.undo.push(Undo::Lower(w));
                }
            }
            (Some(_), Some(_)) => {}
        }
    }

    /// Learns that a comparison of integers holds.
    pub fn add_comparison(&mut self, func: &Function, op: CmpOp, a: Value, b: Value) {
        match op {
            CmpOp::Eq => {
                self.add_difference(func, a, b, 0);
                self.add_difference(func, b, a, 0);
            }
            CmpOp::Ne => self.add_not_equal(func, a, b),
            CmpOp::LtS => self.add_difference(func, a, b, -1),
            CmpOp::LeS => self.add_difference(func, a, b, 0),
            CmpOp::GtS | CmpOp::GeS | CmpOp::GtU | CmpOp::GeU => self.add_comparison(func, op.swap(), b, a),
            CmpOp::LtU | CmpOp::LeU => {
                // If the larger one is not negative, neither is the smaller, and the comparison holds for signed numbers too.
                let bound = self.range(func, b);
                if bound.lo >= 0 {
                    self.add_range(a, Range { lo: 0, hi: bound.hi });
                    self.add_difference(func, a, b, if op == CmpOp::LtU { -1 } else { 0 });
                }
            }
        }
    }

    fn add_not_equal(&mut self, func: &Function, a: Value, b: Value) {
        for (v, w) in [(a, b), (b, a)] {
            if let Some(n) = func.as_const(w) {
                let range = self.range(func, v);
                if range.lo == n && n < range.hi {
                    self.add_range(v, Range { lo: n + 1, hi: range.hi });
                } else if range.hi == n && n > range.lo {
                    self.add_range(v, Range { lo: range.lo, hi: n - 1 });
                }
            }
        }
    }

    /// Bounds of a value.
    pub fn range(&self, func: &Function, v: Value) -> Range {
        self.range_to(func, v, DEPTH)
    }

    fn range_to(&self, func: &Function, v: Value, depth: u32) -> Range {
        let ty = func.ty(v);
        let known = match self.ranges.get(&v) {
            Some(range) => range.meet(Range::full(ty)),
            None => Range::full(ty),
        };
        // Contradictory facts are those of unreachable code.
        let known = if known.lo > known.hi { Range::full(ty) } else { known };
        if depth == 0 {
            return known;
        }
        let range = known.meet(self.range_of_def(func, v, ty, depth - 1));
        if range.lo > range.hi { known } else { range }
    }

    fn range_of_def(&self, func: &Function, v: Value, ty: Type, depth: u32) -> Range {
        let full = Range::full(ty);
        let Some(inst) = func.def_inst(v) else { return full };
        let args = func.args(inst);
        let at = |i: usize| self.range_to(func, args[i], depth);
        let positive = |hi: i64| Range { lo: 0, hi };
        match func.op(inst) {
            Op::Const(_, n) => Range { lo: n, hi: n },
            Op::Cmp(..) | Op::MemEqual { .. } | Op::RecoverFlag => positive(1),
            Op::Load { mem, .. } => match mem {
                crate::ir::Mem::I8S => Range { lo: -128, hi: 127 },
                crate::ir::Mem::I8U => positive(255),
                crate::ir::Mem::I16S => Range { lo: -32768, hi: 32767 },
                crate::ir::Mem::I16U => positive(65535),
                _ => full,
            },
            Op::Select(_) => at(1).join(at(2)),
            Op::Un(UnOp::Clz | UnOp::Ctz | UnOp::Popcnt, _) => positive(64),
            Op::Conv(op) => match op {
                ConvOp::ExtS => at(0),
                ConvOp::ExtU | ConvOp::PtrToInt => {
                    let r = at(0);
                    if r.lo >= 0 { r } else { positive(u32::MAX.into()) }
                }
                ConvOp::Wrap => {
                    let r = at(0);
                    Range::of_exact(r.lo.into(), r.hi.into(), ty)
                }
                ConvOp::Ext8U => positive(255),
                ConvOp::Ext16U => positive(65535),
                ConvOp::Ext8S | ConvOp::Ext8S64 => Range { lo: -128, hi: 127 },
                ConvOp::Ext16S | ConvOp::Ext16S64 => Range { lo: -32768, hi: 32767 },
                ConvOp::Ext32S64 => Range { lo: i32::MIN.into(), hi: i32::MAX.into() },
                _ => full,
            },
            Op::Bin(op, _) => self.range_of_bin(op, ty, at(0), at(1)),
            _ => full,
        }
    }

    fn range_of_bin(&self, op: BinOp, ty: Type, a: Range, b: Range) -> Range {
        let full = Range::full(ty);
        let bits = if ty == Type::I64 { 64 } else { 32 };
        let wide = |r: Range| (i128::from(r.lo), i128::from(r.hi));
        let ((al, ah), (bl, bh)) = (wide(a), wide(b));
        let constant = (b.lo == b.hi).then_some(b.lo);
        match op {
            BinOp::Add => Range::of_exact(al + bl, ah + bh, ty),
            BinOp::Sub => Range::of_exact(al - bh, ah - bl, ty),
            BinOp::Mul => {
                let corners = [al * bl, al * bh, ah * bl, ah * bh];
                Range::of_exact(corners.into_iter().min().unwrap_or(0), corners.into_iter().max().unwrap_or(0), ty)
            }
            BinOp::And if a.lo >= 0 && b.lo >= 0 => Range { lo: 0, hi: a.hi.min(b.hi) },
            BinOp::And if a.lo >= 0 => Range { lo: 0, hi: a.hi },
            BinOp::And if b.lo >= 0 => Range { lo: 0, hi: b.hi },
            BinOp::Or | BinOp::Xor if a.lo >= 0 && b.lo >= 0 => {
                let top = (a.hi | b.hi) as u64;
                Range { lo: 0, hi: (u64::MAX.checked_shr(top.leading_zeros()).unwrap_or(0)) as i64 }
            }
            BinOp::ShrS => match constant {
                Some(n) if (0..bits).contains(&n) => Range { lo: a.lo >> n, hi: a.hi >> n },
                _ if a.lo >= 0 => Range { lo: 0, hi: a.hi },
                _ => full,
            },
            BinOp::ShrU => match constant {
                Some(n) if (0..bits).contains(&n) && a.lo >= 0 => Range { lo: a.lo >> n, hi: a.hi >> n },
                Some(n) if (1..bits).contains(&n) => Range { lo: 0, hi: (u64::MAX >> (64 - bits) >> n) as i64 },
                _ if a.lo >= 0 => Range { lo: 0, hi: a.hi },
                _ => full,
            },
            BinOp::Shl => match constant {
                Some(n) if (0..bits).contains(&n) => Range::of_exact(al << n, ah << n, ty),
                _ => full,
            },
            BinOp::RemU if a.lo >= 0 && b.lo >= 0 => Range { lo: 0, hi: a.hi.min((b.hi - 1).max(0)) },
            BinOp::RemU if b.lo > 0 => Range { lo: 0, hi: b.hi - 1 },
            BinOp::RemS if b.lo > 0 => Range { lo: if a.lo >= 0 { 0 } else { 1 - b.hi }, hi: if a.hi <= 0 { 0 } else { a.hi.min(b.hi - 1) } },
            BinOp::DivS if b.lo > 0 => Range { lo: if a.lo >= 0 { a.lo / b.hi } else { a.lo }, hi: if a.hi >= 0 { a.hi / b.lo } else { 0 } },
            BinOp::DivU if a.lo >= 0 && b.lo > 0 => Range { lo: a.lo / b.hi, hi: a.hi / b.lo },
            _ => full,
        }
    }

    /// Learns what a new definition says about its operands: sums without overflow, and results that do not exceed an operand.
    pub fn add_definition(&mut self, func: &Function, v: Value) {
        let Some(inst) = func.def_inst(v) else { return };
        if func.ty(v).is_float() {
            return;
        }
        let args = func.args(inst);
        match func.op(inst) {
            Op::Bin(BinOp::Add, ty) => {
                let (a, b) = (args[0], args[1]);
                if let Some(c) = func.as_const(b) {
                    if self.sum_fits(func, a, c, ty) {
                        self.add_difference(func, v, a, c);
                        if let Some(c) = c.checked_neg() {
                            self.add_difference(func, a, v, c);
                        }
                    }
                } else {
                    let (ra, rb) = (self.range(func, a), self.range(func, b));
                    let full = Range::full(ty);
                    if ra.lo >= 0 && rb.lo >= 0 && i128::from(ra.hi) + i128::from(rb.hi) <= full.hi.into() {
                        self.add_difference(func, a, v, 0);
                        self.add_difference(func, b, v, 0);
                    }
                }
            }
            Op::Bin(BinOp::Sub, _) => {
                let (ra, rb) = (self.range(func, args[0]), self.range(func, args[1]));
                if ra.lo >= 0 && rb.lo >= 0 {
                    self.add_difference(func, v, args[0], 0);
                    // a - b is not negative where b <= a is known.
                    if self.prove_le(func, args[1], args[0], 0) {
                        self.add_range(v, Range { lo: 0, hi: ra.hi });
                    }
                }
            }
            Op::Bin(BinOp::ShrS | BinOp::ShrU | BinOp::DivU | BinOp::DivS | BinOp::RemU | BinOp::RemS, _) => {
                let (ra, rb) = (self.range(func, args[0]), self.range(func, args[1]));
                let op = func.op(inst);
                let shift = matches!(op, Op::Bin(BinOp::ShrS | BinOp::ShrU, _));
                if ra.lo >= 0 && (shift || rb.lo > 0) {
                    self.add_difference(func, v, args[0], 0);
                }
                if matches!(op, Op::Bin(BinOp::RemU | BinOp::RemS, _)) && ra.lo >= 0 && rb.lo > 0 {
                    self.add_difference(func, v, args[1], -1);
                }
            }
            Op::Bin(BinOp::And, _) => {
                for arg in [args[0], args[1]] {
                    if self.range(func, arg).lo >= 0 {
                        self.add_difference(func, v, arg, 0);
                    }
                }
            }
            Op::Select(_) => {
                // min and max, written as a selection by a comparison of the same two.
                if let Some(cond) = func.def_inst(args[0])
                    && let Op::Cmp(op, Type::I64 | Type::I32) = func.op(cond)
                {
                    let (a, b) = (func.args(cond)[0], func.args(cond)[1]);
                    let (x, y) = (args[1], args[2]);
                    let less = matches!(op, CmpOp::LtS | CmpOp::LeS);
                    let greater = matches!(op, CmpOp::GtS | CmpOp::GeS);
                    if (less && (x, y) == (a, b)) || (greater && (x, y) == (b, a)) {
                        self.add_difference(func, v, x, 0);
                        self.add_difference(func, v, y, 0);
                    } else if (greater && (x, y) == (a, b)) || (less && (x, y) == (b, a)) {
                        self.add_difference(func, x, v, 0);
                        self.add_difference(func, y, v, 0);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether `v + c` does not overflow.
    fn sum_fits(&self, func: &Function, v: Value, c: i64, ty: Type) -> bool {
        let full = Range::full(ty);
        let range = self.range(func, v);
        if c >= 0 {
            let mut hi = range.hi;
            for (w, k) in self.upper.get(&v).into_iter().flatten() {
                hi = hi.min(self.range_to(func, *w, 2).hi.saturating_add(*k));
            }
            i128::from(hi) + i128::from(c) <= full.hi.into()
        } else {
            let mut lo = range.lo;
            for (w, k) in self.lower.get(&v).into_iter().flatten() {
                lo = lo.max(self.range_to(func, *w, 2).lo.saturating_add(*k));
            }
            i128::from(lo) + i128::from(c) >= full.lo.into()
        }
    }

    /// Whether `v <= w + c` is certain.
    pub fn prove_le(&self, func: &Function, v: Value, w: Value, c: i64) -> bool {
        let mut budget = 64;
        self.prove(func, v, w, c, DEPTH, &mut budget)
    }

    fn prove(&self, func: &Function, v: Value, w: Value, c: i64, depth: u32, budget: &mut u32) -> bool {
        if v == w && c >= 0 {
            return true;
        }
        if i128::from(self.range(func, v).hi) <= i128::from(self.range(func, w).lo) + i128::from(c) {
            return true;
        }
        if depth == 0 || *budget == 0 {
            return false;
        }
        *budget -= 1;
        for (x, k) in self.upper.get(&v).into_iter().flatten() {
            if let Some(rest) = c.checked_sub(*k)
                && self.prove(func, *x, w, rest, depth - 1, budget)
            {
                return true;
            }
        }
        // w >= y + k: it is enough that v <= y + k + c.
        for (y, k) in self.lower.get(&w).into_iter().flatten() {
            if func.as_const(v).is_some()
                && let Some(rest) = c.checked_add(*k)
                && self.prove(func, v, *y, rest, depth - 1, budget)
            {
                return true;
            }
        }
        false
    }

    /// Whether `v >= bound` is certain.
    pub fn prove_at_least(&self, func: &Function, v: Value, bound: i64) -> bool {
        let mut budget = 32;
        self.prove_lower(func, v, bound, DEPTH, &mut budget)
    }

    fn prove_lower(&self, func: &Function, v: Value, bound: i64, depth: u32, budget: &mut u32) -> bool {
        if self.range(func, v).lo >= bound {
            return true;
        }
        if depth == 0 || *budget == 0 {
            return false;
        }
        *budget -= 1;
        self.lower.get(&v).into_iter().flatten().any(|(w, k)| match bound.checked_sub(*k) {
            Some(rest) => self.prove_lower(func, *w, rest, depth - 1, budget),
            None => false,
        })
    }

    /// The outcome of a comparison, if it is certain.
    pub fn compare(&self, func: &Function, op: CmpOp, ty: Type, a: Value, b: Value) -> Option<bool> {
        if ty.is_float() {
            return None;
        }
        if ty == Type::Ptr {
            let nil = |v: Value| func.as_const(v) == Some(0);
            let differ = (nil(a) && self.is_not_nil(func, b)) || (nil(b) && self.is_not_nil(func, a));
            return match op {
                CmpOp::Eq if differ => Some(false),
                CmpOp::Ne if differ => Some(true),
                _ if a == b => Some(matches!(op, CmpOp::Eq | CmpOp::LeU | CmpOp::GeU)),
                _ => None,
            };
        }
        match op {
            CmpOp::LtS => self.less(func, a, b),
            CmpOp::GtS => self.less(func, b, a),
            CmpOp::LeS => self.less(func, b, a).map(|x| !x),
            CmpOp::GeS => self.less(func, a, b).map(|x| !x),
            CmpOp::LtU | CmpOp::GeU | CmpOp::LeU | CmpOp::GtU => {
                if !self.prove_at_least(func, a, 0) || !self.prove_at_least(func, b, 0) {
                    return None;
                }
                let signed = match op {
                    CmpOp::LtU => CmpOp::LtS,
                    CmpOp::GeU => CmpOp::GeS,
                    CmpOp::LeU => CmpOp::LeS,
                    _ => CmpOp::GtS,
                };
                self.compare(func, signed, ty, a, b)
            }
            CmpOp::Eq | CmpOp::Ne => {
                let equal = if a == b {
                    Some(true)
                } else if self.prove_le(func, a, b, -1) || self.prove_le(func, b, a, -1) {
                    Some(false)
                } else {
                    let (ra, rb) = (self.range(func, a), self.range(func, b));
                    (ra.lo == ra.hi && ra == rb).then_some(true)
                };
                equal.map(|x| x == (op == CmpOp::Eq))
            }
        }
    }

    fn less(&self, func: &Function, a: Value, b: Value) -> Option<bool> {
        if self.prove_le(func, a, b, -1) {
            Some(true)
        } else if self.prove_le(func, b, a, 0) {
            Some(false)
        } else {
            None
        }
    }
}
