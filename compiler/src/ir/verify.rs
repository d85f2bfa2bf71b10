//! Checks the invariants of the IR; see the essay of [`ir`](super). Run between passes when asked for, and by every test.

use super::build::scalar_type;
use super::cfg::{Cfg, Dominators};
use super::func::{Def, Function};
use super::inst::{BinOp, CmpOp, Edge, Mem, Op, Terminator, UnOp};
use super::module::Module;
use super::value::{Block, Inst, Type, Value};

/// Checks every function.
///
/// # Errors
/// One line for each violation.
pub fn verify_module(module: &Module) -> Result<(), String> {
    let mut errors = Vec::new();
    for func in &module.funcs {
        if let Err(text) = verify_func(module, func) {
            errors.push(text);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

/// Checks one function.
///
/// # Errors
/// One line for each violation.
pub fn verify_func(module: &Module, func: &Function) -> Result<(), String> {
    let cfg = Cfg::new(func);
    let dom = Dominators::new(func, &cfg);
    let mut v = Verifier { module, func, dom: &dom, defined: vec![None; func.value_count()], errors: Vec::new() };
    v.check_frame();
    for block in &cfg.order {
        v.define(*block);
    }
    for block in &cfg.order {
        v.check_block(*block, &cfg);
    }
    if v.errors.is_empty() { Ok(()) } else { Err(v.errors.join("\n")) }
}

struct Verifier<'a> {
    module: &'a Module,
    func: &'a Function,
    dom: &'a Dominators,
    /// Block and position of each value's definition; parameters have position 0, instruction i has i + 1.
    defined: Vec<Option<(Block, u32)>>,
    errors: Vec<String>,
}

impl Verifier<'_> {
    fn error(&mut self, block: Block, what: impl std::fmt::Display) {
        let name = self.module.symbols.name(self.func.name);
        self.errors.push(format!("{name} {block}: {what}"));
    }

    fn check_frame(&mut self) {
        let func = self.func;
        let signature = &self.module.sigs[func.sig];
        let params: Vec<Type> = func.params().iter().map(|p| func.ty(*p)).collect();
        if *params != *signature.params {
            self.error(func.entry, format_args!("parameters {params:?} differ from the signature's {:?}", signature.params));
        }
        if let Some(recover) = func.recover {
            if !func.block(recover).params.is_empty() {
                self.error(recover, "IR-3: the recover block has parameters");
            }
            if func.block(recover).term == Terminator::None {
                self.error(recover, "the recover block was removed");
            }
        }
        if let Some(defer) = func.defer {
            for slot in [defer.mask, defer.closures, defer.list].into_iter().flatten() {
                if !func.slots.get(slot.index()).is_some_and(|s| s.volatile) {
                    self.error(func.entry, format_args!("defer slot {slot} is not volatile"));
                }
            }
        }
    }

    fn define(&mut self, block: Block) {
        let func = self.func;
        let data = func.block(block);
        for (i, p) in data.params.iter().enumerate() {
            if func.def(*p) != Def::Param(block, i as u32) {
                self.error(block, format_args!("parameter {p} says it is {:?}", func.def(*p)));
            }
            self.set_defined(*p, block, 0);
        }
        for (i, inst) in data.insts.iter().enumerate() {
            for (n, result) in func.results(*inst).enumerate() {
                if func.def(result) != Def::Result(*inst, n as u32) {
                    self.error(block, format_args!("result {result} says it is {:?}", func.def(result)));
                }
                self.set_defined(result, block, i as u32 + 1);
            }
        }
    }

    fn set_defined(&mut self, value: Value, block: Block, position: u32) {
        if self.defined[value.index()].replace((block, position)).is_some() {
            self.error(block, format_args!("{value} is defined twice"));
        }
    }

    fn check_use(&mut self, value: Value, block: Block, position: u32) {
        let ok = match self.defined.get(value.index()).copied().flatten() {
            Some((b, p)) if b == block => p < position,
            Some((b, _)) => self.dom.dominates(b, block),
            None => false,
        };
        if !ok {
            self.error(block, format_args!("IR-1: {value} is not defined before its use at {position}"));
        }
    }

    fn check_block(&mut self, block: Block, cfg: &Cfg) {
        let func = self.func;
        if func.roots().any(|r| r == block) && !cfg.preds(block).is_empty() {
            self.error(block, "IR-3: something jumps to a root");
        }
        let data = func.block(block);
        for (i, inst) in data.insts.iter().enumerate() {
            for arg in func.args(*inst) {
                self.check_use(*arg, block, i as u32 + 1);
            }
            if let Err(what) = self.check_inst(*inst) {
                self.error(block, format_args!("IR-4: {:?}: {what}", func.op(*inst)));
            }
        }
        let end = data.insts.len() as u32 + 1;
        let mut uses = Vec::new();
        func.for_each_term_use(block, |v| uses.push(v));
        for v in uses {
            self.check_use(v, block, end);
        }
        match &data.term {
            Terminator::None => self.error(block, "no terminator"),
            Terminator::Branch { cond, .. } if func.ty(*cond) != Type::I32 => self.error(block, "IR-4: condition is not i32"),
            Terminator::Switch { value, .. } if !matches!(func.ty(*value), Type::I32 | Type::I64) => {
                self.error(block, "IR-4: switch on a wrong type")
            }
            Terminator::Return(list) => {
                let types: Vec<Type> = func.list(*list).iter().map(|v| func.ty(*v)).collect();
                if *types != *self.module.sigs[func.sig].results {
                    self.error(block, format_args!("IR-4: returns {types:?}, not {:?}", self.module.sigs[func.sig].results));
                }
            }
            _ => {}
        }
        for edge in data.term.edges() {
            self.check_edge(block, edge);
        }
    }

    fn check_edge(&mut self, block: Block, edge: Edge) {
        let func = self.func;
        let args: Vec<Type> = func.list(edge.args).iter().map(|v| func.ty(*v)).collect();
        let params: Vec<Type> = func.block(edge.block).params.iter().map(|v| func.ty(*v)).collect();
        if args != params {
            self.error(block, format_args!("IR-2: passes {args:?} to {} which takes {params:?}", edge.block));
        }
    }

    /// Checks operand and result types.
    fn check_inst(&self, inst: Inst) -> Result<(), String> {
        use Type::{F32, F64, I32, I64, Ptr};
        let func = self.func;
        let op = func.op(inst);
        let args: Vec<Type> = func.args(inst).iter().map(|v| func.ty(*v)).collect();
        let results: Vec<Type> = func.results(inst).map(|v| func.ty(v)).collect();
        let want = |a: &[Type], r: &[Type]| {
            if args == a && results == r { Ok(()) } else { Err(format!("wants {a:?} -> {r:?}, has {args:?} -> {results:?}")) }
        };
        let memory = |mem: Mem| matches!(mem, Mem::I8U | Mem::I32 | Mem::I64 | Mem::Ptr);
        match op {
            Op::Const(ty, n) => {
                if ty.is_float() || (ty != I64 && n != i64::from(n as i32)) {
                    return Err(format!("not a constant of type {ty:?}"));
                }
                want(&[], &[ty])
            }
            Op::F32Const(_) => want(&[], &[F32]),
            Op::F64Const(_) => want(&[], &[F64]),
            Op::GlobalAddr(..) | Op::FuncAddr(_) => want(&[], &[Ptr]),
            Op::SlotAddr(slot) => {
                if slot.index() >= func.slots.len() {
                    return Err(format!("no slot {slot}"));
                }
                want(&[], &[Ptr])
            }
            Op::TableIndex(_) => want(&[], &[I32]),
            Op::Bin(op, ty) => {
                let float = matches!(op, BinOp::FDiv | BinOp::FMin | BinOp::FMax | BinOp::FCopysign);
                let both = matches!(op, BinOp::Add | BinOp::Sub | BinOp::Mul);
                if ty == Ptr || (!both && float != ty.is_float()) {
                    return Err(format!("not an operation on {ty:?}"));
                }
                want(&[ty, ty], &[ty])
            }
            Op::Un(op, ty) => {
                let int = matches!(op, UnOp::Clz | UnOp::Ctz | UnOp::Popcnt | UnOp::Bswap);
                if ty == Ptr || int != ty.is_int() {
                    return Err(format!("not an operation on {ty:?}"));
                }
                want(&[ty], &[ty])
            }
            Op::Cmp(op, ty) => {
                let unsigned = matches!(op, CmpOp::LtU | CmpOp::LeU | CmpOp::GtU | CmpOp::GeU);
                let signed = matches!(op, CmpOp::LtS | CmpOp::LeS | CmpOp::GtS | CmpOp::GeS);
                if (ty.is_float() && unsigned) || (ty == Ptr && signed) {
                    return Err(format!("not a comparison of {ty:?}"));
                }
                want(&[ty, ty], &[I32])
            }
            Op::Conv(op) => want(&[op.types().0], &[op.types().1]),
            Op::Select(ty) => want(&[I32, ty, ty], &[ty]),
            Op::PtrAdd(_) => want(&[Ptr], &[Ptr]),
            Op::PtrIndex(_) => match args.get(1) {
                Some(I32) => want(&[Ptr, I32], &[Ptr]),
                _ => want(&[Ptr, I64], &[Ptr]),
            },
            Op::Load { mem, .. } => want(&[Ptr], &[mem.ty()]),
            Op::Store { mem, .. } => want(&[Ptr, mem.ty()], &[]),
            Op::MemCopy { .. } => want(&[Ptr, Ptr], &[]),
            Op::MemMove => want(&[Ptr, Ptr, I32], &[]),
            Op::MemZero { .. } => want(&[Ptr], &[]),
            Op::MemClear => want(&[Ptr, I32], &[]),
            Op::MemEqual { .. } => want(&[Ptr, Ptr], &[I32]),
            Op::New { .. } => want(if args.is_empty() { &[] } else { &[I64] }, &[Ptr]),
            Op::AtomicLoad { mem, .. } if memory(mem) => want(&[Ptr], &[mem.ty()]),
            Op::AtomicStore { mem, .. } if memory(mem) => want(&[Ptr, mem.ty()], &[]),
            Op::AtomicRmw { mem, .. } if memory(mem) => want(&[Ptr, mem.ty()], &[mem.ty()]),
            Op::AtomicCas { mem, .. } if memory(mem) => want(&[Ptr, mem.ty(), mem.ty()], &[mem.ty()]),
            Op::AtomicLoad { .. } | Op::AtomicStore { .. } | Op::AtomicRmw { .. } | Op::AtomicCas { .. } => Err("no atomic of that width".into()),
            Op::NilCheck => want(&[Ptr], &[]),
            Op::BoundsCheck { .. } => want(&[I64, I64], &[]),
            Op::DivCheck | Op::ShiftCheck => want(if args == [I32] { &[I32] } else { &[I64] }, &[]),
            Op::Call { sig, .. } => {
                let s = &self.module.sigs[sig];
                if let Op::Call { func, .. } = op
                    && let Some(id) = self.module.func(func)
                    && self.module[id].sig != sig
                {
                    return Err(format!("signature {s:?} differs from the callee's {:?}", self.module.sigs[self.module[id].sig]));
                }
                want(&s.params, &s.results)
            }
            Op::CallClosure { sig } => {
                let s = &self.module.sigs[sig];
                if s.params.first() != Some(&Ptr) {
                    return Err("signature does not begin with the closure".into());
                }
                want(&s.params, &s.results)
            }
            Op::CallInterface { sig, .. } | Op::CallIndirect { sig } => {
                let s = &self.module.sigs[sig];
                let first = if matches!(op, Op::CallIndirect { .. }) { I32 } else { Ptr };
                let mut params = vec![first];
                params.extend_from_slice(&s.params);
                want(&params, &s.results)
            }
            Op::CallRt(index) => {
                let entry = &warren_abi::entry::ENTRIES[index as usize];
                let list = |s: &[warren_abi::entry::Scalar]| s.iter().map(|s| scalar_type(*s)).collect::<Vec<Type>>();
                want(&list(entry.params), &list(entry.results))
            }
            Op::RecoverFlag => want(&[], &[I32]),
            Op::ForwardDefer | Op::MarkDeferred => want(&[I32], &[]),
            Op::Poll => want(&[], &[]),
            Op::KeepAlive => match args[..] {
                [ty] => want(&[ty], &[]),
                _ => Err("wants one operand".into()),
            },
        }
    }
}
