//! Text of the runtime's own: numbers, and output to standard error.

pub mod bytes;
pub mod number;
pub mod output;
