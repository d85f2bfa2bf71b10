//! The command and its host: modules that are no programs, wrong usage, what a program is given, streams that make it wait.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::{Case, Setting};
use crate::command::{self, Ended, head};

const LIMIT: Duration = Duration::from_secs(30);

const HELLO: &str = "package main\n\nfunc main() { println(\"hello\") }\n";

/// The cases.
pub fn cases() -> Vec<Case> {
    let case = |name: &str, body: fn(&Setting) -> Result<(), String>| Case { name: format!("hosts/{name}"), body: Box::new(body) };
    vec![
        case("usage", usage),
        case("modules", modules),
        case("truncated", truncated),
        case("exit_and_arguments", exit_and_arguments),
        case("stock_host_and_ours", stock_host_and_ours),
        case("given_directories", given_directories),
        case("streams", streams),
        case("slow_input", slow_input),
        case("listener", listener),
    ]
}

fn warren(setting: &Setting, words: &[&str]) -> Result<Ended, String> {
    command::run(Command::new(&setting.warren).args(words).current_dir(&setting.scratch), LIMIT)
}

fn expect(ended: &Ended, code: i32, text: &str) -> Result<(), String> {
    if ended.code == Some(code) && ended.stderr.contains(text) && !ended.stderr.contains("panicked") {
        return Ok(());
    }
    Err(format!("expected exit code {code} and {text:?}, got {:?} and\n{}", ended.code, head(&ended.stderr)))
}

fn write(setting: &Setting, name: &str, contents: &[u8]) -> Result<String, String> {
    let path = setting.scratch.join(name);
    std::fs::write(&path, contents).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path.display().to_string())
}

/// Hello world, built for a target.
fn hello(setting: &Setting, target: &str, name: &str) -> Result<Vec<u8>, String> {
    let source = write(setting, &format!("{name}.go"), HELLO.as_bytes())?;
    let output = setting.scratch.join(name).with_extension("wasm");
    let ended = warren(setting, &["build", "-target", target, "-o", &output.display().to_string(), &source])?;
    expect(&ended, 0, "")?;
    std::fs::read(&output).map_err(|error| format!("{}: {error}", output.display()))
}

fn usage(setting: &Setting) -> Result<(), String> {
    expect(&warren(setting, &[])?, 2, "usage:")?;
    expect(&warren(setting, &["frobnicate"])?, 2, "unknown command")?;
    expect(&warren(setting, &["run"])?, 2, "no go files listed")?;
    expect(&warren(setting, &["build", "-target=arm", "x.go"])?, 2, "unknown target")?;
    expect(&warren(setting, &["build", "-nosuch", "x.go"])?, 2, "flag provided but not defined: -nosuch")?;
    expect(&warren(setting, &["run", "nosuch.go"])?, 1, "nosuch.go")?;
    expect(&warren(setting, &["run", "nosuch.wasm"])?, 1, "nosuch.wasm")?;
    expect(&warren(setting, &["version"])?, 0, "")?;
    expect(&warren(setting, &["env"])?, 0, "")
}

fn modules(setting: &Setting) -> Result<(), String> {
    let check = |name: &str, contents: &[u8], text: &str| -> Result<(), String> {
        let path = write(setting, name, contents)?;
        expect(&warren(setting, &["run", "-no-cache", &path])?, 1, text).map_err(|failure| format!("{name}: {failure}"))
    };
    check("garbage.wasm", b"neither this nor that", "not a wasm module")?;
    check("empty.wasm", b"", "not a wasm module")?;
    check("foreign.wasm", b"\0asm\x01\0\0\0", "not a Warren module")?;

    let good = hello(setting, "native", "other")?;
    let name = warren_abi::ABI_SECTION.as_bytes();
    let at = good.windows(name.len()).position(|window| window == name).ok_or("the module has no ABI section")? + name.len();
    let mut other = good.clone();
    other[at..at + 4].copy_from_slice(&(warren_abi::ABI_VERSION + 1).to_le_bytes());
    check("version.wasm", &other, "ABI version")?;
    let mut broken = good;
    // The code section follows the tables; damage in the middle is in it or in data.
    let middle = broken.len() / 2;
    broken[middle..middle + 64].fill(0xff);
    let path = write(setting, "broken.wasm", &broken)?;
    let ended = warren(setting, &["run", "-no-cache", &path])?;
    if ended.stderr.contains("panicked") || ended.code.is_none() {
        return Err(format!("broken.wasm: {:?} {}", ended.code, head(&ended.stderr)));
    }
    Ok(())
}

fn truncated(setting: &Setting) -> Result<(), String> {
    let good = hello(setting, "native", "whole")?;
    for part in 0..24 {
        let length = good.len() * part / 24;
        let path = write(setting, "truncated.wasm", &good[..length])?;
        let ended = warren(setting, &["run", "-no-cache", &path])?;
        expect(&ended, 1, "warren: ").map_err(|failure| format!("{length} bytes of {}: {failure}", good.len()))?;
    }
    Ok(())
}

fn exit_and_arguments(setting: &Setting) -> Result<(), String> {
    let source = "package main\n\nfunc main() { var p *int; println(*p) }\n";
    let path = write(setting, "nil.go", source.as_bytes())?;
    expect(&warren(setting, &["run", &path, "an argument"])?, 2, "nil pointer dereference")
}

fn stock_host_and_ours(setting: &Setting) -> Result<(), String> {
    hello(setting, "wasip1", "single")?;
    let module: PathBuf = setting.scratch.join("single.wasm");
    expect(&warren(setting, &["run", &module.display().to_string()])?, 0, "hello")?;
    let wasmtime = setting.wasmtime.as_ref().ok_or("no wasmtime: run the tests with `cargo xtask test`")?;
    expect(&command::run(Command::new(wasmtime).args(["run", "-C", "cache=n"]).arg(module), LIMIT)?, 0, "hello")
}

/// Says where it is, and reads the files and variables that its arguments name.
const READER: &str = r#"package main

import (
	"fmt"
	"os"
)

func main() {
	directory, err := os.Getwd()
	fmt.Println("in", directory, err)
	for _, name := range os.Args[1:] {
		text, err := os.ReadFile(name)
		fmt.Printf("%s=%s file %q %v\n", name, os.Getenv(name), text, err)
	}
}
"#;

fn given_directories(setting: &Setting) -> Result<(), String> {
    let folder = setting.scratch.join("given");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let source = write(setting, "reader.go", READER.as_bytes())?;
    let secret = write(setting, "secret", b"no")?;
    write(setting, "given/note", b"yes")?;
    let module = setting.scratch.join("reader.wasm").display().to_string();
    expect(&warren(setting, &["build", "-o", &module, &source])?, 0, "")?;
    let here = std::fs::canonicalize(&setting.scratch).map_err(|error| error.to_string())?;
    let output = |words: &[&str], wanted: &str| {
        let mut all = vec!["run"];
        all.extend(words);
        let ended = warren(setting, &all)?;
        let wanted = wanted.replace("HERE", &here.display().to_string());
        if ended.stdout == wanted { Ok(()) } else { Err(format!("{words:?}: expected\n{wanted}got\n{}{}", ended.stdout, head(&ended.stderr))) }
    };
    output(&[&module, "given/note"], "in HERE <nil>\ngiven/note= file \"yes\" <nil>\n")?;
    output(&["-env", "note=x", "-dir", "given::/data", &module, "note"], "in /data <nil>\nnote=x file \"yes\" <nil>\n")?;
    let refused = "in HERE <nil>\n../secret= file \"\" open ../secret: Bad file number\n";
    output(&["-dir", "given", "-dir", ".", &module, "secret"], "in HERE <nil>\nsecret= file \"no\" <nil>\n")?;
    output(&["-dir", "given", &module, &secret], &refused.replace("../secret", &secret).replace("in HERE", "in HERE/given"))
}

/// Reads lines in one goroutine while another counts and then asks for the lines; at the end writes until nobody reads any more.
const STREAMS: &str = r#"package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

func main() {
	lines := make(chan string)
	go func() {
		input := bufio.NewScanner(os.Stdin)
		for input.Scan() {
			lines <- input.Text()
		}
		close(lines)
	}()
	ticks := 0
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				fmt.Fprintln(os.Stderr, "end of input")
				pipe, err := os.OpenFile(os.Args[1], os.O_WRONLY, 0)
				for err == nil {
					_, err = pipe.Write(make([]byte, 4096))
				}
				fmt.Fprintln(os.Stderr, "closed pipe:", errors.Is(err, syscall.EPIPE))
				return
			}
			fmt.Fprintln(os.Stderr, line)
		case <-time.After(10 * time.Millisecond):
			if ticks++; ticks == 4 {
				fmt.Println("waiting")
			}
		}
	}
}
"#;

/// A program that waits for input goes on with everything else; a pipe without a reader is an error in the program.
fn streams(setting: &Setting) -> Result<(), String> {
    let source = write(setting, "streams.go", STREAMS.as_bytes())?;
    let module = setting.scratch.join("streams.wasm").display().to_string();
    expect(&warren(setting, &["build", "-o", &module, &source])?, 0, "")?;
    let script = r#"mkfifo in.fifo out.fifo pipe.fifo
        GOMAXPROCS=1 timeout 20 "$0" run "$1" pipe.fifo <in.fifo >out.fifo &
        exec 3>in.fifo
        read word <out.fifo
        echo "$word" >&2
        echo first >&3
        echo second >&3
        exec 3>&-
        head -c 10 pipe.fifo >/dev/null
        wait"#;
    let ended = command::run(Command::new("sh").args(["-c", script]).arg(&setting.warren).arg(module).current_dir(&setting.scratch), LIMIT)?;
    let wanted = "waiting\nfirst\nsecond\nend of input\nclosed pipe: true\n";
    if ended.stderr == wanted { Ok(()) } else { Err(format!("expected\n{wanted}got\n{}", head(&ended.stderr))) }
}

/// Ticks until the input ends; says whether lines came while it ticked.
const TICKS: &str = r#"package main

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println(os.Stdin.SetReadDeadline(time.Now()))
	lines := make(chan string)
	go func() {
		input := bufio.NewScanner(os.Stdin)
		for input.Scan() {
			lines <- input.Text()
		}
		close(lines)
	}()
	ticks := 0
	go func() {
		// Somebody is always ready to run.
		for n := 0; ; n++ {
			_ = fmt.Sprint(n)
		}
	}()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return
			}
			fmt.Println(line, ticks >= 5)
			ticks = 0
		case <-time.After(time.Millisecond):
			if ticks++; ticks == 5 {
				fmt.Println("waiting")
			}
		}
	}
}
"#;

/// A blocking read in a stock host holds up no other goroutine, and a busy goroutine does not hold up the read.
fn slow_input(setting: &Setting) -> Result<(), String> {
    let source = write(setting, "ticks.go", TICKS.as_bytes())?;
    let module = setting.scratch.join("ticks.wasm").display().to_string();
    expect(&warren(setting, &["build", "-target=wasip1", "-o", &module, &source])?, 0, "")?;
    let script = r#"mkfifo slow.fifo ticks.fifo
        timeout 20 "$0" run -C cache=n "$1" <slow.fifo >ticks.fifo &
        exec 3>slow.fifo 4<ticks.fifo
        read word <&4; echo "$word"
        for line in first second; do
            read word <&4; echo "$word"
            echo $line >&3
            read word <&4; echo "$word"
        done
        exec 3>&-
        cat <&4
        wait"#;
    let wasmtime = setting.wasmtime.as_ref().ok_or("no wasmtime: run the tests with `cargo xtask test`")?;
    let ended = command::run(Command::new("sh").args(["-c", script]).arg(wasmtime).arg(module).current_dir(&setting.scratch), LIMIT)?;
    let wanted = "file type does not support deadline\nwaiting\nfirst true\nwaiting\nsecond true\n";
    if ended.stdout.starts_with(wanted) { Ok(()) } else { Err(format!("expected\n{wanted}got\n{}{}", ended.stdout, head(&ended.stderr))) }
}

/// Serves lines on the socket it was given, each connection until it is silent for a while, the listener until it is closed.
const SERVER: &str = r#"package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

func main() {
	file := os.NewFile(4, "listener")
	listener, err := net.FileListener(file)
	if err != nil {
		panic(err)
	}
	file.Close()
	fmt.Println("listening")
	var serving sync.WaitGroup
	for range 2 {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		serving.Go(func() {
			defer connection.Close()
			input := bufio.NewReader(connection)
			for {
				connection.SetReadDeadline(time.Now().Add(time.Second))
				line, err := input.ReadString('\n')
				if err != nil {
					fmt.Println("read:", errors.Is(err, os.ErrDeadlineExceeded))
					fmt.Fprintln(connection, "silence")
					return
				}
				fmt.Fprint(connection, "echo ", line)
			}
		})
	}
	deadline := listener.(*net.TCPListener)
	fmt.Println(deadline.SetDeadline(time.Now().Add(5 * time.Millisecond)))
	_, err = listener.Accept()
	fmt.Println("accept:", errors.Is(err, os.ErrDeadlineExceeded))
	deadline.SetDeadline(time.Time{})
	serving.Go(func() {
		_, err := listener.Accept()
		fmt.Println("accept:", err)
	})
	time.Sleep(5 * time.Millisecond)
	listener.Close()
	serving.Wait()
}
"#;

/// Sockets: connections side by side, deadlines, a listener that is closed under a goroutine that accepts. On both targets.
fn listener(setting: &Setting) -> Result<(), String> {
    let source = write(setting, "server.go", SERVER.as_bytes())?;
    for target in ["native", "wasip1"] {
        let module = setting.scratch.join("server.wasm").display().to_string();
        expect(&warren(setting, &["build", "-target", target, "-o", &module, &source])?, 0, "")?;
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.map_err(|error| error.to_string())?.to_string();
        let client = {
            let address = address.clone();
            std::thread::spawn(move || talk(&address).unwrap_or_else(|error| error.to_string()))
        };
        let ended = warren(setting, &["run", "-listen", &address, &module])?;
        let heard = client.join().map_err(|_| "the client failed")?;
        let wanted = "listening\n<nil>\naccept: true\naccept: accept tcp :0: use of closed file\nread: true\nread: true\n";
        if ended.stdout != wanted || heard != "echo 0\necho 0\necho 1\necho 1\nsilence\nsilence\n" {
            return Err(format!("{target}: expected\n{wanted}got\n{}{}client:\n{heard}", ended.stdout, head(&ended.stderr)));
        }
    }
    Ok(())
}

/// Two connections that speak in turn, then are silent: what they hear.
fn talk(address: &str) -> std::io::Result<String> {
    let connect = || {
        for _ in 0..1000 {
            if let Ok(stream) = TcpStream::connect(address) {
                return Ok(stream);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        TcpStream::connect(address)
    };
    let mut connections = [BufReader::new(connect()?), BufReader::new(connect()?)];
    let mut heard = String::new();
    for word in ["0\n", "1\n", ""] {
        for connection in &mut connections {
            connection.get_ref().write_all(word.as_bytes())?;
            connection.read_line(&mut heard)?;
        }
    }
    Ok(heard)
}
