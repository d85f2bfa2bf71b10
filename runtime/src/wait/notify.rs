//! Notify lists: what `sync.Cond` waits on (Go's `notifyList`).
//!
//! The list lies in Go memory and belongs to the Cond. A waiter first draws a ticket (the overlay increments `wait`), then unlocks its
//! mutex, then comes here: so a notification that falls between reaches it, because its ticket is older than `notify` by then.
//!
//! # Invariants
//! - NOTIFY-1: tickets below `notify` are notified; whoever holds one does not wait.
//! - NOTIFY-2: every queued waiter's ticket is at or above `notify`.

use core::mem::offset_of;

use crate::mem::{Addr, Plain, Ref, raw};
use crate::sched::scheduler::{goroutine_of, park, processor_of, wake};
use crate::sched::{Goroutine, Machine, WaitReason, bubble};
use crate::thread::{Lock, Rank};
use crate::world::World;
use core::sync::atomic::Ordering::SeqCst;
use warren_abi::entry::SUSPENDED;

use super::queue::{Queue, wake_all};

/// The list, as package sync lays it out; zeroed memory is an empty one.
#[repr(C)]
struct NotifyList {
    /// Next ticket to be drawn; changed by atomic additions only.
    wait: Plain<u32>,
    /// Next ticket to be notified; under `lock`.
    notify: Plain<u32>,
    lock: Lock,
    unused: u32,
    /// In the place of a Go pointer: the collector finds the address of a waiter there, which is no Go object.
    queue: Queue,
    unused_tail: u64,
}

const _: () = assert!(offset_of!(NotifyList, queue) == 16 && size_of::<NotifyList>() == 32);

/// Ticket `a` was drawn before `b`; both wrap.
fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

/// Waits until the ticket is notified.
pub fn wait(machine: Ref<Machine>, place: Addr, ticket: u32) -> i32 {
    let list: &NotifyList = raw::reference(place);
    list.lock.lock(Rank::Semaphore);
    if before(ticket, list.notify.get()) {
        list.lock.unlock(Rank::Semaphore);
        return 0;
    }
    let goroutine = goroutine_of(machine);
    let waiter = goroutine.own_waiter();
    waiter.place.set(place);
    waiter.element.set(Addr::NULL);
    waiter.ticket.set(ticket);
    waiter.select.set(false);
    list.queue.push(waiter);
    park(machine, goroutine, WaitReason::CondWait);
    list.lock.unlock(Rank::Semaphore);
    SUSPENDED
}

/// Number of the goroutine if it is in a bubble that the running one is not in, and so must not be woken by it; else 0.
fn foreign(machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> u64 {
    match bubble::id_of(goroutine) {
        0 => 0,
        id if id == bubble::id_of(goroutine_of(machine)) => 0,
        _ => goroutine.id.get(),
    }
}

/// Wakes all that have drawn a ticket, in the order in which they came to wait. Not 0: number of one that must not be woken.
pub fn notify_all(world: &World, machine: Ref<Machine>, place: Addr) -> u64 {
    let list: &NotifyList = raw::reference(place);
    list.lock.lock(Rank::Semaphore);
    let woken = list.queue.take_all(|_| {});
    list.notify.set(raw::atomic_u32(place).load(SeqCst));
    list.lock.unlock(Rank::Semaphore);
    let mut next = woken;
    while let Some(waiter) = next {
        next = waiter.next.get();
        let foreign = waiter.goroutine.get().map_or(0, |goroutine| foreign(machine, goroutine));
        if foreign != 0 {
            return foreign;
        }
    }
    wake_all(world, processor_of(machine), woken, |_| 0);
    0
}

/// Wakes the one whose ticket is the oldest; it may not have come to wait yet. Not 0: it must not be woken, and this is its number.
pub fn notify_one(world: &World, machine: Ref<Machine>, place: Addr) -> u64 {
    let list: &NotifyList = raw::reference(place);
    list.lock.lock(Rank::Semaphore);
    let ticket = list.notify.get();
    let mut waiter = None;
    if ticket != raw::atomic_u32(place).load(SeqCst) {
        list.notify.set(ticket.wrapping_add(1));
        waiter = list.queue.first();
        while let Some(current) = waiter {
            if current.ticket.get() == ticket {
                list.queue.remove(current);
                break;
            }
            waiter = current.next.get();
        }
    }
    list.lock.unlock(Rank::Semaphore);
    if let Some(goroutine) = waiter.and_then(|waiter| waiter.goroutine.get()) {
        let foreign = foreign(machine, goroutine);
        if foreign != 0 {
            return foreign;
        }
        wake(world, processor_of(machine), goroutine, 0);
    }
    0
}
