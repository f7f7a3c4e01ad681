//! Starting the import system.

use taipan_objects::module::Module;
use taipan_objects::native::create_module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

use super::library::EmbeddedImporter;
use super::{BOOTSTRAP, add_module, imp};

/// Starts importlib and makes it find native modules, the embedded library and files, in this order of trying.
pub fn start() -> PyResult<()> {
    let module = imp::load_frozen(id!("_frozen_importlib"))?;
    BOOTSTRAP.set(module.clone());
    let imp = native("_imp")?;
    let sys = crate::startup::sys_module();
    protocol::call_method(
        module.as_value(),
        id!("_install"),
        &[sys.to_value(), imp.to_value()],
    )?;
    protocol::call_method(module.as_value(), id!("_install_external_importers"), &[])?;
    EmbeddedImporter::install()
}

fn native(name: &'static str) -> PyResult<Ref<Module>> {
    let Some(definition) = crate::find(name) else {
        bail!(ImportError, "no native module {name}")
    };
    let module = create_module(definition)?;
    add_module(&Str::intern(name), module.as_value())?;
    Ok(module)
}

/// Makes zip files importable: `zipimport` itself is imported when a path asks for it.
pub(super) fn zip_importer(path: &Value) -> PyResult<Value> {
    let zipimport = super::import_module("zipimport")?;
    protocol::call_method(&zipimport, id!("zipimporter"), std::slice::from_ref(path))
}
