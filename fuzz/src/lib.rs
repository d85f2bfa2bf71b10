//! Generators of Go programs, and oracles that say what such a program should do.
//!
//! Each generator is a function of a seed: the same seed gives the same program for ever, so that a difference is named by its seed. The programs
//! under `src/bin` join a generator to an oracle and run the pair until the time is up.

pub mod random;
