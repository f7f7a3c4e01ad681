//! The class `str`: construction, slots, and the methods that belong to no larger group.

use taipan_macros::methods;

use crate::args::{Args, ParamSpec, check_count};
use crate::class::{Comparison, Payload, Type};
use crate::codecs;
use crate::format;
use crate::heap;
use crate::protocol;
use crate::raised::PyResult;
use crate::slice::{Slice, SliceRange};
use crate::str::iter::StrIterator;
use crate::str::{Str, Units, repr};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// `text` repeated.
pub fn repeat(text: &Ref<Str>, count: isize) -> PyResult<Ref<Str>> {
    let count = usize::try_from(count).unwrap_or(0);
    if count == 1 {
        return Ok(text.to_exact());
    }
    if count == 0 || text.is_empty() {
        return Ok(Str::empty());
    }
    let Some(total) = text
        .len()
        .checked_mul(count)
        .filter(|&total| total <= isize::MAX as usize)
    else {
        bail!(OverflowError, "repeated string is too long");
    };
    heap::ensure_room(total.saturating_mul(1 << text.kind().shift()))?;
    Ok(Str::from_pieces(std::iter::repeat_n(
        (text.kind(), text.units()),
        count,
    )))
}

fn stepped(text: &Str, range: SliceRange) -> Ref<Str> {
    fn pick<T: Copy>(units: &[T], range: SliceRange) -> Vec<T> {
        range.positions().map(|position| units[position]).collect()
    }
    match text.units() {
        Units::One(units) => Str::from_units(Units::One(&pick(units, range))),
        Units::Two(units) => Str::from_units(Units::Two(&pick(units, range))),
        Units::Four(units) => Str::from_units(Units::Four(&pick(units, range))),
    }
}

/// The part of `text` that a slice selects.
pub fn get_slice(text: &Ref<Str>, slice: &Slice) -> PyResult<Ref<Str>> {
    let range = slice.unpack()?.adjust(text.len());
    Ok(match range.len {
        0 => Str::empty(),
        len if range.step == 1 => text.slice(range.start as usize..range.start as usize + len),
        _ => stepped(text, range),
    })
}

static CONSTRUCTOR: ParamSpec = ParamSpec {
    function: "str",
    names: &["object", "encoding", "errors"],
    positional_only: 0,
    positional: 3,
    required: &[false; 3],
    varargs: false,
    varkw: false,
};

/// `str(object, encoding, errors)`, with keywords or more than one argument.
#[cold]
fn construct(args: Args<'_>) -> PyResult<Ref<Str>> {
    if args.names().is_empty() {
        check_count("str", args.values().len(), 0, 3)?;
    }
    let [object, encoding, errors] = CONSTRUCTOR.bind::<3>(args)?.values;
    let text = |value: Option<&Value>, name: &str| match value {
        None => Ok(None),
        Some(value) => match value.downcast::<Str>() {
            Some(text) => Ok(Some(text.clone())),
            None => bail!(
                TypeError,
                "str() argument '{name}' must be str, not {}",
                value.class().name()
            ),
        },
    };
    let (encoding, errors) = (text(encoding, "encoding")?, text(errors, "errors")?);
    match object {
        None => Ok(Str::empty()),
        Some(object) if encoding.is_none() && errors.is_none() => protocol::str(object),
        Some(object) => codecs::decode_object(object, encoding.as_ref(), errors.as_ref()),
    }
}

#[methods]
impl Str {
    #[new("(object='', encoding='utf-8', errors='strict')", nosig)]
    fn new_instance(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Str>> {
        let text = match args.values() {
            [] => Str::empty(),
            [object] if args.names().is_empty() => protocol::str(object)?,
            _ => construct(args)?,
        };
        Ok(if class.is(Str::class()) {
            text
        } else {
            Str::copy_in(class, &text)
        })
    }

    #[slot(repr)]
    fn repr(&self) -> Ref<Str> {
        repr::repr(self)
    }

    #[slot(str)]
    fn to_exact_str(this: &Ref<Str>) -> Ref<Str> {
        this.to_exact()
    }

    #[slot(hash)]
    fn hash_slot(&self) -> i64 {
        self.hash_value()
    }

    #[slot(richcompare)]
    fn compare_slot(this: &Ref<Str>, other: &Value, comparison: Comparison) -> Value {
        let Some(other) = other.downcast::<Str>() else {
            return Value::NOT_IMPLEMENTED;
        };
        Value::from_bool(match comparison {
            Comparison::Eq => this.is(other) || this.same_text(other),
            Comparison::Ne => !this.is(other) && !this.same_text(other),
            _ => comparison.holds(this.compare(other)),
        })
    }

    #[slot(iter)]
    fn iter(this: &Ref<Str>) -> Ref<StrIterator> {
        StrIterator::new(this.clone())
    }

    #[slot(len)]
    fn len_slot(&self) -> usize {
        self.len()
    }

    #[slot(contains)]
    fn contains_slot(&self, item: &Value) -> PyResult<bool> {
        match item.downcast::<Str>() {
            Some(item) => Ok(self.contains(item)),
            None => bail!(
                TypeError,
                "'in <string>' requires string as left operand, not {}",
                item.class().name()
            ),
        }
    }

    #[slot(getitem)]
    fn getitem(this: &Ref<Str>, key: &Value) -> PyResult<Ref<Str>> {
        if let Some(slice) = key.downcast::<Slice>() {
            return get_slice(this, slice);
        }
        let index = match key.as_small_int() {
            Some(small) => small as isize,
            None if key.class().slots.index.get().is_some() => protocol::to_index(key)?,
            None => bail!(
                TypeError,
                "string indices must be integers, not '{}'",
                key.class().name()
            ),
        };
        match protocol::wrap_index(index, this.len()) {
            Some(place) => Ok(Str::from_code_point(this.units().at(place))),
            None => bail!(IndexError, "string index out of range"),
        }
    }

    #[slot(concat)]
    fn concat_slot(this: &Ref<Str>, other: &Value) -> PyResult<Ref<Str>> {
        match other.downcast::<Str>() {
            Some(other) => Ok(Str::concat(this, other)),
            None => bail!(
                TypeError,
                "can only concatenate str (not \"{}\") to str",
                other.class().name()
            ),
        }
    }

    #[slot(repeat)]
    fn repeat_slot(this: &Ref<Str>, count: &Value) -> PyResult<Ref<Str>> {
        repeat(this, protocol::to_size(count)?)
    }

    #[slot(remainder)]
    fn remainder(left: &Value, right: &Value) -> PyResult<Value> {
        match left.downcast::<Str>() {
            Some(left) => Ok(format::percent::format_str(left, right)?.into_value()),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    /// The string encoded to bytes.
    #[method("($self, /, encoding='utf-8', errors='strict')")]
    fn encode(
        this: &Ref<Str>,
        encoding: Option<&Ref<Str>>,
        errors: Option<&Ref<Str>>,
    ) -> PyResult<Value> {
        codecs::encode_method(this, encoding, errors)
    }

    /// The string with its replacement fields filled from the arguments.
    #[method("($self, /, *args, **kwargs)", name = "format")]
    fn format_method(
        this: &Ref<Str>,
        args: &[Value],
        kwargs: crate::args::Kwargs<'_>,
    ) -> PyResult<Ref<Str>> {
        format::template::format(this, args, &kwargs)
    }

    /// The string with its replacement fields filled from a mapping.
    #[method("($self, mapping, /)")]
    fn format_map(this: &Ref<Str>, mapping: &Value) -> PyResult<Ref<Str>> {
        format::template::format_map(this, mapping)
    }

    /// The string formatted by a format specification.
    #[method("($self, format_spec, /)", name = "__format__")]
    fn format_dunder(this: &Ref<Str>, format_spec: &Ref<Str>) -> PyResult<Ref<Str>> {
        if format_spec.is_empty() {
            return protocol::str(this.as_value());
        }
        format::format_str(this, format_spec)
    }

    /// What pickle passes to `__new__`.
    #[method("($self, /)", name = "__getnewargs__")]
    fn getnewargs(&self) -> Ref<Tuple> {
        Tuple::new(vec![Str::copy_in(Str::class(), self).into_value()])
    }

    /// The size of the string in memory, in bytes.
    #[method("($self, /)", name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        // The numbers are those of a CPython string: its header, and one more code point.
        let header = if self.is_ascii() { 40 } else { 56 };
        header + ((self.len() + 1) << self.kind().shift())
    }
}
