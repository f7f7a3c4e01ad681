//! `bool`: the subclass of `int` with the two immediates True and False.

use taipan_macros::{class, methods};

use super::{Int, bitwise, new};
use crate::class::Type;
use crate::exceptions::ExceptionKind;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{id, warnings};

/// The class `bool`.
#[class(
    name = "bool",
    base = Int,
    marker,
    flags(MATCH_SELF, INT),
    doc = "The truth values True and False.\n\nbool(x) is True when x counts as true, and False otherwise. They are the only\ninstances, and equal to the ints 1 and 0."
)]
pub struct Bool;

/// The logical meaning of an operator, for two bools; anything else is left to the ints.
#[inline(always)]
fn logical(
    left: &Value,
    right: &Value,
    bools: fn(bool, bool) -> bool,
    ints: fn(&Value, &Value) -> PyResult<Value>,
) -> PyResult<Value> {
    match (as_bool(left), as_bool(right)) {
        (Some(left), Some(right)) => Ok(Value::from_bool(bools(left, right))),
        _ => ints(left, right),
    }
}

/// The truth value that a bool is; `None` for other values.
#[inline(always)]
pub fn as_bool(value: &Value) -> Option<bool> {
    if value.is_true() {
        Some(true)
    } else if value.is_false() {
        Some(false)
    } else {
        None
    }
}

#[methods]
impl Bool {
    #[new("(object=False, /)")]
    fn new(_class: &Ref<Type>, object: Option<&Value>) -> PyResult<bool> {
        match object {
            Some(object) => protocol::is_true(object),
            None => Ok(false),
        }
    }

    #[slot(repr, str)]
    fn repr(this: &Value) -> PyResult<Ref<Str>> {
        Ok(if this.is_true() {
            id!("True").clone()
        } else {
            id!("False").clone()
        })
    }

    #[slot(and)]
    fn and(left: &Value, right: &Value) -> PyResult<Value> {
        logical(left, right, |left, right| left && right, bitwise::and)
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        logical(left, right, |left, right| left || right, bitwise::or)
    }

    #[slot(xor)]
    fn xor(left: &Value, right: &Value) -> PyResult<Value> {
        logical(left, right, |left, right| left != right, bitwise::xor)
    }

    #[slot(invert)]
    fn invert(this: &Value) -> PyResult<Value> {
        warnings::warn(
            ExceptionKind::DeprecationWarning,
            "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise \
             inversion of the underlying int object and is usually not what you expect from negating a bool. Use the 'not' \
             operator for boolean negation or ~int(x) if you really want the bitwise inversion of the underlying int.",
        )?;
        Ok(new(if this.is_true() { -2 } else { -1 }))
    }
}
