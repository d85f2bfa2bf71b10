//! Small programs through the checker.

use super::check::{Checker, Config};
use super::{Mode, PackageId, SelectionKind, TypeId, TypeKind};
use crate::source::SourceMap;
use crate::syntax::ast::{Decl, File, NodeIds};
use crate::syntax::{Origin, Symbol, parse_file};

fn check(text: &str, test: impl FnOnce(&mut Checker<'_>, PackageId, &File)) {
    let mut sources = SourceMap::new();
    let id = sources.add("x.go", text.as_bytes());
    let parsed = parse_file(&sources, id, &mut NodeIds::default(), Origin::User);
    assert_eq!(parsed.errors, [], "syntax");
    let file = parsed.file.expect("a package clause");
    let mut checker = Checker::new(&sources);
    let config = Config { bodies: true, ..Config::default() };
    let package = checker.check_package("x", &[&file], &config, &mut |_| Err("nothing to import".to_string()));
    test(&mut checker, package, &file);
}

fn errors(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    check(text, |checker, _, _| {
        found = checker
            .diagnostics
            .iter()
            .map(|one| {
                let location = checker.sources.location(one.pos);
                format!("{}:{}: {}", location.line, location.column, one.message)
            })
            .collect();
    });
    found
}

fn type_named(checker: &Checker<'_>, package: PackageId, name: &str) -> TypeId {
    let scope = checker.types.package(package).scope;
    let object = checker.types.scope(scope).lookup(Symbol::new(name)).expect("a declared name");
    checker.types.type_of(object)
}

#[test]
fn errors_are_said_in_the_words_of_go() {
    let text = "package x\nimport \"fmt\"\nfunc f() int {\n\tx := 1\n\tvar s string = 2\n\tundefined()\n}\n";
    assert_eq!(
        errors(text),
        [
            "2:8: could not import fmt (nothing to import)",
            "5:17: cannot use 2 (untyped int constant) as string value in variable declaration",
            "6:2: undefined: undefined",
            "7:1: missing return",
            "4:2: declared and not used: x",
            "5:6: declared and not used: s",
        ]
    );
}

#[test]
fn cycles_are_reported_once() {
    assert_eq!(errors("package x\ntype T struct{ t T }\n"), ["2:6: invalid recursive type: T refers to itself"]);
    let cycle = errors("package x\nvar a = b\nvar b = f()\nfunc f() int { return a }\n");
    assert_eq!(cycle.len(), 1);
    assert!(cycle[0].starts_with("2:5: initialization cycle for a\n\tx.go:2:5: a refers to b\n"), "{cycle:?}");
}

#[test]
fn constants_get_the_types_of_their_uses() {
    check("package x\nvar f float64 = 1 << 3\nvar g = float32(2)\nvar i any = 'a'\n", |checker, _, file| {
        assert_eq!(checker.diagnostics, []);
        let types: Vec<(TypeId, String)> = file
            .decls
            .iter()
            .filter_map(|decl| match decl {
                Decl::Var(decl) => decl.values.first(),
                _ => None,
            })
            .map(|value| {
                let constant = checker.info.constant(value.id).expect("a constant");
                (checker.info.type_of(value.id), constant.display())
            })
            .collect();
        let expected = [(TypeId::FLOAT64, "8"), (TypeId::FLOAT32, "2"), (TypeId::RUNE, "97")];
        assert_eq!(types, expected.map(|(typ, text)| (typ, text.to_string())));
    });
}

#[test]
fn identical_types_have_one_canonical_id() {
    let text = "package x\ntype A = []byte\nvar a func(x A, y ...int) (err error)\nvar b func([]uint8, ...int) error\n\
        type G[T any] struct{ p *G[T] }\nvar c map[string]G[A]\nvar d map[string]G[[]uint8]\n";
    check(text, |checker, package, _| {
        assert_eq!(checker.diagnostics, []);
        for (one, two) in [("a", "b"), ("c", "d")] {
            let (one, two) = (type_named(checker, package, one), type_named(checker, package, two));
            assert!(checker.types.identical(one, two));
            assert_eq!(checker.types.canonical(one), checker.types.canonical(two));
        }
        let c = type_named(checker, package, "c");
        let c = checker.types.canonical(c);
        assert_eq!(checker.types.reflect_string(c), "map[string]x.G[[]uint8]");
    });
}

#[test]
fn method_sets_include_promoted_methods() {
    let text =
        "package x\ntype A struct{}\nfunc (A) V() {}\nfunc (*A) P() {}\nfunc (A) G[T any]() {}\ntype B struct{ n int; A }\ntype C struct{ *A }\n";
    check(text, |checker, package, _| {
        let names = |checker: &mut Checker<'_>, typ: TypeId| -> Vec<String> {
            let set = checker.types.method_set(typ);
            set.iter().map(|entry| format!("{}{:?}", checker.types.name_of(entry.method), entry.path)).collect()
        };
        let b = type_named(checker, package, "B");
        assert_eq!(names(checker, b), ["V[1]"]);
        let pointer = checker.types.pointer_to(b);
        assert_eq!(names(checker, pointer), ["P[1]", "V[1]"]);
        let c = type_named(checker, package, "C");
        assert_eq!(names(checker, c), ["P[0]", "V[0]"]);
    });
}

#[test]
fn captured_variables_are_known() {
    let text = "package x\nfunc f() func() int {\n\ta, b, c := 1, 2, 3\n\tp := &c\n\treturn func() int {\n\t\tb++\n\t\t\
        return func() int { return a + b + *p }()\n\t}\n}\n";
    check(text, |checker, package, _| {
        assert_eq!(checker.diagnostics, []);
        let functions = checker.package_functions(package);
        let outer = checker.info.function_of[&checker.functions[&functions[0]].id];
        let literals: Vec<_> = checker.info.functions.iter().filter(|function| function.parent.is_some()).collect();
        assert_eq!(literals.len(), 2);
        for literal in &literals {
            let mut names: Vec<&str> = literal.captures.iter().map(|object| checker.types.name_of(*object)).collect();
            names.sort_unstable();
            assert_eq!(names, ["a", "b", "p"]);
        }
        let variable = |name: &str| {
            let object = literals[0].captures.iter().find(|object| checker.types.name_of(**object) == name);
            *checker.types.object(*object.expect("a captured variable")).variable().expect("a variable")
        };
        assert_eq!(variable("a").function, Some(outer));
        assert!(!variable("a").reassigned && variable("b").reassigned);
    });
}

#[test]
fn selections_know_the_path() {
    let text = "package x\ntype A struct{ u, v int }\ntype B struct{ n int; *A }\nvar b B\nvar v = b.v\nvar m = (*B).M\nfunc (*A) M() {}\n";
    check(text, |checker, _, _| {
        assert_eq!(checker.diagnostics, []);
        let field = checker.info.selections.values().find(|one| one.kind == SelectionKind::Field).expect("a field");
        assert_eq!((&field.path[..], field.indirect), (&[1, 1][..], true));
        let method = checker.info.selections.values().find(|one| one.kind == SelectionKind::MethodExpr).expect("a method");
        assert_eq!(&method.path[..], [1, 0]);
    });
}

#[test]
fn types_in_generic_functions_depend_on_their_parameters() {
    check("package x\nfunc f[T any]() any {\n\ttype L struct{ x T }\n\treturn L{}\n}\n", |checker, _, _| {
        assert_eq!(checker.diagnostics, []);
        let local = (0..checker.types.nameds.len())
            .map(|index| checker.types.nameds[index].clone())
            .find(|named| checker.types.name_of(named.object) == "L")
            .expect("the local type");
        let TypeKind::Named(id) = checker.types.kind(local.id) else { panic!("a defined type") };
        let parameters = checker.types.implicit_parameters_of(id);
        let mut with = super::Substitution::new(&parameters, &[TypeId::INT]);
        with.local_types = true;
        let ints = checker.types.substitute(local.id, &with);
        assert_ne!(ints, local.id);
        assert_eq!(checker.types.size_of(ints), 8);
        assert_eq!(checker.types.substitute(local.id, &with), ints);
    });
}

#[test]
fn initializers_come_in_order() {
    check(
        "package x\nvar a = f()\nvar b = 2\nvar c, d = g()\nfunc f() int { return b + c }\nfunc g() (int, int) { return 1, b }\n",
        |checker, package, _| {
            assert_eq!(checker.diagnostics, []);
            let order = checker.initialization_order(package);
            let names: Vec<Vec<&str>> = order.iter().map(|one| one.lhs.iter().map(|object| checker.types.name_of(*object)).collect()).collect();
            assert_eq!(names, [vec!["b"], vec!["c", "d"], vec!["a"]]);
            assert_eq!(checker.info.type_and_value(order[2].rhs.id).mode, Mode::Value);
        },
    );
}
