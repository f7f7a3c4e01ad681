//! What the methods of an asynchronous generator answer to be awaited: one step of its frame, or its end.
//!
//! Invariant: an awaitable's progress only goes forward, and the generator's `running` is set while one has started and not
//! ended.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Sent};
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, runtime, warnings};

use super::{AsyncGenerator, WrappedValue, is_end, stop_async_iteration};
use crate::generator::{self, Input, State, sent_to_result, thrown_exception};

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

/// What an awaitable makes of a step of its generator: all but a value passed on is its end.
fn finish(
    generator: &AsyncGenerator,
    progress: &Cell<Progress>,
    outcome: PyResult<Value>,
) -> PyResult<Sent> {
    let sent = generator.unwrap(outcome);
    if !matches!(sent, Ok(Sent::Yield(_))) {
        progress.set(Progress::Ended);
    }
    sent
}

fn generator_exit() -> Raised {
    exceptions::raise_args(ExceptionKind::GeneratorExit.class(), Vec::new())
}

/// Warns of a method's awaitable that dies without having run.
fn warn_method_never_awaited(generator: &AsyncGenerator, owner: &Value, method: &str) {
    let name = generator.core.qualname();
    let message = format!(
        "coroutine method '{method}' of '{}' was never awaited",
        name.to_display()
    );
    if let Err(raised) = warnings::warn(ExceptionKind::RuntimeWarning, &message) {
        runtime::unraisable(
            raised,
            Some("Exception ignored while finalizing async generator"),
            Some(owner),
        );
    }
}

impl AsyncGenASend {
    pub(super) fn new(generator: &Ref<AsyncGenerator>, value: &Value) -> Ref<AsyncGenASend> {
        let payload = AsyncGenASend {
            generator: generator.clone(),
            value: value.clone(),
            progress: Cell::new(Progress::Created),
        };
        heap::new_object(AsyncGenASend::class(), payload)
    }

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
        finish(&self.generator, &self.progress, outcome)
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
    pub(super) fn new(
        generator: &Ref<AsyncGenerator>,
        arguments: Option<Ref<Tuple>>,
    ) -> Ref<AsyncGenAThrow> {
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
        finish(&self.generator, &self.progress, outcome)
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
