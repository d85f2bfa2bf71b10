//! Random bytes from the system.

use rustix::rand::{GetRandomFlags, getrandom};

use crate::errno::Errno;

/// Fills `out`.
pub fn fill(mut out: &mut [u8]) -> Result<(), Errno> {
    while !out.is_empty() {
        match getrandom(&mut *out, GetRandomFlags::empty()) {
            Ok(filled) => out = &mut out[filled..],
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(Errno::Io),
        }
    }
    Ok(())
}
