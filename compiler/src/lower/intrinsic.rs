//! Functions of the standard library that are operations of the machine.

use crate::ir::{BinOp, ConvOp, Function, Mem, Op, RmwOp, Symbol, Type, UnOp, Value};
use crate::syntax::ast::{CallExpr, Expr};

use super::Lowerer;
use super::func::{FnCx, Plan, Val};
use super::names::FunctionRef;

/// An operation. The names follow those of the operations in `ir`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Bits of an integer of this width (8 to 64; 0: int).
    LeadingZeros(u32),
    Len(u32),
    TrailingZeros(u32),
    OnesCount(u32),
    Rotate(u32),
    ReverseBytes,
    MulHigh,
    Float(UnOp),
    Copysign,
    Bits(ConvOp),
    Load(Mem),
    Store(Mem),
    Rmw(RmwOp, Mem),
    /// Add that gives the new value.
    AddNew(Mem),
    Cas(Mem),
    /// And, or without a result.
    RmwOnly(RmwOp, Mem),
    KeepAlive,
    Move,
    Clear,
    /// The first word of the closure that an interface value holds.
    CodeOf,
    /// The call of a closure that follows at once counts as one by the deferring machinery.
    MarkDeferred,
    /// Does nothing; its arguments are evaluated.
    Nothing,
    /// The argument as it is: a bool is 0 or 1 already.
    Same,
    /// A pointer that escape analysis loses sight of.
    Hide,
    ZeroWord,
}

/// The operation that a link name stands for.
fn kind_of(name: &str) -> Option<Kind> {
    // Instances carry their type arguments.
    let name = name.split('[').next().unwrap_or(name);
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let dot = slash + name[slash..].find('.')?;
    let (path, name) = (&name[..dot], &name[dot + 1..]);
    match path {
        "math/bits" => bits(name),
        "internal/runtime/sys" => match name {
            "GetCallerPC" | "GetCallerSP" | "GetClosurePtr" => Some(Kind::ZeroWord),
            "Prefetch" | "PrefetchStreamed" => Some(Kind::Nothing),
            "Bswap32" | "Bswap64" => Some(Kind::ReverseBytes),
            _ => bits(name),
        },
        "math" => Some(match name {
            "Sqrt" | "sqrt" => Kind::Float(UnOp::FSqrt),
            "Floor" | "floor" => Kind::Float(UnOp::FFloor),
            "Ceil" | "ceil" => Kind::Float(UnOp::FCeil),
            "Trunc" | "trunc" => Kind::Float(UnOp::FTrunc),
            "Abs" => Kind::Float(UnOp::FAbs),
            "RoundToEven" => Kind::Float(UnOp::FNearest),
            "Copysign" => Kind::Copysign,
            "Float32bits" => Kind::Bits(ConvOp::F32Bits),
            "Float64bits" => Kind::Bits(ConvOp::F64Bits),
            "Float32frombits" => Kind::Bits(ConvOp::F32FromBits),
            "Float64frombits" => Kind::Bits(ConvOp::F64FromBits),
            _ => return None,
        }),
        "internal/runtime/math" => (name == "MulUintptr_").then_some(Kind::MulHigh),
        "runtime" => match name {
            "KeepAlive" => Some(Kind::KeepAlive),
            "memmove" => Some(Kind::Move),
            "memclrNoHeapPointers" => Some(Kind::Clear),
            _ => None,
        },
        "crypto/internal/constanttime" => (name == "boolToUint8").then_some(Kind::Same),
        "internal/abi" => match name {
            "EscapeNonString" => Some(Kind::Nothing),
            "NoEscape" => Some(Kind::Hide),
            "FuncPCABI0" | "FuncPCABIInternal" => Some(Kind::CodeOf),
            _ => None,
        },
        "internal/runtime/atomic" => Some(match name {
            "Load" | "LoadAcq" => Kind::Load(Mem::I32),
            "Load8" => Kind::Load(Mem::I8U),
            "Load64" | "LoadAcq64" | "Loaduintptr" => Kind::Load(Mem::I64),
            "Loadp" => Kind::Load(Mem::Ptr),
            "Store" | "StoreRel" => Kind::Store(Mem::I32),
            "Store8" => Kind::Store(Mem::I8U),
            "Store64" | "StoreRel64" | "Storeuintptr" => Kind::Store(Mem::I64),
            "StorepNoWB" => Kind::Store(Mem::Ptr),
            "Xchg" => Kind::Rmw(RmwOp::Exchange, Mem::I32),
            "Xchg8" => Kind::Rmw(RmwOp::Exchange, Mem::I8U),
            "Xchg64" | "Xchguintptr" => Kind::Rmw(RmwOp::Exchange, Mem::I64),
            "Xadd" => Kind::AddNew(Mem::I32),
            "Xadd64" | "Xadduintptr" => Kind::AddNew(Mem::I64),
            "And8" => Kind::RmwOnly(RmwOp::And, Mem::I8U),
            "Or8" => Kind::RmwOnly(RmwOp::Or, Mem::I8U),
            "And" => Kind::RmwOnly(RmwOp::And, Mem::I32),
            "Or" => Kind::RmwOnly(RmwOp::Or, Mem::I32),
            "And32" => Kind::Rmw(RmwOp::And, Mem::I32),
            "Or32" => Kind::Rmw(RmwOp::Or, Mem::I32),
            "And64" | "Anduintptr" => Kind::Rmw(RmwOp::And, Mem::I64),
            "Or64" | "Oruintptr" => Kind::Rmw(RmwOp::Or, Mem::I64),
            "Cas" | "CasRel" => Kind::Cas(Mem::I32),
            "Cas64" | "Casuintptr" => Kind::Cas(Mem::I64),
            "Casp1" => Kind::Cas(Mem::Ptr),
            _ => return None,
        }),
        "sync/atomic" => sync_atomic(name),
        "reflect" => (name == "markDeferred").then_some(Kind::MarkDeferred),
        _ => None,
    }
}

fn bits(name: &str) -> Option<Kind> {
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    let width: u32 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    Some(match &name[..name.len() - digits.len()] {
        "LeadingZeros" => Kind::LeadingZeros(width),
        "Len" => Kind::Len(width),
        "TrailingZeros" => Kind::TrailingZeros(width),
        "OnesCount" => Kind::OnesCount(width),
        "RotateLeft" => Kind::Rotate(width),
        "ReverseBytes" if width != 16 => Kind::ReverseBytes,
        _ => return None,
    })
}

fn sync_atomic(name: &str) -> Option<Kind> {
    let (op, of) =
        ["CompareAndSwap", "Swap", "Add", "And", "Or", "Load", "Store"].into_iter().find_map(|op| name.strip_prefix(op).map(|of| (op, of)))?;
    let mem = match of {
        "Int32" | "Uint32" => Mem::I32,
        "Int64" | "Uint64" | "Uintptr" => Mem::I64,
        "Pointer" => Mem::Ptr,
        _ => return None,
    };
    Some(match op {
        "CompareAndSwap" => Kind::Cas(mem),
        "Swap" => Kind::Rmw(RmwOp::Exchange, mem),
        "Add" => Kind::AddNew(mem),
        "And" => Kind::Rmw(RmwOp::And, mem),
        "Or" => Kind::Rmw(RmwOp::Or, mem),
        "Load" => Kind::Load(mem),
        _ => Kind::Store(mem),
    })
}

impl Lowerer<'_> {
    /// Gives a function that is an operation a body, for calls through func values or other link names.
    pub(super) fn lower_bodyless_intrinsic(&mut self, function: &FunctionRef, symbol: Symbol, name: &str) -> bool {
        if name == "go:init" {
            return true;
        }
        let own = self.default_name(function);
        let Some(kind) = kind_of(name).or_else(|| kind_of(&own)) else { return false };
        let plan = self.function_plan(function);
        let sig = self.module.sigs.intern(&plan.ir_params, &plan.ir_results);
        let func = Function::new(symbol, sig, &plan.ir_params);
        let mut cx = FnCx::generated(self, func, name.to_string());
        let args = cx.b.func.params().to_vec();
        let results = cx.operation(kind, &args, &plan);
        cx.b.ret(&results);
        let func = cx.b.finish();
        self.add_func(func);
        true
    }
}

impl<'a> FnCx<'_, 'a> {
    /// A call of a function that is an operation.
    pub fn intrinsic(&mut self, e: &'a Expr, call: &'a CallExpr) -> Option<Vec<Val>> {
        let (object, arguments) = self.static_function(&call.fun)?;
        let function = self.lw.function_ref(object, arguments);
        let path = self.lw.types().object(function.object).package?;
        let path = self.lw.types_ref().package(path).path.as_str();
        if !matches!(
            path,
            "math/bits"
                | "internal/runtime/sys"
                | "math"
                | "internal/runtime/math"
                | "runtime"
                | "internal/abi"
                | "internal/runtime/atomic"
                | "sync/atomic"
                | "crypto/internal/constanttime"
                | "reflect"
        ) {
            return None;
        }
        let name = self.lw.default_name(&function);
        let kind = kind_of(&name)?;
        let plan = self.lw.function_plan(&function);
        let args = self.arguments(call, &plan, 0);
        self.at(e.pos);
        let results = self.operation(kind, &args, &plan);
        let mut at = 0;
        let mut vals = Vec::new();
        for ty in &plan.results {
            let count = self.flat_count(*ty);
            vals.push(Val::flat(&results[at..at + count]));
            at += count;
        }
        Some(vals)
    }

    fn operation(&mut self, kind: Kind, args: &[Value], plan: &Plan) -> Vec<Value> {
        let x = args.first().copied();
        let value = match (kind, x) {
            (Kind::ZeroWord, _) => {
                let ty = plan.ir_results.first().copied().unwrap_or(Type::I64);
                self.b.iconst(ty, 0)
            }
            (Kind::Nothing, _) | (_, None) => return Vec::new(),
            (Kind::Same, Some(x)) => x,
            (Kind::Hide, Some(x)) => self.b.conv(ConvOp::Hide, x),
            (Kind::LeadingZeros(width), Some(x)) => {
                let width = if width == 0 { 64 } else { width };
                let n = self.b.un(UnOp::Clz, x);
                let n = self.widen(n, false);
                if width < 32 {
                    let extra = self.int(i64::from(32 - width));
                    self.b.bin(BinOp::Sub, n, extra)
                } else {
                    n
                }
            }
            (Kind::Len(width), Some(x)) => {
                let n = self.b.un(UnOp::Clz, x);
                let n = self.widen(n, false);
                let all = self.int(if width == 0 || width == 64 { 64 } else { 32 });
                self.b.bin(BinOp::Sub, all, n)
            }
            (Kind::TrailingZeros(width), Some(x)) => {
                let x = if width == 8 || width == 16 {
                    let stop = self.i32(1 << width);
                    self.b.bin(BinOp::Or, x, stop)
                } else {
                    x
                };
                let n = self.b.un(UnOp::Ctz, x);
                self.widen(n, false)
            }
            (Kind::OnesCount(_), Some(x)) => {
                let n = self.b.un(UnOp::Popcnt, x);
                self.widen(n, false)
            }
            (Kind::Rotate(width), Some(x)) => {
                if width == 8 || width == 16 {
                    return vec![self.rotate_narrow(x, args[1], width)];
                }
                let ty = self.b.func.ty(x);
                let count = self.coerce(args[1], ty);
                self.b.bin(BinOp::Rotl, x, count)
            }
            (Kind::ReverseBytes, Some(x)) => self.b.un(UnOp::Bswap, x),
            (Kind::MulHigh, Some(x)) => self.b.bin(BinOp::MulHiU, x, args[1]),
            (Kind::Float(op), Some(x)) => self.b.un(op, x),
            (Kind::Copysign, Some(x)) => self.b.bin(BinOp::FCopysign, x, args[1]),
            (Kind::Bits(op), Some(x)) => self.b.conv(op, x),
            (Kind::Load(mem), Some(p)) => {
                self.nil_check(p);
                let inst = self.b.emit(Op::AtomicLoad { mem, offset: 0 }, &[p], &[mem.ty()]);
                let value = self.b.func.result(inst);
                let want = plan.ir_results.first().copied().unwrap_or(mem.ty());
                self.coerce(value, want)
            }
            (Kind::Store(mem), Some(p)) => {
                self.nil_check(p);
                let value = self.coerce(args[1], mem.ty());
                self.b.emit(Op::AtomicStore { mem, offset: 0 }, &[p, value], &[]);
                return Vec::new();
            }
            (Kind::Rmw(op, mem) | Kind::RmwOnly(op, mem), Some(p)) => {
                self.nil_check(p);
                let value = self.coerce(args[1], mem.ty());
                let inst = self.b.emit(Op::AtomicRmw { op, mem, offset: 0 }, &[p, value], &[mem.ty()]);
                if matches!(kind, Kind::RmwOnly(..)) {
                    return Vec::new();
                }
                self.b.func.result(inst)
            }
            (Kind::AddNew(mem), Some(p)) => {
                self.nil_check(p);
                let delta = self.coerce(args[1], mem.ty());
                let inst = self.b.emit(Op::AtomicRmw { op: RmwOp::Add, mem, offset: 0 }, &[p, delta], &[mem.ty()]);
                let old = self.b.func.result(inst);
                self.b.bin(BinOp::Add, old, delta)
            }
            (Kind::Cas(mem), Some(p)) => {
                self.nil_check(p);
                let (old, new) = (self.coerce(args[1], mem.ty()), self.coerce(args[2], mem.ty()));
                let inst = self.b.emit(Op::AtomicCas { mem, offset: 0 }, &[p, old, new], &[mem.ty()]);
                let found = self.b.func.result(inst);
                self.b.cmp(crate::ir::CmpOp::Eq, found, old)
            }
            (Kind::CodeOf, Some(_)) => self.b.load(Mem::I64, args[1], 0),
            (Kind::MarkDeferred, Some(closure)) => {
                let code = self.b.load(Mem::I32, closure, 0);
                self.b.emit(Op::MarkDeferred, &[code], &[]);
                return Vec::new();
            }
            (Kind::KeepAlive, Some(_)) => {
                for arg in args {
                    self.b.emit(Op::KeepAlive, &[*arg], &[]);
                }
                return Vec::new();
            }
            (Kind::Move, Some(to)) => {
                let bytes = self.coerce(args[2], Type::I32);
                self.b.emit(Op::MemMove, &[to, args[1], bytes], &[]);
                return Vec::new();
            }
            (Kind::Clear, Some(to)) => {
                let bytes = self.coerce(args[1], Type::I32);
                self.b.emit(Op::MemClear, &[to, bytes], &[]);
                return Vec::new();
            }
        };
        vec![value]
    }

    fn rotate_narrow(&mut self, x: Value, count: Value, width: u32) -> Value {
        let count = self.coerce(count, Type::I32);
        let mask = self.i32(i64::from(width - 1));
        let left = self.b.bin(BinOp::And, count, mask);
        let all = self.i32(i64::from(width));
        let right = self.b.bin(BinOp::Sub, all, left);
        let high = self.b.bin(BinOp::Shl, x, left);
        let low = self.b.bin(BinOp::ShrU, x, right);
        let both = self.b.bin(BinOp::Or, high, low);
        self.b.conv(if width == 8 { ConvOp::Ext8U } else { ConvOp::Ext16U }, both)
    }
}
