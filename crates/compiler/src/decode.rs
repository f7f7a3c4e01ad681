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
        /// The line that declares it, from one, and its text.
        line: u32,
        /// The text of that line.
        text: String,
    },
    /// Bytes that are not UTF-8, and no other codec is declared.
    NotUtf8 {
        /// The first bad byte.
        byte: u8,
        /// Its line, from one.
        line: u32,
        /// Its column, from one, in characters.
        column: u32,
        /// The text of that line, bad bytes replaced.
        text: String,
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
    let Some(declared) = declaration(body) else {
        return utf8(body);
    };
    if has_bom && declared.encoding != "utf-8" {
        return Err(DecodeError::BomMismatch {
            encoding: declared.encoding,
            line: declared.line,
            text: String::from_utf8_lossy(declared.text).into_owned(),
        });
    }
    // A codec that fails reports its own error, so bytes it cannot decode are left to it.
    match declared.encoding.as_str() {
        "utf-8" => utf8(body),
        "iso-8859-1" => Ok(Decoded::Text {
            text: body.iter().map(|&byte| char::from(byte)).collect(),
            encoding: "iso-8859-1",
        }),
        name if is_alias(name, &["ascii", "us-ascii", "646"]) && body.is_ascii() => {
            Ok(Decoded::Text {
                text: String::from_utf8_lossy(body).into_owned(),
                encoding: "ascii",
            })
        }
        name if is_alias(name, &["utf8", "u8"]) && std::str::from_utf8(body).is_ok() => utf8(body),
        _ => Ok(Decoded::Codec(declared.encoding)),
    }
}

fn is_alias(name: &str, aliases: &[&str]) -> bool {
    let name = name.replace('_', "-").to_ascii_lowercase();
    aliases.contains(&name.as_str())
}

/// A PEP 263 declaration.
struct Declaration<'a> {
    encoding: String,
    line: u32,
    text: &'a [u8],
}

/// What a source declares in a comment on one of its first two lines.
fn declaration(bytes: &[u8]) -> Option<Declaration<'_>> {
    let mut rest = bytes;
    for line in 1..=2 {
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let text = &rest[..length];
        if let Some(name) = encoding_in_comment(text) {
            return Some(Declaration {
                encoding: normalized(&name),
                line,
                text,
            });
        }
        if !is_blank_or_comment(text) {
            return None;
        }
        rest = &rest[length..];
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..))?;
    }
    None
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

/// The spellings of UTF-8 and Latin-1 made one; Python compares the first twelve characters only,
/// with `_` as `-` and in lower case.
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
    } else {
        name.to_owned()
    }
}

fn utf8(body: &[u8]) -> Result<Decoded, DecodeError> {
    let error = match std::str::from_utf8(body) {
        Ok(text) => {
            return Ok(Decoded::Text {
                text: text.to_owned(),
                encoding: "utf-8",
            });
        }
        Err(error) => error,
    };
    let at = error.valid_up_to();
    let line_start = memchr::memrchr(b'\n', &body[..at]).map_or(0, |newline| newline + 1);
    let line_end = memchr::memchr(b'\n', &body[at..]).map_or(body.len(), |end| at + end);
    let line = memchr::memchr_iter(b'\n', &body[..at]).count() + 1;
    let column = String::from_utf8_lossy(&body[line_start..at])
        .chars()
        .count()
        + 1;
    Err(DecodeError::NotUtf8 {
        byte: body[at],
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        text: String::from_utf8_lossy(&body[line_start..line_end]).into_owned(),
    })
}

impl DecodeError {
    /// The exception `compile()` raises for these bytes.
    pub fn into_syntax_error(self, filename: &str) -> SyntaxError {
        let clamp = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        match self {
            Self::NullByte => SyntaxError::bare(
                ErrorKind::Syntax,
                "source code string cannot contain null bytes",
                filename,
            ),
            Self::BomMismatch {
                encoding,
                line,
                text,
            } => {
                let line = clamp(line);
                let end_column = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
                SyntaxError {
                    text: Some(text),
                    position: Some(Position {
                        line,
                        column: 0,
                        end: Some((line, end_column)),
                    }),
                    ..SyntaxError::bare(
                        ErrorKind::Syntax,
                        format!("encoding problem: {encoding} with BOM"),
                        filename,
                    )
                }
            }
            Self::NotUtf8 {
                byte,
                line,
                column,
                text,
            } => {
                let message = format!(
                    "Non-UTF-8 code starting with '\\x{byte:02x}' on line {line}, but no encoding \
                     declared; see https://peps.python.org/pep-0263/ for details"
                );
                let (line, column) = (clamp(line), clamp(column));
                SyntaxError {
                    text: Some(text),
                    position: Some(Position {
                        line,
                        column,
                        end: Some((line, column)),
                    }),
                    ..SyntaxError::bare(ErrorKind::Syntax, message, filename)
                }
            }
        }
    }
}
