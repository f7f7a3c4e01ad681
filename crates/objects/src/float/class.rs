//! The class `float`: slots and methods, on immediates and boxed floats alike.

use rustpython_common::float_ops::{self, HexFloatError};
use taipan_macros::methods;

use super::arithmetic;
use super::convert::construct;
use super::{Float, as_f64, is_exact, new, value_of};
use crate::class::{Comparison, Payload, Type};
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{format, hash, id, int, protocol};

/// The number behind the receiver of a method of `float`.
#[inline(always)]
fn number(this: &Value) -> f64 {
    value_of(this).expect("methods of float are reached through floats")
}

/// The same number as an exact `float`.
#[inline]
fn to_exact(this: &Value) -> Value {
    if is_exact(this) {
        this.clone()
    } else {
        new(number(this))
    }
}

/// The text of a float: the shortest that reads back as the same number.
pub fn to_text(float: f64) -> String {
    rustpython_literal::float::to_string(float)
}

/// A float rounded to a number of decimal places, exactly and with ties to even.
pub fn round_to(float: f64, places: &Value) -> PyResult<f64> {
    let places =
        int::as_i64_clamped(places)?.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    match float_ops::round_float_digits(float, places) {
        Some(rounded) => Ok(rounded),
        None => bail!(OverflowError, "rounded value too large to represent"),
    }
}

#[methods]
impl Float {
    #[new("(x=0, /)")]
    fn new(class: &Ref<Type>, x: Option<&Value>) -> PyResult<Value> {
        construct(class, x)
    }

    #[slot(repr, str)]
    fn repr(this: &Value) -> PyResult<Ref<Str>> {
        Ok(Str::from_latin1(to_text(number(this)).as_bytes()))
    }

    #[slot(hash)]
    fn hash(this: &Value) -> PyResult<i64> {
        Ok(hash::hash_f64(number(this)).unwrap_or_else(|| hash::hash_address(this.bits())))
    }

    #[slot(richcompare)]
    fn richcompare(this: &Value, other: &Value, comparison: Comparison) -> PyResult<Value> {
        arithmetic::richcompare(this, other, comparison)
    }

    #[slot(bool)]
    fn bool(this: &Value) -> PyResult<bool> {
        Ok(number(this) != 0.0)
    }

    #[slot(add)]
    fn add(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::add(left, right)
    }

    #[slot(subtract)]
    fn subtract(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::subtract(left, right)
    }

    #[slot(multiply)]
    fn multiply(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::multiply(left, right)
    }

    #[slot(true_divide)]
    fn true_divide(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::true_divide(left, right)
    }

    #[slot(floor_divide)]
    fn floor_divide(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::floor_divide(left, right)
    }

    #[slot(remainder)]
    fn remainder(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::remainder(left, right)
    }

    #[slot(divmod)]
    fn divmod(left: &Value, right: &Value) -> PyResult<Value> {
        arithmetic::divmod(left, right)
    }

    #[slot(power)]
    fn power(base: &Value, exponent: &Value, modulus: &Value) -> PyResult<Value> {
        arithmetic::power(base, exponent, modulus)
    }

    #[slot(negative)]
    fn negative(this: &Value) -> PyResult<Value> {
        Ok(new(-number(this)))
    }

    #[slot(positive, float)]
    fn positive(this: &Value) -> PyResult<Value> {
        Ok(to_exact(this))
    }

    #[slot(absolute)]
    fn absolute(this: &Value) -> PyResult<Value> {
        Ok(new(number(this).abs()))
    }

    #[slot(int)]
    fn int(this: &Value) -> PyResult<Value> {
        int::from_f64(number(this))
    }

    /// The float that a number equals; unlike the class itself it takes no text.
    #[classmethod("($type, number, /)")]
    fn from_number(class: &Ref<Type>, number: &Value) -> PyResult<Value> {
        if is_exact(number) && class.is(Float::class()) {
            return Ok(number.clone());
        }
        let float = new(as_f64(number)?);
        if class.is(Float::class()) {
            Ok(float)
        } else {
            protocol::call1(class.as_value(), &float)
        }
    }

    /// The float that hexadecimal text spells.
    ///
    /// >>> float.fromhex('0x1.8p3')
    /// 12.0
    #[classmethod("($type, string, /)")]
    fn fromhex(class: &Ref<Type>, string: &Value) -> PyResult<Value> {
        let Some(string) = string.downcast::<Str>() else {
            bail!(TypeError, "bad argument type for built-in operation");
        };
        let float = match float_ops::from_hex(&string.to_str()?) {
            Ok(float) => new(float),
            Err(HexFloatError::Invalid) => {
                bail!(ValueError, "invalid hexadecimal floating-point string")
            }
            Err(HexFloatError::TooLong) => {
                bail!(ValueError, "hexadecimal string too long to convert")
            }
            Err(HexFloatError::Overflow) => bail!(
                OverflowError,
                "hexadecimal value too large to represent as a float"
            ),
        };
        if class.is(Float::class()) {
            Ok(float)
        } else {
            protocol::call1(class.as_value(), &float)
        }
    }

    /// The number in hexadecimal digits, exactly.
    ///
    /// >>> (12.0).hex()
    /// '0x1.8000000000000p+3'
    #[method]
    fn hex(this: &Value) -> String {
        rustpython_literal::float::to_hex(number(this))
    }

    /// Whether the number has no fraction.
    #[method]
    fn is_integer(this: &Value) -> bool {
        let number = number(this);
        number.is_finite() && number.fract() == 0.0
    }

    /// A pair of ints, in lowest terms, whose quotient is exactly the number.
    #[method]
    fn as_integer_ratio(this: &Value) -> PyResult<Ref<Tuple>> {
        let (numerator, denominator) = arithmetic::as_integer_ratio(number(this))?;
        Ok(Tuple::pair(numerator, denominator))
    }

    /// The number itself: the complex conjugate of a real number.
    #[method]
    fn conjugate(this: &Value) -> Value {
        to_exact(this)
    }

    /// The whole part as an int, towards zero.
    #[method]
    fn __trunc__(this: &Value) -> PyResult<Value> {
        int::from_f64(number(this))
    }

    /// The largest int that is not above the number.
    #[method]
    fn __floor__(this: &Value) -> PyResult<Value> {
        int::from_f64(number(this).floor())
    }

    /// The smallest int that is not below the number.
    #[method]
    fn __ceil__(this: &Value) -> PyResult<Value> {
        int::from_f64(number(this).ceil())
    }

    /// The nearest int, the even one of two; with `ndigits`, the nearest float of so many decimal places.
    #[method("($self, ndigits=None, /)")]
    fn __round__(this: &Value, ndigits: Option<&Value>) -> PyResult<Value> {
        match ndigits {
            None => int::from_f64(number(this).round_ties_even()),
            Some(ndigits) => round_to(number(this), ndigits).map(new),
        }
    }

    /// The arguments that make the number again.
    #[method]
    fn __getnewargs__(this: &Value) -> Ref<Tuple> {
        Tuple::from_array([to_exact(this)])
    }

    /// How C stores its 'double' or 'float'.
    #[classmethod("($type, typestr, /)")]
    fn __getformat__(_class: &Ref<Type>, typestr: &Ref<Str>) -> PyResult<Ref<Str>> {
        if !typestr.eq_str("double") && !typestr.eq_str("float") {
            bail!(
                ValueError,
                "__getformat__() argument 1 must be 'double' or 'float'"
            );
        }
        Ok(if cfg!(target_endian = "big") {
            id!("IEEE, big-endian").clone()
        } else {
            id!("IEEE, little-endian").clone()
        })
    }

    /// The number as text, as `format_spec` says.
    #[method("($self, format_spec, /)")]
    fn __format__(this: &Value, format_spec: &Ref<Str>) -> PyResult<Ref<Str>> {
        format::format_float(this, format_spec)
    }

    /// The number itself: a real number is its own real part.
    #[getter]
    fn real(this: &Value) -> Value {
        to_exact(this)
    }

    /// Zero: a real number has no imaginary part.
    #[getter]
    fn imag(_this: &Value) -> Value {
        new(0.0)
    }
}
