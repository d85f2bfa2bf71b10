//! How long goroutines run at a time, and whether sharing them pays.
//!
//! Handing a goroutine to another machine costs around a microsecond: a wake-up, and cache lines that move with the channels it uses. If
//! goroutines run for less than that before they wait, a second machine adds cost and brings little. So work counts as fine-grained until
//! it is seen to be coarse; while it is fine, no further machine is woken, and all but one retire.
//!
//! Each processor looks at the clock once in [`TURNS`] goroutines. The host may take its core away in between, which makes the goroutines
//! look longer than they are; so the estimate follows short samples at once and long ones by doubling. A goroutine that runs for long
//! does not get there: the watcher sees it.

use crate::mem::Ref;
use crate::sys;
use crate::thread::Word;

use super::processor::Processor;
use super::scheduler::Scheduler;

/// Goroutines between two looks at the clock: a multiple of the turns between two looks beyond the `next` slot.
pub const TURNS: u32 = 128;
/// Goroutines that run for less than this are fine-grained work.
const FINE_NS: u64 = 1500;
/// Smallest estimate, so that doubling gets somewhere.
const LEAST_NS: u64 = 50;

/// Takes a sample.
pub fn measure(scheduler: &Scheduler, processor: Ref<Processor>) {
    let now_ns = sys::monotonic_ns();
    let sample_ns = now_ns.saturating_sub(processor.measured_ns.get()) / u64::from(TURNS);
    processor.measured_ns.set(now_ns);
    let estimate_ns = sample_ns.min(processor.slice_ns.get() * 2).max(LEAST_NS);
    processor.slice_ns.set(estimate_ns);
    judge(scheduler, estimate_ns < FINE_NS);
}

/// Notes whether the work is fine-grained.
pub fn judge(scheduler: &Scheduler, fine: bool) {
    if u32::from(fine) != scheduler.fine_grained.load() {
        scheduler.fine_grained.store(u32::from(fine));
    }
}
