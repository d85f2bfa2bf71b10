//! Queues of waiters, semaphores, and notify lists.

pub mod notify;
pub mod queue;
pub mod semaphore;
