//! Tests of the passes in the text form: each file of `opt/testdata` names passes in its first line (`// passes: slots values`), then has
//! functions, then `// ----` and the expected result. `BLESS=1` rewrites the expectations.

mod interpret;
mod random;

use super::*;
use crate::ir::{parse_module, verify_module};

fn run_passes(text: &str, passes: &str) -> String {
    let mut module = parse_module(text).unwrap_or_else(|e| panic!("{e}"));
    verify_module(&module).unwrap_or_else(|e| panic!("invalid input: {e}"));
    if passes == "all" {
        run(&mut module, &Options { verify: true, ..Options::default() });
    } else {
        let mut context = Context::new(&module);
        for i in 0..module.funcs.len() {
            let id = FuncId::new(i);
            let mut func = take(&mut module, id);
            for name in passes.split_whitespace() {
                let pass = PASSES.iter().find(|p| p.name == name).unwrap_or_else(|| panic!("no pass {name}"));
                let options = Options { verify: true, ..Options::default() };
                run_pass(&context, &module, &mut func, pass, &options, &mut Report::default());
            }
            func.compact();
            // Callees stand before callers in the files.
            context.summaries[i] = Some(escape::summarize(&context, &module, &func));
            context.inline_cost[i] = inline::cost(&func);
            context.calls_param[i] = inline::calls_param(&func);
            module.funcs[i] = func;
        }
    }
    verify_module(&module).unwrap_or_else(|e| panic!("invalid output: {e}\n{module}"));
    let texts: Vec<String> = module.funcs.iter().map(|f| module.func_text(f)).collect();
    texts.concat()
}

#[test]
fn expectations() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/opt/testdata");
    let mut paths: Vec<_> = std::fs::read_dir(&dir).expect("testdata exists").map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a text file");
        let (input, expected) = text.split_once("// ----\n").unwrap_or((&text, ""));
        let passes = input.lines().next().and_then(|l| l.strip_prefix("// passes:")).expect("the first line names passes").trim();
        let actual = run_passes(input, passes);
        if actual != expected {
            if bless {
                let sep = if input.ends_with('\n') { "" } else { "\n" };
                std::fs::write(&path, format!("{input}{sep}// ----\n{actual}")).expect("writable");
            } else {
                failures.push(format!("{}:\n{actual}", path.display()));
            }
        }
    }
    assert!(failures.is_empty(), "results differ from expectations:\n{}", failures.join("\n"));
}
