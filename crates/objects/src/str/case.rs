//! Methods of `str` that change the case of letters.
//!
//! Mappings are the full ones of Unicode, where a letter can become several. The one mapping that depends on context is
//! the small sigma at the end of a word. ASCII text, the common case, is mapped byte by byte.

use rustpython_unicode::case;
use taipan_macros::methods;

use crate::str::{Str, StrBuilder, Units};
use crate::value::Ref;

const CAPITAL_SIGMA: u32 = 0x3a3;
const SMALL_SIGMA: u32 = 0x3c3;
const FINAL_SIGMA: u32 = 0x3c2;

fn test(code: u32, property: fn(char) -> bool) -> bool {
    char::from_u32(code).is_some_and(property)
}

pub(super) fn is_cased(code: u32) -> bool {
    test(code, case::is_cased)
}

pub(super) fn is_lower(code: u32) -> bool {
    test(code, case::is_lowercase)
}

pub(super) fn is_upper(code: u32) -> bool {
    test(code, case::is_uppercase)
}

pub(super) fn is_title(code: u32) -> bool {
    test(code, case::is_titlecase)
}

/// Whether the sigma at `at` ends a word: a cased letter before it, none after it, letters without case looked through.
fn ends_word(units: Units<'_>, at: usize) -> bool {
    let skipped = |code: u32| test(code, case::is_case_ignorable);
    let before = units
        .range(0..at)
        .code_points()
        .rev()
        .find(|&code| !skipped(code));
    let after = units
        .range(at + 1..units.len())
        .code_points()
        .find(|&code| !skipped(code));
    before.is_some_and(is_cased) && !after.is_some_and(is_cased)
}

fn push_lower(out: &mut StrBuilder, units: Units<'_>, at: usize, code: u32) {
    if code < 0x80 {
        out.push((code as u8).to_ascii_lowercase().into());
    } else if code == CAPITAL_SIGMA {
        out.push(if ends_word(units, at) {
            FINAL_SIGMA
        } else {
            SMALL_SIGMA
        });
    } else if let Some(character) = char::from_u32(code) {
        out.extend(character.to_lowercase().map(u32::from));
    } else {
        out.push(code);
    }
}

fn push_upper(out: &mut StrBuilder, code: u32) {
    if code < 0x80 {
        out.push((code as u8).to_ascii_uppercase().into());
    } else if let Some(character) = char::from_u32(code) {
        out.extend(character.to_uppercase().map(u32::from));
    } else {
        out.push(code);
    }
}

fn push_title(out: &mut StrBuilder, code: u32) {
    if code < 0x80 {
        out.push((code as u8).to_ascii_uppercase().into());
    } else if let Some(character) = char::from_u32(code) {
        out.push_str(&case::title_str(character.encode_utf8(&mut [0; 4])));
    } else {
        out.push(code);
    }
}

/// Maps each code point through `push`, which gets the text, the place and the code point.
fn map(text: &Str, mut push: impl FnMut(&mut StrBuilder, Units<'_>, usize, u32)) -> Ref<Str> {
    let units = text.units();
    let mut out = StrBuilder::with_capacity(units.len());
    for (at, code) in units.code_points().enumerate() {
        push(&mut out, units, at, code);
    }
    out.finish()
}

/// Maps ASCII text byte by byte.
fn map_ascii(text: &Str, map: impl FnMut(u8) -> u8) -> Option<Ref<Str>> {
    text.as_ascii()
        .map(|ascii| Str::from_latin1(&ascii.bytes().map(map).collect::<Vec<u8>>()))
}

/// The text in lower case.
pub fn lower(text: &Str) -> Ref<Str> {
    map_ascii(text, |byte| byte.to_ascii_lowercase()).unwrap_or_else(|| map(text, push_lower))
}

#[methods(part = case)]
impl Str {
    /// A copy of the string in lower case.
    #[method("($self, /)", name = "lower")]
    fn lower(&self) -> Ref<Str> {
        lower(self)
    }

    /// A copy of the string in upper case.
    #[method("($self, /)")]
    fn upper(&self) -> Ref<Str> {
        map_ascii(self, |byte| byte.to_ascii_uppercase())
            .unwrap_or_else(|| map(self, |out, _, _, code| push_upper(out, code)))
    }

    /// A copy of the string for comparisons that ignore case.
    #[method("($self, /)")]
    fn casefold(&self) -> Ref<Str> {
        map_ascii(self, |byte| byte.to_ascii_lowercase())
            .unwrap_or_else(|| Str::from_wtf8(&case::casefold_wtf8(&self.to_wtf8())))
    }

    /// A copy of the string with lower-case letters in upper case and the other way round.
    #[method("($self, /)")]
    fn swapcase(&self) -> Ref<Str> {
        let swap = |byte: u8| {
            if byte.is_ascii_uppercase() {
                byte.to_ascii_lowercase()
            } else {
                byte.to_ascii_uppercase()
            }
        };
        map_ascii(self, swap).unwrap_or_else(|| {
            map(self, |out, units, at, code| {
                if is_upper(code) {
                    push_lower(out, units, at, code);
                } else if is_lower(code) {
                    push_upper(out, code);
                } else {
                    out.push(code);
                }
            })
        })
    }

    /// A copy of the string whose first character is in title case and the rest in lower case.
    #[method("($self, /)")]
    fn capitalize(&self) -> Ref<Str> {
        let mut first = true;
        map(self, |out, units, at, code| {
            if std::mem::take(&mut first) {
                push_title(out, code)
            } else {
                push_lower(out, units, at, code)
            }
        })
    }

    /// A copy of the string in which words start in title case and go on in lower case.
    #[method("($self, /)")]
    fn title(&self) -> Ref<Str> {
        let mut in_word = false;
        map(self, |out, units, at, code| {
            if in_word {
                push_lower(out, units, at, code)
            } else {
                push_title(out, code)
            }
            in_word = is_cased(code);
        })
    }
}
