//! Timers: goroutines that sleep until a moment.
//!
//! One binary heap for the whole program under one lock; the earliest deadline is also a word that anybody may read, so a machine without
//! due timers never takes the lock.
//!
//! # Rejected
//! - A heap per processor (as Go has): pays when timers are set and reset by the million; costs stealing of timers and a scan over all
//!   processors before sleep. To be looked at again when `time.Timer` and network deadlines arrive.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::mem::{Addr, Plain, Ref, raw};
use crate::thread::{Lock, Rank};
use crate::world::{self, World};

use super::goroutine::Goroutine;
use super::processor::Processor;
use super::scheduler;

/// No deadline.
pub const NEVER: u64 = u64::MAX;

/// Entry of the heap: deadline, and the goroutine.
const ENTRY_BYTES: u32 = 16;
const DEADLINE: u32 = 0;
const GOROUTINE: u32 = 8;
const FIRST_CAPACITY: u32 = 32;

/// The heap. Fields but `earliest` belong to `lock`.
pub struct Timers {
    lock: Lock,
    entries: Plain<Addr>,
    capacity: Plain<u32>,
    count: Plain<u32>,
    /// Deadline of the root, or [`NEVER`].
    earliest: AtomicU64,
}

impl Timers {
    pub const fn new() -> Timers {
        Timers {
            lock: Lock::fixed(),
            entries: Plain::new(Addr::NULL),
            capacity: Plain::new(0),
            count: Plain::new(0),
            earliest: AtomicU64::new(NEVER),
        }
    }

    /// Earliest deadline, or [`NEVER`].
    #[inline(always)]
    pub fn earliest_ns(&self) -> u64 {
        self.earliest.load(SeqCst)
    }

    fn entry(&self, index: u32) -> Addr {
        self.entries.get().add(index * ENTRY_BYTES)
    }

    fn deadline(&self, index: u32) -> u64 {
        raw::load_u64(self.entry(index).add(DEADLINE))
    }

    fn put(&self, index: u32, deadline_ns: u64, goroutine: u64) {
        raw::store_u64(self.entry(index).add(DEADLINE), deadline_ns);
        raw::store_u64(self.entry(index).add(GOROUTINE), goroutine);
    }

    fn publish(&self) {
        let earliest = if self.count.get() == 0 { NEVER } else { self.deadline(0) };
        if earliest != self.earliest.load(SeqCst) {
            self.earliest.store(earliest, SeqCst);
        }
    }

    /// Wakes `goroutine`, which is being put aside, at `deadline_ns`. True if that is the earliest deadline now. The lock is taken before
    /// `aside` puts it aside, so it is not woken earlier than that.
    pub fn add(&self, world: &World, deadline_ns: u64, goroutine: Ref<Goroutine>, aside: impl FnOnce()) -> bool {
        self.lock.lock(Rank::Timers);
        aside();
        if self.count.get() == self.capacity.get() {
            self.double(world);
        }
        let mut index = self.count.get();
        self.count.set(index + 1);
        while index > 0 {
            let parent = (index - 1) / 2;
            if self.deadline(parent) <= deadline_ns {
                break;
            }
            self.put(index, self.deadline(parent), raw::load_u64(self.entry(parent).add(GOROUTINE)));
            index = parent;
        }
        self.put(index, deadline_ns, u64::from(goroutine.addr().0));
        self.publish();
        self.lock.unlock(Rank::Timers);
        index == 0
    }

    fn double(&self, world: &World) {
        let old = self.capacity.get();
        let new = (old * 2).max(FIRST_CAPACITY);
        let entries = world::allocate(world, new * ENTRY_BYTES);
        if old != 0 {
            raw::copy(entries, self.entries.get(), old * ENTRY_BYTES);
            world.heap.memory.free(self.entries.get(), old * ENTRY_BYTES);
        }
        self.entries.set(entries);
        self.capacity.set(new);
    }

    /// Takes the goroutine whose deadline has passed first.
    fn take_due(&self, now_ns: u64) -> Option<Ref<Goroutine>> {
        self.lock.lock(Rank::Timers);
        let due = if self.count.get() != 0 && self.deadline(0) <= now_ns { Ref::at(raw::load_addr(self.entry(0).add(GOROUTINE))) } else { None };
        if due.is_some() {
            self.remove_root();
        }
        self.publish();
        self.lock.unlock(Rank::Timers);
        due
    }

    fn remove_root(&self) {
        let last = self.count.get() - 1;
        self.count.set(last);
        if last == 0 {
            return;
        }
        let deadline_ns = self.deadline(last);
        let goroutine = raw::load_u64(self.entry(last).add(GOROUTINE));
        let mut index = 0;
        loop {
            let mut child = index * 2 + 1;
            if child >= last {
                break;
            }
            if child + 1 < last && self.deadline(child + 1) < self.deadline(child) {
                child += 1;
            }
            if deadline_ns <= self.deadline(child) {
                break;
            }
            self.put(index, self.deadline(child), raw::load_u64(self.entry(child).add(GOROUTINE)));
            index = child;
        }
        self.put(index, deadline_ns, goroutine);
    }

    /// Wakes every goroutine whose deadline has passed, in the order of deadlines: how many.
    pub fn wake_due(&self, world: &World, processor: Ref<Processor>, now_ns: u64) -> u32 {
        let mut count = 0;
        while self.earliest_ns() <= now_ns {
            let Some(goroutine) = self.take_due(now_ns) else { break };
            // Sleepers queue up in order; the next-to-run slot would turn the order round.
            goroutine.result.set(0);
            if crate::thread::Word::swap(&goroutine.status, super::goroutine::status::WOKEN) == super::goroutine::status::PARKED {
                crate::thread::Word::store(&goroutine.status, super::goroutine::status::RUNNABLE);
                scheduler::enqueue(world, processor, goroutine.addr().0);
            }
            count += 1;
        }
        if count > 1 {
            scheduler::offer_work(world);
        }
        count
    }
}

impl Default for Timers {
    fn default() -> Timers {
        Timers::new()
    }
}
