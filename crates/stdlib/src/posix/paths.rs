//! Names in the file system: making, removing, renaming, linking, and the attributes that go with a name.

use std::ffi::c_int;
use std::io;

use taipan_macros::function;
use taipan_objects::bytes::Bytes;
use taipan_objects::native::FunctionDef;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, float, int, protocol};

use super::arguments::{
    DirFd, Gid, PathArg, PathOrFd, Uid, at, follow_flag, refuse_dir_fd, refuse_no_follow,
};
use crate::filesystem::fs_decode;
use crate::os_result::OsResult;
use crate::{blocking, sys};

/// This file has no constants.
pub const CONSTANTS: &[taipan_objects::native::ConstantDef] = &[];
/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![
    mkdir, rmdir, unlink, remove, rename, replace, link, symlink, readlink, mkfifo, mknod, chmod,
    fchmod, chown, fchown, lchown, utime, access, chdir, fchdir, chroot, getcwd, getcwdb, major,
    minor, makedev
];

/// A path from the system in the type of the path that was given.
pub fn path_value(bytes: &[u8], as_bytes: bool) -> Value {
    if as_bytes {
        Bytes::new(bytes).into_value()
    } else {
        fs_decode(bytes).into_value()
    }
}

/// Create a directory.
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// dir_fd may not be implemented on your platform.
///   If it is unavailable, using it will raise a NotImplementedError.
///
/// The mode argument is ignored on Windows. Where it is used, the current umask
/// value is first masked out.
#[function("(path, mode=511, *, dir_fd=None)")]
fn mkdir(path: PathArg, mode: i32, dir_fd: Option<DirFd>) -> PyResult<()> {
    let dir = at(dir_fd);
    path.check(blocking::call(|| {
        sys::path::mkdirat(dir, path.as_c_str(), mode as libc::mode_t)
    }))
    .map(drop)
}

fn remove_name(path: &PathArg, dir_fd: Option<DirFd>, flags: c_int) -> PyResult<()> {
    let dir = at(dir_fd);
    path.check(blocking::call(|| {
        sys::path::unlinkat(dir, path.as_c_str(), flags)
    }))
    .map(drop)
}

/// Remove a directory.
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// dir_fd may not be implemented on your platform.
///   If it is unavailable, using it will raise a NotImplementedError.
#[function("(path, *, dir_fd=None)")]
fn rmdir(path: PathArg, dir_fd: Option<DirFd>) -> PyResult<()> {
    remove_name(&path, dir_fd, libc::AT_REMOVEDIR)
}

/// Remove a file (same as remove()).
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// dir_fd may not be implemented on your platform.
///   If it is unavailable, using it will raise a NotImplementedError.
#[function("(path, *, dir_fd=None)")]
fn unlink(path: PathArg, dir_fd: Option<DirFd>) -> PyResult<()> {
    remove_name(&path, dir_fd, 0)
}

/// Remove a file (same as unlink()).
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// dir_fd may not be implemented on your platform.
///   If it is unavailable, using it will raise a NotImplementedError.
#[function("(path, *, dir_fd=None)")]
fn remove(path: PathArg, dir_fd: Option<DirFd>) -> PyResult<()> {
    remove_name(&path, dir_fd, 0)
}

fn rename_name(
    src: &PathArg,
    dst: &PathArg,
    src_dir: Option<DirFd>,
    dst_dir: Option<DirFd>,
) -> PyResult<()> {
    let (from, to) = (at(src_dir), at(dst_dir));
    let answer = blocking::call(|| sys::path::renameat(from, src.as_c_str(), to, dst.as_c_str()));
    src.check_pair(dst, answer).map(drop)
}

/// Rename a file or directory.
///
/// If either src_dir_fd or dst_dir_fd is not None, it should be a file
///   descriptor open to a directory, and the respective path string (src or dst)
///   should be relative; the path will then be relative to that directory.
/// src_dir_fd and dst_dir_fd, may not be implemented on your platform.
///   If they are unavailable, using them will raise a NotImplementedError.
#[function("(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
fn rename(
    src: PathArg,
    dst: PathArg,
    src_dir_fd: Option<DirFd>,
    dst_dir_fd: Option<DirFd>,
) -> PyResult<()> {
    rename_name(&src, &dst, src_dir_fd, dst_dir_fd)
}

/// Rename a file or directory, overwriting the destination.
///
/// If either src_dir_fd or dst_dir_fd is not None, it should be a file
///   descriptor open to a directory, and the respective path string (src or dst)
///   should be relative; the path will then be relative to that directory.
/// src_dir_fd and dst_dir_fd, may not be implemented on your platform.
///   If they are unavailable, using them will raise a NotImplementedError.
#[function("(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
fn replace(
    src: PathArg,
    dst: PathArg,
    src_dir_fd: Option<DirFd>,
    dst_dir_fd: Option<DirFd>,
) -> PyResult<()> {
    rename_name(&src, &dst, src_dir_fd, dst_dir_fd)
}

/// Create a hard link to a file.
///
/// If either src_dir_fd or dst_dir_fd is not None, it should be a file
///   descriptor open to a directory, and the respective path string (src or dst)
///   should be relative; the path will then be relative to that directory.
/// If follow_symlinks is False, and the last element of src is a symbolic
///   link, link will create a link to the symbolic link itself instead of the
///   file the link points to.
/// src_dir_fd, dst_dir_fd, and follow_symlinks may not be implemented on your
///   platform.  If they are unavailable, using them will raise a
///   NotImplementedError.
#[function("(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=(os.name != 'nt'))")]
fn link(
    src: PathArg,
    dst: PathArg,
    src_dir_fd: Option<DirFd>,
    dst_dir_fd: Option<DirFd>,
    follow_symlinks: Option<bool>,
) -> PyResult<()> {
    let (from, to) = (at(src_dir_fd), at(dst_dir_fd));
    // Without the argument the C library's `link` decides, which does not follow.
    let flags = if follow_symlinks == Some(true) {
        libc::AT_SYMLINK_FOLLOW
    } else {
        0
    };
    let answer =
        blocking::call(|| sys::path::linkat(from, src.as_c_str(), to, dst.as_c_str(), flags));
    src.check_pair(&dst, answer).map(drop)
}

/// Create a symbolic link pointing to src named dst.
///
/// target_is_directory is required on Windows if the target is to be
///   interpreted as a directory.  (On Windows, symlink requires
///   Windows 6.0 or greater, and raises a NotImplementedError otherwise.)
///   target_is_directory is ignored on non-Windows platforms.
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// dir_fd may not be implemented on your platform.
///   If it is unavailable, using it will raise a NotImplementedError.
#[function("(src, dst, target_is_directory=False, *, dir_fd=None)")]
fn symlink(
    src: PathArg,
    dst: PathArg,
    target_is_directory: bool,
    dir_fd: Option<DirFd>,
) -> PyResult<()> {
    let _ = target_is_directory;
    let dir = at(dir_fd);
    let answer = blocking::call(|| sys::path::symlinkat(src.as_c_str(), dir, dst.as_c_str()));
    src.check_pair(&dst, answer).map(drop)
}

/// Return a string representing the path to which the symbolic link points.
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
/// and path should be relative; path will then be relative to that directory.
///
/// dir_fd may not be implemented on your platform.  If it is unavailable,
/// using it will raise a NotImplementedError.
#[function("(path, *, dir_fd=None)")]
fn readlink(path: PathArg, dir_fd: Option<DirFd>) -> PyResult<Value> {
    let dir = at(dir_fd);
    let target = path.check(blocking::call(|| {
        sys::path::readlinkat(dir, path.as_c_str())
    }))?;
    Ok(path_value(&target, path.is_bytes()))
}

/// Create a "fifo" (a POSIX named pipe).
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// dir_fd may not be implemented on your platform.
///   If it is unavailable, using it will raise a NotImplementedError.
#[function("(path, mode=438, *, dir_fd=None)")]
fn mkfifo(path: PathArg, mode: i32, dir_fd: Option<DirFd>) -> PyResult<()> {
    let dir = at(dir_fd);
    path.check(blocking::retry(|| {
        sys::path::mkfifoat(dir, path.as_c_str(), mode as libc::mode_t)
    })?)
    .map(drop)
}

/// Create a node in the file system.
///
/// Create a node in the file system (file, device special file or named pipe)
/// at path.  mode specifies both the permissions to use and the
/// type of node to be created, being combined (bitwise OR) with one of
/// S_IFREG, S_IFCHR, S_IFBLK, and S_IFIFO.  If S_IFCHR or S_IFBLK is set on mode,
/// device defines the newly created device special file (probably using
/// os.makedev()).  Otherwise device is ignored.
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// dir_fd may not be implemented on your platform.
///   If it is unavailable, using it will raise a NotImplementedError.
#[function("(path, mode=384, device=0, *, dir_fd=None)")]
fn mknod(path: PathArg, mode: i32, device: u64, dir_fd: Option<DirFd>) -> PyResult<()> {
    let dir = at(dir_fd);
    path.check(blocking::retry(|| {
        sys::path::mknodat(dir, path.as_c_str(), mode as libc::mode_t, device)
    })?)
    .map(drop)
}

/// Change the access permissions of a file.
///
///   path
///     Path to be modified.  May always be specified as a str, bytes, or a path-like object.
///     On some platforms, path may also be specified as an open file descriptor.
///     If this functionality is unavailable, using it raises an exception.
///   mode
///     Operating-system mode bitfield.
///     Be careful when using number literals for *mode*. The conventional UNIX notation for
///     numeric modes uses an octal base, which needs to be indicated with a ``0o`` prefix in
///     Python.
///   dir_fd
///     If not None, it should be a file descriptor open to a directory,
///     and path should be relative; path will then be relative to that
///     directory.
///   follow_symlinks
///     If False, and the last element of the path is a symbolic link,
///     chmod will modify the symbolic link itself instead of the file
///     the link points to.
///
/// It is an error to use dir_fd or follow_symlinks when specifying path as
///   an open file descriptor.
/// dir_fd and follow_symlinks may not be implemented on your platform.
///   If they are unavailable, using them will raise a NotImplementedError.
#[function("(path, mode, *, dir_fd=None, follow_symlinks=True)")]
fn chmod(path: PathOrFd, mode: i32, dir_fd: Option<DirFd>, follow_symlinks: bool) -> PyResult<()> {
    let mode = mode as libc::mode_t;
    let answer = match &path {
        PathOrFd::Descriptor(fd, _) => {
            refuse_dir_fd("chmod", dir_fd)?;
            refuse_no_follow("chmod", follow_symlinks)?;
            blocking::call(|| sys::file::fchmod(*fd, mode))
        }
        PathOrFd::Path(path) => {
            let (dir, flags) = (at(dir_fd), follow_flag(follow_symlinks));
            blocking::call(|| sys::path::fchmodat(dir, path.as_c_str(), mode, flags))
        }
    };
    match answer {
        Err(error) if !follow_symlinks && error.raw_os_error() == Some(libc::EOPNOTSUPP) => {
            bail!(
                NotImplementedError,
                "chmod: follow_symlinks unavailable on this platform"
            )
        }
        answer => path.check(answer).map(drop),
    }
}

/// Change the access permissions of the file given by file descriptor.
///
///   fd
///     The file descriptor of the file to be modified.
///   mode
///     Operating-system mode bitfield.
///     Be careful when using number literals for *mode*. The conventional UNIX notation for
///     numeric modes uses an octal base, which needs to be indicated with a ``0o`` prefix in
///     Python.
///
/// Equivalent to os.chmod(fd, mode).
#[function("(fd, mode)")]
fn fchmod(fd: i32, mode: i32) -> PyResult<()> {
    blocking::retry(|| sys::file::fchmod(fd, mode as libc::mode_t))
        .or_raise()
        .map(drop)
}

/// Change the owner and group id of path to the numeric uid and gid.
///
///   path
///     Path to be examined; can be string, bytes, a path-like object, or open-file-descriptor int.
///   dir_fd
///     If not None, it should be a file descriptor open to a directory,
///     and path should be relative; path will then be relative to that
///     directory.
///   follow_symlinks
///     If False, and the last element of the path is a symbolic link,
///     stat will examine the symbolic link itself instead of the file
///     the link points to.
///
/// path may always be specified as a string.
/// On some platforms, path may also be specified as an open file descriptor.
///   If this functionality is unavailable, using it raises an exception.
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// If follow_symlinks is False, and the last element of the path is a symbolic
///   link, chown will modify the symbolic link itself instead of the file the
///   link points to.
/// It is an error to use dir_fd or follow_symlinks when specifying path as
///   an open file descriptor.
/// dir_fd and follow_symlinks may not be implemented on your platform.
///   If they are unavailable, using them will raise a NotImplementedError.
#[function("(path, uid, gid, *, dir_fd=None, follow_symlinks=True)")]
fn chown(
    path: PathOrFd,
    uid: Uid,
    gid: Gid,
    dir_fd: Option<DirFd>,
    follow_symlinks: bool,
) -> PyResult<()> {
    let answer = match &path {
        PathOrFd::Descriptor(fd, _) => {
            refuse_dir_fd("chown", dir_fd)?;
            refuse_no_follow("chown", follow_symlinks)?;
            blocking::call(|| sys::file::fchown(*fd, uid.0, gid.0))
        }
        PathOrFd::Path(path) => {
            let (dir, flags) = (at(dir_fd), follow_flag(follow_symlinks));
            blocking::call(|| sys::path::fchownat(dir, path.as_c_str(), uid.0, gid.0, flags))
        }
    };
    path.check(answer).map(drop)
}

/// Change the owner and group id of the file specified by file descriptor.
///
/// Equivalent to os.chown(fd, uid, gid).
#[function("(fd, uid, gid)")]
fn fchown(fd: i32, uid: Uid, gid: Gid) -> PyResult<()> {
    blocking::retry(|| sys::file::fchown(fd, uid.0, gid.0))
        .or_raise()
        .map(drop)
}

/// Change the owner and group id of path to the numeric uid and gid.
///
/// This function will not follow symbolic links.
/// Equivalent to os.chown(path, uid, gid, follow_symlinks=False).
#[function("(path, uid, gid)")]
fn lchown(path: PathArg, uid: Uid, gid: Gid) -> PyResult<()> {
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    path.check(blocking::call(|| {
        sys::path::fchownat(libc::AT_FDCWD, path.as_c_str(), uid.0, gid.0, flags)
    }))
    .map(drop)
}

/// A time in seconds, rounded down to nanoseconds.
fn time_of_seconds(value: &Value) -> PyResult<libc::timespec> {
    if let Some(seconds) = float::value_of(value) {
        if seconds.is_nan() {
            bail!(ValueError, "Invalid value NaN (not a number)");
        }
        let whole = seconds.floor();
        let nanos = ((seconds - whole) * 1e9).floor();
        let (whole, nanos) = if nanos >= 1e9 {
            (whole + 1.0, 0.0)
        } else {
            (whole, nanos)
        };
        if !(-9.223_372_036_854_776e18..9.223_372_036_854_776e18).contains(&whole) {
            bail!(OverflowError, "timestamp out of range for platform time_t");
        }
        return Ok(libc::timespec {
            tv_sec: whole as i64,
            tv_nsec: nanos as i64,
        });
    }
    match int::to_i64(&protocol::index(value)?) {
        Some(seconds) => Ok(libc::timespec {
            tv_sec: seconds,
            tv_nsec: 0,
        }),
        None => bail!(OverflowError, "timestamp out of range for platform time_t"),
    }
}

fn time_of_nanoseconds(value: &Value) -> PyResult<libc::timespec> {
    let pair = protocol::divmod(value, &int::new(1_000_000_000))?;
    let Some([seconds, nanos]) = pair.downcast::<Tuple>().map(|pair| pair.as_slice()) else {
        let (class, answer) = (value.class().name(), pair.class().name());
        bail!(
            TypeError,
            "{class}.__divmod__() must return a 2-tuple, not {answer}"
        );
    };
    match (int::to_i64(seconds), int::to_i64(nanos)) {
        (Some(tv_sec), Some(tv_nsec)) => Ok(libc::timespec { tv_sec, tv_nsec }),
        _ => bail!(OverflowError, "timestamp out of range for platform time_t"),
    }
}

fn pair_of<'a>(value: &'a Value, message: &str) -> PyResult<&'a [Value]> {
    match value.downcast::<Tuple>() {
        Some(pair) if pair.len() == 2 => Ok(pair.as_slice()),
        _ => bail!(TypeError, "{message}"),
    }
}

/// Set the access and modified time of path.
///
/// path may always be specified as a string.
/// On some platforms, path may also be specified as an open file descriptor.
///   If this functionality is unavailable, using it raises an exception.
///
/// If times is not None, it must be a tuple (atime, mtime);
///     atime and mtime should be expressed as float seconds since the epoch.
/// If ns is specified, it must be a tuple (atime_ns, mtime_ns);
///     atime_ns and mtime_ns should be expressed as integer nanoseconds
///     since the epoch.
/// If times is None and ns is unspecified, utime uses the current time.
/// Specifying tuples for both times and ns is an error.
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// If follow_symlinks is False, and the last element of the path is a symbolic
///   link, utime will modify the symbolic link itself instead of the file the
///   link points to.
/// It is an error to use dir_fd or follow_symlinks when specifying path
///   as an open file descriptor.
/// dir_fd and follow_symlinks may not be available on your platform.
///   If they are unavailable, using them will raise a NotImplementedError.
#[function("(path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)")]
fn utime(
    path: PathOrFd,
    times: Option<&Value>,
    ns: Option<&Value>,
    dir_fd: Option<DirFd>,
    follow_symlinks: bool,
) -> PyResult<()> {
    if times.is_some() && ns.is_some() {
        bail!(
            ValueError,
            "utime: you may specify either 'times' or 'ns' but not both"
        );
    }
    let times = if let Some(times) = times {
        let pair = pair_of(
            times,
            "utime: 'times' must be either a tuple of two ints or None",
        )?;
        Some([time_of_seconds(&pair[0])?, time_of_seconds(&pair[1])?])
    } else if let Some(ns) = ns {
        let pair = pair_of(ns, "utime: 'ns' must be a tuple of two ints")?;
        Some([
            time_of_nanoseconds(&pair[0])?,
            time_of_nanoseconds(&pair[1])?,
        ])
    } else {
        None
    };
    let answer = match &path {
        PathOrFd::Descriptor(fd, _) => {
            refuse_dir_fd("utime", dir_fd)?;
            refuse_no_follow("utime", follow_symlinks)?;
            blocking::call(|| sys::path::futimens(*fd, times.as_ref()))
        }
        PathOrFd::Path(path) => {
            let (dir, flags) = (at(dir_fd), follow_flag(follow_symlinks));
            blocking::call(|| sys::path::utimensat(dir, path.as_c_str(), times.as_ref(), flags))
        }
    };
    path.check(answer)
}

/// Use the real uid/gid to test for access to a path.
///
///   path
///     Path to be tested; can be string, bytes, or a path-like object.
///   mode
///     Operating-system mode bitfield.  Can be F_OK to test existence,
///     or the inclusive-OR of R_OK, W_OK, and X_OK.
///   dir_fd
///     If not None, it should be a file descriptor open to a directory,
///     and path should be relative; path will then be relative to that
///     directory.
///   effective_ids
///     If True, access will use the effective uid/gid instead of
///     the real uid/gid.
///   follow_symlinks
///     If False, and the last element of the path is a symbolic link,
///     access will examine the symbolic link itself instead of the file
///     the link points to.
///
/// dir_fd, effective_ids, and follow_symlinks may not be implemented
///   on your platform.  If they are unavailable, using them will raise a
///   NotImplementedError.
///
/// Note that most operations will use the effective uid/gid, therefore this
///   routine can be used in a suid/sgid environment to test if the invoking user
///   has the specified access to the path.
#[function("(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)")]
fn access(
    path: PathArg,
    mode: i32,
    dir_fd: Option<DirFd>,
    effective_ids: bool,
    follow_symlinks: bool,
) -> PyResult<bool> {
    let effective = if effective_ids { libc::AT_EACCESS } else { 0 };
    let (dir, flags) = (at(dir_fd), effective | follow_flag(follow_symlinks));
    Ok(blocking::call(|| sys::path::faccessat(dir, path.as_c_str(), mode, flags)).is_ok())
}

/// Change the current working directory to the specified path.
///
/// path may always be specified as a string.
/// On some platforms, path may also be specified as an open file descriptor.
/// If this functionality is unavailable, using it raises an exception.
#[function("(path)")]
fn chdir(path: PathOrFd) -> PyResult<()> {
    let answer = match &path {
        PathOrFd::Descriptor(fd, _) => blocking::call(|| sys::file::fchdir(*fd)),
        PathOrFd::Path(path) => blocking::call(|| sys::path::chdir(path.as_c_str())),
    };
    path.check(answer).map(drop)
}

/// Change to the directory of the given file descriptor.
///
/// fd must be opened on a directory, not a file.
/// Equivalent to os.chdir(fd).
#[function("(fd)")]
fn fchdir(fd: super::arguments::Fildes) -> PyResult<()> {
    blocking::retry(|| sys::file::fchdir(fd.0))
        .or_raise()
        .map(drop)
}

/// Change root directory to path.
#[function("(path)")]
fn chroot(path: PathArg) -> PyResult<()> {
    path.check(blocking::call(|| sys::path::chroot(path.as_c_str())))
        .map(drop)
}

fn current_directory() -> io::Result<Vec<u8>> {
    blocking::call(sys::path::getcwd)
}

/// Return a unicode string representing the current working directory.
#[function("()")]
fn getcwd() -> PyResult<Value> {
    Ok(fs_decode(&current_directory().or_raise()?).into_value())
}

/// Return a bytes string representing the current working directory.
#[function("()")]
fn getcwdb() -> PyResult<Ref<Bytes>> {
    Ok(Bytes::new(&current_directory().or_raise()?))
}

/// A device number; -1 stands for the largest one, as the system writes "no device".
fn device_number(value: &Value) -> PyResult<u64> {
    if int::to_i64(value) == Some(-1) {
        Ok(u64::MAX)
    } else {
        int::as_u64(value)
    }
}

/// Extracts a device major number from a raw device number.
#[function("(device, /)")]
fn major(device: &Value) -> PyResult<u32> {
    device_number(device).map(|device| libc::major(device))
}

/// Extracts a device minor number from a raw device number.
#[function("(device, /)")]
fn minor(device: &Value) -> PyResult<u32> {
    device_number(device).map(|device| libc::minor(device))
}

/// Composes a raw device number from the major and minor device numbers.
#[function("(major, minor, /)")]
fn makedev(major: u32, minor: u32) -> u64 {
    libc::makedev(major, minor)
}
