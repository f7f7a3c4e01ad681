//! Iteration.

use crate::class::{ClassFlags, Sent, Type};
use crate::id;
use crate::list::List;
use crate::native::SlotWrapper;
use crate::protocol::length_hint;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// `iter(value)`.
pub fn iter(value: &Value) -> PyResult<Value> {
    let class = value.class();
    if let Some(iter) = class.slots.iter.get() {
        let iterator = match iter(value) {
            Err(raised) if says_not_iterable(class) => {
                drop(raised);
                bail!(TypeError, "'{}' object is not iterable", class.name());
            }
            iterator => iterator?,
        };
        if !is_iterator(&iterator) {
            bail!(
                TypeError,
                "iter() returned non-iterator of type '{}'",
                iterator.class().name()
            );
        }
        return Ok(iterator);
    }
    if is_sequence(value) {
        return Ok(crate::iterators::SequenceIterator::new(value.clone()).into_value());
    }
    bail!(TypeError, "'{}' object is not iterable", class.name())
}

/// Whether the class has `__iter__ = None`.
#[cold]
fn says_not_iterable(class: &Ref<Type>) -> bool {
    class.is_heap()
        && class
            .lookup(id!("__iter__"))
            .is_some_and(|method| method.is_none())
}

/// Whether the value can be indexed but is not a dict (`PySequence_Check`).
pub fn is_sequence(value: &Value) -> bool {
    let class = value.class();
    if class.has(ClassFlags::DICT) || class.slots.getitem.get().is_none() {
        return false;
    }
    // What builtin classes subscript without having a length (unions, matches) is no row of items.
    let is_builtin = class
        .lookup(id!("__getitem__"))
        .is_some_and(|method| method.downcast_exact::<SlotWrapper>().is_some());
    !is_builtin || class.slots.len.get().is_some()
}

/// Whether the value can be asked for its next item.
pub fn is_iterator(value: &Value) -> bool {
    value.class().slots.next.get().is_some()
}

/// The next item of an iterator, or nothing at its end. A generator's result is dropped; see [`next_or_result`].
#[inline]
pub fn next(iterator: &Value) -> PyResult<Option<Value>> {
    match next_or_result(iterator) {
        Err(raised) if raised.is(crate::exceptions::ExceptionKind::StopIteration) => Ok(None),
        other => other,
    }
}

/// The next item of an iterator, or nothing at its end. The end of a generator with a result is the StopIteration that
/// carries it.
#[inline]
pub fn next_or_result(iterator: &Value) -> PyResult<Option<Value>> {
    let slots = &iterator.class().slots;
    let Some(next) = slots.next.get() else {
        bail!(
            TypeError,
            "'{}' object is not an iterator",
            iterator.class().name()
        );
    };
    match slots.send.get() {
        None => {
            // Iterators over iterators nest as deeply as a program likes.
            crate::thread::check_stack("")?;
            next(iterator)
        }
        Some(send) => match send(iterator, &Value::NONE)? {
            Sent::Yield(item) => Ok(Some(item)),
            Sent::Return(result) if result.is_none() => Ok(None),
            Sent::Return(result) => Err(crate::exceptions::stop_iteration(result)),
        },
    }
}

/// Calls `body` with each item.
pub fn iterate(value: &Value, mut body: impl FnMut(Value) -> PyResult<()>) -> PyResult<()> {
    if let Some(list) = value.downcast_exact::<List>() {
        let mut index = 0;
        while let Some(item) = list.get(index) {
            body(item)?;
            index += 1;
        }
        return Ok(());
    }
    if let Some(tuple) = value.downcast_exact::<Tuple>() {
        return tuple.tail().iter().try_for_each(|item| body(item.clone()));
    }
    let iterator = iter(value)?;
    while let Some(item) = next(&iterator)? {
        body(item)?;
    }
    Ok(())
}

/// All items of an iterable.
pub fn collect(value: &Value) -> PyResult<Vec<Value>> {
    if let Some(list) = value.downcast_exact::<List>() {
        return Ok(list.to_vec());
    }
    if let Some(tuple) = value.downcast_exact::<Tuple>() {
        return Ok(tuple.tail().to_vec());
    }
    let iterator = iter(value)?;
    let hint = length_hint(value)?.unwrap_or(0);
    let mut items = Vec::new();
    if items.try_reserve(hint.min(1 << 20)).is_err() {
        bail!(MemoryError, "");
    }
    while let Some(item) = next(&iterator)? {
        // An endless iterator ends as a MemoryError; a first growth of a few items is not worth the question.
        if items.len() == items.capacity() && items.try_reserve(1).is_err() {
            bail!(MemoryError, "");
        }
        items.push(item);
    }
    Ok(items)
}

/// All items of an iterable that must be one, with CPython's message for what cannot be unpacked or spread.
pub fn collect_or(value: &Value, message: impl FnOnce() -> String) -> PyResult<Vec<Value>> {
    let class = value.class();
    if class.slots.iter.get().is_none() && class.slots.getitem.get().is_none() {
        bail!(TypeError, "{}", message());
    }
    collect(value)
}
