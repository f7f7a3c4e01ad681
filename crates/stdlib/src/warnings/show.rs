//! Showing a warning: by the Python module `warnings`, or plainly while that is not imported.

use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::{Absent, PyResult};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol, runtime};

use super::place::Place;

/// An attribute of the module `warnings`, if that is imported (or can be, with `import`) and has it.
pub(super) fn warnings_attribute(name: &Ref<Str>, import: bool) -> PyResult<Option<Value>> {
    let module = if import {
        runtime::import_module("warnings").absent_on(ExceptionKind::ImportError)?
    } else {
        imported_warnings()?
    };
    match module {
        Some(module) => protocol::getattr_optional(&module, name),
        None => Ok(None),
    }
}

fn imported_warnings() -> PyResult<Option<Value>> {
    let Some(hooks) = runtime::hooks() else {
        return Ok(None);
    };
    let modules = (hooks.modules)()?;
    Ok(modules
        .downcast::<Dict>()
        .and_then(|modules| modules.get_str(id!("warnings"))))
}

/// Shows a warning.
pub(super) fn show(
    category: &Value,
    text: &Value,
    message: &Value,
    place: &Place,
    line: Option<Value>,
    source: Option<&Value>,
) -> PyResult<()> {
    // A warning about a lost object wants the module even at the end of the program: it can say where the object was made.
    let Some(function) = warnings_attribute(id!("_showwarnmsg"), source.is_some())? else {
        return show_plainly(category, text, place, line);
    };
    if !protocol::is_callable(&function) {
        bail!(
            TypeError,
            "warnings._showwarnmsg() must be set to a callable"
        );
    }
    let Some(class) = warnings_attribute(id!("WarningMessage"), false)? else {
        bail!(RuntimeError, "unable to get warnings.WarningMessage");
    };
    let args = [
        message.clone(),
        category.clone(),
        place.filename.clone(),
        int::new(place.line),
        Value::NONE,
        Value::NONE,
        source.cloned().unwrap_or(Value::NONE),
    ];
    let shown = protocol::call_positional(&class, &args)?;
    protocol::call1(&function, &shown)?;
    Ok(())
}

fn show_plainly(
    category: &Value,
    text: &Value,
    place: &Place,
    line: Option<Value>,
) -> PyResult<()> {
    let name = protocol::getattr(category, id!("__name__"))?;
    let stderr = match runtime::import_attribute("sys", "stderr") {
        Ok(stderr) if !stderr.is_none() => stderr,
        // Nobody is there to read it.
        _ => return Ok(()),
    };
    let shown = |value: &Value| protocol::str(value).map(|text| text.to_display().into_owned());
    let mut output = format!(
        "{}:{}: {}: {}\n",
        shown(&place.filename)?,
        place.line,
        shown(&name)?,
        shown(text)?
    );
    let source = match line {
        Some(line) => Some(shown(&line)?),
        None => file_line(&shown(&place.filename)?, place.line),
    };
    if let Some(source) = source
        .as_deref()
        .map(str::trim)
        .filter(|source| !source.is_empty())
    {
        output.push_str(&format!("  {source}\n"));
    }
    // A stream that fails takes the warning with it, as in CPython.
    drop(protocol::call_method(
        &stderr,
        id!("write"),
        &[Str::new(&output).into_value()],
    ));
    Ok(())
}

fn file_line(filename: &str, line: i64) -> Option<String> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let text = std::fs::read(filename).ok()?;
    let line = text.split(|&byte| byte == b'\n').nth(index)?;
    Some(String::from_utf8_lossy(line).into_owned())
}

/// A line of a module's source, asked of its loader.
pub(super) fn source_line(globals: &Ref<Dict>, line: i32) -> PyResult<Option<Value>> {
    let attribute = |name: &Ref<Str>| globals.get_str(name);
    let (Some(loader), Some(name)) = (attribute(id!("__loader__")), attribute(id!("__name__")))
    else {
        return Ok(None);
    };
    let Some(get_source) = protocol::getattr_optional(&loader, id!("get_source"))? else {
        return Ok(None);
    };
    let source = protocol::call1(&get_source, &name)?;
    if source.is_none() {
        return Ok(None);
    }
    let lines = protocol::collect(&protocol::call_method(&source, id!("splitlines"), &[])?)?;
    Ok(usize::try_from(line)
        .ok()
        .and_then(|line| line.checked_sub(1))
        .and_then(|index| lines.get(index).cloned()))
}
