//! Parallel marking.
//!
//! A grey object is an entry `{object: u32, span: u32}` in a *buffer*. A worker fills and empties buffers of its own and shares through
//! one list of full buffers: it gives one away when it has two full ones, or half of what it has when another worker waits. Taking
//! and giving buffers is rare, so the list has a lock; pushing and popping entries is plain memory access.
//!
//! Marking is over when no worker is active: a worker counts itself out when it finds neither root jobs nor buffers, and in again
//! before it takes one. Only active workers make new work.
//!
//! If no memory is left for a buffer, the entry is dropped and noted as lost; at the end all marked objects are scanned again until
//! nothing was lost.

use super::roots::RootSource;
use super::scan;
use crate::heap::Heap;
use crate::heap::span::{HEAD_BYTES, LARGE, NO_POINTERS, Span};
use crate::mem::lock::Lock;
use crate::mem::{Addr, Plain, Ref, raw};
use crate::thread::{SharedWord, Word};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

const BUFFER_BYTES: u32 = 8192;
/// Link to the next buffer and number of bytes of entries; the entries follow.
const NEXT: u32 = 0;
const FILLED: u32 = 4;
const ENTRIES: u32 = 16;
const ENTRY_BYTES: u32 = 8;

/// Entries a worker handles between two looks at whether others wait.
const SHARE_INTERVAL: u32 = 128;
/// Rounds that a worker without work looks for some before it sleeps, and how long it sleeps at most.
const IDLE_ROUNDS: u32 = 1000;
const IDLE_SLEEP_NS: i64 = 1_000_000;
/// More sleepers than there can be.
const EVERYBODY: u32 = 1 << 30;

/// What the workers of a cycle share.
pub struct Work {
    lock: Lock,
    /// Full buffers and empty ones, changed under `lock`; `full` is also looked at without.
    full: AtomicU32,
    empty: Plain<Addr>,
    next_job: AtomicU32,
    jobs: AtomicU32,
    /// Workers that have work or are about to take some.
    active: AtomicU32,
    /// Workers that have joined and not left. Who leaves last wakes the coordinator.
    inside: SharedWord,
    /// Changes, with a wake-up, when work is given away while somebody waits for some, and when marking is over.
    signal: SharedWord,
    /// Workers may join.
    open: AtomicBool,
    /// Workers waiting for work.
    hungry: AtomicU32,
    lost: AtomicBool,
    parallel: AtomicBool,
    live_bytes: AtomicU64,
    /// How far a list of roots has been handed out, in terms of its source; under `lock`. 0 at the start of a cycle.
    cursor: Plain<u32>,
}

impl Work {
    pub const fn new() -> Work {
        Work {
            lock: Lock::new(),
            full: AtomicU32::new(0),
            empty: Plain::new(Addr::NULL),
            next_job: AtomicU32::new(0),
            jobs: AtomicU32::new(0),
            active: AtomicU32::new(0),
            inside: SharedWord::fixed(0),
            signal: SharedWord::fixed(0),
            open: AtomicBool::new(false),
            hungry: AtomicU32::new(0),
            lost: AtomicBool::new(false),
            parallel: AtomicBool::new(false),
            live_bytes: AtomicU64::new(0),
            cursor: Plain::new(0),
        }
    }

    pub(super) fn start(&self, jobs: u32, workers: u32) {
        self.parallel.store(workers > 1, Relaxed);
        self.live_bytes.store(0, Relaxed);
        self.lost.store(false, Relaxed);
        self.cursor.set(0);
        self.next_job.store(0, Relaxed);
        self.jobs.store(jobs, Release);
        self.open.store(true, SeqCst);
    }

    pub(super) fn live_bytes(&self) -> u64 {
        self.live_bytes.load(Relaxed)
    }

    /// The coordinator has seen the end; others may still be on their way out. Nobody joins after this.
    pub(super) fn close(&self) {
        self.open.store(false, SeqCst);
        let mut rounds = 0;
        loop {
            let inside = self.inside.load();
            if inside == 0 {
                return;
            }
            rounds += 1;
            if rounds > IDLE_ROUNDS {
                // A worker that lost its core: leave it ours.
                self.inside.wait(inside, IDLE_SLEEP_NS);
            }
            core::hint::spin_loop();
        }
    }

    fn has_work(&self) -> bool {
        self.full.load(Acquire) != 0 || self.next_job.load(Relaxed) < self.jobs.load(Relaxed)
    }

    fn take_job(&self) -> Option<u32> {
        if self.next_job.load(Relaxed) >= self.jobs.load(Relaxed) {
            return None;
        }
        let job = self.next_job.fetch_add(1, Relaxed);
        if job < self.jobs.load(Relaxed) { Some(job) } else { None }
    }

    fn give_full(&self, buffer: Addr) {
        {
            let _guard = self.lock.lock();
            raw::store_u32(buffer.add(NEXT), self.full.load(Relaxed));
            self.full.store(buffer.0, Release);
        }
        if self.hungry.load(SeqCst) != 0 {
            self.signal(1);
        }
    }

    fn signal(&self, sleepers: u32) {
        self.signal.add(1);
        self.signal.wake(sleepers);
    }

    fn take_full(&self) -> Option<Addr> {
        if self.full.load(Acquire) == 0 {
            return None;
        }
        let _guard = self.lock.lock();
        let buffer = Addr(self.full.load(Relaxed));
        if buffer.is_null() {
            return None;
        }
        self.full.store(raw::load_u32(buffer.add(NEXT)), Release);
        Some(buffer)
    }

    fn give_empty(&self, buffer: Addr) {
        let _guard = self.lock.lock();
        raw::store_addr(buffer.add(NEXT), self.empty.get());
        self.empty.set(buffer);
    }

    fn take_empty(&self, heap: &Heap) -> Option<Addr> {
        {
            let _guard = self.lock.lock();
            let buffer = self.empty.get();
            if !buffer.is_null() {
                self.empty.set(raw::load_addr(buffer.add(NEXT)));
                return Some(buffer);
            }
        }
        heap.memory.alloc(BUFFER_BYTES)
    }
}

impl Default for Work {
    fn default() -> Work {
        Work::new()
    }
}

/// One machine's part in marking.
pub struct Worker<'a> {
    pub(super) heap: &'a Heap,
    work: &'a Work,
    /// The buffer in use, or NULL; its entries lie in `[bottom, top)`.
    buffer: Addr,
    top: Addr,
    limit: Addr,
    bottom: Addr,
    /// A second buffer, empty, full, or NULL, so that pushing and popping across a border does not go to the list.
    spare: Addr,
    marked_bytes: u64,
    parallel: bool,
}

impl<'a> Worker<'a> {
    pub(super) fn new(heap: &'a Heap, work: &'a Work) -> Worker<'a> {
        work.inside.add(1);
        Worker {
            heap,
            work,
            buffer: Addr::NULL,
            top: Addr::NULL,
            limit: Addr::NULL,
            bottom: Addr::NULL,
            spare: Addr::NULL,
            marked_bytes: 0,
            parallel: work.parallel.load(Relaxed),
        }
    }

    /// Marks the object that `pointer` points into, if it does, and remembers to scan it. Every value may be passed.
    #[inline(always)]
    pub fn grey(&mut self, pointer: Addr) {
        self.grey_object(pointer);
    }

    /// The same. False if it points into no object.
    #[inline(always)]
    pub fn grey_object(&mut self, pointer: Addr) -> bool {
        let Some(span) = self.heap.span_of(pointer) else { return false };
        let index = span.index_of(pointer.offset_from(span.start.get()));
        let word = span.addr().add(HEAD_BYTES + (index >> 5) * 4);
        let bit = 1 << (index & 31);
        // A mark that another worker sets at the same time is harmless to miss: the object is scanned twice.
        if self.parallel {
            let word = raw::atomic_u32(word);
            if word.load(Relaxed) & bit != 0 {
                return true;
            }
            word.fetch_or(bit, Relaxed);
        } else {
            let marks = raw::load_u32(word);
            if marks & bit != 0 {
                return true;
            }
            raw::store_u32(word, marks | bit);
        }
        self.marked_bytes += u64::from(span.object_bytes.get());
        if span.pointer_kind.get() != NO_POINTERS {
            self.push(span, span.slot(index));
        }
        true
    }

    /// Whether the object that `pointer` points into is marked; true for everything that is no object.
    pub fn is_marked(&self, pointer: Addr) -> bool {
        self.heap.find(pointer).is_none_or(|found| found.span.is_marked(found.index))
    }

    /// Moves the cursor that all workers share by `advance`, one at a time; what the cursor was before. For roots in a list, which a source
    /// hands out piece by piece.
    pub fn advance_cursor(&self, advance: impl FnOnce(u32) -> u32) -> u32 {
        let _guard = self.work.lock.lock();
        let before = self.work.cursor.get();
        self.work.cursor.set(advance(before));
        before
    }

    #[inline(always)]
    pub(super) fn push(&mut self, span: Ref<Span>, object: Addr) {
        if self.top == self.limit && !self.make_room() {
            self.work.lost.store(true, Relaxed);
            return;
        }
        raw::store_u64(self.top, u64::from(object.0) | u64::from(span.addr().0) << 32);
        self.top = self.top.add(ENTRY_BYTES);
    }

    /// Scans until this worker's own entries are used up.
    pub fn drain(&mut self) {
        let mut until_share = SHARE_INTERVAL;
        loop {
            if self.top == self.bottom && !self.refill() {
                return;
            }
            self.top = self.top.sub(ENTRY_BYTES);
            let entry = raw::load_u64(self.top);
            scan::object(self, raw::reference::<Span>(Addr((entry >> 32) as u32)), Addr(entry as u32));
            until_share -= 1;
            if until_share == 0 {
                until_share = SHARE_INTERVAL;
                self.share();
            }
        }
    }

    /// Works on roots and grey objects until no worker has any left.
    pub(super) fn run(&mut self, roots: &impl RootSource) {
        let work = self.work;
        if !work.open.load(SeqCst) {
            return;
        }
        work.active.fetch_add(1, SeqCst);
        loop {
            self.drain();
            if let Some(job) = work.take_job() {
                roots.scan(job, self);
                continue;
            }
            if self.take_shared() {
                continue;
            }
            if work.active.fetch_sub(1, SeqCst) == 1 {
                work.signal(EVERYBODY);
            }
            work.hungry.fetch_add(1, SeqCst);
            let more = self.wait_for_work();
            work.hungry.fetch_sub(1, SeqCst);
            if !more {
                return;
            }
        }
    }

    /// True: this worker is active again. False: marking is over.
    fn wait_for_work(&self) -> bool {
        let work = self.work;
        let mut rounds = 0;
        loop {
            let seen = work.signal.load();
            if work.has_work() {
                work.active.fetch_add(1, SeqCst);
                return true;
            }
            if work.active.load(SeqCst) == 0 {
                return false;
            }
            rounds += 1;
            if rounds > IDLE_ROUNDS {
                work.signal.wait(seen, IDLE_SLEEP_NS);
            }
            core::hint::spin_loop();
        }
    }

    /// Scans all marked objects again for as long as entries were lost. The caller is the only worker.
    pub(super) fn recover_lost(&mut self) {
        while self.work.lost.swap(false, Relaxed) {
            let heap = self.heap;
            let mut rescan = |span: Ref<Span>| {
                if span.pointer_kind.get() == NO_POINTERS {
                    return;
                }
                for index in 0..u32::from(span.slots.get()) {
                    if span.is_marked(index) {
                        scan::whole_object(self, raw::reference::<Span>(span.addr()), span.slot(index));
                        self.drain_all();
                    }
                }
            };
            for central in &heap.central {
                central.for_each(|span, _| rescan(span));
            }
            heap.large.for_each(|span, _| rescan(span));
        }
    }

    /// Scans until neither this worker nor the list has entries.
    pub fn drain_all(&mut self) {
        loop {
            self.drain();
            if !self.take_shared() {
                return;
            }
        }
    }

    /// Gives back buffers and counts.
    pub(super) fn leave(self) {
        for buffer in [self.buffer, self.spare] {
            if !buffer.is_null() {
                self.work.give_empty(buffer);
            }
        }
        self.work.live_bytes.fetch_add(self.marked_bytes, Relaxed);
        if self.work.inside.add(u32::MAX) == 0 {
            self.work.inside.wake(1);
        }
    }

    fn open(&mut self, buffer: Addr, filled: u32) {
        self.buffer = buffer;
        self.bottom = buffer.add(ENTRIES);
        self.top = self.bottom.add(filled);
        self.limit = buffer.add(BUFFER_BYTES);
    }

    /// The buffer is full, or there is none yet.
    #[cold]
    fn make_room(&mut self) -> bool {
        if self.spare.is_null() || raw::load_u32(self.spare.add(FILLED)) != 0 {
            let Some(empty) = self.work.take_empty(self.heap) else { return false };
            if !self.spare.is_null() {
                self.work.give_full(self.spare);
            }
            raw::store_u32(empty.add(FILLED), 0);
            self.spare = empty;
        }
        let full = self.buffer;
        let spare = self.spare;
        if !full.is_null() {
            raw::store_u32(full.add(FILLED), BUFFER_BYTES - ENTRIES);
        }
        self.spare = full;
        self.open(spare, 0);
        true
    }

    /// The buffer is empty, or there is none yet.
    fn refill(&mut self) -> bool {
        if self.spare.is_null() || raw::load_u32(self.spare.add(FILLED)) == 0 {
            return false;
        }
        let full = self.spare;
        raw::store_u32(self.buffer.add(FILLED), 0);
        self.spare = self.buffer;
        self.open(full, raw::load_u32(full.add(FILLED)));
        true
    }

    /// Takes a buffer from the list; this worker's own are empty.
    fn take_shared(&mut self) -> bool {
        let Some(full) = self.work.take_full() else { return false };
        let old = self.buffer;
        if !old.is_null() {
            if self.spare.is_null() {
                raw::store_u32(old.add(FILLED), 0);
                self.spare = old;
            } else {
                self.work.give_empty(old);
            }
        }
        self.open(full, raw::load_u32(full.add(FILLED)));
        true
    }

    /// Gives work away if others wait for some.
    fn share(&mut self) {
        let work = self.work;
        if work.hungry.load(Relaxed) == 0 || work.full.load(Relaxed) != 0 {
            return;
        }
        if !self.spare.is_null() && raw::load_u32(self.spare.add(FILLED)) != 0 {
            work.give_full(self.spare);
            self.spare = Addr::NULL;
            return;
        }
        // The older half: those entries lead to larger parts of the heap.
        let half = self.top.offset_from(self.bottom) / ENTRY_BYTES / 2 * ENTRY_BYTES;
        if half < 8 * ENTRY_BYTES {
            return;
        }
        let Some(gift) = work.take_empty(self.heap) else { return };
        raw::copy(gift.add(ENTRIES), self.bottom, half);
        raw::store_u32(gift.add(FILLED), half);
        raw::copy(self.bottom, self.bottom.add(half), self.top.offset_from(self.bottom) - half);
        self.top = self.top.sub(half);
        work.give_full(gift);
    }
}

/// A large object is scanned in pieces of this size by different workers.
pub(super) const PIECE_BYTES: u32 = 128 << 10;

/// True for spans whose objects are scanned in pieces.
pub(super) fn is_large(span: &Span) -> bool {
    span.pointer_kind.get() == LARGE
}
