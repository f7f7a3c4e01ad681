//! `_string`: the template language of `str.format` taken apart, for `string.Formatter`.

use std::cell::RefCell;

use taipan_macros::{class, define_module, function, methods};
use taipan_objects::class::Payload;
use taipan_objects::format::template::{FieldPath, FieldStart, FieldStep, Template};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int};

define_module!(
    name = "_string",
    doc = "string helper module",
    functions(formatter_parser, formatter_field_name_split),
    classes(FormatterIterator, FieldNameIterator),
);

/// The payload of `formatteriterator`: where the walk over a template is.
#[class(
    name = "formatteriterator",
    module = "builtins",
    flags(NO_INSTANTIATION)
)]
struct FormatterIterator {
    template: Ref<Str>,
    #[untraced]
    at: RefCell<usize>,
}

#[methods]
impl FormatterIterator {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let units = self.template.units();
        let mut template = Template::new(units, *self.at.borrow()..units.len());
        let Some(piece) = template.next_piece()? else {
            return Ok(None);
        };
        *self.at.borrow_mut() = template.position();
        let part = |range| Str::from_units(units.range(range)).into_value();
        let mut items = vec![part(piece.literal)];
        match piece.field {
            Some(field) => {
                items.push(part(field.name));
                items.push(part(field.spec));
                items.push(
                    field
                        .conversion
                        .map_or(Value::NONE, |code| Str::from_code_point(code).into_value()),
                );
            }
            None => items.extend([Value::NONE, Value::NONE, Value::NONE]),
        }
        Ok(Some(Tuple::new(items).into_value()))
    }
}

/// The payload of `fieldnameiterator`: the steps of a field name that are left.
#[class(
    name = "fieldnameiterator",
    module = "builtins",
    flags(NO_INSTANTIATION)
)]
struct FieldNameIterator {
    name: Ref<Str>,
    #[untraced]
    at: RefCell<usize>,
}

#[methods]
impl FieldNameIterator {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let units = self.name.units();
        let mut path = FieldPath::resume(units, *self.at.borrow()..units.len());
        let step = path.next_step()?;
        *self.at.borrow_mut() = path.position();
        let text = |range| Str::from_units(units.range(range)).into_value();
        Ok(step.map(|step| {
            let (is_attribute, name) = match step {
                FieldStep::Attribute(range) => (true, text(range)),
                FieldStep::Index(index) => (false, int::from_usize(index)),
                FieldStep::Key(range) => (false, text(range)),
            };
            Tuple::pair(Value::from_bool(is_attribute), name).into_value()
        }))
    }
}

/// Walks over the literal texts and replacement fields of a template.
#[function("(string, /)")]
fn formatter_parser(string: &Value) -> PyResult<Ref<FormatterIterator>> {
    let template = expect_text(string)?;
    Ok(heap::new_object(
        FormatterIterator::class(),
        FormatterIterator {
            template,
            at: RefCell::new(0),
        },
    ))
}

/// Splits a field name into its first part and the steps that follow.
#[function("(string, /)")]
fn formatter_field_name_split(string: &Value) -> PyResult<Ref<Tuple>> {
    let name = expect_text(string)?;
    let (start, path) = FieldPath::new(name.units(), 0..name.len())?;
    let first = match start {
        FieldStart::Next => Str::empty().into_value(),
        FieldStart::Index(index) => int::from_usize(index),
        FieldStart::Name(range) => Str::from_units(name.units().range(range)).into_value(),
    };
    let at = RefCell::new(path.position());
    let rest = heap::new_object(
        FieldNameIterator::class(),
        FieldNameIterator {
            name: name.clone(),
            at,
        },
    );
    Ok(Tuple::pair(first, rest.into_value()))
}

fn expect_text(value: &Value) -> PyResult<Ref<Str>> {
    match value.downcast::<Str>() {
        Some(text) => Ok(text.clone()),
        None => bail!(TypeError, "expected str, got {}", value.class().name()),
    }
}
