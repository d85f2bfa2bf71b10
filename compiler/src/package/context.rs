//! Build constraints: which files of a directory are for this target.
//!
//! A file says so in its name (`x_wasip1.go`, `x_wasm.go`, `x_js_wasm.go`) and in a `//go:build` line before its package clause
//! (or, where there is none, in old `// +build` lines).

use crate::options::Options;
use crate::syntax::constraint;

/// What build constraints are about: system, processor, tags.
#[derive(Clone, Debug)]
pub struct Context {
    os: String,
    arch: String,
    tags: Vec<String>,
}

/// The release whose `go1.N` tags are set.
const RELEASE: u32 = 27;

/// Set for the target as Go sets them: its experiments that are on by default, and the features of the processor.
const TOOL_TAGS: &[&str] = &[
    "goexperiment.dwarf5",
    "goexperiment.jsonv2",
    "goexperiment.greenteagc",
    "goexperiment.randomizedheapbase64",
    "goexperiment.sizespecializedmalloc",
    "wasm.satconv",
    "wasm.signext",
];

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

const PROCESSORS: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

impl Context {
    /// `GOOS=wasip1 GOARCH=wasm`.
    pub fn wasip1() -> Context {
        let tags = TOOL_TAGS.iter().map(|tag| tag.to_string()).collect();
        Context { os: "wasip1".to_string(), arch: "wasm".to_string(), tags }
    }

    /// The target of a compilation, with the tags that it asks for.
    pub fn for_options(options: &Options) -> Context {
        options.tags.iter().fold(Context::wasip1(), |context, tag| context.with_tag(tag))
    }

    /// The same with one more tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Context {
        self.tags.push(tag.to_string());
        self
    }

    /// Whether a build tag is set.
    pub fn has_tag(&self, tag: &str) -> bool {
        if let Some(minor) = tag.strip_prefix("go1.") {
            return minor.parse().is_ok_and(|minor: u32| (1..=RELEASE).contains(&minor));
        }
        tag == self.os || tag == self.arch || tag == "gc" || self.tags.iter().any(|set| set == tag)
    }

    /// Whether a file's name admits it. Tests, and names that begin with `_` or `.`, are never admitted.
    pub fn admits_name(&self, name: &str) -> bool {
        let Some(stem) = name.strip_suffix(".go") else { return false };
        if name.starts_with(['_', '.']) || stem.ends_with("_test") {
            return false;
        }
        self.admits_stem(stem)
    }

    /// Whether a test file's name admits it.
    pub fn admits_test_name(&self, name: &str) -> bool {
        let Some(stem) = name.strip_suffix("_test.go") else { return false };
        !name.starts_with(['_', '.']) && self.admits_stem(stem)
    }

    fn admits_stem(&self, stem: &str) -> bool {
        let stem = stem.split('.').next().unwrap_or(stem);
        // What stands before the first `_` is no suffix.
        let mut parts: Vec<&str> = stem.split('_').skip(1).collect();
        let last = parts.pop();
        match (parts.pop(), last) {
            (Some(system), Some(processor)) if SYSTEMS.contains(&system) && PROCESSORS.contains(&processor) => {
                self.has_tag(system) && self.has_tag(processor)
            }
            (_, Some(word)) if SYSTEMS.contains(&word) || PROCESSORS.contains(&word) => self.has_tag(word),
            _ => true,
        }
    }

    /// Whether the constraints at the head of a file admit it.
    pub fn admits_text(&self, text: &[u8]) -> bool {
        let has = |tag: &str| self.has_tag(tag);
        let header = Header::of(text);
        match header.go_build {
            // A malformed line is like none at all: the go command reports it elsewhere.
            Some(line) => constraint::parse_line(&line).is_none_or(|constraint| constraint.holds(&has)),
            None => header.plus_build.iter().all(|line| {
                line.split_whitespace().any(|option| {
                    option.split(',').all(|term| match term.strip_prefix('!') {
                        Some(tag) => !has(tag),
                        None => has(term),
                    })
                })
            }),
        }
    }
}

/// The constraint lines before a file's package clause.
#[derive(Default)]
struct Header {
    go_build: Option<String>,
    /// What follows `+build`; only lines that a blank line separates from the package clause.
    plus_build: Vec<String>,
}

impl Header {
    fn of(text: &[u8]) -> Header {
        let mut header = Header::default();
        let mut waiting = Vec::new();
        let mut in_comment = false;
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        for line in text.split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            let mut rest = line.trim();
            if rest.is_empty() && !in_comment {
                header.plus_build.append(&mut waiting);
                continue;
            }
            if !in_comment && rest.starts_with("//") {
                if rest.starts_with("//go:build") && header.go_build.is_none() {
                    header.go_build = Some(rest.to_string());
                }
                if let Some(options) = rest.trim_start_matches('/').trim().strip_prefix("+build")
                    && options.starts_with([' ', '\t'])
                {
                    waiting.push(options.trim().to_string());
                }
                continue;
            }
            while !rest.is_empty() {
                if in_comment {
                    let Some(end) = rest.find("*/") else { break };
                    in_comment = false;
                    rest = rest[end + 2..].trim_start();
                } else if rest.starts_with("//") {
                    break;
                } else if let Some(inside) = rest.strip_prefix("/*") {
                    in_comment = true;
                    rest = inside;
                } else {
                    return header;
                }
            }
        }
        header
    }
}

#[cfg(test)]
mod tests {
    use super::Context;

    #[test]
    fn names_select_by_their_suffix() {
        let context = Context::wasip1();
        for name in ["x.go", "x_wasm.go", "x_wasip1.go", "x_wasip1_wasm.go", "linux.go", "wasm_x.go", "x_unix.go", "a_b_wasm.go"] {
            assert!(context.admits_name(name), "{name}");
        }
        for name in ["x_linux.go", "x_js_wasm.go", "x_amd64.go", "x_test.go", "_x.go", ".x.go", "x.s", "x_wasip1_amd64.go"] {
            assert!(!context.admits_name(name), "{name}");
        }
    }

    #[test]
    fn texts_select_by_their_constraints() {
        let context = Context::wasip1();
        let admits = |text: &str| context.admits_text(text.as_bytes());
        assert!(admits("package p\n//go:build ignore"));
        assert!(admits("// c\n/* d\n e */\n//go:build wasm && !js\n\npackage p"));
        assert!(!admits("//go:build ignore\npackage p"));
        assert!(admits("//go:build go1.27 && !go1.28\npackage p"));
        assert!(!admits("// +build linux windows\n// +build wasm\n\npackage p"));
        assert!(admits("// +build linux wasm\n// +build !js,wasip1\n\npackage p"));
        assert!(admits("// +build linux\npackage p"), "not separated by a blank line");
        assert!(admits("/* //go:build ignore */ package p"));
    }
}
