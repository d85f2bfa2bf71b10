//! Coroutines (Go's `coro`), on which `iter.Pull` rests.
//!
//! A coro is a place where always one goroutine waits. Whoever switches to it takes that goroutine's place there and lets it run on the same
//! machine, past the run queues: control is passed, nothing runs in parallel. The coro is a Go object `{goroutine: u64, thread: u32, locks: u32, ...}`.
//!
//! # Locked threads
//! If the creator was locked to its thread, only goroutines locked to that thread as often may take part, and the lock goes from hand to
//! hand; if it was not, none may be locked. `thread` is 1 + the machine's number, 0 without a lock.

use crate::fatal;
use crate::mem::{Addr, Ref, raw};
use crate::sched::give_way::save;
use crate::sched::goroutine::status;
use crate::sched::scheduler::{self, processor_of};
use crate::sched::{After, Goroutine, Machine, WaitReason, bubble};
use crate::text::output;
use crate::thread::Word;
use crate::world::World;

const GOROUTINE: u32 = 0;
const THREAD: u32 = 8;
const LOCKS: u32 = 12;

/// Fills a coro with a goroutine that will call `closure`.
pub fn create(world: &World, machine: Ref<Machine>, coro: Addr, closure: Addr) {
    let creator = scheduler::goroutine_of(machine);
    let goroutine = scheduler::create_with(world, processor_of(machine), closure);
    goroutine.set_origin(creator, Addr::NULL);
    goroutine.labels.set(creator.labels.get());
    goroutine.marks.set(creator.marks.get());
    goroutine.wait_reason.set(WaitReason::Coroutine);
    goroutine.status.store(status::PARKED);
    if let Some(bubble) = creator.bubble.get() {
        bubble::join(bubble, goroutine, false);
    }
    let locks = creator.lock_count.get();
    raw::store_u32(coro.add(LOCKS), locks);
    raw::store_u32(coro.add(THREAD), if locks == 0 { 0 } else { machine.id.get() + 1 });
    raw::store_u64(coro.add(GOROUTINE), u64::from(goroutine.addr().0));
}

/// The action of a switch; its parameter is the coro.
pub fn switch(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    let [coro, ..] = &machine.parameters;
    let coro = Addr(coro.get());
    check_lock(world, machine, goroutine, coro);
    goroutine.wait_reason.set(WaitReason::Coroutine);
    save(machine, goroutine);
    goroutine.status.store(status::PARKED);
    // From here on another machine may run it.
    let next = swap(coro, goroutine.addr().0);
    let Some(next) = Ref::<Goroutine>::at(Addr(next)) else {
        return throw(world, machine, goroutine, b"coroswitch on exited coro");
    };
    if next == goroutine {
        return throw(world, machine, goroutine, b"coroswitch of a goroutine to itself");
    }
    hand_lock_over(machine, goroutine, next);
    bubble::switch(world, processor_of(machine), goroutine, next);
    next.status.store(status::RUNNING);
    next.result.set(0);
    machine.goroutine.set(Some(next));
    After::Switch
}

/// The running goroutine is about to end: makes the one in the coro ready, and leaves the coro empty.
pub fn leave(world: &World, machine: Ref<Machine>, coro: Addr) {
    let goroutine = scheduler::goroutine_of(machine);
    check_lock(world, machine, goroutine, coro);
    let Some(next) = Ref::<Goroutine>::at(Addr(swap(coro, 0))) else { fatal::bug("CORO: left twice") };
    hand_lock_over(machine, goroutine, next);
    next.result.set(0);
    bubble::woken(next);
    scheduler::make_ready(world, processor_of(machine), next);
}

fn swap(coro: Addr, goroutine: u32) -> u32 {
    raw::atomic_u32(coro.add(GOROUTINE)).swap(goroutine, core::sync::atomic::Ordering::SeqCst)
}

fn hand_lock_over(machine: Ref<Machine>, from: Ref<Goroutine>, to: Ref<Goroutine>) {
    if from.lock_count.get() == 0 {
        return;
    }
    to.lock_count.set(from.lock_count.get());
    to.locked_machine.set(from.locked_machine.get());
    if from.locked_machine.get().is_some() {
        machine.locked_goroutine.set(Some(to));
    }
    from.lock_count.set(0);
    from.locked_machine.set(None);
}

/// CORO-1: the lock of the running goroutine is that of the creator.
fn check_lock(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, coro: Addr) {
    let (thread, locks) = (raw::load_u32(coro.add(THREAD)), raw::load_u32(coro.add(LOCKS)));
    let own_locks = goroutine.lock_count.get();
    if thread == 0 && own_locks == 0 || thread == machine.id.get() + 1 && own_locks == locks {
        return;
    }
    output::begin(world, machine);
    for (what, own, wanted) in [("thread", machine.id.get() + 1, thread), ("lock external", own_locks, locks)] {
        output::string(machine, "coro: got ");
        output::string(machine, what);
        output::string(machine, " ");
        output::unsigned(machine, u64::from(own));
        output::string(machine, ", want ");
        output::unsigned(machine, u64::from(wanted));
        output::string(machine, "\n");
    }
    output::end(machine);
    throw(world, machine, goroutine, b"coro: OS thread locking must match locking at coroutine creation");
}

fn throw(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, text: &[u8]) -> After {
    fatal::announce(machine, text);
    fatal::die_of_throw(world, machine, goroutine)
}
