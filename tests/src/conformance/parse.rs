//! The parser against GOROOT.
//!
//! Every `.go` file under `GOROOT/src` that is not test data must parse without an error, and what the printer makes of its tree
//! must parse to a tree that prints the same. The files in `cmd/compile/internal/syntax/testdata` must give exactly the errors
//! that their comments announce: `/* ERROR pattern */` stands before the token at which the error is reported, `// ERROR
//! pattern` on its line.

use super::Outcome;
use crate::pattern::Pattern;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use warren_compiler::source::{Pos, SourceMap};
use warren_compiler::syntax::ast::NodeIds;
use warren_compiler::syntax::lexer::Lexer;
use warren_compiler::syntax::token::Token;
use warren_compiler::syntax::{Origin, Parsed, parse_file, print};

/// Runs both parts over a GOROOT.
pub fn run(goroot: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    let mut files = Vec::new();
    collect(&goroot.join("src"), &mut files);
    files.sort();
    let mut timing = Timing::default();
    for path in &files {
        match library_file(path, &mut timing) {
            Ok(()) => outcome.passed += 1,
            Err(failure) => outcome.failures.push(failure),
        }
    }
    outcome.figures.push(format!("{} files of GOROOT/src parsed, {} failed", files.len(), outcome.failures.len()));
    outcome.figures.push(timing.to_string());

    let (mut cases, mut wrong) = (0, 0);
    for path in go_files(&goroot.join("src/cmd/compile/internal/syntax/testdata")) {
        cases += 1;
        let problems = error_file(&path);
        match problems.is_empty() {
            true => outcome.passed += 1,
            false => wrong += 1,
        }
        outcome.failures.extend(problems);
    }
    outcome.figures.push(format!("{cases} files of syntax errors, {wrong} with other errors than expected"));
    outcome
}

/// Time spent parsing, apart from reading and printing.
#[derive(Default)]
struct Timing {
    bytes: usize,
    spent: Duration,
}

impl std::fmt::Display for Timing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let megabytes = self.bytes as f64 / 1e6;
        let seconds = self.spent.as_secs_f64();
        write!(f, "{megabytes:.1} MB in {:.0} ms: {:.0} MB/s", seconds * 1e3, megabytes / seconds.max(1e-9))
    }
}

fn go_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ext| ext == "go")).collect();
    files.sort();
    files
}

/// All Go files below a directory, except test data.
fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    files.extend(go_files(directory).into_iter().filter(|path| path.is_file()));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "testdata") {
            collect(&path, files);
        }
    }
}

fn parse(sources: &mut SourceMap, name: &str, text: Vec<u8>) -> Parsed {
    let file = sources.add(name, text);
    parse_file(sources, file, &mut NodeIds::default(), Origin::Standard)
}

/// The errors, one a line.
fn describe(sources: &SourceMap, parsed: &Parsed) -> String {
    parsed.errors.iter().map(|error| format!("{}: {}\n", sources.absolute(error.pos), error.message)).collect()
}

fn library_file(path: &Path, timing: &mut Timing) -> Result<(), String> {
    let name = path.display().to_string();
    let text = fs::read(path).map_err(|error| format!("{name}: {error}"))?;
    timing.bytes += text.len();
    let mut sources = SourceMap::new();
    let start = Instant::now();
    let parsed = parse(&mut sources, &name, text);
    timing.spent += start.elapsed();
    let Some(file) = parsed.file.as_ref().filter(|_| parsed.errors.is_empty()) else {
        return Err(describe(&sources, &parsed));
    };
    let printed = print::source(file);
    let mut sources = SourceMap::new();
    let again = parse(&mut sources, &format!("printed {name}"), printed.clone().into_bytes());
    let Some(file) = again.file.as_ref().filter(|_| again.errors.is_empty()) else {
        return Err(describe(&sources, &again));
    };
    let printed_again = print::source(file);
    match printed.lines().zip(printed_again.lines()).find(|(one, two)| one != two) {
        None if printed.len() == printed_again.len() => Ok(()),
        None => Err(format!("{name}: printing twice gives another length")),
        Some((one, two)) => Err(format!("{name}: printed as {one:?}, then as {two:?}")),
    }
}

/// Errors that a file announces: by line and column, or by line with column 0.
fn announced(text: &[u8]) -> HashMap<(u32, u32), String> {
    let mut sources = SourceMap::new();
    let file = sources.add("", text);
    let at = |pos: Pos| {
        let location = sources.absolute(pos);
        (location.line, location.column)
    };
    let base = sources.file(file).base;
    let mut lexer = Lexer::new(text, base);
    lexer.keep_comments();
    let mut expected = HashMap::new();
    let mut waiting = None;
    let mut seen = 0;
    loop {
        lexer.next();
        let comments = lexer.comments.as_deref().unwrap_or_default();
        for (start, end) in &comments[seen..] {
            let comment = String::from_utf8_lossy(&text[*start..*end]);
            if let Some(pattern) = comment.strip_prefix("// ERROR ") {
                expected.insert((at(base.advanced(*start)).0, 0), pattern.trim().to_string());
            } else if let Some(pattern) = comment.strip_prefix("/* ERROR ") {
                waiting = Some(pattern.trim_end_matches("*/").trim().to_string());
            }
        }
        seen = comments.len();
        if let Some(pattern) = waiting.take() {
            expected.insert(at(lexer.pos()), pattern);
        }
        if lexer.token == Token::EndOfFile {
            return expected;
        }
    }
}

/// What is wrong with the errors reported for a file of test data.
fn error_file(path: &Path) -> Vec<String> {
    let name = path.display().to_string();
    let Ok(text) = fs::read(path) else { return vec![format!("{name}: unreadable")] };
    let mut expected = announced(&text);
    let mut sources = SourceMap::new();
    let file = sources.add(name.as_str(), text);
    let parsed = parse_file(&sources, file, &mut NodeIds::default(), Origin::User);
    let mut problems = Vec::new();
    for error in &parsed.errors {
        let location = sources.location(error.pos);
        let key = [(location.line, location.column), (location.line, 0)];
        let Some(key) = key.into_iter().find(|key| expected.contains_key(key)) else {
            problems.push(format!("{location}: unexpected error: {}", error.message));
            continue;
        };
        match expected.remove(&key).as_deref().map(Pattern::new) {
            Some(Ok(pattern)) if pattern.matches(&error.message) => {}
            Some(Err(reason)) => problems.push(format!("{location}: {reason}")),
            _ => problems.push(format!("{location}: {:?} is not what is expected", error.message)),
        }
    }
    for ((line, column), pattern) in expected {
        problems.push(format!("{name}:{line}:{column}: missing error: {pattern}"));
    }
    problems
}
