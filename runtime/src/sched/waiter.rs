//! Waiters (Go's `sudog`): a goroutine's place in a queue.
//!
//! An operation that waits in one queue uses the waiter in its goroutine; a select takes one for each case from its processor's pool.

use crate::mem::{Addr, Plain, Ref};
use crate::world::{self, World};

use super::goroutine::Goroutine;
use super::processor::Processor;

/// A waiter. While it is queued, everything but `in_select` belongs to the lock of the queue.
#[repr(C)]
pub struct Waiter {
    pub goroutine: Plain<Option<Ref<Goroutine>>>,
    pub next: Plain<Option<Ref<Waiter>>>,
    pub previous: Plain<Option<Ref<Waiter>>>,
    /// Next waiter of the same select; next free one in a pool.
    pub in_select: Plain<Option<Ref<Waiter>>>,
    /// Where to take the value from or put it, or NULL.
    pub element: Plain<Addr>,
    /// The channel, or the address of the semaphore.
    pub place: Plain<Addr>,
    /// Place in a notify list.
    pub ticket: Plain<u32>,
    /// Result of the operation if it succeeds, and if the channel is closed.
    pub done_result: Plain<u32>,
    pub closed_result: Plain<u32>,
    /// One of several of a select.
    pub select: Plain<bool>,
    /// Waits to send (in a select).
    pub sends: Plain<bool>,
    /// In its queue. The goroutine's own waiter means nothing while it is not.
    pub queued: Plain<bool>,
}

impl Waiter {
    pub const fn new() -> Waiter {
        Waiter {
            goroutine: Plain::new(None),
            next: Plain::new(None),
            previous: Plain::new(None),
            in_select: Plain::new(None),
            element: Plain::new(Addr::NULL),
            place: Plain::new(Addr::NULL),
            ticket: Plain::new(0),
            done_result: Plain::new(0),
            closed_result: Plain::new(0),
            select: Plain::new(false),
            sends: Plain::new(false),
            queued: Plain::new(false),
        }
    }

    /// Takes one from the processor's pool.
    pub fn take(world: &World, processor: Ref<Processor>) -> Ref<Waiter> {
        if let Some(waiter) = processor.free_waiters.get() {
            processor.free_waiters.set(waiter.in_select.get());
            return waiter;
        }
        match Ref::write(world::allocate(world, size_of::<Waiter>() as u32), Waiter::new()) {
            Some(waiter) => waiter,
            None => crate::fatal::bug("WAITER: no memory"),
        }
    }

    /// Gives one back.
    pub fn give(processor: Ref<Processor>, waiter: Ref<Waiter>) {
        waiter.in_select.set(processor.free_waiters.get());
        processor.free_waiters.set(Some(waiter));
    }
}

impl Default for Waiter {
    fn default() -> Waiter {
        Waiter::new()
    }
}
