//! Semaphores on any word of Go memory (Go's `semacquire` and `semrelease`).
//!
//! Waiters hang in a table by address. A release that finds a waiter hands its unit over without touching the word, so nobody can
//! overtake a waiter that was chosen.
//!
//! # Invariants
//! - SEM-1: while a waiter for an address is queued, the word at that address is 0, or its bucket's lock is held: units are added under the
//!   lock only when nobody waits.

use crate::mem::{Addr, Ref, raw};
use crate::sched::scheduler::{goroutine_of, park, processor_of, wake};
use crate::sched::{Machine, WaitReason, give_way};
use crate::thread::{Lock, Rank};
use crate::world::World;
use core::sync::atomic::Ordering::SeqCst;
use warren_abi::entry::SUSPENDED;

use super::queue::Queue;

const BUCKETS: usize = 64;

struct Bucket {
    lock: Lock,
    queue: Queue,
}

/// The table.
pub struct SemaphoreTable {
    buckets: [Bucket; BUCKETS],
}

impl SemaphoreTable {
    pub const fn new() -> SemaphoreTable {
        SemaphoreTable { buckets: [const { Bucket { lock: Lock::fixed(), queue: Queue::new() } }; BUCKETS] }
    }

    fn bucket(&self, word: Addr) -> &Bucket {
        &self.buckets[(word.0 >> 3) as usize % BUCKETS]
    }
}

impl Default for SemaphoreTable {
    fn default() -> SemaphoreTable {
        SemaphoreTable::new()
    }
}

/// Takes one unit if there is one.
fn try_acquire(word: Addr) -> bool {
    let word = raw::atomic_u32(word);
    let mut value = word.load(SeqCst);
    while value > 0 {
        match word.compare_exchange(value, value - 1, SeqCst, SeqCst) {
            Ok(_) => return true,
            Err(now) => value = now,
        }
    }
    false
}

/// What a semaphore is for, by the number that the overlay has for it.
const PURPOSES: [WaitReason; 6] =
    [WaitReason::SemAcquire, WaitReason::MutexLock, WaitReason::ReadLock, WaitReason::WriteLock, WaitReason::WaitGroup, WaitReason::DurableWaitGroup];

/// Takes one unit, or puts the goroutine aside until one is handed over. `first` puts it in front of those that wait.
pub fn acquire(world: &World, machine: Ref<Machine>, word: Addr, first: bool, purpose: u32) -> i32 {
    if try_acquire(word) {
        return 0;
    }
    let bucket = world.semaphores.bucket(word);
    bucket.lock.lock(Rank::Semaphore);
    if try_acquire(word) {
        bucket.lock.unlock(Rank::Semaphore);
        return 0;
    }
    let goroutine = goroutine_of(machine);
    let waiter = goroutine.own_waiter();
    waiter.place.set(word);
    waiter.select.set(false);
    waiter.element.set(Addr::NULL);
    if first {
        bucket.queue.push_front(waiter)
    } else {
        bucket.queue.push(waiter)
    }
    park(machine, goroutine, PURPOSES.get(purpose as usize).copied().unwrap_or(WaitReason::SemAcquire));
    bucket.lock.unlock(Rank::Semaphore);
    SUSPENDED
}

/// Gives one unit back. With `handoff` and somebody waiting, the goroutine lets that one run at once.
pub fn release(world: &World, machine: Ref<Machine>, word: Addr, handoff: bool) -> i32 {
    let bucket = world.semaphores.bucket(word);
    bucket.lock.lock(Rank::Semaphore);
    let mut waiter = bucket.queue.first();
    while let Some(current) = waiter {
        if current.place.get() == word {
            bucket.queue.remove(current);
            break;
        }
        waiter = current.next.get();
    }
    if waiter.is_none() {
        raw::atomic_u32(word).fetch_add(1, SeqCst);
    }
    bucket.lock.unlock(Rank::Semaphore);
    let Some(goroutine) = waiter.and_then(|waiter| waiter.goroutine.get()) else { return 0 };
    wake(world, processor_of(machine), goroutine, 0);
    if !handoff {
        return 0;
    }
    goroutine_of(machine).result.set(0);
    machine.act_later(give_way::yielding, [0; 3]);
    SUSPENDED
}
