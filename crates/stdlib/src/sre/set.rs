//! Classes of characters: categories, sets, and how case is ignored.
//!
//! A set keeps its answer for each character below 0x100 in a bitmap; for the others it goes through its items in order,
//! as the compiler of patterns arranged them.

use rustpython_unicode::{case, classify};
use taipan_objects::str::is_space;

/// How a comparison ignores case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fold {
    /// ASCII letters alone.
    Ascii,
    /// By the locale, of which only ASCII letters are known.
    Locale,
    /// By the simple case mappings of Unicode.
    Unicode,
}

/// `tolower` for ASCII.
pub fn lower_ascii(code: u32) -> u32 {
    if code < 0x80 {
        (code as u8).to_ascii_lowercase().into()
    } else {
        code
    }
}

fn upper_ascii(code: u32) -> u32 {
    if code < 0x80 {
        (code as u8).to_ascii_uppercase().into()
    } else {
        code
    }
}

/// The simple lower-case mapping.
pub fn lower_unicode(code: u32) -> u32 {
    if code < 0x80 {
        return lower_ascii(code);
    }
    char::from_u32(code).map_or(code, |character| case::simple_lowercase(character).into())
}

/// The simple upper-case mapping.
pub fn upper_unicode(code: u32) -> u32 {
    if code < 0x80 {
        return upper_ascii(code);
    }
    char::from_u32(code).map_or(code, |character| case::simple_uppercase(character).into())
}

impl Fold {
    /// The form that characters are compared in.
    #[inline]
    pub fn lower(self, code: u32) -> u32 {
        match self {
            Fold::Ascii | Fold::Locale => lower_ascii(code),
            Fold::Unicode => lower_unicode(code),
        }
    }

    /// Whether a character of the text equals one of the pattern, which is in lower case already but for locales.
    #[inline]
    pub fn equals(self, pattern: u32, code: u32) -> bool {
        match self {
            Fold::Locale => {
                pattern == code || lower_ascii(code) == pattern || upper_ascii(code) == pattern
            }
            _ => self.lower(code) == pattern,
        }
    }
}

/// A category of characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Category {
    kind: Kind,
    negated: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Digit,
    Space,
    Word,
    LineBreak,
    UnicodeDigit,
    UnicodeSpace,
    UnicodeWord,
    UnicodeLineBreak,
}

fn is_unicode_alnum(character: char) -> bool {
    classify::is_alpha(character)
        || classify::is_decimal(character)
        || classify::is_digit(character)
        || classify::is_numeric(character)
}

impl Category {
    /// The category of a code in a compiled pattern.
    pub fn of_code(code: u32) -> Option<Category> {
        let kind = match code / 2 {
            0 => Kind::Digit,
            1 => Kind::Space,
            // Words by the locale are ASCII words here.
            2 | 4 => Kind::Word,
            3 => Kind::LineBreak,
            5 => Kind::UnicodeDigit,
            6 => Kind::UnicodeSpace,
            7 => Kind::UnicodeWord,
            8 => Kind::UnicodeLineBreak,
            _ => return None,
        };
        Some(Category {
            kind,
            negated: code % 2 == 1,
        })
    }

    /// Letters, digits and the underscore.
    pub fn word(unicode: bool) -> Category {
        Category {
            kind: if unicode {
                Kind::UnicodeWord
            } else {
                Kind::Word
            },
            negated: false,
        }
    }

    /// Whether a character belongs to the category.
    pub fn contains(self, code: u32) -> bool {
        let test = |ascii: fn(&u8) -> bool, unicode: fn(char) -> bool| match code {
            0..0x80 => ascii(&(code as u8)),
            _ => char::from_u32(code).is_some_and(unicode),
        };
        let nothing = |_: char| false;
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let found = match self.kind {
            Kind::Digit => test(u8::is_ascii_digit, nothing),
            Kind::Space => matches!(code, 0x09..=0x0d | 0x20),
            Kind::Word => test(is_word, nothing),
            Kind::LineBreak => code == 0x0a,
            Kind::UnicodeDigit => test(u8::is_ascii_digit, classify::is_decimal),
            Kind::UnicodeSpace => is_space(code),
            Kind::UnicodeWord => test(is_word, is_unicode_alnum),
            Kind::UnicodeLineBreak => {
                matches!(code, 0x0a..=0x0d | 0x1c..=0x1e | 0x85 | 0x2028 | 0x2029)
            }
        };
        found != self.negated
    }
}

/// One item of a set.
#[derive(Clone, Debug)]
pub enum SetItem {
    /// What follows counts the other way round.
    Negate,
    /// One character.
    Literal(u32),
    /// A category.
    Category(Category),
    /// Characters from the first to the second.
    Range(u32, u32),
    /// Characters that are, or whose upper case is, from the first to the second.
    RangeIgnore(u32, u32),
    /// A bitmap for characters below 0x100.
    Bitmap([u32; 8]),
    /// Bitmaps for characters below 0x10000: which one for each high byte, and the bitmaps.
    BigMap(Box<[u8; 256]>, Vec<[u32; 8]>),
}

fn in_bitmap(bitmap: &[u32; 8], byte: u32) -> bool {
    bitmap[(byte >> 5) as usize] >> (byte & 31) & 1 != 0
}

/// A set of characters.
#[derive(Clone, Debug)]
pub struct Set {
    low: [u64; 4],
    items: Vec<SetItem>,
}

impl Set {
    /// A set of items, of which the first that applies decides.
    pub fn new(items: Vec<SetItem>) -> Set {
        let mut set = Set { low: [0; 4], items };
        for code in 0..0x100 {
            if set.search(code) {
                set.low[(code >> 6) as usize] |= 1 << (code & 63);
            }
        }
        set
    }

    /// Whether the set has a character.
    #[inline(always)]
    pub fn contains(&self, code: u32) -> bool {
        if code < 0x100 {
            self.low[(code >> 6) as usize] >> (code & 63) & 1 != 0
        } else {
            self.search(code)
        }
    }

    fn search(&self, code: u32) -> bool {
        let mut answer = true;
        for item in &self.items {
            let applies = match item {
                SetItem::Negate => {
                    answer = !answer;
                    continue;
                }
                SetItem::Literal(literal) => code == *literal,
                SetItem::Category(category) => category.contains(code),
                SetItem::Range(low, high) => (*low..=*high).contains(&code),
                SetItem::RangeIgnore(low, high) => {
                    (*low..=*high).contains(&code) || (*low..=*high).contains(&upper_unicode(code))
                }
                SetItem::Bitmap(bitmap) => code < 0x100 && in_bitmap(bitmap, code),
                SetItem::BigMap(index, bitmaps) => {
                    code < 0x10000
                        && bitmaps
                            .get(usize::from(index[(code >> 8) as usize]))
                            .is_some_and(|bitmap| in_bitmap(bitmap, code & 0xff))
                }
            };
            if applies {
                return answer;
            }
        }
        !answer
    }

    /// Whether the set has a character of the text when case is ignored.
    #[inline]
    pub fn contains_folded(&self, fold: Fold, code: u32) -> bool {
        match fold {
            Fold::Locale => self.contains(lower_ascii(code)) || self.contains(upper_ascii(code)),
            _ => self.contains(fold.lower(code)),
        }
    }
}
