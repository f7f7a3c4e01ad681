//! Floats as numbers with mantissa and exponent: taking apart, rounding, neighbours, comparing.

use rustpython_common::float_ops;
use taipan_macros::function;
use taipan_objects::int::{self, IntView};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;
use taipan_objects::{bail, float, id};

use super::{domain_error, range_error};
use crate::sys::libm;

/// What `__floor__` or `__ceil__` answers, or the rounded float as an int.
fn rounded(
    x: &Value,
    method: &'static taipan_objects::value::Ref<taipan_objects::str::Str>,
    round: fn(f64) -> f64,
) -> PyResult<Value> {
    if float::exact(x).is_none()
        && let Some(answer) = protocol::call_special_optional(x, method, &[])?
    {
        return Ok(answer);
    }
    int::from_f64(round(float::as_f64(x)?))
}

/// The smallest int that is not below x.
#[function("(x, /)")]
pub fn ceil(x: &Value) -> PyResult<Value> {
    rounded(x, id!("__ceil__"), f64::ceil)
}

/// The largest int that is not above x.
#[function("(x, /)")]
pub fn floor(x: &Value) -> PyResult<Value> {
    rounded(x, id!("__floor__"), f64::floor)
}

/// The whole part of x, as its `__trunc__` method gives it.
#[function("(x, /)")]
pub fn trunc(x: &Value) -> PyResult<Value> {
    if let Some(float) = float::exact(x) {
        return int::from_f64(float);
    }
    match protocol::call_special_optional(x, id!("__trunc__"), &[])? {
        Some(answer) => Ok(answer),
        None => bail!(
            TypeError,
            "type {} doesn't define __trunc__ method",
            x.class().name()
        ),
    }
}

/// The magnitude of x, as a float.
#[function("(x, /)")]
pub fn fabs(x: f64) -> f64 {
    x.abs()
}

/// A float with the magnitude of x and the sign of y.
#[function("(x, y, /)")]
pub fn copysign(x: f64, y: f64) -> f64 {
    x.copysign(y)
}

/// x*y+z, rounded once.
#[function("(x, y, z, /)")]
pub fn fma(x: f64, y: f64, z: f64) -> PyResult<f64> {
    let result = x.mul_add(y, z);
    if result.is_finite() {
        return Ok(result);
    }
    if result.is_nan() {
        if !x.is_nan() && !y.is_nan() && !z.is_nan() {
            bail!(ValueError, "invalid operation in fma");
        }
    } else if x.is_finite() && y.is_finite() && z.is_finite() {
        bail!(OverflowError, "overflow in fma");
    }
    Ok(result)
}

/// The remainder of x/y with the sign of x, as C's fmod gives it.
#[function("(x, y, /)")]
pub fn fmod(x: f64, y: f64) -> PyResult<f64> {
    if y.is_infinite() && x.is_finite() {
        return Ok(x);
    }
    let result = x % y;
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        Err(domain_error())
    } else {
        Ok(result)
    }
}

/// The difference between x and the nearest multiple of y, the even one of two.
#[function("(x, y, /)")]
pub fn remainder(x: f64, y: f64) -> PyResult<f64> {
    let result = libm::remainder(x, y);
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        Err(domain_error())
    } else {
        Ok(result)
    }
}

/// Mantissa m and exponent e such that x == m * 2**e, with 0.5 <= abs(m) < 1; both are zero for zero.
#[function("(x, /)")]
pub fn frexp(x: f64) -> (f64, i64) {
    split(x)
}

/// Mantissa and exponent; numbers that are zero or not finite have exponent 0.
pub(crate) fn split(x: f64) -> (f64, i64) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let (x, extra) = if x.is_subnormal() {
        (x * 2f64.powi(64), -64)
    } else {
        (x, 0)
    };
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64 - 1022;
    (
        f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52),
        exponent + extra,
    )
}

/// x * 2**i, the inverse of frexp().
#[function("(x, i, /)")]
pub fn ldexp(x: f64, i: &Value) -> PyResult<f64> {
    let exponent = match int::view(i) {
        Some(IntView::Small(small)) => small,
        Some(IntView::Big(_)) if int::is_negative(i) => i64::MIN,
        Some(IntView::Big(_)) => i64::MAX,
        None => bail!(TypeError, "Expected an int as second argument to ldexp."),
    };
    if x == 0.0 || !x.is_finite() {
        return Ok(x);
    }
    let result = scale(x, exponent);
    if result.is_infinite() {
        Err(range_error())
    } else {
        Ok(result)
    }
}

/// `x * 2**exponent`, rounded once; infinite if too large.
pub(crate) fn scale(x: f64, exponent: i64) -> f64 {
    let (mantissa, own) = split(x);
    if mantissa == 0.0 || !mantissa.is_finite() {
        return x;
    }
    match own.saturating_add(exponent) {
        total if total > 1024 => f64::INFINITY.copysign(x),
        total if total < -1074 => 0f64.copysign(x),
        // The mantissa is below one: the first factor leaves it a normal number, so only the last product rounds.
        total if total < -1021 => {
            mantissa * f64::from_bits(1 << 52) * 2f64.powi((total + 1022) as i32)
        }
        total => mantissa * 2.0 * 2f64.powi((total - 1) as i32),
    }
}

/// The fraction and the whole part of x, both floats with the sign of x.
#[function("(x, /)")]
pub fn modf(x: f64) -> (f64, f64) {
    if x.is_infinite() {
        return (0f64.copysign(x), x);
    }
    let whole = x.trunc();
    ((x - whole).copysign(x), whole)
}

/// Whether x is neither an infinity nor a NaN.
#[function("(x, /)")]
pub fn isfinite(x: f64) -> bool {
    x.is_finite()
}

/// Whether x is positive or negative infinity.
#[function("(x, /)")]
pub fn isinf(x: f64) -> bool {
    x.is_infinite()
}

/// Whether x is a NaN.
#[function("(x, /)")]
pub fn isnan(x: f64) -> bool {
    x.is_nan()
}

/// Whether a and b are nearly equal: their difference is at most `rel_tol` times the larger magnitude, or `abs_tol`.
///
/// NaN is not close to anything, and infinities only to themselves.
#[function("(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
pub fn isclose(a: f64, b: f64, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
    if rel_tol < 0.0 || abs_tol < 0.0 {
        bail!(ValueError, "tolerances must be non-negative");
    }
    if a == b {
        return Ok(true);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(false);
    }
    let difference = (b - a).abs();
    Ok(difference <= (rel_tol * b).abs()
        || difference <= (rel_tol * a).abs()
        || difference <= abs_tol)
}

/// The float that is `steps` floats (one, unless given) after x in the direction of y.
#[function("(x, y, /, *, steps=None)")]
pub fn nextafter(x: f64, y: f64, steps: Option<&Value>) -> PyResult<f64> {
    let Some(steps) = steps else {
        return Ok(float_ops::nextafter(x, y));
    };
    let steps = int::with_index(steps, |view| match view {
        _ if view.is_negative() => None,
        view => Some(view.unsigned_abs().unwrap_or(u64::MAX)),
    })?;
    match steps {
        Some(steps) => Ok(steps_towards(x, y, steps)),
        None => bail!(ValueError, "steps must be a non-negative integer"),
    }
}

/// The float `steps` floats after `x` on the way to `y`, not beyond it.
fn steps_towards(x: f64, y: f64, steps: u64) -> f64 {
    if steps == 0 || x.is_nan() {
        return x;
    }
    if y.is_nan() {
        return y;
    }
    const SIGN: u64 = 1 << 63;
    let (from, to) = (x.to_bits(), y.to_bits());
    let (low, high) = (from & !SIGN, to & !SIGN);
    f64::from_bits(if (from ^ to) & SIGN != 0 {
        // Down to zero, over to the other sign, up again.
        if low.saturating_add(high) <= steps {
            to
        } else if low < steps {
            to & SIGN | (steps - low)
        } else {
            from - steps
        }
    } else if low > high {
        if low - high >= steps {
            from - steps
        } else {
            to
        }
    } else if high - low >= steps {
        from + steps
    } else {
        to
    })
}

/// The value of the least significant bit of x.
#[function("(x, /)")]
pub fn ulp(x: f64) -> f64 {
    if x.is_infinite() {
        f64::INFINITY
    } else {
        float_ops::ulp(x)
    }
}
