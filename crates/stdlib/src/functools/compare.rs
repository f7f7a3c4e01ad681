//! `cmp_to_key`: from an old-style comparison to a key function.

use taipan_macros::{class, function, methods};
use taipan_objects::args::{Args, Bound, ParamSpec};
use taipan_objects::bail;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Comparison, Payload};
use taipan_objects::heap;
use taipan_objects::int;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

/// A key function, or a key that it made: then it has an object.
#[class(name = "KeyWrapper", module = "functools", flags(NO_INSTANTIATION))]
pub struct KeyWrapper {
    compare: Value,
    object: Slot,
}

const CALL: ParamSpec = ParamSpec {
    function: "K",
    names: &["obj"],
    positional_only: 0,
    positional: 1,
    required: &[true],
    varargs: false,
    varkw: false,
};

impl KeyWrapper {
    fn wrap(compare: &Value, object: Option<Value>) -> Ref<KeyWrapper> {
        heap::new_object(
            KeyWrapper::class(),
            KeyWrapper {
                compare: compare.clone(),
                object: Slot::new(object),
            },
        )
    }
}

#[methods]
impl KeyWrapper {
    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let bound: Bound<'_, 1> = CALL.bind(args)?;
        Ok(KeyWrapper::wrap(&self.compare, bound.values[0].cloned()).into_value())
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(other) = other.downcast::<KeyWrapper>() else {
            bail!(TypeError, "other argument must be K instance");
        };
        let (Some(left), Some(right)) = (self.object.get(), other.object.get()) else {
            bail!(AttributeError, "object");
        };
        let answer = protocol::call2(&self.compare, &left, &right)?;
        protocol::compare(&answer, &int::new(0), comparison)
    }

    #[getter]
    fn __text_signature__(&self) -> &'static str {
        "(obj)"
    }

    /// The object that the key stands for.
    #[getter(member)]
    fn obj(&self) -> Value {
        self.object.get().unwrap_or(Value::NONE)
    }

    #[setter]
    fn set_obj(&self, object: Option<&Value>) {
        self.object.set(object.cloned());
    }
}

/// Make a key function of a function that compares two objects by a negative, zero or positive answer.
#[function("($module, /, mycmp)")]
pub fn cmp_to_key(mycmp: &Value) -> Ref<KeyWrapper> {
    KeyWrapper::wrap(mycmp, None)
}
