//! Ends of the program: Go's words, the traceback, exit code 2.

use crate::mem::{Addr, Ref};
use crate::panic::{level, record, traceback};
use crate::sched::freeze::Cursor;
use crate::sched::{After, Goroutine, Machine, stop};
use crate::sys;
use crate::text::output;
use crate::world::{World, world};
use warren_abi::exit;

/// Says `fatal error: TEXT`. Line breaks are followed by a tab, so that a text cannot pass for a traceback.
pub fn announce(machine: Ref<Machine>, text: &[u8]) {
    output::begin(world(), machine);
    output::string(machine, "fatal error: ");
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        output::bytes(machine, line);
        if line.ends_with(b"\n") {
            output::string(machine, "\t");
        }
    }
    output::string(machine, "\n");
    output::end(machine);
}

/// Prints the traceback of a goroutine that was running, and of the others if `all` or the level asks for it, and exits.
pub fn die(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, cursor: Cursor, all: bool) -> ! {
    die_with(world, machine, goroutine, cursor, all, 0)
}

/// The same; if not all others are shown, those of the bubble with that number are.
fn die_with(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, cursor: Cursor, all: bool, bubble: u32) -> ! {
    if !level::is_silent(world) {
        let all = level::shows_all(world, all);
        if all {
            stop::stop_eventually(world, machine);
        }
        output::begin(world, machine);
        output::string(machine, "\n");
        traceback::goroutine(world, machine, goroutine, cursor, "running");
        if all || bubble != 0 {
            traceback::others(world, machine, Some(goroutine), if all { 0 } else { bubble });
        }
        output::end(machine);
    }
    leave(world)
}

fn leave(world: &World) -> ! {
    if level::crashes(world) {
        sys::abort();
    }
    sys::exit(exit::PANIC as u32)
}

/// The program called throw, which has said why.
pub fn die_of_throw(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    die(world, machine, goroutine, Cursor::innermost(goroutine), true)
}

/// The overlay has printed a panic that nobody recovered: the traceback begins where the walk ended. The parameter is the number of the bubble
/// whose deadlock the panic reports, or 0.
pub fn die_of_panic(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    let cursor = record::newest(goroutine).map_or(Cursor::innermost(goroutine), |record| record.cursor.get());
    let [bubble, ..] = &machine.parameters;
    die_with(world, machine, goroutine, cursor, false, bubble.get())
}

/// Nothing will ever run again.
pub fn deadlock(world: &World, machine: Ref<Machine>) -> ! {
    if world.scheduler.main_exited.get() {
        announce(machine, b"no goroutines (main called runtime.Goexit) - deadlock!");
    } else {
        announce(machine, b"all goroutines are asleep - deadlock!");
    }
    if !level::is_silent(world) {
        output::begin(world, machine);
        traceback::others(world, machine, None, 0);
        output::end(machine);
    }
    leave(world)
}

/// The machine, for those who have none at hand.
fn current_machine() -> Option<Ref<Machine>> {
    Ref::at(Addr(sys::machine()))
}

fn say(text: &[u8]) {
    let mut rest = text;
    while !rest.is_empty() {
        let written = sys::write(2, rest);
        if written <= 0 {
            return;
        }
        rest = rest.get(written as usize..).unwrap_or_default();
    }
}

/// The goroutine's stack has reached its limit, frozen or native.
pub fn stack_overflow() -> ! {
    let Some(machine) = current_machine() else { sys::exit(exit::PANIC as u32) };
    output::begin(world(), machine);
    output::string(machine, "runtime: goroutine stack exceeds ");
    output::unsigned(machine, u64::from(world().max_stack_bytes.get()));
    let (buffer, top) = machine.unwind_buffer();
    output::string(machine, "-byte limit\nruntime: sp=");
    output::hex(machine, u64::from(machine.linear_sp.get()));
    output::string(machine, " stack=[");
    output::hex(machine, u64::from(buffer.0));
    output::string(machine, ", ");
    output::hex(machine, u64::from(top.0));
    output::string(machine, "]\nfatal error: stack overflow\n");
    output::end(machine);
    if let Some(goroutine) = machine.goroutine.get() {
        die(world(), machine, goroutine, Cursor::innermost(goroutine), false);
    }
    sys::exit(exit::PANIC as u32)
}

/// The memory cannot grow any more.
pub fn out_of_memory() -> ! {
    say(b"fatal error: runtime: out of memory\n");
    sys::exit(exit::PANIC as u32)
}

/// The program has started more threads than it allows itself.
pub fn thread_exhaustion(limit: u32) -> ! {
    explain(b"thread exhaustion", |machine| {
        output::string(machine, "runtime: program exceeds ");
        output::unsigned(machine, u64::from(limit));
        output::string(machine, "-thread limit\n");
    })
}

/// The collector was led to the slot of an object that is not there any more.
pub fn zombie(object: Addr, bytes: u32) -> ! {
    explain(b"found pointer to free object", |machine| {
        output::string(machine, "runtime: marked free object at ");
        output::hex(machine, u64::from(object.0));
        output::string(machine, ", elemsize=");
        output::unsigned(machine, u64::from(bytes));
        output::string(machine, " (bad use of unsafe.Pointer or having race conditions?)\n");
    })
}

/// Explains and announces an error that no goroutine is blamed for, and exits. A thread without a machine leaves out the explanation.
fn explain(error: &[u8], explanation: impl FnOnce(Ref<Machine>)) -> ! {
    if let Some(machine) = current_machine() {
        output::begin(world(), machine);
        explanation(machine);
        announce(machine, error);
        output::end(machine);
    } else {
        say(b"fatal error: ");
        say(error);
        say(b"\n");
    }
    leave(world())
}

/// A panic in a program without a function that prints it.
pub fn unprintable_panic(world: &World, goroutine: Ref<Goroutine>) -> ! {
    say(b"panic: (value cannot be printed)\n");
    match current_machine() {
        Some(machine) => die(world, machine, goroutine, Cursor::innermost(goroutine), false),
        None => sys::exit(exit::PANIC as u32),
    }
}

/// The runtime is wrong: an invariant does not hold.
#[cold]
#[inline(never)]
pub fn bug(what: &str) -> ! {
    say(b"fatal error: runtime bug: ");
    say(what.as_bytes());
    say(b"\n");
    sys::abort()
}
