//! The code points of a string as a slice of 1, 2 or 4-byte units, and what can be done with such slices.
//!
//! A string's units are the narrowest that hold its largest code point, so equal texts have equal units and a needle of
//! wider units than the haystack's cannot occur in it. Code here is written once over the [`Unit`] trait, and
//! [`each_kind!`](crate::each_kind) picks the instance; searching works on the bytes of units with `memchr`.

use std::cmp::Ordering;
use std::ops::Range;

/// How a string stores its code points. The order is that of the largest code point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Kind {
    /// One byte each, all below 0x80.
    Ascii = 0,
    /// One byte each, at least one from 0x80 up.
    Latin1 = 1,
    /// Two bytes each, at least one from 0x100 up.
    Two = 2,
    /// Four bytes each, at least one from 0x10000 up.
    Four = 3,
}

impl Kind {
    /// The kind whose low bits are in a string's info word.
    #[inline(always)]
    pub(crate) const fn from_bits(bits: u64) -> Kind {
        match bits & 3 {
            0 => Kind::Ascii,
            1 => Kind::Latin1,
            2 => Kind::Two,
            _ => Kind::Four,
        }
    }

    /// The kind for text whose code points, combined by bitwise or, are `bits`.
    #[inline(always)]
    pub const fn of_code_bits(bits: u32) -> Kind {
        match bits {
            0..0x80 => Kind::Ascii,
            0x80..0x100 => Kind::Latin1,
            0x100..0x10000 => Kind::Two,
            _ => Kind::Four,
        }
    }

    /// Two's logarithm of the bytes per code point.
    #[inline(always)]
    pub const fn shift(self) -> u32 {
        match self {
            Kind::Ascii | Kind::Latin1 => 0,
            Kind::Two => 1,
            Kind::Four => 2,
        }
    }
}

/// A code point in the width of one kind.
pub trait Unit: Copy + Ord + Into<u32> + 'static {
    /// Two's logarithm of the unit's size.
    const SHIFT: u32;
    /// The largest code point of the width.
    const MAX: u32;

    /// The unit of a code point that fits.
    fn of(code: u32) -> Self;

    /// The bytes of a slice of units.
    fn bytes(units: &[Self]) -> &[u8];

    /// A slice of units as text.
    fn text(units: &[Self]) -> Units<'_>;
}

macro_rules! unit {
    ($($type:ident $variant:ident $shift:literal $max:literal)*) => { $(impl Unit for $type {
        const SHIFT: u32 = $shift;
        const MAX: u32 = $max;

        #[inline(always)]
        fn of(code: u32) -> $type {
            code as $type
        }

        #[inline(always)]
        fn bytes(units: &[$type]) -> &[u8] {
            super::unit_bytes(units)
        }

        #[inline(always)]
        fn text(units: &[$type]) -> Units<'_> {
            Units::$variant(units)
        }
    })* };
}
unit! { u8 One 0 0xff u16 Two 1 0xffff u32 Four 2 0x10_ffff }

/// The code points of a string, or of a part of one.
#[derive(Clone, Copy, Debug)]
pub enum Units<'a> {
    /// One byte per code point.
    One(&'a [u8]),
    /// Two bytes per code point.
    Two(&'a [u16]),
    /// Four bytes per code point.
    Four(&'a [u32]),
}

/// Runs the expression with the slice inside [`Units`], whatever its width.
#[macro_export]
macro_rules! each_kind {
    ($units:expr, $slice:ident => $body:expr) => {
        match $units {
            $crate::str::Units::One($slice) => $body,
            $crate::str::Units::Two($slice) => $body,
            $crate::str::Units::Four($slice) => $body,
        }
    };
}

impl<'a> Units<'a> {
    /// Number of code points.
    #[inline]
    pub fn len(self) -> usize {
        each_kind!(self, units => units.len())
    }

    /// Whether there is no code point.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// One code point; the index is in range.
    #[inline]
    pub fn at(self, index: usize) -> u32 {
        each_kind!(self, units => u32::from(units[index]))
    }

    /// A part; the range is within the text.
    #[inline]
    pub fn range(self, range: Range<usize>) -> Units<'a> {
        match self {
            Units::One(units) => Units::One(&units[range]),
            Units::Two(units) => Units::Two(&units[range]),
            Units::Four(units) => Units::Four(&units[range]),
        }
    }

    /// All code points combined by bitwise or, which tells the narrowest kind that holds them.
    pub fn code_bits(self) -> u32 {
        match self {
            // Which bits below 0x100 are set only matters as far as ASCII goes.
            Units::One(units) => u32::from(!units.is_ascii()) << 7,
            Units::Two(units) => units.iter().fold(0, |bits, &unit| bits | unit).into(),
            Units::Four(units) => units.iter().fold(0, |bits, &unit| bits | unit),
        }
    }

    /// The narrowest kind that holds the text.
    pub fn kind(self) -> Kind {
        Kind::of_code_bits(self.code_bits())
    }

    /// The code points from left to right.
    #[inline]
    pub fn code_points(self) -> CodePoints<'a> {
        CodePoints(match self {
            Units::One(units) => Iter::One(units.iter()),
            Units::Two(units) => Iter::Two(units.iter()),
            Units::Four(units) => Iter::Four(units.iter()),
        })
    }

    /// The bytes of the units.
    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Units::One(units) => units,
            Units::Two(units) => u16::bytes(units),
            Units::Four(units) => u32::bytes(units),
        }
    }

    /// Whether both have the same code points, in whatever widths.
    pub fn same_text(self, other: Units<'_>) -> bool {
        match (self, other) {
            (Units::One(a), Units::One(b)) => a == b,
            (Units::Two(a), Units::Two(b)) => a == b,
            (Units::Four(a), Units::Four(b)) => a == b,
            _ => self.len() == other.len() && self.code_points().eq(other.code_points()),
        }
    }

    /// The order of two texts by code points.
    pub fn compare(self, other: Units<'_>) -> Ordering {
        match (self, other) {
            (Units::One(a), Units::One(b)) => a.cmp(b),
            (Units::Two(a), Units::Two(b)) => a.cmp(b),
            (Units::Four(a), Units::Four(b)) => a.cmp(b),
            _ => self.code_points().cmp(other.code_points()),
        }
    }

    /// Whether the text begins with `prefix`.
    pub fn starts_with(self, prefix: Units<'_>) -> bool {
        prefix.len() <= self.len() && self.range(0..prefix.len()).same_text(prefix)
    }

    /// Whether the text ends with `suffix`.
    pub fn ends_with(self, suffix: Units<'_>) -> bool {
        suffix.len() <= self.len()
            && self
                .range(self.len() - suffix.len()..self.len())
                .same_text(suffix)
    }

    /// Where `code` first occurs.
    pub fn find_code(self, code: u32) -> Option<usize> {
        match self {
            Units::One(units) => memchr::memchr(u8::try_from(code).ok()?, units),
            Units::Two(units) => find_unit(units, u16::try_from(code).ok()?),
            Units::Four(units) => find_unit(units, code),
        }
    }

    /// Where `code` last occurs.
    pub fn rfind_code(self, code: u32) -> Option<usize> {
        match self {
            Units::One(units) => memchr::memrchr(u8::try_from(code).ok()?, units),
            Units::Two(units) => {
                let unit = u16::try_from(code).ok()?;
                units.iter().rposition(|&other| other == unit)
            }
            Units::Four(units) => units.iter().rposition(|&other| other == code),
        }
    }

    /// Where `needle` first occurs; an empty needle occurs at 0.
    pub fn find(self, needle: Units<'_>) -> Option<usize> {
        Needle::new(needle, self).find(self, 0)
    }

    /// Where `needle` last occurs; an empty needle occurs at the end.
    pub fn rfind(self, needle: Units<'_>) -> Option<usize> {
        match needle.len() {
            0 => return Some(self.len()),
            1 => return self.rfind_code(needle.at(0)),
            length if length > self.len() => return None,
            _ => {}
        }
        let widened = widen(needle, self)?;
        let (haystack, needle) = (self.bytes(), widened.as_deref().unwrap_or(needle.bytes()));
        let finder = memchr::memmem::FinderRev::new(needle);
        let shift = self.shift();
        let mut end = haystack.len();
        loop {
            let at = finder.rfind(&haystack[..end])?;
            if at & ((1 << shift) - 1) == 0 {
                return Some(at >> shift);
            }
            end = at + needle.len() - 1;
        }
    }

    /// How often `needle` occurs without overlaps, at most `limit`. An empty needle occurs before, between and after all.
    pub fn count(self, needle: Units<'_>, limit: usize) -> usize {
        if needle.is_empty() {
            return limit.min(self.len() + 1);
        }
        if let (Units::One(units), 1) = (self, needle.len()) {
            let Ok(byte) = u8::try_from(needle.at(0)) else {
                return 0;
            };
            return memchr::memchr_iter(byte, units).take(limit).count();
        }
        self.occurrences(needle).take(limit).count()
    }

    /// Where `needle`, which is not empty, occurs without overlaps, from left to right.
    pub fn occurrences<'b>(self, needle: Units<'b>) -> impl Iterator<Item = usize> + use<'a, 'b> {
        let finder = Needle::new(needle, self);
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = finder.find(self, from)?;
            from = at + needle.len();
            Some(at)
        })
    }

    /// Two's logarithm of the unit's size.
    #[inline]
    pub fn shift(self) -> u32 {
        match self {
            Units::One(_) => 0,
            Units::Two(_) => 1,
            Units::Four(_) => 2,
        }
    }

    /// Appends the code points to `out`, whose units are wide enough.
    pub fn push_to<T: Unit>(self, out: &mut Vec<T>) {
        each_kind!(self, units => out.extend(units.iter().map(|&unit| T::of(unit.into()))));
    }
}

fn find_unit<T: Unit>(units: &[T], unit: T) -> Option<usize> {
    // A chunk at a time, so that the test becomes vector code.
    const CHUNK: usize = 32;
    let mut base = 0;
    for chunk in units.chunks(CHUNK) {
        if chunk
            .iter()
            .fold(false, |found, &other| found | (other == unit))
        {
            return chunk
                .iter()
                .position(|&other| other == unit)
                .map(|at| base + at);
        }
        base += CHUNK;
    }
    None
}

/// The bytes of `needle` in the width of `haystack`: `None` if it cannot occur, `Some(None)` if it has the width.
fn widen(needle: Units<'_>, haystack: Units<'_>) -> Option<Option<Vec<u8>>> {
    if needle.shift() == haystack.shift() {
        return Some(None);
    }
    Some(Some(match haystack {
        Units::One(_) => {
            let mut units = Vec::with_capacity(needle.len());
            for code in needle.code_points() {
                units.push(u8::try_from(code).ok()?);
            }
            units
        }
        Units::Two(_) => {
            let mut units = Vec::with_capacity(needle.len());
            for code in needle.code_points() {
                units.push(u16::try_from(code).ok()?);
            }
            u16::bytes(&units).to_vec()
        }
        Units::Four(_) => u32::bytes(&needle.code_points().collect::<Vec<u32>>()).to_vec(),
    }))
}

/// A needle prepared for repeated searches in haystacks of one width.
#[allow(
    clippy::large_enum_variant,
    reason = "one is made per search, on the stack"
)]
pub enum Needle<'a> {
    /// Occurs everywhere.
    Empty,
    /// Does not occur: it has code points too large for the haystack.
    Impossible,
    /// One code point.
    Code(u32),
    /// Two or more code points: their bytes in the haystack's width.
    Bytes(memchr::memmem::Finder<'a>),
}

impl<'a> Needle<'a> {
    /// Prepares `needle` for haystacks of the width of `haystack`.
    pub fn new(needle: Units<'a>, haystack: Units<'_>) -> Needle<'a> {
        match needle.len() {
            0 => return Needle::Empty,
            1 => return Needle::Code(needle.at(0)),
            length if length > haystack.len() => return Needle::Impossible,
            _ => {}
        }
        match widen(needle, haystack) {
            None => Needle::Impossible,
            Some(None) => Needle::Bytes(memchr::memmem::Finder::new(needle.bytes())),
            Some(Some(bytes)) => Needle::Bytes(memchr::memmem::Finder::new(&bytes).into_owned()),
        }
    }

    /// Where the needle first occurs at or after `from`.
    pub fn find(&self, haystack: Units<'_>, from: usize) -> Option<usize> {
        if from > haystack.len() {
            return None;
        }
        match self {
            Needle::Empty => Some(from),
            Needle::Impossible => None,
            Needle::Code(code) => haystack
                .range(from..haystack.len())
                .find_code(*code)
                .map(|at| from + at),
            Needle::Bytes(finder) => {
                let (bytes, shift) = (haystack.bytes(), haystack.shift());
                let mut start = from << shift;
                loop {
                    let at = start + finder.find(&bytes[start..])?;
                    if at & ((1 << shift) - 1) == 0 {
                        return Some(at >> shift);
                    }
                    start = at + 1;
                }
            }
        }
    }
}

/// Iterates over code points.
#[derive(Clone, Debug)]
pub struct CodePoints<'a>(Iter<'a>);

#[derive(Clone, Debug)]
enum Iter<'a> {
    One(std::slice::Iter<'a, u8>),
    Two(std::slice::Iter<'a, u16>),
    Four(std::slice::Iter<'a, u32>),
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        match &mut self.0 {
            Iter::One(units) => units.next().map(|&unit| unit.into()),
            Iter::Two(units) => units.next().map(|&unit| unit.into()),
            Iter::Four(units) => units.next().copied(),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Iter::One(units) => units.size_hint(),
            Iter::Two(units) => units.size_hint(),
            Iter::Four(units) => units.size_hint(),
        }
    }
}

impl DoubleEndedIterator for CodePoints<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<u32> {
        match &mut self.0 {
            Iter::One(units) => units.next_back().map(|&unit| unit.into()),
            Iter::Two(units) => units.next_back().map(|&unit| unit.into()),
            Iter::Four(units) => units.next_back().copied(),
        }
    }
}

impl ExactSizeIterator for CodePoints<'_> {}
