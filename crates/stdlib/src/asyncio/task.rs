//! `Task`: a coroutine that an event loop runs, and what programs see of it.
//!
//! The steps are in [`super::step`]. A task's name is a number until somebody asks for it.

use std::cell::Cell;

use taipan_interp::generator::Coroutine;
use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::Type;
use taipan_objects::generic_alias;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, id, int, protocol};

use super::future::{Future, State, context_or_copy};
use super::{library, step};

/// The payload of `Task`.
#[class(
    name = "Task",
    module = "_asyncio",
    extends = Future,
    flags(BASETYPE, ATTRIBUTES, WEAKREFABLE),
    doc = "A coroutine wrapped in a Future."
)]
#[derive(Default)]
#[repr(C)]
pub struct Task {
    pub(super) future: Future,
    /// What the coroutine waits for.
    pub(super) waiter: Slot,
    pub(super) coroutine: Slot,
    /// A string, or the number of a task that was not given a name.
    name: Slot,
    pub(super) context: Slot,
    #[untraced]
    cancels_requested: Cell<i64>,
    #[untraced]
    pub(super) must_cancel: Cell<bool>,
    #[untraced]
    log_destroy_pending: Cell<bool>,
}

impl Task {
    /// The task as the future that it is.
    pub(super) fn as_future(this: &Ref<Task>) -> &Ref<Future> {
        this.as_value()
            .downcast::<Future>()
            .expect("a task begins with a future")
    }

    fn shown_name(&self) -> Option<Value> {
        let name = self.name.get()?;
        let Some(number) = name.as_small_int() else {
            return Some(name);
        };
        let text = Str::new(&format!("Task-{number}")).into_value();
        self.name.set(Some(text.clone()));
        Some(text)
    }
}

/// Whether a value is a coroutine in the widest sense.
fn is_coroutine(value: &Value) -> PyResult<bool> {
    if value.downcast_exact::<Coroutine>().is_some() {
        return Ok(true);
    }
    let answer = protocol::call1(&library::get(&library::IS_COROUTINE)?, value)?;
    protocol::is_true(&answer)
}

/// The text of a name.
fn name_text(value: &Value) -> PyResult<Value> {
    if value.downcast_exact::<Str>().is_some() {
        return Ok(value.clone());
    }
    protocol::str(value).map(Ref::into_value)
}

#[methods]
impl Task {
    #[new(nosig)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, Task::default()).into_value()
    }

    #[init("(coro, *, loop=None, name=None, context=None, eager_start=False)")]
    fn init(
        this: &Ref<Task>,
        coroutine: &Value,
        event_loop: Option<&Value>,
        name: Option<&Value>,
        context: Option<&Value>,
        eager_start: bool,
    ) -> PyResult<()> {
        this.future.initialize(event_loop)?;
        if !is_coroutine(coroutine)? {
            this.log_destroy_pending.set(false);
            bail!(
                TypeError,
                "a coroutine was expected, got {}",
                protocol::repr(coroutine)?.to_display()
            );
        }
        let context = context_or_copy(context.filter(|context| !context.is_none()));
        this.context.set(Some(context));
        this.waiter.set(None);
        this.must_cancel.set(false);
        this.log_destroy_pending.set(true);
        this.cancels_requested.set(0);
        this.coroutine.set(Some(coroutine.clone()));
        let name = match name.filter(|name| !name.is_none()) {
            Some(name) => name_text(name)?,
            None => int::new(library::next_task_number()),
        };
        this.name.set(Some(name));
        if eager_start {
            let event_loop = this.future.alive()?;
            let running = protocol::call_method(&event_loop, id!("is_running"), &[])?;
            if running.is_true() {
                return step::start_eagerly(this);
            }
        }
        step::call_step_soon(this, None)?;
        this.future.is_registered.set(true);
        Ok(())
    }

    #[slot(finalize)]
    fn finalize(this: &Ref<Task>) {
        if this.future.state.get() == State::Pending && this.log_destroy_pending.get() {
            let message = "Task was destroyed but it is pending!";
            this.future.report(this.as_value(), message, id!("task"));
        }
        this.future.report_exception(this.as_value());
    }

    #[slot(repr)]
    fn repr(this: &Ref<Task>) -> PyResult<Value> {
        protocol::call1(&library::get(&library::TASK_REPR)?, this.as_value())
    }

    #[method("($self, result, /)")]
    fn set_result(&self, _result: &Value) -> PyResult<Value> {
        bail!(RuntimeError, "Task does not support set_result operation")
    }

    #[method("($self, exception, /)")]
    fn set_exception(&self, _exception: &Value) -> PyResult<Value> {
        bail!(
            RuntimeError,
            "Task does not support set_exception operation"
        )
    }

    /// Request that this task cancel itself.
    ///
    /// This arranges for a CancelledError to be thrown into the
    /// wrapped coroutine on the next cycle through the event loop.
    /// The coroutine then has a chance to clean up or even deny
    /// the request using try/except/finally.
    ///
    /// Unlike Future.cancel, this does not guarantee that the
    /// task will be cancelled: the exception might be caught and
    /// acted upon, delaying cancellation of the task or preventing
    /// cancellation completely.  The task may also return a value or
    /// raise a different exception.
    ///
    /// Immediately after this method is called, Task.cancelled() will
    /// not return True (unless the task was already cancelled).  A
    /// task will be marked as cancelled when the wrapped coroutine
    /// terminates with a CancelledError exception (even if cancel()
    /// was not called).
    ///
    /// This also increases the task's count of cancellation requests.
    #[method("($self, /, msg=None)")]
    fn cancel(&self, message: Option<&Value>) -> PyResult<bool> {
        self.future.log_traceback.set(false);
        if self.future.state.get() != State::Pending {
            return Ok(false);
        }
        self.cancels_requested.set(self.cancels_requested.get() + 1);
        if let Some(waiter) = self.waiter.get()
            && step::cancel_waiter(&waiter, message.cloned())?
        {
            return Ok(true);
        }
        self.must_cancel.set(true);
        self.future.cancel_message.set(message.cloned());
        Ok(true)
    }

    /// Return the count of the task's cancellation requests.
    ///
    /// This count is incremented when .cancel() is called
    /// and may be decremented using .uncancel().
    #[method("($self, /)")]
    fn cancelling(&self) -> i64 {
        self.cancels_requested.get()
    }

    /// Decrement the task's count of cancellation requests.
    ///
    /// This should be used by tasks that catch CancelledError
    /// and wish to continue indefinitely until they are cancelled again.
    ///
    /// Returns the remaining number of cancellation requests.
    #[method("($self, /)")]
    fn uncancel(&self) -> i64 {
        let requested = self.cancels_requested.get();
        if requested > 0 {
            self.cancels_requested.set(requested - 1);
            if requested == 1 {
                self.must_cancel.set(false);
            }
        }
        self.cancels_requested.get()
    }

    /// Return the list of stack frames for this task's coroutine.
    ///
    /// If the coroutine is not done, this returns the stack where it is
    /// suspended.  If the coroutine has completed successfully or was
    /// cancelled, this returns an empty list.  If the coroutine was
    /// terminated by an exception, this returns the list of traceback
    /// frames.
    ///
    /// The frames are always ordered from oldest to newest.
    ///
    /// The optional limit gives the maximum number of frames to
    /// return; by default all available frames are returned.  Its
    /// meaning differs depending on whether a stack or a traceback is
    /// returned: the newest frames of a stack are returned, but the
    /// oldest frames of a traceback are returned.  (This matches the
    /// behavior of the traceback module.)
    ///
    /// For reasons beyond our control, only one stack frame is
    /// returned for a suspended coroutine.
    #[method("($self, /, *, limit=None)")]
    fn get_stack(this: &Ref<Task>, limit: Option<&Value>) -> PyResult<Value> {
        let limit = limit.cloned().unwrap_or(Value::NONE);
        let function = library::get(&library::TASK_GET_STACK)?;
        protocol::call2(&function, this.as_value(), &limit)
    }

    /// Print the stack or traceback for this task's coroutine.
    ///
    /// This produces output similar to that of the traceback module,
    /// for the frames retrieved by get_stack().  The limit argument
    /// is passed to get_stack().  The file argument is an I/O stream
    /// to which the output is written; by default output is written
    /// to sys.stderr.
    #[method("($self, /, *, limit=None, file=None)")]
    fn print_stack(
        this: &Ref<Task>,
        limit: Option<&Value>,
        file: Option<&Value>,
    ) -> PyResult<Value> {
        let limit = limit.cloned().unwrap_or(Value::NONE);
        let file = file.cloned().unwrap_or(Value::NONE);
        let function = library::get(&library::TASK_PRINT_STACK)?;
        protocol::call_positional(&function, &[this.to_value(), limit, file])
    }

    #[method("($self, /)")]
    fn get_name(&self) -> Option<Value> {
        self.shown_name()
    }

    #[method("($self, value, /)")]
    fn set_name(&self, value: &Value) -> PyResult<()> {
        self.name.set(Some(name_text(value)?));
        Ok(())
    }

    #[method("($self, /)")]
    fn get_coro(&self) -> Option<Value> {
        self.coroutine.get()
    }

    #[method("($self, /)")]
    fn get_context(&self) -> Option<Value> {
        self.context.get()
    }

    /// See PEP 585
    #[classmethod("($cls, item, /)", nosig)]
    fn __class_getitem__(class: &Ref<Type>, item: &Value) -> PyResult<Value> {
        generic_alias::new(class.as_value(), item)
    }

    #[getter]
    fn _log_destroy_pending(&self) -> bool {
        self.log_destroy_pending.get()
    }

    #[setter(name = "_log_destroy_pending")]
    fn set_log_destroy_pending(&self, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else {
            bail!(AttributeError, "cannot delete attribute");
        };
        self.log_destroy_pending.set(protocol::is_true(value)?);
        Ok(())
    }

    #[getter]
    fn _must_cancel(&self) -> bool {
        self.must_cancel.get()
    }

    #[getter]
    fn _coro(&self) -> Option<Value> {
        self.coroutine.get()
    }

    #[getter]
    fn _fut_waiter(&self) -> Option<Value> {
        self.waiter.get()
    }
}
