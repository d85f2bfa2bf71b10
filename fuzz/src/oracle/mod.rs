//! Oracles: what must hold of a program.

pub mod compiles;
