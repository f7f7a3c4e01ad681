//! Writing JSON: `make_encoder`.
//!
//! The whole document goes into one text. Containers that are being written stand in `markers`, by address, so that a
//! cycle is noticed; an error gets a note from each container on its way out, which together say where it happened.

use taipan_macros::{class, methods};
use taipan_objects::args::{Args, ParamSpec};
use taipan_objects::class::Type;
use taipan_objects::dict::Dict;
use taipan_objects::int;
use taipan_objects::list::List;
use taipan_objects::native::NativeFunction;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, float, heap, id, protocol, thread};

use super::{class_name, strings};

/// The payload of `_json.Encoder`.
#[class(
    name = "Encoder",
    module = "_json",
    flags(BASETYPE),
    doc = "A function that writes a value as JSON."
)]
pub struct Encoder {
    /// The containers being written; a dict, or None if cycles are not looked for.
    markers: Value,
    default: Value,
    encoder: Value,
    indent: Value,
    key_separator: Ref<Str>,
    item_separator: Ref<Str>,
    #[untraced]
    sort_keys: bool,
    #[untraced]
    skipkeys: bool,
    #[untraced]
    allow_nan: bool,
    /// What `encoder` does, if it is one of this module's own: whether it writes ASCII alone.
    #[untraced]
    own_encoder: Option<bool>,
}

/// Whether a function is this module's `encode_basestring` or `encode_basestring_ascii`, and which.
fn own_encoder(function: &Value) -> Option<bool> {
    let function = function.downcast_exact::<NativeFunction>()?;
    let module = function
        .receiver()?
        .downcast::<taipan_objects::module::Module>()?
        .name()?;
    match function.name() {
        _ if !module.eq_str("_json") => None,
        "encode_basestring_ascii" => Some(true),
        "encode_basestring" => Some(false),
        _ => None,
    }
}

static MAKE_ENCODER: ParamSpec = ParamSpec {
    function: "make_encoder",
    names: &[
        "markers",
        "default",
        "encoder",
        "indent",
        "key_separator",
        "item_separator",
        "sort_keys",
        "skipkeys",
        "allow_nan",
    ],
    positional_only: 0,
    positional: 9,
    required: &[true; 9],
    varargs: false,
    varkw: false,
};

#[methods]
impl Encoder {
    #[new]
    fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Encoder>> {
        let given = MAKE_ENCODER.bind::<9>(args)?.values;
        let [
            markers,
            default,
            encoder,
            indent,
            key_separator,
            item_separator,
            sort_keys,
            skipkeys,
            allow_nan,
        ] = given.map(taipan_objects::native::given);
        let (sort_keys, skipkeys) = (protocol::is_true(sort_keys)?, protocol::is_true(skipkeys)?);
        let allow_nan = protocol::is_true(allow_nan)?;
        let separator = |value: &Value, position: usize| match value.downcast::<Str>() {
            Some(text) => Ok(text.clone()),
            None => Err(exc!(
                TypeError,
                "make_encoder() argument {position} must be str, not {}",
                class_name(value)
            )),
        };
        let (key_separator, item_separator) =
            (separator(key_separator, 5)?, separator(item_separator, 6)?);
        if !markers.is_none() && markers.downcast::<Dict>().is_none() {
            bail!(
                TypeError,
                "make_encoder() argument 1 must be dict or None, not {}",
                class_name(markers)
            );
        }
        if !indent.is_none() && indent.downcast::<Str>().is_none() {
            bail!(
                TypeError,
                "make_encoder() argument 4 must be str or None, not {}",
                class_name(indent)
            );
        }
        let encoder = Encoder {
            markers: markers.clone(),
            default: default.clone(),
            own_encoder: own_encoder(encoder),
            encoder: encoder.clone(),
            indent: indent.clone(),
            key_separator,
            item_separator,
            sort_keys,
            skipkeys,
            allow_nan,
        };
        Ok(heap::new_object(class, encoder))
    }

    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let (value, level) = call_arguments(args)?;
        let mut writer = Writer {
            encoder: self,
            out: StrBuilder::new(),
            level: usize::try_from(int::as_isize(level)?).unwrap_or(0),
        };
        writer.value(value)?;
        Ok(Tuple::from_array([writer.out.finish().into_value()]).into_value())
    }

    /// The containers being written.
    #[getter(member)]
    fn markers(&self) -> Value {
        self.markers.clone()
    }

    /// Called with each value that has no form in JSON.
    #[getter(member)]
    fn default(&self) -> Value {
        self.default.clone()
    }

    /// Called with each string.
    #[getter(member)]
    fn encoder(&self) -> Value {
        self.encoder.clone()
    }

    /// What a line starts with, once for each level; None for no lines.
    #[getter(member)]
    fn indent(&self) -> Value {
        self.indent.clone()
    }

    /// What stands between a key and its value.
    #[getter(member)]
    fn key_separator(&self) -> Value {
        self.key_separator.to_value()
    }

    /// What stands between items.
    #[getter(member)]
    fn item_separator(&self) -> Value {
        self.item_separator.to_value()
    }

    /// Whether members are sorted by key.
    #[getter(member)]
    fn sort_keys(&self) -> bool {
        self.sort_keys
    }

    /// Whether members whose key has no form in JSON are left out.
    #[getter(member)]
    fn skipkeys(&self) -> bool {
        self.skipkeys
    }
}

/// The arguments `obj` and `_current_indent_level`.
fn call_arguments<'a>(args: Args<'a>) -> PyResult<(&'a Value, &'a Value)> {
    let find =
        |index: usize, name: &str| args.positional().get(index).or_else(|| args.keyword(name));
    if args.values().len() > 2 {
        bail!(
            TypeError,
            "_iterencode() takes at most 2 arguments ({} given)",
            args.values().len()
        );
    }
    match (find(0, "obj"), find(1, "_current_indent_level")) {
        (Some(value), Some(level)) => Ok((value, level)),
        (None, _) => bail!(
            TypeError,
            "_iterencode() missing required argument 'obj' (pos 1)"
        ),
        (_, None) => bail!(
            TypeError,
            "_iterencode() missing required argument '_current_indent_level' (pos 2)"
        ),
    }
}

/// Adds a note that says where an error happened.
#[cold]
fn with_note(raised: Raised, note: &str) -> Raised {
    let exception = raised.exception().to_value();
    match protocol::call_method(&exception, id!("add_note"), &[Str::new(note).into_value()]) {
        Ok(_) => raised,
        Err(other) => other,
    }
}

/// One document being written.
struct Writer<'a> {
    encoder: &'a Encoder,
    out: StrBuilder,
    level: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> PyResult<()> {
        if let Some(text) = value.downcast::<Str>() {
            return self.string(text);
        }
        if value.is_none() {
            self.out.push_str("null");
        } else if value.is_true() {
            self.out.push_str("true");
        } else if value.is_false() {
            self.out.push_str("false");
        } else if let Some(number) = int::view(value) {
            self.out.push_str(&int::text::to_decimal(number)?);
        } else if let Some(number) = float::value_of(value) {
            let text = self.float_text(number)?;
            self.out.push_str(&text);
        } else {
            thread::check_stack(" while encoding a JSON object")?;
            return self.container(value);
        }
        Ok(())
    }

    fn container(&mut self, value: &Value) -> PyResult<()> {
        if value.downcast::<List>().is_some() || value.downcast::<Tuple>().is_some() {
            return self.list(value);
        }
        if let Some(dict) = value.downcast::<Dict>() {
            return self.dict(dict);
        }
        let marker = self.mark(value)?;
        let replacement = protocol::call1(&self.encoder.default, value)?;
        self.value(&replacement).map_err(|raised| {
            with_note(
                raised,
                &format!("when serializing {} object", value.class().display_name()),
            )
        })?;
        self.unmark(marker)
    }

    /// Notes that a container is being written; ValueError if it already is.
    fn mark(&self, value: &Value) -> PyResult<Option<Value>> {
        let Some(markers) = self.encoder.markers.downcast::<Dict>() else {
            return Ok(None);
        };
        let marker = int::from_u64(value.id());
        if markers.contains(&marker)? {
            bail!(ValueError, "Circular reference detected");
        }
        markers.set(marker.clone(), value.clone())?;
        Ok(Some(marker))
    }

    fn unmark(&self, marker: Option<Value>) -> PyResult<()> {
        if let (Some(markers), Some(marker)) = (self.encoder.markers.downcast::<Dict>(), marker) {
            markers.remove(&marker)?;
        }
        Ok(())
    }

    fn string(&mut self, text: &Ref<Str>) -> PyResult<()> {
        if let Some(ascii) = self.encoder.own_encoder {
            strings::encode(text, ascii, &mut self.out);
            return Ok(());
        }
        let encoded = protocol::call1(&self.encoder.encoder, text.as_value())?;
        match encoded.downcast::<Str>() {
            Some(encoded) => self.out.push_string(encoded),
            None => bail!(
                TypeError,
                "encoder() must return a string, not {}",
                class_name(&encoded)
            ),
        }
        Ok(())
    }

    fn float_text(&self, number: f64) -> PyResult<String> {
        if number.is_finite() {
            return Ok(float::to_text(number));
        }
        if !self.encoder.allow_nan {
            bail!(
                ValueError,
                "Out of range float values are not JSON compliant: {}",
                float::to_text(number)
            );
        }
        Ok(match number {
            f64::INFINITY => "Infinity",
            f64::NEG_INFINITY => "-Infinity",
            _ => "NaN",
        }
        .to_owned())
    }

    /// Starts a line, if the document has lines.
    fn line(&mut self) {
        if let Some(indent) = self.encoder.indent.downcast::<Str>() {
            self.out.push(0x0a);
            for _ in 0..self.level {
                self.out.push_string(indent);
            }
        }
    }

    fn between_items(&mut self) {
        self.out.push_string(&self.encoder.item_separator);
        self.line();
    }

    fn list(&mut self, sequence: &Value) -> PyResult<()> {
        let len = || match sequence.downcast::<List>() {
            Some(list) => list.len(),
            None => sequence.downcast::<Tuple>().map_or(0, |tuple| tuple.len()),
        };
        // The list can change while its items are written: each is fetched when it is its turn.
        let item = |index: usize| match sequence.downcast::<List>() {
            Some(list) => list.get(index),
            None => sequence.downcast::<Tuple>()?.get(index),
        };
        if len() == 0 {
            self.out.push_str("[]");
            return Ok(());
        }
        let marker = self.mark(sequence)?;
        self.out.push_str("[");
        self.level += 1;
        self.line();
        let mut index = 0;
        while let Some(value) = item(index) {
            if index > 0 {
                self.between_items();
            }
            self.value(&value).map_err(|raised| {
                with_note(
                    raised,
                    &format!(
                        "when serializing {} item {index}",
                        sequence.class().display_name()
                    ),
                )
            })?;
            index += 1;
        }
        self.unmark(marker)?;
        self.level -= 1;
        self.line();
        self.out.push_str("]");
        Ok(())
    }

    fn dict(&mut self, dict: &Ref<Dict>) -> PyResult<()> {
        if dict.is_empty() {
            self.out.push_str("{}");
            return Ok(());
        }
        let marker = self.mark(dict.as_value())?;
        self.out.push_str("{");
        self.level += 1;
        let mut is_first = true;
        if self.encoder.sort_keys || dict.as_value().downcast_exact::<Dict>().is_none() {
            for pair in self.items(dict)? {
                match pair
                    .downcast::<Tuple>()
                    .map(|pair| pair.to_vec())
                    .as_deref()
                {
                    Some([key, value]) => self.member(dict, key, value, &mut is_first)?,
                    _ => bail!(ValueError, "items must return 2-tuples"),
                }
            }
        } else {
            let mut cursor = 0;
            while let Some((next, key, value)) = dict.entry_at(cursor) {
                cursor = next;
                self.member(dict, &key, &value, &mut is_first)?;
            }
        }
        self.unmark(marker)?;
        self.level -= 1;
        if !is_first {
            self.line();
        }
        self.out.push_str("}");
        Ok(())
    }

    /// The pairs of a dict, sorted if they are to be.
    fn items(&self, dict: &Ref<Dict>) -> PyResult<Vec<Value>> {
        let items = protocol::call_method(dict.as_value(), id!("items"), &[])?;
        let items = protocol::collect(&items)?;
        if !self.encoder.sort_keys {
            return Ok(items);
        }
        let items = List::new(items);
        protocol::call_method(items.as_value(), id!("sort"), &[])?;
        Ok(items.to_vec())
    }

    fn member(
        &mut self,
        dict: &Ref<Dict>,
        key: &Value,
        value: &Value,
        is_first: &mut bool,
    ) -> PyResult<()> {
        let key_text;
        let text = match key.downcast::<Str>() {
            Some(text) => text,
            None => match self.key_text(key)? {
                Some(text) => {
                    key_text = text;
                    &key_text
                }
                None => return Ok(()),
            },
        };
        if std::mem::take(is_first) {
            self.line();
        } else {
            self.between_items();
        }
        self.string(text)?;
        self.out.push_string(&self.encoder.key_separator);
        self.value(value)
            .map_err(|raised| note_member(raised, dict, key))
    }

    /// The text of a key that is not a string; `None` if it is to be left out.
    fn key_text(&self, key: &Value) -> PyResult<Option<Ref<Str>>> {
        let text = if let Some(number) = float::value_of(key) {
            self.float_text(number)?
        } else if key.is_none() {
            "null".to_owned()
        } else if key.is_true() {
            "true".to_owned()
        } else if key.is_false() {
            "false".to_owned()
        } else if let Some(number) = int::view(key) {
            int::text::to_decimal(number)?
        } else if self.encoder.skipkeys {
            return Ok(None);
        } else {
            bail!(
                TypeError,
                "keys must be str, int, float, bool or None, not {}",
                class_name(key)
            );
        };
        Ok(Some(Str::new(&text)))
    }
}

#[cold]
fn note_member(raised: Raised, dict: &Ref<Dict>, key: &Value) -> Raised {
    match protocol::repr(key) {
        Ok(shown) => with_note(
            raised,
            &format!(
                "when serializing {} item {}",
                dict.class().display_name(),
                shown.to_display()
            ),
        ),
        Err(other) => other,
    }
}
