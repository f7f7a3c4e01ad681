//! Exceptions that nobody can catch: raised by finalizers, callbacks, at shutdown.

use taipan_macros::function;
use taipan_objects::exceptions::BaseException;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

use super::report;

static ARGUMENTS: StructSeqDef = StructSeqDef {
    name: "UnraisableHookArgs",
    module: "sys",
    doc: "What sys.unraisablehook is told.",
    fields: &[
        Field::new("exc_type", "Exception type"),
        Field::new("exc_value", "Exception value"),
        Field::new("exc_traceback", "Exception traceback"),
        Field::new("err_msg", "Error message"),
        Field::new("object", "Object causing the exception"),
    ],
    visible: 5,
    instantiable: true,
    complete: None,
};

/// Hands an exception to `sys.unraisablehook`.
pub fn report_unraisable(raised: Raised, message: Option<&str>, object: Option<&Value>) {
    let exception = raised.into_exception();
    let hook = super::get("unraisablehook").filter(|hook| !hook.is_none());
    let Some(hook) = hook else {
        return show(&exception, message, object);
    };
    let arguments = ARGUMENTS.make(vec![
        exception.class().to_value(),
        exception.to_value(),
        exception.traceback().unwrap_or(Value::NONE),
        message.map_or(Value::NONE, |message| Str::new(message).into_value()),
        object.cloned().unwrap_or(Value::NONE),
    ]);
    if let Err(second) = protocol::call1(&hook, &arguments) {
        show(
            &second.into_exception(),
            Some("Exception ignored in sys.unraisablehook"),
            Some(&hook),
        );
    }
}

/// Show an exception that nobody can catch.
#[function("(unraisable, /)")]
pub(super) fn unraisablehook(unraisable: &Value) -> PyResult<()> {
    if !unraisable.class().is(ARGUMENTS.class()) {
        bail!(
            TypeError,
            "sys.unraisablehook argument type must be UnraisableHookArgs"
        );
    }
    let field = |name: &Ref<Str>| protocol::getattr(unraisable, name);
    let value = field(id!("exc_value"))?;
    let message = field(id!("err_msg"))?;
    let object = field(id!("object"))?;
    let message = message
        .downcast::<Str>()
        .map(|message| message.to_display().into_owned());
    if let Some(exception) = value.downcast::<BaseException>() {
        show(
            exception,
            message.as_deref(),
            Some(&object).filter(|object| !object.is_none()),
        );
    }
    Ok(())
}

fn show(exception: &Ref<BaseException>, message: Option<&str>, object: Option<&Value>) {
    let object = object.map(|object| match protocol::repr(object) {
        Ok(text) => text.to_display().into_owned(),
        Err(_) => "<object repr() failed>".to_owned(),
    });
    match (message, object) {
        (Some(message), Some(object)) => report::write_line(&format!("{message}: {object}")),
        (Some(message), None) => report::write_line(&format!("{message}:")),
        (None, Some(object)) => report::write_line(&format!("Exception ignored in: {object}")),
        (None, None) => report::write_line("Exception ignored:"),
    }
    super::print_exception(exception);
}
