//! The escapes of Python literals as encodings: `unicode_escape`, `raw_unicode_escape`, and `codecs.escape_decode`.

use std::borrow::Cow;

use crate::codecs::driver::{Errors, Progress, bad, decode_with};
use crate::exceptions::ExceptionKind;
use crate::raised::PyResult;
use crate::str::repr::push_escape;
use crate::str::{Str, StrBuilder};
use crate::value::Ref;
use crate::warnings;

fn hex_digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

/// The number of up to `count` hexadecimal digits at `at`, and how many there are.
fn hex_number(bytes: &[u8], at: usize, count: usize) -> (u32, usize) {
    let digits = bytes[at.min(bytes.len())..]
        .iter()
        .take(count)
        .map_while(|&byte| hex_digit(byte));
    digits.fold((0, 0), |(number, length), digit| {
        (number << 4 | digit, length + 1)
    })
}

/// The first escape of a text that means nothing, for the warning about it.
#[derive(Clone, Copy)]
enum Invalid {
    Letter(u8),
    Octal(u32),
}

fn warn_about(invalid: Option<Invalid>) -> PyResult<()> {
    let message = match invalid {
        None => return Ok(()),
        Some(Invalid::Letter(byte)) => {
            format!(
                "\"\\{}\" is an invalid escape sequence. Such sequences will not work in the future. ",
                char::from(byte)
            )
        }
        Some(Invalid::Octal(number)) => {
            format!(
                "\"\\{number:o}\" is an invalid octal escape sequence. Such sequences will not work in the future. "
            )
        }
    };
    warnings::warn(ExceptionKind::DeprecationWarning, &message)
}

/// What a simple escape stands for.
fn simple_escape(letter: u8) -> Option<u8> {
    Some(match letter {
        b'\\' | b'\'' | b'"' => letter,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'f' => 12,
        b'v' => 11,
        b'a' => 7,
        _ => return None,
    })
}

fn octal(bytes: &[u8], at: usize) -> (u32, usize) {
    let digits = bytes[at..]
        .iter()
        .take(3)
        .map_while(|&byte| char::from(byte).to_digit(8));
    digits.fold((0, 0), |(number, length), digit| {
        (number << 3 | digit, length + 1)
    })
}

/// Text as the inside of an ASCII string literal without escapes for quotes.
pub fn unicode_escape_encode(text: &Str) -> Vec<u8> {
    let mut out = StrBuilder::with_capacity(text.len());
    for code in text.code_points() {
        match char::from_u32(code) {
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\\') => out.push_str("\\\\"),
            _ if (0x20..0x7f).contains(&code) => out.push(code),
            _ => push_escape(&mut out, code),
        }
    }
    out.units().bytes().to_vec()
}

/// Text with `\u` and `\U` escapes for what is beyond Latin-1.
pub fn raw_unicode_escape_encode(text: &Str) -> Vec<u8> {
    let mut out = StrBuilder::with_capacity(text.len());
    for code in text.code_points() {
        if code < 0x100 {
            out.push(code)
        } else {
            push_escape(&mut out, code)
        }
    }
    out.units().bytes().to_vec()
}

/// The inside of a string literal as text, and how many bytes were used; `last` says that no more bytes follow.
pub fn unicode_escape_decode(
    bytes: &[u8],
    errors: &Errors<'_>,
    last: bool,
) -> PyResult<(Ref<Str>, usize)> {
    let mut invalid = None;
    let decoded = decode_with("unicodeescape", bytes, errors, |bytes, at, out| {
        Ok(unicode_step(bytes, at, out, last, &mut invalid))
    })?;
    warn_about(invalid)?;
    Ok(decoded)
}

fn unicode_step(
    bytes: &[u8],
    mut at: usize,
    out: &mut StrBuilder,
    last: bool,
    invalid: &mut Option<Invalid>,
) -> Progress {
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            out.push(bytes[at].into());
            at += 1;
            continue;
        }
        let start = at;
        let Some(&letter) = bytes.get(at + 1) else {
            return if last {
                bad(start, bytes.len(), "\\ at end of string")
            } else {
                Progress::Done(start)
            };
        };
        if letter == b'\n' {
            at += 2;
            continue;
        }
        if let Some(byte) = simple_escape(letter) {
            out.push(byte.into());
            at += 2;
            continue;
        }
        match letter {
            b'0'..=b'7' => {
                let (number, length) = octal(bytes, at + 1);
                if !last && length < 3 && at + 1 + length == bytes.len() {
                    return Progress::Done(start);
                }
                if number > 0o377 {
                    invalid.get_or_insert(Invalid::Octal(number));
                }
                out.push(number);
                at += 1 + length;
            }
            b'x' | b'u' | b'U' => {
                let (count, reason) = match letter {
                    b'x' => (2, "truncated \\xXX escape"),
                    b'u' => (4, "truncated \\uXXXX escape"),
                    _ => (8, "truncated \\UXXXXXXXX escape"),
                };
                let (number, length) = hex_number(bytes, at + 2, count);
                let end = at + 2 + length;
                if length < count {
                    return if !last && end == bytes.len() {
                        Progress::Done(start)
                    } else {
                        bad(start, end, reason)
                    };
                }
                if number > 0x10_ffff {
                    return bad(start, end, "illegal Unicode character");
                }
                out.push(number);
                at = end;
            }
            b'N' => match named_character(bytes, at + 2) {
                Named::Character(code, end) => {
                    out.push(code);
                    at = end;
                }
                Named::Unfinished if !last => return Progress::Done(start),
                Named::Unfinished => {
                    return bad(start, bytes.len(), "malformed \\N character escape");
                }
                Named::Malformed(end) => return bad(start, end, "malformed \\N character escape"),
                Named::Unknown(end) => return bad(start, end, "unknown Unicode character name"),
            },
            _ => {
                invalid.get_or_insert(Invalid::Letter(letter));
                out.push('\\'.into());
                out.push(letter.into());
                at += 2;
            }
        }
    }
    Progress::Done(at)
}

enum Named {
    Character(u32, usize),
    Unknown(usize),
    Malformed(usize),
    Unfinished,
}

fn named_character(bytes: &[u8], at: usize) -> Named {
    match bytes.get(at) {
        None => return Named::Unfinished,
        Some(b'{') => {}
        Some(_) => return Named::Malformed(at),
    }
    let Some(length) = memchr::memchr(b'}', &bytes[at..]) else {
        return Named::Unfinished;
    };
    let end = at + length + 1;
    if length == 1 {
        return Named::Malformed(end);
    }
    match std::str::from_utf8(&bytes[at + 1..end - 1])
        .ok()
        .and_then(rustpython_unicode::lookup_character)
    {
        Some(character) => Named::Character(character.into(), end),
        None => Named::Unknown(end),
    }
}

/// Latin-1 with `\u` and `\U` escapes as text, and how many bytes were used.
pub fn raw_unicode_escape_decode(
    bytes: &[u8],
    errors: &Errors<'_>,
    last: bool,
) -> PyResult<(Ref<Str>, usize)> {
    decode_with("rawunicodeescape", bytes, errors, |bytes, mut at, out| {
        while at < bytes.len() {
            let start = at;
            let letter = bytes.get(at + 1).copied();
            if bytes[at] != b'\\' || !matches!(letter, Some(b'u' | b'U') | None) {
                // A backslash that escapes nothing hides the one behind it.
                let plain = if bytes[at] == b'\\' { 2 } else { 1 };
                for &byte in &bytes[at..at + plain] {
                    out.push(byte.into());
                }
                at += plain;
                continue;
            }
            let Some(letter) = letter else {
                if !last {
                    return Ok(Progress::Done(start));
                }
                out.push('\\'.into());
                at += 1;
                continue;
            };
            let (count, reason) = if letter == b'u' {
                (4, "truncated \\uXXXX escape")
            } else {
                (8, "truncated \\UXXXXXXXX escape")
            };
            let (number, length) = hex_number(bytes, at + 2, count);
            let end = at + 2 + length;
            if length < count {
                return Ok(if !last && end == bytes.len() {
                    Progress::Done(start)
                } else {
                    bad(start, end, reason)
                });
            }
            if number > 0x10_ffff {
                return Ok(Progress::Bad {
                    start,
                    end,
                    reason: Cow::Borrowed("\\Uxxxxxxxx out of range"),
                });
            }
            out.push(number);
            at = end;
        }
        Ok(Progress::Done(at))
    })
}

/// The inside of a bytes literal as bytes (`codecs.escape_decode`).
pub fn bytes_escape_decode(bytes: &[u8], errors: Option<&Ref<Str>>) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut invalid = None;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let Some(&letter) = bytes.get(at + 1) else {
            bail!(ValueError, "Trailing \\ in string")
        };
        match (letter, simple_escape(letter)) {
            (b'\n', _) => at += 2,
            (_, Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'0'..=b'7', _) => {
                let (number, length) = octal(bytes, at + 1);
                if number > 0o377 {
                    invalid.get_or_insert(Invalid::Octal(number));
                }
                out.push(number as u8);
                at += 1 + length;
            }
            (b'x', _) => {
                let (number, length) = hex_number(bytes, at + 2, 2);
                if length == 2 {
                    out.push(number as u8);
                    at += 4;
                    continue;
                }
                match errors.map(|errors| errors.to_display()).as_deref() {
                    None | Some("strict") => {
                        bail!(ValueError, "invalid \\x escape at position {at}")
                    }
                    Some("replace") => out.push(b'?'),
                    Some("ignore") => {}
                    Some(other) => bail!(
                        ValueError,
                        "decoding error; unknown error handling code: {other}"
                    ),
                }
                at += 2 + length;
            }
            _ => {
                invalid.get_or_insert(Invalid::Letter(letter));
                out.extend_from_slice(&[b'\\', letter]);
                at += 2;
            }
        }
    }
    warn_about(invalid)?;
    Ok(out)
}

/// Bytes as the inside of a bytes literal (`codecs.escape_encode`).
pub fn bytes_escape_encode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' | b'\'' => out.extend_from_slice(&[b'\\', byte]),
            0x20..0x7f => out.push(byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    out
}
