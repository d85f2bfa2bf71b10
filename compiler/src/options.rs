//! What a caller of the compiler says and gets: every switch, and the result.
//!
//! The compiler reads no file, environment variable or clock of its own. Paths are `/`-separated strings that mean something to the
//! [`FileProvider`] alone.

/// The Go release whose library and layouts the compiler follows; a GOROOT of another one is refused by callers.
pub const GO_RELEASE: &str = "go1.27.3";

/// Where sources come from.
pub trait FileProvider {
    /// The bytes of a file, or `None` if there is no such file.
    fn read(&self, path: &str) -> Option<Vec<u8>>;

    /// Names of the regular files of a directory, sorted, or `None` if there is no such directory.
    fn list(&self, directory: &str) -> Option<Vec<String>>;

    /// Names of the directories in a directory, sorted; links to directories are not among them. For `//go:embed`.
    fn directories(&self, _directory: &str) -> Vec<String> {
        Vec::new()
    }

    /// Whether a path is a symbolic link.
    fn is_link(&self, _path: &str) -> bool {
        false
    }

    /// Where the package of an import path lies that is neither of the standard library nor of the main module. An error is the go
    /// command's message. `None`: the provider knows no modules but the main one.
    fn locate(&self, _path: &str) -> Option<Result<Located, String>> {
        None
    }

    /// The compiler begins a pass: one of those that [`Output::timings`] names.
    fn begin(&self, _stage: &'static str) {}

    /// Nanoseconds of a monotonic clock, for [`Output::timings`]. A provider without a clock answers 0.
    fn now_ns(&self) -> u64 {
        0
    }
}

/// A package of another module than the main one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// Its import path.
    pub path: String,
    /// Where its files lie.
    pub directory: String,
    /// The `go` line of its module (`go1.21`).
    pub go_version: Option<String>,
    /// Path and version of its module (`example.com/m@v1.2.3`), for file names without the places of this machine.
    pub module: String,
    /// The directory of its module.
    pub module_root: String,
}

/// The kind of module to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Threads over a shared memory, for Warren's own host.
    #[default]
    Native,
    /// One thread, plain WASI preview 1.
    Wasip1,
}

/// The package to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MainPackage {
    /// Go files that make up the package `command-line-arguments`.
    Files(Vec<String>),
    /// All Go files of a directory that its build constraints admit.
    Directory(String),
    /// A package of another module.
    Located(Located),
    /// A program that runs the tests of a package.
    Test(Box<MainPackage>),
}

impl Default for MainPackage {
    fn default() -> MainPackage {
        MainPackage::Files(Vec::new())
    }
}

/// Everything that shapes a compilation.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Root of the Go distribution: packages lie in `GOROOT/src`.
    pub goroot: String,
    /// Import path of the main module and its directory, so that packages below it can be imported.
    pub module: Option<(String, String)>,
    pub main: MainPackage,
    pub target: Target,
    /// The prebuilt runtime for `target`.
    pub runtime: Vec<u8>,
    /// Off: no optimisation beyond what the lowering does by itself.
    pub optimise: bool,
    /// `PASS:FUNC` as `--dump` gives it; the text lands in [`Output::dump`].
    pub dump: Option<String>,
    /// Check the IR after every pass.
    pub verify: bool,
    /// Freeze goroutines at nearly every poll, to test freezing.
    pub preempt_zeal: bool,
    /// The main package need not be a program. Every function of it is compiled, and the module shows that they can be: what the go
    /// command does with a package that is no command.
    pub whole_package: bool,
    /// The language version of the main package whatever its module says (`go1.17`), as the compiler's flag `-lang` has it.
    pub language: Option<String>,
    /// Build tags besides those of the target.
    pub tags: Vec<String>,
    /// String variables (`import/path.name`) and the values they begin with.
    pub definitions: Vec<(String, String)>,
    /// The value of `-ldflags` as it was given, for `debug.ReadBuildInfo`.
    pub link_flags: String,
    /// Names of files in the program without the places of this machine.
    pub trim_paths: bool,
    /// Leave out the names of functions that hosts and debuggers show.
    pub strip_names: bool,
}

/// A compiled program.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pub wasm: Vec<u8>,
    /// What `dump` asked for.
    pub dump: String,
    /// Import paths of the packages that it is made of, in the order of initialisation.
    pub packages: Vec<String>,
    /// Name and duration in nanoseconds of every pass, in order.
    pub timings: Vec<(&'static str, u64)>,
}
