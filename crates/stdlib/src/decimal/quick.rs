//! The short way through an operation: finite operands whose coefficients fit 128 bits, and a result that is a normal number
//! of the context once it is rounded.
//!
//! Everything is in machine words from the operands to the result, and nothing is cloned. Whatever is rare answers nothing
//! here and is left to the general operation, which says the same of every case these functions do answer.

use std::cmp::Ordering;

use taipan_objects::value::Value;

use super::coefficient::{Coefficient, Lost};
use super::decimal::Decimal;
use super::number::{Kind, Number};
use super::powers::{COUNT, POWERS, count_digits, divide_by_power, strip_zeros};
use super::rounding::grows;
use super::settings::{Rounding, Settings, Status};
use super::wide::{Wide, divide_128};

/// A finite number in machine words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scalar {
    /// The digits.
    pub coefficient: u128,
    /// What power of ten the coefficient counts.
    pub exponent: i64,
    /// Whether the sign is minus.
    pub negative: bool,
}

/// A result, and what is said about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The result.
    pub scalar: Scalar,
    /// What rounding it took.
    pub status: Status,
}

/// The longest coefficients that quotients have here: one digit more still fits 128 bits.
const LONGEST_QUOTIENT: i64 = COUNT as i64 - 3;

impl Scalar {
    /// What a number is in machine words, if it fits.
    #[inline(always)]
    pub fn of_number(number: &Number) -> Option<Scalar> {
        match (number.kind, &number.coefficient) {
            (Kind::Finite, Coefficient::Small(low, high)) => Some(Scalar {
                coefficient: u128::from(*low) | u128::from(*high) << 64,
                exponent: number.exponent,
                negative: number.negative,
            }),
            _ => None,
        }
    }

    /// What an operand is in machine words: a `Decimal`, or a small int.
    #[inline(always)]
    pub fn of(value: &Value) -> Option<Scalar> {
        if let Some(decimal) = value.downcast_exact::<Decimal>() {
            return Scalar::of_number(&decimal.number);
        }
        value.as_small_int().map(|int| Scalar {
            coefficient: u128::from(int.unsigned_abs()),
            exponent: 0,
            negative: int < 0,
        })
    }

    /// The order of two numbers with the same exponent.
    #[inline(always)]
    pub fn compare_aligned(self, other: Scalar) -> Option<Ordering> {
        if self.exponent != other.exponent {
            return None;
        }
        let order = self.coefficient.cmp(&other.coefficient);
        Some(match (self.negative, other.negative) {
            (false, false) => order,
            (true, true) => order.reverse(),
            _ if self.coefficient == 0 && other.coefficient == 0 => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        })
    }

    /// The number.
    #[inline(always)]
    pub fn into_number(self) -> Number {
        Number::finite(
            self.negative,
            Coefficient::from(self.coefficient),
            self.exponent,
        )
    }
}

/// Whether every coefficient within the precision makes a normal number with this exponent, and no clamping changes it.
#[inline(always)]
fn is_inside(exponent: i64, settings: &Settings) -> bool {
    exponent >= settings.emin && exponent <= settings.etop()
}

/// A rounded result: what is left of the digits, which grows by one where the rounding says so.
#[inline(always)]
fn rounded(
    negative: bool,
    kept: u128,
    lost: Lost,
    exponent: i64,
    settings: &Settings,
) -> Option<Outcome> {
    let mut scalar = Scalar {
        coefficient: kept,
        exponent,
        negative,
    };
    if grows(settings.rounding, negative, lost, || {
        divide_by_power(kept, 1).1 as u8
    }) {
        scalar.coefficient += 1;
        if scalar.coefficient == POWERS[settings.precision as usize] {
            scalar.coefficient = POWERS[settings.precision as usize - 1];
            scalar.exponent += 1;
        }
    }
    let status = match lost {
        Lost::Nothing => Status::ROUNDED,
        _ => Status::ROUNDED | Status::INEXACT,
    };
    // What is subnormal before it is rounded is reported so even where rounding makes it normal.
    (exponent >= settings.emin && scalar.exponent <= settings.etop())
        .then_some(Outcome { scalar, status })
}

/// An exact result, rounded to the context.
#[inline(always)]
fn fitted(
    negative: bool,
    coefficient: u128,
    exponent: i64,
    settings: &Settings,
) -> Option<Outcome> {
    if settings.precision < COUNT as i64 && coefficient >= POWERS[settings.precision as usize] {
        let places = i64::from(count_digits(coefficient)) - settings.precision;
        let (kept, rest) = divide_by_power(coefficient, places as usize);
        let lost = Lost::classify(rest, POWERS[places as usize]);
        return rounded(negative, kept, lost, exponent + places, settings);
    }
    let scalar = Scalar {
        coefficient,
        exponent,
        negative,
    };
    is_inside(exponent, settings).then_some(Outcome {
        scalar,
        status: Status::NONE,
    })
}

/// As [`fitted`], for a result longer than 128 bits.
fn fitted_wide(
    negative: bool,
    product: Wide,
    exponent: i64,
    settings: &Settings,
) -> Option<Outcome> {
    let places = i64::from(product.count_digits()) - settings.precision;
    if settings.precision >= COUNT as i64 - 1 || !(1..COUNT as i64).contains(&places) {
        return None;
    }
    let (kept, rest) = product.divide_by_power(places as usize);
    let lost = Lost::classify(rest, POWERS[places as usize]);
    rounded(negative, kept, lost, exponent + places, settings)
}

/// `left + right`.
#[inline(always)]
pub fn add(left: Scalar, right: Scalar, settings: &Settings) -> Option<Outcome> {
    let (first, second, exponent) = if left.exponent == right.exponent {
        (left.coefficient, right.coefficient, left.exponent)
    } else {
        aligned(left, right, settings.precision)?
    };
    if left.negative == right.negative {
        return fitted(
            left.negative,
            first.checked_add(second)?,
            exponent,
            settings,
        );
    }
    let (negative, difference) = match first.checked_sub(second) {
        Some(0) => (settings.rounding == Rounding::Floor, 0),
        Some(difference) => (left.negative, difference),
        None => (right.negative, second - first),
    };
    fitted(negative, difference, exponent, settings)
}

/// `left - right`.
#[inline(always)]
pub fn subtract(left: Scalar, right: Scalar, settings: &Settings) -> Option<Outcome> {
    let opposite = Scalar {
        negative: !right.negative,
        ..right
    };
    add(left, opposite, settings)
}

/// Coefficients that count the same power of ten, and that power.
#[inline]
fn aligned(left: Scalar, right: Scalar, precision: i64) -> Option<(u128, u128, i64)> {
    if left.exponent > right.exponent {
        return raised(left, right, precision);
    }
    let (high, low, exponent) = raised(right, left, precision)?;
    Some((low, high, exponent))
}

/// Gives zeros to the coefficient of the number with the greater exponent.
#[inline]
fn raised(high: Scalar, low: Scalar, precision: i64) -> Option<(u128, u128, i64)> {
    let places = high.exponent - low.exponent;
    if places < COUNT as i64
        && let Some(shifted) = times_power(high.coefficient, places as usize)
    {
        return Some((shifted, low.coefficient, low.exponent));
    }
    raised_far(high, low, places, precision)
}

/// `number * 10 ** places`, if it fits.
#[inline(always)]
fn times_power(number: u128, places: usize) -> Option<u128> {
    let product = Wide::product(number, POWERS[places]);
    (product.high == 0).then_some(product.low)
}

/// As [`raised`], where the zeros do not all fit: the last digits of the lower number become one, which says whether any of
/// them is not zero. It stands two digits or more behind the last that is kept.
fn raised_far(high: Scalar, low: Scalar, places: i64, precision: i64) -> Option<(u128, u128, i64)> {
    /// One digit less than 128 bits always hold, so that the sum fits.
    const LENGTH: i64 = COUNT as i64 - 2;
    let up = LENGTH - i64::from(count_digits(high.coefficient));
    // A difference can be a digit shorter.
    if high.coefficient == 0 || up < 1 || LENGTH < precision + 3 {
        return None;
    }
    // One place more than the zeros that fit, for the digit that stands for the rest.
    let down = places - up + 1;
    if down < 1 {
        return None;
    }
    let (kept, rest) = match usize::try_from(down) {
        Ok(down) if down < COUNT => divide_by_power(low.coefficient, down),
        _ => (0, low.coefficient),
    };
    if kept >= POWERS[LENGTH as usize - 1] {
        return None;
    }
    let marked = kept * 10 + u128::from(rest != 0);
    Some((
        high.coefficient * POWERS[up as usize],
        marked,
        high.exponent - up,
    ))
}

/// `left * right`.
#[inline(always)]
pub fn multiply(left: Scalar, right: Scalar, settings: &Settings) -> Option<Outcome> {
    let negative = left.negative != right.negative;
    let exponent = left.exponent + right.exponent;
    let product = Wide::product(left.coefficient, right.coefficient);
    match product.high {
        0 => fitted(negative, product.low, exponent, settings),
        _ => fitted_wide(negative, product, exponent, settings),
    }
}

/// `left / right`.
#[inline(always)]
pub fn divide(left: Scalar, right: Scalar, settings: &Settings) -> Option<Outcome> {
    if left.coefficient == 0 || right.coefficient == 0 || settings.precision > LONGEST_QUOTIENT {
        return None;
    }
    let negative = left.negative != right.negative;
    let ideal = left.exponent - right.exponent;
    // As many places as give a quotient as long as the precision, or a digit longer.
    let places = i64::from(count_digits(right.coefficient))
        - i64::from(count_digits(left.coefficient))
        + settings.precision;
    if !(0..COUNT as i64).contains(&places) {
        return None;
    }
    let exponent = ideal - places;
    let (quotient, rest) =
        Wide::product(left.coefficient, POWERS[places as usize]).divide(right.coefficient);
    if rest == 0 {
        let (stripped, zeros) = strip_zeros(quotient, places as u32);
        return fitted(negative, stripped, exponent + i64::from(zeros), settings);
    }
    if quotient < POWERS[settings.precision as usize] {
        let lost = Lost::classify(rest, right.coefficient);
        return rounded(negative, quotient, lost, exponent, settings);
    }
    // The digit too many decides, for something follows it.
    let (kept, digit) = divide_by_power(quotient, 1);
    let lost = if digit < 5 {
        Lost::BelowHalf
    } else {
        Lost::AboveHalf
    };
    rounded(negative, kept, lost, exponent + 1, settings)
}

/// Whole quotient and remainder of numbers with the same exponent, where the quotient is not longer than the precision.
#[inline(always)]
fn divide_whole(left: Scalar, right: Scalar, settings: &Settings) -> Option<(u128, u128)> {
    if right.coefficient == 0 || left.exponent != right.exponent {
        return None;
    }
    let (quotient, rest) = divide_128(left.coefficient, right.coefficient);
    match POWERS.get(settings.precision as usize) {
        Some(&limit) if quotient >= limit => None,
        _ => Some((quotient, rest)),
    }
}

/// `left // right`.
#[inline(always)]
pub fn divide_integer(left: Scalar, right: Scalar, settings: &Settings) -> Option<Outcome> {
    let (quotient, _) = divide_whole(left, right, settings)?;
    fitted(left.negative != right.negative, quotient, 0, settings)
}

/// `left % right`.
#[inline(always)]
pub fn remainder(left: Scalar, right: Scalar, settings: &Settings) -> Option<Outcome> {
    let (_, rest) = divide_whole(left, right, settings)?;
    fitted(left.negative, rest, left.exponent, settings)
}

/// `number` with the exponent of `model`, rounded.
#[inline(always)]
pub fn quantize(number: Scalar, model: Scalar, settings: &Settings) -> Option<Outcome> {
    let exponent = model.exponent;
    let places = number.exponent - exponent;
    let (coefficient, status) = if places >= 0 {
        if places >= COUNT as i64 {
            return None;
        }
        let coefficient = times_power(number.coefficient, places as usize)?;
        (coefficient, Status::NONE)
    } else {
        let places = usize::try_from(-places)
            .ok()
            .filter(|&places| places < COUNT)?;
        let (kept, rest) = divide_by_power(number.coefficient, places);
        let lost = Lost::classify(rest, POWERS[places]);
        let grown = grows(settings.rounding, number.negative, lost, || {
            divide_by_power(kept, 1).1 as u8
        });
        let status = match lost {
            // Zeros that go from a zero are no digits.
            Lost::Nothing if kept == 0 => Status::NONE,
            Lost::Nothing => Status::ROUNDED,
            _ => Status::ROUNDED | Status::INEXACT,
        };
        (kept + u128::from(grown), status)
    };
    let is_too_long = POWERS
        .get(settings.precision as usize)
        .is_some_and(|&limit| coefficient >= limit);
    let scalar = Scalar {
        coefficient,
        exponent,
        negative: number.negative,
    };
    (!is_too_long && is_inside(exponent, settings)).then_some(Outcome { scalar, status })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::{arithmetic, rounding};

    type Quick = fn(Scalar, Scalar, &Settings) -> Option<Outcome>;
    type General = fn(&Number, &Number, &Settings, &mut Status) -> Number;

    /// Numbers of all lengths, many of them near powers of ten, of two, and near halves.
    fn numbers(state: &mut u128) -> Scalar {
        let mut next = || {
            *state = state
                .wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645)
                .wrapping_add(0x5851_F42D_4C95_7F2D);
            (*state ^ (*state >> 61)) >> 20
        };
        let power = POWERS[(next() % COUNT as u128) as usize];
        let digits = next() % power.max(2);
        let coefficient = match next() % 8 {
            0 => power,
            1 => power - 1,
            2 => power + next() % 3,
            3 => power / 2 + next() % 2,
            4 => u128::from(u64::MAX) + next() % 3 - 1,
            5 => u128::MAX - next() % 3,
            6 => digits / 1000 * 1000,
            _ => digits,
        };
        Scalar {
            coefficient,
            exponent: (next() % 60) as i64 - 30,
            negative: next() % 2 == 0,
        }
    }

    #[test]
    fn short_ways_agree_with_general_ones() {
        let pairs: [(Quick, General); 7] = [
            (add, arithmetic::add),
            (subtract, arithmetic::subtract),
            (multiply, arithmetic::multiply),
            (divide, arithmetic::divide),
            (divide_integer, arithmetic::divide_integer),
            (remainder, arithmetic::remainder),
            (quantize, rounding::quantize_generally),
        ];
        let mut state = 99u128;
        let mut answered = [0; 7];
        for round in 0..200_000usize {
            let (left, mut right) = (numbers(&mut state), numbers(&mut state));
            if round % 3 == 0 {
                right.exponent = left.exponent;
            }
            let emax = [999_999, 40, 20, 5][round % 4];
            let settings = Settings {
                precision: 1 + (round / 4 % 40) as i64,
                emax,
                emin: -emax,
                rounding: Rounding::ALL[round / 160 % 8],
                clamp: round / 1280 % 2 == 0,
                capitals: true,
            };
            for (index, (quick, general)) in pairs.iter().enumerate() {
                let Some(outcome) = quick(left, right, &settings) else {
                    continue;
                };
                answered[index] += 1;
                let mut status = Status::NONE;
                let number = general(
                    &left.into_number(),
                    &right.into_number(),
                    &settings,
                    &mut status,
                );
                assert_eq!(
                    (Some(outcome.scalar), outcome.status),
                    (Scalar::of_number(&number), status),
                    "operation {index} of {left:?} and {right:?} in {settings:?}"
                );
            }
        }
        assert!(
            answered.iter().all(|&count| count > 20_000),
            "answered {answered:?}"
        );
    }
}
