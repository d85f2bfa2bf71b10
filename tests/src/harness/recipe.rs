//! Recipes and expectations in the comments of a test program.

use std::path::Path;

/// A test program: its text and its recipe.
pub struct Program {
    pub text: String,
    kind: String,
    words: Vec<String>,
}

impl Program {
    /// Reads a file; its first line must be a recipe of one of `kinds` with known words.
    pub fn read(path: &Path, kind: &str, known: &[&str]) -> Result<Program, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let first = text.lines().next().unwrap_or_default().to_string();
        let mut words = first.strip_prefix("//").unwrap_or_default().split_whitespace().map(str::to_string);
        let found = words.next().unwrap_or_default();
        let program = Program { kind: found, words: words.collect(), text };
        if program.kind != kind {
            return Err(format!("the first line is no recipe `// {kind} ...`: {first}"));
        }
        for word in &program.words {
            let key = word.split('=').next().unwrap_or_default();
            if !known.contains(&key) {
                return Err(format!("unknown word {word:?} in the recipe"));
            }
        }
        Ok(program)
    }

    /// The value of `key=value`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    /// A number, with a default.
    pub fn number<T: std::str::FromStr>(&self, key: &str, default: T) -> Result<T, String> {
        match self.value(key) {
            Some(text) => text.parse().map_err(|_| format!("{key}={text}: not a number")),
            None => Ok(default),
        }
    }

    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|found| found == word)
    }

    /// The lines that comments `// MARK: line` expect.
    pub fn expected(&self, mark: &str) -> Vec<String> {
        self.text.lines().filter_map(|line| expectation(line, mark)).map(|line| line.trim_end().to_string()).collect()
    }

    /// The text with these expectations in place of the old ones, at its end.
    pub fn with_expected(text: &str, mark: &str, lines: &[&str]) -> String {
        let kept: Vec<&str> = text.lines().filter(|line| expectation(line, mark).is_none()).collect();
        let mut new = kept.join("\n").trim_end().to_string();
        new.push('\n');
        if !new.lines().last().is_some_and(|line| line.starts_with("// ")) && !lines.is_empty() {
            new.push('\n');
        }
        for line in lines {
            new.push_str(format!("// {mark}: {line}").trim_end());
            new.push('\n');
        }
        new
    }
}

fn expectation<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let rest = line.strip_prefix("// ")?.strip_prefix(mark)?.strip_prefix(':')?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::Program;

    #[test]
    fn expectations_are_replaced() {
        let text = "// run\npackage main\n\n// STDERR: old\n// STDERR:\n";
        let new = Program::with_expected(text, "STDERR", &["a", "", "b"]);
        assert_eq!(new, "// run\npackage main\n\n// STDERR: a\n// STDERR:\n// STDERR: b\n");
        assert_eq!(Program::with_expected(&new, "STDERR", &["a", "", "b"]), new);
    }
}
