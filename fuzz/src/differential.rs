//! Generated programs under native Go and under Warren, until the time is up.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::generate::program::generate;
use crate::generate::program::tree::Program;
use crate::oracle::native::{OPTIMISED, OTHERS, Oracle, Way};
use crate::oracle::reduce::reduce;

/// What to run.
#[derive(Clone, Debug)]
pub struct Settings {
    pub duration: Duration,
    /// The first program's seed; the others follow.
    pub seed: u64,
    /// Programs at most.
    pub count: u64,
    pub jobs: usize,
    /// Whether to reduce programs that differ.
    pub reduce: bool,
    pub goroot: PathBuf,
    pub warren: PathBuf,
    pub scratch: PathBuf,
}

/// A difference between native Go and Warren.
struct Difference {
    way: &'static Way,
    text: String,
}

/// Runs programs; returns how many differed. Each is written to the scratch folder, reduced if asked for.
pub fn differential(settings: &Settings) -> Result<usize, String> {
    let next = AtomicU64::new(0);
    let differences = AtomicUsize::new(0);
    let refused = AtomicUsize::new(0);
    let start = Instant::now();
    let worker = |job: usize| -> Result<(), String> {
        let oracle = Oracle::new(&settings.goroot, &settings.warren, &settings.scratch.join(format!("job{job}")))?;
        while start.elapsed() < settings.duration {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= settings.count {
                break;
            }
            if index % 20 == 19 {
                println!("{} programs in {} s", index + 1, start.elapsed().as_secs());
            }
            let seed = settings.seed + index;
            let program = generate(seed);
            let other = &OTHERS[usize::try_from(seed).unwrap_or(0) % OTHERS.len()];
            match compare(&oracle, &program, &[OPTIMISED, other]) {
                Err(message) => {
                    refused.fetch_add(1, Ordering::Relaxed);
                    println!("seed {seed}: the program is not valid: {}", message.lines().take(6).collect::<Vec<_>>().join("\n"));
                }
                Ok(None) => {}
                Ok(Some(difference)) => {
                    differences.fetch_add(1, Ordering::Relaxed);
                    println!("seed {seed}, {}: {}", difference.way.name, difference.text);
                    report(settings, &oracle, seed, &program, difference.way)?;
                }
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..settings.jobs).map(|job| scope.spawn(move || worker(job))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| Err("a worker panicked".to_string())))
    })?;
    let programs = next.load(Ordering::Relaxed).min(settings.count);
    let differences = differences.load(Ordering::Relaxed);
    let refused = refused.load(Ordering::Relaxed);
    println!("{programs} programs in {} s: {differences} differ, {refused} are not valid", start.elapsed().as_secs());
    Ok(differences + refused)
}

/// Writes the program, and a reduced one.
fn report(settings: &Settings, oracle: &Oracle, seed: u64, program: &Program, way: &'static Way) -> Result<(), String> {
    let save = |name: String, program: &Program| -> Result<(), String> {
        let text: Vec<String> = program.files.iter().map(|file| file.text()).collect();
        let path = settings.scratch.join(name);
        std::fs::write(&path, text.join("\n")).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("  {}", path.display());
        Ok(())
    };
    save(format!("seed{seed}.go"), program)?;
    if !settings.reduce {
        return Ok(());
    }
    let ways = &[way];
    let kind = |text: &str| text.split(':').next().unwrap_or_default().to_string();
    let Ok(Some(first)) = compare(oracle, program, ways) else { return Ok(()) };
    let kind_of_first = kind(&first.text);
    let small =
        reduce(program, &mut |candidate| matches!(compare(oracle, candidate, ways), Ok(Some(difference)) if kind(&difference.text) == kind_of_first));
    save(format!("seed{seed}-small.go"), &small)
}

/// The first difference; an error if the native compiler refuses the program.
fn compare(oracle: &Oracle, program: &Program, ways: &[&'static Way]) -> Result<Option<Difference>, String> {
    let native = oracle.native(program)?;
    if native.code.is_none() {
        return Err("it takes too long natively".to_string());
    }
    for &way in ways {
        let ours = oracle.warren(program, way)?;
        if ours == native {
            continue;
        }
        let mut lines = native.output.lines().zip(ours.output.lines());
        let (left, right) = lines.find(|(left, right)| left != right).unwrap_or(("end", "end"));
        let kind = match ours.code {
            Some(1) => "does not compile",
            None => "does not end",
            _ if ours.output.ends_with("\nfatal") || ours.output == "fatal" => "trap",
            _ => "other output",
        };
        let shown = if ours.code == Some(1) { ours.output.lines().take(4).collect::<Vec<_>>().join("\n") } else { String::new() };
        return Ok(Some(Difference {
            way,
            text: format!("{kind}: exit code {:?}, natively {:?}\n  native {left}\n  warren {right}\n{shown}", ours.code, native.code),
        }));
    }
    Ok(None)
}
