//! Identities and small types of the IR: values, blocks, instructions, slots, symbols, signatures, source positions.
//!
//! Everything is an index into a table of its function or module, so that the IR is a handful of flat arrays.

/// Type of an SSA value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// 32-bit integer. Values of Go's bool, int8 … uint32 live here, always kept normalised (sign- or zero-extended to 32 bits).
    I32,
    /// 64-bit integer: int64, int, uint, uintptr, lengths and capacities.
    I64,
    F32,
    F64,
    /// Address of Go memory: an i32 in wasm, 8 bytes in memory (upper half zero). The collector treats every live value of this type as
    /// a root, and nothing else.
    Ptr,
}

impl Type {
    pub const ALL: [Type; 5] = [Type::I32, Type::I64, Type::F32, Type::F64, Type::Ptr];

    /// Name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            Type::I32 => "i32",
            Type::I64 => "i64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Ptr => "ptr",
        }
    }

    /// The type of that name.
    pub fn parse(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|t| t.name() == name)
    }

    pub fn is_float(self) -> bool {
        matches!(self, Type::F32 | Type::F64)
    }

    /// Whether the type has integer arithmetic (pointers count: they compare as unsigned 32-bit integers).
    pub fn is_int(self) -> bool {
        !self.is_float()
    }
}

/// Defines an index type.
macro_rules! entity {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }

            pub fn new(index: usize) -> $name {
                $name(u32::try_from(index).expect("fewer than 2^32 entities"))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

entity!(
    /// An SSA value of a function: a block parameter or a result of an instruction.
    Value, "v"
);
entity!(
    /// A basic block of a function.
    Block, "b"
);
entity!(
    /// An instruction of a function.
    Inst, "i"
);
entity!(
    /// A stack slot of a function: memory in the linear frame.
    Slot, "s"
);
entity!(
    /// An interned link name of a module; functions and data share one name space.
    Symbol, "sym"
);
entity!(
    /// An interned signature of a module.
    Sig, "sig"
);
entity!(
    /// A function's place in its module.
    FuncId, "f"
);
entity!(
    /// A data symbol's place in its module.
    DataId, "d"
);

/// Where an instruction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct SrcLoc {
    /// Index into the module's file table.
    pub file: u32,
    /// Line from 1; 0 if there is none.
    pub line: u32,
    /// 0 if the instruction belongs to the function itself, else 1 + index into [`Function::inlines`](super::func::Function::inlines).
    pub inline: u32,
}

/// A call that was inlined into a function; a node of the function's inline tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlinedCall {
    /// The function that was called.
    pub func: Symbol,
    /// The call's own position; its `inline` is the parent node (0: the function itself).
    pub call: SrcLoc,
}

/// A run of values in a function's value pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ValueList {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl ValueList {
    pub fn len(self) -> usize {
        self.len as usize
    }

    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}
