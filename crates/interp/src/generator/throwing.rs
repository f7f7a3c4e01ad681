//! Exceptions thrown into generators, and `close`, which throws GeneratorExit.
//!
//! Invariant: what a generator waits for gets the exception first; while it does, the generator counts as running.

use std::ptr;

use taipan_objects::class::Sent;
use taipan_objects::exceptions::{self, BaseException, ExceptionKind};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::traceback::Traceback;
use taipan_objects::value::Value;
use taipan_objects::{bail, id, protocol, warnings};

use super::resuming::kind_of;
use super::{Core, Input, State, core, resume};

/// The exception of `generator.throw(type, value, traceback)`.
pub fn thrown_exception(values: &[Value]) -> PyResult<Raised> {
    if values.len() > 1 {
        warnings::warn(
            ExceptionKind::DeprecationWarning,
            "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
        )?;
    }
    make_thrown(values)
}

/// The exception that `(type, value, traceback)` mean, where the last two may be absent.
pub(crate) fn make_thrown(values: &[Value]) -> PyResult<Raised> {
    let traceback = values.get(2).filter(|value| !value.is_none());
    if traceback.is_some_and(|traceback| traceback.downcast::<Traceback>().is_none()) {
        bail!(
            TypeError,
            "throw() third argument must be a traceback object"
        );
    }
    let argument = values.get(1).filter(|value| !value.is_none());
    let exception = if values[0].downcast::<BaseException>().is_some() {
        if argument.is_some() {
            bail!(
                TypeError,
                "instance exception may not have a separate value"
            );
        }
        exceptions::make(&values[0], None)?
    } else if exceptions::is_exception_class(&values[0]) {
        match exceptions::make(&values[0], argument) {
            Ok(exception) => exception,
            // What is wrong with the exception is raised where it was to be raised.
            Err(raised) => return Ok(raised),
        }
    } else {
        bail!(
            TypeError,
            "exceptions must be classes or instances deriving from BaseException, not {}",
            values[0].class().name()
        );
    };
    if let Some(traceback) = traceback {
        exception.set_traceback(Some(traceback.clone()));
    }
    Ok(Raised::from_exception(exception))
}

/// Throws into a generator, or into what it waits for; GeneratorExit closes that, if `close_inner`.
pub fn throw(core: &Core, owner: &Value, raised: Raised, close_inner: bool) -> PyResult<Sent> {
    if core.state.get() == State::Running {
        bail!(ValueError, "{} already executing", kind_of(&core.code));
    }
    if let Some(inner) = core.waiting_for() {
        if close_inner && raised.is(ExceptionKind::GeneratorExit) {
            let closed = while_running(core, || close_value(&inner));
            return match closed {
                Ok(()) => resume(core, owner, Input::Exception(raised)),
                Err(other) => resume(core, owner, Input::Exception(other)),
            };
        }
        let outcome = while_running(core, || throw_into(&inner, &raised, close_inner));
        return match outcome {
            Ok(Some(Sent::Yield(value))) => Ok(Sent::Yield(value)),
            Ok(Some(Sent::Return(value))) => continue_behind(core, owner, value),
            Ok(None) => resume(core, owner, Input::Exception(raised)),
            Err(other) if other.is(ExceptionKind::StopIteration) => {
                let value = exceptions::stop_value(&other);
                continue_behind(core, owner, value)
            }
            Err(other) => resume(core, owner, Input::Exception(other)),
        };
    }
    resume(core, owner, Input::Exception(raised))
}

/// Runs `body` for a generator that waits for another: its frame is on the stack meanwhile, though its code does not run.
fn while_running<R>(core: &Core, body: impl FnOnce() -> R) -> R {
    let engine = crate::frames::engine();
    let frame = core.frame.get();
    let caller = engine.current;
    if let Some(frame) = frame {
        // SAFETY: the frame is suspended, and the generator that owns it is alive while the body runs.
        unsafe { (*frame).previous = caller };
        engine.current = frame;
    }
    core.state.set(State::Running);
    let result = body();
    core.state.set(State::Suspended);
    if let Some(frame) = frame {
        // SAFETY: as above; a running generator does not lose its frame.
        unsafe { (*frame).previous = ptr::null_mut() };
        engine.current = caller;
    }
    result
}

/// Throws into the object that a generator waits for; `None` when it has no `throw`.
fn throw_into(inner: &Value, raised: &Raised, close_inner: bool) -> PyResult<Option<Sent>> {
    let again = Raised::from_exception(raised.exception().clone());
    if let Some(inner_core) = core(inner) {
        return throw(inner_core, inner, again, close_inner).map(Some);
    }
    match protocol::getattr_optional(inner, id!("throw"))? {
        Some(method) => protocol::call1(&method, raised.exception().as_value())
            .map(|value| Some(Sent::Yield(value))),
        None => Ok(None),
    }
}

/// The inner iterator ended while something was thrown in: the generator goes on behind its `yield from`.
fn continue_behind(core: &Core, owner: &Value, value: Value) -> PyResult<Sent> {
    if let Some(frame) = core.frame.get() {
        // SAFETY: the frame is suspended in `SEND; YIELD_VALUE; RESUME; JUMP_BACKWARD_NO_INTERRUPT`; behind the jump stands
        // END_SEND, which expects the inner iterator below the value.
        unsafe {
            let jump = (*frame).ip.add(2);
            (*frame).ip = jump;
        }
    }
    resume(core, owner, Input::Value(value))
}

/// Closes any iterator that can be closed.
fn close_value(inner: &Value) -> PyResult<()> {
    if let Some(inner_core) = core(inner) {
        return close(inner_core, inner).map(drop);
    }
    match protocol::getattr_optional(inner, id!("close"))? {
        Some(method) => protocol::call0(&method).map(drop),
        None => Ok(()),
    }
}

/// `generator.close()`.
pub fn close(core: &Core, owner: &Value) -> PyResult<Value> {
    match core.state.get() {
        State::Finished => return Ok(Value::NONE),
        State::Created => {
            core.discard_frame();
            return Ok(Value::NONE);
        }
        State::Running => bail!(ValueError, "{} already executing", kind_of(&core.code)),
        State::Suspended => {}
    }
    if core.waiting_for().is_none() && !core.has_handler() {
        core.discard_frame();
        return Ok(Value::NONE);
    }
    let raised = exceptions::raise_args(ExceptionKind::GeneratorExit.class(), Vec::new());
    match throw(core, owner, raised, true) {
        Ok(Sent::Yield(_)) => bail!(
            RuntimeError,
            "{} ignored GeneratorExit",
            kind_of(&core.code)
        ),
        Ok(Sent::Return(value)) => Ok(value),
        Err(raised)
            if raised.is(ExceptionKind::GeneratorExit)
                || raised.is(ExceptionKind::StopIteration) =>
        {
            Ok(Value::NONE)
        }
        Err(raised) => Err(raised),
    }
}

/// Closes a generator that nobody will resume; errors go to `sys.unraisablehook`.
pub(crate) fn finalize(core: &Core, owner: &Value) {
    if core.state.get() == State::Suspended
        && let Err(raised) = close(core, owner)
    {
        taipan_objects::runtime::unraisable(
            raised,
            Some("Exception ignored while closing generator"),
            Some(owner),
        );
    }
}
