//! `repr(str)` and `ascii(…)`: text as a literal that reads back.

use crate::str::classify::is_printable;
use crate::str::{Str, StrBuilder};
use crate::value::Ref;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes the escape that stands for a code point: `\xNN`, `\uNNNN` or `\UNNNNNNNN`.
pub fn push_escape(out: &mut StrBuilder, code: u32) {
    let (letter, digits) = match code {
        0..0x100 => ('x', 2),
        0x100..0x10000 => ('u', 4),
        _ => ('U', 8),
    };
    out.push('\\'.into());
    out.push_char(letter);
    for place in (0..digits).rev() {
        out.push(HEX[(code >> (4 * place) & 15) as usize].into());
    }
}

fn quoted(text: &Str, keeps: fn(u32) -> bool) -> Ref<Str> {
    let has = |quote: char| text.units().find_code(quote.into()).is_some();
    let quote = if has('\'') && !has('"') { '"' } else { '\'' };
    if let Some(ascii) = text.as_ascii()
        && ascii
            .bytes()
            .all(|byte| (0x20..0x7f).contains(&byte) && byte != b'\\' && byte != quote as u8)
    {
        let mark = [quote as u8];
        let parts = [
            crate::str::Units::One(&mark),
            text.units(),
            crate::str::Units::One(&mark),
        ];
        return Str::from_parts(parts.into_iter(), true);
    }
    let mut out = StrBuilder::with_capacity(text.len() + 2);
    out.push_char(quote);
    for code in text.code_points() {
        match char::from_u32(code) {
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some(character) if character == quote || character == '\\' => {
                out.push('\\'.into());
                out.push(code);
            }
            _ if keeps(code) => out.push(code),
            _ => push_escape(&mut out, code),
        }
    }
    out.push_char(quote);
    out.finish()
}

/// `repr(text)`.
pub fn repr(text: &Str) -> Ref<Str> {
    quoted(text, is_printable)
}

/// Text in which every code point that is not ASCII stands as an escape: what `ascii()` makes of a repr.
pub fn to_ascii(text: &Ref<Str>) -> Ref<Str> {
    if text.is_ascii() {
        return text.to_exact();
    }
    let mut out = StrBuilder::with_capacity(text.len());
    for code in text.code_points() {
        if code < 0x80 {
            out.push(code)
        } else {
            push_escape(&mut out, code)
        }
    }
    out.finish()
}
