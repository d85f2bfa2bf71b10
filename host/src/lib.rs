//! Runs Warren modules under wasmtime: a library to embed.
//!
//! # Structures
//! - [`Config`]: arguments, environment, streams, directories, limits. Nothing is read from the process behind the embedder's back.
//! - [`Engine`]: wasmtime's engine and the cache of compiled modules.
//! - [`Module`]: a checked and compiled module. What is not a Warren module of this ABI version is refused here.
//! - [`Program`]: one run of a module. It owns the shared memory and every thread.
//!
//! # A run
//! [`Program::start`] makes a thread with a large native stack, instantiates the module there and calls `_start`. The guest asks for
//! further threads with `thread_spawn`: each gets a store and an instance of its own over the one memory. The first thread that ends the
//! program (`proc_exit`, the return of `_start`, a trap) decides the [`Outcome`]; [`Program::wait`] returns it at once, whatever the other
//! threads do. Dropping the `Program` stops those: sleepers are woken and every host call of a stopped program traps. A thread that
//! computes without a host call cannot be stopped (the engine's interruption makes loops 2.5 times slower); it ends with the process.
//!
//! # Promises
//! - HOST-1: whatever a module does is an `Err` or an `Outcome`, never a panic of the host and never an access outside of its memory.
//! - HOST-2: a service that is not offered answers `ENOSYS`, never a made-up success.
//! - HOST-3: a native stack that runs out becomes Go's "stack overflow" error: the trap calls the module's `warren_stack_overflow`.
//!
//! Shared memory is a tier 2 feature of wasmtime, outside its security promises: run untrusted programs in single-thread builds.

mod clock;
mod config;
mod descriptor;
mod engine;
mod entropy;
mod errno;
mod error;
mod file_table;
mod filesystem;
mod imports;
mod instance;
mod module;
mod network;
mod path;
mod poll;
mod raw;
mod stdio;
mod thread;

pub use config::{Config, GivenDirectory, Input, Sink};
pub use engine::{Code, Engine};
pub use error::Error;
pub use instance::{Outcome, Program};
pub use module::Module;
