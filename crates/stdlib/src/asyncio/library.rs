//! What the module takes from the part of asyncio that is written in Python, and the numbers of tasks.

use std::sync::atomic::{AtomicI64, Ordering};

use taipan_objects::cell::Slot;
use taipan_objects::class::Type;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::set::Set;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{exc, exceptions, id, protocol, runtime};

use super::future::Future;
use super::task::Task;
use crate::import::import_module;

macro_rules! taken {
    ($($(#[$doc:meta])* $place:ident = $module:literal . $name:literal;)*) => {
        $($(#[$doc])* pub(super) static $place: Slot = Slot::empty();)*

        fn take() -> PyResult<()> {
            $({
                import_module($module)?;
                $place.set(Some(runtime::import_attribute($module, $name)?));
            })*
            Ok(())
        }
    };
}

taken! {
    /// Answers the event loop policy.
    EVENT_LOOP_POLICY = "asyncio.events"."_get_event_loop_policy";
    /// The text of a future.
    FUTURE_REPR = "asyncio.base_futures"."_future_repr";
    /// What is raised where a future is not in the state that is asked for.
    INVALID_STATE_ERROR = "asyncio.exceptions"."InvalidStateError";
    /// What is raised in a task that is cancelled.
    CANCELLED_ERROR = "asyncio.exceptions"."CancelledError";
    /// The text of a task.
    TASK_REPR = "asyncio.base_tasks"."_task_repr";
    /// `Task.get_stack`.
    TASK_GET_STACK = "asyncio.base_tasks"."_task_get_stack";
    /// `Task.print_stack`.
    TASK_PRINT_STACK = "asyncio.base_tasks"."_task_print_stack";
    /// Whether something is a coroutine.
    IS_COROUTINE = "asyncio.coroutines"."iscoroutine";
    /// The stack where a future is made.
    EXTRACT_STACK = "traceback"."extract_stack";
    /// The class of sets of weak references.
    WEAK_SET = "weakref"."WeakSet";
}

/// Registered tasks of other classes.
pub(super) static OTHER_TASKS: Slot = Slot::empty();
/// Those of them that run their first step.
pub(super) static OTHER_EAGER_TASKS: Slot<Ref<Set>> = Slot::empty();

static TASK_NUMBER: AtomicI64 = AtomicI64::new(0);

/// Fetches everything, after asyncio itself.
pub(super) fn initialize() -> PyResult<()> {
    import_module("asyncio")?;
    take()?;
    OTHER_TASKS.set(Some(protocol::call0(&get(&WEAK_SET)?)?));
    OTHER_EAGER_TASKS.set(Some(Set::new()));
    Ok(())
}

/// What was fetched.
pub(super) fn get(place: &Slot) -> PyResult<Value> {
    place
        .get()
        .ok_or_else(|| exc!(RuntimeError, "the module _asyncio is not initialized"))
}

/// The number of the next task without a name.
pub(super) fn next_task_number() -> i64 {
    TASK_NUMBER.fetch_add(1, Ordering::Relaxed) + 1
}

/// Raises `asyncio.InvalidStateError`.
#[cold]
pub(super) fn invalid_state(message: &str) -> Raised {
    match INVALID_STATE_ERROR.get().map(Value::into_ref::<Type>) {
        Some(Ok(class)) => exceptions::raise_args(&class, vec![Str::new(message).into_value()]),
        _ => exc!(RuntimeError, "{message}"),
    }
}

/// The future that an instance of `Future` or `Task` itself is.
pub(super) fn exact_future(value: &Value) -> Option<&Ref<Future>> {
    match value.downcast_exact::<Task>() {
        Some(task) => Some(Task::as_future(task)),
        None => value.downcast_exact::<Future>(),
    }
}

/// The event loop of anything that behaves as a future.
pub(super) fn loop_of(value: &Value) -> PyResult<Value> {
    if let Some(future) = exact_future(value)
        && let Some(event_loop) = future.event_loop.get()
    {
        return Ok(event_loop);
    }
    match protocol::getattr_optional(value, id!("get_loop"))? {
        Some(method) => protocol::call0(&method),
        None => protocol::getattr(value, id!("_loop")),
    }
}
