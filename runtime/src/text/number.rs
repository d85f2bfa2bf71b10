//! Numbers in settings.

/// The value of decimal digits, the largest one there is if it is larger. None: there is something else, or nothing.
pub fn parse(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u32, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| value.saturating_mul(10).saturating_add(u32::from(digit)))
    })
}
