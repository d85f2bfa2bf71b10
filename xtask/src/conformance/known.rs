//! Lists of known failures of the suites that run here: `tests/conformance/SUITE.expect`. Lines of three columns with tabs between: two that name a
//! case, and the reason. (Suites of `tests/src/conformance` name a case by one.)
//! A case of the list that passes is a failure too, and so is one that the suite does not have, so that the list stays true.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use crate::Outcome;
use crate::cache::{self, root};

/// Reasons by case.
pub type Known = BTreeMap<(String, String), String>;

fn path(suite: &str) -> PathBuf {
    root().join(format!("tests/conformance/{suite}.expect"))
}

/// Reads the list of a suite.
pub fn read(suite: &str) -> Outcome<Known> {
    parse(suite, &cache::read(&path(suite))?)
}

fn parse(suite: &str, text: &str) -> Outcome<Known> {
    let mut known = Known::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let columns: Vec<&str> = line.splitn(3, '\t').collect();
        let [one, two, reason] = columns[..] else { return Err(format!("{suite}.expect: line {line:?} has not three columns")) };
        known.insert((one.to_string(), two.to_string()), reason.to_string());
    }
    Ok(known)
}

/// Writes the list of a suite, below the comments that stand at its head.
pub fn write(suite: &str, known: &Known) -> Outcome {
    cache::write(&path(suite), print(&cache::read(&path(suite))?, known))
}

/// Prints the rows that name no case of the suite: how many.
pub fn stale(suite: &str, known: &Known, exists: impl Fn(&str, &str) -> bool) -> usize {
    let stale: Vec<_> = known.keys().filter(|(one, two)| !exists(one, two)).collect();
    for (one, two) in &stale {
        println!("STALE {one} {two}: the suite has no such case: take it out of {suite}.expect");
    }
    stale.len()
}

fn print(old: &str, known: &Known) -> String {
    let mut text: String = old.split_inclusive('\n').take_while(|line| line.starts_with('#')).collect();
    for ((one, two), reason) in known {
        let _ = writeln!(text, "{one}\t{two}\t{reason}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{parse, print, stale};

    #[test]
    fn reads_what_it_writes() {
        let text = "# What it is.\na.go\tnative\tslow\na.go\twasip1\tno\tthreads\n";
        assert_eq!(print(text, &parse("x", text).unwrap()), text);
        assert!(parse("x", "a.go\tslow\n").is_err());
    }

    #[test]
    fn rows_without_a_case_count() {
        let known = parse("x", "a.go\tnative\tslow\nb.go\tnative\tgone\na.go\tnowhere\tno column\n").unwrap();
        assert_eq!(stale("x", &known, |path, column| path == "a.go" && column == "native"), 2);
    }
}
