//! Modules: what is accepted, and why something is not.
//!
//! The sections are walked here before wasmtime sees the bytes, so that a wrong file gets a message in the user's terms.

use warren_abi::{ABI_SECTION, ABI_VERSION};

use crate::{Engine, Error};

/// A checked and compiled module, ready to run.
#[derive(Clone)]
pub struct Module {
    pub(crate) engine: Engine,
    pub(crate) inner: wasmtime::Module,
}

impl Module {
    /// Checks and compiles a Warren module.
    ///
    /// # Errors
    /// The bytes are no wasm module, not Warren's, of another ABI version, or refused by wasmtime.
    pub fn load(engine: &Engine, wasm: &[u8]) -> Result<Module, Error> {
        let section = find_custom_section(wasm, ABI_SECTION)?.ok_or(Error::NotWarren)?;
        let version = section.first_chunk::<4>().ok_or(Error::NotWarren)?;
        let found = u32::from_le_bytes(*version);
        if found != ABI_VERSION {
            return Err(Error::AbiVersion { found, supported: ABI_VERSION });
        }
        Module::load_plain(engine, wasm)
    }

    /// Compiles any WASI preview 1 command; benchmarks compare with modules of other compilers.
    ///
    /// # Errors
    /// The bytes are no wasm module or refused by wasmtime.
    pub fn load_plain(engine: &Engine, wasm: &[u8]) -> Result<Module, Error> {
        // A component or a text file would confuse wasmtime's own message.
        find_custom_section(wasm, ABI_SECTION)?;
        Ok(Module { engine: engine.clone(), inner: engine.compile(wasm)? })
    }
}

/// The contents of the first custom section called `name`.
fn find_custom_section<'a>(wasm: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, Error> {
    let mut rest = match wasm.split_at_checked(8) {
        Some((b"\0asm\x01\0\0\0", rest)) => rest,
        _ => return Err(Error::NotWasm),
    };
    while let Some((&id, after_id)) = rest.split_first() {
        let (length, body) = leb(after_id).ok_or(Error::Truncated)?;
        let (section, next) = body.split_at_checked(length).ok_or(Error::Truncated)?;
        if id == 0 {
            let (name_length, after) = leb(section).ok_or(Error::Truncated)?;
            let (found, contents) = after.split_at_checked(name_length).ok_or(Error::Truncated)?;
            if found == name.as_bytes() {
                return Ok(Some(contents));
            }
        }
        rest = next;
    }
    Ok(None)
}

/// An unsigned 32-bit LEB128 number and what follows it.
fn leb(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_u64;
    for (index, &byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{find_custom_section, leb};
    use crate::Error;

    #[test]
    fn numbers() {
        assert_eq!(leb(&[0xe5, 0x8e, 0x26, 9]), Some((624_485, &[9][..])));
        assert_eq!(leb(&[0x80]), None);
        assert_eq!(leb(&[0xff; 6]), None);
    }

    #[test]
    fn sections() {
        let module = b"\0asm\x01\0\0\0\x00\x04\x02hiA\x00\x05\x03warX";
        assert_eq!(find_custom_section(module, "war").unwrap(), Some(&b"X"[..]));
        assert_eq!(find_custom_section(module, "wat").unwrap(), None);
        assert!(matches!(find_custom_section(&module[..module.len() - 1], "war"), Err(Error::Truncated)));
        assert!(matches!(find_custom_section(b"\x7fELF....", "war"), Err(Error::NotWasm)));
        assert!(matches!(find_custom_section(b"", "war"), Err(Error::NotWasm)));
    }
}
