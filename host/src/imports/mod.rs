//! Functions that a module may import: Warren's own and those of WASI preview 1.
//!
//! Addresses come from the guest and are checked by [`GuestBytes`]: what lies outside of the memory is `EFAULT` for WASI and a trap for
//! our own functions, whose only caller is the runtime. A WASI function that is not defined here exists and answers `ENOSYS`.

mod blocks;
mod files;
mod guest;
mod paths;
mod waiting;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use warren_abi::import;
use wasmtime::{Error, ExternType, Linker, Result, Val, ValType};

use crate::errno::Errno;
use crate::instance::{Outcome, ThreadEnd, ThreadState};
use crate::raw::GuestBytes;
use crate::{entropy, thread};

use guest::{Answer, Guest, WASI, answer, enter, offset, put, put_size};

/// Module and name under which a threaded module imports its memory.
pub const MEMORY: (&str, &str) = ("env", "memory");

/// Defines every function of this host.
pub fn define(linker: &mut Linker<ThreadState>) -> Result<()> {
    define_warren(linker)?;
    define_lists(linker)?;
    blocks::define(linker)?;
    files::define(linker)?;
    paths::define(linker)?;
    waiting::define(linker)?;
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
    for import in module.imports() {
        let ExternType::Func(kind) = import.ty() else { continue };
        let returns_errno = kind.results().len() == 1 && kind.results().all(|result| matches!(result, ValType::I32));
        if import.module() != WASI || !returns_errno {
            continue;
        }
        // An error says that the name is defined already.
        let _ = linker.func_new(WASI, import.name(), kind, |_, _, results| {
            results[0] = Val::I32(Errno::NoSys as i32);
            Ok(())
        });
    }
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
    linker.func_wrap(import::MODULE, import::POLL_BREAK, |caller: Guest<'_>| -> Result<()> {
        enter(&caller)?;
        caller.data().shared.alarm.interrupt();
        Ok(())
    })?;
    linker.func_wrap(import::MODULE, import::PROCESSOR_COUNT, |_: Guest<'_>| -> i32 {
        std::thread::available_parallelism().map_or(1, |count| i32::try_from(count.get()).unwrap_or(i32::MAX))
    })?;
    Ok(())
}

/// Arguments and environment: lists of strings that end with a zero byte.
fn define_lists(linker: &mut Linker<ThreadState>) -> Result<()> {
    fn sizes(bytes: &GuestBytes, list: &[OsString], count_at: u32, size_at: u32) -> Answer<()> {
        let size: usize = list.iter().map(|item| item.len() + 1).sum();
        put_size(bytes, count_at, list.len())?;
        put_size(bytes, size_at, size)
    }
    fn copy(bytes: &GuestBytes, list: &[OsString], mut pointers: u32, mut buffer: u32) -> Answer<()> {
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
