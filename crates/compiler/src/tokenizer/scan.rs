//! The scanner proper: lines, indentation, names, operators and brackets.
//!
//! It reads line by line, because positions depend on it: the current line number changes when
//! the first byte of a line is read, not when the newline before it is consumed, and errors are
//! reported against the line that was read last.

use std::borrow::Cow;

use rustpython_unicode::{classify, identifier};

use super::kind::TokenKind;
use crate::error::Warning;

/// The deepest indentation, bracket nesting and string interpolation CPython tokenizes.
const MAX_INDENT: usize = 100;
const MAX_BRACKETS: usize = 200;
pub(super) const MAX_STRINGS: usize = 150;
/// The deepest nesting of format specifications.
pub(super) const MAX_FORMAT_NESTING: i32 = 3;

/// A token. Columns are bytes from the start of the line, -1 where CPython gives none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: TokenKind,
    /// The range of its text; empty at 0 where CPython gives no text.
    pub start: usize,
    pub end: usize,
    pub line: i32,
    pub column: i32,
    pub end_line: i32,
    pub end_column: i32,
    /// How many brackets are open after it.
    pub level: usize,
}

/// Why the scanner stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It has not.
    Running,
    /// The source is at its end.
    EndOfFile,
    /// An error with a position of its own, in [`Scanner::raised`].
    Raised,
    /// Such an error, because the source ends inside a string.
    RaisedAtEnd,
    /// A dedent to a column no enclosing block has.
    Dedent,
    /// Tabs and spaces that only agree for one tab size.
    TabSpace,
    /// Too many levels of indentation.
    TooDeep,
    /// Something after a line continuation character.
    LineContinuation,
}

/// An error of the scanner: columns in characters, from one.
#[derive(Clone, Debug)]
pub(crate) struct Raised {
    pub message: String,
    pub line: i32,
    pub column: i32,
    pub end_column: i32,
    pub text: String,
}

/// An open bracket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bracket {
    pub byte: u8,
    pub line: i32,
    /// The byte column, from zero.
    pub column: i32,
}

/// An f-string or t-string that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interpolated {
    /// Whether text comes next, and not an expression.
    pub in_text: bool,
    pub quote: u8,
    pub quote_size: usize,
    pub raw: bool,
    pub template: bool,
    /// Where it starts: offset, line, and the start of that line.
    pub start: usize,
    pub first_line: i32,
    pub line_start: usize,
    /// Brackets open inside it, and the depth its innermost replacement field began at.
    pub depth: i32,
    pub field_depth: i32,
    pub in_format_spec: bool,
}

impl Interpolated {
    /// The letter error messages name it by.
    pub fn letter(&self) -> char {
        if self.template { 't' } else { 'f' }
    }
}

/// The scanner.
pub(crate) struct Scanner<'a> {
    pub(super) src: Cow<'a, [u8]>,
    /// Whether comments and blank lines are tokens, and errors lenient: `tokenize` wants this.
    pub(super) extra: bool,
    /// The next byte.
    pub(crate) cur: usize,
    /// The end of the line that was read last.
    pub(super) inp: usize,
    /// The start of what is kept in the buffer: of the line, or of the token's first line.
    pub(crate) buf: usize,
    pub(crate) line_start: usize,
    /// The current line, from one; zero before the first is read.
    pub(crate) line: i32,
    /// The start of the current token, once it is known.
    pub(super) start: Option<usize>,
    pub(super) first_line: i32,
    pub(super) first_line_start: usize,
    /// The start of the first line of the string, or of the part of one, that was read last.
    pub(super) string_line_start: usize,
    pub(crate) done: Done,
    pub(crate) raised: Option<Raised>,
    at_line_start: bool,
    /// Indents to emit if positive, dedents if negative.
    pending: i32,
    /// Columns of the open blocks, with tabs to eight columns and with tabs to one.
    indents: Vec<(i32, i32)>,
    pub(crate) brackets: Vec<Bracket>,
    pub(super) strings: Vec<Interpolated>,
    /// Warnings since the reader last took them.
    pub(crate) warnings: Vec<Warning>,
    /// A comment stood alone on its line, so the newline after it ends no statement.
    comment_newline: bool,
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

pub(super) fn continues_name(byte: u8) -> bool {
    starts_name(byte) || byte.is_ascii_digit()
}

fn bytes_of(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

impl<'a> Scanner<'a> {
    /// A scanner of a source. `extra` makes comments and blank lines tokens.
    pub(crate) fn new(source: impl Into<Cow<'a, str>>, extra: bool) -> Self {
        Self {
            src: bytes_of(source.into()),
            extra,
            cur: 0,
            inp: 0,
            buf: 0,
            line_start: 0,
            line: 0,
            start: None,
            first_line: 0,
            first_line_start: 0,
            string_line_start: 0,
            done: Done::Running,
            raised: None,
            at_line_start: true,
            pending: 0,
            indents: vec![(0, 0)],
            brackets: Vec::new(),
            strings: Vec::new(),
            warnings: Vec::new(),
            comment_newline: false,
        }
    }

    /// The next token. After the end of the source, more end markers.
    pub(crate) fn next_token(&mut self) -> Token {
        match self.strings.last() {
            Some(string) if string.in_text => self.interpolated_text(),
            _ => self.normal(),
        }
    }

    /// Makes the end of the source end every open block, as interactive input does.
    pub(crate) fn close_blocks(&mut self) {
        self.pending = -i32::try_from(self.indents.len() - 1).unwrap_or(0);
        self.indents.truncate(1);
    }

    /// Whether a block is open.
    pub(crate) fn in_block(&self) -> bool {
        self.indents.len() > 1
    }

    /// Whether an f-string or t-string is open.
    pub(crate) fn in_interpolated_string(&self) -> bool {
        !self.strings.is_empty()
    }

    /// Whether the innermost open string is raw.
    pub(crate) fn in_raw_string(&self) -> bool {
        self.strings.last().is_some_and(|string| string.raw)
    }

    /// Whether the innermost open string is a t-string.
    pub(crate) fn in_template(&self) -> bool {
        self.strings.last().is_some_and(|string| string.template)
    }

    /// The line that is being read, its newline included, as far as it is in the buffer.
    pub(crate) fn current_line(&self) -> &[u8] {
        &self.src[self.line_start.min(self.inp)..self.inp]
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        if self.cur == self.inp && !self.read_line() {
            return None;
        }
        let byte = self.src[self.cur];
        self.cur += 1;
        Some(byte)
    }

    fn read_line(&mut self) -> bool {
        if self.done != Done::Running {
            return false;
        }
        if self.start.is_none() && self.strings.is_empty() {
            self.buf = self.cur;
        }
        if self.inp == self.src.len() {
            self.done = Done::EndOfFile;
            return false;
        }
        self.line_start = self.cur;
        self.line += 1;
        self.inp = memchr::memchr(b'\n', &self.src[self.cur..])
            .map_or(self.src.len(), |newline| self.cur + newline + 1);
        true
    }

    pub(super) fn back(&mut self, byte: Option<u8>) {
        if byte.is_some() {
            self.cur -= 1;
        }
    }

    /// The token from the current start to the current position.
    pub(super) fn token(&self, kind: TokenKind) -> Token {
        self.token_of(kind, self.start.unwrap_or(self.cur), self.cur)
    }

    pub(super) fn token_of(&self, kind: TokenKind, start: usize, end: usize) -> Token {
        let (line, line_start) = if kind.is_string_part() {
            (self.first_line, self.first_line_start)
        } else {
            (self.line, self.line_start)
        };
        Token {
            kind,
            start,
            end,
            line,
            column: column_of(start, line_start),
            end_line: self.line,
            end_column: column_of(end, self.line_start),
            level: self.brackets.len(),
        }
    }

    /// A token with no text and no columns.
    fn bare_token(&self, kind: TokenKind) -> Token {
        Token {
            kind,
            start: 0,
            end: 0,
            line: self.line,
            column: -1,
            end_line: self.line,
            end_column: -1,
            level: self.brackets.len(),
        }
    }

    pub(super) fn error_token(&self) -> Token {
        self.bare_token(TokenKind::Error)
    }

    fn stop(&mut self, done: Done) -> Token {
        self.done = done;
        self.cur = self.inp;
        self.error_token()
    }

    /// Reports an error at the byte that was read last.
    pub(super) fn raise(&mut self, message: impl Into<String>) -> Token {
        self.raise_columns(message, None)
    }

    /// Reports an error at a range of columns, from one.
    pub(super) fn raise_columns(
        &mut self,
        message: impl Into<String>,
        columns: Option<(i32, i32)>,
    ) -> Token {
        let rest = &self.src[self.line_start..];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (column, end_column) = columns.unwrap_or_else(|| {
            let read = &self.src[self.line_start..self.cur.max(self.line_start)];
            let column = characters(read);
            (column, column)
        });
        self.raised = Some(Raised {
            message: message.into(),
            line: self.line,
            column,
            end_column,
            text: String::from_utf8_lossy(&rest[..length]).into_owned(),
        });
        self.done = Done::Raised;
        self.error_token()
    }

    fn normal(&mut self) -> Token {
        loop {
            self.start = None;
            let mut blank_line = false;
            if self.at_line_start {
                match self.indentation() {
                    Ok(blank) => blank_line = blank,
                    Err(token) => return token,
                }
            }
            self.start = Some(self.cur);
            if self.pending != 0 {
                return self.pending_token();
            }
            // Reads the next line, so that positions refer to it.
            let peeked = self.next();
            self.back(peeked);
            if let Some(token) = self.after_indentation(blank_line) {
                return token;
            }
        }
    }

    fn pending_token(&mut self) -> Token {
        let (kind, start) = if self.pending < 0 {
            self.pending += 1;
            (TokenKind::Dedent, self.cur)
        } else {
            self.pending -= 1;
            (TokenKind::Indent, self.buf)
        };
        if self.extra {
            self.token_of(kind, start, self.cur)
        } else {
            self.bare_token(kind)
        }
    }

    /// Measures the indentation of a line; says whether the line is blank.
    fn indentation(&mut self) -> Result<bool, Token> {
        self.at_line_start = false;
        let (mut column, mut alternative, mut continued) = (0, 0, 0);
        let byte = loop {
            match self.next() {
                Some(b' ') => {
                    column += 1;
                    alternative += 1;
                }
                Some(b'\t') => {
                    column = (column / 8 + 1) * 8;
                    alternative += 1;
                }
                Some(b'\x0c') => {
                    column = 0;
                    alternative = 0;
                }
                Some(b'\\') => {
                    // The first backslash decides how far the logical line is indented.
                    if continued == 0 {
                        continued = column;
                    }
                    if !self.continuation() {
                        return Err(self.error_token());
                    }
                }
                other => break other,
            }
        };
        self.back(byte);
        if matches!(byte, Some(b'#' | b'\n' | b'\r')) {
            return Ok(true);
        }
        if self.brackets.is_empty() {
            if continued != 0 {
                (column, alternative) = (continued, continued);
            }
            self.indent_to(column, alternative)?;
        }
        Ok(false)
    }

    fn indent_to(&mut self, column: i32, alternative: i32) -> Result<(), Token> {
        let (top, top_alternative) = self.innermost_block();
        if column > top {
            if self.indents.len() >= MAX_INDENT {
                return Err(self.stop(Done::TooDeep));
            }
            if alternative <= top_alternative {
                return Err(self.stop(Done::TabSpace));
            }
            self.pending += 1;
            self.indents.push((column, alternative));
            return Ok(());
        }
        while self.indents.len() > 1 && column < self.innermost_block().0 {
            self.pending -= 1;
            self.indents.pop();
        }
        let (top, top_alternative) = self.innermost_block();
        if column != top {
            return Err(self.stop(Done::Dedent));
        }
        if alternative != top_alternative {
            return Err(self.stop(Done::TabSpace));
        }
        Ok(())
    }

    fn innermost_block(&self) -> (i32, i32) {
        self.indents.last().copied().unwrap_or((0, 0))
    }

    /// Goes on to the next line after a backslash.
    fn continuation(&mut self) -> bool {
        let mut byte = self.next();
        if byte == Some(b'\r') {
            byte = self.next();
        }
        if byte != Some(b'\n') {
            self.done = Done::LineContinuation;
            return false;
        }
        let byte = self.next();
        if byte.is_none() {
            self.done = Done::EndOfFile;
            self.cur = self.inp;
            return false;
        }
        self.back(byte);
        true
    }

    /// The token after the indentation; `None` where a blank line ends and the next begins.
    fn after_indentation(&mut self, blank_line: bool) -> Option<Token> {
        loop {
            self.start = None;
            let mut byte = self.next();
            while matches!(byte, Some(b' ' | b'\t' | b'\x0c')) {
                byte = self.next();
            }
            self.start = Some(if byte.is_some() {
                self.cur - 1
            } else {
                self.cur
            });
            if byte == Some(b'#') {
                while !matches!(byte, None | Some(b'\n' | b'\r')) {
                    byte = self.next();
                }
                if self.extra {
                    self.back(byte);
                    self.comment_newline = blank_line;
                    return Some(self.token(TokenKind::Comment));
                }
            }
            let Some(mut byte) = byte else {
                let ended = self.brackets.is_empty() && self.done == Done::EndOfFile;
                let kind = if ended {
                    TokenKind::EndMarker
                } else {
                    TokenKind::Error
                };
                return Some(self.bare_token(kind));
            };
            if starts_name(byte) {
                return Some(self.name_or_string(byte));
            }
            if byte == b'\r' {
                byte = self.next().unwrap_or(b'\r');
            }
            return match byte {
                b'\n' => self.newline(blank_line),
                b'.' => Some(self.dot()),
                b'0'..=b'9' => Some(self.number(byte)),
                b'\'' | b'"' => Some(self.string(byte)),
                b'\\' => {
                    if !self.continuation() {
                        return Some(self.error_token());
                    }
                    continue;
                }
                _ => Some(self.operator(byte)),
            };
        }
    }

    fn newline(&mut self, blank_line: bool) -> Option<Token> {
        self.at_line_start = true;
        if blank_line || !self.brackets.is_empty() {
            self.comment_newline = false;
            return self.extra.then(|| self.token(TokenKind::NonLogicalNewline));
        }
        if self.comment_newline && self.extra {
            self.comment_newline = false;
            return Some(self.token(TokenKind::NonLogicalNewline));
        }
        let start = self.start.unwrap_or(self.cur);
        let token = self.token_of(TokenKind::Newline, start, self.cur - 1);
        // Its columns include the newline, which its text does not.
        Some(Token {
            end_column: token.end_column + 1,
            ..token
        })
    }

    fn dot(&mut self) -> Token {
        let byte = self.next();
        if byte.is_some_and(|byte| byte.is_ascii_digit()) {
            return self.fraction(byte);
        }
        if byte == Some(b'.') {
            let third = self.next();
            if third == Some(b'.') {
                return self.token(TokenKind::Ellipsis);
            }
            self.back(third);
        }
        self.back(byte);
        self.token(TokenKind::Dot)
    }

    fn name_or_string(&mut self, first: u8) -> Token {
        let mut byte = Some(first);
        let mut seen = Vec::new();
        while let Some(letter) = byte.map(|byte| byte.to_ascii_lowercase()) {
            if !matches!(letter, b'b' | b'u' | b'r' | b'f' | b't') || seen.contains(&letter) {
                break;
            }
            seen.push(letter);
            byte = self.next();
            if let Some(quote @ (b'\'' | b'"')) = byte {
                if let Some((first, second)) = incompatible(&seen) {
                    let start = self.start.unwrap_or(self.cur);
                    let columns = (
                        column_of(start, self.line_start) + 1,
                        column_of(self.cur, self.line_start),
                    );
                    return self.raise_columns(
                        format!("'{first}' and '{second}' prefixes are incompatible"),
                        Some(columns),
                    );
                }
                if seen.contains(&b'f') || seen.contains(&b't') {
                    return self.interpolated_start(quote, &seen);
                }
                return self.string(quote);
            }
        }
        let mut ascii = true;
        while let Some(next) = byte.filter(|&byte| continues_name(byte)) {
            ascii &= next.is_ascii();
            byte = self.next();
        }
        self.back(byte);
        if !ascii
            && !self.extra
            && let Some(error) = self.check_name()
        {
            return error;
        }
        self.token(TokenKind::Name)
    }

    /// Reports the first character of a name that no name may have.
    fn check_name(&mut self) -> Option<Token> {
        let start = self.start.unwrap_or(self.cur);
        let text = std::str::from_utf8(&self.src[start..self.cur]).unwrap_or("");
        let (at, bad) = text.char_indices().find(|&(at, character)| {
            if at == 0 {
                !identifier::is_start(character)
            } else {
                !identifier::is_continue(character)
            }
        })?;
        self.cur = start + at + bad.len_utf8();
        let number = u32::from(bad);
        Some(if classify::is_printable(bad) {
            self.raise(format!("invalid character '{bad}' (U+{number:04X})"))
        } else {
            self.raise(format!("invalid non-printable character U+{number:04X}"))
        })
    }

    fn operator(&mut self, byte: u8) -> Token {
        if byte == b':'
            && let Some(string) = self.strings.last_mut()
            && string.field_depth >= 0
            && string.depth - 1 == string.field_depth
        {
            string.in_text = true;
            string.in_format_spec = true;
            return self.token(TokenKind::Colon);
        }
        let (kind, length) = TokenKind::operator_at(&self.src[self.cur - 1..self.inp]);
        self.cur += length - 1;
        if length < 3 {
            // Looking for a longer operator may find the end of the source.
            let peeked = self.next();
            self.back(peeked);
        }
        if length > 1 {
            return self.token(kind);
        }
        let error = match byte {
            b'(' | b'[' | b'{' => self.open(byte),
            b')' | b']' | b'}' => self.close(byte),
            _ if byte < b' ' || byte == 0x7f => {
                Some(format!("invalid non-printable character U+{byte:04X}"))
            }
            _ => None,
        };
        match error {
            Some(message) => self.raise(message),
            None => self.token(kind),
        }
    }

    fn open(&mut self, byte: u8) -> Option<String> {
        if self.brackets.len() >= MAX_BRACKETS {
            return Some("too many nested parentheses".to_owned());
        }
        let column = column_of(self.cur - 1, self.line_start);
        self.brackets.push(Bracket {
            byte,
            line: self.line,
            column,
        });
        if let Some(string) = self.strings.last_mut() {
            string.depth += 1;
        }
        None
    }

    fn close(&mut self, byte: u8) -> Option<String> {
        let closing = char::from(byte);
        if let Some(string) = self.strings.last()
            && string.depth == 0
            && byte == b'}'
        {
            return Some(format!(
                "{}-string: single '}}' is not allowed",
                string.letter()
            ));
        }
        if !self.extra && self.brackets.is_empty() {
            return Some(format!("unmatched '{closing}'"));
        }
        if let Some(opening) = self.brackets.pop()
            && !self.extra
            && !matches!(
                (opening.byte, byte),
                (b'(', b')') | (b'[', b']') | (b'{', b'}')
            )
        {
            if let Some(string) = self.strings.last()
                && opening.byte == b'{'
                && string.depth - 1 == string.field_depth
            {
                return Some(format!("{}-string: unmatched '{closing}'", string.letter()));
            }
            let on_line = if opening.line == self.line {
                String::new()
            } else {
                format!(" on line {}", opening.line)
            };
            return Some(format!(
                "closing parenthesis '{closing}' does not match opening parenthesis '{}'{on_line}",
                char::from(opening.byte)
            ));
        }
        if let Some(string) = self.strings.last_mut() {
            string.depth -= 1;
            if string.depth < 0 {
                return Some(format!("{}-string: unmatched '{closing}'", string.letter()));
            }
            if byte == b'}' && string.depth == string.field_depth {
                string.field_depth -= 1;
                string.in_text = true;
                string.in_format_spec = false;
            }
        }
        None
    }
}

pub(super) fn column_of(offset: usize, line_start: usize) -> i32 {
    offset
        .checked_sub(line_start)
        .map_or(-1, |column| i32::try_from(column).unwrap_or(i32::MAX))
}

/// How many characters bytes decode to, where a cut-off character counts.
pub(crate) fn characters(bytes: &[u8]) -> i32 {
    let count = bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Two letters of a string prefix that exclude each other.
fn incompatible(seen: &[u8]) -> Option<(char, char)> {
    const PAIRS: [(u8, u8); 7] = [
        (b'u', b'b'),
        (b'u', b'r'),
        (b'u', b'f'),
        (b'u', b't'),
        (b'b', b'f'),
        (b'b', b't'),
        (b'f', b't'),
    ];
    PAIRS
        .iter()
        .find(|(first, second)| seen.contains(first) && seen.contains(second))
        .map(|&(first, second)| (char::from(first), char::from(second)))
}
