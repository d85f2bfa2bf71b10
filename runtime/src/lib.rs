//! Go's package runtime for wasm32.
//!
//! # Memory
//! One linear memory holds everything: the first page is free of data, so that a missed nil check is found; then come the main thread's
//! Rust stack, static data of runtime and program, and from `ModuleInfo::HEAP_START` on pages, out of which [`mem`] cuts blocks for the
//! runtime's own structures and [`heap`] makes Go objects. An address is a [`mem::Addr`]; `mem::raw` alone turns it into bytes.
//!
//! # Life of a program
//! The emitted start code calls [`entry::rt_start`]; [`program`] sets up one machine and the main goroutine, and the loop in [`run`] thaws
//! goroutines until one of them ends the process. A goroutine runs as compiled code on the native stack of some machine. Compiled code
//! calls [`entry`] points; each runs to completion and says whether the goroutine has to freeze. If so, compiled code saves its frames and
//! returns to the loop, which does what the freeze was for. **No Rust frame is on the native stack while a goroutine is frozen**, and none
//! holds the address of a Go object across a collection.
//!
//! # Layers, bottom to top
//! [`sys`], [`mem`], [`thread`], [`world`], [`fatal`] < [`heap`] < [`gc`] < [`sched`] < [`wait`], [`panic`], [`symbols`], [`text`] < [`chan`], [`coroutine`] <
//! [`collect`], [`program`], [`run`] < [`entry`]. The state of one program is the [`world::World`], which every layer gets by reference.
//!
//! # Rules of this crate
//! - `unsafe` in `mem::raw`, `sys::wasm` and `entry` only. No Rust allocator, no formatting, no panics with text: size counts.
//! - A structure that several machines use says of each field which lock or owner keeps accesses apart.
//! - Locks are taken in the order of [`thread::Rank`]; none is held while compiled code runs.
#![cfg_attr(target_arch = "wasm32", no_std, feature(asm_experimental_arch))]

pub mod chan;
pub mod collect;
pub mod coroutine;
pub mod entry;
pub mod fatal;
pub mod gc;
pub mod heap;
pub mod mem;
pub mod panic;
pub mod program;
pub mod run;
pub mod sched;
#[cfg(test)]
mod simulation;
pub mod symbols;
pub mod sys;
pub mod text;
pub mod thread;
pub mod unpack;
pub mod wait;
pub mod world;
