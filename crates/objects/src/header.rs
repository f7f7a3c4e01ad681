//! The 16 bytes in front of every heap object: reference count, flags, class.
//!
//! Invariant: a header is only reached by a thread that holds the interpreter lock, so its cells need no atomics.
//! Memory on a free list keeps a header, with [`flags::FREE`] and the link in the place of the class.

use std::cell::Cell;
use std::ptr::NonNull;

use crate::class::Type;
use crate::value::Object;

/// Bits of [`Header::flags`].
pub mod flags {
    /// The finalizer (`__del__`, PEP 442) has run; it never runs twice.
    pub const FINALIZED: u32 = 1 << 0;
    /// The weak-reference table has an entry for this object.
    pub const WEAKLY_REFERENCED: u32 = 1 << 1;
    /// The object has its own malloc block instead of a slot in a page.
    pub const LARGE: u32 = 1 << 2;
    /// The object survived a collection.
    pub const OLD: u32 = 1 << 3;
    /// The memory is on a free list.
    pub const FREE: u32 = 1 << 4;
    /// The object is never freed.
    pub const IMMORTAL: u32 = 1 << 5;
    /// Moved out of the collector's sight by `gc.freeze`.
    pub const FROZEN: u32 = 1 << 6;
    /// The object is being deallocated: its references may be gone.
    pub const DYING: u32 = 1 << 7;
    /// The list of young objects names this memory; it stays so while the memory is free.
    pub const LISTED: u32 = 1 << 8;
    /// The running collection looks at the object, and nothing outside has been found to reach it.
    pub const COLLECTING: u32 = 1 << 9;
    /// The object can be part of a cycle: collections look at it.
    pub const TRACKED: u32 = 1 << 10;
    /// The bits from here on are the running collection's count of references that it knows the owners of; else zero.
    pub const COUNT_SHIFT: u32 = 12;
}

/// Immortal objects start with this count; balanced increments and decrements never bring it to zero.
pub const IMMORTAL_COUNT: u32 = 1 << 31;

/// What every heap object starts with.
#[repr(C)]
pub struct Header {
    /// Number of owned references.
    pub(crate) refcount: Cell<u32>,
    pub(crate) flags: Cell<u32>,
    pub(crate) class: Cell<Option<NonNull<Object<Type>>>>,
}

const _: () = assert!(size_of::<Header>() == 16);

impl Header {
    /// Whether any of `mask` (see [`flags`]) is set.
    #[inline(always)]
    pub fn has(&self, mask: u32) -> bool {
        self.flags.get() & mask != 0
    }

    /// Sets the bits of `mask`.
    #[inline(always)]
    pub fn set(&self, mask: u32) {
        self.flags.set(self.flags.get() | mask);
    }

    /// Clears the bits of `mask`.
    #[inline(always)]
    pub fn unset(&self, mask: u32) {
        self.flags.set(self.flags.get() & !mask);
    }

    /// The number of owned references.
    #[inline(always)]
    pub fn refcount(&self) -> u32 {
        self.refcount.get()
    }

    #[inline(always)]
    pub(crate) fn increment(&self) {
        self.refcount.set(self.refcount.get().wrapping_add(1));
    }
}
