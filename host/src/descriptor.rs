//! Descriptors: what a file number of the guest stands for, and reading and writing it.
//!
//! # Blocking
//! A call blocks its thread; the guest's scheduler gives that thread's processor to others meanwhile. Before a read that may take for ever
//! (a pipe, a terminal, a socket) the thread waits with poll(2), for the file or for the end of the program, whichever comes first, so
//! that a stopped program leaves no thread behind.
//!
//! The guest's non-blocking flag is kept by [`Descriptor::set_flags`] where a program can do something with it: on FIFOs, devices and
//! connections that it opened itself. The standard streams share their flags with other processes and regular files never wait, so both refuse it
//! (`ENOTSUP`), upon which Go's package os reads them with blocking calls, as it does elsewhere.
//!
//! # Nothing is lost
//! A write goes on until all is written; if it fails in the middle it reports what was written, and the next one reports the error.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::PollFlags;
use rustix::fs::{OFlags, SeekFrom, Stat};

use crate::errno::Errno;
use crate::filesystem::Directory;
use crate::poll::Alarm;

/// What a file is, in WASI's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    Regular = 4,
    SocketStream = 6,
    SymbolicLink = 7,
}

impl From<rustix::fs::FileType> for FileType {
    fn from(kind: rustix::fs::FileType) -> FileType {
        use rustix::fs::FileType as System;
        match kind {
            System::RegularFile => FileType::Regular,
            System::Directory => FileType::Directory,
            System::Symlink => FileType::SymbolicLink,
            System::CharacterDevice => FileType::CharacterDevice,
            System::BlockDevice => FileType::BlockDevice,
            System::Socket => FileType::SocketStream,
            // WASI has no number for a FIFO.
            _ => FileType::Unknown,
        }
    }
}

/// Flags of an open file, in WASI's numbers.
pub mod flags {
    pub const APPEND: u16 = 1 << 0;
    pub const DSYNC: u16 = 1 << 1;
    pub const NONBLOCK: u16 = 1 << 2;
    pub const RSYNC: u16 = 1 << 3;
    pub const SYNC: u16 = 1 << 4;
}

/// Rights of a file, in WASI's numbers, as far as this host tells them apart. They inform: what may be done follows from how a file was opened.
pub mod rights {
    pub const READ: u64 = 1 << 1;
    pub const WRITE: u64 = 1 << 6;
    /// Those of the functions that take a path, and of listing a directory.
    pub const DIRECTORY: u64 = 0x071f_fe00;
    /// Everything else but waiting and sockets.
    pub const FILE: u64 = 0x00e0_01ff;
    pub const POLL: u64 = 1 << 27;
    pub const SOCKET: u64 = 3 << 28;
}

/// Where bytes come from and go to.
pub enum Source {
    /// At its end from the start.
    Empty,
    /// Takes all and keeps nothing.
    Discard,
    /// Appended to.
    Buffer(Arc<Mutex<Vec<u8>>>),
    /// A standard stream of this process, which is not the guest's to close or to change.
    Standard(BorrowedFd<'static>),
    /// A file that was opened for the guest.
    File(OwnedFd),
    Listener(TcpListener),
    Connection(TcpStream),
}

/// An open file.
pub struct Descriptor {
    source: Source,
    file_type: FileType,
    directory: Option<Directory>,
    /// Whether the guest asked for `EAGAIN` instead of waiting.
    is_nonblocking: AtomicBool,
}

impl Descriptor {
    /// A stream of the embedder's choice.
    pub fn stream(source: Source) -> Descriptor {
        let mut file_type = match source {
            Source::Listener(_) | Source::Connection(_) => FileType::SocketStream,
            _ => FileType::Unknown,
        };
        if let Source::Standard(fd) = source
            && let Ok(stat) = rustix::fs::fstat(fd)
        {
            file_type = file_type_of(&stat);
        }
        Descriptor { source, file_type, directory: None, is_nonblocking: AtomicBool::new(false) }
    }

    /// A file of the system that was opened for the guest, through `directory` if it is one.
    pub fn file(fd: OwnedFd, file_type: FileType, directory: Option<Directory>, is_nonblocking: bool) -> Descriptor {
        Descriptor { source: Source::File(fd), file_type, directory, is_nonblocking: AtomicBool::new(is_nonblocking) }
    }

    /// A listener of the embedder's, in non-blocking mode already: package net waits for connections in its poller.
    pub fn listener(listener: TcpListener) -> Descriptor {
        Descriptor { is_nonblocking: AtomicBool::new(true), ..Descriptor::stream(Source::Listener(listener)) }
    }

    /// A connection that a listener accepted.
    pub fn connection(stream: TcpStream, is_nonblocking: bool) -> Descriptor {
        Descriptor { is_nonblocking: AtomicBool::new(is_nonblocking), ..Descriptor::stream(Source::Connection(stream)) }
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    pub fn directory(&self) -> Option<&Directory> {
        self.directory.as_ref()
    }

    pub fn is_nonblocking(&self) -> bool {
        self.is_nonblocking.load(Ordering::Relaxed)
    }

    /// The system's descriptor, if there is one behind this.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.source {
            Source::Empty | Source::Discard | Source::Buffer(_) => None,
            Source::Standard(fd) => Some(*fd),
            Source::File(fd) => Some(fd.as_fd()),
            Source::Listener(listener) => Some(listener.as_fd()),
            Source::Connection(stream) => Some(stream.as_fd()),
        }
    }

    /// The system's descriptor for what only real files can do.
    pub fn real(&self) -> Result<BorrowedFd<'_>, Errno> {
        self.fd().ok_or(Errno::Inval)
    }

    /// Whether reading or writing may have to wait for somebody else.
    pub fn can_wait(&self) -> bool {
        self.fd().is_some() && !matches!(self.file_type, FileType::Regular | FileType::Directory | FileType::BlockDevice)
    }

    /// Type, flags and rights as `fd_fdstat_get` reports them.
    pub fn status(&self) -> Result<(FileType, u16, u64), Errno> {
        let (mut flags, mut rights) = (0, rights::POLL);
        match self.fd() {
            None if matches!(self.source, Source::Empty) => rights |= rights::READ,
            None => rights |= rights::WRITE,
            Some(fd) => {
                let system = rustix::fs::fcntl_getfl(fd)?;
                for (flag, bit) in [(OFlags::APPEND, flags::APPEND), (OFlags::DSYNC, flags::DSYNC), (OFlags::SYNC, flags::SYNC)] {
                    if system.contains(flag) {
                        flags |= bit;
                    }
                }
                rights |= match self.file_type {
                    FileType::Directory => rights::DIRECTORY | rights::FILE & !rights::WRITE,
                    FileType::SocketStream => rights::SOCKET | rights::READ | rights::WRITE,
                    _ => rights::FILE,
                };
                match system & OFlags::RWMODE {
                    OFlags::RDONLY => rights &= !rights::WRITE,
                    OFlags::WRONLY => rights &= !rights::READ,
                    _ => {}
                }
            }
        }
        if self.is_nonblocking() {
            flags |= flags::NONBLOCK;
        }
        Ok((self.file_type, flags, rights))
    }

    /// Changes `APPEND` and `NONBLOCK`; the others stay as they were when the file was opened.
    pub fn set_flags(&self, wanted: u16) -> Result<(), Errno> {
        let (_, current, _) = self.status()?;
        let change = wanted ^ current;
        if change == 0 {
            return Ok(());
        }
        let fd = match &self.source {
            Source::File(_) | Source::Listener(_) | Source::Connection(_) => self.real()?,
            _ => return Err(Errno::NotSup),
        };
        if change & !(flags::APPEND | flags::NONBLOCK) != 0 || change & flags::NONBLOCK != 0 && !self.can_wait() {
            return Err(Errno::NotSup);
        }
        let mut system = rustix::fs::fcntl_getfl(fd)?;
        system.set(OFlags::APPEND, wanted & flags::APPEND != 0);
        system.set(OFlags::NONBLOCK, wanted & flags::NONBLOCK != 0);
        rustix::fs::fcntl_setfl(fd, system)?;
        self.is_nonblocking.store(wanted & flags::NONBLOCK != 0, Ordering::Relaxed);
        Ok(())
    }

    /// Reads what is there, at least a byte; 0 at the end.
    pub fn read(&self, alarm: &Alarm, out: &mut [u8]) -> Result<usize, Errno> {
        let fd = match &self.source {
            Source::Empty => return Ok(0),
            Source::Discard | Source::Buffer(_) => return Err(Errno::Badf),
            _ => self.real()?,
        };
        loop {
            if self.can_wait() && !self.is_nonblocking() && !out.is_empty() {
                alarm.wait_for(fd, PollFlags::IN)?;
            }
            let result = match &self.source {
                Source::Connection(stream) => (&*stream).read(out).map_err(Errno::from),
                _ => rustix::io::read(fd, &mut *out).map_err(Errno::from),
            };
            match result {
                Err(Errno::Intr) => {}
                // Somebody else was quicker, or the stream was made non-blocking by another process.
                Err(Errno::Again) if !self.is_nonblocking() => {}
                result => return result,
            }
        }
    }

    /// Writes all of `bytes`, or as much as goes without waiting if the guest asked for that.
    pub fn write(&self, alarm: &Alarm, bytes: &[u8]) -> Result<usize, Errno> {
        let fd = match &self.source {
            Source::Empty => return Err(Errno::Badf),
            Source::Discard => return Ok(bytes.len()),
            Source::Buffer(buffer) => {
                buffer.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
                return Ok(bytes.len());
            }
            _ => self.real()?,
        };
        let mut done = 0;
        loop {
            let result = match &self.source {
                Source::Connection(stream) => (&*stream).write(&bytes[done..]).map_err(Errno::from),
                _ => rustix::io::write(fd, &bytes[done..]).map_err(Errno::from),
            };
            match result {
                Ok(0) if done < bytes.len() => return Ok(done),
                Ok(written) => done += written,
                Err(Errno::Intr) => {}
                Err(Errno::Again) if !self.is_nonblocking() => alarm.wait_for(fd, PollFlags::OUT)?,
                Err(error) if done == 0 => return Err(error),
                Err(_) => return Ok(done),
            }
            if done == bytes.len() || self.is_nonblocking() && done > 0 {
                return Ok(done);
            }
        }
    }

    /// Reads at an offset, leaving the position alone.
    pub fn read_at(&self, out: &mut [u8], offset: u64) -> Result<usize, Errno> {
        Ok(rustix::io::retry_on_intr(|| rustix::io::pread(self.seekable()?, &mut *out, offset))?)
    }

    /// Writes all at an offset, leaving the position alone.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let fd = self.seekable()?;
        let mut done = 0;
        loop {
            match rustix::io::pwrite(fd, &bytes[done..], offset.saturating_add(done as u64)) {
                Ok(0) => return Ok(done),
                Ok(written) => done += written,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) if done == 0 => return Err(error.into()),
                Err(_) => return Ok(done),
            }
            if done == bytes.len() {
                return Ok(done);
            }
        }
    }

    /// Moves the position by WASI's `whence` and returns the new one.
    pub fn seek(&self, offset: i64, whence: u32) -> Result<u64, Errno> {
        let position = match whence {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(Errno::Inval),
        };
        Ok(rustix::fs::seek(self.seekable()?, position)?)
    }

    fn seekable(&self) -> rustix::io::Result<BorrowedFd<'_>> {
        self.fd().ok_or(rustix::io::Errno::SPIPE)
    }
}

/// The type of a file of the system.
pub fn file_type_of(stat: &Stat) -> FileType {
    rustix::fs::FileType::from_raw_mode(stat.st_mode).into()
}
