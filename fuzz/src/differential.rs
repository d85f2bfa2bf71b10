//! Generated programs under native Go and under Warren, until the time is up.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use crate::Session;
use crate::generate::program::generate;
use crate::generate::program::tree::Program;
use crate::oracle::native::{OPTIMISED, OTHERS, Oracle, Way};
use crate::oracle::reduce::reduce;

/// A difference between native Go and Warren.
struct Difference {
    way: &'static Way,
    text: String,
}

/// The target: runs programs; whether all agreed. Each that differs is written to the findings, reduced too if not told otherwise.
pub fn run(session: &Session) -> Result<bool, String> {
    let (mut jobs, mut reduces) = (2, true);
    let mut words = session.rest.iter();
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|value| value.parse::<u64>().ok()).ok_or_else(|| format!("{word}: which number?"));
        match word.as_str() {
            "--jobs" => jobs = usize::try_from(number()?).map_err(|error| format!("--jobs: {error}"))?,
            "--no-reduce" => reduces = false,
            "--print" => {
                for file in generate(number()?).files {
                    println!("// {}\n{}", file.path, file.text());
                }
                return Ok(true);
            }
            _ => return Err(format!("unknown word {word}")),
        }
    }
    println!("seed {}, findings in {}", session.seed, session.findings.display());
    let next = AtomicU64::new(0);
    let differences = AtomicUsize::new(0);
    let refused = AtomicUsize::new(0);
    let start = Instant::now();
    let worker = |job: usize| -> Result<(), String> {
        let oracle = Oracle::new(session, &session.findings.join(format!("job{job}")))?;
        while start.elapsed() < session.time {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= session.count {
                break;
            }
            if index % 20 == 19 {
                println!("{} programs in {} s", index + 1, start.elapsed().as_secs());
            }
            let seed = session.seed.wrapping_add(index);
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
                    report(session, &oracle, seed, &program, difference.way, reduces)?;
                }
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|job| scope.spawn(move || worker(job))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| Err("a worker panicked".to_string())))
    })?;
    let programs = next.load(Ordering::Relaxed).min(session.count);
    let differences = differences.load(Ordering::Relaxed);
    let refused = refused.load(Ordering::Relaxed);
    println!("{programs} programs in {} s: {differences} differ, {refused} are not valid", start.elapsed().as_secs());
    Ok(differences + refused == 0)
}

/// Writes the program, and a reduced one.
fn report(session: &Session, oracle: &Oracle, seed: u64, program: &Program, way: &'static Way, reduces: bool) -> Result<(), String> {
    let save = |name: String, program: &Program| -> Result<(), String> {
        let text: Vec<String> = program.files.iter().map(|file| file.text()).collect();
        let path = session.findings.join(name);
        std::fs::write(&path, text.join("\n")).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("  {}", path.display());
        Ok(())
    };
    save(format!("seed{seed}.go"), program)?;
    if !reduces {
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
