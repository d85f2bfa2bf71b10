//! Sockets: connections on listeners that the embedder opened. WASI preview 1 has no way to listen or dial.

use std::net::Shutdown;
use std::os::fd::AsFd;

use rustix::event::PollFlags;

use crate::descriptor::{Descriptor, Source, flags};
use crate::errno::Errno;
use crate::poll::Alarm;

/// Waits for a connection and accepts it.
pub fn accept(descriptor: &Descriptor, alarm: &Alarm, fd_flags: u16) -> Result<Descriptor, Errno> {
    let Source::Listener(listener) = descriptor.source() else { return Err(Errno::NotSock) };
    loop {
        if !descriptor.is_nonblocking() {
            alarm.wait_for(listener.as_fd(), PollFlags::IN)?;
        }
        match listener.accept().map_err(Errno::from) {
            Ok((stream, _)) => {
                let is_nonblocking = fd_flags & flags::NONBLOCK != 0;
                stream.set_nonblocking(is_nonblocking)?;
                return Ok(Descriptor::connection(stream, is_nonblocking));
            }
            // The caller went away again between the two calls.
            Err(Errno::Intr | Errno::ConnAborted) => {}
            Err(Errno::Again) if !descriptor.is_nonblocking() => {}
            Err(error) => return Err(error),
        }
    }
}

/// Closes one or both directions of a connection: bit 0 reading, bit 1 writing.
pub fn shutdown(descriptor: &Descriptor, how: u32) -> Result<(), Errno> {
    let how = match how {
        1 => Shutdown::Read,
        2 => Shutdown::Write,
        3 => Shutdown::Both,
        _ => return Err(Errno::Inval),
    };
    match descriptor.source() {
        Source::Connection(stream) => Ok(stream.shutdown(how)?),
        Source::Listener(_) => Err(Errno::NotConn),
        _ => Err(Errno::NotSock),
    }
}
