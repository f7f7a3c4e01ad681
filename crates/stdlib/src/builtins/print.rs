//! `print`.

use taipan_macros::function;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

/// Print the values to a stream, sys.stdout unless another one is given.
///
/// sep
///   text between the values, a space by default
/// end
///   text after the last value, a newline by default
/// file
///   an object with a write(str) method
/// flush
///   whether to flush the stream afterwards
#[function("(*args, sep=' ', end='\\n', file=None, flush=False)")]
pub(super) fn print(
    args: &[Value],
    sep: Option<&Value>,
    end: Option<&Value>,
    file: Option<&Value>,
    flush: bool,
) -> PyResult<()> {
    let file = match file {
        Some(file) => file.clone(),
        None => match crate::system::get("stdout") {
            Some(stdout) if stdout.is_none() => return Ok(()),
            Some(stdout) => stdout,
            None => bail!(RuntimeError, "lost sys.stdout"),
        },
    };
    let (sep, end) = (text_argument("sep", sep)?, text_argument("end", end)?);
    let write = protocol::getattr(&file, id!("write"))?;
    for (index, value) in args.iter().enumerate() {
        if index > 0 {
            protocol::call1(&write, sep.as_ref().unwrap_or(id!(" ")).as_value())?;
        }
        protocol::call1(&write, protocol::str(value)?.as_value())?;
    }
    protocol::call1(&write, end.as_ref().unwrap_or(id!("\n")).as_value())?;
    if flush {
        protocol::call_method(&file, id!("flush"), &[])?;
    }
    Ok(())
}

fn text_argument(name: &str, value: Option<&Value>) -> PyResult<Option<Ref<Str>>> {
    match value {
        None => Ok(None),
        Some(value) if value.is_none() => Ok(None),
        Some(value) => match value.downcast::<Str>() {
            Some(text) => Ok(Some(text.clone())),
            None => bail!(
                TypeError,
                "{name} must be None or a string, not {}",
                value.class().name()
            ),
        },
    }
}

/// Writes a text and a newline to a stream.
pub fn write_line(file: &Value, text: &Ref<Str>) -> PyResult<()> {
    protocol::call_method(file, id!("write"), &[text.to_value()])?;
    protocol::call_method(file, id!("write"), &[id!("\n").to_value()])?;
    Ok(())
}
