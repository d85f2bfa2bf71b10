//! Unpacks the tables that the module holds packed (`warren_abi::packed`).

use warren_abi::module_info as info;
use warren_abi::packed::{MAX_FIELDS, TABLES};

use crate::mem::{Addr, raw};

/// A LEB128 number; `at` goes behind it.
fn number(at: &mut Addr) -> u32 {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let byte = u32::from(raw::load_u8(*at));
        *at = at.add(1);
        value |= (byte & 0x7F) << shift;
        if byte < 0x80 {
            return value;
        }
        shift += 7;
    }
}

/// Unpacks all tables to where the module information says, if the module has packed ones.
pub fn unpack(module_info: Addr) {
    let mut from = raw::load_addr(module_info.add(info::PACKED));
    if from == Addr::NULL {
        return;
    }
    for table in &TABLES {
        let mut to = raw::load_addr(module_info.add(table.address));
        let mut last = [0u32; MAX_FIELDS];
        for _ in 0..number(&mut from) {
            let mut mask = 0;
            for byte in 0..table.fields.len().div_ceil(8) {
                mask |= u32::from(raw::load_u8(from)) << (8 * byte);
                from = from.add(1);
            }
            let (mut word, mut bits) = (0, 0);
            for (&width, last) in table.fields.iter().zip(&mut last) {
                if mask & 1 != 0 {
                    let difference = number(&mut from);
                    *last = last.wrapping_add(difference >> 1 ^ 0u32.wrapping_sub(difference & 1));
                }
                mask >>= 1;
                word |= *last << bits;
                bits += u32::from(width);
                if bits == 32 {
                    raw::store_u32(to, word);
                    to = to.add(4);
                    (word, bits) = (0, 0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_from_differences() {
        let world = crate::world::make_world();
        let start = crate::world::allocate(world, 512);
        let (module_info, stream, sites) = (start, start.add(256), start.add(384));
        // Two sites, no functions, no inlined calls. The second site differs in its function and in its line, which is smaller by 2.
        let bytes = [2, 0b01_0101, 14, 0x80, 0x01, 20, 0b01_0001, 2, 3, 0, 0];
        for (offset, byte) in (0..).zip(bytes) {
            raw::store_u8(stream.add(offset), byte);
        }
        raw::store_addr(module_info.add(info::PACKED), stream);
        raw::store_addr(module_info.add(info::SITES), sites);
        unpack(module_info);
        let words: std::vec::Vec<u32> = (0..8).map(|word| raw::load_u32(sites.add(word * 4))).collect();
        assert_eq!(words, [7, 64 << 16, 0, 10, 8, 64 << 16, 0, 8]);
    }
}
