//! Machines as threads that take turns, so that a test decides where each is interrupted.
//!
//! The interpreter in the parent module plays machines one inside the other, between operations. What happens *within* an operation of
//! the runtime (between two words that machines share), and machines that sleep and are woken in any order, need a stack for each
//! machine. Here each has a thread of its own, but only one runs at a time: every write to a shared word, and the first read after it, is
//! a *step*, before which the test may take the turn away, and who sleeps gives it away.
//!
//! A test says how many steps to *preempt* at; the [`Chooser`] says which those are and who goes on. With one preemption all runs can be
//! enumerated; with more, seeds pick some. Only steps around calls of the host count: [`Turns::count`] opens and closes that window.
//!
//! Whoever sleeps gives the turn to the next one in a circle. Time stands still while anybody can run; then the sleeper with the earliest
//! time-out wakes up. At a preemption a sleeper with a time-out may be chosen too: the clock jumps.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::mem::{Addr, Ref, raw};
use crate::run;
use crate::sched::chooser::Chooser;
use crate::sched::machine::{Machine, ThreadStart};
use crate::sys::{self, Director, Exit};
use crate::world::{World, adopt_world};

use super::{Simulation, locked};

std::thread_local! {
    /// Number of the calling thread.
    static OWN: Cell<usize> = const { Cell::new(0) };
    /// The last access of the thread to a shared word wrote to it.
    static WROTE: Cell<bool> = const { Cell::new(false) };
}

/// Steps in the window that preemptions are drawn from.
const SPAN: u32 = 192;
/// A program that has not ended by then does not end: machines sleep, and the watcher looks in vain.
const END_NS: u64 = 60_000_000_000;

/// A machine, or the watcher.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Actor {
    Ready,
    /// On a word, until a moment.
    Asleep {
        word: usize,
        until_ns: Option<u64>,
    },
}

struct State {
    actors: Vec<Actor>,
    running: usize,
    clock_ns: u64,
    /// Open windows, steps in them so far, and at which of these to preempt.
    windows: u32,
    steps: u32,
    preempt_at: Vec<u32>,
    /// The program has ended: its exit code (None: everybody sleeps for ever) and output, or what went wrong.
    end: Option<Result<(Option<u32>, String), String>>,
    threads: Vec<JoinHandle<()>>,
}

/// The threads of one run.
pub struct Turns {
    world: &'static World,
    chooser: Chooser,
    state: Mutex<State>,
    changed: Condvar,
    simulation: Mutex<Option<Arc<Simulation>>>,
}

impl Turns {
    pub fn new(world: &'static World, chooser: &Chooser, preemptions: u32) -> Arc<Turns> {
        let preempt_at = (0..preemptions).map(|_| chooser.choose(SPAN)).collect();
        let state = State { actors: Vec::new(), running: 0, clock_ns: 1, windows: 0, steps: 0, preempt_at, end: None, threads: Vec::new() };
        Arc::new(Turns { world, chooser: chooser.clone(), state: Mutex::new(state), changed: Condvar::new(), simulation: Mutex::new(None) })
    }

    /// Runs the program, beginning with one machine: its exit code, or None if all machines sleep for ever, and its output.
    pub fn run(self: &Arc<Turns>, simulation: Arc<Simulation>, first: Ref<Machine>) -> (Option<u32>, String) {
        *locked(&self.simulation) = Some(simulation);
        self.launch(first.addr());
        loop {
            let Some(thread) = self.state().threads.pop() else { break };
            let _ = thread.join();
        }
        *locked(&self.simulation) = None;
        let end = self.state().end.take();
        match end {
            Some(Ok(end)) => end,
            Some(Err(failure)) => panic!("{failure}"),
            None => panic!("all machines are gone"),
        }
    }

    /// A window opens or closes.
    pub fn count(&self, opens: bool) {
        let mut state = self.state();
        state.windows = if opens { state.windows + 1 } else { state.windows - 1 };
    }

    /// The calling thread goes on, or lets another one that is ready go first.
    pub fn offer(&self) {
        let state = self.state();
        let mut ready = state.others(|actor| actor == Actor::Ready);
        ready.push(OWN.get());
        let next = ready[self.chooser.choose(ready.len() as u32) as usize];
        self.pass(state, next);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// A thread for a machine, or the watcher (NULL).
    fn launch(self: &Arc<Turns>, machine: Addr) {
        let turns = Arc::clone(self);
        let mut state = self.state();
        let own = state.actors.len();
        state.actors.push(Actor::Ready);
        let body = move || turns.body(own, machine);
        state.threads.push(std::thread::Builder::new().stack_size(1 << 20).spawn(body).expect("a thread"));
    }

    fn body(self: Arc<Turns>, own: usize, machine: Addr) {
        OWN.set(own);
        adopt_world(self.world);
        let simulation = locked(&self.simulation).clone();
        if let Some(simulation) = simulation {
            simulation.install();
        }
        sys::set_director(Arc::clone(&self) as Arc<dyn Director>);
        let result = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
            self.await_turn(self.state());
            match Ref::<Machine>::at(machine) {
                Some(machine) => {
                    run::adopt(self.world, machine);
                    run::run(self.world, machine)
                }
                None => self.world.scheduler.watcher.run(self.world),
            }
        }));
        let Err(payload) = result;
        let end = match payload.downcast_ref::<Exit>() {
            Some(exit) => Ok((Some(exit.0), sys::take_output())),
            None => Err("a machine has failed, see above".into()),
        };
        self.finish(self.state(), end);
    }

    /// Ends the run, if it has not ended.
    fn finish(&self, mut state: MutexGuard<'_, State>, end: Result<(Option<u32>, String), String>) {
        state.end.get_or_insert(end);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until it is the calling thread's turn.
    fn await_turn(&self, mut state: MutexGuard<'_, State>) {
        while state.running != OWN.get() && state.end.is_none() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.end.is_some() {
            drop(state);
            std::panic::resume_unwind(Box::new(Exit(0)));
        }
    }

    /// Gives the turn to `next`, and waits for one's own.
    fn pass(&self, mut state: MutexGuard<'_, State>, next: usize) {
        if let Actor::Asleep { until_ns: Some(until_ns), .. } = state.actors[next] {
            state.clock_ns = state.clock_ns.max(until_ns);
            state.actors[next] = Actor::Ready;
        }
        state.running = next;
        self.changed.notify_all();
        self.await_turn(state);
    }
}

impl State {
    fn others(&self, wanted: impl Fn(Actor) -> bool) -> Vec<usize> {
        let own = OWN.get();
        self.actors.iter().enumerate().filter(|&(id, &actor)| id != own && wanted(actor)).map(|(id, _)| id).collect()
    }
}

fn has_time_out(actor: Actor) -> bool {
    matches!(actor, Actor::Asleep { until_ns: Some(_), .. })
}

impl Director for Turns {
    fn step(&self, writes: bool) {
        if std::thread::panicking() || !(WROTE.replace(writes) || writes) {
            return;
        }
        let mut state = self.state();
        if state.windows == 0 {
            return;
        }
        state.steps += 1;
        if !state.preempt_at.contains(&state.steps) {
            return;
        }
        let others = state.others(|actor| actor == Actor::Ready || has_time_out(actor));
        if !others.is_empty() {
            let next = others[self.chooser.choose(others.len() as u32) as usize];
            self.pass(state, next);
        }
    }

    fn wait(&self, word: &AtomicU32, expected: u32, timeout_ns: i64) -> bool {
        let mut state = self.state();
        if word.load(SeqCst) != expected {
            return true;
        }
        let until_ns = u64::try_from(timeout_ns).ok().map(|timeout_ns| state.clock_ns + timeout_ns);
        state.actors[OWN.get()] = Actor::Asleep { word: core::ptr::from_ref(word).addr(), until_ns };
        let ready = state.others(|actor| actor == Actor::Ready);
        let sleepers = || state.actors.iter().enumerate().filter(|&(_, &actor)| has_time_out(actor));
        let earliest = sleepers().min_by_key(|&(_, &actor)| match actor {
            Actor::Asleep { until_ns, .. } => until_ns,
            Actor::Ready => None,
        });
        let next = match (ready.len(), earliest) {
            (0, earliest) if earliest.is_none() || state.clock_ns > END_NS => {
                self.finish(state, Ok((None, String::new())));
                std::panic::resume_unwind(Box::new(Exit(0)))
            }
            (0, Some((id, _))) => id,
            _ => ready.iter().copied().find(|&id| id > OWN.get()).unwrap_or(ready[0]),
        };
        self.pass(state, next);
        word.load(SeqCst) != expected
    }

    fn wake(&self, word: &AtomicU32, count: u32) {
        let word = core::ptr::from_ref(word).addr();
        let mut state = self.state();
        let on_word = |actor: &&mut Actor| matches!(actor, Actor::Asleep { word: other, .. } if *other == word);
        state.actors.iter_mut().filter(on_word).take(count as usize).for_each(|actor| *actor = Actor::Ready);
    }

    fn spawn(self: Arc<Self>, argument: Addr) {
        let start: &ThreadStart = raw::reference(argument);
        self.launch(Addr(start.machine.get()));
    }

    fn now_ns(&self) -> u64 {
        self.state().clock_ns
    }
}
