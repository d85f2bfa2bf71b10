//! What `runtime.ReadMemStats` reports.
//!
//! The overlay's `memStatsRaw` has these `u64` words in this order: alloc, totalAlloc, sys, mallocs, frees, heapSys, heapIdle,
//! heapInuse, heapReleased, heapObjects, stackInuse, stackSys, gcSys, otherSys, nextGC, lastGC, pauseTotalNs, numGC, numForcedGC,
//! lastPauses; then those of [`CYCLES`] latest cycles, cycle `n` at `n % CYCLES`: their pauses, and their ends; then size, mallocs and frees of
//! [`SHOWN_CLASSES`] size classes.

use super::Collector;
use crate::heap::size_class::{self, CLASSES};
use crate::heap::{Cache, Heap};
use crate::mem::pages::PAGE_SHIFT;
use crate::mem::{Addr, raw};
use core::sync::atomic::Ordering::Relaxed;

/// Number of words that [`write`] stores before those of cycles and classes.
pub const WORDS: u32 = 20;
/// Cycles whose pauses are remembered.
pub const CYCLES: u32 = 256;
/// Size classes in `MemStats.BySize`.
pub const SHOWN_CLASSES: u32 = 61;

/// Stores the words at `out`. `caches` are all caches there are; their counts are exact if the world is stopped or they are idle.
pub fn write<'a>(heap: &Heap, collector: &Collector, caches: impl Iterator<Item = &'a Cache>, out: Addr) {
    let mut mallocs = heap.stats.mallocs.load(Relaxed);
    let mut malloc_bytes = heap.stats.malloc_bytes.load(Relaxed);
    let mut tiny = heap.stats.tiny.load(Relaxed);
    let mut per_class = [0; CLASSES];
    for cache in caches {
        cache.each_class(|class, count| {
            if let Some(sum) = per_class.get_mut(class) {
                *sum += count;
            }
        });
        let (objects, bytes, tiny_objects) = cache.counts();
        mallocs += objects;
        malloc_bytes += bytes;
        tiny += tiny_objects;
    }
    let frees = heap.stats.frees.load(Relaxed);
    let alloc = malloc_bytes.saturating_sub(heap.stats.freed_bytes.load(Relaxed));
    let pages = &heap.memory.pages;
    let in_use = u64::from(heap.stats.span_pages.load(Relaxed)) << PAGE_SHIFT;
    let idle = pages.free_bytes();
    let other = pages.total_bytes().saturating_sub(in_use + idle);
    let cycles = &collector.cycles;
    let words: [u64; WORDS as usize] = [
        alloc,
        malloc_bytes,
        pages.total_bytes() + pages.table_bytes(),
        mallocs + tiny,
        frees + tiny,
        in_use + idle,
        idle,
        in_use,
        0,
        mallocs.saturating_sub(frees),
        0,
        0,
        pages.table_bytes(),
        other,
        heap.trigger_bytes.load(Relaxed),
        cycles.last_end_unix_ns.load(Relaxed),
        cycles.pause_total_ns.load(Relaxed),
        cycles.count.load(Relaxed),
        cycles.forced.load(Relaxed),
        cycles.last_pause_ns.load(Relaxed),
    ];
    for (index, word) in words.iter().enumerate() {
        raw::store_u64(out.add(index as u32 * 8), *word);
    }
    let out = out.add(WORDS * 8);
    let history = cycles.history.get();
    if !history.is_null() {
        raw::copy(out, history, CYCLES * 16);
    }
    write_classes(heap, per_class, out.add(CYCLES * 16));
}

/// Stores the words of the size classes. `fresh` counts what the caches have not yet added.
fn write_classes(heap: &Heap, fresh: [u64; CLASSES], out: Addr) {
    let (mallocs, frees) = (&heap.stats.class_mallocs, &heap.stats.class_frees);
    for (class, ((mallocs, frees), fresh)) in (0..SHOWN_CLASSES).zip(mallocs.iter().zip(frees).zip(fresh)) {
        let row = out.add(class * 24);
        raw::store_u64(row, u64::from(size_class::bytes(class)));
        raw::store_u64(row.add(8), mallocs.load(Relaxed) + fresh);
        raw::store_u64(row.add(16), frees.load(Relaxed));
    }
}
