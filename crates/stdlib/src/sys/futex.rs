//! Waiting for a word of memory to change.

use std::io;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// Why a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Woken {
    /// The word changed, or somebody called [`wake`].
    Changed,
    /// The time is up.
    TimedOut,
    /// A signal arrived.
    Interrupted,
}

/// Waits until the word is no longer `expected` and somebody calls [`wake`].
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> Woken {
    let timeout = timeout.map(|timeout| libc::timespec {
        tv_sec: timeout.as_secs().min(i64::MAX as u64) as i64,
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let place = timeout
        .as_ref()
        .map_or(std::ptr::null(), |timeout| &raw const *timeout);
    // SAFETY: word and timeout are borrowed for the call.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            place,
        )
    };
    if answer == 0 {
        return Woken::Changed;
    }
    match io::Error::last_os_error().raw_os_error() {
        Some(libc::ETIMEDOUT) => Woken::TimedOut,
        Some(libc::EINTR) => Woken::Interrupted,
        _ => Woken::Changed,
    }
}

/// Wakes up to `count` of those who wait for the word.
pub fn wake(word: &AtomicU32, count: i32) {
    // SAFETY: the word is borrowed for the call.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            count,
        )
    };
}

/// Names the calling thread; the system keeps 15 bytes.
pub fn set_thread_name(name: &std::ffi::CStr) -> io::Result<()> {
    // SAFETY: the name is borrowed for the call.
    super::check_number(unsafe { libc::pthread_setname_np(libc::pthread_self(), name.as_ptr()) })
}

/// The number by which the C library knows the calling thread.
pub fn thread_ident() -> u64 {
    // SAFETY: a question about the caller.
    unsafe { libc::pthread_self() as u64 }
}
