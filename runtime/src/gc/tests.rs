//! The heap under a shadow model, and parallel marking.

use super::*;
use crate::heap::{Cache, FLAG_NO_ZERO};
use crate::mem::pages::PAGE_BYTES;
use crate::mem::source::Source;
use crate::mem::tests::Random;
use crate::mem::{Addr, raw};
use std::boxed::Box;
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;
use warren_abi::{module_info, typedesc};

const ROOT_SLOTS: u32 = 64;

/// A heap of its own with one cache and an array of root slots.
pub struct Fixture {
    pub heap: Box<Heap>,
    pub cache: Box<Cache>,
    pub collector: Box<Collector>,
    pub roots: Addr,
}

impl RootSource for Fixture {
    fn jobs(&self) -> u32 {
        4
    }

    fn scan(&self, job: u32, worker: &mut Worker<'_>) {
        for slot in (job..ROOT_SLOTS).step_by(4) {
            worker.grey(raw::load_addr(self.roots.add(slot * 8)));
        }
    }
}

impl Fixture {
    pub fn new(wasm_pages: u32) -> Fixture {
        let (source, start) = Source::region(wasm_pages + 33);
        let heap = Box::new(Heap::new(source));
        assert!(heap.init(start));
        let roots = heap.memory.alloc(ROOT_SLOTS * 8).unwrap();
        let collector = Box::new(Collector::new());
        collector.check.set(true);
        Fixture { heap, cache: Box::new(Cache::new()), collector, roots }
    }

    /// A type descriptor of `words` words with the given pointer bits.
    pub fn pointer_type(&self, words: u32, bits: u64) -> Addr {
        let descriptor = self.heap.memory.alloc(80).unwrap();
        let data = self.heap.memory.alloc(words.div_ceil(64) * 8).unwrap();
        for word in 0..words.div_ceil(64) {
            raw::store_u64(data.add(word * 8), bits);
        }
        let last = (0..words).rev().find(|word| bits >> (word % 64) & 1 != 0).map_or(0, |word| word + 1);
        raw::store_u64(descriptor.add(typedesc::SIZE), u64::from(words) * 8);
        raw::store_u64(descriptor.add(typedesc::PTR_BYTES), u64::from(last) * 8);
        raw::store_u64(descriptor.add(typedesc::GC_DATA), u64::from(data.0));
        raw::store_u8(descriptor.add(typedesc::KIND), 25);
        descriptor
    }

    pub fn array_type(&self, element: Addr, length: u32) -> Addr {
        let descriptor = self.heap.memory.alloc(80).unwrap();
        let size = raw::load_u32(element.add(typedesc::SIZE)) * length;
        raw::store_u64(descriptor.add(typedesc::SIZE), u64::from(size));
        raw::store_u64(descriptor.add(typedesc::PTR_BYTES), u64::from(size));
        raw::store_u8(descriptor.add(typedesc::KIND), 17);
        raw::store_u8(descriptor.add(typedesc::TFLAG), 1 << 4);
        raw::store_u64(descriptor.add(48), u64::from(element.0));
        raw::store_u64(descriptor.add(64), u64::from(length));
        descriptor
    }

    pub fn collect(&self) -> Outcome {
        self.heap.flush(&self.cache);
        verify::structures(&self.heap).unwrap();
        let outcome = self.collector.collect(&self.heap, self);
        assert!(outcome.sound, "GC-1");
        verify::structures(&self.heap).unwrap();
        outcome
    }

    pub fn alloc(&self, bytes: u32, element: Addr) -> Addr {
        let object = self.heap.alloc(&self.cache, bytes, element, 0);
        if !object.is_null() {
            return object;
        }
        self.collect();
        self.heap.alloc_now(&self.cache, bytes, element, 0).unwrap()
    }

    pub fn set_root(&self, slot: u32, value: Addr) {
        raw::store_u64(self.roots.add(slot * 8), u64::from(value.0));
    }

    fn is_allocated(&self, object: Addr) -> bool {
        self.heap.find(object).is_some_and(|found| found.span.is_allocated(found.index))
    }
}

#[derive(Clone)]
struct Shadow {
    bytes: u32,
    /// Offsets of pointer slots.
    pointers: Vec<u32>,
    /// Contents of the words.
    words: BTreeMap<u32, u64>,
}

struct Model<'a> {
    fixture: &'a Fixture,
    random: Random,
    objects: BTreeMap<u32, Shadow>,
    roots: Vec<u32>,
    kinds: Vec<(Addr, u32, u64)>,
}

impl Model<'_> {
    fn object_of(&self, pointer: u32) -> Option<u32> {
        let (&start, shadow) = self.objects.range(..=pointer).next_back()?;
        if pointer < start + shadow.bytes { Some(start) } else { None }
    }

    fn reachable(&self) -> BTreeSet<u32> {
        let mut seen = BTreeSet::new();
        let mut stack: Vec<u32> = self.roots.iter().filter_map(|&root| self.object_of(root)).collect();
        while let Some(object) = stack.pop() {
            if seen.insert(object) {
                let shadow = &self.objects[&object];
                let values = shadow.pointers.iter().filter_map(|slot| shadow.words.get(slot));
                stack.extend(values.filter_map(|&value| self.object_of(value as u32)));
            }
        }
        seen
    }

    /// Drops what is unreachable and compares the rest with the heap.
    fn settle(&mut self) {
        let reachable = self.reachable();
        self.objects.retain(|object, _| reachable.contains(object));
        for (&object, shadow) in &self.objects {
            assert!(self.fixture.is_allocated(Addr(object)));
            for word in 0..shadow.bytes / 8 {
                let expected = shadow.words.get(&(word * 8)).copied().unwrap_or(0);
                assert_eq!(raw::load_u64(Addr(object + word * 8)), expected);
            }
        }
    }

    fn some_object(&mut self) -> Option<u32> {
        if self.objects.is_empty() {
            return None;
        }
        let probe = self.random.below(u32::MAX);
        self.objects.range(probe..).next().or_else(|| self.objects.iter().next()).map(|(&object, _)| object)
    }

    fn some_pointer(&mut self) -> u32 {
        let Some(object) = self.some_object() else { return 0 };
        match self.random.below(4) {
            0 => 0,
            1 => object + self.random.below(self.objects[&object].bytes),
            _ => object,
        }
    }

    fn collect(&mut self) {
        self.fixture.collect();
        self.settle();
        // Sweeping leaves exactly what is reachable.
        self.fixture.heap.sweep_all();
        verify::structures(&self.fixture.heap).unwrap();
        let mut live = 0;
        let mut count = |span: crate::mem::Ref<crate::heap::span::Span>, _: bool| live += span.count_allocated();
        self.fixture.heap.central.iter().for_each(|central| central.for_each(&mut count));
        self.fixture.heap.large.for_each(&mut count);
        assert_eq!(live as usize, self.objects.len());
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..50 => {
                let (element, words, bits) = self.kinds[self.random.below(self.kinds.len() as u32) as usize];
                let count = match self.random.below(40) {
                    0 => 1 + self.random.below((9000 / words).max(1)),
                    1..10 => 1 + self.random.below(400 / words + 1),
                    _ => 1,
                };
                let bytes = words * 8 * count;
                let object = self.fixture.heap.alloc(&self.fixture.cache, bytes, element, 0);
                let object = if object.is_null() {
                    self.collect();
                    self.fixture.heap.alloc_now(&self.fixture.cache, bytes, element, 0).unwrap()
                } else {
                    object
                };
                let slots = (0..words * count).filter(|word| bits >> (word % words % 64) & 1 != 0);
                let shadow = Shadow { bytes, pointers: slots.map(|word| word * 8).collect(), words: BTreeMap::new() };
                assert!((0..bytes / 8).all(|word| raw::load_u64(object.add(word * 8)) == 0), "HEAP-2");
                assert!(self.object_of(object.0).is_none());
                self.objects.insert(object.0, shadow);
                let root = self.random.below(ROOT_SLOTS);
                self.roots[root as usize] = object.0;
                self.fixture.set_root(root, object);
            }
            50..85 => {
                let Some(object) = self.some_object() else { return };
                let pointer = self.some_pointer();
                let words = self.objects[&object].bytes / 8;
                let offset = self.random.below(words) * 8;
                let shadow = &self.objects[&object];
                // Words that are no pointers hold misleading addresses all the same.
                let value = if shadow.pointers.binary_search(&offset).is_ok() { u64::from(pointer) } else { u64::from(pointer) | 1 };
                raw::store_u64(Addr(object + offset), value);
                self.objects.get_mut(&object).unwrap().words.insert(offset, value);
            }
            85..99 => {
                let root = self.random.below(ROOT_SLOTS);
                let pointer = self.some_pointer();
                self.roots[root as usize] = pointer;
                self.fixture.set_root(root, Addr(pointer));
            }
            _ => {
                if self.random.below(20) == 0 {
                    self.collect();
                }
            }
        }
    }
}

fn run_model(seed: u64, steps: u32, zeal: bool) {
    let fixture = Fixture::new(2048);
    fixture.heap.set_zeal(zeal);
    let mut kinds = Vec::from([(Addr::NULL, 3, 0), (Addr::NULL, 40, 0)]);
    for (words, bits) in [(1, 1), (2, 3), (3, 0b101), (6, 0b11_0001), (7, 0b100), (31, 0x5555), (64, u64::MAX), (65, 1), (130, 0x8001)] {
        kinds.push((fixture.pointer_type(words, bits), words, bits));
    }
    let pair = fixture.pointer_type(2, 0b10);
    kinds.push((fixture.array_type(pair, 10_000), 20_000, 0xAAAA_AAAA_AAAA_AAAA));
    let roots = Vec::from([0; ROOT_SLOTS as usize]);
    let mut model = Model { fixture: &fixture, random: Random(seed), objects: BTreeMap::new(), roots, kinds };
    for _ in 0..steps {
        model.step();
    }
    model.collect();
}

#[test]
fn the_heap_agrees_with_its_model() {
    for seed in 1..4 {
        run_model(seed * 7919, 12_000, false);
    }
}

#[test]
fn the_heap_agrees_with_its_model_in_zeal_mode() {
    run_model(42, 600, true);
}

#[test]
fn any_value_may_stand_in_a_pointer_slot() {
    let fixture = Fixture::new(256);
    let many = fixture.pointer_type(1, 1);
    let object = fixture.alloc(8 * 4000, many);
    fixture.set_root(0, object);
    let mut random = Random(5);
    for word in 0..4000 {
        raw::store_u64(object.add(word * 8), u64::from(random.below(u32::MAX)));
    }
    let end = object.0.wrapping_add(8 * 4000);
    for (word, value) in [u32::MAX, end, end - 1, 1, PAGE_BYTES, 0xFFFF_E000, fixture.roots.0].into_iter().enumerate() {
        raw::store_u64(object.add(word as u32 * 8), u64::from(value));
    }
    fixture.collect();
    fixture.collect();
}

#[test]
fn large_objects_are_scanned_whole_and_freed() {
    let fixture = Fixture::new(2048);
    let element = fixture.pointer_type(3, 0b100);
    let count = 200_000;
    let table = fixture.alloc(24 * count, element);
    fixture.set_root(0, table);
    for index in (0..count).step_by(999) {
        let leaf = fixture.alloc(64, Addr::NULL);
        raw::store_u64(table.add(index * 24 + 16), u64::from(leaf.0));
    }
    fixture.collect();
    fixture.heap.sweep_all();
    for index in (0..count).step_by(999) {
        assert!(fixture.is_allocated(raw::load_addr(table.add(index * 24 + 16))));
    }
    fixture.set_root(0, Addr::NULL);
    fixture.collect();
    fixture.heap.sweep_all();
    assert!(!fixture.is_allocated(table));
    let dirty = fixture.heap.alloc_now(&fixture.cache, 24 * count, Addr::NULL, FLAG_NO_ZERO).unwrap();
    assert_eq!(dirty, table);
}

#[test]
fn several_workers_mark_what_one_does() {
    let fixture = Fixture::new(2048);
    fixture.heap.set_trigger_bytes(u64::MAX);
    let node = fixture.pointer_type(3, 0b011);
    let mut random = Random(11);
    let mut objects = Vec::new();
    for index in 0..150_000u32 {
        let object = fixture.alloc(24, node);
        if index > 0 {
            for slot in 0..2 {
                let target: Addr = objects[random.below(index) as usize];
                raw::store_u64(object.add(slot * 8), u64::from(target.0));
            }
        }
        objects.push(object);
    }
    for slot in 0..ROOT_SLOTS {
        fixture.set_root(slot, objects[objects.len() - 1 - slot as usize]);
    }
    fixture.heap.flush(&fixture.cache);
    let alone = fixture.collector.collect(&fixture.heap, &fixture).live_bytes;
    for _ in 0..5 {
        fixture.collector.start(&fixture.heap, &fixture, 4);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| fixture.collector.mark(&fixture.heap, &fixture));
            }
            fixture.collector.mark(&fixture.heap, &fixture);
            let together = fixture.collector.finish(&fixture.heap);
            assert!(together.sound);
            // Two workers may both count an object that they mark at the same time.
            assert!(together.live_bytes >= alone && together.live_bytes < alone + alone / 50);
        });
        verify::structures(&fixture.heap).unwrap();
    }
}

#[test]
fn marking_survives_without_memory_for_buffers() {
    let fixture = Fixture::new(64);
    fixture.heap.set_trigger_bytes(u64::MAX);
    let node = fixture.pointer_type(2, 0b11);
    let fan = fixture.pointer_type(1, 1);
    let table = fixture.alloc(8 * 40_000, fan);
    fixture.set_root(0, table);
    let mut count = 0;
    while let Some(leaf) = fixture.heap.alloc_now(&fixture.cache, 16, node, 0) {
        let Some(next) = fixture.heap.alloc_now(&fixture.cache, 16, node, 0) else { break };
        raw::store_u64(leaf, u64::from(next.0));
        raw::store_u64(table.add(count % 40_000 * 8), u64::from(leaf.0));
        count += 1;
    }
    while fixture.heap.memory.alloc(8192).is_some() {}
    fixture.collect();
    fixture.heap.sweep_all();
    for index in 0..count.min(40_000) {
        let leaf = raw::load_addr(table.add(index * 8));
        assert!(fixture.is_allocated(leaf) && fixture.is_allocated(raw::load_addr(leaf)));
    }
}

#[test]
fn finalizers_run_once_and_in_order() {
    let fixture = Fixture::new(256);
    let specials = &fixture.collector.specials;
    let memory = &fixture.heap.memory;
    let node = fixture.pointer_type(2, 0b01);
    let first = fixture.alloc(16, node);
    let second = fixture.alloc(16, node);
    raw::store_u64(first, u64::from(second.0));
    let call = fixture.pointer_type(2, 0b11);
    let calls = [fixture.alloc(16, call), fixture.alloc(16, call)];
    specials.set_finalizer(&fixture.heap, first, calls[0]).unwrap();
    specials.set_finalizer(&fixture.heap, second, calls[1]).unwrap();
    assert_eq!(specials.set_finalizer(&fixture.heap, first.add(8), calls[0]), Err(specials::AttachError::NotAnObject));
    fixture.set_root(0, first);
    assert!(!fixture.collect().calls_ready);
    fixture.set_root(0, Addr::NULL);
    assert!(fixture.collect().calls_ready);
    // The call keeps the object, in the queue and behind it.
    fixture.collect();
    assert_eq!(specials.take_ready(memory), Some(calls[0]));
    fixture.set_root(0, calls[0]);
    fixture.collect();
    assert_eq!(raw::load_addr(calls[0].add(8)), first);
    assert_eq!(specials.take_ready(memory), None);
    fixture.heap.sweep_all();
    assert!(fixture.is_allocated(first) && fixture.is_allocated(second) && fixture.is_allocated(calls[0]));
    fixture.set_root(0, Addr::NULL);
    assert!(fixture.collect().calls_ready);
    assert_eq!(specials.take_ready(memory), Some(calls[1]));
    assert!(!fixture.collect().calls_ready);
    fixture.heap.sweep_all();
    assert!(!fixture.is_allocated(first) && !fixture.is_allocated(second));
}

#[test]
fn weak_handles_and_cleanups_see_the_end() {
    let fixture = Fixture::new(256);
    let specials = &fixture.collector.specials;
    let node = fixture.pointer_type(2, 0b11);
    let mut handles = Vec::new();
    for slot in 0..40 {
        let object = fixture.alloc(16, node);
        fixture.set_root(slot, object);
        let fresh = fixture.alloc(24, Addr::NULL);
        let handle = specials.weak_handle(&fixture.heap, object, fresh).unwrap();
        assert_eq!(specials.weak_handle(&fixture.heap, object, fixture.alloc(24, Addr::NULL)).unwrap(), handle);
        let call = fixture.alloc(16, node);
        let id = specials.add_cleanup(&fixture.heap, object, call).unwrap();
        if slot % 2 == 1 {
            specials.stop_cleanup(object, id);
        }
        handles.push((handle, object, call));
    }
    fixture.collect();
    assert!(handles.iter().all(|&(handle, object, _)| raw::load_addr(handle) == object));
    for slot in 0..20 {
        fixture.set_root(slot, Addr::NULL);
    }
    assert!(fixture.collect().calls_ready);
    let mut ready: Vec<Addr> = std::iter::from_fn(|| specials.take_ready(&fixture.heap.memory)).collect();
    ready.sort_unstable();
    let expected: Vec<Addr> = (0..20).step_by(2).map(|index| handles[index].2).collect();
    assert_eq!(ready, expected);
    for (index, &(handle, object, _)) in handles.iter().enumerate() {
        let value = raw::load_addr(handle);
        assert_eq!(value, if index < 20 { Addr::NULL } else { object });
    }
    assert!(!fixture.collect().calls_ready);
}

#[test]
fn frozen_frames_are_roots() {
    use warren_abi::frame::{FUNC_BYTES, SITE_BYTES, func, site};
    let fixture = Fixture::new(256);
    let memory = &fixture.heap.memory;
    let block = |bytes| memory.alloc(bytes).unwrap();
    let leaves: Vec<Addr> = (0..8).map(|_| fixture.alloc(32, Addr::NULL)).collect();
    let (info, sites, funcs, stack, linear, data) = (block(128), block(SITE_BYTES * 8), block(FUNC_BYTES * 4), block(256), block(64), block(64));
    raw::store_addr(info.add(module_info::SITES), sites);
    raw::store_addr(info.add(module_info::FUNCS), funcs);
    raw::store_addr(info.add(module_info::DATA_START), data);
    raw::store_addr(info.add(module_info::DATA_END), data.add(64));
    let map = block(16);
    raw::store_u8(map, 0b1000_0001);
    raw::store_addr(info.add(module_info::DATA_POINTERS), map);
    raw::store_addr(data, leaves[0]);
    raw::store_addr(data.add(8), leaves[1]);
    raw::store_addr(data.add(56), leaves[2]);
    // Site 5: three slots, the first a pointer, the last linear. Site 6: 40 slots by a map, the last one a pointer.
    let five = sites.add(5 * SITE_BYTES);
    raw::store_u16(five.add(site::SLOTS), 3);
    raw::store_u16(five.add(site::FLAGS), site::FLAG_INLINE_MAP | site::FLAG_LINEAR | site::FLAG_LINEAR_MAP);
    raw::store_u32(five.add(site::POINTERS), 0b10_0000 << 8 | 0b101);
    raw::store_u32(five.add(site::FUNC), 2);
    raw::store_u32(funcs.add(2 * FUNC_BYTES + func::LINEAR_BYTES), 48);
    raw::store_addr(linear.add(40), leaves[3]);
    let six = sites.add(6 * SITE_BYTES);
    raw::store_u16(six.add(site::SLOTS), 4);
    let slot_map = block(16);
    raw::store_u8(slot_map, 0b1000);
    raw::store_addr(six.add(site::POINTERS), slot_map);
    // Outer frame of site 6, inner frame of site 5.
    raw::store_addr(stack.add(16), leaves[4]);
    raw::store_addr(stack.add(24), leaves[5]);
    raw::store_u32(stack.add(32), 6);
    raw::store_addr(stack.add(40), leaves[6]);
    raw::store_addr(stack.add(48), leaves[7]);
    raw::store_addr(stack.add(56), linear);
    raw::store_u32(stack.add(64), 5);
    let frames = Frames(&fixture, info, stack, stack.add(72));
    fixture.heap.flush(&fixture.cache);
    fixture.collector.collect(&fixture.heap, &frames);
    fixture.heap.sweep_all();
    let alive: Vec<bool> = leaves.iter().map(|&leaf| frames.0.is_allocated(leaf)).collect();
    assert_eq!(alive, [true, false, true, true, false, true, true, false]);
}

/// Frozen frames and data as roots: the module information and where the frames lie.
struct Frames<'a>(&'a Fixture, Addr, Addr, Addr);

impl RootSource for Frames<'_> {
    fn jobs(&self) -> u32 {
        1 + roots::data_jobs(self.1)
    }
    fn scan(&self, job: u32, worker: &mut Worker<'_>) {
        match job {
            0 => roots::Frames::new(self.1).scan(self.2, self.3, worker),
            _ => roots::scan_data(self.1, job - 1, worker),
        }
    }
}

/// Which leaves live if an inner frame has these pointers, by their offset in the linear frame of an outer one. That has two objects of two
/// words with a leaf in the first word of each; the second word of the second object points to the first object if it is `linked`.
fn reached_objects(offsets: &[u32], linked: bool) -> Vec<bool> {
    use warren_abi::frame::{FUNC_BYTES, SITE_BYTES, func, site};
    let fixture = Fixture::new(256);
    let memory = &fixture.heap.memory;
    let block = |bytes| memory.alloc(bytes).unwrap();
    let leaves: Vec<Addr> = (0..3).map(|_| fixture.alloc(32, Addr::NULL)).collect();
    let (info, sites, funcs, record, linear) = (block(128), block(SITE_BYTES * 2), block(FUNC_BYTES * 2), block(16), block(48));
    let pointers = offsets.len() as u32;
    let stack = block(32 + pointers * 8);
    raw::store_addr(info.add(module_info::SITES), sites);
    raw::store_addr(info.add(module_info::FUNCS), funcs);
    raw::store_addr(funcs.add(FUNC_BYTES + func::OBJECTS), record);
    raw::store_u32(funcs.add(FUNC_BYTES + func::LINEAR_BYTES), 48);
    for (at, half) in (0..).zip([2, 0, 2, 2, 4, 0b1_1101]) {
        raw::store_u16(record.add(at * 2), half);
    }
    for (word, pointer) in [(0, leaves[0]), (2, leaves[1]), (3, if linked { linear.add(8) } else { Addr::NULL }), (4, leaves[2])] {
        raw::store_addr(linear.add(word * 8), pointer);
    }
    raw::store_u16(sites.add(site::SLOTS), 1);
    raw::store_u16(sites.add(site::FLAGS), site::FLAG_INLINE_MAP | site::FLAG_LINEAR);
    raw::store_u32(sites.add(site::FUNC), 1);
    let map = block(128);
    raw::store_u16(sites.add(SITE_BYTES + site::SLOTS), pointers as u16);
    raw::store_addr(sites.add(SITE_BYTES + site::POINTERS), map);
    raw::store_addr(stack, linear);
    for (slot, offset) in (0..).zip(offsets) {
        raw::store_addr(stack.add(16 + slot * 8), linear.add(*offset));
        raw::store_u8(map.add(slot / 8), 0xFF);
    }
    raw::store_u32(stack.add(16 + pointers * 8), 1);
    let frames = Frames(&fixture, info, stack, stack.add(24 + pointers * 8));
    fixture.heap.flush(&fixture.cache);
    fixture.collector.collect(&fixture.heap, &frames);
    fixture.heap.sweep_all();
    leaves.iter().map(|&leaf| fixture.is_allocated(leaf)).collect()
}

#[test]
fn objects_of_linear_frames_live_if_something_points_to_them() {
    assert_eq!(reached_objects(&[], true), [false, false, false]);
    assert_eq!(reached_objects(&[0], true), [true, false, false]);
    assert_eq!(reached_objects(&[24], false), [false, true, false]);
    assert_eq!(reached_objects(&[24], true), [true, true, false]);
    assert_eq!(reached_objects(&[32], true), [false, false, false], "that word is of no object");
    let behind: Vec<u32> = (0..65).map(|i| 48 + i * 8).collect();
    assert_eq!(reached_objects(&behind, false), [true, true, false], "more pointers than are kept in mind");
}

#[test]
fn counts_are_exact() {
    let fixture = Fixture::new(256);
    let out = fixture.heap.memory.alloc(crate::gc::stats::WORDS * 8).unwrap();
    let word = |index: u32| {
        crate::gc::stats::write(&fixture.heap, &fixture.collector, std::iter::once(&*fixture.cache), out);
        raw::load_u64(out.add(index * 8))
    };
    let before = (word(3), word(1));
    for _ in 0..100 {
        fixture.alloc(48, Addr::NULL);
    }
    assert_eq!((word(3), word(1)), (before.0 + 100, before.1 + 4800));
    for _ in 0..10 {
        fixture.alloc(1, Addr::NULL);
    }
    assert_eq!(word(3), before.0 + 110);
    fixture.collect();
    fixture.heap.sweep_all();
    assert_eq!((word(0), word(9)), (0, 0));
    assert_eq!(word(3), word(4));
    assert_eq!(word(17), 1);
}

/// Threads that allocate, link and check objects, and stop each other for collections.
#[test]
fn threads_allocate_while_others_collect() {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
    use std::sync::{Condvar, Mutex};
    const THREADS: u32 = 3;
    const SLOTS: u32 = ROOT_SLOTS / THREADS;
    struct Shared {
        fixture: Fixture,
        caches: Vec<Cache>,
        node: Addr,
        stopping: AtomicBool,
        stopped: Mutex<u32>,
        done: AtomicU32,
        changed: Condvar,
        cycles: AtomicU32,
    }
    /// Waits until the stop is over, helping to mark.
    fn rest(shared: &Shared) {
        let mut stopped = shared.stopped.lock().unwrap();
        if !shared.stopping.load(SeqCst) {
            return;
        }
        let cycle = shared.cycles.load(SeqCst);
        *stopped += 1;
        shared.changed.notify_all();
        while shared.cycles.load(SeqCst) == cycle {
            drop(stopped);
            shared.fixture.collector.mark(&shared.fixture.heap, &shared.fixture);
            stopped = shared.stopped.lock().unwrap();
            if shared.cycles.load(SeqCst) == cycle {
                stopped = shared.changed.wait_timeout(stopped, std::time::Duration::from_micros(100)).unwrap().0;
            }
        }
    }
    fn collect(shared: &Shared) {
        if shared.stopping.swap(true, SeqCst) {
            rest(shared);
            return;
        }
        let mut stopped = shared.stopped.lock().unwrap();
        while *stopped + shared.done.load(SeqCst) < THREADS - 1 {
            stopped = shared.changed.wait(stopped).unwrap();
        }
        drop(stopped);
        let heap = &shared.fixture.heap;
        shared.caches.iter().for_each(|cache| heap.flush(cache));
        verify::structures(heap).unwrap();
        shared.fixture.collector.start(heap, &shared.fixture, THREADS);
        shared.fixture.collector.mark(heap, &shared.fixture);
        assert!(shared.fixture.collector.finish(heap).sound, "GC-1");
        let mut stopped = shared.stopped.lock().unwrap();
        *stopped = 0;
        shared.cycles.fetch_add(1, SeqCst);
        shared.stopping.store(false, SeqCst);
        shared.changed.notify_all();
    }
    fn alloc(shared: &Shared, cache: &Cache, bytes: u32, element: Addr) -> Addr {
        let object = shared.fixture.heap.alloc(cache, bytes, element, 0);
        if !object.is_null() {
            return object;
        }
        collect(shared);
        shared.fixture.heap.alloc_now(cache, bytes, element, 0).unwrap()
    }
    fn work(shared: &Shared, thread: u32) {
        let cache = &shared.caches[thread as usize];
        let mut random = Random(u64::from(thread) * 77 + 3);
        for round in 0..12_000_u32 {
            if shared.stopping.load(SeqCst) {
                rest(shared);
            }
            // A list grows in each root slot: {next, length, thread}.
            let slot = thread * SLOTS + random.below(SLOTS);
            let bytes = if random.below(50) == 0 { 24 * (1 + random.below(3000)) } else { 24 };
            let object = alloc(shared, cache, bytes, shared.node);
            assert!((0..bytes / 8).all(|word| raw::load_u64(object.add(word * 8)) == 0), "HEAP-2");
            let next = raw::load_addr(shared.fixture.roots.add(slot * 8));
            let length = if next.is_null() { 0 } else { raw::load_u64(next.add(8)) };
            if length < 200 {
                raw::store_u64(object, u64::from(next.0));
                raw::store_u64(object.add(8), length + 1);
            }
            raw::store_u64(object.add(16), u64::from(thread));
            shared.fixture.set_root(slot, object);
            if round % 64 == 0 {
                let mut current = object;
                let mut expected = raw::load_u64(object.add(8));
                while !current.is_null() {
                    assert_eq!((raw::load_u64(current.add(8)), raw::load_u64(current.add(16))), (expected, u64::from(thread)));
                    expected = expected.saturating_sub(1);
                    current = raw::load_addr(current);
                }
            }
        }
        let guard = shared.stopped.lock().unwrap();
        shared.done.fetch_add(1, SeqCst);
        shared.changed.notify_all();
        drop(guard);
    }
    let fixture = Fixture::new(2048);
    let node = fixture.pointer_type(3, 0b001);
    fixture.collector.pacer.configure(&fixture.heap, 30, u64::MAX);
    let caches = (0..THREADS).map(|_| Cache::new()).collect();
    let shared = Shared {
        fixture,
        caches,
        node,
        stopping: AtomicBool::new(false),
        stopped: Mutex::new(0),
        done: AtomicU32::new(0),
        changed: Condvar::new(),
        cycles: AtomicU32::new(0),
    };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let shared = &shared;
            scope.spawn(move || work(shared, thread));
        }
    });
    assert!(shared.cycles.load(SeqCst) > 5);
}
