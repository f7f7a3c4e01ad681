//! `Generic`, the base of classes with type parameters, and `NoDefault`.

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Once;
use taipan_objects::class::{Payload, Type};
use taipan_objects::object::Object;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, protocol, runtime};

/// `typing.Generic`.
#[class(
    name = "Generic",
    module = "typing",
    base = Object,
    marker,
    flags(BASETYPE),
    doc = "Abstract base class for generic types.\n\nA class with a list of type parameters after its name inherits from Generic by itself::\n\n    class Box[T]:\n        ...\n\nA class that uses type variables made by hand names Generic[T] among its bases."
)]
pub struct Generic;

#[methods]
impl Generic {
    /// Parameterizes a generic class.
    #[classmethod(nosig)]
    fn __class_getitem__(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        let function = runtime::import_attribute("typing", "_generic_class_getitem")?;
        protocol::call_prepended(&function, class.as_value(), args)
    }

    /// Function to initialize subclasses.
    #[classmethod(nosig)]
    fn __init_subclass__(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        let function = runtime::import_attribute("typing", "_generic_init_subclass")?;
        protocol::call_prepended(&function, class.as_value(), args)
    }
}

/// `Generic`, the class.
pub(super) fn generic_class() -> Value {
    GENERIC.clone()
}

/// The payload of `NoDefault`, of which there is one.
#[class(name = "NoDefaultType", doc = "The type of the NoDefault singleton.")]
pub struct NoDefaultType {
    nothing: (),
}

static GENERIC: Once<Value> = Once::new();
static NO_DEFAULT: Once<Value> = Once::new();

/// `typing.NoDefault`: what stands for the default of a type parameter without one.
pub fn no_default() -> Value {
    NO_DEFAULT.clone()
}

#[methods]
impl NoDefaultType {
    #[slot(new)]
    fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        if !args.is_empty() {
            bail!(TypeError, "NoDefaultType takes no arguments");
        }
        Ok(no_default())
    }

    #[slot(repr)]
    fn repr(&self) -> &'static str {
        let () = self.nothing;
        "typing.NoDefault"
    }

    #[method("($self, /)", nosig)]
    fn __reduce__(&self) -> &'static str {
        "NoDefault"
    }
}

pub(super) fn init_classes() {
    GENERIC.set(Generic::init_class().to_value());
    NoDefaultType::init_class();
    NO_DEFAULT
        .set(heap::new_object(NoDefaultType::class(), NoDefaultType { nothing: () }).into_value());
}
