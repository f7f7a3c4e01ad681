//! What a pattern is matched against: a string, or the bytes of a bytes-like object.

use std::borrow::Cow;

use taipan_objects::bail;
use taipan_objects::buffer::{self, BufferView};
use taipan_objects::bytes::Bytes;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, Units};
use taipan_objects::value::{Ref, Value};

/// Text or bytes to match against, and the object they come from.
pub struct Subject {
    /// The object.
    pub object: Value,
    text: Text,
}

enum Text {
    Str(Ref<Str>),
    Bytes(Ref<Bytes>),
    View(BufferView),
    /// A copy of bytes that can change.
    Copy(Vec<u8>),
}

impl Subject {
    /// The text of a string or of a bytes-like object.
    pub fn of(object: &Value) -> PyResult<Subject> {
        let text = if let Some(text) = object.downcast::<Str>() {
            Text::Str(text.clone())
        } else if let Some(bytes) = object.downcast::<Bytes>() {
            Text::Bytes(bytes.clone())
        } else if buffer::is_bytes_like(object) {
            let view = buffer::bytes_like(object)?;
            if view.is_readonly() {
                Text::View(view)
            } else {
                Text::Copy(view.to_vec())
            }
        } else {
            bail!(
                TypeError,
                "expected string or bytes-like object, got '{}'",
                object.class().name()
            );
        };
        Ok(Subject {
            object: object.clone(),
            text,
        })
    }

    /// Whether it is text and not bytes.
    pub fn is_text(&self) -> bool {
        matches!(self.text, Text::Str(_))
    }

    /// The characters.
    pub fn units(&self) -> Units<'_> {
        match &self.text {
            Text::Str(text) => text.units(),
            Text::Bytes(bytes) => Units::One(bytes.as_slice()),
            // A view that is not contiguous is refused when it is asked for.
            Text::View(view) => Units::One(view.as_bytes().unwrap_or(&[])),
            Text::Copy(bytes) => Units::One(bytes),
        }
    }

    /// Number of characters.
    pub fn len(&self) -> usize {
        self.units().len()
    }

    /// A part as an object of its own: a string, or bytes.
    pub fn slice(&self, start: usize, end: usize) -> Value {
        let (start, end) = (start.min(self.len()), end.min(self.len()));
        let range = start..end.max(start);
        match &self.text {
            Text::Str(text) => text.slice(range).into_value(),
            Text::Bytes(bytes) if range.len() == bytes.len() && bytes.is_exact() => {
                bytes.to_value()
            }
            _ => Bytes::new(self.units().range(range).bytes()).into_value(),
        }
    }

    /// The empty string, or empty bytes.
    pub fn empty(&self) -> Value {
        self.slice(0, 0)
    }
}

/// The parts of a result put together: strings, or bytes.
pub fn join(parts: &[Value], is_text: bool) -> PyResult<Value> {
    if is_text {
        return taipan_objects::str::join(&Str::empty(), parts).map(Ref::into_value);
    }
    let mut out = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if !buffer::is_bytes_like(part) {
            bail!(
                TypeError,
                "sequence item {index}: expected a bytes-like object, {} found",
                part.class().name()
            );
        }
        let view = buffer::bytes_like(part)?;
        match view.to_bytes() {
            Cow::Borrowed(bytes) => out.extend_from_slice(bytes),
            Cow::Owned(bytes) => out.extend(bytes),
        }
    }
    Ok(Bytes::new(&out).into_value())
}
