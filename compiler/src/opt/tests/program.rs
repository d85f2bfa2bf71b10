//! Whole Go programs through the optimiser, for work on it: `GO_FILE=prog.go GOROOT=... [DUMP=pass:func] cargo test program -- --ignored
//! --nocapture` verifies the IR after every pass and prints times and sizes.

use std::time::Instant;

use crate::opt::{Options, run};
use crate::options::{FileProvider, MainPackage, Target};

struct Disk;

impl FileProvider for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(path).ok()
    }

    fn list(&self, directory: &str) -> Option<Vec<String>> {
        let entries = std::fs::read_dir(directory).ok()?.filter_map(Result::ok).filter(|e| e.path().is_file());
        let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        Some(names)
    }
}

#[test]
#[ignore = "needs a Go distribution and a program"]
fn program() {
    let file = std::env::var("GO_FILE").expect("GO_FILE names a program");
    let goroot = std::env::var("GOROOT").expect("GOROOT is set");
    let options = crate::options::Options {
        goroot,
        module: None,
        main: MainPackage::Files(vec![file]),
        target: Target::Wasip1,
        runtime: Vec::new(),
        optimise: true,
        dump: None,
        verify: false,
        ..Default::default()
    };
    // With RUNTIME=runtime.wasm and OUT=program.wasm the whole compiler runs instead; NO_OPT leaves this stage out.
    if let (Ok(runtime), Ok(out)) = (std::env::var("RUNTIME"), std::env::var("OUT")) {
        let runtime = std::fs::read(runtime).expect("a prebuilt runtime");
        let optimise = std::env::var_os("NO_OPT").is_none();
        let output = crate::compile(&crate::options::Options { runtime, optimise, verify: true, ..options }, &Disk).expect("the program compiles");
        println!("{} bytes, {:?}", output.wasm.len(), output.timings);
        std::fs::write(out, output.wasm).expect("writable");
        return;
    }
    let start = Instant::now();
    let mut loaded = crate::package::load(&options, &Disk).expect("the program loads");
    let given = crate::given(&options, &Disk, &mut loaded);
    let checked = crate::check(&loaded, &options, given).expect("the program is correct");
    println!("load and check {:?}", start.elapsed());
    let start = Instant::now();
    let mut lowered = crate::lower::lower(checked);
    println!("lower {:?}", start.elapsed());
    println!("{} problems", lowered.problems.len());
    if let Err(text) = crate::ir::verify_module(&lowered.module) {
        println!("lowering made invalid IR:\n{text}");
    }
    let module = &mut lowered.module;
    let count = |module: &crate::ir::Module, what: fn(crate::ir::Op) -> bool| -> usize {
        let insts = |f: &crate::ir::Function| f.blocks().map(|b| f.block(b).insts.iter().filter(|i| what(f.op(**i))).count()).sum::<usize>();
        module.funcs.iter().map(insts).sum()
    };
    let show = |module: &crate::ir::Module, when: &str| {
        use crate::ir::Op;
        println!(
            "{when}: {} functions, {} instructions, {} new, {} bounds checks, {} nil checks, {} closure calls, {} interface calls, {} calls, {} loads, {} stores",
            module.funcs.len(),
            count(module, |_| true),
            count(module, |op| matches!(op, Op::New { .. })),
            count(module, |op| matches!(op, Op::BoundsCheck { .. })),
            count(module, |op| op == Op::NilCheck),
            count(module, |op| matches!(op, Op::CallClosure { .. })),
            count(module, |op| matches!(op, Op::CallInterface { .. })),
            count(module, |op| matches!(op, Op::Call { .. })),
            count(module, |op| matches!(op, Op::Load { .. })),
            count(module, |op| matches!(op, Op::Store { .. })),
        );
    };
    show(module, "lowered");
    let dump = std::env::var("DUMP").ok().and_then(|d| d.split_once(':').map(|(a, b)| (a.to_string(), b.to_string())));
    if let Some((_, name)) = &dump {
        for func in &module.funcs {
            if module.symbols.name(func.name) == name {
                println!("// lowered\n{}", module.func_text(func));
            }
        }
    }
    let verify = std::env::var_os("NO_VERIFY").is_none();
    let start = Instant::now();
    let report = run(module, &Options { verify, dump, ..Options::default() });
    println!("optimise {:?}", start.elapsed());
    for text in report.dumps {
        println!("{text}");
    }
    for (name, rounds, time) in report.passes {
        println!("  {name:12} {rounds:8} {time:?}");
    }
    show(module, "optimised");
}
