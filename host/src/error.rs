//! Everything that keeps a module from running.

use std::fmt;

/// Why a module cannot be loaded or started.
#[derive(Debug)]
pub enum Error {
    /// The bytes do not begin as a wasm module does.
    NotWasm,
    /// A section reaches beyond the end of the file.
    Truncated,
    /// A wasm module without the section that marks Warren's.
    NotWarren,
    /// A module for another version of the contract between compiler and host.
    AbiVersion { found: u32, supported: u32 },
    /// wasmtime refuses the module.
    Invalid(String),
    /// The module wants something that this host does not have.
    MissingImport { module: String, name: String },
    /// The module lacks something that every Warren module has.
    MissingExport(&'static str),
    /// The engine cannot be set up on this machine.
    Engine(String),
    /// A directory that the program was to be given cannot be opened.
    Directory { path: std::path::PathBuf, reason: String },
    /// No thread or memory for the program.
    Resources(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotWasm => f.write_str("not a wasm module"),
            Error::Truncated => f.write_str("the wasm module is damaged: a section reaches beyond the end of the file"),
            Error::NotWarren => f.write_str("not a Warren module: it has no section \"warren.abi\""),
            Error::AbiVersion { found, supported } => {
                write!(f, "the module has ABI version {found}, this host supports version {supported}: build it again with this release of warren")
            }
            Error::Invalid(reason) => write!(f, "invalid wasm module: {reason}"),
            Error::MissingImport { module, name } => write!(f, "the module imports {module}.{name}, which this host does not provide"),
            Error::MissingExport(name) => write!(f, "the module has no export {name:?} of the right type"),
            Error::Engine(reason) => write!(f, "cannot set up the wasm engine: {reason}"),
            Error::Directory { path, reason } => write!(f, "cannot open the directory {}: {reason}", path.display()),
            Error::Resources(reason) => write!(f, "cannot start the program: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
