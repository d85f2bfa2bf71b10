//! The collector: precise, parallel mark with the world stopped, lazy sweep, nothing moves.
//!
//! # A cycle
//! 1. The scheduler stops the world ([`safepoint`]) and flushes all caches ([`crate::heap::Heap::flush`]).
//! 2. [`Collector::start`]: what the last cycle left unswept is swept; root jobs are laid out.
//! 3. [`Collector::mark`], by as many machines at once as like to: roots, then everything reachable ([`mark`]).
//! 4. [`Collector::finish`], by one machine after the others have left `mark`: weak handles, cleanups and finalizers ([`specials`]), the
//!    sampled objects that are gone ([`profile`]), the next trigger ([`pacer`]), and all spans become unswept ([`crate::heap::central`]).
//! 5. The world goes on.
//!
//! # For a concurrent mark to come
//! Nothing above the phases depends on the world being stopped but: plain reads of pointer slots in [`mark`], flushed caches (allocation
//! bits are exact, new objects need a mark otherwise), and roots read once. A write barrier would grey through the same
//! [`mark::Worker::grey`].
//!
//! # Invariants
//! - GC-1: when marking ends, every pointer in a marked object, and every root, that resolves to a slot resolves to a marked one.
//! - GC-2: an address is never dereferenced unless it resolved to a span; any value may stand in a pointer slot.

pub mod mark;
pub mod pacer;
pub mod profile;
pub mod roots;
pub mod safepoint;
pub mod scan;
pub mod specials;
pub mod stats;
pub mod verify;

use crate::heap::Heap;
use crate::mem::{Addr, Plain};
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;
use mark::{Work, Worker};
use roots::RootSource;

/// Counts over all cycles, for `MemStats`.
pub struct Cycles {
    pub count: AtomicU64,
    pub forced: AtomicU64,
    pub pause_total_ns: AtomicU64,
    pub last_pause_ns: AtomicU64,
    /// Pauses of the latest cycles, and their ends in nanoseconds since 1970, as [`stats`] describes them. NULL before the first.
    pub history: Plain<Addr>,
    /// Nanoseconds since 1970.
    pub last_end_unix_ns: AtomicU64,
}

/// The collector of a heap.
pub struct Collector {
    work: Work,
    pub specials: specials::Specials,
    pub profile: profile::HeapProfile,
    pub pacer: pacer::Pacer,
    pub cycles: Cycles,
    /// Print a line for every cycle.
    pub trace: Plain<bool>,
    /// Check GC-1 after every mark phase; set before the first collection.
    pub check: Plain<bool>,
}

/// What a finished cycle tells the scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Bytes found alive.
    pub live_bytes: u64,
    /// Calls wait for the finalizer goroutine.
    pub calls_ready: bool,
    /// False: an invariant does not hold; the program cannot go on. Only if `check` is set.
    pub sound: bool,
}

impl Collector {
    pub const fn new() -> Collector {
        Collector {
            work: Work::new(),
            specials: specials::Specials::new(),
            profile: profile::HeapProfile::new(),
            pacer: pacer::Pacer::new(),
            cycles: Cycles {
                count: AtomicU64::new(0),
                forced: AtomicU64::new(0),
                pause_total_ns: AtomicU64::new(0),
                last_pause_ns: AtomicU64::new(0),
                history: Plain::new(Addr::NULL),
                last_end_unix_ns: AtomicU64::new(0),
            },
            trace: Plain::new(false),
            check: Plain::new(false),
        }
    }

    /// Takes the collector's keys from the value of `GODEBUG`: `gczeal=1` collects at every allocation, `gctrace=1` prints a line for each collection,
    /// `gccheckmark=1` checks after every mark phase that nothing was missed. Called before the first allocation.
    pub fn configure_debug(&self, heap: &Heap, text: &[u8]) {
        for setting in text.split(|&byte| byte == b',') {
            match setting {
                b"gczeal=1" => heap.set_zeal(true),
                b"gctrace=1" => self.trace.set(true),
                b"gccheckmark=1" => {
                    self.check.set(true);
                    heap.tells_zombies.store(true, Relaxed);
                }
                _ => {}
            }
        }
    }

    /// Begins a cycle. The world is stopped and all caches are flushed. `workers` is the number of machines that may call
    /// [`Collector::mark`]; 1 lets the only one do without atomic operations.
    pub fn start(&self, heap: &Heap, roots: &impl RootSource, workers: u32) {
        heap.sweep_all();
        self.work.start(roots.jobs(), workers);
    }

    /// Takes part in marking until nothing is left to do. A machine that comes late returns at once.
    pub fn mark(&self, heap: &Heap, roots: &impl RootSource) {
        let mut worker = Worker::new(heap, &self.work);
        worker.run(roots);
        worker.leave();
    }

    /// Ends the cycle. Waits for the other workers to leave.
    pub fn finish(&self, heap: &Heap) -> Outcome {
        self.work.close();
        let mut worker = Worker::new(heap, &self.work);
        worker.recover_lost();
        self.specials.settle(&mut worker);
        self.profile.settle(&mut worker);
        worker.leave();
        let sound = !self.check.get() || verify::marking_is_complete(heap).is_ok();
        let live_bytes = self.work.live_bytes();
        heap.live_bytes.store(live_bytes, Relaxed);
        heap.trigger_bytes.store(self.pacer.trigger(heap, live_bytes), Relaxed);
        heap.start_sweep();
        self.cycles.count.fetch_add(1, Relaxed);
        Outcome { live_bytes, calls_ready: self.specials.has_ready(), sound }
    }

    /// A whole cycle on the calling thread, with the world stopped and the caches flushed.
    pub fn collect(&self, heap: &Heap, roots: &impl RootSource) -> Outcome {
        self.start(heap, roots, 1);
        self.mark(heap, roots);
        self.finish(heap)
    }
}

impl Default for Collector {
    fn default() -> Collector {
        Collector::new()
    }
}

#[cfg(test)]
pub(crate) mod tests;
