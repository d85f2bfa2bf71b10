//! The profile of the heap: which call stacks allocated the objects of a sample, and how many of these are gone (Go's `mprof`).
//!
//! # Sampling
//! On average one allocation in `runtime.MemProfileRate` bytes is sampled. A cache counts down the bytes of the runs that it takes; when the
//! distance to the next sample is used up, the allocation is refused like one that has to wait for a collection, and made with its goroutine
//! frozen, where the stack can be read ([`crate::heap::Heap::take_sample`], `collect`). Runs never reach past the next sample, so a rate
//! of 1 samples every object. What the runtime allocates by itself, and inside of pinned sections, is not sampled.
//!
//! # Publication
//! An allocation is known at once, that its object is gone only when a collection finds out: counting both as they come would show the garbage
//! made since the last collection as memory in use. So events wait for the end of their cycle. Allocations of cycle `n` and what cycle
//! `n + 1` finds dead become visible together, when cycle `n + 2` ends, or when `n + 1` does that the program has asked for.
//!
//! # Size
//! A program that never asks for the profile does not carry this code: the collector calls it through [`HeapProfile::enable`]'s pointer.

use super::mark::Worker;
use crate::mem::lock::Lock;
use crate::mem::{Addr, Memory, Plain, raw};

/// Most program counters of a stack: the 128 that profiles show, and the two functions of the runtime that allocate, which package pprof
/// leaves out.
const MAX_DEPTH: u32 = 128 + 2;

// A bucket: all objects of one size that one stack allocated. The stack follows, 8 bytes each.
const NEXT: u32 = 0;
const NEXT_OF_HASH: u32 = 4;
const HASH: u32 = 8;
const DEPTH: u32 = 12;
const SIZE: u32 = 16;
/// The sampled objects that live: blocks of `{next, object}`.
const LIVING: u32 = 20;
/// What is visible: u64 each.
const ALLOCATED: u32 = 24;
const FREED: u32 = 32;
/// What waits for the end of a cycle: u32 each, by cycle modulo 3.
const COMING_ALLOCATED: u32 = 40;
const COMING_FREED: u32 = 52;
const STACK: u32 = 64;

const CYCLES: u32 = 3;
const HEADS: u32 = 1024;
const OBJECT_BYTES: u32 = 16;

type Settle = fn(&HeapProfile, &mut Worker<'_>);

/// The buckets. All fields belong to `lock`, or to the collector while the world is stopped.
pub struct HeapProfile {
    lock: Lock,
    settle: Plain<Option<Settle>>,
    cycle: Plain<u32>,
    first: Plain<Addr>,
    /// `HEADS` chains of buckets by hash.
    heads: Plain<Addr>,
    /// Room for one stack.
    stack: Plain<Addr>,
}

impl HeapProfile {
    pub const fn new() -> HeapProfile {
        HeapProfile {
            lock: Lock::new(),
            settle: Plain::new(None),
            cycle: Plain::new(0),
            first: Plain::new(Addr::NULL),
            heads: Plain::new(Addr::NULL),
            stack: Plain::new(Addr::NULL),
        }
    }

    /// Prepares for samples; None without memory.
    pub fn enable(&self, memory: &Memory) -> Option<()> {
        self.heads.set(memory.alloc(HEADS * 4)?);
        self.stack.set(memory.alloc(MAX_DEPTH * 8)?);
        self.settle.set(Some(HeapProfile::find_dead));
        Some(())
    }

    /// Takes in a sampled object. `trace` writes its stack, of at most so many program counters, and says how many there were. Without memory
    /// the sample is lost.
    pub fn sample(&self, memory: &Memory, object: Addr, size: u32, trace: impl FnOnce(Addr, u32) -> u32) {
        let _guard = self.lock.lock();
        let depth = trace(self.stack.get(), MAX_DEPTH);
        let Some(bucket) = self.bucket(memory, size, depth) else { return };
        let Some(living) = memory.alloc(OBJECT_BYTES) else { return };
        raw::store_addr(living, raw::load_addr(bucket.add(LIVING)));
        raw::store_addr(living.add(4), object);
        raw::store_addr(bucket.add(LIVING), living);
        count(bucket.add(COMING_ALLOCATED + (self.cycle.get() + 2) % CYCLES * 4));
    }

    /// The bucket for the stack at hand.
    fn bucket(&self, memory: &Memory, size: u32, depth: u32) -> Option<Addr> {
        let stack = raw::slice(self.stack.get(), depth * 8);
        let hash = stack.iter().fold(size ^ 0x811C_9DC5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        let head = self.heads.get().add((hash ^ hash >> 16) % HEADS * 4);
        let mut bucket = raw::load_addr(head);
        while !bucket.is_null() {
            let same = [(HASH, hash), (SIZE, size), (DEPTH, depth)].iter().all(|(field, value)| raw::load_u32(bucket.add(*field)) == *value);
            if same && raw::slice(bucket.add(STACK), depth * 8) == stack {
                return Some(bucket);
            }
            bucket = raw::load_addr(bucket.add(NEXT_OF_HASH));
        }
        let bucket = memory.alloc(STACK + depth * 8)?;
        for (field, value) in [(NEXT, self.first.get().0), (NEXT_OF_HASH, raw::load_u32(head)), (HASH, hash), (DEPTH, depth), (SIZE, size)] {
            raw::store_u32(bucket.add(field), value);
        }
        raw::copy(bucket.add(STACK), self.stack.get(), depth * 8);
        raw::store_addr(head, bucket);
        self.first.set(bucket);
        Some(bucket)
    }

    /// Marking has ended. The world is stopped, `worker` is the only one.
    pub(super) fn settle(&self, worker: &mut Worker<'_>) {
        if let Some(find_dead) = self.settle.get() {
            find_dead(self, worker);
        }
    }

    fn find_dead(&self, worker: &mut Worker<'_>) {
        let cycle = self.cycle.get().wrapping_add(1) % CYCLES;
        self.cycle.set(cycle);
        self.each(|bucket| {
            let mut link = bucket.add(LIVING);
            loop {
                let living = raw::load_addr(link);
                if living.is_null() {
                    break;
                }
                if worker.is_marked(raw::load_addr(living.add(4))) {
                    link = living;
                } else {
                    count(bucket.add(COMING_FREED + (cycle + 1) % CYCLES * 4));
                    raw::store_addr(link, raw::load_addr(living));
                    worker.heap.memory.free(living, OBJECT_BYTES);
                }
            }
        });
        self.publish(cycle);
    }

    /// Shows what the cycle that the program asked for has found.
    pub fn publish_last_cycle(&self) {
        if self.settle.get().is_some() {
            let _guard = self.lock.lock();
            self.publish((self.cycle.get() + 1) % CYCLES);
        }
    }

    /// Makes the events of a cycle visible.
    fn publish(&self, cycle: u32) {
        self.each(|bucket| {
            for (visible, coming) in [(ALLOCATED, COMING_ALLOCATED), (FREED, COMING_FREED)] {
                let (visible, coming) = (bucket.add(visible), bucket.add(coming + cycle * 4));
                raw::store_u64(visible, raw::load_u64(visible) + u64::from(raw::load_u32(coming)));
                raw::store_u32(coming, 0);
            }
        });
    }

    /// Writes the records `{allocated, freed, size, depth, stack...}`, words of 8 bytes, as far as they fit into `words`; how many words all of
    /// them take.
    pub fn write(&self, out: Addr, words: u32) -> u32 {
        let _guard = self.lock.lock();
        let mut any = false;
        self.each(|bucket| any |= raw::load_u64(bucket.add(ALLOCATED)) != 0);
        if !any {
            // No collection yet: everything is shown as if there had been one.
            (0..CYCLES).for_each(|cycle| self.publish(cycle));
        }
        let mut needed = 0;
        self.each(|bucket| {
            let depth = raw::load_u32(bucket.add(DEPTH));
            let next = needed + 4 + depth;
            if next <= words {
                let record = out.add(needed * 8);
                raw::store_u64(record, raw::load_u64(bucket.add(ALLOCATED)));
                raw::store_u64(record.add(8), raw::load_u64(bucket.add(FREED)));
                raw::store_u64(record.add(16), u64::from(raw::load_u32(bucket.add(SIZE))));
                raw::store_u64(record.add(24), u64::from(depth));
                raw::copy(record.add(32), bucket.add(STACK), depth * 8);
            }
            needed = next;
        });
        needed
    }

    fn each(&self, mut visit: impl FnMut(Addr)) {
        let mut bucket = self.first.get();
        while !bucket.is_null() {
            visit(bucket);
            bucket = raw::load_addr(bucket.add(NEXT));
        }
    }
}

fn count(word: Addr) {
    raw::store_u32(word, raw::load_u32(word).wrapping_add(1));
}

impl Default for HeapProfile {
    fn default() -> HeapProfile {
        HeapProfile::new()
    }
}
