//! UTF-8.

use std::borrow::Cow;

use crate::codecs::driver::{Errors, Progress, bad, decode_with, encode_with};
use crate::raised::PyResult;
use crate::str::{Str, StrBuilder};
use crate::value::Ref;

fn is_surrogate(code: u32) -> bool {
    (0xd800..0xe000).contains(&code)
}

fn encode_step(text: &Str, at: usize, out: &mut Vec<u8>) -> PyResult<Progress> {
    let units = text.units();
    for (index, code) in units.range(at..units.len()).code_points().enumerate() {
        match char::from_u32(code) {
            Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => {
                let start = at + index;
                let count = units
                    .range(start..units.len())
                    .code_points()
                    .take_while(|&code| is_surrogate(code))
                    .count();
                return Ok(bad(start, start + count, "surrogates not allowed"));
            }
        }
    }
    Ok(Progress::Done(units.len()))
}

/// Text as UTF-8.
pub fn utf8_encode(text: &Ref<Str>, errors: &Errors<'_>) -> PyResult<Vec<u8>> {
    match text.as_ascii() {
        Some(ascii) => Ok(ascii.as_bytes().to_vec()),
        None => encode_with("utf-8", text, errors, encode_step),
    }
}

/// UTF-8 as text, and how many bytes were used: all of them if `last` says that no more follow.
pub fn utf8_decode(bytes: &[u8], errors: &Errors<'_>, last: bool) -> PyResult<(Ref<Str>, usize)> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((Str::new(text), bytes.len()));
    }
    decode_with("utf-8", bytes, errors, |bytes, at, out| {
        Ok(decode_step(bytes, at, out, last))
    })
}

fn decode_step(bytes: &[u8], at: usize, out: &mut StrBuilder, last: bool) -> Progress {
    let rest = &bytes[at..];
    let error = match std::str::from_utf8(rest) {
        Ok(text) => {
            out.push_str(text);
            return Progress::Done(bytes.len());
        }
        Err(error) => error,
    };
    let valid = String::from_utf8_lossy(&rest[..error.valid_up_to()]);
    debug_assert!(
        matches!(valid, Cow::Borrowed(_)),
        "the part before the error is valid"
    );
    out.push_str(&valid);
    let start = at + error.valid_up_to();
    match error.error_len() {
        None if last => bad(start, bytes.len(), "unexpected end of data"),
        None => Progress::Done(start),
        Some(length) => {
            let starts_nothing = matches!(bytes[start], 0x80..=0xc1 | 0xf5..=0xff);
            bad(
                start,
                start + length,
                if starts_nothing {
                    "invalid start byte"
                } else {
                    "invalid continuation byte"
                },
            )
        }
    }
}
