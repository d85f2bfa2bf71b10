//! Panics, Goexit, recovery: a walk over frozen frames.
//!
//! A panic freezes its goroutine. The walk goes from the innermost frame outwards; a frame whose function has an armed defer gets it
//! disarmed, and two frames are pushed on top of everything: one that continues the walk (PANIC_STEP), and above it the call of the
//! deferred closure. When that returns, the step either goes on, or, if the closure recovered, drops all frames inside of the one that
//! deferred and lets that one return its results. Because nothing is dropped before, deferred functions see the panicking frames below
//! them, as in Go.
//!
//! Goexit is the same walk without a value. A panic that nobody recovers ends in the overlay's printing function, called above all frames.
//!
//! # Invariants
//! - PANIC-1: the records of a goroutine are linked newest first; the newest that is not aborted is the one whose deferred call runs.
//! - PANIC-2: a record is aborted when a newer walk passes its step: the deferred call it waits for will not return to it.

pub mod level;
pub mod record;
pub mod traceback;
pub mod walk;
