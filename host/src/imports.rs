//! Functions that a module may import: Warren's own, and the part of WASI preview 1 that its runtime uses.
//!
//! Addresses come from the guest and are checked by [`GuestBytes`]: what lies outside of the memory is `EFAULT` for WASI and a trap for
//! our own functions, whose only caller is the runtime. WASI functions beyond this list exist and answer `ENOSYS`.

use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use warren_abi::import;
use wasmtime::{Caller, Error, ExternType, Linker, Result, Val, ValType};

use crate::instance::{Outcome, ThreadEnd, ThreadState};
use crate::raw::GuestBytes;
use crate::{clock, entropy, thread};

/// Module and name under which a threaded module imports its memory.
pub const MEMORY: (&str, &str) = ("env", "memory");

const WASI: &str = "wasi_snapshot_preview1";

/// Error numbers of WASI preview 1 that this host returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    Again = 6,
    Badf = 8,
    Fault = 21,
    Inval = 28,
    Io = 29,
    Nosys = 52,
    Pipe = 64,
}

impl Errno {
    /// The nearest number for an error of the system.
    pub fn of(error: rustix::io::Errno) -> Errno {
        match error {
            rustix::io::Errno::AGAIN => Errno::Again,
            rustix::io::Errno::BADF => Errno::Badf,
            rustix::io::Errno::INVAL => Errno::Inval,
            rustix::io::Errno::PIPE => Errno::Pipe,
            _ => Errno::Io,
        }
    }
}

type Guest<'a> = Caller<'a, ThreadState>;

/// The memory of the calling instance. Traps once the program is stopping.
fn enter(caller: &Guest<'_>) -> Result<GuestBytes> {
    let state = caller.data();
    if state.shared.stopping.load(Ordering::Relaxed) {
        return Err(ThreadEnd.into());
    }
    match (&state.shared.memory, state.own_memory) {
        (Some(memory), _) => Ok(GuestBytes::of_shared(memory)),
        (None, Some(memory)) => Ok(GuestBytes::of_own(memory, caller)),
        (None, None) => Err(Error::msg("the module has no memory")),
    }
}

/// Runs a WASI function's body and turns its result into an error number.
fn answer(caller: &Guest<'_>, body: impl FnOnce(&GuestBytes, &ThreadState) -> std::result::Result<(), Errno>) -> Result<i32> {
    let bytes = enter(caller)?;
    Ok(match body(&bytes, caller.data()) {
        Ok(()) => 0,
        Err(errno) => errno as i32,
    })
}

/// Copies to the guest.
fn put(bytes: &GuestBytes, address: u32, data: &[u8]) -> std::result::Result<(), Errno> {
    if bytes.write(address, data) { Ok(()) } else { Err(Errno::Fault) }
}

/// Copies `N` bytes from the guest.
fn get<const N: usize>(bytes: &GuestBytes, address: u32) -> std::result::Result<[u8; N], Errno> {
    let mut out = [0; N];
    if bytes.read(address, &mut out) { Ok(out) } else { Err(Errno::Fault) }
}

fn get_u32(bytes: &GuestBytes, address: u32) -> std::result::Result<u32, Errno> {
    get(bytes, address).map(u32::from_le_bytes)
}

fn offset(address: u32, by: u32) -> std::result::Result<u32, Errno> {
    address.checked_add(by).ok_or(Errno::Fault)
}

/// Defines every function of this host.
pub fn define(linker: &mut Linker<ThreadState>) -> Result<()> {
    define_warren(linker)?;
    define_lists(linker)?;
    define_files(linker)?;
    define_clocks(linker)?;
    linker.func_wrap(WASI, "proc_exit", |caller: Guest<'_>, code: i32| -> Result<()> {
        caller.data().shared.finish(Outcome::Exit(code));
        Err(ThreadEnd.into())
    })?;
    linker.func_wrap(WASI, "sched_yield", |caller: Guest<'_>| {
        std::thread::yield_now();
        answer(&caller, |_, _| Ok(()))
    })?;
    linker.func_wrap(WASI, "random_get", |caller: Guest<'_>, address: u32, length: u32| {
        answer(&caller, |bytes, _| {
            let mut chunk = [0; 256];
            let mut done = 0;
            while done < length {
                let part = &mut chunk[..(length - done).min(256) as usize];
                entropy::fill(part)?;
                put(bytes, offset(address, done)?, part)?;
                done += u32::try_from(part.len()).map_err(|_| Errno::Fault)?;
            }
            Ok(())
        })
    })?;
    Ok(())
}

/// Gives the WASI functions that are left a body that answers `ENOSYS`.
pub fn define_missing_wasi(linker: &mut Linker<ThreadState>, module: &wasmtime::Module) -> Result<()> {
    const OFFERED: &[&str] = &[
        "args_get",
        "args_sizes_get",
        "clock_res_get",
        "clock_time_get",
        "environ_get",
        "environ_sizes_get",
        "fd_close",
        "fd_fdstat_get",
        "fd_prestat_dir_name",
        "fd_prestat_get",
        "fd_read",
        "fd_write",
        "poll_oneoff",
        "proc_exit",
        "random_get",
        "sched_yield",
    ];
    linker.allow_shadowing(true);
    for import in module.imports() {
        let ExternType::Func(kind) = import.ty() else { continue };
        let returns_errno = kind.results().len() == 1 && kind.results().all(|result| matches!(result, ValType::I32));
        if import.module() == WASI && !OFFERED.contains(&import.name()) && returns_errno {
            linker.func_new(WASI, import.name(), kind, |_, _, results| {
                results[0] = Val::I32(Errno::Nosys as i32);
                Ok(())
            })?;
        }
    }
    linker.allow_shadowing(false);
    Ok(())
}

fn define_warren(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(import::MODULE, import::THREAD_SPAWN, |caller: Guest<'_>, argument: i32| -> Result<i32> {
        enter(&caller)?;
        let shared = &caller.data().shared;
        if shared.memory.is_none() {
            return Ok(-1);
        }
        Ok(if thread::spawn(shared, "warren_thread_start", Some(argument)).is_ok() { 0 } else { -1 })
    })?;
    linker.func_wrap(import::MODULE, import::FUTEX_WAIT, |caller: Guest<'_>, address: u32, expected: u32, timeout_ns: i64| -> Result<i32> {
        let result = thread::futex_wait(caller.data(), address, expected, timeout_ns)
            .ok_or_else(|| Error::msg(format!("futex_wait: no word at address {address:#x}")))?;
        enter(&caller)?;
        Ok(result as i32)
    })?;
    linker.func_wrap(import::MODULE, import::FUTEX_WAKE, |caller: Guest<'_>, address: u32, count: i32| -> Result<i32> {
        enter(&caller)?;
        thread::futex_wake(caller.data(), address, count).ok_or_else(|| Error::msg(format!("futex_wake: no word at address {address:#x}")))
    })?;
    linker.func_wrap(import::MODULE, import::PROCESSOR_COUNT, |_: Guest<'_>| -> i32 {
        std::thread::available_parallelism().map_or(1, |count| i32::try_from(count.get()).unwrap_or(i32::MAX))
    })?;
    Ok(())
}

/// Arguments and environment: lists of strings that end with a zero byte.
fn define_lists(linker: &mut Linker<ThreadState>) -> Result<()> {
    fn sizes(bytes: &GuestBytes, list: &[String], count_at: u32, size_at: u32) -> std::result::Result<(), Errno> {
        let size: usize = list.iter().map(|item| item.len() + 1).sum();
        put(bytes, count_at, &u32::try_from(list.len()).map_err(|_| Errno::Inval)?.to_le_bytes())?;
        put(bytes, size_at, &u32::try_from(size).map_err(|_| Errno::Inval)?.to_le_bytes())
    }
    fn copy(bytes: &GuestBytes, list: &[String], mut pointers: u32, mut buffer: u32) -> std::result::Result<(), Errno> {
        for item in list {
            put(bytes, pointers, &buffer.to_le_bytes())?;
            put(bytes, buffer, item.as_bytes())?;
            let length = u32::try_from(item.len()).map_err(|_| Errno::Fault)?;
            put(bytes, offset(buffer, length)?, &[0])?;
            pointers = offset(pointers, 4)?;
            buffer = offset(buffer, length + 1)?;
        }
        Ok(())
    }
    linker.func_wrap(WASI, "args_sizes_get", |caller: Guest<'_>, count: u32, size: u32| {
        answer(&caller, |bytes, state| sizes(bytes, &state.shared.config.args, count, size))
    })?;
    linker.func_wrap(WASI, "args_get", |caller: Guest<'_>, pointers: u32, buffer: u32| {
        answer(&caller, |bytes, state| copy(bytes, &state.shared.config.args, pointers, buffer))
    })?;
    linker.func_wrap(WASI, "environ_sizes_get", |caller: Guest<'_>, count: u32, size: u32| {
        answer(&caller, |bytes, state| sizes(bytes, &state.shared.config.env, count, size))
    })?;
    linker.func_wrap(WASI, "environ_get", |caller: Guest<'_>, pointers: u32, buffer: u32| {
        answer(&caller, |bytes, state| copy(bytes, &state.shared.config.env, pointers, buffer))
    })?;
    Ok(())
}

/// Most bytes moved by one read or write: a longer one is partial, as WASI allows.
const TRANSFER_BYTES: u32 = 1 << 20;

/// The parts of a scattered buffer up to [`TRANSFER_BYTES`] in all: address and length.
fn parts(bytes: &GuestBytes, vectors: u32, count: u32) -> std::result::Result<Vec<(u32, u32)>, Errno> {
    let mut parts = Vec::new();
    let mut left = TRANSFER_BYTES;
    for index in 0..count {
        let at = index.checked_mul(8).and_then(|by| vectors.checked_add(by)).ok_or(Errno::Fault)?;
        let address = get_u32(bytes, at)?;
        let length = get_u32(bytes, offset(at, 4)?)?.min(left);
        if length > 0 {
            parts.push((address, length));
        }
        left -= length;
        if left == 0 {
            break;
        }
    }
    Ok(parts)
}

fn define_files(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(WASI, "fd_write", |caller: Guest<'_>, fd: u32, vectors: u32, count: u32, written_at: u32| {
        answer(&caller, |bytes, state| {
            let mut data = Vec::new();
            for (address, length) in parts(bytes, vectors, count)? {
                let start = data.len();
                data.resize(start + length as usize, 0);
                if !bytes.read(address, &mut data[start..]) {
                    return Err(Errno::Fault);
                }
            }
            state.shared.stdio.write(fd, &data)?;
            put(bytes, written_at, &u32::try_from(data.len()).map_err(|_| Errno::Fault)?.to_le_bytes())
        })
    })?;
    linker.func_wrap(WASI, "fd_read", |caller: Guest<'_>, fd: u32, vectors: u32, count: u32, read_at: u32| {
        answer(&caller, |bytes, state| {
            let parts = parts(bytes, vectors, count)?;
            let mut data = vec![0; parts.iter().map(|&(_, length)| length as usize).sum()];
            let length = state.shared.stdio.read(fd, &mut data)?;
            let mut rest = &data[..length];
            for (address, length) in parts {
                let (part, after) = rest.split_at(rest.len().min(length as usize));
                put(bytes, address, part)?;
                rest = after;
            }
            put(bytes, read_at, &u32::try_from(length).map_err(|_| Errno::Fault)?.to_le_bytes())
        })
    })?;
    linker.func_wrap(WASI, "fd_close", |caller: Guest<'_>, fd: u32| answer(&caller, |_, state| state.shared.stdio.close(fd)))?;
    linker.func_wrap(WASI, "fd_fdstat_get", |caller: Guest<'_>, fd: u32, out: u32| {
        answer(&caller, |bytes, state| {
            const RIGHT_READ: u64 = 1 << 1;
            const RIGHT_WRITE: u64 = 1 << 6;
            const RIGHT_POLL: u64 = 1 << 27;
            let mut stat = [0; 24];
            stat[0] = state.shared.stdio.file_type(fd)? as u8;
            let rights = RIGHT_POLL | if fd == 0 { RIGHT_READ } else { RIGHT_WRITE };
            stat[8..16].copy_from_slice(&rights.to_le_bytes());
            put(bytes, out, &stat)
        })
    })?;
    // No directory is opened to the guest.
    linker.func_wrap(WASI, "fd_prestat_get", |caller: Guest<'_>, _fd: u32, _out: u32| answer(&caller, |_, _| Err(Errno::Badf)))?;
    linker
        .func_wrap(WASI, "fd_prestat_dir_name", |caller: Guest<'_>, _fd: u32, _path: u32, _length: u32| answer(&caller, |_, _| Err(Errno::Badf)))?;
    Ok(())
}

fn define_clocks(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(WASI, "clock_time_get", |caller: Guest<'_>, clock: u32, _precision: i64, out: u32| {
        answer(&caller, |bytes, state| put(bytes, out, &clock::now_ns(&state.shared, clock)?.to_le_bytes()))
    })?;
    linker.func_wrap(WASI, "clock_res_get", |caller: Guest<'_>, clock: u32, out: u32| {
        answer(&caller, |bytes, _| put(bytes, out, &clock::resolution_ns(clock)?.to_le_bytes()))
    })?;
    linker.func_wrap(WASI, "poll_oneoff", |caller: Guest<'_>, subscriptions: u32, events: u32, count: u32, out: u32| {
        answer(&caller, |bytes, state| poll_oneoff(bytes, state, subscriptions, events, count, out))
    })?;
    Ok(())
}

const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: u32 = 32;
const TAG_CLOCK: u8 = 0;
const TAG_READ: u8 = 1;

/// Waits for the earliest of the clocks, or for standard input. Outputs are always ready.
fn poll_oneoff(bytes: &GuestBytes, state: &ThreadState, subscriptions: u32, events: u32, count: u32, out: u32) -> std::result::Result<(), Errno> {
    if count == 0 {
        return Err(Errno::Inval);
    }
    let subscription = |index: u32| -> std::result::Result<[u8; SUBSCRIPTION_BYTES as usize], Errno> {
        let at = index.checked_mul(SUBSCRIPTION_BYTES).and_then(|by| subscriptions.checked_add(by)).ok_or(Errno::Fault)?;
        get(bytes, at)
    };
    let word = |entry: &[u8], at: usize| entry[at..].first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
    let long = |entry: &[u8], at: usize| entry[at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
    // Nanoseconds until a clock is due, 0 if it is.
    let due = |entry: &[u8]| -> std::result::Result<u64, Errno> {
        let (clock, timeout, flags) = (word(entry, 16), long(entry, 24), word(entry, 40));
        let is_absolute = flags & 1 != 0;
        if is_absolute { Ok(timeout.saturating_sub(clock::now_ns(&state.shared, clock)?)) } else { Ok(timeout) }
    };

    let mut earliest = None::<u64>;
    let (mut wants_input, mut is_ready) = (false, false);
    for index in 0..count {
        let entry = subscription(index)?;
        match entry[8] {
            TAG_CLOCK => {
                let due = due(&entry)?;
                earliest = Some(earliest.map_or(due, |earliest| earliest.min(due)));
            }
            TAG_READ if word(&entry, 16) == 0 && state.shared.stdio.waits_for_input() => wants_input = true,
            _ => is_ready = true,
        }
    }

    let mut has_input = false;
    if wants_input {
        let timeout = if is_ready { Some(0) } else { earliest };
        let timeout = timeout.map(|ns| Timespec { tv_sec: (ns / 1_000_000_000).cast_signed(), tv_nsec: (ns % 1_000_000_000).cast_signed() });
        let mut descriptors = [PollFd::from_borrowed_fd(rustix::stdio::stdin(), PollFlags::IN)];
        has_input = match poll(&mut descriptors, timeout.as_ref()) {
            Ok(ready) => ready > 0,
            Err(rustix::io::Errno::INTR) => false,
            Err(error) => return Err(Errno::of(error)),
        };
    } else if let (false, Some(ns)) = (is_ready, earliest) {
        std::thread::sleep(Duration::from_nanos(ns));
    }

    // One clock that was waited for is due now, whatever rounding says.
    let waited = !is_ready && !has_input;
    let mut written = 0_u32;
    for index in 0..count {
        let entry = subscription(index)?;
        let tag = entry[8];
        let mut errno = 0;
        let is_due = match tag {
            TAG_CLOCK => {
                let is_absolute = word(&entry, 40) & 1 != 0;
                if is_absolute { due(&entry)? == 0 } else { waited && Some(long(&entry, 24)) == earliest }
            }
            TAG_READ if word(&entry, 16) == 0 && state.shared.stdio.waits_for_input() => has_input,
            _ => {
                if state.shared.stdio.file_type(word(&entry, 16)).is_err() {
                    errno = Errno::Badf as u16;
                }
                true
            }
        };
        if is_due {
            let mut event = [0; EVENT_BYTES as usize];
            event[..8].copy_from_slice(&entry[..8]);
            event[8..10].copy_from_slice(&errno.to_le_bytes());
            event[10] = tag;
            let is_stream = tag != TAG_CLOCK;
            event[16..24].copy_from_slice(&u64::from(is_stream).to_le_bytes());
            put(bytes, written.checked_mul(EVENT_BYTES).and_then(|by| events.checked_add(by)).ok_or(Errno::Fault)?, &event)?;
            written += 1;
        }
    }
    put(bytes, out, &written.to_le_bytes())
}
