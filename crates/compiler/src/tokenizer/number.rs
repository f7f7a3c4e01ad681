//! Numbers, and the many ways to write one wrong.

use super::kind::TokenKind;
use super::scan::{Scanner, Token, column_of, continues_name};
use crate::warnings;

/// `Err` carries the token of an error that was raised.
type Scanned<T> = Result<T, Token>;

impl Scanner<'_> {
    /// A number that begins with a digit.
    pub(super) fn number(&mut self, first: u8) -> Token {
        let scanned = if first == b'0' {
            self.after_zero()
        } else {
            self.decimal_tail()
                .and_then(|byte| self.after_integer(byte))
        };
        scanned.unwrap_or_else(|error| error)
    }

    /// A number that begins with a dot; `byte` is the digit after it.
    pub(super) fn fraction(&mut self, byte: Option<u8>) -> Token {
        self.after_dot(byte).unwrap_or_else(|error| error)
    }

    fn after_zero(&mut self) -> Scanned<Token> {
        let byte = self.next();
        match byte.map(|byte| byte.to_ascii_lowercase()) {
            Some(b'x') => self.radix("hexadecimal", |byte| byte.is_ascii_hexdigit()),
            Some(b'o') => self.radix("octal", |byte| (b'0'..=b'7').contains(&byte)),
            Some(b'b') => self.radix("binary", |byte| matches!(byte, b'0' | b'1')),
            _ => self.zeros(byte),
        }
    }

    /// The digits after `0x`, `0o` or `0b`.
    fn radix(&mut self, kind: &str, is_digit: impl Fn(u8) -> bool) -> Scanned<Token> {
        let mut byte = self.next();
        loop {
            if byte == Some(b'_') {
                byte = self.next();
            }
            if !byte.is_some_and(&is_digit) {
                if let Some(digit) = byte.filter(u8::is_ascii_digit) {
                    return Err(self.wrong_digit(digit, kind));
                }
                self.back(byte);
                return Err(self.raise(format!("invalid {kind} literal")));
            }
            while byte.is_some_and(&is_digit) {
                byte = self.next();
            }
            if byte != Some(b'_') {
                break;
            }
        }
        if let Some(digit) = byte.filter(u8::is_ascii_digit) {
            return Err(self.wrong_digit(digit, kind));
        }
        self.finish(byte, kind)
    }

    fn wrong_digit(&mut self, digit: u8, kind: &str) -> Token {
        self.raise(format!(
            "invalid digit '{}' in {kind} literal",
            char::from(digit)
        ))
    }

    /// Zeros, and what may follow them: nothing, a fraction, an exponent, or an error.
    fn zeros(&mut self, mut byte: Option<u8>) -> Scanned<Token> {
        loop {
            if byte == Some(b'_') {
                byte = self.next();
                if !byte.is_some_and(|byte| byte.is_ascii_digit()) {
                    self.back(byte);
                    return Err(self.raise("invalid decimal literal"));
                }
            }
            if byte != Some(b'0') {
                break;
            }
            byte = self.next();
        }
        let zeros_end = self.cur;
        let nonzero = byte.is_some_and(|byte| byte.is_ascii_digit());
        if nonzero {
            byte = self.decimal_tail()?;
        }
        if nonzero && !self.extra && !matches!(byte, Some(b'.' | b'e' | b'E' | b'j' | b'J')) {
            self.back(byte);
            let start = self.start.unwrap_or(self.cur);
            let column =
                |offset: usize| i32::try_from(offset - self.line_start).unwrap_or(i32::MAX);
            let columns = (column(start + 1), column(zeros_end));
            return Err(self.raise_columns(
                "leading zeros in decimal integer literals are not permitted; \
                 use an 0o prefix for octal integers",
                Some(columns),
            ));
        }
        self.after_integer(byte)
    }

    /// Decimal digits with single underscores; the byte after them.
    fn decimal_tail(&mut self) -> Scanned<Option<u8>> {
        loop {
            let mut byte = self.next();
            while byte.is_some_and(|byte| byte.is_ascii_digit()) {
                byte = self.next();
            }
            if byte != Some(b'_') {
                return Ok(byte);
            }
            byte = self.next();
            if !byte.is_some_and(|byte| byte.is_ascii_digit()) {
                self.back(byte);
                return Err(self.raise("invalid decimal literal"));
            }
        }
    }

    fn after_integer(&mut self, byte: Option<u8>) -> Scanned<Token> {
        if byte == Some(b'.') {
            let byte = self.next();
            return self.after_dot(byte);
        }
        self.exponent(byte)
    }

    fn after_dot(&mut self, mut byte: Option<u8>) -> Scanned<Token> {
        if byte.is_some_and(|byte| byte.is_ascii_digit()) {
            byte = self.decimal_tail()?;
        }
        self.exponent(byte)
    }

    fn exponent(&mut self, mut byte: Option<u8>) -> Scanned<Token> {
        if let Some(letter @ (b'e' | b'E')) = byte {
            byte = self.next();
            let signed = matches!(byte, Some(b'+' | b'-'));
            if signed {
                byte = self.next();
            }
            if !byte.is_some_and(|byte| byte.is_ascii_digit()) {
                self.back(byte);
                if signed {
                    return Err(self.raise("invalid decimal literal"));
                }
                // `1else` is a number and a keyword.
                self.check_end(Some(letter), "decimal")?;
                self.back(Some(letter));
                return Ok(self.token(TokenKind::Number));
            }
            byte = self.decimal_tail()?;
        }
        if matches!(byte, Some(b'j' | b'J')) {
            byte = self.next();
            return self.finish(byte, "imaginary");
        }
        self.finish(byte, "decimal")
    }

    fn finish(&mut self, byte: Option<u8>, kind: &str) -> Scanned<Token> {
        self.check_end(byte, kind)?;
        self.back(byte);
        Ok(self.token(TokenKind::Number))
    }

    /// Refuses a name right after a number, but for the keywords that may follow an operand.
    fn check_end(&mut self, byte: Option<u8>, kind: &str) -> Scanned<()> {
        let Some(first) = byte.filter(|byte| byte.is_ascii() && continues_name(*byte)) else {
            return Ok(());
        };
        if self.extra {
            return Ok(());
        }
        let rest = &self.src[self.cur..];
        let is_keyword = |tail: &[u8]| {
            rest.starts_with(tail)
                && !rest
                    .get(tail.len())
                    .is_some_and(|&byte| continues_name(byte))
        };
        let keyword = match first {
            b'a' => is_keyword(b"nd"),
            b'e' => is_keyword(b"lse"),
            b'f' => is_keyword(b"or"),
            b'i' => matches!(rest.first(), Some(b'f' | b'n' | b's')),
            b'o' => is_keyword(b"r"),
            b'n' => is_keyword(b"ot"),
            _ => false,
        };
        if keyword {
            let column = column_of(self.cur, self.line_start);
            self.warnings
                .push(warnings::about_number(kind, self.line, column));
            return Ok(());
        }
        self.back(byte);
        Err(self.raise(format!("invalid {kind} literal")))
    }
}
