//! The value of a string literal.

/// The bytes that a string literal (`"…"` or `` `…` ``) stands for; none if it is malformed. Strings need not be UTF-8.
pub fn unquote(literal: &str) -> Option<Vec<u8>> {
    if let Some(raw) = literal.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return (!raw.contains('`')).then(|| raw.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let text = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(ch) = rest.chars().next() {
        rest = &rest[ch.len_utf8()..];
        match ch {
            '"' | '\n' => return None,
            '\\' => rest = escape(rest, &mut value)?,
            ch => value.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Some(value)
}

/// An escape sequence behind its backslash; what follows it.
fn escape<'t>(text: &'t str, value: &mut Vec<u8>) -> Option<&'t str> {
    let kind = text.chars().next()?;
    let rest = &text[kind.len_utf8()..];
    let byte = match kind {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '"' => b'"',
        '0'..='7' => {
            value.push(u8::try_from(number(text, 3, 8)?).ok()?);
            return Some(&text[3..]);
        }
        'x' => {
            value.push(number(rest, 2, 16)? as u8);
            return Some(&rest[2..]);
        }
        'u' | 'U' => {
            let digits = if kind == 'u' { 4 } else { 8 };
            let ch = char::from_u32(number(rest, digits, 16)?)?;
            value.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(&rest[digits..]);
        }
        _ => return None,
    };
    value.push(byte);
    Some(rest)
}

/// Exactly so many digits at the start of the text.
fn number(text: &str, digits: usize, base: u32) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| !digits.starts_with('+'))?;
    u32::from_str_radix(digits, base).ok()
}

#[cfg(test)]
mod tests {
    use super::unquote;

    #[test]
    fn strings_have_values() {
        assert_eq!(unquote(r#""a\n\x41\101\u00e9\"""#).as_deref(), Some("a\nAA\u{e9}\"".as_bytes()));
        assert_eq!(unquote("`a\\n\r`").as_deref(), Some(&b"a\\n"[..]));
        assert_eq!(unquote(r#""\xff""#).as_deref(), Some(&[0xff][..]));
        assert_eq!(unquote(r#""\400""#), None);
        assert_eq!(unquote("\"a"), None);
        assert_eq!(unquote("'a'"), None);
    }
}
