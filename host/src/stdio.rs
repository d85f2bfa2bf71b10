//! The three standard streams, shared by all threads of a program.

use std::io::IsTerminal;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::{Config, Input, Sink};
use crate::imports::Errno;

/// Streams 0 to 2 and whether the guest has closed them.
pub struct Stdio {
    stdin: Input,
    sinks: [Sink; 2],
    closed: [AtomicBool; 3],
}

/// What a file descriptor is, in WASI's numbers.
pub enum FileType {
    Unknown = 0,
    CharacterDevice = 2,
}

impl Stdio {
    pub fn new(config: &Config) -> Stdio {
        Stdio { stdin: config.stdin.clone(), sinks: [config.stdout.clone(), config.stderr.clone()], closed: Default::default() }
    }

    fn open(&self, fd: u32) -> Result<usize, Errno> {
        let index = fd as usize;
        match self.closed.get(index) {
            Some(closed) if !closed.load(Ordering::Relaxed) => Ok(index),
            _ => Err(Errno::Badf),
        }
    }

    pub fn close(&self, fd: u32) -> Result<(), Errno> {
        let index = self.open(fd)?;
        self.closed[index].store(true, Ordering::Relaxed);
        Ok(())
    }

    pub fn file_type(&self, fd: u32) -> Result<FileType, Errno> {
        let terminal = match (self.open(fd)?, &self.stdin) {
            (0, Input::Inherit) => std::io::stdin().is_terminal(),
            (0, Input::Empty) => false,
            (index, _) => match &self.sinks[index - 1] {
                Sink::Stdout => std::io::stdout().is_terminal(),
                Sink::Stderr => std::io::stderr().is_terminal(),
                Sink::Discard | Sink::Buffer(_) => false,
            },
        };
        Ok(if terminal { FileType::CharacterDevice } else { FileType::Unknown })
    }

    /// Reads what is there, at least a byte; 0 at the end.
    pub fn read(&self, fd: u32, out: &mut [u8]) -> Result<usize, Errno> {
        if self.open(fd)? != 0 {
            return Err(Errno::Badf);
        }
        match self.stdin {
            Input::Empty => Ok(0),
            Input::Inherit => loop {
                match rustix::io::read(rustix::stdio::stdin(), &mut *out) {
                    Ok(length) => return Ok(length),
                    Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(Errno::of(error)),
                }
            },
        }
    }

    /// Whether a read of standard input would not wait.
    pub fn waits_for_input(&self) -> bool {
        matches!(self.stdin, Input::Inherit)
    }

    /// Writes all of `bytes`.
    pub fn write(&self, fd: u32, bytes: &[u8]) -> Result<(), Errno> {
        let index = self.open(fd)?;
        let sink = index.checked_sub(1).map(|index| &self.sinks[index]).ok_or(Errno::Badf)?;
        let descriptor = match sink {
            Sink::Discard => return Ok(()),
            Sink::Buffer(buffer) => {
                buffer.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
                return Ok(());
            }
            Sink::Stdout => rustix::stdio::stdout(),
            Sink::Stderr => rustix::stdio::stderr(),
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::io::write(descriptor, rest) {
                Ok(written) => rest = &rest[written..],
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(Errno::of(error)),
            }
        }
        Ok(())
    }
}
