//! The program as a whole: its start, its environment, and what it asks about itself.

use warren_abi::module_info as info;

use crate::collect;
use crate::gc::pacer;
use crate::mem::{Addr, Ref, raw};
use crate::panic::level;
use crate::run;
use crate::sched::scheduler::{self, processor_of};
use crate::sched::{Machine, bubble};
use crate::sys;
use crate::text::number;
use crate::thread::Word;
use crate::unpack;
use crate::world::{self, World};

/// Sets the world up on the main thread, with the main goroutine ready to run.
pub fn start(world: &World, module_info: Addr) -> Ref<Machine> {
    unpack::unpack(module_info);
    if !world.heap.init(Addr(raw::load_u32(module_info.add(info::HEAP_START))).align_up(16)) {
        crate::fatal::out_of_memory();
    }
    world.start_ns.set(sys::monotonic_ns());
    read_environment(world);
    let wanted = variable(world, b"GOMAXPROCS").and_then(number::parse).filter(|&count| count > 0).unwrap_or_else(sys::processor_count);
    let percent = variable(world, b"GOGC").and_then(pacer::parse_percent);
    let limit_bytes = variable(world, b"GOMEMLIMIT").and_then(pacer::parse_limit);
    if percent.is_some() || limit_bytes.is_some() {
        let pacer = &world.collector.pacer;
        pacer.configure(&world.heap, percent.unwrap_or(pacer.percent()), limit_bytes.unwrap_or(pacer.limit_bytes()));
    }
    world.traceback.set(environment_level(world));
    if let Some(text) = variable(world, b"GODEBUG") {
        world.collector.configure_debug(&world.heap, text);
    }
    start_with(world, module_info, wanted)
}

/// The same once there is memory, with a given number of processors.
pub fn start_with(world: &World, module_info: Addr, processors: u32) -> Ref<Machine> {
    world.set_info(module_info);
    collect::make_channel_type(world);
    let scheduler = &world.scheduler;
    scheduler.resize(world, processors);
    let machine = Machine::create(world, 0, sys::random());
    scheduler.machine_count.set(1);
    run::adopt(world, machine);
    for id in (1..scheduler.processor_count.get()).rev() {
        scheduler.list_idle_processor(scheduler.processor(id));
    }
    let processor = scheduler.processor(0);
    scheduler.busy_count.store(1);
    scheduler::hold(machine, processor);
    let main = scheduler::start(world, processor, Addr(world.info_word(info::MAIN)));
    scheduler.main.set(Some(main));
    machine
}

/// The level that the environment asks for; the least that there is.
fn environment_level(world: &World) -> u32 {
    level::parse(variable(world, b"GOTRACEBACK").unwrap_or_default())
}

/// `debug.SetTraceback`.
pub fn set_traceback(world: &World, text: &[u8]) {
    world.traceback.set(level::parse(text) | environment_level(world));
}

/// `debug.SetMaxStack`: the old limit.
pub fn set_max_stack(world: &World, bytes: u64) -> u64 {
    let old = world.max_stack_bytes.get();
    world.max_stack_bytes.set(bytes.min(u64::from(u32::MAX)) as u32);
    u64::from(old)
}

/// `debug.SetMaxThreads`: the old limit. The program ends if there are more threads already.
pub fn set_max_threads(world: &World, most: u32) -> u32 {
    let old = world.max_threads.get();
    world.max_threads.set(most);
    if world.scheduler.machine_count.get() > most {
        crate::fatal::thread_exhaustion(most);
    }
    old
}

/// Keeps the host's environment strings.
fn read_environment(world: &World) {
    let (count, bytes) = sys::environ_sizes();
    if count == 0 {
        return;
    }
    let pointers = world::allocate(world, count * 4);
    let text = world::allocate(world, bytes);
    sys::environ(pointers, text);
    world.environment.set(pointers);
    world.environment_count.set(count);
}

/// Value of an environment variable.
fn variable(world: &World, name: &[u8]) -> Option<&'static [u8]> {
    for index in 0..world.environment_count.get() {
        let text = raw::load_addr(world.environment.get().add(index * 4));
        let mut length = 0;
        while raw::load_u8(text.add(length)) != 0 {
            length += 1;
        }
        if let Some(value) = raw::slice(text, length).strip_prefix(name).and_then(|rest| rest.strip_prefix(b"=")) {
            return Some(value);
        }
    }
    None
}

/// Stores an environment variable's value as a Go string at `out`; false if it is not set.
pub fn environment(world: &World, name: &[u8], out: Addr) -> bool {
    let Some(value) = variable(world, name) else { return false };
    raw::store_u64(out, u64::from(if value.is_empty() { 0 } else { raw::address_of(value).0 }));
    raw::store_u64(out.add(8), value.len() as u64);
    true
}

/// `go`: starts a goroutine.
#[inline(always)]
pub fn go(world: &World, machine: Ref<Machine>, closure: Addr, origin: Addr) {
    let (processor, parent) = (processor_of(machine), scheduler::goroutine_of(machine));
    let started = scheduler::create_with(world, processor, closure);
    started.labels.set(parent.labels.get());
    started.marks.set(parent.marks.get());
    started.set_origin(parent, origin);
    bubble::inherit(parent, started);
    scheduler::make_ready(world, processor, started);
    world.scheduler.watcher.start(world);
}

/// Starts a goroutine of the runtime's own.
pub fn go_system(world: &World, machine: Ref<Machine>, closure: Addr) {
    let processor = processor_of(machine);
    let started = scheduler::create_with(world, processor, closure);
    scheduler::set_system(processor, started, true);
    scheduler::make_ready(world, processor, started);
    world.scheduler.watcher.start(world);
}

/// Asks for the number of processors, or changes it.
pub fn gomaxprocs(world: &World, machine: Ref<Machine>, count: i32) -> i32 {
    let now = world.scheduler.processor_count.get();
    let wanted = (count.max(0) as u32).min(crate::sched::processor::MAX_PROCESSORS as u32);
    let single = cfg!(all(target_arch = "wasm32", not(target_feature = "atomics")));
    if wanted == 0 || wanted == now || single {
        return now as i32;
    }
    machine.act_later(run::resize, [wanted, 0, 0]);
    warren_abi::entry::SUSPENDED
}

/// Stores `{seconds, nanoseconds}` since 1970.
pub fn wall_time(out: Addr) {
    let now_ns = sys::wall_ns();
    raw::store_u64(out, now_ns / 1_000_000_000);
    raw::store_u64(out.add(8), now_ns % 1_000_000_000);
}
