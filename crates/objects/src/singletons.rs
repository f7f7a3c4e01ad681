//! The classes of None, NotImplemented and Ellipsis. Each has one instance, an immediate.

use taipan_macros::{class, methods};

use crate::args::Args;
use crate::class::{Comparison, Type};
use crate::id;
use crate::object::Object;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};

pub use crate::int::boolean::Bool;

/// The class of None.
#[class(name = "NoneType", base = Object, marker, doc = "The type of None, which stands for the absence of a value.")]
pub struct NoneType;

/// The class of NotImplemented.
#[class(
    name = "NotImplementedType",
    base = Object,
    marker,
    doc = "The type of NotImplemented, with which a method says that it does not know the other operand."
)]
pub struct NotImplementedType;

/// The class of Ellipsis.
#[class(name = "ellipsis", base = Object, marker, doc = "The type of Ellipsis, also written `...`.")]
pub struct EllipsisType;

/// Makes the classes of all immediates that are not numbers.
pub fn init_classes() {
    Bool::init_class();
    NoneType::init_class();
    NotImplementedType::init_class();
    EllipsisType::init_class();
}

/// The only instance, for a call of the class without arguments.
fn only_instance(class: &Ref<Type>, args: Args<'_>, instance: Value) -> PyResult<Value> {
    if !args.is_empty() {
        let name = if instance.is(&Value::ELLIPSIS) {
            "EllipsisType".to_owned()
        } else {
            class.name()
        };
        bail!(TypeError, "{name} takes no arguments");
    }
    Ok(instance)
}

#[methods]
impl NoneType {
    #[new("()")]
    fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        only_instance(class, args, Value::NONE)
    }

    #[slot(repr)]
    fn repr(_this: &Value) -> PyResult<Ref<Str>> {
        Ok(id!("None").clone())
    }

    #[slot(bool)]
    fn bool(_this: &Value) -> PyResult<bool> {
        Ok(false)
    }

    #[slot(hash)]
    fn hash(_this: &Value) -> PyResult<i64> {
        // The same in every process, so that sets with None in them have one order.
        Ok(0xfca8_6420)
    }

    #[slot(richcompare)]
    fn richcompare(this: &Value, other: &Value, comparison: Comparison) -> PyResult<Value> {
        Ok(match comparison {
            Comparison::Eq if this.is(other) => Value::TRUE,
            Comparison::Ne if this.is(other) => Value::FALSE,
            _ => Value::NOT_IMPLEMENTED,
        })
    }
}

#[methods]
impl NotImplementedType {
    #[new("()")]
    fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        only_instance(class, args, Value::NOT_IMPLEMENTED)
    }

    #[slot(repr)]
    fn repr(_this: &Value) -> PyResult<Ref<Str>> {
        Ok(id!("NotImplemented").clone())
    }

    #[slot(bool)]
    fn bool(_this: &Value) -> PyResult<bool> {
        bail!(
            TypeError,
            "NotImplemented should not be used in a boolean context"
        )
    }

    /// The name under which the only instance is found again.
    #[method]
    fn __reduce__(_this: &Value) -> Ref<Str> {
        id!("NotImplemented").clone()
    }
}

#[methods]
impl EllipsisType {
    #[new("()")]
    fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
        only_instance(class, args, Value::ELLIPSIS)
    }

    #[slot(repr)]
    fn repr(_this: &Value) -> PyResult<Ref<Str>> {
        Ok(id!("Ellipsis").clone())
    }

    /// The name under which the only instance is found again.
    #[method]
    fn __reduce__(_this: &Value) -> Ref<Str> {
        id!("Ellipsis").clone()
    }
}
