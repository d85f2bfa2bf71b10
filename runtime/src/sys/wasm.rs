//! The wasm host: imports of WASI preview 1, of the module `warren` in the threaded build, and the function table.
//!
//! One wasm global belongs to this file: `warren_machine`, the machine of this instance. Compiled code keeps a copy of it (`$m` of the
//! contract), written by the function that [`set_machine`] calls.
#![allow(unsafe_code)]

use crate::mem::Addr;
use core::arch::{asm, global_asm};

global_asm!(".globl warren_machine", ".globaltype warren_machine, i32", "warren_machine:",);

mod wasi {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub safe fn fd_fdstat_get(fd: u32, status: u32) -> u32;
        pub safe fn fd_write(fd: u32, iovs: u32, iov_count: u32, written: u32) -> u32;
        pub safe fn clock_time_get(clock: u32, precision: u64, time: u32) -> u32;
        pub safe fn random_get(buffer: u32, length: u32) -> u32;
        pub safe fn proc_exit(code: u32) -> !;
        pub safe fn environ_sizes_get(count: u32, bytes: u32) -> u32;
        pub safe fn environ_get(pointers: u32, bytes: u32) -> u32;
        pub safe fn poll_oneoff(subscriptions: u32, events: u32, count: u32, happened: u32) -> u32;
    }
}

#[cfg(target_feature = "atomics")]
mod warren {
    #[link(wasm_import_module = "warren")]
    unsafe extern "C" {
        pub safe fn thread_spawn(argument: u32) -> i32;
        pub safe fn futex_wait(address: u32, expected: u32, timeout_ns: i64) -> i32;
        pub safe fn futex_wake(address: u32, count: u32) -> i32;
        pub safe fn processor_count() -> u32;
        pub safe fn sha1_blocks(state: u32, data: u32, bytes: u32) -> u32;
        pub safe fn sha256_blocks(state: u32, data: u32, bytes: u32) -> u32;
        pub safe fn sha512_blocks(state: u32, data: u32, bytes: u32) -> u32;
        pub safe fn poll_break();
    }
}

/// Words that a host function fills.
#[repr(C, align(8))]
struct Out<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Out<BYTES> {
    #[inline(always)]
    fn new() -> Self {
        Out([0; BYTES])
    }

    #[inline(always)]
    fn address(&mut self) -> u32 {
        (&raw mut self.0) as usize as u32
    }

    #[inline(always)]
    fn word(&self, index: usize) -> u32 {
        let at = self.0.as_ptr().wrapping_add(index * 4).cast::<u32>();
        // SAFETY: callers ask for words inside `BYTES`; the host wrote there, so the load must not be folded away.
        unsafe { at.read_volatile() }
    }

    #[inline(always)]
    fn put(&mut self, index: usize, value: u32) {
        let at = self.0.as_mut_ptr().wrapping_add(index * 4).cast::<u32>();
        // SAFETY: as for `word`.
        unsafe { at.write_volatile(value) }
    }
}

/// Address of the machine of this instance.
#[inline(always)]
pub fn machine() -> u32 {
    let machine: u32;
    // SAFETY: reads a wasm global that only `set_machine` writes.
    unsafe { asm!("global.get warren_machine", "local.set {0}", out(local) machine, options(nomem, nostack, preserves_flags)) };
    machine
}

/// Makes `machine` the machine of this instance; `setter` is the table index of the compiled function that does the same for compiled code.
pub fn set_machine(setter: u32, machine: u32) {
    // SAFETY: writes a wasm global that is read by `machine` alone.
    unsafe { asm!("local.get {0}", "global.set warren_machine", in(local) machine, options(nostack, preserves_flags)) };
    let setter: extern "C" fn(u32) = table_entry(setter);
    setter(machine);
}

/// The function at `index` of the table.
#[inline(always)]
fn table_entry<F: Copy>(index: u32) -> F {
    const { assert!(size_of::<F>() == 4) };
    // SAFETY: on wasm a function pointer is a table index; a wrong one traps in the call.
    unsafe { core::mem::transmute_copy(&index) }
}

/// Calls the trampoline of compiled code at table index `trampoline`: resumes `frame` with the resume copy at `resume`. Returns 0 if it
/// finished, or the lowest address it filled of the unwind buffer.
#[inline(always)]
pub fn call_frame(trampoline: u32, resume: u32, frame: Addr) -> u32 {
    let call: extern "C" fn(u32, u32) -> u32 = table_entry(trampoline);
    call(resume, frame.0)
}

/// Writes to a file descriptor: bytes written, or minus the WASI error number.
pub fn write(fd: u32, text: &[u8]) -> i32 {
    let mut vector = Out::<8>::new();
    vector.put(0, text.as_ptr() as usize as u32);
    vector.put(1, text.len() as u32);
    let mut written = Out::<4>::new();
    match wasi::fd_write(fd, vector.address(), 1, written.address()) {
        0 => written.word(0) as i32,
        error => -(error as i32),
    }
}

/// Nanoseconds of the monotonic clock.
pub fn monotonic_ns() -> u64 {
    clock(1)
}

/// Nanoseconds since 1970.
pub fn wall_ns() -> u64 {
    clock(0)
}

fn clock(id: u32) -> u64 {
    let mut time = Out::<8>::new();
    wasi::clock_time_get(id, 1, time.address());
    time.word(0) as u64 | (time.word(1) as u64) << 32
}

/// One subscription of `poll_oneoff`, 48 bytes, to put into `words` from word `at`: that `timeout_ns` pass.
fn subscribe_clock<const BYTES: usize>(words: &mut Out<BYTES>, at: usize, timeout_ns: u64) {
    // User data, tag 0 (clock), clock 1 (monotonic), time-out, precision, flags 0 (relative).
    words.put(at + 4, 1);
    words.put(at + 6, timeout_ns as u32);
    words.put(at + 7, (timeout_ns >> 32) as u32);
}

/// Whether a read of a file descriptor would not wait, as far as the host can tell.
pub fn is_readable(descriptor: u32) -> bool {
    let mut subscriptions = Out::<96>::new();
    // User data, tag 1 (read), descriptor.
    subscriptions.put(0, 1);
    subscriptions.put(2, 1);
    subscriptions.put(4, descriptor);
    subscribe_clock(&mut subscriptions, 12, 0);
    let (mut events, mut happened) = (Out::<64>::new(), Out::<4>::new());
    let error = wasi::poll_oneoff(subscriptions.address(), events.address(), 2, happened.address());
    error != 0 || (0..happened.word(0).min(2)).any(|index| events.word(index as usize * 8) == 1)
}

/// Whether a read of a file descriptor waits while there is nothing to read: it is no regular file (4), directory (3) or block device (1),
/// and not in non-blocking mode (flag 4).
pub fn may_wait(descriptor: u32) -> bool {
    let mut status = Out::<24>::new();
    let error = wasi::fd_fdstat_get(descriptor, status.address());
    let (kind, flags) = (status.word(0) & 0xff, status.word(0) >> 16);
    error == 0 && !matches!(kind, 1 | 3 | 4) && flags & 4 == 0
}

/// Waits for `count` subscriptions: the error, and the number of events.
pub fn poll_oneoff(subscriptions: Addr, events: Addr, count: u32) -> (u32, u32) {
    let mut happened = Out::<4>::new();
    let error = wasi::poll_oneoff(subscriptions.0, events.0, count, happened.address());
    (error, happened.word(0))
}

/// A random number from the host.
pub fn random() -> u64 {
    let mut bytes = Out::<8>::new();
    wasi::random_get(bytes.address(), 8);
    bytes.word(0) as u64 | (bytes.word(1) as u64) << 32
}

/// Ends the process.
pub fn exit(code: u32) -> ! {
    wasi::proc_exit(code)
}

/// Stops this instance on the spot; used where nothing can be reported any more.
pub fn abort() -> ! {
    core::arch::wasm32::unreachable()
}

/// Numbers of environment strings and of their bytes.
pub fn environ_sizes() -> (u32, u32) {
    let (mut count, mut bytes) = (Out::<4>::new(), Out::<4>::new());
    wasi::environ_sizes_get(count.address(), bytes.address());
    (count.word(0), bytes.word(0))
}

/// Fills an array of addresses and the bytes they point to (`NAME=value`, zero-terminated).
pub fn environ(pointers: Addr, bytes: Addr) {
    wasi::environ_get(pointers.0, bytes.0);
}

#[cfg(target_feature = "atomics")]
mod threads {
    use super::warren;
    use crate::mem::Addr;

    /// Starts a thread that runs `warren_thread_start(argument)`. False if the host has none left.
    pub fn thread_spawn(argument: Addr) -> bool {
        warren::thread_spawn(argument.0) >= 0
    }

    /// Sleeps while the word at `address` holds `expected`, at most `timeout_ns` (negative: no limit). False: timed out.
    pub fn futex_wait(address: Addr, expected: u32, timeout_ns: i64) -> bool {
        warren::futex_wait(address.0, expected, timeout_ns) != 2
    }

    /// Wakes up to `count` sleepers.
    pub fn futex_wake(address: Addr, count: u32) {
        warren::futex_wake(address.0, count);
    }

    /// Calls back the thread that waits in `poll_oneoff` without limit, or is about to.
    pub fn poll_break() {
        warren::poll_break();
    }

    /// Processors the host lets this program use.
    pub fn processor_count() -> u32 {
        warren::processor_count()
    }

    /// Takes blocks at `data` into the hash's `state`: how many bytes, at least one block.
    pub fn sha1_blocks(state: Addr, data: Addr, bytes: u32) -> u32 {
        warren::sha1_blocks(state.0, data.0, bytes)
    }

    /// The same for SHA-224 and SHA-256.
    pub fn sha256_blocks(state: Addr, data: Addr, bytes: u32) -> u32 {
        warren::sha256_blocks(state.0, data.0, bytes)
    }

    /// The same for SHA-384 and SHA-512.
    pub fn sha512_blocks(state: Addr, data: Addr, bytes: u32) -> u32 {
        warren::sha512_blocks(state.0, data.0, bytes)
    }
}
#[cfg(target_feature = "atomics")]
pub use threads::*;

#[cfg(not(target_feature = "atomics"))]
mod single {
    use super::{Out, wasi};
    use crate::mem::Addr;

    /// There is one thread.
    pub fn thread_spawn(_argument: Addr) -> bool {
        false
    }

    /// Sleeps for `timeout_ns`; nobody could change the word. A host that cannot wait returns at once.
    pub fn futex_wait(_address: Addr, _expected: u32, timeout_ns: i64) -> bool {
        let mut subscription = Out::<48>::new();
        super::subscribe_clock(&mut subscription, 0, timeout_ns as u64);
        let (mut event, mut happened) = (Out::<32>::new(), Out::<4>::new());
        wasi::poll_oneoff(subscription.address(), event.address(), 1, happened.address());
        false
    }

    /// Nobody waits.
    pub fn poll_break() {}

    /// Nobody sleeps.
    pub fn futex_wake(_address: Addr, _count: u32) {}

    /// One.
    pub fn processor_count() -> u32 {
        1
    }

    /// A plain WASI host has no block functions.
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
}
#[cfg(not(target_feature = "atomics"))]
pub use single::*;
