//! `select`: waits on several channels, does exactly one operation.
//!
//! All channels are locked in the order of their addresses. If operations are ready, one is chosen uniformly (one random number per further
//! ready case); otherwise a waiter goes into every queue, and whoever can serve one first claims the select by turning `selected` from 0
//! to 1. The other waiters leave their queues in [`finish`], before the goroutine runs again.

use crate::mem::{Addr, Ref, raw};
use crate::sched::scheduler::{goroutine_of, park, processor_of};
use crate::sched::{Goroutine, Machine, WaitReason, Waiter};
use crate::thread::{self, Rank, Word};
use crate::world::World;
use warren_abi::entry::SUSPENDED;

use super::channel::{self, Attempt, Channel};
use super::timer;

/// Bytes of a case: channel and element, a pointer slot each.
const CASE_BYTES: u32 = 16;
/// Nothing was ready, and the select does not wait.
pub const NOTHING_READY: i32 = -2;
/// Some channel belongs to a bubble that the goroutine is not in.
pub const OUTSIDE: i32 = -3;

/// Outcomes in the low bits of the result.
const DONE: u32 = 0;
const TIMER: u32 = 1;
const CLOSED_RECEIVE: u32 = 2;
const CLOSED_SEND: u32 = 3;

/// The cases: an array in Go memory, those that send first.
#[derive(Clone, Copy)]
struct Cases {
    start: Addr,
    sends: u32,
    count: u32,
}

impl Cases {
    fn place(self, index: u32) -> Addr {
        raw::load_addr(self.start.add(index * CASE_BYTES))
    }

    fn element(self, index: u32) -> Addr {
        raw::load_addr(self.start.add(index * CASE_BYTES + 8))
    }

    /// The lowest channel address above `bound`, or NULL.
    fn next_place(self, bound: Addr) -> Addr {
        let mut next = Addr::NULL;
        for index in 0..self.count {
            let place = self.place(index);
            if place > bound && (next.is_null() || place < next) {
                next = place;
            }
        }
        next
    }

    /// Whether something holds for every channel.
    fn all(self, holds: impl Fn(&Channel) -> bool) -> bool {
        (0..self.count).map(|index| self.place(index)).all(|place| place.is_null() || holds(channel::at(place)))
    }

    /// Does something with every channel once, in the order of addresses.
    fn each(self, action: impl Fn(&Channel)) {
        let mut place = self.next_place(Addr::NULL);
        while !place.is_null() {
            action(channel::at(place));
            place = self.next_place(place);
        }
    }

    fn lock(self) {
        if thread::shared() {
            self.each(|channel| channel.lock.lock(Rank::Channel));
        }
    }

    fn unlock(self) {
        if thread::shared() {
            self.each(|channel| channel.lock.unlock(Rank::Channel));
        }
    }

    fn is_ready(self, index: u32) -> bool {
        let place = self.place(index);
        if place.is_null() {
            return false;
        }
        let channel = channel::at(place);
        if channel.closed.get() {
            return true;
        }
        if index < self.sends {
            channel.count.get() < channel.capacity.get() || channel.receivers.has_servable()
        } else {
            channel.count.get() != 0 || channel.senders.has_servable() || (!channel.timer.get().is_null() && timer::is_ready(channel))
        }
    }
}

/// Runs a select: `index << 2 | outcome`, [`SUSPENDED`], or [`NOTHING_READY`].
pub fn select(world: &World, machine: Ref<Machine>, start: Addr, sends: u32, receives: u32, waits: bool) -> i32 {
    let cases = Cases { start, sends, count: sends + receives };
    if !cases.all(|channel| !channel.is_foreign(machine)) {
        return OUTSIDE;
    }
    cases.lock();
    // A waiter that looked servable may be claimed by another select in the same moment: then look again.
    while let Some(index) = choose(machine, cases) {
        let channel = channel::at(cases.place(index));
        let element = cases.element(index);
        let attempt = if index < sends { channel.send_locked(element) } else { channel.receive_locked(element) };
        match attempt {
            Attempt::Done(waiter) => {
                cases.unlock();
                channel::wake_done(world, machine, waiter);
                return (index << 2 | DONE) as i32;
            }
            Attempt::Closed => {
                cases.unlock();
                return (index << 2 | if index < sends { CLOSED_SEND } else { CLOSED_RECEIVE }) as i32;
            }
            Attempt::Timer => {
                cases.unlock();
                return (index << 2 | TIMER) as i32;
            }
            Attempt::Wait => {}
        }
    }
    if !waits {
        cases.unlock();
        return NOTHING_READY;
    }
    let goroutine = goroutine_of(machine);
    let reason = match cases.count {
        0 => WaitReason::SelectNoCases,
        _ if goroutine.bubble.get().is_some() && cases.all(|channel| channel.bubble.get() != 0) => WaitReason::DurableSelect,
        _ => WaitReason::Select,
    };
    goroutine.selected.store(0);
    queue_waiters(world, machine, goroutine, cases);
    park(machine, goroutine, reason);
    cases.unlock();
    SUSPENDED
}

/// One of the ready cases, each with the same probability.
fn choose(machine: Ref<Machine>, cases: Cases) -> Option<u32> {
    let mut chosen = None;
    let mut ready = 0;
    for index in 0..cases.count {
        if !cases.is_ready(index) {
            continue;
        }
        ready += 1;
        if ready == 1 || machine.random_below(ready) == 0 {
            chosen = Some(index);
        }
    }
    chosen
}

fn queue_waiters(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, cases: Cases) {
    let processor = processor_of(machine);
    let mut list = None;
    // Of several cases of one channel the first in its queue is served: let chance say which that is.
    let first = if cases.count > 1 { machine.random_below(cases.count) } else { 0 };
    for index in (first..cases.count).chain(0..first) {
        let place = cases.place(index);
        if place.is_null() {
            continue;
        }
        let channel = channel::at(place);
        let sends = index < cases.sends;
        let waiter = Waiter::take(world, processor);
        waiter.goroutine.set(Some(goroutine));
        waiter.element.set(cases.element(index));
        waiter.place.set(place);
        waiter.done_result.set(index << 2 | DONE);
        waiter.closed_result.set(index << 2 | if sends { CLOSED_SEND } else { CLOSED_RECEIVE });
        waiter.select.set(true);
        waiter.sends.set(sends);
        waiter.in_select.set(list);
        list = Some(waiter);
        let queue = if sends { &channel.senders } else { &channel.receivers };
        queue.push(waiter);
        if !sends && !channel.timer.get().is_null() {
            timer::watch(world, channel);
        }
    }
    goroutine.waiters.set(list);
}

/// The goroutine's select was decided: its waiters leave the queues they are still in. Before the goroutine runs.
#[inline(never)]
pub fn finish(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) {
    let processor = processor_of(machine);
    let mut next = goroutine.waiters.get();
    goroutine.waiters.set(None);
    while let Some(waiter) = next {
        next = waiter.in_select.get();
        let channel = channel::at(waiter.place.get());
        channel.lock.lock(Rank::Channel);
        if waiter.queued.get() {
            let queue = if waiter.sends.get() { &channel.senders } else { &channel.receivers };
            queue.remove(waiter);
            if !channel.timer.get().is_null() {
                timer::left(world, channel);
            }
        }
        channel.lock.unlock(Rank::Channel);
        waiter.element.set(Addr::NULL);
        waiter.place.set(Addr::NULL);
        Waiter::give(processor, waiter);
    }
}
