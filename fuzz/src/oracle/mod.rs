//! Oracles: what must hold of a program.

pub mod compiles;
pub mod native;
pub mod reduce;
