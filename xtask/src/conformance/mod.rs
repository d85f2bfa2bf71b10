//! Suites that nobody in this project wrote.

mod expectation;
mod gosuites;
mod gotest;
mod known;
mod library;
mod suite;
mod testprog;

pub use gotest::{Selection, Target, Totals, gotest};

use crate::Outcome;

/// `cargo xtask conformance WHAT ...`.
pub fn conformance(words: &[&str]) -> Outcome<u8> {
    match words {
        [name @ ("parse" | "types" | "errorcheck" | "codes" | "compile" | "messages")] => suite::suite(name),
        ["gotest", rest @ ..] => {
            let selection = Selection::parse(rest)?;
            if selection.is_empty()? {
                return Err("gotest: no program of the list is selected".to_string());
            }
            let totals = gotest(&selection)?;
            Ok(u8::from(totals.failed > 0))
        }
        ["std", rest @ ..] => library::library(rest),
        ["gosuites", rest @ ..] => gosuites::gosuites(rest),
        ["testprog", rest @ ..] => testprog::testprog(rest),
        _ => Err("conformance: parse, types, errorcheck, compile, messages, gotest, std, gosuites or testprog".to_string()),
    }
}
