//! Ints as text: decimal digits with the limit on conversions, other bases, parsing.
//!
//! Conversions between decimal text and big numbers cost more than linear time, so `sys.set_int_max_str_digits` limits
//! them; bases that are powers of two are free of the limit. The limit is one number of the whole process.

use std::cell::Cell;

use malachite_bigint::{BigInt, Sign};
use rustpython_unicode::{Ucd, classify};

use super::IntView::{self, Big, Small};
use super::{from_big, new};
use crate::cell::Locked;
use crate::protocol;
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::value::{Ref, Value};

/// The limit a process starts with.
pub const DEFAULT_MAX_DIGITS: usize = 4300;
/// The smallest limit that can be set, other than none.
pub const LOWEST_MAX_DIGITS: usize = 640;

static MAX_DIGITS: Locked<Cell<usize>> = Locked::new(Cell::new(DEFAULT_MAX_DIGITS));

/// The limit on decimal conversions in digits; 0 for none.
pub fn max_str_digits() -> usize {
    MAX_DIGITS.with(|limit| limit.get())
}

/// Sets the limit on decimal conversions: 0 for none, otherwise at least [`LOWEST_MAX_DIGITS`].
pub fn set_max_str_digits(limit: usize) -> PyResult<()> {
    if limit != 0 && limit < LOWEST_MAX_DIGITS {
        bail!(
            ValueError,
            "maxdigits must be 0 or larger than {LOWEST_MAX_DIGITS}"
        );
    }
    MAX_DIGITS.with(|place| place.set(limit));
    Ok(())
}

/// The decimal digits of an int, with a sign if it is negative.
pub fn to_decimal(value: IntView<'_>) -> PyResult<String> {
    match value {
        Small(small) => Ok(small.to_string()),
        Big(big) => big_to_decimal(big),
    }
}

/// `str(value)`.
#[inline]
pub fn to_str(value: IntView<'_>) -> PyResult<Ref<Str>> {
    match value {
        Small(small) => Ok(small_to_str(small)),
        Big(big) => Ok(Str::from_latin1(big_to_decimal(big)?.as_bytes())),
    }
}

fn small_to_str(value: i64) -> Ref<Str> {
    let mut buffer = [0u8; 20];
    let mut start = buffer.len();
    let mut rest = value.unsigned_abs();
    loop {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    Str::from_latin1(&buffer[start..])
}

fn big_to_decimal(big: &BigInt) -> PyResult<String> {
    let limit = max_str_digits();
    // A number of b bits has at least (b - 1) * log10(2) digits, rounded down, and one.
    let at_least = ((big.bits() - 1) as f64 * std::f64::consts::LOG10_2) as usize;
    if limit != 0 && at_least > limit {
        return Err(too_many_digits());
    }
    let text = big.to_str_radix(10);
    if limit != 0 && text.len() - usize::from(big.sign() == Sign::Minus) > limit {
        return Err(too_many_digits());
    }
    Ok(text)
}

#[cold]
fn too_many_digits() -> Raised {
    exc!(
        ValueError,
        "Exceeds the limit ({} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit",
        max_str_digits()
    )
}

/// Digits in a base of 2 to 36, lower case, with a sign if negative and `prefix` behind it.
pub fn to_radix(value: IntView<'_>, base: u32, prefix: &str) -> String {
    let digits = match value {
        Small(small) => {
            let mut digits = Vec::new();
            let mut rest = small.unsigned_abs();
            loop {
                digits.push(
                    char::from_digit((rest % u64::from(base)) as u32, base)
                        .expect("the rest is below the base"),
                );
                rest /= u64::from(base);
                if rest == 0 {
                    break digits.iter().rev().collect();
                }
            }
        }
        Big(big) => big.magnitude().to_str_radix(base),
    };
    format!(
        "{}{prefix}{digits}",
        if value.is_negative() { "-" } else { "" }
    )
}

/// Why a text is not an int.
enum ParseError {
    /// It does not follow the grammar.
    Invalid,
    /// It has more decimal digits than the limit allows.
    TooLong(usize),
}

/// `int(text, base)` for ASCII text as [`ascii_digits`] makes it; `source` is the object that error messages show. The
/// base is 0 or 2 to 36.
pub fn parse(text: &[u8], base: u32, source: &Value) -> PyResult<Value> {
    if base == 10
        && let Some(small) = parse_small(text)
    {
        return Ok(new(small));
    }
    match parse_literal(text, base) {
        Ok(big) => Ok(from_big(big)),
        Err(ParseError::TooLong(digits)) => Err(exc!(
            ValueError,
            "Exceeds the limit ({} digits) for integer string conversion: value has {digits} digits; \
             use sys.set_int_max_str_digits() to increase the limit",
            max_str_digits()
        )),
        Err(ParseError::Invalid) => {
            let shown = protocol::repr(source)?;
            Err(exc!(
                ValueError,
                "invalid literal for int() with base {base}: {}",
                truncated(&shown.to_display())
            ))
        }
    }
}

/// White space as C's `isspace` knows it.
pub(crate) fn is_c_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The text without white space around it.
pub(crate) fn trim_c_space(text: &[u8]) -> &[u8] {
    let start = text
        .iter()
        .position(|&byte| !is_c_space(byte))
        .unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|&byte| !is_c_space(byte))
        .map_or(start, |last| last + 1);
    &text[start..end]
}

fn parse_literal(text: &[u8], base: u32) -> Result<BigInt, ParseError> {
    let (negative, text) = match trim_c_space(text) {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let prefixed = match text {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    let (actual, digits, zero_only) = match (base, prefixed) {
        // A leading zero without a base would be an octal number of old; only zero itself may be written so.
        (0, 0) => (10, text, text.first() == Some(&b'0')),
        (0, prefixed) => (prefixed, &text[2..], false),
        (base, prefixed) if base == prefixed => (base, &text[2..], false),
        (base, _) => (base, text, false),
    };
    let had_prefix = digits.len() != text.len();
    let digits = match digits {
        [b'_', rest @ ..] if had_prefix => rest,
        digits => digits,
    };
    let clean = clean_digits(digits, actual).ok_or(ParseError::Invalid)?;
    if zero_only && clean.iter().any(|&digit| digit != b'0') {
        return Err(ParseError::Invalid);
    }
    let limit = max_str_digits();
    if limit != 0 && clean.len() > limit && !actual.is_power_of_two() {
        return Err(ParseError::TooLong(clean.len()));
    }
    let big = BigInt::parse_bytes(&clean, actual).ok_or(ParseError::Invalid)?;
    Ok(if negative { -big } else { big })
}

/// The digits without underscores, which stand only between digits; at least one digit, all below the base.
fn clean_digits(digits: &[u8], base: u32) -> Option<Vec<u8>> {
    let mut clean = Vec::with_capacity(digits.len());
    let mut after_digit = false;
    for &byte in digits {
        if byte == b'_' {
            if !after_digit {
                return None;
            }
            after_digit = false;
        } else {
            char::from(byte).to_digit(base)?;
            clean.push(byte);
            after_digit = true;
        }
    }
    after_digit.then_some(clean)
}

/// What `%.200R` shows: the first 200 characters.
pub(crate) fn truncated(text: &str) -> &str {
    text.char_indices()
        .nth(200)
        .map_or(text, |(end, _)| &text[..end])
}

/// Plain decimal digits, few enough for an `i64`.
fn parse_small(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut number = 0i64;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i64::from(digit - b'0');
    }
    Some(if negative { -number } else { number })
}

/// The text with decimal digits and white space of all scripts as ASCII; other foreign characters become `?`.
pub fn ascii_digits(text: &Str) -> std::borrow::Cow<'_, [u8]> {
    if let Some(ascii) = text.as_ascii() {
        return ascii.as_bytes().into();
    }
    text.code_points().map(ascii_of).collect::<Vec<u8>>().into()
}

fn ascii_of(code: u32) -> u8 {
    let Some(character) = char::from_u32(code) else {
        return b'?';
    };
    if character.is_ascii() {
        code as u8
    } else if classify::is_space(character) {
        b' '
    } else {
        Ucd::new(true)
            .decimal(character.into())
            .map_or(b'?', |digit| b'0' + digit as u8)
    }
}
