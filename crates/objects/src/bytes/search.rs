//! Finding, splitting and replacing for the methods that `bytes` and `bytearray` share.
//!
//! Invariant: no foreign code runs while the object's bytes are looked at; arguments are converted before.

use std::ops::Range;

use crate::buffer::{self, BufferView};
use crate::bytes::convert::Pattern;
use crate::bytes::shared::ByteObject;
use crate::heap;
use crate::list::List;
use crate::raised::PyResult;
use crate::str::Units;
use crate::str::split::limit_of;
use crate::str::window::window;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

pub(super) fn list_of<T: ByteObject>(bytes: &[u8], parts: Vec<Range<usize>>) -> Vec<Value> {
    parts
        .into_iter()
        .map(|part| T::make(bytes[part].to_vec()).into_value())
        .collect()
}

pub(super) fn split<T: ByteObject>(
    this: &Ref<T>,
    separator: Option<&Value>,
    maxsplit: isize,
    by_space: fn(Units<'_>, usize) -> Vec<Range<usize>>,
    by_separator: fn(Units<'_>, Units<'_>, usize) -> Vec<Range<usize>>,
) -> PyResult<Ref<List>> {
    let limit = limit_of(maxsplit);
    let view = separator.map(buffer::bytes_like).transpose()?;
    if view.as_ref().is_some_and(BufferView::is_empty) {
        bail!(ValueError, "empty separator");
    }
    Ok(List::new(T::view(this, |bytes| {
        let parts = match &view {
            None => by_space(Units::One(bytes), limit),
            Some(view) => by_separator(Units::One(bytes), Units::One(&view.to_bytes()), limit),
        };
        list_of::<T>(bytes, parts)
    })))
}

/// Where a pattern first or last occurs in the window.
pub(super) fn locate<T: ByteObject>(
    this: &Ref<T>,
    pattern: &Pattern,
    start: Option<&Value>,
    end: Option<&Value>,
    find: for<'a, 'b> fn(Units<'a>, Units<'b>) -> Option<usize>,
) -> PyResult<Option<usize>> {
    let Some(range) = window(start, end, T::view(this, <[u8]>::len))? else {
        return Ok(None);
    };
    let first = range.start;
    Ok(T::view(this, |bytes| {
        let part = bytes.get(range)?;
        pattern
            .with(|pattern| find(Units::One(part), Units::One(pattern)))
            .map(|at| first + at)
    }))
}

pub(super) fn first(bytes: Units<'_>, pattern: Units<'_>) -> Option<usize> {
    bytes.find(pattern)
}

pub(super) fn last(bytes: Units<'_>, pattern: Units<'_>) -> Option<usize> {
    bytes.rfind(pattern)
}

pub(super) fn found(place: Option<usize>) -> PyResult<usize> {
    match place {
        Some(at) => Ok(at),
        None => bail!(ValueError, "subsection not found"),
    }
}

pub(super) fn has_affix<T: ByteObject>(
    this: &Ref<T>,
    affix: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
    method: &str,
    matches: fn(&[u8], &[u8]) -> bool,
) -> PyResult<bool> {
    let range = window(start, end, T::view(this, <[u8]>::len))?;
    let test = |affix: &Value| -> PyResult<bool> {
        let affix = buffer::bytes_like(affix)?;
        let part = |bytes: &[u8]| {
            range.clone().and_then(|range| {
                bytes
                    .get(range)
                    .map(|part| matches(part, &affix.to_bytes()))
            })
        };
        Ok(T::view(this, part).unwrap_or(false))
    };
    if let Some(affixes) = affix.downcast::<Tuple>() {
        for affix in affixes.tail() {
            if test(affix)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !buffer::is_bytes_like(affix) {
        bail!(
            TypeError,
            "{method} first arg must be bytes or a tuple of bytes, not {}",
            affix.class().name()
        );
    }
    test(affix)
}

pub(super) fn partition<T: ByteObject>(
    this: &Ref<T>,
    separator: &Value,
    find: for<'a, 'b> fn(Units<'a>, Units<'b>) -> Option<usize>,
    whole_first: bool,
) -> PyResult<Ref<Tuple>> {
    let view = buffer::bytes_like(separator)?;
    if view.is_empty() {
        bail!(ValueError, "empty separator");
    }
    let parts = T::view(this, |bytes| {
        let pattern = view.to_bytes();
        let at = find(Units::One(bytes), Units::One(&pattern))?;
        let (left, right) = (bytes[..at].to_vec(), bytes[at + pattern.len()..].to_vec());
        Some(vec![
            T::make(left).into_value(),
            T::separator(separator, &pattern),
            T::make(right).into_value(),
        ])
    });
    let empty = || T::make(Vec::new()).into_value();
    let whole = || T::unchanged(this).into_value();
    Ok(Tuple::new(match parts {
        Some(parts) => parts,
        None if whole_first => vec![whole(), empty(), empty()],
        None => vec![empty(), empty(), whole()],
    }))
}

pub(super) fn replace(bytes: &[u8], old: &[u8], new: &[u8], limit: usize) -> PyResult<Vec<u8>> {
    let positions: Vec<usize> = if old.is_empty() {
        (0..bytes.len() + 1).take(limit).collect()
    } else {
        Units::One(bytes)
            .occurrences(Units::One(old))
            .take(limit)
            .collect()
    };
    let grown = new
        .len()
        .saturating_sub(old.len())
        .checked_mul(positions.len())
        .and_then(|grown| grown.checked_add(bytes.len()));
    match grown {
        Some(grown) if grown <= isize::MAX as usize => heap::ensure_room(grown)?,
        _ => bail!(OverflowError, "replace bytes are too long"),
    }
    let mut out = Vec::with_capacity(grown.unwrap_or(0));
    let mut start = 0;
    for at in positions {
        out.extend_from_slice(&bytes[start..at]);
        out.extend_from_slice(new);
        start = at + old.len();
    }
    out.extend_from_slice(&bytes[start..]);
    Ok(out)
}
