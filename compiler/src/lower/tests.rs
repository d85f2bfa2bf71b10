//! Small programs, lowered against a package runtime that has every function of the table and does nothing.

use super::builtin::BUILTINS;
use super::{Lowered, Program, Unit, lower};
use crate::files::MemoryFiles;
use crate::options::{MainPackage, Options, Target};
use crate::package::{Context, Overlay, load_with};
use crate::types::check::{Checker, Config};

fn runtime() -> String {
    let mut text = String::from("package runtime\nimport \"unsafe\"\nvar _ unsafe.Pointer\n//go:linkname goInit go:init\nfunc goInit()\n");
    text.push_str("//go:linkname mainMain main.main\nfunc mainMain()\n");
    for row in BUILTINS {
        let body = if row.name == "main" { "goInit(); mainMain()" } else { "for {}" };
        text.push_str(&format!("func {}{} {{ {body} }}\n", row.name, row.signature.trim_start_matches("func")));
    }
    text
}

/// Lowers a main package and gives the module after the verifier looked at it.
fn lowered(source: &str) -> Lowered {
    let files =
        [("/go/src/runtime/runtime.go", runtime()), ("/go/src/unsafe/unsafe.go", "package unsafe\n".to_string()), ("/w/main.go", source.to_string())];
    let files = files.into_iter().collect::<MemoryFiles>();
    let options = Options {
        goroot: "/go".into(),
        module: None,
        main: MainPackage::Files(vec!["/w/main.go".into()]),
        target: Target::Wasip1,
        runtime: Vec::new(),
        optimise: false,
        dump: None,
        verify: true,
        whole_package: false,
        language: None,
        ..Options::default()
    };
    let program = load_with(&options, &files, Overlay::none(), &Context::wasip1()).expect("the test program loads");
    let mut checker = Checker::new(&program.sources);
    let mut units: Vec<Unit<'_>> = Vec::new();
    for package in &program.packages {
        assert!(package.errors.is_empty(), "{:?}", package.errors);
        let files: Vec<_> = package.files.iter().collect();
        let config = Config { bodies: true, ..Config::default() };
        let mut import = |path: &str| {
            let id = package.imports.get(path).ok_or_else(|| format!("{path} is not imported"))?;
            Ok(units[id.index()].package)
        };
        let id = checker.check_package(package.link_path(), &files, &config, &mut import);
        units.push(Unit { package: id, files });
    }
    let list: Vec<String> = checker.diagnostics.iter().map(|d| d.message.clone()).collect();
    assert!(list.is_empty(), "{list:?}");
    let main = units[program.main.index()].package;
    let lowered =
        lower(Program { checker, units, main, whole: false, given: super::given::Given { go_version: "go1.27".into(), ..Default::default() } });
    assert!(lowered.problems.is_empty(), "{:?}", lowered.problems);
    if let Err(errors) = crate::ir::verify_module(&lowered.module) {
        panic!("{errors:?}");
    }
    lowered
}

/// The text of one function.
fn text(lowered: &Lowered, name: &str) -> String {
    let module = &lowered.module;
    let symbol = module.symbols.find(name).unwrap_or_else(|| panic!("{name} exists"));
    let id = module.func(symbol).unwrap_or_else(|| panic!("{name} is lowered"));
    module.func_text(&module[id])
}

/// The operations of a function's text, one word each, without constants.
fn operations(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| {
            let line = line.trim();
            let line = line.split_once(" = ").map_or(line, |(_, rest)| rest);
            line.split([' ', ';']).next()
        })
        .filter(|word| word.contains('.') || ["call", "new", "return", "jump", "branch", "nil_check", "bounds_check"].contains(word))
        .filter(|word| !word.starts_with("const"))
        .collect()
}

#[test]
fn arithmetic_stays_in_values() {
    let lowered = lowered("package main\nfunc add(a, b int) int { return a*b + 1 }\nfunc main() { println(add(2, 3)) }\n");
    let text = text(&lowered, "main.add");
    let operations = operations(&text);
    assert!(operations.contains(&"mul.i64") && operations.contains(&"add.i64"), "{text}");
    assert!(!text.contains("slot") && !text.contains("load") && !text.contains("store"), "{text}");
}

#[test]
fn strings_and_slices_are_scalars() {
    let lowered =
        lowered("package main\nfunc sum(s []int) int { t := 0; for _, x := range s { t += x }; return t }\nfunc main() { println(sum(nil)) }\n");
    let text = text(&lowered, "main.sum");
    assert!(text.contains("load.i64") && !text.contains("slot_addr") && !text.contains("bounds"), "{text}");
}

#[test]
fn statements_of_all_kinds_lower() {
    lowered(include_str!("testdata/statements.go"));
}

#[test]
fn hello_needs_no_descriptors() {
    let lowered = lowered("package main\nfunc main() { println(\"hello\") }\n");
    let names: Vec<&str> = lowered.module.datas.iter().map(|d| lowered.module.symbols.name(d.name)).collect();
    assert!(names.iter().all(|name| !name.starts_with("type:")), "{names:?}");
}

#[test]
fn methods_are_lowered_when_called_through_interfaces() {
    let source = "package main
type T struct{ x int }
func (t T) A() int { return t.x }
func (t T) B() int { return -t.x }
type I interface { A() int; B() int }
func main() { var i I = T{1}; println(i.A()) }
";
    let lowered = lowered(source);
    let has = |name: &str| lowered.module.symbols.find(name).is_some_and(|s| lowered.module.func(s).is_some());
    assert!(has("main.(*T).A") && has("main.T.A"));
    assert!(!has("main.(*T).B") && !has("main.T.B"));
}

#[test]
fn constant_tables_are_data() {
    let lowered = lowered("package main\nvar table = [...]string{\"a\", \"bc\"}\nvar p = &table\nfunc main() { println(table[1], p[0]) }\n");
    let find = |name: &str| {
        let symbol = lowered.module.symbols.find(name).unwrap();
        &lowered.module[lowered.module.data(symbol).unwrap()]
    };
    assert_eq!(find("main.table").relocs.len(), 2);
    assert_eq!(find("main.p").relocs.len(), 1);
    assert!(lowered.module.symbols.find("main.init").is_none_or(|s| lowered.module.func(s).is_none()));
}
