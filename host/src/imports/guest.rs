//! What every imported function does: get at the memory, copy arguments out and results in, turn errors into numbers.
//!
//! The guest's memory may be shared, so an argument is copied out once and judged by the copy. Where a call changes something or takes bytes
//! away, the place for its results is checked first ([`check`]): an `EFAULT` leaves everything as it was.

use std::sync::atomic::Ordering;

use wasmtime::{Caller, Error, Result};

use crate::descriptor::Descriptor;
use crate::errno::Errno;
use crate::filesystem::GuestPath;
use crate::instance::{ThreadEnd, ThreadState};
use crate::path::PATH_BYTES;
use crate::raw::GuestBytes;

/// Import module of WASI preview 1.
pub const WASI: &str = "wasi_snapshot_preview1";

/// Most bytes moved by one read or write: a longer one is partial, as WASI allows.
pub const TRANSFER_BYTES: u32 = 1 << 20;

pub type Guest<'a> = Caller<'a, ThreadState>;
pub type Answer<T> = std::result::Result<T, Errno>;

/// The memory of the calling instance. Traps once the program is stopping.
pub fn enter(caller: &Guest<'_>) -> Result<GuestBytes> {
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
pub fn answer(caller: &Guest<'_>, body: impl FnOnce(&GuestBytes, &ThreadState) -> Answer<()>) -> Result<i32> {
    let bytes = enter(caller)?;
    let result = body(&bytes, caller.data());
    // A body that waited may have been woken by the end of the program.
    if caller.data().shared.stopping.load(Ordering::Relaxed) {
        return Err(ThreadEnd.into());
    }
    Ok(match result {
        Ok(()) => 0,
        Err(errno) => errno as i32,
    })
}

/// Copies to the guest.
pub fn put(bytes: &GuestBytes, address: u32, data: &[u8]) -> Answer<()> {
    if bytes.write(address, data) { Ok(()) } else { Err(Errno::Fault) }
}

/// Copies a number to the guest.
pub fn put_size(bytes: &GuestBytes, address: u32, size: usize) -> Answer<()> {
    put(bytes, address, &u32::try_from(size).map_err(|_| Errno::Overflow)?.to_le_bytes())
}

/// Whether the guest has `length` bytes at `address`.
pub fn check(bytes: &GuestBytes, address: u32, length: usize) -> Answer<()> {
    if bytes.contains(address, length) { Ok(()) } else { Err(Errno::Fault) }
}

/// Copies `N` bytes from the guest.
pub fn get<const N: usize>(bytes: &GuestBytes, address: u32) -> Answer<[u8; N]> {
    let mut out = [0; N];
    if bytes.read(address, &mut out) { Ok(out) } else { Err(Errno::Fault) }
}

pub fn get_u32(bytes: &GuestBytes, address: u32) -> Answer<u32> {
    get(bytes, address).map(u32::from_le_bytes)
}

/// Copies a path from the guest.
pub fn get_path(bytes: &GuestBytes, address: u32, length: u32) -> Answer<Vec<u8>> {
    check(bytes, address, length as usize)?;
    if length as usize > PATH_BYTES {
        return Err(Errno::NameTooLong);
    }
    let mut path = vec![0; length as usize];
    if bytes.read(address, &mut path) { Ok(path) } else { Err(Errno::Fault) }
}

pub fn offset(address: u32, by: u32) -> Answer<u32> {
    address.checked_add(by).ok_or(Errno::Fault)
}

/// Runs `body` with a path of the guest.
pub fn with_path<T>(bytes: &GuestBytes, from: &Descriptor, address: u32, length: u32, body: impl FnOnce(GuestPath<'_>) -> Answer<T>) -> Answer<T> {
    let path = get_path(bytes, address, length)?;
    body(GuestPath { from, path: &path })
}

/// The parts of a scattered buffer up to [`TRANSFER_BYTES`] in all: address and length, each inside of the memory.
fn parts(bytes: &GuestBytes, vectors: u32, count: u32) -> Answer<Vec<(u32, u32)>> {
    let mut parts = Vec::new();
    let mut left = TRANSFER_BYTES;
    for index in 0..count {
        let at = index.checked_mul(8).and_then(|by| vectors.checked_add(by)).ok_or(Errno::Fault)?;
        let address = get_u32(bytes, at)?;
        let length = get_u32(bytes, offset(at, 4)?)?.min(left);
        check(bytes, address, length as usize)?;
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

/// The bytes that a scattered buffer holds.
pub fn gather(bytes: &GuestBytes, vectors: u32, count: u32) -> Answer<Vec<u8>> {
    let mut data = Vec::new();
    for (address, length) in parts(bytes, vectors, count)? {
        let start = data.len();
        data.resize(start + length as usize, 0);
        if !bytes.read(address, &mut data[start..]) {
            return Err(Errno::Fault);
        }
    }
    Ok(data)
}

/// Fills a scattered buffer by `read`, and writes to `read_at` how many bytes there were.
pub fn scatter(bytes: &GuestBytes, vectors: u32, count: u32, read_at: u32, read: impl FnOnce(&mut [u8]) -> Answer<usize>) -> Answer<()> {
    let parts = parts(bytes, vectors, count)?;
    check(bytes, read_at, 4)?;
    let mut data = vec![0; parts.iter().map(|&(_, length)| length as usize).sum()];
    let length = read(&mut data)?;
    let mut rest = &data[..length];
    for (address, length) in parts {
        let (part, after) = rest.split_at(rest.len().min(length as usize));
        put(bytes, address, part)?;
        rest = after;
    }
    put_size(bytes, read_at, length)
}
