//! Kernels over bytes: comparison, search, hash.

use crate::mem::{Addr, raw};

/// The two ranges hold the same bytes.
pub fn equal(left: Addr, right: Addr, length: u32) -> bool {
    if left == right {
        return true;
    }
    if length < 8 {
        if length < 4 {
            return (0..length).all(|offset| raw::load_u8(left.add(offset)) == raw::load_u8(right.add(offset)));
        }
        // Two words that overlap.
        let at = |offset| raw::load_u32(left.add(offset)) ^ raw::load_u32(right.add(offset));
        return at(0) | at(length - 4) == 0;
    }
    let mut offset = 0;
    while offset + 8 <= length {
        if raw::load_u64(left.add(offset)) != raw::load_u64(right.add(offset)) {
            return false;
        }
        offset += 8;
    }
    // The last eight bytes overlap what was compared already.
    raw::load_u64(left.add(length - 8)) == raw::load_u64(right.add(length - 8))
}

/// -1, 0 or 1, as the left text is less than, equal to or greater than the right one.
pub fn compare(left: Addr, left_length: u32, right: Addr, right_length: u32) -> i32 {
    let common = left_length.min(right_length);
    let mut offset = 0;
    while offset + 8 <= common {
        let (a, b) = (raw::load_u64(left.add(offset)).swap_bytes(), raw::load_u64(right.add(offset)).swap_bytes());
        if a != b {
            return if a < b { -1 } else { 1 };
        }
        offset += 8;
    }
    while offset < common {
        let (a, b) = (raw::load_u8(left.add(offset)), raw::load_u8(right.add(offset)));
        if a != b {
            return if a < b { -1 } else { 1 };
        }
        offset += 1;
    }
    match left_length.cmp(&right_length) {
        core::cmp::Ordering::Less => -1,
        core::cmp::Ordering::Equal => 0,
        core::cmp::Ordering::Greater => 1,
    }
}

/// A one in each of the eight bytes of a word.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The top bit of each byte.
const TOPS: u64 = 0x8080_8080_8080_8080;

/// The top bits of those bytes of `word` that are zero (Warren, Hacker's Delight, section 6-1: the form without carries between bytes).
fn zero_bytes(word: u64) -> u64 {
    !(((word & !TOPS) + !TOPS) | word) & TOPS
}

/// Index of the first `byte`, or -1.
pub fn index(text: Addr, length: u32, byte: u8) -> i64 {
    let pattern = ONES * u64::from(byte);
    let mut offset = 0;
    while offset + 8 <= length {
        let word = raw::load_u64(text.add(offset)) ^ pattern;
        // Faster than `zero_bytes`; above the first zero byte its bits mean nothing.
        let zeros = word.wrapping_sub(ONES) & !word & TOPS;
        if zeros != 0 {
            return i64::from(offset + zeros.trailing_zeros() / 8);
        }
        offset += 8;
    }
    while offset < length {
        if raw::load_u8(text.add(offset)) == byte {
            return i64::from(offset);
        }
        offset += 1;
    }
    -1
}

/// Index of the first `pattern`, of two bytes or more, in `text`, or -1. Eight places at a time are compared with the first two bytes.
pub fn index_text(text: Addr, length: u32, pattern: Addr, pattern_length: u32) -> i64 {
    if pattern_length > length {
        return -1;
    }
    let last = length - pattern_length;
    let matches = |place: u32| equal(text.add(place + 2), pattern.add(2), pattern_length - 2);
    let (first, second) = (raw::load_u8(pattern), raw::load_u8(pattern.add(1)));
    let (firsts, seconds) = (ONES * u64::from(first), ONES * u64::from(second));
    let mut offset = 0;
    while offset + 9 <= length {
        let mut places = zero_bytes((raw::load_u64(text.add(offset)) ^ firsts) | (raw::load_u64(text.add(offset + 1)) ^ seconds));
        while places != 0 {
            let place = offset + places.trailing_zeros() / 8;
            if place > last {
                return -1;
            }
            if matches(place) {
                return i64::from(place);
            }
            places &= places - 1;
        }
        offset += 8;
    }
    while offset <= last {
        if raw::load_u8(text.add(offset)) == first && raw::load_u8(text.add(offset + 1)) == second && matches(offset) {
            return i64::from(offset);
        }
        offset += 1;
    }
    -1
}

/// How often `byte` is in the text.
pub fn count(text: Addr, length: u32, byte: u8) -> i64 {
    let pattern = ONES * u64::from(byte);
    let (mut offset, mut found) = (0, 0);
    while offset + 8 <= length {
        found += zero_bytes(raw::load_u64(text.add(offset)) ^ pattern).count_ones();
        offset += 8;
    }
    while offset < length {
        found += u32::from(raw::load_u8(text.add(offset)) == byte);
        offset += 1;
    }
    i64::from(found)
}

/// A hash of the bytes: words are multiplied and folded.
pub fn hash(text: Addr, seed: u64, length: u32) -> u64 {
    const FIRST: u64 = 0xA076_1D64_78BD_642F;
    const SECOND: u64 = 0xE703_7ED1_A0B4_28DB;
    let mut state = seed ^ FIRST ^ u64::from(length).wrapping_mul(SECOND);
    let mut offset = 0;
    while offset + 8 <= length {
        state = fold(state ^ raw::load_u64(text.add(offset)), SECOND);
        offset += 8;
    }
    let mut rest = 0;
    while offset < length {
        rest = rest << 8 | u64::from(raw::load_u8(text.add(offset)));
        offset += 1;
    }
    fold(fold(state ^ rest, FIRST), SECOND)
}

/// Mixes by a multiplication whose high half flows back.
fn fold(value: u64, factor: u64) -> u64 {
    let low = (value & 0xFFFF_FFFF).wrapping_mul(factor);
    let high = (value >> 32).wrapping_mul(factor | 1);
    (low ^ high.rotate_left(29)) ^ (low ^ high) >> 32
}
