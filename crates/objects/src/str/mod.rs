//! `str`: immutable text, its code points stored inline in 1, 2 or 4 bytes each (PEP 393).
//!
//! A [`Str`] is a hash and an info word; the units follow in the same allocation. Invariants: the units are the narrowest
//! that hold the largest code point, so that equal strings have equal kinds and bytes; a string whose kind is ASCII is
//! valid UTF-8 as it lies there; surrogates are code points like others. The info word is read by machine code: bits 0
//! and 1 are the [`Kind`], bit 2 says "interned", the length stands from bit 4 up.
//!
//! This module holds the representation and all `unsafe` of it; the operations and the Python methods are in the others.

mod append;
mod builder;
mod case;
mod class;
mod classify;
mod intern;
mod iter;
mod padding;
pub mod repr;
mod search;
pub(crate) mod split;
mod translate;
mod units;
pub mod window;

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;
use std::ptr::NonNull;

use rustpython_wtf8::{CodePoint, Wtf8, Wtf8Buf};
use taipan_macros::class;

pub use append::append;
pub use builder::StrBuilder;
pub use case::lower;
pub use class::{get_slice, repeat};
pub use classify::{is_identifier, is_printable};
pub use intern::for_each_interned;
pub use iter::StrIterator;
pub use search::replace;
pub use split::{is_space, join};
pub use units::{CodePoints, Kind, Needle, Unit, Units};

use crate::cell::Slot;
use crate::class::{Payload, Tailed, Type};
use crate::hash;
use crate::header::Header;
use crate::heap;
use crate::raised::PyResult;
use crate::value::{Object, Ref, Value};

/// The payload of `str`.
#[class(
    name = "str",
    doc = "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\nThe text of an object, or the text that bytes encode.",
    flags(BASETYPE, MATCH_SELF, STR),
    parts(case, classify, padding, search, split, translate),
    references = false,
    tailed
)]
#[repr(C)]
pub struct Str {
    /// The hash, or -1 when it is not known yet.
    hash: Cell<i64>,
    /// Kind, flags and length.
    info: Cell<u64>,
}

const INTERNED: u64 = 1 << 2;
const LENGTH_SHIFT: u32 = 4;

// Units of all widths are aligned behind the payload because it ends on a 16-byte boundary.
const _: () = assert!(size_of::<Object<Str>>() == 32);

impl Tailed for Str {
    type Item = u8;

    #[inline(always)]
    fn tail_len(&self) -> usize {
        self.len() << self.kind().shift()
    }
}

/// The strings of one code point below 0x100, made when first asked for.
static LATIN1: [Slot<Ref<Str>>; 256] = [const { Slot::empty() }; 256];

/// The bytes of units.
#[inline(always)]
fn unit_bytes<T: Unit>(units: &[T]) -> &[u8] {
    // SAFETY: units are plain integers without padding.
    unsafe { std::slice::from_raw_parts(units.as_ptr().cast(), size_of_val(units)) }
}

impl Str {
    /// A string of `text`.
    pub fn new(text: &str) -> Ref<Str> {
        if text.is_ascii() {
            Str::of_bytes(Kind::Ascii, text.as_bytes())
        } else {
            Str::from_code_points(text.chars().map(u32::from))
        }
    }

    /// A string of text that can hold lone surrogates.
    pub fn from_wtf8(text: &Wtf8) -> Ref<Str> {
        if text.is_ascii() {
            Str::of_bytes(Kind::Ascii, text.as_bytes())
        } else {
            Str::from_code_points(text.code_points().map(CodePoint::to_u32))
        }
    }

    /// A string of code points, each at most 0x10ffff. The iterator is run twice.
    pub fn from_code_points<I: Iterator<Item = u32> + Clone>(codes: I) -> Ref<Str> {
        let (len, bits) = codes
            .clone()
            .fold((0, 0), |(len, bits), code| (len + 1, bits | code));
        debug_assert!(codes.clone().all(|code| code <= 0x10_ffff));
        let kind = Kind::of_code_bits(bits);
        match kind {
            Kind::Ascii | Kind::Latin1 => Str::fill::<u8>(kind, len, codes),
            Kind::Two => Str::fill::<u16>(kind, len, codes),
            Kind::Four => Str::fill::<u32>(kind, len, codes),
        }
    }

    /// A string whose code points are the bytes.
    pub fn from_latin1(bytes: &[u8]) -> Ref<Str> {
        Str::of_bytes(
            if bytes.is_ascii() {
                Kind::Ascii
            } else {
                Kind::Latin1
            },
            bytes,
        )
    }

    /// A string of one character.
    #[inline]
    pub fn from_char(character: char) -> Ref<Str> {
        Str::from_code_point(character.into())
    }

    /// A string of one code point, at most 0x10ffff.
    #[inline]
    pub fn from_code_point(code: u32) -> Ref<Str> {
        if let Some(slot) = LATIN1.get(code as usize) {
            return slot.get().unwrap_or_else(|| Str::make_single(code));
        }
        Str::from_code_points(std::iter::once(code))
    }

    #[cold]
    fn make_single(code: u32) -> Ref<Str> {
        let kind = Kind::of_code_bits(code);
        let single = Str::intern_ref(&Str::fill::<u8>(kind, 1, std::iter::once(code)));
        LATIN1[code as usize].set(Some(single.clone()));
        single
    }

    /// The empty string, which is one object.
    #[inline]
    pub fn empty() -> Ref<Str> {
        crate::id!("").clone()
    }

    /// A string of units, stored as narrow as they allow.
    pub fn from_units(units: Units<'_>) -> Ref<Str> {
        Str::from_units_of_kind(units, units.kind())
    }

    /// A string of units whose narrowest kind is known to be `kind`.
    pub(crate) fn from_units_of_kind(units: Units<'_>, kind: Kind) -> Ref<Str> {
        debug_assert_eq!(units.kind(), kind);
        match units.len() {
            0 => return Str::empty(),
            1 if kind <= Kind::Latin1 => return Str::from_code_point(units.at(0)),
            _ => {}
        }
        if units.shift() == kind.shift() {
            return Str::of_bytes(kind, units.bytes());
        }
        let (codes, len) = (units.code_points(), units.len());
        match kind {
            Kind::Ascii | Kind::Latin1 => Str::fill::<u8>(kind, len, codes),
            Kind::Two => Str::fill::<u16>(kind, len, codes),
            Kind::Four => Str::fill::<u32>(kind, len, codes),
        }
    }

    /// A copy of the text as an instance of `class`, which is `str` or inherits from it.
    pub fn copy_in(class: &Ref<Type>, text: &Str) -> Ref<Str> {
        Str::of_bytes_in(class, text.kind(), text.units().bytes())
    }

    /// The concatenation of texts of any widths.
    pub fn from_pieces<'a>(pieces: impl Iterator<Item = (Kind, Units<'a>)> + Clone) -> Ref<Str> {
        let (len, kind) = pieces
            .clone()
            .fold((0, Kind::Ascii), |(len, kind), (piece_kind, piece)| {
                (len + piece.len(), kind.max(piece_kind))
            });
        let pieces = pieces.map(|(_, piece)| piece);
        match kind {
            Kind::Ascii | Kind::Latin1 => Str::fill_pieces::<u8>(kind, len, pieces),
            Kind::Two => Str::fill_pieces::<u16>(kind, len, pieces),
            Kind::Four => Str::fill_pieces::<u32>(kind, len, pieces),
        }
    }

    /// The strings of `items` with `separator` between them: `len` code points of `kind`, the narrowest.
    pub(super) fn from_items(
        kind: Kind,
        len: usize,
        separator: Units<'_>,
        items: &[Value],
    ) -> Ref<Str> {
        match kind {
            Kind::Ascii | Kind::Latin1 => Str::fill_items::<u8>(kind, len, separator, items),
            Kind::Two => Str::fill_items::<u16>(kind, len, separator, items),
            Kind::Four => Str::fill_items::<u32>(kind, len, separator, items),
        }
    }

    fn fill_items<T: Unit>(
        kind: Kind,
        len: usize,
        separator: Units<'_>,
        items: &[Value],
    ) -> Ref<Str> {
        Str::fill_with::<T>(kind, len, |out| {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.put(separator);
                }
                if let Some(item) = item.downcast::<Str>() {
                    out.put(item.units());
                }
            }
        })
    }

    /// The concatenation of parts of texts; `ascii` says that all are known to be ASCII.
    pub fn from_parts<'a>(parts: impl Iterator<Item = Units<'a>> + Clone, ascii: bool) -> Ref<Str> {
        let (len, bits) = parts.clone().fold((0, 0), |(len, bits), part| {
            (
                len + part.len(),
                bits | if ascii { 0 } else { part.code_bits() },
            )
        });
        let kind = Kind::of_code_bits(bits);
        match kind {
            Kind::Ascii | Kind::Latin1 => Str::fill_pieces::<u8>(kind, len, parts),
            Kind::Two => Str::fill_pieces::<u16>(kind, len, parts),
            Kind::Four => Str::fill_pieces::<u32>(kind, len, parts),
        }
    }

    #[inline(always)]
    fn header_of(kind: Kind, len: usize) -> Str {
        Str {
            hash: Cell::new(-1),
            info: Cell::new((len as u64) << LENGTH_SHIFT | kind as u64),
        }
    }

    #[inline]
    fn of_bytes(kind: Kind, bytes: &[u8]) -> Ref<Str> {
        let payload = Str::header_of(kind, bytes.len() >> kind.shift());
        // SAFETY: the tail has the length of `bytes` by the computation of `tail_len`.
        unsafe {
            heap::new_exact_tailed(payload, false, |tail: *mut u8| {
                tail.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
            })
        }
    }

    fn of_bytes_in(class: &Ref<Type>, kind: Kind, bytes: &[u8]) -> Ref<Str> {
        let payload = Str::header_of(kind, bytes.len() >> kind.shift());
        // SAFETY: the tail has the length of `bytes` by the computation of `tail_len`.
        unsafe {
            heap::new_tailed(class, payload, |tail| {
                tail.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
            })
        }
    }

    /// A string of exactly `len` code points that are the narrowest as `T`, which is the unit of `kind`.
    fn fill<T: Unit>(kind: Kind, len: usize, codes: impl Iterator<Item = u32>) -> Ref<Str> {
        debug_assert_eq!(T::SHIFT, kind.shift());
        let write = |tail: *mut u8| {
            let mut written = 0;
            for code in codes.take(len) {
                // SAFETY: fewer than `len` units are written so far, and the tail is aligned for all units.
                unsafe { tail.cast::<T>().add(written).write(T::of(code)) };
                written += 1;
            }
            assert_eq!(
                written, len,
                "an iterator of code points answers the same when it is run again"
            );
        };
        // SAFETY: all `len` units are written, or the assertion ends the process.
        unsafe { heap::new_exact_tailed(Str::header_of(kind, len), false, write) }
    }

    fn fill_pieces<'a, T: Unit>(
        kind: Kind,
        len: usize,
        pieces: impl Iterator<Item = Units<'a>>,
    ) -> Ref<Str> {
        Str::fill_with::<T>(kind, len, |out| pieces.for_each(|piece| out.put(piece)))
    }

    /// A string of exactly `len` code points of `kind`, whose unit is `T`, which `fill` puts piece by piece.
    #[inline(always)]
    fn fill_with<T: Unit>(kind: Kind, len: usize, fill: impl FnOnce(&mut Pieces<T>)) -> Ref<Str> {
        debug_assert_eq!(T::SHIFT, kind.shift());
        let write = |tail: *mut u8| {
            let mut pieces = Pieces {
                next: tail.cast::<T>(),
                room: len,
            };
            fill(&mut pieces);
            assert_eq!(pieces.room, 0, "pieces are as long as they were");
        };
        // SAFETY: all `len` units are written, or an assertion ends the process.
        unsafe { heap::new_exact_tailed(Str::header_of(kind, len), false, write) }
    }

    /// Number of code points.
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.info.get() >> LENGTH_SHIFT) as usize
    }

    /// Whether the text is empty.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How the code points are stored.
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        Kind::from_bits(self.info.get())
    }

    /// Whether all code points are below 0x80.
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.kind() == Kind::Ascii
    }

    /// Whether the string is the one interned string of its text.
    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.info.get() & INTERNED != 0
    }

    pub(crate) fn mark_interned(&self) {
        self.info.set(self.info.get() | INTERNED);
    }

    #[inline(always)]
    fn tail_start(&self) -> *const u8 {
        // SAFETY: a `Str` only exists as the payload of an object, with its units behind it.
        unsafe { (self as *const Str).add(1).cast() }
    }

    /// The code points as they are stored.
    #[inline(always)]
    pub fn units(&self) -> Units<'_> {
        let (start, len) = (self.tail_start(), self.len());
        // SAFETY: `len` units of the kind's width stand behind the payload, aligned, and never change while shared.
        unsafe {
            match self.kind() {
                Kind::Ascii | Kind::Latin1 => Units::One(std::slice::from_raw_parts(start, len)),
                Kind::Two => Units::Two(std::slice::from_raw_parts(start.cast(), len)),
                Kind::Four => Units::Four(std::slice::from_raw_parts(start.cast(), len)),
            }
        }
    }

    /// The text as it lies there, if it is ASCII.
    #[inline(always)]
    pub fn as_ascii(&self) -> Option<&str> {
        if !self.is_ascii() {
            return None;
        }
        // SAFETY: the kind says that all bytes are below 0x80, which makes them UTF-8.
        Some(unsafe {
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(self.tail_start(), self.len()))
        })
    }

    /// The code points from left to right.
    #[inline]
    pub fn code_points(&self) -> CodePoints<'_> {
        self.units().code_points()
    }

    /// One character as a string, if the index is in range.
    #[inline]
    pub fn item(&self, index: usize) -> Option<Ref<Str>> {
        self.char_at(index).map(Str::from_code_point)
    }

    /// One code point, if the index is in range.
    #[inline]
    pub fn char_at(&self, index: usize) -> Option<u32> {
        (index < self.len()).then(|| self.units().at(index))
    }

    /// The text for display: lone surrogates become U+FFFD.
    pub fn to_display(&self) -> Cow<'_, str> {
        match self.as_ascii() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(
                self.code_points()
                    .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect(),
            ),
        }
    }

    /// The text as WTF-8, the UTF-8 that has lone surrogates too.
    pub fn to_wtf8(&self) -> Cow<'_, Wtf8> {
        match self.as_ascii() {
            Some(text) => Cow::Borrowed(Wtf8::new(text)),
            None => Cow::Owned(
                self.code_points()
                    .map(|code| CodePoint::from_u32(code).expect("strings hold code points"))
                    .collect::<Wtf8Buf>(),
            ),
        }
    }

    /// The text as UTF-8, if it has no surrogates.
    pub fn try_to_str(&self) -> Option<Cow<'_, str>> {
        match self.as_ascii() {
            Some(text) => Some(Cow::Borrowed(text)),
            None => self
                .code_points()
                .map(char::from_u32)
                .collect::<Option<String>>()
                .map(Cow::Owned),
        }
    }

    /// The hash, computed once.
    #[inline(always)]
    pub fn hash_value(&self) -> i64 {
        match self.hash.get() {
            -1 => self.compute_hash(),
            hash => hash,
        }
    }

    #[inline(never)]
    fn compute_hash(&self) -> i64 {
        let hash = hash::hash_bytes(self.units().bytes());
        self.hash.set(hash);
        hash
    }

    /// Whether the text is `text`.
    #[inline]
    pub fn eq_str(&self, text: &str) -> bool {
        match self.as_ascii() {
            Some(own) => own == text,
            None => self.code_points().eq(text.chars().map(u32::from)),
        }
    }

    /// Whether both are the same text.
    #[inline]
    pub fn same_text(&self, other: &Str) -> bool {
        (self.info.get() ^ other.info.get()) & !INTERNED == 0
            && self.units().bytes() == other.units().bytes()
    }

    /// The order by code points.
    #[inline]
    pub fn compare(&self, other: &Str) -> std::cmp::Ordering {
        self.units().compare(other.units())
    }

    /// The concatenation of two strings.
    pub fn concat(left: &Ref<Str>, right: &Ref<Str>) -> Ref<Str> {
        if left.is_empty() && right.is_exact() {
            return right.clone();
        }
        if right.is_empty() && left.is_exact() {
            return left.clone();
        }
        Str::from_pieces([(left.kind(), left.units()), (right.kind(), right.units())].into_iter())
    }

    /// Where `needle` first occurs.
    pub fn find(&self, needle: &Str) -> Option<usize> {
        self.units().find(needle.units())
    }

    /// Whether `needle` occurs in the text.
    pub fn contains(&self, needle: &Str) -> bool {
        needle.kind() <= self.kind() && self.find(needle).is_some()
    }

    /// Whether the text begins with `prefix`.
    pub fn starts_with(&self, prefix: &str) -> bool {
        match self.as_ascii() {
            Some(text) => text.starts_with(prefix),
            None => {
                let mut codes = self.code_points();
                prefix
                    .chars()
                    .all(|character| codes.next() == Some(character.into()))
            }
        }
    }

    /// Whether the text ends with `suffix`.
    pub fn ends_with(&self, suffix: &str) -> bool {
        match self.as_ascii() {
            Some(text) => text.ends_with(suffix),
            None => {
                let mut codes = self.code_points();
                suffix
                    .chars()
                    .rev()
                    .all(|character| codes.next_back() == Some(character.into()))
            }
        }
    }
}

/// The units of a new string, written from the first to the last.
struct Pieces<T> {
    next: *mut T,
    room: usize,
}

impl<T: Unit> Pieces<T> {
    #[inline(always)]
    fn put(&mut self, piece: Units<'_>) {
        assert!(piece.len() <= self.room, "pieces are as long as they were");
        // SAFETY: there is room for so many units.
        unsafe {
            copy_units(piece, self.next);
            self.next = self.next.add(piece.len());
        }
        self.room -= piece.len();
    }
}

/// Writes a text's code points as units of `T`, which are wide enough.
///
/// # Safety
/// There is room for `piece.len()` units at `to`, which is aligned.
#[inline]
unsafe fn copy_units<T: Unit>(piece: Units<'_>, to: *mut T) {
    // SAFETY: by contract; equal widths are copied as bytes.
    unsafe {
        if piece.shift() == T::SHIFT {
            let bytes = piece.bytes();
            if let [byte] = bytes {
                // Separators are short: a store is less than a call.
                to.cast::<u8>().write(*byte);
            } else {
                to.cast::<u8>()
                    .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            }
        } else {
            crate::each_kind!(piece, units => for (index, &unit) in units.iter().enumerate() {
                to.add(index).write(T::of(unit.into()));
            })
        }
    }
}

impl Ref<Str> {
    /// Whether the object's class is `str` itself.
    #[inline(always)]
    pub fn is_exact(&self) -> bool {
        self.class().is(Str::class())
    }

    /// The text as an instance of `str` itself: the object, or a copy of an instance of a subclass.
    #[inline]
    pub fn to_exact(&self) -> Ref<Str> {
        if self.is_exact() {
            self.clone()
        } else {
            Str::copy_in(Str::class(), self)
        }
    }

    /// Appends `right`, whose kind is not above this string's, to a string that the caller alone holds.
    fn grow(self, right: &Str) -> Ref<Str> {
        debug_assert!(self.header().refcount() == 1 && right.kind() <= self.kind());
        let (kind, old_len) = (self.kind(), self.len());
        let len = old_len + right.len();
        let size = |len: usize| size_of::<Object<Str>>() + (len << kind.shift());
        // SAFETY: the only reference is given up and taken back at the new address; behind the old units there is room
        // for those of `right`, which is another object because it has a reference of its own.
        unsafe {
            let object = heap::grow(
                self.into_value().into_bits() as *mut Header,
                size(old_len),
                size(len),
            )
            .cast::<Object<Str>>();
            let end = object.add(1).cast::<u8>().add(old_len << kind.shift());
            match kind {
                Kind::Ascii | Kind::Latin1 => copy_units::<u8>(right.units(), end),
                Kind::Two => copy_units::<u16>(right.units(), end.cast()),
                Kind::Four => copy_units::<u32>(right.units(), end.cast()),
            }
            let text = &(*object).payload;
            text.hash.set(-1);
            text.info.set(Str::header_of(kind, len).info.get());
            Ref::from_owned(NonNull::new_unchecked(object))
        }
    }

    /// The part of the text in `range`, which is within it. The whole of an exact string is the string.
    pub fn slice(&self, range: Range<usize>) -> Ref<Str> {
        if range.len() == self.len() && self.is_exact() {
            return self.clone();
        }
        let part = self.units().range(range);
        let kind = if self.is_ascii() {
            Kind::Ascii
        } else {
            part.kind()
        };
        Str::from_units_of_kind(part, kind)
    }

    /// The text as UTF-8, or UnicodeEncodeError when it has surrogates.
    pub fn to_str(&self) -> PyResult<Cow<'_, str>> {
        match self.try_to_str() {
            Some(text) => Ok(text),
            None => {
                let is_surrogate = |code: u32| (0xd800..0xe000).contains(&code);
                let start = self.code_points().position(is_surrogate).unwrap_or(0);
                let count = self
                    .code_points()
                    .skip(start)
                    .take_while(|&code| is_surrogate(code))
                    .count();
                let text = Str::from_units_of_kind(self.units(), self.units().kind());
                Err(crate::exceptions::unicode::encode_error(
                    "utf-8",
                    &text,
                    start,
                    start + count,
                    "surrogates not allowed",
                ))
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Str::new(text).into_value()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Str::new(&text).into_value()
    }
}
