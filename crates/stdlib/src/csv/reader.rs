//! `reader`: lines of text taken apart into rows of fields.
//!
//! A row is read by a state machine over code points, as the format is defined. Where the machine would only collect, a
//! scan finds the end of the stretch; a field that lies in one line as it is becomes a string straight from the line.
//! The state of a row lives in the call that reads it, so a reader that is asked for a row by its own source of lines
//! does not mix the two.

use std::cell::Cell;
use std::mem;

use taipan_macros::{class, function, methods};
use taipan_objects::args::Args;
use taipan_objects::class::Payload;
use taipan_objects::list::List;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::{Str, StrBuilder, Unit};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{each_kind, float, heap, protocol};

use super::code_set::CodeSet;
use super::dialect::{Dialect, Quoting};
use super::{error, error_of_text, field_limit, one_and_dialect};

/// The payload of the iterators that `reader` makes.
#[class(
    name = "reader",
    module = "_csv",
    flags(BASETYPE, NO_INSTANTIATION),
    doc = "An iterator over the rows of CSV text."
)]
pub(super) struct Reader {
    lines: Value,
    dialect: Ref<Dialect>,
    #[untraced]
    line_num: Cell<usize>,
    /// How many fields the row before had.
    #[untraced]
    width: Cell<usize>,
    /// What starts and ends quotes, if there are any.
    #[untraced]
    quote: Option<u32>,
    /// What ends a stretch of a field without quotes.
    #[untraced]
    unquoted_stops: CodeSet,
    /// What ends a stretch between quotes.
    #[untraced]
    quoted_stops: CodeSet,
}

/// Return a reader object that takes lines from the iterable and answers rows, which are lists of strings.
///
/// The dialect is an instance, a class or a registered name; keyword arguments change single options of it. A row can
/// span several lines.
#[function("($module, iterable, /, dialect='excel', **fmtparams)")]
pub(super) fn reader(args: Args<'_>) -> PyResult<Ref<Reader>> {
    let (iterable, dialect) = one_and_dialect("reader", args)?;
    let lines = protocol::iter(iterable)?;
    let dialect = Dialect::of_call(dialect, args)?;
    let quote = dialect
        .quotechar
        .filter(|_| dialect.quoting != Quoting::None);
    let unquoted_stops = [dialect.delimiter, LINE_FEED, CARRIAGE_RETURN];
    let reader = Reader {
        unquoted_stops: CodeSet::new(unquoted_stops.into_iter().chain(dialect.escapechar)),
        quoted_stops: CodeSet::new(quote.into_iter().chain(dialect.escapechar)),
        lines,
        dialect,
        line_num: Cell::new(0),
        width: Cell::new(0),
        quote,
    };
    Ok(heap::new_object(Reader::class(), reader))
}

#[methods]
impl Reader {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let mut row = Row::new(self);
        loop {
            let Some(line) = protocol::next(&self.lines)? else {
                return row.end_of_lines();
            };
            let Some(line) = line.downcast::<Str>() else {
                return Err(error(&format!(
                    "iterator should return strings, not {} (the file should be opened in text mode)",
                    line.class().name()
                )));
            };
            self.line_num.set(self.line_num.get().wrapping_add(1));
            row.limit = field_limit();
            each_kind!(line.units(), units => row.read(units))?;
            row.end_line()?;
            if row.state == State::RowStart {
                return Ok(Some(row.finish()));
            }
        }
    }

    /// The dialect of the text.
    #[getter(member)]
    fn dialect(&self) -> Ref<Dialect> {
        self.dialect.clone()
    }

    /// The number of lines read so far.
    #[getter(member)]
    fn line_num(&self) -> usize {
        self.line_num.get()
    }
}

const LINE_FEED: u32 = 0x0a;
const CARRIAGE_RETURN: u32 = 0x0d;

fn ends_line(code: u32) -> bool {
    matches!(code, LINE_FEED | CARRIAGE_RETURN)
}

/// Where in a row the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    RowStart,
    FieldStart,
    InField,
    /// Behind an escape character.
    Escape,
    /// Somewhere behind an escaped end of line.
    EscapedLineEnd,
    InQuotes,
    /// Behind an escape character between quotes.
    EscapeInQuotes,
    /// Behind a quote that ended the quotes, unless another one follows.
    QuoteInQuotes,
    /// Behind the end of line that ended the row.
    RowEnd,
}

/// A row being read.
struct Row<'a> {
    reader: &'a Reader,
    dialect: &'a Dialect,
    fields: Vec<Value>,
    state: State,
    /// What the field has so far; empty at the start of a field.
    text: StrBuilder,
    /// Whether the field has no quotes around it.
    is_unquoted: bool,
    limit: isize,
}

impl<'a> Row<'a> {
    fn new(reader: &'a Reader) -> Row<'a> {
        Row {
            reader,
            dialect: &reader.dialect,
            fields: Vec::with_capacity(reader.width.get()),
            state: State::RowStart,
            text: StrBuilder::new(),
            is_unquoted: false,
            limit: 0,
        }
    }

    fn finish(self) -> Value {
        // A single long row does not make all others reserve its room.
        self.reader.width.set(self.fields.len().min(256));
        List::new(self.fields).into_value()
    }

    /// Reads the code points of a line.
    fn read<T: Unit>(&mut self, units: &[T]) -> PyResult<()> {
        let mut at = 0;
        while let Some(&unit) = units.get(at) {
            let code: u32 = unit.into();
            at = match self.state {
                State::RowStart if ends_line(code) => {
                    self.state = State::RowEnd;
                    at + 1
                }
                State::RowStart | State::FieldStart => self.start_field(units, at, code)?,
                State::InField | State::EscapedLineEnd => self.in_field(units, at)?,
                State::InQuotes => self.in_quotes(units, at)?,
                State::QuoteInQuotes => {
                    self.behind_quote(code)?;
                    at + 1
                }
                State::Escape => {
                    self.push(code)?;
                    self.state = if ends_line(code) {
                        State::EscapedLineEnd
                    } else {
                        State::InField
                    };
                    at + 1
                }
                State::EscapeInQuotes => {
                    self.push(code)?;
                    self.state = State::InQuotes;
                    at + 1
                }
                State::RowEnd if ends_line(code) => at + 1,
                State::RowEnd => {
                    return Err(error(
                        "new-line character seen in unquoted field - do you need to open the file with newline=''?",
                    ));
                }
            };
        }
        Ok(())
    }

    /// Reads from the first code point of a field; answers where it stopped.
    #[inline(always)]
    fn start_field<T: Unit>(&mut self, units: &[T], at: usize, code: u32) -> PyResult<usize> {
        self.is_unquoted = true;
        if Some(code) == self.reader.quote {
            self.is_unquoted = false;
            return self.start_quotes(units, at + 1);
        }
        if code == 0x20 && self.dialect.skipinitialspace {
            self.state = State::FieldStart;
            return Ok(at + 1);
        }
        let end = self.reader.unquoted_stops.find(units, at);
        if units
            .get(end)
            .is_some_and(|&unit| Some(unit.into()) == self.dialect.escapechar)
        {
            self.push_part(&units[at..end])?;
            self.state = State::Escape;
            return Ok(end + 1);
        }
        self.save_part(&units[at..end])?;
        Ok(self.behind_field(units, end))
    }

    /// Reads from behind the quote that starts a field.
    #[inline(always)]
    fn start_quotes<T: Unit>(&mut self, units: &[T], at: usize) -> PyResult<usize> {
        let end = self.reader.quoted_stops.find(units, at);
        let is_quote = units
            .get(end)
            .is_some_and(|&unit| Some(unit.into()) == self.reader.quote);
        let ends_field = |code: u32| code == self.dialect.delimiter || ends_line(code);
        let next = units.get(end + 1);
        if is_quote && next.is_none_or(|&next| ends_field(next.into())) {
            self.save_part(&units[at..end])?;
            return Ok(self.behind_field(units, end + 1));
        }
        self.push_part(&units[at..end])?;
        self.state = State::InQuotes;
        Ok(end)
    }

    /// Goes past what ended a field: the delimiter, the end of a line or that of the text.
    #[inline(always)]
    fn behind_field<T: Unit>(&mut self, units: &[T], at: usize) -> usize {
        self.state = match units.get(at) {
            None => State::RowStart,
            Some(&unit) if unit.into() == self.dialect.delimiter => State::FieldStart,
            Some(_) => State::RowEnd,
        };
        at + 1
    }

    /// Reads on in a field without quotes, or behind its quotes. Behind an escaped end of line the state stays, so that
    /// the field also goes on in the next line.
    fn in_field<T: Unit>(&mut self, units: &[T], at: usize) -> PyResult<usize> {
        let end = self.reader.unquoted_stops.find(units, at);
        self.push_part(&units[at..end])?;
        let Some(&stop) = units.get(end) else {
            return Ok(end);
        };
        let stop: u32 = stop.into();
        if ends_line(stop) {
            self.save()?;
            self.state = State::RowEnd;
        } else if Some(stop) == self.dialect.escapechar {
            self.state = State::Escape;
        } else {
            self.save()?;
            self.state = State::FieldStart;
        }
        Ok(end + 1)
    }

    fn in_quotes<T: Unit>(&mut self, units: &[T], at: usize) -> PyResult<usize> {
        let end = self.reader.quoted_stops.find(units, at);
        self.push_part(&units[at..end])?;
        if let Some(&stop) = units.get(end) {
            self.state = if Some(stop.into()) == self.dialect.escapechar {
                State::EscapeInQuotes
            } else if self.dialect.doublequote {
                State::QuoteInQuotes
            } else {
                State::InField
            };
        }
        Ok(end + 1)
    }

    /// Takes the code point behind a quote between quotes.
    fn behind_quote(&mut self, code: u32) -> PyResult<()> {
        if Some(code) == self.reader.quote {
            self.push(code)?;
            self.state = State::InQuotes;
        } else if code == self.dialect.delimiter {
            self.save()?;
            self.state = State::FieldStart;
        } else if ends_line(code) {
            self.save()?;
            self.state = State::RowEnd;
        } else if self.dialect.strict {
            return Err(self.delimiter_expected());
        } else {
            self.push(code)?;
            self.state = State::InField;
        }
        Ok(())
    }

    #[cold]
    fn delimiter_expected(&self) -> Raised {
        let mut message = StrBuilder::new();
        message.push_str("'");
        message.push(self.dialect.delimiter);
        message.push_str("' expected after '");
        message.extend(self.reader.quote);
        message.push_str("'");
        error_of_text(message.finish())
    }

    /// Takes the end of a line's text, whether or not a line end stood before it.
    fn end_line(&mut self) -> PyResult<()> {
        self.state = match self.state {
            State::RowStart | State::RowEnd => State::RowStart,
            State::FieldStart => {
                self.is_unquoted = true;
                self.save()?;
                State::RowStart
            }
            State::InField | State::QuoteInQuotes => {
                self.save()?;
                State::RowStart
            }
            State::Escape => {
                self.push(LINE_FEED)?;
                State::InField
            }
            State::EscapeInQuotes => {
                self.push(LINE_FEED)?;
                State::InQuotes
            }
            state @ (State::EscapedLineEnd | State::InQuotes) => state,
        };
        Ok(())
    }

    /// What a row is when there is no further line: nothing, or a row whose last field has no end.
    fn end_of_lines(mut self) -> PyResult<Option<Value>> {
        if self.text.is_empty() && self.state != State::InQuotes {
            return Ok(None);
        }
        if self.dialect.strict {
            return Err(error("unexpected end of data"));
        }
        self.save()?;
        Ok(Some(self.finish()))
    }

    #[inline(always)]
    fn check_limit(&self, more: usize) -> PyResult<()> {
        if more > 0 && (self.text.len() + more) as isize > self.limit {
            return Err(self.too_large());
        }
        Ok(())
    }

    #[cold]
    fn too_large(&self) -> Raised {
        error(&format!("field larger than field limit ({})", self.limit))
    }

    fn push(&mut self, code: u32) -> PyResult<()> {
        self.check_limit(1)?;
        self.text.push(code);
        Ok(())
    }

    fn push_part<T: Unit>(&mut self, part: &[T]) -> PyResult<()> {
        self.check_limit(part.len())?;
        if !part.is_empty() {
            self.text.push_part(T::text(part));
        }
        Ok(())
    }

    /// Adds a field that lies in one piece.
    #[inline(always)]
    fn save_part<T: Unit>(&mut self, part: &[T]) -> PyResult<()> {
        self.check_limit(part.len())?;
        self.save_text(Str::from_units(T::text(part)))
    }

    /// Adds the field that was collected.
    fn save(&mut self) -> PyResult<()> {
        let text = mem::take(&mut self.text);
        self.save_text(if text.is_empty() {
            Str::empty()
        } else {
            text.finish()
        })
    }

    #[inline(always)]
    fn save_text(&mut self, text: Ref<Str>) -> PyResult<()> {
        let field = if self.is_unquoted && self.dialect.quoting != Quoting::Minimal {
            self.meaning(text)?
        } else {
            text.into_value()
        };
        self.fields.push(field);
        Ok(())
    }

    /// What a field without quotes stands for: None, a number or itself.
    fn meaning(&self, text: Ref<Str>) -> PyResult<Value> {
        match self.dialect.quoting {
            quoting if quoting.tells_null() && text.is_empty() => Ok(Value::NONE),
            Quoting::Nonnumeric | Quoting::Strings if !text.is_empty() => {
                float::from_value(text.as_value())
            }
            _ => Ok(text.into_value()),
        }
    }
}
