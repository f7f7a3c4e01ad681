//! The attribute protocol of ordinary objects: `object.__getattribute__` and `object.__setattr__`.

use crate::class::Type;
use crate::instance;
use crate::protocol;
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::value::{Ref, Value};

/// `object.__getattribute__(value, name)`.
#[inline]
pub fn generic_getattr(value: &Value, name: &Ref<Str>) -> PyResult<Value> {
    match generic_getattr_optional(value, name)? {
        Some(found) => Ok(found),
        None => Err(no_attribute(value, name)),
    }
}

/// Like [`generic_getattr`], but a missing attribute is not an exception. Descriptors still raise what they raise.
pub fn generic_getattr_optional(value: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
    let class = value.class();
    let found = class.lookup(name);
    if let Some(descriptor) = &found {
        let slots = &descriptor.class().slots;
        if let Some(get) = slots.descr_get.get()
            && slots.descr_set.get().is_some()
        {
            return get(descriptor, Some(value), Some(class.as_value())).map(Some);
        }
    }
    if let Some(own) = instance::get_attribute(value, name) {
        return Ok(Some(own));
    }
    match found {
        Some(descriptor) => match descriptor.class().slots.descr_get.get() {
            Some(get) => get(&descriptor, Some(value), Some(class.as_value())).map(Some),
            None => Ok(Some(descriptor)),
        },
        None => Ok(None),
    }
}

/// `object.__setattr__(value, name, new)`, or `__delattr__` without a new value.
pub fn generic_setattr(value: &Value, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
    let class = value.class();
    let found = class.lookup(name);
    if let Some(descriptor) = &found
        && let Some(set) = descriptor.class().slots.descr_set.get()
    {
        return set(descriptor, value, new);
    }
    if instance::set_attribute(value, name, new.cloned()) {
        return Ok(());
    }
    let class_name = class.name();
    if instance::attributes(value).is_some() {
        return Err(protocol::attribute_error(
            value,
            name,
            format!(
                "'{class_name}' object has no attribute '{}'",
                name.to_display()
            ),
        ));
    }
    Err(protocol::attribute_error(
        value,
        name,
        match found {
            Some(_) => format!(
                "'{class_name}' object attribute '{}' is read-only",
                name.to_display()
            ),
            // A class with a `__setattr__` of its own may well take new attributes.
            None if !protocol::uses_generic_setattr(class) => format!(
                "'{class_name}' object has no attribute '{}'",
                name.to_display()
            ),
            None => format!(
                "'{class_name}' object has no attribute '{}' and no __dict__ for setting new attributes",
                name.to_display()
            ),
        },
    ))
}

/// The AttributeError for a missing attribute of an ordinary object.
#[cold]
pub fn no_attribute(value: &Value, name: &Ref<Str>) -> Raised {
    let message = format!(
        "'{}' object has no attribute '{}'",
        value.class().name(),
        name.to_display()
    );
    protocol::attribute_error(value, name, message)
}

/// `type.__getattribute__(class, name)`.
pub fn class_getattr(value: &Value, name: &Ref<Str>) -> PyResult<Value> {
    match class_getattr_optional(value, name)? {
        Some(found) => Ok(found),
        None => {
            let class = value.downcast::<Type>().expect("the slot of classes");
            let message = format!(
                "type object '{}' has no attribute '{}'",
                class.name(),
                name.to_display()
            );
            Err(protocol::attribute_error(value, name, message))
        }
    }
}

/// Like [`class_getattr`], but a missing attribute is not an exception.
pub fn class_getattr_optional(value: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
    let class = value.downcast::<Type>().expect("the slot of classes");
    let meta = value.class();
    let on_meta = meta.lookup(name);
    if let Some(descriptor) = &on_meta {
        let slots = &descriptor.class().slots;
        if let Some(get) = slots.descr_get.get()
            && slots.descr_set.get().is_some()
        {
            return get(descriptor, Some(value), Some(meta.as_value())).map(Some);
        }
    }
    if let Some(found) = class.lookup(name) {
        return match found.class().slots.descr_get.get() {
            Some(get) => get(&found, None, Some(value)).map(Some),
            None => Ok(Some(found)),
        };
    }
    match on_meta {
        Some(descriptor) => match descriptor.class().slots.descr_get.get() {
            Some(get) => get(&descriptor, Some(value), Some(meta.as_value())).map(Some),
            None => Ok(Some(descriptor)),
        },
        None => Ok(None),
    }
}

/// `type.__setattr__(class, name, new)`.
pub fn class_setattr(value: &Value, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
    let class = value.downcast::<Type>().expect("the slot of classes");
    if !class.is_heap() {
        return Err(exc!(
            TypeError,
            "cannot set '{}' attribute of immutable type '{}'",
            name.to_display(),
            class.name()
        ));
    }
    // A data descriptor of the metaclass comes first; the class's own dict is where the rest goes.
    if let Some(descriptor) = value.class().lookup(name)
        && let Some(set) = descriptor.class().slots.descr_set.get()
    {
        return set(&descriptor, value, new);
    }
    set_class_attribute(class, name, new)
}

/// Changes a class's own dict, takes its version tag away and brings its slots up to date.
pub fn set_class_attribute(
    class: &Ref<Type>,
    name: &Ref<Str>,
    new: Option<&Value>,
) -> PyResult<()> {
    let name = Str::intern_ref(name);
    class.modified();
    let old = match new {
        Some(new) => {
            let old = class.dict().get_str(&name);
            class.dict().set_str(&name, new.clone());
            old
        }
        None => match class.dict().remove_str(&name) {
            Some(old) => Some(old),
            None => {
                let message = format!(
                    "type object '{}' has no attribute '{}'",
                    class.name(),
                    name.to_display()
                );
                return Err(protocol::attribute_error(class.as_value(), &name, message));
            }
        },
    };
    super::update_slots(class, &name);
    drop(old);
    Ok(())
}
