//! Which frames run: what `sys._getframe`, `globals()` and `super()` ask.

use taipan_objects::bail;
use taipan_objects::cell_object::CellObject;
use taipan_objects::class::Type;
use taipan_objects::dict::Dict;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::thread::{self, ThreadState};
use taipan_objects::value::{Ref, Value};

use crate::code::Code;
use crate::frame_object::frame_object;
use crate::frame_stack::{EngineState, Frame};
use crate::function::Function;

/// The interpreter's state of the current thread, made on first use.
pub fn engine() -> &'static mut EngineState {
    let state = thread::current();
    if state.engine.get().is_null() {
        let engine = Box::into_raw(EngineState::new(state));
        state.engine.set(engine.cast());
    }
    // SAFETY: set above or earlier; the state is used by its own thread only, under the interpreter lock.
    unsafe { &mut *state.engine.get().cast::<EngineState>() }
}

/// Gives a thread's interpreter state back when it ends.
pub fn release_engine() {
    crate::tracing::thread_ends();
    let state = thread::current();
    let engine = state
        .engine
        .replace(std::ptr::null_mut())
        .cast::<EngineState>();
    if !engine.is_null() {
        // SAFETY: `engine` made the box; no frame runs any more.
        drop(unsafe { Box::from_raw(engine) });
    }
}

/// The innermost frame that has started, from `frame` outwards.
///
/// # Safety
/// `frame` is null or on the chain of running frames.
pub unsafe fn first_complete(mut frame: *mut Frame) -> *mut Frame {
    // SAFETY: the chain is made of live frames.
    unsafe {
        while !frame.is_null() && !(*frame).is_complete() {
            frame = (*frame).previous;
        }
    }
    frame
}

/// The running Python frame, if any.
pub fn current_frame() -> Option<&'static Frame> {
    if !thread::is_attached() {
        return None;
    }
    // SAFETY: the chain is made of live frames; the reference is used before the frame can end.
    unsafe { first_complete(engine().current).as_ref() }
}

/// The frame `depth` calls up.
pub fn frame_at(depth: usize) -> Option<*mut Frame> {
    // SAFETY: the chain is made of live frames.
    unsafe {
        let mut frame = first_complete(engine().current);
        for _ in 0..depth {
            if frame.is_null() {
                return None;
            }
            frame = first_complete((*frame).previous);
        }
        (!frame.is_null()).then_some(frame)
    }
}

/// The frame object `depth` calls up.
pub fn frame_object_at(depth: usize) -> Option<Value> {
    frame_at(depth).map(|frame| frame_object(frame).into_value())
}

/// What is known of a running frame without making a frame object.
pub struct Caller {
    /// The code.
    pub code: Ref<Code>,
    /// Its global namespace.
    pub globals: Ref<Dict>,
    /// The line that runs.
    pub line: Option<u32>,
}

/// The frame `depth` calls up.
pub fn caller(depth: usize) -> Option<Caller> {
    let frame = frame_at(depth)?;
    // SAFETY: the frame is live, and its code and globals are taken as references of their own.
    unsafe {
        Some(Caller {
            code: (*frame).code().clone(),
            globals: (*frame).globals().clone(),
            line: (*frame).line(),
        })
    }
}

/// The function whose call is `depth` calls up.
pub fn function_at(depth: usize) -> Option<Ref<Function>> {
    // SAFETY: the frame is on the chain of running frames.
    frame_at(depth).map(|frame| unsafe { (*frame).function() })
}

/// The innermost frame object of a thread, which may be another one than this.
pub fn frame_object_of_thread(state: &ThreadState) -> Option<Value> {
    let engine = state.engine.get().cast::<EngineState>();
    if engine.is_null() {
        return None;
    }
    // SAFETY: the lock is held, so the thread is here or waits at a safe point, with its frames saved.
    let frame = unsafe { first_complete((*engine).current) };
    (!frame.is_null()).then(|| frame_object(frame).into_value())
}

/// The globals of the running code.
pub fn current_globals() -> Option<Ref<Dict>> {
    current_frame().map(|frame| frame.globals().clone())
}

/// The builtins of the running code.
pub fn current_builtins() -> Option<Value> {
    current_frame().map(|frame| frame.builtins().clone())
}

/// The running code object.
pub fn current_code() -> Option<Ref<Code>> {
    current_frame().map(|frame| frame.code().clone())
}

/// `locals()` of the running code: the namespace itself, or for functions a fresh dict (PEP 667).
pub fn current_locals() -> PyResult<Value> {
    let Some(frame) = frame_at(0) else {
        bail!(SystemError, "frame does not exist")
    };
    crate::frame_object::locals_snapshot(frame)
}

/// `__name__` of the running module.
pub fn current_module_name() -> Option<Value> {
    current_globals()?.get_str(taipan_objects::id!("__name__"))
}

/// What `super()` without arguments means in the running method: `__class__` and the first argument.
pub fn super_arguments() -> PyResult<(Ref<Type>, Value)> {
    let Some(frame) = frame_at(0) else {
        bail!(RuntimeError, "super(): no current frame")
    };
    // SAFETY: the frame runs; locals are valid words.
    unsafe {
        let code = (*frame).code().clone();
        if code.arg_count == 0 {
            bail!(RuntimeError, "super(): no arguments");
        }
        let first = *Frame::locals(frame);
        let mut receiver = if first.is_null() {
            None
        } else {
            Some((*first.view()).clone())
        };
        if code.localsplus_kinds.0[0] & taipan_compiler::kinds::CELL != 0
            && let Some(cell) = receiver
                .as_ref()
                .and_then(|value| value.downcast::<CellObject>())
        {
            receiver = cell.contents.get();
        }
        let Some(receiver) = receiver else {
            bail!(RuntimeError, "super(): arg[0] deleted")
        };
        let first_free = code.localsplus_count() - code.free_count as usize;
        for index in first_free..code.localsplus_count() {
            if !code.localsplus_names[index].eq_str("__class__") {
                continue;
            }
            let word = *Frame::locals(frame).add(index);
            let cell = if word.is_null() {
                None
            } else {
                word.view().downcast::<CellObject>().cloned()
            };
            let Some(cell) = cell else {
                bail!(RuntimeError, "super(): bad __class__ cell")
            };
            let Some(class) = cell.contents.get() else {
                bail!(RuntimeError, "super(): empty __class__ cell")
            };
            match class.into_ref::<Type>() {
                Ok(class) => return Ok((class, receiver)),
                Err(other) => bail!(
                    RuntimeError,
                    "super(): __class__ is not a type ({})",
                    other.class().name()
                ),
            }
        }
    }
    bail!(RuntimeError, "super(): __class__ cell not found")
}

/// Visits the frames of a thread, innermost first, with file, name and line, until `visit` answers false. Nothing is
/// allocated or counted, so that a signal handler on the same thread can look.
pub fn for_each_frame_of(
    state: &ThreadState,
    visit: &mut dyn FnMut(&Str, &Str, Option<u32>) -> bool,
) {
    let engine = state.engine.get().cast::<EngineState>();
    if engine.is_null() {
        return;
    }
    // SAFETY: the chain is made of live frames: the thread is this one, or waits at a safe point while the lock is held.
    // The file's name is used before anything can replace it.
    unsafe {
        let mut frame = first_complete((*engine).current);
        while !frame.is_null() {
            let code = (*frame).code();
            let goes_on =
                code.with_filename(|filename| visit(filename, &code.name, (*frame).line()));
            if !goes_on {
                return;
            }
            frame = first_complete((*frame).previous);
        }
    }
}
