//! Queues of waiters, and semaphores.

pub mod queue;
pub mod semaphore;
