//! `input`.

use taipan_macros::function;
use taipan_objects::bytes::Bytes;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

/// Read a line from standard input, without its newline.
///
/// A prompt that is given is written to standard output first. The end of the file is an EOFError.
#[function("(prompt='', /)")]
pub(super) fn input(prompt: Option<&Value>) -> PyResult<Value> {
    let stream = |name: &str| match crate::system::get(name) {
        Some(stream) if !stream.is_none() => Ok(stream),
        _ => bail!(RuntimeError, "input(): lost sys.{name}"),
    };
    let (stdin, stdout, stderr) = (stream("stdin")?, stream("stdout")?, stream("stderr")?);
    crate::system::audit("builtins.input", &[prompt.cloned().unwrap_or(Value::NONE)])?;
    // What was printed to stderr belongs before the prompt.
    flush(&stderr)?;
    if let Some(prompt) = prompt {
        let text = protocol::str(prompt)?;
        protocol::call_method(&stdout, id!("write"), &[text.into_value()])?;
    }
    flush(&stdout)?;
    let line = protocol::call_method(&stdin, id!("readline"), &[])?;
    let answer = match line.downcast::<Str>() {
        Some(line) => without_newline(line)?,
        None => match line.downcast::<Bytes>() {
            Some(bytes) if bytes.is_empty() => bail!(EOFError, "EOF when reading a line"),
            Some(bytes) => Bytes::new(
                bytes
                    .as_slice()
                    .strip_suffix(b"\n")
                    .unwrap_or(bytes.as_slice()),
            )
            .into_value(),
            None => bail!(TypeError, "object.readline() returned non-string"),
        },
    };
    crate::system::audit("builtins.input/result", std::slice::from_ref(&answer))?;
    Ok(answer)
}

/// Flushes a stream. One that cannot flush does not matter here, but Ctrl-C as the prompt appears does.
fn flush(stream: &Value) -> PyResult<()> {
    match protocol::call_method(stream, id!("flush"), &[]) {
        Err(raised) if raised.is(ExceptionKind::KeyboardInterrupt) => Err(raised),
        _ => Ok(()),
    }
}

fn without_newline(line: &Ref<Str>) -> PyResult<Value> {
    match line.len().checked_sub(1) {
        None => bail!(EOFError, "EOF when reading a line"),
        Some(last) if line.char_at(last) == Some('\n' as u32) => {
            Ok(line.slice(0..last).into_value())
        }
        Some(_) => Ok(line.to_value()),
    }
}
