//! Where pages come from: `memory.grow` on wasm, a region of the native reservation elsewhere.

#[cfg(target_arch = "wasm32")]
pub use wasm::Source;

#[cfg(not(target_arch = "wasm32"))]
pub use native::Source;

/// Bytes of a page of the wasm memory.
pub const WASM_PAGE_BYTES: u32 = 65536;

#[cfg(target_arch = "wasm32")]
mod wasm {
    /// The module's own memory.
    pub struct Source;

    impl Source {
        /// Size of the memory in wasm pages.
        pub fn wasm_pages(&self) -> u32 {
            core::arch::wasm32::memory_size(0) as u32
        }

        /// Grows by `wasm_pages`; the number of the first new page, or None. New memory is zero.
        pub fn grow(&self, wasm_pages: u32) -> Option<u32> {
            let before = core::arch::wasm32::memory_grow(0, wasm_pages as usize);
            if before == usize::MAX { None } else { Some(before as u32) }
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::WASM_PAGE_BYTES;
    use crate::mem::Addr;
    use crate::mem::raw::MEMORY_BYTES;
    use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

    /// A region of the native reservation that grows like a wasm memory. Every region is taken once, so tests do not meet.
    pub struct Source {
        size: AtomicU32,
        limit: AtomicU32,
    }

    impl Source {
        /// A source without memory, for statics.
        pub const fn empty() -> Source {
            Source { size: AtomicU32::new(0), limit: AtomicU32::new(0) }
        }

        /// A fresh region that may grow up to `wasm_pages`, and the address where it begins.
        pub fn region(wasm_pages: u32) -> (Source, Addr) {
            static NEXT: AtomicU32 = AtomicU32::new(1);
            let first = NEXT.fetch_add(wasm_pages, SeqCst);
            let limit = first + wasm_pages;
            assert!(limit as u64 * WASM_PAGE_BYTES as u64 <= MEMORY_BYTES as u64, "native memory exhausted");
            let source = Source { size: AtomicU32::new(first), limit: AtomicU32::new(limit) };
            (source, Addr(first * WASM_PAGE_BYTES))
        }

        /// The region of [`Source::region`] anew, zeroed; whoever used it before is gone.
        pub fn again(start: Addr, wasm_pages: u32, used_bytes: u32) -> Source {
            crate::mem::raw::zero(start, used_bytes);
            let first = start.0 / WASM_PAGE_BYTES;
            Source { size: AtomicU32::new(first), limit: AtomicU32::new(first + wasm_pages) }
        }

        pub fn wasm_pages(&self) -> u32 {
            self.size.load(SeqCst)
        }

        pub fn grow(&self, wasm_pages: u32) -> Option<u32> {
            let limit = self.limit.load(SeqCst);
            let fits = |size: u32| size.checked_add(wasm_pages).filter(|&size| size <= limit);
            self.size.fetch_update(SeqCst, SeqCst, fits).ok()
        }
    }
}
