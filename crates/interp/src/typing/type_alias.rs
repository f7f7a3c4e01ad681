//! `TypeAliasType`: what a `type` statement makes.

use taipan_macros::{class, methods};
use taipan_objects::class::{Payload, Type};
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::union::union_or;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap};

use super::lazy::Lazy;
use super::type_var::default_value;
use super::{default_of, no_default, running_module, unpack_iterator, unpacked};
use crate::function::as_function;

/// The payload of `typing.TypeAliasType`.
#[class(
    name = "TypeAliasType",
    module = "typing",
    doc = "Type alias, as the type statement makes them::\n\n    type Alias = int\n    type ListOrSet[T] = list[T] | set[T]\n\nThe value is in __value__, and is computed when it is first read. Type parameters are in __type_params__."
)]
pub struct TypeAliasType {
    name: Ref<Str>,
    parameters: Option<Ref<Tuple>>,
    value: Lazy,
    /// `__module__`, where no function that computes the value knows it.
    module: Option<Value>,
}

impl TypeAliasType {
    /// An alias; no parameters rather than none of them.
    pub(super) fn make(
        name: Ref<Str>,
        parameters: Option<Ref<Tuple>>,
        value: Lazy,
        module: Option<Value>,
    ) -> Ref<TypeAliasType> {
        heap::new_object(
            TypeAliasType::class(),
            TypeAliasType {
                name,
                parameters,
                value,
                module,
            },
        )
    }
}

/// Type parameters with a default stand behind those without.
fn check_parameters(parameters: &[Value]) -> PyResult<()> {
    let mut default_seen = false;
    for parameter in parameters {
        if !default_value(default_of(parameter)?)?.is(&no_default()) {
            default_seen = true;
        } else if default_seen {
            let shown = protocol::repr(parameter)?;
            bail!(
                TypeError,
                "non-default type parameter '{}' follows default type parameter",
                shown.to_display()
            );
        }
    }
    Ok(())
}

#[methods]
impl TypeAliasType {
    #[new("(name, value, *, type_params=())", name = "typealias", nosig)]
    fn py_new(
        _class: &Ref<Type>,
        name: &Ref<Str>,
        value: &Value,
        type_params: Option<&Value>,
    ) -> PyResult<Ref<TypeAliasType>> {
        let parameters = match type_params {
            None => None,
            Some(parameters) => match parameters.downcast::<Tuple>() {
                Some(parameters) => {
                    Some(parameters.clone()).filter(|parameters| !parameters.is_empty())
                }
                None => bail!(TypeError, "type_params must be a tuple"),
            },
        };
        if let Some(parameters) = &parameters {
            check_parameters(parameters.as_slice())?;
        }
        Ok(TypeAliasType::make(
            name.clone(),
            parameters,
            Lazy::known(Some(value.clone())),
            Some(running_module()),
        ))
    }

    #[slot(repr)]
    fn repr(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[slot(iter)]
    fn iter(this: &Ref<TypeAliasType>) -> PyResult<Value> {
        unpack_iterator(this.as_value())
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        union_or(left, right)
    }

    #[slot(getitem)]
    fn getitem(this: &Ref<TypeAliasType>, arguments: &Value) -> PyResult<Ref<GenericAlias>> {
        if this.parameters.is_none() {
            bail!(TypeError, "Only generic type aliases are subscriptable");
        }
        Ok(GenericAlias::new(this.to_value(), arguments.clone()))
    }

    #[method("($self, /)")]
    fn __reduce__(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[getter(member)]
    fn __name__(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[getter]
    fn __parameters__(&self) -> PyResult<Ref<Tuple>> {
        self.parameters
            .as_ref()
            .map_or_else(|| Ok(Tuple::empty()), unpacked)
    }

    #[getter]
    fn __type_params__(&self) -> Ref<Tuple> {
        self.parameters.clone().unwrap_or_else(Tuple::empty)
    }

    #[getter]
    fn __value__(&self) -> PyResult<Option<Value>> {
        self.value.get()
    }

    #[getter]
    fn evaluate_value(&self) -> Option<Value> {
        self.value.evaluator()
    }

    #[getter]
    fn __module__(&self) -> Option<Value> {
        let known = self.module.clone();
        known.or_else(|| {
            self.value
                .function()
                .as_ref()
                .and_then(as_function)
                .and_then(|function| function.module.get())
        })
    }
}

pub(super) fn init_classes() {
    TypeAliasType::init_class();
}
