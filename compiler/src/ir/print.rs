//! The text form, written. The grammar is in the essay of [`ir`](super).
//!
//! Operands come after the mnemonic, separated by commas; immediates stand where they read well: `load.i32 v1+8`, `store.i64 v1+16, v2`,
//! `ptr_index v1, v2, *8`, `new @type.T, 16, v3, noscan`, `call @f(v1, v2) -> (i64)`.

use std::fmt::{self, Display, Formatter, Write};

use super::func::Function;
use super::inst::{Edge, Mem, Op, Terminator};
use super::module::{Module, Symbols};
use super::value::{Block, Inst, SrcLoc, Symbol, Type, Value};

/// Prints a function of a module.
pub struct FunctionText<'a> {
    pub module: &'a Module,
    pub func: &'a Function,
    /// Print positions.
    pub locs: bool,
}

/// A symbol as `@name`, quoted unless it is plain.
pub fn symbol_text(symbols: &Symbols, symbol: Symbol) -> String {
    let name = symbols.name(symbol);
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '/' | ':' | '-'));
    if plain { format!("@{name}") } else { format!("@{name:?}") }
}

fn types_text(types: &[Type]) -> String {
    let names: Vec<&str> = types.iter().map(|t| t.name()).collect();
    format!("({})", names.join(", "))
}

fn offset_text(offset: u32) -> String {
    if offset == 0 { String::new() } else { format!("+{offset}") }
}

impl Display for SrcLoc {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "!{}:{}", self.file, self.line)?;
        if self.inline != 0 { write!(f, ":{}", self.inline) } else { Ok(()) }
    }
}

impl FunctionText<'_> {
    fn symbol(&self, symbol: Symbol) -> String {
        symbol_text(&self.module.symbols, symbol)
    }

    fn values(&self, values: &[Value]) -> String {
        let mut text = String::new();
        for (i, v) in values.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let _ = write!(text, "{comma}{v}");
        }
        text
    }

    fn edge(&self, edge: Edge) -> String {
        if edge.args.is_empty() { edge.block.to_string() } else { format!("{}({})", edge.block, self.values(self.func.list(edge.args))) }
    }

    fn loc(&self, f: &mut Formatter<'_>, loc: SrcLoc) -> fmt::Result {
        if self.locs && loc != SrcLoc::default() { write!(f, "  {loc}") } else { Ok(()) }
    }

    fn inst(&self, f: &mut Formatter<'_>, inst: Inst) -> fmt::Result {
        let func = self.func;
        write!(f, "    ")?;
        let results: Vec<Value> = func.results(inst).collect();
        if !results.is_empty() {
            write!(f, "{} = ", self.values(&results))?;
        }
        let args = func.args(inst);
        let op = func.op(inst);
        f.write_str(&self.op_text(inst, op, args))?;
        self.loc(f, func.loc(inst))?;
        writeln!(f)
    }

    fn op_text(&self, inst: Inst, op: Op, args: &[Value]) -> String {
        let all = self.values(args);
        let address = |mem: Mem, name: &str, offset: u32| {
            let rest = if args.len() > 1 { format!(", {}", self.values(&args[1..])) } else { String::new() };
            format!("{name}.{} {}{}{rest}", mem.name(), args[0], offset_text(offset))
        };
        match op {
            Op::Const(ty, n) => format!("const.{} {n}", ty.name()),
            Op::F32Const(bits) => format!("const.f32 0x{bits:x}"),
            Op::F64Const(bits) => format!("const.f64 0x{bits:x}"),
            Op::GlobalAddr(symbol, offset) => match offset {
                0 => format!("global_addr {}", self.symbol(symbol)),
                _ => format!("global_addr {}, {offset}", self.symbol(symbol)),
            },
            Op::FuncAddr(symbol) => format!("func_addr {}", self.symbol(symbol)),
            Op::TableIndex(symbol) => format!("table_index {}", self.symbol(symbol)),
            Op::SlotAddr(slot) => format!("slot_addr {slot}"),
            Op::Bin(op, ty) => format!("{}.{} {all}", op.name(), ty.name()),
            Op::Un(op, ty) => format!("{}.{} {all}", op.name(), ty.name()),
            Op::Cmp(op, ty) => format!("{}.{} {all}", op.name(), ty.name()),
            Op::Conv(op) => format!("{} {all}", op.name()),
            Op::Select(ty) => format!("select.{} {all}", ty.name()),
            Op::PtrAdd(offset) => format!("ptr_add {all}, {offset}"),
            Op::PtrIndex(scale) => format!("ptr_index {all}, *{scale}"),
            Op::Load { mem, offset, invariant } => address(mem, if invariant { "load.inv" } else { "load" }, offset),
            Op::Store { mem, offset } => address(mem, "store", offset),
            Op::MemCopy { bytes } => format!("mem_copy {all}, {bytes}"),
            Op::MemMove => format!("mem_move {all}"),
            Op::MemZero { bytes } => format!("mem_zero {all}, {bytes}"),
            Op::MemClear => format!("mem_clear {all}"),
            Op::MemEqual { bytes } => format!("mem_equal {all}, {bytes}"),
            Op::New { bytes, ty, noscan } => {
                let count = if args.is_empty() { String::new() } else { format!(", {}", args[0]) };
                format!("new {}, {bytes}{count}{}", self.symbol(ty), if noscan { ", noscan" } else { "" })
            }
            Op::AtomicLoad { mem, offset } => address(mem, "atomic_load", offset),
            Op::AtomicStore { mem, offset } => address(mem, "atomic_store", offset),
            Op::AtomicRmw { op, mem, offset } => address(mem, &format!("atomic_{}", op.name()), offset),
            Op::AtomicCas { mem, offset } => address(mem, "atomic_cas", offset),
            Op::NilCheck => format!("nil_check {all}"),
            Op::BoundsCheck { kind, unsigned } => format!("bounds_check.{}{} {all}", kind.name(), if unsigned { ".u" } else { "" }),
            Op::DivCheck => format!("div_check {all}"),
            Op::ShiftCheck => format!("shift_check {all}"),
            Op::Call { func, .. } => format!("call {}({all}){}", self.symbol(func), self.result_types(inst)),
            Op::CallClosure { .. } => format!("call_closure {}({}){}", args[0], self.values(&args[1..]), self.result_types(inst)),
            Op::CallInterface { method, family, .. } => {
                format!("call_interface {} {}.{method}({}){}", self.symbol(family), args[0], self.values(&args[1..]), self.result_types(inst))
            }
            Op::CallIndirect { .. } => format!("call_indirect {}({}){}", args[0], self.values(&args[1..]), self.result_types(inst)),
            Op::CallRt(entry) => format!("call_rt {}({all})", warren_abi::entry::ENTRIES[entry as usize].name),
            Op::RecoverFlag => "recover_flag".into(),
            Op::ForwardDefer => format!("forward_defer {all}"),
            Op::MarkDeferred => format!("mark_deferred {all}"),
            Op::Poll => "poll".into(),
            Op::KeepAlive => format!("keep_alive {all}"),
        }
    }

    fn result_types(&self, inst: Inst) -> String {
        let types: Vec<Type> = self.func.results(inst).map(|v| self.func.ty(v)).collect();
        if types.is_empty() { String::new() } else { format!(" -> {}", types_text(&types)) }
    }

    fn terminator(&self, f: &mut Formatter<'_>, block: Block) -> fmt::Result {
        let data = self.func.block(block);
        match &data.term {
            Terminator::None => write!(f, "    removed")?,
            Terminator::Jump(edge) => write!(f, "    jump {}", self.edge(*edge))?,
            Terminator::Branch { cond, then, other } => write!(f, "    branch {cond}, {}, {}", self.edge(*then), self.edge(*other))?,
            Terminator::Switch { value, cases, default } => {
                write!(f, "    switch {value} [")?;
                for (i, case) in cases.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    write!(f, "{comma}{} -> {}", case.value, self.edge(case.edge))?;
                }
                write!(f, "] {}", self.edge(*default))?;
            }
            Terminator::Return(list) if list.is_empty() => write!(f, "    return")?,
            Terminator::Return(list) => write!(f, "    return {}", self.values(self.func.list(*list)))?,
            Terminator::Unreachable => write!(f, "    unreachable")?,
        }
        self.loc(f, data.term_loc)?;
        writeln!(f)
    }
}

impl Display for FunctionText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let func = self.func;
        let params: Vec<Type> = func.params().iter().map(|v| func.ty(*v)).collect();
        write!(f, "func {}{}", self.symbol(func.name), types_text(&params))?;
        let results = &self.module.sigs[func.sig].results;
        if !results.is_empty() {
            write!(f, " -> {}", types_text(results))?;
        }
        for (name, set) in func.attrs.named() {
            if set {
                write!(f, " {name}")?;
            }
        }
        self.loc(f, func.loc)?;
        writeln!(f, " {{")?;
        if self.locs {
            for (i, call) in func.inlines.iter().enumerate() {
                writeln!(f, "  inline {} {} {}", i + 1, self.symbol(call.func), call.call)?;
            }
        }
        for (i, slot) in func.slots.iter().enumerate() {
            write!(f, "  slot s{i} bytes={} align={}", slot.bytes, slot.align)?;
            for (n, word) in slot.pointers.iter().enumerate() {
                write!(f, "{}{word}", if n == 0 { " ptrs=" } else { "," })?;
            }
            writeln!(f, "{}", if slot.volatile { " volatile" } else { "" })?;
        }
        if let Some(defer) = func.defer {
            write!(f, "  defer")?;
            if let (Some(mask), Some(closures)) = (defer.mask, defer.closures) {
                write!(f, " mask={mask} closures={closures} count={}", defer.count)?;
            }
            if let Some(list) = defer.list {
                write!(f, " list={list}")?;
            }
            writeln!(f)?;
        }
        for block in func.blocks() {
            let data = func.block(block);
            if data.term == Terminator::None && data.insts.is_empty() && data.params.is_empty() {
                continue;
            }
            write!(f, "  {block}")?;
            for (i, v) in data.params.iter().enumerate() {
                write!(f, "{}{v}: {}", if i == 0 { "(" } else { ", " }, func.ty(*v).name())?;
            }
            if !data.params.is_empty() {
                write!(f, ")")?;
            }
            writeln!(f, "{}:", if func.recover == Some(block) { " recover" } else { "" })?;
            for inst in &data.insts {
                self.inst(f, *inst)?;
            }
            self.terminator(f, block)?;
        }
        writeln!(f, "}}")
    }
}

impl Module {
    /// The text of a function, without positions.
    pub fn func_text(&self, func: &Function) -> String {
        FunctionText { module: self, func, locs: false }.to_string()
    }
}

impl Display for Module {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for func in &self.funcs {
            FunctionText { module: self, func, locs: true }.fmt(f)?;
        }
        Ok(())
    }
}
