//! File names between Python and the operating system.
//!
//! The encoding of the file system is UTF-8; bytes that are not UTF-8 become lone surrogates U+DC80 to U+DCFF and back
//! (`surrogateescape`, PEP 383), so every name survives the way into Python and out again.

use std::borrow::Cow;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;

use taipan_objects::bytes::Bytes;
use taipan_objects::exceptions::unicode;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id};

const ESCAPE: u32 = 0xdc00;

/// The bytes of a file name given as `str`, `bytes` or an `os.PathLike`.
pub fn fs_encode(value: &Value) -> PyResult<Vec<u8>> {
    let path = fs_path(value)?;
    match path.downcast::<Str>() {
        Some(text) => encode(text),
        None => Ok(path
            .downcast::<Bytes>()
            .map_or_else(Vec::new, |bytes| bytes.as_slice().to_vec())),
    }
}

/// The file name behind bytes from the operating system.
pub fn fs_decode(bytes: &[u8]) -> Ref<Str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Str::new(text);
    }
    let mut codes = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        codes.extend(chunk.valid().chars().map(u32::from));
        codes.extend(chunk.invalid().iter().map(|&byte| ESCAPE + u32::from(byte)));
    }
    Str::from_code_points(codes.into_iter())
}

/// The file name behind an operating system string.
pub fn fs_decode_os(name: &OsStr) -> Ref<Str> {
    fs_decode(name.as_bytes())
}

/// The bytes of a file name.
pub fn encode(text: &Ref<Str>) -> PyResult<Vec<u8>> {
    if let Some(text) = text.try_to_str() {
        return Ok(text.as_bytes().to_vec());
    }
    let mut bytes = Vec::with_capacity(text.len() * 2);
    for (index, code) in text.code_points().enumerate() {
        match char::from_u32(code) {
            Some(character) => {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes())
            }
            None if (ESCAPE + 0x80..=ESCAPE + 0xff).contains(&code) => {
                bytes.push((code - ESCAPE) as u8)
            }
            None => {
                return Err(unicode::encode_error(
                    "utf-8",
                    text,
                    index,
                    index + 1,
                    "surrogates not allowed",
                ));
            }
        }
    }
    Ok(bytes)
}

/// `os.fspath(value)`: the `str` or `bytes` that a path object stands for.
pub fn fs_path(value: &Value) -> PyResult<Value> {
    if is_text_or_bytes(value) {
        return Ok(value.clone());
    }
    let Some(answer) = protocol::call_special_optional(value, id!("__fspath__"), &[])? else {
        bail!(
            TypeError,
            "expected str, bytes or os.PathLike object, not {}",
            value.class().name()
        );
    };
    if !is_text_or_bytes(&answer) {
        let (class, answer) = (value.class().name(), answer.class().name());
        bail!(
            TypeError,
            "expected {class}.__fspath__() to return str or bytes, not {answer}"
        );
    }
    Ok(answer)
}

/// Whether a value is a `str` or `bytes`.
pub fn is_text_or_bytes(value: &Value) -> bool {
    value.downcast::<Str>().is_some() || value.downcast::<Bytes>().is_some()
}

/// Bytes as a C string; `what` names them in the ValueError for a null byte within.
pub fn c_string(bytes: Vec<u8>, what: &str) -> PyResult<CString> {
    match CString::new(bytes) {
        Ok(string) => Ok(string),
        Err(_) => bail!(ValueError, "embedded null {what}"),
    }
}

/// A file name as CPython's `PyUnicode_FSConverter` takes it, as a C string.
pub fn fs_c_string(value: &Value) -> PyResult<CString> {
    c_string(fs_encode(value)?, "byte")
}

/// Text for messages that name a file.
pub fn display(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
