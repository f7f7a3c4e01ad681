//! Running a generator's frame: linked on top of its caller to go on, unlinked where it yields or ends.
//!
//! Invariant: a generator is `Running` exactly while its frame is linked, or while it waits for another that is resumed in
//! its place.

use std::ptr;

use taipan_compiler::flags;
use taipan_objects::class::Sent;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exceptions, thread};

use super::{BLOCK_HEAD, Core, State, blocks, core_of};
use crate::bodies::{Ending, hand_over, own_quick, release_frame};
use crate::code::Code;
use crate::cursor::{Cursor, Next};
use crate::dispatch::{leaving_instruction, run_loop};
use crate::eval;
use crate::frame_object::detach_frame_object;
use crate::frame_stack::{EngineState, Frame, StackRef, clear_frame, frame_words};
use crate::monitoring::{self, Event};

/// Links a suspended generator on top of the running frame, with `value` as what its `yield` answers.
fn link(engine: &mut EngineState, core: &Core, value: Option<Value>) -> PyResult<*mut Frame> {
    let frame = core
        .frame
        .get()
        .expect("a generator that is not finished has a frame");
    eval::push_frame(engine, frame)?;
    core.start_running(engine.thread);
    // SAFETY: the frame's stack has room for the value: the yielded one was taken from there.
    unsafe {
        if let Some(value) = value {
            *(*frame).sp = StackRef::from_value(value);
            (*frame).sp = (*frame).sp.add(1);
        }
    }
    Ok(frame)
}

/// Unlinks the running generator frame, which stopped or ended; its caller becomes current.
fn unlink(engine: &mut EngineState, frame: *mut Frame, core: &Core, state: State) {
    core.stop_running(engine.thread, state);
    // SAFETY: the frame is current.
    engine.current = unsafe { std::mem::replace(&mut (*frame).previous, ptr::null_mut()) };
    thread::leave_frame();
}

/// Resumes a suspended generator in the running native loop. Answers false if it cannot be resumed this way.
pub fn resume_inline(
    c: &mut Cursor,
    core: &Core,
    value: Value,
    return_units: u16,
) -> PyResult<bool> {
    if !matches!(core.state.get(), State::Created | State::Suspended) {
        return Ok(false);
    }
    // SAFETY: the caller's frame is live; the generator's frame is suspended.
    unsafe {
        (*c.frame).sp = c.sp;
        (*c.frame).return_offset = return_units;
        let frame = link(&mut *c.engine, core, Some(value))?;
        (*frame).kind.is_entry = false;
        c.frame = frame;
        c.sp = (*frame).sp;
        // Saved too: the RESUME there need not save it, and lines are told by what ran last.
        (*frame).ip = (*frame).ip.add(1);
        c.ip = (*frame).ip;
    }
    Ok(true)
}

/// YIELD_VALUE: suspends the running generator with `value` for its caller.
pub fn yield_value(c: &mut Cursor, value: Value) {
    let frame = c.frame;
    // SAFETY: the running frame is a generator's; the engine outlives the loop.
    unsafe {
        let core = &*core_of(frame);
        (*frame).sp = c.sp;
        let engine = &mut *c.engine;
        unlink(engine, frame, core, State::Suspended);
        if (*frame).kind.is_entry {
            engine.result = Some(value);
            engine.finished = false;
            c.leave();
            return;
        }
        // SEND and FOR_ITER, the two that resume inline, both have one cache unit.
        let caller = engine.current;
        c.frame = caller;
        c.sp = (*caller).sp;
        c.ip = (*caller).ip.add(2);
        c.push(value);
    }
}

/// The running generator frame ends, by return or by exception.
pub(crate) fn frame_ends(engine: &mut EngineState, frame: *mut Frame, sp: *mut StackRef) {
    // SAFETY: the frame is current and a generator's.
    unsafe {
        let core = &*core_of(frame);
        // A generator that ended has no frame, whoever looks at it from now on.
        core.state.set(State::Finished);
        core.frame.set(ptr::null_mut());
        Core::needs_no_finalizer(frame);
        if (*frame).kind.has_object {
            (*frame).sp = sp;
            detach_frame_object(frame);
        }
        let words = BLOCK_HEAD + frame_words((*frame).code());
        let handled = core.handled.value.take();
        unlink(engine, frame, core, State::Finished);
        drop(handled);
        clear_frame(frame, sp);
        blocks::free(frame.cast::<u64>().sub(BLOCK_HEAD), words);
    }
}

/// As [`yield_value`] with the word on top, without a call. Answers false, changing nothing, if that cannot be.
#[inline(always)]
pub(crate) fn yield_quick(c: &mut Cursor) -> bool {
    let frame = c.frame;
    // SAFETY: the running frame is a generator's; the engine outlives the loop.
    unsafe {
        let leaving = if (*frame).kind.is_entry {
            match leaving_instruction() {
                Some(instruction) => instruction,
                None => return false,
            }
        } else {
            ptr::null()
        };
        let value = c.word(0);
        let value = own_quick(value);
        let engine = &mut *c.engine;
        let thread = engine.thread;
        (*core_of(frame)).stop_running(thread, State::Suspended);
        (*frame).sp = c.sp.sub(1);
        // YIELD_VALUE itself, one unit back.
        (*frame).ip = c.ip.sub(1);
        let caller = std::mem::replace(&mut (*frame).previous, ptr::null_mut());
        engine.current = caller;
        thread.depth.set(thread.depth.get() - 1);
        if !leaving.is_null() {
            // Whoever ran the loop took the result of the one before: nothing is dropped here.
            (&raw mut engine.result).write(Some(Value::from_bits(value.0)));
            engine.finished = false;
            c.ip = leaving;
            return true;
        }
        c.frame = caller;
        c.sp = (*caller).sp;
        // SEND and FOR_ITER, the two that resume inline, both have one cache unit.
        c.ip = (*caller).ip.add(2);
        c.push_word(value);
    }
    true
}

/// The running generator frame returns the word on top, without a call.
///
/// # Safety
/// The running frame is a generator's, has neither namespace nor frame object, and was resumed from outside of the loop if
/// `ENTRY`.
#[inline(always)]
pub(crate) unsafe fn return_quick<const ENTRY: bool>(c: &mut Cursor) -> Ending {
    let frame = c.frame;
    // SAFETY: the frame is live until its words are released.
    unsafe {
        let core = &*core_of(frame);
        let words = BLOCK_HEAD + frame_words((*frame).code());
        if !core.handles_nothing()
            || !blocks::is_kept(words)
            || (ENTRY && leaving_instruction().is_none())
        {
            return Ending::Refused;
        }
        let result = match release_frame(c) {
            Ok(result) => result,
            Err(ending) => return ending,
        };
        let caller = (*frame).previous;
        core.frame.set(ptr::null_mut());
        Core::needs_no_finalizer(frame);
        core.stop_running((*c.engine).thread, State::Finished);
        blocks::free_quick(frame.cast::<u64>().sub(BLOCK_HEAD), words);
        hand_over::<ENTRY>(c, caller, result, true);
    }
    Ending::Done
}

/// What is put into a generator.
pub enum Input {
    /// The value of its `yield`.
    Value(Value),
    /// An exception raised at its `yield`.
    Exception(Raised),
}

/// What messages call a generator with this code.
pub(super) fn kind_of(code: &Code) -> &'static str {
    if code.has_flag(flags::ASYNC_GENERATOR) {
        "async generator"
    } else if code.has_flag(flags::COROUTINE) {
        "coroutine"
    } else {
        "generator"
    }
}

/// Resumes a generator from native code with a value, until it yields, returns or raises.
#[inline]
pub fn resume_with(core: &Core, owner: &Value, value: Value) -> PyResult<Sent> {
    let is_ready = match core.state.get() {
        State::Suspended => true,
        State::Created => value.is_none(),
        State::Running | State::Finished => false,
    };
    let Some(frame) = core.frame.get().filter(|_| is_ready) else {
        return resume(core, owner, Input::Value(value));
    };
    thread::check_stack("")?;
    thread::enter_frame()?;
    let _keep_alive = owner.clone();
    let engine = crate::frames::engine();
    // SAFETY: the frame is suspended one instruction before where it goes on; its stack has room for the value.
    let start = unsafe {
        (*frame).previous = engine.current;
        *(*frame).sp = StackRef::from_value(value);
        (*frame).sp = (*frame).sp.add(1);
        (*frame).ip = (*frame).ip.add(1);
        (*frame).kind.is_entry = true;
        Next {
            ip: (*frame).ip,
            sp: (*frame).sp,
        }
    };
    engine.current = frame;
    core.start_running(engine.thread);
    run_loop(engine, frame, start);
    if let Some(raised) = engine.raised.take() {
        return Err(raised);
    }
    let value = engine.result.take().unwrap_or(Value::NONE);
    Ok(if core.state.get() == State::Finished {
        Sent::Return(value)
    } else {
        Sent::Yield(value)
    })
}

/// Resumes a generator from native code until it yields, returns or raises.
pub fn resume(core: &Core, owner: &Value, input: Input) -> PyResult<Sent> {
    let keep_alive = owner.clone();
    let kind = kind_of(&core.code);
    match core.state.get() {
        State::Running => bail!(ValueError, "{kind} already executing"),
        State::Finished => {
            return match input {
                _ if kind == "coroutine" => {
                    bail!(RuntimeError, "cannot reuse already awaited coroutine")
                }
                Input::Exception(raised) => Err(raised),
                Input::Value(_) => Ok(Sent::Return(Value::NONE)),
            };
        }
        State::Created => {
            if let Input::Value(value) = &input
                && !value.is_none()
            {
                bail!(
                    TypeError,
                    "can't send non-None value to a just-started {kind}"
                );
            }
        }
        State::Suspended => {}
    }
    thread::check_stack("")?;
    let engine = crate::frames::engine();
    let outcome = match input {
        Input::Value(value) => {
            let frame = link(engine, core, Some(value))?;
            // SAFETY: the frame is linked and suspended one instruction before where it goes on.
            unsafe { (*frame).ip = (*frame).ip.add(1) };
            eval::run_linked_frame(engine, frame)
        }
        Input::Exception(raised) => {
            let frame = link(engine, core, None)?;
            // The context is what the generator handles itself, not what its caller handles.
            exceptions::link_context(
                raised.exception(),
                core.handled.value.get().map(Ref::into_value),
            );
            // No RESUME runs that would bring the code up to date.
            if monitoring::is_active() {
                monitoring::update(&core.code);
            }
            // SAFETY: the frame is live. It shows the YIELD_VALUE; the exception is thrown in at the RESUME behind it.
            let resume = unsafe { (*frame).instruction_index() } + 1;
            let raised =
                monitoring::exception_event(engine, Event::PyThrow, resume.max(0) as usize, raised);
            // SAFETY: the frame is current; its words below `sp` are valid.
            unsafe {
                (*frame).kind.is_entry = true;
                let next = crate::unwind::unwind(engine, (*frame).sp, raised);
                if next.ip.is_null() {
                    match engine.raised.take() {
                        Some(raised) => Err(raised),
                        None => Ok(engine.result.take().unwrap_or(Value::NONE)),
                    }
                } else {
                    eval::run_linked_frame_from(engine, frame, next)
                }
            }
        }
    };
    drop(keep_alive);
    let finished = core.state.get() == State::Finished;
    let value = outcome?;
    Ok(if finished {
        Sent::Return(value)
    } else {
        Sent::Yield(value)
    })
}

/// A result as `next` and `send` show it: the end is StopIteration.
pub fn sent_to_result(sent: Sent) -> PyResult<Value> {
    match sent {
        Sent::Yield(value) => Ok(value),
        Sent::Return(value) => Err(exceptions::stop_iteration(value)),
    }
}
