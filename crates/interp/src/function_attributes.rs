//! What Python sees of functions: the constructor `types.FunctionType`, the attributes, calling and binding.
//!
//! Attributes that decide how a call binds its arguments (`__code__`, `__defaults__`, `__kwdefaults__`) give the function
//! a new version when they change, so that specialized calls notice. Annotations are made when they are first read: by
//! `__annotate__`, or from the flat tuple of names and texts that code under `from __future__ import annotations` leaves.

use taipan_compiler::flags;
use taipan_macros::methods;
use taipan_objects::annotations::call_annotate;
use taipan_objects::args::Args;
use taipan_objects::cell_object::CellObject;
use taipan_objects::class::Type;
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, instance, protocol, warnings};

use crate::code::Code;
use crate::function::Function;

/// The kinds of code whose calls answer something that runs later.
const SUSPENDING: u32 = flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR;

/// The closure of a new function, checked against the free variables of its code.
fn checked_closure(code: &Code, closure: &Value) -> PyResult<Option<Ref<Tuple>>> {
    let free = code.free_count as usize;
    let Some(cells) = closure.downcast::<Tuple>() else {
        if free > 0 && closure.is_none() {
            bail!(TypeError, "arg 5 (closure) must be tuple");
        }
        if !closure.is_none() {
            bail!(TypeError, "arg 5 (closure) must be None or tuple");
        }
        return Ok(None);
    };
    if cells.len() != free {
        bail!(
            ValueError,
            "{} requires closure of length {free}, not {}",
            code.name.to_display(),
            cells.len()
        );
    }
    for cell in cells.as_slice() {
        if cell.downcast::<CellObject>().is_none() {
            bail!(
                TypeError,
                "arg 5 (closure) expected cell, found {}",
                cell.class().name()
            );
        }
    }
    Ok(Some(cells.clone()))
}

/// A value of the class `T`, or nothing for None and for a deleted attribute.
fn optional<T: taipan_objects::class::Payload>(
    value: Option<&Value>,
    message: &str,
) -> PyResult<Option<Ref<T>>> {
    match value.filter(|value| !value.is_none()) {
        None => Ok(None),
        Some(value) => match value.downcast::<T>() {
            Some(value) => Ok(Some(value.clone())),
            None => bail!(TypeError, "{message}"),
        },
    }
}

fn required<'a, T: taipan_objects::class::Payload>(
    value: Option<&'a Value>,
    message: &str,
) -> PyResult<&'a Ref<T>> {
    match value.and_then(|value| value.downcast::<T>()) {
        Some(value) => Ok(value),
        None => bail!(TypeError, "{message}"),
    }
}

impl Function {
    /// `__annotations__`, made now if they were not read yet.
    pub fn annotations_dict(&self) -> PyResult<Value> {
        match self.annotations.get() {
            None => {
                let made = match self.annotate.get().filter(protocol::is_callable) {
                    Some(annotate) => call_annotate(&annotate)?,
                    None => Dict::new().into_value(),
                };
                self.annotations.set(Some(made.clone()));
                Ok(made)
            }
            Some(annotations) => match annotations.downcast_exact::<Tuple>() {
                None => Ok(annotations),
                Some(flat) => {
                    let dict = Dict::new();
                    for pair in flat.as_slice().chunks_exact(2) {
                        dict.set(pair[0].clone(), pair[1].clone())?;
                    }
                    self.annotations.set(Some(dict.to_value()));
                    Ok(dict.into_value())
                }
            },
        }
    }
}

#[methods]
impl Function {
    #[new("(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)")]
    fn make(
        _class: &Ref<Type>,
        code: &Ref<Code>,
        globals: &Ref<Dict>,
        name: &Value,
        argdefs: &Value,
        closure: &Value,
        kwdefaults: &Value,
    ) -> PyResult<Ref<Function>> {
        let name = optional::<Str>(Some(name), "arg 3 (name) must be None or string")?;
        let defaults = optional::<Tuple>(Some(argdefs), "arg 4 (defaults) must be None or tuple")?;
        let closure = checked_closure(code, closure)?;
        let keyword_defaults =
            optional::<Dict>(Some(kwdefaults), "arg 6 (kwdefaults) must be None or dict")?;
        let function = Function::new(code.clone(), globals.clone());
        if let Some(name) = name {
            function.name.set(Some(name));
        }
        function.defaults.set(defaults);
        function.closure.set(closure);
        function.keyword_defaults.set(keyword_defaults);
        Ok(function)
    }

    #[slot(call)]
    fn call(this: &Ref<Function>, args: Args<'_>) -> PyResult<Value> {
        crate::call::call_function(this, args)
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Value,
        instance: Option<&Value>,
        _class: Option<&Value>,
    ) -> PyResult<Value> {
        match instance {
            Some(instance) => Ok(BoundMethod::new(this.clone(), instance.clone()).into_value()),
            None => Ok(this.clone()),
        }
    }

    #[slot(repr)]
    fn repr(this: &Ref<Function>) -> String {
        format!(
            "<function {} at {:#x}>",
            this.display_name(),
            this.as_value().id()
        )
    }
}

#[methods(part = attributes)]
impl Function {
    #[getter(name = "__code__")]
    fn code_getter(&self) -> Ref<Code> {
        self.code()
    }

    #[setter(name = "__code__")]
    fn set_code(&self, value: Option<&Value>) -> PyResult<()> {
        let code = required::<Code>(value, "__code__ must be set to a code object")?;
        let cells = self.closure.get().map_or(0, |closure| closure.len());
        if cells != code.free_count as usize {
            let name = self
                .name
                .get()
                .map_or_else(String::new, |name| name.to_display().into_owned());
            bail!(
                ValueError,
                "{name}() requires a code object with {cells} free vars, not {}",
                code.free_count
            );
        }
        if self.code().flags & SUSPENDING != code.flags & SUSPENDING {
            warnings::warn(
                ExceptionKind::DeprecationWarning,
                "Assigning a code object of non-matching type is deprecated (e.g., from a generator to a plain function)",
            )?;
        }
        self.replace_code(code);
        Ok(())
    }

    #[getter(name = "__defaults__")]
    fn defaults_getter(&self) -> Option<Ref<Tuple>> {
        self.defaults.get()
    }

    #[setter(name = "__defaults__")]
    fn set_defaults(&self, value: Option<&Value>) -> PyResult<()> {
        let defaults = optional(value, "__defaults__ must be set to a tuple object")?;
        self.changed();
        self.defaults.set(defaults);
        Ok(())
    }

    #[getter(name = "__kwdefaults__")]
    fn keyword_defaults_getter(&self) -> Option<Ref<Dict>> {
        self.keyword_defaults.get()
    }

    #[setter(name = "__kwdefaults__")]
    fn set_keyword_defaults(&self, value: Option<&Value>) -> PyResult<()> {
        let defaults = optional(value, "__kwdefaults__ must be set to a dict object")?;
        self.changed();
        self.keyword_defaults.set(defaults);
        Ok(())
    }

    /// Dict of annotations in a function object.
    #[getter(name = "__annotations__")]
    fn annotations_getter(&self) -> PyResult<Value> {
        self.annotations_dict()
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(&self, value: Option<&Value>) -> PyResult<()> {
        let annotations = optional::<Dict>(value, "__annotations__ must be set to a dict object")?;
        self.annotations.set(annotations.map(Ref::into_value));
        self.annotate.set(None);
        Ok(())
    }

    /// The function that makes the annotations.
    #[getter(name = "__annotate__")]
    fn annotate_getter(&self) -> Option<Value> {
        self.annotate.get()
    }

    #[setter(name = "__annotate__")]
    fn set_annotate(&self, value: Option<&Value>) -> PyResult<()> {
        match value {
            None => bail!(TypeError, "__annotate__ cannot be deleted"),
            Some(value) if value.is_none() => self.annotate.set(Some(Value::NONE)),
            Some(value) if protocol::is_callable(value) => {
                self.annotate.set(Some(value.clone()));
                self.annotations.set(None);
            }
            Some(_) => bail!(TypeError, "__annotate__ must be callable or None"),
        }
        Ok(())
    }

    #[getter(name = "__dict__")]
    fn dict_getter(this: &Value) -> Option<Ref<Dict>> {
        instance::attributes(this).map(|table| table.ensure_dict(this.class()))
    }

    #[setter(name = "__dict__")]
    fn set_dict(this: &Value, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else {
            bail!(TypeError, "cannot delete __dict__")
        };
        match value.downcast::<Dict>() {
            Some(dict) => {
                if let Some(table) = instance::attributes(this) {
                    table.adopt(Some(dict.clone()));
                }
                Ok(())
            }
            None => bail!(
                TypeError,
                "__dict__ must be set to a dictionary, not a '{}'",
                value.class().name()
            ),
        }
    }

    #[getter(name = "__name__")]
    fn name_getter(&self) -> Option<Ref<Str>> {
        self.name.get()
    }

    #[setter(name = "__name__")]
    fn set_name(&self, value: Option<&Value>) -> PyResult<()> {
        let name = required::<Str>(value, "__name__ must be set to a string object")?;
        self.name.set(Some(name.clone()));
        Ok(())
    }

    #[getter(name = "__qualname__")]
    fn qualname_getter(&self) -> Option<Ref<Str>> {
        self.qualname.get()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(&self, value: Option<&Value>) -> PyResult<()> {
        let name = required::<Str>(value, "__qualname__ must be set to a string object")?;
        self.qualname.set(Some(name.clone()));
        Ok(())
    }

    /// The declared type parameters of the function.
    #[getter(name = "__type_params__")]
    fn type_params_getter(&self) -> Value {
        self.type_params
            .get()
            .unwrap_or_else(|| Tuple::empty().into_value())
    }

    #[setter(name = "__type_params__")]
    fn set_type_params(&self, value: Option<&Value>) -> PyResult<()> {
        let parameters = required::<Tuple>(value, "__type_params__ must be set to a tuple")?;
        self.type_params.set(Some(parameters.to_value()));
        Ok(())
    }

    #[getter(name = "__closure__", member)]
    fn closure_getter(&self) -> Option<Ref<Tuple>> {
        self.closure.get()
    }

    #[getter(name = "__doc__", member)]
    fn doc_getter(&self) -> Option<Value> {
        self.doc.get()
    }

    #[setter(name = "__doc__", member)]
    fn set_doc(&self, value: Option<&Value>) {
        self.doc.set(value.cloned());
    }

    #[getter(name = "__globals__", member)]
    fn globals_getter(&self) -> Ref<Dict> {
        self.globals.clone()
    }

    #[getter(name = "__module__", member)]
    fn module_getter(&self) -> Option<Value> {
        self.module.get()
    }

    #[setter(name = "__module__", member)]
    fn set_module(&self, value: Option<&Value>) {
        self.module.set(value.cloned());
    }

    #[getter(name = "__builtins__", member)]
    fn builtins_getter(&self) -> Value {
        self.builtins.clone()
    }
}
