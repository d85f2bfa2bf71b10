//! Finding the pointers of an object.

use super::mark::{PIECE_BYTES, Worker, is_large};
use crate::heap::span::{BITMAP, Span};
use crate::mem::pages::PAGE_BYTES;
use crate::mem::{Addr, Ref, raw};
use warren_abi::typedesc;

/// Flag of a type whose bitmap is not there: it is larger than 16 KiB of bits, so the type's structure is walked.
const FLAG_MASK_ON_DEMAND: u8 = 1 << 4;
const KIND_MASK: u8 = 31;
const KIND_ARRAY: u8 = 17;
const KIND_STRUCT: u8 = 25;
/// `abi.ArrayType`.
const ARRAY_ELEMENT: u32 = 48;
const ARRAY_LENGTH: u32 = 64;
/// `abi.StructType` and `abi.StructField`.
const STRUCT_FIELDS: u32 = 56;
const STRUCT_FIELD_COUNT: u32 = 64;
const FIELD_BYTES: u32 = 24;
const FIELD_TYPE: u32 = 8;
const FIELD_OFFSET: u32 = 16;

/// Greys what the object at `address` points to. For a large object, `address` may be the beginning of a piece.
#[inline(always)]
pub fn object(worker: &mut Worker<'_>, span: &Span, address: Addr) {
    if span.pointer_kind.get() == BITMAP {
        let words = span.object_bytes.get() / 8;
        let word = (address.0 & (PAGE_BYTES - 1)) >> 3;
        let mut bits = raw::load_u64(span.pointers.get().add(word >> 3)) >> (word & 7);
        bits &= u64::MAX >> ((64 - words) & 63);
        while bits != 0 {
            let pointer = raw::load_addr(address.add(bits.trailing_zeros() * 8));
            bits &= bits - 1;
            if !pointer.is_null() {
                worker.grey(pointer);
            }
        }
    } else {
        typed(worker, span, address);
    }
}

/// Greys what the object at `address` points to, pushing nothing for pieces of a large one.
pub fn whole_object(worker: &mut Worker<'_>, span: &Span, address: Addr) {
    if !is_large(span) {
        object(worker, span, address);
    } else if !span.pointers.get().is_null() {
        let bytes = span.object_bytes.get();
        elements(worker, address, 0, bytes, bytes, flatten(span.pointers.get()));
    }
}

fn typed(worker: &mut Worker<'_>, span: &Span, address: Addr) {
    let start = span.start.get();
    if !is_large(span) {
        let offset = address.offset_from(start);
        let index = ((u64::from(offset) * u64::from(span.magic.get())) >> 32) as u32;
        let element = raw::load_addr(span.pointers.get().add(index * 4));
        if !element.is_null() {
            elements(worker, address, 0, span.object_bytes.get(), span.object_bytes.get(), flatten(element));
        }
        return;
    }
    let element = span.pointers.get();
    if element.is_null() {
        return;
    }
    let bytes = span.object_bytes.get();
    let first = address.offset_from(start);
    if first == 0 && bytes > PIECE_BYTES {
        // Other pieces may be scanned by other workers.
        let Some(record) = Ref::<Span>::at(raw::address_of(span)) else { return };
        let mut piece = PIECE_BYTES;
        while piece < bytes {
            worker.push(record, start.add(piece));
            piece += PIECE_BYTES;
        }
    }
    elements(worker, start, first, bytes.min(first + PIECE_BYTES), bytes, flatten(element));
}

/// An array is laid out like its elements in a row.
fn flatten(element: Addr) -> Addr {
    let mut element = element;
    while raw::load_u8(element.add(typedesc::KIND)) & KIND_MASK == KIND_ARRAY && raw::load_u32(element.add(ARRAY_LENGTH)) > 0 {
        element = raw::load_addr(element.add(ARRAY_ELEMENT));
    }
    element
}

/// Scans the whole elements of the object `[start, start + bytes)` that begin at offsets in `[first, end)`.
fn elements(worker: &mut Worker<'_>, start: Addr, first: u32, end: u32, bytes: u32, element: Addr) {
    let element_bytes = raw::load_u32(element.add(typedesc::SIZE)).max(1);
    let pointer_words = raw::load_u32(element.add(typedesc::PTR_BYTES)) / 8;
    let mut offset = first.next_multiple_of(element_bytes);
    if pointer_words == 0 || pointer_words >= 64 {
        while offset < end && bytes - offset >= element_bytes {
            value(worker, start.add(offset), element);
            offset += element_bytes;
        }
        return;
    }
    let map = last_bits(raw::load_addr(element.add(typedesc::GC_DATA)), pointer_words);
    while offset < end && bytes - offset >= element_bytes {
        let mut bits = map;
        while bits != 0 {
            let pointer = raw::load_addr(start.add(offset + bits.trailing_zeros() * 8));
            bits &= bits - 1;
            if !pointer.is_null() {
                worker.grey(pointer);
            }
        }
        offset += element_bytes;
    }
}

/// Scans one value of a type with pointers.
fn value(worker: &mut Worker<'_>, address: Addr, kind: Addr) {
    if raw::load_u8(kind.add(typedesc::TFLAG)) & FLAG_MASK_ON_DEMAND != 0 {
        structure(worker, address, kind);
        return;
    }
    let words = raw::load_u32(kind.add(typedesc::PTR_BYTES)) / 8;
    bitmap(worker, address, words, raw::load_addr(kind.add(typedesc::GC_DATA)));
}

/// Scans `words` words from `address` by a bitmap of one bit a word.
pub fn bitmap(worker: &mut Worker<'_>, address: Addr, words: u32, map: Addr) {
    each_pointer(address, words, map, |pointer| worker.grey(pointer));
}

/// Calls `visit` with the pointers among `words` words from `address`, by a bitmap of one bit a word.
#[inline(always)]
pub fn each_pointer(address: Addr, words: u32, map: Addr, mut visit: impl FnMut(Addr)) {
    let mut word = 0;
    while word < words {
        let left = words - word;
        let mut bits = if left >= 64 { raw::load_u64(map.add(word / 8)) } else { last_bits(map.add(word / 8), left) };
        while bits != 0 {
            let pointer = raw::load_addr(address.add((word + bits.trailing_zeros()) * 8));
            bits &= bits - 1;
            if !pointer.is_null() {
                visit(pointer);
            }
        }
        word += 64;
    }
}

/// The first `count` (fewer than 64) bits at `map`, reading no byte behind them.
fn last_bits(map: Addr, count: u32) -> u64 {
    let mut bits = 0;
    for byte in 0..count.div_ceil(8) {
        bits |= u64::from(raw::load_u8(map.add(byte))) << (byte * 8);
    }
    bits & !(u64::MAX << count)
}

/// Scans a value by the structure of its type.
fn structure(worker: &mut Worker<'_>, address: Addr, kind: Addr) {
    match raw::load_u8(kind.add(typedesc::KIND)) & KIND_MASK {
        KIND_ARRAY => {
            let element = raw::load_addr(kind.add(ARRAY_ELEMENT));
            let bytes = raw::load_u32(kind.add(typedesc::SIZE));
            elements(worker, address, 0, bytes, bytes, element);
        }
        KIND_STRUCT => {
            let fields = raw::load_addr(kind.add(STRUCT_FIELDS));
            for index in 0..raw::load_u32(kind.add(STRUCT_FIELD_COUNT)) {
                let field = fields.add(index * FIELD_BYTES);
                let field_type = raw::load_addr(field.add(FIELD_TYPE));
                if raw::load_u32(field_type.add(typedesc::PTR_BYTES)) != 0 {
                    value(worker, address.add(raw::load_u32(field.add(FIELD_OFFSET))), field_type);
                }
            }
        }
        _ => {}
    }
}
