//! The gamma function and the logarithm of its magnitude, by Lanczos' approximation.
//!
//! The approximation is a sum with thirteen terms, as a quotient of two polynomials; coefficients and `G` are those
//! published for 64-bit floats by the Boost project. Whole arguments take exact factorials from a table, and negative
//! ones come from the reflection formula.

use std::f64::consts::PI;

use taipan_macros::function;
use taipan_objects::float::to_text;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::exc;

use super::range_error;

const G: f64 = 6.024680040776729583740234375;
const G_LESS_HALF: f64 = 5.524680040776729583740234375;
const NUMERATOR: [f64; 13] = [
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
];
const DENOMINATOR: [f64; 13] = [
    0.0, 39916800.0, 120543840.0, 150917976.0, 105258076.0, 45995730.0, 13339535.0, 2637558.0, 357423.0, 32670.0, 1925.0,
    66.0, 1.0,
];
const LOG_PI: f64 = 1.144729885849400174143427351353058711647;

/// Gamma of the whole numbers from 1 to 23, all of them exact.
const FACTORIALS: [f64; 23] = {
    let mut table = [1.0; 23];
    let mut index = 1;
    while index < 23 {
        table[index] = table[index - 1] * index as f64;
        index += 1;
    }
    table
};

/// The Lanczos sum at a positive number.
fn lanczos_sum(x: f64) -> f64 {
    let (mut numerator, mut denominator) = (0.0, 0.0);
    // Powers of a small x rise, powers of 1/x fall: either way the terms stay moderate.
    if x < 5.0 {
        for (n, d) in NUMERATOR.iter().zip(&DENOMINATOR).rev() {
            numerator = numerator * x + n;
            denominator = denominator * x + d;
        }
    } else {
        for (n, d) in NUMERATOR.iter().zip(&DENOMINATOR) {
            numerator = numerator / x + n;
            denominator = denominator / x + d;
        }
    }
    numerator / denominator
}

/// sin(pi*x), accurate for every x.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let sine = match (2.0 * y).round() as i32 {
        0 => (PI * y).sin(),
        1 => (PI * (y - 0.5)).cos(),
        // Not sin(pi*(y-1)): that gives a negative zero where the number is whole.
        2 => (PI * (1.0 - y)).sin(),
        3 => -(PI * (y - 1.5)).cos(),
        _ => (PI * (y - 2.0)).sin(),
    };
    sine.copysign(1.0) * if (sine < 0.0) != (x < 0.0) { -1.0 } else { 1.0 }
}

#[cold]
fn at_pole(x: f64) -> Raised {
    exc!(ValueError, "expected a noninteger or positive integer, got {}", to_text(x))
}

/// The gamma function at x.
#[function("(x, /)")]
pub fn gamma(x: f64) -> PyResult<f64> {
    if x.is_nan() || x == f64::INFINITY {
        return Ok(x);
    }
    if x == f64::NEG_INFINITY || x == 0.0 || x < 0.0 && x.fract() == 0.0 {
        return Err(at_pole(x));
    }
    if x.fract() == 0.0 && x <= FACTORIALS.len() as f64 {
        return Ok(FACTORIALS[x as usize - 1]);
    }
    let magnitude = x.abs();
    if magnitude < 1e-20 {
        let result = 1.0 / x;
        return if result.is_infinite() { Err(range_error()) } else { Ok(result) };
    }
    if magnitude > 200.0 {
        if x > 0.0 {
            return Err(range_error());
        }
        return Ok(0.0 / sin_pi(x));
    }
    let y = magnitude + G_LESS_HALF;
    // What rounding took from y, for a correction of the power.
    let lost = if magnitude > G_LESS_HALF { (y - magnitude) - G_LESS_HALF } else { (y - G_LESS_HALF) - magnitude };
    let correction = lost * G / y;
    let mut result;
    if x < 0.0 {
        result = -PI / sin_pi(magnitude) / magnitude * y.exp() / lanczos_sum(magnitude);
        result -= correction * result;
        if magnitude < 140.0 {
            result /= y.powf(magnitude - 0.5);
        } else {
            let root = y.powf(magnitude / 2.0 - 0.25);
            result = result / root / root;
        }
    } else {
        result = lanczos_sum(magnitude) / y.exp();
        result += correction * result;
        if magnitude < 140.0 {
            result *= y.powf(magnitude - 0.5);
        } else {
            let root = y.powf(magnitude / 2.0 - 0.25);
            result = result * root * root;
        }
    }
    if result.is_infinite() { Err(range_error()) } else { Ok(result) }
}

/// The natural logarithm of the magnitude of the gamma function at x.
#[function("(x, /)")]
pub fn lgamma(x: f64) -> PyResult<f64> {
    if !x.is_finite() {
        return Ok(if x.is_nan() { x } else { f64::INFINITY });
    }
    if x.fract() == 0.0 && x <= 2.0 {
        return if x <= 0.0 { Err(at_pole(x)) } else { Ok(0.0) };
    }
    let magnitude = x.abs();
    let mut result = if magnitude < 1e-20 {
        -magnitude.ln()
    } else {
        lanczos_sum(magnitude).ln() - G + (magnitude - 0.5) * ((magnitude + G - 0.5).ln() - 1.0)
    };
    if x < 0.0 && magnitude >= 1e-20 {
        result = LOG_PI - sin_pi(magnitude).abs().ln() - magnitude.ln() - result;
    }
    if result.is_infinite() { Err(range_error()) } else { Ok(result) }
}
