//! Panics, recovery and Goexit.

use super::{Op, Outcome, Program, simulate};
use crate::sched::chooser::Chooser;
use Op::{Call, Defer, Go, Goexit, Log, MainDone, Panic, Recover, Recv, Send, Yield};

fn run(functions: Vec<Vec<Op>>) -> Outcome {
    simulate(&Chooser::default(), Program { functions, channels: vec![0], ..Program::default() })
}

fn log(functions: Vec<Vec<Op>>) -> String {
    let outcome = run(functions);
    assert_eq!(outcome.exit, Some(0), "{}", outcome.output);
    outcome.log.join(", ")
}

#[test]
fn a_deferred_function_recovers() {
    let functions = vec![vec![Call(1), Log("after"), MainDone], vec![Defer(2), Call(3), Log("not reached")], vec![Recover, Recover], vec![Panic(9)]];
    assert_eq!(log(functions), "recovered 9, nothing, after");
}

#[test]
fn deferred_calls_run_in_reverse_and_the_rest_on_return() {
    let functions = vec![
        vec![Call(1), Log("after"), MainDone],
        vec![Defer(2), Defer(3), Defer(4), Panic(1)],
        vec![Log("first"), Recover],
        vec![Recover, Log("second")],
        vec![Log("third")],
    ];
    assert_eq!(log(functions), "third, recovered 1, second, first, nothing, after");
}

#[test]
fn deferred_functions_may_block() {
    let functions = vec![
        vec![Go(3), Call(1), Log("after"), MainDone],
        vec![Defer(2), Panic(4)],
        vec![Recv(0), Recover, Recv(0)],
        vec![Send(0, 10), Yield, Send(0, 11)],
    ];
    assert_eq!(log(functions), "recv 10, recovered 4, recv 11, after");
}

#[test]
fn recover_counts_only_in_the_deferred_function_itself() {
    let functions = vec![vec![Call(1), Log("after"), MainDone], vec![Defer(4), Defer(2), Panic(4)], vec![Call(3)], vec![Recover], vec![Recover]];
    assert_eq!(log(functions), "nothing, recovered 4, after");
}

#[test]
fn a_panic_in_a_deferred_call_replaces_the_first() {
    let functions = vec![vec![Call(1), Log("after"), MainDone], vec![Defer(3), Defer(2), Panic(1)], vec![Panic(2)], vec![Recover, Recover]];
    assert_eq!(log(functions), "recovered 2, nothing, after");
}

#[test]
fn a_panic_recovered_within_a_deferred_call_leaves_the_first() {
    let functions = vec![
        vec![Call(1), Log("after"), MainDone],
        vec![Defer(2), Panic(1)],
        vec![Call(3), Recover],
        vec![Defer(5), Panic(2)],
        vec![],
        vec![Recover],
    ];
    assert_eq!(log(functions), "recovered 2, recovered 1, after");
}

#[test]
fn a_normal_return_does_not_recover() {
    // The deferred function returns normally from a function with its own defer, which runs outside of the walk.
    let functions = vec![vec![Call(1), Log("after"), MainDone], vec![Defer(2), Panic(1)], vec![Call(3), Recover], vec![Defer(4)], vec![Recover]];
    assert_eq!(log(functions), "nothing, recovered 1, after");
}

#[test]
fn goexit_runs_deferred_calls_and_ends_the_goroutine() {
    let functions = vec![
        vec![Go(1), Recv(0), Log("main"), MainDone],
        vec![Defer(2), Call(3), Log("not reached")],
        vec![Recover, Log("deferred"), Send(0, 1)],
        vec![Defer(4), Goexit],
        vec![Log("inner")],
    ];
    assert_eq!(log(functions), "inner, nothing, deferred, recv 1, main");
}

#[test]
fn goexit_survives_a_recovered_panic() {
    let functions = vec![
        vec![Go(1), Recv(0), Log("main"), MainDone],
        vec![Defer(4), Call(2), Log("not reached")],
        vec![Defer(5), Defer(3), Goexit],
        vec![Panic(7)],
        vec![Log("outer"), Send(0, 1)],
        vec![Recover],
    ];
    assert_eq!(log(functions), "recovered 7, outer, recv 1, main");
}

#[test]
fn goexit_of_main_is_a_deadlock_in_the_end() {
    let outcome = run(vec![vec![Go(1), Goexit], vec![Yield, Log("other")]]);
    assert_eq!(outcome.log, ["other"]);
    assert_eq!(outcome.exit, Some(2));
    assert_eq!(outcome.output, "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n");
}

#[test]
fn an_unrecovered_panic_runs_deferred_calls_and_dies() {
    let outcome = run(vec![vec![Defer(1), Panic(3)], vec![Log("deferred")]]);
    assert_eq!(outcome.log, ["deferred"]);
    assert_eq!(outcome.exit, Some(2));
    assert_eq!(outcome.output, "panic: (value cannot be printed)\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:7 +0x1\n");
}
