//! Addresses of the linear memory.

/// An offset into the linear memory. 0 is nil: the first page of the memory holds no data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct Addr(pub u32);

impl Addr {
    pub const NULL: Addr = Addr(0);

    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address `bytes` further up; wraps, because nothing on the way to an access may panic.
    #[allow(clippy::should_implement_trait)]
    pub const fn add(self, bytes: u32) -> Addr {
        Addr(self.0.wrapping_add(bytes))
    }

    /// The address `bytes` further down.
    #[allow(clippy::should_implement_trait)]
    pub const fn sub(self, bytes: u32) -> Addr {
        Addr(self.0.wrapping_sub(bytes))
    }

    /// Bytes from `base` up to here; huge if `base` lies above.
    pub const fn offset_from(self, base: Addr) -> u32 {
        self.0.wrapping_sub(base.0)
    }

    /// Rounds up to a multiple of `align`, a power of two.
    pub const fn align_up(self, align: u32) -> Addr {
        Addr(self.0.wrapping_add(align - 1) & !(align - 1))
    }

    /// Rounds down to a multiple of `align`, a power of two.
    pub const fn align_down(self, align: u32) -> Addr {
        Addr(self.0 & !(align - 1))
    }
}
