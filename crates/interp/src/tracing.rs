//! `sys.settrace` and `sys.setprofile`, on top of the events of [`crate::monitoring`].
//!
//! Both are tools whose callbacks are native: they look at the thread's own function, because trace functions belong to
//! threads while events are told on all of them, and turn the events into the calls that trace functions expect. Line events
//! come from LINE, and from JUMP for a loop that stays on one line.

use taipan_objects::exceptions::BaseException;
use taipan_objects::int;
use taipan_objects::native::{MethodDescriptor, NativeFunction};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::thread;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{id, runtime};

use crate::code::Code;
use crate::frame_object::{FrameObject, frame_object};
use crate::frames;
use crate::monitoring::{self, Event, PROFILE_TOOL, TRACE_TOOL};

const TRACE_EVENTS: u32 = Event::PyStart.bit()
    | Event::PyResume.bit()
    | Event::PyReturn.bit()
    | Event::PyYield.bit()
    | Event::Raise.bit()
    | Event::Line.bit()
    | Event::Jump.bit()
    | Event::PyUnwind.bit()
    | Event::PyThrow.bit()
    | Event::StopIteration.bit();

const PROFILE_EVENTS: u32 = Event::PyStart.bit()
    | Event::PyResume.bit()
    | Event::PyReturn.bit()
    | Event::PyYield.bit()
    | Event::Call.bit()
    | Event::PyUnwind.bit()
    | Event::PyThrow.bit();

/// Whose function is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threads {
    /// The current one's.
    Current,
    /// Every one's.
    All,
}

/// `sys.settrace(function)`.
pub fn set_trace(function: Option<Value>, threads: Threads) {
    set_function(&function, threads, |state| &state.trace);
    let mut is_traced = false;
    runtime::for_each_thread(|state| is_traced |= !state.trace.is_empty());
    if is_traced && let Some(frame) = running_frame().filter(|frame| frame.trace_opcodes.get()) {
        trace_opcodes(&frame, true);
    }
    monitoring::set_tool_events(TRACE_TOOL, if is_traced { TRACE_EVENTS } else { 0 });
}

/// `sys.setprofile(function)`.
pub fn set_profile(function: Option<Value>, threads: Threads) {
    set_function(&function, threads, |state| &state.profile);
    let mut is_profiled = false;
    runtime::for_each_thread(|state| is_profiled |= !state.profile.is_empty());
    monitoring::set_tool_events(PROFILE_TOOL, if is_profiled { PROFILE_EVENTS } else { 0 });
}

fn set_function(
    function: &Option<Value>,
    threads: Threads,
    slot: impl Fn(&thread::ThreadState) -> &taipan_objects::cell::Slot,
) {
    let mut replaced = Vec::new();
    match threads {
        Threads::Current => replaced.push(slot(thread::current()).replace(function.clone())),
        Threads::All => {
            runtime::for_each_thread(|state| replaced.push(slot(state).replace(function.clone())))
        }
    }
    drop(replaced);
}

/// The thread ends: what it traced and profiled is told no more.
pub(crate) fn thread_ends() {
    let state = thread::current();
    if !state.trace.is_empty() {
        set_trace(None, Threads::Current);
    }
    if !state.profile.is_empty() {
        set_profile(None, Threads::Current);
    }
}

/// `sys.call_tracing(function, arguments)`: events are told although a trace function runs.
pub fn call_tracing(function: &Value, arguments: &[Value]) -> PyResult<Value> {
    let telling = std::mem::take(&mut frames::engine().telling);
    let answer = protocol::call_positional(function, arguments);
    frames::engine().telling = telling;
    answer
}

/// Turns the events of single instructions on or off for the code of a traced frame.
pub(crate) fn trace_opcodes(frame: &Ref<FrameObject>, wanted: bool) {
    monitoring::set_trace_event(&frame.code(), Event::Instruction, wanted);
}

fn running_frame() -> Option<Ref<FrameObject>> {
    frames::frame_at(0).map(frame_object)
}

/// Calls a thread's trace function or a frame's; what it answers becomes the frame's.
fn call_trace(frame: &Ref<FrameObject>, what: &Ref<Str>, argument: Value) -> PyResult<()> {
    let function = if what.is(id!("call")) {
        thread::current().trace.get()
    } else {
        frame.trace.get()
    };
    let Some(function) = function else {
        return Ok(());
    };
    match protocol::call_positional(&function, &[frame.to_value(), what.to_value(), argument]) {
        Ok(answer) => {
            if !answer.is_none() {
                frame.trace.set(Some(answer));
            }
            Ok(())
        }
        Err(raised) => {
            set_trace(None, Threads::Current);
            frame.trace.set(None);
            Err(raised)
        }
    }
}

/// An event for `sys.settrace`; answers whether it need not be told of this place again.
pub(crate) fn trace_event(event: Event, arguments: &[Value]) -> PyResult<bool> {
    let Some(frame) = running_frame() else {
        return Ok(false);
    };
    let has_function = !thread::current().trace.is_empty();
    if event == Event::Instruction {
        if !has_function || !frame.trace_opcodes.get() {
            trace_opcodes(&frame, false);
            return Ok(false);
        }
        return call_trace(&frame, id!("opcode"), Value::NONE).map(|()| false);
    }
    if !has_function {
        return Ok(false);
    }
    let argument = || arguments.get(2).cloned().unwrap_or(Value::NONE);
    if matches!(event, Event::Line | Event::Jump) {
        if event == Event::Jump && !stays_on_line(arguments) {
            return Ok(true);
        }
        return if frame.trace_lines.get() {
            call_trace(&frame, id!("line"), Value::NONE).map(|()| false)
        } else {
            Ok(false)
        };
    }
    if frame.trace_opcodes.get() {
        trace_opcodes(&frame, true);
    }
    match event {
        Event::PyStart | Event::PyResume | Event::PyThrow => {
            call_trace(&frame, id!("call"), Value::NONE)?
        }
        Event::PyReturn | Event::PyYield => call_trace(&frame, id!("return"), argument())?,
        Event::PyUnwind => call_trace(&frame, id!("return"), Value::NONE)?,
        Event::Raise | Event::StopIteration => {
            call_trace(&frame, id!("exception"), exception_info(&argument()))?
        }
        _ => {}
    }
    Ok(false)
}

/// Whether a jump goes back to the line it is on, which no start of a line tells of.
fn stays_on_line(arguments: &[Value]) -> bool {
    let [code, from, to] = arguments else {
        return false;
    };
    let Some(code) = code.downcast_exact::<Code>() else {
        return false;
    };
    let index = |offset: &Value| int::to_i64(offset).unwrap_or(0) as usize / 2;
    let (from, to) = (index(from), index(to));
    to <= from && code.monitoring.line(to) == code.monitoring.line(from)
}

/// `(class, exception, traceback)`.
fn exception_info(exception: &Value) -> Value {
    let traceback = exception
        .downcast::<BaseException>()
        .and_then(|exception| exception.traceback());
    let parts = vec![
        exception.class().to_value(),
        exception.clone(),
        traceback.unwrap_or(Value::NONE),
    ];
    Tuple::new(parts).into_value()
}

/// An event for `sys.setprofile`; answers whether it need not be told of this place again.
pub(crate) fn profile_event(event: Event, arguments: &[Value]) -> PyResult<bool> {
    let Some(function) = thread::current().profile.get() else {
        return Ok(false);
    };
    let Some(frame) = running_frame() else {
        return Ok(false);
    };
    let (what, argument) = match event {
        Event::PyStart | Event::PyResume | Event::PyThrow => (id!("call"), Value::NONE),
        Event::PyReturn | Event::PyYield => (
            id!("return"),
            arguments.get(2).cloned().unwrap_or(Value::NONE),
        ),
        Event::PyUnwind => (id!("return"), Value::NONE),
        Event::Call | Event::CReturn | Event::CRaise => match native_callee(arguments)? {
            Some(callee) if event == Event::Call => (id!("c_call"), callee),
            Some(callee) if event == Event::CReturn => (id!("c_return"), callee),
            Some(callee) => (id!("c_exception"), callee),
            None => return Ok(false),
        },
        _ => return Ok(false),
    };
    match protocol::call_positional(&function, &[frame.into_value(), what.to_value(), argument]) {
        Ok(_) => Ok(false),
        Err(raised) => {
            set_profile(None, Threads::Current);
            Err(raised)
        }
    }
}

/// What profilers see of a call: native functions, and methods of builtin classes bound to their receiver.
fn native_callee(arguments: &[Value]) -> PyResult<Option<Value>> {
    let [_, _, callable, receiver] = arguments else {
        return Ok(None);
    };
    if callable.downcast_exact::<NativeFunction>().is_some() {
        return Ok(Some(callable.clone()));
    }
    if callable.downcast_exact::<MethodDescriptor>().is_none()
        || receiver.is(&monitoring::missing())
    {
        return Ok(None);
    }
    match callable.class().slots.descr_get.get() {
        Some(bind) => bind(callable, Some(receiver), Some(receiver.class().as_value())).map(Some),
        None => Ok(None),
    }
}
