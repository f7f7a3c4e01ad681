//! Source bytes to source text: byte order mark, PEP 263 declaration, and the three codecs that
//! need no codec machinery.
//!
//! UTF-8, Latin-1 and ASCII decode here. Any other declared codec is named to the caller, who has
//! Python's codecs and decodes the bytes itself. Errors carry the words CPython uses.

use crate::error::{ErrorKind, Position, SyntaxError};

/// The text of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// The decoded text, and the normalized name of its codec.
    Text {
        /// The source, byte order mark removed.
        text: String,
        /// `utf-8`, `iso-8859-1` or `ascii`.
        encoding: &'static str,
    },
    /// The source declares a codec that the caller has to apply to all of the bytes.
    Codec(String),
}

/// Why bytes are no source text; [`DecodeError::into_syntax_error`] makes Python's exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes contain a NUL.
    NullByte,
    /// A byte order mark contradicts the declared codec.
    BomMismatch {
        /// The declared codec.
        encoding: String,
    },
    /// Bytes that their codec cannot decode.
    Invalid {
        /// The codec that failed, as its error spells it.
        encoding: &'static str,
        /// The line of the first bad byte, from one.
        line: u32,
        /// The text of that line, bad bytes replaced.
        text: String,
        /// The number of characters on that line before the bad byte.
        column: u32,
        /// The codec's own message, without the codec's name.
        reason: String,
        /// The first bad byte.
        byte: u8,
    },
}

/// Decodes source bytes as CPython's tokenizer does.
pub fn decode_source(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    if memchr::memchr(0, bytes).is_some() {
        return Err(DecodeError::NullByte);
    }
    let (has_bom, body) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    let declared = declared_encoding(body);
    match declared.as_deref() {
        None | Some("utf-8") => utf8(body),
        Some(other) if has_bom => Err(DecodeError::BomMismatch {
            encoding: other.to_owned(),
        }),
        Some("iso-8859-1") => Ok(Decoded::Text {
            text: body.iter().map(|&byte| char::from(byte)).collect(),
            encoding: "iso-8859-1",
        }),
        Some("ascii") => ascii(body),
        Some(other) => Ok(Decoded::Codec(other.to_owned())),
    }
}

/// The codec a source declares in a comment on its first two lines, with the spellings of UTF-8,
/// Latin-1 and ASCII made one.
pub fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let mut lines = bytes.split(|&byte| byte == b'\n' || byte == b'\r');
    let first = lines.next()?;
    if let Some(name) = encoding_in_comment(first) {
        return Some(normalized(&name));
    }
    if !is_blank_or_comment(first) {
        return None;
    }
    // A CRLF leaves an empty piece between the first line and the second.
    let rest = bytes.get(first.len()..)?;
    let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..))?;
    let second = rest.split(|&byte| byte == b'\n' || byte == b'\r').next()?;
    encoding_in_comment(second).map(|name| normalized(&name))
}

fn is_blank_or_comment(line: &[u8]) -> bool {
    match line
        .iter()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'))
    {
        None | Some(b'#') => true,
        Some(_) => false,
    }
}

/// The name after `coding:` or `coding=` in a line that holds nothing but a comment.
fn encoding_in_comment(line: &[u8]) -> Option<String> {
    let hash = line
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'))?;
    if line[hash] != b'#' {
        return None;
    }
    let comment = &line[hash..];
    let mut search = 0;
    while let Some(found) = memchr::memmem::find(&comment[search..], b"coding") {
        let after = search + found + b"coding".len();
        search = after;
        if !matches!(comment.get(after), Some(b':' | b'=')) {
            continue;
        }
        let name: String = comment[after + 1..]
            .iter()
            .skip_while(|byte| matches!(byte, b' ' | b'\t'))
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            .map(|&byte| char::from(byte))
            .collect();
        if !name.is_empty() {
            return Some(name);
        }
    }
    None
}

/// Python compares the first twelve characters only, with `_` as `-` and in lower case.
fn normalized(name: &str) -> String {
    let short: String = name
        .chars()
        .take(12)
        .map(|c| {
            if c == '_' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let is = |codec: &str| short == codec || short.starts_with(&format!("{codec}-"));
    if is("utf-8") {
        "utf-8".to_owned()
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        "iso-8859-1".to_owned()
    } else if matches!(short.as_str(), "ascii" | "us-ascii" | "646") {
        "ascii".to_owned()
    } else if short == "utf8" {
        "utf-8".to_owned()
    } else {
        name.to_owned()
    }
}

fn utf8(body: &[u8]) -> Result<Decoded, DecodeError> {
    match std::str::from_utf8(body) {
        Ok(text) => Ok(Decoded::Text {
            text: text.to_owned(),
            encoding: "utf-8",
        }),
        Err(error) => {
            let at = error.valid_up_to();
            let reason = match error.error_len() {
                None => "unexpected end of data",
                Some(_) if is_lead_byte(body[at]) => "invalid continuation byte",
                Some(_) => "invalid start byte",
            };
            Err(invalid("utf-8", body, at, reason))
        }
    }
}

/// Whether a byte may start a multi-byte UTF-8 sequence.
fn is_lead_byte(byte: u8) -> bool {
    matches!(byte, 0xc2..=0xf4)
}

fn ascii(body: &[u8]) -> Result<Decoded, DecodeError> {
    match body.iter().position(|byte| !byte.is_ascii()) {
        None => Ok(Decoded::Text {
            text: String::from_utf8_lossy(body).into_owned(),
            encoding: "ascii",
        }),
        Some(at) => Err(invalid("ascii", body, at, "ordinal not in range(128)")),
    }
}

fn invalid(encoding: &'static str, body: &[u8], at: usize, reason: &str) -> DecodeError {
    let line_start = memchr::memrchr(b'\n', &body[..at]).map_or(0, |newline| newline + 1);
    let line_end = memchr::memchr(b'\n', &body[at..]).map_or(body.len(), |end| at + end);
    let line = memchr::memchr_iter(b'\n', &body[..at]).count() + 1;
    DecodeError::Invalid {
        encoding,
        line: u32::try_from(line).unwrap_or(u32::MAX),
        text: format!("{}\n", String::from_utf8_lossy(&body[line_start..line_end])),
        column: u32::try_from(
            String::from_utf8_lossy(&body[line_start..at])
                .chars()
                .count(),
        )
        .unwrap_or(u32::MAX),
        reason: format!(
            "codec can't decode byte 0x{:02x} in position {}: {reason}",
            body[at],
            at - line_start
        ),
        byte: body[at],
    }
}

impl DecodeError {
    /// The exception `compile()` raises for these bytes.
    pub fn into_syntax_error(self, filename: &str) -> SyntaxError {
        match self {
            Self::NullByte => SyntaxError::bare(
                ErrorKind::Syntax,
                "source code string cannot contain null bytes",
                filename,
            ),
            Self::BomMismatch { encoding } => SyntaxError {
                position: Some(Position {
                    line: 0,
                    column: -1,
                    end_line: 0,
                    end_column: -1,
                }),
                ..SyntaxError::bare(
                    ErrorKind::Syntax,
                    format!("encoding problem: {encoding} with BOM"),
                    filename,
                )
            },
            Self::Invalid {
                encoding,
                line,
                text,
                column,
                reason,
                ..
            } => {
                let line = i32::try_from(line).unwrap_or(i32::MAX);
                let column = i32::try_from(column)
                    .unwrap_or(i32::MAX - 1)
                    .saturating_add(1);
                SyntaxError {
                    text: Some(text),
                    position: Some(Position {
                        line,
                        column,
                        end_line: line,
                        end_column: column,
                    }),
                    ..SyntaxError::bare(
                        ErrorKind::Syntax,
                        format!("(unicode error) '{encoding}' {reason}"),
                        filename,
                    )
                }
            }
        }
    }
}
