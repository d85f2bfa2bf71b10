//! The functions of WASI preview 1 that take a path from an open directory.

use wasmtime::{Linker, Result};

use crate::errno::Errno;
use crate::filesystem::{Open, STATUS_BYTES, status_record, timestamps};
use crate::instance::ThreadState;

use super::guest::{Guest, WASI, answer, check, get_path, put, put_size, with_path};

/// Bit of the lookup flags that asks to follow a link at the end of the path.
const FOLLOW: u32 = 1;

pub fn define(linker: &mut Linker<ThreadState>) -> Result<()> {
    define_open(linker)?;
    define_status(linker)?;
    define_names(linker)?;
    define_links(linker)
}

fn define_open(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(
        WASI,
        "path_open",
        |caller: Guest<'_>,
         from: u32,
         lookup: u32,
         path: u32,
         length: u32,
         open_flags: u32,
         rights: u64,
         _inheriting: u64,
         fd_flags: u32,
         out: u32| {
            answer(&caller, |bytes, state| {
                let files = &state.shared.files;
                let from = files.get(from)?;
                let fd_flags = u16::try_from(fd_flags).map_err(|_| Errno::Inval)?;
                check(bytes, out, 4)?;
                let reserved = files.reserve()?;
                let how = Open { follow: lookup & FOLLOW != 0, open_flags, rights, fd_flags };
                let file = with_path(bytes, &from, path, length, |path| path.open(&how))?;
                put(bytes, out, &reserved.open(file).to_le_bytes())
            })
        },
    )?;
    Ok(())
}

fn define_status(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(WASI, "path_filestat_get", |caller: Guest<'_>, from: u32, lookup: u32, path: u32, length: u32, out: u32| {
        answer(&caller, |bytes, state| {
            let from = state.shared.files.get(from)?;
            check(bytes, out, STATUS_BYTES)?;
            let stat = with_path(bytes, &from, path, length, |path| path.status(lookup & FOLLOW != 0))?;
            put(bytes, out, &status_record(&stat))
        })
    })?;
    linker.func_wrap(
        WASI,
        "path_filestat_set_times",
        |caller: Guest<'_>, from: u32, lookup: u32, path: u32, length: u32, accessed: u64, modified: u64, what: u32| {
            answer(&caller, |bytes, state| {
                let from = state.shared.files.get(from)?;
                let times = timestamps(accessed, modified, what)?;
                with_path(bytes, &from, path, length, |path| path.set_times(lookup & FOLLOW != 0, &times))
            })
        },
    )?;
    Ok(())
}

/// Directories made and removed, files removed and renamed.
fn define_names(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(WASI, "path_create_directory", |caller: Guest<'_>, from: u32, path: u32, length: u32| {
        answer(&caller, |bytes, state| with_path(bytes, &*state.shared.files.get(from)?, path, length, |path| path.create_directory()))
    })?;
    linker.func_wrap(WASI, "path_remove_directory", |caller: Guest<'_>, from: u32, path: u32, length: u32| {
        answer(&caller, |bytes, state| with_path(bytes, &*state.shared.files.get(from)?, path, length, |path| path.remove_directory()))
    })?;
    linker.func_wrap(WASI, "path_unlink_file", |caller: Guest<'_>, from: u32, path: u32, length: u32| {
        answer(&caller, |bytes, state| with_path(bytes, &*state.shared.files.get(from)?, path, length, |path| path.unlink()))
    })?;
    linker.func_wrap(WASI, "path_rename", |caller: Guest<'_>, from: u32, old: u32, old_length: u32, to: u32, new: u32, new_length: u32| {
        answer(&caller, |bytes, state| {
            let (from, to) = (state.shared.files.get(from)?, state.shared.files.get(to)?);
            with_path(bytes, &from, old, old_length, |old| with_path(bytes, &to, new, new_length, |new| old.rename(&new)))
        })
    })?;
    Ok(())
}

fn define_links(linker: &mut Linker<ThreadState>) -> Result<()> {
    linker.func_wrap(
        WASI,
        "path_link",
        |caller: Guest<'_>, from: u32, lookup: u32, old: u32, old_length: u32, to: u32, new: u32, new_length: u32| {
            answer(&caller, |bytes, state| {
                let (from, to) = (state.shared.files.get(from)?, state.shared.files.get(to)?);
                let follow = lookup & FOLLOW != 0;
                with_path(bytes, &from, old, old_length, |old| with_path(bytes, &to, new, new_length, |new| old.link(follow, &new)))
            })
        },
    )?;
    linker.func_wrap(WASI, "path_symlink", |caller: Guest<'_>, target: u32, target_length: u32, from: u32, path: u32, length: u32| {
        answer(&caller, |bytes, state| {
            let from = state.shared.files.get(from)?;
            let target = get_path(bytes, target, target_length)?;
            with_path(bytes, &from, path, length, |path| path.symlink(&target))
        })
    })?;
    linker.func_wrap(WASI, "path_readlink", |caller: Guest<'_>, from: u32, path: u32, length: u32, out: u32, limit: u32, used_at: u32| {
        answer(&caller, |bytes, state| {
            let from = state.shared.files.get(from)?;
            let mut target = with_path(bytes, &from, path, length, |path| path.read_link())?;
            target.truncate(limit as usize);
            put(bytes, out, &target)?;
            put_size(bytes, used_at, target.len())
        })
    })?;
    Ok(())
}
