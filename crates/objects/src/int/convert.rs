//! What `int(x)` makes of a value.

use super::{Int, as_i64_clamped, from_f64, is_exact, is_int, parse, text, view, with_class};
use crate::bytes::{ByteArray, Bytes};
use crate::class::{Payload, Type};
use crate::exceptions::ExceptionKind;
use crate::float;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{buffer, warnings};

/// The same number as an exact `int`; the value is an int.
#[inline]
pub fn exact(value: &Value) -> Value {
    if is_exact(value) {
        return value.clone();
    }
    view(value).map_or(Value::NOT_IMPLEMENTED, |view| view.to_value())
}

/// `int(value)`: by `__int__`, by `__index__`, or from text. The result is an exact `int`.
pub fn from_value(value: &Value) -> PyResult<Value> {
    if is_exact(value) {
        return Ok(value.clone());
    }
    if let Some(float) = float::exact(value) {
        return from_f64(float);
    }
    let slots = &value.class().slots;
    if let Some(convert) = slots.int.get() {
        let answer = convert(value)?;
        return exact_answer(value, answer);
    }
    if slots.index.get().is_some() {
        return Ok(exact(&protocol::index(value)?));
    }
    if let Some(parsed) = from_text(value, 10)? {
        return Ok(parsed);
    }
    bail!(
        TypeError,
        "int() argument must be a string, a bytes-like object or a real number, not '{}'",
        value.class().name()
    )
}

/// What `__int__` answered, as an exact `int`.
fn exact_answer(value: &Value, answer: Value) -> PyResult<Value> {
    if is_exact(&answer) {
        return Ok(answer);
    }
    let (class, answered) = (value.class().name(), answer.class().name());
    if !is_int(&answer) {
        bail!(
            TypeError,
            "{class}.__int__ returned non-int (type {answered})"
        );
    }
    let message = format!(
        "{class}.__int__ returned non-int (type {answered}).  The ability to return an instance of a strict subclass of \
         int is deprecated, and may not be supported in a future version of Python."
    );
    warnings::warn(ExceptionKind::DeprecationWarning, &message)?;
    Ok(exact(&answer))
}

/// The int that text or bytes spell; `None` for other values.
fn from_text(value: &Value, base: u32) -> PyResult<Option<Value>> {
    if let Some(string) = value.downcast::<Str>() {
        return parse(&text::ascii_digits(string), base, value).map(Some);
    }
    if !buffer::is_bytes_like(value) {
        return Ok(None);
    }
    let bytes = Bytes::new(&buffer::bytes_like(value)?.to_bytes());
    parse(bytes.as_slice(), base, bytes.as_value()).map(Some)
}

/// `int.__new__(class, value, base)`.
pub(super) fn construct(
    class: &Ref<Type>,
    value: Option<&Value>,
    base: Option<&Value>,
) -> PyResult<Value> {
    let number = match (value, base) {
        (None, None) => super::new(0),
        (None, Some(_)) => bail!(TypeError, "int() missing string argument"),
        (Some(value), None) => from_value(value)?,
        (Some(value), Some(base)) => from_text_in_base(value, base)?,
    };
    if class.is(Int::class()) {
        return Ok(number);
    }
    Ok(match super::to_big(&number) {
        Some(big) => with_class(class, big.into_owned()),
        None => number,
    })
}

fn from_text_in_base(value: &Value, base: &Value) -> PyResult<Value> {
    let base = as_i64_clamped(base)?;
    if base != 0 && !(2..=36).contains(&base) {
        bail!(ValueError, "int() base must be >= 2 and <= 36, or 0");
    }
    let is_text = value.downcast::<Str>().is_some()
        || value.downcast::<Bytes>().is_some()
        || value.downcast::<ByteArray>().is_some();
    match if is_text {
        from_text(value, base as u32)?
    } else {
        None
    } {
        Some(number) => Ok(number),
        None => bail!(
            TypeError,
            "int() can't convert non-string with explicit base"
        ),
    }
}
