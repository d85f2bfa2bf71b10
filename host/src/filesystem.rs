//! Directories that the guest was given, and the files in them: the path functions of WASI preview 1 over the system's `at` family.
//!
//! WASI knows no permissions, so a new file gets `0666` and a new directory `0777`, less the process's umask, as in Go's `os.Create`.

use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Mode, OFlags, RawDir, SeekFrom, Stat, Timespec, Timestamps};

use crate::descriptor::{Descriptor, FileType, file_type_of, flags, rights};
use crate::errno::Errno;
use crate::path::{Place, Reach, find};

/// What makes a descriptor a directory.
pub struct Directory {
    pub reach: Reach,
    /// Where the guest finds it, if it was given before the start.
    pub guest_path: Option<String>,
    /// Held while entries are read: the position belongs to all threads.
    reading: Mutex<()>,
}

impl Directory {
    fn new(reach: Reach, guest_path: Option<String>) -> Directory {
        Directory { reach, guest_path, reading: Mutex::new(()) }
    }
}

/// Opens `host_path` as a directory that the guest finds at `guest_path`.
pub fn preopen(host_path: &Path, guest_path: &str) -> std::io::Result<Descriptor> {
    let fd = rustix::fs::openat(rustix::fs::CWD, host_path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let reach = match guest_path {
        "/" if host_path == Path::new("/") => Reach::System,
        "/" => Reach::Root,
        _ => Reach::Beneath,
    };
    Ok(Descriptor::file(fd, FileType::Directory, Some(Directory::new(reach, Some(guest_path.to_string()))), false))
}

/// Flags of `path_open`, in WASI's numbers.
pub mod open_flags {
    pub const CREATE: u32 = 1 << 0;
    pub const DIRECTORY: u32 = 1 << 1;
    pub const EXCLUSIVE: u32 = 1 << 2;
    pub const TRUNCATE: u32 = 1 << 3;
}

/// What `path_filestat_set_times` sets, in WASI's numbers.
pub mod time_flags {
    pub const ACCESSED: u32 = 1 << 0;
    pub const ACCESSED_NOW: u32 = 1 << 1;
    pub const MODIFIED: u32 = 1 << 2;
    pub const MODIFIED_NOW: u32 = 1 << 3;
}

/// How a file is to be opened.
pub struct Open {
    pub follow: bool,
    pub open_flags: u32,
    pub rights: u64,
    pub fd_flags: u16,
}

/// A path as the guest names it: from an open directory.
pub struct GuestPath<'a> {
    pub from: &'a Descriptor,
    pub path: &'a [u8],
}

impl GuestPath<'_> {
    fn reach(&self) -> Result<Reach, Errno> {
        self.from.directory().map(|directory| directory.reach).ok_or(Errno::NotDir)
    }

    fn find(&self, follow: bool) -> Result<Place<'_>, Errno> {
        find(self.from.real()?, self.reach()?, self.path, follow)
    }

    /// The place of something that is no directory.
    fn find_file(&self) -> Result<Place<'_>, Errno> {
        let place = self.find(false)?;
        if place.must_be_directory { Err(Errno::NotDir) } else { Ok(place) }
    }

    pub fn open(&self, how: &Open) -> Result<Descriptor, Errno> {
        let place = self.find(how.follow)?;
        let wants = |right: u64| how.rights & right != 0;
        let access = match (wants(rights::READ), wants(rights::WRITE)) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            _ => OFlags::RDONLY,
        };
        let mut system = access | OFlags::CLOEXEC | OFlags::NOCTTY | place.open_flags();
        for (flag, bit) in [
            (OFlags::CREATE, open_flags::CREATE),
            (OFlags::DIRECTORY, open_flags::DIRECTORY),
            (OFlags::EXCL, open_flags::EXCLUSIVE),
            (OFlags::TRUNC, open_flags::TRUNCATE),
        ] {
            if how.open_flags & bit != 0 {
                system |= flag;
            }
        }
        for (flag, bit) in [
            (OFlags::APPEND, flags::APPEND),
            (OFlags::DSYNC, flags::DSYNC),
            (OFlags::SYNC, flags::SYNC | flags::RSYNC),
            (OFlags::NONBLOCK, flags::NONBLOCK),
        ] {
            if how.fd_flags & bit != 0 {
                system |= flag;
            }
        }
        let mode = Mode::from_raw_mode(0o666);
        let fd = rustix::io::retry_on_intr(|| rustix::fs::openat(place.parent(), place.name.as_slice(), system, mode))?;
        let file_type = file_type_of(&rustix::fs::fstat(&fd)?);
        let directory = (file_type == FileType::Directory).then_some(Directory::new(self.reach()?.inner(), None));
        Ok(Descriptor::file(fd, file_type, directory, how.fd_flags & flags::NONBLOCK != 0))
    }

    pub fn status(&self, follow: bool) -> Result<Stat, Errno> {
        let place = self.find(follow)?;
        let stat = rustix::fs::statat(place.parent(), place.name.as_slice(), place.at_flags())?;
        if place.must_be_directory && file_type_of(&stat) != FileType::Directory { Err(Errno::NotDir) } else { Ok(stat) }
    }

    pub fn set_times(&self, follow: bool, times: &Timestamps) -> Result<(), Errno> {
        let place = self.find(follow)?;
        Ok(rustix::fs::utimensat(place.parent(), place.name.as_slice(), times, place.at_flags())?)
    }

    pub fn create_directory(&self) -> Result<(), Errno> {
        let place = self.find(false)?;
        Ok(rustix::fs::mkdirat(place.parent(), place.name.as_slice(), Mode::from_raw_mode(0o777))?)
    }

    pub fn remove_directory(&self) -> Result<(), Errno> {
        let place = self.find(false)?;
        Ok(rustix::fs::unlinkat(place.parent(), place.name.as_slice(), AtFlags::REMOVEDIR)?)
    }

    pub fn unlink(&self) -> Result<(), Errno> {
        let place = self.find_file()?;
        Ok(rustix::fs::unlinkat(place.parent(), place.name.as_slice(), AtFlags::empty())?)
    }

    pub fn rename(&self, to: &GuestPath<'_>) -> Result<(), Errno> {
        let (old, new) = (self.find(false)?, to.find(false)?);
        Ok(rustix::fs::renameat(old.parent(), old.name.as_slice(), new.parent(), new.name.as_slice())?)
    }

    pub fn link(&self, follow: bool, to: &GuestPath<'_>) -> Result<(), Errno> {
        let (old, new) = (self.find(follow)?, to.find_file()?);
        let flags = if old.at_flags().is_empty() { AtFlags::SYMLINK_FOLLOW } else { AtFlags::empty() };
        Ok(rustix::fs::linkat(old.parent(), old.name.as_slice(), new.parent(), new.name.as_slice(), flags)?)
    }

    /// Makes this path a link with the text `target`.
    pub fn symlink(&self, target: &[u8]) -> Result<(), Errno> {
        if target.is_empty() || target.contains(&0) {
            return Err(if target.is_empty() { Errno::NoEnt } else { Errno::Inval });
        }
        if target.starts_with(b"/") && self.reach()? == Reach::Beneath {
            return Err(Errno::Perm);
        }
        let place = self.find_file()?;
        Ok(rustix::fs::symlinkat(target, place.parent(), place.name.as_slice())?)
    }

    pub fn read_link(&self) -> Result<Vec<u8>, Errno> {
        let place = self.find(false)?;
        Ok(rustix::fs::readlinkat(place.parent(), place.name.as_slice(), Vec::new())?.into_bytes())
    }
}

/// The times that `fd_filestat_set_times` and its like ask for.
pub fn timestamps(accessed_ns: u64, modified_ns: u64, what: u32) -> Result<Timestamps, Errno> {
    let time = |ns: u64, given: u32, now: u32| match (what & given != 0, what & now != 0) {
        (true, true) => Err(Errno::Inval),
        (false, false) => Ok(Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT }),
        (false, true) => Ok(Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW }),
        // Go hands over the bits of a signed number.
        (true, false) => {
            let ns = ns.cast_signed();
            Ok(Timespec { tv_sec: ns.div_euclid(1_000_000_000), tv_nsec: ns.rem_euclid(1_000_000_000) })
        }
    };
    Ok(Timestamps {
        last_access: time(accessed_ns, time_flags::ACCESSED, time_flags::ACCESSED_NOW)?,
        last_modification: time(modified_ns, time_flags::MODIFIED, time_flags::MODIFIED_NOW)?,
    })
}

/// Size of a `filestat` in guest memory.
pub const STATUS_BYTES: usize = 64;

/// A `filestat` record.
pub fn status_record(stat: &Stat) -> [u8; STATUS_BYTES] {
    fn ns(seconds: i64, nanoseconds: u64) -> u64 {
        seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds.cast_signed()).cast_unsigned()
    }
    let mut record = [0; STATUS_BYTES];
    let mut put = |at: usize, value: u64| record[at..at + 8].copy_from_slice(&value.to_le_bytes());
    put(0, stat.st_dev);
    put(8, stat.st_ino);
    put(16, file_type_of(stat) as u64);
    // The system's type for this differs between processors.
    #[allow(clippy::useless_conversion)]
    put(24, u64::from(stat.st_nlink));
    put(32, stat.st_size.cast_unsigned());
    put(40, ns(stat.st_atime, stat.st_atime_nsec));
    put(48, ns(stat.st_mtime, stat.st_mtime_nsec));
    put(56, ns(stat.st_ctime, stat.st_ctime_nsec));
    record
}

/// A `filestat` record for a stream that is no file of the system.
pub fn stream_record(file_type: FileType) -> [u8; STATUS_BYTES] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let now = u64::try_from(now).unwrap_or(u64::MAX).to_le_bytes();
    let mut record = [0; STATUS_BYTES];
    record[16] = file_type as u8;
    record[24] = 1;
    for at in [40, 48, 56] {
        record[at..at + 8].copy_from_slice(&now);
    }
    record
}

/// Bytes of an entry before its name.
const ENTRY_BYTES: usize = 24;

/// Fills up to `limit` bytes with directory entries from `cookie` on, the last one cut where the room ends; less is the end of the directory.
pub fn read_directory(descriptor: &Descriptor, cookie: u64, limit: usize) -> Result<Vec<u8>, Errno> {
    let directory = descriptor.directory().ok_or(Errno::NotDir)?;
    let fd: BorrowedFd<'_> = descriptor.real()?;
    let _reading = directory.reading.lock().unwrap_or_else(PoisonError::into_inner);
    rustix::fs::seek(fd, SeekFrom::Start(cookie))?;
    let mut buffer = vec![MaybeUninit::uninit(); limit.clamp(4 << 10, 64 << 10)];
    let mut entries = RawDir::new(fd, &mut buffer);
    let mut out = Vec::new();
    while out.len() < limit
        && let Some(entry) = entries.next()
    {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        let mut head = [0; ENTRY_BYTES];
        head[..8].copy_from_slice(&entry.next_entry_cookie().to_le_bytes());
        head[8..16].copy_from_slice(&entry.ino().to_le_bytes());
        head[16..20].copy_from_slice(&u32::try_from(name.len()).map_err(|_| Errno::Overflow)?.to_le_bytes());
        head[20] = FileType::from(entry.file_type()) as u8;
        out.extend_from_slice(&head);
        out.extend_from_slice(name);
    }
    out.truncate(limit);
    Ok(out)
}
