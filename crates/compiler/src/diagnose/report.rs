//! Raises errors: where they are, which line they quote, and which of two errors counts.

use super::engine::{Abort, Engine, Matched, Named, Value};
use super::grammar::{ErrorAction, Part, Place};
use super::node::{Kind, NodeIdx, Range, Targets};
use crate::error::{ErrorKind, Position};
use crate::tokenizer::{Bracket, Done, Token, TokenKind, characters};

/// An error, before it names its file.
pub struct Failure {
    pub kind: ErrorKind,
    pub message: String,
    pub position: Position,
    pub text: String,
}

impl Engine<'_> {
    /// Raises an error at byte columns from one, where 0 and -1 stay what they are.
    fn raise(
        &mut self,
        kind: ErrorKind,
        message: String,
        line: i32,
        column: i32,
        end: (i32, i32),
    ) -> Abort {
        let text = self.quoted(line);
        let position = Position {
            line,
            column: characters_before(&text, column),
            end: Some((
                end.0,
                if end.1 > 0 {
                    characters_before(&text, end.1)
                } else {
                    end.1
                },
            )),
        };
        if self.failure.is_none() {
            self.failure = Some(Failure {
                kind,
                message,
                position,
                text,
            });
        }
        Abort
    }

    /// The line an error quotes: with its newline while the tokenizer is on it.
    fn quoted(&self, line: i32) -> String {
        if self.scanner.line <= line {
            return String::from_utf8_lossy(self.scanner.current_line()).into_owned();
        }
        let text = crate::error::quoted_line(self.source, line);
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    /// Raises a `SyntaxError` at a range.
    pub fn raise_range(&mut self, message: &str, range: Range) -> Matched {
        self.raise_kind(ErrorKind::Syntax, message, range)
    }

    fn raise_kind(&mut self, kind: ErrorKind, message: &str, range: Range) -> Matched {
        let end = (range.end_line, range.end_column + 1);
        Err(self.raise(kind, message.to_owned(), range.line, range.column + 1, end))
    }

    /// Raises a `SyntaxError` from a place to where the tokenizer is.
    pub fn raise_on(&mut self, message: &str, range: Range) -> Matched {
        let end_column = self.scanner.cur.saturating_sub(self.scanner.line_start);
        let end = (
            self.scanner.line,
            i32::try_from(end_column).unwrap_or(i32::MAX),
        );
        Err(self.raise(
            ErrorKind::Syntax,
            message.to_owned(),
            range.line,
            range.column + 1,
            end,
        ))
    }

    /// Raises an error at a token.
    fn raise_token(&mut self, kind: ErrorKind, message: &str, token: Token) -> Abort {
        let column = if token.column == -1 {
            let read = self.scanner.cur.saturating_sub(self.scanner.line_start);
            i32::try_from(read).unwrap_or(i32::MAX)
        } else {
            token.column + 1
        };
        let end_column = if token.end_column == -1 {
            -1
        } else {
            token.end_column + 1
        };
        self.raise(
            kind,
            message.to_owned(),
            token.line,
            column,
            (token.end_line, end_column),
        )
    }

    /// Raises an error at the last token that was read.
    pub fn raise_last(&mut self, kind: ErrorKind, message: &str) -> Abort {
        match self.tokens.last() {
            Some(last) => {
                let token = last.token;
                self.raise_token(kind, message, token)
            }
            None => self.raise(kind, message.to_owned(), 0, 0, (0, -1)),
        }
    }

    /// Raises an error at the token after what matched.
    pub fn raise_next(&mut self, message: &str) -> Matched {
        let next = self.peek()?.token;
        Err(self.raise_token(ErrorKind::Syntax, message, next))
    }

    /// Raises an `IndentationError`, or `SyntaxError`, that a rule describes.
    pub fn raise_action(&mut self, error: &'static ErrorAction, named: &Named) -> Matched {
        let kind = if error.indentation {
            ErrorKind::Indentation
        } else {
            ErrorKind::Syntax
        };
        let message = self.message(error, named);
        match error.place {
            Place::Last => Err(self.raise_last(kind, &message)),
            Place::Next => self.raise_next(&message),
            Place::Item(part) => {
                let range = self.part(part, named);
                self.raise_kind(kind, &message, range)
            }
            Place::Range(first, last) => {
                let (first, last) = (self.part(first, named), self.part(last, named));
                let range = Range {
                    end_line: last.end_line,
                    end_column: last.end_column,
                    ..first
                };
                self.raise_kind(kind, &message, range)
            }
            Place::On(part) => {
                let range = self.part(part, named);
                self.raise_on(&message, range)
            }
        }
    }

    fn message(&self, error: &ErrorAction, named: &Named) -> String {
        let mut message = error.message.to_owned();
        if message.contains("{a}")
            && let Value::Node(index) = named.get('a')
        {
            message = message.replace("{a}", self.nodes.get(index).kind.name());
        }
        if message.contains("{text}")
            && let Value::Token(index) = named.get('a')
        {
            message = message.replace("{text}", self.text(&self.tokens[index].token));
        }
        if let Some(subject) = error.subject {
            let line = self.range(named.get(subject)).line;
            message = message.replace("{line}", &line.to_string());
        }
        message
    }

    /// Raises an error if an expression is no target; else nothing matches.
    pub fn raise_target(&mut self, targets: Targets, value: Value) -> Matched {
        let Value::Node(index) = value else {
            return Ok(None);
        };
        let Some(invalid) = self.nodes.invalid_target(index, targets) else {
            return Ok(None);
        };
        let verb = if targets == Targets::Delete {
            "delete"
        } else {
            "assign to"
        };
        let node = self.nodes.get(invalid);
        let message = format!("cannot {verb} {}", node.kind.name());
        let range = node.range;
        self.raise_range(&message, range)
    }

    /// Where a value is.
    pub fn range(&self, value: Value) -> Range {
        match value {
            Value::Node(index) => self.nodes.get(index).range,
            Value::Token(index) => Range::from(&self.tokens[index].token),
            Value::Unit => Range {
                line: 0,
                column: -1,
                end_line: 0,
                end_column: -1,
            },
        }
    }

    fn part(&self, part: Part, named: &Named) -> Range {
        match part {
            Part::Whole(name) => self.range(named.get(name)),
            Part::First(name) => self.item_of(named.get(name), false),
            Part::Last(name) => self.item_of(named.get(name), true),
            Part::End(name) => self.comprehension_end(named.get(name)),
        }
    }

    fn items_of(&self, value: Value) -> Vec<NodeIdx> {
        let mut items = Vec::new();
        if let Value::Node(index) = value {
            self.nodes.flattened(index, &mut items);
        }
        items
    }

    fn item_of(&self, value: Value, last: bool) -> Range {
        let items = self.items_of(value);
        let item = if last { items.last() } else { items.first() };
        item.map_or(self.range(value), |&index| self.nodes.get(index).range)
    }

    /// The end of the last `for` clause among clauses.
    pub fn comprehension_end(&self, clauses: Value) -> Range {
        let clause = self.items_of(clauses).last().copied();
        clause
            .filter(|&clause| self.nodes.get(clause).kind == Kind::Comprehension)
            .and_then(|clause| self.nodes.get(clause).children.last().copied())
            .map_or(self.range(clauses), |end| self.nodes.get(end).range)
    }

    /// Turns the state of the tokenizer at an error token into an error.
    pub fn tokenizer_error(&mut self) -> Abort {
        if let Some(failure) = self.raised_by_tokenizer() {
            self.failure.get_or_insert(failure);
            return Abort;
        }
        let line = self.scanner.line;
        let (kind, message, column) = match self.scanner.done {
            Done::EndOfFile => {
                return match self.scanner.brackets.last().copied() {
                    Some(bracket) => self.raise_unclosed(bracket),
                    None => self.raise_last(ErrorKind::Syntax, "unexpected EOF while parsing"),
                };
            }
            Done::Dedent => {
                return self.raise_last(
                    ErrorKind::Indentation,
                    "unindent does not match any outer indentation level",
                );
            }
            Done::TabSpace => (
                ErrorKind::Tab,
                "inconsistent use of tabs and spaces in indentation",
                0,
            ),
            Done::TooDeep => (ErrorKind::Indentation, "too many levels of indentation", 0),
            Done::LineContinuation => {
                let column = self.scanner.cur.saturating_sub(self.scanner.buf + 1);
                let column = i32::try_from(column).unwrap_or(i32::MAX);
                let message = "unexpected character after line continuation character";
                (ErrorKind::Syntax, message, column)
            }
            Done::Running | Done::Raised | Done::RaisedAtEnd => {
                (ErrorKind::Syntax, "unknown parsing error", 0)
            }
        };
        self.raise(kind, message.to_owned(), line, column + 1, (line, 0))
    }

    /// The error the tokenizer raised itself.
    fn raised_by_tokenizer(&self) -> Option<Failure> {
        let raised = self.scanner.raised.as_ref()?;
        Some(Failure {
            kind: ErrorKind::Syntax,
            message: raised.message.clone(),
            position: Position {
                line: raised.line,
                column: raised.column,
                end: Some((raised.line, raised.end_column)),
            },
            text: raised.text.clone(),
        })
    }

    /// Raises an error about a bracket that nothing closes.
    pub fn raise_unclosed(&mut self, bracket: Bracket) -> Abort {
        let message = format!("'{}' was never closed", char::from(bracket.byte));
        self.raise(
            ErrorKind::Syntax,
            message,
            bracket.line,
            bracket.column + 1,
            (bracket.line, 0),
        )
    }

    /// Reads the rest of the source: an error of the tokenizer there, or a bracket that was open
    /// before the error, explains more than the error at hand.
    pub fn prefer_tokenizer_errors(&mut self) {
        let error_line = self.tokens.last().map_or(0, |last| last.token.line);
        let before = self.failure.take();
        loop {
            match self.scanner.next_token().kind {
                TokenKind::Error => break,
                TokenKind::EndMarker => {
                    self.failure = before;
                    return;
                }
                _ => {}
            }
        }
        if let Some(failure) = self.raised_by_tokenizer() {
            self.failure = Some(failure);
        } else if let Some(bracket) = self.scanner.brackets.last().copied()
            && error_line > bracket.line
        {
            self.raise_unclosed(bracket);
        }
        // An error of the expression inside an f-string says more than the string's own.
        if self.failure.is_none() || self.scanner.in_interpolated_string() {
            self.failure = before;
        }
    }
}

/// How many characters are in the first `column` bytes of a line.
fn characters_before(line: &str, column: i32) -> i32 {
    let Ok(bytes) = usize::try_from(column) else {
        return 0;
    };
    let inside = characters(&line.as_bytes()[..bytes.min(line.len())]);
    inside + i32::from(bytes > line.len())
}
