//! A goroutine lets others run: because it says so, or because it was asked to.

use crate::mem::Ref;
use crate::sys;
use crate::thread::{Rank, Word};
use crate::world::World;

use super::goroutine::{Goroutine, status};
use super::machine::{After, Machine};
use super::scheduler::{self, enqueue, processor_of};
use super::timer::NEVER;
use super::{stop, watcher};

/// `Gosched`: behind those that wait on this processor.
pub fn yielding(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    leave(world, machine, goroutine, false)
}

/// A poll: behind everybody.
pub fn preempted(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    leave(world, machine, goroutine, true)
}

/// The native stack was deep; it is empty now.
pub fn deep(_: &World, _: Ref<Machine>, _: Ref<Goroutine>) -> After {
    After::Resume
}

fn leave(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, preempted: bool) -> After {
    if !must_leave(world, machine) {
        return After::Resume;
    }
    save(machine, goroutine);
    goroutine.status.store(status::RUNNABLE);
    if preempted {
        push_global(world, goroutine)
    } else {
        enqueue(world, processor_of(machine), goroutine.addr().0)
    }
    scheduler::offer_work(world);
    After::Leave
}

/// Whether somebody waits, and the goroutine neither writes a line at the moment nor is pinned.
fn must_leave(world: &World, machine: Ref<Machine>) -> bool {
    let processor = processor_of(machine);
    watcher::answer(processor);
    if machine.printing.get() != 0 || machine.pins.get() != 0 {
        stop::withhold(world, machine);
        return false;
    }
    let scheduler = &world.scheduler;
    if scheduler.stopping.load() != 0 {
        return true;
    }
    if scheduler.timers.earliest_ns() != NEVER {
        scheduler.timers.wake_due(world, processor, sys::monotonic_ns());
    }
    scheduler.poller.ask_busy(world, processor);
    !processor.queue.is_empty() || scheduler.global_count.load() != 0
}

/// Saves what the machine keeps for its goroutine; from here on another machine may run it, once it is made reachable.
#[inline(always)]
pub fn save(machine: Ref<Machine>, goroutine: Ref<Goroutine>) {
    goroutine.linear_sp.set(machine.linear_sp.get());
    goroutine.linear_limit.set(machine.linear_limit.get());
}

/// Appends a goroutine to the global queue.
pub fn push_global(world: &World, goroutine: Ref<Goroutine>) {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    scheduler.push_global(goroutine);
    scheduler.lock.unlock(Rank::Scheduler);
}

/// Keeps the running goroutine on its processor until [`unpin`]: the number of that processor.
pub fn pin(machine: Ref<Machine>) -> u32 {
    machine.pins.set(machine.pins.get() + 1);
    processor_of(machine).id.get()
}

/// Undoes one [`pin`].
pub fn unpin(world: &World, machine: Ref<Machine>) {
    machine.pins.set(machine.pins.get().saturating_sub(1));
    stop::hand_out(world, machine);
}

/// Whether it pays to wait actively for a lock: its holder runs on another processor, and nobody waits for this one.
pub fn can_spin(world: &World, machine: Ref<Machine>) -> bool {
    let scheduler = &world.scheduler;
    let busy = scheduler.busy_count.load();
    busy > 1 && sys::processor_count() > 1 && scheduler.spinning.load() + 1 < busy && processor_of(machine).queue.is_empty()
}
