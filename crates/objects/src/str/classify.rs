//! Methods of `str` that ask of what characters the text is made.
//!
//! All but `isascii` and `isprintable` are false for the empty string. Lone surrogates have no property.

use rustpython_unicode::{classify, identifier};
use taipan_macros::methods;

use crate::each_kind;
use crate::str::Str;
use crate::str::case::{is_lower, is_title, is_upper};
use crate::str::split::is_space;

/// Whether the text is not empty and all its characters pass: ASCII ones `ascii`, others `unicode`.
fn all(text: &Str, ascii: fn(&u8) -> bool, unicode: fn(char) -> bool) -> bool {
    let passes = |code: u32| match code {
        0..0x80 => ascii(&(code as u8)),
        _ => char::from_u32(code).is_some_and(unicode),
    };
    !text.is_empty()
        && each_kind!(text.units(), units => units.iter().all(|&unit| passes(unit.into())))
}

/// Whether a code point can stand in a repr as it is.
#[inline]
pub fn is_printable(code: u32) -> bool {
    match code {
        0..0x80 => (0x20..0x7f).contains(&code),
        _ => char::from_u32(code).is_some_and(classify::is_printable),
    }
}

/// Whether the text is an identifier; keywords are.
pub fn is_identifier(text: &Str) -> bool {
    let mut codes = text.code_points();
    let valid = |code: u32, ascii: fn(u8) -> bool, unicode: fn(char) -> bool| match code {
        0..0x80 => ascii(code as u8),
        _ => char::from_u32(code).is_some_and(unicode),
    };
    codes.next().is_some_and(|first| {
        valid(
            first,
            |byte| byte == b'_' || byte.is_ascii_alphabetic(),
            identifier::is_start,
        )
    }) && codes.all(|code| {
        valid(
            code,
            |byte| byte == b'_' || byte.is_ascii_alphanumeric(),
            identifier::is_continue,
        )
    })
}

#[methods(part = classify)]
impl Str {
    /// Whether all characters are below U+0080.
    #[method("($self, /)")]
    fn isascii(&self) -> bool {
        self.is_ascii()
    }

    /// Whether there are characters and all are letters.
    #[method("($self, /)")]
    fn isalpha(&self) -> bool {
        all(self, u8::is_ascii_alphabetic, classify::is_alpha)
    }

    /// Whether there are characters and all are letters or numbers.
    #[method("($self, /)")]
    fn isalnum(&self) -> bool {
        all(self, u8::is_ascii_alphanumeric, |character| {
            classify::is_alpha(character)
                || classify::is_decimal(character)
                || classify::is_digit(character)
                || classify::is_numeric(character)
        })
    }

    /// Whether there are characters and all are decimal digits.
    #[method("($self, /)")]
    fn isdecimal(&self) -> bool {
        all(self, u8::is_ascii_digit, classify::is_decimal)
    }

    /// Whether there are characters and all are digits.
    #[method("($self, /)")]
    fn isdigit(&self) -> bool {
        all(self, u8::is_ascii_digit, classify::is_digit)
    }

    /// Whether there are characters and all stand for numbers.
    #[method("($self, /)")]
    fn isnumeric(&self) -> bool {
        all(self, u8::is_ascii_digit, classify::is_numeric)
    }

    /// Whether the string is a valid Python identifier; keywords count.
    #[method("($self, /)")]
    fn isidentifier(&self) -> bool {
        is_identifier(self)
    }

    /// Whether all characters can stand in a repr as they are.
    #[method("($self, /)")]
    fn isprintable(&self) -> bool {
        self.code_points().all(is_printable)
    }

    /// Whether there are characters and all are white space.
    #[method("($self, /)")]
    fn isspace(&self) -> bool {
        !self.is_empty() && self.code_points().all(is_space)
    }

    /// Whether there are cased characters and all of them are in lower case.
    #[method("($self, /)")]
    fn islower(&self) -> bool {
        if let Some(text) = self.as_ascii() {
            return text.bytes().any(|byte| byte.is_ascii_lowercase())
                && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        }
        !self
            .code_points()
            .any(|code| is_upper(code) || is_title(code))
            && self.code_points().any(is_lower)
    }

    /// Whether there are cased characters and all of them are in upper case.
    #[method("($self, /)")]
    fn isupper(&self) -> bool {
        if let Some(text) = self.as_ascii() {
            return text.bytes().any(|byte| byte.is_ascii_uppercase())
                && !text.bytes().any(|byte| byte.is_ascii_lowercase());
        }
        !self
            .code_points()
            .any(|code| is_lower(code) || is_title(code))
            && self.code_points().any(is_upper)
    }

    /// Whether there are words, each in title case: an upper-case or title-case letter, then lower-case ones.
    #[method("($self, /)")]
    fn istitle(&self) -> bool {
        let (mut found, mut in_word) = (false, false);
        for code in self.code_points() {
            if is_upper(code) || is_title(code) {
                if in_word {
                    return false;
                }
                (found, in_word) = (true, true);
            } else if is_lower(code) {
                if !in_word {
                    return false;
                }
                found = true;
            } else {
                in_word = false;
            }
        }
        found
    }
}
