//! A simulated host for native tests.
//!
//! Each test thread is a world of its own: its clock moves only by [`advance`], its output is collected, an exit is a Rust panic with an
//! [`Exit`] payload, and compiled code is whatever function [`install_code`] was given. A test that wants several threads in one world gives
//! them a [`Director`], which lets them take turns.

use crate::mem::Addr;
use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::Arc;

/// Payload of the panic that stands for the end of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit(pub u32);

type Code = Arc<dyn Fn(u32, Addr) -> u32 + Send + Sync>;

/// Lets the threads of a test take turns.
pub trait Director: Send + Sync {
    /// The calling thread is about to read a shared word, or to write to one: the moment to let others go first.
    fn step(&self, writes: bool);
    /// `futex_wait`, `futex_wake`, `thread_spawn` and `monotonic_ns` of such a world.
    fn wait(&self, word: &AtomicU32, expected: u32, timeout_ns: i64) -> bool;
    fn wake(&self, word: &AtomicU32, count: u32);
    fn spawn(self: Arc<Self>, argument: Addr);
    fn now_ns(&self) -> u64;
}

std::thread_local! {
    static MACHINE: Cell<u32> = const { Cell::new(0) };
    static CLOCK_NS: Cell<u64> = const { Cell::new(1) };
    static RANDOM: Cell<u64> = const { Cell::new(0x9E37_79B9_7F4A_7C15) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static CODE: RefCell<Option<Code>> = const { RefCell::new(None) };
    static POLL: RefCell<Option<Poll>> = const { RefCell::new(None) };
    static DIRECTOR: RefCell<Option<Arc<dyn Director>>> = const { RefCell::new(None) };
}

/// Puts the calling thread under a director.
pub fn set_director(director: Arc<dyn Director>) {
    DIRECTOR.set(Some(director));
}

fn director() -> Option<Arc<dyn Director>> {
    DIRECTOR.with_borrow(Clone::clone)
}

/// The calling thread is about to use a word that others use too.
pub fn step(writes: bool) {
    if let Some(director) = director() {
        director.step(writes);
    }
}

/// Address of the current machine.
pub fn machine() -> u32 {
    MACHINE.get()
}

/// Makes `machine` the current machine.
pub fn set_machine(_setter: u32, machine: u32) {
    MACHINE.set(machine);
}

/// Makes `code` the compiled program: it resumes a frame and returns 0 or the lowest address it filled of the unwind buffer.
pub fn install_code(code: Code) {
    CODE.set(Some(code));
}

/// Resumes a frame.
pub fn call_frame(_trampoline: u32, resume: u32, frame: Addr) -> u32 {
    let code = CODE.with_borrow(Clone::clone);
    code.map_or(0, |code| code(resume, frame))
}

/// Collects the text.
pub fn write(_fd: u32, text: &[u8]) -> i32 {
    OUTPUT.with_borrow_mut(|output| output.extend_from_slice(text));
    text.len() as i32
}

/// What was written since the last call.
pub fn take_output() -> String {
    String::from_utf8_lossy(&OUTPUT.take()).into_owned()
}

/// Nanoseconds of the simulated clock.
pub fn monotonic_ns() -> u64 {
    director().map_or(CLOCK_NS.get(), |director| director.now_ns())
}

/// Moves the clock.
pub fn advance(ns: u64) {
    CLOCK_NS.set(CLOCK_NS.get() + ns);
}

/// The same clock, as if it had begun in 1970.
pub fn wall_ns() -> u64 {
    CLOCK_NS.get()
}

/// A pseudo-random number (xorshift).
pub fn random() -> u64 {
    let mut value = RANDOM.get();
    value ^= value << 13;
    value ^= value >> 7;
    value ^= value << 17;
    RANDOM.set(value);
    value
}

/// Ends the world.
pub fn exit(code: u32) -> ! {
    std::panic::resume_unwind(Box::new(Exit(code)))
}

/// Ends the world without a word.
pub fn abort() -> ! {
    std::panic::resume_unwind(Box::new(Exit(134)))
}

/// No environment.
pub fn environ_sizes() -> (u32, u32) {
    (0, 0)
}

/// No environment.
pub fn environ(_pointers: Addr, _bytes: Addr) {}

/// Machines of a test are made by the test or by its director.
pub fn thread_spawn(argument: Addr) -> bool {
    director().map(|director| director.spawn(argument)).is_some()
}

/// A test without a director has one thread: waiting lets the time-out pass, or moves on when the word has changed.
pub fn futex_wait(word: &AtomicU32, expected: u32, timeout_ns: i64) -> bool {
    if let Some(director) = director() {
        return director.wait(word, expected, timeout_ns);
    }
    if word.load(SeqCst) != expected {
        return true;
    }
    assert!(timeout_ns >= 0, "a test would sleep for ever");
    advance(timeout_ns as u64);
    false
}

/// Without a director nobody sleeps.
pub fn futex_wake(word: &AtomicU32, count: u32) {
    if let Some(director) = director() {
        director.wake(word, count);
    }
}

/// Nothing can be read without waiting.
pub fn is_readable(_descriptor: u32) -> bool {
    false
}

/// Every file may make a reader wait.
pub fn may_wait(_descriptor: u32) -> bool {
    true
}

type Poll = Arc<dyn Fn(Addr, Addr, u32) -> (u32, u32) + Send + Sync>;

/// Makes `poll` what answers [`poll_oneoff`], and [`poll_break`] with `count` 0.
pub fn install_poll(poll: Poll) {
    POLL.set(Some(poll));
}

/// Asks what the test installed.
pub fn poll_oneoff(subscriptions: Addr, events: Addr, count: u32) -> (u32, u32) {
    let poll = POLL.with_borrow(Clone::clone);
    poll.map_or((0, 0), |poll| poll(subscriptions, events, count))
}

/// Tells what the test installed.
pub fn poll_break() {
    poll_oneoff(Addr::NULL, Addr::NULL, 0);
}

/// Two, so that code for several machines runs.
pub fn processor_count() -> u32 {
    2
}

/// A simulated host has no block functions.
pub fn sha1_blocks(_state: Addr, _data: Addr, _bytes: u32) -> u32 {
    0
}

/// None.
pub fn sha256_blocks(_state: Addr, _data: Addr, _bytes: u32) -> u32 {
    0
}

/// None.
pub fn sha512_blocks(_state: Addr, _data: Addr, _bytes: u32) -> u32 {
    0
}
