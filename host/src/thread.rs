//! Guest threads and the futex they sleep on.
//!
//! A thread is a native thread with a large stack, a store and an instance. Sleeping goes through a raw futex on the word in guest memory:
//! 2 microseconds a hand-off, where the engine's `memory.atomic.wait32` takes 9.
//!
//! THREAD-1: a sleeping thread's [`Sleeper`] names the word it sleeps on, so that [`Threads::stop`] can wake it.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex;
use rustix::time::Timespec;
use warren_abi::exit;
use wasmtime::{Instance, Store, Trap};

use crate::engine::{HOST_STACK_BYTES, STACK_BYTES};
use crate::instance::{Outcome, Shared, ThreadEnd, ThreadState};
use crate::raw::GuestBytes;

/// Address of no word.
const AWAKE: u32 = u32::MAX;

/// The word that a thread sleeps on.
pub(crate) struct Sleeper {
    /// Its address, or [`AWAKE`]. Written by the thread before and after the sleep, read by `stop`.
    address: AtomicU32,
    memory: Option<wasmtime::SharedMemory>,
}

impl Sleeper {
    pub fn new(memory: Option<wasmtime::SharedMemory>) -> Sleeper {
        Sleeper { address: AtomicU32::new(AWAKE), memory }
    }
}

/// The threads of a program.
pub(crate) struct Threads {
    /// Living threads; compared with `limit` before one more is made.
    alive: AtomicUsize,
    limit: usize,
    /// Locked at the birth of a thread and by `stop`.
    sleepers: Mutex<Vec<Weak<Sleeper>>>,
}

impl Threads {
    pub fn new(limit: usize) -> Threads {
        Threads { alive: AtomicUsize::new(0), limit, sleepers: Mutex::new(Vec::new()) }
    }

    fn admit(&self, memory: Option<wasmtime::SharedMemory>) -> Option<Arc<Sleeper>> {
        if self.alive.fetch_add(1, Ordering::Relaxed) >= self.limit {
            self.alive.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let sleeper = Arc::new(Sleeper::new(memory));
        let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        sleepers.retain(|sleeper| sleeper.strong_count() > 0);
        sleepers.push(Arc::downgrade(&sleeper));
        Some(sleeper)
    }

    /// Wakes all sleepers of a stopping program until no thread is left or a tenth of a second has passed.
    ///
    /// A thread tests the stop flag after it has published its word and then goes to sleep: a wake can fall between, hence the rounds.
    pub fn stop(&self) {
        for _ in 0..100 {
            if self.alive.load(Ordering::SeqCst) == 0 {
                return;
            }
            for sleeper in self.sleepers.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade) {
                let address = sleeper.address.load(Ordering::SeqCst);
                if let Some(memory) = &sleeper.memory
                    && let Some(word) = GuestBytes::of_shared(memory).word(address)
                {
                    let _ = futex::wake(word, futex::Flags::PRIVATE, i32::MAX as u32);
                }
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Counts a thread down when it ends, however it ends.
struct Alive(Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.threads.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// No thread could be made.
pub(crate) struct NoThread;

/// Starts a thread that calls the export `entry`: of type `(i32) -> ()` if there is an argument, else `() -> ()`.
pub(crate) fn spawn(shared: &Arc<Shared>, entry: &'static str, argument: Option<i32>) -> Result<(), NoThread> {
    let sleeper = shared.threads.admit(shared.memory.clone()).ok_or(NoThread)?;
    let alive = Alive(shared.clone());
    let body = move || {
        let outcome = run(&alive.0, sleeper, entry, argument);
        if let Some(outcome) = outcome {
            alive.0.finish(outcome);
        }
    };
    std::thread::Builder::new().name("goroutines".to_string()).stack_size(STACK_BYTES + HOST_STACK_BYTES).spawn(body).map(drop).map_err(|_| NoThread)
}

/// Runs a thread to its end; an outcome if the program ends with it.
fn run(shared: &Arc<Shared>, sleeper: Arc<Sleeper>, entry: &'static str, argument: Option<i32>) -> Option<Outcome> {
    let instance = shared.instance.get()?;
    let state = ThreadState { shared: shared.clone(), sleeper, own_memory: None };
    let mut store = Store::new(instance.module().engine(), state);
    let instance = match instance.instantiate(&mut store) {
        Ok(instance) => instance,
        Err(error) => return ended(&mut store, None, &error),
    };
    store.data_mut().own_memory = instance.get_memory(&mut store, "memory");
    let result = match argument {
        None => instance.get_typed_func::<(), ()>(&mut store, entry).and_then(|entry| entry.call(&mut store, ())),
        Some(argument) => instance.get_typed_func::<i32, ()>(&mut store, entry).and_then(|entry| entry.call(&mut store, argument)),
    };
    match result {
        Ok(()) => argument.is_none().then_some(Outcome::Exit(0)),
        Err(error) => ended(&mut store, Some(instance), &error),
    }
}

/// What an error of wasm code means for the program.
fn ended(store: &mut Store<ThreadState>, instance: Option<Instance>, error: &wasmtime::Error) -> Option<Outcome> {
    if error.is::<ThreadEnd>() {
        return None;
    }
    if error.downcast_ref::<Trap>() == Some(&Trap::StackOverflow)
        && let Some(instance) = instance
        && let Ok(report) = instance.get_typed_func::<(), ()>(&mut *store, "warren_stack_overflow")
    {
        // The runtime prints Go's message and exits by itself; a second failure on the way changes nothing.
        return match report.call(&mut *store, ()) {
            Err(error) if error.is::<ThreadEnd>() => None,
            _ => Some(Outcome::Exit(exit::PANIC)),
        };
    }
    Some(Outcome::Trap(format!("{error:?}")))
}

/// Result of a sleep, as the import documents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Woken = 0,
    Differed = 1,
    TimedOut = 2,
}

/// Sleeps while the word at `address` holds `expected`; `None` if there is no such word.
pub(crate) fn futex_wait(state: &ThreadState, address: u32, expected: u32, timeout_ns: i64) -> Option<Wait> {
    let memory = state.shared.memory.as_ref()?;
    let bytes = GuestBytes::of_shared(memory);
    let word = bytes.word(address)?;
    let timeout =
        u64::try_from(timeout_ns).ok().map(|ns| Timespec { tv_sec: (ns / 1_000_000_000).cast_signed(), tv_nsec: (ns % 1_000_000_000).cast_signed() });
    state.sleeper.address.store(address, Ordering::SeqCst);
    let result =
        if state.shared.stopping.load(Ordering::SeqCst) { Ok(()) } else { futex::wait(word, futex::Flags::PRIVATE, expected, timeout.as_ref()) };
    state.sleeper.address.store(AWAKE, Ordering::SeqCst);
    Some(match result {
        Err(Errno::AGAIN) => Wait::Differed,
        Err(Errno::TIMEDOUT) => Wait::TimedOut,
        // An interrupted sleep counts as a wake: sleepers look at their word again anyway.
        Ok(()) | Err(_) => Wait::Woken,
    })
}

/// Wakes up to `count` sleepers on the word at `address`; `None` if there is no such word.
pub(crate) fn futex_wake(state: &ThreadState, address: u32, count: i32) -> Option<i32> {
    let memory = state.shared.memory.as_ref()?;
    let bytes = GuestBytes::of_shared(memory);
    let word = bytes.word(address)?;
    let woken = futex::wake(word, futex::Flags::PRIVATE, count.max(0).cast_unsigned()).unwrap_or(0);
    Some(i32::try_from(woken).unwrap_or(i32::MAX))
}
