//! Control of descriptors: `fcntl`, `ioctl`, file locks.
//!
//! Commands are the caller's: one that writes more than the buffer holds would write past it, so buffers have room to
//! spare, and the bytes behind what Python sees are checked afterwards.

use std::io;

use libc::{c_int, c_long, c_ulong};

use super::check;

/// Bytes a buffer has for the commands' structures.
pub const BUFFER: usize = 1024;

/// Bytes behind the buffer that no command should touch.
const GUARD: [u8; 32] = [0xd5; 32];

/// `fcntl(fd, command, number)`.
pub fn fcntl_number(fd: c_int, command: c_int, number: c_long) -> io::Result<c_int> {
    // SAFETY: commands that take a pointer fail with EFAULT on a number that is none of ours; Python code that passes an
    // address as a number vouches for it, as in CPython.
    check(unsafe { libc::fcntl(fd, command, number) })
}

/// Why a command with a buffer failed.
pub enum BufferError {
    /// The call failed.
    Call(io::Error),
    /// The command wrote behind the buffer.
    Overflow,
}

fn with_guard(bytes: &mut [u8], call: impl FnOnce(*mut u8) -> c_int) -> Result<c_int, BufferError> {
    let len = bytes.len();
    let mut buffer = vec![0u8; len.max(BUFFER)];
    buffer[..len].copy_from_slice(bytes);
    buffer.extend_from_slice(&GUARD);
    let result = check(call(buffer.as_mut_ptr())).map_err(BufferError::Call)?;
    if !buffer.ends_with(&GUARD) {
        return Err(BufferError::Overflow);
    }
    bytes.copy_from_slice(&buffer[..len]);
    Ok(result)
}

/// `fcntl(fd, command, buffer)`; the buffer is changed by the call.
pub fn fcntl_buffer(fd: c_int, command: c_int, bytes: &mut [u8]) -> Result<c_int, BufferError> {
    // SAFETY: the pointer is to a buffer with room to spare for the structures of known commands.
    with_guard(bytes, |pointer| unsafe {
        libc::fcntl(fd, command, pointer)
    })
}

/// `ioctl(fd, request, number)`.
pub fn ioctl_number(fd: c_int, request: c_ulong, number: c_long) -> io::Result<c_int> {
    // SAFETY: as `fcntl_number`.
    check(unsafe { libc::ioctl(fd, request, number) })
}

/// `ioctl(fd, request, buffer)`; the buffer is changed by the call.
pub fn ioctl_buffer(fd: c_int, request: c_ulong, bytes: &mut [u8]) -> Result<c_int, BufferError> {
    // SAFETY: as `fcntl_buffer`.
    with_guard(bytes, |pointer| unsafe {
        libc::ioctl(fd, request, pointer)
    })
}

/// `flock(fd, operation)`.
pub fn flock(fd: c_int, operation: c_int) -> io::Result<()> {
    // SAFETY: takes numbers.
    check(unsafe { libc::flock(fd, operation) }).map(drop)
}

/// Locks or unlocks a range of a file by `fcntl`.
pub fn lock_range(
    fd: c_int,
    kind: i16,
    wait: bool,
    start: i64,
    len: i64,
    whence: i16,
) -> io::Result<()> {
    // SAFETY: a zeroed structure is valid; the call reads it.
    unsafe {
        let mut lock: libc::flock = std::mem::zeroed();
        lock.l_type = kind;
        lock.l_start = start;
        lock.l_len = len;
        lock.l_whence = whence;
        check(libc::fcntl(
            fd,
            if wait { libc::F_SETLKW } else { libc::F_SETLK },
            &raw const lock,
        ))
        .map(drop)
    }
}
