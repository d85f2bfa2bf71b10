//! Allocation and the caches of processors (Go's `mcache`).

use super::size_class::{self, BITMAP_MAX_BYTES, SMALL_MAX_BYTES};
use super::span::{BITMAP, Shape, Span, TYPES};
use super::{Heap, SPAN_CLASSES};
use crate::mem::pages::PAGE_BYTES;
use crate::mem::{Addr, Plain, Ref, raw};
use core::sync::atomic::Ordering::Relaxed;
use warren_abi::typedesc;

/// Sizes that the fast path handles: those that have a bitmap or no pointers at all.
const FAST_MAX_BYTES: u32 = BITMAP_MAX_BYTES;
/// Pointerless objects below this size share blocks of this size.
const TINY_BYTES: u32 = 16;
const TINY_CLASS: u32 = 2;
/// Objects above this size are zeroed one by one, smaller ones a run at a time.
const RUN_MAX_OBJECT_BYTES: u32 = 512;

/// What a cache has in hand for one span class: a run of free slots, and the free slots behind it in the same group of 64. The groups
/// before that are used up, those behind it untouched.
struct Bin {
    /// Next free slot and end of the run. Empty: both equal.
    next: Plain<Addr>,
    end: Plain<Addr>,
    /// The span, NULL if none.
    span: Plain<Addr>,
    /// The span's bitmap, if its kind is `BITMAP`.
    bitmap: Plain<Addr>,
    /// Free slots of the group besides the run, one bit each. They count as allocated in the span (SPAN-4).
    bits: Plain<u64>,
    /// The group, and the address of its first slot.
    group: Plain<u32>,
    group_start: Plain<Addr>,
}

impl Bin {
    const fn new() -> Bin {
        Bin {
            next: Plain::new(Addr::NULL),
            end: Plain::new(Addr::NULL),
            span: Plain::new(Addr::NULL),
            bitmap: Plain::new(Addr::NULL),
            bits: Plain::new(0),
            group: Plain::new(0),
            group_start: Plain::new(Addr::NULL),
        }
    }

    /// Free slots in hand.
    fn free_slots(&self, object_bytes: u32) -> u32 {
        self.end.get().offset_from(self.next.get()) / object_bytes + self.bits.get().count_ones()
    }

    fn close(&self) {
        self.span.set(Addr::NULL);
        self.next.set(Addr::NULL);
        self.end.set(Addr::NULL);
        self.bits.set(0);
    }
}

/// The spans a processor allocates from. One thread at a time uses a cache; the collector flushes it while the world is stopped.
pub struct Cache {
    bins: [Bin; SPAN_CLASSES],
    /// Free rest of the current block of tiny objects.
    tiny_next: Plain<Addr>,
    tiny_end: Plain<Addr>,
    tiny_count: Plain<u64>,
    /// Objects and bytes of all groups taken since the last flush.
    objects: Plain<u64>,
    bytes: Plain<u64>,
    /// The same objects by size class.
    class_objects: [Plain<u32>; size_class::CLASSES],
    /// The rate of samples for the profile of the heap that was met last, 0: none; and bytes up to the next sample.
    pub(super) sample_rate: Plain<u32>,
    pub(super) sample_left: Plain<u32>,
}

/// Why there is no object.
enum Refusal {
    /// A collection is due, or a sample.
    Due,
    /// The memory cannot grow further.
    Exhausted,
}

impl Cache {
    pub const fn new() -> Cache {
        Cache {
            bins: [const { Bin::new() }; SPAN_CLASSES],
            tiny_next: Plain::new(Addr::NULL),
            tiny_end: Plain::new(Addr::NULL),
            tiny_count: Plain::new(0),
            objects: Plain::new(0),
            bytes: Plain::new(0),
            class_objects: [const { Plain::new(0) }; size_class::CLASSES],
            sample_rate: Plain::new(0),
            sample_left: Plain::new(0),
        }
    }

    /// Objects, bytes and tiny objects allocated since the last flush.
    pub fn counts(&self) -> (u64, u64, u64) {
        let mut objects = self.objects.get();
        let mut bytes = self.bytes.get();
        for bin in &self.bins {
            if let Some(span) = Ref::<Span>::at(bin.span.get()) {
                let object_bytes = span.object_bytes.get().max(1);
                let free = bin.free_slots(object_bytes);
                bytes -= u64::from(free * object_bytes);
                objects -= u64::from(free);
            }
        }
        (objects, bytes, self.tiny_count.get())
    }

    /// Calls `visit` with each size class and the number of objects of it allocated since the last flush.
    pub fn each_class(&self, mut visit: impl FnMut(usize, u64)) {
        for (class, (count, bins)) in self.class_objects.iter().zip(self.bins.chunks(2)).enumerate() {
            let free = |bin: &Bin| {
                let span = Ref::<Span>::at(bin.span.get());
                span.map_or(0, |span| bin.free_slots(span.object_bytes.get().max(1)))
            };
            visit(class, u64::from(count.get()).saturating_sub(bins.iter().map(|bin| u64::from(free(bin))).sum()));
        }
    }
}

impl Default for Cache {
    fn default() -> Cache {
        Cache::new()
    }
}

/// The type has pointers.
#[inline(always)]
fn has_pointers(element: Addr) -> bool {
    !element.is_null() && raw::load_u32(element.add(typedesc::PTR_BYTES)) != 0
}

/// The pointer bitmap of an object of at most 64 words filled with `element`s.
#[inline(always)]
fn pointer_bits(bytes: u32, element: Addr) -> u64 {
    let element_bytes = raw::load_u32(element.add(typedesc::SIZE));
    let pointer_words = raw::load_u32(element.add(typedesc::PTR_BYTES)) / 8;
    let data = raw::load_addr(element.add(typedesc::GC_DATA));
    let bits = raw::load_u64(data) & (u64::MAX >> ((64 - pointer_words) & 63));
    if bytes < element_bytes * 2 { bits } else { repeat(bits, bytes, element_bytes) }
}

/// `bits` for every whole element of `element_bytes` in `bytes`.
fn repeat(bits: u64, bytes: u32, element_bytes: u32) -> u64 {
    let mut bits = bits;
    let mut covered = element_bytes;
    while covered * 2 <= bytes {
        bits |= bits << (covered / 8);
        covered *= 2;
    }
    // The rest overlaps what is there: shifting by whole elements keeps the pattern.
    let rest = (bytes - covered) / element_bytes * element_bytes;
    if rest > 0 { bits | bits << (rest / 8) } else { bits }
}

impl Heap {
    /// A zeroed object of `bytes` bytes. `element` is NULL for an object without pointers, else the type whose pointer bitmap repeats
    /// through the object. NULL: a collection or a sample is due or the memory is used up; collect if [`Heap::is_due`], then call
    /// [`Heap::alloc_now`].
    #[inline(always)]
    pub fn alloc(&self, cache: &Cache, bytes: u32, element: Addr, flags: u32) -> Addr {
        if bytes.wrapping_sub(1) < FAST_MAX_BYTES {
            let noscan = !has_pointers(element);
            if noscan && bytes < TINY_BYTES {
                let room = cache.alloc_tiny(bytes);
                if !room.is_null() {
                    return room;
                }
                let bin = &cache.bins[(TINY_CLASS * 2 + 1) as usize];
                let block = bin.next.get();
                if block != bin.end.get() {
                    bin.next.set(block.add(TINY_BYTES));
                    cache.keep_tiny(block, bytes);
                    return block;
                }
            } else {
                let class = size_class::fine(bytes);
                let object_bytes = size_class::bytes(class);
                let bin = &cache.bins[(class * 2 + u32::from(noscan)) as usize % SPAN_CLASSES];
                let object = bin.next.get();
                if object != bin.end.get() {
                    bin.next.set(object.add(object_bytes));
                    if !noscan {
                        set_bitmap(bin.bitmap.get(), object, pointer_bits(bytes, element));
                    }
                    return object;
                }
            }
        }
        self.alloc_slow(cache, bytes, element, flags, false).unwrap_or(Addr::NULL)
    }

    /// The same whether or not a collection is due. None: the memory is used up.
    pub fn alloc_now(&self, cache: &Cache, bytes: u32, element: Addr, flags: u32) -> Option<Addr> {
        self.alloc_slow(cache, bytes, element, flags, true).ok()
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&self, cache: &Cache, bytes: u32, element: Addr, flags: u32, collected: bool) -> Result<Addr, Refusal> {
        if bytes == 0 {
            return Ok(self.zero_base.get());
        }
        if !collected && self.zeal.load(Relaxed) {
            return Err(Refusal::Due);
        }
        if !collected && cache.sample_rate.get() != self.sample_rate() {
            return Err(Refusal::Due);
        }
        let noscan = !has_pointers(element);
        if bytes > SMALL_MAX_BYTES {
            if !collected && (self.is_due(bytes) || cache.is_sampled(bytes)) {
                return Err(Refusal::Due);
            }
            cache.count_for_sample(bytes);
            let element = if noscan { Addr::NULL } else { element };
            return self.alloc_large(bytes, element, flags).ok_or(Refusal::Exhausted);
        }
        let tiny = noscan && bytes < TINY_BYTES;
        let class = if tiny { TINY_CLASS } else { size_class::of(bytes) };
        let span_class = (class * 2 + u32::from(noscan)) as usize % SPAN_CLASSES;
        let bin = &cache.bins[span_class];
        if bin.next.get() == bin.end.get() {
            self.refill(cache, span_class, collected)?;
        }
        let object = bin.next.get();
        bin.next.set(object.add(size_class::bytes(class)));
        if tiny {
            cache.keep_tiny(object, bytes);
        } else if let (false, Some(span)) = (noscan, Ref::<Span>::at(bin.span.get())) {
            if span.pointer_kind.get() == TYPES {
                let index = span.index_of(object.offset_from(span.start.get()));
                raw::store_addr(span.pointers.get().add(index * 4), element);
            } else {
                set_bitmap(span.pointers.get(), object, pointer_bits(bytes, element));
            }
        }
        Ok(object)
    }

    /// Gets a run of free slots for the bin, whose own run is used up.
    fn refill(&self, cache: &Cache, span_class: usize, collected: bool) -> Result<(), Refusal> {
        let bin = &cache.bins[span_class];
        let zeal = self.zeal.load(Relaxed);
        if !collected && cache.is_sampled(size_class::bytes(span_class as u32 / 2)) {
            return Err(Refusal::Due);
        }
        if let Some(span) = Ref::<Span>::at(bin.span.get()) {
            if take_run(cache, bin, span, zeal) {
                return Ok(());
            }
            // All its slots count as allocated since the cache took it.
            bin.close();
            self.central[span_class].give(span);
        }
        if !collected && self.live_bytes.load(Relaxed) >= self.trigger_bytes.load(Relaxed) {
            return Err(Refusal::Due);
        }
        let span = match self.take_span(span_class) {
            Some(span) => span,
            None => {
                let shape = Shape::small(span_class as u32 / 2, span_class & 1 != 0);
                self.new_span(&shape).ok_or(Refusal::Exhausted)?
            }
        };
        let slots = u32::from(span.slots.get());
        let free = slots - span.used.get();
        self.live_bytes.fetch_add(u64::from(free) * u64::from(span.object_bytes.get()), Relaxed);
        span.used.set(slots);
        bin.span.set(span.addr());
        bin.bitmap.set(span.pointers.get());
        open_group(cache, bin, span, 0);
        if take_run(cache, bin, span, zeal) { Ok(()) } else { Err(Refusal::Exhausted) }
    }

    /// Takes everything out of a cache. Its owner is stopped, or does it itself.
    pub fn flush(&self, cache: &Cache) {
        let (objects, bytes, tiny) = cache.counts();
        self.stats.mallocs.fetch_add(objects, Relaxed);
        self.stats.malloc_bytes.fetch_add(bytes, Relaxed);
        self.stats.tiny.fetch_add(tiny, Relaxed);
        cache.each_class(|class, count| {
            if let Some(counter) = self.stats.class_mallocs.get(class) {
                counter.fetch_add(count, Relaxed);
            }
        });
        for count in &cache.class_objects {
            count.set(0);
        }
        cache.objects.set(0);
        cache.bytes.set(0);
        cache.tiny_count.set(0);
        cache.tiny_next.set(Addr::NULL);
        cache.tiny_end.set(Addr::NULL);
        for (bin, central) in cache.bins.iter().zip(&self.central) {
            let Some(span) = Ref::<Span>::at(bin.span.get()) else { continue };
            if bin.next.get() != bin.end.get() {
                let first = span.index_of(bin.next.get().offset_from(span.start.get()));
                let end = first + bin.end.get().offset_from(bin.next.get()) / span.object_bytes.get().max(1);
                span.set_allocated(first, end, false);
            }
            let group = span.allocated.get().add(bin.group.get() * 8);
            raw::store_u64(group, raw::load_u64(group) & !bin.bits.get());
            let used = span.count_allocated();
            let free = u32::from(span.slots.get()) - used;
            span.used.set(used);
            self.live_bytes.fetch_sub(u64::from(free) * u64::from(span.object_bytes.get()), Relaxed);
            bin.close();
            central.give(span);
        }
    }
}

impl Cache {
    /// Room for a tiny object in the current block; NULL if there is none.
    #[inline(always)]
    fn alloc_tiny(&self, bytes: u32) -> Addr {
        let next = self.tiny_next.get();
        let align = if bytes & 7 == 0 {
            8
        } else if bytes & 3 == 0 {
            4
        } else if bytes & 1 == 0 {
            2
        } else {
            1
        };
        let object = next.align_up(align);
        let end = object.add(bytes);
        if end.0 > self.tiny_end.get().0 || next.is_null() {
            return Addr::NULL;
        }
        self.tiny_next.set(end);
        self.tiny_count.set(self.tiny_count.get() + 1);
        object
    }

    /// Of a new block of tiny objects, whose first `bytes` are taken, and the current one keeps that with more room.
    #[inline(always)]
    fn keep_tiny(&self, block: Addr, bytes: u32) {
        if TINY_BYTES - bytes > self.tiny_end.get().offset_from(self.tiny_next.get()) {
            self.tiny_next.set(block.add(bytes));
            self.tiny_end.set(block.add(TINY_BYTES));
        }
    }
}

/// Writes the pointer bits of an object into its span's bitmap. The span has one page and the object's bits are zero.
#[inline(always)]
fn set_bitmap(bitmap: Addr, object: Addr, bits: u64) {
    let word = (object.0 & (PAGE_BYTES - 1)) >> 3;
    let byte = bitmap.add(word >> 3);
    // An object of n words begins at a multiple of n's largest power of two; n plus the shift never exceeds 64.
    raw::store_u64(byte, raw::load_u64(byte) | bits << (word & 7));
}

/// Takes the free slots of a group of 64 for the bin.
fn open_group(cache: &Cache, bin: &Bin, span: Ref<Span>, group: u32) {
    let slots = u32::from(span.slots.get()) - group * 64;
    let valid = if slots >= 64 { u64::MAX } else { !(u64::MAX << slots) };
    let address = span.allocated.get().add(group * 8);
    let allocated = raw::load_u64(address);
    let free = !allocated & valid;
    raw::store_u64(address, allocated | free);
    bin.bits.set(free);
    bin.group.set(group);
    bin.group_start.set(span.slot(group * 64));
    let count = u64::from(free.count_ones());
    cache.objects.set(cache.objects.get() + count);
    if let Some(counter) = cache.class_objects.get(usize::from(span.class.get())) {
        counter.set(counter.get() + count as u32);
    }
    cache.bytes.set(cache.bytes.get() + count * u64::from(span.object_bytes.get()));
}

/// Takes the next run of free slots of the bin's span; clears their memory and their pointer bits. False: the span is used up.
fn take_run(cache: &Cache, bin: &Bin, span: Ref<Span>, zeal: bool) -> bool {
    while bin.bits.get() == 0 {
        let group = bin.group.get() + 1;
        if group >= span.words() {
            return false;
        }
        open_group(cache, bin, span, group);
    }
    let object_bytes = span.object_bytes.get();
    let bits = bin.bits.get();
    let first = bits.trailing_zeros();
    let mut count = (!(bits >> first)).trailing_zeros();
    if object_bytes > RUN_MAX_OBJECT_BYTES || zeal {
        count = 1;
    }
    count = cache.run_for_sample(count, object_bytes);
    bin.bits.set(bits & !((u64::MAX >> (64 - count)) << first));
    let start = bin.group_start.get().add(first * object_bytes);
    let run_bytes = count * object_bytes;
    if !span.fresh.get() {
        clear(start, run_bytes);
        if span.pointer_kind.get() == BITMAP {
            clear_bits(span.pointers.get(), (start.0 & (PAGE_BYTES - 1)) >> 3, run_bytes / 8);
        }
    }
    bin.next.set(start);
    bin.end.set(start.add(run_bytes));
    true
}

/// Zeroes a run. `memory.fill` is a call in the engines, so short runs are cleared word by word.
fn clear(start: Addr, bytes: u32) {
    if bytes > 128 {
        raw::zero(start, bytes);
        return;
    }
    let mut offset = 0;
    while offset < bytes {
        raw::store_u64(start.add(offset), 0);
        offset += 8;
    }
}

/// Clears `count` bits from bit `first` of the bitmap.
fn clear_bits(bitmap: Addr, first: u32, count: u32) {
    let mut index = first;
    let end = first + count;
    while index < end {
        let address = bitmap.add(index / 64 * 8);
        let step = (64 - index % 64).min(end - index);
        let mask = (u64::MAX >> (64 - step)) << (index % 64);
        raw::store_u64(address, raw::load_u64(address) & !mask);
        index += step;
    }
}
