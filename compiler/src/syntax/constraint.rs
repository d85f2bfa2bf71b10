//! Build constraint expressions: `//go:build linux && !cgo`.

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    Tag(String),
    Not(Box<Constraint>),
    And(Box<Constraint>, Box<Constraint>),
    Or(Box<Constraint>, Box<Constraint>),
}

impl Constraint {
    /// Whether it holds where `has` says which tags are set.
    pub fn holds(&self, has: &impl Fn(&str) -> bool) -> bool {
        match self {
            Constraint::Tag(tag) => has(tag),
            Constraint::Not(inner) => !inner.holds(has),
            Constraint::And(left, right) => left.holds(has) && right.holds(has),
            Constraint::Or(left, right) => left.holds(has) || right.holds(has),
        }
    }
}

/// The constraint of a `//go:build` line; none if the line is something else or malformed.
pub fn parse_line(line: &str) -> Option<Constraint> {
    let text = line.trim_end().strip_prefix("//go:build")?;
    if !text.starts_with([' ', '\t']) {
        return None;
    }
    parse(text)
}

/// A constraint expression.
pub fn parse(text: &str) -> Option<Constraint> {
    let mut parser = Parser { rest: text, depth: 0 };
    let constraint = parser.or()?;
    parser.rest.trim_start().is_empty().then_some(constraint)
}

struct Parser<'t> {
    rest: &'t str,
    depth: u32,
}

impl Parser<'_> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn or(&mut self) -> Option<Constraint> {
        let mut left = self.and()?;
        while self.eat("||") {
            left = Constraint::Or(Box::new(left), Box::new(self.and()?));
        }
        Some(left)
    }

    fn and(&mut self) -> Option<Constraint> {
        let mut left = self.not()?;
        while self.eat("&&") {
            left = Constraint::And(Box::new(left), Box::new(self.not()?));
        }
        Some(left)
    }

    fn not(&mut self) -> Option<Constraint> {
        // Go gives up on huge expressions too; ours guard the stack.
        self.depth += 1;
        if self.depth > 1000 {
            return None;
        }
        if self.eat("!") {
            if self.eat("!") {
                return None; // double negation is not allowed
            }
            return Some(Constraint::Not(Box::new(self.not()?)));
        }
        if self.eat("(") {
            let inner = self.or()?;
            return self.eat(")").then_some(inner);
        }
        self.eat("");
        let is_tag = |ch: char| ch.is_alphanumeric() || ch == '_' || ch == '.';
        let end = self.rest.find(|ch| !is_tag(ch)).unwrap_or(self.rest.len());
        let (tag, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!tag.is_empty()).then(|| Constraint::Tag(tag.to_string()))
    }
}

/// The least Go version that a constraint implies, such as `go1.21`; none if it implies none.
pub fn go_version(constraint: &Constraint) -> Option<String> {
    let minor = least_minor(constraint, true);
    match minor {
        ..0 => None,
        0 => Some("go1".to_string()),
        minor => Some(format!("go1.{minor}")),
    }
}

/// The least minor version implied, -1 if none; `positive` is false under a negation.
fn least_minor(constraint: &Constraint, positive: bool) -> i32 {
    match constraint {
        Constraint::And(left, right) | Constraint::Or(left, right) => {
            let (left_minor, right_minor) = (least_minor(left, positive), least_minor(right, positive));
            if matches!(constraint, Constraint::And(..)) == positive { left_minor.max(right_minor) } else { left_minor.min(right_minor) }
        }
        Constraint::Not(inner) => least_minor(inner, !positive),
        Constraint::Tag(tag) if positive => match tag.strip_prefix("go1") {
            Some("") => 0,
            Some(rest) => rest.strip_prefix('.').and_then(|minor| minor.parse().ok()).unwrap_or(-1),
            None => -1,
        },
        Constraint::Tag(_) => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_hold_by_their_tags() {
        let holds = |text: &str| parse(text).map(|constraint| constraint.holds(&|tag| tag == "wasm" || tag == "go1.27"));
        assert_eq!(holds("wasm && !js"), Some(true));
        assert_eq!(holds("(js || wasm) && go1.27"), Some(true));
        assert_eq!(holds("!wasm || linux"), Some(false));
        assert_eq!(holds("a b"), None);
        assert_eq!(holds("!!a"), None);
        assert_eq!(holds("(a"), None);
        assert_eq!(parse_line("//go:buildx a"), None);
    }

    #[test]
    fn versions_are_implied() {
        let version = |text: &str| parse(text).and_then(|constraint| go_version(&constraint));
        assert_eq!(version("go1.21"), Some("go1.21".to_string()));
        assert_eq!(version("go1.21 && go1.18 && linux"), Some("go1.21".to_string()));
        assert_eq!(version("go1.21 || linux"), None);
        assert_eq!(version("!go1.21"), None);
    }
}
