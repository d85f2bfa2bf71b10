//! Files of Go's test folder that must compile: `// compile` and `// compiledir`.
//!
//! Each package is compiled as a whole, down to a module that the validator accepts, whether or not it is a program. Files for
//! other systems are left out, as Go's own runner does. `compile.expect` lists those that are known to fail.

use super::Outcome;
use super::errorcheck::{Group, all_files, packages};
use super::expect::Expectations;
use crate::disk::{CachedDisk, Overlaid};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use warren_compiler::diagnostic::render;
use warren_compiler::files::MemoryFiles;
use warren_compiler::options::{MainPackage, Options, Target};
use warren_compiler::package::Context;

/// Where packages of folders lie in memory, and the module they make up.
const ROOT: &str = "/module";
const MODULE: &str = "test";

/// Flags that only mean something to Go's own back end or its runner.
const LANGUAGE_FLAG: &str = "-lang=";

/// Runs the suite.
pub fn run(goroot: &Path, tests: &Path, runtime: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    let known = Expectations::read("compile");
    let runtime = match std::fs::read(runtime.join("runtime-single.wasm")) {
        Ok(bytes) => bytes,
        Err(error) => {
            outcome.failures.push(format!("the runtime: {error}"));
            return outcome;
        }
    };
    // A panic is reported as what is wrong with its file.
    std::panic::set_hook(Box::new(|_| {}));
    let disk = CachedDisk::default();
    let (mut tried, mut left_out, mut count) = (0, 0, 0);
    for path in all_files(tests) {
        let text = std::fs::read(&path).unwrap_or_default();
        let lines = String::from_utf8_lossy(&text).into_owned();
        let Some(recipe) = recipe(&lines) else { continue };
        let short = path.strip_prefix(tests).unwrap_or(&path).display().to_string();
        if !Context::wasip1().admits_text(&text) {
            left_out += 1;
            continue;
        }
        let mut words = recipe.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let language = words.clone().find_map(|word| word.strip_prefix(LANGUAGE_FLAG)).map(str::to_string);
        let groups = match kind {
            "compile" => vec![Group { name: "p".to_string(), files: vec![(short.clone(), text)] }],
            _ => packages(&path.with_extension("dir"), tests, words.any(|word| word == "-s")),
        };
        tried += 1;
        count += groups.len();
        let suite = Suite { goroot, runtime: &runtime, files: Overlaid { above: lay_out(&groups), disk: &disk }, language };
        let problem = groups.iter().find_map(|group| suite.compile(group)).map(|problem| format!("{short}: {problem}"));
        known.judge(&short, problem, &mut outcome);
    }
    let _ = std::panic::take_hook();
    known.finish(&mut outcome);
    outcome.figures.push(format!(
        "compile: {} of {tried} files ({count} packages) compile, {} are known not to, {left_out} are for other systems",
        outcome.passed, outcome.known
    ));
    outcome
}

/// The recipe of a file: the first line, or the first after the build constraints.
fn recipe(text: &str) -> Option<&str> {
    let line = text.lines().find(|line| !line.starts_with("//go:build") && !line.starts_with("// +build") && !line.trim().is_empty())?;
    let recipe = line.strip_prefix("//")?.trim();
    let kind = recipe.split_whitespace().next()?;
    (kind == "compile" || kind == "compiledir").then_some(recipe)
}

/// The packages of one test.
struct Suite<'a> {
    goroot: &'a Path,
    runtime: &'a [u8],
    files: Overlaid<'a>,
    language: Option<String>,
}

impl Suite<'_> {
    /// What goes wrong with a package.
    fn compile(&self, group: &Group) -> Option<String> {
        let options = Options {
            goroot: self.goroot.display().to_string(),
            module: Some((MODULE.to_string(), ROOT.to_string())),
            main: MainPackage::Directory(format!("{ROOT}/{}", group.name)),
            target: Target::Wasip1,
            runtime: self.runtime.to_vec(),
            optimise: true,
            verify: true,
            whole_package: true,
            language: self.language.clone(),
            ..Options::default()
        };
        match std::panic::catch_unwind(AssertUnwindSafe(|| warren_compiler::compile(&options, &self.files))) {
            Err(payload) => {
                let words = payload.downcast_ref::<String>().cloned().or_else(|| payload.downcast_ref::<&str>().map(|text| text.to_string()));
                Some(format!("the compiler panics: {}", words.unwrap_or_default()))
            }
            Ok(Err(problems)) => Some(render(&problems, ROOT)),
            Ok(Ok(output)) => {
                let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
                validator.validate_all(&output.wasm).err().map(|error| format!("invalid module: {error}"))
            }
        }
    }
}

/// The name of a file in its package: one that ends in `_test.go` would be left out.
fn file_name(short: &str) -> String {
    let name = short.rsplit('/').next().unwrap_or(short).trim_end_matches(".go");
    format!("{}_.go", name.replace(['#', ' '], "_"))
}

/// The packages as folders of a module.
fn lay_out(groups: &[Group]) -> MemoryFiles {
    let mut files = vec![(format!("{ROOT}/go.mod"), format!("module {MODULE}\n"))];
    for group in groups {
        let folder = format!("{ROOT}/{}", group.name);
        let texts = group.files.iter().map(|(short, text)| (short, String::from_utf8_lossy(text).replace("\"./", "\"test/")));
        files.extend(texts.map(|(short, text)| (format!("{folder}/{}", file_name(short)), text)));
        // Beside assembly functions may lack bodies: Go's runner does not ask for them.
        files.push((format!("{folder}/stubs.s"), String::new()));
    }
    files.into_iter().collect()
}
