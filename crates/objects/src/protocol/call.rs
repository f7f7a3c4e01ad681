//! Calls.

use crate::args::Args;
use crate::class::ClassFlags;
use crate::protocol::{Method, get_method};
use crate::raised::PyResult;
use crate::str::Str;
use crate::thread::check_stack;
use crate::value::{Ref, Value};

/// Positional arguments that fit here need no allocation when one is put in front.
const INLINE: usize = 8;

/// `callable(*args, **keywords)`.
#[inline]
pub fn call(callable: &Value, args: Args<'_>) -> PyResult<Value> {
    match callable.class().slots.call.get() {
        Some(call) => {
            check_stack(" while calling a Python object")?;
            call(callable, args)
        }
        None => bail!(
            TypeError,
            "'{}' object is not callable",
            callable.class().name()
        ),
    }
}

/// `callable()`.
pub fn call0(callable: &Value) -> PyResult<Value> {
    call(callable, Args::EMPTY)
}

/// `callable(first)`.
pub fn call1(callable: &Value, first: &Value) -> PyResult<Value> {
    call(callable, Args::positional_only(std::slice::from_ref(first)))
}

/// `callable(first, second)`.
pub fn call2(callable: &Value, first: &Value, second: &Value) -> PyResult<Value> {
    call(
        callable,
        Args::positional_only(&[first.clone(), second.clone()]),
    )
}

/// `callable(*values)`.
pub fn call_positional(callable: &Value, values: &[Value]) -> PyResult<Value> {
    call(callable, Args::positional_only(values))
}

/// Calls with `first` in front of the other arguments.
pub fn call_prepended(callable: &Value, first: &Value, args: Args<'_>) -> PyResult<Value> {
    let values = args.values();
    if values.len() < INLINE {
        let mut all = [const { Value::NONE }; INLINE];
        all[0] = first.clone();
        for (place, value) in all[1..].iter_mut().zip(values) {
            *place = value.clone();
        }
        return call(callable, Args::new(&all[..=values.len()], args.names()));
    }
    let mut all = Vec::with_capacity(values.len() + 1);
    all.push(first.clone());
    all.extend_from_slice(values);
    call(callable, Args::new(&all, args.names()))
}

/// Calls what a class lookup found, with `receiver` bound the way attribute access binds it.
pub fn call_bound_args(found: &Value, receiver: &Value, args: Args<'_>) -> PyResult<Value> {
    let class = found.class();
    if class.has(ClassFlags::METHOD_DESCRIPTOR) {
        return call_prepended(found, receiver, args);
    }
    match class.slots.descr_get.get() {
        Some(get) => {
            let bound = get(found, Some(receiver), Some(receiver.class().as_value()))?;
            call(&bound, args)
        }
        None => call(found, args),
    }
}

/// [`call_bound_args`] with positional arguments only.
pub fn call_bound(found: &Value, receiver: &Value, values: &[Value]) -> PyResult<Value> {
    call_bound_args(found, receiver, Args::positional_only(values))
}

/// Calls a special method of `value`'s class; its absence is an AttributeError.
pub fn call_special(value: &Value, name: &Ref<Str>, values: &[Value]) -> PyResult<Value> {
    match value.class().lookup(name) {
        Some(found) => call_bound(&found, value, values),
        None => Err(crate::class::no_attribute(value, name)),
    }
}

/// Calls a special method of `value`'s class if there is one.
pub fn call_special_optional(
    value: &Value,
    name: &Ref<Str>,
    values: &[Value],
) -> PyResult<Option<Value>> {
    match value.class().lookup(name) {
        Some(found) => call_bound(&found, value, values).map(Some),
        None => Ok(None),
    }
}

/// `value.name(*values)`.
pub fn call_method(value: &Value, name: &Ref<Str>, values: &[Value]) -> PyResult<Value> {
    call_method_args(value, name, Args::positional_only(values))
}

/// `value.name(*args, **keywords)`.
pub fn call_method_args(value: &Value, name: &Ref<Str>, args: Args<'_>) -> PyResult<Value> {
    match get_method(value, name)? {
        Method::Unbound(function) => call_prepended(&function, value, args),
        Method::Bound(callable) => call(&callable, args),
    }
}

/// Whether the value can be called.
pub fn is_callable(value: &Value) -> bool {
    value.class().slots.call.get().is_some()
}
