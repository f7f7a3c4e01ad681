//! Raising, catching, `with`.

use taipan_objects::exceptions::{self, BaseException};
use taipan_objects::protocol;
use taipan_objects::raised::Raised;
use taipan_objects::thread::{self, HandledException};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int};

use crate::cursor::{Cursor, Step};
use crate::frame_stack::StackRef;

/// The innermost level of handled exceptions.
fn handled() -> &'static HandledException {
    // SAFETY: the innermost level lives as long as it is linked.
    unsafe { &*thread::current().handled_top.get() }
}

pub(crate) fn push_exc_info(c: &mut Cursor, _oparg: u32) -> Step {
    let exception = c.word(0);
    let new = c.peek(0).downcast::<BaseException>().cloned();
    let old = handled().value.replace(new);
    c.set_word(
        0,
        StackRef::from_value(old.map_or(Value::NONE, Ref::into_value)),
    );
    c.push_word(exception);
    Ok(())
}

pub(crate) fn pop_except(c: &mut Cursor, _oparg: u32) -> Step {
    let before = c.pop();
    handled().value.set(before.into_ref::<BaseException>().ok());
    Ok(())
}

pub(crate) fn check_exc_match(c: &mut Cursor, _oparg: u32) -> Step {
    let matches = exceptions::matches(&c.peek(1), &c.peek(0))?;
    let class = c.word(0);
    c.set_word(0, StackRef::from_value(Value::from_bool(matches)));
    // SAFETY: the word left the stack.
    unsafe { class.close() };
    Ok(())
}

pub(crate) fn check_eg_match(c: &mut Cursor, _oparg: u32) -> Step {
    let class = c.pop();
    let exception = c.pop();
    let frame = c.frame;
    let (matched, rest) = exceptions::group::match_star(&exception, &class, || {
        let entry = crate::unwind::traceback_entry(frame, None);
        Some(entry.into_value())
    })?;
    if let Some(matched) = &matched {
        handled()
            .value
            .set(matched.downcast::<BaseException>().cloned());
    }
    c.push(rest.unwrap_or(Value::NONE));
    c.push(matched.unwrap_or(Value::NONE));
    Ok(())
}

pub(crate) fn raise_varargs(c: &mut Cursor, oparg: u32) -> Step {
    let cause = if oparg == 2 { Some(c.pop()) } else { None };
    if oparg == 0 {
        return match thread::handled_exception() {
            Some(exception) => Err(Raised::from_exception(exception)),
            None => bail!(RuntimeError, "No active exception to reraise"),
        };
    }
    let value = c.pop();
    let exception = exceptions::make(&value, None)?;
    if let Some(cause) = cause {
        exception.set_cause(exceptions::make_cause(&cause)?);
    }
    Err(exceptions::raise(exception))
}

pub(crate) fn reraise(c: &mut Cursor, oparg: u32) -> Step {
    let exception = c.pop();
    if oparg > 0 {
        // The instruction where the exception was first raised, for the traceback.
        if let Some(index) = int::to_i64(&c.peek(oparg as usize - 1)) {
            let start = c.frame().code().units_ptr();
            // The handler is looked for from here all the same.
            let here = c.frame().ip;
            c.engine().reraise_at = here;
            // SAFETY: the index was saved by the unwinder of this code.
            c.frame_mut().ip = unsafe { start.offset(index as isize) };
        }
    }
    match exception.into_ref::<BaseException>() {
        Ok(exception) => Err(Raised::from_exception(exception)),
        Err(_) => bail!(SystemError, "reraise of something that is no exception"),
    }
}

pub(crate) fn with_except_start(c: &mut Cursor, _oparg: u32) -> Step {
    // exit_func, exit_self, lasti, unused, value
    let result = {
        let exception = c.peek(0);
        let exit = c.peek(4);
        let class = exception.class().to_value();
        let traceback = exception
            .downcast::<BaseException>()
            .and_then(|exception| exception.traceback())
            .unwrap_or(Value::NONE);
        let receiver = c.word(3);
        if receiver.is_null() {
            protocol::call_positional(&exit, &[class, exception.clone(), traceback])?
        } else {
            // SAFETY: the word stays on the stack.
            let receiver = unsafe { receiver.view() };
            protocol::call_positional(
                &exit,
                &[receiver.clone(), class, exception.clone(), traceback],
            )?
        }
    };
    c.push(result);
    Ok(())
}
