//! Tracebacks, as Go prints them, and the frames behind `runtime.Callers`.

use crate::mem::{Addr, Ref, raw};
use crate::sched::freeze::Cursor;
use crate::sched::goroutine::status;
use crate::sched::{After, Goroutine, Machine};
use crate::symbols::{self, Location};
use crate::text::output;
use crate::thread::Word;
use crate::world::World;
use warren_abi::frame::site;

/// Frames printed of a deep stack: this many at its top, as many at its bottom.
const FRAMES_AT_EACH_END: u32 = 50;

/// Prints one goroutine, from `cursor` outwards. `state` is what stands in brackets.
pub fn goroutine(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, cursor: Cursor, state: &str) {
    output::string(machine, "goroutine ");
    output::unsigned(machine, goroutine.id.get());
    output::string(machine, " [");
    output::string(machine, state);
    output::string(machine, "]:\n");
    let mut shown = 0;
    each(world, cursor, |_, _, location| {
        if shows(location) {
            shown += 1;
        }
        true
    });
    let mut index = 0;
    each(world, cursor, |site_record, _, location| {
        if !shows(location) {
            return true;
        }
        index += 1;
        if index > FRAMES_AT_EACH_END && index <= shown - FRAMES_AT_EACH_END.min(shown) {
            if index == FRAMES_AT_EACH_END + 1 {
                output::string(machine, "...");
                output::unsigned(machine, u64::from(shown - 2 * FRAMES_AT_EACH_END));
                output::string(machine, " frames elided...\n");
            }
            return true;
        }
        line(world, machine, site_record, location);
        true
    });
}

/// Calls `visit` with every logical frame from the innermost, with its site and number of inlined calls left out, until it says no.
fn each(world: &World, mut cursor: Cursor, mut visit: impl FnMut(Addr, u32, Location) -> bool) {
    while let Some(frame) = cursor.next(world) {
        if raw::load_u32(frame.site.add(site::FUNC)) == 0 {
            continue;
        }
        let mut index = 0;
        while let Some(location) = symbols::location(world, frame.site, index) {
            if !symbols::is_wrapper(location.function) && !visit(frame.site, index, location) {
                return;
            }
            index += 1;
        }
    }
}

/// Tracebacks show the user's functions, and of the runtime's only the exported ones.
fn shows(location: Location) -> bool {
    let name = symbols::name(location.function).bytes();
    match name.strip_prefix(b"runtime.") {
        None => name.contains(&b'.'),
        Some(rest) => rest.first().is_some_and(u8::is_ascii_uppercase),
    }
}

fn line(world: &World, machine: Ref<Machine>, site_record: Addr, location: Location) {
    let name = symbols::name(location.function).bytes();
    output::bytes(machine, name);
    output::string(machine, if name == b"main.main" { "()\n\t" } else { "(...)\n\t" });
    output::bytes(machine, symbols::file(world, location.file).bytes());
    output::string(machine, ":");
    output::unsigned(machine, u64::from(location.line));
    if !location.inlined {
        output::string(machine, " +");
        output::hex(machine, u64::from(raw::load_u32(site_record.add(site::LOCAL))) + 1);
    }
    output::string(machine, "\n");
}

/// Prints every goroutine but `except`, each after a blank line.
pub fn others(world: &World, machine: Ref<Machine>, except: Option<Ref<Goroutine>>) {
    let mut next = world.scheduler.goroutines.get();
    while let Some(current) = next {
        next = current.next_of_all.get();
        if Some(current) == except || current.system.get() {
            continue;
        }
        let state = match current.status.load() {
            status::DEAD => continue,
            status::IN_HOST => "syscall",
            status::PARKED | status::PARKING => current.wait_reason.get().text(),
            _ => "runnable",
        };
        output::string(machine, "\n");
        goroutine(world, machine, current, Cursor::innermost(current), state);
    }
}

/// `runtime.Callers`: parameters skip, out, count; the result is how many were stored.
pub fn store_callers(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    let [skip, out, count] = &machine.parameters;
    goroutine.result.set(u64::from(callers(world, goroutine, skip.get(), Addr(out.get()), count.get())));
    After::Resume
}

/// `runtime.Stack`: parameters buffer, its bytes, and whether all goroutines are wanted; the result is the length of the text.
pub fn store_text(world: &World, machine: Ref<Machine>, current: Ref<Goroutine>) -> After {
    let [buffer, room, all] = &machine.parameters;
    machine.sink.set(Addr(buffer.get()));
    machine.sink_room.set(room.get());
    goroutine(world, machine, current, Cursor::innermost(current), "running");
    if all.get() != 0 {
        others(world, machine, Some(current));
    }
    machine.sink.set(Addr::NULL);
    current.result.set(u64::from(room.get() - machine.sink_room.get()));
    After::Resume
}

/// Fills `out` with program counters of the frozen goroutine: `skip` logical frames are left out, at most `count` are stored. How many.
fn callers(world: &World, goroutine: Ref<Goroutine>, skip: u32, out: Addr, count: u32) -> u32 {
    let mut cursor = Cursor::innermost(goroutine);
    let mut left = skip;
    let mut stored = 0;
    while stored < count {
        let Some(frame) = cursor.next(world) else { break };
        if raw::load_u32(frame.site.add(site::FUNC)) == 0 {
            continue;
        }
        let logical = symbols::inline_depth(world, frame.site) + 1;
        if left >= logical {
            left -= logical;
            continue;
        }
        raw::store_u64(out.add(stored * 8), symbols::pc_of(frame.site, left));
        left = 0;
        stored += 1;
    }
    stored
}
