//! `TypeVarTuple`: a parameter that stands for any number of types.

use taipan_macros::{class, methods};
use taipan_objects::class::{Payload, Type};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap};

use super::lazy::Lazy;
use super::type_var::{default_value, has_default};
use super::{call_typing, no_default, set_module, unpack_iterator};

/// The payload of `typing.TypeVarTuple`.
#[class(
    name = "TypeVarTuple",
    module = "typing",
    flags(ATTRIBUTES, WEAKREFABLE),
    doc = "Type variable tuple: a type parameter that stands for any number of types.\n\nIt is written with one star::\n\n    def rotate[T, *Ts](items: tuple[T, *Ts]) -> tuple[*Ts, T]: ...\n    type Default[*Ts = (str, int)] = tuple[*Ts]\n\nor made by hand::\n\n    Ts = TypeVarTuple('Ts')\n\nA class C[*Ts] takes any number of type arguments: C[int], C[int, str], C[()]."
)]
pub struct TypeVarTuple {
    name: Ref<Str>,
    pub(super) default: Lazy,
}

impl TypeVarTuple {
    /// A parameter without `__module__` of its own.
    pub(super) fn make(name: Ref<Str>, default: Lazy) -> Ref<TypeVarTuple> {
        heap::new_object(TypeVarTuple::class(), TypeVarTuple { name, default })
    }
}

#[methods]
impl TypeVarTuple {
    #[new("(name, *, default=typing.NoDefault)", name = "typevartuple", nosig)]
    fn py_new(_class: &Ref<Type>, name: &Ref<Str>, default: Option<&Value>) -> PyResult<Value> {
        let default = Lazy::known(Some(default.cloned().unwrap_or_else(no_default)));
        let variable = TypeVarTuple::make(name.clone(), default).into_value();
        set_module(&variable)?;
        Ok(variable)
    }

    #[slot(repr)]
    fn repr(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[slot(iter)]
    fn iter(this: &Ref<TypeVarTuple>) -> PyResult<Value> {
        unpack_iterator(this.as_value())
    }

    #[constant(name = "__module__")]
    const MODULE: &str = "typing";

    #[method("($self, arg, /)")]
    fn __typing_subst__(&self, _arg: &Value) -> PyResult<Value> {
        bail!(
            TypeError,
            "Substitution of bare TypeVarTuple is not supported"
        )
    }

    #[method("($self, alias, args, /)")]
    fn __typing_prepare_subst__(
        this: &Ref<TypeVarTuple>,
        alias: &Value,
        args: &Value,
    ) -> PyResult<Value> {
        call_typing(
            "_typevartuple_prepare_subst",
            &[this.to_value(), alias.clone(), args.clone()],
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
        bail!(TypeError, "Cannot subclass an instance of TypeVarTuple")
    }

    #[getter(member)]
    fn __name__(&self) -> Ref<Str> {
        self.name.clone()
    }

    /// The default value for this TypeVarTuple.
    #[getter]
    fn __default__(&self) -> PyResult<Value> {
        default_value(&self.default)
    }

    #[getter]
    fn evaluate_default(&self) -> Option<Value> {
        self.default.evaluator()
    }
}

pub(super) fn init_classes() {
    TypeVarTuple::init_class();
}
