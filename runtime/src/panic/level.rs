//! How much a traceback says: the variable `GOTRACEBACK` and `debug.SetTraceback`.
//!
//! A level is a word: how deep (0 nothing, 1 the user's functions, 2 the runtime's, too) in the upper bits, and the flags below.

use crate::world::World;

/// End the program so that the host writes a core dump.
pub const CRASH: u32 = 1;
/// All goroutines, not only the one that failed.
pub const ALL: u32 = 2;
const DEPTH_SHIFT: u32 = 2;

/// What holds without a setting.
pub const SINGLE: u32 = 1 << DEPTH_SHIFT;

/// The level of a setting's text. Go's: unknown words are `single`, numbers set the depth and, from 2 on, `all`.
pub fn parse(text: &[u8]) -> u32 {
    match text {
        b"none" => 0,
        b"all" => SINGLE | ALL,
        b"system" => 2 << DEPTH_SHIFT | ALL,
        b"crash" | b"wer" => 2 << DEPTH_SHIFT | ALL | CRASH,
        _ => match number(text) {
            Some(depth) => depth.min(1 << 16) << DEPTH_SHIFT | ALL,
            None => SINGLE,
        },
    }
}

fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u32, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| value.saturating_mul(10).saturating_add(u32::from(digit)))
    })
}

/// Sets the level; the environment's is the least. `SetTraceback` cannot take back what the environment asked for.
pub fn set(world: &World, text: &[u8], environment: Option<&[u8]>) {
    let floor = environment.map_or(0, parse);
    world.traceback.set(parse(text) | floor);
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
