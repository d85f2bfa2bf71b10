//! The record of a panic or Goexit in progress (Go's `_panic`).

use crate::mem::{Addr, Plain, Ref, raw};
use crate::sched::freeze::Cursor;
use crate::sched::{Goroutine, Machine};
use crate::thread::Word;
use crate::world::{self, World};

/// A record. It belongs to its goroutine.
pub struct PanicRecord {
    /// The next older one.
    pub older: Plain<Option<Ref<PanicRecord>>>,
    /// The value: type and data word of an `any`. Roots of the collector.
    pub value_type: Plain<Addr>,
    pub value_data: Plain<Addr>,
    /// The frame whose deferred calls are being run lies before this position.
    pub cursor: Plain<Cursor>,
    pub goexit: Plain<bool>,
    pub recovered: Plain<bool>,
    pub aborted: Plain<bool>,
    /// What its step frame does. An address, so that programs that never panic do without the walk.
    pub step: fn(&World, Ref<Machine>, Ref<Goroutine>, Ref<PanicRecord>),
}

/// Flags of `panic_record`.
pub const FLAG_RECOVERED: u64 = 1;
pub const FLAG_GOEXIT: u64 = 2;
pub const FLAG_ABORTED: u64 = 4;

/// The newest record.
pub fn newest(goroutine: Ref<Goroutine>) -> Option<Ref<PanicRecord>> {
    Ref::at(goroutine.panics.get())
}

/// Makes a record the newest.
pub fn push(world: &World, goroutine: Ref<Goroutine>, value_type: Addr, value_data: Addr, goexit: bool) -> Ref<PanicRecord> {
    let record = PanicRecord {
        older: Plain::new(newest(goroutine)),
        value_type: Plain::new(value_type),
        value_data: Plain::new(value_data),
        cursor: Plain::new(Cursor::innermost(goroutine)),
        goexit: Plain::new(goexit),
        recovered: Plain::new(false),
        aborted: Plain::new(false),
        step: super::walk::step,
    };
    let spare = goroutine.spare_panic.get();
    goroutine.spare_panic.set(Addr::NULL);
    let place = if spare.is_null() { world::allocate(world, size_of::<PanicRecord>() as u32) } else { spare };
    let Some(record) = Ref::write(place, record) else { crate::fatal::bug("PANIC: no memory") };
    goroutine.panics.set(record.addr());
    if !goexit {
        world.panics.add(1);
    }
    record
}

/// Forgets the newest record.
pub fn pop(world: &World, goroutine: Ref<Goroutine>) {
    if let Some(record) = newest(goroutine) {
        if !record.goexit.get() {
            world.panics.add(u32::MAX);
        }
        goroutine.panics.set(record.older.get().map_or(Addr::NULL, Ref::addr));
        if goroutine.spare_panic.get().is_null() {
            goroutine.spare_panic.set(record.addr());
        } else {
            world.heap.memory.free(record.addr(), size_of::<PanicRecord>() as u32);
        }
    }
}

/// Describes record `index` for the overlay: `{type, data, flags}`. False if there is none.
pub fn describe(goroutine: Ref<Goroutine>, index: u32, out: Addr) -> bool {
    let Some(record) = nth(goroutine, index) else { return false };
    let flag = |set: bool, flag: u64| if set { flag } else { 0 };
    raw::store_u64(out, u64::from(record.value_type.get().0));
    raw::store_u64(out.add(8), u64::from(record.value_data.get().0));
    let flags = flag(record.recovered.get(), FLAG_RECOVERED) | flag(record.goexit.get(), FLAG_GOEXIT) | flag(record.aborted.get(), FLAG_ABORTED);
    raw::store_u64(out.add(16), flags);
    true
}

/// Record number `index` from the newest.
fn nth(goroutine: Ref<Goroutine>, index: u32) -> Option<Ref<PanicRecord>> {
    let mut record = newest(goroutine);
    for _ in 0..index {
        record = record?.older.get();
    }
    record
}
