//! Running a command with a time limit, to which everything that it starts is held too.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How a command ended and what it printed.
pub struct Ended {
    /// `None` if a signal killed it, ours after the time limit or another.
    pub code: Option<i32>,
    pub timed_out: bool,
    pub stdout: String,
    pub stderr: String,
}

/// Bytes kept of an output stream: a program in an endless loop must not fill the memory.
const OUTPUT_BYTES: u64 = 4 << 20;

/// Runs a command that has to end within `limit`.
///
/// # Errors
/// It cannot be started, or runs longer.
pub fn run(command: &mut Command, limit: Duration) -> Result<Ended, String> {
    let ended = run_limited(command, limit)?;
    match ended.timed_out {
        false => Ok(ended),
        true => Err(format!("not finished after {} s\n{}{}", limit.as_secs(), ended.stdout, head(&ended.stderr))),
    }
}

/// Runs a command for at most `limit`.
///
/// # Errors
/// It cannot be started.
pub fn run_limited(command: &mut Command, limit: Duration) -> Result<Ended, String> {
    let name = command.get_program().display().to_string();
    // A group of its own, so that what the command itself starts ends with it.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| format!("cannot run {name}: {error}"))?;
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    let (status, timed_out) = loop {
        match child.try_wait().map_err(|error| format!("{name}: {error}"))? {
            Some(status) => break (status, false),
            None if start.elapsed() <= limit => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            None => {
                kill_group(&mut child);
                break (child.wait().map_err(|error| format!("{name}: {error}"))?, true);
            }
        }
    };
    let text = |reader: Option<std::thread::JoinHandle<String>>| reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    let (stdout, stderr) = (text(stdout), text(stderr));
    Ok(Ended { code: status.code(), timed_out, stdout, stderr })
}

/// Kills a command and all of its group. The shell does it: the standard library has no such call, and a crate that has one would change the
/// features that wasmtime's dependencies are built with, as xtask's `nix` would (see CONTRIBUTING).
fn kill_group(child: &mut Child) {
    let killed = Command::new("sh").args(["-c", "kill -s KILL -- \"-$0\""]).arg(child.id().to_string()).status();
    if !killed.is_ok_and(|status| status.success()) {
        // It has ended just now, or at least its leader must.
        let _ = child.kill();
    }
}

fn collect(mut stream: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.by_ref().take(OUTPUT_BYTES).read_to_end(&mut bytes);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The first lines of a text, for messages.
pub fn head(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().take(30).collect();
    if text.lines().count() > lines.len() {
        lines.push("...");
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::{run, run_limited};

    #[test]
    fn children_end_with_their_parent() {
        let start = Instant::now();
        // Were the inner one to live on, its end of the pipe would keep the reader waiting.
        let ended = run_limited(Command::new("sh").args(["-c", "echo begun; sleep 30; echo done"]), Duration::from_millis(300)).unwrap();
        assert!(ended.timed_out && ended.code.is_none() && start.elapsed() < Duration::from_secs(20));
        assert_eq!(ended.stdout, "begun\n");
        assert!(run(Command::new("sleep").arg("30"), Duration::from_millis(10)).is_err_and(|text| text.starts_with("not finished")));
    }
}
