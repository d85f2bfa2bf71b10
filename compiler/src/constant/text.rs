//! String constants.
//!
//! A Go string is a sequence of bytes. Long constants are written as sums of many pieces; every partial sum is a constant
//! of its own, so they share one growing buffer: appending to the value that ends where the buffer ends copies nothing old.

use std::sync::{Arc, Mutex};

#[derive(Clone)]
pub struct Text {
    buffer: Arc<Mutex<Vec<u8>>>,
    length: usize,
}

impl Text {
    pub fn new(bytes: &[u8]) -> Text {
        Text { buffer: Arc::new(Mutex::new(bytes.to_vec())), length: bytes.len() }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.with(|bytes| bytes.to_vec())
    }

    pub fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        let buffer = self.buffer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        f(&buffer[..self.length])
    }

    pub fn concat(&self, other: &Text) -> Text {
        let tail = other.bytes();
        let mut buffer = self.buffer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let length = self.length + tail.len();
        if buffer.len() == self.length {
            buffer.extend_from_slice(&tail);
            return Text { buffer: self.buffer.clone(), length };
        }
        let mut bytes = Vec::with_capacity(2 * length);
        bytes.extend_from_slice(&buffer[..self.length]);
        bytes.extend_from_slice(&tail);
        Text { buffer: Arc::new(Mutex::new(bytes)), length }
    }

    pub fn compare(&self, other: &Text) -> std::cmp::Ordering {
        let right = other.bytes();
        self.with(|left| left.cmp(&right))
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.with(|bytes| f.write_str(&quote(bytes)))
    }
}

/// `strconv.Quote`.
pub fn quote(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    let mut rest = bytes;
    while !rest.is_empty() {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                quote_text(&mut out, text);
                break;
            }
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to());
                quote_text(&mut out, std::str::from_utf8(good).unwrap_or(""));
                out.push_str(&format!("\\x{:02x}", bad[0]));
                rest = &bad[1..];
            }
        }
    }
    out.push('"');
    out
}

fn quote_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if (0x80..0xa0).contains(&(c as u32)) || c == '\u{feff}' || c == '\u{ad}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
}
