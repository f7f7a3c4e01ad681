//! The module `math`.
//!
//! Transcendental functions are those of the platform's C library, as in CPython, so that results agree to the last bit;
//! what CPython computes itself (gamma, sums, distances) is computed here with the same accuracy.

mod elementary;
mod floats;
mod gamma;
mod integer;
mod sums;

pub(crate) use crate::sys::libm::{asinh, log1p};
pub(crate) use elementary::{domain_error, range_error};

use taipan_macros::{constant, define_module};

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

define_module! {
    name = "math",
    doc = "Mathematical functions of real numbers.",
    functions(
        elementary::acos, elementary::acosh, elementary::asin, elementary::asinh, elementary::atan, elementary::atan2,
        elementary::atanh, elementary::cbrt, elementary::cos, elementary::cosh, elementary::degrees, elementary::erf,
        elementary::erfc, elementary::exp, elementary::exp2, elementary::expm1, elementary::log, elementary::log10,
        elementary::log1p, elementary::log2, elementary::pow, elementary::radians, elementary::sin, elementary::sinh,
        elementary::sqrt, elementary::tan, elementary::tanh,
        floats::ceil, floats::copysign, floats::fabs, floats::floor, floats::fma, floats::fmod, floats::frexp,
        floats::isclose, floats::isfinite, floats::isinf, floats::isnan, floats::ldexp, floats::modf, floats::nextafter,
        floats::remainder, floats::trunc, floats::ulp,
        gamma::gamma, gamma::lgamma,
        integer::comb, integer::factorial, integer::gcd, integer::isqrt, integer::lcm, integer::perm,
        sums::dist, sums::fsum, sums::hypot, sums::prod, sums::sumprod,
    ),
    constants(PI, E, TAU, INF, NAN),
}
