//! UTF-16, in either byte order or with a mark that tells it.

use crate::codecs::driver::{Errors, Progress, bad, decode_with, encode_with};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::Ref;

/// The order of bytes in a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
    /// A mark at the start tells; without one, and for encoding, the machine's order.
    Marked,
}

impl ByteOrder {
    /// Whether the most significant byte comes first where no mark says otherwise.
    pub fn is_big(self) -> bool {
        match self {
            ByteOrder::Little => false,
            ByteOrder::Big => true,
            ByteOrder::Marked => cfg!(target_endian = "big"),
        }
    }

    /// -1, 1 or 0, as `codecs.utf_16_ex_decode` counts.
    pub fn number(self) -> i64 {
        match self {
            ByteOrder::Little => -1,
            ByteOrder::Big => 1,
            ByteOrder::Marked => 0,
        }
    }

    /// The order of a number.
    pub fn of_number(number: i64) -> ByteOrder {
        match number {
            0 => ByteOrder::Marked,
            1.. => ByteOrder::Big,
            _ => ByteOrder::Little,
        }
    }
}

/// Decoded text, how many bytes it took, and the byte order that was found.
pub struct Decoded {
    /// The text.
    pub text: Ref<Str>,
    /// How many bytes were used.
    pub used: usize,
    /// The byte order, `Marked` if neither the caller nor a mark told it.
    pub order: ByteOrder,
}

/// Text as UTF-16.
pub fn utf16_encode(text: &Ref<Str>, errors: &Errors<'_>, order: ByteOrder) -> PyResult<Vec<u8>> {
    let big = order.is_big();
    let name = match order {
        ByteOrder::Marked => "utf-16",
        ByteOrder::Little => "utf-16-le",
        ByteOrder::Big => "utf-16-be",
    };
    let push = |out: &mut Vec<u8>, unit: u16| {
        out.extend(if big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        })
    };
    let encoded = encode_with(name, text, errors, |text, at, out| {
        let units = text.units();
        for (index, code) in units.range(at..units.len()).code_points().enumerate() {
            match char::from_u32(code) {
                Some(character) => character
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .for_each(|&unit| push(out, unit)),
                None => return Ok(bad(at + index, at + index + 1, "surrogates not allowed")),
            }
        }
        Ok(Progress::Done(units.len()))
    })?;
    if order != ByteOrder::Marked {
        return Ok(encoded);
    }
    let mut marked = Vec::with_capacity(encoded.len() + 2);
    push(&mut marked, 0xfeff);
    marked.extend_from_slice(&encoded);
    Ok(marked)
}

/// UTF-16 as text; `last` says that no more bytes follow.
pub fn utf16_decode(
    bytes: &[u8],
    errors: &Errors<'_>,
    order: ByteOrder,
    last: bool,
) -> PyResult<Decoded> {
    let (mut found, mut skip) = (order, 0);
    if order == ByteOrder::Marked {
        match bytes {
            [0xff, 0xfe, ..] => (found, skip) = (ByteOrder::Little, 2),
            [0xfe, 0xff, ..] => (found, skip) = (ByteOrder::Big, 2),
            _ => {}
        }
    }
    let big = found.is_big();
    let name = if big { "utf-16-be" } else { "utf-16-le" };
    let mut first = true;
    let (text, used) = decode_with(name, bytes, errors, |bytes, at, out| {
        let mut at = if std::mem::take(&mut first) {
            at + skip
        } else {
            at
        };
        let unit = |at: usize| {
            bytes.get(at..at + 2).map(|pair| {
                u32::from(if big {
                    u16::from_be_bytes([pair[0], pair[1]])
                } else {
                    u16::from_le_bytes([pair[0], pair[1]])
                })
            })
        };
        while let Some(code) = unit(at) {
            match code {
                0xd800..0xdc00 => match unit(at + 2) {
                    Some(low @ 0xdc00..0xe000) => {
                        out.push(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
                        at += 2;
                    }
                    Some(_) => return Ok(bad(at, at + 2, "illegal UTF-16 surrogate")),
                    None if last => return Ok(bad(at, bytes.len(), "unexpected end of data")),
                    None => return Ok(Progress::Done(at)),
                },
                0xdc00..0xe000 => return Ok(bad(at, at + 2, "illegal encoding")),
                _ => out.push(code),
            }
            at += 2;
        }
        Ok(if at < bytes.len() && last {
            bad(at, bytes.len(), "truncated data")
        } else {
            Progress::Done(at)
        })
    })?;
    Ok(Decoded {
        text,
        used,
        order: found,
    })
}
