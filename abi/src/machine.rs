//! Head of the `Machine` structure (Go's `m`): the part that compiled code touches. Offsets in bytes from the address in the wasm global `$m`.

/// `u32`: the linear stack pointer of the current goroutine while no Go code runs on this machine.
pub const LINEAR_SP: u32 = 0;
/// `u32`: lowest usable address of the current linear stack chunk.
pub const LINEAR_LIMIT: u32 = 4;
/// `u32`: lowest usable address of the unwind buffer.
pub const UNWIND_LIMIT: u32 = 8;
/// `u32`: end of the unwind buffer; frames are written downwards from here.
pub const UNWIND_TOP: u32 = 12;
/// `u32`: address of the running goroutine.
pub const GOROUTINE: u32 = 16;
/// Result area: [`RESULT_WORDS`] words of 8 bytes.
pub const RESULTS: u32 = 64;
/// Words in the result area; functions with more result scalars return the rest through memory.
pub const RESULT_WORDS: u32 = 16;
/// Bytes of the part described here; the runtime's own fields follow.
pub const HEAD_BYTES: u32 = RESULTS + RESULT_WORDS * 8;
