//! A queue of waiters (Go's `waitq`). It belongs to the lock of whatever contains it.
//!
//! # Invariants
//! - WAIT-1: a waiter is in at most one queue; `queued` says so.
//! - WAIT-2: a waiter of a select leaves its queue when the select is decided elsewhere at the latest when its goroutine runs again.

use crate::mem::{Addr, Plain, Ref};
use crate::sched::scheduler::wake;
use crate::sched::{Processor, Waiter};
use crate::thread::Word;
use crate::world::World;

/// The queue. Zeroed memory is an empty one.
#[repr(C)]
pub struct Queue {
    first: Plain<Option<Ref<Waiter>>>,
    last: Plain<Option<Ref<Waiter>>>,
}

impl Queue {
    pub const fn new() -> Queue {
        Queue { first: Plain::new(None), last: Plain::new(None) }
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.first.get().is_none()
    }

    /// The first waiter.
    pub fn first(&self) -> Option<Ref<Waiter>> {
        self.first.get()
    }

    /// Appends.
    #[inline(always)]
    pub fn push(&self, waiter: Ref<Waiter>) {
        waiter.queued.set(true);
        waiter.next.set(None);
        let last = self.last.get();
        waiter.previous.set(last);
        match last {
            Some(last) => last.next.set(Some(waiter)),
            None => self.first.set(Some(waiter)),
        }
        self.last.set(Some(waiter));
    }

    /// Puts in front.
    pub fn push_front(&self, waiter: Ref<Waiter>) {
        waiter.queued.set(true);
        waiter.previous.set(None);
        let first = self.first.get();
        waiter.next.set(first);
        match first {
            Some(first) => first.previous.set(Some(waiter)),
            None => self.last.set(Some(waiter)),
        }
        self.first.set(Some(waiter));
    }

    /// Takes a queued waiter out.
    #[inline(always)]
    pub fn remove(&self, waiter: Ref<Waiter>) {
        debug_assert!(waiter.queued.get(), "WAIT-1");
        waiter.queued.set(false);
        let (previous, next) = (waiter.previous.get(), waiter.next.get());
        match previous {
            Some(previous) => previous.next.set(next),
            None => self.first.set(next),
        }
        match next {
            Some(next) => next.previous.set(previous),
            None => self.last.set(previous),
        }
    }

    /// Takes the first waiter that can still be served: those of selects that were decided elsewhere are dropped. The caller wakes its
    /// goroutine.
    #[inline(always)]
    pub fn take(&self) -> Option<Ref<Waiter>> {
        loop {
            let waiter = self.first.get()?;
            self.remove(waiter);
            if !waiter.select.get() {
                return Some(waiter);
            }
            if let Some(goroutine) = waiter.goroutine.get()
                && goroutine.selected.replace(0, 1)
            {
                return Some(waiter);
            }
        }
    }

    /// Takes all of these: the first of a list in their order, for [`wake_all`]. `serve` gets the element of each.
    pub fn take_all(&self, serve: impl Fn(Addr)) -> Option<Ref<Waiter>> {
        let mut first: Option<Ref<Waiter>> = None;
        let mut last: Option<Ref<Waiter>> = None;
        while let Some(waiter) = self.take() {
            serve(waiter.element.get());
            waiter.next.set(None);
            match last {
                Some(last) => last.next.set(Some(waiter)),
                None => first = Some(waiter),
            }
            last = Some(waiter);
        }
        first
    }

    /// Some waiter can still be served, as far as the moment tells.
    pub fn has_servable(&self) -> bool {
        let mut waiter = self.first.get();
        while let Some(current) = waiter {
            let decided = current.select.get() && current.goroutine.get().is_some_and(|goroutine| goroutine.selected.load() != 0);
            if !decided {
                return true;
            }
            waiter = current.next.get();
        }
        false
    }
}

/// Wakes the goroutines of a list that [`Queue::take_all`] made, each with its result. No lock is held.
pub fn wake_all(world: &World, processor: Ref<Processor>, waiters: Option<Ref<Waiter>>, result: fn(Ref<Waiter>) -> u32) {
    let mut next = waiters;
    while let Some(waiter) = next {
        next = waiter.next.get();
        if let Some(goroutine) = waiter.goroutine.get() {
            wake(world, processor, goroutine, result(waiter));
        }
    }
}

impl Default for Queue {
    fn default() -> Queue {
        Queue::new()
    }
}
