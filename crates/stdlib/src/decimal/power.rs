//! Powers: with whole exponents by squaring, with others through the logarithm, and modular ones.

use std::cmp::Ordering;

use malachite_base::num::arithmetic::traits::ModPow;
use malachite_nz::natural::Natural;

use super::arithmetic::{divide, divide_integer, multiply, subtract};
use super::coefficient::Coefficient;
use super::number::Number;
use super::powers::{MOST_DIGITS, count_digits};
use super::rounding::{beyond, finish, propagate_nan};
use super::settings::{Rounding, Settings, Status};
use super::transcendental::{exp, ln};

/// How many more digits the logarithm gets than the result: as many as an exponent has, and four.
const GUARD_DIGITS: i64 = 4 + 19;

/// `base ** exponent`.
pub fn power(base: &Number, exponent: &Number, settings: &Settings, status: &mut Status) -> Number {
    if let Some(nan) = propagate_nan(&[base, exponent], settings, status) {
        return nan;
    }
    let whole = exponent.is_integer();
    let negative = whole && base.negative && exponent.is_odd();
    if base.is_zero() {
        return match () {
            _ if exponent.is_zero() => status.fail(Status::INVALID_OPERATION),
            _ if exponent.negative => Number::infinity(negative),
            _ => Number::zero(negative, 0),
        };
    }
    if base.negative && !whole {
        return status.fail(Status::INVALID_OPERATION);
    }
    if exponent.is_infinite() {
        return match base.compare(&Number::ONE) {
            Ordering::Equal => {
                *status |= Status::INEXACT | Status::ROUNDED;
                padded_one(negative, settings.precision - 1, status)
            }
            order => match (order == Ordering::Greater) == exponent.negative {
                true => Number::zero(negative, 0),
                false => Number::infinity(negative),
            },
        };
    }
    if base.is_infinite() {
        return match () {
            _ if exponent.is_zero() => Number::finite(negative, Coefficient::ONE, 0),
            _ if exponent.negative => Number::zero(negative, 0),
            _ => Number::infinity(negative),
        };
    }
    if exponent.is_zero() {
        return Number::finite(negative, Coefficient::ONE, 0);
    }
    if base.compare_magnitude(&Number::ONE) == Ordering::Equal {
        return power_of_one(base, exponent, negative, settings, status);
    }
    if let Some(result) = out_of_bounds(base, exponent, negative, settings, status) {
        return result;
    }
    if whole {
        return whole_power(base, exponent, negative, settings, status);
    }
    real_power(base, exponent, settings, status)
}

/// One, written with `zeros` zeros behind the point.
fn padded_one(negative: bool, zeros: i64, status: &mut Status) -> Number {
    match Coefficient::ONE.shifted_left(zeros) {
        Some(coefficient) => Number::finite(negative, coefficient, -zeros),
        None => status.fail(Status::MEMORY),
    }
}

fn power_of_one(
    base: &Number,
    exponent: &Number,
    negative: bool,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    let mut zeros = settings.precision - 1;
    if exponent.is_integer() {
        if exponent.negative {
            return Number::finite(negative, Coefficient::ONE, 0);
        }
        let mut work_status = Status::NONE;
        let wanted = multiply(
            exponent,
            &Number::from_i64(-base.exponent),
            settings,
            &mut work_status,
        );
        if work_status.has(Status::ERRORS) {
            return status.fail(work_status.and(Status::ERRORS));
        }
        match wanted.to_i64() {
            Some(wanted) if wanted <= zeros => zeros = wanted.max(0),
            _ => *status |= Status::ROUNDED,
        }
    } else {
        *status |= Status::INEXACT | Status::ROUNDED;
    }
    padded_one(negative, zeros, status)
}

/// The result of a power that certainly overflows or underflows, by bounds on the logarithms of the operands.
fn out_of_bounds(
    base: &Number,
    exponent: &Number,
    negative: bool,
    settings: &Settings,
    status: &mut Status,
) -> Option<Number> {
    let digits = |number: i64| i64::from(count_digits(u128::from(number.unsigned_abs())));
    let adjusted = base.adjusted();
    let least = match adjusted {
        1.. => digits(adjusted) - 1,
        i64::MIN..=-2 => digits(adjusted + 1) - 1,
        _ => {
            let distance = subtract(
                &base.with_sign(false),
                &Number::ONE,
                &Settings::MAXIMAL,
                &mut Status::NONE.clone(),
            );
            distance.adjusted() - if adjusted == 0 { 2 } else { 1 }
        }
    };
    let size = least + exponent.adjusted();
    let grows = (adjusted < 0) == exponent.negative;
    let limit = if grows {
        settings.emax
    } else {
        settings.etiny()
    };
    if digits(limit) >= size {
        return None;
    }
    let extreme = match grows {
        true => beyond(negative),
        false => Number::finite(negative, Coefficient::ONE, settings.etiny() - 1),
    };
    Some(finish(extreme, settings, status))
}

fn whole_power(
    base: &Number,
    exponent: &Number,
    negative: bool,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    let mut work = Settings {
        rounding: Rounding::HalfEven,
        clamp: false,
        ..*settings
    };
    work.precision =
        (work.precision + exponent.coefficient.digits() + exponent.exponent + 2).max(1);
    let mut factor = base.clone();
    if exponent.negative {
        work.precision += 1;
        factor = divide(&Number::ONE, base, &work, status);
        if status.has(Status::ERRORS) {
            return Number::NAN;
        }
    }
    let result = match exponent.whole_magnitude() {
        Some(count) => power_by_count(&factor, count, negative, &work, status),
        None => power_by_number(factor, exponent, negative, &work, status),
    };
    match result.is_infinite() {
        // The context's rounding decides what an overflow gives.
        true => finish(beyond(negative), settings, status),
        false => finish(result, settings, status),
    }
}

fn power_by_count(
    base: &Number,
    count: u64,
    negative: bool,
    work: &Settings,
    status: &mut Status,
) -> Number {
    let mut result = base.clone();
    let mut work_status = Status::NONE;
    for bit in (0..count.ilog2()).rev() {
        result = multiply(&result, &result, work, &mut work_status);
        if count >> bit & 1 == 1 {
            result = multiply(&result, base, work, &mut work_status);
        }
        if !result.is_finite() || (result.coefficient.is_zero() && work_status.has(Status::CLAMPED))
        {
            break;
        }
    }
    *status |= work_status;
    result.with_sign(negative)
}

/// As [`power_by_count`], for exponents that fit no machine integer.
fn power_by_number(
    base: Number,
    exponent: &Number,
    negative: bool,
    work: &Settings,
    status: &mut Status,
) -> Number {
    let two = Number::from_i64(2);
    let mut work_status = Status::NONE;
    let (mut result, mut square, mut left) = (Number::ONE, base, exponent.with_sign(false));
    while left.is_finite() && !left.coefficient.is_zero() {
        if left.is_odd() {
            result = multiply(&result, &square, work, &mut work_status);
            *status |= work_status;
            if !result.is_finite()
                || (result.coefficient.is_zero() && work_status.has(Status::CLAMPED))
            {
                break;
            }
        }
        square = multiply(&square, &square, work, &mut work_status);
        left = divide_integer(&left, &two, &Settings::MAXIMAL, &mut work_status);
        if square.is_nan() || left.is_nan() {
            return status.fail(work_status.and(Status::ERRORS));
        }
    }
    result.with_sign(negative)
}

fn real_power(
    base: &Number,
    exponent: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    let precision = base.coefficient.digits().max(settings.precision) + GUARD_DIGITS;
    let work = Settings {
        precision,
        ..Settings::MAXIMAL
    };
    let mut work_status = Status::NONE;
    let logarithm = ln(base, &work, &mut work_status);
    let product = multiply(&logarithm, exponent, &work, &mut work_status);
    let mut result = exp(&product, &work, status);
    *status |= work_status.and(Status::ERRORS) | Status::INEXACT | Status::ROUNDED;
    if result.is_finite() && result.compare(&Number::ONE) == Ordering::Equal {
        result = padded_one(false, settings.precision - 1, status);
    }
    if result.is_infinite() {
        result = beyond(false);
    }
    finish(result, settings, status)
}

/// `base ** exponent % modulus`, all three whole.
pub fn power_modulo(
    base: &Number,
    exponent: &Number,
    modulus: &Number,
    settings: &Settings,
    status: &mut Status,
) -> Number {
    if let Some(nan) = propagate_nan(&[base, exponent, modulus], settings, status) {
        return nan;
    }
    let whole = base.is_integer() && exponent.is_integer() && modulus.is_integer();
    if !whole || modulus.coefficient.is_zero() || modulus.adjusted() >= settings.precision {
        return status.fail(Status::INVALID_OPERATION);
    }
    let negative = base.negative && exponent.is_odd();
    if exponent.coefficient.is_zero() {
        if base.coefficient.is_zero() {
            return status.fail(Status::INVALID_OPERATION);
        }
        let is_one = modulus.compare_magnitude(&Number::ONE) == Ordering::Equal;
        return Number::finite(negative, Coefficient::from(u64::from(!is_one)), 0);
    }
    if exponent.negative {
        return status.fail(Status::INVALID_OPERATION);
    }
    if base.coefficient.is_zero() {
        return Number::zero(negative, 0);
    }
    let Some(modulus) = whole_natural(modulus) else {
        return status.fail(Status::MEMORY);
    };
    let reduce = |number: Natural| number % &modulus;
    let power = |base: Natural, exponent: Natural| reduce(base).mod_pow(exponent, &modulus);
    let ten = || Natural::from(10u64);
    let (digits, places) = split_whole(base);
    let shifted = digits * power(ten(), Natural::from(places));
    let (digits, places) = split_whole(exponent);
    let mut result = reduce(shifted);
    // An exponent with an exponent: raise to the tenth power as often as that says.
    if places > MOST_DIGITS {
        return status.fail(Status::MEMORY);
    }
    for _ in 0..places {
        result = power(result, ten());
    }
    Number::finite(negative, Coefficient::from(power(result, digits)), 0)
}

/// The magnitude of a whole number.
fn whole_natural(number: &Number) -> Option<Natural> {
    let (digits, places) = split_whole(number);
    Some(
        Coefficient::from(digits)
            .shifted_left(i64::try_from(places).ok()?)?
            .to_natural(),
    )
}

/// The magnitude of a whole number as digits and the zeros that follow.
fn split_whole(number: &Number) -> (Natural, u64) {
    match number.exponent {
        places @ 0.. => (number.coefficient.to_natural(), places as u64),
        places => (number.coefficient.shifted_right(-places).0.to_natural(), 0),
    }
}
