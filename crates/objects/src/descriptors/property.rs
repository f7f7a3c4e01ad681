//! `property`.

use std::cell::Cell;

use crate::args::Args;
use crate::cell::Slot;
use crate::class::{Payload, Type};
use crate::exceptions::ExceptionKind;
use crate::protocol;
use crate::raised::PyResult;
use crate::value::{Ref, Value};
use crate::{heap, id};
use taipan_macros::{class, methods};

/// The payload of `property`.
#[class(
    name = "property",
    flags(BASETYPE),
    doc = "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n  fset\n    function to be used for setting an attribute value\n  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring"
)]
pub struct Property {
    get: Slot,
    set: Slot,
    delete: Slot,
    doc: Slot,
    name: Slot,
    doc_from_getter: Cell<bool>,
}

impl Property {
    /// Views the getter, for specialized attribute access.
    ///
    /// # Safety
    /// Nothing initializes the property again while the reference is in use.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub unsafe fn peek_getter(&self) -> Option<&Value> {
        // SAFETY: by contract.
        unsafe { self.get.peek() }
    }

    fn empty() -> Property {
        Property {
            get: Slot::empty(),
            set: Slot::empty(),
            delete: Slot::empty(),
            doc: Slot::empty(),
            name: Slot::empty(),
            doc_from_getter: Cell::new(false),
        }
    }
}

fn present(value: Option<&Value>) -> Option<Value> {
    value.filter(|value| !value.is_none()).cloned()
}

fn property_name(this: &Ref<Property>) -> PyResult<Option<Value>> {
    if let Some(name) = this.name.get() {
        return Ok(Some(name));
    }
    match this.get.get() {
        Some(getter) => protocol::getattr_optional(&getter, id!("__name__")),
        None => Ok(None),
    }
}

#[cold]
fn no_accessor(this: &Ref<Property>, instance: &Value, what: &str) -> crate::raised::Raised {
    let name = match property_name(this) {
        Ok(name) => name,
        Err(raised) => return raised,
    };
    let class = instance.class().qualname_object().to_display().into_owned();
    match name {
        Some(name) => match protocol::repr(&name) {
            Ok(name) => exc!(
                AttributeError,
                "property {} of '{class}' object has no {what}",
                name.to_display()
            ),
            Err(raised) => raised,
        },
        None => exc!(AttributeError, "property of '{class}' object has no {what}"),
    }
}

/// A copy with one accessor replaced (`prop.setter(f)`).
fn copy_with(
    this: &Ref<Property>,
    get: Option<&Value>,
    set: Option<&Value>,
    delete: Option<&Value>,
) -> PyResult<Value> {
    let pick =
        |new: Option<&Value>, old: &Slot| present(new).or_else(|| old.get()).unwrap_or(Value::NONE);
    let doc = if this.doc_from_getter.get() && !pick(get, &this.get).is_none() {
        Value::NONE
    } else {
        this.doc.get().unwrap_or(Value::NONE)
    };
    let class = this.class().to_value();
    let values = [
        pick(get, &this.get),
        pick(set, &this.set),
        pick(delete, &this.delete),
        doc,
    ];
    let copy = protocol::call_positional(&class, &values)?;
    if let Some(copy) = copy.downcast::<Property>() {
        copy.name.set(this.name.get());
    }
    Ok(copy)
}

#[methods]
impl Property {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Value> {
        Ok(heap::new_object(class, Property::empty()).into_value())
    }

    #[init("($self, fget=None, fset=None, fdel=None, doc=None)")]
    fn init(
        this: &Ref<Property>,
        fget: Option<&Value>,
        fset: Option<&Value>,
        fdel: Option<&Value>,
        doc: Option<&Value>,
    ) -> PyResult<()> {
        this.get.set(present(fget));
        this.set.set(present(fset));
        this.delete.set(present(fdel));
        this.name.set(None);
        this.doc_from_getter.set(false);
        let mut doc = present(doc);
        if doc.is_none()
            && let Some(getter) = this.get.get()
        {
            doc = protocol::getattr_optional(&getter, id!("__doc__"))?.filter(|doc| !doc.is_none());
            this.doc_from_getter.set(doc.is_some());
        }
        if this.class().is(Property::class()) {
            this.doc.set(doc);
            return Ok(());
        }
        // An instance of a subclass keeps its docstring as an attribute: the class's own `__doc__` would hide the slot.
        match protocol::setattr(this.as_value(), id!("__doc__"), &doc.unwrap_or(Value::NONE)) {
            Err(raised)
                if raised.is(ExceptionKind::AttributeError) && !this.doc_from_getter.get() =>
            {
                Ok(())
            }
            other => other,
        }
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<Property>,
        instance: Option<&Value>,
        _class: Option<&Value>,
    ) -> PyResult<Value> {
        let Some(instance) = instance else {
            return Ok(this.to_value());
        };
        match this.get.get() {
            Some(getter) => protocol::call1(&getter, instance),
            None => Err(no_accessor(this, instance, "getter")),
        }
    }

    #[slot(descr_set)]
    fn descr_set(this: &Ref<Property>, instance: &Value, value: Option<&Value>) -> PyResult<()> {
        match value {
            Some(value) => match this.set.get() {
                Some(setter) => protocol::call2(&setter, instance, value).map(drop),
                None => Err(no_accessor(this, instance, "setter")),
            },
            None => match this.delete.get() {
                Some(deleter) => protocol::call1(&deleter, instance).map(drop),
                None => Err(no_accessor(this, instance, "deleter")),
            },
        }
    }

    #[getter(member)]
    fn fget(this: &Ref<Property>) -> Option<Value> {
        this.get.get()
    }

    #[getter(member)]
    fn fset(this: &Ref<Property>) -> Option<Value> {
        this.set.get()
    }

    #[getter(member)]
    fn fdel(this: &Ref<Property>) -> Option<Value> {
        this.delete.get()
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<Property>) -> Option<Value> {
        this.doc.get()
    }

    #[setter(name = "__doc__")]
    fn set_doc(this: &Ref<Property>, value: Option<&Value>) -> PyResult<()> {
        this.doc.set(value.cloned());
        Ok(())
    }

    #[getter(name = "__name__")]
    fn name(this: &Ref<Property>) -> PyResult<Value> {
        match property_name(this)? {
            Some(name) => Ok(name),
            None => bail!(
                AttributeError,
                "'{}' object has no attribute '__name__'",
                this.class().name()
            ),
        }
    }

    #[setter(name = "__name__")]
    fn set_name(this: &Ref<Property>, value: Option<&Value>) -> PyResult<()> {
        this.name.set(value.cloned());
        Ok(())
    }

    #[getter(name = "__isabstractmethod__")]
    fn is_abstract(this: &Ref<Property>) -> PyResult<bool> {
        for function in [&this.get, &this.set, &this.delete] {
            if let Some(function) = function.get()
                && let Some(flag) =
                    protocol::getattr_optional(&function, id!("__isabstractmethod__"))?
                && protocol::is_true(&flag)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Descriptor to obtain a copy of the property with a different getter.
    #[method("($self, fget, /)")]
    fn getter(this: &Ref<Property>, function: &Value) -> PyResult<Value> {
        copy_with(this, Some(function), None, None)
    }

    /// Descriptor to obtain a copy of the property with a different setter.
    #[method("($self, fset, /)")]
    fn setter(this: &Ref<Property>, function: &Value) -> PyResult<Value> {
        copy_with(this, None, Some(function), None)
    }

    /// Descriptor to obtain a copy of the property with a different deleter.
    #[method("($self, fdel, /)")]
    fn deleter(this: &Ref<Property>, function: &Value) -> PyResult<Value> {
        copy_with(this, None, None, Some(function))
    }

    /// Method to set name of a property.
    #[method("(*args)", nosig)]
    fn __set_name__(this: &Ref<Property>, args: Args<'_>) -> PyResult<()> {
        let [_owner, name] = args.positional() else {
            bail!(
                TypeError,
                "__set_name__() takes 2 positional arguments but {} were given",
                args.positional().len()
            );
        };
        this.name.set(Some(name.clone()));
        Ok(())
    }
}
