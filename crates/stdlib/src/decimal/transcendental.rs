//! `exp`, `ln`, `log10` and `sqrt`: correctly rounded, half to even, whatever the context's rounding is.
//!
//! The first three are computed in binary fixed point to a few digits more than wanted. If those leave open how the result
//! rounds, they are computed again to more digits; their values are irrational, so that ends.

use std::cmp::Ordering;

use malachite_base::num::arithmetic::traits::{DivMod, FloorSqrt, Square};
use malachite_base::num::basic::traits::{One, Zero};
use malachite_base::num::logic::traits::SignificantBits;
use malachite_nz::natural::Natural;
use taipan_objects::cell::Locked;

use super::arithmetic;
use super::coefficient::{Coefficient, Lost};
use super::number::Number;
use super::powers::{MOST_DIGITS, count_digits, power, with_power};
use super::rounding::{finish, finish_inexact, propagate_nan};
use super::settings::{Rounding, Settings, Status};

/// Beyond this adjusted exponent of the operand, `exp` leaves the limits of every context.
const EXP_LIMIT: i64 = 19;

/// How many binary digits hold so many decimal ones.
fn bits_for(digits: i64) -> u64 {
    (digits.max(0) as u64) * 3322 / 1000 + 16
}

/// The logarithm of ten that was computed last: how many binary places it has, and its digits.
static LOG_OF_TEN: Locked<Option<(u64, Natural)>> = Locked::new(None);

/// The logarithm of ten to `bits` binary places, a few units too small at most.
fn log_of_ten(bits: u64) -> Natural {
    LOG_OF_TEN.with(|known| match known {
        Some((have, digits)) if *have >= bits => &*digits >> (*have - bits),
        _ => {
            let places = bits + 64;
            // Machin-like: 46 atanh(1/31) + 34 atanh(1/49) + 20 atanh(1/161).
            let digits = [(46u64, 31u64), (34, 49), (20, 161)]
                .iter()
                .fold(Natural::ZERO, |sum, &(factor, of)| {
                    sum + inverse_tangent(of, places) * Natural::from(factor)
                });
            let result = &digits >> 64u64;
            *known = Some((places, digits));
            result
        }
    })
}

/// The inverse hyperbolic tangent of `1 / of` to `bits` binary places.
fn inverse_tangent(of: u64, bits: u64) -> Natural {
    let square = Natural::from(of * of);
    let mut power = (Natural::ONE << bits) / Natural::from(of);
    let mut sum = Natural::ZERO;
    let mut index = 1u64;
    while power != 0u64 {
        sum += &power / Natural::from(index);
        power /= &square;
        index += 2;
    }
    sum
}

/// `e ** value` for a fixed-point number from 0 to about 3, both with `bits` binary places.
fn exponential(value: &Natural, bits: u64) -> Natural {
    // Halving the operand makes the series short; the result is squared as often, which costs a digit each time.
    let halvings = (bits as f64).sqrt() as u64 / 2 + 2;
    let places = bits + halvings + 32;
    let operand = (value << (places - bits)) >> halvings;
    let mut sum = Natural::ONE << places;
    let mut term = sum.clone();
    let mut index = 1u64;
    loop {
        term = ((&term * &operand) >> places) / Natural::from(index);
        if term == 0u64 {
            break;
        }
        sum += &term;
        index += 1;
    }
    for _ in 0..halvings {
        sum = sum.square() >> places;
    }
    sum >> (places - bits)
}

/// The logarithm of a fixed-point number from 1 to about 4, both with `bits` binary places.
fn logarithm(value: &Natural, bits: u64) -> Natural {
    let places = bits + 16;
    let value = value << 16u64;
    let to_float = |number: &Natural, places: u64| {
        let shift = places.saturating_sub(52);
        u64::try_from(&(number >> shift)).unwrap_or(0) as f64 / 2f64.powi((places - shift) as i32)
    };
    let start = to_float(&value, places).ln().max(0.0);
    let mut result = Natural::from((start * 2f64.powi(52)) as u64);
    let (mut have, mut right) = (52u64, 46u64);
    loop {
        // Each step triples how many digits are right.
        let next = (3 * right + 16).min(places);
        let current = match next >= have {
            true => &result << (next - have),
            false => &result >> (have - next),
        };
        let wanted = &value >> (places - next);
        let reached = exponential(&current, next);
        let difference = |greater: &Natural, smaller: &Natural| {
            ((greater - smaller) << (next + 1)) / (greater + smaller)
        };
        result = match wanted.cmp(&reached) {
            Ordering::Less => {
                let correction = difference(&reached, &wanted);
                if correction > current {
                    Natural::ZERO
                } else {
                    current - correction
                }
            }
            _ => current + difference(&wanted, &reached),
        };
        have = next;
        right *= 3;
        if next == places && right >= places {
            return result >> 16u64;
        }
    }
}

/// An approximation: a coefficient of at least the digits asked for, off by a few units at most, and its exponent.
type Approximation = (Natural, i64);

/// Rounds what `compute` approximates, to as many digits as that takes.
fn correctly_rounded(
    negative: bool,
    settings: &Settings,
    status: &mut Status,
    mut compute: impl FnMut(i64) -> Option<Approximation>,
) -> Number {
    let settings = settings.rounded(Rounding::HalfEven);
    if settings.precision > MOST_DIGITS as i64 {
        return status.fail(Status::MEMORY);
    }
    let mut digits = settings.precision + 6;
    loop {
        let Some((coefficient, exponent)) = compute(digits) else {
            return status.fail(Status::MEMORY);
        };
        let mut result = Number::finite(negative, Coefficient::from(coefficient), exponent);
        if is_settled(&result, &settings) {
            if matches!(result.coefficient.last_digit(), 0 | 5) {
                result.coefficient = result.coefficient.incremented();
            }
            return finish_inexact(result, &settings, status);
        }
        digits += (digits / 4).max(16);
    }
}

/// Whether a few units more or less in the last digit would change how the number rounds.
fn is_settled(number: &Number, settings: &Settings) -> bool {
    const DOUBT: u64 = 8;
    let digits = number.coefficient.digits();
    let places = match number.adjusted() < settings.emin {
        true => settings.etiny() - number.exponent,
        false => digits - settings.precision,
    };
    if number.adjusted() > settings.emax || places > digits + 1 {
        return true;
    }
    if places <= 2 {
        return false;
    }
    let tail = number.coefficient.last_digits(places).to_natural();
    let doubt = Natural::from(DOUBT);
    with_power(places as u64, |unit| {
        let half = unit >> 1u64;
        let near = |point: &Natural| tail <= point + &doubt && &tail + &doubt >= *point;
        !(near(&Natural::ZERO) || near(&half) || near(unit))
    })
}

/// `e ** number`.
pub fn exp(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    if !number.is_finite() {
        if let Some(nan) = propagate_nan(&[number], settings, status) {
            return nan;
        }
        return if number.negative {
            Number::zero(false, 0)
        } else {
            Number::infinity(false)
        };
    }
    if number.coefficient.is_zero() {
        return Number::ONE;
    }
    let adjusted = number.adjusted();
    if adjusted + 1 > EXP_LIMIT {
        if !number.negative {
            *status |= Status::OVERFLOW | Status::INEXACT | Status::ROUNDED;
            return Number::infinity(false);
        }
        *status |= Status::INEXACT
            | Status::ROUNDED
            | Status::SUBNORMAL
            | Status::UNDERFLOW
            | Status::CLAMPED;
        return Number::zero(false, settings.etiny());
    }
    let limit = Number::finite(false, Coefficient::from(9u64), -(settings.precision + 2));
    if number.compare_magnitude(&limit) != Ordering::Greater {
        let Some(coefficient) = Coefficient::ONE.shifted_left(settings.precision - 1) else {
            return status.fail(Status::MEMORY);
        };
        let one = Number::finite(false, coefficient, 1 - settings.precision);
        return finish_inexact(one, &settings.rounded(Rounding::HalfEven), status);
    }
    correctly_rounded(false, settings, status, |digits| exp_to(number, digits))
}

fn exp_to(number: &Number, digits: i64) -> Option<Approximation> {
    let bits = bits_for(digits + (number.adjusted() + 1).max(0));
    let operand = to_fixed(&number.coefficient, number.exponent, bits)?;
    let unit = log_of_ten(bits);
    let (tens, rest) = operand.div_mod(&unit);
    let tens = i64::try_from(&tens).ok()?;
    let (tens, rest) = if number.negative {
        (-tens - 1, &unit - rest)
    } else {
        (tens, rest)
    };
    let mantissa = exponential(&rest, bits);
    let coefficient = with_power(digits as u64, |power| mantissa * power) >> bits;
    Some((coefficient, tens - digits))
}

/// `coefficient * 10 ** exponent` as a fixed-point number.
fn to_fixed(coefficient: &Coefficient, exponent: i64, bits: u64) -> Option<Natural> {
    if exponent >= 0 {
        return Some(coefficient.shifted_left(exponent)?.to_natural() << bits);
    }
    if -exponent > 2 * MOST_DIGITS as i64 {
        return None;
    }
    Some(with_power(exponent.unsigned_abs(), |power| {
        (coefficient.to_natural() << bits) / power
    }))
}

/// What `ln` and `log10` have in common: the results that need no computing.
fn special_logarithm(number: &Number, settings: &Settings, status: &mut Status) -> Option<Number> {
    if number.is_nan() {
        return propagate_nan(&[number], settings, status);
    }
    if number.is_zero() {
        return Some(Number::infinity(true));
    }
    if number.negative {
        return Some(status.fail(Status::INVALID_OPERATION));
    }
    number.is_infinite().then(|| Number::infinity(false))
}

/// The result of a logarithm whose size alone is beyond the context.
fn logarithm_overflow(
    number: &Number,
    size: i64,
    settings: &Settings,
    status: &mut Status,
) -> Option<Number> {
    if i64::from(count_digits(u128::from(size.unsigned_abs()))) - 1 <= settings.emax {
        return None;
    }
    *status |= Status::OVERFLOW | Status::INEXACT | Status::ROUNDED;
    Some(Number::infinity(number.adjusted() < 0))
}

/// The natural logarithm.
pub fn ln(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    if let Some(result) = special_logarithm(number, settings, status) {
        return result;
    }
    if number.compare(&Number::ONE) == Ordering::Equal {
        return Number::zero(false, 0);
    }
    let adjusted = number.adjusted();
    let size = 2 * if adjusted < 0 {
        -adjusted - 1
    } else {
        adjusted
    };
    if let Some(result) = logarithm_overflow(number, size, settings, status) {
        return result;
    }
    let negative = number.compare(&Number::ONE) == Ordering::Less;
    correctly_rounded(negative, settings, status, |digits| {
        log_to(number, digits, false)
    })
}

/// The logarithm to base ten.
pub fn log10(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    if let Some(result) = special_logarithm(number, settings, status) {
        return result;
    }
    let adjusted = number.adjusted();
    if number.coefficient.trailing_zeros() + 1 == number.coefficient.digits()
        && number
            .coefficient
            .shifted_right(number.coefficient.digits() - 1)
            .0
            .is_one()
    {
        return finish(
            Number::from_i64(adjusted),
            &settings.rounded(Rounding::HalfEven),
            status,
        );
    }
    let size = if adjusted < 0 {
        -adjusted - 1
    } else {
        adjusted
    };
    if let Some(result) = logarithm_overflow(number, size, settings, status) {
        return result;
    }
    let negative = number.compare(&Number::ONE) == Ordering::Less;
    correctly_rounded(negative, settings, status, |digits| {
        log_to(number, digits, true)
    })
}

/// The magnitude of a logarithm of a positive number other than one.
fn log_to(number: &Number, digits: i64, base_ten: bool) -> Option<Approximation> {
    // number = value * 10 ** tens, with a value from 0.3 to 3.
    let length = number.coefficient.digits();
    let first = number
        .coefficient
        .shifted_right(length - 1)
        .0
        .small()
        .unwrap_or(1);
    let tens = number.adjusted() + i64::from(first >= 3);
    let value = Number::finite(false, number.coefficient.clone(), number.exponent - tens);
    let above = value.compare(&Number::ONE) != Ordering::Less;
    let mut lost = 0;
    if tens == 0 {
        // Near one the logarithm is as small as the distance from one.
        let distance = distance_from_one(&value);
        lost = -distance.adjusted();
        if 2 * lost > digits + 10 {
            return near_one(&distance, above, digits, base_ten);
        }
    }
    let bits = bits_for(digits + lost.max(0) + 3)
        + 2 * u64::from(count_digits(u128::from(tens.unsigned_abs())));
    let fixed = to_fixed(&value.coefficient, value.exponent, bits)?;
    // Below one, the logarithm is that of the reciprocal, negated.
    let fixed = if above {
        fixed
    } else {
        (Natural::ONE << (2 * bits)) / fixed
    };
    let part = logarithm(&fixed, bits);
    let whole = log_of_ten(bits) * Natural::from(tens.unsigned_abs());
    let magnitude = match (tens > 0) == above || tens == 0 {
        true => whole + part,
        // |tens * ln(10)| is the greater of the two.
        false => whole - part,
    };
    let magnitude = if base_ten {
        (magnitude << bits) / log_of_ten(bits)
    } else {
        magnitude
    };
    let size = magnitude.significant_bits() as i64 - bits as i64;
    let places = (digits - (size as f64 * std::f64::consts::LOG10_2).floor() as i64 + 1).max(0);
    Some((
        with_power(places as u64, |power| magnitude * power) >> bits,
        -places,
    ))
}

fn distance_from_one(value: &Number) -> Number {
    let mut status = Status::NONE;
    arithmetic::subtract(value, &Number::ONE, &Settings::MAXIMAL, &mut status).with_sign(false)
}

/// The logarithm of a number so near to one that two terms of the series tell it.
fn near_one(distance: &Number, above: bool, digits: i64, base_ten: bool) -> Option<Approximation> {
    let (mut status, work) = (Status::NONE, Settings::MAXIMAL.with_precision(digits + 8));
    let square = arithmetic::multiply(distance, distance, &work, &mut status);
    // Above one the terms alternate, below they all have the same sign.
    let half = arithmetic::multiply(
        &square,
        &Number::finite(above, Coefficient::from(5u64), -1),
        &work,
        &mut status,
    );
    let mut result = arithmetic::add(distance, &half, &work, &mut status);
    if base_ten {
        let places = digits + 8;
        let bits = bits_for(places + 4);
        let unit = with_power(places as u64, |power| log_of_ten(bits) * power) >> bits;
        let ten = Number::finite(false, Coefficient::from(unit), -places);
        result = arithmetic::divide(&result, &ten, &work, &mut status);
    }
    let missing = (digits - result.coefficient.digits()).max(0);
    Some((
        result.coefficient.shifted_left(missing)?.to_natural(),
        result.exponent - missing,
    ))
}

/// The square root.
pub fn sqrt(number: &Number, settings: &Settings, status: &mut Status) -> Number {
    if let Some(nan) = propagate_nan(&[number], settings, status) {
        return nan;
    }
    let settings = settings.rounded(Rounding::HalfEven);
    let ideal = number.exponent.div_euclid(2);
    if number.is_zero() {
        return finish(Number::zero(number.negative, ideal), &settings, status);
    }
    if number.negative {
        return status.fail(Status::INVALID_OPERATION);
    }
    if number.is_infinite() {
        return number.clone();
    }
    if let Some(root) = root_to(number, settings.precision) {
        return finish(root, &settings, status);
    }
    // An inexact root of that many digits does not fit the memory; an exact one is no longer than the operand.
    let short = settings.with_precision(number.coefficient.digits().min(settings.precision));
    let mut work_status = Status::NONE;
    match root_to(number, short.precision) {
        Some(root) => {
            let result = finish(root, &short, &mut work_status);
            if work_status.has(Status::INEXACT | Status::ROUNDED) {
                return status.fail(Status::MEMORY);
            }
            *status |= work_status;
            result
        }
        None => status.fail(Status::MEMORY),
    }
}

/// The root to one digit more than the precision, its last digit marked if that is not all.
fn root_to(number: &Number, precision: i64) -> Option<Number> {
    let odd = number.exponent.rem_euclid(2);
    let ideal = number.exponent.div_euclid(2);
    let digits = number.coefficient.digits();
    let length = if odd == 1 {
        (digits >> 1) + 1
    } else {
        (digits + 1) >> 1
    };
    let shift = precision + 1 - length;
    let scaled = number.coefficient.shifted_left(odd)?;
    let (scaled, all) = match shift >= 0 {
        true => (scaled.shifted_left(2 * shift)?, true),
        false => {
            let (scaled, lost) = scaled.shifted_right(-2 * shift);
            (scaled, lost == Lost::Nothing)
        }
    };
    let scaled = scaled.to_natural();
    let root = (&scaled).floor_sqrt();
    let exact = all && (&root).square() == scaled;
    let root = Coefficient::from(root);
    if !exact {
        let marked = if matches!(root.last_digit(), 0 | 5) {
            root.incremented()
        } else {
            root
        };
        return Some(Number::finite(false, marked, ideal - shift));
    }
    let coefficient = if shift >= 0 {
        root.shifted_right(shift).0
    } else {
        root.shifted_left(-shift)?
    };
    Some(Number::finite(false, coefficient, ideal))
}

/// `10 ** exponent` as a coefficient, if it is not too long.
pub fn power_of_ten(exponent: u64) -> Option<Natural> {
    (exponent <= MOST_DIGITS).then(|| power(exponent))
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::super::show::{Notation, to_text};
    use super::*;

    fn shown(
        operation: fn(&Number, &Settings, &mut Status) -> Number,
        text: &str,
        precision: i64,
    ) -> String {
        let mut status = Status::NONE;
        let settings = Settings::DEFAULT.with_precision(precision);
        let number = parse(text.as_bytes(), &settings, &mut status);
        to_text(
            &operation(&number, &settings, &mut status),
            Notation::Scientific,
            true,
        )
    }

    #[test]
    fn values_are_those_of_the_tables() {
        assert_eq!(
            shown(ln, "10", 50),
            "2.3025850929940456840179914546843642076011014886288"
        );
        assert_eq!(
            shown(ln, "2", 40),
            "0.6931471805599453094172321214581765680755"
        );
        assert_eq!(
            shown(exp, "1", 50),
            "2.7182818284590452353602874713526624977572470937000"
        );
        assert_eq!(shown(exp, "-1", 28), "0.3678794411714423215955237702");
        assert_eq!(shown(log10, "2", 30), "0.301029995663981195213738894724");
        assert_eq!(shown(log10, "1E-7", 30), "-7");
        assert_eq!(shown(sqrt, "2", 30), "1.41421356237309504880168872421");
        assert_eq!(shown(sqrt, "1.44E+2", 9), "12");
    }
}
