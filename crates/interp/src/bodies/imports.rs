//! `import`.

use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::module::Module;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{id, runtime};

use crate::cursor::{Cursor, Step};

pub(crate) fn import_name(c: &mut Cursor, oparg: u32) -> Step {
    let name = c.frame().code().names[oparg as usize].clone();
    let from = c.pop();
    let level = c.pop();
    let Some(import) = super::globals::in_mapping(c.frame().builtins(), id!("__import__"))? else {
        return Err(exceptions::import_error(
            ExceptionKind::ImportError,
            "__import__ not found".to_owned(),
            None,
            None,
        ));
    };
    let globals = c.frame().globals().to_value();
    let locals = c.frame().namespace().unwrap_or(Value::NONE);
    let module =
        protocol::call_positional(&import, &[name.into_value(), globals, locals, from, level])?;
    c.push(module);
    Ok(())
}

pub(crate) fn import_from(c: &mut Cursor, oparg: u32) -> Step {
    let name = c.frame().code().names[oparg as usize].clone();
    let found = from_module(&c.peek(0), &name)?;
    c.push(found);
    Ok(())
}

/// `from module import name`.
fn from_module(module: &Value, name: &Ref<Str>) -> PyResult<Value> {
    if let Some(found) = protocol::getattr_optional(module, name)? {
        return Ok(found);
    }
    // A submodule that is being imported is in `sys.modules` before it is an attribute.
    let package = protocol::getattr_optional(module, id!("__name__"))?;
    let package = package.and_then(|package| package.into_ref::<Str>().ok());
    if let Some(package) = &package
        && let Some(hooks) = runtime::hooks()
    {
        let full = Str::new(&format!("{}.{}", package.to_display(), name.to_display()));
        let modules = (hooks.modules)()?;
        if protocol::contains(&modules, full.as_value())? {
            return protocol::getitem(&modules, full.as_value());
        }
    }
    Err(cannot_import(module, package.as_ref(), name)?)
}

#[cold]
fn cannot_import(
    module: &Value,
    package: Option<&Ref<Str>>,
    name: &Ref<Str>,
) -> PyResult<taipan_objects::raised::Raised> {
    let package_text = package.map_or_else(
        || "<unknown module name>".to_owned(),
        |package| package.to_display().into_owned(),
    );
    let spec = protocol::getattr_optional(module, id!("__spec__"))?.filter(|spec| !spec.is_none());
    let origin = match &spec {
        Some(spec) => protocol::getattr_optional(spec, id!("origin"))?
            .filter(|origin| origin.downcast::<Str>().is_some()),
        None => None,
    };
    let origin = match origin {
        Some(origin) => Some(origin),
        None => module
            .downcast::<Module>()
            .and_then(|module| module.get("__file__")),
    };
    let initializing = match &spec {
        Some(spec) => match protocol::getattr_optional(spec, id!("_initializing"))? {
            Some(flag) => protocol::is_true(&flag)?,
            None => false,
        },
        None => false,
    };
    let place = match &origin {
        Some(origin) => protocol::str(origin)?.to_display().into_owned(),
        None => "unknown location".to_owned(),
    };
    let name_text = name.to_display();
    let message = if initializing {
        format!(
            "cannot import name '{name_text}' from partially initialized module '{package_text}' (most likely due to a circular import) ({place})"
        )
    } else {
        format!("cannot import name '{name_text}' from '{package_text}' ({place})")
    };
    let raised = exceptions::import_error(
        ExceptionKind::ImportError,
        message,
        package.map(Ref::to_value),
        origin,
    );
    protocol::setattr(
        raised.exception().as_value(),
        id!("name_from"),
        name.as_value(),
    )?;
    Ok(raised)
}
