//! Exponential, hyperbolic and trigonometric functions of complex numbers, and polar coordinates.

use std::f64::consts::E;

use taipan_objects::complex::Parts;

use super::Failure;
use super::inverse::{times_i, times_minus_i};

type Outcome = Result<Parts, Failure>;

/// The exponential function of numbers beyond this can overflow where its product with a sine does not.
const LOG_OF_LARGE: f64 = 708.3964185322641;

/// A result whose parts are infinite only if it overflowed.
fn in_range(result: Parts) -> Outcome {
    if result.re.is_infinite() || result.im.is_infinite() {
        Err(Failure::Range)
    } else {
        Ok(result)
    }
}

/// An infinity in the direction of an angle that is finite and not zero.
fn infinity_towards(angle: f64) -> Parts {
    Parts::new(
        f64::INFINITY.copysign(angle.cos()),
        f64::INFINITY.copysign(angle.sin()),
    )
}

/// e to the power of z.
pub fn exp(z: Parts) -> Outcome {
    if !z.is_finite() {
        return exp_of_special(z);
    }
    in_range(if z.re > LOG_OF_LARGE {
        let length = (z.re - 1.0).exp();
        Parts::new(length * z.im.cos() * E, length * z.im.sin() * E)
    } else {
        let length = z.re.exp();
        Parts::new(length * z.im.cos(), length * z.im.sin())
    })
}

fn exp_of_special(z: Parts) -> Outcome {
    let (re, im) = (z.re, z.im);
    if im.is_infinite() && !re.is_nan() && re != f64::NEG_INFINITY {
        return Err(Failure::Domain);
    }
    Ok(if re == f64::NEG_INFINITY {
        if im.is_finite() {
            Parts::new(0f64.copysign(im.cos()), 0f64.copysign(im.sin()))
        } else {
            Parts::new(0.0, 0.0)
        }
    } else if im == 0.0 {
        Parts::new(re, im)
    } else if re == f64::INFINITY {
        if im.is_nan() {
            Parts::new(re, im)
        } else {
            infinity_towards(im)
        }
    } else {
        Parts::new(f64::NAN, f64::NAN)
    })
}

/// The hyperbolic cosine.
pub fn cosh(z: Parts) -> Outcome {
    let (re, im) = (z.re, z.im);
    if im.is_infinite() && !re.is_nan() {
        return Err(Failure::Domain);
    }
    if !z.is_finite() {
        return Ok(if re.is_infinite() {
            if im.is_nan() {
                Parts::new(f64::INFINITY, im)
            } else if im == 0.0 {
                Parts::new(f64::INFINITY, im.copysign(im * re.signum()))
            } else {
                let direction = infinity_towards(im);
                Parts::new(direction.re, direction.im * re.signum())
            }
        } else if re == 0.0 || im == 0.0 {
            Parts::new(f64::NAN, 0.0)
        } else {
            Parts::new(f64::NAN, f64::NAN)
        });
    }
    in_range(if re.abs() > LOG_OF_LARGE {
        let less = re - 1f64.copysign(re);
        Parts::new(im.cos() * less.cosh() * E, im.sin() * less.sinh() * E)
    } else {
        Parts::new(im.cos() * re.cosh(), im.sin() * re.sinh())
    })
}

/// The hyperbolic sine.
pub fn sinh(z: Parts) -> Outcome {
    let (re, im) = (z.re, z.im);
    if im.is_infinite() && !re.is_nan() {
        return Err(Failure::Domain);
    }
    if !z.is_finite() {
        return Ok(if im == 0.0 {
            Parts::new(re, im)
        } else if re.is_infinite() {
            if im.is_nan() {
                Parts::new(f64::INFINITY, im)
            } else {
                let direction = infinity_towards(im);
                Parts::new(direction.re * re.signum(), direction.im)
            }
        } else if re == 0.0 {
            Parts::new(0.0, f64::NAN)
        } else {
            Parts::new(f64::NAN, f64::NAN)
        });
    }
    in_range(if re.abs() > LOG_OF_LARGE {
        let less = re - 1f64.copysign(re);
        Parts::new(im.cos() * less.sinh() * E, im.sin() * less.cosh() * E)
    } else {
        Parts::new(im.cos() * re.sinh(), im.sin() * re.cosh())
    })
}

/// The hyperbolic tangent.
pub fn tanh(z: Parts) -> Outcome {
    let (re, im) = (z.re, z.im);
    if im.is_infinite() && re.is_finite() {
        return Err(Failure::Domain);
    }
    if !z.is_finite() {
        return Ok(if re.is_infinite() {
            let imag = if im == 0.0 {
                im
            } else if im.is_finite() {
                0f64.copysign(2.0 * im.sin() * im.cos())
            } else {
                0.0
            };
            Parts::new(1f64.copysign(re), imag)
        } else if im == 0.0 || re == 0.0 {
            Parts::new(re, im)
        } else {
            Parts::new(f64::NAN, f64::NAN)
        });
    }
    if re.abs() > LOG_OF_LARGE {
        return Ok(Parts::new(
            1f64.copysign(re),
            4.0 * im.sin() * im.cos() * (-2.0 * re.abs()).exp(),
        ));
    }
    let (real, imag) = (re.tanh(), im.tan());
    let inverse = 1.0 / re.cosh();
    let product = real * imag;
    let denominator = 1.0 + product * product;
    Ok(Parts::new(
        real * (1.0 + imag * imag) / denominator,
        imag / denominator * inverse * inverse,
    ))
}

/// The cosine: cosh(i * z).
pub fn cos(z: Parts) -> Outcome {
    cosh(times_i(z))
}

/// The sine: -i * sinh(i * z).
pub fn sin(z: Parts) -> Outcome {
    sinh(times_i(z)).map(times_minus_i)
}

/// The tangent: -i * tanh(i * z).
pub fn tan(z: Parts) -> Outcome {
    tanh(times_i(z)).map(times_minus_i)
}

/// The number at distance `length` from the origin in the direction `angle`.
pub fn rect(length: f64, angle: f64) -> Outcome {
    if length == 0.0 && !angle.is_finite() {
        return Ok(Parts::new(0.0, 0.0));
    }
    if angle.is_infinite() && !length.is_nan() {
        return Err(Failure::Domain);
    }
    if length.is_infinite() && angle.is_nan() {
        return Ok(Parts::new(f64::INFINITY, angle));
    }
    if angle == 0.0 {
        // The product would be NaN for an infinite length.
        let imag = if length.is_nan() {
            0.0
        } else if length.is_sign_positive() {
            angle
        } else {
            -angle
        };
        return Ok(Parts::new(length, imag));
    }
    if length.is_infinite() && angle.is_finite() {
        let direction = infinity_towards(angle);
        return Ok(direction * length.signum());
    }
    Ok(Parts::new(length * angle.cos(), length * angle.sin()))
}
