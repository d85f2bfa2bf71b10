//! Where packages of other modules lie.
//!
//! The main module, GOROOT and a `vendor` directory are read here. Everything else (the module cache, `replace`, workspaces, versions) is the go
//! command's knowledge: `go list -deps` is asked once, when the first import is met that needs it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use warren_compiler::options::{Located, MainPackage};

use crate::arguments::Arguments;
use crate::packages::Named;
use crate::{Failure, console, files};

/// The modules as seen from one package.
pub struct Modules {
    /// Path and root of the main module.
    pub main: Option<(String, PathBuf)>,
    /// Import paths in `vendor`, with module and `go` line.
    vendored: Option<HashMap<String, Vendored>>,
    /// What `go list` is asked for, and where.
    question: Question,
    listed: OnceLock<Result<Answer, String>>,
}

struct Vendored {
    module: String,
    go_version: Option<String>,
}

struct Question {
    goroot: PathBuf,
    directory: PathBuf,
    /// Go files, `.`, or an import path.
    patterns: Vec<String>,
    test: bool,
    tags: Vec<String>,
    module_mode: Option<String>,
    print: bool,
}

/// What `go list` said.
#[derive(Default)]
struct Answer {
    packages: HashMap<String, Result<Located, String>>,
    /// The go.mod files it read.
    module_files: Vec<String>,
}

impl Modules {
    /// The modules of the package in `directory`, which `patterns` name there.
    pub fn new(arguments: &Arguments, goroot: &Path, directory: &Path, patterns: Vec<String>, test: bool) -> Modules {
        let main = files::module_around(directory).filter(|(_, root)| !root.starts_with(goroot));
        let vendored = match (&main, arguments.module_mode.as_deref()) {
            (Some((_, root)), None | Some("vendor")) => vendored(root),
            _ => None,
        };
        let question = Question {
            goroot: goroot.to_path_buf(),
            directory: directory.to_path_buf(),
            patterns,
            test,
            tags: arguments.tags.clone(),
            module_mode: arguments.module_mode.clone(),
            print: arguments.print_commands,
        };
        Modules { main, vendored, question, listed: OnceLock::new() }
    }

    /// The modules that a named package sees.
    pub fn around(arguments: &Arguments, goroot: &Path, named: &Named, test: bool) -> Result<Modules, Failure> {
        Ok(match &named.main {
            MainPackage::Files(files) => Modules::new(arguments, goroot, &named.directory, files.clone(), test),
            // Its own directory lies in a module that knows nothing of the main one.
            MainPackage::Located(_) => Modules::new(arguments, goroot, &std::env::current_dir()?, vec![named.path.clone()], test),
            MainPackage::Directory(_) | MainPackage::Test(_) => Modules::new(arguments, goroot, &named.directory, vec![".".to_string()], test),
        })
    }

    /// Path and root of the main module, as the compiler takes them.
    pub fn main_module(&self) -> Option<(String, String)> {
        self.main.as_ref().map(|(path, root)| (path.clone(), root.display().to_string()))
    }

    /// Where a package of another module lies; an error is the go command's.
    pub fn locate(&self, path: &str) -> Option<Result<Located, String>> {
        let (_, root) = self.main.as_ref()?;
        if let Some(vendored) = &self.vendored {
            let directory = root.join("vendor").join(path);
            let Some(found) = vendored.get(path) else {
                let why = format!("cannot find module providing package {path}: import lookup disabled by -mod=vendor");
                return path.split('/').next().is_some_and(|first| first.contains('.')).then_some(Err(why));
            };
            let located = Located {
                path: path.to_string(),
                directory: directory.display().to_string(),
                go_version: found.go_version.clone(),
                module: found.module.clone(),
                module_root: module_root(&directory, path, &found.module),
            };
            return Some(Ok(located));
        }
        if !self.has_other_modules() {
            return None;
        }
        match self.listed.get_or_init(|| self.question.ask()) {
            Ok(answer) => answer.packages.get(path).cloned(),
            Err(message) => Some(Err(message.clone())),
        }
    }

    /// Whether there can be any package that is neither standard nor of the main module.
    fn has_other_modules(&self) -> bool {
        let Some((_, root)) = &self.main else { return false };
        let text = std::fs::read_to_string(root.join("go.mod")).unwrap_or_default();
        let requires = text.lines().any(|line| line.trim_start().starts_with("require") || line.trim_start().starts_with("replace"));
        requires
            || std::env::var_os("GOWORK").is_some_and(|work| !work.is_empty() && work != "off")
            || root.ancestors().any(|parent| parent.join("go.work").is_file())
    }

    /// The files that decide what `locate` answers.
    pub fn inputs(&self) -> Vec<String> {
        let mut inputs = Vec::new();
        if let Some((_, root)) = &self.main {
            for name in ["go.mod", "go.sum", "vendor/modules.txt"] {
                inputs.push(root.join(name).display().to_string());
            }
            for parent in root.ancestors() {
                inputs.push(parent.join("go.work").display().to_string());
            }
        }
        if let Some(Ok(answer)) = self.listed.get() {
            inputs.extend(answer.module_files.iter().cloned());
        }
        inputs
    }
}

/// The directory of a vendored module: the package's without what its path has beyond the module's.
fn module_root(directory: &Path, path: &str, module: &str) -> String {
    let module_path = module.split('@').next().unwrap_or(module);
    let below = path.strip_prefix(module_path).unwrap_or_default();
    directory.display().to_string().strip_suffix(below).unwrap_or_default().to_string()
}

/// The packages that `vendor/modules.txt` lists. None if there is none, or the go command would not use it by default.
fn vendored(root: &Path) -> Option<HashMap<String, Vendored>> {
    let text = std::fs::read_to_string(root.join("vendor/modules.txt")).ok()?;
    if root.ancestors().any(|parent| parent.join("go.work").is_file()) {
        return None;
    }
    let mut packages = HashMap::new();
    let (mut module, mut go_version) = (String::new(), None);
    for line in text.lines() {
        if let Some(marks) = line.strip_prefix("## ") {
            go_version = marks.split(';').find_map(|mark| mark.trim().strip_prefix("go ")).map(|version| format!("go{version}"));
        } else if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.split_whitespace();
            module = match (words.next(), words.next()) {
                (Some(path), Some(version)) if version != "=>" => format!("{path}@{version}"),
                (path, _) => path.unwrap_or_default().to_string(),
            };
            go_version = None;
        } else if !line.is_empty() {
            packages.insert(line.to_string(), Vendored { module: module.clone(), go_version: go_version.clone() });
        }
    }
    Some(packages)
}

/// Between the fields, and behind each package, of what `go list` prints.
const FIELD: char = '\u{1f}';
const RECORD: char = '\u{1e}';

/// The go command: the distribution's own, else the first of the path.
pub fn go_command(goroot: &Path) -> Command {
    let own = goroot.join("bin/go");
    let mut command = Command::new(if own.is_file() { own } else { PathBuf::from("go") });
    command.envs([("GOOS", "wasip1"), ("GOARCH", "wasm"), ("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local")]);
    command
}

impl Question {
    fn ask(&self) -> Result<Answer, String> {
        let template = format!(
            "{{{{.ImportPath}}}}{FIELD}{{{{.Dir}}}}{FIELD}{{{{with .Module}}}}{{{{.GoVersion}}}}{FIELD}{{{{.Path}}}}{FIELD}{{{{.Version}}}}{FIELD}{{{{.Dir}}}}{FIELD}{{{{.GoMod}}}}\
             {{{{else}}}}{FIELD}{FIELD}{FIELD}{FIELD}{{{{end}}}}{FIELD}{{{{with .Error}}}}{{{{.Err}}}}{{{{end}}}}{RECORD}"
        );
        let mut command = go_command(&self.goroot);
        command.args(["list", "-e", "-deps", "-compiled=false"]).current_dir(&self.directory).env("PWD", &self.directory);
        if self.test {
            command.arg("-test");
        }
        if !self.tags.is_empty() {
            command.arg(format!("-tags={}", self.tags.join(",")));
        }
        if let Some(mode) = &self.module_mode {
            command.arg(format!("-mod={mode}"));
        }
        command.arg("-f").arg(&template).arg("--").args(&self.patterns);
        if self.print {
            console::err(format_args!("cd {} && go list -deps {}\n", self.directory.display(), self.patterns.join(" ")));
        }
        let output = command.output().map_err(|error| format!("packages of other modules need the go command: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim_end().trim_start_matches("go: ").to_string());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let mut answer = Answer::default();
        for record in text.split(RECORD) {
            let fields: Vec<&str> = record.trim_start_matches('\n').split(FIELD).collect();
            let [path, directory, version, module, module_version, root, module_file, error] = fields[..] else { continue };
            // `p [q.test]` is p built for a test, which is in the same place.
            let path = path.split(' ').next().unwrap_or(path);
            let at = if module_version.is_empty() { String::new() } else { format!("@{module_version}") };
            let located = Located {
                path: path.to_string(),
                directory: directory.to_string(),
                go_version: Some(if version.is_empty() { "go1.16".to_string() } else { format!("go{version}") }),
                module: format!("{module}{at}"),
                module_root: root.to_string(),
            };
            if !module_file.is_empty() && !answer.module_files.iter().any(|file| file == module_file) {
                answer.module_files.push(module_file.to_string());
            }
            if directory.is_empty() {
                let message = if error.is_empty() { format!("package {path} cannot be found") } else { error.to_string() };
                answer.packages.insert(path.to_string(), Err(message));
            } else if !module.is_empty() {
                answer.packages.insert(path.to_string(), Ok(located));
            }
        }
        Ok(answer)
    }
}
