//! Frozen stacks: where a goroutine's frames lie while it does not run.
//!
//! A frozen stack is a list of chunks; frames lie in them outermost first, and never across two chunks. A chunk begins with a header
//! `{previous chunk, its top, end, bytes}`; the first one lies in the goroutine's own block. A frame is found from its end: the trailer
//! names the site, and the site its size. Frames do not move, so an address of a frame stays good until the frame is popped.
//!
//! # Invariants
//! - FREEZE-1: `goroutine.top` is the end of the innermost frame, in `goroutine.chunk`; it equals the chunk's start only if that is the
//!   first chunk (no frames: the goroutine is finished) or if the frame that lay there has just been popped.
//! - FREEZE-2: a chunk is freed when the next frame is asked for, not when its last frame is popped: the resume copy still reads it.
//!
//! # Rejected
//! - One block, doubled when full: a million frames would be copied twenty times, and walks of panics would have to hold offsets.

use warren_abi::frame::{SITE_BYTES, TRAILER_BYTES, func, site};

use crate::mem::{Addr, Ref, raw};
use crate::world::{self, World};

use super::goroutine::{FIRST_FROZEN_BYTES, FROZEN_OFFSET, Goroutine};

const PREVIOUS: u32 = 0;
const PREVIOUS_TOP: u32 = 4;
const PREVIOUS_END: u32 = 8;
const BYTES: u32 = 12;
/// Bytes of a chunk's header.
const HEADER_BYTES: u32 = 16;

/// Bytes of the second chunk; each further one is twice as large, up to `MAX_CHUNK_BYTES`.
const MIN_CHUNK_BYTES: u32 = 1024;
const MAX_CHUNK_BYTES: u32 = 1 << 20;

/// Largest frozen stack, the limit of Go's own stacks on 64-bit machines.
pub const MAX_STACK_BYTES: u32 = 1_000_000_000;

/// A frozen frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Address of slot 0.
    pub start: Addr,
    /// Address behind the trailer.
    pub end: Addr,
    /// Address of its site record.
    pub site: Addr,
}

impl Frame {
    /// The frame that ends at `end`.
    #[inline(always)]
    pub fn ending_at(world: &World, end: Addr) -> Frame {
        let trailer = end.sub(TRAILER_BYTES);
        let site = world.site(raw::load_u32(trailer));
        let slots = u32::from(raw::load_u16(site.add(site::SLOTS)));
        Frame { start: trailer.sub(slots * 8), end, site }
    }

    /// Number of its site.
    pub fn site_id(self) -> u32 {
        raw::load_u32(self.end.sub(TRAILER_BYTES))
    }

    /// Address of its trailer.
    #[inline(always)]
    pub fn trailer(self) -> Addr {
        self.end.sub(TRAILER_BYTES)
    }

    /// Address of slot `index`.
    pub fn slot(self, index: u32) -> Addr {
        self.start.add(index * 8)
    }

    /// The linear frame: its pointer and the caller's linear stack pointer. None if the function has none.
    pub fn linear(self) -> Option<(Addr, u32)> {
        let flags = raw::load_u16(self.site.add(site::FLAGS));
        if flags & site::FLAG_LINEAR == 0 {
            return None;
        }
        let slot = self.end.sub(TRAILER_BYTES + 8);
        Some((raw::load_addr(slot), raw::load_u32(slot.add(4))))
    }
}

/// A position in a frozen stack: behind some frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    pub top: Addr,
    pub chunk: Addr,
}

impl Cursor {
    /// Behind the innermost frame.
    #[inline(always)]
    pub fn innermost(goroutine: Ref<Goroutine>) -> Cursor {
        Cursor { top: goroutine.top.get(), chunk: goroutine.chunk.get() }
    }

    /// The frame before this position, or None at the bottom; moves behind the next outer one.
    pub fn next(&mut self, world: &World) -> Option<Frame> {
        while self.top == self.chunk.add(HEADER_BYTES) {
            let previous = raw::load_addr(self.chunk.add(PREVIOUS));
            if previous.is_null() {
                return None;
            }
            self.top = raw::load_addr(self.chunk.add(PREVIOUS_TOP));
            self.chunk = previous;
        }
        let frame = Frame::ending_at(world, self.top);
        self.top = frame.start;
        Some(frame)
    }
}

/// Gives a new goroutine its first, empty chunk.
pub fn init(goroutine: Ref<Goroutine>) {
    let chunk = goroutine.addr().add(FROZEN_OFFSET);
    raw::store_addr(chunk.add(PREVIOUS), Addr::NULL);
    raw::store_u32(chunk.add(BYTES), FIRST_FROZEN_BYTES);
    goroutine.chunk.set(chunk);
    goroutine.chunk_end.set(chunk.add(FIRST_FROZEN_BYTES));
    goroutine.top.set(chunk.add(HEADER_BYTES));
}

/// The innermost frame, popped; None if there is none left. Its bytes stay readable until the next call.
#[inline(always)]
pub fn pop(world: &World, goroutine: Ref<Goroutine>) -> Option<Frame> {
    if goroutine.top.get() == goroutine.chunk.get().add(HEADER_BYTES) && !drop_chunk(world, goroutine) {
        return None;
    }
    let frame = Frame::ending_at(world, goroutine.top.get());
    goroutine.top.set(frame.start);
    Some(frame)
}

/// The innermost frame, which stays where it is.
pub fn innermost(world: &World, goroutine: Ref<Goroutine>) -> Option<Frame> {
    Cursor::innermost(goroutine).next(world)
}

/// Leaves an empty chunk for the one before it, which holds a frame. False if it was the first.
#[inline(never)]
fn drop_chunk(world: &World, goroutine: Ref<Goroutine>) -> bool {
    loop {
        let chunk = goroutine.chunk.get();
        let previous = raw::load_addr(chunk.add(PREVIOUS));
        if previous.is_null() {
            return false;
        }
        goroutine.chunk.set(previous);
        goroutine.chunk_end.set(raw::load_addr(chunk.add(PREVIOUS_END)));
        goroutine.top.set(raw::load_addr(chunk.add(PREVIOUS_TOP)));
        world.heap.memory.free(chunk, raw::load_u32(chunk.add(BYTES)));
        if goroutine.top.get() != previous.add(HEADER_BYTES) {
            return true;
        }
    }
}

/// Appends `bytes` bytes of frames that lie at `from`, outermost first.
#[inline(always)]
pub fn append(world: &World, goroutine: Ref<Goroutine>, from: Addr, bytes: u32) {
    let to = reserve(world, goroutine, bytes);
    if bytes > 128 {
        raw::copy(to, from, bytes);
        return;
    }
    let mut offset = 0;
    while offset < bytes {
        raw::store_u64(to.add(offset), raw::load_u64(from.add(offset)));
        offset += 8;
    }
}

/// Room for `bytes` bytes of frames behind the innermost one.
#[inline(always)]
fn reserve(world: &World, goroutine: Ref<Goroutine>, bytes: u32) -> Addr {
    if goroutine.chunk_end.get().offset_from(goroutine.top.get()) < bytes {
        add_chunk(world, goroutine, bytes);
    }
    let to = goroutine.top.get();
    goroutine.top.set(to.add(bytes));
    to
}

#[inline(never)]
fn add_chunk(world: &World, goroutine: Ref<Goroutine>, bytes: u32) {
    let previous = goroutine.chunk.get();
    let doubled = raw::load_u32(previous.add(BYTES)).saturating_mul(2).clamp(MIN_CHUNK_BYTES, MAX_CHUNK_BYTES);
    let wanted = doubled.max(bytes.saturating_add(HEADER_BYTES));
    let limit = world.max_stack_bytes.get();
    if (wanted > MAX_CHUNK_BYTES / 2 || limit < MAX_STACK_BYTES) && stack_bytes(goroutine).saturating_add(bytes) > limit {
        crate::fatal::stack_overflow();
    }
    let chunk = world::allocate(world, wanted);
    raw::store_addr(chunk.add(PREVIOUS), previous);
    raw::store_addr(chunk.add(PREVIOUS_TOP), goroutine.top.get());
    raw::store_addr(chunk.add(PREVIOUS_END), goroutine.chunk_end.get());
    raw::store_u32(chunk.add(BYTES), wanted);
    goroutine.chunk.set(chunk);
    goroutine.chunk_end.set(chunk.add(wanted));
    goroutine.top.set(chunk.add(HEADER_BYTES));
}

/// Bytes of all chunks.
fn stack_bytes(goroutine: Ref<Goroutine>) -> u32 {
    let mut bytes = 0_u32;
    let mut chunk = goroutine.chunk.get();
    while !chunk.is_null() {
        bytes = bytes.saturating_add(raw::load_u32(chunk.add(BYTES)));
        chunk = raw::load_addr(chunk.add(PREVIOUS));
    }
    bytes
}

/// Calls `visit` with every stretch `[low, high)` of whole frames.
pub fn each_range(goroutine: Ref<Goroutine>, mut visit: impl FnMut(Addr, Addr)) {
    let mut chunk = goroutine.chunk.get();
    let mut top = goroutine.top.get();
    while !chunk.is_null() {
        visit(chunk.add(HEADER_BYTES), top);
        top = raw::load_addr(chunk.add(PREVIOUS_TOP));
        chunk = raw::load_addr(chunk.add(PREVIOUS));
    }
}

/// Pushes a frame of `slots` zeroed slots of the given site.
pub fn push(world: &World, goroutine: Ref<Goroutine>, site_id: u32, slots: u32) -> Frame {
    let bytes = slots * 8 + TRAILER_BYTES;
    let start = reserve(world, goroutine, bytes);
    for slot in 0..slots {
        raw::store_u64(start.add(slot * 8), 0);
    }
    raw::store_u64(start.add(slots * 8), u64::from(site_id));
    Frame { start, end: start.add(bytes), site: world.site(site_id) }
}

/// Drops all frames inside of `cursor`.
pub fn truncate(world: &World, goroutine: Ref<Goroutine>, cursor: Cursor) {
    while goroutine.chunk.get() != cursor.chunk {
        let chunk = goroutine.chunk.get();
        let previous = raw::load_addr(chunk.add(PREVIOUS));
        if previous.is_null() {
            crate::fatal::bug("FREEZE: a cursor outside the stack");
        }
        goroutine.chunk.set(previous);
        goroutine.chunk_end.set(raw::load_addr(chunk.add(PREVIOUS_END)));
        goroutine.top.set(raw::load_addr(chunk.add(PREVIOUS_TOP)));
        world.heap.memory.free(chunk, raw::load_u32(chunk.add(BYTES)));
    }
    goroutine.top.set(cursor.top);
}

/// Table index of the function that resumes a frame.
#[inline(always)]
pub fn resume_index(world: &World, frame: Frame) -> u32 {
    if raw::load_u16(frame.site.add(site::FLAGS)) & site::FLAG_FIXED != 0 {
        return raw::load_u32(frame.site.add(site::POSITION));
    }
    raw::load_u32(world.func(raw::load_u32(frame.site.add(site::FUNC))).add(func::RESUME))
}

const _: () = assert!(SITE_BYTES == 16);
