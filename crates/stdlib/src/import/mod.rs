//! Importing.
//!
//! The import system is importlib's own Python code, from the embedded library. What is here is what it stands on (the
//! module `_imp`, the native modules, the finder of the embedded library) and what must not be slow: an import of a
//! module that is loaded already never enters Python.

mod bootstrap;
mod imp;
mod library;
mod name;
mod timing;

pub use bootstrap::start;
pub use imp::{MAGIC, definition as imp_definition};
pub use library::definition as library_definition;
pub use name::{import_module, import_name};

use taipan_objects::cell::Once;
use taipan_objects::dict::Dict;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

/// `co_filename` of the import system's code; tracebacks leave such frames out.
pub(crate) const BOOTSTRAP_FILE: &str = "<frozen importlib._bootstrap>";
/// As [`BOOTSTRAP_FILE`], of the part that knows files.
pub(crate) const EXTERNAL_FILE: &str = "<frozen importlib._bootstrap_external>";

/// `_frozen_importlib`.
static BOOTSTRAP: Once<Ref<Module>> = Once::new();

/// The module `_frozen_importlib`.
fn bootstrap_module() -> PyResult<&'static Ref<Module>> {
    if BOOTSTRAP.is_set() {
        Ok(&BOOTSTRAP)
    } else {
        bail!(ImportError, "the import system has not started")
    }
}

/// `sys.modules`.
pub fn modules() -> PyResult<Value> {
    match crate::system::get("modules") {
        Some(modules) => Ok(modules),
        None => bail!(RuntimeError, "unable to get sys.modules"),
    }
}

/// A module of `sys.modules`; entries that are None count as absent.
pub fn loaded_module(name: &Ref<Str>) -> PyResult<Option<Value>> {
    let modules = modules()?;
    let found = match modules.downcast_exact::<Dict>() {
        Some(modules) => modules.get_str(name),
        None => match protocol::getitem(&modules, name.as_value()) {
            Ok(found) => Some(found),
            Err(raised) if raised.is(taipan_objects::exceptions::ExceptionKind::KeyError) => None,
            Err(raised) => return Err(raised),
        },
    };
    Ok(found.filter(|module| !module.is_none()))
}

/// Puts a module into `sys.modules`.
pub fn add_module(name: &Ref<Str>, module: &Value) -> PyResult<()> {
    protocol::setitem(&modules()?, name.as_value(), module)
}

/// The module of a name, made empty and added if it is not there: `PyImport_AddModule`.
pub fn ensure_module(name: &Ref<Str>) -> PyResult<Ref<Module>> {
    if let Some(module) = loaded_module(name)?
        && let Some(module) = module.downcast::<Module>()
    {
        return Ok(module.clone());
    }
    let module = Module::new(name, None);
    add_module(name, module.as_value())?;
    Ok(module)
}

/// Runs the code of a module in its namespace.
pub fn run_in_module(code: &Ref<taipan_interp::code::Code>, namespace: &Ref<Dict>) -> PyResult<()> {
    if !namespace.contains_str(id!("__builtins__")) {
        namespace.set_str(id!("__builtins__"), crate::startup::builtins_dict());
    }
    taipan_interp::eval::run(code, namespace, None, None)?;
    Ok(())
}
