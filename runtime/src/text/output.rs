//! Output of `print`, tracebacks and fatal errors: to standard error, one write for what belongs together.
//!
//! Text between [`begin`] and [`end`] collects in the machine's buffer. A goroutine does not leave its machine in between (the loop in `run`
//! resumes it at once if it is preempted), so no lock is needed.

use crate::mem::{Addr, Ref, raw};
use crate::sched::Machine;
use crate::sys;
use crate::world::{self, World};

const STDERR: u32 = 2;
const BUFFER_BYTES: u32 = 1000;

/// Begins a piece of output.
pub fn begin(world: &World, machine: Ref<Machine>) {
    if machine.print_buffer.get().is_null() {
        machine.print_buffer.set(world::allocate(world, BUFFER_BYTES));
    }
    machine.printing.set(machine.printing.get() + 1);
}

/// Ends it.
pub fn end(machine: Ref<Machine>) {
    machine.printing.set(machine.printing.get().saturating_sub(1));
    if machine.printing.get() == 0 {
        flush(machine);
    }
}

fn flush(machine: Ref<Machine>) {
    let mut text = raw::slice(machine.print_buffer.get(), machine.print_bytes.get());
    machine.print_bytes.set(0);
    while !text.is_empty() {
        let written = sys::write(STDERR, text);
        if written <= 0 {
            return;
        }
        text = text.get(written as usize..).unwrap_or_default();
    }
}

/// Writes text.
pub fn bytes(machine: Ref<Machine>, text: &[u8]) {
    for &byte in text {
        put(machine, byte);
    }
    if machine.printing.get() == 0 {
        flush(machine);
    }
}

fn put(machine: Ref<Machine>, byte: u8) {
    let sink = machine.sink.get();
    if !sink.is_null() {
        if machine.sink_room.get() != 0 {
            raw::store_u8(sink, byte);
            machine.sink.set(sink.add(1));
            machine.sink_room.set(machine.sink_room.get() - 1);
        }
        return;
    }
    let buffer = machine.print_buffer.get();
    if buffer.is_null() {
        return;
    }
    if machine.print_bytes.get() == BUFFER_BYTES {
        flush(machine);
    }
    let at = machine.print_bytes.get();
    raw::store_u8(buffer.add(at), byte);
    machine.print_bytes.set(at + 1);
}

/// Writes text of the program's memory.
pub fn memory(machine: Ref<Machine>, text: Addr, length: u32) {
    bytes(machine, raw::slice(text, length));
}

/// Writes text.
pub fn string(machine: Ref<Machine>, text: &str) {
    bytes(machine, text.as_bytes());
}

/// Writes an unsigned number in the given base.
fn digits(machine: Ref<Machine>, mut value: u64, base: u64) {
    let mut text = [0_u8; 20];
    let mut count = 0;
    for place in text.iter_mut().rev() {
        let digit = (value % base) as u8;
        *place = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
        count += 1;
        value /= base;
        if value == 0 {
            break;
        }
    }
    bytes(machine, text.get(text.len() - count..).unwrap_or_default());
}

/// Writes an unsigned decimal number.
pub fn unsigned(machine: Ref<Machine>, value: u64) {
    digits(machine, value, 10);
}

/// Writes a decimal number.
pub fn signed(machine: Ref<Machine>, value: i64) {
    if value < 0 {
        bytes(machine, b"-");
    }
    digits(machine, value.unsigned_abs(), 10);
}

/// Writes a number as `0x...`.
pub fn hex(machine: Ref<Machine>, value: u64) {
    bytes(machine, b"0x");
    digits(machine, value, 16);
}
