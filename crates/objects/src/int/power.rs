//! Powers of ints, with and without a modulus.

use malachite_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};

use super::IntView::{self, Small};
use super::arithmetic::{check_bits, memory_error, operands};
use super::{from_big, new, view};
use crate::float;
use crate::raised::PyResult;
use crate::value::Value;

/// `pow(base, exponent, modulus)`; the modulus may be None. A negative exponent without a modulus gives a float.
pub fn power(base: &Value, exponent: &Value, modulus: &Value) -> PyResult<Value> {
    let Some((base, exponent)) = operands(base, exponent) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !modulus.is_none() {
        return match view(modulus) {
            Some(modulus) => modular_power(base, exponent, modulus),
            None => Ok(Value::NOT_IMPLEMENTED),
        };
    }
    if exponent.is_negative() {
        let convert = |view: IntView<'_>| float::int_to_f64(&view.to_value());
        return float::power_of_floats(convert(base)?, convert(exponent)?);
    }
    plain_power(base, exponent)
}

/// `base ** exponent` for an exponent that is not negative.
fn plain_power(base: IntView<'_>, exponent: IntView<'_>) -> PyResult<Value> {
    if let (Small(small), Small(exponent)) = (base, exponent)
        && let Some(power) = u32::try_from(exponent)
            .ok()
            .and_then(|exponent| small.checked_pow(exponent))
    {
        return Ok(new(power));
    }
    match base {
        Small(0) => return Ok(new(i64::from(exponent.is_zero()))),
        Small(1) => return Ok(new(1)),
        Small(-1) => return Ok(new(if exponent.is_odd() { -1 } else { 1 })),
        _ => {}
    }
    let Small(exponent) = exponent else {
        return Err(memory_error());
    };
    check_bits(u128::from(base.bit_length() - 1) * exponent as u128 + 1)?;
    if base.unsigned_abs().is_some_and(u64::is_power_of_two) {
        let power = BigInt::one() << ((base.bit_length() - 1) * exponent as u64);
        return Ok(from_big(if base.is_negative() && exponent & 1 != 0 {
            -power
        } else {
            power
        }));
    }
    Ok(from_big(Pow::pow(&*base.into_big(), exponent as u64)))
}

/// `pow(base, exponent, modulus)` for three ints.
fn modular_power(
    base: IntView<'_>,
    exponent: IntView<'_>,
    modulus: IntView<'_>,
) -> PyResult<Value> {
    if modulus.is_zero() {
        bail!(ValueError, "pow() 3rd argument cannot be 0");
    }
    if let (Small(base), Small(exponent), Small(modulus)) = (base, exponent, modulus) {
        return small_modular_power(base, exponent, modulus);
    }
    let modulus = modulus.into_big();
    let magnitude = modulus.abs();
    if magnitude.is_one() {
        return Ok(new(0));
    }
    let mut base = base.into_big().mod_floor(&magnitude);
    let mut exponent = exponent.into_big();
    if exponent.is_negative() {
        base = match base.modinv(&magnitude) {
            Some(inverse) => inverse,
            None => bail!(ValueError, "base is not invertible for the given modulus"),
        };
        exponent = std::borrow::Cow::Owned(-&*exponent);
    }
    let power = if exponent.is_zero() {
        BigInt::one()
    } else {
        base.modpow(&exponent, &magnitude)
    };
    Ok(from_big(if modulus.is_negative() && !power.is_zero() {
        power - magnitude
    } else {
        power
    }))
}

fn small_modular_power(base: i64, exponent: i64, modulus: i64) -> PyResult<Value> {
    let magnitude = i128::from(modulus.unsigned_abs());
    let mut base = i128::from(base).rem_euclid(magnitude);
    if exponent < 0 {
        base = match inverse(base, magnitude) {
            Some(inverse) => inverse,
            None => bail!(ValueError, "base is not invertible for the given modulus"),
        };
    }
    let (mut square, modulus_word) = (base as u128, magnitude as u128);
    let mut exponent = exponent.unsigned_abs();
    let mut power = 1 % modulus_word;
    while exponent != 0 {
        if exponent & 1 != 0 {
            power = multiply_modulo(power, square, modulus_word);
        }
        square = multiply_modulo(square, square, modulus_word);
        exponent >>= 1;
    }
    let power = power as i128;
    Ok(super::from_i128(if modulus < 0 && power != 0 {
        power - magnitude
    } else {
        power
    }))
}

#[inline(always)]
fn multiply_modulo(left: u128, right: u128, modulus: u128) -> u128 {
    let product = left * right;
    // A 64-bit division is several times cheaper than a 128-bit one.
    match (product.to_u64(), modulus.to_u64()) {
        (Some(product), Some(modulus)) => u128::from(product % modulus),
        _ => product % modulus,
    }
}

/// The inverse of `value` modulo `modulus`, if they have no common factor.
fn inverse(value: i128, modulus: i128) -> Option<i128> {
    let steps = value.extended_gcd(&modulus);
    steps.gcd.is_one().then(|| steps.x.rem_euclid(modulus))
}
