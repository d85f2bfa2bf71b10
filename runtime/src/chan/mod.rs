//! Channels, select, and the timers of package time, which are tied to channels.

pub mod channel;
pub mod select;
pub mod timer;
