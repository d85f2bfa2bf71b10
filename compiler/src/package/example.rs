//! What an example prints: the comment at its end that begins with `Output:` or `Unordered output:`.

/// The expected output.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub text: String,
    /// The lines may come in any order.
    pub unordered: bool,
}

/// The output that the last comment of a function body, from its `{` on, tells; none if it tells none.
pub(super) fn output(body: &str) -> Option<Output> {
    let text = comment_text(&last_group(body)?);
    let rest = text.trim_start();
    let (unordered, rest) = match strip_word(rest, "unordered") {
        Some(rest) => (true, rest.trim_start_matches(' ')),
        None => (false, rest),
    };
    let rest = strip_word(rest, "output:")?;
    // What stands behind the colon counts from its first character on, or from the next line.
    let rest = rest.trim_start_matches(' ');
    let rest = rest.strip_prefix('\n').unwrap_or(rest);
    Some(Output { text: rest.to_string(), unordered })
}

/// What follows a word in whatever case.
fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

/// The last group of comments: comments without anything but white space and at most one line break between them. Those behind code end
/// with their line.
fn last_group(body: &str) -> Option<Vec<&str>> {
    let mut group: Vec<&str> = Vec::new();
    let mut adjacent = false;
    let mut breaks = 0;
    // Line breaks that comments of the group may have between them.
    let mut allowed = 1;
    let mut rest = body;
    while let Some(ch) = rest.chars().next() {
        let length = if rest.starts_with("//") || rest.starts_with("/*") {
            let end = match rest.starts_with("//") {
                true => rest.find('\n').unwrap_or(rest.len()),
                false => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            };
            if !adjacent || breaks > allowed {
                allowed = usize::from(adjacent || breaks > 0);
                group.clear();
            }
            group.push(rest[..end].trim_end_matches('\r'));
            adjacent = true;
            breaks = 0;
            end
        } else if ch.is_whitespace() {
            breaks += usize::from(ch == '\n');
            ch.len_utf8()
        } else {
            adjacent = false;
            breaks = 0;
            match ch {
                '"' | '\'' | '`' => literal_length(rest, ch),
                ch => ch.len_utf8(),
            }
        };
        rest = &rest[length..];
    }
    (!group.is_empty()).then_some(group)
}

/// Length of the string or rune literal at the start of a text.
fn literal_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, ch) in text.char_indices().skip(1) {
        if ch == quote && !escaped {
            return at + 1;
        }
        escaped = ch == '\\' && !escaped && quote != '`';
    }
    text.len()
}

/// The words of comments: without their marks, directives, blanks at the ends of lines and surplus empty lines.
fn comment_text(comments: &[&str]) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for comment in comments {
        if let Some(line) = comment.strip_prefix("//") {
            if line.is_empty() || line.starts_with([' ', '\t']) {
                lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end());
            } else if !is_directive(line) {
                lines.push(line.trim_end());
            }
        } else {
            let inside = comment.trim_start_matches("/*").trim_end_matches("*/");
            lines.extend(inside.split('\n').map(str::trim_end));
        }
    }
    let mut text = String::new();
    let mut empty = true;
    for line in lines {
        if !(line.is_empty() && empty) {
            text.push_str(line);
            text.push('\n');
        }
        empty = line.is_empty();
    }
    text.trim_end_matches('\n').to_string() + "\n"
}

/// `go:generate` and its like, `line`, `export`, `extern`.
fn is_directive(line: &str) -> bool {
    if ["line ", "extern ", "export "].iter().any(|word| line.starts_with(word)) {
        return true;
    }
    let Some((tool, rest)) = line.split_once(':') else { return false };
    let plain = |text: &str| !text.is_empty() && text.chars().all(|ch| ch.is_ascii_lowercase() || ch.is_ascii_digit());
    plain(tool) && rest.starts_with(|ch: char| ch.is_ascii_lowercase() || ch.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Output, output};

    fn check(body: &str, expected: Option<(&str, bool)>) {
        assert_eq!(output(body), expected.map(|(text, unordered)| Output { text: text.to_string(), unordered }), "{body}");
    }

    #[test]
    fn the_last_comment_tells() {
        check("{\n\tf() // c\n\t// Output:\n\t// a\n\t//   b\n\t//\n\t// c\n", Some(("a\n  b\n\nc\n", false)));
        check("{\n\t// output: x\n", Some(("x\n", false)));
        check("{\n\t// Unordered output: x\n\t// y\n", Some(("x\ny\n", true)));
        check("{ /* Output:\nx\n*/ ", Some(("x\n", false)));
        check("{\n\t// Output:\n", Some(("", false)));
    }

    #[test]
    fn other_comments_do_not() {
        check("{\n\t// Output: x\n\n\t// other\n", None);
        check("{\n\t// Output: x\n\tf()\n\t// other\n", None);
        check("{\n\ts := \"// Output: x\"\n", None);
        check("{\n\tx := `// Output: y`\n\t_ = '\"' // Output: z\n", Some(("z\n", false)));
        check("{ f() }", None);
    }
}
