//! The class `generator`.
//!
//! Invariant: the block of the core's frame points back to this object (`anchor`).

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::Sent;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use super::{
    Core, State, close, finalize, frame_of, resume_with, sent_to_result, show, throw,
    thrown_exception,
};
use crate::code::Code;

/// The payload of `generator`.
#[class(name = "generator", flags(WEAKREFABLE, NO_INSTANTIATION))]
pub struct Generator {
    pub(super) core: Core,
}

impl Generator {
    /// The shared part.
    pub fn core(&self) -> &Core {
        &self.core
    }
}

#[methods]
impl Generator {
    #[slot(finalize)]
    fn finalize_slot(this: &Ref<Generator>) {
        finalize(&this.core, this.as_value());
    }

    #[slot(repr)]
    fn repr(this: &Ref<Generator>) -> PyResult<Value> {
        Ok(show(&this.core, "generator", this.as_value()))
    }

    #[slot(iter)]
    fn iter(this: &Value) -> PyResult<Value> {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<Generator>) -> PyResult<Option<Value>> {
        match resume_with(&this.core, this.as_value(), Value::NONE)? {
            Sent::Yield(value) => Ok(Some(value)),
            Sent::Return(_) => Ok(None),
        }
    }

    #[slot(send)]
    fn send_slot(this: &Value, value: &Value) -> PyResult<Sent> {
        let generator = this
            .downcast::<Generator>()
            .expect("the slot of generators");
        resume_with(&generator.core, this, value.clone())
    }

    /// send(value) -> send 'value' into generator,
    /// return next yielded value or raise StopIteration.
    #[method("($self, value, /)")]
    fn send(this: &Ref<Generator>, value: &Value) -> PyResult<Value> {
        sent_to_result(resume_with(&this.core, this.as_value(), value.clone())?)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in generator, return next yielded value or raise
    /// StopIteration.
    #[method]
    fn throw(this: &Ref<Generator>, args: Args<'_>) -> PyResult<Value> {
        let raised = thrown_exception(args.positional_between("throw", 1, 3)?)?;
        sent_to_result(throw(&this.core, this.as_value(), raised, true)?)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method("($self, /)")]
    fn close(this: &Ref<Generator>) -> PyResult<Value> {
        close(&this.core, this.as_value())
    }

    /// name of the generator
    #[getter(name = "__name__")]
    fn name(this: &Ref<Generator>) -> Ref<Str> {
        this.core.name()
    }

    #[setter(name = "__name__")]
    fn set_name(this: &Ref<Generator>, value: Option<&Value>) -> PyResult<()> {
        this.core.set_name(value)
    }

    /// qualified name of the generator
    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<Generator>) -> Ref<Str> {
        this.core.qualname()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(this: &Ref<Generator>, value: Option<&Value>) -> PyResult<()> {
        this.core.set_qualname(value)
    }

    #[getter]
    fn gi_frame(this: &Ref<Generator>) -> Option<Value> {
        frame_of(&this.core)
    }

    #[getter]
    fn gi_running(this: &Ref<Generator>) -> bool {
        this.core.state.get() == State::Running
    }

    #[getter]
    fn gi_suspended(this: &Ref<Generator>) -> bool {
        this.core.state.get() == State::Suspended
    }

    #[getter]
    fn gi_code(this: &Ref<Generator>) -> Ref<Code> {
        this.core.code.clone()
    }

    /// object being iterated by yield from, or None
    #[getter]
    fn gi_yieldfrom(this: &Ref<Generator>) -> Option<Value> {
        this.core.waiting_for()
    }

    #[classmethod("($cls, object, /)")]
    fn __class_getitem__(class: &Value, item: &Value) -> PyResult<Value> {
        taipan_objects::generic_alias::new(class, item)
    }
}
