//! The rows of the generated tables, read by their shapes.
//!
//! Each table is `[NAME] = VALUE` over and over; what a value is depends on the table. A row of another shape is a
//! `Misread` that names the table and the row's line.

use std::collections::{BTreeMap, BTreeSet};

use super::expression;
use super::headers::{Entry, Metadata, Size, Targets, misread};
use super::items::{Item, Key, Row, Value};
use super::tokens::{Kind, Misread, Token, written};

/// The first pseudo opcode, which the table of their targets is counted from.
const FIRST_PSEUDO: &str = "256";

/// A table that is being read.
pub struct Table<'a> {
    pub path: &'a str,
    pub item: &'a Item,
    pub rows: &'a [Row],
}

impl Table<'_> {
    /// A misread at a row.
    pub fn misread(&self, row: &Row, what: &str) -> Misread {
        misread(self.path, row.line, format!("{}: {what}", self.item.name))
    }

    /// All rows by the name in their index; `NAME-256` counts as `NAME`.
    pub fn by_name<T>(
        &self,
        read: impl Fn(&Row) -> Result<T, Misread>,
    ) -> Result<BTreeMap<String, T>, Misread> {
        let mut values = BTreeMap::new();
        for row in self.rows {
            let Some(Key::Index(index)) = &row.key else {
                return Err(self.misread(row, "a row without `[NAME] =`"));
            };
            let name = match index.as_slice() {
                [name] if matches!(name.kind, Kind::Name | Kind::Number) => name,
                [name, minus, first] if minus.is("-") && first.text == FIRST_PSEUDO => name,
                _ => return Err(self.misread(row, "an index that is no name")),
            };
            if values.insert(name.text.clone(), read(row)?).is_some() {
                return Err(self.misread(row, &format!("{} is there twice", name.text)));
            }
        }
        Ok(values)
    }

    fn plain<'r>(&self, row: &'r Row) -> Result<&'r [Token], Misread> {
        match &row.value {
            Value::Plain(tokens) => Ok(tokens),
            Value::List(_) => Err(self.misread(row, "a list where one value belongs")),
        }
    }

    fn list<'r>(&self, row: &'r Row) -> Result<&'r [Row], Misread> {
        match &row.value {
            Value::List(rows) => Ok(rows),
            Value::Plain(_) => Err(self.misread(row, "one value where a list belongs")),
        }
    }

    /// A constant expression.
    pub fn number(&self, row: &Row) -> Result<i64, Misread> {
        expression::parse(self.plain(row)?)
            .and_then(|expression| expression.value(&|_| None))
            .map_err(|what| self.misread(row, &what))
    }

    /// A string.
    pub fn text(&self, row: &Row) -> Result<String, Misread> {
        match self.plain(row)? {
            [token] if token.kind == Kind::Text => Ok(token.text.clone()),
            _ => Err(self.misread(row, "no string")),
        }
    }

    /// A name or a number, as it is written.
    pub fn word(&self, row: &Row) -> Result<String, Misread> {
        match self.plain(row)? {
            [token] if matches!(token.kind, Kind::Name | Kind::Number) => Ok(token.text.clone()),
            _ => Err(self.misread(row, "neither a name nor a number")),
        }
    }

    /// `0`, or `HAS_…_FLAG` joined by `|`.
    pub fn flags(&self, row: &Row, value: &Value) -> Result<BTreeSet<String>, Misread> {
        let Value::Plain(tokens) = value else {
            return Err(self.misread(row, "flags are no list"));
        };
        if let [token] = tokens.as_slice()
            && token.kind == Kind::Number
            && token.text == "0"
        {
            return Ok(BTreeSet::new());
        }
        let words = tokens.split(|token| token.is("|"));
        words
            .map(|word| match word {
                [token] if token.kind == Kind::Name => token
                    .text
                    .strip_prefix("HAS_")
                    .and_then(|name| name.strip_suffix("_FLAG"))
                    .map(str::to_string)
                    .ok_or_else(|| self.misread(row, &format!("`{}` is no flag", token.text))),
                _ => Err(self.misread(row, &format!("`{}` are no flags", written(tokens)))),
            })
            .collect()
    }

    /// `{ true, FORMAT, FLAGS }`
    pub fn metadata(&self, row: &Row) -> Result<Metadata, Misread> {
        let [valid, format, flags] = self.list(row)? else {
            return Err(self.misread(row, "an opcode is `{ true, format, flags }`"));
        };
        if self.word(valid)? != "true" {
            return Err(self.misread(row, "an opcode that is not valid"));
        }
        let cache = match self.plain(format)? {
            [minus, one] if minus.is("-") && one.text == "1" => None,
            [token] => Some(cache_of_format(&token.text).ok_or_else(|| {
                self.misread(row, &format!("`{}` is no known format", token.text))
            })?),
            other => {
                let what = format!("`{}` is no format", written(other));
                return Err(self.misread(row, &what));
            }
        };
        let flags = self.flags(flags, &flags.value)?;
        Ok(Metadata { cache, flags })
    }

    /// `{ .nuops = N, .uops = { { UOP, SIZE, OFFSET }, … } }`
    pub fn expansion(&self, row: &Row) -> Result<Vec<Entry>, Misread> {
        let field = |row: &Row, name: &str| matches!(&row.key, Some(Key::Field(f)) if f == name);
        let [count, uops] = self.list(row)? else {
            return Err(self.misread(row, "an expansion is `.nuops` and `.uops`"));
        };
        if !field(count, "nuops") || !field(uops, "uops") {
            return Err(self.misread(row, "an expansion is `.nuops` and `.uops`"));
        }
        let mut entries = Vec::new();
        for entry in self.list(uops)? {
            let [uop, size, offset] = self.list(entry)? else {
                return Err(self.misread(entry, "an entry is `{ uop, size, offset }`"));
            };
            let size = match self.plain(size)? {
                [token] if token.kind == Kind::Name => Size::Name(token.text.clone()),
                _ => Size::Number(self.number(size)?),
            };
            entries.push(Entry {
                uop: self.word(uop)?,
                size,
                offset: self.number(offset)?,
            });
        }
        if usize::try_from(self.number(count)?) != Ok(entries.len()) {
            return Err(self.misread(row, "`.nuops` is not the number of uops"));
        }
        Ok(entries)
    }

    /// `{ IS_SEQUENCE, { NAME, …, 0 } }`, or without the first.
    pub fn targets(&self, row: &Row) -> Result<Targets, Misread> {
        let (is_sequence, names) = match self.list(row)? {
            [names] => (None, names),
            [is_sequence, names] => (Some(self.number(is_sequence)? != 0), names),
            _ => return Err(self.misread(row, "targets are `{ sequence, { names } }`")),
        };
        let mut words = Vec::new();
        for word in self.list(names)? {
            words.push(self.word(word)?);
        }
        let ends = words.iter().position(|word| word == "0");
        let Some(ends) = ends.filter(|&ends| words[ends..].iter().all(|word| word == "0")) else {
            return Err(self.misread(row, "the targets do not end in 0"));
        };
        words.truncate(ends);
        Ok(Targets {
            is_sequence,
            names: words,
        })
    }
}

/// `INSTR_FMT_IBC00`: instruction, oparg or none, one C or 0 for each unit of the inline cache. Whether there is an oparg
/// is a flag, too.
fn cache_of_format(format: &str) -> Option<usize> {
    let rest = format.strip_prefix("INSTR_FMT_I")?;
    let units = rest.strip_prefix(['B', 'X'])?;
    let zeros = match units.strip_prefix('C') {
        None if units.is_empty() => return Some(0),
        None => return None,
        Some(zeros) => zeros,
    };
    zeros.bytes().all(|b| b == b'0').then_some(units.len())
}
