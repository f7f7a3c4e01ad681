//! `round` of ints, and the integral parts of floats as ints.

use malachite_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Pow, Signed};

use super::IntView::{self, Big, Small};
use super::arithmetic::big_from_float;
use super::{as_big, from_big, new};
use crate::raised::PyResult;
use crate::value::Value;

/// `round(value, digits)`: to a multiple of a power of ten, ties to the even multiple.
pub fn round(value: IntView<'_>, digits: &Value) -> PyResult<Value> {
    let digits = as_big(digits)?;
    if !digits.is_negative() || value.is_zero() {
        return Ok(value.to_value());
    }
    // 10**places with 3.32 bits a place is more than twice the number: nothing remains.
    let most = value.bit_length() / 3 + 2;
    let places = match u64::try_from(-digits) {
        Ok(places) if places <= most => places,
        _ => return Ok(new(0)),
    };
    let unit: BigInt = Pow::pow(BigInt::from(10), places);
    let value = value.into_big();
    let (quotient, rest) = value.div_mod_floor(&unit);
    let doubled: BigInt = &rest * 2;
    let up = doubled > unit || doubled == unit && quotient.is_odd();
    let low = &*value - rest;
    Ok(from_big(if up { low + unit } else { low }))
}

/// The whole part of a float as an int, towards zero.
#[inline]
pub fn from_f64(float: f64) -> PyResult<Value> {
    const LIMIT: f64 = (1u64 << 62) as f64;
    if float > -LIMIT && float < LIMIT {
        return Ok(new(float as i64));
    }
    if float.is_nan() {
        bail!(ValueError, "cannot convert float NaN to integer");
    }
    if float.is_infinite() {
        bail!(OverflowError, "cannot convert float infinity to integer");
    }
    Ok(from_big(big_from_float(float)))
}

/// Number of ones in the magnitude's binary digits.
pub fn bit_count(value: IntView<'_>) -> u64 {
    match value {
        Small(small) => u64::from(small.unsigned_abs().count_ones()),
        Big(big) => big
            .magnitude()
            .iter_u64_digits()
            .map(|digit| u64::from(digit.count_ones()))
            .sum(),
    }
}
