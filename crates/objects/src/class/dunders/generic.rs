//! The functions that stand in the slots of classes made in Python: each looks its special method up and calls it.
//!
//! Invariant: the method is looked up on the class at every call, so that the slot stays right when the class changes.

use crate::args::Args;
use crate::class::{self, Comparison, Type};
use crate::exceptions::ExceptionKind;
use crate::id;
use crate::int;
use crate::native::SlotWrapper;
use crate::protocol::{self, call_special, call_special_optional};
use crate::raised::{Absent, PyResult};
use crate::str::Str;
use crate::value::{Ref, Value};

/// Calls `left.method(right)` if the method is found on `left`'s class and is not a builtin's wrapper, whose own slot
/// the operation tries anyway.
fn try_python(left: &Value, name: &Ref<Str>, right: &Value) -> PyResult<Option<Value>> {
    match left.class().lookup(name) {
        Some(method) if method.downcast_exact::<SlotWrapper>().is_none() => {
            let answer = protocol::call_bound(&method, left, std::slice::from_ref(right))?;
            Ok(Some(answer))
        }
        _ => Ok(None),
    }
}

/// The generic function of a number slot: forward method of the left operand, reflected method of the right.
pub(super) fn binary_generic(
    left: &Value,
    right: &Value,
    forward: &Ref<Str>,
    reflected: &Ref<Str>,
) -> PyResult<Value> {
    let (left_class, right_class) = (left.class(), right.class());
    let mut try_reflected = !left_class.is(right_class);
    if try_reflected
        && right_class.is_subclass(left_class)
        && overrides(left_class, right_class, reflected)
    {
        if let Some(answer) = try_python(right, reflected, left)?
            && !answer.is_not_implemented()
        {
            return Ok(answer);
        }
        try_reflected = false;
    }
    if let Some(answer) = try_python(left, forward, right)?
        && !answer.is_not_implemented()
    {
        return Ok(answer);
    }
    if try_reflected && let Some(answer) = try_python(right, reflected, left)? {
        return Ok(answer);
    }
    Ok(Value::NOT_IMPLEMENTED)
}

/// Whether the subclass has its own version of a method.
fn overrides(class: &Type, subclass: &Type, name: &Ref<Str>) -> bool {
    match (class.lookup(name), subclass.lookup(name)) {
        (Some(base), Some(own)) => !own.is(&base),
        (None, Some(_)) => true,
        _ => false,
    }
}

pub(super) fn compare_generic(
    left: &Value,
    right: &Value,
    comparison: Comparison,
) -> PyResult<Value> {
    let name = match comparison {
        Comparison::Lt => id!("__lt__"),
        Comparison::Le => id!("__le__"),
        Comparison::Eq => id!("__eq__"),
        Comparison::Ne => id!("__ne__"),
        Comparison::Gt => id!("__gt__"),
        Comparison::Ge => id!("__ge__"),
    };
    match call_special_optional(left, name, std::slice::from_ref(right))? {
        Some(answer) => Ok(answer),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

pub(super) fn hash_generic(value: &Value) -> PyResult<i64> {
    match value.class().lookup(id!("__hash__")) {
        Some(method) if !method.is_none() => {
            let answer = protocol::call_bound(&method, value, &[])?;
            int::hash_result(&answer)
        }
        _ => Err(protocol::unhashable(value)),
    }
}

pub(super) fn bool_generic(value: &Value) -> PyResult<bool> {
    match value.class().lookup(id!("__bool__")) {
        Some(method) => {
            let answer = protocol::call_bound(&method, value, &[])?;
            match (answer.is_true(), answer.is_false()) {
                (true, _) => Ok(true),
                (_, true) => Ok(false),
                _ => bail!(
                    TypeError,
                    "__bool__ should return bool, returned {}",
                    answer.class().name()
                ),
            }
        }
        None => Ok(true),
    }
}

pub(super) fn len_generic(value: &Value) -> PyResult<usize> {
    let answer = call_special(value, id!("__len__"), &[])?;
    protocol::checked_len(&answer)
}

pub(super) fn contains_generic(value: &Value, item: &Value) -> PyResult<bool> {
    match value.class().lookup(id!("__contains__")) {
        Some(method) if method.is_none() => bail!(
            TypeError,
            "'{}' object is not a container",
            value.class().name()
        ),
        Some(method) => protocol::is_true(&protocol::call_bound(
            &method,
            value,
            std::slice::from_ref(item),
        )?),
        None => protocol::contains_by_iteration(value, item),
    }
}

pub(super) fn next_generic(value: &Value) -> PyResult<Option<Value>> {
    call_special(value, id!("__next__"), &[]).absent_on(ExceptionKind::StopIteration)
}

pub(super) fn setitem_generic(value: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    match new {
        Some(new) => call_special(value, id!("__setitem__"), &[key.clone(), new.clone()])?,
        None => call_special(value, id!("__delitem__"), std::slice::from_ref(key))?,
    };
    Ok(())
}

/// `__getattribute__`, then `__getattr__` where that raised AttributeError.
pub(super) fn getattr_generic(value: &Value, name: &Ref<Str>) -> PyResult<Value> {
    let class = value.class().clone();
    let first = match class.lookup(id!("__getattribute__")) {
        Some(method) => match method.downcast_exact::<SlotWrapper>() {
            Some(wrapper) => {
                let getattr = wrapper.owner().slots.getattr.get();
                getattr.expect("a wrapper exists only for a filled slot")(value, name)
            }
            None => protocol::call_bound(&method, value, &[name.to_value()]),
        },
        None => class::generic_getattr(value, name),
    };
    match first {
        Err(raised) if raised.is(ExceptionKind::AttributeError) => {
            match class.lookup(id!("__getattr__")) {
                Some(method) => {
                    drop(raised);
                    protocol::call_bound(&method, value, &[name.to_value()])
                }
                None => Err(raised),
            }
        }
        other => other,
    }
}

pub(super) fn setattr_generic(value: &Value, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
    match new {
        Some(new) => call_special(value, id!("__setattr__"), &[name.to_value(), new.clone()])?,
        None => call_special(value, id!("__delattr__"), &[name.to_value()])?,
    };
    Ok(())
}

pub(super) fn call_generic(value: &Value, args: Args<'_>) -> PyResult<Value> {
    match value.class().lookup(id!("__call__")) {
        Some(method) => crate::thread::with_recursion(" while calling a Python object", || {
            protocol::call_bound_args(&method, value, args)
        }),
        None => bail!(
            TypeError,
            "'{}' object is not callable",
            value.class().name()
        ),
    }
}

pub(super) fn descr_get_generic(
    value: &Value,
    instance: Option<&Value>,
    class: Option<&Value>,
) -> PyResult<Value> {
    let none = Value::NONE;
    match value.class().lookup(id!("__get__")) {
        Some(method) => {
            let args = [
                instance.unwrap_or(&none).clone(),
                class.unwrap_or(&none).clone(),
            ];
            protocol::call_bound(&method, value, &args)
        }
        None => Ok(value.clone()),
    }
}

pub(super) fn descr_set_generic(
    value: &Value,
    instance: &Value,
    new: Option<&Value>,
) -> PyResult<()> {
    match new {
        Some(new) => {
            match call_special_optional(value, id!("__set__"), &[instance.clone(), new.clone()])? {
                Some(_) => Ok(()),
                None => Err(crate::exc!(AttributeError, "__set__")),
            }
        }
        None => {
            match call_special_optional(value, id!("__delete__"), std::slice::from_ref(instance))? {
                Some(_) => Ok(()),
                None => Err(crate::exc!(AttributeError, "__delete__")),
            }
        }
    }
}

pub(super) fn init_generic(value: &Value, args: Args<'_>) -> PyResult<()> {
    let Some(method) = value.class().lookup(id!("__init__")) else {
        return Ok(());
    };
    let answer = protocol::call_bound_args(&method, value, args)?;
    if !answer.is_none() {
        bail!(
            TypeError,
            "__init__() should return None, not '{}'",
            answer.class().name()
        );
    }
    Ok(())
}

pub(super) fn new_generic(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
    let function = class::class_getattr(class.as_value(), id!("__new__"))?;
    protocol::call_prepended(&function, class.as_value(), args)
}

pub(super) fn power_generic(left: &Value, right: &Value, modulus: &Value) -> PyResult<Value> {
    if modulus.is_none() {
        return binary_generic(left, right, id!("__pow__"), id!("__rpow__"));
    }
    let args = [right.clone(), modulus.clone()];
    match left.class().lookup(id!("__pow__")) {
        Some(method) if method.downcast_exact::<SlotWrapper>().is_none() => {
            protocol::call_bound(&method, left, &args)
        }
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

pub(super) fn finalize_generic(value: &Value) {
    if let Some(method) = value.class().lookup(id!("__del__"))
        && let Err(raised) = protocol::call_bound(&method, value, &[])
    {
        crate::runtime::unraisable(
            raised,
            Some("Exception ignored while calling deallocator"),
            Some(&method),
        );
    }
}
