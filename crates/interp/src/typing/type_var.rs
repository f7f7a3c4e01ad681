//! `TypeVar`: a parameter that stands for one type.

use taipan_macros::{class, methods};
use taipan_objects::class::{Payload, Type};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::union::union_of;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, id, int};

use super::lazy::Lazy;
use super::{Variance, call_typing, no_default, set_module, type_check};

/// The payload of `typing.TypeVar`.
#[class(
    name = "TypeVar",
    module = "typing",
    flags(ATTRIBUTES, WEAKREFABLE),
    doc = "Type variable: a parameter of generic functions, classes and type aliases that stands for one type.\n\nThe usual way to make one is to write it after the name of what it is a parameter of::\n\n    class Sequence[T]: ...             # any type\n    class Strings[S: str]: ...         # a subtype of str\n    class Texts[A: (str, bytes)]: ...  # exactly str or exactly bytes\n    class Numbers[N = int]: ...        # int unless given\n\nThe same by hand, for several uses::\n\n    T = TypeVar('T')\n    S = TypeVar('S', bound=str)\n    A = TypeVar('A', str, bytes)\n    N = TypeVar('N', default=int)"
)]
pub struct TypeVar {
    name: Ref<Str>,
    bound: Lazy,
    constraints: Lazy,
    pub(super) default: Lazy,
    #[untraced]
    variance: Variance,
}

impl TypeVar {
    /// The parameter that the syntax makes.
    pub(super) fn inferred(
        name: Ref<Str>,
        bound: Option<Value>,
        constraints: Option<Value>,
    ) -> Ref<TypeVar> {
        let lazy = |function: Option<Value>| function.map_or_else(Lazy::empty, Lazy::evaluated_by);
        let payload = TypeVar {
            name,
            bound: lazy(bound),
            constraints: lazy(constraints),
            default: Lazy::empty(),
            variance: Variance::INFERRED,
        };
        heap::new_object(TypeVar::class(), payload)
    }
}

/// `left | right` where one is a type parameter, whatever the other is.
pub(super) fn join(left: &Value, right: &Value) -> PyResult<Value> {
    union_of(Tuple::pair(left.clone(), right.clone()).as_value())
}

/// `parameter.__default__`.
pub(super) fn default_value(default: &Lazy) -> PyResult<Value> {
    Ok(default.get()?.unwrap_or_else(no_default))
}

/// `parameter.has_default()`.
pub(super) fn has_default(default: &Lazy) -> bool {
    default.function().is_some() || default.peek().is_some_and(|value| !value.is(&no_default()))
}

#[methods]
impl TypeVar {
    #[new(
        "(name, *constraints, bound=None, default=typing.NoDefault, covariant=False, contravariant=False, infer_variance=False)",
        name = "typevar",
        nosig
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "the constructor's parameters are Python's"
    )]
    fn make(
        _class: &Ref<Type>,
        name: &Ref<Str>,
        constraints: &[Value],
        bound: Option<&Value>,
        default: Option<&Value>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
    ) -> PyResult<Value> {
        let variance = Variance::checked(covariant, contravariant, infer_variance)?;
        let bound = bound
            .map(|bound| type_check(bound, "Bound must be a type."))
            .transpose()?;
        if constraints.len() == 1 {
            bail!(TypeError, "A single constraint is not allowed");
        }
        if !constraints.is_empty() && bound.is_some() {
            bail!(TypeError, "Constraints cannot be combined with bound=...");
        }
        let constraints =
            (!constraints.is_empty()).then(|| Tuple::from_slice(constraints).into_value());
        let payload = TypeVar {
            name: name.clone(),
            bound: Lazy::known(bound),
            constraints: Lazy::known(constraints),
            default: Lazy::known(Some(default.cloned().unwrap_or_else(no_default))),
            variance,
        };
        let variable = heap::new_object(TypeVar::class(), payload).into_value();
        set_module(&variable)?;
        Ok(variable)
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        self.variance.show(&self.name)
    }

    #[slot(or)]
    fn or(left: &Value, right: &Value) -> PyResult<Value> {
        join(left, right)
    }

    #[constant(name = "__module__")]
    const MODULE: &str = "typing";

    #[method("($self, arg, /)")]
    fn __typing_subst__(this: &Ref<TypeVar>, arg: &Value) -> PyResult<Value> {
        call_typing("_typevar_subst", &[this.to_value(), arg.clone()])
    }

    #[method("($self, alias, args, /)")]
    fn __typing_prepare_subst__(
        this: &Ref<TypeVar>,
        alias: &Value,
        args: &Value,
    ) -> PyResult<Value> {
        let parameters = protocol::getattr(alias, id!("__parameters__"))?;
        let index = protocol::call_method(&parameters, id!("index"), &[this.to_value()])?;
        let (index, given) = (int::as_usize(&index)?, protocol::len(args)?);
        if index < given {
            return Ok(args.clone());
        }
        let default = default_value(&this.default)?;
        if index == given && !default.is(&no_default()) {
            return protocol::add(args, Tuple::from_array([default]).as_value());
        }
        bail!(
            TypeError,
            "Too few arguments for {}; actual {given}, expected at least {}",
            protocol::str(alias)?.to_display(),
            index + 1
        )
    }

    #[method("($self, /)")]
    fn __reduce__(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[method("($self, /)")]
    fn has_default(&self) -> bool {
        has_default(&self.default)
    }

    #[method("($self, object, /)", nosig)]
    fn __mro_entries__(&self, _bases: &Value) -> PyResult<Value> {
        bail!(TypeError, "Cannot subclass an instance of TypeVar")
    }

    #[getter(member)]
    fn __name__(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[getter(member)]
    fn __covariant__(&self) -> bool {
        self.variance.covariant
    }

    #[getter(member)]
    fn __contravariant__(&self) -> bool {
        self.variance.contravariant
    }

    #[getter(member)]
    fn __infer_variance__(&self) -> bool {
        self.variance.inferred
    }

    #[getter]
    fn __bound__(&self) -> PyResult<Option<Value>> {
        self.bound.get()
    }

    #[getter]
    fn __constraints__(&self) -> PyResult<Value> {
        Ok(self
            .constraints
            .get()?
            .unwrap_or_else(|| Tuple::empty().into_value()))
    }

    #[getter]
    fn __default__(&self) -> PyResult<Value> {
        default_value(&self.default)
    }

    #[getter]
    fn evaluate_bound(&self) -> Option<Value> {
        self.bound.evaluator()
    }

    #[getter]
    fn evaluate_constraints(&self) -> Option<Value> {
        self.constraints.evaluator()
    }

    #[getter]
    fn evaluate_default(&self) -> Option<Value> {
        self.default.evaluator()
    }
}

pub(super) fn init_classes() {
    TypeVar::init_class();
}
