//! Open files: opening, reading, writing, copying, and what can be said about a descriptor.

use std::ffi::c_int;
use std::io;

use taipan_macros::function;
use taipan_objects::bytes::Bytes;
use taipan_objects::native::FunctionDef;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int, protocol};

use super::arguments::{DirFd, Fildes, PathArg, PathOrFd, at};
use crate::bytes_like::{BytesLike, WritableBytes};
use crate::os_result::OsResult;
use crate::{blocking, sys};

/// This file has no constants.
pub const CONSTANTS: &[taipan_objects::native::ConstantDef] = &[];
/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![
    open,
    close,
    closerange,
    dup,
    dup2,
    lseek,
    read,
    readinto,
    write,
    pread,
    pwrite,
    readv,
    writev,
    preadv,
    pwritev,
    isatty,
    pipe,
    pipe2,
    ftruncate,
    truncate,
    fsync,
    fdatasync,
    lockf,
    get_inheritable,
    set_inheritable,
    get_blocking,
    set_blocking,
    sendfile,
    copy_file_range,
    splice,
    posix_fallocate,
    posix_fadvise,
    memfd_create,
    eventfd,
    eventfd_read,
    eventfd_write,
    device_encoding
];

/// The longest read that the system makes at once.
const READ_MAX: usize = isize::MAX as usize & !0xfff;

/// Open a file for low level IO.  Returns a file descriptor (integer).
///
/// If dir_fd is not None, it should be a file descriptor open to a directory,
///   and path should be relative; path will then be relative to that directory.
/// dir_fd may not be implemented on your platform.
///   If it is unavailable, using it will raise a NotImplementedError.
#[function("(path, flags, mode=511, *, dir_fd=None)")]
fn open(path: PathArg, flags: i32, mode: i32, dir_fd: Option<DirFd>) -> PyResult<c_int> {
    let (dir, flags) = (at(dir_fd), flags | libc::O_CLOEXEC);
    path.check(blocking::retry(|| {
        sys::path::openat(dir, path.as_c_str(), flags, mode as libc::mode_t)
    })?)
}

/// Close a file descriptor.
#[function("(fd)")]
fn close(fd: i32) -> PyResult<()> {
    // A close that was interrupted has closed the descriptor: it is not repeated.
    match blocking::call(|| sys::file::close(fd)) {
        Err(error) if error.raw_os_error() != Some(libc::EINTR) => Err(error).or_raise(),
        _ => Ok(()),
    }
}

/// Closes all file descriptors in [fd_low, fd_high), ignoring errors.
#[function("(fd_low, fd_high, /)")]
fn closerange(fd_low: i32, fd_high: i32) {
    blocking::call(|| sys::file::close_range(fd_low, fd_high));
}

/// Return a duplicate of a file descriptor.
#[function("(fd, /)")]
fn dup(fd: i32) -> PyResult<c_int> {
    sys::file::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0).or_raise()
}

/// Duplicate file descriptor.
#[function("(fd, fd2, inheritable=True)")]
fn dup2(fd: i32, fd2: i32, inheritable: bool) -> PyResult<c_int> {
    if fd < 0 || fd2 < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF)).or_raise();
    }
    let answer = if inheritable || fd == fd2 {
        blocking::call(|| sys::file::dup2(fd, fd2))
    } else {
        blocking::call(|| sys::file::dup3(fd, fd2, libc::O_CLOEXEC))
    };
    answer.or_raise()
}

/// Set the position of a file descriptor.  Return the new position.
///
///   fd
///     An open file descriptor, as returned by os.open().
///   position
///     Position, interpreted relative to 'whence'.
///   whence
///     The relative position to seek from. Valid values are:
///     - SEEK_SET: seek from the start of the file.
///     - SEEK_CUR: seek from the current file position.
///     - SEEK_END: seek from the end of the file.
///
/// The return value is the number of bytes relative to the beginning of the file.
#[function("(fd, position, whence, /)")]
fn lseek(fd: i32, position: i64, whence: i32) -> PyResult<i64> {
    blocking::call(|| sys::file::lseek(fd, position, whence)).or_raise()
}

/// Read from a file descriptor.  Returns a bytes object.
#[function("(fd, length, /)")]
fn read(fd: i32, length: isize) -> PyResult<Ref<Bytes>> {
    let Ok(length) = usize::try_from(length) else {
        return Err(io::Error::from_raw_os_error(libc::EINVAL)).or_raise();
    };
    let mut buffer = Vec::new();
    reserve(&mut buffer, length.min(READ_MAX))?;
    blocking::retry_waiting(|| sys::file::read_appending(fd, &mut buffer, length.min(READ_MAX)))
        .or_raise()?;
    Ok(Bytes::new(&buffer))
}

/// Room for `length` bytes, or MemoryError.
pub fn reserve(buffer: &mut Vec<u8>, length: usize) -> PyResult<()> {
    match buffer.try_reserve_exact(length) {
        Ok(()) => Ok(()),
        Err(_) => bail!(MemoryError, ""),
    }
}

/// Read into a buffer object from a file descriptor.
///
/// The buffer should be mutable and bytes-like. On success, returns the number of
/// bytes read. Less bytes may be read than the size of the buffer. The underlying
/// system call will be retried when interrupted by a signal, unless the signal
/// handler raises an exception. Other errors will not be retried and an error will
/// be raised.
///
/// Returns 0 if *fd* is at end of file or if the provided *buffer* has length 0
/// (which can be used to check for errors without reading data). Never returns
/// negative.
#[function("(fd, buffer, /)")]
fn readinto(fd: i32, buffer: WritableBytes) -> PyResult<usize> {
    buffer
        .with(|bytes| blocking::retry_waiting(|| sys::file::read(fd, bytes)))
        .or_raise()
}

/// Write a bytes object to a file descriptor.
#[function("(fd, data, /)")]
fn write(fd: i32, data: BytesLike) -> PyResult<usize> {
    blocking::retry(|| sys::file::write(fd, data.as_bytes())).or_raise()
}

/// Read a number of bytes from a file descriptor starting at a particular offset.
///
/// Read length bytes from file descriptor fd, starting at offset bytes from
/// the beginning of the file.  The file offset remains unchanged.
#[function("(fd, length, offset, /)")]
fn pread(fd: i32, length: isize, offset: i64) -> PyResult<Ref<Bytes>> {
    let Ok(length) = usize::try_from(length) else {
        return Err(io::Error::from_raw_os_error(libc::EINVAL)).or_raise();
    };
    let mut buffer = Vec::new();
    reserve(&mut buffer, length)?;
    buffer.resize(length, 0);
    let count = blocking::retry(|| sys::file::pread(fd, &mut buffer, offset)).or_raise()?;
    Ok(Bytes::new(&buffer[..count]))
}

/// Write bytes to a file descriptor starting at a particular offset.
///
/// Write buffer to fd, starting at offset bytes from the beginning of
/// the file.  Returns the number of bytes written.  Does not change the
/// current file offset.
#[function("(fd, buffer, offset, /)")]
fn pwrite(fd: i32, buffer: BytesLike, offset: i64) -> PyResult<usize> {
    blocking::retry(|| sys::file::pwrite(fd, buffer.as_bytes(), offset)).or_raise()
}

fn buffer_list(function: &str, buffers: &Value) -> PyResult<Vec<Value>> {
    if !protocol::is_sequence(buffers) {
        bail!(TypeError, "{function}() arg 2 must be a sequence");
    }
    protocol::collect(buffers)
}

/// Reads into all buffers at once, through memory of our own, so that no two of them have to be borrowed for writing.
fn scatter(
    function: &'static str,
    fd: c_int,
    buffers: &Value,
    offset: i64,
    flags: c_int,
) -> PyResult<usize> {
    let info = taipan_objects::native::ArgInfo {
        function,
        place: taipan_objects::native::ArgPlace::Position(2),
    };
    let buffers = buffer_list(function, buffers)?;
    let targets: Vec<WritableBytes> = buffers
        .iter()
        .map(|buffer| taipan_objects::native::FromArg::from_arg(buffer, &info))
        .collect::<PyResult<_>>()?;
    let mut memory = Vec::new();
    reserve(&mut memory, targets.iter().map(WritableBytes::len).sum())?;
    memory.resize(memory.capacity(), 0);
    let total: usize = targets.iter().map(WritableBytes::len).sum();
    let count = blocking::retry_waiting(|| {
        sys::file::readv(
            fd,
            &mut [io::IoSliceMut::new(&mut memory[..total])],
            offset,
            flags,
        )
    })
    .or_raise()?;
    let mut rest = &memory[..count];
    for target in &targets {
        let (part, after) = rest.split_at(rest.len().min(target.len()));
        target.with(|bytes| bytes[..part.len()].copy_from_slice(part));
        rest = after;
    }
    Ok(count)
}

fn gather(
    function: &str,
    fd: c_int,
    buffers: &Value,
    offset: i64,
    flags: c_int,
) -> PyResult<usize> {
    let buffers = buffer_list(function, buffers)?;
    let sources: Vec<BytesLike> = buffers.iter().map(BytesLike::of).collect::<PyResult<_>>()?;
    let slices: Vec<io::IoSlice<'_>> = sources
        .iter()
        .map(|source| io::IoSlice::new(source.as_bytes()))
        .collect();
    blocking::retry(|| sys::file::writev(fd, &slices, offset, flags)).or_raise()
}

/// Read from a file descriptor fd into an iterable of buffers.
///
/// The buffers should be mutable buffers accepting bytes.
/// readv will transfer data into each buffer until it is full
/// and then move on to the next buffer in the sequence to hold
/// the rest of the data.
///
/// readv returns the total number of bytes read,
/// which may be less than the total capacity of all the buffers.
#[function("(fd, buffers, /)")]
fn readv(fd: i32, buffers: &Value) -> PyResult<usize> {
    scatter("readv", fd, buffers, -1, 0)
}

/// Iterate over buffers, and write the contents of each to a file descriptor.
///
/// Returns the total number of bytes written.
/// buffers must be a sequence of bytes-like objects.
#[function("(fd, buffers, /)")]
fn writev(fd: i32, buffers: &Value) -> PyResult<usize> {
    gather("writev", fd, buffers, -1, 0)
}

/// Reads from a file descriptor into a number of mutable bytes-like objects.
///
/// Combines the functionality of readv() and pread(). As readv(), it will
/// transfer data into each buffer until it is full and then move on to the next
/// buffer in the sequence to hold the rest of the data. Its fourth argument,
/// specifies the file offset at which the input operation is to be performed. It
/// will return the total number of bytes read (which can be less than the total
/// capacity of all the objects).
///
/// The flags argument contains a bitwise OR of zero or more of the following flags:
///
/// - RWF_HIPRI
/// - RWF_NOWAIT
#[function("(fd, buffers, offset, flags=0, /)")]
fn preadv(fd: i32, buffers: &Value, offset: i64, flags: i32) -> PyResult<usize> {
    scatter("preadv", fd, buffers, offset, flags)
}

/// Writes the contents of bytes-like objects to a file descriptor at a given offset.
///
/// Combines the functionality of writev() and pwrite(). All buffers must be a sequence
/// of bytes-like objects. Buffers are processed in array order. Entire contents of first
/// buffer is written before proceeding to second, and so on. The operating system may
/// set a limit (sysconf() value SC_IOV_MAX) on the number of buffers that can be used.
/// This function writes the contents of each object to the file descriptor and returns
/// the total number of bytes written.
///
/// The flags argument contains a bitwise OR of zero or more of the following flags:
///
/// - RWF_DSYNC
/// - RWF_SYNC
/// - RWF_APPEND
#[function("(fd, buffers, offset, flags=0, /)")]
fn pwritev(fd: i32, buffers: &Value, offset: i64, flags: i32) -> PyResult<usize> {
    gather("pwritev", fd, buffers, offset, flags)
}

/// Return True if the fd is connected to a terminal.
///
/// Return True if the file descriptor is an open file descriptor
/// connected to the slave end of a terminal.
#[function("(fd, /)")]
fn isatty(fd: i32) -> bool {
    sys::file::isatty(fd)
}

/// Create a pipe.
///
/// Returns a tuple of two file descriptors:
///   (read_fd, write_fd)
#[function("()")]
fn pipe() -> PyResult<(c_int, c_int)> {
    sys::file::pipe(libc::O_CLOEXEC).or_raise()
}

/// Create a pipe with flags set atomically.
///
/// Returns a tuple of two file descriptors:
///   (read_fd, write_fd)
///
/// flags can be constructed by ORing together one or more of these values:
/// O_NONBLOCK, O_CLOEXEC.
#[function("(flags, /)")]
fn pipe2(flags: i32) -> PyResult<(c_int, c_int)> {
    sys::file::pipe(flags).or_raise()
}

/// Truncate a file, specified by file descriptor, to a specific length.
#[function("(fd, length, /)")]
fn ftruncate(fd: i32, length: i64) -> PyResult<()> {
    blocking::retry(|| sys::file::ftruncate(fd, length))
        .or_raise()
        .map(drop)
}

/// Truncate a file, specified by path, to a specific length.
///
/// On some platforms, path may also be specified as an open file descriptor.
/// If this functionality is unavailable, using it raises an exception.
#[function("(path, length)")]
fn truncate(path: PathOrFd, length: i64) -> PyResult<()> {
    let answer = match &path {
        PathOrFd::Descriptor(fd, _) => blocking::call(|| sys::file::ftruncate(*fd, length)),
        PathOrFd::Path(path) => blocking::call(|| sys::path::truncate(path.as_c_str(), length)),
    };
    path.check(answer).map(drop)
}

/// Force write of fd to disk.
#[function("(fd)")]
fn fsync(fd: Fildes) -> PyResult<()> {
    blocking::retry(|| sys::file::fsync(fd.0))
        .or_raise()
        .map(drop)
}

/// Force write of fd to disk without forcing update of metadata.
#[function("(fd)")]
fn fdatasync(fd: Fildes) -> PyResult<()> {
    blocking::retry(|| sys::file::fdatasync(fd.0))
        .or_raise()
        .map(drop)
}

/// Apply, test or remove a POSIX lock on an open file descriptor.
///
///   fd
///     An open file descriptor.
///   command
///     One of F_LOCK, F_TLOCK, F_ULOCK or F_TEST.
///   length
///     The number of bytes to lock, starting at the current position.
#[function("(fd, command, length, /)")]
fn lockf(fd: i32, command: i32, length: i64) -> PyResult<()> {
    blocking::call(|| sys::file::lockf(fd, command, length))
        .or_raise()
        .map(drop)
}

/// Get the close-on-exe flag of the specified file descriptor.
#[function("(fd, /)")]
fn get_inheritable(fd: i32) -> PyResult<bool> {
    sys::file::is_inheritable(fd).or_raise()
}

/// Set the inheritable flag of the specified file descriptor.
#[function("(fd, inheritable, /)")]
fn set_inheritable(fd: i32, inheritable: i32) -> PyResult<()> {
    sys::file::set_inheritable(fd, inheritable != 0).or_raise()
}

/// Get the blocking mode of the file descriptor.
///
/// Return False if the O_NONBLOCK flag is set, True if the flag is cleared.
#[function("(fd, /)")]
fn get_blocking(fd: i32) -> PyResult<bool> {
    sys::file::is_blocking(fd).or_raise()
}

/// Set the blocking mode of the specified file descriptor.
///
/// Set the O_NONBLOCK flag if blocking is False,
/// clear the O_NONBLOCK flag otherwise.
#[function("(fd, blocking, /)")]
fn set_blocking(fd: i32, blocking: bool) -> PyResult<()> {
    sys::file::set_blocking(fd, blocking).or_raise()
}

/// Copy count bytes from file descriptor in_fd to file descriptor out_fd.
#[function("(out_fd, in_fd, offset, count)")]
fn sendfile(out_fd: i32, in_fd: i32, offset: &Value, count: isize) -> PyResult<usize> {
    let offset = if offset.is_none() {
        None
    } else {
        Some(int::as_i64(offset)?)
    };
    blocking::retry(|| sys::file::sendfile(out_fd, in_fd, offset, count as usize)).or_raise()
}

fn non_negative(count: isize) -> PyResult<usize> {
    match usize::try_from(count) {
        Ok(count) => Ok(count),
        Err(_) => bail!(ValueError, "negative value for 'count' not allowed"),
    }
}

/// Copy count bytes from one file descriptor to another.
///
///   src
///     Source file descriptor.
///   dst
///     Destination file descriptor.
///   count
///     Number of bytes to copy.
///   offset_src
///     Starting offset in src.
///   offset_dst
///     Starting offset in dst.
///
/// If offset_src is None, then src is read from the current position;
/// respectively for offset_dst.
#[function("(src, dst, count, offset_src=None, offset_dst=None)")]
fn copy_file_range(
    src: i32,
    dst: i32,
    count: isize,
    offset_src: Option<i64>,
    offset_dst: Option<i64>,
) -> PyResult<usize> {
    let count = non_negative(count)?;
    blocking::retry(|| sys::file::copy_file_range(src, dst, count, offset_src, offset_dst))
        .or_raise()
}

/// Transfer count bytes from one pipe to a descriptor or vice versa.
///
///   src
///     Source file descriptor.
///   dst
///     Destination file descriptor.
///   count
///     Number of bytes to copy.
///   offset_src
///     Starting offset in src.
///   offset_dst
///     Starting offset in dst.
///   flags
///     Flags to modify the semantics of the call.
///
/// If offset_src is None, then src is read from the current position;
/// respectively for offset_dst. The offset associated to the file
/// descriptor that refers to a pipe must be None.
#[function("(src, dst, count, offset_src=None, offset_dst=None, flags=0)")]
fn splice(
    src: i32,
    dst: i32,
    count: isize,
    offset_src: Option<i64>,
    offset_dst: Option<i64>,
    flags: u32,
) -> PyResult<usize> {
    let count = non_negative(count)?;
    blocking::retry(|| sys::file::splice(src, dst, count, offset_src, offset_dst, flags)).or_raise()
}

/// Ensure a file has allocated at least a particular number of bytes on disk.
///
/// Ensure that the file specified by fd encompasses a range of bytes
/// starting at offset bytes from the beginning and continuing for length bytes.
#[function("(fd, offset, length, /)")]
fn posix_fallocate(fd: i32, offset: i64, length: i64) -> PyResult<()> {
    blocking::retry(|| sys::file::fallocate(fd, offset, length)).or_raise()
}

/// Announce an intention to access data in a specific pattern.
///
/// Announce an intention to access data in a specific pattern, thus allowing
/// the kernel to make optimizations.
/// The advice applies to the region of the file specified by fd starting at
/// offset and continuing for length bytes.
/// advice is one of POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL,
/// POSIX_FADV_RANDOM, POSIX_FADV_NOREUSE, POSIX_FADV_WILLNEED, or
/// POSIX_FADV_DONTNEED.
#[function("(fd, offset, length, advice, /)")]
fn posix_fadvise(fd: i32, offset: i64, length: i64, advice: i32) -> PyResult<()> {
    blocking::retry(|| sys::file::fadvise(fd, offset, length, advice)).or_raise()
}

#[function("(name, flags=MFD_CLOEXEC)")]
fn memfd_create(name: &Value, flags: Option<u32>) -> PyResult<c_int> {
    let name = crate::filesystem::fs_c_string(name)?;
    blocking::call(|| sys::path::memfd_create(&name, flags.unwrap_or(libc::MFD_CLOEXEC))).or_raise()
}

/// Creates and returns an event notification file descriptor.
#[function("(initval, flags=EFD_CLOEXEC)")]
fn eventfd(initval: u32, flags: Option<i32>) -> PyResult<c_int> {
    blocking::call(|| sys::file::eventfd(initval, flags.unwrap_or(libc::EFD_CLOEXEC))).or_raise()
}

/// Read eventfd value
#[function("(fd)")]
fn eventfd_read(fd: Fildes) -> PyResult<u64> {
    blocking::call(|| sys::file::eventfd_read(fd.0)).or_raise()
}

/// Write eventfd value.
#[function("(fd, value)")]
fn eventfd_write(fd: Fildes, value: u64) -> PyResult<()> {
    blocking::call(|| sys::file::eventfd_write(fd.0, value)).or_raise()
}

/// Return a string describing the encoding of a terminal's file descriptor.
///
/// The file descriptor must be attached to a terminal.
/// If the device is not a terminal, return None.
#[function("(fd)")]
fn device_encoding(fd: i32) -> Option<&'static str> {
    sys::file::isatty(fd).then_some("utf-8")
}
