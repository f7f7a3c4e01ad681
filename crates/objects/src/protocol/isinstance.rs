//! `isinstance` and `issubclass`.

use crate::class::{Payload, Type};
use crate::id;
use crate::protocol::{call_bound, getattr_optional, is_true, uses_generic_getattr};
use crate::raised::PyResult;
use crate::thread;
use crate::tuple::Tuple;
use crate::value::Value;

/// `isinstance(value, class)`.
pub fn is_instance(value: &Value, class: &Value) -> PyResult<bool> {
    if value.class().as_value().is(class) {
        return Ok(true);
    }
    if class.class().is(Type::class()) {
        return default_is_instance(value, class);
    }
    if let Some(parts) = crate::union::union_args(class) {
        return any(&parts, |part| is_instance(value, part));
    }
    if let Some(classes) = class.downcast::<Tuple>() {
        return thread::with_recursion(" in __instancecheck__", || {
            any(classes.tail(), |class| is_instance(value, class))
        });
    }
    if let Some(check) = class.class().lookup(id!("__instancecheck__")) {
        let answer = thread::with_recursion(" in __instancecheck__", || {
            call_bound(&check, class, std::slice::from_ref(value))
        })?;
        return is_true(&answer);
    }
    default_is_instance(value, class)
}

fn any(classes: &[Value], mut test: impl FnMut(&Value) -> PyResult<bool>) -> PyResult<bool> {
    for class in classes {
        if test(class)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether `value.__class__` is what `object` says it is.
fn tells_its_class(value: &Value) -> bool {
    let class = value.class();
    let object = <crate::object::Object as Payload>::class();
    uses_generic_getattr(class)
        && match (
            class.lookup(id!("__class__")),
            object.lookup(id!("__class__")),
        ) {
            (Some(own), Some(general)) => own.is(&general),
            _ => false,
        }
}

/// `type.__instancecheck__`.
pub fn default_is_instance(value: &Value, class: &Value) -> PyResult<bool> {
    if let Some(class) = class.downcast::<Type>() {
        if value.class().is_subclass(class) {
            return Ok(true);
        }
        if tells_its_class(value) {
            return Ok(false);
        }
        // A proxy may claim another class.
        return match getattr_optional(value, id!("__class__"))? {
            Some(claimed) if !claimed.is(value.class().as_value()) => Ok(claimed
                .downcast::<Type>()
                .is_some_and(|claimed| claimed.is_subclass(class))),
            _ => Ok(false),
        };
    }
    check_class(
        class,
        "isinstance() arg 2 must be a type, a tuple of types, or a union",
    )?;
    match getattr_optional(value, id!("__class__"))? {
        Some(claimed) => abstract_is_subclass(&claimed, class),
        None => Ok(false),
    }
}

/// `issubclass(class, other)`.
pub fn is_subclass(class: &Value, other: &Value) -> PyResult<bool> {
    if other.class().is(Type::class()) {
        if class.is(other) {
            return Ok(true);
        }
        return default_is_subclass(class, other);
    }
    if let Some(parts) = crate::union::union_args(other) {
        return any(&parts, |part| is_subclass(class, part));
    }
    if let Some(others) = other.downcast::<Tuple>() {
        return thread::with_recursion(" in __subclasscheck__", || {
            any(others.tail(), |other| is_subclass(class, other))
        });
    }
    if let Some(check) = other.class().lookup(id!("__subclasscheck__")) {
        let answer = thread::with_recursion(" in __subclasscheck__", || {
            call_bound(&check, other, std::slice::from_ref(class))
        })?;
        return is_true(&answer);
    }
    default_is_subclass(class, other)
}

/// `type.__subclasscheck__`.
pub fn default_is_subclass(class: &Value, other: &Value) -> PyResult<bool> {
    if let (Some(class), Some(other)) = (class.downcast::<Type>(), other.downcast::<Type>()) {
        return Ok(class.is_subclass(other));
    }
    check_class(class, "issubclass() arg 1 must be a class")?;
    check_class(
        other,
        "issubclass() arg 2 must be a class, a tuple of classes, or a union",
    )?;
    abstract_is_subclass(class, other)
}

fn check_class(class: &Value, message: &str) -> PyResult<()> {
    if class.downcast::<Type>().is_some() || bases_of(class)?.is_some() {
        return Ok(());
    }
    bail!(TypeError, "{message}")
}

fn bases_of(class: &Value) -> PyResult<Option<Value>> {
    Ok(getattr_optional(class, id!("__bases__"))?
        .filter(|bases| bases.downcast::<Tuple>().is_some()))
}

fn abstract_is_subclass(class: &Value, other: &Value) -> PyResult<bool> {
    if class.is(other) {
        return Ok(true);
    }
    let Some(bases) = bases_of(class)? else {
        return Ok(false);
    };
    let bases = bases.downcast::<Tuple>().expect("checked by `bases_of`");
    thread::with_recursion(" in __issubclass__", || {
        any(bases.tail(), |base| abstract_is_subclass(base, other))
    })
}
