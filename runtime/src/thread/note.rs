//! A place for one machine to sleep until another wakes it (Go's `note`).

use super::word::{SharedWord, Word};

const CLEAR: u32 = 0;
const WOKEN: u32 = 1;

/// One sleeper, one wake-up. A wake-up that comes first is kept.
pub struct Note<W: Word = SharedWord>(W);

impl<W: Word> Note<W> {
    pub fn new() -> Note<W> {
        Note(W::new(CLEAR))
    }

    /// Sleeps until [`Note::wake`], and takes the wake-up. False: `timeout_ns` passed (negative: no limit).
    pub fn sleep(&self, timeout_ns: i64) -> bool {
        loop {
            if self.0.replace(WOKEN, CLEAR) {
                return true;
            }
            if !self.0.wait(CLEAR, timeout_ns) {
                return self.0.replace(WOKEN, CLEAR);
            }
        }
    }

    /// Wakes the sleeper, or the next one to come.
    pub fn wake(&self) {
        self.0.store(WOKEN);
        self.0.wake(1);
    }
}

impl<W: Word> Default for Note<W> {
    fn default() -> Note<W> {
        Note::new()
    }
}
