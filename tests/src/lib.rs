//! End-to-end tests.

pub mod conformance;
pub mod harness;
pub mod pattern;
