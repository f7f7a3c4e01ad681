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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// `lineno`.
    pub line: i32,
    /// `col_offset`.
    pub column: i32,
    /// `end_lineno`.
    pub end_line: i32,
    /// `end_col_offset`.
    pub end_column: i32,
}

impl<'a> Places<'a> {
    /// Of a text.
    pub fn new(text: &'a str) -> Places<'a> {
        Places {
            text,
            index: LineIndex::from_source_text(text),
        }
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The text of a range.
    pub fn slice(&self, range: TextRange) -> &'a str {
        self.text
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or_default()
    }

    fn point(&self, offset: TextSize) -> (i32, i32) {
        let line = self.index.line_index(offset);
        let start = self.index.line_start(line, self.text);
        // The compiler takes no source in which these could be larger.
        let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        (
            number(line.get()),
            number(offset.to_usize() - start.to_usize()),
        )
    }

    /// Where a range starts and ends.
    pub fn position(&self, range: TextRange) -> Position {
        let (line, column) = self.point(range.start());
        let (end_line, end_column) = self.point(range.end());
        Position {
            line,
            column,
            end_line,
            end_column,
        }
    }
}

/// A text for positions that have none.
///
/// First every position is mentioned, then [`Layout::arrange`] makes the text, then positions have offsets. Behind the
/// last line the text holds what the compiler reads again from the source: literals with lone surrogates.
#[derive(Default)]
pub(super) struct Layout {
    /// The longest column of each line that is mentioned.
    widths: BTreeMap<u32, u32>,
    /// Where each of these lines starts, once the text is made.
    starts: BTreeMap<u32, u32>,
    text: String,
}

/// More text than this is not made for positions; what lies beyond shares its last offset.
const LONGEST: u32 = 1 << 28;

impl Layout {
    fn clamp(line: i32, column: i32) -> (u32, u32) {
        (
            line.clamp(1, LONGEST as i32 / 4) as u32,
            column.clamp(0, LONGEST as i32 / 4) as u32,
        )
    }

    /// Makes room for a position.
    pub fn mention(&mut self, position: Position) {
        for (line, column) in [
            (position.line, position.column),
            (position.end_line, position.end_column),
        ] {
            let (line, column) = Layout::clamp(line, column);
            let width = self.widths.entry(line).or_insert(0);
            *width = (*width).max(column);
        }
    }

    /// Makes the text, in which all mentioned positions have an offset from now on.
    pub fn arrange(&mut self) {
        let mut next_line = 1;
        for (&line, &width) in &self.widths {
            if self.text.len() as u64 + u64::from(line - next_line) + u64::from(width)
                > u64::from(LONGEST)
            {
                break;
            }
            self.text
                .extend(std::iter::repeat_n('\n', (line - next_line) as usize));
            self.starts.insert(line, self.text.len() as u32);
            self.text.extend(std::iter::repeat_n(' ', width as usize));
            next_line = line;
        }
        self.text.push('\n');
    }

    /// Puts a piece of source behind the last line and answers where it is.
    pub fn append(&mut self, source: &str) -> TextRange {
        let start = TextSize::of(self.text.as_str());
        self.text.push_str(source);
        TextRange::new(start, TextSize::of(self.text.as_str()))
    }

    /// The text.
    pub fn into_source(self, name: &str) -> SourceFile {
        SourceFileBuilder::new(name, self.text).finish()
    }

    fn offset(&self, line: i32, column: i32) -> TextSize {
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
