//! Files under the host: hostile arguments, full tables, a blocked reader beside working threads, the way back out of a given directory.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use warren_host::{Config, GivenDirectory, Outcome};
use warren_wat::wat;

use support::run_with;

/// A directory for one test, and the settings that give it to a program as `/data`.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("warren-files-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn config(&self) -> Config {
        let given = GivenDirectory { host_path: self.0.clone(), guest_path: "/data".to_string() };
        Config { directories: vec![given], ..Config::default() }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Every function that takes an address, with one that is no good; each must say `EFAULT` (21), and nothing may come of it. The exit
/// code is the number of the first call that says something else.
#[test]
fn bad_addresses_are_errors_and_change_nothing() {
    let scratch = Scratch::new("addresses");
    std::fs::write(scratch.0.join("file"), "text").unwrap();
    let (outcome, _) = run_with(
        wat!(
            r#"(module
        (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_filestat_get" (func $filestat (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $prestat_name (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_pread" (func $pread (param i32 i32 i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_remove_directory" (func $rmdir (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_readlink" (func $readlink (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_link" (func $link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 64) "file")
        (data (i32.const 80) "new")
        ;; A scattered buffer whose second part lies outside.
        (data (i32.const 96) "\00\02\00\00\04\00\00\00\00\00\ff\ff\01\00\00\00")
        ;; A good one.
        (data (i32.const 112) "\00\02\00\00\04\00\00\00")
        (func $want (param $number i32) (param $errno i32)
          (if (i32.ne (local.get $errno) (i32.const 21)) (then (call $exit (local.get $number)))))
        (func (export "_start")
          (call $want (i32.const 1) (call $fdstat (i32.const 1) (i32.const 65530)))
          (call $want (i32.const 2) (call $filestat (i32.const 1) (i32.const 65500)))
          (call $want (i32.const 3) (call $filestat (i32.const 3) (i32.const -1)))
          (call $want (i32.const 4) (call $prestat (i32.const 3) (i32.const 65530)))
          (call $want (i32.const 5) (call $prestat_name (i32.const 3) (i32.const 65534) (i32.const 5)))
          ;; Opening: the result's address, the path's, the path's length.
          (call $want (i32.const 6) (call $open (i32.const 3) (i32.const 0) (i32.const 80) (i32.const 3) (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 65533)))
          (call $want (i32.const 7) (call $open (i32.const 3) (i32.const 0) (i32.const -2) (i32.const 3) (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 0)))
          (call $want (i32.const 8) (call $open (i32.const 3) (i32.const 0) (i32.const 80) (i32.const -1) (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 0)))
          (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 0) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 0))
            (then (call $exit (i32.const 9))))
          ;; The failed calls took no number.
          (if (i32.ne (i32.load (i32.const 0)) (i32.const 4)) (then (call $exit (i32.const 10))))
          (call $want (i32.const 11) (call $read (i32.const 4) (i32.const 96) (i32.const 2) (i32.const 8)))
          (call $want (i32.const 12) (call $read (i32.const 4) (i32.const 112) (i32.const 1) (i32.const 65534)))
          (call $want (i32.const 13) (call $read (i32.const 4) (i32.const 65534) (i32.const 1) (i32.const 8)))
          (call $want (i32.const 14) (call $read (i32.const 4) (i32.const 112) (i32.const -1) (i32.const 8)))
          (call $want (i32.const 15) (call $pread (i32.const 4) (i32.const 96) (i32.const 2) (i64.const 0) (i32.const 8)))
          (call $want (i32.const 16) (call $write (i32.const 4) (i32.const 96) (i32.const 2) (i32.const 8)))
          (call $want (i32.const 17) (call $write (i32.const 4) (i32.const 112) (i32.const 1) (i32.const -1)))
          (call $want (i32.const 18) (call $pwrite (i32.const 4) (i32.const 112) (i32.const 1) (i64.const 0) (i32.const -1)))
          (call $want (i32.const 19) (call $seek (i32.const 4) (i64.const 2) (i32.const 0) (i32.const 65530)))
          ;; Nothing was read or moved: the four bytes are still to come.
          (if (call $read (i32.const 4) (i32.const 112) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 20))))
          (if (i32.ne (i32.load (i32.const 512)) (i32.const 0x74786574)) (then (call $exit (i32.const 21))))
          (call $want (i32.const 22) (call $readdir (i32.const 3) (i32.const 65000) (i32.const 1000) (i64.const 0) (i32.const 8)))
          (call $want (i32.const 23) (call $readdir (i32.const 3) (i32.const 1000) (i32.const 1000) (i64.const 0) (i32.const -4)))
          (call $want (i32.const 24) (call $mkdir (i32.const 3) (i32.const 65535) (i32.const 3)))
          (call $want (i32.const 25) (call $unlink (i32.const 3) (i32.const 65535) (i32.const 3)))
          (call $want (i32.const 26) (call $rmdir (i32.const 3) (i32.const 65535) (i32.const 3)))
          (call $want (i32.const 27) (call $stat (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 65535)))
          (call $want (i32.const 28) (call $stat (i32.const 3) (i32.const 0) (i32.const 65535) (i32.const 4) (i32.const 1000)))
          (call $want (i32.const 29) (call $readlink (i32.const 3) (i32.const 65535) (i32.const 4) (i32.const 1000) (i32.const 10) (i32.const 8)))
          (call $want (i32.const 30) (call $symlink (i32.const 65535) (i32.const 4) (i32.const 3) (i32.const 80) (i32.const 3)))
          (call $want (i32.const 31) (call $symlink (i32.const 80) (i32.const 3) (i32.const 3) (i32.const 65535) (i32.const 3)))
          (call $want (i32.const 32) (call $rename (i32.const 3) (i32.const 64) (i32.const 4) (i32.const 3) (i32.const 65535) (i32.const 3)))
          (call $want (i32.const 33) (call $link (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 3) (i32.const 65535) (i32.const 3)))
          (call $want (i32.const 34) (call $poll (i32.const 0) (i32.const 65530) (i32.const 1) (i32.const 8)))
          (call $want (i32.const 35) (call $poll (i32.const 0) (i32.const 1000) (i32.const 89478486) (i32.const 8)))))"#
        ),
        scratch.config(),
    );
    assert_eq!(outcome, Outcome::Exit(0));
    let names: Vec<_> = std::fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["file"]);
    assert_eq!(std::fs::read_to_string(scratch.0.join("file")).unwrap(), "text");
}

/// Opens a file until the table is full; `EMFILE` (33) then, and room again after one is closed.
#[test]
fn a_leak_of_descriptors_is_an_error() {
    let scratch = Scratch::new("leak");
    let config = Config { max_files: 10, ..scratch.config() };
    let (outcome, _) = run_with(
        wat!(
            r#"(module
        (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 64) "..")
        (data (i32.const 80) "new")
        (func $open (result i32)
          (call $path_open (i32.const 3) (i32.const 0) (i32.const 65) (i32.const 1) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
        (func (export "_start") (local $count i32)
          (loop $more
            (if (i32.eqz (call $open)) (then (local.set $count (i32.add (local.get $count) (i32.const 1))) (br $more))))
          ;; Numbers 0 to 3 were taken.
          (if (i32.ne (local.get $count) (i32.const 6)) (then (call $exit (i32.const 1))))
          (if (i32.ne (call $open) (i32.const 33)) (then (call $exit (i32.const 2))))
          ;; A file that there is no number for is not made.
          (if (i32.ne (i32.const 33)
              (call $path_open (i32.const 3) (i32.const 0) (i32.const 80) (i32.const 3) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))
            (then (call $exit (i32.const 3))))
          (if (call $close (i32.const 5)) (then (call $exit (i32.const 4))))
          (if (call $open) (then (call $exit (i32.const 5))))
          (if (i32.ne (i32.load (i32.const 0)) (i32.const 5)) (then (call $exit (i32.const 6))))
          ;; The way up is refused.
          (if (call $close (i32.const 5)) (then (call $exit (i32.const 7))))
          (if (i32.ne (i32.const 63)
              (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 2) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
            (then (call $exit (i32.const 8))))))"#
        ),
        config,
    );
    assert_eq!(outcome, Outcome::Exit(0));
    assert!(!scratch.0.join("new").exists());
}

/// One thread reads from a FIFO in which there is nothing, another works, then writes to it; a third reads for ever and ends with the program.
#[test]
fn a_blocked_reader_blocks_nobody_else() {
    let scratch = Scratch::new("fifo");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, scratch.0.join("fifo"), mode).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, scratch.0.join("idle"), mode).unwrap();
    let (outcome, _) = run_with(
        wat!(
            r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "warren" "thread_spawn" (func $spawn (param i32) (result i32)))
        (import "warren" "futex_wait" (func $wait (param i32 i32 i64) (result i32)))
        (import "warren" "futex_wake" (func $wake (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func $open (param $name i32) (param $fd i32)
          (if (call $path_open (i32.const 3) (i32.const 0) (local.get $name) (i32.const 4) (i32.const 0) (i64.const 66) (i64.const 0) (i32.const 0) (local.get $fd))
            (then (call $exit (i32.const 1)))))
        ;; Reads a byte from the file whose number is at the address, to 512 beyond it.
        (func (export "warren_thread_start") (param $at i32)
          (i32.store (i32.add (local.get $at) (i32.const 8)) (i32.add (local.get $at) (i32.const 512)))
          (i32.store (i32.add (local.get $at) (i32.const 12)) (i32.const 1))
          (if (call $read (i32.load (local.get $at)) (i32.add (local.get $at) (i32.const 8)) (i32.const 1) (i32.add (local.get $at) (i32.const 16)))
            (then (call $exit (i32.const 2))))
          (i32.atomic.store (i32.add (local.get $at) (i32.const 20)) (i32.const 1))
          (drop (call $wake (i32.add (local.get $at) (i32.const 20)) (i32.const 1))))
        (func (export "_start")
          (i32.store (i32.const 64) (i32.const 0x6f666966)) ;; fifo
          (i32.store (i32.const 68) (i32.const 0x656c6469)) ;; idle
          (call $open (i32.const 64) (i32.const 1024))
          (call $open (i32.const 68) (i32.const 4096))
          (drop (call $spawn (i32.const 1024)))
          (drop (call $spawn (i32.const 4096)))
          ;; Sleep 30 ms: the readers wait by then.
          (drop (call $wait (i32.const 0) (i32.const 0) (i64.const 30000000)))
          (if (i32.atomic.load (i32.const 1044)) (then (call $exit (i32.const 3))))
          (i32.store (i32.const 80) (i32.const 88))
          (i32.store (i32.const 84) (i32.const 1))
          (i32.store (i32.const 88) (i32.const 0x77))
          (if (call $write (i32.load (i32.const 1024)) (i32.const 80) (i32.const 1) (i32.const 92)) (then (call $exit (i32.const 4))))
          (drop (call $wait (i32.const 1044) (i32.const 0) (i64.const -1)))
          (if (i32.ne (i32.load8_u (i32.const 1536)) (i32.const 0x77)) (then (call $exit (i32.const 5))))
          (call $exit (i32.const 0))))"#
        ),
        scratch.config(),
    );
    assert_eq!(outcome, Outcome::Exit(0));
}

/// Accepts one connection on the listener, which has the first number after the streams, and answers with what it read.
#[test]
fn a_listener_accepts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"ping").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let (outcome, _) = run_with(
        wat!(
            r#"(module
        (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $set_flags (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\02\00\00\04\00\00\00")
        (func $want (param $number i32) (param $result i32) (param $wanted i32)
          (if (i32.ne (local.get $result) (local.get $wanted)) (then (call $exit (local.get $number)))))
        (func (export "_start")
          (call $want (i32.const 1) (call $prestat (i32.const 3) (i32.const 0)) (i32.const 8))
          (call $want (i32.const 2) (call $accept (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 57))
          (call $want (i32.const 8) (call $set_flags (i32.const 3) (i32.const 0)) (i32.const 0))
          (call $want (i32.const 3) (call $accept (i32.const 3) (i32.const 0) (i32.const 0)) (i32.const 0))
          (call $want (i32.const 4) (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 8)) (i32.const 0))
          (call $want (i32.const 5) (call $write (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 8)) (i32.const 0))
          (call $want (i32.const 6) (call $shutdown (i32.load (i32.const 0)) (i32.const 2)) (i32.const 0))
          (call $want (i32.const 7) (call $shutdown (i32.load (i32.const 0)) (i32.const 9)) (i32.const 28))))"#
        ),
        Config { listeners: vec![Arc::new(listener)], ..Config::default() },
    );
    assert_eq!(outcome, Outcome::Exit(0));
    assert_eq!(client.join().unwrap(), "ping");
}
