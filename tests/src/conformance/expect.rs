//! Lists of known failures: `tests/conformance/SUITE.expect`, a path and a reason a line, with a tab between.
//!
//! A case of the list that passes is a failure too, and so is one that the suite does not have, so that the list stays true.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Outcome;

/// Known failures of a suite.
#[derive(Debug, Default)]
pub struct Expectations {
    reasons: BTreeMap<String, String>,
    file: String,
    judged: RefCell<BTreeSet<String>>,
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
        Expectations { reasons, file, judged: RefCell::default() }
    }

    /// Counts a case: with what is wrong, or none if it passes.
    pub fn judge(&self, path: &str, problem: Option<String>, outcome: &mut Outcome) {
        self.judged.borrow_mut().insert(path.to_string());
        match (problem, self.reasons.get(path)) {
            (None, None) => outcome.passed += 1,
            (None, Some(reason)) => outcome.failures.push(format!("{path}: passes: take it out of {} ({reason})", self.file)),
            (Some(_), Some(_)) => outcome.known += 1,
            (Some(problem), None) => outcome.failures.push(problem),
        }
    }
    /// All cases of the suite are judged: counts rows of the list that name none of them.
    pub fn finish(&self, outcome: &mut Outcome) {
        let judged = self.judged.borrow();
        let stale = self.reasons.keys().filter(|path| !judged.contains(*path));
        outcome.failures.extend(stale.map(|path| format!("{path}: the suite has no such case: take it out of {}", self.file)));
    }
}

#[cfg(test)]
mod tests {
    use super::Expectations;
    use crate::conformance::Outcome;

    #[test]
    fn rows_without_a_case_fail() {
        let row = |path: &str| (path.to_string(), "why".to_string());
        let known = Expectations { reasons: [row("a.go"), row("gone.go")].into(), ..Expectations::default() };
        let mut outcome = Outcome::default();
        known.judge("a.go", Some("wrong".to_string()), &mut outcome);
        known.judge("b.go", None, &mut outcome);
        known.finish(&mut outcome);
        assert_eq!((outcome.passed, outcome.known, outcome.failures.len()), (1, 1, 1));
        assert!(outcome.failures[0].starts_with("gone.go: "));
    }
}
