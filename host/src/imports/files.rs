//! The functions of WASI preview 1 that take an open file.

use rustix::fs::FallocateFlags;
use wasmtime::{Linker, Result};

use crate::descriptor::FileType;
use crate::errno::Errno;
use crate::filesystem::{STATUS_BYTES, read_directory, status_record, stream_record, timestamps};
use crate::instance::ThreadState;
use crate::network;

use super::guest::{Guest, TRANSFER_BYTES, WASI, answer, check, gather, put, put_size, scatter};

pub fn define(linker: &mut Linker<ThreadState>) -> Result<()> {
    define_transfer(linker)?;
    define_state(linker)?;
    define_directories(linker)?;
    define_sockets(linker)
}

/// Reading and writing.
fn define_transfer(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(WASI, "fd_write", |caller: Guest<'_>, fd: u32, vectors: u32, count: u32, written_at: u32| {
        answer(&caller, |bytes, state| {
            let file = state.shared.files.get(fd)?;
            let data = gather(bytes, vectors, count)?;
            check(bytes, written_at, 4)?;
            put_size(bytes, written_at, file.write(&state.shared.alarm, &data)?)
        })
    })?;
    linker.func_wrap(WASI, "fd_pwrite", |caller: Guest<'_>, fd: u32, vectors: u32, count: u32, offset: u64, written_at: u32| {
        answer(&caller, |bytes, state| {
            let file = state.shared.files.get(fd)?;
            let data = gather(bytes, vectors, count)?;
            check(bytes, written_at, 4)?;
            put_size(bytes, written_at, file.write_at(&data, offset)?)
        })
    })?;
    linker.func_wrap(WASI, "fd_read", |caller: Guest<'_>, fd: u32, vectors: u32, count: u32, read_at: u32| {
        answer(&caller, |bytes, state| {
            let file = state.shared.files.get(fd)?;
            scatter(bytes, vectors, count, read_at, |out| file.read(&state.shared.alarm, out))
        })
    })?;
    linker.func_wrap(WASI, "fd_pread", |caller: Guest<'_>, fd: u32, vectors: u32, count: u32, offset: u64, read_at: u32| {
        answer(&caller, |bytes, state| {
            let file = state.shared.files.get(fd)?;
            scatter(bytes, vectors, count, read_at, |out| file.read_at(out, offset))
        })
    })?;
    linker.func_wrap(WASI, "fd_seek", |caller: Guest<'_>, fd: u32, offset: i64, whence: u32, out: u32| {
        answer(&caller, |bytes, state| {
            check(bytes, out, 8)?;
            put(bytes, out, &state.shared.files.get(fd)?.seek(offset, whence)?.to_le_bytes())
        })
    })?;
    linker.func_wrap(WASI, "fd_tell", |caller: Guest<'_>, fd: u32, out: u32| {
        answer(&caller, |bytes, state| put(bytes, out, &state.shared.files.get(fd)?.seek(0, 1)?.to_le_bytes()))
    })?;
    Ok(())
}

/// What a file is and how it is open.
fn define_state(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(WASI, "fd_close", |caller: Guest<'_>, fd: u32| answer(&caller, |_, state| state.shared.files.close(fd)))?;
    linker
        .func_wrap(WASI, "fd_renumber", |caller: Guest<'_>, from: u32, to: u32| answer(&caller, |_, state| state.shared.files.renumber(from, to)))?;
    linker.func_wrap(WASI, "fd_fdstat_get", |caller: Guest<'_>, fd: u32, out: u32| {
        answer(&caller, |bytes, state| {
            let (file_type, flags, rights) = state.shared.files.get(fd)?.status()?;
            let mut record = [0; 24];
            record[0] = file_type as u8;
            record[2..4].copy_from_slice(&flags.to_le_bytes());
            record[8..16].copy_from_slice(&rights.to_le_bytes());
            // What is opened through a directory may do anything that this host offers.
            let inherited = if file_type == FileType::Directory { u64::from(u32::MAX >> 2) } else { 0 };
            record[16..24].copy_from_slice(&inherited.to_le_bytes());
            put(bytes, out, &record)
        })
    })?;
    linker.func_wrap(WASI, "fd_fdstat_set_flags", |caller: Guest<'_>, fd: u32, flags: u32| {
        answer(&caller, |_, state| state.shared.files.get(fd)?.set_flags(u16::try_from(flags).map_err(|_| Errno::Inval)?))
    })?;
    // Rights are not kept: a program that gives some up must hear that it still has them.
    linker.func_wrap(WASI, "fd_fdstat_set_rights", |caller: Guest<'_>, fd: u32, _base: u64, _inheriting: u64| {
        answer(&caller, |_, state| state.shared.files.get(fd).and(Err(Errno::NotSup)))
    })?;
    linker.func_wrap(WASI, "fd_filestat_get", |caller: Guest<'_>, fd: u32, out: u32| {
        answer(&caller, |bytes, state| {
            let file = state.shared.files.get(fd)?;
            let record: [u8; STATUS_BYTES] = match file.fd() {
                Some(fd) => status_record(&rustix::fs::fstat(fd)?),
                None => stream_record(file.file_type()),
            };
            put(bytes, out, &record)
        })
    })?;
    linker.func_wrap(WASI, "fd_filestat_set_size", |caller: Guest<'_>, fd: u32, size: u64| {
        answer(&caller, |_, state| Ok(rustix::fs::ftruncate(state.shared.files.get(fd)?.real()?, size)?))
    })?;
    linker.func_wrap(WASI, "fd_filestat_set_times", |caller: Guest<'_>, fd: u32, accessed: u64, modified: u64, what: u32| {
        answer(&caller, |_, state| Ok(rustix::fs::futimens(state.shared.files.get(fd)?.real()?, &timestamps(accessed, modified, what)?)?))
    })?;
    linker.func_wrap(WASI, "fd_sync", |caller: Guest<'_>, fd: u32| {
        answer(&caller, |_, state| Ok(rustix::fs::fsync(state.shared.files.get(fd)?.real()?)?))
    })?;
    linker.func_wrap(WASI, "fd_datasync", |caller: Guest<'_>, fd: u32| {
        answer(&caller, |_, state| Ok(rustix::fs::fdatasync(state.shared.files.get(fd)?.real()?)?))
    })?;
    linker.func_wrap(WASI, "fd_allocate", |caller: Guest<'_>, fd: u32, offset: u64, length: u64| {
        answer(&caller, |_, state| Ok(rustix::fs::fallocate(state.shared.files.get(fd)?.real()?, FallocateFlags::empty(), offset, length)?))
    })?;
    // Advice is free to be ignored.
    linker.func_wrap(WASI, "fd_advise", |caller: Guest<'_>, fd: u32, _offset: u64, _length: u64, advice: u32| {
        answer(&caller, |_, state| state.shared.files.get(fd).and(if advice <= 5 { Ok(()) } else { Err(Errno::Inval) }))
    })?;
    Ok(())
}

/// Given directories and the entries of open ones.
fn define_directories(linker: &mut Linker<ThreadState>) -> Result<()> {
    fn guest_path(state: &ThreadState, fd: u32) -> std::result::Result<String, Errno> {
        let file = state.shared.files.get(fd)?;
        file.directory().and_then(|directory| directory.guest_path.clone()).ok_or(Errno::Badf)
    }
    linker.func_wrap(WASI, "fd_prestat_get", |caller: Guest<'_>, fd: u32, out: u32| {
        answer(&caller, |bytes, state| {
            let length = u32::try_from(guest_path(state, fd)?.len()).map_err(|_| Errno::Overflow)?;
            let mut record = [0; 8];
            record[4..].copy_from_slice(&length.to_le_bytes());
            put(bytes, out, &record)
        })
    })?;
    linker.func_wrap(WASI, "fd_prestat_dir_name", |caller: Guest<'_>, fd: u32, out: u32, length: u32| {
        answer(&caller, |bytes, state| {
            let path = guest_path(state, fd)?;
            if path.len() > length as usize { Err(Errno::NameTooLong) } else { put(bytes, out, path.as_bytes()) }
        })
    })?;
    linker.func_wrap(WASI, "fd_readdir", |caller: Guest<'_>, fd: u32, out: u32, length: u32, cookie: u64, used_at: u32| {
        answer(&caller, |bytes, state| {
            let file = state.shared.files.get(fd)?;
            check(bytes, out, length as usize)?;
            let entries = read_directory(&file, cookie, length.min(TRANSFER_BYTES) as usize)?;
            put(bytes, out, &entries)?;
            put_size(bytes, used_at, entries.len())
        })
    })?;
    Ok(())
}

/// Sockets. WASI preview 1 has no way to make one; flags of `sock_recv` and `sock_send` are not offered.
fn define_sockets(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(WASI, "sock_accept", |caller: Guest<'_>, fd: u32, flags: u32, out: u32| {
        answer(&caller, |bytes, state| {
            let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
            check(bytes, out, 4)?;
            let listener = state.shared.files.get(fd)?;
            let reserved = state.shared.files.reserve()?;
            let connection = network::accept(&listener, &state.shared.alarm, flags)?;
            put(bytes, out, &reserved.open(connection).to_le_bytes())
        })
    })?;
    linker.func_wrap(WASI, "sock_shutdown", |caller: Guest<'_>, fd: u32, how: u32| {
        answer(&caller, |_, state| network::shutdown(&*state.shared.files.get(fd)?, how))
    })?;
    linker.func_wrap(WASI, "sock_recv", |caller: Guest<'_>, fd: u32, vectors: u32, count: u32, flags: u32, read_at: u32, flags_at: u32| {
        answer(&caller, |bytes, state| {
            let file = state.shared.files.get(fd)?;
            match (file.file_type(), flags) {
                (FileType::SocketStream, 0) => {}
                (FileType::SocketStream, _) => return Err(Errno::NotSup),
                _ => return Err(Errno::NotSock),
            }
            put(bytes, flags_at, &0_u16.to_le_bytes())?;
            scatter(bytes, vectors, count, read_at, |out| file.read(&state.shared.alarm, out))
        })
    })?;
    linker.func_wrap(WASI, "sock_send", |caller: Guest<'_>, fd: u32, vectors: u32, count: u32, flags: u32, written_at: u32| {
        answer(&caller, |bytes, state| {
            let file = state.shared.files.get(fd)?;
            match (file.file_type(), flags) {
                (FileType::SocketStream, 0) => {}
                (FileType::SocketStream, _) => return Err(Errno::NotSup),
                _ => return Err(Errno::NotSock),
            }
            let data = gather(bytes, vectors, count)?;
            check(bytes, written_at, 4)?;
            put_size(bytes, written_at, file.write(&state.shared.alarm, &data)?)
        })
    })?;
    Ok(())
}
