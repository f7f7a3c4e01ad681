//! Where a warning is attributed to: a frame of the caller, some levels up.

use taipan_interp::frames;
use taipan_objects::dict::Dict;
use taipan_objects::module::expect_module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, runtime};

/// The place a warning is about.
pub(super) struct Place {
    pub filename: Value,
    pub line: i64,
    /// The module's name; `None` when the module is being taken down.
    pub module: Value,
    /// The module's record of warnings.
    pub registry: Option<Ref<Dict>>,
}

/// The name of the module in a file: the file's without `.py`.
pub(super) fn module_of_file(filename: &Ref<Str>) -> Ref<Str> {
    if filename.is_empty() {
        return Str::intern("<unknown>");
    }
    if filename.ends_with(".py") {
        filename.slice(0..filename.len() - 3)
    } else {
        filename.clone()
    }
}

/// Whether a frame belongs to the import system.
fn is_internal(filename: &Ref<Str>) -> bool {
    let name = filename.to_display();
    name.contains("importlib") && name.contains("_bootstrap")
}

fn is_skipped(filename: &Ref<Str>, prefixes: &[Value]) -> PyResult<bool> {
    for prefix in prefixes {
        let Some(prefix) = prefix.downcast::<Str>() else {
            bail!(
                TypeError,
                "Found non-str '{}' in skip_file_prefixes.",
                prefix.class().name()
            );
        };
        if filename.units().starts_with(prefix.units()) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Place {
    /// The place `level` frames up from the running one, which is level 1. Frames of the import system do not count,
    /// unless the warning comes from there.
    pub fn of_caller(level: isize, prefixes: &[Value]) -> PyResult<Place> {
        let Some(mut frame) = frames::caller(0) else {
            return Place::of_system();
        };
        let plainly = level <= 0 || is_internal(&frame.code.filename());
        let mut depth = 0;
        for _ in 1..level {
            loop {
                depth += 1;
                let Some(next) = frames::caller(depth) else {
                    return Place::of_system();
                };
                frame = next;
                let filename = &frame.code.filename();
                if plainly || (!is_internal(filename) && !is_skipped(filename, prefixes)?) {
                    break;
                }
            }
        }
        Place::in_namespace(
            &frame.globals,
            frame.code.filename().to_value(),
            frame.line.map_or(0, i64::from),
        )
    }

    /// Native code with no Python code below it.
    fn of_system() -> PyResult<Place> {
        let sys = runtime::import_module("sys")?;
        let globals = expect_module(&sys)?.dict();
        Place::in_namespace(&globals, Str::intern("<sys>").into_value(), 0)
    }

    fn in_namespace(globals: &Ref<Dict>, filename: Value, line: i64) -> PyResult<Place> {
        let registry = match globals.get_str(id!("__warningregistry__")) {
            Some(registry) => registry,
            None => {
                let registry = Dict::new().into_value();
                globals.set_str(id!("__warningregistry__"), registry.clone());
                registry
            }
        };
        let module = match globals.get_str(id!("__name__")) {
            Some(name) if name.is_none() || name.downcast::<Str>().is_some() => name,
            _ => Str::intern("<string>").into_value(),
        };
        let registry = match registry.into_ref::<Dict>() {
            Ok(registry) => Some(registry),
            Err(none) if none.is_none() => None,
            Err(_) => bail!(TypeError, "'registry' must be a dict or None"),
        };
        Ok(Place {
            filename,
            line,
            module,
            registry,
        })
    }
}
