//! Offsets in `abi.Type` of the pinned Go release (GOROOT/src/internal/abi/type.go) that the runtime reads.

/// `u64`: size of a value in bytes.
pub const SIZE: u32 = 0;
/// `u64`: length of the prefix that can hold pointers, in bytes.
pub const PTR_BYTES: u32 = 8;
/// `u32`: hash.
pub const HASH: u32 = 16;
/// `u8`: tflag.
pub const TFLAG: u32 = 20;
/// `u8`: alignment.
pub const ALIGN: u32 = 21;
/// `u8`: alignment as a struct field.
pub const FIELD_ALIGN: u32 = 22;
/// `u8`: kind.
pub const KIND: u32 = 23;
/// `func(unsafe.Pointer, unsafe.Pointer) bool`: equality, a closure object.
pub const EQUAL: u32 = 24;
/// `*byte`: bitmap of pointer words for the first `PTR_BYTES`, one bit per 8-byte word.
pub const GC_DATA: u32 = 32;
/// `i32` name offset of the type's string.
pub const STR: u32 = 40;
/// `i32` type offset of the pointer type to this one.
pub const PTR_TO_THIS: u32 = 44;
