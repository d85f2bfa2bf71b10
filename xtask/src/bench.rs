//! Benchmarks: the programs of `bench/` under native Go, the official port in the engine that the host embeds, and Warren.
//!
//! All three are compiled ahead; compiled code comes from the cache, which a first run, whose output is compared, has filled. Then they run in
//! turn, round after round, so that a change of the machine's speed meets all alike. The figure is processor time (user and system) of the whole process;
//! a ratio is that of the medians. A program's first line names its group, `// group: NAME`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cache::{self, cache, entries, read, root};
use crate::process::{Usage, cargo, measure, run, run_quietly};
use crate::setup::{self, Tools};
use crate::{Outcome, process};

/// What everybody types first.
const FMT_HELLO: &str = "fmt.Println(\"hello\")";

const LIMIT: Duration = Duration::from_secs(120);

/// `cargo xtask bench [--rounds N] [NAMES...]`.
pub fn bench(words: &[&str]) -> Outcome<u8> {
    let mut rounds = 5;
    let mut names = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--rounds" => {
                let value = words.next().ok_or("--rounds needs a number")?;
                rounds = value.parse().map_err(|error| format!("--rounds {value}: {error}"))?;
            }
            name => names.push(name),
        }
    }
    let bench = Bench::new(rounds)?;
    let is_selected = |name: &str| names.is_empty() || names.contains(&name);

    let mut rows = Vec::new();
    let mut has_failed = false;
    println!("{:<14} {:<12} {:>9} {:>9} {:>9}   {:>8} {:>8}", "program", "group", "native s", "port s", "warren s", "port", "warren");
    for source in entries(&root().join("bench")).iter().filter(|path| path.extension().is_some_and(|extension| extension == "go")) {
        let name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let group = group_of(source)?;
        if !is_selected(&name) {
            continue;
        }
        match bench.program(&name, source) {
            Ok(cpu) => {
                let [native, port, warren] = cpu;
                println!("{name:<14} {group:<12} {native:>9.3} {port:>9.3} {warren:>9.3}   {:>7.2}x {:>7.2}x", port / native, warren / native);
                rows.push((group, port / native, warren / native));
            }
            Err(failure) => {
                has_failed = true;
                println!("{name:<14} {group:<12} FAILED {}", failure.lines().next().unwrap_or_default());
            }
        }
    }
    print_groups(&rows);
    if is_selected("scaling") {
        has_failed |= show("scaling from 1 to 2", bench.scaling());
    }
    if is_selected("parked") {
        has_failed |= show("parked goroutines", bench.parked());
    }
    if is_selected("size") {
        has_failed |= show("println(\"hello\")", bench.size("println(\"hello\")", &[]));
        has_failed |= show("fmt.Println(\"hello\"), stripped", bench.size(FMT_HELLO, &["-ldflags=-s -w"]));
    }
    if is_selected("start") {
        has_failed |= show("warren run of fmt.Println(\"hello\")", bench.start());
    }
    Ok(u8::from(has_failed))
}

/// Prints a figure or why there is none; true if there is none.
fn show(what: &str, figure: Outcome<String>) -> bool {
    match &figure {
        Ok(text) => println!("{what}: {text}"),
        Err(failure) => println!("{what}: FAILED {failure}"),
    }
    figure.is_err()
}

fn group_of(source: &Path) -> Outcome<String> {
    let text = read(source)?;
    let group = text.lines().next().and_then(|line| line.strip_prefix("// group: "));
    group.map(str::to_string).ok_or_else(|| format!("{}: the first line names no group", source.display()))
}

fn print_groups(rows: &[(String, f64, f64)]) {
    let mut groups: Vec<&str> = rows.iter().map(|(group, _, _)| group.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    println!("\ngeometric means, native Go = 1");
    for group in groups {
        let of_group: Vec<_> = rows.iter().filter(|(name, _, _)| name == group).collect();
        let mean = |pick: fn(&(String, f64, f64)) -> f64| {
            let logs: f64 = of_group.iter().map(|row| pick(row).ln()).sum();
            (logs / of_group.len() as f64).exp()
        };
        println!("{group:<14} {} programs: port {:.2}x, warren {:.2}x", of_group.len(), mean(|row| row.1), mean(|row| row.2));
    }
}

struct Bench {
    tools: Tools,
    rounds: usize,
    /// Compiled programs.
    scratch: PathBuf,
    /// Runs plain WASI modules in the host's engine.
    plain: PathBuf,
}

impl Bench {
    fn new(rounds: usize) -> Outcome<Bench> {
        let tools = setup::tools()?;
        let mut build = cargo()?;
        build.args(["build", "--quiet", "--profile", &cache::profile(), "--package", "warren-host", "--bin", "warren-plain"]);
        run(&mut build)?;
        let scratch = cache()?.join("bench");
        cache::make(&scratch)?;
        Ok(Bench { tools, rounds: rounds.max(1), scratch, plain: cache::built("warren-plain")? })
    }

    fn built(&self, name: &str) -> PathBuf {
        self.scratch.join(name)
    }

    fn go_build(&self, source: &Path, output: &Path, target: &[(&str, &str)]) -> Outcome {
        let mut command = Command::new(self.tools.goroot.join("bin/go"));
        command.args(["build", "-o"]).arg(output).arg(source).current_dir(&self.scratch);
        command.env("GOROOT", &self.tools.goroot).env("GOTOOLCHAIN", "local").env("GOFLAGS", "").env("CGO_ENABLED", "0");
        // A module around the clone, or none, must not matter.
        command.env("GO111MODULE", "off").env_remove("GOOS").env_remove("GOARCH");
        if std::env::var_os("HOME").is_none() {
            command.env("GOCACHE", self.built("go-build"));
        }
        command.envs(target.iter().copied());
        run_quietly(&mut command).map(drop)
    }

    fn warren_build(&self, source: &Path, output: &Path, flags: &[&str]) -> Outcome {
        let mut command = Command::new(&self.tools.warren);
        command.arg("build").args(flags).arg("-o").arg(output).arg(source).env("GOROOT", &self.tools.goroot);
        run_quietly(&mut command).map(drop)
    }

    fn native(&self, name: &str) -> Command {
        Command::new(self.built(&format!("{name}.native")))
    }

    fn port(&self, name: &str) -> Command {
        let mut command = Command::new(&self.plain);
        // The official port dies of GOMAXPROCS above 1.
        command.arg(self.built("compiled")).arg(self.built(&format!("{name}.port.wasm"))).env_remove("GOMAXPROCS");
        command
    }

    fn warren(&self, name: &str) -> Command {
        let mut command = Command::new(&self.tools.warren);
        command.arg("run").arg(self.built(&format!("{name}.warren.wasm"))).env("WARREN_CACHE", self.built("compiled"));
        command
    }

    /// Medians of processor time: native, official port, Warren.
    fn program(&self, name: &str, source: &Path) -> Outcome<[f64; 3]> {
        self.go_build(source, &self.built(&format!("{name}.native")), &[])?;
        self.go_build(source, &self.built(&format!("{name}.port.wasm")), &[("GOOS", "wasip1"), ("GOARCH", "wasm")])?;
        self.warren_build(source, &self.built(&format!("{name}.warren.wasm")), &[])?;
        let commands = [self.native(name), self.port(name), self.warren(name)];
        let mut outputs = Vec::new();
        for command in &commands {
            outputs.push(checked(command)?.0);
        }
        if outputs.iter().any(|output| *output != outputs[0]) {
            return Err(format!("outputs differ: {outputs:?}"));
        }
        let mut times = [vec![], vec![], vec![]];
        for _ in 0..self.rounds {
            for (command, times) in commands.iter().zip(&mut times) {
                times.push(checked(command)?.1.cpu_s);
            }
        }
        Ok(times.map(|mut times| median(&mut times)))
    }

    /// How many times faster the scaling program gets with a second processor.
    fn scaling(&self) -> Outcome<String> {
        let source = root().join("bench/scaling.go");
        self.go_build(&source, &self.built("scaling.native"), &[])?;
        self.warren_build(&source, &self.built("scaling.warren.wasm"), &[])?;
        let gain = |command: fn(&Bench, &str) -> Command| -> Outcome<f64> {
            let mut walls = [vec![], vec![]];
            for _ in 0..self.rounds {
                for (processors, walls) in ["1", "2"].iter().zip(&mut walls) {
                    walls.push(checked(command(self, "scaling").env("GOMAXPROCS", processors))?.1.wall_s);
                }
            }
            let [one, two] = walls.map(|mut walls| median(&mut walls));
            Ok(one / two)
        };
        Ok(format!("native {:.2}x, warren {:.2}x", gain(Bench::native)?, gain(Bench::warren)?))
    }

    /// Peak memory for each of the million parked goroutines of a test program.
    fn parked(&self) -> Outcome<String> {
        let goroutines = 1e6;
        let source = root().join("tests/run/million.go");
        self.go_build(&source, &self.built("parked.native"), &[])?;
        self.warren_build(&source, &self.built("parked.warren.wasm"), &[])?;
        let empty = self.built("empty.go");
        cache::write(&empty, "package main\n\nfunc main() {}\n")?;
        self.warren_build(&empty, &self.built("empty.warren.wasm"), &[])?;
        checked(&self.warren("empty"))?;
        checked(&self.warren("parked"))?;
        let base = checked(&self.warren("empty"))?.1;
        let (output, warren) = checked(&self.warren("parked"))?;
        let (expected, native) = checked(&self.native("parked"))?;
        if output != expected {
            return Err(format!("outputs differ: {expected:?} {output:?}"));
        }
        let bytes = |usage: Usage, base_kib: f64| (usage.peak_kib - base_kib) * 1024.0 / goroutines;
        Ok(format!(
            "{:.0} bytes each in warren ({:.2} s), {:.0} in native Go ({:.2} s)",
            bytes(warren, base.peak_kib),
            warren.wall_s,
            bytes(native, 0.0),
            native.wall_s
        ))
    }

    /// A program of one statement.
    fn hello(&self, statement: &str) -> Outcome<PathBuf> {
        let source = self.built("hello.go");
        let import = if statement.starts_with("fmt.") { "import \"fmt\"\n\n" } else { "" };
        cache::write(&source, format!("package main\n\n{import}func main() {{ {statement} }}\n"))?;
        Ok(source)
    }

    /// Bytes of a program of one statement.
    fn size(&self, statement: &str, flags: &[&str]) -> Outcome<String> {
        let source = self.hello(statement)?;
        let mut sizes = Vec::new();
        for target in ["native", "wasip1"] {
            let output = self.built(&format!("hello.{target}.wasm"));
            let target_flag = format!("-target={target}");
            self.warren_build(&source, &output, &[flags, &[target_flag.as_str()]].concat())?;
            let bytes = std::fs::metadata(&output).map_err(|error| format!("{}: {error}", output.display()))?.len();
            sizes.push(format!("{bytes} bytes for {target}"));
        }
        Ok(sizes.join(", "))
    }

    /// Wall time of `warren run` on a program that prints with fmt: with an empty cache, and again.
    fn start(&self) -> Outcome<String> {
        let source = self.hello(FMT_HELLO)?;
        let folder = self.built("start");
        let mut times = [vec![], vec![]];
        for _ in 0..self.rounds {
            let _ = std::fs::remove_dir_all(&folder);
            for times in &mut times {
                let mut command = Command::new(&self.tools.warren);
                command.arg("run").arg(&source).env("WARREN_CACHE", &folder).env("GOROOT", &self.tools.goroot);
                times.push(checked(&command)?.1.wall_s);
            }
        }
        let [cold, cached] = times.map(|mut times| median(&mut times));
        Ok(format!("{cold:.2} s with an empty cache, {cached:.2} s with a filled one"))
    }
}

/// Runs a command that must succeed: its output and what it used.
fn checked(command: &Command) -> Outcome<(String, Usage)> {
    let (ended, usage) = measure(command, LIMIT)?;
    let output = String::from_utf8_lossy(&ended.output).into_owned();
    if ended.timed_out {
        return Err(format!("{}: not finished after {} s", process::text(command), LIMIT.as_secs()));
    }
    match ended.code {
        Some(0) => Ok((output, usage)),
        code => Err(format!("{}: exit code {code:?}: {}", process::text(command), output.lines().next().unwrap_or_default())),
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
