//! The flags of `warren test`.
//!
//! As with the go command, packages stand between two rows of flags. The test program gets its own flags as `-test.NAME`; a flag that nobody
//! knows, and everything behind it, goes to the program as it stands.

use warren_host::Code;

use crate::Failure;
use crate::arguments::{Arguments, Command, split_flag, undefined};

/// What to do with test programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFlags {
    /// `-c`: build only.
    pub compile_only: bool,
    /// Words for the test program.
    pub words: Vec<String>,
    /// `-bench` or `-list` is given, which show more.
    pub bench: bool,
    pub list: bool,
    pub fail_fast: bool,
    /// The first flag that is only known to the program.
    pub unknown: Option<String>,
    /// Seconds after which a program is killed that does not end itself.
    pub limit_s: Option<u64>,
}

impl Default for TestFlags {
    fn default() -> TestFlags {
        TestFlags { compile_only: false, words: Vec::new(), bench: false, list: false, fail_fast: false, unknown: None, limit_s: Some(600) }
    }
}

/// Flags of the test program that are on or off.
const SWITCHES: &[&str] = &["artifacts", "benchmem", "failfast", "fullpath", "short"];
/// Those that take a value.
const WITH_VALUE: &[&str] = &[
    "bench",
    "benchtime",
    "blockprofile",
    "blockprofilerate",
    "count",
    "cpu",
    "cpuprofile",
    "fuzzminimizetime",
    "fuzztime",
    "list",
    "memprofile",
    "memprofilerate",
    "mutexprofile",
    "mutexprofilefraction",
    "outputdir",
    "parallel",
    "run",
    "shuffle",
    "skip",
    "timeout",
    "trace",
];
/// Those of the go command's build flags that take a value.
const BUILD_WITH_VALUE: &[&str] = &["o", "target", "dump", "tags", "ldflags", "mod", "p", "vet", "code"];
/// Whose files land in the caller's directory.
const PROFILES: &[&str] = &["blockprofile", "cpuprofile", "memprofile", "mutexprofile", "trace"];

/// Parses the words behind `warren test`.
pub fn parse(arguments: &mut Arguments, words: &[String]) -> Result<(), Failure> {
    let mut words = words.iter().cloned().peekable();
    let mut packages_done = false;
    // A flag that only the program knows may have the next word as its value.
    let mut after_unknown = false;
    let (mut timeout_given, mut outputdir_given, mut profile) = (false, false, false);
    let mut rest = Vec::new();
    while let Some(word) = words.next() {
        if !word.starts_with('-') || word == "-" {
            if after_unknown || packages_done {
                rest.push(word);
                rest.extend(words.by_ref());
            } else {
                arguments.inputs.push(word);
                arguments.inputs.extend(std::iter::from_fn(|| words.next_if(|word| !word.starts_with('-'))));
                packages_done = true;
            }
            continue;
        }
        if word == "-args" || word == "--args" {
            rest.extend(words.by_ref());
            break;
        }
        after_unknown = false;
        let (name, mut value) = split_flag(&word);
        let short = name.strip_prefix("test.").unwrap_or(name);
        if (WITH_VALUE.contains(&short) || BUILD_WITH_VALUE.contains(&name)) && value.is_none() {
            value = words.next();
            if value.is_none() {
                return Err(Failure::Usage(format!("flag needs an argument: -{name}")));
            }
        }
        let test = &mut arguments.test;
        match short {
            "c" => test.compile_only = true,
            // The checks of `go vet` are not part of this command.
            "vet" if value.as_deref() == Some("off") => {}
            "vet" => return Err(Failure::Usage("-vet: this command has no vet; use go vet".to_string())),
            "v" => {
                arguments.verbose = value.as_deref().is_none_or(|value| !matches!(value, "0" | "f" | "false" | "F" | "FALSE" | "False"));
                if value.as_deref() == Some("test2json") {
                    test.words.push("-test.v=test2json".to_string());
                } else if !arguments.verbose {
                    test.words.push("-test.v=false".to_string());
                }
            }
            _ if SWITCHES.contains(&short) => {
                test.fail_fast |= short == "failfast";
                test.words.push(format!("-test.{short}={}", value.as_deref().unwrap_or("true")));
            }
            _ if WITH_VALUE.contains(&short) => {
                let value = value.unwrap_or_default();
                test.bench |= short == "bench" && !value.is_empty();
                test.list |= short == "list" && !value.is_empty();
                outputdir_given |= short == "outputdir";
                profile |= PROFILES.contains(&short);
                if short == "timeout" {
                    timeout_given = true;
                    let seconds = duration_s(&value).ok_or_else(|| Failure::Usage(format!("invalid value {value:?} for flag -timeout")))?;
                    test.limit_s = (seconds > 0.0).then_some(seconds as u64);
                }
                test.words.push(format!("-test.{short}={value}"));
            }
            _ => {
                if !arguments.flag(Command::Test, &word, name, value)? {
                    arguments.test.unknown.get_or_insert(word.clone());
                    after_unknown = !word.contains('=');
                    packages_done |= !arguments.inputs.is_empty();
                    rest.push(word);
                }
            }
        }
    }
    // Most tests take less time than making good machine code for them.
    arguments.code.get_or_insert(if arguments.test.bench || profile { Code::Fast } else { Code::Quick });
    let test = &mut arguments.test;
    if test.compile_only
        && let Some(word) = &test.unknown
    {
        return Err(undefined(Command::Test, split_flag(word).0));
    }
    if arguments.json {
        test.words.retain(|word| !word.starts_with("-test.v"));
        test.words.insert(0, "-test.v=test2json".to_string());
    } else if arguments.verbose && !test.words.iter().any(|word| word.starts_with("-test.v=")) {
        test.words.insert(0, "-test.v=true".to_string());
    }
    test.words.insert(0, "-test.paniconexit0".to_string());
    if !timeout_given {
        test.words.push("-test.timeout=10m0s".to_string());
    }
    if profile && !outputdir_given {
        test.words.push(format!("-test.outputdir={}", std::env::current_dir()?.display()));
    }
    test.words.extend(rest);
    Ok(())
}

/// Seconds of a Go duration (`1h30m`, `1.5s`); none if it is malformed.
fn duration_s(text: &str) -> Option<f64> {
    const UNITS: &[(&str, f64)] =
        &[("ns", 1e-9), ("us", 1e-6), ("\u{b5}s", 1e-6), ("\u{3bc}s", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|ch: char| !ch.is_ascii_digit() && ch != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let length = unit.find(|ch: char| ch.is_ascii_digit() || ch == '.').unwrap_or(unit.len());
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == &unit[..length])?;
        total += number * seconds;
        rest = &unit[length..];
    }
    Some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::{Arguments, duration_s};
    use crate::arguments::Command;

    fn parse(text: &str) -> Option<Arguments> {
        let words: Vec<_> = text.split_whitespace().map(Into::into).collect();
        Arguments::parse(&words, Command::Test).ok()
    }

    #[test]
    fn packages_stand_between_flags() {
        let test = parse("-short a ./b -run=X -v -custom y z").unwrap();
        assert_eq!(test.inputs, ["a", "./b"]);
        let words = ["-test.paniconexit0", "-test.v=true", "-test.short=true", "-test.run=X", "-test.timeout=10m0s", "-custom", "y", "z"];
        assert_eq!(test.test.words, words);
        let test = parse("-run X a -args b -c").unwrap();
        assert_eq!((test.inputs, test.test.compile_only), (vec!["a".to_string()], false));
        assert!(test.test.words.ends_with(&["b".to_string(), "-c".to_string()]));
    }

    #[test]
    fn some_flags_make_no_sense() {
        assert!(parse("-race a").is_none());
        assert!(parse("-fuzz=X a").is_none());
        assert!(parse("-c -nosuch a").is_none());
        assert!(parse("-timeout=soon a").is_none());
    }

    #[test]
    fn durations() {
        assert_eq!(duration_s("1h1m1.5s"), Some(3661.5));
        assert_eq!(duration_s("0"), Some(0.0));
        assert_eq!(duration_s("5"), None);
        assert_eq!(duration_s("100ms"), Some(0.1));
    }
}
