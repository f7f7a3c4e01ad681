//! Division of ints: floored quotient and remainder, and the correctly rounded true quotient.

use malachite_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};

use super::IntView::{self, Small};
use super::arithmetic::operands;
use super::{floor_divide_small, from_big, from_i128, new, remainder_small};
use crate::float;
use crate::raised::{PyResult, Raised};
use crate::tuple::Tuple;
use crate::value::Value;

/// The ZeroDivisionError of every division by zero.
#[cold]
pub fn division_by_zero() -> Raised {
    exc!(ZeroDivisionError, "division by zero")
}

/// Floored quotient of two 64-bit numbers.
fn floor_quotient(left: i64, right: i64) -> i128 {
    let (left, right) = (i128::from(left), i128::from(right));
    let quotient = left / right;
    if left % right != 0 && (left < 0) != (right < 0) {
        quotient - 1
    } else {
        quotient
    }
}

/// Remainder with the sign of the divisor.
fn floor_remainder(left: i64, right: i64) -> i64 {
    let remainder = left.wrapping_rem(right);
    if remainder != 0 && (remainder ^ right) < 0 {
        remainder + right
    } else {
        remainder
    }
}

/// `left // right`.
#[inline]
pub fn floor_divide(left: &Value, right: &Value) -> PyResult<Value> {
    if let Some(quotient) = floor_divide_small(left, right) {
        return Ok(quotient);
    }
    Ok(match operands(left, right) {
        None => Value::NOT_IMPLEMENTED,
        Some((_, Small(0))) => return Err(division_by_zero()),
        Some((Small(left), Small(right))) => from_i128(floor_quotient(left, right)),
        Some((left, right)) => from_big(left.into_big().div_floor(&right.into_big())),
    })
}

/// `left % right`.
#[inline]
pub fn remainder(left: &Value, right: &Value) -> PyResult<Value> {
    if let Some(remainder) = remainder_small(left, right) {
        return Ok(remainder);
    }
    Ok(match operands(left, right) {
        None => Value::NOT_IMPLEMENTED,
        Some((_, Small(0))) => return Err(division_by_zero()),
        Some((Small(left), Small(right))) => new(floor_remainder(left, right)),
        Some((left, right)) => from_big(left.into_big().mod_floor(&right.into_big())),
    })
}

/// `divmod(left, right)`.
pub fn divmod(left: &Value, right: &Value) -> PyResult<Value> {
    let (quotient, remainder) = match operands(left, right) {
        None => return Ok(Value::NOT_IMPLEMENTED),
        Some((_, Small(0))) => return Err(division_by_zero()),
        Some((Small(left), Small(right))) => (
            from_i128(floor_quotient(left, right)),
            new(floor_remainder(left, right)),
        ),
        Some((left, right)) => {
            let (quotient, remainder) = left.into_big().div_mod_floor(&right.into_big());
            (from_big(quotient), from_big(remainder))
        }
    };
    Ok(Tuple::pair(quotient, remainder).into_value())
}

/// `left / right`.
#[inline]
pub fn true_divide(left: &Value, right: &Value) -> PyResult<Value> {
    match operands(left, right) {
        None => Ok(Value::NOT_IMPLEMENTED),
        Some((left, right)) => quotient_to_f64(left, right).map(float::new),
    }
}

/// The float nearest to `left / right`, ties to even.
pub fn quotient_to_f64(left: IntView<'_>, right: IntView<'_>) -> PyResult<f64> {
    const EXACT: u64 = 1 << 53;
    match (left, right) {
        (_, Small(0)) => Err(division_by_zero()),
        // Both are floats exactly, so one rounding is all there is.
        (Small(left), Small(right))
            if left.unsigned_abs() <= EXACT && right.unsigned_abs() <= EXACT =>
        {
            Ok(left as f64 / right as f64)
        }
        _ => divide_big(&left.into_big(), &right.into_big()).ok_or_else(|| {
            exc!(
                OverflowError,
                "integer division result too large for a float"
            )
        }),
    }
}

/// The float nearest to a quotient of big numbers; `None` beyond the floats. The divisor is not zero.
fn divide_big(left: &BigInt, right: &BigInt) -> Option<f64> {
    const MIN_EXPONENT: i64 = -1021;
    const DIGITS: i64 = 53;
    let negative = (left.sign() == Sign::Minus) != (right.sign() == Sign::Minus);
    let signed = |float: f64| if negative { -float } else { float };
    let (left, right) = (left.magnitude(), right.magnitude());
    if left.is_zero() {
        return Some(signed(0.0));
    }
    let difference = left.bits() as i64 - right.bits() as i64;
    if difference > 1024 {
        return None;
    }
    if difference < MIN_EXPONENT - DIGITS - 1 {
        return Some(signed(0.0));
    }
    // A quotient of 55 or 56 bits (fewer for subnormals): enough to round once, with the rest in a sticky bit.
    let shift = difference.max(MIN_EXPONENT) - DIGITS - 2;
    let (quotient, rest) = if shift <= 0 {
        (left << shift.unsigned_abs()).div_rem(right)
    } else {
        left.div_rem(&(right << shift.unsigned_abs()))
    };
    let mut quotient = quotient.to_u64()? | u64::from(!rest.is_zero());
    let bits = 64 - i64::from(quotient.leading_zeros());
    let extra = bits.max(MIN_EXPONENT - shift) - DIGITS;
    let half = 1u64 << (extra - 1);
    if quotient & half != 0 && quotient & (3 * half - 1) != 0 {
        quotient += half;
    }
    quotient &= !(2 * half - 1);
    let result = scale(quotient as f64, shift);
    result.is_finite().then(|| signed(result))
}

/// `float * 2**exponent`, for results that are exact or infinite.
fn scale(float: f64, exponent: i64) -> f64 {
    let half = (exponent / 2) as i32;
    // Two steps: one factor alone can leave the floats where the product does not.
    float * 2f64.powi(half) * 2f64.powi(exponent as i32 - half)
}
