//! Instructions and terminators.
//!
//! An instruction is an [`Op`] (the operation with its immediates, `Copy` and hashable) and a list of operand values kept apart, so that
//! every pass can walk, replace and number operands without knowing the operation. What an operation demands of its operands stands
//! beside it as `[operands] -> results`.

use super::value::{Block, Sig, Slot, Symbol, Type, Value, ValueList};

/// Defines an enumeration with the names of its members in the text form.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// Name in the text form.
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                }
            }

            /// The member of that name.
            pub fn parse(name: &str) -> Option<$name> {
                match name {
                    $($text => Some($name::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

named!(
    /// Binary arithmetic, `[T, T] -> T`. The bit counts of shifts and rotations have type T too and are taken modulo the width, as in wasm.
    BinOp {
        Add = "add",
        Sub = "sub",
        Mul = "mul",
        /// Signed division. The divisor is not zero (see [`Op::DivCheck`]); MinInt / -1 is MinInt, as in Go.
        DivS = "div_s",
        DivU = "div_u",
        /// Signed remainder; MinInt % -1 is 0.
        RemS = "rem_s",
        RemU = "rem_u",
        And = "and",
        Or = "or",
        Xor = "xor",
        Shl = "shl",
        ShrS = "shr_s",
        ShrU = "shr_u",
        Rotl = "rotl",
        Rotr = "rotr",
        /// High 64 bits of the unsigned 128-bit product, i64 only.
        MulHiU = "mulhi_u",
        /// Float division.
        FDiv = "fdiv",
        FMin = "fmin",
        FMax = "fmax",
        FCopysign = "fcopysign",
    }
);

named!(
    /// Unary arithmetic, `[T] -> T`.
    UnOp {
        Clz = "clz",
        Ctz = "ctz",
        Popcnt = "popcnt",
        /// The bytes in reverse order.
        Bswap = "bswap",
        FNeg = "fneg",
        FAbs = "fabs",
        FSqrt = "fsqrt",
        FCeil = "fceil",
        FFloor = "ffloor",
        FTrunc = "ftrunc",
        /// Round half to even.
        FNearest = "fnearest",
    }
);

named!(
    /// Comparison, `[T, T] -> i32` (0 or 1). Floats use `Eq Ne LtS LeS GtS GeS`; pointers `Eq Ne` and the unsigned ones.
    CmpOp {
        Eq = "eq",
        Ne = "ne",
        LtS = "lt_s",
        LtU = "lt_u",
        LeS = "le_s",
        LeU = "le_u",
        GtS = "gt_s",
        GtU = "gt_u",
        GeS = "ge_s",
        GeU = "ge_u",
    }
);

impl CmpOp {
    /// The comparison that holds exactly when this one does not (integers and pointers only).
    pub fn negate(self) -> CmpOp {
        match self {
            CmpOp::Eq => CmpOp::Ne,
            CmpOp::Ne => CmpOp::Eq,
            CmpOp::LtS => CmpOp::GeS,
            CmpOp::LtU => CmpOp::GeU,
            CmpOp::LeS => CmpOp::GtS,
            CmpOp::LeU => CmpOp::GtU,
            CmpOp::GtS => CmpOp::LeS,
            CmpOp::GtU => CmpOp::LeU,
            CmpOp::GeS => CmpOp::LtS,
            CmpOp::GeU => CmpOp::LtU,
        }
    }

    /// The comparison with its operands exchanged.
    pub fn swap(self) -> CmpOp {
        match self {
            CmpOp::Eq => CmpOp::Eq,
            CmpOp::Ne => CmpOp::Ne,
            CmpOp::LtS => CmpOp::GtS,
            CmpOp::LtU => CmpOp::GtU,
            CmpOp::LeS => CmpOp::GeS,
            CmpOp::LeU => CmpOp::GeU,
            CmpOp::GtS => CmpOp::LtS,
            CmpOp::GtU => CmpOp::LtU,
            CmpOp::GeS => CmpOp::LeS,
            CmpOp::GeU => CmpOp::LeU,
        }
    }
}

named!(
    /// Conversion of one value; [`ConvOp::types`] has operand and result type.
    ConvOp {
        /// i64 -> i32, low half.
        Wrap = "wrap",
        /// i32 -> i64.
        ExtS = "ext_s",
        ExtU = "ext_u",
        /// Normalise the low bits of an i32.
        Ext8S = "ext8_s",
        Ext8U = "ext8_u",
        Ext16S = "ext16_s",
        Ext16U = "ext16_u",
        /// Sign-extend the low bits of an i64.
        Ext8S64 = "ext8_s.i64",
        Ext16S64 = "ext16_s.i64",
        Ext32S64 = "ext32_s.i64",
        /// ptr -> i64, zero-extended (unsafe.Pointer to uintptr).
        PtrToInt = "ptr_to_int",
        /// i64 -> ptr, low half (uintptr to unsafe.Pointer).
        IntToPtr = "int_to_ptr",
        /// ptr -> i32 and back, no code.
        PtrToI32 = "ptr_to_i32",
        I32ToPtr = "i32_to_ptr",
        /// ptr -> ptr, the same address: what comes out counts as unrelated to what went in (abi.NoEscape), no code.
        Hide = "hide",
        /// Saturating float to integer.
        F32ToI32S = "f32_to_i32_s",
        F32ToI32U = "f32_to_i32_u",
        F64ToI32S = "f64_to_i32_s",
        F64ToI32U = "f64_to_i32_u",
        F32ToI64S = "f32_to_i64_s",
        F32ToI64U = "f32_to_i64_u",
        F64ToI64S = "f64_to_i64_s",
        F64ToI64U = "f64_to_i64_u",
        /// Integer to float.
        I32SToF32 = "i32_s_to_f32",
        I32UToF32 = "i32_u_to_f32",
        I64SToF32 = "i64_s_to_f32",
        I64UToF32 = "i64_u_to_f32",
        I32SToF64 = "i32_s_to_f64",
        I32UToF64 = "i32_u_to_f64",
        I64SToF64 = "i64_s_to_f64",
        I64UToF64 = "i64_u_to_f64",
        Promote = "promote",
        Demote = "demote",
        /// Same bits, other type.
        F32Bits = "f32_bits",
        F64Bits = "f64_bits",
        F32FromBits = "f32_from_bits",
        F64FromBits = "f64_from_bits",
    }
);

impl ConvOp {
    /// Operand and result type.
    pub fn types(self) -> (Type, Type) {
        use Type::{F32, F64, I32, I64, Ptr};
        match self {
            ConvOp::Wrap => (I64, I32),
            ConvOp::ExtS | ConvOp::ExtU => (I32, I64),
            ConvOp::Ext8S | ConvOp::Ext8U | ConvOp::Ext16S | ConvOp::Ext16U => (I32, I32),
            ConvOp::Ext8S64 | ConvOp::Ext16S64 | ConvOp::Ext32S64 => (I64, I64),
            ConvOp::PtrToInt => (Ptr, I64),
            ConvOp::IntToPtr => (I64, Ptr),
            ConvOp::PtrToI32 => (Ptr, I32),
            ConvOp::I32ToPtr => (I32, Ptr),
            ConvOp::Hide => (Ptr, Ptr),
            ConvOp::F32ToI32S | ConvOp::F32ToI32U | ConvOp::F32Bits => (F32, I32),
            ConvOp::F64ToI32S | ConvOp::F64ToI32U => (F64, I32),
            ConvOp::F32ToI64S | ConvOp::F32ToI64U => (F32, I64),
            ConvOp::F64ToI64S | ConvOp::F64ToI64U | ConvOp::F64Bits => (F64, I64),
            ConvOp::I32SToF32 | ConvOp::I32UToF32 | ConvOp::F32FromBits => (I32, F32),
            ConvOp::I64SToF32 | ConvOp::I64UToF32 => (I64, F32),
            ConvOp::I32SToF64 | ConvOp::I32UToF64 => (I32, F64),
            ConvOp::I64SToF64 | ConvOp::I64UToF64 | ConvOp::F64FromBits => (I64, F64),
            ConvOp::Promote => (F32, F64),
            ConvOp::Demote => (F64, F32),
        }
    }
}

named!(
    /// What a load or store moves. Integers narrower than 32 bits are i32 values; stores ignore the signedness.
    Mem {
        I8S = "i8s",
        I8U = "i8u",
        I16S = "i16s",
        I16U = "i16u",
        I32 = "i32",
        I64 = "i64",
        F32 = "f32",
        F64 = "f64",
        /// An address: 8 bytes in memory of which the lower 4 are read or written; the upper half of such a word is always zero.
        Ptr = "ptr",
    }
);

impl Mem {
    /// Type of the SSA value.
    pub fn ty(self) -> Type {
        match self {
            Mem::I8S | Mem::I8U | Mem::I16S | Mem::I16U | Mem::I32 => Type::I32,
            Mem::I64 => Type::I64,
            Mem::F32 => Type::F32,
            Mem::F64 => Type::F64,
            Mem::Ptr => Type::Ptr,
        }
    }

    /// Bytes it occupies in memory (8 for a pointer).
    pub fn bytes(self) -> u32 {
        match self {
            Mem::I8S | Mem::I8U => 1,
            Mem::I16S | Mem::I16U => 2,
            Mem::I32 | Mem::F32 => 4,
            Mem::I64 | Mem::F64 | Mem::Ptr => 8,
        }
    }
}

named!(
    /// Atomic read-modify-write operation.
    RmwOp {
        Add = "add",
        And = "and",
        Or = "or",
        Xor = "xor",
        Exchange = "xchg",
    }
);

named!(
    /// What a bounds check guards: the condition under which it passes (both operands i64, compared as unsigned) and the overlay function
    /// called with both operands when it fails.
    BoundsKind {
        /// `s[i]`: i < len. runtime.panicIndex
        Index = "index",
        /// `s[:j]` of a string or array: j <= len. runtime.panicSliceAlen
        SliceAlen = "slice_alen",
        /// `s[:j]` of a slice: j <= cap. runtime.panicSliceAcap
        SliceAcap = "slice_acap",
        /// `s[i:j]`: i <= j. runtime.panicSliceB
        SliceB = "slice_b",
        /// `s[::k]` of an array: k <= len. runtime.panicSlice3Alen
        Slice3Alen = "slice3_alen",
        /// `s[::k]` of a slice: k <= cap. runtime.panicSlice3Acap
        Slice3Acap = "slice3_acap",
        /// `s[:j:k]`: j <= k. runtime.panicSlice3B
        Slice3B = "slice3_b",
        /// `s[i:j:k]`: i <= j. runtime.panicSlice3C
        Slice3C = "slice3_c",
        /// `[n]T(s)`, operands n, len: n <= len. runtime.panicSliceConvert
        Convert = "convert",
    }
);

impl BoundsKind {
    /// Whether the check is `i < n` rather than `i <= n`.
    pub fn is_strict(self) -> bool {
        self == BoundsKind::Index
    }

    /// Link name of the function called on failure; `unsigned` picks the variant for indices of unsigned type.
    pub fn panic_function(self, unsigned: bool) -> &'static str {
        match (self, unsigned) {
            (BoundsKind::Index, false) => "runtime.panicIndex",
            (BoundsKind::Index, true) => "runtime.panicIndexU",
            (BoundsKind::SliceAlen, false) => "runtime.panicSliceAlen",
            (BoundsKind::SliceAlen, true) => "runtime.panicSliceAlenU",
            (BoundsKind::SliceAcap, false) => "runtime.panicSliceAcap",
            (BoundsKind::SliceAcap, true) => "runtime.panicSliceAcapU",
            (BoundsKind::SliceB, false) => "runtime.panicSliceB",
            (BoundsKind::SliceB, true) => "runtime.panicSliceBU",
            (BoundsKind::Slice3Alen, false) => "runtime.panicSlice3Alen",
            (BoundsKind::Slice3Alen, true) => "runtime.panicSlice3AlenU",
            (BoundsKind::Slice3Acap, false) => "runtime.panicSlice3Acap",
            (BoundsKind::Slice3Acap, true) => "runtime.panicSlice3AcapU",
            (BoundsKind::Slice3B, false) => "runtime.panicSlice3B",
            (BoundsKind::Slice3B, true) => "runtime.panicSlice3BU",
            (BoundsKind::Slice3C, false) => "runtime.panicSlice3C",
            (BoundsKind::Slice3C, true) => "runtime.panicSlice3CU",
            (BoundsKind::Convert, _) => "runtime.panicSliceConvert",
        }
    }
}

/// Link names of the functions that the other checks call on failure, without arguments.
pub const PANIC_NIL: &str = "runtime.sigpanic";
pub const PANIC_DIVIDE: &str = "runtime.panicdivide";
pub const PANIC_SHIFT: &str = "runtime.panicshift";

/// Byte offset of `Fun[0]` in an itab (internal/abi.ITab); each entry has 8 bytes and holds a table index in its low half.
pub const ITAB_FUN_OFFSET: u32 = 24;

/// An operation with its immediates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    // Constants.
    /// `[] -> T` for i32, i64 and ptr (0 is nil). An i32 is kept sign-extended.
    Const(Type, i64),
    /// `[] -> f32`, `[] -> f64`: the bits.
    F32Const(u32),
    F64Const(u64),
    /// `[] -> ptr`: address of a data symbol plus an offset.
    GlobalAddr(Symbol, i32),
    /// `[] -> ptr`: the static closure object of a function that can be called with a closure pointer it ignores. The object is a data symbol the linker makes on demand.
    FuncAddr(Symbol),
    /// `[] -> i32`: index of a function in the module's table.
    TableIndex(Symbol),
    /// `[] -> ptr`: address of a stack slot.
    SlotAddr(Slot),

    // Arithmetic.
    Bin(BinOp, Type),
    Un(UnOp, Type),
    Cmp(CmpOp, Type),
    Conv(ConvOp),
    /// `[i32, T, T] -> T`: the first if the condition is not zero.
    Select(Type),
    /// `[ptr] -> ptr`: plus a constant.
    PtrAdd(i32),
    /// `[ptr, i32 or i64] -> ptr`: plus index * scale, modulo 2^32.
    PtrIndex(u32),

    // Memory. Offsets are unsigned, the address does not wrap.
    /// `[ptr] -> T`. `invariant`: the memory never changes once the address can be computed (type descriptors, itabs, static data).
    Load {
        mem: Mem,
        offset: u32,
        invariant: bool,
    },
    /// `[ptr, T] -> []`
    Store {
        mem: Mem,
        offset: u32,
    },
    /// `[dst ptr, src ptr] -> []`: moves a constant number of bytes; the areas may overlap.
    MemCopy {
        bytes: u32,
    },
    /// `[dst ptr, src ptr, bytes i32] -> []`: the same with a computed number.
    MemMove,
    /// `[dst ptr] -> []`
    MemZero {
        bytes: u32,
    },
    /// `[dst ptr, bytes i32] -> []`
    MemClear,
    /// `[ptr, ptr] -> i32`: 1 if the bytes are the same.
    MemEqual {
        bytes: u32,
    },
    /// `[] -> ptr` or `[count i64] -> ptr`: zeroed heap memory for `bytes` (times count; no overflow) whose layout is the type descriptor
    /// `ty`, repeated. `noscan`: it holds no pointers.
    New {
        bytes: u32,
        ty: Symbol,
        noscan: bool,
    },

    // Atomics, sequentially consistent. `mem` is I32, I64, Ptr or I8U.
    /// `[ptr] -> T`
    AtomicLoad {
        mem: Mem,
        offset: u32,
    },
    /// `[ptr, T] -> []`
    AtomicStore {
        mem: Mem,
        offset: u32,
    },
    /// `[ptr, T] -> T`: the old value.
    AtomicRmw {
        op: RmwOp,
        mem: Mem,
        offset: u32,
    },
    /// `[ptr, expected T, new T] -> T`: the old value.
    AtomicCas {
        mem: Mem,
        offset: u32,
    },

    // Checks: on failure they call a function that does not return. Code behind a check relies on its condition.
    /// `[ptr] -> []`: not nil.
    NilCheck,
    /// `[i64, i64] -> []`
    BoundsCheck {
        kind: BoundsKind,
        unsigned: bool,
    },
    /// `[i32 or i64] -> []`: not zero.
    DivCheck,
    /// `[i32 or i64] -> []`: not negative.
    ShiftCheck,

    // Calls. A signature lists the wasm parameters and results in full. A call that does not return is followed by `unreachable`.
    /// `[args] -> results`
    Call {
        func: Symbol,
        sig: Sig,
    },
    /// `[closure ptr, args] -> results`: through the table index in the closure's first word; the closure is the first argument.
    /// The closure is not nil (lowering checks).
    CallClosure {
        sig: Sig,
    },
    /// `[itab ptr, receiver ptr, args] -> results`: through `itab.Fun[method]`; the signature begins with the receiver. The itab is not nil.
    /// `family` names the method of the interface type, see `Module::families`.
    CallInterface {
        sig: Sig,
        method: u32,
        family: Symbol,
    },
    /// `[table index i32, args] -> results`
    CallIndirect {
        sig: Sig,
    },
    /// `[args] -> results`: an entry of the runtime, by its index in `warren_abi::entry::ENTRIES`.
    CallRt(u16),

    // Goroutine and defer machinery.
    /// `[] -> i32`: 1 if this function was called by the deferring machinery itself. Clears the mark. Comes before anything that can suspend.
    RecoverFlag,
    /// `[table index i32] -> []`: in a wrapper: if the wrapper was called by the deferring machinery, so is the callee.
    ForwardDefer,
    /// `[table index i32] -> []`: the call that follows at once counts as one by the deferring machinery, if it is of that function.
    MarkDeferred,
    /// `[] -> []`: freezes the goroutine if that was asked for. Inserted after optimisation.
    Poll,
    /// `[T] -> []`: keeps the value alive up to here (runtime.KeepAlive).
    KeepAlive,
}

/// What an operation does besides computing its results; see [`Op::effects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effects {
    /// The results depend on memory that others may write.
    pub reads: bool,
    pub writes: bool,
    /// May suspend the goroutine: all pointers live behind it must be values of type ptr.
    pub safepoint: bool,
    /// May fail to go on (panic), or must stay for another reason although no result is used.
    pub pinned: bool,
}

impl Effects {
    const PURE: Effects = Effects { reads: false, writes: false, safepoint: false, pinned: false };
    const READ: Effects = Effects { reads: true, ..Effects::PURE };
    const WRITE: Effects = Effects { writes: true, pinned: true, ..Effects::PURE };
    const CHECK: Effects = Effects { pinned: true, ..Effects::PURE };
    const ALL: Effects = Effects { reads: true, writes: true, safepoint: true, pinned: true };
}

impl Op {
    /// The constant zero of a type.
    pub fn zero(ty: Type) -> Op {
        match ty {
            Type::F32 => Op::F32Const(0),
            Type::F64 => Op::F64Const(0),
            _ => Op::Const(ty, 0),
        }
    }

    /// What the operation does besides computing its results. Failing checks count as `pinned`, not as safepoints: nothing is live behind them.
    pub fn effects(self) -> Effects {
        match self {
            Op::CallRt(index) => {
                let entry = &warren_abi::entry::ENTRIES[index as usize];
                match entry.name {
                    "memequal" | "memhash" | "compare" | "index_byte" | "index_text" | "count_byte" => Effects::READ,
                    _ => Effects { safepoint: entry.suspend != warren_abi::entry::Suspend::Never, ..Effects::ALL },
                }
            }
            Op::Const(..)
            | Op::F32Const(_)
            | Op::F64Const(_)
            | Op::GlobalAddr(..)
            | Op::FuncAddr(_)
            | Op::TableIndex(_)
            | Op::SlotAddr(_)
            | Op::Bin(..)
            | Op::Un(..)
            | Op::Cmp(..)
            | Op::Conv(_)
            | Op::Select(_)
            | Op::PtrAdd(_)
            | Op::PtrIndex(_)
            | Op::Load { invariant: true, .. } => Effects::PURE,
            Op::Load { .. } | Op::MemEqual { .. } => Effects::READ,
            Op::Store { .. } | Op::MemZero { .. } | Op::MemClear => Effects::WRITE,
            Op::MemCopy { .. } | Op::MemMove => Effects { reads: true, ..Effects::WRITE },
            // Unused heap memory may be dropped although allocating it is a safepoint.
            Op::New { .. } => Effects { safepoint: true, ..Effects::PURE },
            Op::AtomicLoad { .. } | Op::AtomicStore { .. } | Op::AtomicRmw { .. } | Op::AtomicCas { .. } => {
                Effects { safepoint: false, ..Effects::ALL }
            }
            Op::NilCheck | Op::BoundsCheck { .. } | Op::DivCheck | Op::ShiftCheck | Op::KeepAlive => Effects::CHECK,
            Op::RecoverFlag | Op::ForwardDefer | Op::MarkDeferred => Effects::CHECK,
            Op::Call { .. } | Op::CallClosure { .. } | Op::CallInterface { .. } | Op::CallIndirect { .. } | Op::Poll => Effects::ALL,
        }
    }

    /// Of the operands `args`, those that may still be known after the operation. Of the others it only uses an address: it reads or writes
    /// there, compares, or makes an address in the same object of it.
    pub fn leaks(self, args: &[Value]) -> &[Value] {
        match self {
            Op::Store { .. } => &args[1..],
            Op::PtrAdd(_)
            | Op::PtrIndex(_)
            | Op::Load { .. }
            | Op::Cmp(..)
            | Op::NilCheck
            | Op::MemCopy { .. }
            | Op::MemMove
            | Op::MemZero { .. }
            | Op::MemClear
            | Op::MemEqual { .. }
            | Op::KeepAlive => &[],
            _ => args,
        }
    }

    pub fn is_call(self) -> bool {
        matches!(self, Op::Call { .. } | Op::CallClosure { .. } | Op::CallInterface { .. } | Op::CallIndirect { .. } | Op::CallRt(_))
    }

    /// Whether the value is written again at each use instead of being kept.
    pub fn is_free(self) -> bool {
        matches!(self, Op::Const(..) | Op::F32Const(_) | Op::F64Const(_) | Op::GlobalAddr(..) | Op::FuncAddr(_) | Op::TableIndex(_) | Op::SlotAddr(_))
    }

    /// Whether equal operands give equal results wherever the operation is evaluated, without failing.
    pub fn is_pure(self) -> bool {
        match self {
            // The division would trap in wasm if it were moved above its check.
            Op::Bin(BinOp::DivS | BinOp::DivU | BinOp::RemS | BinOp::RemU, _) => false,
            Op::Load { .. } => false,
            _ => self.effects() == Effects::PURE,
        }
    }

    /// The signature of a call other than of the runtime.
    pub fn sig(self) -> Option<Sig> {
        match self {
            Op::Call { sig, .. } | Op::CallClosure { sig } | Op::CallInterface { sig, .. } | Op::CallIndirect { sig } => Some(sig),
            _ => None,
        }
    }
}

/// A jump to a block with the values of its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub block: Block,
    pub args: ValueList,
}

/// One arm of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub value: i64,
    pub edge: Edge,
}

/// End of a block.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Terminator {
    /// The block is not finished (only while it is built) or was removed.
    #[default]
    None,
    Jump(Edge),
    /// On an i32: `then` if it is not zero.
    Branch {
        cond: Value,
        then: Edge,
        other: Edge,
    },
    /// On an i32 or i64; the case values are distinct.
    Switch {
        value: Value,
        cases: Box<[Case]>,
        default: Edge,
    },
    Return(ValueList),
    /// Behind a call that does not return.
    Unreachable,
}

impl Terminator {
    /// The edges in order: then before else, cases before default.
    pub fn edges(&self) -> EdgeIter<'_> {
        EdgeIter { term: self, next: 0 }
    }

    /// The same, to be changed.
    pub fn for_each_edge_mut(&mut self, mut f: impl FnMut(&mut Edge)) {
        match self {
            Terminator::Jump(e) => f(e),
            Terminator::Branch { then, other, .. } => {
                f(then);
                f(other);
            }
            Terminator::Switch { cases, default, .. } => {
                for case in cases.iter_mut() {
                    f(&mut case.edge);
                }
                f(default);
            }
            Terminator::None | Terminator::Return(_) | Terminator::Unreachable => {}
        }
    }
}

/// Iterator of [`Terminator::edges`].
pub struct EdgeIter<'a> {
    term: &'a Terminator,
    next: usize,
}

impl Iterator for EdgeIter<'_> {
    type Item = Edge;

    fn next(&mut self) -> Option<Edge> {
        let i = self.next;
        self.next += 1;
        match self.term {
            Terminator::Jump(e) => (i == 0).then_some(*e),
            Terminator::Branch { then, other, .. } => [*then, *other].get(i).copied(),
            Terminator::Switch { cases, default, .. } => match i.cmp(&cases.len()) {
                std::cmp::Ordering::Less => Some(cases[i].edge),
                std::cmp::Ordering::Equal => Some(*default),
                std::cmp::Ordering::Greater => None,
            },
            Terminator::None | Terminator::Return(_) | Terminator::Unreachable => None,
        }
    }
}
