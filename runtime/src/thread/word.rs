//! A 32-bit word that several machines use.

#[cfg(not(target_arch = "wasm32"))]
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::SeqCst;

/// What lock-free code asks of a word. Every access is sequentially consistent: wasm has nothing weaker.
pub trait Word {
    fn new(value: u32) -> Self;
    fn load(&self) -> u32;
    fn store(&self, value: u32);
    fn swap(&self, value: u32) -> u32;
    /// Stores `new` if the word holds `old`; says whether it did.
    fn replace(&self, old: u32, new: u32) -> bool;
    /// Adds (wrapping) and returns the new value.
    fn add(&self, delta: u32) -> u32;
    /// Sleeps while the word holds `expected`. False: timed out. A negative time-out waits without limit.
    fn wait(&self, expected: u32, timeout_ns: i64) -> bool;
    /// Wakes `count` sleepers.
    fn wake(&self, count: u32);
}

/// The word of production code: plain while only one machine exists, atomic afterwards.
#[cfg(target_arch = "wasm32")]
pub struct SharedWord(crate::mem::Plain<u32>);

#[cfg(target_arch = "wasm32")]
mod wasm {
    use super::{SeqCst, SharedWord, Word};
    use crate::mem::{Addr, Plain, raw};
    use crate::sys;
    use crate::thread::shared;
    use core::sync::atomic::AtomicU32;

    impl SharedWord {
        pub const fn fixed(value: u32) -> SharedWord {
            SharedWord(Plain::new(value))
        }

        #[inline(always)]
        fn addr(&self) -> Addr {
            raw::address_of(self)
        }

        /// The atomic in any case, for words that a thread without a machine (the watcher) touches.
        #[inline(always)]
        pub fn atomic(&self) -> &'static AtomicU32 {
            raw::atomic_u32(self.addr())
        }
    }

    impl Word for SharedWord {
        #[inline(always)]
        fn new(value: u32) -> SharedWord {
            SharedWord::fixed(value)
        }

        #[inline(always)]
        fn load(&self) -> u32 {
            self.atomic().load(SeqCst)
        }

        #[inline(always)]
        fn store(&self, value: u32) {
            if shared() { self.atomic().store(value, SeqCst) } else { self.0.set(value) }
        }

        #[inline(always)]
        fn swap(&self, value: u32) -> u32 {
            if shared() {
                return self.atomic().swap(value, SeqCst);
            }
            let old = self.0.get();
            self.0.set(value);
            old
        }

        #[inline(never)]
        fn replace(&self, old: u32, new: u32) -> bool {
            if shared() {
                return self.atomic().compare_exchange(old, new, SeqCst, SeqCst).is_ok();
            }
            let same = self.0.get() == old;
            if same {
                self.0.set(new);
            }
            same
        }

        #[inline(never)]
        fn add(&self, delta: u32) -> u32 {
            if shared() {
                return self.atomic().fetch_add(delta, SeqCst).wrapping_add(delta);
            }
            self.0.set(self.0.get().wrapping_add(delta));
            self.0.get()
        }

        fn wait(&self, expected: u32, timeout_ns: i64) -> bool {
            sys::futex_wait(self.addr(), expected, timeout_ns)
        }

        fn wake(&self, count: u32) {
            sys::futex_wake(self.addr(), count);
        }
    }
}

/// The word of native tests: always atomic.
#[cfg(not(target_arch = "wasm32"))]
pub struct SharedWord(AtomicU32);

#[cfg(not(target_arch = "wasm32"))]
impl SharedWord {
    pub const fn fixed(value: u32) -> SharedWord {
        SharedWord(AtomicU32::new(value))
    }

    /// The atomic; a director of threads may let others go before it is used.
    pub fn atomic(&self) -> &AtomicU32 {
        crate::sys::step(true);
        &self.0
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Word for SharedWord {
    fn new(value: u32) -> SharedWord {
        SharedWord::fixed(value)
    }

    fn load(&self) -> u32 {
        crate::sys::step(false);
        self.0.load(SeqCst)
    }

    fn store(&self, value: u32) {
        self.atomic().store(value, SeqCst);
    }

    fn swap(&self, value: u32) -> u32 {
        self.atomic().swap(value, SeqCst)
    }

    fn replace(&self, old: u32, new: u32) -> bool {
        self.atomic().compare_exchange(old, new, SeqCst, SeqCst).is_ok()
    }

    fn add(&self, delta: u32) -> u32 {
        self.atomic().fetch_add(delta, SeqCst).wrapping_add(delta)
    }

    fn wait(&self, expected: u32, timeout_ns: i64) -> bool {
        crate::sys::futex_wait(&self.0, expected, timeout_ns)
    }

    fn wake(&self, count: u32) {
        crate::sys::futex_wake(&self.0, count);
    }
}
