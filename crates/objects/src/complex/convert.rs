//! What `complex(…)` makes of its arguments, and how text spells complex numbers.

use super::{Complex, Parts, from_parts, parts_of, with_class};
use crate::class::{Payload, Type};
use crate::exceptions::ExceptionKind;
use crate::int::text::{ascii_digits, trim_c_space};
use crate::native::{ArgInfo, FromArg, IntoResult};
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{float, id, protocol, warnings};

/// The complex number that ASCII text spells, with white space around it and perhaps in parentheses.
pub fn parse(text: &[u8]) -> Option<Parts> {
    let text = std::str::from_utf8(trim_c_space(text)).ok()?;
    rustpython_literal::complex::parse_str(text).map(|(real, imag)| Parts::new(real, imag))
}

/// What a value's `__complex__` answers; `None` if it has no such method.
fn by_special_method(value: &Value) -> PyResult<Option<Parts>> {
    if value.downcast_exact::<Complex>().is_some() {
        return Ok(parts_of(value));
    }
    let Some(answer) = protocol::call_special_optional(value, id!("__complex__"), &[])? else {
        return Ok(None);
    };
    let (class, answered) = (value.class().name(), answer.class().name());
    let Some(parts) = parts_of(&answer) else {
        bail!(
            TypeError,
            "{class}.__complex__ returned non-complex (type {answered})"
        );
    };
    if answer.downcast_exact::<Complex>().is_none() {
        let message = format!(
            "{class}.__complex__ returned non-complex (type {answered}).  The ability to return an instance of a strict \
             subclass of complex is deprecated, and may not be supported in a future version of Python."
        );
        warnings::warn(ExceptionKind::DeprecationWarning, &message)?;
    }
    Ok(Some(parts))
}

/// The complex number a value stands for: by `__complex__`, `__float__` or `__index__`.
pub fn as_parts(value: &Value) -> PyResult<Parts> {
    if let Some(parts) = by_special_method(value)? {
        return Ok(parts);
    }
    if let Some(parts) = parts_of(value) {
        return Ok(parts);
    }
    Ok(Parts::new(float::as_f64(value)?, 0.0))
}

fn is_real_number(value: &Value) -> bool {
    let slots = &value.class().slots;
    slots.float.get().is_some() || slots.index.get().is_some()
}

/// `complex.__new__(class, real, imag)`.
pub(super) fn construct(
    class: &Ref<Type>,
    real: Option<&Value>,
    imag: Option<&Value>,
) -> PyResult<Value> {
    let parts = match (real, imag) {
        (None, None) => Parts::new(0.0, 0.0),
        (Some(only), None) => {
            if class.is(Complex::class()) && only.downcast_exact::<Complex>().is_some() {
                return Ok(only.clone());
            }
            from_only(only)?
        }
        (real, Some(imag)) => from_both(real, imag)?,
    };
    Ok(if class.is(Complex::class()) {
        from_parts(parts)
    } else {
        with_class(class, parts)
    })
}

fn from_only(value: &Value) -> PyResult<Parts> {
    if let Some(string) = value.downcast::<Str>() {
        return match parse(&ascii_digits(string)) {
            Some(parts) => Ok(parts),
            None => bail!(ValueError, "complex() arg is a malformed string"),
        };
    }
    if let Some(parts) = by_special_method(value)? {
        return Ok(parts);
    }
    if let Some(parts) = parts_of(value) {
        return Ok(parts);
    }
    if !is_real_number(value) {
        bail!(
            TypeError,
            "complex() argument must be a string or a number, not {}",
            value.class().name()
        );
    }
    Ok(Parts::new(float::as_f64(value)?, 0.0))
}

fn from_both(real: Option<&Value>, imag: &Value) -> PyResult<Parts> {
    let real = match real {
        None => Part::Real(0.0),
        Some(value) => one_part(value, "real", true)?,
    };
    // A real part is not widened: adding its zero would lose the sign of another zero.
    Ok(match (real, one_part(imag, "imag", false)?) {
        (Part::Real(real), Part::Real(imag)) => Parts::new(real, imag),
        (Part::Complex(real), Part::Real(imag)) => Parts::new(real.re, imag + real.im),
        (Part::Real(real), Part::Complex(imag)) => Parts::new(real - imag.im, imag.re),
        (Part::Complex(real), Part::Complex(imag)) => {
            Parts::new(real.re - imag.im, imag.re + real.im)
        }
    })
}

/// An argument of a constructor with two.
enum Part {
    Real(f64),
    Complex(Parts),
}

/// One of two arguments. That it may be complex itself is deprecated.
fn one_part(value: &Value, name: &str, special: bool) -> PyResult<Part> {
    let class = value.class();
    let parts = match parts_of(value) {
        None if special && value.downcast::<Str>().is_none() => by_special_method(value)?,
        parts => parts,
    };
    if let Some(parts) = parts {
        let message = format!(
            "complex() argument '{name}' must be a real number, not {}",
            class.name()
        );
        warnings::warn(ExceptionKind::DeprecationWarning, &message)?;
        return Ok(Part::Complex(parts));
    }
    if !is_real_number(value) {
        bail!(
            TypeError,
            "complex() argument '{name}' must be a real number, not {}",
            class.name()
        );
    }
    float::as_f64(value).map(Part::Real)
}

impl FromArg<'_> for Parts {
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<Self> {
        as_parts(value)
    }
}

impl IntoResult for Parts {
    fn into_result(self) -> PyResult<Value> {
        Ok(from_parts(self))
    }
}
