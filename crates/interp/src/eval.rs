//! Entering and leaving frames, safe points, running code.

use std::ptr;
use std::sync::atomic::Ordering;

use taipan_objects::bail;
use taipan_objects::dict::Dict;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime::{self, EVAL_BREAKER, breaker};
use taipan_objects::thread;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use crate::call::initialize_frame;
use crate::code::Code;
use crate::cursor::{Cursor, Next, Step};
use crate::dispatch::run_loop;
use crate::frame_object::detach_frame_object;
use crate::frame_stack::{EngineState, Frame, FrameOwner, StackRef, clear_frame, frame_words};
use crate::function::Function;

/// Runs a code object as a module, class body or expression does: names live in `locals`, or in `globals` without it.
pub fn run(
    code: &Ref<Code>,
    globals: &Ref<Dict>,
    locals: Option<&Value>,
    closure: Option<Ref<Tuple>>,
) -> PyResult<Value> {
    thread::check_stack("")?;
    let function = Function::new(code.clone(), globals.clone());
    function.closure.set(closure);
    let engine = crate::frames::engine();
    let frame = engine.reserve(frame_words(code));
    let namespace = if code.has_flag(taipan_compiler::flags::NEWLOCALS) && locals.is_none() {
        StackRef::NULL
    } else {
        StackRef::from_value(locals.map_or_else(|| globals.to_value(), Value::clone))
    };
    // SAFETY: the memory was just reserved for this code.
    unsafe {
        initialize_frame(frame, StackRef::from_value(function.into_value()), code, 0);
        (*frame).replace_namespace(namespace);
    }
    run_entry_frame(engine, frame)
}

/// Links a frame as the running one and counts it.
pub(crate) fn push_frame(engine: &mut EngineState, frame: *mut Frame) -> PyResult<()> {
    thread::enter_frame()?;
    // SAFETY: the frame is fresh or suspended.
    unsafe { (*frame).previous = engine.current };
    engine.current = frame;
    Ok(())
}

/// Runs a fresh frame in a native loop of its own.
pub(crate) fn run_entry_frame(engine: &mut EngineState, frame: *mut Frame) -> PyResult<Value> {
    if let Err(raised) = push_frame(engine, frame) {
        // SAFETY: the frame was never linked.
        unsafe {
            clear_frame(frame, (*frame).sp);
            engine.give_back(frame);
        }
        return Err(raised);
    }
    run_linked_frame(engine, frame)
}

/// Runs the current frame until it is left.
pub(crate) fn run_linked_frame(engine: &mut EngineState, frame: *mut Frame) -> PyResult<Value> {
    // SAFETY: the frame is live.
    let start = unsafe {
        Next {
            ip: (*frame).ip,
            sp: (*frame).sp,
        }
    };
    run_linked_frame_from(engine, frame, start)
}

/// As [`run_linked_frame`], from `start` on: the frame's own instruction stays the one that ran last.
pub(crate) fn run_linked_frame_from(
    engine: &mut EngineState,
    frame: *mut Frame,
    start: Next,
) -> PyResult<Value> {
    // SAFETY: the frame is live.
    unsafe { (*frame).kind.is_entry = true };
    run_loop(engine, frame, start);
    match engine.raised.take() {
        Some(raised) => Err(raised),
        None => Ok(engine.result.take().unwrap_or(Value::NONE)),
    }
}

/// Ends a frame: hands it to its frame object if there is one, releases what it holds, and makes its caller current.
pub(crate) fn leave_frame(engine: &mut EngineState, frame: *mut Frame, sp: *mut StackRef) {
    // SAFETY: the frame is current; its words below `sp` are valid.
    unsafe {
        match (*frame).kind.owner {
            FrameOwner::Generator => crate::generator::frame_ends(engine, frame, sp),
            _ => {
                let caller = (*frame).previous;
                if (*frame).kind.has_object {
                    (*frame).sp = sp;
                    detach_frame_object(frame);
                }
                // Releasing can run code: the frame stays linked as the one that runs, its memory reserved.
                clear_frame(frame, sp);
                engine.current = caller;
                thread::leave_frame();
                engine.give_back(frame);
            }
        }
    }
}

/// Ends the running frame with a result: the caller goes on with it, or the native loop is left.
pub fn return_from_frame(c: &mut Cursor, result: Value) -> Step {
    let frame = c.frame;
    // SAFETY: the frame is current; the engine outlives the loop.
    unsafe {
        let engine = &mut *c.engine;
        let kind = (*frame).kind;
        leave_frame(engine, frame, c.sp);
        if kind.is_entry {
            engine.result = Some(result);
            engine.finished = kind.owner == FrameOwner::Generator;
            c.leave();
            return Ok(());
        }
        resume_caller(c);
        if kind.owner == FrameOwner::Initializer {
            return check_init_answer(&result);
        }
        c.push(result);
    }
    Ok(())
}

/// What an `__init__` returned has to be None.
pub(crate) fn check_init_answer(answer: &Value) -> PyResult<()> {
    if answer.is_none() {
        return Ok(());
    }
    bail!(
        TypeError,
        "__init__() should return None, not '{}'",
        answer.class().name()
    )
}

/// Sets the registers to the current frame, behind the instruction that called.
pub fn resume_caller(c: &mut Cursor) {
    // SAFETY: the caller is live and suspended at a call.
    unsafe {
        let caller = (*c.engine).current;
        c.frame = caller;
        c.sp = (*caller).sp;
        c.ip = (*caller).ip.add((*caller).return_offset as usize);
    }
}

/// Does what is due: signals, hand-over of the lock, collection, calls for the main thread.
#[cold]
#[inline(never)]
fn do_due_work() -> PyResult<()> {
    let due = EVAL_BREAKER.load(Ordering::Relaxed);
    if due & breaker::SIGNALS != 0 {
        runtime::check_signals()?;
    }
    if due & breaker::COLLECT != 0 {
        taipan_objects::gc::poll();
    }
    if due & breaker::COLD_TRACES != 0 {
        runtime::acknowledge(breaker::COLD_TRACES);
        crate::traces::registry::invalidate_cold();
    }
    if due & breaker::HAND_OVER != 0 {
        runtime::hand_over();
    }
    if due & breaker::ASYNC_EXCEPTION != 0
        && let Some(exception) = thread::current().pending_exception.take()
    {
        runtime::acknowledge(breaker::ASYNC_EXCEPTION);
        return Err(taipan_objects::exceptions::raise(
            taipan_objects::exceptions::make(&exception, None)?,
        ));
    }
    Ok(())
}

/// A safe point in an op: does what is due; the registers are saved for whoever looks at the frame.
pub fn safe_point(c: &mut Cursor) -> Step {
    // SAFETY: the frame is live.
    unsafe { (*c.frame).sp = c.sp };
    do_due_work()
}

/// As [`safe_point`], if anything is due.
#[inline(always)]
pub fn safe_point_if_needed(c: &mut Cursor) -> Step {
    if EVAL_BREAKER.load(Ordering::Relaxed) != 0 {
        safe_point(c)
    } else {
        Ok(())
    }
}

/// Whether Python code runs on this thread.
pub fn is_running() -> bool {
    thread::is_attached() && !ptr::eq(crate::frames::engine().current, ptr::null_mut())
}
