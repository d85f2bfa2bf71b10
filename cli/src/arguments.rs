//! The words of the command line. A flag starts with one dash or two, as Go's do; flags end at the first word without.

use std::ffi::OsString;

use warren_compiler::options::Target;
use warren_host::Code;

use crate::{Failure, test_flags};

/// The command whose words are parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Run,
    Build,
    Test,
    List,
}

impl Command {
    fn usage(self) -> &'static str {
        match self {
            Command::Run => "run [build flags] package [arguments...]",
            Command::Build => "build [-o output] [build flags] [packages]",
            Command::Test => "test [build/test flags] [packages] [build/test flags & test binary flags]",
            Command::List => "list [-f format] [-json] [-deps] [packages]",
        }
    }
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Packages: Go files, directories, import paths, patterns; or one wasm file.
    pub inputs: Vec<String>,
    /// What follows the inputs: the program's own arguments.
    pub rest: Vec<OsString>,
    pub output: Option<String>,
    pub target: Target,
    /// Off: `-O0`.
    pub unoptimised: bool,
    pub verify: bool,
    /// Names the kinds of errors.
    pub codes: bool,
    pub preempt_zeal: bool,
    pub dump: Option<String>,
    pub timing: bool,
    /// Neither look for results of earlier builds nor keep any.
    pub no_cache: bool,
    pub tags: Vec<String>,
    /// `-ldflags "-X name=value"`.
    pub definitions: Vec<(String, String)>,
    /// The value of `-ldflags`.
    pub link_flags: String,
    /// `-ldflags -s`.
    pub strip_names: bool,
    pub trim_paths: bool,
    /// `-v`: name the packages that are compiled; of tests, show all results.
    pub verbose: bool,
    /// `-x`: print what is done.
    pub print_commands: bool,
    /// `-mod`: where the go command finds modules.
    pub module_mode: Option<String>,
    /// `-p`: packages at once.
    pub jobs: Option<usize>,
    /// `-code`: machine code that is quick to run, or quick to have. None: as suits the command.
    pub code: Option<Code>,
    /// `run`: directories for the program, `HOST[::GUEST]` each; none means the whole file system.
    pub directories: Vec<String>,
    /// `run`: addresses of listening sockets for the program.
    pub listeners: Vec<String>,
    /// `run`: variables for the program, `NAME=VALUE` each.
    pub env: Vec<String>,
    /// `list`: a template.
    pub format: Option<String>,
    /// `list` and `test`.
    pub json: bool,
    /// `list`: what the packages import, too.
    pub deps: bool,
    pub test: test_flags::TestFlags,
}

/// Flags that take a value.
const WITH_VALUE: &[&str] = &["o", "target", "dump", "tags", "ldflags", "mod", "C", "p", "f", "dir", "env", "listen", "code"];
/// Flags of the go command that Warren has no use for, and why.
const REFUSED: &[(&str, &str)] = &[
    ("race", "-race is not supported on wasip1/wasm"),
    ("msan", "-msan is not supported on wasip1/wasm"),
    ("asan", "-asan is not supported on wasip1/wasm"),
    ("cover", "-cover is not supported"),
    ("coverprofile", "-coverprofile is not supported"),
    ("coverpkg", "-coverpkg is not supported"),
    ("covermode", "-covermode is not supported"),
    ("fuzz", "-fuzz flag is not supported on wasip1/wasm"),
    ("gcflags", "-gcflags is for Go's own compiler"),
    ("asmflags", "-asmflags is for Go's own assembler"),
    ("gccgoflags", "-gccgoflags is for gccgo"),
    ("compiler", "-compiler: there is no other than warren's"),
    ("buildmode", "-buildmode: only programs can be made"),
    ("linkshared", "-linkshared: there are no shared libraries"),
    ("toolexec", "-toolexec: there are no tools to run"),
    ("exec", "-exec is not supported: build with -o and run the module yourself"),
    ("overlay", "-overlay is not supported"),
    ("pgo", "-pgo is not supported"),
    ("n", "-n is not supported"),
];

impl Arguments {
    pub fn parse(words: &[OsString], command: Command) -> Result<Arguments, Failure> {
        let text: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let mut arguments = Arguments::parse_text(&text, command)?;
        // What is the program's it gets as it is.
        let (own, rest) = words.split_at(words.len() - arguments.rest.len());
        if let Some(word) = own.iter().find(|word| word.to_str().is_none()) {
            return Err(Failure::Usage(format!("{word:?}: not UTF-8")));
        }
        arguments.rest = rest.to_vec();
        arguments.tags.extend(crate::environment::experiments()?);
        Ok(arguments)
    }

    fn parse_text(words: &[String], command: Command) -> Result<Arguments, Failure> {
        let mut arguments = Arguments::default();
        let words = arguments.enter(words)?;
        if command == Command::Test {
            test_flags::parse(&mut arguments, words)?;
            return Ok(arguments);
        }
        let mut words = words.iter().cloned().peekable();
        while let Some(word) = words.next_if(|word| word.len() > 1 && word.starts_with('-')) {
            if word == "--" {
                break;
            }
            let (name, mut value) = split_flag(&word);
            if WITH_VALUE.contains(&name) && value.is_none() {
                value = words.next();
            }
            if !arguments.flag(command, &word, name, value)? {
                return Err(undefined(command, name));
            }
        }
        let mut words: Vec<String> = words.collect();
        if command == Command::Run {
            let files = words.iter().take_while(|word| word.ends_with(".go")).count();
            arguments.rest = words.split_off(files.max(1).min(words.len())).into_iter().map(OsString::from).collect();
            if words.is_empty() {
                return Err(Failure::Usage("no go files listed".to_string()));
            }
        }
        arguments.inputs = words;
        Ok(arguments)
    }

    /// Obeys `-C`, which has to be the first flag, and returns the words behind it.
    fn enter<'w>(&mut self, words: &'w [String]) -> Result<&'w [String], Failure> {
        let Some((first, rest)) = words.split_first() else { return Ok(words) };
        let (directory, rest) = match split_flag(first) {
            ("C", Some(directory)) if first.starts_with('-') => (directory, rest),
            ("C", None) if first.starts_with('-') => match rest.split_first() {
                Some((directory, rest)) => (directory.clone(), rest),
                None => return Err(Failure::Usage("flag needs an argument: -C".to_string())),
            },
            _ => return Ok(words),
        };
        std::env::set_current_dir(&directory).map_err(|error| format!("chdir {directory}: {}", crate::console::reason(&error)))?;
        Ok(rest)
    }

    /// Takes a flag that several commands have. False: there is no such flag.
    pub fn flag(&mut self, command: Command, word: &str, name: &str, value: Option<String>) -> Result<bool, Failure> {
        let wrong = |text: String| Err(Failure::Usage(text));
        if WITH_VALUE.contains(&name) {
            let Some(value) = value else { return wrong(format!("flag needs an argument: -{name}")) };
            match name {
                "o" if matches!(command, Command::Build | Command::Test) => self.output = Some(value),
                "target" => {
                    self.target = match value.as_str() {
                        "native" => Target::Native,
                        "wasip1" => Target::Wasip1,
                        _ => return wrong(format!("unknown target {value:?}: native or wasip1")),
                    };
                }
                "dump" => self.dump = Some(value),
                "tags" => self.tags = value.split([',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_string).collect(),
                "ldflags" => self.link_flags(&value)?,
                "mod" => self.module_mode = Some(value),
                "p" => match value.parse() {
                    Ok(jobs) if jobs > 0 => self.jobs = Some(jobs),
                    _ => return wrong(format!("invalid value {value:?} for flag -p: must be a positive number")),
                },
                "code" => {
                    self.code = match value.as_str() {
                        "fast" => Some(Code::Fast),
                        "quick" => Some(Code::Quick),
                        _ => return wrong(format!("unknown kind of code {value:?}: fast or quick")),
                    };
                }
                "dir" if command == Command::Run => self.directories.push(value),
                "env" if command == Command::Run => self.env.push(value),
                "listen" if command == Command::Run => self.listeners.push(value),
                "f" if command == Command::List => self.format = Some(value),
                "C" => return wrong("-C flag must be first flag on command line".to_string()),
                _ => return Ok(false),
            }
            return Ok(true);
        }
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return wrong(why.to_string());
        }
        let on = match value.as_deref() {
            None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
            Some(value) => return wrong(format!("invalid boolean value {value:?} for {word}")),
        };
        match name {
            "O0" => self.unoptimised = on,
            "preempt-zeal" => self.preempt_zeal = on,
            "verify" => self.verify = on,
            "codes" if matches!(command, Command::Build | Command::Run) => self.codes = on,
            "timing" => self.timing = on,
            "no-cache" | "a" => self.no_cache = on,
            "trimpath" => self.trim_paths = on,
            "v" => self.verbose = on,
            "x" => self.print_commands = on,
            "json" if matches!(command, Command::List | Command::Test) => self.json = on,
            "deps" if command == Command::List => self.deps = on,
            // Programs carry no stamp of the version control system, and a build leaves no working directory.
            "buildvcs" | "work" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The value of `-ldflags`.
    fn link_flags(&mut self, text: &str) -> Result<(), Failure> {
        let wrong = |text: String| Err(Failure::Usage(text));
        self.link_flags = text.to_string();
        let mut words = split_quoted(text)?.into_iter();
        while let Some(word) = words.next() {
            let (name, value) = split_flag(&word);
            match (name, value) {
                ("s", None) => self.strip_names = true,
                // There is no debugging information yet that `-w` could leave out.
                ("w", None) => {}
                ("X", value) => {
                    let Some(definition) = value.or_else(|| words.next()) else { return wrong("-ldflags: flag needs an argument: -X".to_string()) };
                    let Some((name, value)) = definition.split_once('=') else {
                        return wrong(format!("-ldflags: -X flag requires argument of the form importpath.name=value, not {definition:?}"));
                    };
                    self.definitions.push((name.to_string(), value.to_string()));
                }
                _ => return wrong(format!("-ldflags: flag {word} is not supported: -X, -s and -w are")),
            }
        }
        Ok(())
    }
}

/// A flag that a command does not have, as the go command says it.
pub fn undefined(command: Command, name: &str) -> Failure {
    Failure::Undefined(format!("flag provided but not defined: -{name}\nusage: warren {}", command.usage()))
}

/// Name and value of a flag.
pub fn split_flag(word: &str) -> (&str, Option<String>) {
    let flag = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or(word);
    match flag.split_once('=') {
        Some((name, value)) => (name, Some(value.to_string())),
        None => (flag, None),
    }
}

/// Words of a flag's value: separated by white space, or in single or double quotes.
fn split_quoted(text: &str) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = if first == '"' || first == '\'' {
            match rest[1..].split_once(first) {
                Some(parts) => parts,
                None => return Err(Failure::Usage(format!("unterminated {first} string in {text:?}"))),
            }
        } else {
            rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()))
        };
        words.push(word.to_string());
        rest = after.trim_start();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;

    use super::{Arguments, Command, split_quoted};
    use warren_compiler::options::Target;

    fn parse(text: &str, command: Command) -> Option<Arguments> {
        let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
        Arguments::parse(&words, command).ok()
    }

    #[test]
    fn words_that_are_not_text() {
        let words = [&b"a.go"[..], b"\xff", b"-x"].map(|word| OsStr::from_bytes(word).to_os_string());
        assert_eq!(Arguments::parse(&words, Command::Run).ok().unwrap().rest, words[1..]);
        assert!(Arguments::parse(&words, Command::Build).is_err());
    }

    #[test]
    fn files_and_arguments() {
        let run = parse("-timing a.go b.go x -y", Command::Run).unwrap();
        assert_eq!(run.inputs, ["a.go", "b.go"]);
        assert_eq!(run.rest, ["x", "-y"]);
        assert!(run.timing);
        let run = parse("-dir . --dir=x::/y -env A=b=c -listen localhost:80 a.go", Command::Run).unwrap();
        assert_eq!(run.listeners, ["localhost:80"]);
        assert_eq!((run.directories, run.env), (vec![".".to_string(), "x::/y".to_string()], vec!["A=b=c".to_string()]));
        assert!(parse("-dir . a.go", Command::Build).is_none());
        let run = parse("dir a.go", Command::Run).unwrap();
        assert_eq!((run.inputs, run.rest), (vec!["dir".to_string()], vec!["a.go".into()]));
        assert_eq!(parse("-v ./... x", Command::Build).unwrap().inputs, ["./...", "x"]);
    }

    #[test]
    fn flags() {
        let build = parse("-o out.wasm --target=wasip1 -O0 -tags a,b -ldflags=-s a.go", Command::Build).unwrap();
        assert_eq!(build.output.as_deref(), Some("out.wasm"));
        assert_eq!(build.target, Target::Wasip1);
        assert_eq!(build.tags, ["a", "b"]);
        assert!(build.unoptimised && build.strip_names);
        for wrong in ["-o", "-target=arm a.go", "-nosuch a.go", "-race a.go", "-timing=maybe a.go", "-ldflags=-linkmode=internal a.go", "-p 0"] {
            assert!(parse(wrong, Command::Build).is_none(), "{wrong}");
        }
        assert!(parse("-o x a.go", Command::Run).is_none());
        assert!(parse("", Command::Run).is_none());
    }

    #[test]
    fn link_flags() {
        let mut arguments = Arguments::default();
        assert!(arguments.link_flags("-s -w -X main.a=1 \"-X=example.com/p.b=x y\" -X 'main.c=a b'").is_ok());
        let definitions: Vec<String> = arguments.definitions.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        assert_eq!(definitions, ["main.a:1", "example.com/p.b:x y", "main.c:a b"]);
        assert!(arguments.link_flags("-X main.a").is_err());
        assert_eq!(split_quoted(" a 'b c'  \"d\" ").ok().unwrap(), ["a", "b c", "d"]);
        assert!(split_quoted("'a").is_err());
    }
}
