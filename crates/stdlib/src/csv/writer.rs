//! `writer`: rows of values joined to lines of text.
//!
//! A field without special code points is copied as a whole. In one that has some, a first look says whether quotes go
//! around it and whether all can be escaped; only then something is written. A row is joined in the call that writes it,
//! so a field's `__str__` can use the writer, too.

use std::cell::Cell;

use taipan_macros::{class, function, methods};
use taipan_objects::args::Args;
use taipan_objects::class::Payload;
use taipan_objects::complex::Complex;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, StrBuilder, Unit, Units};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, each_kind, float, heap, id, int, protocol};

use super::code_set::CodeSet;
use super::dialect::{Dialect, Quoting};
use super::{error, one_and_dialect};

/// The payload of the objects that `writer` makes.
#[class(
    name = "writer",
    module = "_csv",
    flags(BASETYPE, NO_INSTANTIATION),
    doc = "Writes rows as CSV text."
)]
pub(super) struct Writer {
    write: Value,
    dialect: Ref<Dialect>,
    /// What needs quotes or an escape character.
    #[untraced]
    special: CodeSet,
    /// How long the line before was.
    #[untraced]
    width: Cell<usize>,
}

/// Return a writer object that gives rows as lines of text to the method `write` of an object.
///
/// The dialect is an instance, a class or a registered name; keyword arguments change single options of it.
#[function("($module, fileobj, /, dialect='excel', **fmtparams)")]
pub(super) fn writer(args: Args<'_>) -> PyResult<Ref<Writer>> {
    let (file, dialect) = one_and_dialect("writer", args)?;
    let write = match protocol::getattr_optional(file, id!("write"))? {
        Some(write) if protocol::is_callable(&write) => write,
        _ => bail!(TypeError, "argument 1 must have a \"write\" method"),
    };
    let dialect = Dialect::of_call(dialect, args)?;
    let special = [dialect.delimiter, 0x0a, 0x0d]
        .into_iter()
        .chain(dialect.quotechar)
        .chain(dialect.escapechar)
        .chain(dialect.lineterminator.code_points());
    let writer = Writer {
        write,
        special: CodeSet::new(special),
        dialect,
        width: Cell::new(0),
    };
    Ok(heap::new_object(Writer::class(), writer))
}

#[methods]
impl Writer {
    /// Writes the items of an iterable as a row and answers what the file's write() does.
    #[method("($self, row, /)")]
    fn writerow(&self, row: &Value) -> PyResult<Value> {
        let line = self.line(row)?;
        protocol::call1(&self.write, line.as_value())
    }

    /// Writes each item of an iterable as a row.
    #[method("($self, rows, /)")]
    fn writerows(&self, rows: &Value) -> PyResult<()> {
        protocol::iterate(rows, |row| self.writerow(&row).map(drop))
    }

    /// The dialect of the text.
    #[getter(member)]
    fn dialect(&self) -> Ref<Dialect> {
        self.dialect.clone()
    }
}

impl Writer {
    /// A row as text.
    fn line(&self, row: &Value) -> PyResult<Ref<Str>> {
        let mut line = Line {
            writer: self,
            dialect: &self.dialect,
            out: StrBuilder::with_capacity(self.width.get()),
            count: 0,
            ends_null: false,
        };
        if row.downcast_exact::<List>().is_some() || row.downcast_exact::<Tuple>().is_some() {
            protocol::iterate(row, |field| line.field(&field))?;
        } else {
            let fields = match protocol::iter(row) {
                Err(raised) if raised.is(ExceptionKind::TypeError) => {
                    return Err(error(&format!(
                        "iterable expected, not {}",
                        row.class().name()
                    )));
                }
                fields => fields?,
            };
            while let Some(field) = protocol::next(&fields)? {
                line.field(&field)?;
            }
        }
        line.finish()
    }
}

/// What a special code point gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Quotes around the field.
    Quotes,
    /// Quotes around the field and another quote before it.
    Doubling,
    /// The escape character before it.
    Escape(u32),
}

/// A row being joined.
struct Line<'a> {
    writer: &'a Writer,
    dialect: &'a Dialect,
    out: StrBuilder,
    /// The number of fields so far.
    count: usize,
    /// Whether the last field is None.
    ends_null: bool,
}

/// Whether a value is a number in the sense of `PyNumber_Check`.
fn is_number(value: &Value) -> bool {
    let slots = &value.class().slots;
    slots.index.get().is_some()
        || slots.int.get().is_some()
        || slots.float.get().is_some()
        || value.downcast::<Complex>().is_some()
}

impl Line<'_> {
    fn field(&mut self, field: &Value) -> PyResult<()> {
        let text = field.downcast::<Str>();
        let is_null = field.is_none();
        let is_quoted = match self.dialect.quoting {
            Quoting::Minimal | Quoting::None => false,
            Quoting::All => true,
            Quoting::Nonnumeric => !is_number(field),
            Quoting::Strings => text.is_some(),
            Quoting::NotNull => !is_null,
        };
        self.ends_null = is_null;
        if let Some(text) = text {
            self.append(text.units(), is_null, is_quoted)
        } else if is_null {
            self.append(Units::One(b""), is_null, is_quoted)
        } else if let Some(number) = float::exact(field) {
            let text = float::to_text(number);
            self.append(Units::One(text.as_bytes()), is_null, is_quoted)
        } else if let Some(number) = int::view(field).filter(|_| int::is_exact(field)) {
            let text = int::text::to_decimal(number)?;
            self.append(Units::One(text.as_bytes()), is_null, is_quoted)
        } else {
            let text = protocol::str(field)?;
            self.append(text.units(), is_null, is_quoted)
        }
    }

    fn append(&mut self, text: Units<'_>, is_null: bool, mut is_quoted: bool) -> PyResult<()> {
        let quoting = self.dialect.quoting;
        let is_empty = text.is_empty();
        if is_empty && self.dialect.delimiter == 0x20 && self.dialect.skipinitialspace {
            if quoting == Quoting::None || (is_null && quoting.tells_null()) {
                return Err(error(
                    "empty field must be quoted if delimiter is a space and skipinitialspace is true",
                ));
            }
            is_quoted = true;
        }
        each_kind!(text, units => self.append_units(units, is_quoted))
    }

    fn append_units<T: Unit>(&mut self, units: &[T], mut is_quoted: bool) -> PyResult<()> {
        let special = &self.writer.special;
        let first = special.find(units, 0);
        let mut at = first;
        while let Some(&unit) = units.get(at) {
            is_quoted |= !matches!(self.care(unit.into())?, Care::Escape(_));
            at = special.find(units, at + 1);
        }
        let quote = self.dialect.quotechar.filter(|_| is_quoted);
        if self.count > 0 {
            self.out.push(self.dialect.delimiter);
        }
        self.out.extend(quote);
        let (mut start, mut at) = (0, first);
        while let Some(&unit) = units.get(at) {
            self.out.push_part(T::text(&units[start..at]));
            match self.care(unit.into())? {
                Care::Quotes => {}
                Care::Doubling => self.out.push(unit.into()),
                Care::Escape(escape) => self.out.push(escape),
            }
            start = at;
            at = special.find(units, at + 1);
        }
        self.out.push_part(T::text(&units[start..]));
        self.out.extend(quote);
        self.count += 1;
        Ok(())
    }

    /// What a special code point gets; an error if it must be escaped and nothing does that.
    fn care(&self, code: u32) -> PyResult<Care> {
        let is_quote = Some(code) == self.dialect.quotechar;
        let is_escaped = self.dialect.quoting == Quoting::None
            || Some(code) == self.dialect.escapechar
            || (is_quote && !self.dialect.doublequote);
        match self.dialect.escapechar {
            _ if !is_escaped && is_quote => Ok(Care::Doubling),
            _ if !is_escaped => Ok(Care::Quotes),
            Some(escape) => Ok(Care::Escape(escape)),
            None => Err(error("need to escape, but no escapechar set")),
        }
    }

    fn finish(mut self) -> PyResult<Ref<Str>> {
        if self.count > 0 && self.out.is_empty() {
            let quoting = self.dialect.quoting;
            if quoting == Quoting::None || (self.ends_null && quoting.tells_null()) {
                return Err(error("single empty field record must be quoted"));
            }
            let quote = self.dialect.quotechar;
            self.out.extend(quote);
            self.out.extend(quote);
        }
        self.out.push_string(&self.dialect.lineterminator);
        // A single long row does not make all others reserve its room.
        self.writer.width.set(self.out.len().min(1 << 16));
        Ok(self.out.finish())
    }
}
