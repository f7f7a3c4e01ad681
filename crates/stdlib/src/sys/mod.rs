//! The system calls of the native modules, as safe functions.
//!
//! Every function is one call of the C library with its memory rules kept: C strings and buffers are borrowed for the
//! call, out-parameters are initialized here, results are checked for failure. This folder alone holds the crate's
//! `unsafe` code. Invariant: no function here keeps a pointer beyond its call, except [`dir::DirStream`], which owns its
//! stream, and [`memory::Mapping`], which owns its pages.
#![allow(unsafe_code)]

pub mod accounts;
pub mod clock;
pub mod control;
pub mod descriptors;
pub mod dir;
pub mod environment;
pub mod fault;
pub mod file;
pub mod futex;
pub mod libm;
pub mod locale;
pub mod memory;
pub mod path;
pub mod poll;
pub mod process;
pub mod resource;
pub mod signal;
pub mod socket;
pub mod subprocess;
pub mod system;
pub mod terminal;

use std::io;

/// Results of the C library whose failure is -1.
pub trait Checked: Copy {
    /// Whether the call failed.
    fn failed(self) -> bool;
}

macro_rules! checked {
    ($($type:ty)*) => { $(impl Checked for $type {
        #[inline(always)]
        fn failed(self) -> bool {
            self == -1
        }
    })* };
}
checked! { i32 i64 isize }

/// The result of a call, or the error that it left in `errno`.
#[inline(always)]
pub fn check<T: Checked>(result: T) -> io::Result<T> {
    if result.failed() {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// The result of a call that answers an error number instead of setting `errno`.
#[inline(always)]
pub fn check_number(errno: i32) -> io::Result<()> {
    if errno == 0 {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(errno))
    }
}

/// System calls that take numbers only.
macro_rules! number_calls {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty = $call:path;)*) => { $(
        $(#[$doc])*
        pub fn $name($($arg: $ty),*) -> std::io::Result<$ret> {
            // SAFETY: the call takes numbers only, so it touches no memory of this process.
            $crate::sys::check(unsafe { $call($($arg),*) })
        }
    )* };
}
pub(crate) use number_calls;

/// Calls that take numbers only and cannot fail.
macro_rules! plain_calls {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty = $call:path;)*) => { $(
        $(#[$doc])*
        pub fn $name($($arg: $ty),*) -> $ret {
            // SAFETY: the call takes numbers only, so it touches no memory of this process.
            unsafe { $call($($arg),*) }
        }
    )* };
}
pub(crate) use plain_calls;

/// System calls that take C strings and numbers; a string argument is written `name: str`.
macro_rules! path_calls {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:tt),*) -> $ret:ty = $call:path;)*) => { $(
        $(#[$doc])*
        pub fn $name($($arg: $crate::sys::path_calls!(@type $ty)),*) -> std::io::Result<$ret> {
            // SAFETY: each string is borrowed, with its null byte, for the time of the call; the rest are numbers.
            $crate::sys::check(unsafe { $call($($crate::sys::path_calls!(@pass $arg $ty)),*) })
        }
    )* };
    (@type str) => { &std::ffi::CStr };
    (@type $ty:ident) => { $ty };
    (@pass $arg:ident str) => { $arg.as_ptr() };
    (@pass $arg:ident $ty:ident) => { $arg };
}
pub(crate) use path_calls;
