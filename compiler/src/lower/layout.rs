//! How Go values map to IR values and to memory.
//!
//! A value is a list of scalars: a string is an address and a length, a struct the scalars of its fields one after the other. A type of at
//! most [`FLAT_MAX`] scalars is *flat*: its values are SSA values. Others are *mem* types: their values live in memory and are named by
//! an address. `_` fields and padding are no scalars of their own.

/// Most scalars a flat type has.
pub const FLAT_MAX: usize = 4;

/// One scalar of a flattened value: its SSA type and its form in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// bool, uint8.
    U8,
    /// int8.
    I8,
    /// uint16.
    U16,
    /// int16.
    I16,
    /// int32, uint32.
    I32,
    /// int, uint, uintptr, int64, uint64, lengths.
    I64,
    /// float32.
    F32,
    /// float64.
    F64,
    /// Addresses: 8 bytes in memory, 4 of which are ever written.
    Ptr,
}

impl Scalar {
    /// Bytes in memory.
    pub fn size(self) -> u64 {
        match self {
            Scalar::U8 | Scalar::I8 => 1,
            Scalar::U16 | Scalar::I16 => 2,
            Scalar::I32 | Scalar::F32 => 4,
            Scalar::I64 | Scalar::F64 | Scalar::Ptr => 8,
        }
    }
}
