//! Interned names.
//!
//! A [`Symbol`] stands for a string: 32 bits, compared and hashed as a number. The table is one for the process, so that a
//! symbol can be made and read anywhere without a context in hand. Nothing depends on a symbol's number (there is no `Ord`),
//! so the table changes no output. Its strings are never freed; a program's distinct identifiers are few.
//!
//! Reading takes no lock: strings lie in chunks that double in size and never move.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, OnceLock};

/// An interned string.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol(u32);

const FIRST_CHUNK_BITS: u32 = 10;
type Chunk = Box<[OnceLock<&'static str>]>;
static CHUNKS: [OnceLock<Chunk>; 22] = [const { OnceLock::new() }; 22];
static NUMBERS: OnceLock<Mutex<HashMap<&'static str, u32, BuildHasherDefault<NameHasher>>>> = OnceLock::new();

/// A hash for names: short strings from sources, nothing to defend against but slowness.
#[derive(Default)]
struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// Chunk and place in it of the string with that number.
fn place(number: u32) -> (usize, usize) {
    let biased = number + (1 << FIRST_CHUNK_BITS);
    let chunk = biased.ilog2();
    ((chunk - FIRST_CHUNK_BITS) as usize, (biased - (1 << chunk)) as usize)
}

fn slot(number: u32) -> &'static OnceLock<&'static str> {
    let (chunk, index) = place(number);
    let make = || (0..1usize << (FIRST_CHUNK_BITS as usize + chunk)).map(|_| OnceLock::new()).collect();
    &CHUNKS[chunk].get_or_init(make)[index]
}

impl Symbol {
    /// The symbol of a string.
    pub fn new(text: &str) -> Symbol {
        let numbers = NUMBERS.get_or_init(Mutex::default);
        let mut numbers = numbers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(number) = numbers.get(text) {
            return Symbol(*number);
        }
        let number = numbers.len() as u32;
        let text: &'static str = Box::leak(text.into());
        let _ = slot(number).set(text);
        numbers.insert(text, number);
        Symbol(number)
    }

    /// Its string.
    pub fn as_str(self) -> &'static str {
        slot(self.0).get().expect("a symbol's string is stored before the symbol exists")
    }

    /// Whether it is `_`.
    pub fn is_blank(self) -> bool {
        self.as_str() == "_"
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Symbol {
        Symbol::new(text)
    }
}

impl PartialEq<str> for Symbol {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Symbol {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.as_str())
    }
}

/// The symbols that one parser met lately: most identifiers are found here without the lock and the hashing of the table.
#[derive(Debug)]
pub(super) struct SymbolCache {
    slots: Box<[Option<Symbol>]>,
}

impl Default for SymbolCache {
    fn default() -> SymbolCache {
        SymbolCache { slots: vec![None; 2048].into() }
    }
}

impl SymbolCache {
    /// The symbol of a string.
    pub(super) fn get(&mut self, text: &str) -> Symbol {
        let hash = text.bytes().fold(0u32, |hash, byte| (hash.rotate_left(5) ^ byte as u32).wrapping_mul(0x9E37_79B9));
        let index = hash as usize >> 21;
        match self.slots[index] {
            Some(symbol) if symbol.as_str() == text => symbol,
            _ => {
                let symbol = Symbol::new(text);
                self.slots[index] = Some(symbol);
                symbol
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_equal_when_their_strings_are() {
        let many: Vec<Symbol> = (0..5000).map(|number| Symbol::new(&format!("name{number}"))).collect();
        assert_eq!(many[4321].as_str(), "name4321");
        assert_eq!(Symbol::new("name17"), many[17]);
        assert_ne!(many[1], many[2]);
    }

    #[test]
    fn places_cover_the_chunks_without_gaps() {
        assert_eq!(place(0), (0, 0));
        assert_eq!(place(1023), (0, 1023));
        assert_eq!(place(1024), (1, 0));
        assert_eq!(place(1024 + 2048), (2, 0));
    }
}
