//! Methods of `str` that take text apart and put it together: `split`, `partition`, `strip`, `join` and their kin.
//!
//! White space and line ends are those of Unicode as Python counts them.

use std::ops::Range;

use taipan_macros::methods;

use crate::each_kind;
use crate::heap;
use crate::list::List;
use crate::protocol;
use crate::raised::{PyResult, Raised};
use crate::str::{Kind, Str, Units};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// Whether a code point is white space (`str.isspace`).
#[inline]
pub fn is_space(code: u32) -> bool {
    match code {
        0x09..=0x0d | 0x1c..=0x20 => true,
        0..0x80 => false,
        _ => matches!(
            code,
            0x85 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000
        ),
    }
}

/// Whether a code point ends a line.
#[inline]
fn is_line_end(code: u32) -> bool {
    match code {
        0x0a..=0x0d | 0x1c..=0x1e => true,
        0..0x80 => false,
        _ => matches!(code, 0x85 | 0x2028 | 0x2029),
    }
}

/// The number of splits that a `maxsplit` argument allows.
pub(crate) fn limit_of(maxsplit: isize) -> usize {
    usize::try_from(maxsplit).unwrap_or(usize::MAX)
}

/// The ranges between runs of white space, at most `limit` splits from the left.
pub(crate) fn words(
    units: Units<'_>,
    limit: usize,
    is_space: impl Fn(u32) -> bool,
) -> Vec<Range<usize>> {
    each_kind!(units, units => {
        let space = |at: usize| is_space(units[at].into());
        let mut parts = Vec::new();
        let mut at = 0;
        loop {
            while at < units.len() && space(at) {
                at += 1;
            }
            if at == units.len() {
                break;
            }
            let start = at;
            if parts.len() == limit {
                // What is left stays as it is, white space at its end included.
                parts.push(start..units.len());
                break;
            }
            while at < units.len() && !space(at) {
                at += 1;
            }
            parts.push(start..at);
        }
        parts
    })
}

/// The ranges between runs of white space, at most `limit` splits from the right, in order.
pub(crate) fn words_from_right(
    units: Units<'_>,
    limit: usize,
    is_space: impl Fn(u32) -> bool,
) -> Vec<Range<usize>> {
    each_kind!(units, units => {
        let space = |at: usize| is_space(units[at].into());
        let mut parts = Vec::new();
        let mut end = units.len();
        loop {
            while end > 0 && space(end - 1) {
                end -= 1;
            }
            if end == 0 {
                break;
            }
            let stop = end;
            if parts.len() == limit {
                parts.push(0..stop);
                break;
            }
            while end > 0 && !space(end - 1) {
                end -= 1;
            }
            parts.push(end..stop);
        }
        parts.reverse();
        parts
    })
}

/// The ranges between separators, at most `limit` splits from the left.
pub(crate) fn between(units: Units<'_>, separator: Units<'_>, limit: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in units.occurrences(separator).take(limit) {
        parts.push(start..at);
        start = at + separator.len();
    }
    parts.push(start..units.len());
    parts
}

/// The ranges between separators, at most `limit` splits from the right, in order.
pub(crate) fn between_from_right(
    units: Units<'_>,
    separator: Units<'_>,
    limit: usize,
) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut end = units.len();
    while parts.len() < limit {
        let Some(at) = units.range(0..end).rfind(separator) else {
            break;
        };
        parts.push(at + separator.len()..end);
        end = at;
    }
    parts.push(0..end);
    parts.reverse();
    parts
}

fn list_of(this: &Ref<Str>, parts: Vec<Range<usize>>) -> Ref<List> {
    List::new(
        parts
            .into_iter()
            .map(|part| this.slice(part).into_value())
            .collect(),
    )
}

/// The ranges of lines.
pub(crate) fn lines(
    units: Units<'_>,
    keep_ends: bool,
    is_line_end: impl Fn(u32) -> bool,
) -> Vec<Range<usize>> {
    each_kind!(units, units => {
        let mut parts = Vec::new();
        let mut start = 0;
        while start < units.len() {
            let rest = &units[start..];
            let Some(length) = rest.iter().position(|&unit| is_line_end(unit.into())) else {
                parts.push(start..units.len());
                break;
            };
            let end = start + length;
            let pair = u32::from(units[end]) == 0x0d && units.get(end + 1).is_some_and(|&unit| u32::from(unit) == 0x0a);
            let next = end + 1 + usize::from(pair);
            parts.push(start..if keep_ends { next } else { end });
            start = next;
        }
        parts
    })
}

/// Which ends to strip.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Left and right.
    Both,
    /// The start.
    Left,
    /// The end.
    Right,
}

/// The range without code points that `drops` accepts at the ends.
pub(crate) fn trim(units: Units<'_>, ends: Ends, drops: impl Fn(u32) -> bool) -> Range<usize> {
    each_kind!(units, units => {
        let (mut start, mut end) = (0, units.len());
        if ends != Ends::Right {
            while start < end && drops(units[start].into()) {
                start += 1;
            }
        }
        if ends != Ends::Left {
            while end > start && drops(units[end - 1].into()) {
                end -= 1;
            }
        }
        start..end
    })
}

fn strip(this: &Ref<Str>, chars: Option<&Value>, ends: Ends, method: &str) -> PyResult<Ref<Str>> {
    let Some(chars) = chars else {
        return Ok(this.slice(trim(this.units(), ends, is_space)));
    };
    let Some(chars) = chars.downcast::<Str>() else {
        bail!(TypeError, "{method} arg must be None or str")
    };
    let chars = chars.units();
    let range = match chars.len() {
        1 => {
            let only = chars.at(0);
            trim(this.units(), ends, |code| code == only)
        }
        _ => trim(this.units(), ends, |code| chars.find_code(code).is_some()),
    };
    Ok(this.slice(range))
}

fn require_separator(separator: &Str) -> PyResult<()> {
    if separator.is_empty() {
        bail!(ValueError, "empty separator")
    } else {
        Ok(())
    }
}

fn parted(this: &Ref<Str>, at: usize, separator: &Ref<Str>) -> Ref<Tuple> {
    let (left, right) = (
        this.slice(0..at),
        this.slice(at + separator.len()..this.len()),
    );
    Tuple::new(vec![
        left.into_value(),
        separator.to_value(),
        right.into_value(),
    ])
}

/// The strings of `items` with `separator` between them.
pub fn join(separator: &Ref<Str>, items: &[Value]) -> PyResult<Ref<Str>> {
    if let [only] = items
        && let Some(only) = only.downcast_exact::<Str>()
    {
        return Ok(only.clone());
    }
    let mut length = separator
        .len()
        .saturating_mul(items.len().saturating_sub(1));
    let mut kind = if items.len() > 1 {
        separator.kind()
    } else {
        Kind::Ascii
    };
    for (index, item) in items.iter().enumerate() {
        match item.downcast::<Str>() {
            Some(item) => {
                length = length.saturating_add(item.len());
                kind = kind.max(item.kind());
            }
            None => return Err(not_a_string(index, item)),
        }
    }
    if length > isize::MAX as usize / 4 {
        bail!(
            OverflowError,
            "join() result is too long for a Python string"
        );
    }
    if length == 0 {
        return Ok(Str::empty());
    }
    heap::ensure_room(length)?;
    Ok(Str::from_items(kind, length, separator.units(), items))
}

#[cold]
fn not_a_string(index: usize, item: &Value) -> Raised {
    crate::exc!(
        TypeError,
        "sequence item {index}: expected str instance, {} found",
        item.class().name()
    )
}

#[methods(part = split)]
impl Str {
    /// The parts of the string between separators: white space, or the string sep. At most maxsplit splits are made.
    #[method("($self, /, sep=None, maxsplit=-1)")]
    fn split(this: &Ref<Str>, sep: Option<&Value>, maxsplit: isize) -> PyResult<Ref<List>> {
        let limit = limit_of(maxsplit);
        let Some(sep) = sep else {
            return Ok(list_of(this, words(this.units(), limit, is_space)));
        };
        let sep = Str::separator(sep)?;
        Ok(list_of(this, between(this.units(), sep.units(), limit)))
    }

    /// As split(), with splits made from the right.
    #[method("($self, /, sep=None, maxsplit=-1)")]
    fn rsplit(this: &Ref<Str>, sep: Option<&Value>, maxsplit: isize) -> PyResult<Ref<List>> {
        let limit = limit_of(maxsplit);
        let Some(sep) = sep else {
            return Ok(list_of(
                this,
                words_from_right(this.units(), limit, is_space),
            ));
        };
        let sep = Str::separator(sep)?;
        Ok(list_of(
            this,
            between_from_right(this.units(), sep.units(), limit),
        ))
    }

    fn separator(sep: &Value) -> PyResult<&Ref<Str>> {
        let Some(sep) = sep.downcast::<Str>() else {
            bail!(TypeError, "must be str or None, not {}", sep.class().name())
        };
        require_separator(sep)?;
        Ok(sep)
    }

    /// The lines of the string, with their line ends if keepends is true.
    #[method("($self, /, keepends=False)")]
    fn splitlines(this: &Ref<Str>, keepends: bool) -> Ref<List> {
        list_of(this, lines(this.units(), keepends, is_line_end))
    }

    /// The part before the first separator, the separator, and the part after it; or the string and two empty ones.
    #[method("($self, sep, /)")]
    fn partition(this: &Ref<Str>, sep: &Ref<Str>) -> PyResult<Ref<Tuple>> {
        require_separator(sep)?;
        Ok(match this.units().find(sep.units()) {
            Some(at) => parted(this, at, sep),
            None => Tuple::new(vec![
                this.to_exact().into_value(),
                Str::empty().into_value(),
                Str::empty().into_value(),
            ]),
        })
    }

    /// The part before the last separator, the separator, and the part after it; or two empty strings and the string.
    #[method("($self, sep, /)")]
    fn rpartition(this: &Ref<Str>, sep: &Ref<Str>) -> PyResult<Ref<Tuple>> {
        require_separator(sep)?;
        Ok(match this.units().rfind(sep.units()) {
            Some(at) => parted(this, at, sep),
            None => Tuple::new(vec![
                Str::empty().into_value(),
                Str::empty().into_value(),
                this.to_exact().into_value(),
            ]),
        })
    }

    /// The string without white space, or without the characters of chars, at both ends.
    #[method("($self, chars=None, /)")]
    fn strip(this: &Ref<Str>, chars: Option<&Value>) -> PyResult<Ref<Str>> {
        strip(this, chars, Ends::Both, "strip")
    }

    /// As strip(), at the start alone.
    #[method("($self, chars=None, /)")]
    fn lstrip(this: &Ref<Str>, chars: Option<&Value>) -> PyResult<Ref<Str>> {
        strip(this, chars, Ends::Left, "lstrip")
    }

    /// As strip(), at the end alone.
    #[method("($self, chars=None, /)")]
    fn rstrip(this: &Ref<Str>, chars: Option<&Value>) -> PyResult<Ref<Str>> {
        strip(this, chars, Ends::Right, "rstrip")
    }

    /// The strings of the iterable with this string between them.
    #[method("($self, iterable, /)", name = "join")]
    fn join_items(this: &Ref<Str>, iterable: &Value) -> PyResult<Ref<Str>> {
        if let Some(items) = iterable.downcast_exact::<Tuple>() {
            return join(this, items.tail());
        }
        if iterable.class().slots.iter.get().is_none()
            && iterable.class().slots.getitem.get().is_none()
        {
            bail!(TypeError, "can only join an iterable");
        }
        join(this, &protocol::collect(iterable)?)
    }
}
