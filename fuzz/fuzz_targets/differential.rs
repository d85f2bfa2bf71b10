//! Generated programs under native Go and under Warren.
//!
//! `differential [--minutes N] [--seed S] [--count N] [--jobs N] [--findings DIR] [--no-reduce] [--print SEED]`, with `GOROOT` and `WARREN` in the environment.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use warren_fuzz::differential::{Settings, differential};
use warren_fuzz::generate::program::generate;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(message) => {
            eprintln!("differential: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<usize, String> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("{name} is not set"));
    let mut settings = Settings {
        duration: Duration::from_secs(60),
        seed: 1,
        count: u64::MAX,
        jobs: 2,
        reduce: true,
        goroot: variable("GOROOT")?,
        warren: variable("WARREN")?,
        scratch: std::env::temp_dir().join("warren-fuzz"),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--no-reduce" {
            settings.reduce = false;
            continue;
        }
        if word == "--findings" {
            settings.scratch = words.next().map(PathBuf::from).ok_or("--findings: which folder?")?;
            continue;
        }
        let value: u64 = words.next().and_then(|value| value.parse().ok()).ok_or_else(|| format!("{word}: which number?"))?;
        match word.as_str() {
            "--minutes" => settings.duration = Duration::from_secs(60 * value),
            "--seed" => settings.seed = value,
            "--count" => settings.count = value,
            "--jobs" => settings.jobs = usize::try_from(value).unwrap_or(1),
            "--print" => {
                for file in generate(value).files {
                    println!("// {}\n{}", file.path, file.text());
                }
                return Ok(0);
            }
            _ => return Err(format!("unknown word {word}")),
        }
    }
    differential(&settings)
}
