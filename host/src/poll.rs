//! Waiting: for files to become ready, for clocks, for the end of the program.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

use crate::clock;
use crate::descriptor::Descriptor;
use crate::errno::Errno;
use crate::instance::Shared;

/// Wakes threads of a program that wait for files.
pub struct Alarm {
    /// Readable from the moment on when the program is to stop.
    stop: OwnedFd,
    /// Readable when the thread in [`poll_oneoff`] is to return; that thread resets it.
    interrupt: OwnedFd,
}

impl Alarm {
    pub fn new() -> Result<Alarm, Errno> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Alarm { stop: eventfd(0, flags)?, interrupt: eventfd(0, flags)? })
    }

    /// Ends all waiting, now and later.
    pub fn stop(&self) {
        // A counter that is full wakes as well.
        let _ = rustix::io::write(&self.stop, &1_u64.to_ne_bytes());
    }

    /// Makes the present or the next [`poll_oneoff`] without a clock return `EINTR`.
    pub fn interrupt(&self) {
        let _ = rustix::io::write(&self.interrupt, &1_u64.to_ne_bytes());
    }

    fn was_interrupted(&self) -> bool {
        rustix::io::read(&self.interrupt, &mut [0_u8; 8][..]).is_ok()
    }

    /// Waits until `fd` is ready. `ECANCELED` if the program stops.
    pub fn wait_for(&self, fd: BorrowedFd<'_>, flags: PollFlags) -> Result<(), Errno> {
        let mut fds = [PollFd::new(&self.stop, PollFlags::IN), PollFd::new(&fd, flags)];
        loop {
            match poll(&mut fds, None) {
                Ok(_) if !fds[0].revents().is_empty() => return Err(Errno::Canceled),
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// What a program waits for.
pub enum Interest {
    /// A clock: nanoseconds, and whether they count from the clock's zero instead of from now.
    Clock {
        clock: u32,
        timeout_ns: u64,
        is_absolute: bool,
    },
    Read(u32),
    Write(u32),
}

/// How an interest came out. Those that did not yet happen have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub index: usize,
    /// Why waiting is pointless.
    pub errno: Option<Errno>,
    /// Bytes that can be read or written, as far as is known.
    pub bytes: u64,
    pub has_hung_up: bool,
}

/// Waits until one of the interests has happened; returns all that have. [`Alarm::interrupt`] concerns waits without a clock only: a look at
/// a file that ends at once must not swallow it.
pub fn wait(shared: &Shared, interests: &[Interest]) -> Result<Vec<Event>, Errno> {
    let start = Instant::now();
    let mut events = Vec::new();
    // Interests that poll(2) decides: their index and file.
    let mut waiting: Vec<(usize, Arc<Descriptor>, PollFlags)> = Vec::new();
    // When each clock is due, from `start`.
    let mut due: Vec<(usize, Duration)> = Vec::new();
    for (index, interest) in interests.iter().enumerate() {
        let (fd, flags) = match *interest {
            Interest::Clock { clock, timeout_ns, is_absolute } => {
                let ns = if is_absolute { timeout_ns.saturating_sub(clock::now_ns(shared, clock)?) } else { timeout_ns };
                due.push((index, Duration::from_nanos(ns)));
                continue;
            }
            Interest::Read(fd) => (fd, PollFlags::IN),
            Interest::Write(fd) => (fd, PollFlags::OUT),
        };
        match shared.files.get(fd) {
            Ok(descriptor) if descriptor.can_wait() => waiting.push((index, descriptor, flags)),
            Ok(_) => events.push(Event { index, errno: None, bytes: 1, has_hung_up: false }),
            Err(errno) => events.push(Event { index, errno: Some(errno), bytes: 0, has_hung_up: false }),
        }
    }

    let alarm = &shared.alarm;
    let interruption = if due.is_empty() { PollFlags::IN } else { PollFlags::empty() };
    let mut fds = vec![PollFd::new(&alarm.stop, PollFlags::IN), PollFd::new(&alarm.interrupt, interruption)];
    for (_, descriptor, flags) in &waiting {
        // `can_wait` is true of files of the system only.
        fds.push(PollFd::from_borrowed_fd(descriptor.real()?, *flags));
    }
    let limit = if events.is_empty() { due.iter().map(|&(_, due)| due).min() } else { Some(Duration::ZERO) };
    loop {
        let left = limit.map(|limit| limit.saturating_sub(start.elapsed()));
        let timeout = left.map(|left| Timespec { tv_sec: left.as_secs().min(i64::MAX as u64).cast_signed(), tv_nsec: left.subsec_nanos().into() });
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) if left.is_some_and(|left| !left.is_zero() && start.elapsed() < limit.unwrap_or_default()) => {}
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if !fds[0].revents().is_empty() {
        return Err(Errno::Canceled);
    }
    if fds[1].revents().contains(PollFlags::IN) && alarm.was_interrupted() {
        return Err(Errno::Intr);
    }
    for ((index, descriptor, flags), polled) in waiting.iter().zip(&fds[2..]) {
        let ready = polled.revents();
        if ready.is_empty() {
            continue;
        }
        let has_hung_up = ready.contains(PollFlags::HUP);
        let errno = ready.contains(PollFlags::NVAL).then_some(Errno::Badf);
        let bytes = if *flags == PollFlags::IN { descriptor.real().map_or(1, |fd| rustix::io::ioctl_fionread(fd.as_fd()).unwrap_or(1)) } else { 1 };
        events.push(Event { index: *index, errno, bytes, has_hung_up });
    }
    let elapsed = start.elapsed();
    events.extend(due.iter().filter(|&&(_, due)| due <= elapsed).map(|&(index, _)| Event { index, errno: None, bytes: 0, has_hung_up: false }));
    Ok(events)
}
