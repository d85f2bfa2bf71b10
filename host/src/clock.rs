//! Clocks of WASI preview 1.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::errno::Errno;
use crate::instance::Shared;

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const PROCESS_CPU: u32 = 2;
const THREAD_CPU: u32 = 3;

/// Nanoseconds on a clock.
pub fn now_ns(shared: &Shared, clock: u32) -> Result<u64, Errno> {
    let elapsed = match clock {
        REALTIME => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        // From 1, as Go takes a monotonic time of 0 for "none".
        MONOTONIC => return Ok(u64::try_from(shared.start.elapsed().as_nanos()).unwrap_or(u64::MAX).saturating_add(1)),
        PROCESS_CPU => cpu_time(ClockId::ProcessCPUTime)?,
        THREAD_CPU => cpu_time(ClockId::ThreadCPUTime)?,
        _ => return Err(Errno::Inval),
    };
    Ok(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
}

fn cpu_time(clock: ClockId) -> Result<std::time::Duration, Errno> {
    std::time::Duration::try_from(clock_gettime(clock)).map_err(|_| Errno::Inval)
}

/// Resolution of a clock in nanoseconds.
pub fn resolution_ns(clock: u32) -> Result<u64, Errno> {
    if clock <= THREAD_CPU { Ok(1) } else { Err(Errno::Inval) }
}
