//! What a program must print, in the words of `tests/conformance/testprog.list`, whose head explains them.

use crate::Outcome;

/// A program of the list.
pub struct Program {
    /// Its line of the list: name and settings.
    pub head: String,
    pub name: String,
    /// Settings of its environment.
    pub variables: Vec<(String, String)>,
    /// How many runs it has to pass once.
    pub tries: usize,
    exit: Option<i32>,
    checks: Vec<Check>,
}

enum Check {
    Is(String),
    Starts(String),
    Has(String),
    Then(String),
    Lacks(String),
    Count(usize, String),
    IfAny(String),
}

/// Reads the list.
pub fn parse(text: &str) -> Outcome<Vec<Program>> {
    let mut programs: Vec<Program> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let wrong = || format!("testprog.list: cannot read line {line:?}");
        let Some(line) = line.strip_prefix('\t') else {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default().to_string();
            let variables = words.map(|word| word.split_once('=').map(|(name, value)| (name.to_string(), value.to_string())));
            let variables = variables.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
            programs.push(Program { head: line.to_string(), name, variables, tries: 1, exit: None, checks: Vec::new() });
            continue;
        };
        let program = programs.last_mut().ok_or_else(wrong)?;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let text = unescape(rest);
        program.checks.push(match word {
            "exit" => {
                program.exit = Some(rest.parse().map_err(|_| wrong())?);
                continue;
            }
            "tries" => {
                program.tries = rest.parse().map_err(|_| wrong())?;
                continue;
            }
            "is" => Check::Is(text),
            "starts" => Check::Starts(text),
            "has" => Check::Has(text),
            "then" => Check::Then(text),
            "lacks" => Check::Lacks(text),
            "if-any" => Check::IfAny(text),
            "count" => {
                let (count, rest) = rest.split_once(' ').ok_or_else(wrong)?;
                Check::Count(count.parse().map_err(|_| wrong())?, unescape(rest))
            }
            _ => return Err(wrong()),
        });
    }
    Ok(programs)
}

fn unescape(text: &str) -> String {
    let mut result = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        result.push(match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(other) => other,
                None => '\\',
            },
            letter => letter,
        });
    }
    result
}

impl Program {
    /// Whether a run with this exit code (none: killed by a signal) and this output fulfils everything; else what it does not.
    pub fn check(&self, code: Option<i32>, output: &str) -> Outcome {
        // Where the text of the last `has` or `then` ended.
        let mut place = 0;
        for check in &self.checks {
            let unmet = match check {
                Check::Is(text) => (output != text).then(|| format!("the output is not {text:?}")),
                Check::Starts(text) => (!output.starts_with(text.as_str())).then(|| format!("the output does not start with {text:?}")),
                Check::Lacks(text) => output.contains(text.as_str()).then(|| format!("the output has {text:?}")),
                Check::IfAny(text) => {
                    (!output.is_empty() && !output.starts_with(text.as_str())).then(|| format!("there is output that does not start with {text:?}"))
                }
                Check::Count(count, text) => {
                    let found = output.matches(text.as_str()).count();
                    (found != *count).then(|| format!("the output has {text:?} {found} times, not {count}"))
                }
                Check::Has(text) | Check::Then(text) => {
                    let from = if matches!(check, Check::Has(_)) { 0 } else { place };
                    match output[from..].find(text.as_str()) {
                        Some(at) => {
                            // Patterns may share the line break between two lines.
                            place = from + at + text.trim_end_matches('\n').len();
                            None
                        }
                        None => Some(format!("the output has no {text:?}{}", if from == 0 { "" } else { " where it belongs" })),
                    }
                }
            };
            if let Some(unmet) = unmet {
                return Err(format!("{unmet}:\n{output}"));
            }
        }
        match self.exit {
            Some(exit) if code != Some(exit) => Err(format!("exit code {code:?}, not {exit}:\n{output}")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn programs_and_checks() {
        let list = "# head\nA X=1 Y=\n\texit 2\n\tstarts a\\n\n\thas c\n\tthen c\n\tlacks e\n\tcount 2 c\nB\n\tis\n\ttries 3\nC\n\tif-any x\n";
        let programs = parse(list).unwrap();
        let [a, b, c] = &programs[..] else { panic!("three programs") };
        assert_eq!((a.head.as_str(), a.name.as_str(), a.variables.len(), b.tries), ("A X=1 Y=", "A", 2, 3));
        assert!(a.check(Some(2), "a\ncc").is_ok());
        for (code, output) in [(Some(2), "acc"), (Some(2), "a\nc"), (Some(2), "a\nccc"), (Some(2), "a\ncec"), (Some(0), "a\ncc"), (None, "a\ncc")] {
            assert!(a.check(code, output).is_err(), "{code:?} {output:?}");
        }
        assert!(b.check(None, "").is_ok() && b.check(Some(0), "x").is_err());
        assert!(c.check(Some(0), "").is_ok() && c.check(Some(1), "xy").is_ok() && c.check(Some(1), "y").is_err());
        assert!(parse("A\n\tsays x\n").is_err() && parse("\tis x\n").is_err());
    }
}
