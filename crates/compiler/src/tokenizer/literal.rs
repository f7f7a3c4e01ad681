//! Strings: plain ones as one token, f-strings and t-strings as a start, texts, expressions and
//! an end.

use super::kind::TokenKind;
use super::scan::{Done, Interpolated, MAX_FORMAT_NESTING, MAX_STRINGS, Scanner, Token, column_of};
use crate::warnings;

impl Scanner<'_> {
    /// A plain string, after its opening quote.
    pub(super) fn string(&mut self, quote: u8) -> Token {
        self.first_line = self.line;
        self.first_line_start = self.line_start;
        self.string_line_start = self.line_start;
        let mut quote_size = 1;
        let mut closing = 0;
        let mut byte = self.next();
        if byte == Some(quote) {
            byte = self.next();
            if byte == Some(quote) {
                quote_size = 3;
            } else {
                closing = 1;
            }
        }
        if byte != Some(quote) {
            self.back(byte);
        }
        let mut escaped_quote = false;
        while closing != quote_size {
            let byte = self.next();
            if byte.is_none() || (quote_size == 1 && byte == Some(b'\n')) {
                return self.unterminated(quote, quote_size, escaped_quote, byte);
            }
            if byte == Some(quote) {
                closing += 1;
                continue;
            }
            closing = 0;
            if byte == Some(b'\\') {
                let escaped = self.next();
                escaped_quote |= escaped == Some(quote);
                if escaped == Some(b'\r') {
                    self.next();
                }
            }
        }
        self.token(TokenKind::String)
    }

    fn unterminated(
        &mut self,
        quote: u8,
        quote_size: usize,
        escaped_quote: bool,
        byte: Option<u8>,
    ) -> Token {
        let detected = self.line;
        self.cur = self.start.unwrap_or(self.cur) + 1;
        self.line_start = self.first_line_start;
        self.line = self.first_line;
        if let Some(string) = self.strings.last()
            && string.quote == quote
            && string.quote_size == quote_size
        {
            return self.raise(format!("{}-string: expecting '}}'", string.letter()));
        }
        let token = if quote_size == 3 {
            self.raise(format!(
                "unterminated triple-quoted string literal (detected at line {detected})"
            ))
        } else {
            let hint = if escaped_quote {
                "; perhaps you escaped the end quote?"
            } else {
                ""
            };
            self.raise(format!(
                "unterminated string literal (detected at line {detected}){hint}"
            ))
        };
        if byte != Some(b'\n') {
            self.done = Done::RaisedAtEnd;
        }
        token
    }

    /// The start of an f-string or t-string: its prefix, lower case, and quotes.
    pub(super) fn interpolated_start(&mut self, quote: u8, prefix: &[u8]) -> Token {
        self.first_line = self.line;
        self.first_line_start = self.line_start;
        self.string_line_start = self.line_start;
        let mut quote_size = 1;
        let second = self.next();
        if second == Some(quote) {
            let third = self.next();
            if third == Some(quote) {
                quote_size = 3;
            } else {
                self.back(third);
                self.back(second);
            }
        } else {
            self.back(second);
        }
        if self.strings.len() + 1 >= MAX_STRINGS {
            return self.raise("too many nested f-strings or t-strings");
        }
        let template = prefix.contains(&b't');
        self.strings.push(Interpolated {
            in_text: true,
            quote,
            quote_size,
            raw: prefix.contains(&b'r'),
            template,
            start: self.start.unwrap_or(self.cur),
            first_line: self.line,
            line_start: self.line_start,
            depth: 0,
            field_depth: -1,
            in_format_spec: false,
        });
        self.token(if template {
            TokenKind::TStringStart
        } else {
            TokenKind::FStringStart
        })
    }

    /// What comes next inside an f-string or t-string where no expression is open.
    pub(super) fn interpolated_text(&mut self) -> Token {
        self.start = Some(self.cur);
        self.first_line = self.line;
        self.first_line_start = self.line_start;
        self.string_line_start = self.line_start;
        let Some(string) = self.strings.last().copied() else {
            return self.error_token();
        };
        let rest = &self.src[self.cur..];
        if rest.first() == Some(&b'{') && rest.get(1) != Some(&b'{') {
            return match self.enter_field(false) {
                Some(error) => error,
                None => self.next_token(),
            };
        }
        let quotes = [string.quote; 3];
        if rest.starts_with(&quotes[..string.quote_size]) {
            for _ in 0..string.quote_size {
                self.next();
            }
            self.strings.pop();
            let kind = if string.template {
                TokenKind::TStringEnd
            } else {
                TokenKind::FStringEnd
            };
            return self.token(kind);
        }
        self.middle(string)
    }

    /// Turns to the expression of a replacement field.
    fn enter_field(&mut self, ends_format_spec: bool) -> Option<Token> {
        let string = self.strings.last_mut()?;
        string.field_depth += 1;
        if string.field_depth >= MAX_FORMAT_NESTING {
            let letter = string.letter();
            return Some(self.raise(format!("{letter}-string: expressions nested too deeply")));
        }
        string.in_text = false;
        string.in_format_spec &= !ends_format_spec;
        None
    }

    fn leave_text(&mut self) {
        if let Some(string) = self.strings.last_mut() {
            string.in_text = false;
            string.in_format_spec = false;
        }
    }

    fn middle(&mut self, string: Interpolated) -> Token {
        let kind = if string.template {
            TokenKind::TStringMiddle
        } else {
            TokenKind::FStringMiddle
        };
        let start = self.cur;
        let in_format_spec = string.in_format_spec && string.field_depth >= 0;
        let mut closing = 0;
        let mut named_escape = false;
        while closing != string.quote_size {
            let byte = self.next();
            if byte.is_none() || (string.quote_size == 1 && byte == Some(b'\n')) {
                return self.unterminated_text(string, in_format_spec, byte);
            }
            if byte == Some(string.quote) {
                closing += 1;
                continue;
            }
            closing = 0;
            match byte {
                Some(b'{') => {
                    let peeked = self.next();
                    if peeked == Some(b'{') && !in_format_spec {
                        return self.token_of(kind, start, self.cur - 1);
                    }
                    self.back(peeked);
                    self.back(byte);
                    if let Some(error) = self.enter_field(true) {
                        return error;
                    }
                    return self.token(kind);
                }
                Some(b'}') => {
                    if named_escape {
                        return self.token(kind);
                    }
                    let peeked = self.next();
                    if peeked == Some(b'}') && !in_format_spec && string.depth == 0 {
                        return self.token_of(kind, start, self.cur - 1);
                    }
                    self.back(peeked);
                    self.back(byte);
                    self.leave_text();
                    return self.token(kind);
                }
                Some(b'\\') => {
                    let mut escaped = self.next();
                    if escaped == Some(b'\r') {
                        escaped = self.next();
                    }
                    if let Some(brace @ (b'{' | b'}')) = escaped {
                        if !string.raw {
                            let column = column_of(self.cur - 1, self.line_start);
                            self.warnings
                                .push(warnings::about_brace(brace, self.line, column));
                        }
                        self.back(escaped);
                    } else if !string.raw && escaped == Some(b'N') {
                        let brace = self.next();
                        if brace == Some(b'{') {
                            named_escape = true;
                        } else {
                            self.back(brace);
                        }
                    }
                }
                _ => {}
            }
        }
        self.cur -= string.quote_size;
        self.token(kind)
    }

    fn unterminated_text(
        &mut self,
        string: Interpolated,
        in_format_spec: bool,
        byte: Option<u8>,
    ) -> Token {
        if in_format_spec && byte == Some(b'\n') {
            return self.raise(
                "f-string: newlines are not allowed in format specifiers for single quoted f-strings",
            );
        }
        let detected = self.line;
        self.cur = string.start + 1;
        self.line_start = string.line_start;
        self.line = string.first_line;
        let letter = string.letter();
        if string.quote_size == 3 {
            let token = self.raise(format!(
                "unterminated triple-quoted {letter}-string literal (detected at line {detected})"
            ));
            if byte != Some(b'\n') {
                self.done = Done::RaisedAtEnd;
            }
            return token;
        }
        self.raise(format!(
            "unterminated {letter}-string literal (detected at line {detected})"
        ))
    }
}
