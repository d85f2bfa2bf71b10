//! Entry points of the runtime that compiled code and the Go overlay call, by name.
//!
//! The overlay binds one with `//go:linkname local rt.NAME` over a body-less function; compiled code calls some directly. Each is an
//! `extern "C"` export of the runtime called `rt_NAME`. All take and return wasm scalars; `P` is an address.

/// A wasm scalar in a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// Address of Go memory, an i32 the collector knows.
    P,
}

/// Whether and how an entry suspends the calling goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspend {
    /// Runs to completion.
    Never,
    /// Its single i32 result is [`SUSPENDED`] if the goroutine must freeze; the result is then delivered at thaw in result word 0.
    Status,
    /// Its single address result is 0 if the goroutine must freeze; the result is then delivered at thaw in result word 0.
    Null,
    /// Has no result and always freezes the goroutine, which goes on behind the call when it is thawed.
    Always,
    /// Always freezes and never goes on behind the call.
    NoReturn,
}

/// Status value that means "freeze me".
pub const SUSPENDED: i32 = -1;

/// Kinds of host calls: one that may take a while; one that waits until a descriptor can be read; one that waits in any case.
pub const HOST_ACTS: u32 = 0;
pub const HOST_READS: u32 = 1;
pub const HOST_WAITS: u32 = 2;

/// One entry point.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Name without the `rt_` of the export.
    pub name: &'static str,
    pub params: &'static [Scalar],
    pub results: &'static [Scalar],
    pub suspend: Suspend,
}

use Scalar::{I32, I64, P};
use Suspend::{Always, Never, NoReturn, Null, Status};

const fn e(name: &'static str, params: &'static [Scalar], results: &'static [Scalar], suspend: Suspend) -> Entry {
    Entry { name, params, results, suspend }
}

/// All entries. A row's comment gives parameter meanings and results.
pub const ENTRIES: &[Entry] = &[
    // Heap. alloc(size bytes, type descriptor or 0 for no pointers, flags) -> zeroed object. The type's bitmap repeats every type.size
    // bytes, so that arrays pass their element type. Size 0 gives the address of a static byte.
    e("alloc", &[I32, P, I32], &[P], Null),
    // round_size(bytes, noscan) -> bytes the allocator really reserves for such an object: growing slices use it up.
    e("round_size", &[I64, I32], &[I64], Never),
    // gc(): full collection, returns when it is swept.
    e("gc", &[], &[], Always),
    // before_collection(closure func()): called with the world stopped before each collection; it neither allocates nor waits.
    e("before_collection", &[P], &[], Never),
    // mem_stats(out): fills the overlay's memStatsRaw structure, words of u64 in the order of runtime/src/gc/stats.rs.
    e("mem_stats", &[P], &[], Never),
    // profile_memory(address of runtime.MemProfileRate): begins to sample allocations. memory_profile(words, how many) -> words needed:
    // records {objects allocated, objects freed, their size, number of frames, PCs...}.
    e("profile_memory", &[P], &[], Never),
    e("memory_profile", &[P, I32], &[I32], Never),
    // set_finalizer(object, call or 0) -> 0 done, 2 not the start of a heap object. A call is an object {func(unsafe.Pointer), unsafe.Pointer}:
    // the argument is nil until a finalizer's call is due, then the finalizer's object.
    e("set_finalizer", &[P, P], &[I32], Never),
    // add_cleanup(pointer into an object, call) -> id, 0 not in the heap. stop_cleanup(pointer, id).
    e("add_cleanup", &[P, P], &[I64], Never),
    e("stop_cleanup", &[I64, I64], &[], Never),
    // weak_handle(pointer into an object, new pointerless object of 16 bytes) -> the handle of that pointer, the new object or an older one.
    // Its first word is the pointer, hidden from the collector, and 0 once the object is unreachable.
    e("weak_handle", &[P, P], &[P], Never),
    // gc_percent(percent; negative: off) -> previous. memory_limit(bytes; negative only asks) -> previous.
    e("gc_percent", &[I32], &[I32], Never),
    e("memory_limit", &[I64], &[I64], Never),
    // next_finalizer(): parks the finalizer goroutine until a call is due, -> call (never 0 after thaw).
    e("next_finalizer", &[], &[P], Null),
    // finalizers_idle() -> 1 if the finalizer goroutine waits and no call is due.
    e("finalizers_idle", &[], &[I32], Never),
    // Linear stack and unwind buffer (compiled code only). linear_grow(frame bytes) -> frame pointer in a new chunk; sets LINEAR_LIMIT.
    // linear_shrink(linear stack pointer of the caller): the frame at the start of the current chunk is left. unwind_grow(lowest frame, bytes
    // wanted below it) -> where that frame now is; sets UNWIND_LIMIT and UNWIND_TOP.
    e("linear_grow", &[I32], &[I32], Never),
    e("linear_shrink", &[I32], &[], Never),
    e("unwind_grow", &[I32, I32], &[I32], Never),
    e("note_preempted", &[], &[], Never),
    e("note_deep", &[], &[], Never),
    // Goroutines. go(closure, {u32 function id, u32 line} of the go statement).
    e("go", &[P, P], &[], Never),
    // go_system(closure): a goroutine of the runtime's own, which does not count among the program's.
    e("go_system", &[P], &[], Never),
    // Coroutines. coro_new(coro, closure): the coro {u64, u64, closure} holds a goroutine that will call the closure. coro_switch(coro): the
    // caller takes the place of the goroutine that the coro holds, which runs instead. coro_exit(coro): that goroutine goes on beside the caller,
    // which is about to end.
    e("coro_new", &[P, P], &[], Never),
    e("coro_switch", &[P], &[], Always),
    e("coro_exit", &[P], &[], Never),
    e("gosched", &[], &[], Always),
    e("goexit", &[], &[], NoReturn),
    e("goid", &[], &[I64], Never),
    // labels() of the calling goroutine for profiles, an object or 0; marks(), a word of bits for the overlay. Goroutines inherit both.
    e("labels", &[], &[P], Never),
    e("set_labels", &[P], &[], Never),
    e("marks", &[], &[I32], Never),
    e("set_marks", &[I32], &[], Never),
    e("num_goroutine", &[], &[I32], Never),
    // gomaxprocs(n; < 1 only asks) -> previous value.
    e("gomaxprocs", &[I32], &[I32], Status),
    e("num_cpu", &[], &[I32], Never),
    e("lock_thread", &[], &[], Never),
    e("unlock_thread", &[], &[], Never),
    // main_done(): main.main returned; the program exits with code 0.
    e("main_done", &[], &[], NoReturn),
    e("exit", &[I32], &[], NoReturn),
    // host_enter(kind, file descriptor if the kind is to read one) -> 0 before, and host_leave() -> 0 behind a call of a host function.
    e("host_enter", &[I32, I32], &[I32], Status),
    e("host_leave", &[], &[I32], Status),
    // sleep(ns).
    e("sleep", &[I64], &[I32], Status),
    // Bubbles of testing/synctest (runtime/src/sched/bubble.rs). Of the calling goroutine: bubble() -> its bubble or 0, bubble_id() -> the number or 0,
    // bubble_now() -> nanoseconds of its clock or -1. bubble_begin() -> a bubble whose root the caller is; bubble_run() -> 0 once all other
    // goroutines have ended, 1 all are blocked, 2 some are left although the first one has ended; bubble_end(). bubble_wait() -> 0, 1 in no
    // bubble, 2 another goroutine waits. bubble_hold(bubble, 1 or 0) keeps it from coming to rest or not. bubble_enter(bubble; 0 leaves).
    e("bubble", &[], &[P], Never),
    e("bubble_id", &[], &[I32], Never),
    e("bubble_now", &[], &[I64], Never),
    e("bubble_begin", &[], &[P], Never),
    e("bubble_run", &[], &[I32], Status),
    e("bubble_end", &[], &[], Never),
    e("bubble_wait", &[], &[I32], Status),
    e("bubble_hold", &[P, I32], &[], Never),
    e("bubble_enter", &[P], &[], Never),
    // Timers of package time: addresses of the overlay's timeTimer, laid out as runtime/src/chan/timer.rs says. timer_bind(channel, timer)
    // makes the channel that timer's; timer_reset(timer, when, period) and timer_stop(timer) -> 1 if it was to fire; timer_claim(channel) ->
    // by how much the channel's timer, which the caller is to fire now, is late, or -1 if it is not due. Times in nanoseconds.
    e("timer_bind", &[P, P], &[], Never),
    e("timer_reset", &[P, I64, I64], &[I32], Never),
    e("timer_stop", &[P], &[I32], Never),
    e("timer_claim", &[P], &[I64], Never),
    // sem_acquire(address of u32, lifo, purpose: 0 any, 1 Mutex, 2 RWMutex read, 3 RWMutex write, 4 WaitGroup, 5 WaitGroup of the caller's bubble)
    // -> 0; sem_release(address, handoff).
    e("sem_acquire", &[P, I32, I32], &[I32], Status),
    e("sem_release", &[P, I32], &[I32], Status),
    // notify_wait(list of a sync.Cond, ticket drawn from it) -> 0. notify_all(list) and notify_one(list) -> 0, or the
    // number of a goroutine in a bubble that the caller is not in.
    e("notify_wait", &[P, I32], &[I32], Status),
    e("notify_all", &[P], &[I64], Never),
    e("notify_one", &[P], &[I64], Never),
    // Waiting for files (runtime/src/sched/poller.rs). poll_wait(descriptor, 1 to read or 2 to write, wait {u32 sequence, u32 and u32 of the runtime's}
    // in Go memory, its sequence as the caller has seen it, deadline in nanoseconds or 0) -> 0 look again, 1 ready, 2 the host cannot tell.
    // poll_wake(wait): who waits with it is to look again; its sequence was changed before. poll_by_machine() -> 1 if the runtime asks the host. If not, a
    // goroutine does: poll_question(out {subscriptions ptr, events ptr}, words of 4 bytes) -> how many to ask for, 0 look again;
    // poll_answer(error of the host, number of events).
    e("poll_wait", &[I32, I32, P, I32, I64], &[I32], Status),
    e("poll_wake", &[P], &[], Never),
    e("poll_by_machine", &[], &[I32], Never),
    e("poll_question", &[P], &[I32], Status),
    e("poll_answer", &[I32, I32], &[], Never),
    // pin() -> number of the processor that the goroutine now stays on, without preemption or collection, until unpin().
    e("pin", &[], &[I32], Never),
    e("unpin", &[], &[], Never),
    // can_spin() -> 1 if waiting actively for a lock pays.
    e("can_spin", &[], &[I32], Never),
    // Channels. chan_make(element type, element size, capacity) -> channel. Its first two u64 words are length and capacity.
    e("chan_make", &[P, I32, I64], &[P], Null),
    // chan_send(channel, element) -> 0 sent, 2 closed. chan_recv(channel, element or 0) -> 0 received, 2 closed and drained (element zeroed),
    // 1 the channel's timer is due: to be fired, then again; 5 (all of these) the channel belongs to a bubble that the caller is not in.
    e("chan_send", &[P, P], &[I32], Status),
    e("chan_recv", &[P, P], &[I32], Status),
    // chan_try_*: the same without waiting; 3 would block.
    e("chan_try_send", &[P, P], &[I32], Never),
    e("chan_try_recv", &[P, P], &[I32], Never),
    // chan_close(channel) -> 0, 2 already closed, 3 nil.
    e("chan_close", &[P], &[I32], Never),
    // select(cases, sends, receives, blocks) -> (index << 2 | outcome), outcome 0 sent or received, 2 closed (receive), 3 closed (send: panics);
    // 1 the timer of that case's channel is due: to be fired, then again;
    // -2 if nothing was ready and it must not block, -3 a channel of a bubble that the caller is not in. cases: array of {channel: ptr, element: ptr} of 16 bytes, sends first.
    e("select", &[P, I32, I32, I32], &[I32], Status),
    // Panics. gopanic(type, data): the eface. recover(is_deferred, out eface). panic_count() -> panics in progress on all goroutines.
    e("gopanic", &[P, P], &[], NoReturn),
    e("recover", &[I32, P], &[], Never),
    e("panic_count", &[], &[I32], Never),
    // throw(text, length): fatal error in Go's words "fatal error: ...", exit 2. fatal: the same for errors of the user's program.
    e("throw", &[P, I64], &[], NoReturn),
    e("fatal", &[P, I64], &[], NoReturn),
    // Printing an unrecovered panic. When the walk finds no recovery, the runtime calls the closure FATAL_PANIC of ModuleInfo (`func()`) on
    // the panicking goroutine. That Go function asks panic_record(index, out {type ptr, data ptr, flags u64}) -> 1 found, 0 no more, index 0
    // being the newest panic (flags: 1 recovered, 2 a Goexit, 4 aborted), turns error and Stringer values into text, prints the chain as
    // Go does (`panic: boo [recovered, repanicked]`), and calls panic_exit(number of the bubble whose deadlock the panic
    // reports, or 0), which prints the goroutine's traceback, and those of the bubble, and exits with 2.
    e("panic_record", &[I32, P], &[I32], Never),
    e("panic_exit", &[I32], &[], NoReturn),
    // Tracebacks. callers(skip, out array of u64, count) -> number of PCs. caller_pc(skip) is callers with one entry.
    e("callers", &[I32, P, I32], &[I32], Status),
    // callers: skip 0 is the function that calls rt.callers; inlined calls count as frames and have program counters of their own.
    // frame_info(pc, out {name ptr, name len u64, file ptr, file len u64, line i64, entry pc u64, inlined u64, line of the declaration u64, record of the function ptr}) -> 1 found.
    // pc is one that callers gave, that minus one, a function's entry, or the table index of a function.
    e("frame_info", &[I64, P], &[I32], Never),
    // func_entry(record of a function) -> entry pc.
    e("func_entry", &[P], &[I64], Never),
    // goroutine_profile(words, how many, most frames of a goroutine) -> words needed: records {labels, 1 + number of frames, PCs...} of all
    // goroutines; labels 0 and number 0 end the list if they did not fit. set_traceback(text, length): the level. set_max_stack(bytes) -> old.
    e("goroutine_profile", &[P, I32, I32], &[I32], Status),
    e("set_traceback", &[P, I64], &[], Never),
    e("set_max_stack", &[I64], &[I64], Never),
    // thread_count() -> threads started so far. set_max_threads(most) -> old: the program ends when there are more.
    e("thread_count", &[], &[I32], Never),
    e("set_max_threads", &[I32], &[I32], Never),
    // stack_text(buffer, length, all) -> bytes written.
    e("stack_text", &[P, I64, I32], &[I32], Status),
    // Print to standard error; the lock is held from print_begin to print_end.
    e("print_begin", &[], &[], Never),
    e("print_end", &[], &[], Never),
    e("print_string", &[P, I64], &[], Never),
    e("print_int", &[I64], &[], Never),
    e("print_uint", &[I64], &[], Never),
    e("print_hex", &[I64], &[], Never),
    e("print_bool", &[I32], &[], Never),
    // Memory kernels. Lengths in bytes.
    e("memequal", &[P, P, I32], &[I32], Never),
    e("memhash", &[P, I64, I32], &[I64], Never),
    e("compare", &[P, I64, P, I64], &[I32], Never),
    e("index_byte", &[P, I64, I32], &[I64], Never),
    e("index_text", &[P, I64, P, I64], &[I64], Never),
    e("count_byte", &[P, I64, I32], &[I64], Never),
    // Block functions of hashes (state, data, bytes) -> bytes taken, 0 if the host has no such function. At least one block is given.
    e("sha1_blocks", &[P, P, I64], &[I64], Never),
    e("sha256_blocks", &[P, P, I64], &[I64], Never),
    e("sha512_blocks", &[P, P, I64], &[I64], Never),
    // Time and randomness.
    e("nanotime", &[], &[I64], Never),
    e("walltime", &[P], &[], Never),
    e("rand", &[], &[I64], Never),
    // module_info() -> address; env(name, length, out {ptr, len}) -> 1 found.
    e("module_info", &[], &[P], Never),
    e("env", &[P, I64, P], &[I32], Never),
    // write(fd, buffer, length) -> bytes or -1-errno.
    e("write", &[I32, P, I32], &[I32], Never),
];
