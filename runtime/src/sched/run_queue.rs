//! The run queue of a processor: a ring of goroutines and a slot for the one that runs next.
//!
//! The owner appends at the tail and takes from the head; others steal half from the head. `next` holds a goroutine that was just made
//! ready: it runs before the ring, so that two goroutines that talk to each other stay on one processor and in its caches.
//!
//! # Invariants
//! - RUNQ-1: `tail` is written by the owner alone; `head` moves by compare-and-swap, so every goroutine in [head, tail) is taken once.
//! - RUNQ-2: a thief copies before it moves `head`: if the move succeeds, the owner cannot have written over what was copied.

use crate::thread::{SharedWord, Word};

/// Places of the ring.
pub const CAPACITY: usize = 256;

/// The queue. Goroutines are numbers here (addresses; 0 is none).
pub struct RunQueue<W: Word = SharedWord, const SIZE: usize = CAPACITY> {
    head: W,
    tail: W,
    next: W,
    ring: [W; SIZE],
}

impl<W: Word, const SIZE: usize> RunQueue<W, SIZE> {
    const MASK: u32 = SIZE as u32 - 1;

    pub fn new() -> RunQueue<W, SIZE> {
        RunQueue { head: W::new(0), tail: W::new(0), next: W::new(0), ring: core::array::from_fn(|_| W::new(0)) }
    }

    fn place(&self, index: u32) -> &W {
        // A ring's size is a power of two, so the masked index is inside.
        &self.ring[(index & Self::MASK) as usize]
    }

    /// Goroutines in the ring, `next` not counted.
    #[inline(always)]
    pub fn ring_len(&self) -> u32 {
        self.tail.load().wrapping_sub(self.head.load())
    }

    /// Nothing is queued. Exact only for the owner, and only if nobody steals.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.next.load() == 0 && self.ring_len() == 0
    }

    /// Something waits in `next`.
    #[inline(always)]
    pub fn has_next(&self) -> bool {
        self.next.load() != 0
    }

    /// Owner: makes `goroutine` the next one to run; returns the one that was to be it before, or 0.
    #[inline(always)]
    pub fn push_next(&self, goroutine: u32) -> u32 {
        self.next.swap(goroutine)
    }

    /// Owner: appends. False if the ring is full.
    #[inline]
    pub fn push(&self, goroutine: u32) -> bool {
        let tail = self.tail.load();
        if tail.wrapping_sub(self.head.load()) >= SIZE as u32 {
            return false;
        }
        self.place(tail).store(goroutine);
        self.tail.store(tail.wrapping_add(1));
        true
    }

    /// Owner: takes `next`, or the head of the ring, or 0.
    #[inline(always)]
    pub fn pop(&self) -> u32 {
        if self.next.load() != 0 {
            let next = self.next.swap(0);
            if next != 0 {
                return next;
            }
        }
        self.pop_ring()
    }

    /// Owner: takes the head of the ring, or 0.
    #[inline]
    pub fn pop_ring(&self) -> u32 {
        loop {
            let head = self.head.load();
            if head == self.tail.load() {
                return 0;
            }
            let goroutine = self.place(head).load();
            if self.head.replace(head, head.wrapping_add(1)) {
                return goroutine;
            }
        }
    }

    /// Owner: takes half of a full ring, oldest first, to hand it to the global queue: how many went to `take`.
    pub fn shed(&self, mut take: impl FnMut(u32)) -> u32 {
        let mut count = 0;
        while count < SIZE as u32 / 2 {
            let goroutine = self.pop_ring();
            if goroutine == 0 {
                break;
            }
            take(goroutine);
            count += 1;
        }
        count
    }

    /// Another processor's owner: moves half of this ring into `own`, whose ring is empty, and returns one of them to run now. With
    /// `also_next`, takes `next` if the ring is empty. 0: nothing to steal.
    pub fn steal_into(&self, own: &RunQueue<W, SIZE>, also_next: bool) -> u32 {
        loop {
            let head = self.head.load();
            let count = self.tail.load().wrapping_sub(head);
            if count > SIZE as u32 {
                // The two loads belong to different moments.
                continue;
            }
            if count == 0 {
                return if also_next { self.next.swap(0) } else { 0 };
            }
            let stolen = count - count / 2;
            let own_tail = own.tail.load();
            for index in 0..stolen {
                own.place(own_tail.wrapping_add(index)).store(self.place(head.wrapping_add(index)).load());
            }
            if self.head.replace(head, head.wrapping_add(stolen)) {
                let last = own_tail.wrapping_add(stolen - 1);
                own.tail.store(last);
                return own.place(last).load();
            }
        }
    }
}

impl<W: Word, const SIZE: usize> Default for RunQueue<W, SIZE> {
    fn default() -> Self {
        RunQueue::new()
    }
}
