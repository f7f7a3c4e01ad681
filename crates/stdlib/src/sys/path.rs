//! Calls on paths. Where a call takes a directory descriptor, `AT_FDCWD` means the working directory.

use std::ffi::{CStr, c_int};
use std::io;
use std::mem::MaybeUninit;

use libc::{dev_t, mode_t, off_t};

use super::{check, path_calls};

path_calls! {
    /// `mkdirat(dir, path, mode)`.
    mkdirat(dir: c_int, path: str, mode: mode_t) -> c_int = libc::mkdirat;
    /// `unlinkat(dir, path, flags)`.
    unlinkat(dir: c_int, path: str, flags: c_int) -> c_int = libc::unlinkat;
    /// `renameat(from, source, to, target)`.
    renameat(from: c_int, source: str, to: c_int, target: str) -> c_int = libc::renameat;
    /// `linkat(from, source, to, target, flags)`.
    linkat(from: c_int, source: str, to: c_int, target: str, flags: c_int) -> c_int = libc::linkat;
    /// `symlinkat(target, dir, path)`.
    symlinkat(target: str, dir: c_int, path: str) -> c_int = libc::symlinkat;
    /// `mkfifoat(dir, path, mode)`.
    mkfifoat(dir: c_int, path: str, mode: mode_t) -> c_int = libc::mkfifoat;
    /// `mknodat(dir, path, mode, device)`.
    mknodat(dir: c_int, path: str, mode: mode_t, device: dev_t) -> c_int = libc::mknodat;
    /// `fchmodat(dir, path, mode, flags)`.
    fchmodat(dir: c_int, path: str, mode: mode_t, flags: c_int) -> c_int = libc::fchmodat;
    /// `fchownat(dir, path, uid, gid, flags)`.
    fchownat(dir: c_int, path: str, uid: u32, gid: u32, flags: c_int) -> c_int = libc::fchownat;
    /// `faccessat(dir, path, mode, flags)`.
    faccessat(dir: c_int, path: str, mode: c_int, flags: c_int) -> c_int = libc::faccessat;
    /// `chdir(path)`.
    chdir(path: str) -> c_int = libc::chdir;
    /// `chroot(path)`.
    chroot(path: str) -> c_int = libc::chroot;
    /// `truncate(path, length)`.
    truncate(path: str, length: off_t) -> c_int = libc::truncate;
}

/// `openat(dir, path, flags, mode)`.
pub fn openat(dir: c_int, path: &CStr, flags: c_int, mode: mode_t) -> io::Result<c_int> {
    // SAFETY: the path is borrowed, with its null byte, for the time of the call.
    check(unsafe { libc::openat(dir, path.as_ptr(), flags, mode) })
}

/// `fstatat(dir, path, flags)`.
pub fn fstatat(dir: c_int, path: &CStr, flags: c_int) -> io::Result<libc::stat> {
    let mut answer = MaybeUninit::uninit();
    // SAFETY: the path is borrowed for the call, which fills the answer when it succeeds.
    unsafe {
        check(libc::fstatat(
            dir,
            path.as_ptr(),
            answer.as_mut_ptr(),
            flags,
        ))?;
        Ok(answer.assume_init())
    }
}

/// `statx(dir, path, flags, mask)`.
pub fn statx(dir: c_int, path: &CStr, flags: c_int, mask: u32) -> io::Result<libc::statx> {
    let mut answer = MaybeUninit::uninit();
    // SAFETY: the path is borrowed for the call, which fills the answer when it succeeds.
    unsafe {
        check(libc::statx(
            dir,
            path.as_ptr(),
            flags,
            mask,
            answer.as_mut_ptr(),
        ))?;
        Ok(answer.assume_init())
    }
}

/// `statvfs(path)`.
pub fn statvfs(path: &CStr) -> io::Result<libc::statvfs> {
    let mut answer = MaybeUninit::uninit();
    // SAFETY: the path is borrowed for the call, which fills the answer when it succeeds.
    unsafe {
        check(libc::statvfs(path.as_ptr(), answer.as_mut_ptr()))?;
        Ok(answer.assume_init())
    }
}

/// `pathconf(path, name)`; -1 without an error means that there is no limit.
pub fn pathconf(path: &CStr, name: c_int) -> io::Result<i64> {
    // SAFETY: the path is borrowed for the call; `errno` tells a missing limit from a failure.
    unsafe {
        *libc::__errno_location() = 0;
        let answer = libc::pathconf(path.as_ptr(), name);
        if answer == -1 && *libc::__errno_location() != 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(answer)
        }
    }
}

/// `utimensat(dir, path, [access, modification], flags)`; without times, now.
pub fn utimensat(
    dir: c_int,
    path: &CStr,
    times: Option<&[libc::timespec; 2]>,
    flags: c_int,
) -> io::Result<()> {
    let times = times.map_or(std::ptr::null(), |times| times.as_ptr());
    // SAFETY: path and times are borrowed for the call.
    check(unsafe { libc::utimensat(dir, path.as_ptr(), times, flags) }).map(drop)
}

/// `futimens(fd, [access, modification])`; without times, now.
pub fn futimens(fd: c_int, times: Option<&[libc::timespec; 2]>) -> io::Result<()> {
    let times = times.map_or(std::ptr::null(), |times| times.as_ptr());
    // SAFETY: the times are borrowed for the call.
    check(unsafe { libc::futimens(fd, times) }).map(drop)
}

/// `readlinkat(dir, path)`.
pub fn readlinkat(dir: c_int, path: &CStr) -> io::Result<Vec<u8>> {
    let mut target = vec![0u8; 256];
    loop {
        // SAFETY: the path is borrowed for the call, and the buffer is writable for its length.
        let count = check(unsafe {
            libc::readlinkat(dir, path.as_ptr(), target.as_mut_ptr().cast(), target.len())
        })? as usize;
        if count < target.len() {
            target.truncate(count);
            return Ok(target);
        }
        target.resize(target.len() * 2, 0);
    }
}

/// `getcwd()`.
pub fn getcwd() -> io::Result<Vec<u8>> {
    let mut path = vec![0u8; 1024];
    loop {
        // SAFETY: the buffer is writable for its length.
        if !unsafe { libc::getcwd(path.as_mut_ptr().cast(), path.len()) }.is_null() {
            return Ok(super::file::until_null(path));
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::ERANGE) {
            return Err(error);
        }
        path.resize(path.len() * 2, 0);
    }
}

/// What extended attributes belong to.
#[derive(Clone, Copy)]
pub enum AttributeTarget<'a> {
    /// A file by its path; the flag says whether symbolic links are followed.
    Path(&'a CStr, bool),
    /// An open file.
    Descriptor(c_int),
}

/// `getxattr` and its relatives: the value into `buffer`, or its size where that is empty.
pub fn getxattr(target: AttributeTarget<'_>, name: &CStr, buffer: &mut [u8]) -> io::Result<usize> {
    let (name, place, size) = (name.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: path and name are borrowed for the call, and the buffer is writable for its length.
    let count = unsafe {
        match target {
            AttributeTarget::Path(path, true) => libc::getxattr(path.as_ptr(), name, place, size),
            AttributeTarget::Path(path, false) => libc::lgetxattr(path.as_ptr(), name, place, size),
            AttributeTarget::Descriptor(fd) => libc::fgetxattr(fd, name, place, size),
        }
    };
    check(count).map(|count| count as usize)
}

/// `setxattr` and its relatives.
pub fn setxattr(
    target: AttributeTarget<'_>,
    name: &CStr,
    value: &[u8],
    flags: c_int,
) -> io::Result<()> {
    let (name, place, size) = (name.as_ptr(), value.as_ptr().cast(), value.len());
    // SAFETY: path, name and value are borrowed for the call.
    let result = unsafe {
        match target {
            AttributeTarget::Path(path, true) => {
                libc::setxattr(path.as_ptr(), name, place, size, flags)
            }
            AttributeTarget::Path(path, false) => {
                libc::lsetxattr(path.as_ptr(), name, place, size, flags)
            }
            AttributeTarget::Descriptor(fd) => libc::fsetxattr(fd, name, place, size, flags),
        }
    };
    check(result).map(drop)
}

/// `removexattr` and its relatives.
pub fn removexattr(target: AttributeTarget<'_>, name: &CStr) -> io::Result<()> {
    // SAFETY: path and name are borrowed for the call.
    let result = unsafe {
        match target {
            AttributeTarget::Path(path, true) => libc::removexattr(path.as_ptr(), name.as_ptr()),
            AttributeTarget::Path(path, false) => libc::lremovexattr(path.as_ptr(), name.as_ptr()),
            AttributeTarget::Descriptor(fd) => libc::fremovexattr(fd, name.as_ptr()),
        }
    };
    check(result).map(drop)
}

/// `listxattr` and its relatives: null-terminated names into `buffer`, or their size where that is empty.
pub fn listxattr(target: AttributeTarget<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    let (place, size) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: the path is borrowed for the call, and the buffer is writable for its length.
    let count = unsafe {
        match target {
            AttributeTarget::Path(path, true) => libc::listxattr(path.as_ptr(), place, size),
            AttributeTarget::Path(path, false) => libc::llistxattr(path.as_ptr(), place, size),
            AttributeTarget::Descriptor(fd) => libc::flistxattr(fd, place, size),
        }
    };
    check(count).map(|count| count as usize)
}

/// `memfd_create(name, flags)`.
pub fn memfd_create(name: &CStr, flags: u32) -> io::Result<c_int> {
    // SAFETY: the name is borrowed for the call.
    check(unsafe { libc::memfd_create(name.as_ptr(), flags) })
}
