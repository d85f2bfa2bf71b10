//! Threads: shared words, a lock, a note to sleep on, and the ranks of locks.
//!
//! The single-thread build and the threaded build run the same code. What differs is [`shared`]: while it says no, only one machine
//! exists, words are read and written plainly and locks cost one test. It turns to yes once, at a safe point of that only machine (no
//! lock held), before a second machine starts, and stays so.
//!
//! Lock-free code is generic over [`Word`], so that the same code runs under a model checker (`cfg(loom)`).

pub mod lock;
#[cfg(all(test, loom))]
mod model;
pub mod note;
pub mod word;

pub use lock::{Lock, Rank};
pub use note::Note;
pub use word::{SharedWord, Word};

#[cfg(all(target_feature = "atomics", target_arch = "wasm32"))]
mod sharing {
    use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

    static SHARED: AtomicU32 = AtomicU32::new(0);

    /// More than one machine may run Go code.
    #[inline(always)]
    pub fn shared() -> bool {
        SHARED.load(Relaxed) != 0
    }

    /// From now on more than one machine may run Go code. The caller holds no lock.
    pub fn share() {
        SHARED.store(1, Relaxed);
    }
}

#[cfg(all(not(target_feature = "atomics"), target_arch = "wasm32"))]
mod sharing {
    /// One machine runs everything.
    #[inline(always)]
    pub const fn shared() -> bool {
        false
    }

    /// Never happens: no thread can be started.
    pub fn share() {}
}

#[cfg(not(target_arch = "wasm32"))]
mod sharing {
    /// Native tests take every atomic and lock.
    #[inline(always)]
    pub const fn shared() -> bool {
        true
    }

    /// Nothing changes.
    pub fn share() {}
}

pub use sharing::{share, shared};
