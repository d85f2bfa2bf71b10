//! Writing to the streams of the command itself.
//!
//! Standard library macros panic when nobody reads the stream (`warren list std | head`). A command of the shell ends
//! then without a word, with the code that a shell shows for one that the signal SIGPIPE ended.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write, stderr, stdout};

/// What a shell shows for a command that wrote to a closed pipe: 128 and the number of SIGPIPE.
pub const CLOSED_PIPE: u8 = 141;

/// Writes to standard output; ends the process if that cannot be.
pub fn out(text: Arguments) {
    let mut stream = stdout().lock();
    if let Err(error) = stream.write_fmt(text).and_then(|()| stream.flush()) {
        give_up(&error);
    }
}

/// Writes to standard error; ends the process if nobody reads it. Other failures are left alone: there is nowhere to tell of them.
pub fn err(text: Arguments) {
    if let Err(error) = stderr().lock().write_fmt(text)
        && error.kind() == ErrorKind::BrokenPipe
    {
        give_up(&error);
    }
}

fn give_up(error: &std::io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(i32::from(CLOSED_PIPE));
    }
    let _ = writeln!(stderr(), "warren: write to standard output: {error}");
    std::process::exit(1)
}

/// What the system says of an error, in its words alone: `no such file or directory`.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if letters.clone().next().is_some_and(char::is_lowercase) => first.to_lowercase().chain(letters).collect(),
        _ => words.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn reasons_are_words() {
        let error = std::fs::File::open("/no/such/file").unwrap_err();
        assert_eq!(reason(&error), "no such file or directory");
        assert_eq!(reason(&std::io::Error::other("EOF too early")), "EOF too early");
    }
}
