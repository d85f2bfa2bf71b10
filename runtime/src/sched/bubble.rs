//! Bubbles of package testing/synctest (Go's `synctestBubble`): a set of goroutines with a clock of its own.
//!
//! A bubble begins with its *root*, the goroutine that calls Run, and its *main* goroutine; what they start belongs to it too. A goroutine is
//! *durably* blocked if only another one of its bubble, or its clock, can wake it ([`WaitReason::is_durable`]). While none runs (one that waits
//! for something outside counts as running) the bubble is *at rest*, and whoever brought it there decides what comes next ([`settle`]):
//! timers that are due, then the goroutine in Wait, then the next timer, to which the clock jumps. Without any of these, and once main has
//! ended, the root goes on: it finds all others gone, or blocked for ever.
//!
//! Sleepers and timers of the bubble lie in its own timer heap, which nobody's real clock touches. A channel carries the number of the bubble it was
//! made in; an operation on it by anybody else is an error, so whoever waits on it waits durably.
//!
//! # Invariants
//! - BUBBLE-1: `running` counts members that are not durably blocked. It becomes 0 only by the last of them, which has it alone then: a durably
//!   blocked goroutine is woken by a running one or by [`settle`], and the waker counts it before it can run.
//! - BUBBLE-2: `now_ns` changes at rest only.
//! - BUBBLE-3: a bubble whose number is in use is not given back. One that other goroutines than the root are left in never is.
//!
//! Goroutines outside of bubbles pay for a test of one field where they are started, put aside, woken and ended. What a bubble does at rest is called by
//! its address, which only a program that makes one has.

use crate::mem::{Addr, Plain, Ref, raw};
use crate::sys;
use crate::thread::{Rank, SharedWord, Word};
use crate::world::{self, World};
use warren_abi::entry::SUSPENDED;

use super::goroutine::{Goroutine, WaitReason};
use super::machine::Machine;
use super::processor::Processor;
use super::scheduler::{self, goroutine_of, processor_of};
use super::timer::{Expire, NEVER, Timers};

/// Midnight UTC 2000-01-01: where the clock of a bubble begins, since 1970.
const START_NS: u64 = 946_684_800_000_000_000;

/// Results of Run.
const ALL_ENDED: u32 = 0;
const ALL_BLOCKED: u32 = 1;
const SOME_LEFT: u32 = 2;

/// Results of Wait.
const RESTED: i32 = 0;
const NO_BUBBLE: i32 = 1;
const OTHER_WAITS: i32 = 2;

/// What is done when the last goroutine of a bubble has stopped running.
type AtRest = fn(&World, Ref<Processor>, Ref<Bubble>);

/// A bubble. Fields without a remark are set before its goroutines start.
pub struct Bubble {
    /// Number, from 1; 0: free to be used again. Belongs to the scheduler's lock.
    pub id: Plain<u32>,
    /// Goroutines that belong to it, and those of them that are not durably blocked (BUBBLE-1).
    members: SharedWord,
    running: SharedWord,
    /// Its clock (BUBBLE-2).
    pub now_ns: Plain<u64>,
    pub timers: Timers,
    root: Plain<Option<Ref<Goroutine>>>,
    /// Set when it starts.
    main: Plain<Option<Ref<Goroutine>>>,
    /// The goroutine in Wait, or 0.
    waiter: SharedWord,
    /// Main has ended; written by it while it counts as running.
    done: Plain<bool>,
    at_rest: Plain<AtRest>,
    /// Next in the list of all bubbles.
    next: Plain<Option<Ref<Bubble>>>,
}

/// All bubbles. Both belong to the scheduler's lock; the list only grows.
pub struct Bubbles {
    first: Plain<Option<Ref<Bubble>>>,
    last_id: Plain<u32>,
}

impl Bubbles {
    pub const fn new() -> Bubbles {
        Bubbles { first: Plain::new(None), last_id: Plain::new(0) }
    }

    /// Calls `visit` with what all timers hold; the world is stopped.
    pub fn each_target(&self, mut visit: impl FnMut(Addr)) {
        let mut next = self.first.get();
        while let Some(bubble) = next {
            bubble.timers.each_target(&mut visit);
            next = bubble.next.get();
        }
    }
}

impl Default for Bubbles {
    fn default() -> Bubbles {
        Bubbles::new()
    }
}

/// Number of the goroutine's bubble, or 0.
#[inline(always)]
pub fn id_of(goroutine: Ref<Goroutine>) -> u32 {
    goroutine.bubble.get().map_or(0, |bubble| bubble.id.get())
}

/// A goroutine that `parent` starts belongs to its bubble.
#[inline(always)]
pub fn inherit(parent: Ref<Goroutine>, child: Ref<Goroutine>) {
    if let Some(bubble) = parent.bubble.get() {
        join(bubble, child, true);
    }
}

/// The clock of a bubble; without one, that of the world.
pub fn clock_ns(bubble: Option<Ref<Bubble>>) -> u64 {
    bubble.map_or_else(sys::monotonic_ns, |bubble| bubble.now_ns.get())
}

/// The timers that go by that clock.
pub fn timers(world: &World, bubble: Option<Ref<Bubble>>) -> &Timers {
    match bubble {
        None => &world.scheduler.timers,
        Some(bubble) => &raw::reference::<Bubble>(bubble.addr()).timers,
    }
}

/// Arms one of these, see [`Timers::arm`]. Moments of a bubble are exact, so that chance decides what comes first at the same one.
pub fn arm(world: &World, bubble: Option<Ref<Bubble>>, deadline_ns: u64, target: Addr, place: Addr, expire: Expire) -> bool {
    let order = if bubble.is_some() { sys::random() as u32 } else { 0 };
    timers(world, bubble).arm(world, deadline_ns, order, target, place, expire)
}

/// Makes a goroutine a member. The first that the root starts is main.
#[inline(never)]
pub fn join(bubble: Ref<Bubble>, goroutine: Ref<Goroutine>, runs: bool) {
    if bubble.main.get().is_none() && bubble.root.get() != Some(goroutine) {
        bubble.main.set(Some(goroutine));
    }
    bubble.members.add(1);
    bubble.running.add(u32::from(runs));
    goroutine.bubble.set(Some(bubble));
}

/// The running goroutine is a member no longer: it ends, or turns out to be the runtime's own.
#[inline(always)]
pub fn leave(world: &World, processor: Ref<Processor>, goroutine: Ref<Goroutine>) {
    if let Some(bubble) = goroutine.bubble.get() {
        leave_bubble(world, processor, bubble, goroutine);
    }
}

#[inline(never)]
fn leave_bubble(world: &World, processor: Ref<Processor>, bubble: Ref<Bubble>, goroutine: Ref<Goroutine>) {
    goroutine.bubble.set(None);
    bubble.members.add(u32::MAX);
    if bubble.main.get() == Some(goroutine) {
        bubble.done.set(true);
    }
    stop_running(world, processor, bubble);
}

/// A goroutine of the bubble is put aside.
#[inline(never)]
pub fn parked(world: &World, processor: Ref<Processor>, bubble: Ref<Bubble>, reason: WaitReason) {
    if reason.is_durable() {
        stop_running(world, processor, bubble);
    }
}

/// A goroutine that was put aside is about to be made ready.
#[inline(always)]
pub fn woken(goroutine: Ref<Goroutine>) {
    if let Some(bubble) = goroutine.bubble.get() {
        count_woken(bubble, goroutine.wait_reason.get());
    }
}

#[inline(never)]
fn count_woken(bubble: Ref<Bubble>, reason: WaitReason) {
    if reason.is_durable() {
        bubble.running.add(1);
    }
}

fn stop_running(world: &World, processor: Ref<Processor>, bubble: Ref<Bubble>) {
    if bubble.running.add(u32::MAX) == 0 {
        (bubble.at_rest.get())(world, processor, bubble);
    }
}

/// `from` takes its place in a coroutine, `to` goes on instead.
pub fn switch(world: &World, processor: Ref<Processor>, from: Ref<Goroutine>, to: Ref<Goroutine>) {
    if from.bubble.get() != to.bubble.get() {
        woken(to);
        if let Some(bubble) = from.bubble.get() {
            parked(world, processor, bubble, WaitReason::Coroutine);
        }
    }
}

/// Makes a bubble whose root is the running goroutine.
pub fn begin(world: &World, machine: Ref<Machine>) -> Addr {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    let bubbles = &scheduler.bubbles;
    let mut free = bubbles.first.get();
    while let Some(bubble) = free.filter(|bubble| bubble.id.get() != 0) {
        free = bubble.next.get();
    }
    let bubble = free.unwrap_or_else(|| {
        let bubble = create(world, bubbles.first.get());
        bubbles.first.set(Some(bubble));
        bubble
    });
    let id = bubbles.last_id.get() + 1;
    bubbles.last_id.set(id);
    bubble.id.set(id);
    scheduler.lock.unlock(Rank::Scheduler);
    bubble.members.store(0);
    bubble.running.store(0);
    bubble.now_ns.set(START_NS);
    bubble.waiter.store(0);
    bubble.done.set(false);
    bubble.main.set(None);
    let root = goroutine_of(machine);
    bubble.root.set(Some(root));
    join(bubble, root, true);
    bubble.addr()
}

fn create(world: &World, next: Option<Ref<Bubble>>) -> Ref<Bubble> {
    let value = Bubble {
        id: Plain::new(0),
        members: SharedWord::new(0),
        running: SharedWord::new(0),
        now_ns: Plain::new(0),
        timers: Timers::new(),
        root: Plain::new(None),
        main: Plain::new(None),
        waiter: SharedWord::new(0),
        done: Plain::new(false),
        at_rest: Plain::new(settle),
        next: Plain::new(next),
    };
    match Ref::write(world::allocate(world, size_of::<Bubble>() as u32), value) {
        Some(bubble) => bubble,
        None => crate::fatal::bug("BUBBLE: no memory"),
    }
}

/// The root, which has started the main goroutine, waits until nothing can happen in the bubble any more.
pub fn run(machine: Ref<Machine>) -> i32 {
    scheduler::park(machine, goroutine_of(machine), WaitReason::SynctestRun);
    SUSPENDED
}

/// The running goroutine, the root, leaves the bubble, whose time stands still from now on.
pub fn end(world: &World, machine: Ref<Machine>) {
    let root = goroutine_of(machine);
    let Some(bubble) = root.bubble.get() else { return };
    root.bubble.set(None);
    bubble.timers.clear();
    if bubble.members.load() == 1 {
        let scheduler = &world.scheduler;
        scheduler.lock.lock(Rank::Scheduler);
        bubble.id.set(0);
        scheduler.lock.unlock(Rank::Scheduler);
    }
}

/// Waits until all other goroutines of the bubble are durably blocked.
pub fn wait(machine: Ref<Machine>) -> i32 {
    let goroutine = goroutine_of(machine);
    let Some(bubble) = goroutine.bubble.get() else { return NO_BUBBLE };
    if !bubble.waiter.replace(0, goroutine.addr().0) {
        return OTHER_WAITS;
    }
    goroutine.result.set(RESTED as u64);
    scheduler::park(machine, goroutine, WaitReason::SynctestWait);
    SUSPENDED
}

/// Keeps the bubble at address `bubble` from coming to rest, or does so no longer.
pub fn hold(world: &World, machine: Ref<Machine>, bubble: Addr, holds: bool) {
    let Some(bubble) = Ref::<Bubble>::at(bubble) else { return };
    if holds {
        bubble.running.add(1);
    } else {
        stop_running(world, processor_of(machine), bubble);
    }
}

/// The running goroutine becomes a member of the bubble at that address, or (NULL) leaves its own.
pub fn enter(world: &World, machine: Ref<Machine>, bubble: Addr) {
    let goroutine = goroutine_of(machine);
    match Ref::<Bubble>::at(bubble) {
        Some(bubble) => join(bubble, goroutine, true),
        None => leave(world, processor_of(machine), goroutine),
    }
}

/// The clock of the goroutine's bubble, or -1.
pub fn now(machine: Ref<Machine>) -> i64 {
    goroutine_of(machine).bubble.get().map_or(-1, |bubble| bubble.now_ns.get() as i64)
}

/// Nobody runs: what comes next.
fn settle(world: &World, processor: Ref<Processor>, bubble: Ref<Bubble>) {
    loop {
        // Those that wake up run at once: the bubble is not at rest for them before this is over (BUBBLE-1).
        bubble.running.add(1);
        wake_next(world, processor, bubble);
        if bubble.running.add(u32::MAX) != 0 {
            return;
        }
    }
}

fn wake_next(world: &World, processor: Ref<Processor>, bubble: Ref<Bubble>) {
    let timers = &bubble.timers;
    if timers.wake_due(world, processor, bubble.now_ns.get()) != 0 {
        return;
    }
    if let Some(waiter) = Ref::at(Addr(bubble.waiter.swap(0))) {
        return scheduler::wake(world, processor, waiter, RESTED as u32);
    }
    let earliest_ns = timers.earliest_ns();
    if earliest_ns != NEVER && !bubble.done.get() {
        bubble.now_ns.set(earliest_ns);
        timers.wake_due(world, processor, earliest_ns);
        return;
    }
    let result = match (bubble.members.load(), bubble.done.get()) {
        (1, _) => ALL_ENDED,
        (_, true) => SOME_LEFT,
        (_, false) => ALL_BLOCKED,
    };
    if let Some(root) = bubble.root.get() {
        scheduler::wake(world, processor, root, result);
    }
}
