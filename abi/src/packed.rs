//! Tables that a module holds packed, because as they are they would be a fifth of it. The runtime unpacks them once, at the start, into zeroed
//! memory that the module sets aside.
//!
//! The stream that [`PACKED`](crate::module_info::PACKED) points to holds for each of [`TABLES`] the number of rows, and for each row a mask of
//! the fields that differ from those of the row before (all 0 before the first), little-endian in as few bytes as the fields need, lowest field
//! first, and the differences of these fields. Numbers are LEB128; differences wrap at 32 bits and have their sign in the lowest bit.

use crate::{frame, module_info};

/// A packed table.
pub struct Table {
    /// Field of the module information with the address where the table goes.
    pub address: u32,
    /// Bits of the fields of a row, from its first byte on. No field crosses a border between `u32` words.
    pub fields: &'static [u8],
}

/// The packed tables, in the order of the stream.
pub const TABLES: [Table; 3] = [
    Table { address: module_info::SITES, fields: &[32, 16, 16, 32, frame::POSITION_LINE_BITS as u8, 32 - frame::POSITION_LINE_BITS as u8] },
    Table { address: module_info::FUNCS, fields: &[32; frame::FUNC_BYTES as usize / 4] },
    Table { address: module_info::INLINES, fields: &[32; frame::INLINE_BYTES as usize / 4] },
];

/// Most fields that a row has.
pub const MAX_FIELDS: usize = 13;

const _: () = assert!(frame::FUNC_BYTES as usize / 4 <= MAX_FIELDS);
