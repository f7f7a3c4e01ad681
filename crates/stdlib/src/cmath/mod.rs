//! The module `cmath`: functions of complex numbers.

mod direct;
mod inverse;

use taipan_macros::{constant, define_module, function};
use taipan_objects::bail;
use taipan_objects::complex::{self, Parts, arithmetic};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::Value;

use crate::math::{domain_error, range_error};

/// Why a function has no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// It is not defined there.
    Domain,
    /// The result is beyond the floats.
    Range,
}

impl From<Failure> for Raised {
    fn from(failure: Failure) -> Raised {
        match failure {
            Failure::Domain => domain_error(),
            Failure::Range => range_error(),
        }
    }
}

macro_rules! functions_of_one {
    ($($(#[doc = $doc:literal])* $name:ident = $function:path;)*) => { $(
        $(#[doc = $doc])*
        #[function("(z, /)")]
        pub fn $name(z: Parts) -> PyResult<Parts> {
            Ok($function(z)?)
        }
    )* };
}

functions_of_one! {
    /// The inverse of the cosine at z.
    acos = inverse::acos;
    /// The inverse of the hyperbolic cosine at z.
    acosh = inverse::acosh;
    /// The inverse of the sine at z.
    asin = inverse::asin;
    /// The inverse of the hyperbolic sine at z.
    asinh = inverse::asinh;
    /// The inverse of the tangent at z.
    atan = inverse::atan;
    /// The inverse of the hyperbolic tangent at z.
    atanh = inverse::atanh;
    /// The cosine of z.
    cos = direct::cos;
    /// The hyperbolic cosine of z.
    cosh = direct::cosh;
    /// e to the power of z.
    exp = direct::exp;
    /// The logarithm of z to base 10.
    log10 = inverse::log10;
    /// The sine of z.
    sin = direct::sin;
    /// The hyperbolic sine of z.
    sinh = direct::sinh;
    /// The tangent of z.
    tan = direct::tan;
    /// The hyperbolic tangent of z.
    tanh = direct::tanh;
}

/// The square root of z with a real part that is not negative.
#[function("(z, /)")]
fn sqrt(z: Parts) -> Parts {
    inverse::sqrt(z)
}

/// log(z[, base]) -> the logarithm of z to the given base.
///
/// The natural logarithm unless there is a base.
#[function("(z, base=<unrepresentable>, /)")]
fn log(z: Parts, base: Option<&Value>) -> PyResult<Parts> {
    let numerator = inverse::log(z)?;
    let Some(base) = base else {
        return Ok(numerator);
    };
    let denominator = inverse::log(complex::as_parts(base)?)?;
    arithmetic::quotient(numerator, denominator).ok_or_else(domain_error)
}

/// The angle of z as seen from the origin.
#[function("(z, /)")]
fn phase(z: Parts) -> f64 {
    z.im.atan2(z.re)
}

/// Distance from the origin and angle of z.
#[function("(z, /)")]
fn polar(z: Parts) -> PyResult<(f64, f64)> {
    let length = z.re.hypot(z.im);
    if length.is_infinite() && z.re.is_finite() && z.im.is_finite() {
        return Err(range_error());
    }
    Ok((length, z.im.atan2(z.re)))
}

/// The number at distance r from the origin and angle phi.
#[function("(r, phi, /)")]
fn rect(r: f64, phi: f64) -> PyResult<Parts> {
    Ok(direct::rect(r, phi)?)
}

/// Whether neither part of z is infinite or NaN.
#[function("(z, /)")]
fn isfinite(z: Parts) -> bool {
    z.is_finite()
}

/// Whether a part of z is infinite.
#[function("(z, /)")]
fn isinf(z: Parts) -> bool {
    z.re.is_infinite() || z.im.is_infinite()
}

/// Whether a part of z is NaN.
#[function("(z, /)")]
fn isnan(z: Parts) -> bool {
    z.re.is_nan() || z.im.is_nan()
}

/// Whether a and b are nearly equal: their distance is at most `rel_tol` times the larger magnitude, or `abs_tol`.
///
/// NaN is not close to anything, and infinities only to themselves.
#[function("(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
fn isclose(a: Parts, b: Parts, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
    if rel_tol < 0.0 || abs_tol < 0.0 {
        bail!(ValueError, "tolerances must be non-negative");
    }
    if a == b {
        return Ok(true);
    }
    if [a.re, a.im, b.re, b.im]
        .iter()
        .any(|part| part.is_infinite())
    {
        return Ok(false);
    }
    let length = |z: Parts| z.re.hypot(z.im);
    let difference = length(a - b);
    Ok(difference <= rel_tol * length(b)
        || difference <= rel_tol * length(a)
        || difference <= abs_tol)
}

/// The constant pi.
#[constant(name = "pi")]
const PI: f64 = std::f64::consts::PI;
/// The base of natural logarithms.
#[constant(name = "e")]
const E: f64 = std::f64::consts::E;
/// Twice pi.
#[constant(name = "tau")]
const TAU: f64 = std::f64::consts::TAU;
/// Positive infinity.
#[constant(name = "inf")]
const INF: f64 = f64::INFINITY;
/// Not a number.
#[constant(name = "nan")]
const NAN: f64 = f64::NAN;
/// An infinite imaginary number.
#[constant(name = "infj")]
const INFJ: Parts = Parts::new(0.0, f64::INFINITY);
/// An imaginary number that is not a number.
#[constant(name = "nanj")]
const NANJ: Parts = Parts::new(0.0, f64::NAN);

define_module! {
    name = "cmath",
    doc = "Mathematical functions of complex numbers.",
    functions(
        acos, acosh, asin, asinh, atan, atanh, cos, cosh, exp, isclose, isfinite, isinf, isnan, log, log10, phase, polar,
        rect, sin, sinh, sqrt, tan, tanh
    ),
    constants(PI, E, TAU, INF, NAN, INFJ, NANJ),
}
