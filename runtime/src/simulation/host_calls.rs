//! Calls of the host: processors that are lent, taken by the watcher, by the machine itself or by who stops the world, and machines that come
//! back without one. Machines are interrupted at single accesses to shared words.

use super::{Op, Outcome, Program, simulate_in_turns};
use crate::sched::chooser::{Chooser, explore, sample};
use Op::{Call, Collect, Go, Host, Log, MainDone, Recv, Send, Signal, Sleep, Yield};
use warren_abi::entry::{HOST_ACTS, HOST_WAITS};

/// More than there are runs with one interruption.
const ALL: u32 = 5000;
/// Runs with more.
const SAMPLES: u32 = if cfg!(miri) { 2 } else { 400 };

/// All runs with one interruption, and some with more.
pub(super) fn check(program: impl Fn() -> Program, judge: impl Fn(&Outcome)) {
    if !cfg!(miri) {
        for machines in [1, 2] {
            let run = |chooser: &Chooser| judge(&simulate_in_turns(chooser, 1, Program { machines, ..program() }));
            assert!(explore(ALL, run) < ALL);
        }
    }
    check_some(program, judge);
}

/// Some runs with several interruptions.
pub(super) fn check_some(program: impl Fn() -> Program, judge: impl Fn(&Outcome)) {
    for machines in [1, 2] {
        sample(SAMPLES, |chooser| judge(&simulate_in_turns(chooser, 4, Program { machines, ..program() })));
    }
}

/// The program ends by itself with these lines, in any order.
pub(super) fn logs(expected: &'static str) -> impl Fn(&Outcome) {
    move |outcome| {
        assert_eq!((outcome.exit, outcome.sorted().as_str()), (Some(0), expected), "{}", outcome.output);
    }
}

#[test]
fn a_call_that_waits_holds_up_nobody() {
    for kind in [HOST_WAITS, HOST_ACTS] {
        let functions = vec![vec![Go(1), Call(2), Log("main"), MainDone], vec![Yield, Log("other"), Signal(0)], vec![Host(kind, 0)]];
        check(|| Program { functions: functions.clone(), events: 1, ..Program::default() }, logs("main, other"));
    }
}

#[test]
fn who_comes_back_without_a_processor_queues_up() {
    let functions = vec![
        vec![Go(1), Go(1), Go(3), Recv(0), Recv(0), Recv(0), MainDone],
        vec![Call(2), Log("back"), Send(0, 1)],
        vec![Host(HOST_ACTS, 0)],
        vec![Signal(0), Yield, Send(0, 1), Log("signalled")],
    ];
    let judge = |outcome: &Outcome| {
        assert_eq!(outcome.exit, Some(0), "{}", outcome.output);
        assert_eq!(outcome.log.iter().filter(|&line| line == "back").count(), 2);
        assert_eq!(outcome.log.iter().filter(|&line| line == "recv 1").count(), 3);
    };
    check(|| Program { functions: functions.clone(), channels: vec![0], events: 1, ..Program::default() }, judge);
}

#[test]
fn the_world_stops_around_machines_in_the_host() {
    // The machine in the host has lost its processor to a stop before, or has only lent it when the world is to stop while it comes back.
    for before in [Collect, Yield] {
        let functions = vec![
            // The second goroutine displaces the first, which is offered to another machine.
            vec![Go(1), Go(3), Call(2), Recv(0), Log("main"), MainDone],
            vec![before, Signal(0), Collect, Send(0, 1)],
            vec![Host(HOST_ACTS, 0)],
            vec![],
        ];
        check(|| Program { functions: functions.clone(), channels: vec![0], events: 1, ..Program::default() }, logs("main, recv 1"));
    }
}

#[test]
fn a_call_is_no_deadlock_and_hides_none() {
    let functions = vec![vec![Go(1), Call(2), Log("back"), Recv(0)], vec![Sleep(50_000_000), Log("awake"), Signal(0)], vec![Host(HOST_WAITS, 0)]];
    let judge = |outcome: &Outcome| {
        assert_eq!((outcome.exit, outcome.sorted().as_str()), (Some(2), "awake, back"), "{}", outcome.output);
        assert!(outcome.output.starts_with("fatal error: all goroutines are asleep - deadlock!"));
    };
    check(|| Program { functions: functions.clone(), channels: vec![0], events: 1, ..Program::default() }, judge);
}
