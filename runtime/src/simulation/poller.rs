//! Files that goroutines wait for, played by words: who waits, deadlines, closing, and both ways to ask the host.
//!
//! Functions 1 and 2 of a program with threads are the goroutine that asks and its call of the host, which returns when event 0 happens:
//! when a file becomes ready, or the runtime calls it back. Machines are interrupted at shared words while it is there.

use std::sync::Mutex;

use super::host_calls::{check, check_some, logs};
use super::{Op, Outcome, Program, Simulation, locked, simulate};
use crate::entry;
use crate::mem::{Addr, raw};
use crate::sched::chooser::{Chooser, explore};
use crate::sched::poller::READS;
use crate::sys;
use crate::thread::{SharedWord, Word};
use crate::world::{World, allocate};
use Op::{Answer, Await, Call, Collect, Evict, Go, Host, Log, MainDone, Question, Ready, Recv, Repeat, Send, Sleep, Yield};
use warren_abi::entry::{HOST_READS, HOST_WAITS};

/// What the overlay keeps about a file: the fields of the runtime, the deadline, and whether it is being closed.
const WAIT_BYTES: u32 = 32;
const DEADLINE: u32 = 16;
const CLOSING: u32 = 24;

/// `EINTR` of WASI.
const INTERRUPTED: u32 = 27;

/// The files of a simulation.
pub struct Files {
    waits: Vec<Addr>,
    ready: Vec<SharedWord>,
    /// The host is to return `EINTR`.
    called_back: SharedWord,
    /// Where the runtime says what it asks, and for how many files.
    pub buffers: Addr,
    asked: Mutex<u32>,
}

impl Files {
    pub fn new(world: &World, count: usize) -> Files {
        Files {
            waits: (0..count).map(|_| allocate(world, WAIT_BYTES)).collect(),
            ready: (0..count).map(|_| SharedWord::new(0)).collect(),
            called_back: SharedWord::new(0),
            buffers: allocate(world, 16),
            asked: Mutex::new(0),
        }
    }
}

impl Simulation {
    /// Looks and waits as the overlay does; None: why not is logged.
    pub fn start_wait(&self, file: usize, limit_ns: u64) -> Option<i32> {
        let wait = self.files.waits[file];
        let sequence = raw::load_u32(wait);
        if raw::load_u32(wait.add(CLOSING)) != 0 {
            self.note(format!("closed {file}"));
            return None;
        }
        let now_ns = sys::monotonic_ns();
        if limit_ns != 0 && raw::load_u64(wait.add(DEADLINE)) == 0 {
            raw::store_u64(wait.add(DEADLINE), now_ns + limit_ns);
        }
        let deadline_ns = raw::load_u64(wait.add(DEADLINE));
        if deadline_ns != 0 && deadline_ns <= now_ns {
            self.note(format!("timeout {file}"));
            return None;
        }
        Some(entry::rt_poll_wait(file as u32, READS, wait, sequence, deadline_ns as i64))
    }

    pub fn make_ready(&self, file: usize) {
        self.files.ready[file].store(1);
        if !self.events.is_empty() {
            self.signal(0);
        }
    }

    pub fn evict(&self, file: usize) {
        let wait = self.files.waits[file];
        raw::store_u32(wait.add(CLOSING), 1);
        raw::store_u32(wait, raw::load_u32(wait) + 1);
        entry::rt_poll_wake(wait);
    }

    /// The asking goroutine goes to the host, which returns at once if a file is ready.
    pub fn ask(&self, count: u32) {
        *locked(&self.files.asked) = count;
        let subscriptions = raw::load_addr(self.files.buffers);
        if (0..count).any(|index| self.files.ready[raw::load_u32(subscriptions.add(index * 48 + 16)) as usize].load() != 0) {
            self.signal(0);
        }
    }

    /// It has come back.
    pub fn answer(&self) {
        self.events[0].store(0);
        if self.files.called_back.swap(0) != 0 {
            return entry::rt_poll_answer(INTERRUPTED, 0);
        }
        let (subscriptions, events) = (raw::load_addr(self.files.buffers), raw::load_addr(self.files.buffers.add(4)));
        let happened = self.look(subscriptions, events, *locked(&self.files.asked));
        entry::rt_poll_answer(0, happened);
    }

    /// Writes an event for each file that is ready, which it then is no more: how many.
    fn look(&self, subscriptions: Addr, events: Addr, count: u32) -> u32 {
        let mut happened = 0;
        for index in 0..count {
            let subscription = subscriptions.add(index * 48);
            let is_file = raw::load_u32(subscription.add(8)) == READS;
            if is_file && self.files.ready[raw::load_u32(subscription.add(16)) as usize].swap(0) != 0 {
                let event = events.add(happened * 32);
                raw::store_u64(event, raw::load_u64(subscription));
                raw::store_u64(event.add(8), 0);
                happened += 1;
            }
        }
        happened
    }

    /// `poll_oneoff` of the machine, and `poll_break` (`count` 0).
    pub fn poll(&self, subscriptions: Addr, events: Addr, count: u32) -> (u32, u32) {
        if count == 0 {
            self.files.called_back.store(1);
            self.signal(0);
            return (0, 0);
        }
        let happened = self.look(subscriptions, events, count);
        if happened != 0 {
            return (0, happened);
        }
        let clock = subscriptions.add((count - 1) * 48);
        assert_eq!(raw::load_u32(clock.add(8)), 0, "the machine would wait for ever");
        sys::advance(raw::load_u64(clock.add(24)));
        raw::store_u64(events, raw::load_u64(clock));
        (0, 1)
    }
}

/// A program whose functions 1 and 2 ask the host.
fn with_asker(main: Vec<Op>, others: &[Vec<Op>]) -> Program {
    let mut functions = vec![main, vec![Question, Call(2), Answer, Repeat], vec![Host(HOST_WAITS, 0)]];
    functions.extend_from_slice(others);
    Program { functions, channels: vec![0], events: 1, files: 2, ..Program::default() }
}

#[test]
fn everybody_hears_of_his_file() {
    let waiters = [vec![Await(0, 0), Send(0, 1)], vec![Await(1, 0), Send(0, 1)]];
    for between in [Yield, Collect] {
        let main = vec![Go(1), Go(3), Go(4), Yield, Ready(1), between, Ready(0), Recv(0), Recv(0), MainDone];
        // Who goes on after a signal is another choice each time: too many for all of them.
        check_some(|| with_asker(main.clone(), &waiters), logs("ready 0, ready 1, recv 1, recv 1"));
    }
}

#[test]
fn who_waits_again_waits_anew() {
    let waiter = [vec![Await(0, 0), Send(0, 1), Await(1, 0), Send(0, 2)]];
    let main = vec![Go(1), Go(3), Ready(0), Recv(0), Yield, Ready(1), Recv(0), MainDone];
    check(|| with_asker(main.clone(), &waiter), logs("ready 0, ready 1, recv 1, recv 2"));
}

#[test]
fn closing_ends_a_wait() {
    let waiter = [vec![Await(0, 0), Send(0, 1)]];
    let main = vec![Go(1), Go(3), Yield, Evict(0), Recv(0), MainDone];
    check(|| with_asker(main.clone(), &waiter), logs("closed 0, recv 1"));
}

#[test]
fn a_deadline_ends_a_wait_once() {
    let waiter = [vec![Await(0, 1_000_000), Send(0, 1)]];
    let late = vec![Go(1), Go(3), Recv(0), MainDone];
    check(|| with_asker(late.clone(), &waiter), logs("recv 1, timeout 0"));
    let close = vec![Go(1), Go(3), Sleep(1_000_000), Ready(0), Recv(0), MainDone];
    let judge = |outcome: &Outcome| {
        let log = outcome.sorted();
        assert!(outcome.exit == Some(0) && (log == "recv 1, timeout 0" || log == "ready 0, recv 1"), "{log} {}", outcome.output);
    };
    check(|| with_asker(close.clone(), &waiter), judge);
}

#[test]
fn a_wait_is_no_deadlock_and_hides_none() {
    let waiter = [vec![Await(0, 0)]];
    let main = vec![Go(1), Go(3), Sleep(1_000_000), Ready(0), Recv(0)];
    let judge = |outcome: &Outcome| {
        assert_eq!((outcome.exit, outcome.sorted().as_str()), (Some(2), "ready 0"), "{}", outcome.output);
        assert!(outcome.output.starts_with("fatal error: all goroutines are asleep - deadlock!"));
    };
    check(|| with_asker(main.clone(), &waiter), judge);
}

#[test]
fn a_machine_asks_when_it_has_nothing_to_do() {
    let run = |functions: &[Vec<Op>], expected: &str| {
        let judge = |chooser: &Chooser| {
            let program =
                Program { functions: functions.to_vec(), channels: vec![0], events: 1, files: 1, polls_by_machine: true, ..Program::default() };
            logs_in_order(&simulate(chooser, program), expected);
        };
        explore(1000, judge);
    };
    let waits = |file, limit_ns| vec![Await(file, limit_ns), Send(0, 1)];
    let main = vec![Go(1), Go(2), Recv(0), Recv(0), MainDone];
    run(&[main.clone(), waits(0, 0), vec![Sleep(5_000_000), Log("awake"), Ready(0), Send(0, 2)]], "awake, recv 2, ready 0, recv 1");
    run(&[main.clone(), waits(0, 3_000_000), vec![Sleep(5_000_000), Log("awake"), Send(0, 2)]], "timeout 0, recv 1, awake, recv 2");
    run(&[main, waits(0, 0), vec![Yield, Evict(0), Send(0, 2)]], "recv 2, closed 0, recv 1");
    // A call that reads waits in the poller: when it is made the event has happened.
    let main = vec![Go(1), Yield, Call(2), Log("back"), MainDone];
    run(&[main, vec![Sleep(1_000_000), Log("awake"), Ready(0)], vec![Host(HOST_READS, 0)]], "awake, back");
}

/// The program ends by itself with these lines.
fn logs_in_order(outcome: &Outcome, expected: &str) {
    assert_eq!((outcome.exit, outcome.log.join(", ").as_str()), (Some(0), expected), "{}", outcome.output);
}
