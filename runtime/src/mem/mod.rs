//! Memory below the Go heap: addresses, raw access, pages, and pools for the runtime's own structures.
//!
//! An [`addr::Addr`] is an offset into one linear memory. On wasm that is the module's memory; natively it is a reservation of the same
//! size, so that heap, collector, scheduler and channels run unchanged under native tests. [`raw`] alone turns an address into bytes.
//!
//! [`pages`] hands out runs of 8 KiB pages and grows the memory. [`arena`] cuts pages into blocks for the runtime's own structures
//! (goroutines, stack chunks, span records); Go objects come from `heap`. Rust's global allocator has no part in either.
//!
//! Locking: [`arena`]'s lock is taken before [`pages`]' lock, never after it.

pub mod addr;
pub mod arena;
pub mod lock;
pub mod pages;
pub mod raw;
pub mod source;

pub use addr::Addr;
pub use arena::{Pool, Ref};
pub use raw::Plain;

/// Pages and the blocks cut from them: everything a subsystem needs to get memory of its own.
pub struct Memory {
    pub pages: pages::Pages,
    pub arena: arena::Arena,
}

impl Memory {
    /// A memory that owns nothing until [`Memory::init`].
    pub const fn new(source: source::Source) -> Memory {
        Memory { pages: pages::Pages::new(source), arena: arena::Arena::new() }
    }

    /// Takes over all memory from `start` upwards. False if not even the page table fits.
    pub fn init(&self, start: Addr) -> bool {
        self.pages.init(start)
    }

    /// A block of at least `bytes` zeroed bytes, aligned to 16. None: the memory cannot grow further.
    pub fn alloc(&self, bytes: u32) -> Option<Addr> {
        self.arena.alloc(&self.pages, bytes)
    }

    /// Gives back a block of [`Memory::alloc`]; `bytes` is what was asked for then.
    pub fn free(&self, block: Addr, bytes: u32) {
        self.arena.free(&self.pages, block, bytes);
    }
}

#[cfg(test)]
pub(crate) mod tests;
