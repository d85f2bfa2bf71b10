//! What an embedder decides about a run.

use std::sync::{Arc, Mutex};

/// Where the guest's standard input comes from.
#[derive(Clone, Debug, Default)]
pub enum Input {
    /// At end of file from the start.
    #[default]
    Empty,
    /// The process's own.
    Inherit,
}

/// Where an output stream of the guest goes.
#[derive(Clone, Debug, Default)]
pub enum Sink {
    /// Nowhere.
    #[default]
    Discard,
    /// The process's standard output.
    Stdout,
    /// The process's standard error.
    Stderr,
    /// A buffer; two streams may share one.
    Buffer(Arc<Mutex<Vec<u8>>>),
}

/// Settings of one run. The default gives the guest nothing.
#[derive(Clone, Debug)]
pub struct Config {
    /// `os.Args`, the program's name first.
    pub args: Vec<String>,
    /// Environment, `NAME=value` each.
    pub env: Vec<String>,
    pub stdin: Input,
    pub stdout: Sink,
    pub stderr: Sink,
    /// Threads that may live at once, the first one included.
    pub max_threads: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            args: Vec::new(),
            env: Vec::new(),
            stdin: Input::Empty,
            stdout: Sink::Discard,
            stderr: Sink::Discard,
            // Go's own limit (runtime/debug.SetMaxThreads) is 10,000.
            max_threads: 10_000,
        }
    }
}
