//! Allocation and collection, where heap, collector and scheduler meet.
//!
//! An allocation that finds a collection due freezes its goroutine; the machine's loop then stops the world, collects with the help of
//! the machines it stopped, makes the allocation and lets the goroutine go on. Roots are the module's data, and of every goroutine its
//! frozen frames, what its waiters point to, its panics, and a result that has not been delivered yet; and timers that are to fire.

use crate::chan::channel;
use crate::gc::mark::Worker;
use crate::gc::roots::{self, RootSource};
use crate::gc::specials::AttachError;
use crate::gc::stats;
use crate::mem::{Addr, Ref, raw};
use crate::panic::record;
use crate::sched::goroutine::status;
use crate::sched::scheduler::{self, goroutine_of, park, processor_of};
use crate::sched::{After, Goroutine, Machine, Processor, WaitReason, Waiter, bubble, freeze, stop};
use crate::text::output;
use crate::thread::Word;
use crate::world::{self, World};
use crate::{run, sys};
use warren_abi::{module_info, typedesc};

pub mod sample;
mod trace;

/// An object, or NULL: then the goroutine freezes and gets it as its result.
#[inline(always)]
pub fn allocate(world: &World, machine: Ref<Machine>, bytes: u32, element: Addr, flags: u32) -> Addr {
    let object = world.heap.alloc(&processor_of(machine).cache, bytes, element, flags);
    if object.is_null() { refuse(world, machine, bytes, element, flags) } else { object }
}

#[inline(never)]
fn refuse(world: &World, machine: Ref<Machine>, bytes: u32, element: Addr, flags: u32) -> Addr {
    if machine.pins.get() != 0 {
        // The next allocation behind the pinned section collects.
        return match world.heap.alloc_now(&processor_of(machine).cache, bytes, element, flags) {
            Some(object) => object,
            None => crate::fatal::out_of_memory(),
        };
    }
    machine.ticket.set(world.gate.ticket());
    machine.act_later(world.allocate_refused.get().unwrap_or(collect_and_allocate), [bytes, element.0, flags]);
    Addr::NULL
}

/// `runtime.GC`: a collection as soon as the goroutine is frozen, and all that it freed is swept.
pub fn request(world: &World, machine: Ref<Machine>) {
    world.collector.cycles.forced.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
    machine.ticket.set(world.gate.ticket());
    machine.act_later(collect_and_sweep, [0; 3]);
}

fn collect_and_sweep(world: &World, machine: Ref<Machine>, _: Ref<Goroutine>) -> After {
    collect(world, machine, true);
    world.collector.profile.publish_last_cycle();
    world.heap.sweep_all();
    After::Resume
}

/// Collects, then makes the allocation that had to wait.
fn collect_and_allocate(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    collect(world, machine, false);
    if allocate_parameters(world, machine, goroutine).is_none() {
        crate::fatal::out_of_memory();
    }
    After::Resume
}

/// The allocation that was refused becomes the result. None: the memory is used up.
fn allocate_parameters(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> Option<Addr> {
    let [bytes, element, flags] = &machine.parameters;
    let cache = &processor_of(machine).cache;
    let object = world.heap.alloc_now(cache, bytes.get(), Addr(element.get()), flags.get())?;
    goroutine.result.set(u64::from(object.0));
    goroutine.result_is_pointer.set(true);
    Some(object)
}

/// Collects, unless somebody has done so since the request.
fn collect(world: &World, machine: Ref<Machine>, forced: bool) {
    // While the others still run.
    world.heap.sweep_all();
    while world.gate.is_due(machine.ticket.get()) {
        let asked_ns = sys::monotonic_ns();
        if stop::stop(world, machine) {
            if world.gate.is_due(machine.ticket.get()) {
                cycle(world, machine, forced, asked_ns);
                world.gate.pass();
            }
            stop::start(world);
        } else {
            stop::wait(world, machine);
        }
    }
    if world.collector.specials.has_ready() {
        wake_finalizer(world, machine);
    }
}

/// Takes part in marking.
fn help(world: &World) {
    world.collector.mark(&world.heap, &Roots { world });
}

/// One cycle; the world is stopped since it was asked to at `asked_ns`.
fn cycle(world: &World, machine: Ref<Machine>, forced: bool, asked_ns: u64) {
    if !world.before_collection.get().is_null() {
        run::run_aside(world, machine, world.before_collection.get());
    }
    let heap_bytes = world.heap.live_bytes.load(core::sync::atomic::Ordering::Relaxed);
    let goal_bytes = world.heap.trigger_bytes.load(core::sync::atomic::Ordering::Relaxed);
    world.scheduler.each_processor(|processor| world.heap.flush(&processor.cache));
    let helpers = world.scheduler.stopped_count();
    let roots = Roots { world };
    world.collector.start(&world.heap, &roots, helpers + 1);
    let started_ns = sys::monotonic_ns();
    if helpers != 0 {
        stop::call_helpers(world, Some(help));
    }
    world.collector.mark(&world.heap, &roots);
    stop::call_helpers(world, None);
    let marked_ns = sys::monotonic_ns();
    let outcome = world.collector.finish(&world.heap);
    if !outcome.sound {
        crate::fatal::bug("GC-1: an object was missed");
    }
    let ended_ns = sys::monotonic_ns();
    let cycles = &world.collector.cycles;
    let pause_ns = ended_ns.saturating_sub(asked_ns);
    let total_pause_ns = pause_ns + cycles.pause_total_ns.fetch_add(pause_ns, core::sync::atomic::Ordering::Relaxed);
    cycles.last_pause_ns.store(pause_ns, core::sync::atomic::Ordering::Relaxed);
    let end_ns = sys::wall_ns();
    cycles.last_end_unix_ns.store(end_ns, core::sync::atomic::Ordering::Relaxed);
    if cycles.history.get().is_null() {
        cycles.history.set(crate::world::allocate(world, stats::CYCLES * 16));
    }
    let number = cycles.count.load(core::sync::atomic::Ordering::Relaxed).wrapping_sub(1);
    let place = cycles.history.get().add(number as u32 % stats::CYCLES * 8);
    raw::store_u64(place, pause_ns);
    raw::store_u64(place.add(stats::CYCLES * 8), end_ns);
    if world.collector.trace.get() {
        let cycle = trace::Cycle {
            number: cycles.count.load(core::sync::atomic::Ordering::Relaxed),
            ended_ns: ended_ns.saturating_sub(world.start_ns.get()),
            total_pause_ns,
            stop_ns: started_ns.saturating_sub(asked_ns),
            mark_ns: marked_ns.saturating_sub(started_ns),
            finish_ns: ended_ns.saturating_sub(marked_ns),
            workers: u64::from(helpers) + 1,
            heap_bytes,
            live_bytes: outcome.live_bytes,
            goal_bytes,
            stack_bytes: world.heap.memory.arena.stats().1,
            global_bytes: u64::from(world.info_word(module_info::DATA_END) - world.info_word(module_info::DATA_START)),
            processors: u64::from(world.scheduler.processor_count.get()),
            forced,
        };
        output::begin(world, machine);
        trace::print(machine, &cycle);
        output::end(machine);
    }
}

/// A call for the finalizer goroutine, or NULL: then it is put aside until there is one. While it runs a function of the program it counts
/// as a goroutine of the program.
pub fn next_finalizer(world: &World, machine: Ref<Machine>) -> Addr {
    let goroutine = goroutine_of(machine);
    let call = world.collector.specials.take_ready(&world.heap.memory);
    scheduler::set_system(processor_of(machine), goroutine, call.is_none());
    if let Some(call) = call {
        return call;
    }
    park(machine, goroutine, WaitReason::Finalizer);
    world.finalizer.set(Some(goroutine));
    Addr::NULL
}

fn wake_finalizer(world: &World, machine: Ref<Machine>) {
    let Some(goroutine) = world.finalizer.get() else { return };
    if goroutine.status.load() != status::PARKED {
        return;
    }
    if let Some(call) = world.collector.specials.take_ready(&world.heap.memory) {
        world.finalizer.set(None);
        goroutine.result_is_pointer.set(true);
        scheduler::set_system(processor_of(machine), goroutine, false);
        scheduler::wake(world, processor_of(machine), goroutine, call.0);
    }
}

/// The finalizer goroutine waits, and no closure is due.
pub fn finalizers_idle(world: &World) -> bool {
    let waits = world.finalizer.get().is_some_and(|goroutine| goroutine.status.load() == status::PARKED);
    waits && !world.collector.specials.has_ready()
}

/// Attaches a finalizer, or takes it away (call NULL): 0, or 2 if `object` is not the start of a heap object.
pub fn set_finalizer(world: &World, object: Addr, call: Addr) -> i32 {
    match world.collector.specials.set_finalizer(&world.heap, object, call) {
        Ok(()) => 0,
        Err(AttachError::NotAnObject) => 2,
        Err(AttachError::OutOfMemory) => crate::fatal::out_of_memory(),
    }
}

/// Attaches a cleanup: its id, or 0 if `pointer` points to no heap object.
pub fn add_cleanup(world: &World, pointer: Addr, call: Addr) -> u64 {
    match world.collector.specials.add_cleanup(&world.heap, pointer, call) {
        Ok(id) => u64::from(id),
        Err(AttachError::NotAnObject) => 0,
        Err(AttachError::OutOfMemory) => crate::fatal::out_of_memory(),
    }
}

/// The weak handle of a pointer. One to static data never becomes 0.
pub fn weak_handle(world: &World, pointer: Addr, fresh: Addr) -> Addr {
    match world.collector.specials.weak_handle(&world.heap, pointer, fresh) {
        Ok(handle) => handle,
        Err(AttachError::NotAnObject) => {
            raw::store_u64(fresh, u64::from(pointer.0));
            fresh
        }
        Err(AttachError::OutOfMemory) => crate::fatal::out_of_memory(),
    }
}

/// `debug.SetGCPercent`.
pub fn set_percent(world: &World, percent: i32) -> i32 {
    let pacer = &world.collector.pacer;
    let old = pacer.percent();
    pacer.configure(&world.heap, percent.max(-1), pacer.limit_bytes());
    old
}

/// `debug.SetMemoryLimit`; Go's "no limit" is the largest i64.
pub fn set_memory_limit(world: &World, limit_bytes: i64) -> i64 {
    let pacer = &world.collector.pacer;
    let old = i64::try_from(pacer.limit_bytes()).unwrap_or(i64::MAX);
    if let Ok(limit_bytes) = u64::try_from(limit_bytes) {
        let limit_bytes = if limit_bytes == i64::MAX as u64 { u64::MAX } else { limit_bytes };
        pacer.configure(&world.heap, pacer.percent(), limit_bytes);
    }
    old
}

/// Fills the overlay's `memStatsRaw`.
pub fn write_stats(world: &World, out: Addr) {
    let caches = (0..world.scheduler.processor_count.get()).map(|id| &raw::reference::<Processor>(world.scheduler.processor(id).addr()).cache);
    stats::write(&world.heap, &world.collector, caches, out);
}

/// A channel, zeroed but for its header. An allocation of it never waits for a collection; the next one of compiled code will.
pub fn make_channel(world: &World, machine: Ref<Machine>, element: Addr, element_bytes: u32, capacity: u64) -> Addr {
    let Ok(capacity) = u32::try_from(capacity) else { crate::fatal::out_of_memory() };
    let Some(buffer_bytes) = element_bytes.checked_mul(capacity).filter(|&bytes| bytes < u32::MAX - 4096) else { crate::fatal::out_of_memory() };
    let cache = &processor_of(machine).cache;
    let pointers = !element.is_null() && raw::load_u64(element.add(typedesc::PTR_BYTES)) != 0;
    let object = |bytes, kind| match world.heap.alloc_now(cache, bytes, kind, 0) {
        Some(object) => object,
        None => crate::fatal::out_of_memory(),
    };
    let (header, buffer) = if pointers && buffer_bytes != 0 {
        // Nothing collects between the two.
        (object(channel::HEADER_BYTES, world.channel_type.get()), object(buffer_bytes, element))
    } else {
        let header = object(channel::HEADER_BYTES + buffer_bytes, Addr::NULL);
        (header, header.add(channel::HEADER_BYTES))
    };
    let bubble = machine.goroutine.get().map_or(0, bubble::id_of);
    channel::init(header, buffer, element_bytes, capacity, bubble);
    header
}

/// The type descriptor of a channel's header whose buffer is an object of its own: a structure with two pointers.
pub fn make_channel_type(world: &World) {
    let descriptor = world::allocate(world, 64);
    let map = descriptor.add(56);
    raw::store_u64(descriptor.add(typedesc::SIZE), u64::from(channel::HEADER_BYTES));
    raw::store_u64(descriptor.add(typedesc::PTR_BYTES), u64::from(channel::TIMER_OFFSET + 8));
    raw::store_addr(descriptor.add(typedesc::GC_DATA), map);
    raw::store_u8(map, 1 << (channel::BUFFER_OFFSET / 8) | 1 << (channel::TIMER_OFFSET / 8));
    world.channel_type.set(descriptor);
}

/// Jobs that scan goroutines; each takes batches of the list until all are taken.
const GOROUTINE_JOBS: u32 = 8;
const GOROUTINE_BATCH: u32 = 64;
/// The last job scans the timer heaps.
const TIMER_JOBS: u32 = 1;
/// The cursor behind the last goroutine.
const ALL_TAKEN: u32 = 1;

struct Roots<'a> {
    world: &'a World,
}

impl RootSource for Roots<'_> {
    fn jobs(&self) -> u32 {
        roots::data_jobs(self.world.info.get()) + GOROUTINE_JOBS + TIMER_JOBS
    }

    fn scan(&self, job: u32, worker: &mut Worker<'_>) {
        if job < roots::data_jobs(self.world.info.get()) {
            roots::scan_data(self.world.info.get(), job, worker);
            return;
        }
        if job + TIMER_JOBS >= self.jobs() {
            self.world.scheduler.timers.each_target(|target| worker.grey(target));
            self.world.scheduler.bubbles.each_target(|target| worker.grey(target));
            return;
        }
        let mut frames = roots::Frames::new(self.world.info.get());
        loop {
            let first = worker.advance_cursor(|cursor| self.end_of_batch(cursor));
            let Some(mut next) = self.batch(first) else { return };
            for _ in 0..GOROUTINE_BATCH {
                if next.status.load() != status::DEAD {
                    scan_goroutine(next, &mut frames, worker);
                }
                let Some(following) = next.next_of_all.get() else { break };
                next = following;
            }
            worker.drain();
        }
    }
}

impl Roots<'_> {
    /// First goroutine of the batch at a cursor.
    fn batch(&self, cursor: u32) -> Option<Ref<Goroutine>> {
        match cursor {
            0 => self.world.scheduler.goroutines.get(),
            ALL_TAKEN => None,
            address => Ref::at(Addr(address)),
        }
    }

    /// The cursor behind the batch at `cursor`.
    fn end_of_batch(&self, cursor: u32) -> u32 {
        let mut next = self.batch(cursor);
        for _ in 0..GOROUTINE_BATCH {
            let Some(goroutine) = next else { return ALL_TAKEN };
            next = goroutine.next_of_all.get();
        }
        next.map_or(ALL_TAKEN, |goroutine| goroutine.addr().0)
    }
}

fn scan_goroutine(goroutine: Ref<Goroutine>, frames: &mut roots::Frames, worker: &mut Worker<'_>) {
    frames.begin();
    // What it names otherwise is left over from an operation that is done: it may be gone, and the goroutine be another by now.
    if goroutine.waiter.queued.get() {
        scan_waiter(&goroutine.waiter, frames, worker);
    }
    let mut waiter = goroutine.waiters.get();
    while let Some(current) = waiter {
        scan_waiter(&current, frames, worker);
        waiter = current.in_select.get();
    }
    freeze::each_range(goroutine, |low, high| frames.scan(low, high, worker));
    if goroutine.result_is_pointer.get() {
        worker.grey(Addr(goroutine.result.get() as u32));
    }
    worker.grey(goroutine.labels.get());
    let mut panic = record::newest(goroutine);
    while let Some(current) = panic {
        worker.grey(current.value_type.get());
        worker.grey(current.value_data.get());
        panic = current.older.get();
    }
}

/// A waiter keeps what it waits for alive: the frames need not name it any more. Those of a select do until the goroutine runs again and
/// takes them out of the queues they are still in.
fn scan_waiter(waiter: &Waiter, frames: &mut roots::Frames, worker: &mut Worker<'_>) {
    frames.pointer(waiter.place.get(), worker);
    frames.pointer(waiter.element.get(), worker);
}
