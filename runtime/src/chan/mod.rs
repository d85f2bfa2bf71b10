//! Channels and select.

pub mod channel;
pub mod select;
