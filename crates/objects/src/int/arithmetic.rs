//! Ring operations, comparison and hashing of ints, whatever their size.
//!
//! Every binary function is a number slot: it takes two values, answers NotImplemented unless both are ints, and gives an
//! exact `int`. Two immediates are done by [`super::small`]; two 64-bit numbers in 128 bits; the rest as big numbers.

use std::cmp::Ordering;

use malachite_bigint::{BigInt, Sign};

use super::IntView::{self, Big, Small};
use super::{add_small, from_big, from_i128, from_u64, multiply_small, subtract_small, view};
use crate::class::Comparison;
use crate::hash;
use crate::raised::{PyResult, Raised};
use crate::value::Value;

/// Results above this many bits are refused with MemoryError unless the memory can be had.
const CHECKED_BITS: u128 = 1 << 32;

/// Both ints, if both values are ints.
#[inline(always)]
pub(super) fn operands<'a>(
    left: &'a Value,
    right: &'a Value,
) -> Option<(IntView<'a>, IntView<'a>)> {
    Some((view(left)?, view(right)?))
}

/// The MemoryError of an int that is too large.
#[cold]
pub(super) fn memory_error() -> Raised {
    exc!(MemoryError, "")
}

/// Raises MemoryError if an int of so many bits has no place: the arithmetic below aborts where memory ends.
#[inline]
pub(super) fn check_bits(bits: u128) -> PyResult<()> {
    if bits < CHECKED_BITS {
        Ok(())
    } else {
        probe_memory(bits)
    }
}

#[cold]
fn probe_memory(bits: u128) -> PyResult<()> {
    // Products and quotients need scratch space of a few times their size.
    let bytes = usize::try_from(bits / 8 * 4).map_err(|_| memory_error())?;
    let mut probe = Vec::<u8>::new();
    probe.try_reserve_exact(bytes).map_err(|_| memory_error())
}

/// `left + right`.
#[inline]
pub fn add(left: &Value, right: &Value) -> PyResult<Value> {
    if let Some(sum) = add_small(left, right) {
        return Ok(sum);
    }
    Ok(match operands(left, right) {
        None => Value::NOT_IMPLEMENTED,
        Some((Small(left), Small(right))) => from_i128(i128::from(left) + i128::from(right)),
        Some((left, right)) => from_big(&*left.into_big() + &*right.into_big()),
    })
}

/// `left - right`.
#[inline]
pub fn subtract(left: &Value, right: &Value) -> PyResult<Value> {
    if let Some(difference) = subtract_small(left, right) {
        return Ok(difference);
    }
    Ok(match operands(left, right) {
        None => Value::NOT_IMPLEMENTED,
        Some((Small(left), Small(right))) => from_i128(i128::from(left) - i128::from(right)),
        Some((left, right)) => from_big(&*left.into_big() - &*right.into_big()),
    })
}

/// `left * right`.
#[inline]
pub fn multiply(left: &Value, right: &Value) -> PyResult<Value> {
    if let Some(product) = multiply_small(left, right) {
        return Ok(product);
    }
    Ok(match operands(left, right) {
        None => Value::NOT_IMPLEMENTED,
        Some((Small(left), Small(right))) => from_i128(i128::from(left) * i128::from(right)),
        Some((left, right)) => {
            check_bits(u128::from(left.bit_length()) + u128::from(right.bit_length()))?;
            from_big(&*left.into_big() * &*right.into_big())
        }
    })
}

/// `-value`.
#[inline]
pub fn negative(value: IntView<'_>) -> Value {
    match value {
        Small(small) => from_i128(-i128::from(small)),
        Big(big) => from_big(-big),
    }
}

/// `abs(value)`.
#[inline]
pub fn absolute(value: IntView<'_>) -> Value {
    match value {
        Small(small) => from_u64(small.unsigned_abs()),
        Big(big) if big.sign() == Sign::Minus => from_big(-big),
        Big(_) => value.to_value(),
    }
}

/// How two ints are ordered.
#[inline]
pub fn order(left: IntView<'_>, right: IntView<'_>) -> Ordering {
    match (left, right) {
        (Small(left), Small(right)) => left.cmp(&right),
        (Big(left), Big(right)) => left.cmp(right),
        // A number that does not fit 64 bits is beyond all that do.
        (Big(left), Small(_)) => {
            if left.sign() == Sign::Minus {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (Small(_), Big(right)) => {
            if right.sign() == Sign::Minus {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
    }
}

/// `left OP right`; NotImplemented unless both are ints.
pub fn richcompare(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
    Ok(match operands(left, right) {
        None => Value::NOT_IMPLEMENTED,
        Some((left, right)) => Value::from_bool(comparison.holds(order(left, right))),
    })
}

/// How an int and a float that is not NaN are ordered, exactly.
pub fn order_float(int: IntView<'_>, float: f64) -> Ordering {
    const LIMIT: f64 = (1u64 << 63) as f64;
    match int {
        Small(_) if float >= LIMIT => Ordering::Less,
        Small(_) if float < -LIMIT => Ordering::Greater,
        Small(small) => {
            let whole = float.trunc();
            small
                .cmp(&(whole as i64))
                .then_with(|| whole.partial_cmp(&float).unwrap_or(Ordering::Equal))
        }
        Big(big) => order_big_float(big, float),
    }
}

fn order_big_float(big: &BigInt, float: f64) -> Ordering {
    let sign = if big.sign() == Sign::Minus {
        Ordering::Less
    } else {
        Ordering::Greater
    };
    // The number is beyond 64 bits: a float below that is nearer to zero.
    if float.abs() < (1u64 << 63) as f64 || (float < 0.0) != (sign == Ordering::Less) {
        return sign;
    }
    if float.is_infinite() {
        return sign.reverse();
    }
    big.cmp(&big_from_float(float))
}

/// The whole part of a finite float as a big number.
pub fn big_from_float(float: f64) -> BigInt {
    let bits = float.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let magnitude = match exponent {
        ..=-53 => BigInt::from(0),
        -52..0 => BigInt::from(mantissa >> -exponent),
        _ => BigInt::from(mantissa) << exponent,
    };
    if float < 0.0 { -magnitude } else { magnitude }
}

/// The hash of an int: its value modulo `2^61 - 1`.
#[inline]
pub fn hash(value: IntView<'_>) -> i64 {
    match value {
        Small(small) => hash::hash_i64(small),
        Big(big) => hash::hash_digits(big.sign() == Sign::Minus, big.magnitude().iter_u64_digits()),
    }
}
