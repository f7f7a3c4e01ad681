//! Calls of Python functions with any arguments, of bound methods, and `container[key]` by a Python function.

use std::sync::atomic::Ordering;

use taipan_compiler::flags;
use taipan_objects::args::Args;
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime::EVAL_BREAKER;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Value;
use taipan_objects::{bail, protocol};

use super::frames::{self, code_of, has_room, replace_by_frame, set_return};
use super::{Flow, class_of, is_exact, uops};
use crate::bodies::{close_quick, duplicate_quick, would_die};
use crate::call::{is_positional, last_defaults, new_frame, put_rest};
use crate::cursor::Cursor;
use crate::frame_stack::{Frame, StackRef};
use crate::function::Function;

/// The bound method that is called, if it is one and no `self` stands behind it.
#[inline(always)]
fn bound_method(c: &Cursor, given: usize) -> Option<&'static BoundMethod> {
    let callable = c.word(given + 1);
    if !c.word(given).is_null() || !is_exact::<BoundMethod>(callable) {
        return None;
    }
    // SAFETY: the class was seen; the method stays on the stack.
    unsafe {
        Some(&*std::ptr::from_ref(
            &**callable.view().downcast_unchecked::<BoundMethod>(),
        ))
    }
}

/// Whether a bound method's function is one of the version of the cache.
#[inline(always)]
fn is_method_of(c: &Cursor, given: usize, version: u64) -> bool {
    bound_method(c, given).is_some_and(|method| {
        let function = StackRef(method.function.bits());
        // SAFETY: a function was seen.
        is_exact::<Function>(function)
            && unsafe {
                u64::from(
                    function
                        .view()
                        .downcast_unchecked::<Function>()
                        .version
                        .get(),
                ) == version
            }
    })
}

/// Takes the bound method apart: its function is called, with its receiver as the first argument.
#[inline(always)]
fn expand(c: &mut Cursor, given: usize) -> Flow {
    let Some(method) = bound_method(c, given) else {
        return Flow::Miss;
    };
    let word = c.word(given + 1);
    if would_die(word) {
        return Flow::Miss;
    }
    let (function, receiver) = (
        StackRef(method.function.bits()),
        StackRef(method.receiver.bits()),
    );
    c.set_word(given + 1, duplicate_quick(function));
    c.set_word(given, duplicate_quick(receiver));
    close_quick(word);
    Flow::Next
}

/// As [`expand`], where the method may die.
fn expand_full(c: &mut Cursor, given: usize) -> PyResult<Flow> {
    let Some(method) = bound_method(c, given) else {
        return Ok(Flow::Miss);
    };
    let (function, receiver) = (method.function.clone(), method.receiver.clone());
    let word = c.word(given + 1);
    c.set_word(given + 1, StackRef::from_value(function));
    c.set_word(given, StackRef::from_value(receiver));
    // SAFETY: the word left the stack.
    unsafe { word.close() };
    Ok(Flow::Next)
}

/// Makes the frame of a call with `names` for the last arguments, and puts its address in place of the call.
fn make_frame(c: &mut Cursor, given: usize, names: &[Value]) -> PyResult<Flow> {
    let count = given + usize::from(!c.word(given).is_null());
    let callable = c.peek(given + 1);
    let Some(function) = callable.downcast_exact::<Function>() else {
        return Ok(Flow::Miss);
    };
    if names.is_empty()
        && let Some(frame) = make_frame_with_rest(c, given)
    {
        c.push_word(StackRef(frame as u64));
        return Ok(Flow::Next);
    }
    // SAFETY: arguments are not NULL; they stay on the stack while the frame is made. The engine outlives the loop.
    let frame = unsafe {
        let values = c.own_top(count);
        new_frame(&mut *c.engine, function, Args::new(values, names))?
    };
    c.drop_words(given + 2);
    c.push_word(StackRef(frame as u64));
    Ok(Flow::Next)
}

/// The frame of a call without keywords, of a function that may take any more positional and keyword arguments. It takes the place of
/// callable and arguments. Answers nothing, and changes nothing, where it is not so simple.
fn make_frame_with_rest(c: &mut Cursor, given: usize) -> Option<*mut Frame> {
    let function = c.word(given + 1);
    let has_self = !c.word(given).is_null();
    let count = given + usize::from(has_self);
    // SAFETY: the caller saw a function, which keeps its code and defaults: nothing here runs foreign code. Words move into the
    // frame once; those of the rest are values while a tuple takes them over.
    unsafe {
        let code = code_of(function)?;
        let wanted = code.arg_count as usize;
        if !is_positional(code, count) || !has_room(c, code) {
            return None;
        }
        let view = function.view();
        let missing = wanted.saturating_sub(count);
        let defaults = last_defaults(view.downcast_unchecked::<Function>(), missing)?;
        let extra = count.saturating_sub(wanted);
        let rest = code.has_flag(flags::VARARGS).then(|| {
            let rest = Tuple::from_moved(c.own_top(extra));
            c.sp = c.sp.sub(extra);
            rest
        });
        let frame =
            frames::make_frame_of(c, function, code, count - extra, defaults.as_ptr(), missing);
        put_rest(frame, code, rest);
        c.sp = c.sp.sub(1 + usize::from(!has_self));
        Some(frame)
    }
}

/// The frame of a function that takes positional arguments alone, of which the last have defaults here.
#[inline(always)]
fn make_frame_with_defaults(c: &mut Cursor, given: usize) -> Flow {
    let function = c.word(given + 1);
    let has_self = !c.word(given).is_null();
    let count = given + usize::from(has_self);
    // SAFETY: the guard in front saw a function; nothing here runs foreign code, so it keeps code and defaults.
    unsafe {
        let Some(code) = code_of(function) else {
            return Flow::Miss;
        };
        let wanted = code.arg_count as usize;
        if !code.is_simple || count >= wanted || !has_room(c, code) {
            return Flow::Miss;
        }
        let view = function.view();
        let missing = wanted - count;
        let Some(defaults) = last_defaults(view.downcast_unchecked::<Function>(), missing) else {
            return Flow::Miss;
        };
        // The callable and the place of `self` are below the arguments; the frame takes the defaults from above them.
        let first = defaults.as_ptr();
        let frame = frames::make_frame_of(c, function, code, count, first, missing);
        c.sp = c.sp.sub(1 + usize::from(!has_self));
        c.push_word(StackRef(frame as u64));
    }
    Flow::Next
}

/// The most parameters that [`make_frame_by_names`] looks at.
const MOST_PARAMETERS: usize = 32;

/// The frame of a call with keywords, of a function without `*args` and `**kwargs`, where every name is a parameter's and what
/// is missing has a default. Answers nothing, and changes nothing, where it is not so simple.
fn make_frame_by_names(c: &mut Cursor, given: usize, names: &[Value]) -> Option<()> {
    let function = c.word(given + 1);
    let has_self = !c.word(given).is_null();
    let count = given + usize::from(has_self);
    // SAFETY: a guard saw the function, which keeps its code and defaults while nothing runs foreign code: looking up a string
    // in a plain dict does not. Every word moves into the frame once.
    unsafe {
        let code = code_of(function)?;
        let (positional, wanted) = (count - names.len(), code.arg_count as usize);
        let all = wanted + code.kwonly_arg_count as usize;
        if code.has_flag(flags::VARARGS | flags::VARKEYWORDS)
            || !code.has_flag(flags::OPTIMIZED)
            || positional > wanted
            || all > MOST_PARAMETERS
            || !has_room(c, code)
        {
            return None;
        }
        let first = c.sp.sub(count);
        let mut values = [StackRef::NULL; MOST_PARAMETERS];
        for (index, value) in values.iter_mut().enumerate().take(positional) {
            *value = *first.add(index);
        }
        for (index, name) in names.iter().enumerate() {
            let parameters = &code.localsplus_names[..all];
            let place = parameters
                .iter()
                .position(|parameter| parameter.as_value().is(name))?;
            if place < code.posonly_arg_count as usize || !values[place].is_null() {
                return None;
            }
            values[place] = *first.add(positional + index);
        }
        let view = function.view();
        let payload = view.downcast_unchecked::<Function>();
        let defaults = payload
            .defaults
            .peek()
            .map_or(&[][..], |defaults| defaults.tail());
        let keyword_defaults = payload.keyword_defaults.peek();
        let mut owned = [false; MOST_PARAMETERS];
        for place in 0..all {
            if !values[place].is_null() {
                owned[place] = true;
                continue;
            }
            let default = if place < wanted {
                defaults.get((defaults.len() + place).checked_sub(wanted)?)?
            } else {
                keyword_defaults?.peek_str(&code.localsplus_names[place])?
            };
            values[place] = StackRef(default.bits());
        }
        for place in 0..all {
            if !owned[place] {
                values[place] = duplicate_quick(values[place]);
            }
        }
        c.sp = first;
        let frame = frames::make_frame_of(c, function, code, 0, values.as_ptr().cast(), 0);
        let locals = Frame::locals(frame);
        for (index, value) in values.iter().enumerate().take(all) {
            *locals.add(index) = *value;
        }
        c.sp = c.sp.sub(1 + usize::from(!has_self));
        c.push_word(StackRef(frame as u64));
    }
    Some(())
}

/// The names of keyword arguments, which the compiler made a tuple of.
fn pop_names(c: &mut Cursor) -> PyResult<taipan_objects::value::Ref<Tuple>> {
    match c.pop().into_ref::<Tuple>() {
        Ok(names) => Ok(names),
        Err(_) => bail!(SystemError, "keyword names are a tuple"),
    }
}

/// Whether what is called is neither a function nor a bound method of one.
fn is_no_function(callable: StackRef) -> bool {
    if is_exact::<Function>(callable) {
        return false;
    }
    if !is_exact::<BoundMethod>(callable) {
        return true;
    }
    // SAFETY: the class was seen.
    let function = unsafe {
        callable
            .view()
            .downcast_unchecked::<BoundMethod>()
            .function
            .bits()
    };
    !is_exact::<Function>(StackRef(function))
}

uops! {
    /// Holds if a bound method is called.
    quick CheckCallBoundMethodExactArgs = |c: &mut Cursor, oparg: u32, _: Operands| {
        bound_method(c, oparg as usize).is_some()
    };
    /// Takes the bound method apart.
    both InitCallBoundMethodExactArgs = |c: &mut Cursor, oparg: u32, _: Operands| expand(c, oparg as usize),
        |c: &mut Cursor, oparg: u32, _: Operands| expand_full(c, oparg as usize);
    /// Holds if a bound method of a function of the version of the cache is called.
    quick CheckMethodVersion = |c: &mut Cursor, oparg: u32, [version, ..]: Operands| is_method_of(c, oparg as usize, version);
    /// Takes the bound method apart.
    full ExpandMethod = |c: &mut Cursor, oparg: u32, _: Operands| expand_full(c, oparg as usize);
    /// The frame of a call with any positional arguments.
    both PyFrameGeneral = |c: &mut Cursor, oparg: u32, _: Operands| make_frame_with_defaults(c, oparg as usize),
        |c: &mut Cursor, oparg: u32, _: Operands| make_frame(c, oparg as usize, &[]);
    /// Holds if a function of the version of the cache is called with keywords.
    quick CheckFunctionVersionKw = |c: &mut Cursor, oparg: u32, [version, ..]: Operands| {
        let function = c.word(oparg as usize + 2);
        // SAFETY: a function was seen.
        is_exact::<Function>(function)
            && unsafe { u64::from(function.view().downcast_unchecked::<Function>().version.get()) == version }
    };
    /// Holds if a bound method of a function of the version of the cache is called with keywords.
    quick CheckMethodVersionKw = |c: &mut Cursor, oparg: u32, [version, ..]: Operands| {
        is_method_of(c, oparg as usize + 1, version)
    };
    /// Takes the bound method apart, in front of keyword names.
    full ExpandMethodKw = |c: &mut Cursor, oparg: u32, _: Operands| {
        let names = c.pop_word();
        let flow = expand_full(c, oparg as usize);
        c.push_word(names);
        flow
    };
    /// The frame of a call with keywords.
    full PyFrameKw = |c: &mut Cursor, oparg: u32, _: Operands| {
        // CPython does not look at the limit here; a recursion by keywords alone would end where memory does.
        if !super::frames::may_recurse(c) {
            return Ok(Flow::Miss);
        }
        let names = pop_names(c)?;
        match make_frame_by_names(c, oparg as usize, names.tail()) {
            Some(()) => Ok(Flow::Next),
            None => make_frame(c, oparg as usize, names.tail()),
        }
    };
    /// Holds if what is called has no Python frame.
    quick CheckIsNotPyCallable = |c: &mut Cursor, oparg: u32, _: Operands| is_no_function(c.word(oparg as usize + 1));
    /// Holds if what is called with keywords has no Python frame.
    quick CheckIsNotPyCallableKw = |c: &mut Cursor, oparg: u32, _: Operands| is_no_function(c.word(oparg as usize + 2));
    /// Any call that makes no Python frame.
    full CallNonPyGeneral = |c: &mut Cursor, oparg: u32, _: Operands| {
        crate::bodies::call_native_word(c, oparg as usize)?;
        Ok(Flow::Next)
    };
    /// The same with keywords.
    full CallKwNonPy = |c: &mut Cursor, oparg: u32, _: Operands| {
        let names = pop_names(c)?;
        let given = oparg as usize;
        let count = given + usize::from(!c.word(given).is_null());
        // SAFETY: arguments are not NULL; the slice is used before the stack changes.
        let result = unsafe {
            let values = c.own_top(count);
            protocol::call(&c.peek(given + 1), Args::new(values, names.tail()))?
        };
        c.drop_words(given + 2);
        c.push(result);
        Ok(Flow::Next)
    };
    /// Does what is due between instructions.
    both CheckPeriodic = |_: &mut Cursor, _: u32, _: Operands| EVAL_BREAKER.load(Ordering::Relaxed) == 0,
    |c: &mut Cursor, _: u32, _: Operands| {
        crate::eval::safe_point_if_needed(c)?;
        Ok(Flow::Next)
    };
    /// Holds if the container's class has a `__getitem__` that is a Python function, and pushes it.
    quick BinaryOpSubscrCheckFunc = |c: &mut Cursor, _: u32, _: Operands| {
        let getitem = class_of(c.word(1)).map_or(0, |class| class.special.getitem.get());
        if getitem == 0 {
            return Flow::Miss;
        }
        // The frame takes the container and the key: they are what is on top, so the function stands beside the stack.
        // SAFETY: the cache of the class is valid while it is not empty; what it names is a function.
        let fits = unsafe { frames::code_of(StackRef(getitem)) }.is_some_and(|code| {
            code.is_simple && code.arg_count == 2 && frames::has_room(c, code) && frames::may_recurse(c)
        });
        Flow::from(fits)
    };
    /// The frame of `__getitem__`.
    quick BinaryOpSubscrInitCall = |c: &mut Cursor, _: u32, _: Operands| {
        set_return(c, crate::bodies::BINARY_OP_UNITS);
        make_getitem_frame(c)
    };
}

/// Puts the address of a frame of the container's `__getitem__` in the place of container and key.
#[inline(always)]
pub(crate) fn make_getitem_frame(c: &mut Cursor) -> Flow {
    let getitem = class_of(c.word(1)).map_or(0, |class| class.special.getitem.get());
    replace_by_frame(c, StackRef(getitem), 2)
}
