//! Error numbers of WASI preview 1, and which of them an error of the system becomes.
//!
//! Go's package syscall has the same numbers and turns them into its own errors, so a full disk or a closed pipe reads in a program as it
//! does anywhere else.

macro_rules! errnos {
    ($($name:ident = $number:literal $(from $($system:ident)|+)?,)*) => {
        /// An error number of WASI preview 1.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Errno {
            $($name = $number,)*
        }

        impl From<rustix::io::Errno> for Errno {
            /// The number for an error of the system; `Io` where WASI has none.
            fn from(error: rustix::io::Errno) -> Errno {
                match error {
                    $($($(rustix::io::Errno::$system)|+ => Errno::$name,)?)*
                    _ => Errno::Io,
                }
            }
        }
    };
}

errnos! {
    TooBig = 1 from TOOBIG,
    Access = 2 from ACCESS,
    AddrInUse = 3 from ADDRINUSE,
    AddrNotAvail = 4 from ADDRNOTAVAIL,
    AfNoSupport = 5 from AFNOSUPPORT,
    Again = 6 from AGAIN,
    Already = 7 from ALREADY,
    Badf = 8 from BADF,
    BadMsg = 9 from BADMSG,
    Busy = 10 from BUSY,
    Canceled = 11 from CANCELED,
    Child = 12 from CHILD,
    ConnAborted = 13 from CONNABORTED,
    ConnRefused = 14 from CONNREFUSED,
    ConnReset = 15 from CONNRESET,
    Deadlk = 16 from DEADLK,
    DestAddrReq = 17 from DESTADDRREQ,
    Dom = 18 from DOM,
    Dquot = 19 from DQUOT,
    Exist = 20 from EXIST,
    Fault = 21 from FAULT,
    FBig = 22 from FBIG,
    HostUnreach = 23 from HOSTUNREACH,
    Ilseq = 25 from ILSEQ,
    InProgress = 26 from INPROGRESS,
    Intr = 27 from INTR,
    Inval = 28 from INVAL,
    Io = 29,
    IsConn = 30 from ISCONN,
    IsDir = 31 from ISDIR,
    Loop = 32 from LOOP,
    MFile = 33 from MFILE,
    MLink = 34 from MLINK,
    MsgSize = 35 from MSGSIZE,
    NameTooLong = 37 from NAMETOOLONG,
    NetDown = 38 from NETDOWN,
    NetReset = 39 from NETRESET,
    NetUnreach = 40 from NETUNREACH,
    NFile = 41 from NFILE,
    NoBufs = 42 from NOBUFS,
    NoDev = 43 from NODEV,
    NoEnt = 44 from NOENT,
    NoExec = 45 from NOEXEC,
    NoLck = 46 from NOLCK,
    NoMem = 48 from NOMEM,
    NoSpc = 51 from NOSPC,
    NoSys = 52 from NOSYS,
    NotConn = 53 from NOTCONN,
    NotDir = 54 from NOTDIR,
    NotEmpty = 55 from NOTEMPTY,
    NotSock = 57 from NOTSOCK,
    NotSup = 58 from OPNOTSUPP,
    NoTty = 59 from NOTTY,
    Nxio = 60 from NXIO,
    Overflow = 61 from OVERFLOW,
    Perm = 63 from PERM,
    Pipe = 64 from PIPE,
    Range = 68 from RANGE,
    Rofs = 69 from ROFS,
    Spipe = 70 from SPIPE,
    Srch = 71 from SRCH,
    Stale = 72 from STALE,
    TimedOut = 73 from TIMEDOUT,
    TxtBsy = 74 from TXTBSY,
    Xdev = 75 from XDEV,
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Errno {
        rustix::io::Errno::from_io_error(&error).map_or(Errno::Io, Errno::from)
    }
}

#[cfg(test)]
mod tests {
    use super::Errno;

    #[test]
    fn numbers_of_the_system() {
        assert_eq!(Errno::from(rustix::io::Errno::NOSPC), Errno::NoSpc);
        assert_eq!(Errno::from(std::io::Error::from_raw_os_error(32)), Errno::Pipe);
        assert_eq!(Errno::from(std::io::Error::other("no number")), Errno::Io);
        assert_eq!((Errno::MFile as u16, Errno::NoSpc as u16, Errno::Pipe as u16, Errno::Xdev as u16), (33, 51, 64, 75));
    }
}
