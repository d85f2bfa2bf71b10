//! The poller (Go's `netpoll`): goroutines that wait until a file can be read or written.
//!
//! Each has an entry here, which becomes a subscription of WASI's `poll_oneoff`. Who asks the host differs. In the threaded build a goroutine
//! of the overlay does: it rests while nobody waits, calls the host like any function that blocks, and is called back by `poll_break`
//! when the entries have changed. In the single-thread build the machine asks: when there is nothing else to do, for as long as the next timer
//! allows; and now and then, without waiting, when there is.
//!
//! Deadlines and closing belong to the overlay. It gives a goroutine that waits three words of Go memory (`wait_field`), the first of which, a
//! sequence, it advances when the goroutine must look again, as one advances a futex word before one wakes its sleepers. So neither can slip
//! between the look and the wait. A deadline is a timer that does the same.
//!
//! # Invariants
//! - POLL-1: an entry is in use exactly while its goroutine waits for it, and `wait_field::SLOT` holds its index plus 1 then, else 0.
//! - POLL-2: an answer of the host names an entry and its ticket, which is another one at every use: one that comes late reaches nobody.
//! - POLL-3: while some entry is in use either the asking goroutine is on its way to the host, or it is there with all entries that were
//!   in use when it went and will be called back for the others, or the machine asks by itself.

use core::sync::atomic::Ordering::SeqCst;

use warren_abi::entry::SUSPENDED;

use crate::mem::{Addr, Plain, Ref, raw};
use crate::sys;
use crate::thread::{Lock, Rank, SharedWord, Word};
use crate::world::{self, World};

use super::goroutine::{Goroutine, WaitReason};
use super::machine::Machine;
use super::processor::Processor;
use super::scheduler::{goroutine_of, park, processor_of, wake};
use super::timer::NEVER;

/// What a goroutine hears when it goes on: that it must look again, that the file is ready, or that the host cannot tell.
pub const AGAIN: u32 = 0;
pub const READY: u32 = 1;
pub const FAILED: u32 = 2;

/// What it waits for, as the tag of a subscription says it.
pub const READS: u32 = 1;
pub const WRITES: u32 = 2;

/// Fields of what the overlay gives a goroutine to wait with.
mod wait_field {
    /// Changed before those that wait are woken.
    pub const SEQUENCE: u32 = 0;
    /// Index of the entry plus 1; belongs to the poller's lock.
    pub const SLOT: u32 = 4;
    /// Place of the deadline in the timer heap.
    pub const PLACE: u32 = 8;
}

/// Somebody who waits for a file. Fields belong to the poller's lock.
struct Entry {
    /// None while the entry is free.
    goroutine: Plain<Option<Ref<Goroutine>>>,
    /// In Go memory, or NULL: nobody can end this wait but the host.
    wait: Plain<Addr>,
    descriptor: Plain<u32>,
    mode: Plain<u32>,
    /// Counts uses of the entry.
    ticket: Plain<u32>,
    /// Index of the next free entry plus 1.
    next_free: Plain<u32>,
}

const ENTRY_BYTES: u32 = size_of::<Entry>() as u32;
const FIRST_CAPACITY: u32 = 16;

const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: u32 = 32;
/// Index, in a subscription's user data, of the clock's.
const CLOCK: u32 = u32::MAX;
/// `EINTR` of WASI: called back.
const INTERRUPTED: u32 = 27;

/// Nanoseconds between two questions to the host while goroutines run.
const PERIOD_NS: u64 = 1_000_000;

/// The poller. Fields without a remark belong to `lock`.
pub struct Poller {
    lock: Lock,
    entries: Plain<Addr>,
    capacity: Plain<u32>,
    /// Entries that were in use at some time, and index of the first free one of these plus 1.
    used: Plain<u32>,
    free: Plain<u32>,
    /// Entries in use. Written under `lock`, read by anybody.
    waiting: SharedWord,
    /// The asking goroutine while nobody waits.
    resting: Plain<Option<Ref<Goroutine>>>,
    /// It is on its way to the host, or there, and was not called back.
    asking: Plain<bool>,
    /// Where subscriptions, then events are put, and for how many there is room; belong to who asks.
    buffer: Plain<Addr>,
    room: Plain<u32>,
    /// When the machine last asked.
    asked_ns: Plain<u64>,
    /// The machine asks, in a native test.
    pub by_machine: Plain<bool>,
}

/// What is left to do, without the lock, when the entries have changed.
enum Notice {
    None,
    Wake(Ref<Goroutine>),
    CallBack,
}

impl Poller {
    pub const fn new() -> Poller {
        Poller {
            lock: Lock::fixed(),
            entries: Plain::new(Addr::NULL),
            capacity: Plain::new(0),
            used: Plain::new(0),
            free: Plain::new(0),
            waiting: SharedWord::fixed(0),
            resting: Plain::new(None),
            asking: Plain::new(false),
            buffer: Plain::new(Addr::NULL),
            room: Plain::new(0),
            asked_ns: Plain::new(0),
            by_machine: Plain::new(false),
        }
    }

    /// Whether the machine asks the host by itself, as there is no other.
    #[inline(always)]
    pub fn asks_by_machine(&self) -> bool {
        if cfg!(target_arch = "wasm32") { cfg!(not(target_feature = "atomics")) } else { self.by_machine.get() }
    }

    /// Nobody waits.
    pub fn is_idle(&self) -> bool {
        self.waiting.load() == 0
    }

    fn entry(&self, index: u32) -> &'static Entry {
        raw::reference(self.entries.get().add(index * ENTRY_BYTES))
    }

    /// A free entry; under `lock`.
    fn reserve(&self, world: &World) -> u32 {
        if self.free.get() != 0 {
            let index = self.free.get() - 1;
            self.free.set(self.entry(index).next_free.get());
            return index;
        }
        let index = self.used.get();
        if index == self.capacity.get() {
            let new = (index * 2).max(FIRST_CAPACITY);
            let entries = world::allocate(world, new * ENTRY_BYTES);
            if index != 0 {
                raw::copy(entries, self.entries.get(), index * ENTRY_BYTES);
                world.heap.memory.free(self.entries.get(), index * ENTRY_BYTES);
            }
            self.entries.set(entries);
            self.capacity.set(new);
        }
        self.used.set(index + 1);
        index
    }

    /// Enters the running goroutine and puts it aside; under `lock`.
    fn enter(&self, world: &World, machine: Ref<Machine>, descriptor: u32, mode: u32, wait: Addr) -> Notice {
        let index = self.reserve(world);
        let entry = self.entry(index);
        let goroutine = goroutine_of(machine);
        debug_assert!(entry.goroutine.get().is_none(), "POLL-1");
        entry.goroutine.set(Some(goroutine));
        entry.wait.set(wait);
        entry.descriptor.set(descriptor);
        entry.mode.set(mode);
        entry.ticket.set(entry.ticket.get().wrapping_add(1));
        if !wait.is_null() {
            raw::store_u32(wait.add(wait_field::SLOT), index + 1);
        }
        self.waiting.add(1);
        park(machine, goroutine, WaitReason::Descriptor);
        self.changed()
    }

    /// Frees an entry, if it is in use: the goroutine, which the caller wakes, and whether the overlay hears why. Under `lock`.
    fn leave(&self, world: &World, index: u32) -> Option<(Ref<Goroutine>, bool)> {
        let entry = self.entry(index);
        let goroutine = entry.goroutine.get()?;
        entry.goroutine.set(None);
        entry.next_free.set(self.free.get());
        self.free.set(index + 1);
        self.waiting.add(u32::MAX);
        let wait = entry.wait.get();
        if !wait.is_null() {
            raw::store_u32(wait.add(wait_field::SLOT), 0);
            if raw::load_u32(wait.add(wait_field::PLACE)) != 0 {
                world.scheduler.timers.disarm(wait.add(wait_field::PLACE));
            }
        }
        Some((goroutine, !wait.is_null()))
    }

    /// The entries are not those any more that the asking goroutine knows; under `lock`.
    fn changed(&self) -> Notice {
        if let Some(goroutine) = self.resting.get() {
            self.resting.set(None);
            return Notice::Wake(goroutine);
        }
        if self.asking.get() {
            self.asking.set(false);
            return Notice::CallBack;
        }
        Notice::None
    }

    fn lock(&self) {
        self.lock.lock(Rank::Poller);
    }

    fn unlock(&self) {
        self.lock.unlock(Rank::Poller);
    }

    /// Wakes who waits for an entry, if it is still the one with that ticket or there is none given.
    fn answer(&self, world: &World, processor: Ref<Processor>, index: u32, ticket: Option<u32>, result: u32) {
        self.lock();
        let is_current = index < self.used.get() && ticket.is_none_or(|ticket| self.entry(index).ticket.get() == ticket);
        let left = if is_current { self.leave(world, index) } else { None };
        self.unlock();
        if let Some((goroutine, hears)) = left {
            wake(world, processor, goroutine, if hears { result } else { 0 });
        }
    }

    /// Acts on what `poll_oneoff` returned.
    fn take_answers(&self, world: &World, processor: Ref<Processor>, error: u32, happened: u32) {
        self.lock();
        self.asking.set(false);
        let used = self.used.get();
        self.unlock();
        if error == INTERRUPTED {
            return;
        }
        if error != 0 {
            // The host does not know how to wait for some of these files. Who waits finds out by calling it for his own.
            for index in 0..used {
                self.answer(world, processor, index, None, FAILED);
            }
            return;
        }
        let events = self.events();
        for number in 0..happened.min(self.room.get()) {
            let event = events.add(number * EVENT_BYTES);
            let index = raw::load_u32(event);
            if index != CLOCK {
                let result = if raw::load_u16(event.add(8)) == 0 { READY } else { FAILED };
                self.answer(world, processor, index, Some(raw::load_u32(event.add(4))), result);
            }
        }
    }

    fn events(&self) -> Addr {
        self.buffer.get().add(self.room.get() * SUBSCRIPTION_BYTES)
    }

    /// Writes a subscription for every entry in use, and one that ends the wait after `timeout_ns` unless that is [`NEVER`]: how many.
    /// Under `lock`.
    fn subscribe(&self, world: &World, timeout_ns: u64) -> u32 {
        let wanted = self.waiting.load() + 1;
        if wanted > self.room.get() {
            if self.room.get() != 0 {
                world.heap.memory.free(self.buffer.get(), self.room.get() * (SUBSCRIPTION_BYTES + EVENT_BYTES));
            }
            let room = wanted.next_power_of_two().max(FIRST_CAPACITY);
            self.buffer.set(world::allocate(world, room * (SUBSCRIPTION_BYTES + EVENT_BYTES)));
            self.room.set(room);
        }
        let mut at = self.buffer.get();
        let mut subscribe = |user_data: [u32; 2], tag: u32, subject: u32, timeout_ns: u64| {
            let words = [user_data[0], user_data[1], tag, 0, subject, 0, timeout_ns as u32, (timeout_ns >> 32) as u32, 0, 0, 0, 0];
            for word in words {
                raw::store_u32(at, word);
                at = at.add(4);
            }
        };
        let mut count = 0;
        for index in 0..self.used.get() {
            let entry = self.entry(index);
            if entry.goroutine.get().is_some() {
                subscribe([index, entry.ticket.get()], entry.mode.get(), entry.descriptor.get(), 0);
                count += 1;
            }
        }
        if timeout_ns != NEVER {
            // Clock 1 is the monotonic one.
            subscribe([CLOCK, 0], 0, 1, timeout_ns);
            count += 1;
        }
        count
    }

    /// The machine asks the host, for at most `timeout_ns`.
    fn ask(&self, world: &World, processor: Ref<Processor>, timeout_ns: u64) {
        let count = self.subscribe(world, timeout_ns);
        let (error, happened) = sys::poll_oneoff(self.buffer.get(), self.events(), count);
        self.asked_ns.set(sys::monotonic_ns());
        self.take_answers(world, processor, error, happened);
    }

    /// Instead of a sleep for want of work: true if the machine has waited for files and is to look again.
    #[inline(always)]
    pub fn ask_idle(&self, world: &World, processor: Ref<Processor>) -> bool {
        if !self.asks_by_machine() || self.is_idle() {
            return false;
        }
        let earliest_ns = world.scheduler.timers.earliest_ns();
        let timeout_ns = if earliest_ns == NEVER { NEVER } else { earliest_ns.saturating_sub(sys::monotonic_ns()) };
        self.ask(world, processor, timeout_ns);
        true
    }

    /// Between two goroutines: asks without waiting if that was not done for a while.
    #[inline(always)]
    pub fn ask_busy(&self, world: &World, processor: Ref<Processor>) {
        if self.asks_by_machine() && !self.is_idle() && sys::monotonic_ns().saturating_sub(self.asked_ns.get()) >= PERIOD_NS {
            self.ask(world, processor, 0);
        }
    }
}

impl Default for Poller {
    fn default() -> Poller {
        Poller::new()
    }
}

/// What was found out under the lock is done without it.
fn give_notice(world: &World, processor: Ref<Processor>, notice: Notice) {
    match notice {
        Notice::None => {}
        Notice::Wake(goroutine) => wake(world, processor, goroutine, 0),
        Notice::CallBack => sys::poll_break(),
    }
}

/// Puts the running goroutine aside until the file is ready, the deadline has passed (0: none) or the sequence of `wait` is another one.
pub fn wait(world: &World, machine: Ref<Machine>, descriptor: u32, mode: u32, wait: Addr, sequence: u32, deadline_ns: i64) -> i32 {
    let poller = &world.scheduler.poller;
    poller.lock();
    if raw::atomic_u32(wait.add(wait_field::SEQUENCE)).load(SeqCst) != sequence {
        poller.unlock();
        return AGAIN as i32;
    }
    let notice = poller.enter(world, machine, descriptor, mode, wait);
    if deadline_ns > 0 {
        world.scheduler.timers.arm(world, deadline_ns as u64, 0, wait, wait.add(wait_field::PLACE), expire);
    }
    poller.unlock();
    give_notice(world, processor_of(machine), notice);
    SUSPENDED
}

/// Puts the running goroutine aside until a read of the file would not wait; its result is 0 in any case.
pub fn wait_for_call(world: &World, machine: Ref<Machine>, descriptor: u32) -> i32 {
    let poller = &world.scheduler.poller;
    poller.lock();
    let notice = poller.enter(world, machine, descriptor, READS, Addr::NULL);
    poller.unlock();
    give_notice(world, processor_of(machine), notice);
    SUSPENDED
}

/// Has the goroutine look again that waits with `wait`.
pub fn wake_waiter(world: &World, machine: Ref<Machine>, wait: Addr) {
    expire(world, processor_of(machine), wait, 0);
}

/// The moment of a deadline.
fn expire(world: &World, processor: Ref<Processor>, wait: Addr, _: u64) {
    let poller = &world.scheduler.poller;
    poller.lock();
    let slot = raw::load_u32(wait.add(wait_field::SLOT));
    let left = if slot == 0 { None } else { poller.leave(world, slot - 1) };
    // The file may be closed next, and is not free before the host has let go of it.
    let notice = if left.is_some() { poller.changed() } else { Notice::None };
    poller.unlock();
    give_notice(world, processor, notice);
    if let Some((goroutine, _)) = left {
        wake(world, processor, goroutine, AGAIN);
    }
}

/// The asking goroutine wants to know what to ask: puts addresses of subscriptions and events at `out` and returns their number, or rests until
/// somebody waits.
pub fn question(world: &World, machine: Ref<Machine>, out: Addr) -> i32 {
    let poller = &world.scheduler.poller;
    poller.lock();
    if poller.is_idle() {
        let goroutine = goroutine_of(machine);
        poller.resting.set(Some(goroutine));
        park(machine, goroutine, WaitReason::Descriptor);
        poller.unlock();
        return SUSPENDED;
    }
    let count = poller.subscribe(world, NEVER);
    poller.asking.set(true);
    raw::store_addr(out, poller.buffer.get());
    raw::store_addr(out.add(4), poller.events());
    poller.unlock();
    count as i32
}

/// It has the answer.
pub fn answer(world: &World, machine: Ref<Machine>, error: u32, happened: u32) {
    world.scheduler.poller.take_answers(world, processor_of(machine), error, happened);
}
