//! The state of one program: memory, scheduler, and what the compiled module says about itself.
//!
//! On wasm there is one world, a static. Natively each test thread has its own.

use warren_abi::frame::{FUNC_BYTES, SITE_BYTES};
use warren_abi::module_info as info;

use crate::gc::Collector;
use crate::gc::safepoint::CycleGate;
use crate::heap::Heap;
use crate::mem::{Addr, Plain, Ref, raw};
use crate::sched::Goroutine;
use crate::sched::machine::Action;
use crate::sched::scheduler::Scheduler;
use crate::thread::SharedWord;
use crate::wait::semaphore::SemaphoreTable;

/// Everything global.
pub struct World {
    pub heap: Heap,
    pub collector: Collector,
    pub gate: CycleGate,
    /// The goroutine that runs finalizers, while it waits for one.
    pub finalizer: Plain<Option<Ref<Goroutine>>>,
    /// Makes an allocation that was refused, if not by the usual way; see `collect::sample`.
    pub allocate_refused: Plain<Option<Action>>,
    /// A closure of the overlay that runs with the world stopped before each collection, or NULL.
    pub before_collection: Plain<Addr>,
    /// When the program started, by the monotonic clock.
    pub start_ns: Plain<u64>,
    pub scheduler: Scheduler,
    pub semaphores: SemaphoreTable,
    /// Address of the module's `ModuleInfo`, and copies of what is read often. Set once at the start.
    pub info: Plain<Addr>,
    pub sites: Plain<Addr>,
    pub funcs: Plain<Addr>,
    pub call_frame: Plain<u32>,
    /// Type descriptor of the header of channels with a buffer of pointers.
    pub channel_type: Plain<Addr>,
    /// The host's environment strings. Set once at the start.
    pub environment: Plain<Addr>,
    pub environment_count: Plain<u32>,
    /// How much tracebacks say, see `panic::level`; and most bytes of a frozen stack.
    pub traceback: Plain<u32>,
    pub max_stack_bytes: Plain<u32>,
    /// Most machines that there may be; `debug.SetMaxThreads` sets it.
    pub max_threads: Plain<u32>,
    /// Panics whose deferred calls are running: the end of the main goroutine waits a while for them.
    pub panics: SharedWord,
}

impl World {
    #[cfg(target_arch = "wasm32")]
    const fn new() -> World {
        World::over(crate::mem::source::Source)
    }

    /// A world over a source of pages.
    pub const fn over(source: crate::mem::source::Source) -> World {
        World {
            heap: Heap::new(source),
            collector: Collector::new(),
            gate: CycleGate::new(),
            finalizer: Plain::new(None),
            allocate_refused: Plain::new(None),
            before_collection: Plain::new(Addr::NULL),
            start_ns: Plain::new(0),
            scheduler: Scheduler::new(),
            semaphores: SemaphoreTable::new(),
            info: Plain::new(Addr::NULL),
            sites: Plain::new(Addr::NULL),
            funcs: Plain::new(Addr::NULL),
            call_frame: Plain::new(0),
            channel_type: Plain::new(Addr::NULL),
            environment: Plain::new(Addr::NULL),
            environment_count: Plain::new(0),
            traceback: Plain::new(crate::panic::level::SINGLE),
            max_stack_bytes: Plain::new(crate::sched::freeze::MAX_STACK_BYTES),
            max_threads: Plain::new(10_000),
            panics: SharedWord::fixed(0),
        }
    }

    /// Takes in what the module says about itself.
    pub fn set_info(&self, module_info: Addr) {
        self.info.set(module_info);
        self.sites.set(raw::load_addr(module_info.add(info::SITES)));
        self.funcs.set(raw::load_addr(module_info.add(info::FUNCS)));
        self.call_frame.set(raw::load_u32(module_info.add(info::CALL_FRAME)));
    }

    /// A field of `ModuleInfo`.
    pub fn info_word(&self, field: u32) -> u32 {
        raw::load_u32(self.info.get().add(field))
    }

    /// The site record of a site id.
    #[inline(always)]
    pub fn site(&self, id: u32) -> Addr {
        self.sites.get().add(id.wrapping_mul(SITE_BYTES))
    }

    /// The function record of a function id.
    #[inline(always)]
    pub fn func(&self, id: u32) -> Addr {
        self.funcs.get().add(id.wrapping_mul(FUNC_BYTES))
    }
}

/// The world of the calling thread.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
pub fn world() -> &'static World {
    static WORLD: World = World::new();
    &WORLD
}

#[cfg(not(target_arch = "wasm32"))]
std::thread_local! {
    static WORLD: core::cell::Cell<Option<&'static World>> = const { core::cell::Cell::new(None) };
}

/// Wasm pages of a test's world.
#[cfg(not(target_arch = "wasm32"))]
const TEST_PAGES: u32 = 96;

/// Gives the calling test thread a fresh world, in the memory of its last one.
#[cfg(not(target_arch = "wasm32"))]
pub fn make_world() -> &'static World {
    use crate::mem::source::{Source, WASM_PAGE_BYTES};
    std::thread_local! {
        static REGION: core::cell::Cell<Addr> = const { core::cell::Cell::new(Addr::NULL) };
    }
    let (source, start) = match REGION.get() {
        Addr::NULL => Source::region(TEST_PAGES),
        start => (Source::again(start, TEST_PAGES, TEST_PAGES * WASM_PAGE_BYTES), start),
    };
    REGION.set(start);
    let world: &'static World = Box::leak(Box::new(World::over(source)));
    assert!(world.heap.init(start));
    WORLD.set(Some(world));
    world
}

/// The world of the calling test thread.
#[cfg(not(target_arch = "wasm32"))]
pub fn world() -> &'static World {
    WORLD.get().expect("make_world was called")
}

/// Makes the world of another test thread that of the calling one.
#[cfg(not(target_arch = "wasm32"))]
pub fn adopt_world(world: &'static World) {
    WORLD.set(Some(world));
}

/// A zeroed block for a structure of the runtime; the program ends if there is no memory.
pub fn allocate(world: &World, bytes: u32) -> Addr {
    match world.heap.memory.alloc(bytes) {
        Some(block) => block,
        None => crate::fatal::out_of_memory(),
    }
}
