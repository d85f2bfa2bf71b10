//! Suites that measure Warren against Go's own files.

pub mod codes;
pub mod compile;
pub mod errorcheck;
mod expect;
pub mod messages;
pub mod parse;
pub mod types;

/// What a suite found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many cases passed.
    pub passed: usize,
    /// How many failed as is known.
    pub known: usize,
    /// What went wrong, one entry a case.
    pub failures: Vec<String>,
    /// Figures worth printing, one a line.
    pub figures: Vec<String>,
}

impl Outcome {
    /// Whether all is well and something was tried.
    pub fn is_success(&self) -> bool {
        self.failures.is_empty() && self.passed > 0
    }
}
