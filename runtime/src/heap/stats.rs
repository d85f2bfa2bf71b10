//! What the heap counts. `gc::stats` makes of it what `runtime.ReadMemStats` reports.

use super::size_class::CLASSES;
use core::sync::atomic::{AtomicU32, AtomicU64};

/// Counts of the whole heap. Caches count their own allocations and add them when they are flushed.
pub struct Counters {
    pub mallocs: AtomicU64,
    pub malloc_bytes: AtomicU64,
    pub frees: AtomicU64,
    pub freed_bytes: AtomicU64,
    /// Objects below 16 bytes that share a block: counted as allocated and freed at once.
    pub tiny: AtomicU64,
    /// Pages of spans.
    pub span_pages: AtomicU32,
    /// Objects by size class.
    pub class_mallocs: [AtomicU64; CLASSES],
    pub class_frees: [AtomicU64; CLASSES],
}

impl Counters {
    pub const fn new() -> Counters {
        Counters {
            mallocs: AtomicU64::new(0),
            malloc_bytes: AtomicU64::new(0),
            frees: AtomicU64::new(0),
            freed_bytes: AtomicU64::new(0),
            tiny: AtomicU64::new(0),
            span_pages: AtomicU32::new(0),
            class_mallocs: [const { AtomicU64::new(0) }; CLASSES],
            class_frees: [const { AtomicU64::new(0) }; CLASSES],
        }
    }
}

impl Default for Counters {
    fn default() -> Counters {
        Counters::new()
    }
}
