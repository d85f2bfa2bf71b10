//! A lock that sleeps on the host when it is contended, and the order in which locks are taken.

use super::shared;
use super::word::{SharedWord, Word};

const OPEN: u32 = 0;
const LOCKED: u32 = 1;
/// Locked, and somebody may sleep.
const CONTENDED: u32 = 2;

/// Tries before a machine sleeps. Sections are a few dozen instructions, so the holder is soon through unless it lost its core.
const SPINS: u32 = if cfg!(loom) { 0 } else { 100 };

/// A lock. Zeroed memory is an open one.
///
/// While only one machine exists it is not touched at all; [`super::share`] is called with no lock held, so a lock is closed and opened
/// in the same regime.
pub struct Lock<W: Word = SharedWord>(W);

impl Lock {
    pub const fn fixed() -> Lock {
        Lock(SharedWord::fixed(OPEN))
    }
}

impl<W: Word> Lock<W> {
    pub fn new() -> Lock<W> {
        Lock(W::new(OPEN))
    }

    /// Closes the lock. Out of line: see [`Lock::lock_hot`].
    #[inline(never)]
    pub fn lock(&self, rank: Rank) {
        self.lock_hot(rank);
    }

    /// Opens the lock.
    #[inline(never)]
    pub fn unlock(&self, rank: Rank) {
        self.unlock_hot(rank);
    }

    /// The same inline, for the few places that every goroutine passes all the time.
    #[inline(always)]
    pub fn lock_hot(&self, rank: Rank) {
        ranks::enter(rank);
        if shared() && !self.0.replace(OPEN, LOCKED) {
            self.lock_slowly();
        }
    }

    /// The same inline.
    #[inline(always)]
    pub fn unlock_hot(&self, rank: Rank) {
        ranks::leave(rank);
        if shared() && self.0.swap(OPEN) == CONTENDED {
            self.0.wake(1);
        }
    }

    #[inline(never)]
    fn lock_slowly(&self) {
        for _ in 0..SPINS {
            if self.0.load() == OPEN && self.0.replace(OPEN, LOCKED) {
                return;
            }
            core::hint::spin_loop();
        }
        while self.0.swap(CONTENDED) != OPEN {
            self.0.wait(CONTENDED, -1);
        }
    }
}

impl<W: Word> Default for Lock<W> {
    fn default() -> Lock<W> {
        Lock::new()
    }
}

/// The order of locks: one may be taken only while all that are held have a lower rank. Channels are the exception: a select takes
/// several, in the order of their addresses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rank {
    /// One bucket of the semaphore table.
    Semaphore = 1,
    /// A channel.
    Channel,
    /// The goroutines that wait for files.
    Poller,
    /// The timer heap.
    Timers,
    /// The scheduler's lists: global queue, idle machines and processors.
    Scheduler,
    /// The list of all goroutines.
    Goroutines,
    /// Output of print.
    Print,
}

#[cfg(any(loom, not(debug_assertions), target_arch = "wasm32"))]
mod ranks {
    use super::Rank;

    #[inline(always)]
    pub fn enter(_rank: Rank) {}
    #[inline(always)]
    pub fn leave(_rank: Rank) {}
}

#[cfg(all(debug_assertions, not(loom), not(target_arch = "wasm32")))]
mod ranks {
    use super::Rank;
    use std::cell::RefCell;

    std::thread_local! {
        static HELD: RefCell<Vec<Rank>> = const { RefCell::new(Vec::new()) };
    }

    pub fn enter(rank: Rank) {
        HELD.with_borrow_mut(|held| {
            if let Some(&last) = held.last() {
                assert!(last < rank || (last == rank && rank == Rank::Channel), "lock {rank:?} taken while {held:?} are held");
            }
            held.push(rank);
        });
    }

    pub fn leave(rank: Rank) {
        HELD.with_borrow_mut(|held| {
            let position = held.iter().rposition(|&other| other == rank);
            assert!(position.is_some(), "lock {rank:?} opened, but {held:?} are held");
            held.remove(position.unwrap_or(0));
        });
    }
}
