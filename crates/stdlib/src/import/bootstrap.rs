//! Starting the import system.

use std::cell::Cell;

use taipan_objects::cell::Locked;
use taipan_objects::dict::Dict;
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

/// Whether `zipimport` is being imported: until it is there, no path is a zip file to it.
static LOADS_ZIPIMPORT: Locked<Cell<bool>> = Locked::new(Cell::new(false));

/// Makes zip files importable: `zipimport` itself is imported when a path asks for it.
pub(super) fn zip_importer(path: &Value) -> PyResult<Value> {
    let zipimport = match super::loaded_module(id!("zipimport"))? {
        Some(zipimport) if !LOADS_ZIPIMPORT.with(|loads| loads.get()) => zipimport,
        _ => load_zipimport()?,
    };
    protocol::call_method(&zipimport, id!("zipimporter"), std::slice::from_ref(path))
}

fn load_zipimport() -> PyResult<Value> {
    if LOADS_ZIPIMPORT.with(|loads| loads.replace(true)) {
        bail!(ImportError, "zipimport is being imported");
    }
    let loaded = super::import_module("zipimport");
    LOADS_ZIPIMPORT.with(|loads| loads.set(false));
    // Paths that were no zip files meanwhile are asked about again.
    if let Some(cache) = crate::system::get("path_importer_cache")
        .as_ref()
        .and_then(|cache| cache.downcast::<Dict>())
    {
        for (path, finder) in cache.iter_snapshot() {
            if finder.is_none() {
                cache.remove(&path)?;
            }
        }
    }
    loaded
}
