//! One run of a module: its shared state, its first thread, and how it ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use wasmtime::{ExternType, InstancePre, Linker, SharedMemory, Store, UnknownImportError};

use crate::file_table::FileTable;
use crate::poll::Alarm;
use crate::thread::{Sleeper, Threads};
use crate::{Config, Error, Module, imports, raw, stdio, thread};

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With this exit code: the program's own, or 2 for an unrecovered panic or fatal error.
    Exit(i32),
    /// By a trap that the runtime knows nothing of: a bug in compiler or runtime. The text names it, with a wasm backtrace.
    Trap(String),
}

/// What every thread of a program shares.
pub(crate) struct Shared {
    pub config: Config,
    pub files: FileTable,
    pub alarm: Alarm,
    pub threads: Threads,
    /// The memory of a threaded module.
    pub memory: Option<SharedMemory>,
    /// What each thread instantiates; set before the first one starts.
    pub instance: OnceLock<InstancePre<ThreadState>>,
    /// Zero of the guest's monotonic clock.
    pub start: Instant,
    /// Set once, when the program is over for its embedder: host calls trap from then on.
    pub stopping: AtomicBool,
    outcome: Mutex<Option<Outcome>>,
    decided: Condvar,
}

impl Shared {
    /// Ends the program; only the first call counts.
    pub fn finish(&self, outcome: Outcome) {
        let mut slot = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(outcome);
            self.decided.notify_all();
        }
    }
}

/// Data of a thread's store.
pub(crate) struct ThreadState {
    pub shared: Arc<Shared>,
    pub sleeper: Arc<Sleeper>,
    /// The memory that a single-thread module exports.
    pub own_memory: Option<wasmtime::Memory>,
}

/// Ends the calling thread's wasm code without being an error.
#[derive(Debug)]
pub(crate) struct ThreadEnd;

impl std::fmt::Display for ThreadEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the program has ended")
    }
}

impl std::error::Error for ThreadEnd {}

/// A running program.
pub struct Program {
    shared: Arc<Shared>,
}

impl Program {
    /// Starts `module` on a thread of its own.
    ///
    /// # Errors
    /// The module needs what this host lacks, or there is no thread or memory for it.
    pub fn start(module: &Module, config: Config) -> Result<Program, Error> {
        let engine = module.engine.wasmtime();
        let memory = shared_memory(engine, &module.inner)?;
        let shared = Arc::new(Shared {
            files: FileTable::new(stdio::descriptors(&config)?, config.max_files),
            alarm: Alarm::new().map_err(|_| Error::Resources("no file descriptors left".to_string()))?,
            threads: Threads::new(config.max_threads),
            config,
            memory,
            instance: OnceLock::new(),
            start: Instant::now(),
            stopping: AtomicBool::new(false),
            outcome: Mutex::new(None),
            decided: Condvar::new(),
        });
        let instance = link(&module.inner, &shared)?;
        // The cell is new, so this cannot fail.
        let _ = shared.instance.set(instance);
        thread::spawn(&shared, "_start", None)
            .map_err(|_| Error::Resources(format!("no thread with {} MiB of native stack", crate::engine::STACK_BYTES >> 20)))?;
        Ok(Program { shared })
    }

    /// Waits until the program ends. The other threads may run on until the `Program` is dropped.
    #[must_use]
    pub fn wait(&self) -> Outcome {
        let mut outcome = self.shared.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(outcome) = &*outcome {
                return outcome.clone();
            }
            outcome = self.shared.decided.wait(outcome).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The shared memory that the module imports, if it does.
fn shared_memory(engine: &wasmtime::Engine, module: &wasmtime::Module) -> Result<Option<SharedMemory>, Error> {
    let mut memory = None;
    for import in module.imports() {
        let ExternType::Memory(kind) = import.ty() else { continue };
        if (import.module(), import.name()) != imports::MEMORY || !kind.is_shared() {
            return Err(Error::MissingImport { module: import.module().to_string(), name: import.name().to_string() });
        }
        let shared = SharedMemory::new(engine, kind).map_err(|error| Error::Resources(format!("{error:#}")))?;
        raw::prefer_huge_pages(&shared);
        memory = Some(shared);
    }
    Ok(memory)
}

/// Binds the module's imports.
fn link(module: &wasmtime::Module, shared: &Arc<Shared>) -> Result<InstancePre<ThreadState>, Error> {
    let engine = module.engine();
    let mut linker = Linker::new(engine);
    let setup = |error: wasmtime::Error| Error::Engine(format!("{error:#}"));
    imports::define(&mut linker).map_err(setup)?;
    imports::define_missing_wasi(&mut linker, module).map_err(setup)?;
    if let Some(memory) = &shared.memory {
        // The store only lends its engine here: a shared memory belongs to no store.
        let state = ThreadState { shared: shared.clone(), sleeper: Arc::new(Sleeper::new(None)), own_memory: None };
        let (space, name) = imports::MEMORY;
        linker.define(Store::new(engine, state), space, name, memory.clone()).map_err(setup)?;
    }
    linker.instantiate_pre(module).map_err(|error| match error.downcast_ref::<UnknownImportError>() {
        Some(unknown) => Error::MissingImport { module: unknown.module().to_string(), name: unknown.name().to_string() },
        None => Error::Invalid(format!("{error:#}")),
    })
}

impl Drop for Program {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.shared.alarm.stop();
        self.shared.threads.stop();
    }
}
