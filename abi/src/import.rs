//! Functions that a host offers to a module.
//!
//! The module name is `wasi_snapshot_preview1` for those of WASI preview 1 (not repeated here) and [`MODULE`] for our own, which only the
//! threaded build uses.

/// wasm import module of Warren's own host functions.
pub const MODULE: &str = "warren";

/// `thread_spawn(arg: i32) -> i32`: starts a thread with its own instance of the module over the same memory and calls its export
/// `warren_thread_start(arg)`. Returns 0, or a negative number if no thread could be started.
pub const THREAD_SPAWN: &str = "thread_spawn";

/// `futex_wait(address: i32, expected: i32, timeout_ns: i64) -> i32`: sleeps while the word holds `expected`. 0 woken, 1 the word
/// differed, 2 timed out. A negative time-out waits without limit.
pub const FUTEX_WAIT: &str = "futex_wait";

/// `futex_wake(address: i32, count: i32) -> i32`: wakes up to `count` sleepers, returns how many.
pub const FUTEX_WAKE: &str = "futex_wake";

/// Number of processors the program may use, for the default of `GOMAXPROCS`: `processor_count() -> i32`.
pub const PROCESSOR_COUNT: &str = "processor_count";

/// `poll_break()`: makes WASI's `poll_oneoff` without a clock that waits now on some thread, or the next one, return `EINTR`. For one poller at a time.
pub const POLL_BREAK: &str = "poll_break";

/// `sha1_blocks(state: i32, data: i32, bytes: i32) -> i32`, and so for the others: the block function of a hash, done by the host's processor.
/// It takes whole blocks from the `bytes` at `data` into the hash's words at `state`, as many as it likes but at least one, and returns how
/// many bytes these were.
pub const SHA1_BLOCKS: &str = "sha1_blocks";
pub const SHA256_BLOCKS: &str = "sha256_blocks";
pub const SHA512_BLOCKS: &str = "sha512_blocks";
