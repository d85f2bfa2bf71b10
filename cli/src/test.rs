//! `warren test`: builds a test program for each package, runs it in the package's directory, and prints what `go test` prints.
//!
//! Packages are built and run by a few workers at once. Each program runs in a process of its own, so that it can be killed; results appear in the
//! order of the packages. Output is shown as it comes where the go command does so: for the package of the working directory, for benchmarks, and
//! for a single package with `-v`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use warren_compiler::diagnostic::Problem;
use warren_compiler::options::MainPackage;
use warren_compiler::package::NAMED_FILES;
use warren_host::{Code, Engine, Module};

use crate::arguments::Arguments;
use crate::packages::{self, Named};
use crate::test_events::{Converter, string};
use crate::{Failure, build, console, environment, report};

/// How long a program may go on after its own time limit.
const GRACE_S: u64 = 60;

/// `warren test`.
pub fn test(arguments: &Arguments) -> Result<ExitCode, Failure> {
    environment::goroot()?;
    let found = packages::find(arguments, &arguments.inputs)?;
    if found.is_empty() {
        return Err("no packages to test".into());
    }
    if arguments.test.compile_only {
        return compile_only(arguments, &found);
    }
    let scratch = std::env::temp_dir().join(format!("warren-test-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).map_err(|error| format!("{}: {}", scratch.display(), console::reason(&error)))?;
    let session = Session::new(arguments, &found, scratch);
    let result = session.run();
    let _ = std::fs::remove_dir_all(&session.scratch);
    if result.is_err() || session.failed.load(Ordering::Relaxed) {
        result?;
        if !arguments.json && !session.streams {
            emit(b"FAIL\n");
        }
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}

/// `-c`: writes the programs.
fn compile_only(arguments: &Arguments, found: &[Named]) -> Result<ExitCode, Failure> {
    let directory = arguments.output.as_deref().filter(|path| path.ends_with('/') || Path::new(path).is_dir());
    if found.len() > 1 && directory.is_none() && arguments.output.is_some() {
        return Err("with multiple packages, -o must refer to a directory or /dev/null".into());
    }
    let mut failed = false;
    for named in found {
        if !packages::has_tests(named, &arguments.tags) {
            console::err(format_args!("?   \t{}\t[no test files]\n", named.path));
            continue;
        }
        match build::compile(arguments, named, MainPackage::Test(Box::new(named.main.clone())), false) {
            Ok(wasm) => {
                let name = program_name(named);
                let path = match (directory, &arguments.output) {
                    (Some(directory), _) => Path::new(directory).join(name),
                    (None, Some(path)) => PathBuf::from(path),
                    (None, None) => PathBuf::from(name),
                };
                build::write(arguments, &path, &wasm)?;
            }
            Err(Failure::Error(text)) => {
                failed = true;
                if !text.is_empty() {
                    console::err(format_args!("warren: {text}\n"));
                }
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// `p.test.wasm`, by the last element of the import path.
fn program_name(named: &Named) -> String {
    let path = if named.path == NAMED_FILES { named.directory.display().to_string() } else { named.path.clone() };
    format!("{}.test.wasm", path.rsplit('/').next().unwrap_or("p"))
}

/// One call of the command.
struct Session<'a> {
    arguments: &'a Arguments,
    found: &'a [Named],
    scratch: PathBuf,
    /// Output of programs goes straight to ours, and is not looked at.
    streams: bool,
    /// Output is passed on as it comes.
    passes_on: bool,
    failed: AtomicBool,
    /// The package whose result is printed next.
    turn: Mutex<usize>,
    turned: Condvar,
}

/// A package's output: collected, or passed on.
struct Transcript<'s> {
    session: &'s Session<'s>,
    collected: Vec<u8>,
    events: Option<Converter>,
    /// Whether and how the output ended with a line break, and whether there was any.
    ends_line: bool,
    warning: &'static str,
    any: bool,
}

impl<'a> Session<'a> {
    fn new(arguments: &'a Arguments, found: &'a [Named], scratch: PathBuf) -> Session<'a> {
        let streams = (arguments.inputs.is_empty() || arguments.test.bench) && !arguments.json;
        let shows = arguments.verbose || arguments.test.list;
        let passes_on = streams || arguments.json || shows && (found.len() == 1 || arguments.jobs == Some(1));
        Session { arguments, found, scratch, streams, passes_on, failed: AtomicBool::new(false), turn: Mutex::new(0), turned: Condvar::new() }
    }

    fn run(&self) -> Result<(), Failure> {
        let next = AtomicUsize::new(0);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        // A compilation takes some hundred MB.
        let jobs = if self.streams { 1 } else { self.arguments.jobs.unwrap_or(processors.min(4)) };
        let failure = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(self.found.len()) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(named) = self.found.get(index) else { return };
                        let stopped = self.arguments.test.fail_fast && self.failed.load(Ordering::Relaxed);
                        if !stopped
                            && let Err(error) = self.package(index, named)
                            && let Ok(mut failure) = failure.lock()
                        {
                            failure.get_or_insert(error);
                        }
                        self.await_turn(index);
                        if let Ok(mut turn) = self.turn.lock() {
                            *turn = index + 1;
                        }
                        self.turned.notify_all();
                    }
                });
            }
        });
        failure.into_inner().ok().flatten().map_or(Ok(()), Err)
    }

    /// Waits until all packages before this one have printed their results.
    fn await_turn(&self, index: usize) {
        let Ok(mut turn) = self.turn.lock() else { return };
        while *turn < index {
            turn = match self.turned.wait(turn) {
                Ok(turn) => turn,
                Err(_) => return,
            };
        }
    }

    fn package(&self, index: usize, named: &Named) -> Result<(), Failure> {
        let path = &named.path;
        if !packages::has_tests(named, &self.arguments.tags) {
            let mut transcript = self.transcript(named);
            transcript.write(format!("?   \t{path}\t[no test files]\n").as_bytes());
            self.await_turn(index);
            transcript.print(true);
            return Ok(());
        }
        let main = MainPackage::Test(Box::new(named.main.clone()));
        let wasm = match build::try_compile(self.arguments, named, main, false) {
            Ok(Ok(wasm)) => wasm,
            Ok(Err(problems)) => return self.build_failed(index, named, &problems),
            Err(Failure::Error(text)) => {
                self.await_turn(index);
                console::err(format_args!("# {path}\n{text}\n"));
                return self.no_program(named, "[build failed]", None);
            }
            Err(failure) => return Err(failure),
        };
        let directory = self.scratch.join(index.to_string());
        std::fs::create_dir_all(&directory)?;
        let program = directory.join(program_name(named));
        std::fs::write(&program, &wasm)?;
        if let Some(output) = &self.arguments.output {
            build::write(self.arguments, Path::new(output), &wasm)?;
        }
        // The time that is measured is the program's, not that of making machine code for it.
        if let Some(cache) = environment::cache().filter(|_| !self.arguments.no_cache) {
            Module::load(&Engine::with_code(Some(&cache), self.arguments.code.unwrap_or_default())?, &wasm)?;
        }
        drop(wasm);
        let mut transcript = self.transcript(named);
        if self.passes_on {
            self.await_turn(index);
        }
        let start = Instant::now();
        let ended = self.execute(&program, &named.directory, &mut transcript)?;
        let took = format!("{:.3}s", start.elapsed().as_secs_f64());
        let _ = std::fs::remove_dir_all(&directory);
        let passed = !ended.killed && ended.status.success();
        self.await_turn(index);
        transcript.conclude(path, &took, &ended);
        transcript.print(passed);
        Ok(())
    }

    fn transcript(&'a self, named: &Named) -> Transcript<'a> {
        let events = self.arguments.json.then(|| Converter::new(&named.path));
        Transcript { session: self, collected: Vec::new(), events, ends_line: true, warning: "", any: false }
    }

    fn build_failed(&self, index: usize, named: &Named, problems: &[Problem]) -> Result<(), Failure> {
        let path = &named.path;
        // What has no heading was found before anything was compiled.
        let setup = problems.iter().all(|problem| problem.package.is_none());
        let mut text = report::text(problems, &std::env::current_dir()?);
        if setup {
            text.insert_str(0, &format!("# {path}\n"));
        }
        let failed = problems.iter().find_map(|problem| problem.package.clone()).unwrap_or_else(|| path.clone());
        self.await_turn(index);
        if self.arguments.json {
            for line in text.split_inclusive('\n') {
                let event = format!("{{\"ImportPath\":{},\"Action\":\"build-output\",\"Output\":{}}}\n", string(&failed), string(line));
                emit(event.as_bytes());
            }
            emit(format!("{{\"ImportPath\":{},\"Action\":\"build-fail\"}}\n", string(&failed)).as_bytes());
        } else {
            console::err(format_args!("{text}"));
        }
        self.no_program(named, if setup { "[setup failed]" } else { "[build failed]" }, Some(&failed))
    }

    fn no_program(&self, named: &Named, why: &str, failed: Option<&str>) -> Result<(), Failure> {
        let mut transcript = self.transcript(named);
        if let (Some(events), Some(failed)) = (&mut transcript.events, failed) {
            events.failed_build(failed);
        }
        transcript.write(format!("FAIL\t{} {why}\n", named.path).as_bytes());
        transcript.any = true;
        transcript.print(false);
        Ok(())
    }

    /// Runs a test program to its end.
    fn execute(&self, program: &Path, directory: &Path, transcript: &mut Transcript<'_>) -> Result<Ended, Failure> {
        let words = &self.arguments.test.words;
        if self.arguments.print_commands {
            console::err(format_args!("cd {} && {} {}\n", directory.display(), program.display(), words.join(" ")));
        }
        let mut command = match self.arguments.target {
            warren_compiler::options::Target::Native => {
                let mut command = Command::new(std::env::current_exe()?);
                let code = if self.arguments.code == Some(Code::Quick) { "-code=quick" } else { "-code=fast" };
                command.args(["run", code]).args(self.arguments.no_cache.then_some("-no-cache")).arg(program).args(words);
                command
            }
            warren_compiler::options::Target::Wasip1 => {
                return Err("test programs run under the native host only: with -target=wasip1 build with -c and run them in a WASI host".into());
            }
        };
        command.current_dir(directory).env("PWD", directory).stdin(Stdio::null());
        if self.streams {
            let mut child = command.spawn()?;
            return self.wait(&mut child);
        }
        let (mut reader, writer) = std::io::pipe()?;
        let other = writer.try_clone()?;
        let mut child = command.stdout(writer).stderr(other).spawn()?;
        // The command holds the pipe's writing ends.
        drop(command);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(move || self.wait(&mut child));
            let mut buffer = vec![0; 64 << 10];
            loop {
                match reader.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(length) => transcript.write(&buffer[..length]),
                }
            }
            waiter.join().unwrap_or_else(|_| Err("the thread that waits for a program is gone".into()))
        })
    }

    /// Waits for a program; kills it when it does not obey its own time limit.
    fn wait(&self, child: &mut Child) -> Result<Ended, Failure> {
        let limit = self.arguments.test.limit_s.map(|seconds| Duration::from_secs(seconds + GRACE_S));
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Ended { status, killed: false, limit_s: 0 });
            }
            if let Some(limit) = limit.filter(|limit| start.elapsed() > *limit) {
                child.kill()?;
                return Ok(Ended { status: child.wait()?, killed: true, limit_s: limit.as_secs() });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
}

/// How a test program ended.
struct Ended {
    status: ExitStatus,
    killed: bool,
    limit_s: u64,
}

impl Transcript<'_> {
    fn write(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        self.any = true;
        self.ends_line = *last == b'\n';
        if self.session.passes_on {
            self.pass_on(bytes);
        }
        // The end of what came before may hold the beginning of a warning.
        let kept = self.collected.len().saturating_sub(100);
        self.collected.extend_from_slice(bytes);
        let recent = String::from_utf8_lossy(&self.collected[kept..]);
        if recent.contains("testing: warning: no tests to run\n") {
            self.warning = " [no tests to run]";
        } else if recent.contains("testing: warning: no fuzz tests to fuzz\n") {
            self.warning = " [no fuzz tests to fuzz]";
        }
        if self.session.passes_on {
            let keep = self.collected.len().saturating_sub(100);
            self.collected.drain(..keep);
        }
    }

    fn pass_on(&mut self, bytes: &[u8]) {
        match &mut self.events {
            Some(events) => {
                events.write(bytes);
                emit(std::mem::take(&mut events.out).as_bytes());
            }
            None => emit(bytes),
        }
    }

    /// Adds the line of the result.
    fn conclude(&mut self, path: &str, took: &str, ended: &Ended) {
        let passed = !ended.killed && ended.status.success();
        let mut line = String::new();
        if passed {
            let shows = self.session.arguments.verbose || self.session.arguments.test.list || self.session.passes_on;
            if !shows {
                self.collected.clear();
            }
            if self.any && !self.ends_line && shows {
                line.push('\n');
            }
            line.push_str(&format!("ok  \t{path}\t{took}{}\n", self.warning));
        } else {
            self.session.failed.store(true, Ordering::Relaxed);
            if ended.killed {
                line.push_str(&format!("*** Test killed: ran too long ({}m{}s).\n", ended.limit_s / 60, ended.limit_s % 60));
            }
            let status = match ended.status.code() {
                Some(code) => format!("exit status {code}"),
                None => format!("signal: {}", signal_name(ended.status)),
            };
            if ended.status.code().is_none() || !self.any {
                line.push_str(&format!("{status}\n"));
            } else if !self.ends_line {
                line.push('\n');
            }
            let mark = if self.session.arguments.json { "\u{16}" } else { "" };
            line.push_str(&format!("{mark}FAIL\t{path}\t{took}\n"));
        }
        self.write(line.as_bytes());
    }

    /// Prints what was collected, and the last event.
    fn print(mut self, passed: bool) {
        if !passed {
            self.session.failed.store(true, Ordering::Relaxed);
        }
        if let Some(mut events) = self.events.take() {
            events.finish(passed);
            emit(events.out.as_bytes());
        } else if !self.session.passes_on {
            emit(&self.collected);
        }
    }
}

/// Prints; a reader that has gone away does not matter to the tests.
fn emit(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

fn signal_name(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(9) => "killed".to_string(),
        Some(6) => "aborted".to_string(),
        Some(11) => "segmentation fault".to_string(),
        Some(15) => "terminated".to_string(),
        Some(number) => format!("signal {number}"),
        None => "unknown".to_string(),
    }
}
