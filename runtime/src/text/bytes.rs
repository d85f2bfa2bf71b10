//! Kernels over bytes: comparison, search, hash.

use crate::mem::{Addr, raw};

/// The two ranges hold the same bytes.
pub fn equal(left: Addr, right: Addr, length: u32) -> bool {
    if left == right {
        return true;
    }
    if length < 8 {
        return (0..length).all(|offset| raw::load_u8(left.add(offset)) == raw::load_u8(right.add(offset)));
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

/// Index of the first `byte`, or -1.
pub fn index(text: Addr, length: u32, byte: u8) -> i64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let pattern = ONES * u64::from(byte);
    let mut offset = 0;
    while offset + 8 <= length {
        let word = raw::load_u64(text.add(offset)) ^ pattern;
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
