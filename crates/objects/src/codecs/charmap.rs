//! Encodings of one byte per character: ASCII, Latin-1, and those that a table describes.

use taipan_macros::{class, methods};

use crate::bytes::Bytes;
use crate::codecs::driver::{Errors, Progress, bad, decode_with, encode_with};
use crate::dict::Dict;
use crate::exceptions::ExceptionKind;
use crate::heap;
use crate::int::{self, IntView};
use crate::protocol;
use crate::raised::{Absent, PyResult};
use crate::str::{Str, StrBuilder};
use crate::value::{Ref, Value};

const UNDEFINED: &str = "character maps to <undefined>";

/// Encodes characters below `limit` as the bytes they are.
fn encode_below(
    name: &str,
    limit: u32,
    reason: &'static str,
    text: &Ref<Str>,
    errors: &Errors<'_>,
) -> PyResult<Vec<u8>> {
    encode_with(name, text, errors, |text, at, out| {
        let units = text.units();
        for (index, code) in units.range(at..units.len()).code_points().enumerate() {
            if code >= limit {
                let start = at + index;
                let count = units
                    .range(start..units.len())
                    .code_points()
                    .take_while(|&code| code >= limit)
                    .count();
                return Ok(bad(start, start + count, reason));
            }
            out.push(code as u8);
        }
        Ok(Progress::Done(units.len()))
    })
}

/// Text as Latin-1.
pub fn latin1_encode(text: &Ref<Str>, errors: &Errors<'_>) -> PyResult<Vec<u8>> {
    encode_below("latin-1", 0x100, "ordinal not in range(256)", text, errors)
}

/// Text as ASCII.
pub fn ascii_encode(text: &Ref<Str>, errors: &Errors<'_>) -> PyResult<Vec<u8>> {
    encode_below("ascii", 0x80, "ordinal not in range(128)", text, errors)
}

/// ASCII as text.
pub fn ascii_decode(bytes: &[u8], errors: &Errors<'_>) -> PyResult<Ref<Str>> {
    if bytes.is_ascii() {
        return Ok(Str::from_latin1(bytes));
    }
    let decoded = decode_with("ascii", bytes, errors, |bytes, at, out| {
        for (index, &byte) in bytes[at..].iter().enumerate() {
            if !byte.is_ascii() {
                return Ok(bad(at + index, at + index + 1, "ordinal not in range(128)"));
            }
            out.push(byte.into());
        }
        Ok(Progress::Done(bytes.len()))
    })?;
    Ok(decoded.0)
}

/// The payload of `EncodingMap`: the bytes of the characters of a decoding table.
#[class(name = "EncodingMap", references = false, flags(NO_INSTANTIATION))]
pub struct EncodingMap {
    /// Characters and their bytes, sorted.
    #[untraced]
    pairs: Box<[(u32, u8)]>,
}

#[methods]
impl EncodingMap {
    /// The size of the table in memory, in bytes.
    #[method("($self, /)")]
    fn size(&self) -> usize {
        size_of::<EncodingMap>() + size_of_val(&*self.pairs)
    }
}

impl EncodingMap {
    fn byte_of(&self, code: u32) -> Option<u8> {
        let at = self.pairs.binary_search_by_key(&code, |pair| pair.0).ok()?;
        Some(self.pairs[at].1)
    }
}

/// The encoding table of a decoding table, a string of up to 256 characters; the last of equal characters counts.
pub fn charmap_build(table: &Str) -> PyResult<Ref<EncodingMap>> {
    let mut pairs: Vec<(u32, u8)> = Vec::with_capacity(256);
    for (byte, code) in table.code_points().take(256).enumerate() {
        if code != 0xfffe {
            pairs.push((code, byte as u8));
        }
    }
    pairs.sort_by_key(|pair| pair.0);
    pairs.reverse();
    // Sorting keeps equal characters in order of their bytes; reversed, the first of them is the last byte.
    pairs.dedup_by_key(|pair| pair.0);
    pairs.reverse();
    Ok(heap::new_object(
        EncodingMap::init_class(),
        EncodingMap {
            pairs: pairs.into_boxed_slice(),
        },
    ))
}

/// What a mapping makes of a character: bytes, or nothing if it maps to nothing.
fn mapped_bytes(mapping: &Value, code: u32) -> PyResult<Option<Vec<u8>>> {
    if let Some(map) = mapping.downcast::<EncodingMap>() {
        return Ok(map.byte_of(code).map(|byte| vec![byte]));
    }
    let key = int::new(code.into());
    let found = match mapping.downcast_exact::<Dict>() {
        Some(dict) => dict.get(&key)?,
        None => protocol::getitem(mapping, &key).absent_on(ExceptionKind::LookupError)?,
    };
    let Some(found) = found.filter(|found| !found.is_none()) else {
        return Ok(None);
    };
    if let Some(view) = int::view(&found) {
        return match view {
            IntView::Small(byte @ 0..=255) => Ok(Some(vec![byte as u8])),
            _ => bail!(TypeError, "character mapping must be in range(256)"),
        };
    }
    match found.downcast::<Bytes>() {
        Some(bytes) => Ok(Some(bytes.as_slice().to_vec())),
        None => bail!(
            TypeError,
            "character mapping must return integer, bytes or None, not {}",
            found.class().name()
        ),
    }
}

/// Text encoded by a mapping from characters to bytes; Latin-1 without one.
pub fn charmap_encode(
    text: &Ref<Str>,
    errors: &Errors<'_>,
    mapping: Option<&Value>,
) -> PyResult<Vec<u8>> {
    let Some(mapping) = mapping else {
        return latin1_encode(text, errors);
    };
    encode_with("charmap", text, errors, |text, at, out| {
        let units = text.units();
        for (index, code) in units.range(at..units.len()).code_points().enumerate() {
            if let Some(bytes) = mapped_bytes(mapping, code)? {
                out.extend_from_slice(&bytes);
                continue;
            }
            let start = at + index;
            let mut end = start + 1;
            while end < units.len() && mapped_bytes(mapping, units.at(end))?.is_none() {
                end += 1;
            }
            return Ok(bad(start, end, UNDEFINED));
        }
        Ok(Progress::Done(units.len()))
    })
}

/// Appends what a mapping makes of a byte; answers whether it makes anything.
fn push_mapped(out: &mut StrBuilder, mapping: &Value, byte: u8) -> PyResult<bool> {
    let key = int::new(byte.into());
    let found = match mapping.downcast_exact::<Dict>() {
        Some(dict) => dict.get(&key)?,
        None => protocol::getitem(mapping, &key).absent_on(ExceptionKind::LookupError)?,
    };
    let Some(found) = found.filter(|found| !found.is_none()) else {
        return Ok(false);
    };
    if let Some(view) = int::view(&found) {
        return match view {
            IntView::Small(0xfffe) => Ok(false),
            IntView::Small(code @ 0..=0x10_ffff) => {
                out.push(code as u32);
                Ok(true)
            }
            _ => bail!(TypeError, "character mapping must be in range(0x110000)"),
        };
    }
    match found.downcast::<Str>() {
        Some(text) if text.eq_str("\u{fffe}") => Ok(false),
        Some(text) => {
            out.push_string(text);
            Ok(true)
        }
        None => bail!(
            TypeError,
            "character mapping must return integer, None or str"
        ),
    }
}

/// Bytes decoded by a table or a mapping from bytes to characters; Latin-1 without one.
pub fn charmap_decode(
    bytes: &[u8],
    errors: &Errors<'_>,
    mapping: Option<&Value>,
) -> PyResult<Ref<Str>> {
    let Some(mapping) = mapping else {
        return Ok(Str::from_latin1(bytes));
    };
    let table = mapping.downcast::<Str>();
    let decoded = decode_with("charmap", bytes, errors, |bytes, at, out| {
        for (index, &byte) in bytes[at..].iter().enumerate() {
            let mapped = match table {
                Some(table) => match table.char_at(byte.into()).filter(|&code| code != 0xfffe) {
                    Some(code) => {
                        out.push(code);
                        true
                    }
                    None => false,
                },
                None => push_mapped(out, mapping, byte)?,
            };
            if !mapped {
                return Ok(bad(at + index, at + index + 1, UNDEFINED));
            }
        }
        Ok(Progress::Done(bytes.len()))
    })?;
    Ok(decoded.0)
}
