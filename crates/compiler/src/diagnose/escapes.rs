//! What is wrong with the escapes of a string literal, in the words of Python's codecs.

/// Why a literal is no string.
pub enum Problem {
    /// A bytes literal with a character that is not ASCII.
    NotAscii,
    /// An escape that stands for nothing: the message.
    Escape(String),
}

/// Checks a whole string or bytes literal, with its prefix and quotes.
pub fn check_literal(literal: &str) -> Result<(), Problem> {
    let quote_at = literal.find(['\'', '"']).unwrap_or(literal.len());
    let (prefix, quoted) = literal.split_at(quote_at);
    let quotes = if quoted.len() >= 6 && (quoted.starts_with("'''") || quoted.starts_with("\"\"\""))
    {
        3
    } else {
        1
    };
    let body = quoted
        .get(quotes..quoted.len().saturating_sub(quotes))
        .unwrap_or("");
    let raw = prefix.contains(['r', 'R']);
    if prefix.contains(['b', 'B']) {
        if !body.is_ascii() {
            return Err(Problem::NotAscii);
        }
        return match (!raw).then(|| bytes_problem(body)).flatten() {
            Some(message) => Err(Problem::Escape(message)),
            None => Ok(()),
        };
    }
    match (!raw).then(|| check_text(body)).flatten() {
        Some(message) => Err(Problem::Escape(message)),
        None => Ok(()),
    }
}

/// The first `\x` of a bytes literal without two hexadecimal digits.
fn bytes_problem(body: &str) -> Option<String> {
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        if bytes.get(at + 1) == Some(&b'x') {
            let is_digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_hexdigit);
            if !is_digit(at + 2) || !is_digit(at + 3) {
                return Some(format!("(value error) invalid \\x escape at position {at}"));
            }
        }
        at += 2;
    }
    None
}

/// The first bad escape in the text of a string.
pub fn check_text(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return None;
    }
    let encoded = encoded(text);
    let bytes = encoded.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let start = at;
        let Some(&letter) = bytes.get(at + 1) else {
            return Some(problem(bytes, start, at + 1, "\\ at end of string"));
        };
        at += 2;
        let (digits, truncated) = match letter {
            b'x' => (2, "truncated \\xXX escape"),
            b'u' => (4, "truncated \\uXXXX escape"),
            b'U' => (8, "truncated \\UXXXXXXXX escape"),
            b'N' => {
                match named_character(bytes, at) {
                    Ok(end) => at = end,
                    Err((end, reason)) => return Some(problem(bytes, start, end, reason)),
                }
                continue;
            }
            _ => continue,
        };
        let mut value = 0u64;
        for _ in 0..digits {
            match bytes
                .get(at)
                .and_then(|&byte| char::from(byte).to_digit(16))
            {
                Some(digit) => value = value * 16 + u64::from(digit),
                None => return Some(problem(bytes, start, at, truncated)),
            }
            at += 1;
        }
        if value > 0x10_ffff {
            return Some(problem(bytes, start, at, "illegal Unicode character"));
        }
    }
    None
}

/// The text as the codec sees it: what is not ASCII is escaped first, which moves positions.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character.is_ascii() {
            out.push(character);
            if character == '\\' {
                match characters.peek() {
                    Some(next) if next.is_ascii() => {
                        out.push(*next);
                        characters.next();
                    }
                    _ => out.push_str("u005c"),
                }
            }
        } else {
            out.push_str(&format!("\\U{:08x}", u32::from(character)));
        }
    }
    out
}

/// The end of `{NAME}` after `\N`, or the end of what is wrong there.
fn named_character(bytes: &[u8], at: usize) -> Result<usize, (usize, &'static str)> {
    const MALFORMED: &str = "malformed \\N character escape";
    if bytes.get(at) != Some(&b'{') {
        return Err((at, MALFORMED));
    }
    let start = at + 1;
    let Some(length) = memchr::memchr(b'}', &bytes[start..]) else {
        return Err((bytes.len(), MALFORMED));
    };
    if length == 0 {
        return Err((start, MALFORMED));
    }
    let end = start + length + 1;
    let known = std::str::from_utf8(&bytes[start..end - 1])
        .is_ok_and(|name| rustpython_unicode::data::lookup_character(name).is_some());
    if known {
        Ok(end)
    } else {
        Err((end, "unknown Unicode character name"))
    }
}

fn problem(bytes: &[u8], start: usize, end: usize, reason: &str) -> String {
    let what = if end == start + 1 {
        format!("byte 0x{:02x} in position {start}", bytes[start])
    } else {
        format!("bytes in position {start}-{}", end.saturating_sub(1))
    };
    format!("(unicode error) 'unicodeescape' codec can't decode {what}: {reason}")
}
