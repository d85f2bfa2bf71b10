//! Running other programs: with clear failures, with time limits, with their use of the processor measured.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, killpg};
use nix::sys::time::TimeValLike;
use nix::unistd::Pid;

use crate::{Outcome, cache};

/// Runs a command to its end with its output on the terminal.
pub fn run(command: &mut Command) -> Outcome {
    let name = text(command);
    let status = command.status().map_err(|error| format!("cannot run {name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}")) }
}

/// Runs a command quietly; its output appears only if it fails.
pub fn run_quietly(command: &mut Command) -> Outcome<String> {
    let name = text(command);
    let output = command.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(stdout) } else { Err(format!("{name}: {}\n{stdout}{}", output.status, String::from_utf8_lossy(&output.stderr))) }
}

/// What a command prints, trimmed, if it exists and succeeds.
pub fn answer(program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).env("GOTOOLCHAIN", "local").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Program and arguments for messages.
pub fn text(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(OsStr::to_string_lossy));
    words.join(" ")
}

/// Takes out of a command's environment what the cargo that runs us has put there for its own use.
pub fn without_cargo(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars() {
        let is_own = ["CARGO", "CARGO_TARGET_DIR", "RUSTC", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "LD_LIBRARY_PATH"].contains(&name.as_str())
            || ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_PROFILE_", "CARGO_BUILD_"].iter().any(|prefix| name.starts_with(prefix));
        if is_own {
            command.env_remove(name);
        }
    }
    command
}

/// cargo, as the one that runs us, on the workspace.
pub fn cargo() -> Outcome<Command> {
    let mut command = Command::new(cache::variable("CARGO").unwrap_or_else(|| "cargo".to_string()));
    without_cargo(&mut command).current_dir(cache::root()).env("CARGO_TARGET_DIR", cache::target()?);
    if let Some(flags) = cache::variable("RUSTFLAGS") {
        command.env("RUSTFLAGS", flags);
    }
    Ok(command)
}

/// How a limited command ended.
pub struct Ended {
    /// `None` if it was killed, by us after the time limit or by a signal.
    pub code: Option<i32>,
    pub timed_out: bool,
    /// Standard output and standard error as they came, joined.
    pub output: Vec<u8>,
}

/// Runs a command for at most `limit`; its output streams are joined as a terminal joins them.
pub fn run_limited(command: &mut Command, limit: Duration) -> Outcome<Ended> {
    /// Bytes of output kept: a program in an endless loop must not fill the memory.
    const OUTPUT_BYTES: u64 = 16 << 20;
    let name = text(command);
    let (reader, writer) = std::io::pipe().map_err(|error| format!("no pipe: {error}"))?;
    let other = writer.try_clone().map_err(|error| format!("no pipe: {error}"))?;
    // A group of its own, so that what the command itself starts ends with it.
    command.stdin(Stdio::null()).stdout(writer).stderr(other).process_group(0);
    let mut child = command.spawn().map_err(|error| format!("cannot run {name}: {error}"))?;
    // The command holds the pipe's writing ends: the reader below ends only when they are closed.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let collector = std::thread::spawn(move || {
        let mut output = Vec::new();
        let mut reader = reader;
        let _ = reader.by_ref().take(OUTPUT_BYTES).read_to_end(&mut output);
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
        output
    });
    let start = Instant::now();
    let mut pause = Duration::from_micros(500);
    let (status, timed_out) = loop {
        if let Some(status) = child.try_wait().map_err(|error| format!("{name}: {error}"))? {
            break (status, false);
        }
        if start.elapsed() > limit {
            let group = i32::try_from(child.id()).map_err(|error| error.to_string())?;
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
            break (child.wait().map_err(|error| format!("{name}: {error}"))?, true);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    };
    let output = collector.join().unwrap_or_default();
    Ok(Ended { code: status.code(), timed_out, output })
}

/// What a program used.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// User and system time.
    pub cpu_s: f64,
    pub wall_s: f64,
    /// Peak resident memory.
    pub peak_kib: f64,
}

/// Runs a command under `xtask usage`, a process of its own, so that the figures are of this one child.
pub fn measure(command: &Command, limit: Duration) -> Outcome<(Ended, Usage)> {
    let own = std::env::current_exe().map_err(|error| format!("own path: {error}"))?;
    let report = std::env::temp_dir().join(format!("warren-usage-{}", std::process::id()));
    let mut wrapped = Command::new(own);
    wrapped.arg("usage").arg(&report).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        wrapped.current_dir(directory);
    }
    let ended = run_limited(&mut wrapped, limit)?;
    let figures = std::fs::read_to_string(&report).unwrap_or_default();
    let _ = std::fs::remove_file(&report);
    let figures: Vec<f64> = figures.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match figures.as_slice() {
        &[cpu_s, wall_s, peak_kib] => Ok((ended, Usage { cpu_s, wall_s, peak_kib })),
        _ => Ok((ended, Usage { cpu_s: f64::NAN, wall_s: f64::NAN, peak_kib: f64::NAN })),
    }
}

/// `xtask usage FILE PROGRAM ARGS...`: runs the program and writes its seconds of processor time, seconds and peak KiB to FILE.
pub fn report_usage(file: &str, words: &[&str]) -> Outcome<u8> {
    let (program, args) = words.split_first().ok_or("usage FILE PROGRAM ARGS...")?;
    let start = Instant::now();
    let status = Command::new(program).args(args).status().map_err(|error| format!("cannot run {program}: {error}"))?;
    let wall_s = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| format!("getrusage: {error}"))?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    cache::write(std::path::Path::new(file), format!("{} {wall_s} {}\n", micros as f64 / 1e6, usage.max_rss()))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(255))
}
