//! Finding a file from an open directory without ever leaving it.
//!
//! A directory that was given to the guest reaches one of three ways:
//! - [`Reach::System`]: the host's own root, given as `/`. There is nothing to leave, so the system finds names itself, as for any process.
//! - [`Reach::Root`]: some directory given as `/`. Absolute links start there, and `..` stops there.
//! - [`Reach::Beneath`]: any other. `..` above it and absolute links are refused with `EPERM`.
//!
//! For the last two, names are taken one by one, each opened relative to the one before, with links read and put in the place of their name.
//! What is opened cannot be exchanged under the walk, and `..` goes back to what was opened before, so that neither links nor renaming
//! at the same time lead out.
//!
//! # Invariants
//! - PATH-1: but for `System`, a [`Place`]'s name is one name without a slash, or `.`, and must be used without following links.
//!
//! # Rejected
//! - openat2(2) with `RESOLVE_BENEATH`: one call instead of one per name, but containers' filters often forbid it, and the walk would have to stay.
//! - cap-std: the same walk, portable, for 13 more crates; it has no absolute links within a root.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags};

use crate::errno::Errno;

/// Longest path in bytes, and longest after putting links in.
pub const PATH_BYTES: usize = 4096;
/// Links followed before a path counts as a loop, as on Linux.
const LINKS: usize = 40;

/// How far names reach from a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    System,
    Root,
    Beneath,
}

impl Reach {
    /// The reach of a directory that was opened through one of this reach.
    pub fn inner(self) -> Reach {
        match self {
            Reach::System => Reach::System,
            Reach::Root | Reach::Beneath => Reach::Beneath,
        }
    }
}

/// A name in an open directory, existing or not.
pub struct Place<'a> {
    parent: Parent<'a>,
    pub name: Vec<u8>,
    /// A last link is to be followed by the system, which only `Reach::System` lets it do.
    follow: bool,
    /// The path ended in a slash: only a directory will do.
    pub must_be_directory: bool,
}

enum Parent<'a> {
    Given(BorrowedFd<'a>),
    Opened(OwnedFd),
}

impl Place<'_> {
    pub fn parent(&self) -> BorrowedFd<'_> {
        match &self.parent {
            Parent::Given(fd) => *fd,
            Parent::Opened(fd) => fd.as_fd(),
        }
    }

    /// Flags for the system's functions of the `at` family that follow links by themselves.
    pub fn at_flags(&self) -> AtFlags {
        if self.follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW }
    }

    /// Flags for openat(2).
    pub fn open_flags(&self) -> OFlags {
        let mut flags = if self.follow { OFlags::empty() } else { OFlags::NOFOLLOW };
        flags.set(OFlags::DIRECTORY, self.must_be_directory);
        flags
    }
}

/// Finds `path` from `directory`; a link at its end is followed if `follow` says so.
pub fn find<'a>(directory: BorrowedFd<'a>, reach: Reach, path: &[u8], follow: bool) -> Result<Place<'a>, Errno> {
    if path.is_empty() {
        return Err(Errno::NoEnt);
    }
    if path.len() > PATH_BYTES {
        return Err(Errno::NameTooLong);
    }
    if path.contains(&0) {
        return Err(Errno::Inval);
    }
    if reach == Reach::System {
        return Ok(Place { parent: Parent::Given(directory), name: path.to_vec(), follow, must_be_directory: false });
    }
    Walk { directory, reach, opened: Vec::new(), names: VecDeque::new(), links: 0 }.run(path, follow)
}

struct Walk<'a> {
    directory: BorrowedFd<'a>,
    reach: Reach,
    /// The directories from `directory` down to where the walk is.
    opened: Vec<OwnedFd>,
    /// Names still to be taken.
    names: VecDeque<Vec<u8>>,
    links: usize,
}

impl<'a> Walk<'a> {
    fn run(mut self, path: &[u8], follow: bool) -> Result<Place<'a>, Errno> {
        let mut must_be_directory = self.push(path)?;
        while let Some(name) = self.names.pop_front() {
            if name == b".." {
                if self.opened.pop().is_none() && self.reach != Reach::Root {
                    return Err(Errno::Perm);
                }
                continue;
            }
            let is_last = self.names.is_empty();
            if is_last && !follow && !must_be_directory {
                return Ok(self.place(name, false));
            }
            if is_last {
                match self.link(&name)? {
                    Some(target) => must_be_directory |= self.push(&target)?,
                    None => return Ok(self.place(name, must_be_directory)),
                }
                continue;
            }
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match rustix::fs::openat(self.here(), name.as_slice(), flags, Mode::empty()) {
                Ok(fd) => self.opened.push(fd),
                Err(error @ (rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP)) => {
                    let target = self.link(&name)?.ok_or(error)?;
                    self.push(&target)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.place(b".".to_vec(), true))
    }

    fn here(&self) -> BorrowedFd<'_> {
        self.opened.last().map_or(self.directory, AsFd::as_fd)
    }

    fn place(mut self, name: Vec<u8>, must_be_directory: bool) -> Place<'a> {
        let parent = self.opened.pop().map_or(Parent::Given(self.directory), Parent::Opened);
        Place { parent, name, follow: false, must_be_directory }
    }

    /// Puts the names of a path before those that are left; whether it says by its end that it names a directory.
    fn push(&mut self, path: &[u8]) -> Result<bool, Errno> {
        if path.starts_with(b"/") {
            if self.reach != Reach::Root {
                return Err(Errno::Perm);
            }
            self.opened.clear();
        }
        let names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty() && *name != b".");
        for name in names.rev() {
            self.names.push_front(name.to_vec());
        }
        let bytes: usize = self.names.iter().map(|name| name.len() + 1).sum();
        if bytes > 2 * PATH_BYTES {
            return Err(Errno::NameTooLong);
        }
        Ok(path.ends_with(b"/") || path.ends_with(b"/.") || path == b".")
    }

    /// Where `name` leads if it is a link.
    fn link(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
        match rustix::fs::readlinkat(self.here(), name, Vec::new()) {
            Ok(target) => {
                self.links += 1;
                if self.links > LINKS { Err(Errno::Loop) } else { Ok(Some(target.into_bytes())) }
            }
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::path::PathBuf;

    use super::{Reach, find};
    use crate::errno::Errno;

    /// A tree with links of every kind; `secret` lies beside the directory that is given away.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str) -> Tree {
            let base = std::env::temp_dir().join(format!("warren-path-{name}-{}", std::process::id()));
            let given = base.join("given");
            std::fs::create_dir_all(given.join("a/b")).unwrap();
            std::fs::write(base.join("secret"), "no").unwrap();
            std::fs::write(given.join("a/file"), "yes").unwrap();
            let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, given.join(name)).unwrap();
            link("a/file", "inner");
            link("../secret", "outer");
            link("/a/file", "absolute");
            link("a/b/../../../secret", "winding");
            link("loop", "loop");
            link("a", "folder");
            link("nothing", "dangling");
            Tree(base)
        }

        /// The contents of the file that a path leads to.
        fn read(&self, reach: Reach, path: &str) -> Result<String, Errno> {
            let given = std::fs::File::open(self.0.join("given")).unwrap();
            let place = find(given.as_fd(), reach, path.as_bytes(), true)?;
            let flags = rustix::fs::OFlags::RDONLY | place.open_flags();
            let fd = rustix::fs::openat(place.parent(), place.name.as_slice(), flags, rustix::fs::Mode::empty())?;
            let mut text = String::new();
            std::io::Read::read_to_string(&mut std::fs::File::from(fd), &mut text)?;
            Ok(text)
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn stays_beneath() {
        let tree = Tree::new("beneath");
        let yes = Ok("yes".to_string());
        for path in ["a/file", "./a//file", "a/b/../file", "inner", "folder/file", "folder/../inner", "folder/b/../file"] {
            assert_eq!(tree.read(Reach::Beneath, path), yes, "{path}");
        }
        for path in ["../secret", "a/../../secret", "outer", "winding", "absolute", "/a/file", "/", ".."] {
            assert_eq!(tree.read(Reach::Beneath, path), Err(Errno::Perm), "{path}");
        }
        assert_eq!(tree.read(Reach::Beneath, "loop"), Err(Errno::Loop));
        assert_eq!(tree.read(Reach::Beneath, "a/file/x"), Err(Errno::NotDir));
        assert_eq!(tree.read(Reach::Beneath, "a/file/"), Err(Errno::NotDir));
        assert_eq!(tree.read(Reach::Beneath, "dangling"), Err(Errno::NoEnt));
        assert_eq!(tree.read(Reach::Beneath, "none/file"), Err(Errno::NoEnt));
        assert_eq!(tree.read(Reach::Beneath, ""), Err(Errno::NoEnt));
        assert_eq!(tree.read(Reach::Beneath, "a\0b"), Err(Errno::Inval));
        assert_eq!(tree.read(Reach::Beneath, &"x/".repeat(3000)), Err(Errno::NameTooLong));
    }

    #[test]
    fn a_root_is_its_own_parent() {
        let tree = Tree::new("root");
        let yes = Ok("yes".to_string());
        for path in ["absolute", "/a/file", "../../a/file", "inner"] {
            assert_eq!(tree.read(Reach::Root, path), yes, "{path}");
        }
        for path in ["../secret", "outer", "winding"] {
            assert_eq!(tree.read(Reach::Root, path), Err(Errno::NoEnt), "{path}");
        }
    }
}
