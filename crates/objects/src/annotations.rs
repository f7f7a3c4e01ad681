//! Lazily evaluated annotations (PEP 649, PEP 749) of classes and modules.
//!
//! The compiler makes an `__annotate__` function; the first read of `__annotations__` calls it with format 1 (VALUE) and
//! keeps the dict. Setting one of the two forgets the other.

use crate::class::{Type, set_class_attribute};
use crate::dict::Dict;
use crate::module::Module;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{id, int};

/// `annotationlib.Format.VALUE`.
const FORMAT_VALUE: i64 = 1;

/// Calls an `__annotate__` function for real values.
pub fn call_annotate(annotate: &Value) -> PyResult<Value> {
    let annotations = protocol::call1(annotate, &int::new(FORMAT_VALUE))?;
    if annotations.downcast::<Dict>().is_none() {
        bail!(
            TypeError,
            "__annotate__() must return a dict, not {}",
            annotations.class().name()
        );
    }
    Ok(annotations)
}

/// Checks what is assigned to an `__annotate__` attribute.
pub fn check_annotate(value: Option<&Value>) -> PyResult<&Value> {
    match value {
        None => bail!(TypeError, "cannot delete __annotate__ attribute"),
        Some(value) if value.is_none() || protocol::is_callable(value) => Ok(value),
        Some(_) => bail!(TypeError, "__annotate__ must be callable or None"),
    }
}

fn set(class: &Ref<Type>, name: &Ref<Str>, value: Value) {
    class.modified();
    class.dict().set_str(name, value);
}

/// `cls.__annotate__`.
pub fn class_annotate(class: &Ref<Type>) -> PyResult<Value> {
    if !class.is_heap() {
        return Err(missing(class, id!("__annotate__")));
    }
    let dict = class.dict();
    for name in [id!("__annotate_func__"), id!("__annotate__")] {
        if let Some(annotate) = dict.get_str(name) {
            return match annotate.class().slots.descr_get.get() {
                Some(get) => get(&annotate, None, Some(class.as_value())),
                None => Ok(annotate),
            };
        }
    }
    set(class, id!("__annotate_func__"), Value::NONE);
    Ok(Value::NONE)
}

fn missing(class: &Ref<Type>, name: &Ref<Str>) -> crate::raised::Raised {
    let message = format!(
        "type object '{}' has no attribute '{}'",
        class.name(),
        name.to_display()
    );
    protocol::attribute_error(class.as_value(), name, message)
}

/// `cls.__annotate__ = value`.
pub fn set_class_annotate(class: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
    if !class.is_heap() {
        bail!(
            TypeError,
            "cannot set '__annotate__' attribute of immutable type '{}'",
            class.name()
        );
    }
    let value = check_annotate(value)?;
    set(class, id!("__annotate_func__"), value.clone());
    if !value.is_none() {
        class.modified();
        class.dict().remove_str(id!("__annotations_cache__"));
    }
    Ok(())
}

/// `cls.__annotations__`.
pub fn class_annotations(class: &Ref<Type>) -> PyResult<Value> {
    if !class.is_heap() {
        return Err(missing(class, id!("__annotations__")));
    }
    let dict = class.dict();
    for name in [id!("__annotations__"), id!("__annotations_cache__")] {
        if let Some(annotations) = dict.get_str(name) {
            return match annotations.class().slots.descr_get.get() {
                Some(get) => get(&annotations, None, Some(class.as_value())),
                None => Ok(annotations),
            };
        }
    }
    let annotate = class_annotate(class)?;
    let annotations = if annotate.is_none() {
        Dict::new().into_value()
    } else {
        call_annotate(&annotate)?
    };
    set(class, id!("__annotations_cache__"), annotations.clone());
    Ok(annotations)
}

/// `cls.__annotations__ = value`.
pub fn set_class_annotations(class: &Ref<Type>, value: Option<&Value>) -> PyResult<()> {
    if !class.is_heap() {
        bail!(
            TypeError,
            "cannot set '__annotations__' attribute of immutable type '{}'",
            class.name()
        );
    }
    let dict = class.dict();
    class.modified();
    match value {
        Some(value) => {
            let name = if dict.get_str(id!("__annotations__")).is_some() {
                id!("__annotations__")
            } else {
                id!("__annotations_cache__")
            };
            set_class_attribute(class, name, Some(value))?;
            dict.remove_str(id!("__annotate_func__"));
            dict.remove_str(id!("__annotate__"));
        }
        None => {
            let removed = dict.remove_str(id!("__annotations__")).is_some()
                | dict.remove_str(id!("__annotations_cache__")).is_some();
            if !removed {
                return Err(exc!(AttributeError, "__annotations__"));
            }
            dict.remove_str(id!("__annotate_func__"));
            dict.remove_str(id!("__annotate__"));
        }
    }
    Ok(())
}

/// `module.__annotations__`.
pub fn module_annotations(module: &Ref<Module>) -> PyResult<Value> {
    let dict = module.dict();
    if let Some(annotations) = dict.get_str(id!("__annotations__")) {
        return Ok(annotations);
    }
    let annotations = match dict.get_str(id!("__annotate__")) {
        Some(annotate) if protocol::is_callable(&annotate) => call_annotate(&annotate)?,
        _ => Dict::new().into_value(),
    };
    dict.set_str(id!("__annotations__"), annotations.clone());
    Ok(annotations)
}

/// `module.__annotations__ = value`.
pub fn set_module_annotations(module: &Ref<Module>, value: Option<&Value>) -> PyResult<()> {
    let dict = module.dict();
    match value {
        Some(value) => dict.set_str(id!("__annotations__"), value.clone()),
        None if dict.remove_str(id!("__annotations__")).is_none() => {
            return Err(exc!(AttributeError, "__annotations__"));
        }
        None => {}
    }
    dict.remove_str(id!("__annotate__"));
    Ok(())
}

/// `module.__annotate__ = value`.
pub fn set_module_annotate(module: &Ref<Module>, value: Option<&Value>) -> PyResult<()> {
    let value = check_annotate(value)?;
    let dict = module.dict();
    dict.set_str(id!("__annotate__"), value.clone());
    if !value.is_none() {
        dict.remove_str(id!("__annotations__"));
    }
    Ok(())
}
