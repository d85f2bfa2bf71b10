//! Goroutines (Go's `g`).
//!
//! A goroutine is one block of [`BLOCK_BYTES`]: this structure, then the first chunk of its frozen stack, then the first chunk of its
//! linear stack. That is all a parked goroutine costs besides the closure it was started with. Blocks are never given back, only used
//! again, and all of them hang in one list, so the collector and tracebacks find them.

use crate::mem::{Addr, Plain, Ref, raw};
use crate::thread::{SharedWord, Word};

use super::bubble::Bubble;
use super::machine::Machine;
use super::waiter::Waiter;

/// Bytes of a goroutine's block.
pub const BLOCK_BYTES: u32 = 768;
/// Bytes of the first chunk of the frozen stack.
pub const FIRST_FROZEN_BYTES: u32 = 256;
/// Where that chunk begins in the block.
pub const FROZEN_OFFSET: u32 = 192;
/// Where the first chunk of the linear stack begins; it ends with the block.
pub const LINEAR_OFFSET: u32 = FROZEN_OFFSET + FIRST_FROZEN_BYTES;

const _: () = assert!(size_of::<Goroutine>() <= FROZEN_OFFSET as usize);

/// What a goroutine is doing.
pub mod status {
    /// The block is free.
    pub const DEAD: u32 = 0;
    /// In a run queue, or about to be put into one.
    pub const RUNNABLE: u32 = 1;
    /// A machine runs it.
    pub const RUNNING: u32 = 2;
    /// It waits on some queue, but its frames are still being saved.
    pub const PARKING: u32 = 3;
    /// It waits and is saved.
    pub const PARKED: u32 = 4;
    /// It was woken while it was being saved; whoever saves it makes it runnable.
    pub const WOKEN: u32 = 5;
    /// It is in a call of a host function, all frames saved.
    pub const IN_HOST: u32 = 6;
}

/// Why a goroutine waits, as tracebacks say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitReason {
    None,
    ChanReceive,
    ChanSend,
    ChanReceiveNil,
    ChanSendNil,
    Select,
    SelectNoCases,
    Sleep,
    SemAcquire,
    MutexLock,
    ReadLock,
    WriteLock,
    WaitGroup,
    CondWait,
    Finalizer,
    Collection,
    Coroutine,
    /// On a file.
    Descriptor,
    SynctestRun,
    SynctestWait,
    /// On a channel of the goroutine's own bubble, or on such only.
    DurableReceive,
    DurableSend,
    DurableSelect,
    DurableWaitGroup,
}

impl WaitReason {
    /// Go's text.
    pub fn text(self) -> &'static str {
        match self {
            WaitReason::None => "waiting",
            WaitReason::ChanReceive => "chan receive",
            WaitReason::ChanSend => "chan send",
            WaitReason::ChanReceiveNil => "chan receive (nil chan)",
            WaitReason::ChanSendNil => "chan send (nil chan)",
            WaitReason::Select => "select",
            WaitReason::SelectNoCases => "select (no cases)",
            WaitReason::Sleep => "sleep",
            WaitReason::SemAcquire => "semacquire",
            WaitReason::MutexLock => "sync.Mutex.Lock",
            WaitReason::ReadLock => "sync.RWMutex.RLock",
            WaitReason::WriteLock => "sync.RWMutex.Lock",
            WaitReason::WaitGroup => "sync.WaitGroup.Wait",
            WaitReason::CondWait => "sync.Cond.Wait",
            WaitReason::Finalizer => "finalizer wait",
            WaitReason::Collection => "wait for GC cycle",
            WaitReason::Coroutine => "coroutine",
            WaitReason::Descriptor => "IO wait",
            WaitReason::SynctestRun => "synctest.Run",
            WaitReason::SynctestWait => "synctest.Wait",
            WaitReason::DurableReceive => "chan receive (durable)",
            WaitReason::DurableSend => "chan send (durable)",
            WaitReason::DurableSelect => "select (durable)",
            WaitReason::DurableWaitGroup => "sync.WaitGroup.Wait (durable)",
        }
    }

    /// In a bubble only a goroutine of the same one, or its clock, ends such a wait.
    pub fn is_durable(self) -> bool {
        use WaitReason::{ChanReceiveNil, ChanSendNil, CondWait, Coroutine, SelectNoCases, Sleep, SynctestRun, SynctestWait};
        self.says_durable()
            || matches!(self, ChanReceiveNil | ChanSendNil | SelectNoCases | Sleep | CondWait | Coroutine | SynctestRun | SynctestWait)
    }

    /// The text says so already.
    pub fn says_durable(self) -> bool {
        use WaitReason::{DurableReceive, DurableSelect, DurableSend, DurableWaitGroup};
        matches!(self, DurableReceive | DurableSend | DurableSelect | DurableWaitGroup)
    }
}

/// A goroutine. Fields without a remark belong to whoever runs or resumes it.
#[repr(C)]
pub struct Goroutine {
    /// Number, from 1 (main).
    pub id: Plain<u64>,
    /// Result of the operation that froze it: word 0 of the result area at thaw.
    pub result: Plain<u64>,
    /// See [`status`]. PARKING to PARKED by the saver, to WOKEN by the waker; the rest by the owner.
    pub status: SharedWord,
    /// Next in a run queue or list; belongs to that queue.
    pub next: Plain<Option<Ref<Goroutine>>>,
    /// Frozen stack: end of the innermost frame, and the chunk it lies in. See `freeze`.
    pub top: Plain<Addr>,
    pub chunk: Plain<Addr>,
    pub chunk_end: Plain<Addr>,
    /// Linear stack: pointer and lowest usable address while the goroutine does not run, current chunk, and a spare one. See `linear`.
    pub linear_sp: Plain<u32>,
    pub linear_limit: Plain<u32>,
    pub linear_chunk: Plain<Addr>,
    pub linear_spare: Plain<Addr>,
    /// The goroutine that started it (0: none), and the description of the go statement.
    pub parent: Plain<u64>,
    pub origin: Plain<Addr>,
    /// Newest panic or Goexit in progress; a record of `panic`.
    pub panics: Plain<Addr>,
    /// A record that has served, kept for the next panic.
    pub spare_panic: Plain<Addr>,
    /// Waiters of the select in progress, linked by `Waiter::in_select`.
    pub waiters: Plain<Option<Ref<Waiter>>>,
    /// 1 as soon as some case of the select in progress was chosen by another goroutine.
    pub selected: SharedWord,
    /// Why it waits.
    pub wait_reason: Plain<WaitReason>,
    /// The runtime's own: does not count as a user goroutine.
    pub system: Plain<bool>,
    /// `result` is the address of a Go object.
    pub result_is_pointer: Plain<bool>,
    /// The bubble it belongs to.
    pub bubble: Plain<Option<Ref<Bubble>>>,
    /// The machine it is locked to, and how many times it asked for that.
    pub locked_machine: Plain<Option<Ref<Machine>>>,
    pub lock_count: Plain<u32>,
    /// What the profiler calls it, a Go object, and marks of package crypto's. Goroutines that it starts inherit both.
    pub labels: Plain<Addr>,
    pub marks: Plain<u32>,
    /// Next in the list of all goroutines. Set once, under the goroutine lock.
    pub next_of_all: Plain<Option<Ref<Goroutine>>>,
    /// The waiter of an operation that needs only one.
    pub waiter: Waiter,
}

impl Goroutine {
    /// A free goroutine.
    pub fn new() -> Goroutine {
        Goroutine {
            id: Plain::new(0),
            result: Plain::new(0),
            status: SharedWord::new(status::DEAD),
            next: Plain::new(None),
            top: Plain::new(Addr::NULL),
            chunk: Plain::new(Addr::NULL),
            chunk_end: Plain::new(Addr::NULL),
            linear_sp: Plain::new(0),
            linear_limit: Plain::new(0),
            linear_chunk: Plain::new(Addr::NULL),
            linear_spare: Plain::new(Addr::NULL),
            parent: Plain::new(0),
            origin: Plain::new(Addr::NULL),
            panics: Plain::new(Addr::NULL),
            spare_panic: Plain::new(Addr::NULL),
            waiters: Plain::new(None),
            selected: SharedWord::new(0),
            wait_reason: Plain::new(WaitReason::None),
            system: Plain::new(false),
            result_is_pointer: Plain::new(false),
            bubble: Plain::new(None),
            locked_machine: Plain::new(None),
            lock_count: Plain::new(0),
            labels: Plain::new(Addr::NULL),
            marks: Plain::new(0),
            next_of_all: Plain::new(None),
            waiter: Waiter::new(),
        }
    }
}

impl Ref<Goroutine> {
    /// Notes where it comes from.
    #[inline(always)]
    pub fn set_origin(self, parent: Ref<Goroutine>, origin: Addr) {
        self.parent.set(parent.id.get());
        self.origin.set(origin);
    }

    /// The waiter of an operation that needs only one, made out to this goroutine.
    #[inline(always)]
    pub fn own_waiter(self) -> Ref<Waiter> {
        match Ref::<Waiter>::at(raw::address_of(&self.waiter)) {
            Some(waiter) => {
                waiter.goroutine.set(Some(self));
                waiter
            }
            None => crate::fatal::bug("SCHED: a goroutine at address 0"),
        }
    }
}

impl Default for Goroutine {
    fn default() -> Goroutine {
        Goroutine::new()
    }
}
