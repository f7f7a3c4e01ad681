//! `ParamSpec`: a parameter that stands for the parameters of a callable, and its two halves.

use taipan_macros::{class, methods};
use taipan_objects::class::{Comparison, Payload, Type};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap};

use super::lazy::Lazy;
use super::type_var::{default_value, has_default, join};
use super::{Variance, call_typing, no_default, set_module, type_check};

/// The payload of `typing.ParamSpec`.
#[class(
    name = "ParamSpec",
    module = "typing",
    flags(ATTRIBUTES, WEAKREFABLE),
    doc = "Parameter specification variable: a type parameter that stands for the parameters of a callable.\n\nIt is written with two stars::\n\n    type IntFunction[**P] = Callable[P, int]\n    type Default[**P = (int, str)] = Callable[P, int]\n\nor made by hand::\n\n    P = ParamSpec('P')\n\nP.args and P.kwargs annotate the *args and **kwargs of a wrapper."
)]
pub struct ParamSpec {
    name: Ref<Str>,
    bound: Option<Value>,
    pub(super) default: Lazy,
    #[untraced]
    variance: Variance,
}

impl ParamSpec {
    /// The parameter that the syntax makes.
    pub(super) fn inferred(name: Ref<Str>) -> Ref<ParamSpec> {
        let payload = ParamSpec {
            name,
            bound: None,
            default: Lazy::empty(),
            variance: Variance::INFERRED,
        };
        heap::new_object(ParamSpec::class(), payload)
    }
}

#[methods]
impl ParamSpec {
    #[new(
        "(name, *, bound=None, default=typing.NoDefault, covariant=False, contravariant=False, infer_variance=False)",
        name = "paramspec",
        nosig
    )]
    fn make(
        _class: &Ref<Type>,
        name: &Ref<Str>,
        bound: &Value,
        default: Option<&Value>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
    ) -> PyResult<Value> {
        let variance = Variance::checked(covariant, contravariant, infer_variance)?;
        let payload = ParamSpec {
            name: name.clone(),
            bound: Some(type_check(bound, "Bound must be a type.")?),
            default: Lazy::known(Some(default.cloned().unwrap_or_else(no_default))),
            variance,
        };
        let variable = heap::new_object(ParamSpec::class(), payload).into_value();
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
    fn __typing_subst__(this: &Ref<ParamSpec>, arg: &Value) -> PyResult<Value> {
        call_typing("_paramspec_subst", &[this.to_value(), arg.clone()])
    }

    #[method("($self, alias, args, /)")]
    fn __typing_prepare_subst__(
        this: &Ref<ParamSpec>,
        alias: &Value,
        args: &Value,
    ) -> PyResult<Value> {
        call_typing(
            "_paramspec_prepare_subst",
            &[this.to_value(), alias.clone(), args.clone()],
        )
    }

    #[method("($self, /)")]
    fn has_default(&self) -> bool {
        has_default(&self.default)
    }

    #[method("($self, /)")]
    fn __reduce__(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[method("($self, object, /)", nosig)]
    fn __mro_entries__(&self, _bases: &Value) -> PyResult<Value> {
        bail!(TypeError, "Cannot subclass an instance of ParamSpec")
    }

    #[getter(member)]
    fn __name__(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[getter(member)]
    fn __bound__(&self) -> Option<Value> {
        self.bound.clone()
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

    /// Represents positional arguments.
    #[getter]
    fn args(this: &Ref<ParamSpec>) -> Ref<ParamSpecArgs> {
        heap::new_object(
            ParamSpecArgs::class(),
            ParamSpecArgs {
                origin: this.to_value(),
            },
        )
    }

    /// Represents keyword arguments.
    #[getter]
    fn kwargs(this: &Ref<ParamSpec>) -> Ref<ParamSpecKwargs> {
        heap::new_object(
            ParamSpecKwargs::class(),
            ParamSpecKwargs {
                origin: this.to_value(),
            },
        )
    }

    /// The default value for this ParamSpec.
    #[getter]
    fn __default__(&self) -> PyResult<Value> {
        default_value(&self.default)
    }

    #[getter]
    fn evaluate_default(&self) -> Option<Value> {
        self.default.evaluator()
    }
}

macro_rules! parts {
    ($($(#[$doc:meta])* $part:ident $name:literal $function:literal $attribute:literal $text:literal;)*) => { $(
        $(#[$doc])*
        #[class(name = $name, module = "typing", flags(WEAKREFABLE), doc = $text)]
        pub struct $part {
            origin: Value,
        }

        #[methods]
        impl $part {
            #[new("(origin)", name = $function, nosig)]
            fn make(_class: &Ref<Type>, origin: &Value) -> Ref<$part> {
                heap::new_object($part::class(), $part { origin: origin.clone() })
            }

            #[slot(repr)]
            fn repr(&self) -> PyResult<String> {
                match self.origin.downcast_exact::<ParamSpec>() {
                    Some(parameter) => Ok(format!(concat!("{}.", $attribute), parameter.name.to_display())),
                    None => Ok(format!(concat!("{}.", $attribute), protocol::repr(&self.origin)?.to_display())),
                }
            }

            #[slot(richcompare)]
            fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
                match other.downcast_exact::<$part>() {
                    Some(other) if matches!(comparison, Comparison::Eq | Comparison::Ne) => {
                        protocol::compare(&self.origin, &other.origin, comparison)
                    }
                    _ => Ok(Value::NOT_IMPLEMENTED),
                }
            }

            #[constant(name = "__module__")]
            const MODULE: &str = "typing";

            #[method("($self, object, /)", nosig)]
            fn __mro_entries__(&self, _bases: &Value) -> PyResult<Value> {
                bail!(TypeError, concat!("Cannot subclass an instance of ", $name))
            }

            #[getter(member)]
            fn __origin__(&self) -> Value {
                self.origin.clone()
            }
        }
    )* };
}
parts! {
    /// The payload of `typing.ParamSpecArgs`.
    ParamSpecArgs "ParamSpecArgs" "paramspecargs" "args"
        "The positional arguments that a ParamSpec stands for: what P.args is. Its __origin__ is the ParamSpec.";
    /// The payload of `typing.ParamSpecKwargs`.
    ParamSpecKwargs "ParamSpecKwargs" "paramspeckwargs" "kwargs"
        "The keyword arguments that a ParamSpec stands for: what P.kwargs is. Its __origin__ is the ParamSpec.";
}

pub(super) fn init_classes() {
    ParamSpec::init_class();
    ParamSpecArgs::init_class();
    ParamSpecKwargs::init_class();
}
