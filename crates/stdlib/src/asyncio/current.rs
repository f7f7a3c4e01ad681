//! The running event loop of each thread, and the task that it runs.

use taipan_macros::function;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;
use taipan_objects::{bail, protocol, runtime, thread};

fn check_loop(event_loop: &Value) -> PyResult<()> {
    match thread::current().event_loop.get() {
        Some(running) if running.is(event_loop) => Ok(()),
        _ => bail!(
            RuntimeError,
            "loop {} is not the running loop",
            protocol::repr(event_loop)?.to_display()
        ),
    }
}

/// Makes `task` the current one.
pub(super) fn enter(event_loop: &Value, task: &Value) -> PyResult<()> {
    check_loop(event_loop)?;
    let place = &thread::current().event_loop_task;
    if let Some(running) = place.get() {
        bail!(
            RuntimeError,
            "Cannot enter into task {} while another task {} is being executed.",
            protocol::repr(task)?.to_display(),
            protocol::repr(&running)?.to_display()
        );
    }
    place.set(Some(task.clone()));
    Ok(())
}

/// Ends what [`enter`] began.
pub(super) fn leave(event_loop: &Value, task: &Value) -> PyResult<()> {
    check_loop(event_loop)?;
    let place = &thread::current().event_loop_task;
    let running = place.get().unwrap_or(Value::NONE);
    if !running.is(task) {
        bail!(
            RuntimeError,
            "Invalid attempt to leave task {} while task {} is entered.",
            protocol::repr(task)?.to_display(),
            protocol::repr(&running)?.to_display()
        );
    }
    place.set(None);
    Ok(())
}

/// Makes another task, or None, the current one; answers the one before.
pub(super) fn swap(event_loop: &Value, task: &Value) -> PyResult<Value> {
    check_loop(event_loop)?;
    let new = Some(task.clone()).filter(|task| !task.is_none());
    let previous = thread::current().event_loop_task.replace(new);
    Ok(previous.unwrap_or(Value::NONE))
}

/// Return the running event loop or None.
///
/// This is a low-level function intended to be used by event loops.
/// This function is thread-specific.
#[function("($module, /)")]
pub(super) fn _get_running_loop() -> Option<Value> {
    thread::current().event_loop.get()
}

/// Set the running event loop.
///
/// This is a low-level function intended to be used by event loops.
/// This function is thread-specific.
#[function("($module, loop, /)")]
pub(super) fn _set_running_loop(event_loop: &Value) {
    let new = Some(event_loop.clone()).filter(|event_loop| !event_loop.is_none());
    thread::current().event_loop.set(new);
}

/// Return the running event loop.  Raise a RuntimeError if there is none.
///
/// This function is thread-specific.
#[function("($module, /)")]
pub(super) fn get_running_loop() -> PyResult<Value> {
    match thread::current().event_loop.get() {
        Some(event_loop) => Ok(event_loop),
        None => bail!(RuntimeError, "no running event loop"),
    }
}

/// Enter into task execution or resume suspended task.
///
/// Task belongs to loop.
///
/// Returns None.
#[function("($module, /, loop, task)")]
pub(super) fn _enter_task(event_loop: &Value, task: &Value) -> PyResult<()> {
    enter(event_loop, task)
}

/// Leave task execution or suspend a task.
///
/// Task belongs to loop.
///
/// Returns None.
#[function("($module, /, loop, task)")]
pub(super) fn _leave_task(event_loop: &Value, task: &Value) -> PyResult<()> {
    leave(event_loop, task)
}

/// Temporarily swap in the supplied task and return the original one (or None).
///
/// This is intended for use during eager coroutine execution.
#[function("($module, /, loop, task)")]
pub(super) fn _swap_current_task(event_loop: &Value, task: &Value) -> PyResult<Value> {
    swap(event_loop, task)
}

/// Return a currently executed task.
#[function("($module, /, loop=None)")]
pub(super) fn current_task(event_loop: Option<&Value>) -> PyResult<Option<Value>> {
    let own = thread::current();
    let running = own.event_loop.get();
    let Some(event_loop) = event_loop.filter(|event_loop| !event_loop.is_none()) else {
        get_running_loop()?;
        return Ok(own.event_loop_task.get());
    };
    if running.is_some_and(|running| running.is(event_loop)) {
        return Ok(own.event_loop_task.get());
    }
    let mut found = None;
    runtime::for_each_thread(|state| {
        let runs_it = |running: Value| running.is(event_loop);
        if found.is_none() && state.event_loop.get().is_some_and(runs_it) {
            found = state.event_loop_task.get();
        }
    });
    Ok(found)
}
