//! `float`: the payload of boxed floats, and how Rust floats and values turn into each other.
//!
//! Floats with a magnitude of about 1e-77 to 1e77, and `0.0`, are immediate [`Value`]s. [`Float`] holds the others
//! (`-0.0`, infinities, NaNs, extreme exponents) and every instance of a subclass. Invariant: a value whose class is
//! exactly `float` is boxed only if it has no immediate form.

pub mod arithmetic;
mod class;
pub mod convert;
pub mod immediate;

pub use arithmetic::power_of_floats;
pub use class::{round_to, to_text};
pub use convert::{from_value, parse};
pub use immediate::*;
use taipan_macros::class;

use crate::class::{Payload, Type};
use crate::exceptions::ExceptionKind;
use crate::heap;
use crate::int;
use crate::protocol;
use crate::raised::PyResult;
use crate::value::{Ref, Value};
use crate::warnings;

/// The payload of floats that are not immediates.
#[class(
    name = "float",
    flags(BASETYPE, MATCH_SELF),
    doc = "Floating-point numbers of 64 bits.\n\nfloat(x=0) is the float that a number or text stands for."
)]
pub struct Float {
    #[untraced]
    pub(crate) value: f64,
}

/// A float.
#[inline(always)]
pub fn new(value: f64) -> Value {
    match Value::from_immediate_float(value) {
        Some(value) => value,
        None => boxed(value),
    }
}

/// An instance of `class`, which is `float` or a subclass.
pub fn with_class(class: &Ref<Type>, value: f64) -> Value {
    if class.is(Float::class()) {
        new(value)
    } else {
        heap::new_object(class, Float { value }).into_value()
    }
}

#[cold]
fn boxed(value: f64) -> Value {
    heap::new_exact(Float { value }).into_value()
}

/// The number behind a value whose class is exactly `float`.
#[inline(always)]
pub fn exact(value: &Value) -> Option<f64> {
    match value.as_immediate_float() {
        Some(float) => Some(float),
        None => value.downcast_exact::<Float>().map(|float| float.value),
    }
}

/// Whether the value's class is exactly `float`.
#[inline(always)]
pub fn is_exact(value: &Value) -> bool {
    value.as_immediate_float().is_some() || value.downcast_exact::<Float>().is_some()
}

/// The number behind a float or an instance of a subclass; no conversion method is called.
#[inline(always)]
pub fn value_of(value: &Value) -> Option<f64> {
    match value.as_immediate_float() {
        Some(float) => Some(float),
        None => value.downcast::<Float>().map(|float| float.value),
    }
}

/// The number a value stands for: a float, or what `__float__` or `__index__` answers.
#[inline(always)]
pub fn as_f64(value: &Value) -> PyResult<f64> {
    match value.as_immediate_float() {
        Some(float) => Ok(float),
        None => as_f64_slow(value),
    }
}

fn as_f64_slow(value: &Value) -> PyResult<f64> {
    match value_of(value) {
        Some(float) => Ok(float),
        None => converted(value),
    }
}

/// What `float(value)` is for what is no exact float and no text: a subclass of float is asked, too.
pub(crate) fn converted(value: &Value) -> PyResult<f64> {
    if int::is_exact(value) {
        return int_to_f64(value);
    }
    let class = value.class();
    if let Some(convert) = class.slots.float.get() {
        let answer = convert(value)?;
        let Some(float) = value_of(&answer) else {
            bail!(
                TypeError,
                "{}.__float__ returned non-float (type {})",
                class.name(),
                answer.class().name()
            );
        };
        if !is_exact(&answer) {
            let message = format!(
                "{}.__float__ returned non-float (type {}).  The ability to return an instance of a strict subclass of \
                 float is deprecated, and may not be supported in a future version of Python.",
                class.name(),
                answer.class().name()
            );
            warnings::warn(ExceptionKind::DeprecationWarning, &message)?;
        }
        return Ok(float);
    }
    if class.slots.index.get().is_some() {
        return int_to_f64(&protocol::index(value)?);
    }
    Err(exc!(TypeError, "must be real number, not {}", class.name()))
}

/// An int as a float, rounded half to even; OverflowError where it is beyond the floats.
pub fn int_to_f64(value: &Value) -> PyResult<f64> {
    match int::view(value).map(int::IntView::to_f64) {
        Some(Some(float)) => Ok(float),
        Some(None) => bail!(OverflowError, "int too large to convert to float"),
        None => bail!(
            TypeError,
            "must be real number, not {}",
            value.class().name()
        ),
    }
}

impl From<f64> for Value {
    #[inline(always)]
    fn from(value: f64) -> Value {
        new(value)
    }
}
