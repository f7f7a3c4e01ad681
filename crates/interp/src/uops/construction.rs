//! Instances of classes with a Python `__init__`: made, and initialized in a frame of the same loop.

use taipan_objects::args::Args;
use taipan_objects::class::Type;
use taipan_objects::object::Object;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;

use super::frames::{code_of, has_room, make_frame, may_recurse, set_return};
use super::{Flow, class_of, uops};
use crate::bodies::{CALL_UNITS, duplicate_quick};
use crate::call::new_frame;
use crate::cursor::Cursor;
use crate::frame_stack::{Frame, FrameOwner, StackRef};
use crate::function::Function;

uops! {
    /// Makes an instance of the class of the cache; the class's `__init__` is called on it next.
    full CheckAndAllocateObject = |c: &mut Cursor, oparg: u32, [version, ..]: Operands| {
        let given = oparg as usize;
        let callable = c.word(given + 1);
        if !c.word(given).is_null() || class_of(callable).is_none() {
            return Ok(Flow::Miss);
        }
        // SAFETY: the class stays on the stack; `__init__` is counted before the class is let go.
        unsafe {
            let view = callable.view();
            let Some(class) = view.downcast::<Type>() else {
                return Ok(Flow::Miss);
            };
            let init = class.special.init.get();
            if u64::from(class.current_version()) != version || init == 0 {
                return Ok(Flow::Miss);
            }
            let instance = StackRef::from_value(Object::new_instance(class).into_value());
            c.set_word(given, instance);
            c.set_word(given + 1, duplicate_quick(StackRef(init)));
            callable.close();
        }
        Ok(Flow::Next)
    };
    /// Makes the frame of `__init__` and leaves the instance on the stack, below its address.
    full CreateInitFrame = |c: &mut Cursor, oparg: u32, _: Operands| {
        create_init_frame(c, oparg as usize + 1)?;
        set_return(c, CALL_UNITS);
        Ok(Flow::Next)
    };
}

/// Makes the frame of an `__init__` from it and `count` words, of which the first is the instance, and puts its address on top
/// of the instance. CPython has a frame in between, which checks the answer: here the frame itself is of that kind.
#[inline(always)]
pub(crate) fn create_init_frame(c: &mut Cursor, count: usize) -> PyResult<()> {
    // SAFETY: the guard in front put the function and the instance there; values stay on the stack while they are used.
    unsafe {
        let function = c.word(count);
        let instance = c.word(count - 1);
        let code = code_of(function).expect("a function has code");
        let is_simple = code.is_simple && code.arg_count as usize == count;
        let frame = if is_simple && has_room(c, code) && may_recurse(c) {
            let frame = make_frame(c, function, code, count);
            c.set_word(0, duplicate_quick(instance));
            frame
        } else {
            create_any_init_frame(c, count)?
        };
        (*frame).kind.owner = FrameOwner::Initializer;
        c.push_word(StackRef(frame as u64));
        Ok(())
    }
}

/// As [`create_init_frame`], for any `__init__`, at any depth.
///
/// # Safety
/// As there.
#[cold]
#[inline(never)]
unsafe fn create_any_init_frame(c: &mut Cursor, count: usize) -> PyResult<*mut Frame> {
    // SAFETY: by contract.
    unsafe {
        taipan_objects::thread::check_frame()?;
        let frame = {
            let init = c.peek(count);
            let init = init.downcast_unchecked::<Function>();
            let values: &[Value] = c.own_top(count);
            new_frame(&mut *c.engine, init, Args::positional_only(values))?
        };
        c.drop_words(count - 1);
        let (instance, function) = (c.word(0), c.word(1));
        c.pop_word();
        c.set_word(0, instance);
        function.close();
        Ok(frame)
    }
}
