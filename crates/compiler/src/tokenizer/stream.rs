//! The token stream of Python's `tokenize` module, as `_tokenize.TokenizerIter` yields it.
//!
//! Positions become characters, every token carries the line it is on, and with `extra_tokens`
//! comments and blank lines are tokens, operators share one kind, and the end of the source has
//! a line of its own.

use std::borrow::Cow;

use super::kind::TokenKind;
use super::scan::{Done, Scanner, Token};
use crate::error::{ErrorKind, Position, SyntaxError};

/// One token, as `tokenize.TokenInfo` holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its number in the `token` module.
    pub kind: u8,
    /// Its text.
    pub text: String,
    /// Line from one and column from zero, in characters, of its first character.
    pub start: (i32, i32),
    /// The position after its last character.
    pub end: (i32, i32),
    /// The physical line, or the lines of a string that spans several.
    pub line: String,
}

/// Iterates over the tokens of a source; ends after the end marker or after an error.
pub struct TokenStream<'a> {
    scanner: Scanner<'a>,
    /// Whether the newline at the end of the source was added.
    newline_added: bool,
    extra: bool,
    finished: bool,
    /// The line of the last token and its number: at the end of the source there is no other.
    last_line: (i32, String),
}

impl<'a> TokenStream<'a> {
    /// The tokens of `source`, which has to end with a newline unless it is empty:
    /// [`with_final_newline`] sees to it, and says whether it had to.
    pub fn new(source: impl Into<Cow<'a, str>>, newline_added: bool, extra_tokens: bool) -> Self {
        Self {
            scanner: Scanner::new(source, extra_tokens),
            newline_added,
            extra: extra_tokens,
            finished: false,
            last_line: (0, String::new()),
        }
    }

    /// Whether the current line is the one whose newline was added.
    fn at_added_newline(&self) -> bool {
        self.newline_added && self.scanner.inp == self.scanner.src.len()
    }

    fn info(&self, token: Token) -> TokenInfo {
        let scanner = &self.scanner;
        let at_end = scanner.done == Done::EndOfFile;
        let trailing =
            token.kind == TokenKind::EndMarker || (token.kind == TokenKind::Dedent && at_end);
        let line_start = if token.kind.is_string_part() {
            scanner.string_line_start
        } else {
            scanner.line_start
        };
        let text_end_column = token.end_column - i32::from(token.kind == TokenKind::Newline);
        let mut info = TokenInfo {
            kind: token.kind as u8,
            text: decoded(&scanner.src[token.start..token.end]).into_owned(),
            start: (
                token.line,
                self.characters_before(token.start, token.column),
            ),
            end: (
                token.end_line,
                self.characters_before(token.end, text_end_column),
            ),
            line: String::new(),
        };
        if trailing {
            if !self.extra && self.last_line.0 == token.end_line {
                info.line.clone_from(&self.last_line.1);
            }
        } else {
            let mut line = &scanner.src[line_start.min(scanner.inp)..scanner.inp];
            if self.at_added_newline() {
                line = line.strip_suffix(b"\n").unwrap_or(line);
            }
            info.line = decoded(line).into_owned();
        }
        if self.extra {
            self.adapt(&mut info, token, trailing);
        }
        info
    }

    fn adapt(&self, info: &mut TokenInfo, token: Token, trailing: bool) {
        if trailing {
            info.start = (token.line + 1, 0);
            info.end = info.start;
        }
        let implicit = self.at_added_newline();
        match token.kind {
            TokenKind::Newline => {
                info.text = if implicit {
                    String::new()
                } else if self.scanner.src.get(token.start) == Some(&b'\r') {
                    "\r\n".to_owned()
                } else {
                    "\n".to_owned()
                };
                info.end.1 += 1;
            }
            TokenKind::NonLogicalNewline if implicit => info.text.clear(),
            kind if (kind as u8) > TokenKind::Dedent as u8
                && (kind as u8) < TokenKind::Op as u8 =>
            {
                info.kind = TokenKind::Op as u8;
            }
            _ => {}
        }
    }

    /// The number of characters in the `column` bytes before `offset`.
    fn characters_before(&self, offset: usize, column: i32) -> i32 {
        match usize::try_from(column) {
            Ok(bytes) if bytes <= offset => {
                super::scan::characters(&self.scanner.src[offset - bytes..offset])
            }
            _ => column,
        }
    }

    fn error(&self) -> SyntaxError {
        let scanner = &self.scanner;
        if let Some(raised) = &scanner.raised {
            return SyntaxError {
                text: Some(raised.text.clone()),
                position: Some(Position {
                    line: raised.line,
                    column: raised.column,
                    end: Some((raised.line, raised.end_column)),
                }),
                ..SyntaxError::bare(ErrorKind::Syntax, raised.message.clone(), "<string>")
            };
        }
        let (kind, message) = match scanner.done {
            Done::EndOfFile => (ErrorKind::Syntax, "unexpected EOF in multi-line statement"),
            Done::Dedent => (
                ErrorKind::Indentation,
                "unindent does not match any outer indentation level",
            ),
            Done::TabSpace => (
                ErrorKind::Tab,
                "inconsistent use of tabs and spaces in indentation",
            ),
            Done::TooDeep => (ErrorKind::Indentation, "too many levels of indentation"),
            Done::LineContinuation => (
                ErrorKind::Syntax,
                "unexpected character after line continuation character",
            ),
            Done::Running | Done::Raised | Done::RaisedAtEnd => {
                (ErrorKind::Syntax, "unknown tokenization error")
            }
        };
        let line = decoded(&scanner.src[scanner.buf..scanner.inp]);
        let column = super::scan::characters(line.as_bytes());
        let text = (scanner.done != Done::EndOfFile)
            .then(|| line.strip_suffix('\n').unwrap_or(&line).to_owned());
        SyntaxError {
            text,
            position: Some(Position {
                line: scanner.line,
                column,
                end: None,
            }),
            ..SyntaxError::bare(kind, message, "<string>")
        }
    }
}

impl Iterator for TokenStream<'_> {
    type Item = Result<TokenInfo, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let token = self.scanner.next_token();
        self.finished = matches!(token.kind, TokenKind::EndMarker | TokenKind::Error);
        if token.kind == TokenKind::Error {
            return Some(Err(self.error()));
        }
        let info = self.info(token);
        self.last_line = (info.end.0, info.line.clone());
        Some(Ok(info))
    }
}

/// The source with a newline at its end, and whether one was added.
pub fn with_final_newline(source: &str) -> (Cow<'_, str>, bool) {
    if source.is_empty() || source.ends_with('\n') {
        (Cow::Borrowed(source), false)
    } else {
        (Cow::Owned(format!("{source}\n")), true)
    }
}

fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
