//! Addresses of data.

use super::pack::pack;
use super::reach::{Definition, Kept};
use crate::debug::Info;
use crate::wasm::object::{Data, DataReloc, Place, SymbolId, Unit, Word};
use warren_abi::module_info;
use warren_abi::packed::TABLES;

/// Where the stack of Rust code on the main thread begins, and data.
pub const STACK_TOP: u32 = 128 << 10;

/// Addresses of everything.
#[derive(Debug, Default)]
pub struct Layout {
    /// By symbol; 0 for what has none.
    pub address: Vec<u32>,
    /// What data segments hold, from [`STACK_TOP`] on.
    pub image: Vec<u8>,
    /// First address behind all data.
    pub end: u32,
}

fn align_up(address: u32, align: u32) -> u32 {
    (address + align - 1) & !(align - 1)
}

fn is_zero(data: &Data) -> bool {
    data.relocs.is_empty() && data.bytes.iter().all(|&byte| byte == 0)
}

/// The order of data in memory; everything from [`FIRST_ZERO_RANK`] on is zero at first. Packed tables hold addresses of read-only data only,
/// so their stream, whose length decides where the rest lies, can be made once that has its place.
fn rank(data: &Data) -> u8 {
    match (data.place, is_zero(data)) {
        (Place::Runtime, false) => 0,
        (Place::ReadOnly, _) => 1,
        (Place::Stream, _) => 2,
        (Place::Data, false) => 3,
        (Place::Roots, false) => 4,
        (Place::Roots, true) => 5,
        (Place::Data, true) => 6,
        (Place::Runtime, true) => 7,
        (Place::Packed, _) => 8,
    }
}

const FIRST_ZERO_RANK: u8 = 5;

/// The stream of packed tables.
fn stream(unit: &Unit, kept: &Kept, info: &Info, layout: &Layout) -> Vec<u8> {
    let mut bytes = Vec::new();
    for table in &TABLES {
        let symbol = info.table(table.address);
        let Definition::Data(index) = kept.definitions[symbol.0 as usize] else { unreachable!("the table is declared") };
        let data = &unit.datas[index as usize];
        let mut rows = data.bytes.clone();
        for reloc in &data.relocs {
            if let Word::Address(symbol, _) = reloc.word {
                assert_ne!(layout.address[symbol.0 as usize], 0, "bug: link: a packed table holds the address of what has none yet");
            }
            rows[reloc.offset as usize..][..4].copy_from_slice(&word(kept, layout, reloc).to_le_bytes());
        }
        pack(table, &rows, &mut bytes);
    }
    bytes
}

/// Gives every kept piece of data its address and fills in the module information and the bitmap of roots.
pub fn lay_out(unit: &mut Unit, kept: &Kept, info: &Info) -> Layout {
    let mut order: Vec<u32> = kept.datas.clone();
    // Larger alignment first keeps gaps away; the sort is stable, so the outcome depends on the program alone.
    order.sort_by_key(|&index| {
        let data = &unit.datas[index as usize];
        (rank(data), u32::MAX - data.align)
    });
    // The bitmap's size decides addresses behind it, so the extent of the roots comes first.
    let roots: Vec<u32> = order.iter().copied().filter(|&index| unit.datas[index as usize].place == Place::Roots).collect();
    let mut root_bytes = 0u32;
    let mut root_bits: Vec<u8> = Vec::new();
    for &index in &roots {
        let data = &unit.datas[index as usize];
        root_bytes = align_up(root_bytes, data.align.max(8));
        for (byte, &bits) in data.pointers.iter().enumerate() {
            for bit in (0..8).filter(|bit| bits >> bit & 1 == 1) {
                let word = root_bytes as usize / 8 + byte * 8 + bit;
                if root_bits.len() <= word / 8 {
                    root_bits.resize(word / 8 + 1, 0);
                }
                root_bits[word / 8] |= 1 << (word % 8);
            }
        }
        root_bytes += data.size;
    }
    root_bits.resize(root_bytes.div_ceil(64) as usize, 0);
    let Definition::Data(bitmap) = kept.definitions[info.root_bitmap.0 as usize] else { unreachable!("the bitmap is declared") };
    unit.datas[bitmap as usize].size = u32::try_from(root_bits.len()).expect("fits memory");
    unit.datas[bitmap as usize].bytes = root_bits;

    let mut layout = Layout { address: vec![0; unit.symbols.count()], ..Layout::default() };
    let mut at = STACK_TOP;
    let mut image_end = STACK_TOP;
    let mut read_only_end = STACK_TOP;
    let mut root_range: Option<(u32, u32)> = None;
    for &index in &order {
        if unit.datas[index as usize].place == Place::Stream {
            let bytes = stream(unit, kept, info, &layout);
            let data = &mut unit.datas[index as usize];
            data.size = u32::try_from(bytes.len()).expect("a stream below 4 GiB");
            data.bytes = bytes;
        }
        let data = &unit.datas[index as usize];
        let align = if data.place == Place::Roots { data.align.max(8) } else { data.align };
        if data.place == Place::Roots && root_range.is_none() {
            // The bitmap was made for a start at an address of the largest alignment.
            at = align_up(at, 16);
        }
        at = align_up(at, align.max(1));
        layout.address[data.symbol.0 as usize] = at;
        if data.place == Place::Roots {
            let start = root_range.map_or(at, |(start, _)| start);
            root_range = Some((start, align_up(at + data.size, 8)));
        }
        at += data.size;
        let rank = rank(data);
        if rank < FIRST_ZERO_RANK {
            image_end = at;
        }
        if rank <= 1 {
            read_only_end = at;
        }
    }
    layout.end = align_up(at, 16);
    let (roots_start, roots_end) = root_range.unwrap_or((0, 0));
    let Definition::Data(header) = kept.definitions[info.module_info.0 as usize] else { unreachable!("the header is declared") };
    let header = &mut unit.datas[header as usize].bytes;
    let mut set = |offset: u32, value: u32| header[offset as usize..][..4].copy_from_slice(&value.to_le_bytes());
    set(module_info::DATA_START, roots_start);
    set(module_info::DATA_END, roots_end);
    set(module_info::HEAP_START, layout.end);
    // abi.NameOff and abi.TypeOff are addresses.
    set(module_info::TYPES_START, 0);
    set(module_info::TYPES_END, read_only_end);

    layout.image = vec![0; (image_end - STACK_TOP) as usize];
    for &index in &order {
        let data = &unit.datas[index as usize];
        if rank(data) >= FIRST_ZERO_RANK {
            continue;
        }
        let base = (layout.address[data.symbol.0 as usize] - STACK_TOP) as usize;
        layout.image[base..base + data.bytes.len()].copy_from_slice(&data.bytes);
        for reloc in &data.relocs {
            let value = word(kept, &layout, reloc);
            layout.image[base + reloc.offset as usize..][..4].copy_from_slice(&value.to_le_bytes());
        }
    }
    layout
}

fn word(kept: &Kept, layout: &Layout, reloc: &DataReloc) -> u32 {
    let address = |symbol: SymbolId, addend: i32| layout.address[symbol.0 as usize].wrapping_add_signed(addend);
    match reloc.word {
        Word::Address(symbol, addend) => address(symbol, addend),
        Word::WeakAddress(symbol, addend) => {
            if kept.is_reached(symbol) {
                address(symbol, addend)
            } else {
                0
            }
        }
        Word::TableIndex(symbol) => kept.table_index[&symbol],
        Word::WeakTableIndex(symbol) => kept.table_index.get(&symbol).copied().unwrap_or(u32::MAX),
        Word::FuncId(symbol) => kept.func_id.get(&symbol).copied().unwrap_or(0),
    }
}
