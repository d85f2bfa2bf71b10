//! `warren build`, and the compilation that `warren run` shares with it.

use std::path::Path;
use std::process::ExitCode;

use warren_compiler::options::{MainPackage, Options, Target};

use crate::arguments::Arguments;
use crate::files::{self, Disk};
use crate::{Failure, environment, report};

/// The runtime builds that this command carries.
static RUNTIME_THREADS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime-threads.wasm"));
static RUNTIME_SINGLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime-single.wasm"));

/// Native stack of the compiler: syntax and types may be nested deeply.
const COMPILER_STACK_BYTES: usize = 256 << 20;

/// `warren build`.
pub fn build(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let wasm = compile(arguments)?;
    let path = match &arguments.output {
        Some(path) => path.clone(),
        None => default_output(&arguments.inputs[0])?,
    };
    std::fs::write(&path, wasm).map_err(|error| format!("cannot write {path}: {error}"))?;
    Ok(ExitCode::SUCCESS)
}

/// The name of the first file or of the directory, with `.wasm`.
fn default_output(input: &str) -> Result<String, Failure> {
    let path = files::absolute(input)?;
    let name = path.file_stem().ok_or_else(|| Failure::Usage("name the module with -o".to_string()))?;
    Ok(format!("{}.wasm", name.to_string_lossy()))
}

/// Compiles the inputs to a module. Problems of the source are printed here.
pub fn compile(arguments: &Arguments) -> Result<Vec<u8>, Failure> {
    let runtime = match arguments.target {
        Target::Native => RUNTIME_THREADS,
        Target::Wasip1 => RUNTIME_SINGLE,
    };
    if runtime.is_empty() {
        return Err("this command was built without the runtime: build it with `cargo xtask setup`".into());
    }
    let (main, directory) = main_package(&arguments.inputs)?;
    let module = files::module_around(Path::new(&directory)).map(|(path, root)| (path, root.display().to_string()));
    let options = Options {
        goroot: environment::goroot()?.display().to_string(),
        module,
        main,
        target: arguments.target,
        runtime: runtime.to_vec(),
        optimise: arguments.optimise,
        dump: arguments.dump.clone(),
        verify: arguments.verify,
        preempt_zeal: arguments.preempt_zeal,
        whole_package: false,
        ..Options::default()
    };
    let result = std::thread::scope(|scope| {
        let body = || warren_compiler::compile(&options, &Disk::new());
        let thread = std::thread::Builder::new().stack_size(COMPILER_STACK_BYTES).spawn_scoped(scope, body)?;
        // The panic's own message is on standard error by now.
        thread.join().map_err(|_| Failure::from("internal compiler error: please report it with the program"))
    })?;
    match result {
        Ok(output) => {
            print!("{}", output.dump);
            if arguments.timing {
                for (pass, ns) in &output.timings {
                    eprintln!("{:>9.3} ms  {pass}", *ns as f64 / 1e6);
                }
                eprintln!("{:>9} bytes of wasm", output.wasm.len());
            }
            Ok(output.wasm)
        }
        Err(problems) => {
            let working_directory = std::env::current_dir()?;
            eprint!("{}", report::text(&problems, &working_directory));
            Err(Failure::Error(String::new()))
        }
    }
}

/// The package that the inputs name, and its directory.
fn main_package(inputs: &[String]) -> Result<(MainPackage, String), Failure> {
    let mut files = Vec::new();
    for input in inputs {
        let path = files::absolute(input)?;
        let text = path.to_str().ok_or_else(|| format!("{input}: the path is not UTF-8"))?.to_string();
        if path.is_dir() {
            return Ok((MainPackage::Directory(text.clone()), text));
        }
        if !input.ends_with(".go") {
            return Err(format!("{input}: neither a Go file nor a directory").into());
        }
        if let Err(error) = std::fs::File::open(&path) {
            return Err(format!("{input}: {error}").into());
        }
        files.push(text);
    }
    let directory = files.first().and_then(|file| Path::new(file).parent()).map(|parent| parent.display().to_string());
    Ok((MainPackage::Files(files), directory.unwrap_or_default()))
}
