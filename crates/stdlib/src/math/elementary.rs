//! Powers, logarithms, trigonometric and hyperbolic functions, error functions.

use taipan_macros::function;
use taipan_objects::float::{self, to_text};
use taipan_objects::int::{self, IntView};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::Value;
use taipan_objects::{bail, exc};

use crate::sys::libm;

/// The ValueError of a function that is not defined for its arguments.
#[cold]
pub(crate) fn domain_error() -> Raised {
    exc!(ValueError, "math domain error")
}

/// The OverflowError of a result beyond the floats.
#[cold]
pub(crate) fn range_error() -> Raised {
    exc!(OverflowError, "math range error")
}

#[cold]
fn expected(what: &str, x: f64) -> Raised {
    exc!(ValueError, "expected {what}, got {}", to_text(x))
}

/// Checks the result of a function of one number: NaN from a number is a domain error, an infinity from a finite number
/// is an overflow if `overflows`, and a domain error otherwise.
#[inline]
fn checked(x: f64, result: f64, overflows: bool, what: &str) -> PyResult<f64> {
    if result.is_finite() || !x.is_finite() && (!result.is_nan() || x.is_nan()) {
        return Ok(result);
    }
    if result.is_infinite() && overflows {
        return Err(range_error());
    }
    Err(if what.is_empty() {
        domain_error()
    } else {
        expected(what, x)
    })
}

macro_rules! functions_of_one {
    ($($(#[doc = $doc:literal])* $name:ident($x:ident) = $result:expr, $overflows:literal, $what:literal;)*) => { $(
        $(#[doc = $doc])*
        #[function("(x, /)")]
        pub fn $name($x: f64) -> PyResult<f64> {
            checked($x, $result, $overflows, $what)
        }
    )* };
}

functions_of_one! {
    /// The angle, between 0 and pi, whose cosine is x.
    acos(x) = x.acos(), false, "a number in range from -1 up to 1";
    /// The number, not negative, whose hyperbolic cosine is x.
    acosh(x) = libm::acosh(x), false, "argument value not less than 1";
    /// The angle, between -pi/2 and pi/2, whose sine is x.
    asin(x) = x.asin(), false, "a number in range from -1 up to 1";
    /// The number whose hyperbolic sine is x.
    asinh(x) = libm::asinh(x), false, "";
    /// The angle, between -pi/2 and pi/2, whose tangent is x.
    atan(x) = x.atan(), false, "";
    /// The number whose hyperbolic tangent is x.
    atanh(x) = libm::atanh(x), false, "a number between -1 and 1";
    /// The cube root of x.
    cbrt(x) = x.cbrt(), false, "";
    /// The cosine of x radians.
    cos(x) = x.cos(), false, "a finite input";
    /// The hyperbolic cosine of x.
    cosh(x) = x.cosh(), true, "";
    /// The error function at x.
    erf(x) = libm::erf(x), false, "";
    /// One minus the error function at x, without loss of digits for large x.
    erfc(x) = libm::erfc(x), false, "";
    /// e to the power of x.
    exp(x) = x.exp(), true, "";
    /// Two to the power of x.
    exp2(x) = libm::exp2(x), true, "";
    /// e to the power of x, less one, without loss of digits for small x.
    expm1(x) = x.exp_m1(), true, "";
    /// The natural logarithm of 1+x, without loss of digits for small x.
    log1p(x) = libm::log1p(x), false, "argument value > -1";
    /// The sine of x radians.
    sin(x) = x.sin(), false, "a finite input";
    /// The hyperbolic sine of x.
    sinh(x) = x.sinh(), true, "";
    /// The square root of x.
    sqrt(x) = x.sqrt(), false, "a nonnegative input";
    /// The tangent of x radians.
    tan(x) = x.tan(), false, "a finite input";
    /// The hyperbolic tangent of x.
    tanh(x) = x.tanh(), false, "";
}

/// The angle, between -pi and pi, of the point (x, y) as seen from the origin.
#[function("(y, x, /)")]
pub fn atan2(y: f64, x: f64) -> f64 {
    y.atan2(x)
}

/// x to the power of y, as a float.
#[function("(x, y, /)")]
pub fn pow(x: f64, y: f64) -> PyResult<f64> {
    let power = x.powf(y);
    if power.is_finite() || !x.is_finite() || !y.is_finite() {
        return Ok(power);
    }
    // From finite numbers: NaN is a fractional power of a negative number, infinity a power of zero or too large.
    Err(if power.is_nan() || x == 0.0 {
        domain_error()
    } else {
        range_error()
    })
}

/// Radians as degrees.
#[function("(x, /)")]
pub fn degrees(x: f64) -> f64 {
    x * (180.0 / std::f64::consts::PI)
}

/// Degrees as radians.
#[function("(x, /)")]
pub fn radians(x: f64) -> f64 {
    x * (std::f64::consts::PI / 180.0)
}

/// A logarithm of a number of any size: ints beyond the floats are taken apart into mantissa and exponent.
fn logarithm(x: &Value, function: fn(f64) -> f64) -> PyResult<f64> {
    if let Some(view) = int::view(x) {
        if view.is_negative() || view.is_zero() {
            bail!(ValueError, "expected a positive input");
        }
        if let Some(float) = view.to_f64() {
            return Ok(function(float));
        }
        let (mantissa, exponent) = mantissa_and_exponent(view);
        return Ok(function(mantissa) + function(2.0) * exponent as f64);
    }
    let x = float::as_f64(x)?;
    if x > 0.0 || x.is_nan() {
        Ok(function(x))
    } else {
        Err(expected("a positive input", x))
    }
}

/// A positive int as a number in `0.5..=1.0` and a power of two.
fn mantissa_and_exponent(view: IntView<'_>) -> (f64, u64) {
    let length = view.bit_length();
    let shift = length.saturating_sub(64);
    let big = view.into_big();
    // The last bit stands for all below it, so that the conversion rounds as if it saw them.
    let sticky = shift > 0 && big.trailing_zeros().is_some_and(|zeros| zeros < shift);
    let top = u64::try_from(&*big >> shift).unwrap_or(u64::MAX) | u64::from(sticky);
    (top as f64 / 2f64.powi((length - shift) as i32), length)
}

/// log(x, [base=math.e])
///
/// The logarithm of x to the given base, the natural one unless there is a base.
#[function(nosig)]
pub fn log(x: &Value, base: Option<&Value>) -> PyResult<f64> {
    let numerator = logarithm(x, f64::ln)?;
    let Some(base) = base else {
        return Ok(numerator);
    };
    let denominator = logarithm(base, f64::ln)?;
    if denominator == 0.0 {
        return Err(int::division::division_by_zero());
    }
    Ok(numerator / denominator)
}

/// The logarithm of x to base 2.
#[function("(x, /)")]
pub fn log2(x: &Value) -> PyResult<f64> {
    logarithm(x, f64::log2)
}

/// The logarithm of x to base 10.
#[function("(x, /)")]
pub fn log10(x: &Value) -> PyResult<f64> {
    logarithm(x, f64::log10)
}
