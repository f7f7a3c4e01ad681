//! JSON as text: objects and arrays of what is JSON already.

use std::fmt::{Display, Write};

/// A text, quoted.
pub(super) fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\n' => quoted.push_str("\\n"),
            c if c < ' ' => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// An object in the making.
pub(super) struct Object(String);

impl Object {
    pub fn new() -> Object {
        Object("{".to_owned())
    }

    /// Adds a number, a flag, or other JSON.
    pub fn add(mut self, name: &str, json: impl Display) -> Object {
        if self.0.len() > 1 {
            self.0.push_str(", ");
        }
        let _ = write!(self.0, "{}: {json}", string(name));
        self
    }

    /// Adds a text.
    pub fn text(self, name: &str, text: &str) -> Object {
        let quoted = string(text);
        self.add(name, quoted)
    }

    /// Adds a text, or null.
    pub fn optional(self, name: &str, text: Option<&str>) -> Object {
        match text {
            Some(text) => self.text(name, text),
            None => self.add(name, "null"),
        }
    }

    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// An array.
pub(super) fn array(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    format!("[{}]", items.join(", "))
}

/// An array with an item a line.
pub(super) fn tall_array(items: impl IntoIterator<Item = String>, indent: &str) -> String {
    let items: Vec<String> = items.into_iter().collect();
    if items.is_empty() {
        return "[]".to_owned();
    }
    let between = format!(",\n{indent}  ");
    format!("[\n{indent}  {}\n{indent}]", items.join(&between))
}

/// An object of counts.
pub(super) fn counts<K: Display>(counts: impl IntoIterator<Item = (K, u64)>) -> String {
    let fields = counts.into_iter();
    fields
        .fold(Object::new(), |object, (name, count)| {
            object.add(&name.to_string(), count)
        })
        .end()
}
