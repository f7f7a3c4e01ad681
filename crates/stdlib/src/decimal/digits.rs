//! Operations on the digits themselves: shift, rotation, and the logical operations on numbers of zeros and ones.

use super::coefficient::Coefficient;
use super::number::Number;
use super::powers::MOST_DIGITS;
use super::rounding::propagate_nan;
use super::settings::{Settings, Status};

/// By how many places a number is shifted or rotated: a whole number with exponent zero, within the precision.
fn places_of(places: &Number, settings: &Settings) -> Option<i64> {
    if !places.is_finite() || places.exponent != 0 {
        return None;
    }
    places
        .to_i64()
        .filter(|places| (-settings.precision..=settings.precision).contains(places))
}

/// The number with its digits moved by a number of places; zeros come in, and the precision limits what stays.
pub fn shift(number: &Number, places: &Number, settings: &Settings, status: &mut Status) -> Number {
    if let Some(nan) = propagate_nan(&[number, places], settings, status) {
        return nan;
    }
    let Some(places) = places_of(places, settings) else {
        return status.fail(Status::INVALID_OPERATION);
    };
    if number.is_infinite() {
        return number.clone();
    }
    let kept = number.coefficient.last_digits(settings.precision);
    let coefficient = match places {
        // Digits that would leave anyway are dropped first, so that the shift stays within the precision.
        0.. => match kept
            .last_digits(settings.precision - places)
            .shifted_left(places)
        {
            Some(coefficient) => coefficient,
            None => return status.fail(Status::MEMORY),
        },
        _ => kept.shifted_right(-places).0,
    };
    Number {
        coefficient,
        ..number.clone()
    }
}

/// The number with its digits, as many as the precision says, rotated by a number of places.
pub fn rotate(
    number: &Number,
    places: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if let Some(nan) = propagate_nan(&[number, places], settings, status) {
        return nan;
    }
    let Some(places) = places_of(places, settings) else {
        return status.fail(Status::INVALID_OPERATION);
    };
    if number.is_infinite() {
        return number.clone();
    }
    let kept = number.coefficient.last_digits(settings.precision);
    let left = if places >= 0 {
        places
    } else {
        settings.precision + places
    };
    if left == 0 || left == settings.precision {
        return Number {
            coefficient: kept,
            ..number.clone()
        };
    }
    let right = settings.precision - left;
    let Some(high) = kept.last_digits(right).shifted_left(left) else {
        return status.fail(Status::MEMORY);
    };
    let coefficient = high.add(&kept.shifted_right(right).0);
    Number {
        coefficient,
        ..number.clone()
    }
}

/// The digits of a logical operand, from the first to the last; nothing if it is none.
fn logical_digits(number: &Number) -> Option<Vec<u8>> {
    if !number.is_finite() || number.negative || number.exponent != 0 {
        return None;
    }
    let digits = number.coefficient.to_text().into_bytes();
    digits
        .iter()
        .all(|digit| matches!(digit, b'0' | b'1'))
        .then_some(digits)
}

/// Applies a logical operation digit by digit.
pub fn logical(
    left: &Number,
    right: &Number,
    operation: fn(bool, bool) -> bool,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if let (Some(left), Some(right)) = (logical_digits(left), logical_digits(right)) {
        let length = left.len().max(right.len());
        let digit = |digits: &[u8], from_end: usize| {
            digits.len() >= from_end && digits[digits.len() - from_end] == b'1'
        };
        let result: Vec<u8> = (1..=length)
            .rev()
            .map(|place| {
                if operation(digit(&left, place), digit(&right, place)) {
                    b'1'
                } else {
                    b'0'
                }
            })
            .collect();
        let kept = Coefficient::from_digits(&result).last_digits(settings.precision);
        return Number::finite(false, kept, 0);
    }
    status.fail(Status::INVALID_OPERATION)
}

/// Exchanges zeros and ones in all digits of the precision.
pub fn logical_invert(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    let Some(digits) = logical_digits(number) else {
        return status.fail(Status::INVALID_OPERATION);
    };
    if settings.precision > MOST_DIGITS as i64 {
        return status.fail(Status::MEMORY);
    }
    let mut result = vec![b'1'; settings.precision as usize];
    for (place, digit) in result.iter_mut().rev().zip(digits.into_iter().rev()) {
        *place = b'0' + b'1' - digit;
    }
    Number::finite(false, Coefficient::from_digits(&result), 0)
}
