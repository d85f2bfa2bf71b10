//! The Go heap: size-class spans with a cache per processor, and large objects apart.
//!
//! # Life of an object
//! [`Heap::alloc`] takes it from the *run* that the caller's [`Cache`] has in hand for its class: a stretch of free, zeroed slots, used up
//! front to back. An empty run is refilled from the next free slots of the same span, then from another span of the class: one that is
//! swept and has room, one that still has to be swept, or new pages. Objects are never moved. The collector marks them while the world
//! is stopped; spans are swept when somebody needs their slots or pages ([`central`]).
//!
//! # When a collection is due
//! Bytes are counted when a cache takes a span, so the fast path counts nothing. If the count has reached the pacer's trigger, `alloc`
//! answers NULL instead of taking a span. It collects nothing itself: the caller lets the goroutine freeze, the scheduler stops the
//! world, collects, and allocates with [`Heap::alloc_now`].
//!
//! # Invariants
//! - HEAP-1: every page of a span has the span's record as owner in the page table; all other pages have none.
//! - HEAP-2: memory is zero when it is handed out.
//! - HEAP-3: a span is in exactly one place: a cache, a list of [`central`], the list of large objects, or a sweeper's hands.
//!
//! Lock order: a central list, then [`records`], then `mem`'s arena, then its pages. No two central lists at once.

pub mod alloc;
pub mod central;
pub mod large;
pub mod records;
mod sample;
pub mod size_class;
pub mod span;
pub mod stats;

pub use alloc::Cache;

use crate::mem::source::Source;
use crate::mem::{Addr, Memory, Plain, Ref};
use central::Central;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use span::Span;

/// Span classes: `class << 1 | noscan`.
pub const SPAN_CLASSES: usize = size_class::CLASSES * 2;

/// `flags` of an allocation: the caller overwrites the whole object before anything can look at it. Honoured for large pointerless ones.
pub const FLAG_NO_ZERO: u32 = 1;

/// Smallest heap that is collected, at `GOGC=100`.
pub const MIN_HEAP_BYTES: u64 = 4 << 20;

/// The heap of a program. One per program; tests have several.
pub struct Heap {
    pub memory: Memory,
    pub(crate) central: [Central; SPAN_CLASSES],
    pub(crate) large: large::LargeObjects,
    pub(crate) records: records::Records,
    pub stats: stats::Counters,
    /// Bytes of objects found alive by the last collection, plus all that was handed to caches since.
    pub(crate) live_bytes: AtomicU64,
    /// A collection is due when `live_bytes` reaches this.
    pub(crate) trigger_bytes: AtomicU64,
    /// Next span class for `reclaim` to sweep; `SPAN_CLASSES` and above: nothing is left.
    pub(crate) reclaim_cursor: AtomicU32,
    /// Ask for a collection at every allocation ("zeal"), to find missing roots.
    pub(crate) zeal: AtomicBool,
    /// End the program if a free slot was marked (a checking mode). An address that a loop computes may lie just behind its object, and marks
    /// what is there: so not always.
    pub(crate) tells_zombies: AtomicBool,
    /// What objects of size 0 have as their address.
    pub(crate) zero_base: Plain<Addr>,
    /// Address of `runtime.MemProfileRate`, how many bytes there are to a sample, if the program can ask for the profile of the heap.
    pub(crate) profile_rate: Plain<Addr>,
}

/// An object that an address points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub span: Ref<Span>,
    pub index: u32,
    pub start: Addr,
}

impl Heap {
    /// A heap without memory; see [`Heap::init`].
    pub const fn new(source: Source) -> Heap {
        Heap {
            memory: Memory::new(source),
            central: [const { Central::new() }; SPAN_CLASSES],
            large: large::LargeObjects::new(),
            records: records::Records::new(),
            stats: stats::Counters::new(),
            live_bytes: AtomicU64::new(0),
            trigger_bytes: AtomicU64::new(MIN_HEAP_BYTES),
            reclaim_cursor: AtomicU32::new(SPAN_CLASSES as u32),
            zeal: AtomicBool::new(false),
            tells_zombies: AtomicBool::new(false),
            zero_base: Plain::new(Addr::NULL),
            profile_rate: Plain::new(Addr::NULL),
        }
    }

    /// Takes over all memory from `start` upwards. False if there is too little.
    pub fn init(&self, start: Addr) -> bool {
        if !self.memory.init(start) {
            return false;
        }
        let Some(base) = self.memory.alloc(16) else { return false };
        self.zero_base.set(base);
        true
    }

    /// Turns zeal mode on or off. Runs already in caches are used up first, so turn it on before the first allocation.
    pub fn set_zeal(&self, zeal: bool) {
        self.zeal.store(zeal, Relaxed);
    }

    /// Bytes found alive by the last collection and handed to caches since.
    pub fn last_live_bytes(&self) -> u64 {
        self.live_bytes.load(Relaxed)
    }

    /// Sets how many such bytes make a collection due.
    pub fn set_trigger_bytes(&self, bytes: u64) {
        self.trigger_bytes.store(bytes, Relaxed);
    }

    /// Span that `address` points into. Any address may be asked about.
    #[inline(always)]
    pub fn span_of(&self, address: Addr) -> Option<Ref<Span>> {
        let span = Ref::<Span>::at(self.memory.pages.owner(address))?;
        if address.offset_from(span.start.get()) < span.bytes.get() { Some(span) } else { None }
    }

    /// Slot that `address` points into, whether or not it is in use.
    pub fn find(&self, address: Addr) -> Option<Found> {
        let span = self.span_of(address)?;
        let index = span.index_of(address.offset_from(span.start.get()));
        Some(Found { span, index, start: span.slot(index) })
    }

    /// Makes a span of `shape`; None if no pages can be had.
    pub(crate) fn new_span(&self, shape: &span::Shape) -> Option<Ref<Span>> {
        let run = self.alloc_pages(shape.pages)?;
        let Some(record) = self.records.take(&self.memory, shape) else {
            self.memory.pages.free(run.start, shape.pages);
            return None;
        };
        let span = Span::create(record, shape, run.start, run.fresh)?;
        self.memory.pages.set_owner(run.start, shape.pages, span.addr());
        self.stats.span_pages.fetch_add(shape.pages, Relaxed);
        Some(span)
    }

    /// Gives back the pages and the record of a span without live objects that is in no list.
    pub(crate) fn release_span(&self, span: Ref<Span>) {
        let pages = span.pages.get();
        self.memory.pages.set_owner(span.start.get(), pages, Addr::NULL);
        self.memory.pages.free(span.start.get(), pages);
        self.stats.span_pages.fetch_sub(pages, Relaxed);
        self.records.give(span);
    }

    /// Pages: free ones, those of unswept spans, or new ones.
    fn alloc_pages(&self, pages: u32) -> Option<crate::mem::pages::Run> {
        if let Some(run) = self.memory.pages.alloc_existing(pages) {
            return Some(run);
        }
        while self.reclaim(pages) {
            if let Some(run) = self.memory.pages.alloc_existing(pages) {
                return Some(run);
            }
        }
        self.memory.pages.alloc(pages)
    }
}

#[cfg(test)]
mod tests;
