//! Allocations that the profile of the heap samples: made with their goroutine frozen, so that its stack can be read.

use super::{allocate_parameters, collect};
use crate::mem::{Addr, Ref};
use crate::panic::traceback;
use crate::sched::scheduler::processor_of;
use crate::sched::{After, Goroutine, Machine};
use crate::world::World;

/// Begins to take samples; `rate` is the address of `runtime.MemProfileRate`.
pub fn enable(world: &World, rate: Addr) {
    if world.collector.profile.enable(&world.heap.memory).is_none() {
        crate::fatal::out_of_memory();
    }
    world.allocate_refused.set(Some(sample_and_allocate));
    world.heap.profile_rate.set(rate);
}

/// Makes the allocation that was refused because a collection or a sample was due.
fn sample_and_allocate(world: &World, machine: Ref<Machine>, goroutine: Ref<Goroutine>) -> After {
    let bytes = machine.parameters[0].get();
    if world.heap.is_due(bytes) {
        collect(world, machine, false);
    }
    let sampled = world.heap.take_sample(&processor_of(machine).cache, bytes, || machine.next_random_u64());
    let object = allocate_parameters(world, machine, goroutine).or_else(|| {
        // Memory was used up before a collection was due.
        collect(world, machine, false);
        allocate_parameters(world, machine, goroutine)
    });
    let Some(object) = object else { crate::fatal::out_of_memory() };
    if sampled && let Some(found) = world.heap.find(object) {
        let trace = |out, most| traceback::callers(world, goroutine, 0, out, most);
        world.collector.profile.sample(&world.heap.memory, found.start, found.span.object_bytes.get(), trace);
    }
    After::Resume
}
