//! The allocator without the collector. `gc::tests` has the shadow model.

use super::*;
use crate::gc::tests::Fixture;
use crate::mem::raw;
use std::vec::Vec;

#[test]
fn objects_are_zeroed_aligned_and_disjoint() {
    let fixture = Fixture::new(1024);
    let pair = fixture.pointer_type(2, 0b10);
    let mut objects: Vec<(u32, u32)> = Vec::new();
    for size in (1..2000).chain((2000..40_000).step_by(977)) {
        for element in [Addr::NULL, pair] {
            let object = fixture.heap.alloc_now(&fixture.cache, size, element, 0).unwrap();
            let align = if size % 16 == 0 {
                16
            } else if size % 8 == 0 {
                8
            } else {
                1
            };
            assert_eq!(object.0 % align, 0, "{size}");
            assert!(raw::slice(object, size).iter().all(|&byte| byte == 0), "HEAP-2");
            raw::fill(object, 0xFF, size);
            objects.push((object.0, size));
        }
    }
    objects.sort_unstable();
    assert!(objects.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
}

#[test]
fn size_zero_has_an_address_of_its_own() {
    let fixture = Fixture::new(64);
    let first = fixture.heap.alloc(&fixture.cache, 0, Addr::NULL, 0);
    assert!(!first.is_null());
    assert_eq!(first, fixture.heap.alloc(&fixture.cache, 0, Addr::NULL, 0));
    assert!(fixture.heap.find(first).is_none());
}

#[test]
fn a_collection_becomes_due() {
    let fixture = Fixture::new(1024);
    let mut bytes = 0;
    while !fixture.heap.alloc(&fixture.cache, 64, Addr::NULL, 0).is_null() {
        bytes += 64;
        assert!(bytes < 5 << 20);
    }
    assert!(bytes > 3 << 20);
    assert!(fixture.heap.alloc(&fixture.cache, 64, Addr::NULL, 0).is_null());
    assert!(fixture.heap.alloc_now(&fixture.cache, 64, Addr::NULL, 0).is_some());
}

#[test]
fn memory_is_used_up() {
    let fixture = Fixture::new(16);
    fixture.heap.set_trigger_bytes(u64::MAX);
    while fixture.heap.alloc_now(&fixture.cache, 1000, Addr::NULL, 0).is_some() {}
    assert!(fixture.heap.alloc(&fixture.cache, 100_000, Addr::NULL, 0).is_null());
    assert!(fixture.heap.alloc_now(&fixture.cache, 0xFFFF_FFF0, Addr::NULL, 0).is_none());
}
