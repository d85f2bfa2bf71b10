//! Language versions.

use std::fmt;

/// A language version, `go1.N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32);

impl Version {
    /// No version was asked for: everything is allowed.
    pub const ANY: Version = Version(u32::MAX);
    pub const CURRENT: Version = Version(27);
    pub const GO1_9: Version = Version(9);
    pub const GO1_13: Version = Version(13);
    pub const GO1_14: Version = Version(14);
    pub const GO1_16: Version = Version(16);
    pub const GO1_17: Version = Version(17);
    pub const GO1_18: Version = Version(18);
    pub const GO1_20: Version = Version(20);
    pub const GO1_21: Version = Version(21);
    pub const GO1_22: Version = Version(22);
    pub const GO1_23: Version = Version(23);
    pub const GO1_26: Version = Version(26);
    pub const GO1_27: Version = Version(27);

    /// The language version of `go1.21`, `go1.21.3`, `go1.21rc1`.
    pub fn parse(text: &str) -> Option<Version> {
        let rest = text.strip_prefix("go1")?;
        let Some(rest) = rest.strip_prefix('.') else { return rest.is_empty().then_some(Version(0)) };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().map(Version)
    }

    pub fn allows(self, other: Version) -> bool {
        self >= other
    }

    /// Whether the variables of a three-clause loop are new in each iteration.
    pub fn per_iteration_variables(self) -> bool {
        self >= Version::GO1_22
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "go1.{}", self.0)
    }
}
