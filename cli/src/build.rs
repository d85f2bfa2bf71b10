//! `warren build`, and the compilation that the other commands share with it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use warren_compiler::diagnostic::Problem;
use warren_compiler::options::{MainPackage, Options, Output, Target};
use warren_compiler::package::NAMED_FILES;

use crate::arguments::Arguments;
use crate::cache::Cache;
use crate::files::Disk;
use crate::modules::Modules;
use crate::packages::{self, Named};
use crate::{Failure, console, environment, progress, report};

/// The runtime builds that this command carries.
static RUNTIME_THREADS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime-threads.wasm"));
static RUNTIME_SINGLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime-single.wasm"));

/// Native stack of the compiler: syntax and types may be nested deeply.
const COMPILER_STACK_BYTES: usize = 256 << 20;

/// Variables that change where the go command finds modules.
const MODULE_VARIABLES: &[&str] = &["GOFLAGS", "GOWORK", "GO111MODULE", "GOPATH", "GOMODCACHE", "GOROOT", "GOENV"];

/// `warren build`.
pub fn build(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut found = packages::find(arguments, &arguments.inputs)?;
    found.retain(|named| !named.matched || !packages::go_files(named, &arguments.tags).is_empty());
    let directory = arguments.output.as_deref().filter(|path| path.ends_with('/') || Path::new(path).is_dir());
    if let Some(path) = &arguments.output
        && directory.is_none()
        && found.len() > 1
    {
        return Err(format!("cannot write multiple packages to non-directory {path}").into());
    }
    let mut failed = false;
    for named in &found {
        // What is wrong with the files is left to the compiler.
        let is_program = packages::name(named, &arguments.tags).is_none_or(|name| name == "main");
        let wasm = match compile(arguments, named, named.main.clone(), !is_program) {
            Ok(wasm) => wasm,
            Err(Failure::Error(text)) => {
                failed = true;
                if !text.is_empty() {
                    console::err(format_args!("warren: {text}\n"));
                }
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let path = match (directory, &arguments.output) {
            (Some(directory), _) if is_program => Path::new(directory).join(output_name(named)?),
            (None, Some(path)) if is_program => PathBuf::from(path),
            (None, Some(path)) => return Err(format!("-o {path}: package {} is not a main package", named.path).into()),
            (None, None) if is_program && found.len() == 1 => PathBuf::from(output_name(named)?),
            // Compiled to see that it can be.
            _ => continue,
        };
        write(arguments, &path, &wasm)?;
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// Writes a module.
pub fn write(arguments: &Arguments, path: &Path, wasm: &[u8]) -> Result<(), Failure> {
    if arguments.print_commands {
        console::err(format_args!("write {} # {} bytes\n", path.display(), wasm.len()));
    }
    if let Some(parent) = path.parent() {
        let _ = std::fs::create_dir_all(parent);
    }
    std::fs::write(path, wasm).map_err(|error| format!("cannot write {}: {}", path.display(), console::reason(&error)).into())
}

/// The name of the first file, or the last element of the import path, with `.wasm`.
fn output_name(named: &Named) -> Result<String, Failure> {
    let name = match &named.main {
        MainPackage::Files(files) => files.first().and_then(|file| Path::new(file).file_stem()).map(|name| name.to_string_lossy().into_owned()),
        _ if named.path == NAMED_FILES => named.directory.file_name().map(|name| name.to_string_lossy().into_owned()),
        _ => {
            let mut elements = named.path.rsplit('/');
            let last = elements.next().unwrap_or_default();
            let is_version = last.len() > 1 && last.starts_with('v') && last[1..].chars().all(|ch| ch.is_ascii_digit());
            Some(elements.next().filter(|_| is_version).unwrap_or(last).to_string())
        }
    };
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| Failure::Usage("name the module with -o".to_string()))?;
    Ok(format!("{name}.wasm"))
}

/// The one program that the words name, compiled.
pub fn compile_one(arguments: &Arguments) -> Result<Vec<u8>, Failure> {
    let found = packages::find(arguments, &arguments.inputs)?;
    let [named] = &found[..] else {
        let words = arguments.inputs.join(" ");
        return Err(format!("pattern {words} matches {} packages", found.len()).into());
    };
    compile(arguments, named, named.main.clone(), false)
}

/// Compiles a package, or takes the result of an earlier build. Problems of the source are printed here.
pub fn compile(arguments: &Arguments, named: &Named, main: MainPackage, whole_package: bool) -> Result<Vec<u8>, Failure> {
    match try_compile(arguments, named, main, whole_package)? {
        Ok(wasm) => Ok(wasm),
        Err(mut problems) => {
            if arguments.codes {
                report::name_codes(&mut problems);
            }
            console::err(format_args!("{}", report::text(&problems, &std::env::current_dir()?)));
            Err(Failure::Error(String::new()))
        }
    }
}

/// Compiles a package, or takes the result of an earlier build.
pub fn try_compile(arguments: &Arguments, named: &Named, main: MainPackage, whole_package: bool) -> Result<Result<Vec<u8>, Vec<Problem>>, Failure> {
    let runtime = match arguments.target {
        Target::Native => RUNTIME_THREADS,
        Target::Wasip1 => RUNTIME_SINGLE,
    };
    if runtime.is_empty() {
        return Err("this command was built without the runtime: build it with `cargo xtask setup`".into());
    }
    let goroot = environment::goroot()?;
    let is_test = matches!(main, MainPackage::Test(_));
    let modules = Modules::around(arguments, &goroot, named, is_test)?;
    let options = Options {
        goroot: goroot.display().to_string(),
        module: modules.main_module(),
        main,
        target: arguments.target,
        runtime: Vec::new(),
        optimise: !arguments.unoptimised,
        dump: arguments.dump.clone(),
        verify: arguments.verify,
        preempt_zeal: arguments.preempt_zeal,
        whole_package,
        language: None,
        tags: arguments.tags.clone(),
        definitions: arguments.definitions.clone(),
        link_flags: arguments.link_flags.clone(),
        trim_paths: arguments.trim_paths,
        strip_names: arguments.strip_names,
    };
    let uses_cache = !arguments.no_cache && !arguments.timing && !arguments.verify && arguments.dump.is_none();
    let variables: Vec<_> = MODULE_VARIABLES.iter().map(|name| std::env::var_os(name)).collect();
    let request = format!("{options:?} {:?} {variables:?}", arguments.module_mode);
    let cache = environment::cache().filter(|_| uses_cache).map(|directory| Cache::new(&directory, &request));
    if let Some(wasm) = cache.as_ref().and_then(Cache::find) {
        return Ok(Ok(wasm));
    }
    if arguments.print_commands {
        console::err(format_args!("compile {} # {}\n", named.path, named.directory.display()));
    }
    let options = Options { runtime: runtime.to_vec(), ..options };
    let disk = Disk::new(modules);
    let result = progress::during(&named.path, || disk.stage(), || run_compiler(&options, &disk))?;
    match result {
        Ok(output) => {
            show(arguments, &output);
            if let Some(cache) = cache {
                cache.keep(&disk.seen(), &output.wasm);
            }
            Ok(Ok(output.wasm))
        }
        Err(problems) => Ok(Err(problems)),
    }
}

fn run_compiler(options: &Options, disk: &Disk) -> Result<Result<Output, Vec<Problem>>, Failure> {
    std::thread::scope(|scope| {
        let body = || warren_compiler::compile(options, disk);
        let thread = std::thread::Builder::new().stack_size(COMPILER_STACK_BYTES).spawn_scoped(scope, body)?;
        // The panic's own message is on standard error by now.
        thread.join().map_err(|_| Failure::from("internal compiler error: please report it with the program"))
    })
}

fn show(arguments: &Arguments, output: &Output) {
    console::out(format_args!("{}", output.dump));
    if arguments.verbose && arguments.test.words.is_empty() {
        for package in &output.packages {
            console::err(format_args!("{package}\n"));
        }
    }
    if arguments.timing {
        for (pass, ns) in &output.timings {
            console::err(format_args!("{:>9.3} ms  {pass}\n", *ns as f64 / 1e6));
        }
        console::err(format_args!("{:>9} bytes of wasm\n", output.wasm.len()));
    }
}
