//! `warren list`: packages, and what Warren would compile for them.
//!
//! A part of `go list`: the fields of [`Fields`], as JSON or in templates that are made of `{{.Field}}` and `{{join .Field "separator"}}`. Which files
//! belong to a package is told for the target, with the overlay's in their places.

use std::process::ExitCode;

use warren_compiler::options::Options;
use warren_compiler::package::{Package, Program};

use crate::arguments::Arguments;
use crate::files::Disk;
use crate::modules::Modules;
use crate::packages::{self, Named};
use crate::test_events::string;
use crate::{Failure, console, environment, report};

/// What can be told of a package, in the order of go list.
struct Fields {
    directory: String,
    path: String,
    name: String,
    standard: bool,
    files: Vec<String>,
    imports: Vec<String>,
    deps: Vec<String>,
}

/// A field's value.
enum Value<'f> {
    Text(&'f str),
    Flag(bool),
    List(&'f [String]),
}

impl Fields {
    const NAMES: &'static [&'static str] = &["Dir", "ImportPath", "Name", "Standard", "GoFiles", "Imports", "Deps"];

    fn get(&self, name: &str) -> Option<Value<'_>> {
        Some(match name {
            "Dir" => Value::Text(&self.directory),
            "ImportPath" => Value::Text(&self.path),
            "Name" => Value::Text(&self.name),
            "Standard" => Value::Flag(self.standard),
            "GoFiles" => Value::List(&self.files),
            "Imports" => Value::List(&self.imports),
            "Deps" => Value::List(&self.deps),
            _ => return None,
        })
    }

    fn of(program: &Program, index: usize) -> Fields {
        let package = &program.packages[index];
        let name = |package: &Package| package.path.clone();
        let mut deps = vec![false; program.packages.len()];
        // What a package imports stands before it.
        deps[index] = true;
        for at in (0..=index).rev() {
            if deps[at] {
                program.packages[at].imports.values().for_each(|import| deps[import.index()] = true);
            }
        }
        deps[index] = false;
        let mut deps: Vec<String> = program.packages.iter().zip(deps).filter(|(_, is)| *is).map(|(package, _)| name(package)).collect();
        deps.sort();
        let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_string();
        Fields {
            directory: package.directory.clone(),
            path: package.path.clone(),
            name: package.name.to_string(),
            standard: package.standard,
            files: package.files.iter().map(|file| base(&program.sources.file(file.id).name)).collect(),
            imports: package.imports.values().map(|import| name(program.package(*import))).collect(),
            deps,
        }
    }

    fn json(&self) -> String {
        let mut lines = Vec::new();
        for name in Fields::NAMES {
            let value = match self.get(name) {
                Some(Value::Text(text)) => string(text),
                Some(Value::Flag(true)) => "true".to_string(),
                Some(Value::List(list)) if !list.is_empty() => {
                    let items: Vec<String> = list.iter().map(|item| format!("\t\t{}", string(item))).collect();
                    format!("[\n{}\n\t]", items.join(",\n"))
                }
                _ => continue,
            };
            lines.push(format!("\t{}: {value}", string(name)));
        }
        format!("{{\n{}\n}}", lines.join(",\n"))
    }
}

/// `warren list`.
pub fn list(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let template = arguments.format.as_deref().map(Template::parse).transpose()?;
    let found = packages::find(arguments, &arguments.inputs)?;
    let mut failed = false;
    let mut told: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for named in &found {
        if template.is_none() && !arguments.json && !arguments.deps {
            lines.push(named.path.clone());
            continue;
        }
        let Some(program) = load(arguments, named)? else {
            failed = true;
            continue;
        };
        let last = program.main.index();
        let wanted: Vec<usize> = if arguments.deps { (0..=last).collect() } else { vec![last] };
        let all = Fields::of(&program, last);
        for index in wanted {
            let fields = Fields::of(&program, index);
            if index != last && !all.deps.contains(&fields.path) || told.contains(&fields.path) {
                continue;
            }
            lines.push(match &template {
                Some(template) => template.fill(&fields),
                None if arguments.json => fields.json(),
                None => fields.path.clone(),
            });
            told.push(fields.path);
        }
    }
    for line in lines.iter().filter(|line| !line.is_empty()) {
        console::out(format_args!("{line}\n"));
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// A package and all it imports. None: what is wrong has been printed.
fn load(arguments: &Arguments, named: &Named) -> Result<Option<Program>, Failure> {
    let goroot = environment::goroot()?;
    let modules = Modules::around(arguments, &goroot, named, false)?;
    let options = Options {
        goroot: goroot.display().to_string(),
        module: modules.main_module(),
        main: named.main.clone(),
        whole_package: true,
        tags: arguments.tags.clone(),
        ..Options::default()
    };
    match warren_compiler::package::load(&options, &Disk::new(modules)) {
        Ok(program) => Ok(Some(program)),
        Err(problems) => {
            console::err(format_args!("{}", report::text(&problems, &std::env::current_dir()?)));
            Ok(None)
        }
    }
}

/// A parsed template.
struct Template(Vec<Part>);

enum Part {
    Text(String),
    /// A field, and what stands between the items of a list.
    Field(String, Option<String>),
}

impl Template {
    fn parse(text: &str) -> Result<Template, Failure> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            parts.push(Part::Text(escapes(before)));
            let Some((action, behind)) = after.split_once("}}") else { return Err(format!("template {text:?}: unclosed action").into()) };
            let words: Vec<&str> = action.trim().splitn(3, ' ').collect();
            let (field, separator) = match words[..] {
                [field] => (field, None),
                ["join", field, separator] => (field, Some(escapes(separator.trim().trim_matches(['"', '`'])))),
                _ => return Err(unsupported(action)),
            };
            let Some(name) = field.strip_prefix('.').filter(|name| Fields::NAMES.contains(name)) else { return Err(unsupported(action)) };
            parts.push(Part::Field(name.to_string(), separator));
            rest = behind;
        }
        parts.push(Part::Text(escapes(rest)));
        Ok(Template(parts))
    }

    fn fill(&self, fields: &Fields) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Field(name, separator) => match (fields.get(name), separator) {
                    (Some(Value::Text(value)), _) => text.push_str(value),
                    (Some(Value::Flag(value)), _) => text.push_str(if value { "true" } else { "false" }),
                    (Some(Value::List(list)), Some(separator)) => text.push_str(&list.join(separator)),
                    (Some(Value::List(list)), None) => text.push_str(&format!("[{}]", list.join(" "))),
                    (None, _) => {}
                },
            }
        }
        text
    }
}

/// `\n` and `\t`, which shells leave as they are.
fn escapes(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t")
}

fn unsupported(action: &str) -> Failure {
    let names = Fields::NAMES.join(", .");
    format!("template action {{{{{action}}}}} is not supported: .{names}, and join of a field are; go list knows all").into()
}

#[cfg(test)]
mod tests {
    use super::{Fields, Template};

    fn fields() -> Fields {
        Fields {
            directory: "/p".to_string(),
            path: "example.com/p".to_string(),
            name: "p".to_string(),
            standard: false,
            files: vec!["a.go".to_string(), "b.go".to_string()],
            imports: Vec::new(),
            deps: Vec::new(),
        }
    }

    #[test]
    fn templates() {
        let fill = |text: &str| Template::parse(text).ok().map(|template| template.fill(&fields()));
        assert_eq!(fill("{{.ImportPath}}\\t{{ .Standard }}").as_deref(), Some("example.com/p\tfalse"));
        assert_eq!(fill("{{join .GoFiles \", \"}} {{.GoFiles}}").as_deref(), Some("a.go, b.go [a.go b.go]"));
        assert!(fill("{{range .Deps}}").is_none() && fill("{{.Nosuch}}").is_none() && fill("{{.Dir").is_none());
    }

    #[test]
    fn json() {
        assert_eq!(fields().json().lines().nth(2), Some("\t\"ImportPath\": \"example.com/p\","));
    }
}
