//! Clocks and `poll_oneoff`.

use wasmtime::{Linker, Result};

use crate::clock;
use crate::errno::Errno;
use crate::instance::ThreadState;
use crate::poll::{self, Interest};
use crate::raw::GuestBytes;

use super::guest::{Answer, Guest, WASI, answer, check, get, put, put_size};

const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: u32 = 32;
/// Subscriptions that one call may bring: twice as many as Go's poller keeps.
const SUBSCRIPTIONS: u32 = 1 << 17;

const TAG_CLOCK: u8 = 0;
const TAG_READ: u8 = 1;
const TAG_WRITE: u8 = 2;

pub fn define(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(WASI, "clock_time_get", |caller: Guest<'_>, clock: u32, _precision: i64, out: u32| {
        answer(&caller, |bytes, state| put(bytes, out, &clock::now_ns(&state.shared, clock)?.to_le_bytes()))
    })?;
    linker.func_wrap(WASI, "clock_res_get", |caller: Guest<'_>, clock: u32, out: u32| {
        answer(&caller, |bytes, _| put(bytes, out, &clock::resolution_ns(clock)?.to_le_bytes()))
    })?;
    linker.func_wrap(WASI, "poll_oneoff", |caller: Guest<'_>, subscriptions: u32, events: u32, count: u32, out: u32| {
        answer(&caller, |bytes, state| poll_oneoff(bytes, state, subscriptions, events, count, out))
    })?;
    Ok(())
}

/// Waits for one of the subscriptions and writes an event for each that has happened.
fn poll_oneoff(bytes: &GuestBytes, state: &ThreadState, subscriptions: u32, events: u32, count: u32, out: u32) -> Answer<()> {
    if count == 0 {
        return Err(Errno::Inval);
    }
    check(bytes, subscriptions, count as usize * SUBSCRIPTION_BYTES as usize)?;
    check(bytes, events, count as usize * EVENT_BYTES as usize)?;
    check(bytes, out, 4)?;
    if count > SUBSCRIPTIONS {
        return Err(Errno::Inval);
    }
    let mut interests = Vec::with_capacity(count as usize);
    // Head of each event: the subscription's user data and tag.
    let mut heads = Vec::with_capacity(count as usize);
    for index in 0..count {
        let entry: [u8; SUBSCRIPTION_BYTES as usize] = get(bytes, subscriptions + index * SUBSCRIPTION_BYTES)?;
        let word = |at: usize| entry[at..].first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
        let tag = entry[8];
        interests.push(match tag {
            TAG_CLOCK => {
                Interest::Clock { clock: word(16), timeout_ns: u64::from(word(24)) | u64::from(word(28)) << 32, is_absolute: word(40) & 1 != 0 }
            }
            TAG_READ => Interest::Read(word(16)),
            TAG_WRITE => Interest::Write(word(16)),
            _ => return Err(Errno::Inval),
        });
        heads.push((u64::from(word(0)) | u64::from(word(4)) << 32, tag));
    }
    let happened = poll::wait(&state.shared, &interests)?;
    for (at, event) in (events..).step_by(EVENT_BYTES as usize).zip(&happened) {
        let (user_data, tag) = heads[event.index];
        let mut record = [0; EVENT_BYTES as usize];
        record[..8].copy_from_slice(&user_data.to_le_bytes());
        record[8..10].copy_from_slice(&event.errno.map_or(0, |errno| errno as u16).to_le_bytes());
        record[10] = tag;
        record[16..24].copy_from_slice(&event.bytes.to_le_bytes());
        record[24] = u8::from(event.has_hung_up);
        put(bytes, at, &record)?;
    }
    put_size(bytes, out, happened.len())
}
