//! Reading JSON: `make_scanner`.
//!
//! One pass over the document's units. The document is a string, which never changes, and the caller holds it, so the
//! units stay while hooks run. Keys are remembered for the time of one call: documents repeat them.

use rustc_hash::FxHashMap;
use std::hash::Hash;

use taipan_macros::{class, methods};
use taipan_objects::args::{Args, ParamSpec};
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, Units};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exceptions, float, heap, id, int, protocol, thread};

use super::{class_name, decode_error, strings};

/// The payload of `_json.Scanner`.
#[class(
    name = "Scanner",
    module = "_json",
    flags(BASETYPE),
    doc = "A function that reads one JSON value at a position."
)]
pub struct Scanner {
    #[untraced]
    strict: bool,
    object_hook: Value,
    object_pairs_hook: Value,
    parse_float: Value,
    parse_int: Value,
    parse_constant: Value,
}

static MAKE_SCANNER: ParamSpec = ParamSpec {
    function: "make_scanner",
    names: &["context"],
    positional_only: 0,
    positional: 1,
    required: &[true],
    varargs: false,
    varkw: false,
};

#[methods]
impl Scanner {
    #[new]
    fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Scanner>> {
        let [Some(context)] = MAKE_SCANNER.bind::<1>(args)?.values else {
            bail!(
                TypeError,
                "make_scanner() missing required argument 'context' (pos 1)"
            );
        };
        let strict = protocol::getattr(context, id!("strict"))?;
        let scanner = Scanner {
            strict: protocol::is_true(&strict)?,
            object_hook: protocol::getattr(context, id!("object_hook"))?,
            object_pairs_hook: protocol::getattr(context, id!("object_pairs_hook"))?,
            parse_float: protocol::getattr(context, id!("parse_float"))?,
            parse_int: protocol::getattr(context, id!("parse_int"))?,
            parse_constant: protocol::getattr(context, id!("parse_constant"))?,
        };
        Ok(heap::new_object(class, scanner))
    }

    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let (document, start) = call_arguments(args)?;
        let Some(document) = document.downcast::<Str>() else {
            bail!(
                TypeError,
                "first argument must be a string, not {}",
                class_name(document)
            );
        };
        let Ok(start) = usize::try_from(int::as_isize(start)?) else {
            bail!(ValueError, "idx cannot be negative")
        };
        let (value, next) = match document.units() {
            Units::One(units) => Pass::new(self, document, units, Units::One).value(start),
            Units::Two(units) => Pass::new(self, document, units, Units::Two).value(start),
            Units::Four(units) => Pass::new(self, document, units, Units::Four).value(start),
        }?;
        Ok(Tuple::pair(value, int::from_usize(next)).into_value())
    }

    /// Whether control characters in strings are errors.
    #[getter(member)]
    fn strict(&self) -> bool {
        self.strict
    }

    /// Called with each dict.
    #[getter(member)]
    fn object_hook(&self) -> Value {
        self.object_hook.clone()
    }

    /// Called with the pairs of each object, in order.
    #[getter(member)]
    fn object_pairs_hook(&self) -> Value {
        self.object_pairs_hook.clone()
    }

    /// Called with the text of each number that is not an integer.
    #[getter(member)]
    fn parse_float(&self) -> Value {
        self.parse_float.clone()
    }

    /// Called with the text of each integer.
    #[getter(member)]
    fn parse_int(&self) -> Value {
        self.parse_int.clone()
    }

    /// Called with 'NaN', 'Infinity' and '-Infinity'.
    #[getter(member)]
    fn parse_constant(&self) -> Value {
        self.parse_constant.clone()
    }
}

/// The arguments `string` and `idx`, by position or by name.
fn call_arguments<'a>(args: Args<'a>) -> PyResult<(&'a Value, &'a Value)> {
    let positional = args.positional();
    let mut found: [Option<&'a Value>; 2] = [positional.first(), positional.get(1)];
    if args.values().len() > 2 {
        bail!(
            TypeError,
            "scan_once() takes at most 2 arguments ({} given)",
            args.values().len()
        );
    }
    for (name, value) in args.keywords() {
        let index = if name.eq_str("string") {
            0
        } else if name.eq_str("idx") {
            1
        } else {
            bail!(
                TypeError,
                "scan_once() got an unexpected keyword argument '{}'",
                name.to_display()
            );
        };
        if found[index].replace(value).is_some() {
            bail!(
                TypeError,
                "argument for scan_once() given by name ('{}') and position ({})",
                name.to_display(),
                index + 1
            );
        }
    }
    match found {
        [Some(document), Some(start)] => Ok((document, start)),
        [None, _] => bail!(
            TypeError,
            "scan_once() missing required argument 'string' (pos 1)"
        ),
        [_, None] => bail!(
            TypeError,
            "scan_once() missing required argument 'idx' (pos 2)"
        ),
    }
}

/// One pass over a document.
struct Pass<'a, U> {
    scanner: &'a Scanner,
    document: &'a Ref<Str>,
    units: &'a [U],
    part: fn(&'a [U]) -> Units<'a>,
    keys: FxHashMap<&'a [U], Ref<Str>>,
    parses_ints: bool,
    parses_floats: bool,
}

impl<'a, U: Copy + Into<u32> + Eq + Hash> Pass<'a, U> {
    fn new(
        scanner: &'a Scanner,
        document: &'a Ref<Str>,
        units: &'a [U],
        part: fn(&'a [U]) -> Units<'a>,
    ) -> Self {
        Pass {
            scanner,
            document,
            units,
            part,
            keys: FxHashMap::default(),
            parses_ints: scanner.parse_int.is(int::Int::class().as_value()),
            parses_floats: scanner.parse_float.is(float::Float::class().as_value()),
        }
    }

    /// The code point at a position; 0 behind the end.
    #[inline(always)]
    fn at(&self, index: usize) -> u32 {
        self.units.get(index).map_or(0, |&unit| unit.into())
    }

    #[inline(always)]
    fn is_at(&self, index: usize, character: char) -> bool {
        self.at(index) == u32::from(character)
    }

    fn has(&self, index: usize, word: &str) -> bool {
        self.units
            .get(index..index + word.len())
            .is_some_and(|part| {
                part.iter().zip(word.bytes()).all(|(&unit, byte)| {
                    let code: u32 = unit.into();
                    code == u32::from(byte)
                })
            })
    }

    #[inline(always)]
    fn skip_space(&self, mut index: usize) -> usize {
        while matches!(self.at(index), 0x20 | 0x09 | 0x0a | 0x0d) {
            index += 1;
        }
        index
    }

    #[cold]
    fn error<T>(&self, message: &str, index: usize) -> PyResult<T> {
        Err(decode_error(message, self.document, index as i64))
    }

    /// The value at a position, and the position behind it. StopIteration says where no value was.
    fn value(&mut self, index: usize) -> PyResult<(Value, usize)> {
        match char::from_u32(self.at(index)) {
            Some('"') => strings::scan(self.document, index + 1, self.scanner.strict)
                .map(|(text, next)| (text.into_value(), next)),
            Some('{') => {
                thread::check_stack(" while decoding a JSON object from a unicode string")?;
                self.object(index + 1)
            }
            Some('[') => {
                thread::check_stack(" while decoding a JSON array from a unicode string")?;
                self.array(index + 1)
            }
            Some('n') if self.has(index, "null") => Ok((Value::NONE, index + 4)),
            Some('t') if self.has(index, "true") => Ok((Value::TRUE, index + 4)),
            Some('f') if self.has(index, "false") => Ok((Value::FALSE, index + 5)),
            Some('N') if self.has(index, "NaN") => self.constant("NaN", index),
            Some('I') if self.has(index, "Infinity") => self.constant("Infinity", index),
            Some('-') if self.has(index, "-Infinity") => self.constant("-Infinity", index),
            Some('-' | '0'..='9') => self.number(index),
            _ => no_value(index),
        }
    }

    fn constant(&self, word: &str, index: usize) -> PyResult<(Value, usize)> {
        let value = protocol::call1(&self.scanner.parse_constant, Str::new(word).as_value())?;
        Ok((value, index + word.len()))
    }

    fn is_digit(&self, index: usize) -> bool {
        (0x30..0x3a).contains(&self.at(index))
    }

    fn skip_digits(&self, mut index: usize) -> usize {
        while self.is_digit(index) {
            index += 1;
        }
        index
    }

    fn number(&self, start: usize) -> PyResult<(Value, usize)> {
        let first = if self.is_at(start, '-') {
            start + 1
        } else {
            start
        };
        if !self.is_digit(first) {
            return no_value(start);
        }
        let mut end = if self.is_at(first, '0') {
            first + 1
        } else {
            self.skip_digits(first)
        };
        let mut is_float = false;
        if self.is_at(end, '.') && self.is_digit(end + 1) {
            is_float = true;
            end = self.skip_digits(end + 1);
        }
        if self.is_at(end, 'e') || self.is_at(end, 'E') {
            let digits = if self.is_at(end + 1, '+') || self.is_at(end + 1, '-') {
                end + 2
            } else {
                end + 1
            };
            if self.is_digit(digits) {
                is_float = true;
                end = self.skip_digits(digits);
            }
        }
        // All of it is ASCII.
        let text: Vec<u8> = self.units[start..end]
            .iter()
            .map(|&unit| unit.into() as u8)
            .collect();
        let value = if is_float {
            self.float(&text)
        } else {
            self.integer(&text)
        }?;
        Ok((value, end))
    }

    fn integer(&self, text: &[u8]) -> PyResult<Value> {
        if self.parses_ints {
            return int::parse(text, 10, &Value::NONE);
        }
        protocol::call1(&self.scanner.parse_int, Str::from_latin1(text).as_value())
    }

    fn float(&self, text: &[u8]) -> PyResult<Value> {
        if self.parses_floats
            && let Some(float) = std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse().ok())
        {
            return Ok(float::new(float));
        }
        protocol::call1(&self.scanner.parse_float, Str::from_latin1(text).as_value())
    }

    fn array(&mut self, start: usize) -> PyResult<(Value, usize)> {
        let mut index = self.skip_space(start);
        let mut items = Vec::new();
        if self.is_at(index, ']') {
            return Ok((List::new(items).into_value(), index + 1));
        }
        loop {
            let (value, next) = self.value(index)?;
            items.push(value);
            index = self.skip_space(next);
            if self.is_at(index, ']') {
                return Ok((List::new(items).into_value(), index + 1));
            }
            if !self.is_at(index, ',') {
                return self.error("Expecting ',' delimiter", index);
            }
            let comma = index;
            index = self.skip_space(index + 1);
            if self.is_at(index, ']') {
                return self.error("Illegal trailing comma before end of array", comma);
            }
        }
    }

    /// A key, remembered from earlier in the document if it has no escapes.
    fn key(&mut self, start: usize) -> PyResult<(Ref<Str>, usize)> {
        let rest = self.units.get(start..).unwrap_or_default();
        let plain = rest.iter().position(|&unit| {
            let code: u32 = unit.into();
            code == 0x22 || code == 0x5c || code < 0x20
        });
        if let Some(len) = plain
            && rest[len].into() == 0x22
        {
            let units = &rest[..len];
            let part = self.part;
            let key = self
                .keys
                .entry(units)
                .or_insert_with(|| Str::from_units(part(units)));
            return Ok((key.clone(), start + len + 1));
        }
        strings::scan(self.document, start, self.scanner.strict)
    }

    fn object(&mut self, start: usize) -> PyResult<(Value, usize)> {
        let mut index = self.skip_space(start);
        let mut members = Members::new(&self.scanner.object_pairs_hook);
        if self.is_at(index, '}') {
            return Ok((members.finish(self.scanner)?, index + 1));
        }
        loop {
            if !self.is_at(index, '"') {
                return self.error("Expecting property name enclosed in double quotes", index);
            }
            let (key, next) = self.key(index + 1)?;
            index = self.skip_space(next);
            if !self.is_at(index, ':') {
                return self.error("Expecting ':' delimiter", index);
            }
            index = self.skip_space(index + 1);
            let (value, next) = self.value(index)?;
            members.add(key, value);
            index = self.skip_space(next);
            if self.is_at(index, '}') {
                return Ok((members.finish(self.scanner)?, index + 1));
            }
            if !self.is_at(index, ',') {
                return self.error("Expecting ',' delimiter", index);
            }
            let comma = index;
            index = self.skip_space(index + 1);
            if self.is_at(index, '}') {
                return self.error("Illegal trailing comma before end of object", comma);
            }
        }
    }
}

#[cold]
fn no_value<T>(index: usize) -> PyResult<T> {
    Err(exceptions::stop_iteration(int::from_usize(index)))
}

/// The members of an object that is being read.
enum Members {
    Dict(Ref<Dict>),
    Pairs(Vec<Value>),
}

impl Members {
    fn new(pairs_hook: &Value) -> Members {
        if pairs_hook.is_none() {
            Members::Dict(Dict::new())
        } else {
            Members::Pairs(Vec::new())
        }
    }

    fn add(&mut self, key: Ref<Str>, value: Value) {
        match self {
            Members::Dict(dict) => dict.set_str(&key, value),
            Members::Pairs(pairs) => pairs.push(Tuple::pair(key.into_value(), value).into_value()),
        }
    }

    fn finish(self, scanner: &Scanner) -> PyResult<Value> {
        match self {
            Members::Pairs(pairs) => {
                protocol::call1(&scanner.object_pairs_hook, List::new(pairs).as_value())
            }
            Members::Dict(dict) if scanner.object_hook.is_none() => Ok(dict.into_value()),
            Members::Dict(dict) => protocol::call1(&scanner.object_hook, dict.as_value()),
        }
    }
}
