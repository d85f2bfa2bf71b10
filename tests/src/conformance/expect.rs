//! Lists of known failures: `tests/conformance/SUITE.expect`, a path and a reason a line, with a tab between.
//!
//! A case of the list that passes is a failure too, so that the list stays true.

use std::collections::BTreeMap;
use std::path::Path;

use super::Outcome;

/// Known failures of a suite.
#[derive(Debug, Default)]
pub struct Expectations {
    reasons: BTreeMap<String, String>,
    file: String,
}

impl Expectations {
    /// Reads the list of a suite.
    pub fn read(suite: &str) -> Expectations {
        let file = format!("{suite}.expect");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance").join(&file);
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let reasons =
            rows.map(|row| row.split_once('\t').unwrap_or((row, ""))).map(|(path, reason)| (path.to_string(), reason.to_string())).collect();
        Expectations { reasons, file }
    }

    /// Counts a case: with what is wrong, or none if it passes.
    pub fn judge(&self, path: &str, problem: Option<String>, outcome: &mut Outcome) {
        match (problem, self.reasons.get(path)) {
            (None, None) => outcome.passed += 1,
            (None, Some(reason)) => outcome.failures.push(format!("{path}: passes: take it out of {} ({reason})", self.file)),
            (Some(_), Some(_)) => outcome.known += 1,
            (Some(problem), None) => outcome.failures.push(problem),
        }
    }
}
