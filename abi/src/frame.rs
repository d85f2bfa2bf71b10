//! Frozen goroutine frames and the tables that describe them.
//!
//! A frozen frame is `slots` words of 8 bytes and a trailer `{site: u32, 0: u32}` at the highest address. A function with a linear frame keeps
//! `{linear frame pointer: u32, caller's linear stack pointer: u32}` in its last slot.
//!
//! A resume function (wasm type `(i32) -> ()`) gets the address of the frame's **trailer**: it reads the site there, and slot `i` of `n` lies at
//! `trailer - 8 * (n - i)`.
//!
//! All tables are arrays of little-endian records without padding, in the data of the module; addresses are `u32`.

/// Bytes of a frame's trailer.
pub const TRAILER_BYTES: u32 = 8;

/// Sites below this number have a fixed meaning; compiled call sites follow.
pub const FIRST_COMPILED_SITE: u32 = 3;
/// First frame of a goroutine. Slot 0: the closure to call. One slot.
pub const SITE_GO_ENTRY: u32 = 0;
/// A deferred call made by the panic walk. Slot 0: the closure to call. One slot.
pub const SITE_DEFER_CALL: u32 = 1;
/// Below a deferred call: continues the walk. Slot 0: address of the panic record (not a heap object). One slot, resumes the runtime's `rt_panic_step(trailer)`.
pub const SITE_PANIC_STEP: u32 = 2;

/// Record of the site table, [`SITE_BYTES`] each, indexed by site id.
pub mod site {
    /// `u32`: function id, index into the function table (0 = none).
    pub const FUNC: u32 = 0;
    /// `u16`: slots of the frame, the linear slot included.
    pub const SLOTS: u32 = 4;
    /// `u16`: see `FLAG_*`.
    pub const FLAGS: u32 = 6;
    /// `u32`: address of the pointer bitmap, or, with `FLAG_INLINE_MAP`, the bitmap itself. Bit i of byte i/8: slot i holds a pointer. With
    /// `FLAG_LINEAR_MAP` a bitmap of the words of the linear frame follows, from the next byte on.
    pub const POINTERS: u32 = 8;
    /// `u32`: where the call is in the source, see [`POSITION_LINE_BITS`](super::POSITION_LINE_BITS); of a fixed site: table index of its
    /// resume function.
    pub const POSITION: u32 = 12;

    /// The function has a linear frame: the last slot holds its pointers.
    pub const FLAG_LINEAR: u16 = 1;
    /// `POINTERS` is the bitmap itself (at most 4 bytes).
    pub const FLAG_INLINE_MAP: u16 = 2;
    /// The call does not return (panics, throws): the frame saves nothing but the linear slot.
    pub const FLAG_NO_RETURN: u16 = 4;
    /// The linear frame holds pointers.
    pub const FLAG_LINEAR_MAP: u16 = 8;
    /// `POSITION` is the address of three `u32`: line, entry, file, with entry 0 or 1 + index into the inline table.
    pub const FLAG_FAR: u16 = 16;
    /// A fixed site.
    pub const FLAG_FIXED: u16 = 32;
}
/// Bytes of a site record.
pub const SITE_BYTES: u32 = 16;

/// The low bits of a site's position are the line. The others are 0, or 1 + the number of the inlined call that the site lies in, counted
/// from the function's `FIRST_INLINE`. The line's file is that of the innermost function's declaration.
pub const POSITION_LINE_BITS: u32 = 19;

/// Record of the function table, [`FUNC_BYTES`] each, indexed by function id; id 0 is unused.
pub mod func {
    /// `u32`, `u32`: address and length of the symbol name (`main.main`, `main.(*T).M`, `main.f.func1`).
    pub const NAME: u32 = 0;
    pub const NAME_LEN: u32 = 4;
    /// `u32`: index into the file table.
    pub const FILE: u32 = 8;
    /// `u32`: line of the declaration.
    pub const LINE: u32 = 12;
    /// `u32`: bytes of the linear frame, a multiple of 16.
    pub const LINEAR_BYTES: u32 = 16;
    /// `u32`: table index of the resume copy, wasm type `(i32) -> ()`, if there is one.
    pub const RESUME: u32 = 20;
    /// `u32`: address of the defer record, 0 if the function defers nothing.
    pub const DEFER: u32 = 24;
    /// `u32`: see `FLAG_*`.
    pub const FLAGS: u32 = 28;
    /// `u32`: id of the first site of this function; sites of one function are consecutive.
    pub const FIRST_SITE: u32 = 32;
    /// `u32`: number of sites.
    pub const SITE_COUNT: u32 = 36;
    /// `u32`: table index of the function if it has one, else 0xFFFF_FFFF.
    pub const TABLE_INDEX: u32 = 40;
    /// `u32`: index of its first row in the inline table; the rows of one function are consecutive.
    pub const FIRST_INLINE: u32 = 44;
    /// `u32`: address of the record of the *objects* in the linear frame, 0 if there are none: a count, for each object its first word and the
    /// word behind it, all `u16`, and a bitmap of the words of the frame that hold pointers. An object is alive if something alive points to
    /// it, besides what the maps of sites say. No two overlap, and there are at most [`MAX_OBJECTS`](super::MAX_OBJECTS).
    pub const OBJECTS: u32 = 48;

    /// Compiler-made wrapper, left out of tracebacks.
    pub const FLAG_WRAPPER: u32 = 1;
    /// Takes no parameters.
    pub const FLAG_BARE: u32 = 2;
}
/// Bytes of a function record.
pub const FUNC_BYTES: u32 = 52;
/// Most objects that a linear frame has.
pub const MAX_OBJECTS: u32 = 64;

/// Record of the inline table, [`INLINE_BYTES`] each: one inlined call.
pub mod inline {
    /// `u32`: function id of the inlined function (its row exists even if no copy of its own was kept).
    pub const FUNC: u32 = 0;
    /// `u32`, `u32`: file index and line of the call that was inlined, in the parent.
    pub const CALL_FILE: u32 = 4;
    pub const CALL_LINE: u32 = 8;
    /// `u32`: 0 if the parent is the function itself, else 1 + index of the enclosing inlined call.
    pub const PARENT: u32 = 12;
}
/// Bytes of an inline record.
pub const INLINE_BYTES: u32 = 16;

/// Defer record of a function. Offsets are from the linear frame pointer.
pub mod defer {
    /// `u32`: offset of the `u64` mask of armed open-coded defers, or 0xFFFF_FFFF.
    pub const MASK: u32 = 0;
    /// `u32`: offset of closure slot 0 (8 bytes each; bit i of the mask belongs to slot i).
    pub const FIRST_SLOT: u32 = 4;
    /// `u32`: number of closure slots.
    pub const SLOTS: u32 = 8;
    /// `u32`: offset of the list head (ptr to a node `{next: ptr, closure: ptr}` of 16 bytes), or 0xFFFF_FFFF. A function uses the mask or the list, never both.
    pub const LIST: u32 = 12;
    /// `u32`: id of the site that runs the remaining defers and returns the named results.
    pub const RECOVER_SITE: u32 = 16;
    /// Offset value that means "none".
    pub const NONE: u32 = 0xFFFF_FFFF;
}
/// Bytes of a defer record.
pub const DEFER_BYTES: u32 = 20;

/// A PC as Go programs see it: `PC_BASE | (func_id << PC_SITE_BITS | number of the site + 1) << PC_SLACK_BITS | PC_SLACK`, with the number of inlined
/// calls to leave out from bit `PC_SKIP_SHIFT` on. The slack keeps PC - 1, PC - 2 and PC - 3 in the same place, as those in a call instruction are:
/// programs subtract from what is less by one already. Site 0 with no slack is the function's entry.
pub const PC_SITE_BITS: u32 = 18;
pub const PC_SLACK_BITS: u32 = 2;
pub const PC_SLACK: u64 = (1 << PC_SLACK_BITS) - 1;
/// Sets program counters apart from table indices, which func values hold.
pub const PC_BASE: u64 = 1 << 40;
pub const PC_SKIP_SHIFT: u32 = 48;
