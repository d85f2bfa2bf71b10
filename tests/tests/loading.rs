//! What the go command says about packages before any is compiled, and what its compiler says about their syntax.
//!
//! Each file in `tests/errors/build` is a small tree of files: after a first line `build ARGUMENT...` come sections `-- name --`, the last of them
//! `-- want --` with the output of `go build`, in which `$WORK` and `$GOROOT` stand for the two roots. The tree is built in memory
//! over a GOROOT of a few empty packages. `BLESS=1` with GOROOT set to a Go distribution takes the output of the real thing.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use warren_compiler::diagnostic::{Report, render};
use warren_compiler::files::MemoryFiles;
use warren_compiler::options::{FileProvider, MainPackage, Options, Target};
use warren_compiler::package::{Context, Overlay, load_with};

const WORK: &str = "/home/gopher/work";
const GOROOT: &str = "/usr/local/go";

/// Packages that the trees import.
const STANDARD: &[(&str, &str)] = &[
    ("runtime/runtime.go", "package runtime\n"),
    ("fmt/fmt.go", "package fmt\nfunc Println(...any) {}\n"),
    ("os/os.go", "package os\n"),
    ("internal/abi/abi.go", "package abi\n"),
    ("cmd/go/main.go", "package main\n"),
    ("vendor/golang.org/x/net/idna/idna.go", "package idna\n"),
];

struct Tree {
    arguments: Vec<String>,
    files: Vec<(String, String)>,
    want: String,
}

impl Tree {
    fn parse(text: &str) -> Tree {
        let (first, rest) = text.split_once('\n').expect("a first line");
        let arguments = first.strip_prefix("build ").expect("`build`").split(' ').map(str::to_string).collect();
        let mut files: Vec<(String, String)> = Vec::new();
        for line in rest.split_inclusive('\n') {
            match line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
                Some(name) => files.push((name.to_string(), String::new())),
                None => files.last_mut().expect("a section").1.push_str(line),
            }
        }
        let want = files.pop_if(|(name, _)| name == "want").map(|(_, want)| want).unwrap_or_default();
        Tree { arguments, files, want }
    }

    fn print(&self) -> String {
        let mut text = format!("build {}\n", self.arguments.join(" "));
        for (name, body) in &self.files {
            text.push_str(&format!("-- {name} --\n{body}"));
        }
        text + "-- want --\n" + &self.want
    }

    /// The output of Warren.
    fn build(&self) -> String {
        let work = self.files.iter().map(|(name, text)| (format!("{WORK}/{name}"), text.clone()));
        let standard = STANDARD.iter().map(|(name, text)| (format!("{GOROOT}/src/{name}"), text.to_string()));
        let files = work.chain(standard).collect::<MemoryFiles>();
        let module = files
            .read(&format!("{WORK}/go.mod"))
            .and_then(|text| Some(String::from_utf8(text).ok()?.strip_prefix("module ")?.lines().next()?.to_string()));
        let main = match &self.arguments[..] {
            [directory] if !directory.ends_with(".go") => MainPackage::Directory(format!("{WORK}/{directory}").trim_end_matches("/.").to_string()),
            names => MainPackage::Files(names.iter().map(|name| format!("{WORK}/{name}")).collect()),
        };
        let options = Options {
            goroot: GOROOT.to_string(),
            module: module.map(|module| (module, WORK.to_string())),
            main,
            target: Target::Wasip1,
            runtime: Vec::new(),
            optimise: false,
            dump: None,
            verify: false,
            ..Options::default()
        };
        let problems = match load_with(&options, &files, Overlay::none(), &Context::wasip1()) {
            Err(problems) => problems,
            Ok(program) => {
                let mut problems = Vec::new();
                for package in &program.packages {
                    let mut report = Report::new();
                    report.extend(&program.sources, package.errors.iter().cloned());
                    if report.is_empty() {
                        report.extend(&program.sources, package.late_errors.iter().cloned());
                    }
                    problems.extend(report.into_problems(&program.sources, &package.path));
                }
                problems
            }
        };
        render(&problems, WORK).replace(WORK, "$WORK").replace(GOROOT, "$GOROOT")
    }

    /// The output of Go.
    fn build_with_go(&self, goroot: &str) -> String {
        let work = env::temp_dir().join(format!("warren-loading-{}", std::process::id()));
        for (name, text) in &self.files {
            let path = work.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, text).expect("a file");
        }
        let output = Command::new(Path::new(goroot).join("bin/go"))
            .args(["build", "-o", "/dev/null"])
            .args(&self.arguments)
            .current_dir(&work)
            .envs([("GOOS", "wasip1"), ("GOARCH", "wasm"), ("GOPROXY", "off"), ("GOFLAGS", ""), ("GOTOOLCHAIN", "local")])
            .output()
            .expect("go runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = text.replace(&work.display().to_string(), "$WORK").replace(goroot, "$GOROOT");
        fs::remove_dir_all(&work).expect("it was made above");
        text
    }
}

#[test]
fn errors_are_those_of_go_build() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("errors/build");
    let mut paths: Vec<_> = fs::read_dir(directory).expect("the trees").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut wrong = Vec::new();
    for path in &paths {
        let mut tree = Tree::parse(&fs::read_to_string(path).expect("a tree"));
        if let (Ok(_), Ok(goroot)) = (env::var("BLESS"), env::var("GOROOT")) {
            tree.want = tree.build_with_go(&goroot);
            fs::write(path, tree.print()).expect("a tree");
        }
        let got = tree.build();
        if got != tree.want {
            wrong.push(format!("{}:\n--- want\n{}--- got\n{got}", path.display(), tree.want));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), paths.len(), wrong.join("\n"));
    assert!(paths.len() > 10);
}
