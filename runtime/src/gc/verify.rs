//! Heap verifier: checks invariants while the world is stopped and the caches are flushed.

use super::mark::Work;
use crate::heap::Heap;
use crate::heap::span::{NO_POINTERS, Span};
use crate::mem::pages::PAGE_BYTES;
use crate::mem::{Ref, raw};
use core::sync::atomic::Ordering::Relaxed;

/// What is wrong, naming the invariant.
pub type Finding = &'static str;

/// Checks spans, lists and page table.
pub fn structures(heap: &Heap) -> Result<(), Finding> {
    let mut outcome = Ok(());
    let mut pages = 0;
    let mut visit = |span: Ref<Span>, swept: bool| {
        pages += span.pages.get();
        if outcome.is_ok() {
            outcome = check_span(heap, span, swept);
        }
    };
    for central in &heap.central {
        central.for_each(&mut visit);
    }
    heap.large.for_each(&mut visit);
    outcome?;
    if pages != heap.stats.span_pages.load(Relaxed) {
        return Err("HEAP-3: a span is in no list");
    }
    heap.memory.pages.verify().map(|_| ())
}

fn check_span(heap: &Heap, span: Ref<Span>, swept: bool) -> Result<(), Finding> {
    for page in 0..span.pages.get() {
        if heap.memory.pages.owner(span.start.get().add(page * PAGE_BYTES)) != span.addr() {
            return Err("HEAP-1");
        }
    }
    if swept && (0..span.words()).any(|word| raw::load_u64(span.mark_word(word)) != 0) {
        return Err("SPAN-3");
    }
    if swept && span.count_allocated() != span.used.get() {
        return Err("SPAN-4: used slots");
    }
    Ok(())
}

/// GC-1 between objects: whatever a marked object points to is marked. To be called between marking and sweeping.
pub fn marking_is_complete(heap: &Heap) -> Result<(), Finding> {
    // A second pass over marked objects with marks already set must find nothing new.
    let work = Work::new();
    let mut worker = super::mark::Worker::new(heap, &work);
    let mut visit = |span: Ref<Span>, _: bool| {
        if span.pointer_kind.get() == NO_POINTERS {
            return;
        }
        for index in 0..u32::from(span.slots.get()) {
            if span.is_marked(index) {
                super::scan::whole_object(&mut worker, raw::reference(span.addr()), span.slot(index));
            }
        }
    };
    for central in &heap.central {
        central.for_each(&mut visit);
    }
    heap.large.for_each(&mut visit);
    worker.drain_all();
    worker.leave();
    if work.live_bytes() == 0 { Ok(()) } else { Err("GC-1") }
}
