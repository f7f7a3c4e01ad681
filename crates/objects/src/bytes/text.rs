//! Algorithms over bytes that several classes share: search, repetition, `repr`, hexadecimal text.

use crate::buffer;
use crate::bytes::bytes_object::Bytes;
use crate::heap;
use crate::protocol;
use crate::raised::{PyResult, Raised};
use crate::str::{Str, Units};
use crate::value::{Ref, Value};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Where `pattern` first occurs.
pub fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    Units::One(bytes).find(Units::One(pattern))
}

/// White space as `bytes.isspace` counts it.
pub fn is_space(code: u32) -> bool {
    matches!(code, 0x09..=0x0d | 0x20)
}

/// Bytes repeated.
pub fn repeat(bytes: &[u8], count: isize, too_long: &str) -> PyResult<Vec<u8>> {
    let count = usize::try_from(count).unwrap_or(0);
    let Some(total) = bytes
        .len()
        .checked_mul(count)
        .filter(|&total| total <= isize::MAX as usize)
    else {
        bail!(OverflowError, "{too_long}");
    };
    heap::ensure_room(total.saturating_mul(2))?;
    Ok(match bytes {
        [only] => vec![*only; total],
        _ => bytes.repeat(count),
    })
}

/// `b'…'` between two texts.
pub fn repr_text(bytes: &[u8], before: &str, after: &str) -> Ref<Str> {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        b'"'
    } else {
        b'\''
    };
    let mut out = Vec::with_capacity(bytes.len() + before.len() + after.len() + 3);
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(&[b'b', quote]);
    for &byte in bytes {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            _ if byte == quote => out.extend_from_slice(&[b'\\', quote]),
            0x20..0x7f => out.push(byte),
            _ => out.extend_from_slice(&[
                b'\\',
                b'x',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]),
        }
    }
    out.push(quote);
    out.extend_from_slice(after.as_bytes());
    Str::from_latin1(&out)
}

/// The separator argument of `hex`.
fn hex_separator(separator: &Value) -> PyResult<u8> {
    if protocol::len(separator)? != 1 {
        bail!(ValueError, "sep must be length 1.");
    }
    let byte = if let Some(text) = separator.downcast::<Str>() {
        text.char_at(0).and_then(|code| u8::try_from(code).ok())
    } else if let Some(bytes) = separator.downcast::<Bytes>() {
        bytes.as_slice().first().copied()
    } else {
        bail!(TypeError, "sep must be str or bytes.");
    };
    match byte.filter(u8::is_ascii) {
        Some(byte) => Ok(byte),
        None => bail!(ValueError, "sep must be ASCII."),
    }
}

/// `bytes.hex(sep, bytes_per_sep)`.
pub fn hex_text(bytes: &[u8], separator: Option<&Value>, per_group: isize) -> PyResult<Ref<Str>> {
    let separator = separator.map(hex_separator).transpose()?;
    let group = per_group.unsigned_abs();
    let mut out = Vec::with_capacity(bytes.len() * 3);
    for (index, &byte) in bytes.iter().enumerate() {
        if let Some(separator) = separator
            && group != 0
            && index > 0
        {
            // Groups are counted from the right, or from the left if the size is negative.
            let place = if per_group > 0 {
                bytes.len() - index
            } else {
                index
            };
            if place.is_multiple_of(group) {
                out.push(separator);
            }
        }
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
    Ok(Str::from_latin1(&out))
}

#[cold]
fn bad_digit(position: usize) -> Raised {
    exc!(
        ValueError,
        "non-hexadecimal number found in fromhex() arg at position {position}"
    )
}

fn digit(code: u32) -> Option<u8> {
    char::from_u32(code)?.to_digit(16).map(|digit| digit as u8)
}

/// What `fromhex` makes of text or bytes.
pub fn parse_hex(source: &Value) -> PyResult<Vec<u8>> {
    if let Some(text) = source.downcast::<Str>() {
        return parse_hex_units(text.units());
    }
    if !buffer::is_bytes_like(source) {
        bail!(
            TypeError,
            "fromhex() argument must be str or bytes-like, not {}",
            source.class().name()
        );
    }
    let view = buffer::bytes_like(source)?;
    parse_hex_units(Units::One(&view.to_bytes()))
}

fn parse_hex_units(units: Units<'_>) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::with_capacity(units.len() / 2);
    let mut at = 0;
    while at < units.len() {
        if is_space(units.at(at)) {
            at += 1;
            continue;
        }
        let high = digit(units.at(at)).ok_or_else(|| bad_digit(at))?;
        if at + 1 >= units.len() {
            bail!(
                ValueError,
                "fromhex() arg must contain an even number of hexadecimal digits"
            );
        }
        let low = digit(units.at(at + 1)).ok_or_else(|| bad_digit(at + 1))?;
        bytes.push(high << 4 | low);
        at += 2;
    }
    Ok(bytes)
}
