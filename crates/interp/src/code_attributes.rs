//! What Python sees of code objects (being written).
use taipan_macros::methods;
use crate::code::Code;
#[methods]
impl Code {}
#[methods(part = attributes)]
impl Code {}
