//! What can be said about a path by its text alone.

use taipan_macros::function;
use taipan_objects::bytes::Bytes;
use taipan_objects::native::FunctionDef;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use crate::filesystem;

/// This file has no constants.
pub const CONSTANTS: &[taipan_objects::native::ConstantDef] = &[];
/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] =
    taipan_macros::functions![fspath, _path_normpath, _path_splitroot_ex];

/// Return the file system path representation of the object.
///
/// If the object is str or bytes, then allow it to pass through as-is. If the
/// object defines __fspath__(), then return the result of that method. All other
/// types raise a TypeError.
#[function("(path)")]
fn fspath(path: &Value) -> PyResult<Value> {
    filesystem::fs_path(path)
}

const SLASH: u32 = b'/' as u32;
const DOT: u32 = b'.' as u32;

/// How many slashes the root has: POSIX gives two, and no other number above one, a meaning of their own.
fn root_length(units: &[u32]) -> usize {
    match units.iter().take_while(|&&unit| unit == SLASH).count() {
        0 => 0,
        2 => 2,
        _ => 1,
    }
}

fn normalized(units: &[u32]) -> Vec<u32> {
    let root = root_length(units);
    let mut parts: Vec<&[u32]> = Vec::new();
    for part in units.split(|&unit| unit == SLASH) {
        match part {
            [] | [DOT] => {}
            [DOT, DOT] => match parts.last() {
                Some([DOT, DOT]) => parts.push(part),
                Some(_) => {
                    parts.pop();
                }
                None if root == 0 => parts.push(part),
                None => {}
            },
            _ => parts.push(part),
        }
    }
    let mut all = vec![SLASH; root];
    all.extend(parts.join(&SLASH));
    if all.is_empty() {
        all.push(DOT);
    }
    all
}

/// A path in units that stand for characters or bytes, and the way back.
fn units_of(path: &Value) -> PyResult<(Vec<u32>, bool)> {
    let path = filesystem::fs_path(path)?;
    match path.downcast::<Bytes>() {
        Some(bytes) => Ok((
            bytes.as_slice().iter().map(|&byte| byte.into()).collect(),
            true,
        )),
        None => Ok((
            path.downcast::<Str>()
                .map_or_else(Vec::new, |text| text.code_points().collect()),
            false,
        )),
    }
}

fn value_of(units: &[u32], as_bytes: bool) -> Value {
    if as_bytes {
        let bytes: Vec<u8> = units.iter().map(|&unit| unit as u8).collect();
        return Bytes::new(&bytes).into_value();
    }
    Str::from_code_points(units.iter().copied()).into_value()
}

/// Normalize path, eliminating double slashes, etc.
#[function("(path)")]
fn _path_normpath(path: &Value) -> PyResult<Value> {
    let (units, as_bytes) = units_of(path)?;
    let normal = normalized(&units);
    Ok(value_of(&normal, as_bytes))
}

/// Split a pathname into drive, root and tail.
///
/// The tail contains anything after the root.
#[function("(path, /)")]
fn _path_splitroot_ex(path: &Value) -> PyResult<Ref<Tuple>> {
    let (units, as_bytes) = units_of(path)?;
    let (root, tail) = units.split_at(root_length(&units));
    Ok(Tuple::from_array([
        value_of(&[], as_bytes),
        value_of(root, as_bytes),
        value_of(tail, as_bytes),
    ]))
}

#[cfg(test)]
mod tests {
    use super::normalized;

    fn normal(path: &str) -> String {
        let units: Vec<u32> = path.chars().map(u32::from).collect();
        normalized(&units)
            .into_iter()
            .filter_map(char::from_u32)
            .collect()
    }

    #[test]
    fn dots_and_slashes_go_away() {
        for (path, expected) in [
            ("", "."),
            (".", "."),
            ("/", "/"),
            ("//", "//"),
            ("///", "/"),
            ("//foo", "//foo"),
            ("///foo/.//bar//", "/foo/bar"),
            ("///foo/.//bar//.//..//.//baz", "/foo/baz"),
            ("///..//./foo/.//bar", "/foo/bar"),
            ("a/../..", ".."),
            ("../../a/..", "../.."),
            ("/..", "/"),
        ] {
            assert_eq!(normal(path), expected, "{path}");
        }
    }
}
