//! `sys.settrace` and `sys.setprofile`: what the loop tells them.

use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::{Ref, Value};

use crate::cursor::Cursor;
use crate::frame_object::FrameObject;
use crate::frame_stack::EngineState;

/// Events before each instruction of a frame that is traced, or no more.
pub fn trace_opcodes(_frame: &Ref<FrameObject>, _wanted: bool) {}

/// An exception was raised in, or came to, the running frame.
pub fn exception_raised(_engine: &mut EngineState, _raised: &Raised) {}

/// The running frame ends by an exception.
pub fn frame_unwinds(_engine: &mut EngineState, _raised: &Raised) {}

/// The running frame is about to return.
pub fn frame_returns(_c: &mut Cursor, _result: &Value) -> PyResult<()> {
    Ok(())
}

/// The running generator is about to yield.
pub fn frame_yields(_c: &mut Cursor, _value: &Value) -> PyResult<()> {
    Ok(())
}
