//! What sequences share: subscripts, comparison, search, `repr`, repetition.
//!
//! Everything here asks for items one at a time, through a closure or by index, because comparing items and showing them
//! can run foreign code that changes the sequence. Slices of values are only taken of sequences that never change.

use crate::class::Comparison;
use crate::protocol;
use crate::raised::PyResult;
use crate::slice::Slice;
use crate::str::{Str, StrBuilder};
use crate::value::{Ref, Value};

/// What stands between the brackets of a subscript.
pub enum Subscript<'a> {
    /// A position, perhaps negative.
    Position(isize),
    /// A slice.
    Slice(&'a Ref<Slice>),
}

/// Reads a subscript of a sequence; `kind` names the sequence in messages.
#[inline]
pub fn subscript<'a>(key: &'a Value, kind: &str) -> PyResult<Subscript<'a>> {
    if let Some(position) = key.as_small_int() {
        return Ok(Subscript::Position(position as isize));
    }
    if let Some(slice) = key.downcast_exact::<Slice>() {
        return Ok(Subscript::Slice(slice));
    }
    if key.class().slots.index.get().is_some() {
        return Ok(Subscript::Position(protocol::to_index(key)?));
    }
    bail!(
        TypeError,
        "{kind} indices must be integers or slices, not {}",
        key.class().name()
    )
}

/// A bound of `index(value, start, stop)`: clamped to machine size, negative ones count from the end.
pub fn search_bound(bound: Option<&Value>, default: isize, len: usize) -> PyResult<usize> {
    let Some(bound) = bound else {
        return Ok(default.max(0) as usize);
    };
    if bound.class().slots.index.get().is_none() {
        bail!(
            TypeError,
            "slice indices must be integers or have an __index__ method"
        );
    }
    let position = protocol::to_index_clamped(bound)?;
    Ok(if position < 0 {
        position.saturating_add_unsigned(len).max(0) as usize
    } else {
        position as usize
    })
}

/// Whether two items are the same object or equal. Common immutable kinds are compared without a call.
#[inline(always)]
pub fn same_item(left: &Value, right: &Value) -> PyResult<bool> {
    if left.is(right) {
        return Ok(true);
    }
    if left.as_small_int().is_some() && right.as_small_int().is_some() {
        return Ok(false);
    }
    if let (Some(left), Some(right)) = (left.downcast_exact::<Str>(), right.downcast_exact::<Str>())
    {
        return Ok(left.same_text(right));
    }
    protocol::equal(left, right)
}

/// `left OP right` for two items, with the truth of the answer; the same object is not asked for `==` and `!=`.
#[inline]
fn compare_items(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
    if let (Some(left), Some(right)) = (left.as_small_int(), right.as_small_int()) {
        return Ok(Value::from_bool(comparison.holds(left.cmp(&right))));
    }
    if let (Some(left), Some(right)) = (left.downcast_exact::<Str>(), right.downcast_exact::<Str>())
    {
        return Ok(Value::from_bool(comparison.holds(left.compare(right))));
    }
    protocol::compare(left, right, comparison)
}

/// Compares two sequences item by item. The closures give items as long as there are any; lengths are asked for last, as
/// they may change.
pub fn compare(
    left: impl Fn(usize) -> Option<Value>,
    right: impl Fn(usize) -> Option<Value>,
    lens: impl Fn() -> (usize, usize),
    comparison: Comparison,
) -> PyResult<Value> {
    let (left_len, right_len) = lens();
    if left_len != right_len && matches!(comparison, Comparison::Eq | Comparison::Ne) {
        return Ok(Value::from_bool(comparison == Comparison::Ne));
    }
    let mut index = 0;
    while let (Some(first), Some(second)) = (left(index), right(index)) {
        if !same_item(&first, &second)? {
            let (left_len, right_len) = lens();
            if index >= left_len.min(right_len) {
                // The comparison emptied a list.
                break;
            }
            return match comparison {
                Comparison::Eq => Ok(Value::FALSE),
                Comparison::Ne => Ok(Value::TRUE),
                _ => compare_items(&first, &second, comparison),
            };
        }
        index += 1;
    }
    let (left_len, right_len) = lens();
    Ok(Value::from_bool(comparison.holds(left_len.cmp(&right_len))))
}

/// Compares two sequences that do not change.
pub fn compare_slices(left: &[Value], right: &[Value], comparison: Comparison) -> PyResult<Value> {
    if left.len() != right.len() && matches!(comparison, Comparison::Eq | Comparison::Ne) {
        return Ok(Value::from_bool(comparison == Comparison::Ne));
    }
    for (first, second) in left.iter().zip(right) {
        if !same_item(first, second)? {
            return match comparison {
                Comparison::Eq => Ok(Value::FALSE),
                Comparison::Ne => Ok(Value::TRUE),
                _ => compare_items(first, second, comparison),
            };
        }
    }
    Ok(Value::from_bool(
        comparison.holds(left.len().cmp(&right.len())),
    ))
}

/// The first position in `start..stop` whose item equals `value`; `item` answers nothing past the end.
pub fn find(
    item: impl Fn(usize) -> Option<Value>,
    start: usize,
    stop: usize,
    value: &Value,
) -> PyResult<Option<usize>> {
    let mut index = start;
    while index < stop
        && let Some(candidate) = item(index)
    {
        if same_item(&candidate, value)? {
            return Ok(Some(index));
        }
        index += 1;
    }
    Ok(None)
}

/// How many items equal `value`.
pub fn count(item: impl Fn(usize) -> Option<Value>, value: &Value) -> PyResult<usize> {
    let mut found = 0;
    let mut index = 0;
    while let Some(candidate) = item(index) {
        found += usize::from(same_item(&candidate, value)?);
        index += 1;
    }
    Ok(found)
}

/// `open`, the items' reprs with commas between, `close`.
pub fn repr(open: &str, close: &str, item: impl Fn(usize) -> Option<Value>) -> PyResult<Ref<Str>> {
    let mut text = StrBuilder::new();
    text.push_str(open);
    let mut index = 0;
    while let Some(value) = item(index) {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_string(&*protocol::repr(&value)?);
        index += 1;
    }
    text.push_str(close);
    Ok(text.finish())
}

/// The number of copies `sequence * times` makes; less than none is none.
pub fn repeat_count(times: &Value) -> PyResult<usize> {
    Ok(protocol::to_size(times)?.max(0) as usize)
}

/// Copies of `items`, `times` times over.
pub fn repeat(items: &[Value], times: usize) -> PyResult<Vec<Value>> {
    let mut copies = Vec::new();
    match items.len().checked_mul(times) {
        Some(total)
            if total <= crate::list::MAX_ITEMS && copies.try_reserve_exact(total).is_ok() => {}
        _ => bail!(MemoryError, ""),
    }
    if let [item] = items {
        copies.resize(times, item.clone());
    } else {
        for _ in 0..times {
            copies.extend_from_slice(items);
        }
    }
    Ok(copies)
}

/// `left` and then `right`.
pub fn concat(left: &[Value], right: &[Value]) -> PyResult<Vec<Value>> {
    let mut items = Vec::new();
    if items
        .try_reserve_exact(left.len().saturating_add(right.len()))
        .is_err()
    {
        bail!(MemoryError, "");
    }
    items.extend_from_slice(left);
    items.extend_from_slice(right);
    Ok(items)
}
