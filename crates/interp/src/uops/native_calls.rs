//! Calls of builtin functions, methods and classes, by the shape of their code.

use taipan_bytecode::Opcode;
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Type};
use taipan_objects::list::List;
use taipan_objects::native::{MethodDescriptor, NativeCode, NativeFunction};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Value, bits};

use super::{Flow, class_of, is_exact, uops};
use crate::bodies::{close_quick, own_quick, would_die};
use crate::cursor::Cursor;
use crate::frame_stack::StackRef;
use crate::specialize::{is_isinstance, is_len, is_list_append};

/// Puts a call's result in place of callable, receiver and arguments.
#[inline(always)]
fn finish(c: &mut Cursor, given: usize, result: Value) -> PyResult<Flow> {
    c.drop_words(given + 1);
    let callable = c.word(0);
    c.set_word(0, StackRef::from_value(result));
    // SAFETY: the word left the stack.
    unsafe { callable.close() };
    Ok(Flow::Next)
}

/// The arguments of a call, receiver included.
///
/// # Safety
/// The slice is used before the stack changes.
#[inline(always)]
unsafe fn arguments(c: &mut Cursor, given: usize) -> &'static [Value] {
    let count = given + usize::from(!c.word(given).is_null());
    // SAFETY: arguments are not NULL.
    unsafe { c.own_top(count) }
}

/// The builtin function that is called.
#[inline(always)]
fn function(c: &Cursor, given: usize) -> Option<&'static NativeFunction> {
    let callable = c.word(given + 1);
    // SAFETY: the class is seen; the function stays on the stack.
    is_exact::<NativeFunction>(callable).then(|| unsafe {
        &*std::ptr::from_ref(&**callable.view().downcast_unchecked::<NativeFunction>())
    })
}

/// Calls a builtin function whose code `call` knows the shape of.
#[inline(always)]
fn call_function(
    c: &mut Cursor,
    oparg: u32,
    call: impl FnOnce(NativeCode, &Value, &[Value]) -> Option<PyResult<Value>>,
) -> PyResult<Flow> {
    let given = oparg as usize;
    let Some(function) = function(c, given) else {
        return Ok(Flow::Miss);
    };
    let none = std::mem::ManuallyDrop::new(Value::NONE);
    // SAFETY: the stack does not change before the call ends.
    let values = unsafe { arguments(c, given) };
    match call(
        function.def().code,
        function.receiver().unwrap_or(&none),
        values,
    ) {
        Some(result) => finish(c, given, result?),
        None => Ok(Flow::Miss),
    }
}

/// Calls a method of a builtin class whose code `call` knows the shape of.
#[inline(always)]
fn call_method(
    c: &mut Cursor,
    oparg: u32,
    call: impl FnOnce(NativeCode, &Value, &[Value]) -> Option<PyResult<Value>>,
) -> PyResult<Flow> {
    let given = oparg as usize;
    let callable = c.word(given + 1);
    if !is_exact::<MethodDescriptor>(callable) {
        return Ok(Flow::Miss);
    }
    // SAFETY: the class was seen; the method stays on the stack, which does not change before the call ends.
    let (method, values) = unsafe {
        let method =
            &*std::ptr::from_ref(&**callable.view().downcast_unchecked::<MethodDescriptor>());
        (method, arguments(c, given))
    };
    let [receiver, rest @ ..] = values else {
        return Ok(Flow::Miss);
    };
    if !method.applies_to(receiver) {
        return Ok(Flow::Miss);
    }
    match call(method.def().code, receiver, rest) {
        Some(result) => finish(c, given, result?),
        None => Ok(Flow::Miss),
    }
}

/// The class that is called with one argument and no receiver, if it is `T`'s.
fn is_class_of<T: Payload>(c: &Cursor) -> bool {
    c.word(2).value_bits() == T::class().as_value().bits()
}

/// The length of a container whose class knows it without a call.
#[inline(always)]
fn len_quick(word: StackRef) -> Option<usize> {
    // SAFETY: the classes are seen.
    unsafe {
        if is_exact::<List>(word) {
            return Some(word.view().downcast_unchecked::<List>().len());
        }
        if is_exact::<Tuple>(word) {
            return Some(word.view().downcast_unchecked::<Tuple>().len());
        }
        if is_exact::<Str>(word) {
            return Some(word.view().downcast_unchecked::<Str>().len());
        }
        if is_exact::<taipan_objects::dict::Dict>(word) {
            return Some(
                word.view()
                    .downcast_unchecked::<taipan_objects::dict::Dict>()
                    .len(),
            );
        }
    }
    None
}

/// Whether the answer of the running call is dropped by the next instruction.
#[inline(always)]
fn is_answer_dropped(c: &Cursor) -> bool {
    c.next_unit() as u8 == Opcode::PopTop as u8
}

/// Whether `append` of a list is called.
#[inline(always)]
fn is_append(c: &Cursor) -> bool {
    is_list_append(c.word(2)) && !c.word(1).is_null() && is_exact::<List>(c.word(1))
}

/// `list.append(value)` without an answer, where nothing dies and the list has room.
#[inline(always)]
pub(crate) fn append_quick(c: &mut Cursor) -> Flow {
    let (callable, list, item) = (c.word(2), c.word(1), c.word(0));
    if !is_append(c) || would_die(callable) || would_die(list) {
        return Flow::Miss;
    }
    // SAFETY: the class was seen; the item moves into the list.
    unsafe {
        let view = list.view();
        let target = view.downcast_unchecked::<List>();
        if !target.has_room() {
            return Flow::Miss;
        }
        let item = own_quick(item);
        std::mem::forget(target.push_within(Value::from_bits(item.0)));
    }
    close_quick(list);
    close_quick(callable);
    c.pop_word();
    c.pop_word();
    c.pop_word();
    Flow::Next
}

/// `list.append(value)` without an answer.
pub(crate) fn append_full(c: &mut Cursor) -> PyResult<Flow> {
    if !is_append(c) {
        return Ok(Flow::Miss);
    }
    let value = c.pop();
    // SAFETY: the class was seen.
    unsafe { c.peek(0).downcast_unchecked::<List>().push(value)? };
    let list = c.pop_word();
    let callable = c.pop_word();
    // SAFETY: the words left the stack.
    unsafe {
        list.close();
        callable.close();
    }
    Ok(Flow::Next)
}

uops! {
    /// Holds if `type` is called.
    quick GuardCallableType1 = |c: &mut Cursor, _: u32, _: Operands| is_class_of::<Type>(c);
    /// Holds if `str` is called.
    quick GuardCallableStr1 = |c: &mut Cursor, _: u32, _: Operands| is_class_of::<Str>(c);
    /// Holds if `tuple` is called.
    quick GuardCallableTuple1 = |c: &mut Cursor, _: u32, _: Operands| is_class_of::<Tuple>(c);
    /// Holds if `len` is called.
    quick GuardCallableLen = |c: &mut Cursor, _: u32, _: Operands| is_len(c.word(2));
    /// `type(value)`.
    full CallType1 = |c: &mut Cursor, _: u32, _: Operands| {
        let class = c.peek(0).class().to_value();
        finish(c, 1, class)
    };
    /// `str(value)`.
    full CallStr1 = |c: &mut Cursor, _: u32, _: Operands| {
        let text = protocol::str(&c.peek(0))?;
        finish(c, 1, text.into_value())
    };
    /// `tuple(value)`.
    full CallTuple1 = |c: &mut Cursor, _: u32, _: Operands| {
        let tuple = {
            let value = c.peek(0);
            match value.downcast_exact::<Tuple>() {
                Some(tuple) => tuple.to_value(),
                None => Tuple::new(protocol::collect(&value)?).into_value(),
            }
        };
        finish(c, 1, tuple)
    };
    /// `len(value)`.
    both CallLen = |c: &mut Cursor, _: u32, _: Operands| {
        let (callable, value) = (c.word(2), c.word(0));
        if would_die(value) || would_die(callable) {
            return Flow::Miss;
        }
        let Some(len) = len_quick(value) else {
            return Flow::Miss;
        };
        close_quick(value);
        close_quick(callable);
        c.pop_word();
        c.pop_word();
        c.set_word(0, StackRef(bits::from_small_int(len as i64)));
        Flow::Next
    }, |c: &mut Cursor, _: u32, _: Operands| {
        let len = protocol::len(&c.peek(0))?;
        finish(c, 1, taipan_objects::int::from_usize(len))
    };
    /// A call of a builtin class.
    full CallBuiltinClass = |c: &mut Cursor, oparg: u32, _: Operands| {
        let given = oparg as usize;
        if class_of(c.word(given + 1)).is_none() {
            return Ok(Flow::Miss);
        }
        let callable = c.peek(given + 1);
        if callable.downcast::<Type>().is_none() {
            return Ok(Flow::Miss);
        }
        // SAFETY: the stack does not change before the call ends.
        let result = unsafe { protocol::call(&callable, Args::positional_only(arguments(c, given)))? };
        finish(c, given, result)
    };
    /// A builtin function of one argument.
    full CallBuiltinO = |c: &mut Cursor, oparg: u32, _: Operands| {
        call_function(c, oparg, |code, receiver, values| match (code, values) {
            (NativeCode::One(code), [argument]) => Some(code(receiver, argument)),
            _ => None,
        })
    };
    /// A builtin function of positional arguments.
    full CallBuiltinFast = |c: &mut Cursor, oparg: u32, _: Operands| {
        call_function(c, oparg, |code, receiver, values| match code {
            NativeCode::Positional(code) => Some(code(receiver, values)),
            _ => None,
        })
    };
    /// A builtin function that could take keywords.
    full CallBuiltinFastWithKeywords = |c: &mut Cursor, oparg: u32, _: Operands| {
        call_function(c, oparg, |code, receiver, values| match code {
            NativeCode::Keywords(code) => Some(code(receiver, Args::positional_only(values))),
            _ => None,
        })
    };
    /// `isinstance(value, class)`.
    full CallIsinstance = |c: &mut Cursor, oparg: u32, _: Operands| {
        let given = oparg as usize;
        if !is_isinstance(c.word(given + 1)) {
            return Ok(Flow::Miss);
        }
        // SAFETY: the stack does not change before the call ends.
        let [value, class] = (unsafe { arguments(c, given) }) else {
            return Ok(Flow::Miss);
        };
        let holds = protocol::is_instance(value, class)?;
        finish(c, given, Value::from_bool(holds))
    };
    /// `list.append(value)` whose answer nobody wants: the POP_TOP behind it is done, too.
    both CallListAppend = |c: &mut Cursor, _: u32, _: Operands| {
        if !is_answer_dropped(c) || append_quick(c) != Flow::Next {
            return Flow::Miss;
        }
        c.jump_forward(1);
        Flow::Next
    }, |c: &mut Cursor, _: u32, _: Operands| {
        if !is_answer_dropped(c) || append_full(c)? != Flow::Next {
            return Ok(Flow::Miss);
        }
        c.jump_forward(1);
        Ok(Flow::Next)
    };
    /// A method of a builtin class, of one argument.
    full CallMethodDescriptorO = |c: &mut Cursor, oparg: u32, _: Operands| {
        call_method(c, oparg, |code, receiver, values| match (code, values) {
            (NativeCode::One(code), [argument]) => Some(code(receiver, argument)),
            _ => None,
        })
    };
    /// A method of a builtin class, of positional arguments.
    full CallMethodDescriptorFast = |c: &mut Cursor, oparg: u32, _: Operands| {
        call_method(c, oparg, |code, receiver, values| match code {
            NativeCode::Positional(code) => Some(code(receiver, values)),
            _ => None,
        })
    };
    /// A method of a builtin class that could take keywords.
    full CallMethodDescriptorFastWithKeywords = |c: &mut Cursor, oparg: u32, _: Operands| {
        call_method(c, oparg, |code, receiver, values| match code {
            NativeCode::Keywords(code) => Some(code(receiver, Args::positional_only(values))),
            _ => None,
        })
    };
    /// A method of a builtin class without arguments.
    full CallMethodDescriptorNoargs = |c: &mut Cursor, oparg: u32, _: Operands| {
        call_method(c, oparg, |code, receiver, values| match (code, values) {
            (NativeCode::NoArgs(code), []) => Some(code(receiver)),
            _ => None,
        })
    };
}
