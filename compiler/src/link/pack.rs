//! Packs the tables about functions and sites, as the contract crate says (`warren_abi::packed`).

use warren_abi::packed::Table;

fn number(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Adds the rows of a table to a stream.
pub fn pack(table: &Table, bytes: &[u8], out: &mut Vec<u8>) {
    let row_bytes = table.fields.iter().map(|&bits| usize::from(bits)).sum::<usize>() / 8;
    debug_assert_eq!(bytes.len() % row_bytes, 0, "whole rows");
    number(u32::try_from(bytes.len() / row_bytes).expect("a table below 4 GiB"), out);
    let mut last = vec![0u32; table.fields.len()];
    for row in bytes.chunks_exact(row_bytes) {
        let mut mask = 0u32;
        let mut differences = Vec::new();
        let mut at = 0;
        for (field, (&bits, last)) in table.fields.iter().zip(&mut last).enumerate() {
            let word = u32::from_le_bytes(row[at / 32 * 4..][..4].try_into().expect("four bytes"));
            let value = word >> (at % 32) & (u32::MAX >> (32 - bits));
            at += usize::from(bits);
            let difference = value.wrapping_sub(*last).cast_signed();
            *last = value;
            if difference != 0 {
                mask |= 1 << field;
                number((difference << 1 ^ difference >> 31).cast_unsigned(), &mut differences);
            }
        }
        out.extend_from_slice(&mask.to_le_bytes()[..table.fields.len().div_ceil(8)]);
        out.extend(differences);
    }
}

#[cfg(test)]
mod tests {
    use super::pack;
    use warren_abi::packed::TABLES;

    #[test]
    fn rows_become_differences() {
        let rows = [7u32, 64 << 16, 0, 10, 8, 64 << 16, 0, 8];
        let bytes: Vec<u8> = rows.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut out = Vec::new();
        pack(&TABLES[0], &bytes, &mut out);
        assert_eq!(out, [2, 0b01_0101, 14, 0x80, 0x01, 20, 0b01_0001, 2, 3]);
    }
}
