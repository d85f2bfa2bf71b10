//! The host's only `unsafe` code: guest memory, futexes on it, and compiled modules from the cache.
//!
//! Guest memory is written by guest threads while the host reads it, so no Rust reference to it ever exists: bytes are copied in and out
//! through raw pointers, and a futex word is an atomic.
#![allow(unsafe_code)]

use std::sync::atomic::AtomicU32;

use wasmtime::{AsContext, Memory, SharedMemory};

/// What an address of a guest can reach; the engine reserves as much for a memory, so that it grows in place.
#[cfg(target_os = "linux")]
const ADDRESS_SPACE_BYTES: usize = 1 << 32;

/// The bytes of a guest's memory for the length of one host call.
///
/// RAW-1: `base` points to `len` readable and writable bytes that stay mapped while the value lives. A shared memory grows in place
/// and is unmapped only with its last handle, which the running instance holds; an unshared one can move only when the guest runs.
pub struct GuestBytes {
    base: *mut u8,
    len: usize,
}

impl GuestBytes {
    pub fn of_shared(memory: &SharedMemory) -> GuestBytes {
        let cells = memory.data();
        GuestBytes { base: cells.as_ptr().cast_mut().cast(), len: cells.len() }
    }

    pub fn of_own(memory: Memory, store: impl AsContext) -> GuestBytes {
        let store = store.as_context();
        GuestBytes { base: memory.data_ptr(&store), len: memory.data_size(&store) }
    }

    /// The start of `length` bytes at `address`, if they lie inside.
    fn range(&self, address: u32, length: usize) -> Option<*mut u8> {
        let start = address as usize;
        if start.checked_add(length)? > self.len {
            return None;
        }
        // SAFETY: `start <= len` was tested above, so the result points into, or just behind, the mapping of RAW-1.
        Some(unsafe { self.base.add(start) })
    }

    /// Whether `length` bytes at `address` lie inside.
    pub fn contains(&self, address: u32, length: usize) -> bool {
        self.range(address, length).is_some()
    }

    /// Copies guest bytes into `out`; false if they lie outside.
    #[must_use]
    pub fn read(&self, address: u32, out: &mut [u8]) -> bool {
        let Some(source) = self.range(address, out.len()) else { return false };
        // SAFETY: `range` checked `out.len()` bytes at `source`; `out` is host memory, so they do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(source, out.as_mut_ptr(), out.len()) };
        true
    }

    /// Copies `bytes` to the guest; false, with nothing written, if they do not fit.
    #[must_use]
    pub fn write(&self, address: u32, bytes: &[u8]) -> bool {
        let Some(target) = self.range(address, bytes.len()) else { return false };
        // SAFETY: `range` checked `bytes.len()` bytes at `target`; `bytes` is host memory, so they do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) };
        true
    }

    /// The futex word at `address`, if it is inside and aligned.
    pub fn word(&self, address: u32) -> Option<&AtomicU32> {
        let target = self.range(address, 4)?;
        if !address.is_multiple_of(4) {
            return None;
        }
        // SAFETY: four bytes at `target` are inside (`range`) and aligned, as a memory's base is page-aligned; the borrow ends with RAW-1.
        Some(unsafe { AtomicU32::from_ptr(target.cast()) })
    }
}

/// Asks the system for huge pages behind a guest's memory. A heap is walked in no order that a processor's few entries for small pages could
/// follow, and the collector walks all of it. It is a wish: where it is not granted nothing changes.
pub fn prefer_huge_pages(memory: &SharedMemory) {
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};

        let base = memory.data().as_ptr().cast_mut().cast();
        // SAFETY: this advice changes no contents and no access rights, whatever is mapped there; the engine reserves the whole range.
        let _ = unsafe { madvise(base, ADDRESS_SPACE_BYTES, Advice::LinuxHugepage) };
    }
}

/// A compiled module from the cache, or `None` if wasmtime refuses it.
pub fn deserialize(engine: &wasmtime::Engine, bytes: &[u8]) -> Option<wasmtime::Module> {
    // SAFETY: the bytes come from a file in a directory that only the user writes to, made by `Module::serialize` (ENGINE-1).
    unsafe { wasmtime::Module::deserialize(engine, bytes) }.ok()
}
