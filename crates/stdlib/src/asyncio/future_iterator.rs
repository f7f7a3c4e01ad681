//! `FutureIter`: what `await future` goes through. It yields the future once, if that is not done, and ends with its result.

use taipan_interp::generator::thrown_exception;
use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Sent};
use taipan_objects::exceptions::BaseException;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exceptions, heap};

use super::future::{Future, State};

/// The payload of `FutureIter`; empty once it was closed.
#[class(name = "FutureIter", module = "_asyncio", flags(NO_INSTANTIATION))]
pub struct FutureIterator {
    future: Slot<Ref<Future>>,
}

impl FutureIterator {
    /// An iterator for one `await`.
    pub(super) fn over(future: &Ref<Future>) -> PyResult<Value> {
        future.alive()?;
        let iterator = FutureIterator {
            future: Slot::new(Some(future.clone())),
        };
        Ok(heap::new_object(FutureIterator::class(), iterator).into_value())
    }

    fn step(&self) -> PyResult<Sent> {
        let Some(future) = self.future.get() else {
            return Ok(Sent::Return(Value::NONE));
        };
        if future.state.get() != State::Pending {
            return future.result_or_raise().map(Sent::Return);
        }
        if future.blocking.replace(true) {
            bail!(RuntimeError, "await wasn't used with future");
        }
        Ok(Sent::Yield(future.into_value()))
    }
}

#[methods]
impl FutureIterator {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        match self.step()? {
            Sent::Yield(value) => Ok(Some(value)),
            Sent::Return(value) if value.is_none() => Ok(None),
            Sent::Return(value) => Err(exceptions::stop_iteration(value)),
        }
    }

    #[slot(send)]
    fn send_slot(&self, _value: &Value) -> PyResult<Sent> {
        self.step()
    }

    #[method(nosig)]
    fn send(&self, _value: &Value) -> PyResult<Value> {
        match self.step()? {
            Sent::Yield(value) => Ok(value),
            Sent::Return(value) => Err(exceptions::stop_iteration(value)),
        }
    }

    #[method(nosig)]
    fn throw(&self, args: Args<'_>) -> PyResult<Value> {
        let given = args.positional_between("throw", 1, 3)?;
        let is_exception = |value: &Value| {
            exceptions::is_exception_class(value) || value.downcast::<BaseException>().is_some()
        };
        if !given.first().is_some_and(is_exception) {
            bail!(
                TypeError,
                "exceptions must be classes deriving BaseException or instances of such a class"
            );
        }
        let raised = thrown_exception(given)?;
        self.future.set(None);
        Err(raised)
    }

    #[method(nosig)]
    fn close(&self) {
        self.future.set(None);
    }
}
