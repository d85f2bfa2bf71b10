//! What an embedder decides about a run.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::PathBuf;
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

/// A directory that the guest may read and write, with all that is in it.
#[derive(Clone, Debug)]
pub struct GivenDirectory {
    pub host_path: PathBuf,
    /// Where the guest finds it: an absolute path with slashes. The host's `/` given as `/` is the whole file system as this process sees it.
    pub guest_path: String,
}

/// Settings of one run. The default gives the guest nothing.
#[derive(Clone, Debug)]
pub struct Config {
    /// `os.Args`, the program's name first. The guest gets the bytes as they are, UTF-8 or not.
    pub args: Vec<OsString>,
    /// Environment, `NAME=value` each, likewise.
    pub env: Vec<OsString>,
    pub stdin: Input,
    pub stdout: Sink,
    pub stderr: Sink,
    /// Directories, the guest's numbers 3 and so on.
    pub directories: Vec<GivenDirectory>,
    /// Listening sockets, the numbers after those. They are put into non-blocking mode.
    pub listeners: Vec<Arc<TcpListener>>,
    /// Files that may be open at once, streams and directories included: one more is Go's "too many open files".
    pub max_files: usize,
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
            directories: Vec::new(),
            listeners: Vec::new(),
            max_files: 100_000,
            // Go's own limit (runtime/debug.SetMaxThreads) is 10,000.
            max_threads: 10_000,
        }
    }
}
