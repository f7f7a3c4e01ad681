//! `complex`: pairs of floats.
//!
//! Arithmetic of two complex numbers recovers infinities that the textbook formulas lose in NaNs, as C's Annex G asks;
//! arithmetic of a complex and a real number does not widen the real one, so that signs of zeros and infinities survive.

pub mod arithmetic;
mod class;
mod convert;

pub use arithmetic::power_of_complex;
pub use class::to_text;
pub use convert::{as_parts, parse};
/// The two parts of a complex number.
pub use num_complex::Complex64 as Parts;
use taipan_macros::class;

use crate::class::{Payload, Type};
use crate::heap;
use crate::value::{Ref, Value};

/// The payload of complex numbers.
#[class(
    name = "complex",
    flags(BASETYPE),
    doc = "Complex numbers: pairs of floats.\n\ncomplex(real=0, imag=0) is the number with these parts; complex(string) is the one that text spells."
)]
pub struct Complex {
    #[untraced]
    pub(crate) parts: Parts,
}

/// A complex number.
#[inline]
pub fn new(real: f64, imag: f64) -> Value {
    from_parts(Parts::new(real, imag))
}

/// A complex number.
#[inline]
pub fn from_parts(parts: Parts) -> Value {
    heap::new_object(Complex::class(), Complex { parts }).into_value()
}

/// An instance of `class`, which is `complex` or a subclass.
pub fn with_class(class: &Ref<Type>, parts: Parts) -> Value {
    heap::new_object(class, Complex { parts }).into_value()
}

/// The parts of a complex number or an instance of a subclass; no conversion method is called.
#[inline]
pub fn parts_of(value: &Value) -> Option<Parts> {
    value.downcast::<Complex>().map(|complex| complex.parts)
}
