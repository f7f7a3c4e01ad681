//! What programs see of a `Future`.

use taipan_macros::methods;
use taipan_objects::class::Type;
use taipan_objects::exceptions::BaseException;
use taipan_objects::generic_alias;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::set::FrozenSet;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, id, protocol};

use super::future::{Future, State, context_or_copy};
use super::future_iterator::FutureIterator;
use super::library;

#[methods]
impl Future {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: taipan_objects::args::Args<'_>) -> Value {
        heap::new_object(class, Future::default()).into_value()
    }

    #[init("(*, loop=None)")]
    fn init(&self, event_loop: Option<&Value>) -> PyResult<()> {
        self.initialize(event_loop)
    }

    #[slot(finalize)]
    fn finalize(this: &Ref<Future>) {
        this.report_exception(this.as_value());
    }

    #[slot(repr)]
    fn repr(this: &Ref<Future>) -> PyResult<Value> {
        this.alive()?;
        protocol::call1(&library::get(&library::FUTURE_REPR)?, this.as_value())
    }

    #[slot(iter)]
    fn iter(this: &Ref<Future>) -> PyResult<Value> {
        FutureIterator::over(this)
    }

    #[slot(await_)]
    fn wait(this: &Ref<Future>) -> PyResult<Value> {
        FutureIterator::over(this)
    }

    /// Return the result this future represents.
    ///
    /// If the future has been cancelled, raises CancelledError.  If the
    /// future's result isn't yet available, raises InvalidStateError.  If
    /// the future is done and has an exception set, this exception is raised.
    #[method("($self, /)", name = "result")]
    fn result_method(&self) -> PyResult<Value> {
        self.result_or_raise()
    }

    /// Return the exception that was set on this future.
    ///
    /// The exception (or None if no exception was set) is returned only if
    /// the future is done.  If the future has been cancelled, raises
    /// CancelledError.  If the future isn't done yet, raises
    /// InvalidStateError.
    #[method("($self, /)", name = "exception")]
    fn exception_method(&self) -> PyResult<Option<Ref<BaseException>>> {
        self.exception_or_raise()
    }

    /// Mark the future done and set its result.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    #[method("($self, result, /)")]
    fn set_result(this: &Ref<Future>, result: &Value) -> PyResult<()> {
        this.finish(this.as_value(), result.clone())
    }

    /// Mark the future done and set an exception.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    #[method("($self, exception, /)")]
    fn set_exception(this: &Ref<Future>, exception: &Value) -> PyResult<()> {
        this.alive()?;
        this.fail(this.as_value(), exception)
    }

    /// Add a callback to be run when the future becomes done.
    ///
    /// The callback is called with a single argument - the future object. If
    /// the future is already done when this is called, the callback is
    /// scheduled with call_soon.
    #[method("($self, fn, /, *, context=<unrepresentable>)")]
    fn add_done_callback(
        this: &Ref<Future>,
        callback: &Value,
        context: Option<&Value>,
    ) -> PyResult<()> {
        this.add_callback(this.as_value(), callback.clone(), context_or_copy(context))
    }

    /// Remove all instances of a callback from the "call when done" list.
    ///
    /// Returns the number of callbacks removed.
    #[method("($self, fn, /)")]
    fn remove_done_callback(&self, callback: &Value) -> PyResult<usize> {
        self.remove_callback(callback)
    }

    /// Cancel the future and schedule callbacks.
    ///
    /// If the future is already done or cancelled, return False.  Otherwise,
    /// change the future's state to cancelled, schedule the callbacks and
    /// return True.
    #[method("($self, /, msg=None)")]
    fn cancel(this: &Ref<Future>, message: Option<&Value>) -> PyResult<bool> {
        this.alive()?;
        this.cancel_with(this.as_value(), message.cloned())
    }

    /// Return True if the future was cancelled.
    #[method("($self, /)", name = "cancelled")]
    fn is_cancelled(&self) -> bool {
        self.state.get() == State::Cancelled && !self.event_loop.is_empty()
    }

    /// Return True if the future is done.
    ///
    /// Done means either that a result / exception are available, or that the
    /// future was cancelled.
    #[method("($self, /)")]
    fn done(&self) -> bool {
        self.state.get() != State::Pending && !self.event_loop.is_empty()
    }

    /// Return the event loop the Future is bound to.
    #[method("($self, /)")]
    fn get_loop(&self) -> PyResult<Value> {
        self.alive()
    }

    /// Create the CancelledError to raise if the Future is cancelled.
    ///
    /// This should only be called once when handling a cancellation since
    /// it erases the context exception value.
    #[method("($self, /)")]
    fn _make_cancelled_error(&self) -> PyResult<Value> {
        self.make_cancelled_error()
    }

    /// See PEP 585
    #[classmethod("($cls, item, /)", nosig)]
    fn __class_getitem__(class: &Ref<Type>, item: &Value) -> PyResult<Value> {
        generic_alias::new(class.as_value(), item)
    }

    #[getter]
    fn _state(&self) -> PyResult<Ref<Str>> {
        self.alive()?;
        Ok(match self.state.get() {
            State::Pending => id!("PENDING"),
            State::Cancelled => id!("CANCELLED"),
            State::Finished => id!("FINISHED"),
        }
        .clone())
    }

    #[getter]
    fn _asyncio_future_blocking(&self) -> bool {
        self.blocking.get() && !self.event_loop.is_empty()
    }

    #[setter(name = "_asyncio_future_blocking")]
    fn set_blocking(&self, value: Option<&Value>) -> PyResult<()> {
        self.alive()?;
        let Some(value) = value else {
            bail!(AttributeError, "cannot delete attribute");
        };
        self.blocking.set(protocol::is_true(value)?);
        Ok(())
    }

    #[getter]
    fn _loop(&self) -> Option<Value> {
        self.event_loop.get()
    }

    #[getter]
    fn _callbacks(&self) -> PyResult<Option<Ref<List>>> {
        self.alive()?;
        Ok(self.callback_list())
    }

    #[getter]
    fn _result(&self) -> PyResult<Option<Value>> {
        self.alive()?;
        Ok(self.result.get())
    }

    #[getter]
    fn _exception(&self) -> PyResult<Option<Ref<BaseException>>> {
        self.alive()?;
        Ok(self.exception.get())
    }

    #[getter]
    fn _log_traceback(&self) -> PyResult<bool> {
        self.alive()?;
        Ok(self.log_traceback.get())
    }

    #[setter(name = "_log_traceback")]
    fn set_log_traceback(&self, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else {
            bail!(AttributeError, "cannot delete attribute");
        };
        if protocol::is_true(value)? {
            bail!(ValueError, "_log_traceback can only be set to False");
        }
        self.log_traceback.set(false);
        Ok(())
    }

    #[getter]
    fn _source_traceback(&self) -> Option<Value> {
        self.source_traceback.get()
    }

    #[getter]
    fn _cancel_message(&self) -> Option<Value> {
        self.cancel_message.get()
    }

    #[setter(name = "_cancel_message")]
    fn set_cancel_message(&self, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else {
            bail!(AttributeError, "cannot delete attribute");
        };
        self.cancel_message.set(Some(value.clone()));
        Ok(())
    }

    #[getter]
    fn _asyncio_awaited_by(&self) -> PyResult<Option<Ref<FrozenSet>>> {
        self.waiters()
    }
}
