//! The line that `GODEBUG=gctrace=1` prints for each collection, in Go's words.
//!
//! `gc 3 @0.110s 2%: 0.018+1.3+0.003 ms clock, 0.036+0/1.3/0+0.006 ms cpu, 4->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P`: the
//! number of the cycle, when it ended, the part of all time spent collecting; then stopping the world and preparing, marking, and what
//! follows; the heap at the beginning, at the end of marking, and what is alive; the size at which the cycle was due.

use crate::mem::Ref;
use crate::sched::Machine;
use crate::text::output;

/// What one cycle has to tell. Times in nanoseconds.
#[derive(Clone, Copy, Default)]
pub struct Cycle {
    pub number: u64,
    /// Since the start of the program.
    pub ended_ns: u64,
    /// Of all cycles so far.
    pub total_pause_ns: u64,
    pub stop_ns: u64,
    pub mark_ns: u64,
    pub finish_ns: u64,
    /// Machines that marked.
    pub workers: u64,
    pub heap_bytes: u64,
    pub live_bytes: u64,
    pub goal_bytes: u64,
    pub stack_bytes: u64,
    pub global_bytes: u64,
    pub processors: u64,
    pub forced: bool,
}

/// Prints the line. The caller has begun a piece of output.
pub fn print(machine: Ref<Machine>, cycle: &Cycle) {
    let text = |text| output::string(machine, text);
    let number = |value| output::unsigned(machine, value);
    let milliseconds = |ns| print_milliseconds(machine, ns);
    let megabytes = |bytes: u64, behind| {
        number(bytes >> 20);
        text(behind);
    };
    text("gc ");
    number(cycle.number);
    text(" @");
    print_divided(machine, cycle.ended_ns / 1_000_000, 3);
    text("s ");
    number(cycle.total_pause_ns.saturating_mul(100) / cycle.ended_ns.max(1));
    text("%: ");
    milliseconds(cycle.stop_ns);
    text("+");
    milliseconds(cycle.mark_ns);
    text("+");
    milliseconds(cycle.finish_ns);
    text(" ms clock, ");
    milliseconds(cycle.stop_ns * cycle.processors);
    text("+0/");
    milliseconds(cycle.mark_ns * cycle.workers);
    text("/0+");
    milliseconds(cycle.finish_ns * cycle.processors);
    text(" ms cpu, ");
    // The world is stopped while marking: the heap does not grow meanwhile.
    megabytes(cycle.heap_bytes, "->");
    megabytes(cycle.heap_bytes, "->");
    megabytes(cycle.live_bytes, " MB, ");
    megabytes(cycle.goal_bytes, " MB goal, ");
    megabytes(cycle.stack_bytes, " MB stacks, ");
    megabytes(cycle.global_bytes, " MB globals, ");
    number(cycle.processors);
    text(" P");
    if cycle.forced {
        text(" (forced)");
    }
    text("\n");
}

/// Milliseconds: whole ones from 10 on, else with two digits that count and at most three behind the point.
fn print_milliseconds(machine: Ref<Machine>, ns: u64) {
    if ns >= 10_000_000 {
        return output::unsigned(machine, ns / 1_000_000);
    }
    let (mut value, mut decimals) = (ns / 1000, 3);
    if value == 0 {
        return output::unsigned(machine, 0);
    }
    while value >= 100 {
        value /= 10;
        decimals -= 1;
    }
    print_divided(machine, value, decimals);
}

/// `value` divided by ten to the power of `decimals`.
fn print_divided(machine: Ref<Machine>, value: u64, decimals: u32) {
    let mut unit = 10_u64.pow(decimals);
    output::unsigned(machine, value / unit);
    if decimals == 0 {
        return;
    }
    output::string(machine, ".");
    for _ in 0..decimals {
        unit /= 10;
        output::unsigned(machine, value / unit % 10);
    }
}
