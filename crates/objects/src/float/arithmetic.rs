//! Arithmetic and comparison of floats with floats and ints.
//!
//! Every binary function is a number slot: one operand is a float, and it answers NotImplemented unless the other is a
//! float or an int. Errors of C's arithmetic become exceptions as in CPython.

use std::cmp::Ordering;

use super::{compare, int_to_f64, new, value_of};
use crate::class::Comparison;
use crate::complex;
use crate::exceptions::{self, ExceptionKind};
use crate::int::{self, arithmetic::order_float, division::division_by_zero};
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::Value;

/// The number an operand stands for: a float, or an int within the floats. `None` for other values.
#[inline]
pub(crate) fn operand(value: &Value) -> PyResult<Option<f64>> {
    if let Some(float) = value_of(value) {
        return Ok(Some(float));
    }
    if int::is_int(value) {
        int_to_f64(value).map(Some)
    } else {
        Ok(None)
    }
}

macro_rules! operands {
    ($left:ident, $right:ident) => {
        match (operand($left)?, operand($right)?) {
            (Some(left), Some(right)) => (left, right),
            _ => return Ok(Value::NOT_IMPLEMENTED),
        }
    };
}

macro_rules! arithmetic {
    ($($name:ident $symbol:tt $text:literal;)*) => { $(
        #[doc = concat!("`left ", $text, " right`.")]
        pub fn $name(left: &Value, right: &Value) -> PyResult<Value> {
            let (left, right) = operands!(left, right);
            Ok(new(left $symbol right))
        }
    )* };
}
arithmetic! {
    add + "+";
    subtract - "-";
    multiply * "*";
}

/// `left / right`.
pub fn true_divide(left: &Value, right: &Value) -> PyResult<Value> {
    let (left, right) = operands!(left, right);
    if right == 0.0 {
        Err(division_by_zero())
    } else {
        Ok(new(left / right))
    }
}

/// `left // right`.
pub fn floor_divide(left: &Value, right: &Value) -> PyResult<Value> {
    let (left, right) = operands!(left, right);
    quotient_and_remainder(left, right).map(|(quotient, _)| new(quotient))
}

/// `left % right`.
pub fn remainder(left: &Value, right: &Value) -> PyResult<Value> {
    let (left, right) = operands!(left, right);
    if right == 0.0 {
        Err(division_by_zero())
    } else {
        Ok(new(floor_remainder(left, right)))
    }
}

/// `divmod(left, right)`.
pub fn divmod(left: &Value, right: &Value) -> PyResult<Value> {
    let (left, right) = operands!(left, right);
    let (quotient, remainder) = quotient_and_remainder(left, right)?;
    Ok(Tuple::pair(new(quotient), new(remainder)).into_value())
}

/// The remainder with the divisor's sign; the divisor is not zero.
pub fn floor_remainder(left: f64, right: f64) -> f64 {
    let remainder = left % right;
    if remainder == 0.0 {
        0f64.copysign(right)
    } else if (right < 0.0) != (remainder < 0.0) {
        remainder + right
    } else {
        remainder
    }
}

/// Floored quotient and the remainder that goes with it.
pub fn quotient_and_remainder(left: f64, right: f64) -> PyResult<(f64, f64)> {
    if right == 0.0 {
        return Err(division_by_zero());
    }
    let remainder = left % right;
    // The difference is nearly a multiple of the divisor, so the quotient is nearly whole.
    let mut quotient = (left - remainder) / right;
    if remainder != 0.0 && (right < 0.0) != (remainder < 0.0) {
        quotient -= 1.0;
    }
    let whole = if quotient == 0.0 {
        0f64.copysign(left / right)
    } else {
        let floor = quotient.floor();
        if quotient - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        }
    };
    Ok((whole, floor_remainder(left, right)))
}

/// `pow(base, exponent, modulus)`; floats take no modulus.
pub fn power(base: &Value, exponent: &Value, modulus: &Value) -> PyResult<Value> {
    if !modulus.is_none() {
        bail!(
            TypeError,
            "pow() 3rd argument not allowed unless all arguments are integers"
        );
    }
    let (base, exponent) = operands!(base, exponent);
    power_of_floats(base, exponent)
}

/// `base ** exponent`: a float, or a complex number for a fractional power of a negative base.
pub fn power_of_floats(base: f64, exponent: f64) -> PyResult<Value> {
    if base == 0.0 && exponent < 0.0 {
        bail!(ZeroDivisionError, "zero to a negative power");
    }
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.fract() != 0.0 {
        return complex::power_of_complex(
            complex::Parts::new(base, 0.0),
            complex::Parts::new(exponent, 0.0),
        );
    }
    // C's pow follows IEEE 754 on zeros, infinities and NaNs, as Python does.
    let power = base.powf(exponent);
    if power.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(out_of_range());
    }
    Ok(new(power))
}

/// The OverflowError with C's error number that powers raise.
#[cold]
pub fn out_of_range() -> Raised {
    let message = Str::new("Numerical result out of range").into_value();
    exceptions::raise_args(
        ExceptionKind::OverflowError.class(),
        vec![int::new(i64::from(libc::ERANGE)), message],
    )
}

/// How a float and a number are ordered; the outer `None` for a value that is no number, the inner one for NaN.
fn order(float: f64, other: &Value) -> Option<Option<Ordering>> {
    if let Some(other) = value_of(other) {
        return Some(float.partial_cmp(&other));
    }
    let other = int::view(other)?;
    Some((!float.is_nan()).then(|| order_float(other, float).reverse()))
}

/// `left OP right` with a float on the left.
pub fn richcompare(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
    let Some(float) = value_of(left) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if let Some(right) = value_of(right) {
        return Ok(Value::from_bool(compare(float, right, comparison)));
    }
    Ok(match order(float, right) {
        None => Value::NOT_IMPLEMENTED,
        Some(Some(ordering)) => Value::from_bool(comparison.holds(ordering)),
        Some(None) => Value::from_bool(comparison == Comparison::Ne),
    })
}

/// A float as a fraction of two ints in lowest terms.
pub fn as_integer_ratio(float: f64) -> PyResult<(Value, Value)> {
    if float.is_nan() {
        bail!(ValueError, "cannot convert NaN to integer ratio");
    }
    if float.is_infinite() {
        return Err(exc!(
            OverflowError,
            "cannot convert Infinity to integer ratio"
        ));
    }
    if float == 0.0 {
        return Ok((int::new(0), int::new(1)));
    }
    let bits = float.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if biased == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, biased - 1075)
    };
    let zeros = mantissa.trailing_zeros();
    let (mantissa, exponent) = ((mantissa >> zeros) as i64, exponent + zeros as i32);
    let signed = int::BigInt::from(if float < 0.0 { -mantissa } else { mantissa });
    Ok(if exponent >= 0 {
        (int::from_big(signed << exponent), int::new(1))
    } else {
        (
            int::from_big(signed),
            int::from_big(int::BigInt::from(1) << -exponent),
        )
    })
}
