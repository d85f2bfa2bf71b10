//! Machines (Go's `m`): threads that run Go code.
//!
//! The head of the structure is part of the contract with compiled code (`warren_abi::machine`). A machine owns an unwind buffer, into
//! which frames are saved before the scheduler moves them to the goroutine's stack, and a stack for Rust code.

use core::mem::offset_of;
use warren_abi::machine as layout;

use crate::mem::{Addr, Plain, Ref, raw};
use crate::thread::{Note, SharedWord, Word};
use crate::world::{self, World};

use super::goroutine::Goroutine;
use super::processor::Processor;

/// Bytes of the unwind buffer at first.
const UNWIND_BYTES: u32 = 32 << 10;
/// Bytes of the Rust stack of a machine other than the main one.
pub const STACK_BYTES: u32 = 64 << 10;

/// Why compiled code froze the goroutine: noted by the runtime before it says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Nothing was noted.
    None,
    /// It waits on a queue.
    Parked,
    /// `Machine::action` is to be done with the frozen goroutine.
    Act,
}

/// What becomes of a goroutine after an action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// It goes on at once.
    Resume,
    /// It waits somewhere, or is finished.
    Leave,
    /// It waits; the machine goes on with the one that is now its goroutine.
    Switch,
}

/// Something to do with a goroutine that has been frozen for it. An address of a function rather than a number: what no entry of a program
/// asks for is not linked in.
pub type Action = fn(&World, Ref<Machine>, Ref<Goroutine>) -> After;

/// A machine. Its own thread alone touches it, except where stated.
#[repr(C, align(16))]
pub struct Machine {
    pub linear_sp: Plain<u32>,
    pub linear_limit: Plain<u32>,
    pub unwind_limit: Plain<u32>,
    pub unwind_top: Plain<u32>,
    pub goroutine: Plain<Option<Ref<Goroutine>>>,
    unused: [Plain<u32>; 11],
    pub results: [Plain<u64>; layout::RESULT_WORDS as usize],
    /// Why the goroutine is being frozen.
    pub reason: Plain<Reason>,
    /// What to do once it is frozen, and the parameters.
    pub action: Plain<Option<Action>>,
    pub parameters: [Plain<u32>; 3],
    /// The collection it asked for.
    pub ticket: Plain<u32>,
    /// The processor it holds. Written by a waker while the machine sleeps.
    pub processor: Plain<Option<Ref<Processor>>>,
    /// The processor that it lent for a host call.
    pub lent: Plain<Option<Ref<Processor>>>,
    /// Looks for work without having any.
    pub spinning: Plain<bool>,
    /// Where it sleeps.
    pub note: Note,
    /// Lowest address of the unwind buffer, and its bytes.
    unwind_base: Plain<Addr>,
    unwind_bytes: Plain<u32>,
    /// State of its random numbers.
    random: Plain<u64>,
    /// The goroutine locked to it.
    pub locked_goroutine: Plain<Option<Ref<Goroutine>>>,
    /// The processor that came home with its locked goroutine, or 0. The machine may still hold another one, which it is about to pass on.
    pub handed: SharedWord,
    /// Next in the list of idle machines; belongs to the scheduler's lock.
    pub next_idle: Plain<Option<Ref<Machine>>>,
    /// In that list.
    pub idle: Plain<bool>,
    /// Waits for the end of a stop of the world; belongs to the scheduler's lock.
    pub stopped: Plain<bool>,
    /// Number, from 0 (main).
    pub id: Plain<u32>,
    /// Text on its way to standard error, how much, and how many pieces of output are open.
    pub print_buffer: Plain<Addr>,
    pub print_bytes: Plain<u32>,
    pub printing: Plain<u32>,
    /// How many times its goroutine asked to stay on its processor: until it has taken that back it is neither preempted nor collected.
    pub pins: Plain<u32>,
    /// It withholds the request of a stop of the world (see `stop`); belongs to the scheduler's lock.
    pub withholds: Plain<bool>,
    /// Where output goes instead, and how much room is left there.
    pub sink: Plain<Addr>,
    pub sink_room: Plain<u32>,
}

const _: () = {
    assert!(offset_of!(Machine, linear_sp) == layout::LINEAR_SP as usize);
    assert!(offset_of!(Machine, linear_limit) == layout::LINEAR_LIMIT as usize);
    assert!(offset_of!(Machine, unwind_limit) == layout::UNWIND_LIMIT as usize);
    assert!(offset_of!(Machine, unwind_top) == layout::UNWIND_TOP as usize);
    assert!(offset_of!(Machine, goroutine) == layout::GOROUTINE as usize);
    assert!(offset_of!(Machine, results) == layout::RESULTS as usize);
};

/// What the host hands to a new thread: the first word is the top of its Rust stack.
#[repr(C)]
pub struct ThreadStart {
    pub stack_top: Plain<u32>,
    pub machine: Plain<u32>,
}

impl Machine {
    /// A machine with an unwind buffer.
    pub fn create(world: &World, id: u32, seed: u64) -> Ref<Machine> {
        let block = world::allocate(world, size_of::<Machine>() as u32);
        let unwind = world::allocate(world, UNWIND_BYTES);
        let value = Machine {
            linear_sp: Plain::new(0),
            linear_limit: Plain::new(0),
            unwind_limit: Plain::new(unwind.0),
            unwind_top: Plain::new(unwind.add(UNWIND_BYTES).0),
            goroutine: Plain::new(None),
            unused: [const { Plain::new(0) }; 11],
            results: [const { Plain::new(0) }; layout::RESULT_WORDS as usize],
            reason: Plain::new(Reason::None),
            action: Plain::new(None),
            parameters: [const { Plain::new(0) }; 3],
            ticket: Plain::new(0),
            processor: Plain::new(None),
            lent: Plain::new(None),
            spinning: Plain::new(false),
            note: Note::new(),
            unwind_base: Plain::new(unwind),
            unwind_bytes: Plain::new(UNWIND_BYTES),
            random: Plain::new(seed | 1),
            locked_goroutine: Plain::new(None),
            handed: SharedWord::new(0),
            next_idle: Plain::new(None),
            idle: Plain::new(false),
            stopped: Plain::new(false),
            id: Plain::new(id),
            print_buffer: Plain::new(Addr::NULL),
            print_bytes: Plain::new(0),
            printing: Plain::new(0),
            pins: Plain::new(0),
            withholds: Plain::new(false),
            sink: Plain::new(Addr::NULL),
            sink_room: Plain::new(0),
        };
        match Ref::write(block, value) {
            Some(machine) => machine,
            None => crate::fatal::bug("MACHINE: no memory"),
        }
    }

    /// Has `action` done once the goroutine is frozen.
    pub fn act_later(&self, action: Action, parameters: [u32; 3]) {
        self.reason.set(Reason::Act);
        self.action.set(Some(action));
        for (field, value) in self.parameters.iter().zip(parameters) {
            field.set(value);
        }
    }

    /// A random number (xorshift).
    #[inline]
    pub fn next_random_u64(&self) -> u64 {
        let mut value = self.random.get();
        value ^= value << 13;
        value ^= value >> 7;
        value ^= value << 17;
        self.random.set(value);
        value
    }

    /// A random number below `limit`, which is not zero.
    #[inline]
    pub fn random_below(&self, limit: u32) -> u32 {
        (((self.next_random_u64() >> 32) * u64::from(limit)) >> 32) as u32
    }

    /// Begin and end of the unwind buffer, the part of the goroutine's stack that lies outside of its frozen chunks.
    pub fn unwind_buffer(&self) -> (Addr, Addr) {
        (self.unwind_base.get(), Addr(self.unwind_top.get()))
    }

    /// Moves the content of the unwind buffer, which begins at `unwind`, into one with room for `bytes` more: the new begin.
    pub fn grow_unwind(&self, world: &World, unwind: u32, bytes: u32) -> u32 {
        let used = self.unwind_top.get().wrapping_sub(unwind);
        let old_bytes = self.unwind_bytes.get();
        let new_bytes = old_bytes.saturating_mul(2).max(used.saturating_add(bytes).saturating_add(UNWIND_BYTES));
        if new_bytes > super::freeze::MAX_STACK_BYTES || used > world.max_stack_bytes.get() {
            crate::fatal::stack_overflow();
        }
        let base = world::allocate(world, new_bytes);
        let top = base.add(new_bytes & !15);
        raw::copy(top.sub(used), Addr(unwind), used);
        world.heap.memory.free(self.unwind_base.get(), old_bytes);
        self.unwind_base.set(base);
        self.unwind_bytes.set(new_bytes);
        self.unwind_limit.set(base.0);
        self.unwind_top.set(top.0);
        top.sub(used).0
    }

    /// Gives back a large unwind buffer that has served.
    pub fn trim_unwind(&self, world: &World) {
        if self.unwind_bytes.get() <= 16 * UNWIND_BYTES {
            return;
        }
        world.heap.memory.free(self.unwind_base.get(), self.unwind_bytes.get());
        let base = world::allocate(world, UNWIND_BYTES);
        self.unwind_base.set(base);
        self.unwind_bytes.set(UNWIND_BYTES);
        self.unwind_limit.set(base.0);
        self.unwind_top.set(base.add(UNWIND_BYTES).0);
    }
}
