//! The compiler: Go source to a wasm module. It reads no disk; sources come from a file provider.
//!
//! [`compile`] is the whole of it:
//!
//! ```text
//! load -> parse (package, syntax) -> check (types) -> lower -> optimise (opt) -> freeze, wasm -> link
//! ```
//!
//! A pass knows those before it, never those behind; `opt`, `freeze` and `wasm` see IR, never syntax or Go types. Errors of the source are
//! [`Problem`]s; a panic is a bug of ours, and the caller reports it as one.

pub mod constant;
pub mod debug;
pub mod diagnostic;
pub mod files;
pub mod freeze;
pub mod ir;
pub mod link;
pub mod lower;
pub mod opt;
pub mod options;
pub mod package;
pub mod source;
pub mod syntax;
pub mod types;
pub mod wasm;

use std::collections::HashMap;

use diagnostic::{Diagnostic, Problem, Report};
use lower::given::Given;
use options::{FileProvider, Options, Output, Target};
use types::check::{Checker, Config};

/// Compiles one program.
///
/// # Errors
/// The problems of the source, sorted as go prints them.
pub fn compile(options: &Options, files: &dyn FileProvider) -> Result<Output, Vec<Problem>> {
    let mut clock = Stopwatch { files, last: files.now_ns(), laps: Vec::new() };
    let mut program = package::load(options, files)?;
    clock.lap("load");
    let given = given(options, files, &mut program);
    let checked = check(&program, options, given)?;
    clock.lap("check");
    let mut lowered = lower::lower(checked);
    if !lowered.problems.is_empty() {
        return Err(problems_of(&program, lowered.problems));
    }
    let weak = |symbols: &[ir::Symbol]| symbols.iter().map(|symbol| (*symbol, false)).collect::<Vec<_>>();
    add_address_list(&mut lowered.module, ir::special::ITABS, &weak(&lowered.itabs));
    add_address_list(&mut lowered.module, ir::special::TYPE_LINKS, &weak(&lowered.type_links));
    add_address_list(&mut lowered.module, ir::special::CALL_RECORDS, &lowered.call_records);
    clock.lap("lower");
    let dump = options.dump.as_deref().map(|text| match text.split_once(':') {
        Some((pass, function)) => (pass.to_string(), function.to_string()),
        None => (text.to_string(), "*".to_string()),
    });
    let settings = opt::Options { unoptimized: !options.optimise, verify: options.verify, dump };
    let report = opt::run(&mut lowered.module, &settings);
    clock.lap("optimise");
    let settings = link::LinkOptions {
        threads: options.target == Target::Native,
        preempt_zeal: options.preempt_zeal,
        names: !options.strip_names,
        build_info: package::build_info(&program, options, files),
    };
    let wasm =
        link::link(&mut lowered.module, &options.runtime, &settings).map_err(|errors| errors.into_iter().map(link_problem).collect::<Vec<_>>())?;
    clock.lap("generate and link");
    let packages = program.packages.iter().map(|package| package.path.clone()).collect();
    Ok(Output { wasm, dump: report.dumps.concat(), packages, timings: clock.laps })
}

/// The problems of a program that show before code is made of it; none does not mean that it compiles.
pub fn check_only(options: &Options, files: &dyn FileProvider) -> Vec<Problem> {
    let mut program = match package::load(options, files) {
        Ok(program) => program,
        Err(problems) => return problems,
    };
    let given = given(options, files, &mut program);
    check(&program, options, given).err().unwrap_or_default()
}

/// Checks all packages, bodies of library packages excepted: these are checked when something reachable asks for them.
fn check<'a>(program: &'a package::Program, options: &Options, given: Given) -> Result<lower::Program<'a>, Vec<Problem>> {
    let mut checker = Checker::new(&program.sources);
    let mut problems = Vec::new();
    let mut units = Vec::with_capacity(program.packages.len());
    // By package of the program: the checker's package, none if it or something it imports has errors.
    let mut checked: Vec<Option<types::PackageId>> = Vec::with_capacity(program.packages.len());
    let nointerface = options.tags.iter().any(|tag| tag == "goexperiment.fieldtrack");
    for package in &program.packages {
        if package.imports.values().any(|import| checked[import.index()].is_none()) {
            checked.push(None);
            continue;
        }
        let mut report = Report::new();
        report.extend(&program.sources, package.errors.iter().cloned());
        if package.has_syntax_errors() {
            problems.extend(report.into_problems(&program.sources, &package.heading));
            checked.push(None);
            continue;
        }
        let list: Vec<&syntax::ast::File> = package.files.iter().collect();
        let is_main = program.find(&package.path) == Some(program.main);
        let go_version = options.language.as_ref().filter(|_| is_main).or(package.go_version.as_ref());
        let config = Config { go_version: go_version.cloned().unwrap_or_default(), bodies: !package.standard, nointerface, ..Config::default() };
        let imports: HashMap<&str, types::PackageId> =
            package.imports.iter().filter_map(|(path, id)| Some((path.as_str(), checked[id.index()]?))).collect();
        let mut import = |path: &str| imports.get(path).copied().ok_or_else(|| format!("package {path} is not loaded"));
        let id = checker.check_package(package.link_path(), &list, &config, &mut import);
        report.extend(&program.sources, checker.diagnostics.drain(..).map(Diagnostic::from));
        if report.is_empty() {
            report.extend(&program.sources, package.late_errors.iter().cloned());
        }
        if report.is_empty() && !package.standard {
            checker.large_types(id, &list);
            report.extend(&program.sources, checker.diagnostics.drain(..).map(Diagnostic::from));
        }
        if report.is_empty() && !package.standard {
            checker.large_frames(&list);
            checker.host_functions(&list);
            report.extend(&program.sources, checker.diagnostics.drain(..).map(Diagnostic::from));
        }
        if report.is_empty() {
            checked.push(Some(id));
            units.push(lower::Unit { package: id, files: list });
        } else {
            problems.extend(report.into_problems(&program.sources, &package.heading));
            checked.push(None);
        }
    }
    let main = program.package(program.main);
    if problems.is_empty() && !options.whole_package && !main.declares_main() {
        // Go's linker says so, under the heading of the package.
        let message = "runtime.main_main\u{b7}f: function main is undeclared in the main package".to_string();
        problems.push(Problem { package: Some(main.heading.clone()), message, ..Problem::default() });
    }
    match checked[program.main.index()] {
        Some(main) if problems.is_empty() => Ok(lower::Program { checker, units, main, whole: options.whole_package, given }),
        _ => Err(problems),
    }
}

/// Problems that lowering found in library code, or that only the whole program shows, under the headings of their packages.
fn problems_of(program: &package::Program, list: Vec<(source::Pos, String)>) -> Vec<Problem> {
    let heading = |pos: source::Pos| {
        let file = program.sources.file_of(pos)?;
        let package = program.packages.iter().find(|package| package.files.iter().any(|other| other.id == file))?;
        Some(package.heading.as_str())
    };
    list.into_iter().map(|(pos, message)| diagnostic::problem(&program.sources, heading(pos), &Diagnostic::new(pos, message))).collect()
}

fn link_problem(error: link::LinkError) -> Problem {
    let (path, line) = error.place.unwrap_or_default();
    Problem { path, line, message: error.message, ..Problem::default() }
}

/// A read-only array of 32-bit addresses. It keeps alive what is marked so.
fn add_address_list(module: &mut ir::Module, name: &str, symbols: &[(ir::Symbol, bool)]) {
    let size = symbols.len() as u32 * 4;
    let relocs = symbols
        .iter()
        .enumerate()
        .map(|(i, (target, strong))| {
            let kind = if *strong { ir::RelocKind::Addr } else { ir::RelocKind::WeakAddr };
            ir::Reloc { offset: i as u32 * 4, kind, target: *target, addend: 0 }
        })
        .collect();
    let name = module.symbols.intern(name);
    module.add_data(ir::Data {
        name,
        section: ir::Section::ReadOnly,
        align: 4,
        size,
        bytes: vec![0; size as usize],
        relocs,
        pointers: ir::PointerMap::none(),
    });
}

/// What variables are given and files are called.
fn given(options: &Options, files: &dyn FileProvider, program: &mut package::Program) -> Given {
    let mut given = Given { go_version: go_version(options, files), definitions: options.definitions.clone(), ..Given::default() };
    for package in &mut program.packages {
        given.embeds.extend(package.embeds.drain().collect::<HashMap<_, _>>());
        if options.trim_paths {
            given.directories.insert(package.directory.clone(), package.trimmed.clone());
        }
    }
    let mut define = |name: &str, value: String| given.definitions.push((name.to_string(), value));
    define("runtime.godebugDefault", package::default_settings(program, options, files));
    if !options.trim_paths {
        define("runtime.defaultGOROOT", options.goroot.clone());
    }
    if matches!(options.main, options::MainPackage::Test(_)) {
        // What testing.Testing asks.
        define("testing.testBinary", "1".to_string());
    }
    given
}

/// What `runtime.Version` says: the first line of GOROOT/VERSION.
fn go_version(options: &Options, files: &dyn FileProvider) -> String {
    let path = format!("{}/VERSION", options.goroot.trim_end_matches('/'));
    let text = files.read(&path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().unwrap_or("").trim().to_string()
}

/// The passes that are timed, and that [`FileProvider::begin`] hears of.
pub const PASSES: &[&str] = &["load", "check", "lower", "optimise", "generate and link"];

/// Durations of passes, by the provider's clock.
struct Stopwatch<'f> {
    files: &'f dyn FileProvider,
    last: u64,
    laps: Vec<(&'static str, u64)>,
}

impl Stopwatch<'_> {
    fn lap(&mut self, name: &'static str) {
        let now = self.files.now_ns();
        self.laps.push((name, now.saturating_sub(self.last)));
        if let Some(index) = PASSES.iter().position(|pass| *pass == name)
            && let Some(next) = PASSES.get(index + 1)
        {
            self.files.begin(next);
        }
        self.last = now;
    }
}
