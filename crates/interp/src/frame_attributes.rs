//! What Python sees of frames (being written).
use taipan_macros::methods;
use crate::frame_object::FrameObject;
#[methods]
impl FrameObject {}
#[methods(part = attributes)]
impl FrameObject {}
