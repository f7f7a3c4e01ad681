//! Text that grows: a buffer of the narrowest units so far, widened when a larger code point arrives.
//!
//! Invariant: `kind` is the kind of everything pushed, and the buffer's units are as wide as `kind` asks.

use crate::str::{Kind, Str, Units};
use crate::value::Ref;

/// Collects text piece by piece into a new string.
#[derive(Default)]
pub struct StrBuilder {
    bits: u32,
    buffer: Buffer,
}

enum Buffer {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

impl Default for Buffer {
    fn default() -> Self {
        Buffer::One(Vec::new())
    }
}

/// The largest code point's bits for text of a kind.
fn bits_of(kind: Kind) -> u32 {
    match kind {
        Kind::Ascii => 0,
        Kind::Latin1 => 0x80,
        Kind::Two => 0x100,
        Kind::Four => 0x10000,
    }
}

impl StrBuilder {
    /// An empty text.
    pub fn new() -> StrBuilder {
        StrBuilder::default()
    }

    /// An empty text with room for `capacity` narrow code points.
    pub fn with_capacity(capacity: usize) -> StrBuilder {
        StrBuilder {
            bits: 0,
            buffer: Buffer::One(Vec::with_capacity(capacity)),
        }
    }

    /// Number of code points so far.
    pub fn len(&self) -> usize {
        match &self.buffer {
            Buffer::One(units) => units.len(),
            Buffer::Two(units) => units.len(),
            Buffer::Four(units) => units.len(),
        }
    }

    /// Whether nothing was pushed yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn admit(&mut self, bits: u32) {
        self.bits |= bits;
        let needed = Kind::of_code_bits(self.bits).shift();
        match (&self.buffer, needed) {
            (_, 0) | (Buffer::Two(_), 1) | (Buffer::Four(_), _) => {}
            (Buffer::One(units), 1) => {
                self.buffer = Buffer::Two(units.iter().map(|&unit| unit.into()).collect())
            }
            (Buffer::One(units), _) => {
                self.buffer = Buffer::Four(units.iter().map(|&unit| unit.into()).collect())
            }
            (Buffer::Two(units), _) => {
                self.buffer = Buffer::Four(units.iter().map(|&unit| unit.into()).collect())
            }
        }
    }

    /// Appends one code point, at most 0x10ffff.
    #[inline]
    pub fn push(&mut self, code: u32) {
        debug_assert!(code <= 0x10_ffff);
        self.admit(code);
        match &mut self.buffer {
            Buffer::One(units) => units.push(code as u8),
            Buffer::Two(units) => units.push(code as u16),
            Buffer::Four(units) => units.push(code),
        }
    }

    /// Appends one character.
    #[inline]
    pub fn push_char(&mut self, character: char) {
        self.push(character.into());
    }

    /// Appends one code point `count` times.
    pub fn push_repeated(&mut self, code: u32, count: usize) {
        if count == 0 {
            return;
        }
        self.admit(code);
        match &mut self.buffer {
            Buffer::One(units) => units.resize(units.len() + count, code as u8),
            Buffer::Two(units) => units.resize(units.len() + count, code as u16),
            Buffer::Four(units) => units.resize(units.len() + count, code),
        }
    }

    /// Appends text.
    pub fn push_str(&mut self, text: &str) {
        if text.is_ascii() {
            self.push_units(Units::One(text.as_bytes()), Kind::Ascii);
        } else {
            self.extend(text.chars().map(u32::from));
        }
    }

    /// Appends a string's text.
    pub fn push_string(&mut self, text: &Str) {
        self.push_units(text.units(), text.kind());
    }

    /// Appends a part of some text.
    pub fn push_part(&mut self, units: Units<'_>) {
        let kind = units.kind();
        self.push_units(units, kind);
    }

    /// Appends a part of some text, of which `kind` is the kind or a wider one.
    #[inline]
    pub(crate) fn push_units(&mut self, units: Units<'_>, kind: Kind) {
        self.admit(bits_of(kind));
        match &mut self.buffer {
            Buffer::One(buffer) => match units {
                Units::One(units) => buffer.extend_from_slice(units),
                _ => units.push_to(buffer),
            },
            Buffer::Two(buffer) => match units {
                Units::Two(units) => buffer.extend_from_slice(units),
                _ => units.push_to(buffer),
            },
            Buffer::Four(buffer) => match units {
                Units::Four(units) => buffer.extend_from_slice(units),
                _ => units.push_to(buffer),
            },
        }
    }

    /// The text so far.
    pub fn units(&self) -> Units<'_> {
        match &self.buffer {
            Buffer::One(units) => Units::One(units),
            Buffer::Two(units) => Units::Two(units),
            Buffer::Four(units) => Units::Four(units),
        }
    }

    /// The string of all that was pushed.
    pub fn finish(self) -> Ref<Str> {
        Str::from_units_of_kind(self.units(), Kind::of_code_bits(self.bits))
    }
}

impl Extend<u32> for StrBuilder {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, codes: I) {
        for code in codes {
            self.push(code);
        }
    }
}

impl std::fmt::Write for StrBuilder {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.push_str(text);
        Ok(())
    }
}
