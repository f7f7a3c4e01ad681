//! Builtin functions that ask an object about itself: its attributes, class, identity and text.

use taipan_macros::function;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol};

/// Get a named attribute of an object.
///
/// getattr(x, 'y') is x.y. A default that is given is the answer where the attribute does not exist; without it that
/// is an AttributeError.
#[function("(object, name, default=<unrepresentable>, /)", nosig)]
pub(super) fn getattr(object: &Value, name: &Value, default: Option<&Value>) -> PyResult<Value> {
    let name = protocol::attribute_name(name)?;
    match default {
        None => protocol::getattr(object, name),
        Some(default) => {
            Ok(protocol::getattr_optional(object, name)?.unwrap_or_else(|| default.clone()))
        }
    }
}

/// Return whether the object has an attribute of the given name.
///
/// That is found out by getting it and catching AttributeError.
#[function("(obj, name, /)")]
pub(super) fn hasattr(obj: &Value, name: &Value) -> PyResult<bool> {
    Ok(protocol::getattr_optional(obj, protocol::attribute_name(name)?)?.is_some())
}

/// Set a named attribute of an object: setattr(x, 'y', v) is x.y = v.
#[function("(obj, name, value, /)")]
pub(super) fn setattr(obj: &Value, name: &Value, value: &Value) -> PyResult<()> {
    protocol::setattr(obj, protocol::attribute_name(name)?, value)
}

/// Delete a named attribute of an object: delattr(x, 'y') is del x.y.
#[function("(obj, name, /)")]
pub(super) fn delattr(obj: &Value, name: &Value) -> PyResult<()> {
    protocol::delattr(obj, protocol::attribute_name(name)?)
}

/// Return whether the object can be called.
///
/// Classes can, and so can instances of classes with a __call__() method.
#[function("(obj, /)")]
pub(super) fn callable(obj: &Value) -> bool {
    protocol::is_callable(obj)
}

/// Return the identity of an object.
///
/// No two objects that exist at the same time have the same one.
#[function("(obj, /)")]
pub(super) fn id(obj: &Value) -> u64 {
    obj.id()
}

/// Return the hash value of an object.
///
/// Objects that compare equal have the same hash value; the reverse need not hold.
#[function("(obj, /)")]
pub(super) fn hash(obj: &Value) -> PyResult<i64> {
    protocol::hash(obj)
}

/// Return whether an object is an instance of a class or of a subclass.
///
/// The second argument may be a tuple of classes or a union; one match is enough.
#[function("(obj, class_or_tuple, /)")]
pub(super) fn isinstance(obj: &Value, class_or_tuple: &Value) -> PyResult<bool> {
    protocol::is_instance(obj, class_or_tuple)
}

/// Return whether a class is derived from another class, or is the same class.
///
/// The second argument may be a tuple of classes or a union; one match is enough.
#[function("(cls, class_or_tuple, /)")]
pub(super) fn issubclass(cls: &Value, class_or_tuple: &Value) -> PyResult<bool> {
    protocol::is_subclass(cls, class_or_tuple)
}

/// Return the canonical text of an object.
///
/// For many objects eval(repr(obj)) == obj.
#[function("(obj, /)")]
pub(super) fn repr(obj: &Value) -> PyResult<Ref<Str>> {
    protocol::repr(obj)
}

/// Return the canonical text of an object in ASCII.
///
/// As repr(), with other characters escaped by \\x, \\u or \\U.
#[function("(obj, /)")]
pub(super) fn ascii(obj: &Value) -> PyResult<Ref<Str>> {
    protocol::ascii(obj)
}

/// Return type(value).__format__(value, format_spec).
///
/// Many builtin classes take the format specification mini-language.
#[function("(value, format_spec='', /)")]
pub(super) fn format(value: &Value, format_spec: Option<&Ref<Str>>) -> PyResult<Value> {
    format_with(value, format_spec)
}

/// `format(value, spec)`; no specification is an empty one.
fn format_with(value: &Value, spec: Option<&Ref<Str>>) -> PyResult<Value> {
    if spec.is_none_or(|spec| spec.is_empty()) {
        if let Some(text) = value.downcast_exact::<Str>() {
            return Ok(text.to_value());
        }
        if int::is_exact(value) {
            return protocol::str(value).map(Ref::into_value);
        }
    }
    let spec = spec.cloned().unwrap_or_else(Str::empty);
    let formatted =
        match protocol::call_special_optional(value, id!("__format__"), &[spec.into_value()])? {
            Some(formatted) => formatted,
            None => bail!(
                TypeError,
                "Type {} doesn't define __format__",
                value.class().name()
            ),
        };
    if formatted.downcast::<Str>().is_none() {
        bail!(
            TypeError,
            "{}.__format__() must return a str, not {}",
            value.class().name(),
            formatted.class().name()
        );
    }
    Ok(formatted)
}
