//! The gamma function and the logarithm of its magnitude, by Lanczos' approximation.
//!
//! The approximation is a sum with thirteen terms, as a quotient of two polynomials; coefficients and `G` are those
//! published for 64-bit floats by the Boost project. Whole arguments take exact factorials from a table, and negative
//! ones come from the reflection formula.

use std::f64::consts::PI;

use taipan_macros::function;
use taipan_objects::exc;
use taipan_objects::float::to_text;
use taipan_objects::raised::{PyResult, Raised};

use super::range_error;

const G: f64 = 6.024_680_040_776_73;
const G_LESS_HALF: f64 = 5.524_680_040_776_73;
const NUMERATOR: [f64; 13] = [
    23_531_376_880.410_76,
    42_919_803_642.649_1,
    35_711_959_237.355_67,
    17_921_034_426.037_21,
    6_039_542_586.352_028,
    1_439_720_407.311_721_6,
    248_874_557.862_054_17,
    31_426_415.585_400_194,
    2_876_370.628_935_372_5,
    186_056.265_395_223_48,
    8_071.672_002_365_816,
    210.824_277_751_579_36,
    2.506_628_274_631_000_2,
];
const DENOMINATOR: [f64; 13] = [
    0.0,
    39916800.0,
    120543840.0,
    150917976.0,
    105258076.0,
    45995730.0,
    13339535.0,
    2637558.0,
    357423.0,
    32670.0,
    1925.0,
    66.0,
    1.0,
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
    exc!(
        ValueError,
        "expected a noninteger or positive integer, got {}",
        to_text(x)
    )
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
        return if result.is_infinite() {
            Err(range_error())
        } else {
            Ok(result)
        };
    }
    if magnitude > 200.0 {
        if x > 0.0 {
            return Err(range_error());
        }
        return Ok(0.0 / sin_pi(x));
    }
    let y = magnitude + G_LESS_HALF;
    // What rounding took from y, for a correction of the power.
    let lost = if magnitude > G_LESS_HALF {
        (y - magnitude) - G_LESS_HALF
    } else {
        (y - G_LESS_HALF) - magnitude
    };
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
    if result.is_infinite() {
        Err(range_error())
    } else {
        Ok(result)
    }
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
    if result.is_infinite() {
        Err(range_error())
    } else {
        Ok(result)
    }
}
