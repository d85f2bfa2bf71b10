//! End-to-end tests.

pub mod command;
pub mod conformance;
pub mod disk;
pub mod harness;
pub mod pattern;
