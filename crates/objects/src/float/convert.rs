//! What `float(x)` makes of a value, and how text spells floats.

use super::{Float, as_f64, exact, int_to_f64, new, with_class};
use crate::class::{Payload, Type};
use crate::int::text::{ascii_digits, trim_c_space};
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{buffer, int};

/// `float(value)`: by `__float__`, by `__index__`, or from text. The result is an exact `float`.
pub fn from_value(value: &Value) -> PyResult<Value> {
    if exact(value).is_some() {
        return Ok(value.clone());
    }
    if int::is_exact(value) {
        return int_to_f64(value).map(new);
    }
    let slots = &value.class().slots;
    if slots.float.get().is_some()
        || slots.index.get().is_some()
        || super::value_of(value).is_some()
    {
        return super::converted(value).map(new);
    }
    if let Some(string) = value.downcast::<Str>() {
        return parse_object(&ascii_digits(string), value);
    }
    if !buffer::is_bytes_like(value) {
        bail!(
            TypeError,
            "float() argument must be a string or a real number, not '{}'",
            value.class().name()
        );
    }
    parse_object(&buffer::bytes_like(value)?.to_bytes(), value)
}

fn parse_object(text: &[u8], source: &Value) -> PyResult<Value> {
    match parse(text) {
        Some(float) => Ok(new(float)),
        None => bail!(
            ValueError,
            "could not convert string to float: {}",
            protocol::repr(source)?.to_display()
        ),
    }
}

/// The float that ASCII text spells, with white space around it and underscores between digits.
pub fn parse(text: &[u8]) -> Option<f64> {
    rustpython_literal::float::parse_bytes(trim_c_space(text))
}

/// `float.__new__(class, value)`.
pub(super) fn construct(class: &Ref<Type>, value: Option<&Value>) -> PyResult<Value> {
    let number = match value {
        None => new(0.0),
        Some(value) => from_value(value)?,
    };
    if class.is(Float::class()) {
        return Ok(number);
    }
    Ok(with_class(class, as_f64(&number)?))
}
