//! Exit codes of a Go program, as Go's own runtime gives them.

/// An unrecovered panic, a fatal error (deadlock, stack overflow, out of memory) or a fatal signal.
pub const PANIC: i32 = 2;
