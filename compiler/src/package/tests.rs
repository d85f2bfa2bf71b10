//! Loading from memory: a tiny GOROOT, a module, named files.

use super::{Context, Overlay, Program, load_with};
use crate::diagnostic::render;
use crate::files::MemoryFiles;
use crate::options::{MainPackage, Options, Target};

const GOROOT: &[(&str, &str)] = &[
    ("/go/src/runtime/runtime.go", "package runtime\nimport _ \"internal/abi\"\n"),
    ("/go/src/internal/abi/abi.go", "package abi\nimport _ \"unsafe\"\n"),
    ("/go/src/fmt/print.go", "package fmt\nimport \"golang.org/x/text\"\nvar _ = text.X\n"),
    ("/go/src/vendor/golang.org/x/text/text.go", "package text\nvar X int\n"),
];

fn options(main: MainPackage) -> Options {
    Options {
        goroot: "/go".into(),
        module: Some(("example.com/m".into(), "/w".into())),
        main,
        target: Target::Wasip1,
        runtime: Vec::new(),
        optimise: false,
        dump: None,
        verify: false,
        ..Options::default()
    }
}

fn load(files: &[(&str, &str)], main: MainPackage, overlay: Overlay<'_>) -> Result<Program, String> {
    let files = GOROOT.iter().chain(files).copied().collect::<MemoryFiles>();
    load_with(&options(main), &files, overlay, &Context::wasip1()).map_err(|problems| render(&problems, "/w"))
}

fn directory(path: &str) -> MainPackage {
    MainPackage::Directory(path.into())
}

fn paths(program: &Program) -> Vec<&str> {
    program.packages.iter().map(|package| package.path.as_str()).collect()
}

#[test]
fn packages_come_in_order_of_initialisation() {
    let files = [
        ("/w/go.mod", "module example.com/m\ngo 1.22\n"),
        ("/w/main.go", "package main\nimport (\"fmt\"; \"example.com/m/b\"; \"example.com/m/a\")\n"),
        ("/w/a/a.go", "package a\nimport \"example.com/m/b\"\n"),
        ("/w/b/b_linux.go", "package b\n"),
        ("/w/b/b_wasm.go", "package b\n"),
    ];
    let program = load(&files, directory("/w"), Overlay::none()).expect("it loads");
    let expected = ["internal/abi", "runtime", "example.com/m/b", "example.com/m/a", "vendor/golang.org/x/text", "fmt", "example.com/m"];
    assert_eq!(paths(&program), expected);
    let main = program.package(program.main);
    assert_eq!((main.path.as_str(), main.link_path(), main.go_version.as_deref()), ("example.com/m", "main", Some("go1.22")));
    assert_eq!(program.package(main.imports["example.com/m/b"]).files.len(), 1);
    let fmt = program.package(program.find("fmt").expect("fmt is there"));
    assert_eq!(program.package(fmt.imports["golang.org/x/text"]).path, "vendor/golang.org/x/text");
}

#[test]
fn the_overlay_replaces_files_and_packages() {
    let overlay = Overlay {
        files: &[("fmt/print.go", "package fmt\n"), ("fmt/more.go", "package fmt\n"), ("runtime/mine.go", "package runtime\n")],
        replaced: &["runtime"],
    };
    let files = [("/go/src/fmt/kept.go", "package fmt\n"), ("/w/x.go", "package main\nimport \"fmt\"\n")];
    let program = load(&files, MainPackage::Files(vec!["/w/x.go".into()]), overlay).expect("it loads");
    assert_eq!(paths(&program), ["runtime", "fmt", "command-line-arguments"]);
    let fmt = program.package(program.find("fmt").expect("fmt is there"));
    let names: Vec<_> = fmt.files.iter().map(|file| &*program.sources.file(file.id).name).collect();
    assert_eq!(names, ["/go/src/fmt/kept.go", "/go/src/fmt/more.go", "/go/src/fmt/print.go"]);
}

#[test]
fn tests_of_a_replaced_package() {
    let overlay = Overlay {
        files: &[
            ("runtime/export_test.go", "package runtime\nconst Mine = true\n"),
            ("runtime/left_out_tests.txt", "heap_test.go\tno such heap\n"),
            ("runtime/mine.go", "package runtime\n"),
        ],
        replaced: &["runtime"],
    };
    let files = [
        ("/go/src/runtime/export_test.go", "package runtime\nconst Mine = false\n"),
        ("/go/src/runtime/heap_test.go", "package runtime_test\n"),
        ("/go/src/runtime/map_test.go", "package runtime_test\nimport \"runtime\"\nvar _ = runtime.Mine\n"),
        ("/go/src/testing/internal/testdeps/deps.go", "package testdeps\n"),
        ("/go/src/testing/testing.go", "package testing\n"),
        ("/go/src/os/os.go", "package os\n"),
        ("/go/src/reflect/reflect.go", "package reflect\n"),
    ];
    let program = load(&files, MainPackage::Test(Box::new(directory("/go/src/runtime"))), overlay).expect("it loads");
    let names = |path: &str| -> Vec<String> {
        let package = program.package(program.find(path).expect("it is there"));
        package.files.iter().map(|file| program.sources.file(file.id).name.to_string()).collect()
    };
    assert_eq!(names("runtime"), ["/go/src/runtime/export_test.go", "/go/src/runtime/mine.go"]);
    assert_eq!(names("runtime_test"), ["/go/src/runtime/map_test.go"]);
}

#[test]
fn named_files_of_goroot_may_import_what_is_internal_there() {
    let text = "package main\nimport _ \"internal/abi\"\n";
    let files = [("/go/src/testdata/x.go", text), ("/w/x.go", text)];
    let load = |file: &str| load(&files, MainPackage::Files(vec![file.into()]), Overlay::none());
    assert!(load("/go/src/testdata/x.go").is_ok());
    assert!(load("/w/x.go").unwrap_err().contains("use of internal package internal/abi not allowed"));
}

#[test]
fn named_files_need_no_constraint() {
    let files = [("/w/x_linux.go", "//go:build ignore\n\npackage main\n")];
    let program = load(&files, MainPackage::Files(vec!["/w/x_linux.go".into()]), Overlay::none()).expect("it loads");
    assert_eq!(program.package(program.main).files.len(), 1);
}

#[test]
fn syntax_errors_stay_with_their_package() {
    let files = [
        ("/w/x.go", "package main\nimport _ \"example.com/m/a\"\n"),
        ("/w/a/a.go", "package a\nfunc f() { x := }\n"),
        ("/w/a/b.go", "package a b\n"),
    ];
    let program = load(&files, directory("/w"), Overlay::none()).expect("it loads");
    let a = program.package(program.find("example.com/m/a").expect("it is there"));
    assert!(a.has_syntax_errors());
    assert_eq!((a.files.len(), a.errors.len()), (1, 2));
}
