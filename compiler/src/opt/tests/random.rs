//! Random programs: what they do must not depend on whether they were optimised.

use super::interpret::{COMPARISONS, Machine, Stop};
use crate::ir::{
    BinOp, BoundsKind, Builder, ConvOp, FuncId, Function, Layout, Mem, Module, Op, PointerMap, Sig, Slot, SlotData, Symbol, Type, Value, Variable,
    verify_module,
};
use crate::opt::{Options, run};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What all functions of a program share.
struct Names {
    /// `func(i64, i64, ptr) i64`
    sig: Sig,
    observe: Symbol,
    observe_sig: Sig,
    pair: Symbol,
    array: Symbol,
    closure: Symbol,
    global: Symbol,
    funcs: Vec<Symbol>,
    /// `func(ctx, i64) i64`
    closure_sig: Sig,
    closures: Vec<Symbol>,
}

/// Elements of the arrays of a program.
const ELEMENTS: i64 = 6;

struct Generator<'a> {
    random: &'a mut Random,
    names: &'a Names,
    module: &'a Module,
    b: Builder,
    /// i64 variables; the first ones are loop counters.
    ints: Vec<Variable>,
    /// ptr variables to pairs {i64, ptr to pair}; may be nil.
    pairs: Vec<Variable>,
    slots: Vec<Slot>,
    /// (pointer, length) of an array.
    array: (Value, Value),
    callable: usize,
    /// Closures call nothing: they are called by all.
    may_call_closures: bool,
    budget: i32,
}

impl Generator<'_> {
    fn int(&mut self, depth: u32) -> Value {
        let choice = self.random.below(if depth == 0 { 3 } else { 13 });
        match choice {
            0 => {
                let n = [0, 1, 2, 3, 5, 7, 8, -1, 255, i64::MAX, i64::MIN][self.random.below(11)];
                self.b.iconst(Type::I64, n)
            }
            1 | 2 => {
                let v = self.ints[self.random.below(self.ints.len())];
                self.b.use_var(v)
            }
            3..=6 => {
                let ops = [BinOp::Add, BinOp::Sub, BinOp::Mul, BinOp::And, BinOp::Or, BinOp::Xor, BinOp::Shl, BinOp::ShrS, BinOp::ShrU, BinOp::Rotl];
                let (x, y) = (self.int(depth - 1), self.int(depth - 1));
                self.b.bin(ops[self.random.below(ops.len())], x, y)
            }
            7 => {
                let (x, mut y) = (self.int(depth - 1), self.int(depth - 1));
                if !self.random.one_in(30) {
                    let one = self.b.iconst(Type::I64, 1);
                    y = self.b.bin(BinOp::Or, y, one);
                }
                self.b.emit(Op::DivCheck, &[y], &[]);
                let ops = [BinOp::DivS, BinOp::DivU, BinOp::RemS, BinOp::RemU];
                self.b.bin(ops[self.random.below(4)], x, y)
            }
            8 => {
                let c = self.condition(depth - 1);
                self.b.conv(ConvOp::ExtU, c)
            }
            9 => {
                let x = self.int(depth - 1);
                let w = self.b.conv(ConvOp::Wrap, x);
                let ops = [ConvOp::Ext8S, ConvOp::Ext8U, ConvOp::Ext16S, ConvOp::Ext16U];
                let n = self.b.conv(ops[self.random.below(4)], w);
                let ops = [ConvOp::ExtS, ConvOp::ExtU];
                self.b.conv(ops[self.random.below(2)], n)
            }
            10 => {
                let c = self.condition(depth - 1);
                let (x, y) = (self.int(depth - 1), self.int(depth - 1));
                self.b.select(c, x, y)
            }
            11 => {
                let p = self.checked_pair();
                self.b.load(Mem::I64, p, 0)
            }
            _ => {
                let p = self.element(depth - 1);
                self.b.load(Mem::I64, p, 0)
            }
        }
    }

    fn condition(&mut self, depth: u32) -> Value {
        let op = COMPARISONS[self.random.below(COMPARISONS.len())];
        let (x, y) = (self.int(depth.min(1)), self.int(depth.min(1)));
        self.b.cmp(op, x, y)
    }

    /// Address of an array element, checked.
    fn element(&mut self, depth: u32) -> Value {
        let mut i = self.int(depth);
        if !self.random.one_in(30) {
            let three = self.b.iconst(Type::I64, 3);
            i = self.b.bin(BinOp::And, i, three);
        }
        let (p, n) = self.array;
        self.b.bounds_check(BoundsKind::Index, false, i, n);
        self.b.ptr_index(p, i, 8)
    }

    fn pair(&mut self) -> Value {
        match self.random.below(60) {
            0 => self.b.nil(),
            1..20 => self.b.new_object(16, self.names.pair, false),
            _ => {
                let v = self.pairs[self.random.below(self.pairs.len())];
                self.b.use_var(v)
            }
        }
    }

    fn checked_pair(&mut self) -> Value {
        let p = self.pair();
        self.b.nil_check(p);
        p
    }

    fn slot(&mut self) -> Value {
        let slot = self.slots[self.random.below(self.slots.len())];
        self.b.slot_addr(slot)
    }

    fn statements(&mut self, depth: u32) {
        for _ in 0..1 + self.random.below(4) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        self.budget -= 1;
        if self.budget < 0 {
            return;
        }
        match self.random.below(if depth == 0 { 11 } else { 16 }) {
            0..=2 => {
                let x = self.int(2);
                // Counters are left alone.
                let v = self.ints[3 + self.random.below(self.ints.len() - 3)];
                self.b.def_var(v, x);
            }
            3 => {
                let p = self.pair();
                let v = self.pairs[self.random.below(self.pairs.len())];
                self.b.def_var(v, p);
            }
            4 => {
                let (p, x) = (self.checked_pair(), self.int(1));
                self.b.store(Mem::I64, p, 0, x);
            }
            5 => {
                let (p, q) = (self.checked_pair(), self.pair());
                self.b.store(Mem::Ptr, p, 8, q);
            }
            6 => {
                let p = self.checked_pair();
                let mut q = self.b.load(Mem::Ptr, p, 8);
                if !self.random.one_in(20) {
                    let nil = self.b.nil();
                    let there = self.b.cmp(crate::ir::CmpOp::Ne, q, nil);
                    q = self.b.select(there, q, p);
                }
                let v = self.pairs[self.random.below(self.pairs.len())];
                self.b.def_var(v, q);
            }
            7 => {
                // Slots: fields of 8 bytes (one a pointer word that holds integers of 32 bits too), narrow ones, copies.
                let s = self.slot();
                let x = self.int(1);
                match self.random.below(5) {
                    0 => self.b.store(Mem::I64, s, 0, x),
                    1 => {
                        let w = self.b.conv(ConvOp::Wrap, x);
                        self.b.store(Mem::I8U, s, 17, w);
                    }
                    2 => {
                        let t = self.slot();
                        self.b.mem_copy(s, t, 24);
                    }
                    3 => {
                        let p = self.checked_pair();
                        self.b.mem_copy(s, p, 16);
                    }
                    _ => {
                        let p = self.checked_pair();
                        self.b.mem_copy(p, s, 16);
                    }
                }
            }
            8 => {
                let s = self.slot();
                let v = self.ints[3 + self.random.below(self.ints.len() - 3)];
                let x = if self.random.one_in(2) {
                    self.b.load(Mem::I64, s, 0)
                } else {
                    let n = self.b.load(Mem::I8S, s, 17);
                    self.b.conv(ConvOp::ExtS, n)
                };
                self.b.def_var(v, x);
            }
            9 => {
                let (p, x) = (self.element(1), self.int(1));
                self.b.store(Mem::I64, p, 0, x);
            }
            10 => {
                let x = self.int(1);
                let (func, sig) = (self.names.observe, self.names.observe_sig);
                self.b.call(&self.module.sigs, Op::Call { func, sig }, &[x]);
            }
            11 => self.call(),
            12 if self.may_call_closures => self.closure_call(),
            12 => {}
            13 => self.if_else(depth),
            _ => self.counted_loop(depth),
        }
    }

    fn call(&mut self) {
        if self.callable == 0 {
            return;
        }
        let func = self.names.funcs[self.random.below(self.callable)];
        let (x, y, p) = (self.int(1), self.int(1), self.pair());
        let results = self.b.call(&self.module.sigs, Op::Call { func, sig: self.names.sig }, &[x, y, p]);
        let v = self.ints[3 + self.random.below(self.ints.len() - 3)];
        self.b.def_var(v, results[0]);
    }

    /// Makes a closure over a pair and a number, and calls it twice or passes it on through a variable.
    fn closure_call(&mut self) {
        let func = self.names.closures[self.random.below(self.names.closures.len())];
        let (p, x) = (self.checked_pair(), self.int(1));
        let c = self.b.new_object(24, self.names.closure, false);
        let index = self.b.table_index(func);
        self.b.store(Mem::I32, c, 0, index);
        self.b.store(Mem::Ptr, c, 8, p);
        self.b.store(Mem::I64, c, 16, x);
        let sig = self.names.closure_sig;
        let y = self.int(1);
        let first = self.b.call(&self.module.sigs, Op::CallClosure { sig }, &[c, y])[0];
        let v = self.ints[3 + self.random.below(self.ints.len() - 3)];
        self.b.def_var(v, first);
    }

    fn if_else(&mut self, depth: u32) {
        let c = self.condition(1);
        let (then, other, join) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.branch(c, then, other);
        self.b.seal_block(then);
        self.b.seal_block(other);
        for block in [then, other] {
            self.b.switch_to(block);
            self.statements(depth - 1);
            if self.b.is_open() {
                self.b.jump(join, &[]);
            }
        }
        self.b.seal_block(join);
        self.b.switch_to(join);
    }

    /// `for i := a; i < b; i += c` or downwards, with a break in some.
    fn counted_loop(&mut self, depth: u32) {
        let counter = self.ints[depth as usize - 1];
        let down = self.random.one_in(3);
        let limit = if self.random.one_in(2) { self.array.1 } else { self.b.iconst(Type::I64, 4) };
        let start = if down {
            let one = self.b.iconst(Type::I64, 1);
            self.b.bin(BinOp::Sub, limit, one)
        } else {
            self.b.iconst(Type::I64, 0)
        };
        self.b.def_var(counter, start);
        let (head, body, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let i = self.b.use_var(counter);
        let zero = self.b.iconst(Type::I64, 0);
        let go_on = if down { self.b.cmp(crate::ir::CmpOp::GeS, i, zero) } else { self.b.cmp(crate::ir::CmpOp::LtS, i, limit) };
        self.b.branch(go_on, body, done);
        self.b.seal_block(body);
        self.b.switch_to(body);
        if self.random.one_in(2) {
            let i = self.b.use_var(counter);
            let (p, n) = self.array;
            self.b.bounds_check(BoundsKind::Index, false, i, n);
            let p = self.b.ptr_index(p, i, 8);
            let x = self.b.load(Mem::I64, p, 0);
            let v = self.ints[3 + self.random.below(self.ints.len() - 3)];
            self.b.def_var(v, x);
        }
        self.statements(depth - 1);
        if self.random.one_in(3) {
            let c = self.condition(1);
            let next = self.b.create_block();
            self.b.branch(c, done, next);
            self.b.seal_block(next);
            self.b.switch_to(next);
        }
        let i = self.b.use_var(counter);
        let step = self.b.iconst(Type::I64, if down { -1 } else { 1 + self.random.below(2) as i64 });
        let next = self.b.bin(BinOp::Add, i, step);
        self.b.def_var(counter, next);
        self.b.jump(head, &[]);
        self.b.seal_block(head);
        self.b.seal_block(done);
        self.b.switch_to(done);
    }
}

fn function(random: &mut Random, module: &Module, names: &Names, name: Symbol, callable: usize, closure: bool) -> Function {
    let params: &[Type] = if closure { &[Type::Ptr, Type::I64] } else { &[Type::I64, Type::I64, Type::Ptr] };
    let mut func = Function::new(name, if closure { names.closure_sig } else { names.sig }, params);
    func.attrs.closure = closure;
    let noinline = random.one_in(3);
    func.attrs.noinline = noinline;
    let params = func.params().to_vec();
    let mut b = Builder::new(func);
    let ints: Vec<Variable> = (0..6).map(|_| b.declare_var(Type::I64)).collect();
    let pairs: Vec<Variable> = (0..2).map(|_| b.declare_var(Type::Ptr)).collect();
    let slots: Vec<Slot> = (0..3).map(|_| b.slot(SlotData { bytes: 24, align: 8, pointers: PointerMap::of([1]), volatile: false })).collect();
    for slot in &slots {
        let s = b.slot_addr(*slot);
        b.mem_zero(s, 24);
    }
    if closure {
        b.def_var(ints[3], params[1]);
        let p = b.load(Mem::Ptr, params[0], 8);
        b.def_var(pairs[0], p);
        let x = b.load(Mem::I64, params[0], 16);
        b.def_var(ints[4], x);
    } else {
        b.def_var(ints[3], params[0]);
        b.def_var(ints[4], params[1]);
        b.def_var(pairs[0], params[2]);
    }
    let own = b.new_object(16, names.pair, false);
    b.def_var(pairs[1], own);
    let n = b.iconst(Type::I64, ELEMENTS);
    let array = match random.below(3) {
        0 => (b.new_array(n, 8, names.array, true), n),
        1 => {
            let g = b.global_addr(names.global, 8);
            let len = b.load(Mem::I64, g, 200);
            // The length in memory is 0 when the program starts.
            b.store(Mem::I64, g, 200, n);
            (g, len)
        }
        _ => (b.global_addr(names.global, 8), n),
    };
    let budget = 30;
    let mut g = Generator { random, names, module, b, ints, pairs, slots, array, callable, may_call_closures: !closure, budget };
    for _ in 0..3 {
        g.statements(3);
    }
    let x = g.int(1);
    // Everything that is left is seen.
    let sum = g.ints.clone().into_iter().fold(x, |sum, v| {
        let y = g.b.use_var(v);
        let three = g.b.iconst(Type::I64, 3);
        let sum = g.b.bin(BinOp::Mul, sum, three);
        g.b.bin(BinOp::Add, sum, y)
    });
    g.b.ret(&[sum]);
    g.b.finish()
}

fn program(seed: u64) -> Module {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut module = Module::default();
    use Type::{I64, Ptr};
    let names = Names {
        sig: module.sigs.intern(&[I64, I64, Ptr], &[I64]),
        observe: module.symbols.intern("observe"),
        observe_sig: module.sigs.intern(&[I64], &[]),
        pair: module.symbols.intern("pair"),
        array: module.symbols.intern("int"),
        closure: module.symbols.intern("closure"),
        global: module.symbols.intern("global"),
        funcs: (0..4).map(|i| module.symbols.intern(&format!("f{i}"))).collect(),
        closure_sig: module.sigs.intern(&[Ptr, I64], &[I64]),
        closures: (0..2).map(|i| module.symbols.intern(&format!("c{i}"))).collect(),
    };
    for (name, bytes, pointers) in [(names.pair, 16, vec![1]), (names.array, 8, vec![]), (names.closure, 24, vec![1])] {
        module.layouts.insert(name, Layout { bytes, align: 8, pointers: PointerMap::of(pointers) });
    }
    for (i, name) in names.funcs.iter().enumerate() {
        let func = function(&mut random, &module, &names, *name, i, false);
        module.add_func(func);
    }
    for name in &names.closures {
        let func = function(&mut random, &module, &names, *name, 0, true);
        module.add_func(func);
    }
    module
}

type Outcome = (Result<Vec<i64>, Stop>, Vec<(String, Vec<i64>)>);

fn execute(module: &Module, fuel: u32) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (x, y) in [(0, 0), (3, -1), (6, 100)] {
        let mut machine = Machine::new(module, fuel);
        let pair = machine.allocate(16).expect("there is room");
        let result = machine.call(FuncId(3), &[x, y, pair]);
        outcomes.push((result, machine.trace));
    }
    outcomes
}

/// One program, as built and as optimised.
fn check(seed: u64) {
    let module = program(seed);
    verify_module(&module).unwrap_or_else(|e| panic!("seed {seed}: the generator is wrong: {e}"));
    let mut optimised = module.clone();
    run(&mut optimised, &Options { verify: true, ..Options::default() });
    let (before, after) = (execute(&module, 20_000), execute(&optimised, 200_000));
    for (a, b) in before.iter().zip(&after) {
        if a.0 == Err(Stop::Fuel) {
            continue;
        }
        assert_eq!(a, b, "seed {seed}");
    }
}

#[test]
fn random_programs_keep_their_meaning() {
    let count: u64 = std::env::var("RANDOM_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let first: u64 = std::env::var("RANDOM_FIRST").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    for seed in first..first + count {
        if let Err(what) = std::panic::catch_unwind(|| check(seed)) {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(what);
        }
    }
}
