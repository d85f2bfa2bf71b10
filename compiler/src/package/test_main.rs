//! The main package of a test program: what `package testing` is to run.
//!
//! Tests, benchmarks, fuzz tests and examples are found by their names, as the go command finds them. An example runs only if a comment at its
//! end says what it prints.

use super::{NAMED_FILES, example};
use crate::diagnostic::{Diagnostic, Problem, problem};
use crate::source::SourceMap;
use crate::syntax::ast::{Decl, ExprKind, File, FuncDecl};
use std::fmt::Write;

/// A function of a test file.
struct TestFunction {
    /// The name under which the main package imports its package.
    package: &'static str,
    name: String,
}

/// What an example has to print.
struct Example {
    function: TestFunction,
    output: String,
    unordered: bool,
}

/// What the test files of a package have to run.
#[derive(Default)]
pub(super) struct TestFunctions {
    tests: Vec<TestFunction>,
    benchmarks: Vec<TestFunction>,
    fuzz: Vec<TestFunction>,
    examples: Vec<Example>,
    test_main: Option<TestFunction>,
}

impl TestFunctions {
    /// Adds the functions of one file. An error is one that has a test's name and not its type.
    pub fn collect(&mut self, sources: &SourceMap, file: &File, package: &'static str) -> Result<(), Problem> {
        for decl in &file.decls {
            let Decl::Func(func) = decl else { continue };
            if func.receiver.is_some() {
                continue;
            }
            let name = func.name.name.as_str();
            let function = || TestFunction { package, name: name.to_string() };
            let fail = |message: String| Err(problem(sources, None, &Diagnostic::new(decl.pos(), message)));
            let check = |letter: &str| signature_error(func, letter).map_or(Ok(()), fail);
            if name == "TestMain" {
                if takes(func, "T") {
                    self.tests.push(function());
                    continue;
                }
                check("M")?;
                if self.test_main.is_some() {
                    return fail("multiple definitions of TestMain".to_string());
                }
                self.test_main = Some(function());
            } else if is_named(name, "Test") {
                check("T")?;
                self.tests.push(function());
            } else if is_named(name, "Benchmark") {
                check("B")?;
                self.benchmarks.push(function());
            } else if is_named(name, "Fuzz") {
                check("F")?;
                self.fuzz.push(function());
            } else if is_named(name, "Example")
                && func.ty.params.is_empty()
                && let Some(body) = &func.body
            {
                let text = &sources.file(file.id);
                let range = (body.pos.0 - text.base.0) as usize..(body.rbrace.0 - text.base.0) as usize;
                let body = String::from_utf8_lossy(text.text.get(range).unwrap_or_default());
                if let Some(example::Output { text, unordered }) = example::output(&body) {
                    self.examples.push(Example { function: function(), output: text, unordered });
                }
            }
        }
        Ok(())
    }

    /// Whether a function of that package is called.
    fn uses(&self, package: &str) -> bool {
        let functions = self.tests.iter().chain(&self.benchmarks).chain(&self.fuzz).chain(&self.test_main);
        functions.chain(self.examples.iter().map(|example| &example.function)).any(|function| function.package == package)
    }

    /// The source text of the main package.
    pub fn main_source(&self, path: &str, module: &str, has_package: bool, has_external: bool) -> String {
        let mut text = "package main\n\nimport (\n\t\"os\"\n\t\"testing\"\n\t\"testing/internal/testdeps\"\n".to_string();
        if self.test_main.is_some() {
            text.push_str("\t\"reflect\"\n");
        }
        for (exists, name, path) in [(has_package, "_test", path.to_string()), (has_external, "_xtest", format!("{path}_test"))] {
            if exists {
                let name = if self.uses(name) { name } else { "_" };
                let _ = writeln!(text, "\t{name} {}", quote(&path));
            }
        }
        text.push_str(")\n\n");
        let lists = [
            ("tests", "testing.InternalTest", &self.tests),
            ("benchmarks", "testing.InternalBenchmark", &self.benchmarks),
            ("fuzzTargets", "testing.InternalFuzzTarget", &self.fuzz),
        ];
        for (name, ty, functions) in lists {
            let _ = writeln!(text, "var {name} = []{ty}{{");
            for TestFunction { package, name } in functions {
                let _ = writeln!(text, "\t{{{}, {package}.{name}}},", quote(name));
            }
            text.push_str("}\n\n");
        }
        text.push_str("var examples = []testing.InternalExample{\n");
        for Example { function: TestFunction { package, name }, output, unordered } in &self.examples {
            let _ = writeln!(text, "\t{{{}, {package}.{name}, {}, {unordered}}},", quote(name), quote(output));
        }
        text.push_str("}\n\n");
        let import_path = if path == NAMED_FILES { "" } else { path };
        let _ = writeln!(text, "func init() {{\n\ttestdeps.ModulePath = {}\n\ttestdeps.ImportPath = {}\n}}\n", quote(module), quote(import_path));
        text.push_str("func main() {\n\tm := testing.MainStart(testdeps.TestDeps{}, tests, benchmarks, fuzzTargets, examples)\n");
        match &self.test_main {
            Some(TestFunction { package, name }) => {
                let _ = writeln!(text, "\t{package}.{name}(m)\n\tos.Exit(int(reflect.ValueOf(m).Elem().FieldByName(\"exitCode\").Int()))");
            }
            None => text.push_str("\tos.Exit(m.Run())\n"),
        }
        text.push_str("}\n");
        text
    }
}

/// Whether a name is that of a test: the prefix, and behind it nothing or no lower-case letter.
fn is_named(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| !rest.starts_with(char::is_lowercase))
}

/// Whether a function takes a `*testing.T` or the like, under whatever name `testing` is imported, and returns nothing.
fn takes(func: &FuncDecl, letter: &str) -> bool {
    let [param] = &func.ty.params[..] else { return false };
    let ExprKind::Unary(pointer) = &param.ty.kind else { return false };
    let name = match &pointer.x.kind {
        ExprKind::Selector(selector) => selector.sel.name,
        _ => match pointer.x.as_name() {
            Some(name) => name,
            None => return false,
        },
    };
    func.ty.results.is_empty() && param.names.len() <= 1 && name == letter
}

fn signature_error(func: &FuncDecl, letter: &str) -> Option<String> {
    let name = func.name.name;
    if !func.type_params.is_empty() {
        return Some(format!("wrong signature for {name}, test functions cannot have type parameters"));
    }
    let small = letter.to_lowercase();
    (!takes(func, letter)).then(|| format!("wrong signature for {name}, must be: func {name}({small} *testing.{letter})"))
}

/// A Go string literal.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for ch in text.chars() {
        match ch {
            '"' | '\\' => quoted.extend(['\\', ch]),
            '\n' => quoted.push_str("\\n"),
            ch if ch.is_control() || ch == '\u{feff}' => {
                let _ = write!(quoted, "\\u{:04x}", ch as u32);
            }
            ch => quoted.push(ch),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{is_named, quote};

    #[test]
    fn names_of_tests() {
        assert!(is_named("Test", "Test") && is_named("TestX", "Test") && is_named("Test1", "Test") && is_named("Test_x", "Test"));
        assert!(!is_named("Testify", "Test") && !is_named("test", "Test"));
    }

    #[test]
    fn literals() {
        assert_eq!(quote("a\"b\\\n\u{1}\u{e9}"), "\"a\\\"b\\\\\\n\\u0001\u{e9}\"");
    }
}
