//! How much a traceback says: the variable `GOTRACEBACK` and `debug.SetTraceback`.
//!
//! A level is a word: how deep (0 nothing, 1 the user's functions, 2 the runtime's, too) in the upper bits, and the flags below.

use crate::text::number;
use crate::world::World;

/// End the program so that the host writes a core dump.
pub const CRASH: u32 = 1;
/// All goroutines, not only the one that failed.
pub const ALL: u32 = 2;
const DEPTH_SHIFT: u32 = 2;

/// What holds without a setting.
pub const SINGLE: u32 = 1 << DEPTH_SHIFT;

/// The level of a setting's text. A number is the depth; as Go has it, it and words that mean nothing also say `all`, the latter to no depth.
pub fn parse(text: &[u8]) -> u32 {
    match text {
        b"none" => 0,
        b"single" | b"" => SINGLE,
        b"all" => SINGLE | ALL,
        b"system" => 2 << DEPTH_SHIFT | ALL,
        b"crash" => 2 << DEPTH_SHIFT | ALL | CRASH,
        _ => number::parse(text).unwrap_or(0).min(1 << 16) << DEPTH_SHIFT | ALL,
    }
}

/// Nothing at all is to be printed.
pub fn is_silent(world: &World) -> bool {
    world.traceback.get() >> DEPTH_SHIFT == 0
}

/// The functions and goroutines of the runtime, too.
pub fn shows_runtime(world: &World) -> bool {
    world.traceback.get() >> DEPTH_SHIFT > 1
}

/// Every goroutine. `failed` is set for fatal errors, after which all are printed anyway.
pub fn shows_all(world: &World, failed: bool) -> bool {
    failed || world.traceback.get() & ALL != 0
}

/// Whether the end is to be a crash.
pub fn crashes(world: &World) -> bool {
    world.traceback.get() & CRASH != 0
}

#[cfg(test)]
mod tests {
    use super::{ALL, CRASH, DEPTH_SHIFT, SINGLE, parse};

    #[test]
    fn levels() {
        assert_eq!((parse(b""), parse(b"none")), (SINGLE, 0));
        assert_eq!(parse(b"crash"), parse(b"system") | CRASH);
        assert_eq!(parse(b"2"), parse(b"system"));
        assert_eq!((parse(b"0"), parse(b"loud"), parse(b"7")), (ALL, ALL, 7 << DEPTH_SHIFT | ALL));
    }
}
