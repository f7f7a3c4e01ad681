//! The class `complex`: slots and methods.

use taipan_macros::methods;

use super::convert::{as_parts, construct};
use super::{Complex, Parts, arithmetic, from_parts};
use crate::class::{Comparison, Payload, Type};
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{float, format, hash, protocol};

/// The text of a complex number.
pub fn to_text(parts: Parts) -> String {
    rustpython_literal::complex::to_string(parts.re, parts.im)
}

#[methods]
impl Complex {
    #[new("(real=0, imag=0)")]
    fn new(class: &Ref<Type>, real: Option<&Value>, imag: Option<&Value>) -> PyResult<Value> {
        construct(class, real, imag)
    }

    #[slot(repr, str)]
    fn repr(&self) -> PyResult<Ref<Str>> {
        Ok(Str::from_latin1(to_text(self.parts).as_bytes()))
    }

    #[slot(hash)]
    fn hash(this: &Ref<Complex>) -> PyResult<i64> {
        let part = |part: f64| {
            hash::hash_f64(part).unwrap_or_else(|| hash::hash_address(this.as_value().bits()))
        };
        let (real, imag) = (part(this.parts.re), part(this.parts.im));
        Ok(hash::avoid_minus_one(
            real.wrapping_add(hash::IMAGINARY.wrapping_mul(imag)),
        ))
    }

    #[slot(richcompare)]
    fn richcompare(this: &Value, other: &Value, comparison: Comparison) -> PyResult<Value> {
        arithmetic::richcompare(this, other, comparison)
    }

    #[slot(bool)]
    fn bool(&self) -> PyResult<bool> {
        Ok(self.parts.re != 0.0 || self.parts.im != 0.0)
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

    #[slot(power)]
    fn power(base: &Value, exponent: &Value, modulus: &Value) -> PyResult<Value> {
        arithmetic::power(base, exponent, modulus)
    }

    #[slot(negative)]
    fn negative(&self) -> PyResult<Value> {
        Ok(from_parts(-self.parts))
    }

    #[slot(positive)]
    fn positive(this: &Ref<Complex>) -> PyResult<Value> {
        Ok(exact(this))
    }

    #[slot(absolute)]
    fn absolute(&self) -> PyResult<Value> {
        arithmetic::absolute(self.parts).map(float::new)
    }

    /// The complex number that a number equals; unlike the class itself it takes no text.
    #[classmethod("($type, number, /)")]
    fn from_number(class: &Ref<Type>, number: &Value) -> PyResult<Value> {
        if class.is(Complex::class()) && number.downcast_exact::<Complex>().is_some() {
            return Ok(number.clone());
        }
        let complex = from_parts(as_parts(number)?);
        if class.is(Complex::class()) {
            Ok(complex)
        } else {
            protocol::call1(class.as_value(), &complex)
        }
    }

    /// The number with the opposite imaginary part.
    #[method]
    fn conjugate(&self) -> Value {
        from_parts(self.parts.conj())
    }

    /// The number as an exact `complex`.
    #[method]
    fn __complex__(this: &Ref<Complex>) -> Value {
        exact(this)
    }

    /// The arguments that make the number again.
    #[method]
    fn __getnewargs__(&self) -> Ref<Tuple> {
        Tuple::pair(float::new(self.parts.re), float::new(self.parts.im))
    }

    /// The number as text, as `format_spec` says.
    #[method("($self, format_spec, /)")]
    fn __format__(this: &Value, format_spec: &Ref<Str>) -> PyResult<Ref<Str>> {
        format::format_complex(this, format_spec)
    }

    /// The real part.
    #[getter(member)]
    fn real(&self) -> f64 {
        self.parts.re
    }

    /// The imaginary part.
    #[getter(member)]
    fn imag(&self) -> f64 {
        self.parts.im
    }
}

fn exact(this: &Ref<Complex>) -> Value {
    if this.class().is(Complex::class()) {
        this.to_value()
    } else {
        from_parts(this.parts)
    }
}
