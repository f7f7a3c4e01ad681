//! From a raised exception to its handler.
//!
//! Each frame that the exception passes adds a traceback entry. The exception table of the frame's code names the handler;
//! without one the frame goes, and the search goes on in its caller, until an entry frame gives the exception to native code.

use taipan_bytecode::exception_table;
use taipan_objects::exceptions::BaseException;
use taipan_objects::int;
use taipan_objects::raised::Raised;
use taipan_objects::traceback::Traceback;
use taipan_objects::value::Ref;

use crate::cursor::Next;
use crate::frame_object::frame_object;
use crate::frame_stack::{EngineState, Frame, StackRef};

/// Adds the running frame to the exception's traceback.
pub fn add_traceback(frame: *mut Frame, exception: &Ref<BaseException>) {
    let next = exception.traceback().and_then(|traceback| traceback.into_ref::<Traceback>().ok());
    exception.set_traceback(Some(traceback_entry(frame, next).into_value()));
}

/// A traceback entry for a running frame in front of `next`.
pub fn traceback_entry(frame: *mut Frame, next: Option<Ref<Traceback>>) -> Ref<Traceback> {
    let object = frame_object(frame);
    // SAFETY: the frame is live.
    let lasti = unsafe { (*frame).instruction_index() } * 2;
    Traceback::new(next, object.into_value(), lasti)
}

/// Finds the handler of an exception raised in the current frame and the registers to go on with.
#[cold]
#[inline(never)]
pub fn unwind(engine: *mut EngineState, sp: *mut StackRef, raised: Raised) -> Next {
    // SAFETY: the engine outlives the loop; `current` is the raising frame, its words below `sp` are valid.
    unsafe {
        let frame = (*engine).current;
        let reraise_at = std::mem::replace(&mut (*engine).reraise_at, std::ptr::null());
        if (*frame).is_complete() && reraise_at.is_null() && !is_reraise(frame) {
            add_traceback(frame, raised.exception());
        }
        crate::tracing::exception_raised(&mut *engine, &raised);
        handle(engine, sp, raised, reraise_at)
    }
}

/// Whether the running instruction passes an exception on, whose traceback has this frame already.
///
/// # Safety
/// `frame` is live.
unsafe fn is_reraise(frame: *mut Frame) -> bool {
    use taipan_bytecode::Opcode;
    // SAFETY: by contract; `ip` points at the running instruction.
    let byte = unsafe { *(*frame).ip } as u8;
    byte == Opcode::Reraise as u8
}

/// # Safety
/// As [`unwind`].
unsafe fn handle(engine: *mut EngineState, mut sp: *mut StackRef, raised: Raised, reraise_at: *const u16) -> Next {
    // SAFETY: by contract.
    unsafe {
        let mut raised = raised;
        let mut reraise_at = reraise_at;
        loop {
            let frame = (*engine).current;
            let code = (*frame).code().clone();
            let at = std::mem::replace(&mut reraise_at, std::ptr::null());
            let index = if at.is_null() { (*frame).instruction_index() } else { at.offset_from(code.units_ptr()) as i32 };
            if index >= 0
                && let Some(handler) = exception_table::lookup(&code.exceptiontable.0, index as u32)
            {
                let base = Frame::locals(frame).add(code.localsplus_count() + handler.depth as usize);
                while sp > base {
                    sp = sp.sub(1);
                    let word = sp.replace(StackRef::NULL);
                    word.close();
                }
                if handler.lasti {
                    *sp = StackRef::from_value(int::new(i64::from(index)));
                    sp = sp.add(1);
                }
                *sp = StackRef::from_value(raised.into_exception().into_value());
                return Next { ip: code.units_ptr().add(handler.target as usize), sp: sp.add(1) };
            }
            drop(code);
            crate::tracing::frame_unwinds(&mut *engine, &raised);
            let is_entry = (*frame).is_entry;
            crate::eval::leave_frame(&mut *engine, frame, sp);
            if is_entry {
                (*engine).raised = Some(raised);
                return Next { ip: std::ptr::null(), sp: std::ptr::null_mut() };
            }
            let caller = (*engine).current;
            sp = (*caller).sp;
            add_traceback(caller, raised.exception());
            raised = Raised::from_exception(raised.into_exception());
        }
    }
}
