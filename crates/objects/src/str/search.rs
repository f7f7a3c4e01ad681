//! Methods of `str` that look for text in text: `find`, `count`, `startswith`, `replace` and their kin.
//!
//! Positions come from [`Units`]; a new string is made in one allocation from the parts between the occurrences.

use taipan_macros::methods;

use crate::heap;
use crate::raised::PyResult;
use crate::str::window::window;
use crate::str::{Str, Units};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// Where `sub` first or last occurs in the part of `text` that the bounds select.
fn locate(
    text: &Str,
    sub: &Str,
    start: Option<&Value>,
    end: Option<&Value>,
    find: for<'a> fn(Units<'a>, Units<'a>) -> Option<usize>,
) -> PyResult<Option<usize>> {
    let Some(range) = window(start, end, text.len())? else {
        return Ok(None);
    };
    let start = range.start;
    Ok(find(text.units().range(range), sub.units()).map(|at| start + at))
}

fn first(text: Units<'_>, sub: Units<'_>) -> Option<usize> {
    text.find(sub)
}

fn last(text: Units<'_>, sub: Units<'_>) -> Option<usize> {
    text.rfind(sub)
}

fn position(found: Option<usize>) -> isize {
    found.map_or(-1, |at| at as isize)
}

/// Whether one of the affixes, a string or a tuple of strings, stands at the end of `text` that `matches` looks at.
fn has_affix(
    text: &Str,
    affix: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
    method: &str,
    matches: for<'a> fn(Units<'a>, Units<'a>) -> bool,
) -> PyResult<bool> {
    let range = window(start, end, text.len())?;
    let part = range.map(|range| text.units().range(range));
    let test = |affix: &Str| part.is_some_and(|part| matches(part, affix.units()));
    if let Some(affix) = affix.downcast::<Str>() {
        return Ok(test(affix));
    }
    let Some(affixes) = affix.downcast::<Tuple>() else {
        bail!(
            TypeError,
            "{method} first arg must be str or a tuple of str, not {}",
            affix.class().name()
        );
    };
    for affix in affixes.tail() {
        let Some(affix) = affix.downcast::<Str>() else {
            bail!(
                TypeError,
                "tuple for {method} must only contain str, not {}",
                affix.class().name()
            );
        };
        if test(affix) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `text` with the first `limit` occurrences of `old` replaced.
pub fn replace(text: &Ref<Str>, old: &Str, new: &Str, limit: usize) -> PyResult<Ref<Str>> {
    let units = text.units();
    let positions: Vec<usize> = if old.is_empty() {
        (0..units.len() + 1).take(limit).collect()
    } else {
        units.occurrences(old.units()).take(limit).collect()
    };
    if positions.is_empty() || old.same_text(new) {
        return Ok(text.to_exact());
    }
    let grown = new
        .len()
        .saturating_sub(old.len())
        .checked_mul(positions.len())
        .and_then(|grown| grown.checked_add(text.len()));
    if grown.is_none_or(|grown| grown > isize::MAX as usize) {
        bail!(OverflowError, "replace string is too long");
    }
    heap::ensure_room(grown.unwrap_or(0))?;
    let (old_len, new_units) = (old.len(), new.units());
    let after_last = positions[positions.len() - 1] + old_len;
    let starts = std::iter::once(0).chain(positions.iter().map(move |at| at + old_len));
    let parts = positions
        .iter()
        .zip(starts)
        .flat_map(move |(&at, start)| [units.range(start..at), new_units]);
    let parts = parts.chain(std::iter::once(units.range(after_last..units.len())));
    let ascii = text.is_ascii() && new.is_ascii();
    Ok(Str::from_parts(parts, ascii))
}

#[methods(part = search)]
impl Str {
    /// The lowest index in the string where the substring sub occurs within s[start:end], or -1.
    #[method("($self, sub, start=None, end=None, /)", name = "find")]
    fn find_in(
        &self,
        sub: &Ref<Str>,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<isize> {
        Ok(position(locate(self, sub, start, end, first)?))
    }

    /// The highest index in the string where the substring sub occurs within s[start:end], or -1.
    #[method("($self, sub, start=None, end=None, /)")]
    fn rfind(&self, sub: &Ref<Str>, start: Option<&Value>, end: Option<&Value>) -> PyResult<isize> {
        Ok(position(locate(self, sub, start, end, last)?))
    }

    /// Like find(), but raises ValueError when the substring does not occur.
    #[method("($self, sub, start=None, end=None, /)")]
    fn index(&self, sub: &Ref<Str>, start: Option<&Value>, end: Option<&Value>) -> PyResult<usize> {
        match locate(self, sub, start, end, first)? {
            Some(at) => Ok(at),
            None => bail!(ValueError, "substring not found"),
        }
    }

    /// Like rfind(), but raises ValueError when the substring does not occur.
    #[method("($self, sub, start=None, end=None, /)")]
    fn rindex(
        &self,
        sub: &Ref<Str>,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<usize> {
        match locate(self, sub, start, end, last)? {
            Some(at) => Ok(at),
            None => bail!(ValueError, "substring not found"),
        }
    }

    /// The number of times the substring sub occurs in s[start:end] without overlaps.
    #[method("($self, sub, start=None, end=None, /)")]
    fn count(&self, sub: &Ref<Str>, start: Option<&Value>, end: Option<&Value>) -> PyResult<usize> {
        let range = window(start, end, self.len())?;
        Ok(range.map_or(0, |range| {
            self.units().range(range).count(sub.units(), usize::MAX)
        }))
    }

    /// Whether s[start:end] begins with the prefix, or with one of a tuple of prefixes.
    #[method("($self, prefix, start=None, end=None, /)")]
    fn startswith(
        &self,
        prefix: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<bool> {
        has_affix(self, prefix, start, end, "startswith", |part, prefix| {
            part.starts_with(prefix)
        })
    }

    /// Whether s[start:end] ends with the suffix, or with one of a tuple of suffixes.
    #[method("($self, suffix, start=None, end=None, /)")]
    fn endswith(
        &self,
        suffix: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<bool> {
        has_affix(self, suffix, start, end, "endswith", |part, suffix| {
            part.ends_with(suffix)
        })
    }

    /// A copy with the occurrences of old replaced by new: all of them, or the first count.
    #[method("($self, old, new, /, count=-1)", name = "replace")]
    fn replace_in(
        this: &Ref<Str>,
        old: &Ref<Str>,
        new: &Ref<Str>,
        count: isize,
    ) -> PyResult<Ref<Str>> {
        replace(this, old, new, usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// The string without the prefix, if it has it.
    #[method]
    fn removeprefix(this: &Ref<Str>, prefix: &Ref<Str>) -> Ref<Str> {
        if this.units().starts_with(prefix.units()) {
            this.slice(prefix.len()..this.len())
        } else {
            this.to_exact()
        }
    }

    /// The string without the suffix, if it has it.
    #[method]
    fn removesuffix(this: &Ref<Str>, suffix: &Ref<Str>) -> Ref<Str> {
        if this.units().ends_with(suffix.units()) {
            this.slice(0..this.len() - suffix.len())
        } else {
            this.to_exact()
        }
    }
}
