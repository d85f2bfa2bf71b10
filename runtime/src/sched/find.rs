//! How a machine finds the next goroutine, and what it does when there is none.
//!
//! The order: the processor's `next` slot and ring; due timers; the global queue; the rings of others. Every 64th turn begins with the
//! ring's head and the global queue, so that two goroutines that wake each other for ever do not starve the rest.
//!
//! A machine that finds nothing gives its processor back, looks at all queues once more (somebody may have queued work and seen no idle
//! processor to wake), and sleeps. One of the sleepers wakes for the earliest timer. When the last processor becomes idle and there is no
//! timer, nothing can ever happen again: a deadlock.
//!
//! # Invariants
//! - FIND-1: a machine that counts in `spinning` is between waking up (or having run out of work) and its first goroutine or its sleep.
//! - FIND-2: who makes `spinning` 0 by finding work offers further work, so a lost wake-up cannot leave a queue unattended.

use crate::mem::{Addr, Ref};
use crate::sys;
use crate::thread::{Rank, Word};
use crate::world::World;

use super::goroutine::Goroutine;
use super::grain;
use super::machine::Machine;
use super::processor::Processor;
use super::scheduler::{self, Scheduler, hold, processor_of};
use super::timer::NEVER;
use super::watcher;

/// Turns between two looks beyond the `next` slot.
const FAIR_TURNS: u32 = 64;
/// Goroutines taken from the global queue at once.
const GLOBAL_BATCH: u32 = 128;
/// Rounds over all processors before stealing is given up; the last one takes `next` slots too.
const STEAL_ROUNDS: u32 = 2;

/// What was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    Goroutine(Ref<Goroutine>),
    /// No goroutine will ever run again.
    Deadlock,
    /// The world is to stop first.
    Stop,
}

/// The next goroutine for the machine, which may sleep first.
#[inline(always)]
pub fn next(world: &World, machine: Ref<Machine>) -> Found {
    let processor = processor_of(machine);
    watcher::answer(processor);
    if world.scheduler.stopping.load() != 0 {
        return Found::Stop;
    }
    let tick = processor.tick.get().wrapping_add(1);
    processor.tick.set(tick);
    if tick.is_multiple_of(FAIR_TURNS) && !machine.spinning.get() {
        if let Some(found) = fair_turn(world, machine, processor) {
            return found;
        }
        return look_further(world, machine);
    }
    match Ref::at(Addr(processor.queue.pop())) {
        Some(goroutine) => Found::Goroutine(goroutine),
        None => look_further(world, machine),
    }
}

/// A turn that serves those who wait behind the `next` slot.
#[inline(never)]
fn fair_turn(world: &World, machine: Ref<Machine>, processor: Ref<Processor>) -> Option<Found> {
    let scheduler = &world.scheduler;
    if processor.tick.get().is_multiple_of(grain::TURNS) {
        grain::measure(scheduler, processor);
    }
    if scheduler.fine_grained.load() != 0 && busy_processors(scheduler) > 1 && retire(world, processor) {
        return Some(idle(world, machine));
    }
    if scheduler.timers.earliest_ns() != NEVER {
        scheduler.timers.wake_due(world, processor, sys::monotonic_ns());
    }
    scheduler.poller.ask_busy(world, processor);
    if processor.tick.get().is_multiple_of(FAIR_TURNS * 2)
        && let Some(goroutine) = take_global(scheduler, processor, 1)
    {
        return Some(Found::Goroutine(goroutine));
    }
    let ring = processor.queue.pop_ring();
    let goroutine = if ring != 0 { ring } else { processor.queue.pop() };
    Ref::at(Addr(goroutine)).map(Found::Goroutine)
}

fn busy_processors(scheduler: &Scheduler) -> u32 {
    scheduler.busy_count.load()
}

/// Gives the processor and all its work back, unless it is the last busy one.
fn retire(world: &World, processor: Ref<Processor>) -> bool {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    let last = busy_processors(scheduler) <= 1 || scheduler.stopping.load() != 0;
    if !last {
        while let Some(goroutine) = Ref::at(Addr(processor.queue.pop())) {
            scheduler.push_global(goroutine);
        }
        scheduler.push_idle_processor(processor);
    }
    scheduler.lock.unlock(Rank::Scheduler);
    !last
}

/// Takes up to `most` goroutines from the global queue: one to run, the others into the ring.
fn take_global(scheduler: &Scheduler, processor: Ref<Processor>, most: u32) -> Option<Ref<Goroutine>> {
    if scheduler.global_count.load() == 0 {
        return None;
    }
    scheduler.lock.lock(Rank::Scheduler);
    let share = scheduler.global_count.load() / scheduler.processor_count.get().max(1) + 1;
    let first = scheduler.pop_global();
    for _ in 1..share.min(most) {
        let Some(goroutine) = scheduler.pop_global() else { break };
        if !processor.queue.push(goroutine.addr().0) {
            scheduler.push_global(goroutine);
            break;
        }
    }
    scheduler.lock.unlock(Rank::Scheduler);
    first
}

#[inline(never)]
fn look_further(world: &World, machine: Ref<Machine>) -> Found {
    let scheduler = &world.scheduler;
    loop {
        let processor = processor_of(machine);
        if scheduler.stopping.load() != 0 {
            return Found::Stop;
        }
        if let Some(goroutine) = Ref::at(Addr(processor.queue.pop())) {
            return found(world, machine, goroutine);
        }
        let earliest_ns = scheduler.timers.earliest_ns();
        if earliest_ns != NEVER && scheduler.timers.wake_due(world, processor, sys::monotonic_ns()) != 0 {
            continue;
        }
        if let Some(goroutine) = take_global(scheduler, processor, GLOBAL_BATCH) {
            return found(world, machine, goroutine);
        }
        if let Some(goroutine) = steal(scheduler, machine, processor) {
            return found(world, machine, goroutine);
        }
        if scheduler.poller.ask_idle(world, processor) {
            continue;
        }
        if let Some(result) = give_back(world, machine, processor) {
            return result;
        }
    }
}

/// A machine that looked for work has some.
fn found(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> Found {
    if machine.spinning.get() {
        machine.spinning.set(false);
        world.scheduler.watcher.alert();
        // FIND-2.
        if world.scheduler.spinning.add(u32::MAX) == 0 && !processor_of(machine).queue.is_empty() {
            scheduler::offer_work(world);
        }
    }
    Found::Goroutine(goroutine)
}

fn steal(scheduler: &Scheduler, machine: Ref<Machine>, own: Ref<Processor>) -> Option<Ref<Goroutine>> {
    let count = scheduler.processor_count.get();
    if busy_processors(scheduler) <= 1 {
        return None;
    }
    if !machine.spinning.get() {
        // At most half as many look for work as do some.
        if scheduler.spinning.load() * 2 >= busy_processors(scheduler) {
            return None;
        }
        machine.spinning.set(true);
        scheduler.spinning.add(1);
    }
    for round in 0..STEAL_ROUNDS {
        let start = machine.random_below(count);
        for offset in 0..count {
            let id = (start + offset) % count;
            let other = scheduler.processor(id);
            if other == own || other.idle.load() != 0 {
                continue;
            }
            // What was made ready last goes to whoever made it ready, unless that one is stuck.
            let also_next = round + 1 == STEAL_ROUNDS && other.tick.get() == other.seen_tick.get();
            if let Some(goroutine) = Ref::at(Addr(other.queue.steal_into(&own.queue, also_next))) {
                return Some(goroutine);
            }
        }
    }
    None
}

/// Gives the processor back. None: there is work after all, and the machine has a processor.
fn give_back(world: &World, machine: Ref<Machine>, processor: Ref<Processor>) -> Option<Found> {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    if scheduler.stopping.load() != 0 || scheduler.global_count.load() != 0 {
        scheduler.lock.unlock(Rank::Scheduler);
        return None;
    }
    scheduler.push_idle_processor(processor);
    machine.processor.set(None);
    scheduler.lock.unlock(Rank::Scheduler);
    if machine.spinning.get() {
        machine.spinning.set(false);
        scheduler.spinning.add(u32::MAX);
        if work_queued(scheduler) {
            scheduler.lock.lock(Rank::Scheduler);
            let again = scheduler.pop_idle_processor();
            scheduler.lock.unlock(Rank::Scheduler);
            if let Some(again) = again {
                hold(machine, again);
                machine.spinning.set(true);
                scheduler.spinning.add(1);
                return None;
            }
        }
    }
    match idle(world, machine) {
        Found::Stop => None,
        other => Some(other),
    }
}

/// Some ring or the global queue holds a goroutine.
fn work_queued(scheduler: &Scheduler) -> bool {
    if scheduler.global_count.load() != 0 {
        return true;
    }
    (0..scheduler.processor_count.get()).any(|id| scheduler.processor(id).queue.ring_len() != 0)
}

/// Sleeps without a processor until somebody hands one over ([`Found::Stop`] stands for "look again"), or reports a deadlock.
pub fn idle(world: &World, machine: Ref<Machine>) -> Found {
    let scheduler = &world.scheduler;
    if machine.spinning.get() {
        // FIND-1: its processor was taken out of use while it looked.
        machine.spinning.set(false);
        scheduler.spinning.add(u32::MAX);
    }
    scheduler.lock.lock(Rank::Scheduler);
    machine.processor.set(None);
    scheduler.push_idle_machine(machine);
    loop {
        if machine.processor.get().is_some() {
            break;
        }
        let earliest_ns = scheduler.timers.earliest_ns();
        let now_ns = if earliest_ns == NEVER { 0 } else { sys::monotonic_ns() };
        // Fine-grained work is left to the machine that is busy with it.
        let shares = scheduler.fine_grained.load() == 0 || busy_processors(scheduler) == 0;
        if earliest_ns <= now_ns || (scheduler.global_count.load() != 0 && shares) {
            if let Some(processor) = scheduler.pop_idle_processor() {
                scheduler.remove_idle_machine(machine);
                hold(machine, processor);
                break;
            }
        } else if earliest_ns == NEVER && all_idle(scheduler) {
            scheduler.lock.unlock(Rank::Scheduler);
            return Found::Deadlock;
        }
        let timeout_ns = if earliest_ns == NEVER { -1 } else { earliest_ns.saturating_sub(now_ns).max(1) as i64 };
        scheduler.lock.unlock(Rank::Scheduler);
        machine.note.sleep(timeout_ns);
        scheduler.lock.lock(Rank::Scheduler);
    }
    scheduler.lock.unlock(Rank::Scheduler);
    scheduler.watcher.alert();
    Found::Stop
}

/// No processor is held, no queue holds anything: under the lock.
fn all_idle(scheduler: &Scheduler) -> bool {
    scheduler.stopping.load() == 0 && busy_processors(scheduler) == 0 && scheduler.in_host.load() == 0 && scheduler.global_count.load() == 0
}

/// A timer was added that is earlier than all others: sleepers must look at the clock anew.
pub fn poke_sleeper(world: &World) {
    let scheduler = &world.scheduler;
    if scheduler.idle_processor_count.load() == 0 {
        return;
    }
    scheduler.lock.lock(Rank::Scheduler);
    let machine = scheduler.pop_idle_machine();
    if let Some(machine) = machine {
        scheduler.push_idle_machine(machine);
    }
    scheduler.lock.unlock(Rank::Scheduler);
    if let Some(machine) = machine {
        machine.note.wake();
    }
}
