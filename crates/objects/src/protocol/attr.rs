//! Attributes: get, set, delete, and methods found without binding.

use crate::class::{ClassFlags, Type, generic_getattr_optional};
use crate::exceptions::ExceptionKind;
use crate::instance;
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::value::{Ref, Value};

/// `value.name`.
#[inline]
pub fn getattr(value: &Value, name: &Ref<Str>) -> PyResult<Value> {
    match value.class().slots.getattr.get() {
        Some(get) => get(value, name),
        None => Err(exc!(
            TypeError,
            "'{}' object has no attributes",
            value.class().name()
        )),
    }
}

/// `value.name`, or nothing where that raises AttributeError.
pub fn getattr_optional(value: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
    if uses_generic_getattr(value.class()) {
        return match generic_getattr_optional(value, name) {
            Err(raised) if raised.is(ExceptionKind::AttributeError) => Ok(None),
            other => other,
        };
    }
    if uses_class_getattr(value.class()) {
        return match crate::class::class_getattr_optional(value, name) {
            Err(raised) if raised.is(ExceptionKind::AttributeError) => Ok(None),
            other => other,
        };
    }
    match getattr(value, name) {
        Ok(found) => Ok(Some(found)),
        Err(raised) if raised.is(ExceptionKind::AttributeError) => Ok(None),
        Err(raised) => Err(raised),
    }
}

/// Whether attribute access on instances is `object.__getattribute__`.
#[inline(always)]
pub fn uses_generic_getattr(class: &Type) -> bool {
    let object = <crate::object::Object as crate::class::Payload>::class();
    match (class.slots.getattr.get(), object.slots.getattr.get()) {
        (Some(get), Some(generic)) => get as usize == generic as usize,
        _ => false,
    }
}

/// Whether attribute assignment on instances is `object.__setattr__`.
#[inline(always)]
pub fn uses_generic_setattr(class: &Type) -> bool {
    class
        .slots
        .setattr
        .get()
        .is_some_and(|set| set as usize == object_setattr_slot())
}

/// The address of the function that `object` has in its setattr slot.
#[inline(always)]
fn object_setattr_slot() -> usize {
    let object = <crate::object::Object as crate::class::Payload>::class();
    object.slots.setattr.get().map_or(0, |set| set as usize)
}

fn uses_class_getattr(class: &Type) -> bool {
    class.is(Type::metaclass())
}

impl Type {
    fn metaclass() -> &'static Ref<Type> {
        <Type as crate::class::Payload>::class()
    }

    fn is(&self, other: &Ref<Type>) -> bool {
        std::ptr::eq(self, &**other)
    }
}

/// `value.name = new`.
pub fn setattr(value: &Value, name: &Ref<Str>, new: &Value) -> PyResult<()> {
    match value.class().slots.setattr.get() {
        Some(set) => set(value, name, Some(new)),
        None => bail!(
            TypeError,
            "'{}' object has only read-only attributes (assign to .{})",
            value.class().name(),
            name.to_display()
        ),
    }
}

/// `del value.name`.
pub fn delattr(value: &Value, name: &Ref<Str>) -> PyResult<()> {
    match value.class().slots.setattr.get() {
        Some(set) => set(value, name, None),
        None => bail!(
            TypeError,
            "'{}' object has only read-only attributes (del .{})",
            value.class().name(),
            name.to_display()
        ),
    }
}

/// A value used as an attribute name, which must be a string.
pub fn attribute_name(name: &Value) -> PyResult<&Ref<Str>> {
    match name.downcast::<Str>() {
        Some(name) => Ok(name),
        None => bail!(
            TypeError,
            "attribute name must be string, not '{}'",
            name.class().name()
        ),
    }
}

/// An AttributeError that knows the object and the name (for suggestions).
#[cold]
pub fn attribute_error(value: &Value, name: &Ref<Str>, message: String) -> Raised {
    crate::exceptions::attribute_error(value, name, message)
}

/// A callable found for a method call.
pub enum Method {
    /// Call it with the receiver as the first argument.
    Unbound(Value),
    /// Call it as it is.
    Bound(Value),
}

/// Finds `value.name` for a call at once, without making a bound method where the class has a function.
pub fn get_method(value: &Value, name: &Ref<Str>) -> PyResult<Method> {
    let class = value.class();
    if !uses_generic_getattr(class) {
        return getattr(value, name).map(Method::Bound);
    }
    let found = class.lookup(name);
    if let Some(descriptor) = &found {
        let descriptor_class = descriptor.class();
        if descriptor_class.has(ClassFlags::METHOD_DESCRIPTOR) {
            if let Some(own) = instance::get_attribute(value, name) {
                return Ok(Method::Bound(own));
            }
            return Ok(Method::Unbound(
                found.expect("checked by the enclosing test"),
            ));
        }
        if let Some(get) = descriptor_class.slots.descr_get.get()
            && descriptor_class.slots.descr_set.get().is_some()
        {
            return get(descriptor, Some(value), Some(class.as_value())).map(Method::Bound);
        }
    }
    if let Some(own) = instance::get_attribute(value, name) {
        return Ok(Method::Bound(own));
    }
    match found {
        Some(descriptor) => match descriptor.class().slots.descr_get.get() {
            Some(get) => get(&descriptor, Some(value), Some(class.as_value())).map(Method::Bound),
            None => Ok(Method::Bound(descriptor)),
        },
        None => Err(crate::class::no_attribute(value, name)),
    }
}
