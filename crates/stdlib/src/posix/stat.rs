//! `stat` and its relatives: what the system knows about a file and a file system.

use std::ffi::c_int;

use taipan_macros::function;
use taipan_objects::native::{ConstantDef, FunctionDef};
use taipan_objects::raised::PyResult;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::value::Value;
use taipan_objects::{float, int};

use super::arguments::{
    DirFd, PathArg, PathOrFd, at, follow_flag, refuse_dir_fd, refuse_no_follow,
};
use crate::os_result::OsResult;
use crate::{blocking, sys};

/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] =
    taipan_macros::functions![stat, lstat, fstat, statvfs, fstatvfs];
/// The classes of this file.
pub const CONSTANTS: &[ConstantDef] =
    taipan_macros::constants![stat_result_class, statvfs_result_class];

/// `os.stat_result`. The times in whole seconds have no names; the items of those names are the exact ones behind.
pub static STAT_RESULT: StructSeqDef = StructSeqDef {
    name: "stat_result",
    module: "os",
    doc: "stat_result: Result from stat, fstat, or lstat.\n\nThis object may be accessed either as a tuple of\n  (mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime)\nor via the attributes st_mode, st_ino, st_dev, st_nlink, st_uid, and so on.\n\nPosix/windows: If your platform supports st_blksize, st_blocks, st_rdev,\nor st_flags, they are available as attributes only.\n\nSee os.stat for more information.",
    fields: &[
        Field::new("st_mode", "protection bits"),
        Field::new("st_ino", "inode"),
        Field::new("st_dev", "device"),
        Field::new("st_nlink", "number of hard links"),
        Field::new("st_uid", "user ID of owner"),
        Field::new("st_gid", "group ID of owner"),
        Field::new("st_size", "total size, in bytes"),
        Field::unnamed("integer time of last access"),
        Field::unnamed("integer time of last modification"),
        Field::unnamed("integer time of last change"),
        Field::new("st_atime", "time of last access"),
        Field::new("st_mtime", "time of last modification"),
        Field::new("st_ctime", "time of last change"),
        Field::new("st_atime_ns", "time of last access in nanoseconds"),
        Field::new("st_mtime_ns", "time of last modification in nanoseconds"),
        Field::new("st_ctime_ns", "time of last change in nanoseconds"),
        Field::new("st_blksize", "blocksize for filesystem I/O"),
        Field::new("st_blocks", "number of blocks allocated"),
        Field::new("st_rdev", "device type (if inode device)"),
    ],
    visible: 10,
    instantiable: true,
    complete: Some(complete_stat),
};

static STATVFS_RESULT: StructSeqDef = StructSeqDef {
    name: "statvfs_result",
    module: "os",
    doc: "statvfs_result: Result from statvfs or fstatvfs.\n\nThis object may be accessed either as a tuple of\n  (bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax),\nor via the attributes f_bsize, f_frsize, f_blocks, f_bfree, and so on.\n\nSee os.statvfs for more information.",
    fields: &[
        Field::new("f_bsize", ""),
        Field::new("f_frsize", ""),
        Field::new("f_blocks", ""),
        Field::new("f_bfree", ""),
        Field::new("f_bavail", ""),
        Field::new("f_files", ""),
        Field::new("f_ffree", ""),
        Field::new("f_favail", ""),
        Field::new("f_flag", ""),
        Field::new("f_namemax", ""),
        Field::new("f_fsid", ""),
    ],
    visible: 10,
    instantiable: true,
    complete: None,
};

/// Times that were not given follow from those in whole seconds.
#[allow(
    clippy::ptr_arg,
    reason = "the definition of a struct sequence takes this type"
)]
fn complete_stat(fields: &mut Vec<Value>) {
    for index in 7..10 {
        if fields[index + 3].is_none() {
            fields[index + 3] = fields[index].clone();
        }
    }
}

#[taipan_macros::constant(name = "stat_result")]
fn stat_result_class() -> Value {
    STAT_RESULT.class().to_value()
}

#[taipan_macros::constant(name = "statvfs_result")]
fn statvfs_result_class() -> Value {
    STATVFS_RESULT.class().to_value()
}

/// The Python form of a `stat` structure.
pub fn stat_value(stat: &libc::stat) -> Value {
    let times = [
        (stat.st_atime, stat.st_atime_nsec),
        (stat.st_mtime, stat.st_mtime_nsec),
        (stat.st_ctime, stat.st_ctime_nsec),
    ];
    let mut fields = Vec::with_capacity(19);
    fields.extend([
        int::new(stat.st_mode.into()),
        int::from_u64(stat.st_ino),
        int::from_u64(stat.st_dev),
        int::from_u64(stat.st_nlink),
        super::arguments::identity_value(stat.st_uid),
        super::arguments::identity_value(stat.st_gid),
        int::new(stat.st_size),
    ]);
    fields.extend(times.map(|(seconds, _)| int::new(seconds)));
    fields.extend(times.map(|(seconds, nanos)| float::new(seconds as f64 + 1e-9 * nanos as f64)));
    fields.extend(times.map(|(seconds, nanos)| {
        int::from_i128(i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
    }));
    fields.extend([
        int::new(stat.st_blksize),
        int::new(stat.st_blocks),
        int::from_u64(stat.st_rdev),
    ]);
    STAT_RESULT.make(fields)
}

fn stat_file(
    function: &str,
    path: &PathOrFd,
    dir_fd: Option<DirFd>,
    follow_symlinks: bool,
) -> PyResult<Value> {
    let answer = match path {
        PathOrFd::Descriptor(fd, _) => {
            refuse_dir_fd(function, dir_fd)?;
            refuse_no_follow(function, follow_symlinks)?;
            blocking::call(|| sys::file::fstat(*fd))
        }
        PathOrFd::Path(path) => {
            let (dir, flags) = (at(dir_fd), follow_flag(follow_symlinks));
            blocking::call(|| sys::path::fstatat(dir, path.as_c_str(), flags))
        }
    };
    path.check(answer).map(|stat| stat_value(&stat))
}

/// Perform a stat system call on the given path.
///
///   path
///     Path to be examined; can be string, bytes, a path-like object or
///     open-file-descriptor int.
///   dir_fd
///     If not None, it should be a file descriptor open to a directory,
///     and path should be a relative string; path will then be relative to
///     that directory.
///   follow_symlinks
///     If False, and the last element of the path is a symbolic link,
///     stat will examine the symbolic link itself instead of the file
///     the link points to.
///
/// dir_fd and follow_symlinks may not be implemented
///   on your platform.  If they are unavailable, using them will raise a
///   NotImplementedError.
///
/// It's an error to use dir_fd or follow_symlinks when specifying path as
///   an open file descriptor.
#[function("($module, /, path, *, dir_fd=None, follow_symlinks=True)")]
fn stat(path: PathOrFd, dir_fd: Option<DirFd>, follow_symlinks: bool) -> PyResult<Value> {
    stat_file("stat", &path, dir_fd, follow_symlinks)
}

/// Perform a stat system call on the given path, without following symbolic links.
///
/// Like stat(), but do not follow symbolic links.
/// Equivalent to stat(path, follow_symlinks=False).
#[function("($module, /, path, *, dir_fd=None)")]
fn lstat(path: PathArg, dir_fd: Option<DirFd>) -> PyResult<Value> {
    stat_file("lstat", &PathOrFd::Path(path), dir_fd, false)
}

/// Perform a stat system call on the given file descriptor.
///
/// Like stat(), but for an open file descriptor.
/// Equivalent to os.stat(fd).
#[function("($module, /, fd)")]
fn fstat(fd: c_int) -> PyResult<Value> {
    let stat = blocking::retry(|| sys::file::fstat(fd)).or_raise()?;
    Ok(stat_value(&stat))
}

fn statvfs_value(stat: &libc::statvfs) -> Value {
    STATVFS_RESULT.make(vec![
        int::from_u64(stat.f_bsize),
        int::from_u64(stat.f_frsize),
        int::from_u64(stat.f_blocks),
        int::from_u64(stat.f_bfree),
        int::from_u64(stat.f_bavail),
        int::from_u64(stat.f_files),
        int::from_u64(stat.f_ffree),
        int::from_u64(stat.f_favail),
        int::from_u64(stat.f_flag),
        int::from_u64(stat.f_namemax),
        int::from_u64(stat.f_fsid),
    ])
}

/// Perform a statvfs system call on the given path.
///
/// path may always be specified as a string.
/// On some platforms, path may also be specified as an open file descriptor.
///   If this functionality is unavailable, using it raises an exception.
#[function("($module, /, path)")]
fn statvfs(path: PathOrFd) -> PyResult<Value> {
    let answer = match &path {
        PathOrFd::Descriptor(fd, _) => blocking::call(|| sys::file::fstatvfs(*fd)),
        PathOrFd::Path(path) => blocking::call(|| sys::path::statvfs(path.as_c_str())),
    };
    path.check(answer).map(|stat| statvfs_value(&stat))
}

/// Perform an fstatvfs system call on the given fd.
///
/// Equivalent to statvfs(fd).
#[function("($module, fd, /)")]
fn fstatvfs(fd: c_int) -> PyResult<Value> {
    let stat = blocking::retry(|| sys::file::fstatvfs(fd)).or_raise()?;
    Ok(statvfs_value(&stat))
}
