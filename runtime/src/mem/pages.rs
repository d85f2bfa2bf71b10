//! The page allocator: runs of 8 KiB pages, coalesced when freed.
//!
//! # Structures
//! The page table has one word for each page of the 4 GiB address space. A word is
//! - 0: not ours, or allocated to the runtime itself;
//! - even: the *owner* of the page, the address of a span record (set by `heap`; a record is aligned to 64);
//! - odd: the first or last page of a free run, `pages << 2 | fresh << 1 | 1`. Inner pages of a free run may hold anything odd or 0.
//!
//! Free runs hang in doubly linked lists by size, one for each size below [`EXACT`] pages and one for each power of two above. The links
//! lie in the first bytes of the run itself. *Fresh* memory was never used and is zero but for those links, which are cleared when the
//! run is taken, so its new owner need not zero it.
//!
//! # Invariants
//! - PAGE-1: no two adjacent free runs have the same freshness (they would have been joined).
//! - PAGE-2: the table word of an allocated page is even.
//! - PAGE-3: the last wasm page of the address space is never handed out, so an end address fits 32 bits.

use super::Addr;
use super::lock::Lock;
use super::raw::{self, Plain};
use super::source::{Source, WASM_PAGE_BYTES};

/// log2 of [`PAGE_BYTES`].
pub const PAGE_SHIFT: u32 = 13;
/// Bytes of a page.
pub const PAGE_BYTES: u32 = 1 << PAGE_SHIFT;

/// Words of the page table.
#[cfg(target_arch = "wasm32")]
const TABLE_WORDS: u32 = 1 << (32 - PAGE_SHIFT);
#[cfg(not(target_arch = "wasm32"))]
const TABLE_WORDS: u32 = (raw::MEMORY_BYTES >> PAGE_SHIFT) as u32;

/// Runs of fewer pages than this have a list for their exact size.
const EXACT: u32 = 64;
const LISTS: usize = 64 + 16;

const NEXT: u32 = 0;
const PREVIOUS: u32 = 4;
const PAGES: u32 = 8;
const LIST: u32 = 12;
const LINK_BYTES: u32 = 16;

/// Smallest and largest step by which the memory grows beyond what is needed at once.
const GROW_MIN_PAGES: u32 = 512;
const GROW_MAX_PAGES: u32 = 2048;

/// A run of pages that was just allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub start: Addr,
    /// The memory is zero.
    pub fresh: bool,
}

/// The allocator. Everything but `table` belongs to `lock`.
pub struct Pages {
    lock: Lock,
    source: Source,
    /// First word of the page table. Set once by `init`.
    table: Plain<Addr>,
    /// First free run of each list.
    heads: [Plain<Addr>; LISTS],
    /// Bit i: list i is not empty.
    occupied: [Plain<u64>; 2],
    /// End of the highest piece of memory taken from the source.
    end: Plain<Addr>,
    /// Pages taken from the source so far, without the page table.
    total_pages: Plain<u32>,
    free_pages: Plain<u32>,
}

impl Pages {
    pub const fn new(source: Source) -> Pages {
        Pages {
            lock: Lock::new(),
            source,
            table: Plain::new(Addr::NULL),
            heads: [const { Plain::new(Addr::NULL) }; LISTS],
            occupied: [const { Plain::new(0) }; 2],
            end: Plain::new(Addr::NULL),
            total_pages: Plain::new(0),
            free_pages: Plain::new(0),
        }
    }

    /// Takes over the memory from `start` upwards, puts the page table there, and keeps what is left as free pages.
    /// Memory that exists at this time must be zero. False: the table does not fit.
    pub fn init(&self, start: Addr) -> bool {
        let table = start.align_up(64);
        let table_end = table.add(TABLE_WORDS * 4);
        let size_wasm_pages = self.source.wasm_pages();
        let need_wasm_pages = table_end.0.div_ceil(WASM_PAGE_BYTES);
        if need_wasm_pages > size_wasm_pages && self.source.grow(need_wasm_pages - size_wasm_pages).is_none() {
            return false;
        }
        self.table.set(table);
        let first = table_end.align_up(PAGE_BYTES);
        let end = Addr(self.source.wasm_pages().min(65535) * WASM_PAGE_BYTES);
        self.end.set(end);
        let pages = end.offset_from(first) >> PAGE_SHIFT;
        self.total_pages.set(pages);
        if pages > 0 {
            self.insert(first, pages, true);
        }
        true
    }

    /// Address of the table word of the page that `address` lies in.
    #[inline(always)]
    fn word(&self, address: Addr) -> Addr {
        self.table.get().add((address.0 >> PAGE_SHIFT) * 4)
    }

    /// Owner of the page that `address` lies in; NULL if it has none. Works for every address.
    #[inline(always)]
    pub fn owner(&self, address: Addr) -> Addr {
        #[cfg(not(target_arch = "wasm32"))]
        if address.0 as usize >= raw::MEMORY_BYTES {
            return Addr::NULL;
        }
        let word = raw::load_u32(self.word(address));
        if word & 1 == 0 { Addr(word) } else { Addr::NULL }
    }

    /// Makes `owner` (or NULL) the owner of `pages` pages from `start`, which the caller has allocated.
    pub fn set_owner(&self, start: Addr, pages: u32, owner: Addr) {
        debug_assert!(owner.0 & 1 == 0, "PAGE-2");
        let first = self.word(start);
        for page in 0..pages {
            raw::store_addr(first.add(page * 4), owner);
        }
    }

    /// Allocates `pages` pages (at least 1) without growing the memory. They have no owner.
    pub fn alloc_existing(&self, pages: u32) -> Option<Run> {
        let _guard = self.lock.lock();
        self.take(pages)
    }

    /// Allocates `pages` pages (at least 1), growing the memory if there is no free run. They have no owner.
    pub fn alloc(&self, pages: u32) -> Option<Run> {
        let _guard = self.lock.lock();
        if let Some(run) = self.take(pages) {
            return Some(run);
        }
        let step = (self.total_pages.get() / 8).clamp(GROW_MIN_PAGES, GROW_MAX_PAGES);
        if self.grow(pages.max(step)) || self.grow(pages) { self.take(pages) } else { None }
    }

    /// Frees `pages` pages from `start`: a whole run, or a part of one.
    pub fn free(&self, start: Addr, pages: u32) {
        let _guard = self.lock.lock();
        self.insert(start, pages, false);
    }

    /// Bytes taken from the source, without the page table.
    pub fn total_bytes(&self) -> u64 {
        u64::from(self.total_pages.get()) << PAGE_SHIFT
    }

    /// Bytes in free runs.
    pub fn free_bytes(&self) -> u64 {
        u64::from(self.free_pages.get()) << PAGE_SHIFT
    }

    /// Bytes of the page table.
    pub fn table_bytes(&self) -> u64 {
        u64::from(TABLE_WORDS) * 4
    }

    /// End of the memory taken from the source.
    pub fn end(&self) -> Addr {
        self.end.get()
    }

    fn grow(&self, pages: u32) -> bool {
        let wasm_pages = pages.div_ceil(WASM_PAGE_BYTES / PAGE_BYTES);
        let Some(first) = self.source.grow(wasm_pages) else { return false };
        let after = (first + wasm_pages).min(65535);
        if after <= first {
            return false; // PAGE-3
        }
        let pages = (after - first) * (WASM_PAGE_BYTES / PAGE_BYTES);
        self.end.set(Addr(after * WASM_PAGE_BYTES));
        self.total_pages.set(self.total_pages.get() + pages);
        self.insert(Addr(first * WASM_PAGE_BYTES), pages, true);
        true
    }

    /// Takes `pages` pages from the first list that surely or possibly has them.
    fn take(&self, pages: u32) -> Option<Run> {
        let list = list_of(pages);
        // The runs of an exact list all fit; those of a power of two may be too small.
        let mut run = self.heads[list as usize % LISTS].get();
        while !run.is_null() && raw::load_u32(run.add(PAGES)) < pages {
            run = raw::load_addr(run.add(NEXT));
        }
        if run.is_null() {
            run = self.heads[self.first_occupied(list + 1)?].get();
        }
        let found_pages = raw::load_u32(run.add(PAGES));
        let fresh = raw::load_u32(self.word(run)) & 2 != 0;
        self.remove(run);
        if found_pages > pages {
            self.link(run.add(pages << PAGE_SHIFT), found_pages - pages, fresh);
        }
        // PAGE-2: the tags of the run's ends may lie on either end of what is handed out.
        raw::store_u32(self.word(run), 0);
        raw::store_u32(self.word(run.add((pages - 1) << PAGE_SHIFT)), 0);
        if pages > 2 {
            raw::zero(self.word(run), pages * 4);
        }
        Some(Run { start: run, fresh })
    }

    fn first_occupied(&self, list: u32) -> Option<usize> {
        let mut word = list as usize / 64;
        let mut mask = u64::MAX << (list % 64);
        while word < 2 {
            let lists = self.occupied[word].get() & mask;
            if lists != 0 {
                return Some(word * 64 + lists.trailing_zeros() as usize).filter(|&list| list < LISTS);
            }
            word += 1;
            mask = u64::MAX;
        }
        None
    }

    /// Adds a free run and joins it with free neighbours of the same freshness (PAGE-1).
    fn insert(&self, start: Addr, pages: u32, fresh: bool) {
        let mut start = start;
        let mut pages = pages;
        let after = raw::load_u32(self.word(start.add(pages << PAGE_SHIFT)));
        if after & 1 != 0 && (after & 2 != 0) == fresh {
            let neighbour = start.add(pages << PAGE_SHIFT);
            self.remove(neighbour);
            pages += after >> 2;
        }
        let before = raw::load_u32(self.word(start.sub(1)));
        if before & 1 != 0 && (before & 2 != 0) == fresh {
            start = start.sub((before >> 2) << PAGE_SHIFT);
            self.remove(start);
            pages += before >> 2;
        }
        self.link(start, pages, fresh);
    }

    /// Writes the tags of a free run and puts it at the head of its list.
    fn link(&self, run: Addr, pages: u32, fresh: bool) {
        let tag = pages << 2 | u32::from(fresh) << 1 | 1;
        raw::store_u32(self.word(run), tag);
        raw::store_u32(self.word(run.add((pages - 1) << PAGE_SHIFT)), tag);
        let list = list_of(pages);
        let Some(head) = self.heads.get(list as usize) else { return };
        let next = head.get();
        raw::store_addr(run.add(NEXT), next);
        raw::store_addr(run.add(PREVIOUS), Addr::NULL);
        raw::store_u32(run.add(PAGES), pages);
        raw::store_u32(run.add(LIST), list);
        if !next.is_null() {
            raw::store_addr(next.add(PREVIOUS), run);
        }
        head.set(run);
        let occupied = &self.occupied[(list / 64) as usize & 1];
        occupied.set(occupied.get() | 1 << (list % 64));
        self.free_pages.set(self.free_pages.get() + pages);
    }

    /// Unlinks a free run and clears its links; the tags stay.
    fn remove(&self, run: Addr) {
        let next = raw::load_addr(run.add(NEXT));
        let previous = raw::load_addr(run.add(PREVIOUS));
        let list = raw::load_u32(run.add(LIST));
        self.free_pages.set(self.free_pages.get() - raw::load_u32(run.add(PAGES)));
        if !next.is_null() {
            raw::store_addr(next.add(PREVIOUS), previous);
        }
        if previous.is_null() {
            if let Some(head) = self.heads.get(list as usize) {
                head.set(next);
            }
            if next.is_null() {
                let occupied = &self.occupied[(list / 64) as usize & 1];
                occupied.set(occupied.get() & !(1 << (list % 64)));
            }
        } else {
            raw::store_addr(previous.add(NEXT), next);
        }
        raw::zero(run, LINK_BYTES);
    }

    /// Checks the lists against the table; the sum of free pages. For tests and the heap verifier.
    pub fn verify(&self) -> Result<u32, &'static str> {
        let _guard = self.lock.lock();
        let mut sum = 0;
        for (list, head) in self.heads.iter().enumerate() {
            let mut run = head.get();
            while !run.is_null() {
                let pages = raw::load_u32(run.add(PAGES));
                let tag = raw::load_u32(self.word(run));
                if tag >> 2 != pages || tag & 1 == 0 {
                    return Err("first tag of a free run");
                }
                if raw::load_u32(self.word(run.add((pages - 1) << PAGE_SHIFT))) != tag {
                    return Err("last tag of a free run");
                }
                if list_of(pages) != list as u32 {
                    return Err("free run in the wrong list");
                }
                let after = raw::load_u32(self.word(run.add(pages << PAGE_SHIFT)));
                if after & 1 != 0 && after & 2 == tag & 2 {
                    return Err("PAGE-1");
                }
                sum += pages;
                run = raw::load_addr(run.add(NEXT));
            }
        }
        if sum == self.free_pages.get() { Ok(sum) } else { Err("count of free pages") }
    }
}

fn list_of(pages: u32) -> u32 {
    if pages < EXACT { pages } else { EXACT + (pages.ilog2() - EXACT.ilog2()) }
}
