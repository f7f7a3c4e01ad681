//! Type parameters and type aliases: `TypeVar`, `ParamSpec`, `TypeVarTuple`, `TypeAliasType`, `Generic`, `NoDefault`.
//!
//! The syntax of PEP 695 and 696 makes them through intrinsics; the module `_typing` gives their classes to `typing`, which
//! in turn does what needs Python: substitution, checks, `Unpack`. Bounds, constraints, defaults and values of aliases are
//! evaluated when they are first read ([`lazy`]).

mod generic;
pub mod lazy;
mod param_spec;
mod type_alias;
mod type_var;
mod type_var_tuple;

pub use generic::{Generic, NoDefaultType, no_default};
pub use param_spec::{ParamSpec, ParamSpecArgs, ParamSpecKwargs};
pub use type_alias::TypeAliasType;
pub use type_var::TypeVar;
pub use type_var_tuple::TypeVarTuple;

use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol, runtime};

use lazy::Lazy;

/// Calls a function of `typing`.
fn call_typing(name: &str, arguments: &[Value]) -> PyResult<Value> {
    protocol::call_positional(&runtime::import_attribute("typing", name)?, arguments)
}

/// Checks that something is a type, as `typing` does; None stands for its class.
fn type_check(value: &Value, message: &str) -> PyResult<Value> {
    if value.is_none() {
        return Ok(value.class().to_value());
    }
    call_typing(
        "_type_check",
        &[value.clone(), Str::new(message).into_value()],
    )
}

/// `__module__` of what running code makes: that of the running function.
fn running_module() -> Value {
    crate::frames::current_frame()
        .and_then(|frame| frame.function().module.get())
        .unwrap_or(Value::NONE)
}

/// Sets `__module__` of a new type parameter.
fn set_module(parameter: &Value) -> PyResult<()> {
    protocol::setattr(parameter, id!("__module__"), &running_module())
}

/// `Unpack[parameter]`.
fn unpack(parameter: &Value) -> PyResult<Value> {
    protocol::getitem(&runtime::import_attribute("typing", "Unpack")?, parameter)
}

/// The iterator that gives `*parameter`.
fn unpack_iterator(parameter: &Value) -> PyResult<Value> {
    protocol::iter(Tuple::from_array([unpack(parameter)?]).as_value())
}

/// Type parameters as `Generic[…]` takes them: type variable tuples unpacked.
fn unpacked(parameters: &Ref<Tuple>) -> PyResult<Ref<Tuple>> {
    let is_several = |parameter: &Value| parameter.downcast_exact::<TypeVarTuple>().is_some();
    if !parameters.as_slice().iter().any(is_several) {
        return Ok(parameters.clone());
    }
    let items = parameters.as_slice().iter().map(|item| {
        if is_several(item) {
            unpack(item)
        } else {
            Ok(item.clone())
        }
    });
    Ok(Tuple::new(items.collect::<PyResult<Vec<Value>>>()?))
}

/// The default of any type parameter.
fn default_of(parameter: &Value) -> PyResult<&Lazy> {
    if let Some(parameter) = parameter.downcast_exact::<TypeVar>() {
        return Ok(&parameter.default);
    }
    if let Some(parameter) = parameter.downcast_exact::<ParamSpec>() {
        return Ok(&parameter.default);
    }
    match parameter.downcast_exact::<TypeVarTuple>() {
        Some(parameter) => Ok(&parameter.default),
        None => bail!(
            TypeError,
            "Expected a type param, got {}",
            protocol::repr(parameter)?.to_display()
        ),
    }
}

/// The variance that the keyword arguments of a constructor say.
#[derive(Clone, Copy)]
struct Variance {
    covariant: bool,
    contravariant: bool,
    inferred: bool,
}

impl Variance {
    /// What the syntax of type parameters means.
    const INFERRED: Variance = Variance {
        covariant: false,
        contravariant: false,
        inferred: true,
    };

    fn checked(covariant: bool, contravariant: bool, inferred: bool) -> PyResult<Variance> {
        if covariant && contravariant {
            bail!(ValueError, "Bivariant types are not supported.");
        }
        if inferred && (covariant || contravariant) {
            bail!(
                ValueError,
                "Variance cannot be specified with infer_variance."
            );
        }
        Ok(Variance {
            covariant,
            contravariant,
            inferred,
        })
    }

    fn show(self, name: &Str) -> String {
        let sign = match self {
            Variance { inferred: true, .. } => "",
            Variance {
                covariant: true, ..
            } => "+",
            Variance {
                contravariant: true,
                ..
            } => "-",
            _ => "~",
        };
        format!("{sign}{}", name.to_display())
    }
}

fn name_of(value: &Value) -> PyResult<Ref<Str>> {
    match value.downcast::<Str>() {
        Some(name) => Ok(name.clone()),
        None => bail!(SystemError, "a type parameter's name is a string"),
    }
}

/// A TypeVar with a lazily evaluated bound or constraints.
pub(crate) fn type_var(
    name: Value,
    bound: Option<Value>,
    constraints: Option<Value>,
) -> PyResult<Value> {
    Ok(TypeVar::inferred(name_of(&name)?, bound, constraints).into_value())
}

/// A ParamSpec.
pub(crate) fn param_spec(name: Value) -> PyResult<Value> {
    Ok(ParamSpec::inferred(name_of(&name)?).into_value())
}

/// A TypeVarTuple.
pub(crate) fn type_var_tuple(name: Value) -> PyResult<Value> {
    Ok(TypeVarTuple::make(name_of(&name)?, Lazy::empty()).into_value())
}

/// `Generic[params]` for a class with type parameters.
pub(crate) fn subscript_generic(parameters: Value) -> PyResult<Value> {
    let parameters = match parameters.downcast::<Tuple>() {
        Some(parameters) => unpacked(parameters)?.into_value(),
        None => parameters,
    };
    call_typing("_GenericAlias", &[generic::generic_class(), parameters])
}

/// A type alias: name, type parameters, function that evaluates the value.
pub(crate) fn type_alias(parts: Value) -> PyResult<Value> {
    let parts = protocol::collect(&parts)?;
    let [name, parameters, evaluate] = &parts[..] else {
        bail!(SystemError, "a type alias is made of three parts")
    };
    let parameters = parameters
        .downcast::<Tuple>()
        .filter(|parameters| !parameters.is_empty())
        .cloned();
    Ok(TypeAliasType::make(
        name_of(name)?,
        parameters,
        Lazy::evaluated_by(evaluate.clone()),
        None,
    )
    .into_value())
}

/// Sets the lazily evaluated default of a type parameter.
pub(crate) fn set_default(parameter: Value, evaluate: Value) -> PyResult<Value> {
    default_of(&parameter)?.set_evaluator(evaluate);
    Ok(parameter)
}

/// Makes the classes.
pub(crate) fn init_classes() {
    generic::init_classes();
    lazy::init_classes();
    type_var::init_classes();
    param_spec::init_classes();
    type_var_tuple::init_classes();
    type_alias::init_classes();
}
