//! `marshal`: Python values as bytes, in the format of CPython 3.14 (version 5).
//!
//! It is what `.pyc` files and the embedded library hold, so reading is start-up time: [`load_code`] reads straight
//! from the bytes and makes code objects without intermediate values. Invariant: no input panics, recurses without
//! bound, or allocates more than it has bytes for.

mod read;
mod write;

use taipan_interp::code::Code;
use taipan_macros::{constant, define_module, function};
use taipan_objects::buffer::BufferView;
use taipan_objects::bytes::Bytes;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

pub use read::load_value;
pub use write::dump_value;

/// The newest version of the format, which is written unless another one is asked for.
pub const VERSION: i32 = 5;

/// The type bytes of the format, and the flag that says that an object will be referred to.
mod tag {
    pub const NULL: u8 = b'0';
    pub const NONE: u8 = b'N';
    pub const FALSE: u8 = b'F';
    pub const TRUE: u8 = b'T';
    pub const STOP_ITERATION: u8 = b'S';
    pub const ELLIPSIS: u8 = b'.';
    pub const INT: u8 = b'i';
    pub const INT64: u8 = b'I';
    pub const LONG: u8 = b'l';
    pub const FLOAT: u8 = b'f';
    pub const BINARY_FLOAT: u8 = b'g';
    pub const COMPLEX: u8 = b'x';
    pub const BINARY_COMPLEX: u8 = b'y';
    pub const STRING: u8 = b's';
    pub const INTERNED: u8 = b't';
    pub const REFERENCE: u8 = b'r';
    pub const TUPLE: u8 = b'(';
    pub const SMALL_TUPLE: u8 = b')';
    pub const LIST: u8 = b'[';
    pub const DICT: u8 = b'{';
    pub const CODE: u8 = b'c';
    pub const UNICODE: u8 = b'u';
    pub const SET: u8 = b'<';
    pub const FROZEN_SET: u8 = b'>';
    pub const ASCII: u8 = b'a';
    pub const ASCII_INTERNED: u8 = b'A';
    pub const SHORT_ASCII: u8 = b'z';
    pub const SHORT_ASCII_INTERNED: u8 = b'Z';
    pub const SLICE: u8 = b':';
    pub const FLAG_REF: u8 = 0x80;
}

/// Objects nested deeper than this are refused, as CPython refuses them.
const MAX_DEPTH: u32 = 2000;

/// Reads a code object. With `filename`, it and all code inside it get that `co_filename`.
pub fn load_code(data: &[u8], filename: Option<&Ref<Str>>) -> PyResult<Ref<Code>> {
    let value = read::load_with(data, filename)?;
    match value.into_ref::<Code>() {
        Ok(code) => Ok(code),
        Err(other) => bail!(
            TypeError,
            "marshal data holds a {}, not a code object",
            other.class().name()
        ),
    }
}

/// The newest version of the format.
#[constant(name = "version")]
const VERSION_CONSTANT: i32 = VERSION;

/// Write a value to an open binary file.
///
/// Values of other than the supported types raise ValueError; what was written before stays written.
#[function("(value, file, version=version, /, *, allow_code=True)")]
fn dump(value: &Value, file: &Value, version: Option<i32>, allow_code: bool) -> PyResult<Value> {
    let bytes = dump_value(value, version.unwrap_or(VERSION), allow_code)?;
    protocol::call_method(file, id!("write"), &[Bytes::new(&bytes).into_value()])
}

/// Read one value from an open binary file.
///
/// Raises EOFError, ValueError or TypeError where the file does not hold a value that can be read.
#[function("(file, /, *, allow_code=True)")]
fn load(file: &Value, allow_code: bool) -> PyResult<Value> {
    read::load_from_file(file, allow_code)
}

/// Return the bytes that dump() would write.
#[function("(value, version=version, /, *, allow_code=True)")]
fn dumps(value: &Value, version: Option<i32>, allow_code: bool) -> PyResult<Ref<Bytes>> {
    Ok(Bytes::new(&dump_value(
        value,
        version.unwrap_or(VERSION),
        allow_code,
    )?))
}

/// Convert a bytes-like object to a value. Bytes after the value are ignored.
#[function("(bytes, /, *, allow_code=True)")]
fn loads(bytes: BufferView, allow_code: bool) -> PyResult<Value> {
    load_value(&bytes.to_bytes(), allow_code)
}

define_module!(
    name = "marshal",
    doc = "Reading and writing Python values in a binary format that is private to Python.\n\nIt is meant for code objects in .pyc files; use pickle to store values.",
    functions(dump, load, dumps, loads),
    constants(VERSION_CONSTANT),
);
