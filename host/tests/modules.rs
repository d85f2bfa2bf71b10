//! Hand-written modules under the host: what is refused, how programs end, threads and futexes, hostile arguments.

mod support;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use warren_host::{Config, Engine, Error, Module, Outcome, Program};
use warren_wat::wat;

use support::{abi_section, load, run_with, warren_module};

/// Runs a module that is given nothing.
fn run(wasm: &[u8]) -> (Outcome, String) {
    run_with(wasm, Config::default())
}

#[test]
fn refuses_what_is_not_a_program() {
    let good = warren_module(wat!(r#"(module (func (export "_start")))"#));
    assert!(load(&good).is_ok());
    assert!(matches!(load(b""), Err(Error::NotWasm)));
    assert!(matches!(load(b"package main"), Err(Error::NotWasm)));
    assert!(matches!(load(wat!(r#"(module (func (export "_start")))"#)), Err(Error::NotWarren)));

    let mut other_version = wat!(r#"(module)"#).to_vec();
    other_version.extend_from_slice(&abi_section(warren_abi::ABI_VERSION + 1));
    assert!(matches!(load(&other_version), Err(Error::AbiVersion { .. })));

    for length in 0..good.len() {
        assert!(load(&good[..length]).is_err(), "{length} bytes of {}", good.len());
    }
    let mut garbage = good.clone();
    let mut seed = 1_u32;
    for byte in &mut garbage[8..] {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (seed >> 24) as u8;
    }
    assert!(load(&garbage).is_err());
}

#[test]
fn refuses_unknown_imports_and_missing_entry() {
    let unknown = load(&warren_module(wat!(r#"(module (import "a" "b" (func)) (func (export "_start")))"#))).unwrap();
    assert!(matches!(Program::start(&unknown, Config::default()), Err(Error::MissingImport { .. })));
    let unshared = load(&warren_module(wat!(r#"(module (import "env" "memory" (memory 1)))"#))).unwrap();
    assert!(matches!(Program::start(&unshared, Config::default()), Err(Error::MissingImport { .. })));
    let (outcome, _) = run(wat!(r#"(module)"#));
    assert!(matches!(outcome, Outcome::Trap(text) if text.contains("_start")));
}

#[test]
fn exit_codes() {
    assert_eq!(run(wat!(r#"(module (func (export "_start")))"#)).0, Outcome::Exit(0));
    let exit = wat!(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func (export "_start") (call $exit (i32.const 7))))"#
    );
    assert_eq!(run(exit).0, Outcome::Exit(7));
    let (outcome, _) = run(wat!(r#"(module (func $f unreachable) (func (export "_start") (call $f)))"#));
    assert!(matches!(outcome, Outcome::Trap(text) if text.contains("unreachable") && text.contains("wasm backtrace")));
}

#[test]
fn stack_overflow_calls_the_runtime() {
    let (outcome, output) = run(wat!(
        r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "stack overflow\n")
        (data (i32.const 0) "\10\00\00\00\0f\00\00\00")
        (func $f (param i32) (result i32) (i32.add (i32.const 1) (call $f (i32.add (local.get 0) (i32.const 1)))))
        (func (export "warren_stack_overflow") (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))
        (func (export "_start") (drop (call $f (i32.const 0)))))"#
    ));
    assert_eq!(outcome, Outcome::Exit(2));
    assert_eq!(output, "stack overflow\n");
}

#[test]
fn a_million_frames_fit() {
    let (outcome, _) = run(wat!(
        r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func $depth (param i64 i64 i64 i64) (result i64)
          (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
            (else (i64.add (i64.xor (local.get 1) (i64.xor (local.get 2) (local.get 3)))
              (i64.add (i64.const 1)
                (call $depth (i64.sub (local.get 0) (i64.const 1)) (local.get 1) (local.get 2) (local.get 3)))))))
        (func (export "_start")
          (call $exit (i64.eq (i64.const 1000000)
            (call $depth (i64.const 1000000) (i64.const 5) (i64.const 3) (i64.const 6))))))"#
    ));
    assert_eq!(outcome, Outcome::Exit(1));
}

#[test]
fn arguments_environment_and_unknown_services() {
    let config = Config { args: vec!["prog".into(), "é".into()], env: vec!["A=b".into()], ..Config::default() };
    let (outcome, output) = run_with(
        wat!(
            r#"(module
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start")
          (drop (call $sizes (i32.const 0) (i32.const 4)))
          (drop (call $args (i32.const 64) (i32.const 128)))
          (drop (call $environ (i32.const 96) (i32.add (i32.const 128) (i32.load (i32.const 4)))))
          (i32.store (i32.const 8) (i32.const 128))
          (i32.store (i32.const 12) (i32.add (i32.const 4) (i32.load (i32.const 4))))
          (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
          (call $exit (call $raise (i32.const 3)))))"#
        ),
        config,
    );
    assert_eq!(outcome, Outcome::Exit(52));
    assert_eq!(output, "prog\0é\0A=b\0");
}

#[test]
fn environment_that_is_not_text() {
    let config = Config { env: vec![OsStr::from_bytes(b"A=\xff").into()], ..Config::default() };
    let (outcome, _) = run_with(
        wat!(
            r#"(module
        (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start")
          (drop (call $environ (i32.const 0) (i32.const 64)))
          (call $exit (i32.load8_u (i32.const 66)))))"#
        ),
        config,
    );
    assert_eq!(outcome, Outcome::Exit(255));
}

#[test]
fn addresses_outside_of_memory_are_errors() {
    let (outcome, _) = run(wat!(
        r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func $want (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then (call $exit (i32.const 1)))))
        (func (export "_start")
          (call $want (call $write (i32.const 1) (i32.const -4) (i32.const 1) (i32.const 0)) (i32.const 21))
          (call $want (call $write (i32.const 1) (i32.const 0) (i32.const -1) (i32.const -1)) (i32.const 21))
          (call $want (call $write (i32.const 9) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 8))
          (call $want (call $random (i32.const 65535) (i32.const -1)) (i32.const 21))
          (call $want (call $clock (i32.const 1) (i64.const 0) (i32.const 65529)) (i32.const 21))
          (call $want (call $clock (i32.const 77) (i64.const 0) (i32.const 0)) (i32.const 28))
          (call $want (call $poll (i32.const 65530) (i32.const 0) (i32.const -1) (i32.const 0)) (i32.const 21))
          (call $want (call $poll (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 28))))"#
    ));
    assert_eq!(outcome, Outcome::Exit(0));
}

/// One block, the padded message "abc", under SHA-256, as the case says that the number of arguments chooses. Exit code 1: the digest's first
/// word and the numbers of bytes taken are right.
const BLOCKS: &[u8] = wat!(
    r#"(module
    (import "warren" "sha256_blocks" (func $blocks (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "\67\e6\09\6a\85\ae\67\bb\72\f3\6e\3c\3a\f5\4f\a5\7f\52\0e\51\8c\68\05\9b\ab\d9\83\1f\19\cd\e0\5b")
    (data (i32.const 128) "abc\80")
    (data (i32.const 191) "\18")
    (func $case (param i32) (result i32)
      (drop (call $sizes (i32.const 0) (i32.const 4)))
      (i32.eq (i32.load (i32.const 0)) (local.get 0)))
    (func (export "_start")
      (if (call $case (i32.const 1)) (then (drop (call $blocks (i32.const 65505) (i32.const 128) (i32.const 64)))))
      (if (call $case (i32.const 2)) (then (drop (call $blocks (i32.const -16) (i32.const 128) (i32.const 64)))))
      (if (call $case (i32.const 3)) (then (drop (call $blocks (i32.const 64) (i32.const 65473) (i32.const 64)))))
      (if (call $case (i32.const 4)) (then (drop (call $blocks (i32.const 64) (i32.const -64) (i32.const 128)))))
      (if (call $case (i32.const 5)) (then (drop (call $blocks (i32.const 64) (i32.const 128) (i32.const -1)))))
      (if (call $blocks (i32.const 64) (i32.const 128) (i32.const 63)) (then (call $exit (i32.const 2))))
      (if (i32.ne (call $blocks (i32.const 64) (i32.const 128) (i32.const 127)) (i32.const 64)) (then (call $exit (i32.const 3))))
      (call $exit (i32.eq (i32.load (i32.const 64)) (i32.const 0xba7816bf)))))"#
);

#[test]
fn block_functions_take_whole_blocks_of_the_guest_only() {
    for arguments in 0..=5 {
        let config = Config { args: vec!["".into(); arguments], ..Config::default() };
        match run_with(BLOCKS, config).0 {
            Outcome::Exit(code) => assert_eq!((arguments, code), (0, 1)),
            Outcome::Trap(text) => assert!((1..=5).contains(&arguments) && text.contains("block function"), "{arguments}: {text}"),
        }
    }
}

/// Two further threads add to a counter and wake the first one, which sleeps until both are done.
const THREADS: &[u8] = wat!(
    r#"(module
    (import "env" "memory" (memory 1 65536 shared))
    (import "warren" "thread_spawn" (func $spawn (param i32) (result i32)))
    (import "warren" "futex_wait" (func $wait (param i32 i32 i64) (result i32)))
    (import "warren" "futex_wake" (func $wake (param i32 i32) (result i32)))
    (import "warren" "processor_count" (func $processors (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (func (export "warren_thread_start") (param i32) (local i32)
      (loop $more
        (drop (i32.atomic.rmw.add (i32.const 8) (local.get 0)))
        (br_if $more (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 100000))))
      (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1)))
      (drop (call $wake (i32.const 16) (i32.const -1)))
      (drop (call $wake (i32.const 16) (i32.const 1)))
      (if (i32.eq (local.get 0) (i32.const 3)) (then (drop (call $wait (i32.const 64) (i32.const 0) (i64.const -1))))))
    (func (export "_start") (local i32)
      (if (i32.lt_s (call $processors) (i32.const 1)) (then unreachable))
      (if (i32.ne (call $wait (i32.const 32) (i32.const 1) (i64.const -1)) (i32.const 1)) (then unreachable))
      (if (i32.ne (call $wait (i32.const 32) (i32.const 0) (i64.const 1000000)) (i32.const 2)) (then unreachable))
      (if (call $spawn (i32.const 2)) (then unreachable))
      (if (call $spawn (i32.const 3)) (then unreachable))
      (loop $again
        (local.set 0 (i32.atomic.load (i32.const 16)))
        (if (i32.lt_u (local.get 0) (i32.const 2))
          (then (drop (call $wait (i32.const 16) (local.get 0) (i64.const -1))) (br $again))))
      (call $exit (i32.eq (i32.atomic.load (i32.const 8)) (i32.const 500000)))))"#
);

#[test]
fn threads_share_memory_and_sleep() {
    // One of the threads is asleep for ever when the program ends; dropping the program wakes and ends it.
    assert_eq!(run(THREADS).0, Outcome::Exit(1));
}

#[test]
fn threads_are_limited() {
    let config = Config { max_threads: 2, ..Config::default() };
    assert!(matches!(run_with(THREADS, config).0, Outcome::Trap(text) if text.contains("unreachable")));
}

#[test]
fn a_futex_outside_of_memory_traps() {
    let misaligned = wat!(
        r#"(module (import "env" "memory" (memory 1 1 shared))
        (import "warren" "futex_wait" (func $wait (param i32 i32 i64) (result i32)))
        (func (export "_start") (drop (call $wait (i32.const 2) (i32.const 0) (i64.const 0)))))"#
    );
    let behind = wat!(
        r#"(module (import "env" "memory" (memory 1 1 shared))
        (import "warren" "futex_wait" (func $wait (param i32 i32 i64) (result i32)))
        (func (export "_start") (drop (call $wait (i32.const 65536) (i32.const 0) (i64.const 0)))))"#
    );
    let at_the_end = wat!(
        r#"(module (import "env" "memory" (memory 1 1 shared))
        (import "warren" "futex_wait" (func $wait (param i32 i32 i64) (result i32)))
        (func (export "_start") (drop (call $wait (i32.const -4) (i32.const 0) (i64.const 0)))))"#
    );
    for module in [&misaligned[..], behind, at_the_end] {
        assert!(matches!(run(module).0, Outcome::Trap(text) if text.contains("futex_wait")));
    }
}

#[test]
fn compiled_code_is_kept_and_a_damaged_file_replaced() {
    let directory = std::env::temp_dir().join(format!("warren-host-cache-{}", std::process::id()));
    let engine = Engine::new(Some(&directory)).unwrap();
    let wasm = warren_module(wat!(r#"(module (func (export "_start")))"#));
    let run = || Program::start(&Module::load(&engine, &wasm).unwrap(), Config::default()).unwrap().wait();
    assert_eq!(run(), Outcome::Exit(0));
    let files: Vec<_> = std::fs::read_dir(directory.join("modules")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(run(), Outcome::Exit(0));
    let whole = std::fs::read(&files[0]).unwrap();
    for damage in [&whole[..whole.len() / 2], &[0; 100][..], &[]] {
        std::fs::write(&files[0], damage).unwrap();
        assert_eq!(run(), Outcome::Exit(0));
        assert_eq!(std::fs::read(&files[0]).unwrap().len(), whole.len());
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn damaged_modules_are_refused_or_run() {
    let good = warren_module(THREADS);
    let engine = Engine::new(None).unwrap();
    let mut seed = 7_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for _ in 0..300 {
        let mut bad = good.clone();
        for _ in 0..=next(4) {
            let at = 8 + next(bad.len() - 8);
            bad[at] = u8::try_from(next(256)).unwrap();
        }
        if let Err(error) = Module::load(&engine, &bad) {
            assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn waiting_and_reading() {
    // Sleeps 20 ms by a relative clock beside an absolute one far ahead; then reads the end of standard input.
    let (outcome, _) = run(wat!(
        r#"(module
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $stat (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func $want (param i32 i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then (call $exit (local.get 2)))))
        (func (export "_start")
          (i64.store (i32.const 0) (i64.const 11))
          (i32.store (i32.const 16) (i32.const 1))
          (i64.store (i32.const 24) (i64.const 20000000))
          (i64.store (i32.const 48) (i64.const 22))
          (i32.store (i32.const 64) (i32.const 1))
          (i64.store (i32.const 72) (i64.const 1000000000000000))
          (i32.store16 (i32.const 88) (i32.const 1))
          (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 400)))
          (call $want (call $poll (i32.const 0) (i32.const 200) (i32.const 2) (i32.const 300)) (i32.const 0) (i32.const 1))
          (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 408)))
          (call $want (i32.load (i32.const 300)) (i32.const 1) (i32.const 2))
          (call $want (i32.load (i32.const 200)) (i32.const 11) (i32.const 3))
          (if (i64.lt_u (i64.sub (i64.load (i32.const 408)) (i64.load (i32.const 400))) (i64.const 20000000))
            (then (call $exit (i32.const 4))))
          (i32.store (i32.const 500) (i32.const 600))
          (i32.store (i32.const 504) (i32.const 100))
          (i32.store (i32.const 508) (i32.const 77))
          (call $want (call $read (i32.const 0) (i32.const 500) (i32.const 1) (i32.const 508)) (i32.const 0) (i32.const 5))
          (call $want (i32.load (i32.const 508)) (i32.const 0) (i32.const 6))
          (call $want (call $read (i32.const 1) (i32.const 500) (i32.const 1) (i32.const 508)) (i32.const 8) (i32.const 7))
          (call $want (call $stat (i32.const 1) (i32.const 700)) (i32.const 0) (i32.const 8))
          (call $want (call $close (i32.const 1)) (i32.const 0) (i32.const 9))
          (call $want (call $close (i32.const 1)) (i32.const 8) (i32.const 10))
          (call $want (call $stat (i32.const 1) (i32.const 700)) (i32.const 8) (i32.const 11))))"#
    ));
    assert_eq!(outcome, Outcome::Exit(0));
}
