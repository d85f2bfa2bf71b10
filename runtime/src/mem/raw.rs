//! All loads and stores of the linear memory.
//!
//! This is the one file of `mem`, `heap` and `gc` that contains `unsafe`. Its functions are safe to call in the sense of wasm: an address
//! outside the memory is caught by the engine there and by an assertion natively. What they cannot promise is that the right owner
//! calls them; that is what the invariants of their users are for.
//!
//! Plain accesses must not race; data that several threads touch without a lock goes through [`atomic_u32`] and [`atomic_u64`].
#![allow(unsafe_code)]

use super::addr::Addr;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, AtomicU64};

#[cfg(target_arch = "wasm32")]
mod base {
    /// Address 0 of the linear memory.
    #[inline(always)]
    pub fn pointer(address: u32, _bytes: u32) -> *mut u8 {
        address as usize as *mut u8
    }

    #[inline(always)]
    pub fn address(pointer: *const u8) -> u32 {
        pointer as usize as u32
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod base {
    use std::alloc::{Layout, alloc_zeroed};
    use std::sync::OnceLock;

    /// Bytes of the native stand-in for the linear memory.
    pub const MEMORY_BYTES: usize = if cfg!(miri) { 64 << 20 } else { 4 << 30 };

    fn base() -> usize {
        static BASE: OnceLock<usize> = OnceLock::new();
        *BASE.get_or_init(|| {
            let layout = Layout::from_size_align(MEMORY_BYTES, 16).expect("a valid layout");
            // SAFETY: the layout has a size above zero.
            let base = unsafe { alloc_zeroed(layout) };
            assert!(!base.is_null(), "cannot reserve the native linear memory");
            base.expose_provenance()
        })
    }

    pub fn pointer(address: u32, bytes: u32) -> *mut u8 {
        let address = address as usize;
        debug_assert!(address >= 4096 || bytes == 0, "access to the nil page at {address:#x}");
        debug_assert!(address + bytes as usize <= MEMORY_BYTES, "access out of bounds at {address:#x}");
        core::ptr::with_exposed_provenance_mut(base() + address)
    }

    pub fn address(pointer: *const u8) -> u32 {
        (pointer.expose_provenance() - base()) as u32
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub use base::MEMORY_BYTES;

macro_rules! accessors {
    ($($load:ident $store:ident $kind:ty;)*) => {$(
        /// Loads the value at `address`, which need not be aligned.
        #[inline(always)]
        pub fn $load(address: Addr) -> $kind {
            // SAFETY: `pointer` yields memory of the process for every address within the linear memory.
            unsafe { base::pointer(address.0, size_of::<$kind>() as u32).cast::<$kind>().read_unaligned() }
        }

        /// Stores `value` at `address`, which need not be aligned.
        #[inline(always)]
        pub fn $store(address: Addr, value: $kind) {
            // SAFETY: as for the load.
            unsafe { base::pointer(address.0, size_of::<$kind>() as u32).cast::<$kind>().write_unaligned(value) }
        }
    )*};
}

accessors! {
    load_u8 store_u8 u8;
    load_u16 store_u16 u16;
    load_u32 store_u32 u32;
    load_u64 store_u64 u64;
}

/// The address stored at `address` (32 bits: the upper half of a pointer slot is zero).
#[inline(always)]
pub fn load_addr(address: Addr) -> Addr {
    Addr(load_u32(address))
}

/// Stores an address as 32 bits.
#[inline(always)]
pub fn store_addr(address: Addr, value: Addr) {
    store_u32(address, value.0);
}

/// The word at `address`, a multiple of 4, as an atomic.
#[inline(always)]
pub fn atomic_u32(address: Addr) -> &'static AtomicU32 {
    debug_assert!(address.0.is_multiple_of(4));
    // SAFETY: aligned, within the linear memory, and that memory is never unmapped.
    unsafe { AtomicU32::from_ptr(base::pointer(address.0, 4).cast()) }
}

/// The double word at `address`, a multiple of 8, as an atomic.
#[inline(always)]
pub fn atomic_u64(address: Addr) -> &'static AtomicU64 {
    debug_assert!(address.0.is_multiple_of(8));
    // SAFETY: as for `atomic_u32`.
    unsafe { AtomicU64::from_ptr(base::pointer(address.0, 8).cast()) }
}

/// Copies `bytes` bytes; the ranges may overlap.
#[inline]
pub fn copy(to: Addr, from: Addr, bytes: u32) {
    // SAFETY: both ranges lie within the linear memory.
    unsafe { core::ptr::copy(base::pointer(from.0, bytes), base::pointer(to.0, bytes), bytes as usize) }
}

/// Sets `bytes` bytes to zero.
#[inline]
pub fn zero(address: Addr, bytes: u32) {
    // SAFETY: the range lies within the linear memory.
    unsafe { core::ptr::write_bytes(base::pointer(address.0, bytes), 0, bytes as usize) }
}

/// Sets `bytes` bytes to `value`.
#[inline]
pub fn fill(address: Addr, value: u8, bytes: u32) {
    // SAFETY: the range lies within the linear memory.
    unsafe { core::ptr::write_bytes(base::pointer(address.0, bytes), value, bytes as usize) }
}

/// `bytes` bytes as a slice, for reading text. Nobody may write to them while the slice lives.
#[inline]
pub fn slice(address: Addr, bytes: u32) -> &'static [u8] {
    if bytes == 0 {
        return &[];
    }
    // SAFETY: the range lies within the linear memory, which is never unmapped.
    unsafe { core::slice::from_raw_parts(base::pointer(address.0, bytes), bytes as usize) }
}

/// The structure of type `T` at `address`. It was put there by [`write`] and is not freed while the reference is used.
#[inline(always)]
pub fn reference<T>(address: Addr) -> &'static T {
    debug_assert!((address.0 as usize).is_multiple_of(align_of::<T>()));
    // SAFETY: aligned, within the linear memory; a `T` was written there (POOL-1 of `arena`).
    unsafe { &*base::pointer(address.0, size_of::<T>() as u32).cast::<T>() }
}

/// Puts `value` at `address`, whatever was there.
#[inline(always)]
pub fn write<T>(address: Addr, value: T) {
    debug_assert!((address.0 as usize).is_multiple_of(align_of::<T>()));
    // SAFETY: aligned and within the linear memory.
    unsafe { base::pointer(address.0, size_of::<T>() as u32).cast::<T>().write(value) }
}

/// Address of a structure that lies in the linear memory. Natively, Rust's own statics do not.
#[inline(always)]
pub fn address_of<T: ?Sized>(value: &T) -> Addr {
    Addr(base::address(core::ptr::from_ref(value).cast()))
}

/// A field with plain loads and stores, for structures shared between threads. Its comment says which lock or owner keeps accesses apart.
#[repr(transparent)]
pub struct Plain<T: Copy>(UnsafeCell<T>);

// SAFETY: access is serialised by the lock or owner that each field's comment names.
unsafe impl<T: Copy> Sync for Plain<T> {}
// SAFETY: the value is plain data.
unsafe impl<T: Copy> Send for Plain<T> {}

impl<T: Copy> Plain<T> {
    pub const fn new(value: T) -> Plain<T> {
        Plain(UnsafeCell::new(value))
    }

    #[inline(always)]
    pub fn get(&self) -> T {
        // SAFETY: no other thread writes at the same time (see the type's comment), and no reference to the inside is ever handed out.
        unsafe { *self.0.get() }
    }

    #[inline(always)]
    pub fn set(&self, value: T) {
        // SAFETY: no other thread accesses it at the same time, and no reference to the inside is ever handed out.
        unsafe { *self.0.get() = value }
    }
}

impl<T: Copy + Default> Default for Plain<T> {
    fn default() -> Plain<T> {
        Plain::new(T::default())
    }
}
