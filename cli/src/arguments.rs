//! The words of the command line. A flag starts with one dash or two, as Go's do; flags end at the first word without.

use warren_compiler::options::Target;

use crate::Failure;

/// The command whose words are parsed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Run,
    Build,
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Go files, or one directory, or one wasm file.
    pub inputs: Vec<String>,
    /// What follows the inputs: the program's own arguments.
    pub rest: Vec<String>,
    pub output: Option<String>,
    pub target: Target,
    pub optimise: bool,
    pub verify: bool,
    pub preempt_zeal: bool,
    pub dump: Option<String>,
    pub timing: bool,
    pub cache: bool,
    /// Directories for the program, `HOST[::GUEST]` each; none means the whole file system.
    pub directories: Vec<String>,
    /// Variables for the program, `NAME=VALUE` each.
    pub env: Vec<String>,
}

impl Arguments {
    pub fn parse(words: &[String], command: Command) -> Result<Arguments, Failure> {
        let mut arguments = Arguments {
            inputs: Vec::new(),
            rest: Vec::new(),
            output: None,
            target: Target::Native,
            optimise: true,
            verify: false,
            preempt_zeal: false,
            dump: None,
            timing: false,
            cache: true,
            directories: Vec::new(),
            env: Vec::new(),
        };
        let mut words = words.iter().cloned().peekable();
        while let Some(word) = words.next_if(|word| word.starts_with('-')) {
            let flag = word.trim_start_matches('-');
            let (name, mut value) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value.to_string())),
                None => (flag, None),
            };
            let takes_value = matches!(name, "o" | "target" | "dump" | "dir" | "env");
            if takes_value && value.is_none() {
                value = words.next();
            }
            match (name, value) {
                ("o", Some(path)) if command == Command::Build => arguments.output = Some(path),
                ("target", Some(target)) => {
                    arguments.target = match target.as_str() {
                        "native" => Target::Native,
                        "wasip1" => Target::Wasip1,
                        _ => return Err(Failure::Usage(format!("unknown target {target:?}: native or wasip1"))),
                    };
                }
                ("dir", Some(directory)) if command == Command::Run => arguments.directories.push(directory),
                ("env", Some(variable)) if command == Command::Run => arguments.env.push(variable),
                ("dump", Some(what)) => arguments.dump = Some(what),
                ("O0", None) => arguments.optimise = false,
                ("preempt-zeal", None) => arguments.preempt_zeal = true,
                ("verify", None) => arguments.verify = true,
                ("timing", None) => arguments.timing = true,
                ("no-cache", None) => arguments.cache = false,
                (_, None) if takes_value => return Err(Failure::Usage(format!("flag {word} needs a value"))),
                _ => return Err(Failure::Usage(format!("unknown flag {word}"))),
            }
        }
        let mut words: Vec<String> = words.collect();
        let files = words.iter().take_while(|word| word.ends_with(".go")).count();
        arguments.rest = words.split_off(files.max(1).min(words.len()));
        arguments.inputs = words;
        if arguments.inputs.is_empty() {
            return Err(Failure::Usage("no Go files and no directory given".to_string()));
        }
        if command == Command::Build && !arguments.rest.is_empty() {
            return Err(Failure::Usage(format!("unexpected argument {:?}", arguments.rest[0])));
        }
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Command};
    use warren_compiler::options::Target;

    fn parse(text: &str, command: Command) -> Option<Arguments> {
        let words: Vec<String> = text.split_whitespace().map(str::to_string).collect();
        Arguments::parse(&words, command).ok()
    }

    #[test]
    fn files_and_arguments() {
        let run = parse("-timing a.go b.go x -y", Command::Run).unwrap();
        assert_eq!(run.inputs, ["a.go", "b.go"]);
        assert_eq!(run.rest, ["x", "-y"]);
        assert!(run.timing);
        let run = parse("-dir . --dir=x::/y -env A=b=c a.go", Command::Run).unwrap();
        assert_eq!((run.directories, run.env), (vec![".".to_string(), "x::/y".to_string()], vec!["A=b=c".to_string()]));
        assert!(parse("-dir . a.go", Command::Build).is_none());
        let run = parse("dir a.go", Command::Run).unwrap();
        assert_eq!((run.inputs, run.rest), (vec!["dir".to_string()], vec!["a.go".to_string()]));
    }

    #[test]
    fn flags() {
        let build = parse("-o out.wasm --target=wasip1 -O0 a.go", Command::Build).unwrap();
        assert_eq!(build.output.as_deref(), Some("out.wasm"));
        assert_eq!(build.target, Target::Wasip1);
        assert!(!build.optimise);
        for wrong in ["", "-o", "-target=arm a.go", "-x a.go", "a.go b", "-timing=1 a.go"] {
            assert!(parse(wrong, Command::Build).is_none(), "{wrong}");
        }
        assert!(parse("-o x a.go", Command::Run).is_none());
    }
}
