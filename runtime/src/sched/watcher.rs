//! The watcher (Go's `sysmon`): a thread without a processor that asks long-running goroutines to freeze.
//!
//! Where goroutines run it only reads, sets [`Processor::preempt`] and counts in the poll word: everything else is done by the machine that
//! freezes. So it does not make memory shared. It starts with the second goroutine, looks every 10 ms (oftener at first), and sleeps without
//! limit once the program has been idle for a while.
//!
//! It takes processors from machines that stay in a host call (see `host_call`), and it tells coarse work: a processor that has run few goroutines since the last look while others wait (see `grain`).

use core::sync::atomic::Ordering::SeqCst;

use crate::entry::warren_poll;
use crate::mem::{Addr, Ref};
use crate::sys;
use crate::thread::{SharedWord, Word};
use crate::world::World;

use super::processor::Processor;
use super::{host_call, scheduler};

/// Time between two looks.
const PERIOD_NS: u64 = 10_000_000;
const FIRST_PERIOD_NS: u64 = 1_000_000;
/// Time to the next look if somebody waits for a processor in a host call.
const WAITING_PERIOD_NS: u64 = 300_000;
/// Looks at an idle program before the watcher sleeps without limit.
const IDLE_LOOKS: u32 = 20;
/// A processor that has run no more goroutines than this since the last look does coarse work.
const COARSE_TICKS: u32 = 8;

/// The watcher's state.
pub struct Watcher {
    /// 0 not started, 1 looks, 2 sleeps without limit. A machine that goes from idle to busy sets it to 1.
    state: SharedWord,
}

const OFF: u32 = 0;
const LOOKS: u32 = 1;
const SLEEPS: u32 = 2;

impl Watcher {
    pub const fn new() -> Watcher {
        Watcher { state: SharedWord::fixed(OFF) }
    }

    /// Called when a second goroutine starts.
    #[inline(always)]
    pub fn start(&self, world: &World) {
        if self.state.load() == OFF {
            self.launch(world);
        }
    }

    #[inline(never)]
    fn launch(&self, world: &World) {
        if self.state.atomic().compare_exchange(OFF, LOOKS, SeqCst, SeqCst).is_ok() {
            scheduler::spawn_thread(world, Addr::NULL);
        }
    }

    /// Called when a machine has got work after having been idle.
    pub fn alert(&self) {
        if self.state.load() == SLEEPS && self.state.atomic().compare_exchange(SLEEPS, LOOKS, SeqCst, SeqCst).is_ok() {
            self.state.wake(1);
        }
    }

    /// The thread.
    pub fn run(&self, world: &World) -> ! {
        let mut period_ns = FIRST_PERIOD_NS;
        let mut idle_looks = 0;
        let mut before_ns = sys::monotonic_ns();
        loop {
            let until_timer_ns = world.scheduler.timers.earliest_ns().saturating_sub(before_ns).max(100_000);
            self.state.wait(LOOKS, period_ns.min(until_timer_ns) as i64);
            let now_ns = sys::monotonic_ns();
            before_ns = now_ns;
            period_ns = (period_ns * 2).min(PERIOD_NS);
            let seen = look(world, now_ns);
            if seen == Seen::Waiting {
                period_ns = WAITING_PERIOD_NS;
            }
            if seen != Seen::Idle {
                idle_looks = 0;
                continue;
            }
            idle_looks += 1;
            if idle_looks >= IDLE_LOOKS && self.state.atomic().compare_exchange(LOOKS, SLEEPS, SeqCst, SeqCst).is_ok() {
                // A machine that got work since the look saw nobody to alert.
                while self.state.load() == SLEEPS && world.scheduler.busy_count.load() == 0 {
                    self.state.wait(SLEEPS, -1);
                }
                self.state.atomic().store(LOOKS, SeqCst);
                idle_looks = 0;
                period_ns = FIRST_PERIOD_NS;
                before_ns = sys::monotonic_ns();
            }
        }
    }
}

impl Default for Watcher {
    fn default() -> Watcher {
        Watcher::new()
    }
}

/// What a look finds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// No processor is busy.
    Idle,
    Busy,
    /// Somebody waits for a processor that is lent to a host call.
    Waiting,
}

/// One look.
fn look(world: &World, now_ns: u64) -> Seen {
    let scheduler = &world.scheduler;
    if scheduler.stopping.load() != 0 {
        return Seen::Busy;
    }
    let timer_due = scheduler.timers.earliest_ns() <= now_ns;
    let elsewhere = timer_due || scheduler.global_count.load() != 0;
    let spare = scheduler.idle_processor_count.load() != 0;
    let mut seen = Seen::Idle;
    for id in 0..scheduler.processor_count.get() {
        let processor = scheduler.processor(id);
        if processor.idle.load() != 0 {
            continue;
        }
        if seen == Seen::Idle {
            seen = Seen::Busy;
        }
        if processor.host.load() == host_call::LENT {
            if host_call::look(world, processor) {
                seen = Seen::Waiting;
            }
            continue;
        }
        let tick = processor.tick.get();
        let ran = tick.wrapping_sub(processor.seen_tick.get());
        processor.seen_tick.set(tick);
        let waiting = processor.queue.ring_len() != 0 || processor.queue.has_next();
        if ran <= COARSE_TICKS && waiting && spare {
            scheduler.fine_grained.atomic().store(0, SeqCst);
        }
        let share = spare && processor.queue.ring_len() != 0 && scheduler.fine_grained.load() == 0;
        if (ran == 0 && (waiting || elsewhere)) || (timer_due && ran < 2) || share {
            ask(processor);
            if processor.idle.load() != 0 || processor.host.load() != host_call::HELD || scheduler.stopping.load() != 0 {
                // STOP-1: nobody runs on it any more, so nobody would answer.
                answer(processor);
            }
        }
    }
    seen
}

/// Asks a processor to freeze its goroutine.
pub fn ask(processor: Ref<Processor>) {
    if processor.preempt.atomic().swap(1, SeqCst) == 0 {
        warren_poll.fetch_add(1, SeqCst);
    }
}

/// The processor's machine has frozen its goroutine, or runs another one.
#[inline(always)]
pub fn answer(processor: Ref<Processor>) {
    if processor.preempt.load() != 0 && processor.preempt.atomic().swap(0, SeqCst) != 0 {
        warren_poll.fetch_sub(1, SeqCst);
    }
}
