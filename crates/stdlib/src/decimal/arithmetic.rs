//! Addition, multiplication, division and what is made of them.

use std::cmp::Ordering;

use super::coefficient::Coefficient;
use super::number::{Kind, Number};
use super::powers::{MOST_DIGITS, POWERS};
use super::rounding::{finish, propagate_nan, round_wide, strip_zeros};
use super::settings::{EXPONENT_BEYOND, Rounding, Settings, Status};
use super::wide::Wide;

/// `left + right`.
#[inline]
pub fn add(left: &Number, right: &Number, settings: &Settings, status: &mut Status) -> Number {
    add_signed(left, right, right.negative, settings, status)
}

/// `left - right`.
#[inline]
pub fn subtract(left: &Number, right: &Number, settings: &Settings, status: &mut Status) -> Number {
    if right.is_nan() {
        return add_signed(left, right, right.negative, settings, status);
    }
    add_signed(left, right, !right.negative, settings, status)
}

#[inline]
fn add_signed(
    left: &Number,
    right: &Number,
    negative: bool,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if left.kind == Kind::Finite && right.kind == Kind::Finite {
        let sum = match left.exponent == right.exponent {
            true => Some(add_aligned(
                left.negative,
                &left.coefficient,
                negative,
                &right.coefficient,
                left.exponent,
                settings,
            )),
            false => add_shifted(left, right, negative, settings),
        };
        return match sum {
            Some(sum) => finish(sum, settings, status),
            None => status.fail(Status::MEMORY),
        };
    }
    if let Some(nan) = propagate_nan(&[left, right], settings, status) {
        return nan;
    }
    match (left.is_infinite(), right.is_infinite()) {
        (true, true) if left.negative != negative => status.fail(Status::INVALID_OPERATION),
        (true, _) => left.clone(),
        _ => Number::infinity(negative),
    }
}

/// The exact sum of coefficients that count the same power of ten.
#[inline]
fn add_aligned(
    left_negative: bool,
    left: &Coefficient,
    right_negative: bool,
    right: &Coefficient,
    exponent: i64,
    settings: &Settings,
) -> Number {
    if left_negative == right_negative {
        return Number::finite(left_negative, left.add(right), exponent);
    }
    match left.compare(right) {
        Ordering::Greater => Number::finite(left_negative, left.subtract(right), exponent),
        Ordering::Less => Number::finite(right_negative, right.subtract(left), exponent),
        Ordering::Equal => Number::zero(settings.rounding == Rounding::Floor, exponent),
    }
}

fn add_shifted(
    left: &Number,
    right: &Number,
    negative: bool,
    settings: &Settings,
) -> Option<Number> {
    let right_form = (negative, right);
    let left_form = (left.negative, left);
    // `high` has the greater exponent; it gets zeros to count what `low` counts.
    let (high, low) = if left.exponent > right.exponent {
        (left_form, right_form)
    } else {
        (right_form, left_form)
    };
    if high.1.coefficient.is_zero() {
        return Some(add_aligned(
            high.0,
            &Coefficient::ZERO,
            low.0,
            &low.1.coefficient,
            low.1.exponent,
            settings,
        ));
    }
    let places = high.1.exponent - low.1.exponent;
    if let (Some(number), true) = (high.1.coefficient.small(), places < POWERS.len() as i64)
        && let Some(shifted) = number.checked_mul(POWERS[places as usize])
    {
        return Some(add_aligned(
            high.0,
            &Coefficient::from(shifted),
            low.0,
            &low.1.coefficient,
            low.1.exponent,
            settings,
        ));
    }
    // A number far below the last digit of the other only tells on which side of it the sum lies.
    let digits = high.1.coefficient.digits();
    let bottom = high.1.exponent - 1
        + if digits > settings.precision {
            0
        } else {
            digits - settings.precision - 1
        };
    if low.1.adjusted() < bottom {
        let tiny = if low.1.coefficient.is_zero() {
            Coefficient::ZERO
        } else {
            Coefficient::ONE
        };
        let shifted = high.1.coefficient.shifted_left(high.1.exponent - bottom)?;
        return Some(add_aligned(
            high.0, &shifted, low.0, &tiny, bottom, settings,
        ));
    }
    let shifted = high.1.coefficient.shifted_left(places)?;
    Some(add_aligned(
        high.0,
        &shifted,
        low.0,
        &low.1.coefficient,
        low.1.exponent,
        settings,
    ))
}

/// `left * right`.
#[inline]
pub fn multiply(left: &Number, right: &Number, settings: &Settings, status: &mut Status) -> Number {
    if left.kind == Kind::Finite
        && right.kind == Kind::Finite
        && let (Some(first), Some(second)) = (left.coefficient.small(), right.coefficient.small())
    {
        let (negative, exponent) = (
            left.negative != right.negative,
            left.exponent + right.exponent,
        );
        let product = Wide::product(first, second);
        let rounded = match product.high {
            0 => Number::finite(negative, Coefficient::from(product.low), exponent),
            _ => match round_wide(product, negative, exponent, settings, status) {
                Some(rounded) => rounded,
                None => Number::finite(negative, Coefficient::from(product), exponent),
            },
        };
        return finish(rounded, settings, status);
    }
    match product(left, right, settings, status) {
        Ok(exact) => finish(exact, settings, status),
        Err(result) => result,
    }
}

/// The product before rounding; where an operand is not finite, the result.
fn product(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Result<Number, Number> {
    let negative = left.negative != right.negative;
    if left.is_finite() && right.is_finite() {
        if left.coefficient.digits() + right.coefficient.digits() > MOST_DIGITS as i64 {
            return Err(status.fail(Status::MEMORY));
        }
        return Ok(Number::finite(
            negative,
            left.coefficient.multiply(&right.coefficient),
            left.exponent + right.exponent,
        ));
    }
    if let Some(nan) = propagate_nan(&[left, right], settings, status) {
        return Err(nan);
    }
    Err(match left.is_zero() || right.is_zero() {
        true => status.fail(Status::INVALID_OPERATION),
        false => Number::infinity(negative),
    })
}

/// `left * right + third`, rounded once.
pub fn fused_multiply_add(
    left: &Number,
    right: &Number,
    third: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    match product(left, right, settings, status) {
        Ok(exact) => add(&exact, third, settings, status),
        Err(result) if status.has(Status::INVALID_OPERATION | Status::MEMORY) => result,
        Err(result) => add(&result, third, settings, status),
    }
}

/// `left / right`.
pub fn divide(left: &Number, right: &Number, settings: &Settings, status: &mut Status) -> Number {
    let negative = left.negative != right.negative;
    if !left.is_finite() || !right.is_finite() {
        if let Some(nan) = propagate_nan(&[left, right], settings, status) {
            return nan;
        }
        return match (left.is_infinite(), right.is_infinite()) {
            (true, true) => status.fail(Status::INVALID_OPERATION),
            (true, _) => Number::infinity(negative),
            _ => {
                *status |= Status::CLAMPED;
                Number::zero(negative, settings.etiny())
            }
        };
    }
    if right.coefficient.is_zero() {
        if left.coefficient.is_zero() {
            return status.fail(Status::DIVISION_UNDEFINED);
        }
        *status |= Status::DIVISION_BY_ZERO;
        return Number::infinity(negative);
    }
    let ideal = left.exponent - right.exponent;
    if left.coefficient.is_zero() {
        return finish(Number::zero(negative, ideal), settings, status);
    }
    if let Some(quotient) = quotient(
        &left.coefficient,
        &right.coefficient,
        negative,
        ideal,
        settings.precision,
    ) {
        return finish(quotient, settings, status);
    }
    // An inexact quotient of that many digits does not fit the memory; an exact one is much shorter.
    let precision = left.coefficient.digits() + 4 * right.coefficient.digits();
    let mut work_status = Status::NONE;
    let short = settings.with_precision(precision.min(settings.precision));
    match quotient(
        &left.coefficient,
        &right.coefficient,
        negative,
        ideal,
        short.precision,
    ) {
        Some(number) => {
            let result = finish(number, &short, &mut work_status);
            if work_status.has(Status::INEXACT | Status::ROUNDED) {
                return status.fail(Status::MEMORY);
            }
            *status |= work_status;
            result
        }
        None => status.fail(Status::MEMORY),
    }
}

/// The quotient to one digit more than the precision, its last digit marked if that is not all.
fn quotient(
    left: &Coefficient,
    right: &Coefficient,
    negative: bool,
    ideal: i64,
    precision: i64,
) -> Option<Number> {
    let places = right.digits() - left.digits() + precision + 1;
    let exponent = ideal - places;
    if let (Some(number), Some(divisor)) = (left.small(), right.small())
        && (0..POWERS.len() as i64).contains(&places)
    {
        let scaled = Wide::product(number, POWERS[places as usize]);
        if scaled.high < divisor {
            let (quotient, rest) = scaled.divide(divisor);
            return Some(match rest {
                0 => strip_zeros(
                    Number::finite(negative, Coefficient::from(quotient), exponent),
                    ideal,
                ),
                _ => Number::finite(
                    negative,
                    Coefficient::from(quotient + u128::from(quotient % 5 == 0)),
                    exponent,
                ),
            });
        }
    }
    let (quotient, rest) = match places >= 0 {
        true => left.shifted_left(places)?.divide(right),
        false => left.divide(&right.shifted_left(-places)?),
    };
    if rest.is_zero() {
        return Some(strip_zeros(
            Number::finite(negative, quotient, exponent),
            ideal,
        ));
    }
    let marked = if matches!(quotient.last_digit(), 0 | 5) {
        quotient.incremented()
    } else {
        quotient
    };
    Some(Number::finite(negative, marked, exponent))
}

/// Whole quotient and remainder of finite numbers, the divisor not zero. Nothing if the quotient is longer than the precision.
fn divide_whole(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Option<(Number, Number)> {
    let negative = left.negative != right.negative;
    let ideal = left.exponent.min(right.exponent);
    if left.coefficient.is_zero() {
        return Some((
            Number::zero(negative, 0),
            Number::zero(left.negative, ideal),
        ));
    }
    let length = left.adjusted() - right.adjusted();
    if length > settings.precision {
        *status |= Status::DIVISION_IMPOSSIBLE;
        return None;
    }
    let shifted = |number: &Number, status: &mut Status| {
        let shifted = number.coefficient.shifted_left(number.exponent - ideal);
        if shifted.is_none() {
            *status |= Status::MEMORY;
        }
        shifted
    };
    if length < 0 {
        let rest = shifted(left, status)?;
        return Some((
            Number::zero(negative, 0),
            Number::finite(left.negative, rest, ideal),
        ));
    }
    let (quotient, rest) = shifted(left, status)?.divide(&shifted(right, status)?);
    if quotient.digits() > settings.precision {
        *status |= Status::DIVISION_IMPOSSIBLE;
        return None;
    }
    Some((
        Number::finite(negative, quotient, 0),
        Number::finite(left.negative, rest, ideal),
    ))
}

/// `left // right`: the whole part of the quotient.
pub fn divide_integer(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    let negative = left.negative != right.negative;
    if !left.is_finite() || !right.is_finite() {
        if let Some(nan) = propagate_nan(&[left, right], settings, status) {
            return nan;
        }
        return match (left.is_infinite(), right.is_infinite()) {
            (true, true) => status.fail(Status::INVALID_OPERATION),
            (true, _) => Number::infinity(negative),
            _ => Number::zero(negative, 0),
        };
    }
    if right.coefficient.is_zero() {
        if left.coefficient.is_zero() {
            return status.fail(Status::DIVISION_UNDEFINED);
        }
        *status |= Status::DIVISION_BY_ZERO;
        return Number::infinity(negative);
    }
    match divide_whole(left, right, settings, status) {
        Some((quotient, _)) => finish(quotient, settings, status),
        None => Number::NAN,
    }
}

/// `left % right`: what the whole quotient leaves, with the sign of `left`.
pub fn remainder(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if let Some(result) = special_remainder(left, right, settings, status) {
        return result;
    }
    match divide_whole(left, right, settings, status) {
        Some((_, rest)) => finish(rest, settings, status),
        None => Number::NAN,
    }
}

fn special_remainder(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Option<Number> {
    if !left.is_finite() || !right.is_finite() {
        if let Some(nan) = propagate_nan(&[left, right], settings, status) {
            return Some(nan);
        }
        return Some(match left.is_infinite() {
            true => status.fail(Status::INVALID_OPERATION),
            false => finish(left.clone(), settings, status),
        });
    }
    if !right.coefficient.is_zero() {
        return None;
    }
    Some(match left.coefficient.is_zero() {
        true => status.fail(Status::DIVISION_UNDEFINED),
        false => status.fail(Status::INVALID_OPERATION),
    })
}

/// `divmod(left, right)`.
pub fn divide_modulo(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> (Number, Number) {
    let negative = left.negative != right.negative;
    if !left.is_finite() || !right.is_finite() {
        if let Some(nan) = propagate_nan(&[left, right], settings, status) {
            return (nan.clone(), nan);
        }
        return match (left.is_infinite(), right.is_infinite()) {
            (true, true) => (Number::NAN, status.fail(Status::INVALID_OPERATION)),
            (true, _) => (
                Number::infinity(negative),
                status.fail(Status::INVALID_OPERATION),
            ),
            _ => (
                Number::zero(negative, 0),
                finish(left.clone(), settings, status),
            ),
        };
    }
    if right.coefficient.is_zero() {
        if left.coefficient.is_zero() {
            return (Number::NAN, status.fail(Status::DIVISION_UNDEFINED));
        }
        *status |= Status::DIVISION_BY_ZERO;
        return (
            Number::infinity(negative),
            status.fail(Status::INVALID_OPERATION),
        );
    }
    match divide_whole(left, right, settings, status) {
        Some((quotient, rest)) => (
            finish(quotient, settings, status),
            finish(rest, settings, status),
        ),
        None => (Number::NAN, Number::NAN),
    }
}

/// What the nearest whole quotient leaves; its sign can be either.
pub fn remainder_near(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if let Some(result) = special_remainder(left, right, settings, status) {
        return result;
    }
    let Some((quotient, rest)) = divide_whole(left, right, settings, status) else {
        return Number::NAN;
    };
    if rest.coefficient.is_zero() {
        return finish(rest, settings, status);
    }
    let Some(divisor) = right
        .coefficient
        .shifted_left((right.exponent - rest.exponent).clamp(0, MOST_DIGITS as i64))
    else {
        // The divisor is so much longer than the remainder that the remainder is less than half of it.
        return finish(rest, settings, status);
    };
    // The other candidate lies on the other side of zero, as far as the remainder is from the divisor.
    let other = divisor.subtract(&rest.coefficient);
    let order = other.compare(&rest.coefficient);
    if order == Ordering::Less || (order == Ordering::Equal && quotient.coefficient.is_odd()) {
        let next = quotient.coefficient.incremented();
        if next.digits() > settings.precision {
            return status.fail(Status::DIVISION_IMPOSSIBLE);
        }
        return finish(
            Number::finite(!left.negative, other, rest.exponent),
            settings,
            status,
        );
    }
    finish(rest, settings, status)
}

/// -1, 0 or 1, as the numbers compare; a NaN compares to a NaN, and signals if it is signaling.
pub fn compare(left: &Number, right: &Number, settings: &Settings, status: &mut Status) -> Number {
    if let Some(nan) = propagate_nan(&[left, right], settings, status) {
        return nan;
    }
    from_order(left.compare(right))
}

/// As [`compare`], but quiet NaNs signal too.
pub fn compare_signal(
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if left.is_nan() || right.is_nan() {
        *status |= Status::INVALID_OPERATION;
    }
    compare(left, right, settings, status)
}

/// -1, 0 or 1.
pub fn from_order(order: Ordering) -> Number {
    Number::from_i64(order as i64)
}

/// Which of two numbers [`extreme`] picks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extreme {
    /// The larger rather than the smaller.
    pub largest: bool,
    /// By magnitude rather than by value.
    pub magnitude: bool,
}

/// The larger or smaller of two numbers; a number wins over a quiet NaN.
pub fn extreme(
    which: Extreme,
    left: &Number,
    right: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if left.is_nan() || right.is_nan() {
        if left.is_quiet() && !right.is_nan() {
            return finish(right.clone(), settings, status);
        }
        if right.is_quiet() && !left.is_nan() {
            return finish(left.clone(), settings, status);
        }
        return propagate_nan(&[left, right], settings, status).unwrap_or(Number::NAN);
    }
    let order = match which.magnitude {
        true => left.with_sign(false).compare(&right.with_sign(false)),
        false => left.compare(right),
    };
    let order = order.then_with(|| left.compare_equal_forms(right));
    let left_wins = if which.largest {
        order == Ordering::Greater
    } else {
        order != Ordering::Greater
    };
    finish(
        if left_wins {
            left.clone()
        } else {
            right.clone()
        },
        settings,
        status,
    )
}

/// `number * 10 ** places`, by its exponent.
pub fn scaleb(
    number: &Number,
    places: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if let Some(nan) = propagate_nan(&[number, places], settings, status) {
        return nan;
    }
    let limit = 2 * (settings.emax + settings.precision);
    match places.to_i64().filter(|_| places.exponent == 0) {
        Some(by) if by.abs() <= limit => {
            if number.is_infinite() {
                return number.clone();
            }
            let exponent = (number.exponent + by.clamp(-EXPONENT_BEYOND, EXPONENT_BEYOND))
                .clamp(-2 * EXPONENT_BEYOND, EXPONENT_BEYOND);
            finish(
                Number {
                    exponent,
                    ..number.clone()
                },
                settings,
                status,
            )
        }
        _ => status.fail(Status::INVALID_OPERATION),
    }
}

/// The adjusted exponent, as a number.
pub fn logb(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    if let Some(nan) = propagate_nan(&[number], settings, status) {
        return nan;
    }
    if number.is_infinite() {
        return Number::infinity(false);
    }
    if number.coefficient.is_zero() {
        *status |= Status::DIVISION_BY_ZERO;
        return Number::infinity(true);
    }
    finish(Number::from_i64(number.adjusted()), settings, status)
}
