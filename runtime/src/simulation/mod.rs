//! Compiled code played by an interpreter, so that scheduler, channels and panics run natively as they do in a program.
//!
//! A [`Program`] has functions made of [`Op`]s. The interpreter keeps the contract of compiled code to the letter: it calls the exported entry
//! points, and when one says "suspended" it saves a frame per active function into the unwind buffer, innermost first, and returns to the
//! loop. Wherever a real program could be interrupted, the [`Chooser`] decides whether another machine takes a turn there, also between
//! the moment a goroutine is queued and the moment its frames are saved. [`simulate_in_turns`] gives each machine a thread instead, and may
//! interrupt it at every shared word.

mod blocking;
mod host_calls;
mod panics;
mod poller;
mod turns;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use warren_abi::frame::{DEFER_BYTES, FUNC_BYTES, SITE_BYTES, defer, func, site};
use warren_abi::{entry::SUSPENDED, module_info as info};

use crate::entry;
use crate::mem::{Addr, Ref, raw};
use crate::sched::chooser::Chooser;
use crate::sched::poller::READY;
use crate::sched::scheduler;
use crate::sched::{Machine, Reason};
use crate::sys::{self, Exit};
use crate::thread::{SharedWord, Word};
use crate::world::{World, allocate, make_world};
use crate::{program, run};
use turns::Turns;

/// An operation of a simulated function. Channels, semaphores and functions are numbers.
#[derive(Clone, Debug)]
pub enum Op {
    Send(usize, u64),
    /// Logs `recv V` or `closed`.
    Recv(usize),
    Close(usize),
    /// Cases that send (channel, value), cases that receive (channel), and whether it waits. Logs `sent C`, `got C V`, `closed C` or `default`.
    Select(Vec<(usize, u64)>, Vec<usize>, bool),
    Go(usize),
    Yield,
    Sleep(i64),
    Acquire(usize),
    Release(usize),
    Call(usize),
    Defer(usize),
    Panic(u64),
    /// Logs `recovered V` or `nothing`.
    Recover,
    Goexit,
    /// A call of the host, of a kind of `warren_abi::entry`, that returns after [`Op::Signal`] of that event. It stands alone in its function,
    /// which plays the wrapper that the compiler makes.
    Host(u32, usize),
    Signal(usize),
    /// Waits until a file is ready, at most that many nanoseconds (0: no limit). Logs `ready F`, `timeout F` or `closed F`.
    Await(usize, u64),
    /// Makes a file ready, for one who waits; closes it.
    Ready(usize),
    Evict(usize),
    /// What the goroutine does that asks the host for files: event 0 says that the host returns.
    Question,
    Answer,
    /// Begins the function again.
    Repeat,
    Log(&'static str),
    Collect,
    /// Ends the program with code 0.
    MainDone,
}

/// The functions, the capacities of channels, and the numbers of semaphores, events and files.
#[derive(Default)]
pub struct Program {
    pub functions: Vec<Vec<Op>>,
    pub channels: Vec<u64>,
    pub semaphores: usize,
    pub events: usize,
    pub files: usize,
    pub machines: u32,
    /// The machine asks the host for files.
    pub polls_by_machine: bool,
}

/// A function in progress.
struct Activation {
    function: usize,
    next: usize,
    is_deferred: bool,
    /// Memory of the linear frame: mask, closure slots, then a place for an element.
    linear: Addr,
    /// What to do with the result of the operation it froze in.
    waiting: Option<Op>,
    /// Runs its remaining defers, then returns.
    leaving: bool,
}

/// How a piece of interpretation ended.
#[derive(PartialEq, Eq)]
enum End {
    Returned,
    Frozen,
}

const RESUME_GO: u32 = 100;
const RESUME_MAIN: u32 = 101;
const RESUME_DEFER: u32 = 102;
const SITE_CALL: u32 = 3;
const SITE_RECOVER: u32 = 4;
const SITES: u32 = 5;
const SLOTS: u32 = 4;
const ELEMENT: u32 = 8 + SLOTS * 8;
const LINEAR_BYTES: u32 = 128;

pub struct Simulation {
    world: &'static World,
    program: Program,
    chooser: Chooser,
    machines: Vec<Ref<Machine>>,
    channels: Vec<Addr>,
    semaphores: Vec<Addr>,
    events: Vec<SharedWord>,
    files: poller::Files,
    activations: Mutex<HashMap<u32, Activation>>,
    log: Mutex<Vec<String>>,
    busy: Mutex<Vec<u32>>,
    depth: AtomicU32,
    /// The threads, if machines have some.
    turns: Option<Arc<Turns>>,
}

/// What a run left behind.
pub struct Outcome {
    pub log: Vec<String>,
    pub output: String,
    /// The program's exit code; None if it came to rest without one.
    pub exit: Option<u32>,
}

impl Outcome {
    /// The log, sorted and joined.
    pub fn sorted(&self) -> String {
        let mut log = self.log.clone();
        log.sort();
        log.join(", ")
    }
}

fn module(world: &'static World) -> Addr {
    let memory = |bytes| allocate(world, bytes);
    let sites = memory(SITES * SITE_BYTES);
    let put_site = |id: u32, resume: u32, function: u32, slots: u16, flags: u16, line: u32| {
        let record = sites.add(id * SITE_BYTES);
        raw::store_u32(record.add(site::FUNC), function);
        raw::store_u16(record.add(site::SLOTS), slots);
        raw::store_u16(record.add(site::FLAGS), flags | site::FLAG_INLINE_MAP);
        raw::store_u32(record.add(site::POSITION), if function == 0 { resume } else { line });
    };
    put_site(0, RESUME_GO, 0, 1, site::FLAG_FIXED, 0);
    put_site(1, RESUME_DEFER, 0, 1, site::FLAG_FIXED, 0);
    put_site(2, 0, 0, 1, site::FLAG_FIXED, 0);
    put_site(SITE_CALL, 0, 1, 2, site::FLAG_LINEAR, 7);
    put_site(SITE_RECOVER, 0, 1, 3, site::FLAG_LINEAR, 9);
    let defers = memory(DEFER_BYTES);
    for (field, value) in
        [(defer::MASK, 0), (defer::FIRST_SLOT, 8), (defer::SLOTS, SLOTS), (defer::LIST, defer::NONE), (defer::RECOVER_SITE, SITE_RECOVER)]
    {
        raw::store_u32(defers.add(field), value);
    }
    let text = |text: &str| {
        let address = memory(text.len() as u32);
        for (index, byte) in text.bytes().enumerate() {
            raw::store_u8(address.add(index as u32), byte);
        }
        address
    };
    let funcs = memory(2 * FUNC_BYTES);
    let main = funcs.add(FUNC_BYTES);
    for (field, value) in [
        (func::NAME, text("main.main").0),
        (func::NAME_LEN, 9),
        (func::RESUME, RESUME_MAIN),
        (func::DEFER, defers.0),
        (func::FIRST_SITE, SITE_CALL),
        (func::SITE_COUNT, 2),
        (func::LINEAR_BYTES, LINEAR_BYTES),
        (func::FLAGS, func::FLAG_BARE),
    ] {
        raw::store_u32(main.add(field), value);
    }
    let files = memory(8);
    raw::store_addr(files, text("/x.go"));
    raw::store_u32(files.add(4), 5);
    let module = memory(info::BYTES);
    for (field, value) in [
        (info::SITES, sites.0),
        (info::SITE_COUNT, SITES),
        (info::FUNCS, funcs.0),
        (info::FUNC_COUNT, 2),
        (info::FILES, files.0),
        (info::FILE_COUNT, 1),
        (info::MAIN, closure(world, 0).0),
    ] {
        raw::store_u32(module.add(field), value);
    }
    module
}

/// A closure object of a function.
fn closure(world: &World, function: usize) -> Addr {
    let closure = allocate(world, 16);
    raw::store_u64(closure, function as u64);
    closure
}

/// Runs a program: function 0 is main. Comes to rest when no machine has anything to do, or exits.
pub fn simulate(chooser: &Chooser, program: Program) -> Outcome {
    let world = make_world();
    let machine_count = program.machines.max(1);
    let module = module(world);
    let first = program::start_with(world, module, machine_count);
    let mut machines = vec![first];
    for id in 1..machine_count {
        let machine = Machine::create(world, id, u64::from(id));
        if let Some(processor) = world.scheduler.pop_idle_processor() {
            scheduler::hold(machine, processor);
        }
        machines.push(machine);
    }
    let simulation = Simulation::new(world, chooser, program, machines, None);
    simulation.install();
    let result = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| simulation.run()));
    let exit = match result {
        Ok(()) => None,
        Err(payload) => match payload.downcast_ref::<Exit>() {
            Some(exit) => Some(exit.0),
            None => std::panic::resume_unwind(payload),
        },
    };
    Outcome { log: std::mem::take(&mut locked(&simulation.log)), output: sys::take_output(), exit }
}

/// Runs a program with as many processors as it has machines; machines and the watcher are threads that are interrupted `preemptions` times
/// while some machine is about a call of the host.
pub fn simulate_in_turns(chooser: &Chooser, preemptions: u32, program: Program) -> Outcome {
    let world = make_world();
    let module = module(world);
    let first = program::start_with(world, module, program.machines.max(1));
    // Machines share whatever there is to do.
    world.scheduler.fine_grained.store(0);
    let turns = Turns::new(world, chooser, preemptions);
    let simulation = Simulation::new(world, chooser, program, vec![first], Some(Arc::clone(&turns)));
    let (exit, output) = turns.run(Arc::clone(&simulation), first);
    Outcome { log: std::mem::take(&mut locked(&simulation.log)), output, exit }
}

/// The content of a lock, also after a failure elsewhere.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Simulation {
    fn new(world: &'static World, chooser: &Chooser, program: Program, machines: Vec<Ref<Machine>>, turns: Option<Arc<Turns>>) -> Arc<Simulation> {
        let channels = program.channels.iter().map(|&capacity| entry::rt_chan_make(Addr::NULL, 8, capacity)).collect();
        let semaphores = (0..program.semaphores).map(|_| allocate(world, 16)).collect();
        let events = (0..program.events).map(|_| SharedWord::new(0)).collect();
        let files = poller::Files::new(world, program.files);
        world.scheduler.poller.by_machine.set(program.polls_by_machine);
        Arc::new(Simulation {
            world,
            program,
            chooser: chooser.clone(),
            machines,
            channels,
            semaphores,
            events,
            files,
            activations: Mutex::default(),
            log: Mutex::default(),
            busy: Mutex::default(),
            depth: AtomicU32::new(0),
            turns,
        })
    }

    /// Makes this what the calling thread's machine finds outside of the runtime.
    fn install(self: &Arc<Simulation>) {
        let code = Arc::clone(self);
        sys::install_code(Arc::new(move |resume, trailer| code.resume(resume, trailer)));
        let host = Arc::clone(self);
        sys::install_poll(Arc::new(move |subscriptions, events, count| host.poll(subscriptions, events, count)));
    }

    fn run(&self) {
        if self.machines.len() == 1 {
            // One machine: the real loop, which ends by exit, deadlock included.
            run::run(self.world, self.machines[0]);
        }
        while self.one_turn() {}
    }

    /// Lets some machine that has something to do and is not in a turn already take one; false if there is none.
    fn one_turn(&self) -> bool {
        let ready: Vec<Ref<Machine>> =
            self.machines.iter().copied().filter(|&machine| !locked(&self.busy).contains(&machine.id.get()) && self.has_work(machine)).collect();
        if ready.is_empty() {
            return false;
        }
        let machine = ready[self.chooser.choose(ready.len() as u32) as usize];
        let before = sys::machine();
        sys::set_machine(0, machine.addr().0);
        locked(&self.busy).push(machine.id.get());
        run::turn(self.world, machine);
        locked(&self.busy).pop();
        sys::set_machine(0, before);
        true
    }

    /// A turn of the machine would not wait.
    fn has_work(&self, machine: Ref<Machine>) -> bool {
        let scheduler = &self.world.scheduler;
        let Some(own) = machine.processor.get() else { return false };
        !own.queue.is_empty() || scheduler.global_count.load() != 0
    }

    /// A point where other machines may overtake.
    fn interrupt(&self) {
        if self.machines.len() == 1 || self.depth.load(Relaxed) >= 3 {
            return;
        }
        self.depth.fetch_add(1, Relaxed);
        while self.chooser.choose(2) == 1 && self.one_turn() {}
        self.depth.fetch_sub(1, Relaxed);
    }

    fn note(&self, text: String) {
        locked(&self.log).push(text);
    }

    fn machine(&self) -> Ref<Machine> {
        Ref::at(Addr(sys::machine())).expect("a machine")
    }

    /// Plays the trampoline `call_frame` and the resume copies.
    fn resume(&self, resume: u32, trailer: Addr) -> u32 {
        let machine = self.machine();
        let mut unwind = machine.unwind_top.get();
        let end = match resume {
            RESUME_GO => self.enter(raw::load_u64(raw::load_addr(trailer.sub(8))) as usize, false, &mut unwind),
            RESUME_DEFER => self.enter(raw::load_u64(raw::load_addr(trailer.sub(8))) as usize, true, &mut unwind),
            RESUME_MAIN if raw::load_u32(trailer) == SITE_CALL => {
                let id = raw::load_u32(trailer.sub(16));
                match self.finish_operation(id, machine.results[0].get()) {
                    End::Returned => self.go_on(id, &mut unwind),
                    End::Frozen => {
                        self.save(id, Addr(id), &mut unwind);
                        End::Frozen
                    }
                }
            }
            RESUME_MAIN => {
                let linear = raw::load_addr(trailer.sub(8));
                let id = locked(&self.activations).iter().find(|(_, activation)| activation.linear == linear).map(|(&id, _)| id);
                let id = id.expect("the recovering activation");
                if let Some(activation) = locked(&self.activations).get_mut(&id) {
                    activation.leaving = true;
                    activation.waiting = None;
                }
                self.go_on(id, &mut unwind)
            }
            other => panic!("resume index {other}"),
        };
        if end == End::Frozen { unwind } else { 0 }
    }

    fn enter(&self, function: usize, is_deferred: bool, unwind: &mut u32) -> End {
        let linear = allocate(self.world, LINEAR_BYTES);
        let id = linear.0;
        let activation = Activation { function, next: 0, is_deferred, linear, waiting: None, leaving: false };
        locked(&self.activations).insert(id, activation);
        self.go_on(id, unwind)
    }

    /// Interprets an activation until it returns or freezes; then its frame is saved.
    fn go_on(&self, id: u32, unwind: &mut u32) -> End {
        loop {
            let (function, index, leaving, is_deferred, linear) = {
                let activations = locked(&self.activations);
                let activation = &activations[&id];
                (activation.function, activation.next, activation.leaving, activation.is_deferred, activation.linear)
            };
            let ops = &self.program.functions[function];
            if leaving || index == ops.len() {
                let mask = raw::load_u64(linear);
                if mask == 0 {
                    locked(&self.activations).remove(&id);
                    return End::Returned;
                }
                self.change(id, |activation| activation.leaving = true);
                let bit = mask.ilog2();
                raw::store_u64(linear, mask & !(1 << bit));
                let callee = raw::load_u64(raw::load_addr(linear.add(8 + bit * 8))) as usize;
                if self.enter(callee, false, unwind) == End::Frozen {
                    self.save(id, linear, unwind);
                    return End::Frozen;
                }
                continue;
            }
            self.change(id, |activation| activation.next = index + 1);
            if self.operate(id, &ops[index].clone(), is_deferred, linear, unwind) == End::Frozen {
                self.save(id, linear, unwind);
                return End::Frozen;
            }
        }
    }

    fn change(&self, id: u32, change: impl FnOnce(&mut Activation)) {
        if let Some(activation) = locked(&self.activations).get_mut(&id) {
            change(activation);
        }
    }

    fn save(&self, id: u32, linear: Addr, unwind: &mut u32) {
        let frame = Addr(*unwind - 24);
        raw::store_u64(frame, u64::from(id));
        raw::store_u32(frame.add(8), linear.0);
        raw::store_u32(frame.add(12), linear.0 + LINEAR_BYTES);
        raw::store_u32(frame.add(16), SITE_CALL);
        raw::store_u32(frame.add(20), 0);
        *unwind = frame.0;
    }

    fn operate(&self, id: u32, op: &Op, is_deferred: bool, linear: Addr, unwind: &mut u32) -> End {
        let element = linear.add(ELEMENT);
        let status = match op {
            Op::Send(channel, value) => {
                raw::store_u64(element, *value);
                entry::rt_chan_send(self.channels[*channel], element)
            }
            Op::Recv(channel) => entry::rt_chan_recv(self.channels[*channel], element),
            Op::Close(channel) => entry::rt_chan_close(self.channels[*channel]),
            Op::Select(sends, receives, waits) => {
                let mut case = linear.add(ELEMENT + 8);
                for (channel, value) in sends {
                    let place = allocate(self.world, 16);
                    raw::store_u64(place, *value);
                    raw::store_u64(case, u64::from(self.channels[*channel].0));
                    raw::store_u64(case.add(8), u64::from(place.0));
                    case = case.add(16);
                }
                for channel in receives {
                    raw::store_u64(case, u64::from(self.channels[*channel].0));
                    raw::store_u64(case.add(8), u64::from(element.0));
                    case = case.add(16);
                }
                entry::rt_select(linear.add(ELEMENT + 8), sends.len() as u32, receives.len() as u32, u32::from(*waits))
            }
            Op::Acquire(semaphore) => entry::rt_sem_acquire(self.semaphores[*semaphore], 0, 0),
            Op::Release(semaphore) => entry::rt_sem_release(self.semaphores[*semaphore], 0),
            Op::Sleep(ns) => entry::rt_sleep(*ns),
            Op::Go(function) => {
                entry::rt_go(closure(self.world, *function), Addr::NULL);
                0
            }
            Op::Yield => {
                entry::rt_gosched();
                SUSPENDED
            }
            Op::Collect => {
                entry::rt_gc();
                SUSPENDED
            }
            Op::Call(function) => return self.enter(*function, false, unwind),
            Op::Defer(function) => {
                let mask = raw::load_u64(linear);
                let bit = mask.trailing_ones();
                raw::store_addr(linear.add(8 + bit * 8), closure(self.world, *function));
                raw::store_u64(linear, mask | 1 << bit);
                return End::Returned;
            }
            Op::Panic(value) => {
                entry::rt_gopanic(Addr(1), Addr(*value as u32));
                return End::Frozen;
            }
            Op::Goexit => {
                entry::rt_goexit();
                return End::Frozen;
            }
            Op::Recover => {
                entry::rt_recover(u32::from(is_deferred), element);
                let text = if raw::load_u64(element) == 0 { "nothing".into() } else { format!("recovered {}", raw::load_u64(element.add(8))) };
                self.note(text);
                return End::Returned;
            }
            Op::Host(kind, _) => {
                self.window(true);
                entry::rt_host_enter(*kind, 0)
            }
            Op::Signal(event) => {
                self.signal(*event);
                return End::Returned;
            }
            Op::Await(file, limit_ns) => match self.start_wait(*file, *limit_ns) {
                Some(status) => status,
                None => return End::Returned,
            },
            Op::Ready(file) => {
                self.make_ready(*file);
                return End::Returned;
            }
            Op::Evict(file) => {
                self.evict(*file);
                return End::Returned;
            }
            Op::Question => entry::rt_poll_question(self.files.buffers),
            Op::Answer => {
                self.answer();
                return End::Returned;
            }
            Op::Repeat => {
                self.change(id, |activation| activation.next = 0);
                return End::Returned;
            }
            Op::Log(text) => {
                self.note((*text).into());
                return End::Returned;
            }
            Op::MainDone => {
                entry::rt_main_done();
                return End::Frozen;
            }
        };
        self.change(id, |activation| activation.waiting = Some(op.clone()));
        let machine = self.machine();
        // Others may overtake here: if it is being put aside, it is visible in its queue already, but not saved yet.
        if machine.reason.get() == Reason::Parked || status != SUSPENDED {
            self.interrupt();
        }
        if status == SUSPENDED {
            return End::Frozen;
        }
        self.finish_operation(id, status as u32 as u64)
    }

    /// The event happens.
    fn signal(&self, event: usize) {
        self.events[event].store(1);
        self.events[event].wake(u32::MAX);
        if let Some(turns) = &self.turns {
            turns.offer();
        }
    }

    /// Opens or closes a window in which threads are interrupted.
    fn window(&self, opens: bool) {
        if let Some(turns) = &self.turns {
            turns.count(opens);
        }
    }

    /// Makes a call of the host, which returns once the event has happened.
    fn call_host(&self, event: usize) -> End {
        let event = &self.events[event];
        while event.load() == 0 {
            event.wait(0, -1);
        }
        let status = entry::rt_host_leave();
        self.window(false);
        if status == SUSPENDED { End::Frozen } else { End::Returned }
    }

    /// Logs the result of an operation; a call of the host is only made here.
    fn finish_operation(&self, id: u32, result: u64) -> End {
        let (op, linear) = {
            let mut activations = locked(&self.activations);
            let Some(activation) = activations.get_mut(&id) else { return End::Returned };
            (activation.waiting.take(), activation.linear)
        };
        let value = raw::load_u64(linear.add(ELEMENT));
        let result = result as u32;
        match op {
            Some(Op::Recv(_)) => self.note(if result == 0 { format!("recv {value}") } else { "closed".into() }),
            Some(Op::Send(..)) if result == 2 => self.note("send on closed".into()),
            Some(Op::Close(_)) if result != 0 => self.note("close refused".into()),
            Some(Op::Select(sends, receives, _)) => {
                if result as i32 == -2 {
                    self.note("default".into());
                    return End::Returned;
                }
                let (index, outcome) = ((result >> 2) as usize, result & 3);
                let text = match (sends.get(index), outcome) {
                    (Some((channel, _)), 0) => format!("sent {channel}"),
                    (Some((channel, _)), _) => format!("closed {channel}"),
                    (None, 0) => format!("got {} {value}", receives[index - sends.len()]),
                    (None, _) => format!("closed {}", receives[index - sends.len()]),
                };
                self.note(text);
            }
            Some(Op::Host(_, event)) => return self.call_host(event),
            Some(Op::Await(file, _)) if result == READY => self.note(format!("ready {file}")),
            Some(Op::Await(..)) => self.change(id, |activation| activation.next -= 1),
            Some(Op::Question) if result == 0 => self.change(id, |activation| activation.next -= 1),
            Some(Op::Question) => self.ask(result),
            _ => {}
        }
        End::Returned
    }
}
