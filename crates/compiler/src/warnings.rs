//! The warnings of CPython's tokenizer and parser: escapes that stand for nothing, and numbers
//! that run into the keyword after them.

use crate::error::Warning;
use crate::tokenizer::{Token, TokenKind};

/// What a warning about an escape says that the error made of it does not.
const FUTURE: &str = "Such sequences will not work in the future. ";

impl Warning {
    /// The message of the `SyntaxError` that takes the warning's place when warnings are errors.
    pub fn error_message(&self) -> String {
        self.message.replacen(FUTURE, "", 1)
    }
}

/// The warning about the first bad escape of a string, or of a text inside one; `raw` tells
/// whether that text is part of a raw string.
pub(crate) fn about_string(token: &Token, text: &str, raw: bool) -> Option<Warning> {
    let body = match token.kind {
        TokenKind::String => literal_body(text)?,
        TokenKind::FStringMiddle | TokenKind::TStringMiddle if !raw => Body {
            start: 0,
            bytes: false,
            text,
        },
        _ => return None,
    };
    let (at, message) = bad_escape(&body, token.kind != TokenKind::String)?;
    let before = &text[..body.start + at];
    let lines = memchr::memchr_iter(b'\n', before.as_bytes()).count();
    let line_start = before.rfind('\n').map(|newline| newline + 1);
    let column = match line_start {
        Some(start) => before.len() - start,
        None => before.len() + usize::try_from(token.column).unwrap_or(0),
    };
    Some(Warning {
        message,
        line: u32::try_from(token.line).unwrap_or(0) + u32::try_from(lines).unwrap_or(0),
        column: u32::try_from(column + 1).unwrap_or(u32::MAX),
    })
}

/// The warning about a brace after a backslash, which the tokenizer gives.
pub(crate) fn about_brace(brace: u8, line: i32, column: i32) -> Warning {
    Warning {
        message: escape_message(&char::from(brace).to_string(), ""),
        line: u32::try_from(line).unwrap_or(0),
        column: u32::try_from(column).unwrap_or(0),
    }
}

/// The warning about a number that a keyword follows without a blank.
pub(crate) fn about_number(kind: &str, line: i32, column: i32) -> Warning {
    Warning {
        message: format!("invalid {kind} literal"),
        line: u32::try_from(line).unwrap_or(0),
        column: u32::try_from(column).unwrap_or(0),
    }
}

fn escape_message(escape: &str, octal: &str) -> String {
    format!(
        "\"\\{escape}\" is an invalid {octal}escape sequence. {FUTURE}Did you mean \
         \"\\\\{escape}\"? A raw string is also an option."
    )
}

/// What stands between the quotes of a literal, where that starts, and whether it is bytes.
struct Body<'a> {
    start: usize,
    bytes: bool,
    text: &'a str,
}

fn literal_body(literal: &str) -> Option<Body<'_>> {
    let quote = literal.find(['\'', '"'])?;
    let prefix = &literal[..quote];
    if prefix.contains(['r', 'R']) {
        return None;
    }
    let mark = &literal[quote..=quote];
    let triple = literal.len() >= quote + 6 && literal[quote..].starts_with(&mark.repeat(3));
    let quotes = if triple { 3 } else { 1 };
    let text = literal.get(quote + quotes..literal.len() - quotes)?;
    Some(Body {
        start: quote + quotes,
        bytes: prefix.contains(['b', 'B']),
        text,
    })
}

/// The first escape that stands for nothing: where, and the message.
fn bad_escape(body: &Body<'_>, in_interpolated: bool) -> Option<(usize, String)> {
    let bytes = body.text.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', bytes.get(at..)?) {
        let start = at + found;
        at = start + 2;
        match *bytes.get(start + 1)? {
            b'\n' | b'\\' | b'\'' | b'"' | b'b' | b'f' | b't' | b'n' | b'r' | b'v' | b'a'
            | b'x' => {}
            b'u' | b'U' | b'N' if !body.bytes => {}
            b'{' | b'}' if in_interpolated => at -= 1,
            digit @ b'0'..=b'7' => {
                let is_octal = |index: usize| matches!(bytes.get(index), Some(b'0'..=b'7'));
                if digit >= b'4' && is_octal(start + 2) && is_octal(start + 3) {
                    let digits = &body.text[start + 1..start + 4];
                    return Some((start, escape_message(digits, "octal ")));
                }
            }
            // The codec sees a backslash before a character that is not ASCII as two characters.
            letter if !letter.is_ascii() => {}
            letter => return Some((start, escape_message(&char::from(letter).to_string(), ""))),
        }
    }
    None
}
