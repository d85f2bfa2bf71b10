//! Who asks whom to stop.
//!
//! A collection begins with a *request*: an allocation that answered NULL, `runtime.GC`, or the memory limit. The machine that has the
//! request freezes its goroutine like any blocking call and returns to its scheduler loop, where no Rust operation is under way and every
//! value the goroutine needs is in its frozen frames. There it asks the scheduler to stop the world:
//!
//! - machines that run Go code see the poll word and freeze at their next poll;
//! - machines in a host call are stopped where they are: they touch no Go memory before they have passed the door again;
//! - idle machines stay idle, or help marking ([`super::Collector::mark`]).
//!
//! With the world stopped the machine flushes all caches, runs the cycle, allocates what was asked for, and starts the world. A second
//! machine whose allocation was refused meanwhile finds the cycle done and only allocates ([`CycleGate`]).

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{AcqRel, Acquire};

/// Numbers cycles, so that requests which arrive together cause one cycle.
pub struct CycleGate {
    finished: AtomicU32,
}

impl CycleGate {
    pub const fn new() -> CycleGate {
        CycleGate { finished: AtomicU32::new(0) }
    }

    /// Noted when a request is made.
    pub fn ticket(&self) -> u32 {
        self.finished.load(Acquire)
    }

    /// With the world stopped: a cycle that serves the request still has to be run.
    pub fn is_due(&self, ticket: u32) -> bool {
        self.finished.load(Acquire) == ticket
    }

    /// A cycle was run.
    pub fn pass(&self) {
        self.finished.fetch_add(1, AcqRel);
    }
}

impl Default for CycleGate {
    fn default() -> CycleGate {
        CycleGate::new()
    }
}
