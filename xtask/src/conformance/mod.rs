//! Suites that nobody in this project wrote.

mod gotest;
mod parse;

pub use gotest::{Selection, Target, Totals, gotest};

use crate::Outcome;

/// `cargo xtask conformance WHAT ...`.
pub fn conformance(words: &[&str]) -> Outcome<u8> {
    match words {
        ["parse"] => parse::parse(),
        ["gotest", rest @ ..] => {
            let totals = gotest(&Selection::parse(rest)?)?;
            Ok(u8::from(totals.failed > 0))
        }
        _ => Err("conformance: parse or gotest".to_string()),
    }
}
