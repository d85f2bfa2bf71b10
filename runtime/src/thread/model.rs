//! Lock-free parts under a model checker: every interleaving of a few threads, up to a bound on preemptions.

use super::{Lock, Note, Rank, Word};
use crate::sched::goroutine::status;
use crate::sched::run_queue::RunQueue;
use loom::sync::atomic::{AtomicU32, Ordering::SeqCst};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

/// A word with the host's futex, modelled by a lock and a condition.
struct ModelWord {
    value: AtomicU32,
    lock: Mutex<()>,
    sleepers: Condvar,
}

impl Word for ModelWord {
    fn new(value: u32) -> ModelWord {
        ModelWord { value: AtomicU32::new(value), lock: Mutex::new(()), sleepers: Condvar::new() }
    }

    fn load(&self) -> u32 {
        self.value.load(SeqCst)
    }

    fn store(&self, value: u32) {
        self.value.store(value, SeqCst);
    }

    fn swap(&self, value: u32) -> u32 {
        self.value.swap(value, SeqCst)
    }

    fn replace(&self, old: u32, new: u32) -> bool {
        self.value.compare_exchange(old, new, SeqCst, SeqCst).is_ok()
    }

    fn add(&self, delta: u32) -> u32 {
        self.value.fetch_add(delta, SeqCst).wrapping_add(delta)
    }

    fn wait(&self, expected: u32, _timeout_ns: i64) -> bool {
        let guard = self.lock.lock().expect("no panic while it is held");
        if self.load() == expected {
            drop(self.sleepers.wait(guard).expect("no panic while it is held"));
        }
        true
    }

    fn wake(&self, _count: u32) {
        let _guard = self.lock.lock().expect("no panic while it is held");
        self.sleepers.notify_all();
    }
}

fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

/// A counter that loses counts unless its users exclude each other.
struct Guarded {
    lock: Lock<ModelWord>,
    value: AtomicU32,
}

impl Guarded {
    fn increment(&self) {
        self.lock.lock(Rank::Scheduler);
        let value = self.value.load(SeqCst);
        self.value.store(value + 1, SeqCst);
        self.lock.unlock(Rank::Scheduler);
    }
}

#[test]
fn a_lock_excludes_and_wakes() {
    check(3, || {
        let guarded = Arc::new(Guarded { lock: Lock::new(), value: AtomicU32::new(0) });
        let others: Vec<_> = (0..2)
            .map(|_| {
                let guarded = Arc::clone(&guarded);
                thread::spawn(move || guarded.increment())
            })
            .collect();
        guarded.increment();
        for other in others {
            other.join().expect("it ends");
        }
        assert_eq!(guarded.value.load(SeqCst), 3);
    });
}

#[test]
fn a_note_is_not_lost() {
    check(3, || {
        let note = Arc::new(Note::<ModelWord>::new());
        let waker = {
            let note = Arc::clone(&note);
            thread::spawn(move || note.wake())
        };
        assert!(note.sleep(-1));
        waker.join().expect("it ends");
    });
}

#[test]
fn every_goroutine_is_taken_once() {
    check(3, || {
        let queue = Arc::new(RunQueue::<ModelWord, 4>::new());
        let thieves: Vec<_> = (0..2)
            .map(|_| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || {
                    let own = RunQueue::<ModelWord, 4>::new();
                    let mut taken = vec![queue.steal_into(&own, false)];
                    while let last @ 1.. = own.pop() {
                        taken.push(last);
                    }
                    taken
                })
            })
            .collect();
        let mut taken = vec![];
        for goroutine in 1..=3 {
            assert!(queue.push(goroutine));
        }
        taken.push(queue.pop());
        for thief in thieves {
            taken.extend(thief.join().expect("it ends"));
        }
        while let last @ 1.. = queue.pop() {
            taken.push(last);
        }
        taken.retain(|&goroutine| goroutine != 0);
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 3]);
    });
}

#[test]
fn the_next_slot_goes_to_one() {
    check(3, || {
        let queue = Arc::new(RunQueue::<ModelWord, 4>::new());
        assert_eq!(queue.push_next(1), 0);
        let thief = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.steal_into(&RunQueue::new(), true))
        };
        let displaced = queue.push_next(2);
        let mut taken = vec![displaced, queue.pop(), thief.join().expect("it ends")];
        taken.retain(|&goroutine| goroutine != 0);
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn a_goroutine_that_is_saved_and_woken_runs_once() {
    // SCHED-1: the saver turns PARKING into PARKED, the waker any state into WOKEN; exactly one makes it runnable.
    check(4, || {
        let state = Arc::new(ModelWord::new(status::PARKING));
        let runs = Arc::new(AtomicU32::new(0));
        let waker = {
            let (state, runs) = (Arc::clone(&state), Arc::clone(&runs));
            thread::spawn(move || {
                if state.swap(status::WOKEN) == status::PARKED {
                    runs.fetch_add(1, SeqCst);
                }
            })
        };
        if !state.replace(status::PARKING, status::PARKED) {
            runs.fetch_add(1, SeqCst);
        }
        waker.join().expect("it ends");
        assert_eq!(runs.load(SeqCst), 1);
    });
}
