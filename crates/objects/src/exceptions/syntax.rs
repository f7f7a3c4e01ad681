//! `SyntaxError` and its place in the source.
//!
//! The second argument, when there is one, is `(filename, lineno, offset, text[, end_lineno, end_offset[, metadata]])`; the
//! metadata is private to the traceback module, which uses it for suggestions.

use crate::args::Args;
use crate::class::ClassBuilder;
use crate::raised::PyResult;
use crate::str::{Str, StrBuilder};
use crate::value::Value;
use crate::{int, protocol};

use super::base;
use super::payload::{exception_payload, new, object_members, view};

exception_payload! {
    /// `SyntaxError`: the message and the place.
    SyntaxError, SyntaxError,
    { msg, filename, lineno, offset, text, end_lineno, end_offset, print_file_and_line, metadata } {}
}

/// Fills the class `SyntaxError`.
pub(super) fn build(builder: &ClassBuilder<'_>) {
    let slots = builder.slots();
    slots.new.set(Some(new::<SyntaxError>));
    slots.init.set(Some(init));
    slots.str.set(Some(str));
    object_members!(builder, SyntaxError,
        msg "msg" "exception msg",
        filename "filename" "exception filename",
        lineno "lineno" "exception lineno",
        offset "offset" "exception offset",
        text "text" "exception text",
        end_lineno "end_lineno" "exception end lineno",
        end_offset "end_offset" "exception end offset",
        print_file_and_line "print_file_and_line" "exception print_file_and_line",
        metadata "_metadata" "exception private metadata",
    );
}

fn init(this: &Value, args: Args<'_>) -> PyResult<()> {
    base::init(this, args)?;
    let error = view::<SyntaxError>(this);
    let args = args.positional();
    if let Some(message) = args.first() {
        error.msg.set(Some(message.clone()));
    }
    let [_, place] = args else { return Ok(()) };
    let place = protocol::collect(place)?;
    match place.len() {
        4..=7 => {}
        given @ 0..4 => bail!(
            TypeError,
            "function takes at least 4 arguments ({given} given)"
        ),
        given => bail!(
            TypeError,
            "function takes at most 7 arguments ({given} given)"
        ),
    }
    let slots = [
        &error.filename,
        &error.lineno,
        &error.offset,
        &error.text,
        &error.end_lineno,
        &error.end_offset,
        &error.metadata,
    ];
    for (index, slot) in slots.into_iter().enumerate() {
        slot.set(place.get(index).cloned());
    }
    if place.len() == 5 {
        bail!(
            TypeError,
            "end_offset must be provided when end_lineno is provided"
        );
    }
    Ok(())
}

/// The message, with the file's last path component and the line where they are known.
fn str(this: &Value) -> PyResult<Value> {
    let error = view::<SyntaxError>(this);
    let message = protocol::str(&error.msg.get().unwrap_or(Value::NONE))?;
    let filename = error.filename.get();
    let filename = filename.as_ref().and_then(|name| name.downcast::<Str>());
    let lineno = error
        .lineno
        .get()
        .filter(|line| line.class().is(crate::builtins::int_class()));
    let line = lineno.and_then(|line| int::to_i64(&line));
    if filename.is_none() && line.is_none() {
        return Ok(message.into_value());
    }
    let mut text = StrBuilder::new();
    text.push_string(&message);
    text.push_str(" (");
    if let Some(name) = filename {
        let start = name
            .code_points()
            .rposition(|code| code == '/' as u32)
            .map_or(0, |slash| slash + 1);
        text.push_string(&name.slice(start..name.len()));
    }
    if let Some(line) = line {
        text.push_str(if filename.is_some() {
            ", line "
        } else {
            "line "
        });
        text.push_str(&line.to_string());
    }
    text.push_str(")");
    Ok(text.finish().into_value())
}
