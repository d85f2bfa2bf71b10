//! Spans (Go's `mspan`): runs of pages that hold objects of one size.
//!
//! A span's record lies apart from its pages, so that headers do not compete for the same cache sets, and is one block:
//! the fixed part (64 bytes), mark bits, allocation bits (both one bit per slot, in whole 64-bit words), and the pointer information:
//! - spans of small pointerless objects: none;
//! - objects up to 512 bytes: one bit per word of the span's single page;
//! - larger small objects: a `u32` per slot, the address of the type whose pointer bitmap repeats through the object;
//! - large objects: the same, in the fixed part.
//!
//! # Invariants
//! - SPAN-1: a record's address is a multiple of 64, so it is even in the page table.
//! - SPAN-2: `index_of` is exact for every offset below `bytes`.
//! - SPAN-3: outside of a mark phase, mark bits of spans in swept lists are zero.
//! - SPAN-4: allocation bits cover every slot that was handed out since the last sweep; the slots that a cache still has in hand count
//!   as allocated until it is flushed.

use super::size_class;
use crate::mem::pages::PAGE_BYTES;
use crate::mem::raw::{self, Plain};
use crate::mem::{Addr, Ref};

/// Bytes of the fixed part; the mark bits follow.
pub const HEAD_BYTES: u32 = 64;

/// How the pointers of a span's objects are found.
pub const NO_POINTERS: u8 = 0;
pub const BITMAP: u8 = 1;
pub const TYPES: u8 = 2;
pub const LARGE: u8 = 3;

/// The fixed part of a record. Fields are written while one thread owns the span: its cache, the sweeper that took it off a list, or
/// whoever made it. The collector reads them while the world is stopped.
#[repr(C)]
pub struct Span {
    /// First byte of slot 0.
    pub start: Plain<Addr>,
    /// Bytes of all slots together.
    pub bytes: Plain<u32>,
    /// Bytes of a slot. For a large object the size asked for.
    pub object_bytes: Plain<u32>,
    /// Multiplier that divides an offset by `object_bytes`; 0 for large objects.
    pub magic: Plain<u32>,
    /// `NO_POINTERS`, `BITMAP`, `TYPES` or `LARGE`.
    pub pointer_kind: Plain<u8>,
    /// Size class, 0 for large objects.
    pub class: Plain<u8>,
    pub slots: Plain<u16>,
    pub pages: Plain<u32>,
    /// Address of the allocation bits.
    pub allocated: Plain<Addr>,
    /// Address of the bitmap or the table of types; of the type itself for a large object.
    pub pointers: Plain<Addr>,
    /// Slots in use when the span was last swept or put into a list.
    pub used: Plain<u32>,
    /// Next span of the list that this span is in.
    pub next: Plain<Addr>,
    /// The memory of slots never handed out is zero, and so is their pointer information.
    pub fresh: Plain<bool>,
    _reserved: [Plain<u32>; 5],
}

/// Words of 64 bits for one bit per slot.
const fn bit_words(slots: u32) -> u32 {
    slots.div_ceil(64)
}

/// What spans of one class and kind have in common.
#[derive(Clone, Copy)]
pub struct Shape {
    pub class: u32,
    pub pointer_kind: u8,
    pub pages: u32,
    pub slots: u32,
    pub object_bytes: u32,
    /// Bytes of a record, a multiple of 64.
    pub record_bytes: u32,
}

impl Shape {
    /// Shape of the spans for small objects of `class`.
    pub fn small(class: u32, noscan: bool) -> Shape {
        let object_bytes = size_class::bytes(class).max(8);
        let pages = size_class::span_pages(class);
        let slots = pages * PAGE_BYTES / object_bytes;
        let pointer_kind = match noscan {
            true => NO_POINTERS,
            false if object_bytes <= size_class::BITMAP_MAX_BYTES => BITMAP,
            false => TYPES,
        };
        let pointer_bytes = match pointer_kind {
            // The allocator and the collector read 8 bytes at any byte of the bitmap.
            BITMAP => PAGE_BYTES / 64 + 8,
            TYPES => slots * 4,
            _ => 0,
        };
        let record_bytes = (HEAD_BYTES + bit_words(slots) * 16 + pointer_bytes).next_multiple_of(64);
        Shape { class, pointer_kind, pages, slots, object_bytes, record_bytes }
    }

    /// Shape of the span of a large object of `bytes`.
    pub fn large(bytes: u32) -> Shape {
        let pages = bytes.div_ceil(PAGE_BYTES);
        Shape { class: 0, pointer_kind: LARGE, pages, slots: 1, object_bytes: bytes, record_bytes: LARGE_RECORD_BYTES }
    }
}

/// Bytes of the record of a large object.
pub const LARGE_RECORD_BYTES: u32 = 128;

impl Span {
    /// Makes a record for the pages at `start` in zeroed memory at `record`.
    pub fn create(record: Addr, shape: &Shape, start: Addr, fresh: bool) -> Option<Ref<Span>> {
        debug_assert!(record.0.is_multiple_of(64), "SPAN-1");
        let bit_bytes = bit_words(shape.slots) * 8;
        let large = shape.pointer_kind == LARGE;
        let magic = if large { 0 } else { u32::MAX / shape.object_bytes + 1 };
        let pointers = if large { Addr::NULL } else { record.add(HEAD_BYTES + bit_bytes * 2) };
        let span = Span {
            start: Plain::new(start),
            bytes: Plain::new(shape.slots * shape.object_bytes),
            object_bytes: Plain::new(shape.object_bytes),
            magic: Plain::new(magic),
            pointer_kind: Plain::new(shape.pointer_kind),
            class: Plain::new(shape.class as u8),
            slots: Plain::new(shape.slots as u16),
            pages: Plain::new(shape.pages),
            allocated: Plain::new(record.add(HEAD_BYTES + bit_bytes)),
            pointers: Plain::new(pointers),
            used: Plain::new(0),
            next: Plain::new(Addr::NULL),
            fresh: Plain::new(fresh),
            _reserved: [const { Plain::new(0) }; 5],
        };
        Ref::write(record, span)
    }
}

/// Operations that need the record's address.
impl Ref<Span> {
    /// Slot that the byte at `offset` from `start` belongs to; `offset < bytes`.
    #[inline(always)]
    pub fn index_of(self, offset: u32) -> u32 {
        ((u64::from(offset) * u64::from(self.magic.get())) >> 32) as u32
    }

    /// Address of the slot `index`.
    #[inline(always)]
    pub fn slot(self, index: u32) -> Addr {
        self.start.get().add(index * self.object_bytes.get())
    }

    /// Address of word `word` (64 slots) of the mark bits.
    #[inline(always)]
    pub fn mark_word(self, word: u32) -> Addr {
        self.addr().add(HEAD_BYTES + word * 8)
    }

    #[inline(always)]
    pub fn words(self) -> u32 {
        bit_words(u32::from(self.slots.get()))
    }

    pub fn is_marked(self, index: u32) -> bool {
        raw::load_u64(self.mark_word(index / 64)) >> (index % 64) & 1 != 0
    }

    pub fn is_allocated(self, index: u32) -> bool {
        raw::load_u64(self.allocated.get().add(index / 64 * 8)) >> (index % 64) & 1 != 0
    }

    /// Sets or clears the allocation bits of `[first, end)`.
    pub fn set_allocated(self, first: u32, end: u32, allocated: bool) {
        let mut index = first;
        while index < end {
            let address = self.allocated.get().add(index / 64 * 8);
            let count = (64 - index % 64).min(end - index);
            let mask = (u64::MAX >> (64 - count)) << (index % 64);
            let word = raw::load_u64(address);
            raw::store_u64(address, if allocated { word | mask } else { word & !mask });
            index += count;
        }
    }

    /// Number of set allocation bits.
    pub fn count_allocated(self) -> u32 {
        (0..self.words()).map(|word| raw::load_u64(self.allocated.get().add(word * 8)).count_ones()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::size_class::CLASSES;

    #[test]
    fn division_by_multiplication_is_exact() {
        for class in 1..CLASSES as u32 {
            let shape = Shape::small(class, true);
            let magic = u64::from(u32::MAX / shape.object_bytes + 1);
            for offset in 0..shape.slots * shape.object_bytes {
                let index = (u64::from(offset) * magic) >> 32;
                assert_eq!(index as u32, offset / shape.object_bytes, "SPAN-2, class {class}");
            }
        }
    }

    #[test]
    fn the_fixed_part_is_a_cache_line() {
        assert_eq!(size_of::<Span>(), HEAD_BYTES as usize);
    }
}
