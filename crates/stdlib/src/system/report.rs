//! Errors shown without the help of Python code: when the library's `traceback` cannot be used.

use std::fmt::Write as _;

use taipan_objects::exceptions::{self, BaseException};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::traceback::Traceback;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{id, protocol};

/// How far a chain of causes is followed.
const CHAIN_LIMIT: usize = 100;

/// Prints an exception, its traceback and its causes to `sys.stderr`.
pub fn print_plainly(exception: &Ref<BaseException>) {
    let mut chain = vec![(exception.clone(), "")];
    while chain.len() < CHAIN_LIMIT {
        let (last, _) = &chain[chain.len() - 1];
        let next = match (last.cause(), last.context()) {
            (Some(cause), _) => (
                cause,
                "\nThe above exception was the direct cause of the following exception:\n\n",
            ),
            (None, Some(context)) if !last.suppresses_context() => (
                context,
                "\nDuring handling of the above exception, another exception occurred:\n\n",
            ),
            _ => break,
        };
        match next.0.into_ref::<BaseException>() {
            Ok(next_exception) if !chain.iter().any(|(seen, _)| seen.is(&next_exception)) => {
                chain.push((next_exception, next.1))
            }
            _ => break,
        }
    }
    let mut text = String::new();
    for index in (0..chain.len()).rev() {
        describe(&chain[index].0, &mut text);
        text.push_str(if index > 0 { chain[index].1 } else { "" });
    }
    write(&text);
}

fn describe(exception: &Ref<BaseException>, out: &mut String) {
    let mut next = exception
        .traceback()
        .and_then(|first| first.downcast::<Traceback>().cloned());
    if next.is_some() {
        out.push_str("Traceback (most recent call last):\n");
    }
    while let Some(step) = next {
        // A step that cannot be described is left out; the error itself is what matters.
        if let Ok(line) = describe_step(&step) {
            out.push_str(&line);
        }
        next = step.next();
    }
    out.push_str(&exceptions::describe(exception));
    out.push('\n');
}

fn describe_step(step: &Ref<Traceback>) -> PyResult<String> {
    let code = protocol::getattr(step.frame(), id!("f_code"))?;
    let text = |name: &Ref<Str>| -> PyResult<String> {
        Ok(protocol::str(&protocol::getattr(&code, name)?)?
            .to_display()
            .into_owned())
    };
    let (file, name) = (text(id!("co_filename"))?, text(id!("co_name"))?);
    let mut line = format!(
        "  File \"{file}\", line {}, in {name}\n",
        step.line().unwrap_or(0)
    );
    if let Some(number) = step.line()
        && let Ok(source) = std::fs::read_to_string(&file)
        && let Some(quoted) = source.lines().nth((number.max(1) - 1) as usize)
        && !quoted.trim().is_empty()
    {
        let _ = writeln!(line, "    {}", quoted.trim());
    }
    Ok(line)
}

/// Writes a line to `sys.stderr`.
pub(super) fn write_line(text: &str) {
    write(&format!("{text}\n"));
}

/// Writes to `sys.stderr`, or to the process's own where that does not take it; a program that set `sys.stderr` to None
/// wants silence.
pub fn write(text: &str) {
    write_str(&Str::new(text));
}

/// As [`write`], for a text that may have surrogates.
pub(super) fn write_str(text: &Ref<Str>) {
    let stream = super::get("stderr");
    if stream.as_ref().is_some_and(Value::is_none) {
        return;
    }
    let written =
        stream.map(|stream| protocol::call_method(&stream, id!("write"), &[text.to_value()]));
    if !matches!(written, Some(Ok(_))) {
        // Where even that fails, there is nobody left to tell.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), text.to_display().as_bytes());
    }
}
