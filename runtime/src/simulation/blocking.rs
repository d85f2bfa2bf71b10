//! Channels, select, semaphores, sleep and deadlock under all interleavings of small programs.

use super::{Op, Outcome, Program, simulate};
use crate::sched::chooser::{Chooser, explore};
use Op::{Acquire, Close, Collect, Go, Log, MainDone, Recv, Release, Select, Send, Sleep, Yield};

const LIMIT: u32 = 4000;

fn check(program: impl Fn() -> Program, expected: &str) {
    for machines in [2, 3] {
        let runs = explore(LIMIT, |chooser| {
            let outcome = simulate(chooser, Program { machines, ..program() });
            assert_eq!(outcome.sorted(), expected, "log {:?}", outcome.log);
        });
        assert!(runs > 1);
    }
}

fn alone(program: Program) -> Outcome {
    simulate(&Chooser::default(), program)
}

#[test]
fn unbuffered_values_arrive_once() {
    check(
        || Program {
            functions: vec![vec![Go(1), Go(2), Recv(0), Recv(0)], vec![Send(0, 1)], vec![Send(0, 2)]],
            channels: vec![0],
            ..Program::default()
        },
        "recv 1, recv 2",
    );
}

#[test]
fn a_parked_sender_meets_a_receiver_before_it_is_saved() {
    check(
        || Program { functions: vec![vec![Go(1), Send(0, 7), Recv(1)], vec![Recv(0), Send(1, 8)]], channels: vec![0, 0], ..Program::default() },
        "recv 7, recv 8",
    );
}

#[test]
fn buffers_keep_the_order_of_one_sender() {
    let program = || Program {
        functions: vec![vec![Go(1), Recv(0), Recv(0), Recv(0), Recv(0)], vec![Send(0, 1), Send(0, 2), Send(0, 3), Close(0)]],
        channels: vec![1],
        machines: 2,
        ..Program::default()
    };
    explore(LIMIT, |chooser| {
        assert_eq!(simulate(chooser, program()).log, ["recv 1", "recv 2", "recv 3", "closed"]);
    });
}

#[test]
fn close_wakes_receivers_and_refuses_senders() {
    check(|| Program { functions: vec![vec![Go(1), Go(1), Close(0)], vec![Recv(0)]], channels: vec![0], ..Program::default() }, "closed, closed");
    check(
        || Program { functions: vec![vec![Go(1), Yield, Close(0), Close(0)], vec![Send(0, 1)]], channels: vec![0], ..Program::default() },
        "close refused, send on closed",
    );
}

#[test]
fn a_select_takes_exactly_one_case() {
    check(
        || Program {
            functions: vec![
                vec![Go(1), Go(2), Select(vec![], vec![0, 1], true), Select(vec![], vec![0, 1], true)],
                vec![Send(0, 5)],
                vec![Send(1, 6)],
            ],
            channels: vec![0, 0],
            ..Program::default()
        },
        "got 0 5, got 1 6",
    );
}

#[test]
fn two_selects_meet() {
    check(
        || Program {
            functions: vec![vec![Go(1), Select(vec![(0, 3)], vec![1], true)], vec![Select(vec![(1, 4)], vec![2], true), Recv(0)]],
            channels: vec![0, 0, 0],
            machines: 0,
            ..Program::default()
        },
        // The second goroutine sends on 1, the first receives there; its own send on 0 is withdrawn.
        "got 1 4, sent 1",
    );
}

#[test]
fn a_select_sees_a_close() {
    check(
        || Program { functions: vec![vec![Go(1), Select(vec![], vec![0, 1], true)], vec![Close(1)]], channels: vec![0, 0], ..Program::default() },
        "closed 1",
    );
}

#[test]
fn a_select_without_ready_cases_takes_the_default() {
    let functions = vec![vec![Select(vec![(0, 1)], vec![1], false), Log("end"), MainDone]];
    let outcome = alone(Program { functions, channels: vec![0, 0], ..Program::default() });
    assert_eq!(outcome.log, ["default", "end"]);
    assert_eq!(outcome.exit, Some(0));
}

#[test]
fn a_select_is_fair() {
    let mut main = vec![];
    for _ in 0..400 {
        main.extend([Send(0, 1), Send(1, 2), Send(2, 3), Select(vec![], vec![0, 1, 2], true)]);
        main.extend([Select(vec![], vec![0, 1, 2], true), Select(vec![], vec![0, 1, 2], true)]);
    }
    main.push(MainDone);
    let outcome = alone(Program { functions: vec![main], channels: vec![1, 1, 1], ..Program::default() });
    for channel in 0..3 {
        let firsts = outcome.log.iter().step_by(3).filter(|line| line.starts_with(&format!("got {channel}"))).count();
        assert!((90..180).contains(&firsts), "channel {channel} came first {firsts} times of 400");
    }
}

#[test]
fn semaphores_hand_over() {
    check(
        || Program { functions: vec![vec![Go(1), Go(1), Release(0), Release(0)], vec![Acquire(0), Log("in")]], semaphores: 1, ..Program::default() },
        "in, in",
    );
    check(
        || Program { functions: vec![vec![Release(0), Go(1), Go(1)], vec![Acquire(0), Log("in"), Release(0)]], semaphores: 1, ..Program::default() },
        "in, in",
    );
}

#[test]
fn sleepers_wake_in_order() {
    let functions = vec![
        vec![Go(1), Go(2), Go(3), Sleep(100), Log("100"), MainDone],
        vec![Sleep(30), Log("30")],
        vec![Sleep(10), Log("10"), Sleep(50), Log("60")],
        vec![Sleep(20), Log("20")],
    ];
    let outcome = alone(Program { functions, ..Program::default() });
    assert_eq!(outcome.log, ["10", "20", "30", "60", "100"]);
    assert_eq!(outcome.exit, Some(0));
}

#[test]
fn a_deadlock_is_reported() {
    let functions = vec![vec![Go(1), Recv(0)], vec![Select(vec![], vec![1], true)]];
    let outcome = alone(Program { functions, channels: vec![0, 0], ..Program::default() });
    assert_eq!(outcome.exit, Some(2));
    let expected = "fatal error: all goroutines are asleep - deadlock!\n\n\
        goroutine 1 [chan receive]:\nmain.main()\n\t/x.go:7 +0x1\n\n\
        goroutine 2 [select]:\nmain.main()\n\t/x.go:7 +0x1\n";
    assert_eq!(outcome.output, expected);
}

#[test]
fn collections_do_not_disturb() {
    let functions = vec![vec![Go(1), Collect, Recv(0), Collect, MainDone], vec![Collect, Send(0, 1)]];
    let outcome = alone(Program { functions, channels: vec![0], ..Program::default() });
    assert_eq!(outcome.log, ["recv 1"]);
    assert_eq!(outcome.exit, Some(0));
}
