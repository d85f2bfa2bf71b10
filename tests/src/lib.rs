//! End-to-end tests.

pub mod conformance;
pub mod pattern;
