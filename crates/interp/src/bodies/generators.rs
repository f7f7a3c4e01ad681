//! Generators, `await`, `async for`.

use taipan_compiler::flags;
use taipan_objects::class::{ClassFlags, Sent};
use taipan_objects::exceptions::{self, BaseException, ExceptionKind};
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::Value;
use taipan_objects::{bail, id};

use super::release_quick;
use crate::cursor::{Cursor, Step};
use crate::frame_stack::{FrameOwner, StackRef};
use crate::generator::{self, Coroutine, Generator};
use crate::monitoring::{self, Event};
use crate::uops::{enter_generator_method, is_exact};

pub(crate) fn return_generator(c: &mut Cursor, _oparg: u32) -> Step {
    let generator = generator::make_generator(c)?;
    let frame = c.frame;
    // SAFETY: the frame's words belong to the generator now; only its memory is given back.
    unsafe {
        let engine = &mut *c.engine;
        let kind = (*frame).kind;
        engine.current = (*frame).previous;
        taipan_objects::thread::leave_frame();
        engine.give_back(frame);
        if kind.is_entry {
            engine.result = Some(generator);
            c.leave();
            return Ok(());
        }
        crate::eval::resume_caller(c);
        if kind.owner == FrameOwner::Initializer {
            return crate::eval::check_init_answer(&generator);
        }
    }
    c.push(generator);
    Ok(())
}

#[inline(always)]
pub(crate) fn yield_value(c: &mut Cursor, _oparg: u32) -> bool {
    generator::yield_quick(c)
}

pub(crate) fn yield_value_full(c: &mut Cursor, _oparg: u32) -> Step {
    let value = c.pop();
    generator::yield_value(c, value);
    Ok(())
}

/// The generator or coroutine behind a value that can be resumed in the running loop.
fn inline_core(value: &Value) -> Option<&generator::Core> {
    if let Some(generator) = value.downcast_exact::<Generator>() {
        return Some(generator.core());
    }
    value
        .downcast_exact::<Coroutine>()
        .map(|coroutine| coroutine.core())
}

/// `FOR_ITER` over a generator runs it in the same loop; answers whether it did.
pub(crate) fn for_iter_generator(c: &mut Cursor, oparg: u32) -> PyResult<bool> {
    let iterator = c.peek(0);
    // A return goes to END_FOR, which pops the result. Of a loop so long that the frame cannot keep the way there, the
    // generator runs in a native loop of its own.
    match (
        iterator.downcast_exact::<Generator>(),
        u16::try_from(2 + oparg),
    ) {
        (Some(generator), Ok(units)) => {
            generator::resume_inline(c, generator.core(), Value::NONE, units)
        }
        _ => Ok(false),
    }
}

pub(crate) fn send(c: &mut Cursor, oparg: u32) -> Step {
    let value = c.pop();
    let receiver = c.peek(0).clone();
    if let Some(core) = inline_core(&receiver)
        && generator::resume_inline(c, core, value.clone(), (2 + oparg) as u16)?
    {
        return Ok(());
    }
    let sent = match receiver.class().slots.send.get() {
        Some(send) => {
            let sent = send(&receiver, &value)?;
            if let Sent::Return(value) = &sent
                && monitoring::listens(Event::Raise)
            {
                super::end_of_iteration(c, exceptions::stop_iteration(value.clone()))?;
            }
            sent
        }
        None => {
            let outcome = if value.is_none() && receiver.class().slots.next.get().is_some() {
                protocol::next_or_result(&receiver)
            } else {
                protocol::call_method(&receiver, id!("send"), &[value]).map(Some)
            };
            match outcome {
                Ok(Some(item)) => Sent::Yield(item),
                Ok(None) => Sent::Return(Value::NONE),
                Err(raised) => {
                    let value = exceptions::stop_value(&raised);
                    super::end_of_iteration(c, raised)?;
                    Sent::Return(value)
                }
            }
        }
    };
    match sent {
        Sent::Yield(item) => c.push(item),
        Sent::Return(item) => {
            c.push(item);
            c.jump_forward(oparg);
        }
    }
    Ok(())
}

#[inline(always)]
pub(crate) fn end_send(c: &mut Cursor, _oparg: u32) -> Option<StackRef> {
    let value = c.pop_word();
    let receiver = c.word(0);
    c.set_word(0, value);
    release_quick(receiver)
}

fn replace_top(c: &mut Cursor, value: Value) {
    let word = c.word(0);
    c.set_word(0, StackRef::from_value(value));
    // SAFETY: the word left the stack.
    unsafe { word.close() };
}

/// A generator delegates to itself.
#[inline(always)]
pub(crate) fn get_yield_from_iter(c: &mut Cursor, _oparg: u32) -> bool {
    is_exact::<Generator>(c.word(0))
}

pub(crate) fn get_yield_from_iter_full(c: &mut Cursor, oparg: u32) -> Step {
    if super::enter_iter_method(c) {
        return Ok(());
    }
    get_yield_from_iter_native(c, oparg)
}

/// The same, where no frame is entered.
pub(crate) fn get_yield_from_iter_native(c: &mut Cursor, _oparg: u32) -> Step {
    let iterable = c.peek(0).clone();
    if iterable.downcast_exact::<Coroutine>().is_some() {
        if !c
            .frame()
            .code()
            .has_flag(flags::COROUTINE | flags::ITERABLE_COROUTINE)
        {
            bail!(
                TypeError,
                "cannot 'yield from' a coroutine object in a non-coroutine generator"
            );
        }
        return Ok(());
    }
    if iterable.downcast_exact::<Generator>().is_some() {
        return Ok(());
    }
    let iterator = protocol::iter(&iterable)?;
    replace_top(c, iterator);
    Ok(())
}

/// The iterator that `await value` goes through.
pub(crate) fn awaitable_iterator(value: &Value) -> PyResult<Value> {
    if value.downcast_exact::<Coroutine>().is_some() {
        return Ok(value.clone());
    }
    if let Some(generator) = value.downcast_exact::<Generator>()
        && generator.core().code.has_flag(flags::ITERABLE_COROUTINE)
    {
        return Ok(value.clone());
    }
    let Some(method) = value.class().slots.await_.get() else {
        bail!(
            TypeError,
            "'{}' object can't be awaited",
            value.class().display_name()
        );
    };
    let iterator = method(value)?;
    let is_coroutine = iterator.downcast_exact::<Coroutine>().is_some()
        || iterator
            .downcast_exact::<Generator>()
            .is_some_and(|generator| generator.core().code.has_flag(flags::ITERABLE_COROUTINE));
    if is_coroutine {
        bail!(
            TypeError,
            "{}.__await__() must return an iterator, not coroutine",
            value.class().display_name()
        );
    }
    if !protocol::is_iterator(&iterator) {
        bail!(
            TypeError,
            "{}.__await__() must return an iterator, not {}",
            value.class().display_name(),
            iterator.class().name()
        );
    }
    Ok(iterator)
}

/// A coroutine that has not started is awaited itself.
#[inline(always)]
pub(crate) fn get_awaitable(c: &mut Cursor, _oparg: u32) -> bool {
    let value = c.word(0);
    // SAFETY: the class was seen; the coroutine stays on the stack.
    is_exact::<Coroutine>(value)
        && unsafe {
            let view = value.view();
            view.downcast_unchecked::<Coroutine>().core().state() == generator::State::Created
        }
}

pub(crate) fn get_awaitable_full(c: &mut Cursor, oparg: u32) -> Step {
    let value = c.peek(0).clone();
    if oparg > 0
        && value.class().slots.await_.get().is_none()
        && value.downcast_exact::<Generator>().is_none()
    {
        let method = if oparg == 1 {
            "__aenter__"
        } else {
            "__aexit__"
        };
        bail!(
            TypeError,
            "'async with' received an object from {method} that does not implement __await__: {}",
            value.class().name()
        );
    }
    let iterator = awaitable_iterator(&value)?;
    if let Some(coroutine) = iterator.downcast_exact::<Coroutine>()
        && coroutine.core().waiting_for().is_some()
    {
        bail!(RuntimeError, "coroutine is being awaited already");
    }
    replace_top(c, iterator);
    Ok(())
}

pub(crate) fn get_aiter(c: &mut Cursor, oparg: u32) -> Step {
    // An asynchronous generator is an asynchronous iterator for sure.
    let is_instance = c.peek(0).class().has(ClassFlags::HEAP);
    if is_instance && enter_generator_method(c, id!("__aiter__"), flags::ASYNC_GENERATOR) {
        return Ok(());
    }
    get_aiter_native(c, oparg)
}

/// The same, where no frame is entered.
pub(crate) fn get_aiter_native(c: &mut Cursor, _oparg: u32) -> Step {
    let value = c.peek(0).clone();
    let Some(method) = value.class().slots.aiter.get() else {
        bail!(
            TypeError,
            "'async for' requires an object with __aiter__ method, got {}",
            value.class().name()
        );
    };
    let iterator = method(&value)?;
    if iterator.class().slots.anext.get().is_none() {
        bail!(
            TypeError,
            "'async for' received an object from __aiter__ that does not implement __anext__: {}",
            iterator.class().name()
        );
    }
    replace_top(c, iterator);
    Ok(())
}

pub(crate) fn get_anext(c: &mut Cursor, _oparg: u32) -> Step {
    let iterator = c.peek(0).clone();
    let awaitable = next_awaitable(&iterator)?;
    c.push(awaitable);
    Ok(())
}

/// What `anext(iterator)` awaits.
pub(crate) fn next_awaitable(iterator: &Value) -> PyResult<Value> {
    let Some(method) = iterator.class().slots.anext.get() else {
        bail!(
            TypeError,
            "'async for' requires an iterator with __anext__ method, got {}",
            iterator.class().name()
        );
    };
    let next = method(iterator)?;
    if iterator
        .downcast_exact::<crate::async_generator::AsyncGenerator>()
        .is_some()
    {
        return Ok(next);
    }
    awaitable_iterator(&next).map_err(|raised| {
        let message = format!(
            "'async for' received an invalid object from __anext__: {}",
            next.class().name()
        );
        let error = exceptions::raise_message(ExceptionKind::TypeError, message);
        error
            .exception()
            .set_cause(Some(raised.into_exception().into_value()));
        error
    })
}

pub(crate) fn end_async_for(c: &mut Cursor, _oparg: u32) -> Step {
    let exception = c.pop();
    let iterator = c.pop();
    let ended = exceptions::matches(
        &exception,
        ExceptionKind::StopAsyncIteration.class().as_value(),
    )?;
    drop(iterator);
    if ended {
        return Ok(());
    }
    match exception.into_ref::<BaseException>() {
        Ok(exception) => Err(Raised::from_exception(exception)),
        Err(_) => bail!(
            SystemError,
            "an asynchronous loop ended with what is no exception"
        ),
    }
}

pub(crate) fn cleanup_throw(c: &mut Cursor, _oparg: u32) -> Step {
    // sub_iter, last_sent_val, exc_value
    let exception = c.pop();
    let is_stop = exceptions::matches(&exception, ExceptionKind::StopIteration.class().as_value())?;
    let Ok(exception) = exception.into_ref::<BaseException>() else {
        bail!(SystemError, "what was thrown is no exception")
    };
    let raised = Raised::from_exception(exception);
    if !is_stop {
        return Err(raised);
    }
    let value = exceptions::stop_value(&raised);
    c.drop_words(2);
    c.push(Value::NONE);
    c.push(value);
    Ok(())
}
