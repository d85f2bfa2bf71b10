//! Spans of one class that no cache holds, and sweeping.
//!
//! After a mark phase nothing is swept at first: the collector turns each class's lists into lists of unswept spans, and spans are swept
//! when a cache needs one of the class, when pages are needed ([`Heap::reclaim`]), by whoever is idle ([`Heap::sweep_some`]), or at
//! the latest before the next mark phase ([`Heap::sweep_all`]).

use super::span::Span;
use super::{Heap, SPAN_CLASSES};
use crate::mem::lock::Lock;
use crate::mem::{Addr, Plain, Ref, raw};
use core::sync::atomic::Ordering::Relaxed;

/// Lists of spans of one span class, all under `lock`.
pub struct Central {
    lock: Lock,
    /// Swept, with at least one free slot.
    partial: Plain<Addr>,
    /// Swept, without free slots.
    full: Plain<Addr>,
    /// Former `partial` and `full`, not yet swept.
    unswept_partial: Plain<Addr>,
    unswept_full: Plain<Addr>,
}

fn push(list: &Plain<Addr>, span: Ref<Span>) {
    span.next.set(list.get());
    list.set(span.addr());
}

fn pop(list: &Plain<Addr>) -> Option<Ref<Span>> {
    let span = Ref::<Span>::at(list.get())?;
    list.set(span.next.get());
    span.next.set(Addr::NULL);
    Some(span)
}

impl Central {
    pub const fn new() -> Central {
        Central {
            lock: Lock::new(),
            partial: Plain::new(Addr::NULL),
            full: Plain::new(Addr::NULL),
            unswept_partial: Plain::new(Addr::NULL),
            unswept_full: Plain::new(Addr::NULL),
        }
    }

    /// Puts a swept span back.
    pub fn give(&self, span: Ref<Span>) {
        let full = span.used.get() == u32::from(span.slots.get());
        let _guard = self.lock.lock();
        push(if full { &self.full } else { &self.partial }, span);
    }

    fn take_swept(&self) -> Option<Ref<Span>> {
        let _guard = self.lock.lock();
        pop(&self.partial)
    }

    fn take_unswept(&self) -> Option<Ref<Span>> {
        let _guard = self.lock.lock();
        pop(&self.unswept_partial).or_else(|| pop(&self.unswept_full))
    }

    /// Everything must be swept anew. The world is stopped and all spans are swept.
    pub fn mark_unswept(&self) {
        debug_assert!(self.unswept_partial.get().is_null() && self.unswept_full.get().is_null(), "sweeping is complete before marking");
        self.unswept_partial.set(self.partial.get());
        self.unswept_full.set(self.full.get());
        self.partial.set(Addr::NULL);
        self.full.set(Addr::NULL);
    }

    /// Calls `visit` for every span. The world is stopped.
    pub fn for_each(&self, mut visit: impl FnMut(Ref<Span>, bool)) {
        for (list, swept) in [(&self.partial, true), (&self.full, true), (&self.unswept_partial, false), (&self.unswept_full, false)] {
            let mut next = list.get();
            while let Some(span) = Ref::<Span>::at(next) {
                next = span.next.get();
                visit(span, swept);
            }
        }
    }
}

impl Default for Central {
    fn default() -> Central {
        Central::new()
    }
}

impl Heap {
    /// A span of `span_class` with a free slot from the lists, swept.
    pub(super) fn take_span(&self, span_class: usize) -> Option<Ref<Span>> {
        let central = self.central.get(span_class)?;
        if let Some(span) = central.take_swept() {
            return Some(span);
        }
        while let Some(span) = central.take_unswept() {
            self.sweep(span);
            if span.used.get() < u32::from(span.slots.get()) {
                return Some(span);
            }
            central.give(span);
        }
        None
    }

    /// Turns the mark bits of a span into its allocation bits. The caller took it off a list.
    fn sweep(&self, span: Ref<Span>) {
        let allocated = span.allocated.get();
        let mut used = 0;
        for word in 0..span.words() {
            let marks = raw::load_u64(span.mark_word(word));
            let zombies = marks & !raw::load_u64(allocated.add(word * 8));
            if zombies != 0 && self.tells_zombies.load(Relaxed) {
                crate::fatal::zombie(span.slot(word * 64 + zombies.trailing_zeros()), span.object_bytes.get());
            }
            used += marks.count_ones();
            raw::store_u64(allocated.add(word * 8), marks);
            raw::store_u64(span.mark_word(word), 0);
        }
        let freed = span.used.get().wrapping_sub(used);
        span.used.set(used);
        span.fresh.set(false);
        if freed != 0 {
            self.stats.frees.fetch_add(u64::from(freed), Relaxed);
            if let Some(counter) = self.stats.class_frees.get(usize::from(span.class.get())) {
                counter.fetch_add(u64::from(freed), Relaxed);
            }
            self.stats.freed_bytes.fetch_add(u64::from(freed) * u64::from(span.object_bytes.get()), Relaxed);
        }
    }

    /// Sweeps one span of the class and puts it where it belongs. None: all are swept; else the pages that became free.
    fn sweep_one(&self, span_class: usize) -> Option<u32> {
        let central = self.central.get(span_class)?;
        let span = central.take_unswept()?;
        self.sweep(span);
        if span.used.get() == 0 {
            let pages = span.pages.get();
            self.release_span(span);
            return Some(pages);
        }
        central.give(span);
        Some(0)
    }

    /// Sweeps until at least `pages` pages became free. False: everything is swept and fewer did.
    pub(super) fn reclaim(&self, pages: u32) -> bool {
        let mut freed = self.sweep_large(pages);
        while freed < pages {
            let class = self.reclaim_cursor.load(Relaxed);
            if class >= SPAN_CLASSES as u32 {
                break;
            }
            match self.sweep_one(class as usize) {
                Some(more) => freed += more,
                None => {
                    // Another thread may have moved the cursor already; a class skipped here is swept at the latest by `sweep_all`.
                    let _ = self.reclaim_cursor.compare_exchange(class, class + 1, Relaxed, Relaxed);
                }
            }
        }
        freed >= pages
    }

    /// Sweeps a few spans; for threads with nothing else to do. False: everything is swept.
    pub fn sweep_some(&self) -> bool {
        self.reclaim(4)
    }

    /// Sweeps all that is left. Any number of threads may do so together; each returns when nothing is left to take.
    pub fn sweep_all(&self) {
        self.sweep_large(u32::MAX);
        for class in 0..SPAN_CLASSES {
            while self.sweep_one(class).is_some() {}
        }
    }

    /// Ends a mark phase: all spans have to be swept. The world is stopped, caches are flushed.
    pub(crate) fn start_sweep(&self) {
        for central in &self.central {
            central.mark_unswept();
        }
        self.large.mark_unswept();
        self.reclaim_cursor.store(0, Relaxed);
    }
}
