//! Linear stacks: memory of Go variables whose address is taken but does not leave the function.
//!
//! A linear stack grows downwards in chunks that do not move. The first chunk is the tail of the goroutine's block. Another chunk has a
//! header `{previous chunk, previous limit, bytes}` at its lowest addresses. Compiled prologues call [`grow`] when a frame does not fit, and the epilogue of
//! the function that did so calls [`shrink`]. One chunk is kept as a spare, so that a call in a loop across a border stays cheap.

use crate::mem::{Addr, Ref, raw};
use crate::world::{self, World};

use super::goroutine::{BLOCK_BYTES, Goroutine, LINEAR_OFFSET};
use super::machine::Machine;

const PREVIOUS: u32 = 0;
const PREVIOUS_LIMIT: u32 = 4;
const BYTES: u32 = 8;
const HEADER_BYTES: u32 = 16;

const MIN_CHUNK_BYTES: u32 = 2048;
const MAX_CHUNK_BYTES: u32 = 1 << 16;

/// Gives a goroutine its empty first chunk.
pub fn init(goroutine: Ref<Goroutine>) {
    let block = goroutine.addr();
    goroutine.linear_chunk.set(Addr::NULL);
    goroutine.linear_sp.set(block.add(BLOCK_BYTES).0);
    goroutine.linear_limit.set(block.add(LINEAR_OFFSET).0);
}

/// A frame of `bytes` (a multiple of 16) in a new chunk: its address.
pub fn grow(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, bytes: u32) -> u32 {
    let current = goroutine.linear_chunk.get();
    let spare = goroutine.linear_spare.get();
    let needed = bytes.saturating_add(HEADER_BYTES);
    let chunk = if !spare.is_null() && raw::load_u32(spare.add(BYTES)) >= needed {
        goroutine.linear_spare.set(Addr::NULL);
        spare
    } else {
        let doubled = if current.is_null() { MIN_CHUNK_BYTES } else { raw::load_u32(current.add(BYTES)).saturating_mul(2) };
        let chunk_bytes = doubled.clamp(MIN_CHUNK_BYTES, MAX_CHUNK_BYTES).max(needed);
        let chunk = world::allocate(world, chunk_bytes);
        raw::store_u32(chunk.add(BYTES), chunk_bytes);
        chunk
    };
    raw::store_addr(chunk.add(PREVIOUS), current);
    raw::store_u32(chunk.add(PREVIOUS_LIMIT), machine.linear_limit.get());
    goroutine.linear_chunk.set(chunk);
    machine.linear_limit.set(chunk.add(HEADER_BYTES).0);
    chunk.add(raw::load_u32(chunk.add(BYTES))).0.wrapping_sub(bytes) & !15
}

/// Leaves all chunks that do not hold the linear stack pointer `sp`.
pub fn shrink(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>, sp: u32) {
    loop {
        let chunk = goroutine.linear_chunk.get();
        if chunk.is_null() {
            return;
        }
        let end = chunk.add(raw::load_u32(chunk.add(BYTES)));
        if sp > chunk.0 && sp <= end.0 {
            return;
        }
        goroutine.linear_chunk.set(raw::load_addr(chunk.add(PREVIOUS)));
        machine.linear_limit.set(raw::load_u32(chunk.add(PREVIOUS_LIMIT)));
        let spare = goroutine.linear_spare.get();
        if !spare.is_null() {
            world.heap.memory.free(spare, raw::load_u32(spare.add(BYTES)));
        }
        goroutine.linear_spare.set(chunk);
    }
}

/// Frees the spare chunk of a goroutine that is finished.
pub fn release(world: &World, goroutine: Ref<Goroutine>) {
    let spare = goroutine.linear_spare.get();
    if !spare.is_null() {
        world.heap.memory.free(spare, raw::load_u32(spare.add(BYTES)));
        goroutine.linear_spare.set(Addr::NULL);
    }
}
