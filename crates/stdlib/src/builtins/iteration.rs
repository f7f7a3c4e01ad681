//! Builtin functions over containers and iterators.

use taipan_macros::function;
use taipan_objects::class::Sent;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::iterators::CallableIterator;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::Value;
use taipan_objects::{bail, protocol};

/// Return the number of items in a container.
#[function("(obj, /)")]
pub(super) fn len(obj: &Value) -> PyResult<usize> {
    protocol::len(obj)
}

/// Return True if every item of the iterable is true. An empty iterable answers True.
#[function("(iterable, /)")]
pub(super) fn all(iterable: &Value) -> PyResult<bool> {
    let iterator = protocol::iter(iterable)?;
    while let Some(item) = protocol::next(&iterator)? {
        if !protocol::is_true(&item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Return True if an item of the iterable is true. An empty iterable answers False.
#[function("(iterable, /)")]
pub(super) fn any(iterable: &Value) -> PyResult<bool> {
    let iterator = protocol::iter(iterable)?;
    while let Some(item) = protocol::next(&iterator)? {
        if protocol::is_true(&item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Get an iterator.
///
/// With one argument, that of an iterable. With two, the first is called without arguments until it returns the second.
#[function("(object, sentinel=<unrepresentable>, /)", nosig)]
pub(super) fn iter(object: &Value, sentinel: Option<&Value>) -> PyResult<Value> {
    match sentinel {
        None => protocol::iter(object),
        Some(_) if !protocol::is_callable(object) => {
            bail!(TypeError, "iter(v, w): v must be callable")
        }
        Some(sentinel) => Ok(CallableIterator::new(object.clone(), sentinel.clone()).into_value()),
    }
}

/// Return an asynchronous iterator over an asynchronous iterable.
#[function("(async_iterable, /)")]
pub(super) fn aiter(async_iterable: &Value) -> PyResult<Value> {
    let class = async_iterable.class();
    let Some(aiter) = class.slots.aiter.get() else {
        bail!(
            TypeError,
            "'{}' object is not an async iterable",
            class.name()
        );
    };
    let iterator = aiter(async_iterable)?;
    if iterator.class().slots.anext.get().is_none() {
        bail!(
            TypeError,
            "aiter() returned not an async iterator of type '{}'",
            iterator.class().name()
        );
    }
    Ok(iterator)
}

/// Return the next item of an iterator.
///
/// A default that is given is the answer where the iterator is exhausted; without it that is StopIteration.
#[function("(iterator, default=<unrepresentable>, /)", nosig)]
pub(super) fn next(iterator: &Value, default: Option<&Value>) -> PyResult<Value> {
    match (advance(iterator), default) {
        (Ok(Step::Item(item)), _) => Ok(item),
        (Ok(Step::End(_)), Some(default)) => Ok(default.clone()),
        (Ok(Step::End(None)), None) => {
            Err(Raised::with_args(ExceptionKind::StopIteration, Vec::new()))
        }
        (Ok(Step::End(Some(result))), None) => Err(exceptions::stop_iteration(result)),
        (Err(raised), Some(default)) if raised.is(ExceptionKind::StopIteration) => {
            Ok(default.clone())
        }
        (Err(raised), _) => Err(raised),
    }
}

enum Step {
    Item(Value),
    /// The end, with what a generator returned.
    End(Option<Value>),
}

/// The next item. Generators are asked by `send`, which knows what they return at their end.
fn advance(iterator: &Value) -> PyResult<Step> {
    let slots = &iterator.class().slots;
    if let (Some(send), Some(_)) = (slots.send.get(), slots.next.get()) {
        return Ok(match send(iterator, &Value::NONE)? {
            Sent::Yield(item) => Step::Item(item),
            Sent::Return(result) => Step::End(Some(result).filter(|result| !result.is_none())),
        });
    }
    Ok(protocol::next_or_result(iterator)?.map_or(Step::End(None), Step::Item))
}
