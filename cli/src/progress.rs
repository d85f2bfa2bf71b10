//! A line on the terminal while a build takes long.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::console;

/// Builds that take less time show nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks.
const STEP: Duration = Duration::from_millis(200);

/// Does some work; after a second a line on standard error says for what, and how far it is, if a person is watching.
pub fn during<T>(what: &str, stage: impl Fn() -> &'static str + Send, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, wait) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let start = Instant::now();
            let mut shown = false;
            let mut pause = PATIENCE;
            while wait.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                shown = true;
                pause = STEP;
                console::err(format_args!("\r\x1b[K{what}: {} ({} s)", stage(), start.elapsed().as_secs()));
                let _ = std::io::stderr().flush();
            }
            if shown {
                console::err(format_args!("\r\x1b[K"));
            }
        });
        let result = work();
        drop(done);
        result
    })
}
