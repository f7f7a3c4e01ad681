//! The steps of a task: from one thing that its coroutine waits for to the next.
//!
//! A step runs as a callback of the event loop. It resumes the coroutine; what that yields is a future, whose end wakes the
//! task up for the next step. A coroutine that yields None lets the others run first.

use taipan_interp::generator::Generator;
use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Sent};
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::native::{Binding, FunctionDef, NativeCode, NativeFunction};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, id, protocol};

use super::future::{Future, State, call_soon};
use super::task::Task;
use super::{current, library};
use crate::contextvars::Context;

/// What the event loop calls for the next step of a task.
#[class(
    name = "TaskStepMethWrapper",
    module = "_asyncio",
    flags(NO_INSTANTIATION)
)]
pub struct Step {
    task: Ref<Task>,
    /// An exception to throw into the coroutine.
    exception: Option<Value>,
}

#[methods]
impl Step {
    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        if !args.names().is_empty() {
            bail!(TypeError, "function takes no keyword arguments");
        }
        if !args.is_empty() {
            bail!(TypeError, "function takes no positional arguments");
        }
        run(&self.task, self.exception.clone())
    }

    #[getter(name = "__self__")]
    fn task(&self) -> Ref<Task> {
        self.task.clone()
    }
}

/// What is called when the future that a task waits for is done.
static WAKEUP: FunctionDef = FunctionDef {
    name: "task_wakeup",
    signature: None,
    doc: None,
    code: NativeCode::One(wake_up),
    binding: Binding::Method,
};

/// Has the event loop make the next step, in which an exception is thrown into the coroutine if one is given.
pub(super) fn call_step_soon(task: &Ref<Task>, exception: Option<Value>) -> PyResult<()> {
    let step = Step {
        task: task.clone(),
        exception,
    };
    let step = heap::new_object(Step::class(), step).into_value();
    call_soon(&task.future.alive()?, step, None, task.context.get())
}

/// Has the next step throw a RuntimeError.
fn fail_soon(task: &Ref<Task>, message: String) -> PyResult<Value> {
    let class = ExceptionKind::RuntimeError.class().as_value();
    let error = exceptions::make(class, Some(Str::new(&message).as_value()))?;
    call_step_soon(task, Some(error.into_value()))?;
    Ok(Value::NONE)
}

/// Resumes anything that can be awaited on.
fn send_none(coroutine: &Value) -> PyResult<Sent> {
    if let Some(send) = coroutine.class().slots.send.get() {
        return send(coroutine, &Value::NONE);
    }
    let answer = if coroutine.class().slots.next.get().is_some() {
        protocol::next_or_result(coroutine)
    } else {
        protocol::call_method(coroutine, id!("send"), &[Value::NONE]).map(Some)
    };
    sent(answer)
}

/// What a call answers that ends with StopIteration.
fn sent(answer: PyResult<Option<Value>>) -> PyResult<Sent> {
    match answer {
        Ok(Some(value)) => Ok(Sent::Yield(value)),
        Ok(None) => Ok(Sent::Return(Value::NONE)),
        Err(raised) if raised.is(ExceptionKind::StopIteration) => {
            Ok(Sent::Return(exceptions::stop_value(&raised)))
        }
        Err(raised) => Err(raised),
    }
}

fn is_cancelled_error(exception: &Value) -> PyResult<bool> {
    exceptions::matches(exception, &library::get(&library::CANCELLED_ERROR)?)
}

/// Makes a step as the event loop's current task.
fn run(task: &Ref<Task>, exception: Option<Value>) -> PyResult<Value> {
    let event_loop = task.future.event_loop.get().unwrap_or(Value::NONE);
    current::enter(&event_loop, task.as_value())?;
    let answer = advance(task, exception);
    match (answer, current::leave(&event_loop, task.as_value())) {
        (Ok(_), Err(raised)) => Err(raised),
        (answer, _) => answer,
    }
}

/// Resumes the coroutine and does what its answer asks for.
fn advance(task: &Ref<Task>, exception: Option<Value>) -> PyResult<Value> {
    let future = &task.future;
    if future.state.get() != State::Pending {
        let shown = exception.unwrap_or(Value::NONE);
        return Err(library::invalid_state(&format!(
            "__step(): already done: {} {}",
            protocol::repr(task.as_value())?.to_display(),
            protocol::repr(&shown)?.to_display()
        )));
    }
    let mut exception = exception;
    if task.must_cancel.get() {
        let is_cancellation = match &exception {
            Some(exception) => is_cancelled_error(exception)?,
            None => false,
        };
        if !is_cancellation {
            exception = Some(future.make_cancelled_error()?);
        }
        task.must_cancel.set(false);
    }
    task.waiter.set(None);
    let Some(coroutine) = task.coroutine.get() else {
        bail!(RuntimeError, "uninitialized Task object");
    };
    let answer = match exception {
        None => send_none(&coroutine),
        Some(exception) => {
            sent(protocol::call_method(&coroutine, id!("throw"), &[exception]).map(Some))
        }
    };
    drop(coroutine);
    match answer {
        Ok(Sent::Yield(awaited)) => wait_for(task, awaited),
        Ok(Sent::Return(result)) => {
            if task.must_cancel.replace(false) {
                future.cancel_with(task.as_value(), future.cancel_message.get())?;
            } else {
                future.finish(task.as_value(), result)?;
            }
            Ok(Value::NONE)
        }
        Err(raised) => end_with(task, raised),
    }
}

/// The coroutine raised.
fn end_with(task: &Ref<Task>, raised: Raised) -> PyResult<Value> {
    let future = &task.future;
    let exception = raised.into_exception();
    if is_cancelled_error(exception.as_value())? {
        future.cancelled_error.set(Some(exception.into_value()));
        let cancelled = future.cancel_with(task.as_value(), None)?;
        return Ok(Value::from_bool(cancelled));
    }
    future.fail(task.as_value(), exception.as_value())?;
    let raised = Raised::from_exception(exception);
    if raised.is(ExceptionKind::KeyboardInterrupt) || raised.is(ExceptionKind::SystemExit) {
        return Err(raised);
    }
    Ok(Value::NONE)
}

/// The coroutine yielded `awaited`: normally a future, whose end wakes the task up.
fn wait_for(task: &Ref<Task>, awaited: Value) -> PyResult<Value> {
    if awaited.is(task.as_value()) {
        let shown = protocol::repr(task.as_value())?;
        let message = format!("Task cannot await on itself: {}", shown.to_display());
        return fail_soon(task, message);
    }
    if let Some(future) = library::exact_future(&awaited) {
        let own_loop = task.future.alive()?;
        if !future
            .event_loop
            .get()
            .is_some_and(|event_loop| event_loop.is(&own_loop))
        {
            return different_loop(task, &awaited);
        }
        if !future.blocking.get() {
            return yield_instead_of_await(task, &awaited);
        }
        future.add_waiter(task.as_value())?;
        future.blocking.set(false);
        let context = task.context.get().unwrap_or(Value::NONE);
        future.add_callback(&awaited, wakeup_of(task), context)?;
        task.waiter.set(Some(awaited.clone()));
        return cancel_if_due(task, &awaited);
    }
    if awaited.is_none() {
        call_step_soon(task, None)?;
        return Ok(Value::NONE);
    }
    match protocol::getattr_optional(&awaited, id!("_asyncio_future_blocking"))? {
        Some(blocking) if !blocking.is_none() => {
            let is_blocking = protocol::is_true(&blocking)?;
            wait_for_foreign(task, awaited, is_blocking)
        }
        _ => bad_yield(task, &awaited),
    }
}

/// The coroutine yielded something that behaves as a future.
fn wait_for_foreign(task: &Ref<Task>, awaited: Value, is_blocking: bool) -> PyResult<Value> {
    let own_loop = task.future.alive()?;
    if !library::loop_of(&awaited)?.is(&own_loop) {
        return different_loop(task, &awaited);
    }
    if !is_blocking {
        return yield_instead_of_await(task, &awaited);
    }
    if let Some(future) = awaited.downcast::<Future>() {
        future.add_waiter(task.as_value())?;
    }
    protocol::setattr(&awaited, id!("_asyncio_future_blocking"), &Value::FALSE)?;
    let context = task.context.get().unwrap_or(Value::NONE);
    let names = std::slice::from_ref(id!("context").as_value());
    let arguments = [wakeup_of(task), context];
    protocol::call_method_args(
        &awaited,
        id!("add_done_callback"),
        Args::new(&arguments, names),
    )?;
    task.waiter.set(Some(awaited.clone()));
    cancel_if_due(task, &awaited)
}

fn wakeup_of(task: &Ref<Task>) -> Value {
    NativeFunction::bound(&WAKEUP, task.to_value()).into_value()
}

/// Calls `waiter.cancel(msg=message)`; answers whether it was cancelled.
pub(super) fn cancel_waiter(waiter: &Value, message: Option<Value>) -> PyResult<bool> {
    let message = message.unwrap_or(Value::NONE);
    let names = std::slice::from_ref(id!("msg").as_value());
    let answer = protocol::call_method_args(waiter, id!("cancel"), Args::new(&[message], names))?;
    protocol::is_true(&answer)
}

/// A cancellation that came while the coroutine ran goes on to what it waits for.
fn cancel_if_due(task: &Ref<Task>, awaited: &Value) -> PyResult<Value> {
    if task.must_cancel.get() && cancel_waiter(awaited, task.future.cancel_message.get())? {
        task.must_cancel.set(false);
    }
    Ok(Value::NONE)
}

fn different_loop(task: &Ref<Task>, awaited: &Value) -> PyResult<Value> {
    let (task_text, awaited_text) = (protocol::repr(task.as_value())?, protocol::repr(awaited)?);
    let message = format!(
        "Task {} got Future {} attached to a different loop",
        task_text.to_display(),
        awaited_text.to_display()
    );
    fail_soon(task, message)
}

fn yield_instead_of_await(task: &Ref<Task>, awaited: &Value) -> PyResult<Value> {
    let (task_text, awaited_text) = (protocol::repr(task.as_value())?, protocol::repr(awaited)?);
    let message = format!(
        "yield was used instead of yield from in task {} with {}",
        task_text.to_display(),
        awaited_text.to_display()
    );
    fail_soon(task, message)
}

fn bad_yield(task: &Ref<Task>, awaited: &Value) -> PyResult<Value> {
    let awaited_text = protocol::repr(awaited)?;
    if !protocol::is_instance(awaited, Generator::class().as_value())? {
        let message = format!("Task got bad yield: {}", awaited_text.to_display());
        return fail_soon(task, message);
    }
    let message = format!(
        "yield was used instead of yield from for generator in task {} with {}",
        protocol::repr(task.as_value())?.to_display(),
        awaited_text.to_display()
    );
    fail_soon(task, message)
}

/// The future that a task waits for is done.
fn wake_up(task: &Value, awaited: &Value) -> PyResult<Value> {
    let Some(task) = task.downcast::<Task>() else {
        bail!(TypeError, "task_wakeup() needs a task");
    };
    if let Some(future) = awaited.downcast::<Future>() {
        future.discard_waiter(task.as_value())?;
    }
    let outcome = match library::exact_future(awaited) {
        Some(future) => future.outcome(),
        None => protocol::call_method(awaited, id!("result"), &[]).map(Ok),
    };
    let exception = match outcome {
        Ok(Ok(_)) => None,
        Ok(Err(exception)) => Some(exception.into_value()),
        Err(raised) => Some(raised.into_exception().into_value()),
    };
    run(task, exception)
}

/// Makes the first step at once, in the middle of whatever runs.
pub(super) fn start_eagerly(task: &Ref<Task>) -> PyResult<()> {
    let event_loop = task.future.alive()?;
    let previous = current::swap(&event_loop, task.as_value())?;
    task.future.is_registered.set(true);
    let context = task.context.get().unwrap_or(Value::NONE);
    let Some(context) = context.downcast::<Context>() else {
        current::swap(&event_loop, &previous)?;
        bail!(TypeError, "an instance of Context was expected");
    };
    if let Err(raised) = Context::enter(context) {
        current::swap(&event_loop, &previous)?;
        return Err(raised);
    }
    let answer = advance(task, None);
    let swapped = current::swap(&event_loop, &previous);
    Context::exit(context);
    if task.future.state.get() != State::Pending {
        task.coroutine.set(None);
    }
    answer?;
    swapped.map(drop)
}
