//! `fcntl`: control of descriptors and locks on files.

use std::io;

use taipan_macros::{define_module, function};
use taipan_objects::buffer::{self, BufferFlags};
use taipan_objects::bytes::Bytes;
use taipan_objects::exceptions::os_error;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, int, runtime};

use crate::filesystem::encode;
use crate::posix::arguments::file_descriptor;
use crate::sys::control::{self, BufferError};

define_module!(
    name = "fcntl",
    doc = "This module performs file control and I/O control on file\ndescriptors.  It is an interface to the fcntl() and ioctl() Unix\nroutines.  File descriptors can be obtained with the fileno() method of\na file or socket object.",
    functions(fcntl, ioctl, flock, lockf),
    init = fill,
);

macro_rules! numbers {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

const NUMBERS: &[(&str, i64)] = numbers! {
    LOCK_SH LOCK_EX LOCK_NB LOCK_UN FD_CLOEXEC
    F_DUPFD F_DUPFD_CLOEXEC F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_GETOWN F_SETOWN F_RDLCK F_WRLCK
    F_UNLCK F_OFD_GETLK F_OFD_SETLK F_OFD_SETLKW F_SETLEASE F_GETLEASE F_NOTIFY F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS
    F_GET_SEALS F_SEAL_SEAL F_SEAL_SHRINK F_SEAL_GROW F_SEAL_WRITE F_SEAL_FUTURE_WRITE
};

/// Constants that the libc crate does not have for every system, with Linux's numbers.
const LINUX: &[(&str, i64)] = &[
    ("DN_ACCESS", 1),
    ("DN_ATTRIB", 32),
    ("DN_CREATE", 4),
    ("DN_DELETE", 8),
    ("DN_MODIFY", 2),
    ("DN_MULTISHOT", 2147483648),
    ("DN_RENAME", 16),
    ("LOCK_MAND", 32),
    ("LOCK_READ", 64),
    ("LOCK_WRITE", 128),
    ("LOCK_RW", 192),
    ("F_GETLK64", libc::F_GETLK as i64),
    ("F_SETLK64", libc::F_SETLK as i64),
    ("F_SETLKW64", libc::F_SETLKW as i64),
    ("F_GETSIG", 11),
    ("F_SETSIG", 10),
    ("F_SETOWN_EX", 15),
    ("F_GETOWN_EX", 16),
    ("F_OWNER_TID", 0),
    ("F_OWNER_PID", 1),
    ("F_OWNER_PGRP", 2),
    ("F_EXLCK", 4),
    ("F_SHLCK", 8),
    ("F_DUPFD_QUERY", 1027),
    ("F_CREATED_QUERY", 1028),
    ("F_GET_RW_HINT", 1035),
    ("F_SET_RW_HINT", 1036),
    ("F_GET_FILE_RW_HINT", 1037),
    ("F_SET_FILE_RW_HINT", 1038),
    ("RWH_WRITE_LIFE_NOT_SET", 0),
    ("RWH_WRITE_LIFE_NONE", 1),
    ("RWH_WRITE_LIFE_SHORT", 2),
    ("RWH_WRITE_LIFE_MEDIUM", 3),
    ("RWH_WRITE_LIFE_LONG", 4),
    ("RWH_WRITE_LIFE_EXTREME", 5),
    ("FASYNC", libc::O_ASYNC as i64),
    ("FICLONE", 0x4004_9409),
    ("FICLONERANGE", 0x4020_940d),
];

fn fill(module: &Ref<Module>) -> PyResult<()> {
    for &(name, number) in NUMBERS.iter().chain(LINUX) {
        module.set(name, int::new(number));
    }
    Ok(())
}

fn error(error: &io::Error) -> Raised {
    os_error::os_error(error, None)
}

/// A call that is made again while signals interrupt it.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> PyResult<T> {
    loop {
        match runtime::allow_threads(&mut call) {
            Ok(result) => return Ok(result),
            Err(failed) if failed.kind() == io::ErrorKind::Interrupted => runtime::check_signals()?,
            Err(failed) => return Err(error(&failed)),
        }
    }
}

/// As [`retry`], for calls with a buffer.
fn retry_buffer(mut call: impl FnMut() -> Result<i32, BufferError>) -> PyResult<i32> {
    loop {
        match runtime::allow_threads(&mut call) {
            Ok(result) => return Ok(result),
            Err(BufferError::Call(failed)) if failed.kind() == io::ErrorKind::Interrupted => {
                runtime::check_signals()?
            }
            Err(BufferError::Call(failed)) => return Err(error(&failed)),
            Err(BufferError::Overflow) => bail!(SystemError, "buffer overflow"),
        }
    }
}

/// The bytes of a `str` or bytes-like argument; nothing for other values.
fn bytes_of(value: &Value) -> PyResult<Option<Vec<u8>>> {
    if let Some(text) = value.downcast::<Str>() {
        return encode(text).map(Some);
    }
    if !buffer::is_bytes_like(value) {
        return Ok(None);
    }
    let view = buffer::request(value, BufferFlags::SIMPLE)?;
    Ok(Some(view.to_bytes().into_owned()))
}

/// Perform the operation `cmd` on file descriptor fd.
///
/// The values used for `cmd` are operating system dependent, and are available
/// as constants in the fcntl module, using the same names as used in
/// the relevant C header files.  The argument arg is optional, and
/// defaults to 0; it may be an int or a string.  If arg is given as a string,
/// the return value of fcntl is a string of that length, containing the
/// resulting value put in the arg buffer by the operating system.  The length
/// of the arg string is not allowed to exceed 1024 bytes.  If the arg given
/// is an integer or if none is specified, the result value is an integer
/// corresponding to the return value of the fcntl call in the C code.
#[function("(fd, cmd, arg=0, /)")]
fn fcntl(fd: &Value, cmd: i32, arg: Option<&Value>) -> PyResult<Value> {
    let fd = file_descriptor(fd)?;
    if let Some(value) = arg
        && let Some(mut bytes) = bytes_of(value)?
    {
        if bytes.len() > control::BUFFER {
            bail!(ValueError, "fcntl argument 3 is too long");
        }
        retry_buffer(|| control::fcntl_buffer(fd, cmd, &mut bytes))?;
        return Ok(Bytes::new(&bytes).into_value());
    }
    let number = number_of(arg, "fcntl")?;
    Ok(int::new(i64::from(retry(|| {
        control::fcntl_number(fd, cmd, number)
    })?)))
}

/// An int argument as the system takes it: its low bits.
fn number_of(value: Option<&Value>, function: &str) -> PyResult<i64> {
    let Some(value) = value else { return Ok(0) };
    if !int::is_int(value) && value.class().slots.index.get().is_none() {
        return Err(exc!(
            TypeError,
            "{function}() argument 3 must be an integer, a bytes-like object, or a string, not {}",
            value.class().name()
        ));
    }
    Ok(i64::from(int::as_u64_wrapping(value)? as u32 as i32))
}

/// Perform the operation request on file descriptor fd.
///
/// The values used for request are operating system dependent, and are available
/// as constants in the fcntl or termios library modules, using the same names as
/// used in the relevant C header files.
///
/// The argument `arg` is optional, and defaults to 0; it may be an int or a
/// buffer containing character data (most likely a string or an array).
///
/// If the argument is a mutable buffer (such as an array) and if the
/// mutate_flag argument (which is only allowed in this case) is true then the
/// buffer is (in effect) passed to the operating system and changes made by
/// the OS will be reflected in the contents of the buffer after the call has
/// returned.  The return value is the integer returned by the ioctl system
/// call.
///
/// If the argument is a mutable buffer and the mutable_flag argument is false,
/// the behavior is as if an immutable buffer was passed.
///
/// If the argument is an immutable buffer then a copy of the buffer is passed
/// to the operating system and the return value is a string of the same length
/// containing whatever the operating system placed in the buffer.  The length
/// of the arg buffer in this case is not allowed to exceed 1024 bytes.
///
/// If the arg given is an integer or if none is specified, the result value is
/// an integer corresponding to the return value of the ioctl call in the C
/// code.
#[function("(fd, request, arg=0, mutate_flag=True, /)")]
fn ioctl(fd: &Value, request: &Value, arg: Option<&Value>, mutate_flag: bool) -> PyResult<Value> {
    let fd = file_descriptor(fd)?;
    let request = int::as_u64_wrapping(request)?;
    let Some(value) = arg else {
        return Ok(int::new(i64::from(retry(|| {
            control::ioctl_number(fd, request, 0)
        })?)));
    };
    if let Some(mut bytes) = bytes_of(value)? {
        let writable = if mutate_flag && value.downcast::<Str>().is_none() {
            buffer::request(value, BufferFlags::WRITABLE).ok()
        } else {
            None
        };
        if writable.is_none() && bytes.len() > control::BUFFER {
            bail!(ValueError, "ioctl argument 3 is too long");
        }
        let result = retry_buffer(|| control::ioctl_buffer(fd, request, &mut bytes))?;
        return Ok(match writable {
            Some(view) => {
                view.write_bytes(&bytes);
                int::new(i64::from(result))
            }
            None => Bytes::new(&bytes).into_value(),
        });
    }
    let number = number_of(Some(value), "ioctl")?;
    Ok(int::new(i64::from(retry(|| {
        control::ioctl_number(fd, request, number)
    })?)))
}

/// Perform the lock operation `operation` on file descriptor `fd`.
///
/// See the Unix manual page for flock(2) for details (On some systems, this
/// function is emulated using fcntl()).
#[function("(fd, operation, /)")]
fn flock(fd: &Value, operation: i32) -> PyResult<()> {
    let fd = file_descriptor(fd)?;
    retry(|| control::flock(fd, operation))
}

/// A wrapper around the fcntl() locking calls.
///
/// `fd` is the file descriptor of the file to lock or unlock, and operation is one
/// of the following values:
///
///     LOCK_UN - unlock
///     LOCK_SH - acquire a shared lock
///     LOCK_EX - acquire an exclusive lock
///
/// When operation is LOCK_SH or LOCK_EX, it can also be bitwise ORed with
/// LOCK_NB to avoid blocking on lock acquisition.  If LOCK_NB is used and the
/// lock cannot be acquired, an OSError will be raised and the exception will
/// have an errno attribute set to EACCES or EAGAIN (depending on the operating
/// system -- for portability, check for either value).
///
/// `len` is the number of bytes to lock, with the default meaning to lock to
/// EOF.  `start` is the byte offset, relative to `whence`, to that the lock
/// starts.  `whence` is as with fileobj.seek(), specifically:
///
///     0 - relative to the start of the file (SEEK_SET)
///     1 - relative to the current buffer position (SEEK_CUR)
///     2 - relative to the end of the file (SEEK_END)
#[function("(fd, cmd, len=0, start=0, whence=0, /)")]
fn lockf(
    fd: &Value,
    cmd: i32,
    len: Option<&Value>,
    start: Option<&Value>,
    whence: i32,
) -> PyResult<()> {
    let fd = file_descriptor(fd)?;
    let kind = match cmd {
        libc::LOCK_UN => libc::F_UNLCK,
        _ if cmd & libc::LOCK_SH != 0 => libc::F_RDLCK,
        _ if cmd & libc::LOCK_EX != 0 => libc::F_WRLCK,
        _ => bail!(ValueError, "unrecognized lockf argument"),
    };
    let number = |value: Option<&Value>| value.map_or(Ok(0), int::as_i64);
    let (len, start) = (number(len)?, number(start)?);
    let wait = cmd & libc::LOCK_NB == 0;
    retry(|| control::lock_range(fd, kind as i16, wait, start, len, whence as i16))
}
