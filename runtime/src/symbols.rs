//! From program counters to functions, files and lines.
//!
//! A program counter is `(function id << PC_SITE_BITS | number of the site in it) + 1`. A site may lie inside inlined calls; each of them is a
//! *logical* frame of its own, innermost first. Bits 48 and up of a program counter say how many of them to leave out.

use warren_abi::frame::{FUNC_BYTES, INLINE_BYTES, PC_SITE_BITS, SITE_BYTES, func, inline, site};
use warren_abi::module_info as info;

use crate::mem::{Addr, raw};
use crate::world::World;

/// Where the number of left-out inlined calls begins in a program counter.
const SKIP_SHIFT: u32 = 48;

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
pub fn pc_of(site_record: Addr, skip: u32) -> u64 {
    let function = u64::from(raw::load_u32(site_record.add(site::FUNC)));
    let local = u64::from(raw::load_u32(site_record.add(site::LOCAL)));
    (function << PC_SITE_BITS | local).wrapping_add(1) | u64::from(skip) << SKIP_SHIFT
}

/// Number of inlined calls that a site lies in.
pub fn inline_depth(world: &World, site_record: Addr) -> u32 {
    let mut depth = 0;
    let mut entry = raw::load_u32(site_record.add(site::INLINE));
    while entry != 0 {
        depth += 1;
        entry = raw::load_u32(inline_record(world, entry).add(inline::PARENT));
    }
    depth
}

fn inline_record(world: &World, entry: u32) -> Addr {
    Addr(world.info_word(info::INLINES)).add((entry - 1).wrapping_mul(INLINE_BYTES))
}

/// Logical frame `index` of a site, 0 being the innermost.
pub fn location(world: &World, site_record: Addr, index: u32) -> Option<Location> {
    let mut file = raw::load_u32(site_record.add(site::FILE));
    let mut line = raw::load_u32(site_record.add(site::LINE));
    let mut entry = raw::load_u32(site_record.add(site::INLINE));
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
    let skip = (pc >> SKIP_SHIFT) as u32;
    let number = (pc & ((1 << SKIP_SHIFT) - 1)).checked_sub(1)?;
    let id = (number >> PC_SITE_BITS) as u32;
    let local = (number as u32) & ((1 << PC_SITE_BITS) - 1);
    if id == 0 || id >= world.info_word(info::FUNC_COUNT) {
        return None;
    }
    let record = world.func(id);
    if local >= raw::load_u32(record.add(func::SITE_COUNT)) {
        return None;
    }
    Some((world.site(raw::load_u32(record.add(func::FIRST_SITE)).wrapping_add(local)), skip))
}

/// The function record of a program counter, for one without a site too (the entry of a function).
pub fn func_of(world: &World, pc: u64) -> Option<Addr> {
    let number = (pc & ((1 << SKIP_SHIFT) - 1)).checked_sub(1)?;
    let id = (number >> PC_SITE_BITS) as u32;
    (id != 0 && id < world.info_word(info::FUNC_COUNT)).then(|| world.func(id))
}

/// Program counter of a function's entry.
pub fn entry_pc(world: &World, function: Addr) -> u64 {
    let id = function.offset_from(Addr(world.info_word(info::FUNCS))) / FUNC_BYTES;
    (u64::from(id) << PC_SITE_BITS) + 1
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

/// Fills an overlay `frameInfo` for logical frame `index` of a program counter: name, file, line, entry, and whether there is a further one.
/// False if there is no such frame.
pub fn frame_info(world: &World, pc: u64, index: u32, out: Addr) -> bool {
    let known = site_of(world, pc).and_then(|(site_record, skip)| location(world, site_record, index + skip));
    // A function that calls nothing has no sites, but an entry.
    let bare = || func_of(world, pc).filter(|_| index == 0).map(declaration);
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
    true
}

const _: () = assert!(SITE_BYTES == 32);
