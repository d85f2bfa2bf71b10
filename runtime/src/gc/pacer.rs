//! When to collect next: `GOGC` and `GOMEMLIMIT`.

use crate::heap::{Heap, MIN_HEAP_BYTES};
use crate::mem::Plain;

/// Even at the memory limit the heap may grow by this part of what is alive before it is collected again, lest the program do nothing
/// but collect.
const LIMIT_SLACK: u64 = 20;

/// The settings. Set at start and by `debug.SetGCPercent` and `SetMemoryLimit`, with the world stopped.
pub struct Pacer {
    /// Growth over the live heap in percent; negative: no collection but for the limit.
    percent: Plain<i32>,
    /// `u64::MAX`: none.
    limit_bytes: Plain<u64>,
}

impl Pacer {
    pub const fn new() -> Pacer {
        Pacer { percent: Plain::new(100), limit_bytes: Plain::new(u64::MAX) }
    }

    pub fn percent(&self) -> i32 {
        self.percent.get()
    }

    pub fn limit_bytes(&self) -> u64 {
        self.limit_bytes.get()
    }

    /// Sets both and the trigger that follows while nothing is known about the live heap.
    pub fn configure(&self, heap: &Heap, percent: i32, limit_bytes: u64) {
        self.percent.set(percent);
        self.limit_bytes.set(limit_bytes);
        let live = heap.last_live_bytes();
        heap.set_trigger_bytes(self.trigger(heap, live));
    }

    /// Bytes of live and new objects at which the next cycle begins.
    pub fn trigger(&self, heap: &Heap, live_bytes: u64) -> u64 {
        let percent = self.percent.get();
        let by_growth = match u64::try_from(percent) {
            Ok(percent) => {
                let minimum = MIN_HEAP_BYTES * percent / 100;
                (live_bytes + live_bytes / 100 * percent + live_bytes % 100 * percent / 100).max(minimum)
            }
            Err(_) => u64::MAX,
        };
        let limit = self.limit_bytes.get();
        if limit == u64::MAX {
            return by_growth;
        }
        let others = heap.memory.arena.stats().1 + heap.memory.pages.table_bytes();
        let by_limit = limit.saturating_sub(others).max(live_bytes + live_bytes / LIMIT_SLACK + (64 << 10));
        by_growth.min(by_limit)
    }
}

impl Default for Pacer {
    fn default() -> Pacer {
        Pacer::new()
    }
}

/// The value of `GOGC`: a percentage, or `off`.
pub fn parse_percent(text: &[u8]) -> Option<i32> {
    if text == b"off" {
        return Some(-1);
    }
    let mut value: i32 = 0;
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    for digit in digits {
        value = value.checked_mul(10)?.checked_add(i32::from(digit.wrapping_sub(b'0')))?;
        if !digit.is_ascii_digit() {
            return None;
        }
    }
    Some(if negative { -value } else { value })
}

/// The value of `GOMEMLIMIT`: bytes with an optional suffix `B`, `KiB`, `MiB`, `GiB`, `TiB`, or `off`.
pub fn parse_limit(text: &[u8]) -> Option<u64> {
    if text == b"off" {
        return Some(u64::MAX);
    }
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let (number, suffix) = text.split_at_checked(digits)?;
    let shift = match suffix {
        b"" | b"B" => 0,
        b"KiB" => 10,
        b"MiB" => 20,
        b"GiB" => 30,
        b"TiB" => 40,
        _ => return None,
    };
    let mut value: u64 = 0;
    for digit in number {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    value.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_go_reads_them() {
        assert_eq!(parse_percent(b"off"), Some(-1));
        assert_eq!(parse_percent(b"250"), Some(250));
        assert_eq!(parse_percent(b"-5"), Some(-5));
        assert_eq!(parse_percent(b"1x"), None);
        assert_eq!(parse_percent(b""), None);
        assert_eq!(parse_limit(b"off"), Some(u64::MAX));
        assert_eq!(parse_limit(b"512"), Some(512));
        assert_eq!(parse_limit(b"2GiB"), Some(2 << 30));
        assert_eq!(parse_limit(b"2GB"), None);
        assert_eq!(parse_limit(b"MiB"), None);
    }
}
