//! The template language of `str.format`: literal text with `{field!conversion:spec}` between.
//!
//! [`Template`] walks over a template piece by piece, and [`FieldPath`] over the attributes and items that a field name
//! asks for; `_string` shows both to Python. Positions count code points of the whole template.

use std::ops::Range;

use crate::args::Kwargs;
use crate::format::{self, ValueConversion, decimal_value};
use crate::int;
use crate::protocol;
use crate::raised::{PyResult, Raised};
use crate::str::{Str, StrBuilder, Units};
use crate::value::{Ref, Value};

/// A replacement field of a template.
#[derive(Clone, Debug)]
pub struct Field {
    /// Where its name stands.
    pub name: Range<usize>,
    /// The letter after `!`.
    pub conversion: Option<u32>,
    /// Where its specification stands.
    pub spec: Range<usize>,
    /// Whether the specification has fields itself.
    pub nested: bool,
}

/// Literal text, and the field behind it.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Where the literal text stands.
    pub literal: Range<usize>,
    /// The field, if one follows.
    pub field: Option<Field>,
}

/// Walks over the pieces of a template.
pub struct Template<'a> {
    text: Units<'a>,
    at: usize,
    end: usize,
}

fn code(character: char) -> u32 {
    character.into()
}

impl<'a> Template<'a> {
    /// The template in a part of a text.
    pub fn new(text: Units<'a>, range: Range<usize>) -> Template<'a> {
        Template {
            text,
            at: range.start,
            end: range.end,
        }
    }

    /// Where the next piece starts.
    pub fn position(&self) -> usize {
        self.at
    }

    fn take(&mut self) -> Option<u32> {
        if self.at >= self.end {
            return None;
        }
        self.at += 1;
        Some(self.text.at(self.at - 1))
    }

    /// The next piece.
    pub fn next_piece(&mut self) -> PyResult<Option<Piece>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let start = self.at;
        let mut brace = None;
        while let Some(next) = self.take() {
            if next == code('{') || next == code('}') {
                brace = Some(next);
                break;
            }
        }
        let Some(brace) = brace else {
            return Ok(Some(Piece {
                literal: start..self.at,
                field: None,
            }));
        };
        let doubled = self.at < self.end && self.text.at(self.at) == brace;
        if doubled {
            self.at += 1;
            return Ok(Some(Piece {
                literal: start..self.at - 1,
                field: None,
            }));
        }
        if brace == code('}') {
            bail!(ValueError, "Single '}}' encountered in format string");
        }
        if self.at >= self.end {
            bail!(ValueError, "Single '{{' encountered in format string");
        }
        let literal = start..self.at - 1;
        Ok(Some(Piece {
            literal,
            field: Some(self.field()?),
        }))
    }

    fn field(&mut self) -> PyResult<Field> {
        let start = self.at;
        let mut last = None;
        while let Some(next) = self.take() {
            last = Some(next);
            match char::from_u32(next) {
                Some('{') => bail!(ValueError, "unexpected '{{' in field name"),
                Some('[') => {
                    while self.at < self.end && self.text.at(self.at) != code(']') {
                        self.at += 1;
                    }
                }
                Some('}' | ':' | '!') => break,
                _ => {}
            }
        }
        let name = start..self.at.saturating_sub(1).max(start);
        match last.and_then(char::from_u32) {
            Some('}') => Ok(Field {
                name,
                conversion: None,
                spec: self.at..self.at,
                nested: false,
            }),
            Some(':') => self.spec(name, None),
            Some('!') => {
                let Some(conversion) = self.take() else {
                    bail!(
                        ValueError,
                        "end of string while looking for conversion specifier"
                    );
                };
                match self.take() {
                    Some(next) if next == code('}') => Ok(Field {
                        name,
                        conversion: Some(conversion),
                        spec: self.at..self.at,
                        nested: false,
                    }),
                    Some(next) if next != code(':') => {
                        bail!(ValueError, "expected ':' after conversion specifier")
                    }
                    _ => self.spec(name, Some(conversion)),
                }
            }
            _ => bail!(ValueError, "expected '}}' before end of string"),
        }
    }

    fn spec(&mut self, name: Range<usize>, conversion: Option<u32>) -> PyResult<Field> {
        let start = self.at;
        let (mut depth, mut nested) = (1, false);
        while let Some(next) = self.take() {
            if next == code('{') {
                nested = true;
                depth += 1;
            } else if next == code('}') {
                depth -= 1;
                if depth == 0 {
                    return Ok(Field {
                        name,
                        conversion,
                        spec: start..self.at - 1,
                        nested,
                    });
                }
            }
        }
        bail!(ValueError, "unmatched '{{' in format spec")
    }
}

/// A number made of all the digits in a range; `None` if it is empty or anything else stands there.
fn number(text: Units<'_>, range: Range<usize>) -> PyResult<Option<usize>> {
    let mut number: Option<usize> = None;
    for at in range {
        let Some(digit) = decimal_value(text.at(at)) else {
            return Ok(None);
        };
        let next = number
            .unwrap_or(0)
            .checked_mul(10)
            .and_then(|number| number.checked_add(digit as usize));
        match next.filter(|&number| number <= isize::MAX as usize) {
            Some(next) => number = Some(next),
            None => bail!(ValueError, "Too many decimal digits in format string"),
        }
    }
    Ok(number)
}

/// What a field name begins with.
#[derive(Clone, Debug)]
pub enum FieldStart {
    /// Nothing: the next argument.
    Next,
    /// The number of an argument.
    Index(usize),
    /// The name of an argument.
    Name(Range<usize>),
}

/// One step from a value to what a field name asks for.
#[derive(Clone, Debug)]
pub enum FieldStep {
    /// `.name`
    Attribute(Range<usize>),
    /// `[number]`
    Index(usize),
    /// `[text]`
    Key(Range<usize>),
}

/// Walks over the steps of a field name.
pub struct FieldPath<'a> {
    text: Units<'a>,
    at: usize,
    end: usize,
}

impl<'a> FieldPath<'a> {
    /// Splits a field name into its start and its steps.
    pub fn new(text: Units<'a>, name: Range<usize>) -> PyResult<(FieldStart, FieldPath<'a>)> {
        let is_step = |at: &usize| matches!(char::from_u32(text.at(*at)), Some('.' | '['));
        let split = name.clone().find(is_step).unwrap_or(name.end);
        let first = name.start..split;
        let start = match number(text, first.clone())? {
            Some(number) => FieldStart::Index(number),
            None if first.is_empty() => FieldStart::Next,
            None => FieldStart::Name(first),
        };
        Ok((
            start,
            FieldPath {
                text,
                at: split,
                end: name.end,
            },
        ))
    }

    /// The steps that stand in a range.
    pub fn resume(text: Units<'a>, steps: Range<usize>) -> FieldPath<'a> {
        FieldPath {
            text,
            at: steps.start,
            end: steps.end,
        }
    }

    /// Where the next step starts.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next step.
    pub fn next_step(&mut self) -> PyResult<Option<FieldStep>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let mark = char::from_u32(self.text.at(self.at));
        let start = self.at + 1;
        let step = match mark {
            Some('.') => {
                let stops =
                    |at: &usize| matches!(char::from_u32(self.text.at(*at)), Some('.' | '['));
                self.at = (start..self.end).find(stops).unwrap_or(self.end);
                FieldStep::Attribute(start..self.at)
            }
            Some('[') => {
                let Some(close) = (start..self.end).find(|&at| self.text.at(at) == code(']'))
                else {
                    bail!(ValueError, "Missing ']' in format string");
                };
                self.at = close + 1;
                match number(self.text, start..close)? {
                    Some(number) => FieldStep::Index(number),
                    None => FieldStep::Key(start..close),
                }
            }
            _ => bail!(
                ValueError,
                "Only '.' or '[' may follow ']' in format field specifier"
            ),
        };
        match &step {
            FieldStep::Attribute(range) | FieldStep::Key(range) if range.is_empty() => {
                bail!(ValueError, "Empty attribute in format string")
            }
            _ => Ok(Some(step)),
        }
    }
}

/// How the fields of a template name their arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbering {
    Undecided,
    Automatic(usize),
    Manual,
}

/// Where fields get their values from.
struct Sources<'a> {
    positional: Option<&'a [Value]>,
    named: &'a dyn Fn(&Ref<Str>) -> PyResult<Value>,
    numbering: Numbering,
}

impl Sources<'_> {
    fn index(&mut self, start: &FieldStart) -> PyResult<Option<usize>> {
        match (start, self.numbering) {
            (FieldStart::Name(_), _) => Ok(None),
            (FieldStart::Next, Numbering::Manual) => {
                bail!(
                    ValueError,
                    "cannot switch from manual field specification to automatic field numbering"
                )
            }
            (FieldStart::Index(_), Numbering::Automatic(_)) => {
                bail!(
                    ValueError,
                    "cannot switch from automatic field numbering to manual field specification"
                )
            }
            (FieldStart::Next, numbering) => {
                let next = if let Numbering::Automatic(next) = numbering {
                    next
                } else {
                    0
                };
                self.numbering = Numbering::Automatic(next + 1);
                Ok(Some(next))
            }
            (FieldStart::Index(index), _) => {
                self.numbering = Numbering::Manual;
                Ok(Some(*index))
            }
        }
    }

    fn value(&mut self, text: Units<'_>, name: Range<usize>) -> PyResult<Value> {
        let (start, mut path) = FieldPath::new(text, name)?;
        let mut value = match (self.index(&start)?, &start) {
            (Some(index), _) => {
                let Some(positional) = self.positional else {
                    bail!(ValueError, "Format string contains positional fields")
                };
                match positional.get(index) {
                    Some(value) => value.clone(),
                    None => bail!(
                        IndexError,
                        "Replacement index {index} out of range for positional args tuple"
                    ),
                }
            }
            (None, FieldStart::Name(name)) => {
                (self.named)(&Str::from_units(text.range(name.clone())))?
            }
            (None, _) => bail!(ValueError, "Format string contains positional fields"),
        };
        while let Some(step) = path.next_step()? {
            value = match step {
                FieldStep::Attribute(name) => {
                    protocol::getattr(&value, &Str::from_units(text.range(name)))?
                }
                FieldStep::Index(index) => protocol::getitem(&value, &int::from_usize(index))?,
                FieldStep::Key(key) => {
                    protocol::getitem(&value, Str::from_units(text.range(key)).as_value())?
                }
            };
        }
        Ok(value)
    }
}

/// How deep fields may nest in specifications.
const DEPTH: u32 = 2;

fn render(
    text: Units<'_>,
    range: Range<usize>,
    sources: &mut Sources<'_>,
    depth: u32,
) -> PyResult<Ref<Str>> {
    if depth == 0 {
        bail!(ValueError, "Max string recursion exceeded");
    }
    let mut out = StrBuilder::new();
    let mut template = Template::new(text, range);
    while let Some(piece) = template.next_piece()? {
        out.push_part(text.range(piece.literal));
        let Some(field) = piece.field else { continue };
        let value = sources.value(text, field.name)?;
        let conversion = match field.conversion {
            None => None,
            Some(letter) => {
                Some(ValueConversion::of_letter(letter).ok_or_else(|| unknown_conversion(letter))?)
            }
        };
        // The conversion runs before the fields inside the specification do.
        let value = match conversion {
            None => value,
            Some(conversion) => conversion.apply(&value)?.into_value(),
        };
        let spec = match field.nested {
            true => Some(render(text, field.spec, sources, depth - 1)?),
            false if field.spec.is_empty() => None,
            false => Some(Str::from_units(text.range(field.spec))),
        };
        out.push_string(&*format::format(&value, spec.as_ref())?);
    }
    Ok(out.finish())
}

#[cold]
fn unknown_conversion(letter: u32) -> Raised {
    match char::from_u32(letter) {
        Some(character) if letter > 32 && letter < 127 => {
            exc!(ValueError, "Unknown conversion specifier {character}")
        }
        _ => exc!(ValueError, "Unknown conversion specifier \\x{letter:x}"),
    }
}

/// `template.format(*positional, **named)`.
pub fn format(template: &Ref<Str>, positional: &[Value], named: &Kwargs<'_>) -> PyResult<Ref<Str>> {
    let lookup = |name: &Ref<Str>| match named.0.iter().find(|(key, _)| key.same_text(name)) {
        Some((_, value)) => Ok((*value).clone()),
        None => Err(crate::exceptions::key_error(name.as_value())),
    };
    let mut sources = Sources {
        positional: Some(positional),
        named: &lookup,
        numbering: Numbering::Undecided,
    };
    render(template.units(), 0..template.len(), &mut sources, DEPTH)
}

/// `template.format_map(mapping)`.
pub fn format_map(template: &Ref<Str>, mapping: &Value) -> PyResult<Ref<Str>> {
    let lookup = |name: &Ref<Str>| protocol::getitem(mapping, name.as_value());
    let mut sources = Sources {
        positional: None,
        named: &lookup,
        numbering: Numbering::Undecided,
    };
    render(template.units(), 0..template.len(), &mut sources, DEPTH)
}
