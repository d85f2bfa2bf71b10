//! Channels (Go's `hchan`).
//!
//! A channel is a Go object: this header and, if its elements hold no pointers, its buffer behind it; otherwise the buffer is an object of
//! its own, typed like an array of elements. Its first two words are length and capacity, which compiled code reads.
//!
//! Every operation runs to completion under the channel's lock and says what happened. A value goes straight from the sender to a waiting
//! receiver (or from a waiting sender to the receiver), and the waiter learns the outcome as the result of its frozen call.
//!
//! # Invariants
//! - CHAN-1: one of the wait queues is empty, unless a select waits on both.
//! - CHAN-2: while a value is buffered no receiver waits; while the buffer has room no sender waits.
//! - CHAN-3: a closed channel has no waiters.

use core::mem::offset_of;

use crate::mem::{Addr, Plain, Ref, raw};
use crate::sched::scheduler::{goroutine_of, park, processor_of, wake};
use crate::sched::{Machine, WaitReason, Waiter, bubble};
use crate::thread::{Lock, Rank};
use crate::wait::queue::{Queue, wake_all};
use crate::world::World;
use warren_abi::entry::SUSPENDED;

use super::timer;

/// Outcomes of operations.
pub const DONE: i32 = 0;
/// The channel is closed (a send), or closed and drained (a receive).
pub const CLOSED: i32 = 2;
/// The channel's timer is due: it is to be fired before the operation is tried again (see `timer`).
pub const TIMER: i32 = 1;
/// The channel belongs to a bubble that the goroutine is not in. Odd like [`TIMER`]: receivers test for both at once.
pub const OUTSIDE: i32 = 5;
/// A close of nil, or an operation that would have to wait.
pub const REFUSED: i32 = 3;

/// The header.
#[repr(C)]
pub struct Channel {
    /// Values in the buffer, and places.
    pub count: Plain<u64>,
    pub capacity: Plain<u64>,
    /// The buffer: a pointer slot (the collector reads it).
    pub buffer: Plain<Addr>,
    buffer_upper: Plain<u32>,
    pub element_bytes: Plain<u32>,
    pub lock: Lock,
    /// Index of the next value to take, and of the next free place.
    receive_index: Plain<u32>,
    send_index: Plain<u32>,
    pub receivers: Queue,
    pub senders: Queue,
    /// The timer of package time that sends here: a pointer slot, used only in a header with pointers.
    pub timer: Plain<Addr>,
    pub closed: Plain<bool>,
    /// Number of the bubble it was made in, or 0 (see `sched::bubble`).
    pub bubble: Plain<u32>,
}

/// Offsets of the header's two pointers.
pub const BUFFER_OFFSET: u32 = offset_of!(Channel, buffer) as u32;
pub const TIMER_OFFSET: u32 = offset_of!(Channel, timer) as u32;
/// Bytes of the header.
pub const HEADER_BYTES: u32 = (size_of::<Channel>() as u32).next_multiple_of(16);

const _: () = assert!(BUFFER_OFFSET == 16 && TIMER_OFFSET == 56);

/// The channel at an address.
#[inline(always)]
pub fn at(channel: Addr) -> &'static Channel {
    raw::reference(channel)
}

/// Makes a channel in a zeroed object at `header`; `buffer` holds its elements.
pub fn init(header: Addr, buffer: Addr, element_bytes: u32, capacity: u32, bubble: u32) {
    let channel = at(header);
    channel.capacity.set(u64::from(capacity));
    channel.buffer.set(buffer);
    channel.element_bytes.set(element_bytes);
    channel.bubble.set(bubble);
}

/// Copies one element.
#[inline(always)]
pub fn copy_element(to: Addr, from: Addr, bytes: u32) {
    match bytes {
        8 => raw::store_u64(to, raw::load_u64(from)),
        0 => {}
        4 => raw::store_u32(to, raw::load_u32(from)),
        16 => {
            let (low, high) = (raw::load_u64(from), raw::load_u64(from.add(8)));
            raw::store_u64(to, low);
            raw::store_u64(to.add(8), high);
        }
        _ => raw::copy(to, from, bytes),
    }
}

impl Channel {
    /// The running goroutine is not in the bubble that the channel belongs to.
    #[inline(always)]
    pub fn is_foreign(&self, machine: Ref<Machine>) -> bool {
        self.bubble.get() != 0 && self.bubble.get() != bubble::id_of(goroutine_of(machine))
    }

    fn slot(&self, index: u32) -> Addr {
        self.buffer.get().add(index.wrapping_mul(self.element_bytes.get()))
    }

    fn after(&self, index: u32) -> u32 {
        let next = index + 1;
        if u64::from(next) == self.capacity.get() { 0 } else { next }
    }

    /// Appends a value to the buffer, which has room.
    #[inline(always)]
    fn put(&self, element: Addr) {
        let index = self.send_index.get();
        copy_element(self.slot(index), element, self.element_bytes.get());
        self.send_index.set(self.after(index));
        self.count.set(self.count.get() + 1);
    }

    /// Takes the oldest value from the buffer, which is not empty.
    #[inline(always)]
    fn get(&self, element: Addr) {
        let index = self.receive_index.get();
        let slot = self.slot(index);
        let bytes = self.element_bytes.get();
        if !element.is_null() {
            copy_element(element, slot, bytes);
        }
        // The collector must not see the value any more.
        if bytes == 8 {
            raw::store_u64(slot, 0)
        } else {
            raw::zero(slot, bytes)
        }
        self.receive_index.set(self.after(index));
        self.count.set(self.count.get() - 1);
    }

    /// Tries to send; under the lock. Says whom to wake, or that it would have to wait.
    #[inline(always)]
    pub fn send_locked(&self, element: Addr) -> Attempt {
        if self.closed.get() {
            return Attempt::Closed;
        }
        if let Some(waiter) = self.hand_over(element) {
            return Attempt::Done(Some(waiter));
        }
        if self.count.get() < self.capacity.get() {
            self.put(element);
            return Attempt::Done(None);
        }
        Attempt::Wait
    }

    /// Gives a value to a receiver that waits, if there is one; under the lock.
    #[inline(always)]
    pub fn hand_over(&self, element: Addr) -> Option<Ref<Waiter>> {
        let waiter = self.receivers.take()?;
        let to = waiter.element.get();
        if !to.is_null() {
            copy_element(to, element, self.element_bytes.get());
        }
        Some(waiter)
    }

    /// Tries to receive; under the lock.
    #[inline(always)]
    pub fn receive_locked(&self, element: Addr) -> Attempt {
        if self.count.get() != 0 {
            self.get(element);
            // A sender that waits for room gets it at once (CHAN-2).
            let sender = self.senders.take();
            if let Some(waiter) = sender {
                self.put(waiter.element.get());
            }
            return Attempt::Done(sender);
        }
        if self.closed.get() {
            if !element.is_null() {
                raw::zero(element, self.element_bytes.get());
            }
            return Attempt::Closed;
        }
        if let Some(waiter) = self.senders.take() {
            if !element.is_null() {
                copy_element(element, waiter.element.get(), self.element_bytes.get());
            }
            return Attempt::Done(Some(waiter));
        }
        if self.timer.get().is_null() { Attempt::Wait } else { timer::receive_locked(self, element) }
    }
}

/// What a try came to.
#[derive(Clone, Copy)]
pub enum Attempt {
    /// It happened; the goroutine of the waiter, now out of its queue, is to be woken.
    Done(Option<Ref<Waiter>>),
    Closed,
    Wait,
    /// The channel's timer is due.
    Timer,
}

/// Wakes the goroutine of a waiter whose operation was done. No lock is held.
#[inline(always)]
pub fn wake_done(world: &World, machine: Ref<Machine>, waiter: Option<Ref<Waiter>>) {
    let Some(waiter) = waiter else { return };
    if let Some(goroutine) = waiter.goroutine.get() {
        wake(world, processor_of(machine), goroutine, waiter.done_result.get());
    }
}

/// Queues the goroutine's own waiter and puts the goroutine aside; under the channel's lock.
#[inline(always)]
fn wait_in(machine: Ref<Machine>, place: Addr, queue: &Queue, element: Addr, reason: WaitReason) {
    let goroutine = goroutine_of(machine);
    let waiter = goroutine.own_waiter();
    waiter.element.set(element);
    waiter.place.set(place);
    waiter.done_result.set(DONE as u32);
    waiter.closed_result.set(CLOSED as u32);
    waiter.select.set(false);
    queue.push(waiter);
    park(machine, goroutine, reason);
}

/// `channel <- *element`.
#[inline(always)]
pub fn send(world: &World, machine: Ref<Machine>, place: Addr, element: Addr) -> i32 {
    if place.is_null() {
        park(machine, goroutine_of(machine), WaitReason::ChanSendNil);
        return SUSPENDED;
    }
    let channel = at(place);
    if channel.is_foreign(machine) {
        return OUTSIDE;
    }
    channel.lock.lock_hot(Rank::Channel);
    match channel.send_locked(element) {
        Attempt::Done(waiter) => {
            channel.lock.unlock_hot(Rank::Channel);
            wake_done(world, machine, waiter);
            DONE
        }
        Attempt::Closed => {
            channel.lock.unlock_hot(Rank::Channel);
            CLOSED
        }
        Attempt::Wait | Attempt::Timer => {
            let reason = if channel.bubble.get() == 0 { WaitReason::ChanSend } else { WaitReason::DurableSend };
            wait_in(machine, place, &channel.senders, element, reason);
            channel.lock.unlock_hot(Rank::Channel);
            SUSPENDED
        }
    }
}

/// `*element, ok = <-channel`.
#[inline(always)]
pub fn receive(world: &World, machine: Ref<Machine>, place: Addr, element: Addr) -> i32 {
    if place.is_null() {
        park(machine, goroutine_of(machine), WaitReason::ChanReceiveNil);
        return SUSPENDED;
    }
    let channel = at(place);
    if channel.is_foreign(machine) {
        return OUTSIDE;
    }
    channel.lock.lock_hot(Rank::Channel);
    match channel.receive_locked(element) {
        Attempt::Done(waiter) => {
            channel.lock.unlock_hot(Rank::Channel);
            wake_done(world, machine, waiter);
            DONE
        }
        Attempt::Closed => {
            channel.lock.unlock_hot(Rank::Channel);
            CLOSED
        }
        Attempt::Wait => {
            let reason = if channel.bubble.get() == 0 { WaitReason::ChanReceive } else { WaitReason::DurableReceive };
            wait_in(machine, place, &channel.receivers, element, reason);
            if !channel.timer.get().is_null() {
                timer::watch(world, channel);
            }
            channel.lock.unlock_hot(Rank::Channel);
            SUSPENDED
        }
        Attempt::Timer => {
            channel.lock.unlock_hot(Rank::Channel);
            TIMER
        }
    }
}

/// A send (`sends`) or receive that does not wait: [`REFUSED`] if it would have to.
pub fn attempt(world: &World, machine: Ref<Machine>, place: Addr, element: Addr, sends: bool) -> i32 {
    if place.is_null() {
        return REFUSED;
    }
    let channel = at(place);
    if channel.is_foreign(machine) {
        return OUTSIDE;
    }
    channel.lock.lock(Rank::Channel);
    let attempt = match (sends, channel.timer.get().is_null()) {
        (true, true) => channel.send_locked(element),
        (true, false) => timer::send_locked(machine, channel, element),
        (false, _) => channel.receive_locked(element),
    };
    channel.lock.unlock(Rank::Channel);
    match attempt {
        Attempt::Done(waiter) => {
            wake_done(world, machine, waiter);
            DONE
        }
        Attempt::Closed => CLOSED,
        Attempt::Wait => REFUSED,
        Attempt::Timer => TIMER,
    }
}

/// `close(channel)`: wakes all that wait.
pub fn close(world: &World, machine: Ref<Machine>, place: Addr) -> i32 {
    if place.is_null() {
        return REFUSED;
    }
    let channel = at(place);
    if channel.is_foreign(machine) {
        return OUTSIDE;
    }
    channel.lock.lock(Rank::Channel);
    if channel.closed.get() {
        channel.lock.unlock(Rank::Channel);
        return CLOSED;
    }
    channel.closed.set(true);
    let receivers = channel.receivers.take_all(|element| {
        if !element.is_null() {
            raw::zero(element, channel.element_bytes.get());
        }
    });
    let senders = channel.senders.take_all(|_| {});
    debug_assert!(channel.receivers.is_empty() && channel.senders.is_empty(), "CHAN-3");
    channel.lock.unlock(Rank::Channel);
    for waiters in [receivers, senders] {
        wake_all(world, processor_of(machine), waiters, |waiter| waiter.closed_result.get());
    }
    DONE
}
