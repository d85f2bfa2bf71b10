//! Processors (Go's `p`): rights to run Go code, with what goes along.

use crate::heap::Cache;
use crate::mem::{Plain, Ref};
use crate::thread::{SharedWord, Word};

use super::goroutine::Goroutine;
use super::machine::Machine;
use super::run_queue::RunQueue;
use super::waiter::Waiter;

/// Most processors there can be.
pub const MAX_PROCESSORS: usize = 64;

/// A processor. Fields without a remark belong to the machine that holds it.
pub struct Processor {
    pub queue: RunQueue,
    /// Where its goroutines allocate from.
    pub cache: Cache,
    /// 1: its machine is asked to freeze the running goroutine. Counted in the poll word; set by the watcher, cleared by the machine.
    pub preempt: SharedWord,
    /// Whether its machine is in a host call and has lent it (see `host_call`); number of such calls, and that when the watcher last looked.
    pub host: SharedWord,
    pub host_calls: Plain<u32>,
    pub seen_host_calls: Plain<u32>,
    /// Goroutines it has run. The watcher reads it.
    pub tick: Plain<u32>,
    /// `tick` when the watcher last looked.
    pub seen_tick: Plain<u32>,
    /// When its grain was last measured, and the estimate: nanoseconds a goroutine runs at a time.
    pub measured_ns: Plain<u64>,
    pub slice_ns: Plain<u64>,
    /// Index in the scheduler's table.
    pub id: Plain<u32>,
    /// The machine that holds it.
    pub machine: Plain<Option<Ref<Machine>>>,
    /// Next in the list of idle processors; belongs to the scheduler's lock.
    pub next_idle: Plain<Option<Ref<Processor>>>,
    /// In that list. The watcher reads it.
    pub idle: SharedWord,
    /// Free goroutines, and how many.
    pub free: Plain<Option<Ref<Goroutine>>>,
    pub free_count: Plain<u32>,
    /// Free waiters for selects.
    pub free_waiters: Plain<Option<Ref<Waiter>>>,
    /// Goroutines started less those ended here; the sum over all processors is the number that exist.
    pub balance: Plain<i32>,
    /// Numbers for new goroutines: next, and end of the batch.
    pub next_id: Plain<u64>,
    pub end_id: Plain<u64>,
}

impl Processor {
    pub fn new(id: u32) -> Processor {
        Processor {
            queue: RunQueue::new(),
            cache: Cache::new(),
            preempt: SharedWord::new(0),
            host: SharedWord::new(super::host_call::HELD),
            host_calls: Plain::new(0),
            seen_host_calls: Plain::new(0),
            tick: Plain::new(0),
            seen_tick: Plain::new(0),
            measured_ns: Plain::new(0),
            slice_ns: Plain::new(0),
            id: Plain::new(id),
            machine: Plain::new(None),
            next_idle: Plain::new(None),
            idle: SharedWord::new(0),
            free: Plain::new(None),
            free_count: Plain::new(0),
            free_waiters: Plain::new(None),
            balance: Plain::new(0),
            next_id: Plain::new(0),
            end_id: Plain::new(0),
        }
    }
}
