//! Where a warning is attributed to: a frame of the caller, some levels up.

use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::{Absent, PyResult};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol, runtime};

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
    if filename.ends_with(".py") { filename.slice(0..filename.len() - 3) } else { filename.clone() }
}

/// The running Python frame, if there is one.
fn current_frame() -> PyResult<Option<Value>> {
    let getframe = runtime::import_attribute("sys", "_getframe")?;
    protocol::call1(&getframe, &int::new(0)).absent_on(ExceptionKind::ValueError)
}

fn back(frame: &Value) -> PyResult<Option<Value>> {
    let back = protocol::getattr(frame, id!("f_back"))?;
    Ok((!back.is_none()).then_some(back))
}

fn filename_of(frame: &Value) -> PyResult<Value> {
    protocol::getattr(&protocol::getattr(frame, id!("f_code"))?, id!("co_filename"))
}

/// Whether a frame belongs to the import system.
fn is_internal(filename: &Value) -> bool {
    filename.downcast::<Str>().is_some_and(|name| {
        let name = name.to_display();
        name.contains("importlib") && name.contains("_bootstrap")
    })
}

fn is_skipped(filename: &Value, prefixes: &[Value]) -> PyResult<bool> {
    let Some(filename) = filename.downcast::<Str>() else { return Ok(false) };
    for prefix in prefixes {
        let Some(prefix) = prefix.downcast::<Str>() else {
            bail!(TypeError, "Found non-str '{}' in skip_file_prefixes.", prefix.class().name());
        };
        if filename.units().starts_with(prefix.units()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn next_external(frame: &Value, prefixes: &[Value]) -> PyResult<Option<Value>> {
    let mut next = back(frame)?;
    while let Some(frame) = &next {
        let filename = filename_of(frame)?;
        if !is_internal(&filename) && !is_skipped(&filename, prefixes)? {
            break;
        }
        next = back(frame)?;
    }
    Ok(next)
}

impl Place {
    /// The place `level` frames up from the running one, which is level 1. Frames of the import system do not count,
    /// unless the warning comes from there.
    pub fn of_caller(level: isize, prefixes: &[Value]) -> PyResult<Place> {
        let mut frame = current_frame()?;
        let plainly = match &frame {
            Some(frame) => level <= 0 || is_internal(&filename_of(frame)?),
            None => true,
        };
        let mut remaining = level;
        while remaining > 1
            && let Some(current) = &frame
        {
            frame = if plainly { back(current)? } else { next_external(current, prefixes)? };
            remaining -= 1;
        }
        match frame {
            Some(frame) => Place::of_frame(&frame),
            None => Place::of_system(),
        }
    }

    fn of_frame(frame: &Value) -> PyResult<Place> {
        let globals = protocol::getattr(frame, id!("f_globals"))?;
        let line = protocol::getattr(frame, id!("f_lineno"))?;
        let line = int::to_i64(&line).unwrap_or(0);
        Place::in_namespace(&globals, filename_of(frame)?, line)
    }

    /// Native code with no Python code below it.
    fn of_system() -> PyResult<Place> {
        let sys = runtime::import_module("sys")?;
        let globals = protocol::getattr(&sys, id!("__dict__"))?;
        Place::in_namespace(&globals, Str::intern("<sys>").into_value(), 0)
    }

    fn in_namespace(globals: &Value, filename: Value, line: i64) -> PyResult<Place> {
        let Some(globals) = globals.downcast::<Dict>() else {
            bail!(TypeError, "globals must be a dict, not '{}'", globals.class().name());
        };
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
        Ok(Place { filename, line, module, registry })
    }
}
