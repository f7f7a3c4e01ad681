//! Interior mutability under the interpreter lock.
//!
//! Payloads are shared, so everything in them that changes sits in a cell. The invariant that makes these cells sound:
//! only the thread that holds the interpreter lock touches them, and no method lets foreign code run while it holds a
//! reference into the cell. That is why values come out cloned, and why a replaced value is dropped last.

use std::cell::UnsafeCell;
use std::mem::{self, MaybeUninit};
use std::ops::Deref;

use crate::value::{Ref, Value};

/// Types whose `clone` only counts a reference: [`Value`] and [`Ref`].
pub trait Handle: Clone + sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::value::Value {}
    impl<T> Sealed for crate::value::Ref<T> {}
}

impl Handle for Value {}
impl<T> Handle for Ref<T> {}

/// A place that holds a value or nothing, and changes.
#[repr(transparent)]
pub struct Slot<T: Handle = Value>(UnsafeCell<Option<T>>);

impl<T: Handle> Slot<T> {
    /// An empty slot.
    pub const fn empty() -> Slot<T> {
        Slot(UnsafeCell::new(None))
    }

    /// A slot that holds `value`.
    pub const fn new(value: Option<T>) -> Slot<T> {
        Slot(UnsafeCell::new(value))
    }

    /// What the slot holds.
    #[inline(always)]
    pub fn get(&self) -> Option<T> {
        // SAFETY: cloning a handle only counts a reference, so nothing can change the slot meanwhile.
        unsafe { (*self.0.get()).clone() }
    }

    /// Whether the slot holds nothing.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        // SAFETY: a plain read under the interpreter lock.
        unsafe { (*self.0.get()).is_none() }
    }

    /// Runs `look` with what the slot holds, without counting a reference. As in [`Locked::with`], `look` must be short
    /// and must not run foreign code: no Python call, no release of a value that may be the last reference.
    #[inline(always)]
    pub fn with<R>(&self, look: impl FnOnce(Option<&T>) -> R) -> R {
        // SAFETY: nothing changes the slot meanwhile, by contract of this method.
        look(unsafe { (*self.0.get()).as_ref() })
    }

    /// Puts `value` in and gives back what was there.
    #[inline(always)]
    pub fn replace(&self, value: Option<T>) -> Option<T> {
        // SAFETY: a plain exchange under the interpreter lock; nothing is dropped here.
        unsafe { mem::replace(&mut *self.0.get(), value) }
    }

    /// Puts `value` in, then releases what was there.
    #[inline(always)]
    pub fn set(&self, value: Option<T>) {
        drop(self.replace(value));
    }

    /// Empties the slot.
    #[inline(always)]
    pub fn take(&self) -> Option<T> {
        self.replace(None)
    }

    /// Views what the slot holds without counting a reference.
    ///
    /// # Safety
    /// Nothing changes the slot while the reference is in use: no call of foreign code, no release of a value.
    #[inline(always)]
    pub unsafe fn peek(&self) -> Option<&T> {
        // SAFETY: by contract.
        unsafe { (*self.0.get()).as_ref() }
    }
}

impl<T: Handle> Default for Slot<T> {
    fn default() -> Self {
        Slot::empty()
    }
}

// SAFETY: see the module's invariant: the interpreter lock orders all access.
unsafe impl<T: Handle> Sync for Slot<T> {}

/// A variable of the whole process that only the holder of the interpreter lock touches.
pub struct Locked<T>(UnsafeCell<T>);

// SAFETY: see the module's invariant.
unsafe impl<T> Sync for Locked<T> {}
// SAFETY: see the module's invariant.
unsafe impl<T> Send for Locked<T> {}

impl<T> Locked<T> {
    /// Wraps the initial value.
    pub const fn new(value: T) -> Locked<T> {
        Locked(UnsafeCell::new(value))
    }

    /// Runs `body` with the variable. `body` must be short and must not run foreign code: no Python call, no release of
    /// a value that may be the last reference.
    #[inline(always)]
    pub fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: the interpreter lock excludes other threads, and `body` does not re-enter by contract of this method.
        body(unsafe { &mut *self.0.get() })
    }

    /// The address, for code that reads single fields at full speed.
    #[inline(always)]
    pub const fn as_ptr(&self) -> *mut T {
        self.0.get()
    }
}

/// A variable of the whole process that is set once, at start-up, and then only read.
pub struct Once<T>(UnsafeCell<MaybeUninit<T>>, UnsafeCell<bool>);

// SAFETY: set once under the interpreter lock before any reader, immutable afterwards.
unsafe impl<T> Sync for Once<T> {}

impl<T> Once<T> {
    /// An unset variable.
    pub const fn new() -> Once<T> {
        Once(
            UnsafeCell::new(MaybeUninit::uninit()),
            UnsafeCell::new(false),
        )
    }

    /// Sets the variable. A second call is a broken start-up sequence.
    pub fn set(&self, value: T) {
        assert!(!self.is_set(), "a start-up variable is set once");
        // SAFETY: no reader exists before the first set.
        unsafe {
            (*self.0.get()).write(value);
            *self.1.get() = true;
        }
    }

    /// Whether the variable was set.
    #[inline(always)]
    pub fn is_set(&self) -> bool {
        // SAFETY: a plain read under the interpreter lock.
        unsafe { *self.1.get() }
    }
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Once::new()
    }
}

impl<T> Deref for Once<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        debug_assert!(
            self.is_set(),
            "read of a start-up variable before it was set"
        );
        // SAFETY: start-up sets every variable before code that reads it runs; debug builds check.
        unsafe { (*self.0.get()).assume_init_ref() }
    }
}
