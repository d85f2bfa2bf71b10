//! What `debug.ReadBuildInfo` reads: the main package, the modules that the program is made of, and how it was built, in the go command's lines.
//!
//! Only a program with package `runtime/debug` carries it. Modules are those of packages that are compiled in, with the sums of the main module's
//! go.sum. A `replace` directive shows in no line: what is known of a replaced module is its own path and version.

use std::collections::BTreeSet;

use crate::options::{FileProvider, Options, Target};

use super::{NAMED_FILES, Program, default_settings};

/// The lines; none if nobody could read them.
pub fn build_info(program: &Program, options: &Options, files: &dyn FileProvider) -> String {
    if program.find("runtime/debug").is_none() {
        return String::new();
    }
    let main = program.package(program.main);
    let mut text = format!("path\t{}\n", main.path);
    let of_main = module_of(&main.trimmed);
    match (&options.module, of_main) {
        (_, Some((path, version))) => text += &format!("mod\t{path}\t{version}\t\n"),
        (Some((path, _)), None) if main.trimmed != NAMED_FILES => text += &format!("mod\t{path}\t(devel)\t\n"),
        _ => {}
    }
    let modules: BTreeSet<_> =
        program.packages.iter().filter(|package| !package.standard).filter_map(|package| module_of(&package.trimmed)).collect();
    if modules.iter().any(|&module| Some(module) != of_main) {
        let sums = options.module.as_ref().and_then(|(_, root)| files.read(&format!("{root}/go.sum"))).unwrap_or_default();
        let sums = String::from_utf8_lossy(&sums);
        for &(path, version) in modules.iter().filter(|&&module| Some(module) != of_main) {
            text += &format!("dep\t{path}\t{version}\t{}\n", sum_of(&sums, path, version).unwrap_or_default());
        }
    }
    for (key, value) in settings(options, default_settings(program, options, files)) {
        text += &format!("build\t{key}={}\n", quoted(&value));
    }
    text
}

/// The settings that are not empty, in the go command's order.
fn settings(options: &Options, default_settings: String) -> Vec<(&'static str, String)> {
    let target = match options.target {
        Target::Native => "native",
        Target::Wasip1 => "wasip1",
    };
    let rows = [
        ("-buildmode", "exe".to_string()),
        ("-compiler", "gc".to_string()),
        // The go command keeps to itself what may name places of this machine.
        ("-ldflags", if options.trim_paths { String::new() } else { options.link_flags.clone() }),
        ("-tags", options.tags.join(",")),
        ("-target", target.to_string()),
        ("-trimpath", if options.trim_paths { "true".to_string() } else { String::new() }),
        ("DefaultGODEBUG", default_settings),
        ("CGO_ENABLED", "0".to_string()),
        ("GOARCH", "wasm".to_string()),
        ("GOOS", "wasip1".to_string()),
    ];
    rows.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Path and version of the module of a directory in a module cache, `example.com/m@v1.2.3/below`.
fn module_of(trimmed: &str) -> Option<(&str, &str)> {
    let (path, rest) = trimmed.split_once('@')?;
    Some((path, rest.split('/').next().unwrap_or(rest)))
}

/// What go.sum has for the contents of a module.
fn sum_of<'s>(sums: &'s str, path: &str, version: &str) -> Option<&'s str> {
    sums.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(path) && words.next() == Some(version)).then(|| words.next())?
    })
}

/// A value as `debug.ParseBuildInfo` takes it: in quotes if a reader could mistake where it ends.
fn quoted(value: &str) -> String {
    if !value.contains([' ', '\t', '\r', '\n', '"', '`']) {
        return value.to_string();
    }
    let mut text = String::from('"');
    for ch in value.chars() {
        match ch {
            '"' | '\\' => text.extend(['\\', ch]),
            '\t' => text += "\\t",
            '\r' => text += "\\r",
            '\n' => text += "\\n",
            _ => text.push(ch),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::{module_of, quoted, sum_of};

    #[test]
    fn pieces() {
        assert_eq!(module_of("example.com/m@v1.2.3/a/b"), Some(("example.com/m", "v1.2.3")));
        assert_eq!(module_of("example.com/m@v1.2.3"), Some(("example.com/m", "v1.2.3")));
        assert_eq!(module_of("example.com/m/a"), None);
        let sums = "example.com/m v1.2.3/go.mod h1:x=\nexample.com/m v1.2.3 h1:y=\n";
        assert_eq!((sum_of(sums, "example.com/m", "v1.2.3"), sum_of(sums, "example.com/m", "v1.2.4")), (Some("h1:y="), None));
        assert_eq!((quoted("-s"), quoted(r#"-X a="b c""#)), ("-s".to_string(), r#""-X a=\"b c\"""#.to_string()));
    }
}
