//! Roots: where marking begins.
//!
//! Roots are laid out as numbered jobs that workers take one by one. Global data is cut into pieces ([`data_jobs`], [`scan_data`]); what
//! goroutines, machines and channels hold is the scheduler's to enumerate, with [`scan_frames`] for frozen stacks. The tables are those of
//! the module ([`warren_abi::frame`], [`warren_abi::module_info`]).

use super::mark::Worker;
use super::scan;
use crate::mem::{Addr, raw};
use warren_abi::frame::{FUNC_BYTES, SITE_BYTES, TRAILER_BYTES, func, site};
use warren_abi::module_info;

/// Everything that is alive by itself.
pub trait RootSource {
    /// Number of jobs.
    fn jobs(&self) -> u32;
    /// Greys the roots of one job; any thread, each job once.
    fn scan(&self, job: u32, worker: &mut Worker<'_>);
}

/// Bytes of global data in one job.
const DATA_JOB_BYTES: u32 = 64 << 10;

/// Number of jobs for the global data of the module described at `info`.
pub fn data_jobs(info: Addr) -> u32 {
    let bytes = raw::load_u32(info.add(module_info::DATA_END)).wrapping_sub(raw::load_u32(info.add(module_info::DATA_START)));
    bytes.div_ceil(DATA_JOB_BYTES)
}

/// Greys what one piece of the global data points to.
pub fn scan_data(info: Addr, job: u32, worker: &mut Worker<'_>) {
    let start = raw::load_addr(info.add(module_info::DATA_START));
    let bytes = raw::load_addr(info.add(module_info::DATA_END)).offset_from(start);
    let map = raw::load_addr(info.add(module_info::DATA_POINTERS));
    let first = job * DATA_JOB_BYTES;
    let words = (bytes - first).min(DATA_JOB_BYTES) / 8;
    scan::bitmap(worker, start.add(first), words, map.add(first / 64));
}

/// Greys what the frozen frames in `[low, high)` hold, linear frames included. The range consists of whole frames.
pub fn scan_frames(info: Addr, low: Addr, high: Addr, worker: &mut Worker<'_>) {
    let sites = raw::load_addr(info.add(module_info::SITES));
    let funcs = raw::load_addr(info.add(module_info::FUNCS));
    let mut top = high;
    while top > low {
        let trailer = top.sub(TRAILER_BYTES);
        let record = sites.add(raw::load_u32(trailer) * SITE_BYTES);
        let slots = u32::from(raw::load_u16(record.add(site::SLOTS)));
        let flags = raw::load_u16(record.add(site::FLAGS));
        let frame = trailer.sub(slots * 8);
        let map = if flags & site::FLAG_INLINE_MAP != 0 { record.add(site::POINTERS) } else { raw::load_addr(record.add(site::POINTERS)) };
        // The last slot of a function with a linear frame holds no Go pointers.
        let values = if flags & site::FLAG_LINEAR != 0 { slots.saturating_sub(1) } else { slots };
        let linear_map = if flags & site::FLAG_LINEAR_MAP != 0 { slots.div_ceil(8) } else { 4 };
        scan::bitmap(worker, frame, if flags & site::FLAG_INLINE_MAP != 0 { values.min(linear_map * 8) } else { values }, map);
        if flags & site::FLAG_LINEAR_MAP != 0 {
            let function = funcs.add(raw::load_u32(record.add(site::FUNC)) * FUNC_BYTES);
            let linear = raw::load_addr(frame.add((slots - 1) * 8));
            scan::bitmap(worker, linear, raw::load_u32(function.add(func::LINEAR_BYTES)) / 8, map.add(linear_map));
        }
        top = frame;
    }
}
