//! Blocks for the runtime's own structures: goroutines, stack chunks, unwind buffers, span records.
//!
//! Sizes are rounded up to a class (multiples of 16 up to 256, then four per power of two); each class has a list of free blocks. New
//! blocks are cut from a chunk of pages. Blocks of more than [`BLOCK_MAX_BYTES`] are runs of pages. The memory of freed blocks is used
//! again for their class only; runs of pages go back to the page allocator.
//!
//! # Invariants
//! - POOL-1: a [`Ref`] comes from [`Pool::alloc`], which wrote a `T` there, and is not used after [`Pool::free`].
//! - POOL-2: the first word of a free block links it to the next; its other contents are arbitrary, so a taken block is zeroed.

use super::lock::Lock;
use super::pages::{PAGE_BYTES, Pages};
use super::raw::{self, Plain};
use super::{Addr, Memory};
use core::marker::PhantomData;
use core::num::NonZeroU32;
use core::ops::Deref;

/// Largest block that is cut from a chunk.
pub const BLOCK_MAX_BYTES: u32 = 16384;

const CLASSES: usize = 16 + 6 * 4;
const CHUNK_PAGES: u32 = 8;

/// The block allocator. All fields belong to `lock`.
pub struct Arena {
    lock: Lock,
    /// First free block of each class.
    free: [Plain<Addr>; CLASSES],
    /// What is left of the current chunk.
    next: Plain<Addr>,
    end: Plain<Addr>,
    /// Bytes in blocks handed out and not freed, pages for large ones included.
    used_bytes: Plain<u64>,
    /// Bytes of pages taken.
    total_bytes: Plain<u64>,
}

/// Class and rounded size of a block of `bytes` bytes.
const fn class_of(bytes: u32) -> (usize, u32) {
    if bytes <= 256 {
        let sixteenths = if bytes == 0 { 1 } else { bytes.div_ceil(16) };
        (sixteenths as usize - 1, sixteenths * 16)
    } else {
        let log = (bytes - 1).ilog2(); // 2^log < bytes <= 2^(log+1)
        let step = 1 << (log - 2);
        let steps = (bytes - (1 << log)).div_ceil(step);
        (16 + (log as usize - 8) * 4 + steps as usize - 1, (1 << log) + steps * step)
    }
}

impl Arena {
    pub const fn new() -> Arena {
        Arena {
            lock: Lock::new(),
            free: [const { Plain::new(Addr::NULL) }; CLASSES],
            next: Plain::new(Addr::NULL),
            end: Plain::new(Addr::NULL),
            used_bytes: Plain::new(0),
            total_bytes: Plain::new(0),
        }
    }

    /// A block of at least `bytes` zeroed bytes, aligned to 16.
    pub fn alloc(&self, pages: &Pages, bytes: u32) -> Option<Addr> {
        if bytes > BLOCK_MAX_BYTES {
            return self.alloc_run(pages, bytes);
        }
        let (class, size) = class_of(bytes);
        let free = self.free.get(class)?;
        let guard = self.lock.lock();
        let block = free.get();
        if !block.is_null() {
            free.set(raw::load_addr(block));
            self.used_bytes.set(self.used_bytes.get() + u64::from(size));
            drop(guard);
            raw::zero(block, size);
            return Some(block);
        }
        if self.end.get().offset_from(self.next.get()) < size {
            self.refill(pages)?;
        }
        let block = self.next.get();
        self.next.set(block.add(size));
        self.used_bytes.set(self.used_bytes.get() + u64::from(size));
        Some(block)
    }

    /// Gives back a block of [`Arena::alloc`]; `bytes` is what was asked for then.
    pub fn free(&self, pages: &Pages, block: Addr, bytes: u32) {
        if bytes > BLOCK_MAX_BYTES {
            let run_pages = bytes.div_ceil(PAGE_BYTES);
            {
                let _guard = self.lock.lock();
                self.used_bytes.set(self.used_bytes.get() - u64::from(run_pages * PAGE_BYTES));
                self.total_bytes.set(self.total_bytes.get() - u64::from(run_pages * PAGE_BYTES));
            }
            pages.free(block, run_pages);
            return;
        }
        let (class, size) = class_of(bytes);
        let Some(free) = self.free.get(class) else { return };
        let _guard = self.lock.lock();
        raw::store_addr(block, free.get());
        free.set(block);
        self.used_bytes.set(self.used_bytes.get() - u64::from(size));
    }

    /// Bytes in use and bytes of pages taken.
    pub fn stats(&self) -> (u64, u64) {
        let _guard = self.lock.lock();
        (self.used_bytes.get(), self.total_bytes.get())
    }

    fn alloc_run(&self, pages: &Pages, bytes: u32) -> Option<Addr> {
        let run_pages = bytes.div_ceil(PAGE_BYTES);
        let run = pages.alloc(run_pages)?;
        if !run.fresh {
            raw::zero(run.start, bytes);
        }
        let _guard = self.lock.lock();
        self.used_bytes.set(self.used_bytes.get() + u64::from(run_pages * PAGE_BYTES));
        self.total_bytes.set(self.total_bytes.get() + u64::from(run_pages * PAGE_BYTES));
        Some(run.start)
    }

    /// Takes a new chunk; the rest of the old one becomes free blocks.
    fn refill(&self, pages: &Pages) -> Option<()> {
        let run = pages.alloc(CHUNK_PAGES)?;
        let mut rest = self.next.get();
        let end = self.end.get();
        while rest != end {
            let bytes = end.offset_from(rest);
            let (mut class, mut size) = class_of(bytes.min(BLOCK_MAX_BYTES));
            if size > bytes {
                // Classes are not dense: the next smaller one is at most a fifth smaller.
                let smaller = if bytes <= 256 { bytes } else { 1 << (bytes.ilog2()) };
                (class, size) = class_of(smaller);
            }
            let Some(free) = self.free.get(class) else { break };
            raw::store_addr(rest, free.get());
            free.set(rest);
            rest = rest.add(size);
        }
        if !run.fresh {
            raw::zero(run.start, CHUNK_PAGES * PAGE_BYTES);
        }
        self.next.set(run.start);
        self.end.set(run.start.add(CHUNK_PAGES * PAGE_BYTES));
        self.total_bytes.set(self.total_bytes.get() + u64::from(CHUNK_PAGES * PAGE_BYTES));
        Some(())
    }
}

impl Default for Arena {
    fn default() -> Arena {
        Arena::new()
    }
}

/// A structure of the runtime in linear memory: a copyable reference whose option takes 4 bytes.
pub struct Ref<T: 'static> {
    address: NonZeroU32,
    kind: PhantomData<&'static T>,
}

impl<T: 'static> Ref<T> {
    /// The structure at `address`, where a `T` was written (POOL-1); None for NULL.
    #[inline(always)]
    pub fn at(address: Addr) -> Option<Ref<T>> {
        NonZeroU32::new(address.0).map(|address| Ref { address, kind: PhantomData })
    }

    /// Writes `value` at `address`.
    pub fn write(address: Addr, value: T) -> Option<Ref<T>> {
        let reference = Ref::at(address)?;
        raw::write(address, value);
        Some(reference)
    }

    #[inline(always)]
    pub fn addr(self) -> Addr {
        Addr(self.address.get())
    }
}

impl<T: 'static> Clone for Ref<T> {
    fn clone(&self) -> Ref<T> {
        *self
    }
}

impl<T: 'static> Copy for Ref<T> {}

impl<T: 'static> PartialEq for Ref<T> {
    fn eq(&self, other: &Ref<T>) -> bool {
        self.address == other.address
    }
}

impl<T: 'static> Eq for Ref<T> {}

impl<T: 'static> core::fmt::Debug for Ref<T> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Ref")
    }
}

impl<T: 'static> Deref for Ref<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        raw::reference(self.addr())
    }
}

/// A source of structures of one type.
pub struct Pool<T: 'static> {
    kind: PhantomData<fn() -> T>,
}

impl<T: 'static> Pool<T> {
    pub const fn new() -> Pool<T> {
        Pool { kind: PhantomData }
    }

    /// Puts `value` into a new block.
    pub fn alloc(&self, memory: &Memory, value: T) -> Option<Ref<T>> {
        Ref::write(memory.alloc(size_of::<T>() as u32)?, value)
    }

    /// Frees the block; `T`'s destructor does not run.
    pub fn free(&self, memory: &Memory, reference: Ref<T>) {
        memory.free(reference.addr(), size_of::<T>() as u32);
    }
}

impl<T: 'static> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool::new()
    }
}
