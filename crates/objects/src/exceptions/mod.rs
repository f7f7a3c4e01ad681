//! The builtin exceptions, and how Rust code raises, makes, matches and describes them.
//!
//! Raising links an exception to the one being handled (`__context__`), without ever making a cycle of contexts; making
//! one from a class calls the class, so that Python subclasses run their own `__init__`. An exception whose class is a
//! plain builtin is built directly, because that is what native code raises.

pub(crate) mod base;
pub mod group;
mod kinds;
pub mod os_error;
pub(crate) mod payload;
mod simple;
mod syntax;
pub mod unicode;

pub use base::BaseException;
pub use group::ExceptionGroup;
pub use kinds::{ExceptionKind, init_classes};
pub use os_error::{OsError, last_os_error, os_error, raise_errno};
pub use simple::{AttributeError, ImportError, NameError, StopIteration, SystemExit};
pub use syntax::SyntaxError;
pub use unicode::UnicodeError;

use crate::args::Args;
use crate::class::{ClassFlags, Payload, Type};
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{heap, protocol, thread};

/// Raises `kind(message)`, in the context of the exception being handled.
#[cold]
pub fn raise_message(kind: ExceptionKind, message: String) -> Raised {
    raise_args(kind.class(), vec![Str::new(&message).into_value()])
}

/// Raises `class(*args)`, in the context of the exception being handled. If the class cannot be instantiated, what that
/// raised is raised instead.
#[cold]
pub fn raise_args(class: &Ref<Type>, args: Vec<Value>) -> Raised {
    match instantiate(class, args) {
        Ok(exception) => raise(exception),
        Err(raised) => raised,
    }
}

/// Raises an exception object: links it to the exception being handled.
pub fn raise(exception: Ref<BaseException>) -> Raised {
    link_context(&exception, thread::handled_exception().map(Ref::into_value));
    Raised::from_exception(exception)
}

/// Makes `handled` the context of `exception`, unless they are the same. A context chain that already leads from
/// `handled` to `exception` is cut there, so that no cycle arises.
pub fn link_context(exception: &Ref<BaseException>, handled: Option<Value>) {
    let Some(handled) = handled else { return };
    if handled.is(exception.as_value()) {
        return;
    }
    let next = |value: &Value| {
        value
            .downcast::<BaseException>()
            .and_then(|exception| exception.context())
    };
    let mut current = handled.clone();
    // The hare walks twice as fast as the tortoise: a cycle made by Python code must not hang the walk.
    let mut tortoise = handled.clone();
    let mut tortoise_moves = false;
    while let Some(context) = next(&current) {
        if context.is(exception.as_value()) {
            if let Some(current) = current.downcast::<BaseException>() {
                current.set_context(None);
            }
            break;
        }
        current = context;
        if current.is(&tortoise) {
            break;
        }
        if tortoise_moves && let Some(slow) = next(&tortoise) {
            tortoise = slow;
        }
        tortoise_moves = !tortoise_moves;
    }
    exception.set_context(Some(handled));
}

/// Whether a class is a subclass of `BaseException`.
pub fn is_exception_class(value: &Value) -> bool {
    value
        .downcast::<Type>()
        .is_some_and(|class| class.has(ClassFlags::EXCEPTION))
}

/// `class(*args)`, where the class must be an exception class and must answer an exception.
fn instantiate(class: &Ref<Type>, args: Vec<Value>) -> PyResult<Ref<BaseException>> {
    if !class.is_heap() && std::ptr::eq(class.layout(), BaseException::layout()) {
        return Ok(heap::new_object(
            class,
            BaseException::with_args(Tuple::new(args)),
        ));
    }
    if let Some(exception) = quickly(class, &args)? {
        return Ok(exception);
    }
    let made = protocol::call(class.as_value(), Args::positional_only(&args))?;
    made.into_ref::<BaseException>()
        .map_err(|other| not_an_exception(class.as_value(), &other))
}

/// What the call of a builtin class does, without the way through `type.__call__`.
fn quickly(class: &Ref<Type>, args: &[Value]) -> PyResult<Option<Ref<BaseException>>> {
    let (Some(new), Some(init)) = (class.slots.new.get(), class.slots.init.get()) else {
        return Ok(None);
    };
    if class.is_heap() {
        return Ok(None);
    }
    let args = Args::positional_only(args);
    let made = new(class, args)?;
    let Ok(exception) = made.into_ref::<BaseException>() else {
        return Ok(None);
    };
    init(exception.as_value(), args)?;
    Ok(Some(exception))
}

#[cold]
fn not_an_exception(class: &Value, made: &Value) -> Raised {
    match (
        protocol::repr(class),
        protocol::repr(made.class().as_value()),
    ) {
        (Ok(class), Ok(made)) => exc!(
            TypeError,
            "calling {} should have returned an instance of BaseException, not {}",
            class.to_display(),
            made.to_display()
        ),
        (Err(raised), _) | (_, Err(raised)) => raised,
    }
}

/// The exception that `raise class_or_instance` raises, context not yet linked. A class is called: without arguments, or
/// with `arg` (a tuple is all arguments, `None` is none, an instance of the class is the exception itself).
pub fn make(class_or_instance: &Value, arg: Option<&Value>) -> PyResult<Ref<BaseException>> {
    if let Some(exception) = class_or_instance.downcast::<BaseException>() {
        return Ok(exception.clone());
    }
    let Some(class) = class_or_instance
        .downcast::<Type>()
        .filter(|class| class.has(ClassFlags::EXCEPTION))
    else {
        return Err(exc!(TypeError, "exceptions must derive from BaseException"));
    };
    let args = match arg {
        None => Vec::new(),
        Some(none) if none.is_none() => Vec::new(),
        Some(arg) => {
            if let Some(exception) = arg.downcast::<BaseException>()
                && exception.class().is_subclass(class)
            {
                return Ok(exception.clone());
            }
            match arg.downcast::<Tuple>() {
                Some(tuple) => tuple.tail().to_vec(),
                None => vec![arg.clone()],
            }
        }
    };
    instantiate(class, args)
}

/// What `raise … from cause` sets as the cause: nothing for `None`, an exception, or an instance of an exception class.
pub fn make_cause(cause: &Value) -> PyResult<Option<Value>> {
    if cause.is_none() {
        return Ok(None);
    }
    if cause.downcast::<BaseException>().is_some() {
        return Ok(Some(cause.clone()));
    }
    if !is_exception_class(cause) {
        return Err(exc!(
            TypeError,
            "exception causes must derive from BaseException"
        ));
    }
    Ok(Some(make(cause, None)?.into_value()))
}

/// The result that a StopIteration carries.
pub fn stop_value(raised: &Raised) -> Value {
    raised
        .exception()
        .as_value()
        .downcast::<StopIteration>()
        .map_or(Value::NONE, |stop| stop.value())
}

/// Raises StopIteration with a result: the end of a generator.
#[cold]
pub fn stop_iteration(value: Value) -> Raised {
    let args = if value.is_none() {
        Vec::new()
    } else {
        vec![value]
    };
    raise_args(ExceptionKind::StopIteration.class(), args)
}

/// Raises AttributeError for an attribute that `object` lacks; a traceback suggests similar names from it.
#[cold]
pub fn attribute_error(object: &Value, name: &Ref<Str>, message: String) -> Raised {
    let raised = raise_message(ExceptionKind::AttributeError, message);
    if let Some(error) = raised.exception().as_value().downcast::<AttributeError>() {
        error.set_place(object.clone(), name.to_value());
    }
    raised
}

/// Raises NameError (or a subclass) for a name that is not bound; a traceback suggests similar names.
#[cold]
pub fn name_error(kind: ExceptionKind, name: &Ref<Str>, message: String) -> Raised {
    let raised = raise_message(kind, message);
    if let Some(error) = raised.exception().as_value().downcast::<NameError>() {
        error.set_name(name.to_value());
    }
    raised
}

/// Raises ImportError (or a subclass) about a module.
#[cold]
pub fn import_error(
    kind: ExceptionKind,
    message: String,
    name: Option<Value>,
    path: Option<Value>,
) -> Raised {
    let raised = raise_message(kind, message);
    if let Some(error) = raised.exception().as_value().downcast::<ImportError>() {
        error.name.set(name);
        error.path.set(path);
    }
    raised
}

/// Raises `KeyError(key)`.
#[cold]
pub fn key_error(key: &Value) -> Raised {
    raise_args(ExceptionKind::KeyError.class(), vec![key.clone()])
}

/// Whether an `except` clause with `class_or_tuple` catches the exception (or exception class). Subclass hooks are not
/// asked.
pub fn matches(exception: &Value, class_or_tuple: &Value) -> PyResult<bool> {
    if is_exception_class(class_or_tuple) {
        return Ok(matches_class(exception, class_or_tuple));
    }
    match class_or_tuple.downcast::<Tuple>() {
        Some(tuple) if tuple.tail().iter().all(is_exception_class) => Ok(tuple
            .tail()
            .iter()
            .any(|class| matches_class(exception, class))),
        _ => Err(exc!(
            TypeError,
            "catching classes that do not inherit from BaseException is not allowed"
        )),
    }
}

fn matches_class(exception: &Value, class: &Value) -> bool {
    let Some(class) = class.downcast::<Type>() else {
        return false;
    };
    match exception.downcast::<Type>() {
        Some(raised) => raised.is_subclass(class),
        None => exception.class().is_subclass(class),
    }
}

/// Adds a note, which a traceback shows below the message. An exception that refuses the note stays without.
pub fn add_note(exception: &Ref<BaseException>, note: &str) {
    drop(base::append_note(exception, &Str::new(note)));
}

/// `Class: message`, as the last line of a traceback shows it; for messages of the runtime itself.
pub fn describe(exception: &Ref<BaseException>) -> String {
    let name = exception.class().display_name();
    match protocol::str(exception.as_value()) {
        Ok(text) if text.is_empty() => name,
        Ok(text) => format!("{name}: {}", text.to_display()),
        Err(_) => format!("{name}: <exception str() failed>"),
    }
}

/// A new class of exceptions for a native module: a subclass of `base` that Python code could have made.
pub fn new_exception_class(module: &str, name: &str, base: &Ref<Type>) -> PyResult<Ref<Type>> {
    let namespace = crate::dict::Dict::new();
    namespace.set_str(crate::id!("__module__"), Str::intern(module).into_value());
    let bases = Tuple::new(vec![base.to_value()]);
    crate::class::new_class(
        base.class(),
        &Str::intern(name),
        &bases,
        &namespace,
        Args::EMPTY,
    )
}
