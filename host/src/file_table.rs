//! The file table: what each file number of a program stands for.
//!
//! One table serves all threads, so that a file opened on one is open on every other. A new file gets the lowest free number, as everywhere.
//!
//! # Invariants
//! - TABLE-1: a number is taken before the file behind it is opened, so that a full table fails before anything was created.
//! - TABLE-2: a host call holds its file by an `Arc`: closing a number while another thread reads from it frees the number at once and the
//!   file when that call is over. A file of the system never changes hands under a call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::descriptor::Descriptor;
use crate::errno::Errno;

#[derive(Clone)]
enum Slot {
    Free,
    /// Taken by a call that is about to open a file.
    Taken,
    Open(Arc<Descriptor>),
}

/// The open files of a program.
pub struct FileTable {
    slots: Mutex<Vec<Slot>>,
    /// Numbers there may be; the next one is `EMFILE`.
    limit: usize,
}

/// A taken number; free again if dropped before [`Reserved::open`].
pub struct Reserved<'a> {
    table: &'a FileTable,
    fd: usize,
}

impl Reserved<'_> {
    /// Opens the number for the guest.
    pub fn open(self, descriptor: Descriptor) -> u32 {
        let fd = self.fd;
        self.table.lock()[fd] = Slot::Open(Arc::new(descriptor));
        std::mem::forget(self);
        // The limit keeps numbers small.
        u32::try_from(fd).unwrap_or(u32::MAX)
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.table.lock()[self.fd] = Slot::Free;
    }
}

impl FileTable {
    /// A table with `first` as its numbers from 0, and room for `limit` in all.
    pub fn new(first: Vec<Descriptor>, limit: usize) -> FileTable {
        let slots = first.into_iter().map(|descriptor| Slot::Open(Arc::new(descriptor))).collect();
        FileTable { slots: Mutex::new(slots), limit: limit.min(i32::MAX as usize) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file behind a number.
    pub fn get(&self, fd: u32) -> Result<Arc<Descriptor>, Errno> {
        match self.lock().get(fd as usize) {
            Some(Slot::Open(descriptor)) => Ok(descriptor.clone()),
            _ => Err(Errno::Badf),
        }
    }

    /// Takes the lowest free number.
    pub fn reserve(&self) -> Result<Reserved<'_>, Errno> {
        let mut slots = self.lock();
        let fd = slots.iter().position(|slot| matches!(slot, Slot::Free)).unwrap_or(slots.len());
        if fd >= self.limit {
            return Err(Errno::MFile);
        }
        if fd == slots.len() {
            slots.push(Slot::Free);
        }
        slots[fd] = Slot::Taken;
        Ok(Reserved { table: self, fd })
    }

    /// Closes a number.
    pub fn close(&self, fd: u32) -> Result<(), Errno> {
        let mut slots = self.lock();
        let slot = slots.get_mut(fd as usize).filter(|slot| matches!(slot, Slot::Open(_))).ok_or(Errno::Badf)?;
        let closed = std::mem::replace(slot, Slot::Free);
        drop(slots);
        // Closing may wait for the system: not under the lock.
        drop(closed);
        Ok(())
    }

    /// Moves the file behind `from` to `to`, closing what was there. Both must be open.
    pub fn renumber(&self, from: u32, to: u32) -> Result<(), Errno> {
        let mut slots = self.lock();
        let is_open = |fd: u32| matches!(slots.get(fd as usize), Some(Slot::Open(_)));
        if !is_open(from) || !is_open(to) {
            return Err(Errno::Badf);
        }
        if from == to {
            return Ok(());
        }
        let moved = std::mem::replace(&mut slots[from as usize], Slot::Free);
        let closed = std::mem::replace(&mut slots[to as usize], moved);
        drop(slots);
        drop(closed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::FileTable;
    use crate::descriptor::{Descriptor, Source};
    use crate::errno::Errno;

    fn empty() -> Descriptor {
        Descriptor::stream(Source::Empty)
    }

    #[test]
    fn lowest_free_number_and_limit() {
        let table = FileTable::new(vec![empty(), empty()], 4);
        assert_eq!(table.reserve().unwrap().open(empty()), 2);
        assert_eq!(table.reserve().unwrap().open(empty()), 3);
        assert_eq!(table.reserve().err(), Some(Errno::MFile));
        table.close(1).unwrap();
        assert_eq!(table.close(1), Err(Errno::Badf));
        {
            let reserved = table.reserve().unwrap();
            assert_eq!(reserved.fd, 1);
            assert_eq!(table.get(1).err(), Some(Errno::Badf));
            assert_eq!(table.close(1), Err(Errno::Badf));
        }
        assert_eq!(table.reserve().unwrap().open(empty()), 1);
    }

    #[test]
    fn renumbering() {
        let table = FileTable::new(vec![empty(), empty()], 4);
        assert_eq!(table.renumber(0, 2), Err(Errno::Badf));
        table.renumber(0, 1).unwrap();
        assert_eq!(table.get(0).err(), Some(Errno::Badf));
        table.renumber(1, 1).unwrap();
        assert!(table.get(1).is_ok());
        assert_eq!(table.get(u32::MAX).err(), Some(Errno::Badf));
    }
}
