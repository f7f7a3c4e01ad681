//! Asynchronous generators, and what their methods answer to be awaited.
//!
//! The code of an asynchronous generator is a generator that yields two kinds of values: what its `await`s yield, which
//! go to the event loop as they are, and what its own `yield`s yield, which are marked by a [`WrappedValue`]. An awaitable
//! of `asend` or `athrow` passes the first kind on and ends with the second. Here an end is a [`Sent::Return`], and becomes
//! StopIteration only where Python asks. `awaitables` has what `asend` and `athrow` answer.
//!
//! Invariant: `running` is set exactly while an awaitable of the generator has started and not ended.

mod awaitables;

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Sent};
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::thread;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{heap, runtime, warnings};

use crate::code::Code;
use crate::generator::{self, Core, Input, State, anchor};

pub use awaitables::{AsyncGenASend, AsyncGenAThrow};

/// The payload of `async_generator`.
#[class(name = "async_generator", flags(WEAKREFABLE, NO_INSTANTIATION))]
pub struct AsyncGenerator {
    core: Core,
    /// The event loop's finalizer hook, from the first iteration on.
    finalizer: Slot,
    /// Whether the hooks were asked.
    has_hooks: Cell<bool>,
    /// Whether the generator ended or is being closed.
    closed: Cell<bool>,
    /// Whether one of its awaitables runs.
    running: Cell<bool>,
}

/// A value that an asynchronous generator itself yields.
#[class(
    name = "async_generator_wrapped_value",
    flags(NO_INSTANTIATION),
    no_methods
)]
pub struct WrappedValue {
    value: Value,
}

/// Marks a value as yielded by an asynchronous generator.
pub fn wrap(value: Value) -> Value {
    heap::new_object(WrappedValue::class(), WrappedValue { value }).into_value()
}

fn is_end(raised: &Raised) -> bool {
    raised.is(ExceptionKind::StopAsyncIteration) || raised.is(ExceptionKind::GeneratorExit)
}

fn stop_async_iteration() -> Raised {
    exceptions::raise_args(ExceptionKind::StopAsyncIteration.class(), Vec::new())
}

impl AsyncGenerator {
    /// Makes the object around a frame.
    pub fn from_core(core: Core) -> Ref<AsyncGenerator> {
        let payload = AsyncGenerator {
            core,
            finalizer: Slot::empty(),
            has_hooks: Cell::new(false),
            closed: Cell::new(false),
            running: Cell::new(false),
        };
        let generator = heap::new_object(AsyncGenerator::class(), payload);
        anchor(&generator.core, generator.as_value());
        generator
    }

    /// The shared part.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Tells the event loop of the first iteration.
    fn call_hooks(this: &Ref<AsyncGenerator>) -> PyResult<()> {
        if this.has_hooks.replace(true) {
            return Ok(());
        }
        let (first_iteration, finalizer) = &thread::current().asyncgen_hooks;
        let (first_iteration, finalizer) = (first_iteration.get(), finalizer.get());
        this.finalizer.set(finalizer.filter(|hook| !hook.is_none()));
        match first_iteration.filter(|hook| !hook.is_none()) {
            Some(hook) => protocol::call1(&hook, this.as_value()).map(drop),
            None => Ok(()),
        }
    }

    /// Resumes the generator's frame; its end is StopAsyncIteration.
    fn resume(this: &Ref<AsyncGenerator>, input: Input) -> PyResult<Value> {
        let outcome = match input {
            Input::Value(value) => generator::resume_with(&this.core, this.as_value(), value),
            Input::Exception(raised) => generator::throw(&this.core, this.as_value(), raised, true),
        };
        this.ended(outcome)
    }

    fn ended(&self, outcome: PyResult<Sent>) -> PyResult<Value> {
        match outcome? {
            Sent::Yield(value) => Ok(value),
            Sent::Return(_) => Err(stop_async_iteration()),
        }
    }

    /// What an awaitable makes of what the frame yielded or raised: a yield of the generator's own ends the awaitable.
    fn unwrap(&self, outcome: PyResult<Value>) -> PyResult<Sent> {
        match outcome {
            Ok(value) => match value.downcast_exact::<WrappedValue>() {
                Some(wrapped) => {
                    self.running.set(false);
                    Ok(Sent::Return(wrapped.value.clone()))
                }
                None => Ok(Sent::Yield(value)),
            },
            Err(raised) => {
                if is_end(&raised) {
                    self.closed.set(true);
                }
                self.running.set(false);
                Err(raised)
            }
        }
    }
}

#[methods]
impl AsyncGenerator {
    #[slot(finalize)]
    fn finalize(this: &Ref<AsyncGenerator>) {
        if this.core.state() == State::Finished {
            return;
        }
        if let Some(finalizer) = this.finalizer.get()
            && !this.closed.get()
        {
            if let Err(raised) = protocol::call1(&finalizer, this.as_value()) {
                runtime::unraisable(raised, None, Some(this.as_value()));
            }
            return;
        }
        generator::finalize(&this.core, this.as_value());
    }

    #[slot(repr)]
    fn repr(this: &Ref<AsyncGenerator>) -> Value {
        generator::show(&this.core, "async_generator", this.as_value())
    }

    #[slot(aiter)]
    fn aiter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(anext)]
    fn anext(this: &Ref<AsyncGenerator>) -> PyResult<Ref<AsyncGenASend>> {
        AsyncGenerator::asend(this, &Value::NONE)
    }

    /// asend(v) -> send 'v' in generator.
    #[method("($self, value, /)", nosig)]
    fn asend(this: &Ref<AsyncGenerator>, value: &Value) -> PyResult<Ref<AsyncGenASend>> {
        AsyncGenerator::call_hooks(this)?;
        Ok(AsyncGenASend::new(this, value))
    }

    /// athrow(value)
    /// athrow(type[,value[,tb]])
    ///
    /// Raise an exception in the generator.
    /// The signature with several arguments is deprecated.
    #[method(nosig)]
    fn athrow(this: &Ref<AsyncGenerator>, args: Args<'_>) -> PyResult<Ref<AsyncGenAThrow>> {
        args.no_keywords("async_generator.athrow")?;
        if args.positional().len() > 1 {
            warnings::warn(
                ExceptionKind::DeprecationWarning,
                "the (type, exc, tb) signature of athrow() is deprecated, use the single-arg signature instead.",
            )?;
        }
        AsyncGenerator::call_hooks(this)?;
        Ok(AsyncGenAThrow::new(
            this,
            Some(Tuple::from_slice(args.positional())),
        ))
    }

    /// aclose() -> raise GeneratorExit inside generator.
    #[method("($self, /)", nosig)]
    fn aclose(this: &Ref<AsyncGenerator>) -> PyResult<Ref<AsyncGenAThrow>> {
        AsyncGenerator::call_hooks(this)?;
        Ok(AsyncGenAThrow::new(this, None))
    }

    #[method("($self, /)", nosig)]
    fn __sizeof__(&self) -> usize {
        AsyncGenerator::layout().size + self.core.frame_bytes()
    }

    #[classmethod("($cls, object, /)")]
    fn __class_getitem__(class: &Value, item: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.clone(), item.clone())
    }

    /// name of the async generator
    #[getter(name = "__name__")]
    fn name(&self) -> Ref<Str> {
        self.core.name()
    }

    #[setter(name = "__name__")]
    fn set_name(&self, value: Option<&Value>) -> PyResult<()> {
        self.core.set_name(value)
    }

    /// qualified name of the async generator
    #[getter(name = "__qualname__")]
    fn qualname(&self) -> Ref<Str> {
        self.core.qualname()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(&self, value: Option<&Value>) -> PyResult<()> {
        self.core.set_qualname(value)
    }

    /// object being awaited on, or None
    #[getter]
    fn ag_await(&self) -> Option<Value> {
        self.core.waiting_for()
    }

    #[getter]
    fn ag_code(&self) -> Ref<Code> {
        self.core.code.clone()
    }

    #[getter]
    fn ag_frame(&self) -> Option<Value> {
        generator::frame_of(&self.core)
    }

    #[getter]
    fn ag_suspended(&self) -> bool {
        self.core.state() == State::Suspended
    }

    #[getter(member)]
    fn ag_running(&self) -> bool {
        self.running.get()
    }
}

/// Makes the classes.
pub(crate) fn init_classes() {
    AsyncGenerator::init_class();
    WrappedValue::init_class();
    AsyncGenASend::init_class();
    AsyncGenAThrow::init_class();
}
