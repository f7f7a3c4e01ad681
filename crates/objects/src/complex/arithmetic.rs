//! Arithmetic of complex numbers with complex and real numbers.

use std::cmp::Ordering;

use super::{Parts, from_parts, parts_of};
use crate::class::Comparison;
use crate::float::arithmetic::operand;
use crate::int::{self, arithmetic::order_float, division::division_by_zero};
use crate::raised::PyResult;
use crate::value::Value;

/// An operand of a binary operation.
enum Operand {
    Complex(Parts),
    Real(f64),
}

use Operand::{Complex, Real};

/// The number an operand stands for; `None` for values that are no numbers.
fn number(value: &Value) -> PyResult<Option<Operand>> {
    match parts_of(value) {
        Some(parts) => Ok(Some(Complex(parts))),
        None => Ok(operand(value)?.map(Real)),
    }
}

macro_rules! operands {
    ($left:ident, $right:ident) => {
        match (number($left)?, number($right)?) {
            (Some(left), Some(right)) => (left, right),
            _ => return Ok(Value::NOT_IMPLEMENTED),
        }
    };
}

/// `left + right`.
pub fn add(left: &Value, right: &Value) -> PyResult<Value> {
    Ok(from_parts(match operands!(left, right) {
        (Complex(left), Complex(right)) => left + right,
        (Complex(left), Real(right)) => Parts::new(left.re + right, left.im),
        (Real(left), Complex(right)) => Parts::new(left + right.re, right.im),
        (Real(left), Real(right)) => Parts::new(left + right, 0.0),
    }))
}

/// `left - right`.
pub fn subtract(left: &Value, right: &Value) -> PyResult<Value> {
    Ok(from_parts(match operands!(left, right) {
        (Complex(left), Complex(right)) => left - right,
        (Complex(left), Real(right)) => Parts::new(left.re - right, left.im),
        (Real(left), Complex(right)) => Parts::new(left - right.re, -right.im),
        (Real(left), Real(right)) => Parts::new(left - right, 0.0),
    }))
}

/// `left * right`.
pub fn multiply(left: &Value, right: &Value) -> PyResult<Value> {
    Ok(from_parts(match operands!(left, right) {
        (Complex(left), Complex(right)) => product(left, right),
        (Complex(left), Real(right)) => Parts::new(left.re * right, left.im * right),
        (Real(left), Complex(right)) => Parts::new(left * right.re, left * right.im),
        (Real(left), Real(right)) => Parts::new(left * right, 0.0),
    }))
}

/// `left / right`.
pub fn true_divide(left: &Value, right: &Value) -> PyResult<Value> {
    let quotient = match operands!(left, right) {
        (Complex(left), Complex(right)) => quotient(left, right),
        (Complex(left), Real(right)) => {
            (right != 0.0).then(|| Parts::new(left.re / right, left.im / right))
        }
        (Real(left), Complex(right)) => quotient_of_real(left, right),
        (Real(left), Real(right)) => (right != 0.0).then(|| Parts::new(left / right, 0.0)),
    };
    quotient.map(from_parts).ok_or_else(division_by_zero)
}

/// An infinite part as a one, any other as a zero, with its sign.
fn unit_if_infinite(part: f64) -> f64 {
    (if part.is_infinite() { 1.0f64 } else { 0.0 }).copysign(part)
}

/// A NaN as a zero, with its sign.
fn zero_if_nan(part: f64) -> f64 {
    if part.is_nan() {
        0f64.copysign(part)
    } else {
        part
    }
}

/// The product of two complex numbers.
pub fn product(left: Parts, right: Parts) -> Parts {
    let (ac, bd) = (left.re * right.re, left.im * right.im);
    let (ad, bc) = (left.re * right.im, left.im * right.re);
    let product = Parts::new(ac - bd, ad + bc);
    if product.re.is_nan() && product.im.is_nan() {
        recovered_product(left, right, [ac, bd, ad, bc]).unwrap_or(product)
    } else {
        product
    }
}

/// The infinity that a product of NaN parts stands for, if one of the factors or products was infinite.
#[cold]
fn recovered_product(left: Parts, right: Parts, products: [f64; 4]) -> Option<Parts> {
    let is_infinite = |parts: Parts| parts.re.is_infinite() || parts.im.is_infinite();
    let (mut a, mut b) = (left, right);
    let mut recover = false;
    if is_infinite(left) {
        a = Parts::new(unit_if_infinite(a.re), unit_if_infinite(a.im));
        b = Parts::new(zero_if_nan(b.re), zero_if_nan(b.im));
        recover = true;
    }
    if is_infinite(right) {
        b = Parts::new(unit_if_infinite(b.re), unit_if_infinite(b.im));
        a = Parts::new(zero_if_nan(a.re), zero_if_nan(a.im));
        recover = true;
    }
    if !recover && products.iter().any(|product| product.is_infinite()) {
        a = Parts::new(zero_if_nan(a.re), zero_if_nan(a.im));
        b = Parts::new(zero_if_nan(b.re), zero_if_nan(b.im));
        recover = true;
    }
    recover.then(|| {
        Parts::new(
            f64::INFINITY * (a.re * b.re - a.im * b.im),
            f64::INFINITY * (a.re * b.im + a.im * b.re),
        )
    })
}

/// The quotient of two complex numbers by Smith's method; `None` for a zero divisor.
pub fn quotient(left: Parts, right: Parts) -> Option<Parts> {
    let (re, im) = (right.re.abs(), right.im.abs());
    let result = if re >= im {
        if re == 0.0 {
            return None;
        }
        let ratio = right.im / right.re;
        let denominator = right.re + right.im * ratio;
        Parts::new(
            (left.re + left.im * ratio) / denominator,
            (left.im - left.re * ratio) / denominator,
        )
    } else if im >= re {
        let ratio = right.re / right.im;
        let denominator = right.re * ratio + right.im;
        Parts::new(
            (left.re * ratio + left.im) / denominator,
            (left.im * ratio - left.re) / denominator,
        )
    } else {
        Parts::new(f64::NAN, f64::NAN)
    };
    if !(result.re.is_nan() && result.im.is_nan()) {
        return Some(result);
    }
    if (left.re.is_infinite() || left.im.is_infinite()) && right.is_finite() {
        let (x, y) = (unit_if_infinite(left.re), unit_if_infinite(left.im));
        return Some(Parts::new(
            f64::INFINITY * (x * right.re + y * right.im),
            f64::INFINITY * (y * right.re - x * right.im),
        ));
    }
    if (re.is_infinite() || im.is_infinite()) && left.is_finite() {
        let (x, y) = (unit_if_infinite(right.re), unit_if_infinite(right.im));
        return Some(Parts::new(
            0.0 * (left.re * x + left.im * y),
            0.0 * (left.im * x - left.re * y),
        ));
    }
    Some(result)
}

/// The quotient of a real and a complex number; `None` for a zero divisor.
fn quotient_of_real(left: f64, right: Parts) -> Option<Parts> {
    let (re, im) = (right.re.abs(), right.im.abs());
    let result = if re >= im {
        if re == 0.0 {
            return None;
        }
        let ratio = right.im / right.re;
        let denominator = right.re + right.im * ratio;
        Parts::new(left / denominator, (-left * ratio) / denominator)
    } else if im >= re {
        let ratio = right.re / right.im;
        let denominator = right.re * ratio + right.im;
        Parts::new((left * ratio) / denominator, -left / denominator)
    } else {
        Parts::new(f64::NAN, f64::NAN)
    };
    if result.re.is_nan()
        && result.im.is_nan()
        && left.is_finite()
        && (re.is_infinite() || im.is_infinite())
    {
        let (x, y) = (unit_if_infinite(right.re), unit_if_infinite(right.im));
        return Some(Parts::new(0.0 * (left * x), 0.0 * (-left * y)));
    }
    Some(result)
}

/// `pow(base, exponent, modulus)`; complex numbers take no modulus.
pub fn power(base: &Value, exponent: &Value, modulus: &Value) -> PyResult<Value> {
    let widen = |operand| match operand {
        Complex(parts) => parts,
        Real(real) => Parts::new(real, 0.0),
    };
    let (base, exponent) = operands!(base, exponent);
    if !modulus.is_none() {
        bail!(ValueError, "complex modulo");
    }
    power_of_complex(widen(base), widen(exponent))
}

/// `base ** exponent` of complex numbers.
pub fn power_of_complex(base: Parts, exponent: Parts) -> PyResult<Value> {
    let power = if exponent.im == 0.0 && exponent.re.fract() == 0.0 && exponent.re.abs() <= 100.0 {
        whole_power(base, exponent.re as i32)
    } else {
        general_power(base, exponent)
    };
    let Some(power) = power else {
        bail!(ZeroDivisionError, "zero to a negative or complex power")
    };
    if power.re.is_infinite() || power.im.is_infinite() {
        bail!(OverflowError, "complex exponentiation");
    }
    Ok(from_parts(power))
}

/// A small whole power by repeated squaring; `None` for a negative power of zero.
fn whole_power(base: Parts, exponent: i32) -> Option<Parts> {
    if exponent < 0 {
        return quotient(Parts::new(1.0, 0.0), whole_power(base, -exponent)?);
    }
    let (mut power, mut square) = (Parts::new(1.0, 0.0), base);
    let mut mask = 1;
    while mask > 0 && exponent >= mask {
        if exponent & mask != 0 {
            power = product(power, square);
        }
        mask <<= 1;
        square = product(square, square);
    }
    Some(power)
}

/// A power in polar coordinates; `None` for a negative or complex power of zero.
fn general_power(base: Parts, exponent: Parts) -> Option<Parts> {
    if exponent.re == 0.0 && exponent.im == 0.0 {
        return Some(Parts::new(1.0, 0.0));
    }
    if base.re == 0.0 && base.im == 0.0 {
        return (exponent.im == 0.0 && exponent.re >= 0.0).then(|| Parts::new(0.0, 0.0));
    }
    let length = base.re.hypot(base.im);
    let angle = base.im.atan2(base.re);
    let mut power = length.powf(exponent.re);
    let mut phase = angle * exponent.re;
    if exponent.im != 0.0 {
        power *= (-angle * exponent.im).exp();
        phase += exponent.im * length.ln();
    }
    Some(Parts::new(power * phase.cos(), power * phase.sin()))
}

/// The distance from zero; OverflowError where it is beyond the floats.
pub fn absolute(parts: Parts) -> PyResult<f64> {
    let length = parts.re.hypot(parts.im);
    if length.is_infinite() && parts.is_finite() {
        bail!(OverflowError, "absolute value too large");
    }
    Ok(length)
}

/// `left == right` or `left != right` with a complex number on the left; complex numbers have no order.
pub fn richcompare(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
    let Some(parts) =
        parts_of(left).filter(|_| matches!(comparison, Comparison::Eq | Comparison::Ne))
    else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let equal = if let Some(other) = parts_of(right) {
        parts == other
    } else if let Some(other) = crate::float::value_of(right) {
        parts.re == other && parts.im == 0.0
    } else if let Some(other) = int::view(right) {
        parts.im == 0.0 && !parts.re.is_nan() && order_float(other, parts.re) == Ordering::Equal
    } else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    Ok(Value::from_bool(equal == (comparison == Comparison::Eq)))
}
