//! Calls that can block: made without the interpreter lock, and made again when a signal interrupted them.

use std::io;

use taipan_objects::raised::PyResult;
use taipan_objects::runtime;

/// Makes a system call without the interpreter lock. The call touches no Python value.
#[inline]
pub fn call<T>(body: impl FnOnce() -> T) -> T {
    runtime::allow_threads(body)
}

/// As [`retry`], for a call that may wait long: a signal that came just before would not interrupt it, so it is seen to
/// first.
pub fn retry_waiting<T>(body: impl FnMut() -> io::Result<T>) -> PyResult<io::Result<T>> {
    runtime::check_signals()?;
    retry(body)
}

/// As [`call`], again and again while signals interrupt it and their handlers raise nothing (PEP 475).
pub fn retry<T>(mut body: impl FnMut() -> io::Result<T>) -> PyResult<io::Result<T>> {
    loop {
        match runtime::allow_threads(&mut body) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => runtime::check_signals()?,
            answer => return Ok(answer),
        }
    }
}
