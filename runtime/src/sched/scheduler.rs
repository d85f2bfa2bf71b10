//! The scheduler's shared state, and the way of a goroutine through it: started, made ready, put aside, ended.
//!
//! Machines pick goroutines in `find`; the loop that runs them and acts on what they did is `run`.

use crate::mem::{Addr, Plain, Ref};
use crate::sys;
use crate::thread::{self, Lock, Rank, SharedWord, Word};
use crate::world::{self, World};
use warren_abi::frame::SITE_GO_ENTRY;

use super::bubble::Bubbles;
use super::goroutine::{BLOCK_BYTES, Goroutine, WaitReason, status};
use super::machine::{Machine, Reason, STACK_BYTES, ThreadStart};
use super::poller::Poller;
use super::processor::{MAX_PROCESSORS, Processor};
use super::timer::Timers;
use super::{bubble, freeze, linear};

/// Numbers for goroutines that a processor takes at a time.
const ID_BATCH: u64 = 16;
/// Free goroutines a processor keeps before it hands half of them on.
const FREE_MAX: u32 = 64;

/// The state. Fields between the two remarks belong to `lock`.
pub struct Scheduler {
    pub lock: Lock,
    // From here on: under `lock`.
    /// The global queue.
    global_first: Plain<Option<Ref<Goroutine>>>,
    global_last: Plain<Option<Ref<Goroutine>>>,
    idle_processors: Plain<Option<Ref<Processor>>>,
    idle_machines: Plain<Option<Ref<Machine>>>,
    free: Plain<Option<Ref<Goroutine>>>,
    pub machine_count: Plain<u32>,
    next_id: Plain<u64>,
    /// Machines that a stop of the world still waits for, and those that wait for its end.
    pub stop_remaining: Plain<u32>,
    pub stopped_machines: Plain<Option<Ref<Machine>>>,
    /// Machines that withhold the request.
    pub withholding: Plain<u32>,
    /// The machine that stops the world.
    pub stopper: Plain<Option<Ref<Machine>>>,
    /// What stopped machines can help with.
    pub helper: Plain<Option<fn(&World)>>,
    // Up to here.
    /// Lengths of the lists above; written under `lock`, read by anybody.
    pub global_count: SharedWord,
    pub idle_processor_count: SharedWord,
    /// Processors that machines hold, also those in excess since the number in use became smaller.
    pub busy_count: SharedWord,
    /// Machines in host calls whose processor was taken (see `host_call`).
    pub in_host: SharedWord,
    /// Machines that look for work without having any.
    pub spinning: SharedWord,
    /// 1: the world is being stopped; machines freeze their goroutines and wait.
    pub stopping: SharedWord,
    /// 1: goroutines run so briefly that a second machine would cost more than it brings (see `grain`).
    pub fine_grained: SharedWord,
    /// All processors; the first `processor_count` are in use. Changed with the world stopped.
    processors: [Plain<Option<Ref<Processor>>>; MAX_PROCESSORS],
    pub processor_count: Plain<u32>,
    /// List of all goroutines; grows under `goroutines_lock`, elements never leave.
    pub goroutines_lock: Lock,
    pub goroutines: Plain<Option<Ref<Goroutine>>>,
    last_goroutine: Plain<Option<Ref<Goroutine>>>,
    pub main: Plain<Option<Ref<Goroutine>>>,
    pub timers: Timers,
    pub poller: Poller,
    pub bubbles: Bubbles,
    pub watcher: super::watcher::Watcher,
    /// main called Goexit.
    pub main_exited: Plain<bool>,
}

impl Scheduler {
    pub const fn new() -> Scheduler {
        Scheduler {
            lock: Lock::fixed(),
            global_first: Plain::new(None),
            global_last: Plain::new(None),
            idle_processors: Plain::new(None),
            idle_machines: Plain::new(None),
            free: Plain::new(None),
            machine_count: Plain::new(0),
            next_id: Plain::new(1),
            stop_remaining: Plain::new(0),
            stopped_machines: Plain::new(None),
            withholding: Plain::new(0),
            stopper: Plain::new(None),
            helper: Plain::new(None),
            global_count: SharedWord::fixed(0),
            idle_processor_count: SharedWord::fixed(0),
            busy_count: SharedWord::fixed(0),
            in_host: SharedWord::fixed(0),
            spinning: SharedWord::fixed(0),
            stopping: SharedWord::fixed(0),
            fine_grained: SharedWord::fixed(1),
            processors: [const { Plain::new(None) }; MAX_PROCESSORS],
            processor_count: Plain::new(0),
            goroutines_lock: Lock::fixed(),
            goroutines: Plain::new(None),
            last_goroutine: Plain::new(None),
            main: Plain::new(None),
            timers: Timers::new(),
            poller: Poller::new(),
            bubbles: Bubbles::new(),
            watcher: super::watcher::Watcher::new(),
            main_exited: Plain::new(false),
        }
    }

    /// Processor number `id`, below `processor_count`.
    pub fn processor(&self, id: u32) -> Ref<Processor> {
        match self.processors.get(id as usize).and_then(Plain::get) {
            Some(processor) => processor,
            None => crate::fatal::bug("SCHED: no such processor"),
        }
    }

    /// Sets the number of processors in use. The world is stopped, or not yet running.
    pub fn resize(&self, world: &World, count: u32) {
        let count = count.clamp(1, MAX_PROCESSORS as u32);
        for (id, slot) in self.processors.iter().enumerate().take(count as usize) {
            if slot.get().is_none() {
                let block = world::allocate(world, size_of::<Processor>() as u32);
                slot.set(Ref::write(block, Processor::new(id as u32)));
            }
        }
        self.processor_count.set(count);
    }

    /// Calls `visit` with every processor there ever was; the world is stopped.
    pub fn each_processor(&self, mut visit: impl FnMut(Ref<Processor>)) {
        for slot in &self.processors {
            if let Some(processor) = slot.get() {
                visit(processor);
            }
        }
    }

    /// Machines that are stopped and could help; the world is stopped.
    pub fn stopped_count(&self) -> u32 {
        let mut count = 0;
        let mut machine = self.stopped_machines.get();
        while let Some(current) = machine {
            count += 1;
            machine = current.next_idle.get();
        }
        count
    }

    /// Appends to the global queue; under `lock`.
    pub fn push_global(&self, goroutine: Ref<Goroutine>) {
        goroutine.next.set(None);
        match self.global_last.get() {
            Some(last) => last.next.set(Some(goroutine)),
            None => self.global_first.set(Some(goroutine)),
        }
        self.global_last.set(Some(goroutine));
        self.global_count.add(1);
    }

    /// Takes the head of the global queue; under `lock`.
    pub fn pop_global(&self) -> Option<Ref<Goroutine>> {
        let first = self.global_first.get()?;
        self.global_first.set(first.next.get());
        if first.next.get().is_none() {
            self.global_last.set(None);
        }
        self.global_count.add(u32::MAX);
        Some(first)
    }

    /// Puts a processor aside; under `lock`.
    pub fn push_idle_processor(&self, processor: Ref<Processor>) {
        self.busy_count.add(u32::MAX);
        self.list_idle_processor(processor);
    }

    /// Lists a processor that nobody holds as idle; under `lock`.
    pub fn list_idle_processor(&self, processor: Ref<Processor>) {
        processor.machine.set(None);
        processor.idle.store(1);
        // From here on the watcher withdraws its own requests.
        super::watcher::answer(processor);
        processor.next_idle.set(self.idle_processors.get());
        self.idle_processors.set(Some(processor));
        self.idle_processor_count.add(1);
    }

    /// Puts a processor aside that is not in use any more; under `lock`.
    pub fn drop_processor(&self, processor: Ref<Processor>) {
        self.busy_count.add(u32::MAX);
        processor.machine.set(None);
        processor.idle.store(1);
        super::watcher::answer(processor);
    }

    /// Some machine sleeps, and would wake for a timer; under `lock`.
    pub fn has_idle_machine(&self) -> bool {
        self.idle_machines.get().is_some()
    }

    /// Takes an idle processor; under `lock`. None while the world is being stopped.
    pub fn pop_idle_processor(&self) -> Option<Ref<Processor>> {
        if self.stopping.load() != 0 {
            return None;
        }
        let processor = self.idle_processors.get()?;
        self.idle_processors.set(processor.next_idle.get());
        processor.idle.store(0);
        self.idle_processor_count.add(u32::MAX);
        self.busy_count.add(1);
        Some(processor)
    }

    /// Forgets all idle processors; the world is stopped.
    pub fn clear_idle_processors(&self) {
        while let Some(processor) = self.idle_processors.get() {
            self.idle_processors.set(processor.next_idle.get());
            processor.idle.store(0);
            self.idle_processor_count.add(u32::MAX);
        }
    }

    /// Lists a machine as idle; under `lock`.
    pub fn push_idle_machine(&self, machine: Ref<Machine>) {
        machine.idle.set(true);
        machine.next_idle.set(self.idle_machines.get());
        self.idle_machines.set(Some(machine));
    }

    /// Takes an idle machine; under `lock`.
    pub fn pop_idle_machine(&self) -> Option<Ref<Machine>> {
        let machine = self.idle_machines.get()?;
        self.idle_machines.set(machine.next_idle.get());
        machine.idle.set(false);
        Some(machine)
    }

    /// Takes `machine` out of the list of idle ones; under `lock`.
    pub fn remove_idle_machine(&self, machine: Ref<Machine>) {
        if !machine.idle.get() {
            return;
        }
        machine.idle.set(false);
        let mut link = &self.idle_machines;
        let mut current = link.get();
        while let Some(other) = current {
            if other == machine {
                link.set(machine.next_idle.get());
                return;
            }
            // The list lies in memory that is never freed, so the borrow of its links may live on.
            link = &crate::mem::raw::reference::<Machine>(other.addr()).next_idle;
            current = link.get();
        }
    }

    /// Number of user goroutines.
    pub fn goroutine_count(&self) -> u32 {
        let mut sum = 0;
        for slot in &self.processors {
            if let Some(processor) = slot.get() {
                sum += processor.balance.get();
            }
        }
        sum.max(0) as u32
    }
}

impl Default for Scheduler {
    fn default() -> Scheduler {
        Scheduler::new()
    }
}

/// The processor of a machine that runs Go code.
#[inline(always)]
pub fn processor_of(machine: Ref<Machine>) -> Ref<Processor> {
    match machine.processor.get() {
        Some(processor) => processor,
        None => crate::fatal::bug("SCHED: a machine without a processor runs Go code"),
    }
}

/// The goroutine that the machine runs.
#[inline(always)]
pub fn goroutine_of(machine: Ref<Machine>) -> Ref<Goroutine> {
    match machine.goroutine.get() {
        Some(goroutine) => goroutine,
        None => crate::fatal::bug("SCHED: no goroutine runs"),
    }
}

/// Starts a goroutine that calls `closure`: it is made ready on the processor.
pub fn start(world: &World, processor: Ref<Processor>, closure: Addr) -> Ref<Goroutine> {
    let goroutine = create_with(world, processor, closure);
    make_ready(world, processor, goroutine);
    goroutine
}

/// A runnable goroutine that will call `closure`; it is in no queue yet.
pub fn create_with(world: &World, processor: Ref<Processor>, closure: Addr) -> Ref<Goroutine> {
    let goroutine = match take_free(world, processor) {
        Some(goroutine) => goroutine,
        None => create(world),
    };
    if processor.next_id.get() == processor.end_id.get() {
        let scheduler = &world.scheduler;
        scheduler.lock.lock(Rank::Scheduler);
        let first = scheduler.next_id.get();
        scheduler.next_id.set(first + ID_BATCH);
        scheduler.lock.unlock(Rank::Scheduler);
        processor.next_id.set(first);
        processor.end_id.set(first + ID_BATCH);
    }
    goroutine.id.set(processor.next_id.get());
    processor.next_id.set(processor.next_id.get() + 1);
    processor.balance.set(processor.balance.get() + 1);
    let frame = freeze::push(world, goroutine, SITE_GO_ENTRY, 1);
    crate::mem::raw::store_addr(frame.slot(0), closure);
    goroutine.result.set(0);
    goroutine.status.store(super::goroutine::status::RUNNABLE);
    goroutine
}

fn take_free(world: &World, processor: Ref<Processor>) -> Option<Ref<Goroutine>> {
    if processor.free.get().is_none() {
        let scheduler = &world.scheduler;
        scheduler.free.get()?;
        scheduler.lock.lock(Rank::Scheduler);
        for _ in 0..FREE_MAX / 2 {
            let Some(goroutine) = scheduler.free.get() else { break };
            scheduler.free.set(goroutine.next.get());
            goroutine.next.set(processor.free.get());
            processor.free.set(Some(goroutine));
            processor.free_count.set(processor.free_count.get() + 1);
        }
        scheduler.lock.unlock(Rank::Scheduler);
    }
    let goroutine = processor.free.get()?;
    processor.free.set(goroutine.next.get());
    processor.free_count.set(processor.free_count.get().wrapping_sub(1));
    Some(goroutine)
}

#[inline(never)]
fn create(world: &World) -> Ref<Goroutine> {
    let block = world::allocate(world, BLOCK_BYTES);
    let Some(goroutine) = Ref::write(block, Goroutine::new()) else { crate::fatal::bug("SCHED: no memory") };
    freeze::init(goroutine);
    linear::init(goroutine);
    let scheduler = &world.scheduler;
    scheduler.goroutines_lock.lock(Rank::Goroutines);
    match scheduler.last_goroutine.get() {
        Some(last) => last.next_of_all.set(Some(goroutine)),
        None => scheduler.goroutines.set(Some(goroutine)),
    }
    scheduler.last_goroutine.set(Some(goroutine));
    scheduler.goroutines_lock.unlock(Rank::Goroutines);
    goroutine
}

/// Makes a goroutine one of the runtime's own, or of the program's: only the latter are counted and shown.
pub fn set_system(processor: Ref<Processor>, goroutine: Ref<Goroutine>, system: bool) {
    if goroutine.system.get() != system {
        goroutine.system.set(system);
        processor.balance.set(processor.balance.get() + if system { -1 } else { 1 });
    }
}

/// Takes back a goroutine that has no frames left.
pub fn end(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) {
    let processor = processor_of(machine);
    bubble::leave(world, processor, goroutine);
    goroutine.status.store(status::DEAD);
    linear::shrink(world, machine, goroutine, 0);
    linear::release(world, goroutine);
    freeze::init(goroutine);
    linear::init(goroutine);
    goroutine.result_is_pointer.set(false);
    goroutine.labels.set(Addr::NULL);
    goroutine.marks.set(0);
    if goroutine.system.get() {
        goroutine.system.set(false);
    } else {
        processor.balance.set(processor.balance.get() - 1);
    }
    if goroutine.locked_machine.get().is_some() {
        goroutine.locked_machine.set(None);
        goroutine.lock_count.set(0);
        machine.locked_goroutine.set(None);
    }
    goroutine.next.set(processor.free.get());
    processor.free.set(Some(goroutine));
    let count = processor.free_count.get() + 1;
    processor.free_count.set(count);
    if count >= FREE_MAX && thread::shared() {
        hand_on_free(world, processor);
    }
}

/// Gives half of the free goroutines to other processors.
#[inline(never)]
fn hand_on_free(world: &World, processor: Ref<Processor>) {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    for _ in 0..FREE_MAX / 2 {
        let Some(goroutine) = processor.free.get() else { break };
        processor.free.set(goroutine.next.get());
        processor.free_count.set(processor.free_count.get().wrapping_sub(1));
        goroutine.next.set(scheduler.free.get());
        scheduler.free.set(Some(goroutine));
    }
    scheduler.lock.unlock(Rank::Scheduler);
}

/// Makes a goroutine that nobody else can reach the next one to run on `processor`. No lock is held.
#[inline(always)]
pub fn make_ready(world: &World, processor: Ref<Processor>, goroutine: Ref<Goroutine>) {
    goroutine.status.store(status::RUNNABLE);
    let displaced = processor.queue.push_next(goroutine.addr().0);
    if displaced != 0 {
        push_displaced(world, processor, displaced);
    }
}

/// Appends to the processor's ring, and wakes another processor if that is more than one machine has to do.
#[inline(never)]
fn push_displaced(world: &World, processor: Ref<Processor>, goroutine: u32) {
    enqueue(world, processor, goroutine);
    offer_work(world);
}

/// Appends to the ring, whose overflow goes to the global queue.
pub fn enqueue(world: &World, processor: Ref<Processor>, goroutine: u32) {
    if processor.queue.push(goroutine) {
        return;
    }
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    processor.queue.shed(|shed| {
        if let Some(shed) = Ref::at(Addr(shed)) {
            scheduler.push_global(shed);
        }
    });
    if let Some(goroutine) = Ref::at(Addr(goroutine)) {
        scheduler.push_global(goroutine);
    }
    scheduler.lock.unlock(Rank::Scheduler);
}

/// Wakes a machine for an idle processor, unless one is looking for work already or the work is too fine to share. No lock is held.
#[inline(always)]
pub fn offer_work(world: &World) {
    let scheduler = &world.scheduler;
    if scheduler.idle_processor_count.load() != 0 && scheduler.spinning.load() == 0 && scheduler.fine_grained.load() == 0 {
        wake_processor(world);
    }
}

#[inline(never)]
fn wake_processor(world: &World) {
    if !thread::shared() {
        thread::share();
    }
    let scheduler = &world.scheduler;
    if !scheduler.spinning.replace(0, 1) {
        return;
    }
    scheduler.lock.lock(Rank::Scheduler);
    let processor = scheduler.pop_idle_processor();
    let machine = if processor.is_some() { scheduler.pop_idle_machine() } else { None };
    if let (Some(processor), Some(machine)) = (processor, machine) {
        hold(machine, processor);
        machine.spinning.set(true);
    }
    scheduler.lock.unlock(Rank::Scheduler);
    match (processor, machine) {
        (None, _) => {
            scheduler.spinning.add(u32::MAX);
        }
        (Some(_), Some(machine)) => machine.note.wake(),
        (Some(processor), None) => {
            if !spawn_machine(world, processor, true) {
                scheduler.spinning.add(u32::MAX);
                scheduler.lock.lock(Rank::Scheduler);
                scheduler.push_idle_processor(processor);
                scheduler.lock.unlock(Rank::Scheduler);
                // The host has no more threads: do not ask at every turn.
                scheduler.fine_grained.store(1);
            }
        }
    }
}

/// Joins a machine and a processor.
pub fn hold(machine: Ref<Machine>, processor: Ref<Processor>) {
    processor.machine.set(Some(machine));
    machine.processor.set(Some(processor));
}

/// Starts a thread for `processor`. False if the host has none.
pub fn spawn_machine(world: &World, processor: Ref<Processor>, spinning: bool) -> bool {
    let scheduler = &world.scheduler;
    scheduler.lock.lock(Rank::Scheduler);
    let id = scheduler.machine_count.get();
    scheduler.machine_count.set(id + 1);
    scheduler.lock.unlock(Rank::Scheduler);
    let limit = world.max_threads.get();
    if id >= limit {
        crate::fatal::thread_exhaustion(limit);
    }
    let machine = Machine::create(world, id, sys::random());
    hold(machine, processor);
    machine.spinning.set(spinning);
    spawn_thread(world, machine.addr())
}

/// Starts a thread with a Rust stack of its own. `machine` is NULL for the watcher.
pub fn spawn_thread(world: &World, machine: Addr) -> bool {
    let stack = world::allocate(world, STACK_BYTES + 16);
    let start = stack.add(STACK_BYTES);
    crate::mem::raw::write(start, ThreadStart { stack_top: Plain::new(start.0), machine: Plain::new(machine.0) });
    let started = sys::thread_spawn(start);
    if !started {
        world.heap.memory.free(stack, STACK_BYTES + 16);
    }
    started
}

/// Puts the running goroutine aside. The caller has put a waiter of it into a queue whose lock it still holds, or does so before it lets
/// go of that lock; the goroutine may be woken from then on.
#[inline(always)]
pub fn park(machine: Ref<Machine>, goroutine: Ref<Goroutine>, reason: WaitReason) {
    goroutine.wait_reason.set(reason);
    goroutine.status.store(status::PARKING);
    machine.reason.set(Reason::Parked);
}

/// Wakes a goroutine that was put aside, on the caller's processor. The caller has taken its waiter out of the queue, so nobody else wakes
/// it, and holds no lock.
#[inline(always)]
pub fn wake(world: &World, processor: Ref<Processor>, goroutine: Ref<Goroutine>, result: u32) {
    goroutine.result.set(u64::from(result));
    if goroutine.status.swap(status::WOKEN) == status::PARKED {
        bubble::woken(goroutine);
        make_ready(world, processor, goroutine);
    }
}
