//! `Future`: a result that is there later, and what is called when it is.
//!
//! Most futures have one callback, so the first has places of its own and only further ones make a list. A [`super::Task`]
//! begins with a `Future`; what both do takes the object as a value beside the payload.
//!
//! Invariant: what a callback list holds are tuples of a callback and a context. Foreign code runs only after the fields
//! that it may change were read or emptied.

use std::cell::Cell;

use taipan_macros::class;
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, BaseException, ExceptionKind};
use taipan_objects::list::List;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol, runtime};

use super::library;
use crate::contextvars::Context;

/// Where a future stands.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// Nothing is known yet.
    #[default]
    Pending,
    /// Nothing will be.
    Cancelled,
    /// There is a result or an exception.
    Finished,
}

/// The payload of `Future`.
#[class(
    name = "Future",
    module = "_asyncio",
    flags(BASETYPE, ATTRIBUTES, WEAKREFABLE),
    doc = "This class is *almost* compatible with concurrent.futures.Future.\n\n    Differences:\n\n    - result() and exception() do not take a timeout argument and\n      raise an exception when the future isn't done yet.\n\n    - Callbacks registered with add_done_callback() are always called\n      via the event loop's call_soon_threadsafe().\n\n    - This class is not compatible with the wait() and as_completed()\n      methods in the concurrent.futures package."
)]
#[derive(Default)]
pub struct Future {
    pub(super) event_loop: Slot,
    callback: Slot,
    callback_context: Slot,
    /// Callbacks behind the first.
    callbacks: Slot<Ref<List>>,
    pub(super) exception: Slot<Ref<BaseException>>,
    exception_traceback: Slot,
    pub(super) result: Slot,
    pub(super) source_traceback: Slot,
    pub(super) cancel_message: Slot,
    /// The error that the future ended with, to be raised once.
    pub(super) cancelled_error: Slot,
    /// Who waits for the future: one, or a set of several.
    awaited_by: Slot,
    #[untraced]
    pub(super) state: Cell<State>,
    #[untraced]
    pub(super) log_traceback: Cell<bool>,
    #[untraced]
    pub(super) blocking: Cell<bool>,
    #[untraced]
    awaited_by_is_set: Cell<bool>,
    /// Whether `all_tasks` looks at the task that this is.
    #[untraced]
    pub(super) is_registered: Cell<bool>,
}

/// Asks the event loop to call `callback` soon, in `context`.
pub(super) fn call_soon(
    event_loop: &Value,
    callback: Value,
    argument: Option<&Value>,
    context: Option<Value>,
) -> PyResult<()> {
    let names = std::slice::from_ref(id!("context").as_value());
    let context = context.unwrap_or(Value::NONE);
    let answer = match argument {
        Some(argument) => protocol::call_method_args(
            event_loop,
            id!("call_soon"),
            Args::new(&[callback, argument.clone(), context], names),
        ),
        None => protocol::call_method_args(
            event_loop,
            id!("call_soon"),
            Args::new(&[callback, context], names),
        ),
    };
    answer.map(drop)
}

impl Future {
    /// The event loop; RuntimeError if `__init__` was not called.
    pub(super) fn alive(&self) -> PyResult<Value> {
        match self.event_loop.get() {
            Some(event_loop) => Ok(event_loop),
            None => bail!(RuntimeError, "Future object is not initialized."),
        }
    }

    /// The event loop; InvalidStateError if `__init__` was not called.
    pub(super) fn valid(&self) -> PyResult<Value> {
        self.event_loop
            .get()
            .ok_or_else(|| library::invalid_state("Future object is not initialized."))
    }

    /// What `__init__` does.
    pub(super) fn initialize(&self, event_loop: Option<&Value>) -> PyResult<()> {
        self.callback.set(None);
        self.callback_context.set(None);
        self.callbacks.set(None);
        self.exception.set(None);
        self.exception_traceback.set(None);
        self.result.set(None);
        self.source_traceback.set(None);
        self.cancel_message.set(None);
        self.cancelled_error.set(None);
        self.awaited_by.set(None);
        self.state.set(State::Pending);
        self.log_traceback.set(false);
        self.blocking.set(false);
        self.awaited_by_is_set.set(false);
        let event_loop = match event_loop {
            Some(event_loop) if !event_loop.is_none() => event_loop.clone(),
            _ => super::get_event_loop()?,
        };
        self.event_loop.set(Some(event_loop.clone()));
        let debug = protocol::call_method(&event_loop, id!("get_debug"), &[])?;
        if protocol::is_true(&debug)? {
            let stack = protocol::call0(&library::get(&library::EXTRACT_STACK)?)?;
            self.source_traceback.set(Some(stack));
        }
        Ok(())
    }

    /// Asks the event loop to call the callbacks, and forgets them.
    pub(super) fn schedule_callbacks(&self, this: &Value) -> PyResult<()> {
        self.is_registered.set(false);
        let (first, context) = (self.callback.take(), self.callback_context.take());
        let event_loop = self.alive()?;
        if let Some(first) = first
            && let Err(raised) = call_soon(&event_loop, first, Some(this), context)
        {
            self.callbacks.set(None);
            return Err(raised);
        }
        let Some(callbacks) = self.callbacks.take() else {
            return Ok(());
        };
        for entry in callbacks.to_vec() {
            if let Some([callback, context]) = entry.downcast::<Tuple>().map(|pair| pair.as_slice())
            {
                call_soon(
                    &event_loop,
                    callback.clone(),
                    Some(this),
                    Some(context.clone()),
                )?;
            }
        }
        Ok(())
    }

    fn check_pending(&self) -> PyResult<()> {
        if self.state.get() == State::Pending {
            Ok(())
        } else {
            Err(library::invalid_state("invalid state"))
        }
    }

    /// Ends the future with a result.
    pub(super) fn finish(&self, this: &Value, result: Value) -> PyResult<()> {
        self.alive()?;
        self.check_pending()?;
        self.result.set(Some(result));
        self.state.set(State::Finished);
        self.schedule_callbacks(this)
    }

    /// Ends the future with an exception, or an instance of an exception class.
    pub(super) fn fail(&self, this: &Value, exception: &Value) -> PyResult<()> {
        self.check_pending()?;
        let exception = if exceptions::is_exception_class(exception) {
            let made = protocol::call0(exception)?;
            self.check_pending()?;
            made
        } else {
            exception.clone()
        };
        let Ok(mut exception) = exception.into_ref::<BaseException>() else {
            bail!(TypeError, "invalid exception object");
        };
        if exception
            .class()
            .is_subclass(ExceptionKind::StopIteration.class())
        {
            let message =
                "StopIteration interacts badly with generators and cannot be raised into a Future";
            let class = ExceptionKind::RuntimeError.class().as_value();
            let error = exceptions::make(class, Some(Str::new(message).as_value()))?;
            error.set_cause(Some(exception.to_value()));
            error.set_context(Some(exception.into_value()));
            exception = error;
        }
        self.exception_traceback.set(exception.traceback());
        self.exception.set(Some(exception));
        self.state.set(State::Finished);
        self.schedule_callbacks(this)?;
        self.log_traceback.set(true);
        Ok(())
    }

    /// Ends the future without a result; answers whether it was pending.
    pub(super) fn cancel_with(&self, this: &Value, message: Option<Value>) -> PyResult<bool> {
        self.log_traceback.set(false);
        if self.state.get() != State::Pending {
            return Ok(false);
        }
        self.state.set(State::Cancelled);
        self.cancel_message.set(message);
        self.schedule_callbacks(this)?;
        Ok(true)
    }

    /// The CancelledError to raise: the one the future ended with, the first time.
    pub(super) fn make_cancelled_error(&self) -> PyResult<Value> {
        if let Some(error) = self.cancelled_error.take() {
            return Ok(error);
        }
        let class = library::get(&library::CANCELLED_ERROR)?;
        match self
            .cancel_message
            .get()
            .filter(|message| !message.is_none())
        {
            None => protocol::call0(&class),
            Some(message) => protocol::call1(&class, &message),
        }
    }

    /// The exception that says that the future was cancelled.
    fn cancelled(&self) -> Raised {
        match self
            .make_cancelled_error()
            .and_then(|error| exceptions::make(&error, None))
        {
            Ok(error) => exceptions::raise(error),
            Err(raised) => raised,
        }
    }

    /// What the future ended with: a result or an exception. Raises if it was cancelled or is not done.
    pub(super) fn outcome(&self) -> PyResult<Result<Value, Ref<BaseException>>> {
        match self.state.get() {
            State::Cancelled => return Err(self.cancelled()),
            State::Pending => return Err(library::invalid_state("Result is not set.")),
            State::Finished => self.log_traceback.set(false),
        }
        match self.exception.get() {
            Some(exception) => {
                exception.set_traceback(self.exception_traceback.take());
                Ok(Err(exception))
            }
            None => Ok(Ok(self.result.get().unwrap_or(Value::NONE))),
        }
    }

    /// What `result()` answers.
    pub(super) fn result_or_raise(&self) -> PyResult<Value> {
        self.valid()?;
        self.outcome()?.map_err(exceptions::raise)
    }

    /// The exception that the future ended with, if it did.
    pub(super) fn exception_or_raise(&self) -> PyResult<Option<Ref<BaseException>>> {
        self.valid()?;
        match self.state.get() {
            State::Cancelled => Err(self.cancelled()),
            State::Pending => Err(library::invalid_state("Exception is not set.")),
            State::Finished => {
                self.log_traceback.set(false);
                Ok(self.exception.get())
            }
        }
    }

    /// Has `callback` called in `context` when the future is done.
    pub(super) fn add_callback(
        &self,
        this: &Value,
        callback: Value,
        context: Value,
    ) -> PyResult<()> {
        let Some(event_loop) = self.event_loop.get() else {
            bail!(RuntimeError, "uninitialized Future object");
        };
        if self.state.get() != State::Pending {
            return call_soon(&event_loop, callback, Some(this), Some(context));
        }
        if self.callback.is_empty() && self.callbacks.is_empty() {
            self.callback.set(Some(callback));
            self.callback_context.set(Some(context));
            return Ok(());
        }
        let entry = Tuple::pair(callback, context).into_value();
        match self.callbacks.get() {
            Some(callbacks) => callbacks.push(entry),
            None => {
                self.callbacks.set(Some(List::new(vec![entry])));
                Ok(())
            }
        }
    }

    /// Removes the callbacks that equal `callback`; answers how many.
    pub(super) fn remove_callback(&self, callback: &Value) -> PyResult<usize> {
        self.alive()?;
        let mut removed = 0;
        if let Some(first) = self.callback.get()
            && protocol::equal(&first, callback)?
        {
            self.callback.set(None);
            self.callback_context.set(None);
            removed += 1;
        }
        let Some(callbacks) = self.callbacks.get() else {
            return Ok(removed);
        };
        let entries = callbacks.to_vec();
        let mut kept = Vec::with_capacity(entries.len());
        for entry in &entries {
            let Some([held, _]) = entry.downcast::<Tuple>().map(|pair| pair.as_slice()) else {
                continue;
            };
            if self.callbacks.is_empty() {
                break;
            }
            if !protocol::equal(held, callback)? {
                kept.push(entry.clone());
            }
        }
        if self.callbacks.is_empty() || kept.is_empty() {
            self.callbacks.set(None);
            return Ok(removed + entries.len());
        }
        removed += entries.len() - kept.len();
        drop(callbacks.replace_all(kept));
        Ok(removed)
    }

    /// The callbacks with their contexts, if there are any.
    pub(super) fn callback_list(&self) -> Option<Ref<List>> {
        let mut entries = Vec::new();
        if let Some(first) = self.callback.get() {
            let context = self.callback_context.get().unwrap_or(Value::NONE);
            entries.push(Tuple::pair(first, context).into_value());
        }
        if let Some(callbacks) = self.callbacks.get() {
            entries.extend(callbacks.to_vec());
        }
        (!entries.is_empty()).then(|| List::new(entries))
    }

    /// Notes that `waiter` waits for the future.
    pub(super) fn add_waiter(&self, waiter: &Value) -> PyResult<()> {
        let Some(held) = self.awaited_by.get() else {
            self.awaited_by.set(Some(waiter.clone()));
            return Ok(());
        };
        if self.awaited_by_is_set.get() {
            if let Some(set) = held.downcast::<Set>() {
                set.add(waiter.clone())?;
            }
            return Ok(());
        }
        let set = Set::from_items(&[waiter.clone(), held])?;
        self.awaited_by.set(Some(set.into_value()));
        self.awaited_by_is_set.set(true);
        Ok(())
    }

    /// Notes that `waiter` no longer waits for the future.
    pub(super) fn discard_waiter(&self, waiter: &Value) -> PyResult<()> {
        let Some(held) = self.awaited_by.get() else {
            return Ok(());
        };
        if held.is(waiter) {
            self.awaited_by.set(None);
        } else if self.awaited_by_is_set.get()
            && let Some(set) = held.downcast::<Set>()
        {
            set.discard(waiter)?;
        }
        Ok(())
    }

    /// Who waits for the future.
    pub(super) fn waiters(&self) -> PyResult<Option<Ref<FrozenSet>>> {
        match self.awaited_by.get() {
            None => Ok(None),
            Some(set) if self.awaited_by_is_set.get() => {
                FrozenSet::from_items(&protocol::collect(&set)?).map(Some)
            }
            Some(waiter) => FrozenSet::from_items(&[waiter]).map(Some),
        }
    }

    /// Tells the event loop of something that is wrong with a dying future.
    pub(super) fn report(&self, this: &Value, message: &str, role: &'static Ref<Str>) {
        let context = Dict::new();
        context.set_str(id!("message"), Str::new(message).into_value());
        if let Some(exception) = self.exception.get().filter(|_| role.is(id!("future"))) {
            context.set_str(id!("exception"), exception.into_value());
        }
        context.set_str(role, this.clone());
        if let Some(stack) = self.source_traceback.get() {
            context.set_str(id!("source_traceback"), stack);
        }
        let Some(event_loop) = self.event_loop.get() else {
            return;
        };
        let Ok(handler) = protocol::getattr(&event_loop, id!("call_exception_handler")) else {
            return;
        };
        if let Err(raised) = protocol::call1(&handler, context.as_value()) {
            let shown = match protocol::repr(&handler) {
                Ok(text) => text.to_display().into_owned(),
                Err(_) => String::from("call_exception_handler"),
            };
            let message = format!("Exception ignored while calling asyncio function {shown}");
            runtime::unraisable(raised, Some(&message), None);
        }
    }

    /// Tells of an exception that nobody asked for.
    pub(super) fn report_exception(&self, this: &Value) {
        if !self.log_traceback.replace(false) {
            return;
        }
        let message = format!(
            "{} exception was never retrieved",
            this.class().name_object().to_display()
        );
        self.report(this, &message, id!("future"));
    }
}

/// The context that a callback gets where none is given.
pub(super) fn context_or_copy(context: Option<&Value>) -> Value {
    match context {
        Some(context) => context.clone(),
        None => Context::current().copy().into_value(),
    }
}
