//! Timers and tickers of package time (Go's `timeTimer`).
//!
//! A timer of `AfterFunc` lies in the timer heap until its moment comes; then a goroutine starts that runs the function.
//!
//! The timer of a channel fires when somebody looks: a receive or a select that comes to a channel whose timer is *due* says so instead of
//! waiting ([`is_due`]); the overlay then *claims* the firing, which moves the timer on, calls the function that sends the time, and
//! tries its operation again. Only while somebody waits on the channel is the timer in the heap; at its moment all that wait are woken and
//! look. So a timer nobody refers to is garbage, a ticker nobody reads costs nothing, and the channel holds no value before somebody
//! takes it: its length and capacity are 0 to the program.
//!
//! # Invariants
//! - CHANTIMER-1: a send to the channel of a timer is the firing one, made by the goroutine that `firing` names, or is dropped. Stop and
//!   reset clear `firing` and the value kept, so nothing of an earlier setting is received afterwards.
//! - CHANTIMER-2: while a goroutine waits on the channel and `when` is set, the timer is in the heap, or its expiry is under way.
//! - CHANTIMER-3: fields other than `place` belong to the channel's lock; `place` to that of the heap.

use core::mem::offset_of;

use crate::mem::{Addr, Plain, Ref, raw};
use crate::sched::scheduler::{self, goroutine_of, processor_of};
use crate::sched::timer::Expire;
use crate::sched::{Bubble, Machine, Processor, bubble};
use crate::thread::Rank;
use crate::wait::queue::wake_all;
use crate::world::World;

use super::channel::{self, Attempt, Channel, copy_element};

/// The timer: the first fields of the overlay's `timeTimer`.
#[repr(C)]
pub struct Timer {
    /// Field C of package time's structure, and whether it was made by that package.
    shown: Plain<u64>,
    made: Plain<u32>,
    /// Position in the timer heap plus 1.
    place: Plain<u32>,
    /// When it is due, or 0; nanoseconds of the clock it goes by, see [`bubble::clock_ns`]. Only of a timer with a channel.
    when_ns: Plain<u64>,
    /// Nanoseconds between two ticks, or 0.
    period_ns: Plain<u64>,
    /// The channel, or NULL.
    channel: Plain<Addr>,
    channel_upper: Plain<u32>,
    /// What a goroutine is started with if there is no channel: a closure.
    start: Plain<Addr>,
    start_upper: Plain<u32>,
    /// The goroutine whose send is the firing of this timer, or 0.
    firing: Plain<u64>,
    /// The channel's buffer holds a value.
    holds_value: Plain<u64>,
    /// The bubble it was made in. Who uses the timer is in it: the overlay sees to that, and channels do.
    bubble: Plain<Option<Ref<Bubble>>>,
    bubble_upper: Plain<u32>,
}

const _: () = assert!(offset_of!(Timer, when_ns) == 16 && offset_of!(Timer, start) == 40 && size_of::<Timer>() == 72);

fn at(timer: Addr) -> &'static Timer {
    raw::reference(timer)
}

/// Bytes of a `time.Time`, which has a pointer.
const TIME_BYTES: u32 = 24;

/// The timer of a channel.
fn of(channel: &Channel) -> Option<&'static Timer> {
    let timer = channel.timer.get();
    (!timer.is_null()).then(|| at(timer))
}

impl Timer {
    fn place(&self) -> Addr {
        raw::address_of(&self.place)
    }

    /// Puts it, whose address is `place`, into the timer heap: whether it was there.
    fn arm(&self, world: &World, place: Addr, when_ns: u64, expire: Expire) -> bool {
        bubble::arm(world, self.bubble.get(), when_ns, place, self.place(), expire)
    }

    /// Takes it out of there: whether it was there.
    fn disarm(&self, world: &World) -> bool {
        bubble::timers(world, self.bubble.get()).disarm(self.place())
    }

    fn now_ns(&self) -> u64 {
        bubble::clock_ns(self.bubble.get())
    }

    /// Takes back what is set: whether anything was still to come.
    fn take_back(&self, channel: &Channel) -> bool {
        let to_come = self.when_ns.get() != 0 || self.holds_value.get() != 0 || (self.firing.get() != 0 && self.period_ns.get() == 0);
        self.when_ns.set(0);
        self.firing.set(0);
        if self.holds_value.get() != 0 {
            self.holds_value.set(0);
            raw::zero(channel.buffer.get(), channel.element_bytes.get());
        }
        to_come
    }
}

/// Joins a timer and its channel, which is new and has a buffer for one value.
pub fn bind(place: Addr, timer: Addr) {
    let channel = channel::at(place);
    if channel.capacity.get() != 1 || channel.element_bytes.get() != TIME_BYTES {
        // The collector sees the pointer to the timer only in a channel whose values have pointers.
        crate::fatal::bug("CHANTIMER: not a channel of times");
    }
    channel.capacity.set(0);
    channel.timer.set(timer);
    at(timer).channel.set(place);
}

/// Sets a timer anew: whether it was to fire before.
pub fn reset(world: &World, machine: Ref<Machine>, place: Addr, when_ns: i64, period_ns: i64) -> bool {
    let timer = at(place);
    let when_ns = when_ns.max(1) as u64;
    if timer.channel.get().is_null() {
        if timer.bubble.get().is_some_and(|bubble| when_ns <= bubble.now_ns.get()) {
            // It may come before the bubble is at rest.
            let to_come = timer.disarm(world);
            start_goroutine(world, processor_of(machine), place, when_ns);
            return to_come;
        }
        return timer.arm(world, place, when_ns, start_goroutine);
    }
    let channel = channel::at(timer.channel.get());
    channel.lock.lock(Rank::Channel);
    let to_come = timer.take_back(channel);
    timer.when_ns.set(when_ns);
    timer.period_ns.set(period_ns.max(0) as u64);
    if !channel.receivers.is_empty() {
        timer.arm(world, place, when_ns, wake_receivers);
    }
    channel.lock.unlock(Rank::Channel);
    to_come
}

/// Stops a timer: whether it was to fire.
pub fn stop(world: &World, place: Addr) -> bool {
    let timer = at(place);
    if timer.channel.get().is_null() {
        return timer.disarm(world);
    }
    let channel = channel::at(timer.channel.get());
    channel.lock.lock(Rank::Channel);
    let to_come = timer.take_back(channel);
    unwatch(world, timer);
    channel.lock.unlock(Rank::Channel);
    to_come
}

fn unwatch(world: &World, timer: &Timer) {
    if timer.place.get() != 0 {
        timer.disarm(world);
    }
}

/// A goroutine has come to wait on the channel of a timer; under the channel's lock.
pub fn watch(world: &World, channel: &Channel) {
    let Some(timer) = of(channel) else { return };
    if timer.when_ns.get() != 0 {
        timer.arm(world, channel.timer.get(), timer.when_ns.get(), wake_receivers);
    }
}

/// A goroutine has left the queue of such a channel; under the channel's lock.
pub fn left(world: &World, channel: &Channel) {
    if let Some(timer) = of(channel)
        && channel.receivers.is_empty()
    {
        unwatch(world, timer);
    }
}

/// Receives from the channel of a timer; under the channel's lock.
pub fn receive_locked(channel: &Channel, element: Addr) -> Attempt {
    let Some(timer) = of(channel) else { return Attempt::Wait };
    if timer.holds_value.get() != 0 {
        timer.holds_value.set(0);
        let (value, bytes) = (channel.buffer.get(), channel.element_bytes.get());
        if !element.is_null() {
            copy_element(element, value, bytes);
        }
        raw::zero(value, bytes);
        return Attempt::Done(None);
    }
    if is_due(timer) { Attempt::Timer } else { Attempt::Wait }
}

/// A receive would not wait; under the channel's lock.
pub fn is_ready(channel: &Channel) -> bool {
    of(channel).is_some_and(|timer| timer.holds_value.get() != 0 || is_due(timer))
}

fn is_due(timer: &Timer) -> bool {
    timer.when_ns.get() != 0 && timer.when_ns.get() <= timer.now_ns()
}

/// If the timer of a channel is due, moves it on and lets the running goroutine fire it: by how many nanoseconds it is late. -1: not due.
pub fn claim(world: &World, machine: Ref<Machine>, place: Addr) -> i64 {
    let channel = channel::at(place);
    let Some(timer) = of(channel) else { return -1 };
    channel.lock.lock(Rank::Channel);
    let (when_ns, period_ns) = (timer.when_ns.get(), timer.period_ns.get());
    let now_ns = timer.now_ns();
    let due = when_ns != 0 && when_ns <= now_ns;
    let late_ns = now_ns.saturating_sub(when_ns);
    if due {
        timer.firing.set(goroutine_of(machine).id.get());
        let next_ns = match period_ns {
            0 => 0,
            _ => when_ns.saturating_add((late_ns / period_ns + 1).saturating_mul(period_ns)),
        };
        timer.when_ns.set(next_ns);
        if !channel.receivers.is_empty() {
            watch(world, channel);
        }
    }
    channel.lock.unlock(Rank::Channel);
    if due { late_ns.min(i64::MAX as u64) as i64 } else { -1 }
}

/// The send of a firing timer; under the channel's lock. It never waits.
pub fn send_locked(machine: Ref<Machine>, channel: &Channel, element: Addr) -> Attempt {
    let Some(timer) = of(channel) else { return Attempt::Wait };
    if timer.firing.get() != goroutine_of(machine).id.get() {
        return Attempt::Wait;
    }
    timer.firing.set(0);
    if let Some(waiter) = channel.hand_over(element) {
        return Attempt::Done(Some(waiter));
    }
    copy_element(channel.buffer.get(), element, channel.element_bytes.get());
    timer.holds_value.set(1);
    Attempt::Done(None)
}

/// The moment of a timer with a channel on which somebody waits.
fn wake_receivers(world: &World, processor: Ref<Processor>, target: Addr, now_ns: u64) {
    let timer = at(target);
    let channel = channel::at(timer.channel.get());
    channel.lock.lock(Rank::Channel);
    let when_ns = timer.when_ns.get();
    if when_ns == 0 || when_ns > now_ns {
        // It was set anew between the heap's lock and the channel's.
        if !channel.receivers.is_empty() {
            watch(world, channel);
        }
        channel.lock.unlock(Rank::Channel);
        return;
    }
    let woken = channel.receivers.take_all(|_| {});
    channel.lock.unlock(Rank::Channel);
    wake_all(world, processor, woken, |waiter| waiter.done_result.get() | channel::TIMER as u32);
}

/// The moment of a timer with a function.
fn start_goroutine(world: &World, processor: Ref<Processor>, target: Addr, _: u64) {
    let timer = at(target);
    let goroutine = scheduler::create_with(world, processor, timer.start.get());
    if let Some(bubble) = timer.bubble.get() {
        bubble::join(bubble, goroutine, true);
    }
    scheduler::enqueue(world, processor, goroutine.addr().0);
}
