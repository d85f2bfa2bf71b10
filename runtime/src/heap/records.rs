//! Memory of span records: blocks of multiples of 64 bytes, aligned to 64, never used for anything else.
//!
//! The collector may hold the address of a record while its span is released, only not across a stop of the world; memory of records
//! therefore stays records.

use super::span::{LARGE_RECORD_BYTES, Shape, Span};
use crate::mem::lock::Lock;
use crate::mem::{Addr, Memory, Plain, Ref, raw};

const CHUNK_BYTES: u32 = 65536;
/// Records have at most this many bytes.
const MAX_BYTES: u32 = 512;

/// Free records by size. Everything belongs to `lock`.
pub struct Records {
    lock: Lock,
    free: [Plain<Addr>; MAX_BYTES as usize / 64],
    next: Plain<Addr>,
    end: Plain<Addr>,
}

impl Records {
    pub const fn new() -> Records {
        Records {
            lock: Lock::new(),
            free: [const { Plain::new(Addr::NULL) }; MAX_BYTES as usize / 64],
            next: Plain::new(Addr::NULL),
            end: Plain::new(Addr::NULL),
        }
    }

    /// A zeroed block for a record of `shape`.
    pub fn take(&self, memory: &Memory, shape: &Shape) -> Option<Addr> {
        let free = self.free.get(shape.record_bytes as usize / 64 - 1)?;
        let guard = self.lock.lock();
        let block = free.get();
        if !block.is_null() {
            free.set(raw::load_addr(block));
            drop(guard);
            raw::zero(block, shape.record_bytes);
            return Some(block);
        }
        if self.end.get().offset_from(self.next.get()) < shape.record_bytes {
            // What is left of the old chunk, less than a record, is lost.
            let chunk = memory.alloc(CHUNK_BYTES)?;
            self.next.set(chunk.align_up(64));
            self.end.set(chunk.add(CHUNK_BYTES));
        }
        let block = self.next.get();
        self.next.set(block.add(shape.record_bytes));
        Some(block)
    }

    /// Takes back the record of a span.
    pub fn give(&self, span: Ref<Span>) {
        let bytes = if span.class.get() == 0 { LARGE_RECORD_BYTES } else { record_bytes(span) };
        let Some(free) = self.free.get(bytes as usize / 64 - 1) else { return };
        let _guard = self.lock.lock();
        raw::store_addr(span.addr(), free.get());
        free.set(span.addr());
    }
}

impl Default for Records {
    fn default() -> Records {
        Records::new()
    }
}

fn record_bytes(span: Ref<Span>) -> u32 {
    debug_assert!(span.slots.get() > 0);
    let noscan = span.pointer_kind.get() == super::span::NO_POINTERS;
    debug_assert!(span.words() > 0);
    Shape::small(u32::from(span.class.get()), noscan).record_bytes
}
