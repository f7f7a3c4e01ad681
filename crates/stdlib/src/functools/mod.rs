//! `_functools`: the native half of `functools`.

mod cache;
mod compare;
mod partial;

pub use cache::LruCache;
pub use compare::KeyWrapper;
pub use partial::{Partial, Placeholder};

use taipan_macros::{define_module, function};
use taipan_objects::bail;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::module::Module;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

define_module! {
    name = "_functools",
    doc = "Tools that operate on functions.",
    functions(reduce, compare::cmp_to_key),
    classes(Partial, LruCache),
    init = init,
}

fn init(module: &Ref<Module>) -> PyResult<()> {
    Placeholder::init_class();
    KeyWrapper::init_class();
    module.set("Placeholder", Placeholder::instance());
    Ok(())
}

/// Apply a function of two arguments to the items of an iterable from left to right, so that one value remains.
///
/// reduce(lambda x, y: x+y, [1, 2, 3, 4, 5]) computes ((((1+2)+3)+4)+5). If initial is given it stands before the
/// items, and is the answer if there are none.
#[function("($module, function, iterable, /, initial=<unrepresentable>)")]
fn reduce(function: &Value, iterable: &Value, initial: Option<&Value>) -> PyResult<Value> {
    let iterator = match protocol::iter(iterable) {
        Ok(iterator) => iterator,
        Err(raised) if raised.is(ExceptionKind::TypeError) => {
            bail!(TypeError, "reduce() arg 2 must support iteration")
        }
        Err(raised) => return Err(raised),
    };
    let mut result = initial.cloned();
    while let Some(item) = protocol::next(&iterator)? {
        result = Some(match result {
            None => item,
            Some(result) => protocol::call2(function, &result, &item)?,
        });
    }
    match result {
        Some(result) => Ok(result),
        None => bail!(
            TypeError,
            "reduce() of empty iterable with no initial value"
        ),
    }
}
