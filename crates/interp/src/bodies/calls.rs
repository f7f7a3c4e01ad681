//! Calls, functions, intrinsics.

use std::sync::atomic::Ordering;

use taipan_bytecode::{FunctionAttribute, Intrinsic1, Intrinsic2};
use taipan_objects::args::Args;
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, BaseException, ExceptionKind};
use taipan_objects::native::{MethodDescriptor, NativeCode, NativeFunction};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime::EVAL_BREAKER;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Value, bits};
use taipan_objects::{bail, id};

use crate::call::new_frame;
use crate::code::Code;
use crate::cursor::{Cursor, Step};
use crate::frame_stack::{Frame, StackRef, frame_words};
use crate::function::Function;

/// Code units of CALL with its cache: where the caller goes on.
pub(crate) const CALL_UNITS: u16 = 1 + taipan_bytecode::Opcode::Call.cache_units() as u16;

/// A call of a Python function with exactly its positional parameters: the arguments become the locals of a new frame.
#[inline(always)]
pub(crate) fn call(c: &mut Cursor, oparg: u32) -> bool {
    let given = oparg as usize;
    let callable = c.word(given + 1);
    if !bits::is_pointer(callable.0) || callable.is_null() {
        return false;
    }
    // SAFETY: the callable stays on the stack until it moves into the new frame; nothing here runs foreign code.
    unsafe {
        let view = callable.view();
        let Some(function) = view.downcast_exact::<Function>() else {
            return false;
        };
        let Some(code) = function.code.peek() else {
            return false;
        };
        let receiver = c.word(given);
        let count = given + usize::from(!receiver.is_null());
        let engine = &mut *c.engine;
        let depth = engine.thread.depth.get() + 1;
        let words = frame_words(code);
        let room = engine.limit.offset_from(engine.top) as usize >= words;
        if !code.is_simple
            || code.arg_count as usize != count
            || !room
            || depth > taipan_objects::thread::unchecked_depth()
            || EVAL_BREAKER.load(Ordering::Relaxed) != 0
        {
            return false;
        }
        let frame = engine.reserve(words);
        let first = if receiver.is_null() {
            c.sp.sub(given)
        } else {
            c.sp.sub(given + 1)
        };
        crate::call::move_words(first, Frame::locals(frame), count);
        crate::call::initialize_frame_quick(frame, callable, code, count);
        let caller = c.frame;
        (*caller).ip = c.ip.sub(CALL_UNITS as usize);
        (*caller).return_offset = CALL_UNITS;
        (*caller).sp = c.sp.sub(given + 2);
        (*frame).previous = caller;
        engine.current = frame;
        engine.thread.depth.set(depth);
        c.frame = frame;
        c.ip = (*frame).ip;
        c.sp = (*frame).sp;
    }
    true
}

pub(crate) fn call_full(c: &mut Cursor, oparg: u32) -> Step {
    let given = oparg as usize;
    // A bound method is taken apart, so that its function gets the receiver as the first argument.
    if c.word(given).is_null() {
        let callable = c.peek(given + 1);
        if let Some(method) = callable.downcast_exact::<BoundMethod>() {
            let (function, receiver) = (method.function.clone(), method.receiver.clone());
            let word = c.word(given + 1);
            c.set_word(given + 1, StackRef::from_value(function));
            c.set_word(given, StackRef::from_value(receiver));
            // SAFETY: the word left the stack.
            unsafe { word.close() };
        }
    }
    let receiver = c.word(given);
    let count = given + usize::from(!receiver.is_null());
    let is_function = c.peek(given + 1).downcast_exact::<Function>().is_some();
    if is_function {
        let function = c
            .peek(given + 1)
            .downcast_exact::<Function>()
            .cloned()
            .expect("checked above");
        // SAFETY: arguments are not NULL; they stay on the stack while the frame is made.
        let values = unsafe { c.own_top(count) };
        let engine = c.engine;
        // SAFETY: the engine outlives the loop.
        let frame = new_frame(
            unsafe { &mut *engine },
            &function,
            Args::positional_only(values),
        )?;
        c.drop_words(given + 2);
        return enter(c, frame, CALL_UNITS);
    }
    call_native_word(c, given)?;
    crate::eval::safe_point_if_needed(c)
}

/// Calls what is not a Python function and puts the result in place of the call.
pub(crate) fn call_native_word(c: &mut Cursor, given: usize) -> Step {
    let count = given + usize::from(!c.word(given).is_null());
    // SAFETY: arguments are not NULL; the slice is used before the stack changes.
    let values = unsafe { c.own_top(count) };
    let result = call_value(&c.peek(given + 1), values)?;
    c.drop_words(given + 1);
    let callable = c.word(0);
    c.set_word(0, StackRef::from_value(result));
    // SAFETY: the word left the stack.
    unsafe { callable.close() };
    Ok(())
}

/// Calls anything but a Python function, with the shortest way for builtin functions.
#[inline]
fn call_value(callable: &Value, values: &[Value]) -> PyResult<Value> {
    if let Some(function) = callable.downcast_exact::<NativeFunction>() {
        let none = std::mem::ManuallyDrop::new(Value::NONE);
        let receiver = function.receiver().unwrap_or(&none);
        match (function.def().code, values) {
            (NativeCode::One(code), [argument]) => return code(receiver, argument),
            (NativeCode::Positional(code), _) => return code(receiver, values),
            (NativeCode::NoArgs(code), []) => return code(receiver),
            (NativeCode::Keywords(code), _) => {
                return code(receiver, Args::positional_only(values));
            }
            _ => {}
        }
    } else if let Some(method) = callable.downcast_exact::<MethodDescriptor>()
        && let [receiver, rest @ ..] = values
        && method.applies_to(receiver)
    {
        match (method.def().code, rest) {
            (NativeCode::One(code), [argument]) => return code(receiver, argument),
            (NativeCode::Positional(code), _) => return code(receiver, rest),
            (NativeCode::NoArgs(code), []) => return code(receiver),
            (NativeCode::Keywords(code), _) => return code(receiver, Args::positional_only(rest)),
            _ => {}
        }
    }
    protocol::call(callable, Args::positional_only(values))
}

/// Makes a new frame the running one; the caller goes on `units` behind its current instruction.
pub(crate) fn enter(c: &mut Cursor, frame: *mut Frame, units: u16) -> Step {
    let caller = c.frame;
    // SAFETY: both frames are live.
    unsafe {
        (*caller).sp = c.sp;
        (*caller).return_offset = units;
        if let Err(raised) = crate::eval::push_frame(&mut *c.engine, frame) {
            crate::frame_stack::clear_frame(frame, (*frame).sp);
            (*c.engine).give_back(frame);
            return Err(raised);
        }
        c.frame = frame;
        c.ip = (*frame).ip;
        c.sp = (*frame).sp;
    }
    Ok(())
}

const CALL_KW_UNITS: u16 = 1 + taipan_bytecode::Opcode::CallKw.cache_units() as u16;

pub(crate) fn call_kw(c: &mut Cursor, oparg: u32) -> Step {
    let names = c.pop();
    let Some(names) = names.downcast::<Tuple>() else {
        bail!(SystemError, "keyword names are a tuple")
    };
    let given = oparg as usize;
    if c.word(given).is_null()
        && let Some(method) = c.peek(given + 1).downcast_exact::<BoundMethod>()
    {
        let (function, receiver) = (method.function.clone(), method.receiver.clone());
        let word = c.word(given + 1);
        c.set_word(given + 1, StackRef::from_value(function));
        c.set_word(given, StackRef::from_value(receiver));
        // SAFETY: the word left the stack.
        unsafe { word.close() };
    }
    let count = given + usize::from(!c.word(given).is_null());
    // SAFETY: arguments are not NULL; the slice is used before the stack changes.
    let values = unsafe { c.own_top(count) };
    let args = Args::new(values, names.tail());
    let callable = c.peek(given + 1).clone();
    if let Some(function) = callable.downcast_exact::<Function>() {
        let engine = c.engine;
        // SAFETY: the engine outlives the loop.
        let frame = new_frame(unsafe { &mut *engine }, function, args)?;
        c.drop_words(given + 2);
        return enter(c, frame, CALL_KW_UNITS);
    }
    let result = protocol::call(&callable, args)?;
    c.drop_words(given + 2);
    c.push(result);
    crate::eval::safe_point_if_needed(c)
}

/// The items behind the star of a call.
pub(crate) fn starred_arguments(callable: &Value, arguments: &Value) -> PyResult<Vec<Value>> {
    protocol::collect_or(arguments, || {
        let text = super::containers::function_text(callable).unwrap_or_default();
        format!(
            "{text} argument after * must be an iterable, not {}",
            arguments.class().name()
        )
    })
}

pub(crate) fn call_function_ex(c: &mut Cursor, _oparg: u32) -> Step {
    let keywords = c.pop_option();
    let arguments = c.pop();
    let receiver = c.pop_option();
    let callable = c.pop();
    let has_keywords = keywords.as_ref().is_some_and(|keywords| {
        !keywords
            .downcast_exact::<Dict>()
            .is_some_and(|dict| dict.is_empty())
    });
    if receiver.is_none()
        && !has_keywords
        && let Some(tuple) = arguments.downcast_exact::<Tuple>()
    {
        return call_or_enter(c, &callable, Args::positional_only(tuple.tail()));
    }
    let mut values = Vec::new();
    values.extend(receiver);
    match arguments.downcast_exact::<Tuple>() {
        Some(tuple) => values.extend_from_slice(tuple.tail()),
        None => values.extend(starred_arguments(&callable, &arguments)?),
    }
    let mut names = Vec::new();
    if let Some(keywords) = &keywords {
        let dict = match keywords.downcast_exact::<Dict>() {
            Some(dict) => dict.clone(),
            None => {
                let dict = Dict::new();
                dict.merge_mapping(keywords, taipan_objects::dict::Existing::Replace)?;
                dict
            }
        };
        for (name, value) in dict.iter_snapshot() {
            if name.downcast::<Str>().is_none() {
                bail!(TypeError, "keywords must be strings");
            }
            names.push(name);
            values.push(value);
        }
    }
    call_or_enter(c, &callable, Args::new(&values, &names))
}

/// Calls what CALL_FUNCTION_EX calls: functions in the same loop.
fn call_or_enter(c: &mut Cursor, callable: &Value, args: Args<'_>) -> Step {
    if let Some(function) = callable.downcast_exact::<Function>() {
        let engine = c.engine;
        // SAFETY: the engine outlives the loop.
        let frame = new_frame(unsafe { &mut *engine }, function, args)?;
        return enter(c, frame, 1);
    }
    let result = protocol::call(callable, args)?;
    c.push(result);
    crate::eval::safe_point_if_needed(c)
}

pub(crate) fn make_function(c: &mut Cursor, _oparg: u32) -> Step {
    let code = c.pop();
    let Ok(code) = code.into_ref::<Code>() else {
        bail!(SystemError, "a function is made of code")
    };
    let globals = c.frame().globals().clone();
    let builtins = c.frame().builtins().clone();
    let version = code.version_tag();
    let function = Function::with_builtins(code, globals, builtins);
    // Functions of the same code are alike to guards until something of one is replaced.
    function.version.set(version);
    c.push(function.into_value());
    Ok(())
}

pub(crate) fn set_function_attribute(c: &mut Cursor, oparg: u32) -> Step {
    let function = c.pop();
    let value = c.pop();
    let Some(target) = function.downcast_exact::<Function>() else {
        bail!(SystemError, "an attribute for what is no function")
    };
    match FunctionAttribute::from_number(oparg) {
        Some(FunctionAttribute::Defaults) => target.defaults.set(value.into_ref::<Tuple>().ok()),
        Some(FunctionAttribute::KwDefaults) => {
            target.keyword_defaults.set(value.into_ref::<Dict>().ok())
        }
        Some(FunctionAttribute::Annotations) => target.annotations.set(Some(value)),
        Some(FunctionAttribute::Closure) => target.closure.set(value.into_ref::<Tuple>().ok()),
        Some(FunctionAttribute::Annotate) => target.annotate.set(Some(value)),
        _ => bail!(SystemError, "bad function attribute number {oparg}"),
    }
    c.push(function);
    Ok(())
}

pub(crate) fn exit_init_check(c: &mut Cursor, _oparg: u32) -> Step {
    crate::eval::check_init_answer(&c.pop())
}

pub(crate) fn call_intrinsic_1(c: &mut Cursor, oparg: u32) -> Step {
    let value = c.pop();
    let result = match Intrinsic1::from_number(oparg) {
        Some(Intrinsic1::Print) => print_expression(&value)?,
        Some(Intrinsic1::ImportStar) => import_star(c, &value)?,
        Some(Intrinsic1::StopIterationError) => stop_iteration_error(c, value)?,
        Some(Intrinsic1::AsyncGenWrap) => crate::generator::wrap_async_value(value),
        Some(Intrinsic1::UnaryPositive) => protocol::positive(&value)?,
        Some(Intrinsic1::ListToTuple) => Tuple::new(protocol::collect(&value)?).into_value(),
        Some(Intrinsic1::TypeVar) => crate::typing::type_var(value, None, None)?,
        Some(Intrinsic1::ParamSpec) => crate::typing::param_spec(value)?,
        Some(Intrinsic1::TypeVarTuple) => crate::typing::type_var_tuple(value)?,
        Some(Intrinsic1::SubscriptGeneric) => crate::typing::subscript_generic(value)?,
        Some(Intrinsic1::TypeAlias) => crate::typing::type_alias(value)?,
        _ => bail!(SystemError, "bad intrinsic number {oparg}"),
    };
    c.push(result);
    Ok(())
}

pub(crate) fn call_intrinsic_2(c: &mut Cursor, oparg: u32) -> Step {
    let second = c.pop();
    let first = c.pop();
    let result = match Intrinsic2::from_number(oparg) {
        Some(Intrinsic2::PrepReraiseStar) => {
            exceptions::group::prep_reraise_star(&first, &protocol::collect(&second)?)?
                .unwrap_or(Value::NONE)
        }
        Some(Intrinsic2::TypeVarWithBound) => crate::typing::type_var(first, Some(second), None)?,
        Some(Intrinsic2::TypeVarWithConstraints) => {
            crate::typing::type_var(first, None, Some(second))?
        }
        Some(Intrinsic2::SetFunctionTypeParams) => {
            if let Some(function) = first.downcast_exact::<Function>() {
                function.type_params.set(Some(second));
            }
            first
        }
        Some(Intrinsic2::SetTypeParamDefault) => crate::typing::set_default(first, second)?,
        _ => bail!(SystemError, "bad intrinsic number {oparg}"),
    };
    c.push(result);
    Ok(())
}

/// The value of an expression statement at the prompt goes to `sys.displayhook`.
fn print_expression(value: &Value) -> PyResult<Value> {
    let sys = taipan_objects::runtime::import_module("sys")?;
    match protocol::getattr_optional(&sys, id!("displayhook"))? {
        Some(hook) => protocol::call1(&hook, value),
        None => bail!(RuntimeError, "lost sys.displayhook"),
    }
}

/// `from module import *`.
fn import_star(c: &Cursor, module: &Value) -> PyResult<Value> {
    let Some(namespace) = c.frame().namespace() else {
        bail!(ImportError, "no locals found during 'import *'")
    };
    let (names, skip_private) = match protocol::getattr_optional(module, id!("__all__"))? {
        Some(all) => (protocol::collect(&all)?, false),
        None => {
            let Some(dict) = protocol::getattr_optional(module, id!("__dict__"))? else {
                bail!(
                    ImportError,
                    "from-import-* object has no __dict__ and no __all__"
                );
            };
            (
                protocol::collect(&protocol::call_method(&dict, id!("keys"), &[])?)?,
                true,
            )
        }
    };
    for name in names {
        let Some(name) = name.downcast::<Str>() else {
            let module_name = protocol::getattr(module, id!("__name__"))?;
            let place = if skip_private { "__dict__" } else { "__all__" };
            let item = if skip_private { "Key" } else { "Item" };
            bail!(
                TypeError,
                "{item} in {}.{place} must be str, not {}",
                protocol::str(&module_name)?.to_display(),
                name.class().name()
            );
        };
        if skip_private && name.starts_with("_") {
            continue;
        }
        let value = protocol::getattr(module, name)?;
        protocol::setitem(&namespace, name.as_value(), &value)?;
    }
    Ok(Value::NONE)
}

/// A StopIteration that would leave a generator becomes a RuntimeError (PEP 479).
fn stop_iteration_error(c: &Cursor, exception: Value) -> PyResult<Value> {
    use taipan_compiler::flags;
    let Some(raised) = exception.downcast::<BaseException>() else {
        return Ok(exception);
    };
    let class = raised.class();
    let code = c.frame().code();
    let message = if class.is_subclass(ExceptionKind::StopIteration.class()) {
        if code.has_flag(flags::ASYNC_GENERATOR) {
            "async generator raised StopIteration"
        } else if code.has_flag(flags::COROUTINE) {
            "coroutine raised StopIteration"
        } else {
            "generator raised StopIteration"
        }
    } else if code.has_flag(flags::ASYNC_GENERATOR)
        && class.is_subclass(ExceptionKind::StopAsyncIteration.class())
    {
        "async generator raised StopAsyncIteration"
    } else {
        return Ok(exception);
    };
    let error =
        exceptions::raise_message(ExceptionKind::RuntimeError, message.to_owned()).into_exception();
    error.set_cause(Some(exception.clone()));
    error.set_context(Some(exception));
    Ok(error.into_value())
}
