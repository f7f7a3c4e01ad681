//! Strings of JSON: from a document to text, and from text to a document.

use taipan_macros::function;
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::int;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, StrBuilder, Units};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use super::{class_name, decode_error};

/// The text of the string whose opening quote is before `start`, and the position behind its closing quote.
pub fn scan(document: &Ref<Str>, start: usize, strict: bool) -> PyResult<(Ref<Str>, usize)> {
    match document.units() {
        Units::One(units) => scan_units(document, units, start, strict, Units::One),
        Units::Two(units) => scan_units(document, units, start, strict, Units::Two),
        Units::Four(units) => scan_units(document, units, start, strict, Units::Four),
    }
}

/// The first place from `start` on that is not plain text: a quote, a backslash, or a control character if `strict`.
fn end_of_plain<U: Copy + Into<u32>>(units: &[U], start: usize, strict: bool) -> Option<usize> {
    let lowest = if strict { 0x20 } else { 0 };
    let is_special = |unit: U| {
        let code: u32 = unit.into();
        code == 0x22 || code == 0x5c || code < lowest
    };
    Some(
        start
            + units
                .get(start..)?
                .iter()
                .position(|&unit| is_special(unit))?,
    )
}

fn scan_units<'a, U: Copy + Into<u32>>(
    document: &Ref<Str>,
    units: &'a [U],
    start: usize,
    strict: bool,
    part: fn(&'a [U]) -> Units<'a>,
) -> PyResult<(Ref<Str>, usize)> {
    let unterminated = || {
        decode_error(
            "Unterminated string starting at",
            document,
            start as i64 - 1,
        )
    };
    let code_at = |index: usize| -> u32 { units[index].into() };
    let mut at = start;
    let mut text: Option<StrBuilder> = None;
    loop {
        let end = end_of_plain(units, at, strict).ok_or_else(unterminated)?;
        let plain = part(&units[at..end]);
        match code_at(end) {
            0x22 => {
                let text = match text {
                    None => Str::from_units(plain),
                    Some(mut text) => {
                        text.push_part(plain);
                        text.finish()
                    }
                };
                return Ok((text, end + 1));
            }
            0x5c => {
                let text = text.get_or_insert_with(StrBuilder::new);
                text.push_part(plain);
                let (code, next) = scan_escape(document, units, end, &unterminated)?;
                text.push(code);
                at = next;
            }
            _ => {
                return Err(decode_error(
                    "Invalid control character at",
                    document,
                    end as i64,
                ));
            }
        }
    }
}

/// The character that the escape sequence at `backslash` stands for, and the position behind it.
fn scan_escape<U: Copy + Into<u32>>(
    document: &Ref<Str>,
    units: &[U],
    backslash: usize,
    unterminated: &dyn Fn() -> taipan_objects::raised::Raised,
) -> PyResult<(u32, usize)> {
    let letter = backslash + 1;
    let Some(&unit) = units.get(letter) else {
        return Err(unterminated());
    };
    let code: u32 = unit.into();
    let simple = match char::from_u32(code) {
        Some('"' | '\\' | '/') => code,
        Some('b') => 8,
        Some('f') => 12,
        Some('n') => 10,
        Some('r') => 13,
        Some('t') => 9,
        Some('u') => {
            let invalid = || decode_error("Invalid \\uXXXX escape", document, letter as i64);
            let high = four_digits(units, letter + 1).ok_or_else(invalid)?;
            let next = letter + 5;
            let has_second = (0xd800..0xdc00).contains(&high)
                && next + 6 < units.len()
                && units[next].into() == 0x5c
                && units[next + 1].into() == 0x75;
            if has_second {
                let low = four_digits(units, next + 2).ok_or_else(|| {
                    decode_error("Invalid \\uXXXX escape", document, next as i64 + 1)
                })?;
                if (0xdc00..0xe000).contains(&low) {
                    return Ok((0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00)), next + 6));
                }
            }
            return Ok((high, next));
        }
        _ => return Err(decode_error("Invalid \\escape", document, backslash as i64)),
    };
    Ok((simple, letter + 1))
}

/// Four hexadecimal digits with something behind them.
fn four_digits<U: Copy + Into<u32>>(units: &[U], start: usize) -> Option<u32> {
    if start + 4 >= units.len() {
        return None;
    }
    units[start..start + 4].iter().try_fold(0, |number, &unit| {
        let digit = char::from_u32(unit.into())?.to_digit(16)?;
        Some(number << 4 | digit)
    })
}

/// scanstring(string, end, strict=True) -> (string, end)
///
/// The text of the JSON string whose opening quote is before `end`, and the position behind its closing quote. Unless
/// `strict`, control characters may stand in it.
#[function(nosig)]
pub fn scanstring(args: Args<'_>) -> PyResult<Ref<Tuple>> {
    args.no_keywords("scanstring")?;
    let (document, end, strict) = match args.positional() {
        [document, end] => (document, end, true),
        [document, end, strict] => (document, end, taipan_objects::protocol::is_true(strict)?),
        given if given.len() < 2 => bail!(
            TypeError,
            "scanstring() takes at least 2 arguments ({} given)",
            given.len()
        ),
        given => bail!(
            TypeError,
            "scanstring() takes at most 3 arguments ({} given)",
            given.len()
        ),
    };
    let end = int::as_isize(end)?;
    let Some(document) = document.downcast::<Str>() else {
        bail!(
            TypeError,
            "first argument must be a string, not {}",
            class_name(document)
        );
    };
    let Some(start) = usize::try_from(end)
        .ok()
        .filter(|&start| start <= document.len())
    else {
        bail!(ValueError, "end is out of bounds");
    };
    let (text, next) = scan(document, start, strict)?;
    Ok(Tuple::pair(text.into_value(), int::from_usize(next)))
}

/// What stands in a document for a character that cannot stand for itself; `None` for one that can.
fn short_escape(code: u32) -> Option<&'static str> {
    Some(match code {
        0x22 => "\\\"",
        0x5c => "\\\\",
        0x08 => "\\b",
        0x0c => "\\f",
        0x0a => "\\n",
        0x0d => "\\r",
        0x09 => "\\t",
        _ => return None,
    })
}

fn push_unit_escape(out: &mut StrBuilder, unit: u32) {
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        out.push_char(
            char::from_digit(unit >> shift & 15, 16).expect("four bits are a hexadecimal digit"),
        );
    }
}

fn push_escape(out: &mut StrBuilder, code: u32) {
    match short_escape(code) {
        Some(escape) => out.push_str(escape),
        None if code >= 0x10000 => {
            push_unit_escape(out, 0xd800 + ((code - 0x10000) >> 10));
            push_unit_escape(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
        }
        None => push_unit_escape(out, code),
    }
}

/// Writes `text` as a JSON string; in ASCII alone if `ascii`.
pub fn encode(text: &Str, ascii: bool, out: &mut StrBuilder) {
    out.push(0x22);
    match text.units() {
        Units::One(units) => encode_units(units, ascii, Units::One, out),
        Units::Two(units) => encode_units(units, ascii, Units::Two, out),
        Units::Four(units) => encode_units(units, ascii, Units::Four, out),
    }
    out.push(0x22);
}

fn encode_units<'a, U: Copy + Into<u32>>(
    units: &'a [U],
    ascii: bool,
    part: fn(&'a [U]) -> Units<'a>,
    out: &mut StrBuilder,
) {
    let needs_escape = |unit: U| {
        let code: u32 = unit.into();
        code == 0x22 || code == 0x5c || code < 0x20 || ascii && code >= 0x7f
    };
    let mut rest = units;
    while let Some(plain) = rest.iter().position(|&unit| needs_escape(unit)) {
        out.push_part(part(&rest[..plain]));
        push_escape(out, rest[plain].into());
        rest = &rest[plain + 1..];
    }
    out.push_part(part(rest));
}

fn encoded(text: &Value, ascii: bool) -> PyResult<Ref<Str>> {
    let Some(text) = text.downcast::<Str>() else {
        bail!(
            TypeError,
            "first argument must be a string, not {}",
            class_name(text)
        );
    };
    let mut out = StrBuilder::with_capacity(text.len() + 2);
    encode(text, ascii, &mut out);
    Ok(out.finish())
}

/// encode_basestring(string) -> string
///
/// The JSON string that spells a text.
#[function("(object, /)")]
pub fn encode_basestring(object: &Value) -> PyResult<Ref<Str>> {
    encoded(object, false)
}

/// encode_basestring_ascii(string) -> string
///
/// The JSON string that spells a text in ASCII alone.
#[function("(object, /)")]
pub fn encode_basestring_ascii(object: &Value) -> PyResult<Ref<Str>> {
    encoded(object, true)
}
