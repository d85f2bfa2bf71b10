//! Which allocations the profile of the heap samples (the profile is `gc::profile`).
//!
//! Distances between samples are random, with `runtime.MemProfileRate` bytes as their mean, so that no pattern of the program escapes. A
//! cache counts the bytes of a run when it takes it, and takes no run that reaches past the next sample.

use super::{Cache, Heap, size_class};
use crate::mem::raw;
use core::sync::atomic::Ordering::Relaxed;

impl Heap {
    /// Bytes to a sample at present, 0: nothing is sampled.
    #[inline]
    pub(super) fn sample_rate(&self) -> u32 {
        let rate = self.profile_rate.get();
        if rate.is_null() { 0 } else { (raw::load_u64(rate) as i64).clamp(0, i64::from(u32::MAX >> 1)) as u32 }
    }

    /// Whether a collection is due before an object of `bytes` bytes is allocated.
    pub fn is_due(&self, bytes: u32) -> bool {
        let bytes = if bytes > size_class::SMALL_MAX_BYTES { bytes } else { 0 };
        self.zeal.load(Relaxed) || self.live_bytes.load(Relaxed) + u64::from(bytes) >= self.trigger_bytes.load(Relaxed)
    }

    /// An allocation of `bytes` bytes was refused, its owner's goroutine is frozen: whether it is to be sampled. Then the distance to the next
    /// sample is drawn.
    pub fn take_sample(&self, cache: &Cache, bytes: u32, mut random: impl FnMut() -> u64) -> bool {
        let rate = self.sample_rate();
        if cache.sample_rate.get() != rate {
            // Runs in hand were taken under another rate.
            self.flush(cache);
            cache.sample_rate.set(rate);
            cache.sample_left.set(distance(rate, random()));
        }
        if !cache.is_sampled(size_class::round_up(u64::from(bytes), true) as u32) {
            return false;
        }
        cache.sample_left.set(distance(rate, random()));
        true
    }
}

impl Cache {
    /// Whether the next sample lies in an object of `bytes` bytes that is allocated now.
    pub(super) fn is_sampled(&self, bytes: u32) -> bool {
        self.sample_rate.get() != 0 && self.sample_left.get() < bytes
    }

    pub(super) fn count_for_sample(&self, bytes: u32) {
        self.sample_left.set(self.sample_left.get().saturating_sub(bytes));
    }

    /// Of a run of `count` objects, at least one, those that end before the next sample, which are counted.
    pub(super) fn run_for_sample(&self, count: u32, object_bytes: u32) -> u32 {
        if self.sample_rate.get() == 0 {
            return count;
        }
        let count = count.min(self.sample_left.get() / object_bytes).max(1);
        self.count_for_sample(count * object_bytes);
        count
    }
}

/// A distance drawn from the exponential distribution with mean `rate`; 0 if every allocation is sampled.
fn distance(rate: u32, random: u64) -> u32 {
    if rate <= 1 {
        return 0;
    }
    // -ln(u) for u = random / 2^64, by way of the logarithm to base 2: its fraction is close to a parabola.
    let random = random | 1;
    let exponent = 63 - random.leading_zeros();
    let mantissa = ((random << random.leading_zeros() << 1) >> 40) as f32 / (1 << 24) as f32;
    let log2 = exponent as f32 + mantissa * (1.346_555_3 - 0.346_555_3 * mantissa);
    let distance = (64.0 - log2) * core::f32::consts::LN_2 * rate as f32;
    distance.min((u32::MAX >> 1) as f32) as u32
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_have_the_rate_as_their_mean() {
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut sum = 0u64;
        for _ in 0..100_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            sum += u64::from(distance(1 << 19, random));
        }
        let mean = sum / 100_000;
        assert!((mean as i64 - (1 << 19)).abs() < 1 << 13, "{mean}");
        assert_eq!((distance(0, 5), distance(1, 5)), (0, 0));
    }
}
