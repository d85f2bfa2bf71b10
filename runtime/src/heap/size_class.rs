//! Size classes of small objects.
//!
//! The sizes are those that Go programs see in `MemStats.BySize` and in the capacities that `append` gives; what a span of each class
//! looks like is ours. Class 0 is unused.

use crate::mem::pages::PAGE_BYTES;

/// Number of classes, class 0 included.
pub const CLASSES: usize = 68;

/// Largest small object. Larger ones have a span of their own.
pub const SMALL_MAX_BYTES: u32 = 32768;

/// Objects up to this size have their pointer words in a bitmap of the span; larger ones in a table of types. Spans of such classes have
/// one page.
pub const BITMAP_MAX_BYTES: u32 = 512;

/// Bytes that an object of the class occupies.
pub const BYTES: [u16; CLASSES] = [
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480, 512, 576, 640, 704, 768,
    896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240,
    10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
];

/// Sizes up to this are looked up in steps of 8 bytes, larger ones in steps of 128.
const FINE_MAX_BYTES: u32 = 1024;
const FINE: usize = (FINE_MAX_BYTES / 8) as usize;
const COARSE: usize = ((SMALL_MAX_BYTES - FINE_MAX_BYTES) / 128) as usize;

/// Class by `(size - 1) / 8`.
static FINE_CLASS: [u8; FINE] = {
    let mut table = [0; FINE];
    let mut index = 0;
    let mut class = 1;
    while index < FINE {
        while (BYTES[class] as usize) < (index + 1) * 8 {
            class += 1;
        }
        table[index] = class as u8;
        index += 1;
    }
    table
};

/// Class by `(size - 1025) / 128`.
static COARSE_CLASS: [u8; COARSE] = {
    let mut table = [0; COARSE];
    let mut index = 0;
    let mut class = 1;
    while index < COARSE {
        while (BYTES[class] as usize) < FINE_MAX_BYTES as usize + (index + 1) * 128 {
            class += 1;
        }
        table[index] = class as u8;
        index += 1;
    }
    table
};

/// Pages of a span of each class: at most an eighth is lost at the end, and classes up to 8 KiB have at least four objects.
static SPAN_PAGES: [u8; CLASSES] = {
    let mut table = [1; CLASSES];
    let mut class = 1;
    while class < CLASSES {
        let bytes = BYTES[class] as u32;
        let mut pages = 1;
        if bytes > BITMAP_MAX_BYTES {
            loop {
                let total = pages * PAGE_BYTES;
                let enough = bytes > 8192 || total / bytes >= 4;
                if total >= bytes && total % bytes <= total / 8 && enough {
                    break;
                }
                pages += 1;
            }
        }
        table[class] = pages as u8;
        class += 1;
    }
    table
};

/// Class of the smallest objects with room for `bytes`, 1 to [`SMALL_MAX_BYTES`].
#[inline(always)]
pub fn of(bytes: u32) -> u32 {
    if bytes <= FINE_MAX_BYTES { fine(bytes) } else { coarse(bytes) }
}

/// [`of`] for 1 to 1024 bytes.
#[inline(always)]
pub fn fine(bytes: u32) -> u32 {
    u32::from(FINE_CLASS[(bytes.wrapping_sub(1) >> 3) as usize % FINE])
}

fn coarse(bytes: u32) -> u32 {
    let index = (bytes.wrapping_sub(FINE_MAX_BYTES + 1) >> 7) as usize;
    COARSE_CLASS.get(index).map_or(0, |&class| u32::from(class))
}

/// Bytes of an object of `class`.
#[inline(always)]
pub fn bytes(class: u32) -> u32 {
    BYTES.get(class as usize).map_or(0, |&bytes| u32::from(bytes))
}

/// Pages of a span of `class`.
pub fn span_pages(class: u32) -> u32 {
    SPAN_PAGES.get(class as usize).map_or(1, |&pages| u32::from(pages))
}

/// What the allocator of a Go program reserves for an object of `bytes`: growing slices use it up (Go's `roundupsize`). Go keeps a header
/// of 8 bytes before objects with pointers above 512 bytes; we do not, but capacities that programs print depend on it.
pub fn round_up(bytes: u64, noscan: bool) -> u64 {
    let header = if !noscan && bytes > u64::from(BITMAP_MAX_BYTES) { 8 } else { 0 };
    let need = bytes + header;
    if bytes == 0 {
        0
    } else if need <= u64::from(SMALL_MAX_BYTES) {
        u64::from(self::bytes(of(need as u32))) - header
    } else {
        bytes.checked_next_multiple_of(u64::from(PAGE_BYTES)).unwrap_or(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_the_smallest_class() {
        for bytes in 1..=SMALL_MAX_BYTES {
            let expected = BYTES.iter().position(|&size| u32::from(size) >= bytes).unwrap();
            assert_eq!(of(bytes), expected as u32, "{bytes}");
        }
    }

    #[test]
    fn capacities_are_those_of_go() {
        assert_eq!(round_up(5, true), 8);
        assert_eq!(round_up(33, true), 48);
        assert_eq!(round_up(6784, true), 6784);
        assert_eq!(round_up(848 * 8, false), 6912 - 8);
        assert_eq!(round_up(512, false), 512);
        assert_eq!(round_up(32769, true), 40960);
    }
}
