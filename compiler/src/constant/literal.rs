//! From the text of a literal to its value.

use num_bigint::BigInt;
use num_traits::Zero;

use std::sync::Arc;

use super::{BigFloat, MAX_FRACTION_BITS, Rational, Value};

impl Value {
    /// An integer literal; `None` if it is malformed.
    pub fn from_int_literal(text: &str) -> Option<Value> {
        let digits: String = text.chars().filter(|c| *c != '_').collect();
        let lower = digits.to_ascii_lowercase();
        let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
            (16, rest)
        } else if let Some(rest) = lower.strip_prefix("0b") {
            (2, rest)
        } else if let Some(rest) = lower.strip_prefix("0o") {
            (8, rest)
        } else if lower.len() > 1 && lower.starts_with('0') {
            (8, &lower[1..])
        } else {
            (10, lower.as_str())
        };
        if let Ok(small) = i64::from_str_radix(digits, radix) {
            return if digits.starts_with(['+', '-']) { None } else { Some(Value::Int(small)) };
        }
        BigInt::parse_bytes(digits.as_bytes(), radix).map(Value::from_big)
    }

    /// A floating-point literal; `None` if it is malformed, `Unknown` if it is too large.
    pub fn from_float_literal(text: &str) -> Option<Value> {
        let lower: String = text.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
        if let Some(rest) = lower.strip_prefix("0x") {
            let (mantissa, exponent) = rest.split_once('p').unwrap_or((rest, "0"));
            let (digits, places) = split_point(mantissa);
            let digits = BigInt::parse_bytes(digits.as_bytes(), 16)?;
            let exponent = parse_exponent(exponent)? - 4 * places;
            return Some(from_parts(BigFloat::new(digits, exponent), |x| x.to_rational()));
        }
        let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
        let (digits, places) = split_point(mantissa);
        let digits = BigInt::parse_bytes(digits.as_bytes(), 10)?;
        let exponent = parse_exponent(exponent)? - places;
        if digits.is_zero() {
            return Some(Value::Fraction(Arc::new(Rational::from_int(digits))));
        }
        let float = BigFloat::from_decimal(&digits, exponent);
        Some(from_parts(float, |_| Rational::from_decimal(digits, exponent)))
    }

    /// An imaginary literal, with its `i`.
    pub fn from_imaginary_literal(text: &str) -> Option<Value> {
        let text = text.strip_suffix('i')?;
        let lower = text.to_ascii_lowercase();
        let prefixed = lower.starts_with("0x") || lower.starts_with("0b") || lower.starts_with("0o");
        let hex_float = lower.starts_with("0x") && lower.contains(['p', '.']);
        let im = if prefixed && !hex_float {
            Value::from_int_literal(text)?.to_float()
        } else {
            // Without a prefix the digits are decimal even after a leading 0.
            Value::from_float_literal(text)?
        };
        Some(Value::complex(Value::Int(0), im))
    }

    /// A rune literal with its quotes.
    pub fn from_rune_literal(text: &str) -> Option<Value> {
        let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
        unquote_char(inner).map(|c| Value::Int(i64::from(c)))
    }

    /// A string literal with its quotes.
    pub fn from_string_literal(text: &str) -> Option<Value> {
        unquote_string(text).map(|bytes| Value::from_bytes(&bytes))
    }
}

fn from_parts(float: BigFloat, exact: impl FnOnce(&BigFloat) -> Rational) -> Value {
    let exponent = float.binary_exponent();
    if -MAX_FRACTION_BITS < exponent && exponent < MAX_FRACTION_BITS {
        if float.sign() == 0 {
            return Value::Fraction(Arc::new(Rational::from_int(BigInt::zero())));
        }
        return Value::Fraction(Arc::new(exact(&float)));
    }
    Value::from_float(float)
}

/// The digits without the point, and how many stood behind it.
fn split_point(text: &str) -> (String, i64) {
    match text.split_once('.') {
        Some((whole, part)) => (format!("{whole}{part}"), part.len() as i64),
        None => (text.to_string(), 0),
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    // Whatever does not fit is far out of range in any case.
    let value = digits.parse::<i64>().unwrap_or(i64::MAX).min(1 << 40);
    Some(if negative { -value } else { value })
}

/// The code point that the inside of a rune literal denotes.
pub fn unquote_char(inner: &str) -> Option<u32> {
    let mut out = Vec::new();
    let bytes = inner.as_bytes();
    if bytes.first() == Some(&b'\\') {
        let (value, length, _) = escape(&bytes[1..], b'\'')?;
        return if length + 1 == bytes.len() { Some(value) } else { None };
    }
    out.extend(inner.chars());
    match out[..] {
        [c] => Some(c as u32),
        _ => None,
    }
}

/// The bytes that a string literal (with its quotes) denotes.
pub fn unquote_string(text: &str) -> Option<Vec<u8>> {
    if let Some(rest) = text.strip_prefix('`') {
        let inner = rest.strip_suffix('`')?;
        return Some(inner.bytes().filter(|c| *c != b'\r').collect());
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?.as_bytes();
    if !inner.contains(&b'\\') {
        return Some(inner.to_vec());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0;
    while at < inner.len() {
        if inner[at] != b'\\' {
            out.push(inner[at]);
            at += 1;
            continue;
        }
        let (value, length, is_byte) = escape(&inner[at + 1..], b'"')?;
        if is_byte {
            out.push(value as u8);
        } else {
            let mut buffer = [0; 4];
            out.extend_from_slice(char::from_u32(value)?.encode_utf8(&mut buffer).as_bytes());
        }
        at += 1 + length;
    }
    Some(out)
}

/// The escape that follows a backslash: its value, its length, and whether it denotes one byte.
fn escape(rest: &[u8], quote: u8) -> Option<(u32, usize, bool)> {
    let simple = |value: u8| Some((u32::from(value), 1, false));
    match *rest.first()? {
        b'a' => simple(7),
        b'b' => simple(8),
        b'f' => simple(12),
        b'n' => simple(10),
        b'r' => simple(13),
        b't' => simple(9),
        b'v' => simple(11),
        b'\\' => simple(b'\\'),
        c if c == quote => simple(c),
        b'x' => number(rest.get(1..3)?, 16).map(|value| (value, 3, true)),
        b'u' => code_point(number(rest.get(1..5)?, 16)?, 5),
        b'U' => code_point(number(rest.get(1..9)?, 16)?, 9),
        b'0'..=b'7' => number(rest.get(..3)?, 8).filter(|value| *value < 256).map(|value| (value, 3, true)),
        _ => None,
    }
}

fn code_point(value: u32, length: usize) -> Option<(u32, usize, bool)> {
    char::from_u32(value).map(|_| (value, length, false))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let mut value = 0u32;
    for digit in digits {
        value = value.checked_mul(radix)?.checked_add((*digit as char).to_digit(radix)?)?;
    }
    Some(value)
}
