//! Native Go as the oracle: a program must print and end the same under Warren, optimised or not.
//!
//! The native compiler and linker are called directly, with the export data of the standard packages looked up once: the go command takes longer to find out
//! that nothing changed than they take to do the work, and its cache would grow without end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use warren_tests::command::run_limited;

use crate::Session;
use crate::generate::program::tree::Program;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// What it printed on standard error, up to the traceback.
    pub output: String,
}

/// One way to run a program under Warren.
#[derive(Clone, Debug)]
pub struct Way {
    pub name: &'static str,
    pub flags: &'static [&'static str],
    pub environment: &'static [(&'static str, &'static str)],
}

/// The way every program is compared.
pub const OPTIMISED: &Way = &Way { name: "optimised", flags: &[], environment: &[] };

/// Ways of which each program is compared in one more.
pub const OTHERS: &[Way] = &[
    Way { name: "unoptimised", flags: &["-O0"], environment: &[] },
    Way { name: "preempted", flags: &["-preempt-zeal"], environment: &[] },
    Way { name: "unoptimised", flags: &["-O0"], environment: &[] },
    Way { name: "collecting", flags: &[], environment: &[("GODEBUG", "gczeal=1")] },
    Way { name: "unoptimised and preempted", flags: &["-O0", "-preempt-zeal"], environment: &[] },
    Way { name: "preempted and collecting", flags: &["-preempt-zeal"], environment: &[("GODEBUG", "gczeal=1")] },
];

/// What does not end in time gets so many times as much once more before it counts as endless.
const PATIENCE: u32 = 10;

/// The tools, and a folder to work in.
#[derive(Debug)]
pub struct Oracle {
    goroot: PathBuf,
    warren: PathBuf,
    scratch: PathBuf,
    /// Lines `packagefile PATH=FILE` of the standard packages that programs import.
    packages: String,
    /// How long a program may run.
    limit: Duration,
}

impl Oracle {
    /// An oracle that works in `scratch`, which it makes.
    pub fn new(session: &Session, scratch: &Path) -> Result<Oracle, String> {
        std::fs::create_dir_all(scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        let output = Command::new(session.goroot.join("bin/go"))
            .args(["list", "-deps", "-export", "-f", "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}", "fmt", "runtime"])
            .env("GOFLAGS", "-mod=mod")
            .env("GOTOOLCHAIN", "local")
            .current_dir(scratch)
            .output()
            .map_err(|error| format!("go list: {error}"))?;
        if !output.status.success() {
            return Err(format!("go list: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let packages = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(Oracle { goroot: session.goroot.clone(), warren: session.warren.clone(), scratch: scratch.to_path_buf(), packages, limit: session.limit })
    }

    /// Writes a program's files. Returns the main package's folder.
    pub fn write(&self, program: &Program) -> Result<PathBuf, String> {
        let folder = self.scratch.join("module");
        let _ = std::fs::remove_dir_all(&folder);
        let mut files = vec![("go.mod".to_string(), "module test\n\ngo 1.27\n".to_string())];
        files.extend(program.files.iter().map(|file| (file.path.clone(), file.text())));
        for (path, text) in files {
            let path = folder.join(path);
            let parent = path.parent().unwrap_or(&folder);
            std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, text)).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(folder)
    }

    /// Builds and runs natively. The error is what the compiler or linker says.
    pub fn native(&self, program: &Program) -> Result<Ended, String> {
        let folder = self.write(program)?;
        let config = self.scratch.join("importcfg");
        let mut packages = self.packages.clone();
        let mut object = PathBuf::new();
        for file in &program.files {
            std::fs::write(&config, &packages).map_err(|error| error.to_string())?;
            let (name, import) = match file.path.split_once('/') {
                Some((package, _)) => (package, format!("test/{package}")),
                None => ("main", "main".to_string()),
            };
            object = self.scratch.join(format!("{name}.a"));
            let mut compile = Command::new(self.goroot.join("bin/go"));
            compile
                .args(["tool", "compile", "-p", &import, "-complete", "-pack", "-lang=go1.27", "-importcfg"])
                .arg(&config)
                .arg("-o")
                .arg(&object)
                .arg(folder.join(&file.path));
            self.tool(&mut compile)?;
            packages.push_str(&format!("packagefile {import}={}\n", object.display()));
        }
        std::fs::write(&config, &packages).map_err(|error| error.to_string())?;
        let binary = self.scratch.join("program");
        let mut link = Command::new(self.goroot.join("bin/go"));
        link.args(["tool", "link", "-s", "-w", "-importcfg"]).arg(&config).arg("-o").arg(&binary).arg(&object);
        self.tool(&mut link)?;
        self.run(&mut Command::new(&binary))
    }

    fn tool(&self, command: &mut Command) -> Result<(), String> {
        let output = command.env("GOTOOLCHAIN", "local").current_dir(&self.scratch).output().map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(())
        } else {
            Err(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
        }
    }

    /// Builds and runs under Warren; a program that does not compile ends with code 1 and the message.
    pub fn warren(&self, program: &Program, way: &Way) -> Result<Ended, String> {
        let folder = self.write(program)?;
        let mut command = Command::new(&self.warren);
        command.args(["run", "-no-cache"]).args(way.flags).env("GOMAXPROCS", "2").env("GOROOT", &self.goroot);
        command.envs(way.environment.iter().copied());
        if program.files.len() == 1 {
            command.arg("main.go")
        } else {
            command.arg(".")
        };
        self.run(command.current_dir(folder))
    }

    fn run(&self, command: &mut Command) -> Result<Ended, String> {
        // Generated programs print to standard error alone.
        let mut ended = run_limited(command, self.limit)?;
        if ended.timed_out {
            // The machine may be busy with something else.
            ended = run_limited(command, self.limit * PATIENCE)?;
        }
        Ok(Ended { code: ended.code, output: without_traceback(&ended.stderr) })
    }
}

/// What a program printed before its traceback, without the signal that the native one mentions.
fn without_traceback(text: &str) -> String {
    let mut kept = String::new();
    for line in text.lines() {
        if line.starts_with("goroutine ") || line.starts_with("fatal error: wasm trap") {
            kept.push_str(line.split(' ').next().unwrap_or_default());
            break;
        }
        if !line.starts_with("[signal ") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_traceback;

    #[test]
    fn tracebacks() {
        assert_eq!(without_traceback("a\npanic: x\n[signal SIGSEGV: y]\n\ngoroutine 1 [running]:\nmain.main()\n"), "a\npanic: x\n\ngoroutine");
    }
}
