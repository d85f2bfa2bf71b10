//! Tracebacks, as Go prints them, and the frames behind `runtime.Callers`.

use crate::mem::{Addr, Ref, raw};
use crate::panic::level;
use crate::sched::freeze::Cursor;
use crate::sched::goroutine::status;
use crate::sched::{After, Goroutine, Machine, bubble, stop};
use crate::symbols::{self, Location};
use crate::text::output;
use crate::thread::Word;
use crate::world::World;
use warren_abi::frame::{SITE_GO_ENTRY, func, site};

/// Frames printed of a deep stack: this many at its top, as many at its bottom.
const FRAMES_AT_EACH_END: u32 = 50;

/// Prints one goroutine, from `cursor` outwards. `state` is what stands in brackets.
pub fn goroutine(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, cursor: Cursor, state: &str) {
    output::string(machine, "goroutine ");
    output::unsigned(machine, goroutine.id.get());
    output::string(machine, " [");
    output::string(machine, state);
    let bubble = bubble::id_of(goroutine);
    let reason = goroutine.wait_reason.get();
    if bubble != 0 && goroutine.status.load() == status::PARKED && reason.is_durable() && !reason.says_durable() {
        output::string(machine, " (durable)");
    }
    if goroutine.lock_count.get() != 0 {
        output::string(machine, ", locked to thread");
    }
    if bubble != 0 {
        output::string(machine, ", synctest bubble ");
        output::unsigned(machine, u64::from(bubble));
    }
    output::string(machine, "]:\n");
    let mut shown = 0;
    let mut first = true;
    each(world, cursor, |_, _, location| {
        shown += u32::from(shows(world, location, core::mem::replace(&mut first, false)));
        true
    });
    let mut index = 0;
    first = true;
    each(world, cursor, |site_record, _, location| {
        if !shows(world, location, core::mem::replace(&mut first, false)) {
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
    created_by(world, machine, goroutine);
}

/// Says which go statement started a goroutine.
fn created_by(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) {
    let origin = goroutine.origin.get();
    if origin.is_null() {
        return;
    }
    let (id, line) = (raw::load_u32(origin), raw::load_u32(origin.add(4)));
    if id == 0 {
        return;
    }
    let function = world.func(id);
    let name = symbols::name(function).bytes();
    if name.starts_with(b"runtime.") && !level::shows_runtime(world) {
        return;
    }
    output::string(machine, "created by ");
    output::bytes(machine, name);
    output::string(machine, " in goroutine ");
    output::unsigned(machine, goroutine.parent.get());
    output::string(machine, "\n\t");
    output::bytes(machine, symbols::file(world, raw::load_u32(function.add(func::FILE))).bytes());
    output::string(machine, ":");
    output::unsigned(machine, u64::from(line));
    output::string(machine, " +0x1\n");
}

/// The function that panics, as tracebacks do not call it.
const PANIC: &[u8] = b"runtime.gopanic";

/// Calls `visit` with every logical frame from the innermost, with its site and number of inlined calls left out, until it says no.
fn each(world: &World, mut cursor: Cursor, mut visit: impl FnMut(Addr, u32, Location) -> bool) {
    while let Some(frame) = cursor.next(world) {
        if raw::load_u32(frame.site.add(site::FUNC)) == 0 || frame.site_id() == SITE_GO_ENTRY {
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

/// The runtime's functions that call finalizers and cleanups: tracebacks say so.
const CALLERS_OF_THE_COLLECTOR: [&[u8]; 2] = [b"runtime.runFinalizers", b"runtime.runCleanups"];

/// Tracebacks show the user's functions, and of the runtime's only the exported ones and those that call finalizers, unless the level says
/// more. A panic in the middle of a stack shows where deferred calls begin.
fn shows(world: &World, location: Location, first: bool) -> bool {
    let name = symbols::name(location.function).bytes();
    if level::shows_runtime(world) || name == PANIC && !first || CALLERS_OF_THE_COLLECTOR.contains(&name) {
        return true;
    }
    match name.strip_prefix(b"runtime.") {
        None => name.contains(&b'.') && !name.starts_with(b"internal/runtime/"),
        Some(rest) => rest.first().is_some_and(u8::is_ascii_uppercase),
    }
}

fn line(world: &World, machine: Ref<Machine>, site_record: Addr, location: Location) {
    let name = symbols::name(location.function).bytes();
    output::bytes(machine, if name == PANIC { b"panic" } else { name });
    output::string(machine, if symbols::is_bare(location.function) { "()\n\t" } else { "(...)\n\t" });
    output::bytes(machine, symbols::file(world, location.file).bytes());
    output::string(machine, ":");
    output::unsigned(machine, u64::from(location.line));
    if !location.inlined {
        output::string(machine, " +");
        output::hex(machine, u64::from(symbols::number(world, site_record)) + 1);
    }
    output::string(machine, "\n");
}

/// Prints every goroutine but `except`, each after a blank line; if `bubble` is not 0, only those of that bubble.
pub fn others(world: &World, machine: Ref<Machine>, except: Option<Ref<Goroutine>>, bubble: u32) {
    let mut next = world.scheduler.goroutines.get();
    while let Some(current) = next {
        next = current.next_of_all.get();
        if Some(current) == except || current.system.get() && !level::shows_runtime(world) {
            continue;
        }
        if bubble != 0 && bubble != bubble::id_of(current) {
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
    let (buffer, room, all) = (buffer.get(), room.get(), all.get() != 0);
    if all {
        stop::stop_eventually(world, machine);
    }
    machine.sink.set(Addr(buffer));
    machine.sink_room.set(room);
    // The trace begins with the caller of `runtime.Stack`.
    let mut cursor = Cursor::innermost(current);
    cursor.next(world);
    goroutine(world, machine, current, cursor, "running");
    if all {
        others(world, machine, Some(current), 0);
        stop::start(world);
    }
    machine.sink.set(Addr::NULL);
    current.result.set(u64::from(room - machine.sink_room.get()));
    After::Resume
}

/// The frames of all user goroutines: parameters a buffer of words, how many, and most frames of each. Stored are records {labels, number of
/// frames, program counters...}, the calling goroutine's first, as far as they fit, and 0 behind the last; the result is the number of words
/// that all of them take.
pub fn store_all(world: &World, machine: Ref<Machine>, current: Ref<Goroutine>) -> After {
    let [buffer, words, depth] = &machine.parameters;
    let (buffer, words, depth) = (Addr(buffer.get()), words.get(), depth.get());
    stop::stop_eventually(world, machine);
    let mut needed = 0;
    let mut store = |goroutine: Ref<Goroutine>| {
        let most = depth + 2;
        if needed + most < words {
            let record = buffer.add(needed * 8);
            raw::store_u64(record, u64::from(goroutine.labels.get().0));
            let frames = callers(world, goroutine, 0, record.add(16), depth);
            raw::store_u64(record.add(8), u64::from(frames) + 1);
            needed += frames + 2;
            raw::store_u64(buffer.add(needed * 8 + 8), 0);
        } else {
            needed += most;
        }
    };
    store(current);
    let mut next = world.scheduler.goroutines.get();
    while let Some(goroutine) = next {
        next = goroutine.next_of_all.get();
        if goroutine != current && !goroutine.system.get() && goroutine.status.load() != status::DEAD {
            store(goroutine);
        }
    }
    stop::start(world);
    current.result.set(u64::from(needed + 2));
    After::Resume
}

/// Fills `out` with program counters of the frozen goroutine: `skip` logical frames are left out, at most `count` are stored. How many.
pub fn callers(world: &World, goroutine: Ref<Goroutine>, skip: u32, out: Addr, count: u32) -> u32 {
    let mut left = skip;
    let mut stored = 0;
    if count == 0 {
        return 0;
    }
    each(world, Cursor::innermost(goroutine), |site_record, index, _| {
        if left > 0 {
            left -= 1;
            return true;
        }
        raw::store_u64(out.add(stored * 8), symbols::pc_of(world, site_record, index));
        stored += 1;
        stored < count
    });
    if left == 0 && stored < count {
        // What every goroutine returns to.
        raw::store_u64(out.add(stored * 8), symbols::pc_of(world, world.site(SITE_GO_ENTRY), 0));
        stored += 1;
    }
    stored
}
