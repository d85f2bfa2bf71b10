//! wasmtime's engine and the cache of compiled modules.
//!
//! # Native stacks
//! Go stacks grow, so every guest thread gets [`STACK_BYTES`] of native stack: address space, of which only touched pages cost memory.
//! A million frames of 500 bytes fit.
//!
//! # Cache
//! Compiled code lies in `DIR/modules/KEY`, `KEY` being a SHA-256 of the module's bytes and of all that shapes the code: wasmtime's release,
//! its settings, the processor's features. A file is written beside its place and renamed, so that readers see all of it or nothing. A file that
//! is damaged is refused by its checksum and made again. When there are more than [`CACHE_FILES`] or [`CACHE_BYTES`], the oldest go.
//!
//! ENGINE-1: only files that this code wrote, in a directory of the user, are loaded: compiled code is trusted as an executable is.

use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, raw};

/// Native stack that wasm code of one thread may use.
pub const STACK_BYTES: usize = 512 << 20;
/// Native stack beyond that, for the host functions that run on top.
pub const HOST_STACK_BYTES: usize = 4 << 20;
/// Frames kept of a trap's backtrace: with an unlimited number a stack overflow carries none at all.
const BACKTRACE_FRAMES: usize = 64;
/// Files that the cache holds before the oldest ones are removed.
const CACHE_FILES: usize = 400;
/// Bytes that these files hold together; programs of the usual size have a few MB.
const CACHE_BYTES: u64 = 1 << 30;

/// What machine code is to be: quick to run, or quick to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Code {
    /// Optimised.
    #[default]
    Fast,
    /// Made in about half the time; runs slower.
    Quick,
}

/// Compiles modules. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    cache: Option<PathBuf>,
}

impl Engine {
    /// An engine that keeps compiled modules below `cache`, if given.
    ///
    /// # Errors
    /// [`Error::Engine`] if wasmtime does not support this machine.
    pub fn new(cache: Option<&Path>) -> Result<Engine, Error> {
        Engine::with_code(cache, Code::Fast)
    }

    /// An engine that makes machine code of that kind.
    ///
    /// # Errors
    /// [`Error::Engine`] if wasmtime does not support this machine.
    pub fn with_code(cache: Option<&Path>, code: Code) -> Result<Engine, Error> {
        let mut config = wasmtime::Config::new();
        config
            .shared_memory(true)
            .async_stack_size(STACK_BYTES)
            .max_wasm_stack(STACK_BYTES)
            .wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES))
            // Tables are filled at instantiation, so that calls through them need not look whether their entry is there yet.
            .table_lazy_init(false)
            .cranelift_opt_level(wasmtime::OptLevel::Speed);
        if code == Code::Quick {
            config.cranelift_opt_level(wasmtime::OptLevel::None).cranelift_regalloc_algorithm(wasmtime::RegallocAlgorithm::SinglePass);
        }
        let inner = wasmtime::Engine::new(&config).map_err(|error| Error::Engine(format!("{error:#}")))?;
        Ok(Engine { inner, cache: cache.map(|directory| directory.join("modules")) })
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner
    }

    /// Compiles `wasm`, or takes the compiled code from the cache. A cache that cannot be read or written only costs time.
    pub(crate) fn compile(&self, wasm: &[u8]) -> Result<wasmtime::Module, Error> {
        let Some(directory) = &self.cache else { return self.compile_anew(wasm) };
        let path = directory.join(self.key(wasm));
        if let Ok(bytes) = std::fs::read(&path)
            && let Some(code) = open_checked(&bytes)
            && let Some(module) = raw::deserialize(&self.inner, code)
        {
            return Ok(module);
        }
        let module = self.compile_anew(wasm)?;
        if let Ok(code) = module.serialize() {
            let _ = store(directory, &path, &code);
        }
        Ok(module)
    }

    fn compile_anew(&self, wasm: &[u8]) -> Result<wasmtime::Module, Error> {
        wasmtime::Module::from_binary(&self.inner, wasm).map_err(|error| Error::Invalid(format!("{error:#}")))
    }

    fn key(&self, wasm: &[u8]) -> String {
        let mut hasher = HashInto(Sha256::new());
        self.inner.precompile_compatibility_hash().hash(&mut hasher);
        hasher.0.update(env!("CARGO_PKG_VERSION"));
        hasher.0.update(wasm);
        hex(&hasher.0.finalize())
    }
}

/// Feeds what `Hash` yields to SHA-256.
struct HashInto(Sha256);

impl Hasher for HashInto {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of the checksum at the head of a cache file.
const CHECKSUM_BYTES: usize = 32;

/// The code of a cache file, if its checksum is right.
fn open_checked(file: &[u8]) -> Option<&[u8]> {
    let (checksum, code) = file.split_at_checked(CHECKSUM_BYTES)?;
    (Sha256::digest(code).as_slice() == checksum).then_some(code)
}

fn store(directory: &Path, path: &Path, code: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let mut file = Sha256::digest(code).to_vec();
    file.extend_from_slice(code);
    std::fs::write(&draft, &file)?;
    std::fs::rename(&draft, path)?;
    remove_oldest(directory)
}

fn remove_oldest(directory: &Path) -> std::io::Result<()> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let data = entry.metadata()?;
        files.push((data.modified()?, data.len(), entry.path()));
    }
    files.sort();
    let mut bytes = 0;
    for (index, (_, length, path)) in files.iter().rev().enumerate() {
        bytes += length;
        if index >= CACHE_FILES || bytes > CACHE_BYTES {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}
