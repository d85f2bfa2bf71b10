//! Calls of host functions that may block.
//!
//! The compiler wraps such a function: `enter`, the call, `leave`. If somebody else could run meanwhile, `enter` freezes the goroutine, and
//! the wrapper alone is resumed, from a frame that stays where it is until the call is over. So the collector finds all roots of a
//! goroutine that is in the host, tracebacks show it, and the world can be stopped around it.
//!
//! For the time of the call the machine *lends* its processor: a word of the processor, `host`, says so. The machine takes it back with
//! one compare-and-swap if nobody else did. Others take it the same way: the machine itself before a call that is known to block, the
//! watcher if the call lasts and there is something to do, and whoever stops the world. A machine that comes back without its processor takes
//! an idle one; if there is none, its goroutine freezes once more and queues up.
//!
//! In the single-thread build a call waits with its thread, and everybody else with it. So a goroutine that is about to read from a file waits
//! in the poller until there is something to read, unless it is the only one.
//!
//! # Invariants
//! - HOST-1: `Processor::host` goes from LENT to HELD or TAKEN by compare-and-swap; who succeeds owns the processor.
//! - HOST-2: between LENT and the end of the call the machine touches neither the processor nor anything the collector moves or reads but its
//!   own wrapper's frame.
//! - HOST-3: `Scheduler::in_host` counts machines whose processor was taken. While it is not 0 there is no deadlock.
//! - HOST-4: a machine that froze its goroutine for want of a processor counts in `busy_count` until the goroutine is queued, so that the
//!   world does not stop in between.

use crate::mem::{Addr, Ref};
use crate::sys;
use crate::thread::{self, Rank, Word};
use crate::world::World;
use warren_abi::entry::{HOST_READS, HOST_WAITS, SUSPENDED};

use super::goroutine::{Goroutine, status};
use super::machine::{After, Machine};
use super::processor::Processor;
use super::scheduler::{self, Scheduler, hold, processor_of};
use super::timer::NEVER;
use super::{find, freeze, give_way, poller, stop, watcher};

/// States of a processor's word `host`.
pub const HELD: u32 = 0;
pub const LENT: u32 = 1;
pub const TAKEN: u32 = 2;

/// Before a call of `kind` (see `warren_abi::entry`) on a file descriptor. 0: it may be made at once.
pub fn enter(world: &World, machine: Ref<Machine>, kind: u32, descriptor: u32) -> i32 {
    if machine.pins.get() != 0 || is_alone(world, processor_of(machine)) {
        return 0;
    }
    if world.scheduler.poller.asks_by_machine() {
        // There is nobody to lend to: the goroutine waits here, and the call then does not.
        let waits = kind == HOST_READS && sys::may_wait(descriptor) && !sys::is_readable(descriptor);
        return if waits { poller::wait_for_call(world, machine, descriptor) } else { 0 };
    }
    machine.act_later(call, [kind, descriptor, 0]);
    SUSPENDED
}

/// Nothing could run while this processor waits.
fn is_alone(world: &World, processor: Ref<Processor>) -> bool {
    let scheduler = &world.scheduler;
    processor.queue.is_empty()
        && scheduler.busy_count.load() == 1
        && scheduler.global_count.load() == 0
        && scheduler.timers.earliest_ns() == NEVER
        && scheduler.in_host.load() == 0
        && (scheduler.poller.is_idle() || !scheduler.poller.asks_by_machine())
}

/// Makes the call: resumes the frozen wrapper.
fn call(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    let [kind, descriptor, _] = &machine.parameters;
    lend(world, machine, goroutine, kind.get(), descriptor.get());
    let [first_result, ..] = &machine.results;
    first_result.set(0);
    let Some(frame) = freeze::innermost(world, goroutine) else { crate::fatal::bug("HOST: no frame") };
    let lowest = sys::call_frame(world.call_frame.get(), freeze::resume_index(world, frame), frame.trailer());
    freeze::pop(world, goroutine);
    if lowest == 0 {
        goroutine.status.store(status::RUNNING);
        goroutine.result.set(first_result.get());
        return After::Resume;
    }
    let bytes = machine.unwind_top.get().wrapping_sub(lowest);
    freeze::append(world, goroutine, Addr(lowest), bytes);
    queue_up(world, machine, goroutine);
    After::Leave
}

/// Lends the machine's processor.
fn lend(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, kind: u32, descriptor: u32) {
    let scheduler = &world.scheduler;
    let processor = processor_of(machine);
    thread::share();
    give_way::save(machine, goroutine);
    goroutine.status.store(status::IN_HOST);
    loop {
        processor.host_calls.set(processor.host_calls.get().wrapping_add(1));
        processor.host.store(LENT);
        // STOP-1.
        watcher::answer(processor);
        // Who stops the world either sees the processor lent, or counts on this machine.
        if scheduler.stopping.load() == 0 || !processor.host.replace(LENT, HELD) {
            break;
        }
        stop::wait(world, machine);
    }
    machine.lent.set(Some(processor));
    let blocks = kind == HOST_WAITS || (kind == HOST_READS && !sys::is_readable(descriptor) && sys::may_wait(descriptor));
    if blocks && processor.host.replace(LENT, TAKEN) {
        pass_on(world, processor);
    }
}

/// Behind the call. 0: the goroutine goes on; else it has to queue up.
pub fn leave(world: &World, machine: Ref<Machine>) -> i32 {
    let Some(processor) = machine.lent.get() else { return 0 };
    machine.lent.set(None);
    if processor.host.replace(LENT, HELD) { 0 } else { come_back(world, machine) }
}

/// The processor was taken.
#[inline(never)]
fn come_back(world: &World, machine: Ref<Machine>) -> i32 {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    machine.processor.set(None);
    while scheduler.stopping.load() != 0 {
        stop::sleep_until_start(world, machine);
    }
    scheduler.in_host.add(u32::MAX);
    let processor = scheduler.pop_idle_processor();
    match processor {
        Some(processor) => hold(machine, processor),
        // HOST-4.
        None => {
            scheduler.busy_count.add(1);
        }
    }
    scheduler.lock.unlock(Rank::Scheduler);
    if processor.is_none() {
        return SUSPENDED;
    }
    scheduler.watcher.alert();
    0
}

/// Appends a goroutine that came back without a processor to the global queue; its machine waits for another one.
fn queue_up(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) {
    let scheduler = &world.scheduler;
    give_way::save(machine, goroutine);
    goroutine.result.set(0);
    goroutine.status.store(status::RUNNABLE);
    scheduler.lock.lock(Rank::Scheduler);
    scheduler.push_global(goroutine);
    scheduler.busy_count.add(u32::MAX);
    stop::count_stopped(scheduler);
    scheduler.lock.unlock(Rank::Scheduler);
    if machine.locked_goroutine.get().is_none() && find::idle(world, machine) == find::Found::Deadlock {
        crate::fatal::deadlock(world, machine);
    }
}

/// Gives a processor that was taken to another machine if there is something to do, and puts it aside if not.
pub fn pass_on(world: &World, processor: Ref<Processor>) {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    processor.host.store(HELD);
    scheduler.in_host.add(1);
    let mut wanted = has_work(scheduler, processor);
    let mut other = None;
    if scheduler.stopping.load() != 0 {
        // It was not lent any more when who stops the world looked, and so counts among those waited for.
        set_aside(scheduler, processor);
        stop::count_stopped(scheduler);
        wanted = false;
    } else if !wanted {
        set_aside(scheduler, processor);
    } else {
        other = scheduler.pop_idle_machine();
        if let Some(machine) = other {
            hold(machine, processor);
        }
    }
    scheduler.lock.unlock(Rank::Scheduler);
    match other {
        Some(machine) => machine.note.wake(),
        None if wanted && !scheduler::spawn_machine(world, processor, false) => {
            scheduler.lock.lock(Rank::Scheduler);
            set_aside(scheduler, processor);
            scheduler.lock.unlock(Rank::Scheduler);
        }
        None => {}
    }
}

/// Something waits for this processor, or nobody else would see timers become due; under the lock.
fn has_work(scheduler: &Scheduler, processor: Ref<Processor>) -> bool {
    let untimed = scheduler.timers.earliest_ns() != NEVER && scheduler.busy_count.load() == 1 && !scheduler.has_idle_machine();
    !processor.queue.is_empty() || scheduler.global_count.load() != 0 || untimed
}

/// Lists a processor that was taken as idle; under the lock. What was queued on it is queued globally.
fn set_aside(scheduler: &Scheduler, processor: Ref<Processor>) {
    while let Some(goroutine) = Ref::at(Addr(processor.queue.pop())) {
        scheduler.push_global(goroutine);
    }
    if processor.id.get() < scheduler.processor_count.get() {
        scheduler.push_idle_processor(processor);
    } else {
        scheduler.drop_processor(processor);
    }
}

/// Takes all processors that are lent; under the lock, by who stops the world.
pub fn take_all(scheduler: &Scheduler) {
    scheduler.each_processor(|processor| {
        if processor.host.load() == LENT && processor.host.replace(LENT, TAKEN) {
            processor.host.store(HELD);
            scheduler.in_host.add(1);
            set_aside(scheduler, processor);
        }
    });
}

/// The watcher looks at a lent processor. One that has been in the same call since the last look is taken. True: it should look again soon.
pub fn look(world: &World, processor: Ref<Processor>) -> bool {
    let calls = processor.host_calls.get();
    if processor.seen_host_calls.get() == calls && processor.host.replace(LENT, TAKEN) {
        pass_on(world, processor);
        return false;
    }
    processor.seen_host_calls.set(calls);
    !processor.queue.is_empty() || world.scheduler.global_count.load() != 0
}
