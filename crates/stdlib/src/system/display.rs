//! How results and errors are shown: `displayhook`, `excepthook`, `breakpointhook`.

use taipan_macros::function;
use taipan_objects::args::Args;
use taipan_objects::bytes::Bytes;
use taipan_objects::exceptions::{BaseException, ExceptionKind};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::traceback::Traceback;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol, runtime, warnings};

use super::{get, report, set};

/// Print an object to sys.stdout and save it in builtins._, unless it is None.
#[function("(object, /)")]
pub(super) fn displayhook(object: &Value) -> PyResult<()> {
    if object.is_none() {
        return Ok(());
    }
    let builtins = crate::startup::builtins_module();
    builtins.set("_", Value::NONE);
    let stdout = match get("stdout") {
        Some(stdout) if !stdout.is_none() => stdout,
        _ => bail!(RuntimeError, "lost sys.stdout"),
    };
    let text = protocol::repr(object)?;
    match protocol::call_method(&stdout, id!("write"), &[text.to_value()]) {
        Ok(_) => {}
        Err(raised) if raised.is(ExceptionKind::UnicodeEncodeError) => {
            write_escaped(&stdout, &text)?
        }
        Err(raised) => return Err(raised),
    }
    protocol::call_method(&stdout, id!("write"), &[id!("\n").to_value()])?;
    builtins.set("_", object.clone());
    Ok(())
}

/// Writes a text that the stream cannot encode with escapes for what it cannot.
fn write_escaped(stdout: &Value, text: &Ref<Str>) -> PyResult<()> {
    let encoding = protocol::getattr(stdout, id!("encoding"))?;
    let arguments = [encoding.clone(), id!("backslashreplace").to_value()];
    let encoded = protocol::call_method(text.as_value(), id!("encode"), &arguments)?;
    match protocol::getattr_optional(stdout, id!("buffer"))? {
        Some(buffer) => protocol::call_method(&buffer, id!("write"), &[encoded])?,
        None => {
            let strict = [encoding, id!("strict").to_value()];
            let text = match encoded.downcast::<Bytes>() {
                Some(_) => protocol::call_method(&encoded, id!("decode"), &strict)?,
                None => encoded,
            };
            protocol::call_method(stdout, id!("write"), &[text])?
        }
    };
    Ok(())
}

/// Print an exception and its traceback to sys.stderr.
#[function("(exctype, value, traceback, /)")]
pub(super) fn excepthook(exctype: &Value, value: &Value, traceback: &Value) {
    let _the_exception_knows_its_class = exctype;
    let Some(exception) = value.downcast::<BaseException>() else {
        report::write_line(&format!(
            "TypeError: print_exception(): Exception expected for value, {} found",
            value.class().name()
        ));
        return;
    };
    if exception.traceback().is_none() && traceback.downcast::<Traceback>().is_some() {
        exception.set_traceback(Some(traceback.clone()));
    }
    print_exception(exception);
}

/// Prints an exception with its traceback: by the library's `traceback`, or plainly where that fails.
pub fn print_exception(exception: &Ref<BaseException>) {
    match get("stderr") {
        Some(stderr) if stderr.is_none() => return,
        _ => {}
    }
    let printed = runtime::import_attribute("traceback", "_print_exception_bltin")
        .and_then(|print| protocol::call1(&print, exception.as_value()));
    if printed.is_err() {
        report::print_plainly(exception);
    }
    if let Some(stderr) = get("stderr") {
        // A stream that cannot be flushed cannot be told so either.
        let _ = protocol::call_method(&stderr, id!("flush"), &[]);
    }
}

/// Hands an exception that nothing caught to `sys.excepthook`, and keeps it in `sys.last_exc`. If the hook raises
/// SystemExit, that is the error.
pub fn show(raised: Raised) -> PyResult<()> {
    let exception = raised.into_exception();
    let traceback = exception.traceback().unwrap_or(Value::NONE);
    let class = exception.class().to_value();
    for (name, value) in [
        ("last_exc", exception.as_value()),
        ("last_type", &class),
        ("last_value", exception.as_value()),
        ("last_traceback", &traceback),
    ] {
        set(name, value.clone());
    }
    let arguments = [class, exception.to_value(), traceback];
    let Some(hook) = get("excepthook") else {
        report::write_line("sys.excepthook is missing");
        print_exception(&exception);
        return Ok(());
    };
    if super::is_audited() {
        let told = [
            hook.clone(),
            arguments[0].clone(),
            arguments[1].clone(),
            arguments[2].clone(),
        ];
        match super::audit("sys.excepthook", &told) {
            Err(raised) if raised.is(ExceptionKind::RuntimeError) => return Ok(()),
            Err(raised) => {
                super::report_unraisable(raised, Some("Exception ignored in audit hook"), None)
            }
            Ok(()) => {}
        }
    }
    let Err(second) = protocol::call_positional(&hook, &arguments) else {
        return Ok(());
    };
    if second.is(ExceptionKind::SystemExit) {
        return Err(second);
    }
    report::write_line("Error in sys.excepthook:");
    print_exception(&second.into_exception());
    report::write_line("\nOriginal exception was:");
    print_exception(&exception);
    Ok(())
}

/// breakpointhook(*args, **kws)
///
/// Call what PYTHONBREAKPOINT names, pdb.set_trace by default.
#[function(nosig)]
pub(super) fn breakpointhook(args: Args<'_>) -> PyResult<Value> {
    let named = if crate::config::get().ignore_environment {
        None
    } else {
        std::env::var("PYTHONBREAKPOINT").ok()
    };
    let name = named
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "pdb.set_trace".to_owned());
    if name == "0" {
        return Ok(Value::NONE);
    }
    let (module, attribute) = name.rsplit_once('.').unwrap_or(("builtins", &name));
    let found = if module.is_empty() {
        None
    } else {
        breakpoint_function(module, attribute)?
    };
    match found {
        Some(function) => protocol::call(&function, args),
        None => {
            warnings::warn_at(
                ExceptionKind::RuntimeWarning,
                &format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{name}\""),
                0,
            )?;
            Ok(Value::NONE)
        }
    }
}

fn breakpoint_function(module: &str, attribute: &str) -> PyResult<Option<Value>> {
    let absent = |raised: Raised, kind: ExceptionKind| {
        if raised.is(kind) {
            Ok(None)
        } else {
            Err(raised)
        }
    };
    let module = match runtime::import_module(module) {
        Ok(module) => module,
        Err(raised) => return absent(raised, ExceptionKind::ImportError),
    };
    match protocol::getattr(&module, &Str::intern(attribute)) {
        Ok(function) => Ok(Some(function)),
        Err(raised) => absent(raised, ExceptionKind::AttributeError),
    }
}
