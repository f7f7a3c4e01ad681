//! `async_generator` (being written).

use taipan_macros::{class, methods};
use taipan_objects::class::Payload;
use taipan_objects::heap;
use taipan_objects::value::{Ref, Value};

use crate::generator::{Core, anchor};

/// The payload of `async_generator`.
#[class(name = "async_generator", flags(WEAKREFABLE))]
pub struct AsyncGenerator {
    core: Core,
}

impl AsyncGenerator {
    /// Makes the object around a frame.
    pub fn from_core(core: Core) -> Ref<AsyncGenerator> {
        let generator = heap::new_object(AsyncGenerator::class(), AsyncGenerator { core });
        anchor(&generator.core, generator.as_value());
        generator
    }

    /// The shared part.
    pub fn core(&self) -> &Core {
        &self.core
    }
}

#[methods]
impl AsyncGenerator {}

/// Marks a value as yielded by an asynchronous generator.
pub fn wrap(value: Value) -> Value {
    value
}

/// Warns of a coroutine that dies without having run.
pub fn warn_never_awaited(_coroutine: &Value) {}
