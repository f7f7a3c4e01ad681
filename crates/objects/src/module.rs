//! `module`: a namespace with a name.

use crate::args::Args;
use crate::cell::Slot;
use crate::class::{Payload, Type, generic_getattr_optional, generic_setattr};
use crate::dict::Dict;
use crate::list::List;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{heap, id};
use taipan_macros::{class, methods};

/// The payload of modules. What `__dict__` shows is a dict of its own, so that globals are a plain dict.
#[class(name = "module", flags(BASETYPE, WEAKREFABLE))]
pub struct Module {
    dict: Slot<Ref<Dict>>,
}

impl Module {
    /// A module with a name, a docstring and the usual empty attributes.
    pub fn new(name: &Ref<Str>, doc: Option<Value>) -> Ref<Module> {
        let module = heap::new_object(
            Module::class(),
            Module {
                dict: Slot::new(Some(Dict::new())),
            },
        );
        module.fill(name, doc.unwrap_or(Value::NONE));
        module
    }

    fn fill(&self, name: &Ref<Str>, doc: Value) {
        let dict = self.dict();
        dict.set_str(id!("__name__"), name.to_value());
        dict.set_str(id!("__doc__"), doc);
        dict.set_str(id!("__package__"), Value::NONE);
        dict.set_str(id!("__loader__"), Value::NONE);
        dict.set_str(id!("__spec__"), Value::NONE);
    }

    /// The module's namespace.
    pub fn dict(&self) -> Ref<Dict> {
        if let Some(dict) = self.dict.get() {
            return dict;
        }
        let dict = Dict::new();
        self.dict.set(Some(dict.clone()));
        dict
    }

    /// Views the module's namespace, if it has one yet.
    ///
    /// # Safety
    /// Nothing gives the module another namespace while the reference is in use.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub unsafe fn peek_dict(&self) -> Option<&Ref<Dict>> {
        // SAFETY: by contract.
        unsafe { self.dict.peek() }
    }

    /// `__name__`, when it is a string.
    pub fn name(&self) -> Option<Ref<Str>> {
        self.dict()
            .get_str(id!("__name__"))
            .and_then(|name| name.into_ref::<Str>().ok())
    }

    /// Sets a name in the module.
    pub fn set(&self, name: &str, value: impl Into<Value>) {
        self.dict().set_str(&Str::intern(name), value.into());
    }

    /// A name of the module.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.dict().get_str(&Str::intern(name))
    }
}

/// Whether `__spec__._initializing` says that the module is being imported.
fn is_initializing(dict: &Ref<Dict>) -> PyResult<bool> {
    match dict.get_str(id!("__spec__")) {
        Some(spec) if !spec.is_none() => {
            match protocol::getattr_optional(&spec, id!("_initializing"))? {
                Some(flag) => protocol::is_true(&flag),
                None => Ok(false),
            }
        }
        _ => Ok(false),
    }
}

#[cold]
fn missing(this: &Ref<Module>, name: &Ref<Str>) -> PyResult<Value> {
    let dict = this.dict();
    if let Some(getter) = dict.get_str(id!("__getattr__")) {
        return protocol::call1(&getter, name.as_value());
    }
    let attribute = name.to_display();
    let error = |message: String| Err(protocol::attribute_error(this.as_value(), name, message));
    let Some(module_name) = this.name() else {
        return error(format!("module has no attribute '{attribute}'"));
    };
    let module = module_name.to_display();
    if is_initializing(&dict)? {
        return error(format!(
            "partially initialized module '{module}' has no attribute '{attribute}' (most likely due to a circular import)"
        ));
    }
    error(format!("module '{module}' has no attribute '{attribute}'"))
}

#[methods]
impl Module {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> PyResult<Value> {
        Ok(heap::new_object(
            class,
            Module {
                dict: Slot::new(Some(Dict::new())),
            },
        )
        .into_value())
    }

    #[init("($self, name, doc=None)")]
    fn init(this: &Ref<Module>, name: &Ref<Str>, doc: Option<Value>) -> PyResult<()> {
        this.fill(name, doc.unwrap_or(Value::NONE));
        Ok(())
    }

    #[slot(repr)]
    fn repr(this: &Ref<Module>) -> PyResult<Value> {
        let bootstrap = crate::runtime::import_module("_frozen_importlib")?;
        protocol::call_method(&bootstrap, id!("_module_repr"), &[this.to_value()])
    }

    #[slot(getattr)]
    fn getattr(this: &Ref<Module>, name: &Ref<Str>) -> PyResult<Value> {
        // The namespace first, unless the class has a data descriptor of the name.
        if let Some(descriptor) = this.class().lookup(name)
            && let Some(get) = descriptor.class().slots.descr_get.get()
            && descriptor.class().slots.descr_set.get().is_some()
        {
            return get(
                &descriptor,
                Some(this.as_value()),
                Some(this.class().as_value()),
            );
        }
        if let Some(found) = this.dict().get_str(name) {
            return Ok(found);
        }
        match generic_getattr_optional(this.as_value(), name)? {
            Some(found) => Ok(found),
            None => missing(this, name),
        }
    }

    #[slot(setattr)]
    fn setattr(this: &Ref<Module>, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
        if let Some(descriptor) = this.class().lookup(name)
            && descriptor.class().slots.descr_set.get().is_some()
        {
            return generic_setattr(this.as_value(), name, new);
        }
        match new {
            Some(new) => {
                this.dict().set_str(name, new.clone());
                Ok(())
            }
            None => match this.dict().remove_str(name) {
                Some(_) => Ok(()),
                None => missing_delete(this, name),
            },
        }
    }

    #[getter(name = "__dict__")]
    fn dict_getter(this: &Ref<Module>) -> Ref<Dict> {
        this.dict()
    }

    #[getter(name = "__annotations__")]
    fn annotations(this: &Ref<Module>) -> PyResult<Value> {
        crate::annotations::module_annotations(this)
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(this: &Ref<Module>, value: Option<&Value>) -> PyResult<()> {
        crate::annotations::set_module_annotations(this, value)
    }

    #[getter(name = "__annotate__")]
    fn annotate(this: &Ref<Module>) -> Value {
        this.dict()
            .get_str(id!("__annotate__"))
            .unwrap_or(Value::NONE)
    }

    #[setter(name = "__annotate__")]
    fn set_annotate(this: &Ref<Module>, value: Option<&Value>) -> PyResult<()> {
        crate::annotations::set_module_annotate(this, value)
    }

    /// __dir__() -> list
    /// specialized dir() implementation
    #[method("($self, /)")]
    fn __dir__(this: &Ref<Module>) -> PyResult<Value> {
        let dict = protocol::getattr(this.as_value(), id!("__dict__"))?;
        let Some(dict) = dict.downcast::<Dict>() else {
            bail!(
                TypeError,
                "{}.__dict__ is not a dictionary",
                this.name()
                    .map_or_else(|| "?".to_owned(), |name| name.to_display().into_owned())
            );
        };
        if let Some(function) = dict.get_str(id!("__dir__")) {
            return protocol::call0(&function);
        }
        Ok(List::new(
            dict.iter_snapshot()
                .into_iter()
                .map(|(name, _)| name)
                .collect(),
        )
        .into_value())
    }
}

#[cold]
fn missing_delete(this: &Ref<Module>, name: &Ref<Str>) -> PyResult<()> {
    let module = this
        .name()
        .map_or_else(|| "?".to_owned(), |name| name.to_display().into_owned());
    let message = format!("module '{module}' has no attribute '{}'", name.to_display());
    Err(protocol::attribute_error(this.as_value(), name, message))
}

/// Views a value as a module, or raises TypeError.
pub fn expect_module(value: &Value) -> PyResult<&Ref<Module>> {
    match value.downcast::<Module>() {
        Some(module) => Ok(module),
        None => bail!(
            TypeError,
            "expected a module, got '{}'",
            value.class().name()
        ),
    }
}
