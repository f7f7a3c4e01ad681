//! Extended attributes of files.

use std::ffi::CString;
use std::io;

use taipan_macros::function;
use taipan_objects::bail;
use taipan_objects::bytes::Bytes;
use taipan_objects::list::List;
use taipan_objects::native::FunctionDef;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

use super::arguments::{PathArg, PathOrFd};
use crate::blocking;
use crate::bytes_like::BytesLike;
use crate::filesystem::fs_decode;
use crate::os_result::OsResult;
use crate::sys::path::{self, AttributeTarget};

/// This file has no constants.
pub const CONSTANTS: &[taipan_objects::native::ConstantDef] = &[];
/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] =
    taipan_macros::functions![getxattr, setxattr, removexattr, listxattr];

/// The longest value that the system keeps.
pub const XATTR_SIZE_MAX: i64 = 65536;

fn target<'a>(
    function: &str,
    file: &'a PathOrFd,
    follow_symlinks: bool,
) -> PyResult<AttributeTarget<'a>> {
    match file {
        PathOrFd::Path(path) => Ok(AttributeTarget::Path(path.as_c_str(), follow_symlinks)),
        PathOrFd::Descriptor(..) if !follow_symlinks => {
            bail!(
                ValueError,
                "{function}: cannot use fd and follow_symlinks together"
            )
        }
        PathOrFd::Descriptor(fd, _) => Ok(AttributeTarget::Descriptor(*fd)),
    }
}

/// Asks with more and more room, because the value may grow between the question for its size and that for itself.
fn read_growing(mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<Vec<u8>> {
    let mut room = 256;
    loop {
        let mut buffer = vec![0; room];
        match read(&mut buffer) {
            Ok(count) => {
                buffer.truncate(count);
                return Ok(buffer);
            }
            Err(error)
                if error.raw_os_error() == Some(libc::ERANGE)
                    && room < XATTR_SIZE_MAX as usize * 2 =>
            {
                room *= 16
            }
            Err(error) => return Err(error),
        }
    }
}

/// Return the value of extended attribute attribute on path.
///
/// path may be either a string, a path-like object, or an open file descriptor.
/// If follow_symlinks is False, and the last element of the path is a symbolic
///   link, getxattr will examine the symbolic link itself instead of the file
///   the link points to.
#[function("(path, attribute, *, follow_symlinks=True)")]
fn getxattr(path: PathOrFd, attribute: PathArg, follow_symlinks: bool) -> PyResult<Ref<Bytes>> {
    let target = target("getxattr", &path, follow_symlinks)?;
    let answer = blocking::call(|| {
        read_growing(|buffer| path::getxattr(target, attribute.as_c_str(), buffer))
    });
    Ok(Bytes::new(&path.check(answer)?))
}

/// Set extended attribute attribute on path to value.
///
/// path may be either a string, a path-like object,  or an open file descriptor.
/// If follow_symlinks is False, and the last element of the path is a symbolic
///   link, setxattr will modify the symbolic link itself instead of the file
///   the link points to.
#[function("(path, attribute, value, flags=0, *, follow_symlinks=True)")]
fn setxattr(
    path: PathOrFd,
    attribute: PathArg,
    value: BytesLike,
    flags: i32,
    follow_symlinks: bool,
) -> PyResult<()> {
    let target = target("setxattr", &path, follow_symlinks)?;
    path.check(blocking::call(|| {
        path::setxattr(target, attribute.as_c_str(), value.as_bytes(), flags)
    }))
}

/// Remove extended attribute attribute on path.
///
/// path may be either a string, a path-like object, or an open file descriptor.
/// If follow_symlinks is False, and the last element of the path is a symbolic
///   link, removexattr will modify the symbolic link itself instead of the file
///   the link points to.
#[function("(path, attribute, *, follow_symlinks=True)")]
fn removexattr(path: PathOrFd, attribute: PathArg, follow_symlinks: bool) -> PyResult<()> {
    let target = target("removexattr", &path, follow_symlinks)?;
    path.check(blocking::call(|| {
        path::removexattr(target, attribute.as_c_str())
    }))
}

/// Return a list of extended attributes on path.
///
/// path may be either None, a string, a path-like object, or an open file descriptor.
/// if path is None, listxattr will examine the current directory.
/// If follow_symlinks is False, and the last element of the path is a symbolic
///   link, listxattr will examine the symbolic link itself instead of the file
///   the link points to.
#[function("(path=None, *, follow_symlinks=True)")]
fn listxattr(path: Option<&Value>, follow_symlinks: bool) -> PyResult<Ref<List>> {
    let path = PathOrFd::nullable(path, "listxattr")?;
    let here = CString::from(c".");
    let target = match &path {
        Some(path) => target("listxattr", path, follow_symlinks)?,
        None => AttributeTarget::Path(&here, follow_symlinks),
    };
    let answer = blocking::call(|| read_growing(|buffer| path::listxattr(target, buffer)));
    let names = match &path {
        Some(path) => path.check(answer)?,
        None => answer.or_raise()?,
    };
    let names = names
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty());
    Ok(List::new(
        names.map(|name| fs_decode(name).into_value()).collect(),
    ))
}
