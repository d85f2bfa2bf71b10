//! `ModuleInfo`: what a compiled program tells the runtime about itself. The compiler lays it out in data; `warren_init` gets its address.
//! Offsets in bytes, every field a `u32`.

/// [`crate::ABI_VERSION`].
pub const VERSION: u32 = 0;
/// Table index of `call_frame(resume_index: i32, trailer: i32) -> i32`: thaws a frame, given the address of its trailer. 0: the frame returned, its
/// results are in the result area. Else the goroutine froze: the frames lie from this address up to `UNWIND_TOP`.
pub const CALL_FRAME: u32 = 4;
/// Table index of `set_machine(machine: i32)`, which stores the wasm global `$m` of this instance.
pub const SET_MACHINE: u32 = 8;
/// Closure object of the function the main goroutine runs (overlay's `runtime.main`, which runs the initializers and main.main).
pub const MAIN: u32 = 12;
/// Address and number of rows of the site table.
pub const SITES: u32 = 16;
pub const SITE_COUNT: u32 = 20;
/// Address and number of rows of the function table.
pub const FUNCS: u32 = 24;
pub const FUNC_COUNT: u32 = 28;
/// Address of the inline table.
pub const INLINES: u32 = 32;
/// Address and number of rows of the file table: `{address: u32, length: u32}` each.
pub const FILES: u32 = 36;
pub const FILE_COUNT: u32 = 40;
/// Writable data that can hold pointers: start, end (8-byte aligned) and address of its bitmap, one bit per 8-byte word.
pub const DATA_START: u32 = 44;
pub const DATA_END: u32 = 48;
pub const DATA_POINTERS: u32 = 52;
/// First address behind all static data: the heap begins here.
pub const HEAP_START: u32 = 56;
/// Base address that `abi.NameOff` and `abi.TypeOff` count from, and its end.
pub const TYPES_START: u32 = 60;
pub const TYPES_END: u32 = 64;
/// Array of `u32` addresses of the module's static itabs, and their number.
pub const ITABS: u32 = 68;
pub const ITAB_COUNT: u32 = 72;
/// Array of `u32` addresses of type descriptors sorted by their string, and their number.
pub const TYPE_LINKS: u32 = 76;
pub const TYPE_LINK_COUNT: u32 = 80;
/// Address and length of the build information text.
pub const BUILD_INFO: u32 = 84;
pub const BUILD_INFO_LEN: u32 = 88;
/// Closure object of the overlay's `func()` that prints an unrecovered panic (see `panic_record` in [`crate::entry`]), 0 if there is none.
pub const FATAL_PANIC: u32 = 92;
/// Array of `u32` addresses of the records for calls by reflection (0: left out), and their number.
pub const CALL_RECORDS: u32 = 96;
pub const CALL_RECORD_COUNT: u32 = 100;
/// Address of the stream of packed tables (see [`crate::packed`]), 0 if the tables are there as they are.
pub const PACKED: u32 = 104;
/// Bytes of the structure.
pub const BYTES: u32 = 112;
