//! From a raised exception to its handler.
//!
//! Each frame that the exception passes adds a traceback entry. The exception table of the frame's code names the handler;
//! without one the frame goes, and the search goes on in its caller, until an entry frame gives the exception to native code.

use std::ptr;

use taipan_bytecode::{Opcode, exception_table};
use taipan_objects::exceptions::BaseException;
use taipan_objects::int;
use taipan_objects::raised::Raised;
use taipan_objects::thread;
use taipan_objects::traceback::Traceback;
use taipan_objects::value::Ref;

use crate::cursor::Next;
use crate::frame_object::frame_object;
use crate::frame_stack::{EngineState, Frame, StackRef};
use crate::monitoring::{self, Event};

/// Adds the running frame to the exception's traceback.
pub(crate) fn add_traceback(frame: *mut Frame, exception: &Ref<BaseException>) {
    let next = exception
        .traceback()
        .and_then(|traceback| traceback.into_ref::<Traceback>().ok());
    exception.set_traceback(Some(traceback_entry(frame, next).into_value()));
}

/// A traceback entry for a running frame in front of `next`.
pub(crate) fn traceback_entry(frame: *mut Frame, next: Option<Ref<Traceback>>) -> Ref<Traceback> {
    let object = frame_object(frame);
    // SAFETY: the frame is live.
    let lasti = unsafe { (*frame).instruction_index() } * 2;
    Traceback::new(next, object.into_value(), lasti)
}

/// Finds the handler of an exception raised in the current frame and the registers to go on with.
#[cold]
#[inline(never)]
pub(crate) fn unwind(engine: *mut EngineState, sp: *mut StackRef, raised: Raised) -> Next {
    // SAFETY: the engine outlives the loop; `current` is the raising frame, its words below `sp` are valid.
    unsafe {
        let frame = (*engine).current;
        (*frame).sp = sp;
        let reraise_at = std::mem::replace(&mut (*engine).reraise_at, ptr::null());
        let is_reraise = !reraise_at.is_null() || is_reraise(frame, &raised);
        if (*frame).is_complete() && !is_reraise {
            add_traceback(frame, raised.exception());
        }
        let event = if is_reraise {
            Event::Reraise
        } else {
            Event::Raise
        };
        let told_at = last_unit(frame, reraise_at);
        let raised = monitoring::exception_event(engine, event, told_at, raised);
        handle(engine, sp, raised, reraise_at, told_at)
    }
}

/// The last unit of the instruction that raises, inline cache included: where events of exceptions are told to be.
///
/// # Safety
/// `frame` is live; `reraise_at` is null or points into its code.
unsafe fn last_unit(frame: *mut Frame, reraise_at: *const u16) -> usize {
    // SAFETY: by contract.
    unsafe {
        let code = (*frame).code();
        if !reraise_at.is_null() {
            return reraise_at.offset_from(code.units_ptr()) as usize;
        }
        let index = (*frame).instruction_index().max(0) as usize;
        index
            + code
                .base_unit(index)
                .opcode()
                .map_or(0, Opcode::cache_units)
    }
}

/// Whether the running instruction passes an exception on, whose traceback has this frame already.
///
/// # Safety
/// `frame` is live.
unsafe fn is_reraise(frame: *mut Frame, raised: &Raised) -> bool {
    // SAFETY: by contract.
    let (code, index) = unsafe { ((*frame).code(), (*frame).instruction_index()) };
    let Ok(index) = usize::try_from(index) else {
        return false;
    };
    let unit = code.base_unit(index);
    match unit.opcode() {
        Some(Opcode::Reraise | Opcode::EndAsyncFor | Opcode::CleanupThrow) => true,
        // `raise` alone; without an exception being handled it raises one of its own.
        Some(Opcode::RaiseVarargs) => {
            unit.oparg() == 0
                && thread::handled_exception().is_some_and(|handled| handled.is(raised.exception()))
        }
        _ => false,
    }
}

/// # Safety
/// As [`unwind`].
unsafe fn handle(
    engine: *mut EngineState,
    mut sp: *mut StackRef,
    raised: Raised,
    reraise_at: *const u16,
    mut told_at: usize,
) -> Next {
    // SAFETY: by contract.
    unsafe {
        let mut raised = raised;
        let mut reraise_at = reraise_at;
        loop {
            let frame = (*engine).current;
            let code = (*frame).code().clone();
            let at = std::mem::replace(&mut reraise_at, ptr::null());
            let index = if at.is_null() {
                (*frame).instruction_index()
            } else {
                at.offset_from(code.units_ptr()) as i32
            };
            if index >= 0
                && let Some(handler) = exception_table::lookup(&code.exceptiontable.0, index as u32)
            {
                let base =
                    Frame::locals(frame).add(code.localsplus_count() + handler.depth as usize);
                while sp > base {
                    sp = sp.sub(1);
                    let word = sp.replace(StackRef::NULL);
                    word.close();
                }
                if handler.lasti {
                    // Of a re-raise, the instruction that raised first.
                    *sp = StackRef::from_value(int::new(i64::from((*frame).instruction_index())));
                    sp = sp.add(1);
                }
                let ip = code.units_ptr().add(handler.target as usize);
                if !monitoring::listens(Event::ExceptionHandled) {
                    *sp = StackRef::from_value(raised.into_exception().into_value());
                    return Next { ip, sp: sp.add(1) };
                }
                let exception = raised.exception().clone();
                let raiser = (*frame).ip;
                (*frame).ip = ip;
                (*frame).sp = sp;
                let target = handler.target as usize;
                raised =
                    monitoring::exception_event(engine, Event::ExceptionHandled, target, raised);
                if raised.exception().is(&exception) {
                    (*frame).ip = raiser;
                    *sp = StackRef::from_value(raised.into_exception().into_value());
                    return Next { ip, sp: sp.add(1) };
                }
                // The callback raised: the search goes on at the handler.
                told_at = target;
                continue;
            }
            (*frame).sp = sp;
            raised = monitoring::exception_event(engine, Event::PyUnwind, told_at, raised);
            drop(code);
            let is_entry = (*frame).kind.is_entry;
            crate::eval::leave_frame(&mut *engine, frame, sp);
            if is_entry {
                (*engine).raised = Some(raised);
                return Next {
                    ip: ptr::null(),
                    sp: ptr::null_mut(),
                };
            }
            let caller = (*engine).current;
            sp = (*caller).sp;
            add_traceback(caller, raised.exception());
            // As CPython has it: in callers the unit in front of the call.
            told_at = ((*caller).instruction_index().max(1) - 1) as usize;
            raised = monitoring::exception_event(engine, Event::Raise, told_at, raised);
        }
    }
}
