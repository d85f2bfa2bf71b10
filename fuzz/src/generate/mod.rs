//! Generators: from random numbers to programs.

pub mod mutation;
pub mod program;
