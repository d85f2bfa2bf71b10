//! Everything the runtime exports: the entry points of `warren_abi::entry`, one line each, and those of the emitted start code.
//!
//! An entry finds the machine of its instance and the world, and calls the module that knows. Whether it may suspend the goroutine is in
//! the table of `warren_abi::entry`.
#![allow(unsafe_code)]

use core::sync::atomic::AtomicU32;

use crate::coroutine;
use crate::mem::{Addr, Ref, raw};
use crate::panic::{record, traceback, walk};
use crate::sched::machine::{Action, Machine, ThreadStart};
use crate::sched::scheduler::goroutine_of;
use crate::sched::{bubble, give_way, host_call, linear, poller, stop, timer};
use crate::text::{bytes, output};
use crate::thread::Word;
use crate::world::{World, world};
use crate::{chan, collect, fatal, program, run, symbols, sys, wait};
use warren_abi::entry::SUSPENDED;

/// Polled by compiled loops: not 0 while some machine is asked to freeze its goroutine. A count of requests.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static warren_poll: AtomicU32 = AtomicU32::new(0);

/// The machine of this instance.
#[inline(always)]
fn me() -> Ref<Machine> {
    match Ref::at(Addr(sys::machine())) {
        Some(machine) => machine,
        None => fatal::bug("ENTRY: no machine"),
    }
}

/// Has something done once the goroutine is frozen.
fn later(action: Action) {
    me().act_later(action, [0; 3]);
}

/// The same with parameters; the goroutine gets a result.
fn ask(action: Action, parameters: [u32; 3]) -> i32 {
    me().act_later(action, parameters);
    SUSPENDED
}

/// Declares exports and, for a test that compares them with `warren_abi::entry`, the table of their names and types.
macro_rules! entries {
    ($(fn $name:ident($($parameter:ident: $kind:ty),*) $(-> $result:ty)? $body:block)*) => {
        $(
            #[unsafe(no_mangle)]
            pub extern "C-unwind" fn $name($($parameter: $kind),*) $(-> $result)? $body
        )*

        #[cfg(test)]
        pub const EXPORTS: &[(&str, &[&str], &[&str])] =
            &[$((stringify!($name), &[$(stringify!($kind)),*], &[$(stringify!($result))?])),*];
    };
}

entries! {
    fn rt_alloc(bytes: u32, element: Addr, flags: u32) -> Addr { collect::allocate(world(), me(), bytes, element, flags) }
    fn rt_round_size(bytes: u64, noscan: u32) -> u64 { crate::heap::size_class::round_up(bytes, noscan != 0) }
    fn rt_gc() { collect::request(world(), me()) }
    fn rt_before_collection(closure: Addr) { world().before_collection.set(closure) }
    fn rt_mem_stats(out: Addr) { collect::write_stats(world(), out) }
    fn rt_profile_memory(rate: Addr) { collect::sample::enable(world(), rate) }
    fn rt_memory_profile(out: Addr, words: u32) -> u32 { world().collector.profile.write(out, words) }
    fn rt_set_finalizer(object: Addr, call: Addr) -> i32 { collect::set_finalizer(world(), object, call) }
    fn rt_add_cleanup(pointer: Addr, call: Addr) -> u64 { collect::add_cleanup(world(), pointer, call) }
    fn rt_stop_cleanup(pointer: u64, id: u64) { world().collector.specials.stop_cleanup(Addr(pointer as u32), id as u32) }
    fn rt_weak_handle(pointer: Addr, fresh: Addr) -> Addr { collect::weak_handle(world(), pointer, fresh) }
    fn rt_gc_percent(percent: i32) -> i32 { collect::set_percent(world(), percent) }
    fn rt_memory_limit(limit_bytes: i64) -> i64 { collect::set_memory_limit(world(), limit_bytes) }
    fn rt_next_finalizer() -> Addr { collect::next_finalizer(world(), me()) }
    fn rt_finalizers_idle() -> u32 { u32::from(collect::finalizers_idle(world())) }

    fn rt_linear_grow(bytes: u32) -> u32 { linear::grow(world(), me(), goroutine_of(me()), bytes) }
    fn rt_linear_shrink(sp: u32) { linear::shrink(world(), me(), goroutine_of(me()), sp) }
    fn rt_unwind_grow(lowest: u32, bytes: u32) -> u32 { me().grow_unwind(world(), lowest, bytes) }
    fn rt_note_preempted() { later(give_way::preempted) }
    fn rt_note_deep() { later(give_way::deep) }

    fn rt_go(closure: Addr, origin: Addr) { program::go(world(), me(), closure, origin) }
    fn rt_go_system(closure: Addr) { program::go_system(world(), me(), closure) }
    fn rt_coro_new(coro: Addr, closure: Addr) { coroutine::create(world(), me(), coro, closure) }
    fn rt_coro_switch(coro: Addr) { me().act_later(coroutine::switch, [coro.0, 0, 0]) }
    fn rt_coro_exit(coro: Addr) { coroutine::leave(world(), me(), coro) }
    fn rt_gosched() { later(give_way::yielding) }
    fn rt_goexit() { record::push(world(), goroutine_of(me()), Addr::NULL, Addr::NULL, true); later(walk::start) }
    fn rt_labels() -> Addr { goroutine_of(me()).labels.get() }
    fn rt_set_labels(labels: Addr) { goroutine_of(me()).labels.set(labels) }
    fn rt_marks() -> u32 { goroutine_of(me()).marks.get() }
    fn rt_set_marks(marks: u32) { goroutine_of(me()).marks.set(marks) }
    fn rt_goid() -> u64 { goroutine_of(me()).id.get() }
    fn rt_num_goroutine() -> u32 { world().scheduler.goroutine_count() }
    fn rt_gomaxprocs(count: i32) -> i32 { program::gomaxprocs(world(), me(), count) }
    fn rt_num_cpu() -> u32 { sys::processor_count() }
    fn rt_lock_thread() { run::lock_thread(me()) }
    fn rt_unlock_thread() { run::unlock_thread(me()) }
    fn rt_main_done() { sys::exit(0) }
    fn rt_exit(code: u32) { sys::exit(code) }
    fn rt_pin() -> u32 { give_way::pin(me()) }
    fn rt_unpin() { give_way::unpin(world(), me()) }
    fn rt_can_spin() -> u32 { u32::from(give_way::can_spin(world(), me())) }
    fn rt_host_enter(kind: u32, descriptor: u32) -> i32 { host_call::enter(world(), me(), kind, descriptor) }
    fn rt_host_leave() -> i32 { host_call::leave(world(), me()) }
    fn rt_sleep(duration_ns: i64) -> i32 { timer::sleep(world(), me(), duration_ns) }
    fn rt_bubble() -> Addr { goroutine_of(me()).bubble.get().map_or(Addr::NULL, |bubble| bubble.addr()) }
    fn rt_bubble_id() -> u32 { bubble::id_of(goroutine_of(me())) }
    fn rt_bubble_now() -> i64 { bubble::now(me()) }
    fn rt_bubble_begin() -> Addr { bubble::begin(world(), me()) }
    fn rt_bubble_run() -> i32 { bubble::run(me()) }
    fn rt_bubble_end() { bubble::end(world(), me()) }
    fn rt_bubble_wait() -> i32 { bubble::wait(me()) }
    fn rt_bubble_hold(bubble: Addr, holds: u32) { bubble::hold(world(), me(), bubble, holds != 0) }
    fn rt_bubble_enter(bubble: Addr) { bubble::enter(world(), me(), bubble) }
    fn rt_timer_bind(channel: Addr, timer: Addr) { chan::timer::bind(channel, timer) }
    fn rt_timer_reset(timer: Addr, when_ns: i64, period_ns: i64) -> u32 { u32::from(chan::timer::reset(world(), me(), timer, when_ns, period_ns)) }
    fn rt_timer_stop(timer: Addr) -> u32 { u32::from(chan::timer::stop(world(), timer)) }
    fn rt_timer_claim(channel: Addr) -> i64 { chan::timer::claim(world(), me(), channel) }
    fn rt_sem_acquire(word: Addr, first: u32, purpose: u32) -> i32 { wait::semaphore::acquire(world(), me(), word, first != 0, purpose) }
    fn rt_sem_release(word: Addr, handoff: u32) -> i32 { wait::semaphore::release(world(), me(), word, handoff != 0) }
    fn rt_notify_wait(list: Addr, ticket: u32) -> i32 { wait::notify::wait(me(), list, ticket) }
    fn rt_notify_all(list: Addr) -> u64 { wait::notify::notify_all(world(), me(), list) }
    fn rt_notify_one(list: Addr) -> u64 { wait::notify::notify_one(world(), me(), list) }

    fn rt_poll_wait(descriptor: u32, mode: u32, wait: Addr, sequence: u32, deadline_ns: i64) -> i32 { poller::wait(world(), me(), descriptor, mode, wait, sequence, deadline_ns) }
    fn rt_poll_wake(wait: Addr) { poller::wake_waiter(world(), me(), wait) }
    fn rt_poll_by_machine() -> u32 { u32::from(world().scheduler.poller.asks_by_machine()) }
    fn rt_poll_question(out: Addr) -> i32 { poller::question(world(), me(), out) }
    fn rt_poll_answer(error: u32, happened: u32) { poller::answer(world(), me(), error, happened) }

    fn rt_chan_make(element: Addr, bytes: u32, capacity: u64) -> Addr { collect::make_channel(world(), me(), element, bytes, capacity) }
    fn rt_chan_send(channel: Addr, element: Addr) -> i32 { chan::channel::send(world(), me(), channel, element) }
    fn rt_chan_recv(channel: Addr, element: Addr) -> i32 { chan::channel::receive(world(), me(), channel, element) }
    fn rt_chan_try_send(channel: Addr, element: Addr) -> i32 { chan::channel::attempt(world(), me(), channel, element, true) }
    fn rt_chan_try_recv(channel: Addr, element: Addr) -> i32 { chan::channel::attempt(world(), me(), channel, element, false) }
    fn rt_chan_close(channel: Addr) -> i32 { chan::channel::close(world(), me(), channel) }
    fn rt_select(cases: Addr, sends: u32, receives: u32, waits: u32) -> i32 { chan::select::select(world(), me(), cases, sends, receives, waits != 0) }

    fn rt_gopanic(kind: Addr, data: Addr) { record::push(world(), goroutine_of(me()), kind, data, false); later(walk::start) }
    fn rt_recover(is_deferred: u32, out: Addr) { walk::take_value(me(), is_deferred != 0, out) }
    fn rt_panic_count() -> u32 { world().panics.load() }
    fn rt_throw(text: Addr, length: u64) { fatal::announce(me(), raw::slice(text, length as u32)); later(fatal::die_of_throw) }
    fn rt_fatal(text: Addr, length: u64) { fatal::announce(me(), raw::slice(text, length as u32)); later(fatal::die_of_throw) }
    fn rt_panic_record(index: u32, out: Addr) -> u32 { u32::from(record::describe(goroutine_of(me()), index, out)) }
    fn rt_panic_exit(bubble: u32) { me().act_later(fatal::die_of_panic, [bubble, 0, 0]) }

    fn rt_callers(skip: u32, out: Addr, count: u32) -> i32 { ask(traceback::store_callers, [skip, out.0, count]) }
    fn rt_func_entry(function: Addr) -> u64 { symbols::entry_pc(world(), function) }
    fn rt_frame_info(pc: u64, out: Addr) -> u32 { u32::from(symbols::frame_info(world(), pc, out)) }
    fn rt_goroutine_profile(buffer: Addr, words: u32, depth: u32) -> i32 { ask(traceback::store_all, [buffer.0, words, depth]) }
    fn rt_set_traceback(text: Addr, length: u64) { program::set_traceback(world(), raw::slice(text, length as u32)) }
    fn rt_set_max_stack(bytes: u64) -> u64 { program::set_max_stack(world(), bytes) }
    fn rt_thread_count() -> u32 { world().scheduler.machine_count.get() }
    fn rt_set_max_threads(most: u32) -> u32 { program::set_max_threads(world(), most) }
    fn rt_stack_text(buffer: Addr, length: u64, all: u32) -> i32 { ask(traceback::store_text, [buffer.0, length as u32, all]) }

    fn rt_print_begin() { output::begin(world(), me()) }
    fn rt_print_end() { output::end(me()); stop::hand_out(world(), me()) }
    fn rt_print_string(text: Addr, length: u64) { output::memory(me(), text, length as u32) }
    fn rt_print_int(value: i64) { output::signed(me(), value) }
    fn rt_print_uint(value: u64) { output::unsigned(me(), value) }
    fn rt_print_hex(value: u64) { output::hex(me(), value) }
    fn rt_print_bool(value: u32) { output::string(me(), if value != 0 { "true" } else { "false" }) }

    fn rt_memequal(left: Addr, right: Addr, length: u32) -> u32 { u32::from(bytes::equal(left, right, length)) }
    fn rt_memhash(text: Addr, seed: u64, length: u32) -> u64 { bytes::hash(text, seed, length) }
    fn rt_compare(left: Addr, left_length: u64, right: Addr, right_length: u64) -> i32 { bytes::compare(left, left_length as u32, right, right_length as u32) }
    fn rt_index_byte(text: Addr, length: u64, byte: u32) -> i64 { bytes::index(text, length as u32, byte as u8) }
    fn rt_index_text(text: Addr, length: u64, pattern: Addr, pattern_length: u64) -> i64 { bytes::index_text(text, length as u32, pattern, pattern_length as u32) }
    fn rt_count_byte(text: Addr, length: u64, byte: u32) -> i64 { bytes::count(text, length as u32, byte as u8) }

    fn rt_sha1_blocks(state: Addr, data: Addr, length: u64) -> u64 { u64::from(sys::sha1_blocks(state, data, length as u32)) }
    fn rt_sha256_blocks(state: Addr, data: Addr, length: u64) -> u64 { u64::from(sys::sha256_blocks(state, data, length as u32)) }
    fn rt_sha512_blocks(state: Addr, data: Addr, length: u64) -> u64 { u64::from(sys::sha512_blocks(state, data, length as u32)) }

    fn rt_nanotime() -> u64 { sys::monotonic_ns() }
    fn rt_walltime(out: Addr) { program::wall_time(out) }
    fn rt_rand() -> u64 { me().next_random_u64() }
    fn rt_module_info() -> Addr { world().info.get() }
    fn rt_env(name: Addr, length: u64, out: Addr) -> u32 { u32::from(program::environment(world(), raw::slice(name, length as u32), out)) }
    fn rt_write(fd: u32, buffer: Addr, length: u32) -> i32 { sys::write(fd, raw::slice(buffer, length)) }
}

/// Called once by the emitted `_start`, on the main thread: runs the program.
#[unsafe(no_mangle)]
pub extern "C" fn rt_start(module_info: Addr) {
    let world = world();
    let machine = program::start(world, module_info);
    run::run(world, machine)
}

/// Called by the emitted `warren_thread_start` on every further thread.
#[unsafe(no_mangle)]
pub extern "C" fn rt_thread_start(argument: Addr) {
    let world: &World = world();
    let start: &ThreadStart = raw::reference(argument);
    match Ref::<Machine>::at(Addr(start.machine.get())) {
        Some(machine) => {
            run::adopt(world, machine);
            run::run(world, machine)
        }
        None => world.scheduler.watcher.run(world),
    }
}

/// Called by the host when this thread's native stack is exhausted.
#[unsafe(no_mangle)]
pub extern "C" fn rt_stack_overflow() {
    fatal::stack_overflow()
}

/// The resume copy of site PANIC_STEP by the tables. The loop in `run` sees that site itself, so nobody gets here.
#[unsafe(no_mangle)]
pub extern "C" fn rt_panic_step(_trailer: Addr) {
    fatal::bug("PANIC: a step frame was thawed as compiled code")
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn on_rust_panic(_: &core::panic::PanicInfo<'_>) -> ! {
    sys::abort()
}

#[cfg(test)]
mod tests {
    use super::EXPORTS;
    use warren_abi::entry::{ENTRIES, Scalar};

    fn letter(scalar: Scalar) -> char {
        match scalar {
            Scalar::I32 | Scalar::P => 'i',
            Scalar::I64 => 'l',
            Scalar::F32 => 'f',
            Scalar::F64 => 'd',
        }
    }

    fn rust_letter(kind: &str) -> char {
        match kind {
            "u32" | "i32" | "Addr" => 'i',
            "u64" | "i64" => 'l',
            other => panic!("unknown type {other}"),
        }
    }

    #[test]
    fn exports_are_those_of_the_contract() {
        for entry in ENTRIES {
            let name = std::format!("rt_{}", entry.name);
            let Some((_, parameters, results)) = EXPORTS.iter().find(|export| export.0 == name) else { panic!("{name} is not exported") };
            let want: String = entry.params.iter().chain(entry.results).map(|&scalar| letter(scalar)).collect();
            let have: String = parameters.iter().chain(*results).map(|kind| rust_letter(kind)).collect();
            assert_eq!(have, want, "{name}");
            assert_eq!(parameters.len(), entry.params.len(), "{name}");
        }
        assert_eq!(EXPORTS.len(), ENTRIES.len());
    }
}
