//! The `start` and `end` arguments of methods that look at a part of a string.
//!
//! They mean what slice bounds mean: negative ones count from the end and all are cut off at the ends. A start behind the
//! end selects nothing, not even an empty part, which is why [`window`] answers an `Option`.

use std::ops::Range;

use crate::protocol;
use crate::raised::PyResult;
use crate::value::Value;

/// A slice bound as a number, cut off at the limits of `isize`.
fn bound(value: &Value) -> PyResult<isize> {
    if let Some(small) = value.as_small_int() {
        return Ok(small as isize);
    }
    if value.class().slots.index.get().is_none() {
        bail!(
            TypeError,
            "slice indices must be integers or None or have an __index__ method"
        );
    }
    protocol::to_index_clamped(value)
}

/// The range that `start` and `end` select from `len` items, or `None` if the start lies behind the end.
pub fn window(
    start: Option<&Value>,
    end: Option<&Value>,
    len: usize,
) -> PyResult<Option<Range<usize>>> {
    let place = |bound: isize| {
        if bound < 0 {
            len.saturating_sub(bound.unsigned_abs())
        } else {
            bound as usize
        }
    };
    let start = start.map(bound).transpose()?.map_or(0, place);
    let end = end.map(bound).transpose()?.map_or(len, place).min(len);
    Ok((start <= end).then_some(start..end))
}
