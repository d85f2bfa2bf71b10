//! Block functions of hashes: what Go has in assembly for each architecture, done with the instructions of the host's processor.
//!
//! A call takes at most [`CALL_BYTES`], since its thread hears of no collection and no preemption meanwhile. What it hashes is copied out of the
//! guest's memory a few blocks at a time. The state is read first and written last, so that a bad address leaves it as it was.

use sha1::digest::generic_array::typenum::{U64, U128};
use sha1::digest::generic_array::{ArrayLength, GenericArray};
use sha2::{compress256, compress512};
use warren_abi::import;
use wasmtime::{Error, Linker, Result};

use crate::errno::Errno;
use crate::instance::ThreadState;
use crate::raw::GuestBytes;

use super::guest::{Answer, Guest, check, enter, get, put};

/// Most bytes that a call takes: tens of microseconds, as long as Go lets its assembly run.
const CALL_BYTES: u32 = 64 << 10;

/// Blocks that are copied at a time.
const BLOCKS: u32 = 8;

pub fn define(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(import::MODULE, import::SHA1_BLOCKS, |caller: Guest<'_>, state: u32, data: u32, length: u32| {
        call(&caller, data, length, |bytes| hash::<u32, 5, U64>(bytes, state, data, length, sha1::compress))
    })?;
    linker.func_wrap(import::MODULE, import::SHA256_BLOCKS, |caller: Guest<'_>, state: u32, data: u32, length: u32| {
        call(&caller, data, length, |bytes| hash::<u32, 8, U64>(bytes, state, data, length, compress256))
    })?;
    linker.func_wrap(import::MODULE, import::SHA512_BLOCKS, |caller: Guest<'_>, state: u32, data: u32, length: u32| {
        call(&caller, data, length, |bytes| hash::<u64, 8, U128>(bytes, state, data, length, compress512))
    })?;
    Ok(())
}

/// A bad address is a trap here: it comes from the runtime.
fn call(caller: &Guest<'_>, data: u32, length: u32, body: impl FnOnce(&GuestBytes) -> Answer<u32>) -> Result<u32> {
    body(&enter(caller)?).map_err(|_| Error::msg(format!("block function: no {length} bytes at address {data:#x}, or no state")))
}

/// Takes whole blocks into the state and says how many bytes these were.
fn hash<W: Word, const WORDS: usize, B: ArrayLength<u8>>(
    bytes: &GuestBytes,
    state_at: u32,
    data: u32,
    length: u32,
    compress: impl Fn(&mut [W; WORDS], &[GenericArray<u8, B>]),
) -> Answer<u32> {
    check(bytes, state_at, WORDS * W::BYTES as usize)?;
    let places = || (0..).map(|index| state_at + index * W::BYTES);
    let mut state = [W::default(); WORDS];
    for (word, at) in state.iter_mut().zip(places()) {
        *word = W::get(bytes, at)?;
    }
    let length = length.min(CALL_BYTES) / B::U32 * B::U32;
    check(bytes, data, length as usize)?;
    let mut chunk: [GenericArray<u8, B>; BLOCKS as usize] = std::array::from_fn(|_| GenericArray::default());
    let mut done = 0;
    while done < length {
        let blocks = &mut chunk[..((length - done) / B::U32).min(BLOCKS) as usize];
        for block in &mut *blocks {
            if !bytes.read(data + done, block) {
                return Err(Errno::Fault);
            }
            done += B::U32;
        }
        compress(&mut state, blocks);
    }
    for (word, at) in state.into_iter().zip(places()) {
        word.put(bytes, at)?;
    }
    Ok(length)
}

/// A word of a hash's state in the guest's memory.
trait Word: Copy + Default {
    const BYTES: u32;
    fn get(bytes: &GuestBytes, address: u32) -> Answer<Self>;
    fn put(self, bytes: &GuestBytes, address: u32) -> Answer<()>;
}

impl Word for u32 {
    const BYTES: u32 = 4;

    fn get(bytes: &GuestBytes, address: u32) -> Answer<u32> {
        get(bytes, address).map(u32::from_le_bytes)
    }

    fn put(self, bytes: &GuestBytes, address: u32) -> Answer<()> {
        put(bytes, address, &self.to_le_bytes())
    }
}

impl Word for u64 {
    const BYTES: u32 = 8;

    fn get(bytes: &GuestBytes, address: u32) -> Answer<u64> {
        get(bytes, address).map(u64::from_le_bytes)
    }

    fn put(self, bytes: &GuestBytes, address: u32) -> Answer<()> {
        put(bytes, address, &self.to_le_bytes())
    }
}
