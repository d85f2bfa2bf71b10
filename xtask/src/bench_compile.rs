//! Compile speed: `bench compile` builds a generated program of 100,000 lines and the largest file of Go's suites, and prints lines a second
//! of processor time and peak memory.
//!
//! The program is a module of packages that hold units, each with a type, methods, an interface, a generic function, closures, maps, switches and
//! loops, in shapes that vary by a counter; everything is reached from main, so that nothing is left out. Lines are those of the program itself: the
//! library it needs is compiled besides.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cache::{self, entries, read};
use crate::process::measure;
use crate::setup;
use crate::{Failure, Outcome};

const LINES: usize = 100_000;
const PACKAGES: usize = 20;
const FILES: usize = 10;
const LIMIT: Duration = Duration::from_secs(300);

/// `cargo xtask bench compile [--rounds N]`. With WARREN_KEEP set the generated program is kept.
pub fn compile(words: &[&str]) -> Outcome<u8> {
    let rounds: usize = match words {
        [] => 3,
        ["--rounds", n] => n.parse().map_err(|error| format!("--rounds {n}: {error}"))?,
        _ => return Err("bench compile: --rounds N".to_string()),
    };
    let tools = setup::tools()?;
    let folder = std::env::temp_dir().join(format!("warren-compile-{}", std::process::id()));
    let lines = generate(&folder)?;
    let largest = largest_file(&setup::go_tests(&tools.goroot)?)?;
    let largest_lines = read(&largest)?.lines().count();
    println!("{:<44} {:>8} {:>9} {:>9} {:>11} {:>9}", "program", "lines", "cpu s", "wall s", "lines/cpu s", "peak MiB");
    for (name, input, directory, lines) in [
        ("generated".to_string(), ".".to_string(), folder.clone(), lines),
        (largest.file_name().unwrap_or_default().to_string_lossy().into_owned(), largest.display().to_string(), folder.clone(), largest_lines),
    ] {
        for level in ["", "-O0"] {
            let mut command = Command::new(&tools.warren);
            command.arg("build").args((!level.is_empty()).then_some(level)).args(["-target=wasip1", "-o", "out.wasm", &input]);
            command.current_dir(&directory).env("GOROOT", &tools.goroot);
            let (mut best, mut peak) = ((f64::INFINITY, f64::INFINITY), 0.0f64);
            for _ in 0..rounds {
                let (ended, usage) = measure(&command, LIMIT)?;
                if ended.code != Some(0) {
                    return Err(format!("{name} does not compile: {}", String::from_utf8_lossy(&ended.output)));
                }
                best = (best.0.min(usage.cpu_s), best.1.min(usage.wall_s));
                peak = peak.max(usage.peak_kib / 1024.0);
            }
            let label = format!("{name} {level}");
            println!("{label:<44} {lines:>8} {:>9.2} {:>9.2} {:>11.0} {peak:>9.0}", best.0, best.1, lines as f64 / best.0);
        }
    }
    if cache::variable("WARREN_KEEP").is_some() {
        println!("the generated program is in {}", folder.display());
        return Ok(0);
    }
    std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(0)
}

/// The file with the most lines among the programs of Go's test folder that are compiled or run.
fn largest_file(tests: &Path) -> Outcome<PathBuf> {
    let mut best: Option<(usize, PathBuf)> = None;
    for folder in [tests.to_path_buf(), tests.join("fixedbugs"), tests.join("ken"), tests.join("chan"), tests.join("typeparam")] {
        for path in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "go")) {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let is_program = ["// run", "// cmpout", "// compile"].iter().any(|recipe| text.starts_with(recipe));
            let lines = text.lines().count();
            if is_program && best.as_ref().is_none_or(|(most, _)| lines > *most) {
                best = Some((lines, path));
            }
        }
    }
    best.map(|(_, path)| path).ok_or_else(|| -> Failure { format!("no programs in {}", tests.display()) })
}

/// Writes the program; how many lines it has.
fn generate(folder: &Path) -> Outcome<usize> {
    cache::make(folder)?;
    cache::write(&folder.join("go.mod"), "module big\n\ngo 1.27\n")?;
    let mut lines = 0;
    let mut main = "package main\n\nimport (\n\t\"fmt\"\n".to_string();
    for package in 0..PACKAGES {
        let _ = writeln!(main, "\t\"big/p{package}\"");
    }
    main.push_str(")\n\nfunc main() {\n\tsum := 0\n");
    let mut unit = 0;
    for package in 0..PACKAGES {
        let directory = folder.join(format!("p{package}"));
        cache::make(&directory)?;
        let mut run = format!("package p{package}\n\n// Run calls everything here.\nfunc Run() int {{\n\tsum := 0\n");
        for file in 0..FILES {
            let mut text = format!("package p{package}\n\nimport (\n\t\"fmt\"\n\t\"sort\"\n\t\"strings\"\n)\n\n");
            while text.lines().count() < LINES / PACKAGES / FILES - 20 {
                text.push_str(&TEMPLATE.replace('@', &unit.to_string()).replace('#', &(unit % 7 + 2).to_string()));
                let _ = writeln!(run, "\tsum += run{unit}({unit})");
                unit += 1;
            }
            lines += text.lines().count();
            cache::write(&directory.join(format!("file{file}.go")), text)?;
        }
        run.push_str("\treturn sum\n}\n");
        lines += run.lines().count();
        cache::write(&directory.join("run.go"), run)?;
        let _ = writeln!(main, "\tsum += p{package}.Run()");
    }
    main.push_str("\tfmt.Println(sum)\n}\n");
    lines += main.lines().count();
    cache::write(&folder.join("main.go"), main)?;
    Ok(lines)
}

/// A unit: `@` is its number, `#` a small number.
const TEMPLATE: &str = r#"// record@ is a row of a table.
type record@ struct {
	name   string
	scores [#]int
	tags   map[string]int
	next   *record@
	weight float64
}

type scorer@ interface {
	score(bonus int) int
	label() string
}

const limit@ = # * 100

func newRecord@(name string, seed int) *record@ {
	r := &record@{name: name, tags: make(map[string]int), weight: float64(seed) / #}
	for i := range r.scores {
		r.scores[i] = seed*i + #
	}
	return r
}

func (r *record@) score(bonus int) int {
	total := bonus
	for i, s := range r.scores {
		switch {
		case s%2 == 0:
			total += s
		case i > 1 && s > limit@:
			total -= limit@
		default:
			total += i * #
		}
	}
	return total
}

func (r *record@) label() string {
	return fmt.Sprintf("%s-%d/%v", r.name, len(r.tags), r.weight > 1)
}

func (r *record@) add(words ...string) {
	for _, word := range words {
		r.tags[strings.ToLower(word)]++
	}
}

func collect@[T any, R comparable](list []T, f func(T) (R, bool)) []R {
	var out []R
	seen := make(map[R]bool)
	for _, item := range list {
		if r, ok := f(item); ok && !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}

func walk@(first *record@, visit func(*record@) error) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("walk: %v", problem)
		}
	}()
	for r := first; r != nil; r = r.next {
		if err := visit(r); err != nil {
			return fmt.Errorf("record %q: %w", r.name, err)
		}
	}
	return nil
}

func run@(seed int) int {
	var first *record@
	var all []scorer@
	for i := 0; i < #; i++ {
		r := newRecord@("r"+strings.Repeat("x", i), seed+i)
		r.next = first
		r.add("A", "b", r.name)
		first = r
		all = append(all, r)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].score(0) < all[j].score(1) })
	count := 0
	err := walk@(first, func(r *record@) error {
		count += len(r.tags)
		if r.weight < 0 {
			return fmt.Errorf("weight %g", r.weight)
		}
		return nil
	})
	if err != nil {
		return -1
	}
	labels := collect@(all, func(s scorer@) (string, bool) { return s.label(), s.score(#) > 0 })
	total := uint32(seed)
	for i, text := range labels {
		for _, c := range []byte(text) {
			total = total<<3 ^ uint32(c)*uint32(i+1) + total>>7
		}
	}
	return count + int(total%1000)
}

"#;
