//! `anext` and `aiter` over any asynchronous iterator, and the awaitable of `anext` with a default.
//!
//! Invariant: where the iterator ends, the awaitable's result is the default, never StopAsyncIteration.

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::Payload;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, id, protocol};

use crate::generator;

/// What `anext(iterator, default)` answers.
#[class(name = "anext_awaitable", flags(NO_INSTANTIATION))]
pub struct AnextAwaitable {
    awaitable: Value,
    default: Value,
}

impl AnextAwaitable {
    /// What the awaitable is iterated by.
    fn iterator(&self) -> PyResult<Value> {
        let iterator = generator::awaitable_iterator(&self.awaitable)?;
        if iterator.class().slots.next.get().is_some() {
            return Ok(iterator);
        }
        // A coroutine is no iterator, but awaits through one.
        let Some(method) = iterator.class().slots.await_.get() else {
            bail!(
                TypeError,
                "'{}' object can't be awaited",
                iterator.class().display_name()
            );
        };
        let made = method(&iterator)?;
        if !protocol::is_iterator(&made) {
            bail!(
                TypeError,
                "{}.__await__() must return an iterable, not {}",
                iterator.class().display_name(),
                made.class().name()
            );
        }
        Ok(made)
    }

    /// The end of the asynchronous iterator is the default.
    fn or_default<T>(&self, outcome: PyResult<T>) -> PyResult<T> {
        match outcome {
            Err(raised) if raised.is(ExceptionKind::StopAsyncIteration) => {
                Err(exceptions::stop_iteration(self.default.clone()))
            }
            other => other,
        }
    }

    fn forward(&self, method: &Ref<Str>, arguments: &[Value]) -> PyResult<Value> {
        let iterator = self.iterator()?;
        self.or_default(protocol::call_method(&iterator, method, arguments))
    }
}

#[methods]
impl AnextAwaitable {
    #[slot(iter, await_)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let iterator = self.iterator()?;
        self.or_default(protocol::next(&iterator))
    }

    /// send(arg) -> send 'arg' into the wrapped iterator,
    /// return next yielded value or raise StopIteration.
    #[method("($self, value, /)", nosig)]
    fn send(&self, value: &Value) -> PyResult<Value> {
        self.forward(id!("send"), std::slice::from_ref(value))
    }

    /// throw(value)
    /// throw(typ[,val[,tb]])
    ///
    /// raise exception in the wrapped iterator, return next yielded value
    /// or raise StopIteration.
    #[method(nosig)]
    fn throw(&self, args: Args<'_>) -> PyResult<Value> {
        self.forward(
            id!("throw"),
            args.positional_between("throw", 0, usize::MAX)?,
        )
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method("($self, /)", nosig)]
    fn close(&self) -> PyResult<Value> {
        self.forward(id!("close"), &[])
    }
}

/// `anext(iterator)`, or `anext(iterator, default)`.
pub fn anext(iterator: &Value, default: Option<&Value>) -> PyResult<Value> {
    let Some(method) = iterator.class().slots.anext.get() else {
        bail!(
            TypeError,
            "'{}' object is not an async iterator",
            iterator.class().name()
        );
    };
    let awaitable = method(iterator)?;
    Ok(match default {
        Some(default) => {
            let payload = AnextAwaitable {
                awaitable,
                default: default.clone(),
            };
            heap::new_object(AnextAwaitable::class(), payload).into_value()
        }
        None => awaitable,
    })
}

/// `aiter(iterable)`.
pub fn aiter(iterable: &Value) -> PyResult<Value> {
    let Some(method) = iterable.class().slots.aiter.get() else {
        bail!(
            TypeError,
            "'{}' object is not an async iterable",
            iterable.class().name()
        );
    };
    let iterator = method(iterable)?;
    if iterator.class().slots.anext.get().is_none() {
        bail!(
            TypeError,
            "aiter() returned not an async iterator of type '{}'",
            iterator.class().name()
        );
    }
    Ok(iterator)
}
