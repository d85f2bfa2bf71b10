//! The timer heap: what is to happen at a moment.
//!
//! One binary heap for the whole program under one lock; the earliest deadline is also a word that anybody may read, so a machine without
//! due timers never takes the lock. An entry says what to do when its moment has come ([`Expire`]): wake a sleeping goroutine, or what a
//! timer of package time wants. Who may take its timer back gives the entry a *place*, a word that follows its position in the heap.
//!
//! # Invariants
//! - TIMER-1: the place of an entry holds its position plus 1; a place that holds 0 has no entry. Places change under `lock`.
//!
//! # Rejected
//! - A heap per processor (as Go has): pays when timers are set and reset by the million on many processors; costs stealing of timers and a
//!   scan over all processors before sleep.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::mem::{Addr, Plain, Ref, raw};
use crate::thread::{Lock, Rank, Word};
use crate::world::{self, World};

use super::goroutine::{Goroutine, WaitReason, status};
use super::machine::Machine;
use super::processor::Processor;
use super::{bubble, find, scheduler};

/// No deadline.
pub const NEVER: u64 = u64::MAX;

/// What happens when a moment has come; no lock is held. It gets the target of its entry and the time.
pub type Expire = fn(&World, Ref<Processor>, Addr, u64);

/// Entry of the heap.
#[derive(Clone, Copy)]
struct Entry {
    deadline_ns: u64,
    /// What comes first at the same moment.
    order: u32,
    /// A goroutine or a Go object, which the heap keeps alive.
    target: Addr,
    /// Address of its place, or NULL.
    place: Addr,
    expire: Expire,
}

const ENTRY_BYTES: u32 = size_of::<Entry>() as u32;
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

impl Entry {
    fn key(&self) -> (u64, u32) {
        (self.deadline_ns, self.order)
    }
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

    fn slot(&self, index: u32) -> &'static Plain<Entry> {
        raw::reference(self.entries.get().add(index * ENTRY_BYTES))
    }

    fn deadline(&self, index: u32) -> u64 {
        self.slot(index).get().deadline_ns
    }

    fn key(&self, index: u32) -> (u64, u32) {
        self.slot(index).get().key()
    }

    fn put(&self, index: u32, entry: Entry) {
        self.slot(index).set(entry);
        if !entry.place.is_null() {
            raw::store_u32(entry.place, index + 1);
        }
    }

    fn publish(&self) {
        let earliest = if self.count.get() == 0 { NEVER } else { self.deadline(0) };
        if earliest != self.earliest.load(SeqCst) {
            self.earliest.store(earliest, SeqCst);
        }
    }

    /// Has `expire` done with `target` at `deadline_ns`; `order` decides between entries of one moment. If there is an entry with that place
    /// already it is moved to the new moment: true.
    pub fn arm(&self, world: &World, deadline_ns: u64, order: u32, target: Addr, place: Addr, expire: Expire) -> bool {
        let entry = Entry { deadline_ns: deadline_ns.min(NEVER - 1), order, target, place, expire };
        self.lock.lock(Rank::Timers);
        let position = if place.is_null() { 0 } else { raw::load_u32(place) };
        let index = if position != 0 { position - 1 } else { self.append(world) };
        self.settle(index, entry);
        let before = self.earliest_ns();
        self.publish();
        let earlier = self.earliest_ns() < before;
        self.lock.unlock(Rank::Timers);
        if earlier {
            find::poke_sleeper(world);
        }
        position != 0
    }

    /// Takes the entry with that place back. False if there is none.
    pub fn disarm(&self, place: Addr) -> bool {
        self.lock.lock(Rank::Timers);
        let position = raw::load_u32(place);
        if position != 0 {
            self.remove(position - 1);
            self.publish();
        }
        self.lock.unlock(Rank::Timers);
        position != 0
    }

    /// Room for one more entry, at the end.
    fn append(&self, world: &World) -> u32 {
        let count = self.count.get();
        if count == self.capacity.get() {
            let new = (count * 2).max(FIRST_CAPACITY);
            let entries = world::allocate(world, new * ENTRY_BYTES);
            if count != 0 {
                raw::copy(entries, self.entries.get(), count * ENTRY_BYTES);
                world.heap.memory.free(self.entries.get(), count * ENTRY_BYTES);
            }
            self.entries.set(entries);
            self.capacity.set(new);
        }
        self.count.set(count + 1);
        count
    }

    /// Puts an entry where it belongs, beginning at a hole in the heap.
    fn settle(&self, hole: u32, entry: Entry) {
        let mut index = hole;
        while index > 0 {
            let parent = (index - 1) / 2;
            if self.key(parent) <= entry.key() {
                break;
            }
            self.put(index, self.slot(parent).get());
            index = parent;
        }
        let count = self.count.get();
        loop {
            let mut child = index * 2 + 1;
            if child >= count {
                break;
            }
            if child + 1 < count && self.key(child + 1) < self.key(child) {
                child += 1;
            }
            if entry.key() <= self.key(child) {
                break;
            }
            self.put(index, self.slot(child).get());
            index = child;
        }
        self.put(index, entry);
    }

    fn remove(&self, index: u32) -> Entry {
        let removed = self.slot(index).get();
        let last = self.count.get() - 1;
        self.count.set(last);
        if index != last {
            self.settle(index, self.slot(last).get());
        }
        if !removed.place.is_null() {
            raw::store_u32(removed.place, 0);
        }
        removed
    }

    /// Takes the entry whose deadline has passed first.
    fn take_due(&self, now_ns: u64) -> Option<Entry> {
        self.lock.lock(Rank::Timers);
        let due = (self.count.get() != 0 && self.deadline(0) <= now_ns).then(|| self.remove(0));
        self.publish();
        self.lock.unlock(Rank::Timers);
        due
    }

    /// Does what is due, in the order of deadlines: how much.
    pub fn wake_due(&self, world: &World, processor: Ref<Processor>, now_ns: u64) -> u32 {
        let mut count = 0;
        while self.earliest_ns() <= now_ns {
            let Some(entry) = self.take_due(now_ns) else { break };
            (entry.expire)(world, processor, entry.target, now_ns);
            count += 1;
        }
        if count > 1 {
            scheduler::offer_work(world);
        }
        count
    }

    /// Takes all entries back.
    pub fn clear(&self) {
        self.lock.lock(Rank::Timers);
        while self.count.get() != 0 {
            self.remove(self.count.get() - 1);
        }
        self.publish();
        self.lock.unlock(Rank::Timers);
    }

    /// Calls `visit` with every target; the world is stopped.
    pub fn each_target(&self, mut visit: impl FnMut(Addr)) {
        for index in 0..self.count.get() {
            visit(self.slot(index).get().target);
        }
    }
}

impl Default for Timers {
    fn default() -> Timers {
        Timers::new()
    }
}

/// Puts the running goroutine aside for a while.
pub fn sleep(world: &World, machine: Ref<Machine>, duration_ns: i64) -> i32 {
    if duration_ns <= 0 {
        return 0;
    }
    let goroutine = scheduler::goroutine_of(machine);
    scheduler::park(machine, goroutine, WaitReason::Sleep);
    let bubble = goroutine.bubble.get();
    let deadline_ns = bubble::clock_ns(bubble).saturating_add(duration_ns as u64);
    bubble::arm(world, bubble, deadline_ns, goroutine.addr(), Addr::NULL, wake_sleeper);
    warren_abi::entry::SUSPENDED
}

/// Sleepers queue up in order; the next-to-run slot would turn the order round.
fn wake_sleeper(world: &World, processor: Ref<Processor>, target: Addr, _: u64) {
    let Some(goroutine) = Ref::<Goroutine>::at(target) else { return };
    goroutine.result.set(0);
    if goroutine.status.swap(status::WOKEN) == status::PARKED {
        bubble::woken(goroutine);
        goroutine.status.store(status::RUNNABLE);
        scheduler::enqueue(world, processor, target.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &World, _: Ref<Processor>, _: Addr, _: u64) {}

    /// Arms, moves and takes back timers at random, beside a plain list of what should be set.
    #[test]
    fn places_follow_their_entries() {
        let world = world::make_world();
        let timers = Timers::new();
        let places = world::allocate(world, 64 * 4);
        let mut set = [NEVER; 64];
        let mut seed = 1_u64;
        for _ in 0..5000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (index, deadline) = ((seed >> 33) as usize % 64, (seed >> 40) % 1000);
            let place = places.add(index as u32 * 4);
            let was_set = set[index] != NEVER;
            if seed >> 62 == 0 {
                assert_eq!(timers.disarm(place), was_set);
                set[index] = NEVER;
            } else {
                assert_eq!(timers.arm(world, deadline, 0, place, place, nothing), was_set);
                set[index] = deadline;
            }
            assert_eq!(timers.earliest_ns(), *set.iter().min().expect("64 of them"));
            for (index, &deadline) in set.iter().enumerate() {
                // TIMER-1.
                let position = raw::load_u32(places.add(index as u32 * 4));
                assert_eq!(if position == 0 { NEVER } else { timers.deadline(position - 1) }, deadline);
            }
        }
        let mut last = 0;
        while let Some(entry) = timers.take_due(1000) {
            assert!(entry.deadline_ns >= last && raw::load_u32(entry.place) == 0);
            last = entry.deadline_ns;
        }
        assert_eq!(timers.earliest_ns(), NEVER);
    }
}
