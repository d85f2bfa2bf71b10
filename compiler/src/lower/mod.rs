//! Typed syntax to IR.

pub mod builtin;
pub mod layout;
