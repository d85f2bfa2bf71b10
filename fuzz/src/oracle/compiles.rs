//! The oracle of mutated programs: the compiler ends, with errors of the source or with a module that is valid.
//!
//! The program is compiled as a whole package, with the IR verified after every pass, so that functions nobody calls count too. A panic is a
//! finding whose key is the place of the panic.

use std::sync::{Arc, Mutex};

use warren_compiler::options::{MainPackage, Options, Target};
use warren_tests::disk::{CachedDisk, Overlaid};

use crate::Session;
use crate::session::Verdict;

const PROGRAM: &str = "/program/x.go";

/// The compiler with all it reads in memory.
pub struct Compiler {
    options: Options,
    disk: CachedDisk,
    /// What the last panic said and where it was.
    panic: Arc<Mutex<Option<(String, String)>>>,
}

impl Compiler {
    /// Prepares compilations.
    ///
    /// # Errors
    /// The runtime cannot be read.
    pub fn new(session: &Session) -> Result<Compiler, String> {
        let path = session.runtime.join("runtime-single.wasm");
        let runtime = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let options = Options {
            goroot: session.goroot.display().to_string(),
            module: None,
            main: MainPackage::Files(vec![PROGRAM.to_string()]),
            target: Target::Wasip1,
            runtime,
            optimise: true,
            dump: None,
            verify: true,
            whole_package: true,
            ..Options::default()
        };
        let panic = Arc::new(Mutex::new(None));
        let note = Arc::clone(&panic);
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location().map_or_else(String::new, |location| format!("{}:{}", location.file(), location.line()));
            let words = info.payload_as_str().unwrap_or("panic").to_string();
            if let Ok(mut note) = note.lock() {
                *note = Some((place, words));
            }
        }));
        Ok(Compiler { options, disk: CachedDisk::default(), panic })
    }

    /// Compiles a program and judges how that went.
    pub fn try_program(&self, program: &str) -> Verdict {
        let finding = |key: String, details: String| Verdict::Finding { key, details, program: program.to_string() };
        let files = Overlaid { above: [(PROGRAM, program)].into_iter().collect(), disk: &self.disk };
        let attempt = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| warren_compiler::compile(&self.options, &files)));
        match attempt {
            Err(_) => {
                let (place, words) = self.panic.lock().ok().and_then(|mut note| note.take()).unwrap_or_default();
                finding(format!("panic at {place}"), words)
            }
            Ok(Err(problems)) if problems.is_empty() => finding("refused without a reason".to_string(), String::new()),
            Ok(Err(_)) => Verdict::Refused,
            Ok(Ok(output)) => {
                let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
                match validator.validate_all(&output.wasm) {
                    Ok(_) => Verdict::Passed,
                    Err(error) => finding(format!("invalid module: {}", error.message()), error.to_string()),
                }
            }
        }
    }
}
