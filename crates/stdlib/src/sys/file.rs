//! Calls on file descriptors.

use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;

use libc::{c_uint, mode_t, off_t};

use super::{check, check_number, number_calls};

number_calls! {
    /// `close(fd)`.
    close(fd: c_int) -> c_int = libc::close;
    /// `dup(fd)`.
    dup(fd: c_int) -> c_int = libc::dup;
    /// `dup2(fd, target)`.
    dup2(fd: c_int, target: c_int) -> c_int = libc::dup2;
    /// `dup3(fd, target, flags)`.
    dup3(fd: c_int, target: c_int, flags: c_int) -> c_int = libc::dup3;
    /// `lseek(fd, offset, whence)`.
    lseek(fd: c_int, offset: off_t, whence: c_int) -> off_t = libc::lseek;
    /// `ftruncate(fd, length)`.
    ftruncate(fd: c_int, length: off_t) -> c_int = libc::ftruncate;
    /// `fsync(fd)`.
    fsync(fd: c_int) -> c_int = libc::fsync;
    /// `fdatasync(fd)`.
    fdatasync(fd: c_int) -> c_int = libc::fdatasync;
    /// `fchdir(fd)`.
    fchdir(fd: c_int) -> c_int = libc::fchdir;
    /// `fchmod(fd, mode)`.
    fchmod(fd: c_int, mode: mode_t) -> c_int = libc::fchmod;
    /// `fchown(fd, uid, gid)`.
    fchown(fd: c_int, uid: u32, gid: u32) -> c_int = libc::fchown;
    /// `lockf(fd, command, length)`.
    lockf(fd: c_int, command: c_int, length: off_t) -> c_int = libc::lockf;
    /// `eventfd(initial, flags)`.
    eventfd(initial: c_uint, flags: c_int) -> c_int = libc::eventfd;
    /// `tcgetpgrp(fd)`.
    tcgetpgrp(fd: c_int) -> c_int = libc::tcgetpgrp;
    /// `tcsetpgrp(fd, group)`.
    tcsetpgrp(fd: c_int, group: c_int) -> c_int = libc::tcsetpgrp;
    /// `posix_openpt(flags)`.
    posix_openpt(flags: c_int) -> c_int = libc::posix_openpt;
    /// `grantpt(fd)`.
    grantpt(fd: c_int) -> c_int = libc::grantpt;
    /// `unlockpt(fd)`.
    unlockpt(fd: c_int) -> c_int = libc::unlockpt;
    /// `timerfd_create(clock, flags)`.
    timerfd_create(clock: c_int, flags: c_int) -> c_int = libc::timerfd_create;
    /// `setns(fd, kind)`.
    setns(fd: c_int, kind: c_int) -> c_int = libc::setns;
}

/// `read(fd, buffer)`.
pub fn read(fd: c_int, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the buffer is writable for its whole length.
    check(unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) })
        .map(|count| count as usize)
}

/// Reads up to `limit` bytes behind the end of `buffer`, whose memory need not be initialized.
pub fn read_appending(fd: c_int, buffer: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
    buffer.reserve(limit);
    let spare: &mut [MaybeUninit<u8>] = &mut buffer.spare_capacity_mut()[..limit];
    // SAFETY: the spare capacity is writable for `limit` bytes.
    let count = check(unsafe { libc::read(fd, spare.as_mut_ptr().cast(), limit) })? as usize;
    // SAFETY: the call initialized `count` bytes behind the end.
    unsafe { buffer.set_len(buffer.len() + count) };
    Ok(count)
}

/// `write(fd, bytes)`.
pub fn write(fd: c_int, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the bytes are readable for their whole length.
    check(unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) })
        .map(|count| count as usize)
}

/// `pread(fd, buffer, offset)`.
pub fn pread(fd: c_int, buffer: &mut [u8], offset: off_t) -> io::Result<usize> {
    // SAFETY: the buffer is writable for its whole length.
    check(unsafe { libc::pread(fd, buffer.as_mut_ptr().cast(), buffer.len(), offset) })
        .map(|count| count as usize)
}

/// `pwrite(fd, bytes, offset)`.
pub fn pwrite(fd: c_int, bytes: &[u8], offset: off_t) -> io::Result<usize> {
    // SAFETY: the bytes are readable for their whole length.
    check(unsafe { libc::pwrite(fd, bytes.as_ptr().cast(), bytes.len(), offset) })
        .map(|count| count as usize)
}

/// `preadv2(fd, buffers, offset, flags)`; an offset of -1 means the file's own (`readv`).
pub fn readv(
    fd: c_int,
    buffers: &mut [io::IoSliceMut<'_>],
    offset: off_t,
    flags: c_int,
) -> io::Result<usize> {
    // SAFETY: `IoSliceMut` has the layout of `iovec`, and every slice is writable.
    let count = unsafe {
        let (vectors, count) = (
            buffers.as_mut_ptr().cast::<libc::iovec>(),
            buffers.len() as c_int,
        );
        match (offset, flags) {
            (-1, 0) => libc::readv(fd, vectors, count),
            (_, 0) => libc::preadv(fd, vectors, count, offset),
            _ => libc::preadv2(fd, vectors, count, offset, flags),
        }
    };
    check(count).map(|count| count as usize)
}

/// `pwritev2(fd, buffers, offset, flags)`; an offset of -1 means the file's own (`writev`).
pub fn writev(
    fd: c_int,
    buffers: &[io::IoSlice<'_>],
    offset: off_t,
    flags: c_int,
) -> io::Result<usize> {
    // SAFETY: `IoSlice` has the layout of `iovec`, and every slice is readable.
    let count = unsafe {
        let (vectors, count) = (
            buffers.as_ptr().cast::<libc::iovec>(),
            buffers.len() as c_int,
        );
        match (offset, flags) {
            (-1, 0) => libc::writev(fd, vectors, count),
            (_, 0) => libc::pwritev(fd, vectors, count, offset),
            _ => libc::pwritev2(fd, vectors, count, offset, flags),
        }
    };
    check(count).map(|count| count as usize)
}

/// `isatty(fd)`.
pub fn isatty(fd: c_int) -> bool {
    // SAFETY: a query about a number.
    unsafe { libc::isatty(fd) == 1 }
}

/// `pipe2(flags)`: the reading and the writing end.
pub fn pipe(flags: c_int) -> io::Result<(c_int, c_int)> {
    let mut ends = [0; 2];
    // SAFETY: the call writes two numbers.
    check(unsafe { libc::pipe2(ends.as_mut_ptr(), flags) })?;
    Ok((ends[0], ends[1]))
}

/// `fcntl(fd, command, argument)` with a number.
pub fn fcntl(fd: c_int, command: c_int, argument: libc::c_long) -> io::Result<c_int> {
    // SAFETY: the commands called with this function take numbers.
    check(unsafe { libc::fcntl(fd, command, argument) })
}

/// Whether a descriptor survives `exec`.
pub fn is_inheritable(fd: c_int) -> io::Result<bool> {
    Ok(fcntl(fd, libc::F_GETFD, 0)? & libc::FD_CLOEXEC == 0)
}

/// Says whether a descriptor survives `exec`.
pub fn set_inheritable(fd: c_int, inheritable: bool) -> io::Result<()> {
    let flags = fcntl(fd, libc::F_GETFD, 0)?;
    let wanted = if inheritable {
        flags & !libc::FD_CLOEXEC
    } else {
        flags | libc::FD_CLOEXEC
    };
    if wanted != flags {
        fcntl(fd, libc::F_SETFD, wanted.into())?;
    }
    Ok(())
}

/// Whether calls on the descriptor block.
pub fn is_blocking(fd: c_int) -> io::Result<bool> {
    Ok(fcntl(fd, libc::F_GETFL, 0)? & libc::O_NONBLOCK == 0)
}

/// Says whether calls on the descriptor block.
pub fn set_blocking(fd: c_int, blocking: bool) -> io::Result<()> {
    let flags = fcntl(fd, libc::F_GETFL, 0)?;
    let wanted = if blocking {
        flags & !libc::O_NONBLOCK
    } else {
        flags | libc::O_NONBLOCK
    };
    if wanted != flags {
        fcntl(fd, libc::F_SETFL, wanted.into())?;
    }
    Ok(())
}

/// `posix_fallocate(fd, offset, length)`.
pub fn fallocate(fd: c_int, offset: off_t, length: off_t) -> io::Result<()> {
    // SAFETY: numbers only.
    check_number(unsafe { libc::posix_fallocate(fd, offset, length) })
}

/// `posix_fadvise(fd, offset, length, advice)`.
pub fn fadvise(fd: c_int, offset: off_t, length: off_t, advice: c_int) -> io::Result<()> {
    // SAFETY: numbers only.
    check_number(unsafe { libc::posix_fadvise(fd, offset, length, advice) })
}

/// `sendfile(out, in, offset, count)`; without an offset the input's own is used.
pub fn sendfile(
    output: c_int,
    input: c_int,
    offset: Option<off_t>,
    count: usize,
) -> io::Result<usize> {
    let mut offset = offset;
    let place = offset
        .as_mut()
        .map_or(std::ptr::null_mut(), |offset| &raw mut *offset);
    // SAFETY: the offset is a local variable or absent.
    check(unsafe { libc::sendfile(output, input, place, count) }).map(|count| count as usize)
}

/// `copy_file_range`, with offsets where given.
pub fn copy_file_range(
    source: c_int,
    target: c_int,
    count: usize,
    from: Option<i64>,
    to: Option<i64>,
) -> io::Result<usize> {
    let (mut from, mut to) = (from, to);
    let from = from
        .as_mut()
        .map_or(std::ptr::null_mut(), |offset| &raw mut *offset);
    let to = to
        .as_mut()
        .map_or(std::ptr::null_mut(), |offset| &raw mut *offset);
    // SAFETY: the offsets are local variables or absent.
    check(unsafe { libc::copy_file_range(source, from, target, to, count, 0) })
        .map(|count| count as usize)
}

/// `splice`, with offsets where given.
pub fn splice(
    source: c_int,
    target: c_int,
    count: usize,
    from: Option<i64>,
    to: Option<i64>,
    flags: c_uint,
) -> io::Result<usize> {
    let (mut from, mut to) = (from, to);
    let from = from
        .as_mut()
        .map_or(std::ptr::null_mut(), |offset| &raw mut *offset);
    let to = to
        .as_mut()
        .map_or(std::ptr::null_mut(), |offset| &raw mut *offset);
    // SAFETY: the offsets are local variables or absent.
    check(unsafe { libc::splice(source, from, target, to, count, flags) })
        .map(|count| count as usize)
}

/// `fstat(fd)`.
pub fn fstat(fd: c_int) -> io::Result<libc::stat> {
    let mut answer = MaybeUninit::uninit();
    // SAFETY: the call fills the answer when it succeeds.
    unsafe {
        check(libc::fstat(fd, answer.as_mut_ptr()))?;
        Ok(answer.assume_init())
    }
}

/// `fstatvfs(fd)`.
pub fn fstatvfs(fd: c_int) -> io::Result<libc::statvfs> {
    let mut answer = MaybeUninit::uninit();
    // SAFETY: the call fills the answer when it succeeds.
    unsafe {
        check(libc::fstatvfs(fd, answer.as_mut_ptr()))?;
        Ok(answer.assume_init())
    }
}

/// `fpathconf(fd, name)`; -1 without an error means that there is no limit.
pub fn fpathconf(fd: c_int, name: c_int) -> io::Result<i64> {
    // SAFETY: numbers only; `errno` tells a missing limit from a failure.
    unsafe {
        *libc::__errno_location() = 0;
        let answer = libc::fpathconf(fd, name);
        if answer == -1 && *libc::__errno_location() != 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(answer)
        }
    }
}

/// `eventfd_read(fd)`.
pub fn eventfd_read(fd: c_int) -> io::Result<u64> {
    let mut value = 0;
    // SAFETY: the call writes one number.
    check(unsafe { libc::eventfd_read(fd, &mut value) })?;
    Ok(value)
}

/// `eventfd_write(fd, value)`.
pub fn eventfd_write(fd: c_int, value: u64) -> io::Result<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::eventfd_write(fd, value) }).map(drop)
}

/// `timerfd_settime`: the times that were set before.
pub fn timerfd_settime(
    fd: c_int,
    flags: c_int,
    new: &libc::itimerspec,
) -> io::Result<libc::itimerspec> {
    let mut old = MaybeUninit::uninit();
    // SAFETY: the call reads `new` and fills `old` when it succeeds.
    unsafe {
        check(libc::timerfd_settime(fd, flags, new, old.as_mut_ptr()))?;
        Ok(old.assume_init())
    }
}

/// `timerfd_gettime`.
pub fn timerfd_gettime(fd: c_int) -> io::Result<libc::itimerspec> {
    let mut current = MaybeUninit::uninit();
    // SAFETY: the call fills the answer when it succeeds.
    unsafe {
        check(libc::timerfd_gettime(fd, current.as_mut_ptr()))?;
        Ok(current.assume_init())
    }
}

/// Columns and lines of the terminal behind a descriptor.
pub fn terminal_size(fd: c_int) -> io::Result<(u16, u16)> {
    let mut size = MaybeUninit::<libc::winsize>::uninit();
    // SAFETY: the call fills the answer when it succeeds.
    let size = unsafe {
        check(libc::ioctl(fd, libc::TIOCGWINSZ, size.as_mut_ptr()))?;
        size.assume_init()
    };
    Ok((size.ws_col, size.ws_row))
}

/// `openpty()`: master and slave, neither inherited.
pub fn openpty() -> io::Result<(c_int, c_int)> {
    let (mut master, mut slave) = (-1, -1);
    let none = std::ptr::null_mut();
    // SAFETY: the call writes two numbers; name, attributes and size are absent.
    check(unsafe { libc::openpty(&mut master, &mut slave, none, none.cast(), none.cast()) })?;
    set_inheritable(master, false)?;
    set_inheritable(slave, false)?;
    Ok((master, slave))
}

/// The name of a terminal (`ttyname_r`).
pub fn ttyname(fd: c_int) -> io::Result<Vec<u8>> {
    let mut name = vec![0u8; 256];
    // SAFETY: the buffer is writable for its length.
    check_number(unsafe { libc::ttyname_r(fd, name.as_mut_ptr().cast(), name.len()) })?;
    Ok(until_null(name))
}

/// The name of the slave of a pseudo-terminal (`ptsname_r`).
pub fn ptsname(fd: c_int) -> io::Result<Vec<u8>> {
    let mut name = vec![0u8; 256];
    // SAFETY: the buffer is writable for its length.
    check_number(unsafe { libc::ptsname_r(fd, name.as_mut_ptr().cast(), name.len()) })?;
    Ok(until_null(name))
}

/// The bytes before the first null byte.
pub fn until_null(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    bytes.truncate(end);
    bytes
}

/// Closes the descriptors `first..end`; those that are not open are passed over.
pub fn close_range(first: c_int, end: c_int) {
    let first = first.max(0);
    if first >= end {
        return;
    }
    // SAFETY: numbers only.
    if unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first as c_uint,
            (end - 1) as c_uint,
            0,
        )
    } == 0
    {
        return;
    }
    for fd in first..end {
        let _ = close(fd);
    }
}
