//! Objects above 32 KiB: a span each, swept like the others.

use super::span::{Shape, Span};
use super::{FLAG_NO_ZERO, Heap};
use crate::mem::lock::Lock;
use crate::mem::pages::PAGE_BYTES;
use crate::mem::{Addr, Plain, Ref, raw};
use core::sync::atomic::Ordering::Relaxed;

/// Lists of large objects under `lock`.
pub struct LargeObjects {
    lock: Lock,
    swept: Plain<Addr>,
    unswept: Plain<Addr>,
}

impl LargeObjects {
    pub const fn new() -> LargeObjects {
        LargeObjects { lock: Lock::new(), swept: Plain::new(Addr::NULL), unswept: Plain::new(Addr::NULL) }
    }

    fn push_swept(&self, span: Ref<Span>) {
        let _guard = self.lock.lock();
        span.next.set(self.swept.get());
        self.swept.set(span.addr());
    }

    fn pop_unswept(&self) -> Option<Ref<Span>> {
        let _guard = self.lock.lock();
        let span = Ref::<Span>::at(self.unswept.get())?;
        self.unswept.set(span.next.get());
        Some(span)
    }

    /// The world is stopped and everything is swept.
    pub fn mark_unswept(&self) {
        self.unswept.set(self.swept.get());
        self.swept.set(Addr::NULL);
    }

    /// Calls `visit` for every large object. The world is stopped.
    pub fn for_each(&self, mut visit: impl FnMut(Ref<Span>, bool)) {
        for (list, swept) in [(&self.swept, true), (&self.unswept, false)] {
            let mut next = list.get();
            while let Some(span) = Ref::<Span>::at(next) {
                next = span.next.get();
                visit(span, swept);
            }
        }
    }
}

impl Default for LargeObjects {
    fn default() -> LargeObjects {
        LargeObjects::new()
    }
}

impl Heap {
    /// A large object; None if no memory is left. `element` is NULL or the type that repeats through it.
    pub(super) fn alloc_large(&self, bytes: u32, element: Addr, flags: u32) -> Option<Addr> {
        if bytes > u32::MAX - 4 * PAGE_BYTES {
            return None;
        }
        let span = self.new_span(&Shape::large(bytes))?;
        let start = span.start.get();
        span.pointers.set(element);
        let overwritten = element.is_null() && flags & FLAG_NO_ZERO != 0;
        if !span.fresh.get() && !overwritten {
            raw::zero(start, bytes);
        }
        span.set_allocated(0, 1, true);
        span.used.set(1);
        self.stats.mallocs.fetch_add(1, Relaxed);
        self.stats.malloc_bytes.fetch_add(page_bytes(span), Relaxed);
        self.live_bytes.fetch_add(page_bytes(span), Relaxed);
        self.large.push_swept(span);
        Some(start)
    }

    /// Frees unmarked large objects until `pages` pages became free or all are swept; how many became free.
    pub(super) fn sweep_large(&self, pages: u32) -> u32 {
        let mut freed = 0;
        while freed < pages {
            let Some(span) = self.large.pop_unswept() else { break };
            if span.is_marked(0) {
                raw::store_u64(span.mark_word(0), 0);
                self.large.push_swept(span);
            } else {
                self.stats.frees.fetch_add(1, Relaxed);
                self.stats.freed_bytes.fetch_add(page_bytes(span), Relaxed);
                freed += span.pages.get();
                self.release_span(span);
            }
        }
        freed
    }
}

fn page_bytes(span: Ref<Span>) -> u64 {
    u64::from(span.pages.get()) * u64::from(PAGE_BYTES)
}
