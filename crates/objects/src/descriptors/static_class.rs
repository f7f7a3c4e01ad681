//! `staticmethod` and `classmethod`.

use crate::args::Args;
use crate::cell::Slot;
use crate::class::{Payload, Type};
use crate::descriptors::BoundMethod;
use crate::dict::Dict;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{heap, id, instance};
use taipan_macros::{class, methods};

/// The payload of `staticmethod`.
#[class(name = "staticmethod", flags(BASETYPE, ATTRIBUTES, WEAKREFABLE))]
pub struct StaticMethod {
    function: Slot,
}

/// The payload of `classmethod`.
#[class(name = "classmethod", flags(BASETYPE, ATTRIBUTES, WEAKREFABLE))]
pub struct ClassMethod {
    function: Slot,
}

/// Copies name, docstring and the like from the wrapped function, as `functools.wraps` does.
fn copy_metadata(wrapper: &Value, function: &Value) -> PyResult<()> {
    for name in [
        id!("__module__"),
        id!("__name__"),
        id!("__qualname__"),
        id!("__doc__"),
    ] {
        if let Some(value) = protocol::getattr_optional(function, name)? {
            instance::set_attribute(wrapper, name, Some(value));
        }
    }
    Ok(())
}

fn wrapped(function: &Slot, what: &str) -> PyResult<Value> {
    function
        .get()
        .ok_or_else(|| exc!(RuntimeError, "uninitialized {what} object"))
}

fn show(name: &str, function: &Slot) -> PyResult<Value> {
    let inner = match function.get() {
        Some(function) => protocol::repr(&function)?.to_display().into_owned(),
        None => "<NULL>".to_owned(),
    };
    Ok(Str::new(&format!("<{name}({inner})>")).into_value())
}

/// `__annotations__` and `__annotate__` come from the function on first use and are kept.
fn forwarded(this: &Value, function: &Slot, what: &str, name: &Ref<Str>) -> PyResult<Value> {
    if let Some(own) = instance::get_attribute(this, name) {
        return Ok(own);
    }
    let found = protocol::getattr(&wrapped(function, what)?, name)?;
    instance::set_attribute(this, name, Some(found.clone()));
    Ok(found)
}

fn set_forwarded(this: &Value, name: &Ref<Str>, value: Option<&Value>) -> PyResult<()> {
    if instance::set_attribute(this, name, value.cloned()) {
        return Ok(());
    }
    Err(crate::class::no_attribute(this, name))
}

fn is_abstract(function: &Slot) -> PyResult<bool> {
    match function.get() {
        Some(function) => match protocol::getattr_optional(&function, id!("__isabstractmethod__"))?
        {
            Some(flag) => protocol::is_true(&flag),
            None => Ok(false),
        },
        None => Ok(false),
    }
}

fn attribute_dict(this: &Value) -> Ref<Dict> {
    instance::attributes(this)
        .expect("the class has attributes")
        .ensure_dict(this.class())
}

impl StaticMethod {
    /// Wraps a function without copying its metadata (implicit `__new__`).
    pub fn wrap(function: Value) -> Value {
        heap::new_object(
            StaticMethod::class(),
            StaticMethod {
                function: Slot::new(Some(function)),
            },
        )
        .into_value()
    }

    /// The function inside.
    pub fn function(&self) -> Option<Value> {
        self.function.get()
    }
}

#[methods]
impl StaticMethod {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Value> {
        Ok(heap::new_object(
            class,
            StaticMethod {
                function: Slot::empty(),
            },
        )
        .into_value())
    }

    #[init("($self, function, /)")]
    fn init(this: &Ref<StaticMethod>, function: &Value) -> PyResult<()> {
        this.function.set(Some(function.clone()));
        copy_metadata(this.as_value(), function)
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<StaticMethod>,
        _instance: Option<&Value>,
        _class: Option<&Value>,
    ) -> PyResult<Value> {
        wrapped(&this.function, "staticmethod")
    }

    #[slot(call)]
    fn call(this: &Ref<StaticMethod>, args: Args<'_>) -> PyResult<Value> {
        protocol::call(&wrapped(&this.function, "staticmethod")?, args)
    }

    #[slot(repr)]
    fn repr(this: &Ref<StaticMethod>) -> PyResult<Value> {
        show("staticmethod", &this.function)
    }

    #[getter(name = "__func__")]
    fn func(this: &Ref<StaticMethod>) -> Option<Value> {
        this.function.get()
    }

    #[getter(name = "__wrapped__")]
    fn wrapped_getter(this: &Ref<StaticMethod>) -> Option<Value> {
        this.function.get()
    }

    #[getter(name = "__isabstractmethod__")]
    fn is_abstract(this: &Ref<StaticMethod>) -> PyResult<bool> {
        is_abstract(&this.function)
    }

    #[getter(name = "__dict__")]
    fn dict(this: &Value) -> Ref<Dict> {
        attribute_dict(this)
    }

    #[getter(name = "__annotations__")]
    fn annotations(this: &Ref<StaticMethod>) -> PyResult<Value> {
        forwarded(
            this.as_value(),
            &this.function,
            "staticmethod",
            id!("__annotations__"),
        )
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(this: &Value, value: Option<&Value>) -> PyResult<()> {
        set_forwarded(this, id!("__annotations__"), value)
    }

    #[getter(name = "__annotate__")]
    fn annotate(this: &Ref<StaticMethod>) -> PyResult<Value> {
        forwarded(
            this.as_value(),
            &this.function,
            "staticmethod",
            id!("__annotate__"),
        )
    }

    #[setter(name = "__annotate__")]
    fn set_annotate(this: &Value, value: Option<&Value>) -> PyResult<()> {
        set_forwarded(this, id!("__annotate__"), value)
    }

    #[classmethod("($cls, object, /)")]
    fn __class_getitem__(class: &Value, item: &Value) -> Value {
        crate::generic_alias::GenericAlias::new(class.clone(), item.clone()).into_value()
    }
}

impl ClassMethod {
    /// Wraps a function without copying its metadata (implicit `__init_subclass__`).
    pub fn wrap(function: Value) -> Value {
        heap::new_object(
            ClassMethod::class(),
            ClassMethod {
                function: Slot::new(Some(function)),
            },
        )
        .into_value()
    }

    /// The function inside.
    pub fn function(&self) -> Option<Value> {
        self.function.get()
    }
}

#[methods]
impl ClassMethod {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Value> {
        Ok(heap::new_object(
            class,
            ClassMethod {
                function: Slot::empty(),
            },
        )
        .into_value())
    }

    #[init("($self, function, /)")]
    fn init(this: &Ref<ClassMethod>, function: &Value) -> PyResult<()> {
        this.function.set(Some(function.clone()));
        copy_metadata(this.as_value(), function)
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<ClassMethod>,
        instance: Option<&Value>,
        class: Option<&Value>,
    ) -> PyResult<Value> {
        let function = wrapped(&this.function, "classmethod")?;
        let class = match (class, instance) {
            (Some(class), _) => class.clone(),
            (None, Some(instance)) => instance.class().to_value(),
            (None, None) => bail!(TypeError, "__get__(None, None) is invalid"),
        };
        Ok(BoundMethod::new(function, class).into_value())
    }

    #[slot(repr)]
    fn repr(this: &Ref<ClassMethod>) -> PyResult<Value> {
        show("classmethod", &this.function)
    }

    #[getter(name = "__func__")]
    fn func(this: &Ref<ClassMethod>) -> Option<Value> {
        this.function.get()
    }

    #[getter(name = "__wrapped__")]
    fn wrapped_getter(this: &Ref<ClassMethod>) -> Option<Value> {
        this.function.get()
    }

    #[getter(name = "__isabstractmethod__")]
    fn is_abstract(this: &Ref<ClassMethod>) -> PyResult<bool> {
        is_abstract(&this.function)
    }

    #[getter(name = "__dict__")]
    fn dict(this: &Value) -> Ref<Dict> {
        attribute_dict(this)
    }

    #[getter(name = "__annotations__")]
    fn annotations(this: &Ref<ClassMethod>) -> PyResult<Value> {
        forwarded(
            this.as_value(),
            &this.function,
            "classmethod",
            id!("__annotations__"),
        )
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(this: &Value, value: Option<&Value>) -> PyResult<()> {
        set_forwarded(this, id!("__annotations__"), value)
    }

    #[getter(name = "__annotate__")]
    fn annotate(this: &Ref<ClassMethod>) -> PyResult<Value> {
        forwarded(
            this.as_value(),
            &this.function,
            "classmethod",
            id!("__annotate__"),
        )
    }

    #[setter(name = "__annotate__")]
    fn set_annotate(this: &Value, value: Option<&Value>) -> PyResult<()> {
        set_forwarded(this, id!("__annotate__"), value)
    }

    #[classmethod("($cls, object, /)")]
    fn __class_getitem__(class: &Value, item: &Value) -> Value {
        crate::generic_alias::GenericAlias::new(class.clone(), item.clone()).into_value()
    }
}
