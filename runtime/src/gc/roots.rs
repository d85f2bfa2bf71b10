//! Roots: where marking begins.
//!
//! Roots are laid out as numbered jobs that workers take one by one. Global data is cut into pieces ([`data_jobs`], [`scan_data`]); what
//! goroutines, machines and channels hold is the scheduler's to enumerate, with [`Frames`] for frozen stacks. The tables are those of
//! the module ([`warren_abi::frame`], [`warren_abi::module_info`]).

use super::mark::Worker;
use super::scan;
use crate::mem::{Addr, raw};
use warren_abi::frame::{FUNC_BYTES, MAX_OBJECTS, SITE_BYTES, TRAILER_BYTES, func, site};
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

/// Distinct pointers to linear frames that a scan of a goroutine keeps in mind.
const MAX_POINTERS: usize = 64;

/// A scan of the frozen frames of goroutines.
///
/// A function's frame tells of what in its linear frame is alive by itself; the objects there are alive if something alive points to them
/// ([`func::OBJECTS`]). Only frames hold such pointers, the function's own and those of what it called. So frames are scanned from the
/// innermost outwards, and when it comes to a frame all pointers to its objects are known, but for those in the objects themselves.
pub struct Frames {
    sites: Addr,
    funcs: Addr,
    heap_start: Addr,
    /// Pointers that may be to linear frames further out.
    pointers: [Addr; MAX_POINTERS],
    count: usize,
    /// There were more: all objects further out count as alive.
    all: bool,
}

impl Frames {
    /// For the goroutines of the module described at `info`.
    pub fn new(info: Addr) -> Frames {
        Frames {
            sites: raw::load_addr(info.add(module_info::SITES)),
            funcs: raw::load_addr(info.add(module_info::FUNCS)),
            heap_start: raw::load_addr(info.add(module_info::HEAP_START)),
            pointers: [Addr::NULL; MAX_POINTERS],
            count: 0,
            all: false,
        }
    }

    /// Begins with another goroutine.
    pub fn begin(&mut self) {
        self.count = 0;
        self.all = false;
    }

    /// Greys what a pointer of the goroutine points to.
    #[inline(always)]
    pub fn pointer(&mut self, pointer: Addr, worker: &mut Worker<'_>) {
        if !worker.grey_object(pointer) && pointer >= self.heap_start {
            self.note(pointer);
        }
    }

    #[inline(never)]
    fn note(&mut self, pointer: Addr) {
        if self.pointers.iter().take(self.count).any(|&noted| noted == pointer) {
            return;
        }
        match self.pointers.get_mut(self.count) {
            Some(place) => {
                *place = pointer;
                self.count += 1;
            }
            None => self.all = true,
        }
    }

    /// Greys what the frozen frames in `[low, high)` hold, linear frames included. The range consists of whole frames; ranges come from the
    /// innermost outwards.
    pub fn scan(&mut self, low: Addr, high: Addr, worker: &mut Worker<'_>) {
        let mut top = high;
        while top > low {
            let trailer = top.sub(TRAILER_BYTES);
            let record = self.sites.add(raw::load_u32(trailer) * SITE_BYTES);
            let slots = u32::from(raw::load_u16(record.add(site::SLOTS)));
            let flags = raw::load_u16(record.add(site::FLAGS));
            let frame = trailer.sub(slots * 8);
            let map = if flags & site::FLAG_INLINE_MAP != 0 { record.add(site::POINTERS) } else { raw::load_addr(record.add(site::POINTERS)) };
            // The last slot of a function with a linear frame holds no Go pointers.
            let values = if flags & site::FLAG_LINEAR != 0 { slots.saturating_sub(1) } else { slots };
            let linear_map = if flags & site::FLAG_LINEAR_MAP != 0 { slots.div_ceil(8) } else { 4 };
            let values = if flags & site::FLAG_INLINE_MAP != 0 { values.min(linear_map * 8) } else { values };
            scan::each_pointer(frame, values, map, |pointer| self.pointer(pointer, worker));
            if flags & site::FLAG_LINEAR != 0 {
                let function = self.funcs.add(raw::load_u32(record.add(site::FUNC)) * FUNC_BYTES);
                let linear = raw::load_addr(frame.add((slots - 1) * 8));
                if flags & site::FLAG_LINEAR_MAP != 0 {
                    let words = raw::load_u32(function.add(func::LINEAR_BYTES)) / 8;
                    scan::each_pointer(linear, words, map.add(linear_map), |pointer| self.pointer(pointer, worker));
                }
                self.objects(linear, function, worker);
            }
            top = frame;
        }
    }

    /// Greys what the objects of a linear frame hold that something points to.
    fn objects(&mut self, linear: Addr, function: Addr, worker: &mut Worker<'_>) {
        let record = raw::load_addr(function.add(func::OBJECTS));
        if record.is_null() {
            return;
        }
        let bytes = raw::load_u32(function.add(func::LINEAR_BYTES));
        let mut done = 0_u64;
        let mut next = 0;
        while let Some(&pointer) = self.pointers.get(next)
            && next < self.count
        {
            let offset = pointer.0.wrapping_sub(linear.0);
            if offset >= bytes {
                next += 1;
                continue;
            }
            self.count -= 1;
            self.pointers.swap(next, self.count);
            self.object(linear, record, &mut done, |first, end| first <= offset / 8 && offset / 8 < end, worker);
        }
        if self.all {
            self.object(linear, record, &mut done, |_, _| true, worker);
        }
    }

    /// Greys what the objects hold that are wanted, by their first word and the word behind them, and that are not done.
    fn object(&mut self, linear: Addr, record: Addr, done: &mut u64, wanted: impl Fn(u32, u32) -> bool, worker: &mut Worker<'_>) {
        let count = u32::from(raw::load_u16(record));
        let map = record.add(2 + count * 4);
        for index in 0..count.min(MAX_OBJECTS) {
            let place = record.add(2 + index * 4);
            let (first, end) = (u32::from(raw::load_u16(place)), u32::from(raw::load_u16(place.add(2))));
            if *done >> index & 1 != 0 || !wanted(first, end) {
                continue;
            }
            *done |= 1 << index;
            for word in first..end {
                if raw::load_u8(map.add(word / 8)) >> (word % 8) & 1 != 0 {
                    let pointer = raw::load_addr(linear.add(word * 8));
                    if !pointer.is_null() {
                        self.pointer(pointer, worker);
                    }
                }
            }
        }
    }
}
