//! `anext`, and the awaitable it answers when it has a default.

use taipan_macros::{class, function, methods};
use taipan_objects::args::Args;
use taipan_objects::class::Payload;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, id, protocol};

/// Return the next item of an asynchronous iterator, as an awaitable.
///
/// A default that is given is the result where the iterator is exhausted; without it that is StopAsyncIteration.
#[function("(async_iterator, default=<unrepresentable>, /)", nosig)]
pub(super) fn anext(async_iterator: &Value, default: Option<&Value>) -> PyResult<Value> {
    let class = async_iterator.class();
    let Some(anext) = class.slots.anext.get() else {
        bail!(
            TypeError,
            "'{}' object is not an async iterator",
            class.name()
        );
    };
    let awaitable = anext(async_iterator)?;
    match default {
        None => Ok(awaitable),
        Some(default) => {
            AnextAwaitable::init_class();
            let this = AnextAwaitable {
                awaitable,
                default: default.clone(),
            };
            Ok(heap::new_object(AnextAwaitable::class(), this).into_value())
        }
    }
}

/// The payload of `anext_awaitable`: an awaitable whose StopAsyncIteration becomes a result.
#[class(name = "anext_awaitable", module = "builtins", flags(NO_INSTANTIATION))]
pub struct AnextAwaitable {
    awaitable: Value,
    default: Value,
}

impl AnextAwaitable {
    /// The iterator behind the awaitable.
    fn iterator(&self) -> PyResult<Value> {
        let awaitable = &self.awaitable;
        let class = awaitable.class();
        let iterator = match class.slots.await_.get() {
            Some(convert) => convert(awaitable)?,
            // A generator that `types.coroutine` marked is its own iterator.
            None if class.slots.send.get().is_some() && class.slots.next.get().is_some() => {
                awaitable.clone()
            }
            None => bail!(
                TypeError,
                "object {} can't be used in 'await' expression",
                class.name()
            ),
        };
        if !protocol::is_iterator(&iterator) {
            bail!(
                TypeError,
                "__await__() returned non-iterator of type '{}'",
                iterator.class().name()
            );
        }
        Ok(iterator)
    }

    /// The end of the iteration, with the default as its result, where `raised` says that the items ran out.
    fn or_default(&self, raised: Raised) -> Raised {
        if raised.is(ExceptionKind::StopAsyncIteration) {
            exceptions::stop_iteration(self.default.clone())
        } else {
            raised
        }
    }

    fn forward(&self, name: &Ref<Str>, args: Args<'_>) -> PyResult<Value> {
        let iterator = self.iterator()?;
        protocol::call_method_args(&iterator, name, args).map_err(|raised| self.or_default(raised))
    }
}

#[methods]
impl AnextAwaitable {
    #[slot(iter)]
    fn iter(this: &Ref<AnextAwaitable>) -> Value {
        this.to_value()
    }

    #[slot(await_)]
    fn await_(this: &Ref<AnextAwaitable>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let iterator = self.iterator()?;
        match protocol::next_or_result(&iterator) {
            Ok(item) => Ok(item),
            Err(raised) => Err(self.or_default(raised)),
        }
    }

    /// Send a value into the awaitable.
    #[method(nosig)]
    fn send(&self, args: Args<'_>) -> PyResult<Value> {
        self.forward(id!("send"), args)
    }

    /// Raise an exception in the awaitable.
    #[method(nosig)]
    fn throw(&self, args: Args<'_>) -> PyResult<Value> {
        self.forward(id!("throw"), args)
    }

    /// Close the awaitable.
    #[method(nosig)]
    fn close(&self, args: Args<'_>) -> PyResult<Value> {
        self.forward(id!("close"), args)
    }
}
