//! Template strings (PEP 750): `Template` and `Interpolation` of `string.templatelib`.
//!
//! A template is literal strings with interpolations between: always one string more than interpolations, so that the two
//! tuples read alternately give the template back. Nothing here changes after it is made.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::args::Args;
use crate::class::{Payload, Type};
use crate::format::ValueConversion;
use crate::generic_alias;
use crate::heap;
use crate::protocol;
use crate::raised::PyResult;
use crate::runtime;
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The payload of `Interpolation`: a value, and how the template wrote it.
#[class(
    name = "Interpolation",
    module = "string.templatelib",
    doc = "Interpolation object"
)]
pub struct Interpolation {
    value: Value,
    expression: Value,
    /// `None`, or one of the strings `s`, `r` and `a`.
    conversion: Value,
    format_spec: Value,
}

impl Interpolation {
    /// An interpolation as a t-string makes it.
    pub fn new(
        value: Value,
        expression: Ref<Str>,
        conversion: Option<ValueConversion>,
        format_spec: Ref<Str>,
    ) -> Ref<Interpolation> {
        let conversion = match conversion {
            None => Value::NONE,
            Some(ValueConversion::Str) => Str::from_char('s').into_value(),
            Some(ValueConversion::Repr) => Str::from_char('r').into_value(),
            Some(ValueConversion::Ascii) => Str::from_char('a').into_value(),
        };
        let payload = Interpolation {
            value,
            expression: expression.into_value(),
            conversion,
            format_spec: format_spec.into_value(),
        };
        heap::new_object(Interpolation::class(), payload)
    }
}

#[methods]
impl Interpolation {
    #[new("(value, expression='', conversion=None, format_spec='')")]
    fn new_instance(
        class: &Ref<Type>,
        value: &Value,
        expression: Option<&Ref<Str>>,
        conversion: Option<&Value>,
        format_spec: Option<&Ref<Str>>,
    ) -> PyResult<Ref<Interpolation>> {
        let conversion = match conversion {
            None => Value::NONE,
            Some(given) => match given.downcast::<Str>() {
                Some(text) if ["s", "r", "a"].iter().any(|letter| text.eq_str(letter)) => {
                    given.clone()
                }
                Some(_) => bail!(
                    ValueError,
                    "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'"
                ),
                None => bail!(
                    TypeError,
                    "Interpolation() argument 'conversion' must be str, not {}",
                    given.class().name()
                ),
            },
        };
        let text =
            |given: Option<&Ref<Str>>| given.cloned().unwrap_or_else(Str::empty).into_value();
        let payload = Interpolation {
            value: value.clone(),
            expression: text(expression),
            conversion,
            format_spec: text(format_spec),
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(repr)]
    fn repr(&self) -> PyResult<Ref<Str>> {
        let mut out = StrBuilder::new();
        out.push_str("Interpolation(");
        for (index, part) in [
            &self.value,
            &self.expression,
            &self.conversion,
            &self.format_spec,
        ]
        .into_iter()
        .enumerate()
        {
            if index > 0 {
                out.push_str(", ");
            }
            out.push_string(&*protocol::repr(part)?);
        }
        out.push_str(")");
        Ok(out.finish())
    }

    /// The value of the expression.
    #[getter(member)]
    fn value(&self) -> Value {
        self.value.clone()
    }

    /// The text of the expression.
    #[getter(member)]
    fn expression(&self) -> Value {
        self.expression.clone()
    }

    /// The conversion that is wanted, if any.
    #[getter(member)]
    fn conversion(&self) -> Value {
        self.conversion.clone()
    }

    /// The format specification that is wanted.
    #[getter(member)]
    fn format_spec(&self) -> Value {
        self.format_spec.clone()
    }

    #[constant(name = "__match_args__")]
    fn match_args() -> Ref<Tuple> {
        Tuple::new(
            ["value", "expression", "conversion", "format_spec"]
                .into_iter()
                .map(|name| Str::intern(name).into_value())
                .collect(),
        )
    }

    /// How pickle makes the object again.
    #[method("($self, /)", name = "__reduce__")]
    fn reduce(this: &Ref<Interpolation>) -> Ref<Tuple> {
        let parts = [
            &this.value,
            &this.expression,
            &this.conversion,
            &this.format_spec,
        ];
        Tuple::pair(
            this.class().to_value(),
            Tuple::new(parts.into_iter().cloned().collect()).into_value(),
        )
    }

    /// See PEP 585
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: &Ref<Type>, object: &Value) -> PyResult<Value> {
        generic_alias::new(class.as_value(), object)
    }
}

/// The payload of `Template`.
#[class(
    name = "Template",
    module = "string.templatelib",
    doc = "Template object"
)]
pub struct Template {
    strings: Ref<Tuple>,
    interpolations: Ref<Tuple>,
}

impl Template {
    /// A template of strings and interpolations, of the former one more.
    pub fn new(strings: Ref<Tuple>, interpolations: Ref<Tuple>) -> Ref<Template> {
        debug_assert_eq!(strings.tail().len(), interpolations.tail().len() + 1);
        heap::new_object(
            Template::class(),
            Template {
                strings,
                interpolations,
            },
        )
    }
}

#[methods]
impl Template {
    #[new("(*args)", nosig)]
    fn new_instance(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Template>> {
        if !args.names().is_empty() {
            bail!(TypeError, "Template.__new__ only accepts *args arguments");
        }
        let mut strings: Vec<Value> = Vec::new();
        let mut interpolations = Vec::new();
        let mut text: Option<Ref<Str>> = None;
        for part in args.positional() {
            if let Some(part) = part.downcast::<Str>() {
                text = Some(match text {
                    Some(text) => Str::concat(&text, part),
                    None => part.to_exact(),
                });
            } else if part.downcast::<Interpolation>().is_some() {
                strings.push(text.take().unwrap_or_else(Str::empty).into_value());
                interpolations.push(part.clone());
            } else {
                bail!(
                    TypeError,
                    "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {}",
                    part.class().display_name()
                );
            }
        }
        strings.push(text.unwrap_or_else(Str::empty).into_value());
        Ok(heap::new_object(
            class,
            Template {
                strings: Tuple::new(strings),
                interpolations: Tuple::new(interpolations),
            },
        ))
    }

    #[slot(repr)]
    fn repr(&self) -> PyResult<Ref<Str>> {
        let mut out = StrBuilder::new();
        out.push_str("Template(strings=");
        out.push_string(&*protocol::repr(self.strings.as_value())?);
        out.push_str(", interpolations=");
        out.push_string(&*protocol::repr(self.interpolations.as_value())?);
        out.push_str(")");
        Ok(out.finish())
    }

    #[slot(iter)]
    fn iter(this: &Ref<Template>) -> Ref<TemplateIterator> {
        heap::new_object(
            TemplateIterator::class(),
            TemplateIterator {
                template: this.clone(),
                next: Cell::new(0),
            },
        )
    }

    #[slot(concat)]
    fn concat(&self, other: &Value) -> PyResult<Ref<Template>> {
        let Some(other) = other.downcast::<Template>() else {
            let name = other.class().display_name();
            bail!(
                TypeError,
                "can only concatenate string.templatelib.Template (not \"{name}\") to string.templatelib.Template"
            );
        };
        let (own, others) = (self.strings.tail(), other.strings.tail());
        let mut strings = own[..own.len() - 1].to_vec();
        let joined = match (
            own.last().and_then(|last| last.downcast::<Str>()),
            others.first().and_then(|first| first.downcast::<Str>()),
        ) {
            (Some(last), Some(first)) => Str::concat(last, first),
            _ => Str::empty(),
        };
        strings.push(joined.into_value());
        strings.extend_from_slice(&others[1..]);
        let interpolations = [self.interpolations.tail(), other.interpolations.tail()].concat();
        Ok(Template::new(
            Tuple::new(strings),
            Tuple::new(interpolations),
        ))
    }

    /// The literal strings of the template.
    #[getter(member)]
    fn strings(&self) -> Ref<Tuple> {
        self.strings.clone()
    }

    /// The interpolations of the template.
    #[getter(member)]
    fn interpolations(&self) -> Ref<Tuple> {
        self.interpolations.clone()
    }

    /// The values of the interpolations.
    #[getter]
    fn values(&self) -> Ref<Tuple> {
        let interpolations = self.interpolations.tail().iter();
        Tuple::new(
            interpolations
                .filter_map(|value| value.downcast::<Interpolation>())
                .map(|part| part.value.clone())
                .collect(),
        )
    }

    /// How pickle makes the object again.
    #[method("($self, /)", name = "__reduce__")]
    fn reduce(&self) -> PyResult<Ref<Tuple>> {
        let function = runtime::import_attribute("string.templatelib", "_template_unpickle")?;
        Ok(Tuple::pair(
            function,
            Tuple::pair(self.strings.to_value(), self.interpolations.to_value()).into_value(),
        ))
    }

    /// See PEP 585
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: &Ref<Type>, object: &Value) -> PyResult<Value> {
        generic_alias::new(class.as_value(), object)
    }
}

/// The payload of `TemplateIter`: strings that are not empty, and interpolations, in order.
#[class(
    name = "TemplateIter",
    module = "string.templatelib",
    doc = "Template iterator object",
    flags(NO_INSTANTIATION)
)]
pub struct TemplateIterator {
    template: Ref<Template>,
    /// The place in strings and interpolations read alternately.
    next: Cell<usize>,
}

#[methods]
impl TemplateIterator {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        loop {
            let place = self.next.get();
            let parts = if place.is_multiple_of(2) {
                &self.template.strings
            } else {
                &self.template.interpolations
            };
            let Some(part) = parts.tail().get(place / 2) else {
                return Ok(None);
            };
            self.next.set(place + 1);
            if part.downcast::<Str>().is_none_or(|text| !text.is_empty()) {
                return Ok(Some(part.clone()));
            }
        }
    }
}

/// Makes the classes of this module.
pub fn init_classes() {
    Interpolation::init_class();
    Template::init_class();
    TemplateIterator::init_class();
}
