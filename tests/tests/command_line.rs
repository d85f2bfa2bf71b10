//! What the `warren` command itself prints, and the codes it ends with.
//!
//! `cargo xtask test` names the command in WARREN.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use warren_tests::command::{Ended, run};

fn warren(words: &[&str]) -> Command {
    let path = std::env::var_os("WARREN").expect("no warren command: run the tests with `cargo xtask test`, which sets WARREN");
    let mut command = Command::new(path);
    command.args(words);
    command
}

fn ended(words: &[&str]) -> Ended {
    run(&mut warren(words), Duration::from_secs(60)).expect("it ends")
}

#[test]
fn env_prints_values_of_names() {
    let found = ended(&["env", "GOOS", "NOSUCH", "GOARCH"]);
    assert_eq!((found.code, found.stdout.as_str(), found.stderr.as_str()), (Some(0), "wasip1\n\nwasm\n", ""));
    assert!(ended(&["env"]).stdout.contains("GOARCH='wasm'\n"));
    assert!(ended(&["env", "-w", "GOOS=js"]).stderr.starts_with("warren: env: flag -w is not supported\n"));
}

#[test]
fn missing_files_are_named_in_words() {
    for (file, words) in [("nosuch.go", ["run", "nosuch.go"]), ("nosuch.wasm", ["run", "nosuch.wasm"])] {
        let found = ended(&words);
        assert_eq!((found.code, found.stderr), (Some(1), format!("warren: open {file}: no such file or directory\n")));
    }
}

#[test]
fn patterns_pass_over_documentation_and_may_match_nothing() {
    let found = ended(&["list", "nosuch/..."]);
    assert_eq!((found.code, found.stdout.as_str()), (Some(0), ""));
    assert_eq!(found.stderr, "warren: warning: \"nosuch/...\" matched no packages\n");
    let found = ended(&["list", "std"]);
    assert!(found.stdout.starts_with("archive/tar\n") && !found.stdout.contains("\nbuiltin\n"));
    assert!(found.stdout.lines().any(|line| line == "net/http"));
}

/// Reads one byte and no more; how the command ends then, and what it says.
fn read_a_byte(words: &[&str]) -> (u8, Option<i32>, String) {
    let mut child = warren(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut output = child.stdout.take().expect("a pipe");
    let mut first = [0];
    output.read_exact(&mut first).expect("a byte");
    drop(output);
    let mut errors = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("text");
    (first[0], child.wait().expect("it ends").code(), errors)
}

/// More than a pipe holds is printed, and nobody reads on: the command ends as one that SIGPIPE ends, without a word.
#[test]
fn closed_pipes_end_the_command() {
    assert_eq!(read_a_byte(&["list", "-deps", "-json", "net/http"]), (b'{', Some(141), String::new()));
}

const ENDLESS: &str = "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfor {\n\t\tfmt.Println(\"again\")\n\t}\n}\n";

#[test]
fn closed_pipes_end_the_program() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("endless.go");
    std::fs::write(&path, ENDLESS).expect("a file");
    assert_eq!(read_a_byte(&["run", path.to_str().expect("text")]), (b'a', Some(141), String::new()));
}
