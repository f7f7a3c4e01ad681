//! `__import__` and the import statement, as `PyImport_ImportModuleLevelObject` does them.

use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::traceback::Traceback;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exceptions, id, protocol, warnings};

use super::{BOOTSTRAP_FILE, EXTERNAL_FILE, bootstrap_module, loaded_module, timing};

/// The module of a full name, imported if need be.
pub fn import_module(name: &str) -> PyResult<Value> {
    let name = Str::intern(name);
    match loaded_module(&name)? {
        Some(module) => Ok(module),
        None => find_and_load(&name).map_err(without_importlib_frames),
    }
}

/// `__import__(name, globals, None, fromlist, level)`.
pub fn import_name(
    name: &Ref<Str>,
    globals: Option<&Value>,
    fromlist: Option<&Value>,
    level: i32,
) -> PyResult<Value> {
    import(name, globals, fromlist, level).map_err(without_importlib_frames)
}

fn import(
    name: &Ref<Str>,
    globals: Option<&Value>,
    fromlist: Option<&Value>,
    level: i32,
) -> PyResult<Value> {
    let full_name = match level {
        ..0 => bail!(ValueError, "level must be >= 0"),
        0 if name.is_empty() => bail!(ValueError, "Empty module name"),
        0 => name.clone(),
        level => resolve_name(name, globals, level as usize)?,
    };
    let module = match loaded_module(&full_name)? {
        Some(module) => {
            if crate::config::get().import_time > 1 {
                timing::tell_loaded(&full_name);
            }
            wait_for_initialization(&module, &full_name)?;
            module
        }
        None => find_and_load(&full_name)?,
    };
    let names = match fromlist {
        Some(names) if protocol::is_true(names)? => names,
        _ => return top_of(name, &full_name, module, level),
    };
    if protocol::getattr_optional(&module, id!("__path__"))?.is_none() {
        return Ok(module);
    }
    let bootstrap = bootstrap_module()?;
    let import = protocol::getattr(bootstrap.as_value(), id!("_gcd_import"))?;
    protocol::call_method(
        bootstrap.as_value(),
        id!("_handle_fromlist"),
        &[module, names.clone(), import],
    )
}

/// What `import a.b.c` binds: the package `a`.
fn top_of(name: &Ref<Str>, full_name: &Ref<Str>, module: Value, level: i32) -> PyResult<Value> {
    if level > 0 && name.is_empty() {
        return Ok(module);
    }
    let Some(dot) = name.code_points().position(|code| code == '.' as u32) else {
        return Ok(module);
    };
    if level == 0 {
        return import(&name.slice(0..dot), None, None, 0);
    }
    let top = full_name.slice(0..full_name.len() - (name.len() - dot));
    match loaded_module(&top)? {
        Some(module) => Ok(module),
        None => {
            let name = protocol::repr(top.as_value())?;
            bail!(
                KeyError,
                "{} not in sys.modules as expected",
                name.to_display()
            )
        }
    }
}

/// A module that another thread is importing is waited for.
fn wait_for_initialization(module: &Value, name: &Ref<Str>) -> PyResult<()> {
    let Some(spec) =
        protocol::getattr_optional(module, id!("__spec__"))?.filter(|spec| !spec.is_none())
    else {
        return Ok(());
    };
    let initializing = match protocol::getattr_optional(&spec, id!("_initializing"))? {
        Some(flag) => protocol::is_true(&flag)?,
        None => false,
    };
    if initializing {
        protocol::call_method(
            bootstrap_module()?.as_value(),
            id!("_lock_unlock_module"),
            &[name.to_value()],
        )?;
    }
    Ok(())
}

fn find_and_load(name: &Ref<Str>) -> PyResult<Value> {
    let from_sys = |name: &str| crate::system::get(name).unwrap_or(Value::NONE);
    if crate::system::is_audited() {
        let arguments = [
            name.to_value(),
            Value::NONE,
            from_sys("path"),
            from_sys("meta_path"),
            from_sys("path_hooks"),
        ];
        crate::system::audit("import", &arguments)?;
    }
    let bootstrap = bootstrap_module()?;
    let import = protocol::getattr(bootstrap.as_value(), id!("_gcd_import"))?;
    let load = || {
        protocol::call_method(
            bootstrap.as_value(),
            id!("_find_and_load"),
            &[name.to_value(), import],
        )
    };
    if crate::config::get().import_time > 0 {
        timing::timed(name, load)
    } else {
        load()
    }
}

/// The full name behind a relative one.
fn resolve_name(name: &Ref<Str>, globals: Option<&Value>, level: usize) -> PyResult<Ref<Str>> {
    let Some(globals) = globals.filter(|globals| !globals.is_none()) else {
        bail!(KeyError, "'__name__' not in globals");
    };
    let Some(globals) = globals.downcast::<Dict>() else {
        bail!(TypeError, "globals must be a dict")
    };
    let package = package_of(globals)?;
    let mut end = package.len();
    for _ in 1..level {
        let dot = package
            .slice(0..end)
            .code_points()
            .rposition(|code| code == '.' as u32);
        match dot {
            Some(dot) => end = dot,
            None => bail!(
                ImportError,
                "attempted relative import beyond top-level package"
            ),
        }
    }
    let base = package.slice(0..end);
    if name.is_empty() {
        return Ok(base);
    }
    let mut full = base.to_display().into_owned();
    if base.try_to_str().is_none() || name.try_to_str().is_none() {
        return Ok(Str::concat(&Str::concat(&base, id!(".")), name));
    }
    full.push('.');
    full.push_str(&name.to_display());
    Ok(Str::intern(&full))
}

/// The package that a module's relative imports start from.
fn package_of(globals: &Ref<Dict>) -> PyResult<Ref<Str>> {
    let present = |name: &Ref<Str>| globals.get_str(name).filter(|value| !value.is_none());
    let (package, spec) = (present(id!("__package__")), present(id!("__spec__")));
    let package = match (package, spec) {
        (Some(package), spec) => {
            let Some(package) = package.downcast::<Str>().cloned() else {
                bail!(TypeError, "package must be a string")
            };
            if let Some(spec) = spec
                && !protocol::equal(
                    package.as_value(),
                    &protocol::getattr(&spec, id!("parent"))?,
                )?
            {
                warnings::warn(
                    ExceptionKind::DeprecationWarning,
                    "__package__ != __spec__.parent",
                )?;
            }
            package
        }
        (None, Some(spec)) => {
            let parent = protocol::getattr(&spec, id!("parent"))?;
            match parent.downcast::<Str>() {
                Some(parent) => parent.clone(),
                None => bail!(TypeError, "__spec__.parent must be a string"),
            }
        }
        (None, None) => package_by_name(globals)?,
    };
    if package.is_empty() {
        bail!(
            ImportError,
            "attempted relative import with no known parent package"
        );
    }
    Ok(package)
}

fn package_by_name(globals: &Ref<Dict>) -> PyResult<Ref<Str>> {
    warnings::warn(
        ExceptionKind::ImportWarning,
        "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__",
    )?;
    let Some(name) = globals.get_str(id!("__name__")) else {
        bail!(KeyError, "'__name__' not in globals")
    };
    let Some(name) = name.downcast::<Str>() else {
        bail!(TypeError, "__name__ must be a string")
    };
    if globals.contains_str(id!("__path__")) {
        return Ok(name.clone());
    }
    match name.code_points().rposition(|code| code == '.' as u32) {
        Some(dot) => Ok(name.slice(0..dot)),
        None => bail!(
            ImportError,
            "attempted relative import with no known parent package"
        ),
    }
}

/// Takes the import system's own frames out of the traceback: all of them where the error is an ImportError, else those
/// that only pass on what an imported module raised.
fn without_importlib_frames(raised: Raised) -> Raised {
    if crate::config::get().verbose == 0 {
        let exception = raised.exception();
        // Frames that stay visible are a smaller evil than an error that hides the first one.
        let _ = trim(exception);
    }
    raised
}

fn trim(exception: &Ref<exceptions::BaseException>) -> PyResult<()> {
    let Some(first) = exception.traceback() else {
        return Ok(());
    };
    let trims_always = exception
        .class()
        .is_subclass(ExceptionKind::ImportError.class());
    let mut kept: Vec<Ref<Traceback>> = Vec::new();
    // Where in `kept` the import system's frames began that are being looked at.
    let mut chunk = None;
    let mut trimmed = false;
    let mut next = first.downcast::<Traceback>().cloned();
    while let Some(step) = next {
        next = step.next();
        let code = protocol::getattr(step.frame(), id!("f_code"))?;
        let file = protocol::getattr(&code, id!("co_filename"))?;
        let inside = file
            .downcast::<Str>()
            .is_some_and(|file| file.eq_str(BOOTSTRAP_FILE) || file.eq_str(EXTERNAL_FILE));
        if !inside {
            chunk = None;
            kept.push(step);
            continue;
        }
        let start = *chunk.get_or_insert(kept.len());
        let name = protocol::getattr(&code, id!("co_name"))?;
        if trims_always
            || name
                .downcast::<Str>()
                .is_some_and(|name| name.eq_str("_call_with_frames_removed"))
        {
            kept.truncate(start);
            trimmed = true;
        } else {
            kept.push(step);
        }
    }
    if !trimmed {
        return Ok(());
    }
    let mut after = Value::NONE;
    for step in kept.into_iter().rev() {
        protocol::setattr(step.as_value(), id!("tb_next"), &after)?;
        after = step.into_value();
    }
    exception.set_traceback(Some(after).filter(|traceback| !traceback.is_none()));
    Ok(())
}
