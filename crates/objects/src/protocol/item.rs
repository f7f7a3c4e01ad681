//! `len`, subscripts, containment.

use crate::class::Type;
use crate::protocol::{call1, equal, getattr_optional, index, iter, next};
use crate::raised::PyResult;
use crate::value::Value;
use crate::{id, int};

/// `len(value)`.
pub fn len(value: &Value) -> PyResult<usize> {
    match value.class().slots.len.get() {
        Some(len) => len(value),
        None => bail!(
            TypeError,
            "object of type '{}' has no len()",
            value.class().name()
        ),
    }
}

/// What a Python `__len__` answered, as a size.
pub fn checked_len(answer: &Value) -> PyResult<usize> {
    let number = index(answer)?;
    if int::is_negative(&number) {
        bail!(ValueError, "__len__() should return >= 0");
    }
    match int::to_i64(&number) {
        Some(number) => Ok(number as usize),
        None => bail!(
            OverflowError,
            "cannot fit 'int' into an index-sized integer"
        ),
    }
}

/// An estimate of the number of items (`operator.length_hint`), if there is one.
pub fn length_hint(value: &Value) -> PyResult<Option<usize>> {
    use crate::exceptions::ExceptionKind::TypeError;
    if value.class().slots.len.get().is_some() {
        match len(value) {
            Ok(len) => return Ok(Some(len)),
            Err(raised) if raised.is(TypeError) => {}
            Err(raised) => return Err(raised),
        }
    }
    let Some(hint) = value.class().lookup(id!("__length_hint__")) else {
        return Ok(None);
    };
    let answer = match crate::protocol::call_bound(&hint, value, &[]) {
        Ok(answer) => answer,
        Err(raised) if raised.is(TypeError) => return Ok(None),
        Err(raised) => return Err(raised),
    };
    if answer.is_not_implemented() {
        return Ok(None);
    }
    if int::view(&answer).is_none() {
        bail!(
            TypeError,
            "__length_hint__ must be an integer, not {}",
            answer.class().name()
        );
    }
    match int::to_i64(&answer) {
        Some(hint) if hint >= 0 => Ok(Some(hint as usize)),
        Some(_) => bail!(ValueError, "__length_hint__() should return >= 0"),
        None => bail!(
            OverflowError,
            "Python int too large to convert to C ssize_t"
        ),
    }
}

/// `value[key]`.
pub fn getitem(value: &Value, key: &Value) -> PyResult<Value> {
    if let Some(get) = value.class().slots.getitem.get() {
        return get(value, key);
    }
    if let Some(class) = value.downcast::<Type>() {
        if class.is(<Type as crate::class::Payload>::class()) {
            return Ok(
                crate::generic_alias::GenericAlias::new(value.clone(), key.clone()).into_value(),
            );
        }
        if let Some(subscript) =
            getattr_optional(value, id!("__class_getitem__"))?.filter(|found| !found.is_none())
        {
            return call1(&subscript, key);
        }
        bail!(TypeError, "type '{}' is not subscriptable", class.name());
    }
    bail!(
        TypeError,
        "'{}' object is not subscriptable",
        value.class().name()
    )
}

/// `value[key] = new`.
pub fn setitem(value: &Value, key: &Value, new: &Value) -> PyResult<()> {
    match value.class().slots.setitem.get() {
        Some(set) => set(value, key, Some(new)),
        None => bail!(
            TypeError,
            "'{}' object does not support item assignment",
            value.class().name()
        ),
    }
}

/// `del value[key]`.
pub fn delitem(value: &Value, key: &Value) -> PyResult<()> {
    match value.class().slots.setitem.get() {
        Some(set) => set(value, key, None),
        None => bail!(
            TypeError,
            "'{}' object doesn't support item deletion",
            value.class().name()
        ),
    }
}

/// `item in container`.
pub fn contains(container: &Value, item: &Value) -> PyResult<bool> {
    match container.class().slots.contains.get() {
        Some(contains) => contains(container, item),
        None => contains_by_iteration(container, item),
    }
}

/// Looks for an item by going through the container.
pub fn contains_by_iteration(container: &Value, item: &Value) -> PyResult<bool> {
    let has_iter = container.class().slots.iter.get().is_some()
        || container.class().slots.getitem.get().is_some();
    if !has_iter {
        bail!(
            TypeError,
            "argument of type '{}' is not a container or iterable",
            container.class().name()
        );
    }
    let iterator = iter(container)?;
    while let Some(candidate) = next(&iterator)? {
        if equal(&candidate, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Turns a possibly negative position into one within `0..len`, or nothing.
#[inline]
pub fn wrap_index(position: isize, len: usize) -> Option<usize> {
    let wrapped = if position < 0 {
        position + len as isize
    } else {
        position
    };
    (wrapped >= 0 && (wrapped as usize) < len).then_some(wrapped as usize)
}
