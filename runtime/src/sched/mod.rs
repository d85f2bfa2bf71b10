//! Goroutines and who runs them.
//!
//! A *machine* is a thread of the host with an instance of the module; a *processor* is the right to run Go code; a *goroutine* is frozen
//! memory that any machine may thaw. A machine that holds a processor takes a goroutine from its run queue, thaws its innermost frame, and
//! so on until compiled code freezes it again; then it does what the freeze was for.
//!
//! - [`goroutine`], [`machine`], [`processor`]: the structures. [`freeze`], [`linear`]: the two stacks of a goroutine.
//! - [`scheduler`]: shared state; start, make ready, park, wake. [`run_queue`]: the lock-free ring. [`find`]: the next goroutine, stealing, sleep, deadlock.
//!   [`grain`]: whether sharing pays.
//! - [`give_way`]: letting others run. [`timer`]: what is to happen at a moment.
//!   [`host_call`]: calls that may block. [`bubble`]: goroutines with a clock of their own, for tests. [`watcher`]: preemption. [`stop`]: stopping the world.
//!
//! # A goroutine is put aside and woken
//! An operation queues a waiter, marks its goroutine PARKING and reports "parked"; compiled code saves its frames and returns to the loop in
//! `run`, which moves the frames to the goroutine and turns PARKING into PARKED. Who takes the waiter out of its queue turns the mark into
//! WOKEN; if it was PARKED, the waker makes the goroutine runnable, if it was PARKING, the saver does when it is through (SCHED-1: exactly
//! one of them sees the other's mark). So no lock is held while frames are saved.

pub mod bubble;
#[cfg(test)]
pub mod chooser;
pub mod find;
pub mod freeze;
pub mod give_way;
pub mod goroutine;
pub mod grain;
pub mod host_call;
pub mod linear;
pub mod machine;
pub mod poller;
pub mod processor;
pub mod run_queue;
pub mod scheduler;
pub mod stop;
pub mod timer;
pub mod waiter;
pub mod watcher;

pub use bubble::Bubble;
pub use goroutine::{Goroutine, WaitReason};
pub use machine::{After, Machine, Reason};
pub use processor::Processor;
pub use waiter::Waiter;
