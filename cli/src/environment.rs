//! What the command takes from its surroundings: the Go distribution and the cache.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use warren_compiler::options::GO_RELEASE;
use warren_compiler::package::Context;

use crate::{Failure, console};

/// A set and non-empty variable.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Experiments of `GOEXPERIMENT` that a build may ask for, besides those that are part of every build.
const EXPERIMENTS: &[&str] = &["fieldtrack"];

/// The build tags that stand for what `GOEXPERIMENT` asks for.
pub fn experiments() -> Result<Vec<String>, String> {
    experiment_tags(&variable("GOEXPERIMENT").unwrap_or_default())
}

fn experiment_tags(list: &str) -> Result<Vec<String>, String> {
    let standing = Context::wasip1();
    let names = list.split(',').filter(|name| !name.is_empty() && !name.strip_prefix("no").is_some_and(|name| EXPERIMENTS.contains(&name)));
    let tags = names.map(|name| (name, format!("goexperiment.{name}"))).filter(|(_, tag)| !standing.has_tag(tag));
    tags.map(|(name, tag)| if EXPERIMENTS.contains(&name) { Ok(tag) } else { Err(format!("GOEXPERIMENT {name} is not supported")) }).collect()
}

/// Folder for compiled code, if the user has a home.
pub fn cache() -> Option<PathBuf> {
    variable("WARREN_CACHE")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&variable("XDG_CACHE_HOME")?).join("warren")))
        .or_else(|| Some(Path::new(&variable("HOME")?).join(".cache/warren")))
}

/// Release of the Go distribution at a path.
fn release(goroot: &Path) -> Option<String> {
    let version = std::fs::read_to_string(goroot.join("VERSION")).ok()?;
    version.lines().next().map(str::to_string)
}

/// The Go distribution: `GOROOT`, else the one that the project's setup found, else that of the `go` command.
pub fn goroot() -> Result<PathBuf, String> {
    let from_setup = || std::fs::read_to_string(cache()?.join("goroot")).ok().map(|text| PathBuf::from(text.trim()));
    let from_go = || {
        let output = Command::new("go").args(["env", "GOROOT"]).output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    if let Some(named) = variable("GOROOT").map(PathBuf::from) {
        return match release(&named) {
            Some(found) if found == GO_RELEASE => Ok(named),
            Some(found) => Err(format!("GOROOT={} is {found}, this release of warren needs {GO_RELEASE}", named.display())),
            None => Err(format!("GOROOT={} is no Go distribution", named.display())),
        };
    }
    from_setup()
        .filter(|path| release(path).as_deref() == Some(GO_RELEASE))
        .or_else(|| from_go().filter(|path| release(path).as_deref() == Some(GO_RELEASE)))
        .ok_or_else(|| format!("no Go distribution found: install {GO_RELEASE} and set GOROOT to it"))
}

/// What `warren version` prints.
pub fn version() -> String {
    format!("warren {} {GO_RELEASE} abi {}", env!("CARGO_PKG_VERSION"), warren_abi::ABI_VERSION)
}

/// `warren env`: assignments that a shell can read; with names the values alone, one a line.
pub fn print(names: &[OsString]) -> Result<(), Failure> {
    let text = |path: Option<PathBuf>| path.map(|path| path.display().to_string()).unwrap_or_default();
    let variables = [
        ("GOARCH", "wasm".to_string()),
        ("GOOS", "wasip1".to_string()),
        ("GOROOT", text(goroot().ok())),
        ("GOVERSION", GO_RELEASE.to_string()),
        ("WARREN_CACHE", text(cache())),
        ("WARREN_VERSION", env!("CARGO_PKG_VERSION").to_string()),
    ];
    let names: Vec<&str> = names.iter().map(|name| name.to_str().unwrap_or_default()).collect();
    if let Some(flag) = names.iter().find(|name| name.starts_with('-')) {
        return Err(Failure::Usage(format!("env: flag {flag} is not supported")));
    }
    for (name, value) in &variables {
        if names.is_empty() {
            console::out(format_args!("{name}='{}'\n", value.replace('\'', "'\\''")));
        }
    }
    for wanted in names {
        // As the go command does it, a variable that does not exist has an empty line.
        let value = variables.iter().find(|(name, _)| *name == wanted).map_or("", |(_, value)| value);
        console::out(format_args!("{value}\n"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::experiment_tags;

    #[test]
    fn experiments() {
        assert_eq!(experiment_tags("jsonv2,fieldtrack,"), Ok(vec!["goexperiment.fieldtrack".to_string()]));
        assert_eq!(experiment_tags("nofieldtrack"), Ok(Vec::new()));
        assert_eq!(experiment_tags("arenas"), Err("GOEXPERIMENT arenas is not supported".to_string()));
    }
}
