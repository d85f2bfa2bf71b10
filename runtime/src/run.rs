//! The loop of a machine: thaw a goroutine, let it run until it freezes, do what it froze for.
//!
//! This is the only place where compiled code is entered. No Rust frame but the loop's own is on the native stack then, and no lock is held.

use core::sync::atomic::Ordering::SeqCst;

use warren_abi::frame::{SITE_BYTES, SITE_PANIC_STEP};
use warren_abi::module_info as info;

use crate::chan::select;
use crate::entry::warren_poll;
use crate::fatal;
use crate::mem::{Addr, Plain, Ref, raw};
use crate::panic::record::PanicRecord;
use crate::sched::find::{self, Found};
use crate::sched::freeze;
use crate::sched::give_way::{push_global, save};
use crate::sched::goroutine::status;
use crate::sched::machine::{After, Machine, Reason};
use crate::sched::scheduler::{self, processor_of};
use crate::sched::{Goroutine, Processor, bubble, stop};
use crate::sys;
use crate::thread::{Rank, Word};
use crate::world::World;

/// Joins this instance with `machine`.
pub fn adopt(world: &World, machine: Ref<Machine>) {
    sys::set_machine(world.info_word(info::SET_MACHINE), machine.addr().0);
}

/// Runs goroutines for ever.
pub fn run(world: &World, machine: Ref<Machine>) -> ! {
    loop {
        turn(world, machine);
    }
}

/// One turn of the loop: a goroutine until it is put aside, or a wait.
#[inline(always)]
pub fn turn(world: &World, machine: Ref<Machine>) {
    if processor_of(machine).id.get() >= world.scheduler.processor_count.get() {
        leave_if_surplus(world, machine);
    }
    match find::next(world, machine) {
        Found::Goroutine(goroutine) => match goroutine.locked_machine.get() {
            Some(home) if home != machine => send_home(world, machine, home),
            _ => {
                execute(world, machine, goroutine);
                if machine.locked_goroutine.get().is_some() {
                    wait_for_locked(world, machine);
                }
            }
        },
        Found::Stop => {
            stop::wait(world, machine);
            leave_if_surplus(world, machine);
        }
        Found::Deadlock => fatal::deadlock(world, machine),
    }
}

/// Runs a goroutine until it is put aside or finished.
#[inline(always)]
fn execute(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) {
    let mut goroutine = goroutine;
    load(machine, goroutine);
    if goroutine.waiters.get().is_some() {
        select::finish(world, machine, goroutine);
    }
    loop {
        let finished = thaw(world, machine, goroutine);
        match if finished { finish(world, machine, goroutine) } else { act(world, machine, goroutine) } {
            After::Leave => return,
            After::Resume => {}
            After::Switch => {
                goroutine = scheduler::goroutine_of(machine);
                load(machine, goroutine);
            }
        }
    }
}

/// Makes a goroutine the one that the machine runs.
#[inline(always)]
fn load(machine: Ref<Machine>, goroutine: Ref<Goroutine>) {
    machine.goroutine.set(Some(goroutine));
    machine.linear_sp.set(goroutine.linear_sp.get());
    machine.linear_limit.set(goroutine.linear_limit.get());
}

/// Resumes frames until compiled code freezes (false) or none is left (true).
#[inline(always)]
fn thaw(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> bool {
    let [first_result, ..] = &machine.results;
    first_result.set(goroutine.result.get());
    goroutine.result_is_pointer.set(false);
    let step_site = world.sites.get().add(SITE_PANIC_STEP * SITE_BYTES);
    loop {
        let Some(frame) = freeze::pop(world, goroutine) else { return true };
        if frame.site == step_site {
            if let Some(record) = Ref::<PanicRecord>::at(raw::load_addr(frame.slot(0))) {
                (record.step)(world, machine, goroutine, record);
            }
            continue;
        }
        let lowest = sys::call_frame(world.call_frame.get(), freeze::resume_index(world, frame), frame.trailer());
        if lowest != 0 {
            let bytes = machine.unwind_top.get().wrapping_sub(lowest);
            freeze::append(world, goroutine, Addr(lowest), bytes);
            return false;
        }
    }
}

/// Runs `closure` to its end on a goroutine of its own while the machine's goroutine is frozen and the world stopped. It neither allocates
/// nor waits; the polls it comes to freeze it for nothing.
pub fn run_aside(world: &World, machine: Ref<Machine>, closure: Addr) {
    let before = machine.goroutine.get();
    let (linear_sp, linear_limit) = (machine.linear_sp.get(), machine.linear_limit.get());
    let parameters = machine.parameters.each_ref().map(Plain::get);
    let processor = processor_of(machine);
    let goroutine = scheduler::create_with(world, processor, closure);
    scheduler::set_system(processor, goroutine, true);
    load(machine, goroutine);
    // The request that stopped the world is not for this goroutine.
    warren_poll.fetch_sub(1, SeqCst);
    while !thaw(world, machine, goroutine) {
        if machine.reason.get() != Reason::Act {
            fatal::bug("RUN: a goroutine waits while the world is stopped");
        }
        machine.reason.set(Reason::None);
    }
    warren_poll.fetch_add(1, SeqCst);
    scheduler::end(world, machine, goroutine);
    machine.goroutine.set(before);
    machine.linear_sp.set(linear_sp);
    machine.linear_limit.set(linear_limit);
    for (field, value) in machine.parameters.iter().zip(parameters) {
        field.set(value);
    }
}

/// Does what the goroutine froze for.
#[inline(always)]
fn act(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    if machine.reason.get() == Reason::Parked {
        machine.reason.set(Reason::None);
        save(machine, goroutine);
        // What is read here belongs to somebody else as soon as it is PARKED.
        let (bubble, reason) = (goroutine.bubble.get(), goroutine.wait_reason.get());
        // SCHED-1: if it was woken meanwhile, the waker leaves it to us.
        if !goroutine.status.replace(status::PARKING, status::PARKED) {
            return After::Resume;
        }
        if let Some(bubble) = bubble {
            bubble::parked(world, processor_of(machine), bubble, reason);
        }
        return After::Leave;
    }
    act_rarely(world, machine, goroutine)
}

#[inline(never)]
fn act_rarely(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    machine.reason.set(Reason::None);
    machine.trim_unwind(world);
    match machine.action.get() {
        Some(action) => action(world, machine, goroutine),
        None => fatal::bug("RUN: frozen without a reason"),
    }
}

/// The goroutine has no frames left.
fn finish(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    if world.scheduler.main.get() == Some(goroutine) {
        world.scheduler.main_exited.set(true);
    }
    scheduler::end(world, machine, goroutine);
    machine.goroutine.set(None);
    After::Leave
}

/// Changes the number of processors; the goroutine goes on with whatever processor is left.
pub fn resize(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    let scheduler = &world.scheduler;
    let [count, ..] = &machine.parameters;
    goroutine.result.set(u64::from(scheduler.processor_count.get()));
    while !stop::stop(world, machine) {
        stop::wait(world, machine);
    }
    scheduler.lock.lock(Rank::Scheduler);
    scheduler.resize(world, count.get());
    scheduler.clear_idle_processors();
    for id in 0..scheduler.processor_count.get() {
        let processor = scheduler.processor(id);
        if processor.machine.get().is_none() {
            scheduler.list_idle_processor(processor);
        }
    }
    scheduler.lock.unlock(Rank::Scheduler);
    stop::start(world);
    if processor_of(machine).id.get() < scheduler.processor_count.get() {
        return After::Resume;
    }
    save(machine, goroutine);
    goroutine.status.store(status::RUNNABLE);
    push_global(world, goroutine);
    leave_if_surplus(world, machine);
    After::Leave
}

/// Gives up a processor that is not in use any more.
fn leave_if_surplus(world: &World, machine: Ref<Machine>) {
    let scheduler = &world.scheduler;
    let processor = processor_of(machine);
    scheduler.lock.lock(Rank::Scheduler);
    while scheduler.stopping.load() != 0 {
        // Who stops the world counts on this processor.
        scheduler.lock.unlock(Rank::Scheduler);
        stop::wait(world, machine);
        scheduler.lock.lock(Rank::Scheduler);
    }
    if processor.id.get() < scheduler.processor_count.get() {
        scheduler.lock.unlock(Rank::Scheduler);
        return;
    }
    while let Some(goroutine) = Ref::at(Addr(processor.queue.pop())) {
        scheduler.push_global(goroutine);
    }
    machine.processor.set(None);
    scheduler.drop_processor(processor);
    let locked = machine.locked_goroutine.get().is_some();
    if locked && let Some(other) = scheduler.pop_idle_processor() {
        // The machine passes it on before it waits for its goroutine.
        scheduler::hold(machine, other);
    }
    scheduler.lock.unlock(Rank::Scheduler);
    if locked {
        return;
    }
    if find::idle(world, machine) == Found::Deadlock {
        fatal::deadlock(world, machine);
    }
}

/// Hands a goroutine that is locked to another machine over to that machine, with the processor.
fn send_home(world: &World, machine: Ref<Machine>, home: Ref<Machine>) {
    let processor = processor_of(machine);
    machine.processor.set(None);
    home.handed.store(processor.addr().0);
    home.note.wake();
    if find::idle(world, machine) == Found::Deadlock {
        fatal::deadlock(world, machine);
    }
}

/// The machine may run its locked goroutine only: passes the processor on, and waits until that goroutine comes home.
fn wait_for_locked(world: &World, machine: Ref<Machine>) {
    while let Some(goroutine) = machine.locked_goroutine.get() {
        if let Some(processor) = machine.processor.get()
            && !pass_on(world, machine, processor)
        {
            // No other thread: run everything here.
            goroutine.locked_machine.set(None);
            machine.locked_goroutine.set(None);
            return;
        }
        let handed = loop {
            if let Some(processor) = Ref::at(Addr(machine.handed.swap(0))) {
                break processor;
            }
            machine.note.sleep(-1);
        };
        scheduler::hold(machine, handed);
        execute(world, machine, goroutine);
    }
}

/// Gives the machine's processor to another machine. False if there is none and none can be started.
fn pass_on(world: &World, machine: Ref<Machine>, processor: Ref<Processor>) -> bool {
    let scheduler = &world.scheduler;
    crate::thread::share();
    scheduler.lock.lock(Rank::Scheduler);
    let other = scheduler.pop_idle_machine();
    machine.processor.set(None);
    if let Some(other) = other {
        scheduler::hold(other, processor);
    }
    scheduler.lock.unlock(Rank::Scheduler);
    if let Some(other) = other {
        other.note.wake();
        return true;
    }
    if scheduler::spawn_machine(world, processor, false) {
        return true;
    }
    scheduler::hold(machine, processor);
    false
}

/// Ties the running goroutine to this thread.
pub fn lock_thread(machine: Ref<Machine>) {
    let goroutine = scheduler::goroutine_of(machine);
    goroutine.lock_count.set(goroutine.lock_count.get() + 1);
    if cfg!(any(target_feature = "atomics", not(target_arch = "wasm32"))) {
        goroutine.locked_machine.set(Some(machine));
        machine.locked_goroutine.set(Some(goroutine));
    }
}

/// Undoes one [`lock_thread`].
pub fn unlock_thread(machine: Ref<Machine>) {
    let goroutine = scheduler::goroutine_of(machine);
    let count = goroutine.lock_count.get().saturating_sub(1);
    goroutine.lock_count.set(count);
    if count == 0 {
        goroutine.locked_machine.set(None);
        machine.locked_goroutine.set(None);
    }
}
