//! The line table: which source positions each instruction comes from.
//!
//! A sequence of entries, each for one to eight code units, caches included. The first byte has bit 7 set and says
//! how the position is written; lines are differences that add up from the code object's first line. Nothing is
//! indexed: reading starts at the front, and finding a line only adds differences up.

/// A range of source text, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// The first line; none for an instruction that comes from no line.
    pub line: Option<u32>,
    /// The last line.
    pub end_line: Option<u32>,
    /// The first column, in UTF-8 bytes from 0.
    pub column: Option<u32>,
    /// The column behind the last.
    pub end_column: Option<u32>,
}

/// Code units `start` up to but not with `end`, and where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The first code unit.
    pub start: u32,
    /// The code unit behind the last.
    pub end: u32,
    /// Their source.
    pub location: Location,
}

/// Neighbouring code units of one line, as `co_lines` yields them, but in code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRange {
    /// The first code unit.
    pub start: u32,
    /// The code unit behind the last.
    pub end: u32,
    /// The line, if there is one.
    pub line: Option<u32>,
}

/// The line of code unit `offset`, if it has one.
pub fn line_of(table: &[u8], first_line: u32, offset: u32) -> Option<u32> {
    let mut entries = entries(table, first_line);
    let mut start = 0;
    while let Some((head, line)) = entries.advance_line() {
        start += head.units();
        if offset < start {
            return line;
        }
        entries.skip_to_next_entry();
    }
    None
}

/// The entries in order.
pub fn entries(table: &[u8], first_line: u32) -> Entries<'_> {
    Entries {
        bytes: table,
        line: first_line as i32,
        start: 0,
    }
}

/// The location of each code unit in order, as `co_positions` yields them.
pub fn positions(table: &[u8], first_line: u32) -> impl Iterator<Item = Location> {
    entries(table, first_line).flat_map(|entry| {
        let units = entry.end - entry.start;
        (0..units).map(move |_| entry.location)
    })
}

/// The ranges of one line each, neighbours with the same line joined.
pub fn lines(table: &[u8], first_line: u32) -> Lines<'_> {
    let mut entries = entries(table, first_line);
    let pending = entries.next_line_range();
    Lines { entries, pending }
}

/// The first byte of an entry.
#[derive(Clone, Copy)]
struct Head(u8);

const ENTRY_START: u8 = 0x80;
const MORE: u8 = 0x40;
/// Codes below this are the short form: two bytes, same line.
const SHORT_FORMS: u8 = 10;
/// Codes 10, 11 and 12 are one line with a difference of 0, 1 and 2, and two column bytes.
const ONE_LINE: u8 = 10;
const NO_COLUMNS: u8 = 13;
const LONG: u8 = 14;

impl Head {
    fn code(self) -> u8 {
        self.0 >> 3 & 15
    }

    fn units(self) -> u32 {
        u32::from(self.0 & 7) + 1
    }
}

/// The entries of a line table.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    bytes: &'a [u8],
    line: i32,
    start: u32,
}

impl Entries<'_> {
    /// Reads an entry's head and the line difference behind it.
    fn advance_line(&mut self) -> Option<(Head, Option<u32>)> {
        let head = Head(self.byte()?);
        let difference = match head.code() {
            code if code < ONE_LINE => 0,
            code if code < NO_COLUMNS => i32::from(code - ONE_LINE),
            NO_COLUMNS | LONG => self.signed_number(),
            _ => return Some((head, None)),
        };
        self.line = self.line.wrapping_add(difference);
        Some((head, u32::try_from(self.line).ok()))
    }

    fn skip_to_next_entry(&mut self) {
        let next = self.bytes.iter().position(|byte| byte & ENTRY_START != 0);
        self.bytes = next.map_or(&[], |next| &self.bytes[next..]);
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn column_byte(&mut self) -> Option<u32> {
        self.byte().map(u32::from)
    }

    /// Six bits a byte, the least significant first; a missing byte ends it.
    fn number(&mut self) -> u32 {
        let mut value = 0;
        let mut shift = 0;
        while let Some(byte) = self.byte() {
            value |= u32::from(byte & 0x3F).checked_shl(shift).unwrap_or(0);
            shift += 6;
            if byte & MORE == 0 {
                break;
            }
        }
        value
    }

    fn signed_number(&mut self) -> i32 {
        let value = self.number();
        let magnitude = (value >> 1) as i32;
        if value & 1 != 0 {
            -magnitude
        } else {
            magnitude
        }
    }

    /// A column is written one higher; 0 means none.
    fn optional_column(&mut self) -> Option<u32> {
        self.number().checked_sub(1)
    }

    fn next_line_range(&mut self) -> Option<LineRange> {
        let (head, line) = self.advance_line()?;
        self.skip_to_next_entry();
        let start = self.start;
        self.start += head.units();
        Some(LineRange {
            start,
            end: self.start,
            line,
        })
    }
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let (head, line) = self.advance_line()?;
        let mut location = Location {
            line,
            end_line: line,
            column: None,
            end_column: None,
        };
        match head.code() {
            code if code < SHORT_FORMS => {
                let second = self.column_byte().unwrap_or(0);
                let column = u32::from(code) << 3 | second >> 4 & 7;
                location.column = Some(column);
                location.end_column = Some(column + (second & 15));
            }
            code if code < NO_COLUMNS => {
                location.column = self.column_byte();
                location.end_column = self.column_byte();
            }
            LONG => {
                let difference = self.number();
                location.end_line = line.map(|line| line.wrapping_add(difference));
                location.column = self.optional_column();
                location.end_column = self.optional_column();
            }
            _ => {}
        }
        let start = self.start;
        self.start += head.units();
        Some(Entry {
            start,
            end: self.start,
            location,
        })
    }
}

/// The line ranges of a line table.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    entries: Entries<'a>,
    pending: Option<LineRange>,
}

impl Iterator for Lines<'_> {
    type Item = LineRange;

    fn next(&mut self) -> Option<LineRange> {
        let mut range = self.pending?;
        loop {
            self.pending = self.entries.next_line_range();
            match self.pending {
                Some(next) if next.line == range.line => range.end = next.end,
                _ => return Some(range),
            }
        }
    }
}
