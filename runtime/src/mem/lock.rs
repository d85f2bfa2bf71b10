//! A small spin lock for sections of a few dozen instructions.
//!
//! Holders never wait for anything but locks that come later in the order stated in `mem` and `heap`, so a spinner waits briefly
//! unless the host takes the holder off its core.

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The lock. Zeroed memory is an open lock.
pub struct Lock(AtomicU32);

/// Proof that the lock is held; opens it when dropped.
pub struct Guard<'a>(&'a Lock);

impl Lock {
    pub const fn new() -> Lock {
        Lock(AtomicU32::new(0))
    }

    pub fn lock(&self) -> Guard<'_> {
        while self.0.compare_exchange_weak(0, 1, Acquire, Relaxed).is_err() {
            while self.0.load(Relaxed) != 0 {
                core::hint::spin_loop();
            }
        }
        Guard(self)
    }
}

impl Default for Lock {
    fn default() -> Lock {
        Lock::new()
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.0.store(0, Release);
    }
}
