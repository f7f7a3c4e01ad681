//! UTF-7 (RFC 2152): ASCII with the rest in runs of base64 between `+` and `-`.

use crate::codecs::driver::{Errors, Progress, bad, decode_with};
use crate::raised::PyResult;
use crate::str::{Str, StrBuilder};
use crate::value::Ref;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64_value(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Whether a character stands for itself in what the encoder writes.
fn is_direct(code: u32) -> bool {
    match u8::try_from(code) {
        Ok(byte) => {
            byte.is_ascii_alphanumeric()
                || b"'(),-./:? \t\n\r".contains(&byte)
                || b"!\"#$%&*;<=>@[]^_`{|}".contains(&byte)
        }
        Err(_) => false,
    }
}

/// Whether a byte stands for itself in what the decoder reads.
fn decodes_direct(byte: u8) -> bool {
    byte.is_ascii() && byte != b'+'
}

/// Text as UTF-7. Surrogates are encoded as they are.
pub fn utf7_encode(text: &Str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut shifted, mut bits, mut buffer) = (false, 0u32, 0u64);
    for code in text.code_points() {
        if shifted && is_direct(code) {
            if bits > 0 {
                out.push(BASE64[(buffer << (6 - bits) & 0x3f) as usize]);
                (bits, buffer) = (0, 0);
            }
            shifted = false;
            // A character that could be base64 needs the mark that ends the run.
            if u8::try_from(code).is_ok_and(|byte| base64_value(byte).is_some() || byte == b'-') {
                out.push(b'-');
            }
        }
        if !shifted {
            if code == u32::from('+') {
                out.extend_from_slice(b"+-");
                continue;
            }
            if is_direct(code) {
                out.push(code as u8);
                continue;
            }
            out.push(b'+');
            shifted = true;
        }
        let mut units = [code, 0];
        let count = if code >= 0x10000 {
            units = [
                0xd800 + ((code - 0x10000) >> 10),
                0xdc00 + ((code - 0x10000) & 0x3ff),
            ];
            2
        } else {
            1
        };
        for &unit in &units[..count] {
            buffer = buffer << 16 | u64::from(unit);
            bits += 16;
            while bits >= 6 {
                bits -= 6;
                out.push(BASE64[(buffer >> bits & 0x3f) as usize]);
            }
            buffer &= (1 << bits) - 1;
        }
    }
    if bits > 0 {
        out.push(BASE64[(buffer << (6 - bits) & 0x3f) as usize]);
    }
    if shifted {
        out.push(b'-');
    }
    out
}

/// The state of a run of base64.
struct Run {
    start: usize,
    bits: u32,
    buffer: u32,
    /// A high surrogate that waits for its low one.
    surrogate: Option<u32>,
    /// How much text there was when the run began, to take back a run that does not end.
    empty: bool,
}

impl Run {
    fn push_unit(&mut self, out: &mut StrBuilder, unit: u32) {
        if let Some(high) = self.surrogate.take() {
            if (0xdc00..0xe000).contains(&unit) {
                out.push(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
                return;
            }
            out.push(high);
        }
        if (0xd800..0xdc00).contains(&unit) {
            self.surrogate = Some(unit)
        } else {
            out.push(unit)
        }
    }
}

/// UTF-7 as text, and how many bytes were used: without `last`, a run that has not ended is left for the next call.
pub fn utf7_decode(bytes: &[u8], errors: &Errors<'_>, last: bool) -> PyResult<(Ref<Str>, usize)> {
    decode_with("utf7", bytes, errors, |bytes, at, out| {
        Ok(decode_step(bytes, at, out, last))
    })
}

fn decode_step(bytes: &[u8], mut at: usize, out: &mut StrBuilder, last: bool) -> Progress {
    while at < bytes.len() {
        let byte = bytes[at];
        if decodes_direct(byte) {
            out.push(byte.into());
            at += 1;
            continue;
        }
        if byte != b'+' {
            return bad(at, at + 1, "unexpected special character");
        }
        match bytes.get(at + 1) {
            Some(b'-') => {
                out.push('+'.into());
                at += 2;
                continue;
            }
            Some(&next) if base64_value(next).is_none() => {
                return bad(at, at + 2, "ill-formed sequence");
            }
            _ => {}
        }
        // The run is decoded on the side, so that one that has not ended leaves no trace.
        let mut text = StrBuilder::new();
        let mut run = Run {
            start: at,
            bits: 0,
            buffer: 0,
            surrogate: None,
            empty: true,
        };
        at += 1;
        match decode_run(bytes, &mut at, &mut text, &mut run) {
            Ended::Normally => out.push_part(text.units()),
            Ended::Badly(reason) => {
                out.push_part(text.units());
                return bad(run.start, at, reason);
            }
            Ended::WithInput if last => {
                if run.surrogate.is_some()
                    || run.bits >= 6
                    || (run.bits > 0 && run.buffer != 0)
                    || run.empty
                {
                    out.push_part(text.units());
                    return bad(run.start, bytes.len(), "unterminated shift sequence");
                }
                out.push_part(text.units());
            }
            Ended::WithInput => return Progress::Done(run.start),
        }
    }
    Progress::Done(at)
}

enum Ended {
    Normally,
    Badly(&'static str),
    WithInput,
}

fn decode_run(bytes: &[u8], at: &mut usize, out: &mut StrBuilder, run: &mut Run) -> Ended {
    while let Some(&byte) = bytes.get(*at) {
        if let Some(value) = base64_value(byte) {
            run.empty = false;
            run.buffer = run.buffer << 6 | value;
            run.bits += 6;
            *at += 1;
            if run.bits >= 16 {
                run.bits -= 16;
                let unit = run.buffer >> run.bits;
                run.buffer &= (1 << run.bits) - 1;
                run.push_unit(out, unit & 0xffff);
            }
            continue;
        }
        if run.bits >= 6 {
            *at += 1;
            return Ended::Badly("partial character in base64 sequence");
        }
        if run.bits > 0 && run.buffer != 0 {
            *at += 1;
            return Ended::Badly("non-zero padding bits in base64 sequence");
        }
        if let Some(high) = run.surrogate.take() {
            out.push(high);
        }
        if byte == b'-' {
            *at += 1;
        }
        return Ended::Normally;
    }
    Ended::WithInput
}
