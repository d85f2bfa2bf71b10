//! An interpreter of the IR: the oracle of the random tests. It runs what the random programs use and records what can be observed: calls of
//! undefined functions with their arguments, and how the program ended.

use std::collections::HashMap;

use crate::ir::{BinOp, Block, CmpOp, FuncId, Function, Inst, Mem, Module, Op, Symbol, Terminator, Type, Value};
use crate::opt::fold;

/// Why a run stopped early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    Panic(String),
    /// Too long: says nothing.
    Fuel,
}

pub struct Machine<'a> {
    module: &'a Module,
    memory: Vec<u8>,
    heap: usize,
    stack: usize,
    globals: HashMap<Symbol, usize>,
    fuel: u32,
    pub trace: Vec<(String, Vec<i64>)>,
}

const MEMORY: usize = 1 << 20;

impl<'a> Machine<'a> {
    pub fn new(module: &'a Module, fuel: u32) -> Machine<'a> {
        Machine { module, memory: vec![0; MEMORY], heap: 65536, stack: MEMORY, globals: HashMap::new(), fuel, trace: Vec::new() }
    }

    pub fn allocate(&mut self, bytes: usize) -> Result<i64, Stop> {
        let at = self.heap;
        self.heap += bytes.next_multiple_of(16);
        if self.heap + 65536 > self.stack { Err(Stop::Fuel) } else { Ok(at as i64) }
    }

    fn global(&mut self, symbol: Symbol) -> Result<i64, Stop> {
        if let Some(at) = self.globals.get(&symbol) {
            return Ok(*at as i64);
        }
        let at = self.allocate(256)?;
        self.globals.insert(symbol, at as usize);
        Ok(at)
    }

    fn load(&self, mem: Mem, at: i64) -> i64 {
        let at = at as u32 as usize;
        let word = |n: usize| {
            let mut bytes = [0u8; 8];
            bytes[..n].copy_from_slice(&self.memory[at..at + n]);
            u64::from_le_bytes(bytes)
        };
        match mem {
            Mem::I8S => i64::from(word(1) as i8),
            Mem::I8U => word(1) as i64,
            Mem::I16S => i64::from(word(2) as i16),
            Mem::I16U => word(2) as i64,
            Mem::I32 | Mem::Ptr | Mem::F32 => i64::from(word(4) as i32),
            Mem::I64 | Mem::F64 => word(8) as i64,
        }
    }

    fn store(&mut self, mem: Mem, at: i64, value: i64) {
        let at = at as u32 as usize;
        let n = if mem == Mem::Ptr { 4 } else { mem.bytes() as usize };
        self.memory[at..at + n].copy_from_slice(&value.to_le_bytes()[..n]);
    }

    pub fn call(&mut self, id: FuncId, args: &[i64]) -> Result<Vec<i64>, Stop> {
        let func = &self.module[id];
        let stack = self.stack;
        let mut slots = Vec::new();
        for slot in &func.slots {
            self.stack = (self.stack - slot.bytes as usize) & !15;
            slots.push(self.stack as i64);
        }
        if self.stack < self.heap + 65536 {
            return Err(Stop::Fuel);
        }
        // Whatever was there before.
        self.memory[self.stack..stack].fill(0xA5);
        let mut frame = Frame { values: vec![0; func.value_count()], slots };
        for (p, arg) in func.params().iter().zip(args) {
            frame.values[p.index()] = *arg;
        }
        let result = self.run(func, &mut frame);
        self.stack = stack;
        result
    }

    fn run(&mut self, func: &Function, frame: &mut Frame) -> Result<Vec<i64>, Stop> {
        let mut block = func.entry;
        loop {
            for inst in &func.block(block).insts {
                if self.fuel == 0 {
                    return Err(Stop::Fuel);
                }
                self.fuel -= 1;
                self.inst(func, frame, *inst)?;
            }
            let edge = match &func.block(block).term {
                Terminator::Jump(edge) => *edge,
                Terminator::Branch { cond, then, other } => {
                    if frame.values[cond.index()] != 0 {
                        *then
                    } else {
                        *other
                    }
                }
                Terminator::Switch { value, cases, default } => {
                    cases.iter().find(|c| c.value == frame.values[value.index()]).map_or(*default, |c| c.edge)
                }
                Terminator::Return(list) => return Ok(func.list(*list).iter().map(|v| frame.values[v.index()]).collect()),
                Terminator::Unreachable | Terminator::None => return Err(Stop::Panic("unreachable".into())),
            };
            let args: Vec<i64> = func.list(edge.args).iter().map(|v| frame.values[v.index()]).collect();
            block = self.enter(func, frame, edge.block, &args)?;
        }
    }

    fn enter(&mut self, func: &Function, frame: &mut Frame, block: Block, args: &[i64]) -> Result<Block, Stop> {
        if self.fuel == 0 {
            return Err(Stop::Fuel);
        }
        self.fuel -= 1;
        for (p, arg) in func.block(block).params.iter().zip(args) {
            frame.values[p.index()] = *arg;
        }
        Ok(block)
    }

    fn inst(&mut self, func: &Function, frame: &mut Frame, inst: Inst) -> Result<(), Stop> {
        let args: Vec<i64> = func.args(inst).iter().map(|v| frame.values[v.index()]).collect();
        let panic = |text: String| Err(Stop::Panic(text));
        let results: Vec<Value> = func.results(inst).collect();
        let value = match func.op(inst) {
            Op::Const(_, n) => n,
            Op::F64Const(bits) => bits as i64,
            Op::F32Const(bits) => bits.into(),
            Op::GlobalAddr(symbol, offset) => self.global(symbol)? + i64::from(offset),
            Op::TableIndex(symbol) => i64::from(symbol.0) + 1000,
            Op::FuncAddr(symbol) => -(i64::from(symbol.0) + 1000),
            Op::SlotAddr(slot) => frame.slots[slot.index()],
            Op::Bin(op, Type::F64) => {
                let (a, b) = (f64::from_bits(args[0] as u64), f64::from_bits(args[1] as u64));
                let x = match op {
                    BinOp::Add => a + b,
                    BinOp::Sub => a - b,
                    BinOp::Mul => a * b,
                    _ => a / b,
                };
                x.to_bits() as i64
            }
            Op::Bin(op, ty) => match fold::bin(op, ty, args[0], args[1]) {
                Some(n) => n,
                None => return panic(format!("trap in {op:?}")),
            },
            Op::Un(op, ty) => fold::un(op, ty, args[0]).expect("integer arithmetic"),
            Op::Cmp(op, Type::F64) => fold::cmp_float(op, f64::from_bits(args[0] as u64), f64::from_bits(args[1] as u64)).into(),
            Op::Cmp(op, ty) => fold::cmp(op, ty, args[0], args[1]).into(),
            Op::Conv(op) => match fold::conv(op, args[0]) {
                Some(Op::Const(_, n)) => n,
                Some(Op::F64Const(bits)) => bits as i64,
                Some(Op::F32Const(bits)) => bits.into(),
                _ => args[0],
            },
            Op::Select(_) => args[if args[0] != 0 { 1 } else { 2 }],
            Op::PtrAdd(offset) => i64::from((args[0] as i32).wrapping_add(offset)),
            Op::PtrIndex(scale) => i64::from((args[0] as i32).wrapping_add((args[1] as i32).wrapping_mul(scale as i32))),
            Op::Load { mem, offset, .. } => self.load(mem, args[0] + i64::from(offset)),
            Op::Store { mem, offset } => {
                self.store(mem, args[0] + i64::from(offset), args[1]);
                0
            }
            Op::MemCopy { bytes } => {
                self.memory.copy_within(args[1] as usize..args[1] as usize + bytes as usize, args[0] as usize);
                0
            }
            Op::MemZero { bytes } => {
                self.memory[args[0] as usize..args[0] as usize + bytes as usize].fill(0);
                0
            }
            Op::New { bytes, .. } => {
                let count = args.first().copied().unwrap_or(1);
                self.allocate(bytes as usize * count as usize)?
            }
            Op::NilCheck if args[0] == 0 => return panic("nil".into()),
            Op::BoundsCheck { kind, .. } => {
                let (i, n) = (args[0] as u64, args[1] as u64);
                if !(i < n || (i == n && !kind.is_strict())) {
                    return panic(format!("{kind:?} {} {}", args[0], args[1]));
                }
                0
            }
            Op::DivCheck if args[0] == 0 => return panic("divide".into()),
            Op::ShiftCheck if args[0] < 0 => return panic("shift".into()),
            Op::NilCheck | Op::DivCheck | Op::ShiftCheck | Op::KeepAlive | Op::Poll => 0,
            Op::Call { func: callee, .. } => return self.call_symbol(frame, callee, &args, &results),
            Op::CallClosure { .. } => {
                // Static closures are negative addresses here.
                let (symbol, args) = if args[0] < 0 {
                    (Symbol((-args[0] - 1000) as u32), &args[1..])
                } else {
                    (Symbol((self.load(Mem::I32, args[0]) - 1000) as u32), &args[..])
                };
                return self.call_symbol(frame, symbol, args, &results);
            }
            op => return panic(format!("{op:?} is not interpreted")),
        };
        if let [result] = results[..] {
            frame.values[result.index()] = value;
        }
        Ok(())
    }

    fn call_symbol(&mut self, frame: &mut Frame, callee: Symbol, args: &[i64], results: &[Value]) -> Result<(), Stop> {
        let Some(id) = self.module.func(callee) else {
            self.trace.push((self.module.symbols.name(callee).into(), args.to_vec()));
            return Ok(());
        };
        let values = self.call(id, args)?;
        for (result, value) in results.iter().zip(values) {
            frame.values[result.index()] = value;
        }
        Ok(())
    }
}

struct Frame {
    values: Vec<i64>,
    slots: Vec<i64>,
}

/// Keeps the comparison operators of both sides in one place for the generator.
pub const COMPARISONS: [CmpOp; 6] = [CmpOp::Eq, CmpOp::Ne, CmpOp::LtS, CmpOp::LeS, CmpOp::LtU, CmpOp::GeS];
