//! Asynchronous generators, and what their methods answer to be awaited.
//!
//! The code of an asynchronous generator is a generator that yields two kinds of values: what its `await`s yield, which
//! go to the event loop as they are, and what its own `yield`s yield, which are marked by a [`WrappedValue`]. An awaitable
//! of `asend` or `athrow` passes the first kind on and ends with the second. Here an end is a [`Sent::Return`], and becomes
//! StopIteration only where Python asks.
//!
//! Invariant: `running` is set exactly while an awaitable of the generator has started and not ended.

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
use taipan_objects::{bail, heap, id, runtime, warnings};

use crate::code::Code;
use crate::generator::{self, Core, Input, State, anchor, sent_to_result, thrown_exception};

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

/// How far an awaitable got.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Created,
    Started,
    Ended,
}

/// What `asend()` and `__anext__()` answer.
#[class(name = "async_generator_asend", flags(NO_INSTANTIATION))]
pub struct AsyncGenASend {
    generator: Ref<AsyncGenerator>,
    value: Value,
    #[untraced]
    progress: Cell<Progress>,
}

/// What `athrow()` and `aclose()` answer.
#[class(name = "async_generator_athrow", flags(NO_INSTANTIATION))]
pub struct AsyncGenAThrow {
    generator: Ref<AsyncGenerator>,
    /// What is thrown; nothing for `aclose()`.
    arguments: Option<Ref<Tuple>>,
    #[untraced]
    progress: Cell<Progress>,
}

/// What `anext(iterator, default)` answers.
#[class(name = "anext_awaitable", flags(NO_INSTANTIATION))]
pub struct AnextAwaitable {
    awaitable: Value,
    default: Value,
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
            Input::Value(value) => {
                generator::resume(&this.core, this.as_value(), Input::Value(value))
            }
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
        let payload = AsyncGenASend {
            generator: this.clone(),
            value: value.clone(),
            progress: Cell::new(Progress::Created),
        };
        Ok(heap::new_object(AsyncGenASend::class(), payload))
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
    fn name(&self) -> Option<Ref<Str>> {
        self.core.name.get()
    }

    #[setter(name = "__name__")]
    fn set_name(&self, value: Option<&Value>) -> PyResult<()> {
        generator::set_text(&self.core.name, "__name__", value)
    }

    /// qualified name of the async generator
    #[getter(name = "__qualname__")]
    fn qualname(&self) -> Option<Ref<Str>> {
        self.core.qualname.get()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(&self, value: Option<&Value>) -> PyResult<()> {
        generator::set_text(&self.core.qualname, "__qualname__", value)
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

/// `next` of an awaitable: its end is StopIteration, which `None` stands for when there is no value.
fn next_of(sent: Sent) -> PyResult<Option<Value>> {
    match sent {
        Sent::Yield(value) => Ok(Some(value)),
        Sent::Return(value) if value.is_none() => Ok(None),
        Sent::Return(value) => Err(exceptions::stop_iteration(value)),
    }
}

/// What `close()` of an awaitable makes of throwing GeneratorExit into it.
fn closed(outcome: PyResult<Sent>) -> PyResult<()> {
    match outcome {
        Ok(Sent::Yield(_)) => bail!(RuntimeError, "coroutine ignored GeneratorExit"),
        Ok(Sent::Return(_)) => Ok(()),
        Err(raised) if is_end(&raised) || raised.is(ExceptionKind::StopIteration) => Ok(()),
        Err(raised) => Err(raised),
    }
}

fn generator_exit() -> Raised {
    exceptions::raise_args(ExceptionKind::GeneratorExit.class(), Vec::new())
}

/// Warns of a method's awaitable that dies without having run.
fn warn_method_never_awaited(generator: &AsyncGenerator, owner: &Value, method: &str) {
    let name = generator
        .core
        .qualname
        .get()
        .map_or_else(String::new, |name| name.to_display().into_owned());
    let message = format!("coroutine method '{method}' of '{name}' was never awaited");
    if let Err(raised) = warnings::warn(ExceptionKind::RuntimeWarning, &message) {
        runtime::unraisable(
            raised,
            Some("Exception ignored while finalizing async generator"),
            Some(owner),
        );
    }
}

impl AsyncGenASend {
    /// Notes the start, unless another awaitable of the generator runs.
    fn start(&self) -> PyResult<()> {
        match self.progress.get() {
            Progress::Ended => bail!(
                RuntimeError,
                "cannot reuse already awaited __anext__()/asend()"
            ),
            Progress::Started => Ok(()),
            Progress::Created if self.generator.running.get() => {
                self.progress.set(Progress::Ended);
                bail!(
                    RuntimeError,
                    "anext(): asynchronous generator is already running"
                )
            }
            Progress::Created => {
                self.progress.set(Progress::Started);
                Ok(())
            }
        }
    }

    fn finish(&self, outcome: PyResult<Value>) -> PyResult<Sent> {
        let sent = self.generator.unwrap(outcome);
        if !matches!(sent, Ok(Sent::Yield(_))) {
            self.progress.set(Progress::Ended);
        }
        sent
    }

    fn advance(&self, argument: &Value) -> PyResult<Sent> {
        let is_first = self.progress.get() == Progress::Created;
        self.start()?;
        let argument = if is_first && argument.is_none() {
            &self.value
        } else {
            argument
        };
        self.generator.running.set(true);
        self.finish(AsyncGenerator::resume(
            &self.generator,
            Input::Value(argument.clone()),
        ))
    }

    fn throw_in(&self, raised: Raised) -> PyResult<Sent> {
        self.start()?;
        self.generator.running.set(true);
        self.finish(AsyncGenerator::resume(
            &self.generator,
            Input::Exception(raised),
        ))
    }
}

#[methods]
impl AsyncGenASend {
    #[slot(finalize)]
    fn finalize(this: &Ref<AsyncGenASend>) {
        if this.progress.get() == Progress::Created {
            warn_method_never_awaited(&this.generator, this.generator.as_value(), "asend");
        }
    }

    #[slot(iter, await_)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        next_of(self.advance(&Value::NONE)?)
    }

    #[slot(send)]
    fn send_slot(&self, value: &Value) -> PyResult<Sent> {
        self.advance(value)
    }

    #[method("($self, value, /)", nosig)]
    fn send(&self, value: &Value) -> PyResult<Value> {
        sent_to_result(self.advance(value)?)
    }

    #[method(nosig)]
    fn throw(&self, args: Args<'_>) -> PyResult<Value> {
        let raised = thrown_exception(args.positional_between("throw", 1, 3)?)?;
        sent_to_result(self.throw_in(raised)?)
    }

    #[method("($self, /)", nosig)]
    fn close(&self) -> PyResult<()> {
        if self.progress.get() == Progress::Ended {
            Ok(())
        } else {
            closed(self.throw_in(generator_exit()))
        }
    }
}

impl AsyncGenAThrow {
    fn new(generator: &Ref<AsyncGenerator>, arguments: Option<Ref<Tuple>>) -> Ref<AsyncGenAThrow> {
        let payload = AsyncGenAThrow {
            generator: generator.clone(),
            arguments,
            progress: Cell::new(Progress::Created),
        };
        heap::new_object(AsyncGenAThrow::class(), payload)
    }

    fn method(&self) -> &'static str {
        if self.arguments.is_some() {
            "athrow"
        } else {
            "aclose"
        }
    }

    fn check_not_ended(&self) -> PyResult<()> {
        if self.progress.get() == Progress::Ended {
            bail!(
                RuntimeError,
                "cannot reuse already awaited aclose()/athrow()"
            );
        }
        Ok(())
    }

    fn check_not_running(&self) -> PyResult<()> {
        if self.generator.running.get() {
            self.progress.set(Progress::Ended);
            bail!(
                RuntimeError,
                "{}(): asynchronous generator is already running",
                self.method()
            );
        }
        Ok(())
    }

    fn end(&self) {
        self.generator.running.set(false);
        self.progress.set(Progress::Ended);
    }

    /// What `aclose()` makes of what the frame yielded or raised: the generator must end.
    fn closing(&self, outcome: PyResult<Value>) -> PyResult<Sent> {
        match outcome {
            Ok(value) if value.downcast_exact::<WrappedValue>().is_some() => {
                self.end();
                bail!(RuntimeError, "async generator ignored GeneratorExit")
            }
            Ok(value) => Ok(Sent::Yield(value)),
            Err(raised) => {
                self.end();
                if is_end(&raised) {
                    Ok(Sent::Return(Value::NONE))
                } else {
                    Err(raised)
                }
            }
        }
    }

    fn advance(&self, argument: &Value) -> PyResult<Sent> {
        self.check_not_ended()?;
        let generator = &self.generator;
        if generator.core.state() == State::Finished {
            self.progress.set(Progress::Ended);
            return Ok(Sent::Return(Value::NONE));
        }
        if self.progress.get() == Progress::Started {
            let outcome = AsyncGenerator::resume(generator, Input::Value(argument.clone()));
            return if self.arguments.is_some() {
                generator.unwrap(outcome)
            } else {
                self.closing(outcome)
            };
        }
        self.check_not_running()?;
        if generator.closed.get() {
            self.progress.set(Progress::Ended);
            return Err(stop_async_iteration());
        }
        if !argument.is_none() {
            bail!(
                RuntimeError,
                "can't send non-None value to a just-started coroutine"
            );
        }
        self.progress.set(Progress::Started);
        generator.running.set(true);
        let Some(arguments) = &self.arguments else {
            generator.closed.set(true);
            return self.closing(self.throw_first(generator_exit()));
        };
        let raised = thrown_by_athrow(arguments)?;
        let sent = generator.unwrap(self.throw_first(raised));
        if sent.is_err() {
            self.end();
        }
        sent
    }

    /// Throws at the start: an inner iterator gets GeneratorExit thrown in, rather than being closed.
    fn throw_first(&self, raised: Raised) -> PyResult<Value> {
        let generator = &self.generator;
        generator.ended(generator::throw(
            &generator.core,
            generator.as_value(),
            raised,
            false,
        ))
    }

    fn throw_in(&self, raised: Raised) -> PyResult<Sent> {
        self.check_not_ended()?;
        if self.progress.get() == Progress::Created {
            self.check_not_running()?;
            self.progress.set(Progress::Started);
            self.generator.running.set(true);
        }
        let outcome = AsyncGenerator::resume(&self.generator, Input::Exception(raised));
        if self.arguments.is_none() {
            return self.closing(outcome);
        }
        let sent = self.generator.unwrap(outcome);
        if !matches!(sent, Ok(Sent::Yield(_))) {
            self.progress.set(Progress::Ended);
        }
        sent
    }
}

/// The exception of `athrow(…)`.
fn thrown_by_athrow(arguments: &Ref<Tuple>) -> PyResult<Raised> {
    let count = arguments.len();
    taipan_objects::args::check_count("athrow", count, 1, 3)?;
    generator::make_thrown(arguments.as_slice())
}

#[methods]
impl AsyncGenAThrow {
    #[slot(finalize)]
    fn finalize(this: &Ref<AsyncGenAThrow>) {
        if this.progress.get() == Progress::Created {
            warn_method_never_awaited(&this.generator, this.generator.as_value(), this.method());
        }
    }

    #[slot(iter, await_)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        next_of(self.advance(&Value::NONE)?)
    }

    #[slot(send)]
    fn send_slot(&self, value: &Value) -> PyResult<Sent> {
        self.advance(value)
    }

    #[method("($self, value, /)", nosig)]
    fn send(&self, value: &Value) -> PyResult<Value> {
        sent_to_result(self.advance(value)?)
    }

    #[method(nosig)]
    fn throw(&self, args: Args<'_>) -> PyResult<Value> {
        let raised = thrown_exception(args.positional_between("throw", 1, 3)?)?;
        sent_to_result(self.throw_in(raised)?)
    }

    #[method("($self, /)", nosig)]
    fn close(&self) -> PyResult<()> {
        if self.progress.get() == Progress::Ended {
            Ok(())
        } else {
            closed(self.throw_in(generator_exit()))
        }
    }
}

impl AnextAwaitable {
    /// What the awaitable is iterated by.
    fn iterator(&self) -> PyResult<Value> {
        let iterator = generator::awaitable_iterator(&self.awaitable)?;
        if iterator.class().slots.next.get().is_some() {
            return Ok(iterator);
        }
        // A coroutine is no iterator, but awaits through one.
        let Some(method) = iterator.class().slots.await_.get() else {
            bail!(
                TypeError,
                "'{}' object can't be awaited",
                iterator.class().display_name()
            );
        };
        let made = method(&iterator)?;
        if !protocol::is_iterator(&made) {
            bail!(
                TypeError,
                "{}.__await__() must return an iterable, not {}",
                iterator.class().display_name(),
                made.class().name()
            );
        }
        Ok(made)
    }

    /// The end of the asynchronous iterator is the default.
    fn or_default<T>(&self, outcome: PyResult<T>) -> PyResult<T> {
        match outcome {
            Err(raised) if raised.is(ExceptionKind::StopAsyncIteration) => {
                Err(exceptions::stop_iteration(self.default.clone()))
            }
            other => other,
        }
    }

    fn forward(&self, method: &Ref<Str>, arguments: &[Value]) -> PyResult<Value> {
        let iterator = self.iterator()?;
        self.or_default(protocol::call_method(&iterator, method, arguments))
    }
}

#[methods]
impl AnextAwaitable {
    #[slot(iter, await_)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let iterator = self.iterator()?;
        self.or_default(protocol::next(&iterator))
    }

    /// send(arg) -> send 'arg' into the wrapped iterator,
    /// return next yielded value or raise StopIteration.
    #[method("($self, value, /)", nosig)]
    fn send(&self, value: &Value) -> PyResult<Value> {
        self.forward(id!("send"), std::slice::from_ref(value))
    }

    /// throw(value)
    /// throw(typ[,val[,tb]])
    ///
    /// raise exception in the wrapped iterator, return next yielded value
    /// or raise StopIteration.
    #[method(nosig)]
    fn throw(&self, args: Args<'_>) -> PyResult<Value> {
        self.forward(
            id!("throw"),
            args.positional_between("throw", 0, usize::MAX)?,
        )
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method("($self, /)", nosig)]
    fn close(&self) -> PyResult<Value> {
        self.forward(id!("close"), &[])
    }
}

/// `anext(iterator)`, or `anext(iterator, default)`.
pub fn anext(iterator: &Value, default: Option<&Value>) -> PyResult<Value> {
    let Some(method) = iterator.class().slots.anext.get() else {
        bail!(
            TypeError,
            "'{}' object is not an async iterator",
            iterator.class().name()
        );
    };
    let awaitable = method(iterator)?;
    Ok(match default {
        Some(default) => {
            let payload = AnextAwaitable {
                awaitable,
                default: default.clone(),
            };
            heap::new_object(AnextAwaitable::class(), payload).into_value()
        }
        None => awaitable,
    })
}

/// `aiter(iterable)`.
pub fn aiter(iterable: &Value) -> PyResult<Value> {
    let Some(method) = iterable.class().slots.aiter.get() else {
        bail!(
            TypeError,
            "'{}' object is not an async iterable",
            iterable.class().name()
        );
    };
    let iterator = method(iterable)?;
    if iterator.class().slots.anext.get().is_none() {
        bail!(
            TypeError,
            "aiter() returned not an async iterator of type '{}'",
            iterator.class().name()
        );
    }
    Ok(iterator)
}

/// Makes the classes.
pub(crate) fn init_classes() {
    AsyncGenerator::init_class();
    WrappedValue::init_class();
    AsyncGenASend::init_class();
    AsyncGenAThrow::init_class();
    AnextAwaitable::init_class();
}
