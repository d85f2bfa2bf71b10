//! Regular expressions as the expectations of Go's own test files use them, by backtracking.
//!
//! Understood: literals, `.`, `[…]` with ranges and `^`, `\d \w \s \b` and escaped punctuation, `(…)` and `(?:…)`, `|`,
//! `* + ?` (also lazy), `^` and `$`. Patterns are short and so are the texts, so nothing is done about bad cases.

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Empty,
    Char(char),
    Any,
    Class { members: Vec<(char, char)>, negated: bool },
    Start,
    End,
    WordBoundary,
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat { inner: Box<Node>, at_least: usize, at_most: usize },
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Says what is not understood.
    pub fn new(text: &str) -> Result<Pattern, String> {
        let chars: Vec<char> = text.chars().collect();
        let mut parser = Parser { chars: &chars, at: 0 };
        let root = parser.alternatives()?;
        if parser.at < chars.len() {
            return Err(format!("stray {:?} in {text:?}", chars[parser.at]));
        }
        Ok(Pattern { root })
    }

    /// Whether the text has a match anywhere.
    pub fn matches(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        (0..=chars.len()).any(|start| step(&self.root, &chars, start, &mut |_| true))
    }
}

struct Parser<'p> {
    chars: &'p [char],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, ch: char) -> bool {
        let found = self.peek() == Some(ch);
        self.at += found as usize;
        found
    }

    fn alternatives(&mut self) -> Result<Node, String> {
        let mut list = vec![self.sequence()?];
        while self.eat('|') {
            list.push(self.sequence()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Node::Alternatives(list) })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut list = Vec::new();
        while self.peek().is_some_and(|ch| ch != '|' && ch != ')') {
            let mut node = self.atom()?;
            loop {
                let (at_least, at_most) = match self.peek() {
                    Some('*') => (0, usize::MAX),
                    Some('+') => (1, usize::MAX),
                    Some('?') => (0, 1),
                    _ => break,
                };
                self.at += 1;
                self.eat('?');
                node = Node::Repeat { inner: Box::new(node), at_least, at_most };
            }
            list.push(node);
        }
        Ok(match list.len() {
            0 => Node::Empty,
            1 => list.remove(0),
            _ => Node::Sequence(list),
        })
    }

    fn atom(&mut self) -> Result<Node, String> {
        let ch = self.peek().ok_or("pattern ends early")?;
        self.at += 1;
        Ok(match ch {
            '.' => Node::Any,
            '^' => Node::Start,
            '$' => Node::End,
            '(' => {
                if self.eat('?') && !self.eat(':') {
                    return Err("only (?: is understood".to_string());
                }
                let inner = self.alternatives()?;
                if !self.eat(')') {
                    return Err("missing )".to_string());
                }
                inner
            }
            '[' => self.class()?,
            '\\' => {
                let escaped = self.peek().ok_or("pattern ends in a backslash")?;
                self.at += 1;
                match escaped {
                    'b' => Node::WordBoundary,
                    'd' => Node::Class { members: vec![('0', '9')], negated: false },
                    'w' => Node::Class { members: WORD.to_vec(), negated: false },
                    's' => Node::Class { members: SPACE.to_vec(), negated: false },
                    'n' => Node::Char('\n'),
                    't' => Node::Char('\t'),
                    other if other.is_ascii_alphanumeric() => return Err(format!("\\{other} is not understood")),
                    other => Node::Char(other),
                }
            }
            ch => Node::Char(ch),
        })
    }

    fn class(&mut self) -> Result<Node, String> {
        let negated = self.eat('^');
        let mut members = Vec::new();
        loop {
            let mut low = self.peek().ok_or("missing ]")?;
            self.at += 1;
            match low {
                ']' if !members.is_empty() => return Ok(Node::Class { members, negated }),
                '\\' => {
                    low = self.peek().ok_or("missing ]")?;
                    self.at += 1;
                    match low {
                        'd' => members.push(('0', '9')),
                        'w' => members.extend(WORD),
                        's' => members.extend(SPACE),
                        'n' => members.push(('\n', '\n')),
                        't' => members.push(('\t', '\t')),
                        other => members.push((other, other)),
                    }
                    continue;
                }
                _ => {}
            }
            let is_range = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|ch| *ch != ']');
            if is_range {
                members.push((low, self.chars[self.at + 1]));
                self.at += 2;
            } else {
                members.push((low, low));
            }
        }
    }
}

const WORD: [(char, char); 4] = [('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
const SPACE: [(char, char); 4] = [(' ', ' '), ('\t', '\t'), ('\n', '\n'), ('\r', '\r')];

fn is_word(ch: Option<&char>) -> bool {
    ch.is_some_and(|ch| ch.is_ascii_alphanumeric() || *ch == '_')
}

/// Matches a node at a place and then the rest of the pattern, which `rest` stands for.
fn step(node: &Node, text: &[char], at: usize, rest: &mut dyn FnMut(usize) -> bool) -> bool {
    match node {
        Node::Empty => rest(at),
        Node::Char(ch) => text.get(at) == Some(ch) && rest(at + 1),
        Node::Any => text.get(at).is_some_and(|ch| *ch != '\n') && rest(at + 1),
        Node::Class { members, negated } => {
            let inside = |ch: &char| members.iter().any(|(low, high)| (low..=high).contains(&ch));
            text.get(at).is_some_and(|ch| inside(ch) != *negated) && rest(at + 1)
        }
        Node::Start => at == 0 && rest(at),
        Node::End => at == text.len() && rest(at),
        Node::WordBoundary => {
            let before = at.checked_sub(1).and_then(|before| text.get(before));
            is_word(before) != is_word(text.get(at)) && rest(at)
        }
        Node::Sequence(list) => sequence(list, text, at, rest),
        Node::Alternatives(list) => list.iter().any(|node| step(node, text, at, rest)),
        Node::Repeat { inner, at_least, at_most } => {
            let more = *at_most > 0
                && step(inner, text, at, &mut |next| {
                    let again = Node::Repeat { inner: inner.clone(), at_least: at_least.saturating_sub(1), at_most: at_most.saturating_sub(1) };
                    next > at && step(&again, text, next, rest)
                });
            more || (*at_least == 0 && rest(at))
        }
    }
}

fn sequence(list: &[Node], text: &[char], at: usize, rest: &mut dyn FnMut(usize) -> bool) -> bool {
    match list {
        [] => rest(at),
        [first, others @ ..] => step(first, text, at, &mut |next| sequence(others, text, next, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn check(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).expect("a good pattern").matches(text)
    }

    #[test]
    fn patterns_match_as_in_go() {
        assert!(check("cannot use .* as value", "syntax error: cannot use a = b as value"));
        assert!(check("[.][.][.] is missing", "... is missing type"));
        assert!(check("expected name$", "unexpected x, expected name"));
        assert!(!check("expected name$", "expected name or ("));
        assert!(check("a|", "anything"));
        assert!(check(r"\(x\+?\)", "f(x)"));
        assert!(check(r"(ab)+c", "xababc"));
        assert!(check(r"^[^a-c]\bx?", "d"));
        assert!(!check(r"\bfoo\b", "afoo"));
        assert!(Pattern::new("(a").is_err());
    }
}
