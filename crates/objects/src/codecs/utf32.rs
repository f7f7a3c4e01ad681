//! UTF-32, in either byte order or with a mark that tells it.

use crate::codecs::driver::{Errors, Progress, bad, decode_with, encode_with};
use crate::codecs::utf16::{ByteOrder, Decoded};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::Ref;

/// Text as UTF-32.
pub fn utf32_encode(text: &Ref<Str>, errors: &Errors<'_>, order: ByteOrder) -> PyResult<Vec<u8>> {
    let big = order.is_big();
    let name = match order {
        ByteOrder::Marked => "utf-32",
        ByteOrder::Little => "utf-32-le",
        ByteOrder::Big => "utf-32-be",
    };
    let push = |out: &mut Vec<u8>, code: u32| {
        out.extend(if big {
            code.to_be_bytes()
        } else {
            code.to_le_bytes()
        })
    };
    let encoded = encode_with(name, text, errors, |text, at, out| {
        let units = text.units();
        for (index, code) in units.range(at..units.len()).code_points().enumerate() {
            if (0xd800..0xe000).contains(&code) {
                return Ok(bad(at + index, at + index + 1, "surrogates not allowed"));
            }
            push(out, code);
        }
        Ok(Progress::Done(units.len()))
    })?;
    if order != ByteOrder::Marked {
        return Ok(encoded);
    }
    let mut marked = Vec::with_capacity(encoded.len() + 4);
    push(&mut marked, 0xfeff);
    marked.extend_from_slice(&encoded);
    Ok(marked)
}

/// UTF-32 as text; `last` says that no more bytes follow.
pub fn utf32_decode(
    bytes: &[u8],
    errors: &Errors<'_>,
    order: ByteOrder,
    last: bool,
) -> PyResult<Decoded> {
    let (mut found, mut skip) = (order, 0);
    if order == ByteOrder::Marked {
        match bytes {
            [0xff, 0xfe, 0, 0, ..] => (found, skip) = (ByteOrder::Little, 4),
            [0, 0, 0xfe, 0xff, ..] => (found, skip) = (ByteOrder::Big, 4),
            _ => {}
        }
    }
    let big = found.is_big();
    let name = if big { "utf-32-be" } else { "utf-32-le" };
    let mut first = true;
    let (text, used) = decode_with(name, bytes, errors, |bytes, at, out| {
        let mut at = if std::mem::take(&mut first) {
            at + skip
        } else {
            at
        };
        while let Some(unit) = bytes
            .get(at..at + 4)
            .and_then(|unit| <[u8; 4]>::try_from(unit).ok())
        {
            let code = if big {
                u32::from_be_bytes(unit)
            } else {
                u32::from_le_bytes(unit)
            };
            match code {
                0xd800..0xe000 => {
                    return Ok(bad(
                        at,
                        at + 4,
                        "code point in surrogate code point range(0xd800, 0xe000)",
                    ));
                }
                0x11_0000.. => return Ok(bad(at, at + 4, "code point not in range(0x110000)")),
                _ => out.push(code),
            }
            at += 4;
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
