//! What Python sees of functions (being written).
use taipan_macros::methods;
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Type};
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use crate::function::Function;
#[methods]
impl Function {
    #[slot(call)]
    fn call(this: &Ref<Function>, args: Args<'_>) -> PyResult<Value> {
        crate::call::call_function(this, args)
    }

    #[slot(descr_get)]
    fn descr_get(this: &Value, instance: Option<&Value>, _class: Option<&Value>) -> PyResult<Value> {
        match instance {
            Some(instance) => Ok(BoundMethod::new(this.clone(), instance.clone()).into_value()),
            None => Ok(this.clone()),
        }
    }
}
#[methods(part = attributes)]
impl Function {}
#[allow(unused_imports)]
use {Payload as _, Type as _};
