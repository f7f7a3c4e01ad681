//! Code objects in CPython 3.14's marshal format, version 5.
//!
//! [`write()`] makes what `marshal.dumps(code)` makes up to the choice of shared objects: a string,
//! byte string or tuple of names that occurs again is written once and referred to after that,
//! and strings that look like identifiers are marked as interned. [`read()`] is its inverse, and
//! reads what CPython writes for code objects as well.
//!
//! Invariant: `read(&write(code)) == Ok(code)`.

mod read;
mod write;

pub use read::{MarshalError, read};
pub use write::write;

/// The format's version number, the second argument of `marshal.dumps`.
pub const VERSION: u32 = 5;

/// Set in a type byte when later references may name the object.
const FLAG_REF: u8 = 0x80;
