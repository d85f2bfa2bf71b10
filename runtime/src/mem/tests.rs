//! Pages and blocks against a model.

use super::pages::PAGE_BYTES;
use super::source::Source;
use super::*;
use std::collections::BTreeMap;
use std::vec::Vec;

/// A memory of its own with room for `wasm_pages` (plus 2 MiB for the page table).
pub fn memory(wasm_pages: u32) -> Memory {
    let (source, start) = Source::region(wasm_pages + 33);
    let memory = Memory::new(source);
    assert!(memory.init(start));
    memory
}

/// A small generator, so that failures replay.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 16) % u64::from(limit)) as u32
    }
}

#[test]
fn pages_are_disjoint_coalesce_and_come_back() {
    let memory = memory(512);
    let pages = &memory.pages;
    let mut random = Random(7);
    let mut model: BTreeMap<u32, u32> = BTreeMap::new();
    for _ in 0..4000 {
        if random.below(5) < 3 {
            let count = if random.below(8) == 0 { 1 + random.below(200) } else { 1 + random.below(8) };
            if let Some(run) = pages.alloc(count) {
                let end = run.start.0 + count * PAGE_BYTES;
                if let Some((&start, &count)) = model.range(..end).next_back() {
                    assert!(start + count * PAGE_BYTES <= run.start.0, "overlap");
                }
                for page in 0..count {
                    let word = run.start.add(page * PAGE_BYTES);
                    if run.fresh {
                        assert!((0..PAGE_BYTES / 8).all(|index| raw::load_u64(word.add(index * 8)) == 0));
                    }
                    raw::fill(word, 0xA5, PAGE_BYTES);
                    assert!(pages.owner(word).is_null());
                }
                pages.set_owner(run.start, count, Addr(64));
                model.insert(run.start.0, count);
            }
        } else if !model.is_empty() {
            let index = random.below(model.len() as u32) as usize;
            let (&start, &count) = model.iter().nth(index).unwrap();
            model.remove(&start);
            pages.set_owner(Addr(start), count, Addr::NULL);
            pages.free(Addr(start), count);
        }
        let used: u32 = model.values().sum();
        let free = pages.verify().unwrap();
        assert_eq!(u64::from(used + free) * u64::from(PAGE_BYTES), pages.total_bytes());
    }
    for (start, count) in model {
        pages.free(Addr(start), count);
    }
    pages.verify().unwrap();
    assert_eq!(pages.free_bytes(), pages.total_bytes());
}

#[test]
fn memory_ends() {
    let memory = memory(4);
    assert!(memory.pages.alloc(4 * 8 + 1000).is_none());
    assert!(memory.pages.alloc(8).is_some());
    assert!(memory.alloc(1 << 20).is_none());
}

#[test]
fn blocks_are_disjoint_zeroed_and_aligned() {
    let memory = memory(512);
    let mut random = Random(99);
    let mut blocks: Vec<(Addr, u32, u8)> = Vec::new();
    for round in 0..20_000u32 {
        if random.below(2) == 0 {
            let bytes = match random.below(10) {
                0 => random.below(40_000),
                1..3 => random.below(4000),
                _ => random.below(300),
            };
            let Some(block) = memory.alloc(bytes) else { continue };
            assert_eq!(block.0 % 16, 0);
            assert!(raw::slice(block, bytes).iter().all(|&byte| byte == 0));
            raw::fill(block, round as u8, bytes);
            blocks.push((block, bytes, round as u8));
        } else if !blocks.is_empty() {
            let (block, bytes, mark) = blocks.swap_remove(random.below(blocks.len() as u32) as usize);
            assert!(raw::slice(block, bytes).iter().all(|&byte| byte == mark));
            memory.free(block, bytes);
        }
    }
    for (block, bytes, _) in blocks {
        memory.free(block, bytes);
    }
    assert_eq!(memory.arena.stats().0, 0);
    memory.pages.verify().unwrap();
}

#[test]
fn pool_hands_out_structures() {
    struct Thing {
        value: Plain<u64>,
    }
    let memory = memory(16);
    let pool = Pool::<Thing>::new();
    let first = pool.alloc(&memory, Thing { value: Plain::new(3) }).unwrap();
    first.value.set(first.value.get() + 1);
    assert_eq!(first.value.get(), 4);
    pool.free(&memory, first);
    let second = pool.alloc(&memory, Thing { value: Plain::new(5) }).unwrap();
    assert_eq!((second.addr(), second.value.get()), (first.addr(), 5));
}
