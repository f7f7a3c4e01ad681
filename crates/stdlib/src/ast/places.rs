//! Positions: from byte offsets to lines and columns, and back.
//!
//! Python counts lines from one and columns in UTF-8 bytes. A tree that a program made has positions but no text; for it
//! [`Layout`] makes a text of spaces in which every position has an offset.

use std::collections::BTreeMap;

use taipan_compiler::source_file::{LineIndex, SourceFile, SourceFileBuilder};
use taipan_compiler::text_size::{TextRange, TextSize};

/// Lines and columns of a text.
pub(super) struct Places<'a> {
    text: &'a str,
    index: LineIndex,
}

/// Where a node starts and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// `lineno`.
    pub line: i64,
    /// `col_offset`.
    pub column: i64,
    /// `end_lineno`.
    pub end_line: i64,
    /// `end_col_offset`.
    pub end_column: i64,
}

impl<'a> Places<'a> {
    /// Of a text.
    pub fn new(text: &'a str) -> Places<'a> {
        Places { text, index: LineIndex::from_source_text(text) }
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The text of a range.
    pub fn slice(&self, range: TextRange) -> &'a str {
        self.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default()
    }

    fn point(&self, offset: TextSize) -> (i64, i64) {
        let line = self.index.line_index(offset);
        let start = self.index.line_start(line, self.text);
        (line.get() as i64, i64::from(offset.to_u32().saturating_sub(start.to_u32())))
    }

    /// Where a range starts and ends.
    pub fn position(&self, range: TextRange) -> Position {
        let (line, column) = self.point(range.start());
        let (end_line, end_column) = self.point(range.end());
        Position { line, column, end_line, end_column }
    }
}

/// A text for positions that have none.
#[derive(Default)]
pub(super) struct Layout {
    /// The longest column of each line that is mentioned.
    widths: BTreeMap<u32, u32>,
    /// Where each of these lines starts, once the text is made.
    starts: BTreeMap<u32, u32>,
}

/// More text than this is not made for positions; what lies beyond shares its last offset.
const LONGEST: u32 = 1 << 28;

impl Layout {
    fn clamp(line: i64, column: i64) -> (u32, u32) {
        (line.clamp(1, i64::from(LONGEST / 4)) as u32, column.clamp(0, i64::from(LONGEST / 4)) as u32)
    }

    /// Makes room for a position.
    pub fn mention(&mut self, line: i64, column: i64) {
        let (line, column) = Layout::clamp(line, column);
        let width = self.widths.entry(line).or_insert(0);
        *width = (*width).max(column);
    }

    /// The text, in which all mentioned positions have an offset from now on.
    pub fn finish(&mut self, name: &str) -> SourceFile {
        let mut text = String::new();
        let mut next_line = 1;
        for (&line, &width) in &self.widths {
            if text.len() as u64 + u64::from(line - next_line) + u64::from(width) > u64::from(LONGEST) {
                break;
            }
            text.extend(std::iter::repeat_n('\n', (line - next_line) as usize));
            self.starts.insert(line, text.len() as u32);
            text.extend(std::iter::repeat_n(' ', width as usize));
            next_line = line;
        }
        text.push('\n');
        SourceFileBuilder::new(name, text).finish()
    }

    /// The offset of a mentioned position.
    pub fn offset(&self, line: i64, column: i64) -> TextSize {
        let (line, column) = Layout::clamp(line, column);
        match self.starts.range(..=line).next_back() {
            Some((&known, &start)) if known == line => TextSize::from(start + column),
            Some((_, &start)) => TextSize::from(start),
            None => TextSize::from(0),
        }
    }

    /// The range of a position.
    pub fn range(&self, position: Position) -> TextRange {
        let start = self.offset(position.line, position.column);
        let end = self.offset(position.end_line, position.end_column);
        TextRange::new(start, end.max(start))
    }
}
