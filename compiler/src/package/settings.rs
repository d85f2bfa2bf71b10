//! The `GODEBUG` settings that a program begins with, before the environment's: `name=value,name=value`.
//!
//! A main module of an older language version gets the behaviour of that release: each setting of GOROOT's table that changed since has its
//! old value. The module's `godebug` lines and `//go:debug name=value` lines of the main package come on top; `default=go1.21` among them
//! chooses another release.

use std::collections::BTreeMap;

use crate::options::{FileProvider, Options};

use super::Program;

/// Text of the variable `runtime.godebugDefault`.
pub fn default_settings(program: &Program, options: &Options, files: &dyn FileProvider) -> String {
    let main = program.package(program.main);
    let mut chosen: Vec<(String, String)> = Vec::new();
    if let Some((_, root)) = &options.module {
        let text = files.read(&format!("{root}/go.mod")).unwrap_or_default();
        chosen.extend(module_lines(&String::from_utf8_lossy(&text)));
    }
    for file in &main.files {
        let source = program.sources.file(file.id);
        let head = &source.text[..(file.pos.0 - source.base.0) as usize];
        chosen.extend(String::from_utf8_lossy(head).lines().filter_map(|line| pair(line.strip_prefix("//go:debug ")?)));
    }
    let release = chosen.iter().rev().find(|(name, _)| name == "default").map(|(_, value)| value.clone());
    let release = release.or_else(|| main.go_version.clone());
    let mut settings = BTreeMap::new();
    if let Some(minor) = release.as_deref().and_then(minor_version) {
        let table = files.read(&format!("{}/src/internal/godebugs/table.go", options.goroot.trim_end_matches('/'))).unwrap_or_default();
        settings.extend(old_values(&String::from_utf8_lossy(&table), minor));
    }
    settings.extend(chosen.into_iter().filter(|(name, _)| name != "default"));
    let list: Vec<String> = settings.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    list.join(",")
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.trim().split_once('=')?;
    Some((name.to_string(), value.to_string()))
}

/// The `godebug` lines of a go.mod file, alone or in a block.
fn module_lines(text: &str) -> Vec<(String, String)> {
    let mut inside = false;
    let mut list = Vec::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or(line).trim();
        match line {
            "godebug (" => inside = true,
            ")" => inside = false,
            _ if inside => list.extend(pair(line)),
            _ => list.extend(line.strip_prefix("godebug ").and_then(pair)),
        }
    }
    list
}

/// 21 of `go1.21` or `go1.21.3`.
fn minor_version(text: &str) -> Option<u32> {
    let rest = text.strip_prefix("go1.")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// What the settings of the table were in release 1.`minor`, as far as they changed since: rows `{Name: "n", ..., Changed: 23, Old: "1"}`.
fn old_values(table: &str, minor: u32) -> Vec<(String, String)> {
    let field = |row: &str, name: &str| -> Option<String> {
        let (_, rest) = row.split_once(&format!("{name}: "))?;
        let value = rest.split([',', '}']).next()?;
        Some(value.trim().trim_matches('"').to_string())
    };
    let rows = table.lines().filter(|line| line.trim_start().starts_with("{Name: "));
    rows.filter_map(|row| {
        let changed: u32 = field(row, "Changed")?.parse().ok()?;
        (minor < changed).then(|| Some((field(row, "Name")?, field(row, "Old")?)))?
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{minor_version, module_lines, old_values};

    #[test]
    fn tables() {
        let table =
            "var All = []Info{\n\t{Name: \"a\", Package: \"p\"},\n\t{Name: \"b\", Package: \"p\", Changed: 23, Old: \"1\", Opaque: true},\n}\n";
        assert_eq!(old_values(table, 22), [("b".to_string(), "1".to_string())]);
        assert_eq!(old_values(table, 23), []);
        assert_eq!((minor_version("go1.21.3"), minor_version("go1.9"), minor_version("x")), (Some(21), Some(9), None));
    }

    #[test]
    fn modules() {
        let text = "module m\ngodebug a=1\ngodebug (\n\tdefault=go1.21 // c\n\tb=2\n)\nrequire x v1\n";
        let list = module_lines(text);
        let shown: Vec<String> = list.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["a=1", "default=go1.21", "b=2"]);
    }
}
