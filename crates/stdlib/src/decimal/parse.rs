//! From text to a number, as the specification writes it: `-12.5E+3`, `Infinity`, `sNaN123`.

use super::coefficient::Coefficient;
use super::number::{Kind, Number};
use super::powers::MOST_DIGITS;
use super::settings::{EXPONENT_BEYOND, Settings, Status};

/// The number that ASCII text spells, as long as the text writes it; a NaN, and a condition, if it spells none.
pub fn parse(text: &[u8], settings: &Settings, status: &mut Status) -> Number {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let number = match text.first() {
        Some(b'0'..=b'9' | b'.') => parse_finite(negative, text),
        Some(_) => parse_special(negative, text, settings),
        None => None,
    };
    match number {
        Some(number) if number.coefficient.digits() > MOST_DIGITS as i64 => {
            status.fail(Status::MEMORY)
        }
        Some(number) => number,
        None => status.fail(Status::CONVERSION_SYNTAX),
    }
}

fn parse_finite(negative: bool, text: &[u8]) -> Option<Number> {
    let whole = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (mut fraction, mut end) = (0, whole);
    if text.get(whole) == Some(&b'.') {
        fraction = text[whole + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        end = whole + 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    let exponent = match text.get(end) {
        None => 0,
        Some(b'e' | b'E') => parse_exponent(&text[end + 1..])?,
        Some(_) => return None,
    };
    let coefficient = match fraction {
        0 => Coefficient::from_digits(&text[..whole]),
        _ if whole + fraction <= 19 => {
            let digits = text[..whole].iter().chain(&text[whole + 1..end]);
            Coefficient::from(
                digits.fold(0u64, |number, &digit| number * 10 + u64::from(digit - b'0')),
            )
        }
        _ => Coefficient::from_digits(&[&text[..whole], &text[whole + 1..end]].concat()),
    };
    Some(Number::finite(
        negative,
        coefficient,
        exponent - fraction as i64,
    ))
}

/// An exponent; one beyond all contexts stays beyond them.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits.iter().fold(0i64, |number, &digit| {
        number
            .saturating_mul(10)
            .saturating_add(i64::from(digit - b'0'))
            .min(2 * EXPONENT_BEYOND)
    });
    Some(if negative {
        -magnitude
    } else {
        magnitude.min(EXPONENT_BEYOND)
    })
}

fn parse_special(negative: bool, text: &[u8], settings: &Settings) -> Option<Number> {
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        return Some(Number::infinity(negative));
    }
    let (kind, text) = match text {
        [b's' | b'S', rest @ ..] => (Kind::SignalingNan, rest),
        _ => (Kind::QuietNan, text),
    };
    let (name, payload) = text.split_at_checked(3)?;
    if !name.eq_ignore_ascii_case(b"nan") || !payload.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let coefficient = Coefficient::from_digits(payload);
    if !coefficient.is_zero()
        && coefficient.digits() > settings.precision - i64::from(settings.clamp)
    {
        return None;
    }
    Some(Number {
        coefficient,
        exponent: 0,
        negative,
        kind,
    })
}
