//! Stopping the world: every machine but one freezes its goroutine and waits.
//!
//! Idle processors count as stopped, and so do those that machines in host calls have lent; nobody can take one while `stopping` is set. The poll word makes running goroutines freeze; machines
//! that come to the loop see `stopping` and report. The last one wakes the machine that asked.
//!
//! A goroutine that must not be stopped just now (it is pinned, or writes a line) would freeze at each poll and, as thawing enters a loop
//! at its header again, never get anywhere. So its machine *withholds* the stop's request from the poll word until the goroutine is through.
//!
//! # Invariants
//! - STOP-1: no request to freeze is pending for the processor of a machine that waits, or is in a host call, or has stopped the world: what
//!   runs would come to a halt at its polls for a request that nobody answers.

use core::sync::atomic::Ordering::SeqCst;

use crate::entry::warren_poll;
use crate::mem::Ref;
use crate::thread::{Rank, Word};
use crate::world::World;

use super::machine::Machine;
use super::scheduler::{Scheduler, processor_of};
use super::watcher;

/// Stops all machines but the calling one, which holds a processor. False if another machine is stopping the world; the caller must
/// stop too ([`wait`]) and may try again.
pub fn stop(world: &World, machine: Ref<Machine>) -> bool {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    if scheduler.stopping.load() != 0 {
        scheduler.lock.unlock(Rank::Scheduler);
        return false;
    }
    scheduler.stopping.store(1);
    super::host_call::take_all(scheduler);
    let others = scheduler.busy_count.load() - 1;
    scheduler.stop_remaining.set(others);
    scheduler.stopper.set(Some(machine));
    warren_poll.fetch_add(1, SeqCst);
    watcher::answer(processor_of(machine));
    while scheduler.stop_remaining.get() != 0 {
        scheduler.lock.unlock(Rank::Scheduler);
        machine.note.sleep(-1);
        scheduler.lock.lock(Rank::Scheduler);
    }
    scheduler.lock.unlock(Rank::Scheduler);
    true
}

/// Stops the world, however many others want to stop it before.
pub fn stop_eventually(world: &World, machine: Ref<Machine>) {
    while !stop(world, machine) {
        wait(world, machine);
    }
}

/// Lets the world go on.
pub fn start(world: &World) {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    scheduler.stopping.store(0);
    scheduler.stopper.set(None);
    warren_poll.fetch_sub(1, SeqCst);
    while let Some(machine) = scheduler.stopped_machines.get() {
        scheduler.stopped_machines.set(machine.next_idle.get());
        machine.stopped.set(false);
        machine.note.wake();
    }
    scheduler.lock.unlock(Rank::Scheduler);
    if scheduler.global_count.load() != 0 {
        // A machine that became idle meanwhile could not take a processor.
        super::find::poke_sleeper(world);
    }
    super::scheduler::offer_work(world);
}

/// Reports the calling machine, which keeps its processor, as stopped, and waits for the end of the stop. Each time it is woken
/// before that it does what the machine that stops the world wants help with.
pub fn wait(world: &World, machine: Ref<Machine>) {
    let scheduler = &world.scheduler;
    watcher::answer(processor_of(machine));
    scheduler.lock.lock(Rank::Scheduler);
    if scheduler.stopping.load() != 0 {
        count_stopped(scheduler);
        sleep_until_start(world, machine);
    }
    scheduler.lock.unlock(Rank::Scheduler);
}

/// One of those that a stop of the world waits for has stopped, if there is such a stop; under the lock.
pub fn count_stopped(scheduler: &Scheduler) {
    if scheduler.stopping.load() == 0 {
        return;
    }
    let remaining = scheduler.stop_remaining.get() - 1;
    scheduler.stop_remaining.set(remaining);
    if remaining == 0
        && let Some(stopper) = scheduler.stopper.get()
    {
        stopper.note.wake();
    }
}

/// Waits for the end of a stop and helps meanwhile; under the lock, which is open while the machine sleeps.
pub fn sleep_until_start(world: &World, machine: Ref<Machine>) {
    let scheduler = &world.scheduler;
    machine.stopped.set(true);
    machine.next_idle.set(scheduler.stopped_machines.get());
    scheduler.stopped_machines.set(Some(machine));
    while machine.stopped.get() {
        scheduler.lock.unlock(Rank::Scheduler);
        machine.note.sleep(-1);
        if let Some(help) = scheduler.helper.get() {
            help(world);
        }
        scheduler.lock.lock(Rank::Scheduler);
    }
}

/// The machine's goroutine was asked to stop while it must not.
pub fn withhold(world: &World, machine: Ref<Machine>) {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    if scheduler.stopping.load() != 0 && !machine.withholds.get() {
        machine.withholds.set(true);
        scheduler.withholding.set(scheduler.withholding.get() + 1);
        if scheduler.withholding.get() == 1 {
            warren_poll.fetch_sub(1, SeqCst);
        }
    }
    scheduler.lock.unlock(Rank::Scheduler);
}

/// It may stop again, if nothing else keeps it from that.
#[inline(always)]
pub fn hand_out(world: &World, machine: Ref<Machine>) {
    if machine.withholds.get() && machine.printing.get() == 0 && machine.pins.get() == 0 {
        hand_out_withheld(world, machine);
    }
}

#[inline(never)]
fn hand_out_withheld(world: &World, machine: Ref<Machine>) {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    machine.withholds.set(false);
    scheduler.withholding.set(scheduler.withholding.get() - 1);
    if scheduler.withholding.get() == 0 {
        // The stop waits for this machine, so it is still under way.
        warren_poll.fetch_add(1, SeqCst);
    }
    scheduler.lock.unlock(Rank::Scheduler);
}

/// Wakes all stopped machines so that they call `help`. None: they are to help no longer.
pub fn call_helpers(world: &World, help: Option<fn(&World)>) {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    scheduler.helper.set(help);
    if help.is_none() {
        scheduler.lock.unlock(Rank::Scheduler);
        return;
    }
    let mut machine = scheduler.stopped_machines.get();
    while let Some(current) = machine {
        current.note.wake();
        machine = current.next_idle.get();
    }
    scheduler.lock.unlock(Rank::Scheduler);
}
