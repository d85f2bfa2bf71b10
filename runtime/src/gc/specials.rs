//! What is attached to objects: finalizers, cleanups, weak handles (Go's `special`).
//!
//! One hash table maps an address in an object to what is attached to it. They do not keep the object alive:
//!
//! - *finalizer*: a call, at most one per object. Always alive, and what it refers to with it: a closure that refers to its own object keeps
//!   that forever, as Go says. When the object is unreachable (also from other objects with finalizers), it is revived once and the call is
//!   queued; its argument, nil until then, becomes the object.
//! - *cleanup*: a call with an id. Always alive; queued when the object is unreachable and stays so.
//! - *weak handle*: a pointerless object whose first word holds the object's address, alive with the object, set to 0 when the object is
//!   found unreachable, before any finalizer revives it.
//!
//! A call is a Go object of two pointers, function and argument. Queued calls wait for the finalizer goroutine and are alive until it takes them,
//! and what they refer to is with them.

use super::mark::Worker;
use super::scan;
use crate::heap::Heap;
use crate::mem::lock::Lock;
use crate::mem::{Addr, Memory, Plain, raw};

/// Kinds of attachments.
pub const FINALIZER: u32 = 1;
pub const CLEANUP: u32 = 2;
pub const WEAK: u32 = 3;

// An entry of the table: object (0: free), value, kind, id.
const ENTRY_BYTES: u32 = 16;
const VALUE: u32 = 4;
const KIND: u32 = 8;
const ID: u32 = 12;

/// Offset of a call's argument.
const ARGUMENT: u32 = 8;

const MIN_ENTRIES: u32 = 64;

type Settle = fn(&Specials, &mut Worker<'_>);

/// The table and the queue. All fields belong to `lock`, or to the collector while the world is stopped.
pub struct Specials {
    lock: Lock,
    table: Plain<Addr>,
    /// Entries of the table, a power of two or 0.
    capacity: Plain<u32>,
    count: Plain<u32>,
    next_id: Plain<u32>,
    /// [`Specials::decide`] once something was attached: a program that attaches nothing does not carry that code.
    settle: Plain<Option<Settle>>,
    /// Queue of calls: blocks of `{call, next}`.
    ready_head: Plain<Addr>,
    ready_tail: Plain<Addr>,
}

/// Why an attachment was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachError {
    /// Not the start of an object.
    NotAnObject,
    OutOfMemory,
}

impl Specials {
    pub const fn new() -> Specials {
        Specials {
            lock: Lock::new(),
            table: Plain::new(Addr::NULL),
            capacity: Plain::new(0),
            count: Plain::new(0),
            next_id: Plain::new(0),
            settle: Plain::new(None),
            ready_head: Plain::new(Addr::NULL),
            ready_tail: Plain::new(Addr::NULL),
        }
    }

    /// Sets (`call`), replaces or clears (NULL) the finalizer of the object that begins at `object`.
    pub fn set_finalizer(&self, heap: &Heap, object: Addr, call: Addr) -> Result<(), AttachError> {
        check_object(heap, object, true)?;
        let _guard = self.lock.lock();
        let old = self.find(object, FINALIZER);
        if call.is_null() {
            if let Some(entry) = old {
                self.remove(entry);
            }
            return Ok(());
        }
        match old {
            Some(entry) => raw::store_addr(entry.add(VALUE), call),
            None => self.insert(&heap.memory, object, call, FINALIZER, 0)?,
        }
        Ok(())
    }

    /// Attaches a cleanup to the object that `pointer` points into; the id is never 0.
    pub fn add_cleanup(&self, heap: &Heap, pointer: Addr, call: Addr) -> Result<u32, AttachError> {
        check_object(heap, pointer, false)?;
        let _guard = self.lock.lock();
        let id = self.next_id.get().wrapping_add(1).max(1);
        self.next_id.set(id);
        self.insert(&heap.memory, pointer, call, CLEANUP, id)?;
        Ok(id)
    }

    /// Removes a cleanup if it is still pending.
    pub fn stop_cleanup(&self, pointer: Addr, id: u32) {
        let _guard = self.lock.lock();
        let mut found = None;
        self.for_chain(pointer, |entry| {
            if raw::load_u32(entry.add(KIND)) == CLEANUP && raw::load_u32(entry.add(ID)) == id {
                found = Some(entry);
            }
        });
        if let Some(entry) = found {
            self.remove(entry);
        }
    }

    /// The weak handle of `pointer`, which points into an object: `fresh`, which becomes it, or the one there is already.
    pub fn weak_handle(&self, heap: &Heap, pointer: Addr, fresh: Addr) -> Result<Addr, AttachError> {
        check_object(heap, pointer, false)?;
        let _guard = self.lock.lock();
        if let Some(entry) = self.find(pointer, WEAK) {
            return Ok(raw::load_addr(entry.add(VALUE)));
        }
        self.insert(&heap.memory, pointer, fresh, WEAK, 0)?;
        raw::store_u64(fresh, u64::from(pointer.0));
        Ok(fresh)
    }

    /// The next call for the finalizer goroutine.
    pub fn take_ready(&self, memory: &Memory) -> Option<Addr> {
        let _guard = self.lock.lock();
        let block = self.ready_head.get();
        if block.is_null() {
            return None;
        }
        let call = raw::load_addr(block);
        let next = raw::load_addr(block.add(4));
        self.ready_head.set(next);
        if next.is_null() {
            self.ready_tail.set(Addr::NULL);
        }
        memory.free(block, 16);
        Some(call)
    }

    pub fn has_ready(&self) -> bool {
        !self.ready_head.get().is_null()
    }

    /// Everything reachable from roots is marked: decides about the rest. The world is stopped, `worker` is the only one.
    pub(super) fn settle(&self, worker: &mut Worker<'_>) {
        if let Some(decide) = self.settle.get() {
            decide(self, worker);
        }
    }

    fn decide(&self, worker: &mut Worker<'_>) {
        self.mark_queue(worker);
        // Calls are alive; handles of living objects are.
        self.for_each(|entry, _| {
            if raw::load_u32(entry.add(KIND)) != WEAK {
                worker.grey(raw::load_addr(entry.add(VALUE)));
            }
        });
        worker.drain_all();
        loop {
            let mut changed = false;
            self.for_each(|entry, object| {
                let value = raw::load_addr(entry.add(VALUE));
                if worker.is_marked(object) && !worker.is_marked(value) {
                    worker.grey(value);
                    changed = true;
                }
            });
            worker.drain_all();
            if !changed {
                break;
            }
        }
        self.clear_weak(worker);
        // What an object with a finalizer refers to outlives the finalizer, other objects with finalizers included.
        self.for_each(|entry, object| {
            if raw::load_u32(entry.add(KIND)) == FINALIZER
                && !worker.is_marked(object)
                && let Some(found) = worker.heap.find(object)
                && found.span.pointer_kind.get() != crate::heap::span::NO_POINTERS
            {
                scan::whole_object(worker, raw::reference(found.span.addr()), found.start);
                worker.drain_all();
            }
        });
        self.queue_dead(worker, FINALIZER);
        self.mark_queue(worker);
        self.revive_attachments(worker);
        self.queue_dead(worker, CLEANUP);
        self.mark_queue(worker);
    }

    /// Objects that finalizers revived keep their other attachments.
    fn revive_attachments(&self, worker: &mut Worker<'_>) {
        self.for_each(|entry, object| {
            if worker.is_marked(object) {
                worker.grey(raw::load_addr(entry.add(VALUE)));
            }
        });
        worker.drain_all();
    }

    fn mark_queue(&self, worker: &mut Worker<'_>) {
        let mut block = self.ready_head.get();
        while !block.is_null() {
            worker.grey(raw::load_addr(block));
            block = raw::load_addr(block.add(4));
        }
        worker.drain_all();
    }

    /// Clears and drops the handles of unreachable objects.
    fn clear_weak(&self, worker: &mut Worker<'_>) {
        self.remove_where(|entry, object| {
            let dead = raw::load_u32(entry.add(KIND)) == WEAK && !worker.is_marked(object);
            if dead {
                raw::store_u64(raw::load_addr(entry.add(VALUE)), 0);
            }
            dead
        });
    }

    /// Queues and drops the attachments of `kind` whose objects are unreachable. The objects with finalizers are revived.
    fn queue_dead(&self, worker: &mut Worker<'_>, kind: u32) {
        // Reviving one object must not save the finalizer of another that was found unreachable with it: decide first.
        self.for_each(|entry, object| {
            if raw::load_u32(entry.add(KIND)) == kind && !worker.is_marked(object) {
                raw::store_u32(entry.add(ID), raw::load_u32(entry.add(ID)) | DEAD);
            }
        });
        self.remove_where(|entry, object| {
            let dead = raw::load_u32(entry.add(KIND)) == kind && raw::load_u32(entry.add(ID)) & DEAD != 0;
            if dead {
                let call = raw::load_addr(entry.add(VALUE));
                self.enqueue(&worker.heap.memory, call);
                if kind == FINALIZER {
                    raw::store_addr(call.add(ARGUMENT), object);
                    worker.grey(object);
                }
            }
            dead
        });
        worker.drain_all();
    }

    fn enqueue(&self, memory: &Memory, call: Addr) {
        // Without memory for the queue the finalizer does not run, as at the end of a program.
        let Some(block) = memory.alloc(16) else { return };
        raw::store_addr(block, call);
        let tail = self.ready_tail.get();
        if tail.is_null() {
            self.ready_head.set(block);
        } else {
            raw::store_addr(tail.add(4), block);
        }
        self.ready_tail.set(block);
    }

    fn for_each(&self, mut visit: impl FnMut(Addr, Addr)) {
        for index in 0..self.capacity.get() {
            let entry = self.table.get().add(index * ENTRY_BYTES);
            let object = raw::load_addr(entry);
            if !object.is_null() {
                visit(entry, object);
            }
        }
    }

    /// Removes the entries that `condemn` says; it sees each entry once.
    fn remove_where(&self, mut condemn: impl FnMut(Addr, Addr) -> bool) {
        // Condemned entries are cleared in place, then the others are entered anew: removal one by one would move unseen entries.
        let mut removed = false;
        self.for_each(|entry, object| {
            if condemn(entry, object) {
                raw::store_u32(entry, REMOVED);
                removed = true;
            }
        });
        if !removed {
            return;
        }
        let capacity = self.capacity.get();
        let mut index = 0;
        while index < capacity {
            let entry = self.table.get().add(index * ENTRY_BYTES);
            if raw::load_u32(entry) == REMOVED {
                self.remove(entry);
                // Another entry may have moved here.
                if raw::load_u32(entry) == REMOVED {
                    continue;
                }
            }
            index += 1;
        }
    }

    fn slot_of(&self, object: Addr) -> u32 {
        (object.0.wrapping_mul(0x9E37_79B1) >> 7) & (self.capacity.get() - 1)
    }

    fn for_chain(&self, object: Addr, mut visit: impl FnMut(Addr)) {
        if self.capacity.get() == 0 {
            return;
        }
        let mask = self.capacity.get() - 1;
        let mut index = self.slot_of(object);
        loop {
            let entry = self.table.get().add(index * ENTRY_BYTES);
            let key = raw::load_addr(entry);
            if key.is_null() {
                return;
            }
            if key == object {
                visit(entry);
            }
            index = (index + 1) & mask;
        }
    }

    fn find(&self, object: Addr, kind: u32) -> Option<Addr> {
        let mut found = None;
        self.for_chain(object, |entry| {
            if raw::load_u32(entry.add(KIND)) == kind {
                found = Some(entry);
            }
        });
        found
    }

    fn insert(&self, memory: &Memory, object: Addr, value: Addr, kind: u32, id: u32) -> Result<(), AttachError> {
        if (self.count.get() + 1) * 2 > self.capacity.get() {
            self.grow(memory).ok_or(AttachError::OutOfMemory)?;
        }
        self.settle.set(Some(Specials::decide));
        self.place(object, value, kind, id);
        self.count.set(self.count.get() + 1);
        Ok(())
    }

    fn place(&self, object: Addr, value: Addr, kind: u32, id: u32) {
        let mask = self.capacity.get() - 1;
        let mut index = self.slot_of(object);
        loop {
            let entry = self.table.get().add(index * ENTRY_BYTES);
            if raw::load_u32(entry) == 0 {
                raw::store_addr(entry, object);
                raw::store_addr(entry.add(VALUE), value);
                raw::store_u32(entry.add(KIND), kind);
                raw::store_u32(entry.add(ID), id);
                return;
            }
            index = (index + 1) & mask;
        }
    }

    fn grow(&self, memory: &Memory) -> Option<()> {
        let old = self.table.get();
        let old_capacity = self.capacity.get();
        let capacity = (old_capacity * 2).max(MIN_ENTRIES);
        self.table.set(memory.alloc(capacity * ENTRY_BYTES)?);
        self.capacity.set(capacity);
        for index in 0..old_capacity {
            let entry = old.add(index * ENTRY_BYTES);
            let object = raw::load_addr(entry);
            if !object.is_null() {
                let value = raw::load_addr(entry.add(VALUE));
                self.place(object, value, raw::load_u32(entry.add(KIND)), raw::load_u32(entry.add(ID)));
            }
        }
        if !old.is_null() {
            memory.free(old, old_capacity * ENTRY_BYTES);
        }
        Some(())
    }

    /// Removes an entry and closes the gap in its chain.
    fn remove(&self, entry: Addr) {
        let mask = self.capacity.get() - 1;
        let mut gap = entry.offset_from(self.table.get()) / ENTRY_BYTES;
        let mut index = gap;
        loop {
            index = (index + 1) & mask;
            let next = self.table.get().add(index * ENTRY_BYTES);
            let key = raw::load_addr(next);
            if key.is_null() {
                break;
            }
            // An entry marked as removed keeps no place of its own: it may fill any gap. Others must stay behind their first slot.
            let movable = key.0 == REMOVED || (index.wrapping_sub(self.slot_of(key)) & mask) >= (index.wrapping_sub(gap) & mask);
            if movable {
                raw::copy(self.table.get().add(gap * ENTRY_BYTES), next, ENTRY_BYTES);
                gap = index;
            }
        }
        raw::zero(self.table.get().add(gap * ENTRY_BYTES), ENTRY_BYTES);
        self.count.set(self.count.get() - 1);
    }
}

/// Key of an entry that is about to be removed; no object lies there.
const REMOVED: u32 = 1;
/// Bit of `ID` of an attachment whose object was found unreachable.
const DEAD: u32 = 1 << 31;

/// Checks that `pointer` points into an object, with `exact` to its start. Objects of a tiny block cannot be told apart, so every pointer
/// into one counts as a start.
fn check_object(heap: &Heap, pointer: Addr, exact: bool) -> Result<(), AttachError> {
    let found = heap.find(pointer).ok_or(AttachError::NotAnObject)?;
    if !found.span.is_allocated(found.index) {
        return Err(AttachError::NotAnObject);
    }
    let tiny = found.span.pointer_kind.get() == crate::heap::span::NO_POINTERS && found.span.object_bytes.get() == 16;
    if exact && found.start != pointer && !tiny {
        return Err(AttachError::NotAnObject);
    }
    Ok(())
}

impl Default for Specials {
    fn default() -> Specials {
        Specials::new()
    }
}
