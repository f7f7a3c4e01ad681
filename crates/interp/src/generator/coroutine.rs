//! The class `coroutine`, the iterator that stands for one outside coroutines, and what is told of coroutines: where they
//! were made, and that nobody awaited them.
//!
//! Invariant: the block of the core's frame points back to this object (`anchor`).

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Sent};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int, protocol, runtime, thread, warnings};

use super::{
    Core, State, abandon, close, core, finalize, frame_of, resume_with, sent_to_result, show,
    throw, thrown_exception,
};
use crate::code::Code;
use crate::frame_stack::Frame;
use crate::frames::first_complete;

/// The payload of `coroutine`.
#[class(name = "coroutine", flags(WEAKREFABLE, NO_INSTANTIATION))]
pub struct Coroutine {
    pub(super) core: Core,
}

/// The iterator that `await` of a coroutine goes through outside coroutines.
#[class(name = "coroutine_wrapper", flags(NO_INSTANTIATION))]
pub struct CoroutineWrapper {
    coroutine: Ref<Coroutine>,
}

impl Coroutine {
    /// The shared part.
    pub fn core(&self) -> &Core {
        &self.core
    }
}

#[methods]
impl Coroutine {
    #[slot(finalize)]
    fn finalize_slot(this: &Ref<Coroutine>) {
        if this.core.state.get() == State::Created {
            abandon(this.as_value());
            return;
        }
        finalize(&this.core, this.as_value());
    }

    #[slot(repr)]
    fn repr(this: &Ref<Coroutine>) -> PyResult<Value> {
        Ok(show(&this.core, "coroutine", this.as_value()))
    }

    #[slot(await_)]
    fn await_slot(this: &Ref<Coroutine>) -> PyResult<Value> {
        Ok(heap::new_object(
            CoroutineWrapper::class(),
            CoroutineWrapper {
                coroutine: this.clone(),
            },
        )
        .into_value())
    }

    #[slot(send)]
    fn send_slot(this: &Value, value: &Value) -> PyResult<Sent> {
        let coroutine = this
            .downcast::<Coroutine>()
            .expect("the slot of coroutines");
        resume_with(&coroutine.core, this, value.clone())
    }

    /// send(arg) -> send 'arg' into coroutine,
    /// return next yielded value or raise StopIteration.
    #[method("($self, value, /)")]
    fn send(this: &Ref<Coroutine>, value: &Value) -> PyResult<Value> {
        sent_to_result(resume_with(&this.core, this.as_value(), value.clone())?)
    }

    /// throw(value)
    /// throw(type[,value[,traceback]])
    ///
    /// Raise exception in coroutine, return next yielded value or raise
    /// StopIteration.
    #[method]
    fn throw(this: &Ref<Coroutine>, args: Args<'_>) -> PyResult<Value> {
        let raised = thrown_exception(args.positional_between("throw", 1, 3)?)?;
        if this.core.state.get() == State::Finished {
            bail!(RuntimeError, "cannot reuse already awaited coroutine");
        }
        sent_to_result(throw(&this.core, this.as_value(), raised, true)?)
    }

    /// close() -> raise GeneratorExit inside coroutine.
    #[method("($self, /)")]
    fn close(this: &Ref<Coroutine>) -> PyResult<Value> {
        close(&this.core, this.as_value())
    }

    /// name of the coroutine
    #[getter(name = "__name__")]
    fn name(this: &Ref<Coroutine>) -> Ref<Str> {
        this.core.name()
    }

    #[setter(name = "__name__")]
    fn set_name(this: &Ref<Coroutine>, value: Option<&Value>) -> PyResult<()> {
        this.core.set_name(value)
    }

    /// qualified name of the coroutine
    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<Coroutine>) -> Ref<Str> {
        this.core.qualname()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(this: &Ref<Coroutine>, value: Option<&Value>) -> PyResult<()> {
        this.core.set_qualname(value)
    }

    #[getter]
    fn cr_frame(this: &Ref<Coroutine>) -> Option<Value> {
        frame_of(&this.core)
    }

    #[getter]
    fn cr_running(this: &Ref<Coroutine>) -> bool {
        this.core.state.get() == State::Running
    }

    #[getter]
    fn cr_suspended(this: &Ref<Coroutine>) -> bool {
        this.core.state.get() == State::Suspended
    }

    #[getter]
    fn cr_code(this: &Ref<Coroutine>) -> Ref<Code> {
        this.core.code.clone()
    }

    /// object being awaited on, or None
    #[getter]
    fn cr_await(this: &Ref<Coroutine>) -> Option<Value> {
        this.core.waiting_for()
    }

    #[getter]
    fn cr_origin(this: &Ref<Coroutine>) -> Option<Value> {
        this.core.origin.get()
    }

    #[classmethod("($cls, object, /)")]
    fn __class_getitem__(class: &Value, item: &Value) -> PyResult<Value> {
        taipan_objects::generic_alias::new(class, item)
    }
}

#[methods]
impl CoroutineWrapper {
    #[slot(iter)]
    fn iter(this: &Value) -> PyResult<Value> {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<CoroutineWrapper>) -> PyResult<Option<Value>> {
        match resume_with(&this.coroutine.core, this.coroutine.as_value(), Value::NONE)? {
            Sent::Yield(value) => Ok(Some(value)),
            Sent::Return(_) => Ok(None),
        }
    }

    #[slot(send)]
    fn send_slot(this: &Value, value: &Value) -> PyResult<Sent> {
        let wrapper = this
            .downcast::<CoroutineWrapper>()
            .expect("the slot of wrappers");
        resume_with(
            &wrapper.coroutine.core,
            wrapper.coroutine.as_value(),
            value.clone(),
        )
    }

    #[method("($self, value, /)")]
    fn send(this: &Ref<CoroutineWrapper>, value: &Value) -> PyResult<Value> {
        sent_to_result(resume_with(
            &this.coroutine.core,
            this.coroutine.as_value(),
            value.clone(),
        )?)
    }

    #[method]
    fn throw(this: &Ref<CoroutineWrapper>, args: Args<'_>) -> PyResult<Value> {
        let raised = thrown_exception(args.positional_between("throw", 1, 3)?)?;
        sent_to_result(throw(
            &this.coroutine.core,
            this.coroutine.as_value(),
            raised,
            true,
        )?)
    }

    #[method("($self, /)")]
    fn close(this: &Ref<CoroutineWrapper>) -> PyResult<Value> {
        close(&this.coroutine.core, this.coroutine.as_value())
    }
}

/// Warns of a coroutine that dies without having run.
pub(super) fn warn_never_awaited(coroutine: &Value) {
    let refused = |raised| {
        runtime::unraisable(
            raised,
            Some("Exception ignored while finalizing coroutine"),
            Some(coroutine),
        )
    };
    if let Ok(warn) = runtime::import_attribute("warnings", "_warn_unawaited_coroutine") {
        match protocol::call1(&warn, coroutine) {
            Ok(_) => return,
            Err(raised) => {
                let warned = raised.is(ExceptionKind::RuntimeWarning);
                refused(raised);
                if warned {
                    return;
                }
            }
        }
    }
    let name = core(coroutine).map(Core::qualname);
    let name = name.map_or_else(String::new, |name| name.to_display().into_owned());
    if let Err(raised) = warnings::warn(
        ExceptionKind::RuntimeWarning,
        &format!("coroutine '{name}' was never awaited"),
    ) {
        refused(raised);
    }
}

/// `cr_origin`: where a coroutine is being created, as far up as `sys.set_coroutine_origin_tracking_depth` asks.
pub(super) fn coroutine_origin(caller: *mut Frame) -> Option<Value> {
    let depth = thread::current().origin_depth.get();
    if depth == 0 {
        return None;
    }
    let mut places = Vec::new();
    // SAFETY: the chain of callers is made of live frames.
    unsafe {
        let mut frame = first_complete(caller);
        while !frame.is_null() && places.len() < depth as usize {
            let code = (*frame).code().clone();
            let line = (*frame).line().map_or(-1, i64::from);
            let place = vec![
                code.filename().to_value(),
                int::new(line),
                code.name.to_value(),
            ];
            places.push(Tuple::new(place).into_value());
            frame = first_complete((*frame).previous);
        }
    }
    Some(Tuple::new(places).into_value())
}
