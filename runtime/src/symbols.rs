//! From program counters to functions, files and lines.
//!
//! A program counter names a function and a call site in it (`warren_abi::frame::PC_BASE`). A site may lie inside inlined calls; each of them is a
//! *logical* frame of its own, innermost first, with a program counter of its own, whose upper bits say how many calls to leave out.

use warren_abi::frame::{
    FUNC_BYTES, INLINE_BYTES, PC_BASE, PC_SITE_BITS, PC_SKIP_SHIFT, PC_SLACK, PC_SLACK_BITS, POSITION_LINE_BITS, SITE_BYTES, func, inline, site,
};
use warren_abi::module_info as info;

use crate::mem::{Addr, raw};
use crate::world::World;

/// Text of the module: address and length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text {
    pub address: Addr,
    pub length: u32,
}

impl Text {
    pub fn bytes(self) -> &'static [u8] {
        raw::slice(self.address, self.length)
    }
}

/// One logical frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location {
    /// Address of the function's record.
    pub function: Addr,
    pub file: u32,
    pub line: u32,
    /// It was inlined into the next one.
    pub inlined: bool,
}

/// Program counter of a site record, `skip` inlined calls left out.
pub fn pc_of(world: &World, site_record: Addr, skip: u32) -> u64 {
    let function = u64::from(raw::load_u32(site_record.add(site::FUNC)));
    let local = u64::from(number(world, site_record));
    PC_BASE | (function << PC_SITE_BITS | (local + 1)) << PC_SLACK_BITS | PC_SLACK | u64::from(skip) << PC_SKIP_SHIFT
}

/// Number of a site in its function.
pub fn number(world: &World, site_record: Addr) -> u32 {
    let function = world.func(raw::load_u32(site_record.add(site::FUNC)));
    site_record.offset_from(world.site(raw::load_u32(function.add(func::FIRST_SITE)))) / SITE_BYTES
}

/// Where a site is in the source.
struct Position {
    line: u32,
    file: u32,
    /// 0, or 1 + index of the inlined call that it lies in.
    entry: u32,
}

fn position(world: &World, site_record: Addr) -> Position {
    let word = raw::load_u32(site_record.add(site::POSITION));
    let flags = raw::load_u16(site_record.add(site::FLAGS));
    if flags & site::FLAG_FAR != 0 {
        let [line, entry, file] = [0, 4, 8].map(|offset| raw::load_u32(Addr(word).add(offset)));
        return Position { line, file, entry };
    }
    let function = world.func(raw::load_u32(site_record.add(site::FUNC)));
    let word = if flags & site::FLAG_FIXED != 0 { 0 } else { word };
    let (line, inlined) = (word & ((1 << POSITION_LINE_BITS) - 1), word >> POSITION_LINE_BITS);
    if inlined == 0 {
        return Position { line, file: raw::load_u32(function.add(func::FILE)), entry: 0 };
    }
    let entry = raw::load_u32(function.add(func::FIRST_INLINE)) + inlined;
    let innermost = world.func(raw::load_u32(inline_record(world, entry).add(inline::FUNC)));
    Position { line, file: raw::load_u32(innermost.add(func::FILE)), entry }
}

/// Function and site number + 1 of a program counter.
fn split(pc: u64) -> Option<(u32, u32)> {
    if pc & PC_BASE == 0 {
        return None;
    }
    let number = (pc & (PC_BASE - 1)) >> PC_SLACK_BITS;
    Some(((number >> PC_SITE_BITS) as u32, number as u32 & ((1 << PC_SITE_BITS) - 1)))
}

fn inline_record(world: &World, entry: u32) -> Addr {
    Addr(world.info_word(info::INLINES)).add((entry - 1).wrapping_mul(INLINE_BYTES))
}

/// Logical frame `index` of a site, 0 being the innermost.
pub fn location(world: &World, site_record: Addr, index: u32) -> Option<Location> {
    let Position { mut line, mut file, mut entry } = position(world, site_record);
    let mut left = index;
    while entry != 0 {
        let record = inline_record(world, entry);
        if left == 0 {
            let function = world.func(raw::load_u32(record.add(inline::FUNC)));
            return Some(Location { function, file, line, inlined: true });
        }
        left -= 1;
        file = raw::load_u32(record.add(inline::CALL_FILE));
        line = raw::load_u32(record.add(inline::CALL_LINE));
        entry = raw::load_u32(record.add(inline::PARENT));
    }
    if left != 0 {
        return None;
    }
    let function = world.func(raw::load_u32(site_record.add(site::FUNC)));
    Some(Location { function, file, line, inlined: false })
}

/// The site record of a program counter, and its number of left-out inlined calls.
pub fn site_of(world: &World, pc: u64) -> Option<(Addr, u32)> {
    let (id, local) = split(pc)?;
    if id == 0 || id >= world.info_word(info::FUNC_COUNT) {
        return None;
    }
    let (record, local) = (world.func(id), local.checked_sub(1)?);
    if local >= raw::load_u32(record.add(func::SITE_COUNT)) {
        return None;
    }
    Some((world.site(raw::load_u32(record.add(func::FIRST_SITE)).wrapping_add(local)), (pc >> PC_SKIP_SHIFT) as u32))
}

/// The function record of a program counter, for one without a site too (the entry of a function), or of a table index.
pub fn func_of(world: &World, pc: u64) -> Option<Addr> {
    let count = world.info_word(info::FUNC_COUNT);
    match split(pc) {
        Some((id, _)) => (id != 0 && id < count).then(|| world.func(id)),
        None => (1..count).map(|id| world.func(id)).find(|record| u64::from(raw::load_u32(record.add(func::TABLE_INDEX))) == pc),
    }
}

/// Program counter of a function's entry.
pub fn entry_pc(world: &World, function: Addr) -> u64 {
    let id = function.offset_from(Addr(world.info_word(info::FUNCS))) / FUNC_BYTES;
    PC_BASE | u64::from(id) << (PC_SITE_BITS + PC_SLACK_BITS)
}

/// Where a function is declared.
fn declaration(function: Addr) -> Location {
    let (file, line) = (raw::load_u32(function.add(func::FILE)), raw::load_u32(function.add(func::LINE)));
    Location { function, file, line, inlined: false }
}

/// Name of a function.
pub fn name(function: Addr) -> Text {
    Text { address: raw::load_addr(function.add(func::NAME)), length: raw::load_u32(function.add(func::NAME_LEN)) }
}

/// Name of a file.
pub fn file(world: &World, index: u32) -> Text {
    if index >= world.info_word(info::FILE_COUNT) {
        return Text { address: Addr::NULL, length: 0 };
    }
    let record = Addr(world.info_word(info::FILES)).add(index * 8);
    Text { address: raw::load_addr(record), length: raw::load_u32(record.add(4)) }
}

/// Compiler-made: left out of tracebacks.
pub fn is_wrapper(function: Addr) -> bool {
    raw::load_u32(function.add(func::FLAGS)) & func::FLAG_WRAPPER != 0
}

/// Takes no parameters.
pub fn is_bare(function: Addr) -> bool {
    raw::load_u32(function.add(func::FLAGS)) & func::FLAG_BARE != 0
}

/// Fills an overlay `frameInfo` for a program counter: name, file, line, entry, whether the call was inlined, line of the declaration, address of the
/// function's record. False if it is none.
pub fn frame_info(world: &World, pc: u64, out: Addr) -> bool {
    let known = site_of(world, pc).and_then(|(site_record, skip)| location(world, site_record, skip));
    // A function that calls nothing has no sites, but an entry.
    let bare = || func_of(world, pc).map(declaration);
    let Some(location) = known.or_else(bare) else { return false };
    let name = name(location.function);
    let file = file(world, location.file);
    raw::store_u64(out, u64::from(name.address.0));
    raw::store_u64(out.add(8), u64::from(name.length));
    raw::store_u64(out.add(16), u64::from(file.address.0));
    raw::store_u64(out.add(24), u64::from(file.length));
    raw::store_u64(out.add(32), u64::from(location.line));
    raw::store_u64(out.add(40), entry_pc(world, location.function));
    raw::store_u64(out.add(48), u64::from(location.inlined));
    raw::store_u64(out.add(56), u64::from(declaration(location.function).line));
    raw::store_u64(out.add(64), u64::from(location.function.0));
    true
}

const _: () = assert!(SITE_BYTES == 16);
