//! The walk itself.

use warren_abi::frame::{SITE_DEFER_CALL, SITE_GO_ENTRY, SITE_PANIC_STEP, defer, func, site};
use warren_abi::module_info as info;

use crate::mem::{Addr, Ref, raw};
use crate::sched::freeze::{self, Cursor, Frame};
use crate::sched::scheduler::goroutine_of;
use crate::sched::{After, Goroutine, Machine, linear};
use crate::world::World;

use super::record::{self, PanicRecord};

/// Begins the walk of the goroutine's newest record; the goroutine is frozen.
pub fn start(world: &World, _: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    if let Some(record) = record::newest(goroutine) {
        record.cursor.set(Cursor::innermost(goroutine));
        advance(world, goroutine, record);
    }
    After::Resume
}

/// A deferred call has returned to the step frame of `record`.
pub fn step(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, record: Ref<PanicRecord>) {
    debug_assert!(record::newest(goroutine) == Some(record), "PANIC-1");
    if record.recovered.get() {
        recover(world, machine, goroutine, record);
    } else {
        advance(world, goroutine, record);
    }
}

/// Goes outwards until a frame has an armed defer, and arranges its call.
fn advance(world: &World, goroutine: Ref<Goroutine>, record: Ref<PanicRecord>) {
    let mut cursor = record.cursor.get();
    loop {
        let here = cursor;
        let Some(frame) = cursor.next(world) else {
            return reach_bottom(world, goroutine, record, cursor);
        };
        if frame.site_id() == SITE_PANIC_STEP {
            if let Some(passed) = Ref::<PanicRecord>::at(raw::load_addr(frame.slot(0))) {
                passed.aborted.set(true);
            }
            continue;
        }
        if let Some(closure) = disarm(world, frame) {
            record.cursor.set(here);
            let below = freeze::push(world, goroutine, SITE_PANIC_STEP, 1);
            raw::store_addr(below.slot(0), record.addr());
            let call = freeze::push(world, goroutine, SITE_DEFER_CALL, 1);
            raw::store_addr(call.slot(0), closure);
            return;
        }
    }
}

/// The defer record and the linear frame of a frame whose function defers.
fn deferring(world: &World, frame: Frame) -> Option<(Addr, Addr)> {
    let function = raw::load_u32(frame.site.add(site::FUNC));
    if function == 0 {
        return None;
    }
    let record = raw::load_addr(world.func(function).add(func::DEFER));
    if record.is_null() {
        return None;
    }
    let (linear, _) = frame.linear()?;
    Some((record, linear))
}

/// Takes the newest armed defer of a frame: its closure.
fn disarm(world: &World, frame: Frame) -> Option<Addr> {
    let (record, linear) = deferring(world, frame)?;
    let mask_offset = raw::load_u32(record.add(defer::MASK));
    if mask_offset != defer::NONE {
        let place = linear.add(mask_offset);
        let mask = raw::load_u64(place);
        if mask != 0 {
            let bit = mask.ilog2();
            raw::store_u64(place, mask & !(1 << bit));
            return Some(raw::load_addr(linear.add(raw::load_u32(record.add(defer::FIRST_SLOT))).add(bit * 8)));
        }
    }
    let list_offset = raw::load_u32(record.add(defer::LIST));
    if list_offset != defer::NONE {
        let place = linear.add(list_offset);
        let node = raw::load_addr(place);
        if !node.is_null() {
            raw::store_addr(place, raw::load_addr(node));
            return Some(raw::load_addr(node.add(8)));
        }
    }
    None
}

/// No frame is left: the goroutine ends, or the program does.
fn reach_bottom(world: &World, goroutine: Ref<Goroutine>, record: Ref<PanicRecord>, bottom: Cursor) {
    if record.goexit.get() {
        freeze::truncate(world, goroutine, bottom);
        while record::newest(goroutine).is_some() {
            record::pop(world, goroutine);
        }
        return;
    }
    record.cursor.set(Cursor::innermost(goroutine));
    let printer = Addr(world.info_word(info::FATAL_PANIC));
    if printer.is_null() {
        crate::fatal::unprintable_panic(world, goroutine);
    }
    let call = freeze::push(world, goroutine, SITE_GO_ENTRY, 1);
    raw::store_addr(call.slot(0), printer);
}

/// Drops all frames inside of the recovering one, and lets that one return.
fn recover(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, record: Ref<PanicRecord>) {
    let mut goexit = None;
    let mut position = record.cursor.get();
    let target = position;
    record::pop(world, goroutine);
    // Whatever the walk passed has lost its step; a Goexit among it goes on from here.
    while let Some(older) = record::newest(goroutine) {
        if !older.aborted.get() {
            break;
        }
        if older.goexit.get() {
            goexit = Some(());
        }
        record::pop(world, goroutine);
    }
    let Some(frame) = position.next(world) else { crate::fatal::bug("PANIC: no frame recovers") };
    let Some((defers, linear_frame)) = deferring(world, frame) else { crate::fatal::bug("PANIC: the recovering frame defers nothing") };
    machine.linear_sp.set(linear_frame.0);
    linear::shrink(world, machine, goroutine, linear_frame.0);
    if goexit.is_some() {
        freeze::truncate(world, goroutine, target);
        let again = record::push(world, goroutine, Addr::NULL, Addr::NULL, true);
        advance(world, goroutine, again);
        return;
    }
    let linear_slot = raw::load_u64(frame.end.sub(16));
    freeze::truncate(world, goroutine, position);
    let site_id = raw::load_u32(defers.add(defer::RECOVER_SITE));
    let slots = u32::from(raw::load_u16(world.site(site_id).add(site::SLOTS)));
    let resumed = freeze::push(world, goroutine, site_id, slots);
    raw::store_u64(resumed.end.sub(16), linear_slot);
}

/// `recover()`: the value of the newest panic, if the caller is a deferred function that the walk called; into `out`.
pub fn take_value(machine: Ref<Machine>, is_deferred: bool, out: Addr) {
    raw::store_u64(out, 0);
    raw::store_u64(out.add(8), 0);
    if !is_deferred {
        return;
    }
    let Some(record) = record::newest(goroutine_of(machine)) else { return };
    if record.goexit.get() || record.recovered.get() {
        return;
    }
    record.recovered.set(true);
    raw::store_addr(out, record.value_type.get());
    raw::store_addr(out.add(8), record.value_data.get());
}
