//! Text to bytes and back: the encodings that are built in, the error handlers, and the registry of the others.
//!
//! Each built-in codec is a function that goes as far as the input is good and reports the first part that is not; one
//! driver for encoding and one for decoding ask the error handler and go on. [`encode`] and [`decode`] know the common
//! encodings by name and ask the [`registry`] for the rest, which is Python's `encodings` package.

mod charmap;
mod driver;
mod escape;
mod handlers;
pub mod registry;
mod utf16;
mod utf32;
mod utf7;
mod utf8;

pub use charmap::{
    EncodingMap, ascii_decode, ascii_encode, charmap_build, charmap_decode, charmap_encode,
    latin1_encode,
};
pub use driver::Errors;
pub use escape::{
    bytes_escape_decode, bytes_escape_encode, raw_unicode_escape_decode, raw_unicode_escape_encode,
    unicode_escape_decode, unicode_escape_encode,
};
pub use handlers::{BUILTIN_HANDLERS, handle};
pub use utf7::{utf7_decode, utf7_encode};
pub use utf8::{utf8_decode, utf8_encode};
pub use utf16::{ByteOrder, utf16_decode, utf16_encode};
pub use utf32::{utf32_decode, utf32_encode};

use crate::buffer;
use crate::bytes::{ByteArray, Bytes};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};

/// The encodings that need no lookup.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Utf8,
    Utf16(ByteOrder),
    Utf32(ByteOrder),
    Latin1,
    Ascii,
}

/// The encoding of a name, if it is one of the common ones.
fn known(name: &Str) -> Option<Known> {
    let name = name.as_ascii().filter(|name| name.len() < 12)?;
    let mut lower = [0u8; 12];
    for (place, byte) in lower.iter_mut().zip(name.bytes()) {
        *place = if byte == b'-' || byte == b' ' {
            b'_'
        } else {
            byte.to_ascii_lowercase()
        };
    }
    Some(match &lower[..name.len()] {
        b"utf_8" | b"utf8" => Known::Utf8,
        b"utf_16" | b"utf16" => Known::Utf16(ByteOrder::Marked),
        b"utf_16_le" => Known::Utf16(ByteOrder::Little),
        b"utf_16_be" => Known::Utf16(ByteOrder::Big),
        b"utf_32" | b"utf32" => Known::Utf32(ByteOrder::Marked),
        b"utf_32_le" => Known::Utf32(ByteOrder::Little),
        b"utf_32_be" => Known::Utf32(ByteOrder::Big),
        b"latin_1" | b"latin1" | b"iso_8859_1" | b"iso8859_1" => Known::Latin1,
        b"ascii" | b"us_ascii" => Known::Ascii,
        _ => return None,
    })
}

/// Encodes text; encodings that are no text encodings are refused.
pub fn encode(
    text: &Ref<Str>,
    encoding: &Ref<Str>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Ref<Bytes>> {
    let handler = Errors::new(errors);
    let bytes = match known(encoding) {
        Some(Known::Utf8) => {
            if let Some(ascii) = text.as_ascii() {
                return Ok(Bytes::new(ascii.as_bytes()));
            }
            utf8_encode(text, &handler)?
        }
        Some(Known::Utf16(order)) => utf16_encode(text, &handler, order)?,
        Some(Known::Utf32(order)) => utf32_encode(text, &handler, order)?,
        Some(Known::Latin1) => latin1_encode(text, &handler)?,
        Some(Known::Ascii) => ascii_encode(text, &handler)?,
        None => return registry::encode_text(text, encoding, errors),
    };
    Ok(Bytes::new(&bytes))
}

/// Decodes bytes; encodings that are no text encodings are refused.
pub fn decode(bytes: &[u8], encoding: &Ref<Str>, errors: Option<&Ref<Str>>) -> PyResult<Ref<Str>> {
    let handler = Errors::new(errors);
    Ok(match known(encoding) {
        Some(Known::Utf8) => utf8_decode(bytes, &handler, true)?.0,
        Some(Known::Utf16(order)) => utf16_decode(bytes, &handler, order, true)?.text,
        Some(Known::Utf32(order)) => utf32_decode(bytes, &handler, order, true)?.text,
        Some(Known::Latin1) => Str::from_latin1(bytes),
        Some(Known::Ascii) => ascii_decode(bytes, &handler)?,
        None => return registry::decode_text(&Bytes::new(bytes), encoding, errors),
    })
}

/// The default of the `encoding` parameters.
fn or_utf8(encoding: Option<&Ref<Str>>) -> Ref<Str> {
    encoding
        .cloned()
        .unwrap_or_else(|| crate::id!("utf-8").clone())
}

fn check_name(name: Option<&Ref<Str>>) -> PyResult<()> {
    if name.is_some_and(|name| name.units().find_code(0).is_some()) {
        bail!(ValueError, "embedded null character");
    }
    Ok(())
}

/// `text.encode(encoding, errors)`.
pub fn encode_method(
    text: &Ref<Str>,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Value> {
    encode_to_bytes(text, encoding, errors).map(Ref::into_value)
}

/// `bytes(text, encoding, errors)`.
pub fn encode_to_bytes(
    text: &Ref<Str>,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Ref<Bytes>> {
    check_name(encoding)?;
    check_name(errors)?;
    encode(text, &or_utf8(encoding), errors)
}

/// `bytes.decode(encoding, errors)`, for bytes and bytearray.
pub fn decode_method(
    object: &Value,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Value> {
    check_name(encoding)?;
    check_name(errors)?;
    let encoding = or_utf8(encoding);
    // An encoding that has to be looked up, or an error handler, can run code that changes a bytearray.
    match object.downcast::<Bytes>() {
        Some(bytes) => decode(bytes.as_slice(), &encoding, errors),
        None => {
            let copy = object
                .downcast::<ByteArray>()
                .map(|array| array.cell().to_vec())
                .unwrap_or_default();
            decode(&copy, &encoding, errors)
        }
    }
    .map(Ref::into_value)
}

/// `str(object, encoding, errors)`.
pub fn decode_object(
    object: &Value,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Ref<Str>> {
    check_name(encoding)?;
    check_name(errors)?;
    if object.downcast::<Str>().is_some() {
        bail!(TypeError, "decoding str is not supported");
    }
    if !buffer::is_bytes_like(object) {
        bail!(
            TypeError,
            "decoding to str: need a bytes-like object, {} found",
            object.class().name()
        );
    }
    let view = buffer::bytes_like(object)?;
    if view.is_empty() {
        return Ok(Str::empty());
    }
    if view.is_readonly() {
        decode(&view.to_bytes(), &or_utf8(encoding), errors)
    } else {
        decode(&view.to_vec(), &or_utf8(encoding), errors)
    }
}
