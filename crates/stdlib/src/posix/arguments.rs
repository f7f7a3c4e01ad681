//! The kinds of arguments that `posix` functions take: paths, descriptors, users and groups.

use std::ffi::{CStr, CString, c_int};
use std::io;

use libc::{AT_FDCWD, AT_SYMLINK_NOFOLLOW};
use taipan_objects::bytes::Bytes;
use taipan_objects::exceptions::{ExceptionKind, os_error};
use taipan_objects::native::{ArgInfo, ArgPlace, FromArg};
use taipan_objects::raised::{Absent, PyResult, Raised};
use taipan_objects::value::Value;
use taipan_objects::{bail, exc, id, int, protocol, warnings};

use crate::filesystem;

/// A path: what the program gave, and its bytes.
pub struct PathArg {
    /// The `str` or `bytes`, for the file name of errors.
    pub object: Value,
    path: CString,
}

/// A path or an open file.
pub enum PathOrFd {
    /// A path.
    Path(PathArg),
    /// A descriptor, and the object that stood for it.
    Descriptor(c_int, Value),
}

impl PathArg {
    /// The path as a C string.
    pub fn as_c_str(&self) -> &CStr {
        &self.path
    }

    /// Whether the program gave `bytes`, and so wants `bytes` back.
    pub fn is_bytes(&self) -> bool {
        self.object.downcast::<Bytes>().is_some()
    }

    /// Converts an argument; `what` says in the TypeError what is allowed.
    fn convert(value: &Value, info: &ArgInfo, what: &str) -> PyResult<PathArg> {
        let object = if filesystem::is_text_or_bytes(value) {
            value.clone()
        } else {
            match protocol::call_special_optional(value, id!("__fspath__"), &[])? {
                Some(answer) if filesystem::is_text_or_bytes(&answer) => answer,
                Some(answer) => {
                    let (class, answer) = (value.class().name(), answer.class().name());
                    bail!(
                        TypeError,
                        "expected {class}.__fspath__() to return str or bytes, not {answer}"
                    );
                }
                None => return Err(wrong_type(value, info, what)),
            }
        };
        let bytes = filesystem::fs_encode(&object)?;
        match CString::new(bytes) {
            Ok(path) => Ok(PathArg { object, path }),
            Err(_) => bail!(
                ValueError,
                "{}: embedded null character in {}",
                info.function,
                name_of(info)
            ),
        }
    }

    /// The answer of a call on this path, or the OSError that names it.
    pub fn check<T>(&self, answer: io::Result<T>) -> PyResult<T> {
        answer.map_err(|error| os_error::os_error(&error, Some(&self.object)))
    }

    /// The OSError of a call on two paths.
    pub fn check_pair<T>(&self, other: &PathArg, answer: io::Result<T>) -> PyResult<T> {
        answer.map_err(|error| {
            os_error::raise_errno(
                error.raw_os_error().unwrap_or(libc::EIO),
                Some(&self.object),
                Some(&other.object),
            )
        })
    }
}

impl PathOrFd {
    /// As the argument converts, with None allowed too: nothing for None.
    pub fn nullable(value: Option<&Value>, function: &'static str) -> PyResult<Option<PathOrFd>> {
        let info = ArgInfo {
            function,
            place: ArgPlace::Name("path"),
        };
        match value {
            Some(value) if !value.is_none() => {
                PathOrFd::convert(value, &info, "string, bytes, os.PathLike, integer or None")
                    .map(Some)
            }
            _ => Ok(None),
        }
    }

    fn convert(value: &Value, info: &ArgInfo, what: &str) -> PyResult<PathOrFd> {
        let is_integer = int::is_int(value) || value.class().slots.index.get().is_some();
        if is_integer {
            return Ok(PathOrFd::Descriptor(fd_of_index(value)?, value.clone()));
        }
        PathArg::convert(value, info, what).map(PathOrFd::Path)
    }

    /// The answer of a call on this file, or the OSError that names it.
    pub fn check<T>(&self, answer: io::Result<T>) -> PyResult<T> {
        answer.map_err(|error| os_error::os_error(&error, Some(self.object())))
    }

    /// What the program gave.
    pub fn object(&self) -> &Value {
        match self {
            PathOrFd::Path(path) => &path.object,
            PathOrFd::Descriptor(_, object) => object,
        }
    }
}

fn name_of(info: &ArgInfo) -> &'static str {
    match info.place {
        ArgPlace::Name(name) => name,
        _ => "path",
    }
}

#[cold]
fn wrong_type(value: &Value, info: &ArgInfo, what: &str) -> Raised {
    exc!(
        TypeError,
        "{}: {} should be {what}, not {}",
        info.function,
        name_of(info),
        value.class().name()
    )
}

impl FromArg<'_> for PathArg {
    fn from_arg(value: &Value, info: &ArgInfo) -> PyResult<Self> {
        PathArg::convert(value, info, "string, bytes or os.PathLike")
    }
}

impl FromArg<'_> for PathOrFd {
    fn from_arg(value: &Value, info: &ArgInfo) -> PyResult<Self> {
        PathOrFd::convert(value, info, "string, bytes, os.PathLike or integer")
    }
}

/// Warns that a bool stands where a descriptor is meant.
fn warn_about_bool(value: &Value) -> PyResult<()> {
    if value.is_true() || value.is_false() {
        warnings::warn(
            ExceptionKind::RuntimeWarning,
            "bool is used as a file descriptor",
        )?;
    }
    Ok(())
}

fn fd_of_index(value: &Value) -> PyResult<c_int> {
    warn_about_bool(value)?;
    int::with_index(value, |view| match view {
        int::IntView::Small(number) => c_int::try_from(number).map_err(|_| number < 0),
        int::IntView::Big(_) => Err(view.is_negative()),
    })?
    .map_err(|too_low| {
        let bound = if too_low {
            "less than minimum"
        } else {
            "greater than maximum"
        };
        exc!(OverflowError, "fd is {bound}")
    })
}

/// The directory that a relative path is relative to.
#[derive(Clone, Copy)]
pub struct DirFd(pub c_int);

impl FromArg<'_> for DirFd {
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
        if int::is_int(value) || value.class().slots.index.get().is_some() {
            return fd_of_index(value).map(DirFd);
        }
        bail!(
            TypeError,
            "argument should be integer or None, not {}",
            value.class().name()
        )
    }
}

/// The descriptor to pass for an optional directory.
pub fn at(dir_fd: Option<DirFd>) -> c_int {
    dir_fd.map_or(AT_FDCWD, |dir| dir.0)
}

/// The `AT_…` flag for `follow_symlinks`.
pub fn follow_flag(follow_symlinks: bool) -> c_int {
    if follow_symlinks {
        0
    } else {
        AT_SYMLINK_NOFOLLOW
    }
}

/// Refuses a directory descriptor where the path is a descriptor itself.
pub fn refuse_dir_fd(function: &str, dir_fd: Option<DirFd>) -> PyResult<()> {
    match dir_fd {
        Some(_) => bail!(
            ValueError,
            "{function}: can't specify dir_fd without matching path"
        ),
        None => Ok(()),
    }
}

/// Refuses `follow_symlinks=False` where the path is a descriptor.
pub fn refuse_no_follow(function: &str, follow_symlinks: bool) -> PyResult<()> {
    if follow_symlinks {
        return Ok(());
    }
    bail!(
        ValueError,
        "{function}: cannot use fd and follow_symlinks together"
    )
}

/// A descriptor, or an object with a `fileno` method.
#[derive(Clone, Copy)]
pub struct Fildes(pub c_int);

impl FromArg<'_> for Fildes {
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
        file_descriptor(value).map(Fildes)
    }
}

/// The descriptor of an int or of an object with a `fileno` method.
pub fn file_descriptor(value: &Value) -> PyResult<c_int> {
    let fd = if int::is_int(value) {
        warn_about_bool(value)?;
        int::as_i32(value)?
    } else {
        let Some(method) =
            protocol::getattr(value, id!("fileno")).absent_on(ExceptionKind::AttributeError)?
        else {
            bail!(
                TypeError,
                "argument must be an int, or have a fileno() method."
            );
        };
        let answer = protocol::call0(&method)?;
        if !int::is_int(&answer) {
            bail!(TypeError, "fileno() returned a non-integer");
        }
        int::as_i32(&answer)?
    };
    if fd < 0 {
        bail!(
            ValueError,
            "file descriptor cannot be a negative integer ({fd})"
        );
    }
    Ok(fd)
}

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name(pub u32);

        impl FromArg<'_> for $name {
            fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
                identity_number(value, $text).map($name)
            }
        }
    };
}

identity! {
    /// A user; -1 means "as it is".
    Uid, "uid"
}
identity! {
    /// A group; -1 means "as it is".
    Gid, "gid"
}

fn identity_number(value: &Value, what: &str) -> PyResult<u32> {
    if !int::is_int(value) && value.class().slots.index.get().is_none() {
        bail!(
            TypeError,
            "{what} should be integer, not {}",
            value.class().name()
        );
    }
    int::with_index(value, |view| match view {
        int::IntView::Small(-1) => Ok(u32::MAX),
        // The largest number means -1 to the system, so it cannot be asked for by its value.
        int::IntView::Small(number) => match u32::try_from(number) {
            Ok(number) if number != u32::MAX => Ok(number),
            _ => Err(number < 0),
        },
        int::IntView::Big(_) => Err(view.is_negative()),
    })?
    .map_err(|too_low| {
        let bound = if too_low {
            "less than minimum"
        } else {
            "greater than maximum"
        };
        exc!(OverflowError, "{what} is {bound}")
    })
}

/// A user or group as a Python int, `-1` for the one the system writes so.
pub fn identity_value(number: u32) -> Value {
    if number == u32::MAX {
        int::new(-1)
    } else {
        int::new(number.into())
    }
}
