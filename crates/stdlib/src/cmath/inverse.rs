//! Roots, logarithms and inverse functions of complex numbers.
//!
//! Branch cuts and special values follow C's Annex G; the algorithms are Kahan's ("Branch cuts for complex elementary
//! functions, or much ado about nothing's sign bit"), with scaling where squares would overflow or vanish.

use std::f64::consts::{FRAC_PI_2, LN_2, LN_10};

use taipan_objects::complex::Parts;

use super::Failure;

/// Numbers beyond this are scaled down before they are squared or added.
const LARGE: f64 = f64::MAX / 4.0;
/// 2**-511: below it, squares lose digits.
const ROOT_OF_SMALLEST: f64 = 1.4916681462400413e-154;
const SCALE_UP: i32 = 53;
const SCALE_DOWN: i32 = -27;

type Outcome = Result<Parts, Failure>;

fn is_large(z: Parts) -> bool {
    z.re.abs() > LARGE || z.im.abs() > LARGE
}

/// `log(abs(z)) + ln(2)` for numbers so large that `abs` could overflow.
fn log_of_double(z: Parts) -> f64 {
    (z.re / 2.0).hypot(z.im / 2.0).ln() + LN_2 * 2.0
}

/// i * z.
pub fn times_i(z: Parts) -> Parts {
    Parts::new(-z.im, z.re)
}

/// -i * z.
pub fn times_minus_i(z: Parts) -> Parts {
    Parts::new(z.im, -z.re)
}

/// The square root with a real part that is not negative.
pub fn sqrt(z: Parts) -> Parts {
    if !z.is_finite() {
        return sqrt_of_special(z);
    }
    if z.re == 0.0 && z.im == 0.0 {
        return Parts::new(0.0, z.im);
    }
    let (mut re, im) = (z.re.abs(), z.im.abs());
    let root = if re < f64::MIN_POSITIVE && im < f64::MIN_POSITIVE {
        let up = 2f64.powi(SCALE_UP);
        re *= up;
        (re + re.hypot(im * up)).sqrt() * 2f64.powi(SCALE_DOWN)
    } else {
        re /= 8.0;
        2.0 * (re + re.hypot(im / 8.0)).sqrt()
    };
    let other = im / (2.0 * root);
    if z.re >= 0.0 {
        Parts::new(root, other.copysign(z.im))
    } else {
        Parts::new(other, root.copysign(z.im))
    }
}

fn sqrt_of_special(z: Parts) -> Parts {
    match (z.re, z.im) {
        (_, im) if im.is_infinite() => Parts::new(f64::INFINITY, im),
        (f64::NEG_INFINITY, im) if im.is_nan() => Parts::new(f64::NAN, f64::INFINITY),
        (f64::NEG_INFINITY, im) => Parts::new(0.0, f64::INFINITY.copysign(im)),
        (f64::INFINITY, im) if im.is_nan() => Parts::new(f64::INFINITY, im),
        (f64::INFINITY, im) => Parts::new(f64::INFINITY, 0f64.copysign(im)),
        _ => Parts::new(f64::NAN, f64::NAN),
    }
}

/// The natural logarithm.
pub fn log(z: Parts) -> Outcome {
    let (re, im) = (z.re.abs(), z.im.abs());
    let real = if !z.is_finite() {
        re.hypot(im).ln()
    } else if is_large(z) {
        (re / 2.0).hypot(im / 2.0).ln() + LN_2
    } else if re < f64::MIN_POSITIVE && im < f64::MIN_POSITIVE {
        if re == 0.0 && im == 0.0 {
            return Err(Failure::Domain);
        }
        let up = 2f64.powi(SCALE_UP);
        (re * up).hypot(im * up).ln() - f64::from(SCALE_UP) * LN_2
    } else {
        let length = re.hypot(im);
        // Near one, the logarithm comes from what the square of the length differs from one.
        if (0.71..=1.73).contains(&length) {
            let (most, least) = if re > im { (re, im) } else { (im, re) };
            crate::math::log1p((most - 1.0) * (most + 1.0) + least * least) / 2.0
        } else {
            length.ln()
        }
    };
    Ok(Parts::new(real, z.im.atan2(z.re)))
}

/// The logarithm to base 10.
pub fn log10(z: Parts) -> Outcome {
    log(z).map(|log| Parts::new(log.re / LN_10, log.im / LN_10))
}

/// The inverse of the cosine.
pub fn acos(z: Parts) -> Outcome {
    if !z.is_finite() {
        let imag = if z.re.is_infinite() || z.im.is_infinite() {
            f64::INFINITY.copysign(-z.im)
        } else {
            f64::NAN
        };
        return Ok(match (z.re, z.im) {
            (re, im) if im.is_nan() && re.is_infinite() => Parts::new(f64::NAN, f64::INFINITY),
            (0.0, im) if im.is_nan() => Parts::new(FRAC_PI_2, f64::NAN),
            (re, im) => Parts::new(im.abs().atan2(re), imag),
        });
    }
    if is_large(z) {
        return Ok(Parts::new(
            z.im.abs().atan2(z.re),
            log_of_double(z).copysign(-z.im),
        ));
    }
    let first = sqrt(Parts::new(1.0 - z.re, -z.im));
    let second = sqrt(Parts::new(1.0 + z.re, z.im));
    Ok(Parts::new(
        2.0 * first.re.atan2(second.re),
        crate::math::asinh(second.re * first.im - second.im * first.re),
    ))
}

/// The inverse of the hyperbolic cosine.
pub fn acosh(z: Parts) -> Outcome {
    if !z.is_finite() {
        return Ok(match (z.re, z.im) {
            (0.0, im) if im.is_nan() => Parts::new(f64::NAN, FRAC_PI_2),
            (re, im) if re.is_infinite() || im.is_infinite() => {
                Parts::new(f64::INFINITY, im.atan2(re))
            }
            _ => Parts::new(f64::NAN, f64::NAN),
        });
    }
    if is_large(z) {
        return Ok(Parts::new(log_of_double(z), z.im.atan2(z.re)));
    }
    let first = sqrt(Parts::new(z.re - 1.0, z.im));
    let second = sqrt(Parts::new(z.re + 1.0, z.im));
    Ok(Parts::new(
        crate::math::asinh(first.re * second.re + first.im * second.im),
        2.0 * first.im.atan2(second.re),
    ))
}

/// The inverse of the hyperbolic sine.
pub fn asinh(z: Parts) -> Outcome {
    if !z.is_finite() {
        return Ok(match (z.re, z.im) {
            (re, im) if re.is_nan() && im == 0.0 => Parts::new(f64::NAN, im),
            (re, im) if re.is_nan() && im.is_infinite() => Parts::new(f64::INFINITY, f64::NAN),
            (re, im) if re.is_infinite() => Parts::new(re, im.atan2(re.abs())),
            (re, im) if im.is_infinite() => {
                Parts::new(f64::INFINITY.copysign(re), im.atan2(re.abs()))
            }
            _ => Parts::new(f64::NAN, f64::NAN),
        });
    }
    if is_large(z) {
        return Ok(Parts::new(
            log_of_double(z).copysign(z.re),
            z.im.atan2(z.re.abs()),
        ));
    }
    let first = sqrt(Parts::new(1.0 + z.im, -z.re));
    let second = sqrt(Parts::new(1.0 - z.im, z.re));
    Ok(Parts::new(
        crate::math::asinh(first.re * second.im - second.re * first.im),
        z.im.atan2(first.re * second.re - first.im * second.im),
    ))
}

/// The inverse of the sine: -i * asinh(i * z).
pub fn asin(z: Parts) -> Outcome {
    asinh(times_i(z)).map(times_minus_i)
}

/// The inverse of the tangent: -i * atanh(i * z).
pub fn atan(z: Parts) -> Outcome {
    atanh(times_i(z)).map(times_minus_i)
}

/// The inverse of the hyperbolic tangent.
pub fn atanh(z: Parts) -> Outcome {
    if !z.is_finite() {
        return Ok(match (z.re, z.im) {
            (re, im) if im.is_infinite() => {
                let sign = if re.is_nan() { 1.0 } else { re };
                Parts::new(0f64.copysign(sign), FRAC_PI_2.copysign(im))
            }
            (re, im) if re.is_infinite() => Parts::new(
                0f64.copysign(re),
                if im.is_nan() {
                    im
                } else {
                    FRAC_PI_2.copysign(im)
                },
            ),
            (0.0, im) if im.is_nan() => Parts::new(z.re, im),
            _ => Parts::new(f64::NAN, f64::NAN),
        });
    }
    // An odd function: the left half follows from the right one.
    if z.re.is_sign_negative() {
        return atanh(-z).map(|result| -result);
    }
    let height = z.im.abs();
    let root_of_large = LARGE.sqrt();
    if z.re > root_of_large || height > root_of_large {
        let half = (z.re / 2.0).hypot(height / 2.0);
        return Ok(Parts::new(
            z.re / 4.0 / half / half,
            FRAC_PI_2.copysign(z.im),
        ));
    }
    if z.re == 1.0 && height < ROOT_OF_SMALLEST {
        if height == 0.0 {
            return Err(Failure::Domain);
        }
        let real = -(height.sqrt() / height.hypot(2.0).sqrt()).ln();
        return Ok(Parts::new(real, (2f64.atan2(-height) / 2.0).copysign(z.im)));
    }
    let less = 1.0 - z.re;
    Ok(Parts::new(
        crate::math::log1p(4.0 * z.re / (less * less + height * height)) / 4.0,
        -(-2.0 * z.im).atan2(less * (1.0 + z.re) - height * height) / 2.0,
    ))
}
