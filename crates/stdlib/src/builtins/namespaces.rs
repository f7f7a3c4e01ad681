//! `globals`, `locals`, `vars` and `dir`.

use taipan_interp::frames;
use taipan_macros::function;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

/// Return the dictionary of the running module's global names.
///
/// Changes to it change the globals.
#[function("()")]
pub(super) fn globals() -> Option<Value> {
    frames::current_globals().map(Ref::into_value)
}

/// Return a mapping of the local names.
///
/// In modules and classes changes to it change the names; in functions each call answers a new dictionary.
#[function("()")]
pub(super) fn locals() -> PyResult<Value> {
    frames::current_locals()
}

/// Return object.__dict__, or locals() where no object is given.
#[function("(object=<unrepresentable>, /)", nosig)]
pub(super) fn vars(object: Option<&Value>) -> PyResult<Value> {
    let Some(object) = object else {
        return frames::current_locals();
    };
    match protocol::getattr_optional(object, id!("__dict__"))? {
        Some(dict) => Ok(dict),
        None => bail!(TypeError, "vars() argument must have __dict__ attribute"),
    }
}

/// Return a sorted list of names.
///
/// With an object, the names of its attributes, as its __dir__() method tells them, or else those found in it and its
/// classes. Without, the names in the current scope.
#[function("(object=<unrepresentable>, /)", nosig)]
pub(super) fn dir(object: Option<&Value>) -> PyResult<Ref<List>> {
    let names = match object {
        Some(object) => names_of(object)?,
        None => {
            let locals = frames::current_locals()?;
            let keys = protocol::call_method(&locals, id!("keys"), &[])?;
            List::new(protocol::collect(&keys)?)
        }
    };
    protocol::call_method(names.as_value(), id!("sort"), &[])?;
    Ok(names)
}

fn names_of(object: &Value) -> PyResult<Ref<List>> {
    match protocol::call_special_optional(object, id!("__dir__"), &[])? {
        Some(names) => Ok(List::new(protocol::collect(&names)?)),
        None => bail!(TypeError, "object does not provide __dir__"),
    }
}
